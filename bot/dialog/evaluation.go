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
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgEvaluate = "evaluate"

type evaluatePhase string

// Questions of /evaluasi.
const (
	esKind  evaluatePhase = "kind"  // what a remark is about
	esText  evaluatePhase = "text"  // what it says
	esWhich evaluatePhase = "which" // which question of the survey is changed
	esAs    evaluatePhase = "as"    // how it is to be answered
	esAsk   evaluatePhase = "ask"   // what it asks
)

type evaluateState struct {
	Phase   evaluatePhase    `json:"phase"`
	Tag     string           `json:"tag"`
	EventID string           `json:"eventId"`
	Kind    event.NoteKind   `json:"kind,omitempty"`
	Texts   []string         `json:"texts,omitempty"` // esKind: what was said
	N       int              `json:"n,omitempty"`     // of the survey's question
	As      event.SurveyKind `json:"as,omitempty"`
}

// evaluation is /evaluasi: how the event went, in the team's eyes and in those
// of the people who came (SOP step 16).
//
//	/evaluasi [KODE]
//	/evaluasi baik|kurang|saran TEKS
//	/evaluasi hapus 3, /evaluasi kembalikan 3
//	/evaluasi lalu
//	/evaluasi survei [ubah 2 | nilai | TEKS] [tambah …] [hapus 2] [awal]   (lead)
func (d *Desk) evaluation(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "evaluasi", args)
	if e == nil || err != nil {
		return err
	}
	t.Close()
	word, more := cutWord(rest)
	more = unbar(more)
	if kind := event.NoteKind(understand.RemarkKindOf(strings.TrimRight(word, ":"))); kind != "" && !slices.Contains([]string{"1", "2", "3"}, word) {
		return d.remark(ctx, t, e, kind, more)
	}
	switch event.Fold(word) {
	case "":
		return d.showEvaluation(ctx, t, e)
	case "tambah", "catat", "catatan":
		if more != "" {
			return d.takeRemarks(ctx, t, e, more)
		}
		return d.askEvaluation(t, evaluateState{Phase: esKind, EventID: e.ID})
	case "hapus", "urung", "urungkan":
		return d.dropRemark(ctx, t, e, more, true)
	case "kembalikan", "pulihkan":
		return d.dropRemark(ctx, t, e, more, false)
	case "lalu", "sebelumnya":
		return d.lastRemarks(ctx, t, e)
	case "hasil":
		return d.surveyResults(ctx, t, e)
	case "survei", "survey", "pertanyaan":
		return d.surveyOrder(ctx, t, e, more)
	}
	if more == "" { // one word is a slip, and no remark
		return d.usage(t, "evaluasi", rest, func() error { return d.showEvaluation(ctx, t, e) })
	}
	return d.takeRemarks(ctx, t, e, rest)
}

// remarkGroup are the remarks of one kind.
type remarkGroup struct {
	Kind  event.NoteKind
	Notes []remarkLine
}

type remarkLine struct {
	N    int // by which it is named
	Text string
}

// grouped numbers remarks in the order in which they came, those taken back
// too, so that a number stays what it is, and puts them under their kinds.
func grouped(notes []*event.Note) []remarkGroup {
	var out []remarkGroup
	for _, k := range event.NoteKinds() {
		g := remarkGroup{Kind: k}
		for i, n := range notes {
			if n.Kind == k && !n.Gone {
				g.Notes = append(g.Notes, remarkLine{i + 1, n.Text})
			}
		}
		if len(g.Notes) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// showEvaluation is /evaluasi without anything behind it.
func (d *Desk) showEvaluation(ctx context.Context, t *Turn, e *event.Event) error {
	notes, err := d.app.AllNotes(ctx, e.ID)
	if err != nil {
		return err
	}
	results, err := d.app.SurveyResults(ctx, e)
	if err != nil {
		return err
	}
	logistics, err := d.app.Task(ctx, e.ID, fmt.Sprint(event.Logistics))
	if err != nil {
		return err
	}
	old, _, err := d.app.LastNotes(ctx, e)
	if err != nil {
		return err
	}
	out := logistics.Readiness().Out
	list := []choice{
		{t.Label("evaluate", "baik"), "/evaluasi " + e.ID + " baik"}, {t.Label("evaluate", "kurang"), "/evaluasi " + e.ID + " kurang"},
		{t.Label("evaluate", "saran"), "/evaluasi " + e.ID + " saran"},
	}
	if results.Replies > 0 {
		list = append(list, choice{t.Label("evaluate", "results"), "/rekap " + e.ID + " survei"})
	}
	if t.Person.Role == event.Lead && d.app.Now().Before(e.SurveyAt()) {
		list = append(list, choice{t.Label("evaluate", "questions"), "/evaluasi " + e.ID + " survei"})
	}
	if old != nil {
		list = append(list, choice{t.Label("evaluate", "last"), "/evaluasi " + e.ID + " lalu"})
	}
	if len(out) > 0 {
		list = append(list, choice{t.Label("evaluate", "returns"), "/tugas " + e.ID + " 5"})
	}
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("evaluasi.show", templates.Data{
		"Event": e, "Groups": grouped(notes), "Results": results, "Mean": tenths(results.Tenths), "Out": out, "Open": e.SurveyOpen(d.app.Now()),
		"Before": d.app.Now().Before(e.SurveyAt()), "At": e.SurveyAt(),
	}, menu)
}

// tenths writes a mean: "4,3".
func tenths(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%d,%d", n/10, n%10)
}

// remark keeps what was said behind a kind, or asks for it.
func (d *Desk) remark(ctx context.Context, t *Turn, e *event.Event, kind event.NoteKind, text string) error {
	if text == "" {
		return d.askEvaluation(t, evaluateState{Phase: esText, EventID: e.ID, Kind: kind})
	}
	var out []app.Remark
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '|' }) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, app.Remark{Kind: kind, Text: line})
		}
	}
	return d.keepRemarks(ctx, t, e, out)
}

// takeRemarks reads a message of remarks with their labels; of those without
// it asks what they are about.
func (d *Desk) takeRemarks(ctx context.Context, t *Turn, e *event.Event, text string) error {
	var known []app.Remark
	var open []string
	for _, r := range understand.Remarks(text) {
		if r.Kind == understand.RemarkUnknown {
			open = append(open, r.Text)
		} else {
			known = append(known, app.Remark{Kind: event.NoteKind(r.Kind), Text: r.Text})
		}
	}
	if len(open) > 0 && len(known) == 0 {
		return d.askEvaluation(t, evaluateState{Phase: esKind, EventID: e.ID, Texts: open})
	}
	for _, o := range open { // a line above the first label belongs to it
		known = append([]app.Remark{{Kind: known[0].Kind, Text: o}}, known...)
	}
	return d.keepRemarks(ctx, t, e, known)
}

func (d *Desk) keepRemarks(ctx context.Context, t *Turn, e *event.Event, list []app.Remark) error {
	t.Close()
	for _, r := range list {
		if len([]rune(r.Text)) > event.MaxNoteText {
			return t.Say("evaluasi.long", templates.Data{"Max": event.MaxNoteText, "Text": shorten(r.Text, 60)})
		}
	}
	if len(list) == 0 {
		return d.askEvaluation(t, evaluateState{Phase: esKind, EventID: e.ID})
	}
	kept, err := d.app.AddNotes(ctx, t.Actor(), e.ID, list)
	if errors.Is(err, app.ErrTooManyNotes) {
		return t.Say("evaluasi.full", templates.Data{"Max": event.MaxNotes})
	}
	if err != nil {
		return err
	}
	all, err := d.app.AllNotes(ctx, e.ID)
	if err != nil {
		return err
	}
	n := slices.IndexFunc(all, func(o *event.Note) bool { return o.ID == kept[len(kept)-1].ID }) + 1
	return t.Say("evaluasi.kept", templates.Data{"Event": e, "Groups": grouped(kept), "All": len(slices.DeleteFunc(slices.Clone(all), func(n *event.Note) bool { return n.Gone })), "N": n},
		t.commands(choice{t.Label("evaluate", "undo"), fmt.Sprintf("/evaluasi %s hapus %d", e.ID, n)}, choice{t.Label("evaluate", "show"), "/evaluasi " + e.ID}))
}

// dropRemark takes the remark of that number back.
func (d *Desk) dropRemark(ctx context.Context, t *Turn, e *event.Event, text string, gone bool) error {
	all, err := d.app.AllNotes(ctx, e.ID)
	if err != nil {
		return err
	}
	n, ok := understand.Count(text)
	if !ok || n < 1 || n > len(all) {
		return t.Say("evaluasi.which", nil, t.commands(choice{t.Label("evaluate", "show"), "/evaluasi " + e.ID}))
	}
	note, err := d.app.DropNote(ctx, t.Actor(), all[n-1].ID, gone)
	if errors.Is(err, app.ErrNotYours) {
		return t.Say("evaluasi.notyours", nil)
	}
	if err != nil {
		return err
	}
	if !gone {
		return t.Say("evaluasi.back", templates.Data{"Text": note.Text})
	}
	return t.Say("evaluasi.dropped", templates.Data{"Text": note.Text, "N": n},
		t.commands(choice{t.Label("evaluate", "restore"), fmt.Sprintf("/evaluasi %s kembalikan %d", e.ID, n)}))
}

// lastRemarks shows what was noted on the event before.
func (d *Desk) lastRemarks(ctx context.Context, t *Turn, e *event.Event) error {
	old, notes, err := d.app.LastNotes(ctx, e)
	if err != nil {
		return err
	}
	if old == nil {
		return t.Say("evaluasi.nolast", nil)
	}
	return t.Say("evaluasi.last", templates.Data{"Event": old, "Groups": grouped(notes)})
}

// lessons adds what was noted on the last event to what is said of a new one.
func (d *Desk) lessons(ctx context.Context, t *Turn, e *event.Event) error {
	old, _, err := d.app.LastNotes(ctx, e)
	if err != nil || old == nil {
		return err
	}
	return d.lastRemarks(ctx, t, e)
}

// EvaluationAsk asks the team on the day after the event how it went.
func (d *Desk) EvaluationAsk(ctx context.Context, e *event.Event, caps channel.Capabilities) (channel.Outbound, error) {
	logistics, err := d.app.Task(ctx, e.ID, fmt.Sprint(event.Logistics))
	if err != nil {
		return channel.Outbound{}, err
	}
	text, err := d.texts.Text("evaluasi.ask", templates.Data{"Event": e, "Out": logistics.Readiness().Out})
	m := channel.Outbound{Text: text}
	if caps.Buttons {
		var keys []channel.Button
		for _, k := range event.NoteKinds() {
			keys = append(keys, channel.Button{Label: d.texts.Label("evaluate", string(k)), Value: "/evaluasi " + e.ID + " " + string(k)})
		}
		m.Buttons = rows(keys)
	}
	return m, err
}

// EvaluationRow is the outbox row by which the team in a chat was asked.
func (*Desk) EvaluationRow(e *event.Event, chat channel.Chat) string {
	return fmt.Sprintf("evaluate/%s/%d/%s", e.ID, e.Schedule, chat)
}

// EvaluationReply takes a reply to the bot's question how it went; ok is false
// where the message replied to was another one.
func (d *Desk) EvaluationReply(ctx context.Context, t *Turn) (ok bool, err error) {
	if t.In.ReplyTo == nil || !t.In.ReplyTo.FromBot || t.In.Kind != channel.Text || t.In.Text == "" || rank(t.Person.Role) < rank(event.Member) {
		return false, nil
	}
	events, err := d.app.Events(ctx)
	if err != nil {
		return false, err
	}
	for _, e := range events {
		if e.DaysBefore(d.app.Now()) > -1 {
			continue
		}
		row, err := d.app.Store().Outbox().Get(ctx, d.EvaluationRow(e, t.In.Chat))
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, err
		}
		if row.MessageID == t.In.ReplyTo.MessageID {
			return true, d.takeRemarks(ctx, t, e, t.In.Text)
		}
	}
	return false, nil
}

// askEvaluation asks the question of st.Phase.
func (d *Desk) askEvaluation(t *Turn, st evaluateState) error {
	st.Tag = tagHere(t, "ev")
	if err := t.Open(dlgEvaluate, st); err != nil {
		return err
	}
	switch st.Phase {
	case esKind:
		return t.Say("evaluasi.kind", templates.Data{"Texts": st.Texts}, t.choices(st.Tag, d.noteKinds(t)...), replyHint())
	case esText:
		return t.Say("evaluasi.text", templates.Data{"Kind": st.Kind}, replyHint())
	case esWhich:
		return t.Say("evaluasi.survey.which", templates.Data{"Max": event.MaxSurvey}, replyHint())
	case esAs:
		return t.Say("evaluasi.survey.as", templates.Data{"N": st.N}, t.choices(st.Tag, d.surveyKinds(t)...), replyHint())
	}
	return t.Say("evaluasi.survey.text", templates.Data{"N": st.N, "As": st.As}, replyHint())
}

func (d *Desk) noteKinds(t *Turn) []choice {
	var out []choice
	for _, k := range event.NoteKinds() {
		out = append(out, choice{t.Label("evaluate", string(k)), string(k)})
	}
	return out
}

func (d *Desk) surveyKinds(t *Turn) []choice {
	return []choice{{t.Label("surveykind", string(event.SurveyRating)), string(event.SurveyRating)}, {t.Label("surveykind", string(event.SurveyWords)), string(event.SurveyWords)}}
}

// evaluationStep takes the answer to the question that stands.
func (d *Desk) evaluationStep(ctx context.Context, t *Turn) error {
	var st evaluateState
	t.Load(&st)
	if ok, err := d.stillMay(t, "evaluasi"); !ok {
		return err
	}
	again := func(key string) error {
		return noteAgain(t, key, templates.Data{"Max": event.MaxSurvey}, func() error { return d.askEvaluation(t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "evaluasi.left", again: again}); !ok {
		return err
	}
	if t.In.Kind != channel.Text && t.In.Kind != channel.Press {
		return again("answer.choose")
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	switch st.Phase {
	case esKind:
		v, ok := d.chosen(t, st.Tag, d.noteKinds(t))
		if !ok {
			if v = string(understand.RemarkKindOf(t.Text())); v == "" {
				return again("answer.choose")
			}
		}
		return d.remark(ctx, t, e, event.NoteKind(v), strings.Join(st.Texts, "\n"))
	case esText:
		return d.remark(ctx, t, e, st.Kind, t.Text())
	}
	return d.surveyQuestionStep(ctx, t, e, st, again)
}
