package report_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

var workbook = flag.String("workbook", "", "file in which to keep the workbook that a test writes, to open it by hand")

func rows(in ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range in {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func registrations() report.Sheet {
	at := time.Date(2026, 12, 31, 18, 30, 0, 0, time.UTC) // already 2027 in WIB
	return report.Sheet{
		Name: "UKM: pendaftar [2027]",
		Columns: []report.Column{
			{Title: "Nomor"}, {Title: "Nama usaha", Width: 32}, {Title: "Telepon", Kind: report.Phone},
			{Title: "NIB"}, {Title: "Orang", Kind: report.Int}, {Title: "Tanggal", Kind: report.Date}, {Title: "Waktu daftar", Kind: report.Clock},
		},
		Rows: rows(
			[]any{"EMK-2027-0001", "Dapur Talas Bu Yanti", "+6281234567890", "0220001234567", 3, at, at},
			[]any{"EMK-2027-0002", `=HYPERLINK("http://x";"y")`, "081234567890", "", int64(-2), time.Time{}, nil},
			[]any{"EMK-2027-0003", "Kue; \"Lapis\"\nbaris dua", nil, "@x", 0, at, at},
		),
	}
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := report.Workbook(&out, []report.Sheet{registrations(), {Name: "Koperasi", Columns: []report.Column{{Title: "Nomor"}}, Rows: rows()}}); err != nil {
		t.Fatal(err)
	}
	if *workbook != "" {
		if err := os.WriteFile(*workbook, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := fmt.Sprint(f.GetSheetList()); got != "[UKM  pendaftar  2027 Koperasi]" {
		t.Errorf("sheets %s", got)
	}
	sheet := f.GetSheetList()[0]
	for cell, want := range map[string]string{
		"A1": "Nomor", "A2": "EMK-2027-0001", "C2": "+6281234567890", "C3": "081234567890", "D2": "0220001234567",
		"B3": `=HYPERLINK("http://x";"y")`, "B4": "Kue; \"Lapis\"\nbaris dua", "E2": "3", "E3": "-2", "E4": "0",
		"F2": "01/01/2027", "G2": "01/01/2027 01:30", "F3": "", "G3": "", "C4": "", "D3": "",
	} {
		if got, err := f.GetCellValue(sheet, cell); err != nil || got != want {
			t.Errorf("%s shows %q (%v), want %q", cell, got, err, want)
		}
	}
	for cell, want := range map[string]excelize.CellType{
		"C2": excelize.CellTypeInlineString, "D2": excelize.CellTypeInlineString, "B3": excelize.CellTypeInlineString,
		"E2": excelize.CellTypeNumber, "F2": excelize.CellTypeUnset, "G2": excelize.CellTypeUnset, // a number by default: real dates
	} {
		if got, err := f.GetCellType(sheet, cell); err != nil || got != want && !(want == excelize.CellTypeNumber && got == excelize.CellTypeUnset) {
			t.Errorf("%s is of type %v (%v), want %v", cell, got, err, want)
		}
	}
	if raw, err := f.GetCellValue(sheet, "F2", excelize.Options{RawCellValue: true}); err != nil || raw != "46388" {
		t.Errorf("1 January 2027 is day %q (%v), want 46388", raw, err)
	}
	if panes, err := f.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("header is not frozen: %+v, %v", panes, err)
	}
	if width, err := f.GetColWidth(sheet, "B"); err != nil || width != 32 {
		t.Errorf("width %v, %v", width, err)
	}
	bold, err := f.GetCellStyle(sheet, "A1")
	if err != nil {
		t.Fatal(err)
	}
	if style, err := f.GetStyle(bold); err != nil || style.Font == nil || !style.Font.Bold {
		t.Errorf("header is not bold: %+v, %v", style, err)
	}
	xml := part(t, out.Bytes(), "xl/worksheets/sheet1.xml")
	if !strings.Contains(xml, `<autoFilter ref="$A$1:$G$4"`) {
		t.Error("no filter over the table")
	}
	if strings.Contains(xml, "<f>") {
		t.Error("a text became a formula")
	}
	quoted, err := f.GetCellStyle(sheet, "B3")
	if err != nil {
		t.Fatal(err)
	}
	if q := f.Styles.CellXfs.Xf[quoted].QuotePrefix; q == nil || !*q {
		t.Error("a text that begins like a formula has no quote prefix")
	}
}

func part(t *testing.T, book []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// No text, whatever it begins with, is ever stored as a formula or guarded
// too little in CSV; and all come back.
func TestSpreadsheetsHoldAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`[=+\-@\t＝＋－＠]?[ -~é–爱]{1,60}`),
			rapid.SampledFrom([]string{"=1+1", "+62812", "-", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'", ";", "\"", "_x0041_", " =1"}),
		).Draw(rt, "text")
		sheet := report.Sheet{Name: "Data", Columns: []report.Column{{Title: "Teks"}}, Rows: rows([]any{text})}

		var book bytes.Buffer
		if err := report.Workbook(&book, []report.Sheet{sheet}); err != nil {
			rt.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(book.Bytes()))
		if err != nil {
			rt.Fatal(err)
		}
		defer f.Close()
		if formula, err := f.GetCellFormula("Data", "A2"); err != nil || formula != "" {
			rt.Fatalf("%q became the formula %q (%v)", text, formula, err)
		}
		// XML reads a carriage return as a line break.
		if got, err := f.GetCellValue("Data", "A2"); err != nil || strings.ReplaceAll(got, "\r", "\n") != strings.ReplaceAll(text, "\r", "\n") {
			rt.Fatalf("workbook has %q (%v), want %q", got, err, text)
		}

		var plain bytes.Buffer
		if err := report.CSV(&plain, sheet); err != nil {
			rt.Fatal(err)
		}
		records := readCSV(rt, plain.Bytes())
		got := records[1][0]
		if strings.IndexAny(got, "=+-@\t\r\n＝＋－＠") == 0 {
			rt.Fatalf("CSV field %q begins like a formula", got)
		}
		if flat := strings.NewReplacer("\r\n", "\n", "\r", ""); strings.TrimPrefix(flat.Replace(got), "'") != strings.TrimPrefix(flat.Replace(text), "'") {
			rt.Fatalf("CSV has %q, want %q", got, text)
		}
	})
}

func readCSV(t interface {
	Helper()
	Fatalf(string, ...any)
}, raw []byte) [][]string {
	t.Helper()
	body, ok := bytes.CutPrefix(raw, []byte("\xef\xbb\xbf"))
	if !ok {
		t.Fatalf("no byte order mark: Excel would take UTF-8 for Windows-1252")
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma = ';'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatalf("read CSV: %v", err)
	}
	return records
}

func TestCSV(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := report.CSV(&out, registrations()); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffNomor;Nama usaha;Telepon;NIB;Orang;Tanggal;Waktu daftar\r\n" +
		"EMK-2027-0001;Dapur Talas Bu Yanti;'+6281234567890;0220001234567;3;2027-01-01;2027-01-01 01:30\r\n" +
		"EMK-2027-0002;\"'=HYPERLINK(\"\"http://x\"\";\"\"y\"\")\";081234567890;;-2;;\r\n" +
		"EMK-2027-0003;\"Kue; \"\"Lapis\"\"\r\nbaris dua\";;'@x;0;2027-01-01;2027-01-01 01:30\r\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSheetNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"UKM", "ukm", "", "'", "[]:*?/\\", "Jum'at", strings.Repeat("é", 40)})), 1, 6).Draw(rt, "names")
		var sheets []report.Sheet
		for _, n := range names {
			sheets = append(sheets, report.Sheet{Name: n, Columns: []report.Column{{Title: "Nomor"}}, Rows: rows([]any{"x"})})
		}
		var out bytes.Buffer
		if err := report.Workbook(&out, sheets); err != nil {
			rt.Fatalf("%q: %v", names, err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
		if err != nil {
			rt.Fatal(err)
		}
		defer f.Close()
		if n := len(f.GetSheetList()); n != len(names) {
			rt.Fatalf("%d sheets for %q", n, names)
		}
	})
}

func TestSpreadsheetsReportWhatIsWrong(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection lost")
	for name, s := range map[string]report.Sheet{
		"source fails":   {Columns: []report.Column{{}}, Rows: func(yield func([]any, error) bool) { yield(nil, broken) }},
		"too few values": {Columns: []report.Column{{}, {}}, Rows: rows([]any{1})},
		"no integer":     {Columns: []report.Column{{Kind: report.Int}}, Rows: rows([]any{"drei"})},
		"no date":        {Columns: []report.Column{{Kind: report.Date}}, Rows: rows([]any{"2027-01-14"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errBook, errCSV := report.Workbook(io.Discard, []report.Sheet{s}), report.CSV(io.Discard, s)
			if errBook == nil || errCSV == nil {
				t.Fatalf("no error: %v, %v", errBook, errCSV)
			}
			if name == "source fails" && !(errors.Is(errBook, broken) && errors.Is(errCSV, broken)) {
				t.Errorf("the cause is lost: %v, %v", errBook, errCSV)
			}
		})
	}
	if err := report.Workbook(io.Discard, nil); err == nil {
		t.Error("a workbook without sheets cannot be opened")
	}
	full := errors.New("disk full")
	if err := report.CSV(failing{full}, registrations()); !errors.Is(err, full) {
		t.Errorf("CSV to a full disk: %v", err)
	}
	if err := report.Workbook(failing{full}, []report.Sheet{registrations()}); !errors.Is(err, full) {
		t.Errorf("workbook to a full disk: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// many yields n rows from one slice, and notes how much memory is in use on
// the way.
func many(n int, peak *uint64) iter.Seq2[[]any, error] {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, event.Jakarta)
	row := make([]any, 5)
	return func(yield func([]any, error) bool) {
		for i := range n {
			row[0], row[1], row[2], row[3], row[4] = fmt.Sprintf("EMK-2027-%06d", i), "Dapur Talas Bu Yanti", "+6281234567890", i, at
			if !yield(row, nil) {
				return
			}
			if peak != nil && i%20000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				*peak = max(*peak, m.HeapInuse)
			}
		}
	}
}

func BenchmarkSpreadsheets(b *testing.B) {
	columns := []report.Column{{Title: "Nomor"}, {Title: "Nama"}, {Title: "Telepon", Kind: report.Phone}, {Title: "Orang", Kind: report.Int}, {Title: "Waktu", Kind: report.Clock}}
	for _, n := range []int{1000, 100_000} {
		for name, write := range map[string]func(io.Writer, report.Sheet) error{
			"xlsx": func(w io.Writer, s report.Sheet) error { return report.Workbook(w, []report.Sheet{s}) },
			"csv":  report.CSV,
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				var peak uint64
				for b.Loop() {
					if err := write(io.Discard, report.Sheet{Name: "UKM", Columns: columns, Rows: many(n, &peak)}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
			})
		}
	}
}
