package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/dialog"
	"github.com/diskopukm/emileku/bot/metrics"
	"github.com/diskopukm/emileku/bot/replylink"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// Limits of the core.
const (
	maxWorkers   = 64                     // chats handled at the same time
	handledKept  = 32                     // inbound IDs that a chat remembers
	replayBatch  = 500                    // messages read at a time when starting
	typingAfter  = 700 * time.Millisecond // a step slower than this shows "typing…"
	typingAgain  = 4 * time.Second        // networks drop it after about 5 s
	poisonTries  = 3                      // a step that fails so often for its own sake is given up
	retryAtMost  = 15 * time.Second
	finishWithin = 8 * time.Second // for what is in hand when the process is told to stop
)

// Options are what a Bot is made of.
type Options struct {
	Store    storage.Store
	App      *app.App
	Texts    *templates.Renderer
	Channels []channel.Channel
	Metrics  *metrics.Metrics // may be nil
	Log      zerolog.Logger
	// Wake tells the outbox that rows were added.
	Wake func()
	// Links signs the links of mails; nil: there are no pages to answer on.
	Links *replylink.Signer
	// Receipt takes what a network says of a message that was sent; nil: it is
	// stored as it comes. The outbox keeps it back while that send is under way.
	Receipt func(ctx context.Context, r channel.Receipt) error
	// Version is shown by /kesehatan.
	Version string
}

// Bot is the core. It is a channel.Sink.
type Bot struct {
	store    storage.Store
	app      *app.App
	texts    *templates.Renderer
	desk     *dialog.Desk
	channels map[channel.Name]channel.Channel
	metrics  *metrics.Metrics
	log      zerolog.Logger
	wake     func()
	receipt  func(ctx context.Context, r channel.Receipt) error
	network  *network
	lines    *lines
	links    *replylink.Signer

	mu      sync.Mutex
	running context.Context // nil until Run; workers live under it
	life    context.Context // nil until Run; ends when the process is told to stop
	queues  map[string]*queue
	changed chan struct{} // closed when a queue is empty
	workers sync.WaitGroup
	slots   chan struct{}
}

// queue holds the messages of one chat that wait for their turn.
type queue struct {
	waiting []job
	busy    bool
}

type job struct {
	in       channel.Inbound
	accepted time.Time
}

// New makes a Bot. Nothing is handled before Run.
func New(o Options) *Bot {
	b := &Bot{
		store: o.Store, app: o.App, texts: o.Texts, metrics: o.Metrics, log: o.Log, wake: o.Wake, links: o.Links,
		channels: map[channel.Name]channel.Channel{}, queues: map[string]*queue{}, changed: make(chan struct{}), slots: make(chan struct{}, maxWorkers),
	}
	if b.wake == nil {
		b.wake = func() {}
	}
	if b.receipt = o.Receipt; b.receipt == nil {
		b.receipt = func(ctx context.Context, r channel.Receipt) error {
			_, err := o.Store.Outbox().Receipt(ctx, r)
			return err
		}
	}
	for _, c := range o.Channels {
		b.channels[c.Name()] = c
		if _, ok := c.(channel.Directory); ok {
			b.app.UseCold(c.Name())
		}
	}
	b.network = &network{bot: b, version: o.Version, started: time.Now()}
	b.lines = newLines()
	b.desk = dialog.New(o.App, o.Texts, b.network)
	b.network.desk = b.desk
	return b
}

// Desk gives the dialogs, for the planner's messages.
func (b *Bot) Desk() *dialog.Desk { return b.desk }

// Accept implements channel.Sink: the message is stored, then handled as soon
// as its chat is free.
func (b *Bot) Accept(ctx context.Context, in channel.Inbound) error {
	at := time.Now()
	fresh, err := b.store.Inbox().Add(ctx, in, at.UTC().Truncate(time.Millisecond))
	if err != nil {
		return fmt.Errorf("store %s: %w", in.ID, err)
	}
	if !fresh {
		b.log.Debug().Str("inbound", in.ID).Msg("delivered again")
		return nil
	}
	b.metrics.Received(in.Chat.Channel, in.Kind)
	b.enqueue(job{in, at})
	return nil
}

// Receipt implements channel.Sink.
func (b *Bot) Receipt(ctx context.Context, r channel.Receipt) error {
	return b.receipt(ctx, r)
}

// prepareAfter is how long after the start what the first reply would wait for
// is readied: being ready comes first, and an end does not wait for it.
const prepareAfter = 20 * time.Second

// Run replays what an earlier run left unfinished, then handles messages until
// ctx ends, and returns when those in hand are finished.
func (b *Bot) Run(ctx context.Context) error {
	b.mu.Lock()
	b.life = ctx
	b.mu.Unlock()
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	prepare := time.AfterFunc(prepareAfter, b.desk.Prepare)
	defer prepare.Stop()
	if err := b.replay(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	b.start(work)
	<-ctx.Done()
	b.mu.Lock()
	b.running = nil // what waits stays in the inbox for the next start
	b.mu.Unlock()
	end := time.AfterFunc(finishWithin, stop)
	defer end.Stop()
	b.workers.Wait()
	return nil
}

// replay finishes what a crash cut off: first the answers that were decided
// upon but not queued, then the messages that were not handled.
func (b *Bot) replay(ctx context.Context) error {
	for {
		chats, err := b.store.Chats().Unflushed(ctx, replayBatch)
		if err != nil {
			return fmt.Errorf("replay: %w", err)
		}
		for _, c := range chats {
			if err := b.store.Chats().Flush(ctx, c, ""); err != nil && !errors.Is(err, storage.ErrConflict) {
				return fmt.Errorf("replay %s: %w", c.ID, err)
			}
		}
		if len(chats) < replayBatch {
			break
		}
	}
	open, err := b.store.Inbox().Open(ctx, 1_000_000)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if len(open) > 0 {
		b.log.Info().Int("messages", len(open)).Msg("handling what an earlier run left unfinished")
	}
	b.enqueueFirst(open)
	b.wake()
	return nil
}

// enqueueFirst puts what an earlier run left before what was accepted since
// this one began, so that a chat's messages are handled in their order. No
// worker runs yet.
func (b *Bot) enqueueFirst(open []channel.Inbound) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	left := map[string][]job{}
	known := map[string]bool{}
	for _, in := range open {
		key := in.Chat.String()
		left[key] = append(left[key], job{in, now})
		known[in.ID] = true
	}
	for key, jobs := range left {
		q := b.queues[key]
		if q == nil {
			q = &queue{}
			b.queues[key] = q
		}
		for _, j := range q.waiting {
			if !known[j.in.ID] {
				jobs = append(jobs, j)
			}
		}
		q.waiting = jobs
	}
}

// start lets the workers run under ctx, on what waits already too.
func (b *Bot) start(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = ctx
	for key, q := range b.queues {
		b.startLocked(key, q)
	}
}

// enqueue appends to the chat's queue and starts its worker if it has none.
func (b *Bot) enqueue(j job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := j.in.Chat.String()
	q := b.queues[key]
	if q == nil {
		q = &queue{}
		b.queues[key] = q
	}
	q.waiting = append(q.waiting, j)
	b.startLocked(key, q)
}

func (b *Bot) startLocked(key string, q *queue) {
	if q.busy || len(q.waiting) == 0 || b.running == nil {
		return
	}
	q.busy = true
	b.workers.Add(1)
	go b.work(b.running, key, q)
}

// Idle returns once no message waits or is being handled: for tests and the
// practice clock.
func (b *Bot) Idle(ctx context.Context) error {
	for {
		b.mu.Lock()
		left, changed := len(b.queues), b.changed
		b.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// work handles one chat's messages in order until none waits.
func (b *Bot) work(ctx context.Context, key string, q *queue) {
	defer b.workers.Done()
	b.slots <- struct{}{}
	defer func() { <-b.slots }()
	for {
		b.mu.Lock()
		if len(q.waiting) == 0 || b.running == nil {
			q.busy = false
			if len(q.waiting) == 0 {
				delete(b.queues, key)
				close(b.changed)
				b.changed = make(chan struct{})
			}
			b.mu.Unlock()
			return
		}
		j := q.waiting[0]
		q.waiting = q.waiting[1:]
		b.mu.Unlock()
		if err := b.handleSurely(ctx, j.in); err != nil {
			if ctx.Err() == nil {
				b.log.Error().Err(err).Str("inbound", j.in.ID).Msg("message not handled; it stays in the inbox")
			}
			continue
		}
		b.metrics.Handled(j.in.Chat.Channel, time.Since(j.accepted))
	}
}

// handleSurely handles a message, again and again while the database is away.
// A message whose own step fails for another reason is apologised for after a
// few tries, so that it does not block its chat for ever.
func (b *Bot) handleSurely(ctx context.Context, in channel.Inbound) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 100*time.Millisecond, retryAtMost
	for tries := 1; ; {
		err := b.handleSafely(ctx, in)
		if err == nil {
			return nil
		}
		b.metrics.Error("handle")
		switch {
		case ctx.Err() != nil:
			return err
		case errors.Is(err, storage.ErrUnavailable):
		case tries >= poisonTries:
			b.log.Error().Err(err).Str("inbound", in.ID).Msg("message given up, the sender is told")
			if err = b.apologise(ctx, in); err == nil {
				return nil
			}
		default:
			tries++
		}
		b.log.Warn().Err(err).Str("inbound", in.ID).Msg("handling failed, trying again")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait.NextBackOff()):
		}
	}
}

// handleSafely turns a panic into an error.
func (b *Bot) handleSafely(ctx context.Context, in channel.Inbound) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return b.handle(ctx, in)
}

// handle does one step of one chat. Each attempt begins from what is stored.
func (b *Bot) handle(ctx context.Context, in channel.Inbound) error {
	typing := b.typeWhileSlow(ctx, in)
	defer typing()
	for {
		c, err := b.chat(ctx, in)
		if err != nil {
			return err
		}
		if !slices.Contains(c.Handled, in.ID) {
			if err := b.step(ctx, in, c); err != nil {
				return err
			}
			c.Handled = append(c.Handled, in.ID)
			if n := len(c.Handled); n > handledKept {
				c.Handled = c.Handled[n-handledKept:]
			}
			c.UpdatedAt = b.app.Now()
			if err := b.store.Chats().Save(ctx, c); errors.Is(err, storage.ErrConflict) {
				continue // the planner wrote in between: read again and redo
			} else if err != nil {
				return fmt.Errorf("save chat %s: %w", c.ID, err)
			}
		}
		err = b.store.Chats().Flush(ctx, c, in.ID)
		if errors.Is(err, storage.ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("queue answers of %s: %w", in.ID, err)
		}
		b.wake()
		return nil
	}
}

func (b *Bot) chat(ctx context.Context, in channel.Inbound) (*storage.Chat, error) {
	c, err := b.store.Chats().Get(ctx, in.Chat.String())
	if errors.Is(err, storage.ErrNotFound) {
		return &storage.Chat{ID: in.Chat.String(), Group: in.Group, Title: in.ChatTitle}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load chat %s: %w", in.Chat, err)
	}
	if in.ChatTitle != "" {
		c.Title = in.ChatTitle
	}
	return c, nil
}

// step lets the dialogs answer and puts what they say into c.Pending.
func (b *Bot) step(ctx context.Context, in channel.Inbound, c *storage.Chat) error {
	if in.Kind == channel.Migrated {
		return b.app.MoveChat(ctx, in.Chat, channel.Chat{Channel: in.Chat.Channel, ID: in.MovedTo})
	}
	person, err := b.app.Identify(ctx, in)
	if err != nil {
		return err
	}
	if !in.Group {
		c.PersonID = person.ID
	}
	if c.Draft != nil && c.Draft.MovedTo != "" {
		c.Draft, c.DraftAt, c.DraftNudged = nil, nil, false // it goes on in another chat
	}
	log := b.log.With().Str("inbound", in.ID).Logger()
	t := dialog.NewTurn(in, person, c, b.capabilities(in.Chat.Channel), b.texts, log)
	if err := b.route(ctx, t); err != nil {
		return err
	}
	c.Pending = append(c.Pending, t.Out()...)
	return nil
}

func (b *Bot) capabilities(name channel.Name) channel.Capabilities {
	if ch := b.channels[name]; ch != nil {
		return ch.Capabilities()
	}
	return channel.Capabilities{}
}

// apologise answers a message that could not be handled and marks it done.
func (b *Bot) apologise(ctx context.Context, in channel.Inbound) error {
	c, err := b.chat(ctx, in)
	if err != nil {
		return err
	}
	if !slices.Contains(c.Handled, in.ID) {
		text, err := b.texts.Text("fault.sorry", nil)
		if err != nil {
			return err
		}
		now := time.Now().UTC().Truncate(time.Millisecond)
		c.Handled = append(c.Handled, in.ID)
		if !in.Group || in.Addressed {
			c.Pending = append(c.Pending, storage.Message{
				ID: "in/" + in.ID + "/sorry", Chat: in.Chat, Lane: storage.LaneAnswer, Order: now.UnixMicro(),
				Body: channel.Outbound{Text: text}, State: storage.Queued, DueAt: now, QueuedAt: now,
			})
		}
		if err := b.store.Chats().Save(ctx, c); err != nil {
			return err
		}
	}
	if err := b.store.Chats().Flush(ctx, c, in.ID); err != nil {
		return err
	}
	b.wake()
	return nil
}

// typeWhileSlow shows that an answer is on its way once it takes a while, and
// as long as it does; the returned function ends that.
func (b *Bot) typeWhileSlow(ctx context.Context, in channel.Inbound) (stop func()) {
	ch := b.channels[in.Chat.Channel]
	if ch == nil || in.Group && !in.Addressed {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for wait := typingAfter; ; wait = typingAgain {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			if err := ch.Typing(ctx, in.Chat); err != nil {
				b.log.Debug().Err(err).Msg("typing not shown")
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
