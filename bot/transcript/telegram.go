package transcript

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/telegram"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/scheduler/outbox"
	"github.com/diskopukm/emileku/storage"
)

// Wire is a World whose network is real: the Telegram adapter and the outbox's
// sender, against a Bot API server on loopback. Scripts read the same as in a
// House: messages are shown in the order of their rows, people by their names,
// pictures under the names that Telegram does not pass on, and links to the bot
// as the fake channel makes them.
type Wire struct {
	*House
	rows
	opts    WireOptions
	server  *botapi.Server
	team    *botapi.Group
	persons map[string]*botapi.Person
	said    map[string]int // the person's latest message
}

// teamID is the group of a script on Telegram.
const teamID = -1001234567890

// NewWire opens a World on Telegram that ends with the test.
func NewWire(t *testing.T) *Wire {
	t.Helper()
	return OpenWire(t, WireOptions{})
}

// WireOptions shape a Wire whose network is to fail.
type WireOptions struct {
	CallTimeout time.Duration // how long a call to Telegram may take; 0: 30 s
	Log         io.Writer     // what the program logs, all of it; nil: warnings, in the test's log
}

// OpenWire is NewWire with options.
func OpenWire(t *testing.T, o WireOptions) *Wire {
	t.Helper()
	w := &Wire{
		opts:    o,
		House:   newHouse(t, Telegram()),
		server:  botapi.New(botapi.Options{Username: "emileku", Limits: botapi.NoLimits()}),
		persons: map[string]*botapi.Person{}, said: map[string]int{},
		rows: newRows(),
	}
	t.Cleanup(func() { // runs before newHouse's own: the bot ends while its server is there
		w.stop()
		w.stop = func() {}
		w.server.Close()
	})
	w.net, w.logTo = w, o.Log
	w.wake = func() { w.sender.Wake() }
	w.team = w.server.Supergroup(teamID, "Tim E-MILE KU")
	founder := w.server.Person(7_000_000, "Pendiri", "pendiri")
	founder.In(w.team)
	w.team.AddBot(founder)
	w.names[strconv.Itoa(teamID)] = groupID
	w.open()
	return w
}

// Person is somebody in the script, on Telegram.
func (w *Wire) Person(who string) *botapi.Person { return w.person(who) }

// Server is the other side of the network, for faults.
func (w *Wire) Server() *botapi.Server { return w.server }

func (w *Wire) connect(h *House) (channel.Channel, []func(context.Context) error, error) {
	h.store = watched{h.store, w.written}
	tg, err := telegram.New(telegram.Options{
		Token: w.server.Token(), APIURL: w.server.URL(), Log: h.log(),
		CallTimeout: w.opts.CallTimeout, RetryMin: time.Millisecond, RetryMax: 20 * time.Millisecond,
	})
	if err != nil {
		return nil, nil, err
	}
	if _, err := tg.Check(h.t.Context()); err != nil { // from here on it can make links
		return nil, nil, err
	}
	w.sender = outbox.New(outbox.Options{
		Store: h.store, Channels: []channel.Channel{tg}, Event: h.clock, TakeOver: true, Log: h.log(),
		Limits: map[channel.Name]outbox.Limits{channel.Telegram: {}},
		OnBlocked: func(ctx context.Context, chat channel.Chat, personID string) {
			if err := h.app.MarkBlocked(ctx, chat, personID); err != nil {
				h.t.Error(err)
			}
		},
	})
	closing := func(ctx context.Context) error {
		<-ctx.Done()
		tg.Close()
		return nil
	}
	return tg, []func(context.Context) error{w.sender.Run, closing}, nil
}

func (w *Wire) person(who string) *botapi.Person {
	p := w.persons[who]
	if p == nil {
		p = w.server.Person(7_000_001+int64(len(w.persons)), strings.ToUpper(who[:1])+who[1:], who).Start()
		w.persons[who] = p
		w.names[strconv.FormatInt(p.ID(), 10)] = who
	}
	return p
}

func (w *Wire) address(who string) (channel.Chat, channel.Sender) {
	id := strconv.FormatInt(w.person(who).ID(), 10)
	return channel.Chat{Channel: channel.Telegram, ID: id}, channel.Sender{ID: id, Name: strings.ToUpper(who[:1]) + who[1:], Username: who}
}

func (w *Wire) group() channel.Chat {
	return channel.Chat{Channel: channel.Telegram, ID: strconv.Itoa(teamID)}
}

// Say implements World.
func (w *Wire) Say(who, room, text string) error {
	w.step()
	p := w.person(who)
	voice := p.Speaker
	if room != "" {
		voice = p.In(w.team)
		if rest, ok := strings.CutPrefix(text, "^ "); ok {
			fromBot := w.server.FromBot(teamID)
			if len(fromBot) == 0 {
				return fmt.Errorf("the bot has not written in the group")
			}
			voice.Reply(fromBot[len(fromBot)-1].ID, rest)
			return nil
		}
	}
	switch {
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		_, err := voice.Press(0, text[1:len(text)-1])
		return err
	case strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")"):
		name, arg, _ := strings.Cut(text[1:len(text)-1], " ")
		known, err := w.sayOther(p, voice, who, name, arg)
		if known || err != nil {
			return err
		}
	}
	w.said[who] = voice.Send(text)
	return nil
}

// sayOther sends what is no text; known is false for a text in brackets, such
// as a landline's "(021) …".
func (w *Wire) sayOther(p *botapi.Person, voice *botapi.Speaker, who, name, arg string) (known bool, err error) {
	switch name {
	case "stiker":
		voice.SendSticker()
	case "suara":
		voice.SendVoice()
	case "lokasi":
		voice.SendLocation(-6.48, 106.85)
	case "foto":
		data, err := photoBytes()
		if err != nil {
			return true, err
		}
		voice.SendPhoto(data, arg)
	case "berkas":
		data, err := fileBytes(arg)
		if err != nil {
			return false, err
		}
		voice.SendDocument(arg, "application/octet-stream", data, "")
	case "kontak":
		if arg == "" {
			voice.SendContact(strings.ToUpper(who[:1])+who[1:], "0812-3456-7890", p.ID())
		} else {
			voice.SendContact(strings.ToUpper(arg[:1])+arg[1:], phoneOf(arg), w.person(arg).ID())
		}
	case "blokir":
		p.Block()
	case "sunting":
		if w.said[who] == 0 {
			return true, fmt.Errorf("%s has written nothing that could be edited", who)
		}
		voice.Edit(w.said[who], arg)
	default:
		return false, nil
	}
	return true, nil
}

// Seen implements World.
func (w *Wire) Seen(who, room string) ([]Message, error) { return w.look(w.House, w, who, room) }

// taken waits until the bot has confirmed all updates.
func (w *Wire) taken(ctx context.Context) error {
	for {
		changed := w.server.Changed()
		if w.server.Pending() == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the bot leaves %d updates: %w", w.server.Pending(), ctx.Err())
		}
	}
}

// shownAs is what a person sees of a row.
func (w *Wire) shownAs(row storage.Message) (Message, error) {
	chat, err := strconv.ParseInt(row.Chat.ID, 10, 64)
	if err != nil {
		return Message{}, err
	}
	all := w.server.FromBot(chat)
	i := slices.IndexFunc(all, func(m botapi.Message) bool { return strconv.Itoa(m.ID) == row.MessageID })
	if i < 0 {
		return Message{}, fmt.Errorf("row %s is sent as message %s, which nobody sees", row.ID, row.MessageID)
	}
	m := all[i]
	const link = "https://fake.invalid/fake_bot?start="
	ours := "https://t.me/" + w.server.Username()
	out := Message{Text: strings.NewReplacer(ours+"?start=", link, ours, link).Replace(m.Text)}
	if row.Body.Edit != "" {
		out.Text = "(diubah) " + out.Text
	}
	for _, r := range m.Buttons {
		var labels []string
		for _, b := range r {
			labels = append(labels, b.Text)
		}
		out.Buttons = append(out.Buttons, labels)
	}
	for _, r := range m.Keys {
		for _, k := range r {
			if k.Contact {
				out.Contact = k.Text
			}
		}
	}
	if f := m.File; f != nil {
		out.File = "berkas " + f.Name
		if f.Photo { // Telegram passes no name on
			out.File = "gambar " + row.Body.File.Name
		}
	}
	return out, nil
}

// nothingElse reports messages that no row stands for, such as copies.
func (w *Wire) nothingElse() error {
	for id := range w.names {
		chat, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return err
		}
		if n := len(w.server.FromBot(chat)); n != w.matched[id] {
			return fmt.Errorf("%s sees %d messages, and the outbox sent %d", w.names[id], n, w.matched[id])
		}
	}
	return nil
}

// Clock implements World.
func (w *Wire) Clock(text string) error {
	defer w.sender.Wake()
	return w.House.Clock(text)
}

var _ World = (*Wire)(nil)
