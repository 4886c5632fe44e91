package dialog

import (
	"context"
	"strconv"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// stopShown is how many guests of a name are offered.
const stopShown = 8

// stopGuest is /undangan berhenti NAMA: whoever asked by mail, by telephone or
// on paper not to be written to any more; /undangan kirimi NAMA takes it back.
func (d *Desk) stopGuest(ctx context.Context, t *Turn, st guestsState, name string) error {
	st.Phase, st.Tag = gsStop, tagHere(t, "gs")
	if name == "" {
		return d.askGuests(ctx, t, st)
	}
	if g, err := d.app.GuestByCode(ctx, name); err == nil && g.EventID == st.EventID { // a button
		return d.stopOne(ctx, t, st, g)
	}
	found, more, err := d.app.Guests(ctx, st.EventID, name, stopShown)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return noteAgain(t, "guests.stop.unknown", templates.Data{"Name": name}, func() error { return d.askGuests(ctx, t, st) })
	case len(found) == 1:
		return d.stopOne(ctx, t, st, found[0])
	}
	st.Phase, st.Guests = gsStopWhich, nil
	for _, p := range found {
		st.Guests = append(st.Guests, p.ID)
	}
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	return t.Say("guests.stop.which", templates.Data{"Name": name, "More": more}, t.choices(st.Tag, stopChoices(found)...))
}

// stopChoices stand for guests by number: their IDs are too long for a button.
func stopChoices(found []*event.Participation) []choice {
	var list []choice
	for i, p := range found {
		label := p.Name
		if p.Organisation != "" {
			label += " (" + p.Organisation + ")"
		}
		list = append(list, choice{shorten(label, 40), strconv.Itoa(i + 1)})
	}
	return list
}

// onStopWhich reads which of several guests of a name it is.
func (d *Desk) onStopWhich(ctx context.Context, t *Turn, st guestsState) error {
	if v := t.Text(); len(v) == 1 && v[0] >= '1' && int(v[0]-'1') < len(st.Guests) && !t.Stale(st.Tag) {
		g, err := d.app.Store().Participations().Get(ctx, st.Guests[v[0]-'1'])
		if err != nil {
			return err
		}
		return d.stopOne(ctx, t, st, g)
	}
	return d.stopGuest(ctx, t, st, t.Text()) // another name, or more of it
}

func (d *Desk) stopOne(ctx context.Context, t *Turn, st guestsState, g *event.Participation) error {
	t.Close()
	if err := d.app.StopGuest(ctx, t.Actor(), g, st.Resume); err != nil {
		return err
	}
	data := templates.Data{"Salute": d.Salute(g), "Stopped": !st.Resume}
	if st.Resume {
		return t.Say("guests.stop.done", data)
	}
	return t.Say("guests.stop.done", data, t.commands(choice{t.Label("guests", "undo"), "/undangan " + g.EventID + " kirimi " + g.Code}))
}
