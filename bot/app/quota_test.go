package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// TestFiftyAtOnce: twenty booths, fifty UKM at the same moment, each message
// delivered twice.
func TestFiftyAtOnce(t *testing.T) {
	t.Parallel()
	const people, booths = 50, 20
	o := openOffice(t, event.Quota{Limit: booths})
	var wg sync.WaitGroup
	for i := range people {
		by := o.by(fmt.Sprint("p", i))
		for range 2 {
			wg.Go(func() {
				if _, err := o.Submit(t.Context(), by, draft(fmt.Sprint("d", i), event.BoothPlain)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	// Of two deliveries of one message the one may have claimed the last place
	// when the other put the registration on the waiting list: such a place is
	// nobody's until its hold runs out, and then goes to whoever waits first.
	o.clock.Advance(16 * time.Minute)
	o.move(t)
	count := map[event.Status]int{}
	for _, r := range o.all(t) {
		count[r.Status]++
	}
	if seated := count[event.Confirmed] + count[event.Offered]; seated != booths || count[event.Waiting] != people-booths {
		t.Errorf("of %d with %d booths: %v", people, booths, count)
	}
	o.sound(t, booths)
	trail, err := o.History(t.Context(), "registration.submit", time.Time{}, 1000)
	if err != nil || len(trail) != people {
		t.Errorf("%d entries in the trail, %v", len(trail), err)
	}
}

// TestQuotaRuns leads a quota through whatever people, the team and time may
// do, and checks after each step what must always hold.
func TestQuotaRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		o := &office{path: filepath.Join(dir, fmt.Sprintf("%d.db", n)), clock: clock.NewFake(begin)}
		o.open(rt, nil)
		defer func() {
			if err := o.store.Close(); err != nil {
				rt.Fatal(err)
			}
		}()
		o.found(rt, event.Quota{Limit: rapid.IntRange(0, 3).Draw(rt, "limit")})
		r := &run{office: o, rt: rt}
		for range rapid.IntRange(5, 30).Draw(rt, "steps") {
			r.step()
		}
	})
}

type run struct {
	*office
	rt *rapid.T
}

func (r *run) step() {
	taken := len(r.holds(r.rt))
	again, seats := r.act()
	r.move(r.rt)
	e, err := r.Event(context.Background(), eventID)
	if err != nil {
		r.rt.Fatal(err)
	}
	most := max(e.QuotaOf(event.UKM).Limit, taken)
	if seats { // who was in before there was a limit stays in
		most = max(most, len(r.holds(r.rt)))
	}
	r.sound(r.rt, most)
	if again == nil {
		return
	}
	before := r.snapshot(r.rt)
	if err := again(); err != nil && !domainError(err) {
		r.rt.Fatalf("the same message again: %v", err)
	}
	r.move(r.rt)
	if after := r.snapshot(r.rt); after != before {
		r.rt.Fatalf("the same message again changed something:\n%s\n%s", before, after)
	}
}

// act does one thing; again is the same message handled once more.
func (r *run) act() (again func() error, seats bool) {
	ctx, rt := context.Background(), r.rt
	r.clock.Advance(time.Millisecond)
	booth := rapid.SampledFrom([]string{event.BoothNone, event.BoothPlain, event.BoothPlain, event.BoothPower})
	what := rapid.SampledFrom([]string{"submit", "submit", "submit", "cancel", "change", "take", "requeue", "curate", "quota", "clock", "forget"}).Draw(rt, "what")
	regs := r.all(rt)
	if len(regs) == 0 && what != "quota" && what != "clock" {
		what = "submit"
	}
	by := r.by("p")
	do := func(f func() error) func() error {
		if err := f(); err != nil && !domainError(err) {
			rt.Fatalf("%s: %v", what, err)
		}
		return f
	}
	var one *event.Registration
	if len(regs) > 0 {
		one = rapid.SampledFrom(regs).Draw(rt, "registration")
	}
	switch what {
	case "submit":
		d := draft(fmt.Sprint("d", r.n), booth.Draw(rt, "booth"))
		return do(func() error { _, err := r.Submit(ctx, by, d); return err }), false
	case "cancel":
		return do(func() error { _, err := r.Cancel(ctx, by, one.ID, ""); return err }), false
	case "change":
		if !one.Status.Active() {
			return nil, false
		}
		value := booth.Draw(rt, "booth")
		return do(func() error { _, err := r.Change(ctx, by, one.ID, event.KeyBooth, value); return err }), false
	case "take":
		return do(func() error { _, err := r.TakeOffer(ctx, by, one.ID); return err }), false
	case "requeue":
		return do(func() error { _, err := r.Requeue(ctx, by, one.ID); return err }), false
	case "curate":
		v := app.Verdict{To: rapid.SampledFrom([]event.Status{event.Confirmed, event.Declined, event.Reserve}).Draw(rt, "verdict"), Reason: "x"}
		return do(func() error { _, err := r.Curate(ctx, by, one.ID, v); return err }), false
	case "quota":
		e, err := r.Event(ctx, eventID)
		if err != nil {
			rt.Fatal(err)
		}
		r.quota(rt, event.UKM, event.Quota{Limit: rapid.IntRange(0, 4).Draw(rt, "limit"), Curated: rapid.IntRange(0, 3).Draw(rt, "curated") == 0})
		return nil, e.QuotaOf(event.UKM).Limit == 0
	case "clock":
		r.clock.Advance(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)
	case "forget":
		p := app.Actor{Person: &event.Person{ID: one.PersonID}, Inbound: by.Inbound}
		return do(func() error { _, err := r.DeletePerson(ctx, p); return err }), false
	}
	return nil, false
}

// crash is what the hook panics with: the process dies before that write.
type crash struct{}

// TestCrashesBetweenWrites kills each use case before its first, second, third …
// write, starts the program again, lets the planner look, handles the message
// again, and finds everything as if nothing had happened.
func TestCrashesBetweenWrites(t *testing.T) {
	t.Parallel()
	scenes := map[string]struct {
		quota event.Quota
		set   func(t *testing.T, o *office)
		do    func(ctx context.Context, o *office, by app.Actor) error
	}{
		"submit": {event.Quota{Limit: 1}, func(*testing.T, *office) {}, func(ctx context.Context, o *office, by app.Actor) error {
			_, err := o.Submit(ctx, by, draft("x", event.BoothPlain))
			return err
		}},
		"submit, full": {event.Quota{Limit: 1}, func(t *testing.T, o *office) { o.enter(t, "a", event.BoothPlain) }, func(ctx context.Context, o *office, by app.Actor) error {
			_, err := o.Submit(ctx, by, draft("x", event.BoothPlain))
			return err
		}},
		"cancel": {event.Quota{Limit: 1}, func(t *testing.T, o *office) {
			o.enter(t, "x", event.BoothPlain)
			o.enter(t, "y", event.BoothPlain)
		}, func(ctx context.Context, o *office, by app.Actor) error {
			_, err := o.Cancel(ctx, by, "x", "")
			return err
		}},
		"give a booth up": {event.Quota{Limit: 1}, func(t *testing.T, o *office) {
			o.enter(t, "x", event.BoothPlain)
			o.enter(t, "y", event.BoothPlain)
		}, func(ctx context.Context, o *office, by app.Actor) error {
			_, err := o.Change(ctx, by, "x", event.KeyBooth, event.BoothNone)
			return err
		}},
		"want a booth": {event.Quota{Limit: 1}, func(t *testing.T, o *office) { o.enter(t, "x", event.BoothNone) }, func(ctx context.Context, o *office, by app.Actor) error {
			_, err := o.Change(ctx, by, "x", event.KeyBooth, event.BoothPower)
			return err
		}},
		"take an offer": {event.Quota{Limit: 1}, func(t *testing.T, o *office) {
			o.enter(t, "a", event.BoothPlain)
			o.enter(t, "x", event.BoothPlain)
			if _, err := o.Cancel(t.Context(), o.by("p"), "a", ""); err != nil {
				t.Fatal(err)
			}
			o.move(t)
		}, func(ctx context.Context, o *office, by app.Actor) error {
			_, err := o.TakeOffer(ctx, by, "x")
			return err
		}},
		"curate": {event.Quota{Limit: 1, Curated: true}, func(t *testing.T, o *office) { o.enter(t, "x", event.BoothPlain) }, func(ctx context.Context, o *office, by app.Actor) error {
			_, err := o.Curate(ctx, by, "x", app.Verdict{To: event.Confirmed})
			return err
		}},
		"a limit": {event.Quota{}, func(t *testing.T, o *office) {
			o.enter(t, "x", event.BoothPlain)
			o.enter(t, "y", event.BoothPlain)
		}, func(ctx context.Context, o *office, by app.Actor) error {
			_, err := o.UpdateEvent(ctx, by, eventID, "event.quota", "", func(e *event.Event) { e.Quotas = map[event.Audience]event.Quota{event.UKM: {Limit: 2}} })
			return err
		}},
		"move the list": {event.Quota{Limit: 1}, func(t *testing.T, o *office) {
			o.enter(t, "a", event.BoothPlain)
			o.enter(t, "x", event.BoothPlain)
			o.enter(t, "y", event.BoothPlain)
			if _, err := o.Cancel(t.Context(), o.by("p"), "a", ""); err != nil {
				t.Fatal(err)
			}
			o.move(t)
			o.clock.Advance(app.OfferLasts + time.Minute)
		}, func(ctx context.Context, o *office, _ app.Actor) error { return o.MoveQueue(ctx) }},
	}
	for name, scene := range scenes {
		for _, late := range []bool{false, true} { // the planner looks before the message is handled again, or long after
			t.Run(fmt.Sprintf("%s/late=%t", name, late), func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n++ {
					o := openOffice(t, scene.quota)
					scene.set(t, o)
					by := o.by("p-x")
					if !o.dieAt(t, n, func() error { return scene.do(t.Context(), o, by) }) {
						if n < 3 {
							t.Errorf("only %d writes were interrupted", n-1)
						}
						return
					}
					if late {
						o.clock.Advance(16 * time.Minute) // holds of what was begun run out
					}
					o.move(t)
					if err := scene.do(t.Context(), o, by); err != nil {
						t.Fatalf("write %d: again: %v", n, err)
					}
					o.move(t)
					o.clock.Advance(16 * time.Minute)
					o.move(t)
					o.sound(t, 2)
					if x := o.get(t, "x"); name == "submit" && x.Status != event.Confirmed || name == "take an offer" && x.Status != event.Confirmed {
						t.Errorf("write %d: ends %s", n, x.Status)
					}
				}
			})
		}
	}
}

// dieAt reopens the database with a hook that panics before the n-th write,
// runs f, and opens it again without. It reports whether f got that far.
func (o *office) dieAt(t *testing.T, n int, f func() error) (died bool) {
	t.Helper()
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
	left := -1
	o.open(t, func(string) {
		if left < 0 {
			return
		}
		if left--; left == 0 {
			panic(crash{})
		}
	})
	left = n
	func() {
		defer func() {
			if r := recover(); r != nil {
				if _, ours := r.(crash); !ours {
					panic(r)
				}
				died = true
			}
		}()
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}()
	left = -1
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
	o.open(t, nil)
	return died
}

// TestLoweredQuota: a free booth below the limit is not handed out while more
// take part than the new quota allows.
func TestLoweredQuota(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{Limit: 5})
	for i := range 5 {
		o.enter(t, fmt.Sprint("d", i), event.BoothPlain)
	}
	o.quota(t, event.UKM, event.Quota{Limit: 3})
	cancel := func(id string) {
		t.Helper()
		if _, err := o.Cancel(t.Context(), o.by("p"), id, ""); err != nil {
			t.Fatal(err)
		}
		o.move(t)
	}
	cancel("d1")
	late := o.enter(t, "late", event.BoothPlain)
	o.move(t)
	if got := o.get(t, late.ID); got.Status != event.Waiting {
		t.Errorf("with four of three places taken one more is %s", got.Status)
	}
	cancel("d2")
	if got := o.get(t, late.ID); got.Status != event.Waiting {
		t.Errorf("with three of three places taken one more is %s", got.Status)
	}
	cancel("d0")
	if got := o.get(t, late.ID); got.Status != event.Offered {
		t.Errorf("with two of three places taken the next is %s", got.Status)
	}
	o.sound(t, 3)
}

// TestQuotaSetLate: who registered before there was a limit counts.
func TestQuotaSetLate(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	for i := range 3 {
		o.enter(t, fmt.Sprint("d", i), event.BoothPlain)
	}
	o.enter(t, "none", event.BoothNone)
	o.quota(t, event.UKM, event.Quota{Limit: 4})
	if got := o.enter(t, "fourth", event.BoothPlain); got.Status != event.Confirmed || got.Place != 4 {
		t.Errorf("the fourth of four is %s at %d", got.Status, got.Place)
	}
	if got := o.enter(t, "fifth", event.BoothPlain); got.Status != event.Waiting {
		t.Errorf("the fifth of four is %s", got.Status)
	}
	o.move(t)
	o.sound(t, 4)
}

// TestNobodyPassesTheQueue: a booth wanted by /ubah, and a lapsed offer.
func TestNobodyPassesTheQueue(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{Limit: 1})
	o.enter(t, "a", event.BoothPlain)
	o.enter(t, "first", event.BoothPlain)
	o.enter(t, "second", event.BoothPlain)
	o.enter(t, "none", event.BoothNone)
	if _, err := o.Cancel(t.Context(), o.by("p"), "a", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Change(t.Context(), o.by("p"), "none", event.KeyBooth, event.BoothPlain); !errors.Is(err, app.ErrNoBooth) {
		t.Errorf("a booth past those who wait: %v", err)
	}
	if r := o.enter(t, "new", event.BoothPlain); r.Status != event.Waiting {
		t.Errorf("who comes last is %s", r.Status)
	}
	o.move(t)
	if r := o.get(t, "first"); r.Status != event.Offered || r.Tell != event.Offered {
		t.Fatalf("the first in line is %s", r.Status)
	}
	o.clock.Advance(app.OfferLasts + time.Minute)
	o.move(t)
	if _, err := o.TakeOffer(t.Context(), o.by("p"), "first"); !errors.Is(err, app.ErrOfferGone) {
		t.Errorf("a lapsed offer was taken: %v", err)
	}
	if r := o.get(t, "second"); r.Status != event.Offered {
		t.Errorf("the second in line is %s", r.Status)
	}
	if r, err := o.Requeue(t.Context(), o.by("p"), "first"); err != nil || r.Status != event.Waiting {
		t.Fatalf("%v, %v", r, err)
	}
	if n, err := o.Ahead(t.Context(), o.get(t, "first")); err != nil || n != 1 {
		t.Errorf("%d stand before who queues again, want 1 (%v)", n, err)
	}
	// Who needs no booth any more waits for nothing.
	if r, err := o.Change(t.Context(), o.by("p"), "second", event.KeyBooth, event.BoothNone); err != nil || r.Status != event.Confirmed || r.Place != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	o.move(t)
	o.sound(t, 1)
}

// TestOffersAreShorterNearTheEvent: a day, three hours in the last days.
func TestOffersAreShorterNearTheEvent(t *testing.T) {
	t.Parallel()
	for before, want := range map[int]time.Duration{10: app.OfferLasts, 4: app.OfferLasts, 3: app.OfferLastsNear, 0: app.OfferLastsNear} {
		o := openOffice(t, event.Quota{Limit: 1})
		o.enter(t, "a", event.BoothPlain)
		o.enter(t, "b", event.BoothPlain)
		o.clock.Set(begin.AddDate(0, 0, 45-before))
		if _, err := o.Cancel(t.Context(), o.by("p"), "a", ""); err != nil {
			t.Fatal(err)
		}
		o.move(t)
		r := o.get(t, "b")
		if r.OfferUntil == nil || r.OfferUntil.Sub(o.Now()) != want {
			t.Errorf("H-%d: held until %v, want %s from %s", before, r.OfferUntil, want, o.Now())
		}
	}
}

// TestDuplicates: one business stands once, whoever enters it, unless its
// person says that it is another one; and again once the first is withdrawn.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{Limit: 9})
	first := o.enter(t, "x", event.BoothPlain)
	d := draft("y", event.BoothPlain)
	d.Answers[event.KeyName] = "usaha-X"
	var dup *app.DuplicateError
	if _, err := o.Submit(t.Context(), o.by("other"), d); !errors.As(err, &dup) || dup.Existing.ID != first.ID {
		t.Fatalf("the same business again: %v", err)
	}
	if n, err := o.store.Places().Taken(t.Context(), eventID, event.UKM); err != nil || n != 1 {
		t.Errorf("%d places are taken for one business (%v)", n, err)
	}
	d.Distinct = true
	if _, err := o.Submit(t.Context(), o.by("other"), d); err != nil {
		t.Errorf("another business of that name: %v", err)
	}
	z := o.enter(t, "z", event.BoothNone)
	if _, err := o.Change(t.Context(), o.by("p"), z.ID, event.KeyName, "Usaha x"); !errors.As(err, &dup) {
		t.Errorf("changed into the same business: %v", err)
	}
	if _, err := o.Cancel(t.Context(), o.by("p"), first.ID, "salah"); err != nil {
		t.Fatal(err)
	}
	again := draft("again", event.BoothPlain)
	again.Answers[event.KeyName] = "Usaha x"
	if _, err := o.Submit(t.Context(), o.by("p"), again); err != nil {
		t.Errorf("registering again after cancelling: %v", err)
	}
}

func TestClosedRegistration(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	set := func(s event.EventStatus) {
		if _, err := o.UpdateEvent(t.Context(), o.by("lead"), eventID, "event.status", "", func(e *event.Event) { e.Status = s }); err != nil {
			t.Fatal(err)
		}
	}
	o.enter(t, "x", event.BoothNone)
	set(event.EventClosed)
	if _, err := o.Submit(t.Context(), o.by("p"), draft("y", event.BoothNone)); !errors.Is(err, app.ErrRegistrationClosed) {
		t.Errorf("closed: %v", err)
	}
	if r, err := o.Submit(t.Context(), o.by("p"), draft("x", event.BoothNone)); err != nil || r.ID != "x" {
		t.Errorf("what was accepted before is answered again: %v", err)
	}
	set(event.EventOpen)
	o.clock.Set(begin.AddDate(0, 0, 46))
	if _, err := o.Submit(t.Context(), o.by("p"), draft("z", event.BoothNone)); !errors.Is(err, app.ErrRegistrationClosed) {
		t.Errorf("after the event: %v", err)
	}
	if _, err := o.Submit(t.Context(), o.by("p"), &event.Draft{ID: "q", EventID: "EMK-1999"}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("to no event: %v", err)
	}
}
