package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Kept says why a guest cannot be taken off the list: they have heard of it.
// The values name texts.
type Kept string

// Reasons.
const (
	NotKept        Kept = ""           // nothing has been sent: they can go
	KeptRegistered Kept = "registered" // they registered
	KeptArrived    Kept = "arrived"    // they were there
	KeptAnswered   Kept = "answered"   // they answered, or somebody for them
	KeptCalled     Kept = "called"     // a team member rang them or is about to
	KeptInvited    Kept = "invited"    // they have their invitation
	KeptSending    Kept = "sending"    // it is on its way, or with their liaison
)

// keeps is what of a participation itself speaks against taking it off.
func keeps(p *event.Participation) Kept {
	switch {
	case p.Arrival != nil || p.WalkIn:
		return KeptArrived
	case p.RegistrationID != "":
		return KeptRegistered
	case p.Reply.At != nil || p.Closed == event.Grieving:
		return KeptAnswered
	case p.InvitedAt != nil:
		return KeptInvited
	case p.Call == event.CallDone || p.CallBy != "":
		return KeptCalled
	case p.ColdRow != "":
		return KeptSending
	}
	return NotKept
}

// every channel over which an invitation may be on its way, a liaison included.
var everyWay = []channel.Name{channel.Telegram, channel.WhatsApp, channel.Email, channel.Web, liaison}

// MayRemove reports what speaks against taking a guest off the list.
func (a *App) MayRemove(ctx context.Context, p *event.Participation) (Kept, error) {
	if why := keeps(p); why != NotKept {
		return why, nil
	}
	sendings, err := a.Broadcasts(ctx, p.EventID)
	if err != nil {
		return "", err
	}
	for _, b := range append(sendings, &storage.Broadcast{}) {
		live, _, err := a.InviteRow(ctx, p.EventID, p.PersonID, b.ID, everyWay)
		if err != nil {
			return "", err
		}
		if live != nil {
			return KeptSending, nil
		}
	}
	return NotKept, nil
}

// ErrKept: the guest has heard of the event, and stays on the list.
var ErrKept = errors.New("the guest has heard of the event")

// RemoveGuest takes a guest off the list to whom nothing has been sent, as if
// they had never been on it; who was known from this list alone is forgotten.
// ErrKept with the reason where they have heard of the event;
// storage.ErrNotFound where they are gone already.
func (a *App) RemoveGuest(ctx context.Context, by Actor, id string) (*event.Participation, Kept, error) {
	why, was := NotKept, event.StillOpen
	// Closed first: from here on nothing begins to be sent to them.
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if why = keeps(p); why != NotKept {
			return ErrKept
		}
		if p.Closed != event.Withdrawn {
			was = p.Closed
		}
		p.Closed = event.Withdrawn
		return nil
	})
	if err != nil {
		return p, why, fmt.Errorf("remove guest: %w", err)
	}
	if why, err = a.MayRemove(ctx, p); err == nil && why != NotKept {
		_, err = a.updateParticipation(ctx, id, func(p *event.Participation) error {
			p.Closed = was
			return nil
		})
		err = errors.Join(ErrKept, err)
	}
	if err != nil {
		return p, why, fmt.Errorf("remove guest: %w", err)
	}
	if err := a.retirePerson(ctx, p); err != nil {
		return p, "", fmt.Errorf("remove guest: %w", err)
	}
	if err := a.store.Participations().Delete(ctx, id); err != nil {
		return p, "", fmt.Errorf("remove guest: %w", err)
	}
	return p, "", a.record(ctx, by, "guests.remove", p.Name, p.EventID)
}
