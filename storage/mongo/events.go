package mongo

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"go.mongodb.org/mongo-driver/v2/bson"
)

type events struct{ versioned[event.Event] }

// Events keeps events.
func (s *Store) Events() storage.Events {
	return events{versionedOf(s, document.Events, "event", func(d *event.Event) (string, *int64) { return d.ID, &d.Version })}
}

func (e events) List(ctx context.Context) ([]*event.Event, error) {
	return e.list(ctx, "list events", bson.D{}, descending("start"), 0)
}
