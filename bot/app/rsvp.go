package app

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Answer records what a guest answered, from whatever source. The same answer
// again changes nothing but its time. Whoever answers needs no call any more.
func (a *App) Answer(ctx context.Context, by Actor, id string, r event.Reply) (*event.Participation, error) {
	now := a.Now()
	r.At = &now
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if p.Reply.Answer == r.Answer {
			r = carryOn(p.Reply, r)
		}
		keepUndo(p, by, r)
		p.Reply = r
		if p.InvitedAt == nil && p.Call != event.NoCall {
			p.InvitedAt, p.Via = &now, viaCall // somebody must have told them
		}
		if p.Call == event.CallDue {
			p.Call = event.CallDone
		}
		if p.Closed == event.WrongNumber || p.Closed == event.Stopped || p.Closed == event.Grieving && r.By != "" {
			p.Closed = event.StillOpen // whoever answers may be written to; after a death or an illness the team decides that
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return p, a.record(ctx, by, "rsvp.answer", p.Name, string(r.Answer)+" "+r.Source)
}

// carryOn fills in what an answer leaves unsaid from the same answer before it:
// "ya, jadi" keeps the two people, "tetap diwakilkan" who comes and their
// number.
func carryOn(was, r event.Reply) event.Reply {
	if r.Heads == 0 {
		r.Heads = was.Heads
	}
	same := r.Delegate == "" || strings.Contains(" "+event.Fold(was.Delegate)+" ", " "+event.Fold(r.Delegate)+" ")
	if r.Answer == event.Delegated && same {
		r.Delegate = was.Delegate
		if r.DelegatePhone == "" {
			r.DelegatePhone = was.DelegatePhone
		}
	}
	return r
}

// keepUndo keeps what an answer that a team member enters takes the place of;
// whoever answers for themselves leaves nothing to take back.
func keepUndo(p *event.Participation, by Actor, r event.Reply) {
	if r.By == "" {
		p.Undo = nil
		return
	}
	keepEntry(p, by)
}

// keepEntry keeps how a guest stands before a team member's entry, once.
func keepEntry(p *event.Participation, by Actor) {
	if of := EntryOf(by); p.Undo == nil || p.Undo.Of != of {
		p.Undo = &event.Undo{Of: of, Reply: p.Reply, Call: p.Call, Closed: p.Closed}
	}
}

// EntryOf names the answer that a message enters, short enough for a button.
func EntryOf(by Actor) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(by.Inbound))
	return strconv.FormatUint(uint64(h.Sum32()), 36)
}

// ErrNothingToUndo: that answer is not the latest any more, or was not entered
// by the team.
var ErrNothingToUndo = errors.New("no entered answer to take back")

// UndoAnswer takes an answer back that a team member entered: of names it (see
// EntryOf; "": the latest).
func (a *App) UndoAnswer(ctx context.Context, by Actor, id, of string) (*event.Participation, error) {
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		switch u := p.Undo; {
		case u == nil || of != "" && u.Of != of || u.By != "" && u.By != by.Inbound:
			return ErrNothingToUndo
		case u.By == "":
			p.Reply, p.Call, p.Closed = u.Reply, u.Call, u.Closed
			p.Undo = &event.Undo{Of: u.Of, By: by.Inbound}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("undo answer: %w", err)
	}
	return p, a.record(ctx, by, "rsvp.undo", p.Name, string(p.Reply.Answer))
}

// SetGuestPhone notes the number at which a guest wants to be reached.
func (a *App) SetGuestPhone(ctx context.Context, by Actor, id, phone string) (*event.Participation, error) {
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		p.Phone = phone
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("phone of guest: %w", err)
	}
	return p, a.record(ctx, by, "guest.phone", p.Name, "")
}

// CallMissed gives a guest of the call list back to it: nobody answered.
func (a *App) CallMissed(ctx context.Context, by Actor, id string) (*event.Participation, error) {
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		p.Call, p.CallBy = event.CallDue, ""
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("call missed: %w", err)
	}
	return p, a.record(ctx, by, "call.missed", p.Name, "")
}

// CloseGuest ends all sending to a guest for this event, with a reason.
func (a *App) CloseGuest(ctx context.Context, by Actor, id string, why event.Closed) (*event.Participation, error) {
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if why == event.WrongNumber { // a member says so, and may have pressed beside it
			keepEntry(p, by)
		}
		p.Closed = why
		if p.Call == event.CallDue {
			p.Call = event.NoCall
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("close guest: %w", err)
	}
	return p, a.record(ctx, by, "rsvp.close", p.Name, string(why))
}

// updateParticipation changes one with compare-and-set; change may be called
// several times and ends the attempt by an error.
func (a *App) updateParticipation(ctx context.Context, id string, change func(*event.Participation) error) (*event.Participation, error) {
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
		p.Derive()
		return a.store.Participations().Save(ctx, p)
	})
	return p, err
}

// EachParticipation calls fn for every one of a query, page by page.
func (a *App) EachParticipation(ctx context.Context, q storage.ParticipationQuery, fn func(*event.Participation) error) error {
	if q.Limit == 0 {
		q.Limit = 500
	}
	for {
		page, next, err := a.store.Participations().List(ctx, q)
		if err != nil {
			return err
		}
		for _, p := range page {
			if err := fn(p); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.After = next
	}
}

// Invited finds the participation that a person's message may be an answer
// to: that of the nearest upcoming event in which they were invited; nil if
// there is none. asked reports whether a question stands that they have not
// answered since.
func (a *App) Invited(ctx context.Context, personID string) (p *event.Participation, e *event.Event, asked bool, err error) {
	up, err := a.Upcoming(ctx)
	if err != nil {
		return nil, nil, false, err
	}
	for _, ev := range up {
		got, err := a.store.Participations().Get(ctx, event.ParticipationID(ev.ID, personID))
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, false, fmt.Errorf("invited: %w", err)
		}
		if got.InvitedAt == nil && got.Call == event.NoCall {
			continue // whoever is on the call list may have been told by hand
		}
		if p == nil || !asked {
			stands := a.asked(ev, got)
			if p == nil || stands {
				p, e, asked = got, ev, stands
			}
		}
	}
	return p, e, asked, nil
}

// calledOffDays is how long after its date an event that was called off is still
// spoken of.
const calledOffDays = 7

// CalledOff finds the event to which somebody was invited, or for which they
// registered, and which was called off; nil where there is none, or where they
// take part in another one that is to come.
func (a *App) CalledOff(ctx context.Context, personID string) (p *event.Participation, e *event.Event, err error) {
	now := a.Now()
	events, err := a.choose(ctx, func(e *event.Event) bool {
		return e.Upcoming(now) || e.Status == event.EventCancelled && e.DaysBefore(now) >= -calledOffDays
	})
	if err != nil {
		return nil, nil, err
	}
	for _, ev := range events {
		got, err := a.store.Participations().Get(ctx, event.ParticipationID(ev.ID, personID))
		switch {
		case errors.Is(err, storage.ErrNotFound):
			continue
		case err != nil:
			return nil, nil, fmt.Errorf("called off: %w", err)
		case got.InvitedAt == nil && got.RegistrationID == "" && got.Reply.At == nil:
			continue
		case ev.Upcoming(now):
			return nil, nil, nil
		case p == nil:
			p, e = got, ev
		}
	}
	return p, e, nil
}

// asked reports whether a question to the guest stands unanswered: the
// invitation, or a stage at which they were asked again.
func (a *App) asked(e *event.Event, p *event.Participation) bool {
	if p.Closed != event.StillOpen {
		return false // nothing is asked of them any more
	}
	if p.Reply.At == nil {
		return true
	}
	var latest time.Time
	if p.InvitedAt != nil {
		latest = *p.InvitedAt
	}
	if s, ok := e.StageNow(a.Now()); ok {
		if at := e.StageAt(s); at.After(latest) && p.MessageAt(s, at) != event.NoMessage {
			latest = at
		}
	}
	if n := e.News; n != nil && n.At.After(latest) && (p.NewsFor() == event.ToConfirmed || p.NewsFor() == event.ToInvited) {
		latest = n.At
	}
	return p.Reply.At.Before(latest)
}

// Guests finds participations by words of name or organisation, at most limit.
func (a *App) Guests(ctx context.Context, eventID, text string, limit int) (found []*event.Participation, more bool, err error) {
	page, _, err := a.store.Participations().List(ctx, storage.ParticipationQuery{EventID: eventID, Search: event.Fold(text), Limit: limit + 1})
	if err != nil {
		return nil, false, fmt.Errorf("find guests: %w", err)
	}
	if len(page) > limit {
		return page[:limit], true, nil
	}
	return page, false, nil
}
