package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func participationCodePrefix(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, code := range []string{"abcd2", "abcd7", "abce", "abc", "zz.9", "abcd3"} {
		p := silentParticipation(i)
		p.Code = code
		if code == "abcd3" {
			p.EventID = "EMK-2028"
		}
		saveParticipations(t, s, p)
	}
	for prefix, want := range map[string]string{"abcd": "abcd2 abcd7", "abcd7": "abcd7", "abc": "abc abcd2 abcd7 abce", "ABCD": "", "b": "", "zz": "zz.9"} {
		var got []string
		for _, p := range must(s.Participations().ByCodePrefix(ctx, "EMK-2027", prefix, 9))(t) {
			got = append(got, p.Code)
		}
		equal(t, "codes that begin with "+prefix, strings.Join(got, " "), want)
	}
	equal(t, "with a limit", len(must(s.Participations().ByCodePrefix(ctx, "EMK-2027", "abc", 2))(t)), 2)
}

// participationArrivalRace has many check in the same guests at once: each is
// counted once, whoever was first.
func participationArrivalRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	const guests = 6
	for i := range guests {
		saveParticipations(t, clients[0], silentParticipation(i))
	}
	first := make([]int, guests)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			for i := range guests {
				in, err := checkIn(t, s, silentParticipation(i).ID, fmt.Sprintf("in-%d-%d", w, i))
				if err != nil {
					t.Error(err)
					return
				}
				if in {
					mu.Lock()
					first[i]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for i, n := range first {
		equal(t, fmt.Sprintf("who checked guest %d in", i), n, 1)
	}
	page, _, err := clients[0].Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Arrived: ptr(true)})
	ok(t, err)
	equal(t, "arrived", len(page), guests)
	gone := page[0]
	ok(t, gone.CheckOut("", gone.Arrival.In))
	ok(t, clients[0].Participations().Save(ctx, gone))
	for arrived, want := range map[bool]int{true: guests - 1, false: 1} {
		page, _, err = clients[0].Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Arrived: &arrived})
		ok(t, err)
		equal(t, fmt.Sprint("arrived ", arrived, " after one was taken back"), len(page), want)
	}
}

func checkIn(t *testing.T, s storage.Store, id, in string) (first bool, err error) {
	for {
		p, err := s.Participations().Get(t.Context(), id)
		if err != nil {
			return false, err
		}
		switch err := p.CheckIn(event.Arrival{At: at(0), Heads: 1, How: event.ByScan, In: in}); {
		case errors.Is(err, event.ErrArrived):
			return false, nil
		case err != nil:
			return false, err
		}
		if err = s.Participations().Save(t.Context(), p); !errors.Is(err, storage.ErrConflict) {
			return err == nil, err
		}
	}
}

func photoCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip": photoRoundTrip,
		"List":      photoList,
	}
}

func samplePhoto(n int) *event.Photo {
	sha := fmt.Sprintf("%064d", 100-n) // in another order than the numbers
	return &event.Photo{
		ID: event.PhotoID("EMK-2027", sha), EventID: "EMK-2027", N: n, SHA: sha, Blob: "album/" + sha, Preview: "album/" + sha + "/kecil", Name: hard,
		MIME: "image/jpeg", Size: 1 << 20, Width: 4000, Height: 3000, Look: "00ff00ff00ff00ff", Item: hard, ItemID: "r1", By: "telegram:1", In: "telegram:u:1", At: at(0),
		Gone: true, GoneAt: ptr(at(1)), UpdatedAt: at(1),
	}
}

func photoRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Photos().Get(ctx, "EMK-2027/x")
	is(t, err, storage.ErrNotFound)
	for _, p := range []*event.Photo{samplePhoto(1), {ID: "EMK-2027/b", EventID: "EMK-2027", N: 2}} {
		ok(t, s.Photos().Save(ctx, p))
		equal(t, "version", p.Version, int64(1))
		same(t, must(s.Photos().Get(ctx, p.ID))(t), p)
		is(t, s.Photos().Save(ctx, &event.Photo{ID: p.ID, EventID: p.EventID, N: 9}), storage.ErrConflict) // the same picture again
		old := *p
		p.Item, p.GoneAt, p.Gone = "Penutupan", nil, false
		ok(t, s.Photos().Save(ctx, p))
		is(t, s.Photos().Save(ctx, &old), storage.ErrConflict)
		same(t, must(s.Photos().Get(ctx, p.ID))(t), p)
		ok(t, s.Photos().Delete(ctx, p.ID))
		ok(t, s.Photos().Delete(ctx, p.ID))
		_, err = s.Photos().Get(ctx, p.ID)
		is(t, err, storage.ErrNotFound)
		is(t, s.Photos().Save(ctx, p), storage.ErrConflict) // it is gone, not new
	}
}

func photoList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "none", len(must(s.Photos().List(ctx, "EMK-2027"))(t)), 0)
	for _, n := range []int{10, 2, 1} {
		ok(t, s.Photos().Save(ctx, samplePhoto(n)))
	}
	other := samplePhoto(3)
	other.ID, other.EventID = event.PhotoID("EMK-2027B", other.SHA), "EMK-2027B"
	ok(t, s.Photos().Save(ctx, other))
	for eventID, want := range map[string]string{"EMK-2027": "[1 2 10]", "EMK-2027B": "[3]", "EMK": "[]"} {
		got := []int{}
		for _, p := range must(s.Photos().List(ctx, eventID))(t) {
			got = append(got, p.N)
		}
		equal(t, "photos of "+eventID, fmt.Sprint(got), want)
	}
}
