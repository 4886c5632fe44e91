package scheduler

import (
	"context"
	"slices"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// attachments are what mails about one event carry: the files of the
// invitations, and the event as a calendar file.
type attachments struct {
	calendar []channel.File // none where no mail is sent
	files    map[event.Audience][]channel.File
}

// attachments collects what reminders by mail carry: each audience gets the
// files of the latest invitation that went to it.
func (p *Planner) attachments(ctx context.Context, e *event.Event) (*attachments, error) {
	out := &attachments{files: map[event.Audience][]channel.File{}}
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
			if out.files[aud] == nil && len(b.Files) > 0 {
				out.files[aud] = b.Files
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

// of is what a guest's reminder carries. Whoever registered has an entry in
// their calendar from the ticket.
func (a *attachments) of(g *event.Participation) []channel.File {
	out := slices.Clone(a.files[g.Audience])
	if g.RegistrationID == "" {
		out = append(out, a.calendar...)
	}
	return out
}
