package sqlite

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func photoTable() *table[event.Photo] {
	return &table[event.Photo]{
		name:    "photos",
		columns: []string{"version", "event_id", "n"},
		id:      func(p *event.Photo) string { return p.ID },
		values:  func(p *event.Photo) []any { return []any{p.Version, p.EventID, p.N} },
	}
}

type photos struct{ s *Store }

var _ storage.Photos = photos{}

func (p photos) Get(ctx context.Context, id string) (*event.Photo, error) {
	out, err := photoTable().byID(ctx, p.s.reader, id)
	return out, wrap(ctx, "get photo "+id, err)
}

func (p photos) Save(ctx context.Context, given *event.Photo) error {
	next := *given
	next.Version++
	err := p.s.write(ctx, "photos.save", func(t *tx) error { return photoTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

func (p photos) List(ctx context.Context, eventID string) ([]*event.Photo, error) {
	out, err := photoTable().list(ctx, p.s.reader, "WHERE event_id = ? ORDER BY n, id", eventID)
	return out, wrap(ctx, "list photos of "+eventID, err)
}

func (p photos) Delete(ctx context.Context, id string) error {
	return p.s.write(ctx, "photos.delete", func(t *tx) error { return photoTable().delete(ctx, t, id) })
}
