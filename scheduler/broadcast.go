package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

const (
	// ahead is how many of a broadcast's rows wait in the outbox at most: ten
	// seconds of Telegram's limit, so that the sender never runs dry between
	// two beats.
	ahead = 300
	// broadcastPage is how many guests are looked at at a time.
	broadcastPage = 200
	// beatEvery is how often a running broadcast is looked after: often, so that
	// each time is short and nobody who types waits for it.
	beatEvery = 250 * time.Millisecond
	// beatShare is how much longer than a beat the rest after it is at least.
	beatShare = 10
	// boardEvery is how often the message that shows progress is edited at
	// most, in a private chat and in a group (which takes 20 messages a minute).
	boardEvery      = 5 * time.Second
	boardEveryGroup = 10 * time.Second
	// boardShown is for how long the board of a finished broadcast is kept up
	// to date.
	boardShown = 24 * time.Hour
	// liaison stands for the channel in the row of an official's invitation.
	liaison channel.Name = "liaison"
)

// errOvertaken: somebody paused or cancelled the broadcast in this moment.
var errOvertaken = errors.New("the broadcast was changed meanwhile")

// sending is what the planner remembers of a broadcast; all of it can be
// forgotten without harm.
type sending struct {
	fresh   int // rows of the pass over the guests that is under way
	shown   time.Time
	settled bool // it is over and its board says so
	running bool // it was running when last looked at, and no row is held
	// done at a time: the pace is measured from there.
	done int
	from time.Time
}

// broadcasts looks after all sendings of invitations (SOP step 7). Whatever
// moment the program dies at, doing this again adds what is missing: a row has
// a unique key per guest, and is written before the guest counts as invited
// and before the cursor moves on.
func (p *Planner) broadcasts(ctx context.Context) error {
	p.busy.Store(false)
	all, err := p.App.Broadcasts(ctx, "")
	if err != nil {
		return err
	}
	// Cancelled ones first: who is left over by them may be in the next one.
	slices.SortStableFunc(all, func(x, y *storage.Broadcast) int {
		return boolOrder(y.Status == storage.BroadcastCancelled, x.Status == storage.BroadcastCancelled)
	})
	events := map[string]*event.Event{}
	var faults []error
	for _, b := range all {
		e := events[b.EventID]
		if e == nil {
			if e, err = p.App.Event(ctx, b.EventID); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", b.ID, err))
				continue
			}
			events[b.EventID] = e
		}
		if err := p.broadcast(ctx, e, b); err != nil && !errors.Is(err, errOvertaken) {
			faults = append(faults, fmt.Errorf("%s: %w", b.ID, err))
		}
	}
	return errors.Join(faults...)
}

func boolOrder(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// broadcast takes one a step further.
func (p *Planner) broadcast(ctx context.Context, e *event.Event, b *storage.Broadcast) error {
	s := p.sendings[b.ID]
	if s == nil {
		s = &sending{fresh: 1} // an earlier process may have added some in this pass
		p.sendings[b.ID] = s
	}
	if s.settled && app.BroadcastOver(b.Status) {
		return nil
	}
	s.settled = false
	s.running = s.running && b.Status == storage.BroadcastRunning
	if b.Status != storage.BroadcastDraft && !app.BroadcastOver(b.Status) && !e.Upcoming(p.App.Now()) {
		var err error
		if b, err = p.App.CancelBroadcast(ctx, app.Actor{Inbound: "planner/" + b.ID}, b.ID); err != nil {
			return err
		}
	}
	var err error
	switch b.Status {
	case storage.BroadcastWaiting:
		return p.askApproval(ctx, e, b)
	case storage.BroadcastApproved:
		if p.App.Now().Before(b.StartAt) {
			return nil
		}
		if b, err = p.App.BeginBroadcast(ctx, b.ID); err != nil {
			return err
		}
		if b.Status != storage.BroadcastRunning {
			return p.askApproval(ctx, e, b)
		}
		return p.carryOn(ctx, e, b, s)
	case storage.BroadcastRunning:
		return p.carryOn(ctx, e, b, s)
	case storage.BroadcastPaused, storage.BroadcastCancelled, storage.BroadcastFinished:
		if err := p.App.SettleBroadcast(ctx, b); err != nil {
			return err
		}
		neverRan := b.BoardRow == "" && b.ShownText == ""
		if p.App.Now().Sub(b.UpdatedAt) > boardShown || neverRan && b.Status == storage.BroadcastCancelled {
			s.settled = app.BroadcastOver(b.Status)
			return nil
		}
		if err := p.showBoard(ctx, e, b, s); err != nil {
			return err
		}
		s.settled = app.BroadcastOver(b.Status)
	}
	return nil
}

// carryOn queues what there is room for, shows how far it is, and ends it.
func (p *Planner) carryOn(ctx context.Context, e *event.Event, b *storage.Broadcast, s *sending) error {
	if !s.running {
		if err := p.App.SettleBroadcast(ctx, b); err != nil { // rows held by a pause that is over
			return err
		}
		s.running = true
	}
	progress, err := p.App.ProgressOf(ctx, b)
	if err != nil {
		return err
	}
	n, err := p.fill(ctx, e, b, s, ahead-progress.Pending)
	if err != nil {
		return p.overtaken(ctx, b, err)
	}
	waiting := 0
	if b.Queued {
		if waiting, err = p.strangers(ctx, e, b); err != nil {
			return p.overtaken(ctx, b, err)
		}
	}
	if b.Queued && progress.Pending+n+waiting == 0 {
		return p.finish(ctx, e, b, s)
	}
	if !b.Queued || progress.Pending+n > 0 {
		p.busy.Store(true) // strangers alone are looked after by the minute
	}
	return p.showBoard(ctx, e, b, s)
}

// finish ends a broadcast that has nothing left to send.
func (p *Planner) finish(ctx context.Context, e *event.Event, b *storage.Broadcast, s *sending) error {
	if err := p.App.SettleBroadcast(ctx, b); err != nil {
		return err
	}
	progress, err := p.App.ProgressOf(ctx, b)
	if err != nil || progress.Pending+progress.Cold > 0 { // some were held after all
		return err
	}
	if err := p.App.CallForFailed(ctx, b); err != nil {
		return err
	}
	if err := p.App.FinishBroadcast(b); err != nil {
		return err
	}
	if err := p.App.AdvanceBroadcast(ctx, b); err != nil {
		return p.overtaken(ctx, b, err)
	}
	s.shown, s.settled = time.Time{}, true
	return p.showBoard(ctx, e, b, s)
}

// overtaken settles what was queued for a broadcast that was paused or
// cancelled at the same time.
func (p *Planner) overtaken(ctx context.Context, b *storage.Broadcast, err error) error {
	if !errors.Is(err, storage.ErrConflict) {
		return err
	}
	now, err := p.App.Broadcast(ctx, b.ID)
	if err != nil {
		return err
	}
	if err := p.App.SettleBroadcast(ctx, now); err != nil {
		return err
	}
	return errOvertaken
}

// fill queues the invitations of the next guests, about room of them; added is
// how many. It passes over the guests until a pass finds nobody new, since a guest who is
// merged into another person meanwhile changes their place in the order.
func (p *Planner) fill(ctx context.Context, e *event.Event, b *storage.Broadcast, s *sending, room int) (added int, err error) {
	uninvited := false
	for added < room && !b.Queued {
		page, next, err := p.Store.Participations().List(ctx, storage.ParticipationQuery{
			EventID: e.ID, Invited: &uninvited, After: b.Cursor, Limit: min(room-added, broadcastPage),
		})
		if err != nil {
			return added, err
		}
		n, err := p.invitePage(ctx, e, b, page)
		if err != nil {
			return added, err
		}
		added += n
		s.fresh += n
		b.Cursor = next
		if next == "" {
			b.Queued = s.fresh == 0
			s.fresh = 0
		}
		if err := p.App.AdvanceBroadcast(ctx, b); err != nil {
			return added, err
		}
	}
	return added, nil
}

// invitePage queues the invitations of one page of guests, and then notes that
// they are invited; n is how many messages were added.
func (p *Planner) invitePage(ctx context.Context, e *event.Event, b *storage.Broadcast, page []*event.Participation) (n int, err error) {
	var rows []storage.Message
	var invited []*event.Participation
	via := map[string]string{}
	calendar, err := p.calendar(ctx, e)
	if err != nil {
		return 0, err
	}
	for _, g := range page {
		if !slices.Contains(b.Audiences, g.Audience) {
			continue
		}
		route, chat, err := p.App.RouteTo(ctx, g, p.has)
		if err != nil {
			return n, err
		}
		switch route {
		case app.ByChat, app.ByEmail:
			mine, live, err := p.inviteRows(ctx, e, b, g, chat)
			if err != nil {
				return n, fmt.Errorf("invitation of %s: %w", g.ID, err)
			}
			if live.Chat.Channel == channel.Email && len(mine) > 0 {
				own := &mine[len(mine)-1]
				own.Body.Attach = append(own.Body.Attach, calendar...)
			}
			rows = append(rows, mine...)
			invited = append(invited, g)
			via[g.ID] = string(live.Chat.Channel)
		case app.ByCold:
			if g.Cold != event.ColdWaiting {
				if err := p.App.ColdWait(ctx, g.ID); err != nil {
					return n, err
				}
			}
		case app.ByLiaison:
			pair, err := p.handover(ctx, e, b, g)
			if err != nil {
				return n, fmt.Errorf("invitation of %s: %w", g.ID, err)
			}
			rows = append(rows, pair...)
		case app.ByCall:
			if err := p.App.CallFor(ctx, g.ID); err != nil {
				return n, err
			}
		case app.Unreachable, app.NotWanted, app.Already:
		}
	}
	if n, err = p.Store.Outbox().AddAll(ctx, rows); err != nil {
		return n, err
	}
	for _, g := range invited {
		if err := p.App.MarkInvited(ctx, g.ID, via[g.ID]); err != nil {
			return n, err
		}
	}
	return n, nil
}

// inviteRows makes the rows of a guest's invitation: those of its files first,
// so that where only some get in before a crash the invitation is not there and
// all are added again. live is the invitation's row, which may stand already.
func (p *Planner) inviteRows(ctx context.Context, e *event.Event, b *storage.Broadcast, g *event.Participation, chat channel.Chat) (rows []storage.Message, live *storage.Message, err error) {
	row, live, err := p.inviteRow(ctx, e, b, g, chat)
	if err != nil {
		return nil, nil, err
	}
	ours := live == nil
	if ours {
		live = &row
	}
	if rows, err = p.attach(ctx, b, g, live); err != nil {
		return nil, nil, err
	}
	if ours {
		rows = append(rows, *live)
	}
	return rows, live, nil
}

// inviteRow makes the row of a guest's invitation; live is the one that stands
// already, on whichever channel.
func (p *Planner) inviteRow(ctx context.Context, e *event.Event, b *storage.Broadcast, g *event.Participation, chat channel.Chat) (row storage.Message, live *storage.Message, err error) {
	names := slices.Sorted(maps.Keys(p.caps))
	live, takenBack, err := p.App.InviteRow(ctx, e.ID, g.PersonID, b.ID, names)
	if err != nil || live != nil {
		return row, live, err
	}
	again := ""
	if takenBack {
		again = b.ID
	}
	body, err := p.Voice.Invitation(b, e, g, chat.Channel, p.caps[chat.Channel])
	if err != nil {
		return row, nil, err
	}
	row = p.broadcastRow(e, b, app.InviteRowID(e.ID, g.PersonID, again, chat.Channel), chat, body)
	row.PersonID, row.Lane, row.Quiet = g.PersonID, storage.LaneBroadcast, true
	return row, nil, nil
}

// attach puts the files that go along with an invitation into its row, where
// they fit, and makes rows of their own for the others, which follow it.
func (p *Planner) attach(ctx context.Context, b *storage.Broadcast, g *event.Participation, row *storage.Message) (more []storage.Message, err error) {
	if row.Touchpoint != app.InviteTouchpoint(b.ID) {
		return nil, nil // invited by another broadcast
	}
	files, err := p.Voice.Attachments(ctx, b, g, row.Chat.Channel)
	if err != nil {
		return nil, err
	}
	if row.Chat.Channel == channel.Email {
		row.Body.Attach = append(slices.Clone(row.Body.Attach), files...)
		return nil, nil
	}
	if len(files) > 0 && utf8.RuneCountInString(markup.Plain(row.Body.Text)) <= p.caps[row.Chat.Channel].MaxCaption {
		row.Body.File = &files[0]
		files = files[1:]
	}
	return p.fileRows(b, row, files), nil
}

// fileRows carry files after another row, in the same chat.
func (p *Planner) fileRows(b *storage.Broadcast, after *storage.Message, files []channel.File) []storage.Message {
	var rows []storage.Message
	for i, f := range files {
		m := *after
		// Of this broadcast: what another one left behind does not stand for it.
		m.ID = fmt.Sprintf("%s.%s.file%d", after.ID, b.ID, i+1)
		m.Body = channel.Outbound{File: &f}
		m.Touchpoint = app.FileTouchpoint(b.ID)
		m.Order += int64(i + 1)
		rows = append(rows, m)
	}
	return rows
}

// handover makes the rows by which the team is given an official's invitation,
// to pass on to their liaison: what to do, then the text by itself, ready to be
// forwarded. The official is never written to.
func (p *Planner) handover(ctx context.Context, e *event.Event, b *storage.Broadcast, g *event.Participation) ([]storage.Message, error) {
	live, takenBack, err := p.App.InviteRow(ctx, e.ID, g.PersonID, b.ID, []channel.Name{liaison})
	if err != nil || live != nil {
		return nil, err
	}
	again := ""
	if takenBack {
		again = b.ID
	}
	to, err := p.teamChat(ctx, b)
	if err != nil {
		return nil, err
	}
	note, text, err := p.Voice.Handover(b, e, g, p.caps[to.Channel])
	if err != nil {
		return nil, err
	}
	id := app.InviteRowID(e.ID, g.PersonID, again, liaison)
	first := p.broadcastRow(e, b, id+".note", to, note)
	first.Touchpoint = "liaison/" + b.ID
	second := p.broadcastRow(e, b, id, to, text)
	// Nothing may come between the two in the chat.
	first.Order -= 2
	second.DueAt, second.QueuedAt, second.Order = first.DueAt, first.QueuedAt, first.Order+1
	files, err := p.Voice.Attachments(ctx, b, g, to.Channel)
	if err != nil {
		return nil, err
	}
	return append(p.fileRows(b, &second, files), first, second), nil
}

// teamChat is the team's group, or the chat in which the broadcast was made.
func (p *Planner) teamChat(ctx context.Context, b *storage.Broadcast) (channel.Chat, error) {
	group, bound, err := p.App.Group(ctx)
	if err != nil || bound {
		return group.Chat, err
	}
	return channel.ParseChat(b.Board)
}

// broadcastRow is a row that belongs to a broadcast and is of no use once the
// event has begun.
func (p *Planner) broadcastRow(e *event.Event, b *storage.Broadcast, id string, to channel.Chat, body channel.Outbound) storage.Message {
	m := p.row(id, to, "", e.ID, app.InviteTouchpoint(b.ID), nil)
	expires := e.Start
	m.Body, m.ExpiresAt = body, &expires
	return m
}

// beat looks after running broadcasts between two ticks.
func (p *Planner) beat(ctx context.Context) error {
	if !p.busy.Load() {
		return nil
	}
	select {
	case p.tick <- struct{}{}:
		defer func() { <-p.tick }()
	case <-ctx.Done():
		return ctx.Err()
	}
	err := p.broadcasts(ctx)
	p.Wake()
	return err
}
