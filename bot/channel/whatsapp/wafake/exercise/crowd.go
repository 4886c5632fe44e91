package exercise

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// Crowd is a registration of many at once.
type Crowd struct {
	Options
	People int
	Kills  int     // kill -9 at random moments
	Flaky  float64 // share of the program's messages of which a lost connection takes the message, and of those of which it takes the answer
	Seed   uint64
}

// CrowdResult is how that went.
type CrowdResult struct {
	Took     time.Duration // until the last has a ticket
	Stop     time.Duration // the stop at the end
	Messages int           // that people saw
	Again    int           // that came again under the same ID, and were shown once
	Lost     int           // stanzas of the program that broken connections took, or whose answer they took
	Sealed   int           // messages that no phone ever could decrypt: an error
	Asked    int           // messages that were asked for again since they could not be decrypted
}

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

// Run plays it. An error says what was lost, doubled, or stayed sealed.
func (c Crowd) Run(ctx context.Context) (res CrowdResult, err error) {
	b, err := newOffice(ctx, c.Options, wafake.Options{})
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.start(); err != nil {
		return res, err
	}
	if err := b.open(ctx, "2027-01-14"); err != nil {
		return res, err
	}
	begun := time.Now()
	if err := c.play(ctx, b, &res); err != nil {
		return res, fmt.Errorf("%w; the log of the last life:\n%s", err, b.run.Output())
	}
	res.Took = since(begun)
	return res, c.conclude(ctx, b, &res)
}

// play lets all register while things go wrong.
func (c Crowd) play(ctx context.Context, b *office, res *CrowdResult) error {
	faults := b.srv.Faults()
	faults.Flaky(c.Flaky, c.Seed)
	var done atomic.Int64
	crowd := make([]*wafake.Person, c.People)
	g, gctx := errgroup.WithContext(ctx)
	for i := range crowd {
		who := b.srv.AddPerson(fmt.Sprintf("62812200%05d", i), fmt.Sprintf("Warga %d", i))
		crowd[i] = who
		g.Go(func() error { return register(gctx, b.account, who, i, &done) })
	}
	// Each kill comes at another point of the crowd's way.
	dice := rand.New(rand.NewPCG(c.Seed, 2027))
	steps := int64(c.People * len(crowdSteps))
	for k := range int64(c.Kills) {
		until := steps*(k+1)/int64(c.Kills+2) + dice.Int64N(max(1, steps/int64(c.Kills+2)))
		if !waitFor(gctx, b.srv, func() bool { return done.Load() >= until }) {
			break
		}
		b.run.Kill()
		faults.Undecryptable(1) // and a message that the program cannot read,
		faults.Deaf(1)          // and one that a person's phone cannot
		faults.Duplicate(1)
		if err := b.start(); err != nil {
			return err
		}
		c.printf("Killed and started again at %d of %d steps.", done.Load(), steps)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	faults.Flaky(0, 0)
	faults.Undecryptable(0)
	faults.Deaf(0)
	return tally(crowd, res)
}

// waitFor waits until something holds, looking whenever the server changes.
func waitFor(ctx context.Context, srv *wafake.Server, holds func() bool) bool {
	for !holds() {
		select {
		case <-srv.Changed():
		case <-time.After(50 * time.Millisecond): // it may have changed just before
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// register is one person's way.
func register(ctx context.Context, account *wafake.Account, who *wafake.Person, i int, done *atomic.Int64) error {
	for _, s := range crowdSteps {
		if s.sees != "" {
			if err := who.WaitUntil(ctx, func(inbox []wafake.Message) bool { return shown(inbox, s.sees) > 0 }); err != nil {
				return fmt.Errorf("%s never sees %q: %w", who.Name(), s.sees, err)
			}
		}
		if s.says != "" {
			text := s.says
			if strings.Contains(text, "%d") {
				text = fmt.Sprintf(text, i)
			}
			who.Send(account, text)
		}
		done.Add(1)
	}
	return nil
}

func shown(inbox []wafake.Message, part string) (n int) {
	for _, m := range inbox {
		if contains(m, part) {
			n++
		}
	}
	return n
}

// tally looks whether everybody saw everything, and once.
func tally(crowd []*wafake.Person, res *CrowdResult) error {
	var faults []error
	for _, who := range crowd {
		inbox := who.Inbox()
		for _, s := range crowdSteps[1:] {
			if n := shown(inbox, s.sees); n != 1 {
				faults = append(faults, fmt.Errorf("%s sees %q %d times", who.Name(), s.sees, n))
			}
		}
		res.Messages += len(inbox)
		for _, m := range inbox {
			res.Again += max(m.Copies-1, 0)
		}
	}
	return errors.Join(faults...)
}

// conclude looks at what is left, and stops the program.
func (c Crowd) conclude(ctx context.Context, b *office, res *CrowdResult) error {
	if _, err := b.ask(ctx, b.rina, "/rekap", fmt.Sprintf("UKM: %d", c.People)); err != nil {
		return err
	}
	if err := b.srv.Settle(ctx); err != nil {
		return err
	}
	for _, s := range b.srv.Sent() {
		if s.Lost {
			res.Lost++
		}
		if s.Retry {
			res.Asked++
		}
	}
	var faults []error
	if n := b.account.Pending(); n != 0 {
		faults = append(faults, fmt.Errorf("%d stanzas are left at the server", n))
	}
	sealed := b.srv.Sealed()
	res.Sealed = len(sealed)
	if len(sealed) > 0 {
		faults = append(faults, fmt.Errorf("never decrypted: %v", sealed))
	}
	var err error
	res.Stop, err = b.run.Stop(ctx)
	return errors.Join(append(faults, err)...)
}
