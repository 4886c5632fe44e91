package dialog

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgConfirm = "confirm"

type confirmPhase string

// Questions of /konfirmasi NAMA.
const (
	cfName   confirmPhase = "name"   // whose answer
	cfWhich  confirmPhase = "which"  // which of several of that name
	cfAnswer confirmPhase = "answer" // what they answered
	cfSource confirmPhase = "source" // how it came
)

// confirmState is an answer that is being entered.
type confirmState struct {
	Phase   confirmPhase `json:"phase"`
	Tag     string       `json:"tag"`
	EventID string       `json:"eventId"`
	Guests  []string     `json:"guests,omitempty"` // cfWhich: participation IDs, as numbered
	More    bool         `json:"more,omitempty"`   // cfWhich: there are others
	Guest   string       `json:"guest,omitempty"`
	Reply   string       `json:"reply,omitempty"` // "hadir 2"
	Source  string       `json:"source,omitempty"`
	Undo    bool         `json:"undo,omitempty"` // the latest answer is taken back instead
}

// answerSources are how answers come that are not written to the bot.
var answerSources = []string{"telepon", "surat", "whatsapp", "langsung", "protokol"}

// sourceMax is how long a source in somebody's own words may be.
const sourceMax = 40

// guestsShown is how many guests of one name are offered.
const guestsShown = 8

// enterFor is /konfirmasi NAMA jawaban | sumber; what is missing is asked.
func (d *Desk) enterFor(ctx context.Context, t *Turn, e *event.Event, args string) error {
	st := confirmState{EventID: e.ID}
	f := fields(args)
	name := f[0]
	if len(f) > 1 && readsAsAnswer(f[1]) && !readsAsAnswer(lastWord(f[0])) { // "Dedi | hadir 2 | telepon"
		st.Reply, f = f[1], slices.Delete(f, 1, 2)
	}
	if len(f) > 1 {
		st.Source = readSource(f[1])
	}
	if name == "" {
		st.Phase = cfName
		return d.askConfirm(ctx, t, st)
	}
	return d.findGuest(ctx, t, st, name)
}

func lastWord(s string) string {
	w := strings.Fields(s)
	if len(w) == 0 {
		return ""
	}
	return w[len(w)-1]
}

// readSource reads how an answer came; other words are kept as they are.
func readSource(text string) string {
	switch s := event.Fold(text); s {
	case "telp", "tlp", "telpon", "telephone", "tlpn", "ditelepon", "hp":
		return "telepon"
	case "wa", "wa pribadi", "chat", "whatsapp pribadi":
		return "whatsapp"
	case "tatap muka", "ketemu", "bertemu", "lisan":
		return "langsung"
	case "ajudan", "sekpri", "sespri":
		return "protokol"
	default:
		return shorten(s, sourceMax)
	}
}

// findGuest finds whose answer it is; what follows the name is the answer.
func (d *Desk) findGuest(ctx context.Context, t *Turn, st confirmState, text string) error {
	name, rest, found, more, err := d.guestNamed(ctx, st.EventID, text)
	if err != nil {
		return err
	}
	if st.Reply == "" {
		st.Reply = rest
	}
	switch len(found) {
	case 0:
		st.Phase, st.Tag = cfName, ""
		return noteAgain(t, "konfirmasi.unknown", templates.Data{"Name": shorten(name, 60)}, func() error { return d.askConfirm(ctx, t, st) })
	case 1:
		st.Guest = found[0].ID
		return d.nextConfirm(ctx, t, st)
	}
	st.Phase, st.Tag, st.Guests, st.More = cfWhich, "", nil, more
	for _, p := range found {
		st.Guests = append(st.Guests, p.ID)
	}
	return d.askConfirm(ctx, t, st)
}

// honorifics stand before names, and seldom in a list.
var honorifics = []string{"bapak", "pak", "bpk", "ibu", "bu", "bp", "kang", "teh", "mas", "mbak", "yth"}

// guestNamed parts "Pak Dedi Supriadi hadir 2" into a guest and the answer: the
// longest beginning that finds anybody is the name. Without a match the name is
// what stands before words that read as an answer.
func (d *Desk) guestNamed(ctx context.Context, eventID, text string) (name, rest string, found []*event.Participation, more bool, err error) {
	words := strings.Fields(text)
	for len(words) > 1 && slices.Contains(honorifics, strings.Trim(event.Fold(words[0]), ".")) {
		words = words[1:]
	}
	for i := len(words); i > 0; i-- {
		name, rest = strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		if rest != "" && !readsAsAnswer(rest) {
			continue
		}
		found, more, err = d.app.Guests(ctx, eventID, name, guestsShown)
		if err != nil || len(found) > 0 {
			return name, rest, found, more, err
		}
	}
	for i := 1; i < len(words); i++ {
		if rest = strings.Join(words[i:], " "); readsAsAnswer(rest) {
			return strings.Join(words[:i], " "), rest, nil, false, nil
		}
	}
	return strings.Join(words, " "), "", nil, false, nil
}

// entered is an answer as a team member writes it down.
func entered(text string) (understand.Reading, bool) {
	return enteredIn(text, understand.ReplyContext{Asked: true, Options: rsvpOptions})
}

func enteredIn(text string, ctx understand.ReplyContext) (understand.Reading, bool) {
	r := understand.Reply(text, ctx)
	switch r.Meaning {
	case understand.MeansYes, understand.MeansNo, understand.MeansMaybe, understand.MeansDelegated:
		return r, true
	}
	if a, ok := answerNamed(text); ok && a != event.Silent { // "ragu"
		r.Meaning = understand.Meaning(a)
		return r, true
	}
	return r, false
}

// readsAsAnswer tells whether words that may as well belong to a name are an
// answer.
func readsAsAnswer(text string) bool {
	_, ok := enteredIn(text, understand.ReplyContext{Asked: true, Options: rsvpOptions, MayBeName: true})
	return ok
}

// nextConfirm asks what is missing, or enters the answer.
func (d *Desk) nextConfirm(ctx context.Context, t *Turn, st confirmState) error {
	st.Tag, st.Guests = "", nil
	_, isAnswer := entered(st.Reply)
	switch {
	case st.Undo:
		t.Close()
		return d.undo(ctx, t, st.Guest, "")
	case !isAnswer:
		st.Phase = cfAnswer
		return d.askConfirm(ctx, t, st)
	case st.Source == "" && st.Phase != "": // in one line without a source it came by telephone
		st.Phase = cfSource
		return d.askConfirm(ctx, t, st)
	case st.Source == "":
		st.Source = answerSources[0]
	}
	t.Close()
	return d.enterAnswer(ctx, t, st)
}

func (d *Desk) askConfirm(ctx context.Context, t *Turn, st confirmState) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "cf")
	}
	if err := t.Open(dlgConfirm, st); err != nil {
		return err
	}
	stop := choice{t.Label("staff", "leave"), leave}
	switch st.Phase {
	case cfWhich:
		list, err := d.guestChoices(ctx, st)
		if err != nil {
			return err
		}
		return t.Say("konfirmasi.which", templates.Data{"More": st.More}, t.choices(st.Tag, append(list, stop)...), replyHint())
	case cfAnswer:
		p, err := d.app.Store().Participations().Get(ctx, st.Guest)
		if errors.Is(err, storage.ErrNotFound) {
			t.Close()
			return t.Say("answer.oldbutton", nil)
		}
		if err != nil {
			return err
		}
		stopped, err := d.Stopped(ctx, p)
		if err != nil {
			return err
		}
		var list []choice
		for _, a := range rsvpOptions {
			list = append(list, choice{t.Label("rsvp", string(a)), string(a)})
		}
		return t.Say("konfirmasi.ask.answer", templates.Data{"P": p, "Stopped": stopped}, t.choices(st.Tag, append(list, stop)...), replyHint())
	case cfSource:
		var list []choice
		for _, s := range answerSources {
			list = append(list, choice{t.Label("source", s), s})
		}
		return t.Say("konfirmasi.ask.source", nil, t.choices(st.Tag, append(list, stop)...), replyHint())
	case cfName:
	}
	return t.Say("konfirmasi.ask.name", nil, t.choices(st.Tag, stop), replyHint())
}

// guestChoices name the guests of the same name apart. Their IDs are too long
// for a button, so they are numbered.
func (d *Desk) guestChoices(ctx context.Context, st confirmState) ([]choice, error) {
	var out []choice
	for i, id := range st.Guests {
		p, err := d.app.Store().Participations().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			continue // merged or deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		label := p.Name
		if p.Organisation != "" {
			label += " (" + p.Organisation + ")"
		}
		out = append(out, choice{shorten(label, 40), "tamu" + strconv.Itoa(i+1)})
	}
	return out, nil
}

func (d *Desk) confirmStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "tanya"); !ok { // entering answers takes a member, as that does
		return err
	}
	var st confirmState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askConfirm(ctx, t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "konfirmasi.left", again: again}); !ok {
		return err
	}
	if t.Text() == "" {
		return again("answer.choose")
	}
	switch st.Phase {
	case cfWhich:
		return d.onWhichGuest(ctx, t, st)
	case cfAnswer:
		text := t.Text()
		if _, v, pressed := t.Pressed(); pressed { // the label reads as what it says
			text = t.Label("rsvp", v)
		}
		if !readsAsAnswer(text) {
			return again("konfirmasi.bad.answer")
		}
		st.Reply = text
		return d.nextConfirm(ctx, t, st)
	case cfSource:
		var list []choice
		for _, s := range answerSources {
			list = append(list, choice{t.Label("source", s), s})
		}
		v, ok := d.chosen(t, st.Tag, list)
		if !ok {
			v = readSource(t.Text())
		}
		st.Source = v
		return d.nextConfirm(ctx, t, st)
	case cfName:
	}
	st.Phase = cfName
	return d.findGuest(ctx, t, st, t.Text())
}

func (d *Desk) onWhichGuest(ctx context.Context, t *Turn, st confirmState) error {
	list, err := d.guestChoices(ctx, st)
	if err != nil {
		return err
	}
	v, ok := d.chosen(t, st.Tag, list)
	if !ok {
		if _, err := strconv.Atoi(t.Text()); err == nil {
			return noteAgain(t, "answer.choose", nil, func() error { return d.askConfirm(ctx, t, st) })
		}
		st.Phase = cfName
		return d.findGuest(ctx, t, st, t.Text()) // a fuller name
	}
	n, err := strconv.Atoi(strings.TrimPrefix(v, "tamu"))
	if err != nil || n < 1 || n > len(st.Guests) {
		return noteAgain(t, "answer.choose", nil, func() error { return d.askConfirm(ctx, t, st) })
	}
	if st.Guest = st.Guests[n-1]; st.Reply != "" && st.Source == "" {
		st.Phase = "" // all was said in one line but which of them
	}
	return d.nextConfirm(ctx, t, st)
}

// enterAnswer records what a guest said by another way.
func (d *Desk) enterAnswer(ctx context.Context, t *Turn, st confirmState) error {
	r, _ := entered(st.Reply)
	heads := r.People
	if n, ok := understand.Count(st.Reply); ok && heads == 0 {
		heads = n
	}
	before, err := d.app.Store().Participations().Get(ctx, st.Guest)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("answer.oldbutton", nil)
	}
	if err != nil {
		return err
	}
	was := before.Reply
	p, err := d.app.Answer(ctx, t.Actor(), st.Guest, event.Reply{
		Answer: event.Answer(r.Meaning), Heads: heads, Delegate: delegateName(r, st.Reply), DelegatePhone: delegatePhone(r, st.Reply), Late: r.Late, Reason: r.Reason,
		Text: shorten(st.Reply, 300), Source: st.Source, By: t.Person.ID,
	})
	if err != nil {
		return err
	}
	if was.By == t.Person.ID && was.Text == p.Reply.Text && p.Undo != nil { // the message is handled a second time
		was = p.Undo.Reply
	}
	return t.Say("konfirmasi.entered", templates.Data{"P": p, "Was": was, "Source": t.Label("source", st.Source), "Plain": !t.Caps.Buttons},
		t.commands(choice{t.Label("konfirmasi", "undo"), "/konfirmasi urungkan " + p.Code + " " + app.EntryOf(t.Actor())}))
}

// delegatePhone is the number of who comes instead, where the answer says it.
func delegatePhone(r understand.Reading, text string) string {
	if r.Meaning != understand.MeansDelegated {
		return ""
	}
	n, err := understand.Phone(text)
	if err != nil || n.Landline {
		return ""
	}
	return n.E164
}

// delegateName is who comes instead, without the number that was said with it.
func delegateName(r understand.Reading, text string) string {
	name := strings.TrimRight(r.Who, " -+()0123456789")
	// As it was written: readings are in small letters.
	if lower := strings.ToLower(text); len(lower) == len(text) {
		if i := strings.Index(lower, name); i >= 0 {
			name = text[i : i+len(name)]
		}
	}
	return ofTheirs.ReplaceAllString(name, "${1}nya")
}

// ofTheirs finds "anak saya", which is "anaknya" when we repeat it.
var ofTheirs = regexp.MustCompile(`(?i)(\pL)\s+(?:saya|sy|aku|kami|kita|abdi|kuring)\b`)

// undoAnswer is /konfirmasi urungkan NAMA, or the button under an entry.
func (d *Desk) undoAnswer(ctx context.Context, t *Turn, e *event.Event, args string) error {
	code, of := cutWord(args)
	if g, err := d.app.GuestByCode(ctx, code); err == nil {
		return d.undo(ctx, t, g.ID, of)
	} else if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	st := confirmState{EventID: e.ID, Undo: true}
	if args == "" {
		st.Phase = cfName
		return d.askConfirm(ctx, t, st)
	}
	return d.findGuest(ctx, t, st, args)
}

func (d *Desk) undo(ctx context.Context, t *Turn, id, of string) error {
	p, err := d.app.UndoAnswer(ctx, t.Actor(), id, of)
	switch {
	case errors.Is(err, app.ErrNothingToUndo):
		return t.Say("konfirmasi.nothing", nil)
	case errors.Is(err, storage.ErrNotFound):
		return t.Say("answer.oldbutton", nil)
	case err != nil:
		return err
	}
	return t.Say("konfirmasi.undone", templates.Data{"P": p})
}

// callResult is what came of a call, with one tap: "/konfirmasi hasil KODE
// hadir".
func (d *Desk) callResult(ctx context.Context, t *Turn, args string) error {
	code, result := cutWord(args)
	g, err := d.app.GuestByCode(ctx, code)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("answer.oldbutton", nil)
	}
	if err != nil {
		return err
	}
	more := t.commands(choice{t.Label("sebar", "more"), "/sebar telepon"})
	switch result = event.Fold(result); result {
	case "sepi":
		if g, err = d.app.CallMissed(ctx, t.Actor(), g.ID); err != nil {
			return err
		}
		return t.Say("calls.missed", templates.Data{"P": g}, more)
	case "salah":
		if g, err = d.app.CloseGuest(ctx, t.Actor(), g.ID, event.WrongNumber); err != nil {
			return err
		}
		return t.Say("calls.wrong", templates.Data{"P": g}, t.commands(
			choice{t.Label("sebar", "more"), "/sebar telepon"},
			choice{t.Label("konfirmasi", "undo"), "/konfirmasi urungkan " + g.Code + " " + app.EntryOf(t.Actor())},
		))
	}
	if _, ok := answerNamed(result); !ok {
		return t.Say("answer.oldbutton", nil)
	}
	return d.enterAnswer(ctx, t, confirmState{Guest: g.ID, Reply: result, Source: answerSources[0]})
}
