package devicestore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
)

// Store is the state of one device.
type Store struct {
	c   *Container
	jid string

	deleted  atomic.Bool
	contacts contactCache
	migrated sync.Map // Signal users whose state was moved to their LID
}

var _ store.AllSessionSpecificStores = (*Store)(nil)

func newStore(c *Container, jid string) *Store {
	return &Store{c: c, jid: jid, contacts: newContactCache()}
}

func (s *Store) id(kind string, key ...string) string { return devicestate.ID(s.jid, kind, key...) }

func (s *Store) prefix(kind string, key ...string) string {
	return devicestate.Prefix(s.jid, kind, key...)
}

// put and its kin refuse a device that was deleted: nothing of it may come
// back.
func (s *Store) put(ctx context.Context, id string, value any) error {
	if s.deleted.Load() {
		return store.ErrDeviceDeleted
	}
	return s.c.docs.Put(ctx, id, value)
}

func (s *Store) update(ctx context.Context, id string, value any, alter func(found bool) (bool, error)) error {
	if s.deleted.Load() {
		return store.ErrDeviceDeleted
	}
	return s.c.docs.Update(ctx, id, value, alter)
}

func (s *Store) batch(ctx context.Context, f func(context.Context) error) error {
	return s.c.docs.Batch(ctx, func(ctx context.Context) error {
		if s.deleted.Load() {
			return store.ErrDeviceDeleted
		}
		return f(ctx)
	})
}

func (s *Store) remove(ctx context.Context, id string) error { return s.c.docs.Delete(ctx, id) }

// removeAll deletes what Scan finds, as a whole.
func (s *Store) removeAll(ctx context.Context, prefix string, which func(mongo.Item) bool) error {
	return s.c.docs.Batch(ctx, func(ctx context.Context) error {
		items, err := s.c.docs.Scan(ctx, prefix)
		if err != nil {
			return err
		}
		for _, it := range items {
			if which(it) {
				if err := s.remove(ctx, it.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// lastKey is the last part of an item's ID.
func lastKey(it mongo.Item) string {
	_, _, key := devicestate.Split(it.ID)
	return key[len(key)-1]
}

func decode(it mongo.Item, v any) error {
	if err := json.Unmarshal(it.Value, v); err != nil {
		_, kind, _ := devicestate.Split(it.ID)
		return fmt.Errorf("read WhatsApp %s: %w", kind, err)
	}
	return nil
}

// PutIdentity implements store.IdentityStore, and so do the following.
func (s *Store) PutIdentity(ctx context.Context, address string, key [32]byte) error {
	return s.put(ctx, s.id(devicestate.KindIdentity, address), &devicestate.Identity{Key: key[:]})
}

// DeleteAllIdentities deletes those of all devices of a Signal user.
func (s *Store) DeleteAllIdentities(ctx context.Context, phone string) error {
	return s.removeAll(ctx, s.users(devicestate.KindIdentity, phone), all)
}

// DeleteIdentity deletes that of one address.
func (s *Store) DeleteIdentity(ctx context.Context, address string) error {
	return s.remove(ctx, s.id(devicestate.KindIdentity, address))
}

// IsTrustedIdentity reports whether key is the one known, or none is.
func (s *Store) IsTrustedIdentity(ctx context.Context, address string, key [32]byte) (bool, error) {
	var known devicestate.Identity
	found, err := s.c.docs.Get(ctx, s.id(devicestate.KindIdentity, address), &known)
	if err != nil {
		return false, err
	}
	if !found {
		return true, nil // it is saved with the first session
	}
	if len(known.Key) != 32 {
		return false, ErrInvalidLength
	}
	return [32]byte(known.Key) == key, nil
}

func all(mongo.Item) bool { return true }

// users is how the IDs of a Signal user's addresses begin ("user:device").
func (s *Store) users(kind, user string) string {
	return strings.TrimSuffix(s.prefix(kind, user+":"), "/")
}

// GetSession implements store.SessionStore, and so do the following: nil if
// there is none.
func (s *Store) GetSession(ctx context.Context, address string) ([]byte, error) {
	var session devicestate.Session
	_, err := s.c.docs.Get(ctx, s.id(devicestate.KindSession, address), &session)
	return session.Record, err
}

// HasSession reports whether there is a session.
func (s *Store) HasSession(ctx context.Context, address string) (bool, error) {
	return s.c.docs.Get(ctx, s.id(devicestate.KindSession, address), new(devicestate.Session))
}

// GetManySessions gives nil for addresses without a session.
func (s *Store) GetManySessions(ctx context.Context, addresses []string) (map[string][]byte, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	ids := make([]string, len(addresses))
	for i, a := range addresses {
		ids[i] = s.id(devicestate.KindSession, a)
	}
	found, err := s.c.docs.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]byte, len(addresses))
	for i, a := range addresses {
		var session devicestate.Session
		if value, ok := found[ids[i]]; ok {
			if err := decode(mongo.Item{ID: ids[i], Value: value}, &session); err != nil {
				return nil, err
			}
		}
		out[a] = session.Record
	}
	return out, nil
}

// PutSession replaces the session of one address.
func (s *Store) PutSession(ctx context.Context, address string, session []byte) error {
	return s.put(ctx, s.id(devicestate.KindSession, address), &devicestate.Session{Record: session})
}

// PutManySessions replaces all these sessions or none.
func (s *Store) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	return s.batch(ctx, func(ctx context.Context) error {
		for address, session := range sessions {
			if err := s.PutSession(ctx, address, session); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteAllSessions deletes those with all devices of a Signal user.
func (s *Store) DeleteAllSessions(ctx context.Context, phone string) error {
	return s.removeAll(ctx, s.users(devicestate.KindSession, phone), all)
}

// DeleteSession deletes that with one address.
func (s *Store) DeleteSession(ctx context.Context, address string) error {
	return s.remove(ctx, s.id(devicestate.KindSession, address))
}

// MigratePNToLID moves sessions, identities and sender keys of a phone number
// to its LID, as a whole; what the LID has already is replaced.
func (s *Store) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	from, to := pn.SignalAddressUser(), lid.SignalAddressUser()
	if _, done := s.migrated.Load(from); done {
		return nil
	}
	moved := 0
	err := s.batch(ctx, func(ctx context.Context) error {
		for _, kind := range []string{devicestate.KindSession, devicestate.KindIdentity, devicestate.KindSenderKey} {
			n, err := s.move(ctx, kind, from, to)
			if err != nil {
				return err
			}
			moved += n
		}
		s.c.docs.AfterCommit(ctx, func() { s.migrated.Store(from, true) })
		return nil
	})
	if err == nil && moved > 0 {
		s.c.log.Infof("Migrated %d sessions, identity keys and sender keys from %s to %s", moved, from, to)
	}
	return err
}

// move gives what is under one Signal user's addresses to another user.
func (s *Store) move(ctx context.Context, kind, from, to string) (int, error) {
	items, err := s.c.docs.Scan(ctx, s.users(kind, from))
	if err != nil {
		return 0, err
	}
	for _, it := range items {
		_, _, key := devicestate.Split(it.ID)
		key[0] = to + strings.TrimPrefix(key[0], from)
		if err := s.put(ctx, s.id(kind, key...), json.RawMessage(it.Value)); err != nil {
			return 0, err
		}
		if err := s.remove(ctx, it.ID); err != nil {
			return 0, err
		}
	}
	return len(items), nil
}

// PutSenderKey implements store.SenderKeyStore.
func (s *Store) PutSenderKey(ctx context.Context, group, user string, session []byte) error {
	return s.put(ctx, s.id(devicestate.KindSenderKey, user, group), &devicestate.SenderKey{Record: session})
}

// GetSenderKey implements store.SenderKeyStore: nil if there is none.
func (s *Store) GetSenderKey(ctx context.Context, group, user string) ([]byte, error) {
	var key devicestate.SenderKey
	_, err := s.c.docs.Get(ctx, s.id(devicestate.KindSenderKey, user, group), &key)
	return key.Record, err
}
