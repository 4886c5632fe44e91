package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/whatsapp"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/devicestore"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// rates measures the channel against the local server in this process, and the
// device stores. Take them without the race detector.
func rates(ctx context.Context, args []string, out io.Writer) (err error) {
	f := flag.NewFlagSet("rates", flag.ExitOnError)
	contacts := f.Int("contacts", 1000, "people who are written to")
	messages := f.Int("messages", 2000, "messages after that")
	span := f.Duration("span", 3*time.Second, "how long each operation of a store is tried")
	_ = f.Parse(args)
	dir, err := os.MkdirTemp("", "emileku-rates-")
	if err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	base, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(dir, "emileku.db"), Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.Close()) }()
	if err := base.Migrate(ctx); err != nil {
		return err
	}
	driver, source := base.Address()
	devices, err := whatsapp.OpenSQLite(ctx, driver, source, zerolog.Nop())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, devices.Close()) }()
	fmt.Fprintf(out, "%s/%s, %d CPUs\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if err := overLine(ctx, out, devices, *contacts, *messages); err != nil {
		return err
	}
	if err := ofStore(ctx, out, "sqlstore (SQLite, WAL)", devices, *span); err != nil {
		return err
	}
	uri := os.Getenv("MONGODB_TEST_URI")
	if uri == "" {
		fmt.Fprintln(out, "devicestore (MongoDB): not measured; set MONGODB_TEST_URI")
		return nil
	}
	return ofMongo(ctx, out, uri, *span)
}

func ofMongo(ctx context.Context, out io.Writer, uri string, span time.Duration) (err error) {
	s, err := mongo.Open(ctx, mongo.Options{URI: uri, Database: "emileku_drill_rates", StoreKey: "rates-of-the-device-store-0123456789"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	devices := devicestore.New(s, zerolog.Nop())
	if err := devices.TakeCharge(ctx); err != nil {
		return err
	}
	srv, err := wafake.New(wafake.Options{})
	if err != nil {
		return err
	}
	defer srv.Close()
	if _, err := srv.NewAccount("628118300001").NewPairedDevice(ctx, devices); err != nil {
		return err
	}
	return ofStore(ctx, out, "devicestore ("+s.Describe()+", encrypted)", devices, span)
}

// overLine sends through the channel: first messages, which begin a session
// each, then more to the same people.
func overLine(ctx context.Context, out io.Writer, devices interface {
	whatsapp.DeviceStore
	wafake.Container
}, contacts, messages int,
) (err error) {
	srv, err := wafake.New(wafake.Options{})
	if err != nil {
		return err
	}
	defer srv.Close()
	srv.TrustRoot()
	account := srv.NewAccount("628118300001")
	if _, err := account.NewPairedDevice(ctx, devices); err != nil {
		return err
	}
	wa, err := whatsapp.New(whatsapp.Options{Devices: devices, HTTP: srv.HTTPClient(), Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	sink := &counter{got: make(chan struct{}, contacts+1)}
	go func() { ended <- wa.Run(run, sink) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	if err := account.Connected(ctx); err != nil {
		return err
	}
	people := make([]*wafake.Person, contacts)
	for i := range people {
		people[i] = srv.AddPerson(fmt.Sprintf("62813%08d", i), fmt.Sprintf("Warga %d", i))
	}
	before := heap()
	begun := time.Now()
	if err := sendAll(ctx, wa, people, contacts); err != nil {
		return err
	}
	tell(out, "first messages, each beginning a session", contacts, begun)
	after := heap()
	// The local server and its people are in this process, too: an upper bound.
	fmt.Fprintf(out, "%-52s %9.0f KiB (the simulated phones included)\n", "memory per 1,000 contacts", float64(after-before)/1024*1000/float64(contacts))
	begun = time.Now()
	if err := sendAll(ctx, wa, people, messages); err != nil {
		return err
	}
	tell(out, "messages in sessions that exist", messages, begun)
	begun = time.Now()
	for _, p := range people {
		p.Send(account, "daftar")
	}
	for range people {
		select {
		case <-sink.got:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	tell(out, "messages received", contacts, begun)
	return srv.Settle(ctx)
}

// sendAll sends so many messages, as many at a time as the outbox would.
func sendAll(ctx context.Context, wa *whatsapp.Channel, people []*wafake.Person, n int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i := range n {
		g.Go(func() error {
			to := channel.Chat{Channel: channel.WhatsApp, ID: people[i%len(people)].LID().String()}
			_, err := wa.Send(ctx, to, wa.NewMessageID(), channel.Outbound{Text: "Terima kasih, Bapak/Ibu. Apa nama usahanya?"})
			return err
		})
	}
	return g.Wait()
}

// counter is a sink that counts.
type counter struct{ got chan struct{} }

func (c *counter) Accept(context.Context, channel.Inbound) error {
	c.got <- struct{}{}
	return nil
}

func (c *counter) Receipt(context.Context, channel.Receipt) error { return nil }

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func tell(out io.Writer, what string, n int, begun time.Time) {
	fmt.Fprintf(out, "%-52s %9.0f/s\n", what, float64(n)/time.Since(begun).Seconds())
}

// ofStore measures operations of the linked device's store.
func ofStore(ctx context.Context, out io.Writer, name string, devices whatsapp.DeviceStore, span time.Duration) error {
	d, err := devices.GetFirstDevice(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, name)
	record := make([]byte, 1200) // a session after some messages
	for i := range record {
		record[i] = byte(i)
	}
	jid := func(i int) types.JID { return types.NewJID(fmt.Sprintf("19%013d", i%1000), types.HiddenUserServer) }
	for _, op := range []struct {
		name string
		do   func(i int) error
	}{
		{"put a session", func(i int) error {
			binary.BigEndian.PutUint64(record, uint64(i)) // what is as before is not written
			return d.Sessions.PutSession(ctx, jid(i).SignalAddress().String(), record)
		}},
		{"get a session", func(i int) error {
			_, err := d.Sessions.GetSession(ctx, jid(i).SignalAddress().String())
			return err
		}},
		{"put an identity", func(i int) error {
			return d.Identities.PutIdentity(ctx, jid(i).SignalAddress().String(), [32]byte(record))
		}},
		{"put a push name", func(i int) error {
			_, _, err := d.Contacts.PutPushName(ctx, jid(i), fmt.Sprint("Warga ", i))
			return err
		}},
		{"put a privacy token", func(i int) error {
			return d.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: jid(i), Token: record[:16], Timestamp: time.Now()})
		}},
	} {
		n, begun := 0, time.Now()
		for time.Since(begun) < span {
			if err := op.do(n); err != nil {
				return fmt.Errorf("%s: %w", op.name, err)
			}
			n++
		}
		tell(out, "  "+op.name, n, begun)
	}
	return nil
}
