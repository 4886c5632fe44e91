package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// house is the use cases over a real database with one event.
type house struct {
	*app.App
	t     testing.TB
	store storage.Store
	clock *clock.Fake
	e     *event.Event
	lead  app.Actor
	n     int
	// beforeWrite is called before each write to the database.
	beforeWrite func()
}

func open(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, clock: clock.NewFake(time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta)), beforeWrite: func() {}}
	store, err := sqlite.Open(t.Context(), sqlite.Options{
		Path: filepath.Join(t.TempDir(), "app.db"), Relaxed: true, BeforeWrite: func(string) { h.beforeWrite() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.store = store
	h.App = app.New(store, h.clock)
	h.lead = app.Actor{Person: &event.Person{ID: "lead", Role: event.Lead}}
	h.e = h.event(time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta))
	return h
}

func (h *house) ctx() context.Context { return h.t.Context() }

func (h *house) by() app.Actor {
	h.n++
	a := h.lead
	a.Inbound = fmt.Sprintf("t:%d", h.n)
	return a
}

func (h *house) event(start time.Time) *event.Event {
	h.t.Helper()
	e, err := h.CreateEvent(h.ctx(), h.by(), app.NewEvent{Title: "E-MILE KU", Start: start, Place: "Cibinong"})
	h.must(err)
	return e
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) plan(csv string) *app.Plan {
	h.t.Helper()
	l, err := guestlist.Read([]byte("Nama,Jenis,Instansi,WA,Email,Telegram\n"+csv), guestlist.Options{})
	h.must(err)
	if l.Bad() > 0 {
		h.t.Fatalf("bad rows: %+v", l.Rows)
	}
	p, err := h.CheckGuests(h.ctx(), h.e.ID, l.Rows)
	h.must(err)
	return p
}

func (h *house) imports(csv string) app.Imported {
	h.t.Helper()
	done, err := h.ImportGuests(h.ctx(), h.by(), h.plan(csv))
	h.must(err)
	return done
}

func (h *house) guests() map[string]*event.Participation {
	h.t.Helper()
	out := map[string]*event.Participation{}
	h.must(h.EachParticipation(h.ctx(), storage.ParticipationQuery{EventID: h.e.ID}, func(p *event.Participation) error {
		out[p.Name] = p
		return nil
	}))
	return out
}

func (h *house) meets(username, id, phone string) *event.Person {
	h.t.Helper()
	p, err := h.Identify(h.ctx(), channel.Inbound{
		Chat: channel.Chat{Channel: channel.Telegram, ID: id}, Sender: channel.Sender{ID: id, Name: "X", Username: username, Phone: phone}, Kind: channel.Text,
	})
	h.must(err)
	return p
}

const three = "Dedi,koperasi,Makmur,081234567890,dedi@x.id,\nSiti,ukm,Keripik,,siti@x.id,\nFajar,pemeriah,Sanggar,,,@fajar\n"

func TestImportTwiceIsImportOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	if p := h.plan(three); p.Counts[app.StandsNew] != 3 || p.Writes() != 3 || p.Handles != 1 || len(h.guests()) != 0 {
		t.Fatalf("dry run: %+v, %d written", p, len(h.guests()))
	}
	plan := h.plan(three)
	if done, err := h.ImportGuests(h.ctx(), h.by(), plan); err != nil || done.Guests != 3 || done.People != 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	before := h.guests()
	codes := map[string]bool{}
	for _, p := range before {
		codes[p.Code] = true
		if len(p.Code) < 20 || p.Search == "" {
			t.Errorf("%+v", p)
		}
	}
	if len(codes) != 3 {
		t.Errorf("codes: %v", codes)
	}
	// The same plan once more is a replay, and the same file is known.
	if done, err := h.ImportGuests(h.ctx(), h.by(), plan); err != nil || done.Guests != 0 || done.People != 0 {
		t.Errorf("replay: %+v, %v", done, err)
	}
	if p := h.plan(three); p.Counts[app.StandsAlready] != 3 || p.Writes() != 0 {
		t.Errorf("again: %+v", p.Counts)
	}
	for name, p := range h.guests() {
		if before[name].Code != p.Code {
			t.Errorf("%s has another code now", name)
		}
	}
	if n, err := h.store.People().Count(h.ctx()); err != nil || n != 3 {
		t.Errorf("%d people, %v", n, err)
	}
}

// A number is one person's: a row of another name under it is told whose it is
// and changes nothing. What is not known yet of a guest is filled in, and what
// is known stays.
func TestImportCompletesAndKeepsApart(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Dedi Kurnia,koperasi,Makmur,081234567890,,\nFajar,pemeriah,Sanggar,,,@fajar\n")
	p := h.plan("Tatang,ukm,Kios,081234567890,tatang@x.id,\nHj. Fajar,pemeriah,Sanggar Lain,081200001111,fajar@x.id,@fajar\n")
	if p.Taken != 1 || p.Completes != 1 || p.Writes() != 0 || p.Changes() != 1 || !p.Guests[0].Taken() || p.Guests[0].Completes {
		t.Fatalf("%+v", p)
	}
	if k := p.Guests[0].Twin; k == nil || k.Name != "Dedi Kurnia" || k.Organisation != "Makmur" {
		t.Errorf("the number is said to be %+v's", k)
	}
	done, err := h.ImportGuests(h.ctx(), h.by(), p)
	if h.must(err); done != (app.Imported{Completed: 1}) {
		t.Errorf("%+v", done)
	}
	g := h.guests()
	if f := g["Fajar"]; f == nil || f.Phone != "+6281200001111" || f.Email != "fajar@x.id" || f.Organisation != "Sanggar" || !strings.Contains(f.Search, "fajar@x.id") {
		t.Errorf("%+v", f)
	}
	if d := g["Dedi Kurnia"]; len(g) != 2 || d.Email != "" {
		t.Errorf("the row of another name left a trace: %+v of %d", d, len(g))
	}
	if found, err := h.store.People().ByPhone(h.ctx(), "+6281200001111"); err != nil || len(found) != 1 {
		t.Errorf("the person does not have the number: %v, %v", found, err)
	}
	if done, err := h.ImportGuests(h.ctx(), h.by(), p); err != nil || done != (app.Imported{}) {
		t.Errorf("replay: %+v, %v", done, err)
	}
	if p := h.plan("Bpk. Dedi,koperasi,Makmur,081234567890,,\n"); p.Taken != 0 || p.Counts[app.StandsAlready] != 1 {
		t.Errorf("a shorter name is taken for another: %+v", p)
	}
	// Who has pressed Start is no longer out of reach.
	h.meets("sudah", "99", "")
	if p := h.plan("Sudah,ukm,Toko,,,@sudah\nBelum,ukm,Toko Lain,,,@belum\n"); p.Handles != 1 || p.Guests[0].HandleOnly || !p.Guests[1].HandleOnly {
		t.Errorf("%+v", p)
	}
}

// A write costs more than all else of an import, so that there are few.
func TestImportWritesInBulk(t *testing.T) {
	t.Parallel()
	h := open(t)
	var rows strings.Builder
	for i := range 600 {
		fmt.Fprintf(&rows, "Tamu %d,ukm,Kios %d,0812%08d,,\n", i, i, i*7+1000000)
	}
	writes := 0
	h.beforeWrite = func() { writes++ }
	if done := h.imports(rows.String()); done.Guests != 600 || done.People != 600 {
		t.Errorf("%+v", done)
	}
	if writes > 20 {
		t.Errorf("%d writes for 600 guests", writes)
	}
}

func TestCheckKnowsPeople(t *testing.T) {
	t.Parallel()
	h := open(t)
	writer := h.meets("asep", "77", "")
	h.imports(three)
	p := h.plan("Dedi S.,koperasi,Makmur,+62 812 3456 7890,,\nAsep,ukm,Toko,,,@ASEP\nBaru,ukm,Toko,081299990000,,\nSiti A,ukm,Kripik,081288880000,SITI@x.id,\nDedi,koperasi,Koperasi Makmur,081277770000,,\n")
	want := []app.Standing{app.StandsAlready, app.StandsKnown, app.StandsNew, app.StandsAlready, app.StandsDoubt}
	for i, g := range p.Guests {
		if g.Standing != want[i] {
			t.Errorf("%s: %s, want %s", g.Row.Name, g.Standing, want[i])
		}
	}
	if p.Guests[1].PersonID != writer.ID {
		t.Errorf("asep is put down to %s", p.Guests[1].PersonID)
	}
	// A number of one and an address of another: two people who may be one.
	h.imports("Asep,ukm,Toko,081255550000,,\n")
	p = h.plan("Asep,ukm,Toko,081255550000,dedi@x.id,\n")
	if g := p.Guests[0]; g.Standing != app.StandsAlready || len(g.Others) != 1 {
		t.Errorf("%+v", g)
	}
}

func TestListedPersonWritesAndStaysOne(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports(three)
	guests := h.guests()
	fajar := h.meets("Fajar", "4711", "")
	if fajar.ID != guests["Fajar"].PersonID || fajar.PrivateChat() != "telegram:4711" {
		t.Errorf("%+v", fajar)
	}
	if again := h.meets("fajar", "4711", ""); again.ID != fajar.ID {
		t.Error("the second message makes another person")
	}
	dedi := h.meets("", "4712", "+6281234567890")
	if dedi.ID != guests["Dedi"].PersonID {
		t.Errorf("a proven number is not recognised: %+v", dedi)
	}
	if other := h.meets("", "4713", "+6281234567890"); other.ID == dedi.ID {
		t.Error("a second account takes over somebody who writes already")
	}
	// Nobody takes over a person by a handle that is theirs already.
	if thief := h.meets("fajar", "666", ""); thief.ID == fajar.ID {
		t.Error("a handle was taken over from one who writes already")
	}
}

func (h *house) registers(p *event.Person, draft, business, heads string) *event.Registration {
	h.t.Helper()
	by := h.by()
	by.Person = p
	r, err := h.Submit(h.ctx(), by, &event.Draft{ID: draft, EventID: h.e.ID, Audience: event.UKM, Form: 1, Answers: map[string]string{
		event.KeyName: business, event.KeyOwner: "Siti", event.KeyLocation: "Ciawi/Ciawi", event.KeyPhone: "+6281300000000", event.KeyHeads: heads, event.KeyBooth: event.BoothNone,
	}})
	h.must(err)
	return r
}

func TestRegistrationsAndParticipationAgree(t *testing.T) {
	t.Parallel()
	h := open(t)
	siti := h.meets("siti", "1", "")
	part := func() *event.Participation {
		t.Helper()
		p, err := h.GuestOf(h.ctx(), h.e.ID, siti.ID)
		h.must(err)
		return p
	}
	one := h.registers(siti, "d1", "Keripik", "2")
	p := part()
	if p.Reply.Answer != event.Yes || p.Reply.Heads != 2 || p.Reply.Source != app.SourceRegistration || p.RegistrationID != one.ID || p.Organisation != "Keripik" || p.Name != "Siti" {
		t.Fatalf("%+v", p)
	}
	code := p.Code
	two := h.registers(siti, "d2", "Batik", "3")
	if p := part(); p.Reply.Heads != 5 || p.Code != code {
		t.Errorf("two registrations: %+v", p)
	}
	h.registers(siti, "d2", "Batik", "3") // a replay
	if _, err := h.Change(h.ctx(), h.by(), two.ID, event.KeyHeads, "4"); err != nil {
		t.Fatal(err)
	}
	if p := part(); p.Reply.Heads != 6 {
		t.Errorf("after a change: %+v", p.Reply)
	}
	for range 2 {
		if _, err := h.Cancel(h.ctx(), h.by(), one.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	if p := part(); p.Reply.Heads != 4 || p.RegistrationID != two.ID || p.Reply.Answer != event.Yes {
		t.Errorf("after one cancel: %+v", p)
	}
	if _, err := h.Cancel(h.ctx(), h.by(), two.ID, "sakit"); err != nil {
		t.Fatal(err)
	}
	if p := part(); p.Reply.Answer != event.No || p.Reply.Heads != 0 || p.RegistrationID != "" || p.Reply.Reason != "sakit" {
		t.Errorf("after the last: %+v", p)
	}
}

func TestRegistrationOfAnInvitedKeepsWhatTheOfficeKnows(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Ibu Siti Aminah,ukm,Keripik Talas,,,@siti\n")
	siti := h.meets("siti", "1", "")
	h.registers(siti, "d1", "Keripik", "2")
	got := h.guests()["Siti Aminah"]
	if got == nil || len(h.guests()) != 1 || got.Organisation != "Keripik Talas" || got.Salutation != "Ibu" || got.Reply.Answer != event.Yes || got.Phone != "+6281300000000" {
		t.Errorf("%+v", h.guests())
	}
}

func TestDeletePersonLeavesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Siti Aminah,ukm,Keripik Talas,,,@siti\n")
	siti := h.meets("siti", "1", "")
	h.registers(siti, "d1", "Keripik", "2")
	chat := channel.Chat{Channel: channel.Telegram, ID: "1"}
	in := channel.Inbound{ID: "old", Chat: chat, Kind: channel.Text, Text: "rahasia"}
	if _, err := h.store.Inbox().Add(h.ctx(), in, time.Now()); err != nil {
		t.Fatal(err)
	}
	h.must(h.store.Inbox().Done(h.ctx(), "old"))
	_, err := h.store.Outbox().Add(h.ctx(), storage.Message{ID: "row", Chat: chat, PersonID: siti.ID, State: storage.Queued, DueAt: time.Now(), QueuedAt: time.Now()})
	h.must(err)
	h.must(h.store.Outbox().Drop(h.ctx(), "row", storage.Expired, "test"))
	by := h.by()
	by.Person, by.Chat = siti, chat.String()
	if _, err := h.DeletePerson(h.ctx(), by); err != nil {
		t.Fatal(err)
	}
	if len(h.guests()) != 0 {
		t.Error("the participation stays")
	}
	if _, err := h.store.Outbox().Get(h.ctx(), "row"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the outbox row stays: %v", err)
	}
	if fresh, err := h.store.Inbox().Add(h.ctx(), in, time.Now()); err != nil || !fresh {
		t.Errorf("the message stays: %v, %v", fresh, err)
	}
}

func TestRetireForgetsGuests(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports(three)
	writer := h.meets("fajar", "5", "")
	h.clock.Set(time.Date(2029, 1, 13, 9, 0, 0, 0, event.Jakarta))
	h.must(h.Retire(h.ctx()))
	if len(h.guests()) != 3 {
		t.Fatal("retired too early")
	}
	h.clock.Set(time.Date(2029, 1, 15, 9, 0, 0, 0, event.Jakarta))
	h.must(h.Retire(h.ctx()))
	if len(h.guests()) != 0 {
		t.Error("participations stay")
	}
	if _, err := h.store.People().Get(h.ctx(), writer.ID); err != nil {
		t.Errorf("somebody who writes to us is gone: %v", err)
	}
	if n, _ := h.store.People().Count(h.ctx()); n != 1 {
		t.Errorf("%d people left", n)
	}
}

func TestEarlierGuests(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports(three + "Cici,ukm,Kopi,081266660000,,\nEuis,ukm,Teh,081266660001,,\n")
	stopped := h.meets("", "9", "+6281266660000")
	by := h.by()
	by.Person = stopped
	if _, err := h.Stop(h.ctx(), by); err != nil {
		t.Fatal(err)
	}
	if _, err := h.CloseGuest(h.ctx(), h.by(), h.guests()["Euis"].ID, event.WrongNumber); err != nil {
		t.Fatal(err)
	}
	ani := h.meets("ani", "10", "")
	h.registers(ani, "d1", "Toko Ani", "1")
	h.e = h.event(time.Date(2027, 3, 14, 8, 0, 0, 0, event.Jakarta))
	found, err := h.EarlierGuests(h.ctx(), h.e.ID, event.UKM)
	h.must(err)
	var names []string
	for _, g := range found {
		names = append(names, g.Name+"/"+g.Organisation)
	}
	if got := strings.Join(names, " "); got != "Siti/Keripik Siti/Toko Ani" {
		t.Fatalf("%s", got)
	}
	first := h.by()
	for _, by := range []app.Actor{first, first} { // replayed after a crash
		if n, _, err := h.InviteEarlier(h.ctx(), by, h.e.ID, found); err != nil || n != 2 {
			t.Errorf("%d, %v, want 2", n, err)
		}
	}
	if n, _, err := h.InviteEarlier(h.ctx(), h.by(), h.e.ID, found); err != nil || n != 0 {
		t.Errorf("%d, %v, want none twice", n, err)
	}
	if left, err := h.EarlierGuests(h.ctx(), h.e.ID, event.UKM); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestDoublesAreFoundOnceAndCanBeRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Dedi Supriadi,koperasi,Koperasi Makmur,081234567890,,\n\"H. Dedi Supriyadi, S.E.\",koperasi,KSP Makmur,081234567891,,\nOrang Lain,ukm,Toko,081234567892,,\n")
	found, err := h.Doubles(h.ctx(), h.e.ID, 10)
	h.must(err)
	if len(found) != 1 || found[0].Why != app.DoubleName {
		t.Fatalf("%+v", found)
	}
	h.must(h.NotDouble(h.ctx(), h.by(), found[0].Other.ID, found[0].Keep.ID))
	if found, err = h.Doubles(h.ctx(), h.e.ID, 10); err != nil || len(found) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

func BenchmarkCheckAndImport10000(b *testing.B) {
	var csv strings.Builder
	csv.WriteString("Nama,Jenis,Instansi,WA,Email,Telegram\n")
	for i := range 10_000 {
		fmt.Fprintf(&csv, "Tamu %c%d,koperasi,Koperasi %d,0812%08d,tamu%d@x.id,tamu_%d\n", 'A'+i%26, i, i, 10_000_001+i*3, i, i)
	}
	for b.Loop() {
		h := open(b)
		start := time.Now()
		l, err := guestlist.Read([]byte(csv.String()), guestlist.Options{})
		h.must(err)
		read := time.Since(start)
		plan, err := h.CheckGuests(h.ctx(), h.e.ID, l.Rows)
		h.must(err)
		checked := time.Since(start)
		if done, err := h.ImportGuests(h.ctx(), h.by(), plan); err != nil || done.Guests < 9_900 {
			b.Fatal(done, err)
		}
		imported := time.Since(start)
		found := 0
		doubles, err := h.Doubles(h.ctx(), h.e.ID, 100)
		h.must(err)
		found += len(doubles)
		b.ReportMetric(read.Seconds(), "read-s")
		b.ReportMetric((checked - read).Seconds(), "check-s")
		b.ReportMetric((imported - checked).Seconds(), "import-s")
		b.ReportMetric((time.Since(start) - imported).Seconds(), "doubles-s")
	}
}

// What put earlier guests on the list is undone for those who have not heard of
// the event; who was put on it in another way stays.
func TestUndoEarlierGuests(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports(three)
	h.e = h.event(time.Date(2027, 3, 14, 8, 0, 0, 0, event.Jakarta))
	found, err := h.EarlierGuests(h.ctx(), h.e.ID, "")
	h.must(err)
	if len(found) != 3 {
		t.Fatalf("%d found", len(found))
	}
	_, entry, err := h.InviteEarlier(h.ctx(), h.by(), h.e.ID, found)
	h.must(err)
	if _, err := h.Answer(h.ctx(), h.by(), event.ParticipationID(h.e.ID, found[0].PersonID), event.Reply{Answer: event.Yes}); err != nil {
		t.Fatal(err)
	}
	_, _, err = h.RemoveGuest(h.ctx(), h.by(), event.ParticipationID(h.e.ID, found[1].PersonID))
	h.must(err)
	_, _, err = h.InviteEarlier(h.ctx(), h.by(), h.e.ID, found[1:2])
	h.must(err)
	removed, kept, err := h.UndoEarlier(h.ctx(), h.by(), h.e.ID, entry)
	if err != nil || removed != 1 || kept != 1 {
		t.Errorf("%d removed, %d kept, %v", removed, kept, err)
	}
	for i, want := range []bool{true, true, false} {
		if g, err := h.GuestOf(h.ctx(), h.e.ID, found[i].PersonID); err != nil || (g != nil) != want {
			t.Errorf("%s: %v, %v", found[i].Name, g, err)
		}
		if _, err := h.store.People().Get(h.ctx(), found[i].PersonID); err != nil { // of the earlier event
			t.Errorf("%s is forgotten: %v", found[i].Name, err)
		}
	}
}

// A guest to whom an invitation is on its way stays; else they go, and whoever
// was known from this list alone is forgotten.
func TestRemoveGuest(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports(three)
	siti, others := h.guests()["Siti"], 0
	row := storage.Message{
		ID: app.InviteRowID(h.e.ID, siti.PersonID, "", channel.Telegram), Chat: channel.Chat{Channel: channel.Telegram, ID: "1"},
		Body: channel.Outbound{Text: "x"}, EventID: h.e.ID, PersonID: siti.PersonID, State: storage.Queued, DueAt: h.Now(), QueuedAt: h.Now(),
	}
	if _, err := h.store.Outbox().Add(h.ctx(), row); err != nil {
		t.Fatal(err)
	}
	for name, g := range h.guests() {
		_, why, err := h.RemoveGuest(h.ctx(), h.by(), g.ID)
		if name == "Siti" {
			if !errors.Is(err, app.ErrKept) || why != app.KeptSending {
				t.Errorf("%s: %q, %v", name, why, err)
			}
			continue
		}
		others++
		h.must(err)
		if _, err := h.store.People().Get(h.ctx(), g.PersonID); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s is known still: %v", name, err)
		}
	}
	left := h.guests()
	if others != 2 || len(left) != 1 || left["Siti"].Closed != event.StillOpen {
		t.Errorf("%d others, left %v", others, left)
	}
}
