package storagetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

func storeCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"MigrateAgain":   storeMigrate,
		"Restart":        storeRestart,
		"LostConnection": storeLost,
		"ContextEnds":    storeContext,
		"Closed":         storeClosed,
	}
}

func rawCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"Moves":    rawMoves,
		"Order":    rawOrder,
		"Refuses":  rawRefuses,
		"Replaces": rawReplaces,
		"Stops":    rawStops,
	}
}

// Fill stores at least one document, with all its fields set, in every
// collection.
func Fill(t *testing.T, s storage.Store) {
	t.Helper()
	ctx := t.Context()
	must(s.Inbox().Add(ctx, sampleInbound("telegram:u:1"), at(0)))(t)
	must(s.Inbox().Add(ctx, sampleInbound("telegram:u:2"), at(time.Second)))(t)
	ok(t, s.Inbox().Done(ctx, "telegram:u:1"))
	ok(t, s.Chats().Save(ctx, sampleChat("telegram:1")))
	ok(t, s.Chats().Save(ctx, &storage.Chat{ID: "web:leer"}))
	for _, id := range []string{"in/a/1", "in/b/1", "in/c/1"} {
		must(s.Outbox().Add(ctx, sampleMessage(id)))(t)
	}
	ok(t, sendRow(t, s, "in/b/1"))
	must(s.Outbox().Receipt(ctx, receipt("m-in/b/1", "delivered", time.Minute)))(t)
	must(s.Outbox().Claim(ctx, "in/c/1", "t", at(time.Minute), "wa"))(t)
	for _, id := range []string{"telegram:1", "telegram:2"} {
		ok(t, s.People().Save(ctx, samplePerson(id)))
	}
	ok(t, s.Events().Save(ctx, sampleEvent("EMK-2027", at(0))))
	insert(t, s, sampleRegistration(1), sampleRegistration(2))
	saveParticipations(t, s, sampleParticipation(1), silentParticipation(2))
	ok(t, s.Broadcasts().Save(ctx, sampleBroadcast("b")))
	ok(t, s.Questions().Save(ctx, sampleQuestion("telegram:u:1")))
	ok(t, s.Questions().Save(ctx, storage.Question{ID: "telegram:u:2", AskedAt: at(0)}))
	ok(t, s.Letters().Save(ctx, sampleLetter("l1")))
	ok(t, s.Letters().Save(ctx, &storage.Letter{ID: "l2", Key: storage.NoLetterKey("l2")}))
	ok(t, s.Tasks().Save(ctx, sampleTask("5")))
	ok(t, s.Tasks().Save(ctx, sampleTask("17")))
	fillAfterwards(t, s)
	ok(t, s.Rundowns().Save(ctx, sampleRundown("EMK-2027")))
	ok(t, s.Ballots().Save(ctx, sampleBallot("EMK-2027")))
	ok(t, s.Posts().Save(ctx, samplePost("EMK-2027", 7)))
	ok(t, s.Photos().Save(ctx, samplePhoto(2)))
	ok(t, s.Photos().Save(ctx, samplePhoto(1)))
	claim(t, s, 20, "d-00001", nil)
	claim(t, s, 20, "d-00002", ptr(at(time.Hour)))
	must(s.Counters().Next(ctx, "EMK-2027"))(t)
	ok(t, s.Codes().Create(ctx, sampleCode("A1")))
	must(s.Codes().Redeem(ctx, "A1", "tim", "p", at(0)))(t)
	ok(t, s.Codes().Create(ctx, sampleCode("A2")))
	ok(t, s.Settings().Put(ctx, "quiet.hours", map[string]any{"b": hard, "a": []int{1}}))
	putDevice(t, s, false)
	ok(t, s.Audit().Add(ctx, storage.AuditEntry{ID: "1", At: at(0), PersonID: "p", Name: hard, Chat: "telegram:1", Action: "team.add", Subject: "x", Detail: hard}))
	ok(t, s.Media().Put(ctx, storage.Blob{ID: "foto/1", Name: "é.jpg", MIME: "image/jpeg", At: at(0)}, bytesOf(600<<10)))
	ok(t, s.Media().Put(ctx, storage.Blob{ID: "foto/0", At: at(0)}, nil))
	ok(t, s.Leases().Acquire(ctx, "main", "a", at(0), at(time.Minute)))
}

// Dump renders all documents of a store, one "collection id json" a line.
func Dump(t *testing.T, r storage.Raw) string {
	t.Helper()
	var b strings.Builder
	for _, c := range r.Collections() {
		ok(t, r.Each(t.Context(), c, func(id string, doc json.RawMessage) error {
			_, err := fmt.Fprintf(&b, "%s %s %s\n", c, id, doc)
			return err
		}))
	}
	return b.String()
}

func storeMigrate(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	Fill(t, s)
	before := Dump(t, s.Raw())
	ok(t, s.Migrate(ctx))
	ok(t, s.Migrate(ctx))
	ok(t, s.Ping(ctx))
	equal(t, "documents", Dump(t, s.Raw()), before)
	if d := s.Describe(); d == "" {
		t.Fatal("Describe says nothing")
	}
}

func storeRestart(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	Fill(t, s)
	before := Dump(t, s.Raw())
	s = h.Reopen(t, s)
	equal(t, "documents", Dump(t, s.Raw()), before)
	is(t, s.Leases().Acquire(ctx, "main", "b", at(time.Second), at(time.Minute)), storage.ErrLeaseLost)
	c := must(s.Chats().Get(ctx, "telegram:1"))(t)
	ok(t, s.Chats().Flush(ctx, c, "telegram:u:2"))
	equal(t, "open", len(must(s.Inbox().Open(ctx, 9))(t)), 0)
	equal(t, "place", claim(t, s, 20, "d-00003", nil), 3)
	_, err := s.Registrations().Insert(ctx, sampleRegistration(1))
	is(t, err, storage.ErrConflict)
}

func storeLost(t *testing.T, h Harness) {
	if h.Break == nil {
		t.Skip("the harness cannot cut the connection")
	}
	ctx, s := t.Context(), h.Open(t)
	c := sampleChat("telegram:1")
	ok(t, s.Chats().Save(ctx, c))
	restore := h.Break(t, s)
	t.Cleanup(restore)
	short, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	_, addErr := s.Outbox().Add(short, plainMessage("a", at(0)))
	_, inErr := s.Inbox().Add(short, sampleInbound("telegram:u:1"), at(0))
	_, nextErr := s.Counters().Next(short, "EMK-2027")
	for name, err := range map[string]error{
		"Chats.Save": s.Chats().Save(short, &storage.Chat{ID: c.ID, Version: c.Version}),
		"Outbox.Add": addErr, "Inbox.Add": inErr, "Counters.Next": nextErr,
	} {
		if !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("%s: %v, want %v", name, err, storage.ErrUnavailable)
		}
		if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v misleads the caller", name, err)
		}
	}
	restore()
	ok(t, s.Ping(ctx))
	same(t, must(s.Chats().Get(ctx, c.ID))(t), c)
	c.Title = "lagi"
	ok(t, s.Chats().Save(ctx, c))
	equal(t, "fresh", must(s.Inbox().Add(ctx, sampleInbound("telegram:u:1"), at(0)))(t), true)
}

func storeContext(t *testing.T, h Harness) {
	s := h.Open(t)
	ok(t, s.Chats().Save(t.Context(), &storage.Chat{ID: "telegram:1"}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, getErr := s.Chats().Get(ctx, "telegram:1")
	_, addErr := s.Inbox().Add(ctx, sampleInbound("a"), at(0))
	_, claimErr := s.Places().Claim(ctx, "EMK-2027", event.UKM, 3, "h", nil)
	_, listErr := s.Outbox().Due(ctx, "telegram", 0, at(0), 9)
	for name, err := range map[string]error{
		"Chats.Get": getErr, "Inbox.Add": addErr, "Places.Claim": claimErr, "Outbox.Due": listErr,
		"Chats.Save": s.Chats().Save(ctx, &storage.Chat{ID: "telegram:2"}),
		"Flush":      s.Chats().Flush(ctx, &storage.Chat{ID: "telegram:1", Version: 1}, ""),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %v", name, err, context.Canceled)
		}
	}
	_, err := s.Chats().Get(t.Context(), "telegram:2")
	is(t, err, storage.ErrNotFound)
}

func storeClosed(t *testing.T, h Harness) {
	s := h.Open(t)
	ok(t, s.Close())
	is(t, s.Ping(t.Context()), storage.ErrUnavailable)
	is(t, s.Chats().Save(t.Context(), &storage.Chat{ID: "telegram:1"}), storage.ErrUnavailable)
	_, err := s.Chats().Get(t.Context(), "telegram:1")
	is(t, err, storage.ErrUnavailable)
	ok(t, s.Close())
}

// rawMoves copies a store's documents into another one, and compares. The
// copy must behave as the original: indexes and unique keys included.
func rawMoves(t *testing.T, h Harness) {
	ctx, from, to := t.Context(), h.Open(t), h.Open(t)
	Fill(t, from)
	equal(t, "collections", strings.Join(from.Raw().Collections(), " "), strings.Join(document.Collections(), " "))
	for _, c := range from.Raw().Collections() {
		n := 0
		ok(t, from.Raw().Each(ctx, c, func(id string, doc json.RawMessage) error {
			n++
			typed, err := document.Decode(c, id, doc)
			if err != nil {
				return err
			}
			equal(t, c+" in canonical form", string(doc), canonical(t, typed))
			return to.Raw().Put(ctx, c, id, doc)
		}))
		if n == 0 {
			t.Errorf("%s is empty", c)
		}
	}
	equal(t, "documents", Dump(t, to.Raw()), Dump(t, from.Raw()))

	same(t, must(to.Registrations().ByKey(ctx, sampleRegistration(2).Key))(t), must(from.Registrations().Get(ctx, "d-00002"))(t))
	equal(t, "by account", must(to.People().ByAccount(ctx, "web:telegram:2"))(t).ID, "telegram:2")
	equal(t, "by email", len(must(to.People().ByEmail(ctx, "bu.eti@contoh.id"))(t)), 2)
	equal(t, "by code", must(to.Participations().ByCode(ctx, "K00001"))(t).ID, sampleParticipation(1).ID)
	guests, _, err := to.Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Call: event.CallDone, Search: "koperasi"})
	ok(t, err)
	equal(t, "guests found", len(guests), 1)
	equal(t, "broadcasts", len(must(to.Broadcasts().List(ctx, "EMK-2027"))(t)), 1)
	equal(t, "open questions", len(must(to.Questions().Open(ctx, 9))(t)), 1)
	equal(t, "letter by number", must(to.Letters().ByKey(ctx, sampleLetter("l1").Key))(t).ID, "l1")
	equal(t, "tasks", len(must(to.Tasks().List(ctx, "EMK-2027"))(t)), 2)
	equal(t, "open reports", len(must(to.Reports().Open(ctx, 9))(t)), 1)
	equal(t, "notes", len(must(to.Notes().List(ctx, "EMK-2027"))(t)), 2)
	same(t, must(to.Rundowns().Get(ctx, "EMK-2027"))(t), must(from.Rundowns().Get(ctx, "EMK-2027"))(t))
	equal(t, "votes", must(to.Ballots().Get(ctx, "EMK-2027"))(t).Count(2), 1)
	equal(t, "posts", len(must(to.Posts().List(ctx, "EMK-2027"))(t)), 1)
	equal(t, "first photo", must(to.Photos().List(ctx, "EMK-2027"))(t)[0].N, 1)
	came, _, err := to.Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Arrived: ptr(true)})
	ok(t, err)
	equal(t, "arrived", len(came), 1)
	equal(t, "tally", tally(t, to, "EMK-2027", "h-40"), "telegram/claimed:1 telegram/delivered:1 telegram/queued:1")
	equal(t, "erased", must(to.Inbox().Erase(ctx, chatOf("-100")))(t), 1)
	equal(t, "unflushed", len(must(to.Chats().Unflushed(ctx, 9))(t)), 1)
	equal(t, "open", len(must(to.Inbox().Open(ctx, 9))(t)), 1)
	equal(t, "due", len(must(to.Outbox().Due(ctx, "telegram", 0, at(0), 9))(t)), 1)
	equal(t, "claimed", len(must(to.Outbox().Abandoned(ctx, at(time.Hour), 9))(t)), 1)
	equal(t, "read", must(to.Outbox().Receipt(ctx, receipt("m-in/b/1", "read", 0)))(t), true)
	equal(t, "place", claim(t, to, 20, "d-00002", nil), 2)
	equal(t, "next place", claim(t, to, 20, "d-00003", nil), 3)
	equal(t, "number", must(to.Counters().Next(ctx, "EMK-2027"))(t), 2)
	equal(t, "found", len(must(to.Audit().List(ctx, time.Time{}, "team", 9))(t)), 1)
	_, data, err := to.Media().Get(ctx, "foto/1")
	ok(t, err)
	equal(t, "bytes", string(data), string(bytesOf(600<<10)))

	ok(t, to.Raw().Clear(ctx))
	equal(t, "documents once cleared", Dump(t, to.Raw()), "")
	Fill(t, to) // no key is left behind
}

func rawOrder(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, id := range []string{"b", "a", "é", "Z", "a/10", "a/9", "😀", "~"} {
		ok(t, s.Raw().Put(ctx, document.Counters, id, raw(document.Counter{ID: id, Value: 7})))
	}
	var got []string
	ok(t, s.Raw().Each(ctx, document.Counters, func(id string, _ json.RawMessage) error {
		got = append(got, id)
		return nil
	}))
	equal(t, "order of bytes", strings.Join(got, " "), "Z a a/10 a/9 b ~ é 😀")
}

func rawRefuses(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for name, err := range map[string]error{
		"unknown collection": s.Raw().Put(ctx, "secrets", "a", json.RawMessage(`{"id":"a"}`)),
		"broken JSON":        s.Raw().Put(ctx, document.Counters, "a", json.RawMessage(`{"id":"a"`)),
		"unknown field":      s.Raw().Put(ctx, document.Counters, "a", json.RawMessage(`{"id":"a","value":1,"x":1}`)),
		"another's ID":       s.Raw().Put(ctx, document.Counters, "a", json.RawMessage(`{"id":"b","value":1}`)),
	} {
		if !errors.Is(err, document.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Raw().Each(ctx, "secrets", func(string, json.RawMessage) error { return nil }); err == nil {
		t.Error("Each of an unknown collection says nothing")
	}
	equal(t, "documents", Dump(t, s.Raw()), "")
}

func rawReplaces(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	p := samplePerson("telegram:1")
	ok(t, s.People().Save(ctx, p))
	q := *p
	q.Version, q.Accounts = 7, []event.Account{{Key: "web:neu", Username: "baru"}}
	doc, err := document.Encode(&q)
	ok(t, err)
	ok(t, s.Raw().Put(ctx, document.People, p.ID, doc))
	same(t, must(s.People().Get(ctx, p.ID))(t), &q)
	_, err = s.People().ByAccount(ctx, "telegram:1")
	is(t, err, storage.ErrNotFound)
	equal(t, "by account", must(s.People().ByAccount(ctx, "web:neu"))(t).ID, p.ID)
	ok(t, s.Raw().Put(ctx, document.Counters, "c", json.RawMessage(`{"value":41, "id":"c"}`))) // not canonical
	equal(t, "next", must(s.Counters().Next(ctx, "c"))(t), 42)
	equal(t, "stored", Dump(t, s.Raw()), fmt.Sprintf("people telegram:1 %s\ncounters c {\"id\":\"c\",\"value\":42}\n", doc))
}

func rawStops(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i := range 5 {
		must(s.Counters().Next(ctx, fmt.Sprint(i)))(t)
	}
	stop := errors.New("enough")
	n := 0
	is(t, s.Raw().Each(ctx, document.Counters, func(string, json.RawMessage) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	}), stop)
	equal(t, "calls", n, 2)
	must(s.Counters().Next(ctx, "0"))(t) // nothing is left locked
}
