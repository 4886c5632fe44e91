package dialog

import (
	"context"
	"fmt"
	"strconv"

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
	png, err := report.Ticket(report.TicketView{
		Title: e.Title, Theme: e.Theme, Audience: audience, Name: r.Name, Contact: r.Contact, Number: r.Number,
		Start: e.Start, Place: e.Place, Booth: boothText(r), Heads: r.Heads, Code: r.Number,
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
