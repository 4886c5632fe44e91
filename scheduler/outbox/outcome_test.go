package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// notes collects what the callbacks say.
type notes struct {
	mu                       sync.Mutex
	blocked, moved, doubtful []string
}

func (n *notes) listen(o *Options) {
	o.OnBlocked = func(_ context.Context, chat channel.Chat, personID string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.blocked = append(n.blocked, chat.String()+" "+personID)
	}
	o.OnMoved = func(_ context.Context, from, to channel.Chat) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.moved = append(n.moved, from.String()+" "+to.String())
	}
	o.OnUncertain = func(_ context.Context, m *storage.Message) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.doubtful = append(n.doubtful, m.ID)
	}
}

func uncertain() *channel.SendError {
	return &channel.SendError{Uncertain: true, Err: errors.New("timeout awaiting response")}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.answer = func(_ channel.Chat, text string, _ int) (*channel.SendError, bool) {
			switch text {
			case "bad":
				return &channel.SendError{Permanent: true, Err: errors.New("can't parse entities")}, false
			case "unwelcome":
				return &channel.SendError{Permanent: true, Blocked: true, Err: errors.New("bot was blocked")}, false
			}
			return nil, false
		}
		o := newOffice(t, n)
		var heard notes
		heard.listen(&o.opts)
		o.open()
		unwelcome := message(n.private(2), storage.LaneAnswer, "unwelcome")
		unwelcome.PersonID = "telegram:1002"
		o.add(message(n.private(1), storage.LaneAnswer, "bad"), message(n.private(1), storage.LaneAnswer, "next"), unwelcome)
		o.settle(time.Second)
		o.want("bad", storage.Failed)
		o.want("next", storage.Sent)
		o.want("unwelcome", storage.Failed)
		if m := o.store.row("bad"); !strings.Contains(m.LastError, "can't parse entities") || m.Attempts != 1 {
			t.Errorf("row: %+v", m)
		}
		if !slices.Equal(heard.blocked, []string{"telegram:1002 telegram:1002"}) {
			t.Errorf("blocked: %q", heard.blocked)
		}
	})
}

func TestMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		old, now := channel.Chat{Channel: n.name, ID: "-55"}, channel.Chat{Channel: n.name, ID: "-10055"}
		n.answer = func(to channel.Chat, _ string, _ int) (*channel.SendError, bool) {
			if to == old {
				return &channel.SendError{Permanent: true, MovedTo: now.ID, Err: errors.New("group upgraded")}, false
			}
			return nil, false
		}
		o := newOffice(t, n)
		var heard notes
		heard.listen(&o.opts)
		o.open()
		for i := range 5 {
			o.add(message(old, storage.LaneAnswer, fmt.Sprint("m", i)))
		}
		o.add(message(old, storage.LaneBroadcast, "wide"))
		o.settle(5 * time.Second)
		got := n.texts(now)
		got = slices.DeleteFunc(got, func(s string) bool { return s == "wide" })
		if want := []string{"m0", "m1", "m2", "m3", "m4"}; !slices.Equal(got, want) {
			t.Errorf("shown in the new group: %q", got)
		}
		o.want("wide", storage.Sent)
		if !slices.Contains(heard.moved, "telegram:-55 telegram:-10055") {
			t.Errorf("moved: %q", heard.moved)
		}
	})
}

func TestRetryAfterOfAChat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.answer = func(_ channel.Chat, text string, nth int) (*channel.SendError, bool) {
			if text == "busy" && nth == 1 {
				return &channel.SendError{RetryAfter: 17 * time.Second, Err: errors.New("429")}, false
			}
			return nil, false
		}
		o := newOffice(t, n)
		o.open()
		start := time.Now()
		o.add(message(n.private(1), storage.LaneAnswer, "busy"),
			message(n.private(1), storage.LaneBroadcast, "same chat, other lane"),
			message(n.private(2), storage.LaneAnswer, "other"))
		o.settle(16 * time.Second)
		if got := n.texts(n.private(1)); slices.Contains(got, "busy") {
			t.Error("sent before the network allowed it")
		}
		o.want("other", storage.Sent)
		o.settle(2 * time.Second)
		o.want("busy", storage.Sent)
		o.add(message(n.private(1), storage.LaneAnswer, "later"))
		o.settle(time.Second)
		o.want("later", storage.Sent)
		if tries := len(n.tried()); tries != 5 || time.Since(start) > 20*time.Second {
			t.Errorf("%d tries", tries)
		}
	})
}

func TestRetryAfterForEveryone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.answer = func(_ channel.Chat, text string, nth int) (*channel.SendError, bool) {
			if text == "b00010" && nth == 1 {
				return &channel.SendError{RetryAfter: 5 * time.Second, Everyone: true, Err: errors.New("429")}, false
			}
			return nil, false
		}
		o := newOffice(t, n)
		o.opts.Limits = DefaultLimits()
		o.add(broadcast(n, 50)...)
		o.open()
		o.settle(30 * time.Second)
		var told time.Time
		for _, a := range n.tried() {
			if a.text == "b00010" && told.IsZero() {
				told = a.at
				continue
			}
			if gap := a.at.Sub(told); !told.IsZero() && gap < 5*time.Second {
				t.Errorf("%s was sent %s after the network asked for 5 s", a.text, gap)
			}
		}
		if got := o.store.states()[storage.Sent]; got != 50 {
			t.Errorf("%d sent", got)
		}
	})
}

// What becomes of a send whose answer never came.
func TestUncertain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		net   func() *network
		lane  storage.Lane
		edits bool
		want  storage.State
		shown int
	}{
		{"a broadcast on Telegram is not repeated", telegram, storage.LaneBroadcast, false, storage.Uncertain, 1},
		{"nor a reminder", telegram, storage.LaneReminder, false, storage.Uncertain, 1},
		{"an answer is", telegram, storage.LaneAnswer, false, storage.Sent, 2},
		{"an edit is", telegram, storage.LaneBroadcast, true, storage.Sent, 2},
		{"by e-mail a broadcast is not", email, storage.LaneBroadcast, false, storage.Uncertain, 1},
		{"but an answer is", email, storage.LaneAnswer, false, storage.Sent, 2},
		{"on WhatsApp a repetition does no harm", whatsapp, storage.LaneBroadcast, false, storage.Sent, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := c.net()
				n.answer = func(_ channel.Chat, text string, nth int) (*channel.SendError, bool) {
					if text == "doubtful" && nth == 1 {
						return uncertain(), true
					}
					return nil, false
				}
				o := newOffice(t, n)
				var heard notes
				heard.listen(&o.opts)
				m := message(n.private(1), c.lane, "doubtful")
				if c.edits {
					o.add(message(n.private(1), c.lane, "target"))
					m.Edits = "target"
				}
				o.open()
				o.add(m, message(n.private(1), c.lane, "next"))
				o.settle(time.Minute)
				o.want("doubtful", c.want)
				o.want("next", storage.Sent)
				if got := strings.Count(strings.Join(n.texts(n.private(1)), " "), "doubtful"); got != c.shown {
					t.Errorf("shown %d times, want %d", got, c.shown)
				}
				if reported := slices.Contains(heard.doubtful, "doubtful"); reported != (c.want == storage.Uncertain) {
					t.Errorf("reported: %v", heard.doubtful)
				}
			})
		})
	}
}

// An answer is tried for a whole day before it is given up.
func TestGivenUpAfterADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.answer = func(to channel.Chat, _ string, _ int) (*channel.SendError, bool) {
			if to == n.private(1) {
				return temporary(), false
			}
			return nil, false
		}
		o := newOffice(t, n)
		o.open()
		o.add(message(n.private(1), storage.LaneAnswer, "a"), message(n.private(1), storage.LaneReminder, "r"))
		o.settle(23*time.Hour + 50*time.Minute)
		o.want("a", storage.Queued)
		o.want("r", storage.Queued)
		o.settle(20 * time.Minute)
		o.want("a", storage.Failed)
		o.want("r", storage.Failed)
		if m := o.store.row("a"); !strings.Contains(m.LastError, "connection refused") || m.Attempts < 1000 {
			t.Errorf("after %d attempts: %s", m.Attempts, m.LastError)
		}
	})
}

// While the network is away rows are not tried in turn at full speed, and as
// soon as it is back all go out.
func TestOutageOfTheNetwork(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func() *channel.SendError{"refused": temporary, "no answer": uncertain} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := telegram()
				start := time.Now()
				n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) {
					if time.Since(start) < 10*time.Minute {
						return fault(), false
					}
					return nil, false
				}
				o := newOffice(t, n)
				o.opts.Limits = DefaultLimits()
				o.add(broadcast(n, 1000)...)
				for i := range 20 {
					o.add(message(n.private(2000+i), storage.LaneAnswer, fmt.Sprint("a", i)))
				}
				o.open()
				o.settle(10 * time.Minute)
				if tries := len(n.tried()); tries > 100 {
					t.Errorf("%d tries in ten minutes without a network", tries)
				}
				o.settle(50 * time.Second)
				for i := range 20 {
					o.want(fmt.Sprint("a", i), storage.Sent)
				}
				o.settle(time.Minute)
				got := o.store.states()
				if got[storage.Sent]+got[storage.Uncertain] != 1020 || got[storage.Uncertain] > 100 {
					t.Errorf("in the end: %v", got)
				}
			})
		})
	}
}

// One row that never gets through is not taken for an outage.
func TestOneBadRowIsNoOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.answer = func(_ channel.Chat, text string, _ int) (*channel.SendError, bool) {
			if text == "bad" {
				return temporary(), false
			}
			return nil, false
		}
		o := newOffice(t, n)
		o.open()
		o.add(message(n.private(1), storage.LaneAnswer, "bad"))
		o.settle(10 * time.Minute)
		o.add(message(n.private(2), storage.LaneAnswer, "good"))
		o.settle(10 * time.Millisecond)
		o.want("good", storage.Sent)
	})
}

// Receipts may overtake the write that says that the message was sent.
func TestReceiptBeforeTheSendIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := whatsapp()
		o := newOffice(t, n)
		n.answer = func(to channel.Chat, _ string, _ int) (*channel.SendError, bool) {
			err := o.sender.Receipt(t.Context(), channel.Receipt{
				Chat: to, MessageID: "ours-1", State: channel.Delivered, At: time.Now(),
			})
			if err != nil {
				t.Error(err)
			}
			return nil, false
		}
		o.open()
		o.add(message(n.private(1), storage.LaneAnswer, "hello"))
		o.settle(time.Second)
		o.want("hello", storage.Delivered)
		if len(o.sender.hand.rows) != 0 {
			t.Error("rows are still in hand")
		}

		n.answer = nil
		o.add(message(n.private(1), storage.LaneAnswer, "again"))
		o.settle(time.Second)
		if err := o.sender.Receipt(t.Context(), channel.Receipt{
			Chat: n.private(1), MessageID: "ours-2", State: channel.Read, At: time.Now(),
		}); err != nil {
			t.Error(err)
		}
		o.want("again", storage.Read)
	})
}
