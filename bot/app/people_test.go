package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// TestDeletePerson: nothing that names the person is left but what is due to
// be sent or was received in the last days, which has its own end.
func TestDeletePerson(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{Limit: 1})
	ctx := t.Context()
	in := private("siti")
	p, err := o.Identify(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	by := app.Actor{Person: p, Chat: in.Chat.String(), Inbound: "in:siti"}
	d := draft("rahasia", event.BoothPlain)
	d.Answers[event.KeyPhoto] = "photo/rahasia"
	for _, id := range []string{"photo/rahasia", "photo/draft", "ticket/rahasia/1-1", "calendar/rahasia/1-1"} {
		if err := o.store.Media().Put(ctx, storage.Blob{ID: id, Name: "x", At: o.Now()}, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.Submit(ctx, by, d); err != nil {
		t.Fatal(err)
	}
	for _, chat := range []string{by.Chat, "telegram:siti"} {
		c := &storage.Chat{ID: chat, PersonID: p.ID, Draft: &event.Draft{ID: "draft", Answers: map[string]string{event.KeyPhoto: "photo/draft"}}}
		if err := o.store.Chats().Save(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.Change(ctx, by, "rahasia", event.KeyName, "Nama rahasia"); err != nil {
		t.Fatal(err)
	}
	data, err := o.DataOf(ctx, p)
	if err != nil || len(data.Registrations) != 1 || data.Draft == nil {
		t.Fatalf("%+v, %v", data, err)
	}
	o.enter(t, "next", event.BoothPlain)
	n, err := o.DeletePerson(ctx, by)
	if err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	for _, c := range []string{"registrations", "places", "people", "media", "audit", "participations"} {
		err := o.store.Raw().Each(ctx, c, func(id string, doc json.RawMessage) error {
			if strings.Contains(id+string(doc), "rahasia") || strings.Contains(id+string(doc), "web:siti") || strings.Contains(id, "photo/") {
				t.Errorf("%s still holds %s", c, id)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.store.Chats().Get(ctx, "telegram:siti"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the other chat: %v", err)
	}
	o.move(t)
	if r := o.get(t, "next"); r.Status != event.Offered {
		t.Errorf("the place was not offered on: %s", r.Status)
	}
	if _, err := o.DeletePerson(ctx, by); err != nil { // replayed
		t.Errorf("again: %v", err)
	}

	// Somebody of the team keeps the account, and the role.
	staff, err := o.Identify(ctx, private("rina"))
	if err == nil {
		staff, err = o.UpdatePerson(ctx, staff.ID, func(p *event.Person) { p.Role, p.Phone = event.Member, "+6281" })
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.DeletePerson(ctx, app.Actor{Person: staff, Inbound: "in:rina"}); err != nil {
		t.Fatal(err)
	}
	if left, err := o.store.People().Get(ctx, staff.ID); err != nil || left.Role != event.Member || left.Phone != "" {
		t.Errorf("%+v, %v", left, err)
	}
}

func TestRetire(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{Limit: 1})
	o.enter(t, "x", event.BoothPlain)
	o.clock.Set(begin.AddDate(2, 0, 44))
	if err := o.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.get(t, "x")
	o.clock.Set(begin.AddDate(2, 0, 46))
	if err := o.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(o.all(t)) + len(o.holds(t)); n != 0 {
		t.Errorf("%d documents are kept past their time", n)
	}
	if _, err := o.Event(t.Context(), eventID); err != nil {
		t.Errorf("the event itself: %v", err)
	}
}

// TestFirstCode: one code until there is a lead; it works once, for one
// message; wrong ones are counted.
func TestFirstCode(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	code, err := o.FirstCode(ctx, "")
	if err != nil || len(code) != 10 {
		t.Fatalf("%q, %v", code, err)
	}
	if again, err := o.FirstCode(ctx, ""); err != nil || again != code {
		t.Errorf("a restart shows %q, not %q (%v)", again, code, err)
	}
	if named, err := o.FirstCode(ctx, "Rahasia-2027"); err != nil || named != "Rahasia-2027" {
		t.Errorf("ADMIN_CODE: %q, %v", named, err)
	}
	rina, err := o.Identify(ctx, private("rina"))
	if err != nil {
		t.Fatal(err)
	}
	joko, err := o.Identify(ctx, private("joko"))
	if err != nil {
		t.Fatal(err)
	}
	wrong := func(p *event.Person) error {
		o.n++
		_, err := o.Redeem(ctx, app.Actor{Person: p, Inbound: fmt.Sprint("in:", o.n)}, app.CodeLead, "WRONG")
		return err
	}
	for i := range 5 {
		if err := wrong(joko); !errors.Is(err, storage.ErrNotFound) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if _, err := o.Redeem(ctx, app.Actor{Person: joko, Inbound: "in:guess"}, app.CodeLead, code); !errors.Is(err, app.ErrTooManyTries) {
		t.Errorf("after five wrong ones even the right one: %v", err)
	}
	claim := app.Actor{Person: rina, Inbound: "in:claim"}
	for range 2 { // and replayed
		if p, err := o.Redeem(ctx, claim, app.CodeLead, " "+strings.ToLower(code)+" "); err != nil || p.Role != event.Lead {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if c, err := o.FirstCode(ctx, ""); err != nil || c != "" {
		t.Errorf("with a lead there is still the code %q (%v)", c, err)
	}
	budi, err := o.Identify(ctx, private("budi"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Redeem(ctx, app.Actor{Person: budi, Inbound: "in:late"}, app.CodeLead, code); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("somebody else with the same code: %v", err)
	}
	if _, err := o.SetRole(ctx, o.by("rina"), rina.ID, event.Member); !errors.Is(err, app.ErrLastLead) {
		t.Errorf("the last lead went: %v", err)
	}
	if _, err := o.SetRole(ctx, o.by("rina"), budi.ID, event.Lead); err != nil {
		t.Fatal(err)
	}
	if _, err := o.SetRole(ctx, o.by("budi"), rina.ID, event.Guest); err != nil {
		t.Fatal(err)
	}
	// Who was taken off does not come back by the old code.
	if _, err := o.Redeem(ctx, app.Actor{Person: rina, Inbound: "in:back"}, app.CodeLead, code); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("back by the old code: %v", err)
	}
}

// TestLastLeadStays: of two leads who demote each other at the same moment one
// is refused, at whatever point between two writes the other comes in.
func TestLastLeadStays(t *testing.T) {
	t.Parallel()
	for range 20 {
		o := openOffice(t, event.Quota{})
		ctx := t.Context()
		for _, name := range []string{"rina", "budi"} {
			p, err := o.Identify(ctx, private(name))
			if err == nil {
				_, err = o.SetRole(ctx, o.by("setup"), p.ID, event.Lead)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		acts := []app.Actor{o.by("rina"), o.by("budi")}
		whom := []string{"web:budi", "web:rina"}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i := range acts {
			wg.Go(func() { _, errs[i] = o.SetRole(ctx, acts[i], whom[i], event.Member) })
		}
		wg.Wait()
		staff, err := o.Team(ctx)
		if err != nil {
			t.Fatal(err)
		}
		leads := 0
		for _, p := range staff {
			if p.Role == event.Lead {
				leads++
			}
		}
		if leads != 1 || errors.Is(errs[0], app.ErrLastLead) == errors.Is(errs[1], app.ErrLastLead) {
			t.Fatalf("%d leads, %v", leads, errs)
		}
		// Who stepped down may come back, and then the other may go.
		gone, stays := whom[0], whom[1]
		if errs[0] != nil {
			gone, stays = stays, gone
		}
		if _, err := o.SetRole(ctx, o.by("setup"), gone, event.Lead); err != nil {
			t.Fatal(err)
		}
		if _, err := o.SetRole(ctx, o.by("setup"), stays, event.Guest); err != nil {
			t.Fatal(err)
		}
		if _, err := o.SetRole(ctx, o.by("setup"), gone, event.Guest); !errors.Is(err, app.ErrLastLead) {
			t.Fatalf("the last lead went: %v", err)
		}
	}
}

func TestInviteToTeam(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	by := o.by("lead")
	code, err := o.InviteToTeam(ctx, by, event.FrontDesk)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := o.InviteToTeam(ctx, by, event.FrontDesk); err != nil || again != code {
		t.Errorf("the same message made %s and %s (%v)", code, again, err)
	}
	p, err := o.Identify(ctx, private("ujang"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Redeem(ctx, app.Actor{Person: p, Inbound: "in:a"}, app.CodeLead, code); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("as a lead's code: %v", err)
	}
	if p, err = o.Redeem(ctx, app.Actor{Person: p, Inbound: "in:b"}, app.CodeTeam, code); err != nil || p.Role != event.FrontDesk {
		t.Errorf("%+v, %v", p, err)
	}
	late, err := o.InviteToTeam(ctx, o.by("lead"), event.Member)
	if err != nil {
		t.Fatal(err)
	}
	o.clock.Advance(8 * 24 * time.Hour)
	if _, err := o.Redeem(ctx, app.Actor{Person: p, Inbound: "in:c"}, app.CodeTeam, late); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("after eight days: %v", err)
	}
}

func TestCreateEvent(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	by := o.by("lead")
	n := app.NewEvent{Title: "Kedua", Start: begin.AddDate(0, 6, 0), Place: "Ciawi"}
	second, err := o.CreateEvent(ctx, by, n)
	if err != nil || second.ID != "EMK-2027B" {
		t.Fatalf("%+v, %v", second, err)
	}
	if again, err := o.CreateEvent(ctx, by, n); err != nil || again.ID != second.ID {
		t.Errorf("replayed: %+v, %v", again, err)
	}
	third, err := o.CopyEvent(ctx, o.by("lead"), second.ID, begin.AddDate(1, 1, 15))
	if err != nil || third.ID != "EMK-2028" || third.Title != second.Title || third.CopiedFrom != second.ID {
		t.Errorf("%+v, %v", third, err)
	}
	if e, err := o.Current(ctx); err != nil || e.ID != eventID {
		t.Errorf("the nearest is %+v, %v", e, err)
	}
	all, err := o.Events(ctx)
	if err != nil || len(all) != 3 {
		t.Errorf("%d events, %v", len(all), err)
	}
	if open, err := o.OpenEvents(ctx); err != nil || len(open) != 3 || open[0].ID != eventID {
		t.Errorf("open: %v, %v", open, err)
	}
	// A move raises what calendars go by, another change does not.
	moved, err := o.UpdateEvent(ctx, o.by("lead"), eventID, "event.move", "", func(e *event.Event) { e.Start = e.Start.Add(time.Hour) })
	if err != nil || moved.Schedule != 1 {
		t.Errorf("%+v, %v", moved, err)
	}
	if e, err := o.UpdateEvent(ctx, o.by("lead"), eventID, "event.theme", "", func(e *event.Event) { e.Theme = "Naik kelas" }); err != nil || e.Schedule != 1 {
		t.Errorf("%+v, %v", e, err)
	}
	shifts, err := o.Reschedule(ctx, moved, moved.Start.AddDate(0, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shifts {
		if s.To.At.Sub(s.From.At) != 7*24*time.Hour || s.Past != s.To.At.Before(o.Now()) {
			t.Errorf("%+v", s)
		}
	}
	if len(shifts) != 18 {
		t.Errorf("%d shifts", len(shifts))
	}
}

// TestMoveChat: a group that gets a new ID keeps its binding, its memory, and
// what is queued for it; doing it again changes nothing.
func TestMoveChat(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	from, to := channel.Chat{Channel: channel.Telegram, ID: "-1"}, channel.Chat{Channel: channel.Telegram, ID: "-1001"}
	if err := o.BindGroup(ctx, o.by("lead"), app.TeamGroup{Chat: from, Title: "Tim"}); err != nil {
		t.Fatal(err)
	}
	now := o.Now()
	row := func(id string) storage.Message {
		return storage.Message{ID: id, Chat: from, Body: channel.Outbound{Text: "x"}, State: storage.Queued, DueAt: now, QueuedAt: now}
	}
	if err := o.store.Chats().Save(ctx, &storage.Chat{ID: from.String(), Group: true, Dialog: "export", Pending: []storage.Message{row("pending")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.store.Outbox().Add(ctx, row("queued")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.MoveChat(ctx, from, to); err != nil {
			t.Fatal(err)
		}
		if g, ok, err := o.Group(ctx); err != nil || !ok || g.Chat != to || g.Title != "Tim" {
			t.Errorf("the team's group is %+v, %v", g, err)
		}
		c, err := o.store.Chats().Get(ctx, to.String())
		if err != nil || c.Dialog != "export" || len(c.Pending) != 1 || c.Pending[0].Chat != to {
			t.Errorf("%+v, %v", c, err)
		}
		if _, err := o.store.Chats().Get(ctx, from.String()); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the old chat: %v", err)
		}
		if m, err := o.store.Outbox().Get(ctx, "queued"); err != nil || m.Chat != to {
			t.Errorf("%+v, %v", m, err)
		}
	}
}

func TestReachOfNews(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	for _, who := range []string{"ani", "budi", "cici", "dodi"} {
		p, err := o.Identify(ctx, private(who))
		if err != nil {
			t.Fatal(err)
		}
		by := app.Actor{Person: p, Chat: "web:" + who, Inbound: "in:" + who}
		for _, n := range []string{"1", "2"} {
			if _, err := o.Submit(ctx, by, draft(who+n, event.BoothNone)); err != nil {
				t.Fatal(err)
			}
		}
		switch who {
		case "budi":
			_, err = o.Stop(ctx, by)
		case "cici":
			err = o.MarkBlocked(ctx, private(who).Chat, p.ID)
		case "dodi":
			for _, n := range []string{"1", "2"} {
				if _, err = o.Cancel(ctx, by, who+n, ""); err != nil {
					break
				}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	now := o.Now()
	for id, p := range map[string]event.Participation{
		"yes":       {Audience: event.Koperasi, InvitedAt: &now, Reply: event.Reply{Answer: event.Delegated}, Email: "a@b.id"},
		"silent":    {Audience: event.Koperasi, InvitedAt: &now},
		"no":        {Audience: event.Koperasi, InvitedAt: &now, Reply: event.Reply{Answer: event.No}},
		"uninvited": {Audience: event.Koperasi},
		"mourning":  {Audience: event.Koperasi, InvitedAt: &now, Closed: event.Grieving},
		"official":  {Audience: event.Official, InvitedAt: &now, Phone: "+6281"},
	} {
		p.ID, p.EventID, p.PersonID, p.Code = event.ParticipationID(eventID, id), eventID, id, id
		if err := o.store.Participations().Save(ctx, &p); err != nil {
			t.Fatal(err)
		}
	}
	e, err := o.Event(ctx, eventID)
	if err != nil {
		t.Fatal(err)
	}
	// budi and cici left a number: they are rung. dodi cancelled, which is a no.
	want := app.Reach{Registered: 3, Confirmed: 1, Invited: 1, Officials: 1, Declined: 2, Chat: 1, Email: 1, Calls: 2, Unreachable: 1}
	if got, err := o.ReachOf(ctx, e, func(channel.Name) bool { return true }); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestSecondIdentity: WhatsApp first knows somebody by their number, later by
// their LID: one person, one account.
func TestSecondIdentity(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	in := channel.Inbound{
		ID: "1", Chat: channel.Chat{Channel: channel.WhatsApp, ID: "6281234567890@s.whatsapp.net"}, Kind: channel.Text, Text: "halo",
		Sender: channel.Sender{ID: "6281234567890@s.whatsapp.net", Name: "Siti", Phone: "+6281234567890"},
	}
	before, err := o.Identify(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	in.ID, in.Chat.ID, in.Sender.ID, in.Sender.AltID = "2", "77001@lid", "77001@lid", "6281234567890@s.whatsapp.net"
	for range 2 {
		after, err := o.Identify(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		if after.ID != before.ID || len(after.Accounts) != 1 || after.Accounts[0].Key != "whatsapp:77001@lid" || after.PrivateChat() != "whatsapp:77001@lid" {
			t.Errorf("then it is %+v", after)
		}
	}
}
