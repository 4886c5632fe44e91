package dialog

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgClaim = "claim"

// claim is /klaim: makes its sender the lead by the one-time code that the
// program printed at its first start.
func (d *Desk) claim(ctx context.Context, t *Turn, args string) error {
	switch {
	case t.Person.Role == event.Lead:
		t.Close()
		return t.Say("claim.already", nil, d.leadThings(t))
	case args == "":
		return d.askClaim(t)
	}
	return d.redeemLead(ctx, t, args)
}

func (d *Desk) askClaim(t *Turn) error {
	if err := t.Open(dlgClaim, struct{}{}); err != nil {
		return err
	}
	return t.Say("claim.ask", nil)
}

func (d *Desk) claimStep(ctx context.Context, t *Turn) error {
	switch {
	case leaving(t):
		t.Close()
		return t.Say("team.left", nil)
	case t.In.Kind != channel.Text || t.Text() == "":
		return noteAgain(t, "claim.kind", nil, func() error { return d.askClaim(t) })
	}
	return d.redeemLead(ctx, t, t.Text())
}

// redeemLead tries a code; after a wrong one the next message is taken for
// the code, too.
func (d *Desk) redeemLead(ctx context.Context, t *Turn, code string) error {
	// A code is often copied with spaces or in quotes.
	code = strings.Trim(strings.Join(strings.Fields(code), ""), "`\"'“”.")
	p, err := d.app.Redeem(ctx, t.Actor(), app.CodeLead, code)
	switch {
	case errors.Is(err, app.ErrTooManyTries):
		t.Close()
		return t.Say("claim.tries", nil)
	case errors.Is(err, storage.ErrNotFound):
		return noteAgain(t, "claim.wrong", nil, func() error { return d.askClaim(t) })
	case errors.Is(err, storage.ErrConflict):
		t.Close()
		return t.Say("claim.used", nil)
	case err != nil:
		return err
	}
	t.Person = p
	t.Close()
	d.refreshMenu(ctx, t, p)
	return t.Say("claim.done", templates.Data{"Name": p.Name}, d.leadThings(t))
}

func (d *Desk) leadThings(t *Turn) Option {
	return t.commands(choice{t.Label("claim", "event"), "/acara baru"}, choice{t.Label("claim", "team"), "/tim"}, choice{t.Label("claim", "group"), "/grup"})
}

// join takes the one-time code of a team link ("/start tim_CODE").
func (d *Desk) join(ctx context.Context, t *Turn, code string) error {
	code = strings.TrimSpace(code)
	open, err := d.app.Store().Codes().Open(ctx, app.CodeTeam, d.app.Now())
	if err != nil {
		return err
	}
	for _, c := range open {
		// Who has as much already keeps it, and the link stays good for another.
		if strings.EqualFold(c.ID, code) && rank(t.Person.Role) >= rank(c.Role) {
			return t.Say("team.join.already", templates.Data{"Role": t.Person.Role})
		}
	}
	p, err := d.app.Redeem(ctx, t.Actor(), app.CodeTeam, code)
	switch {
	case errors.Is(err, app.ErrTooManyTries):
		return t.Say("claim.tries", nil)
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrNotFound):
		if t.Person.Role.Staff() {
			return t.Say("team.join.already", templates.Data{"Role": t.Person.Role})
		}
		if errors.Is(err, storage.ErrConflict) {
			return t.Say("team.join.used", nil)
		}
		return t.Say("team.join.wrong", nil)
	case err != nil:
		return err
	}
	t.Person = p
	t.Close()
	d.refreshMenu(ctx, t, p)
	return t.Say("team.join.done", templates.Data{"Name": p.Name, "Role": p.Role}, t.commands(choice{t.Label("team", "help"), "/bantuan"}))
}
