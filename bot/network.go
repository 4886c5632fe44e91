package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/dialog"
	"github.com/diskopukm/emileku/bot/event"
)

// network is what dialogs see of the channels: dialog.Network.
type network struct {
	bot     *Bot
	desk    *dialog.Desk
	version string
	started time.Time
	linking *linking // guarded by bot.mu; nil: nobody is linking
}

var _ dialog.Network = (*network)(nil)

// Fetch implements dialog.Network.
func (n *network) Fetch(ctx context.Context, name channel.Name, m channel.Media, limit int64) ([]byte, error) {
	ch := n.bot.channels[name]
	if ch == nil {
		return nil, fmt.Errorf("fetch: channel %s is off", name)
	}
	return ch.Fetch(ctx, m, limit)
}

// DeepLink implements dialog.Network.
func (n *network) DeepLink(name channel.Name, payload string) string {
	if l, ok := n.bot.channels[name].(channel.Linker); ok {
		return l.DeepLink(payload)
	}
	return ""
}

// ReplyLink implements dialog.Network.
func (n *network) ReplyLink(eventID, code string) string { return n.bot.links.Reply(eventID, code) }

// StopLink implements dialog.Network.
func (n *network) StopLink(eventID, code string) string { return n.bot.links.Stop(eventID, code) }

// On implements dialog.Network.
func (n *network) On(name channel.Name) bool { return n.bot.channels[name] != nil }

// Forget implements dialog.Network.
func (n *network) Forget(ctx context.Context, chat channel.Chat) error {
	f, ok := n.bot.channels[chat.Channel].(channel.Forgetter)
	if !ok {
		return nil
	}
	return f.Forget(ctx, chat)
}

// InspectGroup implements dialog.Network.
func (n *network) InspectGroup(ctx context.Context, group channel.Chat) (channel.GroupSight, bool, error) {
	gi, ok := n.bot.channels[group.Channel].(channel.GroupInspector)
	if !ok {
		return channel.GroupSight{}, false, nil
	}
	sight, err := gi.InspectGroup(ctx, group)
	return sight, true, err
}

// Menu implements dialog.Network.
func (n *network) Menu(ctx context.Context, chat channel.Chat, group bool, role event.Role) error {
	menu, ok := n.bot.channels[chat.Channel].(channel.CommandMenu)
	if !ok {
		return nil
	}
	return menu.SetCommands(ctx, channel.MenuScope{Chat: chat}, n.entries(role, group))
}

func (n *network) entries(role event.Role, group bool) []channel.Command {
	var out []channel.Command
	for _, c := range n.desk.MenuFor(role, group) {
		out = append(out, channel.Command{Name: c.Name, Description: n.bot.texts.Label("command", c.Name)})
	}
	return out
}

// SetMenus tells every channel the menu of commands: guests' in private, the
// team's in its group, and each team member's own.
func (b *Bot) SetMenus(ctx context.Context) error {
	for _, name := range b.channelNames() {
		menu, ok := b.channels[name].(channel.CommandMenu)
		if !ok {
			continue
		}
		if err := menu.SetCommands(ctx, channel.MenuScope{}, b.network.entries(event.Guest, false)); err != nil {
			return fmt.Errorf("menu of %s: %w", name, err)
		}
	}
	group, bound, err := b.app.Group(ctx)
	if err != nil {
		return err
	}
	if bound {
		if err := b.network.Menu(ctx, group.Chat, true, event.Lead); err != nil {
			return fmt.Errorf("menu of the team's group: %w", err)
		}
	}
	team, err := b.app.Team(ctx)
	if err != nil {
		return err
	}
	for _, p := range team {
		for _, acc := range p.Accounts {
			chat, err := channel.ParseChat(acc.Chat)
			if err != nil || b.channels[chat.Channel] == nil {
				continue
			}
			if err := b.network.Menu(ctx, chat, false, p.Role); err != nil {
				b.log.Warn().Err(err).Str("person", p.ID).Msg("menu not set")
			}
		}
	}
	return nil
}

func (b *Bot) channelNames() []channel.Name {
	var names []channel.Name
	for name := range b.channels {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// healthWithin is how long one part may take to say how it is.
const healthWithin = 5 * time.Second

// Health implements dialog.Network.
func (n *network) Health(ctx context.Context) []dialog.Health {
	out := []dialog.Health{{Part: "version", Detail: n.version + ", " + time.Since(n.started).Truncate(time.Second).String()}}
	db := dialog.Health{Part: "database", Detail: n.bot.store.Describe()}
	pingCtx, cancel := context.WithTimeout(ctx, healthWithin)
	db.Err = n.bot.store.Ping(pingCtx)
	cancel()
	out = append(out, db)
	for _, name := range n.bot.channelNames() {
		checkCtx, cancel := context.WithTimeout(ctx, healthWithin)
		who, err := n.bot.channels[name].Check(checkCtx)
		cancel()
		h := dialog.Health{Part: string(name), Detail: who, Err: err}
		if now, ok := n.Line(name); ok {
			h.Line = &now
		}
		out = append(out, h)
	}
	return out
}
