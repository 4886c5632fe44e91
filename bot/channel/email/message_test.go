package email

import (
	"bytes"
	"context"
	"encoding/base64"
	"mime"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/email/smtptest"
)

// contextUntil ends once the server hangs at a stage.
func contextUntil(t *testing.T, s *smtptest.Server, at smtptest.Stage) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		select {
		case <-s.Hanging(at):
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

const calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//E-MILE KU//ID\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:EMK-2027@emileku\r\n" +
	"DTSTAMP:20261130T020000Z\r\nDTSTART:20270114T010000Z\r\nSUMMARY:E-MILE KU 2027\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

// pixel is a PNG of one pixel.
var pixel, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

// An invitation with everything, read by another library.
func TestInvitation(t *testing.T) {
	t.Parallel()
	s, c := open(t, smtptest.Options{StartTLS: true, Login: true})
	m := channel.Outbound{
		Subject: "Undangan E-MILE KU 2027: \"Naik Kelas\" – Kamis, 14 Januari 2027",
		Text:    "Yth. Bapak *H. Dedi <Koperasi>*\nKetua\n\nKami mengundang ke https://peta.contoh.id/?a=1&b=2. Peta di atas.\n\n_Dinas Koperasi_",
		Attach: []channel.File{
			{Name: "Undangan – Bapak Dedi.pdf", MIME: "application/pdf", Data: []byte("%PDF-1.7 surat")},
			{Name: "poster.png", MIME: "image/png", Data: pixel},
			{Name: "emileku.ics", MIME: "text/calendar", Data: []byte(calendar)},
		},
		Buttons: [][]channel.Button{{{Label: "Hadir", URL: "https://jawab.contoh.id/u/x?j=yes&a=b"}, {Label: "bukan tautan", Value: "x"}}},
		Footer:  "Kantor *Cibinong*. Cukup? https://jawab.contoh.id/b/x",
		Stop:    "https://jawab.contoh.id/b/x",
	}
	id := c.NewMessageID()
	got, err := c.Send(t.Context(), chat("dedi@contoh.id"), id, m)
	if err != nil || got != id || !strings.HasSuffix(id, "@contoh.go.id") {
		t.Fatalf("Send: %q, %v", got, err)
	}
	raw := s.Mails("dedi@contoh.id")[0]
	r := smtptest.Parse(t, raw)
	for name, want := range map[string]string{
		"From": `"Diskopukm Kabupaten Bogor" <emileku@contoh.go.id>`, "To": "<dedi@contoh.id>", "Message-Id": "<" + id + ">",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
		"List-Unsubscribe":      "<https://jawab.contoh.id/b/x>, <mailto:emileku@contoh.go.id?subject=BERHENTI>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if raw.From != "emileku@contoh.go.id" {
		t.Errorf("the envelope is from %s", raw.From)
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(r.Header.Get("Subject")); err != nil || subject != m.Subject {
		t.Errorf("Subject: %q, %v", subject, err)
	}
	if at, err := r.Header.Date(); err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("Date: %v, %v", at, err)
	}
	if want := "mixed(related(alternative(text/plain text/html) image/png) application/pdf text/calendar)"; r.Shape != want {
		t.Errorf("it is %s, want %s", r.Shape, want)
	}
	wantText := "Yth. Bapak H. Dedi <Koperasi>\nKetua\n\nKami mengundang ke https://peta.contoh.id/?a=1&b=2. Peta di atas.\n\nDinas Koperasi\n\nHadir: https://jawab.contoh.id/u/x?j=yes&a=b\n\n-- \nKantor Cibinong. Cukup? https://jawab.contoh.id/b/x"
	if r.Text != wantText {
		t.Errorf("text:\n%q, want\n%q", r.Text, wantText)
	}
	for _, part := range []string{
		"<b>H. Dedi &lt;Koperasi&gt;</b><br>", "</p>\n<p>Kami", `<a href="https://peta.contoh.id/?a=1&amp;b=2">https://peta.contoh.id/?a=1&amp;b=2</a>. Peta`,
		`<a class="tombol" href="https://jawab.contoh.id/u/x?j=yes&amp;a=b">Hadir</a>`, `<img src="cid:` + r.Files[0].ID + `" alt="poster.png">`, `<div class="kecil"><p>Kantor <b>Cibinong</b>. Cukup? <a href="https://jawab.contoh.id/b/x">Berhenti</a></p></div>`, `lang="id"`, "width=device-width",
	} {
		if !strings.Contains(r.HTML, part) {
			t.Errorf("%s is missing in\n%s", part, r.HTML)
		}
	}
	for _, not := range []string{"<table", "<script", "src=\"http", "bukan tautan", "url("} {
		if strings.Contains(r.HTML, not) || strings.Contains(r.Text, "bukan tautan") {
			t.Errorf("%s is in\n%s", not, r.HTML)
		}
	}
	files := r.Files
	if len(files) != 3 || !files[0].Inline || files[0].Name != "poster.png" || !bytes.Equal(files[0].Data, pixel) ||
		files[1].Inline || files[1].Name != "Undangan – Bapak Dedi.pdf" || string(files[1].Data) != "%PDF-1.7 surat" ||
		files[2].Inline || files[2].Params["method"] != "PUBLISH" {
		t.Errorf("files: %+v", files)
	}
	cal, err := ical.NewDecoder(bytes.NewReader(files[2].Data)).Decode()
	if err != nil || len(cal.Events()) != 1 {
		t.Fatalf("calendar: %v", err)
	}
	if start, err := cal.Events()[0].DateTimeStart(time.UTC); err != nil || start.Format(time.RFC3339) != "2027-01-14T01:00:00Z" {
		t.Errorf("it begins %v, %v", start, err)
	}
}

// Where there is no page for one press, a mail ends them.
func TestPlainMail(t *testing.T) {
	t.Parallel()
	s, c := open(t, smtptest.Options{})
	if err := send(t, c, "a@contoh.id", channel.Outbound{Text: "Terima kasih.", ReplyTo: "abc@contoh.id"}); err != nil {
		t.Fatal(err)
	}
	if err := send(t, c, "b@contoh.id", channel.Outbound{Text: "Terima kasih.", Stop: "http://127.0.0.1:8081/b/x"}); err != nil {
		t.Fatal(err)
	}
	a, b := smtptest.Parse(t, s.Mails("a@contoh.id")[0]), smtptest.Parse(t, s.Mails("b@contoh.id")[0])
	if got := a.Header.Get("List-Unsubscribe"); got != "<mailto:emileku@contoh.go.id?subject=BERHENTI>" || a.Header.Get("List-Unsubscribe-Post") != "" {
		t.Errorf("List-Unsubscribe: %s, %s", got, a.Header.Get("List-Unsubscribe-Post"))
	}
	if got := b.Header.Get("List-Unsubscribe"); !strings.HasPrefix(got, "<http://127.0.0.1:8081/b/x>") || b.Header.Get("List-Unsubscribe-Post") != "" {
		t.Errorf("one press needs https; List-Unsubscribe: %s, %s", got, b.Header.Get("List-Unsubscribe-Post"))
	}
	if a.Header.Get("Subject") != "E-MILE KU" || a.Header.Get("In-Reply-To") != "<abc@contoh.id>" || a.Shape != "alternative(text/plain text/html)" {
		t.Errorf("%v, %s", a.Header, a.Shape)
	}
}

// Nothing that somebody typed gets into a header of its own.
func TestInjection(t *testing.T) {
	t.Parallel()
	s, c := open(t, smtptest.Options{})
	m := channel.Outbound{
		Subject: "Undangan\r\nBcc: semua@contoh.id", Text: "Yth.\r\n.\r\nMAIL FROM:<x@y>\r\n",
		Attach: []channel.File{{Name: "a\"\r\nX-Jahat: ya\r\n.pdf", MIME: "application/pdf\r\nX-Jahat: ya", Data: []byte("x")}},
	}
	if err := send(t, c, "a@contoh.id", m); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Mails("")); n != 1 {
		t.Errorf("%d mails arrived", n)
	}
	r := smtptest.Parse(t, s.Mails("a@contoh.id")[0])
	if r.Header.Get("Bcc") != "" || bytes.Contains(s.Mails("a@contoh.id")[0].Data, []byte("\nX-Jahat")) {
		t.Errorf("%v\n%s", r.Header, s.Mails("a@contoh.id")[0].Data)
	}
	for _, address := range []string{"", "dedi", "a@b@c", "Dedi <dedi@contoh.id>", "dedi@contoh.id, ani@contoh.id", "dedi@contoh.id\r\nRCPT TO:<x@y>"} {
		if got := kind(send(t, c, address, channel.Outbound{Text: "halo"})); got != "permanent" {
			t.Errorf("%q: %s", address, got)
		}
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Server{
		"smtp://mail.contoh.id":                            {Host: "mail.contoh.id", Port: 587, Security: StartTLS},
		"smtp://a%40contoh.id:s%40ndi@mail.contoh.id:2525": {Host: "mail.contoh.id", Port: 2525, User: "a@contoh.id", Password: "s@ndi", Security: StartTLS},
		"smtps://a:b@mail.contoh.id":                       {Host: "mail.contoh.id", Port: 465, User: "a", Password: "b", Security: TLS},
		"smtp://mail.contoh.id?starttls=opportunistic":     {Host: "mail.contoh.id", Port: 587, Security: Opportunistic},
		"smtp://mail.contoh.id:25/?starttls=off":           {Host: "mail.contoh.id", Port: 25, Security: Unencrypted},
		"smtp://localhost:25":                              {Host: "localhost", Port: 25, Security: Unencrypted},
		"smtp://127.0.0.1:25?starttls=required":            {Host: "127.0.0.1", Port: 25, Security: StartTLS},
	} {
		if got, err := ParseURL(in); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "mail.contoh.id", "http://mail.contoh.id", "smtp://", "smtp://:rahasia@", "smtp://a:rahasia@mail.contoh.id:99999", "smtp://a@mail.contoh.id",
		"smtp://a:rahasia@mail.contoh.id?starttls=off", "smtp://a:rahasia@mail.contoh.id?starttls=opportunistic", "smtp://mail.contoh.id?tls=x", "smtp://mail.contoh.id?starttls=ya",
		"smtps://a:rahasia@mail.contoh.id?starttls=off", "smtp://a:rahasia@mail.contoh.id/x", "smtp://a:raha%zzsia@mail.contoh.id",
	} {
		got, err := ParseURL(in)
		if err == nil {
			t.Errorf("%s is accepted: %+v", in, got)
		} else if strings.Contains(err.Error(), "rahasia") || strings.Contains(err.Error(), "raha%zz") {
			t.Errorf("%s: the password is repeated: %v", in, err)
		}
	}
}
