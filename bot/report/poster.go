package report

import (
	"errors"
	"image"
	"image/draw"
	"strconv"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// PosterView is what stands on a poster. Title, Start and Link are required.
type PosterView struct {
	Title    string
	Theme    string
	Audience string // whom it calls, such as "Pelaku UKM Kabupaten Bogor"
	Pitch    string // why to come, in a sentence or two
	Start    time.Time
	Place    string
	Link     string // what the QR code opens
	Handle   string // the link as people may type it; "" leaves the line out
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
	posterFooter = 226

	posterCall  = "UNTUK"
	posterSteps = "CARA IKUT"
)

// Poster draws a poster with a QR code that opens the chat, as a PNG of A4's
// proportions, for print and for social media. It carries no logo: the office
// adds its own where it has to.
func Poster(v PosterView) ([]byte, error) {
	if v.Title == "" || v.Start.IsZero() || v.Link == "" {
		return nil, errors.New("poster needs a title, a time and a link")
	}
	return paint("poster", v.picture)
}

func (v PosterView) picture(ts *typeset) (*canvas, error) {
	c := newCanvas(ts, posterWidth, posterHeight, white)
	y := posterHead(c, v)
	y = posterFacts(c, v, y)
	if err := posterHowTo(c, v, y); err != nil {
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
	code, err := qrImage(v.Link, size)
	if err != nil {
		return err
	}
	const pad = 26
	frame := size + 2*pad
	top := int(y + (room-float64(frame))/2)
	if v.Handle != "" {
		top -= 30
	}
	c.rounded(posterMargin, top, frame, frame, 44, green)
	c.rounded(posterMargin+12, top+12, frame-24, frame-24, 34, white)
	at := image.Rect(0, 0, size, size).Add(image.Pt(posterMargin+pad, top+pad))
	draw.Draw(c.img, at, code, image.Point{}, draw.Src)
	if v.Handle != "" {
		handle := c.fit(v.Handle, bold, 46, 24, float64(frame), 1)
		c.text(handle.lines[0], handle.style, posterMargin+float64(frame)/2, float64(top+frame)+62, 0.5, green)
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
		c.disc(x+42, at0+lead/2, 42, green)
		c.text(strconv.Itoa(i+1), style{bold, 52}, x+42, at0+lead/2+18, 0.5, white)
		c.paragraph(s, x+116, at0+(lead-s.height())/2, ink)
		at0 += lead + 38
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
