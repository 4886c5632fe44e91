package pdf

import "iter"

// Column of a table.
type Column struct {
	Head  string
	Width float64 // its share of the table's width
	Align Align   // of its cells; heads stand in the middle
}

// Table is a table with lines around its cells.
type Table struct {
	Columns []Column
	// Rows give the cells, as plain text. A row of a single cell goes over the
	// whole width in bold: the name of a part.
	Rows      iter.Seq[[]string]
	Size      float64 // points; zero: one less than the document's
	MinHeight float64 // least height of a row, such as for signatures
	// Shade makes heads and part names grey.
	Shade bool
}

const (
	cellPad   = 1.6
	cellTop   = 0.9
	tableLine = 0.2
	grey      = 232
)

// Table sets a table. It goes on over pages, with the heads on each; a row is
// not divided unless it alone is higher than a page.
func (d *Document) Table(t Table) {
	if !d.ok() || len(t.Columns) == 0 {
		return
	}
	s := d.style(Style{Size: t.Size, Leading: 1.2})
	if t.Size == 0 {
		s.Size = d.o.Size - 1
	}
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.Width
	}
	widths := make([]float64, len(t.Columns))
	heads := make([]string, len(t.Columns))
	titled := false
	for i, c := range t.Columns {
		widths[i] = d.width / float64(len(t.Columns))
		if sum > 0 {
			widths[i] = d.width * c.Width / sum
		}
		heads[i] = c.Head
		titled = titled || c.Head != ""
	}
	head := d.measure(t, heads, widths, s, true)
	begin := func() {
		if titled {
			d.row(head, d.y)
			d.y += head.height
		}
	}
	// A head does not stay alone at the end of a page.
	d.Need(head.height + max(t.MinHeight, s.lead()+2*cellTop))
	begin()
	if t.Rows == nil {
		return
	}
	for cells := range t.Rows {
		r := d.measure(t, cells, widths, s, false)
		for !r.empty() {
			if d.split && r.height > d.Room() && d.y > d.o.Margins.Top+head.height+1 {
				d.NewPage()
				begin()
			}
			part, rest := r.fitting(max(d.Room(), s.lead()+2*cellTop))
			d.row(part, d.y)
			d.y += part.height
			r = rest
		}
		if !d.ok() {
			return
		}
	}
}

// tableRow is a row that has been measured.
type tableRow struct {
	cells  []tableCell
	style  Style
	height float64
	fill   bool
}

type tableCell struct {
	lines []line
	width float64
	style Style
}

func (r tableRow) empty() bool { return len(r.cells) == 0 }

func (d *Document) measure(t Table, texts []string, widths []float64, s Style, head bool) tableRow {
	r := tableRow{style: s, fill: head && t.Shade}
	if len(texts) == 1 && len(widths) > 1 {
		all := 0.0
		for _, w := range widths {
			all += w
		}
		widths = []float64{all}
		r.fill = t.Shade
	}
	most := 1
	for i, w := range widths {
		cell := tableCell{width: w, style: s}
		text := ""
		if i < len(texts) {
			text = texts[i]
		}
		switch {
		case head:
			cell.style.Bold, cell.style.Align = true, Centre
		case len(widths) == 1 && len(t.Columns) > 1:
			cell.style.Bold = true
		case i < len(t.Columns):
			cell.style.Align = t.Columns[i].Align
		}
		cell.lines = d.lines(Plain(text), cell.style, w-2*cellPad, 0)
		most = max(most, len(cell.lines))
		r.cells = append(r.cells, cell)
	}
	r.height = float64(most)*s.lead() + 2*cellTop
	if !head && len(r.cells) == len(t.Columns) {
		r.height = max(r.height, t.MinHeight)
	}
	return r
}

// fitting divides a row that is higher than the room; else rest is empty.
func (r tableRow) fitting(room float64) (part, rest tableRow) {
	if r.height <= room+1e-6 {
		return r, tableRow{}
	}
	n := max(1, int((room-2*cellTop)/r.style.lead()))
	part, rest = r, tableRow{style: r.style, fill: r.fill}
	part.cells = nil
	left := 0
	for _, c := range r.cells {
		k := min(n, len(c.lines))
		head, tail := c, c
		head.lines, tail.lines = c.lines[:k], c.lines[k:]
		part.cells = append(part.cells, head)
		rest.cells = append(rest.cells, tail)
		left = max(left, len(tail.lines))
	}
	part.height = float64(n)*r.style.lead() + 2*cellTop
	if left == 0 {
		part.height = room // only its least height was too much
		return part, tableRow{}
	}
	rest.height = float64(left)*r.style.lead() + 2*cellTop
	return part, rest
}

func (d *Document) row(r tableRow, y float64) {
	x := d.left
	d.f.SetLineWidth(tableLine)
	for _, c := range r.cells {
		if r.fill {
			d.f.SetFillColor(grey, grey, grey)
			d.f.Rect(x, y, c.width, r.height, "FD")
		} else {
			d.f.Rect(x, y, c.width, r.height, "D")
		}
		for i, l := range c.lines {
			d.line(l, c.style, x+cellPad, c.width-2*cellPad, y+cellTop+r.style.lead()*(float64(i)+0.78))
		}
		x += c.width
	}
}
