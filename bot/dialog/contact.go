package dialog

import (
	"context"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

const dlgCard = "card"

// cardState is a contact that a guest shared, while we ask what it is for.
type cardState struct {
	Guest string `json:"guest"` // participation
	Name  string `json:"name"`
	Phone string `json:"phone"` // E.164
	Tag   string `json:"tag"`
}

// sharedContact takes a contact that an invited guest shares outside of any question:
// who has said that they are represented gives the number of who comes; others
// are asked what it is for. ok is false for everybody else.
func (d *Desk) sharedContact(ctx context.Context, t *Turn) (ok bool, err error) {
	c := t.In.Contact
	if c == nil {
		return false, nil
	}
	if c.Own {
		return d.ownContact(ctx, t, c)
	}
	p, e, _, err := d.app.Invited(ctx, t.Person.ID)
	if err != nil || p == nil {
		return false, err
	}
	n, wrong := understand.Phone(c.Phone)
	if wrong != nil || n.Landline {
		return true, t.Say("card.bad", nil)
	}
	st := cardState{Guest: p.ID, Name: c.Name, Phone: n.E164}
	if p.Reply.Answer == event.Delegated && p.Reply.DelegatePhone == "" {
		return true, d.cardDelegate(ctx, t, st, e)
	}
	return true, d.askCard(t, st)
}

// ownContact takes the number that a person shares as their own, and tells them
// whether they are on a list with it.
func (d *Desk) ownContact(ctx context.Context, t *Turn, c *channel.Contact) (ok bool, err error) {
	n, wrong := understand.Phone(c.Phone)
	if wrong != nil {
		return false, nil
	}
	p, e, err := d.app.OwnNumber(ctx, t.Actor(), n.E164)
	if err != nil {
		return false, err
	}
	data := templates.Data{"Number": understand.FormatPhone(n.E164)}
	if p == nil {
		return true, t.Say("card.own", data)
	}
	data["Event"], data["P"] = e, p
	return true, t.Say("card.own.guest", data)
}

func cardChoices(t *Turn) []choice {
	return []choice{{t.Label("card", "delegate"), "wakil"}, {t.Label("card", "number"), "nomor"}, {t.Label("card", "nothing"), "bukan"}}
}

func (d *Desk) askCard(t *Turn, st cardState) error {
	st.Tag = tagHere(t, "cd")
	if err := t.Open(dlgCard, st); err != nil {
		return err
	}
	return t.Say("card.ask", templates.Data{"Name": st.Name, "Number": understand.FormatPhone(st.Phone)}, t.choices(st.Tag, cardChoices(t)...))
}

// cardStep takes what the contact is for. Whoever writes something else is
// answered as if nothing had been asked.
func (d *Desk) cardStep(ctx context.Context, t *Turn) error {
	var st cardState
	t.Load(&st)
	p, err := d.app.Store().Participations().Get(ctx, st.Guest)
	if err != nil {
		return err
	}
	e, err := d.app.Event(ctx, p.EventID)
	if err != nil {
		return err
	}
	v, ok := d.chosen(t, st.Tag, cardChoices(t))
	if !ok && t.In.Kind == channel.Text && understand.Reply(t.Text(), understand.ReplyContext{}).Meaning == understand.MeansDelegated {
		v = "wakil" // "dia yang mewakili saya"
	}
	switch v {
	case "wakil":
		return d.cardDelegate(ctx, t, st, e)
	case "nomor":
		t.Close()
		if _, err := d.app.SetGuestPhone(ctx, t.Actor(), st.Guest, st.Phone); err != nil {
			return err
		}
		return t.Say("card.number", templates.Data{"Number": understand.FormatPhone(st.Phone)})
	case "bukan":
		t.Close()
		return t.Say("card.nothing", nil)
	}
	t.Close()
	return d.Small(ctx, t)
}

// cardDelegate notes who comes in the guest's place, with the number.
func (d *Desk) cardDelegate(ctx context.Context, t *Turn, st cardState, e *event.Event) error {
	t.Close()
	p, err := d.app.Answer(ctx, t.Actor(), st.Guest, event.Reply{
		Answer: event.Delegated, Delegate: shorten(st.Name, 80), DelegatePhone: st.Phone, Source: "chat",
	})
	if err != nil {
		return err
	}
	data := d.rsvpData(p, e)
	data["Number"] = understand.FormatPhone(st.Phone)
	return t.Say("card.delegate", data)
}
