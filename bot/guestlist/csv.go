package guestlist

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// readCSV reads a text table. A file whose quotes are broken is read line by
// line, so that one stray quote spoils its own row and no other.
func readCSV(text string, o Options) (*List, error) {
	text, comma := separator(text)
	t := newTable(o)
	err := eachRecord(text, comma, t.take)
	if broken := new(csv.ParseError); errors.As(err, &broken) {
		t = newTable(o)
		err = eachLine(text, comma, t.take)
	}
	if err != nil && !errors.Is(err, errSheetDone) {
		return nil, err
	}
	return t.end()
}

const separators = ",;\t|"

// separator finds what parts the cells: what Excel's own first line says
// ("sep=;"), else the one by which the column names are recognised, else the
// most frequent one of the first lines.
func separator(text string) (rest string, comma rune) {
	if first, after, _ := strings.Cut(text, "\n"); strings.HasPrefix(strings.ToLower(first), "sep=") {
		if c := strings.TrimRight(first[len("sep="):], "\r"); len(c) == 1 && strings.Contains(separators, c) {
			return after, rune(c[0])
		}
	}
	most := 0
	comma = ','
	for _, c := range separators {
		found, n := 0, 0
		_ = eachLine(text, c, func(_ int, cells []string) error { // an error only stops it early
			if n++; n > headWithin {
				return errSheetDone
			}
			if h, ok := readHeader(cells); ok {
				found = max(found, 1000*len(h.at)+len(cells))
			}
			found = max(found, len(cells)-1)
			return nil
		})
		if found > most {
			most, comma = found, c
		}
	}
	return text, comma
}

// eachRecord reads strictly; a *csv.ParseError means broken quotes.
func eachRecord(text string, comma rune, take func(line int, cells []string) error) error {
	r := reader(text, comma)
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		if err := take(line, cells); err != nil {
			return err
		}
	}
}

// eachLine takes every line as a row of its own.
func eachLine(text string, comma rune, take func(line int, cells []string) error) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		r := reader(line, comma)
		r.LazyQuotes = true
		cells, err := r.Read()
		if err != nil {
			if strings.TrimSpace(line) == "" {
				continue
			}
			cells = strings.Split(strings.TrimRight(line, "\r\n"), string(comma))
		}
		if err := take(n, cells); err != nil {
			return err
		}
	}
	return nil
}

func reader(text string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = comma, -1
	return r
}
