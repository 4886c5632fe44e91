package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/email/smtptest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
)

// post is an office that writes to guests by mail: the real program, a real
// mail server with TLS, and reply pages over HTTP.
type post struct {
	office
	t      *testing.T
	mail   *smtptest.Server
	public string
	ca     string
	event  *event.Event
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{office: newOffice(t, officeOptions()), t: t, mail: smtptest.Start(t, smtptest.Options{StartTLS: true, Login: true})}
	p.ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(p.ca, p.mail.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.public = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *post) env(more ...string) []string {
	return append(p.office.env(
		"SMTP_URL="+p.mail.URL(), "MAIL_FROM=Diskopukm Kabupaten Bogor <emileku@contoh.go.id>", "SSL_CERT_FILE="+p.ca,
		"PUBLIC_URL=http://"+p.public+"/undangan", "PUBLIC_ADDR="+p.public,
	), more...)
}

// with works on the database while no program runs.
func (p *post) with(at time.Time, do func(context.Context, *app.App) error) {
	p.t.Helper()
	store, err := p.settings().database.open(p.t.Context(), zerolog.Nop(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	err = do(p.t.Context(), app.New(store, clock.NewFake(at)))
	if closeErr := store.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// invite makes the event, its guests, and an approved sending of invitations
// with a letter.
func (p *post) invite(at time.Time, rows ...guestlist.Row) {
	p.t.Helper()
	p.with(at, func(ctx context.Context, a *app.App) error {
		lead, err := a.Identify(ctx, channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: "7"}, Sender: channel.Sender{ID: "7", Name: "Rina"}})
		if err != nil {
			return err
		}
		if lead, err = a.UpdatePerson(ctx, lead.ID, func(p *event.Person) { p.Role = event.Lead }); err != nil {
			return err
		}
		by := app.Actor{Person: lead, Chat: "telegram:7", Inbound: "t:seed"}
		p.event, err = a.CreateEvent(ctx, by, app.NewEvent{Title: "E-MILE KU 2027", Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta), Place: "Stadion Pakansari"})
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].Line = i + 2
		}
		plan, err := a.CheckGuests(ctx, p.event.ID, rows)
		if err != nil {
			return err
		}
		if _, err := a.ImportGuests(ctx, by, plan); err != nil {
			return err
		}
		letter := channel.File{Blob: "letter/1", Name: "Surat undangan.pdf", MIME: "application/pdf"}
		if err := a.Store().Media().Put(ctx, storage.Blob{ID: letter.Blob, Name: letter.Name, MIME: letter.MIME, At: at}, []byte("%PDF-1.7 surat")); err != nil {
			return err
		}
		b, err := a.DraftBroadcast(ctx, by, p.event, app.Invitable())
		if err != nil {
			return err
		}
		b.Files = []channel.File{letter}
		if err := a.Store().Broadcasts().Save(ctx, b); err != nil {
			return err
		}
		text := "Yth. {sapaan}, kami mengundang ke *{acara}*, {hari}, {pukul}, di {tempat}. Apakah dapat hadir?"
		_, err = a.SubmitBroadcast(ctx, by, b.ID, at, map[string]string{"koperasi": text, "ukm": text, "pejabat": text})
		return err
	})
}

// guest is somebody's part in the event as it is stored.
func (p *post) guest(name string) (g *event.Participation) {
	p.t.Helper()
	p.with(time.Now(), func(ctx context.Context, a *app.App) error {
		found, _, err := a.Guests(ctx, p.event.ID, name, 2)
		if err == nil && len(found) == 1 {
			g = found[0]
		}
		return err
	})
	if g == nil {
		p.t.Fatalf("there is no guest %s", name)
	}
	return g
}

// gets waits for the nth mail to an address.
func (p *post) gets(address string, n int) smtptest.Read {
	p.t.Helper()
	late := time.After(patience)
	for {
		changed := p.mail.Changed()
		if list := p.mail.Mails(address); len(list) >= n {
			return smtptest.Parse(p.t, list[n-1])
		}
		select {
		case <-changed:
		case <-late:
			p.t.Fatalf("%s never got mail %d", address, n)
		}
	}
}

// says sends a command as Rina and waits for an answer that has the part.
func (p *post) says(command, part string) string {
	p.t.Helper()
	rina := p.Person(7, "Rina", "rina")
	rina.Send(command)
	p.hears(p.t, 7, part)
	all := p.Messages(7)
	return all[len(all)-1].Text
}

func fetched(t *testing.T, method, address string, form url.Values) (int, string) {
	t.Helper()
	var body bytes.Buffer
	body.WriteString(form.Encode())
	r, err := http.NewRequestWithContext(t.Context(), method, address, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var out bytes.Buffer
	if _, err := out.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, out.String()
}

func link(t *testing.T, m smtptest.Read, label string) string {
	t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(label) + `:? (http\S+)`).FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("no link %q in\n%s", label, m.Text)
	}
	return found[1]
}

// The whole way of invitations by mail: sent with letter, calendar and links;
// answered on the page; confirmed; stopped by one press; bounced to the call
// list; and silent guests reminded at H-40, those alone.
func TestMail(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta)
	p.invite(at,
		guestlist.Row{Name: "Dedi Supriadi", Audience: event.Koperasi, Email: "dedi@contoh.id"},
		guestlist.Row{Name: "Ani Wijaya", Audience: event.UKM, Email: "ani@contoh.id"},
		guestlist.Row{Name: "Budi Santosa", Audience: event.Koperasi, Email: "budi@contoh.id", Salutation: "Bapak"},
		guestlist.Row{Name: "Hilang Alamat", Audience: event.UKM, Email: "hilang@contoh.id", WhatsApp: "+6281234567890"},
		guestlist.Row{Name: "Kosong Semua", Audience: event.UKM, Email: "kosong@contoh.id"},
		guestlist.Row{Name: "Ade Bupati", Audience: event.Official, Email: "bupati@contoh.go.id"},
	)
	for _, bad := range []string{"hilang@contoh.id", "kosong@contoh.id"} {
		p.mail.FailNext(bad, smtptest.Fault{At: smtptest.AtRcpt, Code: 550, Text: "5.1.1 <" + bad + ">: Recipient address rejected: User unknown"})
	}
	run := start(t, p.env("CLOCK_START="+at.Format(time.RFC3339)), "run")
	run.sees("emileku starts")

	dedi := p.gets("dedi@contoh.id", 1)
	p.isInvitation(dedi)
	hadir := link(t, dedi, "Hadir")
	if code, text := fetched(t, http.MethodGet, hadir, nil); code != http.StatusOK || !strings.Contains(text, "Yth. Bapak/Ibu Dedi Supriadi") || !strings.Contains(text, `value="yes" required checked`) {
		t.Errorf("the page: %d\n%s", code, text)
	}
	if code, text := fetched(t, http.MethodPost, hadir, url.Values{"jawaban": {"yes"}, "orang": {"2"}}); code != http.StatusOK || !strings.Contains(text, "Kami catat: <b>hadir</b>, 2 orang") {
		t.Errorf("answered: %d\n%s", code, text)
	}
	confirmed := p.gets("dedi@contoh.id", 2)
	if !strings.Contains(confirmed.Text, "hadir, 2 orang") || len(confirmed.Files) != 2 || !confirmed.Files[0].Inline || confirmed.Files[1].Params["method"] != "PUBLISH" || link(t, confirmed, "Lihat atau ubah jawaban")+"?j=yes" != hadir {
		t.Errorf("confirmed by\n%s\n%v", confirmed.Text, confirmed.Files)
	}

	ani := p.gets("ani@contoh.id", 1)
	stop := regexp.MustCompile(`<(http[^>]+)>`).FindStringSubmatch(ani.Header.Get("List-Unsubscribe"))
	if stop == nil {
		t.Fatalf("List-Unsubscribe: %s", ani.Header.Get("List-Unsubscribe"))
	}
	if code, text := fetched(t, http.MethodPost, stop[1], url.Values{"List-Unsubscribe": {"One-Click"}}); code != http.StatusOK || text != "" {
		t.Errorf("one press: %d %s", code, text)
	}
	p.gets("budi@contoh.id", 1)
	if text := p.says("/undangan status", "Sebab gagal"); !strings.Contains(text, "alamat e-mail tidak ada 2") || !strings.Contains(text, "Kosong Semua") || !strings.Contains(text, "0 dari 1") {
		t.Errorf("status:\n%s", text)
	}
	// Added again with the right address, who bounced gets what the others got.
	p.says("/undangan tambah Kosong Semua | ukm | - | kosong.semua@contoh.id", "Orang yang sama?")
	p.says("ya", "kosong@contoh.id (ditolak server)")
	if text := p.says("/sebar ulangi", "dicoba lagi"); !strings.Contains(text, "1 di antaranya ke alamat yang sudah dibetulkan. 1 alamat e-mail tidak ada") {
		t.Errorf("tried again:\n%s", text)
	}
	if again := p.gets("kosong.semua@contoh.id", 1); decoded(t, again) != decoded(t, ani) || len(again.Files) != len(ani.Files) || link(t, again, "Hadir") == link(t, ani, "Hadir") {
		t.Errorf("at the corrected address:\n%s\n%v", again.Text, again.Files)
	}
	if exit, text := run.terminate(); exit != 0 || strings.Contains(text, "sandi") || strings.Contains(text, "dedi@contoh.id") {
		t.Errorf("exit %d:\n%s", exit, text)
	}
	if g := p.guest("Dedi"); g.Reply.Answer != event.Yes || g.Reply.Heads != 2 || g.Reply.Source != "email" {
		t.Errorf("Dedi: %+v", g.Reply)
	}
	if g := p.guest("Hilang"); g.BadEmail != "hilang@contoh.id" || g.Call != event.CallDue {
		t.Errorf("Hilang: bad %q, call %q", g.BadEmail, g.Call)
	}

	run = start(t, p.env("CLOCK_START=2026-12-05T09:30:00+07:00"), "run")
	budi := p.gets("budi@contoh.id", 2)
	subject := decoded(t, budi)
	if !strings.Contains(subject, "mohon konfirmasi kehadiran") || !strings.Contains(budi.Text, "Yth. Bapak Budi Santosa") || !strings.Contains(budi.Text, "40 hari lagi") || len(budi.Files) != 2 {
		t.Errorf("the reminder: %s\n%s\n%v", subject, budi.Text, budi.Files)
	}
	// The same link as in the invitation, also after a restart: the key was kept.
	if code, text := fetched(t, http.MethodPost, link(t, p.gets("budi@contoh.id", 1), "Tidak hadir"), url.Values{"jawaban": {"no"}}); code != http.StatusOK || !strings.Contains(text, "tidak hadir") {
		t.Errorf("after a restart: %d\n%s", code, text)
	}
	if exit, _ := run.terminate(); exit != 0 {
		t.Errorf("exit %d", exit)
	}
	for address, want := range map[string]int{"dedi@contoh.id": 2, "ani@contoh.id": 1, "budi@contoh.id": 2, "bupati@contoh.go.id": 0, "hilang@contoh.id": 0, "kosong@contoh.id": 0, "kosong.semua@contoh.id": 2} {
		if n := len(p.mail.Mails(address)); n != want {
			t.Errorf("%s got %d mails, want %d", address, n, want)
		}
	}
}

func decoded(t *testing.T, m smtptest.Read) string {
	t.Helper()
	s, err := smtptest.DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// isInvitation checks what Dedi got.
func (p *post) isInvitation(m smtptest.Read) {
	t := p.t
	t.Helper()
	if subject := decoded(t, m); subject != "Undangan E-MILE KU 2027, Kamis, 14 Januari 2027" {
		t.Errorf("Subject: %s", subject)
	}
	for _, part := range []string{"Yth. Bapak/Ibu Dedi Supriadi", "Stadion Pakansari", "Belum pasti: http://", "Diwakilkan: http://", "Jawab lewat Telegram: ", "(021) 87929919", "APK"} {
		if !strings.Contains(m.Text, part) {
			t.Errorf("%q is missing in\n%s", part, m.Text)
		}
	}
	if len(m.Files) != 2 || m.Files[0].Name != "Surat undangan.pdf" || string(m.Files[0].Data) != "%PDF-1.7 surat" {
		t.Fatalf("files: %+v", m.Files)
	}
	cal, err := ical.NewDecoder(bytes.NewReader(m.Files[1].Data)).Decode()
	if err != nil || len(cal.Events()) != 1 {
		t.Fatalf("calendar: %v", err)
	}
	if begins, err := cal.Events()[0].DateTimeStart(time.UTC); err != nil || !begins.Equal(p.event.Start) {
		t.Errorf("it begins %v, %v", begins, err)
	}
}

// doctor says whether the mail server takes our log-in and sender.
func TestDoctorMail(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.with(time.Now(), func(context.Context, *app.App) error { return nil })
	code, text := runs(t, p.env(), "doctor")
	for _, part := range []string{"✓ email          emileku@contoh.go.id (127.0.0.1:", "✓ reply pages    http://" + p.public} {
		if code != 0 || !strings.Contains(text, part) {
			t.Errorf("exit %d, want %q:\n%s", code, part, text)
		}
	}
	wrong := strings.Replace(p.mail.URL(), "kantor", "rumah", 1)
	code, text = runs(t, p.env("SMTP_URL="+wrong), "doctor")
	if code != 1 || !strings.Contains(text, "✗ email") || !strings.Contains(text, "535") || strings.Contains(text, "rumah") {
		t.Errorf("exit %d:\n%s", code, text)
	}
	if code, text = runs(t, p.office.env(), "doctor"); code != 0 || !strings.Contains(text, "· email          off") {
		t.Errorf("exit %d:\n%s", code, text)
	}
}
