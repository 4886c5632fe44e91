package pdf

import (
	"cmp"
	"strconv"
)

// Bar is one line of a chart.
type Bar struct {
	Label string
	Parts []int  // one for each of Bars.Legend, or a single one
	Value string // what is written behind; "": the sum
}

// Bars is a chart of horizontal bars. Its shades differ in lightness, so that
// it can be read on a black and white print; the numbers stand beside them.
type Bars struct {
	Rows   []Bar
	Legend []string // names of the parts; none: all bars are of one kind
	Max    int      // full length; 0: the longest bar
	Label  float64  // share of the width for labels; 0: a third
}

// shades of a bar's parts.
var shades = [][3]int{{11, 79, 58}, {86, 160, 128}, {230, 176, 60}, {196, 88, 60}, {214, 218, 222}}

const (
	barThick = 4.2
	barLead  = 6.6
)

func (b Bar) sum() int {
	n := 0
	for _, p := range b.Parts {
		n += p
	}
	return n
}

// Bars sets a chart; it goes on over pages.
func (d *Document) Bars(b Bars) {
	if !d.ok() || len(b.Rows) == 0 {
		return
	}
	s := d.style(Style{Size: d.o.Size - 1.5, Leading: 1.2})
	most := b.Max
	for _, r := range b.Rows {
		if b.Max == 0 {
			most = max(most, r.sum())
		}
	}
	share := b.Label
	if share == 0 {
		share = 1.0 / 3
	}
	label := d.width * share
	value := 0.0
	for _, r := range b.Rows {
		value = max(value, d.face.width(d.face.legible(r.value()), font{size: s.Size}))
	}
	room := d.width - label - value - 6
	// A chart that is no longer than half a page stays together.
	if whole := barLead * float64(len(b.Rows)+2); whole < d.Body()/2 {
		d.Need(whole)
	} else {
		d.Need(4 * barLead)
	}
	d.legend(b.Legend, s)
	for _, r := range b.Rows {
		d.bar(r, s, label, room, most)
	}
	d.Space(2)
}

func (b Bar) value() string { return cmp.Or(b.Value, strconv.Itoa(b.sum())) }

func (d *Document) bar(r Bar, s Style, label, room float64, most int) {
	lines := d.lines(Plain(r.Label), s, label-3, 0)
	height := max(barLead, float64(len(lines))*s.lead()+1)
	d.Need(height)
	right := s
	right.Align = Right
	top := d.y + (height-float64(len(lines))*s.lead())/2
	for i, l := range lines {
		d.line(l, right, d.left, label-3, top+s.lead()*(float64(i)+0.78))
	}
	x, y := d.left+label, d.y+(height-barThick)/2
	d.f.SetFillColor(240, 242, 244)
	d.f.Rect(x, y, room, barThick, "F")
	for i, p := range r.Parts {
		w := room * float64(p) / float64(max(most, 1))
		c := shades[i%len(shades)]
		d.f.SetFillColor(c[0], c[1], c[2])
		d.f.Rect(x, y, w, barThick, "F")
		x += w
	}
	d.put(d.face.legible(r.value()), font{size: s.Size}, d.left+label+room+3, d.y+height/2+s.Size*mm*0.35, 0)
	d.y += height
}

// legend names the shades of the parts, in one line where it fits.
func (d *Document) legend(names []string, s Style) {
	if len(names) == 0 {
		return
	}
	x, y := d.left, d.y
	for i, n := range names {
		n = d.face.legible(n)
		w := d.face.width(n, font{size: s.Size})
		if x+w+6 > d.left+d.width && x > d.left {
			x, y = d.left, y+s.lead()+1
		}
		c := shades[i%len(shades)]
		d.f.SetFillColor(c[0], c[1], c[2])
		d.f.Rect(x, y+0.6, 3, 3, "F")
		d.put(n, font{size: s.Size}, x+4.2, y+3.3, 0)
		x += w + 10
	}
	d.y = y + s.lead() + 2.5
}

// Quote sets somebody's words, with a line at their left.
func (d *Document) Quote(text string, s Style) {
	if !d.ok() {
		return
	}
	s.Italic, s.Indent = true, s.Indent+5
	in := d.style(s)
	height := d.Height(Plain(text), s)
	d.Need(min(height, 4*in.lead()))
	if height <= d.Room() { // a line that goes on over pages would need two
		d.f.SetDrawColor(86, 160, 128)
		d.f.SetLineWidth(0.8)
		d.f.Line(d.left+2, d.y+0.8, d.left+2, d.y+height-0.8)
		d.f.SetDrawColor(0, 0, 0)
	}
	d.Paragraph(Plain(text), s)
	d.Space(1.6)
}
