package scheduler

import (
	"context"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// attachments are what reminders by mail about one event carry: what went along
// with the invitation, and the event as a calendar file.
type attachments struct {
	calendar []channel.File // none where no mail is sent
	// latest is the sending by which an audience was invited.
	latest map[event.Audience]*storage.Broadcast
}

func (p *Planner) attachments(ctx context.Context, e *event.Event) (*attachments, error) {
	out := &attachments{latest: map[event.Audience]*storage.Broadcast{}}
	var err error
	if out.calendar, err = p.calendar(ctx, e); err != nil || out.calendar == nil {
		return out, err
	}
	all, err := p.App.Broadcasts(ctx, e.ID) // the latest first
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		switch b.Status {
		case storage.BroadcastRunning, storage.BroadcastPaused, storage.BroadcastFinished:
		case storage.BroadcastDraft, storage.BroadcastWaiting, storage.BroadcastApproved, storage.BroadcastCancelled:
			continue
		}
		for _, aud := range b.Audiences {
			if out.latest[aud] == nil {
				out.latest[aud] = b
			}
		}
	}
	return out, nil
}

// calendar is the event's calendar file, where mails are sent at all.
func (p *Planner) calendar(ctx context.Context, e *event.Event) ([]channel.File, error) {
	if !p.has(channel.Email) {
		return nil, nil
	}
	f, err := p.Voice.EventCalendar(ctx, e)
	if err != nil {
		return nil, err
	}
	return []channel.File{f}, nil
}

// along is what a guest's reminder by mail carries. Whoever registered has an
// entry in their calendar from the ticket.
func (p *Planner) along(ctx context.Context, a *attachments, g *event.Participation) ([]channel.File, error) {
	var out []channel.File
	if b := a.latest[g.Audience]; b != nil {
		files, err := p.Voice.Attachments(ctx, b, g, channel.Email)
		if err != nil {
			return nil, err
		}
		out = files
	}
	if g.RegistrationID == "" {
		out = append(out, a.calendar...)
	}
	return out, nil
}
