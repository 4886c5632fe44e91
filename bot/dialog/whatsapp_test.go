package dialog

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

func wants(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("%s: %q lacks %q", what, got, p)
		}
	}
}

// TestWhatsApp: /whatsapp in one line, guided, and with buttons.
func TestWhatsApp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	say := func(text string) string { return o.does("rina", channel.Inbound{Text: text}) }
	o.net.line = channel.Connection{State: channel.Unlinked, Since: o.clock.Now()}

	wants(t, "status", say("/whatsapp"), "belum ada nomor yang tertaut", "[Tautkan dengan kode QR=/whatsapp qr]", "[Tautkan dengan kode angka=/whatsapp kode]")
	wants(t, "QR", say("/whatsapp qr"), "Kode QR sebentar lagi muncul")
	wants(t, "code in one line", say("/whatsapp kode | 0812 3456 7890"), "0812-3456-7890", "Tautkan dengan nomor telepon saja")
	wants(t, "guided", say("/whatsapp kode"), "Nomor WhatsApp kantor mana")
	wants(t, "no number", say("nomor kantor"), "belum dapat dibaca", "Nomor WhatsApp kantor mana")
	wants(t, "landline", say("(021) 87929919"), "belum dapat dibaca")
	wants(t, "number", say("081234567890"), "0812-3456-7890")
	wants(t, "by a card", say("/whatsapp kode"), "mana")
	wants(t, "card", o.does("rina", channel.Inbound{Kind: channel.Card, Contact: &channel.Contact{Phone: "+62 812 3456 7891"}}), "0812-3456-7891")
	say("/whatsapp kode")
	wants(t, "leaving", say("batal"), "tidak ada yang diubah")
	if got := strings.Join(o.net.linked, ","); got != ",+6281234567890,+6281234567890,+6281234567891" {
		t.Errorf("linked were %q", got)
	}
	o.net.linkErr = channel.ErrLinking
	wants(t, "busy", say("/whatsapp qr"), "sedang berlangsung")
	wants(t, "nothing to end", say("/whatsapp putus"), "Belum ada nomor yang tertaut")

	o.net.line = channel.Connection{State: channel.Online, Detail: "+6281110000", Since: o.clock.Now()}
	wants(t, "linked", say("/whatsapp"), "tersambung (+6281110000)", "[Putuskan tautan=/whatsapp putus]")
	wants(t, "linked already", say("/whatsapp qr"), "putuskan dulu")
	wants(t, "unlink", say("/whatsapp putus"), "Putuskan tautan nomor WhatsApp?", "[Ya=")
	wants(t, "unclear", say("hmm"), "ya", "Putuskan tautan nomor WhatsApp?")
	wants(t, "no", say("tidak"), "tidak ada yang diubah")
	say("/whatsapp putus")
	wants(t, "yes", say("ya"), "Tautan sudah diputuskan")
	o.net.line = channel.Connection{State: channel.Banned, Since: o.clock.Now(), Until: o.clock.Now().Add(24 * time.Hour)}
	wants(t, "banned", say("/whatsapp"), "dibatasi WhatsApp sementara", "1 Des 2026", "jangan tautkan ulang")
	wants(t, "one line", say("/whatsapp putus ya"), "Tautan sudah diputuskan")
	wants(t, "nonsense", say("/whatsapp hapus"), "belum kami kenal", "/whatsapp putus")

	// In the group nobody sees a code.
	group := channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: "-5"}, Group: true, Addressed: true}
	group.Text = "/whatsapp qr"
	wants(t, "in the group", o.does("rina", group), "hanya ditampilkan di chat pribadi")
	group.Text = "/whatsapp"
	if got := o.does("rina", group); strings.Contains(got, "/whatsapp qr]") {
		t.Errorf("the group is offered a code: %s", got)
	}
}

// TestLinkSteps: what the lead sees while a phone is linked.
func TestLinkSteps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	caps := channel.Capabilities{Buttons: true, MaxText: 4096, MaxCaption: 1024}
	for part, s := range map[string]channel.LinkStep{
		"Pindai kode ini":               {QR: "https://wa.me/settings/linked_devices#1,2,3,4,5", Until: time.Now().Add(20 * time.Second)},
		"*ABCD-EFGH*":                   {Code: "ABCD-EFGH", Until: time.Now().Add(time.Minute)},
		"tertaut:* +6281110000":         {Account: "+6281110000"},
		"Waktu menautkan habis":         {Err: context.DeadlineExceeded},
		"belum berhasil: no \\_luck\\_": {Err: errors.New("no _luck_")},
	} {
		m, err := o.desk.LinkStep(t.Context(), s, "link/x/1", caps)
		if err != nil || !strings.Contains(m.Text, part) {
			t.Errorf("%+v is said as %q, %v", s, m.Text, err)
		}
		if (m.File != nil) != (s.QR != "") {
			t.Errorf("%+v has file %+v", s, m.File)
		}
	}
	if _, data, err := o.app.Store().Media().Get(t.Context(), "link/x/1.png"); err != nil || len(data) < 500 {
		t.Errorf("the picture has %d bytes, %v", len(data), err)
	}
}
