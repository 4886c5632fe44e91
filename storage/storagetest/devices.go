package storagetest

import (
	"testing"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/devicestate"
)

// sampleDevice is the JID of the device of DeviceSamples.
const sampleDevice = "628111000111:7@s.whatsapp.net"

// DeviceSamples are documents of each kind of WhatsApp's state.
func DeviceSamples() []devicestate.Document {
	id := func(kind string, key ...string) string { return devicestate.ID(sampleDevice, kind, key...) }
	chat, person := "12036312345@g.us", "9000222@lid"
	return []devicestate.Document{
		{ID: devicestate.ID(devicestate.NoDevice, devicestate.KindLID, "9000222"), Value: &devicestate.LIDMapping{PN: "628222000222"}},
		{ID: id(devicestate.KindAppState, "regular"), Value: &devicestate.AppState{Version: 3, Hash: bytesOf(128)}},
		{ID: id(devicestate.KindAppStateKey, "00a1"), Value: &devicestate.AppStateKey{Data: bytesOf(32), Fingerprint: bytesOf(8), Timestamp: 1_790_000_000_000}},
		{ID: id(devicestate.KindChat, chat), Value: &devicestate.ChatSettings{MutedUntil: -1, Pinned: true}},
		{ID: id(devicestate.KindContact, person), Value: &devicestate.Contact{FirstName: "Ani", PushName: "Bu Ani \"100%\" / <b>"}},
		{ID: id(devicestate.KindDevice), Value: &devicestate.Device{
			LID: "9000111:7@lid", RegistrationID: 4_000_000_000, NoiseKey: bytesOf(32), IdentityKey: bytesOf(32),
			SignedPreKey: devicestate.SignedPreKey{ID: 1, Key: bytesOf(32), Signature: bytesOf(64)}, AdvSecretKey: bytesOf(32),
			Account:  devicestate.Account{Details: bytesOf(9), AccountSignature: bytesOf(64), AccountSignatureKey: bytesOf(32), DeviceSignature: bytesOf(64)},
			Platform: "android", PushName: "Diskopukm", FacebookUUID: "6f6d3c0e-4a3b-4f0e-9a1d-3a9d3a1d9e01", CompanionMetaNonce: "n",
		}},
		{ID: id(devicestate.KindEvent, devicestate.Hex(bytesOf(32))), Value: &devicestate.Event{ServerTime: 1_790_000_000, InsertTime: 1_790_000_000_123}},
		{ID: id(devicestate.KindEvent, devicestate.Hex(bytesOf(33)[1:])), Value: &devicestate.Event{Plaintext: []byte("isi"), ServerTime: 1_790_000_000, InsertTime: 1_790_000_000_123}},
		{ID: id(devicestate.KindIdentity, "9000222_1:0"), Value: &devicestate.Identity{Key: bytesOf(32)}},
		{ID: id(devicestate.KindMAC, "regular", devicestate.Hex(bytesOf(32))), Value: &devicestate.MutationMAC{Version: 3, Value: bytesOf(32)}},
		{ID: id(devicestate.KindSalt), Value: &devicestate.Salt{Salt: bytesOf(16)}},
		{ID: id(devicestate.KindOutgoing, person, "3EB0/%A"), Value: &devicestate.Outgoing{Format: "wa", Plaintext: []byte("jawaban"), Timestamp: 1_790_000_000_123}},
		{ID: id(devicestate.KindPreKey, devicestate.PreKeyID(9)), Value: &devicestate.PreKey{Key: bytesOf(32), Uploaded: true}},
		{ID: id(devicestate.KindPreKey, devicestate.PreKeyID(10)), Value: &devicestate.PreKey{Key: bytesOf(32)}},
		{ID: id(devicestate.KindSecret, chat, person, "3EB0/%A"), Value: &devicestate.MessageSecret{Key: bytesOf(32)}},
		{ID: id(devicestate.KindSenderKey, "9000222_1:0", chat), Value: &devicestate.SenderKey{Record: bytesOf(90)}},
		{ID: id(devicestate.KindSession, "9000222_1:0"), Value: &devicestate.Session{Record: bytesOf(300)}},
		{ID: id(devicestate.KindPrivacyToken, person), Value: &devicestate.PrivacyToken{Token: bytesOf(12), Timestamp: 1_790_000_000, SenderTimestamp: 1_789_000_000}},
	}
}

// putDevice stores the samples: all, or those that an archive holds.
func putDevice(t *testing.T, s storage.Store, ratchets bool) {
	t.Helper()
	for _, d := range DeviceSamples() {
		if ratchets || devicestate.Archived(d.ID) {
			ok(t, s.Raw().Put(t.Context(), document.WhatsApp, d.ID, raw(d)))
		}
	}
}

// PutRatchets stores a WhatsApp device with its sessions and sender keys, which
// Fill leaves out.
func PutRatchets(t *testing.T, s storage.Store) {
	t.Helper()
	putDevice(t, s, true)
}
