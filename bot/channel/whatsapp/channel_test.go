package whatsapp

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// TestChannel lets the adapter pass the suite of all channels: the real client
// against a local WhatsApp server.
func TestChannel(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Harness { return newNetwork(t) })
}

const botPhone = "6281110000000"

// network is a WhatsApp server, and the database of a bot that is linked to it.
type network struct {
	t       *testing.T
	srv     *wafake.Server
	account *wafake.Account
	devices *SQLite
	next    atomic.Int64
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	srv, err := wafake.New(wafake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := &network{t: t, srv: srv, account: srv.NewAccount(botPhone)}
	ctx := context.Background()
	db, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(scratch(t), "emileku.db"), Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	driver, source := db.Address()
	if n.devices, err = OpenSQLite(ctx, driver, source, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.srv.Close()
		if err := n.srv.Err(); err != nil {
			t.Error(err)
		}
		if u := n.srv.Unknown(); len(u) > 0 {
			t.Errorf("the server does not know %q", u)
		}
		n.devices.Close()
		db.Close()
	})
	return n
}

// scratch is a folder that goes when the process does. The library's last
// questions to the database may come after the test.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "whatsapp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// linked links a device, as if a code had been scanned earlier.
func (n *network) linked() *network {
	n.t.Helper()
	if _, err := n.account.NewPairedDevice(context.Background(), n.devices); err != nil {
		n.t.Fatal(err)
	}
	return n
}

// channel makes an adapter whose pauses are short.
func (n *network) channel(t *testing.T, change func(*Options)) *Channel {
	t.Helper()
	n.srv.TrustRoot()
	o := Options{
		Devices: n.devices, HTTP: n.srv.HTTPClient(), Log: zerolog.Nop(),
		RetryMin: 10 * time.Millisecond, RetryMax: 100 * time.Millisecond, SendTimeout: 2 * time.Second, LineTimeout: 10 * time.Second,
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (n *network) Connect(t *testing.T) channel.Channel {
	t.Helper()
	if len(n.account.Devices()) == 0 {
		n.linked()
	}
	return n.channel(t, nil)
}

func (n *network) Person(_ *testing.T, name string) channeltest.Person { return n.person(name) }

func (n *network) person(name string) *person {
	return &person{n.srv.AddPerson(fmt.Sprintf("62812%08d", n.next.Add(1)), name), n}
}

func (n *network) FailNext(_ *testing.T, _ channeltest.Person, f channeltest.Failure) bool {
	switch f {
	case channeltest.Refused:
		n.srv.Faults().Refuse(1, 400)
	case channeltest.Broken:
		n.srv.Faults().Refuse(1, 500)
	case channeltest.NoAnswer:
		n.srv.Faults().Mute(1)
	default: // nobody tells us that we are blocked, nor for how long to wait
		return false
	}
	return true
}

// person is somebody on the local WhatsApp.
type person struct {
	*wafake.Person
	net *network
}

func (p *person) UserID() string           { return p.LID().String() }
func (p *person) Chat() channel.Chat       { return chatOf(p.LID()) }
func (p *person) Changed() <-chan struct{} { return p.net.srv.Changed() }

// Typing waits a little: nobody confirms that it was seen.
func (p *person) Typing() int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for {
		changed := p.Changed()
		if n := p.Person.Typing(); n > 0 {
			return n
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0
		}
	}
}

func (p *person) Do(t *testing.T, d channeltest.Deed) (string, bool) {
	t.Helper()
	to := p.net.account
	switch d.Kind {
	case channel.Text:
		if d.ReplyTo != "" {
			for _, m := range p.Inbox() {
				if m.ID == d.ReplyTo {
					return p.ReplyTo(m, to, d.Text), true
				}
			}
			t.Fatalf("%s has no message %s", p.Name(), d.ReplyTo)
		}
		return p.Send(to, d.Text), true
	case channel.Photo:
		return p.media(t, wafake.Media{Kind: wafake.Image, MIME: "image/png", Data: d.Data, Caption: d.Text}), true
	case channel.Document:
		return p.media(t, wafake.Media{Kind: wafake.Document, Name: d.Name, MIME: d.MIME, Data: d.Data, Caption: d.Text}), true
	case channel.Voice:
		return p.media(t, wafake.Media{Kind: wafake.Voice, MIME: "audio/ogg", Data: []byte("suara")}), true
	case channel.Sticker:
		return p.media(t, wafake.Media{Kind: wafake.Sticker, MIME: "image/webp", Data: []byte("stiker")}), true
	case channel.Card:
		return p.SendContact(to, p.Name(), p.Phone()), true
	case channel.Place:
		return p.SendPlace(to, wafake.Place{Latitude: -6.4836, Longitude: 106.8393}), true
	case channel.Edited:
		p.Edit(to, d.Message, d.Text)
		return d.Message, true
	default:
		return "", false
	}
}

func (p *person) media(t *testing.T, m wafake.Media) string {
	t.Helper()
	id, err := p.SendMedia(p.net.account, m)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (p *person) Sees(*testing.T) []channeltest.Seen {
	var out []channeltest.Seen
	for _, m := range p.Inbox() {
		shown := wafake.Show(m.Text)
		s := channeltest.Seen{ID: m.ID, ReplyTo: m.ReplyTo, Text: shown.Text, Bold: shown.Bold, Italic: shown.Italic, Code: shown.Code}
		if m.Media != nil {
			s.Photo, s.FileName, s.Data = m.Media.Kind == wafake.Image, m.Media.Name, m.Media.Data
		}
		out = append(out, s)
	}
	return out
}
