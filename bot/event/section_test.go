package event

import (
	"errors"
	"testing"
	"time"
)

func TestSections(t *testing.T) {
	t.Parallel()
	var s Sections
	add := func(in, name string) error {
		return s.Change(in, func(list []Section) ([]Section, error) {
			return append(list, Section{N: len(list) + 1, Name: name, Head: "a", Members: []string{"b"}}), nil
		})
	}
	if err := errors.Join(add("1", "Acara"), add("1", "Acara"), add("2", "Humas")); err != nil || len(s.List) != 2 { // a replay adds nothing
		t.Fatalf("%+v, %v", s, err)
	}
	if err := s.Undo("3", s.Rev-1); !errors.Is(err, ErrSectionChanged) {
		t.Error(err)
	}
	if err := s.Undo("3", s.Rev); err != nil || len(s.List) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := s.Undo("3", s.Rev); err != nil || len(s.List) != 1 { // replayed
		t.Errorf("%+v, %v", s, err)
	}
	if err := s.Undo("4", s.Rev); !errors.Is(err, ErrSectionChanged) || len(s.List) != 1 { // there is nothing more
		t.Errorf("%+v, %v", s, err)
	}
	if err := s.Change("5", func(list []Section) ([]Section, error) { list[0].Members[0] = "c"; return list, nil }); err != nil || s.Was[0].Members[0] != "b" {
		t.Errorf("what stood was changed: %+v, %v", s, err)
	}
	if !s.Forget("a") || !s.Forget("c") || s.Forget("c") || s.List[0].Head != "" || len(s.List[0].Members) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestBallot(t *testing.T) {
	t.Parallel()
	var b Ballot
	for _, text := range []string{"Muda, Mandiri", "UKM Naik Kelas"} {
		if _, err := b.Propose("a", text, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := b.Propose("b", "muda mandiri", time.Time{}); !errors.Is(err, ErrThemeKnown) || p.N != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, v := range []struct {
		who    string
		n      int
		before int
		err    error
	}{{"a", 1, 0, nil}, {"b", 2, 0, nil}, {"a", 2, 1, nil}, {"c", 9, 0, ErrNoProposal}, {"b", 0, 2, nil}} {
		if before, err := b.Vote(v.who, v.n, time.Time{}); before != v.before || !errors.Is(err, v.err) {
			t.Errorf("%+v: %d, %v", v, before, err)
		}
	}
	if l := b.Leading(); b.Count(1) != 0 || b.Count(2) != 1 || len(l) != 1 || l[0].N != 2 {
		t.Errorf("%+v", b)
	}
	b.Decide("l", "UKM Naik Kelas", time.Time{})
	if _, err := b.Vote("a", 1, time.Time{}); !errors.Is(err, ErrThemeDecided) {
		t.Error(err)
	}
	b.Reopen(time.Time{})
	if _, err := b.Vote("a", 1, time.Time{}); err != nil || !b.Forget("a") || b.Forget("a") || len(b.Votes) != 0 {
		t.Errorf("%+v, %v", b, err)
	}
}
