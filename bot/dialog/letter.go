package dialog

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgLetter = "surat"

type letterPhase string

// Questions of /surat.
const (
	lpKind   letterPhase = "kind"   // which kind to make
	lpField  letterPhase = "field"  // one of newFields: Field says which
	lpNumber letterPhase = "number" // drawn, or typed?
	lpUpload letterPhase = "upload" // the signed file
	lpReason letterPhase = "reason" // why it is cancelled
	lpChange letterPhase = "change" // which part of a draft
	lpValue  letterPhase = "value"  // its new value
	lpOffice letterPhase = "office" // a setting of the office: Field says which
	lpWhose  letterPhase = "whose"  // whose text
	lpText   letterPhase = "text"   // the new text
	lpSave   letterPhase = "save"   // keep it?
)

type letterState struct {
	Phase   letterPhase        `json:"phase"`
	Tag     string             `json:"tag"`
	EventID string             `json:"eventId,omitempty"`
	Letter  string             `json:"letter,omitempty"`
	Kind    storage.LetterKind `json:"kind,omitempty"`
	Field   string             `json:"field,omitempty"`
	Values  map[string]string  `json:"values,omitempty"` // lpField: answered so far
	Fields  []string           `json:"fields,omitempty"` // lpOffice: asked after this one
	Body    string             `json:"body,omitempty"`   // lpSave
}

// letters is /surat: the office's letters of SOP step 6.
func (d *Desk) letters(ctx context.Context, t *Turn, args string) error {
	word, rest := cutWord(args)
	rest = unbar(rest)
	switch verb := event.Fold(word); verb {
	case "baru", "buat":
		return d.newLetter(ctx, t, rest)
	case "daftar", "register":
		return d.letterRegister(ctx, t, rest)
	case "nomor":
		return d.withLetter(ctx, t, verb, rest, d.numberLetter, storage.LetterDraft)
	case "lihat", "konsep":
		return d.withLetter(ctx, t, "lihat", rest, d.previewLetter, storage.LetterDraft, storage.LetterNumbered, storage.LetterSigned)
	case "ubah":
		return d.withLetter(ctx, t, verb, rest, d.changeLetter, storage.LetterDraft)
	case "cetak":
		return d.withLetter(ctx, t, verb, rest, d.printLetter, storage.LetterNumbered, storage.LetterSigned)
	case "unggah":
		return d.withLetter(ctx, t, verb, rest, d.uploadLetter, storage.LetterNumbered, storage.LetterSigned)
	case "cukup":
		return d.withLetter(ctx, t, verb, rest, d.enoughLetters, storage.LetterNumbered)
	case "unduh":
		return d.withLetter(ctx, t, verb, rest, d.signedLetter, storage.LetterSigned)
	case "batal", "batalkan":
		return d.withLetter(ctx, t, "batal", rest, d.cancelLetter, storage.LetterDraft, storage.LetterNumbered, storage.LetterSigned)
	case "teks":
		return d.letterText(ctx, t, rest)
	case "pengaturan", "kop", "penandatangan", "kota", "format", "kertas", "logo":
		return d.officeSetting(ctx, t, verb, rest)
	}
	if word != "" {
		l, err := d.app.Letter(ctx, word)
		if err == nil {
			return d.sayLetter(ctx, t, l)
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if k := letterKind(args); k != "" { // "/surat undangan": as if "baru" stood before it
			return d.newLetter(ctx, t, args)
		}
	}
	e, rest, err := d.eventFor(ctx, t, "surat", args)
	if e == nil || err != nil {
		return err
	}
	switch verb, after := cutWord(rest); event.Fold(verb) {
	case "baru", "buat", "daftar", "register": // the event before the verb, as other commands have it
		return d.letters(ctx, t, strings.TrimSpace(verb+" "+e.ID+" "+after))
	case "":
		return d.letterMenu(ctx, t, e)
	}
	return d.usage(t, "surat", rest, func() error { return d.letterMenu(ctx, t, e) })
}

// menuLetters is how many letters the menu shows.
const menuLetters = 12

func (d *Desk) letterMenu(ctx context.Context, t *Turn, e *event.Event) error {
	t.Close()
	all, err := d.app.Register(ctx, e.ID)
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(slices.Clone(all), func(l *storage.Letter) bool { return l.Status == storage.LetterCancelled })
	open = open[max(0, len(open)-menuLetters):]
	var list []choice
	for _, l := range open[max(0, len(open)-4):] {
		list = append(list, choice{shorten(t.Label("letterkind", string(l.Kind))+" "+l.ID, 30), "/surat " + l.ID})
	}
	list = append(list, choice{t.Label("surat", "new"), "/surat baru"}, choice{t.Label("surat", "list"), "/surat daftar"})
	if t.Person.Role == event.Lead {
		list = append(list, choice{t.Label("surat", "settings"), "/surat pengaturan"})
	}
	return t.Say("surat.menu", templates.Data{"Event": e, "List": open}, t.commands(list...))
}

type letterVerb func(ctx context.Context, t *Turn, l *storage.Letter, rest string) error

// withLetter finds the letter that a verb is about: the one whose code opens
// args, or the only one of the current event in one of the states.
func (d *Desk) withLetter(ctx context.Context, t *Turn, verb, args string, do letterVerb, want ...storage.LetterStatus) error {
	word, rest := cutWord(args)
	if word != "" {
		l, err := d.app.Letter(ctx, word)
		if err == nil {
			return do(ctx, t, l, unbar(rest))
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		rest = args
	}
	e, err := d.app.Current(ctx)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("event.none", templates.Data{"Lead": t.Person.Role == event.Lead})
	}
	if err != nil {
		return err
	}
	all, err := d.app.Register(ctx, e.ID)
	if err != nil {
		return err
	}
	fit := slices.DeleteFunc(all, func(l *storage.Letter) bool { return !slices.Contains(want, l.Status) })
	switch len(fit) {
	case 0:
		return t.Say("surat.none", nil, t.commands(choice{t.Label("surat", "new"), "/surat baru"}))
	case 1:
		return do(ctx, t, fit[0], unbar(rest))
	}
	fit = fit[max(0, len(fit)-menuLetters):]
	var list []choice
	for _, l := range fit {
		command := "/surat " + verb + " " + l.ID
		if whole := command + " | " + unbar(rest); unbar(rest) != "" && len(whole) <= channel.MaxButtonValue { // what was typed is not lost
			command = whole
		}
		list = append(list, choice{shorten(t.Label("letterkind", string(l.Kind))+" "+l.ID, 30), command})
	}
	return t.Say("surat.which", templates.Data{"List": fit, "Verb": verb, "First": fit[0].ID}, t.commands(list...))
}

// stepsShown is how much of a letter's history its card shows.
const stepsShown = 6

// sayLetter shows a letter with what can be done next.
func (d *Desk) sayLetter(ctx context.Context, t *Turn, l *storage.Letter) error {
	t.Close()
	var parts app.Signing
	if l.PerPerson {
		var err error
		if parts, err = d.app.SigningOf(ctx, l.ID); err != nil {
			return err
		}
	}
	help := ""
	if l.Status != storage.LetterCancelled {
		s, err := t.Render("surat.help."+string(l.Status), templates.Data{"ID": l.ID})
		if err != nil {
			return err
		}
		help = string(s)
	}
	return t.Say("surat.card", templates.Data{
		"L": l, "Names": d.audienceNames(l.Audiences), "Steps": l.Steps[max(0, len(l.Steps)-stepsShown):], "Parts": parts.All, "Signed": parts.Signed,
		"Plain": !t.Caps.Buttons, "Help": templates.Markup(help),
	}, t.commands(d.letterActions(t, l, parts)...))
}

func (d *Desk) letterActions(t *Turn, l *storage.Letter, parts app.Signing) []choice {
	act := func(label, verb string) choice { return choice{t.Label("surat", label), "/surat " + verb + " " + l.ID} }
	switch l.Status {
	case storage.LetterDraft:
		return []choice{act("number", "nomor"), act("preview", "lihat"), act("change", "ubah"), act("cancel", "batal")}
	case storage.LetterNumbered:
		list := []choice{act("print", "cetak"), act("upload", "unggah")}
		if parts.Signed > 0 {
			list = append(list, act("enough", "cukup"))
		}
		return append(list, act("cancel", "batal"))
	case storage.LetterSigned:
		list := []choice{act("replace", "unggah"), act("cancel", "batal")}
		if !l.PerPerson {
			list = append([]choice{act("signed", "unduh")}, list...)
		}
		if l.Kind == storage.LetterInvitation {
			list = append([]choice{{t.Label("surat", "send"), "/sebar"}}, list...)
		}
		return list
	case storage.LetterCancelled:
	}
	return nil
}

// letterKind reads the kind at the front of a text; "" where there is none.
func letterKind(text string) storage.LetterKind {
	word, _ := cutWord(event.Fold(text))
	switch word {
	case "undangan", "undang":
		return storage.LetterInvitation
	case "izin", "ijin", "perizinan":
		return storage.LetterPermit
	case "sk", "keputusan", "tim":
		return storage.LetterDecree
	case "umum", "biasa", "lain":
		return storage.LetterGeneral
	}
	return ""
}

// letterKinds are all kinds, in the order in which they are offered.
func letterKinds() []storage.LetterKind {
	return []storage.LetterKind{storage.LetterInvitation, storage.LetterPermit, storage.LetterDecree, storage.LetterGeneral}
}

func (d *Desk) kindChoices(t *Turn) []choice {
	var list []choice
	for _, k := range letterKinds() {
		list = append(list, choice{t.Label("letterkind", string(k)), string(k)})
	}
	return list
}

// letterStep takes the answer to the question that stands.
func (d *Desk) letterStep(ctx context.Context, t *Turn) error {
	var st letterState
	t.Load(&st)
	if ok, err := d.stillMay(t, "surat"); !ok {
		return err
	}
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askLetter(ctx, t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "surat.left", again: again}); !ok {
		return err
	}
	switch st.Phase {
	case lpKind, lpField:
		return d.newLetterStep(ctx, t, st)
	case lpOffice:
		return d.officeStep(ctx, t, st)
	case lpWhose, lpText, lpSave:
		return d.letterTextStep(ctx, t, st)
	case lpNumber, lpUpload, lpReason, lpChange, lpValue:
	}
	l, err := d.app.Letter(ctx, st.Letter)
	if err != nil {
		return err
	}
	switch st.Phase {
	case lpUpload:
		return d.takeSigned(ctx, t, st, l)
	case lpChange:
		return d.onLetterField(ctx, t, st, l)
	case lpNumber:
		if v, ok := d.chosen(t, st.Tag, d.numberChoices(t, l)); ok {
			return d.numberLetter(ctx, t, l, v)
		}
	case lpKind, lpField, lpReason, lpValue, lpOffice, lpWhose, lpText, lpSave:
	}
	text := strings.TrimSpace(t.In.Text)
	if _, _, pressed := t.Pressed(); pressed || text == "" {
		return again("answer.choose")
	}
	switch st.Phase {
	case lpNumber:
		return d.numberLetter(ctx, t, l, text)
	case lpReason:
		if understand.YesNo(text) == understand.AnswerNo {
			t.Close()
			return t.Say("surat.left", nil)
		}
		return d.cancelLetter(ctx, t, l, text)
	}
	return d.onLetterValue(ctx, t, st, l, text)
}

// askLetter asks the question of st.Phase again.
func (d *Desk) askLetter(ctx context.Context, t *Turn, st letterState) error {
	switch st.Phase {
	case lpKind, lpField:
		return d.askNewLetter(ctx, t, st)
	case lpOffice:
		return d.askOffice(ctx, t, st)
	case lpWhose, lpText, lpSave:
		return d.askLetterText(ctx, t, st)
	case lpNumber, lpUpload, lpReason, lpChange, lpValue:
	}
	l, err := d.app.Letter(ctx, st.Letter)
	if err != nil {
		return err
	}
	switch st.Phase {
	case lpNumber:
		return d.numberLetter(ctx, t, l, "")
	case lpUpload:
		return d.uploadLetter(ctx, t, l, "")
	case lpReason:
		return d.cancelLetter(ctx, t, l, "")
	case lpValue:
		return d.askChangeValue(t, st, l)
	}
	return d.changeLetter(ctx, t, l, "")
}
