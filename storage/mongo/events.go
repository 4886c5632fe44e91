package mongo

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"go.mongodb.org/mongo-driver/v2/bson"
)

type events struct{ table[event.Event] }

// Events keeps events.
func (s *Store) Events() storage.Events { return events{tableOf[event.Event](s, document.Events)} }

func (e events) Get(ctx context.Context, id string) (*event.Event, error) {
	return e.one(ctx, "get event", byID(id), nil)
}

func (e events) List(ctx context.Context) ([]*event.Event, error) {
	return e.list(ctx, "list events", bson.D{}, descending("start"), 0)
}

func (e events) Save(ctx context.Context, ev *event.Event) error {
	next := *ev
	next.Version++
	if err := e.save(ctx, "save event", ev.ID, ev.Version, &next); err != nil {
		return err
	}
	ev.Version = next.Version
	return nil
}
