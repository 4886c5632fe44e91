package wafake

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

// pairing is a connection that wants to be linked to a phone.
type pairing struct {
	conn       *conn
	noise      [32]byte
	registered uint32
	identity   [32]byte
	signed     *publicKey
	refs       []string

	code    *codePairing // the phone number was typed instead of the QR code being scanned
	account *Account     // who said yes; the client has to confirm
	device  *device
	request string // the ID of pair-success
}

// refCount is how many QR codes the client is given to show in turn.
const refCount = 6

// offerPairing gives a new client the references that its QR codes show.
func (s *Server) offerPairing(c *conn, said *hello) {
	data := said.payload.GetDevicePairingData()
	id := data.GetESkeyID()
	if len(data.GetEIdent()) != 32 || len(data.GetERegid()) != 4 || len(id) != 3 || len(data.GetESkeyVal()) != 32 ||
		len(data.GetESkeySig()) != 64 {
		s.fail(errors.New("wafake: pairing data is not complete"))
		return
	}
	p := &pairing{
		conn: c, noise: said.static, registered: binary.BigEndian.Uint32(data.GetERegid()),
		identity: [32]byte(data.GetEIdent()),
		signed: &publicKey{
			id: uint32(id[0])<<16 | uint32(id[1])<<8 | uint32(id[2]), pub: [32]byte(data.GetESkeyVal()),
			signature: data.GetESkeySig(),
		},
	}
	c.pairing = p
	nodes := make([]waBinary.Node, 0, refCount)
	for range refCount {
		ref := "2@" + rand.Text() + rand.Text()
		p.refs = append(p.refs, ref)
		s.pairings[ref] = p
		nodes = append(nodes, waBinary.Node{Tag: "ref", Content: []byte(ref)})
	}
	c.send(waBinary.Node{
		Tag: "iq", Attrs: waBinary.Attrs{"from": types.ServerJID, "id": s.newStanzaID(), "type": "set", "xmlns": "md"},
		Content: []waBinary.Node{{Tag: "pair-device", Content: nodes}},
	})
	s.bump()
}

func (s *Server) forgetPairing(p *pairing) {
	for _, ref := range p.refs {
		delete(s.pairings, ref)
	}
}

// qrPrefix is the address before the parts of a QR code's text.
const qrPrefix = "https://wa.me/settings/linked_devices#"

// ScanQR is the phone's camera on the QR code of a client that wants to be
// linked: text is what the code says. It returns once the phone has agreed; the
// client then confirms and logs in by itself (Connected waits for that).
func (a *Account) ScanQR(text string) error {
	parts := strings.Split(strings.TrimPrefix(text, qrPrefix), ",")
	if len(parts) < 4 {
		return fmt.Errorf("wafake: %q is no QR code of a device to link", text)
	}
	var parsed [3][]byte
	for i := range parsed {
		raw, err := base64.StdEncoding.DecodeString(parts[i+1])
		if err != nil {
			return fmt.Errorf("wafake: part %d of the QR code: %w", i+2, err)
		}
		parsed[i] = raw
	}
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	p := a.srv.pairings[parts[0]]
	if p == nil {
		return errors.New("wafake: the QR code is not valid any more")
	}
	if !slices.Equal(parsed[0], p.noise[:]) || !slices.Equal(parsed[1], p.identity[:]) {
		return errors.New("wafake: the QR code shows other keys than the client has")
	}
	return a.agree(p, parsed[2])
}

// agree links the device of a pairing: the phone signs its identity, the secret
// of the QR code proves that it was this phone. mu is held.
func (a *Account) agree(p *pairing, secret []byte) error {
	if p.device != nil {
		return errors.New("wafake: the device is linked already")
	}
	a.srv.forgetPairing(p)
	a.linkError = nil
	d := a.link(p.noise)
	d.registered, d.identity, d.signed = p.registered, p.identity, p.signed
	signed, err := a.signIdentity(d)
	if err != nil {
		return err
	}
	details, err := proto.Marshal(signed)
	if err != nil {
		return fmt.Errorf("wafake: device identity: %w", err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(details)
	container, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: details, HMAC: mac.Sum(nil)})
	if err != nil {
		return fmt.Errorf("wafake: device identity: %w", err)
	}
	p.account, p.device, p.request = a, d, a.srv.newStanzaID()
	p.conn.send(waBinary.Node{
		Tag: "iq", Attrs: waBinary.Attrs{
			"from": types.ServerJID, "id": p.request, "type": "set", "xmlns": "md", "t": a.srv.stamp(),
		},
		Content: []waBinary.Node{{Tag: "pair-success", Content: []waBinary.Node{
			{Tag: "device-identity", Content: container},
			{Tag: "device", Attrs: waBinary.Attrs{"jid": d.pn(), "lid": d.lid()}},
			{Tag: "platform", Attrs: waBinary.Attrs{"name": "android"}},
		}}},
	})
	return nil
}

// paired is the client's answer to pair-success.
func (s *Server) paired(c *conn, n *waBinary.Node) {
	p := c.pairing
	if attrString(n, "type") == "error" {
		e := n.GetChildByTag("error")
		p.account.linkError = fmt.Errorf("wafake: the client refused to be linked: %s", attrString(&e, "text"))
		delete(p.account.devices, p.device.id)
		s.bump()
		return
	}
	raw := content(n.GetChildByTag("pair-device-sign", "device-identity"))
	var signed waAdv.ADVSignedDeviceIdentity
	if err := proto.Unmarshal(raw, &signed); err != nil {
		s.fail(fmt.Errorf("wafake: signed device identity: %w", err))
		return
	}
	message := slices.Concat(whatsmeow.AdvDeviceSignaturePrefix, signed.GetDetails(), p.identity[:], p.account.end.identity.Pub[:])
	if len(signed.GetDeviceSignature()) != 64 ||
		!ecc.VerifySignature(ecc.NewDjbECPublicKey(p.identity), message, [64]byte(signed.GetDeviceSignature())) {
		s.fail(errors.New("wafake: the client's signature of its device is wrong"))
		return
	}
	p.account.welcome(p.device)
	for _, name := range appstate.AllPatchNames {
		p.device.owed[owedState+string(name)] = true // with the key it can read them
	}
	// The client leaves and logs in by itself: closing first would look like a fault.
	c.send(waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{"code": "515"}})
}

func accountSignature(phone *keys.KeyPair, details []byte, device [32]byte) []byte {
	message := slices.Concat(whatsmeow.AdvAccountSignaturePrefix, details, device[:])
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*phone.Priv), message)
	return signature[:]
}

func deviceSignature(device *keys.KeyPair, signed *waAdv.ADVSignedDeviceIdentity) []byte {
	message := slices.Concat(whatsmeow.AdvDeviceSignaturePrefix, signed.Details, device.Pub[:], signed.AccountSignatureKey)
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*device.Priv), message)
	return signature[:]
}
