// Package document is the JSON form of every stored document, one and the same
// for every engine: what storage.Raw gives and takes, and what an archive
// holds. The adapters encode with Encode and check with Decode, so that a
// database can be hashed and moved without knowing what is in it.
//
// A document is encoding/json's rendering of the port's type (or, where the
// port has none, of one declared here), with times in UTC and whole
// milliseconds. Leases are no part of it: they belong to running processes,
// and a restore must neither take nor give the lease of one.
package document

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/devicestate"
)

// Version is that of the documents' form. Raise it when a program that knows
// only the older form would misread or lose something.
//
//	1  the first
//	2  participations, broadcasts, questions; people have an email address
//	3  letters, tasks, rundowns, ballots, posts
//	4  the state of linked WhatsApp devices
const Version = 4

// Names of collections. They are stored: never rename one.
const (
	Inbox          = "inbox"
	Chats          = "chats"
	Broadcasts     = "broadcasts"
	Participations = "participations"
	Outbox         = "outbox"
	Registrations  = "registrations"
	Questions      = "questions"
	Letters        = "letters"
	Tasks          = "tasks"
	SurveyReplies  = "surveys"
	Notes          = "notes"
	Reports        = "reports"
	Rundowns       = "rundowns"
	Ballots        = "ballots"
	Posts          = "posts"
	Photos         = "photos"
	People         = "people"
	Codes          = "codes"
	Places         = "places"
	Counters       = "counters"
	Events         = "events"
	Settings       = "settings"
	Audit          = "audit"
	Media          = "media"
	WhatsApp       = "whatsapp" // see package devicestate
)

// Collections lists the collections in the order in which they are read. It is
// the reverse of the order in which a step writes them, so that a copy taken
// while the bot runs holds, for a step that was under way, a state that the
// replay at start completes: an answer is never lost between two collections.
// A planner's cursor (Broadcasts) and its notes (Participations) are likewise
// never ahead of the rows they speak of.
func Collections() []string {
	return []string{
		Inbox, Chats, Broadcasts, Participations, Outbox, Registrations, Questions, Letters, Tasks, SurveyReplies, Notes, Reports, Rundowns, Ballots, Posts, Photos, People,
		Codes, Places, Counters, Events, Settings, Audit, Media,
		WhatsApp,
	}
}

// InboxMessage is a document of Inbox.
type InboxMessage struct {
	ID      string          `json:"id"` // Message.ID
	At      time.Time       `json:"at"` // received
	Done    bool            `json:"done,omitempty"`
	Message channel.Inbound `json:"message"`
}

// Place is a document of Places: a place that is claimed. A free place has no
// document.
type Place struct {
	ID       string         `json:"id"` // PlaceID
	EventID  string         `json:"eventId"`
	Audience event.Audience `json:"audience"`
	K        int            `json:"k"`
	Holder   string         `json:"holder"`
	Until    *time.Time     `json:"until,omitempty"`
}

// PlaceID is the ID of place k of a quota: "EMK-2027/ukm/12".
func PlaceID(eventID string, a event.Audience, k int) string {
	return eventID + "/" + string(a) + "/" + strconv.Itoa(k)
}

// Counter is a document of Counters.
type Counter struct {
	ID    string `json:"id"`    // the series
	Value int64  `json:"value"` // the number handed out last
}

// Setting is a document of Settings.
type Setting struct {
	ID    string          `json:"id"` // the key
	Value json.RawMessage `json:"value"`
}

// File is a document of Media.
type File struct {
	storage.Blob
	Data []byte `json:"data"` // base64
}

// Batch is implemented by a storage.Raw that can write many documents in few
// round trips. PutAll is Raw.Put for each of them; after an error any of them
// may have been written.
type Batch interface {
	PutAll(ctx context.Context, collection string, ids []string, docs []json.RawMessage) error
}

// Snapshot is implemented by a storage.Raw that can be read as of one moment
// while the bot goes on writing.
type Snapshot interface {
	Snapshot(ctx context.Context, read func(storage.Raw) error) error
}

// ErrMalformed is wrapped by Decode's errors.
var ErrMalformed = errors.New("malformed document")

// New gives a pointer to an empty document of a collection: *storage.Chat for
// Chats and so on. ok is false for a collection that does not exist.
func New(collection string) (doc any, ok bool) {
	switch collection {
	case Inbox:
		return new(InboxMessage), true
	case Chats:
		return new(storage.Chat), true
	case Outbox:
		return new(storage.Message), true
	case Registrations:
		return new(event.Registration), true
	case Participations:
		return new(event.Participation), true
	case Broadcasts:
		return new(storage.Broadcast), true
	case Questions:
		return new(storage.Question), true
	case Letters:
		return new(storage.Letter), true
	case Tasks:
		return new(event.Task), true
	case SurveyReplies:
		return new(event.SurveyReply), true
	case Notes:
		return new(event.Note), true
	case Reports:
		return new(storage.Report), true
	case Rundowns:
		return new(event.Rundown), true
	case Ballots:
		return new(event.Ballot), true
	case Posts:
		return new(event.Post), true
	case Photos:
		return new(event.Photo), true
	case People:
		return new(event.Person), true
	case Codes:
		return new(storage.Code), true
	case Places:
		return new(Place), true
	case Counters:
		return new(Counter), true
	case Events:
		return new(event.Event), true
	case Settings:
		return new(Setting), true
	case Audit:
		return new(storage.AuditEntry), true
	case Media:
		return new(File), true
	case WhatsApp:
		return new(devicestate.Document), true
	}
	return nil, false
}

// ID is the ID of a document that New or Decode gave.
func ID(doc any) string {
	switch d := doc.(type) {
	case *InboxMessage:
		return d.ID
	case *storage.Chat:
		return d.ID
	case *storage.Message:
		return d.ID
	case *event.Registration:
		return d.ID
	case *event.Participation:
		return d.ID
	case *storage.Broadcast:
		return d.ID
	case *storage.Question:
		return d.ID
	case *storage.Letter:
		return d.ID
	case *event.Task:
		return d.ID
	case *event.SurveyReply:
		return d.ID
	case *event.Note:
		return d.ID
	case *storage.Report:
		return d.ID
	case *event.Rundown:
		return d.ID
	case *event.Ballot:
		return d.ID
	case *event.Post:
		return d.ID
	case *event.Photo:
		return d.ID
	case *event.Person:
		return d.ID
	case *storage.Code:
		return d.ID
	case *Place:
		return d.ID
	case *Counter:
		return d.ID
	case *event.Event:
		return d.ID
	case *Setting:
		return d.ID
	case *storage.AuditEntry:
		return d.ID
	case *File:
		return d.ID
	case *devicestate.Document:
		return d.ID
	}
	return ""
}

// Decode reads a document, as the pointer type that New gives. It refuses what
// this program would lose in writing it back (unknown fields), a collection
// that does not exist, and a document whose own ID is not id.
func Decode(collection, id string, raw json.RawMessage) (any, error) {
	doc, ok := New(collection)
	if !ok {
		return nil, fmt.Errorf("%w: no collection %q", ErrMalformed, collection)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(doc); err != nil {
		return nil, fmt.Errorf("%w: %s %q: %w", ErrMalformed, collection, id, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %s %q: more than one value", ErrMalformed, collection, id)
	}
	if ID(doc) != id || id == "" {
		return nil, fmt.Errorf("%w: %s %q bears the ID %q", ErrMalformed, collection, id, ID(doc))
	}
	return doc, nil
}
