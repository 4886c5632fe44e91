package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

func outboxCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"AddOnce":      outboxAdd,
		"AddAll":       outboxAddAll,
		"DueOrder":     outboxDue,
		"Claim":        outboxClaim,
		"ClaimRace":    outboxClaimRace,
		"Fence":        outboxFence,
		"MessageID":    outboxMessageID,
		"Abandoned":    outboxAbandoned,
		"Drop":         outboxDrop,
		"Redirect":     outboxRedirect,
		"CountsOldest": outboxCounts,
		"Failures":     outboxFailures,
		"Forget":       outboxForget,
	}
}

func outboxAdd(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Outbox().Get(ctx, "in/1/1")
	is(t, err, storage.ErrNotFound)
	m := sampleMessage("in/1/1")
	equal(t, "fresh", must(s.Outbox().Add(ctx, m))(t), true)
	want := m
	want.State = storage.Queued
	same(t, must(s.Outbox().Get(ctx, m.ID))(t), &want)

	other := m
	other.Body.Text = "lain"
	equal(t, "fresh again", must(s.Outbox().Add(ctx, other))(t), false)
	same(t, must(s.Outbox().Get(ctx, m.ID))(t), &want)

	ok(t, sendRow(t, s, m.ID))
	equal(t, "fresh after it was sent", must(s.Outbox().Add(ctx, m))(t), false)
	equal(t, "state", must(s.Outbox().Get(ctx, m.ID))(t).State, storage.Sent)
}

// sendRow takes a queued row through a claim to Sent.
func sendRow(t *testing.T, s storage.Store, id string) error {
	t.Helper()
	m := must(s.Outbox().Claim(t.Context(), id, "t-"+id, at(time.Minute), ""))(t)
	m.State, m.SentAt, m.MessageID = storage.Sent, ptr(at(time.Second)), "m-"+id
	return s.Outbox().Finish(t.Context(), m, "t-"+id)
}

func outboxAddAll(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "none", must(s.Outbox().AddAll(ctx, nil))(t), 0)
	ms := make([]storage.Message, h.Rows)
	for i := range ms {
		ms[i] = plainMessage(fmt.Sprintf("EMK-2027/p%06d/h-40/telegram", i), at(time.Duration(i)*time.Millisecond))
		ms[i].Lane = storage.LaneBroadcast
	}
	half := len(ms) / 2
	equal(t, "fresh", must(s.Outbox().AddAll(ctx, ms[:half]))(t), half)
	ok(t, sendRow(t, s, ms[0].ID))
	equal(t, "fresh of all", must(s.Outbox().AddAll(ctx, ms))(t), len(ms)-half)
	equal(t, "fresh again", must(s.Outbox().AddAll(ctx, ms))(t), 0)
	equal(t, "state of the one sent", must(s.Outbox().Get(ctx, ms[0].ID))(t).State, storage.Sent)
	twice := []storage.Message{plainMessage("x", at(0)), plainMessage("x", at(0))}
	equal(t, "fresh of a row named twice", must(s.Outbox().AddAll(ctx, twice))(t), 1)
	due := must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneBroadcast, at(time.Hour), len(ms)*2))(t)
	equal(t, "due", len(due), len(ms)-1)
	same(t, due[len(due)-1], withState(ms[len(ms)-1], storage.Queued))
}

func withState(m storage.Message, st storage.State) *storage.Message {
	m.State = st
	return &m
}

func outboxDue(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	var want []storage.Message
	for _, due := range []time.Duration{2, 0, 1} {
		for _, order := range []int64{10, 2, -1} {
			for _, id := range []string{"b", "a", "Z"} {
				m := plainMessage(fmt.Sprintf("%d/%d/%s", due, order, id), at(due*time.Millisecond))
				m.Order = order
				want = append(want, m)
			}
		}
	}
	must(s.Outbox().AddAll(ctx, want))(t)
	for i, other := range []storage.Message{plainMessage("later", at(3*time.Millisecond)), plainMessage("lane", at(0)), plainMessage("channel", at(0))} {
		other.Lane = []storage.Lane{0, storage.LaneReminder, 0}[i]
		other.Chat.Channel = []channel.Name{channel.Telegram, channel.Telegram, channel.Web}[i]
		must(s.Outbox().Add(ctx, other))(t)
	}
	slices.SortFunc(want, func(a, b storage.Message) int {
		if c := a.DueAt.Compare(b.DueAt); c != 0 {
			return c
		}
		if a.Order != b.Order {
			return int(a.Order - b.Order)
		}
		return strings.Compare(a.ID, b.ID)
	})
	now := at(2 * time.Millisecond) // a row is due at its very instant
	got := must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneAnswer, now, 100))(t)
	equal(t, "due", len(got), len(want))
	for i := range got {
		equal(t, fmt.Sprint("row ", i), got[i].ID, want[i].ID)
		equal(t, "state", got[i].State, storage.Queued)
	}
	few := must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneAnswer, now, 4))(t)
	equal(t, "limited", len(few), 4)
	equal(t, "fourth", few[3].ID, want[3].ID)
	must(s.Outbox().Claim(ctx, want[0].ID, "t", at(0), ""))(t)
	equal(t, "first once claimed", must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneAnswer, now, 1))(t)[0].ID, want[1].ID)
	equal(t, "reminders", must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneReminder, now, 9))(t)[0].ID, "lane")
	equal(t, "other channel", must(s.Outbox().Due(ctx, channel.Web, storage.LaneAnswer, now, 9))(t)[0].ID, "channel")
}

func outboxClaim(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Outbox().Claim(ctx, "none", "t", at(0), "")
	is(t, err, storage.ErrNotFound)
	must(s.Outbox().Add(ctx, sampleMessage("a")))(t)
	m := must(s.Outbox().Claim(ctx, "a", "t1", at(time.Minute), ""))(t)
	want := sampleMessage("a")
	want.State, want.LeaseToken, want.LeaseUntil, want.Attempts = storage.Claimed, "t1", ptr(at(time.Minute)), 1
	same(t, m, &want)
	same(t, must(s.Outbox().Get(ctx, "a"))(t), &want)
	_, err = s.Outbox().Claim(ctx, "a", "t2", at(time.Hour), "")
	is(t, err, storage.ErrConflict)
	same(t, must(s.Outbox().Get(ctx, "a"))(t), &want)

	// Given back for another try, with another time.
	m.State, m.DueAt, m.LastError = storage.Queued, at(time.Hour), "429 "+hard
	ok(t, s.Outbox().Finish(ctx, m, "t1"))
	want.State, want.DueAt, want.LastError, want.LeaseToken, want.LeaseUntil = storage.Queued, at(time.Hour), "429 "+hard, "", nil
	same(t, must(s.Outbox().Get(ctx, "a"))(t), &want)
	equal(t, "due before its new time", len(must(s.Outbox().Due(ctx, channel.Telegram, 0, at(time.Minute), 9))(t)), 0)
	equal(t, "attempts", must(s.Outbox().Claim(ctx, "a", "t3", at(2*time.Hour), ""))(t).Attempts, 2)
}

func outboxClaimRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	const rows = 5
	for i := range rows {
		must(clients[0].Outbox().Add(ctx, plainMessage(fmt.Sprint(i), at(0))))(t)
	}
	var won [rows]atomic.Int64
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			for i := range rows {
				m, err := s.Outbox().Claim(ctx, fmt.Sprint(i), fmt.Sprint("t", w), at(time.Minute), "")
				switch {
				case err == nil && m.LeaseToken == fmt.Sprint("t", w):
					won[i].Add(1)
				case !errors.Is(err, storage.ErrConflict):
					t.Errorf("claim: %v %v", m, err)
				}
			}
		})
	}
	wg.Wait()
	for i := range won {
		equal(t, "winners", won[i].Load(), 1)
	}
}

func outboxFence(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	must(s.Outbox().Add(ctx, plainMessage("a", at(0))))(t)
	slow := must(s.Outbox().Claim(ctx, "a", "old", at(time.Minute), ""))(t)
	is(t, s.Outbox().Finish(ctx, slow, ""), storage.ErrLeaseLost)
	is(t, s.Outbox().Finish(ctx, slow, "other"), storage.ErrLeaseLost)

	// The row is rescued and claimed by somebody else; the slow one comes back.
	back := *slow
	back.State = storage.Queued
	ok(t, s.Outbox().Finish(ctx, &back, "old"))
	slow.State = storage.Sent
	is(t, s.Outbox().Finish(ctx, slow, "old"), storage.ErrLeaseLost)
	is(t, s.Outbox().Finish(ctx, slow, ""), storage.ErrLeaseLost)
	must(s.Outbox().Claim(ctx, "a", "new", at(time.Hour), ""))(t)
	is(t, s.Outbox().Finish(ctx, slow, "old"), storage.ErrLeaseLost)
	equal(t, "state", must(s.Outbox().Get(ctx, "a"))(t).State, storage.Claimed)

	m := must(s.Outbox().Get(ctx, "a"))(t)
	m.State, m.SentAt, m.MessageID = storage.Sent, ptr(at(time.Second)), "815"
	ok(t, s.Outbox().Finish(ctx, m, "new"))
	is(t, s.Outbox().Finish(ctx, m, "new"), storage.ErrLeaseLost)
	got := must(s.Outbox().Get(ctx, "a"))(t)
	m.LeaseToken, m.LeaseUntil = "", nil
	same(t, got, m)
	is(t, s.Outbox().Finish(ctx, withState(plainMessage("none", at(0)), storage.Sent), "x"), storage.ErrLeaseLost)
}

func outboxMessageID(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	must(s.Outbox().Add(ctx, plainMessage("a", at(0))))(t)
	m := must(s.Outbox().Claim(ctx, "a", "t1", at(time.Minute), "wa1"))(t)
	equal(t, "message ID", m.MessageID, "wa1")
	m.State = storage.Queued
	ok(t, s.Outbox().Finish(ctx, m, "t1"))
	// A resend goes under the ID of the first try.
	equal(t, "message ID", must(s.Outbox().Claim(ctx, "a", "t2", at(time.Minute), "wa2"))(t).MessageID, "wa1")
	equal(t, "stored", must(s.Outbox().Get(ctx, "a"))(t).MessageID, "wa1")
}

func outboxAbandoned(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i := range 4 {
		id := fmt.Sprint(i)
		must(s.Outbox().Add(ctx, plainMessage(id, at(0))))(t)
		if i > 0 {
			must(s.Outbox().Claim(ctx, id, "t", at(time.Duration(i)*time.Minute), ""))(t)
		}
	}
	equal(t, "abandoned early", len(must(s.Outbox().Abandoned(ctx, at(time.Minute), 9))(t)), 0)
	got := must(s.Outbox().Abandoned(ctx, at(2*time.Minute+time.Millisecond), 9))(t)
	equal(t, "abandoned", len(got), 2)
	equal(t, "limited", len(must(s.Outbox().Abandoned(ctx, at(time.Hour), 1))(t)), 1)
	for _, m := range got {
		m.State, m.LastError = storage.Uncertain, "the answer never came"
		ok(t, s.Outbox().Finish(ctx, m, m.LeaseToken))
	}
	equal(t, "abandoned after the rescue", len(must(s.Outbox().Abandoned(ctx, at(2*time.Minute+time.Millisecond), 9))(t)), 0)
}

func outboxDrop(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, st := range []storage.State{storage.Suppressed, storage.Expired, storage.Failed} {
		id := string(st)
		must(s.Outbox().Add(ctx, plainMessage(id, at(0))))(t)
		ok(t, s.Outbox().Drop(ctx, id, st, "alasan "+id))
		m := must(s.Outbox().Get(ctx, id))(t)
		equal(t, "state", m.State, st)
		equal(t, "reason", m.LastError, "alasan "+id)
		is(t, s.Outbox().Drop(ctx, id, storage.Expired, ""), storage.ErrConflict)
		equal(t, "state", must(s.Outbox().Get(ctx, id))(t).State, st)
	}
	must(s.Outbox().Add(ctx, plainMessage("c", at(0))))(t)
	must(s.Outbox().Claim(ctx, "c", "t", at(0), ""))(t)
	is(t, s.Outbox().Drop(ctx, "c", storage.Expired, ""), storage.ErrConflict)
	is(t, s.Outbox().Drop(ctx, "none", storage.Expired, ""), storage.ErrNotFound)
	equal(t, "due", len(must(s.Outbox().Due(ctx, channel.Telegram, 0, at(time.Hour), 9))(t)), 0)
}

func outboxRedirect(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, id := range []string{"a", "b", "claimed"} {
		must(s.Outbox().Add(ctx, plainMessage(id, at(0))))(t)
	}
	other := plainMessage("other", at(0))
	other.Chat.ID = "47110"
	must(s.Outbox().Add(ctx, other))(t)
	must(s.Outbox().Claim(ctx, "claimed", "t", at(0), ""))(t)
	to := channel.Chat{Channel: channel.Web, ID: "-100:9"}
	equal(t, "redirected", must(s.Outbox().Redirect(ctx, chatOf("4711"), to))(t), 2)
	equal(t, "redirected again", must(s.Outbox().Redirect(ctx, chatOf("4711"), to))(t), 0)
	equal(t, "chat", must(s.Outbox().Get(ctx, "a"))(t).Chat, to)
	equal(t, "chat of the claimed row", must(s.Outbox().Get(ctx, "claimed"))(t).Chat, chatOf("4711"))
	equal(t, "chat of another", must(s.Outbox().Get(ctx, "other"))(t).Chat, other.Chat)
	equal(t, "due on the new channel", len(must(s.Outbox().Due(ctx, channel.Web, 0, at(0), 9))(t)), 2)
	equal(t, "due on the old one", len(must(s.Outbox().Due(ctx, channel.Telegram, 0, at(0), 9))(t)), 1)
}

func outboxCounts(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "counts of nothing", len(must(s.Outbox().Counts(ctx))(t)), 0)
	if o := must(s.Outbox().Oldest(ctx, at(0)))(t); o != nil {
		t.Fatalf("oldest of nothing: %v", o)
	}
	for i := range 5 {
		m := plainMessage(fmt.Sprint(i), at(time.Duration(i)*time.Minute))
		if i == 4 {
			m.Lane, m.Chat.Channel = storage.LaneBroadcast, channel.Web
		}
		must(s.Outbox().Add(ctx, m))(t)
	}
	ok(t, sendRow(t, s, "0"))
	got := map[string]int{}
	for _, c := range must(s.Outbox().Counts(ctx))(t) {
		got[fmt.Sprint(c.Channel, c.Lane, c.State)] += c.N
	}
	equal(t, "counts", fmt.Sprint(got), fmt.Sprint(map[string]int{"telegram0queued": 3, "telegram0sent": 1, "web2queued": 1}))
	if o := must(s.Outbox().Oldest(ctx, at(59*time.Second)))(t); o != nil {
		t.Fatalf("oldest while none is due: %v", o)
	}
	utcMillis(t, "oldest", *must(s.Outbox().Oldest(ctx, at(time.Hour)))(t), at(time.Minute))
}

func outboxFailures(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, st := range []storage.State{storage.Failed, storage.Sent, storage.Uncertain, storage.Failed} {
		id := fmt.Sprint(i)
		must(s.Outbox().Add(ctx, plainMessage(id, at(time.Duration(i)*time.Minute))))(t)
		m := must(s.Outbox().Claim(ctx, id, "t", at(time.Hour), ""))(t)
		m.State, m.LastError = st, "403"
		ok(t, s.Outbox().Finish(ctx, m, "t"))
	}
	must(s.Outbox().Add(ctx, plainMessage("expired", at(0))))(t)
	ok(t, s.Outbox().Drop(ctx, "expired", storage.Expired, ""))
	var got []string
	for _, m := range must(s.Outbox().Failures(ctx, 9))(t) {
		got = append(got, m.ID)
	}
	equal(t, "failures, latest first", strings.Join(got, " "), "3 2 0")
	equal(t, "limited", len(must(s.Outbox().Failures(ctx, 2))(t)), 2)
}

func outboxForget(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i := range 6 {
		id := fmt.Sprint(i)
		must(s.Outbox().Add(ctx, plainMessage(id, at(time.Duration(i)*time.Hour))))(t)
	}
	ok(t, sendRow(t, s, "0"))
	ok(t, s.Outbox().Drop(ctx, "1", storage.Suppressed, ""))
	must(s.Outbox().Claim(ctx, "2", "t", at(0), ""))(t)
	ok(t, sendRow(t, s, "5"))
	equal(t, "forgotten", must(s.Outbox().Forget(ctx, at(5*time.Hour)))(t), 2)
	equal(t, "forgotten again", must(s.Outbox().Forget(ctx, at(5*time.Hour)))(t), 0)
	for id, want := range map[string]error{"0": storage.ErrNotFound, "1": storage.ErrNotFound, "2": nil, "3": nil, "5": nil} {
		if _, err := s.Outbox().Get(ctx, id); !errors.Is(err, want) {
			t.Errorf("row %s: %v, want %v", id, err, want)
		}
	}
}
