package wafake

import (
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// answerUsync answers what a client asks about users: who is on WhatsApp, their
// devices, their LIDs. A user is named in the answer as in the question, except
// for one asked for by number, who is named by LID and phone number.
func (s *Server) answerUsync(c *conn, n *waBinary.Node) {
	ask := n.GetChildByTag("usync")
	query, list := ask.GetChildByTag("query"), ask.GetChildByTag("list")
	var users []waBinary.Node
	for _, asked := range list.GetChildren() {
		if asked.Tag != "user" {
			continue
		}
		if number, ok := asked.GetOptionalChildByTag("contact"); ok {
			users = append(users, s.contactAnswer(string(content(number)), query.GetChildren()))
			continue
		}
		jid := attrJID(&asked, "jid")
		u := s.present(jid)
		answer := waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"jid": jid}}
		var facts []waBinary.Node
		for _, q := range query.GetChildren() {
			if fact, ok := factOf(u, q.Tag); ok {
				facts = append(facts, fact)
			}
		}
		answer.Content = facts
		users = append(users, answer)
	}
	s.answer(c, n, waBinary.Node{
		Tag: "usync", Attrs: waBinary.Attrs{"sid": attrString(&ask, "sid"), "mode": attrString(&ask, "mode")},
		Content: []waBinary.Node{{Tag: "result"}, {Tag: "list", Content: users}},
	})
}

// present is lookup without those who have left. mu is held.
func (s *Server) present(jid types.JID) *user {
	u := s.lookup(jid)
	if u != nil && s.absent[u.phone] {
		return nil
	}
	return u
}

// factOf is one fact of a user, nil where there is no such user.
func factOf(u *user, tag string) (waBinary.Node, bool) {
	if u == nil {
		return waBinary.Node{}, false
	}
	switch tag {
	case "devices":
		list := []waBinary.Node{{Tag: "device", Attrs: waBinary.Attrs{"id": "0"}}}
		for _, d := range u.linked() {
			list = append(list, waBinary.Node{Tag: "device", Attrs: waBinary.Attrs{"id": int(d.id), "key-index": int(d.id)}})
		}
		return waBinary.Node{Tag: "devices", Content: []waBinary.Node{{Tag: "device-list", Content: list}}}, true
	case "lid":
		return waBinary.Node{Tag: "lid", Attrs: waBinary.Attrs{"val": u.lid}}, true
	case "status":
		return waBinary.Node{Tag: "status", Content: []byte("Ada")}, true
	case "contact":
		return waBinary.Node{Tag: "contact", Attrs: waBinary.Attrs{"type": "in"}}, true
	}
	return waBinary.Node{}, false
}

// contactAnswer says whether a number ("+62812...@c.us") is on WhatsApp.
func (s *Server) contactAnswer(asked string, queries []waBinary.Node) waBinary.Node {
	number, _, _ := strings.Cut(asked, "@")
	pn := types.NewJID(digits(number), types.DefaultUserServer)
	contact := waBinary.Node{Tag: "contact", Attrs: waBinary.Attrs{"type": "out"}, Content: []byte(asked)}
	answer := waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"pn_jid": pn}}
	u := s.present(pn)
	s.checked = append(s.checked, pn.User)
	if u == nil {
		answer.Content = []waBinary.Node{contact}
		return answer
	}
	contact.Attrs["type"] = "in"
	answer.Attrs["jid"] = u.lid
	facts := []waBinary.Node{contact}
	for _, q := range queries {
		if q.Tag == "contact" {
			continue
		}
		if fact, ok := factOf(u, q.Tag); ok {
			facts = append(facts, fact)
		}
	}
	answer.Content = facts
	return answer
}

// Checked are the numbers that clients asked IsOnWhatsApp about, in order.
func (s *Server) Checked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.checked...)
}
