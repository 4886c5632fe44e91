package storagetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func chatCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip":         chatRoundTrip,
		"CompareAndSet":     chatCompareAndSet,
		"BigState":          chatBigState,
		"HandledIsKept":     chatHandled,
		"OneWinnerPerRound": chatConcurrent,
		"Unflushed":         chatUnflushed,
		"Drafts":            chatDrafts,
		"OfPerson":          chatOfPerson,
		"Delete":            chatDelete,
	}
}

func chatRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Chats().Get(ctx, "telegram:1")
	is(t, err, storage.ErrNotFound)

	c := sampleChat("telegram:1")
	ok(t, s.Chats().Save(ctx, c))
	equal(t, "version after the first save", c.Version, int64(1))
	same(t, must(s.Chats().Get(ctx, "telegram:1"))(t), c)
	equal(t, "state", string(must(s.Chats().Get(ctx, "telegram:1"))(t).State), string(c.State))

	// All that may be cleared is cleared.
	bare := &storage.Chat{ID: c.ID, Version: c.Version, UpdatedAt: at(time.Hour)}
	ok(t, s.Chats().Save(ctx, bare))
	equal(t, "version after the second save", bare.Version, int64(2))
	same(t, must(s.Chats().Get(ctx, "telegram:1"))(t), bare)

	// Times come back in UTC and whole milliseconds.
	odd := &storage.Chat{ID: "telegram:2", UpdatedAt: at(789 * time.Microsecond).In(event.Jakarta), Draft: sampleDraft("x")}
	odd.Draft.UpdatedAt = at(789 * time.Microsecond).In(event.Jakarta)
	ok(t, s.Chats().Save(ctx, odd))
	got := must(s.Chats().Get(ctx, "telegram:2"))(t)
	utcMillis(t, "UpdatedAt", got.UpdatedAt, t0)
	utcMillis(t, "Draft.UpdatedAt", got.Draft.UpdatedAt, t0)
}

func chatCompareAndSet(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	c := &storage.Chat{ID: "telegram:1", Title: "satu"}
	ok(t, s.Chats().Save(ctx, c))

	again := &storage.Chat{ID: "telegram:1", Title: "baru"}
	is(t, s.Chats().Save(ctx, again), storage.ErrConflict)
	equal(t, "version after a refused insert", again.Version, int64(0))

	old := *c
	c.Title = "dua"
	ok(t, s.Chats().Save(ctx, c))
	old.Title = "lama"
	is(t, s.Chats().Save(ctx, &old), storage.ErrConflict)
	equal(t, "version after a refused update", old.Version, int64(1))
	is(t, s.Chats().Save(ctx, &storage.Chat{ID: "telegram:none", Version: 4}), storage.ErrConflict)
	_, err := s.Chats().Get(ctx, "telegram:none")
	is(t, err, storage.ErrNotFound)
	equal(t, "title", must(s.Chats().Get(ctx, "telegram:1"))(t).Title, "dua")
}

func chatBigState(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	text := strings.Repeat(hard, 4<<20/len(hard))
	state, err := json.Marshal(text)
	ok(t, err)
	c := &storage.Chat{ID: "telegram:1", Dialog: "impor", State: state}
	ok(t, s.Chats().Save(ctx, c))
	var back string
	ok(t, json.Unmarshal(must(s.Chats().Get(ctx, c.ID))(t).State, &back))
	if back != text {
		t.Fatalf("4 MB of state came back different (%d bytes of %d)", len(back), len(text))
	}
}

func chatHandled(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	c := &storage.Chat{ID: "telegram:1"}
	for i := range 40 {
		c.Handled = append(c.Handled, fmt.Sprintf("telegram:u:%d", i))
		c.Handled = c.Handled[max(0, len(c.Handled)-32):]
		ok(t, s.Chats().Save(ctx, c))
	}
	got := must(s.Chats().Get(ctx, c.ID))(t)
	equal(t, "handled", strings.Join(got.Handled, " "), strings.Join(c.Handled, " "))
}

func chatConcurrent(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	ok(t, clients[0].Chats().Save(ctx, &storage.Chat{ID: "telegram:1"}))
	const each = 4
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			for n := range each {
				for {
					c, err := s.Chats().Get(ctx, "telegram:1")
					if err != nil {
						t.Error(err)
						return
					}
					c.Handled = append(c.Handled, fmt.Sprintf("%d/%d", w, n))
					if err = s.Chats().Save(ctx, c); err == nil {
						break
					}
					if !errors.Is(err, storage.ErrConflict) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	c := must(clients[0].Chats().Get(ctx, "telegram:1"))(t)
	equal(t, "writes kept", len(c.Handled), each*h.Workers)
	equal(t, "version", c.Version, int64(1+each*h.Workers))
	seen := map[string]bool{}
	for _, id := range c.Handled {
		if seen[id] {
			t.Fatalf("%s was written twice", id)
		}
		seen[id] = true
	}
}

func chatUnflushed(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i := range 4 {
		c := &storage.Chat{ID: fmt.Sprint("telegram:", i)}
		if i > 0 {
			c.Pending = []storage.Message{plainMessage(fmt.Sprint("in/", i, "/1"), at(0))}
		}
		ok(t, s.Chats().Save(ctx, c))
	}
	equal(t, "unflushed", len(must(s.Chats().Unflushed(ctx, 10))(t)), 3)
	equal(t, "unflushed, limited", len(must(s.Chats().Unflushed(ctx, 2))(t)), 2)
	for _, c := range must(s.Chats().Unflushed(ctx, 2))(t) {
		equal(t, "pending of "+c.ID, len(c.Pending), 1)
		ok(t, s.Chats().Flush(ctx, c, ""))
	}
	equal(t, "unflushed at last", len(must(s.Chats().Unflushed(ctx, 10))(t)), 1)
}

func chatDrafts(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i := range 4 {
		c := &storage.Chat{ID: fmt.Sprint("telegram:", i), Draft: sampleDraft(fmt.Sprint("d", i)), DraftAt: ptr(at(time.Duration(i) * time.Hour)), DraftNudged: i == 0}
		ok(t, s.Chats().Save(ctx, c))
	}
	ok(t, s.Chats().Save(ctx, &storage.Chat{ID: "telegram:none"}))
	ids := func(cs []*storage.Chat) (m map[string]bool) {
		m = map[string]bool{}
		for _, c := range cs {
			m[c.ID] = true
		}
		return m
	}
	all := ids(must(s.Chats().Drafts(ctx, at(2*time.Hour), false, 10))(t))
	if len(all) != 2 || !all["telegram:0"] || !all["telegram:1"] {
		t.Fatalf("drafts touched before: %v", all)
	}
	un := ids(must(s.Chats().Drafts(ctx, at(2*time.Hour), true, 10))(t))
	if len(un) != 1 || !un["telegram:1"] {
		t.Fatalf("drafts not nudged: %v", un)
	}
	equal(t, "limited", len(must(s.Chats().Drafts(ctx, at(9*time.Hour), false, 3))(t)), 3)
}

func chatOfPerson(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	ok(t, s.Chats().Save(ctx, &storage.Chat{ID: "telegram:1", PersonID: "p"}))
	ok(t, s.Chats().Save(ctx, &storage.Chat{ID: "web:1", PersonID: "p"}))
	ok(t, s.Chats().Save(ctx, &storage.Chat{ID: "telegram:-1", PersonID: "p", Group: true}))
	ok(t, s.Chats().Save(ctx, &storage.Chat{ID: "telegram:2", PersonID: "q"}))
	equal(t, "private chats of p", len(must(s.Chats().OfPerson(ctx, "p"))(t)), 2)
	equal(t, "private chats of nobody", len(must(s.Chats().OfPerson(ctx, "r"))(t)), 0)
}

func chatDelete(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	c := sampleChat("telegram:1")
	ok(t, s.Chats().Save(ctx, c))
	ok(t, s.Chats().Delete(ctx, c.ID))
	ok(t, s.Chats().Delete(ctx, c.ID)) // a replay
	_, err := s.Chats().Get(ctx, c.ID)
	is(t, err, storage.ErrNotFound)
	is(t, s.Chats().Save(ctx, c), storage.ErrConflict)
	equal(t, "unflushed", len(must(s.Chats().Unflushed(ctx, 10))(t)), 0)
	ok(t, s.Chats().Save(ctx, &storage.Chat{ID: c.ID}))
}
