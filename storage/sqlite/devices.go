package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/devicestate"
)

// The state of linked WhatsApp devices stands in the tables of whatsmeow's own
// sqlstore (whatsmeow_*), which whoever opens that library makes in this file.
// What is restored or moved here waits in the table whatsapp, in the form of
// package devicestate, until AdoptDevices puts it into those tables. The keys
// are not encrypted: the file is readable by its owner alone.

// deviceKind reads one kind of state of one device, and writes it.
type deviceKind struct {
	kind  string
	table string
	read  string // the columns, of table, where the device is ?
	scan  func(device string, row func(dest ...any) error) (id string, value any, err error)
}

// deviceKinds are in the order of their names, so that IDs come in order.
func deviceKinds() []deviceKind {
	id := devicestate.ID
	return []deviceKind{
		{devicestate.KindAppState, "whatsmeow_app_state_version", "SELECT name, version, hash FROM whatsmeow_app_state_version WHERE jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var name string
				var v devicestate.AppState
				err := row(&name, &v.Version, &v.Hash)
				return id(device, devicestate.KindAppState, name), &v, err
			}},
		{devicestate.KindAppStateKey, "whatsmeow_app_state_sync_keys", "SELECT key_id, key_data, fingerprint, timestamp FROM whatsmeow_app_state_sync_keys WHERE jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var key []byte
				var v devicestate.AppStateKey
				err := row(&key, &v.Data, &v.Fingerprint, &v.Timestamp)
				return id(device, devicestate.KindAppStateKey, devicestate.Hex(key)), &v, err
			}},
		{devicestate.KindChat, "whatsmeow_chat_settings", "SELECT chat_jid, muted_until, pinned, archived FROM whatsmeow_chat_settings WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var chat string
				var v devicestate.ChatSettings
				err := row(&chat, &v.MutedUntil, &v.Pinned, &v.Archived)
				return id(device, devicestate.KindChat, chat), &v, err
			}},
		{devicestate.KindContact, "whatsmeow_contacts", `SELECT their_jid, coalesce(first_name, ''), coalesce(full_name, ''), coalesce(push_name, ''),
			coalesce(business_name, ''), coalesce(redacted_phone, '') FROM whatsmeow_contacts WHERE our_jid = ?`,
			func(device string, row func(...any) error) (string, any, error) {
				var jid string
				var v devicestate.Contact
				err := row(&jid, &v.FirstName, &v.FullName, &v.PushName, &v.BusinessName, &v.RedactedPhone)
				return id(device, devicestate.KindContact, jid), &v, err
			}},
		{devicestate.KindDevice, "whatsmeow_device", `SELECT coalesce(lid, ''), registration_id, noise_key, identity_key, signed_pre_key_id, signed_pre_key, signed_pre_key_sig,
			adv_key, adv_details, adv_account_sig, adv_account_sig_key, adv_device_sig, platform, business_name, push_name,
			coalesce(facebook_uuid, ''), lid_migration_ts, companion_meta_nonce FROM whatsmeow_device WHERE jid = ?`,
			func(device string, row func(...any) error) (string, any, error) {
				var v devicestate.Device
				s, a := &v.SignedPreKey, &v.Account
				err := row(&v.LID, &v.RegistrationID, &v.NoiseKey, &v.IdentityKey, &s.ID, &s.Key, &s.Signature,
					&v.AdvSecretKey, &a.Details, &a.AccountSignature, &a.AccountSignatureKey, &a.DeviceSignature,
					&v.Platform, &v.BusinessName, &v.PushName, &v.FacebookUUID, &v.LIDMigrationTimestamp, &v.CompanionMetaNonce)
				return id(device, devicestate.KindDevice), &v, err
			}},
		{devicestate.KindEvent, "whatsmeow_event_buffer", "SELECT ciphertext_hash, plaintext, server_timestamp, insert_timestamp FROM whatsmeow_event_buffer WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var hash []byte
				var v devicestate.Event
				err := row(&hash, &v.Plaintext, &v.ServerTime, &v.InsertTime)
				return id(device, devicestate.KindEvent, devicestate.Hex(hash)), &v, err
			}},
		{devicestate.KindIdentity, "whatsmeow_identity_keys", "SELECT their_id, identity FROM whatsmeow_identity_keys WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var address string
				var v devicestate.Identity
				err := row(&address, &v.Key)
				return id(device, devicestate.KindIdentity, address), &v, err
			}},
		{devicestate.KindMAC, "whatsmeow_app_state_mutation_macs", `SELECT name, index_mac, max(version), value_mac FROM whatsmeow_app_state_mutation_macs WHERE jid = ? GROUP BY name, index_mac`,
			func(device string, row func(...any) error) (string, any, error) {
				var name string
				var index []byte
				var v devicestate.MutationMAC
				err := row(&name, &index, &v.Version, &v.Value)
				return id(device, devicestate.KindMAC, name, devicestate.Hex(index)), &v, err
			}},
		{devicestate.KindSalt, "whatsmeow_nct_salt", "SELECT salt FROM whatsmeow_nct_salt WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var v devicestate.Salt
				err := row(&v.Salt)
				return id(device, devicestate.KindSalt), &v, err
			}},
		{devicestate.KindOutgoing, "whatsmeow_retry_buffer", "SELECT chat_jid, message_id, format, plaintext, timestamp FROM whatsmeow_retry_buffer WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var chat, message string
				var v devicestate.Outgoing
				err := row(&chat, &message, &v.Format, &v.Plaintext, &v.Timestamp)
				return id(device, devicestate.KindOutgoing, chat, message), &v, err
			}},
		{devicestate.KindPreKey, "whatsmeow_pre_keys", "SELECT key_id, key, uploaded FROM whatsmeow_pre_keys WHERE jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var number uint32
				var v devicestate.PreKey
				err := row(&number, &v.Key, &v.Uploaded)
				return id(device, devicestate.KindPreKey, devicestate.PreKeyID(number)), &v, err
			}},
		{devicestate.KindSecret, "whatsmeow_message_secrets", "SELECT chat_jid, sender_jid, message_id, key FROM whatsmeow_message_secrets WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var chat, sender, message string
				var v devicestate.MessageSecret
				err := row(&chat, &sender, &message, &v.Key)
				return id(device, devicestate.KindSecret, chat, sender, message), &v, err
			}},
		{devicestate.KindSenderKey, "whatsmeow_sender_keys", "SELECT sender_id, chat_id, sender_key FROM whatsmeow_sender_keys WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var sender, group string
				var v devicestate.SenderKey
				err := row(&sender, &group, &v.Record)
				return id(device, devicestate.KindSenderKey, sender, group), &v, err
			}},
		{devicestate.KindSession, "whatsmeow_sessions", "SELECT their_id, session FROM whatsmeow_sessions WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var address string
				var v devicestate.Session
				err := row(&address, &v.Record)
				return id(device, devicestate.KindSession, address), &v, err
			}},
		{devicestate.KindPrivacyToken, "whatsmeow_privacy_tokens", "SELECT their_jid, token, timestamp, coalesce(sender_timestamp, 0) FROM whatsmeow_privacy_tokens WHERE our_jid = ?",
			func(device string, row func(...any) error) (string, any, error) {
				var jid string
				var v devicestate.PrivacyToken
				err := row(&jid, &v.Token, &v.Timestamp, &v.SenderTimestamp)
				return id(device, devicestate.KindPrivacyToken, jid), &v, err
			}},
	}
}

// lidKind belongs to no device; the question mark is not used.
func lidKind() deviceKind {
	return deviceKind{devicestate.KindLID, "whatsmeow_lid_map", "SELECT lid, pn FROM whatsmeow_lid_map WHERE ? IS NOT NULL",
		func(device string, row func(...any) error) (string, any, error) {
			var lid string
			var v devicestate.LIDMapping
			err := row(&lid, &v.PN)
			return devicestate.ID(device, devicestate.KindLID, lid), &v, err
		}}
}

// deviceTable keeps what waits to be adopted.
func deviceTable() *table[devicestate.Document] {
	return &table[devicestate.Document]{
		name:   document.WhatsApp,
		id:     func(d *devicestate.Document) string { return d.ID },
		values: func(*devicestate.Document) []any { return nil },
	}
}

// hasDeviceTables reports whether whatsmeow's tables are there.
func hasDeviceTables(ctx context.Context, q querier) (bool, error) {
	var n int
	err := row(ctx, q, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'whatsmeow_device'", nil, &n)
	return n > 0, err
}

// eachDevice reads what waits to be adopted, or else whatsmeow's tables.
func (r raw) eachDevice(ctx context.Context, fn func(id string, doc json.RawMessage) error) error {
	var waiting int
	if err := row(ctx, r.q, "SELECT count(*) FROM (SELECT 1 FROM whatsapp LIMIT 1)", nil, &waiting); err != nil {
		return err
	}
	there, err := hasDeviceTables(ctx, r.q)
	if err != nil {
		return err
	}
	if waiting > 0 || !there {
		return r.eachRow(ctx, document.WhatsApp, fn)
	}
	if err := r.eachOfKind(ctx, devicestate.NoDevice, lidKind(), fn); err != nil {
		return err
	}
	jids, err := r.deviceJIDs(ctx)
	if err != nil {
		return err
	}
	for _, jid := range jids {
		for _, k := range deviceKinds() {
			if err := r.eachOfKind(ctx, jid, k, fn); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r raw) deviceJIDs(ctx context.Context) ([]string, error) {
	rows, err := r.q.query(ctx, "SELECT jid FROM whatsmeow_device", nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var jids []string
	for rows.Next() {
		var jid string
		if err := rows.Scan(&jid); err != nil {
			return nil, err
		}
		jids = append(jids, jid)
	}
	slices.SortFunc(jids, func(a, b string) int { return cmp.Compare(devicestate.DevicePrefix(a), devicestate.DevicePrefix(b)) })
	return jids, rows.Err()
}

// eachOfKind takes one kind of one device into memory at a time, to put it in
// the order of IDs.
func (r raw) eachOfKind(ctx context.Context, device string, k deviceKind, fn func(id string, doc json.RawMessage) error) error {
	rows, err := r.q.query(ctx, k.read, []any{device})
	if err != nil {
		return err
	}
	defer rows.Close()
	var docs []*devicestate.Document
	for rows.Next() {
		id, value, err := k.scan(device, rows.Scan)
		if err != nil {
			return fmt.Errorf("%s: %w", k.table, err)
		}
		docs = append(docs, &devicestate.Document{ID: id, Value: value})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	slices.SortFunc(docs, func(a, b *devicestate.Document) int { return cmp.Compare(a.ID, b.ID) })
	for _, d := range docs {
		doc, err := document.Encode(d)
		if err != nil {
			return err
		}
		if err := fn(d.ID, doc); err != nil {
			return err
		}
	}
	return nil
}

// clearDevices empties whatsmeow's tables, if they are there.
func clearDevices(ctx context.Context, t *tx) error {
	there, err := hasDeviceTables(ctx, t)
	if err != nil || !there {
		return err
	}
	for _, table := range []string{"whatsmeow_device", "whatsmeow_privacy_tokens", "whatsmeow_lid_map"} { // the rest goes with the device
		if _, err := t.exec(ctx, "DELETE FROM "+table); err != nil {
			return err
		}
	}
	return nil
}

// errNoDeviceTables: AdoptDevices was called too early.
var errNoDeviceTables = errors.New("whatsmeow's tables are not there yet")

// AdoptDevices puts a restored or moved WhatsApp device into whatsmeow's
// tables, in place of what they hold; it does nothing where none waits. It is
// called when whatsmeow's store was opened on this database, before a device
// is read from it.
func (s *Store) AdoptDevices(ctx context.Context) error {
	return s.write(ctx, "devices.adopt", func(t *tx) error {
		docs, err := waitingDevices(ctx, t)
		if err != nil || len(docs) == 0 {
			return err
		}
		there, err := hasDeviceTables(ctx, t)
		if err != nil {
			return err
		}
		if !there {
			return errNoDeviceTables
		}
		if err := clearDevices(ctx, t); err != nil {
			return err
		}
		// What refers to another row comes after it.
		slices.SortStableFunc(docs, func(a, b *devicestate.Document) int { return cmp.Compare(rank(a), rank(b)) })
		for _, d := range docs {
			if err := adopt(ctx, t, d); err != nil {
				return fmt.Errorf("WhatsApp device state: %w", err)
			}
		}
		_, err = t.exec(ctx, "DELETE FROM whatsapp")
		return err
	})
}

func rank(d *devicestate.Document) int {
	switch d.Value.(type) {
	case *devicestate.Device:
		return 0
	case *devicestate.AppState:
		return 1
	}
	return 2
}

func waitingDevices(ctx context.Context, q querier) ([]*devicestate.Document, error) {
	rows, err := q.query(ctx, "SELECT doc FROM whatsapp ORDER BY id", nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var docs []*devicestate.Document
	for rows.Next() {
		var doc sql.RawBytes
		d := new(devicestate.Document)
		if err := rows.Scan(&doc); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(doc, d); err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, rows.Err()
}

// adopt writes the row of a document.
func adopt(ctx context.Context, t *tx, d *devicestate.Document) error {
	jid, _, key := devicestate.Split(d.ID)
	insert := func(table, columns, marks string, args ...any) error {
		_, err := t.exec(ctx, "INSERT INTO "+table+" ("+columns+") VALUES ("+marks+")", args...)
		return err
	}
	switch v := d.Value.(type) {
	case *devicestate.Device:
		return adoptDevice(jid, v, insert)
	case *devicestate.AppState:
		return insert("whatsmeow_app_state_version", "jid, name, version, hash", "?, ?, ?, ?", jid, key[0], v.Version, v.Hash)
	case *devicestate.AppStateKey:
		id, err := hex.DecodeString(key[0])
		if err != nil {
			return err
		}
		return insert("whatsmeow_app_state_sync_keys", "jid, key_id, key_data, timestamp, fingerprint", "?, ?, ?, ?, ?", jid, id, present(v.Data), v.Timestamp, present(v.Fingerprint))
	case *devicestate.ChatSettings:
		return insert("whatsmeow_chat_settings", "our_jid, chat_jid, muted_until, pinned, archived", "?, ?, ?, ?, ?", jid, key[0], v.MutedUntil, v.Pinned, v.Archived)
	case *devicestate.Contact:
		return insert("whatsmeow_contacts", "our_jid, their_jid, first_name, full_name, push_name, business_name, redacted_phone", "?, ?, ?, ?, ?, ?, ?",
			jid, key[0], v.FirstName, v.FullName, v.PushName, v.BusinessName, v.RedactedPhone)
	case *devicestate.Event:
		hash, err := hex.DecodeString(key[0])
		if err != nil {
			return err
		}
		return insert("whatsmeow_event_buffer", "our_jid, ciphertext_hash, plaintext, server_timestamp, insert_timestamp", "?, ?, ?, ?, ?", jid, hash, v.Plaintext, v.ServerTime, v.InsertTime)
	case *devicestate.Identity:
		return insert("whatsmeow_identity_keys", "our_jid, their_id, identity", "?, ?, ?", jid, key[0], v.Key)
	case *devicestate.MutationMAC:
		index, err := hex.DecodeString(key[1])
		if err != nil {
			return err
		}
		return insert("whatsmeow_app_state_mutation_macs", "jid, name, version, index_mac, value_mac", "?, ?, ?, ?, ?", jid, key[0], v.Version, index, v.Value)
	case *devicestate.Salt:
		return insert("whatsmeow_nct_salt", "our_jid, salt", "?, ?", jid, v.Salt)
	case *devicestate.Outgoing:
		return insert("whatsmeow_retry_buffer", "our_jid, chat_jid, message_id, format, plaintext, timestamp", "?, ?, ?, ?, ?, ?", jid, key[0], key[1], v.Format, v.Plaintext, v.Timestamp)
	case *devicestate.PreKey:
		number, err := devicestate.ParsePreKeyID(key[0])
		if err != nil {
			return err
		}
		return insert("whatsmeow_pre_keys", "jid, key_id, key, uploaded", "?, ?, ?, ?", jid, number, v.Key, v.Uploaded)
	case *devicestate.MessageSecret:
		return insert("whatsmeow_message_secrets", "our_jid, chat_jid, sender_jid, message_id, key", "?, ?, ?, ?, ?", jid, key[0], key[1], key[2], v.Key)
	case *devicestate.SenderKey:
		return insert("whatsmeow_sender_keys", "our_jid, sender_id, chat_id, sender_key", "?, ?, ?, ?", jid, key[0], key[1], v.Record)
	case *devicestate.Session:
		return insert("whatsmeow_sessions", "our_jid, their_id, session", "?, ?, ?", jid, key[0], v.Record)
	case *devicestate.PrivacyToken:
		return insert("whatsmeow_privacy_tokens", "our_jid, their_jid, token, timestamp, sender_timestamp", "?, ?, ?, ?, nullif(?, 0)", jid, key[0], v.Token, v.Timestamp, v.SenderTimestamp)
	case *devicestate.LIDMapping:
		return insert("whatsmeow_lid_map", "lid, pn", "?, ?", key[0], v.PN)
	}
	return fmt.Errorf("no table for %T", d.Value)
}

// present is for columns that may be empty but not missing: JSON does not tell
// the two apart.
func present(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func adoptDevice(jid string, v *devicestate.Device, insert func(table, columns, marks string, args ...any) error) error {
	s, a := v.SignedPreKey, v.Account
	return insert("whatsmeow_device", `jid, lid, registration_id, noise_key, identity_key, signed_pre_key_id, signed_pre_key, signed_pre_key_sig,
		adv_key, adv_details, adv_account_sig, adv_account_sig_key, adv_device_sig, platform, business_name, push_name,
		facebook_uuid, lid_migration_ts, companion_meta_nonce`, "?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?",
		jid, v.LID, v.RegistrationID, v.NoiseKey, v.IdentityKey, s.ID, s.Key, s.Signature,
		v.AdvSecretKey, a.Details, a.AccountSignature, a.AccountSignatureKey, a.DeviceSignature, v.Platform, v.BusinessName, v.PushName,
		v.FacebookUUID, v.LIDMigrationTimestamp, v.CompanionMetaNonce)
}
