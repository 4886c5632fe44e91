package wafake

import (
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Reasons of <failure>, as in whatsmeow's events.ConnectFailureReason.
const (
	reasonLoggedOut = 401
	reasonTempBan   = 402
	reasonOutdated  = 405
)

// greet answers the handshake: a device that is linked logs in, one that is not
// wants to be.
func (s *Server) greet(c *conn, said *hello) {
	if s.faults.outdated {
		s.refuse(c, reasonOutdated, nil)
		return
	}
	if said.payload.GetDevicePairingData() != nil {
		s.offerPairing(c, said)
		return
	}
	s.login(c, said)
}

// refuse ends a connection with a reason.
func (s *Server) refuse(c *conn, reason int, more waBinary.Attrs) {
	attrs := waBinary.Attrs{"reason": reason, "location": "loopback"}
	for k, v := range more {
		attrs[k] = v
	}
	c.send(waBinary.Node{Tag: "failure", Attrs: attrs})
	c.end()
	s.bump()
}

func (s *Server) login(c *conn, said *hello) {
	u := s.phones[strconv.FormatUint(said.payload.GetUsername(), 10)]
	if u == nil || u.account == nil {
		s.refuse(c, reasonLoggedOut, nil)
		return
	}
	if ban := s.faults.ban; ban != nil && s.opts.Now().Before(ban.until) {
		s.refuse(c, reasonTempBan, waBinary.Attrs{
			"code": ban.code, "expire": int(ban.until.Sub(s.opts.Now()).Seconds() + 0.5),
		})
		return
	}
	d := u.devices[uint16(said.payload.GetDevice())]
	if d == nil || d.noise != said.static {
		s.refuse(c, reasonLoggedOut, nil)
		return
	}
	if old := d.conn; old != nil {
		d.conn, d.active, old.device = nil, false, nil
		s.streamError(old, "", waBinary.Node{Tag: "conflict", Attrs: waBinary.Attrs{"type": "replaced"}})
	}
	c.device, d.conn, d.active = d, c, false
	for _, st := range d.pending {
		st.sent = false
	}
	c.send(waBinary.Node{Tag: "success", Attrs: waBinary.Attrs{
		"t": s.stamp(), "lid": d.lid(), "display_name": u.name, "props": "1", "location": "loopback",
	}})
	s.bump()
}

// streamError tells a client why its connection ends, and ends it.
func (s *Server) streamError(c *conn, code string, children ...waBinary.Node) {
	n := waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{}}
	if code != "" {
		n.Attrs["code"] = code
	}
	if len(children) > 0 {
		n.Content = children
	}
	c.send(n)
	c.end()
}

// activate begins deliveries to a device.
func (s *Server) activate(c *conn) {
	d := c.device
	d.active = true
	s.flush(d)
	s.remind(d)
}

// remind tells a device that its one-time keys run out, once per connection.
func (s *Server) remind(d *device) {
	const few = 5
	if !d.active || d.owed[owedKeys] || len(d.oneTime) >= few {
		return
	}
	d.owed[owedKeys] = true
	s.deliver(d, waBinary.Node{
		Tag:   "notification",
		Attrs: waBinary.Attrs{"from": types.ServerJID, "type": "encrypt", "id": s.newStanzaID(), "t": s.stamp()},
		Content: []waBinary.Node{{Tag: "count", Attrs: waBinary.Attrs{
			"value": len(d.oneTime),
		}}},
	})
}
