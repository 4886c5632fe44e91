package guestlist

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
)

// Options say how to read.
type Options struct {
	// Audience is that of rows which name none; "": each row has to.
	Audience event.Audience
}

// Read reads a file: XLSX where it begins as one, else CSV. What is wrong with
// single rows is in their Faults; an error means that the file as a whole is of
// no use (one of the Err… values).
func Read(data []byte, o Options) (*List, error) {
	switch {
	case len(data) > MaxBytes:
		return nil, ErrTooLarge
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data, o)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")): // OLE: .xls, or an encrypted .xlsx
		return nil, ErrOldExcel
	}
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	return readCSV(text, o)
}

// decode brings a text file to UTF-8. What is not UTF-8 is taken for
// Windows-1252, in which every byte means something.
func decode(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")): // Excel's "Unicode text"
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", ErrFormat
		}
		data = out
	default:
		data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	}
	if bytes.IndexByte(data, 0) >= 0 || bytes.HasPrefix(data, []byte("%PDF")) {
		return "", ErrFormat // pictures, PDFs, other binaries
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", ErrFormat
	}
	return string(out), nil
}

// headWithin is in how many rows the column names are looked for: a title, a
// date and an empty row or two often stand above them.
const headWithin = 20

// table takes the rows of one sheet in their order: first it looks for the
// column names, then it reads guests.
type table struct {
	list    List
	options Options
	head    *header
	looked  int
	seen    doubles
	places  map[string]understand.PlaceMatch // kecamatan as written: few, and slow to read
}

func newTable(o Options) *table {
	return &table{options: o, seen: doubles{}, places: map[string]understand.PlaceMatch{}}
}

// take takes one row of cells. It fails with errSheetDone where no column
// names were found, or with ErrTooMany.
func (t *table) take(line int, cells []string) error {
	if blank(cells) {
		return nil
	}
	if t.head == nil {
		if t.looked++; t.looked > headWithin {
			return errSheetDone
		}
		if h, ok := readHeader(cells); ok {
			t.head = h
			t.list.Titles, t.list.Ignored, t.list.HasAudience = h.titles, h.ignored, len(h.at[Audience]) > 0
		}
		return nil
	}
	if sameCells(cells, t.head.titles) {
		return nil // the names are repeated on each printed page
	}
	if len(t.list.Rows) == MaxRows {
		return ErrTooMany
	}
	t.list.Rows = append(t.list.Rows, t.row(line, cells))
	return nil
}

// end gives what was read.
func (t *table) end() (*List, error) {
	switch {
	case t.head == nil:
		return nil, ErrNoHeader
	case len(t.list.Rows) == 0:
		return nil, ErrNoRows
	}
	return &t.list, nil
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

func sameCells(a, b []string) bool {
	for i := range max(len(a), len(b)) {
		x, y := "", ""
		if i < len(a) {
			x = strings.TrimSpace(a[i])
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return false
		}
	}
	return true
}
