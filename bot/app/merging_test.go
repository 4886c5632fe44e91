package app_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// two makes somebody who writes and registered, and the same person on a list
// under another number, invited and asked to stop.
func two(t *testing.T) (h *house, keep, other *event.Person, code string) {
	t.Helper()
	h = open(t)
	keep = h.meets("siti", "1", "")
	h.registers(keep, "d1", "Keripik", "2")
	h.imports("Ibu Siti Aminah,ukm,Keripik Talas,081277776666,siti@x.id,\n")
	h.imports("Tamu Lain,ukm,Toko,081277775555,,\n")
	other = h.meets("", "2", "+6281277776666")
	h.registers(other, "d2", "Batik", "3")
	h.must(h.store.Chats().Save(h.ctx(), &storage.Chat{ID: "telegram:2", PersonID: other.ID}))
	by := h.by()
	by.Person = other
	if _, err := h.Stop(h.ctx(), by); err != nil {
		t.Fatal(err)
	}
	code = h.guests()["Siti Aminah"].Code
	return h, keep, other, code
}

func merged(t *testing.T, h *house, keep, other *event.Person, code string) {
	t.Helper()
	p, err := h.store.People().Get(h.ctx(), keep.ID)
	h.must(err)
	if len(p.Accounts) != 2 || p.Account("telegram:2") == nil || p.Phone != "+6281277776666" || p.Email != "siti@x.id" || p.StoppedAt == nil {
		t.Errorf("person: %+v", p)
	}
	if _, err := h.store.People().Get(h.ctx(), other.ID); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the other one is still there: %v", err)
	}
	g, err := h.GuestByCode(h.ctx(), code)
	if err != nil || g.PersonID != keep.ID || g.Reply.Heads != 5 || g.Email != "siti@x.id" {
		t.Errorf("by the old link: %+v, %v", g, err)
	}
	if n := len(h.guests()); n != 2 {
		t.Errorf("%d guests", n)
	}
	regs, err := h.Active(h.ctx(), h.e.ID, keep.ID)
	if err != nil || len(regs) != 2 {
		t.Errorf("%d registrations, %v", len(regs), err)
	}
	if c, err := h.store.Chats().Get(h.ctx(), "telegram:2"); err != nil || c.PersonID != keep.ID {
		t.Errorf("chat: %+v, %v", c, err)
	}
	if again := h.meets("", "2", "+6281277776666"); again.ID != keep.ID {
		t.Errorf("the other account is now %s", again.ID)
	}
}

func TestMergeMakesOneOfTwo(t *testing.T) {
	t.Parallel()
	h, keep, other, code := two(t)
	for range 2 {
		if _, err := h.Merge(h.ctx(), h.by(), keep.ID, other.ID); err != nil {
			t.Fatal(err)
		}
		merged(t, h, keep, other, code)
	}
	if _, err := h.Merge(h.ctx(), h.by(), keep.ID, keep.ID); !errors.Is(err, app.ErrSamePerson) {
		t.Errorf("with oneself: %v", err)
	}
}

// TestMergeSurvivesACrashAnywhere stops a merge before every one of its writes
// in turn, and lets it be run again.
func TestMergeSurvivesACrashAnywhere(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		h, keep, other, code := two(t)
		ctx, cancel := context.WithCancel(h.ctx())
		n := 0
		h.beforeWrite = func() {
			if n++; n == at {
				cancel()
			}
		}
		by := h.by()
		_, err := h.Merge(ctx, by, keep.ID, other.ID)
		cancel()
		h.beforeWrite = func() {}
		if n < at {
			if at < 15 {
				t.Errorf("a merge has %d writes only", n)
			}
			return
		}
		if err == nil && at < 15 { // the very last write may be through already
			t.Fatalf("stopped at write %d without an error", at)
		}
		if _, err := h.Merge(h.ctx(), by, keep.ID, other.ID); err != nil {
			t.Fatalf("after write %d: %v", at, err)
		}
		merged(t, h, keep, other, code)
		if t.Failed() {
			t.Fatalf("stopped at write %d", at)
		}
	}
}

// TestMergeTakesInWhoWroteMeanwhile: the account is free for a moment, and its
// owner writes in that moment.
func TestMergeTakesInWhoWroteMeanwhile(t *testing.T) {
	t.Parallel()
	h, keep, other, code := two(t)
	ctx, cancel := context.WithCancel(h.ctx())
	defer cancel()
	h.beforeWrite = func() {
		if _, err := h.store.People().Get(h.ctx(), other.ID); errors.Is(err, storage.ErrNotFound) {
			cancel()
		}
	}
	by := h.by()
	if _, err := h.Merge(ctx, by, keep.ID, other.ID); err == nil {
		t.Fatal("not stopped")
	}
	h.beforeWrite = func() {}
	stray := h.meets("", "2", "")
	if stray.ID == keep.ID || stray.ID == other.ID {
		t.Fatalf("no gap: %s", stray.ID)
	}
	if _, err := h.Merge(h.ctx(), by, keep.ID, other.ID); err != nil {
		t.Fatal(err)
	}
	merged(t, h, keep, other, code)
}

func TestOnlyTheLeadMergesStaff(t *testing.T) {
	t.Parallel()
	h := open(t)
	lead, mallory := h.meets("rina", "1", ""), h.meets("mallory", "2", "")
	if _, err := h.UpdatePerson(h.ctx(), lead.ID, func(p *event.Person) { p.Role = event.Lead }); err != nil {
		t.Fatal(err)
	}
	by := h.by()
	by.Person = &event.Person{ID: mallory.ID, Role: event.Member}
	for _, pair := range [][2]string{{lead.ID, mallory.ID}, {mallory.ID, lead.ID}} {
		if _, err := h.Merge(h.ctx(), by, pair[0], pair[1]); !errors.Is(err, app.ErrMergeStaff) {
			t.Errorf("%v: %v", pair, err)
		}
	}
}

func TestOpenLinkBindsTheGuestOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Dedi,koperasi,Makmur,081234567890,,\n")
	g := h.guests()["Dedi"]
	opens := func(id string) (*event.Participation, bool, *event.Person) {
		p := h.meets("", id, "")
		by := h.by()
		by.Person, by.Chat = p, channel.Chat{Channel: channel.Telegram, ID: id}.String()
		part, own, err := h.OpenLink(h.ctx(), by, g.Code)
		h.must(err)
		return part, own, p
	}
	part, own, dedi := opens("1")
	if !own || part.PersonID != dedi.ID || part.Name != "Dedi" || len(h.guests()) != 1 {
		t.Fatalf("%v %+v", own, part)
	}
	if _, own, _ := opens("1"); !own {
		t.Error("the second time the link is somebody else's")
	}
	if part, own, _ := opens("2"); own || part.PersonID != dedi.ID {
		t.Error("a link that was passed on takes the guest over")
	}
	if _, _, err := h.OpenLink(h.ctx(), h.lead, "nothing"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("unknown code: %v", err)
	}
	if p := h.plan("Dedi,koperasi,Makmur,081234567890,,\n"); p.Counts[app.StandsAlready] != 1 {
		t.Errorf("the list again: %+v", p.Counts)
	}
}

func TestMergeKeepsTheLaterAnswer(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Dedi,koperasi,Makmur,081234567890,,\nDedi S,koperasi,Jaya,081234567891,,\n")
	a, b := h.guests()["Dedi"], h.guests()["Dedi S"]
	for i, p := range []*event.Participation{a, b} {
		h.clock.Set(h.Now().Add(time.Hour))
		if _, err := h.Answer(h.ctx(), h.by(), p.ID, event.Reply{Answer: event.Yes, Heads: i + 1, Source: "telepon"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Merge(h.ctx(), h.by(), a.PersonID, b.PersonID); err != nil {
		t.Fatal(err)
	}
	if got := h.guests()["Dedi"]; len(h.guests()) != 1 || got.Reply.Heads != 2 || fmt.Sprint(got.Organisation) != "Makmur" {
		t.Errorf("%+v", got)
	}
}
