package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// begin is H-45 of the event of these tests.
var begin = time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta)

const eventID = "EMK-2027"

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// office is the use cases over a real database and a standing clock.
type office struct {
	*app.App
	path  string
	clock *clock.Fake
	store *sqlite.Store
	n     int
}

// openOffice has one event, with the quota for UKM that is given.
func openOffice(t *testing.T, quota event.Quota) *office {
	t.Helper()
	o := &office{path: filepath.Join(t.TempDir(), "o.db"), clock: clock.NewFake(begin)}
	o.open(t, nil)
	t.Cleanup(func() {
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	})
	o.found(t, quota)
	return o
}

func (o *office) found(t tester, quota event.Quota) {
	t.Helper()
	ctx := context.Background()
	if _, err := o.CreateEvent(ctx, o.by("lead"), app.NewEvent{Title: "E-MILE KU 2027", Start: begin.AddDate(0, 0, 45).Add(-time.Hour), Place: "Cibinong"}); err != nil {
		t.Fatal(err)
	}
	o.quota(t, event.UKM, quota)
}

// open opens the database, as the program does when it starts.
func (o *office) open(t tester, beforeWrite func(op string)) {
	t.Helper()
	ctx := context.Background()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: o.path, Relaxed: true, BeforeWrite: beforeWrite})
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	o.store, o.App = store, app.New(store, o.clock)
}

// by is somebody with a message of their own.
func (o *office) by(person string) app.Actor {
	o.n++
	return app.Actor{Person: &event.Person{ID: person, Name: person}, Chat: "web:" + person, Inbound: fmt.Sprintf("in:%d", o.n)}
}

func (o *office) quota(t tester, aud event.Audience, q event.Quota) {
	t.Helper()
	_, err := o.UpdateEvent(context.Background(), o.by("lead"), eventID, "event.quota", "", func(e *event.Event) {
		quotas := map[event.Audience]event.Quota{}
		for k, v := range e.Quotas {
			quotas[k] = v
		}
		quotas[aud] = q
		e.Quotas = quotas
	})
	if err != nil {
		t.Fatal(err)
	}
}

// draft is a finished draft of a UKM.
func draft(id, booth string) *event.Draft {
	return &event.Draft{ID: id, EventID: eventID, Audience: event.UKM, Form: 1, Answers: map[string]string{
		event.KeyName: "Usaha " + id, event.KeyOwner: "Siti", event.KeyField: "kuliner", event.KeyProduct: "keripik",
		event.KeyLocation: "Cibinong/Karadenan", event.KeyPhone: "+6281234567890", event.KeyBooth: booth,
	}}
}

// enter submits a draft of a UKM.
func (o *office) enter(t tester, id, booth string) *event.Registration {
	t.Helper()
	o.clock.Advance(time.Millisecond)
	r, err := o.Submit(context.Background(), o.by("p-"+id), draft(id, booth))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (o *office) get(t tester, id string) *event.Registration {
	t.Helper()
	r, err := o.store.Registrations().Get(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (o *office) move(t tester) {
	t.Helper()
	if err := o.MoveQueue(context.Background()); err != nil {
		t.Fatal(err)
	}
}

type hold struct {
	K      int        `json:"k"`
	Holder string     `json:"holder"`
	Until  *time.Time `json:"until"`
}

func (o *office) holds(t tester) []hold {
	t.Helper()
	var out []hold
	err := o.store.Raw().Each(context.Background(), "places", func(_ string, doc json.RawMessage) error {
		var h hold
		err := json.Unmarshal(doc, &h)
		out = append(out, h)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (o *office) all(t tester) []*event.Registration {
	t.Helper()
	var out []*event.Registration
	err := o.EachRegistration(context.Background(), storage.RegistrationQuery{EventID: eventID}, func(r *event.Registration) error {
		out = append(out, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// snapshot is all that the use cases keep, as text.
func (o *office) snapshot(t tester) string {
	t.Helper()
	var b strings.Builder
	for _, c := range []string{"registrations", "places", "events", "people", "audit"} {
		err := o.store.Raw().Each(context.Background(), c, func(id string, doc json.RawMessage) error {
			if c == "registrations" || c == "events" || c == "people" { // a repeated write raises these, no more
				var m map[string]any
				if err := json.Unmarshal(doc, &m); err != nil {
					return err
				}
				delete(m, "version")
				delete(m, "updatedAt")
				doc, _ = json.Marshal(m)
			}
			fmt.Fprintf(&b, "%s %s %s\n", c, id, doc)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// sound checks what must hold of the quota for UKM once the waiting list was
// moved; most is how many places may be taken.
func (o *office) sound(t tester, most int) {
	t.Helper()
	e, err := o.Event(context.Background(), eventID)
	if err != nil {
		t.Fatal(err)
	}
	q := e.QuotaOf(event.UKM)
	regs := o.all(t)
	numbers, places, byID := map[string]string{}, map[int]string{}, map[string]*event.Registration{}
	var waiting, offered []time.Time
	for _, r := range regs {
		byID[r.ID] = r
		if other := numbers[r.Number]; other != "" {
			t.Fatalf("%s and %s are both %s", other, r.ID, r.Number)
		}
		numbers[r.Number] = r.ID
		if r.Place != 0 && !r.Status.HoldsPlace() {
			t.Fatalf("%s is %s and bears place %d", r.ID, r.Status, r.Place)
		}
		if r.Place != 0 {
			if other := places[r.Place]; other != "" {
				t.Fatalf("%s and %s both have place %d", other, r.ID, r.Place)
			}
			places[r.Place] = r.ID
		}
		if q.Limit > 0 && r.Status.HoldsPlace() && r.NeedsPlace() != (r.Place > 0) {
			t.Fatalf("%s (%s, needs a place: %t) has place %d", r.ID, r.Status, r.NeedsPlace(), r.Place)
		}
		switch r.Status {
		case event.Waiting:
			if !r.NeedsPlace() || r.QueuedAt == nil {
				t.Fatalf("%s waits for nothing", r.ID)
			}
			waiting = append(waiting, *r.QueuedAt)
		case event.Offered:
			if r.OfferUntil == nil || r.QueuedAt == nil {
				t.Fatalf("%s has an offer without an end", r.ID)
			}
			offered = append(offered, *r.QueuedAt)
		}
	}
	holds := o.holds(t)
	for _, h := range holds {
		r := byID[h.Holder]
		if r == nil || r.Place != h.K {
			t.Fatalf("place %d is held by %s, which is %+v", h.K, h.Holder, r)
		}
		if (h.Until != nil) != (r.Status == event.Offered) {
			t.Fatalf("place %d of %s (%s) is held until %v", h.K, r.ID, r.Status, h.Until)
		}
	}
	if len(holds) != len(places) {
		t.Fatalf("%d registrations have a place, %d places are held: %v", len(places), len(holds), holds)
	}
	if q.Limit > 0 && len(holds) > most {
		t.Fatalf("%d places are taken, at most %d may be", len(holds), most)
	}
	if len(waiting) > 0 && !q.Curated && len(holds) < q.Limit {
		t.Fatalf("%d wait while %d of %d places are taken", len(waiting), len(holds), q.Limit)
	}
	if len(waiting) > 0 && len(offered) > 0 && slices.MaxFunc(offered, time.Time.Compare).After(slices.MinFunc(waiting, time.Time.Compare)) {
		t.Fatalf("an offer went past somebody who waited longer: %v, %v", offered, waiting)
	}
	if len(waiting) > 0 && !q.Curated && q.Limit == 0 {
		t.Fatalf("%d wait although there is no limit", len(waiting))
	}
}

// domainError reports whether err is an answer, and no fault.
func domainError(err error) bool {
	var dup *app.DuplicateError
	return errors.Is(err, app.ErrNoBooth) || errors.Is(err, app.ErrOfferGone) || errors.Is(err, storage.ErrFull) || errors.As(err, &dup) ||
		strings.Contains(err.Error(), "cannot go from")
}

func private(who string) channel.Inbound {
	return channel.Inbound{Chat: channel.Chat{Channel: channel.Web, ID: who}, Sender: channel.Sender{ID: who, Name: who}}
}
