package devicestore_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

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
