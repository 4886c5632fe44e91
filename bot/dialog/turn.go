package dialog

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// Turn is one step of one conversation: what came in, what the chat
// remembers, and what is answered. A dialog changes Chat and calls Say; the
// core stores both together.
type Turn struct {
	In     channel.Inbound
	Person *event.Person
	Chat   *storage.Chat
	Caps   channel.Capabilities
	Log    zerolog.Logger

	texts *templates.Renderer
	out   []storage.Message
	note  templates.Markup // how the last answer was understood; opens the next text
	// keysShown: a button that shares one's number stands in place of the
	// person's keyboard. A message can take it away or carry buttons of its
	// own, not both, so the note then goes ahead as a message of its own.
	keysShown bool
}

// NewTurn begins a step.
func NewTurn(in channel.Inbound, p *event.Person, c *storage.Chat, caps channel.Capabilities, texts *templates.Renderer, log zerolog.Logger) *Turn {
	return &Turn{In: in, Person: p, Chat: c, Caps: caps, texts: texts, Log: log}
}

// Out is what was said, in order.
func (t *Turn) Out() []storage.Message { return t.out }

// Actor is who acts in this turn, for the audit trail.
func (t *Turn) Actor() app.Actor {
	return app.Actor{Person: t.Person, Chat: t.Chat.ID, Inbound: t.In.ID}
}

// pressMark opens the value of a button that answers a question:
// "q|<tag>|<value>". Other values are commands, "/status".
const pressMark = "q|"

// Pressed splits the press of an answer button; ok is false for anything else.
func (t *Turn) Pressed() (tag, value string, ok bool) {
	if t.In.Kind != channel.Press {
		return "", "", false
	}
	rest, ok := strings.CutPrefix(t.In.Text, pressMark)
	if !ok {
		return "", "", false
	}
	tag, value, _ = strings.Cut(rest, "|")
	return tag, value, true
}

// Text is what was typed (or the value of a pressed button), trimmed.
func (t *Turn) Text() string {
	if _, v, ok := t.Pressed(); ok {
		return v
	}
	return strings.TrimSpace(t.In.Text)
}

// Stale reports whether a button of an older question was pressed.
func (t *Turn) Stale(tag string) bool {
	got, _, ok := t.Pressed()
	return ok && got != tag
}

// Note keeps a line that opens the next text.
func (t *Turn) Note(key string, data templates.Data) error {
	s, err := t.texts.Text(key, data)
	t.note = templates.Markup(s)
	return err
}

// Render renders a text without saying it.
func (t *Turn) Render(key string, data templates.Data) (templates.Markup, error) {
	s, err := t.texts.Text(key, data)
	return templates.Markup(s), err
}

// Label is a short text, such as the name of an audience.
func (t *Turn) Label(kind, value string) string { return t.texts.Label(kind, value) }

// Option adds to what is said.
type Option func(t *Turn, m *channel.Outbound)

// choice is one answer that a person may choose.
type choice struct{ label, value string }

// Choices offers answers to the question with that tag: as buttons where the
// channel has them, else as a numbered list.
func (t *Turn) choices(tag string, list ...choice) Option {
	return func(t *Turn, m *channel.Outbound) {
		if !t.Caps.Buttons {
			m.Text += "\n"
			for i, c := range list {
				m.Text += "\n" + strconv.Itoa(i+1) + ". " + markup.Escape(c.label)
			}
			return
		}
		keys := make([]channel.Button, len(list))
		for i, c := range list {
			keys[i] = channel.Button{Label: c.label, Value: pressMark + tag + "|" + c.value}
		}
		m.Buttons = append(m.Buttons, rows(keys)...)
	}
}

// poll asks a question that the text asks, too, with answers to tap, where the
// channel has polls: the answer comes as if its button was pressed. It is a
// message more, so it is for short questions, and for nobody who has not
// written to us.
func (t *Turn) poll(question, tag string, list ...choice) Option {
	return func(t *Turn, m *channel.Outbound) {
		if !t.Caps.Polls || t.In.Group || len(list) < 2 || len(list) > maxPoll {
			return
		}
		m.Poll = &channel.Poll{Question: question}
		for _, c := range list {
			m.Poll.Options = append(m.Poll.Options, channel.PollOption{Label: c.label, Value: pressMark + tag + "|" + c.value})
		}
	}
}

// maxPoll is how many answers WhatsApp's polls take.
const maxPoll = 12

// commands offers commands as buttons; where there are none the text itself
// has to name them.
func (t *Turn) commands(list ...choice) Option {
	return func(t *Turn, m *channel.Outbound) {
		if !t.Caps.Buttons {
			return
		}
		keys := make([]channel.Button, len(list))
		for i, c := range list {
			keys[i] = channel.Button{Label: c.label, Value: c.value}
		}
		m.Buttons = append(m.Buttons, rows(keys)...)
	}
}

func withFile(f *channel.File) Option {
	return func(_ *Turn, m *channel.Outbound) { m.File = f }
}

func askContact(label string) Option {
	return func(t *Turn, m *channel.Outbound) {
		if t.Caps.Contact && !t.In.Group {
			m.AskContact = label
		}
	}
}

func dropKeys() Option {
	return func(t *Turn, m *channel.Outbound) {
		if t.Caps.Contact {
			m.DropKeys = true
		}
	}
}

// rows lays buttons out so that their labels can be read on a phone.
func rows(keys []channel.Button) [][]channel.Button {
	longest := 0
	for _, k := range keys {
		longest = max(longest, utf8.RuneCountInString(k.Label))
	}
	per := 1
	switch {
	case longest <= 10:
		per = 3
	case longest <= 18:
		per = 2
	}
	var out [][]channel.Button
	for len(keys) > 0 {
		n := min(per, len(keys))
		out = append(out, keys[:n])
		keys = keys[n:]
	}
	return out
}

// Say answers in this chat.
func (t *Turn) Say(key string, data templates.Data, opts ...Option) error {
	text, err := t.texts.Text(key, data)
	if err != nil {
		return err
	}
	m := channel.Outbound{Text: text}
	for _, o := range opts {
		o(t, &m)
	}
	switch {
	case t.note == "":
	case t.keysShown && t.Caps.Contact && len(m.Buttons) > 0:
		t.add(t.In.Chat, channel.Outbound{Text: string(t.note), DropKeys: true})
		m.DropKeys = false
	default:
		m.Text = string(t.note) + "\n\n" + m.Text
	}
	t.note, t.keysShown = "", false
	if t.In.Group && t.In.Kind != channel.Press {
		m.ReplyTo = t.In.MessageID
	}
	t.add(t.In.Chat, m)
	return nil
}

// SayPrivately answers in the person's own chat, for what has no place in a
// group (phone numbers, exports); ok is false where they have none.
func (t *Turn) SayPrivately(key string, data templates.Data, opts ...Option) (ok bool, err error) {
	to := t.In.Chat
	if t.In.Group {
		if to, err = channel.ParseChat(t.Person.PrivateChat()); err != nil {
			return false, nil
		}
	}
	text, err := t.texts.Text(key, data)
	if err != nil {
		return false, err
	}
	m := channel.Outbound{Text: text}
	for _, o := range opts {
		o(t, &m)
	}
	t.add(to, m)
	return true, nil
}

// add queues a message, in parts where it is too long for the channel.
func (t *Turn) add(to channel.Chat, m channel.Outbound) {
	limit := t.Caps.MaxText
	if m.File != nil {
		limit = t.Caps.MaxCaption
	}
	parts := []string{m.Text}
	if limit > 0 {
		parts = markup.Split(m.Text, limit)
	}
	if m.File != nil && len(parts) > 1 {
		// The caption would be cut in two: the file goes alone, the text after it.
		file := m
		file.Text, file.Buttons, file.Poll = "", nil, nil
		t.row(to, file)
		m.File = nil
		t.add(to, m)
		return
	}
	for i, p := range parts {
		part := channel.Outbound{Text: p}
		if i == 0 {
			part.ReplyTo, part.Edit, part.File = m.ReplyTo, m.Edit, m.File
		}
		if i == len(parts)-1 {
			part.Buttons, part.AskContact, part.DropKeys, part.Poll = m.Buttons, m.AskContact, m.DropKeys, m.Poll
		}
		t.row(to, part)
	}
}

func (t *Turn) row(to channel.Chat, m channel.Outbound) {
	n := len(t.out)
	now := time.Now().UTC().Truncate(time.Millisecond)
	t.out = append(t.out, storage.Message{
		ID: fmt.Sprintf("in/%s/%d", t.In.ID, n), Chat: to, Lane: storage.LaneAnswer,
		Order: time.Now().UnixMicro() + int64(n), Body: m, PersonID: t.Person.ID,
		State: storage.Queued, DueAt: now, QueuedAt: now,
	})
}

// Open makes a dialog the one that the next message goes to.
func (t *Turn) Open(name string, state any) error {
	raw, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("keep state of %s: %w", name, err)
	}
	t.Chat.Dialog, t.Chat.State, t.Chat.With = name, raw, ""
	if t.Chat.Group {
		t.Chat.With = t.Person.ID
	}
	return nil
}

// Load reads the open dialog's state. A state that this version cannot read
// is as if there were none.
func (t *Turn) Load(state any) {
	if len(t.Chat.State) == 0 {
		return
	}
	if err := json.Unmarshal(t.Chat.State, state); err != nil {
		t.Log.Warn().Err(err).Str("dialog", t.Chat.Dialog).Msg("state of an older version dropped")
	}
}

// Close ends the open dialog.
func (t *Turn) Close() { t.Chat.Dialog, t.Chat.State, t.Chat.With = "", nil, "" }

// touchDraft notes that the draft was worked on.
func (t *Turn) touchDraft(now time.Time) {
	if t.Chat.Draft == nil {
		t.Chat.DraftAt, t.Chat.DraftNudged = nil, false
		return
	}
	t.Chat.Draft.UpdatedAt = now
	t.Chat.DraftAt, t.Chat.DraftNudged = &now, false
}

// Network is what dialogs need of the channels beyond sending.
type Network interface {
	// Fetch downloads a file that a person sent.
	Fetch(ctx context.Context, ch channel.Name, m channel.Media, limit int64) ([]byte, error)
	// DeepLink is a link that opens a chat with the bot; "" where the channel
	// has none.
	DeepLink(ch channel.Name, payload string) string
	// ReplyLink is the page on which a guest answers, and StopLink the one on
	// which they end all mails; "" where the program has no pages.
	ReplyLink(eventID, code string) string
	StopLink(eventID, code string) string
	// On reports whether the program runs that channel.
	On(ch channel.Name) bool
	// InspectGroup tells what the bot can see; known is false where the
	// channel has no such question.
	InspectGroup(ctx context.Context, group channel.Chat) (sight channel.GroupSight, known bool, err error)
	// Menu replaces the menu of commands of one chat, where the channel has one.
	Menu(ctx context.Context, chat channel.Chat, group bool, role event.Role) error
	// Line is how the line of a channel's linked account is; ok is false where
	// the channel has none, or is off.
	Line(ch channel.Name) (now channel.Connection, ok bool)
	// Link begins to link an account, by a QR code or, where phone is not "", by
	// a code to type; what happens is said in the chat of the message by.
	// channel.ErrLinked, channel.ErrLinking.
	Link(ch channel.Name, phone string, by channel.Inbound) error
	// Unlink ends the link.
	Unlink(ctx context.Context, ch channel.Name) error
	// Forget deletes what a channel keeps by itself of a chat's person.
	Forget(ctx context.Context, chat channel.Chat) error
	// Health tells how each channel and the database are.
	Health(ctx context.Context) []Health
}

// Health is the state of one part of the program, for /kesehatan.
type Health struct {
	Part   string              // "telegram", "database", …
	Detail string              // who or what it is
	Err    error               // nil: well
	Line   *channel.Connection // of a channel with a linked account
}
