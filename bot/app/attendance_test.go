package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// crowd puts so many guests into the event, each expected with two people, and
// gives their IDs.
func (h *house) crowd(n int) []string {
	h.t.Helper()
	ids := make([]string, n)
	var batch []*event.Participation
	for i := range n {
		person := fmt.Sprintf("p%06d", i)
		p := &event.Participation{
			ID: event.ParticipationID(h.e.ID, person), EventID: h.e.ID, PersonID: person, Audience: event.Public, Name: fmt.Sprintf("Tamu %06d %s", i, names[i%len(names)]),
			Code: fmt.Sprintf("%s%020d", code6(i), i), Reply: event.Reply{Answer: event.Yes, Heads: 2}, CreatedAt: h.Now(), UpdatedAt: h.Now(),
		}
		p.Derive()
		ids[i] = p.ID
		if batch = append(batch, p); len(batch) == 1000 || i == n-1 {
			_, err := h.store.Participations().AddAll(h.ctx(), batch)
			h.must(err)
			batch = batch[:0]
		}
	}
	return ids
}

var names = []string{"Siti Aminah", "Dedi Mulyadi", "Lilis Suryani", "Asep Sunandar", "Euis Komariah", "Ujang Sutisna", "Rina Marlina"}

// code6 is a number in the letters of guests' codes.
func code6(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	var b [6]byte
	for i := range b {
		b[len(b)-1-i] = letters[n%32]
		n /= 32
	}
	return string(b[:])
}

func (h *house) staff(name string) func() app.Actor {
	n := 0
	return func() app.Actor {
		n++
		return app.Actor{Person: &event.Person{ID: name, Name: name, Role: event.FrontDesk}, Inbound: fmt.Sprintf("%s:%d", name, n)}
	}
}

// day moves the clock to the event's morning.
func (h *house) day() { h.clock.Set(h.e.Start.Add(-time.Hour)) }

// TestFiveAtTheDesk: five check the same 2,000 people in, at once and each in
// another order: each person is counted once, and who was second learns who was
// first.
func TestFiveAtTheDesk(t *testing.T) {
	t.Parallel()
	const guests, desks = 2000, 5
	h := open(t)
	ids := h.crowd(guests)
	h.day()
	var mu sync.Mutex
	firsts, seen := map[string]string{}, map[string]map[string]bool{}
	var wg sync.WaitGroup
	for d := range desks {
		by := h.staff(fmt.Sprintf("meja%d", d))
		order := rand.New(rand.NewPCG(uint64(d), 1)).Perm(guests)
		wg.Go(func() {
			for _, i := range order {
				g, err := h.ByTicket(t.Context(), h.e, "TAMU-"+strings.ToUpper(code6(i)))
				if err != nil {
					t.Error(err)
					return
				}
				who := by()
				c, err := h.CheckIn(t.Context(), who, app.CheckIn{Guest: g, How: event.ByNumber})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if c.First {
					if firsts[g.ID] != "" {
						t.Errorf("%s was checked in by %s and by %s", g.ID, firsts[g.ID], who.Person.ID)
					}
					firsts[g.ID] = who.Person.ID
				}
				if seen[g.ID] == nil {
					seen[g.ID] = map[string]bool{}
				}
				seen[g.ID][c.By] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	c, err := h.Attendance(t.Context(), h.e)
	h.must(err)
	if len(firsts) != guests || c.Total.Arrived != guests || c.Total.ArrivedHeads != 2*guests || c.Total.OfExpected != guests {
		t.Errorf("%d were first, counted are %+v", len(firsts), c.Total)
	}
	for _, id := range ids {
		if len(seen[id]) != 1 || !seen[id][firsts[id]] {
			t.Errorf("of %s the desks heard that %v checked them in; it was %s", id, seen[id], firsts[id])
		}
	}
	trail, err := h.store.Audit().List(t.Context(), time.Time{}, "attendance.in", guests+1)
	h.must(err)
	if len(trail) != guests {
		t.Errorf("the trail has %d check-ins", len(trail))
	}
}

// TestCheckInOnce goes through what may happen to one guest.
func TestCheckInOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.crowd(1)
	h.day()
	by, other := h.staff("meja1"), h.staff("meja2")
	g, err := h.ByTicket(t.Context(), h.e, app.GuestPayloadOf(h.guests()["Tamu 000000 Siti Aminah"]))
	h.must(err)
	first := by()
	in := func(a app.Actor) app.CheckedIn {
		t.Helper()
		c, err := h.CheckIn(t.Context(), a, app.CheckIn{Guest: g, How: event.ByScan, Where: "Pintu"})
		h.must(err)
		return c
	}
	at := h.Now()
	if c := in(first); !c.First || c.Heads != 2 || !c.At.Equal(at) || c.By != "meja1" {
		t.Errorf("first scan: %+v", c)
	}
	h.clock.Set(at.Add(time.Minute))
	if c := in(first); !c.First || !c.At.Equal(at) { // the same message, replayed
		t.Errorf("replay: %+v", c)
	}
	if c := in(other()); c.First || c.By != "meja1" || !c.At.Equal(at) {
		t.Errorf("second scan: %+v", c)
	}
	if _, err := h.SetArrivedHeads(t.Context(), by(), g.ID, "", 0); !errors.Is(err, event.ErrHeads) {
		t.Errorf("nobody came: %v", err)
	}
	p, err := h.SetArrivedHeads(t.Context(), by(), g.ID, "", 7)
	h.must(err)
	if p.HeadsArrived() != 7 {
		t.Errorf("heads: %d", p.HeadsArrived())
	}
	if _, err := h.CheckOut(t.Context(), by(), g.ID, "", "another"); !errors.Is(err, event.ErrNotArrived) {
		t.Errorf("the button of another check-in: %v", err)
	}
	_, err = h.CheckOut(t.Context(), by(), g.ID, "", first.Inbound)
	h.must(err)
	if _, err := h.SetArrivedHeads(t.Context(), by(), g.ID, "", 2); !errors.Is(err, event.ErrNotArrived) {
		t.Errorf("heads of who did not come: %v", err)
	}
	if c := in(other()); !c.First || c.By != "meja2" {
		t.Errorf("after the undo: %+v", c)
	}
}

// TestTickets: what is on a ticket cannot be made by others, and means nobody
// in another event.
func TestTickets(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := h.ticketOf("budi", "EMK-2027-0007")
	twin := h.ticketOf("budi", "EMK-2027-0008") // another business of his
	payload, err := h.TicketPayloadOf(t.Context(), r.Number)
	h.must(err)
	for _, text := range []string{payload, "https://t.me/bot?start=" + payload, "Halo E-MILE KU, kode " + payload, r.Number, strings.ToLower(r.Number), "0007", "7"} {
		g, err := h.ByTicket(t.Context(), h.e, text)
		if err != nil || g.Ticket() != r.Number || g.PersonID != "budi" {
			t.Errorf("%q: %+v, %v", text, g, err)
		}
	}
	for text, want := range map[string]error{
		strings.Replace(payload, "0007", "0008", 1): app.ErrForged, payload[:len(payload)-1] + "!": app.ErrForged, "h_nosuchcode": storage.ErrNotFound,
		"0009": storage.ErrNotFound, "TAMU-ABCDEF": storage.ErrNotFound, "": storage.ErrNotFound, "EMK-2028-0007": storage.ErrNotFound,
	} {
		if _, err := h.ByTicket(t.Context(), h.e, text); !errors.Is(err, want) {
			t.Errorf("%q: %v, not %v", text, err, want)
		}
	}
	next := h.event(h.e.Start.AddDate(1, 0, 0))
	if _, err := h.ByTicket(t.Context(), next, payload); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("at another event: %v", err)
	}

	// Who registered two businesses is one participation, and comes once for each.
	h.day()
	by := h.staff("meja")
	for i, want := range []struct {
		ticket string
		first  bool
		heads  int
	}{{r.Number, true, 3}, {twin.Number, true, 6}, {r.Number, false, 6}, {twin.Number, false, 6}} {
		g, err := h.ByTicket(t.Context(), h.e, want.ticket)
		h.must(err)
		c, err := h.CheckIn(t.Context(), by(), app.CheckIn{Guest: g, How: event.ByScan})
		h.must(err)
		if c.First != want.first || c.Guest.HeadsArrived() != want.heads || c.Ticket != want.ticket {
			t.Errorf("scan %d: first %v, heads %d, ticket %s", i, c.First, c.Guest.HeadsArrived(), c.Ticket)
		}
	}
	count, err := h.Attendance(t.Context(), h.e)
	h.must(err)
	if count.Total.Arrived != 1 || count.Total.ArrivedHeads != 6 {
		t.Errorf("counted: %+v", count.Total)
	}
	p, err := h.CheckOut(t.Context(), by(), event.ParticipationID(h.e.ID, "budi"), r.Number, "")
	h.must(err)
	if p.HeadsArrived() != 3 || p.ArrivalOf(twin.Number) == nil || p.ArrivalOf(r.Number) != nil {
		t.Errorf("after one was taken back: %+v, %+v", p.Arrival, p.MoreArrivals)
	}
}

// ticketOf puts a confirmed registration of three people into the event.
func (h *house) ticketOf(person, number string) *event.Registration {
	h.t.Helper()
	r := &event.Registration{
		ID: "d-" + number, Number: number, EventID: h.e.ID, PersonID: person, Audience: event.UKM, Status: event.Confirmed,
		Answers: map[string]string{event.KeyName: "Usaha " + number, event.KeyOwner: "Budi", event.KeyHeads: "3"}, CreatedAt: h.Now(), UpdatedAt: h.Now(),
	}
	r.Derive()
	_, err := h.store.Registrations().Insert(h.ctx(), r)
	h.must(err)
	return r
}

func TestDoorHours(t *testing.T) {
	t.Parallel()
	h := open(t)
	opens, ends := h.e.Start.Add(-time.Hour), h.e.Start.Add(4*time.Hour)
	payload, err := h.DoorPayloadOf(t.Context(), h.e, opens, ends)
	h.must(err)
	rest := strings.TrimPrefix(payload, app.DoorPayload)
	if rest == payload || len(payload) > 64 {
		t.Fatalf("payload %q", payload)
	}
	at := func(now time.Time, want error) {
		t.Helper()
		h.clock.Set(now)
		if _, d, err := h.OpenDoor(t.Context(), rest); !errors.Is(err, want) || want == nil && (err != nil || !d.Opens.Equal(opens) || !d.Ends.Equal(ends)) {
			t.Errorf("at %v: %v, %+v", now, err, d)
		}
	}
	at(opens.Add(-time.Second), app.ErrDoorEarly)
	at(opens, nil)
	at(ends.Add(-time.Second), nil)
	at(ends, app.ErrDoorClosed)
	at(opens.AddDate(0, 0, 1), app.ErrDoorClosed)
	for _, forged := range []string{"", "x", strings.Replace(rest, "0700", "0600", 1), strings.Replace(rest, "EMK-2027", "EMK-2028", 1), rest[:len(rest)-2] + "aa", "EMK-2027_99999999_" + rest[len(rest)-16:]} {
		if _, _, err := h.OpenDoor(t.Context(), forged); !errors.Is(err, app.ErrForged) {
			t.Errorf("%q: %v", forged, err)
		}
	}
	// An event that moves to another day takes the code with it: a new one is made.
	_, err = h.UpdateEvent(t.Context(), h.by(), h.e.ID, "event.start", "", func(e *event.Event) { e.Start = e.Start.AddDate(0, 0, 7) })
	h.must(err)
	if _, _, err := h.OpenDoor(t.Context(), rest); !errors.Is(err, app.ErrForged) {
		t.Errorf("after the event moved: %v", err)
	}
}

// TestWalkIn: two of one name are two people, the same message makes nobody
// twice, and a known number is its person.
func TestWalkIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Ani Lestari,ukm,Keripik,081234567890,,\n")
	h.day()
	by := h.staff("meja")
	walk := func(a app.Actor, name, phone string) app.CheckedIn {
		t.Helper()
		c, err := h.WalkIn(t.Context(), a, h.e, app.NewGuest{Name: name, Audience: event.Public, Phone: phone, Heads: 1}, "")
		h.must(err)
		return c
	}
	first := by()
	one := walk(first, "Siti", "")
	again := walk(first, "Siti", "")
	two := walk(by(), "Siti", "+6281299990000")
	if one.Guest.ID != again.Guest.ID || one.Guest.ID == two.Guest.ID || !one.First || !again.First || !two.First {
		t.Errorf("one %s, replayed %s, another of the name %s", one.Guest.ID, again.Guest.ID, two.Guest.ID)
	}
	if c := walk(by(), "Siti A.", "+6281299990000"); c.First || c.Guest.ID != two.Guest.ID {
		t.Errorf("the same number: %+v", c)
	}
	if c := walk(by(), "Bu Ani", "+6281234567890"); !c.First || c.Guest.WalkIn || c.Guest.Name != "Ani Lestari" {
		t.Errorf("somebody invited: %+v", c.Guest.Participation)
	}
	count, err := h.Attendance(t.Context(), h.e)
	h.must(err)
	if count.Total.Arrived != 3 || count.Total.WalkIns != 2 || count.ByHow[event.ByWalkIn] != 3 {
		t.Errorf("counted: %+v %v", count.Total, count.ByHow)
	}
}

// TestMergedArrivals: two who turn out to be one person came once.
func TestMergedArrivals(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.crowd(2)
	h.day()
	by := h.staff("meja")
	var ids []string
	for i := range 2 {
		g, err := h.ByTicket(t.Context(), h.e, "TAMU-"+strings.ToUpper(code6(i)))
		h.must(err)
		h.must(h.store.People().Save(t.Context(), &event.Person{ID: g.PersonID, Name: g.Name, CreatedAt: h.Now(), SeenAt: h.Now()}))
		h.clock.Set(h.Now().Add(time.Minute))
		_, err = h.CheckIn(t.Context(), by(), app.CheckIn{Guest: g, How: event.ByNumber, Heads: i + 1})
		h.must(err)
		ids = append(ids, g.PersonID)
	}
	_, err := h.Merge(t.Context(), h.by(), ids[1], ids[0])
	h.must(err)
	c, err := h.Attendance(t.Context(), h.e)
	h.must(err)
	if c.Total.Arrived != 1 || c.Total.ArrivedHeads != 1 {
		t.Errorf("counted: %+v", c.Total)
	}
}

// TestErasureOnTheDay: who leaves nothing of themselves behind leaves no
// arrival, and no name beside what they did at the desk and for the album.
func TestErasureOnTheDay(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.crowd(2)
	h.day()
	helper := &event.Person{ID: "helper", Name: "Budi", Role: event.FrontDesk, CreatedAt: h.Now(), SeenAt: h.Now()}
	h.must(h.store.People().Save(t.Context(), helper))
	g, err := h.ByTicket(t.Context(), h.e, "TAMU-"+strings.ToUpper(code6(0)))
	h.must(err)
	actor := func(in string) app.Actor { return app.Actor{Person: helper, Inbound: in, Chat: "web:helper"} }
	_, err = h.CheckIn(t.Context(), actor("a"), app.CheckIn{Guest: g, How: event.ByNumber})
	h.must(err)
	h.must(h.SetStation(t.Context(), h.e.ID, helper.ID, "Pintu"))
	photo, fresh, err := h.AddPhoto(t.Context(), actor("b"), h.e, app.Shot{Data: []byte("x"), Name: "a.jpg", MIME: "image/jpeg"})
	h.must(err)
	if !fresh {
		t.Error("the first photo is none")
	}
	helper.Role = event.Guest // no longer of the team
	_, err = h.UpdatePerson(t.Context(), helper.ID, func(p *event.Person) { p.Role = event.Guest })
	h.must(err)
	_, err = h.DeletePerson(t.Context(), actor("c"))
	h.must(err)
	p, err := h.store.Participations().Get(t.Context(), g.ID)
	h.must(err)
	photo, err = h.store.Photos().Get(t.Context(), photo.ID)
	h.must(err)
	post, err := h.StationOf(t.Context(), h.e.ID, "helper")
	h.must(err)
	if !p.Arrived() || p.Arrival.By != "" || photo.By != "" || post != "" {
		t.Errorf("left: by %q, photo by %q, post %q", p.Arrival.By, photo.By, post)
	}
	guest := &event.Person{ID: g.PersonID, Name: g.Name}
	h.must(h.store.People().Save(t.Context(), guest))
	_, err = h.DeletePerson(t.Context(), app.Actor{Person: guest, Inbound: "d", Chat: "web:guest"})
	h.must(err)
	if _, err := h.store.Participations().Get(t.Context(), g.ID); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the guest's arrival is still there: %v", err)
	}
	// Two years later nothing is left of the album, nor of who stood where.
	h.must(h.SetStation(t.Context(), h.e.ID, "rina", "Pintu"))
	h.clock.Set(h.e.Start.AddDate(2, 0, 1))
	h.must(h.Retire(t.Context()))
	all, err := h.store.Photos().List(t.Context(), h.e.ID)
	h.must(err)
	if post, err := h.StationOf(t.Context(), h.e.ID, "rina"); err != nil || post != "" {
		t.Errorf("rina still stands at %q, %v", post, err)
	}
	if _, _, err := h.store.Media().Get(t.Context(), photo.Blob); !errors.Is(err, storage.ErrNotFound) || len(all) != 0 {
		t.Errorf("left of the album: %d, %v", len(all), err)
	}
}

// TestAlbum: the same picture is there once, whoever sends it, and one that was
// deleted can be had back for a while.
func TestAlbum(t *testing.T) {
	t.Parallel()
	h := open(t)
	add := func(a app.Actor, data string) (*event.Photo, bool) {
		t.Helper()
		p, fresh, err := h.AddPhoto(t.Context(), a, h.e, app.Shot{Data: []byte(data), Preview: []byte("small"), Item: "Pembukaan", MIME: "image/jpeg"})
		h.must(err)
		return p, fresh
	}
	by := h.staff("budi")
	first := by()
	one, fresh := add(first, "one")
	if _, again := add(first, "one"); !fresh || !again {
		t.Error("a replay is not as the first time")
	}
	if p, again := add(h.staff("rina")(), "one"); again || p.N != one.N || p.By != "budi" {
		t.Errorf("the same picture from somebody else: %+v", p)
	}
	two, _ := add(by(), "two")
	if one.N != 1 || two.N != 2 {
		t.Errorf("numbers %d and %d", one.N, two.N)
	}
	_, err := h.DropPhoto(t.Context(), by(), one.ID, false)
	h.must(err)
	left, err := h.Album(t.Context(), h.e.ID)
	h.must(err)
	if len(left) != 1 {
		t.Errorf("%d pictures after one was deleted", len(left))
	}
	h.clock.Set(h.Now().Add(event.AlbumKeep))
	h.must(h.SweepAlbum(t.Context()))
	_, err = h.DropPhoto(t.Context(), by(), one.ID, true)
	h.must(err)
	_, err = h.DropPhoto(t.Context(), by(), one.ID, false)
	h.must(err)
	h.clock.Set(h.Now().Add(event.AlbumKeep + time.Second))
	h.must(h.SweepAlbum(t.Context()))
	for _, blob := range []string{one.Blob, one.Preview} {
		if _, _, err := h.store.Media().Get(t.Context(), blob); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s is still there: %v", blob, err)
		}
	}
	if again, fresh := add(by(), "one"); !fresh || again.N != 3 {
		t.Errorf("sent anew: %+v", again)
	}
}

// BenchmarkDesk measures a look-up at the desk among 100,000 guests and as many
// registrations, in the ways in which it is done. p99 is what the slowest of a
// hundred takes.
func BenchmarkDesk(b *testing.B) {
	const guests = 100_000
	h := open(b)
	h.crowd(guests)
	h.registrations(guests)
	h.day()
	payloads := make([]string, 500)
	for i := range payloads {
		var err error
		payloads[i], err = h.TicketPayloadOf(b.Context(), event.Number(h.e.ID, int64(1+i*199)))
		h.must(err)
	}
	for name, look := range map[string]func(i int) error{
		"ticket": func(i int) error { _, err := h.ByTicket(b.Context(), h.e, payloads[i%500]); return err },
		"number": func(i int) error {
			_, err := h.ByTicket(b.Context(), h.e, event.Number(h.e.ID, int64(1+i*7919%guests)))
			return err
		},
		"code": func(i int) error {
			_, err := h.ByTicket(b.Context(), h.e, "TAMU-"+strings.ToUpper(code6(i*7919%guests)))
			return err
		},
		"name": func(i int) error {
			_, _, err := h.FindGuests(b.Context(), h.e.ID, fmt.Sprintf("Tamu %06d", i*7919%guests), "", 8)
			return err
		},
		"common": func(i int) error {
			_, _, err := h.FindGuests(b.Context(), h.e.ID, names[i%len(names)], "", 8)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				began := time.Now()
				if err := look(i); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}

// registrations puts so many into the event, of other people than the crowd, all at
// once.
func (h *house) registrations(n int) {
	h.t.Helper()
	batch, ok := h.store.Raw().(document.Batch)
	if !ok {
		h.t.Fatal("no batches")
	}
	var ids []string
	var regs, docs []json.RawMessage
	put := func(collection string, docs []json.RawMessage, ids []string) {
		h.must(batch.PutAll(h.ctx(), collection, ids, docs))
	}
	var people []string
	for i := range n {
		person := fmt.Sprintf("r%06d", i)
		r := &event.Registration{
			ID: "d-" + person, Version: 1, Number: event.Number(h.e.ID, int64(i+1)), EventID: h.e.ID, PersonID: person, Audience: event.UKM, Status: event.Confirmed,
			Answers: map[string]string{event.KeyName: fmt.Sprintf("Usaha %06d", i), event.KeyOwner: names[i%len(names)], event.KeyHeads: "2"}, CreatedAt: h.Now(), UpdatedAt: h.Now(),
		}
		r.Derive()
		p := &event.Participation{
			ID: event.ParticipationID(h.e.ID, person), Version: 1, EventID: h.e.ID, PersonID: person, Audience: event.UKM, Name: r.Contact, Organisation: r.Name, Code: "r" + person,
			RegistrationID: r.ID, Reply: event.Reply{Answer: event.Yes, Heads: 2}, CreatedAt: h.Now(), UpdatedAt: h.Now(),
		}
		p.Derive()
		reg, err := document.Encode(r)
		h.must(err)
		part, err := document.Encode(p)
		h.must(err)
		ids, regs = append(ids, r.ID), append(regs, reg)
		people, docs = append(people, p.ID), append(docs, part)
		if len(ids) == 2000 || i == n-1 {
			put(document.Registrations, regs, ids)
			put(document.Participations, docs, people)
			ids, regs, people, docs = nil, nil, nil, nil
		}
	}
}
