package wafake

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Faults are what goes wrong on command.
type Faults struct {
	srv *Server // its mu guards all of it

	reachout      *reachout
	ban           *ban
	outdated      bool
	delay         time.Duration
	duplicates    int
	repeats       int
	undecryptable int
	deaf          int
	drops         int
	lostAcks      int
	muted         int
	refused       int // how many more messages are refused
	refusal       int // with this error
	flaky         float64
	dice          *rand.Rand
}

type reachout struct {
	after    int // cold messages that still pass
	lasting  time.Duration
	notify   bool
	until    time.Time // set by the first refusal
	refused  int
	exceeded bool
}

type ban struct {
	code  int
	until time.Time
}

// Faults are the server's faults, to be set.
func (s *Server) Faults() *Faults { return &s.faults }

func (f *Faults) set(change func()) {
	f.srv.mu.Lock()
	defer f.srv.mu.Unlock()
	change()
	f.srv.bump()
}

// Reachout lets n cold messages pass and refuses the next with error 463, and
// all cold ones after it until the restriction ends, lasting later by the
// server's clock. With notify the account is told so with the end, as the
// reach-out timelock notification does. Warm messages always pass.
func (f *Faults) Reachout(n int, lasting time.Duration, notify bool) {
	f.set(func() { f.reachout = &reachout{after: n, lasting: lasting, notify: notify} })
}

// NoReachout lifts the restriction.
func (f *Faults) NoReachout() { f.set(func() { f.reachout = nil }) }

// TemporaryBan ends the connections of all clients and refuses logins until the
// ban ends, by the server's clock. Codes are events.TempBanReason.
func (f *Faults) TemporaryBan(code int, lasting time.Duration) {
	f.set(func() {
		f.ban = &ban{code, f.srv.opts.Now().Add(lasting)}
		f.srv.cutAll()
	})
}

// NoBan ends a ban.
func (f *Faults) NoBan() { f.set(func() { f.ban = nil }) }

// Outdated refuses all logins of the client's version, until called with false.
func (f *Faults) Outdated(on bool) {
	f.set(func() {
		f.outdated = on
		if on {
			f.srv.cutAll()
		}
	})
}

// LogOut removes all linked devices of an account, as a person does in the
// phone's menu. A client that is not connected learns it at its next login.
func (f *Faults) LogOut(a *Account) {
	f.set(func() {
		for _, d := range a.linked() {
			delete(a.devices, d.id)
			if d.conn != nil {
				d.conn.device = nil
				f.srv.streamError(d.conn, "401", waBinary.Node{Tag: "conflict", Attrs: waBinary.Attrs{"type": "device_removed"}})
				d.conn = nil
			}
		}
	})
}

// Replace tells all clients that another one has taken their place.
func (f *Faults) Replace() {
	f.set(func() {
		for c := range f.srv.conns {
			f.srv.streamError(c, "", waBinary.Node{Tag: "conflict", Attrs: waBinary.Attrs{"type": "replaced"}})
		}
	})
}

// Drop cuts all connections at once, as a lost network does.
func (f *Faults) Drop() { f.set(f.srv.cutAll) }

// DropMessages cuts the connection instead of taking each of the next n
// messages of clients: they are lost.
func (f *Faults) DropMessages(n int) { f.set(func() { f.drops = n }) }

// LoseAcks cuts the connection after each of the next n messages of clients was
// passed on and before it is acknowledged: the client cannot know that it
// arrived.
func (f *Faults) LoseAcks(n int) { f.set(func() { f.lostAcks = n }) }

// Mute takes each of the next n messages of clients and never says so.
func (f *Faults) Mute(n int) { f.set(func() { f.muted = n }) }

// Refuse answers each of the next n messages of clients with an error, such as
// 400 or 500, and passes none on.
func (f *Faults) Refuse(n, code int) { f.set(func() { f.refused, f.refusal = n, code }) }

// Flaky cuts connections by chance: with the given probability a message of a
// client is lost (as with DropMessages), and with the same its acknowledgement
// (as with LoseAcks). The seed makes the chances repeatable; 0 turns it off.
func (f *Faults) Flaky(probability float64, seed uint64) {
	f.set(func() { f.flaky, f.dice = probability, rand.New(rand.NewPCG(seed, 815)) })
}

// Slow delays each stanza to a client that has to be acknowledged.
func (f *Faults) Slow(d time.Duration) { f.set(func() { f.delay = d }) }

// Duplicate delivers each of the next n messages to a client twice, byte for
// byte: the client notices by itself.
func (f *Faults) Duplicate(n int) { f.set(func() { f.duplicates = n }) }

// Repeat delivers each of the next n messages to a client twice, sealed anew
// under the same ID, as happens when a retry crosses the message: the client
// reports both.
func (f *Faults) Repeat(n int) { f.set(func() { f.repeats = n }) }

// Undecryptable damages the next n messages to a client: it has to ask for them
// again. A message sent again counts too.
func (f *Faults) Undecryptable(n int) { f.set(func() { f.undecryptable = n }) }

// Deaf makes people's phones fail to decrypt the next n messages: they ask the
// client for them again.
func (f *Faults) Deaf(n int) { f.set(func() { f.deaf = n }) }

// Timelock sends the notification that the account may not write to strangers
// until the given time, or, not active, that it may again.
func (f *Faults) Timelock(a *Account, until time.Time, active bool) {
	f.set(func() { f.srv.tellTimelock(a, until, active) })
}

func (s *Server) cutAll() {
	for c := range s.conns {
		c.cut()
	}
}

func take(n *int) bool {
	if *n <= 0 {
		return false
	}
	*n--
	return true
}

func (f *Faults) takeDuplicate() int {
	if take(&f.duplicates) {
		return 1
	}
	return 0
}

func (f *Faults) takeUndecryptable() bool { return take(&f.undecryptable) }
func (f *Faults) takeDeaf() bool          { return take(&f.deaf) }

func (f *Faults) takeDrop(n *int) bool {
	return take(n) || f.flaky > 0 && f.dice.Float64() < f.flaky
}

// cold says whether a message is refused because the account does not know its
// recipient, and notes that it is cold. An answer to a retry receipt is the
// message of before.
func (s *Server) cold(a *Account, e *Sent) int {
	if e.Group || e.Peer || e.Retry || e.To == a.phone {
		return 0
	}
	e.Cold = !a.warm[s.phones[e.To]]
	if !e.Cold {
		return 0
	}
	if slices.Contains(a.cold, e.ID) {
		return 0 // the same once more: it passed before
	}
	if f := s.faults.reachout; f != nil {
		now := s.opts.Now()
		switch {
		case f.exceeded && !now.Before(f.until):
			s.faults.reachout = nil // the end has come
		case f.exceeded:
			f.refused++
			return errorReachout
		case f.after == 0:
			f.exceeded, f.until = true, now.Add(f.lasting)
			if f.notify {
				s.tellTimelock(a, f.until, true)
			}
			return errorReachout
		default:
			f.after--
		}
	}
	a.cold = append(a.cold, e.ID)
	return 0
}

// tellTimelock is the mex notification of a restriction. The names of its
// fields are those that whatsmeow reads.
func (s *Server) tellTimelock(a *Account, until time.Time, active bool) {
	lock := map[string]any{"is_active": active, "enforcement_type": "DEFAULT"}
	if active {
		lock["time_enforcement_ends"] = strconv.FormatInt(until.Unix(), 10)
	}
	body, err := json.Marshal(map[string]any{"data": map[string]any{"xwa2_notify_account_reachout_timelock": lock}})
	if err != nil {
		s.fail(fmt.Errorf("wafake: timelock: %w", err))
		return
	}
	for _, d := range a.linked() {
		s.deliver(d, waBinary.Node{
			Tag: "notification", Attrs: waBinary.Attrs{"from": types.ServerJID, "type": "mex", "id": s.newStanzaID(), "t": s.stamp()},
			Content: []waBinary.Node{{
				Tag: "update", Attrs: waBinary.Attrs{"op_name": "NotificationUserReachoutTimelockUpdate"}, Content: body,
			}},
		})
	}
}
