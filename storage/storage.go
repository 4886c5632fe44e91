// Package storage is the port to the database: what the bot keeps, and what
// each operation promises. Two adapters implement it, storage/mongo and
// storage/sqlite; storage/storagetest holds both to these promises.
//
// No operation needs a transaction over several documents: an invariant rests
// on one unique key or one compare-and-set. Every operation that follows from
// a message can be run again with the same effect. Times are kept in whole
// milliseconds, UTC. All methods are safe for concurrent use; all of them
// return ctx's error when it ends first.
package storage

import (
	"context"
	"encoding/json"
	"errors"
)

// Errors that callers choose by. Adapters wrap them with what was being done.
var (
	// ErrNotFound: there is no document of that key.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the document was changed since it was read, or one of that
	// ID is there already. Read again and redo.
	ErrConflict = errors.New("conflict")
	// ErrLeaseLost: the lease token is no longer the current one.
	ErrLeaseLost = errors.New("lease lost")
	// ErrFull: no place is free.
	ErrFull = errors.New("full")
	// ErrUnavailable: the database cannot be reached now; trying later may help.
	ErrUnavailable = errors.New("database unavailable")
)

// Store is a whole database.
type Store interface {
	Chats() Chats
	Inbox() Inbox
	Outbox() Outbox
	People() People
	Events() Events
	Registrations() Registrations
	Places() Places
	Counters() Counters
	Codes() Codes
	Settings() Settings
	Audit() Audit
	Media() Media
	Leases() Leases
	Participations() Participations
	Broadcasts() Broadcasts
	Questions() Questions
	Letters() Letters
	Tasks() Tasks
	SurveyReplies() SurveyReplies
	Notes() Notes
	Reports() Reports
	Rundowns() Rundowns
	Ballots() Ballots
	Posts() Posts
	Photos() Photos
	Raw() Raw

	// Migrate brings indexes and documents to this program's version. It can
	// be run again, also after it was interrupted. It refuses a database that
	// a newer program has migrated.
	Migrate(ctx context.Context) error
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Describe says what and where the database is, without credentials.
	Describe() string
	Close() error
}

// Raw reads and writes whole collections as JSON documents, for backup,
// restore and moving from one engine to another. The JSON of a document is
// the same from every adapter. Media documents carry their bytes as base64.
type Raw interface {
	// Collections lists all of them, in a fixed order.
	Collections() []string
	// Each calls fn for every document in order of its ID.
	Each(ctx context.Context, collection string, fn func(id string, doc json.RawMessage) error) error
	// Put writes one document as it is, replacing one of that ID.
	Put(ctx context.Context, collection, id string, doc json.RawMessage) error
	// Clear deletes all documents of all collections.
	Clear(ctx context.Context) error
}
