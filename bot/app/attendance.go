package app

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// DeskGuest is somebody at the desk (SOP step 10): a participation, and the
// registration whose ticket was shown, where it was one.
type DeskGuest struct {
	*event.Participation
	Registration *event.Registration
}

// Ticket is the number of the ticket that was shown; "" for who has none.
func (g DeskGuest) Ticket() string {
	if g.Registration == nil {
		return ""
	}
	return g.Registration.Number
}

// Expected is how many people are expected by that ticket.
func (g DeskGuest) Expected() int {
	if g.Registration != nil {
		return max(1, g.Registration.Heads)
	}
	return g.ExpectedHeads()
}

// GuestCodeLength is how many letters of a guest's code stand on their ticket
// and on printed lists.
const GuestCodeLength = 6

// GuestNumber names the ticket of a guest without a registration.
func GuestNumber(p *event.Participation) string {
	return "TAMU-" + strings.ToUpper(p.Code[:min(len(p.Code), GuestCodeLength)])
}

var (
	shortGuestCode = regexp.MustCompile(`^(?:TAMU|T)[- ]?([A-Z2-7]{6})$`)
	ticketPayload  = regexp.MustCompile(`(?:^|[=\s])` + TicketPayload + `([A-Za-z0-9_-]+)`)
)

// ErrForged: a ticket whose signature is not ours.
var ErrForged = errors.New("the ticket was not made by us")

// ByTicket finds who a ticket is of: by its code, as a scan or a photo gives
// it, by its number, or by the number's last digits. ErrNotFound where it is
// nobody's of this event, ErrForged where the code was made by somebody else.
func (a *App) ByTicket(ctx context.Context, e *event.Event, text string) (DeskGuest, error) {
	text = strings.TrimSpace(text)
	if m := ticketPayload.FindStringSubmatch(text); m != nil {
		return a.byPayload(ctx, e, m[1])
	}
	if m := shortGuestCode.FindStringSubmatch(strings.ToUpper(text)); m != nil {
		return a.byShortCode(ctx, e, m[1])
	}
	if r, err := a.ByNumber(ctx, e, text); !errors.Is(err, storage.ErrNotFound) {
		return a.ofRegistration(ctx, e, r, err)
	}
	if len(text) == GuestCodeLength {
		return a.byShortCode(ctx, e, text)
	}
	p, err := a.GuestByCode(ctx, strings.ToLower(text)) // tickets of old say no more than this
	if err == nil && p.EventID != e.ID {
		err = storage.ErrNotFound
	}
	if err != nil {
		return DeskGuest{}, fmt.Errorf("guest at the desk: %w", err)
	}
	return DeskGuest{Participation: p}, nil
}

func (a *App) byPayload(ctx context.Context, e *event.Event, payload string) (DeskGuest, error) {
	number, err := a.openTicket(ctx, payload)
	if err != nil {
		return DeskGuest{}, err
	}
	if number != "" {
		r, err := a.store.Registrations().ByNumber(ctx, number)
		return a.ofRegistration(ctx, e, r, err)
	}
	p, err := a.GuestByCode(ctx, payload)
	if err == nil && p.EventID != e.ID {
		err = storage.ErrNotFound
	}
	if err != nil {
		return DeskGuest{}, fmt.Errorf("guest at the desk: %w", err)
	}
	return DeskGuest{Participation: p}, nil
}

// byShortCode finds a guest by the first letters of their code; two guests
// whose codes begin alike are not told apart by them.
func (a *App) byShortCode(ctx context.Context, e *event.Event, short string) (DeskGuest, error) {
	found, err := a.store.Participations().ByCodePrefix(ctx, e.ID, strings.ToLower(short), 2)
	if err == nil && len(found) != 1 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return DeskGuest{}, fmt.Errorf("guest at the desk: %w", err)
	}
	return DeskGuest{Participation: found[0]}, nil
}

// ofRegistration gives the participation of who registered. One that was
// cancelled may have none left: who comes all the same is counted.
func (a *App) ofRegistration(ctx context.Context, e *event.Event, r *event.Registration, err error) (DeskGuest, error) {
	if err == nil && r.EventID != e.ID {
		err = storage.ErrNotFound
	}
	if err != nil {
		return DeskGuest{}, fmt.Errorf("guest at the desk: %w", err)
	}
	p, err := a.store.Participations().Get(ctx, event.ParticipationID(e.ID, r.PersonID))
	if errors.Is(err, storage.ErrNotFound) {
		p = a.participationOf(r)
		p.UpdatedAt = a.Now()
		p.Derive()
		if err = a.store.Participations().Save(ctx, p); errors.Is(err, storage.ErrConflict) { // somebody else's scan of it
			p, err = a.store.Participations().Get(ctx, p.ID)
		}
	}
	if err != nil {
		return DeskGuest{}, fmt.Errorf("guest at the desk: %w", err)
	}
	return DeskGuest{Participation: p, Registration: r}, nil
}

// FindGuests looks among an event's guests and registrations by name,
// organisation or phone; each person is found once.
func (a *App) FindGuests(ctx context.Context, eventID, text, phone string, limit int) (found []DeskGuest, more bool, err error) {
	search := event.Fold(text)
	if phone != "" {
		search = phone
	}
	page, _, err := a.store.Participations().List(ctx, storage.ParticipationQuery{EventID: eventID, Search: search, Limit: limit + 1})
	if err != nil {
		return nil, false, fmt.Errorf("search guests: %w", err)
	}
	for _, p := range page {
		found = append(found, DeskGuest{Participation: p})
	}
	if len(found) > limit { // a word more is wanted anyway
		return found[:limit], true, nil
	}
	regs, moreRegs, err := a.Find(ctx, eventID, text, phone, limit)
	if err != nil {
		return nil, false, err
	}
	e := &event.Event{ID: eventID}
	for _, r := range regs {
		if slices.ContainsFunc(found, func(g DeskGuest) bool { return g.PersonID == r.PersonID }) {
			continue
		}
		g, err := a.ofRegistration(ctx, e, r, nil)
		if err != nil {
			return nil, false, err
		}
		g.Registration = nil // found by name, they come as a person
		found = append(found, g)
	}
	if len(found) > limit {
		return found[:limit], true, nil
	}
	return found, moreRegs, nil
}

// CheckIn is one check-in to be made.
type CheckIn struct {
	Guest DeskGuest
	How   event.ArrivalHow
	Heads int       // 0: as many as expected
	At    time.Time // zero: now
	Where string
}

// CheckedIn says what came of a check-in.
type CheckedIn struct {
	Guest DeskGuest
	event.Arrival
	// First: this message checked them in. Else Arrival is the one that did,
	// earlier.
	First bool
}

// CheckIn puts down that somebody came. Of several who do so at once one is
// first; a replay of the same message changes nothing.
func (a *App) CheckIn(ctx context.Context, by Actor, c CheckIn) (CheckedIn, error) {
	out := CheckedIn{Guest: c.Guest}
	arrival := event.Arrival{At: c.At, Heads: c.Heads, How: c.How, By: by.Person.ID, Where: c.Where, In: by.Inbound, Ticket: c.Guest.Ticket()}
	if arrival.At.IsZero() {
		arrival.At = a.Now()
	}
	if arrival.Heads == 0 {
		arrival.Heads = min(c.Guest.Expected(), event.MaxHeads)
	}
	err := retryConflict(ctx, func() error {
		p, err := a.store.Participations().Get(ctx, c.Guest.ID)
		if err != nil {
			return err
		}
		out.Guest.Participation = p
		switch err := p.CheckIn(arrival); {
		case errors.Is(err, event.ErrArrived):
			out.Arrival = *p.ArrivalOf(arrival.Ticket)
			out.First = out.In == by.Inbound
			return nil
		case err != nil:
			return err
		}
		out.Arrival, out.First = arrival, true
		p.UpdatedAt = a.Now()
		return a.store.Participations().Save(ctx, p)
	})
	if err != nil {
		return out, fmt.Errorf("check in %s: %w", c.Guest.ID, err)
	}
	if !out.First {
		return out, nil
	}
	return out, a.record(ctx, by, "attendance.in", deskSubject(out.Guest), fmt.Sprintf("%d", out.Heads))
}

// deskSubject names a guest in the trail, so that erasure finds it.
func deskSubject(g DeskGuest) string {
	if t := g.Ticket(); t != "" {
		return t
	}
	return g.Name
}

// SetArrivedHeads changes how many people came with a guest.
func (a *App) SetArrivedHeads(ctx context.Context, by Actor, id, ticket string, heads int) (*event.Participation, error) {
	return a.changeArrival(ctx, by, "attendance.heads", id, fmt.Sprint(heads), func(p *event.Participation) error {
		return p.SetHeads(ticket, heads)
	})
}

// CheckOut takes a check-in back; in names the one that is meant ("": the one
// that stands). event.ErrNotArrived where it does not stand any more.
func (a *App) CheckOut(ctx context.Context, by Actor, id, ticket, in string) (*event.Participation, error) {
	return a.changeArrival(ctx, by, "attendance.undo", id, "", func(p *event.Participation) error {
		return p.CheckOut(ticket, in)
	})
}

func (a *App) changeArrival(ctx context.Context, by Actor, action, id, detail string, change func(p *event.Participation) error) (*event.Participation, error) {
	var p *event.Participation
	err := retryConflict(ctx, func() error {
		var err error
		if p, err = a.store.Participations().Get(ctx, id); err != nil {
			return err
		}
		if err := change(p); err != nil {
			return err
		}
		p.UpdatedAt = a.Now()
		return a.store.Participations().Save(ctx, p)
	})
	if err != nil {
		return p, fmt.Errorf("%s %s: %w", action, id, err)
	}
	return p, a.record(ctx, by, action, p.Name, detail)
}

// NewGuest is somebody who came without an invitation or a registration.
type NewGuest struct {
	Name         string
	Audience     event.Audience
	Organisation string
	Phone        string // E.164 or ""
	Heads        int
}

// WalkIn registers somebody at the desk and checks them in. Who is known by
// their number is that person; the same message makes nobody twice.
func (a *App) WalkIn(ctx context.Context, by Actor, e *event.Event, n NewGuest, where string) (CheckedIn, error) {
	person, err := a.walkInPerson(ctx, by, n)
	if err != nil {
		return CheckedIn{}, fmt.Errorf("walk-in: %w", err)
	}
	id := event.ParticipationID(e.ID, person)
	p, err := a.store.Participations().Get(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		p = &event.Participation{
			ID: id, EventID: e.ID, PersonID: person, Audience: n.Audience, Name: n.Name, Organisation: n.Organisation, Phone: n.Phone,
			Code: newGuestCode(), WalkIn: true, CreatedAt: a.Now(), UpdatedAt: a.Now(),
		}
		p.Derive()
		if err = a.store.Participations().Save(ctx, p); errors.Is(err, storage.ErrConflict) {
			p, err = a.store.Participations().Get(ctx, id)
		}
	}
	if err != nil {
		return CheckedIn{}, fmt.Errorf("walk-in: %w", err)
	}
	return a.CheckIn(ctx, by, CheckIn{Guest: DeskGuest{Participation: p}, How: event.ByWalkIn, Heads: n.Heads, Where: where})
}

// walkInPerson finds the person of that number, or makes one whose ID comes
// from the message: two of one name may walk in.
func (a *App) walkInPerson(ctx context.Context, by Actor, n NewGuest) (string, error) {
	if n.Phone != "" {
		found, err := a.store.People().ByPhone(ctx, n.Phone)
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return found[0].ID, nil
		}
	}
	p := &event.Person{ID: walkInID(by.Inbound), Name: n.Name, Phone: n.Phone, CreatedAt: a.Now(), SeenAt: a.Now()}
	err := a.store.People().Save(ctx, p)
	if errors.Is(err, storage.ErrConflict) {
		err = nil // by this message, before a crash
	}
	return p.ID, err
}

// forgetAtDesk takes a member of the team out of who checked people in (UU
// PDP).
func (a *App) forgetAtDesk(ctx context.Context, personID string) error {
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("attendance: %w", err)
	}
	came := true
	for _, e := range events {
		err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID, Arrived: &came}, func(p *event.Participation) error {
			if !p.ForgetDesk(personID) {
				return nil
			}
			return retryConflict(ctx, func() error {
				fresh, err := a.store.Participations().Get(ctx, p.ID)
				if errors.Is(err, storage.ErrNotFound) || err == nil && !fresh.ForgetDesk(personID) {
					return nil
				}
				if err != nil {
					return err
				}
				return a.store.Participations().Save(ctx, fresh)
			})
		})
		if err != nil {
			return fmt.Errorf("attendance of %s: %w", e.ID, err)
		}
	}
	return nil
}
