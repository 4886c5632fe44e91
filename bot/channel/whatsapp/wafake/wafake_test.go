package wafake_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite" // the store of the client under test

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEndpoint) != "" {
		if err := echo(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

const officePhone = "628118300001"

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func serve(t testing.TB, o wafake.Options) *wafake.Server {
	t.Helper()
	if os.Getenv("WAFAKE_TRACE") != "" {
		o.Trace = func(direction string, n waBinary.Node) { fmt.Println(direction, n.String()) }
	}
	srv, err := wafake.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Err(); err != nil {
			t.Error(err)
		}
		if unknown := srv.Unknown(); len(unknown) > 0 {
			t.Errorf("queries that the server does not know: %v", unknown)
		}
		srv.Close()
	})
	return srv
}

// client is the real client with all that it reported.
type client struct {
	*whatsmeow.Client
	t   testing.TB
	srv *wafake.Server

	mu      sync.Mutex
	events  []any
	changed chan struct{}
	next    map[string]int
	fail    int // handlers that fail yet
}

// dsn opens a store with the settings that whatsmeow needs: without immediate
// transactions a message can fail to decrypt because the writer of names is quicker.
func dsn(path string) string {
	return "file:" + path + "?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(1)&_txlock=immediate"
}

func container(t testing.TB) *sqlstore.Container {
	t.Helper()
	c, err := sqlstore.New(context.Background(), "sqlite", dsn(filepath.Join(t.TempDir(), "wa.db")), waLog.Noop)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newClient(t testing.TB, srv *wafake.Server, device *store.Device) *client {
	t.Helper()
	log := waLog.Noop
	if os.Getenv("WAFAKE_TRACE") != "" {
		log = waLog.Stdout("client", "DEBUG", false)
	}
	c := &client{
		Client: whatsmeow.NewClient(device, log), t: t, srv: srv, changed: make(chan struct{}), next: map[string]int{},
	}
	srv.Use(c.Client)
	ctx, stop := context.WithCancel(context.Background())
	c.BackgroundEventCtx = ctx
	// As the program does, and since the library's own way races with its welcome.
	c.EnableAutoReconnect = false
	c.SynchronousAck = true
	c.EnableDecryptedEventBuffer = true
	c.AddEventHandlerWithSuccessStatus(c.on)
	cut := make(chan struct{}, 1)
	c.AddEventHandler(func(e any) {
		if _, ok := e.(*events.Disconnected); ok {
			select {
			case cut <- struct{}{}:
			default:
			}
		}
	})
	running, hangUp := context.WithCancel(ctx)
	var reconnecting sync.WaitGroup
	reconnecting.Go(func() { c.reconnect(running, cut) })
	t.Cleanup(func() {
		settled, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := srv.Settle(settled); err != nil {
			t.Error(err)
		}
		hangUp()
		reconnecting.Wait()
		c.Disconnect()
		stop()
	})
	return c
}

// reconnect connects anew each time the line was cut.
func (c *client) reconnect(ctx context.Context, cut <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-cut:
		}
		pause := backoff.NewExponentialBackOff()
		pause.InitialInterval = 10 * time.Millisecond
		_, err := backoff.Retry(ctx, func() (struct{}, error) {
			err := c.Connect()
			if errors.Is(err, whatsmeow.ErrAlreadyConnected) {
				err = nil
			}
			return struct{}{}, err
		}, backoff.WithBackOff(pause))
		if err != nil && ctx.Err() == nil {
			c.t.Errorf("the client did not come back: %v", err)
		}
	}
}

func (c *client) on(e any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := e.(*events.Message); ok && c.fail > 0 {
		c.fail--
		return false
	}
	c.events = append(c.events, e)
	close(c.changed)
	c.changed = make(chan struct{})
	return true
}

// expect gives the next event of a type that it has not given yet.
func expect[E any](c *client) E {
	c.t.Helper()
	var zero E
	name := fmt.Sprintf("%T", zero)
	timeout := time.After(2 * time.Minute)
	for {
		c.mu.Lock()
		for i := c.next[name]; i < len(c.events); i++ {
			if e, ok := c.events[i].(E); ok {
				c.next[name] = i + 1
				c.mu.Unlock()
				return e
			}
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.t.Fatalf("no %s came; there were %d events: %T", name, len(c.events), c.events)
		}
	}
}

// count is how many events of a type there were.
func count[E any](c *client) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, e := range c.events {
		if _, ok := e.(E); ok {
			n++
		}
	}
	return n
}

// linked is a client that is paired and logged in.
func linked(t testing.TB, srv *wafake.Server) (*client, *wafake.Account) {
	t.Helper()
	account := srv.NewAccount(officePhone)
	device, err := account.NewPairedDevice(context.Background(), container(t))
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, srv, device)
	c.start()
	return c, account
}

func (c *client) start() {
	c.t.Helper()
	if err := c.Connect(); err != nil {
		c.t.Fatal(err)
	}
	expect[*events.Connected](c)
}

func (c *client) text(to *wafake.Person, text string, id string) whatsmeow.SendResponse {
	c.t.Helper()
	r, err := c.SendMessage(deadline(c.t), to.PN(), &waE2E.Message{Conversation: proto.String(text)},
		whatsmeow.SendRequestExtra{ID: id})
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// message gives the next message with something to read in it.
func (c *client) message() *events.Message {
	c.t.Helper()
	for {
		m := expect[*events.Message](c)
		if m.Message.GetSenderKeyDistributionMessage() == nil || m.Message.GetConversation() != "" {
			if m.Message.GetProtocolMessage().GetAppStateSyncKeyShare() == nil {
				return m
			}
		}
	}
}

func next(t testing.TB, p *wafake.Person) wafake.Message {
	t.Helper()
	m, err := p.WaitMessage(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
