package scheduler

import (
	"context"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// answers tells the team's group once a day how the guests' answers stand,
// from H-40 until the day: where something changed since the last time, or a
// stage began. Otherwise it is silent.
func (p *Planner) answers(ctx context.Context) error {
	group, bound, err := p.App.Group(ctx)
	if err != nil || !bound {
		return err
	}
	events, err := p.App.Upcoming(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		day, err := p.App.AnswersOfDay(ctx, e)
		if err == nil && day != nil {
			err = p.tellAnswers(ctx, group, e, day)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

func (p *Planner) tellAnswers(ctx context.Context, group app.TeamGroup, e *event.Event, day *app.DayOfAnswers) error {
	if day.Now.Guests == 0 || day.Change.IsZero() && day.Began == "" {
		return p.App.AnswersTold(ctx, e, day)
	}
	data := templates.Data{"Event": e, "Days": e.DaysBefore(p.App.Now()), "Now": day.Now, "Change": day.Change, "Since": day.Since, "Began": day.Began != ""}
	if err := p.attention(ctx, e, data); err != nil {
		return err
	}
	text, err := p.Texts.Text("answers.day", data)
	if err != nil {
		return err
	}
	buttons := [][]channel.Button{{{Label: p.Texts.Label("menu", "konfirmasi"), Value: "/konfirmasi"}}}
	m := p.row(fmt.Sprintf("%s/answers/%s", e.ID, day.Day.Format(time.DateOnly)), group.Chat, text, e.ID, "answers", buttons)
	tomorrow := day.Day.AddDate(0, 0, 1).Add(app.AnswersHour * time.Hour)
	m.ExpiresAt = &tomorrow
	if _, err := p.Store.Outbox().Add(ctx, m); err != nil {
		return err
	}
	return p.App.AnswersTold(ctx, e, day)
}

// attention adds what the team should look after.
func (p *Planner) attention(ctx context.Context, e *event.Event, data templates.Data) error {
	all, err := p.App.Confirmations(ctx, e)
	if err != nil {
		return err
	}
	open, err := p.Store.Questions().Open(ctx, 100)
	if err != nil {
		return err
	}
	officials := 0
	for _, g := range all.VIP {
		if g.InvitedAt != nil && g.Closed == event.StillOpen && (g.Reply.Answer == event.Silent || g.Reply.Answer == event.Maybe) {
			officials++
		}
	}
	data["Calls"], data["Questions"], data["Officials"] = all.Total.CallDue, len(open), officials
	return nil
}

// nextAnswers considers when the group is told of the answers.
func (p *Planner) nextAnswers(from time.Time, events []*event.Event, consider func(time.Time)) {
	for _, e := range events {
		at := event.Midnight(from).Add(app.AnswersHour * time.Hour)
		if !at.After(from) {
			at = at.AddDate(0, 0, 1)
		}
		if _, runs := e.StageNow(at); runs {
			consider(at)
		} else if first := event.Midnight(e.StageAt(event.StageH40)).Add(app.AnswersHour * time.Hour); first.After(from) {
			consider(first)
		}
		for _, s := range event.Reminders() {
			consider(e.StageAt(s))
		}
		if n := e.News; n != nil {
			consider(n.At.Add(event.SinceNews)) // stages that wait for it
		}
	}
}
