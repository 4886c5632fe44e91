package mongo_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
	"github.com/diskopukm/emileku/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	b := &bench{lines: map[storage.Store]*line{}}
	h := storagetest.Harness{
		Open: func(t *testing.T) storage.Store { return b.open(t, mongotest.Database(t)) },
		Reopen: func(t *testing.T, old storage.Store) storage.Store {
			name := b.line(old).database
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			return b.open(t, name)
		},
		Die: func(_ *testing.T, s storage.Store, n int) { b.line(s).dieAt.Store(int64(n)) },
		Break: func(t *testing.T, s storage.Store) func() {
			p := b.line(s).proxy
			if p == nil {
				t.Skip("the server is a cluster: no proxy can stand before it")
			}
			p.cut()
			return p.mend
		},
		Rows: 300, Workers: 20,
	}
	if mongotest.Real() { // FerretDB bears one client only
		h.Another = func(t *testing.T, s storage.Store) storage.Store { return b.open(t, b.line(s).database) }
		h.Rows, h.Workers = 0, 0
	}
	storagetest.Run(t, h)
}

// bench knows how each store of the suite is wired up.
type bench struct {
	mu    sync.Mutex
	lines map[storage.Store]*line
}

type line struct {
	database string
	proxy    *proxy       // nil where there can be none
	dieAt    atomic.Int64 // 1: the next write dies; 0: none does
}

func (l *line) beforeWrite(string) {
	if n := l.dieAt.Load(); n > 0 && l.dieAt.Add(-1) == 0 {
		panic(storagetest.Died{})
	}
}

func (b *bench) line(s storage.Store) *line {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines[s]
}

func (b *bench) open(t *testing.T, database string) storage.Store {
	t.Helper()
	l := &line{database: database}
	uri := mongotest.URI(t)
	uri, l.proxy = throughProxy(t, uri)
	s, err := mongo.Open(t.Context(), mongo.Options{URI: uri, Database: database, BeforeWrite: l.beforeWrite})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines[s] = l
	return s
}

// throughProxy puts a proxy before the server of a URI that names one host.
func throughProxy(t *testing.T, uri string) (string, *proxy) {
	t.Helper()
	rest, ok := strings.CutPrefix(uri, "mongodb://")
	if !ok {
		return uri, nil
	}
	authority, path, _ := strings.Cut(rest, "/")
	login, host := "", authority
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		login, host = authority[:i+1], authority[i+1:]
	}
	if strings.Contains(host, ",") || !strings.Contains(host, ":") {
		return uri, nil
	}
	p := newProxy(t, host)
	path, query, _ := strings.Cut(path, "?")
	return "mongodb://" + login + p.addr() + "/" + path + "?directConnection=true&serverSelectionTimeoutMS=3000&" + query, p
}
