package email

import (
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/channel/email/smtptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var tag = regexp.MustCompile(`<[^>]*>`)

const office = "Diskopukm Kabupaten Bogor <emileku@contoh.go.id>"

// open starts a server and a channel on it.
func open(t *testing.T, o smtptest.Options) (*smtptest.Server, *Channel) {
	t.Helper()
	s := smtptest.Start(t, o)
	return s, connect(t, s, s.URL())
}

func connect(t *testing.T, s *smtptest.Server, url string) *Channel {
	t.Helper()
	c, err := New(Options{
		URL: url, From: office, Subject: "E-MILE KU", StopSubject: "BERHENTI", StopLabel: "Berhenti", TLS: &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.lines.close)
	return c
}

func TestChannel(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Harness {
		return &harness{server: smtptest.Start(t, smtptest.Options{StartTLS: true, Login: true})}
	})
}

// harness is a mail server with mailboxes for channeltest.
type harness struct {
	server *smtptest.Server
	mu     sync.Mutex
	people int
}

func (h *harness) Connect(t *testing.T) channel.Channel {
	t.Helper()
	return connect(t, h.server, h.server.URL())
}

func (h *harness) Person(*testing.T, string) channeltest.Person {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.people++
	return &person{server: h.server, address: fmt.Sprintf("warga%d@contoh.id", h.people)}
}

func (h *harness) FailNext(_ *testing.T, p channeltest.Person, f channeltest.Failure) bool {
	fault := smtptest.Fault{At: smtptest.AtData}
	switch f {
	case channeltest.Refused:
		fault.Code, fault.Text = 554, "5.7.1 looks like spam"
	case channeltest.Broken:
		fault.Code, fault.Text = 451, "4.3.0 out of order"
	case channeltest.NoAnswer:
		fault.Arrives = true
	case channeltest.Blocked, channeltest.TooFast: // SMTP knows no such answer for one person
		return false
	}
	h.server.FailNext(p.UserID(), fault)
	return true
}

// person is a mailbox.
type person struct {
	server  *smtptest.Server
	address string
}

func (p *person) Chat() channel.Chat                             { return chat(p.address) }
func (p *person) UserID() string                                 { return p.address }
func (p *person) Do(*testing.T, channeltest.Deed) (string, bool) { return "", false } // nothing is received
func (p *person) Changed() <-chan struct{}                       { return p.server.Changed() }
func (p *person) Typing() int                                    { return -1 }

func (p *person) Sees(t *testing.T) []channeltest.Seen {
	t.Helper()
	var out []channeltest.Seen
	for _, m := range p.server.Mails(p.address) {
		r := smtptest.Parse(t, m)
		s := channeltest.Seen{
			ID: strings.Trim(r.Header.Get("Message-Id"), "<>"), Text: r.Text,
			Bold: runs(r.HTML, "b"), Italic: runs(r.HTML, "i"), Code: runs(r.HTML, "code"),
		}
		for _, f := range r.Files {
			s.Photo, s.FileName, s.Data = f.Inline, f.Name, f.Data
		}
		out = append(out, s)
	}
	return out
}

// runs are the texts within a tag.
func runs(page, name string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?s)<`+name+`>(.*?)</`+name+`>`).FindAllStringSubmatch(page, -1) {
		out = append(out, html.UnescapeString(tag.ReplaceAllString(m[1], "")))
	}
	return out
}

func chat(address string) channel.Chat { return channel.Chat{Channel: channel.Email, ID: address} }

func send(t *testing.T, c *Channel, to string, m channel.Outbound) error {
	t.Helper()
	_, err := c.Send(t.Context(), chat(to), c.NewMessageID(), m)
	var se *channel.SendError
	if err != nil && !errors.As(err, &se) {
		t.Fatalf("%v (%T) is no SendError", err, err)
	}
	return err
}

// Every kind of connection, with and without a log-in.
func TestSecurity(t *testing.T) {
	t.Parallel()
	for _, o := range []smtptest.Options{{}, {Login: true}, {StartTLS: true}, {StartTLS: true, Login: true}, {TLS: true}, {TLS: true, Login: true}} {
		t.Run(fmt.Sprintf("%+v", o), func(t *testing.T) {
			t.Parallel()
			s, c := open(t, o)
			who, err := c.Check(t.Context())
			if err != nil || !strings.Contains(who, "emileku@contoh.go.id") || strings.Contains(who, "sandi") {
				t.Errorf("Check: %q, %v", who, err)
			}
			if err := send(t, c, "a@contoh.id", channel.Outbound{Text: "halo"}); err != nil {
				t.Error(err)
			}
			if n := len(s.Mails("a@contoh.id")); n != 1 {
				t.Errorf("%d mails arrived", n)
			}
		})
	}
}

// What a wrong setting leads to: no mail is lost over it, all wait.
func TestWrongSetting(t *testing.T) {
	t.Parallel()
	tls := smtptest.Start(t, smtptest.Options{StartTLS: true, Login: true})
	bare := smtptest.Start(t, smtptest.Options{})
	for _, c := range []struct{ name, url, part string }{
		{"password", strings.Replace(tls.URL(), "kantor", "rumah", 1), "535"},
		{"no log-in", strings.Replace(tls.URL(), tls.URL()[7:strings.LastIndex(tls.URL(), "@")+1], "", 1), "530"},
		{"no STARTTLS there", fmt.Sprintf("smtp://127.0.0.1:%d?starttls=required", bare.Port()), "STARTTLS"},
		{"nobody listens", "smtp://127.0.0.1:1", "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ch := connect(t, tls, c.url)
			if _, err := ch.Check(t.Context()); err == nil || !strings.Contains(err.Error(), c.part) || strings.Contains(err.Error(), "sandi") {
				t.Errorf("Check: %v, want %s", err, c.part)
			}
			var se *channel.SendError
			if err := send(t, ch, "a@contoh.id", channel.Outbound{Text: "halo"}); !errors.As(err, &se) || se.Permanent || se.Uncertain {
				t.Errorf("Send: %+v", se)
			}
		})
	}
	untrusted, err := New(Options{URL: tls.URL(), From: office})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := untrusted.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
}

// What each answer of a server means.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	s, c := open(t, smtptest.Options{})
	for i, v := range []struct {
		fault smtptest.Fault
		want  string
	}{
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 450, Text: "4.2.0 greylisted, try again"}, "temporary"},
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 452, Text: "4.2.2 mailbox full"}, "temporary"},
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 421, Text: "4.7.0 too many connections"}, "all wait"},
		{smtptest.Fault{At: smtptest.AtMail, Code: 421, Text: "closing"}, "sent"}, // on a line that idled: a new one is tried
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 550, Text: "5.1.1 <x@contoh.id>: user unknown"}, "absent"},
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 550, Text: "5.1.10 null MX"}, "absent"},
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 550, Text: "5.2.1 mailbox disabled"}, "absent"},
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 550, Text: "No such user here"}, "absent"},
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 553, Text: "mailbox name invalid"}, "absent"},
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 550, Text: "5.7.1 blocked by policy: unknown sender"}, "permanent"},
		{smtptest.Fault{At: smtptest.AtRcpt, Code: 554, Text: "5.7.1 Relay access denied"}, "all wait"},
		{smtptest.Fault{At: smtptest.AtMail, Code: 550, Text: "5.7.1 sender address rejected"}, "all wait"},
		{smtptest.Fault{At: smtptest.AtMail, Code: 552, Text: "5.3.4 too large"}, "permanent"},
		{smtptest.Fault{At: smtptest.AtData, Code: 554, Text: "5.7.1 looks like spam"}, "permanent"},
		{smtptest.Fault{At: smtptest.AtData, Code: 552, Text: "5.3.4 too large"}, "permanent"},
		{smtptest.Fault{At: smtptest.AtData, Code: 550, Text: "5.1.1 unknown user"}, "absent"},
		{smtptest.Fault{At: smtptest.AtData, Code: 451, Text: "4.3.0 local error"}, "temporary"},
		{smtptest.Fault{At: smtptest.AtData}, "uncertain"},
		{smtptest.Fault{At: smtptest.AtData, Arrives: true}, "uncertain"},
		{smtptest.Fault{At: smtptest.AtRcpt}, "temporary"},
	} {
		to := fmt.Sprintf("tamu%d@contoh.id", i)
		key := to
		if v.fault.At == smtptest.AtMail {
			key = ""
			if err := send(t, c, "sebelumnya@contoh.id", channel.Outbound{Text: "halo"}); err != nil {
				t.Fatal(err)
			}
		}
		s.FailNext(key, v.fault)
		err := send(t, c, to, channel.Outbound{Text: "halo"})
		if err != nil && strings.Contains(err.Error(), "no such mailbox") != (v.want == "absent") {
			t.Errorf("%+v: staff are told %v", v.fault, err)
		}
		if got := kind(err); got != v.want {
			t.Errorf("%+v: %s (%v), want %s", v.fault, got, err, v.want)
		}
		if err != nil && strings.Contains(err.Error(), to) {
			t.Errorf("%+v: the address is in the error: %v", v.fault, err)
		}
		if err != nil && v.fault.Code != 0 && !strings.Contains(err.Error(), fmt.Sprint(v.fault.Code)) {
			t.Errorf("%+v: the reason is lost: %v", v.fault, err)
		}
		if err := send(t, c, to, channel.Outbound{Text: "lagi"}); err != nil {
			t.Errorf("after %+v: %v", v.fault, err)
		}
	}
}

func kind(err error) string {
	var se *channel.SendError
	if !errors.As(err, &se) {
		return "sent"
	}
	switch {
	case se.Absent && se.Permanent:
		return "absent"
	case se.Permanent:
		return "permanent"
	case se.Uncertain:
		return "uncertain"
	case se.Everyone && se.RetryAfter > 0:
		return "all wait"
	}
	return "temporary"
}

// Mails share a connection, and a connection that the server ended meanwhile
// costs nothing.
func TestConnections(t *testing.T) {
	t.Parallel()
	s, c := open(t, smtptest.Options{StartTLS: true, Login: true})
	for range 20 {
		if err := send(t, c, "a@contoh.id", channel.Outbound{Text: "halo"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Logins(); n != 1 {
		t.Errorf("%d log-ins for 20 mails", n)
	}
	s.CutAll()
	if err := send(t, c, "a@contoh.id", channel.Outbound{Text: "halo"}); err != nil {
		t.Errorf("after the server ended the connection: %v", err)
	}
	c.lines.close()
	if err := send(t, c, "a@contoh.id", channel.Outbound{Text: "halo"}); err != nil {
		t.Errorf("while stopping: %v", err)
	}
	if n := len(s.Mails("")); n != 22 {
		t.Errorf("%d mails arrived, want 22", n)
	}
}

// A server that hangs is left alone when the context ends.
func TestSlow(t *testing.T) {
	t.Parallel()
	s, c := open(t, smtptest.Options{})
	for _, at := range []smtptest.Stage{smtptest.AtRcpt, smtptest.AtData} {
		wait := make(chan struct{})
		s.FailNext("a@contoh.id", smtptest.Fault{At: at, Code: 451, Text: "late", Wait: wait})
		ctx, cancel := contextUntil(t, s, at)
		_, err := c.Send(ctx, chat("a@contoh.id"), "", channel.Outbound{Text: "halo"})
		close(wait)
		cancel()
		want := map[smtptest.Stage]string{smtptest.AtRcpt: "temporary", smtptest.AtData: "uncertain"}[at]
		if got := kind(err); got != want {
			t.Errorf("%s: %s (%v), want %s", at, got, err, want)
		}
	}
}
