package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Activity is all that the official report of an event tells. A part without
// data is empty: the report says so.
type Activity struct {
	Event        *event.Event
	At           time.Time
	Plan         []event.Planned
	Team         []*event.Person
	Sections     event.Sections
	Posts        []*event.Post                     // what was published
	Sources      map[string]map[event.Audience]int // where registrations came from
	Recap        *Recap
	Scales       []NamedCount // of the confirmed businesses; "" for those that did not say
	Fields       []NamedCount // what they make
	Confirmation *Confirmation
	Presence     Presence
	Attendance   *Attendance
	Guests       []Attendee
	Letters      []*storage.Letter
	Survey       *SurveyResults
	Questions    *event.Survey
	Notes        []*event.Note
	Items        []event.Item // of the logistics
	Rundown      []RundownLine
	Pictures     []Picture
	Sent         []storage.OutboxCount // invitations and reminders
	Past         []PastEvent           // the latest first, this one among them
	Figures      event.Figures
	Finals       []*storage.Report
}

// Attendee is a line of the attendance list.
type Attendee struct {
	Guest  *event.Participation
	Number string // of the registration
	Heads  int
	At     time.Time // when they were checked in; zero: they were not
}

// RundownLine is an item of the day's order.
type RundownLine struct {
	From, Until time.Time
	Title       string
	Who, Place  string
}

// Picture is a photo of the event, whose bytes are in Media.
type Picture struct {
	Blob    string
	Caption string
	SHA     string      // of the picture as it was sent, where known
	Task    *event.Task // whose proof it is; nil: of the album
	At      time.Time
}

// PastEvent is an event in numbers.
type PastEvent struct {
	Event *event.Event
	event.Figures
}

// Activity collects what the report of an event tells, as of now.
func (a *App) Activity(ctx context.Context, e *event.Event) (*Activity, error) {
	x := &Activity{Event: e, At: a.Now()}
	for _, part := range []func(context.Context, *Activity) error{
		a.activityPlan, a.activityPeople, a.activityGuests, a.activityLetters, a.activityAfter, a.activityProgram, a.activityPast,
	} {
		if err := part(ctx, x); err != nil {
			return nil, fmt.Errorf("report of %s: %w", e.ID, err)
		}
	}
	return x, nil
}

func (a *App) activityPlan(ctx context.Context, x *Activity) (err error) {
	if x.Plan, err = a.Plan(ctx, x.Event); err != nil {
		return err
	}
	for _, p := range x.Plan {
		if p.Step == event.Logistics {
			x.Items = p.List()
		}
		for _, f := range p.Proofs {
			if f.Photo {
				x.Pictures = append(x.Pictures, Picture{Blob: f.Blob, Caption: p.Note, Task: p.Task, At: f.At})
			}
		}
	}
	if x.Team, err = a.Team(ctx); err != nil {
		return err
	}
	x.Sections, err = a.Sections(ctx)
	return err
}

func (a *App) activityPeople(ctx context.Context, x *Activity) (err error) {
	if x.Recap, err = a.Recap(ctx, x.Event); err != nil {
		return err
	}
	scales, fields := map[string]int{}, map[string]int{}
	err = a.EachRegistration(ctx, storage.RegistrationQuery{EventID: x.Event.ID, Audience: event.UKM, Statuses: []event.Status{event.Confirmed}}, func(r *event.Registration) error {
		scales[r.Answers[event.KeyScale]]++
		fields[r.Answers[event.KeyField]]++
		return nil
	})
	x.Scales, x.Fields = counted(scales), counted(fields)
	return err
}

// counted puts counts in order: most first, then by name, the unnamed last.
func counted(m map[string]int) []NamedCount {
	var out []NamedCount
	for name, n := range m {
		out = append(out, NamedCount{name, n})
	}
	slices.SortFunc(out, func(p, q NamedCount) int {
		return cmp.Or(boolRank(p.Name == "")-boolRank(q.Name == ""), q.N-p.N, strings.Compare(p.Name, q.Name))
	})
	return out
}

func (a *App) activityGuests(ctx context.Context, x *Activity) (err error) {
	if x.Confirmation, err = a.Confirmations(ctx, x.Event); err != nil {
		return err
	}
	if x.Presence, err = a.PresenceOf(ctx, x.Event.ID); err != nil {
		return err
	}
	if x.Attendance, err = a.Attendance(ctx, x.Event); err != nil {
		return err
	}
	numbers := map[string]string{}
	err = a.EachRegistration(ctx, storage.RegistrationQuery{EventID: x.Event.ID, Statuses: []event.Status{event.Confirmed}}, func(r *event.Registration) error {
		if numbers[r.PersonID] == "" {
			numbers[r.PersonID] = r.Number
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = a.EachParticipation(ctx, storage.ParticipationQuery{EventID: x.Event.ID}, func(g *event.Participation) error {
		if g.InvitedAt != nil {
			x.Figures.Invited++
			if g.Reply.Answer != event.Silent {
				x.Figures.Answered++
			}
		}
		if g.Reply.Comes() {
			x.Figures.Coming++
			x.Figures.Expected += max(1, g.Reply.Heads)
		}
		heads, at, came := arrivalOf(g)
		if !came && !g.Reply.Comes() {
			return nil
		}
		if !came {
			heads = max(1, g.Reply.Heads)
		}
		x.Guests = append(x.Guests, Attendee{Guest: g, Number: numbers[g.PersonID], Heads: heads, At: at})
		return nil
	})
	order := Invitable()
	slices.SortStableFunc(x.Guests, func(p, q Attendee) int {
		return cmp.Or(slices.Index(order, p.Guest.Audience)-slices.Index(order, q.Guest.Audience), strings.Compare(event.Fold(p.Guest.Name), event.Fold(q.Guest.Name)))
	})
	return err
}

func (a *App) activityLetters(ctx context.Context, x *Activity) (err error) {
	if x.Letters, err = a.Register(ctx, x.Event.ID); err != nil {
		return err
	}
	x.Sent, err = a.store.Outbox().Tally(ctx, x.Event.ID, "")
	return err
}

func (a *App) activityAfter(ctx context.Context, x *Activity) (err error) {
	if x.Questions, err = a.Survey(ctx, x.Event.ID); err != nil {
		return err
	}
	if x.Survey, err = a.SurveyResults(ctx, x.Event); err != nil {
		return err
	}
	if x.Finals, err = a.FinalReports(ctx, x.Event.ID); err != nil {
		return err
	}
	x.Notes, err = a.Notes(ctx, x.Event.ID)
	return err
}

// activityProgram collects the order of the day and the album.
func (a *App) activityProgram(ctx context.Context, x *Activity) (err error) {
	if x.Posts, err = a.Posts(ctx, x.Event.ID); err != nil {
		return err
	}
	if x.Sources, err = a.Sources(ctx, x.Event.ID); err != nil {
		return err
	}
	run, err := a.Rundown(ctx, x.Event.ID)
	if err != nil {
		return err
	}
	for _, it := range run.Items {
		x.Rundown = append(x.Rundown, RundownLine{From: it.At(x.Event), Until: it.Until(x.Event), Title: it.Title, Who: it.Who(), Place: it.Place})
	}
	album, err := a.Album(ctx, x.Event.ID)
	if err != nil {
		return err
	}
	for _, p := range album {
		x.Pictures = append(x.Pictures, Picture{Blob: cmp.Or(p.Preview, p.Blob), Caption: p.Item, SHA: p.SHA, At: p.At})
	}
	slices.SortStableFunc(x.Pictures, func(p, q Picture) int { return p.At.Compare(q.At) })
	return nil
}

// activityPast puts this event beside the ones before it: by their final
// reports where there are, else as they are now.
func (a *App) activityPast(ctx context.Context, x *Activity) error {
	x.figures()
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		switch {
		case e.ID == x.Event.ID:
			x.Past = append(x.Past, PastEvent{e, x.Figures})
		case e.Status == event.EventCancelled || !e.Start.Before(x.Event.Start) || len(x.Past) > pastShown:
		default:
			f, err := a.figuresOf(ctx, e)
			if err != nil {
				return err
			}
			x.Past = append(x.Past, PastEvent{e, f})
		}
	}
	return nil
}

// pastShown is how many earlier events a report compares with.
const pastShown = 4

func (a *App) figuresOf(ctx context.Context, e *event.Event) (event.Figures, error) {
	final, err := a.FinalReport(ctx, e.ID)
	if err != nil {
		return event.Figures{}, err
	}
	if final != nil {
		return final.Figures, nil
	}
	x := &Activity{Event: e, At: a.Now()}
	for _, part := range []func(context.Context, *Activity) error{a.activityPlan, a.activityPeople, a.activityGuests, a.activityAfter} {
		if err := part(ctx, x); err != nil {
			return event.Figures{}, err
		}
	}
	x.figures()
	return x.Figures, nil
}

// figures fills in what follows from the other parts.
func (x *Activity) figures() {
	f := &x.Figures
	f.Registered = x.Recap.Total
	for _, c := range x.Recap.Audiences {
		switch c.Audience {
		case event.UKM:
			f.UKM = c.Confirmed
		case event.Koperasi:
			f.Koperasi = c.Confirmed
		}
	}
	for _, k := range x.Recap.Kecamatan {
		if k.Name != OutsideName {
			f.Kecamatan++
		}
	}
	f.Attended, f.Came, f.Heads = x.Presence.Known, x.Presence.Came, x.Presence.Heads
	f.Replies, f.Rating = x.Survey.Replies, x.Survey.Tenths
	count := event.CountTasks(x.Plan)
	f.Done, f.Steps = count.Done, count.Total
}
