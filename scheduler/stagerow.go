package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// ticketState says what a guest is told of the ticket.
type ticketState string

const (
	ticketAttached ticketState = "attached" // goes along
	ticketReady    ticketState = "ready"    // is there for the asking
	ticketPending  ticketState = "pending"  // the team has not decided yet
	ticketWaiting  ticketState = "waiting"  // on the waiting list
	ticketRegister ticketState = "register" // said yes, and has not registered yet
)

// ticketOf looks at the registration before a text speaks of a ticket.
func (p *Planner) ticketOf(ctx context.Context, e *event.Event, g *event.Participation) (ticketState, string, error) {
	if g.RegistrationID == "" {
		if slices.Contains(event.Registrable(), g.Audience) && g.Audience != event.Public && e.TakesRegistrations(p.App.Now()) {
			return ticketRegister, "", nil
		}
		return ticketReady, "", nil
	}
	r, err := p.Store.Registrations().Get(ctx, g.RegistrationID)
	if errors.Is(err, storage.ErrNotFound) {
		return ticketReady, "", nil
	}
	if err != nil {
		return "", "", err
	}
	switch r.Status {
	case event.Pending, event.Reserve:
		return ticketPending, r.Number, nil
	case event.Waiting, event.Offered, event.Lapsed:
		return ticketWaiting, r.Number, nil
	case event.Confirmed, event.Declined, event.Cancelled:
	}
	return ticketReady, r.Number, nil
}

// delegateOf is the chat of who comes in a guest's place, where their number
// was said and they have one with us; the guest's own chat else.
func (p *Planner) delegateOf(ctx context.Context, g *event.Participation, own channel.Chat) (chat channel.Chat, personID string, err error) {
	to, delegate, err := p.App.DelegateChat(ctx, g, p.has)
	if err != nil || delegate == "" {
		return own, g.PersonID, err
	}
	return to, delegate, nil
}

// stageRow writes the message of a stage to a guest, or at the last two stages
// to who comes in their place.
func (p *Planner) stageRow(ctx context.Context, e *event.Event, stage event.Stage, msg event.Message, g *event.Participation, chat channel.Chat, extras *attachments) (storage.Message, error) {
	to, personID := chat, g.PersonID
	data := templates.Data{"P": g, "Event": e, "Salute": p.Voice.Salute(g), "Days": e.DaysBefore(p.App.Now()), "ForDelegate": false, "Ticket": "", "Number": "", "Ready": false, "Mail": chat.Channel == channel.Email, "Msg": string(msg)}
	body := channel.Outbound{}
	ticket := ticketState("")
	if msg == event.MsgPrepare || msg == event.MsgEve {
		data["Ready"] = true
		var number string
		var err error
		if to, personID, err = p.delegateOf(ctx, g, chat); err != nil {
			return storage.Message{}, err
		}
		if ticket, number, err = p.ticketOf(ctx, e, g); err != nil {
			return storage.Message{}, err
		}
		data["Number"], data["ForDelegate"] = number, personID != g.PersonID
		// Who cannot ask for the ticket in this chat gets it along.
		if msg == event.MsgPrepare && g.RegistrationID == "" && (personID != g.PersonID || to.Channel == channel.Email) {
			file, err := p.Voice.GuestTicket(ctx, g, e)
			if err != nil {
				return storage.Message{}, err
			}
			if ticket = ticketAttached; to.Channel == channel.Email {
				body.Attach = []channel.File{*file}
			} else {
				body.File = file
			}
		}
		if ticket == ticketReady && (personID != g.PersonID || to.Channel == channel.Email) {
			ticket = "" // the registration's ticket is shown in the chat of who registered
		}
		data["Ticket"] = string(ticket)
	}
	var err error
	if body.Text, err = p.Texts.Text("remind."+string(msg), data); err != nil {
		return storage.Message{}, err
	}
	if to.Channel == channel.Email {
		if body.Subject, err = p.Texts.Text("remind.subject", data); err != nil {
			return storage.Message{}, err
		}
		if err := p.Voice.Mail(&body, e, g, msg != event.MsgPrepare && msg != event.MsgEve); err != nil {
			return storage.Message{}, err
		}
		along, err := p.along(ctx, extras, g)
		if err != nil {
			return storage.Message{}, err
		}
		body.Attach = append(body.Attach, along...)
	} else if p.caps[to.Channel].Buttons && personID == g.PersonID {
		body.Buttons = p.stageButtons(msg, g, ticket)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	expires := e.Start.UTC()
	if next, ok := stageAfter(e, stage); ok {
		expires = next.UTC() // a later stage says it better
	}
	if stage == event.StageEve {
		expires = e.Day().UTC() // "tomorrow" is not true any more
	}
	return storage.Message{
		ID:   fmt.Sprintf("%s/%s/%s.%d/%s", e.ID, g.PersonID, stage, e.Schedule, to.Channel),
		Chat: to, Lane: storage.LaneReminder, Order: now.UnixMicro(), Body: body, PersonID: personID, EventID: e.ID,
		Touchpoint: string(stage), Quiet: true, State: storage.Queued, DueAt: now, QueuedAt: now, ExpiresAt: &expires,
	}, nil
}

// stageButtons are the ticket or the registration with one tap, and the answers.
func (p *Planner) stageButtons(msg event.Message, g *event.Participation, ticket ticketState) [][]channel.Button {
	var out [][]channel.Button
	switch ticket {
	case ticketReady:
		out = append(out, []channel.Button{{Label: p.Texts.Label("menu", "tiket"), Value: "/tiket"}})
	case ticketRegister:
		out = append(out, []channel.Button{
			{Label: p.Texts.Label("menu", "daftar"), Value: "/daftar " + string(g.Audience)}, {Label: p.Texts.Label("menu", "tiket"), Value: "/tiket"},
		})
	case ticketPending, ticketWaiting:
		out = append(out, []channel.Button{{Label: p.Texts.Label("menu", "status"), Value: "/status"}})
	case ticketAttached:
	}
	if msg != event.MsgEve {
		out = append(out, p.Voice.RSVPButtons(g)...)
	}
	return out
}
