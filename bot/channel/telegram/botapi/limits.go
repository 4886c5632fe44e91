package botapi

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/time/rate"
)

// Rate is N messages per time, with bursts of at most Burst.
type Rate struct {
	N     int
	Per   time.Duration
	Burst int // 0: N
	Off   bool
}

func (r Rate) limiter() *rate.Limiter {
	if r.Off {
		return rate.NewLimiter(rate.Inf, 0)
	}
	burst := r.Burst
	if burst == 0 {
		burst = r.N
	}
	return rate.NewLimiter(rate.Limit(float64(r.N)/r.Per.Seconds()), burst)
}

// Limits are the rates above which sends and edits are answered 429. A zero
// Rate stands for the published one: 30/s overall, 1/s in a private chat (a
// burst of 5 is let through), 20/min in a group.
type Limits struct {
	Overall Rate
	Private Rate
	Group   Rate
}

// NoLimits lets everything through.
func NoLimits() Limits {
	return Limits{Overall: Rate{Off: true}, Private: Rate{Off: true}, Group: Rate{Off: true}}
}

func (l Limits) withDefaults() Limits {
	if l.Overall == (Rate{}) {
		l.Overall = Rate{N: 30, Per: time.Second}
	}
	if l.Private == (Rate{}) {
		l.Private = Rate{N: 1, Per: time.Second, Burst: 5}
	}
	if l.Group == (Rate{}) {
		l.Group = Rate{N: 20, Per: time.Minute}
	}
	return l
}

// spend takes one message from the limits, or says how long to wait. Whoever
// was told to wait and does not is refused until that time is over, as on the
// real server.
func (s *Server) spend(c *chat) *apiError {
	now := time.Now()
	if wait := max(s.floodUntil.Sub(now), c.floodUntil.Sub(now)); wait > 0 {
		return tooMany(wait)
	}
	if wait := take(c.limiter, now); wait > 0 {
		c.floodUntil = now.Add(wait)
		return tooMany(wait)
	}
	if wait := take(s.overall, now); wait > 0 {
		s.floodUntil = now.Add(wait)
		return tooMany(wait)
	}
	return nil
}

func take(l *rate.Limiter, now time.Time) time.Duration {
	r := l.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait
	}
	return 0
}

func tooMany(wait time.Duration) *apiError {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return &apiError{
		Code:        http.StatusTooManyRequests,
		Description: "Too Many Requests: retry after " + strconv.Itoa(seconds),
		RetryAfter:  seconds,
	}
}
