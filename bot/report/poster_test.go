package report_test

import (
	"image"
	"image/draw"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
)

func TestPoster(t *testing.T) {
	t.Parallel()
	usual := report.PosterView{
		Title: "E-MILE KU 2027", Theme: "UKM Naik Kelas, Bogor Maju", Audience: "Pelaku UKM Kabupaten Bogor",
		Pitch: "Pamerkan produk, tambah pelanggan, dan bertemu mitra baru.", Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta),
		Place: "Stadion Pakansari, Cibinong", Codes: []report.PosterCode{{Network: "Telegram", Link: "https://t.me/emileku_bot?start=daftar_ukm", Handle: "t.me/emileku_bot"}},
		Steps: []string{"Pindai kode QR dengan kamera HP.", "Tekan Start di chat yang terbuka.", "Jawab pertanyaannya; tiket langsung dikirim."},
	}
	long := usual
	long.Title = "E-MILE KU Event Milenial Koperasi dan Usaha Kecil Menengah Kabupaten Bogor Tahun 2027"
	long.Theme = "Bersama Membangun Ekonomi Kerakyatan yang Tangguh, Mandiri, dan Berdaya Saing Global"
	long.Audience = "Pengurus dan anggota koperasi se-Kabupaten Bogor dan sekitarnya"
	long.Place = "Lapangan Tegar Beriman, Kompleks Pemerintahan Daerah Kabupaten Bogor, Jalan Tegar Beriman, Cibinong"
	bare := report.PosterView{Title: "Pasar UKM", Start: usual.Start, Codes: []report.PosterCode{{Link: usual.Codes[0].Link}}}
	two := []report.PosterCode{
		{Network: "WhatsApp", Link: "https://wa.me/6281110000000?text=Halo%20E-MILE%20KU%2C%20kode%20daftar_pemeriah", Handle: "wa.me/6281110000000"}, usual.Codes[0],
	}
	both, bothLong, bothBare := usual, long, bare
	both.Codes, bothLong.Codes, bothBare.Codes = two, two, two
	for name, v := range map[string]report.PosterView{
		"poster-usual": usual, "poster-long": long, "poster-bare": bare, "poster-two": both, "poster-two-long": bothLong, "poster-two-bare": bothBare,
	} {
		out, err := report.Poster(v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		img := picture(t, name, out)
		if b := img.Bounds(); b.Dx() != 1654 || b.Dy() != 2339 {
			t.Errorf("%s is %v", name, b)
		}
		for i, code := range v.Codes {
			part := img
			if len(v.Codes) == 2 { // each on its half
				part = half(img, i)
			}
			if got, err := read(part); err != nil || got != code.Link {
				t.Errorf("%s: the code says %q, %v", name, got, err)
			}
		}
	}
	if _, err := report.Poster(report.PosterView{Title: "x"}); err == nil {
		t.Error("a poster without a link was drawn")
	}
}

// half is the left (0) or the right half of a picture.
func half(img image.Image, i int) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()/2, b.Dy()))
	draw.Draw(out, out.Bounds(), img, image.Pt(b.Min.X+i*b.Dx()/2, b.Min.Y), draw.Src)
	return out
}

func TestStatusChart(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 10, 30, 0, 0, event.Jakarta)
	v := report.StatusView{Title: "E-MILE KU 2027", AsOf: at, Calls: 40, Done: 13, Lines: []report.StatusLine{
		{Name: "Koperasi, Telegram", Guests: 320, Answered: 140, Sent: 300, Failed: 12},
		{Name: "UKM, e-mail", Guests: 1250, Answered: 1, Sent: 620, Failed: 2},
		{Name: "Pemeriah acara, Telegram", Guests: 12},
		{Name: "Pejabat, protokol", Guests: 7, Answered: 7, Sent: 7},
	}}
	out, err := report.StatusChart(v)
	if err != nil {
		t.Fatal(err)
	}
	if b := picture(t, "status", out).Bounds(); b.Dx() != 1080 {
		t.Errorf("it is %v", b)
	}
	none, err := report.StatusChart(report.StatusView{Title: "E-MILE KU", AsOf: at})
	if err != nil {
		t.Fatal(err)
	}
	picture(t, "status-none", none)
	if _, err := report.StatusChart(report.StatusView{Title: "x", AsOf: at, Lines: []report.StatusLine{{Guests: 1, Sent: 2}}}); err == nil {
		t.Error("numbers that do not add up were drawn")
	}
}
