package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/email"
	"github.com/diskopukm/emileku/bot/channel/telegram"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/scheduler/outbox"
	"github.com/diskopukm/emileku/templates"
)

type runCmd struct{ settings }

// Run implements the subcommand.
func (c *runCmd) Run(ctx context.Context) error {
	return c.settings.serve(ctx, os.Stdout, os.Stderr, nil)
}

// errNothing says what to set when nothing is configured.
var errNothing = errors.New("no channel is configured: set TELEGRAM_TOKEN to the token that @BotFather gave you, or WHATSAPP=on, or try the practice page with: emileku demo")

// serve is production: everything until ctx ends. beforeWrite is for the
// crash bench.
func (s settings) serve(ctx context.Context, out, errOut io.Writer, beforeWrite func(string)) error {
	if err := s.check(); err != nil {
		return err
	}
	log, err := s.logger(errOut)
	if err != nil {
		return err
	}
	channels, err := s.channels(log)
	if err != nil {
		return err
	}
	chats := func(ch channel.Channel) bool { return ch.Name() != channel.Email }
	if !s.whatsApp() && !slices.ContainsFunc(channels, chats) {
		return errNothing // by mail alone the team could not say anything
	}
	if s.MongoURI == "" {
		unlock, err := lockDataDir(s.DataDir)
		if err != nil {
			return err
		}
		defer unlock()
	}
	store, err := s.database.open(ctx, log, beforeWrite)
	if err != nil {
		return err
	}
	defer func() {
		if err := store.Close(); err != nil {
			log.Error().Err(err).Msg("database not closed cleanly")
		}
	}()
	var told lineNews
	if s.whatsApp() {
		wa, closeDevices, err := s.account(store, log, &told, true)
		if err != nil {
			return err
		}
		defer closeDevices()
		channels = append(channels, wa)
	}
	quiet, err := outbox.ParseQuietHours(s.QuietHours)
	if err != nil {
		return err
	}
	links, err := s.links(ctx, store)
	if err != nil {
		return err
	}
	p, err := assemble(bases{store: store, clock: s.clock(), channels: channels, quiet: quiet, links: links, log: log})
	if err != nil {
		return err
	}
	told.to(p)
	web := newWebServer(s.HTTPAddr, p, log)
	if err := web.listen(); err != nil {
		return err
	}
	public, err := s.public(p)
	if err != nil {
		return errors.Join(err, web.listener.Close())
	}
	log.Info().Str("version", version()).Str("database", store.Describe()).Str("http", web.addr()).Msg("emileku starts")
	work, stop := context.WithCancel(ctx)
	defer stop()
	g, work := errgroup.WithContext(work)
	g.Go(func() error { return web.serve(work) })
	if public != nil {
		log.Info().Str("public", public.addr()).Str("url", links.Base()).Msg("reply pages are served")
		g.Go(func() error { return public.serve(work) })
	}
	g.Go(func() error {
		defer stop()
		body := func(ctx context.Context) error {
			web.ready.Store(true)
			defer web.ready.Store(false)
			if err := printFirstCode(ctx, p, s.AdminCode, out); err != nil {
				return err
			}
			return p.run(ctx)
		}
		if s.MongoURI == "" {
			return body(work) // the file lock holds already
		}
		web.ready.Store(true) // a waiting instance is ready to take over
		return inCharge(work, store.Leases(), log, body)
	})
	err = g.Wait()
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = nil
	}
	log.Info().Err(err).Msg("emileku ends")
	return err
}

func (s settings) channels(log zerolog.Logger) ([]channel.Channel, error) {
	var out []channel.Channel
	if s.TelegramToken != "" {
		tg, err := telegram.New(telegram.Options{Token: s.TelegramToken, APIURL: s.TelegramAPIURL, Log: log.With().Str("part", "telegram").Logger()})
		if err != nil {
			return nil, err
		}
		out = append(out, tg)
	}
	if s.SMTPURL != "" {
		mail, err := s.email(log)
		if err != nil {
			return nil, err
		}
		out = append(out, mail)
	}
	return out, nil
}

func (s settings) email(log zerolog.Logger) (*email.Channel, error) {
	texts, err := templates.New()
	if err != nil {
		return nil, err
	}
	subject, err := texts.Text("mail.subject", nil)
	if err != nil {
		return nil, err
	}
	stop, err := texts.Text("mail.stopsubject", nil)
	if err != nil {
		return nil, err
	}
	label, err := texts.Text("mail.stoplabel", nil)
	if err != nil {
		return nil, err
	}
	return email.New(email.Options{
		URL: s.SMTPURL, From: s.MailFrom, Subject: subject, StopSubject: stop, StopLabel: label, Log: log.With().Str("part", "email").Logger(),
	})
}

func (s settings) clock() clock.Clock {
	if s.ClockStart == "" {
		return clock.Real{}
	}
	start, _ := time.Parse(time.RFC3339, s.ClockStart) // checked
	return clock.NewShifted(start)
}

// printFirstCode prints the code by which the first lead is made, as long as
// there is none.
func printFirstCode(ctx context.Context, p *program, wanted string, out io.Writer) error {
	code, err := p.app.FirstCode(ctx, wanted)
	if err != nil || code == "" {
		return err
	}
	_, err = fmt.Fprintf(out, "Nobody leads the team yet. In a private chat with the bot, send:  /klaim %s\n", code)
	return err
}
