package report

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// DoorView is the sheet at the door by which guests check themselves in. Title
// and Link are required.
type DoorView struct {
	Title       string // of the event
	Start       time.Time
	Place       string
	Opens, Ends time.Time // when the code holds
	Link        string    // what the code says
}

// The words of the sheet.
const (
	doorHeading = "CATAT KEHADIRAN"
	doorHow     = "Pindai kode ini dengan kamera ponsel, lalu kirim."
	doorHelp    = "Belum terdaftar? Silakan ke meja registrasi."
	doorHolds   = "Berlaku %s, pukul %s–%s WIB"
)

const (
	doorWidth  = 1240 // A4 at 150 dots per inch
	doorHeight = 1754
	doorQR     = 900
)

// Door draws the sheet as a portrait PNG in the shape of A4.
func Door(v DoorView) ([]byte, error) {
	if v.Title == "" || v.Link == "" {
		return nil, errors.New("the sheet at the door needs a title and a link")
	}
	return paint("door", v.picture)
}

func (v DoorView) picture(ts *typeset) (*canvas, error) {
	c := newCanvas(ts, doorWidth, doorHeight, white)
	const head, mid = 400, doorWidth / 2
	c.rect(0, 0, doorWidth, head, green)
	drawKawung(c, image.Rect(0, 0, doorWidth, head))
	c.text(doorHeading, style{bold, 92}, mid, 160, 0.5, white)
	title := ts.fit(v.Title, regular, 60, 36, doorWidth-160, 2)
	for i, line := range title.lines {
		c.text(line, title.style, mid, 250+float64(i)*title.lead, 0.5, gold)
	}
	code, err := qrImage(v.Link, doorQR)
	if err != nil {
		return nil, err
	}
	draw.Draw(c.img, image.Rect(0, 0, doorQR, doorQR).Add(image.Pt((doorWidth-doorQR)/2, head+40)), code, image.Point{}, draw.Src)
	y := float64(head + 40 + doorQR + 40)
	c.text(doorHow, style{bold, 48}, mid, y, 0.5, ink)
	c.text(doorHelp, style{regular, 42}, mid, y+66, 0.5, inkSoft)
	when := fmt.Sprintf(doorHolds, event.Day(v.Start), v.Opens.In(event.Jakarta).Format("15.04"), v.Ends.In(event.Jakarta).Format("15.04"))
	holds := ts.fit(when, regular, 40, 26, doorWidth-120, 1)
	c.text(holds.lines[0], holds.style, mid, y+140, 0.5, green)
	c.rect(0, doorHeight-130, doorWidth, 130, green)
	c.text(officeName, style{bold, 38}, mid, doorHeight-74, 0.5, white)
	c.text(officeVow, style{regular, 30}, mid, doorHeight-28, 0.5, mint)
	return c, nil
}
