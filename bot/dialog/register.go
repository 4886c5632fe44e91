package dialog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
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
	st := registerState{Audience: audienceNamed(args)}
	if t.Chat.Draft != nil {
		return d.resume(ctx, t)
	}
	return d.gate(ctx, t, st)
}

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
		Answers: map[string]string{}, StartedAt: now,
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

func (d *Desk) askOptional(t *Turn, form event.Form) error {
	var names []string
	for _, fd := range form.Fields {
		if fd.Optional {
			names = append(names, t.fieldName(form.Audience, fd.Key))
		}
	}
	return t.Say("register.optional", templates.Data{"Fields": names}, dropKeys(),
		t.choices(string(phOptional), choice{t.Label("answer", "fillin"), "ya"}, choice{t.Label("answer", "skipall"), "lewati"}))
}

func (d *Desk) askSummary(ctx context.Context, t *Turn) error {
	dr := t.Chat.Draft
	lines, err := d.answerLines(ctx, t, dr.Audience, dr.Answers)
	if err != nil {
		return err
	}
	return t.Say("register.summary", templates.Data{"Audience": dr.Audience, "Lines": lines}, dropKeys(),
		t.choices(string(phSummary), choice{t.Label("answer", "send"), "ya"}, choice{t.Label("answer", "edit"), "ubah"}, choice{t.Label("answer", "drop"), "batal"}))
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

// wander obeys a single word that is a command, in the midst of the questions.
// At the summary and in lists such words are answers.
func (d *Desk) wander(ctx context.Context, t *Turn, st *registerState) (done bool, err error) {
	if t.Chat.Draft == nil || st.Phase != phAsk && st.Phase != phOptional || len(strings.Fields(t.Text())) != 1 {
		return false, nil
	}
	switch intent(t.Text()) {
	case understand.Change:
		return true, d.askField(ctx, t, *st)
	case understand.Status:
		return true, d.status(ctx, t, "")
	}
	return false, nil
}

// repeat asks the standing question again.
func (d *Desk) repeat(ctx context.Context, t *Turn, st registerState) error {
	switch st.Phase {
	case phAsk, phOptional, phSummary:
		if t.Chat.Draft != nil {
			asked := st.Asked
			if len(asked.Offered) > 0 || asked.Kecamatan != "" {
				return d.askPlace(t, t.Chat.Draft.Audience, asked, registerTag(t.Chat.Draft))
			}
			return d.proceed(ctx, t, st)
		}
	case phField:
		return d.askField(ctx, t, st)
	case phSame:
		return d.askSame(ctx, t, st)
	case phConsent, phEvent, phAudience, phAgain, phReuse:
		st.Earlier = ""
		return d.gate(ctx, t, st)
	}
	return d.resumeOrStart(ctx, t)
}

// goBack takes the latest answer away and asks for it again.
func (d *Desk) goBack(ctx context.Context, t *Turn, st registerState) error {
	dr := t.Chat.Draft
	if dr == nil {
		if st.Phase == phAudience || st.Phase == phConsent {
			if err := t.Note("register.first", nil); err != nil {
				return err
			}
			return d.repeat(ctx, t, st)
		}
		return d.gate(ctx, t, registerState{})
	}
	if st.Phase == phField || st.Phase == phSame {
		return d.proceed(ctx, t, st)
	}
	if dr.Fixing != "" { // what was being corrected stays as it is
		dr.Back()
		if err := t.Note("change.kept", nil); err != nil {
			return err
		}
		return d.proceed(ctx, t, st)
	}
	if st.Phase == phAsk && (st.Asked.Kecamatan != "" || len(st.Asked.Offered) > 0) {
		return d.proceed(ctx, t, st) // only the second half of a place was asked
	}
	if st.Phase == phSummary && dr.Optional != "" && !(dr.Optional == "yes" && d.answeredOptional(dr)) || st.Phase == phAsk && dr.Optional == "yes" && !d.answeredOptional(dr) {
		dr.Optional = ""
		return d.proceed(ctx, t, st)
	}
	key, old, ok := dr.Back()
	if !ok {
		if err := t.Note("register.first", nil); err != nil {
			return err
		}
		return d.proceed(ctx, t, st)
	}
	if old != "" {
		if err := t.Note("register.back", templates.Data{"Field": t.fieldName(dr.Audience, key), "Old": d.show(t, dr.Audience, key, old)}); err != nil {
			return err
		}
	}
	return d.proceed(ctx, t, st)
}

func (d *Desk) answeredOptional(dr *event.Draft) bool {
	if len(dr.Trail) == 0 {
		return false
	}
	form, _ := event.FormOf(dr.Audience)
	fd, ok := form.Field(dr.Trail[len(dr.Trail)-1])
	return ok && fd.Optional
}

func (d *Desk) askDrop(t *Turn, st registerState) error {
	if t.Chat.Draft == nil {
		t.Close()
		return t.Say("register.dropped", nil)
	}
	st.Before, st.Phase = st.Phase, phDrop
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.drop", nil,
		t.choices(string(phDrop), choice{t.Label("answer", "yesdrop"), "ya"}, choice{t.Label("answer", "goon"), "tidak"}))
}

func (d *Desk) onDrop(ctx context.Context, t *Turn, st registerState) error {
	yes, sure := d.agreed(t, string(phDrop), "yesdrop", "goon")
	switch {
	case !sure && intent(t.Text()) != understand.Cancel:
		st.Phase = st.Before
		return d.repeat(ctx, t, st)
	case sure && !yes:
		st.Phase = st.Before
		return d.repeat(ctx, t, st)
	}
	if err := d.app.DropDraft(ctx, t.Chat.Draft); err != nil {
		return err
	}
	t.Chat.Draft = nil
	t.touchDraft(d.app.Now())
	t.Close()
	return t.Say("register.dropped", nil, dropKeys())
}

func (d *Desk) askRestart(t *Turn, st registerState) error {
	st.Before, st.Phase = st.Phase, phRestart
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.restart", nil,
		t.choices(string(phRestart), choice{t.Label("answer", "yesrestart"), "ya"}, choice{t.Label("answer", "goon"), "tidak"}))
}

func (d *Desk) onRestart(ctx context.Context, t *Turn, st registerState) error {
	if yes, sure := d.agreed(t, string(phRestart), "yesrestart", "goon"); !sure || !yes {
		st.Phase = st.Before
		return d.repeat(ctx, t, st)
	}
	t.Chat.Draft = nil
	t.touchDraft(d.app.Now())
	return d.gate(ctx, t, registerState{EventID: st.EventID, Another: st.Another})
}

// back is /kembali.
func (d *Desk) back(ctx context.Context, t *Turn, _ string) error {
	if t.Chat.Draft == nil && t.Chat.Dialog != dlgRegister {
		return t.Say("register.nothing", nil, t.commands(choice{t.Label("menu", "daftar"), "/daftar"}))
	}
	var st registerState
	if t.Chat.Dialog == dlgRegister {
		t.Load(&st)
	}
	return d.goBack(ctx, t, st)
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

// fieldChoices lists the fields with their present values.
func (d *Desk) fieldChoices(t *Turn, aud event.Audience, answers map[string]string) []choice {
	form, _ := event.FormOf(aud)
	var out []choice
	for _, fd := range form.Fields {
		if fd.Key == event.KeyPhone && t.provenPhone() != "" {
			continue
		}
		label := t.fieldName(aud, fd.Key)
		if v, ok := answers[fd.Key]; ok {
			label += ": " + shorten(d.show(t, aud, fd.Key, v), 28)
		}
		out = append(out, choice{label, fd.Key})
	}
	return out
}

func (d *Desk) askField(_ context.Context, t *Turn, st registerState) error {
	st.Phase = phField
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.field", nil, t.choices(string(phField), d.fieldChoices(t, t.Chat.Draft.Audience, t.Chat.Draft.Answers)...))
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

// registerTag marks the buttons of a draft's questions.
func registerTag(dr *event.Draft) string { return dr.ID[:min(4, len(dr.ID))] + "." }

func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// ask asks one field, with where one is and an example.
func (d *Desk) ask(t *Turn, fd event.Field) error {
	dr := t.Chat.Draft
	form, _ := event.FormOf(dr.Audience)
	n, of, optional := d.position(t, form, fd.Key)
	question, err := t.Render("ask."+string(dr.Audience)+"."+fd.Key, nil)
	if err != nil {
		return err
	}
	opts := []Option{}
	tag := registerTag(dr) + fd.Key
	switch {
	case fd.Kind == event.Choice:
		opts = append(opts, t.choices(tag, d.options(t, fd)...))
	case fd.Kind == event.Phone && !t.In.Group:
		opts = append(opts, askContact(t.Label("answer", "sharephone")))
	case fd.Kind == event.PersonName && t.In.Sender.Name != "" && validName(t.In.Sender.Name):
		opts = append(opts, t.commands(choice{t.In.Sender.Name, pressMark + tag + "|" + clip(t.In.Sender.Name, channel.MaxButtonValue-len(pressMark)-len(tag)-1)}))
	}
	switch _, has := dr.Answers[fd.Key]; {
	case dr.Fixing != "":
		if fd.Optional && has && fd.Kind != event.Phone {
			opts = append(opts, t.commands(choice{t.Label("answer", "clear"), pressMark + tag + "|hapus"}))
		}
	case fd.Optional && fd.Kind != event.Phone:
		opts = append(opts, t.commands(choice{t.Label("answer", "skip"), pressMark + tag + "|lewati"}))
	}
	if fd.Kind != event.Phone {
		opts = append(opts, dropKeys())
	}
	return t.Say("register.question", templates.Data{
		"N": n, "Of": of, "Optional": optional, "Fixing": dr.Fixing != "", "Question": question,
		"First": n == 1 && !optional && dr.Fixing == "",
	}, opts...)
}

func clip(s string, n int) string {
	for len(s) > n {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return s
}

// position is "3 dari 7", leaving out the phone where the channel knows it.
func (d *Desk) position(t *Turn, form event.Form, key string) (n, of int, optional bool) {
	n, of, optional = form.Position(key)
	phoneAt, _, phoneOptional := form.Position(event.KeyPhone)
	if t.provenPhone() != "" && phoneAt > 0 && phoneOptional == optional {
		of--
		if phoneAt < n {
			n--
		}
	}
	return n, of, optional
}

// answerLine is one line of a summary.
type answerLine struct{ Field, Value string }

// answerLines shows what was answered, in the form's order.
func (d *Desk) answerLines(_ context.Context, t *Turn, aud event.Audience, answers map[string]string) ([]answerLine, error) {
	form, ok := event.FormOf(aud)
	if !ok {
		return nil, fmt.Errorf("no form for %q", aud)
	}
	var out []answerLine
	for _, fd := range form.Fields {
		if v, ok := answers[fd.Key]; ok {
			out = append(out, answerLine{t.fieldName(aud, fd.Key), d.show(t, aud, fd.Key, v)})
		}
	}
	return out, nil
}

func (t *Turn) fieldName(aud event.Audience, key string) string {
	if s := t.Label("field."+string(aud), key); s != key {
		return s
	}
	return t.Label("field", key)
}

// show writes a stored answer for reading.
func (d *Desk) show(t *Turn, aud event.Audience, key, value string) string {
	form, _ := event.FormOf(aud)
	fd, ok := form.Field(key)
	if !ok {
		return value
	}
	switch fd.Kind {
	case event.Choice:
		return t.Label("option."+key, value)
	case event.Phone:
		return understand.FormatPhone(value)
	case event.District: // its name says that it is a kecamatan
		if l := event.ParseLocality(value); !l.Outside {
			return l.Kecamatan
		}
		return t.locality(value)
	case event.Location:
		return t.locality(value)
	case event.Minutes:
		return value + " menit"
	case event.Instagram:
		return "@" + value
	case event.Count:
		if n, err := strconv.Atoi(value); err == nil {
			return t.texts.Number(n)
		}
	case event.Picture:
		return t.Label("answer", "photo")
	}
	return value
}

// locality writes a place for reading: "Kel. Karadenan, Kec. Cibinong".
func (t *Turn) locality(value string) string {
	l := event.ParseLocality(value)
	switch {
	case l.Outside && l.Name != "":
		return l.Name + " (" + t.Label("answer", "outside") + ")"
	case l.Outside:
		return t.Label("answer", "outside")
	case l.Desa != "":
		return villageWord(l) + " " + l.Desa + ", Kec. " + l.Kecamatan
	}
	return "Kec. " + l.Kecamatan
}

func villageWord(l event.Locality) string {
	for _, p := range understand.DesaOf(l.Kecamatan) {
		if p.Desa == l.Desa && p.Kind == understand.Kelurahan {
			return "Kel."
		}
	}
	return "Desa"
}
