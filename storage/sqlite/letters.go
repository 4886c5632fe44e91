package sqlite

import (
	"context"
	"strings"

	"github.com/diskopukm/emileku/storage"
)

func letterTable() *table[storage.Letter] {
	return &table[storage.Letter]{
		name:    "letters",
		columns: []string{"version", "unique_key", "event_id", "parent", "person_id"},
		id:      func(l *storage.Letter) string { return l.ID },
		values: func(l *storage.Letter) []any {
			return []any{l.Version, l.Key, l.EventID, l.Parent, l.PersonID}
		},
	}
}

type letters struct{ s *Store }

func (l letters) Get(ctx context.Context, id string) (*storage.Letter, error) {
	out, err := letterTable().byID(ctx, l.s.reader, id)
	return out, wrap(ctx, "get letter "+id, err)
}

func (l letters) ByKey(ctx context.Context, key string) (*storage.Letter, error) {
	out, err := letterTable().get(ctx, l.s.reader, "WHERE unique_key = ?", key)
	return out, wrap(ctx, "get letter by number", err)
}

func (l letters) Save(ctx context.Context, given *storage.Letter) error {
	next := *given
	next.Version++
	err := l.s.write(ctx, "letters.save", func(t *tx) error { return letterTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

func (l letters) List(ctx context.Context, q storage.LetterQuery) (page []*storage.Letter, next string, err error) {
	where, args := []string{"id > ?"}, []any{q.After}
	add := func(cond string, arg any) {
		where = append(where, cond)
		args = append(args, arg)
	}
	if q.EventID != "" {
		add("event_id = ?", q.EventID)
	}
	if q.Parent != nil {
		add("parent = ?", *q.Parent)
	}
	if q.Person != "" {
		add("person_id = ?", q.Person)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	page, err = letterTable().list(ctx, l.s.reader, "WHERE "+strings.Join(where, " AND ")+" ORDER BY id LIMIT ?", append(args, limit+1)...)
	if err != nil {
		return nil, "", wrap(ctx, "list letters", err)
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

func (l letters) Delete(ctx context.Context, id string) error {
	return l.s.write(ctx, "letters.delete", func(t *tx) error { return letterTable().delete(ctx, t, id) })
}
