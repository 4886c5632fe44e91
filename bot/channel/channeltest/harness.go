package channeltest

import (
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

// Harness is a channel together with the network behind it: what an adapter's
// test hands to Run. Limits on how fast the bot may send should be off.
type Harness interface {
	// Connect returns the adapter, connected to the network and not running.
	// Each call is a new start of the process: what the last one left
	// unacknowledged comes again.
	Connect(t *testing.T) channel.Channel

	// Person returns somebody new to whom the bot may write.
	Person(t *testing.T, name string) Person

	// FailNext makes the adapter's next send to p go wrong. It reports false
	// where the network has no such failure.
	FailNext(t *testing.T, p Person, f Failure) bool
}

// Person is somebody at the other end of the network, in a private chat.
type Person interface {
	Chat() channel.Chat
	UserID() string // Sender.ID of what they send

	// Do lets the person do something and returns the network's ID of the
	// message that comes of it ("" for a press). It reports false where the
	// network does not know that kind.
	Do(t *testing.T, d Deed) (messageID string, ok bool)

	// Sees returns the bot's messages as the person sees them now, in order.
	Sees(t *testing.T) []Seen

	// Changed returns a channel that is closed when Sees may have changed.
	Changed() <-chan struct{}

	// Typing counts how often the bot was seen typing; -1: the network does
	// not show it.
	Typing() int
}

// Deed is something that a person does.
type Deed struct {
	Kind    channel.Kind // Text, Photo, Document, Card (their own), Place, Voice, Sticker, Press or Edited
	Text    string       // what they write; the caption; the button's label; the new text
	Message string       // Press, Edited: the message that it is about
	ReplyTo string
	Name    string // Document
	MIME    string
	Data    []byte // Photo (a PNG), Document
}

// Seen is a message of the bot on the person's screen.
type Seen struct {
	ID                 string
	Text               string   // as read, without any markup; the caption of a file
	Bold, Italic, Code []string // the runs in that style
	Labels             []string // of the buttons
	Photo              bool
	FileName           string
	Data               []byte
	ReplyTo            string // ID of the message that it answers to
}

// Failure is a way for a send to go wrong.
type Failure int

// Failures, and what Send must make of them.
const (
	Refused  Failure = iota // the network does not take such a message: Permanent
	Blocked                 // the person does not want us: Blocked
	TooFast                 // wait: RetryAfter of Pause
	Broken                  // the network is out of order: neither Permanent nor Uncertain
	NoAnswer                // the message arrives, the answer does not: Uncertain
)

// Pause is what the network asks for in TooFast.
const Pause = 7 * time.Second

func (f Failure) String() string {
	return [...]string{"Refused", "Blocked", "TooFast", "Broken", "NoAnswer"}[f]
}
