package scan_test

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/scan"
)

var pictures = flag.String("pictures", "", "folder in which to keep the photos that tests make, to look at them")

const link = "https://t.me/emileku_bot?start=h_EMK-2027-0123_abcdefghij234567"

// ticket is a ticket as guests have it, drawn by this program with another
// library than the one that reads it.
func ticket(t testing.TB) image.Image {
	t.Helper()
	raw, err := report.Ticket(report.TicketView{
		Title: "E-MILE KU 2027", Audience: "UKM – Kuliner", Name: "Keripik Talas Bu Siti", Contact: "Siti Aminah", Number: "EMK-2027-0123",
		Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta), Place: "Lapangan Tegar Beriman", Booth: "12", Heads: 2, Code: link,
	})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// shot is how a photo of something is taken.
type shot struct {
	width, height int
	degrees       float64 // turned
	tilt          float64 // 0: straight from above; 0.3: its far side is 30% smaller
	scale         float64 // how much of the photo's width it fills
	bright, span  float64 // of white, and how much darker black is: 255, 255 is print on paper in the sun
	shade         float64 // how much darker the left side is
	noise         float64
	blur          int
	quality       int
}

// take photographs img as s says, as a phone does: perspective, light, noise,
// blur and JPEG.
func take(img image.Image, s shot) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	out := image.NewGray(image.Rect(0, 0, s.width, s.height))
	b := img.Bounds()
	sin, cos := math.Sincos(s.degrees * math.Pi / 180)
	unit := float64(s.width) * s.scale / float64(b.Dx())
	for y := range s.height {
		for x := range s.width {
			dx, dy := (float64(x)-float64(s.width)/2)/unit, (float64(y)-float64(s.height)/2)/unit
			// The far side, above, is smaller: lines run together.
			depth := 1 - s.tilt*dy/float64(b.Dy())
			u, v := dx*depth, dy*depth*(1+s.tilt/2)
			sx, sy := u*cos+v*sin+float64(b.Dx())/2, v*cos-u*sin+float64(b.Dy())/2
			light := 0.45 // a table
			if p := image.Pt(int(math.Floor(sx)), int(math.Floor(sy))); p.In(b) {
				light = float64(color.GrayModel.Convert(img.At(p.X, p.Y)).(color.Gray).Y) / 255
			}
			g := s.bright - s.span*(1-light)
			g *= 1 - s.shade*(1-float64(x)/float64(s.width))
			g += rnd.NormFloat64() * s.noise
			out.SetGray(x, y, color.Gray{Y: uint8(min(255, max(0, g)))})
		}
	}
	for range s.blur {
		out = blurred(out)
	}
	var buf bytes.Buffer
	_ = jpeg.Encode(&buf, out, &jpeg.Options{Quality: s.quality})
	return buf.Bytes()
}

func blurred(g *image.Gray) *image.Gray {
	out := image.NewGray(g.Rect)
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			sum, n := 0, 0
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					if p := image.Pt(x+dx, y+dy); p.In(g.Rect) {
						sum += int(g.GrayAt(p.X, p.Y).Y)
						n++
					}
				}
			}
			out.SetGray(x, y, color.Gray{Y: uint8(sum / n)})
		}
	}
	return out
}

func TestPhotosAreRead(t *testing.T) {
	t.Parallel()
	img := ticket(t)
	good := shot{width: 960, height: 1280, scale: 0.7, bright: 235, span: 220, noise: 4, quality: 80}
	with := func(change func(s *shot)) shot {
		s := good
		change(&s)
		return s
	}
	for name, s := range map[string]shot{
		"good":          good,
		"turned 90":     with(func(s *shot) { s.degrees = 90 }),
		"upside down":   with(func(s *shot) { s.degrees = 180 }),
		"turned 45":     with(func(s *shot) { s.degrees, s.scale = 45, 0.6 }),
		"turned 17":     with(func(s *shot) { s.degrees = 17 }),
		"skewed":        with(func(s *shot) { s.tilt, s.scale = 0.35, 0.6 }),
		"skewed turned": with(func(s *shot) { s.tilt, s.degrees, s.scale = 0.3, 28, 0.6 }),
		"dim":           with(func(s *shot) { s.bright, s.span, s.noise = 60, 38, 2 }),
		"very dim":      with(func(s *shot) { s.bright, s.span, s.noise = 34, 22, 1 }),
		"pale":          with(func(s *shot) { s.bright, s.span = 250, 45 }),
		"dim skewed":    with(func(s *shot) { s.bright, s.span, s.tilt, s.degrees, s.scale = 70, 50, 0.25, 12, 0.65 }),
		"shadow":        with(func(s *shot) { s.shade = 0.75 }),
		"noisy":         with(func(s *shot) { s.noise = 28 }),
		"blurred":       with(func(s *shot) { s.blur = 3 }),
		"far away":      with(func(s *shot) { s.width, s.height, s.scale = 1500, 2000, 0.3 }),
		"large":         with(func(s *shot) { s.width, s.height = 2400, 3200 }),
		"small file":    with(func(s *shot) { s.width, s.height, s.quality = 600, 800, 35 }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := take(img, s)
			if *pictures != "" {
				if err := os.WriteFile(filepath.Join(*pictures, name+".jpg"), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := scan.Read(data); err != nil || got != link {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestPlainCodes: what is no photo but the picture itself, also bright on dark.
func TestPlainCodes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{link, "EMK-2027-0001", "h_abcdefghijklmnopqrstuvwxyz", "https://wa.me/6281200000000?text=Halo%20E-MILE%20KU%2C%20kode%20h_EMK-2027-0123_abcdefghij234567"} {
		raw, err := report.QR(text, 400)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := scan.Read(raw); err != nil || got != text {
			t.Errorf("%q was read as %q, %v", text, got, err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		dark := image.NewGray(img.Bounds())
		for y := range dark.Rect.Dy() {
			for x := range dark.Rect.Dx() {
				dark.SetGray(x, y, color.Gray{Y: 255 - color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y})
			}
		}
		if got, err := scan.Find(dark); err != nil || got != text {
			t.Errorf("%q, bright on dark, was read as %q, %v", text, got, err)
		}
	}
}

func TestNothingToRead(t *testing.T) {
	t.Parallel()
	var flat bytes.Buffer
	if err := png.Encode(&flat, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	if _, err := scan.Read(flat.Bytes()); !errors.Is(err, scan.ErrNoCode) {
		t.Errorf("an empty picture: %v", err)
	}
	for _, data := range [][]byte{nil, []byte("a photo"), flat.Bytes()[:40]} {
		if _, err := scan.Read(data); !errors.Is(err, scan.ErrNoPicture) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	raw, err := report.QR("EMK-2027-0001", 100)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("GIF89a"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if len(data) < 4<<10 {
			_, _ = scan.Read(data) // must neither panic nor hang
		}
	})
}
