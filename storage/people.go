package storage

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
)

// People keeps persons.
type People interface {
	Get(ctx context.Context, id string) (*event.Person, error)
	// GetAll gives those of the IDs who are there, by ID, in as few round trips
	// as the engine allows.
	GetAll(ctx context.Context, ids []string) (map[string]*event.Person, error)
	// ByAccount finds the person who has that account key.
	ByAccount(ctx context.Context, accountKey string) (*event.Person, error)
	// ByPhone lists people with that number (E.164).
	ByPhone(ctx context.Context, phone string) ([]*event.Person, error)
	// ByUsername lists people with an account of that public handle, in any
	// case of letters, without "@".
	ByUsername(ctx context.Context, username string) ([]*event.Person, error)
	// Staff lists everyone with a role.
	Staff(ctx context.Context) ([]*event.Person, error)
	// Save inserts (Version 0) or updates with compare-and-set; ErrConflict
	// also where an account belongs to somebody else.
	Save(ctx context.Context, p *event.Person) error
	// AddAll inserts many new ones in as few round trips as the engine allows.
	// One whose ID or account is taken is left out, which its Version shows: it
	// stays 0, and is 1 for those that were inserted. After an error some may be
	// there that the Versions do not show.
	AddAll(ctx context.Context, ps []*event.Person) (fresh int, err error)
	Delete(ctx context.Context, id string) error
	Count(ctx context.Context) (int, error)
	// ByEmail lists people with that address, in any case of letters.
	ByEmail(ctx context.Context, address string) ([]*event.Person, error)
}

// Events keeps events.
type Events interface {
	Get(ctx context.Context, id string) (*event.Event, error)
	// List gives all events, the latest start first.
	List(ctx context.Context) ([]*event.Event, error)
	Save(ctx context.Context, e *event.Event) error
}
