package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func personTable() *table[event.Person] {
	return &table[event.Person]{
		name:    "people",
		columns: []string{"version", "phone", "email", "staff"},
		id:      func(p *event.Person) string { return p.ID },
		values: func(p *event.Person) []any {
			return []any{p.Version, p.Phone, strings.ToLower(p.Email), p.Role.Staff()}
		},
	}
}

// keepAccounts makes the table of accounts say what p says. An account of
// somebody else is ErrConflict.
func keepAccounts(ctx context.Context, t *tx, p *event.Person) error {
	if _, err := t.exec(ctx, "DELETE FROM accounts WHERE person_id = ?", p.ID); err != nil {
		return err
	}
	for _, a := range p.Accounts {
		n, err := t.exec(ctx, `INSERT INTO accounts (key, person_id, username) VALUES (?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET username = excluded.username WHERE person_id = excluded.person_id`,
			a.Key, p.ID, strings.ToLower(a.Username))
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%w: account %s belongs to somebody else", storage.ErrConflict, a.Key)
		}
	}
	return nil
}

type people struct{ s *Store }

func (p people) Get(ctx context.Context, id string) (*event.Person, error) {
	out, err := personTable().byID(ctx, p.s.reader, id)
	return out, wrap(ctx, "get person "+id, err)
}

// idsAtOnce is how many IDs one statement asks for.
const idsAtOnce = 500

func (p people) GetAll(ctx context.Context, ids []string) (map[string]*event.Person, error) {
	out := make(map[string]*event.Person, len(ids))
	for part := range slices.Chunk(ids, idsAtOnce) {
		// Always as many places, so that there is one statement to keep ready.
		args := make([]any, idsAtOnce)
		for i, id := range part {
			args[i] = id
		}
		found, err := personTable().list(ctx, p.s.reader, "WHERE id IN (?"+strings.Repeat(", ?", idsAtOnce-1)+")", args...)
		if err != nil {
			return nil, wrap(ctx, "get people", err)
		}
		for _, person := range found {
			out[person.ID] = person
		}
	}
	return out, nil
}

func (p people) ByAccount(ctx context.Context, key string) (*event.Person, error) {
	out, err := personTable().get(ctx, p.s.reader, "WHERE id = (SELECT person_id FROM accounts WHERE key = ?)", key)
	return out, wrap(ctx, "find the person of account "+key, err)
}

func (p people) ByPhone(ctx context.Context, phone string) ([]*event.Person, error) {
	out, err := personTable().list(ctx, p.s.reader, "WHERE phone = ? AND phone <> '' ORDER BY id", phone)
	return out, wrap(ctx, "find people by phone", err)
}

func (p people) ByEmail(ctx context.Context, address string) ([]*event.Person, error) {
	out, err := personTable().list(ctx, p.s.reader, "WHERE email = ? AND email <> '' ORDER BY id", strings.ToLower(address))
	return out, wrap(ctx, "find people by email", err)
}

func (p people) ByUsername(ctx context.Context, username string) ([]*event.Person, error) {
	out, err := personTable().list(ctx, p.s.reader,
		"WHERE id IN (SELECT person_id FROM accounts WHERE username = ? AND username <> '') ORDER BY id", strings.ToLower(username))
	return out, wrap(ctx, "find people by username", err)
}

func (p people) Staff(ctx context.Context) ([]*event.Person, error) {
	out, err := personTable().list(ctx, p.s.reader, "WHERE staff = 1 ORDER BY id")
	return out, wrap(ctx, "list staff", err)
}

func (p people) Save(ctx context.Context, given *event.Person) error {
	next := *given
	next.Version++
	err := p.s.write(ctx, "people.save", func(t *tx) error {
		if err := personTable().save(ctx, t, &next, given.Version); err != nil {
			return err
		}
		return keepAccounts(ctx, t, &next)
	})
	if err == nil {
		given.Version = next.Version
	}
	return err
}

// AddAll adds in parts, each of which is there whole or not at all.
func (p people) AddAll(ctx context.Context, ps []*event.Person) (fresh int, err error) {
	return addParts(ctx, p.s, "people.addall", slices.Chunk(ps, addAtOnce), addNewPeople, func(p *event.Person) { p.Version = 1 })
}

// addParts adds new documents part by part, each in one transaction, and marks
// those that were added once they are kept.
func addParts[T any](
	ctx context.Context, s *Store, op string, parts iter.Seq[[]*T], add func(context.Context, *tx, []*T) ([]*T, error), mark func(*T),
) (fresh int, err error) {
	for part := range parts {
		var added []*T
		err := s.write(ctx, op, func(t *tx) (err error) {
			added, err = add(ctx, t, part)
			return err
		})
		if err != nil {
			return fresh, err
		}
		for _, given := range added {
			mark(given)
		}
		fresh += len(added)
	}
	return fresh, nil
}

func addNewPeople(ctx context.Context, t *tx, ps []*event.Person) (added []*event.Person, err error) {
	for _, given := range ps {
		first := *given
		first.Version = 1
		fresh, err := personTable().insertNew(ctx, t, &first)
		if err == nil && fresh {
			err = keepAccounts(ctx, t, &first)
			if errors.Is(err, storage.ErrConflict) {
				fresh = false
				err = personTable().delete(ctx, t, first.ID)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("person %s: %w", given.ID, err)
		}
		if fresh {
			added = append(added, given)
		}
	}
	return added, nil
}

func (p people) Delete(ctx context.Context, id string) error {
	// The accounts go with it (ON DELETE CASCADE).
	return p.s.write(ctx, "people.delete", func(t *tx) error { return personTable().delete(ctx, t, id) })
}

func (p people) Count(ctx context.Context) (n int, err error) {
	err = p.s.reader.row(ctx, "SELECT count(*) FROM people", nil, &n)
	return n, wrap(ctx, "count people", err)
}

func eventTable() *table[event.Event] {
	return &table[event.Event]{
		name:    "events",
		noun:    "event",
		columns: []string{"version", "start"},
		id:      func(e *event.Event) string { return e.ID },
		version: func(e *event.Event) *int64 { return &e.Version },
		values:  func(e *event.Event) []any { return []any{e.Version, millis(e.Start)} },
	}
}

type events struct{ versioned[event.Event] }

func (e events) List(ctx context.Context) ([]*event.Event, error) {
	out, err := eventTable().list(ctx, e.s.reader, "ORDER BY start DESC, id DESC")
	return out, wrap(ctx, "list events", err)
}
