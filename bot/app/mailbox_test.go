package app_test

import (
	"testing"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// A mailbox that does not exist ends mails to it, and moves whoever has not
// answered to the call list; a corrected address is good again.
func TestNoMailbox(t *testing.T) {
	t.Parallel()
	h := open(t)
	mail := func(name channel.Name) bool { return name == channel.Email }
	save := func(id, phone, email string, reply event.Answer) *event.Participation {
		t.Helper()
		h.must(h.store.People().Save(h.ctx(), &event.Person{ID: id, Name: id, Email: email}))
		now := h.clock.Now()
		p := &event.Participation{
			ID: event.ParticipationID(h.e.ID, id), EventID: h.e.ID, PersonID: id, Audience: event.UKM, Name: id, Phone: phone, Email: email,
			Code: "kode" + id, Reply: event.Reply{Answer: reply, At: &now},
		}
		p.Derive()
		h.must(h.store.Participations().Save(h.ctx(), p))
		return p
	}
	get := func(p *event.Participation) *event.Participation {
		t.Helper()
		got, err := h.store.Participations().Get(h.ctx(), p.ID)
		h.must(err)
		return got
	}
	bounce := func(p *event.Participation, address string) {
		t.Helper()
		for range 2 { // after a crash it is told again
			h.must(h.NoMailbox(h.ctx(), &storage.Message{
				ID: "row/" + p.PersonID, Chat: channel.Chat{Channel: channel.Email, ID: address}, PersonID: p.PersonID, LastError: "550 5.1.1 user unknown",
			}))
		}
	}
	silent := save("dedi", "+6281234567890", "Dedi@contoh.id", event.Silent)
	coming := save("ani", "+6281234567891", "ani@contoh.id", event.Yes)
	bare := save("budi", "", "budi@contoh.id", event.Silent)
	moved := save("euis", "+6281234567892", "baru@contoh.id", event.Silent)
	for _, p := range []*event.Participation{silent, coming, bare} {
		bounce(p, p.Email)
	}
	bounce(moved, "lama@contoh.id") // corrected while the mail was on its way
	for _, c := range []struct {
		p     *event.Participation
		bad   string
		call  event.CallState
		route app.Route
	}{
		{silent, "Dedi@contoh.id", event.CallDue, app.ByCall}, {coming, "ani@contoh.id", event.NoCall, app.Already},
		{bare, "budi@contoh.id", event.NoCall, app.Unreachable}, {moved, "", event.NoCall, app.ByEmail},
	} {
		got := get(c.p)
		if got.BadEmail != c.bad || got.Call != c.call {
			t.Errorf("%s: bad %q, call %q", got.Name, got.BadEmail, got.Call)
		}
		if route, _, err := h.RouteTo(h.ctx(), got, mail); err != nil || route != c.route {
			t.Errorf("%s goes by %s, %v; want %s", got.Name, route, err, c.route)
		}
	}
	fixed := get(bare)
	fixed.Email = "budi.santosa@contoh.id"
	h.must(h.store.Participations().Save(h.ctx(), fixed))
	if route, chat, err := h.RouteTo(h.ctx(), fixed, mail); err != nil || route != app.ByEmail || chat.ID != "budi.santosa@contoh.id" {
		t.Errorf("corrected: %s to %v, %v", route, chat, err)
	}
	trail, err := h.History(h.ctx(), "nomailbox", h.clock.Now().AddDate(1, 0, 0), 10)
	h.must(err)
	if len(trail) != 3 {
		t.Errorf("%d entries in the trail, want one for each: %+v", len(trail), trail)
	}
}
