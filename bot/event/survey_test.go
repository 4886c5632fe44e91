package event_test

import (
	"errors"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

func TestSurveyHours(t *testing.T) {
	t.Parallel()
	e := &event.Event{Start: time.Date(2027, 1, 14, 20, 0, 0, 0, event.Jakarta)}
	for at, open := range map[time.Time]bool{
		time.Date(2027, 1, 15, 8, 59, 0, 0, event.Jakarta): false, time.Date(2027, 1, 15, 9, 0, 0, 0, event.Jakarta): true,
		time.Date(2027, 1, 28, 23, 59, 0, 0, event.Jakarta): true, time.Date(2027, 1, 29, 0, 0, 0, 0, event.Jakarta): false,
	} {
		if got := e.SurveyOpen(at); got != open {
			t.Errorf("%s: %v", at, got)
		}
	}
	e.Status = event.EventCancelled
	if e.SurveyOpen(e.SurveyAt()) {
		t.Error("a cancelled event has a survey")
	}
}

func TestSurveyQuestions(t *testing.T) {
	t.Parallel()
	s := event.DefaultSurvey("E")
	old := s.Questions[3].ID
	if err := s.Set(4, event.SurveyWords, " Saran? "); err != nil || s.Questions[3].Text != "Saran?" || s.Questions[3].ID == old {
		t.Errorf("%v, %+v", err, s.Questions[3])
	}
	for _, c := range []struct {
		got, want error
	}{
		{s.Set(6, event.SurveyWords, "x"), event.ErrSurveyFull}, {s.Set(0, event.SurveyWords, "x"), event.ErrNoQuestion}, {s.Set(9, event.SurveyWords, "x"), event.ErrNoQuestion},
		{s.Drop(6), event.ErrNoQuestion}, {s.Drop(5), nil}, {s.Drop(1), nil}, {s.Drop(1), nil}, {s.Drop(1), nil}, {s.Drop(1), event.ErrSurveyEmpty},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%v, not %v", c.got, c.want)
		}
	}
	if len(event.DefaultSurvey("E").Questions) != 5 {
		t.Error("the built-in questions changed along")
	}
}

func TestCountSurvey(t *testing.T) {
	t.Parallel()
	s := event.DefaultSurvey("E")
	replies := []*event.SurveyReply{
		{Answers: []event.SurveyAnswer{{Question: "q1", Rating: 5}, {Question: "q2"}, {Question: "q4", Text: "a"}}},
		{Answers: []event.SurveyAnswer{{Question: "q1", Rating: 4}, {Question: "q2", Rating: 9}, {Question: "gone", Text: "x"}}},
		{Answers: []event.SurveyAnswer{{Question: "q1", Rating: 4}}},
	}
	c := event.CountSurvey(s, replies)
	if c[0].Rated() != 3 || c[0].Tenths() != 43 || c[1].Rated() != 0 || c[1].Tenths() != 0 || c[1].Skipped != 2 || len(c[3].Texts) != 1 || c[4].Skipped != 0 {
		t.Errorf("%+v", c)
	}
}

func TestSurveyReply(t *testing.T) {
	t.Parallel()
	s := event.DefaultSurvey("E")
	var r event.SurveyReply
	if q, ok := r.Next(s); !ok || q.ID != "q1" {
		t.Errorf("%+v", q)
	}
	if !r.Put(event.SurveyAnswer{Question: "q1"}) || r.Said() || r.Put(event.SurveyAnswer{Question: "q1"}) {
		t.Errorf("a question skipped: %+v", r)
	}
	before := r
	if !r.Put(event.SurveyAnswer{Question: "q1", Rating: 2}) || len(r.Answers) != 1 || !r.Said() || before.Said() {
		t.Errorf("changed: %+v, before %+v", r, before)
	}
	if q, ok := r.Next(s); !ok || q.ID != "q2" {
		t.Errorf("%+v", q)
	}
}
