package dialog

import (
	"context"
	"errors"
	"strconv"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// guestPick is a step of /undangan that is about one guest, whom the team member
// names.
type guestPick struct {
	who, which guestsPhase // asks for the name; which of several of that name
	take       func(context.Context, *Turn, guestsState, *event.Participation) error
}

// picksShown is how many guests of a name are offered.
const picksShown = 8

// pickGuest finds the guest of a name, an organisation or a telephone number.
func (d *Desk) pickGuest(ctx context.Context, t *Turn, st guestsState, pick guestPick, name string) error {
	st.Phase, st.Tag = pick.who, tagHere(t, "gs")
	if name == "" {
		return d.askGuests(ctx, t, st)
	}
	if g, err := d.app.GuestByCode(ctx, name); err == nil && g.EventID == st.EventID { // a button
		return pick.take(ctx, t, st, g)
	}
	search := name
	if n, err := understand.Phone(name); err == nil {
		search = n.E164
	}
	found, more, err := d.app.Guests(ctx, st.EventID, search, picksShown)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return noteAgain(t, "guests.stop.unknown", templates.Data{"Name": name}, func() error { return d.askGuests(ctx, t, st) })
	case len(found) == 1:
		return pick.take(ctx, t, st, found[0])
	}
	st.Phase, st.Guests = pick.which, nil
	for _, p := range found {
		st.Guests = append(st.Guests, p.ID)
	}
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	return t.Say("guests.stop.which", templates.Data{"Name": name, "More": more}, t.choices(st.Tag, pickChoices(found)...), replyHint())
}

// pickChoices stand for guests by number: their IDs are too long for a button.
func pickChoices(found []*event.Participation) []choice {
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

// onPickWhich reads which of several guests of a name it is.
func (d *Desk) onPickWhich(ctx context.Context, t *Turn, st guestsState, pick guestPick) error {
	n, err := strconv.Atoi(t.Text())
	if err != nil || n < 1 || n > len(st.Guests) || t.Stale(st.Tag) {
		return d.pickGuest(ctx, t, st, pick, t.Text()) // another name, or more of it
	}
	g, err := d.app.Store().Participations().Get(ctx, st.Guests[n-1])
	if errors.Is(err, storage.ErrNotFound) {
		return d.pickGuest(ctx, t, st, pick, "")
	}
	if err != nil {
		return err
	}
	return pick.take(ctx, t, st, g)
}
