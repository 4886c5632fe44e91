package outbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// A broadcast of 3,000 goes as fast as Telegram allows, never faster, and
// people who type meanwhile do not notice.
func TestBroadcastAtTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.delay = func() time.Duration { return 20*time.Millisecond + rand.N(15*time.Millisecond) }
		o := newOffice(t, n)
		o.opts.Limits = DefaultLimits()
		o.add(broadcast(n, 3000)...)
		start := time.Now()
		o.open()

		const answers = 100
		asked := make(map[string]time.Time)
		for i := range answers {
			o.settle(900*time.Millisecond + time.Duration(i%17)*time.Millisecond)
			m := message(n.private(5000+i%7), storage.LaneAnswer, fmt.Sprintf("a%d", i))
			asked[m.ID] = time.Now()
			o.add(m)
		}
		for o.store.states()[storage.Sent] < 3000+answers {
			o.settle(50 * time.Millisecond)
			if time.Since(start) > 5*time.Minute {
				t.Fatal("not done after 5 minutes:", o.store.states())
			}
		}
		shown := n.shown()
		took := shown[len(shown)-1].at.Sub(start)
		best := time.Duration(len(shown)) * time.Second / 30
		if over := float64(took)/float64(best) - 1; over > 0.02 {
			t.Errorf("took %s, %.1f %% over the best possible %s", took, 100*over, best)
		}
		if most := busiest(at(shown), time.Second); most > 30 {
			t.Errorf("%d messages arrived within one second", most)
		}
		var waits []time.Duration
		for _, a := range shown {
			if since, ok := asked[a.text]; ok {
				waits = append(waits, a.began.Sub(since))
			}
		}
		slices.Sort(waits)
		if p99 := waits[len(waits)*99/100]; p99 > 100*time.Millisecond {
			t.Errorf("answers waited %s (p99), at most %s", p99, waits[len(waits)-1])
		}
		t.Logf("3,100 in %s (best %s); answers waited %s at most", took, best, waits[len(waits)-1])
	})
}

// Rows of a chat and lane keep their order while some of them fail, and other
// chats do not wait.
func TestOrderAcrossRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.answer = func(_ channel.Chat, text string, nth int) (*channel.SendError, bool) {
			if text == "first" && nth <= 4 {
				return temporary(), false
			}
			return nil, false
		}
		o := newOffice(t, n)
		o.open()
		troubled, fine := n.private(1), n.private(2)
		o.add(message(troubled, storage.LaneAnswer, "first"),
			message(troubled, storage.LaneAnswer, "second"),
			message(troubled, storage.LaneAnswer, "third"),
			message(fine, storage.LaneAnswer, "other"))
		o.settle(100 * time.Millisecond)
		if got := n.shown(); len(got) != 1 || got[0].text != "other" {
			t.Errorf("shown at first: %v", got)
		}
		o.settle(time.Minute)
		if got := n.texts(troubled); !slices.Equal(got, []string{"first", "second", "third"}) {
			t.Errorf("shown in the end: %q", got)
		}
		if m := o.store.row("first"); m.Attempts != 5 || m.LastError != "" || m.SentAt == nil {
			t.Errorf("row: %+v", m)
		}
	})
}

// A failing row is not overtaken by later ones of its chat when the program
// starts again in between.
func TestOrderAcrossRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.answer = func(_ channel.Chat, text string, nth int) (*channel.SendError, bool) {
			if text == "first" && nth <= 3 {
				return temporary(), false
			}
			return nil, false
		}
		o := newOffice(t, n)
		chat := n.private(1)
		o.add(message(chat, storage.LaneAnswer, "first"), message(chat, storage.LaneAnswer, "second"))
		o.open()
		o.settle(100 * time.Millisecond)
		o.stop()
		o.open()
		o.settle(time.Minute)
		if got := n.texts(chat); !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("shown: %q", got)
		}
	})
}

func TestLanes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.opts.Limits = map[channel.Name]Limits{n.name: {All: Limit{Every: time.Second}}}
		for i, lane := range []storage.Lane{storage.LaneBroadcast, storage.LaneReminder, storage.LaneAnswer} {
			for k := range 2 {
				o.add(message(n.private(10*i+k), lane, fmt.Sprint(lane, "/", k)))
			}
		}
		o.open()
		o.settle(time.Minute)
		var got []string
		for _, a := range n.shown() {
			got = append(got, a.text)
		}
		want := []string{"0/0", "0/1", "1/0", "1/1", "2/0", "2/1"}
		// The three lanes are looked at side by side, so the very first message
		// may be of any lane.
		if len(got) != 6 || !slices.IsSorted(got[1:]) {
			t.Errorf("order %q, want %q", got, want)
		}
	})
}

// Somebody who has thousands of messages waiting does not stand in the way of
// others, and the window does not grow with them.
func TestOneChatDoesNotHideOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.opts.Limits = DefaultLimits()
		var ms []storage.Message
		for i := range 3000 {
			ms = append(ms, message(n.private(1), storage.LaneAnswer, fmt.Sprintf("flood%04d", i)))
		}
		ms = append(ms, message(n.private(2), storage.LaneAnswer, "other"))
		o.add(ms...)
		o.open()
		o.settle(2 * time.Second)
		o.want("other", storage.Sent)
		if d := o.sender.dispatchers[0]; len(d.known) > maxLine {
			t.Errorf("%d rows in the window", len(d.known))
		}
		o.sender.Wake() // hands the state back
		o.settle(time.Hour)
		got := n.texts(n.private(1))
		if len(got) != 3000 || !slices.IsSorted(got) {
			t.Errorf("%d messages, sorted: %v", len(got), slices.IsSorted(got))
		}
	})
}

// The window over a long queue stays small all the way through.
func TestWindowStaysSmall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.opts.Limits = map[channel.Name]Limits{n.name: {
			All: Limit{Every: time.Millisecond, Burst: 10}, Private: Limit{Every: time.Second, Burst: 3},
		}}
		o.add(broadcast(n, 100_000)...)
		o.open()
		for range 10 {
			o.settle(9 * time.Second) // everything is at rest: the dispatcher's state may be read
			d := o.sender.dispatchers[0]
			if len(d.known) > 2*window || d.lanes[storage.LaneBroadcast].entries > 2*window {
				t.Errorf("%d rows in the window", len(d.known))
			}
			if len(d.chats) > 70_000 {
				t.Errorf("%d chats remembered", len(d.chats))
			}
			o.sender.Wake() // hands the state back
		}
		o.settle(time.Minute)
		if got := len(n.shown()); got != 100_000 {
			t.Errorf("%d sent", got)
		}
		o.settle(2 * sweepEvery)
		o.sender.Wake()
		synctest.Wait()
		if d := o.sender.dispatchers[0]; len(d.chats) != 0 || len(d.known) != 0 {
			t.Errorf("%d chats, %d rows remembered at the end", len(d.chats), len(d.known))
		}
	})
}

func TestGroupLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.opts.Limits = DefaultLimits()
		group := channel.Chat{Channel: channel.Telegram, ID: "-100777"}
		for i := range 70 {
			o.add(message(group, storage.LaneAnswer, fmt.Sprintf("g%02d", i)))
		}
		o.open()
		o.settle(4 * time.Minute)
		shown := n.shown()
		if len(shown) != 70 {
			t.Errorf("%d sent", len(shown))
		}
		if most := busiest(at(shown), time.Minute); most != 20 {
			t.Errorf("%d within a minute, want 20", most)
		}
	})
}

// On WhatsApp reminders trickle, and answers do not wait for them.
func TestWhatsAppPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := whatsapp()
		o := newOffice(t, n)
		o.opts.Limits = DefaultLimits()
		for i := range 60 {
			o.add(message(n.private(i), storage.LaneReminder, fmt.Sprintf("r%02d", i)))
		}
		o.open()
		o.settle(5 * time.Minute)
		asked := time.Now()
		for i := range 3 {
			o.add(message(n.private(99), storage.LaneAnswer, fmt.Sprintf("a%d", i)))
		}
		o.settle(10 * time.Second)
		answers, reminders := 0, []time.Time{}
		for _, a := range n.shown() {
			if a.chat == n.private(99) {
				answers++
				if wait := a.at.Sub(asked); wait > 4*time.Second {
					t.Errorf("answer after %s", wait)
				}
				continue
			}
			reminders = append(reminders, a.at)
		}
		if answers != 3 {
			t.Errorf("%d answers", answers)
		}
		if most := busiest(reminders, time.Minute); most > 6 {
			t.Errorf("%d reminders within a minute", most)
		}
		if len(reminders) < 24 {
			t.Errorf("only %d reminders in 5 minutes", len(reminders))
		}
		gaps := make(map[time.Duration]bool)
		for i := 1; i < len(reminders); i++ {
			gaps[reminders[i].Sub(reminders[i-1]).Round(100*time.Millisecond)] = true
		}
		if len(gaps) < 10 {
			t.Errorf("the rhythm is too even: %v", gaps)
		}
	})
}
