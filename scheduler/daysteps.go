package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// dayStepOf is for how long a suggestion is of use; after a downtime only the
// latest one is made.
const dayStepOf = 3 * time.Hour

// daySteps suggests the steps of the event's day to the team when their time
// has come: opening, documentation, closing, clean-up, each with a photo as
// proof. What is settled is not suggested; an event that moves takes its times
// along.
func (p *Planner) daySteps(ctx context.Context) error {
	group, bound, err := p.App.Group(ctx)
	if err != nil {
		return err
	}
	desk := teamDesk{chat: group.Chat, leads: !bound}
	events, err := p.App.Events(ctx)
	if err != nil {
		return err
	}
	now := p.App.Now()
	for _, e := range events {
		// A rundown may end in the night after.
		if days := e.DaysBefore(now); e.Status == event.EventCancelled || days > 0 || days < -rundownDays {
			continue
		}
		if err := p.suggestStep(ctx, desk, e, now); err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

func (p *Planner) suggestStep(ctx context.Context, desk teamDesk, e *event.Event, now time.Time) error {
	plan, err := p.App.Plan(ctx, e)
	if err != nil {
		return err
	}
	steps, err := p.openDaySteps(ctx, e, plan)
	if err != nil {
		return err
	}
	var due *app.DayStep
	for i, s := range steps {
		if !s.At.After(now) && now.Before(s.At.Add(dayStepOf)) {
			due = &steps[i]
		}
	}
	if due == nil || !due.At.After(e.CreatedAt) {
		return nil
	}
	id := fmt.Sprintf("%s/daystep/%s/%s", e.ID, due.Key, due.At.UTC().Format(time.RFC3339))
	return p.tellHour(ctx, desk, id, e, "daystep", due.At.Add(dayStepOf), func(caps channel.Capabilities) (channel.Outbound, error) {
		return p.Voice.DayStep(ctx, e, *due, caps)
	})
}

// openDaySteps are the steps of the day that are not settled, named.
func (p *Planner) openDaySteps(ctx context.Context, e *event.Event, plan []event.Planned) ([]app.DayStep, error) {
	steps, err := p.App.DaySteps(ctx, e)
	if err != nil {
		return nil, err
	}
	open := steps[:0]
	for _, s := range steps {
		i := slices.IndexFunc(plan, func(k event.Planned) bool { return k.Key == s.Key })
		if i >= 0 && !plan[i].State.Settled() {
			s.Title = p.Texts.TaskTitle(plan[i].Task)
			open = append(open, s)
		}
	}
	return open, nil
}

func (p *Planner) nextDayStep(ctx context.Context, e *event.Event, plan []event.Planned, consider func(time.Time)) error {
	if e.Status == event.EventCancelled {
		return nil
	}
	steps, err := p.openDaySteps(ctx, e, plan)
	for _, s := range steps {
		consider(s.At)
	}
	return err
}
