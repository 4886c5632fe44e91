package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
)

// querier reads: through the readers' pool, within a write, or from a snapshot.
type querier interface {
	query(ctx context.Context, query string, args []any) (*sql.Rows, error)
}

// maxStatements bounds the statements kept ready by each side. Only the
// searches of registrations and participations build their SQL, so it is not reached in practice.
const maxStatements = 256

var errClosed = errors.New("the store was closed")

// reader is the pool of connections that read.
type reader struct {
	db    *sql.DB
	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

func newReader(db *sql.DB) *reader { return &reader{db: db, stmts: map[string]*sql.Stmt{}} }

func (r *reader) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	st, err := r.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return r.db.QueryContext(ctx, query, args...)
	}
	return st.QueryContext(ctx, args...)
}

func (r *reader) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mu.Lock()
	st, full := r.stmts[query], len(r.stmts) >= maxStatements
	r.mu.Unlock()
	if st != nil || full {
		return st, nil
	}
	st, err := r.db.PrepareContext(ctx, query) // may wait for a connection: not under the lock
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.stmts[query]; other != nil {
		return other, st.Close()
	}
	r.stmts[query] = st
	return st, nil
}

func (r *reader) row(ctx context.Context, query string, args []any, dest ...any) error {
	return row(ctx, r, query, args, dest...)
}

func (r *reader) close() error { return r.db.Close() }

// row reads one row; sql.ErrNoRows if there is none.
func row(ctx context.Context, q querier, query string, args []any, dest ...any) error {
	rows, err := q.query(ctx, query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	return rows.Close()
}

// writer is the one connection that writes. Operations take turns on it.
type writer struct {
	db     *sql.DB
	turn   chan struct{} // holds the one token
	closed bool          // guarded by turn
	conn   *sql.Conn     // guarded by turn; nil once it broke
	stmts  map[string]*sql.Stmt
}

func newWriter(db *sql.DB) *writer {
	w := &writer{db: db, turn: make(chan struct{}, 1)}
	w.turn <- struct{}{}
	return w
}

func (w *writer) connect(ctx context.Context) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	w.conn, w.stmts = conn, map[string]*sql.Stmt{}
	return nil
}

func (w *writer) close() error {
	<-w.turn
	defer func() { w.turn <- struct{}{} }()
	w.closed = true
	w.discard()
	return w.db.Close()
}

// discard lets go of a connection that is of no more use; the next write
// opens another one.
func (w *writer) discard() {
	if w.conn == nil {
		return
	}
	for _, st := range w.stmts {
		_ = st.Close()
	}
	_ = w.conn.Close()
	w.conn, w.stmts = nil, nil
}

// tx is a write under way.
type tx struct{ w *writer }

func (t *tx) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st := t.w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := t.w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	t.w.stmts[query] = st
	return st, nil
}

func (t *tx) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	st, err := t.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// exec runs a statement and gives the number of rows it changed. Once begun, a
// statement is not cut short: each is quick, and for one that can be cut short
// the driver starts a watcher, which costs as much as a row.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	st, err := t.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	return changes(st.ExecContext(context.WithoutCancel(ctx), args...))
}

// begin waits for other processes that write, until ctx ends.
func (t *tx) begin(ctx context.Context) error {
	st, err := t.stmt(ctx, "BEGIN IMMEDIATE")
	if err != nil {
		return err
	}
	_, err = st.ExecContext(ctx)
	return err
}

func changes(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// write runs do as one transaction: all of it is kept, or none where do or
// the commit fails, ctx ends, or the process dies.
func (s *Store) write(ctx context.Context, op string, do func(t *tx) error) error {
	return wrap(ctx, op, s.writer.run(ctx, s.hook(op), do))
}

func (s *Store) hook(op string) func(stage string) {
	if s.beforeWrite == nil {
		return func(string) {}
	}
	return func(stage string) { s.beforeWrite(op + stage) }
}

func (w *writer) run(ctx context.Context, hook func(stage string), do func(t *tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.turn:
	}
	defer func() { w.turn <- struct{}{} }()
	if w.closed {
		return errClosed
	}
	hook("")
	if w.conn == nil {
		if err := w.connect(ctx); err != nil {
			return err
		}
	}
	t := &tx{w: w}
	if err := t.begin(ctx); err != nil {
		w.abandon(err)
		return err
	}
	committed := false
	defer func() { // also when do panics
		if !committed {
			_, err := t.exec(context.WithoutCancel(ctx), "ROLLBACK")
			// SQLite itself has rolled back after some errors; whatever went
			// wrong, a new connection starts clean.
			if err != nil {
				w.discard()
			}
		}
	}()
	if err := do(t); err != nil {
		return err
	}
	hook(" commit")
	// Once begun, a commit is not cut short: its outcome would be unknown.
	if _, err := t.exec(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return err
	}
	committed = true
	return nil
}

// abandon drops the connection if err says that it is of no use any more.
func (w *writer) abandon(err error) {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		w.discard()
	}
}
