package devicestore

import (
	"context"
	"fmt"
	"sync"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
)

// LIDMap says whose LID is which: each LID has one phone number, and each
// number one LID. It remembers what it was asked. Its lock is never held while
// the database is asked.
type LIDMap struct {
	docs *mongo.Devices

	mu     sync.RWMutex
	lids   map[string]string // by phone number; "" has none
	pns    map[string]string // by LID
	filled bool              // what is not here does not exist
	writes int               // so far: what was read before one is not remembered
}

var _ store.LIDStore = (*LIDMap)(nil)

func newLIDMap(docs *mongo.Devices) *LIDMap {
	return &LIDMap{docs: docs, lids: map[string]string{}, pns: map[string]string{}}
}

func (m *LIDMap) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	m.filled = false
	clear(m.lids)
	clear(m.pns)
}

func lidID(lid string) string {
	return devicestate.ID(devicestate.NoDevice, devicestate.KindLID, lid)
}

// FillCache reads all mappings into memory.
func (m *LIDMap) FillCache(ctx context.Context) error {
	m.mu.RLock()
	writes := m.writes
	m.mu.RUnlock()
	items, err := m.docs.Scan(ctx, devicestate.Prefix(devicestate.NoDevice, devicestate.KindLID))
	if err != nil {
		return err
	}
	all := make(map[string]string, len(items))
	for _, it := range items {
		var mapping devicestate.LIDMapping
		if err := decode(it, &mapping); err != nil {
			return err
		}
		all[lastKey(it)] = mapping.PN
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writes != writes {
		return nil // something was written meanwhile: what is asked for is read
	}
	for lid, pn := range all {
		m.lids[pn], m.pns[lid] = lid, pn
	}
	m.filled = true
	return nil
}

// GetPNForLID implements store.LIDStore: an empty JID if it is not known.
func (m *LIDMap) GetPNForLID(ctx context.Context, lid types.JID) (types.JID, error) {
	if lid.Server != types.HiddenUserServer {
		return types.JID{}, fmt.Errorf("invalid GetPNForLID call with non-LID JID %s", lid)
	}
	read := func() (string, error) {
		var mapping devicestate.LIDMapping
		_, err := m.docs.Get(ctx, lidID(lid.User), &mapping)
		return mapping.PN, err
	}
	pn, err := m.get(ctx, lid.User, m.pns, m.lids, read)
	return asked(lid, pn, types.DefaultUserServer), err
}

// GetLIDForPN implements store.LIDStore: an empty JID if it is not known.
func (m *LIDMap) GetLIDForPN(ctx context.Context, pn types.JID) (types.JID, error) {
	if pn.Server != types.DefaultUserServer {
		return types.JID{}, fmt.Errorf("invalid GetLIDForPN call with non-PN JID %s", pn)
	}
	read := func() (string, error) {
		var mapping mongo.PNMapping
		_, err := m.docs.Get(ctx, mongo.PNID(pn.User), &mapping)
		return mapping.LID, err
	}
	lid, err := m.get(ctx, pn.User, m.lids, m.pns, read)
	return asked(pn, lid, types.HiddenUserServer), err
}

// asked gives the other form of a JID.
func asked(jid types.JID, user, server string) types.JID {
	if user == "" {
		return types.JID{}
	}
	return types.JID{User: user, Device: jid.Device, Server: server}
}

// get looks into memory, then into the database.
func (m *LIDMap) get(ctx context.Context, user string, there, back map[string]string, read func() (string, error)) (string, error) {
	if m.docs.InBatch(ctx) {
		return read() // it may be one that the batch has written
	}
	m.mu.RLock()
	other, ok := there[user]
	filled, writes := m.filled, m.writes
	m.mu.RUnlock()
	if ok || filled {
		return other, nil
	}
	other, err := read()
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writes == writes {
		there[user] = other
		if other != "" {
			back[other] = user
		}
	}
	return other, nil
}

// GetManyLIDsForPNs implements store.LIDStore: those that are known.
func (m *LIDMap) GetManyLIDsForPNs(ctx context.Context, pns []types.JID) (map[types.JID]types.JID, error) {
	if len(pns) == 0 {
		return nil, nil
	}
	out := make(map[types.JID]types.JID, len(pns))
	missing := map[string][]types.JID{} // by document ID
	within := m.docs.InBatch(ctx)
	m.mu.RLock()
	writes := m.writes
	for _, pn := range pns {
		if pn.Server != types.DefaultUserServer {
			continue
		}
		lid := m.lids[pn.User]
		if lid != "" && !within {
			out[pn] = asked(pn, lid, types.HiddenUserServer)
		} else if !m.filled || within {
			missing[mongo.PNID(pn.User)] = append(missing[mongo.PNID(pn.User)], pn)
		}
	}
	m.mu.RUnlock()
	if len(missing) == 0 {
		return out, nil
	}
	ids := make([]string, 0, len(missing))
	for id := range missing {
		ids = append(ids, id)
	}
	found, err := m.docs.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, value := range found {
		var mapping mongo.PNMapping
		if err := decode(mongo.Item{ID: id, Value: value}, &mapping); err != nil {
			return nil, err
		}
		for _, pn := range missing[id] {
			out[pn] = asked(pn, mapping.LID, types.HiddenUserServer)
			if m.writes == writes && !within {
				m.lids[pn.User], m.pns[mapping.LID] = mapping.LID, pn.User
			}
		}
	}
	return out, nil
}

// PutLIDMapping implements store.LIDStore.
func (m *LIDMap) PutLIDMapping(ctx context.Context, lid, pn types.JID) error {
	if !pair(lid, pn) {
		return fmt.Errorf("invalid PutLIDMapping call %s/%s", lid, pn)
	}
	return m.PutManyLIDMappings(ctx, []store.LIDMapping{{LID: lid, PN: pn}})
}

func pair(lid, pn types.JID) bool {
	return lid.Server == types.HiddenUserServer && pn.Server == types.DefaultUserServer
}

// PutManyLIDMappings implements store.LIDStore: all or none. What is no pair of
// LID and phone number is passed over. A number that had another LID loses it,
// and a LID its other number.
func (m *LIDMap) PutManyLIDMappings(ctx context.Context, mappings []store.LIDMapping) error {
	var fresh []store.LIDMapping
	m.mu.RLock()
	for _, mapping := range mappings {
		lid, ok := m.lids[mapping.PN.User]
		if pair(mapping.LID, mapping.PN) && (!ok || lid != mapping.LID.User) {
			fresh = append(fresh, mapping)
		}
	}
	m.mu.RUnlock()
	if len(fresh) == 0 {
		return nil
	}
	return m.docs.Batch(ctx, func(ctx context.Context) error {
		ids := make([]string, 0, 2*len(fresh))
		for _, mapping := range fresh {
			ids = append(ids, lidID(mapping.LID.User), mongo.PNID(mapping.PN.User))
		}
		if _, err := m.docs.GetMany(ctx, ids); err != nil { // the batch remembers them
			return err
		}
		for _, mapping := range fresh {
			if err := m.put(ctx, mapping.LID.User, mapping.PN.User); err != nil {
				return err
			}
		}
		return nil
	})
}

// put stores one mapping within a batch.
func (m *LIDMap) put(ctx context.Context, lid, pn string) error {
	var of devicestate.LIDMapping
	var by mongo.PNMapping
	if _, err := m.docs.Get(ctx, lidID(lid), &of); err != nil {
		return err
	}
	if _, err := m.docs.Get(ctx, mongo.PNID(pn), &by); err != nil {
		return err
	}
	if of.PN != "" && of.PN != pn {
		if err := m.docs.Delete(ctx, mongo.PNID(of.PN)); err != nil {
			return err
		}
	}
	if by.LID != "" && by.LID != lid {
		if err := m.docs.Delete(ctx, lidID(by.LID)); err != nil {
			return err
		}
	}
	if of.PN != pn || by.LID != lid {
		if err := m.docs.Put(ctx, lidID(lid), &devicestate.LIDMapping{PN: pn}); err != nil {
			return err
		}
		if err := m.docs.Put(ctx, mongo.PNID(pn), &mongo.PNMapping{LID: lid}); err != nil {
			return err
		}
	}
	m.docs.AfterCommit(ctx, func() { m.remember(lid, pn) })
	return nil
}

func (m *LIDMap) remember(lid, pn string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	if old := m.lids[pn]; old != "" && old != lid {
		delete(m.pns, old)
	}
	if old := m.pns[lid]; old != "" && old != pn {
		delete(m.lids, old)
	}
	m.lids[pn], m.pns[lid] = lid, pn
}
