package pdf

import (
	"strconv"
	"strings"
)

// Mark is a place in a document that its contents name.
type Mark struct {
	Title string
	Level int // 0: a chapter; 1: a part of one
	page  int
	link  int
}

// Mark names the place that is written to next. It gets into the outline that
// readers show beside the pages.
func (d *Document) Mark(title string, level int) *Mark {
	m := &Mark{Title: title, Level: level}
	if !d.ok() {
		return m
	}
	title = d.face.legible(title)
	// The library writes the outline in the encoding of the font that is
	// selected: one of the embedded ones.
	d.put(" ", font{size: d.o.Size}, d.left, d.y, 0)
	d.f.Bookmark(title, level, d.y)
	m.page, m.link = d.f.PageNo(), d.f.AddLink()
	d.f.SetLink(m.link, d.y, m.page)
	return m
}

// Contents leaves the rest of this page for the table of contents, which is
// set there when all marks are known: marks is asked for them at the end.
func (d *Document) Contents(s Style, marks func() []*Mark) {
	if !d.ok() {
		return
	}
	s = d.style(s)
	page, left, width, y := d.f.PageNo(), d.left, d.width, d.y
	d.later = append(d.later, func() {
		d.f.SetPage(page)
		d.drawn = font{}
		for _, m := range marks() {
			if y += s.lead() * 1.25; y > d.bottom() {
				break // a page holds more than any report has
			}
			d.entry(m, s, left, width, y)
		}
		d.f.SetPage(d.f.PageCount())
		d.drawn = font{}
	})
}

// entry is a line of the contents: the title, dots, the page.
func (d *Document) entry(m *Mark, s Style, left, width, y float64) {
	f := font{size: s.Size, bold: m.Level == 0}
	x := left + 6*float64(m.Level)
	number := strconv.Itoa(m.page)
	end := left + width - d.face.width(number, f)
	title := d.face.legible(m.Title)
	if runes := []rune(title); d.face.width(title, f) > end-x-8 {
		for len(runes) > 1 && d.face.width(string(runes)+"…", f) > end-x-8 {
			runes = runes[:len(runes)-1]
		}
		title = strings.TrimRight(string(runes), " ") + "…"
	}
	d.put(title, f, x, y, 0)
	d.put(number, f, end, y, 0)
	plain := font{size: s.Size}
	dot := d.face.width(" .", plain)
	if n := int((end - x - d.face.width(title, f) - 3) / dot); n > 0 {
		dots := strings.Repeat(" .", n)
		d.put(dots, plain, end-1.5-d.face.width(dots, plain), y, 0)
	}
	d.f.Link(left, y-s.lead()*0.9, width, s.lead()*1.25, m.link)
}

// watermark draws Options.Watermark.
func (d *Document) watermark() {
	if d.o.Watermark == "" || !d.ok() {
		return
	}
	w, h := d.f.GetPageSize()
	text := d.face.legible(d.o.Watermark)
	f := font{bold: true, size: 110}
	for d.face.width(text, f) > 0.9*w && f.size > 20 {
		f.size -= 5
	}
	r, g, b := d.f.GetTextColor()
	d.f.SetTextColor(236, 236, 236)
	d.f.TransformBegin()
	d.f.TransformRotate(52, w/2, h/2)
	d.put(text, f, (w-d.face.width(text, f))/2, h/2+f.size*mm/3, 0)
	d.f.TransformEnd()
	d.f.SetTextColor(r, g, b)
	d.drawn = font{} // what is selected inside of a transformation ends with it
}
