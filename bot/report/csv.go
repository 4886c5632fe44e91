package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// CSV writes one sheet as a CSV file to w, the way that Excel with Indonesian
// settings opens it by a double click: separated by semicolons (the comma is
// the decimal sign there), lines ended by CR LF, UTF-8 with a byte order mark.
// Dates read 2027-01-14 and 2027-01-14 08:00 (WIB), which every setting
// understands.
//
// A text that begins like a formula gets a leading apostrophe, phone numbers
// in the form +62… among them; the XLSX file has them without.
func CSV(w io.Writer, s Sheet) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return fmt.Errorf("CSV %q: %w", s.Name, err)
	}
	out := csv.NewWriter(w)
	out.Comma = ';'
	out.UseCRLF = true
	record := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		record[i] = guarded(c.Title)
	}
	if err := out.Write(record); err != nil {
		return fmt.Errorf("CSV %q: %w", s.Name, err)
	}
	row := 1
	for values, err := range s.Rows {
		if err != nil {
			return fmt.Errorf("CSV %q: %w", s.Name, err)
		}
		row++
		if len(values) != len(s.Columns) {
			return fmt.Errorf("CSV %q: row %d has %d values for %d columns", s.Name, row, len(values), len(s.Columns))
		}
		for i, v := range values {
			if record[i], err = field(s.Columns[i].Kind, v); err != nil {
				return fmt.Errorf("CSV %q: row %d, column %q: %w", s.Name, row, s.Columns[i].Title, err)
			}
		}
		if err := out.Write(record); err != nil {
			return fmt.Errorf("CSV %q: row %d: %w", s.Name, row, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("CSV %q: %w", s.Name, err)
	}
	return nil
}

// field is a value as CSV text.
func field(k Kind, v any) (string, error) {
	if empty(v) {
		return "", nil
	}
	switch k {
	case Int:
		if !integer(v) {
			return "", fmt.Errorf("%T is no integer", v)
		}
		return fmt.Sprint(v), nil // a negative number is no formula
	case Date, Clock:
		t, ok := v.(time.Time)
		if !ok {
			return "", fmt.Errorf("%T is no time", v)
		}
		layout := time.DateOnly
		if k == Clock {
			layout = "2006-01-02 15:04"
		}
		return t.In(event.Jakarta).Format(layout), nil
	default:
		return guarded(fmt.Sprint(v)), nil
	}
}

func guarded(s string) string {
	s = clean(s)
	if formula(s) {
		return "'" + s
	}
	return s
}
