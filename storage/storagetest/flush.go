package storagetest

import (
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

func flushCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"MovesPending":     flushMoves,
		"WithNothing":      flushNothing,
		"Conflict":         flushConflict,
		"AfterPartialWork": flushPartial,
		"AfterDeath":       flushDeath,
		"Twice":            flushTwice,
	}
}

// waitingAnswer stores a chat that holds two answers to an open inbound message.
func waitingAnswer(t *testing.T, s storage.Store) *storage.Chat {
	t.Helper()
	ctx := t.Context()
	must(s.Inbox().Add(ctx, sampleInbound("telegram:u:1"), at(0)))(t)
	c := sampleChat("telegram:1")
	ok(t, s.Chats().Save(ctx, c))
	return c
}

// answered checks that both answers are in the outbox, once, that the chat has
// none left, and that the inbound message is done.
func answered(t *testing.T, s storage.Store, pending []storage.Message) {
	t.Helper()
	ctx := t.Context()
	equal(t, "pending left", len(must(s.Chats().Get(ctx, "telegram:1"))(t).Pending), 0)
	equal(t, "unflushed chats", len(must(s.Chats().Unflushed(ctx, 9))(t)), 0)
	equal(t, "open inbound messages", len(must(s.Inbox().Open(ctx, 9))(t)), 0)
	n := 0
	for _, c := range must(s.Outbox().Counts(ctx))(t) {
		n += c.N
	}
	equal(t, "outbox rows", n, len(pending))
	for _, want := range pending {
		got := must(s.Outbox().Get(ctx, want.ID))(t)
		same(t, got.Body, want.Body)
		equal(t, "order", got.Order, want.Order)
	}
}

func flushMoves(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	c := waitingAnswer(t, s)
	pending := c.Pending
	ok(t, s.Chats().Flush(ctx, c, "telegram:u:1"))
	equal(t, "pending of the caller's chat", len(c.Pending), 0)
	answered(t, s, pending)
	got := must(s.Chats().Get(ctx, c.ID))(t)
	same(t, got, c)
	if c.Version <= 1 {
		t.Fatalf("version was not raised: %d", c.Version)
	}
	want := pending[0]
	want.State = storage.Queued
	same(t, must(s.Outbox().Get(ctx, want.ID))(t), &want)
	c.Title = "lagi"
	ok(t, s.Chats().Save(ctx, c)) // the version that Flush left is the stored one
	due := must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneAnswer, at(0), 10))(t)
	equal(t, "due rows", len(due), 2)
}

func flushNothing(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	must(s.Inbox().Add(ctx, sampleInbound("telegram:u:1"), at(0)))(t)
	c := &storage.Chat{ID: "telegram:1"}
	ok(t, s.Chats().Save(ctx, c))
	ok(t, s.Chats().Flush(ctx, c, ""))
	equal(t, "open", len(must(s.Inbox().Open(ctx, 9))(t)), 1)
	ok(t, s.Chats().Flush(ctx, c, "telegram:u:1"))
	ok(t, s.Chats().Flush(ctx, c, "telegram:u:unknown"))
	answered(t, s, nil)
	same(t, must(s.Chats().Get(ctx, c.ID))(t), c)
}

func flushConflict(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	c := waitingAnswer(t, s)
	old := *c
	c.Title = "berubah"
	ok(t, s.Chats().Save(ctx, c))
	is(t, s.Chats().Flush(ctx, &old, "telegram:u:1"), storage.ErrConflict)
	got := must(s.Chats().Get(ctx, c.ID))(t)
	equal(t, "title", got.Title, "berubah")
	equal(t, "pending", len(got.Pending), 2)
	equal(t, "open", len(must(s.Inbox().Open(ctx, 9))(t)), 1)
	ok(t, s.Chats().Flush(ctx, got, "telegram:u:1"))
	answered(t, s, c.Pending)
}

// flushPartial lays down by hand what a crash within Flush can leave, where
// the engine writes one document at a time, and runs it again.
func flushPartial(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	c := waitingAnswer(t, s)
	pending := c.Pending
	must(s.Outbox().Add(ctx, pending[0]))(t)
	// The first answer is on its way already when the replay comes.
	must(s.Outbox().Claim(ctx, pending[0].ID, "t", at(time.Minute), ""))(t)
	ok(t, s.Chats().Flush(ctx, c, "telegram:u:1"))
	answered(t, s, pending)
	equal(t, "state of the row that was there", must(s.Outbox().Get(ctx, pending[0].ID))(t).State, storage.Claimed)

	// The chat was cleared, but the inbound message is open still.
	must(s.Inbox().Add(ctx, sampleInbound("telegram:u:2"), at(0)))(t)
	ok(t, s.Chats().Flush(ctx, must(s.Chats().Get(ctx, c.ID))(t), "telegram:u:2"))
	answered(t, s, pending)
}

// flushDeath kills Flush before each of its writes in turn.
func flushDeath(t *testing.T, h Harness) {
	if h.Die == nil {
		t.Skip("the adapter has no hook for dying at a write")
	}
	for n := 1; ; n++ {
		s := h.Open(t)
		ctx := t.Context()
		c := waitingAnswer(t, s)
		pending := c.Pending
		h.Die(t, s, n)
		through, err := survivesDeath(func() error { return s.Chats().Flush(ctx, c, "telegram:u:1") })
		ok(t, err)
		if through {
			if n == 1 {
				t.Fatal("Flush made no write")
			}
			answered(t, s, pending)
			return
		}
		s = h.Reopen(t, s)
		again := must(s.Chats().Get(ctx, "telegram:1"))(t)
		for _, id := range []string{pending[0].ID, pending[1].ID} {
			if _, err := s.Outbox().Get(ctx, id); err != nil && len(again.Pending) != 2 {
				t.Fatalf("killed before write %d: %s is neither in the outbox nor pending", n, id)
			}
		}
		ok(t, s.Chats().Flush(ctx, again, "telegram:u:1"))
		answered(t, s, pending)
	}
}

// flushTwice lets two workers flush one chat at once, as after a takeover.
func flushTwice(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	pending := waitingAnswer(t, clients[0]).Pending
	var wg sync.WaitGroup
	for w := range 8 {
		s := clients[w%len(clients)]
		wg.Go(func() {
			for {
				c, err := s.Chats().Get(ctx, "telegram:1")
				if err != nil {
					t.Error(err)
					return
				}
				if s.Chats().Flush(ctx, c, "telegram:u:1") == nil {
					return
				}
			}
		})
	}
	wg.Wait()
	answered(t, clients[0], pending)
}
