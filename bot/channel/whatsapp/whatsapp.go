// Package whatsapp is the WhatsApp channel: an account of an ordinary phone,
// to which the bot is linked as one more device, through go.mau.fi/whatsmeow.
//
// Run keeps one connection (see line), and hands what comes in to the sink. A
// message is acknowledged to WhatsApp only after the sink took it; the text
// that was decrypted is kept in the device store until then, since it cannot
// be decrypted twice. What was taken but not acknowledged when the process
// ended comes again under the same ID.
//
// People are addressed by their LID, WhatsApp's own number for an account that
// does not tell the telephone number. A sender's number is given beside it
// where WhatsApp tells it, and then it is proven: nobody writes from a number
// that is not theirs.
//
// The IDs of messages are ours to choose (see messageID): a message that is
// sent again under the same ID shows once.
package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot/channel"
)

// Name is how the bot calls itself among the account's linked devices, and to
// people who have not saved its number.
const Name = "E-MILE KU"

// DeviceStore keeps the linked device: its identity, sessions and all else
// that whatsmeow remembers. *sqlstore.Container is one (see OpenSQLite).
type DeviceStore interface {
	// GetFirstDevice gives the linked device, or a new one (without an ID) that
	// is stored once it is linked.
	GetFirstDevice(ctx context.Context) (*store.Device, error)
}

// Options configures a Channel. Only Devices is needed.
type Options struct {
	Devices DeviceStore
	// Number is the bot's number (E.164) for wa.me links; "": the linked one.
	Number string
	// HTTP carries all connections; nil: whatsmeow's own. For tests.
	HTTP *http.Client
	Log  zerolog.Logger

	// OnConnection is told of each change of the line, in order.
	OnConnection func(ctx context.Context, c channel.Connection)
	// OnRestriction is told when WhatsApp forbids us to write.
	OnRestriction func(ctx context.Context, r channel.Restriction)

	SendTimeout time.Duration // how long WhatsApp may take to confirm a message; 0: 20 s (an upload: twice that)
	LineTimeout time.Duration // how long a send waits for the line, and the line for WhatsApp's welcome; 0: 20 s
	RetryMin    time.Duration // first pause after a fault; 0: 1 s
	RetryMax    time.Duration // longest pause; 0: 2 min
}

// Channel is WhatsApp as a channel.Channel.
type Channel struct {
	opts Options
	log  zerolog.Logger

	line line // how the connection is

	mu      sync.Mutex
	client  *whatsmeow.Client  // of the linked device; nil while there is none
	again   chan struct{}      // closed and replaced to wake Run: linked, unlinked, or a person said so
	cut     context.CancelFunc // ends what Run does with the device now; nil: nothing
	linking bool               // somebody is linking

	number  atomic.Pointer[string] // of the account, E.164; nil: not known
	titles  cache[string]          // of groups
	recent  cache[quoted]          // what people wrote lately, by ID, to be quoted
	polls   cache[[]channel.PollOption]
	uploads cache[uploaded]
	leaving cache[types.JID] // people who are forgotten: their tokens go with the next message to them
	chores  errgroup.Group   // read receipts
	turn    chan struct{}    // holds a token while a message is being sent: the library sends one at a time
	running atomic.Bool
	over    atomic.Bool // Run is ending or has ended: nothing new goes out, and no line will come
}

// whatsmeow sets the limits of the port where it matters.
var (
	_ channel.Channel   = (*Channel)(nil)
	_ channel.Linker    = (*Channel)(nil)
	_ channel.Lined     = (*Channel)(nil)
	_ channel.Directory = (*Channel)(nil)
	_ channel.Linkable  = (*Channel)(nil)
	_ channel.Forgetter = (*Channel)(nil)
)

// How much is remembered of what went by.
const (
	recentKept  = 2000
	pollsKept   = 2000
	titlesKept  = 200
	uploadsKept = 200
	leavingKept = 1000
	choresMost  = 8
)

// New makes the channel without reaching for the network.
func New(o Options) (*Channel, error) {
	if o.Devices == nil {
		return nil, errors.New("whatsapp: no device store given")
	}
	setDefault(&o.SendTimeout, 20*time.Second)
	setDefault(&o.LineTimeout, 20*time.Second)
	setDefault(&o.RetryMin, time.Second)
	setDefault(&o.RetryMax, 2*time.Minute)
	introduceOnce()
	c := &Channel{
		opts: o, log: o.Log, again: make(chan struct{}), turn: make(chan struct{}, 1),
		titles: newCache[string](titlesKept), recent: newCache[quoted](recentKept),
		polls: newCache[[]channel.PollOption](pollsKept), uploads: newCache[uploaded](uploadsKept),
		leaving: newCache[types.JID](leavingKept),
	}
	c.chores.SetLimit(choresMost)
	c.line.now.State, c.line.now.Since = channel.Connecting, time.Now() // Run finds out
	if o.Number != "" {
		c.number.Store(&o.Number)
	}
	return c, nil
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// introduceOnce sets how the program presents itself when it is linked: these
// are variables of the library.
var introduceOnce = sync.OnceFunc(func() {
	store.SetOSInfo(Name, [3]uint32{1, 0, 0})
})

// Name implements channel.Channel.
func (c *Channel) Name() channel.Name { return channel.WhatsApp }

// What we send at most. WhatsApp takes longer texts (65,536 characters), but
// folds them after a few lines.
const (
	maxText    = 4096
	maxCaption = 1024
)

// Capabilities implements channel.Channel. Lengths are in UTF-16 units.
func (c *Channel) Capabilities() channel.Capabilities {
	return channel.Capabilities{
		Edit: true, EditFor: editFor, Phone: true, Polls: true, MaxText: maxText, MaxCaption: maxCaption,
	}
}

// NewMessageID implements channel.Channel.
func (c *Channel) NewMessageID() string { return newMessageID(time.Now()) }

// Check implements channel.Channel: the linked number, or why nobody can be
// reached.
func (c *Channel) Check(ctx context.Context) (string, error) {
	if now := c.Connection(); c.running.Load() && now.State != channel.Online {
		return "", stateError(now)
	}
	device, err := c.opts.Devices.GetFirstDevice(ctx)
	if err != nil {
		return "", fmt.Errorf("whatsapp: read the device: %w", err)
	}
	if device.ID == nil {
		return "", errUnlinked
	}
	who := phoneOf(device.ID.ToNonAD())
	if c.opts.Number == "" {
		c.number.Store(&who)
	}
	return who, nil
}

// Errors of a line that does not work.
var errOver = errors.New("whatsapp: the channel is being stopped")

var errUnlinked = errors.New("whatsapp: no account is linked; link one with /whatsapp or: emileku whatsapp pair")

func stateError(now channel.Connection) error {
	if now.State == channel.Unlinked {
		return errUnlinked
	}
	err := fmt.Errorf("whatsapp: the line is %s", now.State)
	if now.Detail != "" {
		err = fmt.Errorf("%w: %s", err, now.Detail)
	}
	if !now.Until.IsZero() {
		err = fmt.Errorf("%w (until %s)", err, now.Until.Format(time.RFC3339))
	}
	return err
}

// phoneOf is the number of a phone JID, E.164; "" for another JID.
func phoneOf(jid types.JID) string {
	if jid.Server != types.DefaultUserServer || jid.User == "" {
		return ""
	}
	return "+" + jid.User
}

// current is the client of the linked device; nil while there is none.
func (c *Channel) current() *whatsmeow.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client
}
