package dialog

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/templates"
)

// reportQuotes is how many answers in words the pages show to each question;
// the workbook has all of them.
const reportQuotes = 12

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

// survey tells how those who came answered, without their names.
func (p *paper) survey() []report.Block {
	r := p.x.Survey
	l := ledger{columns: []ledgerColumn{
		p.column("question", 6, report.Text), p.column("mean", 2, report.Text), p.column("r1", 1, report.Int), p.column("r2", 1, report.Int), p.column("r3", 1, report.Int),
		p.column("r4", 1, report.Int), p.column("r5", 1, report.Int), p.column("texts", 2, report.Int), p.column("skipped", 2, report.Int),
	}}
	words := ledger{columns: []ledgerColumn{p.column("question", 5, report.Text), p.column("answer", 9, report.Text)}}
	var out []report.Block
	for _, c := range r.Counts {
		text := SurveyText(p.d.texts, c.Question)
		l.add(text, tenths(c.Tenths()), c.Ratings[0], c.Ratings[1], c.Ratings[2], c.Ratings[3], c.Ratings[4], len(c.Texts), c.Skipped)
		for _, s := range c.Texts {
			words.add(text, s)
		}
		out = append(out, p.surveyQuestion(c, text)...)
	}
	p.sheet("survey", l)
	p.sheet("words", words)
	if r.Replies == 0 {
		return []report.Block{report.Missing(p.Text("laporan.none.survey", nil))}
	}
	return append([]report.Block{report.Passage(p.Text("laporan.survey", templates.Data{"R": r, "Mean": tenths(r.Tenths)}))}, out...)
}

func (p *paper) surveyQuestion(c event.SurveyCount, text string) []report.Block {
	out := []report.Block{report.Part(text)}
	switch {
	case c.Rated() > 0:
		var rows []report.BarLine
		for n := event.MaxRating; n >= 1; n-- {
			k := c.Ratings[n-1]
			rows = append(rows, report.BarLine{Label: strconv.Itoa(n) + " – " + p.Label("rating", strconv.Itoa(n)), Parts: []int{k}, Value: fmt.Sprintf("%d (%d%%)", k, percent(k, c.Rated()))})
		}
		return append(out, report.BarChart{Title: p.Label("lapchart", "mean") + " " + tenths(c.Tenths()), Rows: rows, Max: c.Rated()})
	case len(c.Texts) > 0:
		quotes := spread(c.Texts, reportQuotes)
		out = append(out, report.Quotes(quotes))
		if more := len(c.Texts) - len(quotes); more > 0 {
			out = append(out, report.Missing(p.Text("laporan.morequotes", templates.Data{"N": more})))
		}
		return out
	}
	return append(out, report.Missing(p.Text("laporan.none.answers", nil)))
}

// evaluation is what the team noted, and what is to be given back.
func (p *paper) evaluation() []report.Block {
	notes := ledger{columns: []ledgerColumn{p.column("kind", 3, report.Text), p.column("note", 9, report.Text)}}
	var out []report.Block
	for _, k := range event.NoteKinds() {
		var items []string
		for _, n := range p.x.Notes {
			if n.Kind == k {
				notes.add(p.Label("evaluate", string(k)), n.Text)
				items = append(items, n.Text)
			}
		}
		if len(items) > 0 {
			out = append(out, report.Part(p.Label("notepart", string(k))), report.Points{Items: items})
		}
	}
	p.sheet("notes", notes)
	if len(out) == 0 {
		out = []report.Block{report.Missing(p.Text("laporan.none.notes", nil))}
	}
	lent := ledger{columns: []ledgerColumn{p.column("item", 5, report.Text), p.column("quantity", 2, report.Text), p.column("lentby", 5, report.Text), p.column("state", 3, report.Text)}}
	for _, it := range p.x.Items {
		if it.LentBy != "" {
			quantity := ""
			if it.Quantity > 0 {
				quantity = p.d.texts.Number(it.Quantity) + " " + it.Unit
			}
			lent.add(it.Name, quantity, it.LentBy, p.Label("itemstate", string(it.State)))
		}
	}
	return join(out, []report.Block{p.part("returns")}, p.table("returns", lent, "laporan.none.returns"))
}

// past puts the event beside those before it.
func (p *paper) past() []report.Block {
	l := ledger{columns: []ledgerColumn{p.column("what", 5, report.Text)}}
	for _, e := range p.x.Past {
		l.columns = append(l.columns, ledgerColumn{e.Event.ID, 2.6, report.Text})
	}
	var all [][]figure
	for _, e := range p.x.Past {
		all = append(all, p.figures(e.Figures))
	}
	for i, f := range all[0] {
		row := []any{f.name}
		for _, other := range all {
			row = append(row, other[i].value)
		}
		l.rows = append(l.rows, row)
	}
	p.sheet("past", l)
	if len(p.x.Past) < 2 {
		return []report.Block{report.Missing(p.Text("laporan.none.past", nil))}
	}
	chart := func(title string, value func(event.Figures) int) []report.Block {
		var rows []report.BarLine
		for i := len(p.x.Past) - 1; i >= 0; i-- {
			e := p.x.Past[i]
			rows = append(rows, report.BarLine{Label: e.Event.ID, Parts: []int{value(e.Figures)}, Value: p.d.texts.Number(value(e.Figures))})
		}
		return []report.Block{report.BarChart{Title: p.Label("lapchart", title), Rows: rows}}
	}
	return join([]report.Block{report.Passage(p.Text("laporan.past", templates.Data{"N": len(p.x.Past) - 1})), p.grid(l)},
		chart("pastregistered", func(f event.Figures) int { return f.Registered }),
		chart("pastheads", func(f event.Figures) int {
			if f.Attended {
				return f.Heads
			}
			return f.Expected
		}))
}

// attendance is the list to be signed by hand, with blank rows at its end.
func (p *paper) attendance() []report.Block {
	sheet := ledger{columns: []ledgerColumn{
		p.column("no", 1, report.Int), p.column("name", 5, report.Text), p.column("organisation", 5, report.Text), p.column("audience", 3, report.Text), p.column("number", 3, report.Text),
		p.column("headsshort", 2, report.Int), p.column("arrived", 3, report.Clock),
	}}
	for i, g := range p.x.Guests {
		sheet.add(i+1, g.Guest.Name, g.Guest.Organisation, p.Label("audience", string(g.Guest.Audience)), g.Number, g.Heads, g.At)
	}
	p.sheet("attendance", sheet)
	page := report.Grid{MinHeight: 9, Columns: []report.GridColumn{
		{Head: p.Label("lapcol", "no"), Width: 1.1, Right: true}, {Head: p.Label("lapcol", "name"), Width: 5}, {Head: p.Label("lapcol", "organisation"), Width: 5.2},
		{Head: p.Label("lapcol", "headsshort"), Width: 1.6, Right: true}, {Head: p.Label("lapcol", "arrived"), Width: 1.9}, {Head: p.Label("lapcol", "signature"), Width: 4.2},
	}}
	page.Rows = func(yield func([]string) bool) {
		var last event.Audience
		for i, g := range p.x.Guests {
			if g.Guest.Audience != last {
				last = g.Guest.Audience
				if !yield([]string{p.Label("audience", string(last))}) {
					return
				}
			}
			if !yield(p.attendee(i+1, g)) {
				return
			}
		}
		if !yield([]string{p.Label("laporan", "unlisted")}) {
			return
		}
		for i := range blankRows {
			if !yield([]string{strconv.Itoa(len(p.x.Guests) + i + 1), "", "", "", "", ""}) {
				return
			}
		}
	}
	return []report.Block{report.Passage(p.Text("laporan.attendance", templates.Data{"N": len(p.x.Guests), "Known": p.x.Presence.Known})), page}
}

func (p *paper) attendee(n int, g app.Attendee) []string {
	at := ""
	if !g.At.IsZero() {
		at = g.At.In(event.Jakarta).Format("15.04")
	}
	name := g.Guest.Name
	if g.Guest.Reply.Answer == event.Delegated && g.Guest.Reply.Delegate != "" {
		name += " (" + p.Label("laporan", "delegate") + " " + g.Guest.Reply.Delegate + ")"
	}
	return []string{strconv.Itoa(n), name, g.Guest.Organisation, strconv.Itoa(g.Heads), at, ""}
}

// letters is the register of letters.
func (p *paper) letters() []report.Block {
	l := ledger{columns: []ledgerColumn{
		p.column("no", 1.5, report.Int), p.column("letternumber", 6.5, report.Text), p.column("letterdate", 3, report.Date), p.column("letterkind", 3, report.Text),
		p.column("subject", 6, report.Text), p.column("status", 4, report.Text),
	}}
	for i, s := range p.x.Letters {
		var at any
		if s.DatedAt != nil {
			at = *s.DatedAt
		}
		l.add(i+1, s.Number, at, p.Label("letterkind", string(s.Kind)), s.Subject, p.Label("letterstatus", string(s.Status)))
	}
	return p.table("letters", l, "laporan.none.letters")
}
