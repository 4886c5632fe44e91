package scheduler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/scheduler"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// planGuests is how many guests BenchmarkPlanStage has.
const planGuests = 100_000

// BenchmarkPlanStage lets the planner plan one stage for 100,000 guests who
// have not answered, over the embedded database with its usual durability:
// "h40" asks them, "h7" asks for the last time and puts each on the call list.
// peak-MB is how far the heap rose above what it was.
func BenchmarkPlanStage(b *testing.B) {
	for _, stage := range []event.Stage{event.StageH40, event.StageH7} {
		b.Run(string(stage), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				plan, e, c, closeIt := plannedOffice(b)
				c.Set(e.StageAt(stage))
				stop := watchHeap(b)
				b.StartTimer()
				err := plan.Tick(b.Context())
				b.StopTimer()
				stop()
				if err != nil {
					b.Fatal(err)
				}
				closeIt()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N)*planGuests/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// watchHeap reports the peak of the heap until the returned function is called.
func watchHeap(b *testing.B) (stop func()) {
	b.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base, peak := m.HeapAlloc, atomic.Uint64{}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapAlloc))
		}
	}()
	return func() {
		close(done)
		<-ended
		b.ReportMetric(float64(max(peak.Load(), base)-base)/(1<<20), "peak-MB")
	}
}

func plannedOffice(b *testing.B) (*scheduler.Planner, *event.Event, *clock.Fake, func()) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx := b.Context()
	open := func(relaxed bool, path string) *sqlite.Store {
		store, err := sqlite.Open(context.WithoutCancel(ctx), sqlite.Options{Path: path, Relaxed: relaxed})
		must(err)
		must(store.Migrate(ctx))
		return store
	}
	path := filepath.Join(b.TempDir(), "plan.db")
	c := clock.NewFake(begin)
	store := open(true, path) // filling it is not measured
	a := app.New(store, c)
	lead := app.Actor{Person: &event.Person{ID: "lead", Name: "lead"}, Inbound: "bench"}
	e, err := a.CreateEvent(ctx, lead, app.NewEvent{Title: "E-MILE KU 2027", Start: begin.AddDate(0, 0, 45), Place: "Cibinong"})
	must(err)
	fillGuests(ctx, store, e, must)
	must(store.Close())
	store = open(false, path)
	a = app.New(store, c)
	texts, err := templates.New()
	must(err)
	chans := []channel.Channel{channeltest.NewFake(channeltest.FakeOptions{})}
	desk := bot.New(bot.Options{Store: store, App: a, Texts: texts, Channels: chans, Log: zerolog.Nop()}).Desk()
	plan := scheduler.New(scheduler.Options{Store: store, App: a, Voice: desk, Texts: texts, Channels: chans, Log: zerolog.Nop()})
	return plan, e, c, func() {
		rows, err := store.Outbox().Tally(ctx, e.ID, "h")
		must(err)
		n := 0
		for _, r := range rows {
			n += r.N
		}
		if n != planGuests {
			b.Fatalf("%d rows planned", n)
		}
		must(store.Close())
	}
}

// fillGuests makes guests who were invited and have said nothing, each with a
// chat.
func fillGuests(ctx context.Context, store storage.Store, e *event.Event, must func(error)) {
	invited := begin.Add(-24 * time.Hour)
	batch := store.Raw().(document.Batch)
	var page []*event.Participation
	var ids []string
	var docs []json.RawMessage
	for n := range planGuests {
		id := fmt.Sprintf("%06d", n*7919%planGuests)
		doc := fmt.Sprintf(`{"id":"telegram:%s","version":1,"name":"Tamu %s","accounts":[{"key":"telegram:%s","chat":"telegram:%s"}],"createdAt":"2026-11-01T00:00:00Z","seenAt":"2026-11-01T00:00:00Z"}`, id, id, id, id)
		ids, docs = append(ids, "telegram:"+id), append(docs, json.RawMessage(doc))
		p := &event.Participation{
			ID: event.ParticipationID(e.ID, "telegram:"+id), EventID: e.ID, PersonID: "telegram:" + id, Audience: event.UKM, Name: "Tamu " + id,
			Organisation: "Usaha " + id, Phone: "+62812" + id, Code: "kode" + id, InvitedAt: &invited, Via: "telegram", CreatedAt: invited, UpdatedAt: invited,
		}
		p.Derive()
		if page = append(page, p); len(page) == 2000 || n == planGuests-1 {
			must(batch.PutAll(ctx, "people", ids, docs))
			_, err := store.Participations().AddAll(ctx, page)
			must(err)
			page, ids, docs = nil, nil, nil
		}
	}
}
