package whatsapp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// running is an adapter that receives into an inbox until the test ends.
type running struct {
	*Channel
	*channeltest.Inbox
	net   *network
	ctx   context.Context
	stop  func()
	mu    sync.Mutex
	lines []channel.Connection
	told  []channel.Restriction
}

// patience bounds every wait: reaching it is a failure.
const patience = 30 * time.Second

func run(t *testing.T, n *network, change func(*Options)) *running {
	t.Helper()
	r := &running{Inbox: channeltest.NewInbox(), net: n}
	r.Channel = n.channel(t, func(o *Options) {
		o.OnConnection = func(_ context.Context, c channel.Connection) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.lines = append(r.lines, c)
		}
		o.OnRestriction = func(_ context.Context, x channel.Restriction) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.told = append(r.told, x)
		}
		if change != nil {
			change(o)
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	r.ctx = ctx
	receive, stopReceiving := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- r.Run(receive, r.Inbox) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		stopReceiving()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(func() {
		r.stop()
		cancel()
	})
	return r
}

// becomes waits until the line is in a state.
func (r *running) becomes(t *testing.T, want channel.ConnectionState) channel.Connection {
	t.Helper()
	for {
		now, changed := r.line.watch()
		if now.State == want {
			return now
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
			t.Fatalf("the line is %+v, not %s", now, want)
		}
	}
}

// settles waits until the line is up and the library has done what it does
// first: its own store is not safe while a link ends in the middle of that.
func (r *running) settles(t *testing.T) {
	t.Helper()
	r.becomes(t, channel.Online)
	if err := r.net.srv.Settle(r.ctx); err != nil {
		t.Fatal(err)
	}
}

func (r *running) states() []channel.ConnectionState {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []channel.ConnectionState
	for _, c := range r.lines {
		out = append(out, c.State)
	}
	return out
}

func (r *running) waits(t *testing.T, n int) []channel.Inbound {
	t.Helper()
	got, err := r.Wait(r.ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (r *running) sends(t *testing.T, to channel.Chat, m channel.Outbound) string {
	t.Helper()
	id, err := r.Send(r.ctx, to, r.NewMessageID(), m)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (p *person) waits(t *testing.T, ctx context.Context, holds func(wafake.Message) bool) wafake.Message { //nolint:revive // t first
	t.Helper()
	var found wafake.Message
	err := p.WaitUntil(ctx, func(inbox []wafake.Message) bool {
		i := slices.IndexFunc(inbox, holds)
		if i >= 0 {
			found = inbox[i]
		}
		return i >= 0
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func withID(id string) func(wafake.Message) bool {
	return func(m wafake.Message) bool { return m.ID == id }
}

// TestGroup: the team's group, with members whose number nobody sees.
func TestGroup(t *testing.T) {
	t.Parallel()
	n := newNetwork(t).linked()
	r := run(t, n, nil)
	r.becomes(t, channel.Online)
	rina, budi := n.person("Rina"), n.person("Budi")
	budi.HidePhone(true)
	g := n.srv.NewGroup("Tim E-MILE KU", rina, budi, n.account)
	in := r.waits(t, 1)[0]
	if in.Kind != channel.Joined || in.Chat != chatOf(g.JID()) || !in.Group || in.ChatTitle != "Tim E-MILE KU" {
		t.Fatalf("being added came as %+v", in)
	}
	budi.Send(g, "selamat pagi semua")
	budi.Send(g, "/rekap")
	got := r.waits(t, 3)
	for i, want := range []string{"selamat pagi semua", "/rekap"} {
		in := got[i+1]
		if in.Text != want || in.Addressed != (i == 1) || in.Sender.ID != budi.LID().String() || in.Sender.Phone != "" || in.Chat != chatOf(g.JID()) {
			t.Errorf("%q came as %+v", want, in)
		}
	}
	id := r.sends(t, chatOf(g.JID()), channel.Outbound{Text: "*Rekap*: 12", ReplyTo: got[2].MessageID})
	for _, p := range []*person{rina, budi} {
		m := p.waits(t, r.ctx, withID(id))
		if m.Text != "*Rekap*: 12" || m.Group == nil || m.ReplyTo != got[2].MessageID {
			t.Errorf("%s sees %+v", p.Name(), m)
		}
	}
	rina.ReplyTo(rina.Inbox()[len(rina.Inbox())-1], g, "siap")
	if in := r.waits(t, 4)[3]; !in.Addressed || in.ReplyTo == nil || !in.ReplyTo.FromBot || in.Sender.Phone != "+"+rina.Phone() {
		t.Errorf("a reply to us came as %+v", in)
	}
	g.SetSubject("Tim Inti")
	rina.Send(g, "/tugas")
	if in := r.waits(t, 5)[4]; in.ChatTitle != "Tim Inti" {
		t.Errorf("after renaming: %+v", in)
	}
	g.Remove(n.account)
	if in := r.waits(t, 6)[5]; in.Kind != channel.Left || in.ChatTitle != "Tim Inti" {
		t.Errorf("being removed came as %+v", in)
	}
}

// TestReceipts: how far a message got, and that ours are marked as read.
func TestReceipts(t *testing.T) {
	t.Parallel()
	n := newNetwork(t).linked()
	r := run(t, n, nil)
	siti := n.person("Siti")
	asked := siti.Send(n.account, "daftar")
	r.waits(t, 1)
	if err := siti.WaitRead(r.ctx, asked); err != nil {
		t.Error(err)
	}
	id := r.sends(t, siti.Chat(), channel.Outbound{Text: "Selamat datang."})
	siti.Read(siti.waits(t, r.ctx, withID(id)))
	for {
		changed := n.srv.Changed()
		got := r.Receipts()
		if len(got) > 0 && got[len(got)-1].State == channel.Read {
			first, last := got[0], got[len(got)-1]
			if first.State != channel.Delivered || first.MessageID != id || last.MessageID != id || last.Chat != siti.Chat() {
				t.Errorf("receipts %+v", got)
			}
			break
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond): // the client is not done with the server's last word
		case <-r.ctx.Done():
			t.Fatalf("receipts %+v", r.Receipts())
		}
	}
}

// TestReachout: a stranger is refused with 463, and who has written is not.
func TestReachout(t *testing.T) {
	t.Parallel()
	n := newNetwork(t).linked()
	r := run(t, n, nil)
	siti, asep := n.person("Siti"), n.person("Asep")
	siti.Send(n.account, "halo")
	r.waits(t, 1)
	n.srv.Faults().Reachout(0, time.Hour, true)
	_, err := r.Send(r.ctx, asep.Chat(), r.NewMessageID(), channel.Outbound{Text: "Undangan"})
	se := channel.AsSendError(err)
	if se.Restriction == nil || !se.Restriction.ColdOnly || se.Permanent || se.Uncertain || se.RetryAfter != 0 {
		t.Errorf("a stranger: %+v", se)
	}
	r.sends(t, siti.Chat(), channel.Outbound{Text: "Halo juga."})
	for r.ctx.Err() == nil {
		r.mu.Lock()
		told := slices.Clone(r.told)
		r.mu.Unlock()
		if len(told) > 0 {
			if !told[0].ColdOnly || time.Until(told[0].Until) < 50*time.Minute {
				t.Errorf("told %+v", told)
			}
			break
		}
		select {
		case <-n.srv.Changed():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestLookup: who has an account, before they are written to; and a number
// without one is said to be Absent.
func TestLookup(t *testing.T) {
	t.Parallel()
	n := newNetwork(t).linked()
	r := run(t, n, nil)
	siti := n.person("Siti")
	n.srv.Absent("628990000001")
	got, err := r.Lookup(r.ctx, []string{"+" + siti.Phone(), "+628990000001"})
	if err != nil || len(got) != 1 || got["+"+siti.Phone()] != siti.Chat() {
		t.Errorf("Lookup gave %v and %v", got, err)
	}
	byPhone := channel.Chat{Channel: channel.WhatsApp, ID: siti.PN().String()}
	id := r.sends(t, byPhone, channel.Outbound{Text: "Yth. Ibu"})
	siti.waits(t, r.ctx, withID(id))
	_, err = r.Send(r.ctx, channel.Chat{Channel: channel.WhatsApp, ID: "628990000001@s.whatsapp.net"}, r.NewMessageID(), channel.Outbound{Text: "x"})
	if se := channel.AsSendError(err); !se.Absent || !se.Permanent {
		t.Errorf("nobody there: %+v", se)
	}
}

// TestPoll: a question with answers to tap, and the vote as a press.
func TestPoll(t *testing.T) {
	t.Parallel()
	n := newNetwork(t).linked()
	r := run(t, n, nil)
	siti := n.person("Siti")
	siti.Send(n.account, "halo")
	r.waits(t, 1)
	ask := channel.Outbound{Text: "Apakah Ibu hadir?\n\n1. Hadir\n2. Tidak", Poll: &channel.Poll{
		Question: "Apakah Ibu hadir?", Options: []channel.PollOption{{Label: "Hadir", Value: "q|t|ya"}, {Label: "Tidak", Value: "q|t|tidak"}},
	}}
	id := r.sends(t, siti.Chat(), ask)
	if _, err := r.Send(r.ctx, siti.Chat(), id, ask); err != nil { // again, after an answer that never came
		t.Fatal(err)
	}
	poll := siti.waits(t, r.ctx, func(m wafake.Message) bool { return m.Poll != nil })
	if poll.Poll.Question != "Apakah Ibu hadir?" || !slices.Equal(poll.Poll.Choices, []string{"Hadir", "Tidak"}) || len(siti.Inbox()) != 2 {
		t.Errorf("Siti sees %+v in %d messages", poll.Poll, len(siti.Inbox()))
	}
	if _, err := siti.Vote(poll, n.account, "Hadir"); err != nil {
		t.Fatal(err)
	}
	if in := r.waits(t, 2)[1]; in.Kind != channel.Press || in.Text != "q|t|ya" || in.MessageID != poll.ID || in.Sender.ID != siti.UserID() {
		t.Errorf("the vote came as %+v", in)
	}
	if _, err := siti.VoteByNumber(poll, n.account, "Tidak"); err != nil {
		t.Fatal(err)
	}
	if in := r.waits(t, 3)[2]; in.Kind != channel.Press || in.Text != "" {
		t.Errorf("a vote that cannot be read came as %+v", in)
	}
}

// TestDeliveryFaults: duplicates, damaged messages, the office's own phone.
func TestDeliveryFaults(t *testing.T) {
	t.Parallel()
	n := newNetwork(t).linked()
	r := run(t, n, nil)
	siti := n.person("Siti")
	n.srv.Faults().Duplicate(1)
	siti.Send(n.account, "satu")
	r.waits(t, 1)
	n.account.SendFromPhone(siti.Person, "dari ponsel kantor")
	n.srv.Faults().Undecryptable(1)
	siti.Send(n.account, "dua")
	siti.React(siti.waits(t, r.ctx, func(m wafake.Message) bool { return m.Text == "dari ponsel kantor" }), n.account, "👍")
	siti.Send(n.account, "tiga")
	var texts []string
	for _, in := range r.waits(t, 3) {
		texts = append(texts, in.Text)
	}
	slices.Sort(texts)
	if !slices.Equal(texts, []string{"dua", "satu", "tiga"}) || len(r.Offers()) != 3 {
		t.Errorf("got %q in %d offers", texts, len(r.Offers()))
	}
	n.srv.Faults().Deaf(1)
	id := r.sends(t, siti.Chat(), channel.Outbound{Text: "sudah kami terima"})
	siti.waits(t, r.ctx, withID(id))
}

// TestLine: the line breaks in every way that WhatsApp knows.
func TestLine(t *testing.T) {
	t.Parallel()
	t.Run("lost", func(t *testing.T) {
		t.Parallel()
		n := newNetwork(t).linked()
		r := run(t, n, nil)
		r.becomes(t, channel.Online)
		siti := n.person("Siti")
		for i := range 3 {
			n.srv.Faults().Drop()
			siti.Send(n.account, "masih di sana?")
			r.waits(t, i+1)
			r.sends(t, siti.Chat(), channel.Outbound{Text: "masih"})
		}
		if s := r.states(); !slices.Contains(s, channel.Offline) || s[0] != channel.Online {
			t.Errorf("states %v", s)
		}
	})
	t.Run("logged out", func(t *testing.T) {
		t.Parallel()
		n := newNetwork(t).linked()
		r := run(t, n, nil)
		r.settles(t)
		n.srv.Faults().LogOut(n.account)
		r.becomes(t, channel.LoggedOut)
		_, err := r.Send(r.ctx, n.person("Siti").Chat(), r.NewMessageID(), channel.Outbound{Text: "x"})
		if se := channel.AsSendError(err); !se.Everyone || se.RetryAfter == 0 || se.Permanent {
			t.Errorf("a send gave %+v", se)
		}
		if d, err := n.devices.GetFirstDevice(r.ctx); err != nil || d.ID != nil {
			t.Errorf("the device is still there: %v, %v", d.ID, err)
		}
		if _, err := r.Check(r.ctx); err == nil {
			t.Error("Check finds nothing wrong")
		}
		r.pairs(t, "")
		r.becomes(t, channel.Online)
	})
	t.Run("logged out meanwhile", func(t *testing.T) {
		t.Parallel()
		n := newNetwork(t).linked()
		n.srv.Faults().LogOut(n.account)
		run(t, n, nil).becomes(t, channel.LoggedOut)
	})
	t.Run("banned", func(t *testing.T) {
		t.Parallel()
		n := newNetwork(t).linked()
		r := run(t, n, nil)
		r.settles(t)
		n.srv.Faults().TemporaryBan(101, 3*time.Second)
		now := r.becomes(t, channel.Banned)
		if d := time.Until(now.Until); d <= 0 || d > 3*time.Second || !strings.Contains(now.Detail, "101") {
			t.Errorf("banned: %+v", now)
		}
		_, err := r.Send(r.ctx, n.person("Siti").Chat(), r.NewMessageID(), channel.Outbound{Text: "x"})
		if se := channel.AsSendError(err); se.Restriction == nil || se.Restriction.ColdOnly || !se.Restriction.Until.Equal(now.Until) || !se.Everyone {
			t.Errorf("a send gave %+v", se)
		}
		r.mu.Lock()
		if len(r.told) != 1 || r.told[0].ColdOnly || r.told[0].Until.IsZero() {
			t.Errorf("told %+v", r.told)
		}
		r.mu.Unlock()
		r.becomes(t, channel.Online) // by itself, once it is over
	})
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		n := newNetwork(t).linked()
		r := run(t, n, nil)
		r.becomes(t, channel.Online)
		for r.Connection().State != channel.Replaced {
			// The library may not look at what came just before the connection
			// ended; then we are back, and thrown out again.
			n.srv.Faults().Replace()
			select {
			case <-time.After(300 * time.Millisecond):
			case <-r.ctx.Done():
				t.Fatalf("the line is %+v", r.Connection())
			}
		}
		if _, err := r.Link(r.ctx, ""); !errors.Is(err, channel.ErrLinked) {
			t.Errorf("Link gave %v", err)
		}
	})
	t.Run("outdated", func(t *testing.T) {
		t.Parallel()
		n := newNetwork(t).linked()
		n.srv.Faults().Outdated(true)
		run(t, n, nil).becomes(t, channel.Outdated)
	})
}

// pairs links the account: by a QR code, or with phone by a code.
func (r *running) pairs(t *testing.T, phone string) {
	t.Helper()
	steps, err := r.Link(r.ctx, phone)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Link(r.ctx, ""); !errors.Is(err, channel.ErrLinking) {
		t.Errorf("a second Link gave %v", err)
	}
	var last channel.LinkStep
	for s := range steps {
		switch last = s; {
		case s.QR != "":
			if time.Until(s.Until) <= 0 {
				t.Errorf("step %+v", s)
			}
			err = r.net.account.ScanQR(s.QR)
		case s.Code != "":
			err = r.net.account.EnterCode(s.Code)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if last.Account != "+"+botPhone || last.Err != nil {
		t.Fatalf("linking ended with %+v", last)
	}
}

// TestLink: unlinked, linked by QR code, unlinked, linked by number.
func TestLink(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	r := run(t, n, nil)
	r.becomes(t, channel.Unlinked)
	if r.DeepLink("x") != "" {
		t.Error("there is a link to nobody")
	}
	r.pairs(t, "")
	if now := r.becomes(t, channel.Online); now.Detail != "+"+botPhone {
		t.Errorf("online as %+v", now)
	}
	if l := r.DeepLink("daftar_ukm"); l != "https://wa.me/"+botPhone+"?text=Halo%20E-MILE%20KU%2C%20kode%20daftar_ukm" {
		t.Errorf("the link is %s", l)
	}
	siti := n.person("Siti")
	siti.Send(n.account, "Halo E-MILE KU, kode daftar_ukm")
	if in := r.waits(t, 1)[0]; in.Text != "/start daftar_ukm" {
		t.Errorf("the link's text came as %q", in.Text)
	}
	if err := r.Unlink(r.ctx); err != nil {
		t.Fatal(err)
	}
	r.becomes(t, channel.Unlinked)
	if d := n.account.Devices(); len(d) != 0 {
		t.Errorf("WhatsApp still lists devices %v", d)
	}
	r.pairs(t, "+"+botPhone)
	r.becomes(t, channel.Online)
	r.sends(t, siti.Chat(), channel.Outbound{Text: "Kami kembali."})
	if states := r.states(); slices.Contains(states, channel.LoggedOut) {
		t.Errorf("states %v", states)
	}
}

// TestLinkGivenUp: nobody scans.
func TestLinkGivenUp(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	r := run(t, n, nil)
	r.becomes(t, channel.Unlinked)
	ctx, cancel := context.WithCancel(r.ctx)
	steps, err := r.Link(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if s := <-steps; s.QR == "" {
		t.Errorf("first came %+v", s)
	}
	cancel()
	var last channel.LinkStep
	for last = range steps {
	}
	if last.Err == nil || last.Account != "" {
		t.Errorf("last came %+v", last)
	}
	r.becomes(t, channel.Unlinked)
}
