package channeltest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// FakeOptions shapes a Fake. The zero value is like Telegram.
type FakeOptions struct {
	Name         channel.Name         // "": channel.Telegram
	Capabilities channel.Capabilities // zero: buttons, contact, edit, 4096 and 1024 characters
	ChooseIDs    bool                 // the channel chooses message IDs (as on WhatsApp) and drops a resend
	Identity     string               // what Check returns; "": "@fake_bot"
}

// Sent is one call of Fake.Send.
type Sent struct {
	Chat      channel.Chat
	MessageID string // as the caller chose it, "" where the network chooses
	ID        string // as it was sent under
	Message   channel.Outbound
	At        time.Time
	Err       *channel.SendError // Attempts only: what the caller was told
}

// Plain is the text that the person reads, without markup.
func (s Sent) Plain() string { return markup.Plain(s.Message.Text) }

// Fake is a channel without a network: tests push messages in with Receive or
// Queue and look at what was sent. It refuses what its Capabilities do not
// allow, as a network would. All methods may be called from any goroutine, and
// it works inside a testing/synctest bubble.
//
// It also is a CommandMenu, a GroupInspector and a Linker; wrap it in
// struct{ channel.Channel } for a channel that is none of these.
type Fake struct {
	opts FakeOptions

	mu       sync.Mutex
	sink     channel.Sink  // nil while Run is not running
	running  chan struct{} // closed while sink is set
	queue    []channel.Inbound
	queued   chan struct{} // closed and replaced when queue grows
	changed  chan struct{} // closed and replaced at each attempt to send
	attempts []Sent
	sent     []Sent
	seen     map[channel.Chat]map[string]bool // IDs that a chat has
	faults   map[channel.Chat][]fault
	blocked  map[channel.Chat]bool
	hanging  chan struct{} // nil: not hanging
	media    map[string][]byte
	typing   map[channel.Chat]int
	menus    map[channel.MenuScope][]channel.Command
	sights   map[channel.Chat]channel.GroupSight
	checkErr error
	next     int
}

type fault struct {
	err   *channel.SendError
	shown bool // the message arrives all the same
}

var (
	_ channel.Channel        = (*Fake)(nil)
	_ channel.CommandMenu    = (*Fake)(nil)
	_ channel.GroupInspector = (*Fake)(nil)
	_ channel.Linker         = (*Fake)(nil)
)

// AnyChat, given to FailNext, stands for whichever chat is written to next.
var AnyChat = channel.Chat{}

// NewFake makes a Fake.
func NewFake(o FakeOptions) *Fake {
	if o.Name == "" {
		o.Name = channel.Telegram
	}
	if o.Capabilities == (channel.Capabilities{}) {
		o.Capabilities = channel.Capabilities{Buttons: true, Contact: true, Edit: true, MaxText: 4096, MaxCaption: 1024}
	}
	if o.Identity == "" {
		o.Identity = "@fake_bot"
	}
	return &Fake{
		opts:    o,
		running: make(chan struct{}),
		queued:  make(chan struct{}),
		changed: make(chan struct{}),
		seen:    make(map[channel.Chat]map[string]bool),
		faults:  make(map[channel.Chat][]fault),
		blocked: make(map[channel.Chat]bool),
		media:   make(map[string][]byte),
		typing:  make(map[channel.Chat]int),
		menus:   make(map[channel.MenuScope][]channel.Command),
		sights:  make(map[channel.Chat]channel.GroupSight),
	}
}

// Name implements channel.Channel.
func (f *Fake) Name() channel.Name { return f.opts.Name }

// Capabilities implements channel.Channel.
func (f *Fake) Capabilities() channel.Capabilities { return f.opts.Capabilities }

// Run implements channel.Channel: it hands sink what Queue holds, again and
// again until it is accepted, and lets Receive through.
func (f *Fake) Run(ctx context.Context, sink channel.Sink) error {
	f.mu.Lock()
	if f.sink != nil {
		f.mu.Unlock()
		return errors.New("channeltest: the fake is running already")
	}
	f.sink = sink
	close(f.running)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.sink, f.running = nil, make(chan struct{})
		f.mu.Unlock()
	}()

	for {
		f.mu.Lock()
		var head *channel.Inbound
		if len(f.queue) > 0 {
			head = &f.queue[0]
		}
		more := f.queued
		f.mu.Unlock()
		if head == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-more:
			}
			continue
		}
		if err := sink.Accept(ctx, *head); err != nil {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Millisecond):
			}
			continue
		}
		f.mu.Lock()
		f.queue = f.queue[1:]
		f.mu.Unlock()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// Receive hands in to the sink at once and returns what Accept said; it waits
// for Run to be running. Fields that are empty are filled in: ID, Chat.Channel,
// MessageID, Kind (text) and SentAt.
func (f *Fake) Receive(ctx context.Context, in channel.Inbound) error {
	in = f.complete(in)
	for {
		f.mu.Lock()
		sink, running := f.sink, f.running
		f.mu.Unlock()
		if sink != nil {
			return sink.Accept(ctx, in)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("channeltest: nobody runs the fake: %w", ctx.Err())
		case <-running:
		}
	}
}

// Queue leaves in with the network, which delivers it in order through Run
// until it is accepted, also to a later Run. It returns in as completed.
func (f *Fake) Queue(in channel.Inbound) channel.Inbound {
	in = f.complete(in)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, in)
	close(f.queued)
	f.queued = make(chan struct{})
	return in
}

// Receipt tells the sink what became of a sent message.
func (f *Fake) Receipt(ctx context.Context, r channel.Receipt) error {
	f.mu.Lock()
	sink := f.sink
	f.mu.Unlock()
	if sink == nil {
		return errors.New("channeltest: nobody runs the fake")
	}
	return sink.Receipt(ctx, r)
}

func (f *Fake) complete(in channel.Inbound) channel.Inbound {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	n := strconv.Itoa(f.next)
	if in.ID == "" {
		in.ID = string(f.opts.Name) + ":u:" + n
	}
	if in.Chat.Channel == "" {
		in.Chat.Channel = f.opts.Name
	}
	if in.MessageID == "" {
		in.MessageID = n
	}
	if in.Kind == "" {
		in.Kind = channel.Text
	}
	if in.SentAt.IsZero() {
		in.SentAt = time.Now().UTC().Truncate(time.Second)
	}
	if in.Sender.ID == "" && !in.Group {
		in.Sender.ID = in.Chat.ID
	}
	return in
}

// NewMessageID implements channel.Channel.
func (f *Fake) NewMessageID() string {
	if !f.opts.ChooseIDs {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	return fmt.Sprintf("FAKE%08d", f.next)
}

// Send implements channel.Channel.
func (f *Fake) Send(ctx context.Context, to channel.Chat, messageID string, m channel.Outbound) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", f.record(to, messageID, m, fault{err: &channel.SendError{Err: err}})
	}
	f.mu.Lock()
	hanging := f.hanging
	f.mu.Unlock()
	if hanging != nil {
		select {
		case <-hanging:
		case <-ctx.Done():
			return "", f.record(to, messageID, m, fault{err: &channel.SendError{Uncertain: true, Err: ctx.Err()}})
		}
	}
	if err := f.refuse(to, m); err != nil {
		return "", f.record(to, messageID, m, fault{err: err})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl, ok := f.takeFault(to); ok {
		return "", f.recordLocked(to, messageID, "", m, fl)
	}
	id := messageID
	if m.Edit != "" {
		if !f.seen[to][m.Edit] {
			return "", f.recordLocked(to, messageID, "", m, fault{err: &channel.SendError{
				Permanent: true, Err: fmt.Errorf("no message %s to edit", m.Edit)}})
		}
		id = m.Edit
	}
	if id == "" {
		f.next++
		id = strconv.Itoa(f.next)
	}
	_ = f.recordLocked(to, messageID, id, m, fault{})
	return id, nil
}

func (f *Fake) takeFault(to channel.Chat) (fault, bool) {
	for _, key := range []channel.Chat{to, AnyChat} {
		if list := f.faults[key]; len(list) > 0 {
			f.faults[key] = list[1:]
			return list[0], true
		}
	}
	return fault{}, false
}

// refuse says what a network would not take.
func (f *Fake) refuse(to channel.Chat, m channel.Outbound) *channel.SendError {
	permanent := func(format string, args ...any) *channel.SendError {
		return &channel.SendError{Permanent: true, Err: fmt.Errorf(format, args...)}
	}
	caps := f.opts.Capabilities
	f.mu.Lock()
	blocked := f.blocked[to]
	f.mu.Unlock()
	length := len(utf16.Encode([]rune(markup.Plain(m.Text))))
	switch {
	case to.Channel != f.opts.Name || to.ID == "":
		return permanent("%q is no chat of %s", to, f.opts.Name)
	case blocked:
		return &channel.SendError{Permanent: true, Blocked: true, Err: errors.New("blocked by the user")}
	case m.File == nil && strings.TrimSpace(markup.Plain(m.Text)) == "":
		return permanent("message text is empty")
	case m.File == nil && caps.MaxText > 0 && length > caps.MaxText:
		return permanent("text of %d is over %d", length, caps.MaxText)
	case m.File != nil && length > caps.MaxCaption:
		return permanent("caption of %d is over %d", length, caps.MaxCaption)
	case m.File != nil && len(m.File.Data) == 0:
		return permanent("file %q is empty", m.File.Name)
	case m.Edit != "" && !caps.Edit:
		return permanent("%s cannot edit", f.opts.Name)
	case !caps.Buttons && slices.ContainsFunc(slices.Concat(m.Buttons...), func(b channel.Button) bool { return !caps.Links || b.URL == "" }):
		return permanent("%s shows no buttons", f.opts.Name)
	case m.AskContact != "" && !caps.Contact:
		return permanent("%s cannot ask for a contact", f.opts.Name)
	}
	for _, row := range m.Buttons {
		for _, b := range row {
			if b.Label == "" || (b.Value == "") == (b.URL == "") || len(b.Value) > channel.MaxButtonValue {
				return permanent("button %+v is not valid", b)
			}
		}
	}
	return nil
}

func (f *Fake) record(to channel.Chat, asked string, m channel.Outbound, fl fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.recordLocked(to, asked, "", m, fl)
}

// recordLocked notes an attempt and, where the person sees it, the message.
func (f *Fake) recordLocked(to channel.Chat, asked, id string, m channel.Outbound, fl fault) error {
	if m.File != nil {
		file := *m.File
		file.Data = slices.Clone(file.Data)
		m.File = &file
	}
	s := Sent{Chat: to, MessageID: asked, ID: id, Message: m, At: time.Now(), Err: fl.err}
	f.attempts = append(f.attempts, s)
	if fl.err == nil || fl.shown {
		if s.ID == "" {
			if s.ID = asked; s.ID == "" {
				f.next++
				s.ID = strconv.Itoa(f.next)
			}
		}
		s.Err = nil
		if f.seen[to] == nil {
			f.seen[to] = make(map[string]bool)
		}
		if !f.seen[to][s.ID] || m.Edit != "" {
			f.sent = append(f.sent, s)
		}
		f.seen[to][s.ID] = true
	}
	close(f.changed)
	f.changed = make(chan struct{})
	if fl.err != nil {
		return fl.err
	}
	return nil
}

// Typing implements channel.Channel.
func (f *Fake) Typing(ctx context.Context, to channel.Chat) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.typing[to]++
	return ctx.Err()
}

// Fetch implements channel.Channel: it gives what PutMedia left.
func (f *Fake) Fetch(ctx context.Context, m channel.Media, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.media[m.Ref]
	switch {
	case !ok:
		return nil, fmt.Errorf("channeltest: no media %q", m.Ref)
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("media %q of %d bytes, limit %d: %w", m.Ref, len(data), limit, channel.ErrTooLarge)
	}
	return slices.Clone(data), nil
}

// Check implements channel.Channel.
func (f *Fake) Check(ctx context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.checkErr != nil {
		return "", f.checkErr
	}
	return f.opts.Identity, ctx.Err()
}

// SetCommands implements channel.CommandMenu.
func (f *Fake) SetCommands(ctx context.Context, scope channel.MenuScope, commands []channel.Command) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.menus[scope] = slices.Clone(commands)
	return ctx.Err()
}

// InspectGroup implements channel.GroupInspector: what SetSight said, or not a member.
func (f *Fake) InspectGroup(ctx context.Context, group channel.Chat) (channel.GroupSight, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sights[group], ctx.Err()
}

// DeepLink implements channel.Linker.
func (f *Fake) DeepLink(payload string) string {
	return "https://fake.invalid/" + strings.TrimPrefix(f.opts.Identity, "@") + "?start=" + payload
}

// Menus returns the commands set, by scope.
func (f *Fake) Menus() map[channel.MenuScope][]channel.Command {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.menus)
}
