package devicestore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	waLog "go.mau.fi/whatsmeow/util/log"
	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/devicestore"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
	_ "github.com/diskopukm/emileku/storage/sqlite" // the driver that sqlstore runs on
	"github.com/diskopukm/emileku/storage/storagetest"
)

func TestMain(m *testing.M) {
	// libsignal sets up its logger with the first signature, without a lock.
	keys.NewKeyPair().CreateSignedPreKey(1)
	goleak.VerifyTestMain(m)
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// container is what both implementations offer.
type container interface {
	store.DeviceContainer
	NewDevice() *store.Device
	GetFirstDevice(ctx context.Context) (*store.Device, error)
	GetAllDevices(ctx context.Context) ([]*store.Device, error)
	GetDevice(ctx context.Context, jid types.JID) (*store.Device, error)
}

var (
	_ container       = (*sqlstore.Container)(nil)
	_ container       = (*devicestore.Container)(nil)
	_ store.AllStores = allStores{}
)

// allStores: every interface that whatsmeow stores through is implemented.
type allStores struct {
	*devicestore.Store
	*devicestore.LIDMap
}

// process is one run of the program on a database; it can die before a write.
type process struct {
	*devicestore.Container
	store *mongo.Store
	dieAt atomic.Int64 // 1: the next write dies; 0: none does
	ops   []string     // while counting
	count bool
}

func (p *process) beforeWrite(op string) {
	if p.count {
		p.ops = append(p.ops, op)
	}
	if n := p.dieAt.Load(); n > 0 && p.dieAt.Add(-1) == 0 {
		panic(storagetest.Died{})
	}
}

// open opens the database without taking charge.
func open(t testing.TB, database, key string) (*process, error) {
	t.Helper()
	p := &process{}
	s, err := mongo.Open(t.Context(), mongo.Options{URI: mongotest.URI(t), Database: database, StoreKey: key, BeforeWrite: p.beforeWrite})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = s.Close() })
	p.store = s
	return p, nil
}

// start opens the database and takes charge.
func start(t testing.TB, database, key string) *process {
	t.Helper()
	p, err := open(t, database, key)
	noError(t, err)
	p.Container = devicestore.New(p.store, zerolog.Nop())
	noError(t, p.TakeCharge(t.Context()))
	return p
}

func sqlContainer(t testing.TB) *sqlstore.Container {
	t.Helper()
	path := filepath.Join(t.TempDir(), "devices.db")
	dsn := "file:" + path + "?_txlock=immediate&_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	c, err := sqlstore.New(t.Context(), "sqlite", dsn, waLog.Noop)
	noError(t, err)
	t.Cleanup(func() { noError(t, c.Close()) })
	return c
}

var ourJID = types.JID{User: "628111000111", Device: 7, Server: types.DefaultUserServer}

// linked saves a device as pairing does.
func linked(t testing.TB, c container) *store.Device {
	t.Helper()
	d := c.NewDevice()
	jid := ourJID
	d.ID = &jid
	d.LID = types.JID{User: "9000111", Device: 7, Server: types.HiddenUserServer}
	d.Account = &waAdv.ADVSignedDeviceIdentity{
		Details: []byte("details"), AccountSignature: make([]byte, 64), AccountSignatureKey: make([]byte, 32), DeviceSignature: make([]byte, 64),
	}
	d.Platform, d.PushName = "android", "Diskopukm"
	noError(t, d.Save(t.Context()))
	return d
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

// behind is the collection as the driver sees it.
func behind(t testing.TB, database string) *driver.Collection {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(mongotest.URI(t)))
	noError(t, err)
	t.Cleanup(func() { noError(t, client.Disconnect(context.Background())) })
	return client.Database(database).Collection("whatsapp")
}

// documents are all values in the database, by ID, without what differs from
// run to run.
func documents(t testing.TB, coll *driver.Collection) map[string]string {
	t.Helper()
	cur, err := coll.Find(t.Context(), bson.D{})
	noError(t, err)
	var docs []bson.M
	noError(t, cur.All(t.Context(), &docs))
	out := map[string]string{}
	for _, d := range docs {
		if v, ok := d["v"]; ok {
			id := d["_id"].(string)
			out[id] = masked(id, v)
		}
	}
	return out
}

// dump is what a backup of the devices would hold, and the ratchets.
func dump(t testing.TB, s storage.Store) string {
	t.Helper()
	var b strings.Builder
	noError(t, s.Raw().Each(t.Context(), "whatsapp", func(_ string, doc json.RawMessage) error {
		b.Write(doc)
		b.WriteByte('\n')
		return nil
	}))
	return b.String()
}

// masked hides made-up secrets and the time of day.
func masked(id string, v any) string {
	text := fmt.Sprint(v)
	_, kind, _ := devicestate.Split(id)
	switch kind {
	case devicestate.KindDevice:
		return "a device"
	case devicestate.KindPreKey:
		return madeUp.ReplaceAllString(text, "$1…")
	case devicestate.KindEvent:
		return timeOfDay.ReplaceAllString(text, "$1…")
	}
	return text
}

var (
	madeUp    = regexp.MustCompile(`("key":)"[^"]+"`)
	timeOfDay = regexp.MustCompile(`("insertTime":)\d+`)
)
