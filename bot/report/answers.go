package report

import (
	"errors"
	"fmt"
	"image/color"
	"strings"
	"time"
)

// AnswersView is what the picture of the guests' answers shows.
type AnswersView struct {
	Title  string    // of the event
	AsOf   time.Time // when the answers were counted
	Groups []AnswersLine
	Trend  []AnswersLine // all guests as each stage began and now, the earliest first; none: not shown
}

// AnswersLine counts the answers of some guests.
type AnswersLine struct {
	Name                              string // such as "UKM", or "H-14, 31 Des"
	Yes, Delegated, Maybe, No, Silent int
	Heads                             int // people expected
}

func (l AnswersLine) guests() int { return l.Yes + l.Delegated + l.Maybe + l.No + l.Silent }

// The words of the picture.
const (
	answersHeading   = "Konfirmasi kehadiran"
	answersHeads     = "orang diharapkan"
	answersNone      = "Belum ada tamu."
	answersTrend     = "Perkembangan"
	answersYes       = "hadir"
	answersDelegated = "diwakilkan"
	answersMaybe     = "belum pasti"
	answersNo        = "tidak hadir"
	answersSilent    = "belum menjawab"
	answersOf        = "%s tamu, %s orang"
)

// barRed is for a no; vermilion, of the same palette as the others.
var barRed = color.RGBA{0xd5, 0x5e, 0x00, 0xff}

const (
	answersLegend = 2 * statusLegend // in two rows
	maxTrend      = 6
)

// AnswersChart draws how the answers stand as a portrait PNG, 1080 px wide: for
// each audience a bar of yes, represented, maybe, no and silent, and how all of
// them stood as each stage began.
func AnswersChart(v AnswersView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() {
		return nil, errors.New("answers chart needs a title and a time")
	}
	for _, l := range append(v.Groups[:len(v.Groups):len(v.Groups)], v.Trend...) {
		if min(l.Yes, l.Delegated, l.Maybe, l.No, l.Silent, l.Heads) < 0 {
			return nil, fmt.Errorf("answers chart: %q has a negative number", l.Name)
		}
	}
	return paint("answers chart", v.picture)
}

func (v AnswersView) picture(ts *typeset) (*canvas, error) {
	a := answersChart{view: v, title: ts.fit(v.Title, regular, 48, 34, recapInner, 2)}
	a.view.Groups = v.Groups[:min(len(v.Groups), maxAudiences)]
	a.view.Trend = v.Trend[max(0, len(v.Trend)-maxTrend):]
	c := newCanvas(ts, recapWidth, a.height(), white)
	a.draw(c)
	return c, nil
}

type answersChart struct {
	view  AnswersView
	title block
}

func (a answersChart) headHeight() float64 { return masthead{title: a.title}.height() }

func (a answersChart) height() int {
	h := a.headHeight() + recapGap + answersLegend + float64(statusLead*max(1, len(a.view.Groups))) + recapMargin
	if len(a.view.Trend) > 0 {
		h += recapGap + headingLead + float64(statusLead*len(a.view.Trend))
	}
	return int(h)
}

func (a answersChart) draw(c *canvas) {
	h := a.headHeight()
	heads := 0
	for _, l := range a.view.Groups {
		heads += l.Heads
	}
	masthead{answersHeading, a.title, thousands(heads), answersHeads, asOf(a.view.AsOf)}.draw(c, h)

	y := h + recapGap
	if len(a.view.Groups) == 0 {
		c.text(answersNone, style{regular, 42}, recapMargin, y+42, 0, inkSoft)
		return
	}
	c.legend(y, []swatch{{answersYes, barGreen}, {answersDelegated, barBlue}, {answersMaybe, barOrange}, {answersNo, barRed}, {answersSilent, barTrack}})
	y += answersLegend
	for _, l := range a.view.Groups {
		a.line(c, y, l)
		y += statusLead
	}
	if len(a.view.Trend) == 0 {
		return
	}
	y += recapGap
	c.text(answersTrend, style{bold, 46}, recapMargin, y+40, 0, ink)
	y += headingLead
	for _, l := range a.view.Trend {
		a.line(c, y, l)
		y += statusLead
	}
}

func (a answersChart) line(c *canvas, y float64, l AnswersLine) {
	var words []string
	for _, w := range []struct {
		n    int
		word string
	}{{l.Yes, answersYes}, {l.Delegated, answersDelegated}, {l.Maybe, answersMaybe}, {l.No, answersNo}, {l.Silent, answersSilent}} {
		if w.n > 0 {
			words = append(words, thousands(w.n)+" "+w.word)
		}
	}
	name := c.fit(l.Name, bold, 40, 28, recapInner*0.5, 1)
	c.paragraph(name, recapMargin, y+44-name.style.size*0.96, ink)
	c.text(fmt.Sprintf(answersOf, thousands(l.guests()), thousands(l.Heads)), style{regular, 36}, recapWidth-recapMargin, y+44, 1, ink)
	c.stacked(int(y+62), l.guests(), []part{{l.Yes, barGreen}, {l.Delegated, barBlue}, {l.Maybe, barOrange}, {l.No, barRed}})
	detail := c.fit(strings.Join(words, " · "), regular, 32, 24, recapInner, 1)
	c.paragraph(detail, recapMargin, y+62+barHeight+36-detail.style.size*0.96, inkSoft)
}
