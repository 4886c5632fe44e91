package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/whatsapp"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/devicestore"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// whatsAppHTTP carries what goes to WhatsApp; nil: to the real one. Only tests
// set it: no setting does, nor could one replace WhatsApp's root key.
var whatsAppHTTP *http.Client

// openDevices opens where the keys of the linked device are kept: beside all
// else. inCharge: nobody else writes there, since this process holds the lease
// or the lock; otherwise it may only be looked at.
func openDevices(ctx context.Context, store storage.Store, log zerolog.Logger, inCharge bool) (whatsapp.DeviceStore, error) {
	switch s := store.(type) {
	case *sqlite.Store:
		driver, source := s.Address()
		devices, err := whatsapp.OpenSQLite(ctx, driver, source, log)
		if err != nil {
			return nil, err
		}
		if inCharge {
			err = s.AdoptDevices(ctx) // what a restore left
		}
		return devices, err
	case *mongo.Store:
		devices := devicestore.New(s, log)
		if inCharge { // now, and not with the first message
			return devices, devices.TakeCharge(ctx)
		}
		return devices, nil
	}
	return nil, fmt.Errorf("WHATSAPP=on: %s cannot keep a link", store.Describe())
}

// account makes the WhatsApp channel. Its device store is opened when the
// channel first needs it, which is when this process has come to be in charge.
func (s settings) account(store storage.Store, log zerolog.Logger, news *lineNews, inCharge bool) (wa *whatsapp.Channel, done func(), err error) {
	log = log.With().Str("part", "whatsapp").Logger()
	d := whatsapp.OpenLater(func(ctx context.Context) (whatsapp.DeviceStore, error) {
		return openDevices(ctx, store, log, inCharge)
	})
	wa, err = whatsapp.New(whatsapp.Options{
		Devices: d, Number: s.WhatsAppNumber, Log: log, HTTP: whatsAppHTTP,
		OnConnection: news.connection, OnRestriction: news.restriction,
	})
	done = func() {
		if err := d.Close(); err != nil {
			log.Error().Err(err).Msg("device store not closed cleanly")
		}
	}
	return wa, done, err
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

// restricted notes what the network forbids by itself: nothing of that kind is
// tried until it ends. The planner tells the team.
func (p *program) restricted(ctx context.Context, name channel.Name, r channel.Restriction) {
	p.sender.Restrict(ctx, name, r)
	p.log.Warn().Str("channel", string(name)).Bool("coldOnly", r.ColdOnly).Time("until", r.Until).Str("reason", r.Reason).
		Msg("the network forbids messages for a while")
}
