package devicestore

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
)

// mutedForever stands for store.MutedForever.
const mutedForever = -1

func (s *Store) setChat(ctx context.Context, chat types.JID, change func(*devicestate.ChatSettings)) error {
	var c devicestate.ChatSettings
	return s.update(ctx, s.id(devicestate.KindChat, chat.String()), &c, func(bool) (bool, error) {
		change(&c)
		return true, nil
	})
}

// PutMutedUntil implements store.ChatSettingsStore, and so do the following.
func (s *Store) PutMutedUntil(ctx context.Context, chat types.JID, mutedUntil time.Time) error {
	var until int64
	switch {
	case mutedUntil.Equal(store.MutedForever):
		until = mutedForever
	case !mutedUntil.IsZero():
		until = mutedUntil.Unix()
	}
	return s.setChat(ctx, chat, func(c *devicestate.ChatSettings) { c.MutedUntil = until })
}

// PutPinned says whether a chat is pinned.
func (s *Store) PutPinned(ctx context.Context, chat types.JID, pinned bool) error {
	return s.setChat(ctx, chat, func(c *devicestate.ChatSettings) { c.Pinned = pinned })
}

// PutArchived says whether a chat is archived.
func (s *Store) PutArchived(ctx context.Context, chat types.JID, archived bool) error {
	return s.setChat(ctx, chat, func(c *devicestate.ChatSettings) { c.Archived = archived })
}

// GetChatSettings gives what the three above have stored.
func (s *Store) GetChatSettings(ctx context.Context, chat types.JID) (out types.LocalChatSettings, err error) {
	var c devicestate.ChatSettings
	out.Found, err = s.c.docs.Get(ctx, s.id(devicestate.KindChat, chat.String()), &c)
	out.Pinned, out.Archived = c.Pinned, c.Archived
	switch {
	case c.MutedUntil < 0:
		out.MutedUntil = store.MutedForever
	case c.MutedUntil > 0:
		out.MutedUntil = time.Unix(c.MutedUntil, 0)
	}
	return out, err
}

// alternatives are a JID and, where it is known, the other form of it: LID or
// phone number.
func (s *Store) alternatives(ctx context.Context, jid types.JID) ([]types.JID, error) {
	out := []types.JID{jid}
	var alt types.JID
	var err error
	switch jid.Server {
	case types.HiddenUserServer:
		alt, err = s.c.LIDMap.GetPNForLID(ctx, jid)
	case types.DefaultUserServer:
		alt, err = s.c.LIDMap.GetLIDForPN(ctx, jid)
	}
	if err == nil && !alt.IsEmpty() {
		out = append(out, alt)
	}
	return out, err
}

// PutMessageSecrets implements store.MsgSecretStore: all or none; the first
// secret of a message stays.
func (s *Store) PutMessageSecrets(ctx context.Context, inserts []store.MessageSecretInsert) error {
	if len(inserts) == 0 {
		return nil
	}
	ids := make([]string, len(inserts))
	for i, in := range inserts {
		ids[i] = s.secretID(in.Chat.ToNonAD(), in.Sender.ToNonAD(), in.ID)
	}
	return s.batch(ctx, func(ctx context.Context) error {
		have, err := s.c.docs.GetMany(ctx, ids)
		if err != nil {
			return err
		}
		for i, in := range inserts {
			if have[ids[i]] != nil {
				continue
			}
			have[ids[i]] = in.Secret
			if err := s.put(ctx, ids[i], &devicestate.MessageSecret{Key: in.Secret}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) secretID(chat, sender types.JID, id types.MessageID) string {
	return s.id(devicestate.KindSecret, chat.String(), sender.String(), id)
}

// PutMessageSecret implements store.MsgSecretStore.
func (s *Store) PutMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID, secret []byte) error {
	var m devicestate.MessageSecret
	return s.update(ctx, s.secretID(chat.ToNonAD(), sender.ToNonAD(), id), &m, func(found bool) (bool, error) {
		m.Key = secret
		return !found, nil
	})
}

// GetMessageSecret implements store.MsgSecretStore. Chat and sender may be
// given by LID or phone number, whichever the secret is stored under; the
// sender is given back as it is stored.
func (s *Store) GetMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID) ([]byte, types.JID, error) {
	chats, err := s.alternatives(ctx, chat.ToNonAD())
	if err != nil {
		return nil, types.EmptyJID, err
	}
	senders, err := s.alternatives(ctx, sender.ToNonAD())
	if err != nil {
		return nil, types.EmptyJID, err
	}
	var ids []string
	by := map[string]types.JID{}
	for _, c := range chats {
		for _, u := range senders {
			key := s.secretID(c, u, id)
			ids, by[key] = append(ids, key), u
		}
	}
	found, err := s.c.docs.GetMany(ctx, ids)
	if err != nil {
		return nil, types.EmptyJID, err
	}
	for _, key := range ids {
		if value, ok := found[key]; ok {
			var m devicestate.MessageSecret
			err := decode(mongo.Item{ID: key, Value: value}, &m)
			return m.Key, by[key], err
		}
	}
	return nil, types.EmptyJID, nil
}

// PutPrivacyTokens implements store.PrivacyTokenStore: all or none. A token
// that is older than the one there is passed over.
func (s *Store) PutPrivacyTokens(ctx context.Context, tokens ...store.PrivacyToken) error {
	put := func(ctx context.Context, t store.PrivacyToken) error {
		var have devicestate.PrivacyToken
		return s.update(ctx, s.tokenID(t.User.ToNonAD()), &have, func(found bool) (bool, error) {
			at := t.Timestamp.Unix()
			if found && at < have.Timestamp {
				return false, nil
			}
			have.Token, have.Timestamp = t.Token, at
			if !t.SenderTimestamp.IsZero() {
				have.SenderTimestamp = t.SenderTimestamp.Unix()
			}
			return true, nil
		})
	}
	if len(tokens) == 1 {
		return put(ctx, tokens[0])
	}
	return s.batch(ctx, func(ctx context.Context) error {
		for _, t := range tokens {
			if err := put(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) tokenID(user types.JID) string {
	return s.id(devicestate.KindPrivacyToken, user.String())
}

// GetPrivacyToken implements store.PrivacyTokenStore: the latest of those under
// LID and phone number, nil if there is none.
func (s *Store) GetPrivacyToken(ctx context.Context, user types.JID) (*store.PrivacyToken, error) {
	user = user.ToNonAD()
	users, err := s.alternatives(ctx, user)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = s.tokenID(u)
	}
	found, err := s.c.docs.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	var latest *devicestate.PrivacyToken
	for _, id := range ids {
		value, ok := found[id]
		if !ok {
			continue
		}
		var t devicestate.PrivacyToken
		if err := decode(mongo.Item{ID: id, Value: value}, &t); err != nil {
			return nil, err
		}
		if latest == nil || t.Timestamp > latest.Timestamp {
			latest = &t
		}
	}
	if latest == nil {
		return nil, nil
	}
	out := &store.PrivacyToken{User: user, Token: latest.Token, Timestamp: time.Unix(latest.Timestamp, 0)}
	if latest.SenderTimestamp != 0 {
		out.SenderTimestamp = time.Unix(latest.SenderTimestamp, 0)
	}
	return out, nil
}

// DeleteExpiredPrivacyTokens implements store.PrivacyTokenStore.
func (s *Store) DeleteExpiredPrivacyTokens(ctx context.Context, cutoff time.Time) (int64, error) {
	return s.c.docs.DeleteOlder(ctx, s.prefix(devicestate.KindPrivacyToken), cutoff.Unix())
}

// PutNCTSalt implements store.NCTSaltStore, and so do the following.
func (s *Store) PutNCTSalt(ctx context.Context, salt []byte) error {
	return s.put(ctx, s.id(devicestate.KindSalt), &devicestate.Salt{Salt: salt})
}

// GetNCTSalt gives nil if there is none.
func (s *Store) GetNCTSalt(ctx context.Context) ([]byte, error) {
	var salt devicestate.Salt
	_, err := s.c.docs.Get(ctx, s.id(devicestate.KindSalt), &salt)
	return salt.Salt, err
}

// DeleteNCTSalt deletes it.
func (s *Store) DeleteNCTSalt(ctx context.Context) error {
	return s.remove(ctx, s.id(devicestate.KindSalt))
}
