package dialog

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// What is asked for a new letter.
const (
	lfAudience = "audience"
	lfManner   = "manner"
	lfPurpose  = "purpose"
	lfTo       = "to"
	lfSubject  = "subject"
	lfBody     = "body"
)

// Ways to write to many.
const (
	together = "bersama"
	apart    = "perorangan"
)

// Limits of what is typed, in characters.
const (
	maxLetterLine = 80
	maxLetterTo   = 6 // lines
	maxLetterBody = 6000
)

// newFields are what is asked for a kind, in the order of the one-line command.
func newFields(k storage.LetterKind) []string {
	switch k {
	case storage.LetterInvitation:
		return []string{lfAudience, lfManner}
	case storage.LetterPermit:
		return []string{lfPurpose, lfTo}
	case storage.LetterGeneral:
		return []string{lfTo, lfSubject, lfBody}
	case storage.LetterDecree:
	}
	return nil
}

// newLetter is /surat baru [jenis] | …: "undangan | ukm, koperasi | bersama",
// "izin | keramaian | Kapolsek Cibinong; di Cibinong", "sk",
// "umum | kepada | hal | isi". What is missing is asked.
func (d *Desk) newLetter(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "surat baru", args)
	if e == nil || err != nil {
		return err
	}
	st := letterState{Phase: lpKind, EventID: e.ID, Values: map[string]string{}}
	st.Kind = letterKind(rest)
	if st.Kind == "" {
		if rest != "" {
			return d.usage(t, "surat", rest, func() error { return d.askNewLetter(ctx, t, st) })
		}
		return d.askNewLetter(ctx, t, st)
	}
	_, rest = cutWord(rest)
	parts := fields(unbar(rest))
	for i, field := range newFields(st.Kind) {
		if i >= len(parts) || parts[i] == "" {
			break
		}
		value := parts[i]
		if field == lfTo {
			value = strings.ReplaceAll(value, ";", "\n")
		}
		if problem, data := d.takeNew(ctx, t, e, &st, field, value); problem != "" {
			st.Phase, st.Field = lpField, field
			return noteAgain(t, problem, data, func() error { return d.askNewLetter(ctx, t, st) })
		}
	}
	return d.nextNewLetter(ctx, t, e, st)
}

// nextNewLetter asks what is missing, or makes the draft.
func (d *Desk) nextNewLetter(ctx context.Context, t *Turn, e *event.Event, st letterState) error {
	for _, field := range newFields(st.Kind) {
		if st.Values[field] == "" {
			st.Phase, st.Field, st.Tag = lpField, field, ""
			return d.askNewLetter(ctx, t, st)
		}
	}
	l, err := d.letterFrom(t, e, st)
	if err != nil {
		return err
	}
	made, err := d.app.DraftLetter(ctx, t.Actor(), l)
	if err != nil {
		return err
	}
	return noteAgain(t, "surat.made", templates.Data{"L": made}, func() error { return d.sayLetter(ctx, t, made) })
}

// letterFrom is the draft that the answers make.
func (d *Desk) letterFrom(t *Turn, e *event.Event, st letterState) (storage.Letter, error) {
	l := storage.Letter{EventID: e.ID, Kind: st.Kind, Nature: t.Label("nature", "biasa"), Subject: st.Values[lfSubject], Body: st.Values[lfBody]}
	if to := st.Values[lfTo]; to != "" {
		l.To = strings.Split(to, "\n")
	}
	for a := range strings.SplitSeq(st.Values[lfAudience], ",") {
		if a != "" {
			l.Audiences = append(l.Audiences, event.Audience(a))
		}
	}
	l.PerPerson = st.Values[lfManner] == apart
	if st.Kind == storage.LetterInvitation {
		l.Nature = t.Label("nature", "penting")
	}
	if l.Subject == "" {
		purpose := st.Values[lfPurpose]
		subject, err := t.Render("letter.subject."+string(st.Kind), templates.Data{"Event": e, "Purpose": purpose})
		if err != nil {
			return l, err
		}
		l.Subject = plainOf(subject)
	}
	if st.Kind == storage.LetterPermit {
		l.Body = st.Values[lfPurpose] // what {keperluan} says
	}
	return l, nil
}

// takeNew reads one answer; problem is the text that says what is wrong.
func (d *Desk) takeNew(ctx context.Context, t *Turn, e *event.Event, st *letterState, field, text string) (problem string, data templates.Data) {
	switch field {
	case lfAudience:
		return d.takeNewAudience(ctx, e, st, text)
	case lfManner:
		n := d.letterGuests(ctx, e, st)
		v, ok := d.choose(text, d.mannerChoices(t))
		switch {
		case !ok:
			return "answer.choose", nil
		case v == apart && n > app.MaxGuestLetters:
			return "surat.many", templates.Data{"N": n, "Most": app.MaxGuestLetters}
		}
		st.Values[field] = v
	case lfPurpose:
		v, ok := d.choose(text, d.purposeChoices(t))
		if ok {
			text = t.Label("purpose", v)
		}
		line, bad := letterLine(text)
		if bad {
			return "surat.bad.line", templates.Data{"Max": maxLetterLine, "Example": "penutupan jalan"}
		}
		st.Values[field] = line
	case lfTo:
		lines, bad := letterLines(text)
		if bad {
			return "surat.bad.to", nil
		}
		st.Values[field] = strings.Join(lines, "\n")
	case lfSubject:
		line, bad := letterLine(text)
		if bad {
			return "surat.bad.line", templates.Data{"Max": maxLetterLine, "Example": "Peminjaman tenda"}
		}
		st.Values[field] = line
	case lfBody:
		if utf8.RuneCountInString(text) > maxLetterBody || strings.TrimSpace(text) == "" {
			return "surat.bad.body", templates.Data{"Max": maxLetterBody}
		}
		st.Values[field] = strings.TrimSpace(text)
	}
	return "", nil
}

func (d *Desk) takeNewAudience(ctx context.Context, e *event.Event, st *letterState, text string) (problem string, data templates.Data) {
	present, err := d.presentAudiences(ctx, e)
	if err != nil || len(present) == 0 {
		return "surat.noguests", nil
	}
	auds, ok := numbered(text, present)
	if !ok {
		if auds, err = d.audiencesIn(ctx, e, text); err != nil {
			return "answer.choose", nil
		}
	}
	auds = slices.DeleteFunc(auds, func(a event.Audience) bool { return !slices.Contains(present, a) })
	if len(auds) == 0 {
		return "answer.choose", nil
	}
	st.Values[lfAudience] = joinAudiences(auds)
	return "", nil
}

func joinAudiences(auds []event.Audience) string {
	var names []string
	for _, a := range app.Invitable() {
		if slices.Contains(auds, a) {
			names = append(names, string(a))
		}
	}
	return strings.Join(names, ",")
}

func (d *Desk) presentAudiences(ctx context.Context, e *event.Event) ([]event.Audience, error) {
	n, err := d.guestsOf(ctx, e)
	return slices.DeleteFunc(app.Invitable(), func(a event.Audience) bool { return n[a] == 0 }), err
}

// letterGuests counts the guests of the audiences chosen.
func (d *Desk) letterGuests(ctx context.Context, e *event.Event, st *letterState) int {
	n, err := d.guestsOf(ctx, e)
	if err != nil {
		return 0
	}
	sum := 0
	for a := range strings.SplitSeq(st.Values[lfAudience], ",") {
		sum += n[event.Audience(a)]
	}
	return sum
}

// letterLine reads a single line.
func letterLine(text string) (line string, bad bool) {
	line = strings.Join(strings.Fields(text), " ")
	n := utf8.RuneCountInString(line)
	return line, n < 2 || n > maxLetterLine
}

// letterLines reads an addressee.
func letterLines(text string) (lines []string, bad bool) {
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	bad = len(lines) == 0 || len(lines) > maxLetterTo || slices.ContainsFunc(lines, func(l string) bool { return utf8.RuneCountInString(l) > maxLetterLine })
	return lines, bad
}

func (d *Desk) mannerChoices(t *Turn) []choice {
	return []choice{{t.Label("manner", together), together}, {t.Label("manner", apart), apart}}
}

func (d *Desk) purposeChoices(t *Turn) []choice {
	return []choice{{t.Label("purpose", "keramaian"), "keramaian"}, {t.Label("purpose", "tempat"), "tempat"}, {t.Label("purpose", "keamanan"), "keamanan"}}
}

// askNewLetter asks the kind, or the field that is next.
func (d *Desk) askNewLetter(ctx context.Context, t *Turn, st letterState) error {
	st.Tag = tagHere(t, "sr")
	if err := t.Open(dlgLetter, st); err != nil {
		return err
	}
	if st.Phase == lpKind {
		return t.Say("surat.ask.kind", nil, t.choices(st.Tag, d.kindChoices(t)...), replyHint())
	}
	switch st.Field {
	case lfAudience:
		return d.askLetterAudience(ctx, t, st)
	case lfManner:
		e, err := d.app.Event(ctx, st.EventID)
		if err != nil {
			return err
		}
		return t.Say("surat.ask.manner", templates.Data{"N": d.letterGuests(ctx, e, &st)}, t.choices(st.Tag, d.mannerChoices(t)...), replyHint())
	case lfPurpose:
		return t.Say("surat.ask.purpose", nil, t.choices(st.Tag, d.purposeChoices(t)...), replyHint())
	}
	return t.Say("surat.ask."+st.Field, nil, d.stopButton(t, st.Tag), replyHint())
}

// askLetterAudience offers the audiences that have guests. Buttons choose and
// choose off again; what is typed is the whole answer.
func (d *Desk) askLetterAudience(ctx context.Context, t *Turn, st letterState) error {
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	present, err := d.presentAudiences(ctx, e)
	if err != nil {
		return err
	}
	if len(present) == 0 {
		t.Close()
		return t.Say("surat.noguests", nil)
	}
	var list []choice
	var chosen []string
	for _, a := range present {
		label := t.Label("audience", string(a))
		if slices.Contains(strings.Split(st.Body, ","), string(a)) {
			chosen = append(chosen, label)
			label = "✓ " + label
		}
		list = append(list, choice{label, string(a)})
	}
	if len(present) > 1 {
		list = append(list, choice{t.Label("sebar", "all"), everything})
	}
	if len(chosen) > 0 {
		list = append(list, choice{t.Label("surat", "next"), "lanjut"})
	}
	return t.Say("surat.ask.audience", templates.Data{"Chosen": chosen, "Plain": !t.Caps.Buttons}, t.choices(st.Tag, list...), replyHint())
}

func (d *Desk) newLetterStep(ctx context.Context, t *Turn, st letterState) error {
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	if st.Values == nil {
		st.Values = map[string]string{}
	}
	again := func(key string, data templates.Data) error {
		return noteAgain(t, key, data, func() error { return d.askNewLetter(ctx, t, st) })
	}
	if t.In.Kind != channel.Text && t.In.Kind != channel.Press {
		return again("answer.wrongkind", nil)
	}
	if st.Phase == lpKind {
		v, ok := d.chosen(t, st.Tag, d.kindChoices(t))
		if !ok {
			v = string(letterKind(t.Text()))
		}
		if v == "" {
			return again("answer.choose", nil)
		}
		st.Kind = storage.LetterKind(v)
		return d.nextNewLetter(ctx, t, e, st)
	}
	text := t.Text()
	if _, v, pressed := t.Pressed(); pressed && st.Field == lfAudience {
		switch {
		case v == "lanjut" && st.Body != "":
			text = st.Body
		case v == everything:
		default:
			st.Body = toggled(st.Body, v)
			return d.askNewLetter(ctx, t, st)
		}
	}
	if problem, data := d.takeNew(ctx, t, e, &st, st.Field, text); problem != "" {
		return again(problem, data)
	}
	st.Body = ""
	return d.nextNewLetter(ctx, t, e, st)
}

// toggled puts a value into a list or takes it out.
func toggled(list, v string) string {
	var all []string
	for s := range strings.SplitSeq(list, ",") {
		if s != "" && s != v {
			all = append(all, s)
		}
	}
	if !slices.Contains(strings.Split(list, ","), v) {
		all = append(all, v)
	}
	return strings.Join(all, ",")
}
