package report

import (
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/xuri/excelize/v2"
)

// Kind says how the values of a column are written.
type Kind int

// Kinds of columns. A nil, an empty string and a zero time leave a cell empty
// in any of them.
const (
	Text  Kind = iota // any text; IDs and numbers with leading zeros too
	Int               // Go integers
	Date              // time.Time, shown as its date in WIB
	Clock             // time.Time, shown as its date and time in WIB
	Phone             // a number to call: text, so that no zero or plus is lost
)

// Column is one column of a sheet.
type Column struct {
	Title string
	Width float64 // in characters of the standard font; 0: as wide as the kind needs
	Kind  Kind
}

// Sheet is one table. Rows yields its rows in order, each with a value for
// every column; an error that it yields ends the table and comes back from
// the writer. The yielded slice may be used again for the next row.
type Sheet struct {
	Name    string
	Columns []Column
	Rows    iter.Seq2[[]any, error]
}

// Workbook writes the sheets as an XLSX file to w, with a bold, frozen header
// row and filters. Rows are streamed (to a temporary file where there are
// many), so that memory stays flat however long the tables are.
//
// What people typed never becomes a formula: every text is stored as a string,
// in cells of the format "Text", and one that begins like a formula carries
// Excel's quote prefix besides, so that editing the cell does not turn it into
// one either.
func Workbook(w io.Writer, sheets []Sheet) (err error) {
	if len(sheets) == 0 {
		return fmt.Errorf("workbook without sheets")
	}
	f := excelize.NewFile()
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close workbook: %w", cerr)
		}
	}()
	styles, err := newSheetStyles(f)
	if err != nil {
		return fmt.Errorf("workbook styles: %w", err)
	}
	names := map[string]bool{}
	for i, s := range sheets {
		name := sheetName(s.Name, names)
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err != nil {
			return fmt.Errorf("sheet %q: %w", s.Name, err)
		}
		if err := writeSheet(f, name, s, styles); err != nil {
			return fmt.Errorf("sheet %q: %w", s.Name, err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// sheetStyles are the IDs of the cell styles of one workbook.
type sheetStyles struct{ header, text, quoted, number, date, clock int }

func newSheetStyles(f *excelize.File) (sheetStyles, error) {
	dateFormat, clockFormat := "dd/mm/yyyy", "dd/mm/yyyy hh:mm"
	top := &excelize.Alignment{Vertical: "top"}
	var s sheetStyles
	for _, d := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.header, excelize.Style{
			Font:      &excelize.Font{Bold: true, Color: "FFFFFF"},
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"0B4F3A"}},
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		}},
		{&s.text, excelize.Style{NumFmt: formatText, Alignment: top}},
		{&s.quoted, excelize.Style{NumFmt: formatText, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left"}}},
		{&s.number, excelize.Style{NumFmt: formatInteger, Alignment: top}},
		{&s.date, excelize.Style{CustomNumFmt: &dateFormat, Alignment: top}},
		{&s.clock, excelize.Style{CustomNumFmt: &clockFormat, Alignment: top}},
	} {
		id, err := f.NewStyle(&d.style)
		if err != nil {
			return sheetStyles{}, err
		}
		*d.id = id
	}
	// The library reads and writes quotePrefix but has no option to set it; the
	// alignment above keeps it from giving the style of plain text its ID.
	yes := true
	f.Styles.CellXfs.Xf[s.quoted].QuotePrefix = &yes
	return s, nil
}

// Number formats that are built into Excel.
const (
	formatInteger = 1
	formatText    = 49
)

func writeSheet(f *excelize.File, name string, s Sheet, styles sheetStyles) error {
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := layColumns(out, s.Columns, styles); err != nil {
		return err
	}
	row := 1
	cells := make([]any, len(s.Columns))
	for values, err := range s.Rows {
		if err != nil {
			return err
		}
		row++
		if row > excelize.TotalRows {
			return fmt.Errorf("more than the %d rows that Excel holds", excelize.TotalRows)
		}
		if len(values) != len(s.Columns) {
			return fmt.Errorf("row %d has %d values for %d columns", row, len(values), len(s.Columns))
		}
		for i, v := range values {
			if cells[i], err = styles.cell(s.Columns[i].Kind, v); err != nil {
				return fmt.Errorf("row %d, column %q: %w", row, s.Columns[i].Title, err)
			}
		}
		at, err := excelize.CoordinatesToCellName(1, row)
		if err != nil {
			return err
		}
		if err := out.SetRow(at, cells); err != nil {
			return fmt.Errorf("row %d: %w", row, err)
		}
	}
	if len(s.Columns) > 0 {
		last, err := excelize.CoordinatesToCellName(len(s.Columns), row)
		if err != nil {
			return err
		}
		if err := f.AutoFilter(name, "A1:"+last, nil); err != nil {
			return err
		}
	}
	return out.Flush()
}

// layColumns sets the widths, freezes the header row and writes it.
func layColumns(out *excelize.StreamWriter, columns []Column, styles sheetStyles) error {
	header := make([]any, len(columns))
	for i, c := range columns {
		width := c.Width
		if width == 0 {
			width = max(defaultWidth[c.Kind], float64(utf8.RuneCountInString(c.Title)+4))
		}
		if err := out.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
		header[i] = excelize.Cell{StyleID: styles.header, Value: clean(c.Title)}
	}
	panes := excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := out.SetPanes(&panes); err != nil {
		return err
	}
	return out.SetRow("A1", header, excelize.RowOpts{Height: 24})
}

var defaultWidth = map[Kind]float64{Text: 24, Int: 10, Date: 13, Clock: 18, Phone: 18}

// cell is a value in the shape of its column's kind.
func (s sheetStyles) cell(k Kind, v any) (any, error) {
	if empty(v) {
		return nil, nil
	}
	switch k {
	case Int:
		if !integer(v) {
			return nil, fmt.Errorf("%T is no integer", v)
		}
		return excelize.Cell{StyleID: s.number, Value: v}, nil
	case Date, Clock:
		t, ok := v.(time.Time)
		if !ok {
			return nil, fmt.Errorf("%T is no time", v)
		}
		if k == Clock {
			return excelize.Cell{StyleID: s.clock, Value: t.In(event.Jakarta)}, nil
		}
		return excelize.Cell{StyleID: s.date, Value: event.Midnight(t)}, nil
	default:
		text := clean(fmt.Sprint(v))
		style := s.text
		if formula(text) {
			style = s.quoted
		}
		return excelize.Cell{StyleID: style, Value: text}, nil
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case time.Time:
		return v.IsZero()
	}
	return false
}

func integer(v any) bool {
	switch v.(type) {
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return true
	}
	return false
}

// formula reports whether a spreadsheet might run s as a formula: by its first
// character, with the full-width twins that some versions take for the same.
func formula(s string) bool {
	return strings.IndexAny(s, "=+-@\t\r\n＝＋－＠") == 0
}

// clean drops control characters that XML cannot hold and cuts at the most
// that Excel holds in a cell.
func clean(s string) string {
	return cutUnits(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")), excelize.TotalCellChars)
}

// sheetName makes name fit for Excel (at most 31 characters, none of
// []:*?/\) and different from those taken. Straight apostrophes become curly,
// since the filter's name quotes the sheet with them.
func sheetName(name string, taken map[string]bool) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) || unicode.IsControl(r) {
			return ' '
		}
		if r == '\'' {
			return '’'
		}
		return r
	}, strings.ToValidUTF8(name, "")), " ")
	if name == "" {
		name = "Data"
	}
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = " " + strconv.Itoa(n)
		}
		candidate := cutUnits(name, 31-len(suffix)) + suffix
		// Excel takes names that differ in case only for the same.
		if key := strings.ToLower(candidate); !taken[key] {
			taken[key] = true
			return candidate
		}
	}
}

// cutUnits cuts s after at most n UTF-16 code units, in which Excel counts.
func cutUnits(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return s[:i]
		}
	}
	return s
}
