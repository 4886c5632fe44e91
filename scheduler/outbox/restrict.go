package outbox

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// Restrictions keeps what networks forbid us.
type Restrictions interface {
	// Restrict stores a restriction and returns it as it holds from now on, with
	// an end where none was announced.
	Restrict(ctx context.Context, name channel.Name, r channel.Restriction) (channel.Restriction, error)
	// Restriction is the one that holds now; nil if there is none.
	Restriction(ctx context.Context, name channel.Name) (*channel.Restriction, error)
}

// recallRestrictions reads what an earlier process was told, before anything
// is sent.
func (s *Sender) recallRestrictions(ctx context.Context) {
	if s.restrictions == nil {
		return
	}
	for name, barred := range s.barred {
		err := s.faults.retry(ctx, "recall a restriction", func() error {
			r, err := s.restrictions.Restriction(ctx, name)
			barred.Store(r)
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.log.Error().Str("error", mask(err.Error())).Msg("cannot recall what the network forbids")
		}
	}
}

// inForce is the restriction of d's channel, if it still holds.
func (d *dispatcher) inForce() *channel.Restriction {
	r := d.s.barred[d.name].Load()
	if r == nil || !r.Until.After(d.s.event.Now()) {
		return nil
	}
	return r
}

// barred reports whether nothing at all may be sent now; the poll asks again.
func (d *dispatcher) barred() bool {
	r := d.inForce()
	return r != nil && !r.ColdOnly
}

// coldBarred reports whether strangers may not be written to now.
func (d *dispatcher) coldBarred() bool { return d.inForce() != nil }

// Restrict takes note of what a network forbids, told by a message that it
// refused or by itself: it is stored, and holds from now on.
func (s *Sender) Restrict(ctx context.Context, name channel.Name, told channel.Restriction) {
	// A refusal and the network's own word come at the same moment: one after the
	// other, or what is stored and what holds here would differ.
	s.restricting.Lock()
	defer s.restricting.Unlock()
	if s.restrictions != nil {
		err := s.faults.retry(ctx, "store a restriction", func() (err error) {
			var kept channel.Restriction
			if kept, err = s.restrictions.Restrict(ctx, name, told); err == nil {
				told = kept
			}
			return err
		})
		if err != nil {
			s.log.Error().Str("error", mask(err.Error())).Msg("a restriction could not be stored")
		}
	}
	if told.Until.IsZero() {
		told.Until = s.event.Now().Add(restrictedPause)
	}
	barred := s.barred[name]
	if barred == nil {
		return // a channel that we do not send on
	}
	// A lock on first contacts says nothing about one on all.
	if was := barred.Load(); was == nil || was.ColdOnly || !told.ColdOnly || !was.Until.After(s.event.Now()) {
		barred.Store(&told)
	}
	s.log.Warn().Str("channel", string(name)).Bool("cold", told.ColdOnly).Time("until", told.Until).Str("reason", told.Reason).
		Msg("the network restricts our account")
}

// restricted is Restrict for a message that was refused, and what it means for
// its row.
func (d *dispatcher) restricted(r result, c *claimed, se *channel.SendError) result {
	told := *se.Restriction
	d.s.Restrict(d.s.writeCtx, d.name, told)
	if told.ColdOnly {
		return d.conclude(r, c, storage.Failed, se.Error(), refused)
	}
	// It never left.
	d.s.metrics.Retried(d.name, c.row.Lane, "restricted")
	c.row.State, c.row.LastError = storage.Queued, reason(se.Error())
	d.s.settleRow(c)
	r.verdict = held // and what is barred is not taken up again before its end
	return r
}

// restrictedPause is how long a restriction lasts whose end nobody knows.
const restrictedPause = time.Hour
