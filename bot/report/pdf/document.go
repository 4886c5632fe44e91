package pdf

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Paper is a size of paper, upright.
type Paper struct {
	Name          string
	Width, Height float64
}

// The papers that Indonesian offices print on. F4 (folio) is theirs for
// letters; it is the size that printers there call 215 x 330 mm.
var (
	A4 = Paper{"A4", 210, 297}
	F4 = Paper{"F4", 215, 330}
)

// PaperOf finds a paper by its name; A4 where there is none of that name.
func PaperOf(name string) Paper {
	if strings.EqualFold(strings.TrimSpace(name), F4.Name) {
		return F4
	}
	return A4
}

// Margins of a page.
type Margins struct{ Left, Top, Right, Bottom float64 }

// LetterMargins are those of formal letters.
var LetterMargins = Margins{Left: 25, Top: 15, Right: 20, Bottom: 20}

// Options of a document. Made is required.
type Options struct {
	Paper     Paper // zero: A4
	Landscape bool
	Margins   Margins // zero: LetterMargins
	Title     string  // of the file, as a reader shows it
	Subject   string
	Author    string
	Made      time.Time // when it was made, as the file says
	Font      Font      // Serif where nothing is said
	Size      float64   // points; zero: 12
	// Number writes the line at the foot of a page; nil: none. The first page
	// of a letter bears none: return "".
	Number func(page, pages int) string
	// Watermark stands large, grey and slanted behind the text of every page.
	Watermark string
}

// Document is a document being composed, from top to bottom.
type Document struct {
	f    *fpdf.Fpdf
	o    Options
	face *faces

	// The column that is written into, and where in it: changed by Columns.
	left, width float64
	y           float64
	split       bool // false inside Columns: no page break there

	drawn    font // what the page's content stream has selected last
	embedded [4]bool
	later    []func() // what is set once it is known where all else stands
	err      error
}

// New begins a document with its first page.
func New(o Options) *Document {
	if o.Paper == (Paper{}) {
		o.Paper = A4
	}
	if o.Margins == (Margins{}) {
		o.Margins = LetterMargins
	}
	if o.Size == 0 {
		o.Size = 12
	}
	w, h := o.Paper.Width, o.Paper.Height
	if o.Landscape {
		w, h = h, w
	}
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: w, Ht: h}})
	d := &Document{f: f, o: o, split: true, left: o.Margins.Left, width: w - o.Margins.Left - o.Margins.Right}
	if o.Made.IsZero() {
		d.fail(fmt.Errorf("a document needs the time when it was made"))
	}
	f.SetCatalogSort(true) // else the order of fonts is that of a map
	f.SetCreationDate(o.Made.UTC())
	f.SetModificationDate(o.Made.UTC())
	f.SetTitle(o.Title, true)
	f.SetSubject(o.Subject, true)
	f.SetAuthor(o.Author, true)
	f.SetCreator("E-MILE KU", true)
	f.SetLang("id-ID")
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	face, err := newFaces(o.Font)
	if err != nil {
		d.fail(err)
		return d
	}
	d.face = face
	d.NewPage()
	return d
}

// fail keeps the first fault.
func (d *Document) fail(err error) {
	if d.err == nil && err != nil {
		d.err = err
	}
}

// ok reports whether composing still makes sense.
func (d *Document) ok() bool {
	d.fail(d.f.Error())
	return d.err == nil
}

// Inner is the width between the margins, or of the column inside Columns.
func (d *Document) Inner() float64 { return d.width }

// Page is the number of the page that is written to.
func (d *Document) Page() int { return d.f.PageNo() }

// bottom is where the text of a page ends.
func (d *Document) bottom() float64 {
	_, h := d.f.GetPageSize()
	return h - d.o.Margins.Bottom
}

// Body is the height of a page between its margins.
func (d *Document) Body() float64 { return d.bottom() - d.o.Margins.Top }

// Room is what is left on the page.
func (d *Document) Room() float64 { return max(0, d.bottom()-d.y) }

// NewPage ends the page.
func (d *Document) NewPage() {
	if d.err != nil {
		return
	}
	d.f.AddPage()
	d.y = d.o.Margins.Top
	d.drawn = font{}
	d.watermark()
}

// Need begins a new page where less than that much is left on this one, so
// that what follows stays together.
func (d *Document) Need(height float64) {
	if d.split && height > d.Room() && d.y > d.o.Margins.Top {
		d.NewPage()
	}
}

// Space leaves some room, except at the top of a page.
func (d *Document) Space(height float64) {
	if d.y > d.o.Margins.Top {
		d.y += height
	}
}

// Columns sets several things beside each other, each in its share of the
// width, with a gap between them. What is in it stays on one page: ask for the
// room with Need before.
func (d *Document) Columns(gap float64, shares []float64, parts ...func()) {
	if !d.ok() {
		return
	}
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	if len(shares) != len(parts) || sum <= 0 {
		d.fail(fmt.Errorf("%d columns of %d shares", len(parts), len(shares)))
		return
	}
	left, width, top, split := d.left, d.width, d.y, d.split
	d.split = false
	end := top
	x := left
	for i, part := range parts {
		d.left, d.width, d.y = x, (width-gap*float64(len(parts)-1))*shares[i]/sum, top
		part()
		end = max(end, d.y)
		x += d.width + gap
	}
	d.left, d.width, d.y, d.split = left, width, end, split
}

// Rule draws a line over the width, that thick.
func (d *Document) Rule(thick float64) {
	if d.err != nil {
		return
	}
	d.f.SetLineWidth(thick)
	d.f.Line(d.left, d.y, d.left+d.width, d.y)
	d.y += thick
}

// Bytes ends the document.
func (d *Document) Bytes() ([]byte, error) {
	if !d.ok() {
		return nil, fmt.Errorf("compose PDF: %w", d.err)
	}
	for _, set := range d.later {
		set()
	}
	d.foot()
	if !d.ok() {
		return nil, fmt.Errorf("compose PDF: %w", d.err)
	}
	var out bytes.Buffer
	if err := d.f.Output(&out); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return out.Bytes(), nil
}

// foot writes the numbers once it is known how many pages there are.
func (d *Document) foot() {
	if d.o.Number == nil {
		return
	}
	w, h := d.f.GetPageSize()
	pages := d.f.PageCount()
	for n := 1; n <= pages; n++ {
		line := d.o.Number(n, pages)
		if line == "" {
			continue
		}
		d.f.SetPage(n)
		d.drawn = font{} // what that page had last is not known
		st := font{size: 9}
		line = d.face.legible(line)
		d.put(line, st, (w-d.face.width(line, st))/2, h-d.o.Margins.Bottom/2, 0)
	}
}

// PageOf is the usual Number: "Halaman 2 dari 5", and nothing on the first
// page, nor where there is only one.
func PageOf(page, pages int) string {
	if page == 1 || pages == 1 {
		return ""
	}
	return "Halaman " + strconv.Itoa(page) + " dari " + strconv.Itoa(pages)
}
