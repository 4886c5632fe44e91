package devicestore

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/store"

	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
)

// PutAppStateSyncKey implements store.AppStateSyncKeyStore: a key that is not
// newer than the one there is passed over.
func (s *Store) PutAppStateSyncKey(ctx context.Context, id []byte, key store.AppStateSyncKey) error {
	var k devicestate.AppStateKey
	return s.update(ctx, s.id(devicestate.KindAppStateKey, devicestate.Hex(id)), &k, func(found bool) (bool, error) {
		if found && key.Timestamp <= k.Timestamp {
			return false, nil
		}
		k = devicestate.AppStateKey{Data: key.Data, Fingerprint: key.Fingerprint, Timestamp: key.Timestamp}
		return true, nil
	})
}

// GetAppStateSyncKey implements store.AppStateSyncKeyStore: nil if there is none.
func (s *Store) GetAppStateSyncKey(ctx context.Context, id []byte) (*store.AppStateSyncKey, error) {
	var k devicestate.AppStateKey
	found, err := s.c.docs.Get(ctx, s.id(devicestate.KindAppStateKey, devicestate.Hex(id)), &k)
	if err != nil || !found {
		return nil, err
	}
	return appStateKey(k), nil
}

func appStateKey(k devicestate.AppStateKey) *store.AppStateSyncKey {
	return &store.AppStateSyncKey{Data: k.Data, Fingerprint: k.Fingerprint, Timestamp: k.Timestamp}
}

// appStateKeys reads all, the latest first.
func (s *Store) appStateKeys(ctx context.Context) (ids []string, all []devicestate.AppStateKey, err error) {
	items, err := s.c.docs.Scan(ctx, s.prefix(devicestate.KindAppStateKey))
	if err != nil {
		return nil, nil, err
	}
	type named struct {
		id string
		devicestate.AppStateKey
	}
	found := make([]named, len(items))
	for i, it := range items {
		found[i].id = lastKey(it)
		if err := decode(it, &found[i].AppStateKey); err != nil {
			return nil, nil, err
		}
	}
	slices.SortStableFunc(found, func(a, b named) int { return int(max(-1, min(1, b.Timestamp-a.Timestamp))) })
	for _, k := range found {
		ids, all = append(ids, k.id), append(all, k.AppStateKey)
	}
	return ids, all, nil
}

// GetLatestAppStateSyncKeyID implements store.AppStateSyncKeyStore.
func (s *Store) GetLatestAppStateSyncKeyID(ctx context.Context) ([]byte, error) {
	ids, _, err := s.appStateKeys(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return hex.DecodeString(ids[0])
}

// GetAllAppStateSyncKeys implements store.AppStateSyncKeyStore: the latest
// first.
func (s *Store) GetAllAppStateSyncKeys(ctx context.Context) ([]*store.AppStateSyncKey, error) {
	_, all, err := s.appStateKeys(ctx)
	var out []*store.AppStateSyncKey
	for _, k := range all {
		out = append(out, appStateKey(k))
	}
	return out, err
}

// PutAppStateVersion implements store.AppStateStore.
func (s *Store) PutAppStateVersion(ctx context.Context, name string, version uint64, hash [128]byte) error {
	return s.put(ctx, s.id(devicestate.KindAppState, name), &devicestate.AppState{Version: version, Hash: hash[:]})
}

// GetAppStateVersion implements store.AppStateStore: 0 if there is none.
func (s *Store) GetAppStateVersion(ctx context.Context, name string) (version uint64, hash [128]byte, err error) {
	var st devicestate.AppState
	found, err := s.c.docs.Get(ctx, s.id(devicestate.KindAppState, name), &st)
	switch {
	case err != nil || !found:
		return 0, hash, err
	case len(st.Hash) != len(hash):
		return st.Version, hash, ErrInvalidLength
	case st.Version == 0:
		return 0, hash, fmt.Errorf("invalid saved app state version 0 for name %s (hash %x)", name, st.Hash)
	}
	return st.Version, [128]byte(st.Hash), nil
}

// DeleteAppStateVersion implements store.AppStateStore: its MACs go with it.
func (s *Store) DeleteAppStateVersion(ctx context.Context, name string) error {
	return s.c.docs.Batch(ctx, func(ctx context.Context) error {
		if err := s.remove(ctx, s.id(devicestate.KindAppState, name)); err != nil {
			return err
		}
		return s.removeAll(ctx, s.prefix(devicestate.KindMAC, name), all)
	})
}

// PutAppStateMutationMACs implements store.AppStateStore: all or none. Of each
// index only the MAC of the latest version is kept. As in SQL, where it is a
// foreign key, the collection must have a version.
func (s *Store) PutAppStateMutationMACs(ctx context.Context, name string, version uint64, mutations []store.AppStateMutationMAC) error {
	if len(mutations) == 0 {
		return nil
	}
	return s.batch(ctx, func(ctx context.Context) error {
		there, err := s.c.docs.Get(ctx, s.id(devicestate.KindAppState, name), new(devicestate.AppState))
		if err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("write WhatsApp app state: %s has no version", name)
		}
		ids := make([]string, len(mutations))
		for i, m := range mutations {
			ids[i] = s.macID(name, m.IndexMAC)
		}
		have, err := s.c.docs.GetMany(ctx, ids)
		if err != nil {
			return err
		}
		for i, m := range mutations {
			if len(m.IndexMAC) != 32 || len(m.ValueMAC) != 32 {
				return ErrInvalidLength
			}
			if newer, err := isNewer(ids[i], have[ids[i]], version, m.ValueMAC); err != nil || newer {
				if err != nil {
					return err
				}
				continue
			}
			if err := s.put(ctx, ids[i], &devicestate.MutationMAC{Version: version, Value: m.ValueMAC}); err != nil {
				return err
			}
		}
		return nil
	})
}

// isNewer reports whether a stored MAC, if there is one, stays in spite of one
// of the given version. Two of one version cannot be.
func isNewer(id string, stored []byte, version uint64, value []byte) (bool, error) {
	if stored == nil {
		return false, nil
	}
	var old devicestate.MutationMAC
	if err := decode(mongo.Item{ID: id, Value: stored}, &old); err != nil {
		return false, err
	}
	if old.Version == version && !bytes.Equal(old.Value, value) {
		return false, fmt.Errorf("write WhatsApp app state: two MACs of one entry in version %d", version)
	}
	return old.Version > version, nil
}

func (s *Store) macID(name string, indexMAC []byte) string {
	return s.id(devicestate.KindMAC, name, devicestate.Hex(indexMAC))
}

// DeleteAppStateMutationMACs implements store.AppStateStore: all or none.
func (s *Store) DeleteAppStateMutationMACs(ctx context.Context, name string, indexMACs [][]byte) error {
	if len(indexMACs) == 0 {
		return nil
	}
	return s.c.docs.Batch(ctx, func(ctx context.Context) error {
		for _, index := range indexMACs {
			if err := s.remove(ctx, s.macID(name, index)); err != nil {
				return err
			}
		}
		return nil
	})
}

// GetAppStateMutationMAC implements store.AppStateStore: nil if there is none.
func (s *Store) GetAppStateMutationMAC(ctx context.Context, name string, indexMAC []byte) ([]byte, error) {
	var mac devicestate.MutationMAC
	_, err := s.c.docs.Get(ctx, s.macID(name, indexMAC), &mac)
	return mac.Value, err
}
