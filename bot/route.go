package bot

import (
	"context"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/dialog"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// route decides who answers a message: a command, the open dialog, or nobody.
func (b *Bot) route(ctx context.Context, t *dialog.Turn) error {
	switch t.In.Kind {
	case channel.Left:
		if !t.In.Group {
			return b.app.MarkBlocked(ctx, t.In.Chat, t.Person.ID)
		}
		return nil
	case channel.Joined:
		return nil // in a group the bot waits for /grup; in private for Start
	}
	if t.In.Group {
		return b.routeGroup(ctx, t)
	}
	if t.In.Kind == channel.Edited {
		return t.Say("small.edited", nil)
	}
	if name, args, ok := command(t.In); ok {
		return b.run(ctx, t, name, args)
	}
	if t.In.Kind == channel.Text && dialog.StopWord(t.In.Text) {
		return b.run(ctx, t, "stop", "")
	}
	if t.In.Kind == channel.Text && dialog.FromMachine(t.In.Text) {
		t.Log.Info().Str("person", t.Person.ID).Msg("automatic reply left unanswered")
		return nil // else two machines would talk for ever
	}
	if ok, err := b.desk.Step(ctx, t); ok || err != nil {
		return err
	}
	return b.desk.Small(ctx, t)
}

// routeGroup answers in a group only what is meant for the bot; a group that
// is not the team's hears nothing but /grup.
func (b *Bot) routeGroup(ctx context.Context, t *dialog.Turn) error {
	if t.In.Kind == channel.Edited {
		return nil
	}
	name, args, isCommand := command(t.In)
	group, bound, err := b.app.Group(ctx)
	if err != nil {
		return err
	}
	ours := bound && group.Chat == t.In.Chat
	if isCommand && t.In.Sender.Anonymous {
		if ours || name == "grup" {
			return t.Say("auth.anonymous", nil)
		}
		return nil
	}
	if !ours {
		if isCommand && name == "grup" && t.Person.Role == event.Lead {
			return b.run(ctx, t, name, args)
		}
		return nil
	}
	if isCommand {
		return b.run(ctx, t, name, args)
	}
	if ok, err := b.desk.TeamAnswer(ctx, t); ok || err != nil {
		return err
	}
	if ok, err := b.desk.EvaluationReply(ctx, t); ok || err != nil {
		return err
	}
	meant := t.In.Addressed || t.In.Kind == channel.Press || b.desk.InAlbum(t)
	if !meant || t.Chat.With != "" && t.Chat.With != t.Person.ID {
		return nil
	}
	if ok, err := b.desk.Step(ctx, t); ok || err != nil {
		return err
	}
	if t.In.Kind == channel.Press {
		return t.Say("answer.oldbutton", nil)
	}
	if t.In.ReplyTo == nil {
		return b.desk.Mention(ctx, t)
	}
	return nil
}

// command splits "/cari kopi maju" (typed, or a button's value).
func command(in channel.Inbound) (name, args string, ok bool) {
	if in.Kind != channel.Text && in.Kind != channel.Press && in.Kind != channel.Photo && in.Kind != channel.Document {
		return "", "", false
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(in.Text), "/")
	if !ok {
		return "", "", false
	}
	cut := strings.IndexFunc(rest, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' })
	if cut < 0 {
		cut = len(rest)
	}
	name = strings.ToLower(rest[:cut])
	name, _, _ = strings.Cut(name, "@")
	return name, strings.TrimSpace(rest[cut:]), name != ""
}

// run checks that the command is allowed to this person here, and runs it.
func (b *Bot) run(ctx context.Context, t *dialog.Turn, name, args string) error {
	c, ok := b.desk.Lookup(name)
	if !ok {
		return b.desk.Unknown(t, name, args)
	}
	if !c.Allows(t.Person.Role) {
		t.Log.Warn().Str("command", c.Name).Str("person", t.Person.ID).Str("role", string(t.Person.Role)).Msg("command refused")
		return b.desk.Refuse(t, c.Name, c.Role)
	}
	if t.In.Group && !c.Group {
		return t.Say("auth.private", templates.Data{"Command": c.Name, "Link": b.network.DeepLink(t.In.Chat.Channel, "")})
	}
	if !t.In.Group && !c.Private {
		return t.Say("auth.group", templates.Data{"Command": c.Name})
	}
	return b.desk.Run(ctx, t, c, args)
}
