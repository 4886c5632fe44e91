package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/devicestate"
)

// ErrTakenOver: another process took charge of the device state after this one
// had. What this one still wanted to write was refused.
var ErrTakenOver = errors.New("another process has taken over the WhatsApp device")

// Devices are the documents of package devicestate, by ID. It writes several
// as if they were one, through a journal; see Batch. It is for one process at
// a time: the one that took charge last. A process does so with the first use
// of anything but List and Peek, or when TakeCharge is called.
//
// A document holds "v", its value: JSON text, or bytes where a key is set (see
// seal); "n", the number of the write that made it; and "at", the time by
// which DeleteOlder finds it. Numbers rise from write to write and from
// process to process, and a write never replaces a document of a higher
// number. So a write that was thought lost and arrives late, or comes from a
// process that has lost its charge without noticing, undoes nothing.
//
// In this process a document is changed by one call at a time; reads wait
// for nobody but a journal that is being applied.
type Devices struct {
	coll *driver.Collection
	seal *seal
	log  zerolog.Logger

	last atomic.Int64 // number of the latest write; its upper half is that of the process

	// turn is held by a batch alone, and shared by changes of one document.
	turn sync.RWMutex
	// byID is held, beside turn, while the document of an ID is changed.
	byID [64]sync.Mutex
	hash maphash.Seed
	// visible is held while a journal is applied, and shared by reads.
	visible sync.RWMutex
	// unsettled: the journal may hold what its documents do not show yet, or
	// this process is not in charge. Both are set under turn and visible.
	unsettled bool
	inCharge  bool
	part      int // at most so much of a journal is put into one document
	onDoubt   func()
}

// Devices gives the state of WhatsApp's linked devices. Each call makes one
// that is not in charge yet.
func (s *Store) Devices() *Devices {
	return &Devices{coll: s.db.Collection(document.WhatsApp), seal: s.seal, log: s.log, hash: maphash.MakeSeed(), part: journalPart, unsettled: true}
}

// Documents of this adapter's own, beside those of devicestate.
const (
	journalID  = devicestate.NoDevice + "/journal"
	epochID    = devicestate.NoDevice + "/epoch"
	keyID      = devicestate.NoDevice + "/key"
	pnKind     = "pn"      // the reverse of devicestate.KindLID
	cursorKind = "prekeys" // the number of the latest pre-key
)

// PNID is the ID of the document that names the LID of a phone number.
func PNID(pn string) string { return devicestate.ID(devicestate.NoDevice, pnKind, pn) }

// PreKeyCursorID is the ID of the document that names a device's latest pre-key.
func PreKeyCursorID(device string) string { return devicestate.ID(device, cursorKind) }

// PNMapping is the document under PNID.
type PNMapping struct {
	LID string `json:"lid"`
}

// storedDevice is a document as it is kept.
type storedDevice struct {
	ID string        `bson:"_id"`
	N  int64         `bson:"n"`
	V  bson.RawValue `bson:"v"`
	At int64         `bson:"at"`
}

func byItemID(a, b Item) int { return strings.Compare(a.ID, b.ID) }

// Item is a document that Scan found. Value is JSON.
type Item struct {
	ID    string
	Value []byte
}

// OnDoubt sets what is called when it is not known whether a write took
// place: what was remembered of documents is then to be forgotten.
func (d *Devices) OnDoubt(f func()) { d.onDoubt = f }

func (d *Devices) doubt() {
	if d.onDoubt != nil {
		d.onDoubt()
	}
}

// next gives a number to a write.
func (d *Devices) next() int64 { return d.last.Add(1) }

// TakeCharge makes this the process that writes; it must hold the lease. What
// a predecessor left in the journal is completed, and what it may still write
// is refused from now on. Where a key is set for the first time, all values
// are encrypted before it returns. One who has lost the charge does not get it
// back: make new Devices, once the process holds the lease again.
func (d *Devices) TakeCharge(ctx context.Context) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	return d.settle(ctx)
}

// takeCharge is TakeCharge by one who holds turn and visible.
func (d *Devices) takeCharge(ctx context.Context) error {
	if err := d.seal.arm(ctx, d.coll); err != nil {
		return fail(ctx, "prepare the key of the device state", err)
	}
	epoch, err := d.raiseEpoch(ctx)
	if err != nil {
		return fail(ctx, "take charge of the device state", err)
	}
	d.last.Store(epoch << 32)
	if err := d.replay(ctx); err != nil {
		return fail(ctx, "complete the journal of the device state", err)
	}
	if err := d.sealAll(ctx); err != nil {
		return fail(ctx, "encrypt the device state", err)
	}
	d.inCharge = true
	return nil
}

func (d *Devices) raiseEpoch(ctx context.Context) (int64, error) {
	var doc struct {
		Epoch int64 `bson:"epoch"`
	}
	err := d.coll.FindOneAndUpdate(ctx, byID(epochID), bson.D{{Key: "$inc", Value: bson.D{{Key: "epoch", Value: int64(1)}}}},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&doc)
	return doc.Epoch, err
}

// Get reads the value of a document into v, a pointer; false if there is none.
func (d *Devices) Get(ctx context.Context, id string, v any) (bool, error) {
	found, err := d.GetMany(ctx, []string{id})
	if err != nil {
		return false, err
	}
	return decodeOne(found, id, v)
}

// GetMany reads the JSON values of those documents that there are.
func (d *Devices) GetMany(ctx context.Context, ids []string) (map[string][]byte, error) {
	if b := batchOf(ctx, d); b != nil {
		return b.read(ctx, ids)
	}
	release, err := d.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return d.load(ctx, ids)
}

// Scan reads all documents whose IDs begin with prefix (see
// devicestate.Prefix), in order.
func (d *Devices) Scan(ctx context.Context, prefix string) ([]Item, error) {
	if b := batchOf(ctx, d); b != nil {
		return b.scan(ctx, prefix)
	}
	release, err := d.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return d.loadRange(ctx, prefix)
}

// reading waits until no journal stands between a reader and the documents.
func (d *Devices) reading(ctx context.Context) (release func(), err error) {
	for {
		d.visible.RLock()
		if !d.unsettled {
			return d.visible.RUnlock, nil
		}
		d.visible.RUnlock()
		if err := d.TakeCharge(ctx); err != nil {
			return nil, err
		}
	}
}

func (d *Devices) load(ctx context.Context, ids []string) (map[string][]byte, error) {
	out := make(map[string][]byte, len(ids))
	for some := range slices.Chunk(ids, rawPage) {
		filter := byID(some[0])
		if len(some) > 1 {
			filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: some}}}}
		}
		items, err := d.find(ctx, filter, 0)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			out[it.ID] = it.Value
		}
	}
	return out, nil
}

// loadRange reads a page at a time: a device may have a hundred thousand
// message secrets.
func (d *Devices) loadRange(ctx context.Context, prefix string) ([]Item, error) {
	var all []Item
	for after := prefix; ; {
		page, err := d.find(ctx, within(after, prefix), rawPage*5)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < rawPage*5 {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

// within is the filter of the IDs that begin with prefix and come after
// another one.
func within(after, prefix string) bson.D {
	end := []byte(prefix)
	end[len(end)-1]++ // never 0xff: prefixes end with a slash or a colon
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}, {Key: "$lt", Value: string(end)}}}}
}

func (d *Devices) find(ctx context.Context, filter bson.D, limit int64) ([]Item, error) {
	cur, err := d.coll.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(limit))
	if err != nil {
		return nil, fail(ctx, "read the device state", err)
	}
	defer func() { _ = cur.Close(ctx) }()
	var items []Item
	for cur.Next(ctx) {
		var doc storedDevice
		if err := cur.Decode(&doc); err != nil {
			return nil, fail(ctx, "read the device state", err)
		}
		value, err := d.seal.open(doc.ID, doc.V)
		if err != nil {
			return nil, fmt.Errorf("mongo: read %s: %w", kindOf(doc.ID), err)
		}
		items = append(items, Item{ID: doc.ID, Value: value})
	}
	return items, fail(ctx, "read the device state", cur.Err())
}

// Put writes one document: at once, or with the batch that ctx belongs to.
func (d *Devices) Put(ctx context.Context, id string, value any) error {
	c, err := changeTo(id, value)
	if err != nil {
		return err
	}
	return d.write(ctx, c)
}

// Update reads the value of a document into v (which is left as it is where
// there is none), lets alter change it, and writes it back if alter says so.
func (d *Devices) Update(ctx context.Context, id string, v any, alter func(found bool) (write bool, err error)) error {
	step := func(get func(context.Context, string, any) (bool, error), put func(context.Context, change) error) error {
		found, err := get(ctx, id, v)
		if err != nil {
			return err
		}
		write, err := alter(found)
		if err != nil || !write {
			return err
		}
		c, err := changeTo(id, v)
		if err != nil {
			return err
		}
		return put(ctx, c)
	}
	if d.InBatch(ctx) {
		return step(d.Get, d.write)
	}
	return d.alone(ctx, id, func() error { return step(d.loadOne, d.writeOne) })
}

// Peek is Get by one who may not be in charge, beside the process that is.
func (d *Devices) Peek(ctx context.Context, id string, v any) (bool, error) {
	if batchOf(ctx, d) != nil {
		return d.Get(ctx, id, v)
	}
	changed, err := d.changed(ctx)
	if err != nil {
		return false, err
	}
	if value, ok := changed[id]; ok {
		return decodeOne(map[string][]byte{id: value}, id, v)
	}
	return d.loadOne(ctx, id, v)
}

// List lists the JIDs that have state: it jumps from one to the next. It may be
// called by one who is not in charge.
func (d *Devices) List(ctx context.Context) ([]string, error) {
	var out []string
	for after := ""; ; {
		var doc struct {
			ID string `bson:"_id"`
		}
		err := d.coll.FindOne(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}},
			options.FindOne().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "_id", Value: 1}})).Decode(&doc)
		if errors.Is(err, driver.ErrNoDocuments) {
			return out, nil
		}
		if err != nil {
			return nil, fail(ctx, "list WhatsApp devices", err)
		}
		escaped, _, _ := strings.Cut(doc.ID, "/")
		if device, _, _ := devicestate.Split(doc.ID); device != devicestate.NoDevice {
			out = append(out, device)
		}
		after = escaped + "0" // the character after the slash
	}
}

// loadOne is Get by one who holds turn.
func (d *Devices) loadOne(ctx context.Context, id string, v any) (bool, error) {
	found, err := d.load(ctx, []string{id})
	if err != nil {
		return false, err
	}
	return decodeOne(found, id, v)
}

func decodeOne(found map[string][]byte, id string, v any) (bool, error) {
	if found[id] == nil {
		return false, nil
	}
	if err := json.Unmarshal(found[id], v); err != nil {
		return false, fmt.Errorf("mongo: read %s: %w", kindOf(id), err)
	}
	return true, nil
}

// Delete removes one document if it is there: at once, or with the batch that
// ctx belongs to.
func (d *Devices) Delete(ctx context.Context, id string) error {
	return d.write(ctx, change{id: id})
}

func (d *Devices) write(ctx context.Context, c change) error {
	if b := batchOf(ctx, d); b != nil && b.add(c) {
		return nil
	}
	return d.alone(ctx, c.id, func() error { return d.writeOne(ctx, c) })
}

// DeleteOlder removes the documents of a kind whose At is below a time, and
// gives their number. It is not part of a batch.
func (d *Devices) DeleteOlder(ctx context.Context, prefix string, before int64) (int64, error) {
	if err := d.enter(ctx); err != nil {
		return 0, err
	}
	defer d.turn.RUnlock()
	res, err := d.coll.DeleteMany(ctx, append(within(prefix, prefix), bson.E{Key: "at", Value: bson.D{{Key: "$lt", Value: before}}}))
	if err != nil {
		return 0, fail(ctx, "clean up the device state", err)
	}
	return res.DeletedCount, nil
}

// enter shares turn, once nothing stands between a writer and the documents.
func (d *Devices) enter(ctx context.Context) error {
	for {
		d.turn.RLock()
		if !d.unsettled {
			return nil
		}
		d.turn.RUnlock()
		if err := d.TakeCharge(ctx); err != nil {
			return err
		}
	}
}

// alone runs a change of one document.
func (d *Devices) alone(ctx context.Context, id string, do func() error) error {
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.turn.RUnlock()
	lock := &d.byID[maphash.String(d.hash, id)%uint64(len(d.byID))]
	lock.Lock()
	defer lock.Unlock()
	return do()
}

// change is a write of one document: a deletion where value is nil.
type change struct {
	id    string
	value []byte
	at    int64
}

func changeTo(id string, value any) (change, error) {
	payload, err := json.Marshal(value)
	if err != nil {
		return change{}, fmt.Errorf("mongo: write %s: %w", kindOf(id), err)
	}
	return change{id: id, value: payload, at: devicestate.At(value)}, nil
}

// writeOne makes a change, by one who holds the document's lock.
func (d *Devices) writeOne(ctx context.Context, c change) error {
	n := d.next()
	doing := "write " + kindOf(c.id)
	if c.value == nil {
		_, err := d.coll.DeleteOne(ctx, notAfter(c.id, n))
		return fail(ctx, doing, err)
	}
	_, err := d.coll.ReplaceOne(ctx, notAfter(c.id, n), d.stored(c, n), options.Replace().SetUpsert(true))
	if duplicate(err) {
		return fmt.Errorf("mongo: %s: %w", doing, ErrTakenOver)
	}
	return fail(ctx, doing, err)
}

// notAfter is the filter of a document that is not of a later write than n.
func notAfter(id string, n int64) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "n", Value: bson.D{{Key: "$lte", Value: n}}}}
}

// stored is the document of a change.
func (d *Devices) stored(c change, n int64) bson.D {
	doc := bson.D{{Key: "_id", Value: c.id}, {Key: "n", Value: n}, {Key: "v", Value: d.seal.shut(c.id, c.value)}}
	if c.at != 0 {
		doc = append(doc, bson.E{Key: "at", Value: c.at})
	}
	return doc
}

// kindOf is what an error may say of a document: IDs hold phone numbers.
func kindOf(id string) string {
	_, kind, _ := devicestate.Split(id)
	return "WhatsApp " + kind
}

// own reports whether a document is this adapter's.
func own(id string) bool {
	_, kind, _ := devicestate.Split(id)
	return id == epochID || id == keyID || strings.HasPrefix(id, journalID) || kind == pnKind || kind == cursorKind
}
