package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// keepYears is how long registrations are kept after their event: long enough
// to offer last year's data again, no longer than the consent text says.
const keepYears = 2

// Retire deletes the registrations and participations of events that are over
// for so long that nobody needs them (UU PDP, limited storage), and people who
// were known from guest lists alone and are on none any more. The events
// themselves and the audit trail stay.
func (a *App) Retire(ctx context.Context) error {
	if _, err := a.store.Questions().Forget(ctx, a.Now().AddDate(-keepYears, 0, 0)); err != nil {
		return fmt.Errorf("retire: %w", err)
	}
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("retire: %w", err)
	}
	for _, e := range events {
		if a.Now().Before(e.Day().AddDate(keepYears, 0, 0)) {
			continue
		}
		var old []*event.Registration
		err := a.EachRegistration(ctx, storage.RegistrationQuery{EventID: e.ID}, func(r *event.Registration) error {
			old = append(old, r)
			return nil
		})
		if err != nil {
			return fmt.Errorf("retire %s: %w", e.ID, err)
		}
		for _, r := range old {
			if err := a.deleteRegistration(ctx, r); err != nil {
				return fmt.Errorf("retire %s: %w", e.ID, err)
			}
		}
		if err := a.retireLetters(ctx, e.ID); err != nil {
			return fmt.Errorf("retire %s: %w", e.ID, err)
		}
		if err := a.retireGuests(ctx, e.ID); err != nil {
			return fmt.Errorf("retire %s: %w", e.ID, err)
		}
		if err := a.retireTasks(ctx, e.ID); err != nil {
			return fmt.Errorf("retire %s: %w", e.ID, err)
		}
		if err := a.retireSurvey(ctx, e.ID); err != nil {
			return fmt.Errorf("retire %s: %w", e.ID, err)
		}
		if err := a.retireNotes(ctx, e.ID); err != nil {
			return fmt.Errorf("retire %s: %w", e.ID, err)
		}
		if err := a.retireProgram(ctx, e.ID); err != nil {
			return fmt.Errorf("retire %s: %w", e.ID, err)
		}
		if err := a.retireAlbum(ctx, e.ID); err != nil {
			return fmt.Errorf("retire %s: %w", e.ID, err)
		}
	}
	return nil
}

func (a *App) retireGuests(ctx context.Context, eventID string) error {
	var old []*event.Participation
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID}, func(p *event.Participation) error {
		old = append(old, p)
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range old {
		if err := a.retirePerson(ctx, p); err != nil {
			return err
		}
		if err := a.store.Participations().Delete(ctx, p.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("participation: %w", err)
		}
	}
	return nil
}

// retirePerson deletes somebody who never wrote and takes part in nothing but
// this; what was sent to them goes, too.
func (a *App) retirePerson(ctx context.Context, last *event.Participation) error {
	p, err := a.store.People().Get(ctx, last.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !listedOnly(p) || p.Role.Staff() || p.StoppedAt != nil { // who asked us to stop must stay known as such
		return nil
	}
	all, err := a.participationsOf(ctx, p.ID)
	if err != nil || len(all) > 1 {
		return err
	}
	if err := a.forgetColdNumbers(ctx, all); err != nil {
		return err
	}
	if _, err := a.store.Outbox().Erase(ctx, p.ID); err != nil {
		return err
	}
	if err := a.store.People().Delete(ctx, p.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("person: %w", err)
	}
	return nil
}

// deleteRegistration deletes a registration with its photo, its ticket and its
// place.
func (a *App) deleteRegistration(ctx context.Context, r *event.Registration) error {
	if err := a.store.Places().Release(ctx, r.EventID, r.Audience, r.ID); err != nil {
		return fmt.Errorf("free place of %s: %w", r.Number, err)
	}
	if err := a.dropPhoto(ctx, r.Answers); err != nil {
		return fmt.Errorf("photo of %s: %w", r.Number, err)
	}
	for _, kind := range []string{"ticket/", "calendar/"} { // all versions of them, which bear the name
		if _, err := a.store.Media().Forget(ctx, kind+r.ID+"/", a.Now().Add(time.Hour)); err != nil {
			return fmt.Errorf("ticket of %s: %w", r.Number, err)
		}
	}
	if err := a.store.Registrations().Delete(ctx, r.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("registration %s: %w", r.Number, err)
	}
	return nil
}

// DropDraft deletes what a draft left outside of its chat.
func (a *App) DropDraft(ctx context.Context, d *event.Draft) error {
	if d != nil && d.MovedTo != "" {
		return nil // what it left belongs to the one that goes on elsewhere
	}
	if d == nil {
		return nil
	}
	// A draft that became a registration has handed its photo on.
	if _, err := a.store.Registrations().Get(ctx, d.ID); err == nil {
		return nil
	} else if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return a.dropPhoto(ctx, d.Answers)
}

func (a *App) dropPhoto(ctx context.Context, answers map[string]string) error {
	photo := answers[event.KeyPhoto]
	if photo == "" {
		return nil
	}
	if err := a.store.Media().Delete(ctx, photo); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return nil
}
