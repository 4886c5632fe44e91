package wafake

import (
	"encoding/binary"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/prekey"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// receipt tells an account's devices that somebody has got a message, or read
// it. mu is held.
func (s *Server) receipt(from, to *user, group *Group, kind, id string) {
	if to == nil {
		return
	}
	for _, d := range to.linked() {
		attrs := s.fromAttrs(from, group)
		attrs["id"], attrs["t"] = id, s.stamp()
		if kind != "" {
			attrs["type"] = kind
		}
		s.deliver(d, waBinary.Node{Tag: "receipt", Attrs: attrs})
	}
}

// fromAttrs address a receipt as from a person.
func (s *Server) fromAttrs(from *user, group *Group) waBinary.Attrs {
	if group != nil {
		return waBinary.Attrs{"from": group.jid, "participant": from.lid}
	}
	if from.person != nil && from.person.byNumber {
		return waBinary.Attrs{"from": from.pn}
	}
	return waBinary.Attrs{"from": from.lid}
}

// handleReceipt is a receipt of the client: a message arrived, was read, or
// could not be decrypted.
func (s *Server) handleReceipt(c *conn, n *waBinary.Node) {
	id, kind, to := attrString(n, "id"), attrString(n, "type"), attrJID(n, "to")
	ack := waBinary.Attrs{"class": "receipt", "id": id, "from": to, "type": kind}
	if p := attrJID(n, "participant"); p.User != "" {
		ack["participant"] = p
	}
	c.send(waBinary.Node{Tag: "ack", Attrs: ack})
	who := to
	if to.Server == types.GroupServer {
		who = attrJID(n, "participant")
	}
	u := s.lookup(who)
	if u == nil {
		return
	}
	switch types.ReceiptType(kind) {
	case types.ReceiptTypeRetry:
		s.askedAgain(c.device, u, n)
		return
	case types.ReceiptTypeRead, types.ReceiptTypePlayed:
		list := n.GetChildByTag("list")
		ids := []string{id}
		for _, item := range list.GetChildren() {
			ids = append(ids, attrString(&item, "id"))
		}
		for _, id := range ids {
			if o := u.saidByID(id); o != nil {
				o.status.Read = true
			}
		}
		return
	}
	if !s.acked(c.device, "message", id, to) {
		delete(c.device.owed, owedReceipt+id)
	}
	if o := u.saidByID(id); o != nil {
		o.status.Delivered = true
	}
}

func (u *user) saidByID(id string) *said {
	if u.person != nil && u.person.told[id] != nil {
		return u.person.told[id]
	}
	if u.account != nil {
		return u.account.told[id]
	}
	return nil
}

// maxRetries is how often a message is asked for, or sent, again.
const maxRetries = 5

// askedAgain answers a client that could not decrypt a message: the same
// message in a new session, begun with the keys that came along or with those
// on the server.
func (s *Server) askedAgain(d *device, sender *user, n *waBinary.Node) {
	retry := n.GetChildByTag("retry")
	o := sender.saidByID(attrString(&retry, "id"))
	if o == nil {
		return
	}
	o.status.Retries++
	if o.status.Retries > maxRetries {
		return
	}
	delete(sender.end.sessions, d.lid().SignalAddress().String())
	fetch := d.keys
	if given, ok := n.GetOptionalChildByTag("keys"); ok {
		registration := content(n.GetChildByTag("registration"))
		identity := content(given.GetChildByTag("identity"))
		one, err1 := parseKey(given.GetChildByTag("key"))
		signed, err2 := parseKey(given.GetChildByTag("skey"))
		if err1 == nil && err2 == nil && len(registration) == 4 && len(identity) == 32 {
			fetch = func() (*prekey.Bundle, error) {
				return newBundle(binary.BigEndian.Uint32(registration), d.id, [32]byte(identity), signed, one), nil
			}
		}
	}
	s.sayAgain(o, d, o.status.Retries, fetch)
}

// askAgain is the person's phone that could not decrypt a message of a client.
func (p *Person) askAgain(in incoming) {
	p.attempts[in.id]++
	count := p.attempts[in.id]
	if count >= maxRetries {
		return
	}
	attrs := p.srv.fromAttrs(p.user, in.group)
	attrs["id"], attrs["type"], attrs["t"] = in.id, string(types.ReceiptTypeRetry), p.srv.stamp()
	children := []waBinary.Node{
		{Tag: "retry", Attrs: waBinary.Attrs{"count": count, "id": in.id, "t": in.at.Unix(), "v": 1}},
		{Tag: "registration", Content: binary.BigEndian.AppendUint32(nil, p.end.registered)},
	}
	_, known := p.end.sessions[in.from.lid().SignalAddress().String()]
	if count > 1 || !known {
		p.end.nextKey++
		one := keys.NewPreKey(p.end.nextKey)
		p.end.prekeys[one.KeyID] = one
		children = append(children, waBinary.Node{Tag: "keys", Content: []waBinary.Node{
			{Tag: "type", Content: []byte{ecc.DjbType}},
			{Tag: "identity", Content: p.end.identity.Pub[:]},
			keyOf(one).node(),
			keyOf(p.end.signed).node(),
		}})
	}
	p.srv.deliver(in.from, waBinary.Node{Tag: "receipt", Attrs: attrs, Content: children})
}

// tellIdentity tells a device that somebody has a new phone.
func (s *Server) tellIdentity(d *device, who *user) {
	s.deliver(d, waBinary.Node{
		Tag: "notification", Attrs: waBinary.Attrs{
			"from": who.lid, "type": "encrypt", "id": s.newStanzaID(), "t": s.stamp(),
		},
		Content: []waBinary.Node{{Tag: "identity"}},
	})
}

// tellToken gives a device the privacy token of somebody who has written to it:
// with it, what it sends them is not cold.
func (s *Server) tellToken(d *device, who *user) {
	s.deliver(d, waBinary.Node{
		Tag: "notification", Attrs: waBinary.Attrs{
			"from": who.lid, "sender_lid": who.lid, "type": "privacy_token", "id": s.newStanzaID(), "t": s.stamp(),
		},
		Content: []waBinary.Node{{Tag: "tokens", Content: []waBinary.Node{{
			Tag: "token", Attrs: waBinary.Attrs{"type": "trusted_contact", "t": s.stamp()}, Content: random(16),
		}}}},
	})
}
