package storagetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func broadcastCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip": broadcastRoundTrip,
		"List":      broadcastList,
	}
}

func questionCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip": questionRoundTrip,
		"Open":      questionOpen,
		"Erase":     questionErase,
	}
}

func sampleBroadcast(id string) *storage.Broadcast {
	return &storage.Broadcast{
		ID: id, EventID: "EMK-2027", Audiences: []event.Audience{event.UKM, event.Koperasi},
		Texts:   map[string]string{string(event.UKM): hard, string(event.Koperasi): ""},
		Files:   []channel.File{{Blob: "surat/1", Name: "surat.pdf", MIME: "application/pdf"}, {Blob: "poster", Photo: true}},
		Posters: map[string]channel.File{"ukm": {Blob: "poster/ukm", Name: "p.png", Photo: true}}, LetterID: "abcdef",
		Status: storage.BroadcastRunning, Cursor: "EMK-2027/telegram:7", Queued: true, Total: 500, StartAt: at(time.Hour),
		MadeBy: "telegram:1", OkBy: "telegram:2", Board: "telegram:-100", BoardRow: "bc/1", Shown: 3, ShownText: "320/500 (64%)",
		CreatedAt: at(0), UpdatedAt: at(time.Minute),
	}
}

func broadcastRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Broadcasts().Get(ctx, "b")
	is(t, err, storage.ErrNotFound)
	for _, b := range []*storage.Broadcast{sampleBroadcast("b"), {ID: "bare"}} {
		ok(t, s.Broadcasts().Save(ctx, b))
		equal(t, "version", b.Version, int64(1))
		same(t, must(s.Broadcasts().Get(ctx, b.ID))(t), b)
		is(t, s.Broadcasts().Save(ctx, sampleBroadcast(b.ID)), storage.ErrConflict)
		old := *b
		b.Status, b.Cursor = storage.BroadcastPaused, "EMK-2027/telegram:8"
		ok(t, s.Broadcasts().Save(ctx, b))
		is(t, s.Broadcasts().Save(ctx, &old), storage.ErrConflict)
		equal(t, "version of the one refused", old.Version, int64(1))
		same(t, must(s.Broadcasts().Get(ctx, b.ID))(t), b)
	}
	gone := sampleBroadcast("none")
	gone.Version = 1
	is(t, s.Broadcasts().Save(ctx, gone), storage.ErrConflict)
}

func broadcastList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "none", len(must(s.Broadcasts().List(ctx, ""))(t)), 0)
	for i, id := range []string{"b", "d", "a", "c"} {
		b := sampleBroadcast(id)
		b.CreatedAt = at([]time.Duration{time.Hour, 0, 2 * time.Hour, time.Hour}[i])
		b.EventID = []string{"EMK-2027", "EMK-2027", "EMK-2028", "EMK-2027"}[i]
		ok(t, s.Broadcasts().Save(ctx, b))
	}
	for eventID, want := range map[string]string{"": "a c b d", "EMK-2027": "c b d", "EMK-2028": "a", "EMK-2029": ""} {
		var got []string
		for _, b := range must(s.Broadcasts().List(ctx, eventID))(t) {
			got = append(got, b.ID)
		}
		equal(t, "latest first of "+eventID, strings.Join(got, " "), want)
	}
}

func sampleQuestion(id string) storage.Question {
	return storage.Question{
		ID: id, PersonID: "telegram:4711", Name: hard, Chat: "telegram:4711", Text: hard, Row: "in/" + id + "/1",
		AskedAt: at(0), AnsweredAt: ptr(at(time.Hour)), AnsweredBy: "telegram:1",
	}
}

func questionRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Questions().Get(ctx, "q")
	is(t, err, storage.ErrNotFound)
	q := sampleQuestion("q")
	ok(t, s.Questions().Save(ctx, q))
	same(t, must(s.Questions().Get(ctx, "q"))(t), &q)
	q = storage.Question{ID: "q", Text: "diganti"}
	ok(t, s.Questions().Save(ctx, q))
	same(t, must(s.Questions().Get(ctx, "q"))(t), &q)
	ok(t, s.Questions().Delete(ctx, "q"))
	ok(t, s.Questions().Delete(ctx, "q"))
	_, err = s.Questions().Get(ctx, "q")
	is(t, err, storage.ErrNotFound)
}

func questionErase(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, who := range []string{"siti", "budi", "siti", "dodi"} {
		q := sampleQuestion(fmt.Sprint(i))
		q.PersonID, q.AskedAt = who, at(time.Duration(i)*time.Hour)
		ok(t, s.Questions().Save(ctx, q))
	}
	equal(t, "erased", must(s.Questions().Erase(ctx, "siti"))(t), 2)
	equal(t, "erased again", must(s.Questions().Erase(ctx, "siti"))(t), 0)
	equal(t, "forgotten", must(s.Questions().Forget(ctx, at(3*time.Hour)))(t), 1)
	_, err := s.Questions().Get(ctx, "1")
	is(t, err, storage.ErrNotFound)
	_, err = s.Questions().Get(ctx, "3")
	ok(t, err)
}

func questionOpen(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, id := range []string{"c", "a", "b", "answered", "d"} {
		q := sampleQuestion(id)
		q.AskedAt = at([]time.Duration{1, 2, 1, 0, 3}[i] * time.Minute)
		if id != "answered" {
			q.AnsweredAt, q.AnsweredBy = nil, ""
		}
		ok(t, s.Questions().Save(ctx, q))
	}
	open := func(limit int) string {
		var got []string
		for _, q := range must(s.Questions().Open(ctx, limit))(t) {
			got = append(got, q.ID)
		}
		return strings.Join(got, " ")
	}
	equal(t, "open, oldest first", open(9), "b c a d")
	equal(t, "limited", open(2), "b c")
	q := must(s.Questions().Get(ctx, "c"))(t)
	q.AnsweredAt = ptr(at(time.Hour))
	ok(t, s.Questions().Save(ctx, *q))
	ok(t, s.Questions().Delete(ctx, "d"))
	equal(t, "open", open(9), "b a")
	q.AnsweredAt = nil // the answer was taken back
	ok(t, s.Questions().Save(ctx, *q))
	equal(t, "open", open(9), "b c a")
}
