package scheduler

import (
	"context"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// Newsreader writes the news of a moved or cancelled event.
type Newsreader interface {
	// News writes it to somebody, in the wording that is theirs.
	News(e *event.Event, h app.Hearer, caps channel.Capabilities) (channel.Outbound, error)
	// NewsHandover writes to the team about an official who has to hear it:
	// what to do, and the text that is passed on.
	NewsHandover(e *event.Event, g *event.Participation, caps channel.Capabilities) (note, text channel.Outbound, err error)
}

// newsPage is how many rows are queued at a time.
const newsPage = 200

// outdated are the touchpoints of rows that name the old time or place; those
// of off go as well once the event is called off.
var (
	outdated = []string{string(event.StageH40), string(event.StageH14), string(event.StageH7), string(event.StageEve), "liaison/"}
	off      = []string{"steps", "step.", "stage", "announce/", "answers", "approve/"}
)

// news tells people that an event was moved or cancelled: everyone whom it
// concerns once, at once, and not what came before it. It is derived from the
// event itself, so a crash at any point loses nothing, and doubles nothing
// since the rows have unique keys.
func (p *Planner) news(ctx context.Context) error {
	events, err := p.App.Events(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		told, err := p.App.NewsTold(ctx, e)
		if err == nil && !told {
			err = p.newsOf(ctx, e)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

func (p *Planner) newsOf(ctx context.Context, e *event.Event) error {
	withdrawn, err := p.App.WithdrawInvitations(ctx, e)
	if err != nil {
		return err
	}
	if err := p.expireOld(ctx, e); err != nil {
		return err
	}
	if e.News.Kind == event.NewsCancelled {
		if err := p.App.DropCalls(ctx, e); err != nil {
			return err
		}
	}
	group, bound, err := p.App.Group(ctx)
	if err != nil {
		return err
	}
	var (
		reach app.Reach
		rows  []storage.Message
	)
	flush := func() error {
		_, err := p.Store.Outbox().AddAll(ctx, rows)
		rows = rows[:0]
		return err
	}
	reach.Declined, err = p.App.EachHearer(ctx, e, p.has, func(h app.Hearer) error {
		reach.Add(h)
		made, err := p.newsRows(ctx, e, h, group.Chat)
		if err != nil {
			return err
		}
		if rows = append(rows, made...); len(rows) >= newsPage {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	if bound && reach.Concerned()+withdrawn > 0 {
		text, err := p.Texts.Text("news.group", templates.Data{"Event": e, "Reach": reach, "Withdrawn": withdrawn, "Kind": string(e.News.Kind)})
		if err != nil {
			return err
		}
		if _, err := p.Store.Outbox().Add(ctx, p.row(newsID(e, "group", group.Chat.Channel), group.Chat, text, e.ID, newsTouchpoint(e.News.N), nil)); err != nil {
			return err
		}
	}
	return p.App.SetNewsTold(ctx, e, reach)
}

// expireOld takes back what is queued and no longer true.
func (p *Planner) expireOld(ctx context.Context, e *event.Event) error {
	touchpoints := outdated
	for n := 1; n < e.News.N; n++ {
		touchpoints = append(touchpoints[:len(touchpoints):len(touchpoints)], newsTouchpoint(n))
	}
	if e.News.Kind == event.NewsCancelled {
		touchpoints = append(touchpoints[:len(touchpoints):len(touchpoints)], off...)
	}
	for _, t := range touchpoints {
		if _, err := p.Store.Outbox().Expire(ctx, e.ID, t, "the event was "+string(e.News.Kind)); err != nil {
			return err
		}
	}
	return nil
}

func newsTouchpoint(n int) string { return fmt.Sprintf("news.%d/", n) }

func newsID(e *event.Event, to string, via channel.Name) string {
	return fmt.Sprintf("%s/%s/news.%d/%s", e.ID, to, e.News.N, via)
}

// newsRows makes the rows for one person, or puts them on the call list.
func (p *Planner) newsRows(ctx context.Context, e *event.Event, h app.Hearer, team channel.Chat) ([]storage.Message, error) {
	switch h.Route {
	case app.ByChat, app.ByEmail:
		body, err := p.Voice.News(e, h, p.caps[h.Chat.Channel])
		if err != nil {
			return nil, err
		}
		id := newsID(e, h.Guest.PersonID, h.Chat.Channel)
		if h.Wording == event.ToDelegate { // they may be a guest, too, or come for two
			id += "/delegate"
		}
		m := p.newsRow(e, id, h.Chat, body)
		m.PersonID = h.PersonID
		return []storage.Message{m}, nil
	case app.ByLiaison:
		return p.newsForOfficial(ctx, e, h.Guest, team)
	case app.ByCall:
		return nil, p.App.CallForNews(ctx, e, h.Guest.ID)
	}
	return nil, nil
}

// newsForOfficial gives the team the text to pass on. Without a group the leads
// get it.
func (p *Planner) newsForOfficial(ctx context.Context, e *event.Event, g *event.Participation, group channel.Chat) ([]storage.Message, error) {
	to := []channel.Chat{group}
	if group.IsZero() {
		to = nil
		team, err := p.App.Team(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range team {
			if chat, err := channel.ParseChat(m.PrivateChat()); err == nil && m.Role == event.Lead {
				to = append(to, chat)
			}
		}
	}
	var rows []storage.Message
	for _, chat := range to {
		note, text, err := p.Voice.NewsHandover(e, g, p.caps[chat.Channel])
		if err != nil {
			return nil, err
		}
		id := newsID(e, g.PersonID, liaison) + "/" + chat.String()
		first, second := p.newsRow(e, id+".note", chat, note), p.newsRow(e, id, chat, text)
		first.Order -= 2 // nothing comes between the two
		second.DueAt, second.QueuedAt, second.Order = first.DueAt, first.QueuedAt, first.Order+1
		rows = append(rows, first, second)
	}
	return rows, nil
}

// newsRow is a row that quiet hours do not hold.
func (p *Planner) newsRow(e *event.Event, id string, to channel.Chat, body channel.Outbound) storage.Message {
	m := p.row(id, to, "", e.ID, newsTouchpoint(e.News.N), nil)
	expires := e.Start
	if !expires.After(p.App.Now()) { // called off on the day itself
		expires = p.App.Now().Add(24 * time.Hour)
	}
	m.Body, m.ExpiresAt = body, &expires
	return m
}
