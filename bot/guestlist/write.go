package guestlist

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/diskopukm/emileku/bot/report"
)

// WithFaults writes the list back as XLSX: all columns as they came, and last
// one under title with what explain says of the row ("" for nothing).
func (l *List) WithFaults(w io.Writer, title string, explain func(Row) (string, error)) error {
	name := l.Sheet
	if name == "" {
		name = title
	}
	s := report.Sheet{Name: name}
	own := -1 // an earlier round's column is replaced
	for i, t := range l.Titles {
		if t == title {
			own = i
			continue
		}
		s.Columns = append(s.Columns, report.Column{Title: t})
	}
	s.Columns = append(s.Columns, report.Column{Title: title, Width: 70})
	s.Rows = func(yield func([]any, error) bool) {
		values := make([]any, 0, len(s.Columns))
		for _, r := range l.Rows {
			values = values[:0]
			for i, c := range r.Cells {
				if i != own {
					values = append(values, c)
				}
			}
			text, err := explain(r)
			if !yield(append(values, text), err) {
				return
			}
		}
	}
	if err := report.Workbook(w, []report.Sheet{s}); err != nil {
		return fmt.Errorf("guestlist: faults: %w", err)
	}
	return nil
}

// SampleTexts are the words of the sample.
type SampleTexts struct {
	Sheet     string            // name of the sheet to fill in
	Guide     string            // name of the sheet that explains it
	Titles    map[Column]string // column names; those that Read knows
	Hints     map[Column]string // what goes into each column
	Examples  map[Column]string
	Heads     [3]string // of the guide: column, what goes in, example
	Audiences []string  // to choose from
	Choose    [2]string // title and text when another is typed
	Notes     []string  // below the guide
}

// sampleRows is how many rows of the sample are prepared: text cells, so that
// Excel leaves phone numbers alone, and a list to choose the audience from.
const sampleRows = 2000

// Sample writes an empty list to fill in. The examples stand on a sheet of
// their own: whoever forgets to delete them must not invite them.
func Sample(w io.Writer, texts SampleTexts) (err error) {
	f := excelize.NewFile()
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = cerr
		}
		if err != nil {
			err = fmt.Errorf("guestlist: sample: %w", err)
		}
	}()
	styles, err := sampleStyles(f)
	if err != nil {
		return err
	}
	if err := f.SetSheetName(f.GetSheetName(0), texts.Sheet); err != nil {
		return err
	}
	if err := sampleSheet(f, texts, styles); err != nil {
		return err
	}
	if _, err := f.NewSheet(texts.Guide); err != nil {
		return err
	}
	if err := guideSheet(f, texts, styles); err != nil {
		return err
	}
	return f.Write(w)
}

type sampleStyle struct{ head, text, wrap int }

func sampleStyles(f *excelize.File) (s sampleStyle, err error) {
	s.head, err = f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"0B4F3A"}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
	})
	if err != nil {
		return s, err
	}
	const formatText = 49
	if s.text, err = f.NewStyle(&excelize.Style{NumFmt: formatText}); err != nil {
		return s, err
	}
	s.wrap, err = f.NewStyle(&excelize.Style{NumFmt: formatText, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	return s, err
}

func sampleSheet(f *excelize.File, texts SampleTexts, styles sampleStyle) error {
	for i, c := range Columns() {
		col, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(texts.Sheet, col, col, 24); err != nil {
			return err
		}
		if err := f.SetColStyle(texts.Sheet, col, styles.text); err != nil {
			return err
		}
		if err := f.SetCellStr(texts.Sheet, col+"1", texts.Titles[c]); err != nil {
			return err
		}
		if err := f.SetCellStyle(texts.Sheet, col+"1", col+"1", styles.head); err != nil {
			return err
		}
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(fmt.Sprintf("%s2:%s%d", col, col, sampleRows))
		rule.SetInput(texts.Titles[c], texts.Hints[c])
		if c == Audience {
			if err := rule.SetDropList(texts.Audiences); err != nil {
				return err
			}
			rule.SetError(excelize.DataValidationErrorStyleStop, texts.Choose[0], texts.Choose[1])
		}
		if err := f.AddDataValidation(texts.Sheet, rule); err != nil {
			return err
		}
	}
	return f.SetPanes(texts.Sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func guideSheet(f *excelize.File, texts SampleTexts, styles sampleStyle) error {
	row := func(n int, style int, cells ...string) error {
		for i, v := range cells {
			at, err := excelize.CoordinatesToCellName(i+1, n)
			if err != nil {
				return err
			}
			if err := f.SetCellStr(texts.Guide, at, v); err != nil {
				return err
			}
			if err := f.SetCellStyle(texts.Guide, at, at, style); err != nil {
				return err
			}
		}
		return nil
	}
	for col, width := range map[string]float64{"A": 18, "B": 70, "C": 34} {
		if err := f.SetColWidth(texts.Guide, col, col, width); err != nil {
			return err
		}
	}
	if err := row(1, styles.head, texts.Heads[:]...); err != nil {
		return err
	}
	n := 1
	for _, c := range Columns() {
		n++
		if err := row(n, styles.wrap, texts.Titles[c], texts.Hints[c], texts.Examples[c]); err != nil {
			return err
		}
	}
	for _, note := range texts.Notes {
		n++
		if err := row(n+1, styles.wrap, "", note); err != nil {
			return err
		}
	}
	return nil
}
