package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/whatsapp"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// account makes the WhatsApp channel. Its link is kept where all else is, and
// opened when the channel first needs it: by the process in charge.
func (s settings) account(store storage.Store, log zerolog.Logger, news *lineNews) (wa *whatsapp.Channel, done func(), err error) {
	log = log.With().Str("part", "whatsapp").Logger()
	d := whatsapp.OpenLater(func(ctx context.Context) (whatsapp.DeviceStore, error) { return openDevices(ctx, store, log) })
	wa, err = whatsapp.New(whatsapp.Options{
		Devices: d, Number: s.WhatsAppNumber, Log: log,
		OnConnection: news.connection, OnRestriction: news.restriction,
	})
	done = func() {
		if err := d.Close(); err != nil {
			log.Error().Err(err).Msg("device store not closed cleanly")
		}
	}
	return wa, done, err
}

// openDevices opens where the keys of the linked device are kept.
func openDevices(ctx context.Context, store storage.Store, log zerolog.Logger) (whatsapp.DeviceStore, error) {
	s, ok := store.(*sqlite.Store)
	if !ok {
		return nil, fmt.Errorf("WHATSAPP=on: %s cannot keep a link", store.Describe())
	}
	driver, source := s.Address()
	return whatsapp.OpenSQLite(ctx, driver, source, log)
}

// lineNews passes what the line tells on to the program, which is assembled
// after it.
type lineNews struct{ p atomic.Pointer[program] }

func (n *lineNews) to(p *program) { n.p.Store(p) }

func (n *lineNews) connection(context.Context, channel.Connection) {
	if p := n.p.Load(); p != nil {
		p.bot.LineChanged()
	}
}

func (n *lineNews) restriction(ctx context.Context, r channel.Restriction) {
	if p := n.p.Load(); p != nil {
		p.restricted(ctx, channel.WhatsApp, r)
	}
}

// restricted logs what the network forbids. The channel's own state is
// reported by bot.Watch.
func (p *program) restricted(_ context.Context, name channel.Name, r channel.Restriction) {
	p.log.Warn().Str("channel", string(name)).Bool("coldOnly", r.ColdOnly).Time("until", r.Until).Str("reason", r.Reason).
		Msg("the network forbids messages for a while")
}
