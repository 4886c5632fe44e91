package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// MaxCalls is how many guests of the call list one team member writes to in a
// day, from their own number: more than that and WhatsApp takes them for a
// sender of spam.
const MaxCalls = 20

// The Via of those who were told by hand: over the telephone, or through the
// liaison of an official.
const (
	viaCall    = "telepon"
	viaLiaison = "protokol"
)

// settingCalls + person + day lists the participations that a member was given
// on that day.
const settingCalls = "calls/"

func (a *App) callsKey(personID string) string {
	return settingCalls + personID + "/" + event.Midnight(a.Now()).Format(time.DateOnly)
}

// Calls is a member's part of the call list.
type Calls struct {
	Guests []Call // to write to or ring now
	Left   int    // on the list altogether, Guests included
	Today  int    // that this member has been given today, Guests included
}

// Call is one guest of the call list. N is their number in what the member has
// been given today, which stays the same all day.
type Call struct {
	*event.Participation
	N int
}

func (a *App) callsOf(ctx context.Context, personID string) (given []string, err error) {
	err = a.store.Settings().Get(ctx, a.callsKey(personID), &given)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return given, err
}

// NextCalls gives a member up to n guests of an event's call list: first those
// whom they took before and are not done with. Nobody else is given them on
// that day; from the next day on they are free again, so that nobody is
// forgotten with a member who fell ill.
func (a *App) NextCalls(ctx context.Context, by Actor, eventID string, n int) (*Calls, error) {
	given, err := a.callsOf(ctx, by.Person.ID)
	if err != nil {
		return nil, fmt.Errorf("calls: %w", err)
	}
	out := &Calls{}
	show := func(p *event.Participation) {
		i := slices.Index(given, p.ID)
		if i < 0 {
			i, given = len(given), append(given, p.ID)
		}
		out.Guests = append(out.Guests, Call{p, i + 1})
	}
	var free []*event.Participation
	busy := map[string][]string{} // what the others were given today
	err = a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID, Call: event.CallDue}, func(p *event.Participation) error {
		out.Left++
		switch {
		case p.CallBy == by.Person.ID && len(out.Guests) < n:
			show(p)
		case p.CallBy != by.Person.ID && len(free) < n:
			held, err := a.heldToday(ctx, busy, p)
			if err != nil {
				return err
			}
			if !held {
				free = append(free, p)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("calls: %w", err)
	}
	for _, p := range free {
		if len(out.Guests) >= n || len(given) >= MaxCalls {
			break
		}
		taken, err := a.takeCall(ctx, by, p)
		if err != nil {
			return nil, fmt.Errorf("calls: %w", err)
		}
		if taken != nil {
			show(taken)
		}
	}
	slices.SortFunc(out.Guests, func(x, y Call) int { return x.N - y.N })
	out.Today = len(given)
	if err := a.store.Settings().Put(ctx, a.callsKey(by.Person.ID), given); err != nil {
		return nil, fmt.Errorf("calls: %w", err)
	}
	return out, nil
}

// CallNumbered is the participation of that number among those that a member
// has been given today; "" where there is none.
func (a *App) CallNumbered(ctx context.Context, by Actor, n int) (string, error) {
	given, err := a.callsOf(ctx, by.Person.ID)
	if err != nil || n < 1 || n > len(given) {
		return "", err
	}
	return given[n-1], nil
}

// heldToday reports whether another member was given a guest today; lists keeps
// what was read.
func (a *App) heldToday(ctx context.Context, lists map[string][]string, p *event.Participation) (bool, error) {
	if p.CallBy == "" {
		return false, nil
	}
	list, ok := lists[p.CallBy]
	if !ok {
		var err error
		if list, err = a.callsOf(ctx, p.CallBy); err != nil {
			return false, err
		}
		lists[p.CallBy] = list
	}
	return slices.Contains(list, p.ID), nil
}

// takeCall gives one guest to a member; nil where somebody else was faster.
func (a *App) takeCall(ctx context.Context, by Actor, free *event.Participation) (*event.Participation, error) {
	p, err := a.updateParticipation(ctx, free.ID, func(p *event.Participation) error {
		if p.Call != event.CallDue || p.CallBy != free.CallBy {
			return errUnchanged
		}
		p.CallBy = by.Person.ID
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil, nil
	}
	return p, err
}

// CallMade notes that a guest of the call list was written to or rung; fresh
// is false where that was known.
func (a *App) CallMade(ctx context.Context, by Actor, id string) (p *event.Participation, fresh bool, err error) {
	now := a.Now()
	p, err = a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if p.Call == event.CallDone {
			return errUnchanged
		}
		p.Call, p.CallBy = event.CallDone, by.Person.ID
		if p.InvitedAt == nil {
			p.InvitedAt, p.Via = &now, viaCall
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return p, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("call made: %w", err)
	}
	return p, true, a.record(ctx, by, "call.made", p.Name, "")
}

// HandedOver notes that a liaison was given an official's invitation.
func (a *App) HandedOver(ctx context.Context, by Actor, id string) (p *event.Participation, fresh bool, err error) {
	now := a.Now()
	p, err = a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if p.InvitedAt != nil {
			return errUnchanged
		}
		p.InvitedAt, p.Via = &now, viaLiaison
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return p, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("handed over: %w", err)
	}
	return p, true, a.record(ctx, by, "invitation.handover", p.Name, "")
}
