package pdf

// Letterhead is the head of the office's letters (kop surat).
type Letterhead struct {
	Lines   []string // the government and the office, in capitals; the last one is the largest
	Address []string // address, telephone
	Logo    []byte   // PNG, JPEG or WebP; nil: none
}

// logoWidth is the width of the logo, and of the empty place at the other
// side that keeps the lines in the middle.
const logoWidth = 22

// Letterhead sets the letterhead at the top of the page, with the double line
// below it.
func (d *Document) Letterhead(h Letterhead) {
	if !d.ok() {
		return
	}
	top := d.y
	lines := func() {
		for i, l := range h.Lines {
			s := Style{Size: 13, Align: Centre, Leading: 1.15}
			if i == len(h.Lines)-1 {
				s.Bold, s.Size = true, d.shrunk(l, 17, 12, true)
			}
			d.Paragraph(Plain(l), s)
		}
		d.y += 0.8
		for _, l := range h.Address {
			d.Paragraph(Plain(l), Style{Size: d.shrunk(l, 10, 8.5, false), Align: Centre, Leading: 1.15})
		}
	}
	if len(h.Logo) == 0 {
		d.Columns(0, []float64{1}, lines)
	} else {
		side := logoWidth + 2.0
		d.Columns(0, []float64{side, d.width - 1.5*side, side / 2}, func() {
			d.Picture(Picture{Data: h.Logo, Width: logoWidth, Height: 24})
		}, lines, func() {})
	}
	d.y = max(d.y, top+10) + 2
	d.Rule(1)
	d.y += 0.6
	d.Rule(0.3)
	d.y += 5
}

// shrunk is the largest size from big to small at which s stays on one line.
func (d *Document) shrunk(s string, big, small float64, bold bool) float64 {
	s = d.face.legible(s)
	size := big
	for size > small && d.face.width(s, font{bold: bold, size: size}) > d.width {
		size -= 0.5
	}
	return size
}
