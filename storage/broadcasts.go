package storage

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// Broadcast is one sending to many, such as the invitations of an event.
type Broadcast struct {
	ID        string            `json:"id"`
	Version   int64             `json:"version"`
	EventID   string            `json:"eventId"`
	Audiences []event.Audience  `json:"audiences"`
	Texts     map[string]string `json:"texts"`           // by audience: frozen when it was approved
	Files     []channel.File    `json:"files,omitempty"` // to everybody
	// Posters are pictures by audience.
	Posters map[string]channel.File `json:"posters,omitempty"`
	// LetterID is the letter whose signed copy goes along: where one was made
	// per person, each guest gets their own.
	LetterID string          `json:"letterId,omitempty"`
	Status   BroadcastStatus `json:"status"`
	Cursor   string          `json:"cursor,omitempty"` // where queueing stands; a row has a unique key all the same
	Queued   bool            `json:"queued,omitempty"` // everybody has a row
	Total    int             `json:"total"`
	StartAt  time.Time       `json:"startAt"` // event clock
	MadeBy   string          `json:"madeBy"`  // person ID
	OkBy     string          `json:"okBy,omitempty"`
	// Board is the chat and the outbox row of the message that shows progress.
	Board     string    `json:"board,omitempty"`
	BoardRow  string    `json:"boardRow,omitempty"`
	Shown     int       `json:"shown,omitempty"` // edits of the board so far
	ShownText string    `json:"shownText,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// BroadcastStatus is how far a broadcast is:
//
//	Draft ─► Waiting (for a second team member) ─► Approved ─► Running ⇄ Paused
//	   └──────────► Cancelled ◄──────────────────────┴───────────┤
//	                                                          Finished
type BroadcastStatus string

// Broadcast states.
const (
	BroadcastDraft     BroadcastStatus = "draft"
	BroadcastWaiting   BroadcastStatus = "waiting"
	BroadcastApproved  BroadcastStatus = "approved" // goes at StartAt
	BroadcastRunning   BroadcastStatus = "running"
	BroadcastPaused    BroadcastStatus = "paused"
	BroadcastCancelled BroadcastStatus = "cancelled"
	BroadcastFinished  BroadcastStatus = "finished"
)

// Broadcasts keeps broadcasts.
type Broadcasts interface {
	Get(ctx context.Context, id string) (*Broadcast, error)
	// Save inserts (Version 0) or updates with compare-and-set.
	Save(ctx context.Context, b *Broadcast) error
	// List gives an event's broadcasts ("" for all), the latest first.
	List(ctx context.Context, eventID string) ([]*Broadcast, error)
}
