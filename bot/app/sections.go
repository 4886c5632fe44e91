package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// settingSections holds the team's sections.
const settingSections = "team/sections"

// Sections are the parts of the team.
func (a *App) Sections(ctx context.Context) (event.Sections, error) {
	var s event.Sections
	err := a.store.Settings().Get(ctx, settingSections, &s)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return s, fmt.Errorf("sections: %w", err)
	}
	return s, nil
}

// ChangeSections changes them by compare-and-set and records what was done.
// Where change refuses, they are returned as they are.
func (a *App) ChangeSections(ctx context.Context, by Actor, action, detail string, change func(s *event.Sections) error) (event.Sections, error) {
	now, err := a.swapSections(ctx, change)
	if err != nil {
		return now, fmt.Errorf("%s: %w", action, err)
	}
	return now, a.record(ctx, by, action, "seksi", detail)
}

func (a *App) swapSections(ctx context.Context, change func(s *event.Sections) error) (event.Sections, error) {
	var old, next event.Sections
	err := retryConflict(ctx, func() error {
		old = event.Sections{}
		if _, err := a.store.Settings().PutNew(ctx, settingSections, &old); err != nil {
			return err
		}
		next = old
		if err := change(&next); err != nil {
			next = old
			return err
		}
		return a.store.Settings().Swap(ctx, settingSections, old, next)
	})
	return next, err
}

// errNotThere: nothing of a person is in the sections.
var errNotThere = errors.New("not in the sections")

func (a *App) forgetInSections(ctx context.Context, personID string) error {
	_, err := a.swapSections(ctx, func(s *event.Sections) error {
		// What is changed in place must not be what Swap compares with.
		var fresh event.Sections
		if err := a.store.Settings().Get(ctx, settingSections, &fresh); err != nil {
			return err
		}
		if !fresh.Forget(personID) {
			return errNotThere
		}
		*s = fresh
		return nil
	})
	if errors.Is(err, errNotThere) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sections: %w", err)
	}
	return nil
}
