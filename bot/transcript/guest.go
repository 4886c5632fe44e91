package transcript

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
)

// guest puts somebody on the event's list who is not invited yet: "H. Dedi |
// koperasi | KSU Maju | 0812… | e-mail", and with "siti = " before the name
// somebody who has opened the chat.
func (h *House) guest(ctx context.Context, arg string) error {
	f := strings.Split(arg, "|")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	if len(f) < 2 || !event.Audience(f[1]).Valid() {
		return fmt.Errorf("a guest is: siti = Siti Aminah | ukm | Keripik Bu Siti | 081234567890 | siti@contoh.id")
	}
	f = append(f, "", "", "")
	e, err := h.app.Current(ctx)
	if err != nil {
		return err
	}
	who, name, chats := strings.Cut(f[0], "=")
	if who, name = strings.TrimSpace(who), strings.TrimSpace(name); !chats {
		who, name = "guest:"+event.Squeeze(who), who
	}
	person := &event.Person{ID: who, Name: name, CreatedAt: h.clock.Now(), SeenAt: h.clock.Now()}
	if chats {
		chat, sender := h.net.address(who)
		sender.Name = name
		person, err = h.app.Identify(ctx, channel.Inbound{Chat: chat, Sender: sender})
	} else {
		err = h.store.People().Save(ctx, person)
	}
	if err != nil {
		return err
	}
	now := h.clock.Now()
	p := &event.Participation{
		ID: event.ParticipationID(e.ID, person.ID), EventID: e.ID, PersonID: person.ID, Audience: event.Audience(f[1]),
		Name: name, Organisation: f[2], Email: f[4], Code: "kode" + event.Squeeze(who), CreatedAt: now, UpdatedAt: now,
	}
	if f[3] != "" {
		n, err := understand.Phone(f[3])
		if err != nil {
			return err
		}
		p.Phone = n.E164
	}
	p.Derive()
	return h.store.Participations().Save(ctx, p)
}

// guests puts many on the list who have opened the chat: "51 | ukm".
func (h *House) guests(ctx context.Context, arg string) error {
	n, aud, _ := strings.Cut(arg, "|")
	many, err := strconv.Atoi(strings.TrimSpace(n))
	if err != nil || many < 1 {
		return fmt.Errorf("many guests are: 51 | ukm")
	}
	for i := range many {
		if err := h.guest(ctx, fmt.Sprintf("tamu%d = Tamu %d | %s", i+1, i+1, strings.TrimSpace(aud))); err != nil {
			return err
		}
	}
	return nil
}

// noMailbox is what the program does of a mail server's word that there is no
// such mailbox.
func (h *House) noMailbox(ctx context.Context, address string) error {
	e, err := h.app.Current(ctx)
	if err != nil {
		return err
	}
	found := false
	err = h.app.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(p *event.Participation) error {
		if !strings.EqualFold(p.Email, address) {
			return nil
		}
		found = true
		return h.app.NoMailbox(ctx, &storage.Message{
			ID: "script/" + p.ID, Chat: channel.Chat{Channel: channel.Email, ID: address}, PersonID: p.PersonID, LastError: "550 5.1.1 user unknown",
		})
	})
	if err == nil && !found {
		err = fmt.Errorf("no guest has the address %s", address)
	}
	return err
}
