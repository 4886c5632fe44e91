// Package storagetest holds an implementation of storage.Store to the promises
// that the port's comments make. Each adapter runs it as one test:
//
//	storagetest.Run(t, storagetest.Harness{Open: …, Reopen: …})
//
// Every case opens a database of its own, so that cases run in parallel.
package storagetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// Harness is how the suite gets at databases of one engine.
type Harness struct {
	// Open gives a store on an empty, migrated database of its own, and closes
	// it when the test ends.
	Open func(t *testing.T) storage.Store
	// Reopen closes old and opens the same database again, as a restart does.
	Reopen func(t *testing.T, old storage.Store) storage.Store
	// Another opens a second client on the database of s, as a second process
	// does. Nil where the server takes one client only (FerretDB, whose updates
	// read and then write unlocked): cases of concurrency then run through one.
	Another func(t *testing.T, s storage.Store) storage.Store
	// Break cuts s off from its database until restore is called (which may be
	// more than once), and makes the store give up within seconds. Nil where
	// that can't be done.
	Break func(t *testing.T, s storage.Store) (restore func())
	// Die makes the n-th write (from 1) that s is about to make from now on
	// panic with Died, as though the process were killed there. Nil where the
	// adapter has no such hook.
	Die func(t *testing.T, s storage.Store, n int)

	// Rows is the size of bulk cases; 0: 1,000.
	Rows int
	// Workers is how many goroutines contend; 0: 50.
	Workers int
}

// Died is what a write panics with, see Harness.Die.
type Died struct{}

// t0 is the instant around which samples are dated. It is far from now, so
// that a store which takes the time from elsewhere is found out.
var t0 = time.Date(2027, time.January, 14, 1, 2, 3, 456_000_000, time.UTC)

func at(d time.Duration) time.Time { return t0.Add(d) }

func ptr[T any](v T) *T { return &v }

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Rows == 0 {
		h.Rows = 1000
	}
	if h.Workers == 0 {
		h.Workers = 50
	}
	for _, group := range []struct {
		name  string
		cases map[string]func(*testing.T, Harness)
	}{
		{"Store", storeCases()},
		{"Chats", chatCases()},
		{"Flush", flushCases()},
		{"Inbox", inboxCases()},
		{"Outbox", outboxCases()},
		{"Delivery", deliveryCases()},
		{"Touchpoints", touchpointCases()},
		{"People", peopleCases()},
		{"Events", eventCases()},
		{"Registrations", registrationCases()},
		{"Waiting", waitingCases()},
		{"Participations", participationCases()},
		{"Broadcasts", broadcastCases()},
		{"Questions", questionCases()},
		{"Letters", letterCases()},
		{"Tasks", taskCases()},
		{"Afterwards", afterwardsCases()},
		{"Program", programCases()},
		{"Photos", photoCases()},
		{"Places", placeCases()},
		{"Counters", counterCases()},
		{"Codes", codeCases()},
		{"Settings", settingCases()},
		{"Audit", auditCases()},
		{"Media", mediaCases()},
		{"Leases", leaseCases()},
		{"Raw", rawCases()},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for name, c := range group.cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					c(t, h)
				})
			}
		})
	}
}

// both gives the clients through which a case of concurrency works.
func (h Harness) both(t *testing.T) []storage.Store {
	t.Helper()
	s := h.Open(t)
	if h.Another == nil {
		return []storage.Store{s}
	}
	return []storage.Store{s, h.Another(t, s)}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is fails the test unless err is (or wraps) want.
func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

// must unwraps a call's result: must(s.Chats().Get(ctx, id))(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

// same compares two documents by their canonical JSON.
func same(t *testing.T, got, want any) {
	t.Helper()
	g, w := canonical(t, got), canonical(t, want)
	if g != w {
		t.Fatalf("documents differ\n got %.2000s\nwant %.2000s", g, w)
	}
}

func canonical(t *testing.T, v any) string {
	t.Helper()
	b, err := document.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func utcMillis(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if !got.Equal(want) || got.Location() != time.UTC {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// survivesDeath runs do, and reports whether it got through without reaching
// the write at which it was to die.
func survivesDeath(do func() error) (through bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			if _, died := p.(Died); !died {
				panic(p)
			}
			through, err = false, nil
		}
	}()
	return true, do()
}

func raw(v any) json.RawMessage {
	b, _ := json.Marshal(v)
	return b
}
