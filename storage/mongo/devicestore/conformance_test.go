package devicestore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

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
			return nil, fmt.Errorf("pre-key %d is not as it was given: %v", k.KeyID, err)
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

func contacts(p *pair) {
	look := func() {
		p.t.Helper()
		for i := range 5 {
			p.same("GetContact", func(ctx context.Context, d *store.Device) (any, error) { return d.Contacts.GetContact(ctx, lid(i)) })
		}
		p.same("GetAllContacts", func(ctx context.Context, d *store.Device) (any, error) { return d.Contacts.GetAllContacts(ctx) })
	}
	push := func(n int, name string) {
		p.t.Helper()
		p.same("PutPushName", func(ctx context.Context, d *store.Device) (any, error) {
			changed, was, err := d.Contacts.PutPushName(ctx, lid(n), name)
			return []any{changed, was}, err
		})
	}
	look()
	push(1, "Bu Ani")
	push(1, "Bu Ani")
	push(1, "Ani")
	push(2, "")
	look()
	p.same("PutBusinessName", func(ctx context.Context, d *store.Device) (any, error) {
		changed, was, err := d.Contacts.PutBusinessName(ctx, lid(1), "Keripik \"Ani\" / 100%")
		return []any{changed, was}, err
	})
	p.do("PutContactName", func(ctx context.Context, d *store.Device) error {
		return d.Contacts.PutContactName(ctx, lid(1), "Ani", "Ani Suryani")
	})
	p.do("PutContactName", func(ctx context.Context, d *store.Device) error {
		return d.Contacts.PutContactName(ctx, lid(4), "", "")
	})
	look()
	p.do("PutAllContactNames", func(ctx context.Context, d *store.Device) error {
		return d.Contacts.PutAllContactNames(ctx, []store.ContactEntry{
			{JID: lid(1), FirstName: "A", FullName: "A S"}, {JID: lid(3)}, {JID: lid(1), FirstName: "B", FullName: "B S"},
		})
	})
	p.do("PutAllContactNames", func(ctx context.Context, d *store.Device) error { return d.Contacts.PutAllContactNames(ctx, nil) })
	look()
	p.do("PutManyRedactedPhones", func(ctx context.Context, d *store.Device) error {
		return d.Contacts.PutManyRedactedPhones(ctx, []store.RedactedPhoneEntry{{JID: lid(1), RedactedPhone: "+62∙∙∙∙11"}, {JID: lid(4), RedactedPhone: "+62∙∙∙∙44"}})
	})
	look()
	push(4, "Pak Dedi")
	look()
}

func chats(p *pair) {
	look := func() {
		p.t.Helper()
		p.same("GetChatSettings", func(ctx context.Context, d *store.Device) (any, error) {
			return d.ChatSettings.GetChatSettings(ctx, group(1))
		})
	}
	look()
	p.do("PutPinned", func(ctx context.Context, d *store.Device) error { return d.ChatSettings.PutPinned(ctx, group(1), true) })
	look()
	for _, until := range []time.Time{time.Unix(1_800_000_000, 0), store.MutedForever, {}} {
		p.do("PutMutedUntil", func(ctx context.Context, d *store.Device) error {
			return d.ChatSettings.PutMutedUntil(ctx, group(1), until)
		})
		look()
	}
	p.do("PutArchived", func(ctx context.Context, d *store.Device) error {
		return d.ChatSettings.PutArchived(ctx, group(1), true)
	})
	p.do("PutPinned", func(ctx context.Context, d *store.Device) error {
		return d.ChatSettings.PutPinned(ctx, group(1), false)
	})
	look()
}

func secrets(p *pair) {
	get := func(chat, sender types.JID, id string) {
		p.t.Helper()
		p.same("GetMessageSecret", func(ctx context.Context, d *store.Device) (any, error) {
			s, who, err := d.MsgSecrets.GetMessageSecret(ctx, chat, sender, id)
			return []any{s, who}, err
		})
	}
	device := lid(1)
	device.Device = 4
	p.do("PutMessageSecret", func(ctx context.Context, d *store.Device) error {
		return d.MsgSecrets.PutMessageSecret(ctx, device, device, "3EB0/%A", record(1))
	})
	p.do("PutMessageSecret", func(ctx context.Context, d *store.Device) error {
		return d.MsgSecrets.PutMessageSecret(ctx, lid(1), lid(1), "3EB0/%A", record(2)) // the first stays
	})
	p.do("PutMessageSecrets", func(ctx context.Context, d *store.Device) error {
		return d.MsgSecrets.PutMessageSecrets(ctx, []store.MessageSecretInsert{
			{Chat: group(1), Sender: pn(2), ID: "B", Secret: record(3)}, {Chat: group(1), Sender: pn(2), ID: "B", Secret: record(4)},
			{Chat: pn(2), Sender: ourJID, ID: "C", Secret: record(5)},
		})
	})
	look := func() {
		p.t.Helper()
		get(lid(1), lid(1), "3EB0/%A")
		get(pn(1), pn(1), "3EB0/%A")
		get(pn(1), lid(1), "3EB0/%A")
		get(group(1), pn(2), "B")
		get(group(1), lid(2), "B")
		get(lid(2), ourJID, "C")
		get(lid(2), lid(3), "C")
		get(group(2), pn(2), "B")
	}
	look()
	for i := 1; i < 3; i++ {
		p.do("PutLIDMapping", func(ctx context.Context, d *store.Device) error { return d.LIDs.PutLIDMapping(ctx, lid(i), pn(i)) })
	}
	look()
}

func tokens(p *pair) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	look := func() {
		p.t.Helper()
		for _, u := range []types.JID{lid(1), pn(1), lid(2), pn(2), pn(3)} {
			p.same("GetPrivacyToken", func(ctx context.Context, d *store.Device) (any, error) {
				return d.PrivacyTokens.GetPrivacyToken(ctx, u)
			})
		}
	}
	put := func(ts ...store.PrivacyToken) {
		p.t.Helper()
		p.do("PutPrivacyTokens", func(ctx context.Context, d *store.Device) error { return d.PrivacyTokens.PutPrivacyTokens(ctx, ts...) })
	}
	look()
	put(store.PrivacyToken{User: lid(1), Token: record(1), Timestamp: at(100), SenderTimestamp: at(90)})
	put(store.PrivacyToken{User: lid(1), Token: record(2), Timestamp: at(99)}) // older: passed over
	put(store.PrivacyToken{User: lid(1), Token: record(3), Timestamp: at(110)},
		store.PrivacyToken{User: pn(1), Token: record(4), Timestamp: at(120)},
		store.PrivacyToken{User: pn(2), Token: record(5), Timestamp: at(50)})
	look()
	p.do("PutManyLIDMappings", func(ctx context.Context, d *store.Device) error {
		return d.LIDs.PutManyLIDMappings(ctx, []store.LIDMapping{{LID: lid(1), PN: pn(1)}, {LID: lid(2), PN: pn(2)}})
	})
	look()
	expire := func(before int64) {
		p.t.Helper()
		p.same("DeleteExpiredPrivacyTokens", func(ctx context.Context, d *store.Device) (any, error) {
			return d.PrivacyTokens.DeleteExpiredPrivacyTokens(ctx, at(before))
		})
		look()
	}
	expire(50)
	expire(115)
	expire(115)
}

func salt(p *pair) {
	look := func() {
		p.t.Helper()
		p.same("GetNCTSalt", func(ctx context.Context, d *store.Device) (any, error) { return d.NCTSalt.GetNCTSalt(ctx) })
	}
	look()
	for i := range 2 {
		p.do("PutNCTSalt", func(ctx context.Context, d *store.Device) error { return d.NCTSalt.PutNCTSalt(ctx, record(i)) })
		look()
	}
	p.do("DeleteNCTSalt", func(ctx context.Context, d *store.Device) error { return d.NCTSalt.DeleteNCTSalt(ctx) })
	look()
}

func events(p *pair) {
	look := func(n int) {
		p.t.Helper()
		p.same("GetBufferedEvent", func(ctx context.Context, d *store.Device) (any, error) {
			e, err := d.EventBuffer.GetBufferedEvent(ctx, key32(n))
			if e == nil || err != nil {
				return nil, err
			}
			if time.Since(e.InsertTime).Abs() > time.Hour {
				return nil, fmt.Errorf("inserted at %s", e.InsertTime)
			}
			return []any{e.Plaintext, e.Plaintext == nil, e.ServerTime.Unix()}, nil
		})
	}
	put := func(n int, text []byte) {
		p.t.Helper()
		p.do("PutBufferedEvent", func(ctx context.Context, d *store.Device) error {
			return d.EventBuffer.PutBufferedEvent(ctx, key32(n), text, time.Unix(1_790_000_000, 0))
		})
		look(n)
	}
	look(1)
	put(1, []byte("isi"))
	put(1, []byte("lagi")) // refused
	put(2, []byte("dua"))
	for i := range 3 {
		p.do("ClearBufferedEventPlaintext", func(ctx context.Context, d *store.Device) error {
			return d.EventBuffer.ClearBufferedEventPlaintext(ctx, key32(i*2+1))
		})
	}
	look(1)
	look(2)
	look(3)
	p.do("DeleteOldBufferedHashes", func(ctx context.Context, d *store.Device) error { return d.EventBuffer.DeleteOldBufferedHashes(ctx) })
	look(1)

	out := func(chat, alt types.JID, id string) {
		p.t.Helper()
		p.same("GetOutgoingEvent", func(ctx context.Context, d *store.Device) (any, error) {
			format, text, err := d.EventBuffer.GetOutgoingEvent(ctx, chat, alt, id)
			return []any{format, text}, err
		})
	}
	out(lid(1), pn(1), "M1")
	for i := range 2 {
		p.do("AddOutgoingEvent", func(ctx context.Context, d *store.Device) error {
			return d.EventBuffer.AddOutgoingEvent(ctx, pn(1), "M1", "wa", record(i))
		})
	}
	out(lid(1), pn(1), "M1")
	out(pn(1), types.EmptyJID, "M1")
	out(lid(1), types.EmptyJID, "M1")
	out(pn(1), lid(1), "M2")
	p.do("DeleteOldOutgoingEvents", func(ctx context.Context, d *store.Device) error { return d.EventBuffer.DeleteOldOutgoingEvents(ctx) })
	out(lid(1), pn(1), "M1")
}

func (p *pair) lookLIDs() {
	p.t.Helper()
	var pns []types.JID
	for i := range 6 {
		user := pn(i)
		user.Device = uint16(i)
		pns = append(pns, user)
		p.same("GetLIDForPN", func(ctx context.Context, d *store.Device) (any, error) { return d.LIDs.GetLIDForPN(ctx, user) })
		p.same("GetPNForLID", func(ctx context.Context, d *store.Device) (any, error) { return d.LIDs.GetPNForLID(ctx, lid(i)) })
	}
	p.same("GetManyLIDsForPNs", func(ctx context.Context, d *store.Device) (any, error) {
		return d.LIDs.GetManyLIDsForPNs(ctx, append(pns, lid(1)))
	})
}

func lids(p *pair) {
	p.lookLIDs()
	put := func(l, n int) {
		p.t.Helper()
		p.do("PutLIDMapping", func(ctx context.Context, d *store.Device) error { return d.LIDs.PutLIDMapping(ctx, lid(l), pn(n)) })
		p.lookLIDs()
	}
	put(1, 1)
	put(1, 1)
	put(2, 1) // the number has another LID
	put(2, 3) // the LID has another number
	p.do("PutLIDMapping", func(ctx context.Context, d *store.Device) error { return d.LIDs.PutLIDMapping(ctx, pn(1), lid(1)) })
	p.do("PutManyLIDMappings", func(ctx context.Context, d *store.Device) error {
		return d.LIDs.PutManyLIDMappings(ctx, []store.LIDMapping{
			{LID: lid(4), PN: pn(4)}, {LID: pn(5), PN: lid(5)}, {LID: lid(3), PN: pn(3)}, {LID: lid(5), PN: pn(4)},
		})
	})
	p.lookLIDs()
	p.same("GetLIDForPN", func(ctx context.Context, d *store.Device) (any, error) { return d.LIDs.GetLIDForPN(ctx, lid(1)) })
	p.same("GetPNForLID", func(ctx context.Context, d *store.Device) (any, error) { return d.LIDs.GetPNForLID(ctx, pn(1)) })
}

func migration(p *pair) {
	a, b, other := address(pn(1), 0), address(pn(1), 2), address(pn(10), 0)
	for i, addr := range []string{a, b, other, address(lid(1), 2)} {
		p.do("PutSession", func(ctx context.Context, d *store.Device) error { return d.Sessions.PutSession(ctx, addr, record(i)) })
		p.do("PutIdentity", func(ctx context.Context, d *store.Device) error { return d.Identities.PutIdentity(ctx, addr, key32(i)) })
		p.do("PutSenderKey", func(ctx context.Context, d *store.Device) error {
			return d.SenderKeys.PutSenderKey(ctx, group(1).String(), addr, record(i+10))
		})
	}
	for range 2 {
		p.do("MigratePNToLID", func(ctx context.Context, d *store.Device) error { return d.Sessions.MigratePNToLID(ctx, pn(1), lid(1)) })
	}
	p.do("MigratePNToLID", func(ctx context.Context, d *store.Device) error { return d.Sessions.MigratePNToLID(ctx, pn(7), lid(7)) })
	addresses := []string{a, b, other, address(lid(1), 0), address(lid(1), 2)}
	p.sessionsOf(addresses...)
	for _, addr := range addresses {
		for k := range 4 {
			p.same("IsTrustedIdentity", func(ctx context.Context, d *store.Device) (any, error) {
				return d.Identities.IsTrustedIdentity(ctx, addr, key32(k))
			})
		}
		p.same("GetSenderKey", func(ctx context.Context, d *store.Device) (any, error) {
			return d.SenderKeys.GetSenderKey(ctx, group(1).String(), addr)
		})
	}
}

var errDecrypt = errors.New("cannot be decrypted")

func transactions(p *pair) {
	a := address(lid(1), 0)
	for _, fails := range []error{errDecrypt, nil} {
		p.same("DoDecryptionTxn", func(ctx context.Context, d *store.Device) (any, error) {
			var seen []any
			err := d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
				before, err := d.Sessions.GetSession(ctx, a)
				if err != nil {
					return err
				}
				if err := d.Sessions.PutSession(ctx, a, append(before, '+')); err != nil {
					return err
				}
				if err := d.Identities.PutIdentity(ctx, a, key32(1)); err != nil {
					return err
				}
				inside, err := d.Sessions.GetManySessions(ctx, []string{a})
				if err != nil {
					return err
				}
				seen = append(seen, before, inside[a])
				nested := d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
					return d.Sessions.DeleteAllSessions(ctx, lid(2).SignalAddressUser())
				})
				if err := errors.Join(nested, d.LIDs.PutLIDMapping(ctx, lid(1), pn(1))); err != nil {
					return err
				}
				return fails
			})
			return seen, err
		})
		p.sessionsOf(a)
	}
	p.same("IsTrustedIdentity", func(ctx context.Context, d *store.Device) (any, error) {
		return d.Identities.IsTrustedIdentity(ctx, a, key32(2))
	})
	p.same("GetPNForLID", func(ctx context.Context, d *store.Device) (any, error) { return d.LIDs.GetPNForLID(ctx, lid(1)) })
}

func devices(p *pair) {
	for _, c := range []container{p.sqlC, p.oursC} {
		before, err := c.GetDevice(p.t.Context(), ourJID)
		noError(p.t, err)
		before.PushName, before.BusinessName = "Dinas", "Diskopukm Bogor"
		before.LIDMigrationTimestamp, before.CompanionMetaNonce = 5, "nonce"
		noise := *before.NoiseKey.Priv
		before.NoiseKey = c.NewDevice().NoiseKey // not changed by saving again
		noError(p.t, before.Save(p.t.Context()))
		again, err := c.GetFirstDevice(p.t.Context())
		noError(p.t, err)
		if *again.NoiseKey.Priv != noise || *again.ID != ourJID || again.LID != before.LID || again.PushName != "Dinas" ||
			again.BusinessName != "Diskopukm Bogor" || again.LIDMigrationTimestamp != 5 || again.CompanionMetaNonce != "nonce" || again.Platform != "android" {
			p.t.Fatalf("%T: read %+v", c, again)
		}
		if *again.SignedPreKey.Signature != *before.SignedPreKey.Signature || *again.SignedPreKey.Pub != *before.SignedPreKey.Pub ||
			*again.IdentityKey.Pub != *before.IdentityKey.Pub || string(again.AdvSecretKey) != string(before.AdvSecretKey) ||
			again.RegistrationID != before.RegistrationID || asJSON(p.t, again.Account) != asJSON(p.t, before.Account) {
			p.t.Fatalf("%T: keys are not as they were saved", c)
		}
		none, err := c.GetDevice(p.t.Context(), pn(1))
		if none != nil || err != nil {
			p.t.Fatal(none, err)
		}
		if err := c.PutDevice(p.t.Context(), c.NewDevice()); err == nil {
			p.t.Fatalf("%T: a device without a JID is saved", c)
		}
		short := c.NewDevice()
		other := pn(55)
		short.ID, short.Account = &other, again.Account
		short.Account.DeviceSignature = []byte("short")
		if err := c.PutDevice(p.t.Context(), short); err == nil {
			p.t.Fatalf("%T: a signature of %d bytes is saved", c, 5)
		}
	}
	p.do("PutSession", func(ctx context.Context, d *store.Device) error { return d.Sessions.PutSession(ctx, "1:0", record(1)) })
	old := [2]store.SessionStore{p.sql.Sessions, p.ours.Sessions}
	for i, c := range []container{p.sqlC, p.oursC} {
		d := [2]*store.Device{p.sql, p.ours}[i]
		noError(p.t, d.Delete(p.t.Context()))
		if err := old[i].PutSession(p.t.Context(), "1:0", record(2)); err == nil {
			p.t.Fatalf("%T: a deleted device gets a session", c)
		}
		all, err := c.GetAllDevices(p.t.Context())
		if len(all) != 0 || err != nil {
			p.t.Fatalf("%T: %d devices are left, %v", c, len(all), err)
		}
		first, err := c.GetFirstDevice(p.t.Context())
		if err != nil || first.ID != nil {
			p.t.Fatalf("%T: first device %v, %v", c, first.ID, err)
		}
	}
	p.sql, p.ours = linked(p.t, p.sqlC), linked(p.t, p.oursC)
	p.sessionsOf("1:0")
}

// TestRandomSideBySide makes calls in random order, in and out of
// transactions.
func TestRandomSideBySide(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p, r := newPair(t), rand.New(rand.NewPCG(seed, 1))
			for range 120 {
				step := randomCall(r)
				if r.IntN(3) > 0 {
					p.same("call", step)
					continue
				}
				more, fails := randomCall(r), r.IntN(3) == 0
				p.same("transaction", func(ctx context.Context, d *store.Device) (any, error) {
					var results []any
					err := d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
						for _, call := range []func(context.Context, *store.Device) (any, error){step, more} {
							v, err := call(ctx, d)
							if err != nil {
								return err
							}
							results = append(results, v)
						}
						if fails {
							return errDecrypt
						}
						return nil
					})
					return results, err
				})
			}
			p.lookLIDs()
		})
	}
}

// randomCall picks a call that both must answer alike in any state. LID
// mappings are left out: sqlstore remembers them although their transaction
// failed.
func randomCall(r *rand.Rand) func(context.Context, *store.Device) (any, error) {
	n, m := r.IntN(3), r.IntN(3)
	user := []types.JID{pn(n), lid(n)}[r.IntN(2)]
	a := address(user, uint16(m))
	none := func(f func(ctx context.Context, d *store.Device) error) func(context.Context, *store.Device) (any, error) {
		return func(ctx context.Context, d *store.Device) (any, error) { return nil, f(ctx, d) }
	}
	switch r.IntN(16) {
	case 0:
		return none(func(ctx context.Context, d *store.Device) error { return d.Sessions.PutSession(ctx, a, record(m)) })
	case 1:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.Sessions.PutManySessions(ctx, map[string][]byte{a: record(7), address(user, 9): record(8)})
		})
	case 2:
		return none(func(ctx context.Context, d *store.Device) error { return d.Sessions.DeleteSession(ctx, a) })
	case 3:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.Sessions.DeleteAllSessions(ctx, user.SignalAddressUser())
		})
	case 4:
		return none(func(ctx context.Context, d *store.Device) error { return d.Identities.PutIdentity(ctx, a, key32(m)) })
	case 5:
		return func(ctx context.Context, d *store.Device) (any, error) {
			return d.Identities.IsTrustedIdentity(ctx, a, key32(m))
		}
	case 6:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.SenderKeys.PutSenderKey(ctx, group(m).String(), a, record(n))
		})
	case 7:
		return func(ctx context.Context, d *store.Device) (any, error) {
			return d.SenderKeys.GetSenderKey(ctx, group(m).String(), a)
		}
	case 8:
		return func(ctx context.Context, d *store.Device) (any, error) { return keyIDs(ctx, d, uint32(n+1)) }
	case 9:
		return func(ctx context.Context, d *store.Device) (any, error) { return d.PreKeys.UploadedPreKeyCount(ctx) }
	case 10:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.PreKeys.MarkPreKeysAsUploaded(ctx, uint32(n))
		})
	case 11:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.MsgSecrets.PutMessageSecret(ctx, user, user, "M", record(m))
		})
	case 12:
		return func(ctx context.Context, d *store.Device) (any, error) {
			s, _, err := d.MsgSecrets.GetMessageSecret(ctx, user, user, "M")
			return s, err
		}
	case 13:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: user, Token: record(m), Timestamp: time.Unix(int64(m), 0)})
		})
	case 14:
		return func(ctx context.Context, d *store.Device) (any, error) {
			return d.PrivacyTokens.GetPrivacyToken(ctx, user)
		}
	default:
		return func(ctx context.Context, d *store.Device) (any, error) {
			return d.Sessions.GetManySessions(ctx, []string{address(user, 0), address(user, 1), address(user, 2), address(user, 9)})
		}
	}
}
