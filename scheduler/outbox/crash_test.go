package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/storage"
)

// mortal is the store as one process sees it: once that process is dead
// nothing of it reaches the store any more.
type mortal struct {
	*memory
	dead atomic.Bool
}

func (m *mortal) Outbox() storage.Outbox { return mortalOutbox{m.memory.Outbox(), m} }

var errDead = fmt.Errorf("the process is dead: %w", storage.ErrUnavailable)

type mortalOutbox struct {
	storage.Outbox
	m *mortal
}

func (o mortalOutbox) Due(ctx context.Context, ch channel.Name, lane storage.Lane, now time.Time, limit int) ([]*storage.Message, error) {
	if o.m.dead.Load() {
		return nil, errDead
	}
	return o.Outbox.Due(ctx, ch, lane, now, limit)
}

func (o mortalOutbox) Claim(ctx context.Context, id, token string, until time.Time, messageID string) (*storage.Message, error) {
	if o.m.dead.Load() {
		return nil, errDead
	}
	return o.Outbox.Claim(ctx, id, token, until, messageID)
}

func (o mortalOutbox) Finish(ctx context.Context, m *storage.Message, token string) error {
	if o.m.dead.Load() {
		return errDead
	}
	return o.Outbox.Finish(ctx, m, token)
}

func (o mortalOutbox) Drop(ctx context.Context, id string, to storage.State, reason string) error {
	if o.m.dead.Load() {
		return errDead
	}
	return o.Outbox.Drop(ctx, id, to, reason)
}

// mortalNetwork is the network as one process sees it: a dead process gives no
// new message to it. One that has left is on its way.
type mortalNetwork struct {
	*network
	m *mortal
}

func (n mortalNetwork) Send(ctx context.Context, to channel.Chat, id string, m channel.Outbound) (string, error) {
	if n.m.dead.Load() {
		return "", &channel.SendError{Uncertain: true, Err: errDead}
	}
	return n.network.Send(ctx, to, id, m)
}

// life is a random course of things.
type life struct {
	seed    uint64
	chooses bool
	chats   int
	rows    int
	crashes []time.Duration // how long each process lives
	stops   bool            // they are stopped in good order instead
	trouble int             // percent of sends that go wrong
}

func drawLife(t *rapid.T) life {
	l := life{
		seed:    rapid.Uint64().Draw(t, "seed"),
		chooses: rapid.Bool().Draw(t, "we choose IDs"),
		chats:   rapid.IntRange(1, 30).Draw(t, "chats"),
		rows:    rapid.IntRange(1, 120).Draw(t, "rows"),
		stops:   rapid.Bool().Draw(t, "stopped in order"),
		trouble: rapid.IntRange(0, 40).Draw(t, "trouble"),
	}
	for range rapid.IntRange(0, 6).Draw(t, "crashes") {
		l.crashes = append(l.crashes, time.Duration(rapid.IntRange(1, 4000).Draw(t, "lives, ms"))*time.Millisecond)
	}
	return l
}

// outcome is how a life went.
type outcome struct {
	store    *memory
	net      *network
	reported []string
	inFlight int // sends that the crashes interrupted, at most
	doubtful int // sends whose answer the network lost
}

// live runs processes one after the other on one store and one network until
// all is sent.
func (l life) live(t *testing.T) (o outcome) {
	n := telegram()
	if l.chooses {
		n = whatsapp()
	}
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(l.seed, 7))
	roll := func(max int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(max)
	}
	n.delay = func() time.Duration { return time.Duration(roll(400)) * time.Millisecond }
	n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) {
		if roll(100) >= l.trouble {
			return nil, false
		}
		switch roll(5) {
		case 0:
			return &channel.SendError{RetryAfter: time.Second, Err: errors.New("429")}, false
		case 1:
			return &channel.SendError{RetryAfter: time.Second, Everyone: true, Err: errors.New("429")}, false
		case 2:
			o.doubtful++
			return uncertain(), roll(2) == 0
		}
		return temporary(), false
	}
	o.net, o.store = n, newMemory()
	event := clock.NewShifted(morning)
	for i := range l.rows {
		m := message(n.private(roll(l.chats)), storage.Lane(roll(laneCount)), fmt.Sprintf("m%04d", i))
		m.DueAt = m.DueAt.Add(time.Duration(i) * 10 * time.Millisecond)
		if _, err := o.store.Outbox().AddAll(t.Context(), []storage.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	limits := Limits{All: AtMost(30, time.Second), Private: Limit{Every: 200 * time.Millisecond, Burst: 3}, InFlight: 8}
	run := func(d time.Duration, last bool) {
		m := &mortal{memory: o.store}
		s := New(Options{
			Store: m, Channels: []channel.Channel{mortalNetwork{n, m}}, Event: event,
			Limits: map[channel.Name]Limits{n.name: limits}, Log: zerolog.Nop(), TakeOver: true,
			OnUncertain: func(_ context.Context, m *storage.Message) {
				mu.Lock()
				defer mu.Unlock()
				o.reported = append(o.reported, m.ID)
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		}()
		for time.Sleep(d); last && o.store.states()[storage.Queued]+o.store.states()[storage.Claimed] > 0; {
			time.Sleep(time.Minute)
		}
		if !last && !l.stops {
			m.dead.Store(true)
			o.inFlight += o.store.states()[storage.Claimed]
		}
		cancel()
		<-ended
		synctest.Wait()
	}
	for _, d := range l.crashes {
		run(d, false)
	}
	run(time.Minute, true)
	return o
}

// check holds the outcome against what the package promises.
func (l life) check(o outcome) error {
	shown := make(map[string]int)
	latest := make(map[string]string) // by chat and lane
	for _, a := range o.net.shown() {
		shown[a.text]++
		m := o.store.row(a.text)
		key := fmt.Sprint(a.chat, m.Lane)
		if shown[a.text] == 1 && a.text < latest[key] {
			return fmt.Errorf("%s was shown after %s in chat %s", a.text, latest[key], a.chat.ID)
		}
		latest[key] = max(latest[key], a.text)
	}
	uncertainRows := 0
	for id := range o.store.rows {
		m := o.store.row(id)
		switch m.State {
		case storage.Sent:
			if shown[id] == 0 {
				return fmt.Errorf("%s is said to be sent but never arrived", id)
			}
		case storage.Uncertain:
			uncertainRows++
			if !slices.Contains(o.reported, id) {
				return fmt.Errorf("%s is uncertain and was not reported", id)
			}
			if l.chooses || m.Lane == storage.LaneAnswer {
				return fmt.Errorf("%s is uncertain although it could be sent again", id)
			}
		default:
			return fmt.Errorf("%s ended as %s: %s", id, m.State, m.LastError)
		}
		if shown[id] > 1 && (l.chooses || m.Lane != storage.LaneAnswer) {
			return fmt.Errorf("%s was shown %d times", id, shown[id])
		}
	}
	if most := o.inFlight + o.doubtful; uncertainRows > most {
		return fmt.Errorf("%d rows are uncertain, %d sends were interrupted or unanswered", uncertainRows, most)
	}
	if most := busiest(at(o.net.tried()), time.Second); len(l.crashes) == 0 && most > 30+12 {
		// Arrivals are up to 400 ms apart from departures, so only departures
		// are bound by the limit; see below.
		return fmt.Errorf("%d arrivals within a second", most)
	}
	var departures []time.Time
	for _, a := range o.net.tried() {
		departures = append(departures, a.began)
	}
	// A restart begins with a fresh limit, as it takes longer than a second.
	if most := busiest(departures, time.Second); len(l.crashes) == 0 && most > 30 {
		return fmt.Errorf("%d departures within a second", most)
	}
	return nil
}

// Whatever fails and whenever the process dies or is stopped: no row is lost,
// none is doubled that must not be, the rest is reported, and each chat sees
// its messages in order.
func TestAnyLife(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := drawLife(rt)
		var err error
		synctest.Test(t, func(t *testing.T) { err = l.check(l.live(t)) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// A kill leaves no more doubtful rows than there may be sends in flight.
func TestKillInABroadcast(t *testing.T) {
	t.Parallel()
	for _, chooses := range []bool{false, true} {
		t.Run(strings.TrimSpace(fmt.Sprint("we choose IDs ", chooses)), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := life{seed: 3, chooses: chooses, chats: 5000, rows: 3000}
				for range 20 {
					l.crashes = append(l.crashes, 1234*time.Millisecond)
				}
				o := l.live(t)
				if err := l.check(o); err != nil {
					t.Error(err)
				}
				if o.inFlight == 0 || o.inFlight > 20*8 {
					t.Errorf("%d sends interrupted by 20 kills with 8 in flight", o.inFlight)
				}
			})
		})
	}
}
