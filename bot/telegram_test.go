package bot_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/transcript"
	"github.com/diskopukm/emileku/storage"
)

// TestTranscriptsOnTelegram plays the same conversations through the real
// adapter and the real outbox against a Bot API server.
func TestTranscriptsOnTelegram(t *testing.T) {
	t.Parallel()
	for name, pattern := range map[string]string{"guests": "testdata/buttons/*.chat", "staff": "dialog/testdata/buttons/*.chat"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transcript.Play(t, pattern, func(t *testing.T) transcript.World { return transcript.NewWire(t) })
		})
	}
}

// journal keeps what is logged.
type journal struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.String()
}

// TestRegistersOverTelegramThroughFaults: somebody registers while each step
// meets another fault of the network, in sending and in receiving. They see
// every question, in order, with no more copies than there were messages whose
// arrival the bot could not know of; and stand registered once.
func TestRegistersOverTelegramThroughFaults(t *testing.T) {
	t.Parallel()
	var log journal
	w := transcript.OpenWire(t, transcript.WireOptions{CallTimeout: 500 * time.Millisecond, Log: &log})
	if err := w.Direct("acara 2027-01-14 08:00 | E-MILE KU 2027 | Lapangan Tegar Beriman"); err != nil {
		t.Fatal(err)
	}
	const send, receive = "sendmessage", "getupdates"
	steps := []struct {
		says     string // "[Label]" presses
		sees     string // of the next question
		method   string
		fault    botapi.Fault
		delivers bool // the message arrives, and the bot does not hear of it
	}{
		{"daftar ukm", "Apakah Bapak/Ibu setuju?", send, botapi.Flood(time.Second), false},
		{"setuju", "Apa nama usahanya?", send, botapi.Broken(), false},
		{"Keripik Siti", "Siapa nama pemiliknya?", send, botapi.ResetBefore(), false},
		{"[Siti]", "Usahanya di bidang apa?", send, botapi.ResetAfter(), true},
		{"[Kuliner]", "Apa produk utamanya?", send, botapi.HalfAnswer(), true},
		{"keripik", "Di desa/kelurahan", send, botapi.Hang(), false},
		{"Karadenan, Cibinong", "Nomor telepon atau WhatsApp", send, botapi.HangAfter(), true},
		{"081234567890", "Apakah memerlukan stan", receive, botapi.Broken(), false},
		{"[Tanpa stan]", "Lewati semua", receive, botapi.HalfAnswer(), false},
		{"[Lewati semua]", "Apakah sudah benar?", receive, botapi.ResetAfter(), false},
		{"[Kirim]", "EMK-2027-0001", "senddocument", botapi.BadGateway(), false},
	}
	siti := w.Person("siti")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, s := range steps {
		w.Server().Fail(s.method, 1, s.fault)
		if err := w.Say("siti", "", s.says); err != nil {
			t.Fatalf("%s: %v", s.says, err)
		}
		if _, err := w.Server().WaitFor(ctx, siti.ID(), func(ms []botapi.Message) bool { return count(ms, s.sees) > 0 }); err != nil {
			t.Fatalf("after %q nobody asks %q: %v; the log:\n%s", s.says, s.sees, err, log.String())
		}
	}
	seen, err := w.Server().WaitFor(ctx, siti.ID(), func(ms []botapi.Message) bool {
		return len(ms) > 0 && ms[len(ms)-1].File != nil && !ms[len(ms)-1].File.Photo
	})
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, s := range steps { // in order, none left out
		next := -1
		for i, m := range seen {
			if i > at && shows(m, s.sees) {
				next = i
				break
			}
		}
		if next < 0 {
			t.Errorf("%q is not in its place", s.sees)
			continue
		}
		at = next
	}
	copies, allowed := 0, 0
	for _, s := range steps[:len(steps)-1] {
		copies += count(seen, s.sees) - 1
		if s.delivers {
			allowed++
		}
	}
	if copies > allowed {
		t.Errorf("%d copies after %d faults that left open whether a message arrived", copies, allowed)
	}
	regs, _, err := w.App().Store().Registrations().List(ctx, storage.RegistrationQuery{})
	if err != nil || len(regs) != 1 {
		t.Fatalf("registrations: %v, %v", regs, err)
	}
	want := map[string]string{
		event.KeyName: "Keripik Siti", event.KeyOwner: "Siti", event.KeyField: "kuliner", event.KeyProduct: "keripik",
		event.KeyLocation: "Cibinong/Karadenan", event.KeyPhone: "+6281234567890", event.KeyBooth: event.BoothNone,
	}
	if fmt.Sprint(regs[0].Answers) != fmt.Sprint(want) {
		t.Errorf("answers kept: %v, given: %v", regs[0].Answers, want)
	}
	_, secret, _ := strings.Cut(w.Server().Token(), ":")
	if text := log.String(); strings.Contains(text, secret) {
		t.Errorf("the token is in the log:\n%s", text)
	} else if !strings.Contains(text, "500") {
		t.Errorf("the log does not tell of the faults:\n%s", text)
	}
}

func shows(m botapi.Message, part string) bool {
	return strings.Contains(m.Text, part) || strings.Contains(strings.Join(m.Labels(), "\n"), part)
}

func count(ms []botapi.Message, part string) (n int) {
	for _, m := range ms {
		if shows(m, part) {
			n++
		}
	}
	return n
}
