package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // pictures may be PNG
	"math"
	"slices"

	"codeberg.org/go-pdf/fpdf"
	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // or WebP
)

// MaxPixels is the largest picture that is opened: a small file may unfold to
// gigabytes.
const MaxPixels = 50_000_000

// dots per millimetre that print shows: 150 per inch. More is brought down.
const dots = 150 / 25.4

// Picture is a picture to print: PNG, JPEG or WebP.
type Picture struct {
	Data []byte
	// Width and Height are the frame that it is fitted into, with its
	// proportions kept; zero: as wide as the text, and as high as that gives.
	Width, Height float64
	Align         Align
	Sharp         bool // keep its pixels as they are, for codes and drawings
	Caption       string
}

// Picture sets a picture, with its caption below it.
func (d *Document) Picture(p Picture) {
	if !d.ok() {
		return
	}
	name, ratio, err := d.register(p)
	if err != nil {
		d.fail(err)
		return
	}
	w, h := d.frame(p, ratio)
	caption := d.style(Style{Size: d.o.Size - 2, Align: Centre, Italic: true})
	total := h
	if p.Caption != "" {
		total += 1 + d.Height(Plain(p.Caption), caption)
	}
	d.Need(total)
	x := d.left
	switch p.Align {
	case Centre:
		x += (d.width - w) / 2
	case Right:
		x += d.width - w
	case Left, Justified:
	}
	d.f.ImageOptions(name, x, d.y, w, h, false, fpdf.ImageOptions{}, 0, "")
	d.y += h
	if p.Caption != "" {
		d.y++
		d.Paragraph(Plain(p.Caption), caption)
	}
}

// Album sets pictures in that many columns, each with its caption.
func (d *Document) Album(columns int, height float64, pictures func(yield func(Picture) bool)) {
	if !d.ok() || columns < 1 {
		return
	}
	const gap = 6
	var row []Picture
	flush := func() {
		if len(row) == 0 {
			return
		}
		shares := make([]float64, columns)
		parts := make([]func(), columns)
		for i := range columns {
			shares[i] = 1
			parts[i] = func() {}
			if i < len(row) {
				p := row[i]
				p.Height, p.Align = height, Centre
				parts[i] = func() { d.Picture(p) }
			}
		}
		d.Need(height + 14)
		d.Columns(gap, shares, parts...)
		d.Space(gap)
		row = nil
	}
	for p := range pictures {
		row = append(row, p)
		if len(row) == columns {
			flush()
		}
		if !d.ok() {
			return
		}
	}
	flush()
}

// frame is the size on paper.
func (d *Document) frame(p Picture, ratio float64) (w, h float64) {
	w, h = p.Width, p.Height
	if w <= 0 || w > d.width {
		w = d.width
	}
	if h <= 0 {
		h = w * ratio
	}
	h = min(h, d.bottom()-d.o.Margins.Top)
	if w*ratio > h {
		return h / ratio, h
	}
	return w, w * ratio
}

// register gives the library a picture once, however often it is set; ratio is
// its height over its width.
func (d *Document) register(p Picture) (name string, ratio float64, err error) {
	sum := sha256.Sum256(p.Data)
	conf, kind, err := image.DecodeConfig(bytes.NewReader(p.Data))
	if err != nil {
		return "", 0, fmt.Errorf("picture %q: %w", p.Caption, err)
	}
	if conf.Width < 1 || conf.Height < 1 || conf.Width > MaxPixels/conf.Height {
		return "", 0, fmt.Errorf("picture %q of %d x %d pixels is too large", p.Caption, conf.Width, conf.Height)
	}
	turn := orientation(p.Data)
	ratio = float64(conf.Height) / float64(conf.Width)
	if turn > 4 {
		ratio = 1 / ratio
	}
	w, _ := d.frame(p, ratio)
	most := int(math.Ceil(w * dots))
	name = fmt.Sprintf("%s-%d", hex.EncodeToString(sum[:12]), most)
	if d.f.GetImageInfo(name) != nil {
		return name, ratio, nil
	}
	data, opts := p.Data, fpdf.ImageOptions{ImageType: "JPG"}
	wide := conf.Width
	if turn > 4 {
		wide = conf.Height
	}
	switch {
	case p.Sharp && kind == "png":
		opts.ImageType = "PNG"
		if data, err = flatPNG(p.Data); err != nil {
			return "", 0, fmt.Errorf("picture %q: %w", p.Caption, err)
		}
	case kind == "jpeg" && turn == 1 && wide <= most*5/4 && slices.Contains([]color.Model{color.YCbCrModel, color.GrayModel}, conf.ColorModel):
	default:
		if data, err = reduce(p.Data, min(most, wide), turn); err != nil {
			return "", 0, fmt.Errorf("picture %q: %w", p.Caption, err)
		}
	}
	d.f.RegisterImageOptionsReader(name, opts, bytes.NewReader(data))
	return name, ratio, d.f.Error()
}

// reduce makes a JPEG of that many pixels' width, on white.
func reduce(data []byte, width, turn int) ([]byte, error) {
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	b := src.Bounds()
	// Width is that of the picture as it is seen; it is turned after.
	tw, th := width, max(1, width*b.Dy()/b.Dx())
	if turn > 4 {
		tw, th = max(1, width*b.Dx()/b.Dy()), width
	}
	dst := image.NewRGBA(image.Rect(0, 0, tw, th))
	draw.Draw(dst, dst.Bounds(), image.White, image.Point{}, draw.Src)
	xdraw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, b, draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, turned(dst, turn), &jpeg.Options{Quality: 85}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Preview makes a JPEG of a picture, upright, whose longer side has at most that
// many pixels. width and height are those of the whole picture as it is seen,
// mime is what it is.
func Preview(data []byte, side int) (small []byte, width, height int, mime string, err error) {
	conf, kind, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, "", fmt.Errorf("picture: %w", err)
	}
	if conf.Width < 1 || conf.Height < 1 || conf.Width > MaxPixels/conf.Height {
		return nil, 0, 0, "", fmt.Errorf("a picture of %d x %d pixels is too large", conf.Width, conf.Height)
	}
	turn := orientation(data)
	if width, height = conf.Width, conf.Height; turn > 4 {
		width, height = height, width
	}
	wide := min(width, side)
	if height > width {
		wide = max(1, min(width, side*width/height))
	}
	if small, err = reduce(data, wide, turn); err != nil {
		return nil, 0, 0, "", fmt.Errorf("picture: %w", err)
	}
	return small, width, height, "image/" + kind, nil
}

// flatPNG is a PNG that the library reads whatever kind it was: eight bits, no
// interlacing, on white.
func flatPNG(data []byte) ([]byte, error) {
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	dst := image.NewRGBA(image.Rect(0, 0, src.Bounds().Dx(), src.Bounds().Dy()))
	draw.Draw(dst, dst.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(dst, dst.Bounds(), src, src.Bounds().Min, draw.Over)
	return encodePNG(dst)
}

// Readable reports whether a picture can be set: whole, and not too large.
func Readable(data []byte) bool {
	conf, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || conf.Width < 1 || conf.Height < 1 || conf.Width > MaxPixels/conf.Height {
		return false
	}
	// A file that was cut short has its measures all the same.
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xD8}):
		return bytes.Contains(data[max(0, len(data)-4096):], []byte{0xFF, 0xD9})
	case bytes.HasPrefix(data, []byte("\x89PNG")):
		return bytes.Contains(data[max(0, len(data)-64):], []byte("IEND"))
	}
	return true
}
