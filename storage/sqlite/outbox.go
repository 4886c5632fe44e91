package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

func outboxTable() *table[storage.Message] {
	return &table[storage.Message]{
		name: "outbox",
		columns: []string{
			"channel", "chat", "lane", "ord", "state", "due_at", "queued_at", "lease_token", "lease_until", "message_id",
			"event_id", "touchpoint", "person_id",
		},
		id: func(m *storage.Message) string { return m.ID },
		values: func(m *storage.Message) []any {
			return []any{
				string(m.Chat.Channel), m.Chat.String(), int(m.Lane), m.Order, string(m.State),
				millis(m.DueAt), millis(m.QueuedAt), m.LeaseToken, millisOrNull(m.LeaseUntil), m.MessageID,
				m.EventID, m.Touchpoint, m.PersonID,
			}
		},
	}
}

type outbox struct{ s *Store }

// added is a row as it is when it is new.
func added(m storage.Message) *storage.Message {
	m.State, m.LeaseToken, m.LeaseUntil = storage.Queued, "", nil
	return &m
}

// addRow inserts a row in state Queued, unless there is one of its ID.
func addRow(ctx context.Context, t *tx, m storage.Message) (fresh bool, err error) {
	return outboxTable().insertNew(ctx, t, added(m))
}

func (o outbox) Add(ctx context.Context, m storage.Message) (fresh bool, err error) {
	err = o.s.write(ctx, "outbox.add", func(t *tx) error {
		fresh, err = addRow(ctx, t, m)
		return err
	})
	return fresh && err == nil, err
}

// addAtOnce is how many rows one transaction adds: few enough that answers to
// people who are typing are written in between without a wait that they feel.
const addAtOnce = 1000

func (o outbox) AddAll(ctx context.Context, ms []storage.Message) (fresh int, err error) {
	table := outboxTable()
	insert := table.insertNewSQL()
	rows := make([]*storage.Message, len(ms))
	for i, m := range ms {
		rows[i] = added(m)
	}
	// In the order of the key, neighbours fall on the same pages.
	slices.SortStableFunc(rows, func(a, b *storage.Message) int { return strings.Compare(a.ID, b.ID) })
	for part := range slices.Chunk(rows, addAtOnce) {
		args, err := table.argsOf(part)
		if err != nil {
			return fresh, err
		}
		n := 0
		err = o.s.write(ctx, "outbox.addall", func(t *tx) error {
			n = 0
			for _, a := range args {
				added, err := t.exec(ctx, insert, a...)
				if err != nil {
					return err
				}
				n += added
			}
			return nil
		})
		if err != nil {
			return fresh, err
		}
		fresh += n
	}
	return fresh, nil
}

func (o outbox) Get(ctx context.Context, id string) (*storage.Message, error) {
	m, err := outboxTable().byID(ctx, o.s.reader, id)
	return m, wrap(ctx, "get outbox row "+id, err)
}

func (o outbox) Due(ctx context.Context, ch channel.Name, lane storage.Lane, now time.Time, limit int) ([]*storage.Message, error) {
	out, err := outboxTable().list(ctx, o.s.reader,
		"WHERE state = 'queued' AND channel = ? AND lane = ? AND due_at <= ? ORDER BY due_at, ord, id LIMIT ?",
		string(ch), int(lane), millis(now), limitOf(limit))
	return out, wrap(ctx, "list due rows", err)
}

// change reads a row, lets do alter it, and writes it back.
func (o outbox) change(ctx context.Context, op, id string, do func(m *storage.Message) error) (m *storage.Message, err error) {
	err = o.s.write(ctx, op, func(t *tx) error {
		if m, err = outboxTable().byID(ctx, t, id); err != nil {
			return fmt.Errorf("row %s: %w", id, err)
		}
		if err := do(m); err != nil {
			return fmt.Errorf("row %s: %w", id, err)
		}
		_, err = outboxTable().update(ctx, t, m, "")
		return err
	})
	return m, err
}

// unlessQueued is ErrConflict where a row is not queued any more.
func unlessQueued(m *storage.Message) error {
	if m.State != storage.Queued {
		return fmt.Errorf("%w: it is %s", storage.ErrConflict, m.State)
	}
	return nil
}

func (o outbox) Claim(ctx context.Context, id, token string, until time.Time, messageID string) (*storage.Message, error) {
	m, err := o.change(ctx, "outbox.claim", id, func(m *storage.Message) error {
		if err := unlessQueued(m); err != nil {
			return err
		}
		until := document.Time(until)
		m.State, m.LeaseToken, m.LeaseUntil = storage.Claimed, token, &until
		m.Attempts++
		if m.MessageID == "" {
			m.MessageID = messageID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (o outbox) Finish(ctx context.Context, given *storage.Message, token string) error {
	_, err := o.change(ctx, "outbox.finish", given.ID, func(m *storage.Message) error {
		if m.State != storage.Claimed || m.LeaseToken != token {
			return storage.ErrLeaseLost
		}
		m.State, m.DueAt, m.LastError, m.MessageID = given.State, given.DueAt, given.LastError, given.MessageID
		m.SentAt, m.DeliveredAt, m.ReadAt = given.SentAt, given.DeliveredAt, given.ReadAt
		m.LeaseToken, m.LeaseUntil = "", nil
		return nil
	})
	if errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("sqlite: outbox.finish: %w: row %s is gone", storage.ErrLeaseLost, given.ID)
	}
	return err
}

func (o outbox) Abandoned(ctx context.Context, now time.Time, limit int) ([]*storage.Message, error) {
	out, err := outboxTable().list(ctx, o.s.reader,
		"WHERE state = 'claimed' AND lease_until < ? ORDER BY lease_until LIMIT ?", millis(now), limitOf(limit))
	return out, wrap(ctx, "list abandoned rows", err)
}

func (o outbox) Drop(ctx context.Context, id string, to storage.State, reason string) error {
	_, err := o.change(ctx, "outbox.drop", id, func(m *storage.Message) error {
		if err := unlessQueued(m); err != nil {
			return err
		}
		m.State, m.LastError = to, reason
		return nil
	})
	return err
}

func (o outbox) Receipt(ctx context.Context, r channel.Receipt) (fresh bool, err error) {
	if r.MessageID == "" {
		return false, nil
	}
	at := document.Time(r.At)
	err = o.s.write(ctx, "outbox.receipt", func(t *tx) error {
		// A message that was edited has several rows.
		ms, err := outboxTable().list(ctx, t, "WHERE chat = ? AND message_id = ?", r.Chat.String(), r.MessageID)
		if err != nil {
			return err
		}
		for _, m := range ms {
			switch {
			case r.State == channel.Delivered && m.State == storage.Sent:
				m.State, m.DeliveredAt = storage.Delivered, &at
			case r.State == channel.Read && (m.State == storage.Sent || m.State == storage.Delivered):
				m.State, m.ReadAt = storage.Read, &at
			default:
				continue
			}
			if _, err := outboxTable().update(ctx, t, m, ""); err != nil {
				return err
			}
			fresh = true
		}
		return nil
	})
	return fresh && err == nil, err
}

func (o outbox) Redirect(ctx context.Context, from, to channel.Chat) (n int, err error) {
	err = o.s.write(ctx, "outbox.redirect", func(t *tx) error {
		ms, err := outboxTable().list(ctx, t, "WHERE chat = ? AND state = 'queued'", from.String())
		if err != nil {
			return err
		}
		for _, m := range ms {
			m.Chat = to
			if _, err := outboxTable().update(ctx, t, m, ""); err != nil {
				return err
			}
		}
		n = len(ms)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (o outbox) Counts(ctx context.Context) ([]storage.OutboxCount, error) {
	const op = "count outbox rows"
	rows, err := o.s.reader.query(ctx, "SELECT channel, lane, state, count(*) FROM outbox GROUP BY channel, lane, state", nil)
	if err != nil {
		return nil, wrap(ctx, op, err)
	}
	defer rows.Close()
	var out []storage.OutboxCount
	for rows.Next() {
		var c storage.OutboxCount
		if err := rows.Scan(&c.Channel, &c.Lane, &c.State, &c.N); err != nil {
			return nil, wrap(ctx, op, err)
		}
		out = append(out, c)
	}
	return out, wrap(ctx, op, rows.Err())
}

func (o outbox) Oldest(ctx context.Context, now time.Time) (*time.Time, error) {
	// The first due row of each channel and lane: one step in the index each,
	// however many rows wait.
	const query = `WITH RECURSIVE first (channel, lane, due_at) AS (
		SELECT * FROM (SELECT channel, lane, due_at FROM outbox WHERE state = 'queued' ORDER BY channel, lane, due_at LIMIT 1)
		UNION ALL
		SELECT o.channel, o.lane, o.due_at FROM first f JOIN outbox o ON o.rowid = (
			SELECT rowid FROM outbox WHERE state = 'queued' AND (channel, lane) > (f.channel, f.lane) ORDER BY channel, lane, due_at LIMIT 1)
	) SELECT min(due_at) FROM first WHERE due_at <= ?`
	var due sql.NullInt64
	err := o.s.reader.row(ctx, query, []any{millis(now)}, &due)
	if err != nil || !due.Valid {
		return nil, wrap(ctx, "find the oldest due row", err)
	}
	at := time.UnixMilli(due.Int64).UTC()
	return &at, nil
}

func (o outbox) Failures(ctx context.Context, limit int) ([]*storage.Message, error) {
	out, err := outboxTable().list(ctx, o.s.reader,
		"WHERE state IN ('failed', 'uncertain') ORDER BY queued_at DESC, id DESC LIMIT ?", limitOf(limit))
	return out, wrap(ctx, "list failed rows", err)
}

func (o outbox) Forget(ctx context.Context, before time.Time) (n int, err error) {
	err = o.s.write(ctx, "outbox.forget", func(t *tx) error {
		n, err = t.exec(ctx, "DELETE FROM outbox WHERE state NOT IN ('queued', 'claimed') AND queued_at < ?", millis(before))
		return err
	})
	return n, err
}
