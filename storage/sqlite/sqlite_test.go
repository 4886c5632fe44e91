package sqlite_test

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is where the suite's stores are, and what breaks them.
type bench struct {
	mu    sync.Mutex
	paths map[storage.Store]string
	fuses map[string]*atomic.Int64 // by path: writes left until death
}

func newBench() *bench {
	return &bench{paths: map[storage.Store]string{}, fuses: map[string]*atomic.Int64{}}
}

func (b *bench) open(t *testing.T, path string) storage.Store {
	t.Helper()
	b.mu.Lock()
	fuse := b.fuses[path]
	if fuse == nil {
		fuse = new(atomic.Int64)
		b.fuses[path] = fuse
	}
	b.mu.Unlock()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, BusyTimeout: 2 * time.Second, BeforeWrite: func(string) {
		if fuse.Load() > 0 && fuse.Add(-1) == 0 {
			panic(storagetest.Died{})
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paths[s] = path
	return s
}

func (b *bench) path(s storage.Store) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.paths[s]
}

func (b *bench) harness() storagetest.Harness {
	return storagetest.Harness{
		Open: func(t *testing.T) storage.Store {
			return b.open(t, filepath.Join(t.TempDir(), "data", "emileku 100%?#.db"))
		},
		Reopen: func(t *testing.T, old storage.Store) storage.Store {
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			return b.open(t, b.path(old))
		},
		Another: func(t *testing.T, s storage.Store) storage.Store { return b.open(t, b.path(s)) },
		// Another process holds the file for writing and does not let go.
		Break: func(t *testing.T, s storage.Store) func() {
			db, err := sql.Open("sqlite", "file:"+(filepath.ToSlash(escape(b.path(s)))))
			if err != nil {
				t.Fatal(err)
			}
			conn, err := db.Conn(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
				t.Fatal(err)
			}
			return sync.OnceFunc(func() {
				if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
					t.Error(err)
				}
				conn.Close()
				db.Close()
			})
		},
		Die: func(t *testing.T, s storage.Store, n int) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.fuses[b.paths[s]].Store(int64(n))
		},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, newBench().harness())
}

func escape(path string) string { return (&url.URL{Path: path}).EscapedPath() }
