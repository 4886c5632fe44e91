package channel

import (
	"context"
	"errors"
	"time"
)

// Some networks (WhatsApp) lend the bot an account that is linked to a phone,
// can be taken away, and may write freely only to people who wrote first. What
// follows is how the core sees that; a channel without such an account
// implements none of it.

// ConnectionState names how the line to the network is:
//
//	Unlinked ─► Pairing ─► Connecting ⇄ Online
//	   ▲                       │  ▲       │
//	   └── LoggedOut ◄─────────┤  └─ Offline (waits, then tries again)
//	                           └► Banned │ Replaced │ Outdated (a person has to act)
type ConnectionState string

// Connection states.
const (
	Unlinked   ConnectionState = "unlinked"   // no account is linked
	Pairing    ConnectionState = "pairing"    // a code is shown, the phone has not confirmed
	Connecting ConnectionState = "connecting" // the line is being built
	Online     ConnectionState = "online"
	Offline    ConnectionState = "offline"   // the line is lost; it is tried again by itself
	LoggedOut  ConnectionState = "loggedout" // the phone or the network ended the link: pair again
	Banned     ConnectionState = "banned"    // the network locks the account out, until Until
	Replaced   ConnectionState = "replaced"  // another program uses the same link
	Outdated   ConnectionState = "outdated"  // the network wants a newer program
)

// Connection is a channel's line to its network.
type Connection struct {
	State  ConnectionState
	Since  time.Time // process clock
	Until  time.Time // Banned: when it ends; zero where not announced
	Detail string    // what the network said, or who we are; for operators
}

// Lined is implemented by channels whose line has states of its own.
type Lined interface {
	Connection() Connection
}

// Restriction is the network's word that we may not write for a while.
type Restriction struct {
	// ColdOnly: people who wrote to us first can still be written to
	// (WhatsApp's reach-out timelock, server error 463).
	ColdOnly bool
	Until    time.Time // zero: not announced
	Reason   string    // what the network said, such as "463"
}

// Directory is implemented by channels that can tell which phone numbers have
// an account, before one is written to.
type Directory interface {
	// Lookup gives the private chat of each number (E.164) that has an
	// account; numbers that are not in the result have none. Errors are
	// *SendError.
	Lookup(ctx context.Context, phones []string) (map[string]Chat, error)
}

// Errors of Link.
var (
	// ErrLinked: an account is linked already.
	ErrLinked = errors.New("channel: an account is linked already; unlink it first")
	// ErrLinking: somebody is linking one right now.
	ErrLinking = errors.New("channel: an account is being linked right now")
)

// Linkable is implemented by channels whose account is linked to a phone.
type Linkable interface {
	// Link begins to link an account: by a QR code, or, where phone (E.164) is
	// not "", by a code that is typed on that phone. The result tells the
	// codes as they change; its last value has Account or Err set, and then it
	// is closed. The link goes on until ctx ends. ErrLinked, ErrLinking.
	Link(ctx context.Context, phone string) (<-chan LinkStep, error)
	// Unlink takes the link back, at the network too where it can be reached.
	Unlink(ctx context.Context) error
}

// LinkStep is one thing that happens while an account is being linked.
type LinkStep struct {
	QR      string    // text of a QR code to scan
	Code    string    // code to type on the phone, such as "ABCD-EFGH"
	Until   time.Time // when QR or Code ends
	Account string    // linked: who we are now
	Err     error     // not linked, and why
}
