package wafake

import (
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Error codes of the acknowledgement of a message. That 463 is the refusal of a
// cold message is known from life; 404 for a number that is gone is a guess.
const (
	errorNotFound  = 404
	errorForbidden = 403
	errorReachout  = 463
)

// handleMessage takes a message of a client apart and passes its envelopes on.
func (s *Server) handleMessage(c *conn, n *waBinary.Node) {
	if s.faults.takeDrop(&s.faults.drops) {
		c.cut() // lost on the way: the client does not know whether it arrived
		return
	}
	from := c.device
	entry := s.entryOf(from, n)
	if from.owner.account != nil && entry.Error == 0 {
		entry.Error = s.cold(from.owner.account, &entry)
	}
	if entry.Error == 0 && take(&s.faults.refused) {
		entry.Error = s.faults.refusal
	}
	entry.Lost = entry.Error == 0 && s.faults.takeDrop(&s.faults.lostAcks)
	s.log = append(s.log, entry)
	if entry.Error == 0 {
		s.passOn(from, n)
	}
	if entry.Lost {
		c.cut()
		return
	}
	if take(&s.faults.muted) {
		return
	}
	if u := s.phones[entry.To]; u != nil && !entry.Peer && !entry.Retry && !from.tokens[u] {
		from.owed[owedToken+u.phone] = true
	}
	ack := waBinary.Node{Tag: "ack", Attrs: waBinary.Attrs{
		"class": "message", "id": attrString(n, "id"), "from": attrJID(n, "to"), "t": s.stamp(),
	}}
	if entry.Error != 0 {
		ack.Attrs["error"] = entry.Error
	}
	c.send(ack)
}

// envelopes are what a message node carries: sealed for one device each, or
// with the sender key for all.
func envelopes(n *waBinary.Node) (direct map[types.JID]*envelope, shared, bare *envelope) {
	direct = map[types.JID]*envelope{}
	list := n.GetChildByTag("participants")
	for _, to := range list.GetChildren() {
		enc := to.GetChildByTag("enc")
		direct[attrJID(&to, "jid")] = &envelope{attrString(&enc, "type"), content(enc)}
	}
	for _, enc := range n.GetChildrenByTag("enc") {
		env := &envelope{attrString(&enc, "type"), content(enc)}
		if env.kind == "skmsg" {
			shared = env
		} else {
			bare = env // an answer to a retry receipt, or a message to the own phone
		}
	}
	return direct, shared, bare
}

// passOn gives each device of a message what was sealed for it.
func (s *Server) passOn(from *device, n *waBinary.Node) {
	direct, shared, bare := envelopes(n)
	to := attrJID(n, "to")
	group := s.groups[to.User]
	if bare != nil {
		target := to
		if group != nil {
			target = attrJID(n, "participant")
		}
		direct[target] = bare
	}
	for jid, env := range direct {
		u := s.lookup(jid)
		if u == nil {
			continue
		}
		in := incoming{from: from, group: group, id: attrString(n, "id"), at: s.opts.Now(), direct: env, shared: shared}
		switch {
		case u == from.owner && jid.Device == from.id:
			// The client seals the sender key for itself too; it is not sent back.
		case jid.Device != 0:
			if d := u.devices[jid.Device]; d != nil {
				s.relay(d, n, in)
			}
		case u.person != nil:
			u.person.hear(in)
		case u.account != nil:
			u.account.hear(in)
		}
	}
	if shared != nil && group != nil {
		s.passShared(from, group, n, direct, shared)
	}
}

// passShared reaches the members that needed no sender key, since they have it.
func (s *Server) passShared(from *device, group *Group, n *waBinary.Node, direct map[types.JID]*envelope, shared *envelope) {
	reached := map[string]bool{}
	for jid := range direct {
		if u := s.lookup(jid); u != nil && jid.Device == 0 {
			reached[u.phone] = true
		}
	}
	for _, member := range group.members {
		if reached[member.phone] || member == from.owner {
			continue
		}
		in := incoming{from: from, group: group, id: attrString(n, "id"), at: s.opts.Now(), shared: shared}
		if member.person != nil {
			member.person.hear(in)
		}
	}
}

// relay passes an envelope between two real clients.
func (s *Server) relay(d *device, n *waBinary.Node, in incoming) {
	attrs := waBinary.Attrs{
		"id": in.id, "type": attrString(n, "type"), "edit": attrString(n, "edit"), "t": in.at.Unix(),
		"notify": in.from.owner.name,
	}
	sender := in.from.lid()
	switch {
	case in.group != nil:
		attrs["from"], attrs["participant"], attrs["participant_pn"] = in.group.jid, sender, in.from.owner.pn
		attrs["addressing_mode"] = string(types.AddressingModeLID)
	case d.owner == in.from.owner:
		attrs["from"], attrs["recipient"] = sender, attrJID(n, "to")
	default:
		attrs["from"], attrs["sender_pn"] = sender, in.from.owner.pn
	}
	var encs []waBinary.Node
	for _, env := range []*envelope{in.direct, in.shared} {
		if env != nil {
			encs = append(encs, waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": 2, "type": env.kind}, Content: env.data})
		}
	}
	s.deliver(d, waBinary.Node{Tag: "message", Attrs: attrs, Content: encs})
}
