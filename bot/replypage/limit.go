package replypage

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits by who asks. An office behind one address has many people, so they are
// wide; wrong links cost tenfold, though guessing one is out of the question.
const (
	perMinute = 120
	burst     = 60
	wrongCost = 10
	allPerSec = 100
	allBurst  = 200
	// mostKept bounds the memory that strangers can take.
	mostKept = 20_000
	keptFor  = 10 * time.Minute
)

// limiter keeps count of who asks how often.
type limiter struct {
	now func() time.Time
	all *rate.Limiter

	mu      sync.Mutex
	callers map[string]*caller
	swept   time.Time
}

type caller struct {
	limit *rate.Limiter
	seen  time.Time
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, all: rate.NewLimiter(allPerSec, allBurst), callers: map[string]*caller{}, swept: now()}
}

// allow reports whether a request may be served.
func (l *limiter) allow(r *http.Request) bool {
	now := l.now()
	return l.of(r).AllowN(now, 1) && l.all.AllowN(now, 1)
}

// wrong makes a wrong link count more.
func (l *limiter) wrong(r *http.Request) { l.of(r).AllowN(l.now(), wrongCost) }

func (l *limiter) of(r *http.Request) *rate.Limiter {
	key, now := address(r), l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > keptFor || len(l.callers) >= mostKept {
		for k, c := range l.callers {
			if now.Sub(c.seen) > keptFor {
				delete(l.callers, k)
			}
		}
		if len(l.callers) >= mostKept {
			clear(l.callers) // a flood from everywhere: the limit for all holds it
		}
		l.swept = now
	}
	c := l.callers[key]
	if c == nil {
		c = &caller{limit: rate.NewLimiter(rate.Limit(perMinute)/60, burst)}
		l.callers[key] = c
	}
	c.seen = now
	return c.limit
}

// address is who asks: behind a proxy on this machine or network, whom the
// proxy names last. An IPv6 customer has a whole /64.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip.IsLoopback() || ip.IsPrivate() {
		list := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if named, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err == nil {
			ip = named
		}
	}
	if ip = ip.Unmap(); ip.Is6() {
		if net, err := ip.Prefix(64); err == nil {
			return net.String()
		}
	}
	return ip.String()
}
