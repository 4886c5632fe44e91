package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Invitable lists the audiences of SOP step 7, in its order.
func Invitable() []event.Audience {
	return []event.Audience{event.Official, event.Koperasi, event.UKM, event.Performer, event.Public}
}

// Route is how an invitation gets to a guest.
type Route string

// Routes.
const (
	ByChat      Route = "chat"        // the guest has a chat with us
	ByCold      Route = "cold"        // no chat yet, but a number that may be written to, a few a day
	ByEmail     Route = "email"       // no chat, but an address
	ByLiaison   Route = "liaison"     // an official: never automatically
	ByCall      Route = "call"        // a number that only a person should write to
	Unreachable Route = "unreachable" // nothing at all
	NotWanted   Route = "stopped"     // asked us to stop, or is not written to any more
	Already     Route = "already"     // invited, registered or answered
)

// RouteTo decides how a guest gets the invitation; chat is where, for ByChat
// and ByEmail (for ByCold the network's directory knows). on are the channels that the program runs.
func (a *App) RouteTo(ctx context.Context, g *event.Participation, on func(channel.Name) bool) (Route, channel.Chat, error) {
	if g.InvitedAt != nil || g.RegistrationID != "" || g.Reply.Answer != event.Silent {
		return Already, channel.Chat{}, nil
	}
	return a.routeAgain(ctx, g, on)
}

// RouteAgain is RouteTo for somebody who may have been invited before: how news
// gets to them.
func (a *App) RouteAgain(ctx context.Context, g *event.Participation, on func(channel.Name) bool) (Route, channel.Chat, error) {
	return a.routeAgain(ctx, g, on)
}

func (a *App) routeAgain(ctx context.Context, g *event.Participation, on func(channel.Name) bool) (Route, channel.Chat, error) {
	if g.Closed != event.StillOpen {
		return NotWanted, channel.Chat{}, nil
	}
	person, err := a.store.People().Get(ctx, g.PersonID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		person = &event.Person{}
	case err != nil:
		return "", channel.Chat{}, fmt.Errorf("route to %s: %w", g.ID, err)
	case person.StoppedAt != nil:
		return NotWanted, channel.Chat{}, nil
	}
	if g.Audience == event.Official {
		return ByLiaison, channel.Chat{}, nil
	}
	if chat, err := channel.ParseChat(person.PrivateChat()); err == nil && on(chat.Channel) {
		return ByChat, chat, nil
	}
	switch {
	case a.mayBeCold(g, on):
		return ByCold, channel.Chat{}, nil
	case g.MailTo() != "" && on(channel.Email):
		return ByEmail, channel.Chat{Channel: channel.Email, ID: g.MailTo()}, nil
	case g.Phone != "":
		return ByCall, channel.Chat{}, nil
	}
	return Unreachable, channel.Chat{}, nil
}

// DelegateChat is the chat of who comes in a guest's place, and who that is:
// where their number was said and they have one with us; "" else.
func (a *App) DelegateChat(ctx context.Context, g *event.Participation, on func(channel.Name) bool) (chat channel.Chat, personID string, err error) {
	if g.Reply.Answer != event.Delegated || g.Reply.DelegatePhone == "" {
		return channel.Chat{}, "", nil
	}
	found, err := a.store.People().ByPhone(ctx, g.Reply.DelegatePhone)
	if err != nil {
		return channel.Chat{}, "", fmt.Errorf("delegate of %s: %w", g.ID, err)
	}
	for _, person := range found {
		if chat, err := channel.ParseChat(person.PrivateChat()); err == nil && person.StoppedAt == nil && person.ID != g.PersonID && on(chat.Channel) {
			return chat, person.ID, nil
		}
	}
	return channel.Chat{}, "", nil
}

// Reachability is how the guests of one audience would get an invitation.
type Reachability struct {
	Audience event.Audience
	Guests   int
	Chats    map[channel.Name]int
	By       map[Route]int
}

// Sendable is how many messages would go out by themselves.
func (r *Reachability) Sendable() int { return r.By[ByChat] + r.By[ByCold] + r.By[ByEmail] }

// ReachabilityOf counts, for each audience that has guests, who would get an
// invitation and how.
func (a *App) ReachabilityOf(ctx context.Context, eventID string, auds []event.Audience, on func(channel.Name) bool) ([]*Reachability, error) {
	by := map[event.Audience]*Reachability{}
	for _, aud := range auds {
		by[aud] = &Reachability{Audience: aud, Chats: map[channel.Name]int{}, By: map[Route]int{}}
	}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID}, func(g *event.Participation) error {
		r := by[g.Audience]
		if r == nil {
			return nil
		}
		route, chat, err := a.RouteTo(ctx, g, on)
		if err != nil {
			return err
		}
		r.Guests++
		r.By[route]++
		if route == ByChat {
			r.Chats[chat.Channel]++
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reachability of %s: %w", eventID, err)
	}
	var out []*Reachability
	for _, aud := range Invitable() {
		if r := by[aud]; r != nil && r.Guests > 0 {
			out = append(out, r)
		}
	}
	return out, nil
}

// Addressees counts whom a broadcast would be sent to, officials included,
// whichever channels run: what approval goes by.
func (a *App) Addressees(ctx context.Context, b *storage.Broadcast) (int, error) {
	all, err := a.ReachabilityOf(ctx, b.EventID, b.Audiences, func(channel.Name) bool { return true })
	n := 0
	for _, r := range all {
		n += r.Sendable() + r.By[ByLiaison]
	}
	return n, err
}

// liaison stands for the channel in the row of an official's invitation.
const liaison channel.Name = "liaison"

// InviteRowID names the row of a guest's invitation: one per person and event.
// again is "" or the ID of a broadcast that reaches somebody whose earlier row
// was taken back.
func InviteRowID(eventID, personID, again string, via channel.Name) string {
	if again != "" {
		again = "." + again
	}
	return fmt.Sprintf("%s/%s/invite%s/%s", eventID, personID, again, via)
}

// InviteRow looks for an invitation to a guest that is in the outbox already,
// on whichever channel: live is one that stands. takenBack tells that a row of
// the plain ID is there but was never sent.
func (a *App) InviteRow(ctx context.Context, eventID, personID, broadcastID string, via []channel.Name) (live *storage.Message, takenBack bool, err error) {
	for _, name := range via {
		for _, again := range []string{"", broadcastID} {
			m, err := a.store.Outbox().Get(ctx, InviteRowID(eventID, personID, again, name))
			if errors.Is(err, storage.ErrNotFound) {
				if again == "" {
					break // without the plain one there is no second
				}
				continue
			}
			if err != nil {
				return nil, false, fmt.Errorf("invitation to %s: %w", personID, err)
			}
			if ColdFailed(m) {
				takenBack = true
				continue
			}
			if !unsent(m) || m.Touchpoint == InviteTouchpoint(broadcastID) {
				return m, false, nil
			}
			takenBack = true
		}
	}
	return nil, takenBack, nil
}

// MarkInvited notes that a guest has their invitation. at is kept where they
// had one before.
func (a *App) MarkInvited(ctx context.Context, id, via string) error {
	now := a.Now()
	_, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if p.InvitedAt != nil {
			return errUnchanged
		}
		p.InvitedAt, p.Via = &now, via
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, storage.ErrNotFound) {
		return nil // there already, or merged into somebody
	}
	return err
}

// CallFor puts a guest on the call list, unless they are on it or were rung.
func (a *App) CallFor(ctx context.Context, id string) error {
	_, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if p.Call != event.NoCall || p.Phone == "" || p.Audience == event.Official {
			return errUnchanged
		}
		p.Call = event.CallDue
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}
