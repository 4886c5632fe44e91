package dialog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/templates"
)

// paper is a report being written: chapters for the pages, and each of its
// tables as a sheet of the workbook.
type paper struct {
	d      *Desk
	x      *app.Activity
	sheets []report.Sheet
	err    error
}

// Text is one of the texts, in its markup.
func (p *paper) Text(key string, data templates.Data) string {
	if data == nil {
		data = templates.Data{}
	}
	data["Event"] = p.x.Event
	s, err := p.d.texts.Text(key, data)
	p.err = errors.Join(p.err, err)
	return s
}

// lines is a text of which each line is an item.
func (p *paper) lines(key string) []string {
	return strings.Split(plainOf(templates.Markup(p.Text(key, nil))), "\n")
}

func (p *paper) Label(kind, value string) string { return p.d.texts.Label(kind, value) }

// column of a table: by the label of its head.
func (p *paper) column(head string, width float64, kind report.Kind) ledgerColumn {
	return ledgerColumn{p.Label("lapcol", head), width, kind}
}

type ledgerColumn struct {
	head  string
	width float64 // its share of a page
	kind  report.Kind
}

// ledger is a table, on pages and in the workbook.
type ledger struct {
	columns []ledgerColumn
	rows    [][]any
}

func (l *ledger) add(cells ...any) { l.rows = append(l.rows, cells) }

// table gives a table its place in the report and in the workbook; where it
// has no rows, the line that says so.
func (p *paper) table(sheet string, l ledger, missing string) []report.Block {
	p.sheet(sheet, l)
	if len(l.rows) == 0 {
		return []report.Block{report.Missing(p.Text(missing, nil))}
	}
	return []report.Block{p.grid(l)}
}

// sheet adds a table to the workbook.
func (p *paper) sheet(name string, l ledger) {
	s := report.Sheet{Name: p.Label("lapsheet", name), Rows: func(yield func([]any, error) bool) {
		for _, r := range l.rows {
			if !yield(r, nil) {
				return
			}
		}
	}}
	for _, c := range l.columns {
		s.Columns = append(s.Columns, report.Column{Title: c.head, Kind: c.kind, Width: max(12, c.width*9)})
	}
	p.sheets = append(p.sheets, s)
}

// grid is a table as pages show it.
func (p *paper) grid(l ledger) report.Grid {
	g := report.Grid{}
	for _, c := range l.columns {
		g.Columns = append(g.Columns, report.GridColumn{Head: c.head, Width: c.width, Right: c.kind == report.Int})
	}
	g.Rows = func(yield func([]string) bool) {
		for _, r := range l.rows {
			cells := make([]string, len(r))
			for i, v := range r {
				cells[i] = p.cell(l.columns[i].kind, v)
			}
			if !yield(cells) {
				return
			}
		}
	}
	return g
}

func (p *paper) cell(k report.Kind, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int:
		return p.d.texts.Number(v)
	case time.Time:
		switch {
		case v.IsZero():
			return ""
		case k == report.Clock && !v.Equal(event.Midnight(v)): // a time at midnight is a date
			return event.ShortDay(v) + " " + v.In(event.Jakarta).Format("15.04")
		}
		return event.ShortDay(v)
	}
	return fmt.Sprint(v)
}

// bars is a chart of counts; none where there is nothing to show.
func (p *paper) bars(title string, rows []report.BarLine) []report.Block {
	rows = slices.DeleteFunc(rows, func(r report.BarLine) bool { return len(r.Parts) == 1 && r.Parts[0] == 0 })
	if len(rows) == 0 {
		return nil
	}
	return []report.Block{report.BarChart{Title: title, Rows: rows}}
}

// named are the bars of counts by name.
func (p *paper) named(list []app.NamedCount, name func(string) string, most int) []report.BarLine {
	var out []report.BarLine
	rest := 0
	for i, c := range list {
		if i >= most && len(list) > most+1 {
			rest += c.N
			continue
		}
		out = append(out, report.BarLine{Label: name(c.Name), Parts: []int{c.N}, Value: p.d.texts.Number(c.N)})
	}
	if rest > 0 {
		out = append(out, report.BarLine{Label: p.Label("laporan", "others"), Parts: []int{rest}, Value: p.d.texts.Number(rest)})
	}
	return out
}

func join(parts ...[]report.Block) []report.Block { return slices.Concat(parts...) }

// longDate is a date as letters bear it: "16 Januari 2027".
func longDate(t time.Time) string {
	_, date, _ := strings.Cut(event.Day(t), ", ")
	return date
}
