package wafake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Person is a simulated person with a phone of their own.
type Person struct {
	*user
	inbox     []*Message
	byID      map[string]*Message // sender and ID
	cursor    int
	told      map[string]*said
	reactions map[string]string // to messages of this person, by ID
	typing    int
	attempts  map[string]int // retry receipts sent, by message ID
	joined    []*Group

	offline  bool
	waiting  []incoming
	silent   bool // sends no delivery receipts
	hidden   bool // the phone number is not shown
	byNumber bool // addressed by number, the LID beside it
}

// Message is a message as a person sees it.
type Message struct {
	ID       string
	From     string // phone number of the sender
	Group    *Group // nil in a private chat
	At       time.Time
	Text     string // of the message, or the caption
	Media    *Media
	Poll     *Poll
	Contact  string // vCard
	Place    *Place
	ReplyTo  string // the ID it answers to
	Edited   bool
	Deleted  bool
	Reaction map[string]string // by the phone number of who reacted
	Kind     string            // how it was encrypted: pkmsg, msg or skmsg
	Copies   int               // how often it came; it is shown once
	Raw      *waE2E.Message

	sender *user
}

// Poll is a question with choices.
type Poll struct {
	Question string
	Choices  []string
	Max      int // how many may be chosen; 0: any number
}

// Place is a location.
type Place struct {
	Latitude, Longitude float64
	Name                string
}

// AddPerson puts somebody on WhatsApp.
func (s *Server) AddPerson(phone, name string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.newUser(phone, name)
	if u.person == nil {
		u.person = &Person{
			user: u, byID: map[string]*Message{}, told: map[string]*said{}, reactions: map[string]string{},
			attempts: map[string]int{},
		}
	}
	u.name = name
	return u.person
}

// Name is the name that the person chose to show.
func (p *Person) Name() string { return p.name }

// Inbox are the messages that the person sees, oldest first.
func (p *Person) Inbox() []Message {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return p.seen()
}

func (p *Person) seen() []Message {
	out := make([]Message, len(p.inbox))
	for i, m := range p.inbox {
		out[i] = m.copy()
	}
	return out
}

func (m *Message) copy() Message {
	c := *m
	c.Reaction = maps.Clone(m.Reaction)
	return c
}

// WaitMessage gives the next message that it has not given yet.
func (p *Person) WaitMessage(ctx context.Context) (Message, error) {
	var m Message
	err := p.srv.wait(ctx, fmt.Sprintf("message %d to %s", p.cursor+1, p.name), func() bool {
		if p.cursor >= len(p.inbox) {
			return false
		}
		m = p.inbox[p.cursor].copy()
		p.cursor++
		return true
	})
	return m, err
}

// WaitUntil waits until what the person sees satisfies a condition, such as an
// edited message. The condition may not call the server.
func (p *Person) WaitUntil(ctx context.Context, holds func(inbox []Message) bool) error {
	return p.srv.wait(ctx, "what "+p.name+" sees", func() bool { return holds(p.seen()) })
}

// SetOnline takes the phone off the network or back. What comes meanwhile waits
// on the server: the sender gets no delivery receipt.
func (p *Person) SetOnline(online bool) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	p.offline = !online
	if online {
		waiting := p.waiting
		p.waiting = nil
		for _, in := range waiting {
			p.hear(in)
		}
	}
	p.srv.bump()
}

// SetSilent makes the phone send no delivery receipts.
func (p *Person) SetSilent(silent bool) { p.set(func() { p.silent = silent }) }

// HidePhone keeps the phone number from those the person writes to: they see
// the LID alone.
func (p *Person) HidePhone(hidden bool) { p.set(func() { p.hidden = hidden }) }

// ByNumber makes the person's messages come from the phone number, with the LID
// beside it, as before WhatsApp moved to LIDs.
func (p *Person) ByNumber(on bool) { p.set(func() { p.byNumber = on }) }

func (p *Person) set(change func()) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	change()
}

// Typing counts how often the person was shown that the other side writes.
func (p *Person) Typing() int {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return p.typing
}

// NewPhone gives the person a new phone: the identity is another, all sessions
// are gone, and those who have written to the person are told.
func (p *Person) NewPhone() {
	s := p.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	p.end = newEndpoint(p.lid)
	for _, u := range s.phones {
		for _, d := range u.linked() {
			s.tellIdentity(d, p.user)
		}
	}
	s.bump()
}

// Status is what became of a message of a person, as far as the bot says.
type Status struct {
	Delivered bool
	Read      bool
	Retries   int // how often the bot asked for it again
}

// Status of a message that the person sent.
func (p *Person) Status(id string) Status {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	if o := p.told[id]; o != nil {
		return o.status
	}
	return Status{}
}

// WaitRead waits until the bot has marked a message as read.
func (p *Person) WaitRead(ctx context.Context, id string) error {
	return p.srv.wait(ctx, "a read receipt for "+p.name, func() bool {
		o := p.told[id]
		return o != nil && o.status.Read
	})
}

// WaitDelivered waits until the bot has acknowledged a message.
func (p *Person) WaitDelivered(ctx context.Context, id string) error {
	return p.srv.wait(ctx, "a delivery receipt for "+p.name, func() bool {
		o := p.told[id]
		return o != nil && o.status.Delivered
	})
}

// incoming is an encrypted message that a client sent to this phone.
type incoming struct {
	from   *device
	group  *Group
	id     string
	at     time.Time
	direct *envelope // sealed for this phone
	shared *envelope // sealed with the sender key
}

// envelope is an <enc>.
type envelope struct {
	kind string
	data []byte
}

// hear decrypts a message and shows it. What cannot be decrypted is asked for
// again. mu is held.
func (p *Person) hear(in incoming) {
	if p.offline {
		p.waiting = append(p.waiting, in)
		return
	}
	key := in.from.owner.phone + " " + in.id
	known := p.byID[key]
	if known == nil && p.srv.faults.takeDeaf() {
		p.askAgain(in)
		return
	}
	messages, err := p.end.openAll(in)
	switch {
	case known != nil:
		// It came again, perhaps sealed as before: then it does not open twice.
		known.Copies++
	case err != nil:
		p.askAgain(in)
		return
	default:
		for _, m := range messages {
			p.show(in, m.kind, m.message)
		}
		if p.byID[key] == nil {
			p.byID[key] = &Message{ID: in.id, Copies: 1} // an edit, a reaction: nothing of its own to see
		}
	}
	if !p.silent {
		p.srv.receipt(p.user, in.from.owner, in.group, "", in.id)
	}
	p.srv.bump()
}

type opened struct {
	kind    string
	message *waE2E.Message
}

// openAll decrypts what came for a phone: the sender key first, where there is one.
func (e *endpoint) openAll(in incoming) ([]opened, error) {
	var out []opened
	for _, env := range []*envelope{in.direct, in.shared} {
		if env == nil {
			continue
		}
		var plain []byte
		var err error
		if env.kind == "skmsg" {
			plain, err = e.groupDecrypt(in.group.jid, in.from.lid(), env.data)
		} else {
			plain, err = e.decrypt(in.from.lid(), env.kind, env.data)
		}
		if err != nil {
			return out, err
		}
		m := &waE2E.Message{}
		if err := proto.Unmarshal(plain, m); err != nil {
			return out, fmt.Errorf("wafake: decode message: %w", err)
		}
		if key := m.GetSenderKeyDistributionMessage(); key != nil && in.group != nil {
			if err := e.learn(in.group.jid, in.from.lid(), key.GetAxolotlSenderKeyDistributionMessage()); err != nil {
				return out, err
			}
		}
		out = append(out, opened{env.kind, m})
	}
	return out, nil
}

// show puts a message on the person's screen, or changes what is there.
func (p *Person) show(in incoming, kind string, m *waE2E.Message) {
	m = unwrap(m)
	sender := in.from.owner
	switch {
	case m.GetProtocolMessage() != nil:
		change := m.GetProtocolMessage()
		target := p.byID[sender.phone+" "+change.GetKey().GetID()]
		if target == nil {
			return
		}
		switch change.GetType() {
		case waE2E.ProtocolMessage_MESSAGE_EDIT:
			target.Edited, target.Raw = true, change.GetEditedMessage()
			target.Text = textOf(change.GetEditedMessage())
		case waE2E.ProtocolMessage_REVOKE:
			target.Deleted, target.Text = true, ""
		}
		return
	case m.GetReactionMessage() != nil:
		p.reacted(sender, m.GetReactionMessage())
		return
	case onlyKey(m), m.GetPollUpdateMessage() != nil:
		return
	}
	shown := &Message{
		ID: in.id, From: sender.phone, Group: in.group, At: in.at, Kind: kind, Copies: 1, Raw: m, sender: sender,
	}
	p.srv.fill(shown, m)
	p.inbox = append(p.inbox, shown)
	p.byID[sender.phone+" "+in.id] = shown
}

func (p *Person) reacted(sender *user, r *waE2E.ReactionMessage) {
	id := r.GetKey().GetID()
	if p.told[id] != nil {
		p.reactions[id] = r.GetText()
		return
	}
	for _, m := range p.inbox {
		if m.ID == id {
			if m.Reaction == nil {
				m.Reaction = map[string]string{}
			}
			m.Reaction[sender.phone] = r.GetText()
		}
	}
}

// Reaction is how the bot reacted to a message of the person.
func (p *Person) Reaction(id string) string {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return p.reactions[id]
}

// Read marks messages of the bot as read.
func (p *Person) Read(messages ...Message) {
	s := p.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		s.receipt(p.user, m.sender, m.Group, string(types.ReceiptTypeRead), m.ID)
	}
}

// onlyKey reports whether a message carries a sender key and nothing to see.
func onlyKey(m *waE2E.Message) bool {
	if m.GetSenderKeyDistributionMessage() == nil {
		return false
	}
	rest := proto.Clone(m).(*waE2E.Message)
	rest.SenderKeyDistributionMessage, rest.MessageContextInfo = nil, nil
	return proto.Size(rest) == 0
}

// unwrap takes a message out of what WhatsApp wraps around it.
func unwrap(m *waE2E.Message) *waE2E.Message {
	for {
		var inner *waE2E.Message
		switch {
		case m.GetDeviceSentMessage() != nil:
			inner = m.GetDeviceSentMessage().GetMessage()
		case m.GetEphemeralMessage() != nil:
			inner = m.GetEphemeralMessage().GetMessage()
		case m.GetEditedMessage() != nil:
			inner = m.GetEditedMessage().GetMessage()
		case m.GetDocumentWithCaptionMessage() != nil:
			inner = m.GetDocumentWithCaptionMessage().GetMessage()
		case m.GetViewOnceMessage() != nil:
			inner = m.GetViewOnceMessage().GetMessage()
		}
		if inner == nil {
			return m
		}
		if inner.MessageContextInfo == nil {
			inner.MessageContextInfo = m.MessageContextInfo
		}
		m = inner
	}
}

// textOf is what a message says in words.
func textOf(m *waE2E.Message) string {
	switch {
	case m.Conversation != nil:
		return m.GetConversation()
	case m.ExtendedTextMessage != nil:
		return m.GetExtendedTextMessage().GetText()
	case m.ImageMessage != nil:
		return m.GetImageMessage().GetCaption()
	case m.VideoMessage != nil:
		return m.GetVideoMessage().GetCaption()
	case m.DocumentMessage != nil:
		return m.GetDocumentMessage().GetCaption()
	}
	return ""
}

// fill takes a message apart for who reads it.
func (s *Server) fill(shown *Message, m *waE2E.Message) {
	shown.Text = textOf(m)
	shown.ReplyTo = contextOf(m).GetStanzaID()
	for _, poll := range []*waE2E.PollCreationMessage{m.GetPollCreationMessage(), m.GetPollCreationMessageV3()} {
		if poll != nil {
			shown.Poll = &Poll{Question: poll.GetName(), Max: int(poll.GetSelectableOptionsCount())}
			for _, o := range poll.GetOptions() {
				shown.Poll.Choices = append(shown.Poll.Choices, o.GetOptionName())
			}
		}
	}
	if c := m.GetContactMessage(); c != nil {
		shown.Contact = c.GetVcard()
	}
	if l := m.GetLocationMessage(); l != nil {
		shown.Place = &Place{l.GetDegreesLatitude(), l.GetDegreesLongitude(), l.GetName()}
	}
	media, err := s.openMedia(m)
	if err != nil {
		s.fail(fmt.Errorf("wafake: the file of message %s: %w", shown.ID, err))
	}
	shown.Media = media
}

func contextOf(m *waE2E.Message) *waE2E.ContextInfo {
	for _, c := range []*waE2E.ContextInfo{
		m.GetExtendedTextMessage().GetContextInfo(), m.GetImageMessage().GetContextInfo(),
		m.GetDocumentMessage().GetContextInfo(), m.GetVideoMessage().GetContextInfo(),
		m.GetPollCreationMessage().GetContextInfo(), m.GetPollCreationMessageV3().GetContextInfo(),
	} {
		if c != nil {
			return c
		}
	}
	return nil
}

// Groups are the groups that the person is in.
func (p *Person) Groups() []*Group {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return slices.Clone(p.joined)
}
