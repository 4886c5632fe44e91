package webchat

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// fromBot is message.From of the bot's own messages.
const fromBot = "bot"

// state is how far a person's own message got.
type state string

const (
	pending state = "pending" // shown, not yet with the sink
	sent    state = "sent"    // stored by the sink
	read    state = "read"    // the bot has begun to answer
	failed  state = "failed"  // not stored yet: it is tried again, by itself and on demand
)

// chat is one conversation. Fields are guarded by Channel.mu.
type chat struct {
	id          string
	group       *GroupSpec
	rev         int64
	messages    []*message
	known       map[string]bool // IDs ever shown, so that a resend is not
	knownAge    []string
	keys        map[string]*message // by the page's key, so that a repeated post is not doubled
	queue       []*message          // posts that the sink has not taken yet, oldest first
	turn        chan struct{}       // holds one token while the queue is being handed over
	silent      []string            // keys of what shows no bubble: presses and edits
	askContact  string
	typingUntil time.Time // by the process clock
	readTo      int64     // message.N up to which the person has read
}

// message is one bubble, in the form that the page gets.
type message struct {
	ID       string            `json:"id"`
	Chat     string            `json:"chat"`
	N        int64             `json:"n"`
	Key      string            `json:"key,omitempty"`
	From     string            `json:"from"` // fromBot or a persona's ID
	Kind     channel.Kind      `json:"kind"`
	At       time.Time         `json:"at"`
	Text     []span            `json:"text,omitempty"`
	Edited   bool              `json:"edited,omitempty"`
	State    state             `json:"state,omitempty"`
	ReplyTo  *quote            `json:"replyTo,omitempty"`
	File     *fileView         `json:"file,omitempty"`
	Buttons  [][]button        `json:"buttons,omitempty"`
	Contact  *channel.Contact  `json:"contact,omitempty"`
	Location *channel.Location `json:"location,omitempty"`

	rev     int64
	raw     string // text as written: markup for the bot's, plain for a person's
	inbound channel.Inbound
}

// span is a run of text; the page makes elements of it, never HTML of a string.
type span struct {
	Text   string `json:"t"`
	Bold   bool   `json:"b,omitempty"`
	Italic bool   `json:"i,omitempty"`
	Code   bool   `json:"c,omitempty"`
}

type quote struct {
	ID   string `json:"id"`
	From string `json:"from,omitempty"`
	Text string `json:"text"`
}

type button struct {
	Label   string   `json:"label"`
	Value   string   `json:"value,omitempty"`
	URL     string   `json:"url,omitempty"`
	Pressed []string `json:"pressed,omitempty"` // IDs of the personas who did
}

type fileView struct {
	URL    string `json:"url"`
	Name   string `json:"name"`
	MIME   string `json:"mime"`
	Size   int64  `json:"size"`
	Width  int    `json:"w,omitempty"` // pictures only
	Height int    `json:"h,omitempty"`
	ref    string
}

type file struct {
	name, mime string
	data       []byte
}

func spans(s string) []span {
	var out []span
	for _, p := range markup.Parse(s) {
		out = append(out, span(p))
	}
	return out
}

func buttons(rows [][]channel.Button) [][]button {
	var out [][]button
	for _, row := range rows {
		var r []button
		for _, b := range row {
			r = append(r, button{Label: b.Label, Value: b.Value, URL: b.URL})
		}
		out = append(out, r)
	}
	return out
}

// plain is the message's text without markup.
func (m *message) plain() string {
	if m.From == fromBot {
		return markup.Plain(m.raw)
	}
	return m.raw
}

func (ch *chat) forget() {
	ch.messages, ch.knownAge, ch.silent, ch.queue, ch.askContact, ch.readTo = nil, nil, nil, nil, "", 0
	ch.typingUntil = time.Time{}
	ch.known = make(map[string]bool)
	ch.keys = make(map[string]*message)
}

func (ch *chat) find(id string) *message {
	for _, m := range slices.Backward(ch.messages) {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (ch *chat) remember(id string) {
	if ch.known[id] {
		return
	}
	ch.known[id] = true
	if ch.knownAge = append(ch.knownAge, id); len(ch.knownAge) > knownIDs {
		delete(ch.known, ch.knownAge[0])
		ch.knownAge = ch.knownAge[1:]
	}
}

// touch gives what rev belongs to the next revision and wakes the streams.
func (c *Channel) touch(rev *int64) {
	c.rev++
	*rev = c.rev
	close(c.changed)
	c.changed = make(chan struct{})
}

// append adds a message to a chat and lets the oldest go.
func (c *Channel) append(ch *chat, m *message) {
	m.Chat = ch.id
	ch.messages = append(ch.messages, m)
	ch.remember(m.ID)
	if m.Key != "" {
		ch.keys[m.Key] = m
	}
	for len(ch.messages) > c.opts.History {
		old := ch.messages[0]
		ch.messages[0] = nil
		ch.messages = ch.messages[1:]
		delete(ch.keys, old.Key)
		c.dropFile(old.File)
	}
	c.touch(&m.rev)
	c.touch(&ch.rev)
}

// answered marks what the person wrote as read: the bot is at it.
func (c *Channel) answered(ch *chat) {
	for _, m := range slices.Backward(ch.messages) {
		switch {
		case m.From == fromBot:
		case m.State == read:
			return
		case m.State == sent || m.State == pending:
			m.State = read
			c.touch(&m.rev)
		}
	}
}

func (c *Channel) quote(ch *chat, id string) *quote {
	m := ch.find(id)
	if m == nil {
		return &quote{ID: id}
	}
	q := &quote{ID: id, From: m.From, Text: m.plain()}
	if q.Text == "" && m.File != nil {
		q.Text = m.File.Name
	}
	if r := []rune(q.Text); len(r) > 160 {
		q.Text = string(r[:160]) + "…"
	}
	return q
}

func (c *Channel) keepFile(name, mime string, data []byte) *fileView {
	name = path.Base(strings.ReplaceAll(strings.TrimSpace(name), `\`, "/"))
	if name == "." || name == "/" {
		name = "berkas"
	}
	v := &fileView{Name: name, MIME: mime, Size: int64(len(data)), ref: randomHex() + randomHex()}
	if w, h, kind := pictureSize(data); w > 0 {
		v.Width, v.Height, v.MIME = w, h, kind
	}
	v.URL = "/api/files/" + v.ref
	c.files[v.ref] = &file{name: name, mime: v.MIME, data: slices.Clone(data)}
	c.fileAge = append(c.fileAge, v.ref)
	c.fileSize += v.Size
	for c.fileSize > c.opts.MediaBytes && len(c.fileAge) > 1 {
		c.removeFile(c.fileAge[0])
	}
	return v
}

func (c *Channel) dropFile(v *fileView) {
	if v != nil {
		c.removeFile(v.ref)
	}
}

func (c *Channel) removeFile(ref string) {
	f := c.files[ref]
	if f == nil {
		return
	}
	c.fileSize -= int64(len(f.data))
	delete(c.files, ref)
	c.fileAge = slices.DeleteFunc(c.fileAge, func(r string) bool { return r == ref })
}

// Clear forgets all messages and the menus of single chats, and makes every
// open page begin again. A Control.Reset that takes care of order calls it once
// the old bot is silent and before the new one speaks.
func (c *Channel) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	c.epoch = c.run + "x" + strconv.FormatInt(c.next, 10)
	c.files, c.fileAge, c.fileSize = make(map[string]*file), nil, 0
	for scope := range c.menus {
		if !scope.Chat.IsZero() {
			delete(c.menus, scope)
		}
	}
	for _, ch := range c.chats {
		ch.forget()
		c.touch(&ch.rev)
	}
}
