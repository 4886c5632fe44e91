package report

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// quiet is the empty border that ISO/IEC 18004 wants around a QR code, in
// modules.
const quiet = 4

// QR draws text as a QR code with error correction level M (15% of it may be
// dirty or torn), as a black and white PNG of px by px pixels with its quiet
// zone inside. A module is a whole number of pixels, so that it prints sharp.
// It fails where text is empty or too long, or px leaves less than two pixels
// to a module.
func QR(text string, px int) ([]byte, error) {
	img, err := qrImage(text, px)
	if err != nil {
		return nil, err
	}
	return encode(img)
}

func qrImage(text string, px int) (*image.Paletted, error) {
	code, err := qrCode(text)
	if err != nil {
		return nil, err
	}
	n := code.Bounds().Dx()
	module := px / (n + 2*quiet)
	if module < 2 {
		return nil, fmt.Errorf("QR code of %d modules needs at least %d px, not %d", n, 2*(n+2*quiet), px)
	}
	// Palette index 0 is white, which is what a new picture holds.
	img := image.NewPaletted(image.Rect(0, 0, px, px), color.Palette{color.White, color.Black})
	margin := (px - n*module) / 2
	for y := range n {
		top := img.Pix[(margin+y*module)*img.Stride:][:px]
		for x := range n {
			if code.At(x, y) == color.Black {
				for i := range module {
					top[margin+x*module+i] = 1
				}
			}
		}
		for i := 1; i < module; i++ {
			copy(img.Pix[(margin+y*module+i)*img.Stride:][:px], top)
		}
	}
	return img, nil
}

func qrCode(text string) (barcode.Barcode, error) {
	if text == "" {
		return nil, fmt.Errorf("QR code of an empty text")
	}
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("QR code of %d bytes: %w", len(text), err)
	}
	return code, nil
}

// QRText draws text as a QR code for a terminal: two rows of modules to a line
// of half blocks, light on dark terminals too, since the quiet zone is drawn.
func QRText(text string) (string, error) {
	code, err := qrCode(text)
	if err != nil {
		return "", err
	}
	n := code.Bounds().Dx()
	dark := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < n && y < n && code.At(x, y) == color.Black
	}
	var b strings.Builder
	for y := -quiet; y < n+quiet; y += 2 {
		for x := -quiet; x < n+quiet; x++ {
			switch up, down := dark(x, y), dark(x, y+1); {
			case up && down:
				b.WriteRune(' ')
			case up:
				b.WriteRune('▄')
			case down:
				b.WriteRune('▀')
			default:
				b.WriteRune('█')
			}
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
