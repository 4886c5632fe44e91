package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// linkLasts is how long somebody in chat may take to link a phone: as long as
// WhatsApp's own page shows codes before it asks whether one is still there.
const linkLasts = 170 * time.Second

// linking is an account that is being linked from a chat.
type linking struct{ inbound string }

// Line implements dialog.Network.
func (n *network) Line(name channel.Name) (channel.Connection, bool) {
	if l, ok := n.bot.channels[name].(channel.Lined); ok {
		return l.Connection(), true
	}
	return channel.Connection{}, false
}

// Link implements dialog.Network. The same message begins one link, however
// often its step is taken.
func (n *network) Link(name channel.Name, phone string, by channel.Inbound) error {
	ch, ok := n.bot.channels[name].(channel.Linkable)
	if !ok {
		return fmt.Errorf("link: channel %s has no account to link", name)
	}
	b := n.bot
	b.mu.Lock()
	life := b.life
	mine := n.linking != nil && n.linking.inbound == by.ID
	b.mu.Unlock()
	switch {
	case mine:
		return nil
	case life == nil:
		return errors.New("link: the bot is not running")
	}
	ctx, cancel := context.WithTimeout(life, linkLasts)
	steps, err := ch.Link(ctx, phone)
	if err != nil {
		cancel()
		return err
	}
	b.mu.Lock()
	n.linking = &linking{inbound: by.ID}
	b.mu.Unlock()
	b.workers.Add(1)
	go func() {
		defer b.workers.Done()
		defer cancel()
		n.tellSteps(context.WithoutCancel(ctx), steps, by)
		b.mu.Lock()
		n.linking = nil
		b.mu.Unlock()
	}()
	return nil
}

// tellSteps says in the chat what happens.
func (n *network) tellSteps(ctx context.Context, steps <-chan channel.LinkStep, by channel.Inbound) {
	b := n.bot
	var shown []string // pictures with codes: whoever scans one is linked
	k := 0
	for s := range steps {
		k++
		ref := fmt.Sprintf("link/%s/%d", by.ID, k)
		m, err := n.desk.LinkStep(ctx, s, ref, b.capabilities(by.Chat.Channel))
		if err == nil {
			if m.File != nil {
				shown = append(shown, m.File.Blob)
			}
			err = b.queueStep(ctx, ref, by.Chat, m, s.Until)
		}
		if err != nil {
			b.log.Error().Err(err).Msg("a step of linking was not shown")
		}
		b.LineChanged()
	}
	for _, id := range shown {
		if err := b.store.Media().Delete(ctx, id); err != nil && !errors.Is(err, storage.ErrNotFound) {
			b.log.Warn().Err(err).Msg("a picture of a code was not deleted")
		}
	}
}

func (b *Bot) queueStep(ctx context.Context, ref string, to channel.Chat, m channel.Outbound, until time.Time) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	row := storage.Message{
		ID: ref, Chat: to, Lane: storage.LaneAnswer, Order: now.UnixMicro(), Body: m,
		State: storage.Queued, DueAt: now, QueuedAt: now,
	}
	if !until.IsZero() { // a code that is over is of no use; told by the event clock
		at := b.app.Now().Add(time.Until(until))
		row.ExpiresAt = &at
	}
	if _, err := b.store.Outbox().Add(ctx, row); err != nil {
		return fmt.Errorf("queue a step of linking: %w", err)
	}
	b.wake()
	return nil
}

// Unlink implements dialog.Network.
func (n *network) Unlink(ctx context.Context, name channel.Name) error {
	ch, ok := n.bot.channels[name].(channel.Linkable)
	if !ok {
		return fmt.Errorf("unlink: channel %s has no account", name)
	}
	if err := n.bot.forgetLine(ctx, name); err != nil {
		return err
	}
	err := ch.Unlink(ctx)
	n.bot.LineChanged()
	return err
}
