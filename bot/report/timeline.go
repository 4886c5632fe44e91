package report

import (
	"errors"
	"fmt"
	"image/color"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// TimelineView is what the picture of the checklist shows.
type TimelineView struct {
	Title string    // of the event
	AsOf  time.Time // when it was looked at
	Day   time.Time // H
	Rows  []TimelineRow
	// Done of Total are settled, Late are overdue.
	Done, Total, Late int
}

// TimelineRow is one task.
type TimelineRow struct {
	Label string // "5. Menyiapkan logistik"
	H     string // "H-50"
	Day   time.Time
	Who   string // who sees to it; may be empty
	State StepState
}

// StepState is how a task stands. Each has a shape and a word of its own, so
// that nothing rests on the colour.
type StepState int

// States of tasks.
const (
	StepOpen StepState = iota
	StepDue
	StepLate
	StepDone
	StepSkipped
)

// maxTimeline is how many tasks one picture shows.
const maxTimeline = 40

// Layout of the timeline, in pixels.
const (
	timelineLead   = 118
	timelineTrack  = 12
	timelineScaleY = 96
)

var (
	lateInk  = color.RGBA{0xb0, 0x3a, 0x00, 0xff}
	todayInk = color.RGBA{0x80, 0x80, 0x80, 0xff}
	doneInk  = barBlue
	dueInk   = barOrange
	openInk  = color.RGBA{0x9a, 0xa5, 0xad, 0xff}
)

// TimelineChart draws the checklist from the first task to the last as a
// portrait PNG, 1080 px wide: a row for each task with its date on a common
// scale, and a line for today.
func TimelineChart(v TimelineView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() || v.Day.IsZero() || len(v.Rows) == 0 {
		return nil, errors.New("timeline needs a title, a time, a day and tasks")
	}
	return paint("timeline", v.picture)
}

func (v TimelineView) picture(ts *typeset) (*canvas, error) {
	l := layTimeline(ts, v)
	c := newCanvas(ts, recapWidth, l.height(), white)
	l.draw(c)
	return c, nil
}

type timelinePicture struct {
	TimelineView
	title    block
	from, to time.Time // the scale
}

func layTimeline(ts *typeset, v TimelineView) timelinePicture {
	v.Rows = slices.Clone(v.Rows[:min(len(v.Rows), maxTimeline)])
	l := timelinePicture{TimelineView: v, title: ts.fit(v.Title, regular, 48, 34, recapInner, 2)}
	l.from, l.to = event.Midnight(v.Day), event.Midnight(v.Day)
	for _, r := range v.Rows {
		day := event.Midnight(r.Day)
		if day.Before(l.from) {
			l.from = day
		}
		if day.After(l.to) {
			l.to = day
		}
	}
	if l.to.Equal(l.from) {
		l.to = l.from.AddDate(0, 0, 1)
	}
	return l
}

func (l timelinePicture) headHeight() float64 { return 344 + l.title.height() }

func (l timelinePicture) height() int {
	return int(l.headHeight()) + timelineScaleY + len(l.Rows)*timelineLead + recapMargin
}

// x is where a date lies on the scale.
func (l timelinePicture) x(day time.Time) float64 {
	const inset = 14 // so that marks stay within the margins
	share := event.Midnight(day).Sub(l.from).Hours() / l.to.Sub(l.from).Hours()
	return recapMargin + inset + share*(recapInner-2*inset)
}

func (l timelinePicture) draw(c *canvas) {
	h := l.headHeight()
	words := fmt.Sprintf(timelineOf, l.Total)
	if l.Late > 0 {
		words += ", " + fmt.Sprintf(timelineLateN, l.Late)
	}
	masthead{timelineHeading, l.title, thousands(l.Done), words, asOf(l.AsOf)}.draw(c, h)

	top := h + timelineScaleY
	bottom := top + float64(len(l.Rows)*timelineLead)
	l.mark(c, l.Day, timelineDay, h+56, top-20, bottom, ink)
	today := event.Midnight(l.AsOf)
	if !today.Before(l.from) && !today.After(l.to) && !today.Equal(event.Midnight(l.Day)) {
		l.mark(c, today, timelineToday, h+56, top-20, bottom, todayInk)
	}
	for i, r := range l.Rows {
		l.row(c, r, top+float64(i*timelineLead))
	}
}

// mark draws a line down all rows at a date, with a word on top.
func (l timelinePicture) mark(c *canvas, day time.Time, word string, wordY, from, to float64, ink color.Color) {
	x := l.x(day)
	for y := int(from); y < int(to); y += 14 { // dashed, behind the rows
		c.rect(int(x)-1, y, 3, 8, ink)
	}
	st := style{bold, 32}
	align := 0.5
	if half := c.width(word, st) / 2; x-half < recapMargin {
		align = 0
	} else if x+half > recapWidth-recapMargin {
		align = 1
	}
	at := x
	switch align {
	case 0:
		at = max(x-10, recapMargin)
	case 1:
		at = min(x+10, recapWidth-recapMargin)
	}
	c.text(word, st, at, wordY, align, ink)
}

// row writes a task's name and how it stands, and below them its place on the
// scale.
func (l timelinePicture) row(c *canvas, r TimelineRow, y float64) {
	word, tint := timelineWord(r.State)
	right := r.H + " · " + word
	st := style{bold, 30}
	if r.State == StepOpen || r.State == StepSkipped {
		st.weight = regular
	}
	w := c.width(right, st)
	c.rect(int(recapWidth-recapMargin-w)-12, int(y)+6, int(w)+12, 40, white) // the lines pass behind words
	c.text(right, st, recapWidth-recapMargin, y+38, 1, timelineWordInk(r.State))
	label := r.Label
	if r.Who != "" {
		label += " – " + r.Who
	}
	name := c.fit(label, regular, 34, 32, recapInner-w-30, 1)
	c.rect(recapMargin, int(y)+4, int(c.width(name.lines[0], name.style))+10, 44, white)
	c.paragraph(name, recapMargin, y+38-name.style.size*0.96, ink)
	track := int(y) + 68
	c.rounded(recapMargin, track, recapInner, timelineTrack, timelineTrack/2, barTrack)
	x, mid := l.x(r.Day), float64(track)+timelineTrack/2
	switch r.State {
	case StepDone:
		c.rounded(recapMargin, track, max(int(x)-recapMargin, timelineTrack), timelineTrack, timelineTrack/2, tint)
		c.disc(x, mid, 14, tint)
	case StepLate:
		c.rect(int(x)-13, int(mid)-13, 26, 26, tint) // a square
	case StepSkipped:
		c.rect(int(x)-13, int(mid)-4, 26, 8, tint) // a dash
	case StepDue:
		c.disc(x, mid, 14, tint)
	default:
		c.disc(x, mid, 14, tint)
		c.disc(x, mid, 8, white) // a ring
	}
}

func timelineWord(s StepState) (string, color.Color) {
	switch s {
	case StepDone:
		return timelineDone, doneInk
	case StepLate:
		return timelineLate, lateInk
	case StepDue:
		return timelineSoon, dueInk
	case StepSkipped:
		return timelineSkipped, openInk
	}
	return timelineOpen, openInk
}

func timelineWordInk(s StepState) color.Color {
	switch s {
	case StepDone:
		return doneInk
	case StepLate:
		return lateInk
	case StepDue:
		return ink
	}
	return inkSoft
}
