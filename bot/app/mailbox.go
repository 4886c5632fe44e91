package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// NoMailbox notes that a mail server knows no such mailbox as row m went to:
// nothing more is sent there, for whichever event, and who has not answered
// goes on the call list. It may be told again.
func (a *App) NoMailbox(ctx context.Context, m *storage.Message) error {
	if m.Chat.Channel != channel.Email || m.PersonID == "" {
		return nil
	}
	list, err := a.participationsOf(ctx, m.PersonID)
	if err != nil {
		return fmt.Errorf("no mailbox: %w", err)
	}
	for _, p := range list {
		if !strings.EqualFold(p.Email, m.Chat.ID) {
			continue
		}
		if err := a.badEmail(ctx, p.ID, m); err != nil {
			return fmt.Errorf("no mailbox: %w", err)
		}
		if err := a.callUnreached(ctx, p); err != nil {
			return fmt.Errorf("no mailbox: %w", err)
		}
	}
	return nil
}

func (a *App) badEmail(ctx context.Context, id string, m *storage.Message) error {
	p, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if !strings.EqualFold(p.Email, m.Chat.ID) || p.MailTo() == "" {
			return errUnchanged
		}
		p.BadEmail = p.Email
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.record(ctx, Actor{Inbound: m.ID}, "guest.nomailbox", p.Name, m.LastError)
}

// callUnreached puts somebody on the call list who was written to in vain and
// whose answer is still wanted.
func (a *App) callUnreached(ctx context.Context, p *event.Participation) error {
	if p.Reply.Answer != event.Silent && p.Reply.Answer != event.Maybe || p.Closed != event.StillOpen {
		return nil
	}
	e, err := a.store.Events().Get(ctx, p.EventID)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !e.Upcoming(a.Now()) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.CallFor(ctx, p.ID)
}
