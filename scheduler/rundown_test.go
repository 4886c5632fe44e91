package scheduler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// floor is a world on the event's day with three items, one by a performer who
// can be written to and one by somebody who cannot.
func floor(t *testing.T) *world {
	t.Helper()
	w := newDeskWorld(t)
	for _, who := range []string{"mekar", "band"} {
		_, err := w.app.Identify(t.Context(), channel.Inbound{Chat: channel.Chat{Channel: w.fake.Name(), ID: who}, Sender: channel.Sender{ID: who, Name: who}})
		w.must(err)
	}
	now := w.clock.Now()
	_, err := w.app.UpdatePerson(t.Context(), w.id("band"), func(p *event.Person) { p.StoppedAt = &now })
	w.must(err)
	w.rundown(func(r *event.Rundown) error {
		_, err := r.Add("rina", now, []event.RundownItem{
			{Minutes: 30, Title: "Pembukaan", Cast: []event.Performing{{Name: "Ketua tim"}}},
			{Start: 30, Minutes: 20, Title: "Tari", Cast: []event.Performing{{Name: "Sanggar Mekar", PersonID: w.id("mekar")}, {Name: "Band", PersonID: w.id("band")}}},
			{Start: 60, Minutes: 30, Title: "Penutupan"},
		})
		return err
	})
	return w
}

func (w *world) rundown(change func(r *event.Rundown) error) {
	w.t.Helper()
	by := w.by("rina")
	_, _, err := w.app.ChangeRundown(w.t.Context(), by, w.event, "rundown.test", "", change)
	w.must(err)
}

// floorRows are the IDs of what was told of the rundown, without the event's.
func (w *world) floorRows() []string {
	w.t.Helper()
	var out []string
	rows := w.rows()
	for id, row := range rows {
		if strings.Contains(row, " "+app.RundownTouchpoint) {
			out = append(out, strings.TrimPrefix(id, w.event+"/rundown/"))
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) heard(when time.Time, want ...string) {
	w.t.Helper()
	w.clock.Set(when)
	w.must(w.plan.Tick(w.t.Context()))
	w.must(w.plan.Tick(w.t.Context())) // looking again adds nothing
	slices.Sort(want)
	if got := w.floorRows(); !slices.Equal(got, want) {
		w.t.Errorf("%s: %v; want %v", when.Format("15:04"), got, want)
	}
}

func TestRundownOnTheDay(t *testing.T) {
	t.Parallel()
	w := floor(t)
	mekar := "call/2.0/0/" + w.id("mekar")
	w.heard(at(1, 8, 10))
	w.heard(at(0, 7, 59))
	w.heard(at(0, 8, 0), "now/1.0/0")
	w.heard(at(0, 8, 9), "now/1.0/0")
	w.heard(at(0, 8, 10), "now/1.0/0", mekar, "absent/2.0/0")
	// The item moves: what was to be told of it is told anew for its new time.
	w.rundown(func(r *event.Rundown) error { _, err := r.Delay("rina", w.clock.Now(), 10, 15); return err })
	w.heard(at(0, 8, 24), "now/1.0/0", mekar, "absent/2.0/0")
	w.heard(at(0, 8, 25), "now/1.0/0", mekar, "absent/2.0/0", "call/2.1/0/"+w.id("mekar"), "absent/2.1/0")
	// After a downtime only what goes on now is announced, and nobody is called late.
	w.heard(at(0, 9, 20), "now/1.0/0", mekar, "absent/2.0/0", "call/2.1/0/"+w.id("mekar"), "absent/2.1/0", "now/3.1/0")
	w.heard(at(0, 23, 0), "now/1.0/0", mekar, "absent/2.0/0", "call/2.1/0/"+w.id("mekar"), "absent/2.1/0", "now/3.1/0")

	row, err := w.store.Outbox().Get(t.Context(), w.event+"/rundown/"+mekar)
	w.must(err)
	if row.Quiet || row.ExpiresAt == nil || !row.ExpiresAt.Equal(at(0, 8, 30)) || row.PersonID != w.id("mekar") || !strings.Contains(row.Body.Text, "20 menit lagi") {
		t.Errorf("%+v", row)
	}
}

// TestRundownRowsOfOldTimes: what is queued for a time that is changed is not
// sent, and a cancelled event is silent.
func TestRundownRowsOfOldTimes(t *testing.T) {
	t.Parallel()
	w := floor(t)
	w.heard(at(0, 8, 10), "now/1.0/0", "call/2.0/0/"+w.id("mekar"), "absent/2.0/0")
	r, err := w.app.Rundown(t.Context(), w.event)
	w.must(err)
	it, _ := r.Item(2)
	w.must(w.app.ForgetRundownRows(t.Context(), w.event, []event.RundownItem{it}))
	row, err := w.store.Outbox().Get(t.Context(), w.event+"/rundown/call/2.0/0/"+w.id("mekar"))
	w.must(err)
	if row.State != storage.Expired {
		t.Errorf("the call is %s", row.State)
	}
	_, err = w.app.UpdateEvent(t.Context(), w.by("rina"), w.event, "event.cancel", "", func(e *event.Event) { e.Status = event.EventCancelled })
	w.must(err)
	w.heard(at(0, 9, 5), "now/1.0/0", "call/2.0/0/"+w.id("mekar"), "absent/2.0/0")
}

// TestCalledByName: who registered or was invited after the rundown was drawn up
// is called all the same, if their name is the very one that stands in it.
func TestCalledByName(t *testing.T) {
	t.Parallel()
	w := floor(t)
	w.rundown(func(r *event.Rundown) error {
		_, err := r.Add("rina", w.clock.Now(), []event.RundownItem{{Start: 120, Minutes: 10, Title: "Angklung", Cast: []event.Performing{{Name: "grup angklung"}, {Name: "Grup"}}}})
		return err
	})
	g := &event.Participation{ID: event.ParticipationID(w.event, w.id("mekar")), EventID: w.event, PersonID: w.id("mekar"), Audience: event.Performer, Name: "Grup Angklung", Code: "K"}
	g.Derive()
	w.must(w.store.Participations().Save(t.Context(), g))
	w.heard(at(0, 9, 45), "call/4.0/0/"+w.id("mekar"))
}

// TestNextStopKnowsTheRundown: a practice clock stops where items begin and
// performers are called.
func TestNextStopKnowsTheRundown(t *testing.T) {
	t.Parallel()
	w := floor(t)
	w.finish("11", "12", "13", "14") // else it stops where they are asked for, too
	from := at(0, 8, 0)
	var got []string
	for from.Before(at(0, 20, 0)) {
		next, err := w.plan.NextStop(t.Context(), from, at(0, 20, 0))
		w.must(err)
		got, from = append(got, next.In(event.Jakarta).Format("15:04")), next
	}
	for _, want := range []string{"08:10", "08:30", "09:00"} {
		if !slices.Contains(got, want) {
			t.Errorf("%v: no stop at %s", got, want)
		}
	}
}

// TestReturnsUntilDone: what was borrowed is asked for every morning until all
// is given back, also when the task was marked as done, or is long late.
func TestReturnsUntilDone(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	w.task("5", func(k *event.Task) error {
		_, err := k.AddItem(event.Item{Name: "Tenda", LentBy: "Kecamatan", State: event.ItemHanded}, w.clock.Now())
		return err
	})
	for _, s := range event.StepTasks(w.event) {
		w.finish(s.Key)
	}
	asked := func(day int) string {
		w.t.Helper()
		w.clock.Set(at(day, 8, 0))
		w.must(w.plan.Tick(t.Context()))
		row, err := w.store.Outbox().Get(t.Context(), w.event+"/digest/"+at(day, 0, 0).Format(time.DateOnly)+".0")
		if err != nil {
			return ""
		}
		return row.Body.Text
	}
	if got := asked(0); got != "" {
		t.Errorf("on the day itself: %s", got)
	}
	for _, day := range []int{-1, -2, -14, -15, -40} {
		if got := asked(day); !strings.Contains(got, "Pinjaman yang belum kembali") || !strings.Contains(got, "Tenda – dipinjam dari Kecamatan") {
			t.Errorf("H+%d: %q", -day, got)
		}
	}
	w.task("5", func(k *event.Task) error {
		_, err := k.ChangeItem(1, w.clock.Now(), func(it *event.Item) { it.Place(event.ItemReturned, "", w.clock.Now()) })
		return err
	})
	if got := asked(-41); got != "" {
		t.Errorf("once it is back: %s", got)
	}
}
