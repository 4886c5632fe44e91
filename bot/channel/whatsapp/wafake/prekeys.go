package wafake

import (
	"encoding/binary"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// answerKeyCount says how many one-time keys of the device are left.
func (s *Server) answerKeyCount(c *conn, n *waBinary.Node) {
	left := len(c.device.oneTime)
	if left == 0 && !s.opts.FullUpload {
		left = 1 // where it has none and we have none, the client makes 812
	}
	s.answer(c, n, waBinary.Node{Tag: "count", Attrs: waBinary.Attrs{"value": left}})
}

// takeKeys stores the keys that a device uploads.
func (s *Server) takeKeys(c *conn, n *waBinary.Node) {
	d := c.device
	registration, identity := content(n.GetChildByTag("registration")), content(n.GetChildByTag("identity"))
	signed, err := parseKey(n.GetChildByTag("skey"))
	if err != nil || len(registration) != 4 || len(identity) != 32 {
		s.answerError(c, n, 400, "bad-request")
		return
	}
	list := n.GetChildByTag("list")
	for _, child := range list.GetChildren() {
		one, err := parseKey(child)
		if err != nil {
			s.answerError(c, n, 400, "bad-request")
			return
		}
		d.oneTime = append(d.oneTime, one)
	}
	d.registered, d.identity, d.signed = binary.BigEndian.Uint32(registration), [32]byte(identity), signed
	delete(d.owed, owedKeys)
	s.answer(c, n)
}

// answerKeys hands out the keys of devices, by the JIDs they were asked by.
func (s *Server) answerKeys(c *conn, n *waBinary.Node) {
	ask := n.GetChildByTag("key")
	var users []waBinary.Node
	for _, asked := range ask.GetChildren() {
		jid := attrJID(&asked, "jid")
		answer := waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"jid": jid}}
		u := s.lookup(jid)
		switch {
		case u != nil && jid.Device == 0:
			answer.Content = u.end.bundle()
		case u != nil && u.devices[jid.Device] != nil && u.devices[jid.Device].signed != nil:
			d := u.devices[jid.Device]
			registration, signed, one := d.bundle()
			answer.Content = bundleNodes(registration, d.identity, signed, one)
			s.remind(d)
		default:
			answer.Content = []waBinary.Node{{Tag: "error", Attrs: waBinary.Attrs{"code": 404, "text": "item-not-found"}}}
		}
		users = append(users, answer)
	}
	s.answer(c, n, waBinary.Node{Tag: "list", Content: users})
}

// KeysLeft is how many one-time keys of a linked device the server still has.
func (a *Account) KeysLeft(device uint16) int {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	if d := a.devices[device]; d != nil {
		return len(d.oneTime)
	}
	return 0
}
