package event

import (
	"math/bits"
	"strconv"
	"time"
)

// Photo is a picture in an event's album (SOP step 12). Its ID is its content,
// so that the same picture is there once, however often and by whomever it is
// sent.
type Photo struct {
	ID      string `json:"id"` // PhotoID
	Version int64  `json:"version"`
	EventID string `json:"eventId"`
	N       int    `json:"n"`   // its number in the album, never given again
	SHA     string `json:"sha"` // SHA-256 of the picture, hex

	Blob    string `json:"blob"`              // storage.Media: the picture as it was sent
	Preview string `json:"preview,omitempty"` // storage.Media: a smaller JPEG; "": none could be made
	Name    string `json:"name"`
	MIME    string `json:"mime"`
	Size    int64  `json:"size"`
	Width   int    `json:"width,omitempty"`
	Height  int    `json:"height,omitempty"`
	Look    string `json:"look,omitempty"` // how it looks, roughly: 64 bits in hex

	// Item is what is to be seen: the name of an item of the rundown, or free
	// words; ItemID is that item, where there is one.
	Item   string `json:"item,omitempty"`
	ItemID string `json:"itemId,omitempty"`

	By   string    `json:"by,omitempty"` // who sent it
	In   string    `json:"in"`           // in which message
	At   time.Time `json:"at"`           // when it was sent
	Gone bool      `json:"gone,omitempty"`
	// GoneAt is when it was deleted; its bytes go a while later.
	GoneAt    *time.Time `json:"goneAt,omitempty"`
	UpdatedAt time.Time  `json:"updatedAt"`
}

// alikeBits is in how many of 64 bits the looks of two copies of one picture
// may differ: one saved anew by a phone differs in one or two.
const alikeBits = 4

// Alike reports whether two pictures look the same, though their bytes differ.
func (p *Photo) Alike(o *Photo) bool {
	a, err := strconv.ParseUint(p.Look, 16, 64)
	if err != nil {
		return false
	}
	b, err := strconv.ParseUint(o.Look, 16, 64)
	return err == nil && bits.OnesCount64(a^b) <= alikeBits
}

// PhotoID is the natural key of a picture.
func PhotoID(eventID, sha string) string { return eventID + "/" + sha }

// AlbumFiles begins the keys of pictures in storage.Media.
const AlbumFiles = "album/"

// AlbumKeep is how long a deleted picture can be had back.
const AlbumKeep = 7 * 24 * time.Hour
