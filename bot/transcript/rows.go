package transcript

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/scheduler/outbox"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// settleWithin is how long a line of a script may take in all.
const settleWithin = 2 * time.Minute

// rows are the outbox of a World that has a real sender.
type rows struct {
	sender  *outbox.Sender
	seen    map[string]bool   // rows that were shown
	written chan struct{}     // a row was finished
	names   map[string]string // chat ID → name
	matched map[string]int    // chat ID → messages of the bot that a row stands for
}

func newRows() rows {
	return rows{seen: map[string]bool{}, written: make(chan struct{}, 1), names: map[string]string{}, matched: map[string]int{}}
}

// realNetwork is the other side of a World that has a real sender.
type realNetwork interface {
	// taken waits until the bot has acknowledged all that came.
	taken(ctx context.Context) error
	// shownAs is what a person sees of a row.
	shownAs(row storage.Message) (Message, error)
	// nothingElse reports messages that no row stands for, such as copies.
	nothingElse() error
}

// look waits until all is quiet and gives what people see of the rows that were
// sent since the last look. What the planner adds is shown after what was said
// before, as in a House.
func (r *rows) look(h *House, n realNetwork, who, room string) ([]Message, error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), settleWithin)
	defer cancel()
	here := who
	if room != "" {
		here = groupID
	}
	var out []Message
	for {
		if err := n.taken(ctx); err != nil {
			return nil, err
		}
		if err := h.bot.Idle(ctx); err != nil {
			return nil, fmt.Errorf("the bot is not done: %w", err)
		}
		if err := h.plan.Tick(ctx); err != nil {
			return nil, err
		}
		if err := r.drained(ctx, h.store); err != nil {
			return nil, err
		}
		sent, err := r.fresh(ctx, h.store)
		if err != nil {
			return nil, err
		}
		if len(sent) == 0 {
			return out, n.nothingElse()
		}
		for _, row := range sent {
			m, err := n.shownAs(row)
			if err != nil {
				return nil, err
			}
			if m.To = r.names[row.Chat.ID]; m.To == here {
				m.To = ""
			}
			r.matched[row.Chat.ID]++
			out = append(out, m)
		}
	}
}

// drained waits until no row is on its way.
func (r *rows) drained(ctx context.Context, store storage.Store) error {
	r.sender.Wake()
	for {
		counts, err := store.Outbox().Counts(ctx)
		if err != nil {
			return err
		}
		left := 0
		for _, c := range counts {
			if c.State == storage.Queued || c.State == storage.Claimed {
				left += c.N
			}
		}
		if left == 0 {
			return nil
		}
		select {
		case <-r.written:
		case <-ctx.Done():
			return fmt.Errorf("%d messages are not sent: %w", left, ctx.Err())
		}
	}
}

// fresh gives the rows that were sent since the last look, in their order.
func (r *rows) fresh(ctx context.Context, store storage.Store) ([]storage.Message, error) {
	var out []storage.Message
	err := store.Raw().Each(ctx, document.Outbox, func(id string, doc json.RawMessage) error {
		if r.seen[id] {
			return nil
		}
		r.seen[id] = true
		var m storage.Message
		if err := json.Unmarshal(doc, &m); err != nil {
			return err
		}
		switch m.State {
		case storage.Sent, storage.Delivered, storage.Read:
			out = append(out, m)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b storage.Message) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), a.DueAt.Compare(b.DueAt), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return out, err
}

// watched is a store that tells when a row of the outbox has come to an end.
type watched struct {
	storage.Store
	written chan<- struct{}
}

// Outbox implements storage.Store.
func (s watched) Outbox() storage.Outbox { return watchedOutbox{s.Store.Outbox(), s.written} }

type watchedOutbox struct {
	storage.Outbox
	written chan<- struct{}
}

func (o watchedOutbox) tell() {
	select {
	case o.written <- struct{}{}:
	default: // whoever waits has been told and not looked yet
	}
}

// Finish implements storage.Outbox.
func (o watchedOutbox) Finish(ctx context.Context, m *storage.Message, token string) error {
	defer o.tell()
	return o.Outbox.Finish(ctx, m, token)
}

// Drop implements storage.Outbox.
func (o watchedOutbox) Drop(ctx context.Context, id string, to storage.State, reason string) error {
	defer o.tell()
	return o.Outbox.Drop(ctx, id, to, reason)
}
