package devicestore

import (
	"context"
	"maps"
	"slices"
	"sync"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
)

// contactCache remembers contacts that were read, also those that do not
// exist. Its lock is never held while the database is asked; what was read
// before a write is not remembered after it.
type contactCache struct {
	mu     sync.Mutex
	known  map[types.JID]types.ContactInfo
	writes int // so far
}

func newContactCache() contactCache { return contactCache{known: map[types.JID]types.ContactInfo{}} }

func (c *contactCache) get(user types.JID) (info types.ContactInfo, ok bool, writes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, ok = c.known[user]
	return info, ok, c.writes
}

// put remembers what was read when so many writes had taken place.
func (c *contactCache) put(writes int, infos map[types.JID]types.ContactInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writes == writes {
		maps.Copy(c.known, infos)
	}
}

// drop is called after a write.
func (c *contactCache) drop(users ...types.JID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	for _, u := range users {
		delete(c.known, u)
	}
}

func (c *contactCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	clear(c.known)
}

func (s *Store) contactID(user types.JID) string {
	return s.id(devicestate.KindContact, user.String())
}

func infoOf(c devicestate.Contact) types.ContactInfo {
	return types.ContactInfo{
		Found: true, FirstName: c.FirstName, FullName: c.FullName, PushName: c.PushName,
		BusinessName: c.BusinessName, RedactedPhone: c.RedactedPhone,
	}
}

// GetContact implements store.ContactStore.
func (s *Store) GetContact(ctx context.Context, user types.JID) (types.ContactInfo, error) {
	within := s.c.docs.InBatch(ctx) // and then not to be remembered
	info, ok, writes := s.contacts.get(user)
	if ok && !within {
		return info, nil
	}
	var c devicestate.Contact
	found, err := s.c.docs.Get(ctx, s.contactID(user), &c)
	if err != nil {
		return types.ContactInfo{}, err
	}
	info = infoOf(c)
	info.Found = found
	if !within {
		s.contacts.put(writes, map[types.JID]types.ContactInfo{user: info})
	}
	return info, nil
}

// GetAllContacts implements store.ContactStore.
func (s *Store) GetAllContacts(ctx context.Context) (map[types.JID]types.ContactInfo, error) {
	_, _, writes := s.contacts.get(types.EmptyJID)
	items, err := s.c.docs.Scan(ctx, s.prefix(devicestate.KindContact))
	if err != nil {
		return nil, err
	}
	out := make(map[types.JID]types.ContactInfo, len(items))
	for _, it := range items {
		jid, err := types.ParseJID(lastKey(it))
		if err != nil {
			return nil, err
		}
		var c devicestate.Contact
		if err := decode(it, &c); err != nil {
			return nil, err
		}
		out[jid] = infoOf(c)
	}
	if !s.c.docs.InBatch(ctx) {
		s.contacts.put(writes, out)
	}
	return out, nil
}

// setContact changes one field of a contact and gives what was in it.
func (s *Store) setContact(ctx context.Context, user types.JID, field func(*devicestate.Contact) *string, to string) (changed bool, was string, err error) {
	if info, ok, _ := s.contacts.get(user); ok && !s.c.docs.InBatch(ctx) {
		c := devicestate.Contact{PushName: info.PushName, BusinessName: info.BusinessName}
		if *field(&c) == to {
			return false, "", nil
		}
	}
	var c devicestate.Contact
	err = s.update(ctx, s.contactID(user), &c, func(bool) (bool, error) {
		was = *field(&c)
		*field(&c) = to
		return was != to, nil
	})
	if err != nil || was == to {
		return false, "", err
	}
	s.c.docs.AfterCommit(ctx, func() { s.contacts.drop(user) })
	return true, was, nil
}

// PutPushName implements store.ContactStore: whether it changed, and what it
// was before.
func (s *Store) PutPushName(ctx context.Context, user types.JID, pushName string) (bool, string, error) {
	return s.setContact(ctx, user, func(c *devicestate.Contact) *string { return &c.PushName }, pushName)
}

// PutBusinessName implements store.ContactStore, like PutPushName.
func (s *Store) PutBusinessName(ctx context.Context, user types.JID, businessName string) (bool, string, error) {
	return s.setContact(ctx, user, func(c *devicestate.Contact) *string { return &c.BusinessName }, businessName)
}

// PutContactName implements store.ContactStore. The interface has the names
// the other way round; callers and sqlstore agree on this order.
func (s *Store) PutContactName(ctx context.Context, user types.JID, firstName, fullName string) error {
	var c devicestate.Contact
	err := s.update(ctx, s.contactID(user), &c, func(bool) (bool, error) {
		changed := c.FirstName != firstName || c.FullName != fullName
		c.FirstName, c.FullName = firstName, fullName
		return changed, nil
	})
	if err == nil {
		s.c.docs.AfterCommit(ctx, func() { s.contacts.drop(user) })
	}
	return err
}

// PutAllContactNames implements store.ContactStore: all or none. Of several
// entries of one contact the first counts.
func (s *Store) PutAllContactNames(ctx context.Context, contacts []store.ContactEntry) error {
	changes := make(map[types.JID]func(*devicestate.Contact), len(contacts))
	for _, e := range slices.Backward(contacts) {
		changes[e.JID] = func(c *devicestate.Contact) { c.FirstName, c.FullName = e.FirstName, e.FullName }
	}
	return s.setContacts(ctx, changes)
}

// PutManyRedactedPhones implements store.ContactStore, like PutAllContactNames.
func (s *Store) PutManyRedactedPhones(ctx context.Context, entries []store.RedactedPhoneEntry) error {
	changes := make(map[types.JID]func(*devicestate.Contact), len(entries))
	for _, e := range slices.Backward(entries) {
		changes[e.JID] = func(c *devicestate.Contact) { c.RedactedPhone = e.RedactedPhone }
	}
	return s.setContacts(ctx, changes)
}

func (s *Store) setContacts(ctx context.Context, changes map[types.JID]func(*devicestate.Contact)) error {
	if len(changes) == 0 {
		return nil
	}
	users := make([]types.JID, 0, len(changes))
	ids := make([]string, 0, len(changes))
	for user := range changes {
		users, ids = append(users, user), append(ids, s.contactID(user))
	}
	return s.batch(ctx, func(ctx context.Context) error {
		have, err := s.c.docs.GetMany(ctx, ids)
		if err != nil {
			return err
		}
		for i, user := range users {
			var c devicestate.Contact
			if value, ok := have[ids[i]]; ok {
				if err := decode(mongo.Item{ID: ids[i], Value: value}, &c); err != nil {
					return err
				}
			}
			changes[user](&c)
			if err := s.put(ctx, ids[i], &c); err != nil {
				return err
			}
		}
		s.c.docs.AfterCommit(ctx, func() { s.contacts.drop(users...) })
		return nil
	})
}
