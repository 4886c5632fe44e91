package webchat

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Control is what the page's toolbar needs from the program around it.
type Control interface {
	// Now is the practice clock.
	Now() time.Time
	// Jump moves the clock to a later moment and returns once all that fell due
	// on the way has been planned and sent. Now may move on while it runs.
	Jump(ctx context.Context, to time.Time) error
	// NextDue is the next thing that will happen by itself, such as
	// "H-45: Menyebarkan undangan"; ok is false when nothing is left.
	NextDue(ctx context.Context) (label string, at time.Time, ok bool)
	// Reset throws everything away and starts with fresh sample data. It may
	// call Channel.Clear at the moment that suits it; if it does not, the page
	// is cleared once Reset has returned.
	Reset(ctx context.Context) error
	// Status tells how the bot is doing, for the panel "Keadaan".
	Status(ctx context.Context) ([]StatusLine, error)
}

// EventDay may be implemented by a Control so that the page can show how many
// days are left ("H-12").
type EventDay interface {
	EventDay(ctx context.Context) (day time.Time, ok bool)
}

// StatusLine is one line of the panel "Keadaan", in Indonesian.
type StatusLine struct {
	Label     string `json:"label"`
	Value     string `json:"value"`
	Attention bool   `json:"attention,omitempty"` // needs somebody to look at it
}

// limits of what the toolbar may ask for.
const (
	maxJump     = 400 * 24 * time.Hour
	jumpTimeout = 10 * time.Minute
	clockTick   = 200 * time.Millisecond // how often a running jump shows the clock
)

// clockState is what streams show of the clock between two polls. Guarded by
// Channel.mu.
type clockState struct {
	rev  int64
	busy string // "", "jump" or "reset"
	from time.Time
	to   time.Time
}

type clockView struct {
	Now    time.Time    `json:"now"`
	Busy   string       `json:"busy,omitempty"`
	From   *time.Time   `json:"from,omitempty"`
	To     *time.Time   `json:"to,omitempty"`
	Next   *nextView    `json:"next,omitempty"`
	Event  *time.Time   `json:"event,omitempty"`
	Status []StatusLine `json:"status,omitempty"`
}

type nextView struct {
	Label string    `json:"label"`
	At    time.Time `json:"at"`
}

// clockNow is the part that needs no question to the program. c.mu is held.
func (c *Channel) clockNow(now time.Time) clockView {
	v := clockView{Now: now, Busy: c.clock.busy}
	if v.Busy == "jump" {
		from, to := c.clock.from, c.clock.to
		v.From, v.To = &from, &to
	}
	return v
}

func (c *Channel) getClock(w http.ResponseWriter, r *http.Request) {
	ctl := c.opts.Control
	now := ctl.Now()
	c.mu.Lock()
	v := c.clockNow(now)
	c.mu.Unlock()
	if v.Busy == "" {
		if label, at, ok := ctl.NextDue(r.Context()); ok {
			v.Next = &nextView{Label: label, At: at}
		}
		if e, ok := ctl.(EventDay); ok {
			if day, ok := e.EventDay(r.Context()); ok {
				v.Event = &day
			}
		}
		status, err := ctl.Status(r.Context())
		if err != nil {
			c.opts.Log.Warn().Err(err).Msg("practice page: status")
		}
		v.Status = status
	}
	reply(w, http.StatusOK, v)
}

// postJump moves the clock. One jump runs at a time; its end is the answer.
func (c *Channel) postJump(w http.ResponseWriter, r *http.Request) {
	var body struct {
		To time.Time `json:"to"`
	}
	if !decode(w, r, &body) {
		return
	}
	now := c.opts.Control.Now()
	switch {
	case !body.To.After(now):
		refuseWith(w, http.StatusBadRequest, "not_later")
		return
	case body.To.Sub(now) > maxJump:
		refuseWith(w, http.StatusBadRequest, "too_far")
		return
	}
	c.control(w, r, clockState{busy: "jump", from: now, to: body.To}, func(ctx context.Context) error {
		return c.opts.Control.Jump(ctx, body.To)
	})
}

func (c *Channel) postReset(w http.ResponseWriter, r *http.Request) {
	if !decode(w, r, &struct{}{}) {
		return
	}
	c.control(w, r, clockState{busy: "reset"}, func(ctx context.Context) error {
		c.mu.Lock()
		before := c.epoch
		c.mu.Unlock()
		if err := c.opts.Control.Reset(ctx); err != nil {
			return err
		}
		c.mu.Lock()
		cleared := c.epoch != before
		c.mu.Unlock()
		if !cleared {
			c.Clear()
		}
		return nil
	})
}

// control runs one action of the toolbar at a time and shows the clock moving
// on all pages meanwhile. Closing the page does not stop it half way.
func (c *Channel) control(w http.ResponseWriter, r *http.Request, s clockState, run func(context.Context) error) {
	c.mu.Lock()
	if c.clock.busy != "" {
		c.mu.Unlock()
		refuseWith(w, http.StatusConflict, "busy")
		return
	}
	c.clock = s
	c.touch(&c.clock.rev)
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), jumpTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()

	tick := time.NewTicker(clockTick)
	defer tick.Stop()
	var err error
	for running := true; running; {
		select {
		case err = <-done:
			running = false
		case <-tick.C:
			c.mu.Lock()
			c.touch(&c.clock.rev)
			c.mu.Unlock()
		}
	}
	c.mu.Lock()
	c.clock.busy = ""
	c.touch(&c.clock.rev)
	c.mu.Unlock()
	if err != nil {
		c.opts.Log.Error().Err(err).Str("action", s.busy).Msg("practice page: clock")
		refuseWith(w, http.StatusInternalServerError, "failed")
		return
	}
	c.getClock(w, r)
}

// decode reads a small JSON body or answers 400.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		refuseWith(w, http.StatusBadRequest, "bad_request")
		return false
	}
	return true
}
