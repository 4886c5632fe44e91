package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

func touchpointCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"Expire":      touchpointExpire,
		"ExpireMany":  touchpointExpireMany,
		"Tally":       touchpointTally,
		"List":        touchpointList,
		"ListPaging":  touchpointListPaging,
		"Retry":       touchpointRetry,
		"Readdress":   touchpointReaddress,
		"Erase":       outboxErase,
		"OfNoEvent":   touchpointOfNoEvent,
		"HardPrefix":  touchpointHardPrefix,
		"AfterRaw":    touchpointAfterRaw,
		"WhileQueued": touchpointWhileQueued,
	}
}

// touchpointRow is a row for a person of EMK-2027.
func touchpointRow(person, touchpoint string, due time.Time) storage.Message {
	m := plainMessage("EMK-2027/"+person+"/"+touchpoint+"/telegram", due)
	m.Lane, m.EventID, m.PersonID, m.Touchpoint = storage.LaneBroadcast, "EMK-2027", person, touchpoint
	return m
}

// tally renders an outbox's Tally.
func tally(t *testing.T, s storage.Store, eventID, touchpoint string) string {
	t.Helper()
	var out []string
	for _, c := range must(s.Outbox().Tally(t.Context(), eventID, touchpoint))(t) {
		out = append(out, fmt.Sprintf("%s/%s:%d", c.Channel, c.State, c.N))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// finishAs takes a queued row through a claim to a state.
func finishAs(t *testing.T, s storage.Store, id string, st storage.State) {
	t.Helper()
	m := must(s.Outbox().Claim(t.Context(), id, "t", at(time.Minute), ""))(t)
	m.State, m.LastError = st, "kode 403"
	ok(t, s.Outbox().Finish(t.Context(), m, "t"))
}

// everyState adds a row of EMK-2027 in each state, under its name as person.
func everyState(t *testing.T, s storage.Store, touchpoint string) []storage.State {
	t.Helper()
	ctx := t.Context()
	states := []storage.State{
		storage.Queued, storage.Claimed, storage.Sent, storage.Delivered, storage.Read,
		storage.Failed, storage.Uncertain, storage.Suppressed, storage.Expired,
	}
	for _, st := range states {
		m := touchpointRow(string(st), touchpoint, at(0))
		must(s.Outbox().Add(ctx, m))(t)
		switch st {
		case storage.Queued:
		case storage.Claimed:
			must(s.Outbox().Claim(ctx, m.ID, "t", at(time.Minute), ""))(t)
		case storage.Suppressed, storage.Expired:
			ok(t, s.Outbox().Drop(ctx, m.ID, st, ""))
		default:
			finishAs(t, s, m.ID, st)
		}
	}
	return states
}

func touchpointExpire(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	everyState(t, s, "h40")
	for _, m := range []storage.Message{
		touchpointRow("a", "h40", at(0)), touchpointRow("b", "h40/2", at(0)), touchpointRow("c", "h4", at(0)), touchpointRow("d", "h41", at(0)),
		touchpointRow("e", "xh40", at(0)), touchpointRow("f", "H40", at(0)),
	} {
		must(s.Outbox().Add(ctx, m))(t)
	}
	other := touchpointRow("g", "h40", at(0))
	other.ID, other.EventID = "lain/g", "EMK-20270"
	must(s.Outbox().Add(ctx, other))(t)

	equal(t, "expired", must(s.Outbox().Expire(ctx, "EMK-2027", "h40", hard))(t), 3) // queued, a and b
	equal(t, "expired again", must(s.Outbox().Expire(ctx, "EMK-2027", "h40", "lagi"))(t), 0)
	want := touchpointRow("a", "h40", at(0))
	want.State, want.LastError = storage.Expired, hard
	same(t, must(s.Outbox().Get(ctx, want.ID))(t), &want)
	equal(t, "state of b", must(s.Outbox().Get(ctx, "EMK-2027/b/h40/2/telegram"))(t).State, storage.Expired)
	for _, st := range []storage.State{storage.Claimed, storage.Sent, storage.Failed, storage.Uncertain, storage.Suppressed} {
		equal(t, "state", must(s.Outbox().Get(ctx, "EMK-2027/"+string(st)+"/h40/telegram"))(t).State, st)
	}
	for _, id := range []string{"EMK-2027/c/h4/telegram", "EMK-2027/d/h41/telegram", "EMK-2027/e/xh40/telegram", "EMK-2027/f/H40/telegram", "lain/g"} {
		equal(t, "state of "+id, must(s.Outbox().Get(ctx, id))(t).State, storage.Queued)
	}
	due := must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneBroadcast, at(0), 99))(t)
	equal(t, "due", len(due), 5)
	_, err := s.Outbox().Claim(ctx, want.ID, "t", at(0), "")
	is(t, err, storage.ErrConflict)

	// Of the whole event.
	equal(t, "expired", must(s.Outbox().Expire(ctx, "EMK-2027", "", "batal"))(t), 4)
	equal(t, "state of another event's", must(s.Outbox().Get(ctx, "lain/g"))(t).State, storage.Queued)
	// An ended row can be forgotten; a claimed one is finished as ever.
	m := must(s.Outbox().Get(ctx, "EMK-2027/claimed/h40/telegram"))(t)
	m.State = storage.Sent
	ok(t, s.Outbox().Finish(ctx, m, "t"))
}

func touchpointExpireMany(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	n := h.Rows + 1
	ms := make([]storage.Message, n)
	for i := range ms {
		ms[i] = touchpointRow(fmt.Sprintf("p%05d", i), "h14", at(0))
	}
	must(s.Outbox().AddAll(ctx, ms))(t)
	finishAs(t, s, ms[n/2].ID, storage.Sent)
	equal(t, "expired", must(s.Outbox().Expire(ctx, "EMK-2027", "h14", "dipindah"))(t), n-1)
	equal(t, "tally", tally(t, s, "EMK-2027", "h"), fmt.Sprintf("telegram/expired:%d telegram/sent:1", n-1))
	equal(t, "due", len(must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneBroadcast, at(0), 9))(t)), 0)
}

func touchpointTally(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "of nothing", tally(t, s, "EMK-2027", ""), "")
	all := everyState(t, s, "undangan/1")
	for i, touchpoint := range []string{"undangan/1", "undangan/10", "undangan/2"} {
		m := touchpointRow("x", touchpoint, at(0))
		m.Lane, m.Chat.Channel = storage.Lane(i), channel.Web
		must(s.Outbox().Add(ctx, m))(t)
	}
	other := touchpointRow("y", "undangan/1", at(0))
	other.EventID = "EMK-2028"
	must(s.Outbox().Add(ctx, other))(t)
	var want []string
	for _, st := range all {
		want = append(want, fmt.Sprintf("telegram/%s:1", st))
	}
	slices.Sort(want)
	one := strings.Join(want, " ")
	equal(t, "one sending", tally(t, s, "EMK-2027", "undangan/1"), one+" web/queued:2") // lanes together; 10 begins with 1
	equal(t, "all sendings", tally(t, s, "EMK-2027", "undangan/"), one+" web/queued:3")
	equal(t, "the event", tally(t, s, "EMK-2027", ""), one+" web/queued:3")
	equal(t, "none of them", tally(t, s, "EMK-2027", "undangan/3"), "")
	equal(t, "another event", tally(t, s, "EMK-2028", "undangan/1"), "telegram/queued:1")
	ok(t, s.Outbox().Drop(ctx, touchpointRow("x", "undangan/2", at(0)).ID, storage.Failed, "x"))
	equal(t, "after a change", tally(t, s, "EMK-2027", "undangan/2"), "web/failed:1")
}

func touchpointList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	states := everyState(t, s, "h40")
	everyState(t, s, "h7")
	for _, st := range states {
		page, next, err := s.Outbox().List(ctx, "EMK-2027", "h40", st, "", 9)
		ok(t, err)
		equal(t, "cursor", next, "")
		equal(t, "rows that are "+string(st), len(page), 1)
		same(t, page[0], must(s.Outbox().Get(ctx, "EMK-2027/"+string(st)+"/h40/telegram"))(t))
		page, _, err = s.Outbox().List(ctx, "EMK-2027", "h", st, "", 9)
		ok(t, err)
		equal(t, "rows of both that are "+string(st), len(page), 2)
	}
	for _, none := range [][2]string{{"EMK-2027", "h41"}, {"EMK-2028", "h40"}, {"EMK-2028", ""}} {
		page, next, err := s.Outbox().List(ctx, none[0], none[1], storage.Queued, "", 9)
		ok(t, err)
		equal(t, fmt.Sprint("rows of ", none), len(page), 0)
		equal(t, "cursor", next, "")
	}
}

func touchpointListPaging(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	const n = 205
	var ms []storage.Message
	for i := n; i > 0; i-- {
		// Other touchpoints and states stand between the rows that are meant.
		ms = append(ms, touchpointRow(fmt.Sprintf("p%05d", i), "h40", at(0)), touchpointRow(fmt.Sprintf("p%05d", i), "h7", at(0)))
	}
	must(s.Outbox().AddAll(ctx, ms))(t)
	for i := range 5 {
		finishAs(t, s, touchpointRow(fmt.Sprintf("p%05d", 40*i+1), "h40", at(0)).ID, storage.Failed)
	}
	page, next, err := s.Outbox().List(ctx, "EMK-2027", "h40", storage.Queued, "", 0)
	ok(t, err)
	equal(t, "default page", len(page), 100)
	equal(t, "cursor where there is more", next != "", true)
	for _, tc := range []struct {
		state      storage.State
		size, want int
	}{{storage.Queued, 7, n - 5}, {storage.Queued, n - 5, n - 5}, {storage.Failed, 2, 5}, {storage.Failed, 5, 5}, {storage.Sent, 3, 0}} {
		got, last, after := 0, "", ""
		for {
			page, next, err := s.Outbox().List(ctx, "EMK-2027", "h40", tc.state, after, tc.size)
			ok(t, err)
			if len(page) > tc.size || next != "" && len(page) < tc.size {
				t.Fatalf("page of %d with limit %d, next %q", len(page), tc.size, next)
			}
			for _, m := range page {
				if m.ID <= last || m.Touchpoint != "h40" || m.State != tc.state {
					t.Fatalf("%s (%s, %s) after %s", m.ID, m.Touchpoint, m.State, last)
				}
				last = m.ID
			}
			got += len(page)
			if next == "" {
				break
			}
			after = next
		}
		equal(t, fmt.Sprintf("%s by pages of %d", tc.state, tc.size), got, tc.want)
	}
}

func touchpointRetry(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, st := range everyState(t, s, "h40") {
		id := "EMK-2027/" + string(st) + "/h40/telegram"
		before := must(s.Outbox().Get(ctx, id))(t)
		err := s.Outbox().Retry(ctx, id, at(time.Hour))
		after := must(s.Outbox().Get(ctx, id))(t)
		if st != storage.Failed && st != storage.Uncertain {
			is(t, err, storage.ErrConflict)
			same(t, after, before)
			continue
		}
		ok(t, err)
		before.State, before.DueAt = storage.Queued, at(time.Hour)
		same(t, after, before)
		is(t, s.Outbox().Retry(ctx, id, at(0)), storage.ErrConflict)
	}
	is(t, s.Outbox().Retry(ctx, "none", at(0)), storage.ErrNotFound)
	due := func(now time.Time) int {
		return len(must(s.Outbox().Due(ctx, channel.Telegram, storage.LaneBroadcast, now, 9))(t))
	}
	equal(t, "due before its time", due(at(time.Hour-time.Millisecond)), 1)
	equal(t, "due in time", due(at(time.Hour)), 3)
	equal(t, "failures", len(must(s.Outbox().Failures(ctx, 9))(t)), 0)
	equal(t, "attempts", must(s.Outbox().Claim(ctx, "EMK-2027/failed/h40/telegram", "t2", at(2*time.Hour), ""))(t).Attempts, 2)
}

func outboxErase(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, st := range everyState(t, s, "h40") {
		// All of one person, in each state; and one of somebody alike.
		m := must(s.Outbox().Get(ctx, "EMK-2027/"+string(st)+"/h40/telegram"))(t)
		m.PersonID = "telegram:4711"
		ok(t, s.Raw().Put(ctx, "outbox", m.ID, []byte(canonical(t, m))))
	}
	other := touchpointRow("telegram:47110", "h40", at(0))
	nobody := plainMessage("in/1/1", at(0))
	for _, m := range []storage.Message{other, nobody} {
		must(s.Outbox().Add(ctx, m))(t)
		ok(t, s.Outbox().Drop(ctx, m.ID, storage.Failed, ""))
	}
	equal(t, "erased of nobody", must(s.Outbox().Erase(ctx, ""))(t), 0)
	equal(t, "erased", must(s.Outbox().Erase(ctx, "telegram:4711"))(t), 7)
	equal(t, "erased again", must(s.Outbox().Erase(ctx, "telegram:4711"))(t), 0)
	for id, want := range map[string]error{
		"EMK-2027/queued/h40/telegram": nil, "EMK-2027/claimed/h40/telegram": nil, other.ID: nil, nobody.ID: nil,
		"EMK-2027/sent/h40/telegram": storage.ErrNotFound, "EMK-2027/read/h40/telegram": storage.ErrNotFound,
		"EMK-2027/failed/h40/telegram": storage.ErrNotFound, "EMK-2027/expired/h40/telegram": storage.ErrNotFound,
	} {
		if _, err := s.Outbox().Get(ctx, id); !errors.Is(err, want) {
			t.Errorf("row %s: %v, want %v", id, err, want)
		}
	}
}

// touchpointOfNoEvent: answers to people who write belong to no event, and
// are in nobody's way.
func touchpointOfNoEvent(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, id := range []string{"a", "b"} {
		m := plainMessage(id, at(0))
		if id == "b" {
			m.Touchpoint = "h40"
		}
		must(s.Outbox().Add(ctx, m))(t)
	}
	for _, touchpoint := range []string{"", "h40"} {
		equal(t, "expired", must(s.Outbox().Expire(ctx, "", touchpoint, "x"))(t), 0)
		equal(t, "tally", tally(t, s, "", touchpoint), "")
		page, next, err := s.Outbox().List(ctx, "", touchpoint, storage.Queued, "", 9)
		ok(t, err)
		equal(t, "rows", fmt.Sprint(len(page), next), "0")
	}
}

// touchpointHardPrefix: a prefix is text, not a pattern, whatever is in it.
func touchpointHardPrefix(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	names := []string{"h%", "hx", "h_", "h.*", "é", "éa", "ê", "😀", "😀/1", "a\\", "[h]"}
	for i, name := range names {
		m := touchpointRow("p", name, at(0))
		m.ID = fmt.Sprint(i)
		must(s.Outbox().Add(ctx, m))(t)
	}
	for _, prefix := range names {
		want := 0
		for _, name := range names {
			if strings.HasPrefix(name, prefix) {
				want++
			}
		}
		equal(t, "rows of "+prefix, tally(t, s, "EMK-2027", prefix), fmt.Sprint("telegram/queued:", want))
	}
}

// touchpointReaddress: a row that failed goes to another address of its
// channel, from where the old one never sees it again.
func touchpointReaddress(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	to := channel.Chat{Channel: channel.Telegram, ID: "elsewhere"}
	for _, st := range everyState(t, s, "h40") {
		id := "EMK-2027/" + string(st) + "/h40/telegram"
		before := must(s.Outbox().Get(ctx, id))(t)
		is(t, s.Outbox().Readdress(ctx, id, channel.Chat{Channel: channel.Email, ID: "a@contoh.id"}, at(0)), storage.ErrConflict)
		err := s.Outbox().Readdress(ctx, id, to, at(time.Hour))
		after := must(s.Outbox().Get(ctx, id))(t)
		if st != storage.Failed {
			is(t, err, storage.ErrConflict)
			same(t, after, before)
			continue
		}
		ok(t, err)
		before.State, before.Chat, before.DueAt = storage.Queued, to, at(time.Hour)
		same(t, after, before)
		is(t, s.Outbox().Readdress(ctx, id, to, at(0)), storage.ErrConflict)
		// What looks rows up by their chat finds it at the new one alone.
		queued := must(s.Outbox().Redirect(ctx, to, channel.Chat{Channel: channel.Telegram, ID: "moved"}))(t)
		equal(t, "at the new address", queued, 1)
	}
	is(t, s.Outbox().Readdress(ctx, "none", to, at(0)), storage.ErrNotFound)
}

// touchpointAfterRaw: a restored outbox answers as the one it was taken from.
func touchpointAfterRaw(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	m := touchpointRow("p", "h40", at(0))
	m.State = storage.Failed
	ok(t, s.Raw().Put(ctx, "outbox", m.ID, []byte(canonical(t, &m))))
	equal(t, "tally", tally(t, s, "EMK-2027", "h40"), "telegram/failed:1")
	ok(t, s.Outbox().Retry(ctx, m.ID, at(0)))
	equal(t, "expired", must(s.Outbox().Expire(ctx, "EMK-2027", "h4", ""))(t), 1)
	equal(t, "erased", must(s.Outbox().Erase(ctx, "p"))(t), 1)
}

// touchpointWhileQueued: answers that chats hold go the same way.
func touchpointWhileQueued(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	c := &storage.Chat{ID: "telegram:4711", Pending: []storage.Message{touchpointRow("p", "h40", at(0))}}
	ok(t, s.Chats().Save(ctx, c))
	equal(t, "tally of what is pending", tally(t, s, "EMK-2027", ""), "")
	ok(t, s.Chats().Flush(ctx, c, ""))
	equal(t, "tally", tally(t, s, "EMK-2027", ""), "telegram/queued:1")
}
