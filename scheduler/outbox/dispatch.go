package outbox

import (
	"container/heap"
	"context"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

const (
	// window is how many rows of a lane a fetch brings in.
	window = 512
	// maxFetch bounds a fetch that has to look past rows that cannot go now.
	maxFetch = 16 * window
	// troubles is how many rows may fail one after the other before not they
	// but the whole channel is taken to be the cause.
	troubles = 5
	// sweepEvery is how often chats are forgotten that nothing waits for.
	sweepEvery = time.Minute
)

// dispatcher decides for one channel what is sent next. All its fields belong
// to the goroutine in run, except the three chans.
type dispatcher struct {
	s      *Sender
	ch     channel.Channel
	name   channel.Name
	limits Limits

	all, unprompted *pace
	lanes           [laneCount]lane
	chats           map[string]*conversation // by chat ID
	known           map[string]bool          // IDs of all entries, those being sent included
	flying          int                      // jobs under way
	fetches         int                      // fetches under way
	pausedUntil     time.Time                // by the network, or by the breaker
	swept           time.Time

	failures map[string]bool             // rows whose sends failed since one last got through
	probing  *backoff.ExponentialBackOff // not nil: the channel is taken to be down

	kick    chan struct{}
	done    chan result
	fetched chan batch
}

// job is one row on its way out.
type job struct {
	*entry
	line  *line
	slots slots
	// drop, where set, is the final state that the row gets instead of being sent.
	drop   storage.State
	reason string
}

// result is what became of a job.
type result struct {
	job
	verdict verdict
	after   time.Duration // how long to wait, for the verdicts that say so
}

// verdict tells the dispatcher what to do about a row after its job.
type verdict int

const (
	gone        verdict = iota // the row is not Queued any more, nothing was sent
	delivered                  // sent
	refused                    // the network answered that it never will be
	lost                       // no answer came, and the row has ended Uncertain
	failing                    // the network could not be reached, or gave no answer: again later
	held                       // this row could not be tried: again later
	passed                     // this row has to wait for another one; those behind it may pass
	chatPause                  // the network wants this chat left alone for a while
	allPause                   // the network wants to be left alone for a while
	moved                      // the chat has another ID now; its rows have been redirected
	interrupted                // the sender is stopping; the row is as it was
)

func newDispatcher(s *Sender, ch channel.Channel, limits Limits) *dispatcher {
	return &dispatcher{
		s: s, ch: ch, name: ch.Name(), limits: limits,
		all: newPace(limits.All), unprompted: newPace(limits.Unprompted),
		chats: make(map[string]*conversation), known: make(map[string]bool),
		failures: make(map[string]bool),
		kick:     make(chan struct{}, 1),
		done:     make(chan result, limits.inFlight()),
		fetched:  make(chan batch, laneCount),
	}
}

// wake makes the dispatcher look for new rows. It never blocks.
func (d *dispatcher) wake() {
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// run dispatches until ctx ends, then waits for what is in hand; abandon, which
// comes later than ctx's end, makes it leave that too.
func (d *dispatcher) run(ctx context.Context, abandon <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	poll := time.NewTicker(d.s.poll)
	defer poll.Stop()
	for _, name := range []storage.Lane{storage.LaneReminder, storage.LaneBroadcast} {
		d.lanes[name].horizon = time.Now().Add(longestQuiet) // an earlier process may have put rows off
	}
	d.fetchAll(ctx)
	stop := ctx.Done()
	for {
		select {
		case <-stop:
			stop = nil
		case r := <-d.done:
			d.settle(ctx, r, time.Now())
		case b := <-d.fetched:
			d.take(ctx, b, time.Now())
		case <-d.kick:
			d.fetchAll(ctx)
		case <-poll.C:
			d.fetchAll(ctx)
		case <-timer.C:
		case <-abandon:
			return
		}
		if ctx.Err() != nil {
			if d.flying == 0 && d.fetches == 0 {
				return
			}
			continue
		}
		now := time.Now()
		next := d.dispatch(ctx, now)
		d.sweep(now)
		if next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(max(time.Until(next), 0))
		}
	}
}

// dispatch starts every job that may start now and returns when to try again;
// zero: when something happens.
func (d *dispatcher) dispatch(ctx context.Context, now time.Time) time.Time {
	quiet := d.s.quiet.Load().At(d.s.event.Now())
	for d.flying < d.limits.inFlight() {
		if d.probing != nil && d.flying > 0 || d.barred() {
			return time.Time{}
		}
		if at := later(d.pausedUntil, d.all.next(now)); at.After(now) {
			return at
		}
		j, again := d.choose(now, quiet)
		if j == nil {
			return again
		}
		if j.drop == "" {
			j.slots = slots{d.all.reserve(now), j.line.of.pace.reserve(now)}
			if j.line.lane != storage.LaneAnswer {
				j.slots = append(j.slots, d.unprompted.reserve(now))
			}
		}
		j.line.current = j.entry
		d.lanes[j.line.lane].waiting.place(j.line, now)
		d.flying++
		d.s.work.Go(func() { d.done <- d.deliver(ctx, *j) })
	}
	return time.Time{}
}

// choose finds the row that goes next, in the order of the lanes. Without one
// it returns when to ask again.
func (d *dispatcher) choose(now time.Time, quiet bool) (*job, time.Time) {
	var again time.Time
	for i := range d.lanes {
		name, ln := storage.Lane(i), &d.lanes[i]
		if name != storage.LaneAnswer {
			if inFlight := d.limits.inFlight(); d.flying >= inFlight-inFlight/4 && inFlight > 1 {
				break // the rest is kept for answers
			}
			if at := d.unprompted.next(now); at.After(now) {
				again = sooner(again, at)
				break
			}
		}
		for len(ln.waiting) > 0 {
			l := ln.waiting[0]
			if at := l.readyAt(now); at.After(now) {
				if !l.at.After(now) { // its chat was written to from another lane
					l.at = at
					heap.Fix(&ln.waiting, 0)
					continue
				}
				again = sooner(again, l.at)
				break
			}
			e, _ := l.head(now)
			if e.quiet && quiet && name != storage.LaneAnswer {
				d.forget(l, e) // it is fetched again when the quiet hours are over
				ln.stuck++
				ln.waiting.place(l, now)
				continue
			}
			j := &job{entry: e, line: l}
			switch {
			case e.expiresAt != nil && !e.expiresAt.After(d.s.event.Now()):
				j.drop, j.reason = storage.Expired, "too late to be of use"
			case l.superseded(e):
				j.drop, j.reason = storage.Expired, "superseded by a later edit"
			}
			return j, time.Time{}
		}
	}
	return nil, again
}

// sooner is the earlier of two times of which zero is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// settle takes note of what became of a job.
func (d *dispatcher) settle(ctx context.Context, r result, now time.Time) {
	d.flying--
	l := r.line
	ln := &d.lanes[l.lane]
	l.current = nil
	switch r.verdict {
	case gone, delivered, refused, lost:
		d.forget(l, r.entry)
		if ln.fetching {
			ln.finished[r.id] = true
		}
	case failing:
		if r.delays == nil {
			r.delays = growing(time.Second, longestDelay(l.lane))
		}
		l.notBefore, l.failing = now.Add(r.delays.NextBackOff()), true
	case held:
		l.notBefore, l.failing = now.Add(r.after), false
	case passed:
		r.notBefore = now.Add(r.after)
	case chatPause:
		l.of.pausedUntil = later(l.of.pausedUntil, now.Add(r.after))
		l.of.pace.exhaust(l.of.pausedUntil)
	case allPause:
		d.pausedUntil = later(d.pausedUntil, now.Add(r.after))
		d.all.exhaust(d.pausedUntil)
	case moved:
		d.evict(l.of)
		d.fetchAll(ctx)
	case interrupted:
	}
	d.judge(r, now)
	ln.waiting.place(l, now)
	if ln.low() || l.more && len(l.rows) < maxLine/2 {
		l.more = false
		d.fetch(ctx, l.lane)
	}
}

// longestDelay is the cap on the delay between two tries of a row.
func longestDelay(lane storage.Lane) time.Duration {
	if lane == storage.LaneAnswer {
		return time.Minute // somebody waits
	}
	return 5 * time.Minute
}

// judge keeps count of failures and takes the channel to be down, or up again.
func (d *dispatcher) judge(r result, now time.Time) {
	switch r.verdict {
	case failing, lost:
		d.failures[r.id] = true
		if len(d.failures) < troubles || d.pausedUntil.After(now) {
			return // the latter: begun before the channel was taken to be down
		}
		if d.probing == nil {
			d.probing = growing(time.Second, 30*time.Second)
			d.s.log.Warn().Str("channel", string(d.name)).
				Msg("sends keep failing; trying one at a time until one gets through")
		}
		d.pausedUntil = now.Add(d.probing.NextBackOff())
		d.retryFailing(now) // none of the rows is to blame: whichever is next is the probe
	case delivered, refused, chatPause, moved: // the network answered
		clear(d.failures)
		if d.probing != nil {
			d.probing = nil
			d.s.log.Info().Str("channel", string(d.name)).Msg("sends get through again")
			d.retryFailing(now)
		}
	case gone, held, passed, allPause, interrupted: // says nothing about the network
	}
}

// retryFailing lifts the delays that rows got because of errors.
func (d *dispatcher) retryFailing(now time.Time) {
	for _, c := range d.chats {
		for _, l := range c.lines {
			if l != nil && l.failing {
				l.failing, l.notBefore = false, time.Time{}
				d.lanes[l.lane].waiting.place(l, now)
			}
		}
	}
}

// conversation finds or makes the state of a chat.
func (d *dispatcher) conversation(chat channel.Chat) *conversation {
	c := d.chats[chat.ID]
	if c == nil {
		c = &conversation{chat: chat, pace: newPace(d.limits.chat(chat.ID))}
		d.chats[chat.ID] = c
	}
	return c
}

// forget takes an entry out of the window.
func (d *dispatcher) forget(l *line, e *entry) {
	if !d.known[e.id] {
		return
	}
	delete(d.known, e.id)
	l.remove(e)
	d.lanes[l.lane].entries--
}

// evict takes all rows of a chat out of the window.
func (d *dispatcher) evict(c *conversation) {
	for _, l := range c.lines {
		if l == nil {
			continue
		}
		for _, e := range slices.Clone(l.rows) {
			if e != l.current {
				d.forget(l, e)
			}
		}
		ln := &d.lanes[l.lane]
		ln.waiting.place(l, time.Now())
		ln.discard = ln.fetching
	}
}

// sweep forgets chats whose limits are as good as new.
func (d *dispatcher) sweep(now time.Time) {
	if now.Sub(d.swept) < sweepEvery && len(d.chats) < 2*maxFetch {
		return
	}
	d.swept = now
	for id, c := range d.chats {
		if !c.pausedUntil.After(now) && c.empty() && c.pace.idle(now) {
			delete(d.chats, id)
		}
	}
}

func (c *conversation) empty() bool {
	for _, l := range c.lines {
		if l != nil && (l.current != nil || len(l.rows) > 0) {
			return false
		}
	}
	return true
}
