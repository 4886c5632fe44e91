package dialog

import (
	"context"
	"errors"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// removing is /undangan hapus NAMA or a telephone number: a slip is taken off the
// list again, while nothing has been sent.
func (d *Desk) removing() guestPick { return guestPick{gsRemove, gsRemoveWhich, d.sureRemove} }

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
