// Package mongo keeps what the bot knows in MongoDB 6 or newer (standalone,
// replica set or sharded) or a server that speaks its protocol.
//
// # Documents
//
// A document is the port's struct under its JSON names, with "id" stored as
// "_id": natural strings, so that the hot path is a lookup by _id. Fields that
// begin with "_" beyond that are this adapter's own, made for an index, and
// never leave it.
//
//	chats inbox outbox people events registrations participations
//	broadcasts questions letters tasks surveys notes reports rundowns ballots
//	posts photos codes audit
//	               as in the port
//	places         event/audience/k: one place of a quota, free or held
//	counters       the last number handed out of a series
//	settings       JSON text under a key
//	leases         who is in charge, until when
//	media          what a file is; its bytes stand in media_chunks, under the
//	               value of its "_content"
//	schema         the number of the latest migration
//	whatsapp       the state of linked WhatsApp devices: see Devices. It has
//	               values in place of fields, encrypted where a key is set
//
// # What is used of the server
//
// Single-document writes only: unique keys, compare-and-set on a version, and
// findAndModify. No transactions, TTL or partial indexes, pipeline updates,
// array filters, positional updates, change streams or collations. Every write
// is acknowledged by a majority and journalled. The driver repeats a write
// whose answer was lost where the server can tell the repetition; on a
// standalone server the caller sees storage.ErrUnavailable and repeats the
// whole operation.
//
// # Sharding
//
// chats, inbox, outbox, audit and media_chunks may be sharded on {_id:
// "hashed"}: nothing in them is unique but _id, and every hot write names its
// _id. A sharded collection cannot hold a unique index that does not begin
// with its shard key, so people (_id and _accounts), registrations (_id,
// key and number), participations (_id and code), places (_id and _holding)
// and whatsapp, of which ranges of _id are read,
// stay whole, on the database's primary shard; so may the rest, which is small. A findAndModify that does
// not name the shard key is refused on older servers: only places uses one.
//
// # FerretDB
//
// FerretDB v1 runs the tests where no MongoDB is at hand. It neither locks
// between the read and the write of an update nor makes an index over array
// elements unique, so it must be used through one connection (maxPoolSize=1),
// and this package then checks account keys itself, in this process. It is
// not for production.
package mongo
