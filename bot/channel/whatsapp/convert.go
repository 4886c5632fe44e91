package whatsapp

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/diskopukm/emileku/bot/channel"
)

// convert turns a message into what the core understands. It reports false for
// what means nothing to us: our own phone's messages, reactions, the keys that
// go ahead of a group's messages. An error is of the device store, and worth
// another try.
func (r *receiver) convert(e *events.Message) (channel.Inbound, bool, error) {
	info := e.Info
	if info.IsFromMe || r.own(info.Sender) || info.Category == "peer" || !conversation(info.Chat) {
		return channel.Inbound{}, false, nil
	}
	m := unwrapped(e.Message)
	in := channel.Inbound{MessageID: info.ID, SentAt: info.Timestamp.UTC(), Group: info.IsGroup}
	if !r.content(&in, e, m) {
		return in, false, nil
	}
	lid, phone, err := r.who(info)
	if err != nil {
		return in, false, err
	}
	in.Sender = senderOf(lid, phone, info.PushName)
	in.Chat = channel.Chat{Channel: channel.WhatsApp, ID: in.Sender.ID}
	if info.IsGroup {
		in.Chat = chatOf(info.Chat)
		in.ChatTitle = r.title(info.Chat)
	}
	// Within a chat IDs are the sender's to choose: two people may choose the same.
	in.ID = fmt.Sprintf("%s:m:%s:%s:%s", channel.WhatsApp, in.Chat.ID, in.Sender.ID, info.ID)
	if in.Contact != nil && in.Sender.Phone != "" {
		in.Contact.Own = in.Contact.UserID != "" && in.Contact.UserID == in.Sender.AltID
	}
	if in.Contact != nil && in.Contact.Own { // anybody can write any number beside their own account
		in.Contact.Phone = in.Sender.Phone
	}
	r.address(&in, contextOf(m))
	return in, true, nil
}

// conversation reports whether people talk there: no status, no newsletter.
func conversation(chat types.JID) bool {
	switch chat.Server {
	case types.DefaultUserServer, types.HiddenUserServer, types.GroupServer:
		return true
	}
	return false
}

// who is the sender, under both of their names as far as they are known.
func (r *receiver) who(info types.MessageInfo) (lid, phone types.JID, err error) {
	for _, jid := range []types.JID{info.Sender, info.SenderAlt} {
		switch jid.Server {
		case types.HiddenUserServer:
			lid = jid.ToNonAD()
		case types.DefaultUserServer:
			phone = jid.ToNonAD()
		}
	}
	switch {
	case lid.IsEmpty():
		lid, err = r.cli.Store.LIDs.GetLIDForPN(r.ctx, phone)
	case phone.IsEmpty():
		phone, err = r.cli.Store.LIDs.GetPNForLID(r.ctx, lid)
	}
	if err != nil {
		return lid, phone, fmt.Errorf("whatsapp: look the sender up: %w", err)
	}
	return lid.ToNonAD(), phone.ToNonAD(), nil
}

func senderOf(lid, phone types.JID, name string) channel.Sender {
	s := channel.Sender{Name: strings.TrimSpace(name), Phone: phoneOf(phone)}
	if s.Name == "-" {
		s.Name = ""
	}
	switch {
	case lid.IsEmpty():
		s.ID = phone.String()
	case phone.IsEmpty():
		s.ID = lid.String()
	default:
		s.ID, s.AltID = lid.String(), phone.String()
	}
	return s
}

// unwrapped takes off what the library leaves on.
func unwrapped(m *waE2E.Message) *waE2E.Message {
	for range 4 { // more layers than this are nobody's
		inner := m.GetEphemeralMessage().GetMessage()
		for _, w := range []*waE2E.FutureProofMessage{
			m.GetViewOnceMessage(), m.GetViewOnceMessageV2(), m.GetViewOnceMessageV2Extension(), m.GetDocumentWithCaptionMessage(),
			m.GetGroupMentionedMessage(), m.GetAssociatedChildMessage(), m.GetLottieStickerMessage(), m.GetEditedMessage(),
		} {
			if inner == nil {
				inner = w.GetMessage()
			}
		}
		if inner == nil {
			return m
		}
		m = inner
	}
	return m
}

// content sets the kind of a message and what it carries.
func (r *receiver) content(in *channel.Inbound, e *events.Message, m *waE2E.Message) bool {
	if u := m.GetPollUpdateMessage(); u != nil {
		return r.vote(in, e, u)
	}
	if s := m.GetSecretEncryptedMessage(); s != nil {
		if s.GetSecretEncType() != waE2E.SecretEncryptedMessage_MESSAGE_EDIT {
			return false
		}
		inner, err := r.cli.DecryptSecretEncryptedMessage(r.ctx, e)
		if err != nil {
			r.c.log.Info().Err(err).Msg("whatsapp: a changed message cannot be read")
			return false
		}
		m = unwrapped(inner)
	}
	if p := m.GetProtocolMessage(); p != nil {
		return edited(in, p)
	}
	in.Album = albumOf(e.Message, m)
	return plainContent(in, m)
}

// albumOf names the album that a photo was sent in, by the message that holds
// the album together; the first layers of a message may bear it or the last.
func albumOf(layers ...*waE2E.Message) string {
	for _, m := range layers {
		a := m.GetMessageContextInfo().GetMessageAssociation()
		if a.GetAssociationType() == waE2E.MessageAssociation_MEDIA_ALBUM && a.GetParentMessageKey().GetID() != "" {
			return a.GetParentMessageKey().GetID()
		}
	}
	return ""
}

// edited is the change of an earlier message.
func edited(in *channel.Inbound, p *waE2E.ProtocolMessage) bool {
	if p.GetType() != waE2E.ProtocolMessage_MESSAGE_EDIT || p.GetEditedMessage() == nil {
		return false // taken back, timers, keys: nothing to answer
	}
	in.Kind, in.MessageID, in.Text = channel.Edited, p.GetKey().GetID(), textOf(unwrapped(p.GetEditedMessage()))
	return in.MessageID != "" && in.Text != ""
}

// plainContent reads what needs no keys.
func plainContent(in *channel.Inbound, m *waE2E.Message) bool {
	switch {
	case m.GetReactionMessage() != nil, m.GetEncReactionMessage() != nil, m.GetKeepInChatMessage() != nil,
		m.GetPinInChatMessage() != nil, m.GetCallLogMesssage() != nil:
		return false
	case textOf(m) != "" && m.GetImageMessage() == nil && m.GetDocumentMessage() == nil && m.GetVideoMessage() == nil:
		in.Kind, in.Text = channel.Text, textOf(m)
		if payload, ok := payloadOf(in.Text); ok && !in.Group {
			in.Text = strings.TrimSpace("/start " + payload)
		}
	case m.GetImageMessage() != nil:
		i := m.GetImageMessage()
		in.Kind, in.Text = channel.Photo, i.GetCaption()
		in.Media = mediaOf("image", i, "", i.GetMimetype(), i.GetFileLength())
	case m.GetDocumentMessage() != nil:
		d := m.GetDocumentMessage()
		in.Kind, in.Text = channel.Document, d.GetCaption()
		name := d.GetFileName()
		if name == "" {
			name = d.GetTitle()
		}
		in.Media = mediaOf("document", d, name, d.GetMimetype(), d.GetFileLength())
	case m.GetContactMessage() != nil:
		in.Kind, in.Contact = channel.Card, card(m.GetContactMessage())
	case len(m.GetContactsArrayMessage().GetContacts()) > 0:
		in.Kind, in.Contact = channel.Card, card(m.GetContactsArrayMessage().GetContacts()[0])
	case m.GetLocationMessage() != nil:
		l := m.GetLocationMessage()
		in.Kind, in.Location = channel.Place, &channel.Location{Latitude: l.GetDegreesLatitude(), Longitude: l.GetDegreesLongitude()}
	case m.GetLiveLocationMessage() != nil:
		l := m.GetLiveLocationMessage()
		in.Kind, in.Location = channel.Place, &channel.Location{Latitude: l.GetDegreesLatitude(), Longitude: l.GetDegreesLongitude()}
	case m.GetAudioMessage() != nil, m.GetPtvMessage() != nil:
		in.Kind = channel.Voice
	case m.GetStickerMessage() != nil, m.GetStickerPackMessage() != nil:
		in.Kind = channel.Sticker
	case carriesNothing(m):
		return false
	default:
		in.Kind = channel.Other
	}
	return true
}

// textOf is what a person wrote, a caption included.
func textOf(m *waE2E.Message) string {
	for _, s := range []string{
		m.GetConversation(), m.GetExtendedTextMessage().GetText(), m.GetImageMessage().GetCaption(),
		m.GetDocumentMessage().GetCaption(), m.GetVideoMessage().GetCaption(),
		m.GetButtonsResponseMessage().GetSelectedDisplayText(), m.GetTemplateButtonReplyMessage().GetSelectedDisplayText(),
		m.GetListResponseMessage().GetTitle(),
	} {
		if s != "" {
			return s
		}
	}
	return ""
}

// carriesNothing reports whether a message holds only what is for programs.
func carriesNothing(m *waE2E.Message) bool {
	empty := true
	m.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch f.Name() {
		case "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "messageContextInfo":
			return true
		}
		empty = false
		return false
	})
	return empty
}

// contextOf finds what a message answers to and whom it names.
func contextOf(m *waE2E.Message) *waE2E.ContextInfo {
	for _, c := range []*waE2E.ContextInfo{
		m.GetExtendedTextMessage().GetContextInfo(), m.GetImageMessage().GetContextInfo(), m.GetDocumentMessage().GetContextInfo(),
		m.GetContactMessage().GetContextInfo(), m.GetLocationMessage().GetContextInfo(), m.GetAudioMessage().GetContextInfo(),
		m.GetStickerMessage().GetContextInfo(), m.GetVideoMessage().GetContextInfo(),
	} {
		if c != nil {
			return c
		}
	}
	return nil
}

// address fills in what a message answers to, and whether it is meant for us.
func (r *receiver) address(in *channel.Inbound, c *waE2E.ContextInfo) {
	if id := c.GetStanzaID(); id != "" {
		var said channel.Inbound
		if quoted := unwrapped(c.GetQuotedMessage()); quoted != nil {
			plainContent(&said, quoted)
		}
		q := &channel.Quote{MessageID: id, Text: textOf(unwrapped(c.GetQuotedMessage())), Media: said.Media}
		if who, err := types.ParseJID(c.GetParticipant()); err == nil && who.User != "" {
			q.FromBot = r.own(who)
			q.Sender = &channel.Sender{ID: who.ToNonAD().String()}
		} else if at, ok := sentAt(id); ok {
			q.FromBot = at.Before(time.Now()) && time.Since(at) < 2*365*24*time.Hour
		}
		in.ReplyTo = q
	}
	if !in.Group {
		return
	}
	named := false
	for _, s := range c.GetMentionedJID() {
		who, err := types.ParseJID(s)
		if err != nil || !r.own(who) {
			continue
		}
		named = true
		in.Text = strings.TrimSpace(strings.ReplaceAll(in.Text, "@"+who.User, ""))
	}
	command := in.Kind != channel.Press && strings.HasPrefix(strings.TrimSpace(in.Text), "/")
	in.Addressed = named || command || in.ReplyTo != nil && in.ReplyTo.FromBot || in.Kind == channel.Press
}

// title is a group's name, asked for once.
func (r *receiver) title(group types.JID) string {
	if t, ok := r.c.titles.get(group.String()); ok {
		return t
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.c.opts.LineTimeout)
	defer cancel()
	g, err := r.cli.GetGroupInfo(ctx, group)
	if err != nil {
		r.c.log.Debug().Err(err).Msg("whatsapp: a group's name is not known")
		return ""
	}
	r.c.titles.put(group.String(), g.Name)
	return g.Name
}

// waid is the account of a card's number: "TEL;type=CELL;waid=62812…:+62 812 …".
var waid = regexp.MustCompile(`(?i);waid=(\d+)`)

// card reads a shared contact (a vCard).
func card(m *waE2E.ContactMessage) *channel.Contact {
	out := &channel.Contact{Name: m.GetDisplayName()}
	for _, l := range strings.Split(strings.ReplaceAll(m.GetVcard(), "\r\n", "\n"), "\n") {
		head, value, ok := strings.Cut(l, ":")
		if !ok {
			continue
		}
		// A line may belong to a group: "item1.TEL;waid=…".
		name := strings.ToUpper(head)
		if i := strings.LastIndexByte(strings.SplitN(name, ";", 2)[0], '.'); i >= 0 {
			name = name[i+1:]
		}
		switch {
		case strings.HasPrefix(name, "TEL") && out.Phone == "":
			out.Phone = strings.TrimSpace(value)
			if m := waid.FindStringSubmatch(head); m != nil {
				out.UserID = types.NewJID(m[1], types.DefaultUserServer).String()
			}
		case (name == "FN" || strings.HasPrefix(name, "FN;")) && out.Name == "":
			out.Name = strings.TrimSpace(value)
		}
	}
	return out
}
