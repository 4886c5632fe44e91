// Package mongotest gives tests a MongoDB: the server at MONGODB_TEST_URI
// where that is set, else FerretDB, built from the module beside this package
// and run as a child of the test process.
//
// What is measured against FerretDB says nothing about MongoDB, neither of
// speed nor of concurrency; ask Real.
package mongotest

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/storage/mongo"
)

const variable = "MONGODB_TEST_URI"

// Real reports whether tests run against a server of the tester's choice
// rather than FerretDB.
func Real() bool { return os.Getenv(variable) != "" }

// URI is where the server is. The test is skipped where there is none and
// none can be built.
func URI(tb testing.TB) string {
	tb.Helper()
	if uri := os.Getenv(variable); uri != "" {
		return uri
	}
	child, err := ferretDB()
	if err != nil {
		tb.Skipf("no MongoDB: %s is not set, and FerretDB could not be built and started: %v", variable, err)
	}
	return child.uri
}

// Database is a new database name; what is in it is dropped when the test ends.
func Database(tb testing.TB) string {
	tb.Helper()
	name := "emileku_test_" + strings.ToLower(rand.Text()[:12])
	uri := URI(tb)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := drop(ctx, uri, name); err != nil {
			tb.Errorf("drop test database: %v", err)
		}
	})
	return name
}

// Open opens a new, migrated database, which is dropped when the test ends.
func Open(tb testing.TB) *mongo.Store {
	tb.Helper()
	s, err := mongo.Open(tb.Context(), mongo.Options{URI: URI(tb), Database: Database(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}

// ferretDB starts the child once per process.
var ferretDB = sync.OnceValues(func() (*server, error) {
	binary, err := build()
	if err != nil {
		return nil, err
	}
	return start(binary)
})
