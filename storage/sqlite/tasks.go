package sqlite

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func taskTable() *table[event.Task] {
	return &table[event.Task]{
		name:    "tasks",
		noun:    "task",
		columns: []string{"version", "event_id"},
		id:      func(t *event.Task) string { return t.ID },
		version: func(t *event.Task) *int64 { return &t.Version },
		values:  func(t *event.Task) []any { return []any{t.Version, t.EventID} },
	}
}

type tasks struct{ versioned[event.Task] }

var _ storage.Tasks = tasks{}

func (k tasks) List(ctx context.Context, eventID string) ([]*event.Task, error) {
	out, err := taskTable().list(ctx, k.s.reader, "WHERE event_id = ? ORDER BY id", eventID)
	return out, wrap(ctx, "list tasks of "+eventID, err)
}
