package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Afterword writes what is said when an event is over (SOP steps 15 and 16).
type Afterword interface {
	// Survey writes to a guest: thanks and the first question to those who
	// came, a kind word to those who could not. certain: they were checked in.
	// It may open a dialog in c.
	Survey(ctx context.Context, c *storage.Chat, caps channel.Capabilities, e *event.Event, g *event.Participation, came, certain bool) ([]storage.Message, error)
	// EvaluationAsk asks the team how it went.
	EvaluationAsk(ctx context.Context, e *event.Event, caps channel.Capabilities) (channel.Outbound, error)
	// EvaluationRow is the row by which a chat is asked.
	EvaluationRow(e *event.Event, chat channel.Chat) string
	// MakeReport makes the files of a report.
	MakeReport(ctx context.Context, r *storage.Report, progress func(done, of int)) (pdf, xlsx []byte, f event.Figures, err error)
	// ReportText writes how far a report is, or that it failed.
	ReportText(ctx context.Context, r *storage.Report, done, of int) (string, error)
	// ReportFiles are the messages that hand it out.
	ReportFiles(ctx context.Context, r *storage.Report) ([]channel.Outbound, error)
}

// surveyLate is how long after its time the survey still goes out: thanks that
// a downtime held up for longer would surprise more than they please.
const surveyLate = 4 * 24 * time.Hour

// surveys sends the survey of each event whose morning after has come, once.
// A row has a unique key, and the marker comes last: after a crash the rest is
// sent, and nothing twice.
func (p *Planner) surveys(ctx context.Context) error {
	events, err := p.App.Events(ctx)
	if err != nil {
		return err
	}
	now := p.App.Now()
	for _, e := range events {
		if !e.SurveyOpen(now) || now.Sub(e.SurveyAt()) > surveyLate {
			continue
		}
		if err := p.surveyOf(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

func (p *Planner) surveyOf(ctx context.Context, e *event.Event) error {
	var sent app.SurveySent
	err := p.Store.Settings().Get(ctx, app.SurveySentKey(e), &sent)
	if err == nil {
		return nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	presence, err := p.App.PresenceOf(ctx, e.ID)
	if err != nil {
		return err
	}
	sent.Attended = presence.Known
	err = p.App.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID, Limit: planPage}, func(g *event.Participation) error {
		came := presence.Counts(g)
		if g.Audience == event.Official || g.Closed != event.StillOpen || !came && !g.Reply.Comes() {
			return nil // officials are reached through their liaison
		}
		told, err := p.surveyGuest(ctx, e, g, came, presence.Known)
		switch {
		case !told:
		case came:
			sent.Asked++
		default:
			sent.Missed++
		}
		return err
	})
	if err != nil {
		return err
	}
	return p.Store.Settings().Put(ctx, app.SurveySentKey(e), sent)
}

// surveyGuest queues what one guest gets; told is false where they cannot be
// written to.
func (p *Planner) surveyGuest(ctx context.Context, e *event.Event, g *event.Participation, came, certain bool) (told bool, err error) {
	person, err := p.Store.People().Get(ctx, g.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	chat := p.reach(g, person)
	if chat.IsZero() || chat.Channel == channel.Email && !came {
		return false, nil
	}
	err = retryConflict(ctx, func() error {
		c, err := p.Store.Chats().Get(ctx, chat.String())
		fresh := errors.Is(err, storage.ErrNotFound)
		if fresh {
			c, err = &storage.Chat{ID: chat.String(), PersonID: g.PersonID}, nil
		}
		if err != nil {
			return err
		}
		rows, err := p.Voice.Survey(ctx, c, p.caps[chat.Channel], e, g, came, certain)
		if err != nil {
			return err
		}
		if _, err := p.Store.Outbox().AddAll(ctx, rows); err != nil {
			return err
		}
		if fresh && c.Dialog == "" {
			return nil // an address has no memory
		}
		return p.Store.Chats().Save(ctx, c)
	})
	return err == nil, err
}

// evaluations asks the team, on the day after an event, how it went.
func (p *Planner) evaluations(ctx context.Context) error {
	events, err := p.App.Events(ctx)
	if err != nil {
		return err
	}
	now := p.App.Now()
	for _, e := range events {
		at := e.EvaluationAt()
		if e.Status == event.EventCancelled || now.Before(at) || now.Sub(at) > surveyLate {
			continue
		}
		group, bound, err := p.App.Group(ctx)
		if err != nil {
			return err
		}
		err = p.toTeam(ctx, teamDesk{chat: group.Chat, leads: !bound}, func(chat channel.Chat, personID string) error {
			body, err := p.Voice.EvaluationAsk(ctx, e, p.caps[chat.Channel])
			if err != nil {
				return err
			}
			m := p.row(p.Voice.EvaluationRow(e, chat), chat, "", e.ID, "evaluate", nil)
			m.Body, m.PersonID = body, personID
			ends := at.Add(surveyLate)
			m.ExpiresAt = &ends
			_, err = p.Store.Outbox().Add(ctx, m)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

// progressEvery is after how many pictures the message that shows how far a
// report is is changed.
const progressEvery = 25

// reports makes what reports were asked for and hands them out. The files are
// kept, and the report closed, before anybody gets them: what was handed out
// is what is kept.
func (p *Planner) reports(ctx context.Context) error {
	open, err := p.Store.Reports().Open(ctx, 10)
	if err != nil {
		return err
	}
	var faults []error
	for _, r := range open {
		err := p.report(ctx, r)
		if errors.Is(err, storage.ErrConflict) {
			continue // another look is at it
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("report %s: %w", r.ID, err))
		}
	}
	return errors.Join(faults...)
}

func (p *Planner) report(ctx context.Context, r *storage.Report) error {
	chat, err := channel.ParseChat(r.Chat)
	if err != nil {
		return err
	}
	if r.Status == storage.ReportAsked {
		ok, err := p.App.BeginReport(ctx, r)
		if err != nil {
			return err
		}
		if !ok {
			return p.reportFailed(ctx, r, chat)
		}
		pdf, xlsx, figures, err := p.Voice.MakeReport(ctx, r, p.reportProgress(ctx, r, chat))
		if err != nil {
			if ctx.Err() == nil {
				err = errors.Join(err, p.App.FailReport(ctx, r, err))
				p.App.Stir()
			}
			return err
		}
		if err := p.App.KeepReport(ctx, r, pdf, xlsx, figures); err != nil {
			return err
		}
	}
	files, err := p.Voice.ReportFiles(ctx, r)
	if err != nil {
		return err
	}
	for i, body := range files {
		m := p.row(fmt.Sprintf("report/%s/%d", r.ID, i), chat, "", r.EventID, "report", nil)
		m.Body, m.Lane, m.PersonID = body, storage.LaneAnswer, r.MadeBy
		m.Order += int64(i)
		if _, err := p.Store.Outbox().Add(ctx, m); err != nil {
			return err
		}
	}
	return p.App.GiveReport(ctx, r)
}

func (p *Planner) reportFailed(ctx context.Context, r *storage.Report, chat channel.Chat) error {
	p.Log.Error().Str("report", r.ID).Str("fault", r.Fault).Msg("report given up, who asked is told")
	text, err := p.Voice.ReportText(ctx, r, 0, 0)
	if err != nil {
		return err
	}
	m := p.row("report/"+r.ID+"/failed", chat, text, r.EventID, "report", nil)
	m.Lane, m.PersonID = storage.LaneAnswer, r.MadeBy
	_, err = p.Store.Outbox().Add(ctx, m)
	return err
}

// reportProgress changes the message that said that a report is being made.
// Where the channel cannot edit it stays as it is: the report takes seconds.
func (p *Planner) reportProgress(ctx context.Context, r *storage.Report, chat channel.Chat) func(done, of int) {
	return func(done, of int) {
		if !p.caps[chat.Channel].Edit || done == 0 || done%progressEvery != 0 {
			return
		}
		text, err := p.Voice.ReportText(ctx, r, done, of)
		if err == nil {
			m := p.row(fmt.Sprintf("report/%s/at/%d.%d", r.ID, r.Tries, done), chat, text, r.EventID, "report", nil)
			m.Lane, m.Edits, m.PersonID = storage.LaneAnswer, r.Row, r.MadeBy
			_, err = p.Store.Outbox().Add(ctx, m)
		}
		if err != nil {
			p.Log.Warn().Err(err).Str("report", r.ID).Msg("progress not shown")
			return
		}
		p.Wake()
	}
}

// nextAfterwards considers when something is said of an event that is over.
func nextAfterwards(events []*event.Event, consider func(time.Time)) {
	for _, e := range events {
		consider(e.SurveyAt())
		consider(e.EvaluationAt())
	}
}
