package app_test

import (
	"testing"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// bounces is what the mail server says of a guest's address.
func (h *house) bounces(name string) {
	h.t.Helper()
	g := h.guests()[name]
	h.must(h.NoMailbox(h.ctx(), &storage.Message{
		ID: "row/" + g.PersonID, Chat: channel.Chat{Channel: channel.Email, ID: g.Email}, PersonID: g.PersonID, LastError: "550",
	}))
}

// A row of the name of a guest whose address bounced puts it right; nobody
// else is, and nothing twice.
func TestImportCorrects(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Siti Aminah,ukm,Keripik,,siti@x.id,\nDedi,koperasi,Makmur,,dedi@x.id,\nAni,ukm,Sambal,,ani@x.id,\nBudi,ukm,Tahu,,budi@x.id,\nBudi,ukm,Tempe,,budi2@x.id,\n")
	for _, name := range []string{"Siti Aminah", "Ani", "Budi"} {
		h.bounces(name)
	}
	for _, c := range []struct{ why, row string }{
		{"of another organisation", "Siti Aminah,ukm,Batik,,siti@y.id,\n"},
		{"their address is good", "Dedi,koperasi,Makmur,,dedi@y.id,\n"},
		{"the address that bounced", "Siti Aminah,ukm,Keripik,,siti@x.id,\n"},
		{"another guest's address", "Siti Aminah,ukm,Keripik,,dedi@x.id,\n"},
		{"which of two", "Budi,ukm,,,budi@y.id,\n"},
	} {
		if p := h.plan(c.row); p.Corrects != 0 {
			t.Errorf("%s: %+v", c.why, p.Guests[0].Corrects)
		}
	}
	rows := "\"Hj. Siti Aminah, S.E.\",ukm,Keripik,,Siti@Y.id,\n"
	p := h.plan(rows)
	if c := p.Guests[0].Corrects; c == nil || *c != (app.Correction{OldEmail: "siti@x.id", Email: "siti@y.id", ByName: true}) || p.Completes != 1 || p.Writes() != 0 {
		t.Fatalf("%+v, %+v", p, c)
	}
	if g := h.guests()["Siti Aminah"]; g.Email != "siti@x.id" {
		t.Fatalf("the dry run wrote %s", g.Email)
	}
	before := len(h.guests())
	if done := h.imports(rows); done != (app.Imported{Completed: 1, Corrected: 1}) {
		t.Fatalf("%+v", done)
	}
	g := h.guests()["Siti Aminah"]
	if g.MailTo() != "siti@y.id" || g.BadEmail != "" || len(h.guests()) != before {
		t.Errorf("%+v, %d guests", g, len(h.guests()))
	}
	person, err := h.store.People().Get(h.ctx(), g.PersonID)
	h.must(err)
	if person.Email != "siti@y.id" {
		t.Errorf("the person has %s", person.Email)
	}
	if done := h.imports(rows); done != (app.Imported{}) {
		t.Errorf("again: %+v", done)
	}
	// The old list, which has the old address, undoes nothing.
	if done := h.imports("Siti Aminah,ukm,Keripik,,siti@x.id,\n"); done != (app.Imported{}) {
		t.Errorf("the old list: %+v", done)
	}
	// Of two rows of that name the second is somebody else; and so is who is said to be.
	if p := h.plan("Ani,ukm,Sambal,,ani@y.id,\nAni,ukm,Sambel,,ani@z.id,\n"); p.Corrects != 1 || p.Counts[app.StandsDoubt] != 1 {
		t.Errorf("two of a name: %+v", p)
	}
	p = h.plan("Ani,ukm,Sambal,,ani@y.id,\n")
	p.Apart(&p.Guests[0])
	done, err := h.ImportGuests(h.ctx(), h.by(), p)
	h.must(err)
	if done.Guests != 1 || done.Corrected != 0 || len(h.guests()) == 0 || p.Counts[app.StandsDoubt] != 1 || p.Writes() != 1 {
		t.Errorf("apart: %+v, %+v", done, p)
	}
}

// A number that was somebody else's is replaced, and its guest rung; but who
// said so in a chat of theirs is not the guest, whatever the number.
func TestImportCorrectsNumbers(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Siti,ukm,Keripik,081234567890,,\nFajar,pemeriah,Sanggar,081234567891,,@fajar\n")
	h.meets("fajar", "5", "")
	for _, g := range h.guests() {
		_, err := h.CloseGuest(h.ctx(), h.by(), g.ID, event.WrongNumber)
		h.must(err)
	}
	if done := h.imports("Siti,ukm,Keripik,081300000001,,\nFajar,pemeriah,Sanggar,081300000002,,\n"); done.Corrected != 1 || done.Guests != 1 {
		t.Fatalf("%+v", done)
	}
	g := h.guests()["Siti"]
	if g.Phone != "+6281300000001" || g.Closed != event.StillOpen || g.Call != event.CallDue {
		t.Errorf("%+v", g)
	}
	if found, err := h.store.People().ByPhone(h.ctx(), "+6281234567890"); err != nil || len(found) != 0 {
		t.Errorf("the old number still is of %d people, %v", len(found), err)
	}
}

// What failed is tried again at the guest's present address, once, and not at
// one of which it is known that nobody reads it.
func TestRetryAtCorrectedAddress(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Siti,ukm,Keripik,,siti@x.id,\nAni,ukm,Sambal,,ani@x.id,\nDedi,koperasi,Makmur,,dedi@x.id,\nEuis,ukm,Dodol,,euis@x.id,\nOman,ukm,Kopi,,oman@x.id,\n")
	b := &storage.Broadcast{ID: "abc", EventID: h.e.ID, Audiences: []event.Audience{event.UKM}, Status: storage.BroadcastFinished, StartAt: h.clock.Now()}
	h.must(h.store.Broadcasts().Save(h.ctx(), b))
	rows := map[string]string{}
	for name, g := range h.guests() {
		m := storage.Message{
			ID: app.InviteRowID(h.e.ID, g.PersonID, "", channel.Email), Chat: channel.Chat{Channel: channel.Email, ID: g.Email}, PersonID: g.PersonID,
			EventID: h.e.ID, Touchpoint: app.InviteTouchpoint(b.ID), Lane: storage.LaneBroadcast, DueAt: h.clock.Now(), QueuedAt: h.clock.Now(),
			Body: channel.Outbound{Text: "Yth. " + name, Buttons: [][]channel.Button{{{Label: "Hadir"}}}},
		}
		rows[name] = m.ID
		_, err := h.store.Outbox().Add(h.ctx(), m)
		h.must(err)
		_, err = h.store.Outbox().Claim(h.ctx(), m.ID, "t", h.clock.Now().AddDate(1, 0, 0), "<1@x>")
		h.must(err)
		m.State, m.LastError = storage.Failed, "550 5.1.1"
		if name == "Dedi" {
			m.State, m.LastError = storage.Sent, ""
		}
		h.must(h.store.Outbox().Finish(h.ctx(), &m, "t"))
		h.must(h.MarkInvited(h.ctx(), g.ID, string(channel.Email)))
	}
	for _, name := range []string{"Siti", "Ani", "Oman"} {
		h.bounces(name)
	}
	// Oman's mail is read by Dedi, who has his invitation; Euis asked to be left alone.
	h.imports("Siti,ukm,Keripik,,siti@y.id,\n")
	oman := h.guests()["Oman"]
	oman.Email, oman.BadEmail = "Dedi@x.id", ""
	h.must(h.store.Participations().Save(h.ctx(), oman))
	_, err := h.CloseGuest(h.ctx(), h.by(), h.guests()["Euis"].ID, event.Withdrawn)
	h.must(err)

	for i, want := range []app.Retried{{N: 1, Elsewhere: 1, BadAddress: 1}, {BadAddress: 1}} {
		if _, did, err := h.RetryBroadcast(h.ctx(), h.by(), b.ID, false); err != nil || did != want {
			t.Errorf("try %d: %+v, %v; want %+v", i+1, did, err, want)
		}
	}
	for name, want := range map[string]struct {
		state storage.State
		to    string
	}{
		"Siti": {storage.Queued, "siti@y.id"}, "Ani": {storage.Failed, "ani@x.id"}, "Dedi": {storage.Sent, "dedi@x.id"},
		"Euis": {storage.Failed, "euis@x.id"}, "Oman": {storage.Failed, "oman@x.id"},
	} {
		m, err := h.store.Outbox().Get(h.ctx(), rows[name])
		h.must(err)
		if m.State != want.state || m.Chat.ID != want.to || m.Body.Text != "Yth. "+name || len(m.Body.Buttons) != 1 {
			t.Errorf("%s: %s to %s, %+v", name, m.State, m.Chat.ID, m.Body)
		}
	}
}
