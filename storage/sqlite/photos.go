package sqlite

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func photoTable() *table[event.Photo] {
	return &table[event.Photo]{
		name:    "photos",
		noun:    "photo",
		columns: []string{"version", "event_id", "n"},
		id:      func(p *event.Photo) string { return p.ID },
		version: func(p *event.Photo) *int64 { return &p.Version },
		values:  func(p *event.Photo) []any { return []any{p.Version, p.EventID, p.N} },
	}
}

type photos struct{ versioned[event.Photo] }

var _ storage.Photos = photos{}

func (p photos) List(ctx context.Context, eventID string) ([]*event.Photo, error) {
	out, err := photoTable().list(ctx, p.s.reader, "WHERE event_id = ? ORDER BY n, id", eventID)
	return out, wrap(ctx, "list photos of "+eventID, err)
}
