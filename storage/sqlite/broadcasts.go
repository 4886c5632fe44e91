package sqlite

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/storage"
)

func broadcastTable() *table[storage.Broadcast] {
	return &table[storage.Broadcast]{
		name:    "broadcasts",
		noun:    "broadcast",
		columns: []string{"version", "event_id", "created_at"},
		id:      func(b *storage.Broadcast) string { return b.ID },
		version: func(b *storage.Broadcast) *int64 { return &b.Version },
		values:  func(b *storage.Broadcast) []any { return []any{b.Version, b.EventID, millis(b.CreatedAt)} },
	}
}

type broadcasts struct{ versioned[storage.Broadcast] }

func (b broadcasts) List(ctx context.Context, eventID string) (out []*storage.Broadcast, err error) {
	const order = "ORDER BY created_at DESC, id DESC"
	if eventID == "" {
		out, err = broadcastTable().list(ctx, b.s.reader, order)
	} else {
		out, err = broadcastTable().list(ctx, b.s.reader, "WHERE event_id = ? "+order, eventID)
	}
	return out, wrap(ctx, "list broadcasts", err)
}

func questionTable() *table[storage.Question] {
	return &table[storage.Question]{
		name:    "questions",
		columns: []string{"asked_at", "open"},
		id:      func(q *storage.Question) string { return q.ID },
		values:  func(q *storage.Question) []any { return []any{millis(q.AskedAt), q.AnsweredAt == nil} },
	}
}

type questions struct{ s *Store }

func (q questions) Save(ctx context.Context, question storage.Question) error {
	return q.s.write(ctx, "questions.save", func(t *tx) error { return questionTable().put(ctx, t, &question) })
}

func (q questions) Get(ctx context.Context, id string) (*storage.Question, error) {
	out, err := questionTable().byID(ctx, q.s.reader, id)
	return out, wrap(ctx, "get question "+id, err)
}

func (q questions) Open(ctx context.Context, limit int) ([]storage.Question, error) {
	found, err := questionTable().list(ctx, q.s.reader, "WHERE open = 1 ORDER BY asked_at, id LIMIT ?", limitOf(limit))
	if err != nil {
		return nil, wrap(ctx, "list open questions", err)
	}
	out := make([]storage.Question, len(found))
	for i, f := range found {
		out[i] = *f
	}
	return out, nil
}

func (q questions) Delete(ctx context.Context, id string) error {
	return q.s.write(ctx, "questions.delete", func(t *tx) error { return questionTable().delete(ctx, t, id) })
}

func (q questions) Erase(ctx context.Context, personID string) (int, error) {
	return q.deleteWhere(ctx, "questions.erase", "doc ->> '$.personId' = ?", personID)
}

func (q questions) Forget(ctx context.Context, before time.Time) (int, error) {
	return q.deleteWhere(ctx, "questions.forget", "asked_at < ?", millis(before))
}

func (q questions) deleteWhere(ctx context.Context, op, cond string, arg any) (n int, err error) {
	err = q.s.write(ctx, op, func(t *tx) error {
		var err error
		n, err = t.exec(ctx, "DELETE FROM questions WHERE "+cond, arg)
		return err
	})
	return n, err
}
