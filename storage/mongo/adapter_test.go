package mongo_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
	"github.com/diskopukm/emileku/storage/storagetest"
)

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openAt(t *testing.T, o mongo.Options) *mongo.Store {
	t.Helper()
	s, err := mongo.Open(t.Context(), o)
	noError(t, err)
	t.Cleanup(func() { noError(t, s.Close()) })
	return s
}

// behind is the database as the driver sees it.
func behind(t *testing.T, name string) *driver.Database {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(mongotest.URI(t)))
	noError(t, err)
	t.Cleanup(func() { noError(t, client.Disconnect(context.Background())) })
	return client.Database(name)
}

// TestMigrateInterrupted kills Migrate before each of its writes in turn; the
// next run completes it.
func TestMigrateInterrupted(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		name := mongotest.Database(t)
		var l line
		l.dieAt.Store(int64(n))
		s := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: name, BeforeWrite: l.beforeWrite})
		died := dies(func() { noError(t, s.Migrate(t.Context())) })
		again := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: name})
		noError(t, again.Migrate(t.Context()))
		var schema struct{ Version int }
		noError(t, behind(t, name).Collection("schema").FindOne(t.Context(), bson.D{}).Decode(&schema))
		if schema.Version != 3 {
			t.Fatalf("schema %d", schema.Version)
		}
		reg := &event.Registration{ID: "a", Key: "k", Number: "n"}
		_, err := again.Registrations().Insert(t.Context(), reg)
		noError(t, err)
		if _, err := again.Registrations().Insert(t.Context(), &event.Registration{ID: "b", Key: "k", Number: "m"}); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("killed before write %d: the key is not unique: %v", n, err)
		}
		if !died {
			if n < 5 {
				t.Fatalf("Migrate made %d writes only", n-1)
			}
			return
		}
	}
}

func dies(do func()) (died bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, died = p.(storagetest.Died); !died {
				panic(p)
			}
		}
	}()
	do()
	return false
}

func TestMigrateRefusesNewer(t *testing.T) {
	t.Parallel()
	name := mongotest.Database(t)
	s := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: name})
	_, err := behind(t, name).Collection("schema").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "schema"}, {Key: "version", Value: 99}})
	noError(t, err)
	if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Fatal(err)
	}
}

// TestPutKilled kills the replacing of a file before each of its writes: what
// is there is the old file or the new one, and the next start sweeps up.
func TestPutKilled(t *testing.T) {
	t.Parallel()
	before, after := bytes.Repeat([]byte("lama"), 300<<10), bytes.Repeat([]byte("baru!"), 500<<10)
	for n := 1; ; n++ {
		name := mongotest.Database(t)
		var l line
		s := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: name, BeforeWrite: l.beforeWrite})
		noError(t, s.Migrate(t.Context()))
		noError(t, s.Media().Put(t.Context(), storage.Blob{ID: "foto/1"}, before))
		l.dieAt.Store(int64(n))
		died := dies(func() { noError(t, s.Media().Put(t.Context(), storage.Blob{ID: "foto/1"}, after)) })
		l.dieAt.Store(0)
		_, data, err := s.Media().Get(t.Context(), "foto/1")
		noError(t, err)
		if !bytes.Equal(data, before) && !bytes.Equal(data, after) || !died && !bytes.Equal(data, after) {
			t.Fatalf("killed before write %d: %d bytes, neither the old nor the new ones", n, len(data))
		}
		noError(t, s.Media().Put(t.Context(), storage.Blob{ID: "foto/1"}, after))
		noError(t, s.Media().Delete(t.Context(), "foto/1"))
		if !died {
			left, err := behind(t, name).Collection("media_chunks").CountDocuments(t.Context(), bson.D{})
			noError(t, err)
			if n < 5 || left != 0 {
				t.Fatalf("after %d writes and a deletion %d chunks are left", n-1, left)
			}
			return
		}
	}
}

func TestMigrateSweepsOrphans(t *testing.T) {
	t.Parallel()
	name := mongotest.Database(t)
	s := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: name})
	noError(t, s.Migrate(t.Context()))
	noError(t, s.Media().Put(t.Context(), storage.Blob{ID: "foto/1"}, []byte("isi")))
	chunks := behind(t, name).Collection("media_chunks")
	day := bson.NewObjectIDFromTimestamp(time.Now().Add(-24 * time.Hour)).Hex()
	fresh := bson.NewObjectIDFromTimestamp(time.Now()).Hex()
	_, err := chunks.InsertMany(t.Context(), []bson.D{
		{{Key: "_id", Value: day + "/000000"}}, {{Key: "_id", Value: day + "/000001"}}, {{Key: "_id", Value: fresh + "/000000"}},
	})
	noError(t, err)
	noError(t, s.Migrate(t.Context()))
	n, err := chunks.CountDocuments(t.Context(), bson.D{})
	noError(t, err)
	if n != 2 { // that of foto/1, and the one of a Put that may be under way
		t.Fatalf("%d chunks are left, want 2", n)
	}
	_, data, err := s.Media().Get(t.Context(), "foto/1")
	noError(t, err)
	if string(data) != "isi" {
		t.Fatalf("the file holds %q", data)
	}
}

// TestSilentServer: a server that takes what it is sent and never answers.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	uri, p := throughProxy(t, mongotest.URI(t))
	if p == nil {
		t.Skip("the server is a cluster: no proxy can stand before it")
	}
	s := openAt(t, mongo.Options{URI: uri + "&timeoutMS=1500", Database: mongotest.Database(t)})
	noError(t, s.Migrate(t.Context()))
	speak := p.silence()
	speakOnce := sync.OnceFunc(speak)
	t.Cleanup(speakOnce)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Chats().Get(ctx, "telegram:1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("with a deadline: %v", err)
	}
	_, err := s.Outbox().Add(t.Context(), storage.Message{ID: "a"})
	if !errors.Is(err, storage.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("without a deadline: %v", err)
	}
	speakOnce()
	if _, err := s.Inbox().Add(t.Context(), channel.Inbound{ID: "telegram:u:1"}, time.Now()); err != nil {
		t.Fatalf("once it answers again: %v", err)
	}
}

func TestOpenTellsWhy(t *testing.T) {
	t.Parallel()
	uri, p := throughProxy(t, mongotest.URI(t))
	if p == nil {
		t.Skip("the server is a cluster: no proxy can stand before it")
	}
	if mongotest.Real() {
		t.Skip("the server may be one without passwords")
	}
	uri = strings.Replace(uri, "3000", "300", 1)
	_, err := mongo.Open(t.Context(), mongo.Options{URI: strings.Replace(uri, "://", "://budi:rahasia@", 1)})
	if err == nil || errors.Is(err, storage.ErrUnavailable) || strings.Contains(err.Error(), "rahasia") || !strings.Contains(err.Error(), "AuthenticationFailed") {
		t.Fatalf("credentials refused: %v", err)
	}
	p.cut()
	_, err = mongo.Open(t.Context(), mongo.Options{URI: strings.Replace(uri, "://", "://budi:rahasia@", 1)})
	if !errors.Is(err, storage.ErrUnavailable) || strings.Contains(err.Error(), "rahasia") {
		t.Fatalf("nobody there: %v", err)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	s := mongotest.Open(t)
	d := s.Describe()
	if !strings.Contains(d, "database emileku_test_") || !strings.Contains(d, " at ") || strings.Contains(d, "@") {
		t.Fatal(d)
	}
}

// TestBeforeWriteSeesAll: every changing method passes the hook, no reading
// one does.
func TestBeforeWriteSeesAll(t *testing.T) {
	t.Parallel()
	var ops []string
	s := openAt(t, mongo.Options{URI: mongotest.URI(t), Database: mongotest.Database(t), BeforeWrite: func(op string) { ops = append(ops, op) }})
	noError(t, s.Migrate(t.Context()))
	ctx := t.Context()
	ops = nil
	c := &storage.Chat{ID: "web:1", Pending: []storage.Message{{ID: "in/1/1"}}}
	noError(t, s.Chats().Save(ctx, c))
	noError(t, s.Chats().Flush(ctx, c, "web:u:1"))
	_, err := s.Outbox().Claim(ctx, "in/1/1", "t", time.Now(), "")
	noError(t, err)
	_, err = s.Outbox().Counts(ctx)
	noError(t, err)
	noError(t, s.Chats().Delete(ctx, c.ID))
	want := "chats.insert outbox.insert chats.update inbox.update outbox.findAndModify chats.delete"
	if got := strings.Join(ops, " "); got != want {
		t.Fatalf("\n got %s\nwant %s", got, want)
	}
}

// TestBrokenText: bytes that are no UTF-8 do no harm wherever they come in.
func TestBrokenText(t *testing.T) {
	t.Parallel()
	const broken, mended = "a\xff\xfeb", "a\ufffd\ufffdb"
	s, ctx := mongotest.Open(t), t.Context()
	_, err := s.Outbox().Add(ctx, storage.Message{ID: broken, Body: channel.Outbound{Text: broken}})
	noError(t, err)
	noError(t, s.Outbox().Drop(ctx, broken, storage.Failed, broken))
	m, err := s.Outbox().Get(ctx, broken)
	noError(t, err)
	if m.ID != mended || m.Body.Text != mended || m.LastError != mended {
		t.Fatalf("%+v", m)
	}
	noError(t, s.People().Save(ctx, &event.Person{ID: "a", Accounts: []event.Account{{Key: "k", Username: broken}}}))
	if ps, err := s.People().ByUsername(ctx, broken); len(ps) != 1 || err != nil {
		t.Fatal(ps, err)
	}
	noError(t, s.Settings().Put(ctx, broken, broken))
	var got string
	noError(t, s.Settings().Get(ctx, broken, &got))
	if got != mended {
		t.Fatalf("%q", got)
	}
}

// TestPeopleWithoutAccounts: invitees may have none yet.
func TestPeopleWithoutAccounts(t *testing.T) {
	t.Parallel()
	s := mongotest.Open(t)
	for _, p := range []*event.Person{{ID: "a"}, {ID: "b"}, {ID: "c", Accounts: []event.Account{}}} {
		noError(t, s.People().Save(t.Context(), p))
	}
	if n, err := s.People().Count(t.Context()); n != 3 || err != nil {
		t.Fatal(n, err)
	}
}

// TestOneHolderOnePlace: a holder that claims from many sides at once gets
// one place.
func TestOneHolderOnePlace(t *testing.T) {
	t.Parallel()
	s := mongotest.Open(t)
	got := make([]int, 12)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			k, err := s.Places().Claim(t.Context(), "EMK-2027", event.UKM, 5, []string{"a", "b", "c"}[i%3], nil)
			if err != nil {
				t.Error(err)
			}
			got[i] = k
		})
	}
	wg.Wait()
	for i, k := range got {
		if k != got[i%3] {
			t.Fatalf("holder %d has places %d and %d", i%3, k, got[i%3])
		}
	}
	if n, err := s.Places().Taken(t.Context(), "EMK-2027", event.UKM); n != 3 || err != nil {
		t.Fatalf("%d taken, %v", n, err)
	}
}
