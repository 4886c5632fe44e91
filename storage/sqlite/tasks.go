package sqlite

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func taskTable() *table[event.Task] {
	return &table[event.Task]{
		name:    "tasks",
		columns: []string{"version", "event_id"},
		id:      func(t *event.Task) string { return t.ID },
		values:  func(t *event.Task) []any { return []any{t.Version, t.EventID} },
	}
}

type tasks struct{ s *Store }

var _ storage.Tasks = tasks{}

func (k tasks) Get(ctx context.Context, id string) (*event.Task, error) {
	out, err := taskTable().byID(ctx, k.s.reader, id)
	return out, wrap(ctx, "get task "+id, err)
}

func (k tasks) Save(ctx context.Context, given *event.Task) error {
	next := *given
	next.Version++
	err := k.s.write(ctx, "tasks.save", func(t *tx) error { return taskTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

func (k tasks) List(ctx context.Context, eventID string) ([]*event.Task, error) {
	out, err := taskTable().list(ctx, k.s.reader, "WHERE event_id = ? ORDER BY id", eventID)
	return out, wrap(ctx, "list tasks of "+eventID, err)
}

func (k tasks) Delete(ctx context.Context, id string) error {
	return k.s.write(ctx, "tasks.delete", func(t *tx) error { return taskTable().delete(ctx, t, id) })
}
