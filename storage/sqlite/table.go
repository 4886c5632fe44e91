package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// table keeps documents of one type, a row each.
type table[T any] struct {
	name string
	// columns are those beside id and doc; values gives what stands in them.
	columns []string
	values  func(d *T) []any
	id      func(d *T) string
	// noun is what a document is, in errors, and version where it keeps its
	// version; both are for those that are versioned.
	noun    string
	version func(d *T) *int64
	// steady are columns that most updates leave as they are. SQLite rewrites
	// each index that has a column which an UPDATE names, so an update tries
	// first without naming these.
	steady []string
}

// args are a document's id, doc and columns, in this order.
func (t *table[T]) args(d *T) ([]any, error) {
	doc, err := document.Encode(d)
	if err != nil {
		return nil, err
	}
	return append([]any{t.id(d), string(doc)}, t.values(d)...), nil
}

func (t *table[T]) insertSQL() string {
	columns := strings.Join(append([]string{"id", "doc"}, t.columns...), ", ")
	return "INSERT INTO " + t.name + " (" + columns + ") VALUES (?, ?" + strings.Repeat(", ?", len(t.columns)) + ")"
}

// insert stores a new document. A key that is taken is an ErrConflict (once
// wrapped).
func (t *table[T]) insert(ctx context.Context, w *tx, d *T) error {
	args, err := t.args(d)
	if err != nil {
		return err
	}
	_, err = w.exec(ctx, t.insertSQL(), args...)
	return err
}

// insertNew stores a document unless there is one of its ID.
func (t *table[T]) insertNew(ctx context.Context, w *tx, d *T) (fresh bool, err error) {
	args, err := t.args(d)
	if err != nil {
		return false, err
	}
	n, err := w.exec(ctx, t.insertNewSQL(), args...)
	return n == 1, err
}

func (t *table[T]) insertNewSQL() string { return t.insertSQL() + " ON CONFLICT (id) DO NOTHING" }

// argsOf are the args of many, to be made before the write: it should be short.
func (t *table[T]) argsOf(ds []*T) ([][]any, error) {
	out := make([][]any, len(ds))
	for i, d := range ds {
		var err error
		if out[i], err = t.args(d); err != nil {
			return nil, fmt.Errorf("%s %s: %w", t.name, t.id(d), err)
		}
	}
	return out, nil
}

// put stores a document in the place of the one of its ID, if there is one.
func (t *table[T]) put(ctx context.Context, w *tx, d *T) error {
	args, err := t.args(d)
	if err != nil {
		return err
	}
	set := "doc = excluded.doc"
	for _, c := range t.columns {
		set += ", " + c + " = excluded." + c
	}
	_, err = w.exec(ctx, t.insertSQL()+" ON CONFLICT (id) DO UPDATE SET "+set, args...)
	return err
}

// update changes the document of d's ID, if there is one and where holds.
func (t *table[T]) update(ctx context.Context, w *tx, d *T, where string, whereArgs ...any) (done bool, err error) {
	args, err := t.args(d)
	if err != nil {
		return false, err
	}
	for _, u := range t.updates(where) {
		if done, err = u.run(ctx, w, args, whereArgs...); done || err != nil {
			break
		}
	}
	return done, err
}

// updating is a way to change a row.
type updating struct {
	query string
	order []int // of a document's args
}

// updates are the ways to change a row where the condition holds, to be tried
// in this order until one has done it.
func (t *table[T]) updates(where string) []updating {
	all := t.updating(where, nil)
	if len(t.steady) == 0 {
		return []updating{all}
	}
	return []updating{t.updating(where, t.steady), all}
}

// updating sets all columns but those, which must be as they are.
func (t *table[T]) updating(where string, kept []string) updating {
	const idAt, docAt = 0, 1
	set, conds, order, last := []string{"doc = ?"}, []string{"id = ?"}, []int{docAt}, []int{idAt}
	for i, c := range t.columns {
		if at := docAt + 1 + i; slices.Contains(kept, c) {
			conds, last = append(conds, c+" IS ?"), append(last, at)
		} else {
			set, order = append(set, c+" = ?"), append(order, at)
		}
	}
	if where != "" {
		conds = append(conds, where)
	}
	query := "UPDATE " + t.name + " SET " + strings.Join(set, ", ") + " WHERE " + strings.Join(conds, " AND ")
	return updating{query, append(order, last...)}
}

func (u updating) run(ctx context.Context, w *tx, args []any, whereArgs ...any) (done bool, err error) {
	ordered := make([]any, 0, len(args)+len(whereArgs))
	for _, at := range u.order {
		ordered = append(ordered, args[at])
	}
	n, err := w.exec(ctx, u.query, append(ordered, whereArgs...)...)
	return n == 1, err
}

// save is insert for a document that was never stored (stored is 0), else a
// compare-and-set on the version stored.
func (t *table[T]) save(ctx context.Context, w *tx, d *T, stored int64) error {
	if stored == 0 {
		return t.insert(ctx, w, d)
	}
	done, err := t.update(ctx, w, d, "version = ?", stored)
	if err == nil && !done {
		err = fmt.Errorf("%w: version %d is not the stored one", storage.ErrConflict, stored)
	}
	return err
}

// versioned keeps documents that are saved by compare-and-set.
type versioned[T any] struct {
	s     *Store
	table *table[T]
}

func versionedOf[T any](s *Store, t *table[T]) versioned[T] { return versioned[T]{s, t} }

func (v versioned[T]) Get(ctx context.Context, id string) (*T, error) {
	out, err := v.table.byID(ctx, v.s.reader, id)
	return out, wrap(ctx, "get "+v.table.noun+" "+id, err)
}

func (v versioned[T]) Save(ctx context.Context, given *T) error {
	next, stored := *given, *v.table.version(given)
	*v.table.version(&next) = stored + 1
	err := v.s.write(ctx, v.table.name+".save", func(t *tx) error { return v.table.save(ctx, t, &next, stored) })
	if err == nil {
		*v.table.version(given) = stored + 1
	}
	return err
}

func (v versioned[T]) Delete(ctx context.Context, id string) error {
	return v.s.write(ctx, v.table.name+".delete", func(t *tx) error { return v.table.delete(ctx, t, id) })
}

// get reads one document; sql.ErrNoRows if there is none. tail is what follows
// FROM.
func (t *table[T]) get(ctx context.Context, q querier, tail string, args ...any) (*T, error) {
	var doc []byte
	if err := row(ctx, q, "SELECT doc FROM "+t.name+" "+tail, args, &doc); err != nil {
		return nil, err
	}
	return t.decode(doc)
}

func (t *table[T]) byID(ctx context.Context, q querier, id string) (*T, error) {
	return t.get(ctx, q, "WHERE id = ?", id)
}

func (t *table[T]) decode(doc []byte) (*T, error) {
	d := new(T)
	if err := json.Unmarshal(doc, d); err != nil {
		return nil, fmt.Errorf("read a document of %s: %w", t.name, err)
	}
	return d, nil
}

// list reads documents. tail is what follows FROM, and may join other tables.
func (t *table[T]) list(ctx context.Context, q querier, tail string, args ...any) ([]*T, error) {
	rows, err := q.query(ctx, "SELECT "+t.name+".doc FROM "+t.name+" "+tail, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*T
	for rows.Next() {
		var doc []byte
		if err := rows.Scan(&doc); err != nil {
			return nil, err
		}
		d, err := t.decode(doc)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// page is list in parts, see storage.Page. tail has no LIMIT.
func (t *table[T]) page(ctx context.Context, q querier, tail string, args []any, limit int, key func(d *T) string) (page []*T, next string, err error) {
	return storage.Page(limit, key, func(most int) ([]*T, error) { return t.list(ctx, q, tail+" LIMIT ?", append(args, most)...) })
}

func (t *table[T]) delete(ctx context.Context, w *tx, id string) error {
	_, err := w.exec(ctx, "DELETE FROM "+t.name+" WHERE id = ?", id)
	return err
}

// millis is a time as columns keep it.
func millis(t time.Time) int64 { return document.Time(t).UnixMilli() }

// millisOrNull is NULL where there is no time.
func millisOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return millis(*t)
}

// limitOf makes SQLite's "no limit" of a limit that is not set.
func limitOf(n int) int {
	if n <= 0 {
		return -1
	}
	return n
}
