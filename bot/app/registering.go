package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// holdWhileSubmitting is how long a place waits for the registration that
// claimed it to be written; after a crash the planner frees it.
const holdWhileSubmitting = 15 * time.Minute

// ErrRegistrationClosed: the event takes no more registrations.
var ErrRegistrationClosed = errors.New("registration is closed")

// DuplicateError tells that the same business stands in the event already.
type DuplicateError struct{ Existing *event.Registration }

// Error implements error.
func (e *DuplicateError) Error() string { return "already registered as " + e.Existing.Number }

// Submit turns a finished draft into a registration: first come, first
// served; or to the team's decision; or onto the waiting list. Submitting the
// same draft again returns the same registration. It fails with a
// *DuplicateError, or ErrRegistrationClosed.
func (a *App) Submit(ctx context.Context, by Actor, d *event.Draft) (*event.Registration, error) {
	regs := a.store.Registrations()
	if r, err := regs.Get(ctx, d.ID); err == nil {
		return r, a.submitted(ctx, by, r) // a crash may have cut off the rest
	} else if !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("submit: %w", err)
	}
	e, err := a.store.Events().Get(ctx, d.EventID)
	if err != nil {
		return nil, fmt.Errorf("submit to %s: %w", d.EventID, err)
	}
	now := a.Now()
	if !e.TakesRegistrations(now) {
		return nil, ErrRegistrationClosed
	}
	r := newRegistration(d, by.Person.ID, now)
	r.Derive()
	if other, err := regs.ByKey(ctx, r.Key); err == nil && other.ID == r.ID {
		return other, a.submitted(ctx, by, other) // the same draft, a moment ago
	} else if err == nil {
		return nil, &DuplicateError{Existing: other}
	} else if !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("submit: %w", err)
	}
	if err := a.seat(ctx, e, r, now); err != nil {
		return nil, fmt.Errorf("submit: %w", err)
	}
	n, err := a.store.Counters().Next(ctx, "registration/"+e.ID)
	if err != nil {
		return nil, fmt.Errorf("submit: %w", err)
	}
	r.Number = event.Number(e.ID, n)
	r.Derive() // the number is searched for, too
	switch other, err := regs.Insert(ctx, r); {
	case errors.Is(err, storage.ErrConflict) && other != nil && other.ID == r.ID:
		r = other
	case errors.Is(err, storage.ErrConflict) && other != nil:
		if err := a.store.Places().Release(ctx, e.ID, r.Audience, r.ID); err != nil {
			return nil, fmt.Errorf("submit: %w", err)
		}
		return nil, &DuplicateError{Existing: other}
	case err != nil:
		return nil, fmt.Errorf("submit: %w", err)
	}
	return r, a.submitted(ctx, by, r)
}

// submitted does what follows from a registration that is written.
func (a *App) submitted(ctx context.Context, by Actor, r *event.Registration) error {
	if r.Status.HoldsPlace() && r.Place != 0 {
		if err := a.settlePlace(ctx, r); err != nil { // the hold becomes permanent
			return fmt.Errorf("submit: %w", err)
		}
	}
	if err := a.linkRegistration(ctx, r); err != nil {
		return fmt.Errorf("submit: %w", err)
	}
	a.stir()
	return a.record(ctx, by, "registration.submit", r.Number, r.Name)
}

func newRegistration(d *event.Draft, personID string, now time.Time) *event.Registration {
	answers := make(map[string]string, len(d.Answers))
	for k, v := range d.Answers {
		answers[k] = v
	}
	return &event.Registration{
		ID: d.ID, EventID: d.EventID, PersonID: personID, Audience: d.Audience,
		Form: d.Form, Distinct: d.Distinct, Source: d.Source, Answers: answers, CreatedAt: now, UpdatedAt: now,
	}
}

// seat chooses the first status of a registration and claims its place.
func (a *App) seat(ctx context.Context, e *event.Event, r *event.Registration, now time.Time) error {
	q := e.QuotaOf(r.Audience)
	if q.Curated {
		return r.Move(event.Pending, now, "")
	}
	if q.Limit == 0 || !r.NeedsPlace() {
		return r.Move(event.Confirmed, now, "")
	}
	// Whoever waits already goes first, even if a place is free this moment.
	_, err := a.store.Registrations().FirstWaiting(ctx, e.ID, r.Audience)
	switch {
	case err == nil:
		return a.queue(r, now)
	case !errors.Is(err, storage.ErrNotFound):
		return err
	}
	hold := now.Add(holdWhileSubmitting)
	k, err := a.takePlace(ctx, r, q.Limit, &hold)
	if errors.Is(err, storage.ErrFull) {
		return a.queue(r, now)
	}
	if err != nil {
		return err
	}
	r.Place = k
	return r.Move(event.Confirmed, now, "")
}

// takePlace claims a place for a registration that has none: ErrFull where the
// quota is used up. A quota that was lowered leaves places above its limit
// taken; until enough of them are given up a free one below it is not handed
// out, or more would take part than the quota says.
func (a *App) takePlace(ctx context.Context, r *event.Registration, limit int, until *time.Time) (k int, err error) {
	if k, err = a.store.Places().Claim(ctx, r.EventID, r.Audience, limit, r.ID, until); err != nil {
		return 0, err
	}
	taken, err := a.store.Places().Taken(ctx, r.EventID, r.Audience)
	if err != nil {
		return 0, err
	}
	if taken <= limit {
		return k, nil
	}
	if err := a.store.Places().Release(ctx, r.EventID, r.Audience, r.ID); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("%d places of %d are taken: %w", taken-1, limit, storage.ErrFull)
}

func (a *App) queue(r *event.Registration, now time.Time) error {
	r.QueuedAt = &now
	return r.Move(event.Waiting, now, "")
}

// update changes a registration with compare-and-set; change may be called
// several times and ends the attempt by an error.
func (a *App) update(ctx context.Context, id string, change func(r *event.Registration) error) (*event.Registration, error) {
	var r *event.Registration
	err := retryConflict(ctx, func() error {
		var err error
		if r, err = a.store.Registrations().Get(ctx, id); err != nil {
			return err
		}
		if err := change(r); err != nil {
			return err
		}
		r.UpdatedAt = a.Now()
		return a.store.Registrations().Update(ctx, r)
	})
	return r, err
}

// ErrNoBooth: the change asks for a booth and none is free.
var ErrNoBooth = errors.New("no booth is free")

// Change sets one answer of a registration (/ubah); an empty value takes an
// optional answer away. A UKM that now wants a booth gets one only where one
// is free (ErrNoBooth); one that no longer wants it frees it. A change that
// makes two registrations alike is a *DuplicateError.
func (a *App) Change(ctx context.Context, by Actor, id, key, value string) (*event.Registration, error) {
	old, err := a.store.Registrations().Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("change: %w", err)
	}
	before := old.Answers[key]
	after := *old
	after.Answers = withAnswer(old.Answers, key, value)
	after.Derive()
	if other, err := a.store.Registrations().ByKey(ctx, after.Key); err == nil && other.ID != id && after.Key != old.Key {
		return nil, &DuplicateError{Existing: other}
	}
	place := old.Place
	switch needs, had := after.NeedsPlace(), old.NeedsPlace(); {
	case needs && !had && old.Status == event.Confirmed:
		if place, err = a.claimBooth(ctx, &after); err != nil {
			return nil, err
		}
	case !needs && had:
		place = 0
		if err := a.loosen(ctx, old); err != nil {
			return nil, err
		}
	}
	r, err := a.update(ctx, id, func(r *event.Registration) error {
		r.Answers = withAnswer(r.Answers, key, value)
		r.Place = place
		r.Derive()
		if !r.NeedsPlace() && (r.Status == event.Offered || r.Status == event.Waiting || r.Status == event.Lapsed) {
			r.QueuedAt, r.Tell = nil, "" // it waits for nothing any more
			return r.Move(event.Confirmed, a.Now(), "")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("change %s: %w", key, err)
	}
	if err := a.settlePlace(ctx, r); err != nil {
		return nil, fmt.Errorf("change %s: %w", key, err)
	}
	if err := a.linkRegistration(ctx, r); err != nil {
		return nil, fmt.Errorf("change %s: %w", key, err)
	}
	return r, a.record(ctx, by, "registration.change", r.Number, key+": "+before+" → "+value)
}

func withAnswer(answers map[string]string, key, value string) map[string]string {
	out := make(map[string]string, len(answers)+1)
	for k, v := range answers {
		out[k] = v
	}
	if value == "" {
		delete(out, key)
	} else {
		out[key] = value
	}
	return out
}

func (a *App) claimBooth(ctx context.Context, r *event.Registration) (int, error) {
	e, err := a.store.Events().Get(ctx, r.EventID)
	if err != nil {
		return 0, fmt.Errorf("change: %w", err)
	}
	q := e.QuotaOf(r.Audience)
	if q.Limit == 0 {
		return 0, nil
	}
	// Whoever waits for a booth goes first, even if one is free this moment.
	_, err = a.store.Registrations().FirstWaiting(ctx, e.ID, r.Audience)
	if err == nil {
		return 0, ErrNoBooth
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return 0, fmt.Errorf("change: %w", err)
	}
	hold := a.Now().Add(holdWhileSubmitting)
	k, err := a.takePlace(ctx, r, q.Limit, &hold)
	if errors.Is(err, storage.ErrFull) {
		return 0, ErrNoBooth
	}
	if err != nil {
		return 0, fmt.Errorf("change: %w", err)
	}
	return k, nil
}

// loosen gives a place that is about to be freed an end, so that the planner
// frees it even if we crash before settlePlace.
func (a *App) loosen(ctx context.Context, r *event.Registration) error {
	if r.Place == 0 {
		return nil
	}
	end := a.Now()
	_, err := a.store.Places().Claim(ctx, r.EventID, r.Audience, r.Place, r.ID, &end)
	if errors.Is(err, storage.ErrFull) {
		return nil // it was not held any more
	}
	if err != nil {
		return fmt.Errorf("free place %d: %w", r.Place, err)
	}
	return nil
}

// settlePlace makes the place documents agree with the registration.
func (a *App) settlePlace(ctx context.Context, r *event.Registration) error {
	if !r.Status.HoldsPlace() || r.Place == 0 {
		defer a.stir()
		return a.store.Places().Release(ctx, r.EventID, r.Audience, r.ID)
	}
	_, err := a.store.Places().Claim(ctx, r.EventID, r.Audience, r.Place, r.ID, r.OfferUntil)
	return err
}

// Cancel withdraws a registration and frees its place. Cancelling twice is
// cancelling once.
func (a *App) Cancel(ctx context.Context, by Actor, id, reason string) (*event.Registration, error) {
	r, err := a.leave(ctx, id, event.Cancelled, reason)
	if err != nil {
		return nil, fmt.Errorf("cancel: %w", err)
	}
	return r, a.record(ctx, by, "registration.cancel", r.Number, reason)
}

// leave moves a registration to a state that holds no place.
func (a *App) leave(ctx context.Context, id string, to event.Status, reason string) (*event.Registration, error) {
	r, err := a.store.Registrations().Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.Status != to {
		if err := a.loosen(ctx, r); err != nil {
			return nil, err
		}
		r, err = a.update(ctx, id, func(r *event.Registration) error {
			if r.Status == to {
				return nil
			}
			if err := r.Move(to, a.Now(), reason); err != nil {
				return err
			}
			r.Place, r.QueuedAt, r.Tell = 0, nil, ""
			r.Derive()
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if err := a.settlePlace(ctx, r); err != nil {
		return nil, err
	}
	return r, a.linkRegistration(ctx, r)
}

// ErrOfferGone: the offer of a place has lapsed or was answered before.
var ErrOfferGone = errors.New("the offer does not stand any more")

// TakeOffer accepts a place that was offered from the waiting list.
func (a *App) TakeOffer(ctx context.Context, by Actor, id string) (*event.Registration, error) {
	r, err := a.update(ctx, id, func(r *event.Registration) error {
		if r.Status == event.Confirmed {
			return nil
		}
		if r.Status != event.Offered || r.OfferUntil == nil || a.Now().After(*r.OfferUntil) {
			return ErrOfferGone
		}
		r.QueuedAt, r.Tell = nil, ""
		return r.Move(event.Confirmed, a.Now(), "")
	})
	if err != nil {
		return nil, fmt.Errorf("take offer: %w", err)
	}
	if err := a.settlePlace(ctx, r); err != nil {
		return nil, fmt.Errorf("take offer: %w", err)
	}
	if err := a.linkRegistration(ctx, r); err != nil {
		return nil, fmt.Errorf("take offer: %w", err)
	}
	return r, a.record(ctx, by, "registration.take", r.Number, "")
}

// Requeue puts one whose offer lapsed back at the end of the waiting list.
func (a *App) Requeue(ctx context.Context, by Actor, id string) (*event.Registration, error) {
	r, err := a.update(ctx, id, func(r *event.Registration) error {
		if r.Status == event.Waiting {
			return nil
		}
		return a.queue(r, a.Now())
	})
	if err != nil {
		return nil, fmt.Errorf("queue again: %w", err)
	}
	if err := a.linkRegistration(ctx, r); err != nil {
		return nil, fmt.Errorf("queue again: %w", err)
	}
	return r, a.record(ctx, by, "registration.requeue", r.Number, "")
}

// EachRegistration calls fn for every registration of a query, in order of
// number, page by page.
func (a *App) EachRegistration(ctx context.Context, q storage.RegistrationQuery, fn func(*event.Registration) error) error {
	if q.Limit == 0 {
		q.Limit = 500
	}
	for {
		page, next, err := a.store.Registrations().List(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.After = next
	}
}

// Active lists a person's standing registrations in an event ("" for all).
func (a *App) Active(ctx context.Context, eventID, personID string) ([]*event.Registration, error) {
	var out []*event.Registration
	err := a.EachRegistration(ctx, storage.RegistrationQuery{EventID: eventID, PersonID: personID}, func(r *event.Registration) error {
		if r.Status.Active() {
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("registrations of %s: %w", personID, err)
	}
	return out, nil
}

// Ahead is how many stand before r on the waiting list.
func (a *App) Ahead(ctx context.Context, r *event.Registration) (int, error) {
	if r.Status != event.Waiting || r.QueuedAt == nil {
		return 0, nil
	}
	return a.store.Registrations().Ahead(ctx, r.EventID, r.Audience, *r.QueuedAt)
}

// Earlier finds the person's latest registration of an audience in another
// event, whose data can be offered again.
func (a *App) Earlier(ctx context.Context, p *event.Person, eventID string, aud event.Audience) (*event.Registration, error) {
	var latest *event.Registration
	err := a.EachRegistration(ctx, storage.RegistrationQuery{PersonID: p.ID, Audience: aud}, func(r *event.Registration) error {
		if r.EventID != eventID && (latest == nil || r.CreatedAt.After(latest.CreatedAt)) {
			latest = r
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("earlier registrations: %w", err)
	}
	return latest, nil
}
