package dialog

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// deskCard is somebody at the desk, as staff read it.
type deskCard struct {
	*event.Participation
	Number string // of the ticket
	// InHeads, At, By, Where and How tell of the check-in.
	InHeads  int
	Expected int
	At       time.Time
	By       string
	Self     bool // they checked themselves in
	Where    string
	Booth    int
	Power    bool
	Status   event.Status // of the registration; "" where it is well
}

// cardOf gathers what the desk reads of a check-in.
func (d *Desk) cardOf(ctx context.Context, t *Turn, c app.CheckedIn) (deskCard, error) {
	g := c.Guest
	out := deskCard{
		Participation: g.Participation, Number: g.Ticket(), InHeads: c.Heads, Expected: g.Expected(), At: c.At, Where: c.Where,
		Self: c.How == event.BySelf,
	}
	r := g.Registration
	if r == nil && g.RegistrationID != "" {
		var err error
		if r, err = d.app.Store().Registrations().Get(ctx, g.RegistrationID); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return out, err
		}
	}
	if r != nil {
		out.Booth, out.Power = booth(r), r.WantsPower()
		if r.Status != event.Confirmed {
			out.Status = r.Status
		}
	}
	switch {
	case out.Self, c.By == t.Person.ID:
		out.By = ""
	default:
		p, err := d.app.Store().People().Get(ctx, c.By)
		if err == nil {
			out.By = memberName(p)
		} else if !errors.Is(err, storage.ErrNotFound) {
			return out, err
		}
	}
	return out, nil
}

// checkIn puts somebody down as present and says so; where they are already, it
// says since when and by whom.
func (d *Desk) checkIn(ctx context.Context, t *Turn, o onDesk, g app.DeskGuest, how event.ArrivalHow, heads int) error {
	if heads > event.MaxHeads {
		return t.Say("hadir.badheads", templates.Data{"Max": event.MaxHeads})
	}
	at, _, _ := d.deskTime(o.e, nil)
	post, err := d.app.StationOf(ctx, o.e.ID, t.Person.ID)
	if err != nil {
		return err
	}
	c, err := d.app.CheckIn(ctx, t.Actor(), app.CheckIn{Guest: g, How: how, Heads: heads, At: at, Where: post})
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("hadir.gone", nil)
	}
	if err != nil {
		return err
	}
	return d.sayIn(ctx, t, o, c)
}

// sayIn tells of a check-in, with the buttons that change it.
func (d *Desk) sayIn(ctx context.Context, t *Turn, o onDesk, c app.CheckedIn) error {
	card, err := d.cardOf(ctx, t, c)
	if err != nil {
		return err
	}
	o.st.Phase, o.st.Tag, o.st.Found, o.st.Text = dkDesk, tagHere(t, "dk"), nil, ""
	o.st.Last, o.st.LastTicket, o.st.LastMark = c.Guest.ID, c.Ticket, deskMark(c.Arrival)
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	key := "hadir.before"
	if c.First {
		key = "hadir.in"
		if err := d.tellProtocol(ctx, t, o.e, c); err != nil {
			return err
		}
	}
	return t.Say(key, templates.Data{"G": card, "First": c.First}, d.deskButtons(t, o, c))
}

// deskButtons are "take it back" and "so many came", about this check-in alone.
func (d *Desk) deskButtons(t *Turn, o onDesk, c app.CheckedIn) Option {
	ref := refMark + c.Guest.Code + " " + deskMark(c.Arrival) + " " + shortTicket(o.e, c.Ticket)
	return t.commands(
		choice{t.Label("hadir", "heads"), strings.TrimSpace("/hadir jumlah " + ref)},
		choice{t.Label("hadir", "undo"), strings.TrimSpace("/hadir urung " + ref)})
}

// shortTicket is a registration's number within its event.
func shortTicket(e *event.Event, number string) string {
	return strings.TrimPrefix(number, e.ID+"-")
}

// deskRef is whom an order about a check-in is about.
type deskRef struct {
	id, ticket, mark string
}

// refMark opens a guest's code in a button, so that it is not taken for a
// number that was typed.
const refMark = "."

// refOf reads the button of a check-in (".kode tanda [nomor]"), a number that
// was typed, or, where nothing is said, the last one that was checked in. rest
// is what follows.
func (d *Desk) refOf(ctx context.Context, o onDesk, args string) (ref deskRef, rest string, ok bool, err error) {
	f := strings.Fields(strings.ReplaceAll(args, "|", " "))
	if len(f) == 0 {
		return deskRef{o.st.Last, o.st.LastTicket, o.st.LastMark}, "", o.st.Last != "", nil
	}
	if code, marked := strings.CutPrefix(f[0], refMark); marked {
		p, err := d.app.GuestByCode(ctx, code)
		if errors.Is(err, storage.ErrNotFound) {
			return ref, "", false, nil
		}
		if err != nil || len(f) < 2 {
			return ref, "", false, err
		}
		ref = deskRef{id: p.ID, mark: f[1]}
		f = f[2:]
		if len(f) > 0 && len(f[0]) >= 4 {
			ref.ticket, f = o.e.ID+"-"+f[0], f[1:]
		}
		return ref, strings.Join(f, " "), true, nil
	}
	g, err := d.app.ByTicket(ctx, o.e, f[0])
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, app.ErrForged) {
		return ref, "", false, nil
	}
	if err != nil {
		return ref, "", false, err
	}
	return deskRef{id: g.ID, ticket: g.Ticket()}, strings.Join(f[1:], " "), true, nil
}

// deskHeads is /hadir jumlah [nomor] [orang].
func (d *Desk) deskHeads(ctx context.Context, t *Turn, o onDesk, args string) error {
	ref, rest, ok := deskRef{o.st.Last, o.st.LastTicket, o.st.LastMark}, args, o.st.Last != ""
	if n, is := understand.Count(args); !ok || !is || n > event.MaxHeads || len(args) >= 4 { // else "jumlah 3", of the last one
		var err error
		if ref, rest, ok, err = d.refOf(ctx, o, args); err != nil {
			return err
		}
	}
	if !ok {
		return t.Say("hadir.which", templates.Data{"Order": "jumlah", "Example": "0123 3"})
	}
	o.st.Last, o.st.LastTicket, o.st.LastMark = ref.id, ref.ticket, ref.mark
	if rest == "" {
		return d.askHeads(ctx, t, o)
	}
	n, ok := understand.Count(rest)
	if !ok || n < 1 || n > event.MaxHeads {
		return noteAgain(t, "hadir.badheads", templates.Data{"Max": event.MaxHeads}, func() error { return d.askHeads(ctx, t, o) })
	}
	return d.setHeads(ctx, t, o, n)
}

func (d *Desk) askHeads(ctx context.Context, t *Turn, o onDesk) error {
	p, err := d.app.Store().Participations().Get(ctx, o.st.Last)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("hadir.gone", nil)
	}
	if err != nil {
		return err
	}
	a := p.ArrivalOf(o.st.LastTicket)
	if a == nil {
		return t.Say("hadir.notin", templates.Data{"Name": p.Name})
	}
	o.st.Phase, o.st.Tag = dkHeads, tagHere(t, "dk")
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	return t.Say("hadir.ask.heads", templates.Data{"Name": p.Name, "Heads": a.Heads, "Self": o.st.Self}, headsKeys(o.st.Tag))
}

// headsKeys offers the usual numbers; others are typed, as all are where there
// are no buttons.
func headsKeys(tag string) Option {
	return func(t *Turn, m *channel.Outbound) {
		if !t.Caps.Buttons {
			return
		}
		var keys []channel.Button
		for n := 1; n <= 6; n++ {
			keys = append(keys, channel.Button{Label: strconv.Itoa(n), Value: pressMark + tag + "|" + strconv.Itoa(n)})
		}
		m.Buttons = append(m.Buttons, rows(keys)...)
	}
}

func (d *Desk) setHeads(ctx context.Context, t *Turn, o onDesk, n int) error {
	p, err := d.app.SetArrivedHeads(ctx, t.Actor(), o.st.Last, o.st.LastTicket, n)
	switch {
	case errors.Is(err, event.ErrNotArrived):
		return t.Say("hadir.notin", templates.Data{"Name": p.Name})
	case errors.Is(err, storage.ErrNotFound):
		return t.Say("hadir.gone", nil)
	case err != nil:
		return err
	}
	o.st.Phase, o.st.Tag = dkDesk, tagHere(t, "dk")
	if o.st.Self {
		t.Close()
		return t.Say("hadir.door.heads", templates.Data{"Heads": n})
	}
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	return t.Say("hadir.heads", templates.Data{"Name": p.Name, "Heads": n})
}

// deskUndo is /hadir urung [nomor].
func (d *Desk) deskUndo(ctx context.Context, t *Turn, o onDesk, args string) error {
	ref, _, ok, err := d.refOf(ctx, o, args)
	if err != nil {
		return err
	}
	if !ok {
		return t.Say("hadir.which", templates.Data{"Order": "urung", "Example": "0123"})
	}
	p, err := d.app.Store().Participations().Get(ctx, ref.id)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("hadir.gone", nil)
	}
	if err != nil {
		return err
	}
	a := p.ArrivalOf(ref.ticket)
	if a == nil || ref.mark != "" && deskMark(*a) != ref.mark {
		return t.Say("hadir.notin", templates.Data{"Name": p.Name})
	}
	p, err = d.app.CheckOut(ctx, t.Actor(), ref.id, ref.ticket, a.In)
	if errors.Is(err, event.ErrNotArrived) {
		return t.Say("hadir.notin", templates.Data{"Name": p.Name})
	}
	if err != nil {
		return err
	}
	o.st.Phase, o.st.Tag, o.st.Last, o.st.LastTicket, o.st.LastMark = dkDesk, tagHere(t, "dk"), "", "", ""
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	return t.Say("hadir.undone", templates.Data{"Name": p.Name})
}

// deskPost is /hadir pos [tempat]: where one stands, kept with each check-in.
func (d *Desk) deskPost(ctx context.Context, t *Turn, o onDesk, post string) error {
	if post == "" {
		o.st.Phase, o.st.Tag = dkPost, tagHere(t, "dk")
		if err := d.openDesk(t, o); err != nil {
			return err
		}
		return t.Say("hadir.ask.post", nil)
	}
	post, err := understand.TidyName(post)
	if err != nil || len([]rune(post)) > 40 {
		return t.Say("hadir.badpost", nil)
	}
	if err := d.app.SetStation(ctx, o.e.ID, t.Person.ID, post); err != nil {
		return err
	}
	o.st.Phase, o.st.Tag = dkDesk, tagHere(t, "dk")
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	return t.Say("hadir.post", templates.Data{"Post": post})
}

// tellProtocol tells the team at once that an official has come: in its group,
// or the leads while none is bound, and each member of the section for protocol.
func (d *Desk) tellProtocol(ctx context.Context, t *Turn, e *event.Event, c app.CheckedIn) error {
	if c.Guest.Audience != event.Official {
		return nil
	}
	card, err := d.cardOf(ctx, t, c)
	if err != nil {
		return err
	}
	data := templates.Data{"Event": e, "G": card, "Salute": d.Salute(c.Guest.Participation)}
	group, bound, err := d.app.Group(ctx)
	if err != nil {
		return err
	}
	if bound {
		text, err := d.texts.Text("hadir.vip", data)
		if err != nil {
			return err
		}
		t.row(group.Chat, channel.Outbound{Text: text})
	}
	sections, err := d.app.Sections(ctx)
	if err != nil {
		return err
	}
	protocol := map[string]bool{}
	for _, s := range sections.List {
		if strings.Contains(event.Fold(s.Name), "protokol") {
			for _, id := range append([]string{s.Head}, s.Members...) {
				protocol[id] = true
			}
		}
	}
	team, err := d.app.Team(ctx)
	if err != nil {
		return err
	}
	for _, p := range team {
		if protocol[p.ID] || !bound && p.Role == event.Lead {
			if err := d.tell(t, p, "hadir.vip", data); err != nil {
				return err
			}
		}
	}
	return nil
}
