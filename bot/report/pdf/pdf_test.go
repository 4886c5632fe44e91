package pdf

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	reader "github.com/ledongthuc/pdf"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var made = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

var office = Letterhead{
	Lines: []string{"PEMERINTAH KABUPATEN BOGOR", "DINAS KOPERASI DAN UKM KABUPATEN BOGOR"},
	Address: []string{
		"Jalan KSR Dadi Kusmayadi, Kelurahan Tengah, Cibinong, Bogor, Jawa Barat",
		"Telp. (021) 87929919  Fax. (021) 87929919",
	},
}

const longText = "Dengan hormat, dalam rangka pemberdayaan koperasi dan usaha kecil menengah di Kabupaten Bogor, Dinas Koperasi dan UKM akan menyelenggarakan *Event Milenial Koperasi dan UKM (E-MILE KU)*, yang dikemas semenarik mungkin agar masyarakat sekitar ikut memeriahkan acara. Sehubungan dengan hal tersebut, kami mengharapkan kehadiran _Bapak/Ibu_ pada:"

// everything is a document with one of each.
func everything(t testing.TB, o Options) *Document {
	t.Helper()
	if o.Made.IsZero() {
		o.Made = made
	}
	o.Number = PageOf
	d := New(o)
	head := office
	head.Logo = drawing(t)
	d.Letterhead(head)
	d.Columns(8, []float64{3, 2}, func() {
		d.Facts([]Fact{{"Nomor", Plain("005/12/Diskopukm/XI/2026")}, {"Sifat", Plain("Penting")}, {"Hal", Bold("Undangan")}}, Style{})
	}, func() { d.Paragraph(Plain("Cibinong, 24 November 2026\nKepada Yth.\nBapak H. Dedi"), Style{}) })
	d.Space(5)
	d.Paragraph(Marked(longText), Style{Align: Justified, First: 12})
	d.Facts([]Fact{{"hari/tanggal", Plain("Kamis, 14 Januari 2027")}, {"tempat", Plain("Gedung Kesenian Kabupaten Bogor, Jalan Tegar Beriman, Pakansari, Kecamatan Cibinong, Kabupaten Bogor")}}, Style{Indent: 12})
	d.Space(3)
	d.List([]Text{Plain("Membawa undangan ini."), Marked(longText), Plain("Café, naïve, ‘kutip’, “ganda”, – dan — …, é ñ 𝓦 😀 漢.")}, Decimal, Style{Align: Justified})
	d.Space(3)
	d.Picture(Picture{Data: photo(t, 1200, 800), Width: 60, Align: Centre, Caption: "Suasana pembukaan"})
	d.Heading("LAMPIRAN", Style{Align: Centre})
	d.Table(Table{
		Shade:   true,
		Columns: []Column{{Head: "No.", Width: 1, Align: Right}, {Head: "Nama", Width: 6}, {Head: "Kecamatan", Width: 4}, {Head: "Tanda tangan", Width: 4}},
		Rows: func(yield func([]string) bool) {
			if !yield([]string{"Koperasi"}) {
				return
			}
			for i := range 40 {
				if !yield([]string{fmt.Sprint(i + 1), "Hj. Siti Aminah binti Abdurrahman, S.E., M.M. " + strings.Repeat("dan kawan-kawan ", i%4), "Cibinong", ""}) {
					return
				}
			}
		},
		MinHeight: 9,
	})
	d.Album(2, 50, slices.Values([]Picture{{Data: photo(t, 900, 1200), Caption: "Satu"}, {Data: photo(t, 1200, 900), Caption: "Dua"}, {Data: drawing(t), Caption: "Tiga"}}))
	d.Space(6)
	sign := Signature{Place: []string{"Cibinong, 24 November 2026"}, Title: []string{"PLH KEPALA DINAS KOPERASI,", "USAHA KECIL DAN MENENGAH", "KABUPATEN BOGOR"}, Name: "Dr. Riny Kusumawati, S.P., M.M.", Under: []string{"Pembina Tingkat I", "NIP. 197207072005012009"}}
	coded := sign
	coded.Mark, coded.Note = drawing(t), "Ditandatangani secara elektronik"
	d.SignBeside(d.SignHeight(coded), func() { d.SignatureBlock(coded) }, sign)
	return d
}

func photo(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), uint8((x ^ y) & 0xff), 255}) //nolint:gosec // colours
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// drawing is a PNG with transparent corners.
func drawing(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 120, 120))
	for y := range 120 {
		for x := range 120 {
			if (x-60)*(x-60)+(y-60)*(y-60) < 3600 {
				img.SetNRGBA(x, y, color.NRGBA{0, 90, 60, 255})
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func bytesOf(t testing.TB, d *Document) []byte {
	t.Helper()
	b, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// textOf reads the text back with another library.
func textOf(t testing.TB, data []byte) (pages []string) {
	t.Helper()
	r, err := reader.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatalf("another library does not open it: %v", err)
	}
	for n := 1; n <= r.NumPage(); n++ {
		page, err := r.Page(n).GetPlainText(nil)
		if err != nil {
			t.Fatalf("page %d: %v", n, err)
		}
		pages = append(pages, strings.Join(strings.Fields(page), " "))
	}
	return pages
}

func TestSameCallsSameBytes(t *testing.T) {
	t.Parallel()
	one := bytesOf(t, everything(t, Options{Title: "Undangan"}))
	if two := bytesOf(t, everything(t, Options{Title: "Undangan"})); !bytes.Equal(one, two) {
		t.Error("the same calls gave other bytes")
	}
	if err := Check(one); err != nil {
		t.Errorf("our own file is refused: %v", err)
	}
}

// TestGolden: run with -update after a wanted change, and look at the pages
// (pdftoppm -png) as well.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, paper := range []Paper{A4, F4} {
		for name, font := range map[string]Font{"serif": Serif, "sans": Sans} {
			data := bytesOf(t, everything(t, Options{Paper: paper, Font: font}))
			if dir := os.Getenv("PDF_OUT"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, paper.Name+"-"+name+".pdf"), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got := strings.Join(textOf(t, data), "\n\f\n") + "\n"
			file := filepath.Join("testdata", paper.Name+"-"+name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s: the text of the pages changed:\n%s", file, got)
			}
		}
	}
}

// TestPopplerReads: the program that most Linux readers stand on finds the
// text in its order, with the characters as they were typed.
func TestPopplerReads(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext (poppler-utils) is not installed: .ci/run installs it")
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, bytesOf(t, everything(t, Options{Paper: F4})), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool, "-layout", file, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text := string(out)
	for _, want := range []string{
		"Kabupaten Bogor, Dinas Koperasi dan UKM akan menyelenggarakan Event Milenial Koperasi", // over a change of font
		"Café, naïve, ‘kutip’, “ganda”, – dan — …, é ñ W □.",
		"NIP. 197207072005012009", "Halaman 2 dari", "Hj. Siti Aminah binti Abdurrahman", "Suasana pembukaan",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("pdftotext does not find %q", want)
		}
	}
	pages := strings.Split(strings.TrimRight(text, "\f"), "\f")
	for i, p := range pages[1:3] {
		if !strings.Contains(p, "Tanda tangan") {
			t.Errorf("page %d has no table heads:\n%s", i+2, p)
		}
	}
}

func TestLinesKeepWordsAndWidth(t *testing.T) {
	t.Parallel()
	d := New(Options{Made: made})
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`([A-Z][a-z]{0,30}[ ,\n-]){0,30}`)).Draw(rt, "text")
		width := rapid.Float64Range(8, 170).Draw(rt, "width")
		st := d.style(Style{Bold: rapid.Bool().Draw(rt, "bold")})
		var got strings.Builder
		for _, l := range d.lines(Plain(s), st, width, 0) {
			for _, w := range l.words {
				for _, r := range w.runs {
					got.WriteString(r.text)
				}
			}
			if l.width > width+1e-6 {
				rt.Fatalf("a line of %.2f mm in %.2f", l.width, width)
			}
		}
		want := strings.NewReplacer(" ", "", "\n", "").Replace(d.face.legible(s))
		if got.String() != want {
			rt.Fatalf("%q became %q", want, got.String())
		}
	})
}

func TestRowHigherThanAPage(t *testing.T) {
	t.Parallel()
	d := New(Options{Made: made})
	d.Table(Table{
		Columns: []Column{{Head: "A", Width: 1}, {Head: "B", Width: 1}},
		Rows:    slices.Values([][]string{{"x", strings.Repeat("panjang ", 900)}, {"y", "akhir"}}),
	})
	pages := textOf(t, bytesOf(t, d))
	all := strings.Join(pages, " ")
	if n := strings.Count(all, "panjang"); n != 900 {
		t.Errorf("%d of 900 words are there", n)
	}
	if len(pages) < 2 || !strings.HasPrefix(pages[1], "A B") || !strings.HasSuffix(all, "y akhir") {
		t.Errorf("%d pages: %.80q", len(pages), pages[len(pages)-1])
	}
}

func TestFaultsComeBack(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}).Bytes(); err == nil {
		t.Error("a document without a time was made")
	}
	d := New(Options{Made: made})
	d.Picture(Picture{Data: []byte("no picture"), Caption: "x"})
	d.Paragraph(Plain("text"), Style{})
	if _, err := d.Bytes(); err == nil {
		t.Error("a broken picture was printed")
	}
}

// TestPicturesAreBroughtDown: photos of a phone's size take what print shows.
func TestPicturesAreBroughtDown(t *testing.T) {
	t.Parallel()
	const n = 8
	d := New(Options{Made: made})
	d.Album(2, 70, func(yield func(Picture) bool) {
		for i := range n {
			if !yield(Picture{Data: photo(t, 1600+8*i, 1200), Caption: fmt.Sprint("Foto ", i+1)}) {
				return
			}
		}
	})
	data := bytesOf(t, d)
	if got := bytes.Count(data, []byte("/Subtype /Image")); got != n {
		t.Errorf("%d pictures in the file", got)
	}
	if len(data) > n*100<<10 {
		t.Errorf("%d photos made %d bytes", n, len(data))
	}
}

func TestOrientation(t *testing.T) {
	t.Parallel()
	plain := photo(t, 300, 200)
	// An APP1 segment with one entry: orientation 6, the phone held upright.
	exif := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00")
	turned := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, byte(len(exif) + 2)}, exif...)
	turned = append(turned, plain[2:]...)
	if got := orientation(turned); got != 6 {
		t.Fatalf("orientation %d", got)
	}
	d := New(Options{Made: made})
	_, flat, err := d.register(Picture{Data: plain})
	if err != nil {
		t.Fatal(err)
	}
	_, upright, err := d.register(Picture{Data: turned})
	if err != nil {
		t.Fatal(err)
	}
	if flat >= 1 || upright <= 1 {
		t.Errorf("height over width: %.2f flat, %.2f upright", flat, upright)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	d := New(Options{Made: made})
	d.Paragraph(Plain("Surat"), Style{})
	good := bytesOf(t, d)
	withEncrypt := bytes.Replace(good, []byte("/Root"), []byte("/Encrypt 9 0 R /Root"), 1)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"good":      {good, nil},
		"padded":    {append(slices.Clone(good), "\n\n\x00\x00"...), nil},
		"junk":      {append([]byte("\xef\xbb\xbf\n"), good...), nil},
		"empty":     {nil, ErrNotPDF},
		"picture":   {photo(t, 10, 10), ErrNotPDF},
		"renamed":   {[]byte("PK\x03\x04 docx"), ErrNotPDF},
		"half":      {good[:len(good)/2], ErrTruncated},
		"header":    {[]byte("%PDF-1.7\nstartxref\n99\n%%EOF"), ErrTruncated},
		"encrypted": {withEncrypt, ErrEncrypted},
		"active":    {bytes.Replace(good, []byte("/Type /Catalog"), []byte("/JavaScript  1"), 1), ErrActive},
	} {
		if err := Check(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n1 0 obj\n/Root\nstartxref\n9\n%%EOF"))
	f.Fuzz(func(_ *testing.T, data []byte) { _ = Check(data) })
}

func BenchmarkLetter(b *testing.B) {
	for b.Loop() {
		d := New(Options{Made: made})
		d.Letterhead(office)
		d.Paragraph(Marked(longText), Style{Align: Justified})
		if _, err := d.Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}
