package dialog

import (
	"context"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// FirstContact writes the invitation of somebody who has never written to us:
// who we are first, then the invitation, no file and no button.
func (d *Desk) FirstContact(b *storage.Broadcast, e *event.Event, g *event.Participation, caps channel.Capabilities) (channel.Outbound, error) {
	caps.Buttons = false
	m, err := d.inviteOutbound(b.Texts[string(g.Audience)], e, g, channel.WhatsApp, caps)
	if err != nil {
		return m, err
	}
	head, err := d.texts.Text("cold.first", templates.Data{"Files": len(b.Files) > 0})
	if err != nil {
		return m, err
	}
	m.Text = head + "\n\n" + m.Text
	return m, nil
}

// FollowUp is what somebody gets who has answered: the files that a stranger
// is not sent, their letter first.
func (d *Desk) FollowUp(ctx context.Context, b *storage.Broadcast, e *event.Event, g *event.Participation, via channel.Name) ([]channel.Outbound, error) {
	files, err := d.Attachments(ctx, b, g, via)
	if err != nil {
		return nil, err
	}
	var out []channel.Outbound
	for i, f := range files {
		m := channel.Outbound{File: &f}
		if i == 0 {
			if m.Text, err = d.texts.Text("cold.files", templates.Data{"Event": e, "Salute": d.Salute(g)}); err != nil {
				return nil, err
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// coldBudget is /sebar jatah [n]: how many strangers are written to in a day.
func (d *Desk) coldBudget(ctx context.Context, t *Turn, args string) error {
	if d.app.ColdOn() == "" {
		return t.Say("cold.off", nil)
	}
	if t.Person.Role != event.Lead {
		return t.Say("cold.lead", nil)
	}
	if args = strings.TrimSpace(args); args != "" {
		n, ok := understand.Count(args)
		if v, err := strconv.Atoi(args); err == nil {
			n, ok = v, true
		}
		if !ok || n < 0 || n > app.MaxColdBudget {
			return t.Say("cold.bad", templates.Data{"Most": app.MaxColdBudget})
		}
		if err := d.app.SetColdBudget(ctx, t.Actor(), n); err != nil {
			return err
		}
	}
	pace, err := d.app.ColdPace(ctx)
	if err != nil {
		return err
	}
	used, err := d.app.ColdUsed(ctx)
	if err != nil {
		return err
	}
	var list []choice
	for _, n := range []int{5, 10, event.DefaultColdBudget} {
		if n != pace.PerDay {
			list = append(list, choice{t.texts.Number(n) + " " + t.Label("cold", "perday"), "/sebar jatah " + strconv.Itoa(n)})
		}
	}
	return t.Say("cold.budget", templates.Data{
		"Set": args != "", "PerDay": pace.PerDay, "Today": pace.Budget(d.app.Now()), "Used": used, "Plain": !t.Caps.Buttons,
	}, t.commands(list...))
}
