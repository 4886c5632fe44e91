package outbox

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Limit is how fast messages may go. The zero Limit is no limit.
type Limit struct {
	// Every is the spacing: on average one message per Every. 0: none.
	Every time.Duration
	// Burst is how many may go at once after a pause; 0 means 1.
	Burst int
	// Jitter lengthens or shortens each spacing by up to this share of it, so
	// that the rhythm is not a machine's.
	Jitter float64
	// Most is the hard limit: never more than Most sends begin in any Span,
	// wherever the span starts. 0: none.
	Most int
	Span time.Duration
}

// AtMost is the Limit that gets as close as is safe to n messages in any
// period: evenly spaced, so that whoever is next waits for one message only.
//
// The network counts when a message arrives, we when it leaves. The period is
// kept longer by 1 %, which absorbs that much difference in the delays of two
// messages; larger ones are the business of pace.settle.
func AtMost(n int, period time.Duration) Limit {
	span := period + period/100
	return Limit{Every: span / time.Duration(n), Burst: 2, Most: n, Span: span}
}

// pace enforces one Limit. A nil pace has none.
//
// A message first reserves a slot. The slot counts from then on and for Span
// after its send began: between reservation and send lie writes to the
// database, whose delay must not push two messages together.
type pace struct {
	limit Limit

	mu    sync.Mutex
	tat   time.Time // when the next message is due if all went evenly (GCRA)
	slots []*slot   // those of the last Span

	usual   time.Duration // lower quartile of the network's delay, estimated as it goes
	settled int           // how many delays usual rests on, up to introduction
}

// slot is one message's place in a pace.
type slot struct {
	of       *pace
	interval time.Duration
	begun    bool
	at       time.Time // when the send began
}

func newPace(l Limit) *pace {
	if l.Every <= 0 && l.Most <= 0 {
		return nil
	}
	return &pace{limit: l}
}

// next is the earliest time at which reserve may be called; not after now:
// at once.
func (p *pace) next(now time.Time) time.Time {
	if p == nil {
		return now
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now
	if p.limit.Every > 0 {
		tolerance := time.Duration(max(p.limit.Burst, 1)-1) * p.limit.Every
		if t := p.tat.Add(-tolerance); t.After(at) {
			at = t
		}
	}
	if p.limit.Most > 0 {
		p.forget(now)
		if len(p.slots) >= p.limit.Most {
			// Slots whose send has not begun end at a time not known yet; asking
			// again after a Span is soon enough then.
			free := now.Add(p.limit.Span)
			for _, s := range p.slots {
				if t := s.at.Add(p.limit.Span); s.begun && t.Before(free) {
					free = t
				}
			}
			if free.After(at) {
				at = free
			}
		}
	}
	return at
}

// idle reports whether p would not notice being replaced by a new one.
func (p *pace) idle(now time.Time) bool {
	if p == nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(now)
	return len(p.slots) == 0 && !p.tat.After(now)
}

// reserve takes the next slot; the caller has asked next before.
func (p *pace) reserve(now time.Time) *slot {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &slot{of: p, interval: p.limit.Every}
	if j := p.limit.Jitter; j > 0 {
		s.interval = time.Duration(float64(s.interval) * (1 + j*(2*rand.Float64()-1)))
	}
	if p.tat.Before(now) {
		p.tat = now
	}
	p.tat = p.tat.Add(s.interval)
	if p.limit.Most > 0 {
		p.slots = append(p.slots, s)
	}
	return s
}

// exhaust makes a burst impossible until pauses have earned it again: for
// after the network complained.
func (p *pace) exhaust(now time.Time) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if full := now.Add(time.Duration(max(p.limit.Burst, 1)) * p.limit.Every); p.tat.Before(full) {
		p.tat = full
	}
}

// forget drops slots that are past. p.mu is held.
func (p *pace) forget(now time.Time) {
	p.slots = slices.DeleteFunc(p.slots, func(s *slot) bool {
		return s.begun && !s.at.Add(p.limit.Span).After(now)
	})
}

// begin marks the moment at which the message leaves.
func (s *slot) begin(now time.Time) {
	if s == nil {
		return
	}
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.begun, s.at = true, now
}

// cancel gives the slot back: nothing was sent.
func (s *slot) cancel() {
	if s == nil {
		return
	}
	p := s.of
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tat = p.tat.Add(-s.interval)
	p.slots = slices.DeleteFunc(p.slots, func(other *slot) bool { return other == s })
}

// maxStall is the largest delay that settle makes up for.
const maxStall = 150 * time.Millisecond

// introduction is how many messages it takes to get to know a network.
const introduction = 10

// settle is called when the network has answered. A message that took longer
// than usual may have been counted by the network that much later than by us
// (this machine may have stalled between begin and the wire); its slot then
// ends later too, so that those a Span after it do not find it still counted.
// It may as well have been the answer that took long, which nobody can tell:
// the price is a slot that is held for longer than needed.
func (s *slot) settle(now time.Time) {
	if s == nil || s.of.limit.Most <= 0 {
		return
	}
	p := s.of
	p.mu.Lock()
	defer p.mu.Unlock()
	took := now.Sub(s.at)
	if p.settled < introduction { // nothing is known yet: the whole delay counts
		if p.settled++; p.settled == 1 || took < p.usual {
			p.usual = took
		}
		s.at = s.at.Add(min(took, maxStall))
		return
	}
	excess := took - p.usual
	if excess > 0 {
		s.at = s.at.Add(min(excess, maxStall))
	}
	// One small step towards each sample, three times as large downwards, ends
	// up at the lower quartile, which a few stalled messages do not move. It is
	// not the median: the estimate wanders, and from there it would at times
	// pass a message as usual that came so late that the next, quick one is the
	// one too many within the network's period.
	step := max(p.usual/128, 20*time.Microsecond)
	if excess > 0 {
		step /= 3
	}
	step = min(step, excess.Abs())
	if excess < 0 {
		step = -step
	}
	p.usual += step
}

// slots are the places of one message in all the paces that hold it.
type slots []*slot

func (all slots) begin(now time.Time) {
	for _, s := range all {
		s.begin(now)
	}
}

func (all slots) settle(now time.Time) {
	for _, s := range all {
		s.settle(now)
	}
}

func (all slots) cancel() {
	for _, s := range all {
		s.cancel()
	}
}
