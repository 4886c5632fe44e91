package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Reach is whom the news of a moved or cancelled event concerns, and how it
// gets to them: people, each once.
type Reach struct {
	Registered, Confirmed, Invited int // by what they hear
	Delegates                      int // come in a guest's place, and have a chat with us
	Officials                      int // through their liaison
	Declined                       int // hear nothing
	Chat, Email                    int // get a message by themselves
	Calls                          int // have to be rung
	Unreachable                    int // no chat, no address, no number
}

// Concerned is how many people the news is for.
func (r Reach) Concerned() int {
	return r.Registered + r.Confirmed + r.Invited + r.Delegates + r.Officials
}

// Hearer is somebody whom a piece of news is for. Guest has no ID where a
// registration has no participation (one of an early version).
type Hearer struct {
	Guest    *event.Participation
	PersonID string // who hears it: the guest, or who comes in their place
	Wording  event.Wording
	Route    Route // ByChat, ByEmail, ByLiaison, ByCall or Unreachable
	Chat     channel.Chat
	// DelegateTold: who comes in the guest's place hears it from us, too.
	DelegateTold bool
}

// EachHearer calls fn for everyone whom news of e is for; declined counts those
// who are spared it.
func (a *App) EachHearer(ctx context.Context, e *event.Event, on func(channel.Name) bool, fn func(Hearer) error) (declined int, err error) {
	tell := func(g *event.Participation, w event.Wording) error {
		route, chat, err := a.RouteAgain(ctx, g, on)
		if err != nil {
			return err
		}
		switch route {
		case ByChat, ByEmail, ByLiaison, ByCall, Unreachable:
		case NotWanted: // asked us to stop: a person may ring
			if route = Unreachable; g.Phone != "" {
				route = ByCall
			}
		default: // ways for invitations only
			if route = Unreachable; g.Phone != "" {
				route = ByCall
			}
		}
		h := Hearer{Guest: g, PersonID: g.PersonID, Wording: w, Route: route, Chat: chat}
		to, delegate, err := a.DelegateChat(ctx, g, on)
		if err != nil {
			return err
		}
		// Who comes for an official is as high an official, often: the liaison
		// tells them.
		h.DelegateTold = delegate != "" && w != event.ThroughOffice
		if err := fn(h); err != nil || !h.DelegateTold {
			return err
		}
		return fn(Hearer{Guest: g, PersonID: delegate, Wording: event.ToDelegate, Route: ByChat, Chat: to})
	}
	known := map[string]bool{} // people whose registration was told of
	err = a.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(g *event.Participation) error {
		if g.RegistrationID != "" {
			known[g.PersonID] = true
		}
		w := g.NewsFor()
		if w == event.NotTold {
			if g.Reply.Answer == event.No && g.Closed == event.StillOpen {
				declined++
			}
			return nil
		}
		return tell(g, w)
	})
	if err != nil {
		return declined, err
	}
	err = a.EachRegistration(ctx, storage.RegistrationQuery{EventID: e.ID}, func(r *event.Registration) error {
		if !r.Status.Active() || r.Status == event.Lapsed || known[r.PersonID] {
			return nil
		}
		known[r.PersonID] = true
		id := event.ParticipationID(e.ID, r.PersonID)
		if g, err := a.store.Participations().Get(ctx, id); err == nil && (g.Closed != event.StillOpen || g.NewsFor() != event.NotTold) {
			return nil // told above, or not to be written to
		} else if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		return tell(&event.Participation{
			EventID: e.ID, PersonID: r.PersonID, Audience: r.Audience, Name: r.Contact, Phone: r.Phone, Email: r.Answers[event.KeyEmail], RegistrationID: r.ID,
		}, event.ToRegistered)
	})
	return declined, err
}

// Add counts one.
func (r *Reach) Add(h Hearer) {
	switch h.Wording {
	case event.ToRegistered:
		r.Registered++
	case event.ToConfirmed:
		r.Confirmed++
	case event.ToInvited:
		r.Invited++
	case event.ToDelegate:
		r.Delegates++
	case event.ThroughOffice:
		r.Officials++
	case event.NotTold:
	}
	switch h.Route {
	case ByChat:
		r.Chat++
	case ByEmail:
		r.Email++
	case ByCall:
		r.Calls++
	case Unreachable:
		r.Unreachable++
	case ByLiaison, NotWanted, Already:
	}
}

// ReachOf counts whom news of an event would reach.
func (a *App) ReachOf(ctx context.Context, e *event.Event, on func(channel.Name) bool) (Reach, error) {
	var reach Reach
	declined, err := a.EachHearer(ctx, e, on, func(h Hearer) error {
		reach.Add(h)
		return nil
	})
	reach.Declined = declined
	if err != nil {
		return reach, fmt.Errorf("reach of %s: %w", e.ID, err)
	}
	return reach, nil
}

func newsKey(e *event.Event) string { return fmt.Sprintf("news/%s/%d", e.ID, e.News.N) }

// NewsTold reports whether everybody has a row for the latest news of e, if
// there is any.
func (a *App) NewsTold(ctx context.Context, e *event.Event) (bool, error) {
	if e.News == nil {
		return true, nil
	}
	var reach Reach
	err := a.store.Settings().Get(ctx, newsKey(e), &reach)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SetNewsTold notes that everybody has one.
func (a *App) SetNewsTold(ctx context.Context, e *event.Event, reach Reach) error {
	if err := a.store.Settings().Put(ctx, newsKey(e), reach); err != nil {
		return fmt.Errorf("news of %s told: %w", e.ID, err)
	}
	return nil
}

// CallForNews puts somebody on the call list whom the news has to reach by
// telephone, also where they were rung before for another reason.
func (a *App) CallForNews(ctx context.Context, e *event.Event, id string) error {
	_, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if p.Call == event.CallDue || p.Phone == "" {
			return errUnchanged
		}
		p.Call, p.CallBy = event.CallDue, ""
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("call for news of %s: %w", e.ID, err)
	}
	return nil
}

// DropCalls takes off the call list of an event that was called off whoever was
// not told of it yet: there is nothing to tell them.
func (a *App) DropCalls(ctx context.Context, e *event.Event) error {
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID, Call: event.CallDue}, func(g *event.Participation) error {
		if g.NewsFor() != event.NotTold {
			return nil
		}
		_, err := a.updateParticipation(ctx, g.ID, func(p *event.Participation) error {
			if p.Call != event.CallDue || p.NewsFor() != event.NotTold {
				return errUnchanged
			}
			p.Call, p.CallBy = event.NoCall, ""
			return nil
		})
		if errors.Is(err, errUnchanged) || errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("calls of %s: %w", e.ID, err)
	}
	return nil
}

// WithdrawInvitations takes back what is on its way of invitations that name
// the old time or place; how many broadcasts that were.
func (a *App) WithdrawInvitations(ctx context.Context, e *event.Event) (n int, err error) {
	all, err := a.Broadcasts(ctx, e.ID)
	if err != nil {
		return 0, err
	}
	for _, b := range all {
		if BroadcastOver(b.Status) || b.Status == storage.BroadcastDraft || !b.CreatedAt.Before(e.News.At) {
			continue
		}
		if _, err := a.CancelBroadcast(ctx, Actor{Inbound: newsKey(e) + "/" + b.ID}, b.ID); err != nil {
			return n, fmt.Errorf("withdraw invitations of %s: %w", e.ID, err)
		}
		n++
	}
	return n, nil
}

// Withdraw cancels somebody's registration for the team, with a reason that
// its person is told.
func (a *App) Withdraw(ctx context.Context, by Actor, id, reason string) (*event.Registration, error) {
	if _, err := a.Cancel(ctx, by, id, reason); err != nil {
		return nil, err
	}
	r, err := a.update(ctx, id, func(r *event.Registration) error {
		if r.Status == event.Cancelled && r.PersonID != by.Person.ID {
			r.Tell = event.Cancelled
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("withdraw: %w", err)
	}
	return r, nil
}
