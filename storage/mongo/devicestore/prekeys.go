package devicestore

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/util/keys"

	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
)

// preKeyLeap is by how much numbers jump where it is not known which were given
// last.
const preKeyLeap = 1000

// preKeyCursor is the document under mongo.PreKeyCursorID.
type preKeyCursor struct {
	Last uint32 `json:"last"`
}

// GetOrGenPreKeys implements store.PreKeyStore: the first count keys that the
// server has not got yet, new ones where there are fewer.
func (s *Store) GetOrGenPreKeys(ctx context.Context, count uint32) (out []*keys.PreKey, err error) {
	err = s.batch(ctx, func(ctx context.Context) error {
		out = make([]*keys.PreKey, 0, count)
		have, err := s.preKeys(ctx)
		if err != nil {
			return err
		}
		for _, k := range have {
			if !k.Uploaded && len(out) < int(count) {
				key, err := k.pair()
				if err != nil {
					return err
				}
				out = append(out, key)
			}
		}
		fresh, err := s.generate(ctx, have, int(count)-len(out), false)
		out = append(out, fresh...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make WhatsApp pre-keys: %w", err)
	}
	return out, nil
}

// GenOnePreKey implements store.PreKeyStore. The key counts as uploaded: it is
// sent with a message.
func (s *Store) GenOnePreKey(ctx context.Context) (key *keys.PreKey, err error) {
	err = s.batch(ctx, func(ctx context.Context) error {
		fresh, err := s.generate(ctx, nil, 1, true)
		if err == nil {
			key = fresh[0]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make a WhatsApp pre-key: %w", err)
	}
	return key, nil
}

// generate makes n keys within a batch. Batches run one at a time, so no two
// make the same number. have are the keys there are, if they were read.
func (s *Store) generate(ctx context.Context, have []preKey, n int, uploaded bool) ([]*keys.PreKey, error) {
	if n <= 0 {
		return nil, nil
	}
	cursor := preKeyCursor{}
	known, err := s.c.docs.Get(ctx, mongo.PreKeyCursorID(s.jid), &cursor)
	if err != nil {
		return nil, err
	}
	if !known {
		if have == nil {
			if have, err = s.preKeys(ctx); err != nil {
				return nil, err
			}
		}
		if len(have) > 0 {
			cursor.Last = have[len(have)-1].id + preKeyLeap
		}
	}
	fresh := make([]*keys.PreKey, n)
	for i := range fresh {
		cursor.Last++
		key := keys.NewPreKey(cursor.Last)
		fresh[i] = key
		if err := s.put(ctx, s.preKeyID(key.KeyID), &devicestate.PreKey{Key: key.Priv[:], Uploaded: uploaded}); err != nil {
			return nil, err
		}
	}
	return fresh, s.put(ctx, mongo.PreKeyCursorID(s.jid), &cursor)
}

func (s *Store) preKeyID(id uint32) string {
	return s.id(devicestate.KindPreKey, devicestate.PreKeyID(id))
}

// preKey is a stored pre-key with its number.
type preKey struct {
	devicestate.PreKey
	id uint32
}

func (k preKey) pair() (*keys.PreKey, error) {
	if len(k.Key) != 32 {
		return nil, ErrInvalidLength
	}
	return &keys.PreKey{KeyPair: *keys.NewKeyPairFromPrivateKey([32]byte(k.Key)), KeyID: k.id}, nil
}

// preKeys reads all, by number.
func (s *Store) preKeys(ctx context.Context) ([]preKey, error) {
	items, err := s.c.docs.Scan(ctx, s.prefix(devicestate.KindPreKey))
	if err != nil {
		return nil, err
	}
	out := make([]preKey, len(items))
	for i, it := range items {
		if err := decode(it, &out[i].PreKey); err != nil {
			return nil, err
		}
		if out[i].id, err = devicestate.ParsePreKeyID(lastKey(it)); err != nil {
			return nil, fmt.Errorf("read WhatsApp pre-keys: %w", err)
		}
	}
	return out, nil
}

// GetPreKey implements store.PreKeyStore: nil if there is none.
func (s *Store) GetPreKey(ctx context.Context, id uint32) (*keys.PreKey, error) {
	k := preKey{id: id}
	found, err := s.c.docs.Get(ctx, s.preKeyID(id), &k.PreKey)
	if err != nil || !found {
		return nil, err
	}
	return k.pair()
}

// RemovePreKey implements store.PreKeyStore.
func (s *Store) RemovePreKey(ctx context.Context, id uint32) error {
	return s.remove(ctx, s.preKeyID(id))
}

// MarkPreKeysAsUploaded implements store.PreKeyStore: all up to a number, or
// none.
func (s *Store) MarkPreKeysAsUploaded(ctx context.Context, upToID uint32) error {
	return s.batch(ctx, func(ctx context.Context) error {
		have, err := s.preKeys(ctx)
		if err != nil {
			return err
		}
		for _, k := range have {
			if k.id <= upToID && !k.Uploaded {
				k.Uploaded = true
				if err := s.put(ctx, s.preKeyID(k.id), &k.PreKey); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// UploadedPreKeyCount implements store.PreKeyStore.
func (s *Store) UploadedPreKeyCount(ctx context.Context) (count int, err error) {
	have, err := s.preKeys(ctx)
	for _, k := range have {
		if k.Uploaded {
			count++
		}
	}
	return count, err
}
