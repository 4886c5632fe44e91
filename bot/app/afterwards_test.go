package app_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func (h *house) guest(personID string) *event.Participation {
	h.t.Helper()
	g, err := h.store.Participations().Get(h.ctx(), event.ParticipationID(h.e.ID, personID))
	h.must(err)
	return g
}

func (h *house) replies() []*event.SurveyReply {
	h.t.Helper()
	all, _, err := h.store.SurveyReplies().List(h.ctx(), h.e.ID, "", 0)
	h.must(err)
	return all
}

func rated(q string, n int) event.SurveyAnswer { return event.SurveyAnswer{Question: q, Rating: n} }

// TestSurveyAnswers: one reply for each person, changeable while the survey is
// open; questions that do not exist and people who said no have none.
func TestSurveyAnswers(t *testing.T) {
	t.Parallel()
	h := open(t)
	siti, dedi := h.meets("siti", "1", ""), h.meets("dedi", "2", "")
	h.registers(siti, "d1", "Keripik", "2")
	h.registers(dedi, "d2", "Batik", "2")
	_, err := h.Answer(h.ctx(), h.by(), h.guest(dedi.ID).ID, event.Reply{Answer: event.No})
	h.must(err)
	if _, err := h.AnswerSurvey(h.ctx(), h.guest(siti.ID), rated("q1", 5)); !errors.Is(err, app.ErrSurveyClosed) {
		t.Errorf("before it opens: %v", err)
	}
	h.clock.Set(h.e.SurveyAt())
	if _, err := h.AnswerSurvey(h.ctx(), h.guest(dedi.ID), rated("q1", 5)); !errors.Is(err, app.ErrSurveyClosed) {
		t.Errorf("of who said no: %v", err)
	}
	if _, err := h.AnswerSurvey(h.ctx(), h.guest(siti.ID), rated("q9", 5)); !errors.Is(err, app.ErrSurveyClosed) {
		t.Errorf("to a question that is none: %v", err)
	}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			if _, err := h.AnswerSurvey(h.ctx(), h.guest(siti.ID), rated(fmt.Sprint("q", i%3+1), 4)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	_, err = h.AnswerSurvey(h.ctx(), h.guest(siti.ID), rated("q1", 1))
	h.must(err)
	if all := h.replies(); len(all) != 1 || len(all[0].Answers) != 3 {
		t.Fatalf("%+v", all)
	}
	r, err := h.SurveyResults(h.ctx(), h.e)
	if err != nil || r.Replies != 1 || r.Tenths != 30 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := h.ChangeSurvey(h.ctx(), h.by(), h.e, "", func(*event.Survey) error { return nil }); !errors.Is(err, event.ErrSurveyOpen) {
		t.Errorf("questions changed while it is open: %v", err)
	}
	h.clock.Set(h.e.SurveyEnds())
	if _, err := h.AnswerSurvey(h.ctx(), h.guest(siti.ID), rated("q1", 5)); !errors.Is(err, app.ErrSurveyClosed) {
		t.Errorf("after its end: %v", err)
	}
}

// TestSurveyOfPeopleWhoGo: what somebody answered goes with them, and along
// where two are one; after years only the team's remarks stay, without names.
func TestSurveyOfPeopleWhoGo(t *testing.T) {
	t.Parallel()
	h := open(t)
	siti, other, dedi := h.meets("siti", "1", ""), h.meets("", "2", "+6281277776666"), h.meets("dedi", "3", "")
	for i, p := range []*event.Person{siti, other, dedi} {
		h.registers(p, fmt.Sprint("d", i), fmt.Sprint("Usaha ", i), "1")
	}
	h.clock.Set(h.e.SurveyAt())
	for _, x := range []struct {
		of *event.Person
		a  event.SurveyAnswer
	}{{siti, rated("q1", 5)}, {siti, rated("q2", 0)}, {other, rated("q1", 1)}, {other, rated("q2", 3)}, {dedi, rated("q1", 2)}} {
		_, err := h.AnswerSurvey(h.ctx(), h.guest(x.of.ID), x.a)
		h.must(err)
	}
	by := h.by()
	by.Person = &event.Person{ID: dedi.ID, Name: "Dedi Rahasia"}
	notes, err := h.AddNotes(h.ctx(), by, h.e.ID, []app.Remark{{Kind: event.NoteBad, Text: "hujan"}, {Kind: event.NoteGood, Text: "ramai"}})
	h.must(err)
	again, err := h.AddNotes(h.ctx(), by, h.e.ID, []app.Remark{{Kind: event.NoteBad, Text: "hujan"}, {Kind: event.NoteGood, Text: "ramai"}})
	if err != nil || len(again) != 2 || again[1].ID != notes[1].ID {
		t.Errorf("noted twice: %+v, %v", again, err)
	}

	_, err = h.Merge(h.ctx(), h.lead, siti.ID, other.ID)
	h.must(err)
	r, err := h.SurveyReply(h.ctx(), h.guest(siti.ID))
	h.must(err)
	one, _ := r.Answer("q1")
	two, _ := r.Answer("q2")
	if one.Rating != 5 || two.Rating != 3 || len(h.replies()) != 2 {
		t.Errorf("merged: %+v of %d", r, len(h.replies()))
	}

	by = h.by()
	by.Person = dedi
	data, err := h.DataOf(h.ctx(), dedi)
	if err != nil || len(data.Surveys) != 1 {
		t.Errorf("data: %+v, %v", data.Surveys, err)
	}
	_, err = h.DeletePerson(h.ctx(), by)
	h.must(err)
	if all := h.replies(); len(all) != 1 || all[0].PersonID != siti.ID {
		t.Errorf("after they went: %+v", all)
	}
	all, err := h.Notes(h.ctx(), h.e.ID)
	h.must(err)
	for _, n := range all {
		if n.By != "" || n.Name != "" || n.Text == "" {
			t.Errorf("a remark names who went: %+v", n)
		}
	}

	_, err = h.AddNotes(h.ctx(), h.lead, h.e.ID, []app.Remark{{Kind: event.NoteNext, Text: "tenda"}})
	h.must(err)
	h.clock.Set(h.e.Day().AddDate(2, 0, 1))
	h.must(h.Retire(h.ctx()))
	all, err = h.Notes(h.ctx(), h.e.ID)
	if err != nil || len(all) != 3 || all[2].Name != "" || len(h.replies()) != 0 {
		t.Errorf("after years: %+v, %d replies, %v", all, len(h.replies()), err)
	}
}

// TestLastNotes: the latest event before that has any.
func TestLastNotes(t *testing.T) {
	t.Parallel()
	h := open(t)
	later := h.event(h.e.Start.AddDate(1, 0, 0))
	if old, _, err := h.LastNotes(h.ctx(), later); err != nil || old != nil {
		t.Errorf("%+v, %v", old, err)
	}
	notes, err := h.AddNotes(h.ctx(), h.lead, h.e.ID, []app.Remark{{Kind: event.NoteNext, Text: "tenda"}})
	h.must(err)
	if old, got, err := h.LastNotes(h.ctx(), later); err != nil || old == nil || old.ID != h.e.ID || len(got) != 1 {
		t.Errorf("%+v, %+v, %v", old, got, err)
	}
	by := h.by()
	by.Person = &event.Person{ID: "telegram:9", Role: event.Member}
	if _, err := h.DropNote(h.ctx(), by, notes[0].ID, true); !errors.Is(err, app.ErrNotYours) {
		t.Errorf("somebody else's: %v", err)
	}
	_, err = h.DropNote(h.ctx(), app.Actor{Person: &event.Person{ID: "x", Role: event.Lead}, Inbound: "drop"}, notes[0].ID, true)
	h.must(err)
	if old, _, err := h.LastNotes(h.ctx(), later); err != nil || old != nil {
		t.Errorf("what was taken back is shown: %+v, %v", old, err)
	}
}

// TestOneFinalReport: of many who ask at once one version comes.
func TestOneFinalReport(t *testing.T) {
	t.Parallel()
	h := open(t)
	var wg sync.WaitGroup
	ids := make(chan string, 8)
	for i := range 8 {
		wg.Go(func() {
			by := h.lead
			by.Inbound, by.Chat = fmt.Sprint("ask", i), "telegram:1"
			r, err := h.AskReport(h.ctx(), by, h.e, true, "", "row")
			if err != nil {
				t.Error(err)
				return
			}
			ids <- r.ID
		})
	}
	wg.Wait()
	close(ids)
	for id := range ids {
		if id != h.e.ID+"/final/1" {
			t.Errorf("another version: %s", id)
		}
	}
	open, err := h.store.Reports().Open(h.ctx(), 9)
	if err != nil || len(open) != 1 || open[0].Status != storage.ReportAsked || open[0].At.After(time.Now().AddDate(9, 0, 0)) {
		t.Errorf("%+v, %v", open, err)
	}
}
