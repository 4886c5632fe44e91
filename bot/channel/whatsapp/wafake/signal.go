package wafake

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/groups"
	groupRecord "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/util/optional"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

var serializer = store.SignalProtobufSerializer

// endpoint is a simulated phone's end of Signal: its keys, and its sessions with
// the devices of others. Sessions are kept under the LID of a device, whichever
// address a stanza used. All of it is guarded by Server.mu.
type endpoint struct {
	jid        types.JID // its LID, device 0
	identity   *keys.KeyPair
	registered uint32
	signed     *keys.PreKey
	prekeys    map[uint32]*keys.PreKey
	nextKey    uint32
	sessions   map[string][]byte
	senderKeys map[string][]byte
}

func newEndpoint(jid types.JID) *endpoint {
	e := &endpoint{
		jid: jid, identity: keys.NewKeyPair(), registered: rand.Uint32N(16380) + 1,
		prekeys: map[uint32]*keys.PreKey{}, sessions: map[string][]byte{}, senderKeys: map[string][]byte{},
	}
	e.signed = e.identity.CreateSignedPreKey(1)
	return e
}

// bundle is what the server hands out of this phone's keys, with a fresh
// one-time key.
func (e *endpoint) bundle() []waBinary.Node {
	e.nextKey++
	one := keys.NewPreKey(e.nextKey)
	e.prekeys[one.KeyID] = one
	return bundleNodes(e.registered, *e.identity.Pub, keyOf(e.signed), keyOf(one))
}

// publicKey is a prekey as the server sees it.
type publicKey struct {
	id        uint32
	pub       [32]byte
	signature []byte // signed prekeys only
}

func keyOf(k *keys.PreKey) *publicKey {
	p := &publicKey{id: k.KeyID, pub: *k.Pub}
	if k.Signature != nil {
		p.signature = k.Signature[:]
	}
	return p
}

func (k *publicKey) node() waBinary.Node {
	var id [4]byte
	binary.BigEndian.PutUint32(id[:], k.id)
	n := waBinary.Node{Tag: "key", Content: []waBinary.Node{
		{Tag: "id", Content: id[1:]}, {Tag: "value", Content: k.pub[:]},
	}}
	if k.signature != nil {
		n.Tag = "skey"
		n.Content = append(n.GetChildren(), waBinary.Node{Tag: "signature", Content: k.signature})
	}
	return n
}

func parseKey(n waBinary.Node) (*publicKey, error) {
	id, value := content(n.GetChildByTag("id")), content(n.GetChildByTag("value"))
	if len(id) != 3 || len(value) != 32 {
		return nil, fmt.Errorf("wafake: a key with an ID of %d bytes and a value of %d", len(id), len(value))
	}
	k := &publicKey{id: uint32(id[0])<<16 | uint32(id[1])<<8 | uint32(id[2]), pub: [32]byte(value)}
	if n.Tag == "skey" {
		if k.signature = content(n.GetChildByTag("signature")); len(k.signature) != 64 {
			return nil, fmt.Errorf("wafake: a signed key with a signature of %d bytes", len(k.signature))
		}
	}
	return k, nil
}

func bundleNodes(registration uint32, identity [32]byte, signed, one *publicKey) []waBinary.Node {
	nodes := []waBinary.Node{
		{Tag: "registration", Content: binary.BigEndian.AppendUint32(nil, registration)},
		{Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: identity[:]},
		signed.node(),
	}
	if one != nil {
		nodes = append(nodes, one.node())
	}
	return nodes
}

func newBundle(registration uint32, device uint16, id [32]byte, signed, one *publicKey) *prekey.Bundle {
	keyID := optional.NewEmptyUint32()
	var oneKey ecc.ECPublicKeyable
	if one != nil {
		keyID, oneKey = optional.NewOptionalUint32(one.id), ecc.NewDjbECPublicKey(one.pub)
	}
	return prekey.NewBundle(registration, uint32(device), keyID, signed.id, oneKey, ecc.NewDjbECPublicKey(signed.pub),
		[64]byte(signed.signature), identity.NewKey(ecc.NewDjbECPublicKey(id)))
}

// encrypt seals a padded plaintext for a device. Where there is no session yet,
// fetch is asked for the device's keys.
func (e *endpoint) encrypt(to types.JID, fetch func() (*prekey.Bundle, error), plain []byte) (kind string, sealed []byte, err error) {
	ctx, address := context.Background(), to.SignalAddress()
	builder := session.NewBuilderFromSignal(e, address, serializer)
	if _, ok := e.sessions[address.String()]; !ok {
		bundle, err := fetch()
		if err != nil {
			return "", nil, err
		}
		if err := builder.ProcessBundle(ctx, bundle); err != nil {
			return "", nil, fmt.Errorf("wafake: begin a session of %s with %s: %w", e.jid, to, err)
		}
	}
	out, err := session.NewCipher(builder, address).Encrypt(ctx, pad(plain))
	if err != nil {
		return "", nil, fmt.Errorf("wafake: encrypt from %s for %s: %w", e.jid, to, err)
	}
	kind = "msg"
	if out.Type() == protocol.PREKEY_TYPE {
		kind = "pkmsg"
	}
	return kind, out.Serialize(), nil
}

// decrypt opens what a device sealed for this phone.
func (e *endpoint) decrypt(from types.JID, kind string, sealed []byte) ([]byte, error) {
	ctx, address := context.Background(), from.SignalAddress()
	cipher := session.NewCipher(session.NewBuilderFromSignal(e, address, serializer), address)
	var plain []byte
	switch kind {
	case "pkmsg":
		message, err := protocol.NewPreKeySignalMessageFromBytes(sealed, serializer.PreKeySignalMessage, serializer.SignalMessage)
		if err != nil {
			return nil, fmt.Errorf("wafake: read prekey message: %w", err)
		}
		if plain, err = cipher.DecryptMessage(ctx, message); err != nil {
			return nil, fmt.Errorf("wafake: decrypt prekey message from %s: %w", from, err)
		}
	case "msg":
		message, err := protocol.NewSignalMessageFromBytes(sealed, serializer.SignalMessage)
		if err != nil {
			return nil, fmt.Errorf("wafake: read message: %w", err)
		}
		if plain, err = cipher.Decrypt(ctx, message); err != nil {
			return nil, fmt.Errorf("wafake: decrypt message from %s: %w", from, err)
		}
	default:
		return nil, fmt.Errorf("wafake: an encryption of type %q", kind)
	}
	return unpad(plain)
}

// distribute is this phone's sender key for a group, as the message that gives
// it to the others.
func (e *endpoint) distribute(group types.JID) ([]byte, error) {
	name := protocol.NewSenderKeyName(group.String(), e.jid.SignalAddress())
	message, err := groups.NewGroupSessionBuilder(e, serializer).Create(context.Background(), name)
	if err != nil {
		return nil, fmt.Errorf("wafake: sender key of %s in %s: %w", e.jid, group, err)
	}
	return message.Serialize(), nil
}

// learn takes the sender key of another device.
func (e *endpoint) learn(group, from types.JID, raw []byte) error {
	message, err := protocol.NewSenderKeyDistributionMessageFromBytes(raw, serializer.SenderKeyDistributionMessage)
	if err != nil {
		return fmt.Errorf("wafake: read sender key: %w", err)
	}
	name := protocol.NewSenderKeyName(group.String(), from.SignalAddress())
	return groups.NewGroupSessionBuilder(e, serializer).Process(context.Background(), name, message)
}

func (e *endpoint) groupEncrypt(group types.JID, plain []byte) ([]byte, error) {
	name := protocol.NewSenderKeyName(group.String(), e.jid.SignalAddress())
	builder := groups.NewGroupSessionBuilder(e, serializer)
	out, err := groups.NewGroupCipher(builder, name, e).Encrypt(context.Background(), pad(plain))
	if err != nil {
		return nil, fmt.Errorf("wafake: encrypt from %s for %s: %w", e.jid, group, err)
	}
	return out.SignedSerialize(), nil
}

func (e *endpoint) groupDecrypt(group, from types.JID, sealed []byte) ([]byte, error) {
	message, err := protocol.NewSenderKeyMessageFromBytes(sealed, serializer.SenderKeyMessage)
	if err != nil {
		return nil, fmt.Errorf("wafake: read group message: %w", err)
	}
	name := protocol.NewSenderKeyName(group.String(), from.SignalAddress())
	builder := groups.NewGroupSessionBuilder(e, serializer)
	plain, err := groups.NewGroupCipher(builder, name, e).Decrypt(context.Background(), message)
	if err != nil {
		return nil, fmt.Errorf("wafake: decrypt group message from %s: %w", from, err)
	}
	return unpad(plain)
}

// pad adds 1 to 15 bytes, each of which is their number, as the client does.
func pad(plain []byte) []byte {
	n := byte(rand.IntN(15) + 1)
	out := append([]byte{}, plain...)
	for range n {
		out = append(out, n)
	}
	return out
}

func unpad(plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return nil, errors.New("wafake: an empty message")
	}
	n := int(plain[len(plain)-1])
	if n == 0 || n > 15 || n > len(plain) {
		return nil, fmt.Errorf("wafake: a message padded with %d", n)
	}
	return plain[:len(plain)-n], nil
}

// The rest is libsignal's store. A phone trusts every identity: that someone
// has a new phone shows in the protocol, not here.

func (e *endpoint) GetIdentityKeyPair() *identity.KeyPair {
	return identity.NewKeyPair(identity.NewKey(ecc.NewDjbECPublicKey(*e.identity.Pub)), ecc.NewDjbECPrivateKey(*e.identity.Priv))
}

func (e *endpoint) GetLocalRegistrationID() uint32 { return e.registered }

func (e *endpoint) SaveIdentity(context.Context, *protocol.SignalAddress, *identity.Key) error {
	return nil
}

func (e *endpoint) IsTrustedIdentity(context.Context, *protocol.SignalAddress, *identity.Key) (bool, error) {
	return true, nil
}

func (e *endpoint) LoadPreKey(_ context.Context, id uint32) (*record.PreKey, error) {
	k := e.prekeys[id]
	if k == nil {
		return nil, nil
	}
	return record.NewPreKey(id, ecc.NewECKeyPair(ecc.NewDjbECPublicKey(*k.Pub), ecc.NewDjbECPrivateKey(*k.Priv)), nil), nil
}

func (e *endpoint) StorePreKey(context.Context, uint32, *record.PreKey) error { return errUnused }

func (e *endpoint) ContainsPreKey(_ context.Context, id uint32) (bool, error) {
	return e.prekeys[id] != nil, nil
}

func (e *endpoint) RemovePreKey(_ context.Context, id uint32) error {
	delete(e.prekeys, id)
	return nil
}

func (e *endpoint) LoadSession(_ context.Context, address *protocol.SignalAddress) (*record.Session, error) {
	raw, ok := e.sessions[address.String()]
	if !ok {
		return record.NewSession(serializer.Session, serializer.State), nil
	}
	return record.NewSessionFromBytes(raw, serializer.Session, serializer.State)
}

func (e *endpoint) GetSubDeviceSessions(context.Context, string) ([]uint32, error) {
	return nil, errUnused
}

func (e *endpoint) StoreSession(_ context.Context, address *protocol.SignalAddress, s *record.Session) error {
	e.sessions[address.String()] = s.Serialize()
	return nil
}

func (e *endpoint) ContainsSession(_ context.Context, address *protocol.SignalAddress) (bool, error) {
	_, ok := e.sessions[address.String()]
	return ok, nil
}

func (e *endpoint) DeleteSession(_ context.Context, address *protocol.SignalAddress) error {
	delete(e.sessions, address.String())
	return nil
}

func (e *endpoint) DeleteAllSessions(context.Context) error {
	clear(e.sessions)
	return nil
}

func (e *endpoint) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	if id != e.signed.KeyID {
		return nil, nil
	}
	pair := ecc.NewECKeyPair(ecc.NewDjbECPublicKey(*e.signed.Pub), ecc.NewDjbECPrivateKey(*e.signed.Priv))
	return record.NewSignedPreKey(id, 0, pair, *e.signed.Signature, nil), nil
}

func (e *endpoint) LoadSignedPreKeys(context.Context) ([]*record.SignedPreKey, error) {
	return nil, errUnused
}

func (e *endpoint) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error {
	return errUnused
}

func (e *endpoint) ContainsSignedPreKey(_ context.Context, id uint32) (bool, error) {
	return id == e.signed.KeyID, nil
}

func (e *endpoint) RemoveSignedPreKey(context.Context, uint32) error { return errUnused }

func (e *endpoint) StoreSenderKey(_ context.Context, name *protocol.SenderKeyName, key *groupRecord.SenderKey) error {
	e.senderKeys[name.GroupID()+"/"+name.Sender().String()] = key.Serialize()
	return nil
}

func (e *endpoint) LoadSenderKey(_ context.Context, name *protocol.SenderKeyName) (*groupRecord.SenderKey, error) {
	raw, ok := e.senderKeys[name.GroupID()+"/"+name.Sender().String()]
	if !ok {
		return groupRecord.NewSenderKey(serializer.SenderKeyRecord, serializer.SenderKeyState), nil
	}
	return groupRecord.NewSenderKeyFromBytes(raw, serializer.SenderKeyRecord, serializer.SenderKeyState)
}

var errUnused = errors.New("wafake: libsignal is not known to call this")
