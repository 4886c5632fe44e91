package storage

import (
	"context"
	"encoding/json"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// Chat is the memory of one conversation.
type Chat struct {
	ID       string `json:"id"` // channel.Chat.String()
	Version  int64  `json:"version"`
	Group    bool   `json:"group,omitempty"`
	Title    string `json:"title,omitempty"`
	PersonID string `json:"personId,omitempty"` // private chats: who it is with

	// Dialog and State are the guided conversation that is open, if any. State
	// belongs to the dialog of that name.
	Dialog string          `json:"dialog,omitempty"`
	With   string          `json:"with,omitempty"` // groups: the person it is with
	State  json.RawMessage `json:"state,omitempty"`
	// Draft is a registration under way; it outlives other dialogs.
	Draft *event.Draft `json:"draft,omitempty"`
	// DraftAt is when the draft was last touched, DraftNudged whether a nudge
	// went out since: both for Chats.Drafts.
	DraftAt     *time.Time `json:"draftAt,omitempty"`
	DraftNudged bool       `json:"draftNudged,omitempty"`

	// Handled are the latest inbound IDs whose effect this document holds.
	Handled []string `json:"handled,omitempty"`
	// Pending are answers that are not in the outbox yet.
	Pending   []Message `json:"pending,omitempty"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Chats keeps conversations.
type Chats interface {
	// Get returns ErrNotFound for a chat never saved.
	Get(ctx context.Context, id string) (*Chat, error)
	// Save writes c if its Version is still the stored one (0: not stored yet)
	// and raises c.Version; else ErrConflict.
	Save(ctx context.Context, c *Chat) error
	// Flush moves c.Pending into the outbox, clears it, and marks the inbound
	// message done (inboundID may be ""). It may be run again after a crash at
	// any point within. c.Version is raised; ErrConflict as in Save.
	Flush(ctx context.Context, c *Chat, inboundID string) error
	// Unflushed lists chats with pending messages.
	Unflushed(ctx context.Context, limit int) ([]*Chat, error)
	// Drafts lists chats whose draft was last touched before the time; with
	// unnudged only those that were not nudged since.
	Drafts(ctx context.Context, touchedBefore time.Time, unnudged bool, limit int) ([]*Chat, error)
	// OfPerson lists the private chats of a person.
	OfPerson(ctx context.Context, personID string) ([]*Chat, error)
	Delete(ctx context.Context, id string) error
}

// Inbox keeps what came in until it is handled, so that nothing is lost
// between a network's acknowledgement and the answer.
type Inbox interface {
	// Add stores in; fresh is false if that ID is known already (done or not).
	Add(ctx context.Context, in channel.Inbound, at time.Time) (fresh bool, err error)
	// Done marks a message as handled. Unknown IDs are ignored.
	Done(ctx context.Context, id string) error
	// Open lists messages that are not done, oldest first.
	Open(ctx context.Context, limit int) ([]channel.Inbound, error)
	// Forget deletes messages done and received before the time.
	Forget(ctx context.Context, before time.Time) (n int, err error)
	// Erase deletes the done messages of a chat, for a person's right to
	// erasure.
	Erase(ctx context.Context, chat channel.Chat) (n int, err error)
}
