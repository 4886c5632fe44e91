package storagetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func peopleCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip":     personRoundTrip,
		"CompareAndSet": personCompareAndSet,
		"Accounts":      personAccounts,
		"AccountRace":   personAccountRace,
		"Lookups":       personLookups,
		"GetAll":        personGetAll,
		"AddAll":        personAddAll,
	}
}

func eventCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip": eventRoundTrip,
		"List":      eventList,
	}
}

func personRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.People().Get(ctx, "telegram:1")
	is(t, err, storage.ErrNotFound)
	p := samplePerson("telegram:1")
	ok(t, s.People().Save(ctx, p))
	equal(t, "version", p.Version, int64(1))
	same(t, must(s.People().Get(ctx, p.ID))(t), p)
	bare := &event.Person{ID: p.ID, Version: p.Version}
	ok(t, s.People().Save(ctx, bare))
	same(t, must(s.People().Get(ctx, p.ID))(t), bare)
	equal(t, "count", must(s.People().Count(ctx))(t), 1)
	ok(t, s.People().Delete(ctx, p.ID))
	ok(t, s.People().Delete(ctx, p.ID))
	equal(t, "count", must(s.People().Count(ctx))(t), 0)
	is(t, s.People().Save(ctx, bare), storage.ErrConflict)
}

func personCompareAndSet(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	p := samplePerson("telegram:1")
	ok(t, s.People().Save(ctx, p))
	is(t, s.People().Save(ctx, samplePerson("telegram:1")), storage.ErrConflict)
	old := *p
	ok(t, s.People().Save(ctx, p))
	is(t, s.People().Save(ctx, &old), storage.ErrConflict)
	equal(t, "version", must(s.People().Get(ctx, p.ID))(t).Version, int64(2))
}

func personAddAll(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "none", must(s.People().AddAll(ctx, nil))(t), 0)
	there := samplePerson("telegram:1")
	ok(t, s.People().Save(ctx, there))

	same1 := &event.Person{ID: there.ID, Name: "lain"}
	taken := &event.Person{ID: "guest:taken", Accounts: []event.Account{{Key: "telegram:@baru"}, {Key: there.Accounts[0].Key}}}
	fresh1 := &event.Person{ID: "guest:1", Name: "Siti", Phone: "+6281200000001", Email: "Siti@contoh.id", Accounts: []event.Account{{Key: "telegram:@siti", Username: "Siti"}}}
	fresh2 := &event.Person{ID: "guest:2", Name: "Dedi"}
	twice := &event.Person{ID: "guest:2", Name: "dua kali"}
	equal(t, "fresh", must(s.People().AddAll(ctx, []*event.Person{same1, taken, fresh1, fresh2, twice}))(t), 2)
	for p, version := range map[*event.Person]int64{same1: 0, taken: 0, fresh1: 1, fresh2: 1, twice: 0} {
		equal(t, "version of "+p.Name, p.Version, version)
	}
	// What was there stays, what was left out left no trace, what is new is found.
	same(t, must(s.People().Get(ctx, there.ID))(t), there)
	_, err := s.People().Get(ctx, taken.ID)
	is(t, err, storage.ErrNotFound)
	_, err = s.People().ByAccount(ctx, "telegram:@baru")
	is(t, err, storage.ErrNotFound)
	equal(t, "owner", must(s.People().ByAccount(ctx, there.Accounts[0].Key))(t).ID, there.ID)
	same(t, must(s.People().Get(ctx, fresh2.ID))(t), fresh2)
	for what, found := range map[string][]*event.Person{
		"phone": must(s.People().ByPhone(ctx, fresh1.Phone))(t), "email": must(s.People().ByEmail(ctx, "siti@contoh.id"))(t), "handle": must(s.People().ByUsername(ctx, "siti"))(t),
	} {
		equal(t, "found by "+what, len(found), 1)
		same(t, found[0], fresh1)
	}
	ok(t, s.People().Save(ctx, fresh1)) // its Version is right
}

func personAccounts(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	p, q := samplePerson("telegram:1"), samplePerson("telegram:2")
	ok(t, s.People().Save(ctx, p))
	ok(t, s.People().Save(ctx, q))
	equal(t, "by account", must(s.People().ByAccount(ctx, "web:telegram:2"))(t).ID, q.ID)
	_, err := s.People().ByAccount(ctx, "web:none")
	is(t, err, storage.ErrNotFound)

	// Somebody else's account is refused, and nothing of it sticks.
	taken := *q
	taken.Name, taken.Accounts = "dua", append([]event.Account{{Key: "web:3"}}, event.Account{Key: p.ID})
	is(t, s.People().Save(ctx, &taken), storage.ErrConflict)
	same(t, must(s.People().Get(ctx, q.ID))(t), q)
	_, err = s.People().ByAccount(ctx, "web:3")
	is(t, err, storage.ErrNotFound)
	equal(t, "by account", must(s.People().ByAccount(ctx, p.ID))(t).ID, p.ID)
	equal(t, "by account", must(s.People().ByAccount(ctx, "web:telegram:2"))(t).ID, q.ID)
	fresh := samplePerson("telegram:9")
	fresh.Accounts = []event.Account{{Key: "web:telegram:1"}}
	is(t, s.People().Save(ctx, fresh), storage.ErrConflict)
	_, err = s.People().Get(ctx, fresh.ID)
	is(t, err, storage.ErrNotFound)

	// One that was given up, or whose person is gone, may be taken.
	p.Accounts = p.Accounts[:1]
	ok(t, s.People().Save(ctx, p))
	_, err = s.People().ByAccount(ctx, "web:telegram:1")
	is(t, err, storage.ErrNotFound)
	ok(t, s.People().Save(ctx, fresh))
	equal(t, "by account", must(s.People().ByAccount(ctx, "web:telegram:1"))(t).ID, fresh.ID)
	ok(t, s.People().Delete(ctx, p.ID))
	q.Accounts = append(q.Accounts, event.Account{Key: p.ID})
	ok(t, s.People().Save(ctx, q))
	equal(t, "by account", must(s.People().ByAccount(ctx, p.ID))(t).ID, q.ID)
}

func personAccountRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	var won atomic.Int64
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			p := &event.Person{ID: fmt.Sprint("p", w), Accounts: []event.Account{{Key: "telegram:1"}}}
			if err := s.People().Save(ctx, p); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	equal(t, "owners of one account", won.Load(), 1)
	equal(t, "people", must(clients[0].People().Count(ctx))(t), 1)
}

func personGetAll(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	var ids []string
	for n := range 12 {
		p := samplePerson(fmt.Sprint("telegram:", n))
		p.Accounts = []event.Account{{Key: fmt.Sprint("telegram:", n), Username: fmt.Sprint("p", n)}}
		ok(t, s.People().Save(ctx, p))
		ids = append(ids, p.ID)
	}
	for n := range 2000 { // more than one round trip takes, nearly all of them nobody
		ids = append(ids, fmt.Sprint("nobody:", n))
	}
	got, err := s.People().GetAll(ctx, append(ids, ids[0]))
	ok(t, err)
	equal(t, "found", len(got), 12)
	for id, p := range got {
		same(t, p, must(s.People().Get(ctx, id))(t))
	}
	got, err = s.People().GetAll(ctx, nil)
	ok(t, err)
	equal(t, "found without IDs", len(got), 0)
}

func personLookups(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	p, q := samplePerson("telegram:1"), samplePerson("telegram:2")
	q.Role, q.Phone = event.Guest, p.Phone
	q.Accounts[0].Username = "lain"
	ok(t, s.People().Save(ctx, p))
	ok(t, s.People().Save(ctx, q))
	equal(t, "by phone", len(must(s.People().ByPhone(ctx, p.Phone))(t)), 2)
	equal(t, "by another phone", len(must(s.People().ByPhone(ctx, "+6281"))(t)), 0)
	for address, want := range map[string]int{
		"bu.eti@contoh.id": 2, "Bu.Eti@Contoh.ID": 2, "bu.eti@contoh": 0, "buXeti@contoh.id": 0, "%": 0, "": 0,
	} {
		equal(t, "by email "+address, len(must(s.People().ByEmail(ctx, address))(t)), want)
	}
	for _, name := range []string{"bu_eti.99", "BU_ETI.99"} {
		got := must(s.People().ByUsername(ctx, name))(t)
		equal(t, "by username "+name, len(got), 1)
		equal(t, "by username "+name, got[0].ID, p.ID)
	}
	for _, name := range []string{"bu_eti", "buXeti.99", "bu_etiX99", "%", ""} {
		equal(t, "by username "+name, len(must(s.People().ByUsername(ctx, name))(t)), 0)
	}
	staff := must(s.People().Staff(ctx))(t)
	equal(t, "staff", len(staff), 1)
	same(t, staff[0], p)
	p.Phone, p.Email, p.Role, p.Accounts[0].Username = "", "", event.Guest, "baru"
	ok(t, s.People().Save(ctx, p))
	equal(t, "by the old email", len(must(s.People().ByEmail(ctx, q.Email))(t)), 1)
	equal(t, "by no email", len(must(s.People().ByEmail(ctx, ""))(t)), 0)
	q.Email = "ÉTI@contoh.id" // as it was typed
	ok(t, s.People().Save(ctx, q))
	equal(t, "by email", len(must(s.People().ByEmail(ctx, "éti@CONTOH.id"))(t)), 1)
	equal(t, "by phone", len(must(s.People().ByPhone(ctx, q.Phone))(t)), 1)
	equal(t, "staff", len(must(s.People().Staff(ctx))(t)), 0)
	equal(t, "by the old username", len(must(s.People().ByUsername(ctx, "bu_eti.99"))(t)), 0)
}

func eventRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Events().Get(ctx, "EMK-2027")
	is(t, err, storage.ErrNotFound)
	e := sampleEvent("EMK-2027", at(0).In(event.Jakarta))
	ok(t, s.Events().Save(ctx, e))
	equal(t, "version", e.Version, int64(1))
	got := must(s.Events().Get(ctx, e.ID))(t)
	same(t, got, e)
	utcMillis(t, "Start", got.Start, at(0))
	is(t, s.Events().Save(ctx, sampleEvent("EMK-2027", at(0))), storage.ErrConflict)
	ok(t, s.Events().Save(ctx, got))
	is(t, s.Events().Save(ctx, e), storage.ErrConflict)
}

func eventList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "none", len(must(s.Events().List(ctx))(t)), 0)
	for i, id := range []string{"EMK-2026", "EMK-2028", "EMK-2027"} {
		ok(t, s.Events().Save(ctx, sampleEvent(id, at([]time.Duration{-time.Hour, time.Hour, 0}[i]))))
	}
	got := ""
	for _, e := range must(s.Events().List(ctx))(t) {
		got += e.ID + " "
	}
	equal(t, "latest first", got, "EMK-2028 EMK-2027 EMK-2026 ")
}
