package storage

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

// Lane orders the outbox: a lower lane goes first.
type Lane int

// The three lanes.
const (
	LaneAnswer    Lane = 0 // to people who are typing now
	LaneReminder  Lane = 1
	LaneBroadcast Lane = 2
)

// State of an outbox row:
//
//	Queued ─► Claimed ─► Sent ─► Delivered ─► Read
//	  ▲          │├────► Failed      (permanent, with its reason)
//	  └──────────┘└────► Uncertain   (no idempotency key, answer never came)
//	Queued ─► Suppressed (opted out) │ Expired (too late to be of use)
type State string

// Row states.
const (
	Queued     State = "queued"
	Claimed    State = "claimed"
	Sent       State = "sent"
	Delivered  State = "delivered"
	Read       State = "read"
	Failed     State = "failed"
	Uncertain  State = "uncertain"
	Suppressed State = "suppressed"
	Expired    State = "expired"
)

// Message is one outbound message: a row of the outbox.
type Message struct {
	ID         string           `json:"id"` // unique: "in/<inbound>/<n>" or "<event>/<person>/<touchpoint>/<channel>"
	Chat       channel.Chat     `json:"chat"`
	Lane       Lane             `json:"lane"`
	Order      int64            `json:"order"` // within a chat and lane, lower goes first
	Body       channel.Outbound `json:"body"`
	PersonID   string           `json:"personId,omitempty"`
	EventID    string           `json:"eventId,omitempty"`
	Touchpoint string           `json:"touchpoint,omitempty"`
	// Quiet: quiet hours hold it back (guests' reminders and broadcasts).
	Quiet bool `json:"quiet,omitempty"`
	// Cold: to somebody who has never written to us, on a network that restricts
	// that. It is sent once and never again, whatever becomes of it.
	Cold bool `json:"cold,omitempty"`
	// Edits is the row whose message this one changes instead of being sent anew.
	Edits string `json:"edits,omitempty"`

	State       State      `json:"state"`
	DueAt       time.Time  `json:"dueAt"`               // process clock: not before
	ExpiresAt   *time.Time `json:"expiresAt,omitempty"` // event clock: useless after
	Attempts    int        `json:"attempts,omitempty"`
	LastError   string     `json:"lastError,omitempty"`
	LeaseToken  string     `json:"leaseToken,omitempty"`
	LeaseUntil  *time.Time `json:"leaseUntil,omitempty"` // process clock
	MessageID   string     `json:"messageId,omitempty"`  // the network's; stored before the send where we choose it
	QueuedAt    time.Time  `json:"queuedAt"`
	SentAt      *time.Time `json:"sentAt,omitempty"`
	DeliveredAt *time.Time `json:"deliveredAt,omitempty"`
	ReadAt      *time.Time `json:"readAt,omitempty"`
}

// Outbox keeps what is to be sent and what became of it.
type Outbox interface {
	// Add inserts a row in state Queued; one of that ID that is there already
	// stays as it is, and fresh is false.
	Add(ctx context.Context, m Message) (fresh bool, err error)
	// AddAll is Add for many rows, in as few round trips as the engine allows.
	AddAll(ctx context.Context, ms []Message) (fresh int, err error)
	Get(ctx context.Context, id string) (*Message, error)
	// Due lists queued rows of a channel and lane whose time has come, ordered
	// by (DueAt, Order, ID), without claiming them.
	Due(ctx context.Context, ch channel.Name, lane Lane, now time.Time, limit int) ([]*Message, error)
	// Claim takes one queued row for a send: it becomes Claimed under token
	// until the lease ends, Attempts is raised, and messageID (where not "" and
	// none is stored yet) is kept before the send. ErrConflict if it is not
	// Queued any more.
	Claim(ctx context.Context, id, token string, until time.Time, messageID string) (*Message, error)
	// Finish writes m's State, DueAt, LastError, MessageID and times and drops
	// the lease, if token still holds it; else ErrLeaseLost. State Queued gives
	// the row back for another try.
	Finish(ctx context.Context, m *Message, token string) error
	// Abandoned lists claimed rows whose lease ended before now.
	Abandoned(ctx context.Context, now time.Time, limit int) ([]*Message, error)
	// Drop moves a row that is still Queued to a final state (Suppressed,
	// Expired, Failed) with a reason; ErrConflict if it is not Queued.
	Drop(ctx context.Context, id string, to State, reason string) error
	// Receipt moves Sent to Delivered or Read, never back. fresh is false
	// where there is no such message or it was as far already.
	Receipt(ctx context.Context, r channel.Receipt) (fresh bool, err error)
	// Redirect gives the queued rows of a chat that has moved their new chat.
	Redirect(ctx context.Context, from, to channel.Chat) (n int, err error)
	// Counts gives the number of rows by channel, lane and state.
	Counts(ctx context.Context) ([]OutboxCount, error)
	// Oldest is the DueAt of the longest waiting due row; nil if none waits.
	Oldest(ctx context.Context, now time.Time) (*time.Time, error)
	// Failures lists rows that ended Failed or Uncertain, latest first.
	Failures(ctx context.Context, limit int) ([]*Message, error)
	// Forget deletes rows in a final state that were queued before the time.
	Forget(ctx context.Context, before time.Time) (n int, err error)
	// Erase deletes a person's rows in a final state, for the right to erasure.
	Erase(ctx context.Context, personID string) (n int, err error)
	// Expire moves rows of an event that are still Queued, and whose
	// touchpoint begins with the prefix, to Expired: the event was moved or a
	// broadcast cancelled.
	Expire(ctx context.Context, eventID, touchpoint, reason string) (n int, err error)
	// Tally counts an event's rows whose touchpoint begins with the prefix, by
	// channel and state.
	Tally(ctx context.Context, eventID, touchpoint string) ([]OutboxCount, error)
	// List pages through an event's rows of a touchpoint prefix in a state, in
	// order of ID; next is "" at the end.
	List(ctx context.Context, eventID, touchpoint string, state State, after string, limit int) (page []*Message, next string, err error)
	// Retry puts a row that ended Failed or Uncertain back in the queue;
	// ErrConflict if it is in another state.
	Retry(ctx context.Context, id string, due time.Time) error
	// Readdress is Retry of a row that ended Failed, to another chat of the
	// same channel: the address was wrong and has been corrected. In one step,
	// so that nothing goes to the old one. ErrConflict if it is in another
	// state, Uncertain included, for that one may have arrived.
	Readdress(ctx context.Context, id string, to channel.Chat, due time.Time) error
}

// OutboxCount is a number of rows.
type OutboxCount struct {
	Channel channel.Name
	Lane    Lane
	State   State
	N       int
}
