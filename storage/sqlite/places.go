package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

func placeTable() *table[document.Place] {
	return &table[document.Place]{
		name:    "places",
		columns: []string{"event_id", "audience", "k", "holder", "until"},
		id:      func(p *document.Place) string { return p.ID },
		values: func(p *document.Place) []any {
			return []any{p.EventID, string(p.Audience), p.K, p.Holder, millisOrNull(p.Until)}
		},
	}
}

type places struct{ s *Store }

func (p places) Claim(ctx context.Context, eventID string, a event.Audience, limit int, holder string, until *time.Time) (k int, err error) {
	err = p.s.write(ctx, "places.claim", func(t *tx) error {
		held, err := placeTable().get(ctx, t, "WHERE event_id = ? AND audience = ? AND holder = ?", eventID, string(a), holder)
		if err == nil {
			k, held.Until = held.K, until
			_, err = placeTable().update(ctx, t, held, "")
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		// The lowest free one is 1, or follows on a claimed one.
		const lowest = `SELECT coalesce(min(k), 1) FROM (
			SELECT p.k + 1 AS k FROM places p
			WHERE p.event_id = ?1 AND p.audience = ?2
				AND EXISTS (SELECT 1 FROM places WHERE event_id = ?1 AND audience = ?2 AND k = 1)
				AND NOT EXISTS (SELECT 1 FROM places n WHERE n.event_id = ?1 AND n.audience = ?2 AND n.k = p.k + 1)
			ORDER BY p.k LIMIT 1)`
		if err := row(ctx, t, lowest, []any{eventID, string(a)}, &k); err != nil {
			return err
		}
		if k > limit {
			return fmt.Errorf("%w: %s/%s has %d places", storage.ErrFull, eventID, a, limit)
		}
		return placeTable().insert(ctx, t, &document.Place{ID: document.PlaceID(eventID, a, k), EventID: eventID, Audience: a, K: k, Holder: holder, Until: until})
	})
	if err != nil {
		return 0, err
	}
	return k, nil
}

func (p places) Release(ctx context.Context, eventID string, a event.Audience, holder string) error {
	return p.s.write(ctx, "places.release", func(t *tx) error {
		_, err := t.exec(ctx, "DELETE FROM places WHERE event_id = ? AND audience = ? AND holder = ?", eventID, string(a), holder)
		return err
	})
}

func (p places) Taken(ctx context.Context, eventID string, a event.Audience) (n int, err error) {
	err = p.s.reader.row(ctx, "SELECT count(*) FROM places WHERE event_id = ? AND audience = ?", []any{eventID, string(a)}, &n)
	return n, wrap(ctx, "count places", err)
}

func (p places) Overdue(ctx context.Context, now time.Time) ([]storage.PlaceHold, error) {
	held, err := placeTable().list(ctx, p.s.reader, "WHERE until IS NOT NULL AND until < ? ORDER BY until, id", millis(now))
	if err != nil {
		return nil, wrap(ctx, "list overdue places", err)
	}
	out := make([]storage.PlaceHold, len(held))
	for i, h := range held {
		out[i] = storage.PlaceHold{EventID: h.EventID, Audience: h.Audience, K: h.K, Holder: h.Holder, Until: *h.Until}
	}
	return out, nil
}

func counterTable() *table[document.Counter] {
	return &table[document.Counter]{
		name:   "counters",
		id:     func(c *document.Counter) string { return c.ID },
		values: func(*document.Counter) []any { return nil },
	}
}

type counters struct{ s *Store }

func (c counters) Next(ctx context.Context, series string) (n int64, err error) {
	err = c.s.write(ctx, "counters.next", func(t *tx) error {
		counter, err := counterTable().byID(ctx, t, series)
		if errors.Is(err, sql.ErrNoRows) {
			counter, err = &document.Counter{ID: series}, nil
		}
		if err != nil {
			return err
		}
		counter.Value++
		n = counter.Value
		return counterTable().put(ctx, t, counter)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func codeTable() *table[storage.Code] {
	return &table[storage.Code]{
		name:    "codes",
		columns: []string{"purpose", "used_by", "expires_at"},
		id:      func(c *storage.Code) string { return c.ID },
		values:  func(c *storage.Code) []any { return []any{c.Purpose, c.UsedBy, millis(c.ExpiresAt)} },
	}
}

type codes struct{ s *Store }

func (c codes) Create(ctx context.Context, code storage.Code) error {
	return c.s.write(ctx, "codes.create", func(t *tx) error { return codeTable().insert(ctx, t, &code) })
}

func (c codes) Redeem(ctx context.Context, id, purpose, personID string, now time.Time) (code *storage.Code, err error) {
	now = document.Time(now)
	err = c.s.write(ctx, "codes.redeem", func(t *tx) error {
		code, err = codeTable().byID(ctx, t, id)
		switch {
		case err != nil:
			return err
		case code.Purpose != purpose:
			return fmt.Errorf("%w: no code for %s", storage.ErrNotFound, purpose)
		case code.UsedBy == personID && code.UsedAt != nil: // again
			return nil
		case !code.ExpiresAt.After(now):
			return fmt.Errorf("%w: the code ran out", storage.ErrNotFound)
		case code.UsedAt != nil:
			return fmt.Errorf("%w: the code was used by somebody else", storage.ErrConflict)
		}
		code.UsedBy, code.UsedAt = personID, &now
		_, err = codeTable().update(ctx, t, code, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return code, nil
}

func (c codes) Open(ctx context.Context, purpose string, now time.Time) ([]storage.Code, error) {
	found, err := codeTable().list(ctx, c.s.reader, "WHERE used_by = '' AND purpose = ? AND expires_at > ? ORDER BY expires_at, id", purpose, millis(now))
	if err != nil {
		return nil, wrap(ctx, "list open codes", err)
	}
	out := make([]storage.Code, len(found))
	for i, f := range found {
		out[i] = *f
	}
	return out, nil
}
