package outbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
)

func openSQLite(b *testing.B) storage.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "bench.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s
}

// start runs a sender beside the benchmark.
func start(b *testing.B, o Options) *Sender {
	b.Helper()
	s := New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkThroughput is one row from queue to Sent, without limits and with a
// network that answers at once: what the machinery itself can do.
func BenchmarkThroughput(b *testing.B) {
	for name, open := range map[string]func(b *testing.B) storage.Store{
		"memory": func(*testing.B) storage.Store { return newMemory() },
		"sqlite": openSQLite,
	} {
		b.Run(name, func(b *testing.B) {
			n, store := telegram(), open(b)
			ms := broadcast(n, b.N)
			for chunk := range slices.Chunk(ms, 1000) {
				if _, err := store.Outbox().AddAll(b.Context(), chunk); err != nil {
					b.Fatal(err)
				}
			}
			done := make(chan struct{})
			sent := 0
			n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) {
				if sent++; sent == b.N {
					close(done)
				}
				return nil, false
			}
			b.ResetTimer()
			start(b, Options{
				Store: store, Channels: []channel.Channel{n}, Event: clock.Real{}, Log: zerolog.Nop(),
				Limits: map[channel.Name]Limits{n.name: {}},
			})
			<-done
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkAnswerUnderBroadcast is the wait of somebody who types while a
// broadcast fills Telegram's limit, from the row's insertion until its send
// begins. The network refuses more than 30 arrivals in any second, and it is
// an error if it has to. Run it with -benchtime=300x or so; it takes 0.3 s each.
func BenchmarkAnswerUnderBroadcast(b *testing.B) {
	n, store := telegram(), openSQLite(b)
	n.delay = func() time.Duration { return 20*time.Millisecond + rand.N(10*time.Millisecond) }
	var recent []time.Time
	refused := 0
	n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) { // n.mu is held
		now := time.Now()
		recent = slices.DeleteFunc(recent, func(t time.Time) bool { return now.Sub(t) >= time.Second })
		if len(recent) >= 30 {
			refused++
			return &channel.SendError{RetryAfter: time.Second, Everyone: true, Err: context.DeadlineExceeded}, false
		}
		recent = append(recent, now)
		return nil, false
	}
	for chunk := range slices.Chunk(broadcast(n, 100+9*b.N), 1000) {
		if _, err := store.Outbox().AddAll(b.Context(), chunk); err != nil {
			b.Fatal(err)
		}
	}
	s := start(b, Options{
		Store: store, Channels: []channel.Channel{n}, Event: clock.Real{}, Log: zerolog.Nop(),
	})
	time.Sleep(2 * time.Second)
	asked := make(map[string]time.Time)
	b.ResetTimer()
	began := time.Now()
	for i := range b.N {
		time.Sleep(250*time.Millisecond + rand.N(100*time.Millisecond))
		m := message(n.private(1_000_000+i%11), storage.LaneAnswer, fmt.Sprintf("a%d", i))
		asked[m.ID] = time.Now()
		if _, err := store.Outbox().Add(b.Context(), m); err != nil {
			b.Fatal(err)
		}
		s.Wake()
	}
	time.Sleep(time.Second)
	b.StopTimer()
	var waits []time.Duration
	inTime := 0
	for _, a := range n.shown() {
		if t, ok := asked[a.text]; ok {
			waits = append(waits, a.began.Sub(t))
		}
		if a.at.After(began) {
			inTime++
		}
	}
	if len(waits) != b.N {
		b.Fatalf("%d of %d answers arrived", len(waits), b.N)
	}
	if refused > 0 {
		b.Errorf("the network refused %d messages", refused)
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(inTime)/time.Since(began).Seconds(), "messages/s")
	b.ReportMetric(float64(refused), "refused")
}
