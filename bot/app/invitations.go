package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Progress is how far a broadcast is.
type Progress struct {
	Total     int // everybody who gets it, as far as is known by now
	Sent      int
	Failed    int
	Uncertain int
	Pending   int // in the outbox, on its way
	Held      int // in the outbox, until it goes on
	Dropped   int // taken back or too late
	Cold      int // strangers who wait for their day's turn
	Calls     int // of a finished one: guests whom it left to the call list; not in Total
	// Left is how long it takes from here; 0: not known.
	Left time.Duration
}

// Done is how many messages have come to an end.
func (p Progress) Done() int { return p.Sent + p.Failed + p.Uncertain + p.Dropped }

// Percent is the share that has come to an end.
func (p Progress) Percent() int { return 100 * p.Done() / max(1, p.Total) }

// ProgressOf counts a broadcast's messages.
func (a *App) ProgressOf(ctx context.Context, b *storage.Broadcast) (Progress, error) {
	tally, err := a.store.Outbox().Tally(ctx, b.EventID, InviteTouchpoint(b.ID))
	if err != nil {
		return Progress{}, fmt.Errorf("progress of broadcast %s: %w", b.ID, err)
	}
	var p Progress
	for _, c := range tally {
		switch c.State {
		case storage.Queued, storage.Claimed:
			p.Pending += c.N
		case storage.Sent, storage.Delivered, storage.Read:
			p.Sent += c.N
		case storage.Failed:
			p.Failed += c.N
		case storage.Uncertain:
			p.Uncertain += c.N
		case storage.Suppressed, storage.Expired:
			p.Dropped += c.N
		}
	}
	if p.Failed > 0 && (b.Status == storage.BroadcastPaused || b.Status == storage.BroadcastCancelled) {
		err = a.eachRow(ctx, b.EventID, InviteTouchpoint(b.ID), storage.Failed, func(m *storage.Message) error {
			if held(m) {
				p.Held++
			}
			return nil
		})
		if err != nil {
			return Progress{}, fmt.Errorf("progress of broadcast %s: %w", b.ID, err)
		}
		p.Failed -= p.Held
	}
	if b.Status == storage.BroadcastCancelled {
		p.Dropped, p.Held = p.Dropped+p.Held, 0
	}
	if b.Status == storage.BroadcastRunning || b.Status == storage.BroadcastPaused {
		waiting, err := a.ColdWaiting(ctx, b)
		if err != nil {
			return Progress{}, fmt.Errorf("progress of broadcast %s: %w", b.ID, err)
		}
		p.Cold = len(waiting)
	}
	if b.Status == storage.BroadcastFinished {
		if p.Calls, err = a.leftToCalls(ctx, b); err != nil {
			return Progress{}, fmt.Errorf("progress of broadcast %s: %w", b.ID, err)
		}
	}
	p.Total = max(b.Total, p.Done()+p.Pending+p.Held+p.Cold)
	if b.Queued {
		p.Total = p.Done() + p.Pending + p.Held + p.Cold
	}
	return p, nil
}

// leftToCalls counts those on the call list of a broadcast's audiences for whom
// there never was a message.
func (a *App) leftToCalls(ctx context.Context, b *storage.Broadcast) (n int, err error) {
	err = a.EachParticipation(ctx, storage.ParticipationQuery{EventID: b.EventID, Call: event.CallDue}, func(g *event.Participation) error {
		if !slices.Contains(b.Audiences, g.Audience) || g.InvitedAt != nil {
			return nil
		}
		for _, via := range everyWay {
			_, err := a.store.Outbox().Get(ctx, InviteRowID(b.EventID, g.PersonID, "", via))
			if !errors.Is(err, storage.ErrNotFound) {
				return err
			}
		}
		n++
		return nil
	})
	return n, err
}

// CallForFailed puts those on the call list whom a broadcast did not reach.
func (a *App) CallForFailed(ctx context.Context, b *storage.Broadcast) error {
	return a.eachRow(ctx, b.EventID, InviteTouchpoint(b.ID), storage.Failed, func(m *storage.Message) error {
		if m.PersonID == "" || m.Cold || held(m) {
			return nil // strangers are looked after on their own
		}
		return a.CallFor(ctx, event.ParticipationID(b.EventID, m.PersonID))
	})
}

// InvitationStatus is how far the invitations of an event are.
type InvitationStatus struct {
	At          time.Time
	Lines       []InvitationLine // by audience in the SOP's order, then by channel
	Total       InvitationLine
	Reasons     []FailureReason        // most frequent first
	Unreachable []*event.Participation // neither chat nor number, and no address or a bad one
	Waiting     int                    // not invited yet, though they could be
	Liaison     int                    // officials whose invitation the team has not been given yet
	Before      []*event.Participation // officials whose invitation the team was given, to pass on
	Handed      []*event.Participation // officials whose invitation was passed on to their liaison
	Cold        int                    // strangers who wait for their day's turn
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
	again  bool // it never arrived, and another broadcast may try
}

// rowStates are all states that an invitation may be in.
var rowStates = []storage.State{
	storage.Expired, storage.Suppressed, storage.Failed, storage.Uncertain, storage.Queued, storage.Claimed,
	storage.Sent, storage.Delivered, storage.Read,
}

// InvitationStatusOf counts an event's invitations, by what the outbox says of
// them and what the guests answered.
func (a *App) InvitationStatusOf(ctx context.Context, eventID string, on func(channel.Name) bool) (*InvitationStatus, error) {
	rows := map[string]rowState{} // by person; what got furthest stays
	for _, state := range rowStates {
		err := a.eachRow(ctx, eventID, invitePrefix, state, func(m *storage.Message) error {
			switch {
			case m.PersonID == "" || m.LastError == cancelledReason:
				return nil
			case held(m):
				rows[m.PersonID] = rowState{via: string(m.Chat.Channel), state: storage.Queued}
			default:
				rows[m.PersonID] = rowState{string(m.Chat.Channel), state, m.LastError, unsent(m)}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("invitations of %s: %w", eventID, err)
		}
	}
	sendings, err := a.Broadcasts(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("invitations of %s: %w", eventID, err)
	}
	out := &InvitationStatus{At: a.Now()}
	lines, reasons := map[[2]string]*InvitationLine{}, map[string]int{}
	err = a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID}, func(p *event.Participation) error {
		switch p.Call {
		case event.CallDue:
			out.Calls++
		case event.CallDone:
			out.Calls++
			out.Called++
		}
		row, found := rows[p.PersonID]
		if row.again && p.InvitedAt == nil {
			found = false // its broadcast was cancelled: another one may reach them
		}
		if !found && p.InvitedAt == nil {
			route, _, err := a.RouteTo(ctx, p, on)
			switch {
			case err != nil:
				return err
			case route == Unreachable:
				out.Unreachable = append(out.Unreachable, p)
			case p.Cold == event.ColdWaiting:
				out.Cold++
			case route == ByLiaison:
				before, err := a.beforeTeam(ctx, p, sendings)
				if err != nil {
					return err
				}
				if before {
					out.Before = append(out.Before, p)
				} else {
					out.Liaison++
				}
			case route == ByChat || route == ByCold || route == ByEmail:
				out.Waiting++
			}
			return nil
		}
		if !found { // by hand: on paper, by telephone, through a liaison
			row = rowState{via: p.Via, state: storage.Sent}
			if p.Via == viaLiaison {
				out.Handed = append(out.Handed, p)
			}
		}
		if row.state == storage.Failed && p.Email != "" && p.MailTo() == "" && p.Phone == "" && p.Reply.Answer == event.Silent {
			out.Unreachable = append(out.Unreachable, p)
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

// beforeTeam reports whether one of the sendings put an official's invitation
// before the team, to pass on.
func (a *App) beforeTeam(ctx context.Context, p *event.Participation, sendings []*storage.Broadcast) (bool, error) {
	for _, b := range sendings {
		live, _, err := a.InviteRow(ctx, p.EventID, p.PersonID, b.ID, []channel.Name{liaison})
		if err != nil || live != nil {
			return live != nil, err
		}
	}
	return false, nil
}

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
