package report

import (
	"errors"
	"fmt"
	"image/color"
	"strings"
	"time"
)

// StatusView is what the picture of an event's invitations shows.
type StatusView struct {
	Title string    // of the event
	AsOf  time.Time // when the numbers were counted
	Lines []StatusLine
	Calls int // guests on the call list
	Done  int // of those, written to or rung
}

// StatusLine counts the guests of an audience who are invited over one channel.
type StatusLine struct {
	Name     string // such as "UKM, Telegram"
	Guests   int
	Answered int
	Sent     int // answered ones included
	Failed   int // uncertain ones included
}

// The words of the picture.
const (
	statusHeading  = "Status undangan"
	statusTotal    = "diundang"
	statusNone     = "Belum ada undangan yang dikirim."
	statusAnswered = "menjawab"
	statusSent     = "terkirim"
	statusFailed   = "gagal"
	statusQueued   = "antre"
	statusCalls    = "Daftar telepon"
	statusCallsOf  = "%s dari %s sudah dihubungi"
)

// barGreen is for answers; with the recap's blue and orange it can be told
// apart by people with any colour vision.
var barGreen = color.RGBA{0x00, 0x7a, 0x5a, 0xff}

// barSky, a lighter blue of the same palette, is for what is still to come.
var barSky = color.RGBA{0x9f, 0xcf, 0xee, 0xff}

// Layout, in pixels; the rest is the recap's.
const (
	statusLead   = 148
	statusLegend = 64
	maxStatus    = 16
)

// StatusChart draws how far the invitations are as a portrait PNG, 1080 px
// wide: for each audience and channel a bar of those who answered, got it, did
// not get it, and wait.
func StatusChart(v StatusView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() {
		return nil, errors.New("status chart needs a title and a time")
	}
	for _, l := range v.Lines {
		if l.Answered < 0 || l.Sent < 0 || l.Failed < 0 || l.Sent+l.Failed > l.Guests {
			return nil, fmt.Errorf("status chart: the numbers of %q do not add up", l.Name)
		}
	}
	return paint("status chart", v.picture)
}

func (v StatusView) picture(ts *typeset) (*canvas, error) {
	s := statusChart{view: v, title: ts.fit(v.Title, regular, 48, 34, recapInner, 2)}
	s.view.Lines = v.Lines[:min(len(v.Lines), maxStatus)]
	c := newCanvas(ts, recapWidth, s.height(), white)
	s.draw(c)
	return c, nil
}

type statusChart struct {
	view  StatusView
	title block
}

func (s statusChart) headHeight() float64 { return masthead{title: s.title}.height() }

func (s statusChart) height() int {
	h := s.headHeight() + recapGap + statusLegend + float64(statusLead*max(1, len(s.view.Lines))) + recapMargin
	if s.view.Calls > 0 {
		h += statusLead
	}
	return int(h)
}

func (s statusChart) draw(c *canvas) {
	h := s.headHeight()
	guests := 0
	for _, l := range s.view.Lines {
		guests += l.Guests
	}
	masthead{statusHeading, s.title, thousands(guests), statusTotal, asOf(s.view.AsOf)}.draw(c, h)

	y := h + recapGap
	if len(s.view.Lines) == 0 {
		c.text(statusNone, style{regular, 42}, recapMargin, y+42, 0, inkSoft)
		return
	}
	c.legend(y, []swatch{{statusAnswered, barGreen}, {statusSent, barBlue}, {statusFailed, barOrange}, {statusQueued, barTrack}})
	y += statusLegend
	for _, l := range s.view.Lines {
		s.line(c, y, l)
		y += statusLead
	}
	if s.view.Calls > 0 {
		words := fmt.Sprintf(statusCallsOf, thousands(s.view.Done), thousands(s.view.Calls))
		c.text(statusCalls, style{bold, 40}, recapMargin, y+44, 0, ink)
		c.text(words, style{regular, 36}, recapWidth-recapMargin, y+44, 1, ink)
		c.stacked(int(y+66), s.view.Calls, []part{{s.view.Done, barGreen}})
	}
}

func (s statusChart) line(c *canvas, y float64, l StatusLine) {
	var words []string
	for _, w := range []struct {
		n    int
		word string
	}{{l.Answered, statusAnswered}, {l.Sent, statusSent}, {l.Failed, statusFailed}, {l.Guests - l.Sent - l.Failed, statusQueued}} {
		if w.n > 0 {
			words = append(words, thousands(w.n)+" "+w.word)
		}
	}
	name := c.fit(l.Name, bold, 40, 28, recapInner*0.72, 1)
	c.paragraph(name, recapMargin, y+44-name.style.size*0.96, ink)
	c.text(thousands(l.Guests), style{bold, 40}, recapWidth-recapMargin, y+44, 1, ink)
	answered := min(l.Answered, l.Sent)
	c.stacked(int(y+62), l.Guests, []part{{answered, barGreen}, {l.Sent - answered, barBlue}, {l.Failed, barOrange}})
	c.text(strings.Join(words, " · "), style{regular, 32}, recapMargin, y+62+barHeight+36, 0, inkSoft)
}

// part is one colour of a stacked bar.
type part struct {
	n    int
	fill color.Color
}

// stacked draws parts of a whole one after the other on a track, parted by
// gaps that are seen where colours are not; a part is at least as wide as a
// round end.
func (c *canvas) stacked(y, whole int, parts []part) {
	const r = barHeight / 2
	c.rounded(recapMargin, y, recapInner, barHeight, r, barTrack)
	type span struct {
		from, to int
		fill     color.Color
	}
	var spans []span
	at, sum := 0, 0
	for _, p := range parts {
		if p.n == 0 {
			continue
		}
		sum += p.n
		to := min(max(recapInner*sum/max(1, whole), at+2*r), recapInner)
		spans = append(spans, span{at, to, p.fill})
		at = to
	}
	// From the last to the first, each over the round beginning of the next.
	for i := len(spans) - 1; i >= 0; i-- {
		s := spans[i]
		c.rounded(recapMargin, y, s.to, barHeight, r, s.fill)
		if i < len(spans)-1 {
			c.rect(recapMargin+s.to-r, y, r, barHeight, s.fill)
			c.rect(recapMargin+s.to, y, 4, barHeight, white)
		}
	}
}
