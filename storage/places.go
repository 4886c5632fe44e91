package storage

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// Places are the places of a quota, 1 to its limit. Each is one document,
// claimed atomically, so a quota is never overdrawn.
type Places interface {
	// Claim gives holder the lowest free place up to limit, held until the
	// time (nil: for good). Claiming again returns the place held already,
	// with the new time. ErrFull if none is free.
	Claim(ctx context.Context, eventID string, a event.Audience, limit int, holder string, until *time.Time) (k int, err error)
	// Release frees what holder holds, if anything.
	Release(ctx context.Context, eventID string, a event.Audience, holder string) error
	// Taken counts claimed places.
	Taken(ctx context.Context, eventID string, a event.Audience) (int, error)
	// Overdue lists places whose hold ended before now.
	Overdue(ctx context.Context, now time.Time) ([]PlaceHold, error)
}

// PlaceHold is a claimed place.
type PlaceHold struct {
	EventID  string
	Audience event.Audience
	K        int
	Holder   string
	Until    time.Time
}
