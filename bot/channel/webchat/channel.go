package webchat

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // formats that photos come in
	_ "image/jpeg"
	_ "image/png"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// Limits of the practice network, the same as Telegram's where it has one.
const (
	MaxText    = 4096     // UTF-16 units in one text, either way
	MaxCaption = 1024     // UTF-16 units in a caption
	MaxUpload  = 10 << 20 // bytes in one file that a person sends

	defaultHistory    = 500      // messages kept for each chat
	defaultMediaBytes = 96 << 20 // files kept for all chats together
	knownIDs          = 20_000   // message IDs remembered for each chat
	typingFor         = 6 * time.Second
)

// Username is the bot's handle on the practice page: "@emileku" in a group
// speaks to it.
const Username = "emileku"

// Persona is somebody whom the person at the page may be.
type Persona struct {
	ID          string // stable; also the ID of the private chat
	Name        string // as the bot sees it
	Role        string // short label under the name, such as "Pemilik UKM"
	Description string // one sentence for the empty chat: who this is, what to try
	Phone       string // shared as own contact; "" hides the offer
	Avatar      Avatar
	Start       []string // first messages that the empty chat offers
}

// Avatar is the disc beside a name. The zero value is made up from the name.
type Avatar struct {
	Initials string
	Colour   string // "#rrggbb"
}

// GroupSpec is the group chat of the page.
type GroupSpec struct {
	ID          string
	Title       string
	Description string
	Members     []string // IDs of personas
	Start       []string // as in Persona
	Avatar      Avatar
}

// Options shape a Channel.
type Options struct {
	People      []Persona
	Group       *GroupSpec // nil: no group
	Control     Control    // nil: the page has no clock
	Log         zerolog.Logger
	URL         string   // where the page is reached, such as http://127.0.0.1:8080; used in deep links
	AllowRemote bool     // answer for any host name, not for loopback only
	Hosts       []string // further host names to answer for, without port
	History     int      // messages kept for each chat; 0: 500
	MediaBytes  int64    // bytes of files kept altogether; 0: 96 MiB
}

// Channel is the practice network. All methods may be called from any
// goroutine.
type Channel struct {
	opts   Options
	run    string // random, so that IDs never repeat over restarts
	people map[string]Persona

	mu       sync.Mutex
	next     int64  // numbers IDs and orders messages
	epoch    string // names this history; changes when it is cleared
	rev      int64
	changed  chan struct{} // closed and replaced at each change
	chats    map[string]*chat
	order    []string
	files    map[string]*file
	fileAge  []string
	fileSize int64
	menus    map[channel.MenuScope][]channel.Command
	sink     channel.Sink
	stopped  chan struct{} // closed when Run ends
	clock    clockState

	undelivered chan struct{} // holds a token when a post was not taken
}

var (
	_ channel.Channel        = (*Channel)(nil)
	_ channel.CommandMenu    = (*Channel)(nil)
	_ channel.GroupInspector = (*Channel)(nil)
	_ channel.Linker         = (*Channel)(nil)
)

// New makes the channel. It panics where IDs are empty or used twice or where
// the group names a member who does not exist: that is a fault of the program.
func New(o Options) *Channel {
	if o.History <= 0 {
		o.History = defaultHistory
	}
	if o.MediaBytes <= 0 {
		o.MediaBytes = defaultMediaBytes
	}
	c := &Channel{
		opts:    o,
		run:     randomHex(),
		people:  make(map[string]Persona),
		changed: make(chan struct{}),
		chats:   make(map[string]*chat),
		files:   make(map[string]*file),
		menus:   make(map[channel.MenuScope][]channel.Command),
		stopped: make(chan struct{}),

		undelivered: make(chan struct{}, 1),
	}
	c.epoch = c.run
	for _, p := range o.People {
		c.people[p.ID] = p
		c.addChat(&chat{id: p.ID})
	}
	if g := o.Group; g != nil {
		for _, id := range g.Members {
			if _, ok := c.people[id]; !ok {
				panic(fmt.Sprintf("webchat: group %q has unknown member %q", g.ID, id))
			}
		}
		c.addChat(&chat{id: g.ID, group: g})
	}
	return c
}

func (c *Channel) addChat(ch *chat) {
	if ch.id == "" || c.chats[ch.id] != nil {
		panic(fmt.Sprintf("webchat: chat ID %q is empty or used twice", ch.id))
	}
	ch.forget()
	ch.turn = make(chan struct{}, 1)
	c.chats[ch.id] = ch
	c.order = append(c.order, ch.id)
	c.touch(&ch.rev)
}

func randomHex() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Name implements channel.Channel.
func (c *Channel) Name() channel.Name { return channel.Web }

// Capabilities implements channel.Channel.
func (c *Channel) Capabilities() channel.Capabilities {
	return channel.Capabilities{Buttons: true, Contact: true, Edit: true, MaxText: MaxText, MaxCaption: MaxCaption}
}

// Check implements channel.Channel: there are no credentials to be wrong.
func (c *Channel) Check(ctx context.Context) (string, error) { return "@" + Username, ctx.Err() }

// Run implements channel.Channel: while it runs, what the page posts reaches
// the sink, and what the sink did not take is offered again. When ctx
// ends, open streams are ended too, so that an HTTP server can shut down.
func (c *Channel) Run(ctx context.Context, sink channel.Sink) error {
	c.mu.Lock()
	if c.sink != nil {
		c.mu.Unlock()
		return errors.New("webchat: running already")
	}
	c.sink = sink
	c.mu.Unlock()

	c.redeliver(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.sink = nil
	close(c.stopped)
	c.stopped = make(chan struct{})
	return nil
}

// now is the time that messages bear: the practice clock's, where there is one.
func (c *Channel) now() time.Time {
	if c.opts.Control != nil {
		return c.opts.Control.Now()
	}
	return time.Now()
}

func (c *Channel) nextID() string {
	c.next++
	return fmt.Sprintf("%s-%d", c.run, c.next)
}

// NewMessageID implements channel.Channel.
func (c *Channel) NewMessageID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nextID()
}

// Send implements channel.Channel. A message ID that the chat has had already
// is not shown again, also after the message itself left the history.
func (c *Channel) Send(ctx context.Context, to channel.Chat, messageID string, m channel.Outbound) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &channel.SendError{Err: err}
	}
	if err := refuse(m); err != nil {
		return "", &channel.SendError{Permanent: true, Err: err}
	}
	now := c.now()

	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.chats[to.ID]
	switch {
	case to.Channel != channel.Web || ch == nil:
		return "", &channel.SendError{Permanent: true, Err: fmt.Errorf("no chat %q on the practice page", to)}
	case m.Edit != "":
		return c.edit(ch, m)
	case messageID != "" && ch.known[messageID]:
		return messageID, nil
	}
	if messageID == "" {
		messageID = c.nextID()
	}
	c.next++
	msg := &message{ID: messageID, N: c.next, From: fromBot, Kind: channel.Text, At: now, raw: m.Text, Text: spans(m.Text), Buttons: buttons(m.Buttons)}
	if m.File != nil {
		msg.Kind, msg.File = c.keepOutbound(m.File)
	}
	if m.ReplyTo != "" {
		msg.ReplyTo = c.quote(ch, m.ReplyTo)
	}
	if m.AskContact != "" && ch.group == nil { // a group has nobody to ask, as on Telegram
		ch.askContact = m.AskContact
	}
	if m.DropKeys {
		ch.askContact = ""
	}
	ch.typingUntil = time.Time{}
	c.answered(ch)
	c.append(ch, msg)
	return messageID, nil
}

// edit changes a message in place. What has left the history was shown once
// and counts as edited.
func (c *Channel) edit(ch *chat, m channel.Outbound) (string, error) {
	if !ch.known[m.Edit] {
		return "", &channel.SendError{Permanent: true, Err: fmt.Errorf("no message %q to edit", m.Edit)}
	}
	msg := ch.find(m.Edit)
	if msg == nil {
		return m.Edit, nil
	}
	if msg.From != fromBot {
		return "", &channel.SendError{Permanent: true, Err: fmt.Errorf("message %q is not the bot's own", m.Edit)}
	}
	msg.raw, msg.Text, msg.Buttons, msg.Edited = m.Text, spans(m.Text), buttons(m.Buttons), true
	if m.File != nil {
		c.dropFile(msg.File)
		msg.Kind, msg.File = c.keepOutbound(m.File)
	}
	if m.DropKeys {
		ch.askContact = ""
	}
	ch.typingUntil = time.Time{}
	c.touch(&msg.rev)
	c.touch(&ch.rev)
	return m.Edit, nil
}

// refuse says what the network would not take.
func refuse(m channel.Outbound) error {
	n := units(markup.Plain(m.Text))
	switch {
	case m.File == nil && strings.TrimSpace(markup.Plain(m.Text)) == "":
		return errors.New("message text is empty")
	case m.File == nil && n > MaxText:
		return fmt.Errorf("text of %d characters is over %d", n, MaxText)
	case m.File != nil && n > MaxCaption:
		return fmt.Errorf("caption of %d characters is over %d", n, MaxCaption)
	case m.File != nil && len(m.File.Data) == 0:
		return fmt.Errorf("file %q is empty", m.File.Name)
	}
	for _, row := range m.Buttons {
		for _, b := range row {
			if b.Label == "" || (b.Value == "") == (b.URL == "") || len(b.Value) > channel.MaxButtonValue {
				return fmt.Errorf("button %q must have a label and either a URL or a value of at most %d bytes", b.Label, channel.MaxButtonValue)
			}
			if b.URL != "" && !webURL(b.URL) {
				return fmt.Errorf("button %q opens no web address", b.Label)
			}
		}
	}
	return nil
}

func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// keepOutbound stores a file of the bot. A photo that no browser could show is
// offered as a file.
func (c *Channel) keepOutbound(f *channel.File) (channel.Kind, *fileView) {
	v := c.keepFile(f.Name, f.MIME, f.Data)
	if f.Photo && v.Width > 0 {
		return channel.Photo, v
	}
	return channel.Document, v
}

// pictureSize is the size of a picture in pixels, 0 where data is none.
func pictureSize(data []byte) (w, h int, mime string) {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return 0, 0, ""
	}
	return cfg.Width, cfg.Height, "image/" + format
}

// Typing implements channel.Channel: the page shows dots until a message comes
// or some seconds went by.
func (c *Channel) Typing(ctx context.Context, to channel.Chat) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.chats[to.ID]
	if to.Channel != channel.Web || ch == nil {
		return fmt.Errorf("webchat: no chat %q", to)
	}
	ch.typingUntil = time.Now().Add(typingFor)
	c.answered(ch)
	c.touch(&ch.rev)
	return ctx.Err()
}

// Fetch implements channel.Channel. Files are kept in memory: what was sent
// before a restart, or very long ago, is gone.
func (c *Channel) Fetch(ctx context.Context, m channel.Media, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.files[m.Ref]
	switch {
	case f == nil:
		return nil, fmt.Errorf("webchat: file %q is not kept any more", m.Ref)
	case int64(len(f.data)) > limit:
		return nil, fmt.Errorf("webchat: file %q of %d bytes, limit %d: %w", m.Ref, len(f.data), limit, channel.ErrTooLarge)
	}
	return slices.Clone(f.data), nil
}

// SetCommands implements channel.CommandMenu; no commands take a chat's own
// menu away.
func (c *Channel) SetCommands(ctx context.Context, scope channel.MenuScope, commands []channel.Command) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !scope.Chat.IsZero() && (scope.Chat.Channel != channel.Web || c.chats[scope.Chat.ID] == nil) {
		return fmt.Errorf("webchat: no chat %q", scope.Chat)
	}
	if len(commands) == 0 {
		delete(c.menus, scope)
	} else {
		c.menus[scope] = slices.Clone(commands)
	}
	for _, ch := range c.chats {
		c.touch(&ch.rev)
	}
	return nil
}

// menu is what a chat shows: its own menu wins over that of its kind.
func (c *Channel) menu(ch *chat) []channel.Command {
	for scope, list := range c.menus {
		if scope.Chat == (channel.Chat{Channel: channel.Web, ID: ch.id}) {
			return list
		}
	}
	return c.menus[channel.MenuScope{Groups: ch.group != nil}]
}

// InspectGroup implements channel.GroupInspector: here the bot sees all.
func (c *Channel) InspectGroup(ctx context.Context, group channel.Chat) (channel.GroupSight, error) {
	if g := c.opts.Group; g == nil || group.Channel != channel.Web || group.ID != g.ID {
		return channel.GroupSight{}, ctx.Err()
	}
	return channel.GroupSight{Member: true, Admin: true, SeesAll: true}, ctx.Err()
}

// DeepLink implements channel.Linker: the page asks who opens the link.
func (c *Channel) DeepLink(payload string) string {
	return strings.TrimSuffix(c.opts.URL, "/") + "/?start=" + url.QueryEscape(payload)
}
