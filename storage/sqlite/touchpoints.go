package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// This file is the outbox as one looks at it by event and touchpoint, and by
// person.

// ofTouchpoints chooses the rows of an event (none where it is "") whose
// touchpoint begins with a prefix; its arguments are what prefixArgs gives.
const ofTouchpoints = "event_id = ? AND event_id <> '' AND touchpoint >= ? AND touchpoint < ?"

// prefixArgs: all text that begins with the prefix lies below the prefix with
// a byte that is in no text.
func prefixArgs(eventID, touchpoint string) []any {
	return []any{eventID, touchpoint, touchpoint + "\xff"}
}

func (o outbox) Erase(ctx context.Context, personID string) (n int, err error) {
	err = o.s.write(ctx, "outbox.erase", func(t *tx) error {
		n, err = t.exec(ctx, "DELETE FROM outbox WHERE person_id = ? AND person_id <> '' AND state NOT IN ('queued', 'claimed')", personID)
		return err
	})
	return n, err
}

// Expire takes addAtOnce rows at a time, for the reason that AddAll does.
func (o outbox) Expire(ctx context.Context, eventID, touchpoint, reason string) (n int, err error) {
	after, done := "", false
	for !done {
		var part []*storage.Message
		err := o.s.write(ctx, "outbox.expire", func(t *tx) error {
			var err error
			part, err = outboxTable().list(ctx, t, "INDEXED BY outbox_event WHERE "+ofTouchpoints+" AND state = ? AND id > ? ORDER BY id LIMIT ?",
				append(prefixArgs(eventID, touchpoint), string(storage.Queued), after, addAtOnce)...)
			if err != nil {
				return err
			}
			for _, m := range part {
				m.State, m.LastError = storage.Expired, reason
				if _, err := outboxTable().update(ctx, t, m, ""); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += len(part)
		if done = len(part) < addAtOnce; !done {
			after = part[len(part)-1].ID
		}
	}
	return n, nil
}

func (o outbox) Tally(ctx context.Context, eventID, touchpoint string) ([]storage.OutboxCount, error) {
	const op = "tally outbox rows"
	rows, err := o.s.reader.query(ctx, "SELECT channel, state, count(*) FROM outbox WHERE "+ofTouchpoints+" GROUP BY channel, state ORDER BY channel, state",
		prefixArgs(eventID, touchpoint))
	if err != nil {
		return nil, wrap(ctx, op, err)
	}
	defer rows.Close()
	var out []storage.OutboxCount
	for rows.Next() {
		var c storage.OutboxCount
		if err := rows.Scan(&c.Channel, &c.State, &c.N); err != nil {
			return nil, wrap(ctx, op, err)
		}
		out = append(out, c)
	}
	return out, wrap(ctx, op, rows.Err())
}

func (o outbox) List(ctx context.Context, eventID, touchpoint string, state storage.State, after string, limit int) (page []*storage.Message, next string, err error) {
	const rows = "INDEXED BY outbox_event WHERE " + ofTouchpoints + " AND state = ? AND id > ? ORDER BY id"
	page, next, err = outboxTable().page(ctx, o.s.reader, rows, append(prefixArgs(eventID, touchpoint), string(state), after), limit, func(d *storage.Message) string { return d.ID })
	return page, next, wrap(ctx, "list outbox rows", err)
}

func (o outbox) Retry(ctx context.Context, id string, due time.Time) error {
	_, err := o.change(ctx, "outbox.retry", id, func(m *storage.Message) error {
		if m.State != storage.Failed && m.State != storage.Uncertain {
			return fmt.Errorf("%w: it is %s", storage.ErrConflict, m.State)
		}
		m.State, m.DueAt = storage.Queued, due
		return nil
	})
	return err
}

func (o outbox) Readdress(ctx context.Context, id string, to channel.Chat, due time.Time) error {
	_, err := o.change(ctx, "outbox.readdress", id, func(m *storage.Message) error {
		if m.State != storage.Failed || m.Chat.Channel != to.Channel {
			return fmt.Errorf("%w: it is %s on %s", storage.ErrConflict, m.State, m.Chat.Channel)
		}
		m.State, m.Chat, m.DueAt = storage.Queued, to, due
		return nil
	})
	return err
}
