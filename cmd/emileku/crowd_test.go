package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// crowdSteps are what somebody says to register, and what they wait for first.
// %d is the person.
var crowdSteps = []struct{ sees, says string }{
	{"", "daftar ukm"},
	{"Apakah Bapak/Ibu setuju?", "setuju"},
	{"Apa nama usahanya?", "Keripik Nomor %d"},
	{"Siapa nama pemiliknya?", "Siti Aminah"},
	{"Usahanya di bidang apa?", "1"},
	{"Apa produk utamanya?", "keripik talas"},
	{"Di desa/kelurahan", "Karadenan, Cibinong"},
	{"Apakah memerlukan stan", "3"},
	{"menambahkan keterangan", "2"},
	{"Ringkasan pendaftaran", "1"},
	{"Pendaftaran berhasil", ""},
}

// TestCrowdOnWhatsApp: several people register at once, while connections break
// off at random and the program is killed several times. Everyone gets every
// question and a ticket, nothing is shown twice, and no message stays sealed.
func TestCrowdOnWhatsApp(t *testing.T) {
	t.Parallel()
	const people, kills = 5, 3 // answers go at about one a second: twenty would take four minutes
	p := newPhones(t).linked(t)
	env := p.env("ADMIN_CODE=kantor-2027-ukm", "LOG_LEVEL=warn")
	run := start(t, env, "run")
	rina := p.AddPerson("6281210000001", "Rina")
	rina.Send(p.account, "/klaim kantor-2027-ukm")
	hears(t, rina, "ketua tim")
	rina.Send(p.account, "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Stadion Pakansari")
	hears(t, rina, "EMK-2027")

	p.Faults().Flaky(0.01, 815)
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	var g errgroup.Group
	var done atomic.Int64
	var crowd []*wafake.Person
	for i := range people {
		who := p.AddPerson(fmt.Sprintf("62812200%05d", i), fmt.Sprintf("Warga %d", i))
		crowd = append(crowd, who)
		g.Go(func() error {
			for _, s := range crowdSteps {
				if s.sees != "" {
					err := who.WaitUntil(ctx, func(inbox []wafake.Message) bool { return shows(inbox, s.sees) > 0 })
					if err != nil {
						return fmt.Errorf("%s never sees %q: %w", who.Name(), s.sees, err)
					}
				}
				if s.says != "" {
					text := s.says
					if strings.Contains(text, "%d") {
						text = fmt.Sprintf(text, i)
					}
					who.Send(p.account, text)
				}
				done.Add(1)
			}
			return nil
		})
	}
	// Each kill comes at another point of the crowd's way.
	dice := rand.New(rand.NewPCG(815, 2027))
	for k := range kills {
		until := int64(people*len(crowdSteps)*(k+1)/(kills+2)) + dice.Int64N(10)
		for done.Load() < until && ctx.Err() == nil {
			select {
			case <-p.Changed():
			case <-ctx.Done():
			}
		}
		if err := run.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-run.ended
		run = start(t, env, "run")
	}
	if err := g.Wait(); err != nil {
		_, text := run.terminate()
		t.Fatalf("%v; the log of the last life:\n%s", err, text)
	}
	p.Faults().Flaky(0, 0)
	again := 0
	for _, who := range crowd {
		inbox := who.Inbox()
		for _, s := range crowdSteps[1:] {
			if n := shows(inbox, s.sees); n != 1 {
				t.Errorf("%s sees %q %d times", who.Name(), s.sees, n)
			}
		}
		for _, m := range inbox {
			again += m.Copies - 1
		}
	}
	t.Logf("%d messages came again under the same ID, and were shown once", again)
	rina.Send(p.account, "/rekap")
	hears(t, rina, fmt.Sprintf("UKM: *%d*", people))
	settle, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	if err := p.Settle(settle); err != nil {
		t.Error(err)
	}
	if n := p.account.Pending(); n != 0 {
		t.Errorf("%d stanzas are left at the server", n)
	}
	begun := time.Now()
	if code, text := run.terminate(); code != 0 {
		t.Errorf("exit %d after %v:\n%s", code, time.Since(begun), text)
	}
}

func shows(inbox []wafake.Message, part string) (n int) {
	for _, m := range inbox {
		if strings.Contains(wafake.Show(m.Text).Text, part) {
			n++
		}
	}
	return n
}
