package dialog

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// stopping is /undangan berhenti NAMA: whoever asked by mail, by telephone or on
// paper not to be written to any more; /undangan kirimi NAMA takes it back.
func (d *Desk) stopping() guestPick { return guestPick{gsStop, gsStopWhich, d.stopOne} }

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
