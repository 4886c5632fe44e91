package transcript

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/dialog"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/scheduler"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// Start is the time at which every script begins: H-45 of an event on
// 14 January 2027, 09.00 WIB.
var Start = time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta)

// groupID is the team's group in a script; rooms of other names are groups
// that the bot was put into.
const groupID = "grup"

// House is a World without a network: the fake channel, SQLite, a standing
// clock. What the outbox holds is handed over in its order, one by one, so
// that a script reads the same every time.
type House struct {
	t          *testing.T
	caps       channel.Capabilities
	clock      *clock.Fake
	store      storage.Store
	app        *app.App
	texts      *templates.Renderer
	bot        *bot.Bot
	plan       *scheduler.Planner
	fake       *channeltest.Fake
	beside     *channeltest.Fake     // a second channel, where a script wants one: WhatsApp
	wa         *channeltest.WhatsApp // nil unless a script invites strangers there
	waSent     int
	net        network
	stop       func()
	repliedTo  string    // the message that somebody in a group replied to last
	wake       func()    // nil where nothing sends by itself
	logTo      io.Writer // nil: the test's log
	path       string
	n          int                 // inbound IDs
	sent       int                 // messages of the fake that were looked at
	sentBeside int                 // and of the second channel's
	shown      map[string][]shown  // by chat: what has buttons
	people     map[string]struct{} // who has spoken
}

// network is what lies between a House and its people.
type network interface {
	// connect is called at each start of the program; what it returns runs
	// beside the bot until the program ends.
	connect(h *House) (channel.Channel, []func(context.Context) error, error)
	// address is how the network knows a person who writes in private.
	address(who string) (channel.Chat, channel.Sender)
	group() channel.Chat
}

// shown is a message that a person can press or reply to.
type shown struct {
	id      string
	buttons [][]channel.Button
	text    string
}

// Telegram are the capabilities of a channel with buttons.
func Telegram() channel.Capabilities {
	return channel.Capabilities{Buttons: true, Contact: true, Edit: true, MaxText: 4096, MaxCaption: 1024}
}

// Plain are the capabilities of a channel without buttons that knows the
// sender's number, as WhatsApp.
func Plain() channel.Capabilities {
	return channel.Capabilities{Phone: true, MaxText: 4096, MaxCaption: 1024}
}

// NewHouse opens a World that ends with the test.
func NewHouse(t *testing.T, caps channel.Capabilities) *House {
	t.Helper()
	h := newHouse(t, caps)
	o := channeltest.FakeOptions{Capabilities: caps}
	if caps == Plain() {
		o.Name, o.ChooseIDs = channel.WhatsApp, true
	}
	h.fake = channeltest.NewFake(o)
	h.net = byHand{h.fake}
	h.open()
	return h
}

func newHouse(t *testing.T, caps channel.Capabilities) *House {
	t.Helper()
	texts, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	h := &House{
		t: t, caps: caps, clock: clock.NewFake(Start), texts: texts, path: filepath.Join(t.TempDir(), "emileku.db"),
		shown: map[string][]shown{}, people: map[string]struct{}{}, stop: func() {},
	}
	t.Cleanup(func() { h.stop() })
	return h
}

// byHand is the network of a House whose messages the script hands over.
type byHand struct{ fake *channeltest.Fake }

func (n byHand) connect(*House) (channel.Channel, []func(context.Context) error, error) {
	return n.fake, nil, nil
}

func (n byHand) address(who string) (channel.Chat, channel.Sender) {
	s := channel.Sender{ID: who, Name: strings.ToUpper(who[:1]) + who[1:], Username: who}
	if n.fake.Name() == channel.WhatsApp { // which knows no public handles
		s.Username = ""
	}
	return channel.Chat{Channel: n.fake.Name(), ID: who}, s
}

func (n byHand) group() channel.Chat { return channel.Chat{Channel: n.fake.Name(), ID: groupID} }

// App gives the use cases, for what a script cannot say.
func (h *House) App() *app.App { return h.app }

// Commands lists what the bot can be told with a slash.
func (h *House) Commands() []dialog.Command { return h.bot.Desk().Commands() }

func (h *House) open() {
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlite.Open(ctx, sqlite.Options{Path: h.path, Relaxed: true})
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		cancel()
		h.t.Fatal(err)
	}
	h.store = store
	h.app = app.New(store, h.clock)
	ch, beside, err := h.net.connect(h)
	if err != nil {
		cancel()
		h.t.Fatal(err)
	}
	channels := h.networks(ch)
	h.bot = bot.New(bot.Options{Store: h.store, App: h.app, Texts: h.texts, Channels: channels, Log: h.log(), Wake: h.wake, Version: "test"})
	h.plan = scheduler.New(scheduler.Options{Store: h.store, App: h.app, Voice: h.bot.Desk(), Texts: h.texts, Channels: channels, Log: h.log(), Wake: h.wake})
	parts := append(beside, h.bot.Run)
	for _, ch := range channels {
		parts = append(parts, func(ctx context.Context) error { return ch.Run(ctx, h.bot) })
	}
	ended := make(chan error, len(parts))
	for _, run := range parts {
		go func() { ended <- run(ctx) }()
	}
	h.stop = func() {
		cancel()
		for range parts {
			if err := <-ended; err != nil {
				h.t.Error(err)
			}
		}
		if err := store.Close(); err != nil {
			h.t.Error(err)
		}
	}
}

func (h *House) log() zerolog.Logger {
	if h.logTo != nil {
		return zerolog.New(h.logTo).Level(zerolog.TraceLevel)
	}
	return zerolog.New(zerolog.NewTestWriter(h.t)).Level(zerolog.WarnLevel)
}

// Say implements World.
func (h *House) Say(who, room, text string) error {
	h.n++
	h.step()
	chat, sender := h.net.address(who)
	in := channel.Inbound{
		ID: fmt.Sprintf("t:%d", h.n), Chat: chat, Kind: channel.Text, Text: text,
		Sender: sender, SentAt: h.clock.Now(), MessageID: strconv.Itoa(h.n),
	}
	if h.caps.Phone {
		in.Sender.Phone = phoneOf(who)
	}
	if room == besideRoom {
		return h.sayBeside(in, who)
	}
	if room != "" {
		in.Chat.ID, in.Group, in.ChatTitle = room, true, "Tim E-MILE KU"
		in.Addressed = strings.HasPrefix(text, "/") || strings.Contains(text, "@emileku") || strings.HasPrefix(text, "^")
		if rest, ok := strings.CutPrefix(text, "^ "); ok { // a reply to the bot's latest message
			in.Text, h.repliedTo = rest, h.latest(room)
			in.ReplyTo = &channel.Quote{FromBot: true, MessageID: h.repliedTo}
		}
		if rest, ok := strings.CutPrefix(text, "^^ "); ok { // one more to the same
			in.Text = rest
			in.ReplyTo = &channel.Quote{FromBot: true, MessageID: h.repliedTo}
		}
	}
	if err := h.special(&in, who); err != nil {
		return err
	}
	return h.fake.Receive(h.t.Context(), in)
}

func phoneOf(who string) string {
	sum := 0
	for _, r := range who {
		sum = (sum*31 + int(r)) % 100000
	}
	return fmt.Sprintf("+6281200%05d", sum)
}

// special turns "[Label]" into a press and "(stiker)" into what it names.
func (h *House) special(in *channel.Inbound, who string) error {
	if label, ok := strings.CutPrefix(in.Text, "["); ok && strings.HasSuffix(label, "]") {
		return h.press(in, strings.TrimSuffix(label, "]"))
	}
	inner, ok := strings.CutPrefix(in.Text, "(")
	if !ok || !strings.HasSuffix(inner, ")") {
		return nil
	}
	name, arg, _ := strings.Cut(strings.TrimSuffix(inner, ")"), " ")
	in.Text = ""
	switch name {
	case "stiker":
		in.Kind = channel.Sticker
	case "suara":
		in.Kind = channel.Voice
	case "lokasi":
		in.Kind, in.Location = channel.Place, &channel.Location{Latitude: -6.48, Longitude: 106.85}
	case "foto":
		in.Kind, in.Text, in.Media = channel.Photo, arg, &channel.Media{Ref: "foto", MIME: "image/jpeg"}
		h.fake.PutMedia("foto", []byte("a photo"))
	case "gambar":
		return h.picture(in, arg)
	case "pindai", "jepret":
		return h.scan(in, name, arg)
	case "berkas":
		in.Kind, in.Media = channel.Document, &channel.Media{Ref: "berkas", Name: arg, MIME: "application/octet-stream"}
		data, err := fileBytes(arg)
		if err != nil {
			return err
		}
		h.fake.PutMedia("berkas", data)
	case "kontak":
		in.Kind = channel.Card
		in.Contact = &channel.Contact{Name: in.Sender.Name, Phone: "0812-3456-7890", UserID: who, Own: true}
		if arg != "" {
			in.Contact = &channel.Contact{Name: strings.ToUpper(arg[:1]) + arg[1:], Phone: phoneOf(arg), UserID: arg}
		}
	case "blokir":
		in.Kind = channel.Left
	case "sunting":
		in.Kind, in.Text = channel.Edited, arg
	default:
		return fmt.Errorf("nobody knows how to send %q", name)
	}
	return nil
}

// fileBytes is what a document of that name holds: testdata/files/NAME, or
// nothing in particular where there is none.
func fileBytes(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join("testdata", "files", filepath.Base(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return []byte("a file"), nil
	}
	return data, err
}

// photoBytes is a picture of nothing in particular.
func photoBytes() ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)))
	return b.Bytes(), err
}

func (h *House) press(in *channel.Inbound, label string) error {
	msgs := h.shown[in.Chat.ID]
	for i := len(msgs) - 1; i >= 0; i-- {
		for _, row := range msgs[i].buttons {
			for _, b := range row {
				if b.Label == label {
					in.Kind, in.Text, in.MessageID = channel.Press, b.Value, msgs[i].id
					return nil
				}
			}
		}
	}
	return fmt.Errorf("no message has a button %q", label)
}

func (h *House) latest(chat string) string {
	if msgs := h.shown[chat]; len(msgs) > 0 {
		return msgs[len(msgs)-1].id
	}
	return ""
}

// Seen implements World.
func (h *House) Seen(who, room string) ([]Message, error) {
	if err := h.settle(); err != nil {
		return nil, err
	}
	here := who
	if room != "" {
		here = room
	}
	out := h.seenBeside(who, room)
	if room == besideRoom {
		here = ""
	}
	all := h.fake.Sent()
	for _, s := range all[h.sent:] {
		m := Message{Text: s.Plain(), Contact: s.Message.AskContact}
		if s.Message.Edit != "" {
			m.Text = "(diubah) " + m.Text
		}
		if s.Chat.ID != here {
			m.To = s.Chat.ID
		}
		for _, row := range s.Message.Buttons {
			var labels []string
			for _, b := range row {
				labels = append(labels, b.Label)
			}
			m.Buttons = append(m.Buttons, labels)
		}
		if f := s.Message.File; f != nil {
			m.File = "berkas " + f.Name
			if f.Photo {
				m.File = "gambar " + f.Name
			}
		}
		h.shown[s.Chat.ID] = append(h.shown[s.Chat.ID], shown{s.ID, s.Message.Buttons, m.Text})
		out = append(out, m)
	}
	h.sent = len(all)
	return append(out, h.seenOnWhatsApp()...), nil
}

// settle waits for the bot, lets the planner look, and hands over the outbox.
func (h *House) settle() error {
	ctx, cancel := context.WithTimeout(h.t.Context(), settleWithin)
	defer cancel()
	for {
		if err := h.bot.Idle(ctx); err != nil {
			return fmt.Errorf("the bot is not done: %w", err)
		}
		if err := h.plan.Tick(ctx); err != nil {
			return err
		}
		n, err := h.deliver(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

func (h *House) deliver(ctx context.Context) (n int, err error) {
	for _, ch := range h.networks(h.fake) {
		more, err := h.deliverBy(ctx, ch)
		n += more
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (h *House) deliverBy(ctx context.Context, ch channel.Channel) (n int, err error) {
	later := time.Now().Add(time.Hour)
	for _, lane := range []storage.Lane{storage.LaneAnswer, storage.LaneReminder, storage.LaneBroadcast} {
		rows, err := h.store.Outbox().Due(ctx, ch.Name(), lane, later, 1000)
		if err != nil {
			return n, err
		}
		for _, m := range rows {
			if err := h.deliverOne(ctx, ch, m); err != nil {
				return n, fmt.Errorf("deliver %s: %w", m.ID, err)
			}
			n++
		}
	}
	return n, nil
}

func (h *House) deliverOne(ctx context.Context, ch channel.Channel, m *storage.Message) error {
	m, err := h.store.Outbox().Claim(ctx, m.ID, "t", time.Now().Add(time.Hour), "")
	if err != nil {
		return err
	}
	if f := m.Body.File; f != nil {
		if _, f.Data, err = h.store.Media().Get(ctx, f.Blob); err != nil {
			return err
		}
	}
	if m.Edits != "" && h.caps.Edit {
		if target, err := h.store.Outbox().Get(ctx, m.Edits); err == nil {
			m.Body.Edit = target.MessageID
		}
	}
	id, err := h.hand(ctx, ch, m)
	var failed *channel.SendError
	if errors.As(err, &failed) {
		m.State, m.LastError = storage.Failed, err.Error()
	} else if err != nil {
		return err
	} else {
		now := time.Now().UTC().Truncate(time.Millisecond)
		m.State, m.MessageID, m.SentAt = storage.Sent, id, &now
	}
	return h.store.Outbox().Finish(ctx, m, "t")
}

// step lets a moment pass, so that what happens later has a later time.
func (h *House) step() { h.clock.Set(h.clock.Now().Add(time.Millisecond)) }

// Clock implements World.
func (h *House) Clock(text string) error {
	at, err := when(text, h.clock.Now())
	if err != nil {
		return err
	}
	h.clock.Set(at)
	return nil
}

// Direct implements World.
func (h *House) Direct(text string) error {
	name, arg, _ := strings.Cut(text, " ")
	ctx := h.t.Context()
	switch name {
	case "mulai": // "mulai ulang"
		h.stop()
		h.open()
		return nil
	case "saluran": // "saluran whatsapp": the program runs a second channel
		return h.openBeside(arg)
	case "acara":
		f := strings.Split(arg, "|")
		if len(f) != 3 {
			return fmt.Errorf("an event is: tanggal jam | judul | tempat")
		}
		start, err := when(strings.TrimSpace(f[0]), h.clock.Now())
		if err != nil {
			return err
		}
		_, err = h.app.CreateEvent(ctx, h.script(), app.NewEvent{Title: strings.TrimSpace(f[1]), Start: start, Place: strings.TrimSpace(f[2])})
		return err
	case "kuota":
		return h.quota(ctx, strings.Fields(arg))
	case "tamu":
		return h.guest(ctx, arg)
	case "rombongan":
		return h.guests(ctx, arg)
	case "tolak": // a network that refuses, without saying so before
		chat, _ := h.net.address(strings.TrimSpace(arg))
		h.fake.Block(chat)
		return nil
	case "tiada": // a mail server that knows no such mailbox
		return h.noMailbox(ctx, strings.TrimSpace(arg))
	case "diundang":
		return h.invited(ctx, arg)
	case "peran":
		return h.role(ctx, strings.Fields(arg))
	case "whatsapp":
		return h.whatsapp(arg)
	case "grup":
		return h.app.BindGroup(ctx, h.script(), app.TeamGroup{Chat: h.net.group(), Title: "Tim E-MILE KU"})
	}
	return fmt.Errorf("no directive is called %q", name)
}

// script acts for the script itself.
func (h *House) script() app.Actor {
	h.n++
	return app.Actor{Person: &event.Person{ID: "script", Name: "Naskah"}, Inbound: fmt.Sprintf("script:%d", h.n)}
}

func (h *House) quota(ctx context.Context, f []string) error {
	if len(f) < 2 {
		return fmt.Errorf("a quota is: ukm 2 [kurasi]")
	}
	limit, err := strconv.Atoi(f[1])
	if err != nil {
		return err
	}
	e, err := h.app.Current(ctx)
	if err != nil {
		return err
	}
	_, err = h.app.UpdateEvent(ctx, h.script(), e.ID, "event.quota", "", func(e *event.Event) {
		if e.Quotas == nil {
			e.Quotas = map[event.Audience]event.Quota{}
		}
		e.Quotas[event.Audience(f[0])] = event.Quota{Limit: limit, Curated: len(f) > 2}
	})
	return err
}

func (h *House) role(ctx context.Context, f []string) error {
	roles := map[string]event.Role{"ketua": event.Lead, "anggota": event.Member, "meja": event.FrontDesk, "lihat": event.ReadOnly, "tamu": event.Guest}
	if len(f) != 2 {
		return fmt.Errorf("a role is: rina ketua")
	}
	chat, sender := h.net.address(f[0])
	p, err := h.app.Identify(ctx, channel.Inbound{Chat: chat, Sender: sender})
	if err != nil {
		return err
	}
	_, err = h.app.UpdatePerson(ctx, p.ID, func(p *event.Person) { p.Role = roles[f[1]] })
	return err
}

var _ World = (*House)(nil)
