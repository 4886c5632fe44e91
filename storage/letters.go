package storage

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// Letter is one letter in the office's register (SOP step 6).
type Letter struct {
	ID      string       `json:"id"`
	Version int64        `json:"version"`
	EventID string       `json:"eventId"`
	Kind    LetterKind   `json:"kind"`
	Status  LetterStatus `json:"status"`
	// Key is unique over all letters, so that no number is given twice, whether
	// drawn from the series or entered by hand; while there is none it is "-" and
	// the ID. A number that was given is never free again.
	Key    string `json:"key"`
	Number string `json:"number,omitempty"` // as printed, such as 005/12/Diskopukm/XI/2026
	// Running is the number within the series that it was drawn from; 0 where it
	// was entered by hand.
	Running int64 `json:"running,omitempty"`

	Subject string   `json:"subject"`          // Hal, or Tentang
	Nature  string   `json:"nature,omitempty"` // Sifat
	To      []string `json:"to,omitempty"`     // lines of the addressee
	Body    string   `json:"body,omitempty"`   // a general letter's own words; "": the text of its kind
	// Audiences are whom an invitation is for. PerPerson: each of them gets a
	// letter with a number of its own, whose Parent is this one.
	Audiences []event.Audience `json:"audiences,omitempty"`
	PerPerson bool             `json:"perPerson,omitempty"`
	Parent    string           `json:"parent,omitempty"`
	PersonID  string           `json:"personId,omitempty"`

	DatedAt  *time.Time `json:"datedAt,omitempty"`  // the date that it bears
	Print    string     `json:"print,omitempty"`    // blob to be signed, as it was when the number was given
	Signed   string     `json:"signed,omitempty"`   // blob that came back signed
	SignedAt *time.Time `json:"signedAt,omitempty"` // when it came back
	Names    int        `json:"names,omitempty"`    // how many are in its annex

	Reason    string       `json:"reason,omitempty"` // why it was cancelled
	Steps     []LetterStep `json:"steps"`            // its history, oldest first
	MadeBy    string       `json:"madeBy"`           // person ID
	Origin    string       `json:"origin"`           // inbound message that made it
	CreatedAt time.Time    `json:"createdAt"`
	UpdatedAt time.Time    `json:"updatedAt"`
}

// LetterStep is something that was done to a letter.
type LetterStep struct {
	At     time.Time `json:"at"`
	By     string    `json:"by,omitempty"` // person ID
	Name   string    `json:"name,omitempty"`
	What   string    `json:"what"`
	Detail string    `json:"detail,omitempty"`
	Origin string    `json:"origin,omitempty"` // inbound message: a replay adds nothing
}

// LetterKind says what a letter is.
type LetterKind string

// Kinds of letters.
const (
	LetterInvitation LetterKind = "undangan"
	LetterPermit     LetterKind = "izin" // of a place, of a crowd
	LetterDecree     LetterKind = "sk"   // that forms the team
	LetterGeneral    LetterKind = "umum"
)

// LetterStatus is how far a letter is:
//
//	Draft ─► Numbered (to be printed and signed) ─► Signed (may be sent)
//	  └────────────┴──────────► Cancelled ◄───────────┘
type LetterStatus string

// Letter states.
const (
	LetterDraft     LetterStatus = "draft"
	LetterNumbered  LetterStatus = "numbered"
	LetterSigned    LetterStatus = "signed"
	LetterCancelled LetterStatus = "cancelled"
)

// NoLetterKey is the Key of a letter without a number.
func NoLetterKey(id string) string { return "-" + id }

// SignedFile is the signed copy as a file to send.
func (l *Letter) SignedFile(name string) channel.File {
	return channel.File{Blob: l.Signed, Name: name, MIME: "application/pdf"}
}

// LetterQuery chooses letters; empty fields choose all.
type LetterQuery struct {
	EventID string
	Parent  *string // "": those that are part of no other
	Person  string
	After   string // continue after this ID
	Limit   int    // 0: 100
}

// Letters keeps the register of letters.
type Letters interface {
	Get(ctx context.Context, id string) (*Letter, error)
	// ByKey finds the letter that has that number.
	ByKey(ctx context.Context, key string) (*Letter, error)
	// Save inserts (Version 0) or updates with compare-and-set; ErrConflict
	// also where another letter has its key.
	Save(ctx context.Context, l *Letter) error
	// List pages through a query in order of ID; next is "" at the end.
	List(ctx context.Context, q LetterQuery) (page []*Letter, next string, err error)
	Delete(ctx context.Context, id string) error
}
