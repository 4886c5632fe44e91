// Package scan reads QR codes in photos: dim, skewed, turned, small in a large
// picture, or bright on dark. It is a leaf: bytes in, text out.
package scan

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // what people send
	_ "image/jpeg"
	_ "image/png"
	"math"
	"runtime"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // as some phones do
)

// Errors of Read.
var (
	// ErrNoPicture: the bytes are no picture that can be opened.
	ErrNoPicture = errors.New("not a picture that can be read")
	// ErrNoCode: no QR code was found in the picture.
	ErrNoCode = errors.New("no QR code in the picture")
)

// maxPixels is the largest picture that is opened: a small file may unfold to
// a huge one.
const maxPixels = 60_000_000

// lenses are how many photos are read at the same time: half of the cores, so
// that those who type do not wait for those who photograph.
var lenses = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))

// Read finds the QR code of a picture and gives its text.
func Read(data []byte) (string, error) {
	conf, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || conf.Width < 1 || conf.Height < 1 || conf.Width > maxPixels/conf.Height {
		return "", ErrNoPicture
	}
	lenses <- struct{}{}
	defer func() { <-lenses }()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoPicture, err)
	}
	return Find(img)
}

// sizes are the lengths of the longer side at which a picture is looked at: at
// a smaller one noise and the weave of paper are gone, at a larger one a code
// in a corner is whole.
var sizes = []int{1000, 640, 1700, 420, 2600}

// Find is Read for an opened picture. It goes from what is quick and nearly
// always does to what is slow.
func Find(img image.Image) (string, error) {
	var last int
	for _, size := range sizes {
		b := img.Bounds()
		side := min(size, max(b.Dx(), b.Dy()))
		if side == last {
			continue // no larger than the one before
		}
		last = side
		plain := shrink(img, side)
		for _, look := range []func(*image.Gray) *image.Gray{
			func(g *image.Gray) *image.Gray { return g },
			stretch, level, invert,
			func(g *image.Gray) *image.Gray { return sharpen(stretch(g)) },
			func(g *image.Gray) *image.Gray { return turn(stretch(g), 23) },
			func(g *image.Gray) *image.Gray { return turn(level(g), -31) },
		} {
			if text, ok := decode(look(plain)); ok {
				return text, nil
			}
		}
	}
	return "", ErrNoCode
}

// decode tries both ways of telling dark from light: by neighbourhood, for
// uneven light, and over all, for what is printed or shown on a screen.
func decode(g *image.Gray) (string, bool) {
	source := gozxing.NewLuminanceSourceFromImage(g)
	hints := map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER:    true,
		gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
	}
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			continue
		}
		if result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil && result.GetText() != "" {
			return result.GetText(), true
		}
	}
	return "", false
}

// shrink makes a grey picture whose longer side has that many pixels, on white
// where it is transparent, with a border as quiet as codes want it.
func shrink(img image.Image, side int) *image.Gray {
	b := img.Bounds()
	scale := float64(side) / float64(max(b.Dx(), b.Dy()))
	w, h := max(1, int(math.Round(float64(b.Dx())*scale))), max(1, int(math.Round(float64(b.Dy())*scale)))
	const border = 12
	out := image.NewGray(image.Rect(0, 0, w+2*border, h+2*border))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(out, image.Rect(border, border, border+w, border+h), img, b, draw.Over, nil)
	return out
}

// stretch spreads the brightness over the whole range, for photos that are dim
// or pale; one in fifty of the brightest and darkest pixels do not count.
func stretch(g *image.Gray) *image.Gray {
	var histogram [256]int
	for _, v := range g.Pix {
		histogram[v]++
	}
	low, high := 0, 255
	for n := histogram[0]; n < len(g.Pix)/50 && low < 255; n += histogram[low] {
		low++
	}
	for n := histogram[255]; n < len(g.Pix)/50 && high > 0; n += histogram[high] {
		high--
	}
	if high <= low {
		return g
	}
	out := image.NewGray(g.Rect)
	for i, v := range g.Pix {
		out.Pix[i] = uint8(min(255, max(0, (int(v)-low)*255/(high-low))))
	}
	return out
}

// level takes uneven light away: each pixel against the mean of its
// surroundings.
func level(g *image.Gray) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	sums := make([]int, (w+1)*(h+1)) // of all pixels above and to the left
	for y := range h {
		row := 0
		for x := range w {
			row += int(g.Pix[y*g.Stride+x])
			sums[(y+1)*(w+1)+x+1] = sums[y*(w+1)+x+1] + row
		}
	}
	out := image.NewGray(g.Rect)
	r := max(8, min(w, h)/12)
	for y := range h {
		top, bottom := max(0, y-r), min(h, y+r+1)
		for x := range w {
			left, right := max(0, x-r), min(w, x+r+1)
			sum := sums[bottom*(w+1)+right] - sums[top*(w+1)+right] - sums[bottom*(w+1)+left] + sums[top*(w+1)+left]
			mean := sum / ((bottom - top) * (right - left))
			out.Pix[y*out.Stride+x] = uint8(min(255, max(0, 128+(int(g.Pix[y*g.Stride+x])-mean)*2)))
		}
	}
	return out
}

func invert(g *image.Gray) *image.Gray {
	out := image.NewGray(g.Rect)
	for i, v := range g.Pix {
		out.Pix[i] = 255 - v
	}
	return out
}

// sharpen brings out edges that a shaking hand has blurred.
func sharpen(g *image.Gray) *image.Gray {
	out := image.NewGray(g.Rect)
	copy(out.Pix, g.Pix)
	w, h, s := g.Rect.Dx(), g.Rect.Dy(), g.Stride
	const reach = 2
	for y := reach; y < h-reach; y++ {
		for x := reach; x < w-reach; x++ {
			i := y*s + x
			around := int(g.Pix[i-reach]) + int(g.Pix[i+reach]) + int(g.Pix[i-reach*s]) + int(g.Pix[i+reach*s])
			out.Pix[i] = uint8(min(255, max(0, 3*int(g.Pix[i])-around/2)))
		}
	}
	return out
}

// turn turns the picture by so many degrees, on white.
func turn(g *image.Gray, degrees float64) *image.Gray {
	w, h := float64(g.Rect.Dx()), float64(g.Rect.Dy())
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	size := int(math.Hypot(w, h)) + 1
	out := image.NewGray(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := float64(x)-float64(size)/2, float64(y)-float64(size)/2
			sx, sy := int(dx*cos+dy*sin+w/2), int(dy*cos-dx*sin+h/2)
			v := color.Gray{Y: 255}
			if sx >= 0 && sy >= 0 && sx < int(w) && sy < int(h) {
				v = g.GrayAt(sx, sy)
			}
			out.SetGray(x, y, v)
		}
	}
	return out
}
