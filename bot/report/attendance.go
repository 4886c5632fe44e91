package report

import (
	"errors"
	"fmt"
	"image/color"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report/pdf"
)

// AttendanceView is what the picture of who came shows.
type AttendanceView struct {
	Title     string    // of the event
	AsOf      time.Time // when it was counted
	Heads     int       // people who came
	Groups    []AttendanceLine
	Hours     []AttendanceHour // in order
	Officials []OfficialLine
}

// AttendanceLine counts an audience.
type AttendanceLine struct {
	Name     string
	Arrived  int // guests
	Expected int // guests who said that they come
	Heads    int // people
}

// AttendanceHour is how many people came from an hour on.
type AttendanceHour struct {
	Hour  time.Time
	Heads int
}

// OfficialLine is an official, with the time of arrival.
type OfficialLine struct {
	Name string
	At   *time.Time // nil: not here yet
}

// The words of the picture.
const (
	attendHeading   = "Kehadiran"
	attendHeads     = "orang hadir"
	attendOf        = "%s tamu, %s orang (menyatakan hadir %s)"
	attendNoneYet   = "Belum ada yang hadir."
	attendHours     = "Menurut jam kedatangan"
	attendHour      = "%s–%s"
	attendOfficials = "Pejabat"
	attendAt        = "tiba pukul %s"
	attendNot       = "belum tiba"
	attendMore      = "dan %d lainnya"
)

const (
	attendLead   = 118
	attendRow    = 64
	maxOfficials = 14
	maxHours     = 16
)

// AttendanceChart draws who came as a portrait PNG, 1080 px wide: of those who
// said that they come, by audience and by hour, and the officials by name.
func AttendanceChart(v AttendanceView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() {
		return nil, errors.New("attendance chart needs a title and a time")
	}
	return paint("attendance chart", v.picture)
}

func (v AttendanceView) picture(ts *typeset) (*canvas, error) {
	a := attendanceChart{view: v, title: ts.fit(v.Title, regular, 48, 34, recapInner, 2)}
	a.view.Hours = v.Hours[max(0, len(v.Hours)-maxHours):]
	a.view.Officials = v.Officials[:min(len(v.Officials), maxOfficials)]
	a.more = len(v.Officials) - len(a.view.Officials)
	c := newCanvas(ts, recapWidth, a.height(), white)
	a.draw(c)
	return c, nil
}

type attendanceChart struct {
	view  AttendanceView
	title block
	more  int // officials left out
}

func (a attendanceChart) headHeight() float64 { return 344 + a.title.height() }

func (a attendanceChart) height() int {
	h := a.headHeight() + recapGap + float64(attendLead*max(1, len(a.view.Groups))) + recapMargin
	if len(a.view.Hours) > 0 {
		h += recapGap + headingLead + float64(attendRow*len(a.view.Hours))
	}
	if n := len(a.view.Officials); n > 0 {
		h += recapGap + headingLead + float64(attendRow*n)
		if a.more > 0 {
			h += attendRow
		}
	}
	return int(h)
}

func (a attendanceChart) draw(c *canvas) {
	h := a.headHeight()
	masthead{attendHeading, a.title, thousands(a.view.Heads), attendHeads, asOf(a.view.AsOf)}.draw(c, h)

	y := h + recapGap
	if len(a.view.Groups) == 0 {
		c.text(attendNoneYet, style{regular, 42}, recapMargin, y+42, 0, inkSoft)
		y += attendLead
	}
	for _, l := range a.view.Groups {
		name := c.fit(l.Name, bold, 40, 28, recapInner*0.33, 1)
		c.paragraph(name, recapMargin, y+44-name.style.size*0.96, ink)
		c.text(fmt.Sprintf(attendOf, thousands(l.Arrived), thousands(l.Heads), thousands(l.Expected)), style{regular, 34}, recapWidth-recapMargin, y+44, 1, ink)
		if whole := max(l.Expected, l.Arrived); whole > 0 {
			c.stacked(int(y+62), whole, []part{{l.Arrived, barGreen}})
		}
		y += attendLead
	}
	y = a.hours(c, y)
	a.officials(c, y)
}

func clockOf(t time.Time) string { return t.In(event.Jakarta).Format("15.04") }

// hours draws a bar for each hour, as long as people came in it.
func (a attendanceChart) hours(c *canvas, y float64) float64 {
	if len(a.view.Hours) == 0 {
		return y
	}
	most := slices.MaxFunc(a.view.Hours, func(p, q AttendanceHour) int { return p.Heads - q.Heads }).Heads
	y = c.heading(y+recapGap, attendHours, "")
	const left, right = 250, 120
	for _, h := range a.view.Hours {
		c.text(fmt.Sprintf(attendHour, clockOf(h.Hour), clockOf(h.Hour.Add(time.Hour))), style{regular, 36}, recapMargin, y+42, 0, ink)
		if h.Heads > 0 {
			full := recapInner - left - right
			c.rounded(recapMargin+left, int(y)+14, max(barHeight, full*h.Heads/most), barHeight, barHeight/2, barBlue)
		}
		c.text(thousands(h.Heads), style{bold, 36}, recapWidth-recapMargin, y+42, 1, ink)
		y += attendRow
	}
	return y
}

func (a attendanceChart) officials(c *canvas, y float64) {
	if len(a.view.Officials) == 0 {
		return
	}
	y = c.heading(y+recapGap, attendOfficials, "")
	for _, o := range a.view.Officials {
		words, st := attendNot, style{regular, 36}
		var tone color.Color = inkSoft
		if o.At != nil {
			words, st, tone = fmt.Sprintf(attendAt, clockOf(*o.At)), style{bold, 36}, green
		}
		c.text(words, st, recapWidth-recapMargin, y+42, 1, tone)
		name := c.fit(o.Name, regular, 38, 26, recapInner-c.width(words, st)-30, 1)
		c.paragraph(name, recapMargin, y+42-name.style.size*0.96, ink)
		y += attendRow
	}
	if a.more > 0 {
		c.text(fmt.Sprintf(attendMore, a.more), style{regular, 34}, recapMargin, y+42, 0, inkSoft)
	}
}

// FloorView is a page of the list of booths, for those who set them up.
type FloorView struct {
	Title string
	AsOf  time.Time
	Page  string // such as "1 dari 3"; "" where there is one
	Power int    // booths with electricity, on all pages
	Total int    // booths
	Rows  []FloorRow
}

// FloorRow is a booth, or somebody who performs.
type FloorRow struct {
	No    string // of the booth
	Name  string
	Power bool
	Note  string // equipment, products
}

// The words of the list.
const (
	floorHeading = "Daftar stan"
	floorSum     = "%s stan, %s dengan listrik"
	floorPower   = "LISTRIK"
	floorNone    = "Belum ada yang meminta stan."
)

// MaxFloorRows is how many rows a page of the list holds.
const MaxFloorRows = 28

const floorLead = 84

// FloorChart draws a page of the list of booths as a portrait PNG, 1080 px
// wide. Electricity is said in words.
func FloorChart(v FloorView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() || len(v.Rows) > MaxFloorRows {
		return nil, errors.New("the list of booths needs a title, a time and no more rows than a page holds")
	}
	return paint("booths", v.picture)
}

func (v FloorView) picture(ts *typeset) (*canvas, error) {
	title := ts.fit(v.Title, regular, 44, 32, recapInner, 1)
	const head = 250
	c := newCanvas(ts, recapWidth, head+recapGap+floorLead*max(1, len(v.Rows))+recapMargin, white)
	c.rect(0, 0, recapWidth, head, green)
	heading := floorHeading
	if v.Page != "" {
		heading += " " + v.Page
	}
	c.text(heading, style{bold, 60}, recapMargin, 92, 0, white)
	y := c.paragraph(title, recapMargin, 108, mint)
	sum := fmt.Sprintf(floorSum, thousands(v.Total), thousands(v.Power)) + " · " + recapAsOf + event.ShortDay(v.AsOf) + " " + clockOf(v.AsOf)
	c.text(sum, style{regular, 36}, recapMargin, y+44, 0, gold)
	y = head + recapGap
	if len(v.Rows) == 0 {
		c.text(floorNone, style{regular, 42}, recapMargin, y+42, 0, inkSoft)
	}
	for i, r := range v.Rows {
		if i%2 == 0 {
			c.rect(0, int(y)-20, recapWidth, floorLead, paper)
		}
		c.text(r.No, style{bold, 40}, recapMargin, y+34, 0, green)
		const left = 170
		room := float64(recapInner - left)
		if r.Power {
			c.text(floorPower, style{bold, 32}, recapWidth-recapMargin, y+34, 1, red)
			room -= c.width(floorPower, style{bold, 32}) + 24
		}
		name := c.fit(r.Name, bold, 34, 26, room, 1)
		if r.Note == "" {
			c.paragraph(name, recapMargin+left, y+34-name.style.size*0.96, ink)
		} else {
			c.paragraph(name, recapMargin+left, y+14-name.style.size*0.96, ink)
			note := c.fit(r.Note, regular, 30, 24, room, 1)
			c.paragraph(note, recapMargin+left, y+50-note.style.size*0.96, inkSoft)
		}
		y += floorLead
	}
	return c, nil
}

// DeskListView is the printed list for the desk, for when the connection is
// gone: what is ticked off on it is entered later by its codes.
type DeskListView struct {
	Office OfficeView
	Title  string // of the event
	Start  time.Time
	Made   time.Time
	How    string // how to enter it later
	Groups []DeskGroup
}

// DeskGroup is an audience on the list.
type DeskGroup struct {
	Name string
	Rows []DeskRow
}

// DeskRow is a guest on the list.
type DeskRow struct {
	Code, Name, Organisation string
	Heads                    int // expected
	Booth                    string
}

// The words of the list.
const (
	deskListHeading = "DAFTAR HADIR (CADANGAN)"
	deskListCode    = "Kode"
	deskListName    = "Nama"
	deskListFrom    = "Usaha/instansi"
	deskListHeads   = "Orang"
	deskListBooth   = "Stan"
	deskListCame    = "Jam datang"
	deskListActual  = "Jumlah"
	deskListBlank   = "Tamu baru (tulis nama, instansi, nomor HP)"
	deskListBlanks  = 15
)

// DeskList sets the printed list as a PDF.
func DeskList(v DeskListView) ([]byte, error) {
	d := pdf.New(pdf.Options{
		Paper: pdf.PaperOf(v.Office.Paper), Made: v.Made, Title: deskListHeading + " – " + v.Title, Font: pdf.Sans, Size: 10,
		Margins: pdf.Margins{Left: 15, Top: 12, Right: 12, Bottom: 16}, Number: func(page, pages int) string { return fmt.Sprintf("%d/%d", page, pages) },
	})
	d.Heading(deskListHeading, pdf.Style{Align: pdf.Centre})
	d.Paragraph(pdf.Plain(v.Title+", "+event.Day(v.Start)+" "+event.Clock(v.Start)), pdf.Style{Align: pdf.Centre})
	d.Paragraph(pdf.Plain(v.How), pdf.Style{Size: 9})
	d.Space(2)
	d.Table(pdf.Table{
		Columns: []pdf.Column{
			{Head: deskListCode, Width: 3.4}, {Head: deskListName, Width: 5}, {Head: deskListFrom, Width: 5}, {Head: deskListHeads, Width: 1.5, Align: pdf.Centre},
			{Head: deskListBooth, Width: 1.3, Align: pdf.Centre}, {Head: deskListCame, Width: 1.9}, {Head: deskListActual, Width: 1.7},
		},
		Shade: true, MinHeight: 7, Size: 9,
		Rows: func(yield func([]string) bool) {
			for _, g := range v.Groups {
				if !yield([]string{fmt.Sprintf("%s (%d)", g.Name, len(g.Rows))}) {
					return
				}
				for _, r := range g.Rows {
					heads := ""
					if r.Heads > 0 {
						heads = fmt.Sprint(r.Heads)
					}
					if !yield([]string{r.Code, r.Name, r.Organisation, heads, r.Booth, "", ""}) {
						return
					}
				}
			}
			if !yield([]string{deskListBlank}) {
				return
			}
			for range deskListBlanks {
				if !yield([]string{"", "", "", "", "", "", ""}) {
					return
				}
			}
		},
	})
	out, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("desk list: %w", err)
	}
	return out, nil
}
