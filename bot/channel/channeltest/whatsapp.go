package channeltest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

// WhatsAppOptions shape a WhatsApp.
type WhatsAppOptions struct {
	// Limit is how many strangers may be written to before the network answers
	// 463 and forbids more; 0: any number.
	Limit int
	// Lock is how long it forbids them; 0: a week.
	Lock time.Duration
	// Announce: the network says when that ends.
	Announce bool
	// Absent are numbers (E.164) without an account.
	Absent []string
	// HideNumbers: senders show their LID alone.
	HideNumbers bool
	// Now is the clock of bans and locks; nil: time.Now.
	Now func() time.Time
}

// WhatsApp is a Fake that behaves as WhatsApp does towards a linked account:
// people are addressed by LID, message IDs are ours, there are no buttons and
// no edits; it has a directory, forbids strangers after a while, and bans.
type WhatsApp struct {
	*Fake
	opts WhatsAppOptions

	mu       sync.Mutex
	warm     map[string]bool // LIDs of people who wrote first
	written  map[string]bool // LIDs of strangers who got something
	locked   time.Time
	banned   time.Time
	refusals []Refusal
	lookups  [][]string
	state    channel.ConnectionState
}

// Refusal is one answer of 463 or of a ban.
type Refusal struct {
	Chat channel.Chat
	Cold bool // 463
	At   time.Time
}

var (
	_ channel.Directory = (*WhatsApp)(nil)
	_ channel.Lined     = (*WhatsApp)(nil)
)

// NewWhatsApp makes one.
func NewWhatsApp(o WhatsAppOptions) *WhatsApp {
	if o.Lock == 0 {
		o.Lock = 7 * 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &WhatsApp{
		Fake: NewFake(FakeOptions{
			Name: channel.WhatsApp, ChooseIDs: true, Identity: "+628119999999",
			Capabilities: channel.Capabilities{Phone: true, MaxText: 4096, MaxCaption: 1024},
		}),
		opts: o, warm: map[string]bool{}, written: map[string]bool{}, state: channel.Online,
	}
}

// Chat is the private chat of a number: by its LID, which is another number.
func (w *WhatsApp) Chat(phone string) channel.Chat {
	digits := []byte(strings.TrimPrefix(phone, "+"))
	slices.Reverse(digits)
	return channel.Chat{Channel: channel.WhatsApp, ID: "1" + string(digits) + "@lid"}
}

// Wrote gives what a person of that number writes, as it comes in, and from now
// on they are no stranger.
func (w *WhatsApp) Wrote(phone, name, text string) channel.Inbound {
	chat := w.Chat(phone)
	w.mu.Lock()
	w.warm[chat.ID] = true
	w.mu.Unlock()
	in := channel.Inbound{Chat: chat, Text: text, Sender: channel.Sender{ID: chat.ID, Name: name}}
	if !w.opts.HideNumbers {
		in.Sender.AltID = strings.TrimPrefix(phone, "+") + "@s.whatsapp.net"
		in.Sender.Phone = phone
	}
	return in
}

// Lookup implements channel.Directory.
func (w *WhatsApp) Lookup(ctx context.Context, phones []string) (map[string]channel.Chat, error) {
	if err := ctx.Err(); err != nil {
		return nil, &channel.SendError{Err: err}
	}
	w.mu.Lock()
	w.lookups = append(w.lookups, slices.Clone(phones))
	w.mu.Unlock()
	out := map[string]channel.Chat{}
	for _, phone := range phones {
		if !slices.Contains(w.opts.Absent, phone) {
			out[phone] = w.Chat(phone)
		}
	}
	return out, nil
}

// Send implements channel.Channel.
func (w *WhatsApp) Send(ctx context.Context, to channel.Chat, messageID string, m channel.Outbound) (string, error) {
	if refused := w.forbid(to); refused != nil {
		return "", w.Fake.record(to, messageID, m, fault{err: refused})
	}
	id, err := w.Fake.Send(ctx, to, messageID, m)
	if err == nil {
		w.mu.Lock()
		if !w.warm[to.ID] {
			w.written[to.ID] = true
		}
		w.mu.Unlock()
	}
	return id, err
}

func (w *WhatsApp) forbid(to channel.Chat) *channel.SendError {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.opts.Now()
	if w.banned.After(now) {
		w.refusals = append(w.refusals, Refusal{Chat: to, At: now})
		return &channel.SendError{Restriction: &channel.Restriction{Until: w.banned, Reason: "temporary ban"}, Err: errors.New("temporary ban")}
	}
	if w.warm[to.ID] || strings.HasSuffix(to.ID, "@g.us") {
		return nil
	}
	for _, phone := range w.opts.Absent {
		if w.Chat(phone) == to {
			return &channel.SendError{Permanent: true, Absent: true, Err: errors.New("no account at this number")}
		}
	}
	full := w.opts.Limit > 0 && len(w.written) >= w.opts.Limit && !w.written[to.ID]
	if full && w.locked.IsZero() {
		w.locked = now.Add(w.opts.Lock)
	}
	if !w.locked.After(now) {
		return nil
	}
	w.refusals = append(w.refusals, Refusal{Chat: to, Cold: true, At: now})
	r := &channel.Restriction{ColdOnly: true, Reason: "463"}
	if w.opts.Announce {
		r.Until = w.locked
	}
	return &channel.SendError{Restriction: r, Err: errors.New("server returned error 463")}
}

// Ban locks the account out until then.
func (w *WhatsApp) Ban(until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.banned = until
}

// SetState changes what Connection says.
func (w *WhatsApp) SetState(s channel.ConnectionState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = s
}

// Connection implements channel.Lined.
func (w *WhatsApp) Connection() channel.Connection {
	w.mu.Lock()
	defer w.mu.Unlock()
	return channel.Connection{State: w.state}
}

// Strangers are the chats of people who got something without having written
// first, in order of their IDs.
func (w *WhatsApp) Strangers() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.written))
}

// Refusals lists what was refused, in order.
func (w *WhatsApp) Refusals() []Refusal {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.refusals)
}

// Lookups lists what the directory was asked.
func (w *WhatsApp) Lookups() [][]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lookups)
}

// Acknowledge hands in what the network says of all that was sent after the
// first n messages: that it arrived, and where read says so that it was read.
// It returns how many were sent by then.
func (w *WhatsApp) Acknowledge(ctx context.Context, n int, read func(Sent) bool) (int, error) {
	sent := w.Sent()
	for _, s := range sent[min(n, len(sent)):] {
		states := []channel.ReceiptState{channel.Delivered}
		if read(s) {
			states = append(states, channel.Read)
		}
		for _, state := range states {
			if err := w.Receipt(ctx, channel.Receipt{Chat: s.Chat, MessageID: s.ID, State: state, At: w.opts.Now()}); err != nil {
				return n, err
			}
		}
	}
	return len(sent), nil
}
