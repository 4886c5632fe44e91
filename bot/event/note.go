package event

import "time"

// Note is one remark of the team's own evaluation of an event (SOP step 16).
type Note struct {
	ID      string   `json:"id"` // the event's, the message's, and a number
	Version int64    `json:"version"`
	EventID string   `json:"eventId"`
	Kind    NoteKind `json:"kind"`
	Text    string   `json:"text"`
	// By is the team member who made it, Name their name then.
	By   string    `json:"by,omitempty"`
	Name string    `json:"name,omitempty"`
	At   time.Time `json:"at"`
	Gone bool      `json:"gone,omitempty"` // taken back
}

// NoteKind says what a remark is about.
type NoteKind string

// Kinds of remarks.
const (
	NoteGood NoteKind = "baik"   // went well
	NoteBad  NoteKind = "kurang" // did not
	NoteNext NoteKind = "saran"  // to be done next time
)

// NoteKinds lists them in the order in which they are shown.
func NoteKinds() []NoteKind { return []NoteKind{NoteGood, NoteBad, NoteNext} }

// Limits of remarks.
const (
	MaxNotes    = 200
	MaxNoteText = 500
)

// EvaluationHour is when the team is asked on the day after the event (WIB).
const EvaluationHour = 10

// EvaluationAt is when the team is asked how it went.
func (e *Event) EvaluationAt() time.Time {
	return e.Day().AddDate(0, 0, 1).Add(EvaluationHour * time.Hour)
}

// Forget takes a person out of it (UU PDP, right to erasure).
func (n *Note) Forget(personID string) bool {
	if n.By != personID || personID == "" {
		return false
	}
	n.By, n.Name = "", ""
	return true
}
