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

// settingCalls + person + day lists the participations that a member was given
// on that day.
const settingCalls = "calls/"

func (a *App) callsKey(personID string) string {
	return settingCalls + personID + "/" + event.Midnight(a.Now()).Format(time.DateOnly)
}

// Calls is a member's part of the call list.
type Calls struct {
	Guests []*event.Participation // to write to or ring now
	Left   int                    // on the list altogether, Guests included
	Today  int                    // that this member has been given today, Guests included
}

// NextCalls gives a member up to n guests of an event's call list: first those
// whom they took before and are not done with. Nobody else is given them.
func (a *App) NextCalls(ctx context.Context, by Actor, eventID string, n int) (*Calls, error) {
	var given []string
	if err := a.store.Settings().Get(ctx, a.callsKey(by.Person.ID), &given); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("calls: %w", err)
	}
	out := &Calls{}
	var free []*event.Participation
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID, Call: event.CallDue}, func(p *event.Participation) error {
		out.Left++
		switch {
		case p.CallBy == by.Person.ID && len(out.Guests) < n:
			out.Guests = append(out.Guests, p)
		case p.CallBy == "" && len(free) < n:
			free = append(free, p)
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
		taken, err := a.takeCall(ctx, by, p.ID)
		if err != nil {
			return nil, fmt.Errorf("calls: %w", err)
		}
		if taken != nil {
			out.Guests = append(out.Guests, taken)
			given = append(given, taken.ID)
		}
	}
	out.Today = len(given)
	if err := a.store.Settings().Put(ctx, a.callsKey(by.Person.ID), given); err != nil {
		return nil, fmt.Errorf("calls: %w", err)
	}
	return out, nil
}

// takeCall gives one guest to a member; nil where somebody else was faster.
func (a *App) takeCall(ctx context.Context, by Actor, id string) (*event.Participation, error) {
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if p.Call != event.CallDue || p.CallBy != "" {
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
			p.InvitedAt, p.Via = &now, "telepon"
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
		p.InvitedAt, p.Via = &now, "protokol"
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

// InvitationStatus is how far the invitations of an event are.
type InvitationStatus struct {
	At          time.Time
	Lines       []InvitationLine // by audience in the SOP's order, then by channel
	Total       InvitationLine
	Reasons     []FailureReason        // most frequent first
	Unreachable []*event.Participation // neither chat nor address nor number
	Waiting     int                    // not invited yet, though they could be
	Calls       int                    // on the call list
	Called      int                    // of it done
}

// InvitationLine counts the guests of one audience who are invited over one
// channel ("" for all).
type InvitationLine struct {
	Audience  event.Audience
	Via       string
	Guests    int
	Queued    int // held rows of a paused broadcast included
	Sent      int // delivered and read ones included
	Delivered int // read ones included
	Read      int
	Failed    int
	Uncertain int
	Answered  int
}

func (l *InvitationLine) add(state storage.State, answered bool) {
	l.Guests++
	if answered {
		l.Answered++
	}
	switch state {
	case storage.Queued, storage.Claimed:
		l.Queued++
	case storage.Read:
		l.Read++
		fallthrough
	case storage.Delivered:
		l.Delivered++
		fallthrough
	case storage.Sent:
		l.Sent++
	case storage.Failed, storage.Expired, storage.Suppressed:
		l.Failed++
	case storage.Uncertain:
		l.Uncertain++
	}
}

// FailureReason is a reason why messages failed, and how often.
type FailureReason struct {
	Reason string // as the network gave it
	N      int
}

// rowState is what became of one guest's invitation.
type rowState struct {
	via    string
	state  storage.State
	reason string
}

// rowStates are all states that an invitation may be in.
var rowStates = []storage.State{
	storage.Expired, storage.Suppressed, storage.Failed, storage.Uncertain, storage.Queued, storage.Claimed,
	storage.Sent, storage.Delivered, storage.Read,
}

// InvitationStatusOf counts an event's invitations, by what the outbox says of
// them and what the guests answered.
func (a *App) InvitationStatusOf(ctx context.Context, eventID string, routes RouteFunc) (*InvitationStatus, error) {
	rows := map[string]rowState{} // by person; what got furthest stays
	for _, state := range rowStates {
		err := a.eachRow(ctx, eventID, invitePrefix, state, func(m *storage.Message) error {
			switch {
			case m.PersonID == "" || m.LastError == cancelledReason:
				return nil
			case held(m):
				rows[m.PersonID] = rowState{string(m.Chat.Channel), storage.Queued, ""}
			default:
				rows[m.PersonID] = rowState{string(m.Chat.Channel), state, m.LastError}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("invitations of %s: %w", eventID, err)
		}
	}
	out := &InvitationStatus{At: a.Now()}
	lines, reasons := map[[2]string]*InvitationLine{}, map[string]int{}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID}, func(p *event.Participation) error {
		switch p.Call {
		case event.CallDue:
			out.Calls++
		case event.CallDone:
			out.Calls++
			out.Called++
		}
		row, found := rows[p.PersonID]
		if !found && p.InvitedAt == nil {
			route, err := routes(ctx, p)
			switch {
			case err != nil:
				return err
			case route == Unreachable:
				out.Unreachable = append(out.Unreachable, p)
			case route == ByChat || route == ByEmail || route == ByLiaison:
				out.Waiting++
			}
			return nil
		}
		if !found { // by hand: on paper, by telephone, through a liaison
			row = rowState{p.Via, storage.Sent, ""}
		}
		if row.state == storage.Failed || row.state == storage.Suppressed || row.state == storage.Expired {
			reasons[row.reason]++
		}
		key := [2]string{string(p.Audience), row.via}
		if lines[key] == nil {
			lines[key] = &InvitationLine{Audience: p.Audience, Via: row.via}
		}
		answered := p.Reply.Answer != event.Silent
		lines[key].add(row.state, answered)
		out.Total.add(row.state, answered)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("invitations of %s: %w", eventID, err)
	}
	out.Lines, out.Reasons = sortedLines(lines), sortedReasons(reasons)
	return out, nil
}

// RouteFunc tells how a guest would be reached.
type RouteFunc func(ctx context.Context, p *event.Participation) (Route, error)

func sortedLines(lines map[[2]string]*InvitationLine) []InvitationLine {
	var out []InvitationLine
	for _, l := range lines {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(x, y InvitationLine) int {
		if d := slices.Index(Invitable(), x.Audience) - slices.Index(Invitable(), y.Audience); d != 0 {
			return d
		}
		switch {
		case x.Via < y.Via:
			return -1
		case x.Via > y.Via:
			return 1
		}
		return 0
	})
	return out
}

func sortedReasons(reasons map[string]int) []FailureReason {
	var out []FailureReason
	for r, n := range reasons {
		out = append(out, FailureReason{r, n})
	}
	slices.SortFunc(out, func(x, y FailureReason) int {
		switch {
		case x.N != y.N:
			return y.N - x.N
		case x.Reason < y.Reason:
			return -1
		}
		return 1
	})
	return out
}
