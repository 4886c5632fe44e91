package event

import (
	"errors"
	"slices"
	"time"
)

// Item is one entry of a task's list: a thing to bring (SOP steps 5, 9, 15), a
// letter to write, a name to ring. It is general enough for all of them: who
// only ticks off uses needed and ready, what is lent goes all the way.
//
//	needed ─► ready ─► handed over ─► returned
//
// An item keeps what its latest change replaced, so that it can be undone
// whatever was done to the others meanwhile.
type Item struct {
	N        int       `json:"n"` // its number within the task, never given again
	Name     string    `json:"name"`
	Quantity int       `json:"quantity,omitempty"` // 0: not counted
	Unit     string    `json:"unit,omitempty"`     // "unit", "lembar"
	Owner    string    `json:"owner,omitempty"`    // who brings it or sees to it, as it was written
	PersonID string    `json:"personId,omitempty"` // the team member that Owner names, where known
	LentBy   string    `json:"lentBy,omitempty"`   // from whom it is borrowed; "": the office's own
	Contact  string    `json:"contact,omitempty"`  // how to reach who lent it
	HandedTo string    `json:"handedTo,omitempty"` // who uses it
	Note     string    `json:"note,omitempty"`
	State    ItemState `json:"state,omitempty"`
	// HandedAt and ReturnedAt are when it was handed over and given back.
	HandedAt   *time.Time `json:"handedAt,omitempty"`
	ReturnedAt *time.Time `json:"returnedAt,omitempty"`
	Photos     []Proof    `json:"photos,omitempty"`
	Gone       bool       `json:"gone,omitempty"`   // deleted; kept so that it can be undone
	Copied     bool       `json:"copied,omitempty"` // taken over from an earlier event, untouched since

	In  string    `json:"in,omitempty"` // the message that ticked it off last
	Rev int       `json:"rev"`
	Was *Item     `json:"was,omitempty"` // before the latest change; nil: it was new
	At  time.Time `json:"at"`
}

// ItemState is where a thing is.
type ItemState string

// Item states.
const (
	ItemNeeded   ItemState = ""
	ItemReady    ItemState = "ready"
	ItemHanded   ItemState = "handed"   // given to those who use it
	ItemReturned ItemState = "returned" // back with whom it belongs to
)

// ItemStates lists the states in their order.
func ItemStates() []ItemState { return []ItemState{ItemNeeded, ItemReady, ItemHanded, ItemReturned} }

// Ready reports whether it is there to be used, or was.
func (s ItemState) Ready() bool { return s != ItemNeeded }

// Place moves an item to a state, and notes when it was handed over or given
// back; to is who uses it.
func (it *Item) Place(s ItemState, to string, now time.Time) {
	if s == ItemHanded && (it.State != ItemHanded || it.HandedAt == nil) {
		it.HandedAt = &now
	}
	switch s {
	case ItemHanded:
		if to != "" {
			it.HandedTo = to
		}
	case ItemReturned:
		if it.State != ItemReturned {
			it.ReturnedAt = &now
		}
	case ItemNeeded, ItemReady:
		it.HandedTo, it.HandedAt, it.ReturnedAt = "", nil, nil
	}
	it.State = s
}

// MaxItems is how many entries a task's list holds.
const MaxItems = 300

// Errors of changes to lists.
var (
	ErrNoItem   = errors.New("there is no such item")
	ErrTooMany  = errors.New("the list is full")
	ErrItemSame = errors.New("the item is so already")
)

// List are the items that are not deleted, in their order.
func (t *Task) List() []Item {
	out := make([]Item, 0, len(t.Items))
	for _, it := range t.Items {
		if !it.Gone {
			out = append(out, it)
		}
	}
	return out
}

// Item finds an entry by its number.
func (t *Task) Item(n int) (Item, bool) {
	i := slices.IndexFunc(t.Items, func(it Item) bool { return it.N == n && !it.Gone })
	if i < 0 {
		return Item{}, false
	}
	return t.Items[i], true
}

// AddItem puts an entry at the end and returns it with its number.
func (t *Task) AddItem(it Item, now time.Time) (Item, error) {
	if len(t.List()) >= MaxItems {
		return Item{}, ErrTooMany
	}
	t.LastItem++
	it.N, it.Rev, it.Was, it.Gone, it.At = t.LastItem, 1, nil, false, now
	t.Items = append(t.Items, it)
	t.UpdatedAt = now
	return it, nil
}

// ChangeItem changes an entry: its state, its words, or that it is gone.
// ErrItemSame where change leaves it as it is.
func (t *Task) ChangeItem(n int, now time.Time, change func(it *Item)) (Item, error) {
	i := slices.IndexFunc(t.Items, func(it Item) bool { return it.N == n && !it.Gone })
	if i < 0 {
		return Item{}, ErrNoItem
	}
	was := t.Items[i]
	next := was
	next.Photos = slices.Clone(was.Photos)
	change(&next)
	if next.sameAs(was) {
		return was, ErrItemSame
	}
	was.Was = nil // one step back is kept, not the whole history
	next.N, next.Rev, next.Was, next.Copied, next.At = n, was.Rev+1, &was, false, now
	t.Items[i], t.UpdatedAt = next, now
	return next, nil
}

func (it Item) sameAs(o Item) bool {
	return it.Name == o.Name && it.Quantity == o.Quantity && it.Unit == o.Unit && it.Owner == o.Owner && it.PersonID == o.PersonID &&
		it.LentBy == o.LentBy && it.Note == o.Note && it.State == o.State && it.Gone == o.Gone &&
		it.Contact == o.Contact && it.HandedTo == o.HandedTo && slices.Equal(it.Photos, o.Photos)
}

// UndoItem takes the change back that made revision rev of an entry; a new
// one goes away.
func (t *Task) UndoItem(n, rev int, now time.Time) (Item, error) {
	i := slices.IndexFunc(t.Items, func(it Item) bool { return it.N == n })
	if i < 0 {
		return Item{}, ErrNoItem
	}
	it := t.Items[i]
	if it.Rev != rev || it.Was == nil && rev != 1 {
		return it, ErrTaskUndone
	}
	back := it
	back.Gone = true
	if it.Was != nil {
		back = *it.Was
	}
	back.Rev, back.Was, back.At = rev+1, nil, now
	t.Items[i], t.UpdatedAt = back, now
	return back, nil
}

// CopyItems takes the list of an earlier event's task over, with everything
// still needed: nothing of how it went then.
func (t *Task) CopyItems(from *Task, now time.Time) int {
	n := 0
	for _, it := range from.List() {
		fresh := Item{Name: it.Name, Quantity: it.Quantity, Unit: it.Unit, LentBy: it.LentBy, Contact: it.Contact, Copied: true}
		if _, err := t.AddItem(fresh, now); err != nil {
			break
		}
		n++
	}
	t.Offered = true
	return n
}

// DropCopied takes back what CopyItems added and nobody touched since.
func (t *Task) DropCopied(now time.Time) int {
	before := len(t.Items)
	t.Items = slices.DeleteFunc(t.Items, func(it Item) bool { return it.Copied && !it.Gone })
	t.UpdatedAt = now
	return before - len(t.Items)
}

// Readiness is how far a list is.
type Readiness struct {
	Total, Ready int
	Missing      []Item // still needed
	Out          []Item // borrowed and not returned
	Back         []Item // borrowed and returned
}

// Readiness counts a task's list.
func (t *Task) Readiness() Readiness {
	var r Readiness
	for _, it := range t.List() {
		r.Total++
		if it.State.Ready() {
			r.Ready++
		} else {
			r.Missing = append(r.Missing, it)
		}
		if it.LentBy != "" && it.State != ItemReturned && it.State != ItemNeeded {
			r.Out = append(r.Out, it)
		}
		if it.LentBy != "" && it.State == ItemReturned {
			r.Back = append(r.Back, it)
		}
	}
	return r
}
