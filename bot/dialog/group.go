package dialog

import (
	"context"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// group is /grup: in a group it makes that group the team's; in private it
// tells how.
func (d *Desk) group(ctx context.Context, t *Turn, args string) error {
	bound, ok, err := d.app.Group(ctx)
	if err != nil {
		return err
	}
	if !t.In.Group {
		return t.Say("team.group.how", templates.Data{"Bound": ok, "Title": bound.Title})
	}
	here := app.TeamGroup{Chat: t.In.Chat, Title: t.In.ChatTitle}
	switch {
	case ok && bound == here:
		if err := t.Note("team.group.same", nil); err != nil {
			return err
		}
	case ok && bound.Chat != here.Chat && event.Fold(args) != "ganti":
		return t.Say("team.group.other", templates.Data{"Title": bound.Title},
			t.commands(choice{t.Label("team", "rebind"), "/grup ganti"}))
	default:
		if err := d.app.BindGroup(ctx, t.Actor(), here); err != nil {
			return err
		}
		if ok && bound.Chat != here.Chat {
			// The old group's menu goes; it is silent there from now on.
			if err := d.net.Menu(ctx, bound.Chat, true, event.Guest); err != nil {
				t.Log.Warn().Err(err).Stringer("chat", bound.Chat).Msg("menu not taken away")
			}
		}
		if err := t.Note("team.group.bound", templates.Data{"Title": here.Title}); err != nil {
			return err
		}
	}
	if err := d.net.Menu(ctx, t.In.Chat, true, event.Lead); err != nil {
		t.Log.Warn().Err(err).Stringer("chat", t.In.Chat).Msg("menu not set")
	}
	return d.saySight(ctx, t)
}

// saySight tells whether the bot sees the group's messages and photos, and
// how to allow it.
func (d *Desk) saySight(ctx context.Context, t *Turn) error {
	sight, known, err := d.net.InspectGroup(ctx, t.In.Chat)
	switch {
	case err != nil:
		t.Log.Warn().Err(err).Stringer("chat", t.In.Chat).Msg("group not inspected")
		return t.Say("team.group.unsure", nil, t.commands(choice{t.Label("team", "again"), "/grup"}))
	case known && !sight.SeesAll:
		return t.Say("team.group.blind", nil, t.commands(choice{t.Label("team", "again"), "/grup"}))
	}
	return t.Say("team.group.ready", nil, t.commands(choice{t.Label("team", "recap"), "/rekap"}))
}
