package wafake

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Recipient is where a person can write to: an *Account or a *Group.
type Recipient interface {
	address(o *said)
	// chatJID is the chat as a person's phone names it.
	chatJID() types.JID
}

func (a *Account) address(o *said)    { o.to = a.user }
func (a *Account) chatJID() types.JID { return a.lid }
func (g *Group) address(o *said)      { o.group = g }
func (g *Group) chatJID() types.JID   { return g.jid }

// Send writes a text and gives its message ID.
func (p *Person) Send(to Recipient, text string) string {
	return p.SendMessage(to, &waE2E.Message{Conversation: proto.String(text)})
}

// SendMessage sends any message. Like a real phone it adds the secret by which
// votes and other answers to the message are sealed.
func (p *Person) SendMessage(to Recipient, m *waE2E.Message) string {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return p.send(to, m, "")
}

func (p *Person) send(to Recipient, m *waE2E.Message, edit string) string {
	s := p.srv
	if m.MessageContextInfo == nil {
		m.MessageContextInfo = &waE2E.MessageContextInfo{MessageSecret: random(32)}
	}
	o := &said{id: s.newMessageID(), from: p.user, message: m, at: s.opts.Now(), edit: edit}
	to.address(o)
	p.told[o.id] = o
	s.say(o)
	return o.id
}

// ReplyTo answers a message with a text that quotes it.
func (p *Person) ReplyTo(quoted Message, to Recipient, text string) string {
	return p.SendMessage(to, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String(text),
		ContextInfo: &waE2E.ContextInfo{
			StanzaID: proto.String(quoted.ID), Participant: proto.String(quoted.sender.lid.String()), QuotedMessage: quoted.Raw,
		},
	}})
}

// Edit changes the text of an own message.
func (p *Person) Edit(to Recipient, id, text string) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	p.send(to, &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		ProtocolMessage: &waE2E.ProtocolMessage{
			Key: p.ownKey(to, id), Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
			EditedMessage: &waE2E.Message{Conversation: proto.String(text)},
			TimestampMS:   proto.Int64(p.srv.opts.Now().UnixMilli()),
		},
	}}}, string(types.EditAttributeMessageEdit))
}

// Delete takes an own message back for everyone.
func (p *Person) Delete(to Recipient, id string) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	p.send(to, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: p.ownKey(to, id), Type: waE2E.ProtocolMessage_REVOKE.Enum(),
	}}, string(types.EditAttributeSenderRevoke))
}

func (p *Person) ownKey(to Recipient, id string) *waCommon.MessageKey {
	key := &waCommon.MessageKey{RemoteJID: proto.String(to.chatJID().String()), FromMe: proto.Bool(true), ID: proto.String(id)}
	if to.chatJID().Server == types.GroupServer {
		key.Participant = proto.String(p.lid.String())
	}
	return key
}

// keyOf names somebody else's message.
func (p *Person) keyOf(m Message, to Recipient) *waCommon.MessageKey {
	key := &waCommon.MessageKey{
		RemoteJID: proto.String(to.chatJID().String()), FromMe: proto.Bool(m.sender == p.user), ID: proto.String(m.ID),
	}
	if to.chatJID().Server == types.GroupServer {
		key.Participant = proto.String(m.sender.lid.String())
	}
	return key
}

// React puts an emoji on a message; an empty one takes it away.
func (p *Person) React(m Message, to Recipient, emoji string) string {
	return p.SendMessage(to, &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
		Key: p.keyOf(m, to), Text: proto.String(emoji), SenderTimestampMS: proto.Int64(p.srv.opts.Now().UnixMilli()),
	}})
}

// SendPoll asks a question.
func (p *Person) SendPoll(to Recipient, poll Poll) string {
	options := make([]*waE2E.PollCreationMessage_Option, len(poll.Choices))
	for i, c := range poll.Choices {
		options[i] = &waE2E.PollCreationMessage_Option{OptionName: proto.String(c)}
	}
	return p.SendMessage(to, &waE2E.Message{PollCreationMessage: &waE2E.PollCreationMessage{
		Name: proto.String(poll.Question), Options: options, SelectableOptionsCount: proto.Uint32(uint32(poll.Max)),
	}})
}

// SendContact shares an address-book card.
func (p *Person) SendContact(to Recipient, name, phone string) string {
	card := fmt.Sprintf("BEGIN:VCARD\nVERSION:3.0\nN:;%s;;;\nFN:%s\nTEL;type=CELL;waid=%s:+%s\nEND:VCARD",
		name, name, digits(phone), digits(phone))
	return p.SendMessage(to, &waE2E.Message{ContactMessage: &waE2E.ContactMessage{
		DisplayName: proto.String(name), Vcard: proto.String(card),
	}})
}

// SendPlace shares a location.
func (p *Person) SendPlace(to Recipient, place Place) string {
	return p.SendMessage(to, &waE2E.Message{LocationMessage: &waE2E.LocationMessage{
		DegreesLatitude: proto.Float64(place.Latitude), DegreesLongitude: proto.Float64(place.Longitude),
		Name: proto.String(place.Name),
	}})
}

// Vote chooses in a poll that the person was sent, as the real client seals it:
// by the poll's secret, the two ends and the poll's ID. No choice takes an
// earlier vote back.
func (p *Person) Vote(poll Message, to Recipient, choices ...string) (string, error) {
	return p.vote(poll, to, p.lid, choices)
}

// VoteByNumber is a vote sealed with the person's phone number although its
// sender is an @lid: what some phones do, and the client cannot open.
func (p *Person) VoteByNumber(poll Message, to Recipient, choices ...string) (string, error) {
	return p.vote(poll, to, p.pn, choices)
}

func (p *Person) vote(poll Message, to Recipient, as types.JID, choices []string) (string, error) {
	secret := poll.Raw.GetMessageContextInfo().GetMessageSecret()
	if poll.Poll == nil || len(secret) == 0 {
		return "", fmt.Errorf("wafake: message %s is no poll with a secret", poll.ID)
	}
	plain, err := proto.Marshal(&waE2E.PollVoteMessage{SelectedOptions: whatsmeow.HashPollOptions(choices)})
	if err != nil {
		return "", fmt.Errorf("wafake: encode vote: %w", err)
	}
	voter, asker := as.ToNonAD().String(), poll.sender.lid.String()
	if p.byNumber && as == p.lid {
		voter = p.pn.String()
	}
	key, err := hkdf.Key(sha256.New, secret, nil, poll.ID+asker+voter+string(whatsmeow.EncSecretPollVote), 32)
	if err != nil {
		return "", fmt.Errorf("wafake: derive vote key: %w", err)
	}
	gcm, err := newGCM(key)
	if err != nil {
		return "", err
	}
	iv := random(12)
	sealed := gcm.Seal(nil, iv, plain, []byte(poll.ID+"\x00"+voter))
	return p.SendMessage(to, &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
		PollCreationMessageKey: p.keyOf(poll, to),
		Vote:                   &waE2E.PollEncValue{EncPayload: sealed, EncIV: iv},
		SenderTimestampMS:      proto.Int64(p.srv.opts.Now().UnixMilli()),
	}}), nil
}

// SendFromPhone writes from the account's phone itself, as a member of the
// office does by hand: the person gets it, and the linked devices a copy.
func (a *Account) SendFromPhone(to *Person, text string) string {
	s := a.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &waE2E.Message{Conversation: proto.String(text)}
	id := s.newMessageID()
	now := s.opts.Now()
	seen := &Message{ID: id, From: a.phone, At: now, Text: text, Copies: 1, Raw: m, sender: a.user}
	to.inbox = append(to.inbox, seen)
	to.byID[a.phone+" "+id] = seen
	o := &said{id: id, from: a.user, to: a.user, chat: to.user, at: now, message: &waE2E.Message{
		DeviceSentMessage: &waE2E.DeviceSentMessage{DestinationJID: proto.String(to.lid.String()), Message: m},
	}}
	a.told[id] = o
	s.say(o)
	return id
}
