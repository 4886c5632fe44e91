package outbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

const (
	// sendTimeout is how long one send may take: a file of storage.MaxBlob
	// over a slow line.
	sendTimeout = 90 * time.Second
	// lease outlives a send and the wait for a database that is away for a
	// moment. A send that is in hand is never rescued by its own process,
	// however long it takes.
	lease = 5 * time.Minute
	// troubled is how long a row waits that the database would not let us try.
	troubled = 5 * time.Second
	// editWait is how often an edit asks whether its target is sent.
	editWait = time.Second
)

// claimed is a row in hand.
type claimed struct {
	row   *storage.Message
	token string
}

// deliver carries out one job. ctx ends when the sender is told to stop: what
// has not been claimed then stays as it is.
func (d *dispatcher) deliver(ctx context.Context, j job) result {
	r := result{job: j}
	if j.drop != "" {
		r.verdict, r.after = d.discard(ctx, j, j.drop, j.reason)
		return r
	}
	begun := false
	defer func() {
		if !begun {
			j.slots.cancel()
		}
	}()

	if j.cold && d.coldBarred() {
		r.verdict, r.after = d.discard(ctx, j, storage.Failed, "restricted: first contacts are not allowed now")
		return r
	}
	if reason, err := d.unwanted(ctx, j); err != nil {
		return r.trouble(ctx)
	} else if reason != "" {
		r.verdict, r.after = d.discard(ctx, j, storage.Suppressed, reason)
		return r
	}
	edit, wait, err := d.target(ctx, j)
	switch {
	case err != nil:
		return r.trouble(ctx)
	case wait:
		r.verdict, r.after = passed, editWait
		return r
	case ctx.Err() != nil:
		r.verdict = interrupted
		return r
	}

	c, err := d.claim(ctx, j.id, "")
	if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
		return r // gone: somebody dropped it, or it was seen twice
	}
	if err != nil {
		return r.trouble(ctx)
	}
	defer d.s.letGo(c)

	body := c.row.Body
	body.Edit = edit
	if err := d.s.loadFiles(ctx, &body, later(c.row.QueuedAt, c.row.DueAt)); errors.Is(err, storage.ErrNotFound) {
		return d.conclude(r, c, storage.Failed, err.Error(), refused)
	} else if err != nil {
		return d.giveBack(ctx, r, c, troubled)
	}
	if ctx.Err() != nil {
		return d.giveBack(ctx, r, c, 0)
	}

	begun = true
	start := time.Now()
	j.slots.begin(start)
	sendCtx, cancel := context.WithTimeout(d.s.sendCtx, sendTimeout)
	id, err := d.ch.Send(sendCtx, c.row.Chat, c.row.MessageID, body)
	cancel()
	end := time.Now()
	j.slots.settle(end)
	d.s.metrics.SendTook(d.name, end.Sub(start))
	return d.digest(r, c, id, err)
}

// trouble is the result where the database did not let us try.
func (r result) trouble(ctx context.Context) result {
	if ctx.Err() != nil {
		r.verdict = interrupted
		return r
	}
	r.verdict, r.after = held, troubled
	return r
}

// discard ends a row that is not to be sent.
func (d *dispatcher) discard(ctx context.Context, j job, to storage.State, reason string) (verdict, time.Duration) {
	err := d.s.faults.retry(ctx, "drop a message", func() error {
		return d.s.store.Outbox().Drop(d.s.writeCtx, j.id, to, reason)
	})
	switch {
	case err == nil:
		d.s.metrics.Sent(d.name, j.line.lane, to)
		return gone, 0
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrNotFound):
		return gone, 0
	}
	r := result{}.trouble(ctx)
	return r.verdict, r.after
}

// unwanted gives the reason why a row must not be sent: whoever asked us to
// stop, or to be deleted, hears nothing unasked.
func (d *dispatcher) unwanted(ctx context.Context, j job) (reason string, err error) {
	if j.personID == "" || j.line.lane == storage.LaneAnswer {
		return "", nil
	}
	err = d.s.faults.retry(ctx, "look a person up", func() error {
		p, err := d.s.store.People().Get(ctx, j.personID)
		if err == nil && p.StoppedAt != nil {
			reason = "asked us to stop"
		}
		return err
	})
	if errors.Is(err, storage.ErrNotFound) {
		return "this person is not kept any more", nil
	}
	return reason, err
}

// target finds the message that a row edits: its ID; "" to send the row anew,
// because there is no such message or the channel cannot edit; or wait, where
// it has not been sent yet.
func (d *dispatcher) target(ctx context.Context, j job) (messageID string, wait bool, err error) {
	if j.edits == "" {
		return "", false, nil
	}
	var m *storage.Message
	err = d.s.faults.retry(ctx, "look an edited message up", func() (err error) {
		m, err = d.s.store.Outbox().Get(ctx, j.edits)
		return err
	})
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return "", false, nil
	case err != nil:
		return "", false, err
	case m.State == storage.Queued, m.State == storage.Claimed:
		return "", true, nil
	case !d.ch.Capabilities().Edit || m.Chat.Channel != d.name:
		return "", false, nil
	case m.State == storage.Sent, m.State == storage.Delivered, m.State == storage.Read:
		return m.MessageID, false, nil
	}
	return "", false, nil
}

// claim takes a row in hand. The caller lets it go when all is done. mark begins
// its lease token, for who finds the row if the program ends meanwhile.
func (d *dispatcher) claim(ctx context.Context, id, mark string) (*claimed, error) {
	c := &claimed{token: mark + d.s.id + "/" + strconv.FormatInt(d.s.claims.Add(1), 36)}
	chosen := d.ch.NewMessageID()
	d.s.takeInHand(c)
	unsure := false // whether an earlier try got through without our knowing
	err := d.s.faults.retry(ctx, "claim a message", func() (err error) {
		outbox := d.s.store.Outbox()
		c.row, err = outbox.Claim(d.s.writeCtx, id, c.token, time.Now().Add(lease), chosen)
		if unsure && errors.Is(err, storage.ErrConflict) {
			m, getErr := outbox.Get(d.s.writeCtx, id)
			if getErr == nil && m.State == storage.Claimed && m.LeaseToken == c.token {
				c.row = m
				return nil
			}
			if getErr != nil {
				return getErr
			}
		}
		unsure = unsure || !answered(err)
		return err
	})
	if err != nil {
		d.s.letGo(c)
		return nil, err
	}
	d.s.expectReceipt(c)
	return c, nil
}

// digest decides what a send's outcome means for its row.
func (d *dispatcher) digest(r result, c *claimed, id string, err error) result {
	m := c.row
	if err == nil {
		if id != "" {
			m.MessageID = id
		}
		now := storedTime(time.Now())
		m.SentAt = &now
		return d.conclude(r, c, storage.Sent, "", delivered)
	}
	se := channel.AsSendError(err)
	switch {
	case se.MovedTo != "" && se.MovedTo != m.Chat.ID:
		return d.move(r, c, se)
	case se.Restriction != nil:
		return d.restricted(r, c, se)
	case se.Blocked:
		r = d.conclude(r, c, storage.Failed, se.Error(), refused)
		d.s.onBlocked(d.s.writeCtx, m.Chat, m.PersonID)
		return r
	case se.Absent:
		r = d.conclude(r, c, storage.Failed, se.Error(), refused)
		d.s.onAbsent(d.s.writeCtx, m)
		return r
	case se.Permanent:
		return d.conclude(r, c, storage.Failed, se.Error(), refused)
	case se.Uncertain && !d.repeatable(m):
		return d.uncertain(r, c, se.Error())
	case se.RetryAfter > 0 && se.Everyone:
		d.s.metrics.Retried(d.name, m.Lane, "limit")
		r.verdict, r.after = allPause, se.RetryAfter
	case se.RetryAfter > 0:
		d.s.metrics.Retried(d.name, m.Lane, "chat limit")
		r.verdict, r.after = chatPause, se.RetryAfter
	case d.hopeless(m) && se.Uncertain:
		return d.uncertain(r, c, "given up after a day: "+se.Error())
	case d.hopeless(m):
		return d.conclude(r, c, storage.Failed, "given up after a day: "+se.Error(), failing)
	default:
		cause := "temporary"
		if se.Uncertain {
			cause = "uncertain"
		}
		d.s.metrics.Retried(d.name, m.Lane, cause)
		d.s.log.Debug().Str("row", mask(m.ID)).Str("error", mask(se.Error())).Int("attempt", m.Attempts).
			Msg("a message did not go out; it will be tried again")
		r.verdict = failing
	}
	m.State, m.LastError = storage.Queued, reason(se.Error())
	d.s.settleRow(c)
	return r
}

// repeatable reports whether sending m again is safe, or better than not at
// all, although it may have arrived.
func (d *dispatcher) repeatable(m *storage.Message) bool {
	return repeatable(m, d.ch)
}

func repeatable(m *storage.Message, ch channel.Channel) bool {
	if m.Cold {
		return false // a network that refused it would count a second try against us
	}
	edits := m.Edits != "" && ch != nil && ch.Capabilities().Edit
	chosen := m.MessageID != "" && (ch == nil || !ch.Capabilities().Doubles)
	return m.Lane == storage.LaneAnswer || chosen || edits
}

// hopeless reports whether a row that fails has been tried for long enough.
func (d *dispatcher) hopeless(m *storage.Message) bool {
	return m.Attempts >= 8 && time.Since(later(m.DueAt, m.QueuedAt)) > 24*time.Hour
}

// conclude ends a row.
func (d *dispatcher) conclude(r result, c *claimed, to storage.State, why string, v verdict) result {
	m := c.row
	m.State, m.LastError = to, reason(why)
	d.s.settleRow(c)
	d.s.metrics.Sent(d.name, m.Lane, to)
	if to == storage.Failed {
		d.s.log.Warn().Str("row", mask(m.ID)).Str("error", mask(why)).Msg("a message cannot be sent")
	}
	if r.verdict = v; v == failing {
		r.verdict = gone // it ended, though not by an answer of the network
	}
	return r
}

// uncertain ends a row that may have arrived and must not be sent twice. It is
// reported before it is stored, so that a crash between the two reports it
// again rather than never.
func (d *dispatcher) uncertain(r result, c *claimed, why string) result {
	c.row.State, c.row.LastError = storage.Uncertain, reason(why)
	d.s.onUncertain(d.s.writeCtx, c.row)
	d.s.settleRow(c)
	d.s.metrics.Sent(d.name, c.row.Lane, storage.Uncertain)
	r.verdict = lost
	return r
}

// move follows a chat to its new ID, with all that waits for it.
func (d *dispatcher) move(r result, c *claimed, se *channel.SendError) result {
	m := c.row
	from, to := m.Chat, channel.Chat{Channel: m.Chat.Channel, ID: se.MovedTo}
	d.s.metrics.Retried(d.name, m.Lane, "moved")
	m.State, m.LastError = storage.Queued, reason(se.Error())
	d.s.settleRow(c)
	d.s.onMoved(d.s.writeCtx, from, to)
	err := d.s.faults.retry(d.s.writeCtx, "redirect a chat", func() error {
		_, err := d.s.store.Outbox().Redirect(d.s.writeCtx, from, to)
		return err
	})
	if err != nil { // the next send to the old chat finds out again
		r.verdict, r.after = held, troubled
		return r
	}
	r.verdict = moved
	return r
}

// giveBack returns a claimed row whose send has not begun.
func (d *dispatcher) giveBack(ctx context.Context, r result, c *claimed, after time.Duration) result {
	c.row.State = storage.Queued
	d.s.settleRow(c)
	r.verdict, r.after = held, after
	if ctx.Err() != nil {
		r.verdict = interrupted
	}
	return r
}

// reason is an error as it is kept with a row: of bounded length.
func reason(s string) string {
	const most = 500
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

func storedTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// finish writes what became of a row in hand.
func (s *Sender) finish(c *claimed) error {
	err := s.faults.retry(s.writeCtx, "store what became of a message", func() error {
		return s.store.Outbox().Finish(s.writeCtx, c.row, c.token)
	})
	if err != nil {
		return fmt.Errorf("row %s: %w", mask(c.row.ID), err)
	}
	return nil
}

// settleRow is finish where nothing is left to be done about an error: the row
// stays claimed and is rescued later.
func (s *Sender) settleRow(c *claimed) {
	if err := s.finish(c); err != nil {
		s.metrics.Error("outbox")
		s.log.Error().Str("error", mask(err.Error())).Msg("a message's outcome could not be stored")
	}
}
