package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type tasks struct{ table[event.Task] }

// Tasks keeps what the team made of the checklist.
func (s *Store) Tasks() storage.Tasks { return tasks{tableOf[event.Task](s, document.Tasks)} }

func (k tasks) Get(ctx context.Context, id string) (*event.Task, error) {
	return k.one(ctx, "get task", byID(id), nil)
}

func (k tasks) Save(ctx context.Context, given *event.Task) error {
	next := *given
	next.Version++
	if err := k.save(ctx, "save task", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
}

func (k tasks) List(ctx context.Context, eventID string) ([]*event.Task, error) {
	return k.list(ctx, "list tasks", bson.D{{Key: "eventId", Value: eventID}}, bson.D{{Key: "_id", Value: 1}}, 0)
}

func (k tasks) Delete(ctx context.Context, id string) error { return k.remove(ctx, "delete task", id) }
