package scheduler_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// told lists the rows of a touchpoint prefix in a state by whom they are for;
// those to the team are under "".
func (m *mailing) told(touchpoint string, state storage.State) map[string][]*storage.Message {
	m.t.Helper()
	out := map[string][]*storage.Message{}
	page, _, err := m.store.Outbox().List(context.Background(), m.event.ID, touchpoint, state, "", 10_000)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, row := range page {
		out[row.PersonID] = append(out[row.PersonID], row)
	}
	return out
}

func (m *mailing) answer(id string, r event.Reply) {
	m.t.Helper()
	r.Source = "chat"
	if _, err := m.app.Answer(context.Background(), m.actor(&event.Person{ID: id, Name: id}), event.ParticipationID(m.event.ID, id), r); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mailing) change(change func(e *event.Event)) {
	m.t.Helper()
	e, err := m.app.UpdateEvent(context.Background(), m.actor(m.lead.Person), m.event.ID, "event.move", "", change)
	if err != nil {
		m.t.Fatal(err)
	}
	m.event = e
}

// TestNewsOnce: wherever the program dies while it tells that the event was
// moved, everyone hears it once who has to, and nobody else; what was on its
// way with the old date does not go out.
func TestNewsOnce(t *testing.T) {
	t.Parallel()
	for crash := range 14 {
		m := newMailing(t, t.TempDir())
		early := names("early", 8)
		m.guests(early)
		m.guest("nochat", false)
		b := m.send()
		m.drain()
		if n := len(m.invited()); n != 8 {
			t.Fatalf("%d invited", n)
		}
		m.answer("early000", event.Reply{Answer: event.Yes})
		m.answer("early001", event.Reply{Answer: event.No})
		m.answer("early002", event.Reply{Answer: event.Delegated, Delegate: "Asep"})
		if err := m.app.CallFor(t.Context(), event.ParticipationID(m.event.ID, "nochat")); err != nil {
			t.Fatal(err)
		}
		// A second sending is under way when the date changes.
		late := names("late", 3)
		m.guests(late)
		rest := m.sendRest()
		m.tick()
		m.clock.Set(m.clock.Now().Add(time.Minute))
		start := time.Date(2027, 1, 21, 8, 0, 0, 0, event.Jakarta)
		m.change(func(e *event.Event) { e.Start = start })
		m.store.left = crash
		m.tick()
		m.restart()
		m.store.left = -1
		m.tick()
		m.tick()

		got := m.told("news.1/", storage.Queued)
		want := []string{"early000", "early002", "early003", "early004", "early005", "early006", "early007"}
		if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
			t.Fatalf("crash %d: told %v", crash, keys)
		}
		for id, rows := range got {
			if len(rows) != 1 || rows[0].Quiet || !strings.Contains(rows[0].Body.Text, "21 Januari 2027") {
				t.Errorf("crash %d: %s got %d rows, %+v", crash, id, len(rows), rows[0].Body)
			}
		}
		if text := got["early000"][0].Body.Text; !strings.Contains(text, "sudah menyatakan hadir") {
			t.Errorf("confirmed: %s", text)
		}
		if text := got["early003"][0].Body.Text; !strings.Contains(text, "Apakah dapat hadir?") || strings.Contains(text, "sudah menyatakan") {
			t.Errorf("invited: %s", text)
		}
		if m.broadcast(rest.ID).Status != storage.BroadcastCancelled || m.broadcast(b.ID).Status != storage.BroadcastFinished {
			t.Errorf("crash %d: the sendings are %s and %s", crash, m.broadcast(rest.ID).Status, m.broadcast(b.ID).Status)
		}
		for _, id := range late {
			if m.invited()[id] {
				t.Errorf("crash %d: %s counts as invited", crash, id)
			}
		}
		if n := len(m.rows(storage.Queued)); n != 0 {
			t.Errorf("crash %d: %d invitations with the old date are on their way", crash, n)
		}
		// A second change, before the first went out: only the new one does.
		m.change(func(e *event.Event) { e.Place = "Stadion" })
		m.tick()
		if old := m.told("news.1/", storage.Queued); len(old) != 0 {
			t.Errorf("crash %d: old news is on its way to %v", crash, slices.Sorted(maps.Keys(old)))
		}
		if n := len(m.told("news.2/", storage.Queued)); n != len(want) {
			t.Errorf("crash %d: the second news goes to %d", crash, n)
		}
	}
}

// TestStagesAfterNews: a stage that the news stands for is not asked again, and
// none comes within two days of it.
func TestStagesAfterNews(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	m.guests(names("g", 2))
	m.send()
	m.drain()
	// Moved to 12 days from now: H-14 has begun, the news asks in its place.
	m.clock.Set(time.Date(2026, 12, 10, 10, 0, 0, 0, event.Jakarta))
	m.change(func(e *event.Event) { e.Start = time.Date(2026, 12, 22, 8, 0, 0, 0, event.Jakarta) })
	m.tick()
	m.clock.Set(time.Date(2026, 12, 13, 10, 0, 0, 0, event.Jakarta))
	m.tick()
	if n := len(m.told("h14", storage.Queued)); n != 0 {
		t.Errorf("%d asked at H-14 though the news asked them", n)
	}
	// H-7 (15 December) is far enough from it.
	m.clock.Set(time.Date(2026, 12, 15, 9, 0, 0, 0, event.Jakarta))
	m.tick()
	if n := len(m.told("h7", storage.Queued)); n != 2 {
		t.Errorf("%d asked at H-7", n)
	}
	// Another move on the day before H-7 of the new date: that stage waits.
	m.change(func(e *event.Event) { e.Start = time.Date(2026, 12, 23, 8, 0, 0, 0, event.Jakarta) })
	m.tick()
	if n := len(m.told("h7", storage.Expired)); n != 2 {
		t.Errorf("%d of the old date's rows expired", n)
	}
	m.clock.Set(time.Date(2026, 12, 16, 12, 0, 0, 0, event.Jakarta))
	m.tick()
	if n := len(m.told("h7", storage.Queued)); n != 0 {
		t.Errorf("%d asked within two days of the news", n)
	}
	m.clock.Set(time.Date(2026, 12, 17, 10, 0, 0, 0, event.Jakarta))
	m.tick()
	if n := len(m.told("h7", storage.Queued)); n != 2 {
		t.Errorf("%d asked at H-7 of the new date", n)
	}
}

// TestAnswersOncePerDay: from H-40 the group hears once a day how the answers
// stand, where something changed or a stage began, over restarts.
func TestAnswersOncePerDay(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	group := app.TeamGroup{Chat: channel.Chat{Channel: channel.Telegram, ID: "-100"}, Title: "Tim"}
	if err := m.app.BindGroup(t.Context(), m.lead, group); err != nil {
		t.Fatal(err)
	}
	m.guests(names("g", 4))
	m.send()
	m.drain()
	lines := func() []string {
		var out []string
		for _, row := range m.told("answers", storage.Queued)[""] {
			out = append(out, row.ID+"\n"+row.Body.Text)
		}
		return out
	}
	at := func(day, hour int) {
		t.Helper()
		m.clock.Set(time.Date(2026, 12, day, hour, 0, 0, 0, event.Jakarta))
		m.tick()
		before := lines()
		m.restart()
		m.tick()
		if after := lines(); !slices.Equal(before, after) {
			t.Fatalf("looking again: %v", after)
		}
	}
	m.answer("g000", event.Reply{Answer: event.Yes, Heads: 2}) // before H-40
	at(4, 17)
	if got := lines(); len(got) != 0 {
		t.Errorf("before H-40: %v", got)
	}
	at(5, 10) // H-40
	m.answer("g001", event.Reply{Answer: event.No})
	at(5, 15)
	if got := lines(); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	at(5, 16)
	m.answer("g002", event.Reply{Answer: event.Maybe})
	at(5, 18)
	got := lines()
	if len(got) != 1 || !strings.Contains(got[0], "dimulai hari ini") || !strings.Contains(got[0], "Hadir 1,") || !strings.Contains(got[0], "belum pasti 0") || !strings.Contains(got[0], "+1 tidak hadir") {
		t.Fatalf("H-40: %q", got)
	}
	at(6, 16) // what came after the line of the day before
	if got = lines(); len(got) != 2 || !strings.Contains(got[1], "+1 belum pasti") || strings.Contains(got[1], "dimulai") {
		t.Fatalf("H-39: %q", got)
	}
	at(7, 16) // nothing changed
	at(8, 20)
	if got = lines(); len(got) != 2 {
		t.Errorf("nothing to say, and yet: %q", got[2:])
	}
	m.answer("g003", event.Reply{Answer: event.Yes})
	at(12, 16) // after a downtime
	if got = lines(); len(got) != 3 || !strings.Contains(got[2], "2026-12-12") || !strings.Contains(got[2], "+1 hadir") || strings.Contains(strings.ToLower(strings.Join(got, " ")), "terlambat") {
		t.Errorf("%q", got)
	}
	c, err := m.app.Confirmations(t.Context(), m.event)
	if err != nil || c.Last() == nil || c.Last().Stage != event.StageH40 || c.Last().Yes != 1 || c.Last().No != 0 {
		t.Errorf("the snapshot of H-40 is %+v, %v", c.Last(), err)
	}
}

// TestCancelledCalls: once an event is called off, those are rung who have to
// know it, and nobody is rung to be invited to it.
func TestCancelledCalls(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	m.guests(names("known", 2))
	m.guest("uninvited", false)
	m.send()
	m.drain()
	m.answer("known000", event.Reply{Answer: event.Yes})
	for _, id := range []string{"known000", "known001", "uninvited"} {
		if err := m.app.CallFor(t.Context(), event.ParticipationID(m.event.ID, id)); err != nil {
			t.Fatal(err)
		}
	}
	m.clock.Set(m.clock.Now().Add(time.Minute))
	m.change(func(e *event.Event) { e.Status = event.EventCancelled })
	m.tick()
	for id, want := range map[string]event.CallState{"known000": event.CallDue, "known001": event.CallDue, "uninvited": event.NoCall} {
		g, err := m.store.Participations().Get(t.Context(), event.ParticipationID(m.event.ID, id))
		if err != nil || g.Call != want {
			t.Errorf("%s: call %q, want %q (%v)", id, g.Call, want, err)
		}
	}
}
