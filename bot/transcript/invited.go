package transcript

import (
	"context"
	"fmt"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// invited makes somebody an invited guest of the event, as of now:
// "! diundang dedi | koperasi | H. Dedi Supriadi | Bapak".
func (h *House) invited(ctx context.Context, arg string) error {
	f := strings.Split(arg, "|")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	if len(f) < 3 {
		return fmt.Errorf("an invited guest is: dedi | koperasi | H. Dedi Supriadi | Bapak")
	}
	e, err := h.app.Current(ctx)
	if err != nil {
		return err
	}
	chat, sender := h.net.address(f[0])
	sender.Name = f[2]
	person, err := h.app.Identify(ctx, channel.Inbound{Chat: chat, Sender: sender})
	if err != nil {
		return err
	}
	now := h.clock.Now()
	p := &event.Participation{
		ID: event.ParticipationID(e.ID, person.ID), EventID: e.ID, PersonID: person.ID, Audience: event.Audience(f[1]),
		Name: f[2], Code: "kode" + f[0], InvitedAt: &now, Via: string(chat.Channel), CreatedAt: now, UpdatedAt: now,
	}
	if len(f) > 3 {
		p.Salutation = f[3]
	}
	p.Derive()
	return h.store.Participations().Save(ctx, p)
}
