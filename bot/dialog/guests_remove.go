package dialog

import (
	"context"
	"errors"
	"strconv"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// removeGuest is /undangan hapus NAMA or a telephone number: a slip is taken
// off the list again, while nothing has been sent.
func (d *Desk) removeGuest(ctx context.Context, t *Turn, st guestsState, name string) error {
	st.Phase, st.Tag = gsRemove, tagHere(t, "gs")
	if name == "" {
		return d.askGuests(ctx, t, st)
	}
	if g, err := d.app.GuestByCode(ctx, name); err == nil && g.EventID == st.EventID { // a button
		return d.sureRemove(ctx, t, st, g)
	}
	search := name
	if n, err := understand.Phone(name); err == nil {
		search = n.E164
	}
	found, more, err := d.app.Guests(ctx, st.EventID, search, stopShown)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return noteAgain(t, "guests.stop.unknown", templates.Data{"Name": name}, func() error { return d.askGuests(ctx, t, st) })
	case len(found) == 1:
		return d.sureRemove(ctx, t, st, found[0])
	}
	st.Phase, st.Guests = gsRemoveWhich, nil
	for _, p := range found {
		st.Guests = append(st.Guests, p.ID)
	}
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	return t.Say("guests.stop.which", templates.Data{"Name": name, "More": more}, t.choices(st.Tag, stopChoices(found)...), replyHint())
}

// onRemoveWhich reads which of several guests of a name it is.
func (d *Desk) onRemoveWhich(ctx context.Context, t *Turn, st guestsState) error {
	if n, err := strconv.Atoi(t.Text()); err == nil && n >= 1 && n <= len(st.Guests) {
		g, err := d.app.Store().Participations().Get(ctx, st.Guests[n-1])
		if errors.Is(err, storage.ErrNotFound) {
			return d.removeGuest(ctx, t, st, "")
		}
		if err != nil {
			return err
		}
		return d.sureRemove(ctx, t, st, g)
	}
	return d.removeGuest(ctx, t, st, t.Text()) // another name, or more of it
}

// sureRemove shows who would go, and asks; or says what is possible instead.
func (d *Desk) sureRemove(ctx context.Context, t *Turn, st guestsState, g *event.Participation) error {
	why, err := d.app.MayRemove(ctx, g)
	if err != nil {
		return err
	}
	if why != app.NotKept {
		return d.sayKept(t, g, why)
	}
	st.Phase, st.Tag, st.Guests = gsRemoveSure, tagHere(t, "gs"), []string{g.ID}
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	return t.Say("guests.remove", templates.Data{"P": g, "EventID": g.EventID}, t.choices(st.Tag, d.sure(t)...), replyHint())
}

func (d *Desk) sayKept(t *Turn, g *event.Participation, why app.Kept) error {
	t.Close()
	return t.Say("guests.remove.kept", templates.Data{"P": g, "Kept": string(why)})
}

// onRemoveSure takes the yes.
func (d *Desk) onRemoveSure(ctx context.Context, t *Turn, st guestsState, again func(string) error) error {
	yes, sure := d.yesNo(t, st.Tag)
	switch {
	case !sure:
		return again("staff.yesno")
	case !yes:
		t.Close()
		return t.Say("guests.left", nil)
	}
	g, why, err := d.app.RemoveGuest(ctx, t.Actor(), st.Guests[0])
	switch {
	case errors.Is(err, app.ErrKept): // heard of it since the question
		return d.sayKept(t, g, why)
	case errors.Is(err, storage.ErrNotFound):
		t.Close()
		return t.Say("guests.remove.gone", nil)
	case err != nil:
		return err
	}
	t.Close()
	return t.Say("guests.remove.done", templates.Data{"P": g, "EventID": g.EventID},
		t.commands(choice{t.Label("guests", "tambah"), "/undangan " + g.EventID + " tambah"}))
}
