package wafake

import (
	"slices"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Group is a group chat, addressed by LID.
type Group struct {
	srv     *Server
	jid     types.JID
	subject string
	created time.Time
	members []*user // the first is its owner and admin
}

// Member is who can be in a group: a *Person or an *Account.
type Member interface{ member() *user }

func (p *Person) member() *user  { return p.user }
func (a *Account) member() *user { return a.user }

// NewGroup makes a group; the first member is its admin. Accounts among the
// members are told.
func (s *Server) NewGroup(subject string, members ...Member) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strconv.Itoa(120_363_000_000_000_000 + len(s.groups) + 1)
	g := &Group{srv: s, jid: types.NewJID(id, types.GroupServer), subject: subject, created: s.opts.Now()}
	s.groups[id] = g
	for _, m := range members {
		g.join(m.member())
	}
	for _, u := range g.members {
		g.tellCreated(u)
	}
	s.bump()
	return g
}

// JID is the group's address.
func (g *Group) JID() types.JID { return g.jid }

func (g *Group) join(u *user) {
	g.members = append(g.members, u)
	if u.person != nil {
		u.person.joined = append(u.person.joined, g)
	}
}

// tellCreated tells a member's devices that it is in the group now.
func (g *Group) tellCreated(u *user) {
	g.notify([]*user{u}, waBinary.Node{
		Tag: "create", Attrs: waBinary.Attrs{"type": "new"}, Content: []waBinary.Node{g.node()},
	})
}

// notify sends a change of the group to the linked devices of members.
func (g *Group) notify(to []*user, change waBinary.Node) {
	for _, u := range to {
		for _, d := range u.linked() {
			attrs := waBinary.Attrs{
				"from": g.jid, "type": "w:gp2", "id": g.srv.newStanzaID(), "t": g.srv.stamp(),
				"addressing_mode": string(types.AddressingModeLID),
			}
			if len(g.members) > 0 {
				attrs["participant"], attrs["participant_pn"] = g.members[0].lid, g.members[0].pn
				attrs["notify"] = g.members[0].name
			}
			g.srv.deliver(d, waBinary.Node{Tag: "notification", Attrs: attrs, Content: []waBinary.Node{change}})
		}
	}
}

// Add puts somebody into the group.
func (g *Group) Add(m Member) {
	g.srv.mu.Lock()
	defer g.srv.mu.Unlock()
	u := m.member()
	if slices.Contains(g.members, u) {
		return
	}
	before := slices.Clone(g.members)
	g.join(u)
	g.notify(before, waBinary.Node{Tag: "add", Content: []waBinary.Node{participant(u, "")}})
	g.tellCreated(u)
	g.srv.bump()
}

// Remove takes somebody out of the group.
func (g *Group) Remove(m Member) {
	g.srv.mu.Lock()
	defer g.srv.mu.Unlock()
	u := m.member()
	told := slices.Clone(g.members)
	g.members = slices.DeleteFunc(g.members, func(x *user) bool { return x == u })
	if u.person != nil {
		u.person.joined = slices.DeleteFunc(u.person.joined, func(x *Group) bool { return x == g })
	}
	g.notify(told, waBinary.Node{Tag: "remove", Content: []waBinary.Node{participant(u, "")}})
	g.srv.bump()
}

// SetSubject gives the group another name.
func (g *Group) SetSubject(subject string) {
	g.srv.mu.Lock()
	defer g.srv.mu.Unlock()
	g.subject = subject
	attrs := waBinary.Attrs{"subject": subject, "s_t": g.srv.stamp()}
	if len(g.members) > 0 {
		attrs["s_o"] = g.members[0].lid
	}
	g.notify(g.members, waBinary.Node{Tag: "subject", Attrs: attrs})
	g.srv.bump()
}

func participant(u *user, role string) waBinary.Node {
	attrs := waBinary.Attrs{"jid": u.lid}
	if u.person == nil || !u.person.hidden {
		attrs["phone_number"] = u.pn
	}
	if role != "" {
		attrs["type"] = role
	}
	return waBinary.Node{Tag: "participant", Attrs: attrs}
}

// node describes the group.
func (g *Group) node() waBinary.Node {
	n := waBinary.Node{Tag: "group", Attrs: waBinary.Attrs{
		"id": g.jid.User, "subject": g.subject, "creation": g.created.Unix(), "s_t": g.created.Unix(),
		"size": len(g.members), "addressing_mode": string(types.AddressingModeLID),
	}}
	var children []waBinary.Node
	for i, u := range g.members {
		role := ""
		if i == 0 {
			role = "superadmin"
			n.Attrs["creator"], n.Attrs["s_o"] = u.lid, u.lid
		}
		children = append(children, participant(u, role))
	}
	n.Content = children
	return n
}

// answerGroups describes one group to a member, or all groups of the asker.
func (s *Server) answerGroups(c *conn, n *waBinary.Node, child string) {
	me := c.device.owner
	if child == "participating" {
		var groups []waBinary.Node
		for _, g := range s.groups {
			if slices.Contains(g.members, me) {
				groups = append(groups, g.node())
			}
		}
		s.answer(c, n, waBinary.Node{Tag: "groups", Content: groups})
		return
	}
	g := s.groups[attrJID(n, "to").User]
	switch {
	case g == nil:
		s.answerError(c, n, errorNotFound, "item-not-found")
	case !slices.Contains(g.members, me):
		s.answerError(c, n, errorForbidden, "forbidden")
	default:
		s.answer(c, n, g.node())
	}
}
