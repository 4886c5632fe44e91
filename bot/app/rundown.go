package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// RundownTouchpoint opens the touchpoints of what is told of a rundown.
const RundownTouchpoint = TaskTouchpoint + "rundown."

// Rundown is the order of an event's day; an empty one where nobody drew one
// up.
func (a *App) Rundown(ctx context.Context, eventID string) (*event.Rundown, error) {
	r, err := a.store.Rundowns().Get(ctx, eventID)
	if errors.Is(err, storage.ErrNotFound) {
		return &event.Rundown{ID: eventID}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("rundown: %w", err)
	}
	return r, nil
}

// ChangeRundown changes a rundown with compare-and-set and records what was
// done. The same message changes it once: a replay gets the rundown as it is,
// and fresh is false. Where change refuses (event.ErrRundownSame, …), the
// rundown is returned as it is with that error.
func (a *App) ChangeRundown(ctx context.Context, by Actor, eventID, action, detail string, change func(r *event.Rundown) error) (r *event.Rundown, fresh bool, err error) {
	err = retryConflict(ctx, func() error {
		if r, err = a.Rundown(ctx, eventID); err != nil {
			return err
		}
		before := *r
		if fresh = r.Handle(by.Inbound); !fresh {
			return nil
		}
		if err := change(r); err != nil {
			r = &before
			return err
		}
		return a.store.Rundowns().Save(ctx, r)
	})
	if err != nil {
		return r, false, fmt.Errorf("%s %s: %w", action, eventID, err)
	}
	a.stir()
	return r, fresh, a.record(ctx, by, action, eventID, detail)
}

// RundownRow is the touchpoint of what is told of an item: all of an item's
// begin alike.
func RundownRow(it event.RundownItem, what string) string {
	return fmt.Sprintf("%s%d.%s.%d", RundownTouchpoint, it.N, what, it.Moved)
}

// ForgetRundownRows keeps what is queued about items that have moved or gone
// from being sent.
func (a *App) ForgetRundownRows(ctx context.Context, eventID string, items []event.RundownItem) error {
	for _, it := range items {
		if _, err := a.store.Outbox().Expire(ctx, eventID, fmt.Sprintf("%s%d.", RundownTouchpoint, it.N), "the rundown was changed"); err != nil {
			return fmt.Errorf("rundown of %s: %w", eventID, err)
		}
	}
	return nil
}

// EarlierRundown finds the rundown of the latest earlier event that has one,
// or of the one that e was copied from; nil where there is none.
func (a *App) EarlierRundown(ctx context.Context, e *event.Event) (*event.Event, *event.Rundown, error) {
	all, err := a.store.Events().List(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("earlier rundown: %w", err)
	}
	slices.SortStableFunc(all, func(x, y *event.Event) int { return boolRank(y.ID == e.CopiedFrom) - boolRank(x.ID == e.CopiedFrom) })
	for _, old := range all {
		if old.ID == e.ID || old.Start.After(e.Start) {
			continue
		}
		r, err := a.Rundown(ctx, old.ID)
		if err != nil {
			return nil, nil, err
		}
		if len(r.Items) > 0 {
			return old, r, nil
		}
	}
	return nil, nil, nil
}

// maxCast is how many of those who might be meant by a name are looked at.
const maxCast = 20

// Cast finds the performer whom a name means: one who registered for the
// event, or was invited to perform. A name that means nobody, or several,
// stays a name alone.
func (a *App) Cast(ctx context.Context, eventID, name string) (event.Performing, error) {
	plain := event.Performing{Name: name}
	want := event.Fold(name)
	if len([]rune(want)) < 3 {
		return plain, nil
	}
	var exact, near []event.Performing
	note := func(p event.Performing) {
		same := func(o event.Performing) bool { return o.PersonID == p.PersonID }
		if event.Fold(p.Name) == want && !slices.ContainsFunc(exact, same) {
			exact = append(exact, p)
		}
		if !slices.ContainsFunc(near, same) {
			near = append(near, p)
		}
	}
	regs, _, err := a.store.Registrations().List(ctx, storage.RegistrationQuery{
		EventID: eventID, Audience: event.Performer, Statuses: []event.Status{event.Confirmed, event.Pending, event.Offered}, Search: want, Limit: maxCast,
	})
	if err != nil {
		return plain, fmt.Errorf("cast %q: %w", name, err)
	}
	for _, r := range regs {
		note(event.Performing{Name: r.Name, PersonID: r.PersonID})
	}
	guests, _, err := a.store.Participations().List(ctx, storage.ParticipationQuery{EventID: eventID, Audience: event.Performer, Search: want, Limit: maxCast})
	if err != nil {
		return plain, fmt.Errorf("cast %q: %w", name, err)
	}
	for _, g := range guests {
		called := g.Organisation
		if called == "" {
			called = g.Name
		}
		note(event.Performing{Name: called, PersonID: g.PersonID})
	}
	switch {
	case len(exact) == 1:
		return exact[0], nil
	case len(exact) == 0 && len(near) == 1:
		return near[0], nil
	}
	return plain, nil
}

// moveCast has rundowns call keep in place of other.
func (a *App) moveCast(ctx context.Context, m *merging) error {
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("rundowns: %w", err)
	}
	for _, e := range events {
		err := retryConflict(ctx, func() error {
			r, err := a.store.Rundowns().Get(ctx, e.ID)
			if errors.Is(err, storage.ErrNotFound) || err == nil && !r.Recast(m.Other.ID, m.Keep) {
				return nil
			}
			if err != nil {
				return err
			}
			return a.store.Rundowns().Save(ctx, r)
		})
		if err != nil {
			return fmt.Errorf("rundown %s: %w", e.ID, err)
		}
	}
	return nil
}

// forgetInProgram takes a person out of all rundowns, ballots, posts and
// sections (UU PDP).
func (a *App) forgetInProgram(ctx context.Context, personID string) error {
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("program: %w", err)
	}
	for _, e := range events {
		if err := a.forgetInRundown(ctx, e.ID, personID); err != nil {
			return fmt.Errorf("rundown %s: %w", e.ID, err)
		}
		if err := a.forgetInBallot(ctx, e.ID, personID); err != nil {
			return fmt.Errorf("ballot %s: %w", e.ID, err)
		}
		if err := a.forgetInPosts(ctx, e.ID, personID); err != nil {
			return fmt.Errorf("posts %s: %w", e.ID, err)
		}
	}
	return a.forgetInSections(ctx, personID)
}

func (a *App) forgetInRundown(ctx context.Context, eventID, personID string) error {
	return retryConflict(ctx, func() error {
		r, err := a.store.Rundowns().Get(ctx, eventID)
		if errors.Is(err, storage.ErrNotFound) || err == nil && !r.Forget(personID) {
			return nil
		}
		if err != nil {
			return err
		}
		return a.store.Rundowns().Save(ctx, r)
	})
}

func (a *App) forgetInBallot(ctx context.Context, eventID, personID string) error {
	return retryConflict(ctx, func() error {
		b, err := a.store.Ballots().Get(ctx, eventID)
		if errors.Is(err, storage.ErrNotFound) || err == nil && !b.Forget(personID) {
			return nil
		}
		if err != nil {
			return err
		}
		return a.store.Ballots().Save(ctx, b)
	})
}

func (a *App) forgetInPosts(ctx context.Context, eventID, personID string) error {
	posts, err := a.store.Posts().List(ctx, eventID)
	if err != nil {
		return err
	}
	for _, p := range posts {
		err := retryConflict(ctx, func() error {
			fresh, err := a.store.Posts().Get(ctx, p.ID)
			if err != nil || fresh.By != personID {
				return err
			}
			fresh.By = ""
			return a.store.Posts().Save(ctx, fresh)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// retireProgram takes people out of what was planned for an event that is long
// over.
func (a *App) retireProgram(ctx context.Context, eventID string) error {
	r, err := a.store.Rundowns().Get(ctx, eventID)
	if err == nil && !r.Retired {
		r.Retire()
		err = a.store.Rundowns().Save(ctx, r)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
		return fmt.Errorf("rundown: %w", err)
	}
	b, err := a.store.Ballots().Get(ctx, eventID)
	if err == nil && !b.Retired {
		b.Retire()
		err = a.store.Ballots().Save(ctx, b)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
		return fmt.Errorf("ballot: %w", err)
	}
	posts, err := a.store.Posts().List(ctx, eventID)
	if err != nil {
		return fmt.Errorf("posts: %w", err)
	}
	for _, p := range posts {
		if p.By == "" {
			continue
		}
		p.By = ""
		if err := a.store.Posts().Save(ctx, p); err != nil && !errors.Is(err, storage.ErrConflict) {
			return fmt.Errorf("post %s: %w", p.ID, err)
		}
	}
	return nil
}
