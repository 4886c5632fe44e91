package transcript

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/whatsapp"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
	"github.com/diskopukm/emileku/scheduler/outbox"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// Phones is a World whose network is real: the WhatsApp adapter with the real
// client and the outbox's sender, against a local WhatsApp server. Scripts read
// the same as in a House without buttons.
type Phones struct {
	*House
	rows
	server  *wafake.Server
	account *wafake.Account
	team    *wafake.Group
	founder *wafake.Person // is in the group from the start
	persons map[string]*wafake.Person
	members map[string]bool   // who is in the group
	said    map[string]string // the person's latest message
}

// botNumber is the office's phone in scripts.
const botNumber = "6285100000001"

// NewPhones opens a World on WhatsApp that ends with the test.
func NewPhones(t *testing.T) *Phones {
	t.Helper()
	server, err := wafake.New(wafake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server.TrustRoot()
	w := &Phones{
		House: newHouse(t, Plain()), server: server, account: server.NewAccount(botNumber), rows: newRows(),
		persons: map[string]*wafake.Person{}, members: map[string]bool{},
		said: map[string]string{},
	}
	t.Cleanup(func() { // runs before newHouse's own: the bot ends while its server is there
		w.settle()
		w.stop()
		w.stop = func() {}
		server.Close()
		if err := server.Err(); err != nil {
			t.Error(err)
		}
	})
	w.net, w.wake = w, func() { w.sender.Wake() }
	w.founder = server.AddPerson("628990000001", "Pendiri")
	w.team = server.NewGroup("Tim E-MILE KU", w.founder, w.account)
	w.names[w.team.JID().String()] = groupID
	w.open()
	return w
}

// Person is somebody in the script, on WhatsApp.
func (w *Phones) Person(who string) *wafake.Person { return w.person(who) }

// Account is the office's, to write to.
func (w *Phones) Account() *wafake.Account { return w.account }

// Server is the other side of the network, for faults.
func (w *Phones) Server() *wafake.Server { return w.server }

// ended is a channel that tells when it has ended.
type ended struct {
	*whatsapp.Channel
	done chan struct{}
}

// Run implements channel.Channel.
func (e ended) Run(ctx context.Context, sink channel.Sink) error {
	defer close(e.done)
	return e.Channel.Run(ctx, sink)
}

func (w *Phones) connect(h *House) (channel.Channel, []func(context.Context) error, error) {
	driver, source := h.store.(*sqlite.Store).Address()
	h.store = watched{h.store, w.written}
	devices, err := whatsapp.OpenSQLite(h.t.Context(), driver, source, h.log())
	if err != nil {
		return nil, nil, err
	}
	if len(w.account.Devices()) == 0 {
		if _, err := w.account.NewPairedDevice(h.t.Context(), devices); err != nil {
			return nil, nil, err
		}
	}
	wa, err := whatsapp.New(whatsapp.Options{
		Devices: devices, HTTP: w.server.HTTPClient(), Log: h.log(), RetryMin: 5 * time.Millisecond, RetryMax: 50 * time.Millisecond,
	})
	if err != nil {
		return nil, nil, err
	}
	if _, err := wa.Check(h.t.Context()); err != nil { // from here on it can make links
		return nil, nil, err
	}
	ch := ended{wa, make(chan struct{})}
	w.sender = outbox.New(outbox.Options{
		Store: h.store, Channels: []channel.Channel{ch}, Event: h.clock, TakeOver: true, Log: h.log(),
		Limits: map[channel.Name]outbox.Limits{channel.WhatsApp: {}},
	})
	closing := func(context.Context) error {
		<-ch.done
		return devices.Close()
	}
	return ch, []func(context.Context) error{w.sender.Run, closing}, nil
}

func (w *Phones) person(who string) *wafake.Person {
	p := w.persons[who]
	if p == nil {
		p = w.server.AddPerson(phoneOf(who), strings.ToUpper(who[:1])+who[1:])
		w.persons[who] = p
		w.names[p.LID().String()] = who
	}
	return p
}

func (w *Phones) address(who string) (channel.Chat, channel.Sender) {
	p := w.person(who)
	id := p.LID().String()
	return channel.Chat{Channel: channel.WhatsApp, ID: id}, channel.Sender{ID: id, AltID: p.PN().String(), Name: p.Name(), Phone: phoneOf(who)}
}

func (w *Phones) group() channel.Chat {
	return channel.Chat{Channel: channel.WhatsApp, ID: w.team.JID().String()}
}

// settle waits until the client has read all that the server sent: a frame left
// on the way would leave a goroutine of the library behind.
func (w *Phones) settle() {
	ctx, cancel := context.WithTimeout(context.Background(), settleWithin)
	defer cancel()
	if err := w.server.Settle(ctx); err != nil {
		w.t.Error(err)
	}
}

// Direct implements World.
func (w *Phones) Direct(text string) error {
	if strings.HasPrefix(text, "mulai") {
		w.settle()
	}
	if rest, ok := strings.CutPrefix(text, "peran "); ok { // who is of the team is in its group
		w.join(strings.Fields(rest)[0])
	}
	return w.House.Direct(text)
}

// Say implements World.
func (w *Phones) Say(who, room, text string) error {
	w.step()
	p := w.person(who)
	var to wafake.Recipient = w.account
	if room != "" {
		to = w.team
		w.join(who)
		if rest, ok := strings.CutPrefix(text, "^ "); ok {
			return w.reply(p, rest)
		}
	}
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") {
		name, arg, _ := strings.Cut(text[1:len(text)-1], " ")
		known, err := w.sayOther(p, to, who, name, arg)
		if known || err != nil {
			return err
		}
	}
	w.said[who] = p.Send(to, text)
	return nil
}

func (w *Phones) join(who string) {
	if !w.members[who] {
		w.members[who] = true
		w.team.Add(w.person(who))
	}
}

// reply answers the bot's latest message in the group.
func (w *Phones) reply(p *wafake.Person, text string) error {
	inbox := p.Inbox()
	for i := len(inbox) - 1; i >= 0; i-- {
		if inbox[i].Group == w.team && inbox[i].From == w.account.Phone() {
			p.ReplyTo(inbox[i], w.team, text)
			return nil
		}
	}
	return fmt.Errorf("the bot has not written in the group")
}

// sayOther sends what is no text; known is false for a text in brackets.
func (w *Phones) sayOther(p *wafake.Person, to wafake.Recipient, who, name, arg string) (known bool, err error) {
	media := func(m wafake.Media) (bool, error) {
		_, err := p.SendMedia(to, m)
		return true, err
	}
	switch name {
	case "stiker":
		return media(wafake.Media{Kind: wafake.Sticker, MIME: "image/webp", Data: []byte("stiker")})
	case "suara":
		return media(wafake.Media{Kind: wafake.Voice, MIME: "audio/ogg", Data: []byte("suara")})
	case "lokasi":
		p.SendPlace(to, wafake.Place{Latitude: -6.48, Longitude: 106.85})
	case "foto":
		data, err := photoBytes()
		if err != nil {
			return true, err
		}
		return media(wafake.Media{Kind: wafake.Image, MIME: "image/png", Data: data, Caption: arg})
	case "berkas":
		data, err := fileBytes(arg)
		if err != nil {
			return true, err
		}
		return media(wafake.Media{Kind: wafake.Document, Name: arg, MIME: "application/octet-stream", Data: data})
	case "kontak":
		if arg == "" {
			p.SendContact(to, p.Name(), "0812-3456-7890")
		} else {
			p.SendContact(to, strings.ToUpper(arg[:1])+arg[1:], phoneOf(arg))
		}
	case "sunting":
		if w.said[who] == "" {
			return true, fmt.Errorf("%s has written nothing that could be edited", who)
		}
		p.Edit(to, w.said[who], arg)
	default:
		return false, nil
	}
	return true, nil
}

// Seen implements World.
func (w *Phones) Seen(who, room string) ([]Message, error) { return w.look(w.House, w, who, room) }

// taken waits until the bot has acknowledged all that came.
func (w *Phones) taken(ctx context.Context) error {
	for {
		changed := w.server.Changed()
		if w.account.Pending() == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the bot leaves %d stanzas: %w", w.account.Pending(), ctx.Err())
		}
	}
}

// inbox is what is seen of the bot in a chat.
func (w *Phones) inbox(chat string) []wafake.Message {
	name := w.names[chat]
	p, group := w.persons[name], name == groupID
	if group {
		p = w.founder
	}
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(p.Inbox(), func(m wafake.Message) bool {
		return m.From != w.account.Phone() || (m.Group != nil) != group || m.Poll != nil
	})
}

// links are those that open the chat with the bot, as the fake makes them; one
// may stand in the text that another fills in.
var links = func() *strings.Replacer {
	const bare, fake = "https://wa.me/" + botNumber + "?text=Halo%20E-MILE%20KU", "https://fake.invalid/fake_bot?start="
	const full = bare + "%2C%20kode%20"
	return strings.NewReplacer(full, fake, url.QueryEscape(full), url.QueryEscape(fake), bare, fake)
}()

// shownAs is what a person sees of a row.
func (w *Phones) shownAs(row storage.Message) (Message, error) {
	all := w.inbox(row.Chat.ID)
	i := slices.IndexFunc(all, func(m wafake.Message) bool { return m.ID == row.MessageID })
	if i < 0 {
		return Message{}, fmt.Errorf("row %s is sent as message %s, which nobody sees", row.ID, row.MessageID)
	}
	m := all[i]
	out := Message{Text: links.Replace(wafake.Show(m.Text).Text)}
	if f := m.Media; f != nil {
		out.File = "berkas " + f.Name
		if f.Kind == wafake.Image { // WhatsApp passes no name on
			out.File = "gambar " + row.Body.File.Name
		}
	}
	return out, nil
}

// nothingElse reports messages that no row stands for, such as copies.
func (w *Phones) nothingElse() error {
	for id, name := range w.names {
		if n := len(w.inbox(id)); n != w.matched[id] {
			return fmt.Errorf("%s sees %d messages, and the outbox sent %d", name, n, w.matched[id])
		}
	}
	return nil
}

// Clock implements World.
func (w *Phones) Clock(text string) error {
	defer w.sender.Wake()
	return w.House.Clock(text)
}

var _ World = (*Phones)(nil)
