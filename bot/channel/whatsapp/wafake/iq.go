package wafake

import (
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// answer is the result of a query. mu is held.
func (s *Server) answer(c *conn, query *waBinary.Node, children ...waBinary.Node) {
	n := waBinary.Node{Tag: "iq", Attrs: answerAttrs(query, "result")}
	if len(children) > 0 {
		n.Content = children
	}
	c.send(n)
}

func (s *Server) answerError(c *conn, query *waBinary.Node, code int, text string) {
	c.send(waBinary.Node{Tag: "iq", Attrs: answerAttrs(query, "error"), Content: []waBinary.Node{
		{Tag: "error", Attrs: waBinary.Attrs{"code": code, "text": text}},
	}})
}

func answerAttrs(query *waBinary.Node, kind string) waBinary.Attrs {
	from := attrJID(query, "to")
	if from.Server == "" {
		from = types.ServerJID
	}
	return waBinary.Attrs{"from": from, "id": attrString(query, "id"), "type": kind}
}

// handleIQ answers a query; the table is in the package's doc. What is not in it
// is an error 501: the client would wait 75 seconds for silence.
func (s *Server) handleIQ(c *conn, n *waBinary.Node) {
	kind := attrString(n, "type")
	if kind == "result" || kind == "error" {
		if p := c.pairing; p != nil && p.request != "" && attrString(n, "id") == p.request {
			s.paired(c, n)
		}
		return
	}
	child := ""
	if children := n.GetChildren(); len(children) > 0 {
		child = children[0].Tag
	}
	space := attrString(n, "xmlns")
	switch space {
	case "w:p", "urn:xmpp:ping":
		s.answer(c, n)
		return
	case "md":
		if child == "link_code_companion_reg" {
			reg := n.GetChildren()[0]
			if attrString(&reg, "stage") == "companion_hello" {
				s.companionHello(c, n, reg)
			} else {
				s.companionFinish(c, n, reg)
			}
			return
		}
	}
	if c.device == nil {
		s.answerError(c, n, 401, "not-authorized")
		return
	}
	switch space + " " + kind + " " + child {
	case "encrypt get count":
		s.answerKeyCount(c, n)
	case "encrypt set registration":
		s.takeKeys(c, n)
	case "encrypt get key":
		s.answerKeys(c, n)
	case "passive set active":
		s.answer(c, n)
		s.activate(c)
	case "passive set passive":
		c.device.active = false
		s.answer(c, n)
	case "usync get usync":
		s.answerUsync(c, n)
	case "w:m set media_conn":
		s.answerMediaConn(c, n)
	case "w:g2 get query", "w:g2 get participating":
		s.answerGroups(c, n, child)
	case "w:sync:app:state set sync":
		s.answerAppState(c, n)
	case "privacy get privacy":
		s.answer(c, n, privacy())
	case "privacy set tokens":
		s.takeTokens(c, n)
	case "urn:xmpp:whatsapp:dirty set clean", "w:stats set add", "status set status":
		s.answer(c, n)
	case "blocklist get ":
		s.answer(c, n, waBinary.Node{Tag: "list", Attrs: waBinary.Attrs{"dhash": "0"}})
	case "md set remove-companion-device":
		s.unlink(c, n)
	case "w:profile:picture get picture":
		s.answerError(c, n, 404, "item-not-found")
	case "urn:xmpp:whatsapp:push set config":
		s.answer(c, n)
	default:
		s.unknown = append(s.unknown, space+" "+kind+" "+child)
		s.answerError(c, n, 501, "feature-not-implemented")
	}
}

// privacy says that all see everything.
func privacy() waBinary.Node {
	var categories []waBinary.Node
	for _, name := range []string{"readreceipts", "last", "status", "profile", "groupadd", "online", "calladd"} {
		categories = append(categories, waBinary.Node{Tag: "category", Attrs: waBinary.Attrs{"name": name, "value": "all"}})
	}
	return waBinary.Node{Tag: "privacy", Content: categories}
}

// takeTokens notes to whom a client gives its privacy token, which lets them
// write to it without being strangers.
func (s *Server) takeTokens(c *conn, n *waBinary.Node) {
	tokens := n.GetChildByTag("tokens")
	for _, token := range tokens.GetChildren() {
		if u := s.lookup(attrJID(&token, "jid")); u != nil {
			c.device.tokens[u] = true
			delete(c.device.owed, owedToken+u.phone)
		}
	}
	s.answer(c, n)
}

// unlink is the client's own logout: it disconnects by itself.
func (s *Server) unlink(c *conn, n *waBinary.Node) {
	d := c.device
	delete(d.owner.devices, d.id)
	c.device, d.conn, d.active = nil, nil, false
	s.answer(c, n)
}

// handlePresence remembers what a client shows of itself: that it is there, or
// that it writes.
func (s *Server) handlePresence(c *conn, n *waBinary.Node) {
	if c.device == nil || c.device.owner.account == nil {
		return
	}
	switch n.Tag {
	case "presence":
		if attrString(n, "type") != "subscribe" {
			c.device.owner.account.available = attrString(n, "type") == "available"
		}
	case "chatstate":
		u := s.lookup(attrJID(n, "to"))
		if u == nil || u.person == nil {
			return
		}
		if children := n.GetChildren(); len(children) > 0 && children[0].Tag == "composing" {
			u.person.typing++
		}
	}
}
