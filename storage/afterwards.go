package storage

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// SurveyReplies keeps what guests answered after an event.
type SurveyReplies interface {
	Get(ctx context.Context, id string) (*event.SurveyReply, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, r *event.SurveyReply) error
	// List pages through an event's replies in order of ID; next is "" at the
	// end. limit 0: 100.
	List(ctx context.Context, eventID, after string, limit int) (page []*event.SurveyReply, next string, err error)
	Delete(ctx context.Context, id string) error
}

// Notes keeps the team's own evaluation of events.
type Notes interface {
	Get(ctx context.Context, id string) (*event.Note, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, n *event.Note) error
	// List gives an event's remarks, those taken back too, the oldest first.
	List(ctx context.Context, eventID string) ([]*event.Note, error)
}

// Report is one making of an event's official report.
type Report struct {
	ID      string       `json:"id"`
	Version int64        `json:"version"`
	EventID string       `json:"eventId"`
	Status  ReportStatus `json:"status"`
	Final   bool         `json:"final,omitempty"`
	N       int          `json:"n,omitempty"`      // final ones: the version, from 1
	Reason  string       `json:"reason,omitempty"` // why there is a version after the first
	// Chat is where it was asked for, Row the message there that shows how far
	// it is.
	Chat   string    `json:"chat"`
	Row    string    `json:"row"`
	MadeBy string    `json:"madeBy"` // person ID
	Name   string    `json:"name"`   // of who asked, as they were called then
	Origin string    `json:"origin"` // inbound message
	At     time.Time `json:"at"`     // as of when
	Tries  int       `json:"tries,omitempty"`
	Fault  string    `json:"fault,omitempty"`

	PDF     ReportFile    `json:"pdf"`
	XLSX    ReportFile    `json:"xlsx"`
	Figures event.Figures `json:"figures"`
}

// ReportFile is one file of a report, as it was made.
type ReportFile struct {
	Blob string `json:"blob,omitempty"`
	Name string `json:"name,omitempty"`
	Size int64  `json:"size,omitempty"`
	SHA  string `json:"sha,omitempty"` // SHA-256, hex
}

// ReportStatus is how far a report is:
//
//	Asked ─► Made (its files do not change any more) ─► Given (handed out)
//	  └────► Failed
type ReportStatus string

// Report states.
const (
	ReportAsked  ReportStatus = "asked"
	ReportMade   ReportStatus = "made"
	ReportGiven  ReportStatus = "given"
	ReportFailed ReportStatus = "failed"
)

// Made reports whether its files are there.
func (r *Report) Made() bool { return r.Status == ReportMade || r.Status == ReportGiven }

// Reports keeps the reports of events.
type Reports interface {
	Get(ctx context.Context, id string) (*Report, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, r *Report) error
	// List gives an event's reports ("" for all), in order of At and ID.
	List(ctx context.Context, eventID string) ([]*Report, error)
	// Open lists those that are to be made or handed out, the oldest first.
	Open(ctx context.Context, limit int) ([]*Report, error)
	Delete(ctx context.Context, id string) error
}
