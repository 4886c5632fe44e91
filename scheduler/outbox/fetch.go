package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/diskopukm/emileku/storage"
)

// putOff is the LastError of rows that quiet hours put off; by it they are
// found again when the event clock is moved past the quiet hours.
const putOff = "held back by quiet hours"

// putOffMark begins the lease token of a row that is claimed only to be put
// off: where the program ends in that moment, nothing was sent.
const putOffMark = "put off/"

// longestQuiet is the longest time that rows are put off.
const longestQuiet = 48 * time.Hour

// batch is what a fetch found.
type batch struct {
	lane    storage.Lane
	rows    []*storage.Message // in the order of Outbox.Due, those held back left out
	held    int                // rows left out
	full    bool               // there may be more
	limit   int
	putOff  time.Time // rows were put off until then
	early   bool      // rows had holds rows that had been put off to a time not yet come
	horizon time.Time // of the fetch
	err     error
}

// fetchAll looks for new rows in all lanes whose window is not full.
func (d *dispatcher) fetchAll(ctx context.Context) {
	for i := range d.lanes {
		if ln := &d.lanes[i]; !ln.full || ln.entries < window/2 {
			d.fetch(ctx, storage.Lane(i))
		}
	}
}

// fetch begins to fill a lane's window. A fetch under way is followed by
// another one, as it may have looked too early.
func (d *dispatcher) fetch(ctx context.Context, name storage.Lane) {
	ln := &d.lanes[name]
	if ln.fetching || ctx.Err() != nil {
		ln.again = true
		return
	}
	ln.fetching, ln.again, ln.discard = true, false, false
	ln.finished = make(map[string]bool)
	d.fetches++
	limit := min(window+ln.entries+ln.stuck, maxFetch)
	horizon := ln.horizon
	d.s.work.Go(func() {
		b := d.look(ctx, name, limit, horizon)
		b.lane, b.limit = name, limit
		d.fetched <- b
	})
}

// look reads a lane's due rows. It runs beside the dispatcher.
func (d *dispatcher) look(ctx context.Context, name storage.Lane, limit int, horizon time.Time) batch {
	now, eventNow := time.Now(), d.s.event.Now()
	hours := d.s.quiet.Load()
	quiet := name != storage.LaneAnswer && hours.At(eventNow)
	var b batch
	until := now
	if !quiet && horizon.After(now) {
		until, b.horizon = horizon, horizon
	}
	var due []*storage.Message
	b.err = d.s.faults.retry(ctx, "look for messages", func() (err error) {
		due, err = d.s.store.Outbox().Due(ctx, d.name, name, until, limit)
		return err
	})
	if b.err != nil {
		return b
	}
	b.full = len(due) >= limit
	var held []*storage.Message
	for _, m := range due {
		switch {
		case m.DueAt.After(now) && m.LastError != putOff:
			b.held++
		case quiet && m.Quiet:
			held = append(held, m)
		default:
			b.early = b.early || m.DueAt.After(now)
			b.rows = append(b.rows, m)
		}
	}
	if len(held) > window {
		// So many would hide rows that may go. They are put off in the outbox
		// itself, and seen again when the quiet hours end.
		b.putOff = now.Add(hours.Until(eventNow).Sub(eventNow))
		for _, m := range held {
			if err := d.putOff(ctx, m, b.putOff); err != nil {
				b.err = err
				return b
			}
		}
		held = nil
	}
	b.held += len(held)
	return b
}

// putOff gives a row a later DueAt.
func (d *dispatcher) putOff(ctx context.Context, m *storage.Message, until time.Time) error {
	c, err := d.claim(ctx, m.ID, putOffMark)
	if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
		return nil // somebody dropped it
	}
	if err != nil {
		return err
	}
	defer d.s.letGo(c)
	c.row.State, c.row.DueAt, c.row.LastError = storage.Queued, until, putOff
	return d.s.finish(c)
}

// take brings what a fetch found into the window.
func (d *dispatcher) take(ctx context.Context, b batch, now time.Time) {
	ln := &d.lanes[b.lane]
	finished := ln.finished
	ln.fetching, ln.finished = false, nil
	d.fetches--
	if ctx.Err() != nil {
		return
	}
	if b.err != nil {
		// retry has waited for the database already; what is left is a row that
		// it cannot read or write. The next poll looks again.
		d.s.log.Error().Str("error", mask(b.err.Error())).Msg("cannot look for messages")
		return
	}
	if ln.discard {
		d.fetch(ctx, b.lane)
		return
	}
	ln.full, ln.capped, ln.stuck = b.full, b.limit >= maxFetch, b.held
	switch {
	case !b.putOff.IsZero():
		ln.horizon = later(ln.horizon, b.putOff)
	case !b.horizon.IsZero() && !b.early && (!b.full || ln.capped):
		ln.horizon = time.Time{} // nothing is put off any more
	}
	for _, m := range b.rows {
		if d.known[m.ID] || finished[m.ID] {
			continue
		}
		c := d.conversation(m.Chat)
		l := c.lines[b.lane]
		if l == nil {
			l = &line{of: c, lane: b.lane, index: -1}
			c.lines[b.lane] = l
		}
		if len(l.rows) >= maxLine {
			l.more = true
			ln.stuck++
			continue
		}
		d.known[m.ID] = true
		l.insert(newEntry(m))
		ln.entries++
		ln.waiting.place(l, now)
	}
	if ln.again || ln.low() {
		d.fetch(ctx, b.lane)
	}
}
