package pdf

import (
	"fmt"
	"strings"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansbolditalic"
	"codeberg.org/go-fonts/liberation/liberationsansitalic"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-fonts/liberation/liberationserifbold"
	"codeberg.org/go-fonts/liberation/liberationserifbolditalic"
	"codeberg.org/go-fonts/liberation/liberationserifitalic"
	"codeberg.org/go-fonts/liberation/liberationserifregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// Font is a family. Both are Liberation, which has the measures of Times New
// Roman and Arial, so that a letter looks as the office's own do.
type Font int

// The families.
const (
	Serif Font = iota
	Sans
)

// cuts are a family's fonts: regular, bold, italic, bold italic.
var cuts = map[Font][4][]byte{
	Serif: {liberationserifregular.TTF, liberationserifbold.TTF, liberationserifitalic.TTF, liberationserifbolditalic.TTF},
	Sans:  {liberationsansregular.TTF, liberationsansbold.TTF, liberationsansitalic.TTF, liberationsansbolditalic.TTF},
}

// font is a cut at a size in points.
type font struct {
	bold, italic bool
	size         float64
}

func (f font) cut() int {
	n := 0
	if f.bold {
		n |= 1
	}
	if f.italic {
		n |= 2
	}
	return n
}

// style is the library's name of the cut.
func (f font) style() string { return [...]string{"", "B", "I", "BI"}[f.cut()] }

// faces measure the text of one document.
type faces struct {
	fonts  [4]*sfnt.Font
	units  [4]float64 // of the em
	widths [4]map[rune]float64
	buf    sfnt.Buffer
}

func newFaces(family Font) (*faces, error) {
	f := &faces{}
	for i, ttf := range cuts[family] {
		parsed, err := sfnt.Parse(ttf)
		if err != nil {
			return nil, fmt.Errorf("parse embedded font %d: %w", i, err)
		}
		f.fonts[i], f.units[i], f.widths[i] = parsed, float64(parsed.UnitsPerEm()), map[rune]float64{}
	}
	return f, nil
}

// has reports whether the fonts can draw r. The library's tables end with the
// basic plane.
func (f *faces) has(r rune) bool {
	if r > 0xFFFF {
		return false
	}
	i, err := f.fonts[0].GlyphIndex(&f.buf, r)
	return err == nil && i != 0
}

// mm is a point in millimetres.
const mm = 25.4 / 72

// width of s in millimetres.
func (f *faces) width(s string, st font) float64 {
	w := 0.0
	for _, r := range s {
		w += f.advance(r, st.cut())
	}
	return w * st.size * mm
}

// advance is the width of r as a share of the size.
func (f *faces) advance(r rune, cut int) float64 {
	if w, ok := f.widths[cut][r]; ok {
		return w
	}
	w := 0.0
	if i, err := f.fonts[cut].GlyphIndex(&f.buf, r); err == nil {
		if a, err := f.fonts[cut].GlyphAdvance(&f.buf, i, fixed.I(int(f.units[cut])), 0); err == nil {
			w = float64(a) / 64 / f.units[cut]
		}
	}
	f.widths[cut][r] = w
	return w
}

// legible makes what a person typed printable: composed accents, and for
// characters that the fonts lack their plain twin (𝓦 → W) where there is one.
// Pictographs and invisible marks go; a letter of another script leaves a box,
// so that one sees that something stands there. Line breaks and no-break
// spaces stay.
func (f *faces) legible(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "")) {
		switch {
		case r == '\n' || r == '\u00a0':
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector):
		case f.has(r):
			b.WriteRune(r)
		default:
			b.WriteString(f.plain(r))
		}
	}
	return b.String()
}

func (f *faces) plain(r rune) string {
	twin := norm.NFKC.String(string(r))
	for _, t := range twin {
		if !f.has(t) {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return "□"
			}
			return ""
		}
	}
	return twin
}

// put draws s with its baseline at y. extra is added to each space, for
// justified lines.
func (d *Document) put(s string, st font, x, y, extra float64) {
	if d.err != nil || s == "" {
		return
	}
	if d.drawn != st {
		if c := st.cut(); !d.embedded[c] { // only what is used gets into the file
			d.f.AddUTF8FontFromBytes("text", st.style(), cuts[d.o.Font][c])
			d.embedded[c] = true
		}
		d.f.SetFont("text", st.style(), st.size+1) // else the library may think that it is selected already
		d.f.SetFont("text", st.style(), st.size)
		d.drawn = st
	}
	if extra == 0 {
		d.f.Text(x, y, s)
		return
	}
	// The library stretches spaces of embedded fonts only in cells: a cell sets
	// its baseline at the middle plus three tenths of the size.
	width := d.face.width(s, st) + extra*float64(strings.Count(s, " "))
	d.f.SetXY(x, y-0.3*st.size*mm)
	d.f.CellFormat(width, 0, s, "", 0, "J", false, 0, "")
}
