package wafake

import (
	"fmt"
	"time"

	"go.mau.fi/libsignal/keys/prekey"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// said is a message of a simulated phone, kept for those who ask for it again.
type said struct {
	id      string
	from    *user
	group   *Group // nil: a private chat
	to      *user  // the account
	message *waE2E.Message
	at      time.Time
	edit    string
	peer    bool  // from a phone to its own linked device
	chat    *user // the account's own message to somebody else, shown to its devices

	shared []byte // sealed with the sender key, once for all
	status Status
}

func (s *Server) newMessageID() string {
	return fmt.Sprintf("3A%X", random(9))
}

// say sends a message to the linked devices of all who should have it. mu is
// held.
func (s *Server) say(o *said) {
	receivers := []*user{o.to}
	if o.group != nil {
		receivers = o.group.members
	}
	for _, u := range receivers {
		if u == o.from && o.chat == nil || u.account == nil {
			continue
		}
		if o.from != u && !u.account.warm[o.from] && o.group == nil {
			u.account.warm[o.from] = true
			for _, d := range u.linked() {
				s.tellToken(d, o.from)
			}
		}
		for _, d := range u.linked() {
			s.sayTo(o, d, 0)
		}
	}
	s.bump()
}

// sayTo seals a message for one device. mu is held.
func (s *Server) sayTo(o *said, d *device, retry int) {
	s.sayAgain(o, d, retry, d.keys)
	if !o.peer && take(&s.faults.repeats) {
		o.shared = nil
		s.sayAgain(o, d, retry, d.keys)
	}
}

func (s *Server) sayAgain(o *said, d *device, retry int, fetch func() (*prekey.Bundle, error)) {
	var encs []waBinary.Node
	var err error
	if o.group != nil {
		encs, err = s.sealForGroup(o, d, retry, fetch)
	} else {
		encs, err = sealDirect(o, o.message, d, fetch)
	}
	if err != nil {
		s.fail(err)
		return
	}
	for i := range encs {
		if retry > 0 {
			encs[i].Attrs["count"] = retry
		}
		if kind := mediaKind(unwrap(o.message)); kind != "" {
			encs[i].Attrs["mediatype"] = kind
		}
	}
	if !o.peer && s.faults.takeUndecryptable() {
		last := encs[len(encs)-1]
		sealed := append([]byte{}, last.Content.([]byte)...)
		sealed[len(sealed)-9] ^= 0x55 // of the authentication code, or right before it
		encs[len(encs)-1].Content = sealed
	}
	s.deliver(d, waBinary.Node{Tag: "message", Attrs: s.messageAttrs(o), Content: encs})
	s.remind(d)
}

func sealDirect(o *said, m *waE2E.Message, d *device, fetch func() (*prekey.Bundle, error)) ([]waBinary.Node, error) {
	plain, err := proto.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("wafake: encode message: %w", err)
	}
	kind, sealed, err := o.from.end.encrypt(d.lid(), fetch, plain)
	if err != nil {
		return nil, err
	}
	return []waBinary.Node{{Tag: "enc", Attrs: waBinary.Attrs{"v": 2, "type": kind}, Content: sealed}}, nil
}

// sealForGroup seals with the sender key, which a device is given the first
// time; a device that could not read it gets all in one envelope of its own.
func (s *Server) sealForGroup(o *said, d *device, retry int, fetch func() (*prekey.Bundle, error)) ([]waBinary.Node, error) {
	key, err := o.from.end.distribute(o.group.jid)
	if err != nil {
		return nil, err
	}
	carrier := &waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{
		GroupID: proto.String(o.group.jid.String()), AxolotlSenderKeyDistributionMessage: key,
	}}
	if retry > 0 {
		whole := proto.Clone(o.message).(*waE2E.Message)
		whole.SenderKeyDistributionMessage = carrier.SenderKeyDistributionMessage
		return sealDirect(o, whole, d, fetch)
	}
	var encs []waBinary.Node
	known := o.from.phone + " " + o.group.jid.User + " " + string(o.from.end.identity.Pub[:])
	if !d.given[known] {
		d.given[known] = true
		if encs, err = sealDirect(o, carrier, d, fetch); err != nil {
			return nil, err
		}
	}
	if o.shared == nil {
		plain, err := proto.Marshal(o.message)
		if err != nil {
			return nil, fmt.Errorf("wafake: encode message: %w", err)
		}
		if o.shared, err = o.from.end.groupEncrypt(o.group.jid, plain); err != nil {
			return nil, err
		}
	}
	return append(encs, waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": 2, "type": "skmsg"}, Content: o.shared}), nil
}

// messageAttrs address a message: by LID, the phone number beside it unless it
// is hidden.
func (s *Server) messageAttrs(o *said) waBinary.Attrs {
	attrs := waBinary.Attrs{
		"id": o.id, "t": o.at.Unix(), "type": stanzaType(o.message), "notify": o.from.name, "edit": o.edit,
	}
	p := o.from.person
	hidden := p != nil && p.hidden
	switch {
	case o.peer:
		attrs["from"], attrs["category"], attrs["type"] = o.from.lid, "peer", "peer_msg"
		delete(attrs, "notify")
	case o.chat != nil:
		attrs["from"], attrs["recipient"], attrs["peer_recipient_pn"] = o.from.lid, o.chat.lid, o.chat.pn
	case o.group != nil:
		attrs["from"], attrs["participant"] = o.group.jid, o.from.lid
		attrs["addressing_mode"] = string(types.AddressingModeLID)
		if !hidden {
			attrs["participant_pn"] = o.from.pn
		}
	case p != nil && p.byNumber:
		attrs["from"], attrs["sender_lid"] = o.from.pn, o.from.lid
	default:
		attrs["from"] = o.from.lid
		if !hidden {
			attrs["sender_pn"] = o.from.pn
		}
	}
	return attrs
}

// stanzaType is the attribute by which the server knows messages apart.
func stanzaType(m *waE2E.Message) string {
	m = unwrap(m)
	switch {
	case m.GetReactionMessage() != nil:
		return "reaction"
	case m.GetPollCreationMessage() != nil, m.GetPollCreationMessageV3() != nil, m.GetPollUpdateMessage() != nil:
		return "poll"
	case mediaKind(m) != "":
		return "media"
	}
	return "text"
}

// mediaKind is the attribute mediatype of <enc>.
func mediaKind(m *waE2E.Message) string {
	switch {
	case m.GetImageMessage() != nil:
		return "image"
	case m.GetVideoMessage() != nil:
		return "video"
	case m.GetAudioMessage() != nil && m.GetAudioMessage().GetPTT():
		return "ptt"
	case m.GetAudioMessage() != nil:
		return "audio"
	case m.GetStickerMessage() != nil:
		return "sticker"
	case m.GetDocumentMessage() != nil:
		return "document"
	case m.GetContactMessage() != nil:
		return "vcard"
	case m.GetLocationMessage() != nil:
		return "location"
	}
	return ""
}
