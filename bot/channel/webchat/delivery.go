package webchat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	acceptTimeout = 15 * time.Second
	firstPause    = 200 * time.Millisecond // before a post is offered to the sink again
	maxPause      = 5 * time.Second
)

// deliverNow tries to store a post and answers the page.
func (c *Channel) deliverNow(w http.ResponseWriter, r *http.Request, ch *chat, m *message) {
	// A page that closes just now must not leave the post half taken.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), acceptTimeout)
	defer cancel()
	err := c.deliver(ctx, ch)
	c.mu.Lock()
	stored := m.State == sent || m.State == read
	c.mu.Unlock()
	if !stored {
		c.opts.Log.Warn().Err(err).Str("inbound", m.inbound.ID).Msg("practice page: not accepted yet")
		select {
		case c.undelivered <- struct{}{}:
		default: // Run knows
		}
		reply(w, http.StatusServiceUnavailable, map[string]string{"error": "not_stored", "id": m.ID})
		return
	}
	reply(w, http.StatusOK, map[string]string{"id": m.ID})
}

// deliver hands the sink what a chat has queued, in order and one at a time,
// and stops at the first that it does not take: the order of a talk matters.
func (c *Channel) deliver(ctx context.Context, ch *chat) error {
	select {
	case ch.turn <- struct{}{}:
		defer func() { <-ch.turn }()
	case <-ctx.Done():
		return fmt.Errorf("wait for the message before: %w", ctx.Err())
	}
	for {
		c.mu.Lock()
		if len(ch.queue) == 0 {
			c.mu.Unlock()
			return nil
		}
		m, sink := ch.queue[0], c.sink
		c.mu.Unlock()
		err := errors.New("the bot is not running")
		if sink != nil {
			err = sink.Accept(ctx, m.inbound)
		}
		c.mu.Lock()
		if err != nil {
			for _, q := range ch.queue {
				if q.State != failed {
					c.setState(q, failed)
				}
			}
			c.mu.Unlock()
			return err
		}
		if len(ch.queue) > 0 && ch.queue[0] == m { // else Clear came between
			ch.queue = ch.queue[1:]
			if m.State != read {
				c.setState(m, sent)
			}
			c.settle(ch, m)
		} else {
			m.State = sent
		}
		c.mu.Unlock()
	}
}

// redeliver is the part of Run that tries again what the sink did not take.
func (c *Channel) redeliver(ctx context.Context) {
	pause := firstPause
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.undelivered:
			timer.Reset(pause)
			continue
		case <-timer.C:
		}
		left := false
		for _, id := range c.order {
			if err := c.deliver(ctx, c.chats[id]); err != nil && ctx.Err() == nil {
				left = true
			}
		}
		if pause = firstPause; left {
			pause = min(pause*2, maxPause)
			timer.Reset(pause)
		}
	}
}
