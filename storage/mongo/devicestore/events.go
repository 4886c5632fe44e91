package devicestore

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
)

// How long events are kept, as in sqlstore: WhatsApp's servers keep theirs for
// 14 days.
const (
	keepBuffered = 14 * 24 * time.Hour
	keepOutgoing = 7 * 24 * time.Hour
)

func (s *Store) eventID(hash [32]byte) string {
	return s.id(devicestate.KindEvent, devicestate.Hex(hash[:]))
}

// GetBufferedEvent implements store.EventBuffer: nil if there is none.
func (s *Store) GetBufferedEvent(ctx context.Context, ciphertextHash [32]byte) (*store.BufferedEvent, error) {
	var e devicestate.Event
	found, err := s.c.docs.Get(ctx, s.eventID(ciphertextHash), &e)
	if err != nil || !found {
		return nil, err
	}
	return &store.BufferedEvent{
		Plaintext: e.Plaintext, ServerTime: time.Unix(e.ServerTime, 0), InsertTime: time.UnixMilli(e.InsertTime),
	}, nil
}

// PutBufferedEvent implements store.EventBuffer. An event is put once:
// storage.ErrConflict if it is there.
func (s *Store) PutBufferedEvent(ctx context.Context, ciphertextHash [32]byte, plaintext []byte, serverTimestamp time.Time) error {
	var e devicestate.Event
	return s.update(ctx, s.eventID(ciphertextHash), &e, func(found bool) (bool, error) {
		if found {
			return false, fmt.Errorf("buffer a WhatsApp event: %w", storage.ErrConflict)
		}
		e = devicestate.Event{Plaintext: plaintext, ServerTime: serverTimestamp.Unix(), InsertTime: time.Now().UnixMilli()}
		return true, nil
	})
}

// DoDecryptionTxn implements store.EventBuffer: what f writes under its context
// is kept as a whole, or not at all.
func (s *Store) DoDecryptionTxn(ctx context.Context, f func(context.Context) error) error {
	return s.batch(ctx, f)
}

// ClearBufferedEventPlaintext implements store.EventBuffer: that there was an
// event is still known.
func (s *Store) ClearBufferedEventPlaintext(ctx context.Context, ciphertextHash [32]byte) error {
	var e devicestate.Event
	return s.update(ctx, s.eventID(ciphertextHash), &e, func(found bool) (bool, error) {
		e.Plaintext = nil
		return found, nil
	})
}

// DeleteOldBufferedHashes implements store.EventBuffer, for this device.
func (s *Store) DeleteOldBufferedHashes(ctx context.Context) error {
	_, err := s.c.docs.DeleteOlder(ctx, s.prefix(devicestate.KindEvent), time.Now().Add(-keepBuffered).UnixMilli())
	return err
}

func (s *Store) outgoingID(chat types.JID, id types.MessageID) string {
	return s.id(devicestate.KindOutgoing, chat.String(), id)
}

// GetOutgoingEvent implements store.EventBuffer; storage.ErrNotFound if there
// is none.
func (s *Store) GetOutgoingEvent(ctx context.Context, chatJID, altChatJID types.JID, id types.MessageID) (string, []byte, error) {
	ids := []string{s.outgoingID(chatJID, id)}
	if !altChatJID.IsEmpty() {
		ids = append(ids, s.outgoingID(altChatJID, id))
	}
	found, err := s.c.docs.GetMany(ctx, ids)
	if err != nil {
		return "", nil, err
	}
	for _, id := range ids {
		if value, ok := found[id]; ok {
			var o devicestate.Outgoing
			err := decode(mongo.Item{ID: id, Value: value}, &o)
			return o.Format, o.Plaintext, err
		}
	}
	return "", nil, fmt.Errorf("read an outgoing WhatsApp message: %w", storage.ErrNotFound)
}

// AddOutgoingEvent implements store.EventBuffer.
func (s *Store) AddOutgoingEvent(ctx context.Context, chatJID types.JID, id types.MessageID, format string, plaintext []byte) error {
	return s.put(ctx, s.outgoingID(chatJID, id), &devicestate.Outgoing{Format: format, Plaintext: plaintext, Timestamp: time.Now().UnixMilli()})
}

// DeleteOldOutgoingEvents implements store.EventBuffer.
func (s *Store) DeleteOldOutgoingEvents(ctx context.Context) error {
	_, err := s.c.docs.DeleteOlder(ctx, s.prefix(devicestate.KindOutgoing), time.Now().Add(-keepOutgoing).UnixMilli())
	return err
}
