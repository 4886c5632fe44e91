package dialog

import (
	"context"
	"errors"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// elsewhere is one other channel on which a registration can be finished.
type elsewhere struct {
	Channel channel.Name
	Link    string
}

// carry is /lanjut: in the chat where a registration was begun it gives a link
// and a code; with the code, in another chat, the registration goes on there.
func (d *Desk) carry(ctx context.Context, t *Turn, code string) error {
	if code != "" {
		return d.carried(ctx, t, code)
	}
	if t.Chat.Draft == nil {
		return t.Say("continue.none", nil, t.commands(choice{t.Label("menu", "daftar"), "/daftar"}))
	}
	var others []elsewhere
	for _, name := range []channel.Name{channel.WhatsApp, channel.Telegram, channel.Web} {
		if name != t.In.Chat.Channel && d.net.On(name) {
			others = append(others, elsewhere{Channel: name})
		}
	}
	if len(others) == 0 {
		return d.resume(ctx, t)
	}
	code, err := d.app.ContinueElsewhere(ctx, t.Actor())
	if err != nil {
		return err
	}
	for i := range others {
		others[i].Link = d.net.DeepLink(others[i].Channel, "lanjut_"+code)
	}
	return t.Say("continue.offer", templates.Data{"Elsewhere": others, "Code": code})
}

// carried goes on here with what was begun elsewhere.
func (d *Desk) carried(ctx context.Context, t *Turn, code string) error {
	if t.Chat.Draft != nil {
		return t.Say("continue.both", nil, t.commands(choice{t.Label("menu", "lanjut"), "/daftar"}))
	}
	draft, person, err := d.app.Continue(ctx, t.Actor(), code)
	switch {
	case errors.Is(err, app.ErrTooManyTries):
		return t.Say("claim.tries", nil)
	case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrConflict):
		return t.Say("continue.wrong", nil)
	case errors.Is(err, app.ErrNoDraft):
		t.Person = person
		return t.Say("continue.gone", nil, t.commands(choice{t.Label("menu", "status"), "/status"}))
	case err != nil:
		return err
	}
	t.Person, t.Chat.Draft = person, draft
	t.Close()
	return d.resume(ctx, t)
}
