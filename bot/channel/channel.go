// Package channel is the port between the bot and the chat networks.
//
// An adapter (telegram, webchat, …) turns what its network delivers into
// Inbound values and Receipts, and an Outbound into whatever its network wants.
// No SDK type crosses this package, and it imports nothing of the project but
// the markup that texts are written in.
package channel

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Name names a chat network. It is part of stored keys: never rename one.
type Name string

// The channels of the product.
const (
	Telegram Name = "telegram"
	WhatsApp Name = "whatsapp"
	Email    Name = "email"
	Web      Name = "web" // the practice page
)

// Chat addresses one conversation: a private chat or a group.
type Chat struct {
	Channel Name   `json:"channel"`
	ID      string `json:"id"` // the network's own chat ID
}

// String is the chat's key in storage, such as "telegram:-1001234".
func (c Chat) String() string { return string(c.Channel) + ":" + c.ID }

// IsZero reports whether c addresses nothing.
func (c Chat) IsZero() bool { return c == Chat{} }

// ParseChat reads what Chat.String wrote.
func ParseChat(s string) (Chat, error) {
	name, id, ok := strings.Cut(s, ":")
	if !ok || name == "" || id == "" {
		return Chat{}, fmt.Errorf("channel: %q is no chat key such as telegram:123", s)
	}
	return Chat{Channel: Name(name), ID: id}, nil
}

// Sender is who wrote a message, as the network vouches for them.
type Sender struct {
	ID        string `json:"id"`                  // the network's stable user ID (WhatsApp: the LID where known)
	AltID     string `json:"altId,omitempty"`     // a second identity (WhatsApp: the phone JID beside a LID)
	Name      string `json:"name,omitempty"`      // display name, chosen by the sender
	Username  string `json:"username,omitempty"`  // public handle without "@"
	Phone     string `json:"phone,omitempty"`     // E.164, only where the network proves it (WhatsApp)
	Anonymous bool   `json:"anonymous,omitempty"` // a group admin who speaks as the group
}

// Kind says what an Inbound carries.
type Kind string

// Kinds of inbound messages.
const (
	Text     Kind = "text"
	Press    Kind = "press"    // a button: Text holds the button's Value
	Photo    Kind = "photo"    // Media set, Text is the caption
	Document Kind = "document" // Media set, Text is the caption
	Card     Kind = "card"     // a shared contact: Contact set
	Place    Kind = "place"    // a shared location: Location set
	Voice    Kind = "voice"    // voice note or audio: not understood, answered kindly
	Sticker  Kind = "sticker"
	Other    Kind = "other"    // anything else a person may send: video, dice, poll, …
	Edited   Kind = "edited"   // the sender changed an earlier message: Text is the new text
	Joined   Kind = "joined"   // the bot was added to the chat, or unblocked
	Left     Kind = "left"     // the bot was removed from the chat, or blocked
	Migrated Kind = "migrated" // the group has a new ID: MovedTo is set
)

// Inbound is one thing that happened in a chat.
type Inbound struct {
	// ID is unique over all channels and the same for every delivery of the
	// same message, such as "telegram:u:815". It is the idempotency key of all
	// that follows from the message.
	ID        string    `json:"id"`
	Chat      Chat      `json:"chat"`
	Group     bool      `json:"group,omitempty"`
	ChatTitle string    `json:"chatTitle,omitempty"`
	Sender    Sender    `json:"sender"`
	Kind      Kind      `json:"kind"`
	Text      string    `json:"text,omitempty"`
	MessageID string    `json:"messageId,omitempty"` // in the network; for Press: of the message that carries the button
	ReplyTo   *Quote    `json:"replyTo,omitempty"`
	Addressed bool      `json:"addressed,omitempty"` // in a group: a command for us, a mention, or a reply to us
	Media     *Media    `json:"media,omitempty"`
	Album     string    `json:"album,omitempty"` // the same for photos that were sent together, where the network tells
	Contact   *Contact  `json:"contact,omitempty"`
	Location  *Location `json:"location,omitempty"`
	MovedTo   string    `json:"movedTo,omitempty"` // Migrated: the chat's new ID
	SentAt    time.Time `json:"sentAt"`            // by the network's clock
}

// Quote is the message that an Inbound replies to.
type Quote struct {
	MessageID string  `json:"messageId"`
	Text      string  `json:"text,omitempty"`
	FromBot   bool    `json:"fromBot,omitempty"`
	Sender    *Sender `json:"sender,omitempty"` // its author, where known
	Media     *Media  `json:"media,omitempty"`  // the photo or document that it carries
}

// Media is a file that a person sent; its bytes are had from Channel.Fetch.
type Media struct {
	Ref  string `json:"ref"` // the network's own handle
	Name string `json:"name,omitempty"`
	MIME string `json:"mime,omitempty"`
	Size int64  `json:"size,omitempty"` // bytes; 0 where the network does not say
}

// Contact is a shared address-book card.
type Contact struct {
	Name   string `json:"name,omitempty"`
	Phone  string `json:"phone"`            // as written on the card; of an Own one, as the network proves it
	UserID string `json:"userId,omitempty"` // the network's user ID, where the card names one
	Own    bool   `json:"own,omitempty"`    // the network vouches that it is the sender's own
}

// Location is a shared place.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Outbound is one message of the bot, in neutral form. It is stored in the
// outbox as it is, so it stays small: bytes of files are kept apart, as blobs.
type Outbound struct {
	Text       string     `json:"text,omitempty"`       // in the markup of package markup; the caption where File is set
	File       *File      `json:"file,omitempty"`       // a picture or a document
	Subject    string     `json:"subject,omitempty"`    // e-mail only
	Attach     []File     `json:"attach,omitempty"`     // e-mail only: files besides File
	Footer     string     `json:"footer,omitempty"`     // e-mail only: small print below everything
	Stop       string     `json:"stop,omitempty"`       // e-mail only: the address at which one press ends all mails (RFC 8058)
	Buttons    [][]Button `json:"buttons,omitempty"`    // rows; only where Capabilities.Buttons, or with a URL where Capabilities.Links
	AskContact string     `json:"askContact,omitempty"` // label of a button that shares the person's own number
	DropKeys   bool       `json:"dropKeys,omitempty"`   // take an earlier AskContact button away
	ReplyTo    string     `json:"replyTo,omitempty"`    // network message ID to answer to
	Edit       string     `json:"edit,omitempty"`       // network message ID to change instead of sending anew
	Poll       *Poll      `json:"poll,omitempty"`       // only where Capabilities.Polls, besides the text, which says all of it
}

// Poll asks a question that Text asks, too, with answers to tap. A vote gives
// an Inbound of kind Press with the option's Value as its Text; "" where the
// network kept from us what was chosen.
type Poll struct {
	Question string       `json:"question"` // plain text
	Options  []PollOption `json:"options"`  // two to twelve, each label once
}

// PollOption is one answer.
type PollOption struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// File is a file to send. The outbox loads Data from Blob just before the send.
type File struct {
	Blob  string `json:"blob"` // key in storage.Media
	Name  string `json:"name"` // as the recipient sees it
	MIME  string `json:"mime"`
	Photo bool   `json:"photo,omitempty"` // shown as a picture, not offered as a file
	Data  []byte `json:"-"`
}

// Button is an inline button. Pressing it gives an Inbound of kind Press with
// Value as its Text; a button with a URL opens that instead.
type Button struct {
	Label string `json:"label"`
	Value string `json:"value,omitempty"` // at most MaxButtonValue bytes
	URL   string `json:"url,omitempty"`
}

// MaxButtonValue is what the narrowest channel (Telegram) allows, in bytes.
const MaxButtonValue = 64

// Capabilities tells the core what a channel can show.
type Capabilities struct {
	Buttons    bool // inline buttons show; without them options are listed by number
	Links      bool // buttons with a URL show even where others do not
	Doubles    bool // a message sent again under its ID arrives twice; networks that choose no ID aside
	Contact    bool // AskContact shows
	Edit       bool // Outbound.Edit works
	Polls      bool // Outbound.Poll shows
	Phone      bool // a sender's phone number is known and proven
	MaxText    int  // characters in one text message, after the markup is gone
	MaxCaption int  // characters in a file's caption
	// EditFor is how long after it was sent a message can be changed; 0: always.
	EditFor time.Duration
}

// Live reports whether one message can show the progress of something long.
func (c Capabilities) Live() bool { return c.Edit && c.EditFor == 0 }

// Receipt tells what became of a message that was sent.
type Receipt struct {
	Chat      Chat
	MessageID string
	State     ReceiptState
	At        time.Time
}

// ReceiptState is how far a message got.
type ReceiptState string

// Receipt states, in their order.
const (
	Delivered ReceiptState = "delivered"
	Read      ReceiptState = "read"
)

// Sink takes what a channel receives. Accept returns nil only once the message
// is durably stored; only then may the adapter acknowledge it to its network.
// Accepting the same Inbound.ID again is harmless.
type Sink interface {
	Accept(ctx context.Context, in Inbound) error
	Receipt(ctx context.Context, r Receipt) error
}

// Channel is one chat network.
type Channel interface {
	Name() Name
	Capabilities() Capabilities

	// Run receives until ctx ends, and returns nil then. Faults of the network
	// are retried inside; an error means that going on is useless (credentials
	// refused, for instance).
	Run(ctx context.Context, sink Sink) error

	// NewMessageID chooses the ID of a message before it is sent, so that it
	// can be stored and a resend does not double it. It returns "" where the
	// network chooses (Telegram).
	NewMessageID() string

	// Send delivers one message, under messageID where that is not "", and
	// returns the network's ID for it. Errors are *SendError.
	Send(ctx context.Context, to Chat, messageID string, m Outbound) (string, error)

	// Typing shows that an answer is on its way. Best effort.
	Typing(ctx context.Context, to Chat) error

	// Fetch downloads what a person sent, refusing more than limit bytes with
	// ErrTooLarge.
	Fetch(ctx context.Context, m Media, limit int64) ([]byte, error)

	// Check asks the network whether the credentials are good and returns who
	// we are there, such as "@emileku_bot".
	Check(ctx context.Context) (identity string, err error)
}

// CommandMenu is implemented by channels that show a menu of commands.
type CommandMenu interface {
	// SetCommands replaces the menu of a scope.
	SetCommands(ctx context.Context, scope MenuScope, commands []Command) error
}

// MenuScope is where a menu shows: everywhere private, in all groups, or in
// one chat, which wins over the former two.
type MenuScope struct {
	Groups bool
	Chat   Chat
}

// Command is one entry of a menu.
type Command struct{ Name, Description string }

// GroupInspector is implemented by channels where a bot may be half blind in a
// group (Telegram's privacy mode).
type GroupInspector interface {
	InspectGroup(ctx context.Context, group Chat) (GroupSight, error)
}

// GroupSight is what the bot can see and do in a group.
type GroupSight struct {
	Member  bool // it is in the group
	Admin   bool // it is an administrator there
	SeesAll bool // it receives messages and photos that are not addressed to it
}

// Linker is implemented by channels with deep links that open the chat and
// hand the bot a payload as "/start PAYLOAD".
type Linker interface {
	// DeepLink returns the link; payload holds at most 64 of A-Z a-z 0-9 _ -.
	DeepLink(payload string) string
}

// Forgetter is implemented by channels that keep something of people by
// themselves.
type Forgetter interface {
	// Forget deletes what is kept of the person of a private chat, beyond what
	// is needed to understand them should they write again. It needs no network;
	// doing it again is harmless.
	Forget(ctx context.Context, chat Chat) error
}
