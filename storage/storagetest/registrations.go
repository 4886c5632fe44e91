package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func registrationCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip":           registrationRoundTrip,
		"Insert":              registrationInsert,
		"Update":              registrationUpdate,
		"UniqueRace":          registrationRace,
		"Filters":             registrationFilters,
		"Search":              registrationSearch,
		"Paging":              registrationPaging,
		"FiveDigits":          registrationFiveDigits,
		"PagingWhileChanging": registrationPagingWhileChanging,
	}
}

func waitingCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){"First": waitingFirst}
}

func insert(t *testing.T, s storage.Store, rs ...*event.Registration) {
	t.Helper()
	for _, r := range rs {
		if _, err := s.Registrations().Insert(t.Context(), r); err != nil {
			t.Fatalf("insert %s: %v", r.ID, err)
		}
	}
}

func registrationRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	r := sampleRegistration(1)
	insert(t, s, r)
	equal(t, "version", r.Version, int64(1))
	same(t, must(s.Registrations().Get(ctx, r.ID))(t), r)
	same(t, must(s.Registrations().ByNumber(ctx, r.Number))(t), r)
	same(t, must(s.Registrations().ByKey(ctx, r.Key))(t), r)
	for _, get := range []func() error{
		func() error { _, err := s.Registrations().Get(ctx, "x"); return err },
		func() error { _, err := s.Registrations().ByNumber(ctx, "x"); return err },
		func() error { _, err := s.Registrations().ByKey(ctx, "x"); return err },
	} {
		is(t, get(), storage.ErrNotFound)
	}
	ok(t, s.Registrations().Delete(ctx, r.ID))
	ok(t, s.Registrations().Delete(ctx, r.ID))
	_, err := s.Registrations().Get(ctx, r.ID)
	is(t, err, storage.ErrNotFound)
	insert(t, s, sampleRegistration(1)) // key and number are free again
}

func registrationInsert(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	one, two := sampleRegistration(1), sampleRegistration(2)
	insert(t, s, one, two)
	for name, tc := range map[string]struct {
		change func(r *event.Registration)
		want   *event.Registration
	}{
		"same ID":            {func(r *event.Registration) { r.ID = one.ID }, one},
		"same key":           {func(r *event.Registration) { r.Key = two.Key }, two},
		"same number":        {func(r *event.Registration) { r.Number = two.Number }, two},
		"all of one":         {func(r *event.Registration) { r.ID, r.Key, r.Number = one.ID, one.Key, one.Number }, one},
		"ID before key":      {func(r *event.Registration) { r.ID, r.Key = one.ID, two.Key }, one},
		"key and number two": {func(r *event.Registration) { r.Key, r.Number = two.Key, two.Number }, two},
	} {
		r := sampleRegistration(3)
		tc.change(r)
		got, err := s.Registrations().Insert(ctx, r)
		if !errors.Is(err, storage.ErrConflict) || got == nil {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		equal(t, name, got.ID, tc.want.ID)
		same(t, got, tc.want)
		equal(t, name+": version of the one refused", r.Version, int64(0))
	}
	page, _, err := s.Registrations().List(ctx, storage.RegistrationQuery{})
	ok(t, err)
	equal(t, "stored", len(page), 2)
}

func registrationUpdate(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	one, two := sampleRegistration(1), sampleRegistration(2)
	insert(t, s, one, two)
	old := *one
	one.Name, one.Key, one.Status, one.Search = "Baru", "EMK-2027/ukm/baru", event.Confirmed, "baru"
	ok(t, s.Registrations().Update(ctx, one))
	equal(t, "version", one.Version, int64(2))
	same(t, must(s.Registrations().Get(ctx, one.ID))(t), one)
	is(t, s.Registrations().Update(ctx, &old), storage.ErrConflict)

	_, err := s.Registrations().ByKey(ctx, old.Key)
	is(t, err, storage.ErrNotFound)
	clash := *one
	clash.Key = two.Key
	is(t, s.Registrations().Update(ctx, &clash), storage.ErrConflict)
	equal(t, "version of the one refused", clash.Version, int64(2))
	same(t, must(s.Registrations().Get(ctx, one.ID))(t), one)
	is(t, s.Registrations().Update(ctx, sampleRegistration(3)), storage.ErrConflict)

	// The key that was given up can be taken.
	two.Key = old.Key
	ok(t, s.Registrations().Update(ctx, two))
	equal(t, "by key", must(s.Registrations().ByKey(ctx, old.Key))(t).ID, two.ID)
}

func registrationRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	var won atomic.Int64
	winners := make(chan string, h.Workers)
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			r := sampleRegistration(w)
			r.Key = "EMK-2027/ukm/satu"
			got, err := s.Registrations().Insert(ctx, r)
			switch {
			case err == nil:
				won.Add(1)
				winners <- r.ID
			case errors.Is(err, storage.ErrConflict) && got != nil:
				winners <- got.ID
			default:
				t.Errorf("insert: %v %v", got, err)
			}
		})
	}
	wg.Wait()
	close(winners)
	equal(t, "inserted", won.Load(), 1)
	want := must(clients[0].Registrations().ByKey(ctx, "EMK-2027/ukm/satu"))(t).ID
	for id := range winners {
		equal(t, "the one there", id, want)
	}
}

// variety inserts twelve registrations that differ in all that is filtered by.
func variety(t *testing.T, s storage.Store) []*event.Registration {
	t.Helper()
	var out []*event.Registration
	for i := range 12 {
		r := sampleRegistration(i)
		r.EventID = []string{"EMK-2027", "EMK-2028"}[i%2]
		r.PersonID = fmt.Sprint("p", i%3)
		r.Phone = fmt.Sprint("+6281", i%4)
		r.Audience = []event.Audience{event.UKM, event.Koperasi, event.Public}[i/4]
		r.Status = []event.Status{event.Confirmed, event.Pending, event.Offered, event.Waiting}[i%4]
		r.Kecamatan = []string{"Cibinong", "Cibinong Selatan", ""}[i%3]
		r.Tell = []event.Status{"", event.Confirmed}[i/6]
		r.OfferUntil = nil
		if i%4 >= 2 { // Offered, and one that waits with a stale time
			r.OfferUntil = ptr(at(time.Duration(i) * time.Hour))
		}
		out = append(out, r)
	}
	insert(t, s, out...)
	return out
}

func registrationFilters(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	all := variety(t, s)
	for name, tc := range map[string]struct {
		q    storage.RegistrationQuery
		want func(*event.Registration) bool
	}{
		"all":       {storage.RegistrationQuery{}, func(*event.Registration) bool { return true }},
		"event":     {storage.RegistrationQuery{EventID: "EMK-2028"}, func(r *event.Registration) bool { return r.EventID == "EMK-2028" }},
		"person":    {storage.RegistrationQuery{PersonID: "p1"}, func(r *event.Registration) bool { return r.PersonID == "p1" }},
		"phone":     {storage.RegistrationQuery{Phone: "+62812"}, func(r *event.Registration) bool { return r.Phone == "+62812" }},
		"audience":  {storage.RegistrationQuery{Audience: event.Koperasi}, func(r *event.Registration) bool { return r.Audience == event.Koperasi }},
		"status":    {storage.RegistrationQuery{Statuses: []event.Status{event.Pending}}, func(r *event.Registration) bool { return r.Status == event.Pending }},
		"statuses":  {storage.RegistrationQuery{Statuses: []event.Status{event.Pending, event.Offered}}, func(r *event.Registration) bool { return r.Status == event.Pending || r.Status == event.Offered }},
		"kecamatan": {storage.RegistrationQuery{Kecamatan: "Cibinong"}, func(r *event.Registration) bool { return r.Kecamatan == "Cibinong" }},
		"untold":    {storage.RegistrationQuery{Untold: true}, func(r *event.Registration) bool { return r.Tell != "" }},
		"since":     {storage.RegistrationQuery{Since: ptr(at(5 * time.Minute))}, func(r *event.Registration) bool { return !r.CreatedAt.Before(at(5 * time.Minute)) }},
		"offer past": {storage.RegistrationQuery{OfferPast: ptr(at(6 * time.Hour))}, func(r *event.Registration) bool {
			return r.Status == event.Offered && r.OfferUntil.Before(at(6*time.Hour))
		}},
		"many at once": {storage.RegistrationQuery{EventID: "EMK-2027", Audience: event.UKM, Statuses: []event.Status{event.Confirmed, event.Offered}, Kecamatan: "Cibinong", PersonID: "p0", Phone: "+62810"},
			func(r *event.Registration) bool { return r.ID == "d-00000" }},
		"none": {storage.RegistrationQuery{EventID: "EMK-1999"}, func(*event.Registration) bool { return false }},
	} {
		var want, got []string
		for _, r := range all {
			if tc.want(r) {
				want = append(want, r.Number)
			}
		}
		page, next, err := s.Registrations().List(ctx, tc.q)
		if err != nil || next != "" {
			t.Fatalf("%s: %v, next %q", name, err, next)
		}
		for _, r := range page {
			got = append(got, r.Number)
		}
		equal(t, name, strings.Join(got, " "), strings.Join(want, " "))
	}
}

func registrationSearch(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, text := range []string{"emk-2027-0000 kopi maju bu eti +62812", "kopi mundur 100% asli", "keripik_pedas (maju) é", "1000 rasa keripikxpedas", `toko "abadi" jaya and not near* col:x ^`} {
		r := sampleRegistration(i)
		r.Search = text
		insert(t, s, r)
	}
	for q, want := range map[string]string{
		"kopi": "01", "maju kopi": "0", "maju": "02", "opi m": "01", "kopi teh": "", "100%": "1", "keripik_pedas": "2",
		"(maju)": "2", "é": "2", ".": "", "+62812": "0", "  kopi   maju ": "0", "%": "1", "*": "4", "0000": "0",
		`"abadi"`: "4", `"jaya"`: "", "near*": "4", "nea*": "", "col:x": "4", "and not": "4", "badi": "4", "toko abadi": "4", `toko" "abadi`: "", "jaya or kopi": "",
	} {
		page, _, err := s.Registrations().List(ctx, storage.RegistrationQuery{EventID: "EMK-2027", Search: q})
		ok(t, err)
		got := ""
		for _, r := range page {
			got += strings.TrimLeft(r.ID, "d-0")
			if r.ID == "d-00000" {
				got += "0"
			}
		}
		equal(t, fmt.Sprintf("search %q", q), got, want)
	}
}

func registrationPaging(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	const n = 205
	for i := n; i > 0; i-- { // not in order of number
		r := sampleRegistration(i)
		r.Audience = []event.Audience{event.UKM, event.Public}[i%2]
		insert(t, s, r)
	}
	page, next, err := s.Registrations().List(ctx, storage.RegistrationQuery{})
	ok(t, err)
	equal(t, "default page", len(page), 100)
	if next == "" {
		t.Fatal("no cursor though there is more")
	}
	for _, size := range []int{1, 7, 103, 205, 500} {
		q := storage.RegistrationQuery{EventID: "EMK-2027", Limit: size}
		if size == 1 {
			q.Audience = event.UKM
		}
		var got []*event.Registration
		for pages := 0; ; pages++ {
			page, next, err := s.Registrations().List(ctx, q)
			ok(t, err)
			if len(page) > size || pages > n {
				t.Fatalf("page of %d with limit %d, %d pages", len(page), size, pages)
			}
			got = append(got, page...)
			if next == "" {
				break
			}
			q.After = next
		}
		want := n
		if size == 1 {
			want = n / 2
		}
		equal(t, fmt.Sprint("all by pages of ", size), len(got), want)
		for i := 1; i < len(got); i++ {
			if event.NumberOrder(got[i-1].Number) >= event.NumberOrder(got[i].Number) {
				t.Fatalf("%s before %s", got[i-1].Number, got[i].Number)
			}
		}
	}
}

// registrationFiveDigits: numbers from 10000 on come after 9999.
func registrationFiveDigits(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, i := range []int{10001, 9999, 1, 100000, 10000, 9998, 999} {
		insert(t, s, sampleRegistration(i))
	}
	var got []string
	for q := (storage.RegistrationQuery{EventID: "EMK-2027", Limit: 2}); ; {
		page, next, err := s.Registrations().List(ctx, q)
		ok(t, err)
		for _, r := range page {
			got = append(got, strings.TrimPrefix(r.Number, "EMK-2027-"))
		}
		if next == "" {
			break
		}
		q.After = next
	}
	equal(t, "in order", strings.Join(got, " "), "0001 0999 9998 9999 10000 10001 100000")
}

// registrationPagingWhileChanging deletes what the cursor stands on.
func registrationPagingWhileChanging(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i := 1; i <= 6; i++ {
		insert(t, s, sampleRegistration(i))
	}
	page, next, err := s.Registrations().List(ctx, storage.RegistrationQuery{Limit: 3})
	ok(t, err)
	ok(t, s.Registrations().Delete(ctx, page[2].ID))
	rest, _, err := s.Registrations().List(ctx, storage.RegistrationQuery{Limit: 3, After: next})
	ok(t, err)
	equal(t, "rest", len(rest), 3)
	equal(t, "first of the rest", rest[0].Number, "EMK-2027-0004")
}

func waitingFirst(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Registrations().FirstWaiting(ctx, "EMK-2027", event.UKM)
	is(t, err, storage.ErrNotFound)
	queued := []time.Duration{5, 3, 4, 1, 2}
	for i, q := range queued {
		r := sampleRegistration(i)
		r.QueuedAt = ptr(at(q * time.Second))
		switch i {
		case 3:
			r.Status = event.Offered
		case 4:
			r.Audience = event.Koperasi
		}
		insert(t, s, r)
	}
	first := must(s.Registrations().FirstWaiting(ctx, "EMK-2027", event.UKM))(t)
	equal(t, "first", first.ID, "d-00001")
	equal(t, "ahead of the last", must(s.Registrations().Ahead(ctx, "EMK-2027", event.UKM, at(5*time.Second)))(t), 2)
	equal(t, "ahead of the first", must(s.Registrations().Ahead(ctx, "EMK-2027", event.UKM, at(3*time.Second)))(t), 0)
	equal(t, "ahead elsewhere", must(s.Registrations().Ahead(ctx, "EMK-2028", event.UKM, at(time.Hour)))(t), 0)
	ok(t, first.Move(event.Offered, at(0), ""))
	ok(t, s.Registrations().Update(ctx, first))
	equal(t, "next", must(s.Registrations().FirstWaiting(ctx, "EMK-2027", event.UKM))(t).ID, "d-00002")
	_, err = s.Registrations().FirstWaiting(ctx, "EMK-2028", event.UKM)
	is(t, err, storage.ErrNotFound)
}
