package scheduler_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// TestApprovalShowsAllTexts: whoever approves has seen the text of each
// audience, also where they are too long for one message; the question is last.
func TestApprovalShowsAllTexts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, long := range []int{0, 2300} {
		m := newMailing(t, t.TempDir())
		m.guests(names("tamu", 51))
		m.guest("dedi", true)
		g, err := m.store.Participations().Get(ctx, event.ParticipationID(m.event.ID, "dedi"))
		if err != nil {
			t.Fatal(err)
		}
		g.Audience = event.Koperasi
		if err := m.store.Participations().Save(ctx, g); err != nil {
			t.Fatal(err)
		}
		m.person("budi", event.Member)
		b, err := m.app.DraftBroadcast(ctx, m.actor(m.lead.Person), m.event, []event.Audience{event.UKM, event.Koperasi})
		if err == nil {
			_, err = m.app.SubmitBroadcast(ctx, m.actor(m.lead.Person), b.ID, m.clock.Now(), map[string]string{
				"ukm": "Teks UKM {sapaan}" + strings.Repeat(" a", long/2), "koperasi": "Teks koperasi {sapaan}" + strings.Repeat(" b", long/2),
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		m.tick()
		m.tick()
		rows, err := m.store.Outbox().Due(ctx, channel.Telegram, storage.LaneReminder, time.Now().Add(time.Hour), 100)
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for i, r := range rows {
			all += r.Body.Text + "\n"
			if last := i == len(rows)-1; last != (len(r.Body.Buttons) > 0) || len(r.Body.Text) > 4096 {
				t.Errorf("message %d of %d has %d rows of buttons and %d bytes", i+1, len(rows), len(r.Body.Buttons), len(r.Body.Text))
			}
		}
		if want := 1 + 2*min(1, long); len(rows) != want || strings.Count(all, "Teks UKM") != 1 || strings.Count(all, "Teks koperasi") != 1 {
			t.Errorf("%d messages, want %d:\n%s", len(rows), want, all)
		}
	}
}

// TestBroadcastQueuesAhead: no more than a few hundred rows wait, two ticks at a
// time double nothing, and a restart in the middle goes on where it was.
func TestBroadcastQueuesAhead(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 700)
	m.guests(all)
	m.guest("jauh", false)
	b := m.send()
	if b.Status != storage.BroadcastWaiting || b.Total != 700 {
		t.Fatalf("%s, %d", b.Status, b.Total)
	}
	m.tick()
	if n := len(m.rows(storage.Queued)); n != 0 {
		t.Fatalf("%d rows before the approval", n)
	}
	if _, err := m.app.ApproveBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); !errors.Is(err, app.ErrOwnBroadcast) {
		t.Fatalf("the maker approved: %v", err)
	}
	if _, err := m.app.ApproveBroadcast(t.Context(), m.actor(m.person("budi", event.Member)), b.ID); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m.tick()
		if n := len(m.rows(storage.Queued)); n < 250 || n > 500 {
			t.Fatalf("%d rows are ahead", n)
		}
	}
	m.deliver(200, 0)
	m.restart()
	m.tick()
	m.drain()
	m.exactlyOnce(all...)
	if b := m.broadcast(b.ID); b.Status != storage.BroadcastFinished || b.OkBy != "budi" {
		t.Errorf("%s, approved by %q", b.Status, b.OkBy)
	}
	calls, err := m.app.NextCalls(t.Context(), m.actor(m.lead.Person), m.event.ID, 5)
	if err != nil || calls.Left != 1 || calls.Guests[0].PersonID != "jauh" {
		t.Errorf("call list: %+v, %v", calls, err)
	}
}

// TestBroadcastPauses: a pause holds what is queued already, going on sends it,
// and a cancelled one leaves the rest for the next.
func TestBroadcastPauses(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 40)
	m.guests(all)
	b := m.send()
	m.tick()
	m.deliver(10, 0)
	by := m.actor(m.lead.Person)
	for range 2 { // a replayed message pauses once
		if _, err := m.app.PauseBroadcast(t.Context(), by, b.ID); err != nil {
			t.Fatal(err)
		}
	}
	m.tick()
	if n := m.deliver(100, 0); n != 0 {
		t.Fatalf("%d went out during the pause", n)
	}
	p, err := m.app.ProgressOf(t.Context(), m.broadcast(b.ID))
	if err != nil || p.Held != 30 || p.Sent != 10 || p.Failed != 0 || p.Total != 40 {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := m.app.ResumeBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	if n := m.deliver(10, 0); n != 10 {
		t.Fatalf("%d went out after it", n)
	}
	if _, err := m.app.PauseBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := m.app.CancelBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	m.drain()
	if got := len(m.invited()); got != 20 {
		t.Errorf("%d count as invited after the cancellation", got)
	}
	if _, err := m.app.ResumeBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); !errors.Is(err, app.ErrBroadcastState) {
		t.Errorf("a cancelled one goes on: %v", err)
	}
	m.send()
	m.drain()
	m.exactlyOnce(all...)
}

// TestBroadcastFilesFollow: what does not fit into the invitation comes after it,
// is held by a pause and taken back with it, and does not count as invitations.
func TestBroadcastFilesFollow(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	m.files = []channel.File{{Blob: "letter/x/signed.pdf", Name: "surat.pdf"}, {Blob: "broadcast/x.ics", Name: "x.ics"}}
	m.guests(names("tamu", 10))
	b := m.send()
	m.tick()
	ctx := t.Context()
	if p, err := m.app.ProgressOf(ctx, m.broadcast(b.ID)); err != nil || p.Total != 10 || p.Pending != 10 {
		t.Fatalf("%+v, %v", p, err)
	}
	due, err := m.store.Outbox().Due(ctx, channel.Telegram, storage.LaneBroadcast, time.Now().Add(time.Hour), 100)
	if err != nil || len(due) != 20 {
		t.Fatalf("%d rows, %v", len(due), err)
	}
	seen := map[string]bool{}
	for _, row := range due {
		if strings.HasPrefix(row.Touchpoint, "files/") && !seen[row.PersonID] {
			t.Errorf("%s comes before the invitation", row.ID)
		}
		seen[row.PersonID] = true
	}
	if _, err := m.app.PauseBroadcast(ctx, m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	if n := m.deliver(100, 0); n != 0 {
		t.Errorf("%d rows went out during the pause", n)
	}
	if _, err := m.app.ResumeBroadcast(ctx, m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	m.deliver(4, 0)
	if _, err := m.app.CancelBroadcast(ctx, m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	m.drain()
	again := m.send()
	m.drain()
	m.exactlyOnce(names("tamu", 10)...)
	m.filesFollow(1)
	if s := m.broadcast(again.ID).Status; s != storage.BroadcastFinished {
		t.Error(s)
	}
}

// TestBroadcastRetries: what failed goes on the call list and can be tried
// again, what is uncertain is left alone.
func TestBroadcastRetries(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 9)
	m.guests(all)
	b := m.send()
	m.tick()
	m.deliver(9, 3)
	m.tick()
	if b := m.broadcast(b.ID); b.Status != storage.BroadcastFinished || !strings.Contains(b.ShownText, "gagal 3") {
		t.Fatalf("%s: %s", b.Status, b.ShownText)
	}
	calls, err := m.app.NextCalls(t.Context(), m.actor(m.lead.Person), m.event.ID, 5)
	if err != nil || calls.Left != 3 {
		t.Fatalf("call list: %+v, %v", calls, err)
	}
	if _, did, err := m.app.RetryBroadcast(t.Context(), m.actor(m.lead.Person), b.ID, true); err != nil || did.N != 0 {
		t.Fatalf("%d uncertain ones, %v", did.N, err)
	}
	if _, did, err := m.app.RetryBroadcast(t.Context(), m.actor(m.lead.Person), b.ID, false); err != nil || did.N != 3 {
		t.Fatalf("%d tried again, %v", did.N, err)
	}
	m.drain()
	m.exactlyOnce(all...)
	if b := m.broadcast(b.ID); b.Status != storage.BroadcastFinished {
		t.Error(b.Status)
	}
}

// TestBroadcastCancelledFailures: whom a cancelled one failed to reach counts
// as not invited, and the next one reaches them.
func TestBroadcastCancelledFailures(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 9)
	m.guests(all)
	b := m.send()
	m.tick()
	m.deliver(6, 3)
	if _, err := m.app.CancelBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	sent := len(m.rows(storage.Sent))
	on := func(name channel.Name) bool { return name == channel.Telegram }
	st, err := m.app.InvitationStatusOf(t.Context(), m.event.ID, on)
	if err != nil || len(m.invited()) != sent || st.Waiting != 9-sent || st.Total.Guests != sent || st.Total.Failed != 0 {
		t.Errorf("%d sent, %d invited, %+v, %v", sent, len(m.invited()), st, err)
	}
	m.send()
	m.drain()
	m.exactlyOnce(all...)
}

// TestBroadcastGrows: guests who were added after the submission do not slip
// past the second member.
func TestBroadcastGrows(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	m.guests(names("tamu", 30))
	b := m.send()
	m.guests(names("baru", 30))
	m.tick()
	if b := m.broadcast(b.ID); b.Status != storage.BroadcastWaiting || b.Total != 60 {
		t.Errorf("%s, %d", b.Status, b.Total)
	}
}

// TestBroadcastEndsWithTheEvent: nothing is sent once the event is called off.
func TestBroadcastEndsWithTheEvent(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	m.guests(names("tamu", 5))
	b := m.send()
	m.tick()
	if _, err := m.app.UpdateEvent(t.Context(), m.actor(m.lead.Person), m.event.ID, "event.cancel", "", func(e *event.Event) { e.Status = event.EventCancelled }); err != nil {
		t.Fatal(err)
	}
	m.tick()
	if n := m.deliver(10, 0); n != 0 || m.broadcast(b.ID).Status != storage.BroadcastCancelled {
		t.Errorf("%d went out, %s", n, m.broadcast(b.ID).Status)
	}
}

// TestBroadcastSurvivesCrashes: whatever is done to a broadcast, and at
// whichever write the program dies, in the end everybody has got it once.
func TestBroadcastSurvivesCrashes(t *testing.T) {
	t.Parallel()
	base, tries := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		tries++
		dir := filepath.Join(base, strconv.Itoa(tries))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		m := newMailing(t, dir)
		m.files = []channel.File{{Blob: "letter/x/signed.pdf", Name: "surat.pdf"}, {Blob: "broadcast/x.ics", Name: "x.ics"}, {Blob: "broadcast/x.png", Photo: true}}
		all := names("tamu", rapid.IntRange(1, 25).Draw(t, "guests"))
		m.guests(all)
		b := m.send()
		crash := func(what string, err error) {
			if errors.Is(err, errCrash) || errors.Is(err, app.ErrBroadcastState) {
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		ctx := context.Background()
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			m.store.left = rapid.IntRange(-1, 8).Draw(t, "crash after")
			switch rapid.IntRange(0, 7).Draw(t, "deed") {
			case 0, 1:
				m.tick()
			case 2:
				m.store.left = -1
				m.deliver(rapid.IntRange(1, 10).Draw(t, "sent"), 0)
			case 3:
				_, err := m.app.PauseBroadcast(ctx, m.actor(m.lead.Person), b.ID)
				crash("pause", err)
			case 4:
				_, err := m.app.ResumeBroadcast(ctx, m.actor(m.lead.Person), b.ID)
				crash("resume", err)
			case 5:
				_, err := m.app.CancelBroadcast(ctx, m.actor(m.lead.Person), b.ID)
				crash("cancel", err)
			case 6:
				m.restart()
			case 7:
				m.store.left = -1
				m.restart()
				m.tick()
				if app.BroadcastOver(m.broadcast(b.ID).Status) {
					if again := m.sendRest(); again != nil {
						b = again
					}
				}
			}
			for id, n := range m.rows(storage.Sent) {
				if n > 1 {
					t.Fatalf("%s got it %d times", id, n)
				}
			}
		}
		m.store.left = -1
		m.restart()
		if s := m.broadcast(b.ID).Status; s == storage.BroadcastPaused {
			_, err := m.app.ResumeBroadcast(ctx, m.actor(m.lead.Person), b.ID)
			crash("resume", err)
		}
		m.drain()
		m.sendRest()
		m.drain()
		m.exactlyOnce(all...)
		m.filesFollow(len(m.files) - 1)
	})
}

// TestBroadcastFollowsMerges: a guest who becomes another person while the
// broadcast is past that person's place in the order still gets it.
func TestBroadcastFollowsMerges(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 350)
	m.guests(all)
	m.person("aaa", event.Guest)
	b := m.send()
	if _, err := m.app.ApproveBroadcast(t.Context(), m.actor(m.person("budi", event.Member)), b.ID); err != nil {
		t.Fatal(err)
	}
	m.tick()
	last := all[len(all)-1]
	if _, err := m.app.Merge(t.Context(), m.actor(m.lead.Person), "aaa", last); err != nil {
		t.Fatal(err)
	}
	m.drain()
	m.exactlyOnce(append(all[:len(all)-1:len(all)-1], "aaa")...)
}
