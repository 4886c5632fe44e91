package guestlist

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Limits of an XLSX once it is unpacked, against zip bombs; a larger sheet is
// worked off from a temporary file.
const (
	maxUnpacked = 200 << 20
	inMemory    = 32 << 20
	maxCells    = 100 // columns that are looked at
)

// readXLSX reads the first sheet that has column names.
func readXLSX(data []byte, o Options) (list *List, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: inMemory})
	switch {
	case errors.Is(err, excelize.ErrWorkbookFileFormat):
		return nil, ErrFormat
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("guestlist: close workbook: %w", cerr)
		}
	}()
	if len(f.GetSheetList()) == 0 {
		return nil, ErrFormat // a zip, but no workbook
	}
	why := ErrNoHeader
	for _, sheet := range f.GetSheetList() {
		t := newTable(o)
		err := eachRow(f, sheet, t.take)
		if err != nil && !errors.Is(err, errSheetDone) {
			return nil, err
		}
		list, err := t.end()
		if err == nil {
			list.Sheet = sheet
			return list, nil
		}
		if errors.Is(err, ErrNoRows) {
			why = err // a sheet with the names and nothing below: says more
		}
	}
	return nil, why
}

// eachRow streams a sheet. Cells come as they are stored, not as they are
// shown: a number that Excel shows as 8.12E+11 still has all its digits.
func eachRow(f *excelize.File, sheet string, take func(line int, cells []string) error) error {
	rows, err := f.Rows(sheet)
	var none excelize.ErrSheetNotExist
	if errors.As(err, &none) {
		return nil // a sheet of charts
	}
	if err != nil {
		return fmt.Errorf("%w: sheet %q: %w", ErrDamaged, sheet, err)
	}
	line := 0
	for rows.Next() {
		line++
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			_ = rows.Close()
			return fmt.Errorf("%w: row %d: %w", ErrDamaged, line, err)
		}
		if err := take(line, cells[:min(len(cells), maxCells)]); err != nil {
			_ = rows.Close()
			return err
		}
	}
	if err := rows.Error(); err != nil {
		_ = rows.Close()
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return rows.Close()
}
