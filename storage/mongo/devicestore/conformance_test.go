package devicestore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage/mongo/mongotest"
)

// pair runs each call on sqlstore and on ours, and compares the results.
type pair struct {
	t          *testing.T
	sql, ours  *store.Device
	sqlC       container
	oursC      container
	failedCall bool
}

func newPair(t *testing.T) *pair {
	p := &pair{t: t, sqlC: sqlContainer(t), oursC: start(t, mongotest.Database(t), "")}
	p.sql, p.ours = linked(t, p.sqlC), linked(t, p.oursC)
	return p
}

// same calls f on both devices. Results are compared as JSON; of errors only
// that there is one.
func (p *pair) same(what string, f func(ctx context.Context, d *store.Device) (any, error)) {
	p.t.Helper()
	want, wantErr := f(p.t.Context(), p.sql)
	got, gotErr := f(p.t.Context(), p.ours)
	if (wantErr == nil) != (gotErr == nil) {
		p.t.Fatalf("%s: error %v, sqlstore's is %v", what, gotErr, wantErr)
	}
	w, g := asJSON(p.t, want), asJSON(p.t, got)
	if wantErr == nil && w != g {
		p.t.Fatalf("%s:\n     ours %s\n sqlstore %s", what, g, w)
	}
	if wantErr != nil {
		p.failedCall = true
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	noError(t, err)
	return string(b)
}

// do is same for calls that give nothing but an error.
func (p *pair) do(what string, f func(ctx context.Context, d *store.Device) error) {
	p.t.Helper()
	p.same(what, func(ctx context.Context, d *store.Device) (any, error) { return nil, f(ctx, d) })
}

func pn(n int) types.JID { return types.NewJID(fmt.Sprintf("62812000%d", n), types.DefaultUserServer) }
func lid(n int) types.JID {
	return types.NewJID(fmt.Sprintf("70000%d", n), types.HiddenUserServer)
}

func group(n int) types.JID { return types.NewJID(fmt.Sprintf("1203%d", n), types.GroupServer) }

// address is a Signal address of somebody's device.
func address(jid types.JID, device uint16) string {
	jid.Device = device
	return jid.SignalAddress().String()
}

func record(n int) []byte { return fmt.Appendf(nil, "record %d", n) }

func key32(n int) (k [32]byte) {
	copy(k[:], fmt.Sprintf("key %d", n))
	return k
}

// TestSideBySide goes through every interface once.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(*pair){
		"identities": identities, "sessions": sessions, "pre-keys": preKeys, "sender keys": senderKeys,
		"app state": appState, "contacts": contacts, "chats": chats, "secrets": secrets, "tokens": tokens,
		"salt": salt, "events": events, "lids": lids, "migration": migration, "transactions": transactions, "devices": devices,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			script(p)
			script(p) // again, on what the first time has left
		})
	}
}

func identities(p *pair) {
	trusted := func(a string, k int) {
		p.t.Helper()
		p.same("IsTrustedIdentity", func(ctx context.Context, d *store.Device) (any, error) {
			return d.Identities.IsTrustedIdentity(ctx, a, key32(k))
		})
	}
	for i := range 3 {
		p.do("PutIdentity", func(ctx context.Context, d *store.Device) error {
			return d.Identities.PutIdentity(ctx, address(lid(1), uint16(i)), key32(i))
		})
	}
	p.do("PutIdentity", func(ctx context.Context, d *store.Device) error {
		return d.Identities.PutIdentity(ctx, address(lid(2), 0), key32(9))
	})
	trusted(address(lid(1), 0), 0)
	trusted(address(lid(1), 0), 1)
	trusted(address(lid(3), 0), 1)
	p.do("DeleteIdentity", func(ctx context.Context, d *store.Device) error {
		return d.Identities.DeleteIdentity(ctx, address(lid(1), 0))
	})
	trusted(address(lid(1), 0), 5)
	trusted(address(lid(1), 1), 5)
	p.do("DeleteAllIdentities", func(ctx context.Context, d *store.Device) error {
		return d.Identities.DeleteAllIdentities(ctx, lid(1).SignalAddressUser())
	})
	trusted(address(lid(1), 1), 5)
	trusted(address(lid(1), 2), 5)
	trusted(address(lid(2), 0), 5)
}

func (p *pair) sessionsOf(addresses ...string) {
	p.t.Helper()
	p.same("GetManySessions", func(ctx context.Context, d *store.Device) (any, error) {
		return d.Sessions.GetManySessions(ctx, addresses)
	})
	for _, a := range addresses {
		p.same("GetSession", func(ctx context.Context, d *store.Device) (any, error) { return d.Sessions.GetSession(ctx, a) })
		p.same("HasSession", func(ctx context.Context, d *store.Device) (any, error) { return d.Sessions.HasSession(ctx, a) })
	}
}

func sessions(p *pair) {
	a, b, c := address(lid(1), 0), address(lid(1), 3), address(lid(12), 0)
	p.sessionsOf(a, b, c)
	p.sessionsOf()
	p.do("PutSession", func(ctx context.Context, d *store.Device) error { return d.Sessions.PutSession(ctx, a, record(1)) })
	p.do("PutManySessions", func(ctx context.Context, d *store.Device) error {
		return d.Sessions.PutManySessions(ctx, map[string][]byte{b: record(2), c: record(3), a: record(4)})
	})
	p.do("PutManySessions", func(ctx context.Context, d *store.Device) error { return d.Sessions.PutManySessions(ctx, nil) })
	p.sessionsOf(a, b, c)
	p.do("DeleteSession", func(ctx context.Context, d *store.Device) error { return d.Sessions.DeleteSession(ctx, b) })
	p.do("DeleteSession", func(ctx context.Context, d *store.Device) error { return d.Sessions.DeleteSession(ctx, "none:1") })
	p.sessionsOf(a, b, c)
	p.do("DeleteAllSessions", func(ctx context.Context, d *store.Device) error {
		return d.Sessions.DeleteAllSessions(ctx, lid(1).SignalAddressUser())
	})
	p.sessionsOf(a, b, c)
}

// keyIDs are the numbers of pre-keys; that their secrets are kept is checked.
func keyIDs(ctx context.Context, d *store.Device, n uint32) (any, error) {
	keys, err := d.PreKeys.GetOrGenPreKeys(ctx, n)
	if err != nil {
		return nil, err
	}
	var ids []uint32
	for _, k := range keys {
		ids = append(ids, k.KeyID)
		again, err := d.PreKeys.GetPreKey(ctx, k.KeyID)
		if err != nil || again == nil || *again.Priv != *k.Priv || *again.Pub != *k.Pub {
			return nil, fmt.Errorf("pre-key %d is not as it was given: %w", k.KeyID, err)
		}
	}
	return ids, nil
}

func preKeys(p *pair) {
	count := func() {
		p.t.Helper()
		p.same("UploadedPreKeyCount", func(ctx context.Context, d *store.Device) (any, error) { return d.PreKeys.UploadedPreKeyCount(ctx) })
	}
	gen := func(n uint32) {
		p.t.Helper()
		p.same("GetOrGenPreKeys", func(ctx context.Context, d *store.Device) (any, error) { return keyIDs(ctx, d, n) })
	}
	one := func() {
		p.t.Helper()
		p.same("GenOnePreKey", func(ctx context.Context, d *store.Device) (any, error) {
			k, err := d.PreKeys.GenOnePreKey(ctx)
			if err != nil {
				return nil, err
			}
			return k.KeyID, nil
		})
	}
	count()
	gen(5)
	gen(5)
	gen(7)
	one()
	count()
	gen(3)
	p.do("MarkPreKeysAsUploaded", func(ctx context.Context, d *store.Device) error { return d.PreKeys.MarkPreKeysAsUploaded(ctx, 4) })
	count()
	gen(6)
	p.do("RemovePreKey", func(ctx context.Context, d *store.Device) error { return d.PreKeys.RemovePreKey(ctx, 2) })
	p.do("RemovePreKey", func(ctx context.Context, d *store.Device) error { return d.PreKeys.RemovePreKey(ctx, 999) })
	p.same("GetPreKey", func(ctx context.Context, d *store.Device) (any, error) {
		k, err := d.PreKeys.GetPreKey(ctx, 2)
		return k == nil, err
	})
	count()
	one()
	gen(20)
	count()
}

func senderKeys(p *pair) {
	get := func(g types.JID, a string) {
		p.t.Helper()
		p.same("GetSenderKey", func(ctx context.Context, d *store.Device) (any, error) {
			return d.SenderKeys.GetSenderKey(ctx, g.String(), a)
		})
	}
	get(group(1), address(lid(1), 0))
	for i := range 3 {
		p.do("PutSenderKey", func(ctx context.Context, d *store.Device) error {
			return d.SenderKeys.PutSenderKey(ctx, group(i).String(), address(lid(1), 0), record(i))
		})
	}
	get(group(1), address(lid(1), 0))
	get(group(1), address(lid(1), 1))
	get(group(7), address(lid(1), 0))
}

func appState(p *pair) {
	all := func() {
		p.t.Helper()
		p.same("GetAllAppStateSyncKeys", func(ctx context.Context, d *store.Device) (any, error) {
			return d.AppStateKeys.GetAllAppStateSyncKeys(ctx)
		})
		p.same("GetLatestAppStateSyncKeyID", func(ctx context.Context, d *store.Device) (any, error) {
			return d.AppStateKeys.GetLatestAppStateSyncKeyID(ctx)
		})
	}
	all()
	for i, at := range []int64{20, 40, 30} {
		p.do("PutAppStateSyncKey", func(ctx context.Context, d *store.Device) error {
			return d.AppStateKeys.PutAppStateSyncKey(ctx, []byte{0, byte(i)}, store.AppStateSyncKey{Data: record(i), Fingerprint: []byte("f"), Timestamp: at})
		})
	}
	all()
	for _, at := range []int64{10, 50} { // older, newer
		p.do("PutAppStateSyncKey", func(ctx context.Context, d *store.Device) error {
			return d.AppStateKeys.PutAppStateSyncKey(ctx, []byte{0, 0}, store.AppStateSyncKey{Data: record(int(at)), Fingerprint: []byte("g"), Timestamp: at})
		})
		p.same("GetAppStateSyncKey", func(ctx context.Context, d *store.Device) (any, error) {
			return d.AppStateKeys.GetAppStateSyncKey(ctx, []byte{0, 0})
		})
	}
	p.same("GetAppStateSyncKey", func(ctx context.Context, d *store.Device) (any, error) {
		return d.AppStateKeys.GetAppStateSyncKey(ctx, []byte{9})
	})
	all()

	version := func() {
		p.t.Helper()
		p.same("GetAppStateVersion", func(ctx context.Context, d *store.Device) (any, error) {
			v, hash, err := d.AppState.GetAppStateVersion(ctx, "regular")
			return []any{v, hash}, err
		})
	}
	index := func(n int) []byte { k := key32(n); return k[:] }
	mac := func(n int) {
		p.t.Helper()
		p.same("GetAppStateMutationMAC", func(ctx context.Context, d *store.Device) (any, error) {
			return d.AppState.GetAppStateMutationMAC(ctx, "regular", index(n))
		})
	}
	put := func(version uint64, ns ...int) {
		p.t.Helper()
		p.do("PutAppStateMutationMACs", func(ctx context.Context, d *store.Device) error {
			var ms []store.AppStateMutationMAC
			for _, n := range ns {
				ms = append(ms, store.AppStateMutationMAC{IndexMAC: index(n), ValueMAC: index(n + int(version)*100)})
			}
			return d.AppState.PutAppStateMutationMACs(ctx, "regular", version, ms)
		})
	}
	version()
	put(1, 1) // refused: there is no version yet
	put(1)
	p.do("PutAppStateVersion", func(ctx context.Context, d *store.Device) error {
		return d.AppState.PutAppStateVersion(ctx, "regular", 3, [128]byte{1, 2, 3})
	})
	version()
	put(2, 1, 2, 3)
	put(3, 2, 4)
	put(1, 2, 5)
	for n := range 6 {
		mac(n)
	}
	p.do("DeleteAppStateMutationMACs", func(ctx context.Context, d *store.Device) error {
		return d.AppState.DeleteAppStateMutationMACs(ctx, "regular", [][]byte{index(2), index(3), index(77)})
	})
	p.do("DeleteAppStateMutationMACs", func(ctx context.Context, d *store.Device) error {
		return d.AppState.DeleteAppStateMutationMACs(ctx, "regular", nil)
	})
	for n := range 6 {
		mac(n)
	}
	p.do("DeleteAppStateVersion", func(ctx context.Context, d *store.Device) error {
		return d.AppState.DeleteAppStateVersion(ctx, "regular")
	})
	version()
	mac(1)
}
