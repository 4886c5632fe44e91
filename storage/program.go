package storage

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
)

// Tasks keeps what the team made of the checklist: a step of the SOP that
// nobody touched yet has no document.
type Tasks interface {
	Get(ctx context.Context, id string) (*event.Task, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, t *event.Task) error
	// List gives an event's tasks, in order of ID.
	List(ctx context.Context, eventID string) ([]*event.Task, error)
	Delete(ctx context.Context, id string) error
}

// Photos keeps the albums of events: what is known of each picture, whose
// bytes are in Media.
type Photos interface {
	Get(ctx context.Context, id string) (*event.Photo, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, p *event.Photo) error
	// List gives an event's pictures, the deleted ones too, in order of their
	// numbers.
	List(ctx context.Context, eventID string) ([]*event.Photo, error)
	Delete(ctx context.Context, id string) error
}

// Rundowns keeps the order of each event's day. An event for which nobody drew
// one up has no document.
type Rundowns interface {
	// Get returns the rundown of an event.
	Get(ctx context.Context, eventID string) (*event.Rundown, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, r *event.Rundown) error
}

// Ballots keeps the votes on each event's theme.
type Ballots interface {
	// Get returns the ballot of an event.
	Get(ctx context.Context, eventID string) (*event.Ballot, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, b *event.Ballot) error
}

// Posts keeps what was published about events.
type Posts interface {
	Get(ctx context.Context, id string) (*event.Post, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, p *event.Post) error
	// List gives an event's posts in order of their numbers.
	List(ctx context.Context, eventID string) ([]*event.Post, error)
}
