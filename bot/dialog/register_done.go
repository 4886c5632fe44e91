package dialog

import (
	"context"
	"errors"
	"strconv"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// submit hands the finished draft in and says what became of it.
func (d *Desk) submit(ctx context.Context, t *Turn, st registerState) error {
	dr := t.Chat.Draft
	r, err := d.app.Submit(ctx, t.Actor(), dr)
	var dup *app.DuplicateError
	switch {
	case errors.As(err, &dup):
		st.Other = dup.Existing.ID
		return d.askSame(ctx, t, st)
	case errors.Is(err, app.ErrRegistrationClosed):
		t.Chat.Draft = nil
		t.touchDraft(d.app.Now())
		t.Close()
		return t.Say("register.closed", nil, dropKeys())
	case err != nil:
		return err
	}
	if err := d.rememberPhone(ctx, t, r); err != nil {
		return err
	}
	t.Chat.Draft = nil
	t.touchDraft(d.app.Now())
	t.Close()
	return d.sayOutcome(ctx, t, r)
}

// rememberPhone keeps a person's first number, so that staff find them.
func (d *Desk) rememberPhone(ctx context.Context, t *Turn, r *event.Registration) error {
	if t.Person.Phone != "" || r.Phone == "" {
		return nil
	}
	p, err := d.app.UpdatePerson(ctx, t.Person.ID, func(p *event.Person) {
		if p.Phone == "" {
			p.Phone = r.Phone
		}
	})
	if err != nil {
		return err
	}
	t.Person = p
	return nil
}

// sayOutcome tells the status of a registration, with ticket and calendar
// file where it takes part.
func (d *Desk) sayOutcome(ctx context.Context, t *Turn, r *event.Registration) error {
	e, err := d.app.Event(ctx, r.EventID)
	if err != nil {
		return err
	}
	ahead, err := d.app.Ahead(ctx, r)
	if err != nil {
		return err
	}
	data := templates.Data{"R": r, "Event": e, "Ahead": ahead}
	switch r.Status {
	case event.Confirmed:
		return d.sayTicket(ctx, t, "register.done", r, e, data)
	case event.Waiting:
		return t.Say("register.waiting", data, dropKeys(), d.afterwards(t))
	case event.Pending, event.Reserve:
		return t.Say("register.pending", data, dropKeys(), d.afterwards(t))
	}
	return t.Say("status.other", data, dropKeys())
}

func (d *Desk) afterwards(t *Turn) Option {
	return t.commands(choice{t.Label("menu", "status"), "/status"}, choice{t.Label("menu", "ubah"), "/ubah"}, choice{t.Label("menu", "daftar"), "/daftar"})
}

// sayTicket sends the text with the ticket picture, and the calendar file.
func (d *Desk) sayTicket(ctx context.Context, t *Turn, key string, r *event.Registration, e *event.Event, data templates.Data) error {
	ticket, calendar, err := d.ticketFiles(ctx, t.texts, r, e)
	if err != nil {
		return err
	}
	if err := t.Say(key, data, dropKeys()); err != nil {
		return err
	}
	if err := t.Say("register.ticket", data, withFile(ticket)); err != nil {
		return err
	}
	return t.Say("register.calendar", data, withFile(calendar), d.afterwards(t))
}

// askSame tells that the same business stands already. Only its own person is
// shown what it says; to others it is a name and a masked phone number.
func (d *Desk) askSame(ctx context.Context, t *Turn, st registerState) error {
	other, err := d.app.Store().Registrations().Get(ctx, st.Other)
	if errors.Is(err, storage.ErrNotFound) { // its person deleted it meanwhile
		return d.proceed(ctx, t, st)
	}
	if err != nil {
		return err
	}
	st.Phase = phSame
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	mine := other.PersonID == t.Person.ID
	list := []choice{{t.Label("answer", "different"), "lain"}, {t.Label("answer", "edit"), "ubah"}, {t.Label("answer", "drop"), "batal"}}
	if mine {
		list = append([]choice{{t.Label("answer", "update"), "perbarui"}}, list...)
	}
	return t.Say("register.same", templates.Data{"R": other, "Mine": mine, "Phone": understand.MaskPhone(other.Phone)},
		t.choices(string(phSame), list...))
}

func (d *Desk) onSame(ctx context.Context, t *Turn, st registerState) error {
	other, err := d.app.Store().Registrations().Get(ctx, st.Other)
	if errors.Is(err, storage.ErrNotFound) { // its person deleted it meanwhile
		return d.proceed(ctx, t, st)
	}
	if err != nil {
		return err
	}
	mine := other.PersonID == t.Person.ID
	list := []choice{{t.Label("answer", "different"), "lain"}, {t.Label("answer", "edit"), "ubah"}, {t.Label("answer", "drop"), "batal"}}
	if mine {
		list = append([]choice{{t.Label("answer", "update"), "perbarui"}}, list...)
	}
	v, ok := d.chosen(t, string(phSame), list)
	if !ok {
		return d.pickAgain(ctx, t, st)
	}
	switch v {
	case "lain":
		t.Chat.Draft.Distinct = true
		return d.submit(ctx, t, st)
	case "ubah":
		return d.askField(ctx, t, st)
	case "batal":
		return d.askDrop(t, st)
	}
	return d.updateFromDraft(ctx, t, other)
}

// updateFromDraft brings the person's standing registration up to the draft.
func (d *Desk) updateFromDraft(ctx context.Context, t *Turn, r *event.Registration) error {
	form, _ := event.FormOf(r.Audience)
	var dup *app.DuplicateError
	for _, fd := range form.Fields {
		v, ok := t.Chat.Draft.Answers[fd.Key]
		if !ok || v == r.Answers[fd.Key] {
			continue
		}
		changed, err := d.app.Change(ctx, t.Actor(), r.ID, fd.Key, v)
		switch {
		case errors.Is(err, app.ErrNoBooth):
			if err := t.Note("change.nobooth", nil); err != nil {
				return err
			}
		case errors.As(err, &dup):
			if err := t.Note("change.same", templates.Data{"Number": dup.Existing.Number}); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			r = changed
		}
	}
	t.Chat.Draft = nil
	t.touchDraft(d.app.Now())
	t.Close()
	return d.showStatus(ctx, t, r)
}

// question reads whether an answer is really a question. Where a free text is
// wanted it takes a question mark or a clear case.
func (d *Desk) question(t *Turn, st registerState) (understand.Topic, bool) {
	if t.In.Kind != channel.Text || len(t.Text()) == 0 {
		return "", false
	}
	if _, err := strconv.Atoi(t.Text()); err == nil {
		return "", false
	}
	q, ok := understand.Question(t.Text())
	if !ok {
		return "", false
	}
	free := false
	if st.Phase == phAsk && t.Chat.Draft != nil {
		form, _ := event.FormOf(t.Chat.Draft.Audience)
		if fd, more := t.Chat.Draft.Next(form); more {
			free = fd.Kind == event.Line || fd.Kind == event.PersonName || fd.Kind == event.LegalNumber
		}
	}
	if free && q.Confidence < sureQuestion {
		return "", false
	}
	return q.Topic, true
}

// noteAnswer opens the next text with a short answer to a question.
func (d *Desk) noteAnswer(ctx context.Context, t *Turn, topic understand.Topic, eventID string) error {
	key, data, err := d.faq(ctx, topic, eventID)
	if err != nil {
		return err
	}
	return t.Note(key, data)
}
