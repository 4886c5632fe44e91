package event

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Task is one step of the checklist: one of the SOP's sixteen (step 8 has
// three, one for each date), or one that the office added.
//
//	open ─► taken ─► done
//	  │ └─────┴──────► skipped (not needed, with a reason)
//	  ▲                  │
//	  └── reopened ◄─────┴─ done
//
// Every change of it can be undone by whoever sees it first: Was holds what the
// latest one replaced, and Rev tells whether it is still the latest.
type Task struct {
	ID      string `json:"id"` // TaskID
	Version int64  `json:"version"`
	EventID string `json:"eventId"`
	Key     string `json:"key"`            // "5", "8.40", "17": how people name it
	Step    int    `json:"step,omitempty"` // the SOP's number; 0: the office's own
	Title   string `json:"title,omitempty"`
	Origin  string `json:"origin,omitempty"` // own ones: the message that added it, so that a replay adds it once

	TaskProgress
	Rev int           `json:"rev,omitempty"`
	Was *TaskProgress `json:"was,omitempty"` // before the latest change

	Items    []Item `json:"items,omitempty"`
	LastItem int    `json:"lastItem,omitempty"` // the highest number given out; they are never given again
	// Offered: whether to take the list of the last event over was answered.
	Offered bool `json:"offered,omitempty"`

	// Handled are the latest messages whose effect it holds: a replay of one
	// changes nothing.
	Handled   []string  `json:"handled,omitempty"`
	Retired   bool      `json:"retired,omitempty"` // see Retire
	UpdatedAt time.Time `json:"updatedAt"`
}

// handledKept is how many messages a task remembers.
const handledKept = 16

// Handle notes that a message's effect is in the task; false where it was
// already.
func (t *Task) Handle(inbound string) bool {
	if slices.Contains(t.Handled, inbound) {
		return false
	}
	if len(t.Handled) >= handledKept {
		t.Handled = t.Handled[len(t.Handled)-handledKept+1:]
	}
	t.Handled = append(slices.Clone(t.Handled), inbound)
	return true
}

// TaskProgress is what changes about a task as it is worked on.
type TaskProgress struct {
	State    TaskState `json:"state,omitempty"`
	PersonID string    `json:"personId,omitempty"` // who sees to it
	Note     string    `json:"note,omitempty"`     // of who finished it
	Reason   string    `json:"reason,omitempty"`   // why it is not needed
	Proofs   []Proof   `json:"proofs,omitempty"`
	// When is the distance that the lead chose; nil: the SOP's. It is kept as
	// a distance, so that it moves with the event.
	When *When `json:"when,omitempty"`
	// After are the keys of the tasks that come first; nil: the SOP's.
	After []string   `json:"after,omitempty"`
	By    string     `json:"by,omitempty"` // person who made the latest change of State
	At    *time.Time `json:"at,omitempty"` // and when
}

// TaskState is how far a task is.
type TaskState string

// Task states.
const (
	TaskOpen    TaskState = ""
	TaskTaken   TaskState = "taken" // somebody sees to it
	TaskDone    TaskState = "done"
	TaskSkipped TaskState = "skipped" // not needed
)

// Settled reports whether nothing more is to be done.
func (s TaskState) Settled() bool { return s == TaskDone || s == TaskSkipped }

// Proof is a photo or a file that shows that something was done.
type Proof struct {
	Blob  string    `json:"blob"` // key in storage.Media, TaskFiles + …
	Name  string    `json:"name,omitempty"`
	MIME  string    `json:"mime,omitempty"`
	Photo bool      `json:"photo,omitempty"`
	By    string    `json:"by,omitempty"` // person ID
	At    time.Time `json:"at"`
}

// TaskFiles opens the keys of what is kept as proof: "tugas/EMK-2027/5/…".
const TaskFiles = "tugas/"

// Errors of changes that do not fit the state.
var (
	// ErrTaskSettled: somebody finished it first, or it is not needed.
	ErrTaskSettled = errors.New("the task is settled")
	// ErrTaskSame: it is so already.
	ErrTaskSame = errors.New("nothing to change")
	// ErrTaskUndone: there is nothing to undo, or something came after it.
	ErrTaskUndone = errors.New("not the latest change")
)

// TaskID is the natural key: "EMK-2027/8.40".
func TaskID(eventID, key string) string { return eventID + "/" + key }

// FirstOwn is the number of the first task that the office adds.
const FirstOwn = 17

// Logistics is the SOP's step whose items the office borrows and lends: steps
// 9 (all ready?) and 15 (all returned?) look at the items of this one.
const Logistics = 5

// Keys of the tasks that the theme, the rundown and branding finish.
const (
	ThemeTask    = "2"
	RundownTask  = "3"
	BrandingTask = "4"
	ReturnTask   = "15"
)

// LogisticsReady is the SOP's step that makes sure of it on the day.
const LogisticsReady = 9

// StepTasks are the checklist of an event as the SOP has it, in its order:
// what stands where nothing was stored yet.
func StepTasks(eventID string) []*Task {
	var out []*Task
	for _, s := range Steps() {
		for _, w := range s.whens() {
			key := strconv.Itoa(s.No)
			if len(s.Days) > 1 {
				key += "." + strconv.Itoa(w.Days)
			}
			out = append(out, &Task{ID: TaskID(eventID, key), EventID: eventID, Key: key, Step: s.No})
		}
	}
	return out
}

// after are the SOP's steps that must come first, as its order implies.
var after = map[int][]string{
	2: {"1"}, 3: {"2"}, 4: {"2"}, 5: {"3"}, 6: {"3"}, 7: {"6"}, 8: {"7"},
	9: {"5"}, 11: {"9"}, 13: {"11"}, 14: {"13"}, 15: {"13"}, 16: {"13"},
}

// Needs are the keys of the tasks that come before it.
func (t *Task) Needs() []string {
	if t.After != nil {
		return t.After
	}
	return after[t.Step]
}

// SOP is the distance that the SOP gives it; ok is false for the office's own.
func (t *Task) SOP() (w When, ok bool) {
	for _, s := range Steps() {
		if s.No != t.Step {
			continue
		}
		whens := s.whens()
		if len(whens) == 1 {
			return whens[0], true
		}
		_, day, _ := strings.Cut(t.Key, ".")
		n, err := strconv.Atoi(day)
		return When{Days: n}, err == nil
	}
	return When{}, false
}

// Distance is how far from the event it is due: as the lead chose, or the SOP.
func (t *Task) Distance() When {
	if t.TaskProgress.When != nil {
		return *t.TaskProgress.When
	}
	w, _ := t.SOP()
	return w
}

// Number orders keys as people count: 5, 8.40, 8.14, 8.7, 17.
func (t *Task) Number() (n, date int) {
	a, b, _ := strings.Cut(t.Key, ".")
	n, _ = strconv.Atoi(a)
	date, _ = strconv.Atoi(b)
	return n, -date
}

// CompareTasks orders tasks by their numbers.
func CompareTasks(a, b *Task) int {
	an, ad := a.Number()
	bn, bd := b.Number()
	if an != bn {
		return an - bn
	}
	return ad - bd
}

// change keeps what stood for Undo, and notes who changed it.
func (t *Task) change(by string, now time.Time, to TaskProgress) {
	was := t.TaskProgress
	t.Was, t.TaskProgress = &was, to
	t.Rev++
	if was.State != to.State {
		t.By, t.At = by, &now
	}
	t.UpdatedAt = now
}

// Assign gives the task to a person; "" leaves it to nobody.
func (t *Task) Assign(by, personID string, now time.Time) error {
	switch {
	case t.State.Settled():
		return ErrTaskSettled
	case t.PersonID == personID:
		return ErrTaskSame
	}
	to := t.TaskProgress
	to.PersonID, to.State = personID, TaskTaken
	if personID == "" {
		to.State = TaskOpen
	}
	t.change(by, now, to)
	return nil
}

// Finish marks it as done, with a note and proof where given. Who finishes
// what nobody took has taken it.
func (t *Task) Finish(by, note string, proofs []Proof, now time.Time) error {
	if t.State.Settled() {
		return ErrTaskSettled
	}
	to := t.TaskProgress
	to.State, to.Note = TaskDone, note
	to.Proofs = append(slices.Clone(to.Proofs), proofs...)
	if to.PersonID == "" {
		to.PersonID = by
	}
	t.change(by, now, to)
	return nil
}

// Remark adds a note or proof to a task that is done already.
func (t *Task) Remark(by, note string, proofs []Proof, now time.Time) error {
	if note == "" && len(proofs) == 0 {
		return ErrTaskSame
	}
	to := t.TaskProgress
	if note != "" {
		to.Note = strings.TrimPrefix(to.Note+"\n"+note, "\n")
	}
	to.Proofs = append(slices.Clone(to.Proofs), proofs...)
	t.change(by, now, to)
	return nil
}

// Skip marks it as not needed.
func (t *Task) Skip(by, reason string, now time.Time) error {
	if t.State.Settled() {
		return ErrTaskSettled
	}
	to := t.TaskProgress
	to.State, to.Reason = TaskSkipped, reason
	t.change(by, now, to)
	return nil
}

// Reopen takes back that it is done or not needed.
func (t *Task) Reopen(by string, now time.Time) error {
	if !t.State.Settled() {
		return ErrTaskSame
	}
	to := t.TaskProgress
	to.State, to.Reason = TaskTaken, ""
	if to.PersonID == "" {
		to.State = TaskOpen
	}
	t.change(by, now, to)
	return nil
}

// Move gives it another distance from the event; nil gives back the SOP's.
func (t *Task) Move(by string, w *When, now time.Time) error {
	moved := *t
	moved.TaskProgress.When = w
	if w == nil && t.Step == 0 || moved.Distance() == t.Distance() {
		return ErrTaskSame
	}
	if sop, ok := t.SOP(); ok && w != nil && *w == sop {
		w = nil
	}
	to := t.TaskProgress
	to.When = w
	t.change(by, now, to)
	return nil
}

// Follow sets which tasks come first; an empty list is none at all.
func (t *Task) Follow(by string, keys []string, now time.Time) error {
	if slices.Equal(keys, t.Needs()) {
		return ErrTaskSame
	}
	to := t.TaskProgress
	to.After = append([]string{}, keys...)
	t.change(by, now, to)
	return nil
}

// Undo takes the change back that made revision rev, if none came after it.
func (t *Task) Undo(rev int, now time.Time) error {
	if t.Was == nil || rev != t.Rev {
		return ErrTaskUndone
	}
	t.TaskProgress, t.Was = *t.Was, nil
	t.Rev++
	t.UpdatedAt = now
	return nil
}

// Forget takes a person out of it (UU PDP, right to erasure); false where
// they are not in it.
func (t *Task) Forget(personID string) bool {
	found := false
	wipe := func(id *string) {
		if *id == personID && personID != "" {
			*id, found = "", true
		}
	}
	for _, p := range []*TaskProgress{&t.TaskProgress, t.Was} {
		if p == nil {
			continue
		}
		wipe(&p.PersonID)
		wipe(&p.By)
		for i := range p.Proofs {
			wipe(&p.Proofs[i].By)
		}
		if p.State == TaskTaken && p.PersonID == "" {
			p.State = TaskOpen
		}
	}
	for i := range t.Items {
		for it := &t.Items[i]; it != nil; it = it.Was {
			if it.PersonID == personID {
				it.Owner = "" // their name
			}
			wipe(&it.PersonID)
			for j := range it.Photos {
				wipe(&it.Photos[j].By)
			}
		}
	}
	return found
}

// Retire takes all people, notes and proof out of it once the event is long
// over; the list itself stays for later events.
func (t *Task) Retire() {
	t.PersonID, t.By, t.Note, t.Reason, t.Proofs, t.Was, t.Handled = "", "", "", "", nil, nil, nil
	for i := range t.Items {
		it := &t.Items[i]
		it.PersonID, it.Owner, it.LentBy, it.Contact, it.HandedTo, it.Note, it.Photos, it.Was = "", "", "", "", "", "", nil, nil
	}
	t.Retired = true
}

func (t *Task) String() string { return fmt.Sprintf("%s (%s)", t.ID, t.State) }
