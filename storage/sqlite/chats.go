package sqlite

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

func chatTable() *table[storage.Chat] {
	return &table[storage.Chat]{
		name:    "chats",
		noun:    "chat",
		columns: []string{"version", "person_id", "private", "pending", "draft_at", "nudged"},
		id:      func(c *storage.Chat) string { return c.ID },
		version: func(c *storage.Chat) *int64 { return &c.Version },
		values: func(c *storage.Chat) []any {
			draftAt := c.DraftAt
			if c.Draft == nil {
				draftAt = nil
			}
			return []any{c.Version, c.PersonID, !c.Group, len(c.Pending), millisOrNull(draftAt), c.DraftNudged}
		},
	}
}

type chats struct{ versioned[storage.Chat] }

// Flush is one transaction, so a crash leaves all of it undone or done. That
// it can be run again matters where the caller did not hear of its success.
func (c chats) Flush(ctx context.Context, chat *storage.Chat, inboundID string) error {
	next := *chat
	next.Version++
	next.Pending = nil
	err := c.s.write(ctx, "chats.flush", func(t *tx) error {
		if err := chatTable().save(ctx, t, &next, chat.Version); err != nil {
			return err
		}
		for i := range chat.Pending {
			if _, err := addRow(ctx, t, chat.Pending[i]); err != nil {
				return err
			}
		}
		if inboundID == "" {
			return nil
		}
		return markDone(ctx, t, inboundID)
	})
	if err == nil {
		chat.Version, chat.Pending = next.Version, nil
	}
	return err
}

func (c chats) Unflushed(ctx context.Context, limit int) ([]*storage.Chat, error) {
	out, err := chatTable().list(ctx, c.s.reader, "WHERE pending > 0 ORDER BY id LIMIT ?", limitOf(limit))
	return out, wrap(ctx, "list unflushed chats", err)
}

func (c chats) Drafts(ctx context.Context, touchedBefore time.Time, unnudged bool, limit int) ([]*storage.Chat, error) {
	out, err := chatTable().list(ctx, c.s.reader,
		"WHERE draft_at IS NOT NULL AND draft_at < ? AND nudged <= ? ORDER BY draft_at LIMIT ?",
		millis(touchedBefore), !unnudged, limitOf(limit))
	return out, wrap(ctx, "list drafts", err)
}

func (c chats) OfPerson(ctx context.Context, personID string) ([]*storage.Chat, error) {
	out, err := chatTable().list(ctx, c.s.reader, "WHERE person_id = ? AND person_id <> '' AND private ORDER BY id", personID)
	return out, wrap(ctx, "list chats of "+personID, err)
}

func inboxTable() *table[document.InboxMessage] {
	return &table[document.InboxMessage]{
		name:    "inbox",
		columns: []string{"at", "done", "chat"},
		id:      func(m *document.InboxMessage) string { return m.ID },
		values:  func(m *document.InboxMessage) []any { return []any{millis(m.At), m.Done, m.Message.Chat.String()} },
	}
}

type inbox struct{ s *Store }

func (i inbox) Add(ctx context.Context, in channel.Inbound, at time.Time) (fresh bool, err error) {
	err = i.s.write(ctx, "inbox.add", func(t *tx) error {
		fresh, err = inboxTable().insertNew(ctx, t, &document.InboxMessage{ID: in.ID, At: at, Message: in})
		return err
	})
	return fresh && err == nil, err
}

func (i inbox) Done(ctx context.Context, id string) error {
	return i.s.write(ctx, "inbox.done", func(t *tx) error { return markDone(ctx, t, id) })
}

func markDone(ctx context.Context, t *tx, id string) error {
	ms, err := inboxTable().list(ctx, t, "WHERE id = ? AND done = 0", id)
	if err != nil || len(ms) == 0 {
		return err
	}
	ms[0].Done = true
	_, err = inboxTable().update(ctx, t, ms[0], "")
	return err
}

func (i inbox) Open(ctx context.Context, limit int) ([]channel.Inbound, error) {
	// Of messages that came within one millisecond, seq tells which came first.
	ms, err := inboxTable().list(ctx, i.s.reader, "WHERE done = 0 ORDER BY at, seq LIMIT ?", limitOf(limit))
	if err != nil {
		return nil, wrap(ctx, "list open inbound messages", err)
	}
	out := make([]channel.Inbound, len(ms))
	for n, m := range ms {
		out[n] = m.Message
	}
	return out, nil
}

func (i inbox) Forget(ctx context.Context, before time.Time) (n int, err error) {
	err = i.s.write(ctx, "inbox.forget", func(t *tx) error {
		n, err = t.exec(ctx, "DELETE FROM inbox WHERE done = 1 AND at < ?", millis(before))
		return err
	})
	return n, err
}

func (i inbox) Erase(ctx context.Context, chat channel.Chat) (n int, err error) {
	err = i.s.write(ctx, "inbox.erase", func(t *tx) error {
		n, err = t.exec(ctx, "DELETE FROM inbox WHERE done = 1 AND chat = ?", chat.String())
		return err
	})
	return n, err
}
