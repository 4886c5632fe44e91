package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Checklist writes what the team is told of its tasks.
type Checklist interface {
	// GroupDigest is the morning's message to the group.
	GroupDigest(ctx context.Context, e *event.Event, plan []event.Planned, caps channel.Capabilities) (channel.Outbound, error)
	// OwnDigest is the morning's message to who is in charge.
	OwnDigest(ctx context.Context, e *event.Event, plan []event.Planned, p *event.Person, caps channel.Capabilities) (channel.Outbound, error)
	// LeadDigest tells the lead what has been late for days.
	LeadDigest(ctx context.Context, e *event.Event, plan []event.Planned, caps channel.Capabilities) (channel.Outbound, error)
	// HourNotice asks, hours before the start, whether all is ready.
	HourNotice(ctx context.Context, e *event.Event, plan []event.Planned, due event.Planned, caps channel.Capabilities) (channel.Outbound, error)
	// EveNotice is told the day before where those hours are early.
	EveNotice(ctx context.Context, e *event.Event, plan []event.Planned, caps channel.Capabilities) (channel.Outbound, error)
}

const (
	// digestUntil is the hour (WIB) until which a digest that a downtime held
	// up is still of use.
	digestUntil = 17
	// digestDays is for how many days after the event it is told.
	digestDays = 14
	// returnDays is for how many days after it what was borrowed is asked for,
	// every day until all is given back.
	returnDays = 120
	// wakes is the hour before which a notice of the day wants one on the eve,
	// at eveHour.
	wakes   = 7
	eveHour = 16
	eveEnds = 22
)

// checklist tells the team of its tasks: a digest in the morning, the notices
// that count in hours to the minute. All of it is derived from the dates as
// they are now, so what is done or moved is told no more; each message has an
// ID of its day, and after a downtime only that day's is sent.
func (p *Planner) checklist(ctx context.Context) error {
	events, err := p.App.Events(ctx)
	if err != nil {
		return err
	}
	group, bound, err := p.App.Group(ctx)
	if err != nil {
		return err
	}
	desk := teamDesk{chat: group.Chat, leads: !bound}
	now := p.App.Now()
	for _, e := range events {
		if e.Status == event.EventCancelled || e.DaysBefore(now) < -returnDays {
			continue
		}
		plan, err := p.App.Plan(ctx, e)
		if e.DaysBefore(now) < -digestDays {
			plan = returns(plan)
		}
		if err == nil {
			err = p.hours(ctx, desk, e, plan, now)
		}
		if err == nil {
			err = p.morning(ctx, desk, e, plan, now)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

// teamDesk is where the team is told: its group, or the leads while none is
// bound.
type teamDesk struct {
	chat  channel.Chat
	leads bool
}

// toTeam calls tell for each chat in which the team is told; personID is ""
// for the group.
func (p *Planner) toTeam(ctx context.Context, desk teamDesk, tell func(chat channel.Chat, personID string) error) error {
	if !desk.leads {
		return tell(desk.chat, "")
	}
	staff, err := p.App.Team(ctx)
	if err != nil {
		return err
	}
	for _, s := range staff {
		chat, ok := p.reachable(s)
		if s.Role != event.Lead || !ok {
			continue
		}
		if err := tell(chat, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// reachable is the private chat of a member of the team; ok is false where
// they cannot, or must not, be written to.
func (p *Planner) reachable(s *event.Person) (chat channel.Chat, ok bool) {
	chat, err := channel.ParseChat(s.PrivateChat())
	return chat, err == nil && p.has(chat.Channel) && s.Role.Staff() && s.StoppedAt == nil
}

// digested marks an event's digest of a day as told, for one schedule.
type digested struct {
	Day      string `json:"day"`
	Schedule int    `json:"schedule"`
}

// morning tells who is in charge, then the lead, then the group, once a
// morning: who takes a task later that day need not be told of it.
func (p *Planner) morning(ctx context.Context, desk teamDesk, e *event.Event, plan []event.Planned, now time.Time) error {
	today := event.Midnight(now)
	begins := today.Add(event.DigestHour * time.Hour)
	// An event made this morning was answered with its timeline already.
	if now.Before(begins) || !now.Before(today.Add(digestUntil*time.Hour)) || !e.CreatedAt.Before(begins) {
		return nil
	}
	key, mark := "digest/"+e.ID, digested{today.Format(time.DateOnly), e.Schedule}
	var last digested
	err := p.Store.Settings().Get(ctx, key, &last)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if last == mark {
		return nil
	}
	if err := p.tellMorning(ctx, desk, e, plan, now); err != nil {
		return err
	}
	return p.Store.Settings().Put(ctx, key, mark)
}

// tellMorning queues the morning's messages, if there is anything to say. The
// IDs of the rows make doing it again harmless.
func (p *Planner) tellMorning(ctx context.Context, desk teamDesk, e *event.Event, plan []event.Planned, now time.Time) error {
	if !slices.ContainsFunc(plan, event.Planned.Pressing) && !owesThings(e, plan, now) {
		return nil
	}
	today := event.Midnight(now)
	ends := today.AddDate(0, 0, 1).Add(event.DigestHour * time.Hour)
	for _, id := range inCharge(plan) {
		err := p.private(ctx, e, "own", today, id, ends, func(person *event.Person, caps channel.Capabilities) (channel.Outbound, error) {
			return p.Voice.OwnDigest(ctx, e, plan, person, caps)
		})
		if err != nil {
			return err
		}
	}
	if !desk.leads { // else they get the whole digest
		if err := p.tellLead(ctx, e, plan, now, ends); err != nil {
			return err
		}
	}
	return p.toTeam(ctx, desk, func(chat channel.Chat, personID string) error {
		return p.once(ctx, e, "digest", today, personID, chat, ends, func() (channel.Outbound, error) {
			return p.Voice.GroupDigest(ctx, e, plan, p.caps[chat.Channel])
		})
	})
}

// owesThings: the event is over, and not all is back with those who lent it.
func owesThings(e *event.Event, plan []event.Planned, now time.Time) bool {
	return e.DaysBefore(now) < 0 && slices.ContainsFunc(plan, func(k event.Planned) bool { return k.Step == event.Logistics && len(k.Readiness().Out) > 0 })
}

// returns is what is left of a plan once all but the giving back is history;
// nothing where all was given back.
func returns(plan []event.Planned) []event.Planned {
	var out []event.Planned
	owed := false
	for _, k := range plan {
		switch {
		case k.Step == event.Logistics: // its date is history: only its list matters
			owed = len(k.Readiness().Out) > 0
			k.Urgency = event.Settled
			out = append(out, k)
		case k.Key == event.ReturnTask:
			out = append(out, k)
		}
	}
	if !owed {
		return nil
	}
	return out
}

// inCharge are those who see to pressing tasks, or bring something for one.
func inCharge(plan []event.Planned) []string {
	var out []string
	add := func(id string) {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for _, k := range plan {
		if !k.Pressing() {
			continue
		}
		add(k.PersonID)
		for _, it := range k.Readiness().Missing {
			add(it.PersonID)
		}
	}
	return out
}

// tellLead tells the leads of what has been late for two days, on the day on
// which one more got there: the ID names that day, so they are told once.
func (p *Planner) tellLead(ctx context.Context, e *event.Event, plan []event.Planned, now, ends time.Time) error {
	var latest time.Time
	for _, k := range plan {
		if n := k.DaysLate(e, now); n >= event.LeadHears {
			if day := event.Midnight(now).AddDate(0, 0, event.LeadHears-n); day.After(latest) {
				latest = day
			}
		}
	}
	if latest.IsZero() {
		return nil
	}
	staff, err := p.App.Team(ctx)
	if err != nil {
		return err
	}
	for _, s := range staff {
		if s.Role != event.Lead {
			continue
		}
		err := p.private(ctx, e, "late", latest, s.ID, ends, func(_ *event.Person, caps channel.Capabilities) (channel.Outbound, error) {
			return p.Voice.LeadDigest(ctx, e, plan, caps)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// private queues a message to a member of the team, where they can be reached.
func (p *Planner) private(ctx context.Context, e *event.Event, kind string, day time.Time, personID string, ends time.Time, write func(*event.Person, channel.Capabilities) (channel.Outbound, error)) error {
	person, err := p.Store.People().Get(ctx, personID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	chat, ok := p.reachable(person)
	if !ok {
		return nil
	}
	return p.once(ctx, e, kind, day, personID, chat, ends, func() (channel.Outbound, error) { return write(person, p.caps[chat.Channel]) })
}

// once queues a message of a day, unless it was: also before the event moved
// to another date, since nobody wants two digests in one morning.
func (p *Planner) once(ctx context.Context, e *event.Event, kind string, day time.Time, personID string, chat channel.Chat, ends time.Time, write func() (channel.Outbound, error)) error {
	id := func(schedule int) string {
		s := fmt.Sprintf("%s/%s/%s.%d", e.ID, kind, day.Format(time.DateOnly), schedule)
		if personID != "" {
			s += "/" + personID
		}
		return s
	}
	for s := e.Schedule; s >= 0; s-- {
		old, err := p.Store.Outbox().Get(ctx, id(s))
		if err == nil && (s == e.Schedule || old.State != storage.Expired) {
			return nil
		}
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	return p.tellTask(ctx, id(e.Schedule), chat, personID, e.ID, kind, ends, write)
}

func (p *Planner) tellTask(ctx context.Context, id string, chat channel.Chat, personID, eventID, kind string, ends time.Time, write func() (channel.Outbound, error)) error {
	body, err := write()
	if err != nil {
		return err
	}
	m := p.row(id, chat, body.Text, eventID, app.TaskTouchpoint+kind, body.Buttons)
	m.PersonID, m.ExpiresAt = personID, &ends
	_, err = p.Store.Outbox().Add(ctx, m)
	return err
}

// hours tells what counts back from the start, to the minute, and on the eve
// where it is early. Of several that have come only the latest is told.
func (p *Planner) hours(ctx context.Context, desk teamDesk, e *event.Event, plan []event.Planned, now time.Time) error {
	if !now.Before(e.Start) {
		return nil
	}
	if latest, ok := latestHour(plan, now); ok && latest.Due.At.After(e.CreatedAt) {
		id := fmt.Sprintf("%s/step/%s/%s", e.ID, latest.Key, latest.Due.At.UTC().Format(time.RFC3339))
		err := p.tellHour(ctx, desk, id, e, "hour", e.Start, func(caps channel.Capabilities) (channel.Outbound, error) {
			return p.Voice.HourNotice(ctx, e, plan, latest, caps)
		})
		if err != nil {
			return err
		}
	}
	at, ok := eveOf(plan)
	if !ok || now.Before(at) || !now.Before(at.Add((eveEnds-eveHour)*time.Hour)) || !at.After(e.CreatedAt) {
		return nil
	}
	id := fmt.Sprintf("%s/eve/%s", e.ID, e.Start.UTC().Format(time.RFC3339))
	return p.tellHour(ctx, desk, id, e, "eve", e.Start, func(caps channel.Capabilities) (channel.Outbound, error) {
		return p.Voice.EveNotice(ctx, e, plan, caps)
	})
}

// latestHour is the task that counts in hours whose moment has come last, if
// it is open. Where it is settled, earlier ones are of no use any more either.
func latestHour(plan []event.Planned, now time.Time) (latest event.Planned, ok bool) {
	for _, k := range plan {
		if k.Due.Before > 0 && !k.Due.At.After(now) && (!ok || !k.Due.At.Before(latest.Due.At)) {
			latest, ok = k, true
		}
	}
	return latest, ok && !latest.State.Settled()
}

// tellHour queues a notice, unless it is there: it is looked for once a minute,
// and costs a count of all guests to write.
func (p *Planner) tellHour(ctx context.Context, desk teamDesk, id string, e *event.Event, kind string, ends time.Time, write func(channel.Capabilities) (channel.Outbound, error)) error {
	return p.toTeam(ctx, desk, func(chat channel.Chat, personID string) error {
		own := id
		if personID != "" {
			own += "/" + personID
		}
		_, err := p.Store.Outbox().Get(ctx, own)
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		return p.tellTask(ctx, own, chat, personID, e.ID, kind, ends, func() (channel.Outbound, error) { return write(p.caps[chat.Channel]) })
	})
}

// eveOf is when the eve's notice goes out: the afternoon before the first
// hour that is early; ok is false where none is.
func eveOf(plan []event.Planned) (at time.Time, ok bool) {
	for _, k := range plan {
		if k.Due.Before > 0 && !k.State.Settled() && k.Due.At.In(event.Jakarta).Hour() < wakes {
			eve := event.Midnight(k.Due.At).AddDate(0, 0, -1).Add(eveHour * time.Hour)
			if !ok || eve.Before(at) {
				at, ok = eve, true
			}
		}
	}
	return at, ok
}

// nextTask is the next moment at which the checklist has something to say by
// the hour.
func nextTask(plan []event.Planned, consider func(time.Time)) {
	for _, k := range plan {
		if k.Due.Before > 0 && !k.State.Settled() {
			consider(k.Due.At)
		}
	}
	if at, ok := eveOf(plan); ok {
		consider(at)
	}
}
