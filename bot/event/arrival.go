package event

import (
	"errors"
	"slices"
	"time"
)

// Arrival is that somebody came to the event (SOP step 10). It is part of the
// participation, so that one compare-and-set decides who of several at the desk
// was first.
type Arrival struct {
	At    time.Time  `json:"at"`
	Heads int        `json:"heads"` // people who came
	How   ArrivalHow `json:"how"`
	By    string     `json:"by,omitempty"`    // team member; the guest, where they checked in themselves
	Where string     `json:"where,omitempty"` // the desk or door
	In    string     `json:"in"`              // the message that said so: a replay adds nothing
	// Ticket is the registration whose ticket was shown. Who registered several
	// businesses comes once for each of them: see Participation.MoreArrivals.
	Ticket string `json:"ticket,omitempty"`
}

// ArrivalHow says by what somebody was checked in.
type ArrivalHow string

// Ways of checking in.
const (
	ByScan   ArrivalHow = "scan"   // the ticket's code, read by a phone's camera
	ByPhoto  ArrivalHow = "photo"  // a photo of the code, sent to the bot
	ByNumber ArrivalHow = "number" // the number, typed
	ByName   ArrivalHow = "name"   // found by name
	BySelf   ArrivalHow = "self"   // the guest, by the code at the door
	ByWalkIn ArrivalHow = "walkin" // registered at the desk
	ByList   ArrivalHow = "list"   // ticked off on paper, entered later
)

// MaxHeads is how many people one guest may bring.
const MaxHeads = 200

// Errors of checking in.
var (
	ErrArrived    = errors.New("they are checked in already")
	ErrNotArrived = errors.New("they are not checked in")
	ErrHeads      = errors.New("so many people cannot be")
)

// Arrived reports whether anybody of this participation came.
func (p *Participation) Arrived() bool { return p.Arrival != nil }

// Unasked reports whether somebody came who was neither invited nor registered:
// they owe no answer.
func (p *Participation) Unasked() bool {
	return p.WalkIn && p.InvitedAt == nil && p.RegistrationID == "" && p.Reply.Answer == Silent
}

// ArrivalOf is the arrival by a ticket; nil where there is none. "" is the
// arrival of who has no ticket of their own, or of whom it does not matter.
func (p *Participation) ArrivalOf(ticket string) *Arrival {
	if p.Arrival == nil {
		return nil
	}
	if ticket == "" || p.Arrival.Ticket == ticket || p.Arrival.Ticket == "" {
		return p.Arrival
	}
	for i := range p.MoreArrivals {
		if p.MoreArrivals[i].Ticket == ticket {
			return &p.MoreArrivals[i]
		}
	}
	return nil
}

// HeadsArrived is how many people came, by all tickets.
func (p *Participation) HeadsArrived() int {
	if p.Arrival == nil {
		return 0
	}
	n := p.Arrival.Heads
	for _, a := range p.MoreArrivals {
		n += a.Heads
	}
	return n
}

// ExpectedHeads is how many people are expected: at least one.
func (p *Participation) ExpectedHeads() int { return max(1, p.Reply.Heads) }

// CheckIn puts an arrival down; ErrArrived where that ticket, or the person,
// is in already, and nothing changes.
func (p *Participation) CheckIn(a Arrival) error {
	if a.Heads < 1 || a.Heads > MaxHeads {
		return ErrHeads
	}
	if p.ArrivalOf(a.Ticket) != nil {
		return ErrArrived
	}
	if p.Arrival == nil {
		p.Arrival = &a
	} else {
		p.MoreArrivals = append(slices.Clone(p.MoreArrivals), a)
	}
	return nil
}

// SetHeads changes how many people came by a ticket.
func (p *Participation) SetHeads(ticket string, heads int) error {
	if heads < 1 || heads > MaxHeads {
		return ErrHeads
	}
	a := p.ArrivalOf(ticket)
	if a == nil {
		return ErrNotArrived
	}
	next := *a
	next.Heads = heads
	p.replaceArrival(a, &next)
	return nil
}

// CheckOut takes an arrival back. in, where not "", is the message that put it
// down: a button of an earlier check-in does not undo a later one.
func (p *Participation) CheckOut(ticket, in string) error {
	a := p.ArrivalOf(ticket)
	if a == nil || in != "" && a.In != in {
		return ErrNotArrived
	}
	p.replaceArrival(a, nil)
	return nil
}

// replaceArrival puts next in the place of a, without changing what others may
// hold; nil takes it away.
func (p *Participation) replaceArrival(a, next *Arrival) {
	more := slices.Clone(p.MoreArrivals)
	switch {
	case a == p.Arrival && next != nil:
		p.Arrival = next
	case a == p.Arrival && len(more) > 0:
		first := more[0]
		p.Arrival, more = &first, more[1:]
	case a == p.Arrival:
		p.Arrival = nil
	default:
		i := slices.IndexFunc(p.MoreArrivals, func(o Arrival) bool { return o.Ticket == a.Ticket })
		if next != nil {
			more[i] = *next
		} else {
			more = slices.Delete(more, i, i+1)
		}
	}
	if len(more) == 0 {
		more = nil
	}
	p.MoreArrivals = more
}

// JoinArrivals takes over how another participation of the same person came,
// when the two become one.
func (p *Participation) JoinArrivals(from *Participation) {
	if from.Arrival == nil {
		return
	}
	for _, a := range append([]Arrival{*from.Arrival}, from.MoreArrivals...) {
		old := p.ArrivalOf(a.Ticket)
		switch {
		case old == nil:
			_ = p.CheckIn(a) // nothing stands against it: its heads were checked
		case a.At.Before(old.At):
			p.replaceArrival(old, &a)
		}
	}
}

// ForgetDesk takes a member of the team out of who checked people in.
func (p *Participation) ForgetDesk(personID string) bool {
	if p.Arrival == nil || personID == "" {
		return false
	}
	changed := false
	for _, a := range append([]Arrival{*p.Arrival}, p.MoreArrivals...) {
		if a.By == personID {
			old := p.ArrivalOf(a.Ticket)
			a.By, changed = "", true
			p.replaceArrival(old, &a)
		}
	}
	return changed
}
