package report

import (
	"errors"
	"image"
	"image/draw"
	"slices"
	"strconv"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// PosterCode is one way into the chat.
type PosterCode struct {
	Network string // its name, shown where there are two
	Link    string // what the QR code opens
	Handle  string // the link as people may type it; "" leaves the line out
}

// PosterView is what stands on a poster. Title, Start and one or two codes are
// required.
type PosterView struct {
	Title    string
	Theme    string
	Audience string // whom it calls, such as "Pelaku UKM Kabupaten Bogor"
	Pitch    string // why to come, in a sentence or two
	Start    time.Time
	Place    string
	Codes    []PosterCode
	Steps    []string
}

// Words and layout of the poster: A4 at 200 dots per inch, in pixels. Printers
// leave 5 mm, some 40 px, at the edges.
const (
	posterWidth  = 1654
	posterHeight = 2339
	posterMargin = 120
	posterInner  = posterWidth - 2*posterMargin
	posterQR     = 700
	posterPad    = 26 // around a code, frame and all
	posterFooter = 226

	posterCall  = "UNTUK"
	posterSteps = "CARA IKUT"
)

// Poster draws a poster with a QR code that opens the chat, or one for each of
// two networks, as a PNG of
// A4's proportions, for print and for social media. It carries no logo: the office
// adds its own where it has to.
func Poster(v PosterView) ([]byte, error) {
	if v.Title == "" || v.Start.IsZero() || len(v.Codes) < 1 || len(v.Codes) > 2 || slices.ContainsFunc(v.Codes, func(p PosterCode) bool { return p.Link == "" }) {
		return nil, errors.New("poster needs a title, a time, and a link or two")
	}
	return paint("poster", v.picture)
}

func (v PosterView) picture(ts *typeset) (*canvas, error) {
	c := newCanvas(ts, posterWidth, posterHeight, white)
	y := posterHead(c, v)
	y = posterFacts(c, v, y)
	howTo := posterHowTo
	if len(v.Codes) == 2 {
		howTo = posterTwoCodes
	}
	if err := howTo(c, v, y); err != nil {
		return nil, err
	}
	posterFoot(c)
	return c, nil
}

// posterHead is the green field with the title and whom it calls.
func posterHead(c *canvas, v PosterView) float64 {
	title := c.fit(v.Title, bold, 180, 84, posterInner, 3)
	sub := c.fit(brandLong, regular, 58, 40, posterInner, 1)
	theme := block{}
	if t := c.legible(v.Theme); t != "" {
		theme = c.fit("“"+t+"”", italic, 60, 44, posterInner, 2)
	}
	audience := c.fit(v.Audience, bold, 84, 54, posterInner-260, 2)
	pitch := c.fit(v.Pitch, regular, 52, 40, posterInner, 3)
	h := 150 + title.height() + sub.height() + 60 + audience.height() + 24 + pitch.height() + 84
	if len(theme.lines) > 0 {
		h += theme.height() + 20
	}
	c.rect(0, 0, posterWidth, int(h), green)
	drawKawung(c, image.Rect(0, 0, posterWidth, int(h)))
	c.spaced("DISKOPUKM KABUPATEN BOGOR", style{bold, 34}, posterMargin, 112, 6, gold)
	y := c.paragraph(title, posterMargin, 150, white)
	y = c.paragraph(sub, posterMargin, y, mint)
	if len(theme.lines) > 0 {
		y = c.paragraph(theme, posterMargin, y+20, gold)
	}
	y += 60
	label := style{bold, 34}
	w := c.width(posterCall, label) + 3*6 + 2*pillPadding
	if len(audience.lines) > 0 {
		c.rounded(posterMargin, int(y)+16, int(w), 62, 31, gold)
		c.spaced(posterCall, label, posterMargin+pillPadding, y+59, 5, ink)
	}
	y = c.paragraph(audience, posterMargin+w+30, y, white)
	c.paragraph(pitch, posterMargin, y+24, mint)
	c.rect(0, int(h)-14, posterWidth, 14, gold)
	return h
}

// posterFacts are time and place, side by side.
func posterFacts(c *canvas, v PosterView, y float64) float64 {
	const column = (posterInner - 80) / 2
	day := c.fit(event.Day(v.Start), bold, 62, 46, column, 2)
	hour := c.fit(event.Clock(v.Start), regular, 54, 44, column, 1)
	place := c.fit(orDash(c.typeset, v.Place), bold, 62, 38, column, 4)
	y += 60
	label := style{bold, 34}
	c.spaced(labelWhen, label, posterMargin, y+34, 4, inkSoft)
	c.spaced(labelWhere, label, posterMargin+column+80, y+34, 4, inkSoft)
	left := c.paragraph(hour, posterMargin, c.paragraph(day, posterMargin, y+56, ink)+4, ink)
	right := c.paragraph(place, posterMargin+column+80, y+56, ink)
	c.rect(posterMargin+column+40, int(y), 3, int(max(left, right)-y), hairline)
	return max(left, right)
}

// posterHowTo is the QR code with what to do, centred in what is left.
func posterHowTo(c *canvas, v PosterView, y float64) error {
	room := posterHeight - posterFooter - y
	size := posterQR
	if int(room) < size+160 {
		size = int(room) - 160
	}
	frame := size + 2*posterPad
	top := int(y + (room-float64(frame))/2)
	if v.Codes[0].Handle != "" {
		top -= 30
	}
	if err := posterCode(c, v.Codes[0], posterMargin, top, size); err != nil {
		return err
	}

	x := float64(posterMargin + frame + 70)
	width := posterWidth - posterMargin - x
	steps := make([]block, len(v.Steps))
	h := 70.0
	for i, s := range v.Steps {
		steps[i] = c.fit(s, regular, 50, 36, width-120, 3)
		h += max(steps[i].height(), 92) + 38
	}
	at0 := float64(top) + (float64(frame)-h)/2
	if len(steps) == 0 {
		return nil
	}
	c.spaced(posterSteps, style{bold, 38}, x, at0+38, 5, inkSoft)
	at0 += 84
	for i, s := range steps {
		lead := max(s.height(), 92)
		posterStep(c, i, s, x, at0, lead)
		at0 += lead + 38
	}
	return nil
}

// posterStep is a numbered step, centred in a height of lead.
func posterStep(c *canvas, i int, s block, x, y, lead float64) {
	c.disc(x+42, y+lead/2, 42, green)
	c.text(strconv.Itoa(i+1), style{bold, 52}, x+42, y+lead/2+18, 0.5, white)
	c.paragraph(s, x+116, y+(lead-s.height())/2, ink)
}

// posterCode is a QR code in its frame, with its handle below.
func posterCode(c *canvas, p PosterCode, x, y, size int) error {
	code, err := qrImage(p.Link, size)
	if err != nil {
		return err
	}
	frame := size + 2*posterPad
	c.rounded(x, y, frame, frame, 44, green)
	c.rounded(x+12, y+12, frame-24, frame-24, 34, white)
	at := image.Rect(0, 0, size, size).Add(image.Pt(x+posterPad, y+posterPad))
	draw.Draw(c.img, at, code, image.Point{}, draw.Src)
	if p.Handle != "" {
		handle := c.fit(p.Handle, bold, 46, 24, float64(frame), 1)
		c.text(handle.lines[0], handle.style, float64(x)+float64(frame)/2, float64(y+frame)+62, 0.5, green)
	}
	return nil
}

// posterTwoCodes are two QR codes side by side, each under its network's name,
// and the steps below them in columns.
func posterTwoCodes(c *canvas, v PosterView, y float64) error {
	const (
		label, handle = 78, 84
		gap           = 40
		between       = 150
	)
	steps := make([]block, len(v.Steps))
	lead := 0.0
	column := (posterInner - gap*float64(max(0, len(steps)-1))) / float64(max(1, len(steps)))
	letters := 42.0 // all steps in the size of the one that takes the smallest
	for _, s := range v.Steps {
		letters = min(letters, c.fit(s, regular, letters, 32, column-116, 4).style.size)
	}
	for i, s := range v.Steps {
		steps[i] = c.fit(s, regular, letters, letters, column-116, 4)
		lead = max(lead, steps[i].height(), 92)
	}
	room := posterHeight - posterFooter - y - 2*gap
	below := 0.0
	if len(steps) > 0 {
		below = lead + gap
	}
	size := min(posterQR*2/3, int(room-below)-label-handle-2*posterPad)
	frame := size + 2*posterPad
	top := y + gap + (room-below-float64(label+handle+frame))/2
	x := (posterWidth - 2*frame - between) / 2
	for _, p := range v.Codes {
		name := c.fit(p.Network, bold, 54, 36, float64(frame), 1)
		if len(name.lines) > 0 {
			c.text(name.lines[0], name.style, float64(x)+float64(frame)/2, top+50, 0.5, ink)
		}
		if err := posterCode(c, p, x, int(top)+label, size); err != nil {
			return err
		}
		x += frame + between
	}
	at := top + float64(label+frame+handle) + gap
	for i, s := range steps {
		posterStep(c, i, s, posterMargin+float64(i)*(column+gap), at, lead)
	}
	return nil
}

func posterFoot(c *canvas) {
	const y, mid = posterHeight - posterFooter, posterWidth / 2
	c.rect(0, y, posterWidth, posterFooter, green)
	c.rect(0, y, posterWidth, 10, gold)
	c.text(officeName, style{bold, 48}, mid, y+82, 0.5, white)
	c.text(officeTel, style{bold, 48}, mid, y+142, 0.5, gold)
	c.text(officeVow, style{regular, 36}, mid, y+194, 0.5, mint)
}
