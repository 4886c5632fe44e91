package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Ballot is the vote on an event's theme; an empty one where nobody proposed
// any.
func (a *App) Ballot(ctx context.Context, eventID string) (*event.Ballot, error) {
	b, err := a.store.Ballots().Get(ctx, eventID)
	if errors.Is(err, storage.ErrNotFound) {
		return &event.Ballot{ID: eventID}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ballot: %w", err)
	}
	return b, nil
}

// ChangeBallot changes a ballot with compare-and-set and records what was
// done; the same message changes it once. Where change refuses
// (event.ErrThemeDecided, …), the ballot is returned as it is.
func (a *App) ChangeBallot(ctx context.Context, by Actor, eventID, action, detail string, change func(b *event.Ballot) error) (*event.Ballot, error) {
	var b *event.Ballot
	err := retryConflict(ctx, func() error {
		var err error
		if b, err = a.Ballot(ctx, eventID); err != nil {
			return err
		}
		if !b.Handle(by.Inbound) {
			return nil
		}
		if err := change(b); err != nil {
			return err
		}
		return a.store.Ballots().Save(ctx, b)
	})
	if err != nil {
		fresh, again := a.Ballot(ctx, eventID)
		if again != nil {
			return nil, again
		}
		return fresh, fmt.Errorf("%s %s: %w", action, eventID, err)
	}
	return b, a.record(ctx, by, action, eventID, detail)
}

// DecideTheme makes a theme the event's: it stands on posters, letters and
// the report from then on, and finishes step 2 of the SOP.
func (a *App) DecideTheme(ctx context.Context, by Actor, eventID, text string) (*event.Ballot, error) {
	b, err := a.ChangeBallot(ctx, by, eventID, "theme.decide", text, func(b *event.Ballot) error {
		if b.Decided != "" {
			return event.ErrThemeDecided
		}
		b.Decide(by.Person.ID, text, a.Now())
		return nil
	})
	if err != nil {
		return b, err
	}
	// Each of what follows can be done again: a replay completes it.
	if err := a.setTheme(ctx, by, eventID, b.Decided); err != nil {
		return b, err
	}
	_, err = a.ChangeTask(ctx, by, eventID, event.ThemeTask, "task.finish", b.Decided, func(t *event.Task) error {
		return t.Finish(by.Person.ID, b.Decided, nil, a.Now())
	})
	if errors.Is(err, event.ErrTaskSettled) {
		err = nil
	}
	return b, err
}

func (a *App) setTheme(ctx context.Context, by Actor, eventID, text string) error {
	_, err := a.UpdateEvent(ctx, by, eventID, "event.update", "tema: "+text, func(e *event.Event) { e.Theme = text })
	return err
}

// ReopenTheme takes the decision back, so that the vote goes on; the event
// keeps its theme until another one is decided.
func (a *App) ReopenTheme(ctx context.Context, by Actor, eventID string) (*event.Ballot, error) {
	b, err := a.ChangeBallot(ctx, by, eventID, "theme.reopen", "", func(b *event.Ballot) error {
		if b.Decided == "" {
			return event.ErrNoProposal
		}
		b.Reopen(a.Now())
		return nil
	})
	if err != nil {
		return b, err
	}
	_, err = a.ChangeTask(ctx, by, eventID, event.ThemeTask, "task.reopen", "", func(t *event.Task) error { return t.Reopen(by.Person.ID, a.Now()) })
	if errors.Is(err, event.ErrTaskSame) {
		err = nil
	}
	return b, err
}
