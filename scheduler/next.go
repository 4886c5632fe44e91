package scheduler

import (
	"context"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// NextStop is where a practice clock that moves to a later moment has to stop
// on its way: the earliest instant after from, and at most to, at which
// something may fall due. Besides the tasks that count in hours and offers that lapse,
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
		plan, err := p.App.Plan(ctx, e)
		if err != nil {
			return time.Time{}, err
		}
		nextTask(plan, consider)
		if err := p.nextItem(ctx, e, from, to, consider); err != nil {
			return time.Time{}, err
		}
		if err := p.nextDayStep(ctx, e, plan, consider); err != nil {
			return time.Time{}, err
		}
		for _, s := range event.Reminders() {
			consider(e.StageAt(s))
		}
	}
	if err := p.nextSending(ctx, from, consider); err != nil {
		return time.Time{}, err
	}
	p.nextAnswers(from, events, consider)
	nextAfterwards(events, consider)
	err = p.App.EachRegistration(ctx, storage.RegistrationQuery{Statuses: []event.Status{event.Offered}}, func(r *event.Registration) error {
		if r.OfferUntil != nil {
			consider(r.OfferUntil.Add(time.Millisecond))
		}
		return nil
	})
	if err != nil {
		return time.Time{}, err
	}
	for _, age := range []time.Duration{event.NudgeAfter, event.DraftLife} {
		chats, err := p.Store.Chats().Drafts(ctx, to.Add(-age), age == event.NudgeAfter, draftBatch)
		if err != nil {
			return time.Time{}, err
		}
		for _, c := range chats {
			if c.DraftAt != nil {
				consider(c.DraftAt.Add(age + time.Millisecond))
			}
		}
	}
	return next, p.nextAnnouncement(ctx, consider)
}

// nextSending considers when broadcasts begin, and when their strangers may be
// written to or looked up.
func (p *Planner) nextSending(ctx context.Context, from time.Time, consider func(time.Time)) error {
	all, err := p.App.Broadcasts(ctx, "")
	if err != nil {
		return err
	}
	for _, b := range all {
		switch b.Status {
		case storage.BroadcastApproved:
			consider(b.StartAt)
		case storage.BroadcastRunning:
			line, err := p.App.ColdWaiting(ctx, b)
			if err != nil {
				return err
			}
			if len(line) == 0 {
				continue
			}
			at, err := p.nextColdAt(ctx)
			if err != nil {
				return err
			}
			consider(at)
			if event.InOfficeHours(from) && slices.ContainsFunc(line, func(g *event.Participation) bool { return g.Listed(from) == nil }) {
				consider(from.Add(listEvery))
			}
		}
	}
	if p.cold.ch == nil {
		return nil
	}
	r, err := p.App.Restriction(ctx, p.cold.ch.Name())
	if err == nil && r != nil {
		consider(r.Until)
	}
	return err
}

// nextAnnouncement considers when the group may be told of what has come in.
func (p *Planner) nextAnnouncement(ctx context.Context, consider func(time.Time)) error {
	if _, bound, err := p.App.Group(ctx); err != nil || !bound {
		return err
	}
	events, err := p.App.Upcoming(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		last, err := p.App.LastAnnounced(ctx, e.ID)
		if err != nil {
			return err
		}
		first, _, err := p.Store.Registrations().List(ctx, storage.RegistrationQuery{EventID: e.ID, After: last.Number, Limit: 1})
		if err != nil {
			return err
		}
		if len(first) == 0 {
			continue
		}
		at := first[0].CreatedAt.Add(settle)
		if again := last.At.Add(announceEvery); again.After(at) {
			at = again
		}
		consider(at)
	}
	return nil
}
