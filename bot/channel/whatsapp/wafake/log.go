package wafake

import (
	"slices"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Sent is one message stanza that a client sent, whatever became of it.
type Sent struct {
	At      time.Time
	Account string // the sender's phone number
	Device  uint16
	ID      string
	To      string // phone number, or the group's ID
	Group   bool
	LID     bool   // addressed by LID
	Type    string // text, media, poll, reaction
	Edit    string // "1" for an edit, "7" and "8" for a deletion
	Kinds   map[string]int
	Cold    bool // to somebody who has never written to the account
	Token   bool // it carried the privacy token of the recipient
	Retry   bool // an answer to a retry receipt
	Peer    bool // from a device to its own phone
	Error   int  // of the acknowledgement; 0: none
	Lost    bool // the acknowledgement was never sent: the connection broke
}

// Sent are all message stanzas of all clients, in order.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Unknown are the queries that were answered by an error 501 because nothing
// here knows them: "namespace type child". A test should see none.
func (s *Server) Unknown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.unknown)
}

// entryOf notes a message and finds what is wrong with its destination.
func (s *Server) entryOf(from *device, n *waBinary.Node) Sent {
	to := attrJID(n, "to")
	e := Sent{
		At: s.opts.Now(), Account: from.owner.phone, Device: from.id, ID: attrString(n, "id"), Type: attrString(n, "type"),
		Edit: attrString(n, "edit"), LID: to.Server == types.HiddenUserServer, Kinds: map[string]int{},
		Peer: attrString(n, "category") == "peer",
	}
	direct, shared, bare := envelopes(n)
	for _, env := range direct {
		e.Kinds[env.kind]++
	}
	if shared != nil {
		e.Kinds[shared.kind]++
	}
	if bare != nil {
		e.Kinds[bare.kind]++
		e.Retry = !e.Peer
	}
	_, e.Token = n.GetOptionalChildByTag("tctoken")
	if to.Server == types.GroupServer {
		e.Group, e.To = true, to.User
		if g := s.groups[to.User]; g == nil {
			e.Error = errorNotFound
		} else if !slices.Contains(g.members, from.owner) {
			e.Error = errorForbidden
		}
		return e
	}
	u := s.lookup(to)
	if u == nil || s.absent[u.phone] {
		e.To, e.Error = to.User, errorNotFound
		return e
	}
	e.To = u.phone
	return e
}

// Sealed are the messages that came to a person's phone, could not be decrypted
// there, and have not come in a readable form since: phone number and ID.
func (s *Server) Sealed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for phone, u := range s.phones {
		if u.person == nil {
			continue
		}
		for id := range u.person.attempts {
			if !u.person.heard(id) {
				out = append(out, phone+" "+id)
			}
		}
	}
	slices.Sort(out)
	return out
}

// heard reports whether a message under that ID was read. Call it with mu held.
func (p *Person) heard(id string) bool {
	for key := range p.byID {
		if strings.HasSuffix(key, " "+id) {
			return true
		}
	}
	return false
}
