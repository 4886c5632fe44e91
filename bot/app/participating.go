package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// SourceRegistration is the Source of a Reply that follows from registrations.
const SourceRegistration = "pendaftaran"

// newGuestCode is a code for a deep link: 128 random bits.
func newGuestCode() string { return strings.ToLower(rand.Text()) }

// settingGuestMoved + the code or the ID of a participation that was merged into
// another names that other one: links that went out stay good.
const settingGuestMoved = "guestmoved/"

// GuestByCode finds the participation that a link's code opens, also where it
// was merged into another since; storage.ErrNotFound where it opens nothing.
func (a *App) GuestByCode(ctx context.Context, code string) (*event.Participation, error) {
	p, err := a.store.Participations().ByCode(ctx, code)
	for from := code; errors.Is(err, storage.ErrNotFound); {
		var to string
		if err := a.store.Settings().Get(ctx, settingGuestMoved+from, &to); err != nil {
			return nil, fmt.Errorf("guest by code: %w", err)
		}
		if to == from {
			break
		}
		p, err = a.store.Participations().Get(ctx, to)
		from = to
	}
	if err != nil {
		return nil, fmt.Errorf("guest by code: %w", err)
	}
	return p, nil
}

// linkRegistration brings the participation of r's person in line with their
// registrations: one per person and event, coming with as many people as all
// standing registrations name together. It may be run again at any time.
func (a *App) linkRegistration(ctx context.Context, r *event.Registration) error {
	var (
		heads    int
		standing *event.Registration // the first one
	)
	err := a.EachRegistration(ctx, storage.RegistrationQuery{EventID: r.EventID, PersonID: r.PersonID}, func(o *event.Registration) error {
		if !o.Status.Active() || o.Status == event.Lapsed {
			return nil
		}
		heads += max(1, o.Heads)
		if standing == nil {
			standing = o
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("link %s: %w", r.Number, err)
	}
	id := event.ParticipationID(r.EventID, r.PersonID)
	err = retryConflict(ctx, func() error {
		p, err := a.store.Participations().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			if standing == nil {
				return nil // nothing stands, and nobody was invited
			}
			p = a.participationOf(standing)
		} else if err != nil {
			return err
		}
		if !a.follow(p, standing, heads, r.Reason) && p.Version != 0 {
			return nil
		}
		p.UpdatedAt = a.Now()
		p.Derive()
		return a.store.Participations().Save(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("link %s: %w", r.Number, err)
	}
	return nil
}

// participationOf is that of somebody who registered without an invitation.
func (a *App) participationOf(r *event.Registration) *event.Participation {
	p := &event.Participation{
		ID: event.ParticipationID(r.EventID, r.PersonID), EventID: r.EventID, PersonID: r.PersonID, Audience: r.Audience,
		Kecamatan: r.Kecamatan, Phone: r.Phone, Email: r.Answers[event.KeyEmail],
		Code: newGuestCode(), CreatedAt: a.Now(),
	}
	p.Name, p.Position = event.NameAndPosition(r.Contact)
	if r.Audience != event.Public {
		p.Organisation = r.Name
	}
	return p
}

// follow makes the reply agree with the registrations that stand; it reports
// whether anything changed. What was said in chat stays where it says the
// same, and a delegate stays the delegate.
func (a *App) follow(p *event.Participation, standing *event.Registration, heads int, reason string) bool {
	now := a.Now()
	if standing == nil {
		if p.RegistrationID == "" {
			return false
		}
		p.RegistrationID = ""
		p.Reply = event.Reply{Answer: event.No, Reason: reason, At: &now, Source: SourceRegistration}
		return true
	}
	changed := p.RegistrationID != standing.ID
	p.RegistrationID = standing.ID
	fill(&p.Phone, standing.Phone, &changed)
	fill(&p.Email, standing.Answers[event.KeyEmail], &changed)
	fill(&p.Kecamatan, standing.Kecamatan, &changed)
	switch {
	case !p.Reply.Comes():
		p.Reply = event.Reply{Answer: event.Yes, Heads: heads, At: &now, Source: SourceRegistration}
		changed = true
	case p.Reply.Heads != heads:
		p.Reply.Heads = heads
		changed = true
	}
	if p.Call == event.CallDue {
		p.Call, changed = event.CallDone, true
	}
	return changed
}

func fill(field *string, value string, changed *bool) {
	if *field == "" && value != "" {
		*field, *changed = value, true
	}
}

// forgetParticipations deletes a person's part in all events.
func (a *App) forgetParticipations(ctx context.Context, personID string) error {
	ps, err := a.participationsOf(ctx, personID)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if _, err := a.store.Media().Forget(ctx, "ticket/"+p.ID+"/", a.Now().Add(time.Hour)); err != nil {
			return fmt.Errorf("delete participation: ticket: %w", err)
		}
		if err := a.store.Participations().Delete(ctx, p.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("delete participation: %w", err)
		}
	}
	return nil
}

func (a *App) participationsOf(ctx context.Context, personID string) ([]*event.Participation, error) {
	var out []*event.Participation
	err := a.EachParticipation(ctx, storage.ParticipationQuery{PersonID: personID}, func(p *event.Participation) error {
		out = append(out, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("participations of %s: %w", personID, err)
	}
	return out, nil
}
