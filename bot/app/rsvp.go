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

// Answer records what a guest answered, from whatever source. The same answer
// again changes nothing but its time. Whoever answers needs no call any more.
func (a *App) Answer(ctx context.Context, by Actor, id string, r event.Reply) (*event.Participation, error) {
	now := a.Now()
	r.At = &now
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if r.Heads == 0 && p.Reply.Answer == r.Answer {
			r.Heads = p.Reply.Heads // "ya, jadi" keeps the two of before
		}
		p.Reply = r
		if p.InvitedAt == nil && p.Call != event.NoCall {
			p.InvitedAt, p.Via = &now, viaCall // somebody must have told them
		}
		if p.Call == event.CallDue {
			p.Call = event.CallDone
		}
		if p.Closed != event.Withdrawn {
			p.Closed = event.StillOpen // whoever answers may be written to
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return p, a.record(ctx, by, "rsvp.answer", p.Name, string(r.Answer)+" "+r.Source)
}

// CloseGuest ends all sending to a guest for this event, with a reason.
func (a *App) CloseGuest(ctx context.Context, by Actor, id string, why event.Closed) (*event.Participation, error) {
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
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

// asked reports whether a question to the guest stands unanswered: the
// invitation, or a stage at which they were asked again.
func (a *App) asked(e *event.Event, p *event.Participation) bool {
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
	return p.Reply.At.Before(latest)
}

// Confirmation counts the answers of one event, for /konfirmasi.
type Confirmation struct {
	Event     *event.Event
	At        time.Time
	Audiences []AnswerCount // those that have guests, in the SOP's order
	Total     AnswerCount
	Since     *time.Time // when the last stage began
	Moved     int        // answers since then
	VIP       []*event.Participation
}

// AnswerCount counts one audience.
type AnswerCount struct {
	Audience                            event.Audience
	Guests                              int
	Yes, Maybe, No, Delegated, Silent   int
	Heads                               int // expected: those of yes and represented
	Uninvited, Closed, CallDue, CallSet int
}

// Confirmations counts the answers as they are now.
func (a *App) Confirmations(ctx context.Context, e *event.Event) (*Confirmation, error) {
	c := &Confirmation{Event: e, At: a.Now()}
	by := map[event.Audience]*AnswerCount{}
	if s, ok := e.StageNow(a.Now()); ok {
		at := e.StageAt(s)
		c.Since = &at
	}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(p *event.Participation) error {
		n := by[p.Audience]
		if n == nil {
			n = &AnswerCount{Audience: p.Audience}
			by[p.Audience] = n
		}
		n.add(p)
		c.Total.add(p)
		if c.Since != nil && p.Reply.At != nil && p.Reply.At.After(*c.Since) {
			c.Moved++
		}
		if p.Audience == event.Official {
			c.VIP = append(c.VIP, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("confirmations of %s: %w", e.ID, err)
	}
	for _, aud := range []event.Audience{event.Official, event.Koperasi, event.UKM, event.Performer, event.Public} {
		if n := by[aud]; n != nil {
			c.Audiences = append(c.Audiences, *n)
		}
	}
	slices.SortFunc(c.VIP, func(p, q *event.Participation) int {
		switch {
		case p.Position < q.Position:
			return -1
		case p.Position > q.Position:
			return 1
		}
		return 0
	})
	return c, nil
}

func (n *AnswerCount) add(p *event.Participation) {
	n.Guests++
	if p.InvitedAt == nil && p.RegistrationID == "" {
		n.Uninvited++
	}
	if p.Closed != event.StillOpen {
		n.Closed++
	}
	if p.Call == event.CallDue {
		n.CallDue++
	}
	if p.Call != event.NoCall {
		n.CallSet++
	}
	switch p.Reply.Answer {
	case event.Yes:
		n.Yes++
	case event.Maybe:
		n.Maybe++
	case event.No:
		n.No++
	case event.Delegated:
		n.Delegated++
	default:
		n.Silent++
	}
	if p.Reply.Comes() {
		n.Heads += max(1, p.Reply.Heads)
	}
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

// AskTeam keeps a guest's question for the team.
func (a *App) AskTeam(ctx context.Context, q storage.Question) error {
	if err := a.store.Questions().Save(ctx, q); err != nil {
		return fmt.Errorf("ask team: %w", err)
	}
	return nil
}

// QuestionOf finds the open question that a message of the bot in the team's
// group put, by the network's ID of that message; nil if it was none.
func (a *App) QuestionOf(ctx context.Context, messageID string) (*storage.Question, error) {
	open, err := a.store.Questions().Open(ctx, 500)
	if err != nil {
		return nil, fmt.Errorf("question: %w", err)
	}
	for _, q := range open {
		row, err := a.store.Outbox().Get(ctx, q.Row)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("question: %w", err)
		}
		if row.MessageID == messageID {
			return &q, nil
		}
	}
	return nil, nil
}

// Answered notes that the team answered a question.
func (a *App) Answered(ctx context.Context, by Actor, q storage.Question) error {
	now := a.Now()
	q.AnsweredAt, q.AnsweredBy = &now, by.Person.ID
	if err := a.store.Questions().Save(ctx, q); err != nil {
		return fmt.Errorf("answer question: %w", err)
	}
	return a.record(ctx, by, "question.answer", q.Name, "")
}
