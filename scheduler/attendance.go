package scheduler

import (
	"context"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

const (
	// attendanceEvery is how often the board of who came is looked after where
	// its message can be changed; a group takes 20 messages a minute at most.
	attendanceEvery = time.Minute
	// attendancePlain is how often a new one is sent where it cannot, or not for
	// a whole day.
	attendancePlain = 30 * time.Minute
)

// attendance keeps the board in the team's group up to date on the event's day,
// from the first guest on: one message that changes, or a new one each half
// hour where the network cannot change one. What it shows is counted anew each
// time, so a restart or a downtime leaves nothing behind.
func (p *Planner) attendance(ctx context.Context) error {
	group, bound, err := p.App.Group(ctx)
	if err != nil || !bound || !p.has(group.Chat.Channel) {
		return err
	}
	events, err := p.App.Events(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Status == event.EventCancelled || e.DaysBefore(p.App.Now()) != 0 {
			continue
		}
		if err := p.showAttendance(ctx, e, group.Chat); err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

func (p *Planner) showAttendance(ctx context.Context, e *event.Event, to channel.Chat) error {
	b, err := p.App.BoardOf(ctx, e.ID)
	if err != nil {
		return err
	}
	caps := p.caps[to.Channel]
	every := attendancePlain
	if caps.Live() {
		every = attendanceEvery
	}
	now := p.App.Now()
	if b != nil && b.Chat == to.String() {
		// A clock that was moved back (practice) must not silence it.
		if since := now.Sub(b.Shown); since >= 0 && since < every {
			return nil
		}
	} else {
		b = &app.Board{Chat: to.String()}
	}
	c, err := p.App.Attendance(ctx, e)
	if err != nil || c.Total.Arrived == 0 && b.Row == "" {
		return err
	}
	same := *c
	same.At = b.Shown // a new time alone is no news
	if text, err := p.Voice.AttendanceBoard(&same); err != nil || text == b.Text {
		return err
	}
	if b.Text, err = p.Voice.AttendanceBoard(c); err != nil {
		return err
	}
	b.Shown = now
	if err := p.addAttendance(ctx, e, b, to, caps.Live()); err != nil {
		return err
	}
	return p.App.SetBoard(ctx, e.ID, *b)
}

// addAttendance queues the board's next state. A row of its number may be there
// from before a crash, with another text: then it takes the next number.
func (p *Planner) addAttendance(ctx context.Context, e *event.Event, b *app.Board, to channel.Chat, edit bool) error {
	for {
		row := p.row(fmt.Sprintf("attendance/%s/%d", e.ID, b.N), to, b.Text, e.ID, "attendance/", nil)
		if edit && b.Row != "" {
			row.Edits = b.Row
		}
		b.N++
		fresh, err := p.Store.Outbox().Add(ctx, row)
		if err != nil {
			return err
		}
		if fresh {
			if row.Edits == "" {
				b.Row = row.ID
			}
			return p.dropStale(ctx, e, b.N-2, edit)
		}
	}
}

// dropStale takes back the change before this one where it was not sent yet:
// only the latest state is of use.
func (p *Planner) dropStale(ctx context.Context, e *event.Event, n int, edit bool) error {
	if !edit || n < 1 {
		return nil
	}
	id := fmt.Sprintf("attendance/%s/%d", e.ID, n)
	old, err := p.Store.Outbox().Get(ctx, id)
	if err != nil || old.State != storage.Queued || old.Edits == "" {
		return nil //nolint:nilerr // sent, cleaned up, or never there: nothing to take back
	}
	_ = p.Store.Outbox().Drop(ctx, id, storage.Expired, "a newer state of the board") // it may be on its way this moment
	return nil
}
