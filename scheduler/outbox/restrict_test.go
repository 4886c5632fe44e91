package outbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/storage"
)

// ledger keeps restrictions over the restarts of a test.
type ledger struct {
	mu    sync.Mutex
	event clock.Clock
	kept  *channel.Restriction
	told  int
}

func (l *ledger) Restrict(_ context.Context, _ channel.Name, r channel.Restriction) (channel.Restriction, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told++
	l.kept = &r
	return r, nil
}

func (l *ledger) Restriction(context.Context, channel.Name) (*channel.Restriction, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil || !l.kept.Until.After(l.event.Now()) {
		return nil, nil
	}
	return l.kept, nil
}

func cold(chat channel.Chat, id string) storage.Message {
	m := message(chat, storage.LaneBroadcast, id)
	m.Cold = true
	return m
}

// A 463 ends its row and those of other strangers that wait, unsent, and is
// remembered over a restart; acquaintances are written to all the same.
func TestFirstContactsForbidden(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := whatsapp()
		until := morning.Add(48 * time.Hour)
		n.answer = func(_ channel.Chat, text string, _ int) (*channel.SendError, bool) {
			if text == "stranger1" {
				return &channel.SendError{Restriction: &channel.Restriction{ColdOnly: true, Until: until, Reason: "463"}, Err: errors.New("463")}, false
			}
			return nil, false
		}
		o := newOffice(t, n)
		l := &ledger{event: o.event}
		o.opts.Restrictions = l
		o.open()
		o.add(cold(n.private(1), "stranger1"))
		o.settle(time.Minute)
		o.add(cold(n.private(2), "stranger2"), message(n.private(3), storage.LaneReminder, "friend"))
		o.settle(time.Minute)
		o.stop()
		o.open()
		o.add(cold(n.private(4), "stranger3"), message(n.private(3), storage.LaneAnswer, "answer"))
		o.settle(time.Minute)
		for id, state := range map[string]storage.State{
			"stranger1": storage.Failed, "stranger2": storage.Failed, "stranger3": storage.Failed, "friend": storage.Sent, "answer": storage.Sent,
		} {
			o.want(id, state)
		}
		if tried := n.tried(); len(tried) != 3 || l.told != 1 {
			t.Errorf("%d sends, told %d times", len(tried), l.told)
		}
		o.event.Set(until.Add(time.Minute))
		o.add(cold(n.private(5), "stranger4"))
		o.settle(time.Minute)
		o.want("stranger4", storage.Sent)
	})
}

// While the account is locked out nothing is tried, over a restart too; then
// what waited goes, in its order and once.
func TestAccountLockedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := whatsapp()
		until := morning.Add(6 * time.Hour)
		var o *office
		n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) {
			if o.event.Now().Before(until) {
				return &channel.SendError{Restriction: &channel.Restriction{Until: until, Reason: "temporary ban"}, Err: errors.New("banned")}, false
			}
			return nil, false
		}
		o = newOffice(t, n)
		o.opts.Restrictions = &ledger{event: o.event}
		o.open()
		chat := n.private(1)
		o.add(message(chat, storage.LaneAnswer, "first"))
		o.settle(time.Minute)
		o.add(message(chat, storage.LaneAnswer, "second"), cold(n.private(2), "stranger"))
		o.settle(time.Minute)
		o.stop()
		o.open()
		o.settle(time.Hour)
		if tried := n.tried(); len(tried) != 1 {
			t.Errorf("a locked account tried %d times", len(tried))
		}
		o.want("first", storage.Queued)
		o.event.Set(until.Add(time.Second))
		o.settle(time.Minute)
		if got := n.texts(chat); !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("shown: %q", got)
		}
	})
}

// A first contact that a crash cut off, or whose answer never came, is not sent
// again, although its ID is ours.
func TestFirstContactIsNeverRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := whatsapp()
		n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) { return uncertain(), false }
		o := newOffice(t, n)
		o.opts.TakeOver = true
		left := cold(n.private(1), "left behind")
		o.add(left)
		if _, err := o.store.Outbox().Claim(t.Context(), left.ID, "gone", time.Now().Add(time.Hour), "ID"); err != nil {
			t.Fatal(err)
		}
		o.open()
		o.add(cold(n.private(2), "unanswered"))
		o.settle(10 * time.Minute)
		o.want("left behind", storage.Uncertain)
		o.want("unanswered", storage.Uncertain)
		if tried := n.tried(); len(tried) != 1 {
			t.Errorf("%d sends", len(tried))
		}
	})
}
