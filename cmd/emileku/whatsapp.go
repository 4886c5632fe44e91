package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/whatsapp"
	draw "github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
)

type whatsappCmd struct {
	Pair   whatsappPairCmd   `cmd:"" help:"Link a number: shows a QR code to scan, or with --phone a code to type."`
	Status whatsappStatusCmd `cmd:"" help:"Say which number is linked."`
	Unlink whatsappUnlinkCmd `cmd:"" help:"End the link, at WhatsApp too."`
}

// pairWithin is how long one may take to link the phone.
const pairWithin = 10 * time.Minute

// lineWithin is how long the line may take to come up after that.
const lineWithin = time.Minute

type whatsappPairCmd struct {
	logging
	database
	Phone string `help:"The number to link, such as +6281234567890: shows a code to type on that phone instead of a QR code."`
	PNG   string `name:"png" default:"whatsapp-qr.png" type:"path" help:"Where the QR code is written, too; deleted at the end."`
}

// Run implements the subcommand: codes are shown, and renewed, until the phone
// confirms one.
func (c *whatsappPairCmd) Run(ctx context.Context) error {
	phone := ""
	if c.Phone != "" {
		p, err := understand.Phone(c.Phone)
		if err != nil || p.Landline {
			return fmt.Errorf("--phone is %q; give the number of a mobile phone, such as +6281234567890", c.Phone)
		}
		phone = p.E164
	}
	return withAccount(ctx, c.logging, c.database, func(ctx context.Context, wa *whatsapp.Channel) error {
		ctx, cancel := context.WithTimeout(ctx, pairWithin)
		defer cancel()
		steps, err := wa.Link(ctx, phone)
		if errors.Is(err, channel.ErrLinked) {
			return errors.New("a number is linked already; see it with: emileku whatsapp status; end that link with: emileku whatsapp unlink")
		}
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(c.PNG) }() // whoever scans it is linked
		for s := range steps {
			switch {
			case s.Err != nil:
				return s.Err
			case s.Account != "":
				fmt.Println("Confirmed by", s.Account+"; logging in …")
				return firstLogin(ctx, wa, os.Stdout)
			default:
				if err := c.show(s, os.Stdout); err != nil {
					return err
				}
			}
		}
		return errors.New("nobody confirmed a code in time; try again")
	})
}

// show prints one code.
func (c *whatsappPairCmd) show(s channel.LinkStep, out io.Writer) error {
	left := time.Until(s.Until).Round(time.Second)
	if s.Code != "" {
		fmt.Fprintf(out, "On the phone: WhatsApp → Linked devices → Link a device → Link with phone number instead.\nType:  %s   (good for %v)\n", s.Code, left)
		return nil
	}
	art, err := draw.QRText(s.QR)
	if err != nil {
		return err
	}
	png, err := draw.QR(s.QR, 640)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.PNG, png, 0o600); err != nil {
		return fmt.Errorf("write the QR code: %w", err)
	}
	fmt.Fprintf(out, "%s\nOn the phone: WhatsApp → Linked devices → Link a device, then scan this (good for %v; also in %s).\n", art, left, c.PNG)
	return nil
}

// firstLogin connects once, so that WhatsApp takes the device for alive: the
// phone waits for it. Messages that come are left for the bot.
func firstLogin(ctx context.Context, wa *whatsapp.Channel, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, lineWithin)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- wa.Run(ctx, laterSink{}) }()
	for ctx.Err() == nil && wa.Connection().State != channel.Online {
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	now := wa.Connection()
	cancel()
	if err := <-ended; err != nil {
		return err
	}
	if now.State != channel.Online {
		return fmt.Errorf("the number is linked, but the line does not come up (%s %s); it will be tried again when the bot runs", now.State, now.Detail)
	}
	_, err := fmt.Fprintf(out, "Linked: %s. Now run the bot with WHATSAPP=on.\n", now.Detail)
	return err
}

// laterSink takes nothing: what comes stays with WhatsApp until the bot runs.
type laterSink struct{}

var errLater = errors.New("left for the bot")

func (laterSink) Accept(context.Context, channel.Inbound) error  { return errLater }
func (laterSink) Receipt(context.Context, channel.Receipt) error { return errLater }

type whatsappStatusCmd struct {
	logging
	database
}

// Run implements the subcommand. It may run beside the bot.
func (c *whatsappStatusCmd) Run(ctx context.Context) error {
	return c.database.withStore(ctx, false, func(s storage.Store) error {
		wa, done, err := settings{database: c.database}.account(s, zerolog.Nop(), &lineNews{}, false)
		if err != nil {
			return err
		}
		defer done()
		who, err := wa.Check(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Println("Linked:", who, "(how the line is: /kesehatan in chat, or /metrics)")
		return err
	})
}

type whatsappUnlinkCmd struct {
	logging
	database
	Yes bool `help:"Really: the number must be linked anew afterwards."`
}

// Run implements the subcommand.
func (c *whatsappUnlinkCmd) Run(ctx context.Context) error {
	if !c.Yes {
		return errors.New("this ends the link, and the number must be linked anew; to go on, add --yes")
	}
	return withAccount(ctx, c.logging, c.database, func(ctx context.Context, wa *whatsapp.Channel) error {
		who, err := wa.Check(ctx)
		if err != nil {
			return err
		}
		// WhatsApp is told over the line, where it comes up.
		line, cancel := context.WithTimeout(ctx, lineWithin)
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- wa.Run(line, laterSink{}) }()
		for line.Err() == nil && !settled(wa.Connection().State) {
			select {
			case <-line.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
		err = wa.Unlink(ctx)
		cancel()
		if err := errors.Join(err, <-ended); err != nil {
			return err
		}
		_, err = fmt.Printf("%s is no longer linked. If the phone still lists %q under Linked devices, remove it there, too.\n", who, whatsapp.Name)
		return err
	})
}

// settled reports whether waiting brings nothing more.
func settled(s channel.ConnectionState) bool {
	switch s {
	case channel.Unlinked, channel.Connecting, channel.Offline:
		return false
	}
	return true
}

// withAccount opens the channel for a subcommand that changes the link: the
// bot must not run meanwhile.
func withAccount(ctx context.Context, l logging, d database, f func(context.Context, *whatsapp.Channel) error) error {
	log, err := l.logger(os.Stderr)
	if err != nil {
		return err
	}
	if l.LogLevel == "info" {
		log = log.Level(zerolog.WarnLevel)
	}
	return d.withStore(ctx, true, func(s storage.Store) error {
		return d.alone(ctx, s, func() error {
			wa, done, err := settings{database: d}.account(s, log, &lineNews{}, true)
			if err != nil {
				return err
			}
			defer done()
			return f(ctx, wa)
		})
	})
}

// errRunning: the bot has the lease.
var errRunning = errors.New("the bot is running on this database; use /whatsapp in chat, or stop the bot first")

// alone holds the lease of the bot while f runs. The embedded database's lock
// is held already.
func (d database) alone(ctx context.Context, s storage.Store, f func() error) error {
	if d.MongoURI == "" {
		return f()
	}
	host, _ := os.Hostname()
	holder := fmt.Sprintf("%s/%d/whatsapp", host, os.Getpid())
	now := time.Now()
	err := s.Leases().Acquire(ctx, leaseName, holder, now, now.Add(pairWithin+2*lineWithin))
	if errors.Is(err, storage.ErrLeaseLost) {
		return errRunning
	}
	if err != nil {
		return fmt.Errorf("take the lease: %w", err)
	}
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseRenew)
		defer cancel()
		if err := s.Leases().Release(release, leaseName, holder); err != nil {
			fmt.Fprintln(os.Stderr, "emileku: the lease was not released, it ends by itself:", strings.TrimSpace(err.Error()))
		}
	}()
	return f()
}
