package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestImportGuests(t *testing.T) {
	t.Parallel()
	dir, files := filled(t), t.TempDir()
	list := filepath.Join(files, "tamu.csv")
	csv := "Nama;Jenis;Instansi;No HP\nDewi Anggraini;koperasi;Koperasi Baru Sekali;0811-9988-776\nEko;ukm;Toko Eko;8,12E+11\nFitri;ukm;Toko Fitri;0811 9988 775\n"
	if err := os.WriteFile(list, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"DATA_DIR=" + dir}
	code, text := runs(t, env, "import", "guests", list)
	for _, part := range []string{"new 2", "bad 1", "row 3:", "8,12E+11", "nothing was written; with --yes 2 guests"} {
		if code != 0 || !strings.Contains(text, part) {
			t.Errorf("dry run: exit %d, want %q: %s", code, part, text)
		}
	}
	rows := remarks(t, filepath.Join(files, "tamu-periksa.xlsx"))
	if len(rows) != 4 || len(rows[0]) != 5 || rows[0][4] != "Keterangan" || !strings.Contains(rows[2][4], "rusak oleh Excel") {
		t.Errorf("faults: %q", rows)
	}
	if code, text = runs(t, env, "import", "guests", list, "--yes"); code != 0 || !strings.Contains(text, "2 guests added, 2 of them new") {
		t.Errorf("exit %d: %s", code, text)
	}
	if code, text = runs(t, env, "import", "guests", list, "--yes"); code != 0 || !strings.Contains(text, "0 guests added") {
		t.Errorf("again: exit %d: %s", code, text)
	}
	// What is known already is said row by row, too.
	again := "Nama;Jenis;Instansi;No HP\nDewi Anggraini;koperasi;Koperasi Baru Sekali;0811-9988-776\nTatang;ukm;Kios Tatang;0811 9988 775\nDewi Anggraeni;koperasi;Koperasi Baru Sekali;0811 9988 700\n"
	if err := os.WriteFile(list, []byte(again), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, text = runs(t, env, "import", "guests", list); code != 0 || !strings.Contains(text, "contact of another guest 1, doubtful 1, bad 0") {
		t.Errorf("known: exit %d: %s", code, text)
	}
	rows = remarks(t, filepath.Join(files, "tamu-periksa.xlsx"))
	for i, part := range []string{"Sudah ada di daftar.", "milik tamu lain di daftar: Fitri (Toko Fitri)", "orang yang sama dengan Dewi Anggraini (Koperasi Baru Sekali)"} {
		if row := rows[i+1]; !strings.Contains(row[len(row)-1], part) {
			t.Errorf("row %d says %q, want %q", i+2, row, part)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{list, "--event", "EMK-1999"}, "no event EMK-1999"},
		{[]string{list, "--audience", "xyz"}, "none of pejabat"},
		{[]string{filepath.Join(files, "nowhere.csv")}, "nowhere.csv"},
		{[]string{filepath.Join(dir, "emileku.db")}, "neither CSV nor XLSX"},
	} {
		code, text := runs(t, env, append([]string{"import", "guests"}, c.args...)...)
		if code == 0 || !strings.Contains(text, c.want) {
			t.Errorf("%v: exit %d, want %q: %s", c.args, code, c.want, text)
		}
	}
}

// remarks are the rows of the spreadsheet that goes back.
func remarks(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}
