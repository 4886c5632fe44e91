package report

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report/pdf"
)

// RundownView is what the picture and the printed sheet of a rundown show.
type RundownView struct {
	Office OfficeView // the PDF's
	Title  string     // of the event
	Theme  string
	Place  string
	Start  time.Time
	AsOf   time.Time
	Rows   []RundownRow
	// Notes are what should be looked at: overlaps and gaps. The sheet, which is
	// handed out, does without them.
	Notes []string
}

// RundownRow is one item.
type RundownRow struct {
	From, To string // 08.00
	Minutes  int
	Title    string
	Who      string
	Place    string
	Going    bool // at AsOf
	Over     bool
}

// Words on rundowns.
const (
	rundownHeading = "Rundown"
	rundownSheet   = "SUSUNAN ACARA"
	rundownNow     = "sekarang"
	rundownOver    = "selesai"
	rundownNotes   = "Perlu diperiksa:"
	rundownMore    = "dan %d acara lagi di berkas PDF"
	rundownAsOf    = "Keadaan "
	unitMinutes    = "menit"
)

// maxRundownRows is how many items one picture shows.
const maxRundownRows = 40

// Layout of the picture, in pixels.
const (
	rundownTimes = 250 // width of the column of times
	rundownPad   = 22
)

// RundownPicture draws a rundown as a portrait PNG, 1080 px wide.
func RundownPicture(v RundownView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() || v.Start.IsZero() || len(v.Rows) == 0 {
		return nil, errors.New("a rundown needs a title, a day and items")
	}
	return paint("rundown", v.picture)
}

func (v RundownView) picture(ts *typeset) (*canvas, error) {
	l := layRundown(ts, v)
	c := newCanvas(ts, recapWidth, int(l.height), white)
	l.draw(c)
	return c, nil
}

// rundownPicture is a rundown that has been measured.
type rundownPicture struct {
	v      RundownView
	title  block
	when   block
	rows   []rundownBlock
	more   int
	notes  []block
	height float64
}

type rundownBlock struct {
	RundownRow
	title, sub block
	height     float64
}

func layRundown(ts *typeset, v RundownView) rundownPicture {
	l := rundownPicture{v: v, title: ts.fit(v.Title, bold, 60, 40, recapInner, 2)}
	when := event.Day(v.Start)
	if v.Place != "" {
		when += " · " + v.Place
	}
	l.when = ts.fit(when, regular, 38, 30, recapInner, 2)
	inner := float64(recapInner - rundownTimes)
	for _, r := range v.Rows[:min(len(v.Rows), maxRundownRows)] {
		b := rundownBlock{RundownRow: r, title: ts.fit(r.Title, bold, 40, 32, inner, 3)}
		var sub []string
		for _, s := range []string{r.Who, r.Place} {
			if s != "" {
				sub = append(sub, s)
			}
		}
		b.height = b.title.height()
		if len(sub) > 0 {
			b.sub = ts.fit(strings.Join(sub, " · "), regular, 32, 28, inner, 3)
			b.height += 6 + b.sub.height()
		}
		b.height = max(b.height, 92) + 2*rundownPad
		l.rows = append(l.rows, b)
	}
	l.more = len(v.Rows) - len(l.rows)
	for _, n := range v.Notes {
		l.notes = append(l.notes, ts.fit("• "+n, regular, 32, 28, recapInner, 3))
	}
	l.height = l.headHeight() + recapMargin
	for _, b := range l.rows {
		l.height += b.height
	}
	if l.more > 0 {
		l.height += 70
	}
	if len(l.notes) > 0 {
		l.height += 70
		for _, n := range l.notes {
			l.height += n.height() + 8
		}
	}
	return l
}

func (l rundownPicture) headHeight() float64 { return 220 + l.title.height() + l.when.height() }

func (l rundownPicture) draw(c *canvas) {
	h := l.headHeight()
	c.banner(h)
	c.text(rundownHeading, style{bold, 48}, recapMargin, 96, 0, gold)
	y := c.paragraph(l.title, recapMargin, 118, white)
	y = c.paragraph(l.when, recapMargin, y+8, mint)
	c.text(asOf(l.v.AsOf), style{regular, 32}, recapMargin, y+44, 0, mint)

	top := h + recapMargin/2
	for i, b := range l.rows {
		if b.Going {
			c.rect(0, int(top), recapWidth, int(b.height), mint)
		} else if i > 0 {
			c.rect(recapMargin, int(top), recapInner, 2, barTrack)
		}
		l.row(c, b, top+rundownPad)
		top += b.height
	}
	if l.more > 0 {
		c.text(fmt.Sprintf(rundownMore, l.more), style{regular, 32}, recapMargin, top+46, 0, inkSoft)
		top += 70
	}
	if len(l.notes) > 0 {
		c.text(rundownNotes, style{bold, 34}, recapMargin, top+48, 0, lateInk)
		top += 66
		for _, n := range l.notes {
			top = c.paragraph(n, recapMargin, top, ink) + 8
		}
	}
}

// row writes the times on the left, what happens on the right.
func (l rundownPicture) row(c *canvas, b rundownBlock, y float64) {
	words, minor := ink, inkSoft
	if b.Over {
		words = inkSoft
	}
	c.text(b.From, style{bold, 48}, recapMargin, y+40, 0, words)
	under := "–" + b.To
	switch {
	case b.Going:
		under += ", " + rundownNow
		minor = green
	case b.Over:
		under += ", " + rundownOver
	}
	c.text(under, style{regular, 28}, recapMargin, y+78, 0, minor)
	next := c.paragraph(b.title, recapMargin+rundownTimes, y, words)
	if len(b.sub.lines) > 0 {
		c.paragraph(b.sub, recapMargin+rundownTimes, next+6, inkSoft)
	}
}

// RundownPDF sets a rundown as a sheet under the office's letterhead.
func RundownPDF(v RundownView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() || len(v.Rows) == 0 || len(v.Office.Head) == 0 {
		return nil, errors.New("a rundown needs a title, items and a letterhead")
	}
	d := pdf.New(pdf.Options{
		Paper: pdf.PaperOf(v.Office.Paper), Made: v.AsOf, Title: rundownHeading + " " + v.Title, Author: v.Office.Head[len(v.Office.Head)-1],
		Font: officeFont(v.Office), Number: pdf.PageOf,
	})
	v.Office.letterhead(d)
	d.Paragraph(pdf.Plain(rundownSheet), pdf.Style{Bold: true, Align: pdf.Centre})
	d.Paragraph(pdf.Plain(v.Title), pdf.Style{Bold: true, Align: pdf.Centre})
	if v.Theme != "" {
		d.Paragraph(pdf.Plain("“"+v.Theme+"”"), pdf.Style{Align: pdf.Centre})
	}
	when := event.Day(v.Start)
	if v.Place != "" {
		when += ", " + v.Place
	}
	d.Paragraph(pdf.Plain(when), pdf.Style{Align: pdf.Centre})
	d.Space(4)
	d.Table(pdf.Table{
		Columns: []pdf.Column{
			{Head: "No.", Width: 1, Align: pdf.Centre}, {Head: "Waktu (WIB)", Width: 3, Align: pdf.Centre}, {Head: "Lama", Width: 1.8, Align: pdf.Centre},
			{Head: "Acara", Width: 5}, {Head: "Pengisi", Width: 4}, {Head: "Tempat", Width: 3},
		},
		Shade: true, Size: 10.5,
		Rows: func(yield func([]string) bool) {
			for i, r := range v.Rows {
				if !yield([]string{strconv.Itoa(i + 1), r.From + "–" + r.To, strconv.Itoa(r.Minutes) + " " + unitMinutes, r.Title, r.Who, r.Place}) {
					return
				}
			}
		},
	})
	d.Space(3)
	d.Paragraph(pdf.Plain(rundownAsOf+event.ShortDay(v.AsOf)+" "+v.AsOf.In(event.Jakarta).Format("15.04")+" WIB."), pdf.Style{Size: 9})
	out, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("rundown: %w", err)
	}
	return out, nil
}
