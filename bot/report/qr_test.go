package report_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/report"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"pgregory.net/rapid"
)

var pictures = flag.String("pictures", "", "folder in which to keep the pictures that tests draw, to look at them")

// picture decodes a PNG, and keeps it where the flag asks for it.
func picture(t testing.TB, name string, raw []byte) image.Image {
	t.Helper()
	if *pictures != "" {
		if err := os.WriteFile(filepath.Join(*pictures, name+".png"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%s is no PNG: %v", name, err)
	}
	return img
}

// read scans a picture for a QR code with a library other than the writer's.
func read(img image.Image) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	hints := map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER:    true,
		gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		// Made to find codes in photos, the reader misses the alignment of one
		// clean small code in some thousands; it has a mode for clean codes.
		hints[gozxing.DecodeHintType_PURE_BARCODE] = true
		result, err = qrcode.NewQRCodeReader().Decode(bitmap, hints)
	}
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}

func TestQRReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`https://t\.me/[a-z]{5,12}_bot\?start=[A-Za-z0-9_-]{1,64}`),
			rapid.StringMatching(`EMK-20[0-9]{2}-[0-9]{4}`),
			rapid.StringMatching(`[0-9]{1,40}`),
			rapid.StringMatching(`[A-Za-z éñ“”–,.]{1,80}`),
		).Draw(rt, "text")
		px := rapid.IntRange(400, 900).Draw(rt, "px")
		raw, err := report.QR(text, px)
		if err != nil {
			rt.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			rt.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != px || b.Dy() != px {
			rt.Fatalf("picture of %v, want %d px square", b, px)
		}
		got, err := read(img)
		if err != nil {
			rt.Fatalf("read %q at %d px: %v", text, px, err)
		}
		if got != text {
			rt.Fatalf("read %q, wrote %q", got, text)
		}
	})
}

func TestQRKeepsItsQuietZone(t *testing.T) {
	t.Parallel()
	raw, err := report.QR("EMK-2027-0001", 290)
	if err != nil {
		t.Fatal(err)
	}
	img := picture(t, "qr", raw)
	// Version 1 has 21 modules: with four of quiet on each side, 10 px each.
	const quiet = 40
	for y := range 290 {
		for x := range 290 {
			inside := x >= quiet && x < 290-quiet && y >= quiet && y < 290-quiet
			if !inside && img.At(x, y) != color.Color(color.RGBA{0xff, 0xff, 0xff, 0xff}) {
				t.Fatalf("pixel %d,%d in the quiet zone is %v", x, y, img.At(x, y))
			}
		}
	}
	if r, _, _, _ := img.At(quiet, quiet).RGBA(); r != 0 {
		t.Errorf("the code does not begin right at the quiet zone: it could be larger")
	}
}

func TestQRSurvivesDirt(t *testing.T) {
	t.Parallel()
	const text = "https://t.me/emileku_bot?start=t_EMK-2027-0001"
	raw, err := report.QR(text, 540)
	if err != nil {
		t.Fatal(err)
	}
	src := picture(t, "qr-dirt", raw)
	stained := image.NewRGBA(src.Bounds())
	for y := range 540 {
		for x := range 540 {
			stained.Set(x, y, src.At(x, y))
			if x >= 250 && x < 330 && y >= 250 && y < 330 {
				stained.Set(x, y, color.Black)
			}
		}
	}
	if got, err := read(stained); err != nil || got != text {
		t.Errorf("with a stain: %q, %v", got, err)
	}
}

func TestQRRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]struct {
		text string
		px   int
	}{
		"nothing":   {"", 400},
		"too long":  {strings.Repeat("x", 5000), 4000},
		"too small": {"https://t.me/emileku_bot?start=t_EMK-2027-0001", 60},
		"no size":   {"x", 0},
		"negative":  {"x", -5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := report.QR(in.text, in.px); err == nil {
				t.Error("no error")
			}
		})
	}
}

func BenchmarkQR(b *testing.B) {
	for b.Loop() {
		if _, err := report.QR("https://t.me/emileku_bot?start=t_EMK-2027-0001", 540); err != nil {
			b.Fatal(err)
		}
	}
}
