package scheduler

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// NextStop is where a practice clock that moves to a later moment has to stop
// on its way: the earliest instant after from, and at most to, at which
// something may fall due. Besides the events' own steps and offers that lapse,
// it is every morning, when quiet hours are over and digests go out.
func (p *Planner) NextStop(ctx context.Context, from, to time.Time) (time.Time, error) {
	next := to
	consider := func(t time.Time) {
		if t.After(from) && t.Before(next) {
			next = t
		}
	}
	consider(event.Midnight(from).Add(event.DigestHour * time.Hour))
	consider(event.Midnight(from).AddDate(0, 0, 1).Add(event.DigestHour * time.Hour))
	events, err := p.App.Events(ctx)
	if err != nil {
		return time.Time{}, err
	}
	for _, e := range events {
		if d, ok := e.NextDue(from); ok {
			consider(d.At)
		}
	}
	err = p.App.EachRegistration(ctx, storage.RegistrationQuery{Statuses: []event.Status{event.Offered}}, func(r *event.Registration) error {
		if r.OfferUntil != nil {
			consider(r.OfferUntil.Add(time.Millisecond))
		}
		return nil
	})
	return next, err
}
