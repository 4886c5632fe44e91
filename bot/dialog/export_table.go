package dialog

import (
	"context"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/understand"
)

const mimeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// exportName is the name of the file: "EMK-2027-ukm-cibinong-20270103.xlsx".
func exportName(e *event.Event, st exportState, now time.Time) string {
	parts := []string{e.ID}
	if st.Filter.Audience != "" {
		parts = append(parts, string(st.Filter.Audience))
	}
	if st.Status != "" && st.Status != everything {
		parts = append(parts, st.Status)
	}
	if st.Filter.Kecamatan != "" {
		parts = append(parts, event.Squeeze(st.Filter.Kecamatan))
	}
	if st.Filter.Outside {
		parts = append(parts, app.OutsideName)
	}
	parts = append(parts, now.In(event.Jakarta).Format("20060102"))
	return strings.Join(parts, "-") + "." + st.Format
}

// column is one column of an export and how its value is read.
type column struct {
	report.Column
	value func(r *event.Registration) any
}

// writeWorkbook writes a sheet for each audience, with the questions that it
// was asked as columns.
func (d *Desk) writeWorkbook(ctx context.Context, t *Turn, w io.Writer, f app.ExportFilter, byAudience map[event.Audience]int) error {
	var sheets []report.Sheet
	for _, aud := range event.Registrable() {
		if byAudience[aud] == 0 {
			continue
		}
		part := f
		part.Audience = aud
		sheets = append(sheets, d.sheet(ctx, part, t.Label("audience", string(aud)), d.columns(t, []event.Audience{aud})))
	}
	return report.Workbook(w, sheets)
}

// writeCSV writes one table: a CSV file has no sheets.
func (d *Desk) writeCSV(ctx context.Context, t *Turn, w io.Writer, f app.ExportFilter, byAudience map[event.Audience]int) error {
	var present []event.Audience
	for _, aud := range event.Registrable() {
		if byAudience[aud] > 0 {
			present = append(present, aud)
		}
	}
	return report.CSV(w, d.sheet(ctx, f, f.EventID, d.columns(t, present)))
}

func (d *Desk) sheet(ctx context.Context, f app.ExportFilter, name string, cols []column) report.Sheet {
	s := report.Sheet{Name: name, Rows: d.rows(ctx, f, cols)}
	for _, c := range cols {
		s.Columns = append(s.Columns, c.Column)
	}
	return s
}

func (d *Desk) rows(ctx context.Context, f app.ExportFilter, cols []column) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		row := make([]any, len(cols))
		for r, err := range d.app.Exported(ctx, f) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i, c := range cols {
				row[i] = c.value(r)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// columns are those of the audiences' forms, each question once, between the
// number and status and the dates.
func (d *Desk) columns(t *Turn, auds []event.Audience) []column {
	title := func(key string) string { return t.Label("column", key) }
	cols := []column{
		{report.Column{Title: title("number"), Width: 18}, func(r *event.Registration) any { return r.Number }},
		{report.Column{Title: title("status")}, func(r *event.Registration) any { return t.Label("status", string(r.Status)) }},
	}
	if len(auds) > 1 {
		cols = append(cols, column{report.Column{Title: title("audience")}, func(r *event.Registration) any { return t.Label("audience", string(r.Audience)) }})
	}
	seen := map[string]bool{}
	for _, aud := range auds {
		form, _ := event.FormOf(aud)
		for _, fd := range form.Fields {
			name := t.fieldName(aud, fd.Key)
			if len(auds) > 1 {
				// One column for what several forms ask.
				if name = t.Label("field", fd.Key); name == fd.Key {
					name = t.fieldName(aud, fd.Key)
				}
			}
			if !seen[fd.Key] {
				cols = append(cols, d.fieldColumns(t, name, fd)...)
			}
			seen[fd.Key] = true
		}
	}
	return append(cols,
		column{report.Column{Title: title("booth"), Kind: report.Int}, func(r *event.Registration) any {
			if n := booth(r); n > 0 {
				return n
			}
			return nil
		}},
		column{report.Column{Title: title("reason")}, func(r *event.Registration) any { return r.Reason }},
		column{report.Column{Title: title("created"), Kind: report.Clock}, func(r *event.Registration) any { return r.CreatedAt }},
		column{report.Column{Title: title("updated"), Kind: report.Clock}, func(r *event.Registration) any { return r.UpdatedAt }},
	)
}

// fieldColumns are the columns of one question; a place takes two.
func (d *Desk) fieldColumns(t *Turn, name string, fd event.Field) []column {
	text := func(show func(r *event.Registration, v string) any) func(*event.Registration) any {
		return func(r *event.Registration) any {
			if v := r.Answers[fd.Key]; v != "" {
				return show(r, v)
			}
			return nil
		}
	}
	switch fd.Kind {
	case event.Location, event.District:
		cols := []column{{report.Column{Title: t.Label("column", "kecamatan")}, text(func(_ *event.Registration, v string) any {
			l := event.ParseLocality(v)
			if l.Outside {
				return strings.TrimSpace(t.Label("recap", "outside") + " " + l.Name)
			}
			return l.Kecamatan
		})}}
		return append(cols, column{report.Column{Title: t.Label("column", "desa")}, text(func(_ *event.Registration, v string) any {
			return event.ParseLocality(v).Desa
		})})
	case event.Phone:
		return []column{{report.Column{Title: name, Kind: report.Phone}, text(func(_ *event.Registration, v string) any { return understand.FormatPhone(v) })}}
	case event.Count, event.Minutes:
		return []column{{report.Column{Title: name, Kind: report.Int}, text(func(_ *event.Registration, v string) any {
			if n, err := strconv.Atoi(v); err == nil {
				return n
			}
			return nil
		})}}
	case event.Choice:
		return []column{{report.Column{Title: name}, text(func(r *event.Registration, v string) any { return d.show(t, r.Audience, fd.Key, v) })}}
	case event.Picture:
		return []column{{report.Column{Title: name, Width: 10}, text(func(*event.Registration, string) any { return t.Label("column", "yes") })}}
	}
	return []column{{report.Column{Title: name}, text(func(_ *event.Registration, v string) any { return v })}}
}
