package dialog

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// maxSurveyQuestion is how long a question may be.
const maxSurveyQuestion = 160

// questionLine is a question of the survey, as the team sees it.
type questionLine struct {
	N    int
	Kind event.SurveyKind
	Text string
}

func (d *Desk) questionLines(s *event.Survey) []questionLine {
	var out []questionLine
	for i, q := range s.Questions {
		out = append(out, questionLine{i + 1, q.Kind, SurveyText(d.texts, q)})
	}
	return out
}

// surveyOrder is /evaluasi survei: the questions, and how the lead changes
// them until they go out.
func (d *Desk) surveyOrder(ctx context.Context, t *Turn, e *event.Event, args string) error {
	if args == "" {
		return d.showQuestions(ctx, t, e)
	}
	if t.Person.Role != event.Lead {
		return t.Say("evaluasi.survey.leadonly", nil)
	}
	if !d.app.Now().Before(e.SurveyAt()) {
		return t.Say("evaluasi.survey.late", nil)
	}
	word, rest := cutWord(args)
	rest = unbar(rest)
	s, err := d.app.Survey(ctx, e.ID)
	if err != nil {
		return err
	}
	switch event.Fold(word) {
	case "awal", "bawaan", "reset":
		if _, err := d.app.ResetSurvey(ctx, t.Actor(), e); err != nil {
			return err
		}
		return noteAgain(t, "evaluasi.survey.reset", nil, func() error { return d.showQuestions(ctx, t, e) })
	case "hapus", "buang":
		n, ok := understand.Count(rest)
		if !ok {
			n = 0
		}
		return d.changeSurvey(ctx, t, e, "drop", func(s *event.Survey) error { return s.Drop(n) })
	case "tambah", "baru":
		if len(s.Questions) >= event.MaxSurvey {
			return noteAgain(t, "evaluasi.survey.full", templates.Data{"Max": event.MaxSurvey}, func() error { return d.showQuestions(ctx, t, e) })
		}
		return d.surveyField(ctx, t, e, evaluateState{EventID: e.ID, N: len(s.Questions) + 1}, fields(rest))
	case "ubah", "ganti":
		first, more := cutWord(rest)
		n, ok := understand.Count(first)
		if !ok || n < 1 || n > len(s.Questions) {
			return d.askEvaluation(t, evaluateState{Phase: esWhich, EventID: e.ID})
		}
		return d.surveyField(ctx, t, e, evaluateState{EventID: e.ID, N: n}, fields(unbar(more)))
	}
	return noteAgain(t, "evaluasi.survey.order", nil, func() error { return d.showQuestions(ctx, t, e) })
}

func (d *Desk) showQuestions(ctx context.Context, t *Turn, e *event.Event) error {
	s, err := d.app.Survey(ctx, e.ID)
	if err != nil {
		return err
	}
	may := t.Person.Role == event.Lead && d.app.Now().Before(e.SurveyAt())
	var list []choice
	if may {
		list = append(list, choice{t.Label("evaluate", "edit"), "/evaluasi " + e.ID + " survei ubah"})
		if len(s.Questions) < event.MaxSurvey {
			list = append(list, choice{t.Label("evaluate", "add"), "/evaluasi " + e.ID + " survei tambah"})
		}
		list = append(list, choice{t.Label("evaluate", "reset"), "/evaluasi " + e.ID + " survei awal"})
	}
	return t.Say("evaluasi.survey.show", templates.Data{"Event": e, "Lines": d.questionLines(s), "May": may, "At": e.SurveyAt()}, t.commands(list...))
}

// surveyField takes "nilai | Teks" of a question, and asks for what is missing.
func (d *Desk) surveyField(ctx context.Context, t *Turn, e *event.Event, st evaluateState, f []string) error {
	text := ""
	for _, x := range f {
		if k := surveyKindNamed(x); k != "" && st.As == "" {
			st.As = k
		} else if x != "" {
			text = strings.TrimSpace(text + " " + x)
		}
	}
	switch {
	case st.As == "" && text == "":
		st.Phase = esAs
		return d.askEvaluation(t, st)
	case text == "":
		st.Phase = esAsk
		return d.askEvaluation(t, st)
	case st.As == "":
		st.As = event.SurveyRating
	}
	return d.setQuestion(ctx, t, e, st, text)
}

func surveyKindNamed(s string) event.SurveyKind {
	switch event.Fold(s) {
	case "nilai", "angka", "skor", "bintang", "rating", "1-5", "1–5":
		return event.SurveyRating
	case "kata", "kata-kata", "teks", "tulisan", "isian", "bebas", "uraian":
		return event.SurveyWords
	}
	return ""
}

func (d *Desk) setQuestion(ctx context.Context, t *Turn, e *event.Event, st evaluateState, text string) error {
	if len([]rune(text)) > maxSurveyQuestion {
		st.Phase = esAsk
		return noteAgain(t, "evaluasi.survey.long", templates.Data{"Max": maxSurveyQuestion}, func() error { return d.askEvaluation(t, st) })
	}
	return d.changeSurvey(ctx, t, e, text, func(s *event.Survey) error {
		if st.N <= len(s.Questions) && s.Questions[st.N-1].Text == text && s.Questions[st.N-1].Kind == st.As {
			return nil // a replay
		}
		return s.Set(st.N, st.As, text)
	})
}

func (d *Desk) changeSurvey(ctx context.Context, t *Turn, e *event.Event, detail string, change func(*event.Survey) error) error {
	t.Close()
	_, err := d.app.ChangeSurvey(ctx, t.Actor(), e, detail, change)
	key := "evaluasi.survey.changed"
	switch {
	case errors.Is(err, event.ErrSurveyOpen):
		return t.Say("evaluasi.survey.late", nil)
	case errors.Is(err, event.ErrSurveyFull):
		key = "evaluasi.survey.full"
	case errors.Is(err, event.ErrSurveyEmpty):
		key = "evaluasi.survey.empty"
	case errors.Is(err, event.ErrNoQuestion):
		key = "evaluasi.survey.noquestion"
	case err != nil:
		return err
	}
	return noteAgain(t, key, templates.Data{"Max": event.MaxSurvey}, func() error { return d.showQuestions(ctx, t, e) })
}

// surveyQuestionStep takes the answers about a question of the survey.
func (d *Desk) surveyQuestionStep(ctx context.Context, t *Turn, e *event.Event, st evaluateState, again func(string) error) error {
	if t.Person.Role != event.Lead {
		t.Close()
		return t.Say("evaluasi.survey.leadonly", nil)
	}
	switch st.Phase {
	case esWhich:
		s, err := d.app.Survey(ctx, e.ID)
		if err != nil {
			return err
		}
		n, ok := understand.Count(t.Text())
		if !ok || n < 1 || n > len(s.Questions) {
			return again("evaluasi.survey.noquestion")
		}
		st.N, st.Phase = n, esAs
		return d.askEvaluation(t, st)
	case esAs:
		v, ok := d.chosen(t, st.Tag, d.surveyKinds(t))
		if !ok {
			if v = string(surveyKindNamed(t.Text())); v == "" {
				return again("answer.choose")
			}
		}
		st.As, st.Phase = event.SurveyKind(v), esAsk
		return d.askEvaluation(t, st)
	}
	if t.In.Kind != channel.Text || t.Text() == "" {
		return again("answer.choose")
	}
	return d.setQuestion(ctx, t, e, st, t.Text())
}

// quotesShown is how many answers in words a chat shows to each question.
const quotesShown = 5

// resultLine is how one question was answered.
type resultLine struct {
	Text    string
	Rating  bool
	Rated   int
	Mean    string
	Quotes  []string
	More    int
	Skipped int
}

// surveyResults is /rekap survei: how those who came answered, without names,
// as text and picture.
func (d *Desk) surveyResults(ctx context.Context, t *Turn, e *event.Event) error {
	r, err := d.app.SurveyResults(ctx, e)
	if err != nil {
		return err
	}
	data := templates.Data{
		"Event": e, "Replies": r.Replies, "Asked": r.Asked, "Mean": tenths(r.Tenths), "Lines": d.resultLines(r), "Before": d.app.Now().Before(e.SurveyAt()), "At": e.SurveyAt(),
	}
	opts := []Option{}
	if r.Tenths > 0 {
		png, err := report.SurveyChart(d.surveyView(e, r))
		if err != nil {
			return err
		}
		file, err := d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "survei-" + e.ID + ".png", MIME: "image/png", Photo: true}, png)
		if err != nil {
			return err
		}
		opts = append(opts, withFile(file))
	}
	return t.Say("survey.results", data, opts...)
}

func (d *Desk) resultLines(r *app.SurveyResults) []resultLine {
	var out []resultLine
	for _, c := range r.Counts {
		l := resultLine{Text: SurveyText(d.texts, c.Question), Rating: c.Question.Kind == event.SurveyRating, Rated: c.Rated(), Mean: tenths(c.Tenths()), Skipped: c.Skipped}
		// The latest first: there may be many.
		for i := len(c.Texts) - 1; i >= 0 && len(l.Quotes) < quotesShown; i-- {
			l.Quotes = append(l.Quotes, shorten(c.Texts[i], 200))
		}
		l.More = len(c.Texts) - len(l.Quotes)
		out = append(out, l)
	}
	return out
}

func (d *Desk) surveyView(e *event.Event, r *app.SurveyResults) report.SurveyView {
	v := report.SurveyView{Title: e.Title, AsOf: d.app.Now(), Replies: r.Replies, Tenths: r.Tenths}
	for _, c := range r.Counts {
		if c.Question.Kind == event.SurveyRating {
			v.Questions = append(v.Questions, report.RatedQuestion{Text: SurveyText(d.texts, c.Question), Ratings: c.Ratings, Tenths: c.Tenths()})
		}
	}
	return v
}
