package sqlite

import (
	"context"
	"strings"

	"github.com/diskopukm/emileku/storage"
)

func letterTable() *table[storage.Letter] {
	return &table[storage.Letter]{
		name:    "letters",
		noun:    "letter",
		columns: []string{"version", "unique_key", "event_id", "parent", "person_id"},
		id:      func(l *storage.Letter) string { return l.ID },
		version: func(l *storage.Letter) *int64 { return &l.Version },
		values: func(l *storage.Letter) []any {
			return []any{l.Version, l.Key, l.EventID, l.Parent, l.PersonID}
		},
	}
}

type letters struct{ versioned[storage.Letter] }

func (l letters) ByKey(ctx context.Context, key string) (*storage.Letter, error) {
	out, err := letterTable().get(ctx, l.s.reader, "WHERE unique_key = ?", key)
	return out, wrap(ctx, "get letter by number", err)
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
	page, next, err = letterTable().page(ctx, l.s.reader, "WHERE "+strings.Join(where, " AND ")+" ORDER BY id", args, q.Limit, func(d *storage.Letter) string { return d.ID })
	return page, next, wrap(ctx, "list letters", err)
}
