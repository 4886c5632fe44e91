package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	reader "github.com/ledongthuc/pdf"

	"github.com/diskopukm/emileku/bot/event"
)

// activityPages sets a report and reads its pages back with another library.
func activityPages(t *testing.T, v ActivityView) []string {
	t.Helper()
	data, err := Activity(v)
	if err != nil {
		t.Fatal(err)
	}
	r, err := reader.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var pages []string
	for n := 1; n <= r.NumPage(); n++ {
		text, err := r.Page(n).GetPlainText(nil)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, strings.Join(strings.Fields(text), " "))
	}
	return pages
}

// TestActivity: cover, contents, chapters, signature and annexes in this
// order, with a photo that cannot be read left out.
func TestActivity(t *testing.T) {
	t.Parallel()
	v := ActivityView{
		Office: OfficeView{Head: []string{"PEMERINTAH KABUPATEN BOGOR", "DINAS KOPERASI DAN UKM"}, City: "Cibinong", Title: "PLH KEPALA DINAS", Name: "Dr. Riny Kusumawati, S.P., M.M.", NIP: "197207072005012009", Paper: "F4"},
		Made:   time.Date(2027, 1, 16, 9, 0, 0, 0, event.Jakarta), Draft: true, Watermark: "DRAF", Heading: "LAPORAN KEGIATAN", Title: "E-MILE KU 2027", Contents: "DAFTAR ISI", Foot: "Laporan",
		Chapters: []Chapter{{Title: "I. PENDAHULUAN", Blocks: []Block{
			Part("Tujuan"), Points{Items: []string{"Memberdayakan koperasi"}}, Passage("Paragraf *tebal*"), Missing("Belum ada data."), Details{{"Tema", "UKM"}},
			BarChart{Title: "Bagan", Rows: []BarLine{{"UKM", []int{3}, ""}}}, Quotes{"bagus"},
			Photos(func(yield func(ReportPhoto) bool) { yield(ReportPhoto{Data: []byte("no picture"), Caption: "rusak"}) }),
			Grid{Columns: []GridColumn{{Head: "No."}, {Head: "Nama"}}, Rows: func(yield func([]string) bool) { yield([]string{"1", "Siti Aminah"}) }},
		}}},
		Sign:    Signing{Place: "Cibinong, 16 Januari 2027"},
		Annexes: []Chapter{{Title: "Lampiran 1. DAFTAR HADIR", Blocks: []Block{Missing("kosong")}}, {Title: "Lampiran 2. REGISTER", Blocks: []Block{Missing("kosong")}}},
	}
	pages := activityPages(t, v)
	if len(pages) != 5 {
		t.Fatalf("%d pages: %q", len(pages), pages)
	}
	for n, want := range [][]string{
		{"DINAS KOPERASI DAN UKM", "LAPORAN KEGIATAN", "E-MILE KU 2027"},
		{"DAFTAR ISI", "I. PENDAHULUAN", "Tujuan", "Lampiran 2. REGISTER", "Halaman 2 dari 5"},
		{"Memberdayakan koperasi", "Belum ada data.", "Siti Aminah", "bagus", "Cibinong, 16 Januari 2027", "PLH KEPALA DINAS", "NIP. 197207072005012009"},
		{"Lampiran 1. DAFTAR HADIR"}, {"Lampiran 2. REGISTER"},
	} {
		for _, w := range append(want, "DRAF") {
			if !strings.Contains(pages[n], w) {
				t.Errorf("page %d lacks %q: %q", n+1, w, pages[n])
			}
		}
	}
	if strings.Contains(strings.Join(pages, " "), "rusak") {
		t.Error("a picture that cannot be read has its caption")
	}
	v.Draft = false
	for n, p := range activityPages(t, v) {
		if strings.Contains(p, "DRAF") {
			t.Errorf("page %d of a final report says that it is a draft", n+1)
		}
	}
	if _, err := Activity(ActivityView{Title: "x", Made: v.Made}); err == nil {
		t.Error("a report without a letterhead is set")
	}
}
