package pdf

// Signature is the block of one who signs.
type Signature struct {
	Place []string // lines above the office, such as "Cibinong, 24 November 2026"
	Title []string // the office that is held
	Mark  []byte   // a picture between office and name, such as a code; nil: room to sign by hand
	Note  string   // small, below the mark
	Name  string   // with degrees
	Under []string // rank, NIP
}

const (
	signRoom = 22 // to sign by hand, with the office's stamp
	markSize = 22
)

// Sign sets the block in the right half of the page. It stays on one page.
func (d *Document) Sign(s Signature) { d.SignBeside(0, func() {}, s) }

// SignBeside sets something of that height into the left half beside the
// block, such as a code, or another block (SignatureBlock).
func (d *Document) SignBeside(height float64, left func(), s Signature) {
	if !d.ok() {
		return
	}
	d.Need(max(height, d.SignHeight(s)))
	d.Columns(0, []float64{1, 1}, left, func() { d.SignatureBlock(s) })
}

// SignHeight is the room that the block takes, for Need: the last lines of the
// text belong with it, since a signature alone on a page could stand under
// anything.
func (d *Document) SignHeight(s Signature) float64 {
	inner := d.width
	d.width = inner / 2
	defer func() { d.width = inner }()
	h := 0.0
	for _, lines := range [][]string{s.Place, s.Title, {s.Name}, s.Under} {
		for _, l := range lines {
			h += d.Height(Plain(l), Style{Leading: 1.2})
		}
	}
	if len(s.Mark) > 0 {
		return h + markSize + 8
	}
	return h + signRoom
}

// SignatureBlock sets the block into the present column.
func (d *Document) SignatureBlock(s Signature) {
	if !d.ok() {
		return
	}
	st := Style{Align: Centre, Leading: 1.2}
	for _, l := range s.Place {
		d.Paragraph(Plain(l), st)
	}
	title := st
	title.Bold, title.Even = true, true
	for _, l := range s.Title {
		d.Paragraph(Plain(l), title)
	}
	if len(s.Mark) > 0 {
		d.y += 2
		d.Picture(Picture{Data: s.Mark, Width: markSize, Height: markSize, Align: Centre, Sharp: true})
		if s.Note != "" {
			d.Paragraph(Plain(s.Note), Style{Size: 8, Align: Centre, Italic: true})
		}
		d.y += 2
	} else {
		d.y += signRoom
	}
	if s.Name != "" {
		y := d.y + st.leadOf(d)
		d.Paragraph(Plain(s.Name), title)
		d.underline(s.Name, y)
	}
	for _, l := range s.Under {
		d.Paragraph(Plain(l), st)
	}
}

// leadOf is the line distance of a style whose size is the document's.
func (s Style) leadOf(d *Document) float64 { return d.style(s).lead() }

// underline draws a line below a name that fits in one line.
func (d *Document) underline(name string, y float64) {
	w := d.face.width(d.face.legible(name), font{bold: true, size: d.o.Size})
	if w > d.width {
		return
	}
	x := d.left + (d.width-w)/2
	d.f.SetLineWidth(0.3)
	d.f.Line(x, y-0.25, x+w, y-0.25)
}
