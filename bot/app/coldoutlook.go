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

// ColdOutlook is the arithmetic of first contacts that the team sees before a
// broadcast is approved.
type ColdOutlook struct {
	N        int        // strangers who would be written to
	PerDay   int        // at most in a day
	Now      int        // at most today or the next working day: less while our number is new
	Days     int        // working days that all of them would take
	Deadline *time.Time // those who do not fit before this date are reached otherwise at once
	Fit      int
	Email    int // of the others: by e-mail
	Call     int // by the call list
	// Until: nobody can be written to before, as WhatsApp restricts us.
	Until *time.Time
}

// Over is how many do not fit.
func (o *ColdOutlook) Over() int { return o.N - o.Fit }

// ColdOutlookOf reckons a broadcast to these audiences that begins at start;
// nil where no stranger is among them.
func (a *App) ColdOutlookOf(ctx context.Context, e *event.Event, auds []event.Audience, start time.Time, on func(channel.Name) bool) (*ColdOutlook, error) {
	var all []*event.Participation
	if a.coldOn == "" {
		return nil, nil
	}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(g *event.Participation) error {
		if !slices.Contains(auds, g.Audience) && g.Cold != event.ColdWaiting {
			return nil
		}
		route, _, err := a.RouteTo(ctx, g, on)
		if err == nil && route == ByCold {
			all = append(all, g)
		}
		return err
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	pace, err := a.ColdPace(ctx)
	if err != nil {
		return nil, err
	}
	from := start
	if now := a.Now(); from.Before(now) {
		from = now
	}
	o := &ColdOutlook{N: len(all), PerDay: pace.PerDay, Days: pace.DaysFor(from, len(all))}
	for day := from; o.Now == 0 && pace.PerDay > 0; day = day.AddDate(0, 0, 1) {
		o.Now = pace.Budget(day)
	}
	room, until, err := a.ColdRoom(ctx, e, start)
	if err != nil {
		return nil, err
	}
	if o.Until = until; until != nil {
		o.Days = pace.DaysFor(*until, len(all))
	}
	if at, ok := e.ColdDeadline(start); ok {
		o.Deadline = &at
	}
	slices.SortFunc(all, byColdNeed)
	o.Fit = min(room, len(all))
	for _, g := range all[o.Fit:] {
		if g.MailTo() != "" && on(channel.Email) {
			o.Email++
		} else {
			o.Call++
		}
	}
	return o, nil
}

// ColdRoom is how many strangers still fit in before the deadline of a
// broadcast that begins at start, and until when none may go at all, if so.
func (a *App) ColdRoom(ctx context.Context, e *event.Event, start time.Time) (n int, until *time.Time, err error) {
	deadline, ok := e.ColdDeadline(start)
	if !ok {
		return 0, nil, nil
	}
	pace, err := a.ColdPace(ctx)
	if err != nil {
		return 0, nil, err
	}
	used, err := a.ColdUsed(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("cold budget: %w", err)
	}
	now, hold := a.Now(), time.Time{}
	r, err := a.Restriction(ctx, a.coldOn)
	if err != nil {
		return 0, nil, err
	}
	if r != nil {
		hold, until = r.Until, &r.Until
	}
	if start.After(now) {
		if hold.Before(start) {
			hold = start
		}
	}
	return pace.Capacity(now, deadline, hold, used), until, nil
}

// settingRestriction + channel + "/cold" or "/all" is what a network forbids.
const settingRestriction = "restriction/"

// What a restriction lasts that has no end announced. 463 was seen to last for
// days; temporary bans announce theirs nearly always.
const (
	coldRestriction = 3 * 24 * time.Hour
	fullRestriction = 24 * time.Hour
)

// Restricted is a restriction as it is kept.
type Restricted struct {
	Channel  channel.Name `json:"channel"`
	ColdOnly bool         `json:"coldOnly"`
	Since    time.Time    `json:"since"`
	Until    time.Time    `json:"until"`
	Assumed  bool         `json:"assumed,omitempty"` // the network did not announce Until
	Reason   string       `json:"reason"`
	// ToldBegin and ToldEnd: the team knows.
	ToldBegin bool `json:"toldBegin,omitempty"`
	ToldEnd   bool `json:"toldEnd,omitempty"`
}

// Holds reports whether it is in force.
func (r *Restricted) Holds(now time.Time) bool { return now.Before(r.Until) }

func restrictionKey(name channel.Name, coldOnly bool) string {
	if coldOnly {
		return settingRestriction + string(name) + "/cold"
	}
	return settingRestriction + string(name) + "/all"
}

// Restrict notes what a network forbids; one that is known already may get a
// later end. It returns the restriction with an end.
func (a *App) Restrict(ctx context.Context, name channel.Name, r channel.Restriction) (channel.Restriction, error) {
	now, assumed := a.Now(), r.Until.IsZero()
	if assumed {
		r.Until = now.Add(fullRestriction)
		if r.ColdOnly {
			r.Until = now.Add(coldRestriction)
		}
	}
	kept, err := a.restricted(ctx, name, r.ColdOnly)
	if err != nil {
		return r, err
	}
	if kept == nil || !kept.Holds(now) {
		kept = &Restricted{Channel: name, ColdOnly: r.ColdOnly, Since: now, Until: r.Until, Assumed: assumed}
	}
	switch { // what the network announced counts for more than what we assume
	case kept.Assumed && !assumed:
		kept.Until, kept.Assumed, kept.ToldBegin = r.Until, false, false // the team hears the true end, too
	case kept.Assumed == assumed && r.Until.After(kept.Until):
		kept.Until = r.Until
	}
	r.Until, kept.Reason = kept.Until, r.Reason
	if err := a.store.Settings().Put(ctx, restrictionKey(name, r.ColdOnly), kept); err != nil {
		return r, fmt.Errorf("restriction of %s: %w", name, err)
	}
	a.stir()
	return r, nil
}

func (a *App) restricted(ctx context.Context, name channel.Name, coldOnly bool) (*Restricted, error) {
	r := new(Restricted)
	err := a.store.Settings().Get(ctx, restrictionKey(name, coldOnly), r)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("restriction of %s: %w", name, err)
	}
	return r, nil
}

// Restriction is what a network forbids now: all, else first contacts, else
// nil.
func (a *App) Restriction(ctx context.Context, name channel.Name) (*channel.Restriction, error) {
	for _, coldOnly := range []bool{false, true} {
		r, err := a.restricted(ctx, name, coldOnly)
		if err != nil {
			return nil, err
		}
		if r != nil && r.Holds(a.Now()) {
			return &channel.Restriction{ColdOnly: coldOnly, Until: r.Until, Reason: r.Reason}, nil
		}
	}
	return nil, nil
}

// UntoldRestrictions are those of a channel of whose beginning or end the team
// has not been told.
func (a *App) UntoldRestrictions(ctx context.Context, name channel.Name) (out []*Restricted, err error) {
	for _, coldOnly := range []bool{false, true} {
		r, err := a.restricted(ctx, name, coldOnly)
		if err != nil {
			return nil, err
		}
		if r != nil && (!r.ToldBegin || !r.ToldEnd && !r.Holds(a.Now())) {
			out = append(out, r)
		}
	}
	return out, nil
}

// RestrictionTold notes that the team was told of what r says. Where the network
// has said more since r was read, that stands, and is told next.
func (a *App) RestrictionTold(ctx context.Context, r *Restricted) error {
	told := *r
	told.ToldBegin, told.ToldEnd = true, !r.Holds(a.Now())
	err := a.store.Settings().Swap(ctx, restrictionKey(r.Channel, r.ColdOnly), r, told)
	if errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

// Acquaintance is how an event's guests stand to a network on which strangers
// are written to with care.
type Acquaintance struct {
	Warm        int // have a chat with us there
	Cold        int // have a number and no chat
	Contacted   int // of those: written to once, no word yet
	Unreachable int // no number, no account there, refused, or stopped
	Used, Now   int // of today's budget
	PerDay      int
	Restricted  *channel.Restriction
}

// AcquaintanceOf counts; nil where no such network runs.
func (a *App) AcquaintanceOf(ctx context.Context, eventID string) (*Acquaintance, error) {
	if a.coldOn == "" {
		return nil, nil
	}
	out := &Acquaintance{}
	var page []*event.Participation
	flush := func() error {
		ids := make([]string, len(page))
		for i, g := range page {
			ids[i] = g.PersonID
		}
		people, err := a.store.People().GetAll(ctx, ids)
		for _, g := range page {
			out.count(a, g, people[g.PersonID])
		}
		page = page[:0]
		return err
	}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID}, func(g *event.Participation) error {
		if page = append(page, g); len(page) < importBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return nil, fmt.Errorf("acquaintance: %w", err)
	}
	pace, err := a.ColdPace(ctx)
	if err != nil {
		return nil, err
	}
	out.PerDay, out.Now = pace.PerDay, pace.Budget(a.Now())
	if out.Used, err = a.ColdUsed(ctx); err != nil {
		return nil, fmt.Errorf("acquaintance: %w", err)
	}
	out.Restricted, err = a.Restriction(ctx, a.coldOn)
	return out, err
}

func (o *Acquaintance) count(a *App, g *event.Participation, p *event.Person) {
	everywhere := func(channel.Name) bool { return true }
	switch {
	case p != nil && p.StoppedAt != nil:
		o.Unreachable++
	case p != nil && hasChatOn(p, a.coldOn):
		o.Warm++
	case g.Cold == event.ColdSent:
		o.Cold++
		o.Contacted++
	case g.Closed == event.StillOpen && a.mayBeCold(g, everywhere):
		o.Cold++
	default:
		o.Unreachable++
	}
}

func hasChatOn(p *event.Person, name channel.Name) bool {
	return slices.ContainsFunc(p.Accounts, func(acc event.Account) bool {
		chat, err := channel.ParseChat(acc.Chat)
		return err == nil && chat.Channel == name && acc.Blocked == nil
	})
}
