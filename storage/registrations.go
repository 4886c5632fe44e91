package storage

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// RegistrationQuery chooses registrations; empty fields choose all.
type RegistrationQuery struct {
	EventID   string
	PersonID  string
	Phone     string // E.164
	Audience  event.Audience
	Statuses  []event.Status
	Kecamatan string
	Untold    bool       // Tell is set
	Since     *time.Time // CreatedAt at or after
	OfferPast *time.Time // Offered with OfferUntil before
	Search    string     // event.Fold-ed words that must all occur in Search
	After     string     // continue after this cursor
	Limit     int        // 0: 100
}

// Registrations keeps registrations.
type Registrations interface {
	// Insert stores r. Where one of the same ID is there already it returns
	// that one and ErrConflict; where another one has its Key or Number, that
	// other one and ErrConflict.
	Insert(ctx context.Context, r *event.Registration) (existing *event.Registration, err error)
	Get(ctx context.Context, id string) (*event.Registration, error)
	ByNumber(ctx context.Context, number string) (*event.Registration, error)
	// ByKey finds the one that bears this uniqueness key.
	ByKey(ctx context.Context, key string) (*event.Registration, error)
	// Update is a compare-and-set on Version. ErrConflict also where its new
	// Key is taken.
	Update(ctx context.Context, r *event.Registration) error
	// List pages through a query in order of Number; next is "" at the end.
	List(ctx context.Context, q RegistrationQuery) (page []*event.Registration, next string, err error)
	// FirstWaiting is the Waiting one with the earliest QueuedAt; ErrNotFound
	// if nobody waits.
	FirstWaiting(ctx context.Context, eventID string, a event.Audience) (*event.Registration, error)
	// Ahead counts the Waiting ones queued before the time.
	Ahead(ctx context.Context, eventID string, a event.Audience, queuedAt time.Time) (int, error)
	Delete(ctx context.Context, id string) error
}
