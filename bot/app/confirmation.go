package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Confirmation counts the answers of one event, for /konfirmasi.
type Confirmation struct {
	Event     *event.Event
	At        time.Time
	Audiences []AnswerCount // those that have guests, in the SOP's order
	Total     AnswerCount
	VIP       []*event.Participation // officials, in order of position and name
	Stages    []StageCount           // how the answers stood as each stage began, the earliest first
}

// Last is how the answers stood as the latest stage began; nil before the
// first.
func (c *Confirmation) Last() *StageCount {
	if len(c.Stages) == 0 {
		return nil
	}
	return &c.Stages[len(c.Stages)-1]
}

// StageCount is how the answers stood as a stage began.
type StageCount struct {
	Stage event.Stage `json:"stage"`
	At    time.Time   `json:"at"`
	AnswerSum
}

// AnswerSum counts answers.
type AnswerSum struct {
	Guests    int `json:"guests"`
	Yes       int `json:"yes"`
	Delegated int `json:"delegated"`
	Maybe     int `json:"maybe"`
	No        int `json:"no"`
	Silent    int `json:"silent"`
	Heads     int `json:"heads"` // expected: those of yes and represented
}

// Minus is the change from o to s.
func (s AnswerSum) Minus(o AnswerSum) AnswerSum {
	return AnswerSum{
		s.Guests - o.Guests, s.Yes - o.Yes, s.Delegated - o.Delegated, s.Maybe - o.Maybe, s.No - o.No, s.Silent - o.Silent, s.Heads - o.Heads,
	}
}

// IsZero reports whether nothing changed, of a Minus.
func (s AnswerSum) IsZero() bool { return s == AnswerSum{} }

// AnswerCount counts one audience.
type AnswerCount struct {
	Audience event.Audience
	AnswerSum
	Uninvited, Closed, CallDue, CallSet int
}

// Confirmations counts the answers as they are now.
func (a *App) Confirmations(ctx context.Context, e *event.Event) (*Confirmation, error) {
	c := &Confirmation{Event: e, At: a.Now()}
	by := map[event.Audience]*AnswerCount{}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(p *event.Participation) error {
		if p.Unasked() {
			return nil
		}
		c.Total.add(p)
		n := by[p.Audience]
		if n == nil {
			n = &AnswerCount{Audience: p.Audience}
			by[p.Audience] = n
		}
		n.add(p)
		if p.Audience == event.Official {
			c.VIP = append(c.VIP, p)
		}
		return nil
	})
	if err == nil {
		c.Stages, err = a.stageCounts(ctx, e)
	}
	if err != nil {
		return nil, fmt.Errorf("confirmations of %s: %w", e.ID, err)
	}
	for _, aud := range Invitable() {
		if n := by[aud]; n != nil {
			c.Audiences = append(c.Audiences, *n)
		}
	}
	SortVIP(c.VIP)
	return c, nil
}

// SortVIP puts officials in the order in which protocol reads them: by
// position, then by name.
func SortVIP(list []*event.Participation) {
	slices.SortStableFunc(list, func(p, q *event.Participation) int {
		return cmp.Or(strings.Compare(p.Position, q.Position), strings.Compare(p.Name, q.Name), strings.Compare(p.ID, q.ID))
	})
}

func (n *AnswerCount) add(p *event.Participation) {
	n.Count(p)
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
}

// Count adds the answer of a guest; of somebody whom nobody asked there is none.
func (s *AnswerSum) Count(p *event.Participation) {
	if p.Unasked() {
		return
	}
	s.Guests++
	switch p.Reply.Answer {
	case event.Yes:
		s.Yes++
	case event.Maybe:
		s.Maybe++
	case event.No:
		s.No++
	case event.Delegated:
		s.Delegated++
	case event.Silent:
		s.Silent++
	}
	if p.Reply.Comes() {
		s.Heads += max(1, p.Reply.Heads)
	}
}

// snapKey names a snapshot of an event's answers. Those of a stage belong to
// one schedule of the event, since a moved event has its stages anew.
func snapKey(e *event.Event, what string) string {
	return fmt.Sprintf("answers/%s/%d/%s", e.ID, e.Schedule, what)
}

// SnapAnswers counts and keeps how the answers stand as a stage begins. A
// snapshot that is there already stays as it is, so that this may be run again.
func (a *App) SnapAnswers(ctx context.Context, e *event.Event, stage event.Stage) error {
	_, err := a.snap(ctx, e, snapKey(e, string(stage)), stage)
	return err
}

// KeepAnswers is SnapAnswers for who has counted, while going through all
// guests anyway.
func (a *App) KeepAnswers(ctx context.Context, e *event.Event, stood StageCount) error {
	if _, err := a.store.Settings().PutNew(ctx, snapKey(e, string(stood.Stage)), &stood); err != nil {
		return fmt.Errorf("keep answers of %s: %w", e.ID, err)
	}
	return nil
}

// snap counts and keeps, unless that was done; kept is what is stored.
func (a *App) snap(ctx context.Context, e *event.Event, key string, stage event.Stage) (kept StageCount, err error) {
	err = a.store.Settings().Get(ctx, key, &kept)
	if !errors.Is(err, storage.ErrNotFound) {
		return kept, err
	}
	all, err := a.Confirmations(ctx, e)
	if err != nil {
		return kept, err
	}
	kept = StageCount{Stage: stage, At: all.At, AnswerSum: all.Total.AnswerSum}
	if _, err = a.store.Settings().PutNew(ctx, key, &kept); err != nil {
		return kept, fmt.Errorf("keep answers of %s: %w", e.ID, err)
	}
	return kept, nil
}

// stageCounts are the snapshots of the stages that have begun, of this schedule
// of the event.
func (a *App) stageCounts(ctx context.Context, e *event.Event) ([]StageCount, error) {
	var out []StageCount
	for _, s := range event.Reminders() {
		var c StageCount
		err := a.store.Settings().Get(ctx, snapKey(e, string(s)), &c)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// AnswersHour is when the team's group is told how the day's answers stand
// (WIB): the office is still open.
const AnswersHour = 16

// DayOfAnswers is what the team's group is told of one day.
type DayOfAnswers struct {
	Day    time.Time
	Now    StageCount
	Change AnswerSum  // since Since
	Since  *time.Time // the line before; nil for the first one
	Began  event.Stage
}

// toldAnswers names the latest day of which the group was told.
type toldAnswers struct {
	Day string `json:"day"`
}

// AnswersOfDay is what the group is told of today; nil where it is too early,
// where no stage runs (from H-40 until the day), or where the day was told of.
// What it counts is kept, so that asking again gives the same until
// AnswersTold.
func (a *App) AnswersOfDay(ctx context.Context, e *event.Event) (*DayOfAnswers, error) {
	now := a.Now()
	stage, runs := e.StageNow(now)
	day := event.Midnight(now)
	if !runs || now.Before(day.Add(AnswersHour*time.Hour)) {
		return nil, nil
	}
	date := day.Format(time.DateOnly)
	var told toldAnswers
	err := a.store.Settings().Get(ctx, "answers/"+e.ID+"/told", &told)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("answers of the day: %w", err)
	}
	if told.Day == date {
		return nil, nil
	}
	out := &DayOfAnswers{Day: day}
	if out.Now, err = a.snap(ctx, e, "answers/"+e.ID+"/day/"+date, stage); err != nil {
		return nil, fmt.Errorf("answers of the day: %w", err)
	}
	before, err := a.countBefore(ctx, e, told.Day)
	if err != nil {
		return nil, fmt.Errorf("answers of the day: %w", err)
	}
	if before != nil {
		out.Change, out.Since = out.Now.Minus(before.AnswerSum), &before.At
	}
	if event.Midnight(e.StageAt(stage)).Equal(day) {
		out.Began = stage
	}
	return out, nil
}

// countBefore is what the day's line is compared with: the line before, or
// where there is none the beginning of the first stage.
func (a *App) countBefore(ctx context.Context, e *event.Event, toldDay string) (*StageCount, error) {
	if toldDay == "" {
		stages, err := a.stageCounts(ctx, e)
		if err != nil || len(stages) == 0 {
			return nil, err
		}
		return &stages[0], nil
	}
	var c StageCount
	if err := a.store.Settings().Get(ctx, "answers/"+e.ID+"/day/"+toldDay, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// AnswersTold notes that the group has a row about the day.
func (a *App) AnswersTold(ctx context.Context, e *event.Event, d *DayOfAnswers) error {
	err := a.store.Settings().Put(ctx, "answers/"+e.ID+"/told", toldAnswers{Day: d.Day.Format(time.DateOnly)})
	if err != nil {
		return fmt.Errorf("answers told: %w", err)
	}
	return nil
}
