package wafake

import (
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"google.golang.org/protobuf/proto"
)

// hear is the account's own phone: it gets a copy of what its linked devices
// send, and their requests.
func (a *Account) hear(in incoming) {
	key := in.from.owner.phone + " " + in.id
	for i := range a.sent {
		if a.sent[i].ID == in.id {
			a.sent[i].Copies++
			_, _ = a.end.openAll(in) // sealed as before it does not open twice; sealed anew the session goes on
			return
		}
	}
	messages, err := a.end.openAll(in)
	if err != nil {
		a.srv.fail(fmt.Errorf("wafake: the account's phone cannot read its copy of %s: %w", key, err))
		return
	}
	for _, m := range messages {
		if p := m.message.GetProtocolMessage(); p != nil && in.group == nil && m.message.GetDeviceSentMessage() == nil {
			a.asked(in, p)
			continue
		}
		inner := unwrap(m.message)
		if onlyKey(inner) {
			continue
		}
		shown := Message{
			ID: in.id, From: a.phone, Group: in.group, At: in.at, Kind: m.kind, Copies: 1, Raw: inner, sender: a.user,
		}
		shown.Text = textOf(inner)
		a.sent = append(a.sent, shown)
	}
	a.srv.bump()
}

// asked is a request of a linked device to its phone.
func (a *Account) asked(in incoming, p *waE2E.ProtocolMessage) {
	request := p.GetPeerDataOperationRequestMessage()
	switch {
	case p.GetAppStateSyncKeyRequest() != nil:
		a.welcome(in.from)
	case request != nil:
		a.requests = append(a.requests, request.GetPeerDataOperationRequestType().String())
		if a.resends && request.GetPeerDataOperationRequestType() == waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND {
			a.resend(in, request)
		}
	}
}

// Requests are the things that linked devices asked their phone for, by name,
// such as PLACEHOLDER_MESSAGE_RESEND.
func (a *Account) Requests() []string {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	return append([]string(nil), a.requests...)
}

// AnswerResends makes the phone, which is off otherwise, give a linked device a
// message that it could not decrypt: the device asks both its phone and the
// sender, so it gets the message twice under one ID.
func (a *Account) AnswerResends(on bool) {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	a.resends = on
}

// resend answers with the phone's own copies.
func (a *Account) resend(in incoming, request *waE2E.PeerDataOperationRequestMessage) {
	type (
		result   = waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult
		response = waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_PlaceholderMessageResendResponse
	)
	var results []*result
	for _, r := range request.GetPlaceholderMessageResendRequest() {
		key := r.GetMessageKey()
		o := a.srv.saidByAnyone(key.GetID())
		if o == nil {
			continue
		}
		raw, err := proto.Marshal(&waWeb.WebMessageInfo{
			Key: key, Message: o.message, MessageTimestamp: proto.Uint64(uint64(o.at.Unix())), PushName: proto.String(o.from.name),
		})
		if err != nil {
			a.srv.fail(fmt.Errorf("wafake: encode message: %w", err))
			return
		}
		results = append(results, &result{PlaceholderMessageResendResponse: &response{WebMessageInfoBytes: raw}})
	}
	a.toDevice(in.from, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE.Enum(),
		PeerDataOperationRequestResponseMessage: &waE2E.PeerDataOperationRequestResponseMessage{
			PeerDataOperationRequestType: request.PeerDataOperationRequestType, StanzaID: proto.String(in.id),
			PeerDataOperationResult: results,
		},
	}})
}

func (s *Server) saidByAnyone(id string) *said {
	for _, u := range s.phones {
		if u.person != nil && u.person.told[id] != nil {
			return u.person.told[id]
		}
	}
	return nil
}
