package sqlite_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// benchGuest is the n-th guest of round i, as a list of guests gives them: in
// no order, with names that are alike.
func benchGuest(i, n int) *event.Participation {
	person := fmt.Sprintf("tamu:%d-%09d", i, n*7919%1_000_003)
	p := &event.Participation{
		ID: event.ParticipationID("EMK-2027", person), EventID: "EMK-2027", PersonID: person, Audience: event.Koperasi,
		Name: fmt.Sprint([]string{"Siti Rahayu ", "Budi Santoso ", "Dede Sutisna ", "Eti Rohaeti "}[n%4], n), Organisation: "Koperasi Maju Bersama",
		Position: "Ketua", Salutation: "Bapak", Kecamatan: "Cibinong", Phone: phone(n), Code: person,
		CreatedAt: time.UnixMilli(1).UTC(), UpdatedAt: time.UnixMilli(1).UTC(),
	}
	p.Derive()
	return p
}

func addGuests(b *testing.B, s storage.Store, round, n int) {
	b.Helper()
	const part = 2000
	ps := make([]*event.Participation, 0, part)
	for from := 0; from < n; from += part {
		ps = ps[:0]
		for i := from; i < min(from+part, n); i++ {
			ps = append(ps, benchGuest(round, i))
		}
		fresh, err := s.Participations().AddAll(b.Context(), ps)
		check(b, err)
		if fresh != len(ps) {
			b.Fatalf("%d added", fresh)
		}
	}
}

// BenchmarkParticipationsAddAll brings in lists of guests.
func BenchmarkParticipationsAddAll(b *testing.B) {
	const rows = 20_000
	forEach(b, func(b *testing.B, s storage.Store) {
		for i := 0; b.Loop(); i++ {
			addGuests(b, s, i, rows)
		}
		b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkPlan is a planner's round over 100,000 guests: "read" pages through
// them, "queue" adds a row for each besides. peak-MB is how far the heap rose
// above what it was.
func BenchmarkPlan(b *testing.B) {
	const guests, page = 100_000, 1000
	s := openBench(b, false)
	addGuests(b, s, 0, guests)
	round := func(b *testing.B, touchpoint string, queue bool) {
		b.Helper()
		seen := 0
		q := storage.ParticipationQuery{EventID: "EMK-2027", Answers: []event.Answer{event.Silent, event.Maybe}, Limit: page}
		for {
			ps, next, err := s.Participations().List(b.Context(), q)
			check(b, err)
			seen += len(ps)
			if queue {
				ms := make([]storage.Message, len(ps))
				for i, p := range ps {
					ms[i] = benchMessage("EMK-2027/" + p.PersonID + "/" + touchpoint + "/telegram")
					ms[i].Touchpoint, ms[i].PersonID = touchpoint, p.PersonID
				}
				fresh, err := s.Outbox().AddAll(b.Context(), ms)
				check(b, err)
				if fresh != len(ps) {
					b.Fatalf("%d rows added", fresh)
				}
			}
			if next == "" {
				break
			}
			q.After = next
		}
		if seen != guests {
			b.Fatalf("%d guests", seen)
		}
	}
	for _, queue := range []bool{false, true} {
		b.Run(map[bool]string{false: "read", true: "queue"}[queue], func(b *testing.B) {
			peak := watchHeap(b)
			for i := 0; b.Loop(); i++ {
				round(b, fmt.Sprint("h", b.N, "-", i), queue)
			}
			b.ReportMetric(float64(b.N)*guests/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(peak(), "peak-MB")
		})
	}
	b.Run("tally", func(b *testing.B) {
		for b.Loop() {
			counts, err := s.Outbox().Tally(b.Context(), "EMK-2027", "h")
			check(b, err)
			if len(counts) != 1 || counts[0].N%guests != 0 {
				b.Fatal(counts)
			}
		}
	})
	b.Run("search", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			n := i * 7919 % guests
			ps, _, err := s.Participations().List(b.Context(), storage.ParticipationQuery{EventID: "EMK-2027", Search: "koperasi " + phone(n), Limit: 10})
			check(b, err)
			if len(ps) != 1 {
				b.Fatal(len(ps))
			}
		}
	})
	b.Run("expire", func(b *testing.B) {
		n := 0
		for b.Loop() {
			some, err := s.Outbox().Expire(b.Context(), "EMK-2027", "h", "dipindah")
			check(b, err)
			n += some
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
	})
}

// watchHeap samples the heap until peak is asked for.
func watchHeap(b *testing.B) (peak func() float64) {
	b.Helper()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before := heap()
	var most atomic.Uint64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				most.Store(max(most.Load(), heap()))
			}
		}
	}()
	return func() float64 {
		close(done)
		<-ended
		return (float64(most.Load()) - float64(before)) / (1 << 20)
	}
}
