package dialog

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// ticketFiles makes the ticket picture and the calendar file of a
// registration and keeps them for the outbox.
func (d *Desk) ticketFiles(ctx context.Context, texts *templates.Renderer, r *event.Registration, e *event.Event) (ticket, calendar *channel.File, err error) {
	audience := texts.Label("audience", string(r.Audience))
	if field := r.Answers[event.KeyField]; field != "" {
		audience += " – " + texts.Label("option."+event.KeyField, field)
	}
	payload, err := d.app.TicketPayloadOf(ctx, r.Number)
	if err != nil {
		return nil, nil, err
	}
	png, err := report.Ticket(report.TicketView{
		Title: e.Title, Theme: e.Theme, Audience: audience, Name: r.Name, Contact: r.Contact, Number: r.Number,
		Start: e.Start, Place: e.Place, Booth: boothText(r), Heads: r.Heads, Code: d.ticketCode(payload),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("ticket of %s: %w", r.Number, err)
	}
	summary, err := texts.Text("calendar.summary", templates.Data{"Event": e})
	if err != nil {
		return nil, nil, err
	}
	description, err := texts.Text("calendar.description", templates.Data{"Event": e, "R": r})
	if err != nil {
		return nil, nil, err
	}
	ics, err := report.Calendar(report.EventView{
		UID: r.ID + "@emileku", Sequence: e.Schedule, Title: summary, Description: description, Start: e.Start,
		Place: e.Place, URL: e.MapURL, Stamp: d.app.Now(), Cancelled: e.Status == event.EventCancelled,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("calendar file of %s: %w", r.Number, err)
	}
	// The keys name the content's version: a row queued earlier keeps its own.
	version := fmt.Sprintf("%s/%d-%d", r.ID, r.Version, e.Version)
	ticket = &channel.File{Blob: "ticket/" + version, Name: "tiket-" + r.Number + ".png", MIME: "image/png", Photo: true}
	calendar = &channel.File{Blob: "calendar/" + version, Name: "emileku-" + r.Number + ".ics", MIME: "text/calendar"}
	for _, f := range []struct {
		file *channel.File
		data []byte
	}{{ticket, png}, {calendar, ics}} {
		b := storage.Blob{ID: f.file.Blob, Name: f.file.Name, MIME: f.file.MIME, At: d.app.Now()}
		if err := d.app.Store().Media().Put(ctx, b, f.data); err != nil {
			return nil, nil, fmt.Errorf("keep %s: %w", f.file.Name, err)
		}
	}
	return ticket, calendar, nil
}

// guestNumber names a guest's ticket: they have no registration number.
func guestNumber(p *event.Participation) string { return app.GuestNumber(p) }

// ticketCode is what the code on a ticket says: a link that opens the chat, so
// that any phone's camera reads it; the payload alone where no channel has
// links.
func (d *Desk) ticketCode(payload string) string { return cmp.Or(d.deepLink(payload), payload) }

// GuestTicket makes the ticket of an invited guest who comes without a
// registration, or of who comes in their place, and keeps it for the outbox.
// Its QR code opens the participation's code.
func (d *Desk) GuestTicket(ctx context.Context, p *event.Participation, e *event.Event) (*channel.File, error) {
	name, second := p.Name, p.Organisation
	if p.Reply.Answer == event.Delegated {
		if name = p.Reply.Delegate; name == "" {
			name = d.texts.Label("rsvp", "delegate")
		}
		second = d.texts.Label("rsvp", "standsfor") + " " + p.Name
	}
	png, err := report.Ticket(report.TicketView{
		Title: e.Title, Theme: e.Theme, Audience: d.texts.Label("audience", string(p.Audience)), Name: name, Contact: second, Number: guestNumber(p),
		Start: e.Start, Place: e.Place, Heads: p.Reply.Heads, Code: d.ticketCode(app.GuestPayloadOf(p)),
	})
	if err != nil {
		return nil, fmt.Errorf("ticket of %s: %w", p.ID, err)
	}
	f := channel.File{Blob: fmt.Sprintf("ticket/%s/%d-%d", p.ID, p.Version, e.Version), Name: "tiket-" + e.ID + "-" + guestNumber(p) + ".png", MIME: "image/png", Photo: true}
	return d.keepFile(ctx, f, png)
}

// guestTicket answers /tiket of an invited guest who comes and has no
// registration; ok is false where there is none.
func (d *Desk) guestTicket(ctx context.Context, t *Turn) (ok bool, err error) {
	p, e, _, err := d.app.Invited(ctx, t.Person.ID)
	if err != nil || p == nil || !p.Reply.Comes() || p.RegistrationID != "" || p.Closed != event.StillOpen {
		return false, err
	}
	file, err := d.GuestTicket(ctx, p, e)
	if err != nil {
		return false, err
	}
	return true, t.Say("rsvp.ticket", d.rsvpData(p, e), withFile(file), t.commands(choice{t.Label("menu", "jawaban"), "/ubah"}))
}

// booth is the booth number of a UKM, 0 for none; places of other audiences
// are no places in the hall.
func booth(r *event.Registration) int {
	if r.Audience == event.UKM {
		return r.Place
	}
	return 0
}

func boothText(r *event.Registration) string {
	if n := booth(r); n > 0 {
		return strconv.Itoa(n)
	}
	return ""
}
