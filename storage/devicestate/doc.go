// Package devicestate is the form, one and the same for every engine, in which
// the state of a linked WhatsApp device is backed up and moved. It knows
// neither whatsmeow nor a database.
//
// # Documents
//
// Each piece of state is a document of its own, {"id": …, "value": …}. The ID
// names the device, the kind and the key, split by slashes; a slash or percent
// sign within a part is written %2F or %25. "-" stands for no device in
// particular.
//
//	JID/appstate/NAME            AppState       version and hash of a synced collection
//	JID/appstatekey/HEX          AppStateKey    a key that such collections are encrypted with
//	JID/chat/CHAT                ChatSettings
//	JID/contact/JID              Contact
//	JID/device                   Device         who we are: keys, account, names
//	JID/event/HEX                Event          a message that was decrypted, by hash
//	JID/identity/ADDRESS         Identity       the key that we know somebody by
//	JID/mac/NAME/HEX             MutationMAC    of an entry of a synced collection
//	JID/nctsalt                  Salt
//	JID/outgoing/CHAT/MESSAGE    Outgoing       what we sent, for who asks again
//	JID/prekey/ID                PreKey         ID has eight digits
//	JID/secret/CHAT/SENDER/MESSAGE  MessageSecret
//	JID/senderkey/SENDER/GROUP   SenderKey      a group's ratchet
//	JID/session/ADDRESS          Session        a person's ratchet
//	JID/token/JID                PrivacyToken
//	-/lid/LID                    LIDMapping
//
// An address is Signal's: user, underscore and domain, colon, device. Bytes
// are base64, times Unix seconds or milliseconds, as whatsmeow keeps them.
//
// # Moving and restoring
//
// A move from engine to engine (the old one being shut) takes everything
// along. An archive leaves out the sessions and sender keys (see Archived):
// both are ratchets that go on with every message, and one put back from
// yesterday forks from the other side's: what follows cannot be read by either.
// Without a session both sides make a new one with the next message. The
// identity stays, so the number need not be linked again. Pre-keys stay too:
// the server still hands out their public halves. Those that were made after
// the archive are lost; a message to one is asked for again, which whatsmeow
// does by itself.
package devicestate
