package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/metrics"
	"github.com/diskopukm/emileku/storage"
)

// After Run's context ends, or Stopping before that, sends in hand get stopSends to finish, then their
// outcomes get until stopWrites to be stored. Run returns at stopAll at the
// latest, whatever hangs: within the ten seconds that a stop may take.
const (
	stopSends  = 7 * time.Second
	stopWrites = 9 * time.Second
	stopAll    = 9500 * time.Millisecond
)

const (
	rescueEvery  = 30 * time.Second
	observeEvery = 15 * time.Second
	rescueBatch  = 256
)

// Options are what a Sender needs. Store, Channels and Event are required.
//
// The callbacks run in the goroutine that sent the message; that row's worker
// waits for them. They may be called more than once for the same fact, after a
// crash, and must bear it.
type Options struct {
	Store    storage.Store
	Channels []channel.Channel
	Event    clock.Clock // for expiry and quiet hours
	// Limits by channel; a channel that is missing has its DefaultLimits.
	Limits  map[channel.Name]Limits
	Quiet   QuietHours
	Metrics *metrics.Metrics
	Log     zerolog.Logger

	// OnBlocked: the person does not want to hear from us in that chat.
	OnBlocked func(ctx context.Context, chat channel.Chat, personID string)
	// OnAbsent: there is no account or mailbox at the address that m went to;
	// m.LastError says what the network said.
	OnAbsent func(ctx context.Context, m *storage.Message)
	// OnMoved: a chat has a new ID. Its queued rows follow by themselves.
	OnMoved func(ctx context.Context, from, to channel.Chat)
	// OnUncertain: nobody knows whether m arrived, and it will not be repeated.
	OnUncertain func(ctx context.Context, m *storage.Message)

	// Restrictions keeps what networks forbid us, over restarts; nil: nowhere.
	Restrictions Restrictions

	// TakeOver says that whoever sent before is known to be gone: what it left
	// claimed is rescued at start, without waiting for its leases to end.
	TakeOver bool
	// Poll is how often the outbox is looked at without being woken: for rows
	// that fall due, and the ends of quiet hours. 0: 2 s.
	Poll time.Duration
}

// Sender sends the outbox's rows. At most one may run on a database at a time.
type Sender struct {
	store    storage.Store
	channels map[channel.Name]channel.Channel
	event    clock.Clock
	quiet    atomic.Pointer[QuietHours]
	metrics  *metrics.Metrics
	log      zerolog.Logger
	faults   *faults
	files    *files
	takeOver bool
	poll     time.Duration

	restrictions Restrictions
	restricting  sync.Mutex // held while a restriction is noted
	barred       map[channel.Name]*atomic.Pointer[channel.Restriction]

	onBlocked   func(ctx context.Context, chat channel.Chat, personID string)
	onAbsent    func(ctx context.Context, m *storage.Message)
	onMoved     func(ctx context.Context, from, to channel.Chat)
	onUncertain func(ctx context.Context, m *storage.Message)

	dispatchers []*dispatcher
	id          string // of this process, begins every lease token
	claims      atomic.Int64
	hand        hand

	ran      atomic.Bool
	stopping atomic.Pointer[time.Time] // when the process began to stop; nil: when Run's context ends
	work     sync.WaitGroup            // jobs and fetches
	sendCtx  context.Context           // for the network; set by Run
	writeCtx context.Context           // for what must be stored once a row is claimed; set by Run
}

// New makes a Sender; Run starts it.
func New(o Options) *Sender {
	s := &Sender{
		store: o.Store, event: o.Event, metrics: o.Metrics,
		channels: make(map[channel.Name]channel.Channel),
		log:      o.Log, takeOver: o.TakeOver, poll: o.Poll, restrictions: o.Restrictions,
		barred:    make(map[channel.Name]*atomic.Pointer[channel.Restriction]),
		onBlocked: o.OnBlocked, onAbsent: o.OnAbsent, onMoved: o.OnMoved, onUncertain: o.OnUncertain,
		id: rand.Text(),
	}
	if s.poll <= 0 {
		s.poll = 2 * time.Second
	}
	if s.onBlocked == nil {
		s.onBlocked = func(context.Context, channel.Chat, string) {}
	}
	if s.onAbsent == nil {
		s.onAbsent = func(context.Context, *storage.Message) {}
	}
	if s.onMoved == nil {
		s.onMoved = func(context.Context, channel.Chat, channel.Chat) {}
	}
	if s.onUncertain == nil {
		s.onUncertain = func(context.Context, *storage.Message) {}
	}
	s.SetQuietHours(o.Quiet)
	s.faults = &faults{log: o.Log, metrics: o.Metrics}
	s.files = &files{media: o.Store.Media(), faults: s.faults}
	s.hand.rows = make(map[string]*inHand)
	defaults := DefaultLimits()
	for _, ch := range o.Channels {
		limits, ok := o.Limits[ch.Name()]
		if !ok {
			limits = defaults[ch.Name()]
		}
		s.channels[ch.Name()] = ch
		s.barred[ch.Name()] = new(atomic.Pointer[channel.Restriction])
		s.dispatchers = append(s.dispatchers, newDispatcher(s, ch, limits))
	}
	return s
}

// QuietAt reports whether guests are not written to unasked at a time.
func (s *Sender) QuietAt(t time.Time) bool { return s.quiet.Load().At(t) }

// SetQuietHours changes the quiet hours from now on (for Ramadan, say).
func (s *Sender) SetQuietHours(q QuietHours) {
	s.quiet.Store(&q)
	s.Wake()
}

// Wake tells the Sender that rows were added, or that the event clock was
// moved. It never blocks and costs next to nothing.
func (s *Sender) Wake() {
	for _, d := range s.dispatchers {
		d.wake()
	}
}

// Receipt stores what became of a message that was sent. It returns an error
// where the database does, and the adapter should hand the receipt in again.
func (s *Sender) Receipt(ctx context.Context, r channel.Receipt) error {
	if s.hand.keep(r) {
		return nil // it came before its send was stored; letGo hands it on
	}
	fresh, err := s.store.Outbox().Receipt(ctx, r)
	if fresh {
		s.metrics.Receipt(r.Chat.Channel, r.State)
	}
	return err
}

// Stopping tells that the process has begun to stop, although Run goes on for a
// while with the last answers: what Run may take at its end counts from now.
func (s *Sender) Stopping() {
	now := time.Now()
	s.stopping.CompareAndSwap(nil, &now)
}

// Run sends until ctx ends. Then it begins no new send, finishes those in
// hand, gives claims back whose send has not begun, and returns nil within ten
// seconds. A Sender runs once.
func (s *Sender) Run(ctx context.Context) error {
	if s.ran.Swap(true) {
		return errors.New("outbox: the sender has been run before")
	}
	abandon := make(chan struct{})
	var stopSending, stopWriting context.CancelFunc
	s.sendCtx, stopSending = context.WithCancel(context.WithoutCancel(ctx))
	defer stopSending()
	s.writeCtx, stopWriting = context.WithCancel(context.WithoutCancel(ctx))
	defer stopWriting()
	ended, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	context.AfterFunc(ctx, func() {
		s.Stopping()
		begun := *s.stopping.Load()
		sleep(ended, time.Until(begun.Add(stopSends)))
		stopSending()
		sleep(ended, time.Until(begun.Add(stopWrites)))
		stopWriting()
		if sleep(ended, time.Until(begun.Add(stopAll))) {
			close(abandon)
		}
	})

	s.recallRestrictions(ctx)
	s.rescue(ctx, s.takeOver)
	var running sync.WaitGroup
	for _, d := range s.dispatchers {
		running.Go(func() { d.run(ctx, abandon) })
	}
	running.Go(func() { s.every(ctx, rescueEvery, func() { s.rescue(ctx, false) }) })
	running.Go(func() { s.every(ctx, observeEvery, func() { s.observe(ctx) }) })
	running.Wait()
	select {
	case <-abandon:
		s.log.Warn().Msg("sends were still under way at the stop; they are rescued at the next start")
	default:
		s.work.Wait()
	}
	return nil
}

func (s *Sender) every(ctx context.Context, period time.Duration, do func()) {
	for sleep(ctx, period) {
		do()
	}
}

// observe brings the gauges up to date and frees what is not used any more.
func (s *Sender) observe(ctx context.Context) {
	now := time.Now()
	s.files.release(now)
	if s.metrics == nil {
		return
	}
	outbox := s.store.Outbox()
	if counts, err := outbox.Counts(ctx); err == nil {
		s.metrics.Queue(counts)
	}
	switch oldest, err := outbox.Oldest(ctx, now); {
	case err != nil: // the next round shows it; senders notice an outage themselves
	case oldest == nil:
		s.metrics.Oldest(0)
	default:
		s.metrics.Oldest(now.Sub(*oldest))
	}
}

// hand are the rows in hand: those that this process has claimed or is about
// to.
type hand struct {
	mu   sync.Mutex
	rows map[string]*inHand // by lease token
}

type inHand struct {
	channel   channel.Name
	messageID string            // chosen by us, "" where the network chooses
	receipts  []channel.Receipt // that came before the send was stored
}

func (s *Sender) takeInHand(c *claimed) {
	s.hand.mu.Lock()
	defer s.hand.mu.Unlock()
	s.hand.rows[c.token] = &inHand{}
}

// expectReceipt makes receipts for c wait until its outcome is stored.
func (s *Sender) expectReceipt(c *claimed) {
	s.hand.mu.Lock()
	defer s.hand.mu.Unlock()
	if h := s.hand.rows[c.token]; h != nil {
		h.channel, h.messageID = c.row.Chat.Channel, c.row.MessageID
	}
}

// keep takes a receipt for a message in hand; false if there is none.
func (h *hand) keep(r channel.Receipt) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, row := range h.rows {
		if row.messageID != "" && row.messageID == r.MessageID && row.channel == r.Chat.Channel {
			row.receipts = append(row.receipts, r)
			return true
		}
	}
	return false
}

func (h *hand) holds(token string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rows[token] != nil
}

// letGo ends a claim that has been finished, and stores the receipts that came
// in meanwhile.
func (s *Sender) letGo(c *claimed) {
	s.hand.mu.Lock()
	h := s.hand.rows[c.token]
	delete(s.hand.rows, c.token)
	s.hand.mu.Unlock()
	if h == nil {
		return
	}
	for _, r := range h.receipts {
		var fresh bool
		err := s.faults.retry(s.writeCtx, "store a receipt", func() (err error) {
			fresh, err = s.store.Outbox().Receipt(s.writeCtx, r)
			return err
		})
		if err != nil {
			s.log.Warn().Str("error", mask(err.Error())).Msg("a receipt was lost")
		}
		if fresh {
			s.metrics.Receipt(r.Chat.Channel, r.State)
		}
	}
}
