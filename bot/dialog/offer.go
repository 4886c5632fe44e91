package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// dlgOffer is open in a chat whose person was offered a freed place, or whose
// offer lapsed.
const dlgOffer = "offer"

type offerState struct {
	ID string `json:"id"`
}

func offerTag(r *event.Registration) string { return dlgOffer + "." + r.Number }

func (t *Turn) offerChoices(r *event.Registration) Option {
	return t.choices(offerTag(r), choice{t.Label("answer", "take"), "ya"}, choice{t.Label("answer", "decline"), "tidak"})
}

func (d *Desk) showOffer(ctx context.Context, t *Turn, r *event.Registration) error {
	e, err := d.app.Event(ctx, r.EventID)
	if err != nil {
		return err
	}
	if err := t.Open(dlgOffer, offerState{ID: r.ID}); err != nil {
		return err
	}
	return t.Say("tell.offered", templates.Data{"R": r, "Event": e}, t.offerChoices(r))
}

func (d *Desk) showLapsed(t *Turn, r *event.Registration) error {
	if err := t.Open(dlgOffer, offerState{ID: r.ID}); err != nil {
		return err
	}
	return t.Say("tell.lapsed", templates.Data{"R": r},
		t.choices(offerTag(r), choice{t.Label("answer", "requeue"), "ya"}, choice{t.Label("answer", "no"), "tidak"}))
}

// offerPress answers an offer by its button, while another dialog may be open.
func (d *Desk) offerPress(ctx context.Context, t *Turn, number string) error {
	r, err := d.app.Store().Registrations().ByNumber(ctx, number)
	if errors.Is(err, storage.ErrNotFound) || err == nil && r.PersonID != t.Person.ID {
		return t.Say("answer.oldbutton", nil)
	}
	if err != nil {
		return err
	}
	if r.Status != event.Offered && r.Status != event.Lapsed {
		return d.showStatus(ctx, t, r)
	}
	before := *t.Chat
	if err := t.Open(dlgOffer, offerState{ID: r.ID}); err != nil {
		return err
	}
	err = d.offerStep(ctx, t)
	if before.Dialog != "" && before.Dialog != dlgOffer && t.Chat.Dialog == "" {
		t.Chat.Dialog, t.Chat.State, t.Chat.With = before.Dialog, before.State, before.With
	}
	return err
}

// offerStep takes the answer to an offer, by whatever way it comes.
func (d *Desk) offerStep(ctx context.Context, t *Turn) error {
	var st offerState
	t.Load(&st)
	r, err := d.app.Store().Registrations().Get(ctx, st.ID)
	if errors.Is(err, storage.ErrNotFound) {
		t.Close()
		return t.Say("status.none", nil)
	}
	if err != nil {
		return err
	}
	if r.Status != event.Offered && r.Status != event.Lapsed { // answered or decided elsewhere meanwhile
		t.Close()
		if t.In.Kind != channel.Text {
			return d.showStatus(ctx, t, r)
		}
		return d.Small(ctx, t)
	}
	labels := [2]string{"take", "decline"}
	if r.Status == event.Lapsed {
		labels = [2]string{"requeue", "no"}
	}
	yes, sure := d.agreed(t, offerTag(r), labels[0], labels[1])
	if !yes && r.Status == event.Offered && later(t) {
		return t.Say("offer.later", templates.Data{"R": r}, t.offerChoices(r))
	}
	if !sure {
		return d.leaveOr(ctx, t, func() error { return d.showStatus(ctx, t, r) })
	}
	switch {
	case r.Status == event.Lapsed && yes:
		if r, err = d.app.Requeue(ctx, t.Actor(), r.ID); err != nil {
			return err
		}
		ahead, err := d.app.Ahead(ctx, r)
		if err != nil {
			return err
		}
		t.Close()
		return t.Say("offer.requeued", templates.Data{"R": r, "Ahead": ahead}, d.afterwards(t))
	case yes:
		taken, err := d.app.TakeOffer(ctx, t.Actor(), r.ID)
		if errors.Is(err, app.ErrOfferGone) { // the planner moves the list within the minute
			return d.showLapsed(t, r)
		}
		if err != nil {
			return err
		}
		r = taken
	default:
		if r, err = d.app.Cancel(ctx, t.Actor(), r.ID, ""); err != nil {
			return err
		}
		t.Close()
		return t.Say("cancel.done", templates.Data{"R": r}, t.commands(choice{t.Label("menu", "daftar"), "/daftar"}))
	}
	t.Close()
	return d.sayOutcome(ctx, t, r)
}

// later reports whether somebody puts an answer off: that is no refusal, and
// the place is held until its time all the same.
func later(t *Turn) bool {
	if t.In.Kind != channel.Text {
		return false
	}
	words := strings.FieldsFunc(event.Fold(t.Text()), func(r rune) bool { return strings.ContainsRune(" ,.!?", r) })
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"nanti", "nanti2", "ntar", "entar", "engke", "besok", "belum", "teuacan", "pikir", "pikir2"}, w)
	})
}

// Tell writes the message about a change of status that happened without the
// person: an offer, the team's decision. The planner queues it. It opens the
// dialog that takes the answer, in the chat's document.
func (d *Desk) Tell(ctx context.Context, c *storage.Chat, caps channel.Capabilities, r *event.Registration) ([]storage.Message, error) {
	chat, err := channel.ParseChat(c.ID)
	if err != nil {
		return nil, err
	}
	e, err := d.app.Event(ctx, r.EventID)
	if err != nil {
		return nil, err
	}
	t := &Turn{
		In:     channel.Inbound{ID: fmt.Sprintf("tell/%s/%s/%d", r.ID, r.Tell, r.StatusAt.UnixMilli()), Chat: chat},
		Person: &event.Person{ID: r.PersonID}, Chat: c, Caps: caps, texts: d.texts,
	}
	data := templates.Data{"R": r, "Event": e}
	switch r.Tell {
	case event.Offered, event.Lapsed:
		err = d.tellOffer(ctx, t, r)
	case event.Confirmed:
		err = d.sayTicket(ctx, t, "tell.confirmed", r, e, data)
	case event.Declined:
		err = t.Say("tell.declined", data)
	case event.Reserve:
		err = t.Say("tell.reserve", data)
	case event.Cancelled:
		err = t.Say("tell.cancelled", data)
	default:
		return nil, fmt.Errorf("no text tells %q", r.Tell)
	}
	if err != nil {
		return nil, err
	}
	for i := range t.out {
		t.out[i].Lane, t.out[i].Quiet, t.out[i].EventID, t.out[i].Touchpoint = storage.LaneReminder, true, r.EventID, "tell."+string(r.Tell)
	}
	return t.out, nil
}

func (d *Desk) tellOffer(ctx context.Context, t *Turn, r *event.Registration) error {
	before := *t.Chat
	var err error
	if r.Tell == event.Offered {
		err = d.showOffer(ctx, t, r)
	} else {
		err = d.showLapsed(t, r)
	}
	if before.Dialog != "" && before.Dialog != dlgOffer {
		// Another question stands: it is answered first, the buttons and
		// /status work all the same.
		t.Chat.Dialog, t.Chat.State, t.Chat.With = before.Dialog, before.State, before.With
	}
	return err
}

// Nudge writes the one gentle reminder of a draft left lying.
func (d *Desk) Nudge(c *storage.Chat, caps channel.Capabilities) (storage.Message, error) {
	chat, err := channel.ParseChat(c.ID)
	if err != nil {
		return storage.Message{}, err
	}
	t := &Turn{
		In:     channel.Inbound{ID: "nudge/" + c.Draft.ID, Chat: chat},
		Person: &event.Person{ID: c.PersonID}, Chat: c, Caps: caps, texts: d.texts,
	}
	if err := t.Say("register.nudge", templates.Data{"Audience": c.Draft.Audience},
		t.commands(choice{t.Label("menu", "lanjut"), "/daftar"}, choice{t.Label("menu", "batal"), "/batal"})); err != nil {
		return storage.Message{}, err
	}
	m := t.out[0]
	m.Lane, m.Quiet, m.EventID, m.Touchpoint = storage.LaneReminder, true, c.Draft.EventID, "nudge"
	return m, nil
}
