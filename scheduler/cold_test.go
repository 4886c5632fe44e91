package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func wib(y int, m time.Month, d, hour, minute int) time.Time {
	return time.Date(y, m, d, hour, minute, 0, 0, event.Jakarta)
}

func phone(n int) string { return fmt.Sprintf("+62812%07d", n) }

// bubble runs a test in which the process clock costs nothing.
func bubble(t *testing.T, run func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, run)
}

// TestStrangersInFull is issue 4's drill: 1,000 invitations, 5 of 100 numbers
// not on WhatsApp, and a 463 after the twelfth stranger.
func TestStrangersInFull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		wa := channeltest.WhatsAppOptions{Limit: 12, Lock: 60 * time.Hour, Announce: true}
		for n := range 1000 {
			if n%20 == 3 {
				wa.Absent = append(wa.Absent, phone(n))
			}
		}
		o := newBureau(t, wib(2026, 11, 26, 9, 0), wa) // a Thursday
		defer func() { o.stop() }()
		lead, second := o.lead()
		o.newEvent(lead, wib(2027, 1, 14, 8, 0))
		guests := make([]*event.Participation, 1000)
		for n := range guests {
			guests[n] = o.guest(fmt.Sprintf("%04d", n), func(g *event.Participation, _ *event.Person) {
				g.Phone = phone(n)
				if n%2 == 0 {
					g.Email = fmt.Sprintf("tamu%d@contoh.id", n)
				}
			})
		}
		outlook, err := o.app.ColdOutlookOf(t.Context(), o.event, []event.Audience{event.UKM}, o.clock.Now(), func(channel.Name) bool { return true })
		o.must(err)
		// Thursday, Friday, Monday to Wednesday 5 each, then Thursday and Friday 10.
		if outlook.N != 1000 || outlook.Fit != 45 || outlook.Email != 500 || outlook.Call != 455 || outlook.Now != 5 {
			t.Errorf("outlook: %+v", outlook)
		}
		b := o.invite(lead, second, o.clock.Now())
		o.settle()
		if n := len(o.mail.Sent()); n != 500 {
			t.Errorf("%d e-mails went out at once", n)
		}
		o.until(wib(2026, 11, 27, 16, 30))
		if n := len(o.wa.Strangers()); n != 10 {
			t.Errorf("%d strangers in two days of 5", n)
		}
		o.restart()
		o.until(wib(2026, 11, 30, 16, 30)) // no weekend; the 463 comes on Monday
		o.until(wib(2026, 12, 3, 16, 0))   // over again on Thursday
		refused := o.wa.Refusals()
		if len(refused) != 1 || !refused[0].Cold {
			t.Fatalf("refused: %+v", refused)
		}
		if at := refused[0].At.In(event.Jakarta); at.Day() != 30 || len(o.wa.Strangers()) < 12 {
			t.Errorf("refused at %s after %d", at, len(o.wa.Strangers()))
		}
		o.until(wib(2026, 12, 5, 8, 30)) // H-40, before its stage begins
		o.restart()
		o.settle()
		checkStrangers(t, o, guests, wa.Absent, refused[0].Chat)
		if b, err = o.app.Broadcast(t.Context(), b.ID); err != nil || b.Status != storage.BroadcastFinished {
			t.Errorf("broadcast: %s, %v", b.Status, err)
		}
		said := 0
		for _, s := range o.tg.SentTo(channel.Chat{Channel: channel.Telegram, ID: "-100"}) {
			if strings.Contains(s.Plain(), "membatasi nomor kita") || strings.Contains(s.Plain(), "sudah berakhir") {
				said++
			}
		}
		if said != 2 {
			t.Errorf("the team heard of the restriction %d times, not at its beginning and end", said)
		}
		for _, asked := range o.wa.Lookups() {
			if len(asked) > 20 {
				t.Errorf("%d numbers asked at a time", len(asked))
			}
		}
	})
}

// checkStrangers: everybody was reached in exactly one way, nobody absent was
// written to, and nobody refused was written to again.
func checkStrangers(t *testing.T, o *bureau, guests []*event.Participation, absent []string, refused channel.Chat) {
	t.Helper()
	attempts := map[string]int{}
	for _, s := range o.wa.Attempts() {
		attempts[s.Chat.ID]++
	}
	mails := map[string]int{}
	for _, s := range o.mail.Sent() {
		mails[s.Chat.ID]++
	}
	var chats, letters, calls int
	for _, g := range guests {
		chat := o.wa.Chat(g.Phone)
		now := o.reload(g)
		switch {
		case attempts[chat.ID] > 1 || mails[g.Email] > 1:
			t.Errorf("%s: %d attempts on WhatsApp, %d e-mails", g.ID, attempts[chat.ID], mails[g.Email])
		case chat != refused && attempts[chat.ID] == 1:
			chats++
			if now.Cold != event.ColdSent || now.InvitedAt == nil || now.Call != event.NoCall || mails[g.Email] != 0 || slices.Contains(absent, g.Phone) {
				t.Errorf("%s was written to, and is %+v with %d e-mails", g.ID, now, mails[g.Email])
			}
		case g.Email != "":
			letters++
			if mails[g.Email] != 1 || now.InvitedAt == nil || now.Via != "email" {
				t.Errorf("%s got no e-mail: %+v", g.ID, now)
			}
		default:
			calls++
			if now.Call != event.CallDue || now.InvitedAt != nil {
				t.Errorf("%s is not on the call list: %+v", g.ID, now)
			}
		}
	}
	t.Logf("WhatsApp %d, e-mail %d, call list %d", chats, letters, calls)
	if chats < 12 || chats+letters+calls != len(guests) {
		t.Errorf("WhatsApp %d, e-mail %d, call list %d", chats, letters, calls)
	}
}

// TestStrangerAnswers: whoever answers is warm from then on, gets the files
// once, and reminders; whoever does not gets none by itself.
func TestStrangerAnswers(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		t.Run(fmt.Sprintf("hidden=%t", hidden), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := newBureau(t, wib(2026, 11, 25, 9, 0), channeltest.WhatsAppOptions{HideNumbers: hidden})
				defer func() { o.stop() }()
				lead, second := o.lead()
				o.newEvent(lead, wib(2027, 1, 14, 8, 0))
				var guests []*event.Participation
				for n := range 3 {
					guests = append(guests, o.guest(fmt.Sprint(n), func(g *event.Participation, _ *event.Person) { g.Phone = phone(n) }))
				}
				o.must(o.store.Media().Put(t.Context(), storage.Blob{ID: "letter", Name: "undangan.pdf", MIME: "application/pdf", At: o.clock.Now()}, []byte("%PDF")))
				o.invite(lead, second, o.clock.Now(), channel.File{Blob: "letter", Name: "undangan.pdf", MIME: "application/pdf"})
				o.settle()
				o.until(wib(2026, 11, 26, 16, 0))
				first := o.wa.Sent()
				if len(first) != 3 {
					t.Fatalf("%d first contacts", len(first))
				}
				for _, s := range first {
					if s.Message.File != nil || !strings.Contains(s.Plain(), "(021) 87929919") || !strings.Contains(s.Plain(), "APK") || !strings.Contains(s.Plain(), "OTP") {
						t.Errorf("a first contact: %+v", s.Message)
					}
				}
				o.clock.Set(wib(2026, 11, 27, 9, 0))
				o.must(o.wa.Receive(t.Context(), o.wa.Wrote(phone(1), "Siti", "insya Allah hadir, 2 orang")))
				o.settle()
				o.restart()
				o.settle()
				files := 0
				for _, s := range o.wa.SentTo(o.wa.Chat(phone(1))) {
					if s.Message.File != nil && string(s.Message.File.Data) == "%PDF" {
						files++
					}
				}
				g := o.reload(guests[1])
				if files != 1 || g.Reply.Answer != event.Yes || g.Reply.Heads != 2 || g.Cold != event.ColdWarm {
					t.Errorf("%d files for %+v", files, g)
				}
				o.until(wib(2027, 1, 13, 12, 0))
				got := map[int]int{}
				for n := range 3 {
					got[n] = len(o.wa.SentTo(o.wa.Chat(phone(n))))
				}
				// Invitation, echo, file, H-14, H-7, H-1: a yes of less than ten days needs no H-40.
				if got[0] != 1 || got[2] != 1 || got[1] < 5 {
					t.Errorf("messages on WhatsApp: %v", got)
				}
				if o.reload(guests[0]).Call != event.CallDue {
					t.Error("who stays a stranger is not on the call list")
				}
			})
		})
	}
}

// TestBanHoldsAll: during a temporary ban nothing goes out on that network,
// over a restart too; then all of it does, once. Other networks go on.
func TestBanHoldsAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newBureau(t, wib(2026, 11, 25, 9, 0), channeltest.WhatsAppOptions{})
		defer func() { o.stop() }()
		lead, second := o.lead()
		o.newEvent(lead, wib(2027, 1, 14, 8, 0))
		for n := range 6 {
			o.guest(fmt.Sprint(n), func(g *event.Participation, p *event.Person) {
				in := o.wa.Wrote(phone(n), "x", "x")
				if n%2 == 1 {
					in.Chat = channel.Chat{Channel: channel.Telegram, ID: fmt.Sprint(n)}
					in.Sender.ID = in.Chat.ID
				}
				p.Accounts = []event.Account{{Key: event.AccountKey(string(in.Chat.Channel), in.Sender.ID), Chat: in.Chat.String()}}
			})
		}
		o.wa.Ban(wib(2026, 11, 25, 15, 0))
		o.invite(lead, second, o.clock.Now())
		o.settle()
		o.restart()
		o.until(wib(2026, 11, 25, 14, 59))
		if n := len(o.wa.Sent()); n != 0 {
			t.Errorf("%d went out during the ban", n)
		}
		guests := 0
		for _, s := range o.tg.Sent() {
			if len(s.Chat.ID) == 1 {
				guests++
			}
		}
		if guests != 3 {
			t.Errorf("%d of 3 went out over Telegram", guests)
		}
		if n := len(o.wa.Refusals()); n > 3 {
			t.Errorf("a banned account tried %d times", n)
		}
		o.until(wib(2026, 11, 25, 15, 30))
		o.settle()
		if n := len(o.wa.Sent()); n != 3 {
			t.Errorf("%d of 3 went out after it", n)
		}
	})
}

// TestStrangersLeaveTheLine: who writes while waiting is invited at once and
// as an acquaintance; a cancelled sending empties the line; a number that was
// contacted is not contacted for another event.
func TestStrangersLeaveTheLine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newBureau(t, wib(2026, 11, 25, 9, 0), channeltest.WhatsAppOptions{})
		defer func() { o.stop() }()
		lead, second := o.lead()
		o.newEvent(lead, wib(2027, 1, 14, 8, 0))
		var guests []*event.Participation
		for n := range 8 {
			guests = append(guests, o.guest(fmt.Sprint(n), func(g *event.Participation, _ *event.Person) { g.Phone = phone(n) }))
		}
		b := o.invite(lead, second, o.clock.Now())
		o.until(wib(2026, 11, 25, 16, 0))
		if n := len(o.wa.Strangers()); n != 5 {
			t.Fatalf("%d strangers on the first day", n)
		}
		last := guests[7]
		o.must(o.wa.Receive(t.Context(), o.wa.Wrote(last.Phone, "Tamu", "halo")))
		o.settle()
		o.clock.Set(wib(2026, 11, 25, 17, 0)) // no office hours, and none are needed
		o.settle()
		if g := o.reload(last); g.InvitedAt == nil || g.Cold != event.NotCold || len(o.wa.Strangers()) != 5 {
			t.Errorf("who wrote while waiting: %+v", g)
		}
		if _, err := o.app.CancelBroadcast(t.Context(), o.by(lead), b.ID); err != nil {
			t.Fatal(err)
		}
		o.until(wib(2026, 11, 27, 16, 0))
		if n := len(o.wa.Strangers()); n != 5 {
			t.Errorf("%d strangers after the cancellation", n)
		}
		line, err := o.app.ColdWaiting(t.Context(), b)
		if err != nil || len(line) != 0 {
			t.Errorf("%d still wait, %v", len(line), err)
		}
		o.newEvent(lead, wib(2027, 1, 21, 8, 0))
		known, err := o.store.People().Get(t.Context(), guests[0].PersonID)
		o.must(err)
		again := &event.Participation{
			ID: event.ParticipationID(o.event.ID, known.ID), EventID: o.event.ID, PersonID: known.ID, Audience: event.UKM, Name: "x", Phone: guests[0].Phone, Code: "again",
		}
		o.must(o.store.Participations().Save(t.Context(), again))
		o.invite(lead, second, o.clock.Now())
		o.until(wib(2026, 12, 1, 16, 0))
		if g := o.reload(again); g.Cold != event.ColdOver || g.Call != event.CallDue || len(o.wa.Strangers()) != 5 {
			t.Errorf("who was contacted for another event: %+v", g)
		}
	})
}

// TestColdBudgetIsKept: however often it is tried, a day's budget is not
// overdrawn and nobody gets two.
func TestColdBudgetIsKept(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	m.app.UseCold(channel.WhatsApp)
	ctx := t.Context()
	for n := range 40 {
		err := m.app.ClaimCold(ctx, phone(n%20), fmt.Sprintf("row%d", n%20))
		if n%20 < 5 && err != nil {
			t.Errorf("claim %d: %v", n, err)
		}
		if n%20 >= 5 && err == nil {
			t.Errorf("claim %d is over the first week's 5", n)
		}
	}
	if err := m.app.ClaimCold(ctx, phone(1), "another"); !errors.Is(err, app.ErrContacted) {
		t.Errorf("a number twice: %v", err)
	}
	if used, err := m.app.ColdUsed(ctx); err != nil || used != 5 {
		t.Errorf("used %d, %v", used, err)
	}
}
