package report

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strconv"

	"golang.org/x/image/draw"

	"github.com/diskopukm/emileku/bot/report/pdf"
)

// PreviewSide is how many pixels the longer side of a preview has: enough for a
// page of the report at two pictures a row.
const PreviewSide = 1200

// Small is a picture made small.
type Small struct {
	Data          []byte // JPEG, upright
	Width, Height int    // of the whole picture
	MIME          string // of the whole picture
	// Look is how the picture looks, roughly, as 64 bits in hex: two of them
	// differ in few bits where one is the other saved anew. "" where it has too
	// few features to tell.
	Look string
}

// Shrink makes a picture small: JPEG, PNG, WebP. It fails for what is none.
func Shrink(data []byte, side int) (Small, error) {
	defer atEasel()()
	small, w, h, mime, err := pdf.Preview(data, side)
	if err != nil {
		return Small{}, err
	}
	img, _, err := image.Decode(bytes.NewReader(small))
	if err != nil {
		return Small{}, fmt.Errorf("preview: %w", err)
	}
	return Small{Data: small, Width: w, Height: h, MIME: mime, Look: lookOf(img)}, nil
}

// lookOf is the difference hash of a picture: at nine by eight grey pixels, which
// of each two neighbours is brighter.
func lookOf(img image.Image) string {
	small := image.NewGray(image.Rect(0, 0, 9, 8))
	draw.BiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
	var bits uint64
	features := 0
	for y := range 8 {
		for x := range 8 {
			left, right := small.GrayAt(x, y).Y, small.GrayAt(x+1, y).Y
			bits <<= 1
			if left < right {
				bits |= 1
			}
			if left > right+2 || right > left+2 {
				features++
			}
		}
	}
	if features < 16 {
		return "" // a wall, a dark room
	}
	return fmt.Sprintf("%016x", bits)
}

// ContactsView is a contact sheet: small pictures with their numbers.
type ContactsView struct {
	Title    string
	Page     string // such as "1/3"
	Pictures []Contact
}

// Contact is a picture on a contact sheet. Open is called when its turn comes,
// so that one picture is in memory at a time.
type Contact struct {
	No      int
	Caption string
	Open    func() ([]byte, error)
}

// MaxContacts is how many pictures a contact sheet holds.
const MaxContacts = 20

// The words of the sheet.
const (
	contactsHeading = "Album "
	contactsMissing = "tidak terbaca"
	contactsColumns = 4
	contactSide     = 250
	contactWords    = 58
)

// ContactSheet draws a contact sheet as a JPEG, 1080 px wide.
func ContactSheet(v ContactsView) ([]byte, error) {
	if v.Title == "" || len(v.Pictures) == 0 || len(v.Pictures) > MaxContacts {
		return nil, errors.New("a contact sheet needs a title and some pictures, no more than a page holds")
	}
	defer atEasel()()
	ts, err := newTypeset()
	if err != nil {
		return nil, fmt.Errorf("contact sheet: %w", err)
	}
	const head, gap = 120, (recapWidth - contactsColumns*contactSide) / (contactsColumns + 1)
	lines := (len(v.Pictures) + contactsColumns - 1) / contactsColumns
	c := newCanvas(ts, recapWidth, head+lines*(contactSide+contactWords+gap)+gap, white)
	c.rect(0, 0, recapWidth, head, green)
	title := c.fit(contactsHeading+v.Title, bold, 46, 30, recapInner-160, 1)
	c.paragraph(title, recapMargin, 36, white)
	c.text(v.Page, style{regular, 40}, recapWidth-recapMargin, 76, 1, gold)
	for i, p := range v.Pictures {
		x, y := gap+i%contactsColumns*(contactSide+gap), head+gap+i/contactsColumns*(contactSide+contactWords+gap)
		if err := c.contact(x, y, p); err != nil {
			return nil, err
		}
	}
	if c.err != nil {
		return nil, fmt.Errorf("contact sheet: %w", c.err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, c.img, &jpeg.Options{Quality: 82}); err != nil {
		return nil, fmt.Errorf("contact sheet: %w", err)
	}
	return out.Bytes(), nil
}

// contact draws a picture in its square, whole, with its number and words.
func (c *canvas) contact(x, y int, p Contact) error {
	c.rect(x, y, contactSide, contactSide, paper)
	data, err := p.Open()
	if err != nil {
		return fmt.Errorf("contact sheet: picture %d: %w", p.No, err)
	}
	if img, _, err := image.Decode(bytes.NewReader(data)); err == nil {
		b := img.Bounds()
		scale := float64(contactSide) / float64(max(b.Dx(), b.Dy()))
		w, h := max(1, int(float64(b.Dx())*scale)), max(1, int(float64(b.Dy())*scale))
		at := image.Rect(0, 0, w, h).Add(image.Pt(x+(contactSide-w)/2, y+(contactSide-h)/2))
		draw.ApproxBiLinear.Scale(c.img, at, img, b, draw.Over, nil)
	} else {
		c.text(contactsMissing, style{regular, 30}, float64(x+contactSide/2), float64(y+contactSide/2), 0.5, inkSoft)
	}
	number := "#" + strconv.Itoa(p.No)
	st := style{bold, 32}
	c.text(number, st, float64(x), float64(y+contactSide+38), 0, green)
	words := c.fit(p.Caption, regular, 28, 20, contactSide-c.width(number, st)-12, 1)
	var tone color.Color = inkSoft
	if len(words.lines) > 0 {
		c.text(words.lines[0], words.style, float64(x)+c.width(number, st)+12, float64(y+contactSide+38), 0, tone)
	}
	return nil
}
