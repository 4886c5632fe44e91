// Package archive takes backups of a database, restores them, and moves a
// database from one engine to another. It works on any storage.Store, through
// storage.Raw, a document at a time: memory stays flat however much there is.
//
// An archive is a ZIP file with a file COLLECTION.jsonl for each collection
// (one canonical document a line, in the order of their IDs), and at last
// manifest.json, which counts and hashes them. One that is cut short, altered
// or of a newer program is refused before anything is written.
package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/devicestate"
)

// Errors that callers choose by.
var (
	// ErrDamaged: the archive is not what its manifest says, or has none.
	ErrDamaged = errors.New("the archive is damaged or incomplete")
	// ErrNewer: the archive was made by a newer program.
	ErrNewer = errors.New("the archive is of a newer version of the program")
	// ErrNotEmpty: the target holds documents already.
	ErrNotEmpty = errors.New("the target database is not empty")
	// ErrMismatch: what the target holds at the end is not what was put there.
	// Somebody else writes to it, or it is broken.
	ErrMismatch = errors.New("the target does not hold what was copied to it")
)

// Source says where an archive comes from.
type Source struct {
	Program string    // version of the program
	At      time.Time // when it was taken
}

// Manifest tells what a database or an archive holds.
type Manifest struct {
	Program     string       `json:"program,omitempty"`
	Documents   int          `json:"documents"` // version of their form: document.Version
	TakenAt     *time.Time   `json:"takenAt,omitempty"`
	Engine      string       `json:"engine"` // storage.Store.Describe
	Collections []Collection `json:"collections"`
	SHA256      string       `json:"sha256"` // over all collections
}

// Collection is a collection's number of documents, and the SHA-256 (hex) of
// them: of each canonical document followed by a line feed, in order of ID.
type Collection struct {
	Name   string `json:"name"`
	Count  int    `json:"count"`
	SHA256 string `json:"sha256"`
}

// Total is the number of documents.
func (m Manifest) Total() (n int) {
	for _, c := range m.Collections {
		n += c.Count
	}
	return n
}

// Differ names a collection in which two databases differ; "" if they hold the
// same. A collection that one of them does not know is an empty one.
func (m Manifest) Differ(other Manifest) string {
	left := map[string]Collection{}
	for _, c := range other.Collections {
		left[c.Name] = c
	}
	for _, c := range m.Collections {
		if o, known := left[c.Name]; c.Count > 0 && o != c || known && o.Count != c.Count {
			return c.Name
		}
		delete(left, c.Name)
	}
	for _, c := range other.Collections {
		if left[c.Name].Count > 0 {
			return c.Name
		}
	}
	return ""
}

func (m Manifest) sum() string {
	h := sha256.New()
	for _, c := range m.Collections {
		fmt.Fprintf(h, "%s %d %s\n", c.Name, c.Count, c.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// tally counts and hashes one collection.
type tally struct {
	name   string
	count  int
	hash   hash.Hash
	lastID string
}

func newTally(name string) *tally { return &tally{name: name, hash: sha256.New()} }

// add takes the next document, in canonical form.
func (t *tally) add(id string, doc []byte) error {
	if t.count > 0 && id <= t.lastID {
		return fmt.Errorf("%s: %q comes after %q", t.name, id, t.lastID)
	}
	t.count++
	t.lastID = id
	t.hash.Write(doc) // a hash never fails
	t.hash.Write([]byte{'\n'})
	return nil
}

func (t *tally) collection() Collection {
	return Collection{Name: t.name, Count: t.count, SHA256: hex.EncodeToString(t.hash.Sum(nil))}
}

// Hash tells what a database holds.
func Hash(ctx context.Context, s storage.Store) (Manifest, error) {
	return walk(ctx, s, everything, func(string) error { return nil }, func(string, string, json.RawMessage) error { return nil })
}

// everything and archived say which documents are read: a copy takes all, an
// archive no state that must not come back from the past.
func everything(string, string) bool { return true }

func archived(collection, id string) bool {
	return collection != document.WhatsApp || devicestate.Archived(id)
}

// walk reads a whole database but what keep does not want, as of one moment
// where the engine allows it: begin is called at the start of each collection,
// each for its documents.
func walk(ctx context.Context, s storage.Store, keep func(collection, id string) bool, begin func(collection string) error, each func(collection, id string, doc json.RawMessage) error) (Manifest, error) {
	m := Manifest{Documents: document.Version, Engine: s.Describe()}
	read := func(r storage.Raw) error {
		for _, c := range r.Collections() {
			if err := begin(c); err != nil {
				return err
			}
			t := newTally(c)
			err := r.Each(ctx, c, func(id string, doc json.RawMessage) error {
				if !keep(c, id) {
					return nil
				}
				if err := t.add(id, doc); err != nil {
					return err
				}
				return each(c, id, doc)
			})
			if err != nil {
				return err
			}
			m.Collections = append(m.Collections, t.collection())
		}
		return nil
	}
	var err error
	if snap, ok := s.Raw().(document.Snapshot); ok {
		err = snap.Snapshot(ctx, read)
	} else {
		err = read(s.Raw())
	}
	m.SHA256 = m.sum()
	return m, err
}

// Options are those of Read and Copy.
type Options struct {
	// Replace deletes what the target holds; else a target that is not empty
	// is refused.
	Replace bool
	// Progress, where set, is called now and then with the number of documents
	// written.
	Progress func(written int)
}

// ready empties the target or makes sure that it is empty.
func (o Options) ready(ctx context.Context, to storage.Store) error {
	if o.Replace {
		return to.Raw().Clear(ctx)
	}
	for _, c := range to.Raw().Collections() {
		err := to.Raw().Each(ctx, c, func(id string, _ json.RawMessage) error {
			return fmt.Errorf("%w: %s is in %s", ErrNotEmpty, id, c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Copy moves all documents of one database to another, which may be of
// another engine, and compares the two at the end. Where from is in use
// meanwhile, the copy is as of one moment if its engine can read so; else stop
// the bot before. After an error the target is incomplete: copy again with
// Options.Replace.
func Copy(ctx context.Context, from, to storage.Store, o Options) (Manifest, error) {
	if err := o.ready(ctx, to); err != nil {
		return Manifest{}, fmt.Errorf("copy to %s: %w", to.Describe(), err)
	}
	w := newBatches(to.Raw(), o.Progress)
	m, err := walk(ctx, from, everything, func(c string) error { return w.begin(ctx, c) }, func(_, id string, doc json.RawMessage) error {
		return w.put(ctx, id, bytes.Clone(doc))
	})
	if err == nil {
		err = w.flush(ctx)
	}
	if err == nil {
		err = matches(ctx, to, m)
	}
	if err != nil {
		return m, fmt.Errorf("copy %s to %s: %w", from.Describe(), to.Describe(), err)
	}
	return m, nil
}

// matches compares what a database holds with what it is to hold.
func matches(ctx context.Context, s storage.Store, want Manifest) error {
	got, err := Hash(ctx, s)
	if err != nil {
		return err
	}
	if c := want.Differ(got); c != "" {
		return fmt.Errorf("%w: %s differs", ErrMismatch, c)
	}
	return nil
}

// A batch of documents goes out at either limit.
const (
	batchDocuments = 500
	batchBytes     = 4 << 20
)

// batches writes documents in as few round trips as the engine allows.
type batches struct {
	raw        storage.Raw
	progress   func(int)
	collection string
	ids        []string
	docs       []json.RawMessage
	bytes      int
	written    int
}

func newBatches(raw storage.Raw, progress func(int)) *batches {
	if progress == nil {
		progress = func(int) {}
	}
	return &batches{raw: raw, progress: progress}
}

func (b *batches) begin(ctx context.Context, collection string) error {
	err := b.flush(ctx)
	b.collection = collection
	return err
}

// put keeps doc until the next flush.
func (b *batches) put(ctx context.Context, id string, doc json.RawMessage) error {
	b.ids, b.docs, b.bytes = append(b.ids, id), append(b.docs, doc), b.bytes+len(doc)
	if len(b.ids) >= batchDocuments || b.bytes >= batchBytes {
		return b.flush(ctx)
	}
	return nil
}

func (b *batches) flush(ctx context.Context) error {
	if len(b.ids) == 0 {
		return nil
	}
	if all, ok := b.raw.(document.Batch); ok {
		if err := all.PutAll(ctx, b.collection, b.ids, b.docs); err != nil {
			return err
		}
	} else {
		for i := range b.ids {
			if err := b.raw.Put(ctx, b.collection, b.ids[i], b.docs[i]); err != nil {
				return err
			}
		}
	}
	b.written += len(b.ids)
	clear(b.docs) // let go of the bytes
	b.ids, b.docs, b.bytes = b.ids[:0], b.docs[:0], 0
	b.progress(b.written)
	return nil
}
