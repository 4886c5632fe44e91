package mongo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// journalPart bounds what one document of the journal holds: a document may
// have 16 MiB at most.
const journalPart = 8 << 20

// batch is what a call of Batch has read and wants to write.
type batch struct {
	d *Devices

	mu      sync.Mutex
	ended   bool
	changes map[string]change
	seen    map[string][]byte // as the database has it; nil: it is not there
	after   []func()
}

type batchKey struct{}

// batchOf gives the batch of d that ctx belongs to; nil if there is none, or
// it has ended.
func batchOf(ctx context.Context, d *Devices) *batch {
	b, _ := ctx.Value(batchKey{}).(*batch)
	if b == nil || b.d != d {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return nil
	}
	return b
}

// Batch runs f and then writes all that was put and deleted under f's context,
// as a whole or not at all; reads under that context see it before. If f fails
// nothing is written. A batch within a batch is part of it. There is one batch
// at a time, and while f runs nobody else writes: f must not wait for a write
// that another goroutine makes under another context.
//
// An error of the database leaves open whether the batch took place, as with
// any write; the next call finds out, and until then nothing is read or
// written.
func (d *Devices) Batch(ctx context.Context, f func(context.Context) error) error {
	if batchOf(ctx, d) != nil {
		return f(ctx)
	}
	d.turn.Lock()
	defer d.turn.Unlock()
	if err := ctx.Err(); err != nil { // waiting may have taken long
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	b := &batch{d: d, changes: map[string]change{}, seen: map[string][]byte{}}
	defer b.end()
	if err := f(context.WithValue(ctx, batchKey{}, b)); err != nil {
		return err
	}
	changes, after := b.end()
	// Once begun, a commit is not cut short.
	if err := d.commit(context.WithoutCancel(ctx), changes); err != nil {
		d.doubt()
		return err
	}
	for _, do := range after {
		do()
	}
	return nil
}

// AfterCommit calls f when what was written under ctx so far is kept: at once,
// or at the end of the batch that ctx belongs to; never if that fails.
func (d *Devices) AfterCommit(ctx context.Context, f func()) {
	b := batchOf(ctx, d)
	if b == nil {
		f()
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.after = append(b.after, f)
}

// InBatch reports whether ctx belongs to a batch.
func (d *Devices) InBatch(ctx context.Context) bool { return batchOf(ctx, d) != nil }

// end closes the batch and gives its changes in the order of their IDs.
func (b *batch) end() ([]change, []func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	changes := make([]change, 0, len(b.changes))
	for _, id := range slices.Sorted(maps.Keys(b.changes)) {
		changes = append(changes, b.changes[id])
	}
	return changes, b.after
}

// add keeps a change until the batch ends; false if it has.
func (b *batch) add(c change) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return false
	}
	b.changes[c.id] = c
	return true
}

// read is GetMany within the batch.
func (b *batch) read(ctx context.Context, ids []string) (map[string][]byte, error) {
	out := make(map[string][]byte, len(ids))
	var missing []string
	b.mu.Lock()
	for _, id := range ids {
		if c, ok := b.changes[id]; ok {
			out[id] = c.value
		} else if v, ok := b.seen[id]; ok {
			out[id] = v
		} else {
			missing = append(missing, id)
		}
	}
	b.mu.Unlock()
	if len(missing) > 0 {
		loaded, err := b.d.load(ctx, missing)
		if err != nil {
			return nil, err
		}
		b.mu.Lock()
		for _, id := range missing {
			b.seen[id], out[id] = loaded[id], loaded[id]
		}
		b.mu.Unlock()
	}
	maps.DeleteFunc(out, func(_ string, v []byte) bool { return v == nil })
	return out, nil
}

// scan is Scan within the batch.
func (b *batch) scan(ctx context.Context, prefix string) ([]Item, error) {
	stored, err := b.d.loadRange(ctx, prefix)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	items := slices.DeleteFunc(stored, func(it Item) bool { _, changed := b.changes[it.ID]; return changed })
	for id, c := range b.changes {
		if c.value != nil && strings.HasPrefix(id, prefix) {
			items = append(items, Item{ID: id, Value: c.value})
		}
	}
	slices.SortFunc(items, byItemID)
	return items, nil
}

// journal is the one document that a batch is first written as. It is applied
// and emptied before the next batch begins.
type journal struct {
	N       int64  `bson:"n"`
	Entries []byte `bson:"entries"`
	// Parts, where above 0, says that Entries did not fit: they stand, cut
	// into that many pieces, in documents of their own.
	Parts int `bson:"parts"`
}

// entries are what a journal holds: documents as they are to be stored.
type entries struct {
	Puts    []bson.Raw `bson:"puts"`
	Deletes []string   `bson:"deletes"`
}

func (j journal) document() bson.D {
	doc := bson.D{{Key: "_id", Value: journalID}, {Key: "n", Value: j.N}}
	if j.Parts > 0 {
		return append(doc, bson.E{Key: "parts", Value: j.Parts})
	}
	return append(doc, bson.E{Key: "entries", Value: j.Entries})
}

func partID(n int64, i int) string { return fmt.Sprintf("%s/%016x/%06d", journalID, n, i) }

// commit writes changes as a whole, by one who holds turn.
func (d *Devices) commit(ctx context.Context, changes []change) error {
	switch len(changes) {
	case 0:
		return nil
	case 1: // one document is written as a whole anyway
		return d.writeOne(ctx, changes[0])
	}
	n := d.next()
	e, err := d.entriesOf(changes, n)
	if err != nil {
		return err
	}
	d.visible.Lock()
	defer d.visible.Unlock()
	d.unsettled = true
	parts, err := d.writeJournal(ctx, n, e)
	if errors.Is(err, ErrTakenOver) {
		d.unsettled = false
		return err
	}
	if err != nil {
		return fail(ctx, "write the journal of the device state", err)
	}
	// From here on the batch has taken place, whatever happens.
	err = d.apply(ctx, e, n)
	if errors.Is(err, ErrTakenOver) {
		return err
	}
	if err != nil {
		d.log.Warn().Err(err).Msg("the journal of the device state is not applied yet; the next operation tries again")
		return nil
	}
	d.unsettled = false
	if parts > 0 {
		return d.dropParts(ctx)
	}
	return nil
}

// dropParts deletes the pieces of journals that were too large for one
// document.
func (d *Devices) dropParts(ctx context.Context) error {
	_, err := d.coll.DeleteMany(ctx, within(journalID+"/", journalID+"/"))
	return fail(ctx, "clean up the journal of the device state", err)
}

func (d *Devices) entriesOf(changes []change, n int64) (entries, error) {
	var e entries
	for _, c := range changes {
		if c.value == nil {
			e.Deletes = append(e.Deletes, c.id)
			continue
		}
		doc, err := bson.Marshal(d.stored(c, n))
		if err != nil {
			return e, fmt.Errorf("mongo: write %s: %w", kindOf(c.id), err)
		}
		e.Puts = append(e.Puts, doc)
	}
	return e, nil
}

func (d *Devices) writeJournal(ctx context.Context, n int64, e entries) (parts int, err error) {
	body, err := bson.Marshal(e)
	if err != nil {
		return 0, err
	}
	j := journal{N: n, Entries: body}
	if len(body) > d.part {
		j.Entries = nil
		for part := range slices.Chunk(body, d.part) {
			doc := bson.D{{Key: "_id", Value: partID(n, j.Parts)}, {Key: "entries", Value: part}}
			if _, err := d.coll.InsertOne(ctx, doc); err != nil {
				return 0, err
			}
			j.Parts++
		}
	}
	return j.Parts, d.replaceJournal(ctx, j)
}

func (d *Devices) replaceJournal(ctx context.Context, j journal) error {
	_, err := d.coll.ReplaceOne(ctx, notAfter(journalID, j.N), j.document(), options.Replace().SetUpsert(true))
	if duplicate(err) {
		return ErrTakenOver
	}
	return err
}

// apply brings the documents to what a journal says and empties it, in one
// command, or two where documents are deleted.
func (d *Devices) apply(ctx context.Context, e entries, n int64) error {
	var writes []driver.WriteModel
	for _, id := range e.Deletes {
		writes = append(writes, driver.NewDeleteOneModel().SetFilter(notAfter(id, n)))
	}
	for _, doc := range e.Puts {
		writes = append(writes, replaceBy(doc, n))
	}
	writes = append(writes, driver.NewReplaceOneModel().SetFilter(notAfter(journalID, n)).SetReplacement(journal{N: n}.document()).SetUpsert(true))
	_, err := d.coll.BulkWrite(ctx, writes)
	if duplicateIn(err) {
		return fmt.Errorf("mongo: write the device state: %w", ErrTakenOver)
	}
	if err != nil {
		return fail(ctx, "write the device state", err)
	}
	return nil
}

func replaceBy(doc bson.Raw, n int64) driver.WriteModel {
	return driver.NewReplaceOneModel().SetFilter(notAfter(doc.Lookup("_id").StringValue(), n)).SetReplacement(doc).SetUpsert(true)
}

// duplicateIn is duplicate, also of a bulk.
func duplicateIn(err error) bool {
	var be driver.BulkWriteException
	if errors.As(err, &be) {
		return slices.ContainsFunc(be.WriteErrors, func(we driver.BulkWriteError) bool { return duplicate(we) })
	}
	return duplicate(err)
}

// settle takes charge, or completes a journal that was left behind, where that
// is needed, by one who holds turn.
func (d *Devices) settle(ctx context.Context) error {
	if !d.unsettled {
		return nil
	}
	d.visible.Lock()
	defer d.visible.Unlock()
	if !d.inCharge {
		if err := d.takeCharge(ctx); err != nil {
			return err
		}
	} else if err := d.replay(ctx); err != nil {
		return fail(ctx, "complete the journal of the device state", err)
	}
	d.unsettled = false
	d.doubt()
	return nil
}

// replay applies the journal, if it holds anything, and empties it under a new
// number, so that none that was written before can come in late. It may be
// broken off anywhere and run again.
func (d *Devices) replay(ctx context.Context) error {
	j, e, err := d.readJournal(ctx)
	if err != nil {
		return err
	}
	if j.N > d.last.Load() {
		return ErrTakenOver
	}
	var writes []driver.WriteModel
	for _, id := range e.Deletes {
		writes = append(writes, driver.NewDeleteOneModel().SetFilter(notAfter(id, j.N)))
	}
	for _, doc := range e.Puts {
		writes = append(writes, replaceBy(doc, j.N))
	}
	for some := range slices.Chunk(writes, rawPage*5) {
		// What is there already may be newer.
		if _, err := d.coll.BulkWrite(ctx, some, options.BulkWrite().SetOrdered(false)); err != nil {
			if _, ok := onlyDuplicates(err); !ok && !duplicate(err) {
				return err
			}
		}
	}
	if err := d.replaceJournal(ctx, journal{N: d.next()}); err != nil {
		return err
	}
	return d.dropParts(ctx)
}

func (d *Devices) readJournal(ctx context.Context) (j journal, e entries, err error) {
	err = d.coll.FindOne(ctx, byID(journalID)).Decode(&j)
	if errors.Is(err, driver.ErrNoDocuments) {
		return j, e, nil
	}
	if err != nil {
		return j, e, err
	}
	body := j.Entries
	for i := range j.Parts {
		var part journal
		if err := d.coll.FindOne(ctx, byID(partID(j.N, i))).Decode(&part); err != nil {
			return j, e, fmt.Errorf("part %d of %d: %w", i, j.Parts, err)
		}
		body = append(body, part.Entries...)
	}
	if len(body) > 0 {
		err = bson.Unmarshal(body, &e)
	}
	return j, e, err
}
