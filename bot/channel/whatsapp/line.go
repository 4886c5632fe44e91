package whatsapp

import (
	"context"
	"sync"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

// line is the state of the connection, as package channel draws it.
type line struct {
	mu      sync.Mutex
	now     channel.Connection
	changed chan struct{} // closed and replaced at each change; nil: nobody waits
}

func (l *line) get() channel.Connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// watch gives the state, and a channel that is closed when it changes.
func (l *line) watch() (channel.Connection, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.now, l.changed
}

func (l *line) set(c channel.Connection) (fresh bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.State == l.now.State && c.Until.Equal(l.now.Until) && c.Detail == l.now.Detail {
		return false
	}
	c.Since = time.Now()
	if c.State == l.now.State {
		c.Since = l.now.Since
	}
	l.now = c
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
	return true
}

// Connection implements channel.Lined.
func (c *Channel) Connection() channel.Connection { return c.line.get() }

// become changes the line's state and tells whoever wants to know.
func (c *Channel) become(ctx context.Context, state channel.ConnectionState, until time.Time, detail string) {
	now := channel.Connection{State: state, Until: until, Detail: detail}
	if !c.line.set(now) {
		return
	}
	log := c.log.Info()
	switch state {
	case channel.LoggedOut, channel.Banned, channel.Replaced, channel.Outdated:
		log = c.log.Error()
	case channel.Offline:
		log = c.log.Warn()
	default:
	}
	log.Str("state", string(state)).Str("detail", masked(detail)).Time("until", until).Msg("whatsapp: the line changed")
	if c.opts.OnConnection != nil {
		c.opts.OnConnection(ctx, c.line.get())
	}
}

// ready waits until messages can be sent. Errors are *channel.SendError.
func (c *Channel) ready(ctx context.Context) error {
	patience := time.NewTimer(c.opts.LineTimeout)
	defer patience.Stop()
	for {
		now, changed := c.line.watch()
		if c.over.Load() { // the process ends: what is not sent now is sent by the next
			return &channel.SendError{Err: errOver}
		}
		switch now.State {
		case channel.Online:
			return nil
		case channel.Banned:
			return &channel.SendError{
				RetryAfter: untilOr(now.Until, time.Hour), Everyone: true,
				Restriction: &channel.Restriction{Until: now.Until, Reason: now.Detail}, Err: stateError(now),
			}
		case channel.Unlinked, channel.LoggedOut, channel.Replaced, channel.Outdated, channel.Pairing:
			return &channel.SendError{RetryAfter: pauseUnlinked, Everyone: true, Err: stateError(now)}
		default:
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return &channel.SendError{Err: ctx.Err()}
		case <-patience.C:
			return &channel.SendError{RetryAfter: 5 * time.Second, Everyone: true, Err: stateError(now)}
		}
	}
}

// pauseUnlinked is how long sends rest while a person has to act.
const pauseUnlinked = 30 * time.Second

func untilOr(at time.Time, otherwise time.Duration) time.Duration {
	if d := time.Until(at); d > 0 {
		return d
	}
	return otherwise
}
