package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// askApproval asks the team once to approve a broadcast, for the number of
// guests that it has now: in the group, or each member but its maker.
func (p *Planner) askApproval(ctx context.Context, e *event.Event, b *storage.Broadcast) error {
	var to []channel.Chat
	group, bound, err := p.App.Group(ctx)
	if err != nil {
		return err
	}
	if bound {
		to = append(to, group.Chat)
	} else {
		team, err := p.App.Team(ctx)
		if err != nil {
			return err
		}
		for _, m := range team {
			if chat, err := channel.ParseChat(m.PrivateChat()); err == nil && m.ID != b.MadeBy && (m.Role == event.Member || m.Role == event.Lead) {
				to = append(to, chat)
			}
		}
	}
	var rows []storage.Message
	for _, chat := range to {
		bodies, err := p.Voice.Approval(ctx, b, e, p.caps[chat.Channel])
		if err != nil {
			return err
		}
		id := fmt.Sprintf("approve/%s/%d/%s", b.ID, b.Total, chat)
		for i, body := range bodies {
			m := p.row(id, chat, "", e.ID, "approve/"+b.ID, nil)
			if before := len(bodies) - 1 - i; before > 0 {
				m.ID = fmt.Sprintf("%s/-%d", id, before)
			}
			m.Order += int64(i) // several may be made within a microsecond
			m.Body = body
			rows = append(rows, m)
		}
	}
	_, err = p.Store.Outbox().AddAll(ctx, rows)
	return err
}

// showBoard brings the message that shows a broadcast's progress up to date:
// one that is edited as it goes, or where the channel cannot edit a new one at
// every quarter.
func (p *Planner) showBoard(ctx context.Context, e *event.Event, b *storage.Broadcast, s *sending) error {
	to, err := channel.ParseChat(b.Board)
	if err != nil {
		return nil //nolint:nilerr // made without a chat, by a test or an import
	}
	now := p.App.Now()
	caps := p.caps[to.Channel]
	every := boardEvery
	if group, bound, err := p.App.Group(ctx); err == nil && bound && group.Chat == to {
		every = boardEveryGroup
	}
	running := b.Status == storage.BroadcastRunning
	if since := now.Sub(s.shown); running && since >= 0 && since < every {
		return nil
	}
	progress, err := p.App.ProgressOf(ctx, b)
	if err != nil {
		return err
	}
	progress.Left = s.left(progress, now)
	quarter := progress.Percent() / 25
	if !caps.Live() && running && quarter <= b.Shown {
		return nil
	}
	body, err := p.Voice.Board(b, e, progress, caps)
	if err != nil || body.Text == b.ShownText {
		return err
	}
	row := p.row("", to, "", e.ID, "board/"+b.ID, nil)
	row.Body = body
	if err := p.addBoard(ctx, b, row, caps.Live(), quarter, progress); err != nil {
		return err
	}
	s.shown = now
	err = p.App.AdvanceBroadcast(ctx, b)
	if errors.Is(err, storage.ErrConflict) {
		return errOvertaken // the next beat shows it
	}
	return err
}

func (p *Planner) addBoard(ctx context.Context, b *storage.Broadcast, row storage.Message, edit bool, quarter int, progress app.Progress) error {
	b.ShownText = row.Body.Text
	if !edit {
		b.Shown = quarter
		row.ID = fmt.Sprintf("board/%s/%s.%d.%d", b.ID, b.Status, quarter, progress.Sent)
		_, err := p.Store.Outbox().Add(ctx, row)
		return err
	}
	for {
		row.ID = fmt.Sprintf("board/%s/%d", b.ID, b.Shown)
		if b.BoardRow == "" {
			b.BoardRow = row.ID
		} else if b.BoardRow != row.ID {
			row.Edits = b.BoardRow
		}
		b.Shown++
		// One of that number may be there from before a crash, with another text.
		fresh, err := p.Store.Outbox().Add(ctx, row)
		if err != nil || fresh {
			return err
		}
	}
}

// left estimates how long the rest takes by the pace so far.
func (s *sending) left(progress app.Progress, now time.Time) time.Duration {
	done := progress.Done()
	if s.from.IsZero() || done < s.done || now.Before(s.from) {
		s.from, s.done = now, done
	}
	took := now.Sub(s.from)
	if done == s.done || took < time.Second {
		return 0
	}
	return took / time.Duration(done-s.done) * time.Duration(progress.Total-done)
}
