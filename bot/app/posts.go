package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Posts lists what was published about an event, in order of their numbers.
func (a *App) Posts(ctx context.Context, eventID string) ([]*event.Post, error) {
	all, err := a.store.Posts().List(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("posts: %w", err)
	}
	return slices.DeleteFunc(all, func(p *event.Post) bool { return p.Gone }), nil
}

// AddPost notes something that was published, under the next number. The same
// message notes it once.
func (a *App) AddPost(ctx context.Context, by Actor, p event.Post) (*event.Post, error) {
	out := &p
	err := retryConflict(ctx, func() error {
		all, err := a.store.Posts().List(ctx, p.EventID)
		if err != nil {
			return err
		}
		n := 1
		for _, old := range all {
			if old.Origin == by.Inbound && by.Inbound != "" {
				out = old
				return nil
			}
			n = max(n, old.N+1)
		}
		next := p
		next.N, next.ID, next.Version = n, event.PostID(p.EventID, n), 0
		next.Origin, next.UpdatedAt = by.Inbound, a.Now()
		if by.Person != nil {
			next.By = by.Person.ID
		}
		out = &next
		return a.store.Posts().Save(ctx, out)
	})
	if err != nil {
		return nil, fmt.Errorf("add post to %s: %w", p.EventID, err)
	}
	return out, a.record(ctx, by, "post.add", out.ID, out.Where)
}

// DropPost takes a note back, or brings it back; storage.ErrNotFound where
// there is none of that number.
func (a *App) DropPost(ctx context.Context, by Actor, eventID string, n int, gone bool) (*event.Post, error) {
	var p *event.Post
	err := retryConflict(ctx, func() error {
		var err error
		if p, err = a.store.Posts().Get(ctx, event.PostID(eventID, n)); err != nil {
			return err
		}
		if p.Handled == by.Inbound || p.Gone == gone {
			return nil
		}
		p.Gone, p.Handled, p.UpdatedAt = gone, by.Inbound, a.Now()
		return a.store.Posts().Save(ctx, p)
	})
	if err != nil {
		return nil, fmt.Errorf("drop post: %w", err)
	}
	return p, a.record(ctx, by, "post.drop", p.ID, p.Where)
}

// Sources counts an event's registrations that were not cancelled or declined
// by where they came from, and within that by audience. "" is where it is not
// known.
func (a *App) Sources(ctx context.Context, eventID string) (map[string]map[event.Audience]int, error) {
	out := map[string]map[event.Audience]int{}
	err := a.EachRegistration(ctx, storage.RegistrationQuery{EventID: eventID}, func(r *event.Registration) error {
		switch r.Status {
		case event.Cancelled, event.Declined, event.Lapsed:
			return nil
		}
		if out[r.Source] == nil {
			out[r.Source] = map[event.Audience]int{}
		}
		out[r.Source][r.Audience]++
		return nil
	})
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("sources: %w", err)
	}
	return out, nil
}
