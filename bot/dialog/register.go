package dialog

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgRegister = "register"

// Phases of the registration dialog, in their usual order. What was answered
// stands in the chat's Draft; the phase only says which question stands.
type phase string

const (
	phConsent  phase = "consent"
	phEvent    phase = "event"    // several events are open
	phAudience phase = "audience" // koperasi, UKM, …
	phAgain    phase = "again"    // has a registration already: another one?
	phReuse    phase = "reuse"    // data of an earlier event: still right?
	phAsk      phase = "ask"      // the form's next field
	phOptional phase = "optional" // fill in the optional block?
	phSummary  phase = "summary"
	phField    phase = "field" // which field to change
	phSame     phase = "same"  // the same business stands already
	phDrop     phase = "drop"  // really stop?
	phRestart  phase = "restart"
)

type registerState struct {
	Phase    phase          `json:"phase"`
	Before   phase          `json:"before,omitempty"` // phDrop, phRestart: where to go on
	EventID  string         `json:"eventId,omitempty"`
	Audience event.Audience `json:"audience,omitempty"`
	Another  bool           `json:"another,omitempty"` // said: yes, another one
	Source   string         `json:"source,omitempty"`  // the link that they came by
	Earlier  string         `json:"earlier,omitempty"` // registration of an earlier event
	Other    string         `json:"other,omitempty"`   // phSame: the registration that stands
	Key      string         `json:"key,omitempty"`     // phAsk: the field that was asked
	Asked    place          `json:"asked"`             // what is known of a place half said
}

// place is what was understood of a location that needs another answer.
type place struct {
	Kecamatan string   `json:"kecamatan,omitempty"`
	Offered   []string `json:"offered,omitempty"` // canonical localities, as numbered
}

// register is /daftar: begins a registration, or goes on with one.
func (d *Desk) register(ctx context.Context, t *Turn, args string) error {
	return d.registerBy(ctx, t, args, "")
}

// registerBy is register by a link: "ukm", or "ukm_p7" of a post.
func (d *Desk) registerBy(ctx context.Context, t *Turn, args, source string) error {
	st := registerState{Audience: audienceNamed(args), Source: source}
	if t.Chat.Draft != nil {
		return d.resume(ctx, t)
	}
	if args != "" && st.Audience == "" {
		if err := t.Note("register.whichaudience", nil); err != nil {
			return err
		}
	}
	return d.gate(ctx, t, st)
}

// resume goes on with the draft that is open.
func (d *Desk) resume(ctx context.Context, t *Turn) error {
	var st registerState
	if t.Chat.Dialog == dlgRegister {
		t.Load(&st)
	}
	form, ok := event.FormOf(t.Chat.Draft.Audience)
	if !ok {
		t.Chat.Draft = nil
		return d.gate(ctx, t, registerState{})
	}
	e, err := d.app.Event(ctx, t.Chat.Draft.EventID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err != nil || !e.TakesRegistrations(d.app.Now()) {
		t.Chat.Draft = nil
		t.touchDraft(d.app.Now())
		t.Close()
		return t.Say("register.closed", nil)
	}
	t.Chat.Draft.Adopt(form, validAnswer)
	if err := t.Note("register.resume", templates.Data{"Audience": t.Chat.Draft.Audience}); err != nil {
		return err
	}
	return d.proceed(ctx, t, registerState{EventID: t.Chat.Draft.EventID, Audience: t.Chat.Draft.Audience})
}

// proceed asks whatever the draft lacks next.
func (d *Desk) proceed(ctx context.Context, t *Turn, st registerState) error {
	dr := t.Chat.Draft
	form, _ := event.FormOf(dr.Audience)
	t.touchDraft(d.app.Now())
	st.Asked = place{}
	if fd, ok := dr.Next(form); ok {
		st.Phase, st.Key = phAsk, fd.Key
		if err := t.Open(dlgRegister, st); err != nil {
			return err
		}
		return d.ask(t, fd)
	}
	if dr.Optional == "" {
		st.Phase = phOptional
		if err := t.Open(dlgRegister, st); err != nil {
			return err
		}
		return d.askOptional(t, form)
	}
	st.Phase = phSummary
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return d.askSummary(ctx, t)
}

// registerStep takes the answer to whatever question stands.
func (d *Desk) registerStep(ctx context.Context, t *Turn) error {
	var st registerState
	t.Load(&st)
	if dr := t.Chat.Draft; dr != nil {
		form, _ := event.FormOf(dr.Audience)
		dr.Adopt(form, validAnswer) // the questions may have changed since the last message
	}
	if done, err := d.steer(ctx, t, &st); done || err != nil {
		return err
	}
	if t.Chat.Draft == nil && needsDraft(st.Phase) {
		// The draft was cleaned up meanwhile.
		return d.gate(ctx, t, registerState{})
	}
	switch st.Phase {
	case phConsent:
		return d.onConsent(ctx, t, st)
	case phEvent:
		return d.onEvent(ctx, t, st)
	case phAudience:
		return d.onAudience(ctx, t, st)
	case phAgain:
		return d.onAgain(ctx, t, st)
	case phReuse:
		return d.onReuse(ctx, t, st)
	case phAsk:
		return d.onAnswer(ctx, t, st)
	case phOptional:
		return d.onOptional(ctx, t, st)
	case phSummary:
		return d.onSummary(ctx, t, st)
	case phField:
		return d.onField(ctx, t, st)
	case phSame:
		return d.onSame(ctx, t, st)
	case phDrop:
		return d.onDrop(ctx, t, st)
	case phRestart:
		return d.onRestart(ctx, t, st)
	}
	return d.resumeOrStart(ctx, t)
}

func needsDraft(p phase) bool {
	switch p {
	case phAsk, phOptional, phSummary, phField, phSame, phDrop, phRestart:
		return true
	}
	return false
}

func (d *Desk) resumeOrStart(ctx context.Context, t *Turn) error { return d.register(ctx, t, "") }

// steer handles the words that mean the same at every question: back, stop,
// start over, and real questions. done reports that it has answered.
func (d *Desk) steer(ctx context.Context, t *Turn, st *registerState) (done bool, err error) {
	if st.Phase == phDrop || st.Phase == phRestart {
		return false, nil
	}
	if t.In.Kind != channel.Text {
		return false, nil
	}
	switch intent(t.Text()) {
	case understand.Back:
		return true, d.goBack(ctx, t, *st)
	case understand.Cancel:
		return true, d.askDrop(t, *st)
	case understand.Again:
		if t.Chat.Draft == nil {
			return false, nil
		}
		return true, d.askRestart(t, *st)
	case understand.Continue:
		return true, d.repeat(ctx, t, *st)
	case understand.Help:
		if err := t.Note("register.help", nil); err != nil {
			return true, err
		}
		return true, d.repeat(ctx, t, *st)
	}
	if done, err := d.wander(ctx, t, st); done || err != nil {
		return done, err
	}
	if greeting(t.Text()) {
		if err := t.Note("register.hello", templates.Data{"Draft": t.Chat.Draft != nil}); err != nil {
			return true, err
		}
		return true, d.repeat(ctx, t, *st)
	}
	if topic, ok := d.question(t, *st); ok {
		if err := d.noteAnswer(ctx, t, topic, st.EventID); err != nil {
			return true, err
		}
		return true, d.repeat(ctx, t, *st)
	}
	return false, nil
}

func (d *Desk) onOptional(ctx context.Context, t *Turn, st registerState) error {
	yes, sure := d.agreed(t, string(phOptional), "fillin", "skipall")
	_, value, pressed := t.Pressed()
	skip := intent(t.Text()) == understand.Skip || pressed && value == "lewati"
	switch {
	case skip || sure && !yes:
		t.Chat.Draft.Optional = "no"
	case sure:
		t.Chat.Draft.Optional = "yes"
	default:
		return d.pickAgain(ctx, t, st)
	}
	return d.proceed(ctx, t, st)
}

// onAnswer takes the answer to a field of the form.
func (d *Desk) onAnswer(ctx context.Context, t *Turn, st registerState) error {
	dr := t.Chat.Draft
	form, _ := event.FormOf(dr.Audience)
	fd, ok := dr.Next(form)
	if asked, there := form.Field(st.Key); there && ok && fd.Key != asked.Key && dr.Answers[asked.Key] == "" {
		fd = asked // a new version asks something else first: this answers what was asked
	} else if st.Key != "" && !there {
		ok = false
	}
	if !ok {
		return d.proceed(ctx, t, st)
	}
	tag := registerTag(dr)
	if t.Stale(tag + fd.Key) {
		if err := t.Note("answer.stale", nil); err != nil {
			return err
		}
		return d.repeat(ctx, t, st)
	}
	if t.In.Kind == channel.Text || t.In.Kind == channel.Press {
		// "belum punya"; but "@warung_kaga" is an account.
		if dr.Fixing != "" {
			_, value, _ := t.Pressed()
			switch {
			case fd.Optional && (value == "hapus" || event.Fold(t.Text()) == "hapus"):
				return d.skip(ctx, t, st, fd)
			case intent(t.Text()) == understand.Skip: // it stays as it is
				return d.goBack(ctx, t, st)
			}
		}
		none := fd.Optional && fd.Kind != event.Choice && !strings.Contains(t.Text(), "@") && understand.YesNo(t.Text()) == understand.AnswerNo
		if none || intent(t.Text()) == understand.Skip {
			return d.skip(ctx, t, st, fd)
		}
	}
	got, err := d.read(ctx, t, fd, st.Asked)
	if err != nil {
		return err
	}
	switch {
	case got.asked != nil: // half an answer: ask the other half
		st.Asked = *got.asked
		if err := t.Open(dlgRegister, st); err != nil {
			return err
		}
		t.touchDraft(d.app.Now())
		return d.askPlace(t, dr.Audience, st.Asked, tag)
	case got.problem != "":
		if err := t.Note(got.problem, got.data); err != nil {
			return err
		}
		return d.repeat(ctx, t, st)
	}
	dr.Set(fd.Key, got.value)
	t.keysShown = fd.Kind == event.Phone
	if got.note != "" {
		if err := t.Note(got.note, got.data); err != nil {
			return err
		}
	}
	return d.proceed(ctx, t, st)
}

func (d *Desk) skip(ctx context.Context, t *Turn, st registerState, fd event.Field) error {
	if !fd.Optional {
		if err := t.Note("answer.required", templates.Data{"Field": t.fieldName(t.Chat.Draft.Audience, fd.Key)}); err != nil {
			return err
		}
		return d.repeat(ctx, t, st)
	}
	t.Chat.Draft.Skip(fd.Key)
	if t.keysShown = fd.Kind == event.Phone; t.keysShown {
		if err := t.Note("answer.skipped", nil); err != nil {
			return err
		}
	}
	return d.proceed(ctx, t, st)
}

func (d *Desk) onSummary(ctx context.Context, t *Turn, st registerState) error {
	if t.Stale(string(phSummary)) {
		if err := t.Note("answer.stale", nil); err != nil {
			return err
		}
		return d.repeat(ctx, t, st)
	}
	_, value, pressed := t.Pressed()
	if !pressed {
		value = d.summaryWord(t)
	}
	switch value {
	case "ya":
		return d.submit(ctx, t, st)
	case "batal":
		return d.askDrop(t, st)
	case "ubah":
		return d.askField(ctx, t, st)
	}
	return d.pickAgain(ctx, t, st)
}

func (d *Desk) summaryWord(t *Turn) string {
	switch text := t.Text(); {
	case text == "2" || intent(text) == understand.Change:
		return "ubah"
	case text == "3":
		return "batal"
	case text == "1" || strings.EqualFold(text, "kirim"):
		return "ya"
	default:
		yes, sure := d.yesNo(t, string(phSummary))
		switch {
		case sure && yes:
			return "ya"
		case sure: // "tidak": something is wrong
			return "ubah"
		}
	}
	return ""
}

func (d *Desk) onField(ctx context.Context, t *Turn, st registerState) error {
	key, ok := d.chosenField(t, string(phField), t.Chat.Draft.Audience, d.fieldChoices(t, t.Chat.Draft.Audience, t.Chat.Draft.Answers))
	if !ok {
		return d.pickAgain(ctx, t, st)
	}
	t.Chat.Draft.Fixing = key
	if old := t.Chat.Draft.Answers[key]; old != "" {
		if err := t.Note("register.old", templates.Data{"Field": t.fieldName(t.Chat.Draft.Audience, key), "Old": d.show(t, t.Chat.Draft.Audience, key, old)}); err != nil {
			return err
		}
	}
	return d.proceed(ctx, t, st)
}
