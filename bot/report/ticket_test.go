package report_test

import (
	"bytes"
	"image"
	"image/color"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"pgregory.net/rapid"
)

const (
	ticketWidth = 1080
	maxTicket   = 120 << 10 // bytes: quick to load on a slow connection
	textLeft    = 104       // of the ticket's text column
)

func ticket() report.TicketView {
	return report.TicketView{
		Title: "E-MILE KU 2027", Theme: "Muda Berkarya, UKM Berdaya",
		Audience: "UKM – Kuliner", Name: "Dapur Talas Bu Yanti", Contact: "Yanti Suryani",
		Number: "EMK-2027-0001", Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta),
		Place: "Lapangan Tegar Beriman, Cibinong", Booth: "12", Heads: 3,
		Code: "https://t.me/emileku_bot?start=t_EMK-2027-0001",
	}
}

// tickets are the cards worth looking at.
func tickets() map[string]report.TicketView {
	long := ticket()
	long.Title = "Gebyar Produk Milenial Kabupaten Bogor 2027"
	long.Theme = "Bersama Koperasi dan UKM Milenial Menuju Kabupaten Bogor yang Maju, Mandiri, dan Berkelanjutan"
	long.Name = "Koperasi Konsumen Syariah Pegawai Republik Indonesia Sejahtera Bersama Kecamatan Babakan Madang Kabupaten Bogor"
	long.Contact = "H. Muhammad Abdurrahman Suryakencana, S.E., M.M."
	long.Audience = "Koperasi – Simpan Pinjam dan Pembiayaan Syariah"
	long.Place = "Gedung Serbaguna 1 Sekretariat Daerah Kabupaten Bogor, Jalan Tegar Beriman, Kelurahan Tengah, Kecamatan Cibinong, Kabupaten Bogor 16914"
	long.Stamp, long.Booth = "DAFTAR TUNGGU", ""

	least := report.TicketView{Title: "E-MILE KU", Name: "Siti", Number: "EMK-2027B-0417", Start: ticket().Start, Code: "EMK-2027B-0417"}

	unusual := ticket()
	unusual.Name = "𝓦𝓪𝓻𝓾𝓷𝓰 Ñasi 🍚 Çafé\u200d Łódź & “Rasa”"
	unusual.Contact = "Superkalifragilistikekspialidosiusnyaibusukaesihdaricileungsi"

	undrawable := ticket()
	undrawable.Name, undrawable.Number, undrawable.Place, undrawable.Stamp = "🍚", "🍚", "🍚", "🍚"

	void := ticket()
	void.Stamp, void.Void = "BATAL", true
	return map[string]report.TicketView{"usual": ticket(), "long": long, "least": least, "unusual": unusual, "undrawable": undrawable, "void": void}
}

func TestTicket(t *testing.T) {
	t.Parallel()
	for name, v := range tickets() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := report.Ticket(v)
			if err != nil {
				t.Fatal(err)
			}
			if len(raw) > maxTicket {
				t.Errorf("%d bytes, at most %d", len(raw), maxTicket)
			}
			img := picture(t, "ticket-"+name, raw)
			if b := img.Bounds(); b.Dx() != ticketWidth || b.Dy() < 1500 || b.Dy() > 2700 {
				t.Errorf("picture of %v", b)
			}
			if spot, ok := beside(img); !ok {
				t.Errorf("text leaves its column at %v", spot)
			}
			switch got, err := read(img); {
			case v.Void && err == nil:
				t.Errorf("a void ticket can still be scanned: %q", got)
			case !v.Void && (err != nil || got != v.Code):
				t.Errorf("scanned %q, %v; want %q", got, err, v.Code)
			}
		})
	}
}

// A phone shows the ticket at a third of its size, and a door is dark.
func TestTicketScansSmallAndDim(t *testing.T) {
	t.Parallel()
	raw, err := report.Ticket(ticket())
	if err != nil {
		t.Fatal(err)
	}
	src := picture(t, "ticket", raw)
	b := src.Bounds()
	small := image.NewGray(image.Rect(0, 0, b.Dx()/3, b.Dy()/3))
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			sum := 0
			for d := range 9 {
				sum += int(color.GrayModel.Convert(src.At(3*x+d%3, 3*y+d/3)).(color.Gray).Y)
			}
			small.SetGray(x, y, color.Gray{uint8(60 + sum/9/3)})
		}
	}
	if got, err := read(small); err != nil || got != ticket().Code {
		t.Errorf("scanned %q, %v", got, err)
	}
}

// beside looks for the ink of names and facts outside of the text column.
func beside(img image.Image) (image.Point, bool) {
	var out image.Point
	inside := true
	spots(img, color.RGBA{0x17, 0x20, 0x1c, 0xff}, func(x, y int) {
		if x < textLeft-4 || x > ticketWidth-textLeft+4 {
			out, inside = image.Pt(x, y), false
		}
	})
	return out, inside
}

// spots calls f for each pixel of exactly that colour.
func spots(img image.Image, c color.RGBA, f func(x, y int)) {
	p := img.(*image.Paletted)
	index := slices.IndexFunc(p.Palette, func(in color.Color) bool { return color.RGBAModel.Convert(in) == color.Color(c) })
	for i, v := range p.Pix {
		if int(v) == index {
			f(i%p.Stride, i/p.Stride)
		}
	}
}

// anyTicket draws a ticket with whatever people may type. Drawing takes its
// time, so the layout has its properties in layout_test.go and a few whole
// tickets stand for the rest.
func anyTicket() *rapid.Generator[report.TicketView] {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z]{1,200}`), rapid.StringMatching(`([A-Z][a-z]{1,14} ){1,30}`))
	return rapid.Custom(func(rt *rapid.T) report.TicketView {
		v := ticket()
		v.Name = "x" + text.Draw(rt, "name")
		v.Contact = text.Draw(rt, "contact")
		v.Title = text.Draw(rt, "title")
		v.Theme = text.Draw(rt, "theme")
		v.Place = text.Draw(rt, "place")
		v.Audience = text.Draw(rt, "audience")
		v.Booth = text.Draw(rt, "booth")
		v.Stamp = text.Draw(rt, "stamp")
		v.Heads = rapid.IntRange(0, 1<<30).Draw(rt, "heads")
		return v
	})
}

func TestTicketHoldsAnyText(t *testing.T) {
	t.Parallel()
	for seed := range 6 {
		v := anyTicket().Example(seed)
		raw, err := report.Ticket(v)
		if err != nil {
			t.Fatalf("%+v: %v", v, err)
		}
		img := picture(t, "ticket-any-"+strconv.Itoa(seed), raw)
		if spot, ok := beside(img); !ok {
			t.Errorf("text leaves its column at %v: %+v", spot, v)
		}
		if h := img.Bounds().Dy(); h > 2900 {
			t.Errorf("%d px high: %+v", h, v)
		}
		if len(raw) > maxTicket {
			t.Errorf("%d bytes: %+v", len(raw), v)
		}
	}
}

func TestTicketRefusesWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*report.TicketView){
		"no number":     func(v *report.TicketView) { v.Number = "" },
		"no name":       func(v *report.TicketView) { v.Name = "" },
		"no code":       func(v *report.TicketView) { v.Code = "" },
		"code too long": func(v *report.TicketView) { v.Code = strings.Repeat("x", 3000) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := ticket()
			spoil(&v)
			if _, err := report.Ticket(v); err == nil {
				t.Error("no error")
			}
		})
	}
}

// The same view gives the same bytes, also while others are drawn.
func TestPicturesAtOnce(t *testing.T) {
	t.Parallel()
	want, err := report.Ticket(ticket())
	if err != nil {
		t.Fatal(err)
	}
	chart, err := report.RecapChart(recap(40, 60))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if i%2 == 0 {
				if got, err := report.RecapChart(recap(40, 60)); err != nil || !bytes.Equal(got, chart) {
					t.Errorf("recap differs (%v)", err)
				}
				return
			}
			if got, err := report.Ticket(ticket()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("ticket differs (%v)", err)
			}
		})
	}
	wg.Wait()
}

func BenchmarkTicket(b *testing.B) {
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		raw, err := report.Ticket(ticket())
		if err != nil {
			b.Fatal(err)
		}
		size = len(raw)
	}
	b.ReportMetric(float64(size), "bytes/ticket")
}
