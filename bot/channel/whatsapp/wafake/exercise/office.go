package exercise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// Options say with what an exercise is played.
type Options struct {
	Program string    // path of the test binary of cmd/emileku
	Dir     string    // for the program's database
	Out     io.Writer // what happens is told here; nil: nowhere
	Env     []string  // more variables for the program, such as MONGODB_URI=…
}

func (o Options) printf(format string, args ...any) {
	if o.Out != nil {
		fmt.Fprintf(o.Out, format+"\n", args...)
	}
}

// officePhone is the phone that the program is linked to, claimCode makes the
// first lead.
const (
	officePhone = "6281110000000"
	claimCode   = "kantor-2027-ukm"
)

// office is a WhatsApp with the office's account, and the program on it.
type office struct {
	Options
	srv     *wafake.Server
	account *wafake.Account
	rina    *wafake.Person // leads the team
	run     *Process
}

// newOffice starts a WhatsApp and links the program, by a code typed into the
// phone.
func newOffice(ctx context.Context, o Options, server wafake.Options) (_ *office, err error) {
	srv, err := wafake.New(server)
	if err != nil {
		return nil, err
	}
	b := &office{Options: o, srv: srv, account: srv.NewAccount(officePhone)}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	pair, err := start(b.Program, b.Dir, b.env(), "whatsapp", "pair", "--phone", officePhone)
	if err != nil {
		return nil, err
	}
	defer pair.Kill()
	code, err := pair.Sees(ctx, `Type: +([0-9A-Z]{4}-[0-9A-Z]{4})`)
	if err != nil {
		return nil, err
	}
	o.printf("The program shows the code %s; it is typed into the office's phone.", code)
	if err := b.account.EnterCode(code); err != nil {
		return nil, err
	}
	if err := pair.finish(ctx); err != nil {
		return nil, err
	}
	o.printf("Linked: +%s.", b.account.Phone())
	b.rina = srv.AddPerson("6281210000001", "Rina")
	return b, nil
}

func (b *office) env() []string {
	return append([]string{
		LocalWhatsApp + "=" + b.srv.Endpoint().String(), "WHATSAPP=on", "DATA_DIR=" + b.Dir, "ADMIN_CODE=" + claimCode,
		"HTTP_ADDR=127.0.0.1:0", "LOG_FORMAT=json", "LOG_LEVEL=warn", "QUIET_HOURS=off", NoLimits + "=1",
	}, b.Env...)
}

// start begins a life of the program.
func (b *office) start(more ...string) (err error) {
	b.run, err = start(b.Program, b.Dir, append(b.env(), more...), "run")
	return err
}

// close ends all; the server's own faults are told here.
func (b *office) close() error {
	if b.run != nil {
		b.run.Kill()
	}
	b.srv.Close()
	return b.srv.Err()
}

// open makes Rina the lead, and an event.
func (b *office) open(ctx context.Context, day string) error {
	if _, err := b.ask(ctx, b.rina, "/klaim "+claimCode, "ketua tim"); err != nil {
		return err
	}
	_, err := b.ask(ctx, b.rina, "/acara baru E-MILE KU 2027 | "+day+" 08:00 | Stadion Pakansari", "EMK-2027")
	return err
}

// ask lets somebody write, and waits for a new message with that in it.
func (b *office) ask(ctx context.Context, who *wafake.Person, text, part string) (wafake.Message, error) {
	before := len(who.Inbox())
	who.Send(b.account, text)
	return b.hears(ctx, who, before, part)
}

// hears waits for a message after the first so many.
func (b *office) hears(ctx context.Context, who *wafake.Person, before int, part string) (found wafake.Message, err error) {
	err = who.WaitUntil(ctx, func(inbox []wafake.Message) bool {
		for _, m := range inbox[before:] {
			if contains(m, part) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		got := ""
		for _, m := range who.Inbox()[before:] {
			got += "\n< " + m.Text
		}
		return found, fmt.Errorf("%s never sees %q: %w; since then came:%s\nthe program says:\n%s", who.Name(), part, err, got, b.run.Output())
	}
	return found, nil
}

// contains reports whether a person reads part in a message.
func contains(m wafake.Message, part string) bool {
	return strings.Contains(wafake.Show(m.Text).Text, part)
}

// savePicture writes a picture that a person got.
func savePicture(name string, m wafake.Message) error {
	if m.Media == nil {
		return errors.New("no picture came")
	}
	if err := os.WriteFile(name, m.Media.Data, 0o600); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// since is how long something took, for people.
func since(begun time.Time) time.Duration { return time.Since(begun).Round(100 * time.Millisecond) }
