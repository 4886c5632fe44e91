package pdf

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestContents: the table names the page on which each part begins, and a
// reader's outline has them, too.
func TestContents(t *testing.T) {
	t.Parallel()
	d := New(Options{Made: made, Number: PageOf, Watermark: "DRAF"})
	var marks []*Mark
	d.Heading("Daftar Isi", Style{})
	d.Contents(Style{}, func() []*Mark { return marks })
	for i := range 12 {
		d.NewPage()
		title := fmt.Sprintf("Bab %d tentang sesuatu", i+1)
		if i == 3 {
			title = strings.Repeat("Bab yang namanya panjang sekali ", 9)
		}
		marks = append(marks, d.Mark(title, i%2))
		d.Heading(title, Style{})
		d.Paragraph(Plain(longText), Style{})
	}
	data := bytesOf(t, d)
	pages := textOf(t, data)
	if len(pages) != 13 {
		t.Fatalf("%d pages", len(pages))
	}
	for i := range 12 {
		if i == 3 {
			continue
		}
		want := regexp.MustCompile(fmt.Sprintf(`Bab %d tentang sesuatu[ .]*%d\b`, i+1, i+2))
		if !want.MatchString(pages[0]) {
			t.Errorf("the contents lack %s: %q", want, pages[0])
		}
	}
	if n := strings.Count(pages[0], "panjang sekali"); n == 0 || n > 4 {
		t.Errorf("a long title is not cut: %q", pages[0])
	}
	for n, p := range pages {
		if !strings.Contains(p, "DRAF") {
			t.Errorf("page %d has no watermark", n+1)
		}
	}
	if got := bytes.Count(data, []byte("/Title ")); got < 12 {
		t.Errorf("%d titles in the outline", got)
	}
}

// TestBars: every number is printed beside its bar, a long chart goes on over
// pages, and nothing divides by what is not there.
func TestBars(t *testing.T) {
	t.Parallel()
	d := New(Options{Made: made})
	d.Bars(Bars{})
	d.Bars(Bars{Rows: []Bar{{Label: "nol", Parts: []int{0}}, {Label: "kosong"}}})
	d.Bars(Bars{Legend: []string{"hadir", "tidak"}, Rows: []Bar{{Label: "UKM", Parts: []int{17, 4}}, {Label: "Koperasi " + strings.Repeat("panjang ", 12), Parts: []int{9, 3}, Value: "9 / 12"}}})
	var many []Bar
	for i := range 80 {
		many = append(many, Bar{Label: fmt.Sprint("Kecamatan ", i), Parts: []int{i * 7}})
	}
	d.Bars(Bars{Rows: many})
	d.Quote("Acaranya bagus", Style{})
	pages := textOf(t, bytesOf(t, d))
	if len(pages) < 2 {
		t.Fatalf("%d pages", len(pages))
	}
	all := strings.Join(pages, " ")
	for _, want := range []string{"hadir", "tidak", "21", "9 / 12", "Kecamatan 79", "553", "Acaranya bagus"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not printed", want)
		}
	}
}

func TestReadable(t *testing.T) {
	t.Parallel()
	good := photo(t, 60, 40)
	for name, c := range map[string]struct {
		data []byte
		want bool
	}{
		"photo": {good, true}, "drawing": {drawing(t), true}, "nothing": {nil, false}, "cut": {good[:len(good)/2], false}, "text": {[]byte("foto"), false},
	} {
		if got := Readable(c.data); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
