package devicestore_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	waLog "go.mau.fi/whatsmeow/util/log"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive"
	"github.com/diskopukm/emileku/storage/mongo/devicestore"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// embedded is a new embedded database.
func embedded(t *testing.T) (s *sqlite.Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "emileku.db")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	noError(t, err)
	t.Cleanup(func() { noError(t, s.Close()) })
	noError(t, s.Migrate(t.Context()))
	return s, path
}

// within opens whatsmeow's store in the file of an embedded database.
func within(t *testing.T, s *sqlite.Store, path string) *sqlstore.Container {
	t.Helper()
	dsn := "file:" + path + "?_txlock=immediate&_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)"
	c, err := sqlstore.New(t.Context(), "sqlite", dsn, waLog.Noop)
	noError(t, err)
	t.Cleanup(func() { noError(t, c.Close()) })
	noError(t, s.AdoptDevices(t.Context()))
	return c
}

// everything adds to settled what it leaves out.
func everything(t *testing.T, d *store.Device) {
	t.Helper()
	settled(t, d)
	ctx := t.Context()
	_, err := d.PreKeys.GenOnePreKey(ctx)
	noError(t, errors.Join(err,
		d.AppStateKeys.PutAppStateSyncKey(ctx, []byte{1, 2}, store.AppStateSyncKey{Data: record(1), Fingerprint: record(2), Timestamp: 3}),
		d.AppState.PutAppStateVersion(ctx, "regular", 2, [128]byte{2}),
		d.AppState.PutAppStateMutationMACs(ctx, "regular", 2, macs(2, 2)),
		d.ChatSettings.PutMutedUntil(ctx, group(1), store.MutedForever),
		d.MsgSecrets.PutMessageSecret(ctx, group(1), lid(1), "3EB0/%A", record(1)),
		d.NCTSalt.PutNCTSalt(ctx, record(4)),
		d.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: lid(2), Token: record(1), Timestamp: time.Unix(5, 0), SenderTimestamp: time.Unix(4, 0)}),
		d.Contacts.PutManyRedactedPhones(ctx, []store.RedactedPhoneEntry{{JID: lid(1), RedactedPhone: "+62∙∙∙"}}),
		d.EventBuffer.ClearBufferedEventPlaintext(ctx, key32(8)),
		d.EventBuffer.PutBufferedEvent(ctx, key32(7), []byte("isi"), time.Unix(1, 0)),
		d.EventBuffer.AddOutgoingEvent(ctx, lid(1), "M", "wa", record(5)),
	))
}

// TestMovesBetweenEngines: a device that whatsmeow's own store has filled moves
// to MongoDB and back, whole, and is the same device there.
func TestMovesBetweenEngines(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	first, path := embedded(t)
	d := linked(t, within(t, first, path))
	everything(t, d)
	noise := *d.NoiseKey.Priv
	want := dump(t, first)
	if n := strings.Count(want, "\n"); n < 30 {
		t.Fatalf("the embedded database shows %d documents: %s", n, want)
	}

	database := mongotest.Database(t)
	p, err := open(t, database, "kunci-yang-panjang-dan-acak-0123456789")
	noError(t, err)
	noError(t, p.store.Migrate(ctx))
	_, err = archive.Copy(ctx, first, p.store, archive.Options{})
	noError(t, err)
	if got := dump(t, p.store); got != want {
		t.Fatalf("in MongoDB:\n got %s\nwant %s", got, want)
	}
	c := devicestore.New(p.store, zerolog.Nop())
	moved, err := c.GetFirstDevice(ctx)
	noError(t, err)
	both := &pair{t: t, sql: d, ours: moved}
	lookAtAll(both)
	if *moved.NoiseKey.Priv != noise {
		t.Fatal("another device")
	}
	// Numbers of pre-keys go on well behind those that may have been given.
	k, err := moved.PreKeys.GenOnePreKey(ctx)
	noError(t, err)
	if k.KeyID != 5+1000+1 {
		t.Fatalf("the next pre-key is %d", k.KeyID)
	}
	noError(t, moved.PreKeys.RemovePreKey(ctx, k.KeyID))

	second, path := embedded(t)
	_, err = archive.Copy(ctx, p.store, second, archive.Options{})
	noError(t, err)
	if got := dump(t, second); got != want {
		t.Fatalf("waiting:\n got %s\nwant %s", got, want)
	}
	back := within(t, second, path)
	if got := dump(t, second); got != want {
		t.Fatalf("adopted:\n got %s\nwant %s", got, want)
	}
	again, err := back.GetFirstDevice(ctx)
	noError(t, err)
	lookAtAll(&pair{t: t, sql: d, ours: again})
	noError(t, again.Sessions.PutSession(ctx, "x:0", record(1)))
	noError(t, second.AdoptDevices(ctx)) // once only
	if has, err := again.Sessions.HasSession(ctx, "x:0"); !has || err != nil {
		t.Fatal("adopted twice", err)
	}
	noError(t, second.Raw().Clear(ctx))
	if got := dump(t, second); got != "" {
		t.Fatalf("cleared: %s", got)
	}
}

// lookAtAll reads through every interface.
func lookAtAll(p *pair) {
	p.t.Helper()
	p.sessionsOf(address(pn(1), 0), address(lid(1), 0), address(lid(1), 1), address(lid(2), 0))
	p.lookLIDs()
	identitiesAre(p)
}

func identitiesAre(p *pair) {
	p.t.Helper()
	for i := range 3 {
		p.same("IsTrustedIdentity", func(ctx context.Context, d *store.Device) (any, error) {
			return d.Identities.IsTrustedIdentity(ctx, address(lid(1), 1), key32(i))
		})
		p.same("GetAppStateMutationMAC", func(ctx context.Context, d *store.Device) (any, error) {
			index := key32(i)
			return d.AppState.GetAppStateMutationMAC(ctx, "regular", index[:])
		})
		p.same("GetPrivacyToken", func(ctx context.Context, d *store.Device) (any, error) {
			return d.PrivacyTokens.GetPrivacyToken(ctx, pn(i))
		})
		p.same("GetSenderKey", func(ctx context.Context, d *store.Device) (any, error) {
			return d.SenderKeys.GetSenderKey(ctx, group(i).String(), address(pn(1), 0))
		})
		p.same("GetBufferedEvent", func(ctx context.Context, d *store.Device) (any, error) {
			return d.EventBuffer.GetBufferedEvent(ctx, key32(6+i))
		})
	}
	p.same("GetOrGenPreKeys", func(ctx context.Context, d *store.Device) (any, error) { return keyIDs(ctx, d, 2) })
	p.same("UploadedPreKeyCount", func(ctx context.Context, d *store.Device) (any, error) { return d.PreKeys.UploadedPreKeyCount(ctx) })
	p.same("GetAllContacts", func(ctx context.Context, d *store.Device) (any, error) { return d.Contacts.GetAllContacts(ctx) })
	p.same("GetChatSettings", func(ctx context.Context, d *store.Device) (any, error) {
		return d.ChatSettings.GetChatSettings(ctx, group(1))
	})
	p.same("GetNCTSalt", func(ctx context.Context, d *store.Device) (any, error) { return d.NCTSalt.GetNCTSalt(ctx) })
	p.same("GetAllAppStateSyncKeys", func(ctx context.Context, d *store.Device) (any, error) {
		return d.AppStateKeys.GetAllAppStateSyncKeys(ctx)
	})
	p.same("GetLatestAppStateSyncKeyID", func(ctx context.Context, d *store.Device) (any, error) {
		return d.AppStateKeys.GetLatestAppStateSyncKeyID(ctx)
	})
	p.same("GetAppStateVersion", func(ctx context.Context, d *store.Device) (any, error) {
		v, hash, err := d.AppState.GetAppStateVersion(ctx, "regular")
		return []any{v, hash}, err
	})
	p.same("GetMessageSecret", func(ctx context.Context, d *store.Device) (any, error) {
		s, who, err := d.MsgSecrets.GetMessageSecret(ctx, group(1), pn(1), "3EB0/%A")
		return []any{s, who}, err
	})
	p.same("GetOutgoingEvent", func(ctx context.Context, d *store.Device) (any, error) {
		format, text, err := d.EventBuffer.GetOutgoingEvent(ctx, pn(1), lid(1), "M")
		return []any{format, text}, err
	})
}

// TestRestoredDevice: after a restore the number is linked as before, and has
// no ratchet that could fork.
func TestRestoredDevice(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p := start(t, mongotest.Database(t), "")
	noError(t, p.store.Migrate(ctx))
	d := linked(t, p.Container)
	everything(t, d)
	var file bytes.Buffer
	_, err := archive.Write(ctx, p.store, &file, archive.Source{At: time.Now()})
	noError(t, err)
	for name, target := range map[string]func() (storage.Store, func() *store.Device){
		"MongoDB": func() (storage.Store, func() *store.Device) {
			q := start(t, mongotest.Database(t), "")
			noError(t, q.store.Migrate(ctx))
			noError(t, linked(t, q.Container).Sessions.PutSession(ctx, "old:0", record(1)))
			return q.store, func() *store.Device {
				return first(t, devicestore.New(q.store, zerolog.Nop()))
			}
		},
		"embedded": func() (storage.Store, func() *store.Device) {
			s, path := embedded(t)
			noError(t, linked(t, within(t, s, path)).Sessions.PutSession(ctx, "old:0", record(1)))
			return s, func() *store.Device { return first(t, within(t, s, path)) }
		},
	} {
		s, opened := target()
		_, err := archive.Read(ctx, s, bytes.NewReader(file.Bytes()), int64(file.Len()), archive.Options{Replace: true})
		noError(t, err)
		again := opened()
		if again.ID == nil || *again.NoiseKey.Priv != *d.NoiseKey.Priv || *again.IdentityKey.Priv != *d.IdentityKey.Priv {
			t.Fatalf("%s: another device: %v", name, again.ID)
		}
		for _, a := range []string{address(lid(1), 0), "old:0"} {
			if has, err := again.Sessions.HasSession(ctx, a); has || err != nil {
				t.Fatalf("%s: the session with %s was kept: %v", name, a, err)
			}
		}
		key, err := again.SenderKeys.GetSenderKey(ctx, group(0).String(), address(pn(1), 0))
		if key != nil || err != nil {
			t.Fatalf("%s: a sender key was kept: %v", name, err)
		}
		pre, err := again.PreKeys.GetPreKey(ctx, 1)
		if pre == nil || err != nil {
			t.Fatalf("%s: pre-key 1 was lost: %v", name, err)
		}
		if l, err := again.LIDs.GetLIDForPN(ctx, pn(1)); l != lid(1) || err != nil {
			t.Fatalf("%s: LID %s, %v", name, l, err)
		}
	}
}

func first(t *testing.T, c container) *store.Device {
	t.Helper()
	d, err := c.GetFirstDevice(t.Context())
	noError(t, err)
	return d
}
