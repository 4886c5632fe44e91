package report

import (
	"image"
	"image/color"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// mastheadHeight is a masthead's without its title.
const mastheadHeight = 344

// masthead opens a chart: what it is, of which event, its main figure, and when
// that was so.
type masthead struct {
	heading string
	title   block // of the event; may be empty
	figure  string
	unit    string // behind the figure
	asOf    string // asOf(…)
}

func (m masthead) height() float64 { return mastheadHeight + m.title.height() }

// draw draws the masthead at the picture's top, height pixels high.
func (m masthead) draw(c *canvas, height float64) {
	c.banner(height)
	c.text(m.heading, style{bold, 68}, recapMargin, 106, 0, white)
	y := c.paragraph(m.title, recapMargin, 128, mint)
	figure := style{bold, 108}
	c.text(m.figure, figure, recapMargin, y+118, 0, gold)
	c.text(m.unit, style{regular, 44}, recapMargin+c.width(m.figure, figure)+22, y+118, 0, white)
	c.text(m.asOf, style{regular, 36}, recapMargin, y+174, 0, mint)
}

// banner is the green ground with its motif at the picture's top.
func (c *canvas) banner(height float64) {
	c.rect(0, 0, recapWidth, int(height), green)
	drawKawung(c, image.Rect(0, 0, recapWidth, int(height)))
}

// asOf says when a chart's figures were so: "per 14 Jan 2027 08.15 WIB".
func asOf(t time.Time) string { return recapAsOf + dayAndTime(t) }

func dayAndTime(t time.Time) string {
	return event.ShortDay(t) + " " + t.In(event.Jakarta).Format("15.04") + " WIB"
}

// swatch names a colour.
type swatch struct {
	word string
	fill color.Color
}

// legend names the colours of bars in their order, in as many rows as it takes.
func (c *canvas) legend(y float64, swatches []swatch) {
	x := float64(recapMargin)
	for _, s := range swatches {
		wide := 42 + c.width(s.word, style{regular, 34}) + 44
		if x+wide > recapWidth-recapMargin+44 {
			x, y = recapMargin, y+statusLegend-8
		}
		c.rounded(int(x), int(y)+8, 30, 30, 6, s.fill)
		c.text(s.word, style{regular, 34}, x+42, y+35, 0, inkSoft)
		x += wide
	}
}
