package event

import (
	"errors"
	"slices"
)

// Section is a part of the team (seksi), with its head and its members (SOP
// step 1): the decree that forms the team lists them.
type Section struct {
	N       int      `json:"n"`
	Name    string   `json:"name"`
	Head    string   `json:"head,omitempty"`    // person
	Members []string `json:"members,omitempty"` // persons, the head not among them
}

// Sections are all of them, in their order.
type Sections struct {
	List []Section `json:"list,omitempty"`
	Last int       `json:"last,omitempty"` // the highest number given out
	Rev  int       `json:"rev,omitempty"`
	Was  []Section `json:"was,omitempty"` // before the latest change
	In   string    `json:"in,omitempty"`  // the message that made it
	// Undoable: Was can be brought back, even where it is empty.
	Undoable bool `json:"undoable,omitempty"`
}

// MaxSections is how many a team has at most.
const MaxSections = 20

// Errors of changes to sections.
var (
	ErrNoSection      = errors.New("there is no such section")
	ErrSectionKnown   = errors.New("there is a section of that name")
	ErrSectionsFull   = errors.New("too many sections")
	ErrSectionSame    = errors.New("the section is so already")
	ErrSectionChanged = errors.New("the sections were changed in between")
)

// clone is a copy that shares nothing.
func cloneSections(list []Section) []Section {
	out := slices.Clone(list)
	for i := range out {
		out[i].Members = slices.Clone(out[i].Members)
	}
	return out
}

// Change changes the list and keeps what stood. The same message changes it
// once.
func (s *Sections) Change(inbound string, change func(list []Section) ([]Section, error)) error {
	if s.In == inbound && inbound != "" {
		return nil
	}
	next, err := change(cloneSections(s.List))
	if err != nil {
		return err
	}
	s.Was, s.List, s.In, s.Undoable = s.List, next, inbound, true
	s.Rev++
	return nil
}

// Undo takes the change back that made revision rev, if none came after it.
func (s *Sections) Undo(inbound string, rev int) error {
	if s.In == inbound {
		return nil
	}
	if rev != s.Rev || !s.Undoable {
		return ErrSectionChanged
	}
	s.List, s.Was, s.In, s.Undoable = s.Was, nil, inbound, false
	s.Rev++
	return nil
}

// Section finds one by its number.
func (s *Sections) Section(n int) (Section, bool) {
	i := slices.IndexFunc(s.List, func(x Section) bool { return x.N == n })
	if i < 0 {
		return Section{}, false
	}
	return s.List[i], true
}

// Of are the sections that a person belongs to, those that they head first.
func (s *Sections) Of(personID string) (heads, members []Section) {
	for _, x := range s.List {
		switch {
		case personID == "":
		case x.Head == personID:
			heads = append(heads, x)
		case slices.Contains(x.Members, personID):
			members = append(members, x)
		}
	}
	return heads, members
}

// Remove takes a person out of a section.
func (x *Section) Remove(personID string) bool {
	n := len(x.Members)
	x.Members = slices.DeleteFunc(x.Members, func(id string) bool { return id == personID })
	found := len(x.Members) < n
	if x.Head == personID {
		x.Head, found = "", true
	}
	return found
}

// Forget takes a person out of all sections, and of what could be brought
// back; false where they are in none.
func (s *Sections) Forget(personID string) bool {
	found := false
	if personID == "" {
		return false
	}
	for _, list := range [][]Section{s.List, s.Was} {
		for i := range list {
			found = list[i].Remove(personID) || found
		}
	}
	return found
}
