package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// planPage is how many guests are planned at a time.
const planPage = 1000

// stageDone marks a stage as planned, for one schedule of an event.
type stageDone struct {
	At    time.Time `json:"at"`
	Rows  int       `json:"rows"`
	Calls int       `json:"calls"`
}

// remind plans the reminder stage that has begun (SOP step 8): a row for each
// guest whom the table asks something of. It plans a stage once: the rows have
// unique keys, and a marker spares looking again. A stage that was missed by
// downtime is sent only where no later one has begun.
//
// In quiet hours, where a program that was down may find itself, it waits: the
// texts count days, and what is written at night would be read the next day.
func (p *Planner) remind(ctx context.Context) error {
	if p.Quiet != nil && p.Quiet(p.App.Now()) {
		return nil
	}
	events, err := p.App.Upcoming(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		stage, ok := e.StageNow(p.App.Now())
		if !ok {
			continue
		}
		// First the news that it was moved, then reminders of the new date.
		told, err := p.App.NewsTold(ctx, e)
		if err != nil {
			return err
		}
		if !told {
			continue
		}
		if err := p.planStage(ctx, e, stage); err != nil {
			return fmt.Errorf("%s of %s: %w", stage, e.ID, err)
		}
	}
	return nil
}

func (p *Planner) planStage(ctx context.Context, e *event.Event, stage event.Stage) error {
	key := fmt.Sprintf("stage/%s/%d/%s", e.ID, e.Schedule, stage)
	var done stageDone
	err := p.Store.Settings().Get(ctx, key, &done)
	if err == nil {
		return nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	gone, wait := e.News.Holds(e, stage, p.App.Now())
	if wait {
		return nil
	}
	extras, err := p.attachments(ctx, e)
	if err != nil {
		return err
	}
	stood := app.StageCount{Stage: stage, At: p.App.Now()}
	if !gone {
		if err := p.planPages(ctx, e, stage, extras, &stood.AnswerSum, &done); err != nil {
			return err
		}
		err = p.App.KeepAnswers(ctx, e, stood)
	} else {
		err = p.App.SnapAnswers(ctx, e, stage)
	}
	if err != nil {
		return err
	}
	done.At = p.App.Now()
	if err := p.tellStage(ctx, e, stage, done); err != nil {
		return err
	}
	return p.Store.Settings().Put(ctx, key, done)
}

// guestPage is a page of guests with what is known of them as people.
type guestPage struct {
	guests []*event.Participation
	people map[string]*event.Person
}

// stagePage is what a stage has for the guests of one page: messages, and who
// goes on the call list.
type stagePage struct {
	rows []storage.Message
	ring []*event.Participation
}

// planPages goes through all guests and counts how their answers stood. Reading
// a page, writing the messages of the one before, and storing those of the
// pages before that go on side by side.
func (p *Planner) planPages(ctx context.Context, e *event.Event, stage event.Stage, extras *attachments, stood *app.AnswerSum, done *stageDone) error {
	g, ctx := errgroup.WithContext(ctx)
	read, rows, ring := make(chan guestPage), make(chan []storage.Message), make(chan []*event.Participation)
	g.Go(func() error {
		defer close(read)
		return p.eachPage(ctx, e, func(page guestPage) error { return send(ctx, read, page) })
	})
	g.Go(func() error {
		defer close(rows)
		defer close(ring)
		for page := range read {
			for _, guest := range page.guests {
				stood.Count(guest)
			}
			out, err := p.stagePage(ctx, e, stage, page, extras)
			if err != nil {
				return err
			}
			done.Rows += len(out.rows)
			done.Calls += len(out.ring)
			if err := errors.Join(send(ctx, rows, out.rows), send(ctx, ring, out.ring)); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for batch := range rows {
			if _, err := p.Store.Outbox().AddAll(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for batch := range ring {
			if err := p.callAll(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// send hands a value on, unless the work was called off.
func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// eachPage reads all guests of an event, a page at a time.
func (p *Planner) eachPage(ctx context.Context, e *event.Event, do func(guestPage) error) error {
	q := storage.ParticipationQuery{EventID: e.ID, Limit: planPage}
	for {
		guests, next, err := p.Store.Participations().List(ctx, q)
		if err != nil {
			return err
		}
		people, err := p.peopleOf(ctx, guests)
		if err != nil {
			return err
		}
		if err := do(guestPage{guests, people}); err != nil || next == "" {
			return err
		}
		q.After = next
	}
}

// stagePage makes the rows of one page, and says who goes on the call list:
// whom no channel reaches or the last asking is for.
func (p *Planner) stagePage(ctx context.Context, e *event.Event, stage event.Stage, page guestPage, extras *attachments) (out stagePage, err error) {
	now := p.App.Now()
	for _, g := range page.guests {
		msg := g.MessageAt(stage, now)
		if msg == event.NoMessage {
			continue
		}
		person := page.people[g.PersonID]
		if person != nil && person.StoppedAt != nil {
			continue // not by telephone either
		}
		chat := p.reach(g, person)
		if msg == event.MsgAskLast || chat.IsZero() && msg != event.MsgEve && msg != event.MsgThanks {
			out.ring = append(out.ring, g)
		}
		if chat.IsZero() {
			last := msg == event.MsgPrepare || msg == event.MsgEve
			if to, _, err := p.delegateOf(ctx, g, chat); err != nil || !last || to.IsZero() {
				if err != nil {
					return out, err
				}
				continue
			}
		}
		m, err := p.stageRow(ctx, e, stage, msg, g, chat, extras)
		if err != nil {
			return out, err
		}
		out.rows = append(out.rows, m)
	}
	return out, nil
}

// callAll puts guests on the call list who are not on it.
func (p *Planner) callAll(ctx context.Context, ring []*event.Participation) error {
	var due []*event.Participation
	for _, g := range ring {
		if g.Call == event.NoCall {
			on := *g
			on.Call, on.UpdatedAt = event.CallDue, p.App.Now()
			due = append(due, &on)
		}
	}
	saved, err := p.Store.Participations().SaveAll(ctx, due)
	if err != nil || saved == len(due) {
		return err
	}
	for _, g := range due { // somebody answered in this moment: one by one
		if err := p.callList(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// reach is where a guest can be written to: their own chat, else e-mail. A
// stranger has no chat with us, so nothing is sent to them by itself.
func (p *Planner) reach(g *event.Participation, person *event.Person) channel.Chat {
	if person == nil || person.StoppedAt != nil {
		return channel.Chat{}
	}
	if chat, err := channel.ParseChat(person.PrivateChat()); err == nil && p.has(chat.Channel) {
		return chat
	}
	if g.MailTo() != "" && p.has(channel.Email) {
		return channel.Chat{Channel: channel.Email, ID: g.MailTo()}
	}
	return channel.Chat{}
}

func (p *Planner) has(name channel.Name) bool { _, ok := p.caps[name]; return ok }

func (p *Planner) callList(ctx context.Context, g *event.Participation) error {
	return retryConflict(ctx, func() error {
		fresh, err := p.Store.Participations().Get(ctx, g.ID)
		if err != nil || fresh.Call != event.NoCall {
			return err
		}
		fresh.Call = event.CallDue
		return p.Store.Participations().Save(ctx, fresh)
	})
}

func stageAfter(e *event.Event, s event.Stage) (time.Time, bool) {
	all := event.Reminders()
	for i, st := range all {
		if st == s && i+1 < len(all) {
			return e.StageAt(all[i+1]), true
		}
	}
	return time.Time{}, false
}

// tellStage tells the team's group that a stage began.
func (p *Planner) tellStage(ctx context.Context, e *event.Event, stage event.Stage, done stageDone) error {
	group, bound, err := p.App.Group(ctx)
	if err != nil || !bound || done.Rows+done.Calls == 0 {
		return err
	}
	text, err := p.Texts.Text("remind.group", templates.Data{"Event": e, "Days": e.DaysBefore(p.App.Now()), "Rows": done.Rows, "Calls": done.Calls})
	if err != nil {
		return err
	}
	_, err = p.Store.Outbox().Add(ctx, p.row(fmt.Sprintf("stage/%s/%d/%s", e.ID, e.Schedule, stage), group.Chat, text, e.ID, "stage", nil))
	return err
}
