// Package scheduler turns what is due into outbox rows. The planner derives
// everything from stored dates and states, so that a restart, a downtime or a
// second run changes nothing; cron only tells it to look.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/metrics"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// Voice writes the planner's messages to people: it belongs to the dialogs,
// which also take the answers.
type Voice interface {
	// Tell writes about a change of status; it may open a dialog in c.
	Tell(ctx context.Context, c *storage.Chat, caps channel.Capabilities, r *event.Registration) ([]storage.Message, error)
	// Nudge writes the one reminder of a draft left lying.
	Nudge(c *storage.Chat, caps channel.Capabilities) (storage.Message, error)
	// Salute is how a guest is addressed.
	Salute(p *event.Participation) string
	// GuestTicket makes the ticket of a guest who comes without a registration.
	GuestTicket(ctx context.Context, p *event.Participation, e *event.Event) (*channel.File, error)
	// RSVPButtons are the answers under an invitation or a reminder.
	RSVPButtons(p *event.Participation) [][]channel.Button
	// Mail completes what is written to a guest by e-mail: the answers as
	// links, where ask says that one is asked for, and how to end all mails.
	Mail(m *channel.Outbound, e *event.Event, g *event.Participation, ask bool) error
	// EventCalendar is the event as a calendar file.
	EventCalendar(ctx context.Context, e *event.Event) (channel.File, error)
	Inviter
	Checklist
	Floor
	Newsreader
	Afterword
	// DayStep suggests a step of the event's day, with proof, when it is time.
	DayStep(ctx context.Context, e *event.Event, s app.DayStep, caps channel.Capabilities) (channel.Outbound, error)
	// AttendanceBoard shows who came so far.
	AttendanceBoard(c *app.Attendance) (string, error)
}

// Inviter writes what belongs to the sending of invitations.
type Inviter interface {
	// Invitation writes a guest's invitation for a channel.
	Invitation(b *storage.Broadcast, e *event.Event, g *event.Participation, via channel.Name, caps channel.Capabilities) (channel.Outbound, error)
	// Attachments are the files that go along with it.
	Attachments(ctx context.Context, b *storage.Broadcast, g *event.Participation, via channel.Name) ([]channel.File, error)
	// Handover writes to the team about an official's invitation: what to do
	// with it, and the text that is passed on.
	Handover(b *storage.Broadcast, e *event.Event, g *event.Participation, caps channel.Capabilities) (note, text channel.Outbound, err error)
	// FirstContact writes the invitation of somebody who has never written to
	// us: text alone, saying who we are.
	FirstContact(b *storage.Broadcast, e *event.Event, g *event.Participation, caps channel.Capabilities) (channel.Outbound, error)
	// FollowUp is what somebody gets who has answered a first contact: the
	// files of the invitation. Nothing where it has none.
	FollowUp(ctx context.Context, b *storage.Broadcast, e *event.Event, g *event.Participation, via channel.Name) ([]channel.Outbound, error)
	// Approval asks a second team member; the last message is the question.
	Approval(ctx context.Context, b *storage.Broadcast, e *event.Event, caps channel.Capabilities) ([]channel.Outbound, error)
	// Board shows how far a broadcast is, with what can be done about it.
	Board(b *storage.Broadcast, e *event.Event, p app.Progress, caps channel.Capabilities) (channel.Outbound, error)
}

// Options are what a Planner is made of.
type Options struct {
	Store    storage.Store
	App      *app.App
	Voice    Voice
	Texts    *templates.Renderer
	Channels []channel.Channel
	Metrics  *metrics.Metrics // may be nil
	Log      zerolog.Logger
	Wake     func() // tells the outbox that rows were added
	// Quiet tells whether guests are left alone at a time; nil: never.
	Quiet func(time.Time) bool
}

// Planner looks for what is due.
type Planner struct {
	Options
	caps map[channel.Name]channel.Capabilities
	tick chan struct{} // one tick at a time
	// cleaned is when the last clean-up ran; guarded by tick.
	cleaned time.Time
	// sendings by broadcast; guarded by tick.
	sendings map[string]*sending
	busy     atomic.Bool // a broadcast is running
	cold     coldLine    // guarded by tick
}

// New makes a Planner.
func New(o Options) *Planner {
	p := &Planner{Options: o, caps: map[channel.Name]channel.Capabilities{}, tick: make(chan struct{}, 1), sendings: map[string]*sending{}}
	for _, ch := range o.Channels {
		p.caps[ch.Name()] = ch.Capabilities()
		if ch.Name() == p.App.ColdOn() {
			p.cold.ch = ch
			p.cold.directory, _ = ch.(channel.Directory)
		}
	}
	if p.Wake == nil {
		p.Wake = func() {}
	}
	return p
}

// Run ticks once a minute, and whenever a use case stirs, until ctx ends.
func (p *Planner) Run(ctx context.Context) error {
	minute := make(chan struct{}, 1)
	c := cron.New(cron.WithLocation(event.Jakarta))
	if _, err := c.AddFunc("* * * * *", func() {
		select {
		case minute <- struct{}{}:
		default: // the last minute's tick still waits
		}
	}); err != nil {
		return fmt.Errorf("cron: %w", err)
	}
	c.Start()
	defer func() { <-c.Stop().Done() }()
	beat := time.NewTimer(beatEvery)
	defer beat.Stop()
	look := p.Tick
	for {
		began := time.Now()
		if err := look(ctx); err != nil && ctx.Err() == nil {
			p.Metrics.Error("planner")
			p.Log.Error().Err(err).Msg("planning failed; the next tick tries again")
		}
		look = p.Tick
		beat.Reset(max(beatEvery, beatShare*time.Since(began)))
		select {
		case <-ctx.Done():
			return nil
		case <-minute:
		case <-p.App.Stirred():
		case <-beat.C:
			look = p.beat
		}
	}
}

// Tick does everything that is due by the event clock. One part that fails
// does not keep the others from running.
func (p *Planner) Tick(ctx context.Context) error {
	select {
	case p.tick <- struct{}{}:
		defer func() { <-p.tick }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var faults []error
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"waiting list", p.App.MoveQueue},
		{"tell", p.tell},
		{"nudge", p.nudge},
		{"drop drafts", p.dropDrafts},
		{"announce", p.announce},
		{"checklist", p.checklist},
		{"rundown", p.rundown},
		{"attendance", p.attendance},
		{"steps of the day", p.daySteps},
		{"restrictions", p.tellRestrictions},
		{"first contacts", p.contacts},
		{"broadcasts", p.broadcasts},
		{"news", p.news},
		{"remind", p.remind},
		{"answers", p.answers},
		{"surveys", p.surveys},
		{"evaluations", p.evaluations},
		{"reports", p.reports},
		{"clean up", p.cleanUp},
	} {
		if err := part.run(ctx); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", part.name, err))
		}
	}
	p.Wake()
	return errors.Join(faults...)
}

// tell queues the messages about changes of status that happened without the
// person.
func (p *Planner) tell(ctx context.Context) error {
	untold, err := p.App.Untold(ctx)
	if err != nil {
		return err
	}
	for _, r := range untold {
		if err := p.tellOne(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", r.Number, err)
		}
	}
	return nil
}

func (p *Planner) tellOne(ctx context.Context, r *event.Registration) error {
	person, err := p.Store.People().Get(ctx, r.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return p.App.Told(ctx, r.ID, r.Tell)
	}
	if err != nil {
		return err
	}
	key := person.PrivateChat()
	if key == "" {
		p.Log.Warn().Str("registration", r.Number).Msg("its person cannot be reached; nobody was told")
		return p.App.Told(ctx, r.ID, r.Tell)
	}
	return retryConflict(ctx, func() error {
		c, err := p.Store.Chats().Get(ctx, key)
		if errors.Is(err, storage.ErrNotFound) {
			c, err = &storage.Chat{ID: key, PersonID: person.ID}, nil
		}
		if err != nil {
			return err
		}
		msgs, err := p.Voice.Tell(ctx, c, p.capsOf(key), r)
		if err != nil {
			return err
		}
		// The rows first: their IDs name this version of the registration, so
		// doing all of this again adds nothing.
		if _, err := p.Store.Outbox().AddAll(ctx, msgs); err != nil {
			return err
		}
		if err := p.Store.Chats().Save(ctx, c); err != nil {
			return err
		}
		return p.App.Told(ctx, r.ID, r.Tell)
	})
}

func (p *Planner) capsOf(chatKey string) channel.Capabilities {
	chat, err := channel.ParseChat(chatKey)
	if err != nil {
		return channel.Capabilities{}
	}
	return p.caps[chat.Channel]
}

// draftBatch is how many chats are read at a time.
const draftBatch = 200

// nudge reminds people once of a registration that they left unfinished.
func (p *Planner) nudge(ctx context.Context) error {
	chats, err := p.Store.Chats().Drafts(ctx, p.App.Now().Add(-event.NudgeAfter), true, draftBatch)
	if err != nil {
		return err
	}
	for _, c := range chats {
		if c.Draft == nil {
			continue
		}
		if err := p.nudgeOne(ctx, c); err != nil {
			return fmt.Errorf("chat %s: %w", c.ID, err)
		}
		now := p.App.Now()
		c.DraftNudged, c.Draft.NudgedAt = true, &now
		if err := p.Store.Chats().Save(ctx, c); err != nil && !errors.Is(err, storage.ErrConflict) {
			return fmt.Errorf("chat %s: %w", c.ID, err)
		}
	}
	return nil
}

// nudgeOne queues the reminder, unless there is nothing to finish any more.
func (p *Planner) nudgeOne(ctx context.Context, c *storage.Chat) error {
	e, err := p.App.Event(ctx, c.Draft.EventID)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !e.TakesRegistrations(p.App.Now()) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := p.Voice.Nudge(c, p.capsOf(c.ID))
	if err != nil {
		return err
	}
	_, err = p.Store.Outbox().Add(ctx, m)
	return err
}

// dropDrafts forgets drafts that were left lying for too long: their data are
// kept no longer than needed (UU PDP).
func (p *Planner) dropDrafts(ctx context.Context) error {
	chats, err := p.Store.Chats().Drafts(ctx, p.App.Now().Add(-event.DraftLife), false, draftBatch)
	if err != nil {
		return err
	}
	for _, c := range chats {
		draft := c.Draft
		c.Draft, c.DraftAt, c.DraftNudged = nil, nil, false
		c.Dialog, c.State = "", nil
		err := p.Store.Chats().Save(ctx, c)
		if errors.Is(err, storage.ErrConflict) {
			continue // its person is back this moment, and wants the photo, too
		}
		if err == nil {
			err = p.App.DropDraft(ctx, draft)
		}
		if err != nil {
			return fmt.Errorf("chat %s: %w", c.ID, err)
		}
	}
	return nil
}

// retryConflict runs change again while somebody else writes the same chat.
func retryConflict(ctx context.Context, change func() error) error {
	for range 10 {
		err := change()
		if !errors.Is(err, storage.ErrConflict) || ctx.Err() != nil {
			return err
		}
	}
	return storage.ErrConflict
}

// row makes an outbox row to the team's group.
func (p *Planner) row(id string, to channel.Chat, text, eventID, touchpoint string, buttons [][]channel.Button) storage.Message {
	began := time.Now()
	now := began.UTC().Truncate(time.Millisecond)
	if !p.caps[to.Channel].Buttons {
		buttons = nil
	}
	return storage.Message{
		ID: id, Chat: to, Lane: storage.LaneReminder, Order: began.UnixMicro(), // those of one millisecond keep their order
		Body: channel.Outbound{Text: text, Buttons: buttons}, EventID: eventID, Touchpoint: touchpoint,
		State: storage.Queued, DueAt: now, QueuedAt: now,
	}
}
