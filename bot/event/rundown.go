package event

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Rundown is the order of one event's day (SOP step 3). Its items stand in
// order of time, which is kept as a distance from the event's start: an event
// that moves takes its rundown along.
//
// The latest change can be undone by whoever sees it first: Was holds what it
// replaced, and Rev tells whether it is still the latest.
type Rundown struct {
	ID       string        `json:"id"` // the event's
	Version  int64         `json:"version"`
	Items    []RundownItem `json:"items,omitempty"`
	LastItem int           `json:"lastItem,omitempty"` // the highest number given out; they are never given again
	Rev      int           `json:"rev,omitempty"`
	By       string        `json:"by,omitempty"`  // person who made the latest change
	Was      []RundownItem `json:"was,omitempty"` // before the latest change
	// Undoable: Was can be brought back, even where it is empty.
	Undoable bool `json:"undoable,omitempty"`
	// Handled are the latest messages whose effect it holds: a replay of one
	// changes nothing.
	Handled   []string  `json:"handled,omitempty"`
	Retired   bool      `json:"retired,omitempty"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// RundownItem is one part of the day.
type RundownItem struct {
	N       int    `json:"n"`     // its number within the rundown, never given again
	Start   int    `json:"start"` // minutes after the event's start; negative: before it
	Minutes int    `json:"minutes"`
	Moved   int    `json:"moved,omitempty"` // how often Start changed: what is told of it is told anew
	Title   string `json:"title"`
	Place   string `json:"place,omitempty"`
	// Cast are those who do it, in the order in which they were named.
	Cast []Performing `json:"cast,omitempty"`
}

// Performing is somebody who takes part in an item: a performer whom the bot
// knows, or a name alone.
type Performing struct {
	Name     string `json:"name"`
	PersonID string `json:"personId,omitempty"` // whom to call; "" where nobody is known by that name
}

// Limits of a rundown.
const (
	MaxRundown        = 120
	MaxRundownMinutes = 12 * 60
	// CallAhead is how long before their item performers are called.
	CallAhead = 20 * time.Minute
)

// Errors of changes to a rundown.
var (
	ErrNoRundownItem  = errors.New("there is no such item in the rundown")
	ErrRundownFull    = errors.New("the rundown is full")
	ErrRundownSame    = errors.New("the rundown is so already")
	ErrRundownChanged = errors.New("the rundown was changed in between")
)

// Handle notes that a message's effect is in the rundown; false where it was
// already.
func (r *Rundown) Handle(inbound string) bool {
	if slices.Contains(r.Handled, inbound) {
		return false
	}
	if len(r.Handled) >= handledKept {
		r.Handled = r.Handled[len(r.Handled)-handledKept+1:]
	}
	r.Handled = append(slices.Clone(r.Handled), inbound)
	return true
}

// Item finds an item by its number.
func (r *Rundown) Item(n int) (RundownItem, bool) {
	i := slices.IndexFunc(r.Items, func(it RundownItem) bool { return it.N == n })
	if i < 0 {
		return RundownItem{}, false
	}
	return r.Items[i], true
}

// Ends is when the last item is over, in minutes after the event's start; 0
// where there is none.
func (r *Rundown) Ends() int {
	end := 0
	for i, it := range r.Items {
		if i == 0 || it.End() > end {
			end = it.End()
		}
	}
	return end
}

// change replaces the items and keeps what stood for Undo.
func (r *Rundown) change(by string, now time.Time, items []RundownItem) {
	r.Was, r.Undoable = r.Items, true
	r.put(by, now, items)
}

func (r *Rundown) put(by string, now time.Time, items []RundownItem) {
	slices.SortStableFunc(items, func(a, b RundownItem) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.N - b.N
	})
	for i, it := range items {
		if was, ok := r.Item(it.N); ok && was.Start != it.Start {
			items[i].Moved = max(was.Moved, it.Moved) + 1
		} else if ok {
			items[i].Moved = max(was.Moved, it.Moved)
		}
	}
	r.Items, r.By, r.UpdatedAt = items, by, now
	r.Rev++
}

// Add puts items in and returns them with their numbers.
func (r *Rundown) Add(by string, now time.Time, fresh []RundownItem) ([]RundownItem, error) {
	if len(r.Items)+len(fresh) > MaxRundown {
		return nil, ErrRundownFull
	}
	if len(fresh) == 0 {
		return nil, ErrRundownSame
	}
	out := slices.Clone(fresh)
	for i := range out {
		r.LastItem++
		out[i].N = r.LastItem
	}
	r.change(by, now, append(slices.Clone(r.Items), out...))
	return out, nil
}

// Change gives an item other words or another time.
func (r *Rundown) Change(by string, now time.Time, to RundownItem) error {
	i := slices.IndexFunc(r.Items, func(it RundownItem) bool { return it.N == to.N })
	switch {
	case i < 0:
		return ErrNoRundownItem
	case r.Items[i].same(to):
		return ErrRundownSame
	}
	next := slices.Clone(r.Items)
	next[i] = to
	r.change(by, now, next)
	return nil
}

// Drop takes an item out.
func (r *Rundown) Drop(by string, now time.Time, n int) error {
	i := slices.IndexFunc(r.Items, func(it RundownItem) bool { return it.N == n })
	if i < 0 {
		return ErrNoRundownItem
	}
	r.change(by, now, slices.Delete(slices.Clone(r.Items), i, i+1))
	return nil
}

// Shift moves what begins at or after from by so many minutes, but for the
// item but (0: none). It returns the numbers of what moved.
func (r *Rundown) Shift(by string, now time.Time, from, minutes, but int) ([]int, error) {
	next := slices.Clone(r.Items)
	var moved []int
	for i := range next {
		if next[i].Start >= from && next[i].N != but {
			next[i].Start += minutes
			moved = append(moved, next[i].N)
		}
	}
	if len(moved) == 0 || minutes == 0 {
		return nil, ErrRundownSame
	}
	r.change(by, now, next)
	return moved, nil
}

// ShiftAlong is Shift as a part of the change that made revision rev, so that
// undoing takes both back.
func (r *Rundown) ShiftAlong(by string, now time.Time, rev, from, minutes, but int) ([]int, error) {
	if rev != r.Rev {
		return nil, ErrRundownChanged
	}
	was, undoable := r.Was, r.Undoable
	moved, err := r.Shift(by, now, from, minutes, but)
	if err == nil {
		r.Was, r.Undoable = was, undoable
	}
	return moved, err
}

// Delay moves what has not begun by so many minutes (negative: earlier, but not
// before now) and returns by how many it was in the end. What goes on and would
// be over by then takes that much longer; what goes on beside it does not. at is
// now in minutes after the event's start.
func (r *Rundown) Delay(by string, now time.Time, at, minutes int) (int, error) {
	going, first := r.Now(at)
	if first != nil {
		minutes = max(minutes, at-first.Start)
	}
	if minutes == 0 || first == nil && len(going) == 0 {
		return 0, ErrRundownSame
	}
	next := slices.Clone(r.Items)
	for i := range next {
		it := &next[i]
		switch {
		case it.Start > at:
			it.Start += minutes
		case it.End() > at && (first == nil || it.End() <= first.Start):
			it.Minutes = min(max(it.Minutes+minutes, at-it.Start, 1), MaxRundownMinutes)
		}
	}
	r.change(by, now, next)
	return minutes, nil
}

// Undo takes the change back that made revision rev, if none came after it.
func (r *Rundown) Undo(by string, now time.Time, rev int) error {
	if !r.Undoable || rev != r.Rev {
		return ErrRundownChanged
	}
	r.put(by, now, slices.Clone(r.Was))
	r.Was, r.Undoable = nil, false
	return nil
}

// CopyFrom takes an earlier event's rundown over: times, titles and places. Of
// those who take part only names that stand for a part stay, such as "Ketua
// tim"; performers are others each time.
func (r *Rundown) CopyFrom(by string, now time.Time, from *Rundown) error {
	var fresh []RundownItem
	for _, it := range from.Items {
		c := RundownItem{Start: it.Start, Minutes: it.Minutes, Title: it.Title, Place: it.Place}
		for _, p := range it.Cast {
			if p.PersonID == "" && p.Name != "" {
				c.Cast = append(c.Cast, Performing{Name: p.Name})
			}
		}
		fresh = append(fresh, c)
	}
	_, err := r.Add(by, now, fresh)
	return err
}

// Recast puts a person in another's place: the two are one.
func (r *Rundown) Recast(from, to string) bool {
	found := false
	for _, items := range [][]RundownItem{r.Items, r.Was} {
		for i := range items {
			for j := range items[i].Cast {
				if items[i].Cast[j].PersonID == from && from != "" {
					items[i].Cast[j].PersonID, found = to, true
				}
			}
		}
	}
	return found
}

// Forget takes a person out of it (UU PDP, right to erasure); false where they
// are not in it.
func (r *Rundown) Forget(personID string) bool {
	found := false
	if personID == "" {
		return false
	}
	for _, items := range [][]RundownItem{r.Items, r.Was} {
		for i := range items {
			for j, p := range items[i].Cast {
				if p.PersonID == personID {
					items[i].Cast[j], found = Performing{}, true
				}
			}
			items[i].Cast = slices.DeleteFunc(items[i].Cast, func(p Performing) bool { return p == Performing{} })
		}
	}
	if r.By == personID {
		r.By, found = "", true
	}
	return found
}

// Retire takes performers out of it once the event is long over; the rundown
// itself stays, as the model of later ones.
func (r *Rundown) Retire() {
	for i := range r.Items {
		r.Items[i].Cast = slices.DeleteFunc(r.Items[i].Cast, func(p Performing) bool { return p.PersonID != "" })
	}
	r.Was, r.Undoable, r.By, r.Handled, r.Retired = nil, false, "", nil, true
}

// End is when the item is over, in minutes after the event's start.
func (it RundownItem) End() int { return it.Start + it.Minutes }

// At is when the item begins.
func (it RundownItem) At(e *Event) time.Time {
	return e.Start.Add(time.Duration(it.Start) * time.Minute)
}

// Until is when the item is over.
func (it RundownItem) Until(e *Event) time.Time {
	return e.Start.Add(time.Duration(it.End()) * time.Minute)
}

// Who names those who take part.
func (it RundownItem) Who() string {
	var names []string
	for _, p := range it.Cast {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

func (it RundownItem) same(o RundownItem) bool {
	return it.N == o.N && it.Start == o.Start && it.Minutes == o.Minutes && it.Title == o.Title && it.Place == o.Place && slices.Equal(it.Cast, o.Cast)
}

// RundownFault is an overlap or a gap between two items.
type RundownFault struct {
	Kind    RundownFaultKind
	A, B    RundownItem // B begins after A, or with it
	Minutes int         // how long they overlap, or nothing goes on
	Who     string      // FaultPerson: who would be in both
}

// RundownFaultKind says what is wrong.
type RundownFaultKind string

// Kinds of faults. Things may go on at two places at once, but not at one, nor
// with one performer in both.
const (
	FaultOverlap RundownFaultKind = "overlap"
	FaultPerson  RundownFaultKind = "person"
	FaultGap     RundownFaultKind = "gap"
)

// Faults names overlaps and gaps, in order of time.
func (r *Rundown) Faults() []RundownFault {
	var out []RundownFault
	for i, b := range r.Items {
		var last *RundownItem // what ends last of those before b
		for j := range i {
			a := r.Items[j]
			if last == nil || a.End() >= last.End() {
				last = &r.Items[j]
			}
			both := min(a.End(), b.End()) - b.Start
			if both <= 0 {
				continue
			}
			if who, ok := shared(a, b); ok {
				out = append(out, RundownFault{FaultPerson, a, b, both, who})
			} else if a.Place == "" || b.Place == "" || Fold(a.Place) == Fold(b.Place) {
				out = append(out, RundownFault{FaultOverlap, a, b, both, ""})
			}
		}
		if last != nil && b.Start > last.End() {
			out = append(out, RundownFault{FaultGap, *last, b, b.Start - last.End(), ""})
		}
	}
	return out
}

func shared(a, b RundownItem) (string, bool) {
	for _, p := range a.Cast {
		for _, q := range b.Cast {
			if p.PersonID != "" && p.PersonID == q.PersonID || p.PersonID == "" && q.PersonID == "" && p.Name != "" && Fold(p.Name) == Fold(q.Name) {
				return p.Name, true
			}
		}
	}
	return "", false
}

// Now is what goes on at a moment and what begins next, in minutes after the
// event's start; Next is nil at the end of the day.
func (r *Rundown) Now(at int) (going []RundownItem, next *RundownItem) {
	for i, it := range r.Items {
		switch {
		case it.Start <= at && at < it.End():
			going = append(going, it)
		case it.Start > at && next == nil:
			next = &r.Items[i]
		}
	}
	return going, next
}

// MinutesIn is a moment in minutes after the event's start, rounded down.
func (e *Event) MinutesIn(t time.Time) int {
	d := t.Sub(e.Start)
	m := int(d / time.Minute)
	if d < 0 && d%time.Minute != 0 {
		m--
	}
	return m
}
