package wafake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/libsignal/keys/prekey"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// user is a phone number with its LID: a Person, or an Account that real
// clients are linked to.
type user struct {
	srv     *Server
	phone   string // digits
	name    string
	pn, lid types.JID
	end     *endpoint // the phone, device 0
	devices map[uint16]*device

	person  *Person
	account *Account
}

// newUser adds a number, or gives the one that is there. mu is held.
func (s *Server) newUser(phone, name string) *user {
	phone = digits(phone)
	if u := s.phones[phone]; u != nil {
		return u
	}
	s.nextUser++
	lid := types.NewJID(strconv.Itoa(180_000_000_000_000+s.nextUser*7_654_321), types.HiddenUserServer)
	u := &user{
		srv: s, phone: phone, name: name, pn: types.NewJID(phone, types.DefaultUserServer), lid: lid,
		end: newEndpoint(lid), devices: map[uint16]*device{},
	}
	s.phones[phone], s.lids[lid.User] = u, u
	delete(s.absent, phone)
	return u
}

func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// linked are the user's linked devices in order of their numbers.
func (u *user) linked() []*device {
	out := make([]*device, 0, len(u.devices))
	for _, id := range slices.Sorted(maps.Keys(u.devices)) {
		out = append(out, u.devices[id])
	}
	return out
}

// device is a real client, linked to an account. mu guards it.
type device struct {
	owner      *user
	id         uint16
	noise      [32]byte
	registered uint32
	identity   [32]byte
	signed     *publicKey
	oneTime    []*publicKey

	pending []*stanza
	conn    *conn
	active  bool // it has said that it wants its messages

	given map[string]bool // sender keys of phones that it was given

	tokens map[*user]bool // to whom it has given its privacy token
	// owed is what the client is about to send by itself: Settle waits for it.
	owed map[string]bool
}

func (d *device) lid() types.JID {
	jid := d.owner.lid
	jid.Device = d.id
	return jid
}

func (d *device) pn() types.JID {
	jid := d.owner.pn
	jid.Device = d.id
	return jid
}

// bundle takes one of the device's one-time keys.
func (d *device) bundle() (registration uint32, signed, one *publicKey) {
	if len(d.oneTime) > 0 {
		one, d.oneTime = d.oneTime[0], d.oneTime[1:]
	}
	return d.registered, d.signed, one
}

// keys is bundle as libsignal wants it.
func (d *device) keys() (*prekey.Bundle, error) {
	if d.signed == nil {
		return nil, fmt.Errorf("wafake: device %s has not uploaded its keys", d.pn())
	}
	registration, signed, one := d.bundle()
	return newBundle(registration, d.id, d.identity, signed, one), nil
}

// What a client sends by itself, soon after something else.
const (
	owedKeys    = "keys"     // one-time keys, when it was told that they run out
	owedToken   = "token "   // its privacy token, beside the first message to somebody
	owedState   = "state "   // a query for a collection, when it was told of a change
	owedReceipt = "receipt " // a second receipt, for a message of its phone
)

// stanza is something that a client has to acknowledge. It is kept until then
// and sent again when the client comes back.
type stanza struct {
	node waBinary.Node
	sent bool // on the present connection
}

// deliver queues a stanza for a device. mu is held.
func (s *Server) deliver(d *device, n waBinary.Node) {
	copies := 1
	if n.Tag == "message" {
		copies += s.faults.takeDuplicate()
	}
	for range copies {
		st := &stanza{node: n}
		d.pending = append(d.pending, st)
		if d.active {
			s.transmit(d, st)
		}
	}
	s.bump()
}

func (s *Server) transmit(d *device, st *stanza) {
	st.sent = true
	d.conn.push(outgoing{node: st.node, delay: s.faults.delay})
}

// flush sends what a device has missed, between the marks of the offline queue.
// mu is held.
func (s *Server) flush(d *device) {
	counts := map[string]int{}
	for _, st := range d.pending {
		counts[st.node.Tag]++
	}
	if len(d.pending) > 0 {
		d.conn.send(waBinary.Node{Tag: "ib", Content: []waBinary.Node{{Tag: "offline_preview", Attrs: waBinary.Attrs{
			"count": len(d.pending), "message": counts["message"], "receipt": counts["receipt"],
			"notification": counts["notification"], "appdata": 0,
		}}}})
	}
	for _, st := range d.pending {
		node := st.node
		node.Attrs = maps.Clone(node.Attrs)
		node.Attrs["offline"] = "1"
		st.sent = true
		d.conn.push(outgoing{node: node, delay: s.faults.delay})
	}
	d.conn.send(waBinary.Node{Tag: "ib", Content: []waBinary.Node{{Tag: "offline", Attrs: waBinary.Attrs{
		"count": len(d.pending),
	}}}})
}

// acked takes a stanza off a device's queue: one, although there may be two of
// the same ID on their way. mu is held.
func (s *Server) acked(d *device, class, id string, from types.JID) bool {
	sender := s.lookup(from)
	for i, st := range d.pending {
		same := attrString(&st.node, "id") == id && st.node.Tag == class && st.sent
		if same && sender != nil {
			same = s.lookup(attrJID(&st.node, "from")) == sender
		}
		if same {
			d.pending = slices.Delete(d.pending, i, i+1)
			return true
		}
	}
	return false
}

// handleAck is the client's acknowledgement of a stanza.
func (s *Server) handleAck(d *device, n *waBinary.Node) {
	s.acked(d, attrString(n, "class"), attrString(n, "id"), attrJID(n, "to"))
}

// Account is a phone that real clients are linked to: the bot's.
type Account struct {
	*user
	warm map[*user]bool // who has written to this account
	cold []string       // IDs of cold messages so far
	told map[string]*said
	sent []Message // what the phone shows of what its linked devices sent

	state     *appState
	resends   bool // the phone answers requests for messages
	requests  []string
	linkError error
	available bool // a linked device shows itself as there
}

// NewAccount adds the phone that a bot is to be linked to.
func (s *Server) NewAccount(phone string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.newUser(phone, "Akun "+digits(phone))
	if u.account == nil {
		u.account = &Account{user: u, warm: map[*user]bool{}, told: map[string]*said{}, state: newAppState()}
	}
	return u.account
}

// Phone is the number in digits, PN and LID the account's two addresses.
func (u *user) Phone() string  { return u.phone }
func (u *user) PN() types.JID  { return u.pn }
func (u *user) LID() types.JID { return u.lid }

// Sent are the messages that the account's phone shows as sent by its linked
// devices: it got its own encrypted copy of each.
func (a *Account) Sent() []Message {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	return slices.Clone(a.sent)
}

// Connected waits until a linked device is logged in and takes messages.
func (a *Account) Connected(ctx context.Context) error {
	return a.srv.wait(ctx, "a linked device", func() bool {
		for _, d := range a.devices {
			if d.active {
				return true
			}
		}
		return false
	})
}

// Disconnected waits until no client is logged in as the account.
func (a *Account) Disconnected(ctx context.Context) error {
	return a.srv.wait(ctx, "the end of all connections", func() bool { return a.logins() == 0 })
}

// Devices are the numbers of the linked devices.
func (a *Account) Devices() []uint16 {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	return slices.Sorted(maps.Keys(a.devices))
}

// Logins counts the connections that are logged in as the account now.
func (a *Account) Logins() int {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	return a.logins()
}

func (a *Account) logins() int {
	n := 0
	for c := range a.srv.conns {
		if c.device != nil && c.device.owner == a.user {
			n++
		}
	}
	return n
}

// Pending counts the stanzas that a linked device has not acknowledged.
func (a *Account) Pending() int {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	n := 0
	for _, d := range a.devices {
		n += len(d.pending)
	}
	return n
}

// link makes the account's next device number.
func (a *Account) link(noise [32]byte) *device {
	d := &device{owner: a.user, id: 1, noise: noise, given: map[string]bool{}, tokens: map[*user]bool{}, owed: map[string]bool{}}
	for a.devices[d.id] != nil {
		d.id++
	}
	a.devices[d.id] = d
	return d
}

// Container makes the store of a client, as sqlstore.Container does.
type Container interface {
	NewDevice() *store.Device
}

// NewPairedDevice makes a device in a container that is linked already, as if a
// QR code had been scanned in an earlier life: quicker than pairing, and without
// what a phone sends to a new device.
func (a *Account) NewPairedDevice(ctx context.Context, container Container) (*store.Device, error) {
	made := container.NewDevice()
	a.srv.mu.Lock()
	d := a.link(*made.NoiseKey.Pub)
	d.registered, d.identity, d.signed = made.RegistrationID, *made.IdentityKey.Pub, keyOf(made.SignedPreKey)
	signed, err := a.signIdentity(d)
	pn, lid := d.pn(), d.lid()
	a.srv.mu.Unlock()
	if err != nil {
		return nil, err
	}
	signed.DeviceSignature = deviceSignature(made.IdentityKey, signed)
	made.ID, made.LID, made.Account = &pn, lid, signed
	made.Platform, made.PushName = "android", a.name
	if err := made.Save(ctx); err != nil {
		return nil, fmt.Errorf("wafake: save paired device: %w", err)
	}
	if err := made.LIDs.PutLIDMapping(ctx, lid.ToNonAD(), pn.ToNonAD()); err != nil {
		return nil, fmt.Errorf("wafake: save paired device: %w", err)
	}
	if err := made.Identities.PutIdentity(ctx, a.lid.SignalAddress().String(), *a.end.identity.Pub); err != nil {
		return nil, fmt.Errorf("wafake: save paired device: %w", err)
	}
	key := store.AppStateSyncKey{Data: a.state.key, Timestamp: a.state.made.UnixMilli(), Fingerprint: []byte{}}
	if err := made.AppStateKeys.PutAppStateSyncKey(ctx, a.state.keyID, key); err != nil {
		return nil, fmt.Errorf("wafake: save paired device: %w", err)
	}
	return made, nil
}

// welcome is what the phone sends to a device that was just linked: the keys of
// its app state. mu is held.
func (a *Account) welcome(d *device) {
	a.toDevice(d, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                 waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(),
		AppStateSyncKeyShare: a.state.share(),
	}})
}

// toDevice sends a peer message from the phone to a linked device. mu is held.
func (a *Account) toDevice(d *device, m *waE2E.Message) {
	id := a.srv.newMessageID()
	out := &said{id: id, from: a.user, message: m, at: a.srv.opts.Now(), peer: true}
	a.told[id] = out
	a.srv.sayTo(out, d, 0)
	d.owed[owedReceipt+id] = true
}

// signIdentity is the phone's word that a device is its own.
func (a *Account) signIdentity(d *device) (*waAdv.ADVSignedDeviceIdentity, error) {
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID: proto.Uint32(4711), Timestamp: proto.Uint64(uint64(time.Now().Unix())), KeyIndex: proto.Uint32(uint32(d.id)),
	})
	if err != nil {
		return nil, fmt.Errorf("wafake: device identity: %w", err)
	}
	signature := accountSignature(a.end.identity, details, d.identity)
	return &waAdv.ADVSignedDeviceIdentity{
		Details: details, AccountSignatureKey: a.end.identity.Pub[:], AccountSignature: signature,
	}, nil
}

// Available reports whether a linked device shows itself as there.
func (a *Account) Available() bool {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	return a.available
}
