package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgSurvey = "survey"

// surveyTag marks the buttons of a survey's questions, "sv.CODE.QUESTION".
// They may be pressed whatever else is open, and again to change the answer.
const surveyTag = "sv."

// skipped is the value of the button that passes a question over.
const skipped = "lewati"

// surveyState is the question that stands.
type surveyState struct {
	EventID  string    `json:"eventId"`
	Question string    `json:"question,omitempty"` // "": which answer is to be changed
	Tag      string    `json:"tag"`
	Misses   int       `json:"misses,omitempty"` // answers that were no answer
	At       time.Time `json:"at"`
}

const (
	// surveyStands is how long a question waits for words that follow it: who
	// writes days later writes about something else.
	surveyStands = 48 * time.Hour
	// surveyMisses is after how many answers that are none it gives way.
	surveyMisses = 2
)

// SurveyText is what a question asks.
func SurveyText(texts *templates.Renderer, q event.SurveyQuestion) string {
	if q.Text != "" {
		return q.Text
	}
	return texts.Label("surveyquestion", q.ID)
}

// survey is /survei: to answer the questions about the last event, to go on,
// or to change what was answered.
func (d *Desk) survey(ctx context.Context, t *Turn, _ string) error {
	g, e, err := d.app.SurveyOf(ctx, t.Person.ID)
	if errors.Is(err, app.ErrSurveyClosed) {
		t.Close()
		return t.Say("survey.none", nil)
	}
	if err != nil {
		return err
	}
	return d.goOnSurvey(ctx, t, g, e, "")
}

// goOnSurvey asks what was not asked yet; where all was, it offers to change
// an answer. just is the question that was answered now.
func (d *Desk) goOnSurvey(ctx context.Context, t *Turn, g *event.Participation, e *event.Event, just string) error {
	s, err := d.app.Survey(ctx, e.ID)
	if err != nil {
		return err
	}
	r, err := d.app.SurveyReply(ctx, g)
	if err != nil {
		return err
	}
	if q, ok := r.Next(s); ok {
		return d.askSurvey(t, g, e, s, q, 0)
	}
	if just != "" {
		t.Close()
		return t.Say("survey.done", templates.Data{"Event": e}, t.commands(choice{t.Label("survey", "change"), "/survei"}))
	}
	return d.askSurveyChange(t, g, e, s, r)
}

// askSurvey asks one question.
func (d *Desk) askSurvey(t *Turn, g *event.Participation, e *event.Event, s *event.Survey, q event.SurveyQuestion, misses int) error {
	tag := surveyTag + g.Code + "." + q.ID
	if err := t.Open(dlgSurvey, surveyState{EventID: e.ID, Question: q.ID, Tag: tag, Misses: misses, At: d.app.Now()}); err != nil {
		return err
	}
	n := slices.IndexFunc(s.Questions, func(o event.SurveyQuestion) bool { return o.ID == q.ID }) + 1
	data := templates.Data{"N": n, "Of": len(s.Questions), "Text": SurveyText(t.texts, q), "Plain": !t.Caps.Buttons}
	if q.Kind == event.SurveyWords {
		return t.Say("survey.ask.kata", data, surveySkip(t, tag))
	}
	return t.Say("survey.ask.nilai", data, t.choices(tag, ratingChoices(t)...), surveySkip(t, tag))
}

func surveySkip(t *Turn, tag string) Option {
	if !t.Caps.Buttons {
		return func(*Turn, *channel.Outbound) {}
	}
	return t.choices(tag, choice{t.Label("survey", "skip"), skipped})
}

// ratingChoices are the ratings, so that the number of a line is its value.
func ratingChoices(t *Turn) []choice {
	var out []choice
	for n := 1; n <= event.MaxRating; n++ {
		label := t.Label("rating", strconv.Itoa(n))
		if t.Caps.Buttons {
			label = strconv.Itoa(n) + " – " + label
		}
		out = append(out, choice{label, strconv.Itoa(n)})
	}
	return out
}

// askSurveyChange shows what was answered and asks what to change.
func (d *Desk) askSurveyChange(t *Turn, g *event.Participation, e *event.Event, s *event.Survey, r *event.SurveyReply) error {
	tag := surveyTag + g.Code + "."
	if err := t.Open(dlgSurvey, surveyState{EventID: e.ID, Tag: tag, At: d.app.Now()}); err != nil {
		return err
	}
	return t.Say("survey.change", templates.Data{"Event": e, "Lines": d.surveyLines(t, s, r), "Plain": !t.Caps.Buttons}, surveyPicks(t, tag, s))
}

func surveyPicks(t *Turn, tag string, s *event.Survey) Option {
	if !t.Caps.Buttons {
		return func(*Turn, *channel.Outbound) {} // the lines are numbered already
	}
	var list []choice
	for i, q := range s.Questions {
		list = append(list, choice{t.Label("survey", "answer") + " " + strconv.Itoa(i+1), "ubah " + q.ID})
	}
	return t.choices(tag, list...)
}

// surveyLine is a question with what was answered to it.
type surveyLine struct {
	N      int
	Text   string
	Rating int
	Words  string
}

func (d *Desk) surveyLines(t *Turn, s *event.Survey, r *event.SurveyReply) []surveyLine {
	var out []surveyLine
	for i, q := range s.Questions {
		a, _ := r.Answer(q.ID)
		out = append(out, surveyLine{i + 1, SurveyText(t.texts, q), a.Rating, a.Text})
	}
	return out
}

// surveyPress takes a button of a survey: rest is CODE.QUESTION.
func (d *Desk) surveyPress(ctx context.Context, t *Turn, rest, value string) error {
	code, question, _ := strings.Cut(rest, ".")
	g, err := d.app.GuestByCode(ctx, code)
	if err != nil || g.PersonID != t.Person.ID {
		return t.Say("answer.oldbutton", nil)
	}
	e, err := d.app.Event(ctx, g.EventID)
	if err != nil {
		return err
	}
	if !e.SurveyOpen(d.app.Now()) {
		return t.Say("survey.over", templates.Data{"Event": e})
	}
	s, err := d.app.Survey(ctx, e.ID)
	if err != nil {
		return err
	}
	if id, ok := strings.CutPrefix(value, "ubah "); ok {
		if q, ok := s.Question(id); ok {
			return d.askSurvey(t, g, e, s, q, 0)
		}
		return t.Say("answer.oldbutton", nil)
	}
	q, ok := s.Question(question)
	n, _ := strconv.Atoi(value)
	switch {
	case !ok, value != skipped && (n < 1 || n > event.MaxRating):
		return t.Say("answer.oldbutton", nil)
	case value == skipped:
		n = 0
	}
	return d.putSurvey(ctx, t, g, e, event.SurveyAnswer{Question: q.ID, Rating: n})
}

func (d *Desk) putSurvey(ctx context.Context, t *Turn, g *event.Participation, e *event.Event, a event.SurveyAnswer) error {
	_, err := d.app.AnswerSurvey(ctx, g, a)
	if errors.Is(err, app.ErrSurveyClosed) {
		t.Close()
		return t.Say("survey.over", templates.Data{"Event": e})
	}
	if err != nil {
		return err
	}
	return d.goOnSurvey(ctx, t, g, e, a.Question)
}

// surveyStep takes the answer to the question that stands.
func (d *Desk) surveyStep(ctx context.Context, t *Turn) error {
	var st surveyState
	t.Load(&st)
	if d.app.Now().Sub(st.At) > surveyStands {
		t.Close()
		return d.Small(ctx, t)
	}
	g, e, err := d.app.SurveyOf(ctx, t.Person.ID)
	if errors.Is(err, app.ErrSurveyClosed) || err == nil && e.ID != st.EventID {
		t.Close()
		return d.Small(ctx, t)
	}
	if err != nil {
		return err
	}
	s, err := d.app.Survey(ctx, e.ID)
	if err != nil {
		return err
	}
	if leaving(t) {
		t.Close()
		return t.Say("survey.left", nil)
	}
	q, ok := s.Question(st.Question)
	if !ok {
		return d.pickSurvey(ctx, t, g, e, s)
	}
	miss := func(key string) error {
		if st.Misses+1 >= surveyMisses {
			t.Close()
			if t.In.Kind == channel.Text { // they speak of something else
				return d.Small(ctx, t)
			}
			return t.Say("survey.left", nil)
		}
		return noteAgain(t, key, templates.Data{"Max": event.MaxSurveyText}, func() error { return d.askSurvey(t, g, e, s, q, st.Misses+1) })
	}
	switch {
	case t.In.Kind != channel.Text:
		return miss("survey.words")
	case skips(t.Text()):
		return d.putSurvey(ctx, t, g, e, event.SurveyAnswer{Question: q.ID})
	case q.Kind == event.SurveyWords:
		if len([]rune(t.Text())) > event.MaxSurveyText {
			return miss("survey.long")
		}
		return d.putSurvey(ctx, t, g, e, event.SurveyAnswer{Question: q.ID, Text: t.Text()})
	}
	if n, ok := understand.Rating(t.Text()); ok {
		return d.putSurvey(ctx, t, g, e, event.SurveyAnswer{Question: q.ID, Rating: n})
	}
	return miss("survey.rating")
}

// pickSurvey reads which answer is to be changed.
func (d *Desk) pickSurvey(ctx context.Context, t *Turn, g *event.Participation, e *event.Event, s *event.Survey) error {
	n, err := strconv.Atoi(strings.Trim(t.Text(), " .#"))
	if err != nil || n < 1 || n > len(s.Questions) {
		t.Close()
		return d.Small(ctx, t)
	}
	return d.askSurvey(t, g, e, s, s.Questions[n-1], 0)
}

func skips(text string) bool {
	if in, ok := understand.IntentOf(text); ok && in == understand.Skip {
		return true
	}
	return slices.Contains([]string{"lewati", "lewat", "skip", "-", "tidak ada", "tdk ada", "gak ada", "nggak ada", "teu aya", "nihil", "kosong"}, event.Fold(strings.Trim(text, " .!")))
}

// Survey writes to a guest on the day after the event: thanks and the first
// question where they came (or said so, and nobody was checked in), a kind
// word where they could not come. It opens the dialog that takes the answer.
func (d *Desk) Survey(ctx context.Context, c *storage.Chat, caps channel.Capabilities, e *event.Event, g *event.Participation, came, certain bool) ([]storage.Message, error) {
	chat, err := channel.ParseChat(c.ID)
	if err != nil {
		return nil, err
	}
	t := &Turn{
		In:     channel.Inbound{ID: fmt.Sprintf("survey/%s/%d/%s", g.ID, e.Schedule, chat.Channel), Chat: chat},
		Person: &event.Person{ID: g.PersonID}, Chat: c, Caps: caps, texts: d.texts,
	}
	data := templates.Data{"Event": e, "Salute": d.Salute(g), "Certain": certain, "Until": e.SurveyEnds().AddDate(0, 0, -1)}
	switch {
	case !came:
		err = t.Say("survey.missed", data)
	case chat.Channel == channel.Email:
		err = d.mailSurvey(t, e, g, data)
	default:
		err = d.openSurvey(ctx, t, e, g, data)
	}
	if err != nil {
		return nil, err
	}
	ends := e.SurveyEnds()
	for i := range t.out {
		t.out[i].Lane, t.out[i].Quiet, t.out[i].EventID, t.out[i].Touchpoint = storage.LaneReminder, true, e.ID, app.SurveyTouchpoint
		t.out[i].ExpiresAt = &ends
	}
	return t.out, nil
}

// mailSurvey thanks by e-mail, with the links that open the survey in a chat.
func (d *Desk) mailSurvey(t *Turn, e *event.Event, g *event.Participation, data templates.Data) error {
	chats := d.ChatLinks(g)
	data["Chat"] = len(chats) > 0
	if err := t.Say("survey.email", data); err != nil {
		return err
	}
	m := &t.out[0].Body
	for _, b := range chats {
		m.Buttons = append(m.Buttons, []channel.Button{b})
	}
	m.Stop = d.net.StopLink(e.ID, g.Code)
	var err error
	if m.Footer, err = t.texts.Text("mail.footer", templates.Data{"Stop": m.Stop}); err != nil {
		return err
	}
	m.Subject, err = t.texts.Text("survey.subject", data)
	return err
}

// openSurvey thanks and asks the first question, unless another question
// stands in that chat: that one is answered first, the buttons and /survei
// work all the same.
func (d *Desk) openSurvey(ctx context.Context, t *Turn, e *event.Event, g *event.Participation, data templates.Data) error {
	s, err := d.app.Survey(ctx, e.ID)
	if err != nil {
		return err
	}
	r, err := d.app.SurveyReply(ctx, g)
	if err != nil {
		return err
	}
	q, ok := r.Next(s)
	if !ok {
		return t.Say("survey.done", templates.Data{"Event": e})
	}
	data["Of"], data["Busy"] = len(s.Questions), false
	before := *t.Chat
	if before.Dialog != "" && before.Dialog != dlgSurvey && !t.Caps.Buttons {
		data["Busy"] = true
		return t.Say("survey.thanks", data)
	}
	if err := t.Note("survey.thanks", data); err != nil {
		return err
	}
	if err := d.askSurvey(t, g, e, s, q, 0); err != nil {
		return err
	}
	if before.Dialog != "" && before.Dialog != dlgSurvey {
		t.Chat.Dialog, t.Chat.State, t.Chat.With = before.Dialog, before.State, before.With
	}
	return nil
}
