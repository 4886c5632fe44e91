// Package app holds the use cases: what people and the team can do, over the
// storage port and the event clock. It knows no chat and no text.
//
// Every use case can be run again with the same effect, since the message that
// caused it may be replayed after a crash: what it creates bears an ID derived
// from that message or from the draft, and what it changes is compared first.
package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// App runs the use cases.
type App struct {
	store storage.Store
	clock clock.Clock

	stirred chan struct{}
	// coldOn is the channel over which strangers may be written to; "": none.
	coldOn channel.Name

	mu    sync.Mutex
	tries map[string][]time.Time // wrong one-time codes by person, against guessing
}

// New makes an App.
func New(store storage.Store, c clock.Clock) *App {
	return &App{store: store, clock: c, stirred: make(chan struct{}, 1), tries: map[string][]time.Time{}}
}

// Stirred gets a value when something changed that the planner should look at
// before its next tick: a freed place, a decision to tell.
func (a *App) Stirred() <-chan struct{} { return a.stirred }

// Stir makes the planner look.
func (a *App) Stir() { a.stir() }

func (a *App) stir() {
	select {
	case a.stirred <- struct{}{}:
	default: // it will look anyway
	}
}

// Now is the event clock.
func (a *App) Now() time.Time { return a.clock.Now() }

// Store is the database, for what needs no use case of its own.
func (a *App) Store() storage.Store { return a.store }

// Actor is who does something, and from where: for the audit trail.
type Actor struct {
	Person  *event.Person
	Chat    string // key of the chat
	Inbound string // ID of the message: what is derived from it happens once
}

// record writes an entry of the audit trail; the same action of the same
// message is recorded once.
func (a *App) record(ctx context.Context, by Actor, action, subject, detail string) error {
	e := storage.AuditEntry{
		ID: by.Inbound + "/" + action + "/" + subject, At: a.Now(), Chat: by.Chat,
		Action: action, Subject: subject, Detail: detail,
	}
	if by.Person != nil {
		e.PersonID, e.Name = by.Person.ID, by.Person.Name
	}
	if err := a.store.Audit().Add(ctx, e); err != nil {
		return fmt.Errorf("record %s %s: %w", action, subject, err)
	}
	return nil
}

// History is the audit trail, latest first.
func (a *App) History(ctx context.Context, search string, before time.Time, limit int) ([]storage.AuditEntry, error) {
	return a.store.Audit().List(ctx, before, event.Fold(search), limit)
}

// retryConflict runs change again while somebody else changes the same
// document in between.
func retryConflict(ctx context.Context, change func() error) error {
	for range 20 {
		err := change()
		if !errors.Is(err, storage.ErrConflict) || ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("changed by others too often: %w", storage.ErrConflict)
}
