package wafake_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// clock is a server's clock that a test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Now().UnixNano())
	return c
}

func (c *clock) Now() time.Time       { return time.Unix(0, c.at.Load()) }
func (c *clock) move(d time.Duration) { c.at.Add(int64(d)) }

func TestReachout(t *testing.T) {
	t.Parallel()
	clock := newClock()
	srv := serve(t, wafake.Options{Now: clock.Now})
	warm := srv.AddPerson("6281210000000", "Warga")
	c, account := linked(t, srv)
	warm.Send(account, "halo")
	c.message()
	srv.Faults().Reachout(2, time.Hour, true)
	send := func(i int) error {
		p := srv.AddPerson(fmt.Sprintf("62812%07d", i), "Orang")
		_, err := c.SendMessage(deadline(t), p.PN(), &waE2E.Message{Conversation: proto.String("Undangan")},
			whatsmeow.SendRequestExtra{ID: fmt.Sprintf("R%d", i)})
		return err
	}
	must(t, send(1))
	must(t, send(2))
	if err := send(3); !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.Contains(err.Error(), "463") {
		t.Errorf("the third cold message: %v", err)
	}
	lock := expect[*events.NotifyAccountReachoutTimelock](c)
	if !lock.IsActive || lock.TimeEnforcementEnds.Unix() != clock.Now().Add(time.Hour).Unix() {
		t.Errorf("timelock %+v", lock)
	}
	if send(4) == nil {
		t.Error("a cold message passed during the restriction")
	}
	must(t, send(1)) // the same message as before
	c.text(warm, "halo juga", "W1")
	next(t, warm)
	clock.move(time.Hour)
	must(t, send(4))
	refused := 0
	for _, e := range srv.Sent() {
		if e.Error == 463 {
			refused++
		}
		if e.Cold == (e.To == warm.Phone()) {
			t.Errorf("cold or warm: %+v", e)
		}
	}
	if refused != 2 {
		t.Errorf("%d messages were refused", refused)
	}
	if n := len(srv.AddPerson(fmt.Sprintf("62812%07d", 3), "Orang").Inbox()); n != 0 {
		t.Errorf("the refused message arrived %d times", n)
	}
}

func TestEndsOfConnections(t *testing.T) {
	t.Parallel()
	t.Run("temporary ban", func(t *testing.T) {
		t.Parallel()
		clock := newClock()
		srv := serve(t, wafake.Options{Now: clock.Now})
		c, account := linked(t, srv)
		must(t, srv.Settle(deadline(t)))
		srv.Faults().TemporaryBan(int(events.TempBanSentToTooManyPeople), 2*time.Hour)
		if b := expect[*events.TemporaryBan](c); b.Code != events.TempBanSentToTooManyPeople || b.Expire != 2*time.Hour {
			t.Errorf("ban %+v", b)
		}
		clock.move(2 * time.Hour)
		c.Disconnect()
		c.start()
		must(t, account.Connected(deadline(t)))
	})
	t.Run("logged out", func(t *testing.T) {
		t.Parallel()
		srv := serve(t, wafake.Options{})
		c, account := linked(t, srv)
		must(t, srv.Settle(deadline(t)))
		srv.Faults().LogOut(account)
		if e := expect[*events.LoggedOut](c); e.OnConnect {
			t.Errorf("logged out %+v", e)
		}
	})
	t.Run("logged out while away", func(t *testing.T) {
		t.Parallel()
		srv := serve(t, wafake.Options{})
		c, account := linked(t, srv)
		must(t, srv.Settle(deadline(t)))
		c.Disconnect()
		srv.Faults().LogOut(account)
		must(t, c.Connect())
		if e := expect[*events.LoggedOut](c); !e.OnConnect || e.Reason != events.ConnectFailureLoggedOut {
			t.Errorf("logged out %+v", e)
		}
	})
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		srv := serve(t, wafake.Options{})
		c, _ := linked(t, srv)
		must(t, srv.Settle(deadline(t)))
		srv.Faults().Replace()
		expect[*events.StreamReplaced](c)
	})
	t.Run("replaced by a second login", func(t *testing.T) {
		t.Parallel()
		srv := serve(t, wafake.Options{})
		account := srv.NewAccount(officePhone)
		device, err := account.NewPairedDevice(deadline(t), container(t))
		must(t, err)
		first := newClient(t, srv, device)
		first.start()
		must(t, srv.Settle(deadline(t)))
		second := newClient(t, srv, device)
		second.start()
		expect[*events.StreamReplaced](first)
		if n := account.Logins(); n != 1 {
			t.Errorf("%d logins", n)
		}
	})
	t.Run("outdated", func(t *testing.T) {
		t.Parallel()
		srv := serve(t, wafake.Options{})
		c, account := linked(t, srv)
		must(t, srv.Settle(deadline(t)))
		srv.Faults().Outdated(true)
		expect[*events.ClientOutdated](c)
		srv.Faults().Outdated(false)
		c.Disconnect()
		c.start()
		must(t, account.Connected(deadline(t)))
	})
}

// TestDrops: what was sent while the client was away, or not acknowledged, comes
// when it is back; what the client sent again is shown once.
func TestDrops(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	must(t, srv.Settle(deadline(t)))
	srv.Faults().Drop()
	expect[*events.Disconnected](c)
	id := siti.Send(account, "masih ada?")
	expect[*events.Connected](c)
	if m := c.message(); m.Info.ID != id {
		t.Errorf("got %+v", m.Info)
	}
	must(t, srv.Settle(deadline(t)))

	// The first message to somebody makes the client ask something besides: two
	// that wait for a reconnect at once would race inside whatsmeow.
	c.text(siti, "Ya", "D0")
	next(t, siti)
	must(t, srv.Settle(deadline(t)))
	srv.Faults().LoseAcks(1)
	c.text(siti, "Silakan", "D1") // the client repeats it by itself
	got := next(t, siti)
	must(t, siti.WaitUntil(deadline(t), func(inbox []wafake.Message) bool { return inbox[1].Copies == 2 }))
	if got.ID != "D1" || len(siti.Inbox()) != 2 {
		t.Errorf("Siti has %+v", siti.Inbox())
	}
	must(t, srv.Settle(deadline(t)))
	srv.Faults().DropMessages(1)
	c.text(siti, "Ada lagi?", "D2")
	if got := next(t, siti); got.ID != "D2" || got.Copies != 1 {
		t.Errorf("Siti got %+v", got)
	}
	// The same ID, sealed anew.
	c.text(siti, "Ada lagi?", "D2")
	must(t, siti.WaitUntil(deadline(t), func(inbox []wafake.Message) bool {
		return len(inbox) == 3 && inbox[2].Copies == 2
	}))
	c.text(siti, "Terima kasih", "D3")
	if got := next(t, siti); got.ID != "D3" {
		t.Errorf("Siti got %+v", got)
	}
}

// TestFailedHandler: a message that the client could not handle is not
// acknowledged, and comes again.
func TestFailedHandler(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	must(t, srv.Settle(deadline(t)))
	c.mu.Lock()
	c.fail = 1
	c.mu.Unlock()
	id := siti.Send(account, "daftar")
	siti.Send(account, "lagi") // acknowledged on its own
	if m := c.message(); m.Message.GetConversation() != "lagi" {
		t.Errorf("got %v", m.Message)
	}
	if n := account.Pending(); n == 0 {
		t.Error("the failed message is acknowledged")
	}
	srv.Faults().Drop()
	if m := c.message(); m.Info.ID != id {
		t.Errorf("got %v", m.Message)
	}
}

func TestSlowAndDuplicate(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	must(t, srv.Settle(deadline(t)))
	srv.Faults().Slow(50 * time.Millisecond)
	srv.Faults().Duplicate(1)
	siti.Send(account, "satu")
	siti.Send(account, "dua")
	if m := c.message(); m.Message.GetConversation() != "satu" {
		t.Errorf("got %v", m.Message)
	}
	if m := c.message(); m.Message.GetConversation() != "dua" {
		t.Errorf("got %v", m.Message)
	}
	must(t, srv.Settle(deadline(t)))
	if n := count[*events.Message](c); n != 2 { // the client knows the ciphertext
		t.Errorf("%d messages came", n)
	}
	if n := account.Pending(); n != 0 {
		t.Errorf("%d stanzas are left", n)
	}
}

// TestRepeat: under one ID a message can come twice, through the sender's
// second attempt, and through the own phone.
func TestRepeat(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	account.AnswerResends(true)
	srv.Faults().Repeat(1)
	id := siti.Send(account, "daftar")
	for range 2 {
		if m := c.message(); m.Info.ID != id || m.Message.GetConversation() != "daftar" {
			t.Errorf("got %+v", m.Info)
		}
	}
	c.text(siti, "Baik", "A1") // begins a session with the own phone
	srv.Faults().Undecryptable(1)
	id = siti.Send(account, "Siti Aminah")
	byPhone := 0
	for range 2 {
		m := c.message()
		for m.Message.GetProtocolMessage() != nil {
			m = c.message() // the envelope of the phone's answer
		}
		if m.Info.ID != id || m.Message.GetConversation() != "Siti Aminah" || m.Info.Sender.ToNonAD() != siti.LID() {
			t.Errorf("got %+v", m.Info)
		}
		if m.UnavailableRequestID != "" {
			byPhone++
		}
	}
	if requests := account.Requests(); byPhone != 1 || len(requests) != 1 {
		t.Errorf("%d came from the phone, which was asked for %v", byPhone, requests)
	}
}

// TestUndecryptable: the client asks for a damaged message again and gets it.
func TestUndecryptable(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	for damaged := 1; damaged <= 2; damaged++ { // the second time its receipt carries keys
		srv.Faults().Undecryptable(damaged)
		id := siti.Send(account, "daftar")
		if e := expect[*events.UndecryptableMessage](c); e.Info.ID != id {
			t.Errorf("undecryptable %+v", e.Info)
		}
		if m := c.message(); m.Info.ID != id || m.Message.GetConversation() != "daftar" {
			t.Errorf("got %+v", m.Info)
		}
		if s := siti.Status(id); s.Retries != damaged {
			t.Errorf("status %+v", s)
		}
	}
	c.text(siti, "Baik", "U1")
	if got := next(t, siti); got.Text != "Baik" {
		t.Errorf("Siti got %+v", got)
	}
	must(t, srv.Settle(deadline(t)))
}

// TestDeaf: a person's phone asks the client for a message again, also after it
// was replaced by another phone.
func TestDeaf(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	siti.Send(account, "daftar")
	c.message()
	for attempts := 1; attempts <= 3; attempts++ {
		srv.Faults().Deaf(attempts)
		id := fmt.Sprintf("X%d", attempts)
		c.text(siti, "Nama Anda?", id)
		if got := next(t, siti); got.ID != id || got.Text != "Nama Anda?" || got.Copies != 1 {
			t.Errorf("Siti got %+v", got)
		}
	}
	must(t, srv.Settle(deadline(t)))
	siti.NewPhone()
	expect[*events.IdentityChange](c)
	c.text(siti, "Ponsel baru?", "N1")
	if got := next(t, siti); got.Text != "Ponsel baru?" {
		t.Errorf("Siti got %+v", got)
	}
	siti.Send(account, "Ya")
	if m := c.message(); m.Message.GetConversation() != "Ya" {
		t.Errorf("got %v", m.Message)
	}
}

// TestOffline: nothing is delivered to a phone without a network.
func TestOffline(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, _ := linked(t, srv)
	siti.SetOnline(false)
	c.text(siti, "Undangan", "O1")
	if n := len(siti.Inbox()); n != 0 {
		t.Errorf("%d messages without a network", n)
	}
	siti.SetOnline(true)
	if got := next(t, siti); got.ID != "O1" {
		t.Errorf("Siti got %+v", got)
	}
	if r := expect[*events.Receipt](c); r.MessageIDs[0] != "O1" {
		t.Errorf("receipt %+v", r)
	}
	// A note to oneself.
	_, err := c.SendMessage(deadline(t), srv.NewAccount(officePhone).PN(), &waE2E.Message{Conversation: proto.String("catatan")})
	must(t, err)
	// Somebody who is not on WhatsApp, and somebody who has left.
	if _, err := c.SendMessage(deadline(t), types.NewJID("6281999999999", types.DefaultUserServer),
		&waE2E.Message{Conversation: proto.String("Undangan")}); err == nil {
		t.Error("a message to a number that is not on WhatsApp was sent")
	}
	srv.Absent(siti.Phone())
	if _, err := c.SendMessage(deadline(t), siti.PN(), &waE2E.Message{Conversation: proto.String("Undangan")}); err == nil {
		t.Error("a message to somebody who has left was sent")
	}
}
