package mongo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
	"github.com/diskopukm/emileku/storage/storagetest"
)

const (
	storeKey = "kunci-yang-panjang-dan-acak-0123456789"
	otherKey = "kunci-lain-yang-panjang-dan-acak-012345"
	device   = "628111000111:7@s.whatsapp.net"
)

func sessionID(n int) string {
	return devicestate.ID(device, devicestate.KindSession, fmt.Sprintf("%d:0", n))
}

func session(n int) *devicestate.Session {
	return &devicestate.Session{Record: fmt.Appendf(nil, "rahasia %d", n)}
}

// openDevices opens a database and takes charge of its devices.
func openDevices(t *testing.T, name, key string, beforeWrite func(string)) (*mongo.Store, *mongo.Devices) {
	t.Helper()
	s := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: name, StoreKey: key, BeforeWrite: beforeWrite})
	d := s.Devices()
	noError(t, d.TakeCharge(t.Context()))
	return s, d
}

// TestLargeJournal: a batch that does not fit into one document of the journal
// is written as a whole, too.
func TestLargeJournal(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for n := int64(1); ; n++ {
		name := mongotest.Database(t)
		var l line
		_, d := openDevices(t, name, "", l.beforeWrite)
		d.SetJournalPart(100)
		l.dieAt.Store(n)
		died := dies(func() {
			noError(t, d.Batch(t.Context(), func(ctx context.Context) error {
				for i := range 4 {
					noError(t, d.Put(ctx, sessionID(i), session(i)))
				}
				return nil
			}))
		})
		_, d = openDevices(t, name, "", nil)
		found, err := d.Scan(t.Context(), devicestate.Prefix(device, devicestate.KindSession))
		noError(t, err)
		seen[len(found)] = true
		if len(found) != 0 && len(found) != 4 || !died && len(found) == 0 {
			t.Fatalf("killed before write %d: %d of 4 documents", n, len(found))
		}
		left, err := behind(t, name).Collection(document.WhatsApp).CountDocuments(t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: "-/journal/"}, {Key: "$lt", Value: "-/journal0"}}}})
		noError(t, err)
		if left != 0 {
			t.Fatalf("killed before write %d: %d pieces of the journal are left", n, left)
		}
		if !died {
			if n < 7 || !seen[0] || !seen[4] {
				t.Fatalf("%d writes, seen %v", n-1, seen)
			}
			return
		}
	}
}

// TestHalfApplied: of a journal some documents were written before the server
// went down; one of them was even changed since, which must stay.
func TestHalfApplied(t *testing.T) {
	t.Parallel()
	ctx, name := t.Context(), mongotest.Database(t)
	var l line
	_, d := openDevices(t, name, "", l.beforeWrite)
	noError(t, d.Put(ctx, sessionID(0), session(10)))
	l.dieAt.Store(2)
	if !dies(func() {
		_ = d.Batch(ctx, func(ctx context.Context) error {
			return errors.Join(d.Delete(ctx, sessionID(0)), d.Put(ctx, sessionID(1), session(1)), d.Put(ctx, sessionID(2), session(2)))
		})
	}) {
		t.Fatal("it did not die")
	}
	coll := behind(t, name).Collection(document.WhatsApp)
	newer, err := json.Marshal(session(20))
	noError(t, err)
	_, err = coll.InsertOne(ctx, bson.D{{Key: "_id", Value: sessionID(2)}, {Key: "n", Value: int64(1) << 40}, {Key: "v", Value: string(newer)}})
	noError(t, err)
	_, err = coll.DeleteOne(ctx, bson.D{{Key: "_id", Value: sessionID(0)}})
	noError(t, err)
	_, d = openDevices(t, name, "", nil)
	for n, want := range []string{"", "rahasia 1", "rahasia 20"} {
		var got devicestate.Session
		_, err := d.Get(ctx, sessionID(n), &got)
		if string(got.Record) != want || err != nil {
			t.Errorf("session %d is %q, want %q: %v", n, got.Record, want, err)
		}
	}
}

// stored are the values as they are in the database.
func stored(t *testing.T, coll *driver.Collection) map[string]bson.RawValue {
	t.Helper()
	cur, err := coll.Find(t.Context(), bson.D{{Key: "v", Value: bson.D{{Key: "$exists", Value: true}}}})
	noError(t, err)
	var docs []struct {
		ID string        `bson:"_id"`
		V  bson.RawValue `bson:"v"`
	}
	noError(t, cur.All(t.Context(), &docs))
	out := map[string]bson.RawValue{}
	for _, d := range docs {
		out[d.ID] = d.V
	}
	return out
}

// TestSealed: with a key nothing but IDs can be read in the database, values
// cannot be put under other IDs, and no other key opens it.
func TestSealed(t *testing.T) {
	t.Parallel()
	ctx, name := t.Context(), mongotest.Database(t)
	var l line
	s, d := openDevices(t, name, storeKey, l.beforeWrite)
	coll := behind(t, name).Collection(document.WhatsApp)
	noError(t, d.Put(ctx, sessionID(0), session(0)))
	l.dieAt.Store(2) // leaves a journal, which must be sealed as well
	if !dies(func() {
		_ = d.Batch(ctx, func(ctx context.Context) error {
			return errors.Join(d.Put(ctx, sessionID(1), session(1)), d.Put(ctx, sessionID(2), session(2)))
		})
	}) {
		t.Fatal("it did not die")
	}
	cur, err := coll.Find(ctx, bson.D{})
	noError(t, err)
	var all []bson.Raw
	noError(t, cur.All(ctx, &all))
	for _, doc := range all {
		if bytes.Contains(doc, []byte("cmFoYXNpYS")) || bytes.Contains(doc, []byte("record")) || bytes.Contains(doc, []byte("rahasia")) || bytes.Contains(doc, []byte(storeKey)) {
			t.Errorf("%s can be read: %s", doc.Lookup("_id"), doc)
		}
	}
	_, d = openDevices(t, name, storeKey, nil)
	for n := range 3 {
		var got devicestate.Session
		if _, err := d.Get(ctx, sessionID(n), &got); err != nil || string(got.Record) != fmt.Sprintf("rahasia %d", n) {
			t.Fatalf("session %d: %q, %v", n, got.Record, err)
		}
	}

	// A backup holds them in plain.
	if got := storagetest.Dump(t, s.Raw()); !strings.Contains(got, "cmFoYXNpYS") {
		t.Fatalf("a backup holds %s", got)
	}

	v := stored(t, coll)
	_, err = coll.UpdateOne(ctx, bson.D{{Key: "_id", Value: sessionID(0)}}, bson.D{{Key: "$set", Value: bson.D{{Key: "v", Value: v[sessionID(1)]}}}})
	noError(t, err)
	if _, err := d.Get(ctx, sessionID(0), new(devicestate.Session)); err == nil || strings.Contains(err.Error(), "628111") {
		t.Errorf("a value under another ID: %v", err)
	}
	_, err = coll.UpdateOne(ctx, bson.D{{Key: "_id", Value: sessionID(2)}}, bson.D{{Key: "$set", Value: bson.D{{Key: "v", Value: `{"record":"AAAA"}`}}}})
	noError(t, err)
	if _, err := d.Get(ctx, sessionID(2), new(devicestate.Session)); err == nil {
		t.Error("a value that somebody planted in plain is read")
	}
	for key, want := range map[string]error{"": mongo.ErrStoreKeyMissing, otherKey: mongo.ErrStoreKeyWrong} {
		_, err := mongo.Open(ctx, mongo.Options{URI: mongotest.URI(t), Database: name, StoreKey: key})
		if !errors.Is(err, want) || strings.Contains(err.Error(), otherKey) {
			t.Errorf("with key %q: %v", key, err)
		}
	}
}

// TestSealedLater: a key that is set for a database in use encrypts what is
// there, also where that is broken off.
func TestSealedLater(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for n := int64(1); ; n++ {
		name := mongotest.Database(t)
		s, d := openDevices(t, name, "", nil)
		storagetest.PutRatchets(t, s)
		noError(t, d.Put(ctx, sessionID(0), session(0)))
		want := storagetest.Dump(t, s.Raw())
		var l line
		again := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: name, StoreKey: storeKey, BeforeWrite: l.beforeWrite})
		l.dieAt.Store(n)
		died := dies(func() { noError(t, again.Devices().TakeCharge(ctx)) })
		s, d = openDevices(t, name, storeKey, nil)
		for id, v := range stored(t, behind(t, name).Collection(document.WhatsApp)) {
			if v.Type != bson.TypeBinary {
				t.Fatalf("killed before write %d: %s is a %s", n, id, v.Type)
			}
		}
		if got := storagetest.Dump(t, s.Raw()); got != want {
			t.Fatalf("killed before write %d:\n got %s\nwant %s", n, got, want)
		}
		// Documents that grow old are still found.
		if deleted, err := d.DeleteOlder(ctx, devicestate.Prefix(device, devicestate.KindPrivacyToken), 1_800_000_000); deleted != 1 || err != nil {
			t.Fatalf("%d tokens deleted, %v", deleted, err)
		}
		if !died {
			if n < 6 {
				t.Fatalf("%d writes only", n-1)
			}
			return
		}
	}
}

// TestRestoreSealed: what is restored into a database with a key is encrypted,
// and the key stays that of the database when it is emptied.
func TestRestoreSealed(t *testing.T) {
	t.Parallel()
	name := mongotest.Database(t)
	plain := mongotest.Open(t)
	storagetest.PutRatchets(t, plain)
	want := storagetest.Dump(t, plain.Raw())
	s := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: name, StoreKey: storeKey})
	for range 2 {
		storagetest.PutRatchets(t, s)
		if got := storagetest.Dump(t, s.Raw()); got != want {
			t.Fatalf("\n got %s\nwant %s", got, want)
		}
		for id, v := range stored(t, behind(t, name).Collection(document.WhatsApp)) {
			if v.Type != bson.TypeBinary {
				t.Fatalf("%s is a %s", id, v.Type)
			}
		}
		noError(t, s.Raw().Clear(t.Context()))
	}
	if _, err := mongo.Open(t.Context(), mongo.Options{URI: mongotest.URI(t), Database: name}); !errors.Is(err, mongo.ErrStoreKeyMissing) {
		t.Fatal(err)
	}
}

// TestLineCut: the line to the server breaks before the journal is written, or
// before it is applied. The call tells which, and the process goes on with
// what holds once the line is mended.
func TestLineCut(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for at := range 2 {
		uri, p := throughProxy(t, mongotest.URI(t))
		if p == nil {
			t.Skip("the server is a cluster: no proxy can stand before it")
		}
		writes := -1
		s := openAt(t, mongo.Options{URI: strings.Replace(uri, "3000", "1500", 1), Database: mongotest.Database(t), BeforeWrite: func(string) {
			if writes == at {
				p.cut()
			}
			if writes >= 0 {
				writes++
			}
		}})
		d := s.Devices()
		doubts := 0
		d.OnDoubt(func() { doubts++ })
		noError(t, d.Put(ctx, sessionID(0), session(10)))
		doubts, writes = 0, 0
		err := d.Batch(ctx, func(ctx context.Context) error {
			return errors.Join(d.Put(ctx, sessionID(0), session(0)), d.Put(ctx, sessionID(1), session(1)))
		})
		if at == 0 && !errors.Is(err, storage.ErrUnavailable) || at == 1 && err != nil {
			t.Fatalf("cut before write %d: %v", at, err)
		}
		writes = -1
		if _, err := d.Get(ctx, sessionID(0), new(devicestate.Session)); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("cut before write %d: a read gives %v", at, err)
		}
		if err := d.Put(ctx, sessionID(2), session(2)); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("cut before write %d: a write gives %v", at, err)
		}
		p.mend()
		want := [][2]string{{"rahasia 10", ""}, {"rahasia 0", "rahasia 1"}}[at]
		for n, text := range want {
			var got devicestate.Session
			if _, err := d.Get(ctx, sessionID(n), &got); err != nil || string(got.Record) != text {
				t.Errorf("cut before write %d: session %d is %q, want %q: %v", at, n, got.Record, text, err)
			}
		}
		if doubts == 0 {
			t.Error("what is remembered was not dropped")
		}
		noError(t, d.Put(ctx, sessionID(0), session(3)))
	}
}
