package scheduler

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const (
	// announceEvery is how often the group hears of new registrations at most;
	// those that come in between are told of together.
	announceEvery = 10 * time.Minute
	// settle is how old a registration must be to be announced: one with a
	// lower number may still be on its way into the database.
	settle = 5 * time.Second
	// announceNames is how many are named; the rest are counted.
	announceNames = 10
)

// announce tells the team's group of new registrations, gathered.
func (p *Planner) announce(ctx context.Context) error {
	group, bound, err := p.App.Group(ctx)
	if err != nil || !bound {
		return err
	}
	events, err := p.App.Upcoming(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := p.announceEvent(ctx, group, e); err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

func (p *Planner) announceEvent(ctx context.Context, group app.TeamGroup, e *event.Event) error {
	last, err := p.App.LastAnnounced(ctx, e.ID)
	if err != nil {
		return err
	}
	now := p.App.Now()
	// A clock that was moved back (practice) must not silence the group.
	if since := now.Sub(last.At); since >= 0 && since < announceEvery {
		return nil
	}
	var fresh []*event.Registration
	unsettled := false // from here on the numbers wait: what is passed over is never told
	err = p.App.EachRegistration(ctx, storage.RegistrationQuery{EventID: e.ID, After: last.Number}, func(r *event.Registration) error {
		unsettled = unsettled || now.Sub(r.CreatedAt) < settle
		if !unsettled {
			fresh = append(fresh, r)
		}
		return nil
	})
	if err != nil || len(fresh) == 0 {
		return err
	}
	named := fresh[:min(len(fresh), announceNames)]
	text, err := p.Texts.Text("notice.fresh", templates.Data{"Event": e, "N": len(fresh), "Registrations": named, "Rest": len(fresh) - len(named), "Pending": pending(fresh)})
	if err != nil {
		return err
	}
	newest := fresh[len(fresh)-1].Number
	buttons := [][]channel.Button{{{Label: p.Texts.Label("menu", "rekap"), Value: "/rekap"}}}
	if pending(fresh) > 0 {
		buttons[0] = append(buttons[0], channel.Button{Label: p.Texts.Label("menu", "kurasi"), Value: "/kurasi"})
	}
	// The ID names where the announcement begins, and the touchpoint where it
	// ends: doing this again after a crash, when more came in, adds nothing and
	// goes on behind what was told.
	m := p.row(fmt.Sprintf("announce/%s/%s", e.ID, fresh[0].Number), group.Chat, text, e.ID, announceTouchpoint+newest, buttons)
	added, err := p.Store.Outbox().Add(ctx, m)
	if err != nil {
		return err
	}
	if !added {
		told, err := p.Store.Outbox().Get(ctx, m.ID)
		if err != nil {
			return err
		}
		newest = strings.TrimPrefix(told.Touchpoint, announceTouchpoint)
	}
	return p.App.SetAnnounced(ctx, e.ID, app.Announced{Number: newest, At: now})
}

const announceTouchpoint = "announce/" // + the last number told of

func pending(regs []*event.Registration) int {
	n := 0
	for _, r := range regs {
		if r.Status == event.Pending {
			n++
		}
	}
	return n
}
