package dialog

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// ticketOpened is /start with the code of a ticket: staff at the desk check its
// holder in, the holder sees how it stands with them, and nobody else learns
// whose it is.
func (d *Desk) ticketOpened(ctx context.Context, t *Turn, payload string) error {
	e, err := d.app.TicketEvent(ctx, payload)
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, app.ErrForged) {
		return noteAgain(t, "hadir.forged", nil, func() error { return d.welcome(ctx, t) })
	}
	if err != nil {
		return err
	}
	g, err := d.app.ByTicket(ctx, e, app.TicketPayload+payload)
	if err != nil {
		return err
	}
	c, _ := d.Lookup("hadir")
	switch {
	case c.Allows(t.Person.Role):
		o := onDesk{e: e}
		if ok, err := d.deskOpen(t, e); !ok {
			return err
		}
		return d.checkIn(ctx, t, o, g, event.ByScan, 0)
	case g.PersonID != t.Person.ID:
		return t.Say("hadir.ticket.other", nil)
	case g.Arrived():
		return t.Say("hadir.ticket.in", templates.Data{"Event": e, "At": g.Arrival.At, "Heads": g.HeadsArrived()})
	case g.Registration != nil:
		return d.showStatus(ctx, t, g.Registration)
	}
	if ok, err := d.guestTicket(ctx, t); ok || err != nil {
		return err
	}
	return t.Say("rsvp.again", d.rsvpData(g.Participation, e), d.rsvpChoices(g.Participation))
}

// Hours before and after the start between which guests may check themselves
// in at the door, where no others are said.
const (
	doorBefore = 3 * time.Hour
	doorAfter  = 8 * time.Hour
)

var doorHours = regexp.MustCompile(`^\s*(?:pukul|jam)?\s*([0-9]{1,2}[.:][0-9]{2})\s*(?:-|–|s/?d|sampai)\s*([0-9]{1,2}[.:][0-9]{2})(?:\s*wib)?\s*$`)

// door is /hadir pintu [07.00-12.00]: the code by which guests check
// themselves in, to be put up at the door. It holds on the event's day, within
// those hours.
func (d *Desk) door(ctx context.Context, t *Turn, o onDesk, args string) error {
	opens, ends := o.e.Start.Add(-doorBefore), o.e.Start.Add(doorAfter)
	if args != "" {
		var ok bool
		if opens, ends, ok = d.readDoorHours(o.e, args); !ok {
			return t.Say("hadir.door.badhours", nil)
		}
	}
	opens, ends = latest(opens, o.e.Day()), earliest(ends, o.e.Day().Add(24*time.Hour-time.Minute))
	payload, err := d.app.DoorPayloadOf(ctx, o.e, opens, ends)
	if err != nil {
		return err
	}
	link := d.deepLink(payload)
	if link == "" {
		return t.Say("branding.nolink", nil)
	}
	png, err := report.Door(report.DoorView{Title: o.e.Title, Start: o.e.Start, Place: o.e.Place, Opens: opens, Ends: ends, Link: link})
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "door/" + t.In.ID, Name: "pintu-" + o.e.ID + ".png", MIME: "image/png"}, png)
	if err != nil {
		return err
	}
	return t.Say("hadir.door", templates.Data{"Event": o.e, "Opens": opens, "Ends": ends}, withFile(file))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (d *Desk) readDoorHours(e *event.Event, text string) (opens, ends time.Time, ok bool) {
	m := doorHours.FindStringSubmatch(strings.ToLower(text))
	if m == nil {
		return opens, ends, false
	}
	at := func(s string) (time.Time, bool) {
		c, err := time.Parse("15.04", strings.ReplaceAll(s, ":", "."))
		return e.Day().Add(time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute), err == nil
	}
	opens, first := at(m[1])
	ends, second := at(m[2])
	return opens, ends, first && second && ends.After(opens)
}

// doorOpened is /start with the code at the door: guests check themselves in.
func (d *Desk) doorOpened(ctx context.Context, t *Turn, payload string) error {
	e, door, err := d.app.OpenDoor(ctx, payload)
	data := templates.Data{"Event": e, "Opens": door.Opens, "Ends": door.Ends}
	switch {
	case errors.Is(err, app.ErrForged):
		return noteAgain(t, "hadir.door.forged", nil, func() error { return d.welcome(ctx, t) })
	case errors.Is(err, app.ErrDoorEarly):
		return t.Say("hadir.door.early", data)
	case errors.Is(err, app.ErrDoorClosed):
		return t.Say("hadir.door.closed", data)
	case err != nil:
		return err
	}
	p, err := d.app.GuestOf(ctx, e.ID, t.Person.ID)
	if err != nil {
		return err
	}
	if p == nil {
		opts := []Option{}
		if e.TakesRegistrations(d.app.Now()) {
			opts = append(opts, t.commands(choice{t.Label("menu", "daftar"), "/daftar"}))
		}
		return t.Say("hadir.door.unknown", templates.Data{"Event": e, "Open": len(opts) > 0}, opts...)
	}
	c, err := d.app.CheckIn(ctx, t.Actor(), app.CheckIn{Guest: app.DeskGuest{Participation: p}, How: event.BySelf, Where: t.Label("hadir", "atdoor")})
	if err != nil {
		return err
	}
	card, err := d.cardOf(ctx, t, c)
	if err != nil {
		return err
	}
	data["G"], data["First"] = card, c.First
	if c.How != event.BySelf {
		return t.Say("hadir.ticket.in", templates.Data{"Event": e, "At": c.At, "Heads": p.HeadsArrived()})
	}
	if c.First {
		if err := d.tellProtocol(ctx, t, e, c); err != nil {
			return err
		}
	}
	o := onDesk{e: e, st: deskState{Phase: dkHeads, Tag: tagHere(t, "dk"), Self: true, Last: c.Guest.ID, LastTicket: c.Ticket}}
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	return t.Say("hadir.door.in", data, headsKeys(o.st.Tag))
}

// selfStep takes how many a guest at the door came with; anything else is about
// something else.
func (d *Desk) selfStep(ctx context.Context, t *Turn, o onDesk) error {
	e, err := d.app.Event(ctx, o.st.EventID)
	if err != nil {
		return err
	}
	o.e = e
	n, ok := understand.Count(t.Text())
	if t.Stale(o.st.Tag) || !ok || n < 1 || n > event.MaxHeads {
		t.Close()
		return d.Small(ctx, t)
	}
	return d.setHeads(ctx, t, o, n)
}

var startInLink = regexp.MustCompile(`(?:[?&]start=|(?i:kode)\s+)([A-Za-z0-9_-]{1,64})`)

// smallPhoto looks for a code of ours in a photo that came without a word: a
// ticket before the desk, or the code at the door.
func (d *Desk) smallPhoto(ctx context.Context, t *Turn) error {
	if m := t.In.Media; m == nil || t.In.Kind == channel.Document && !strings.HasPrefix(m.MIME, "image/") {
		if c, _ := d.Lookup("undangan"); !t.In.Group && c.Allows(t.Person.Role) { // a list or a signed letter that came before its command
			return t.Say("small.file", nil, t.commands(choice{t.Label("small", "list"), "/undangan impor"}, choice{t.Label("small", "signed"), "/surat unggah"}))
		}
		return t.Say("small.wrongkind", nil)
	}
	text, problem, err := d.scanned(ctx, t)
	if err != nil {
		return err
	}
	if problem != "" {
		return t.Say("small.wrongkind", nil)
	}
	if m := startInLink.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	for _, mark := range []string{app.TicketPayload, app.DoorPayload} {
		if strings.HasPrefix(text, mark) {
			return d.start(ctx, t, text)
		}
	}
	if c, _ := d.Lookup("hadir"); c.Allows(t.Person.Role) && ticketWord.MatchString(text) {
		return d.attend(ctx, t, text)
	}
	return t.Say("small.wrongkind", nil)
}
