package botapi

import "fmt"

// Group is a group chat in which the bot may be a member.
type Group struct {
	srv  *Server
	chat *chat
}

// Group makes a basic group of these people; the bot is not in it yet. id must
// be negative.
func (s *Server) Group(id int64, title string, members ...*Person) *Group {
	return s.newGroup(id, basicGroup, title, members)
}

// Supergroup makes a supergroup; its ID is negative, usually -100….
func (s *Server) Supergroup(id int64, title string, members ...*Person) *Group {
	return s.newGroup(id, supergroup, title, members)
}

func (s *Server) newGroup(id int64, kind, title string, members []*Person) *Group {
	if id >= 0 {
		panic(fmt.Sprintf("botapi: group ID %d is not negative", id))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.newChat(id, kind, title)
	c.bot = "left"
	for i, p := range members {
		c.members[p.id] = "member"
		if i == 0 {
			c.members[p.id] = "creator"
		}
	}
	return &Group{srv: s, chat: c}
}

// ID is the chat's ID.
func (g *Group) ID() int64 { return g.chat.id }

// Messages is what there is to see in the group.
func (g *Group) Messages() []Message { return g.srv.Messages(g.chat.id) }

// In gives a person's voice in a group, of which they become a member.
func (p *Person) In(g *Group) *Speaker {
	g.srv.mu.Lock()
	defer g.srv.mu.Unlock()
	if g.chat.members[p.id] == "" {
		g.chat.members[p.id] = "member"
	}
	return &Speaker{srv: g.srv, chat: g.chat, person: p}
}

// Anonymous gives the voice of a person who is an admin and speaks as the
// group.
func (p *Person) Anonymous(g *Group) *Speaker {
	v := p.In(g)
	v.anonymous = true
	return v
}

// AddBot lets a person add the bot.
func (g *Group) AddBot(by *Person) { g.setBot(by, "member") }

// PromoteBot makes the bot an administrator: it sees everything from then on.
func (g *Group) PromoteBot(by *Person) { g.setBot(by, "administrator") }

// RemoveBot lets a person remove the bot.
func (g *Group) RemoveBot(by *Person) { g.setBot(by, "kicked") }

func (g *Group) setBot(by *Person, status string) {
	s := g.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	before := g.chat.bot
	g.chat.bot = status
	s.pushMember(g.chat, by.json(), before, status)
	if status == "member" && before != "administrator" {
		s.service(g.chat, by, object{"new_chat_members": []object{s.botJSON()}})
	}
	s.touch()
}

// Rename changes the title, with the service message that goes with it.
func (g *Group) Rename(by *Person, title string) {
	g.srv.mu.Lock()
	defer g.srv.mu.Unlock()
	g.chat.title = title
	g.srv.service(g.chat, by, object{"new_chat_title": title})
}

// service shows a service message, which the bot sees whatever its privacy.
func (s *Server) service(c *chat, by *Person, fields object) {
	m := &Message{SenderID: by.id, sender: by.json(), extra: fields}
	s.put(c, m)
	if c.bot == "member" || c.bot == "administrator" {
		s.push("message", s.messageJSON(c, m, false))
	}
}

// Upgrade turns a basic group into a supergroup: it gets a new ID, sends to
// the old one fail with migrate_to_chat_id, and both get a service message.
func (g *Group) Upgrade(by *Person) *Group {
	s := g.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.chat.kind != basicGroup {
		panic("botapi: Upgrade: not a basic group")
	}
	s.nextGroup++
	to := s.newChat(-1000000000000-s.nextGroup, supergroup, g.chat.title)
	to.bot = g.chat.bot
	for id, status := range g.chat.members {
		to.members[id] = status
	}
	s.service(g.chat, by, object{"migrate_to_chat_id": to.id})
	g.chat.migratedTo = to.id
	s.service(to, by, object{"migrate_from_chat_id": g.chat.id})
	return &Group{srv: s, chat: to}
}
