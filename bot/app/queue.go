package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// How long a freed place is held for the next in line; shorter when the event
// is near.
const (
	OfferLasts     = 24 * time.Hour
	OfferLastsNear = 3 * time.Hour
	nearDays       = 3
)

// MoveQueue brings the waiting lists forward: offers that were not taken
// lapse, orphaned places are freed, and free places are offered to the next
// in line. It is run on every tick and after every change that frees a place;
// running it twice changes nothing.
func (a *App) MoveQueue(ctx context.Context) error {
	if err := a.lapse(ctx); err != nil {
		return fmt.Errorf("lapse offers: %w", err)
	}
	if err := a.freeOrphans(ctx); err != nil {
		return fmt.Errorf("free places: %w", err)
	}
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("offer places: %w", err)
	}
	for _, e := range events {
		if !e.Upcoming(a.Now()) {
			continue
		}
		for _, aud := range event.Registrable() {
			if err := a.offer(ctx, e, aud); err != nil {
				return fmt.Errorf("offer places of %s, %s: %w", e.ID, aud, err)
			}
		}
	}
	return nil
}

func (a *App) lapse(ctx context.Context) error {
	now := a.Now()
	var due []string
	err := a.EachRegistration(ctx, storage.RegistrationQuery{OfferPast: &now}, func(r *event.Registration) error {
		due = append(due, r.ID)
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range due {
		r, err := a.update(ctx, id, func(r *event.Registration) error {
			if r.Status != event.Offered || r.OfferUntil == nil || !r.OfferUntil.Before(now) {
				return errUnchanged
			}
			r.Place, r.QueuedAt, r.Tell = 0, nil, event.Lapsed
			return r.Move(event.Lapsed, now, "")
		})
		if errors.Is(err, errUnchanged) {
			continue
		}
		if err != nil {
			return err
		}
		if err := a.settlePlace(ctx, r); err != nil {
			return err
		}
		if err := a.linkRegistration(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

var errUnchanged = errors.New("nothing to change")

// freeOrphans looks at every place whose hold is over: what a crash between
// two writes left behind is set right by what the registration says.
func (a *App) freeOrphans(ctx context.Context) error {
	holds, err := a.store.Places().Overdue(ctx, a.Now())
	if err != nil {
		return err
	}
	for _, h := range holds {
		r, err := a.store.Registrations().Get(ctx, h.Holder)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			err = a.store.Places().Release(ctx, h.EventID, h.Audience, h.Holder)
		case err == nil:
			err = a.settlePlace(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// offer gives free places of one quota to those who wait, in their order.
func (a *App) offer(ctx context.Context, e *event.Event, aud event.Audience) error {
	q := e.QuotaOf(aud)
	if q.Curated {
		return nil // the team chooses whom to take
	}
	for {
		r, err := a.store.Registrations().FirstWaiting(ctx, e.ID, aud)
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if q.Limit == 0 { // the quota was lifted: nobody has to wait
			if err := a.promote(ctx, r, event.Confirmed, 0, nil); err != nil {
				return err
			}
			continue
		}
		until := a.Now().Add(a.offerLasts(e))
		k, err := a.takePlace(ctx, r, q.Limit, &until)
		if errors.Is(err, storage.ErrFull) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := a.promote(ctx, r, event.Offered, k, &until); err != nil {
			return err
		}
	}
}

func (a *App) offerLasts(e *event.Event) time.Duration {
	if e.DaysBefore(a.Now()) <= nearDays {
		return OfferLastsNear
	}
	return OfferLasts
}

func (a *App) promote(ctx context.Context, r *event.Registration, to event.Status, place int, until *time.Time) error {
	r, err := a.update(ctx, r.ID, func(r *event.Registration) error {
		if r.Status != event.Waiting {
			return errUnchanged
		}
		if err := r.Move(to, a.Now(), ""); err != nil {
			return err
		}
		r.Place, r.OfferUntil, r.Tell = place, until, to
		return nil
	})
	if errors.Is(err, errUnchanged) { // cancelled meanwhile
		if r, err = a.store.Registrations().Get(ctx, r.ID); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return a.settlePlace(ctx, r)
}

// Verdict is the team's decision about a pending registration.
type Verdict struct {
	To     event.Status // Confirmed, Declined or Reserve
	Reason string       // Declined: told to the person
}

// Curate decides about a registration of a curated audience (/kurasi). It
// fails with storage.ErrFull where the quota has no place left.
func (a *App) Curate(ctx context.Context, by Actor, id string, v Verdict) (*event.Registration, error) {
	r, err := a.store.Registrations().Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("curate: %w", err)
	}
	if r.Status == v.To {
		return r, a.curated(ctx, by, r, v) // a crash may have cut off the rest
	}
	place := 0
	if v.To == event.Confirmed && r.NeedsPlace() {
		e, err := a.store.Events().Get(ctx, r.EventID)
		if err != nil {
			return nil, fmt.Errorf("curate: %w", err)
		}
		if limit := e.QuotaOf(r.Audience).Limit; limit > 0 {
			hold := a.Now().Add(holdWhileSubmitting)
			if place, err = a.takePlace(ctx, r, limit, &hold); err != nil {
				return nil, fmt.Errorf("curate %s: %w", r.Number, err)
			}
		}
	}
	r, err = a.update(ctx, id, func(r *event.Registration) error {
		if r.Status == v.To {
			return nil
		}
		if err := r.Move(v.To, a.Now(), v.Reason); err != nil {
			return err
		}
		r.Place, r.Tell = place, v.To
		r.Derive()
		return nil
	})
	if err != nil {
		if now, getErr := a.store.Registrations().Get(ctx, id); getErr == nil && place != 0 {
			err = errors.Join(err, a.settlePlace(ctx, now)) // give back what was claimed
		}
		return nil, fmt.Errorf("curate: %w", err)
	}
	return r, a.curated(ctx, by, r, v)
}

// curated does what follows from a decision that is written.
func (a *App) curated(ctx context.Context, by Actor, r *event.Registration, v Verdict) error {
	if err := a.settlePlace(ctx, r); err != nil {
		return fmt.Errorf("curate: %w", err)
	}
	if err := a.linkRegistration(ctx, r); err != nil {
		return fmt.Errorf("curate: %w", err)
	}
	a.stir()
	return a.record(ctx, by, "registration.curate", r.Number, strings.TrimSpace(string(v.To)+" "+v.Reason))
}

// Untold lists registrations whose person has not been told of their status.
func (a *App) Untold(ctx context.Context) ([]*event.Registration, error) {
	var out []*event.Registration
	err := a.EachRegistration(ctx, storage.RegistrationQuery{Untold: true}, func(r *event.Registration) error {
		out = append(out, r)
		return nil
	})
	return out, err
}

// Told notes that the message about a status is in the outbox.
func (a *App) Told(ctx context.Context, id string, status event.Status) error {
	_, err := a.update(ctx, id, func(r *event.Registration) error {
		if r.Tell != status {
			return errUnchanged
		}
		r.Tell = ""
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}
