package event_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"pgregory.net/rapid"
)

func taskOf(key string) *event.Task {
	for _, t := range event.StepTasks("EMK-2027") {
		if t.Key == key {
			return t
		}
	}
	return nil
}

// TestStepTasksAreTheSOP: eighteen tasks, each at its distance, none of which
// waits for one that does not exist or comes later.
func TestStepTasksAreTheSOP(t *testing.T) {
	t.Parallel()
	e := &event.Event{Start: wib(t, "2027-01-14 08:00")}
	all := event.StepTasks("EMK-2027")
	plan := e.Plan(all, nil, wib(t, "2026-11-01 09:00"))
	if len(plan) != 18 || len(e.Timeline(nil)) != 18 {
		t.Fatalf("%d tasks", len(plan))
	}
	at := map[string]time.Time{}
	for i, p := range plan {
		if want := e.Timeline(nil)[i]; p.Due != want || p.Urgency != event.Later {
			t.Errorf("%s: %+v (%s), want %+v", p.Key, p.Due, p.Urgency, want)
		}
		at[p.Key] = p.Due.At
	}
	for _, p := range plan {
		for _, key := range p.Needs() {
			if before, ok := at[key]; !ok || before.After(p.Due.At) {
				t.Errorf("%s waits for %s", p.Key, key)
			}
		}
	}
}

func TestTaskStates(t *testing.T) {
	t.Parallel()
	now := wib(t, "2026-11-25 09:00")
	k := taskOf("5")
	is := func(got, want error) {
		t.Helper()
		if !errors.Is(got, want) {
			t.Errorf("error %v, want %v", got, want)
		}
	}
	is(k.Assign("rina", "budi", now), nil)
	is(k.Assign("rina", "budi", now), event.ErrTaskSame)
	is(k.Finish("budi", "beres", []event.Proof{{Blob: "a"}}, now), nil)
	if k.State != event.TaskDone || k.By != "budi" || k.PersonID != "budi" || len(k.Proofs) != 1 {
		t.Errorf("%+v", k)
	}
	for _, err := range []error{k.Finish("rina", "", nil, now), k.Assign("rina", "rina", now), k.Skip("rina", "x", now)} {
		is(err, event.ErrTaskSettled)
	}
	is(k.Undo(1, now), event.ErrTaskUndone)
	is(k.Undo(2, now), nil)
	if k.State != event.TaskTaken || k.Note != "" || len(k.Proofs) != 0 {
		t.Errorf("undone: %+v", k)
	}
	is(k.Undo(3, now), event.ErrTaskUndone)
	is(k.Skip("rina", "dipinjamkan kabupaten", now), nil)
	is(k.Reopen("rina", now), nil)
	is(k.Reopen("rina", now), event.ErrTaskSame)
	if k.State != event.TaskTaken || k.Reason != "" {
		t.Errorf("reopened: %+v", k)
	}
	is(k.Move("rina", &event.When{Days: 50}, now), event.ErrTaskSame)
	is(k.Move("rina", &event.When{Days: 48}, now), nil)
	if k.Distance().Days != 48 {
		t.Errorf("moved to %+v", k.Distance())
	}
	is(k.Move("rina", nil, now), nil)
	if k.When != nil || k.Distance().Days != 50 {
		t.Errorf("moved back to %+v", k.Distance())
	}
	if !k.Forget("budi") || k.PersonID != "" || k.State != event.TaskOpen || k.Forget("budi") {
		t.Errorf("forgotten: %+v", k)
	}
}

func TestUrgency(t *testing.T) {
	t.Parallel()
	e := &event.Event{Start: wib(t, "2027-01-14 08:00"), CreatedAt: wib(t, "2026-11-01 09:00")}
	off := event.Holidays{"2027-01-07": "Libur Kabupaten"} // a Thursday, H-7
	for _, c := range []struct {
		key, now string
		want     event.Urgency
		days     int
	}{
		{"2", "2026-11-15 23:59", event.Later, 0},
		{"2", "2026-11-16 00:00", event.Soon, 0},
		{"2", "2026-11-18 07:00", event.Today, 0},
		{"2", "2026-11-18 23:59", event.Today, 0},
		{"2", "2026-11-19 00:00", event.Late, 1},
		{"2", "2026-11-20 08:00", event.Late, 2},
		{"8.40", "2026-12-04 08:00", event.Today, 0}, // falls on a Saturday: the Friday before
		{"8.40", "2026-12-05 23:00", event.Today, 0},
		{"8.40", "2026-12-06 00:00", event.Late, 1},
		{"8.7", "2027-01-04 00:00", event.Soon, 0}, // shown on the 6th, before the holiday
		{"8.7", "2027-01-06 08:00", event.Today, 0},
		{"9", "2027-01-14 05:59", event.Today, 0},
		{"9", "2027-01-14 06:00", event.Late, 1},
	} {
		for _, p := range e.Plan(event.StepTasks("EMK-2027"), off, wib(t, c.now)) {
			if p.Key == c.key && (p.Urgency != c.want || p.DaysLate(e, wib(t, c.now)) != c.days) {
				t.Errorf("%s at %s: %s, %d days late; want %s, %d", c.key, c.now, p.Urgency, p.DaysLate(e, wib(t, c.now)), c.want, c.days)
			}
		}
	}
	// What follows an event on a Saturday is not due before it.
	saturday := &event.Event{Start: wib(t, "2027-01-16 08:00"), CreatedAt: wib(t, "2026-11-01 09:00")}
	for _, p := range saturday.Plan(event.StepTasks("EMK-2027"), nil, wib(t, "2027-01-15 09:00")) {
		if p.Key == "16" && p.Urgency != event.Soon || p.Key == "13" && p.Urgency != event.Soon {
			t.Errorf("%s is %s on the eve", p.Key, p.Urgency)
		}
	}
	// An event that is made late is late since then, not since its dates.
	e.CreatedAt = wib(t, "2026-12-20 15:00")
	for _, p := range e.Plan(event.StepTasks("EMK-2027"), nil, wib(t, "2026-12-21 08:00")) {
		if p.Key == "1" && p.DaysLate(e, wib(t, "2026-12-21 08:00")) != 1 {
			t.Errorf("late for %d days", p.DaysLate(e, wib(t, "2026-12-21 08:00")))
		}
	}
}

// TestEverythingMovesWithTheEvent holds for all moves: what the lead chose
// keeps its distance, and so does what the SOP says.
func TestEverythingMovesWithTheEvent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		e := event.Event{Start: wib(t, "2027-01-14 08:00")}
		tasks := event.StepTasks("EMK-2027")
		moved := rapid.SampledFrom(tasks).Draw(rt, "task")
		_ = moved.Move("p", &event.When{Days: rapid.IntRange(-5, 90).Draw(rt, "days")}, e.Start)
		later := e
		later.Start = e.Start.AddDate(0, 0, rapid.IntRange(-30, 30).Draw(rt, "by"))
		shift := later.Start.Sub(e.Start)
		before, after := e.Plan(tasks, nil, e.Start), later.Plan(tasks, nil, e.Start)
		for i := range before {
			if before[i].Key != after[i].Key || after[i].Due.At.Sub(before[i].Due.At) != shift {
				rt.Fatalf("%s: %s, %s: %s", before[i].Key, before[i].Due.At, after[i].Key, after[i].Due.At)
			}
		}
	})
}

func TestItems(t *testing.T) {
	t.Parallel()
	now := wib(t, "2026-11-25 09:00")
	k := taskOf("5")
	add := func(it event.Item) event.Item {
		t.Helper()
		it, err := k.AddItem(it, now)
		if err != nil {
			t.Fatal(err)
		}
		return it
	}
	add(event.Item{Name: "Tenda", Quantity: 4, LentBy: "Kecamatan"})
	chair := add(event.Item{Name: "Kursi", Quantity: 200})
	names := func() string {
		var out []string
		for _, it := range k.List() {
			out = append(out, it.Name+string(it.State))
		}
		return strings.Join(out, " ")
	}
	ready := func(it *event.Item) { it.State = event.ItemReady }
	tent, err := k.ChangeItem(1, now, ready)
	if err != nil || tent.Rev != 2 {
		t.Fatal(tent, err)
	}
	if _, err := k.ChangeItem(1, now, ready); !errors.Is(err, event.ErrItemSame) {
		t.Error(err)
	}
	gone, err := k.ChangeItem(chair.N, now, func(it *event.Item) { it.Gone = true })
	if err != nil || names() != "Tendaready" {
		t.Error(names(), err)
	}
	// Each is undone by itself, whatever came after it.
	if _, err := k.UndoItem(gone.N, gone.Rev, now); err != nil || names() != "Tendaready Kursi" {
		t.Error(names(), err)
	}
	if _, err := k.UndoItem(gone.N, gone.Rev, now); !errors.Is(err, event.ErrTaskUndone) {
		t.Error("undone twice:", err)
	}
	if r := k.Readiness(); r.Total != 2 || r.Ready != 1 || len(r.Missing) != 1 || len(r.Out) != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := k.UndoItem(tent.N, tent.Rev, now); err != nil || names() != "Tenda Kursi" {
		t.Error(names(), err)
	}
	last := add(event.Item{Name: "Genset"})
	if _, err := k.UndoItem(last.N, 1, now); err != nil || names() != "Tenda Kursi" || last.N != 3 {
		t.Error("a new one is undone:", names(), err)
	}
	// The next event takes the list over, not how it went.
	next := taskOf("5")
	if n := next.CopyItems(k, now); n != 2 || next.List()[0].State != event.ItemNeeded || next.List()[0].LentBy != "Kecamatan" {
		t.Errorf("copied %d: %+v", n, next.List())
	}
	if _, err := next.ChangeItem(1, now, ready); err != nil {
		t.Error(err)
	}
	if n := next.DropCopied(now); n != 1 || len(next.List()) != 1 {
		t.Errorf("dropped %d", n)
	}
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	h := event.Holidays{"2027-03-10": "Idul Fitri", "2027-03-11": "Idul Fitri", "2027-06-01": event.NotOff}
	for day, want := range map[string]string{
		"2027-03-11": "2027-03-09", "2027-03-12": "2027-03-12", "2027-03-14": "2027-03-12",
		"2027-06-01": "2027-06-01", "2027-08-17": "2027-08-16", "2027-12-26": "2027-12-24",
	} {
		if got := h.WorkDay(wib(t, day+" 10:00")); !got.Equal(wib(t, want+" 00:00")) {
			t.Errorf("working day of %s: %s, want %s", day, got, want)
		}
	}
	if list := h.Of(2027); len(list) != 6 || list[1].Name != "Idul Fitri" {
		t.Errorf("%+v", list)
	}
}
