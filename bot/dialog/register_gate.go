package dialog

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// audienceNamed reads the audience from "/daftar ukm" or a deep link.
func audienceNamed(s string) event.Audience {
	switch event.Fold(s) {
	case "ukm", "umkm", "usaha":
		return event.UKM
	case "koperasi", "kop":
		return event.Koperasi
	case "pemeriah", "pemeriah acara", "pengisi acara", "penampil":
		return event.Performer
	case "masyarakat", "pengunjung", "umum", "warga":
		return event.Public
	}
	return ""
}

// gate asks what must be known before the first question of the form:
// consent, which event, which audience, whether it is another one.
func (d *Desk) gate(ctx context.Context, t *Turn, st registerState) error {
	open, err := d.app.OpenEvents(ctx)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		t.Close()
		return t.Say("register.closed", nil)
	}
	if st.EventID == "" && len(open) == 1 {
		st.EventID = open[0].ID
	}
	switch {
	case t.Person.Consent == nil || t.Person.Consent.Wording < event.ConsentWording:
		return d.askConsent(t, st, open[0])
	case st.EventID == "":
		return d.askEvent(t, st, open)
	case st.Audience == "":
		return d.askAudience(ctx, t, st)
	}
	if !st.Another {
		mine, err := d.app.Active(ctx, st.EventID, t.Person.ID)
		if err != nil {
			return err
		}
		for _, r := range mine {
			if r.Audience == st.Audience {
				return d.askAgain(t, st, mine)
			}
		}
	}
	if st.Earlier == "" {
		earlier, err := d.app.Earlier(ctx, t.Person, st.EventID, st.Audience)
		if err != nil {
			return err
		}
		if earlier != nil {
			return d.askReuse(ctx, t, st, earlier)
		}
	}
	return d.begin(ctx, t, st, nil)
}

func (d *Desk) askConsent(t *Turn, st registerState, e *event.Event) error {
	st.Phase = phConsent
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.consent", templates.Data{"Event": e},
		t.choices(string(phConsent), choice{t.Label("answer", "agree"), "ya"}, choice{t.Label("answer", "disagree"), "tidak"}))
}

func (d *Desk) askEvent(t *Turn, st registerState, open []*event.Event) error {
	st.Phase = phEvent
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.event", nil, t.choices(string(phEvent), eventChoices(open)...))
}

func eventChoices(list []*event.Event) []choice {
	var out []choice
	for _, e := range list {
		out = append(out, choice{e.Title + " (" + event.ShortDay(e.Start) + ")", e.ID})
	}
	return out
}

func (d *Desk) askAudience(ctx context.Context, t *Turn, st registerState) error {
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	st.Phase = phAudience
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.audience", templates.Data{"Event": e}, t.choices(string(phAudience), d.audienceChoices(t)...))
}

func (d *Desk) audienceChoices(t *Turn) []choice {
	var out []choice
	for _, a := range event.Registrable() {
		out = append(out, choice{t.Label("audience", string(a)), string(a)})
	}
	return out
}

func (d *Desk) askAgain(t *Turn, st registerState, mine []*event.Registration) error {
	st.Phase = phAgain
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.again", templates.Data{"Registrations": mine},
		t.choices(string(phAgain), choice{t.Label("answer", "another"), "lagi"}, choice{t.Label("answer", "see"), "lihat"}))
}

func (d *Desk) askReuse(ctx context.Context, t *Turn, st registerState, r *event.Registration) error {
	lines, err := d.answerLines(ctx, t, r.Audience, r.Answers)
	if err != nil {
		return err
	}
	st.Phase, st.Earlier = phReuse, r.ID
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.reuse", templates.Data{"Lines": lines, "EventID": r.EventID},
		t.choices(string(phReuse), choice{t.Label("answer", "stillright"), "ya"}, choice{t.Label("answer", "fillanew"), "tidak"}))
}

// begin opens the draft and asks the first question.
func (d *Desk) begin(ctx context.Context, t *Turn, st registerState, reuse map[string]string) error {
	form, ok := event.FormOf(st.Audience)
	if !ok {
		return fmt.Errorf("no form for %q", st.Audience)
	}
	now := d.app.Now()
	dr := &event.Draft{
		ID: app.NewID(), EventID: st.EventID, Audience: st.Audience, Form: form.Version,
		Answers: map[string]string{}, Source: st.Source, StartedAt: now,
	}
	for key, v := range reuse {
		// A photo belongs to its registration and is deleted with it.
		if fd, ok := form.Field(key); ok && fd.Kind != event.Picture && validAnswer(fd, v) {
			dr.Answers[key] = v
			dr.Optional = "no"
		}
	}
	if phone := t.provenPhone(); phone != "" && dr.Answers[event.KeyPhone] == "" {
		dr.Answers[event.KeyPhone] = phone
	}
	t.Chat.Draft = dr
	if len(reuse) == 0 {
		if err := t.Note("register.begin", templates.Data{"Audience": st.Audience}); err != nil {
			return err
		}
	}
	return d.proceed(ctx, t, st)
}

// provenPhone is the number that the channel vouches for: it is not asked.
func (t *Turn) provenPhone() string {
	if t.Caps.Phone {
		return t.In.Sender.Phone
	}
	return ""
}

func (d *Desk) onConsent(ctx context.Context, t *Turn, st registerState) error {
	yes, sure := d.agreed(t, string(phConsent), "agree", "disagree")
	if !sure {
		if err := t.Note("register.yesno", nil); err != nil {
			return err
		}
		return d.gate(ctx, t, st)
	}
	if !yes {
		t.Close()
		return t.Say("register.noconsent", nil)
	}
	p, err := d.app.Consent(ctx, t.Actor())
	if err != nil {
		return err
	}
	t.Person = p
	return d.gate(ctx, t, st)
}

func (d *Desk) onEvent(ctx context.Context, t *Turn, st registerState) error {
	open, err := d.app.OpenEvents(ctx)
	if err != nil {
		return err
	}
	v, ok := d.chosen(t, string(phEvent), eventChoices(open))
	if !ok {
		return d.pickAgain(ctx, t, st)
	}
	st.EventID = v
	return d.gate(ctx, t, st)
}

func (d *Desk) onAudience(ctx context.Context, t *Turn, st registerState) error {
	v, ok := d.chosen(t, string(phAudience), d.audienceChoices(t))
	if !ok {
		if v = string(audienceNamed(t.Text())); v == "" {
			return d.pickAgain(ctx, t, st)
		}
	}
	st.Audience = event.Audience(v)
	return d.gate(ctx, t, st)
}

func (d *Desk) pickAgain(ctx context.Context, t *Turn, st registerState) error {
	if err := t.Note("answer.choose", nil); err != nil {
		return err
	}
	return d.repeat(ctx, t, st)
}

func (d *Desk) onAgain(ctx context.Context, t *Turn, st registerState) error {
	v, ok := d.chosen(t, string(phAgain), []choice{{t.Label("answer", "another"), "lagi"}, {t.Label("answer", "see"), "lihat"}})
	if !ok {
		yes, sure := d.yesNo(t, string(phAgain))
		if !sure {
			return d.pickAgain(ctx, t, st)
		}
		if v = "lihat"; yes {
			v = "lagi"
		}
	}
	if v == "lihat" {
		t.Close()
		return d.status(ctx, t, "")
	}
	st.Another = true
	return d.gate(ctx, t, st)
}

func (d *Desk) onReuse(ctx context.Context, t *Turn, st registerState) error {
	yes, sure := d.agreed(t, string(phReuse), "stillright", "fillanew")
	if !sure {
		return d.pickAgain(ctx, t, st)
	}
	if !yes {
		return d.begin(ctx, t, st, nil)
	}
	earlier, err := d.app.Store().Registrations().Get(ctx, st.Earlier)
	if errors.Is(err, storage.ErrNotFound) {
		return d.begin(ctx, t, st, nil)
	}
	if err != nil {
		return err
	}
	return d.begin(ctx, t, st, earlier.Answers)
}
