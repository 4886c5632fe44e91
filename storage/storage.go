// Package storage is the port to the database: what the bot keeps, and what
// each operation promises. Two adapters implement it, storage/mongo and
// storage/sqlite; storage/storagetest holds both to these promises.
//
// No operation needs a transaction over several documents: an invariant rests
// on one unique key or one compare-and-set. Every operation that follows from
// a message can be run again with the same effect. Times are kept in whole
// milliseconds, UTC. All methods are safe for concurrent use; all of them
// return ctx's error when it ends first.
package storage

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// Errors that callers choose by. Adapters wrap them with what was being done.
var (
	// ErrNotFound: there is no document of that key.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the document was changed since it was read, or one of that
	// ID is there already. Read again and redo.
	ErrConflict = errors.New("conflict")
	// ErrLeaseLost: the lease token is no longer the current one.
	ErrLeaseLost = errors.New("lease lost")
	// ErrFull: no place is free.
	ErrFull = errors.New("full")
	// ErrUnavailable: the database cannot be reached now; trying later may help.
	ErrUnavailable = errors.New("database unavailable")
)

// Store is a whole database.
type Store interface {
	Chats() Chats
	Inbox() Inbox
	Outbox() Outbox
	People() People
	Events() Events
	Registrations() Registrations
	Places() Places
	Counters() Counters
	Codes() Codes
	Settings() Settings
	Audit() Audit
	Media() Media
	Leases() Leases
	Participations() Participations
	Broadcasts() Broadcasts
	Questions() Questions
	Letters() Letters
	Tasks() Tasks
	SurveyReplies() SurveyReplies
	Notes() Notes
	Reports() Reports
	Rundowns() Rundowns
	Ballots() Ballots
	Posts() Posts
	Photos() Photos
	Raw() Raw

	// Migrate brings indexes and documents to this program's version. It can
	// be run again, also after it was interrupted. It refuses a database that
	// a newer program has migrated.
	Migrate(ctx context.Context) error
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Describe says what and where the database is, without credentials.
	Describe() string
	Close() error
}

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
}

// OutboxCount is a number of rows.
type OutboxCount struct {
	Channel channel.Name
	Lane    Lane
	State   State
	N       int
}

// People keeps persons.
type People interface {
	Get(ctx context.Context, id string) (*event.Person, error)
	// GetAll gives those of the IDs who are there, by ID, in as few round trips
	// as the engine allows.
	GetAll(ctx context.Context, ids []string) (map[string]*event.Person, error)
	// ByAccount finds the person who has that account key.
	ByAccount(ctx context.Context, accountKey string) (*event.Person, error)
	// ByPhone lists people with that number (E.164).
	ByPhone(ctx context.Context, phone string) ([]*event.Person, error)
	// ByUsername lists people with an account of that public handle, in any
	// case of letters, without "@".
	ByUsername(ctx context.Context, username string) ([]*event.Person, error)
	// Staff lists everyone with a role.
	Staff(ctx context.Context) ([]*event.Person, error)
	// Save inserts (Version 0) or updates with compare-and-set; ErrConflict
	// also where an account belongs to somebody else.
	Save(ctx context.Context, p *event.Person) error
	// AddAll inserts many new ones in as few round trips as the engine allows.
	// One whose ID or account is taken is left out, which its Version shows: it
	// stays 0, and is 1 for those that were inserted. After an error some may be
	// there that the Versions do not show.
	AddAll(ctx context.Context, ps []*event.Person) (fresh int, err error)
	Delete(ctx context.Context, id string) error
	Count(ctx context.Context) (int, error)
	// ByEmail lists people with that address, in any case of letters.
	ByEmail(ctx context.Context, address string) ([]*event.Person, error)
}

// Events keeps events.
type Events interface {
	Get(ctx context.Context, id string) (*event.Event, error)
	// List gives all events, the latest start first.
	List(ctx context.Context) ([]*event.Event, error)
	Save(ctx context.Context, e *event.Event) error
}

// RegistrationQuery chooses registrations; empty fields choose all.
type RegistrationQuery struct {
	EventID   string
	PersonID  string
	Phone     string // E.164
	Audience  event.Audience
	Statuses  []event.Status
	Kecamatan string
	Untold    bool       // Tell is set
	Since     *time.Time // CreatedAt at or after
	OfferPast *time.Time // Offered with OfferUntil before
	Search    string     // event.Fold-ed words that must all occur in Search
	After     string     // continue after this cursor
	Limit     int        // 0: 100
}

// Registrations keeps registrations.
type Registrations interface {
	// Insert stores r. Where one of the same ID is there already it returns
	// that one and ErrConflict; where another one has its Key or Number, that
	// other one and ErrConflict.
	Insert(ctx context.Context, r *event.Registration) (existing *event.Registration, err error)
	Get(ctx context.Context, id string) (*event.Registration, error)
	ByNumber(ctx context.Context, number string) (*event.Registration, error)
	// ByKey finds the one that bears this uniqueness key.
	ByKey(ctx context.Context, key string) (*event.Registration, error)
	// Update is a compare-and-set on Version. ErrConflict also where its new
	// Key is taken.
	Update(ctx context.Context, r *event.Registration) error
	// List pages through a query in order of Number; next is "" at the end.
	List(ctx context.Context, q RegistrationQuery) (page []*event.Registration, next string, err error)
	// FirstWaiting is the Waiting one with the earliest QueuedAt; ErrNotFound
	// if nobody waits.
	FirstWaiting(ctx context.Context, eventID string, a event.Audience) (*event.Registration, error)
	// Ahead counts the Waiting ones queued before the time.
	Ahead(ctx context.Context, eventID string, a event.Audience, queuedAt time.Time) (int, error)
	Delete(ctx context.Context, id string) error
}

// Places are the places of a quota, 1 to its limit. Each is one document,
// claimed atomically, so a quota is never overdrawn.
type Places interface {
	// Claim gives holder the lowest free place up to limit, held until the
	// time (nil: for good). Claiming again returns the place held already,
	// with the new time. ErrFull if none is free.
	Claim(ctx context.Context, eventID string, a event.Audience, limit int, holder string, until *time.Time) (k int, err error)
	// Release frees what holder holds, if anything.
	Release(ctx context.Context, eventID string, a event.Audience, holder string) error
	// Taken counts claimed places.
	Taken(ctx context.Context, eventID string, a event.Audience) (int, error)
	// Overdue lists places whose hold ended before now.
	Overdue(ctx context.Context, now time.Time) ([]PlaceHold, error)
}

// PlaceHold is a claimed place.
type PlaceHold struct {
	EventID  string
	Audience event.Audience
	K        int
	Holder   string
	Until    time.Time
}

// ParticipationQuery chooses participations; empty fields choose all.
type ParticipationQuery struct {
	EventID  string
	PersonID string
	Audience event.Audience
	Answers  []event.Answer // with event.Silent for those who have not answered
	Call     event.CallState
	Cold     event.ColdState
	Invited  *bool
	Arrived  *bool
	Search   string // event.Fold-ed words that must all occur in Search
	After    string // continue after this cursor
	Limit    int    // 0: 100
}

// Participations keeps who takes part in what.
type Participations interface {
	Get(ctx context.Context, id string) (*event.Participation, error)
	// ByCode finds the one whose code it is.
	ByCode(ctx context.Context, code string) (*event.Participation, error)
	// ByCodePrefix lists those of an event whose code begins with prefix, which
	// holds letters and digits only, in order of their codes.
	ByCodePrefix(ctx context.Context, eventID, prefix string, limit int) ([]*event.Participation, error)
	// Save inserts (Version 0) or updates with compare-and-set; ErrConflict
	// also where the code is taken.
	Save(ctx context.Context, p *event.Participation) error
	// AddAll inserts many new ones in as few round trips as the engine allows;
	// those whose ID is there already stay as they are.
	AddAll(ctx context.Context, ps []*event.Participation) (fresh int, err error)
	// SaveAll updates many with compare-and-set, each for itself, in as few
	// round trips as the engine allows; saved is how many were. Those that
	// somebody else changed, or that are not there, stay as they are, and of
	// the given ones none knows its new version.
	SaveAll(ctx context.Context, ps []*event.Participation) (saved int, err error)
	// List pages through a query in order of ID; next is "" at the end.
	List(ctx context.Context, q ParticipationQuery) (page []*event.Participation, next string, err error)
	Delete(ctx context.Context, id string) error
}

// Question is a guest's question that waits for the team.
type Question struct {
	ID         string     `json:"id"` // inbound ID of the question
	PersonID   string     `json:"personId"`
	Name       string     `json:"name"`
	Chat       string     `json:"chat"` // where the answer goes
	Text       string     `json:"text"`
	Row        string     `json:"row"` // outbox row by which the team was told
	AskedAt    time.Time  `json:"askedAt"`
	AnsweredAt *time.Time `json:"answeredAt,omitempty"`
	AnsweredBy string     `json:"answeredBy,omitempty"`
}

// Questions keeps questions to the team.
type Questions interface {
	// Save stores a question, replacing one of that ID.
	Save(ctx context.Context, q Question) error
	Get(ctx context.Context, id string) (*Question, error)
	// Open lists those without an answer, oldest first.
	Open(ctx context.Context, limit int) ([]Question, error)
	Delete(ctx context.Context, id string) error
	// Erase deletes all that a person asked, for the right to erasure.
	Erase(ctx context.Context, personID string) (n int, err error)
	// Forget deletes what was asked before the time.
	Forget(ctx context.Context, before time.Time) (n int, err error)
}

// Counters hand out numbers.
type Counters interface {
	// Next returns 1, 2, 3, … of a series: with gaps perhaps, never twice.
	Next(ctx context.Context, series string) (int64, error)
}

// Code is a one-time code: the first lead's, an invitation to the team.
type Code struct {
	ID        string     `json:"id"` // the code itself
	Purpose   string     `json:"purpose"`
	Role      event.Role `json:"role,omitempty"`
	CreatedBy string     `json:"createdBy,omitempty"`
	ExpiresAt time.Time  `json:"expiresAt"`
	UsedBy    string     `json:"usedBy,omitempty"` // person ID
	UsedAt    *time.Time `json:"usedAt,omitempty"`
}

// Codes keeps one-time codes.
type Codes interface {
	// Create stores a code; ErrConflict if it exists.
	Create(ctx context.Context, c Code) error
	// Redeem marks the code as used by that person, once: ErrNotFound where it
	// does not exist, has another purpose or is past now; ErrConflict where
	// someone else used it. The same person redeeming again gets it again.
	Redeem(ctx context.Context, id, purpose, personID string, now time.Time) (*Code, error)
	// Open lists unused codes of a purpose that are not past.
	Open(ctx context.Context, purpose string, now time.Time) ([]Code, error)
}

// Settings keeps named values of the office (JSON).
type Settings interface {
	// Get decodes the value into v; ErrNotFound if it was never put.
	Get(ctx context.Context, key string, v any) error
	Put(ctx context.Context, key string, v any) error
	// PutNew puts the value unless there is one; fresh tells which. v is a
	// pointer and then holds the stored value either way.
	PutNew(ctx context.Context, key string, v any) (fresh bool, err error)
	// Swap puts the value where the stored one is still old, as it was got
	// before; else ErrConflict.
	Swap(ctx context.Context, key string, old, v any) error
}

// AuditEntry is who did what, when, from where.
type AuditEntry struct {
	ID       string    `json:"id"` // unique, so that a replay records once
	At       time.Time `json:"at"`
	PersonID string    `json:"personId"`
	Name     string    `json:"name"`
	Chat     string    `json:"chat"`
	Action   string    `json:"action"`            // such as "registration.cancel"
	Subject  string    `json:"subject,omitempty"` // such as a registration number
	Detail   string    `json:"detail,omitempty"`
}

// Redact blanks what a person has a right to have erased, where e is what they
// did or what was done to them; it reports whether anything was.
func (e *AuditEntry) Redact(personID string, names []string) bool {
	before := *e
	e.Detail = ""
	if personID != "" && e.PersonID == personID {
		e.PersonID, e.Name, e.Chat = "", "", ""
	}
	if slices.Contains(names, e.Subject) {
		e.Subject = ""
	}
	return *e != before
}

// Audit keeps the trail.
type Audit interface {
	Add(ctx context.Context, e AuditEntry) error
	// List gives the latest entries first, of those before the time (zero:
	// all), whose action, subject or name holds search (folded; "": all).
	List(ctx context.Context, before time.Time, search string, limit int) ([]AuditEntry, error)
	// Redact takes out of the trail what a person has a right to have erased:
	// who they are and Detail of what they did ("" for nobody), and Detail of what
	// was done to the subjects, whose name as a subject goes, too, where it is
	// among names. That something was done, when and by whom of the team stays.
	Redact(ctx context.Context, personID string, subjects, names []string) (n int, err error)
}

// Blob describes stored bytes.
type Blob struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	MIME string    `json:"mime"`
	Size int64     `json:"size"`
	SHA  string    `json:"sha"` // SHA-256, hex
	At   time.Time `json:"at"`
}

// MaxBlob is the largest file kept, in bytes.
const MaxBlob = 20 << 20

// Media keeps files: photos, tickets, documents.
type Media interface {
	// Put stores data under b.ID, replacing what is there; Size and SHA are
	// filled in.
	Put(ctx context.Context, b Blob, data []byte) error
	Get(ctx context.Context, id string) (Blob, []byte, error)
	Delete(ctx context.Context, id string) error
	// Forget deletes blobs whose ID has the prefix and that are older.
	Forget(ctx context.Context, prefix string, before time.Time) (n int, err error)
}

// Leases keep one process in charge. Times are of the process clock.
type Leases interface {
	// Acquire takes the lease for holder until the time, if it is free, past
	// now, or holder's own (then it is renewed); else ErrLeaseLost.
	Acquire(ctx context.Context, name, holder string, now, until time.Time) error
	// Release gives it up, if it is holder's.
	Release(ctx context.Context, name, holder string) error
}

// Raw reads and writes whole collections as JSON documents, for backup,
// restore and moving from one engine to another. The JSON of a document is
// the same from every adapter. Media documents carry their bytes as base64.
type Raw interface {
	// Collections lists all of them, in a fixed order.
	Collections() []string
	// Each calls fn for every document in order of its ID.
	Each(ctx context.Context, collection string, fn func(id string, doc json.RawMessage) error) error
	// Put writes one document as it is, replacing one of that ID.
	Put(ctx context.Context, collection, id string, doc json.RawMessage) error
	// Clear deletes all documents of all collections.
	Clear(ctx context.Context) error
}
