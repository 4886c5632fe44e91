package storagetest

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func taskCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip": taskRoundTrip,
		"List":      taskList,
		"Race":      taskRace,
	}
}

func sampleTask(key string) *event.Task {
	proof := event.Proof{Blob: "tugas/EMK-2027/5/in", Name: hard, MIME: "image/jpeg", Photo: true, By: "telegram:1", At: at(0)}
	item := event.Item{
		N: 1, Name: "Tenda " + hard, Quantity: 4, Unit: "unit", Owner: "Pak Asep", PersonID: "telegram:2", LentBy: "Kecamatan", Contact: hard, HandedTo: hard, HandedAt: ptr(at(0)), ReturnedAt: ptr(at(time.Hour)), Note: hard,
		State: event.ItemHanded, Photos: []event.Proof{proof}, Gone: true, Copied: true, In: "telegram:u:3", Rev: 3, At: at(time.Minute),
	}
	before := item
	before.State = event.ItemReady
	item.Was = &before
	progress := event.TaskProgress{
		State: event.TaskDone, PersonID: "telegram:1", Note: hard, Reason: hard, Proofs: []event.Proof{proof},
		When: &event.When{Days: -1, Before: time.Hour}, After: []string{"8.40", "17"}, By: "telegram:1", At: ptr(at(time.Hour)),
	}
	was := progress
	was.State = event.TaskSkipped
	return &event.Task{
		ID: event.TaskID("EMK-2027", key), EventID: "EMK-2027", Key: key, Step: 5, Title: hard, Origin: "telegram:u:1",
		TaskProgress: progress, Rev: 2, Was: &was, Items: []event.Item{item, {N: 2, Name: "Kursi", Rev: 1}}, LastItem: 2, Offered: true,
		Handled: []string{"telegram:u:2", "telegram:u:1"}, Retired: true, UpdatedAt: at(time.Hour),
	}
}

func taskRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Tasks().Get(ctx, "EMK-2027/5")
	is(t, err, storage.ErrNotFound)
	for _, k := range []*event.Task{sampleTask("5"), {ID: "EMK-2027/6", EventID: "EMK-2027", Key: "6", Step: 6}} {
		ok(t, s.Tasks().Save(ctx, k))
		equal(t, "version", k.Version, int64(1))
		same(t, must(s.Tasks().Get(ctx, k.ID))(t), k)
		is(t, s.Tasks().Save(ctx, sampleTask(k.Key)), storage.ErrConflict)
		old := *k
		k.State, k.Items, k.Was = event.TaskOpen, nil, nil
		ok(t, s.Tasks().Save(ctx, k))
		is(t, s.Tasks().Save(ctx, &old), storage.ErrConflict)
		equal(t, "version of the one refused", old.Version, int64(1))
		same(t, must(s.Tasks().Get(ctx, k.ID))(t), k)
		ok(t, s.Tasks().Delete(ctx, k.ID))
		ok(t, s.Tasks().Delete(ctx, k.ID))
		_, err = s.Tasks().Get(ctx, k.ID)
		is(t, err, storage.ErrNotFound)
		is(t, s.Tasks().Save(ctx, k), storage.ErrConflict) // it is gone, not new
	}
}

func taskList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "none", len(must(s.Tasks().List(ctx, "EMK-2027"))(t)), 0)
	for _, key := range []string{"5", "17", "8.40", "8.7"} {
		ok(t, s.Tasks().Save(ctx, sampleTask(key)))
	}
	other := sampleTask("5")
	other.ID, other.EventID = event.TaskID("EMK-2027B", "5"), "EMK-2027B" // its ID begins as the others'
	ok(t, s.Tasks().Save(ctx, other))
	for eventID, want := range map[string]string{"EMK-2027": "17 5 8.40 8.7", "EMK-2027B": "5", "EMK": ""} {
		var got []string
		for _, k := range must(s.Tasks().List(ctx, eventID))(t) {
			got = append(got, k.Key)
		}
		equal(t, "tasks of "+eventID, strings.Join(got, " "), want)
	}
}

// taskRace has many finish one task that nobody touched before: one of them
// does, and all others see it done.
func taskRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	won := make(chan int, h.Workers)
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			for {
				k, err := s.Tasks().Get(ctx, "EMK-2027/7")
				if errors.Is(err, storage.ErrNotFound) {
					k, err = &event.Task{ID: "EMK-2027/7", EventID: "EMK-2027", Key: "7", Step: 7}, nil
				}
				if err != nil {
					t.Error(err)
					return
				}
				if k.Finish("p", "", nil, at(0)) != nil {
					return // somebody was first
				}
				switch err := s.Tasks().Save(ctx, k); {
				case err == nil:
					won <- w
					return
				case !errors.Is(err, storage.ErrConflict):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	equal(t, "who finished it", len(won), 1)
	equal(t, "state", must(clients[0].Tasks().Get(ctx, "EMK-2027/7"))(t).State, event.TaskDone)
}
