package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func placeCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"LowestFirst":    placeLowest,
		"Again":          placeAgain,
		"NeverOverdrawn": placeRace,
		"SameHolderRace": placeSameHolder,
		"Overdue":        placeOverdue,
	}
}

func counterCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){"Next": counterNext, "NeverTwice": counterRace}
}

func codeCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){"Redeem": codeRedeem, "RedeemRace": codeRace, "Open": codeOpen}
}

func claim(t *testing.T, s storage.Store, limit int, holder string, until *time.Time) int {
	t.Helper()
	return must(s.Places().Claim(t.Context(), "EMK-2027", event.UKM, limit, holder, until))(t)
}

func placeLowest(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for k := 1; k <= 3; k++ {
		equal(t, "place", claim(t, s, 3, fmt.Sprint("h", k), nil), k)
	}
	_, err := s.Places().Claim(ctx, "EMK-2027", event.UKM, 3, "h4", nil)
	is(t, err, storage.ErrFull)
	_, err = s.Places().Claim(ctx, "EMK-2027", event.UKM, 0, "h4", nil)
	is(t, err, storage.ErrFull)
	equal(t, "taken", must(s.Places().Taken(ctx, "EMK-2027", event.UKM))(t), 3)
	equal(t, "of another audience", must(s.Places().Claim(ctx, "EMK-2027", event.Koperasi, 3, "h1", nil))(t), 1)
	equal(t, "of another event", must(s.Places().Claim(ctx, "EMK-2028", event.UKM, 3, "h1", nil))(t), 1)

	ok(t, s.Places().Release(ctx, "EMK-2027", event.UKM, "h1"))
	ok(t, s.Places().Release(ctx, "EMK-2027", event.UKM, "h1"))
	ok(t, s.Places().Release(ctx, "EMK-2027", event.UKM, "h2"))
	equal(t, "taken", must(s.Places().Taken(ctx, "EMK-2027", event.UKM))(t), 1)
	equal(t, "lowest freed", claim(t, s, 3, "h4", nil), 1)
	equal(t, "next freed", claim(t, s, 3, "h5", nil), 2)
	equal(t, "a higher limit", claim(t, s, 5, "h6", nil), 4)
	equal(t, "another's place stays", must(s.Places().Taken(ctx, "EMK-2027", event.Koperasi))(t), 1)
}

func placeAgain(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "place", claim(t, s, 2, "a", ptr(at(time.Hour))), 1)
	equal(t, "place", claim(t, s, 2, "b", nil), 2)
	ok(t, s.Places().Release(ctx, "EMK-2027", event.UKM, "a"))
	equal(t, "again, though a lower one is free", claim(t, s, 2, "b", ptr(at(time.Hour))), 2)
	held := must(s.Places().Overdue(ctx, at(2*time.Hour)))(t)
	equal(t, "overdue", len(held), 1)
	equal(t, "again, though the limit is lower now", claim(t, s, 1, "b", nil), 2)
	equal(t, "overdue once held for good", len(must(s.Places().Overdue(ctx, at(2*time.Hour)))(t)), 0)
	equal(t, "taken", must(s.Places().Taken(ctx, "EMK-2027", event.UKM))(t), 1)
}

func placeRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	const limit = 20
	claimants := max(h.Workers, limit+5)
	var mu sync.Mutex
	got := map[int]string{}
	full := 0
	var wg sync.WaitGroup
	for w := range claimants {
		s := clients[w%len(clients)]
		wg.Go(func() {
			holder := fmt.Sprint("h", w)
			k, err := s.Places().Claim(ctx, "EMK-2027", event.UKM, limit, holder, nil)
			again, err2 := s.Places().Claim(ctx, "EMK-2027", event.UKM, limit, holder, nil)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				if err2 != nil || again != k {
					t.Errorf("%s got place %d, then %d, %v", holder, k, again, err2)
				}
				if other, taken := got[k]; taken {
					t.Errorf("place %d went to %s and %s", k, other, holder)
				}
				got[k] = holder
			case errors.Is(err, storage.ErrFull):
				full++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	equal(t, "places claimed", len(got), limit)
	equal(t, "turned away", full, claimants-limit)
	for k := 1; k <= limit; k++ {
		if got[k] == "" {
			t.Errorf("place %d was not given away", k)
		}
	}
	equal(t, "taken", must(clients[0].Places().Taken(ctx, "EMK-2027", event.UKM))(t), limit)
}

// placeSameHolder claims for one holder at once from many workers, as replays
// after a takeover may.
func placeSameHolder(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	var wg sync.WaitGroup
	var places sync.Map
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			k, err := s.Places().Claim(ctx, "EMK-2027", event.UKM, 20, "one", ptr(at(time.Hour)))
			if err != nil {
				t.Error(err)
			}
			places.Store(k, true)
		})
	}
	wg.Wait()
	n := 0
	places.Range(func(any, any) bool { n++; return true })
	equal(t, "different places", n, 1)
	equal(t, "taken", must(clients[0].Places().Taken(ctx, "EMK-2027", event.UKM))(t), 1)
}

func placeOverdue(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	claim(t, s, 9, "good", nil)
	claim(t, s, 9, "late", ptr(at(time.Hour)))
	claim(t, s, 9, "early", ptr(at(time.Minute).In(event.Jakarta)))
	equal(t, "overdue yet", len(must(s.Places().Overdue(ctx, at(time.Minute)))(t)), 0)
	got := must(s.Places().Overdue(ctx, at(time.Hour)))(t)
	equal(t, "overdue", len(got), 1)
	utcMillis(t, "until", got[0].Until, at(time.Minute))
	equal(t, "hold", fmt.Sprint(got[0].EventID, got[0].Audience, got[0].K, got[0].Holder), fmt.Sprint("EMK-2027", event.UKM, 3, "early"))
	ok(t, s.Places().Release(ctx, got[0].EventID, got[0].Audience, got[0].Holder))
	equal(t, "overdue after the release", len(must(s.Places().Overdue(ctx, at(time.Hour)))(t)), 0)
	equal(t, "overdue at last", len(must(s.Places().Overdue(ctx, at(24*time.Hour)))(t)), 1)
}

func counterNext(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for want := int64(1); want <= 3; want++ {
		equal(t, "next", must(s.Counters().Next(ctx, "EMK-2027"))(t), want)
	}
	equal(t, "another series", must(s.Counters().Next(ctx, "EMK-2028"))(t), 1)
	s = h.Reopen(t, s)
	if n := must(s.Counters().Next(ctx, "EMK-2027"))(t); n < 4 {
		t.Fatalf("after a restart the counter gave %d again", n)
	}
}

func counterRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	const each = 10
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			for range each {
				n, err := s.Counters().Next(ctx, "EMK-2027")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if seen[n] || n < 1 {
					t.Errorf("%d was handed out twice, or is below 1", n)
				}
				seen[n] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	equal(t, "numbers", len(seen), each*h.Workers)
}

func sampleCode(id string) storage.Code {
	return storage.Code{ID: id, Purpose: "tim", Role: event.Member, CreatedBy: "telegram:1", ExpiresAt: at(time.Hour)}
}

func codeRedeem(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	ok(t, s.Codes().Create(ctx, sampleCode("A1")))
	is(t, s.Codes().Create(ctx, sampleCode("A1")), storage.ErrConflict)
	for name, tc := range map[string]struct {
		id, purpose string
		now         time.Time
	}{
		"unknown":       {"B1", "tim", at(0)},
		"other purpose": {"A1", "ketua", at(0)},
		"past":          {"A1", "tim", at(2 * time.Hour)},
		"other case":    {"a1", "tim", at(0)},
	} {
		if _, err := s.Codes().Redeem(ctx, tc.id, tc.purpose, "p", tc.now); !errors.Is(err, storage.ErrNotFound) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	c := must(s.Codes().Redeem(ctx, "A1", "tim", "p", at(time.Minute)))(t)
	want := sampleCode("A1")
	want.UsedBy, want.UsedAt = "p", ptr(at(time.Minute))
	same(t, c, &want)
	_, err := s.Codes().Redeem(ctx, "A1", "tim", "q", at(time.Minute))
	is(t, err, storage.ErrConflict)
	// A replay gives the same, also when the code has run out meanwhile.
	same(t, must(s.Codes().Redeem(ctx, "A1", "tim", "p", at(2*time.Minute)))(t), &want)
	same(t, must(s.Codes().Redeem(ctx, "A1", "tim", "p", at(2*time.Hour)))(t), &want)
	is(t, s.Codes().Create(ctx, sampleCode("A1")), storage.ErrConflict)
}

func codeRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	ok(t, clients[0].Codes().Create(ctx, sampleCode("A1")))
	var won atomic.Int64
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			switch _, err := s.Codes().Redeem(ctx, "A1", "tim", fmt.Sprint("p", w), at(0)); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, storage.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	equal(t, "redeemed by", won.Load(), 1)
}

func codeOpen(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	ok(t, s.Codes().Create(ctx, sampleCode("open")))
	ok(t, s.Codes().Create(ctx, sampleCode("used")))
	must(s.Codes().Redeem(ctx, "used", "tim", "p", at(0)))(t)
	past := sampleCode("past")
	past.ExpiresAt = at(-time.Hour)
	ok(t, s.Codes().Create(ctx, past))
	other := sampleCode("other")
	other.Purpose = "ketua"
	ok(t, s.Codes().Create(ctx, other))
	got := must(s.Codes().Open(ctx, "tim", at(0)))(t)
	equal(t, "open", len(got), 1)
	same(t, got[0], sampleCode("open"))
}
