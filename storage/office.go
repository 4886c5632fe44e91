package storage

import (
	"context"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// Counters hand out numbers.
type Counters interface {
	// Next returns 1, 2, 3, … of a series: with gaps perhaps, never twice.
	Next(ctx context.Context, series string) (int64, error)
}

// Code is a one-time code: the first lead's, an invitation to the team.
type Code struct {
	ID        string     `json:"id"` // the code itself
	Purpose   string     `json:"purpose"`
	Role      event.Role `json:"role,omitempty"`
	CreatedBy string     `json:"createdBy,omitempty"`
	ExpiresAt time.Time  `json:"expiresAt"`
	UsedBy    string     `json:"usedBy,omitempty"` // person ID
	UsedAt    *time.Time `json:"usedAt,omitempty"`
}

// Codes keeps one-time codes.
type Codes interface {
	// Create stores a code; ErrConflict if it exists.
	Create(ctx context.Context, c Code) error
	// Redeem marks the code as used by that person, once: ErrNotFound where it
	// does not exist, has another purpose or is past now; ErrConflict where
	// someone else used it. The same person redeeming again gets it again.
	Redeem(ctx context.Context, id, purpose, personID string, now time.Time) (*Code, error)
	// Open lists unused codes of a purpose that are not past.
	Open(ctx context.Context, purpose string, now time.Time) ([]Code, error)
}

// Settings keeps named values of the office (JSON).
type Settings interface {
	// Get decodes the value into v; ErrNotFound if it was never put.
	Get(ctx context.Context, key string, v any) error
	Put(ctx context.Context, key string, v any) error
	// PutNew puts the value unless there is one; fresh tells which. v is a
	// pointer and then holds the stored value either way.
	PutNew(ctx context.Context, key string, v any) (fresh bool, err error)
	// Swap puts the value where the stored one is still old, as it was got
	// before; else ErrConflict.
	Swap(ctx context.Context, key string, old, v any) error
}

// AuditEntry is who did what, when, from where.
type AuditEntry struct {
	ID       string    `json:"id"` // unique, so that a replay records once
	At       time.Time `json:"at"`
	PersonID string    `json:"personId"`
	Name     string    `json:"name"`
	Chat     string    `json:"chat"`
	Action   string    `json:"action"`            // such as "registration.cancel"
	Subject  string    `json:"subject,omitempty"` // such as a registration number
	Detail   string    `json:"detail,omitempty"`
}

// Redact blanks what a person has a right to have erased, where e is what they
// did or what was done to them; it reports whether anything was.
func (e *AuditEntry) Redact(personID string, names []string) bool {
	before := *e
	e.Detail = ""
	if personID != "" && e.PersonID == personID {
		e.PersonID, e.Name, e.Chat = "", "", ""
	}
	if slices.Contains(names, e.Subject) {
		e.Subject = ""
	}
	return *e != before
}

// Audit keeps the trail.
type Audit interface {
	Add(ctx context.Context, e AuditEntry) error
	// List gives the latest entries first, of those before the time (zero:
	// all), whose action, subject or name holds search (folded; "": all).
	List(ctx context.Context, before time.Time, search string, limit int) ([]AuditEntry, error)
	// Redact takes out of the trail what a person has a right to have erased:
	// who they are and Detail of what they did ("" for nobody), and Detail of what
	// was done to the subjects, whose name as a subject goes, too, where it is
	// among names. That something was done, when and by whom of the team stays.
	Redact(ctx context.Context, personID string, subjects, names []string) (n int, err error)
}

// Leases keep one process in charge. Times are of the process clock.
type Leases interface {
	// Acquire takes the lease for holder until the time, if it is free, past
	// now, or holder's own (then it is renewed); else ErrLeaseLost.
	Acquire(ctx context.Context, name, holder string, now, until time.Time) error
	// Release gives it up, if it is holder's.
	Release(ctx context.Context, name, holder string) error
}
