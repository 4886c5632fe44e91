package app

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
)

// Correction is what a row of a guest list puts right: a guest whose address
// bounced, or whose number turned out somebody else's, is on it with a contact
// that may be good.
type Correction struct {
	OldEmail, OldPhone string // what leads nowhere; "" where that is not so
	Email, Phone       string // what the row brings; "" for nothing
	// ByName: nothing but name and organisation says that it is the same
	// person, so somebody has to agree.
	ByName bool
}

// lost reports whether what we know of a guest leads to nobody.
func lost(p *event.Participation) (email, phone bool) {
	return p.Email != "" && p.MailTo() == "", p.Closed == event.WrongNumber
}

// correct puts right what a row knows better of a guest, and says what; nil
// where there is nothing. A wrong number is not kept: whoever has it now is not
// to be written to again.
func correct(p *event.Participation, r *guestlist.Row) *Correction {
	var c Correction
	badEmail, badPhone := lost(p)
	if badEmail && r.Email != "" && !strings.EqualFold(r.Email, p.Email) {
		c.Email = r.Email
	}
	if badEmail && p.Phone == "" {
		c.Phone = r.WhatsApp
	}
	if badPhone {
		if r.WhatsApp != p.Phone {
			c.Phone = r.WhatsApp
		}
		if p.Email == "" {
			c.Email = r.Email
		}
	}
	if c == (Correction{}) {
		return nil
	}
	if badEmail {
		c.OldEmail = p.Email
	}
	if badPhone {
		c.OldPhone = p.Phone
		p.Phone, p.Closed, p.Listing = "", event.StillOpen, nil
	}
	if c.Email != "" {
		p.Email, p.BadEmail = c.Email, ""
	}
	if c.Phone != "" {
		p.Phone = c.Phone
	}
	return &c
}

// lostNamed finds the one guest of a row's name whom nothing reaches, and for
// whom the row brings something that may. Two organisations are two people; a
// name without one is enough where one side does not say it.
func (x *guestIndex) lostNamed(r *guestlist.Row) *event.Participation {
	org := guestlist.BareOrganisation(r.Organisation)
	var found *event.Participation
	for _, p := range x.name[guestlist.BareName(r.Name)] {
		own := guestlist.BareOrganisation(p.Organisation)
		if org != "" && own != "" && !guestlist.Alike(org, own) {
			continue
		}
		if found != nil {
			return nil // of two, nobody knows which
		}
		found = p
	}
	if found == nil || correct(new(*found), r) == nil {
		return nil
	}
	return found
}

// corrects finds out whether a row puts right the contact of somebody in the
// event: of whom it names by another contact, or else by name.
func (a *App) corrects(ctx context.Context, here *guestIndex, g *PlannedGuest) error {
	byName := g.Standing == StandsNew || g.Standing == StandsDoubt && here.of[g.PersonID] == nil && g.PersonID == guestID(&g.Row)
	p := here.of[g.PersonID]
	if byName {
		p = here.lostNamed(&g.Row)
	}
	if p == nil || here.corrected[p.PersonID] || g.Taken() {
		return nil
	}
	c := correct(new(*p), &g.Row)
	if c == nil {
		return nil
	}
	if c.OldPhone != "" {
		// "Wrong number" may have been said in a chat: then that chat is a
		// stranger's, and no new number makes it the guest's.
		person, err := a.store.People().Get(ctx, p.PersonID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if err == nil && person.PrivateChat() != "" {
			return nil
		}
	}
	c.ByName = byName
	g.PersonID, g.Standing, g.Others, g.Corrects, g.Completes = p.PersonID, StandsAlready, nil, c, true
	g.Twin = &KnownName{Name: p.Name, Organisation: p.Organisation}
	here.corrected[p.PersonID] = true
	return nil
}

// Apart takes a row that was taken for a guest by name for somebody else.
func (p *Plan) Apart(g *PlannedGuest) {
	if g.Corrects == nil || !g.Corrects.ByName {
		return
	}
	p.Counts[g.Standing]--
	p.Completes--
	p.Corrects--
	g.Others, g.PersonID = []string{g.PersonID}, guestID(&g.Row)
	g.Standing, g.Corrects, g.Completes = StandsDoubt, nil, false
	p.Counts[g.Standing]++
	p.ByAudience[g.Row.Audience]++
}

// correctPerson puts right what is known of a person beyond the event that a
// correction was made for: a mailbox that does not exist does not exist
// anywhere. It comes first, so that after a crash the row's new contact still
// finds them, and the rest is done.
func (a *App) correctPerson(ctx context.Context, by Actor, eventID string, g *PlannedGuest) error {
	c := g.Corrects
	_, err := a.UpdatePerson(ctx, g.PersonID, func(p *event.Person) {
		if c.OldPhone != "" && p.Phone == c.OldPhone {
			p.Phone = c.Phone
		}
		if c.Email != "" && (p.Email == "" || strings.EqualFold(p.Email, c.OldEmail)) {
			p.Email = c.Email
		}
	})
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	others, err := a.participationsOf(ctx, g.PersonID)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.EventID == eventID || c.Email == "" || c.OldEmail == "" {
			continue
		}
		_, err := a.updateParticipation(ctx, other.ID, func(p *event.Participation) error {
			if p.MailTo() != "" || !strings.EqualFold(p.Email, c.OldEmail) {
				return errUnchanged
			}
			p.Email, p.BadEmail = c.Email, ""
			return nil
		})
		if err != nil && !errors.Is(err, errUnchanged) && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	return a.record(ctx, by, "guest.corrected", g.Twin.Name, "")
}

// retryAt is where a failed row goes when it is tried again: where the guest's
// present address differs from its own, there. ok is false where nobody must
// be tried, since the address is known to lead nowhere (bad), or since the
// guest is not written to any more.
func (a *App) retryAt(ctx context.Context, m *storage.Message) (to channel.Chat, bad, ok bool, err error) {
	if m.PersonID == "" {
		return m.Chat, false, true, nil
	}
	p, err := a.GuestOf(ctx, m.EventID, m.PersonID)
	switch {
	case err != nil:
		return m.Chat, false, false, err
	case p == nil:
		return m.Chat, false, true, nil // merged into somebody; the outbox looks after who is gone
	case p.Closed != event.StillOpen:
		return m.Chat, false, false, nil
	case m.Chat.Channel != channel.Email:
		return m.Chat, false, true, nil
	case p.MailTo() == "":
		return m.Chat, p.Email != "", p.Email == "", nil
	case strings.EqualFold(p.MailTo(), m.Chat.ID):
		return m.Chat, false, true, nil
	}
	return channel.Chat{Channel: channel.Email, ID: p.MailTo()}, false, true, nil
}

// inviteAddresses lists the mail addresses that an invitation to an event went
// to, or may have gone to, or is about to.
func (a *App) inviteAddresses(ctx context.Context, eventID string) (map[string]bool, error) {
	out := map[string]bool{}
	for _, state := range []storage.State{storage.Queued, storage.Claimed, storage.Sent, storage.Delivered, storage.Read, storage.Uncertain} {
		err := a.eachRow(ctx, eventID, invitePrefix, state, func(m *storage.Message) error {
			if m.Chat.Channel == channel.Email {
				out[strings.ToLower(m.Chat.ID)] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
