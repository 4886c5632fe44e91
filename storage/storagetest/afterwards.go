package storagetest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func afterwardsCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"Surveys":     surveyRoundTrip,
		"SurveyPages": surveyPages,
		"SurveyOnce":  surveyOnce,
		"Notes":       noteRoundTrip,
		"Reports":     reportRoundTrip,
	}
}

func sampleSurveyReply(eventID, personID string) *event.SurveyReply {
	return &event.SurveyReply{
		ID: event.ParticipationID(eventID, personID), EventID: eventID, PersonID: personID, Audience: event.UKM, At: at(time.Minute),
		Answers: []event.SurveyAnswer{{Question: "q1", Rating: 5}, {Question: "pa", Text: hard}, {Question: "q5"}},
	}
}

func sampleNote(id string, after time.Duration) *event.Note {
	return &event.Note{ID: "EMK-2027/" + id, EventID: "EMK-2027", Kind: event.NoteBad, Text: hard, By: "telegram:1", Name: hard, At: at(after)}
}

func sampleReport(id string, after time.Duration) *storage.Report {
	return &storage.Report{
		ID: id, EventID: "EMK-2027", Status: storage.ReportAsked, Final: true, N: 2, Reason: hard, Chat: "telegram:1", Row: "in/telegram:u:1/0",
		MadeBy: "telegram:1", Name: hard, Origin: "telegram:u:1", At: at(after), Tries: 1, Fault: hard,
		PDF: storage.ReportFile{Blob: "report/x.pdf", Name: "laporan.pdf", Size: 1 << 20, SHA: "ab"}, XLSX: storage.ReportFile{Blob: "report/x.xlsx"},
		Figures: event.Figures{Registered: 3, Attended: true, Came: 2, Heads: 9, Rating: 43},
	}
}

// fillAfterwards puts some of each into a store.
func fillAfterwards(t *testing.T, s storage.Store) {
	t.Helper()
	ctx := t.Context()
	ok(t, s.SurveyReplies().Save(ctx, sampleSurveyReply("EMK-2027", "telegram:1")))
	ok(t, s.SurveyReplies().Save(ctx, &event.SurveyReply{ID: "EMK-2027/leer", EventID: "EMK-2027"}))
	ok(t, s.Notes().Save(ctx, sampleNote("a", 0)))
	ok(t, s.Notes().Save(ctx, &event.Note{ID: "EMK-2027/b", EventID: "EMK-2027", Gone: true, At: at(0)}))
	ok(t, s.Reports().Save(ctx, sampleReport("r1", 0)))
	made := sampleReport("r2", 0)
	made.Status = storage.ReportGiven
	ok(t, s.Reports().Save(ctx, made))
}

func surveyRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.SurveyReplies().Get(ctx, "EMK-2027/x")
	is(t, err, storage.ErrNotFound)
	r := sampleSurveyReply("EMK-2027", "telegram:1")
	ok(t, s.SurveyReplies().Save(ctx, r))
	equal(t, "version", r.Version, int64(1))
	same(t, must(s.SurveyReplies().Get(ctx, r.ID))(t), r)
	is(t, s.SurveyReplies().Save(ctx, sampleSurveyReply("EMK-2027", "telegram:1")), storage.ErrConflict)
	old := *r
	r.Put(event.SurveyAnswer{Question: "q1", Rating: 2})
	ok(t, s.SurveyReplies().Save(ctx, r))
	is(t, s.SurveyReplies().Save(ctx, &old), storage.ErrConflict)
	same(t, must(s.SurveyReplies().Get(ctx, r.ID))(t), r)
	ok(t, s.SurveyReplies().Delete(ctx, r.ID))
	ok(t, s.SurveyReplies().Delete(ctx, r.ID))
	is(t, s.SurveyReplies().Save(ctx, r), storage.ErrConflict) // it is gone, not new
}

func surveyPages(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, p := range []string{"c", "a", "e", "b", "d"} {
		ok(t, s.SurveyReplies().Save(ctx, sampleSurveyReply("EMK-2027", p)))
	}
	ok(t, s.SurveyReplies().Save(ctx, sampleSurveyReply("EMK-2027B", "a"))) // its ID begins as the others'
	for _, limit := range []int{2, 5, 0} {
		var got []string
		for after := ""; ; {
			page, next, err := s.SurveyReplies().List(ctx, "EMK-2027", after, limit)
			ok(t, err)
			for _, r := range page {
				got = append(got, r.PersonID)
			}
			if after = next; next == "" {
				break
			}
		}
		equal(t, "replies", strings.Join(got, " "), "a b c d e")
	}
}

// surveyOnce has one person answer from many chats at once: all answers are
// in one reply.
func surveyOnce(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	var wg sync.WaitGroup
	fresh := make(chan struct{}, h.Workers)
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			if s.SurveyReplies().Save(ctx, sampleSurveyReply("EMK-2027", "p")) == nil {
				fresh <- struct{}{}
			}
		})
	}
	wg.Wait()
	equal(t, "replies that were new", len(fresh), 1)
}

func noteRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	n := sampleNote("b", time.Minute)
	ok(t, s.Notes().Save(ctx, n))
	same(t, must(s.Notes().Get(ctx, n.ID))(t), n)
	is(t, s.Notes().Save(ctx, sampleNote("b", 0)), storage.ErrConflict)
	for id, after := range map[string]time.Duration{"c": 0, "a": time.Minute} {
		ok(t, s.Notes().Save(ctx, sampleNote(id, after)))
	}
	other := sampleNote("x", 0)
	other.ID, other.EventID = "EMK-2028/x", "EMK-2028"
	ok(t, s.Notes().Save(ctx, other))
	n.Gone = true
	ok(t, s.Notes().Save(ctx, n))
	var got []string
	for _, n := range must(s.Notes().List(ctx, "EMK-2027"))(t) {
		got = append(got, n.ID)
	}
	equal(t, "notes", strings.Join(got, " "), "EMK-2027/c EMK-2027/a EMK-2027/b")
}

func reportRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	r := sampleReport("r1", time.Hour)
	ok(t, s.Reports().Save(ctx, r))
	same(t, must(s.Reports().Get(ctx, r.ID))(t), r)
	is(t, s.Reports().Save(ctx, sampleReport("r1", 0)), storage.ErrConflict)
	ok(t, s.Reports().Save(ctx, sampleReport("r0", 0)))
	other := sampleReport("r2", time.Minute)
	other.EventID = "EMK-2028"
	ok(t, s.Reports().Save(ctx, other))
	ids := func(list []*storage.Report) string {
		var out []string
		for _, r := range list {
			out = append(out, r.ID)
		}
		return strings.Join(out, " ")
	}
	equal(t, "open", ids(must(s.Reports().Open(ctx, 9))(t)), "r0 r2 r1")
	equal(t, "open first", ids(must(s.Reports().Open(ctx, 1))(t)), "r0")
	equal(t, "of the event", ids(must(s.Reports().List(ctx, "EMK-2027"))(t)), "r0 r1")
	equal(t, "all", ids(must(s.Reports().List(ctx, ""))(t)), "r0 r2 r1")
	old := *r
	r.Status = storage.ReportMade
	ok(t, s.Reports().Save(ctx, r))
	equal(t, "made", ids(must(s.Reports().Open(ctx, 9))(t)), "r0 r2 r1")
	r.Status = storage.ReportGiven
	ok(t, s.Reports().Save(ctx, r))
	is(t, s.Reports().Save(ctx, &old), storage.ErrConflict)
	equal(t, "open still", ids(must(s.Reports().Open(ctx, 9))(t)), "r0 r2")
	ok(t, s.Reports().Delete(ctx, "r0"))
	_, err := s.Reports().Get(ctx, "r0")
	is(t, err, storage.ErrNotFound)
}
