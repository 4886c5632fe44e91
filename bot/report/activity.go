package report

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report/pdf"
)

// ActivityView is the official report of an event (laporan kegiatan): a cover,
// the contents, chapters, the signature, annexes. What it says is decided by
// who fills it in; a chapter without data says so in a line of its own.
type ActivityView struct {
	Office OfficeView
	Made   time.Time // as of when
	// Draft: not approved yet; Watermark then stands on every page.
	Draft     bool
	Watermark string

	Heading  string   // "LAPORAN KEGIATAN"
	Title    string   // of the event
	Theme    string   // "" where there is none
	Lines    []string // when, where, version
	Contents string   // heading of the table of contents
	Foot     string   // at the foot of each page, before its number

	Chapters []Chapter
	Sign     Signing
	Annexes  []Chapter // each begins a page
}

// Chapter is a part of a report under a heading of its own.
type Chapter struct {
	Title  string
	Blocks []Block
	// Page begins it on a new page.
	Page bool
}

// Signing is the block of who signs.
type Signing struct {
	Intro []string // paragraphs before it
	Place string   // "Cibinong, 16 Januari 2027"
}

// Block is one thing in a chapter.
type Block interface{ set(d *pdf.Document) }

// Passage is a paragraph, in the markup of the bot's texts.
type Passage string

// Missing is the one line of a part without data.
type Missing string

// Part is a heading within a chapter.
type Part string

// Points are a numbered list; Lettered counts a, b, c.
type Points struct {
	Items    []string
	Lettered bool
}

// Details are labels and values.
type Details []Detail

// Detail is one of them.
type Detail struct{ Label, Value string }

// Grid is a table. A row of one cell names a part.
type Grid struct {
	Columns   []GridColumn
	Rows      iter.Seq[[]string]
	Size      float64 // points; 0: 9
	MinHeight float64 // millimetres of a row
}

// GridColumn is a column; Width is its share.
type GridColumn struct {
	Head  string
	Width float64
	Right bool
}

// BarChart is a chart of horizontal bars.
type BarChart struct {
	Title  string
	Rows   []BarLine
	Legend []string
	Max    int
}

// BarLine is one of its bars.
type BarLine struct {
	Label string
	Parts []int
	Value string
}

// Quotes are people's words, without their names.
type Quotes []string

// Photos are pictures, two beside each other, read one by one. One that cannot
// be drawn is left out.
type Photos iter.Seq[ReportPhoto]

// ReportPhoto is one of them.
type ReportPhoto struct {
	Data    []byte
	Caption string
}

// activityMargins leave room to bind the pages at their left.
var activityMargins = pdf.Margins{Left: 28, Top: 20, Right: 20, Bottom: 22}

const activitySize = 11

// Activity sets the report as PDF.
func Activity(v ActivityView) ([]byte, error) {
	if len(v.Office.Head) == 0 || v.Title == "" || v.Made.IsZero() {
		return nil, errors.New("a report needs a letterhead, a title and a time")
	}
	o := pdf.Options{
		Paper: pdf.PaperOf(v.Office.Paper), Margins: activityMargins, Made: v.Made, Title: v.Heading + " " + v.Title, Subject: v.Title,
		Author: v.Office.Head[len(v.Office.Head)-1], Font: officeFont(v.Office), Size: activitySize, Number: v.number,
	}
	if v.Draft {
		o.Watermark = v.Watermark
	}
	d := pdf.New(o)
	v.cover(d)
	d.NewPage()
	var marks []*pdf.Mark
	d.Heading(v.Contents, pdf.Style{Size: 14, Align: pdf.Centre})
	d.Space(4)
	d.Contents(pdf.Style{Size: 11}, func() []*pdf.Mark { return marks })
	d.NewPage()
	for _, c := range v.Chapters {
		marks = append(marks, v.chapter(d, c, c.Page)...)
	}
	v.sign(d)
	for _, c := range v.Annexes {
		marks = append(marks, v.chapter(d, c, true)...)
	}
	out, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out, nil
}

func (v ActivityView) number(page, pages int) string {
	line := pdf.PageOf(page, pages)
	if line == "" || v.Foot == "" {
		return line
	}
	return v.Foot + " – " + line
}

func (v ActivityView) cover(d *pdf.Document) {
	v.Office.letterhead(d)
	d.Space(34)
	centred := pdf.Style{Align: pdf.Centre, Even: true}
	big := centred
	big.Size, big.Bold = 24, true
	d.Paragraph(pdf.Plain(v.Heading), big)
	d.Space(8)
	big.Size = 20
	d.Paragraph(pdf.Plain(v.Title), big)
	if v.Theme != "" {
		d.Space(6)
		d.Paragraph(pdf.Plain("“"+v.Theme+"”"), pdf.Style{Size: 15, Align: pdf.Centre, Italic: true, Even: true})
	}
	d.Space(14)
	d.Rule(0.6)
	d.Space(8)
	for _, l := range v.Lines {
		d.Paragraph(pdf.Plain(l), pdf.Style{Size: 13, Align: pdf.Centre, Leading: 1.5})
	}
	d.Space(max(0, d.Room()-26))
	for _, l := range v.Office.Head[len(v.Office.Head)-1:] {
		d.Paragraph(pdf.Plain(l), pdf.Style{Size: 13, Align: pdf.Centre, Bold: true})
	}
	d.Paragraph(pdf.Plain(v.Made.In(event.Jakarta).Format("2006")), pdf.Style{Size: 13, Align: pdf.Centre, Bold: true})
}

func (v ActivityView) chapter(d *pdf.Document, c Chapter, fresh bool) []*pdf.Mark {
	if fresh && d.Room() < pageBody(d) {
		d.NewPage()
	}
	d.Space(7)
	d.Need(30)
	marks := []*pdf.Mark{d.Mark(c.Title, 0)}
	d.Heading(c.Title, pdf.Style{Size: 13})
	d.Space(2)
	for _, b := range c.Blocks {
		if p, ok := b.(Part); ok {
			d.Space(3)
			d.Need(24)
			marks = append(marks, d.Mark(string(p), 1))
		}
		b.set(d)
	}
	return marks
}

// pageBody is nearly all of a page: less is left once something stands on it.
func pageBody(d *pdf.Document) float64 { return d.Body() - 1 }

func (v ActivityView) sign(d *pdf.Document) {
	s := pdf.Signature{Title: []string{v.Office.Title}, Name: v.Office.Name}
	if v.Sign.Place != "" {
		s.Place = []string{v.Sign.Place}
	}
	if v.Office.Rank != "" {
		s.Under = append(s.Under, v.Office.Rank)
	}
	if v.Office.NIP != "" {
		s.Under = append(s.Under, letterNIP+v.Office.NIP)
	}
	height := d.SignHeight(s) + 10
	for _, p := range v.Sign.Intro {
		height += d.Height(pdf.Marked(p), body) + 2
	}
	d.Space(8)
	d.Need(height)
	for _, p := range v.Sign.Intro {
		Passage(p).set(d)
	}
	d.Space(6)
	d.Sign(s)
}

var body = pdf.Style{Align: pdf.Justified}

func (p Passage) set(d *pdf.Document) {
	d.Paragraph(pdf.Marked(string(p)), body)
	d.Space(2)
}

func (m Missing) set(d *pdf.Document) {
	d.Paragraph(pdf.Plain(string(m)), pdf.Style{Italic: true})
	d.Space(2)
}

func (p Part) set(d *pdf.Document) {
	d.Heading(string(p), pdf.Style{Size: 11.5})
	d.Space(1.5)
}

func (p Points) set(d *pdf.Document) {
	mark := pdf.Decimal
	if p.Lettered {
		mark = pdf.Alphabetic
	}
	items := make([]pdf.Text, len(p.Items))
	for i, s := range p.Items {
		items[i] = pdf.Plain(s)
	}
	d.List(items, mark, body)
	d.Space(2)
}

func (l Details) set(d *pdf.Document) {
	facts := make([]pdf.Fact, len(l))
	for i, x := range l {
		facts[i] = pdf.Fact{Label: x.Label, Value: pdf.Plain(x.Value)}
	}
	d.Facts(facts, pdf.Style{})
	d.Space(2.5)
}

func (g Grid) set(d *pdf.Document) {
	t := pdf.Table{Rows: g.Rows, Size: g.Size, MinHeight: g.MinHeight, Shade: true}
	if t.Size == 0 {
		t.Size = 9
	}
	for _, c := range g.Columns {
		col := pdf.Column{Head: c.Head, Width: c.Width}
		if c.Right {
			col.Align = pdf.Right
		}
		t.Columns = append(t.Columns, col)
	}
	d.Table(t)
	d.Space(4)
}

func (b BarChart) set(d *pdf.Document) {
	bars := pdf.Bars{Legend: b.Legend, Max: b.Max}
	for _, r := range b.Rows {
		bars.Rows = append(bars.Rows, pdf.Bar(r))
	}
	if b.Title != "" {
		if whole := 10 + 6.6*float64(len(b.Rows)+2); whole < d.Body()/2 { // with its chart
			d.Need(whole)
		} else {
			d.Need(36)
		}
		d.Paragraph(pdf.Bold(b.Title), pdf.Style{Size: 10})
		d.Space(1)
	}
	d.Bars(bars)
	d.Space(3)
}

func (q Quotes) set(d *pdf.Document) {
	for _, s := range q {
		d.Quote("“"+s+"”", pdf.Style{Size: 10.5})
	}
	d.Space(2)
}

// photoHeight lets four rows of pictures stand on a page, three below a
// chapter's heading.
const photoHeight = 51

func (p Photos) set(d *pdf.Document) {
	d.Album(2, photoHeight, func(yield func(pdf.Picture) bool) {
		for f := range iter.Seq[ReportPhoto](p) {
			pic := pdf.Picture{Data: f.Data, Caption: f.Caption}
			if pdf.Readable(f.Data) && !yield(pic) {
				return
			}
		}
	})
	d.Space(2)
}
