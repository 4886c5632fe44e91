package devicestore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/devicestore"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
)

// settled is the state that each of the calls below changes.
func settled(t *testing.T, d *store.Device) {
	t.Helper()
	ctx := t.Context()
	for i := range 2 {
		for _, jid := range []types.JID{pn(1), lid(1), lid(2)} {
			noError(t, d.Sessions.PutSession(ctx, address(jid, uint16(i)), record(i)))
			noError(t, d.Identities.PutIdentity(ctx, address(jid, uint16(i)), key32(i)))
		}
		noError(t, d.SenderKeys.PutSenderKey(ctx, group(i).String(), address(pn(1), 0), record(i)))
	}
	_, err := d.PreKeys.GetOrGenPreKeys(ctx, 4)
	noError(t, err)
	noError(t, d.AppState.PutAppStateVersion(ctx, "regular", 1, [128]byte{1}))
	noError(t, d.AppState.PutAppStateMutationMACs(ctx, "regular", 1, macs(1, 1, 2)))
	noError(t, d.LIDs.PutManyLIDMappings(ctx, []store.LIDMapping{{LID: lid(1), PN: pn(1)}, {LID: lid(2), PN: pn(2)}}))
	_, _, err = d.Contacts.PutPushName(ctx, lid(1), "Ani")
	noError(t, err)
	noError(t, d.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: lid(1), Token: record(1), Timestamp: time.Unix(5, 0)}))
	noError(t, d.EventBuffer.PutBufferedEvent(ctx, key32(8), []byte("lama"), time.Unix(1, 0)))
}

func macs(version int, ns ...int) (out []store.AppStateMutationMAC) {
	for _, n := range ns {
		index, value := key32(n), key32(n+100*version)
		out = append(out, store.AppStateMutationMAC{IndexMAC: index[:], ValueMAC: value[:]})
	}
	return out
}

// killable are the calls that write more than one document, and some that
// write one.
func killable() map[string]func(ctx context.Context, d *store.Device) error {
	return map[string]func(ctx context.Context, d *store.Device) error{
		"DoDecryptionTxn": decryptFirst,
		"DoDecryptionTxn, later message": func(ctx context.Context, d *store.Device) error {
			return d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
				return errors.Join(d.Sessions.PutSession(ctx, address(lid(1), 0), record(9)),
					d.EventBuffer.PutBufferedEvent(ctx, key32(9), []byte("isi"), time.Unix(2, 0)))
			})
		},
		"MigratePNToLID": func(ctx context.Context, d *store.Device) error { return d.Sessions.MigratePNToLID(ctx, pn(1), lid(1)) },
		"PutManySessions": func(ctx context.Context, d *store.Device) error {
			return d.Sessions.PutManySessions(ctx, map[string][]byte{address(lid(1), 0): record(7), address(lid(1), 1): record(8), address(lid(5), 0): record(9)})
		},
		"PutSession": func(ctx context.Context, d *store.Device) error { return d.Sessions.PutSession(ctx, "1:0", record(1)) },
		"DeleteAllSessions": func(ctx context.Context, d *store.Device) error {
			return d.Sessions.DeleteAllSessions(ctx, lid(1).SignalAddressUser())
		},
		"DeleteAllIdentities": func(ctx context.Context, d *store.Device) error {
			return d.Identities.DeleteAllIdentities(ctx, lid(1).SignalAddressUser())
		},
		"GetOrGenPreKeys": func(ctx context.Context, d *store.Device) error {
			_, err := d.PreKeys.GetOrGenPreKeys(ctx, 9)
			return err
		},
		"GenOnePreKey": func(ctx context.Context, d *store.Device) error {
			_, err := d.PreKeys.GenOnePreKey(ctx)
			return err
		},
		"MarkPreKeysAsUploaded": func(ctx context.Context, d *store.Device) error { return d.PreKeys.MarkPreKeysAsUploaded(ctx, 3) },
		"PutAppStateMutationMACs": func(ctx context.Context, d *store.Device) error {
			return d.AppState.PutAppStateMutationMACs(ctx, "regular", 2, macs(2, 2, 3))
		},
		"DeleteAppStateMutationMACs": func(ctx context.Context, d *store.Device) error {
			a, b := key32(1), key32(2)
			return d.AppState.DeleteAppStateMutationMACs(ctx, "regular", [][]byte{a[:], b[:]})
		},
		"DeleteAppStateVersion": func(ctx context.Context, d *store.Device) error {
			return d.AppState.DeleteAppStateVersion(ctx, "regular")
		},
		"PutAllContactNames": func(ctx context.Context, d *store.Device) error {
			return d.Contacts.PutAllContactNames(ctx, []store.ContactEntry{{JID: lid(1), FirstName: "A"}, {JID: lid(2), FirstName: "B"}})
		},
		"PutManyRedactedPhones": func(ctx context.Context, d *store.Device) error {
			return d.Contacts.PutManyRedactedPhones(ctx, []store.RedactedPhoneEntry{{JID: lid(1), RedactedPhone: "1"}, {JID: lid(2), RedactedPhone: "2"}})
		},
		"PutMessageSecrets": func(ctx context.Context, d *store.Device) error {
			return d.MsgSecrets.PutMessageSecrets(ctx, []store.MessageSecretInsert{{Chat: lid(1), Sender: lid(1), ID: "A", Secret: record(1)}, {Chat: lid(1), Sender: lid(1), ID: "B", Secret: record(1)}})
		},
		"PutPrivacyTokens": func(ctx context.Context, d *store.Device) error {
			return d.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: lid(1), Token: record(2), Timestamp: time.Unix(6, 0)}, store.PrivacyToken{User: lid(2), Token: record(2), Timestamp: time.Unix(6, 0)})
		},
		"PutLIDMapping": func(ctx context.Context, d *store.Device) error { return d.LIDs.PutLIDMapping(ctx, lid(2), pn(1)) },
		"ClearBufferedEventPlaintext": func(ctx context.Context, d *store.Device) error {
			return d.EventBuffer.ClearBufferedEventPlaintext(ctx, key32(8))
		},
		"DeleteDevice": func(ctx context.Context, d *store.Device) error { return d.Delete(ctx) },
	}
}

// decryptFirst is what happens with the first message of somebody.
func decryptFirst(ctx context.Context, d *store.Device) error {
	return d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
		return errors.Join(d.Identities.PutIdentity(ctx, address(lid(3), 0), key32(3)), d.PreKeys.RemovePreKey(ctx, 2),
			d.Sessions.PutSession(ctx, address(lid(3), 0), record(3)),
			d.EventBuffer.PutBufferedEvent(ctx, key32(9), []byte("isi"), time.Unix(2, 0)))
	})
}

// TestKilled kills each call before each of its writes in turn. Once the
// store was opened again the state is that before the call or that after it,
// and the call can be made again.
func TestKilled(t *testing.T) {
	t.Parallel()
	for name, call := range killable() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := outcome(t, call)
			seen := map[string]int{}
			for n := int64(1); ; n++ {
				database := mongotest.Database(t)
				coll := behind(t, database)
				p := start(t, database, "")
				d := linked(t, p.Container)
				settled(t, d)
				before := documents(t, coll)
				p.dieAt.Store(n)
				died := dies(func() { noError(t, call(t.Context(), d)) })
				noError(t, p.store.Close())
				start(t, database, "")
				got := documents(t, coll)
				switch {
				case maps.Equal(got, after):
					seen["after"]++
				case maps.Equal(got, before):
					seen["before"]++
					if !died {
						t.Fatal("the call has changed nothing")
					}
				default:
					t.Fatalf("killed before write %d: %s", n, difference(before, after, got))
				}
				if !died {
					break
				}
			}
			if seen["before"] == 0 || seen["after"] == 0 {
				t.Fatalf("seen: %v", seen)
			}
			t.Log(seen)
		})
	}
}

// outcome is the state after a call that nobody killed.
func outcome(t *testing.T, call func(context.Context, *store.Device) error) map[string]string {
	t.Helper()
	database := mongotest.Database(t)
	p := start(t, database, "")
	d := linked(t, p.Container)
	settled(t, d)
	noError(t, call(t.Context(), d))
	return documents(t, behind(t, database))
}

func difference(before, after, got map[string]string) string {
	var b strings.Builder
	all := map[string]string{}
	maps.Copy(all, before)
	maps.Copy(all, after)
	maps.Copy(all, got)
	for id := range all {
		if before[id] != got[id] || after[id] != got[id] {
			fmt.Fprintf(&b, "\n%s\n  before %q\n  after  %q\n  got    %q", id, before[id], after[id], got[id])
		}
	}
	return b.String()
}

// TestReplayKilled kills the opening, too, before each of its writes.
func TestReplayKilled(t *testing.T) {
	t.Parallel()
	after := outcome(t, decryptFirst)
	for n := int64(1); ; n++ {
		database := mongotest.Database(t)
		p := start(t, database, "")
		d := linked(t, p.Container)
		settled(t, d)
		p.dieAt.Store(2) // the journal is written, nothing else
		if !dies(func() { _ = decryptFirst(t.Context(), d) }) {
			t.Fatal("it did not die")
		}
		noError(t, p.store.Close())
		p, err := open(t, database, "")
		noError(t, err)
		p.dieAt.Store(n)
		died := dies(func() {
			noError(t, devicestore.New(p.store, zerolog.Nop()).TakeCharge(t.Context()))
		})
		noError(t, p.store.Close())
		p = start(t, database, "")
		if got := documents(t, behind(t, database)); !maps.Equal(got, after) {
			t.Fatalf("killed before write %d of opening: %s", n, difference(nil, after, got))
		}
		if !died {
			if n < 4 {
				t.Fatalf("opening made %d writes only", n-1)
			}
			return
		}
	}
}

// TestJournalWins: where a journal was written and not applied, the process
// itself sees what it says, too, and goes on.
func TestJournalWins(t *testing.T) {
	t.Parallel()
	for n, writes := range []func(ctx context.Context, d *store.Device) error{
		func(context.Context, *store.Device) error { return nil },
		func(ctx context.Context, d *store.Device) error {
			return d.Sessions.PutSession(ctx, address(lid(3), 0), record(4))
		},
		func(ctx context.Context, d *store.Device) error {
			return d.Sessions.PutManySessions(ctx, map[string][]byte{address(lid(3), 0): record(4), "x:0": record(1)})
		},
	} {
		database := mongotest.Database(t)
		p := start(t, database, "")
		d := linked(t, p.Container)
		settled(t, d)
		p.dieAt.Store(2)
		if !dies(func() { _ = decryptFirst(t.Context(), d) }) {
			t.Fatal("it did not die")
		}
		if n == 0 {
			moved, err := open(t, database, "") // a backup sees it as well
			noError(t, err)
			if got := dump(t, moved.store); !strings.Contains(got, "/session/"+address(lid(3), 0)) || strings.Contains(got, "/prekey/00000002") {
				t.Fatal(got)
			}
			noError(t, moved.store.Close())
		}
		noError(t, writes(t.Context(), d))
		want := record(3)
		if n > 0 {
			want = record(4)
		}
		got, err := d.Sessions.GetSession(t.Context(), address(lid(3), 0))
		if string(got) != string(want) || err != nil {
			t.Fatalf("%d: session %q, %v", n, got, err)
		}
		key, err := d.PreKeys.GetPreKey(t.Context(), 2)
		if key != nil || err != nil {
			t.Fatalf("%d: the pre-key is there: %v", n, err)
		}
		p = start(t, database, "")
		d, err = p.GetFirstDevice(t.Context())
		noError(t, err)
		got, err = d.Sessions.GetSession(t.Context(), address(lid(3), 0))
		if string(got) != string(want) || err != nil {
			t.Fatalf("%d: opened again: session %q, %v", n, got, err)
		}
	}
}

// TestTakenOver: a process that has lost its charge cannot undo what its
// successor wrote, nor write a journal; and a looker-on writes nothing.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	ctx, database := t.Context(), mongotest.Database(t)
	first := start(t, database, "")
	old := linked(t, first.Container)
	settled(t, old)
	second := start(t, database, "")
	young, err := second.GetFirstDevice(ctx)
	noError(t, err)
	noError(t, young.Sessions.PutSession(ctx, "a:0", record(2)))
	before := documents(t, behind(t, database))
	for name, err := range map[string]error{
		"PutSession":      old.Sessions.PutSession(ctx, "a:0", record(1)),
		"PutManySessions": old.Sessions.PutManySessions(ctx, map[string][]byte{"b:0": record(1), "c:0": record(1)}),
		"DoDecryptionTxn": decryptFirst(ctx, old),
	} {
		if !errors.Is(err, mongo.ErrTakenOver) {
			t.Errorf("%s: %v", name, err)
		}
	}
	noError(t, old.Sessions.DeleteSession(ctx, "a:0"))     // deletes nothing
	looker := devicestore.New(second.store, zerolog.Nop()) // as doctor does
	seen, err := looker.GetFirstDevice(ctx)
	noError(t, err)
	if seen.ID == nil || *seen.ID != ourJID {
		t.Fatalf("a looker-on sees %v", seen.ID)
	}
	if got := documents(t, behind(t, database)); !maps.Equal(got, before) {
		t.Fatal(difference(before, before, got))
	}
	noError(t, decryptFirst(ctx, young)) // the looker-on has not taken over
	noError(t, seen.Sessions.PutSession(ctx, "d:0", record(1)))
	if err := young.Sessions.PutManySessions(ctx, map[string][]byte{"e:0": record(1), "f:0": record(1)}); !errors.Is(err, mongo.ErrTakenOver) {
		t.Errorf("once the looker-on has written: %v", err)
	}
}

// TestFirstUseTakesCharge: who only lists the devices changes nothing, and
// sees a journal all the same; who asks for more completes it first.
func TestFirstUseTakesCharge(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, c := range map[string]struct {
		call   func(ctx context.Context, d *store.Device) error
		linked bool
	}{"decrypted": {decryptFirst, true}, "deleted": {func(ctx context.Context, d *store.Device) error { return d.Delete(ctx) }, false}} {
		database := mongotest.Database(t)
		p := start(t, database, "")
		d := linked(t, p.Container)
		settled(t, d)
		p.dieAt.Store(2)
		if !dies(func() { _ = c.call(ctx, d) }) {
			t.Fatal("it did not die")
		}
		q, err := open(t, database, "")
		noError(t, err)
		q.dieAt.Store(1) // no write is made
		looker := devicestore.New(q.store, zerolog.Nop())
		seen, err := looker.GetFirstDevice(ctx)
		noError(t, err)
		if (seen.ID != nil) != c.linked {
			t.Fatalf("%s: a looker-on sees %v", name, seen.ID)
		}
		if !c.linked {
			continue
		}
		q.dieAt.Store(0)
		got, err := seen.Sessions.GetSession(ctx, address(lid(3), 0))
		if string(got) != string(record(3)) || err != nil {
			t.Fatalf("%s: the session is %q, %v", name, got, err)
		}
	}
}
