package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func registrationTable() *table[event.Registration] {
	return &table[event.Registration]{
		name: "registrations",
		columns: []string{
			"version", "number", "unique_key", "event_id", "person_id", "phone", "audience", "status",
			"kecamatan", "untold", "created_at", "queued_at", "offer_until", "search", "number_order",
		},
		id: func(r *event.Registration) string { return r.ID },
		values: func(r *event.Registration) []any {
			return []any{
				r.Version, r.Number, r.Key, r.EventID, r.PersonID, r.Phone, string(r.Audience), string(r.Status),
				r.Kecamatan, r.Tell != "", millis(r.CreatedAt), millisOrNull(r.QueuedAt), millisOrNull(r.OfferUntil), r.Search, event.NumberOrder(r.Number),
			}
		},
	}
}

type registrations struct{ s *Store }

func (g registrations) Insert(ctx context.Context, r *event.Registration) (existing *event.Registration, err error) {
	next := *r
	next.Version = 1
	err = g.s.write(ctx, "registrations.insert", func(t *tx) error {
		existing, err = standsInTheWay(ctx, t, &next)
		if err != nil {
			return err
		}
		if existing != nil {
			return fmt.Errorf("%w: %s has its ID, key or number", storage.ErrConflict, existing.ID)
		}
		return registrationTable().insert(ctx, t, &next)
	})
	if err == nil {
		r.Version = next.Version
	}
	return existing, err
}

// standsInTheWay finds the registration for which r can't be inserted.
func standsInTheWay(ctx context.Context, t *tx, r *event.Registration) (*event.Registration, error) {
	for _, by := range []struct{ column, value string }{{"id", r.ID}, {"unique_key", r.Key}, {"number", r.Number}} {
		other, err := registrationTable().get(ctx, t, "WHERE "+by.column+" = ?", by.value)
		if !errors.Is(err, sql.ErrNoRows) {
			return other, err
		}
	}
	return nil, nil
}

func (g registrations) one(ctx context.Context, column, value string) (*event.Registration, error) {
	r, err := registrationTable().get(ctx, g.s.reader, "WHERE "+column+" = ?", value)
	return r, wrap(ctx, "get registration "+value, err)
}

func (g registrations) Get(ctx context.Context, id string) (*event.Registration, error) {
	return g.one(ctx, "id", id)
}

func (g registrations) ByNumber(ctx context.Context, number string) (*event.Registration, error) {
	return g.one(ctx, "number", number)
}

func (g registrations) ByKey(ctx context.Context, key string) (*event.Registration, error) {
	return g.one(ctx, "unique_key", key)
}

func (g registrations) Update(ctx context.Context, r *event.Registration) error {
	next := *r
	next.Version++
	err := g.s.write(ctx, "registrations.update", func(t *tx) error {
		done, err := registrationTable().update(ctx, t, &next, "version = ?", r.Version)
		if err == nil && !done {
			err = fmt.Errorf("%w: version %d of %s is not the stored one", storage.ErrConflict, r.Version, r.ID)
		}
		return err
	})
	if err == nil {
		r.Version = next.Version
	}
	return err
}

func (g registrations) List(ctx context.Context, q storage.RegistrationQuery) (page []*event.Registration, next string, err error) {
	match, err := narrow(ctx, g.s.reader, "registrations_pieces", q.Search)
	if err != nil {
		return nil, "", wrap(ctx, "list registrations", err)
	}
	where, args := conditions(q, match)
	page, next, err = registrationTable().page(ctx, g.s.reader, where+" ORDER BY number_order", args, q.Limit, func(d *event.Registration) string { return d.Number })
	return page, next, wrap(ctx, "list registrations", err)
}

// conditions is a query as SQL. match, where not "", is asked of the index of
// pieces.
func conditions(q storage.RegistrationQuery, match string) (where string, args []any) {
	conds := []string{"number_order > ?"}
	args = []any{event.NumberOrder(q.After)}
	add := func(cond string, arg ...any) {
		conds = append(conds, cond)
		args = append(args, arg...)
	}
	eventID := "event_id"
	if q.PersonID != "" || q.Phone != "" || q.Untold || q.OfferPast != nil || match != "" {
		// The plus keeps SQLite from going through the whole event, where
		// another condition leaves but a few rows.
		eventID = "+event_id"
	}
	for _, eq := range []struct{ column, value string }{
		{eventID, q.EventID}, {"person_id", q.PersonID}, {"phone", q.Phone}, {"audience", string(q.Audience)}, {"kecamatan", q.Kecamatan},
	} {
		if eq.value != "" {
			add(eq.column+" = ?", eq.value)
		}
	}
	if len(q.Statuses) > 0 {
		values := make([]any, len(q.Statuses))
		for i, s := range q.Statuses {
			values[i] = string(s)
		}
		add("status IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
	}
	if q.Untold {
		add("untold = 1")
	}
	if q.Since != nil {
		add("created_at >= ?", millis(*q.Since))
	}
	if q.OfferPast != nil {
		add("status = 'offered' AND offer_until < ?", millis(*q.OfferPast))
	}
	if match != "" {
		add("seq IN (SELECT rowid FROM registrations_pieces WHERE registrations_pieces MATCH ?)", match)
	}
	for word := range strings.FieldsSeq(q.Search) {
		add("instr(search, ?) > 0", word) // unlike LIKE it knows no wildcards
	}
	return "WHERE " + strings.Join(conds, " AND "), args
}

func (g registrations) FirstWaiting(ctx context.Context, eventID string, a event.Audience) (*event.Registration, error) {
	r, err := registrationTable().get(ctx, g.s.reader,
		"WHERE status = 'waiting' AND event_id = ? AND audience = ? AND queued_at IS NOT NULL ORDER BY queued_at, number_order LIMIT 1", eventID, string(a))
	return r, wrap(ctx, "find the first who waits", err)
}

func (g registrations) Ahead(ctx context.Context, eventID string, a event.Audience, queuedAt time.Time) (n int, err error) {
	err = g.s.reader.row(ctx, "SELECT count(*) FROM registrations WHERE status = 'waiting' AND event_id = ? AND audience = ? AND queued_at < ?",
		[]any{eventID, string(a), millis(queuedAt)}, &n)
	return n, wrap(ctx, "count who waits ahead", err)
}

func (g registrations) Delete(ctx context.Context, id string) error {
	return g.s.write(ctx, "registrations.delete", func(t *tx) error { return registrationTable().delete(ctx, t, id) })
}
