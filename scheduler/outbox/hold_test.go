package outbox

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func quietHours(t *testing.T) QuietHours {
	t.Helper()
	q, err := ParseQuietHours("20:00-07:00")
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// wib is a time on the Thursday of the event, or the days after.
func wib(day, hour, minute int) time.Time {
	return time.Date(2027, 1, 14+day, hour, minute, 0, 0, event.Jakarta)
}

func TestQuietHoursHold(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{1, 3 * window} { // few are passed over, many are put off
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := telegram()
				o := newOffice(t, n)
				o.opts.Quiet = quietHours(t)
				o.event.Set(wib(0, 21, 0))
				for i := range rows {
					m := message(n.private(i), storage.LaneBroadcast, fmt.Sprint("q", i))
					m.Quiet = true
					o.add(m)
				}
				urgent := message(n.private(0), storage.LaneBroadcast, "moved to another day")
				answer := message(n.private(0), storage.LaneAnswer, "answer")
				answer.Quiet = true // by mistake: an answer is never held
				o.add(urgent, answer)
				o.open()
				o.settle(10 * time.Second)
				if shown := n.shown(); len(shown) != 2 {
					t.Errorf("%d messages at night, want 2", len(shown))
				}
				o.settle(10*time.Hour - 20*time.Second)
				if shown := n.shown(); len(shown) != 2 {
					t.Errorf("%d messages at night, want 2", len(shown))
				}
				o.settle(20 * time.Second)
				if sent := o.store.states()[storage.Sent]; sent != rows+2 {
					t.Errorf("%d sent in the morning, want %d", sent, rows+2)
				}
			})
		})
	}
}

// The practice clock may jump out of the quiet hours, before or after a
// restart.
func TestQuietHoursJump(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restart ", restart), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := telegram()
				o := newOffice(t, n)
				o.opts.Quiet = quietHours(t)
				o.event.Set(wib(0, 21, 0))
				ms := broadcast(n, 2*window)
				for i := range ms {
					ms[i].Quiet = true
				}
				o.add(ms...)
				o.open()
				o.settle(time.Minute)
				later := message(n.private(1), storage.LaneBroadcast, "due in an hour")
				later.DueAt = time.Now().Add(time.Hour)
				o.add(later)
				if restart {
					o.stop()
					o.open()
				}
				o.event.Set(wib(1, 8, 0))
				o.sender.Wake()
				o.settle(3 * time.Second)
				if sent := o.store.states()[storage.Sent]; sent != 2*window {
					t.Errorf("%d sent after the jump, want %d", sent, 2*window)
				}
				o.want(later.ID, storage.Queued)
			})
		})
	}
}

// A row that was being put off when the program ended was not being sent: the
// next one sends it in the morning.
func TestQuietHoursKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.opts.Quiet = quietHours(t)
		o.opts.TakeOver = true
		o.event.Set(wib(0, 21, 0))
		ms := broadcast(n, 2*window)
		for i := range ms {
			ms[i].Quiet = true
		}
		o.add(ms...)
		fail := func(f func(string) error) {
			o.store.mu.Lock()
			defer o.store.mu.Unlock()
			o.store.fault = f
		}
		fail(func(op string) error {
			if op == "finish" {
				return storage.ErrUnavailable
			}
			return nil
		})
		o.open()
		o.settle(time.Second)
		o.stop()
		if states := o.store.states(); states[storage.Claimed] == 0 {
			t.Fatalf("nothing was in hand: %v", states)
		}
		fail(nil)
		o.event.Set(wib(1, 8, 0))
		o.open()
		o.settle(time.Minute)
		if states := o.store.states(); states[storage.Sent] != 2*window {
			t.Errorf("in the morning: %v, want all %d sent", states, 2*window)
		}
	})
}

func TestExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.opts.Quiet = quietHours(t)
		o.event.Set(wib(0, 21, 0))
		at := wib(1, 6, 0)
		m := message(n.private(1), storage.LaneReminder, "H-3 jam")
		m.Quiet, m.ExpiresAt = true, &at
		o.add(m)
		o.open()
		o.settle(11 * time.Hour)
		o.want(m.ID, storage.Expired)
		if len(n.tried()) != 0 {
			t.Error("it was sent")
		}
	})
}

func TestSuppressed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		since := time.Now()
		o.store.people["stopped"] = &event.Person{ID: "stopped", StoppedAt: &since}
		o.store.people["willing"] = &event.Person{ID: "willing"}
		add := func(id, person string, lane storage.Lane) {
			m := message(n.private(1), lane, id)
			m.PersonID = person
			o.add(m)
		}
		add("reminder", "stopped", storage.LaneReminder)
		add("broadcast", "stopped", storage.LaneBroadcast)
		add("answer", "stopped", storage.LaneAnswer)
		add("wanted", "willing", storage.LaneBroadcast)
		add("erased", "nobody", storage.LaneBroadcast)
		o.open()
		o.settle(10 * time.Second)
		o.want("reminder", storage.Suppressed)
		o.want("broadcast", storage.Suppressed)
		o.want("erased", storage.Suppressed)
		o.want("answer", storage.Sent)
		o.want("wanted", storage.Sent)
	})
}

// Rows that are not sent leave their share of the limit to others.
func TestSuppressedCostNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.opts.Limits = DefaultLimits()
		since := time.Now()
		o.store.people["stopped"] = &event.Person{ID: "stopped", StoppedAt: &since}
		ms := broadcast(n, 600)
		for i := range ms {
			if i%2 == 0 {
				ms[i].PersonID = "stopped"
			}
		}
		o.add(ms...)
		o.open()
		o.settle(10500 * time.Millisecond)
		if got := o.store.states(); got[storage.Sent] != 300 {
			t.Errorf("after 10.5 s: %v", got)
		}
	})
}

func TestEdits(t *testing.T) {
	t.Parallel()
	for _, can := range []bool{true, false} {
		t.Run(fmt.Sprint("channel edits ", can), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := telegram()
				n.edits = can
				o := newOffice(t, n)
				o.opts.Limits = map[channel.Name]Limits{n.name: {Private: Limit{Every: 10 * time.Second}}}
				chat := n.private(1)
				edit := func(id, target string) storage.Message {
					m := message(chat, storage.LaneAnswer, id)
					m.Edits = target
					return m
				}
				o.add(message(chat, storage.LaneAnswer, "0 %"))
				o.open()
				o.settle(time.Second)
				// While the chat's limit holds them back, two of the three become stale.
				o.add(edit("25 %", "0 %"), edit("50 %", "0 %"), message(chat, storage.LaneAnswer, "between"), edit("75 %", "0 %"))
				o.settle(time.Minute)
				o.add(edit("100 %", "0 %"))
				o.settle(time.Minute)

				if got, want := n.texts(chat), []string{"0 %", "between", "75 %", "100 %"}; !slices.Equal(got, want) {
					t.Errorf("shown %q, want %q", got, want)
				}
				o.want("25 %", storage.Expired)
				o.want("50 %", storage.Expired)
				target := o.store.row("0 %").MessageID
				for _, a := range n.shown() {
					isEdit := a.text == "75 %" || a.text == "100 %"
					if want := map[bool]string{true: target}[isEdit && can]; a.edit != want {
						t.Errorf("%s edits %q, want %q", a.text, a.edit, want)
					}
				}
			})
		})
	}
}

// An edit waits for its target, wherever that is, without blocking others.
func TestEditWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		chat := n.private(1)
		early := message(chat, storage.LaneAnswer, "edit before its target")
		early.Edits = "target"
		orphan := message(chat, storage.LaneAnswer, "edit of nothing")
		orphan.Edits = "never was"
		o.add(early, orphan, message(chat, storage.LaneAnswer, "other"))
		target := message(chat, storage.LaneBroadcast, "target")
		target.DueAt = time.Now().Add(30 * time.Second)
		o.add(target)
		o.open()
		o.settle(20 * time.Second)
		if got, want := n.texts(chat), []string{"edit of nothing", "other"}; !slices.Equal(got, want) {
			t.Errorf("shown at first %q, want %q", got, want)
		}
		o.settle(20 * time.Second)
		o.want(early.ID, storage.Sent)
		if got := n.shown(); got[len(got)-1].edit != o.store.row("target").MessageID {
			t.Errorf("the last one edits %q", got[len(got)-1].edit)
		}
	})
}

func TestFiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.store.blobs["letter"] = []byte("%PDF-1")
		file := func(m storage.Message, blob string) storage.Message {
			m.Body.File = &channel.File{Blob: blob, Name: "undangan.pdf", MIME: "application/pdf"}
			return m
		}
		ms := broadcast(n, 300)
		for i := range ms {
			ms[i] = file(ms[i], "letter")
		}
		o.add(ms...)
		o.add(file(message(n.private(999), storage.LaneAnswer, "lost"), "nowhere"))
		o.settle(time.Second)
		o.open()
		o.settle(time.Second)
		o.want("lost", storage.Failed)
		shown := n.shown()
		if len(shown) != 300 {
			t.Fatalf("%d sent", len(shown))
		}
		for _, a := range shown {
			if string(a.data) != "%PDF-1" {
				t.Fatalf("%s carries %q", a.text, a.data)
			}
		}
		// One load of each, and perhaps one more where "nowhere" came in between.
		if loads := o.store.count("media"); loads > 3 {
			t.Errorf("%d loads", loads)
		}

		// A file that was replaced is not sent in its old form.
		o.store.mu.Lock()
		o.store.blobs["letter"] = []byte("%PDF-2")
		o.store.mu.Unlock()
		o.settle(time.Second)
		o.add(file(message(n.private(1), storage.LaneAnswer, "renewed"), "letter"))
		o.settle(time.Second)
		if shown = n.shown(); string(shown[len(shown)-1].data) != "%PDF-2" {
			t.Errorf("the old file was sent: %q", shown[len(shown)-1].data)
		}
		o.settle(2 * time.Minute)
		if len(o.sender.files.kept) > 0 {
			t.Error("the file is still in memory")
		}
	})
}
