package report

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"
	"strings"

	"git.sr.ht/~sbinet/gg"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// weight picks one of the embedded fonts.
type weight int

const (
	regular weight = iota
	bold
	italic
)

// typeset measures and holds the fonts of one picture. A font face keeps a
// scratch buffer, so a typeset belongs to one goroutine; making one costs
// microseconds, since only the tables' headers are read.
type typeset struct {
	fonts [3]*opentype.Font
	faces map[style]font.Face
	buf   sfnt.Buffer
}

// style is a font at a size in pixels.
type style struct {
	weight weight
	size   float64
}

func newTypeset() (*typeset, error) {
	ts := &typeset{faces: map[style]font.Face{}}
	for w, ttf := range map[weight][]byte{regular: goregular.TTF, bold: gobold.TTF, italic: goitalic.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			return nil, fmt.Errorf("parse embedded font %d: %w", w, err)
		}
		ts.fonts[w] = f
	}
	return ts, nil
}

func (ts *typeset) face(s style) (font.Face, error) {
	if f, ok := ts.faces[s]; ok {
		return f, nil
	}
	f, err := opentype.NewFace(ts.fonts[s.weight], &opentype.FaceOptions{Size: s.size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("font at %g px: %w", s.size, err)
	}
	ts.faces[s] = f
	return f, nil
}

// has reports whether the fonts can draw r.
func (ts *typeset) has(r rune) bool {
	i, err := ts.fonts[regular].GlyphIndex(&ts.buf, r)
	return err == nil && i != 0
}

// width of s in pixels.
func (ts *typeset) width(s string, st style) float64 {
	f, err := ts.face(st)
	if err != nil {
		return 0 // the same error comes back from canvas.text
	}
	return float64(font.MeasureString(f, hyphenated(s))) / 64
}

// hyphenated has real hyphens: the Go fonts draw "-" as wide as a minus sign,
// and a hyphen's glyph stands at the soft hyphen.
func hyphenated(s string) string { return strings.ReplaceAll(s, "-", "\u00ad") }

// canvas is a picture being drawn. Text goes through font.Drawer and not
// through gg, which resamples each glyph and leaves it soft.
type canvas struct {
	*typeset
	img *image.RGBA
	gg  *gg.Context
	err error // the first failure; png returns it
}

func newCanvas(ts *typeset, w, h int, background color.Color) *canvas {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(background), image.Point{}, draw.Src)
	return &canvas{typeset: ts, img: img, gg: gg.NewContextForRGBA(img)}
}

// text draws s with its baseline at y; align 0 puts its left end at x, 0.5
// its middle and 1 its right end.
func (c *canvas) text(s string, st style, x, y, align float64, ink color.Color) {
	f, err := c.face(st)
	if err != nil {
		if c.err == nil {
			c.err = err
		}
		return
	}
	x -= align * c.width(s, st)
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(ink), Face: f, Dot: fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}}
	d.DrawString(hyphenated(s))
}

// spaced draws s with extra pixels between its letters, for small headings.
func (c *canvas) spaced(s string, st style, x, y, extra float64, ink color.Color) {
	for _, r := range s {
		c.text(string(r), st, x, y, 0, ink)
		x += c.width(string(r), st) + extra
	}
}

// rect fills a rectangle.
func (c *canvas) rect(x, y, w, h int, fill color.Color) {
	draw.Draw(c.img, image.Rect(x, y, x+w, y+h), image.NewUniform(fill), image.Point{}, draw.Src)
}

// rounded fills a rectangle with rounded corners. The inside goes in as plain
// rectangles, many times faster than through the rasteriser.
func (c *canvas) rounded(x, y, w, h, r int, fill color.Color) {
	c.rect(x+r, y, w-2*r, h, fill)
	c.rect(x, y+r, w, h-2*r, fill)
	for _, cx := range [2]int{x + r, x + w - r} {
		for _, cy := range [2]int{y + r, y + h - r} {
			c.disc(float64(cx), float64(cy), float64(r), fill)
		}
	}
}

// disc fills a circle.
func (c *canvas) disc(x, y, r float64, fill color.Color) {
	c.gg.SetColor(fill)
	c.gg.DrawCircle(x, y, r)
	c.gg.Fill()
}

// png encodes the picture with at most 64 colours, which makes it a fraction
// of its true-colour size.
func (c *canvas) png() ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	return encode(reduce(c.img))
}

func encode(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := enc.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("encode PNG: %w", err)
	}
	return out.Bytes(), nil
}

// colours is the size of a picture's palette: enough for the soft edges of half
// a dozen inks, and a third fewer bytes than 256 cost.
const colours = 64

// reduce maps an opaque picture to its most frequent colours. Our pictures
// are flat areas with soft edges, so that the few colours lost are barely used
// shades of an edge, for which the nearest kept one stands in.
func reduce(src *image.RGBA) *image.Paletted {
	type run struct{ at, n, id int32 }
	var (
		painted = make([]run, 0, src.Rect.Dx()*src.Rect.Dy()/16) // most are long
		ids     = map[[3]uint8]int{}                             // in order of appearance
		found   []shade
	)
	runs(src, func(at, n int, rgb [3]uint8) {
		id, known := ids[rgb]
		if !known {
			id = len(found)
			ids[rgb] = id
			found = append(found, shade{rgb: rgb, id: id})
		}
		found[id].pixels += n
		painted = append(painted, run{int32(at), int32(n), int32(id)})
	})
	slices.SortFunc(found, func(a, b shade) int { return cmp.Or(cmp.Compare(b.pixels, a.pixels), cmp.Compare(a.id, b.id)) })
	kept := found[:min(len(found), colours)]
	index := make([]uint8, len(found)) // by id
	palette := make(color.Palette, len(kept))
	for i, s := range found {
		if i < len(kept) {
			index[s.id] = uint8(i)
			palette[i] = color.RGBA{s.rgb[0], s.rgb[1], s.rgb[2], 0xff}
			continue
		}
		index[s.id] = nearest(kept, s.rgb)
	}
	dst := image.NewPaletted(src.Bounds(), palette)
	for _, r := range painted {
		row, i := dst.Pix[r.at:r.at+r.n], index[r.id]
		for k := range row {
			row[k] = i
		}
	}
	return dst
}

// shade is one colour of a picture and how much of it there is.
type shade struct {
	rgb        [3]uint8
	id, pixels int
}

// runs calls f for each stretch of n equal pixels, at counted in pixels from
// the top left. Working in runs keeps the map out of the inner loop.
func runs(src *image.RGBA, f func(at, n int, p [3]uint8)) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	for y := range h {
		row := src.Pix[y*src.Stride : y*src.Stride+4*w]
		for x := 0; x < w; {
			pixel := binary.LittleEndian.Uint32(row[4*x:])
			end := x + 1
			for end < w && binary.LittleEndian.Uint32(row[4*end:]) == pixel {
				end++
			}
			f(y*w+x, end-x, [3]uint8(row[4*x:4*x+3]))
			x = end
		}
	}
}

func nearest(palette []shade, rgb [3]uint8) uint8 {
	best, distance := 0, 1<<30
	for i, p := range palette {
		dr, dg, db := int(p.rgb[0])-int(rgb[0]), int(p.rgb[1])-int(rgb[1]), int(p.rgb[2])-int(rgb[2])
		// The eye is keenest on green.
		if d := 2*dr*dr + 4*dg*dg + 3*db*db; d < distance {
			best, distance = i, d
		}
	}
	return uint8(best)
}
