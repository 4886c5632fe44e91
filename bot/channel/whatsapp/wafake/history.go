package wafake

import (
	"bytes"
	"compress/zlib"
	"fmt"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"google.golang.org/protobuf/proto"
)

// SendHistory is what a phone sends to a device that was just linked: the chats
// with some people, their numbers beside their LIDs, and the salt of tokens.
// Inline puts it into the message; else it is a file of the media host, which
// the client removes when it has read it.
//
// whatsmeow reads it in a goroutine that stays for a minute; with
// Client.ManualHistorySyncDownload it does not.
func (a *Account) SendHistory(inline bool, people ...*Person) error {
	s := a.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	history := &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_INITIAL_BOOTSTRAP.Enum(), ChunkOrder: proto.Uint32(1), Progress: proto.Uint32(100),
		NctSalt: random(32),
	}
	for _, p := range people {
		history.PhoneNumberToLidMappings = append(history.PhoneNumberToLidMappings, &waHistorySync.PhoneNumberToLIDMapping{
			PnJID: proto.String(p.pn.String()), LidJID: proto.String(p.lid.String()),
		})
		history.Conversations = append(history.Conversations, &waHistorySync.Conversation{
			ID: proto.String(p.lid.String()), Name: proto.String(p.name), PnJID: proto.String(p.pn.String()),
			LidJID: proto.String(p.lid.String()),
		})
	}
	raw, err := proto.Marshal(history)
	if err != nil {
		return fmt.Errorf("wafake: encode history: %w", err)
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write(raw); err != nil {
		return fmt.Errorf("wafake: pack history: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("wafake: pack history: %w", err)
	}
	notice := &waE2E.HistorySyncNotification{
		SyncType: waE2E.HistorySyncType_INITIAL_BOOTSTRAP.Enum(), ChunkOrder: proto.Uint32(1), Progress: proto.Uint32(100),
	}
	if inline {
		notice.InitialHistBootstrapInlinePayload = packed.Bytes()
	} else {
		key, sealedSum, sum, path, err := s.sealMedia(packed.Bytes(), whatsmeow.MediaHistory)
		if err != nil {
			return err
		}
		notice.MediaKey, notice.FileEncSHA256, notice.FileSHA256, notice.DirectPath = key, sealedSum, sum, &path
		notice.FileLength = proto.Uint64(uint64(packed.Len()))
	}
	for _, d := range a.linked() {
		a.toDevice(d, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(), HistorySyncNotification: notice,
		}})
	}
	return nil
}
