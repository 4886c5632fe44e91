package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// NewEvent is what the lead gives to create an event.
type NewEvent struct {
	Title string
	Start time.Time
	Place string
}

// CreateEvent opens a new event. The same message creates it once.
func (a *App) CreateEvent(ctx context.Context, by Actor, n NewEvent) (*event.Event, error) {
	return a.insertEvent(ctx, by, event.Event{Title: n.Title, Start: n.Start.UTC(), Place: n.Place})
}

// CopyEvent opens a new event with the title, place, theme and quotas of an
// earlier one.
func (a *App) CopyEvent(ctx context.Context, by Actor, fromID string, start time.Time) (*event.Event, error) {
	from, err := a.store.Events().Get(ctx, fromID)
	if err != nil {
		return nil, fmt.Errorf("copy event: %w", err)
	}
	e := event.Event{Title: from.Title, Place: from.Place, MapURL: from.MapURL, Start: start.UTC(), CopiedFrom: from.ID}
	e.Quotas = map[event.Audience]event.Quota{}
	for k, v := range from.Quotas {
		e.Quotas[k] = v
	}
	return a.insertEvent(ctx, by, e)
}

func (a *App) insertEvent(ctx context.Context, by Actor, e event.Event) (*event.Event, error) {
	e.Status, e.CreatedAt, e.UpdatedAt, e.CreatedBy, e.Origin = event.EventOpen, a.Now(), a.Now(), by.Person.ID, by.Inbound
	year := e.Start.In(event.Jakarta).Year()
	for n := 1; n <= 26; n++ {
		e.ID, e.Version = event.Code(year, n), 0
		old, err := a.store.Events().Get(ctx, e.ID)
		switch {
		case err == nil && old.Origin == e.Origin && e.Origin != "":
			return old, a.record(ctx, by, "event.create", old.ID, old.Title)
		case err == nil:
			continue
		case !errors.Is(err, storage.ErrNotFound):
			return nil, fmt.Errorf("create event: %w", err)
		}
		err = a.store.Events().Save(ctx, &e)
		if errors.Is(err, storage.ErrConflict) {
			n-- // somebody took the code just now: look at it again
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("create event: %w", err)
		}
		return &e, a.record(ctx, by, "event.create", e.ID, e.Title)
	}
	return nil, fmt.Errorf("create event: more than 26 in %d", year)
}

// UpdateEvent changes an event with compare-and-set and records what was done.
func (a *App) UpdateEvent(ctx context.Context, by Actor, id, action, detail string, change func(e *event.Event)) (*event.Event, error) {
	var e *event.Event
	outdated := false
	err := retryConflict(ctx, func() error {
		var err error
		if e, err = a.store.Events().Get(ctx, id); err != nil {
			return err
		}
		before := *e
		told, err := a.NewsTold(ctx, e)
		if err != nil {
			return err
		}
		change(e)
		outdated = false
		if !e.Start.Equal(before.Start) || e.Status == event.EventCancelled && before.Status != event.EventCancelled {
			e.Schedule++ // calendars that hold the event must take the change
			outdated = true
		}
		e.UpdatedAt = a.Now()
		e.NoteNews(&before, told, a.Now())
		return a.store.Events().Save(ctx, e)
	})
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", action, id, err)
	}
	if outdated { // what the team was to be told names the old dates
		if _, err := a.store.Outbox().Expire(ctx, id, TaskTouchpoint, "the event was moved or cancelled"); err != nil {
			return nil, fmt.Errorf("%s %s: %w", action, id, err)
		}
	}
	if err := a.seatConfirmed(ctx, e); err != nil {
		return nil, fmt.Errorf("%s %s: %w", action, id, err)
	}
	a.stir()
	return e, a.record(ctx, by, action, id, detail)
}

// seatConfirmed gives a place to everyone who takes part without one, since
// there was no limit when they registered: they count against the quota that
// there is now, and may exceed it.
func (a *App) seatConfirmed(ctx context.Context, e *event.Event) error {
	for _, aud := range event.Registrable() {
		if e.QuotaOf(aud).Limit == 0 {
			continue
		}
		var seatless []*event.Registration
		q := storage.RegistrationQuery{EventID: e.ID, Audience: aud, Statuses: []event.Status{event.Confirmed}}
		err := a.EachRegistration(ctx, q, func(r *event.Registration) error {
			if r.Place == 0 && r.NeedsPlace() {
				seatless = append(seatless, r)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, r := range seatless {
			if err := a.seatOne(ctx, r); err != nil {
				return fmt.Errorf("place for %s: %w", r.Number, err)
			}
		}
	}
	return nil
}

func (a *App) seatOne(ctx context.Context, r *event.Registration) error {
	hold := a.Now().Add(holdWhileSubmitting)
	k, err := a.store.Places().Claim(ctx, r.EventID, r.Audience, math.MaxInt32, r.ID, &hold)
	if err != nil {
		return err
	}
	r, err = a.update(ctx, r.ID, func(r *event.Registration) error {
		if r.Status == event.Confirmed && r.NeedsPlace() {
			r.Place = k
		}
		return nil
	})
	if errors.Is(err, storage.ErrNotFound) {
		return nil // deleted meanwhile; the hold ends by itself
	}
	if err != nil {
		return err
	}
	return a.settlePlace(ctx, r)
}

// Shift is one task of the checklist before and after a change of date.
type Shift struct {
	Task     *event.Task
	From, To event.Due
	Past     bool // it is open, and the new date is over already
}

// Reschedule shows what moving an event would change, without doing it.
func (a *App) Reschedule(ctx context.Context, e *event.Event, start time.Time) ([]Shift, error) {
	plan, err := a.Plan(ctx, e)
	if err != nil {
		return nil, err
	}
	off, err := a.Holidays(ctx)
	if err != nil {
		return nil, err
	}
	moved := *e
	moved.Start = start
	out := make([]Shift, len(plan))
	for i, p := range plan {
		to := moved.At(p.Distance(), off)
		to.Step = p.Step
		out[i] = Shift{Task: p.Task, From: p.Due, To: to, Past: !p.State.Settled() && to.At.Before(a.Now())}
	}
	return out, nil
}

// Event gets one event.
func (a *App) Event(ctx context.Context, id string) (*event.Event, error) {
	return a.store.Events().Get(ctx, id)
}

// Events lists all events, the latest first.
func (a *App) Events(ctx context.Context) ([]*event.Event, error) { return a.store.Events().List(ctx) }

// OpenEvents lists those that take registrations now, the nearest first.
func (a *App) OpenEvents(ctx context.Context) ([]*event.Event, error) {
	return a.choose(ctx, func(e *event.Event) bool { return e.TakesRegistrations(a.Now()) })
}

// Upcoming lists those that are not over, the nearest first.
func (a *App) Upcoming(ctx context.Context) ([]*event.Event, error) {
	return a.choose(ctx, func(e *event.Event) bool { return e.Upcoming(a.Now()) })
}

func (a *App) choose(ctx context.Context, keep func(*event.Event) bool) ([]*event.Event, error) {
	all, err := a.store.Events().List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	var out []*event.Event
	for i := len(all) - 1; i >= 0; i-- {
		if keep(all[i]) {
			out = append(out, all[i])
		}
	}
	return out, nil
}

// Current is the event that staff commands are about when none is named: the
// nearest upcoming one, else the latest. ErrNotFound where there is none.
func (a *App) Current(ctx context.Context) (*event.Event, error) {
	up, err := a.Upcoming(ctx)
	if err != nil {
		return nil, err
	}
	if len(up) > 0 {
		return up[0], nil
	}
	all, err := a.store.Events().List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("current event: %w", storage.ErrNotFound)
	}
	return all[0], nil
}
