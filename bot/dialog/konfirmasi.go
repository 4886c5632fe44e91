package dialog

import (
	"context"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/templates"
)

// shownVIP is how many officials /konfirmasi names; /konfirmasi pejabat names
// all of them.
const shownVIP = 12

// confirm is /konfirmasi: how the answers stand; with an answer, who gave it;
// with a name, an answer that came by telephone, on paper, or to a member's own
// chat.
func (d *Desk) confirm(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "konfirmasi", args)
	if e == nil || err != nil {
		return err
	}
	if rest = unbar(rest); !looksOnly(rest) && rank(t.Person.Role) < rank(event.Member) {
		return d.Refuse(t, "konfirmasi NAMA", event.Member)
	}
	t.Close()
	if rest == "" {
		return d.showConfirmations(ctx, t, e)
	}
	word, more := cutWord(rest)
	switch event.Fold(word) {
	case "pejabat", "vip", "protokol":
		if more == "" {
			return d.listVIP(ctx, t, e)
		}
	case "daftar", "siapa":
		return d.listAnswers(ctx, t, e, more)
	case "ekspor", "excel", "unduh":
		return d.exportAnswersOf(ctx, t, e, more)
	}
	if aud, answer, ok := answersNamed(rest); ok {
		return d.sayAnswers(ctx, t, e, aud, answer)
	}
	switch event.Fold(word) {
	case "urungkan":
		return d.undoAnswer(ctx, t, e, more)
	case "hasil":
		return d.callResult(ctx, t, more)
	case "catat", "isi":
		return d.enterFor(ctx, t, e, more)
	}
	return d.enterFor(ctx, t, e, rest)
}

// looksOnly reports whether the arguments of /konfirmasi ask for answers and
// enter none.
func looksOnly(rest string) bool {
	word, more := cutWord(rest)
	switch event.Fold(word) {
	case "", "daftar", "siapa":
		return true
	case "pejabat", "vip", "protokol":
		return more == ""
	}
	_, _, ok := answersNamed(rest)
	return ok
}

// showConfirmations shows the numbers, with a picture.
func (d *Desk) showConfirmations(ctx context.Context, t *Turn, e *event.Event) error {
	c, err := d.app.Confirmations(ctx, e)
	if err != nil {
		return err
	}
	data := templates.Data{
		"C": c, "Event": e, "Days": e.DaysBefore(d.app.Now()), "Private": !t.In.Group,
		"VIP": c.VIP[:min(len(c.VIP), shownVIP)], "VIPMore": max(0, len(c.VIP)-shownVIP), "Last": nil, "LastDays": 0, "Change": app.AnswerSum{},
	}
	if last := c.Last(); last != nil {
		data["Last"], data["LastDays"], data["Change"] = last, e.DaysBefore(e.StageAt(last.Stage)), c.Total.Minus(last.AnswerSum)
	}
	opts := []Option{}
	if c.Total.Guests > 0 {
		file, err := d.answersChart(ctx, t, c)
		if err != nil {
			return err
		}
		opts = append(opts, withFile(file), t.commands(d.confirmThings(t, e, c)...))
	}
	return t.Say("konfirmasi.show", data, opts...)
}

// confirmThings are the buttons under the numbers: who gave which answer and
// the file in private only.
func (d *Desk) confirmThings(t *Turn, e *event.Event, c *app.Confirmation) []choice {
	var list []choice
	member := rank(t.Person.Role) >= rank(event.Member)
	if t.In.Group {
		if member {
			list = append(list, choice{t.Label("konfirmasi", "enter"), "/konfirmasi " + e.ID + " catat"})
		}
		return list
	}
	for _, x := range []struct {
		n    int
		word string
	}{{c.Total.Silent, "belum"}, {c.Total.Maybe, "mungkin"}, {c.Total.Yes, "hadir"}, {c.Total.Delegated, "diwakilkan"}, {c.Total.No, "tidak"}} {
		if x.n > 0 {
			list = append(list, choice{t.Label("konfirmasi", x.word), "/konfirmasi " + e.ID + " daftar " + x.word})
		}
	}
	if len(c.VIP) > 0 {
		list = append(list, choice{t.Label("konfirmasi", "vip"), "/konfirmasi " + e.ID + " pejabat"})
	}
	if member {
		list = append(list, choice{t.Label("konfirmasi", "export"), "/ekspor " + e.ID + " konfirmasi"}, choice{t.Label("konfirmasi", "enter"), "/konfirmasi " + e.ID + " catat"})
		if c.Total.CallDue > 0 {
			list = append(list, choice{t.Label("sebar", "calllist"), "/sebar telepon " + e.ID})
		}
	}
	return list
}

func (d *Desk) answersChart(ctx context.Context, t *Turn, c *app.Confirmation) (*channel.File, error) {
	v := report.AnswersView{Title: c.Event.Title, AsOf: c.At.In(event.Jakarta)}
	line := func(name string, s app.AnswerSum) report.AnswersLine {
		return report.AnswersLine{Name: name, Yes: s.Yes, Delegated: s.Delegated, Maybe: s.Maybe, No: s.No, Silent: s.Silent, Heads: s.Heads}
	}
	for _, a := range c.Audiences {
		v.Groups = append(v.Groups, line(t.Label("audience", string(a.Audience)), a.AnswerSum))
	}
	for _, s := range c.Stages {
		v.Trend = append(v.Trend, line(t.Label("stage", string(s.Stage))+", "+dayAndMonth(s.At), s.AnswerSum))
	}
	if len(v.Trend) > 0 {
		v.Trend = append(v.Trend, line(t.Label("konfirmasi", "now"), c.Total.AnswerSum))
	}
	png, err := report.AnswersChart(v)
	if err != nil {
		return nil, err
	}
	return d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "konfirmasi-" + c.Event.ID + ".png", MIME: "image/png", Photo: true}, png)
}

// dayAndMonth is "14 Des".
func dayAndMonth(at time.Time) string {
	s := event.ShortDay(at)
	return s[:max(0, strings.LastIndexByte(s, ' '))]
}
