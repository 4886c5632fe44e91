package scheduler

import (
	"context"
	"fmt"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// tellRestrictions tells the team when a network begins to restrict us, and
// when that is over.
func (p *Planner) tellRestrictions(ctx context.Context) error {
	for _, ch := range p.Channels {
		untold, err := p.App.UntoldRestrictions(ctx, ch.Name())
		if err != nil {
			return err
		}
		for _, r := range untold {
			if err := p.tellRestriction(ctx, r); err != nil {
				return fmt.Errorf("%s: %w", ch.Name(), err)
			}
		}
	}
	return nil
}

func (p *Planner) tellRestriction(ctx context.Context, r *app.Restricted) error {
	key, now := "restriction.begin", p.App.Now()
	if !r.Holds(now) {
		key = "restriction.end"
	}
	text, err := p.Texts.Text(key, templates.Data{"Channel": string(r.Channel), "ColdOnly": r.ColdOnly, "Until": r.Until, "Reason": r.Reason})
	if err != nil {
		return err
	}
	to, err := p.watchers(ctx, r)
	if err != nil {
		return err
	}
	var rows []storage.Message
	for _, chat := range to {
		rows = append(rows, p.row(fmt.Sprintf("%s/%s/%t/%d/%d/%s", key, r.Channel, r.ColdOnly, r.Since.UnixMilli(), r.Until.UnixMilli(), chat), chat, text, "", key, nil))
	}
	if _, err := p.Store.Outbox().AddAll(ctx, rows); err != nil {
		return err
	}
	return p.App.RestrictionTold(ctx, r)
}

// watchers are the chats in which the team hears of a restriction: its group,
// or where that is on the network in question (or there is none) the leads, on
// whichever other network they are.
func (p *Planner) watchers(ctx context.Context, r *app.Restricted) ([]channel.Chat, error) {
	usable := func(c channel.Chat) bool { return p.has(c.Channel) && (r.ColdOnly || c.Channel != r.Channel) }
	group, bound, err := p.App.Group(ctx)
	if err != nil {
		return nil, err
	}
	if bound && usable(group.Chat) {
		return []channel.Chat{group.Chat}, nil
	}
	team, err := p.App.Team(ctx)
	if err != nil {
		return nil, err
	}
	var out, last []channel.Chat
	for _, m := range team {
		if m.Role != event.Lead {
			continue
		}
		var own []channel.Chat
		for i := len(m.Accounts) - 1; i >= 0; i-- {
			if chat, err := channel.ParseChat(m.Accounts[i].Chat); err == nil && p.has(chat.Channel) {
				last = append(last, chat)
				if usable(chat) {
					own = append(own, chat)
				}
			}
		}
		if len(own) > 0 {
			out = append(out, own[0])
		}
	}
	if len(out) == 0 {
		return last, nil // they read it when it is over; better than never
	}
	return out, nil
}
