package dialog

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// dlgPick lets a person with several registrations choose one.
const dlgPick = "pick"

type pickState struct {
	For string `json:"for"` // forStatus, forChange or forCancel
}

// mine lists the person's registrations of events that are not over: those
// that stand, and to look at also those that the team declined.
func (d *Desk) mine(ctx context.Context, t *Turn, what string) ([]*event.Registration, error) {
	up, err := d.app.Upcoming(ctx)
	if err != nil {
		return nil, err
	}
	var out []*event.Registration
	for _, e := range up {
		err := d.app.EachRegistration(ctx, storage.RegistrationQuery{EventID: e.ID, PersonID: t.Person.ID}, func(r *event.Registration) error {
			if r.Status.Active() || what == forStatus && r.Status == event.Declined {
				out = append(out, r)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// What a registration is chosen for.
const (
	forStatus = "status"
	forChange = "ubah"
	forCancel = "batal"
)

func registrationChoices(regs []*event.Registration) []choice {
	var out []choice
	for _, r := range regs {
		out = append(out, choice{shorten(r.Name, 30) + " (" + r.Number + ")", r.Number})
	}
	return out
}

// withOne finds the registration that a command is about: the one named, the
// only one, or the one that the person then chooses.
func (d *Desk) withOne(ctx context.Context, t *Turn, what, args string, then func(context.Context, *Turn, *event.Registration) error) error {
	regs, err := d.mine(ctx, t, what)
	if err != nil {
		return err
	}
	if len(regs) == 0 {
		if t.Chat.Draft == nil {
			if what == forStatus {
				if ok, err := d.guestTicket(ctx, t); ok || err != nil {
					return err
				}
			}
			if ok, err := d.changeAnswer(ctx, t); ok || err != nil {
				return err
			}
		}
		if t.Chat.Draft != nil {
			return t.Say("status.draft", templates.Data{"Audience": t.Chat.Draft.Audience}, d.nextThings(t))
		}
		return t.Say("status.none", nil, t.commands(choice{t.Label("menu", "daftar"), "/daftar"}))
	}
	if args != "" {
		if v, ok := d.choose(args, registrationChoices(regs)); ok {
			for _, r := range regs {
				if r.Number == v {
					return then(ctx, t, r)
				}
			}
		}
	}
	if len(regs) == 1 {
		return then(ctx, t, regs[0])
	}
	if err := t.Open(dlgPick, pickState{For: what}); err != nil {
		return err
	}
	return t.Say("status.pick", templates.Data{"For": what}, t.choices(dlgPick, registrationChoices(regs)...))
}

func (d *Desk) pickStep(ctx context.Context, t *Turn) error {
	var st pickState
	t.Load(&st)
	regs, err := d.mine(ctx, t, st.For)
	if err != nil {
		return err
	}
	v, ok := d.chosen(t, dlgPick, registrationChoices(regs))
	if !ok {
		return d.leaveOr(ctx, t, func() error {
			if err := t.Note("answer.choose", nil); err != nil {
				return err
			}
			return t.Say("status.pick", templates.Data{"For": st.For}, t.choices(dlgPick, registrationChoices(regs)...))
		})
	}
	t.Close()
	switch st.For {
	case forChange:
		return d.change(ctx, t, v)
	case forCancel:
		return d.cancel(ctx, t, v)
	}
	return d.status(ctx, t, v)
}

// status is /status: how the person's registration stands, with its ticket.
func (d *Desk) status(ctx context.Context, t *Turn, args string) error {
	return d.withOne(ctx, t, forStatus, args, d.showStatus)
}

func (d *Desk) showStatus(ctx context.Context, t *Turn, r *event.Registration) error {
	e, err := d.app.Event(ctx, r.EventID)
	if err != nil {
		return err
	}
	lines, err := d.answerLines(ctx, t, r.Audience, r.Answers)
	if err != nil {
		return err
	}
	ahead, err := d.app.Ahead(ctx, r)
	if err != nil {
		return err
	}
	data := templates.Data{"R": r, "Event": e, "Lines": lines, "Ahead": ahead}
	actions := t.commands(choice{t.Label("menu", "ubah"), "/ubah " + r.Number}, choice{t.Label("menu", "batal"), "/batal " + r.Number})
	switch r.Status {
	case event.Confirmed:
		ticket, _, err := d.ticketFiles(ctx, t.texts, r, e)
		if err != nil {
			return err
		}
		if err := t.Say("status.show", data, actions); err != nil {
			return err
		}
		return t.Say("register.ticket", data, withFile(ticket))
	case event.Offered:
		return d.showOffer(ctx, t, r)
	case event.Lapsed:
		return d.showLapsed(t, r)
	case event.Declined:
		return t.Say("tell.declined", data)
	}
	return t.Say("status.show", data, actions)
}
