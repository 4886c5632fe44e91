package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Reach is whom news of an event can reach in chat.
type Reach struct {
	Registrations int // that stand
	People        int // behind them, with a chat that takes messages
	Unreachable   int // people without one, or who asked us to stop
}

// ReachOf counts whom news of an event would reach.
func (a *App) ReachOf(ctx context.Context, eventID string) (Reach, error) {
	return a.eachRegistrant(ctx, eventID, func([]storage.Message) error { return nil }, storage.Message{})
}

// Announce queues one message to everyone whose registration in e stands: news
// of a moved or cancelled event, which quiet hours do not hold back. It may be
// run again under the same touchpoint: nobody gets it twice.
func (a *App) Announce(ctx context.Context, by Actor, e *event.Event, touchpoint, text string) (Reach, error) {
	expires := e.Start
	now := time.Now().UTC().Truncate(time.Millisecond)
	reach, err := a.eachRegistrant(ctx, e.ID, func(rows []storage.Message) error {
		_, err := a.store.Outbox().AddAll(ctx, rows)
		return err
	}, storage.Message{
		Lane: storage.LaneReminder, Body: channel.Outbound{Text: text}, EventID: e.ID, Touchpoint: touchpoint,
		State: storage.Queued, DueAt: now, QueuedAt: now, ExpiresAt: &expires,
	})
	if err != nil {
		return reach, fmt.Errorf("announce %s of %s: %w", touchpoint, e.ID, err)
	}
	return reach, a.record(ctx, by, "event.announce", e.ID, fmt.Sprintf("%s: %d", touchpoint, reach.People))
}

// announcePage is how many rows are queued at a time.
const announcePage = 200

// eachRegistrant makes a row of pattern for each person behind a standing
// registration, in pages, and counts them.
func (a *App) eachRegistrant(ctx context.Context, eventID string, queue func([]storage.Message) error, pattern storage.Message) (Reach, error) {
	var (
		reach Reach
		rows  []storage.Message
		seen  = map[string]bool{}
	)
	err := a.EachRegistration(ctx, storage.RegistrationQuery{EventID: eventID}, func(r *event.Registration) error {
		if !r.Status.Active() || r.Status == event.Lapsed {
			return nil
		}
		reach.Registrations++
		if seen[r.PersonID] {
			return nil
		}
		seen[r.PersonID] = true
		p, err := a.store.People().Get(ctx, r.PersonID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		var chat channel.Chat
		if err == nil && p.StoppedAt == nil {
			chat, err = channel.ParseChat(p.PrivateChat())
		}
		if err != nil || chat.IsZero() {
			reach.Unreachable++
			return nil
		}
		reach.People++
		row := pattern
		row.ID = fmt.Sprintf("%s/%s/%s/%s", eventID, p.ID, pattern.Touchpoint, chat.Channel)
		row.Chat, row.PersonID, row.Order = chat, p.ID, pattern.QueuedAt.UnixMicro()
		if rows = append(rows, row); len(rows) < announcePage {
			return nil
		}
		page := rows
		rows = nil
		return queue(page)
	})
	if err != nil {
		return reach, err
	}
	if len(rows) == 0 {
		return reach, nil
	}
	return reach, queue(rows)
}

// Withdraw cancels somebody's registration for the team, with a reason that
// its person is told.
func (a *App) Withdraw(ctx context.Context, by Actor, id, reason string) (*event.Registration, error) {
	if _, err := a.Cancel(ctx, by, id, reason); err != nil {
		return nil, err
	}
	r, err := a.update(ctx, id, func(r *event.Registration) error {
		if r.Status == event.Cancelled && r.PersonID != by.Person.ID {
			r.Tell = event.Cancelled
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("withdraw: %w", err)
	}
	return r, nil
}
