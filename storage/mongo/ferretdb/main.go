// Command ferretdb runs FerretDB v1, a server that speaks MongoDB's protocol
// on top of SQLite, for the tests of storage/mongo where no MongoDB is at
// hand. It is a module of its own so that the bot's go.mod stays free of it.
//
// It listens on a free port of the loopback address, prints its URI as one
// line on standard output, and ends when standard input is closed: a test
// process that dies takes it along. Data lives in a temporary folder, which is
// deleted at the end.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) (err error) {
	// Not ?mode=memory: that is one SQLite connection, and a cursor that is
	// still open would hold up everything else.
	dir, err := os.MkdirTemp("", "ferretdb")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Handler:   "sqlite",
		SQLiteURL: "file:" + filepath.ToSlash(dir) + "/?_pragma=synchronous(off)",
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, in) // until the parent closes it or dies
		cancel()
	}()
	// MongoDBURI waits until Run listens.
	go fmt.Fprintln(out, db.MongoDBURI())
	return db.Run(ctx)
}
