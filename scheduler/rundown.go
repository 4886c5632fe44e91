package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Floor writes what is told of a rundown as the day goes on.
type Floor interface {
	// RundownNow tells the group what begins, and what comes next.
	RundownNow(e *event.Event, r *event.Rundown, items []event.RundownItem, caps channel.Capabilities) (channel.Outbound, error)
	// RundownCall calls a performer to their item.
	RundownCall(e *event.Event, it event.RundownItem, p event.Performing) (channel.Outbound, error)
	// RundownAbsent tells the group whom the bot cannot call.
	RundownAbsent(e *event.Event, it event.RundownItem, who []event.Performing) (channel.Outbound, error)
}

// rundownDays is how far from an event's date its rundown is looked at: one
// may begin on the evening before and end in the night after.
const rundownDays = 1

// rundown announces items to the group to the minute, and calls performers 20
// minutes before theirs. The IDs of its rows name the item and how often it has
// moved, so that a row moves with its item, and a second look adds nothing.
// After a downtime only what goes on now is announced.
func (p *Planner) rundown(ctx context.Context) error {
	events, err := p.App.Events(ctx)
	if err != nil {
		return err
	}
	group, bound, err := p.App.Group(ctx)
	if err != nil {
		return err
	}
	desk := teamDesk{chat: group.Chat, leads: !bound}
	now := p.App.Now()
	for _, e := range events {
		if days := e.DaysBefore(now); e.Status == event.EventCancelled || days > rundownDays || days < -rundownDays {
			continue
		}
		r, err := p.App.Rundown(ctx, e.ID)
		if err == nil {
			err = p.announceItems(ctx, desk, e, r, now)
		}
		if err == nil {
			err = p.callPerformers(ctx, desk, e, r, now)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

func (p *Planner) announceItems(ctx context.Context, desk teamDesk, e *event.Event, r *event.Rundown, now time.Time) error {
	going, _ := r.Now(e.MinutesIn(now))
	var begun []event.RundownItem // the latest, and what begins along with it
	for _, it := range going {
		switch {
		case len(begun) == 0 || it.Start > begun[0].Start:
			begun = []event.RundownItem{it}
		case it.Start == begun[0].Start:
			begun = append(begun, it)
		}
	}
	if len(begun) == 0 {
		return nil
	}
	first, ends := begun[0], begun[0].Until(e)
	for _, it := range begun {
		if until := it.Until(e); until.After(ends) {
			ends = until
		}
	}
	return p.toTeam(ctx, desk, func(chat channel.Chat, personID string) error {
		return p.tellFloor(ctx, rundownRow(e, first, "now", personID), chat, personID, e.ID, app.RundownRow(first, "now"), ends, func() (channel.Outbound, error) {
			return p.Voice.RundownNow(e, r, begun, p.caps[chat.Channel])
		})
	})
}

func rundownRow(e *event.Event, it event.RundownItem, what, person string) string {
	id := fmt.Sprintf("%s/rundown/%s/%d.%d/%d", e.ID, what, it.N, it.Moved, e.Schedule)
	if person != "" {
		id += "/" + person
	}
	return id
}

// tellFloor queues a message, unless it is there: it is looked for once a
// minute.
func (p *Planner) tellFloor(ctx context.Context, id string, chat channel.Chat, personID, eventID, touchpoint string, ends time.Time, write func() (channel.Outbound, error)) error {
	_, err := p.Store.Outbox().Get(ctx, id)
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	body, err := write()
	if err != nil {
		return err
	}
	m := p.row(id, chat, body.Text, eventID, touchpoint, body.Buttons)
	m.PersonID, m.ExpiresAt = personID, &ends
	_, err = p.Store.Outbox().Add(ctx, m)
	return err
}

func (p *Planner) callPerformers(ctx context.Context, desk teamDesk, e *event.Event, r *event.Rundown, now time.Time) error {
	for _, it := range r.Items {
		at := it.At(e)
		if now.Before(at.Add(-event.CallAhead)) || !now.Before(at) {
			continue
		}
		if err := p.callItem(ctx, desk, e, it); err != nil {
			return err
		}
	}
	return nil
}

// callItem calls everybody in an item. Quiet hours do not hold it back: it is
// of no use later.
func (p *Planner) callItem(ctx context.Context, desk teamDesk, e *event.Event, it event.RundownItem) error {
	var absent []event.Performing
	for _, c := range it.Cast {
		if c.PersonID == "" { // who registered since the name was written down
			known, err := p.App.Cast(ctx, e.ID, c.Name)
			if err != nil {
				return err
			}
			if known.PersonID == "" || event.Fold(known.Name) != event.Fold(c.Name) {
				continue // a name alone, such as "Ketua tim"
			}
			c = known
		}
		chat, err := p.floorChat(ctx, c.PersonID)
		if err != nil {
			return err
		}
		if chat.IsZero() {
			absent = append(absent, c)
			continue
		}
		err = p.tellFloor(ctx, rundownRow(e, it, "call", c.PersonID), chat, c.PersonID, e.ID, app.RundownRow(it, "call"), it.At(e), func() (channel.Outbound, error) {
			return p.Voice.RundownCall(e, it, c)
		})
		if err != nil {
			return err
		}
	}
	if len(absent) == 0 {
		return nil
	}
	return p.toTeam(ctx, desk, func(chat channel.Chat, personID string) error {
		return p.tellFloor(ctx, rundownRow(e, it, "absent", personID), chat, personID, e.ID, app.RundownRow(it, "absent"), it.At(e), func() (channel.Outbound, error) {
			return p.Voice.RundownAbsent(e, it, absent)
		})
	})
}

// floorChat is where a performer can be called; zero where nowhere.
func (p *Planner) floorChat(ctx context.Context, personID string) (channel.Chat, error) {
	person, err := p.Store.People().Get(ctx, personID)
	if errors.Is(err, storage.ErrNotFound) || err == nil && person.StoppedAt != nil {
		return channel.Chat{}, nil
	}
	if err != nil {
		return channel.Chat{}, err
	}
	chat, err := channel.ParseChat(person.PrivateChat())
	if err != nil || !p.has(chat.Channel) {
		return channel.Chat{}, nil //nolint:nilerr // they have no chat with us
	}
	return chat, nil
}

// nextItem considers when items begin and performers are called.
func (p *Planner) nextItem(ctx context.Context, e *event.Event, from, to time.Time, consider func(time.Time)) error {
	if e.Status == event.EventCancelled || e.DaysBefore(to) > rundownDays || e.DaysBefore(from) < -rundownDays {
		return nil
	}
	r, err := p.App.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, it := range r.Items {
		consider(it.At(e))
		if len(it.Cast) > 0 {
			consider(it.At(e).Add(-event.CallAhead))
		}
	}
	return nil
}
