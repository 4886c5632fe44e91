package outbox

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// However messages come and whatever delays lie between reservation and send,
// no span holds more sends than the limit allows.
func TestPaceNeverExceedsItsLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 40).Draw(t, "most")
		limit := Limit{
			Every: time.Duration(rapid.IntRange(0, 100).Draw(t, "every")) * time.Millisecond,
			Burst: rapid.IntRange(0, 50).Draw(t, "burst"),
			Most:  most, Span: time.Second,
			Jitter: rapid.Float64Range(0, 0.9).Draw(t, "jitter"),
		}
		p := newPace(limit)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		slowest := rapid.IntRange(0, 1500).Draw(t, "delay before the send, ms")
		now := time.Unix(0, 0)
		type pending struct {
			s  *slot
			at time.Time
		}
		var waiting []pending
		var begun []time.Time
		for range 300 {
			now = now.Add(time.Duration(random.IntN(60)) * time.Millisecond)
			rest := waiting[:0]
			for _, w := range waiting {
				switch {
				case w.at.After(now):
					rest = append(rest, w)
				case random.IntN(10) == 0:
					w.s.cancel()
				default:
					w.s.begin(now)
					begun = append(begun, now)
				}
			}
			waiting = rest
			for !p.next(now).After(now) && random.IntN(8) > 0 {
				at := now.Add(time.Duration(random.IntN(slowest+1)) * time.Millisecond)
				waiting = append(waiting, pending{p.reserve(now), at})
			}
		}
		if got := busiest(begun, limit.Span); got > most {
			t.Fatalf("%d sends within %s, limit %d", got, limit.Span, most)
		}
	})
}

// Somebody who always takes the next slot as soon as there is one loses next
// to nothing of the rate, even though timers fire late.
func TestPaceKeepsItsRate(t *testing.T) {
	t.Parallel()
	p := newPace(AtMost(30, time.Second))
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Unix(0, 0)
	now := start
	for range 3000 {
		if at := p.next(now); at.After(now) {
			now = at.Add(time.Duration(random.IntN(2_000_000))) // up to 2 ms late
		}
		if at := p.next(now); at.After(now) {
			t.Fatalf("next is %s off after waiting for it", at.Sub(now))
		}
		s := p.reserve(now)
		s.begin(now)
		s.settle(now.Add(40*time.Millisecond + time.Duration(random.IntN(8_000_000))))
	}
	if took := now.Sub(start); took > 102*time.Second || took < 100*time.Second {
		t.Errorf("3,000 took %s", took)
	}
}

// A message that stalled on its way makes room later.
func TestPaceMakesUpForAStall(t *testing.T) {
	t.Parallel()
	p := newPace(Limit{Most: 20, Span: time.Second})
	now := time.Unix(0, 0)
	for range 19 {
		s := p.reserve(now)
		s.begin(now)
		s.settle(now.Add(10 * time.Millisecond))
	}
	now = now.Add(500 * time.Millisecond)
	s := p.reserve(now)
	s.begin(now)
	s.settle(now.Add(45 * time.Millisecond))
	now = time.Unix(1, 10_000_000) // those of the first instant are past
	for range 19 {
		if at := p.next(now); at.After(now) {
			t.Fatalf("full until %s", at)
		}
		p.reserve(now).begin(now)
	}
	if at := p.next(now).Sub(time.Unix(0, 0)); at < 1534*time.Millisecond || at > 1536*time.Millisecond {
		t.Errorf("the stalled one's slot ends at %s, want 1.535 s", at)
	}
}

func TestPaceAfterAComplaint(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	p := newPace(Limit{Every: time.Second, Burst: 3})
	p.exhaust(now.Add(10 * time.Second))
	if at := p.next(now).Sub(now); at != 11*time.Second {
		t.Errorf("next after %s, want 11 s: one message's pause after the one asked for", at)
	}
	var none *pace
	if none.next(now) != now || none.reserve(now) != nil || !none.idle(now) {
		t.Error("no limit limits")
	}
	slots{nil}.cancel()
}
