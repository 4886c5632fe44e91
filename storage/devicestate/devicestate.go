package devicestate

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Kinds of documents. They are stored: never rename one.
const (
	KindAppState     = "appstate"
	KindAppStateKey  = "appstatekey"
	KindChat         = "chat"
	KindContact      = "contact"
	KindDevice       = "device"
	KindEvent        = "event"
	KindIdentity     = "identity"
	KindMAC          = "mac"
	KindSalt         = "nctsalt"
	KindOutgoing     = "outgoing"
	KindPreKey       = "prekey"
	KindSecret       = "secret"
	KindSenderKey    = "senderkey"
	KindSession      = "session"
	KindPrivacyToken = "token"
	KindLID          = "lid"
)

// NoDevice stands where a document belongs to no device in particular.
const NoDevice = "-"

// Device is who a linked device is. All keys are the private halves.
type Device struct {
	LID                   string       `json:"lid,omitempty"`
	RegistrationID        uint32       `json:"registrationId"`
	NoiseKey              []byte       `json:"noiseKey"`
	IdentityKey           []byte       `json:"identityKey"`
	SignedPreKey          SignedPreKey `json:"signedPreKey"`
	AdvSecretKey          []byte       `json:"advSecretKey"`
	Account               Account      `json:"account"`
	Platform              string       `json:"platform,omitempty"`
	BusinessName          string       `json:"businessName,omitempty"`
	PushName              string       `json:"pushName,omitempty"`
	FacebookUUID          string       `json:"facebookUuid,omitempty"`
	LIDMigrationTimestamp int64        `json:"lidMigrationTimestamp,omitempty"`
	CompanionMetaNonce    string       `json:"companionMetaNonce,omitempty"`
}

// SignedPreKey is the medium-term key, signed with the identity key.
type SignedPreKey struct {
	ID        uint32 `json:"id"`
	Key       []byte `json:"key"`
	Signature []byte `json:"signature"`
}

// Account is what the phone signed when it linked the device.
type Account struct {
	Details             []byte `json:"details"`
	AccountSignature    []byte `json:"accountSignature"`
	AccountSignatureKey []byte `json:"accountSignatureKey"`
	DeviceSignature     []byte `json:"deviceSignature"`
}

// Identity is the public key that an address is known by.
type Identity struct {
	Key []byte `json:"key"`
}

// Session is the ratchet with one address.
type Session struct {
	Record []byte `json:"record"`
}

// PreKey is a one-time key; Uploaded: the server has its public half.
type PreKey struct {
	Key      []byte `json:"key"`
	Uploaded bool   `json:"uploaded,omitempty"`
}

// SenderKey is the ratchet of one sender in one group.
type SenderKey struct {
	Record []byte `json:"record"`
}

// AppStateKey is a key of the synced collections.
type AppStateKey struct {
	Data        []byte `json:"data"`
	Fingerprint []byte `json:"fingerprint"`
	Timestamp   int64  `json:"timestamp"`
}

// AppState is how far a synced collection was read.
type AppState struct {
	Version uint64 `json:"version"`
	Hash    []byte `json:"hash"`
}

// MutationMAC proves the latest entry under an index.
type MutationMAC struct {
	Version uint64 `json:"version"`
	Value   []byte `json:"value"`
}

// Contact is what somebody is called.
type Contact struct {
	FirstName     string `json:"firstName,omitempty"`
	FullName      string `json:"fullName,omitempty"`
	PushName      string `json:"pushName,omitempty"`
	BusinessName  string `json:"businessName,omitempty"`
	RedactedPhone string `json:"redactedPhone,omitempty"`
}

// ChatSettings are those of the phone. MutedUntil is in Unix seconds, -1 for
// ever.
type ChatSettings struct {
	MutedUntil int64 `json:"mutedUntil,omitempty"`
	Pinned     bool  `json:"pinned,omitempty"`
	Archived   bool  `json:"archived,omitempty"`
}

// MessageSecret opens reactions, votes and edits of a message.
type MessageSecret struct {
	Key []byte `json:"key"`
}

// PrivacyToken is somebody's leave to write to them; times in Unix seconds,
// SenderTimestamp 0 where none was given.
type PrivacyToken struct {
	Token           []byte `json:"token"`
	Timestamp       int64  `json:"timestamp"`
	SenderTimestamp int64  `json:"senderTimestamp,omitempty"`
}

// Salt is the account's, for tokens that are made without a server.
type Salt struct {
	Salt []byte `json:"salt"`
}

// Event is a message that was decrypted: its text until it was handled (then
// null), for a ciphertext can be decrypted only once.
type Event struct {
	Plaintext  []byte `json:"plaintext"`
	ServerTime int64  `json:"serverTime"` // Unix seconds
	InsertTime int64  `json:"insertTime"` // Unix milliseconds
}

// Outgoing is a message that we sent.
type Outgoing struct {
	Format    string `json:"format"`
	Plaintext []byte `json:"plaintext"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
}

// LIDMapping says whose LID it is; both are user parts of JIDs.
type LIDMapping struct {
	PN string `json:"pn"`
}

// Document is one piece of state. Value is a pointer to one of the types above.
type Document struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// ErrMalformed is wrapped by the errors of UnmarshalJSON.
var ErrMalformed = errors.New("malformed device state")

// ID joins the parts of a document's ID.
func ID(device, kind string, key ...string) string {
	var b strings.Builder
	b.WriteString(escape(device))
	for _, part := range append([]string{kind}, key...) {
		b.WriteByte('/')
		b.WriteString(escape(part))
	}
	return b.String()
}

// Prefix is how all IDs of a kind begin, and of those only such whose first
// parts of the key are the given ones.
func Prefix(device, kind string, key ...string) string { return ID(device, kind, key...) + "/" }

// DevicePrefix is how all IDs of a device begin.
func DevicePrefix(device string) string { return escape(device) + "/" }

// Hex is how bytes stand in an ID.
func Hex(b []byte) string { return hex.EncodeToString(b) }

// PreKeyID is how a pre-key's number stands in an ID: in the order of numbers.
func PreKeyID(id uint32) string { return fmt.Sprintf("%08d", id) }

// ParsePreKeyID is the reverse of PreKeyID.
func ParsePreKeyID(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err
}

var (
	escaper   = strings.NewReplacer("%", "%25", "/", "%2F")
	unescaper = strings.NewReplacer("%25", "%", "%2F", "/")
)

func escape(part string) string { return escaper.Replace(part) }

// Split takes an ID apart.
func Split(id string) (device, kind string, key []string) {
	parts := strings.Split(id, "/")
	for i := range parts {
		parts[i] = unescaper.Replace(parts[i])
	}
	if len(parts) < 2 {
		return "", "", nil
	}
	return parts[0], parts[1], parts[2:]
}

// New gives a pointer to the empty value that belongs under an ID; ok is false
// for an ID of no kind that exists.
func New(id string) (value any, ok bool) {
	device, kind, key := Split(id)
	if device == "" || (device == NoDevice) != (kind == KindLID) {
		return nil, false
	}
	parts := 1
	switch kind {
	case KindAppState:
		value = new(AppState)
	case KindAppStateKey:
		value = new(AppStateKey)
	case KindChat:
		value = new(ChatSettings)
	case KindContact:
		value = new(Contact)
	case KindDevice:
		value, parts = new(Device), 0
	case KindEvent:
		value = new(Event)
	case KindIdentity:
		value = new(Identity)
	case KindMAC:
		value, parts = new(MutationMAC), 2
	case KindSalt:
		value, parts = new(Salt), 0
	case KindOutgoing:
		value, parts = new(Outgoing), 2
	case KindPreKey:
		value = new(PreKey)
	case KindSecret:
		value, parts = new(MessageSecret), 3
	case KindSenderKey:
		value, parts = new(SenderKey), 2
	case KindSession:
		value = new(Session)
	case KindPrivacyToken:
		value = new(PrivacyToken)
	case KindLID:
		value = new(LIDMapping)
	}
	return value, value != nil && len(key) == parts
}

// UnmarshalJSON reads a document and refuses what would be lost in writing it
// back.
func (d *Document) UnmarshalJSON(b []byte) error {
	var outer struct {
		ID    string          `json:"id"`
		Value json.RawMessage `json:"value"`
	}
	if err := strict(b, &outer); err != nil {
		return err
	}
	value, ok := New(outer.ID)
	if !ok {
		return fmt.Errorf("%w: no kind of state bears the ID %q", ErrMalformed, outer.ID)
	}
	if err := strict(outer.Value, value); err != nil {
		return err
	}
	d.ID, d.Value = outer.ID, value
	return nil
}

// Decode reads the value of the document of an ID.
func Decode(id string, value []byte) (any, error) {
	v, ok := New(id)
	if !ok {
		return nil, fmt.Errorf("%w: no kind of state bears the ID %q", ErrMalformed, id)
	}
	return v, strict(value, v)
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one value", ErrMalformed)
	}
	return nil
}

// Archived reports whether an archive holds the document of an ID: all but the
// ratchets.
func Archived(id string) bool {
	_, kind, _ := Split(id)
	return kind != KindSession && kind != KindSenderKey
}

// At is the time by which a document of a kind that grows old is deleted, in
// the unit of its kind; 0 for all others.
func At(value any) int64 {
	switch v := value.(type) {
	case *Event:
		return v.InsertTime
	case *Outgoing:
		return v.Timestamp
	case *PrivacyToken:
		return v.Timestamp
	}
	return 0
}
