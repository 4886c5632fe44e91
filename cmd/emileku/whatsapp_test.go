package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake/exercise"
)

// useLocalWhatsApp makes this process know no other WhatsApp than the test's.
func useLocalWhatsApp() {
	text := os.Getenv(exercise.LocalWhatsApp)
	if text == "" {
		return
	}
	e, err := wafake.ParseEndpoint(text)
	if err == nil {
		err = e.TrustRoot()
	}
	if err == nil {
		whatsAppHTTP, err = e.HTTPClient()
	}
	if err != nil {
		panic(err)
	}
}

const officePhone = "6281110000000"

// phones is a WhatsApp with the office's account.
type phones struct {
	*wafake.Server
	account *wafake.Account
	dir     string
}

func newPhones(t *testing.T) phones {
	t.Helper()
	srv, err := wafake.New(wafake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		srv.Close()
		if err := srv.Err(); err != nil {
			t.Error(err)
		}
	})
	return phones{srv, srv.NewAccount(officePhone), t.TempDir()}
}

func (p phones) env(more ...string) []string {
	return append([]string{
		exercise.LocalWhatsApp + "=" + p.Endpoint().String(), "WHATSAPP=on", "DATA_DIR=" + p.dir,
		"HTTP_ADDR=127.0.0.1:0", "LOG_FORMAT=json", "QUIET_HOURS=off",
	}, more...)
}

// linked links the office's account, as if that had been done before.
func (p phones) linked(t *testing.T) phones {
	t.Helper()
	d := database{DataDir: p.dir}
	store, err := d.open(t.Context(), zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	devices, err := openDevices(t.Context(), store, zerolog.Nop(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer devices.(interface{ Close() error }).Close()
	if _, err := p.account.NewPairedDevice(t.Context(), devices.(wafake.Container)); err != nil {
		t.Fatal(err)
	}
	return p
}

// hears waits until a person has got a message with that text.
func hears(t *testing.T, p *wafake.Person, part string) wafake.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var found wafake.Message
	err := p.WaitUntil(ctx, func(inbox []wafake.Message) bool {
		for _, m := range inbox {
			if strings.Contains(m.Text, part) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("%s never hears %q: %v; there is %+v", p.Name(), part, err, p.Inbox())
	}
	return found
}

// TestWhatsAppPair: the command line links a number by QR code, tells of it,
// and ends the link, at WhatsApp too; and by a code on the phone.
func TestWhatsAppPair(t *testing.T) {
	t.Parallel()
	p := newPhones(t)
	if code, text := runs(t, p.env(), "whatsapp", "status"); code != 1 || !strings.Contains(text, "emileku whatsapp pair") {
		t.Errorf("status without a link: exit %d: %s", code, text)
	}
	if code, text := runs(t, p.env(), "doctor"); code != 1 || !strings.Contains(text, "whatsapp pair") {
		t.Errorf("doctor without a link: exit %d: %s", code, text)
	}
	pair := start(t, p.env(), "whatsapp", "pair", "--phone", "0811-1000-0000")
	if err := p.account.EnterCode(pair.sees(`Type: +([0-9A-Z]{4}-[0-9A-Z]{4})`)); err != nil {
		t.Fatal(err)
	}
	if code, text := pair.code(); code != 0 || !strings.Contains(text, "Linked: +"+officePhone) {
		t.Fatalf("pair: exit %d: %s", code, text)
	}
	if code, text := runs(t, p.env(), "whatsapp", "pair"); code != 1 || !strings.Contains(text, "linked already") {
		t.Errorf("pair again: exit %d: %s", code, text)
	}
	for _, args := range [][]string{{"whatsapp", "status"}, {"doctor"}} {
		code, text := runs(t, p.env(), args...)
		if code != 0 || !strings.Contains(text, "+"+officePhone) {
			t.Errorf("%v: exit %d: %s", args, code, text)
		}
	}
	if code, text := runs(t, p.env("WHATSAPP_NUMBER=+6281234567890"), "doctor"); code != 1 || !strings.Contains(text, "WHATSAPP_NUMBER") {
		t.Errorf("doctor with another number: exit %d: %s", code, text)
	}
	if code, text := runs(t, p.env(), "whatsapp", "unlink"); code != 1 || !strings.Contains(text, "--yes") {
		t.Errorf("unlink unasked: exit %d: %s", code, text)
	}
	if code, text := runs(t, p.env(), "whatsapp", "unlink", "--yes"); code != 0 || len(p.account.Devices()) != 0 || strings.Contains(text, "did not confirm") {
		t.Errorf("unlink: exit %d, devices %v: %s", code, p.account.Devices(), text)
	}
}

// TestWhatsAppRun: the program on WhatsApp alone, linked while it runs by the
// lead in chat is TestLinkInChat's; here it is linked before. A lead is made,
// somebody registers, the program is killed and started again.
func TestWhatsAppRun(t *testing.T) {
	t.Parallel()
	p := newPhones(t).linked(t)
	run := start(t, p.env("ADMIN_CODE=kantor-2027-ukm"), "run")
	address := run.sees(httpAddress)
	rina := p.AddPerson("6281210000001", "Rina")
	rina.Send(p.account, "/klaim kantor-2027-ukm")
	hears(t, rina, "ketua tim")
	rina.Send(p.account, "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Stadion Pakansari")
	hears(t, rina, "EMK-2027")
	siti := p.AddPerson("6281210000002", "Siti")
	siti.Send(p.account, "Halo E-MILE KU, kode daftar_ukm")
	hears(t, siti, "setuju")
	for path, part := range map[string]string{"/readyz": "ok", "/metrics": `emileku_channel_line{channel="whatsapp",state="online"} 1`} {
		if got := get(t, "http://"+address+path); !strings.Contains(got, part) {
			t.Errorf("%s answers %q", path, got)
		}
	}
	if err := run.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-run.ended
	siti.Send(p.account, "setuju")
	again := start(t, p.env(), "run")
	hears(t, siti, "Apa nama usahanya?")
	rina.Send(p.account, "/kesehatan")
	hears(t, rina, "WhatsApp: baik (+"+officePhone+")")
	if code, text := again.terminate(); code != 0 || strings.Contains(text, "6281210000002") {
		t.Errorf("exit %d; the log:\n%s", code, text)
	}
	for _, who := range []*wafake.Person{rina, siti} {
		for _, m := range who.Inbox() {
			if m.Copies > 2 { // a kill may send one again, under the same ID
				t.Errorf("%s got %q %d times", who.Name(), m.Text, m.Copies)
			}
		}
	}
}

// TestLinkInChat: with WHATSAPP=on and no link the program runs all the same;
// the lead links the number from Telegram, the line breaks, the team hears of
// it on Telegram, and the lead links it again.
func TestLinkInChat(t *testing.T) {
	t.Parallel()
	o := newOffice(t, officeOptions())
	o.withLead(t, nil)
	p := newPhones(t)
	p.dir = o.dir
	run := start(t, o.env(append(p.env(), "TELEGRAM_TOKEN="+o.Token())...), "run")
	run.sees(`("state":"unlinked")`) // it says so in its log, too
	rina := o.Person(7, "Rina", "rina")
	rina.Send("/whatsapp")
	o.hears(t, 7, "belum ada nomor yang tertaut")
	rina.Send("/whatsapp kode 0811-1000-0000")
	o.hears(t, 7, "Kode tautan:")
	code := ""
	for _, m := range o.FromBot(7) {
		if _, rest, ok := strings.Cut(m.Text, "Kode tautan: "); ok {
			code, _, _ = strings.Cut(rest, "\n")
		}
	}
	if err := p.account.EnterCode(code); err != nil {
		t.Fatal(err)
	}
	o.hears(t, 7, "WhatsApp tertaut: +"+officePhone)
	siti := p.AddPerson("6281210000002", "Siti")
	siti.Send(p.account, "halo")
	hears(t, siti, "E-MILE KU")
	// A QR code is a picture, in private only.
	p.Faults().LogOut(p.account)
	o.hears(t, 7, "Tautan WhatsApp berakhir (+"+officePhone+")")
	rina.Send("/whatsapp qr")
	o.hears(t, 7, "Pindai kode ini")
	rina.Send("/kesehatan")
	o.hears(t, 7, "WhatsApp: BERMASALAH")
	if code, text := run.terminate(); code != 0 {
		t.Errorf("exit %d:\n%s", code, text)
	}
}

// TestWhatsAppBackup: a backup carries the link, and the restored bot goes on
// with it: people who had talked with it are understood and answered.
func TestWhatsAppBackup(t *testing.T) {
	t.Parallel()
	p := newPhones(t).linked(t)
	run := start(t, p.env(), "run")
	siti := p.AddPerson("6281210000002", "Siti")
	for i := range 3 {
		siti.Send(p.account, fmt.Sprint("halo ", i))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := siti.WaitUntil(ctx, func(in []wafake.Message) bool { return len(in) >= 3 }); err != nil {
		t.Fatal(err)
	}
	run.terminate()
	file := p.dir + "/emileku.zip"
	hashed(t, p.dir, "backup", file)
	p.dir = t.TempDir()
	hashed(t, p.dir, "restore", file)
	again := start(t, p.env(), "run")
	again.sees(httpAddress)
	before := len(siti.Inbox())
	siti.Send(p.account, "masih di sana?")
	err := siti.WaitUntil(ctx, func(in []wafake.Message) bool { return len(in) > before })
	if err != nil {
		_, text := again.terminate()
		t.Fatalf("%v; %s messages before; the log:\n%s", err, strconv.Itoa(before), text)
	}
	if code, text := again.terminate(); code != 0 {
		t.Errorf("exit %d:\n%s", code, text)
	}
}
