package app_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// TestFinishAtOnce: of many who finish the same step at the same moment one
// did it, and all others learn who.
func TestFinishAtOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	const members = 12
	type outcome struct {
		who  string
		by   string
		done bool
	}
	out := make(chan outcome, members)
	var wg sync.WaitGroup
	for i := range members {
		who := fmt.Sprintf("anggota%02d", i)
		by := o.by(who)
		wg.Go(func() {
			k, err := o.ChangeTask(t.Context(), by, eventID, "7", "task.finish", "", func(k *event.Task) error {
				return k.Finish(who, "", nil, o.Now())
			})
			switch {
			case err == nil:
				out <- outcome{who, k.By, true}
			case errors.Is(err, event.ErrTaskSettled):
				out <- outcome{who, k.By, false}
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(out)
	winner, heard := "", map[string]int{}
	for r := range out {
		if r.done {
			if winner != "" {
				t.Errorf("%s and %s both finished it", winner, r.who)
			}
			winner = r.who
		}
		heard[r.by]++
	}
	if winner == "" || len(heard) != 1 || heard[winner] != members {
		t.Errorf("%q finished it; who they heard of: %v", winner, heard)
	}
	trail, err := o.store.Audit().List(t.Context(), time.Time{}, "task.finish", 99)
	if err != nil || len(trail) != 1 || trail[0].Name != winner {
		t.Errorf("the trail: %+v, %v", trail, err)
	}
}

// TestTaskChangesOnce: a message that is handled again changes nothing, also
// where something came after it.
func TestTaskChangesOnce(t *testing.T) {
	t.Parallel()
	ctx, o := t.Context(), openOffice(t, event.Quota{})
	add, undo := o.by("rina"), o.by("rina")
	both := func() *event.Task {
		t.Helper()
		if _, err := o.ChangeTask(ctx, add, eventID, "5", "task.item.add", "Tenda", func(k *event.Task) error {
			_, err := k.AddItem(event.Item{Name: "Tenda"}, o.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		k, err := o.ChangeTask(ctx, undo, eventID, "5", "task.undo", "", func(k *event.Task) error {
			_, err := k.UndoItem(1, 1, o.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	first := both()
	again := both()
	if len(first.List()) != 0 || len(again.Items) != 1 || again.Version != first.Version {
		t.Errorf("%+v, then %+v", first, again)
	}
	by := o.by("rina")
	one, err := o.AddTask(ctx, by, eventID, "Rapat", event.When{Days: 20})
	if err != nil {
		t.Fatal(err)
	}
	two, err := o.AddTask(ctx, by, eventID, "Rapat", event.When{Days: 20})
	if err != nil || one.ID != two.ID || one.Key != "17" {
		t.Errorf("%v, %v, %v", one, two, err)
	}
	other, err := o.AddTask(ctx, o.by("rina"), eventID, "Gladi", event.When{Days: 1})
	if err != nil || other.Key != "18" {
		t.Errorf("%v, %v", other, err)
	}
	all, err := o.Tasks(ctx, eventID)
	if err != nil || len(all) != 20 || all[7].Key != "8.40" || all[19].Key != "18" {
		t.Errorf("%v, %v", all, err)
	}
	// Only what nobody touched yet goes away again.
	if _, err := o.DropTask(ctx, o.by("rina"), eventID, "18"); err != nil {
		t.Error(err)
	}
	if _, err := o.ChangeTask(ctx, o.by("rina"), eventID, "17", "task.assign", "", func(k *event.Task) error { return k.Assign("rina", "budi", o.Now()) }); err != nil {
		t.Error(err)
	}
	for _, key := range []string{"17", "5"} {
		if _, err := o.DropTask(ctx, o.by("rina"), eventID, key); !errors.Is(err, event.ErrTaskUndone) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if _, err := o.Task(ctx, eventID, "18"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestListIsKeptFromEventToEvent: the list of the event that was copied comes
// first, else that of the latest earlier one that has any.
func TestListIsKeptFromEventToEvent(t *testing.T) {
	t.Parallel()
	ctx, o := t.Context(), openOffice(t, event.Quota{})
	fill := func(id, name string) {
		t.Helper()
		if _, err := o.ChangeTask(ctx, o.by("rina"), id, "5", "task.item.add", name, func(k *event.Task) error {
			_, err := k.AddItem(event.Item{Name: name}, o.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	fill(eventID, "Tenda")
	later, err := o.CreateEvent(ctx, o.by("lead"), app.NewEvent{Title: "E-MILE KU 2027 II", Start: begin.AddDate(0, 3, 0), Place: "Cibinong"})
	if err != nil {
		t.Fatal(err)
	}
	fill(later.ID, "Genset")
	fresh, err := o.CreateEvent(ctx, o.by("lead"), app.NewEvent{Title: "E-MILE KU 2028", Start: begin.AddDate(1, 1, 0), Place: "Cibinong"})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := o.CopyEvent(ctx, o.by("lead"), eventID, begin.AddDate(1, 2, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		e    *event.Event
		want string
	}{{fresh, "Genset"}, {copied, "Tenda"}} {
		k, err := o.Task(ctx, c.e.ID, "5")
		if err != nil {
			t.Fatal(err)
		}
		from, list, err := o.EarlierList(ctx, c.e, k)
		if err != nil || from == nil || list.List()[0].Name != c.want {
			t.Errorf("%s: %v, %v, want %s", c.e.ID, list, err, c.want)
		}
	}
	k, err := o.Task(ctx, fresh.ID, "6")
	if err != nil {
		t.Fatal(err)
	}
	if from, _, err := o.EarlierList(ctx, fresh, k); err != nil || from != nil {
		t.Errorf("a list of another step: %v, %v", from, err)
	}
}

// TestHolidays: the table changes the working day; a fixed holiday can be
// taken away and given back.
func TestHolidays(t *testing.T) {
	t.Parallel()
	ctx, o := t.Context(), openOffice(t, event.Quota{})
	e, err := o.Event(ctx, eventID)
	if err != nil {
		t.Fatal(err)
	}
	workDay := func(key string) string {
		t.Helper()
		plan, err := o.Plan(ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range plan {
			if p.Key == key {
				return p.Due.WorkDay.Format(time.DateOnly)
			}
		}
		return ""
	}
	set := func(day, name, before string) {
		t.Helper()
		at, err := time.ParseInLocation(time.DateOnly, day, event.Jakarta)
		if err != nil {
			t.Fatal(err)
		}
		if was, err := o.SetHoliday(ctx, o.by("rina"), at, name); err != nil || was != before {
			t.Errorf("%s was %q, %v", day, was, err)
		}
	}
	if got := workDay("8.14"); got != "2026-12-31" {
		t.Error(got)
	}
	set("2026-12-31", "Cuti bersama", "")
	if got := workDay("8.14"); got != "2026-12-30" {
		t.Error(got)
	}
	set("2026-12-31", "", "Cuti bersama")
	set("2027-01-01", "", "Tahun Baru Masehi")
	set("2027-01-01", "Tahun Baru", "")
	set("2027-01-01", "", "Tahun Baru")
	set("2027-01-01", "", "")
	if got := workDay("8.14"); got != "2026-12-31" {
		t.Error(got)
	}
}

// TestTasksForgetPeople: who asks for it is taken out of the checklists, and
// two years later everybody is; the lists stay.
func TestTasksForgetPeople(t *testing.T) {
	t.Parallel()
	ctx, o := t.Context(), openOffice(t, event.Quota{})
	gone := &event.Person{ID: "asep", Name: "Asep", CreatedAt: o.Now(), SeenAt: o.Now()}
	if err := o.store.People().Save(ctx, gone); err != nil {
		t.Fatal(err)
	}
	by := o.by("rina")
	blob := event.TaskFiles + event.TaskID(eventID, "5") + "/in"
	if err := o.store.Media().Put(ctx, storage.Blob{ID: blob, At: o.Now()}, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.ChangeTask(ctx, by, eventID, "5", "task.finish", "", func(k *event.Task) error {
		if _, err := k.AddItem(event.Item{Name: "Tenda", LentBy: "Pak Dedi", PersonID: gone.ID, Owner: "Asep"}, o.Now()); err != nil {
			return err
		}
		if err := k.Assign("rina", gone.ID, o.Now()); err != nil {
			return err
		}
		return k.Finish(gone.ID, "beres", []event.Proof{{Blob: blob, By: gone.ID, At: o.Now()}}, o.Now())
	}); err != nil {
		t.Fatal(err)
	}
	erase := o.by("asep")
	erase.Person = gone
	if _, err := o.DeletePerson(ctx, erase); err != nil {
		t.Fatal(err)
	}
	k, err := o.Task(ctx, eventID, "5")
	if err != nil || k.PersonID != "" || k.By != "" || k.Proofs[0].By != "" || k.Items[0].PersonID != "" || k.Items[0].Owner != "" || k.Was.PersonID != "" || k.State != event.TaskDone {
		t.Errorf("%+v, %v", k, err)
	}
	o.clock.Set(begin.AddDate(2, 3, 0))
	for range 2 {
		if err := o.Retire(ctx); err != nil {
			t.Fatal(err)
		}
	}
	k, err = o.Task(ctx, eventID, "5")
	if err != nil || !k.Retired || len(k.Proofs) != 0 || k.Note != "" || len(k.List()) != 1 || k.Items[0].LentBy != "" || k.Items[0].Name != "Tenda" {
		t.Errorf("%+v, %v", k, err)
	}
	if _, _, err := o.store.Media().Get(ctx, blob); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("its photo: %v", err)
	}
}
