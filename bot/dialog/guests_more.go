package dialog

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// doublesLooked is how many pairs are looked for at a time.
const doublesLooked = 50

// nextDouble is /undangan ganda: it shows the first pair that is not decided.
func (d *Desk) nextDouble(ctx context.Context, t *Turn, st guestsState) error {
	all, err := d.app.Doubles(ctx, st.EventID, doublesLooked+len(st.Skipped))
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(x app.Double) bool { return slices.Contains(st.Skipped, x.Keep.ID+"/"+x.Other.ID) })
	if len(all) == 0 {
		t.Close()
		return t.Say("guests.double.none", templates.Data{"Skipped": len(st.Skipped)})
	}
	x := all[0]
	st.Phase, st.Tag, st.Keep, st.Other = gsDouble, tagHere(t, "gs"), x.Keep.ID, x.Other.ID
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	keep, err := d.doubleCard(ctx, st.EventID, x.Keep)
	if err != nil {
		return err
	}
	other, err := d.doubleCard(ctx, st.EventID, x.Other)
	if err != nil {
		return err
	}
	data := templates.Data{"Why": x.Why, "Keep": keep, "Other": other, "N": len(all), "Many": len(all) >= doublesLooked}
	return t.Say("guests.double", data, t.choices(st.Tag, doubleChoices(t)...))
}

// doubleCard is one of two people for comparing.
type doubleCard struct {
	Name, Organisation, Position, Phone, Email, Telegram string
	Writes                                               bool // they have a chat with us
}

func (d *Desk) doubleCard(ctx context.Context, eventID string, p *event.Person) (doubleCard, error) {
	c := doubleCard{Name: p.Name, Phone: understand.FormatPhone(p.Phone), Email: p.Email, Writes: p.PrivateChat() != ""}
	for _, acc := range p.Accounts {
		if acc.Username != "" {
			c.Telegram = acc.Username
		}
	}
	g, err := d.app.GuestOf(ctx, eventID, p.ID)
	if err != nil || g == nil {
		return c, err
	}
	c.Name, c.Organisation, c.Position = g.Name, g.Organisation, g.Position
	if c.Phone == "" {
		c.Phone = understand.FormatPhone(g.Phone)
	}
	return c, nil
}

func doubleChoices(t *Turn) []choice {
	return []choice{
		{t.Label("guests", "merge"), "gabung"}, {t.Label("guests", "different"), "berbeda"},
		{t.Label("guests", "skip"), "lewati"}, {t.Label("guests", "enough"), "selesai"},
	}
}

func (d *Desk) onDouble(ctx context.Context, t *Turn, st guestsState) error {
	v, ok := d.chosen(t, st.Tag, doubleChoices(t))
	if !ok {
		return t.Say("guests.double.choose", nil, t.choices(st.Tag, doubleChoices(t)...))
	}
	switch v {
	case "selesai":
		t.Close()
		return t.Say("guests.left", nil)
	case "lewati":
		st.Skipped = append(st.Skipped, st.Keep+"/"+st.Other)
	case "berbeda":
		if err := d.app.NotDouble(ctx, t.Actor(), st.Keep, st.Other); err != nil {
			return err
		}
	case "gabung":
		p, err := d.app.Merge(ctx, t.Actor(), st.Keep, st.Other)
		switch {
		case errors.Is(err, app.ErrMergeStaff):
			st.Skipped = append(st.Skipped, st.Keep+"/"+st.Other)
			if err := t.Note("guests.double.staff", nil); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			kept, err := d.doubleCard(ctx, st.EventID, p)
			if err != nil {
				return err
			}
			if err := t.Note("guests.double.done", templates.Data{"Name": kept.Name}); err != nil {
				return err
			}
		}
	}
	return d.nextDouble(ctx, t, st)
}

// addGuest is /undangan tambah Nama | jenis | organisasi | kontak …
func (d *Desk) addGuest(ctx context.Context, t *Turn, st guestsState, line string) error {
	return d.addGuestCells(ctx, t, st, guestCells(line))
}

// addMissing takes the answer to what was wrong with a typed guest: a whole
// line begins anew, anything else goes into the cell that was asked about, so
// that nothing has to be typed twice.
func (d *Desk) addMissing(ctx context.Context, t *Turn, st guestsState) error {
	if strings.Contains(t.Text(), "|") {
		return d.addGuest(ctx, t, st, t.Text())
	}
	answer := t.Text()
	if v, ok := d.chosen(t, st.Tag, guestAudiences(t)); ok && st.Missing == guestlist.Audience {
		answer = v
	}
	cells, column := st.Cells, st.Missing
	if contact(column) { // any way to reach them will do
		delete(cells, column)
		for c, v := range guestCells("- | - | - | " + answer) {
			if contact(c) {
				column, answer = c, v
			}
		}
	}
	cells[column] = answer
	return d.addGuestCells(ctx, t, st, cells)
}

func contact(c guestlist.Column) bool {
	return c == guestlist.WhatsApp || c == guestlist.Telegram || c == guestlist.Email
}

func (d *Desk) addGuestCells(ctx context.Context, t *Turn, st guestsState, cells map[guestlist.Column]string) error {
	row := guestlist.One(cells)
	if len(row.Faults) > 0 {
		st.Phase, st.Tag, st.Cells, st.Missing = gsAddMissing, tagHere(t, "gs"), cells, row.Faults[0].Column
		if err := t.Open(dlgGuests, st); err != nil {
			return err
		}
		return d.askMissing(t, st, row.Faults[0])
	}
	plan, err := d.app.CheckGuests(ctx, st.EventID, []guestlist.Row{row})
	if err != nil {
		return err
	}
	g := &plan.Guests[0]
	if g.Corrects != nil && g.Corrects.ByName {
		st.Phase, st.Tag, st.Cells = gsAddSame, tagHere(t, "gs"), cells
		if err := t.Open(dlgGuests, st); err != nil {
			return err
		}
		return t.Say("guests.add.same", correctionData(g), t.choices(st.Tag, sameChoices(t)...))
	}
	return d.writeGuest(ctx, t, st, plan)
}

func sameChoices(t *Turn) []choice {
	return []choice{{t.Label("guests", "same"), "ya"}, {t.Label("guests", "other"), "tidak"}}
}

// onAddSame takes the answer whether a typed guest is the one on the list whose
// contact leads nowhere: then it is put right, else they are two.
func (d *Desk) onAddSame(ctx context.Context, t *Turn, st guestsState, again func(string) error) error {
	same, sure := d.yesNo(t, st.Tag)
	if v, ok := d.chosen(t, st.Tag, sameChoices(t)); ok {
		same, sure = v == "ya", true
	}
	if !sure {
		return again("answer.choose")
	}
	plan, err := d.app.CheckGuests(ctx, st.EventID, []guestlist.Row{guestlist.One(st.Cells)})
	if err != nil {
		return err
	}
	if !same {
		plan.Apart(&plan.Guests[0])
	}
	return d.writeGuest(ctx, t, st, plan)
}

// correctionData is what a row puts in place of a contact that leads nowhere.
func correctionData(g *app.PlannedGuest) templates.Data {
	c := g.Corrects
	return templates.Data{
		"Same": g.Twin, "OldEmail": c.OldEmail, "OldPhone": understand.FormatPhone(c.OldPhone), "Email": c.Email, "Phone": understand.FormatPhone(c.Phone),
	}
}

// writeGuest puts a typed guest on the list, or completes who is there.
func (d *Desk) writeGuest(ctx context.Context, t *Turn, st guestsState, plan *app.Plan) error {
	t.Close()
	g := &plan.Guests[0]
	row := g.Row
	data := templates.Data{
		"R": row, "Phone": understand.FormatPhone(row.WhatsApp), "EventID": st.EventID, "Standing": g.Standing, "Handles": plan.Handles,
		"Official": row.Audience == event.Official, "Public": row.Audience == event.Public,
	}
	done, err := d.app.ImportGuests(ctx, t.Actor(), plan)
	if err != nil {
		return err
	}
	if g.Corrects != nil {
		return d.sayCorrected(ctx, t, st, g)
	}
	if g.Standing == app.StandsAlready {
		data["Same"], data["Taken"], data["Completed"] = g.Twin, g.Taken(), done.Completed > 0
		return t.Say("guests.add.already", data, t.commands(choice{t.Label("guests", "more"), "/undangan " + st.EventID + " tambah"}))
	}
	next := []choice{{t.Label("guests", "more"), "/undangan " + st.EventID + " tambah"}}
	if added, err := d.app.GuestOf(ctx, st.EventID, g.PersonID); err != nil {
		return err
	} else if added != nil { // a slip can be taken back at once
		next = append(next, choice{t.Label("guests", "remove"), "/undangan " + st.EventID + " hapus " + added.Code})
	}
	if g.Standing == app.StandsDoubt {
		next = append(next, choice{t.Label("guests", "ganda"), "/undangan " + st.EventID + " ganda"})
	}
	return t.Say("guests.add.done", data, t.commands(next...))
}

// sayCorrected says what was put in whose place, and how who was invited in
// vain gets their invitation now.
func (d *Desk) sayCorrected(ctx context.Context, t *Turn, st guestsState, g *app.PlannedGuest) error {
	data := correctionData(g)
	now, err := d.app.GuestOf(ctx, st.EventID, g.PersonID)
	if err != nil {
		return err
	}
	next := []choice{{t.Label("guests", "more"), "/undangan " + st.EventID + " tambah"}}
	again := now != nil && now.InvitedAt != nil && g.Corrects.Email != "" && now.Reply.Answer == event.Silent
	if again {
		next = append(next, choice{t.Label("sebar", "retry"), "/sebar ulangi"})
	}
	data["EventID"], data["Again"], data["Call"] = st.EventID, again, now != nil && now.Call == event.CallDue
	return t.Say("guests.add.corrected", data, t.commands(next...))
}

// askMissing says what is wrong with a typed guest, and takes that alone.
func (d *Desk) askMissing(t *Turn, st guestsState, fault guestlist.Fault) error {
	text, err := guestFault(d.texts, fault)
	if err != nil {
		return err
	}
	var opts []Option
	if st.Missing == guestlist.Audience {
		opts = append(opts, t.choices(st.Tag, guestAudiences(t)...))
	}
	return t.Say("guests.add.fault", templates.Data{"Fault": templates.Markup(text), "Name": st.Cells[guestlist.Name]}, opts...)
}

// guestCells sorts a typed line into columns: name, audience and organisation
// in this order, then contacts, a kecamatan and a position in any.
func guestCells(line string) map[guestlist.Column]string {
	cells := map[guestlist.Column]string{}
	put := func(c guestlist.Column, v string) {
		if cells[c] != "" {
			v = cells[c] + " " + v
		}
		cells[c] = v
	}
	for i, f := range fields(line) {
		switch digits := onlyDigits(f); {
		case f == "" || f == "-":
		case i == 0:
			put(guestlist.Name, f)
		case i == 1:
			put(guestlist.Audience, f)
		case strings.HasPrefix(f, "@") || strings.Contains(strings.ToLower(f), "t.me/"):
			put(guestlist.Telegram, f)
		case strings.Contains(f, "@"):
			put(guestlist.Email, f)
		case len(digits) >= 4 && len(digits)*2 > len(f):
			put(guestlist.WhatsApp, f)
		case isSalutation(f):
			put(guestlist.Salutation, f)
		case i == 2:
			put(guestlist.Organisation, f)
		case understand.Kecamatan(f).Sure:
			put(guestlist.Kecamatan, f)
		default:
			put(guestlist.Position, f)
		}
	}
	return cells
}

// isSalutation reports whether a typed field is how somebody is addressed.
func isSalutation(f string) bool {
	switch event.Squeeze(f) {
	case "bapak", "bpk", "pak", "ibu", "bu":
		return true
	}
	return false
}
