package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Strangers are guests who have a number and have never written to us. WhatsApp
// restricts whoever writes to many of them, so they wait in a line of their own
// (event.ColdState) and go one at a time: within office hours, a few a day, at
// moments that no clock would choose, and none while one is on its way or the
// network forbids it. What rests on a single write: the right to a number and
// to a part of the day's budget (app.ClaimCold), taken for a row whose ID is
// the same however often this is tried.

const (
	// listBatch is how many numbers the directory is asked about at a time, and
	// listEvery how often at most.
	listBatch = 20
	listEvery = time.Minute
	// listAgain is how long the directory is left alone after an error.
	listAgain = 10 * time.Minute
	// accountEvery is how often we ask which number of ours is linked.
	accountEvery = time.Hour
)

// coldLine is what the planner remembers of strangers; all of it can be
// forgotten without harm.
type coldLine struct {
	ch        channel.Channel // nil: no network has strangers
	directory channel.Directory
	flying    bool // a first contact is on its way, or may be
	listed    time.Time
	account   time.Time
}

// contacts looks after those who were written to as strangers: whoever could
// not be reached so is reached in another way, and whoever answers gets the
// files that a stranger is not sent.
func (p *Planner) contacts(ctx context.Context) error {
	if p.cold.ch == nil {
		return nil
	}
	if err := p.noteAccount(ctx); err != nil {
		return err
	}
	p.cold.flying = true // until all have been looked at
	events, err := p.App.Upcoming(ctx)
	if err != nil {
		return err
	}
	flying := false
	for _, e := range events {
		sent, err := p.App.ColdContacts(ctx, e.ID)
		if err != nil {
			return err
		}
		people, err := p.peopleOf(ctx, sent)
		if err != nil {
			return err
		}
		for _, g := range sent {
			out, err := p.contact(ctx, e, g, people[g.PersonID])
			if err != nil {
				return fmt.Errorf("first contact of %s: %w", g.ID, err)
			}
			flying = flying || out
		}
	}
	p.cold.flying = flying
	return nil
}

func (p *Planner) peopleOf(ctx context.Context, gs []*event.Participation) (map[string]*event.Person, error) {
	ids := make([]string, len(gs))
	for i, g := range gs {
		ids[i] = g.PersonID
	}
	return p.Store.People().GetAll(ctx, ids)
}

// contact looks after one; flying tells that their row has not ended.
func (p *Planner) contact(ctx context.Context, e *event.Event, g *event.Participation, person *event.Person) (flying bool, err error) {
	row, err := p.Store.Outbox().Get(ctx, g.ColdRow)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil // long ago
	}
	if err != nil {
		return false, err
	}
	switch {
	case row.State == storage.Queued || row.State == storage.Claimed:
		return true, nil
	case app.ColdFailed(row):
		b, err := p.App.Broadcast(ctx, strings.TrimPrefix(row.Touchpoint, app.InviteTouchpoint("")))
		if err != nil {
			return false, err
		}
		return false, p.otherwise(ctx, e, b, g)
	case person == nil || person.PrivateChat() == "":
		return false, nil // no word yet
	}
	return false, p.followUp(ctx, e, g, person, row)
}

// followUp sends the files of an invitation to somebody who has answered.
func (p *Planner) followUp(ctx context.Context, e *event.Event, g *event.Participation, person *event.Person, row *storage.Message) error {
	to, err := channel.ParseChat(person.PrivateChat())
	if err != nil {
		return err
	}
	b, err := p.App.Broadcast(ctx, strings.TrimPrefix(row.Touchpoint, app.InviteTouchpoint("")))
	if err != nil {
		return err
	}
	bodies, err := p.Voice.FollowUp(ctx, b, e, g, to.Channel)
	if err != nil {
		return err
	}
	var rows []storage.Message
	for i, body := range bodies {
		m := p.row(fmt.Sprintf("%s/%s/files.%d/%s", e.ID, g.PersonID, i+1, b.ID), to, "", e.ID, app.FileTouchpoint(b.ID), nil)
		m.Body, m.PersonID, m.Lane, m.Order = body, g.PersonID, storage.LaneAnswer, m.Order+int64(i)
		rows = append(rows, m)
	}
	if _, err := p.Store.Outbox().AddAll(ctx, rows); err != nil {
		return err
	}
	return p.App.MarkWarm(ctx, g.ID)
}

// otherwise reaches somebody by e-mail, or puts them on the call list. The row
// comes first, under an ID that is always the same.
func (p *Planner) otherwise(ctx context.Context, e *event.Event, b *storage.Broadcast, g *event.Participation) error {
	route, chat, err := p.App.InsteadOfCold(ctx, g, p.has)
	if err != nil {
		return err
	}
	if route == app.ByChat { // they have written meanwhile
		return p.inviteWarm(ctx, e, b, g, chat)
	}
	if route == app.ByEmail {
		rows, _, err := p.inviteRows(ctx, e, b, g, chat)
		if err != nil {
			return err
		}
		if _, err := p.Store.Outbox().AddAll(ctx, rows); err != nil {
			return err
		}
	}
	return p.App.GiveUpCold(ctx, g.ID, route)
}

// inviteWarm invites somebody who has left the line of strangers by writing.
func (p *Planner) inviteWarm(ctx context.Context, e *event.Event, b *storage.Broadcast, g *event.Participation, chat channel.Chat) error {
	rows, live, err := p.inviteRows(ctx, e, b, g, chat)
	if err != nil {
		return err
	}
	if _, err := p.Store.Outbox().AddAll(ctx, rows); err != nil {
		return err
	}
	return p.noteLive(ctx, g, live)
}

// strangers takes a broadcast's line of strangers a step further; left is how
// many still wait.
func (p *Planner) strangers(ctx context.Context, e *event.Event, b *storage.Broadcast) (left int, err error) {
	line, err := p.App.ColdWaiting(ctx, b)
	if err != nil || len(line) == 0 {
		return 0, err
	}
	for _, step := range []func(context.Context, *event.Event, *storage.Broadcast, []*event.Participation) ([]*event.Participation, error){
		p.stillStrangers, p.whoFit, p.whoIsListed,
	} {
		if line, err = step(ctx, e, b, line); err != nil {
			return len(line), err
		}
	}
	if len(line) == 0 {
		return 0, nil
	}
	return len(line), p.nextStranger(ctx, e, b, line)
}

// stillStrangers takes those out of the line who wrote meanwhile, must not be
// written to, or have their row already (a crash came between).
func (p *Planner) stillStrangers(ctx context.Context, e *event.Event, b *storage.Broadcast, line []*event.Participation) (still []*event.Participation, err error) {
	for _, g := range line {
		route, chat, err := p.App.RouteTo(ctx, g, p.has)
		if err != nil {
			return nil, err
		}
		switch route {
		case app.ByCold:
			_, live, err := p.coldRowID(ctx, e, b, g)
			if err != nil {
				return nil, err
			}
			if live == nil {
				still = append(still, g)
				continue
			}
			p.cold.flying = p.cold.flying || live.Cold
			if err := p.noteLive(ctx, g, live); err != nil {
				return nil, err
			}
		case app.ByChat:
			if err := p.inviteWarm(ctx, e, b, g, chat); err != nil {
				return nil, err
			}
		case app.Already, app.NotWanted:
			if err := p.App.LeaveColdLine(ctx, g.ID); err != nil {
				return nil, err
			}
		default:
			if err := p.otherwise(ctx, e, b, g); err != nil {
				return nil, err
			}
		}
	}
	return still, nil
}

// coldRowID names the row of a first contact, the same at every try; live is
// an invitation that stands already.
func (p *Planner) coldRowID(ctx context.Context, e *event.Event, b *storage.Broadcast, g *event.Participation) (id string, live *storage.Message, err error) {
	live, takenBack, err := p.App.InviteRow(ctx, e.ID, g.PersonID, b.ID, slices.Sorted(maps.Keys(p.caps)))
	again := ""
	if takenBack {
		again = b.ID
	}
	return app.InviteRowID(e.ID, g.PersonID, again, p.cold.ch.Name()), live, err
}

// noteLive notes that a guest has an invitation.
func (p *Planner) noteLive(ctx context.Context, g *event.Participation, live *storage.Message) error {
	if live.Cold {
		return p.App.MarkContacted(ctx, g.ID, live.ID)
	}
	if err := p.App.MarkInvited(ctx, g.ID, string(live.Chat.Channel)); err != nil {
		return err
	}
	return p.App.LeaveColdLine(ctx, g.ID)
}

// whoFit reaches those otherwise who do not fit in before the deadline: the
// last of the line, as many as there are too many in all.
func (p *Planner) whoFit(ctx context.Context, e *event.Event, b *storage.Broadcast, line []*event.Participation) ([]*event.Participation, error) {
	room, _, err := p.App.ColdRoom(ctx, e, b.StartAt)
	if err != nil {
		return nil, err
	}
	fit := min(len(line), room)
	for _, g := range line[fit:] {
		if err := p.otherwise(ctx, e, b, g); err != nil {
			return nil, err
		}
	}
	return line[:fit], nil
}

// online reports whether the network can be asked anything now.
func (p *Planner) online() bool {
	l, ok := p.cold.ch.(channel.Lined)
	return !ok || l.Connection().State == channel.Online
}

// whoIsListed asks the directory about the next numbers of the line, and
// reaches those otherwise who have no account there.
func (p *Planner) whoIsListed(ctx context.Context, e *event.Event, b *storage.Broadcast, line []*event.Participation) ([]*event.Participation, error) {
	now := p.App.Now()
	var ask []*event.Participation
	var phones []string
	for _, g := range line {
		if g.Listed(now) == nil && len(ask) < listBatch {
			ask = append(ask, g)
			phones = append(phones, g.Phone)
		}
	}
	r, err := p.App.Restriction(ctx, p.cold.ch.Name())
	if err != nil {
		return nil, err
	}
	if wait := p.cold.listed.Sub(now); len(ask) == 0 || r != nil || !p.online() || !event.InOfficeHours(now) || wait > 0 && wait <= listAgain {
		return line, nil
	}
	slices.Sort(phones)
	found, err := p.cold.directory.Lookup(ctx, slices.Compact(phones))
	if err != nil {
		p.cold.listed = now.Add(listAgain)
		p.Log.Warn().Err(err).Msg("the network's directory does not answer; strangers wait")
		return line, nil
	}
	p.cold.listed = now.Add(listEvery)
	for _, g := range ask {
		if err := p.App.NoteListing(ctx, g, found[g.Phone]); err != nil {
			return nil, err
		}
		if g.Listing.Chat != "" {
			continue
		}
		if err := p.otherwise(ctx, e, b, g); err != nil {
			return nil, err
		}
		line = slices.DeleteFunc(line, func(x *event.Participation) bool { return x == g })
	}
	return line, nil
}

// nextStranger queues the first message to the first of the line whose number
// is known, if it is time.
func (p *Planner) nextStranger(ctx context.Context, e *event.Event, b *storage.Broadcast, line []*event.Participation) error {
	now := p.App.Now()
	i := slices.IndexFunc(line, func(g *event.Participation) bool { l := g.Listed(now); return l != nil && l.Chat != "" })
	if i < 0 || p.cold.flying || !p.online() {
		return nil
	}
	at, err := p.nextColdAt(ctx)
	if err != nil || at.IsZero() || at.After(now) {
		return err
	}
	return p.release(ctx, e, b, line[i])
}

// nextColdAt is when the next stranger may be written to today; zero: not
// today, or not as long as the network forbids it.
func (p *Planner) nextColdAt(ctx context.Context) (time.Time, error) {
	now := p.App.Now()
	if !event.InOfficeHours(now) {
		return time.Time{}, nil
	}
	pace, err := p.App.ColdPace(ctx)
	if err != nil {
		return time.Time{}, err
	}
	used, err := p.App.ColdUsed(ctx)
	if err != nil {
		return time.Time{}, err
	}
	r, err := p.App.Restriction(ctx, p.cold.ch.Name())
	if err != nil || r != nil {
		return time.Time{}, err
	}
	budget := pace.Budget(now)
	if used >= budget {
		return time.Time{}, nil
	}
	last, err := p.App.LastCold(ctx)
	if err != nil {
		return time.Time{}, err
	}
	at := event.ColdAt(now, used, budget)
	if again := last.Add(event.ColdGap(now, used)); !last.After(now) && again.After(at) {
		at = again
	}
	return at, nil
}

// release claims the right to one first message, and queues it.
func (p *Planner) release(ctx context.Context, e *event.Event, b *storage.Broadcast, g *event.Participation) error {
	chat, err := channel.ParseChat(g.Listing.Chat)
	if err != nil {
		return err
	}
	id, live, err := p.coldRowID(ctx, e, b, g)
	if err != nil || live != nil {
		return err // the next look finds it
	}
	switch err := p.App.ClaimCold(ctx, g.Phone, id); {
	case errors.Is(err, app.ErrContacted):
		return p.otherwise(ctx, e, b, g)
	case errors.Is(err, storage.ErrFull):
		return nil
	case err != nil:
		return err
	}
	body, err := p.Voice.FirstContact(b, e, g, p.caps[chat.Channel])
	if err != nil {
		return err
	}
	m := p.broadcastRow(e, b, id, chat, body)
	m.PersonID, m.Lane, m.Quiet, m.Cold = g.PersonID, storage.LaneBroadcast, true, true
	p.cold.flying = true // whatever becomes of the next two writes
	if _, err := p.Store.Outbox().Add(ctx, m); err != nil {
		return err
	}
	return p.App.MarkContacted(ctx, g.ID, id)
}

// noteAccount keeps in mind since when our number is used: a new one may
// write to fewer strangers.
func (p *Planner) noteAccount(ctx context.Context) error {
	now := p.App.Now()
	if since := now.Sub(p.cold.account); since >= 0 && since < accountEvery || !p.online() {
		return nil
	}
	ask, cancel := context.WithTimeout(ctx, 5*time.Second)
	who, err := p.cold.ch.Check(ask)
	cancel()
	if err != nil {
		who = ""
	}
	if err := p.App.NoteColdNumber(ctx, who); err != nil {
		return err
	}
	p.cold.account = now
	return nil
}
