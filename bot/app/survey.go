package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// settingSurvey + event ID holds an event.Survey that the lead changed.
const settingSurvey = "survey/"

// SurveyTouchpoint is that of what those who came are sent a day later.
const SurveyTouchpoint = "survey"

// ErrSurveyClosed: no answers are taken (any more), or not of this person.
var ErrSurveyClosed = errors.New("the survey is not open")

// Survey are the questions of an event.
func (a *App) Survey(ctx context.Context, eventID string) (*event.Survey, error) {
	s := event.DefaultSurvey(eventID)
	err := a.store.Settings().Get(ctx, settingSurvey+eventID, s)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("survey of %s: %w", eventID, err)
	}
	return s, nil
}

// ChangeSurvey changes the questions until the survey opens;
// event.ErrSurveyOpen from then on.
func (a *App) ChangeSurvey(ctx context.Context, by Actor, e *event.Event, detail string, change func(*event.Survey) error) (*event.Survey, error) {
	var s *event.Survey
	err := retryConflict(ctx, func() error {
		if !a.Now().Before(e.SurveyAt()) {
			return event.ErrSurveyOpen
		}
		fresh := event.DefaultSurvey(e.ID)
		before := fresh
		if _, err := a.store.Settings().PutNew(ctx, settingSurvey+e.ID, before); err != nil {
			return err
		}
		next := *before
		if err := change(&next); err != nil {
			return err
		}
		next.UpdatedAt = a.Now()
		s = &next
		return a.store.Settings().Swap(ctx, settingSurvey+e.ID, before, s)
	})
	if err != nil {
		return nil, fmt.Errorf("change survey of %s: %w", e.ID, err)
	}
	return s, a.record(ctx, by, "survey.change", e.ID, detail)
}

// ResetSurvey takes the built-in questions again.
func (a *App) ResetSurvey(ctx context.Context, by Actor, e *event.Event) (*event.Survey, error) {
	return a.ChangeSurvey(ctx, by, e, "", func(s *event.Survey) error {
		s.Questions = event.DefaultSurvey(e.ID).Questions
		return nil
	})
}

// SurveyOf finds the open survey that a person may answer: that of the latest
// event at which they were. ErrSurveyClosed where there is none.
func (a *App) SurveyOf(ctx context.Context, personID string) (*event.Participation, *event.Event, error) {
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("survey of %s: %w", personID, err)
	}
	for _, e := range events {
		if !e.SurveyOpen(a.Now()) {
			continue
		}
		g, err := a.store.Participations().Get(ctx, event.ParticipationID(e.ID, personID))
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("survey of %s: %w", personID, err)
		}
		if may, err := a.mayAnswer(ctx, g); err != nil || may {
			return g, e, err
		}
	}
	return nil, nil, ErrSurveyClosed
}

// mayAnswer reports whether a guest is asked: who came, or while nobody was
// checked in who did not say no.
func (a *App) mayAnswer(ctx context.Context, g *event.Participation) (bool, error) {
	if _, _, ok := arrivalOf(g); ok {
		return true, nil
	}
	e, err := a.Event(ctx, g.EventID)
	if err != nil {
		return false, err
	}
	sent, err := a.surveySent(ctx, e)
	return !sent.Attended && g.Reply.Answer != event.No, err
}

// surveySent is how the survey went out; the zero value while it did not.
func (a *App) surveySent(ctx context.Context, e *event.Event) (SurveySent, error) {
	var sent SurveySent
	err := a.store.Settings().Get(ctx, SurveySentKey(e), &sent)
	if errors.Is(err, storage.ErrNotFound) {
		err = nil
	}
	return sent, err
}

// SurveyReply is what a guest answered so far; an empty one where nothing.
func (a *App) SurveyReply(ctx context.Context, g *event.Participation) (*event.SurveyReply, error) {
	r, err := a.store.SurveyReplies().Get(ctx, g.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return &event.SurveyReply{ID: g.ID, EventID: g.EventID, PersonID: g.PersonID, Audience: g.Audience}, nil
	}
	return r, err
}

// AnswerSurvey puts one answer down, or another one in its place.
func (a *App) AnswerSurvey(ctx context.Context, g *event.Participation, answer event.SurveyAnswer) (*event.SurveyReply, error) {
	e, err := a.Event(ctx, g.EventID)
	if err != nil {
		return nil, fmt.Errorf("answer survey: %w", err)
	}
	s, err := a.Survey(ctx, g.EventID)
	if err != nil {
		return nil, fmt.Errorf("answer survey: %w", err)
	}
	if _, ok := s.Question(answer.Question); !ok || !e.SurveyOpen(a.Now()) {
		return nil, ErrSurveyClosed
	}
	if may, err := a.mayAnswer(ctx, g); err != nil || !may {
		return nil, errors.Join(ErrSurveyClosed, err)
	}
	var r *event.SurveyReply
	err = retryConflict(ctx, func() error {
		var err error
		if r, err = a.SurveyReply(ctx, g); err != nil {
			return err
		}
		if !r.Put(answer) {
			return nil
		}
		r.At = a.Now()
		return a.store.SurveyReplies().Save(ctx, r)
	})
	if err != nil {
		return nil, fmt.Errorf("answer survey: %w", err)
	}
	return r, nil
}

// SurveyResults are the answers to an event's survey. They name nobody.
type SurveyResults struct {
	Counts  []event.SurveyCount
	Replies int // who answered anything
	Asked   int // who was sent it
	Tenths  int // the mean of all ratings, in tenths; 0: none
}

// SurveyResults counts the answers as they are now.
func (a *App) SurveyResults(ctx context.Context, e *event.Event) (*SurveyResults, error) {
	s, err := a.Survey(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	var all []*event.SurveyReply
	err = a.eachSurveyReply(ctx, e.ID, func(r *event.SurveyReply) error {
		if r.Said() {
			all = append(all, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("survey results of %s: %w", e.ID, err)
	}
	// In the order of answering, not of people.
	slices.SortStableFunc(all, func(x, y *event.SurveyReply) int { return x.At.Compare(y.At) })
	out := &SurveyResults{Counts: event.CountSurvey(s, all), Replies: len(all)}
	whole := event.SurveyCount{}
	for _, c := range out.Counts {
		for i, n := range c.Ratings {
			whole.Ratings[i] += n
		}
	}
	out.Tenths = whole.Tenths()
	sent, err := a.surveySent(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("survey results of %s: %w", e.ID, err)
	}
	out.Asked = sent.Asked
	return out, nil
}

// SurveySent notes how many were sent the survey.
type SurveySent struct {
	// Attended: check-ins were known then.
	Attended bool `json:"attended"`
	Asked    int  `json:"asked"`
	Missed   int  `json:"missed"` // those who said yes and did not come
}

// SurveySentKey is the setting that holds it, for one schedule of an event.
func SurveySentKey(e *event.Event) string {
	return fmt.Sprintf("surveysent/%s/%d", e.ID, e.Schedule)
}

func (a *App) eachSurveyReply(ctx context.Context, eventID string, fn func(*event.SurveyReply) error) error {
	for after := ""; ; {
		page, next, err := a.store.SurveyReplies().List(ctx, eventID, after, 500)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
		}
		if after = next; next == "" {
			return nil
		}
	}
}

// surveysOf are what a person answered after the events that they take part
// in.
func (a *App) surveysOf(ctx context.Context, parts []*event.Participation) ([]*event.SurveyReply, error) {
	var out []*event.SurveyReply
	for _, p := range parts {
		r, err := a.store.SurveyReplies().Get(ctx, p.ID)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// forgetSurveys deletes what a person answered.
func (a *App) forgetSurveys(ctx context.Context, personID string) error {
	parts, err := a.participationsOf(ctx, personID)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := a.store.SurveyReplies().Delete(ctx, p.ID); err != nil {
			return fmt.Errorf("survey: %w", err)
		}
	}
	return nil
}

// retireSurvey deletes the answers of an event that is long over; its final
// report keeps the figures.
func (a *App) retireSurvey(ctx context.Context, eventID string) error {
	var ids []string
	err := a.eachSurveyReply(ctx, eventID, func(r *event.SurveyReply) error {
		ids = append(ids, r.ID)
		return nil
	})
	for _, id := range ids {
		err = errors.Join(err, a.store.SurveyReplies().Delete(ctx, id))
	}
	return err
}

// moveSurvey gives what from answered to the one whom they are merged into,
// who keeps their own answers.
func (a *App) moveSurvey(ctx context.Context, from *event.Participation, keep string) error {
	old, err := a.store.SurveyReplies().Get(ctx, from.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	id := event.ParticipationID(from.EventID, keep)
	err = retryConflict(ctx, func() error {
		to, err := a.store.SurveyReplies().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			to, err = &event.SurveyReply{ID: id, EventID: old.EventID, PersonID: keep, Audience: old.Audience, At: old.At}, nil
		}
		if err != nil {
			return err
		}
		for _, x := range old.Answers {
			if mine, ok := to.Answer(x.Question); !ok || !mine.Said() {
				to.Put(x)
			}
		}
		return a.store.SurveyReplies().Save(ctx, to)
	})
	if err != nil {
		return err
	}
	return a.store.SurveyReplies().Delete(ctx, old.ID)
}
