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
	now := p.App.Now()
	for _, e := range events {
		if e.Status == event.EventCancelled || e.DaysBefore(now) < -digestDays {
			continue
		}
		plan, err := p.App.Plan(ctx, e)
		if err == nil && bound {
			err = p.hours(ctx, group, e, plan, now)
		}
		if err == nil {
			err = p.morning(ctx, group, bound, e, plan, now)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

// digested marks an event's digest of a day as told, for one schedule.
type digested struct {
	Day      string `json:"day"`
	Schedule int    `json:"schedule"`
}

// morning tells who is in charge, then the lead, then the group, once a
// morning: who takes a task later that day need not be told of it.
func (p *Planner) morning(ctx context.Context, group app.TeamGroup, bound bool, e *event.Event, plan []event.Planned, now time.Time) error {
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
	if err := p.tellMorning(ctx, group, bound, e, plan, now); err != nil {
		return err
	}
	return p.Store.Settings().Put(ctx, key, mark)
}

// tellMorning queues the morning's messages, if there is anything to say. The
// IDs of the rows make doing it again harmless.
func (p *Planner) tellMorning(ctx context.Context, group app.TeamGroup, bound bool, e *event.Event, plan []event.Planned, now time.Time) error {
	if !slices.ContainsFunc(plan, event.Planned.Pressing) {
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
	if err := p.tellLead(ctx, e, plan, now, ends); err != nil || !bound {
		return err
	}
	return p.once(ctx, e, "digest", today, "", group.Chat, ends, func() (channel.Outbound, error) {
		return p.Voice.GroupDigest(ctx, e, plan, p.caps[group.Chat.Channel])
	})
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
	chat, err := channel.ParseChat(person.PrivateChat())
	if err != nil || !p.has(chat.Channel) || !person.Role.Staff() || person.StoppedAt != nil {
		return nil //nolint:nilerr // they cannot be written to
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
func (p *Planner) hours(ctx context.Context, group app.TeamGroup, e *event.Event, plan []event.Planned, now time.Time) error {
	if !now.Before(e.Start) {
		return nil
	}
	var latest *event.Planned
	for i, k := range plan {
		if k.Due.Before > 0 && !k.State.Settled() && !k.Due.At.After(now) && (latest == nil || !k.Due.At.Before(latest.Due.At)) {
			latest = &plan[i]
		}
	}
	if latest != nil && superseded(plan, *latest, now) {
		latest = nil
	}
	caps := p.caps[group.Chat.Channel]
	if latest != nil && latest.Due.At.After(e.CreatedAt) {
		id := fmt.Sprintf("%s/step/%s/%s", e.ID, latest.Key, latest.Due.At.UTC().Format(time.RFC3339))
		err := p.unlessTold(ctx, id, func() error {
			return p.tellTask(ctx, id, group.Chat, "", e.ID, "hour", e.Start, func() (channel.Outbound, error) {
				return p.Voice.HourNotice(ctx, e, plan, *latest, caps)
			})
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
	return p.unlessTold(ctx, id, func() error {
		return p.tellTask(ctx, id, group.Chat, "", e.ID, "eve", e.Start, func() (channel.Outbound, error) { return p.Voice.EveNotice(ctx, e, plan, caps) })
	})
}

// superseded: a later notice has come already, whether its task is settled or
// not, so this one is of no use any more.
func superseded(plan []event.Planned, k event.Planned, now time.Time) bool {
	for _, o := range plan {
		if o.Due.Before > 0 && o.Due.At.After(k.Due.At) && !o.Due.At.After(now) {
			return true
		}
	}
	return false
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

// unlessTold spares writing what is queued already: it is looked for once a
// minute.
func (p *Planner) unlessTold(ctx context.Context, id string, tell func() error) error {
	_, err := p.Store.Outbox().Get(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return tell()
	}
	return err
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
