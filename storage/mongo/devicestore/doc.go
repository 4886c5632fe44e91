// Package devicestore keeps the state of linked WhatsApp devices in MongoDB:
// whatsmeow's store interfaces over package mongo's Devices. Its Container
// offers what whatsmeow's own sqlstore.Container does, under the same names,
// and one test suite runs both side by side.
//
// # Documents
//
// The collection "whatsapp" holds one document for each piece of state, in
// the form and under the IDs of package devicestate ("DEVICE/session/ADDRESS"),
// so that what a message needs is found by _id. Three kinds are this
// adapter's own and no part of a backup:
//
//	-/pn/PN           the reverse of -/lid/LID
//	DEVICE/prekeys    the number of the latest pre-key: none is given twice
//	-/journal         see below; likewise -/epoch and -/key
//
// A pre-key's number also is not given again when the cursor is missing, as it
// is after a restore: the numbers then jump by a thousand, past those that may
// have been given since the backup.
//
// # Durability
//
// Every write is acknowledged by a majority and journalled by the server
// before a call returns. One document is written as a whole anyway. What must
// change together (DoDecryptionTxn: the ratchet's advance, the pre-key it used
// up and the text of the message; MigratePNToLID; several sessions, contacts,
// pre-keys or LIDs; a device with all it has) is collected, written as one
// journal document, then applied to its documents, and the journal is emptied
// with the same command. Applying it twice does no harm. Killed before the
// journal is written, nothing has happened; after that, the next process
// completes it before it reads or writes anything.
//
//	collect --> journal written --> documents written, journal emptied
//	   |              |
//	 killed:        killed: replayed by the next process
//	 nothing
//
// If the server cannot be reached between the two, the call has succeeded,
// and every read and write of the process first completes the journal: no
// older value is ever seen. If it is not known whether the journal was
// written, the call fails, and the next one finds out.
//
// # Concurrency
//
// One process at a time is in charge: the one that holds the lease (package
// storage's Leases). With its first use of a device's state it becomes the
// only one whose writes count; others may but list the devices, as doctor
// does. Each process has a number, each write a higher one than those
// before, and no document or journal of a higher number is replaced. So a
// process that lost its lease without noticing gets mongo.ErrTakenOver and
// cannot put an old ratchet over a new one.
//
// Within the process transactions run one at a time, and while one runs no
// other goroutine writes, as with SQLite's immediate transactions; reads go
// on. Outside of transactions documents are written in parallel, each by one
// goroutine at a time. No lock is held while whatsmeow's code runs but that of
// its own transaction, whose context must be passed on.
//
// As in sqlstore contacts, LIDs and migrated phone numbers are remembered in
// memory. What a transaction wrote is remembered once it is kept.
//
// # Keys
//
// With STORE_KEY all values are encrypted (AES-256-GCM; the key is derived from
// it with HKDF-SHA256 and a salt of the database; the document's _id is the
// associated data). IDs stay readable, for they are what is looked up: whoever
// can read the database sees who is spoken with, but no key and no text. Where
// it is set for the first time, taking charge encrypts what is there; a wrong or missing
// key is refused when the database is opened. There is no way back but a
// backup, restored into another database: backups hold the values in plain and
// must be kept like the key itself.
package devicestore
