package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/replylink"
	"github.com/diskopukm/emileku/bot/replypage"
	"github.com/diskopukm/emileku/storage"
)

// links signs the links of mails; nil where there are no reply pages.
func (s settings) links(ctx context.Context, store storage.Store) (*replylink.Signer, error) {
	if s.PublicURL == "" {
		return nil, nil
	}
	key, err := app.New(store, clock.Real{}).LinkKey(ctx, s.LinkKey)
	if err != nil {
		return nil, err
	}
	return replylink.New(s.PublicURL, key)
}

// public takes the address of the reply pages; nil where there are none. They
// are all that is served there.
func (s settings) public(p *program) (*webServer, error) {
	if p.links == nil {
		return nil, nil
	}
	l, err := net.Listen("tcp", s.PublicAddr)
	if err != nil {
		return nil, fmt.Errorf("PUBLIC_ADDR %s: %w; give another address such as 127.0.0.1:8082", s.PublicAddr, err)
	}
	log := p.log.With().Str("part", "reply pages").Logger()
	w := &webServer{address: s.PublicAddr, listener: l, log: log}
	w.server = &http.Server{
		Handler: replypage.Handler(replypage.Options{
			App: p.app, Desk: p.bot.Desk(), Texts: p.texts, Links: p.links, Log: log, Wake: p.sender.Wake,
		}),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	return w, nil
}
