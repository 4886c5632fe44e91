package report

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// TicketView is what stands on a ticket. Number, Name and Code are required;
// an empty optional field takes its line off the card.
type TicketView struct {
	Title    string    // of the event, such as "E-MILE KU 2027"; the headline if it begins with the brand
	Theme    string    // of the event, optional
	Audience string    // as people read it, such as "UKM – Kuliner"
	Name     string    // of the business, cooperative, group or visitor
	Contact  string    // the person behind it, optional; left out where it equals Name
	Number   string    // registration number, such as "EMK-2027-0001"
	Start    time.Time // of the event; shown in WIB
	Place    string
	Booth    string // booth number without the word, such as "12"; optional
	Heads    int    // people coming; 0: not shown
	Code     string // what the QR code says
	Stamp    string // a notice across the card, such as "DAFTAR TUNGGU"; optional
	Void     bool   // the ticket no longer holds: Stamp turns red and the QR code is left out
}

var errTicketView = errors.New("ticket needs a number, a name and a code")

// Layout of the ticket, in pixels.
const (
	ticketWidth = 1080
	cardMargin  = 36
	cardRadius  = 44
	cardPadding = 68
	textLeft    = cardMargin + cardPadding
	textWidth   = ticketWidth - 2*textLeft
	stubQR      = 500
)

// Colours of the ticket. White on green and ink on white have a contrast of
// at least 7:1, so that it also prints well in grey.
var (
	white     = color.RGBA{0xff, 0xff, 0xff, 0xff}
	paper     = color.RGBA{0xe9, 0xef, 0xea, 0xff}
	green     = color.RGBA{0x0b, 0x4f, 0x3a, 0xff}
	greenSoft = color.RGBA{0x14, 0x5c, 0x46, 0xff}
	greenPale = color.RGBA{0xdf, 0xee, 0xe6, 0xff}
	gold      = color.RGBA{0xf5, 0xc5, 0x42, 0xff}
	red       = color.RGBA{0xa8, 0x1c, 0x1c, 0xff}
	ink       = color.RGBA{0x17, 0x20, 0x1c, 0xff}
	inkSoft   = color.RGBA{0x4c, 0x5a, 0x53, 0xff}
	hairline  = color.RGBA{0xc4, 0xd0, 0xc9, 0xff}
	mint      = color.RGBA{0xc9, 0xe4, 0xd6, 0xff}
)

// Ticket draws the ticket as a portrait PNG, 1080 px wide. Long names and
// places shrink, then wrap, then end in an ellipsis.
func Ticket(v TicketView) ([]byte, error) {
	if v.Number == "" || v.Name == "" || v.Code == "" {
		return nil, errTicketView
	}
	return paint("ticket "+v.Number, v.picture)
}

func (v TicketView) picture(ts *typeset) (*canvas, error) {
	card := layTicket(ts, v)
	c := newCanvas(ts, ticketWidth, card.height(), paper)
	if err := card.draw(c); err != nil {
		return nil, err
	}
	return c, nil
}

// ticketCard is a ticket whose texts have been fitted, so that its height is
// known before anything is drawn.
type ticketCard struct {
	view TicketView

	headline, subtitle, theme block
	stamp                     string
	audience                  block
	name, contact             block
	when                      block
	place                     block
	facts                     []fact
	number                    block
}

// fact is a small heading with its value, several to a row.
type fact struct {
	label string
	value block
}

func layTicket(ts *typeset, v TicketView) ticketCard {
	t := ticketCard{view: v}
	title := ts.legible(v.Title)
	if strings.HasPrefix(strings.ToUpper(title), brand) {
		t.headline = ts.fit(title, bold, 120, 60, textWidth, 2)
		t.subtitle = ts.fit(brandLong, regular, 40, 30, textWidth, 1)
	} else {
		t.headline = ts.fit(brand, bold, 128, 56, textWidth, 1)
		t.subtitle = ts.fit(title, bold, 44, 32, textWidth, 2)
	}
	if theme := ts.legible(v.Theme); theme != "" {
		t.theme = ts.fit("“"+theme+"”", italic, 42, 32, textWidth, 2)
	}
	t.stamp = ts.legible(v.Stamp)
	t.audience = ts.fit(v.Audience, bold, 36, 24, textWidth-2*pillPadding, 1)
	t.name = ts.fit(orDash(ts, v.Name), bold, 76, 44, textWidth, 3)
	if contact := ts.legible(v.Contact); !strings.EqualFold(contact, ts.legible(v.Name)) {
		t.contact = ts.fit(contact, regular, 42, 32, textWidth, 2)
	}
	t.when = ts.fit(event.Day(v.Start)+", "+event.Clock(v.Start), bold, 46, 38, textWidth, 2)
	t.place = ts.fit(orDash(ts, v.Place), bold, 46, 34, textWidth, 3)
	if booth := ts.legible(v.Booth); booth != "" {
		t.facts = append(t.facts, fact{labelBooth, ts.fit(boothPrefix+booth, bold, 64, 32, textWidth/2-24, 1)})
	}
	if v.Heads > 0 {
		t.facts = append(t.facts, fact{labelHeads, ts.fit(strconv.Itoa(v.Heads)+" "+unitHeads, bold, 64, 32, textWidth/2-24, 1)})
	}
	t.number = ts.fit(orDash(ts, v.Number), bold, 92, 44, textWidth, 1)
	return t
}

func orDash(ts *typeset, s string) string {
	if ts.legible(s) == "" {
		return "–"
	}
	return s
}

// Heights of the ticket's parts beside those of its texts.
const (
	labelHeight  = 46
	headTop      = 104
	headBottom   = 44
	stampHeight  = 104
	pillPadding  = 30
	pillHeight   = 66
	sectionGap   = 38
	factHeight   = labelHeight + 78
	stubGap      = 30 // the quiet zone of the QR code adds to it
	footerHeight = 178
)

func (t ticketCard) headHeight() float64 {
	h := headTop + t.headline.height() + t.subtitle.height() + headBottom
	if len(t.theme.lines) > 0 {
		h += t.theme.height() + 14
	}
	return h
}

func (t ticketCard) bodyHeight() float64 {
	h := float64(sectionGap) + t.name.height() + t.contact.height()
	if len(t.audience.lines) > 0 {
		h += pillHeight + 24
	}
	h += sectionGap + labelHeight + t.when.height()
	h += sectionGap + labelHeight + t.place.height()
	if len(t.facts) > 0 {
		h += sectionGap + factHeight
	}
	return h + stubGap
}

func (t ticketCard) stubHeight() float64 {
	return stubGap + stubQR + labelHeight + t.number.lead + 80
}

func (t ticketCard) height() int {
	h := 2*cardMargin + t.headHeight() + t.bodyHeight() + t.stubHeight() + footerHeight
	if t.stamp != "" {
		h += stampHeight
	}
	return int(h + 0.5)
}

func (t ticketCard) draw(c *canvas) error {
	h := float64(t.height())
	c.rounded(cardMargin, cardMargin, ticketWidth-2*cardMargin, t.height()-2*cardMargin, cardRadius, white)
	y := t.drawHead(c, cardMargin)
	if t.stamp != "" {
		y = t.drawStamp(c, y)
	}
	y = t.drawBody(c, y)
	t.drawPerforation(c, y)
	if err := t.drawStub(c, y); err != nil {
		return err
	}
	t.drawFooter(c, h-cardMargin-footerHeight)
	return nil
}

func (t ticketCard) drawHead(c *canvas, y float64) float64 {
	h := t.headHeight()
	// Only the upper corners are round.
	c.rounded(cardMargin, int(y), ticketWidth-2*cardMargin, int(h), cardRadius, green)
	c.rect(cardMargin, int(y+h)-cardRadius, ticketWidth-2*cardMargin, cardRadius, green)
	drawKawung(c, image.Rect(cardMargin, int(y), ticketWidth-cardMargin, int(y+h)))
	c.spaced(labelTicket, style{bold, 30}, textLeft, y+78, 5, gold)
	line := y + headTop
	line = c.paragraph(t.headline, textLeft, line, white)
	line = c.paragraph(t.subtitle, textLeft, line, mint)
	if len(t.theme.lines) > 0 {
		c.paragraph(t.theme, textLeft, line+14, gold)
	}
	c.rect(cardMargin, int(y+h)-8, ticketWidth-2*cardMargin, 8, gold)
	return y + h
}

// paragraph draws a block from its upper edge and returns its lower edge.
func (c *canvas) paragraph(b block, x, y float64, ink color.Color) float64 {
	for _, line := range b.lines {
		c.text(line, b.style, x, y+b.style.size*0.96, 0, ink)
		y += b.lead
	}
	return y
}

// drawKawung lays the kawung motif of batik, four petals around a point, over
// the right of area, a shade lighter than the ground.
func drawKawung(c *canvas, area image.Rectangle) {
	const cell = 92
	c.gg.Push()
	c.gg.SetColor(greenSoft)
	for row, y := 0, area.Min.Y+cell/2; y < area.Max.Y; row, y = row+1, y+cell {
		for x := area.Max.X - cell/2; x > area.Max.X-4*cell+row*cell/2; x -= cell {
			if y+cell/2 > area.Max.Y || (row == 0 && x > area.Max.X-cell) {
				continue // petals would leave the card
			}
			for _, d := range [4][2]float64{{-1, -1}, {1, -1}, {-1, 1}, {1, 1}} {
				cx, cy := float64(x)+d[0]*cell/4, float64(y)+d[1]*cell/4
				c.gg.Push()
				c.gg.RotateAbout(gg45*d[0]*d[1], cx, cy)
				c.gg.DrawEllipse(cx, cy, cell*0.27, cell*0.145)
				c.gg.Fill()
				c.gg.Pop()
			}
		}
	}
	c.gg.Pop()
}

const gg45 = 0.7853981633974483 // 45° in radians

func (t ticketCard) drawStamp(c *canvas, y float64) float64 {
	ground, text := gold, ink
	if t.view.Void {
		ground, text = red, white
	}
	c.rect(cardMargin, int(y), ticketWidth-2*cardMargin, stampHeight, ground)
	b := c.fit(t.stamp, bold, 56, 28, textWidth, 1)
	c.text(b.lines[0], b.style, ticketWidth/2, y+stampHeight/2+b.style.size*0.36, 0.5, text)
	return y + stampHeight
}

func (t ticketCard) drawBody(c *canvas, y float64) float64 {
	y += sectionGap
	if len(t.audience.lines) > 0 {
		w := c.width(t.audience.lines[0], t.audience.style) + 2*pillPadding
		c.rounded(textLeft, int(y), int(w), pillHeight, pillHeight/2, greenPale)
		c.text(t.audience.lines[0], t.audience.style, textLeft+pillPadding, y+pillHeight/2+t.audience.style.size*0.35, 0, green)
		y += pillHeight + 24
	}
	y = c.paragraph(t.name, textLeft, y, ink)
	y = c.paragraph(t.contact, textLeft, y, inkSoft)

	y = c.section(y, labelWhen)
	y = c.paragraph(t.when, textLeft, y, ink)

	y = c.section(y, labelWhere)
	y = c.paragraph(t.place, textLeft, y, ink)

	if len(t.facts) > 0 {
		top := c.divider(y)
		for i, f := range t.facts {
			x := float64(textLeft + i*textWidth/2)
			c.spaced(f.label, style{bold, 28}, x, top+28, 3, inkSoft)
			c.paragraph(f.value, x, top+labelHeight-4, ink)
		}
		y = top + factHeight
	}
	return y + stubGap
}

// divider draws a hairline in the gap below y and returns where text may start.
func (c *canvas) divider(y float64) float64 {
	c.rect(textLeft, int(y+sectionGap/2), textWidth, 2, hairline)
	return y + sectionGap
}

// section draws a hairline and a small heading and returns where text may start.
func (c *canvas) section(y float64, label string) float64 {
	y = c.divider(y)
	c.spaced(label, style{bold, 28}, textLeft, y+28, 3, inkSoft)
	return y + labelHeight
}

// drawPerforation draws the line at which the stub would be torn off.
func (t ticketCard) drawPerforation(c *canvas, y float64) {
	const notch = 26
	c.disc(cardMargin, y, notch, paper)
	c.disc(ticketWidth-cardMargin, y, notch, paper)
	for x := cardMargin + notch + 18; x < ticketWidth-cardMargin-notch-18; x += 26 {
		c.rect(x, int(y)-2, 14, 4, hairline)
	}
}

func (t ticketCard) drawStub(c *canvas, y float64) error {
	y += stubGap
	hint := ticketHint
	if t.view.Void {
		hint = ticketVoid
		const margin, side = 40, stubQR - 2*40 // as the quiet zone would leave
		c.rounded((ticketWidth-side)/2, int(y)+margin, side, side, 28, paper)
		b := c.fit(t.stamp, bold, 56, 28, side-60, 2)
		for i, line := range b.lines {
			c.text(line, b.style, ticketWidth/2, y+stubQR/2+b.style.size*0.36+float64(i)*b.lead, 0.5, red)
		}
	} else {
		code, err := qrImage(t.view.Code, stubQR)
		if err != nil {
			return err
		}
		at := image.Rect(0, 0, stubQR, stubQR).Add(image.Pt((ticketWidth-stubQR)/2, int(y)))
		draw.Draw(c.img, at, code, image.Point{}, draw.Src)
	}
	y += stubQR
	label := style{bold, 28}
	w := c.width(labelNumber, label) + 3*float64(len(labelNumber)-1)
	c.spaced(labelNumber, label, (ticketWidth-w)/2, y+28, 3, inkSoft)
	y += labelHeight
	c.text(t.number.lines[0], t.number.style, ticketWidth/2, y+t.number.style.size*0.94, 0.5, green)
	y += t.number.lead
	c.text(hint, style{regular, 34}, ticketWidth/2, y+40, 0.5, inkSoft)
	return nil
}

func (t ticketCard) drawFooter(c *canvas, y float64) {
	const w = ticketWidth - 2*cardMargin
	c.rounded(cardMargin, int(y), w, footerHeight, cardRadius, green)
	c.rect(cardMargin, int(y), w, footerHeight/2, green)
	const mid = ticketWidth / 2
	c.text(officeName, style{bold, 34}, mid, y+62, 0.5, white)
	c.text(officeTel, style{bold, 34}, mid, y+106, 0.5, gold)
	c.text(officeVow, style{regular, 28}, mid, y+150, 0.5, mint)
}
