package botapi

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Kinds of chats, as in the field "type" of a Chat.
const (
	private    = "private"
	basicGroup = "group"
	supergroup = "supergroup"
)

// anonymousBot is the user as whom an anonymous admin speaks.
const anonymousBot = 1087968824

// chat is a private chat or a group.
type chat struct {
	id         int64
	kind       string
	title      string
	person     *Person          // private
	members    map[int64]string // groups: user ID to status
	bot        string           // groups: the bot's status ("member", "administrator", "left", "kicked")
	blocked    bool             // private: the person blocked the bot
	started    bool             // private: the person has written
	migratedTo int64
	messages   []*Message
	byID       map[int]*Message
	nextID     int // supergroups count their own
	limiter    *rate.Limiter
	floodUntil time.Time
	typing     int
}

// Message is a message as a person sees it.
type Message struct {
	ID       int
	ChatID   int64
	FromBot  bool
	SenderID int64
	At       time.Time
	Text     string // visible text, or the caption where File is set
	Entities []Entity
	File     *File
	Buttons  [][]Button
	Keys     [][]Key // the keyboard that this message brought
	KeysOnce bool    // that keyboard hides after a press
	KeysGone bool    // it took the keyboard away
	Preview  bool    // a link's page is shown below the text
	ReplyTo  int     // 0: no reply
	Edited   bool

	sender     object
	senderChat object
	extra      object // contact, sticker, service fields
	file       *file
}

// File is what a message carries.
type File struct {
	Name  string
	Photo bool
	Data  []byte
}

// HTML is the text with its styles as tags, everything else escaped.
func (m Message) HTML() string {
	tags := map[string]string{
		"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "pre",
		"spoiler": "tg-spoiler", "blockquote": "blockquote",
	}
	var b strings.Builder
	at := 0
	for _, r := range m.Text {
		for i := len(m.Entities) - 1; i >= 0; i-- {
			if e := m.Entities[i]; e.Offset+e.Length == at && tags[e.Type] != "" {
				b.WriteString("</" + tags[e.Type] + ">")
			}
		}
		for _, e := range m.Entities {
			if e.Offset == at && tags[e.Type] != "" {
				b.WriteString("<" + tags[e.Type] + ">")
			}
		}
		b.WriteString(html.EscapeString(string(r)))
		at += unitLen(string(r))
	}
	for i := len(m.Entities) - 1; i >= 0; i-- {
		if e := m.Entities[i]; e.Offset+e.Length == at && tags[e.Type] != "" {
			b.WriteString("</" + tags[e.Type] + ">")
		}
	}
	return b.String()
}

// Styled returns the runs of text in a style ("bold", "italic", "code").
func (m Message) Styled(style string) []string {
	var out []string
	for _, e := range m.Entities {
		if e.Type == style {
			out = append(out, cut(m.Text, e.Offset, e.Length))
		}
	}
	return out
}

// Labels are the labels of the buttons, row by row.
func (m Message) Labels() []string {
	var out []string
	for _, row := range m.Buttons {
		for _, b := range row {
			out = append(out, b.Text)
		}
	}
	return out
}

// copyOf is safe to hand out: nothing in it changes later.
func copyOf(m *Message) Message {
	c := *m
	c.Entities = slices.Clone(m.Entities)
	return c
}

// Messages returns what is to be seen in a chat, in order, from both sides.
func (s *Server) Messages(chatID int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chatID]
	if c == nil {
		return nil
	}
	out := make([]Message, len(c.messages))
	for i, m := range c.messages {
		out[i] = copyOf(m)
	}
	return out
}

// FromBot returns the bot's messages in a chat, in order.
func (s *Server) FromBot(chatID int64) []Message {
	return slices.DeleteFunc(s.Messages(chatID), func(m Message) bool { return !m.FromBot })
}

// WaitFor returns the bot's messages in a chat as soon as done likes them, or
// fails when ctx ends, saying what was there.
func (s *Server) WaitFor(ctx context.Context, chatID int64, done func([]Message) bool) ([]Message, error) {
	for {
		changed := s.Changed()
		got := s.FromBot(chatID)
		if done(got) {
			return got, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			last := ""
			if n := len(got); n > 0 {
				last = got[n-1].Text
			}
			return got, fmt.Errorf("botapi: chat %d has %d messages of the bot, the last %q: %w",
				chatID, len(got), last, ctx.Err())
		}
	}
}

// WaitMessages is WaitFor at least n messages.
func (s *Server) WaitMessages(ctx context.Context, chatID int64, n int) ([]Message, error) {
	return s.WaitFor(ctx, chatID, func(got []Message) bool { return len(got) >= n })
}

// Typing counts the chat actions that the bot showed in a chat.
func (s *Server) Typing(chatID int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.chats[chatID]; c != nil {
		return c.typing
	}
	return 0
}

// newChat registers a chat.
func (s *Server) newChat(id int64, kind, title string) *chat {
	limit := s.opts.Limits.Group
	if kind == private {
		limit = s.opts.Limits.Private
	}
	c := &chat{
		id: id, kind: kind, title: title, byID: make(map[int]*Message),
		members: make(map[int64]string), limiter: limit.limiter(),
	}
	s.chats[id] = c
	return c
}

// put shows a message in a chat under a new ID.
func (s *Server) put(c *chat, m *Message) {
	if c.kind == supergroup {
		c.nextID++
		m.ID = c.nextID
	} else {
		s.nextID++
		m.ID = s.nextID
	}
	m.ChatID = c.id
	if m.At.IsZero() {
		m.At = time.Now()
	}
	c.messages = append(c.messages, m)
	c.byID[m.ID] = m
	s.touch()
}

func (c *chat) json() object {
	o := object{"id": c.id, "type": c.kind}
	if c.kind == private {
		o["first_name"] = c.person.name
		if c.person.username != "" {
			o["username"] = c.person.username
		}
		return o
	}
	o["title"] = c.title
	return o
}

func (s *Server) botJSON() object {
	return object{"id": s.botID, "is_bot": true, "first_name": s.opts.Name, "username": s.opts.Username}
}

// messageJSON is a message as the API shows it; a quoted message does not
// carry its own quote.
func (s *Server) messageJSON(c *chat, m *Message, withQuote bool) object {
	o := object{"message_id": m.ID, "date": m.At.Unix(), "chat": c.json()}
	if m.FromBot {
		o["from"] = s.botJSON()
	} else if m.sender != nil {
		o["from"] = m.sender
	}
	if m.senderChat != nil {
		o["sender_chat"] = m.senderChat
	}
	text, entities := "text", "entities"
	if m.file != nil {
		m.file.describe(o)
		text, entities = "caption", "caption_entities"
	}
	if m.Text != "" {
		o[text] = m.Text
	}
	if len(m.Entities) > 0 {
		o[entities] = m.Entities
	}
	if m.Edited {
		o["edit_date"] = time.Now().Unix()
	}
	if len(m.Buttons) > 0 {
		o["reply_markup"] = object{"inline_keyboard": m.Buttons}
	}
	if quoted := c.byID[m.ReplyTo]; quoted != nil && withQuote {
		o["reply_to_message"] = s.messageJSON(c, quoted, false)
	}
	for k, v := range m.extra {
		o[k] = v
	}
	return o
}
