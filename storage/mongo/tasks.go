package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type tasks struct{ versioned[event.Task] }

// Tasks keeps what the team made of the checklist.
func (s *Store) Tasks() storage.Tasks {
	return tasks{versionedOf(s, document.Tasks, "task", func(d *event.Task) (string, *int64) { return d.ID, &d.Version })}
}

func (k tasks) List(ctx context.Context, eventID string) ([]*event.Task, error) {
	return k.list(ctx, "list tasks", bson.D{{Key: "eventId", Value: eventID}}, bson.D{{Key: "_id", Value: 1}}, 0)
}
