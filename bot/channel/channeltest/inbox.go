package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/diskopukm/emileku/bot/channel"
)

// ErrRefused is what an Inbox answers while it refuses.
var ErrRefused = errors.New("channeltest: refused on purpose")

// Inbox is a channel.Sink that keeps what it is given.
type Inbox struct {
	mu       sync.Mutex
	got      []channel.Inbound // accepted, each ID once
	offers   []channel.Inbound // all that was offered
	receipts []channel.Receipt
	refuse   int // how many more offers to refuse; <0: all
	changed  chan struct{}
}

var _ channel.Sink = (*Inbox)(nil)

// NewInbox makes an Inbox that accepts everything.
func NewInbox() *Inbox { return &Inbox{changed: make(chan struct{})} }

// Refuse makes the next n offers fail with ErrRefused; -1: all, until Refuse(0).
func (b *Inbox) Refuse(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = n
}

// Accept implements channel.Sink.
func (b *Inbox) Accept(ctx context.Context, in channel.Inbound) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offers = append(b.offers, in)
	close(b.changed)
	b.changed = make(chan struct{})
	if b.refuse != 0 {
		b.refuse = max(b.refuse-1, -1)
		return ErrRefused
	}
	if !slices.ContainsFunc(b.got, func(g channel.Inbound) bool { return g.ID == in.ID }) {
		b.got = append(b.got, in)
	}
	return nil
}

// Receipt implements channel.Sink.
func (b *Inbox) Receipt(ctx context.Context, r channel.Receipt) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.receipts = append(b.receipts, r)
	return ctx.Err()
}

// Got returns what was accepted, in order, each ID once.
func (b *Inbox) Got() []channel.Inbound {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

// Offers returns what was offered, accepted or not.
func (b *Inbox) Offers() []channel.Inbound {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.offers)
}

// Receipts returns the receipts.
func (b *Inbox) Receipts() []channel.Receipt {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.receipts)
}

// Wait returns what was accepted once that is at least n messages.
func (b *Inbox) Wait(ctx context.Context, n int) ([]channel.Inbound, error) {
	return b.until(ctx, n, b.Got)
}

// WaitOffers returns the offers once there are at least n.
func (b *Inbox) WaitOffers(ctx context.Context, n int) ([]channel.Inbound, error) {
	return b.until(ctx, n, b.Offers)
}

func (b *Inbox) until(ctx context.Context, n int, list func() []channel.Inbound) ([]channel.Inbound, error) {
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if got := list(); len(got) >= n {
			return got, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("channeltest: %d messages came in, not %d: %w", len(list()), n, ctx.Err())
		}
	}
}
