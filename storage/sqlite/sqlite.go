// Package sqlite keeps everything in one SQLite file: the embedded database,
// for one process on one machine. It needs no C compiler.
//
// Every document is a row: its canonical JSON (package document) in the column
// doc, and beside it the columns that it is looked up and ordered by. All of
// these are written together from the Go value, so that they cannot disagree.
//
// There is one writing connection, and each operation is one transaction on
// it: an operation is there as a whole or not at all, also after a power loss
// (synchronous=FULL). Readers have connections of their own, and in WAL mode
// wait for nobody.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/diskopukm/emileku/storage"
)

// Options says where the database is and how it is used.
type Options struct {
	// Path of the file. It is created, with its directory, readable by its
	// owner alone. SQLite keeps two more files beside it while it is in use.
	Path string
	// BusyTimeout is how long a write waits for another process that is
	// writing, before it gives ErrUnavailable; 0: 5 s.
	BusyTimeout time.Duration
	// Relaxed gives up the promise that an acknowledged write survives a loss
	// of power (it still survives the death of the process): for benchmarks.
	Relaxed bool
	// BeforeWrite, where set, is called before each write takes place, with the
	// operation's name such as "chats.flush", and again as "chats.flush commit"
	// when all is written but not yet committed. The crash bench kills the
	// process in it.
	BeforeWrite func(op string)
	Log         zerolog.Logger
}

const (
	defaultBusy = 5 * time.Second
	readers     = 4
)

// Store is a database. It implements storage.Store.
type Store struct {
	path        string
	source      string
	beforeWrite func(op string)
	log         zerolog.Logger
	reader      *reader
	writer      *writer
	closeOnce   sync.Once
	closeErr    error
}

// Open opens the database, or makes an empty one; Migrate must be run before
// anything else. A file that is no database is an error, and is left alone.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Path == "" {
		return nil, errors.New("sqlite: no path given")
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = defaultBusy
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if err := makeFile(path); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	wdb, err := sql.Open("sqlite", dsn(path, o, false))
	if err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	wdb.SetMaxOpenConns(1)
	rdb, err := sql.Open("sqlite", dsn(path, o, true))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, err), wdb.Close())
	}
	rdb.SetMaxOpenConns(readers)
	rdb.SetMaxIdleConns(readers)
	s := &Store{path: path, source: dsn(path, o, false), beforeWrite: o.BeforeWrite, log: o.Log, reader: newReader(rdb), writer: newWriter(wdb)}
	// The writer goes first: it is the one that may turn WAL mode on.
	if err := s.writer.connect(ctx); err != nil {
		return nil, errors.Join(wrap(ctx, "open "+path, err), s.Close())
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// makeFile creates what is missing, and closes to others what was open to them.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&^fs.FileMode(0o600) != 0 {
		err = f.Chmod(0o600)
	}
	return errors.Join(err, f.Close())
}

func dsn(path string, o Options, readOnly bool) string {
	q := url.Values{"_txlock": {"immediate"}}
	pragma := func(name, value string) { q.Add("_pragma", name+"("+value+")") }
	pragma("busy_timeout", strconv.FormatInt(o.BusyTimeout.Milliseconds(), 10))
	pragma("foreign_keys", "1")
	pragma("temp_store", "MEMORY")
	if readOnly {
		pragma("query_only", "1")
		pragma("cache_size", "-2000") // KiB, for each connection
	} else {
		pragma("journal_mode", "WAL")
		pragma("cache_size", "-8000")
		// Longer than by default (1000 pages of 4 KiB): a page that many rows
		// of a broadcast touch then goes into the database once.
		pragma("wal_autocheckpoint", "4000")
		pragma("journal_size_limit", strconv.Itoa(32<<20))
		if o.Relaxed {
			pragma("synchronous", "NORMAL")
		} else {
			pragma("synchronous", "FULL")
		}
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

// Ping implements storage.Store.
func (s *Store) Ping(ctx context.Context) error {
	var n int
	err := s.reader.row(ctx, "SELECT count(*) FROM sqlite_schema", nil, &n)
	return wrap(ctx, "ping", err)
}

// Describe implements storage.Store.
func (s *Store) Describe() string { return "SQLite " + s.path }

// Address is how a library that has tables of its own in this file opens it:
// with the pragmas and the kind of transactions that this package relies on.
func (s *Store) Address() (driver, source string) { return "sqlite", s.source }

// Close implements storage.Store. It waits for the write in hand.
func (s *Store) Close() error {
	s.closeOnce.Do(func() { s.closeErr = errors.Join(s.reader.close(), s.writer.close()) })
	return s.closeErr
}

// Inbox implements storage.Store, and so do the following.
func (s *Store) Inbox() storage.Inbox                   { return inbox{s} }
func (s *Store) Outbox() storage.Outbox                 { return outbox{s} }
func (s *Store) People() storage.People                 { return people{s} }
func (s *Store) Registrations() storage.Registrations   { return registrations{s} }
func (s *Store) Places() storage.Places                 { return places{s} }
func (s *Store) Counters() storage.Counters             { return counters{s} }
func (s *Store) Codes() storage.Codes                   { return codes{s} }
func (s *Store) Settings() storage.Settings             { return settings{s} }
func (s *Store) Audit() storage.Audit                   { return audit{s} }
func (s *Store) Media() storage.Media                   { return media{s} }
func (s *Store) Leases() storage.Leases                 { return leases{s} }
func (s *Store) Participations() storage.Participations { return participations{s} }
func (s *Store) Questions() storage.Questions           { return questions{s} }
func (s *Store) Raw() storage.Raw                       { return raw{s: s, q: s.reader} }

// Chats implements storage.Store, and so do the following, whose documents have
// versions.
func (s *Store) Chats() storage.Chats {
	return chats{versionedOf(s, chatTable())}
}

func (s *Store) Events() storage.Events {
	return events{versionedOf(s, eventTable())}
}

func (s *Store) Broadcasts() storage.Broadcasts {
	return broadcasts{versionedOf(s, broadcastTable())}
}

func (s *Store) Letters() storage.Letters {
	return letters{versionedOf(s, letterTable())}
}

func (s *Store) Tasks() storage.Tasks {
	return tasks{versionedOf(s, taskTable())}
}

func (s *Store) SurveyReplies() storage.SurveyReplies {
	return surveyReplies{versionedOf(s, surveyTable())}
}

func (s *Store) Notes() storage.Notes {
	return notes{versionedOf(s, noteTable())}
}

func (s *Store) Reports() storage.Reports {
	return reports{versionedOf(s, reportTable())}
}

func (s *Store) Rundowns() storage.Rundowns {
	return versionedOf(s, rundownTable())
}

func (s *Store) Ballots() storage.Ballots {
	return versionedOf(s, ballotTable())
}

func (s *Store) Posts() storage.Posts {
	return posts{versionedOf(s, postTable())}
}

func (s *Store) Photos() storage.Photos {
	return photos{versionedOf(s, photoTable())}
}

var _ storage.Store = (*Store)(nil)
