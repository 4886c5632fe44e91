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

// LogisticsView is what the picture and the check sheet of the logistics show.
type LogisticsView struct {
	Office OfficeView // the sheet's
	Title  string     // of the event
	Place  string
	Start  time.Time
	AsOf   time.Time
	Rows   []LogisticsRow
	Ready  int // how many are there, or were
	Out    int // borrowed and not given back
}

// LogisticsRow is one thing.
type LogisticsRow struct {
	N        int
	Name     string
	Quantity int
	Unit     string
	Owner    string
	LentBy   string
	HandedTo string
	Note     string
	State    string // in words
	// Ready, Handed, Returned are how far it is.
	Ready, Handed, Returned bool
}

// Words on logistics.
const (
	logisticsHeading = "Logistik"
	logisticsSheet   = "LEMBAR PERIKSA LOGISTIK"
	logisticsReady   = "%d dari %d siap"
	logisticsOut     = "%d pinjaman belum kembali"
	logisticsLent    = "pinjam dari "
	logisticsMore    = "dan %d lagi di berkas PDF"
	logisticsSigned  = "Diperiksa oleh"
	logisticsBox     = "[   ]"
	logisticsTick    = "[ v ]"
)

// maxLogisticsRows is how many things one picture shows.
const maxLogisticsRows = 50

// amount is "4 unit"; "" where it is not counted.
func (r LogisticsRow) amount() string {
	if r.Quantity == 0 {
		return r.Unit
	}
	return strings.TrimSpace(thousands(r.Quantity) + " " + r.Unit)
}

// LogisticsPicture draws the list as a portrait PNG, 1080 px wide: a box for
// each thing, filled once it is there, with its state in words.
func LogisticsPicture(v LogisticsView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() || len(v.Rows) == 0 {
		return nil, errors.New("logistics need a title, a time and things")
	}
	return paint("logistics", v.picture)
}

func (v LogisticsView) picture(ts *typeset) (*canvas, error) {
	const box, lead, state = 70, 30, 270
	type line struct {
		LogisticsRow
		name, sub block
		height    float64
	}
	title := ts.fit(v.Title, regular, 46, 34, recapInner, 2)
	head := 270 + title.height()
	height := head + 2*recapMargin
	var lines []line
	for _, r := range v.Rows[:min(len(v.Rows), maxLogisticsRows)] {
		name := r.Name
		if a := r.amount(); a != "" {
			name += ", " + a
		}
		l := line{LogisticsRow: r, name: ts.fit(strconv.Itoa(r.N)+". "+name, bold, 36, 30, recapInner-box-state, 2)}
		l.height = l.name.height()
		var sub []string
		for _, s := range []string{r.Owner, prefixed(logisticsLent, r.LentBy), r.HandedTo} {
			if s != "" {
				sub = append(sub, s)
			}
		}
		if len(sub) > 0 {
			l.sub = ts.fit(strings.Join(sub, " · "), regular, 30, 26, recapInner-box, 2)
			l.height += 4 + l.sub.height()
		}
		l.height = max(l.height, 46) + lead
		lines = append(lines, l)
		height += l.height
	}
	more := len(v.Rows) - len(lines)
	if more > 0 {
		height += 60
	}
	c := newCanvas(ts, recapWidth, int(height), white)
	c.banner(head)
	c.text(logisticsHeading, style{bold, 60}, recapMargin, 104, 0, white)
	y := c.paragraph(title, recapMargin, 126, mint)
	words := fmt.Sprintf(logisticsReady, v.Ready, len(v.Rows))
	if v.Out > 0 {
		words += ", " + fmt.Sprintf(logisticsOut, v.Out)
	}
	c.text(words, style{bold, 42}, recapMargin, y+58, 0, gold)
	c.text(asOf(v.AsOf), style{regular, 32}, recapMargin, y+106, 0, mint)
	y = head + recapMargin
	for i, l := range lines {
		if i > 0 {
			c.rect(recapMargin, int(y)-lead/2, recapInner, 2, barTrack)
		}
		c.rounded(recapMargin, int(y)+2, 40, 40, 8, inkSoft)
		if l.Ready {
			c.rounded(recapMargin, int(y)+2, 40, 40, 8, barGreen)
		} else {
			c.rounded(recapMargin+4, int(y)+6, 32, 32, 6, white)
		}
		ink2 := ink
		if l.Returned {
			ink2 = inkSoft
		}
		next := c.paragraph(l.name, recapMargin+box, y, ink2)
		st := style{bold, 30}
		if l.Ready {
			st.weight = regular
		}
		c.text(l.State, st, recapWidth-recapMargin, y+36, 1, inkSoft)
		if len(l.sub.lines) > 0 {
			c.paragraph(l.sub, recapMargin+box, next+4, inkSoft)
		}
		y += l.height
	}
	if more > 0 {
		c.text(fmt.Sprintf(logisticsMore, more), style{regular, 32}, recapMargin, y+36, 0, inkSoft)
	}
	return c, nil
}

func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// LogisticsSheet sets the list as a sheet to be ticked off by hand, with what
// is known already.
func LogisticsSheet(v LogisticsView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() || len(v.Rows) == 0 || len(v.Office.Head) == 0 {
		return nil, errors.New("a check sheet needs a title, things and a letterhead")
	}
	d := pdf.New(pdf.Options{
		Paper: pdf.PaperOf(v.Office.Paper), Landscape: true, Margins: pdf.Margins{Left: 15, Top: 12, Right: 15, Bottom: 15}, Made: v.AsOf, Title: logisticsHeading + " " + v.Title,
		Author: v.Office.Head[len(v.Office.Head)-1], Font: officeFont(v.Office), Number: pdf.PageOf,
	})
	v.Office.letterhead(d)
	d.Paragraph(pdf.Plain(logisticsSheet), pdf.Style{Bold: true, Align: pdf.Centre})
	when := v.Title + " – " + event.Day(v.Start)
	if v.Place != "" {
		when += ", " + v.Place
	}
	d.Paragraph(pdf.Plain(when), pdf.Style{Align: pdf.Centre})
	words := fmt.Sprintf(logisticsReady, v.Ready, len(v.Rows))
	if v.Out > 0 {
		words += ", " + fmt.Sprintf(logisticsOut, v.Out)
	}
	d.Paragraph(pdf.Plain(words+" – "+rundownAsOf+event.ShortDay(v.AsOf)+" "+v.AsOf.In(event.Jakarta).Format("15.04")+" WIB"), pdf.Style{Align: pdf.Centre, Size: 10})
	d.Space(3)
	tick := func(yes bool) string {
		if yes {
			return logisticsTick
		}
		return logisticsBox
	}
	d.Table(pdf.Table{
		Columns: []pdf.Column{
			{Head: "No.", Width: 1, Align: pdf.Centre}, {Head: "Barang", Width: 5}, {Head: "Jumlah", Width: 2.2}, {Head: "Penanggung jawab", Width: 3.6}, {Head: "Dipinjam dari", Width: 4},
			{Head: "Siap", Width: 1.5, Align: pdf.Centre}, {Head: "Diserahkan kepada", Width: 4}, {Head: "Kembali", Width: 1.8, Align: pdf.Centre}, {Head: "Catatan", Width: 4},
		},
		Shade: true, Size: 10, MinHeight: 8,
		Rows: func(yield func([]string) bool) {
			for _, r := range v.Rows {
				to := r.HandedTo
				if to == "" && r.Handed {
					to = logisticsTick
				}
				if !yield([]string{strconv.Itoa(r.N), r.Name, r.amount(), r.Owner, r.LentBy, tick(r.Ready), to, tick(r.Returned), r.Note}) {
					return
				}
			}
		},
	})
	d.Need(26)
	d.Space(5)
	d.Paragraph(pdf.Plain(logisticsSigned+": "+letterBlank+"     Pukul: "+letterBlank), pdf.Style{Size: 11})
	out, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("check sheet: %w", err)
	}
	return out, nil
}
