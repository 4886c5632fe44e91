package dialog

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// shownAnswers is how many names a list by answer shows; the file has all.
const shownAnswers = 40

// answerNamed reads the name of an answer in a command.
func answerNamed(text string) (event.Answer, bool) {
	switch event.Squeeze(text) {
	case "hadir", "ya", "datang", "bisa":
		return event.Yes, true
	case "diwakilkan", "diwakili", "wakil", "perwakilan":
		return event.Delegated, true
	case "belumpasti", "mungkin", "ragu", "raguragu", "tentatif":
		return event.Maybe, true
	case "tidak", "tidakhadir", "tidakbisa", "berhalangan":
		return event.No, true
	case "belum", "belummenjawab", "belumjawab", "diam", "belumadakabar", "belumkonfirmasi":
		return event.Silent, true
	}
	return "", false
}

// answersNamed reads "belum menjawab ukm": an answer, an audience, or both, and
// nothing else.
func answersNamed(text string) (aud event.Audience, answer *event.Answer, ok bool) {
	words := strings.Fields(text)
	for i := range len(words) + 1 {
		one, other := strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		for _, pair := range [][2]string{{one, other}, {other, one}} {
			a, said := answerNamed(pair[0])
			switch aud := audienceIn(pair[1]); {
			case said && pair[1] == "":
				return "", &a, true
			case said && aud != "":
				return aud, &a, true
			}
		}
	}
	return "", nil, false
}

// listAnswers is /konfirmasi daftar [jawaban] [jenis].
func (d *Desk) listAnswers(ctx context.Context, t *Turn, e *event.Event, args string) error {
	if aud, answer, ok := answersNamed(args); ok {
		return d.sayAnswers(ctx, t, e, aud, answer)
	}
	if args == "" {
		return d.sayAnswers(ctx, t, e, "", nil)
	}
	if aud := audienceIn(args); aud != "" {
		return d.sayAnswers(ctx, t, e, aud, nil)
	}
	return t.Say("konfirmasi.list.usage", nil)
}

// sayAnswers lists who gave an answer (nil: any). Names of guests belong into
// private chats.
func (d *Desk) sayAnswers(ctx context.Context, t *Turn, e *event.Event, aud event.Audience, answer *event.Answer) error {
	if t.In.Group {
		return t.Say("konfirmasi.private", nil)
	}
	list, err := d.answered(ctx, e, aud, answer)
	if err != nil {
		return err
	}
	data := templates.Data{
		"Event": e, "Audience": aud, "Any": answer == nil, "Answer": event.Silent, "Guests": list[:min(len(list), shownAnswers)], "N": len(list), "More": max(0, len(list)-shownAnswers),
	}
	export := "/ekspor " + e.ID + " konfirmasi"
	if answer != nil {
		data["Answer"] = *answer
		export += " " + answerWord(*answer)
	}
	if aud != "" {
		export += " " + string(aud)
	}
	opts := []Option{}
	if len(list) > 0 && rank(t.Person.Role) >= rank(event.Member) {
		opts = append(opts, t.commands(choice{t.Label("konfirmasi", "export"), export}))
	}
	return t.Say("konfirmasi.list", data, opts...)
}

func answerWord(a event.Answer) string {
	switch a {
	case event.Yes:
		return "hadir"
	case event.Delegated:
		return "diwakilkan"
	case event.Maybe:
		return "mungkin"
	case event.No:
		return "tidak"
	case event.Silent:
	}
	return "belum"
}

// answered are the guests with an answer, by audience and name.
func (d *Desk) answered(ctx context.Context, e *event.Event, aud event.Audience, answer *event.Answer) ([]*event.Participation, error) {
	q := storage.ParticipationQuery{EventID: e.ID, Audience: aud}
	if answer != nil {
		q.Answers = []event.Answer{*answer}
	}
	var list []*event.Participation
	err := d.app.EachParticipation(ctx, q, func(p *event.Participation) error {
		if !p.Unasked() {
			list = append(list, p)
		}
		return nil
	})
	order := everyAudience()
	slices.SortStableFunc(list, func(p, q *event.Participation) int {
		return cmp.Or(slices.Index(order, p.Audience)-slices.Index(order, q.Audience), strings.Compare(event.Fold(p.Name), event.Fold(q.Name)), strings.Compare(p.ID, q.ID))
	})
	return list, err
}

// listVIP is /konfirmasi pejabat: the officials with who comes in their place,
// for protocol and seating.
func (d *Desk) listVIP(ctx context.Context, t *Turn, e *event.Event) error {
	official := event.Official
	list, err := d.answered(ctx, e, official, nil)
	if err != nil {
		return err
	}
	app.SortVIP(list)
	heads, coming := 0, 0
	for _, p := range list {
		if p.Reply.Comes() {
			coming++
			heads += max(1, p.Reply.Heads)
		}
	}
	opts := []Option{}
	if len(list) > 0 && !t.In.Group && rank(t.Person.Role) >= rank(event.Member) {
		opts = append(opts, t.commands(choice{t.Label("konfirmasi", "export"), "/ekspor " + e.ID + " konfirmasi " + string(event.Official)}))
	}
	return t.Say("konfirmasi.vip", templates.Data{"Event": e, "VIP": list, "N": len(list), "Coming": coming, "Heads": heads}, opts...)
}

// exportAnswersOf is /ekspor konfirmasi [jawaban] [jenis]: the guests with
// their answers as a spreadsheet, in private only.
func (d *Desk) exportAnswersOf(ctx context.Context, t *Turn, e *event.Event, args string) error {
	if t.In.Group {
		return t.Say("export.private", nil)
	}
	aud, answer, ok := answersNamed(args)
	if !ok && args != "" {
		if aud = audienceIn(args); aud == "" {
			return t.Say("konfirmasi.list.usage", nil)
		}
	}
	list, err := d.answered(ctx, e, aud, answer)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return t.Say("konfirmasi.list", templates.Data{"Event": e, "Audience": aud, "Any": answer == nil, "Answer": pointed(answer), "Guests": nil, "N": 0, "More": 0})
	}
	var out bytes.Buffer
	sheets, err := d.answerSheets(ctx, t, list)
	if err == nil {
		err = report.Workbook(&out, sheets)
	}
	if err != nil {
		return err
	}
	if out.Len() > storage.MaxBlob {
		return t.Say("guests.large", templates.Data{"MB": storage.MaxBlob >> 20})
	}
	parts := []string{e.ID, "konfirmasi"}
	if answer != nil {
		parts = append(parts, answerWord(*answer))
	}
	if aud != "" {
		parts = append(parts, string(aud))
	}
	name := strings.Join(append(parts, d.app.Now().In(event.Jakarta).Format("20060102")), "-") + ".xlsx"
	file, err := d.keepFile(ctx, channel.File{Blob: "export/" + t.In.ID, Name: name, MIME: mimeXLSX}, out.Bytes())
	if err != nil {
		return err
	}
	// Personal data leave the program with it.
	if err := d.app.RecordExport(ctx, t.Actor(), app.ExportFilter{EventID: e.ID}, "konfirmasi xlsx", len(list)); err != nil {
		return err
	}
	return t.Say("konfirmasi.exported", templates.Data{"Event": e, "N": len(list), "At": d.app.Now()}, withFile(file))
}

func pointed(a *event.Answer) event.Answer {
	if a == nil {
		return event.Silent
	}
	return *a
}

// answerSheets are a sheet for each audience that has guests, with officials
// first, as protocol needs them.
func (d *Desk) answerSheets(ctx context.Context, t *Turn, list []*event.Participation) ([]report.Sheet, error) {
	team, err := d.app.Team(ctx)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, p := range team {
		names[p.ID] = p.Name
	}
	cols := answerColumns(t, names)
	var sheets []report.Sheet
	for _, aud := range everyAudience() {
		var some []*event.Participation
		for _, p := range list {
			if p.Audience == aud {
				some = append(some, p)
			}
		}
		if len(some) == 0 {
			continue
		}
		if aud == event.Official {
			app.SortVIP(some)
		}
		s := report.Sheet{Name: t.Label("audience", string(aud)), Rows: answerRows(some, cols)}
		for _, c := range cols {
			s.Columns = append(s.Columns, c.Column)
		}
		sheets = append(sheets, s)
	}
	return sheets, nil
}

type answerColumn struct {
	report.Column
	value func(p *event.Participation) any
}

func answerRows(list []*event.Participation, cols []answerColumn) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		row := make([]any, len(cols))
		for _, p := range list {
			for i, c := range cols {
				row[i] = c.value(p)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// answerColumns are what protocol, seating and the desk read of an answer.
func answerColumns(t *Turn, team map[string]string) []answerColumn {
	col := func(key string, width float64, kind report.Kind, value func(*event.Participation) any) answerColumn {
		return answerColumn{report.Column{Title: t.Label("answercolumn", key), Width: width, Kind: kind}, value}
	}
	text := func(key string, width float64, value func(*event.Participation) string) answerColumn {
		return col(key, width, report.Text, func(p *event.Participation) any { return value(p) })
	}
	phone := func(s string) any {
		if s == "" {
			return nil
		}
		return understand.FormatPhone(s)
	}
	return []answerColumn{
		text("name", 28, func(p *event.Participation) string { return p.Name }),
		text("position", 24, func(p *event.Participation) string { return p.Position }),
		text("organisation", 28, func(p *event.Participation) string { return p.Organisation }),
		text("answer", 16, func(p *event.Participation) string { return t.Label("rsvp", string(p.Reply.Answer)) }),
		col("heads", 10, report.Int, func(p *event.Participation) any {
			if !p.Reply.Comes() {
				return nil
			}
			return max(1, p.Reply.Heads)
		}),
		text("delegate", 26, func(p *event.Participation) string { return p.Reply.Delegate }),
		col("delegatephone", 18, report.Phone, func(p *event.Participation) any { return phone(p.Reply.DelegatePhone) }),
		text("late", 10, func(p *event.Participation) string {
			if p.Reply.Late {
				return t.Label("column", "late")
			}
			return ""
		}),
		text("reason", 26, func(p *event.Participation) string { return p.Reply.Reason }),
		text("note", 40, func(p *event.Participation) string { return p.Reply.Text }),
		col("at", 0, report.Clock, func(p *event.Participation) any {
			if p.Reply.At == nil {
				return nil
			}
			return *p.Reply.At
		}),
		text("source", 14, func(p *event.Participation) string { return p.Reply.Source }),
		text("by", 18, func(p *event.Participation) string { return team[p.Reply.By] }),
		col("phone", 18, report.Phone, func(p *event.Participation) any { return phone(p.Phone) }),
		text("email", 26, func(p *event.Participation) string { return p.Email }),
		text("kecamatan", 16, func(p *event.Participation) string { return p.Kecamatan }),
		col("invited", 0, report.Clock, func(p *event.Participation) any {
			if p.InvitedAt == nil {
				return nil
			}
			return *p.InvitedAt
		}),
		text("call", 16, func(p *event.Participation) string {
			if p.Call == event.NoCall {
				return ""
			}
			return t.Label("callstate", string(p.Call))
		}),
		text("closed", 18, func(p *event.Participation) string {
			if p.Closed == event.StillOpen {
				return ""
			}
			return t.Label("closed", string(p.Closed))
		}),
	}
}
