package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// Keys of settings.
const (
	settingGroup     = "group"
	settingAnnounced = "announced/" // + event ID
)

// TeamGroup is the chat that the lead bound as the team's group.
type TeamGroup struct {
	Chat  channel.Chat `json:"chat"`
	Title string       `json:"title"`
}

// Group is the team's group; ok is false while none is bound.
func (a *App) Group(ctx context.Context) (g TeamGroup, ok bool, err error) {
	err = a.store.Settings().Get(ctx, settingGroup, &g)
	if errors.Is(err, storage.ErrNotFound) {
		return g, false, nil
	}
	if err != nil {
		return g, false, fmt.Errorf("team's group: %w", err)
	}
	return g, !g.Chat.IsZero(), nil
}

// BindGroup makes a chat the team's group.
func (a *App) BindGroup(ctx context.Context, by Actor, g TeamGroup) error {
	if err := a.store.Settings().Put(ctx, settingGroup, g); err != nil {
		return fmt.Errorf("bind group: %w", err)
	}
	return a.record(ctx, by, "group.bind", g.Chat.String(), g.Title)
}

// MoveChat follows a group to its new ID: its memory, its queued messages,
// and the binding as the team's group.
func (a *App) MoveChat(ctx context.Context, from, to channel.Chat) error {
	g, ok, err := a.Group(ctx)
	if err != nil {
		return err
	}
	if ok && g.Chat == from {
		g.Chat = to
		if err := a.store.Settings().Put(ctx, settingGroup, g); err != nil {
			return fmt.Errorf("move group: %w", err)
		}
	}
	if _, err := a.store.Outbox().Redirect(ctx, from, to); err != nil {
		return fmt.Errorf("move group: %w", err)
	}
	old, err := a.store.Chats().Get(ctx, from.String())
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("move group: %w", err)
	}
	moved := *old
	moved.ID, moved.Version = to.String(), 0
	for i := range moved.Pending {
		moved.Pending[i].Chat = to
	}
	if err := a.store.Chats().Save(ctx, &moved); err != nil && !errors.Is(err, storage.ErrConflict) {
		return fmt.Errorf("move group: %w", err)
	}
	return a.store.Chats().Delete(ctx, old.ID)
}

// Announced is the last registration number that the group was told of, and
// when.
type Announced struct {
	Number string    `json:"number"`
	At     time.Time `json:"at"`
}

// LastAnnounced reads where announcing stands for an event.
func (a *App) LastAnnounced(ctx context.Context, eventID string) (Announced, error) {
	var n Announced
	err := a.store.Settings().Get(ctx, settingAnnounced+eventID, &n)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return n, fmt.Errorf("announced of %s: %w", eventID, err)
	}
	return n, nil
}

// SetAnnounced writes where announcing stands.
func (a *App) SetAnnounced(ctx context.Context, eventID string, n Announced) error {
	return a.store.Settings().Put(ctx, settingAnnounced+eventID, n)
}

// RecordAccount notes in the audit trail that the office's account was linked
// or unlinked.
func (a *App) RecordAccount(ctx context.Context, by Actor, action string) error {
	return a.record(ctx, by, action, "", "")
}
