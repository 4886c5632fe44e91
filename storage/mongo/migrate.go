package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// migration is one step from a version to the next. It can be run again,
// also after it was interrupted anywhere, and at the same time as another
// process runs it.
type migration func(ctx context.Context, s *Store) error

// migrations brings a database up, one version each: the first makes it 1.
// Append only.
func migrations() []migration {
	return []migration{
		func(context.Context, *Store) error { return nil }, // the first documents: only indexes, see below
		// Participations, broadcasts, questions; the outbox by touchpoint, people
		// by email address. Again only indexes, but an older program would drop
		// the address as it saves a person.
		func(context.Context, *Store) error { return nil },
		// Letters, tasks, first contacts: an older program would drop them. Numbers
		// get an order.
		orderNumbers,
	}
}

// orderNumbers gives registrations of older programs the field that lists go
// by.
func orderNumbers(ctx context.Context, s *Store) error {
	t := tableOf[event.Registration](s, document.Registrations)
	for {
		some, err := t.list(ctx, "order registrations", bson.D{{Key: orderField, Value: bson.D{{Key: "$exists", Value: false}}}}, bson.D{{Key: "_id", Value: 1}}, 500)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, r := range some {
			set := bson.D{{Key: "$set", Value: bson.D{{Key: orderField, Value: event.NumberOrder(r.Number)}}}}
			if _, err := t.UpdateOne(ctx, byID(r.ID), set); err != nil {
				return fail(ctx, "order registrations", err)
			}
		}
	}
}

// schema is the one document of its collection.
type schema struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

const schemaID = "schema"

// Migrate brings indexes and documents to this program's version.
func (s *Store) Migrate(ctx context.Context) error {
	t := tableOf[schema](s, schemaName)
	steps := migrations()
	var have int
	at, err := t.one(ctx, "read schema version", byID(schemaID), nil)
	switch {
	case err == nil:
		have = at.Version
	case !errors.Is(err, storage.ErrNotFound):
		return err
	}
	if have > len(steps) {
		return fmt.Errorf("mongo: the database was migrated by a newer program (schema %d; this one knows up to %d)", have, len(steps))
	}
	// Indexes first: a step may count on them. One that somebody dropped by
	// hand comes back here, too.
	for _, ix := range indexes() {
		if err := s.createIndexes(ctx, ix); err != nil {
			return fail(ctx, "create indexes of "+ix.collection, err)
		}
	}
	for v := have + 1; v <= len(steps); v++ {
		if err := steps[v-1](ctx, s); err != nil {
			return fmt.Errorf("mongo: migrate to schema %d: %w", v, err)
		}
		if err := t.put(ctx, "write schema version", schemaID, &schema{ID: schemaID, Version: v}); err != nil {
			return err
		}
		s.log.Info().Int("schema", v).Msg("database migrated")
	}
	return s.media().sweep(ctx, time.Now())
}

// createIndexes makes the indexes whose names are not there yet. (MongoDB
// would pass over those that are; FerretDB stumbles.) A change of one is a
// migration of its own, which drops it first, or gives it a new name.
func (s *Store) createIndexes(ctx context.Context, ix collectionIndexes) error {
	view := s.db.Collection(ix.collection).Indexes()
	there, err := view.ListSpecifications(ctx)
	if err != nil {
		return err
	}
	var missing []driver.IndexModel
	for _, want := range ix.indexes {
		if !slices.ContainsFunc(there, func(is driver.IndexSpecification) bool { return is.Name == want.name }) {
			missing = append(missing, want.model())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = view.CreateMany(ctx, missing)
	return err
}

type collectionIndexes struct {
	collection string
	indexes    []indexOf
}

// indexOf is an index that goes up all its fields, in that order.
type indexOf struct {
	name   string
	unique bool
	fields []string
}

func index(name string, fields ...string) indexOf { return indexOf{name: name, fields: fields} }
func unique(name string, fields ...string) indexOf {
	return indexOf{name: name, unique: true, fields: fields}
}

func (i indexOf) model() driver.IndexModel {
	keys := make(bson.D, len(i.fields))
	for n, f := range i.fields {
		keys[n] = bson.E{Key: f, Value: 1}
	}
	o := options.Index().SetName(i.name)
	if i.unique {
		o.SetUnique(true)
	}
	return driver.IndexModel{Keys: keys, Options: o}
}

// indexes lists what the operations look up by, besides _id. Those that serve
// a list with a limit hold its whole order, so that no more is read than asked.
func indexes() []collectionIndexes {
	return []collectionIndexes{
		{document.Chats, []indexOf{
			index("unflushed", "pending.id"),
			index("drafts", "draftAt", "_id"),
			index("person", "personId"),
		}},
		{document.Inbox, []indexOf{
			index("open", "done", "at", arrivalField, "_id"),
			index("chat", "message.chat.id", "done"),
		}},
		{document.Outbox, []indexOf{
			index("due", "state", "chat.channel", "lane", "dueAt", "order", "_id"), // Due, Counts
			index("oldest", "state", "dueAt"),
			index("queued", "state", "queuedAt", "_id"), // Failures, Forget
			index("receipt", "chat.id", "messageId"),
			index("touchpoint", "eventId", "touchpoint", "chat.channel", "state"), // Tally, Expire
			index("event", "eventId", "state", "_id", "touchpoint"),               // List
			index("person", "personId"),
		}},
		{document.People, []indexOf{
			unique("account", accountsField),
			index("phone", "phone"),
			index("email", emailField),
			index("handle", handlesField),
			index("role", "role"),
		}},
		{document.Registrations, []indexOf{
			unique("number", "number"),
			unique("key", "key"),
			index("event", "eventId", "number"),
			index("order", orderField),
			index("eventOrder", "eventId", orderField),
			index("line", "eventId", "audience", "status", "queuedAt", "number"),
			index("person", "personId"),
			index("phone", "phone"),
			index("tell", "tell"),
			index("offer", "offerUntil"),
		}},
		{document.Participations, []indexOf{
			unique("code", "code"),
			// What follows _id is there to pass over documents without reading them.
			index("event", "eventId", "_id", "audience", "reply.answer", "invitedAt"),
			index("person", "personId", "_id"),
			index("call", "eventId", "call", "_id"),
			index("cold", "eventId", "cold", "_id"),
			index("arrived", "eventId", "arrival.at", "_id"),
		}},
		{document.Broadcasts, []indexOf{index("event", "eventId", "createdAt", "_id")}},
		{document.Questions, []indexOf{index("open", "answeredAt", "askedAt", "_id")}},
		{document.Letters, []indexOf{
			unique("key", "key"),
			index("event", "eventId", "_id"),
			index("parent", "parent", "_id"),
			index("person", "personId", "_id"),
		}},
		{document.Tasks, []indexOf{index("event", "eventId", "_id")}},
		{document.SurveyReplies, []indexOf{index("event", "eventId", "_id")}},
		{document.Notes, []indexOf{index("event", "eventId", "at", "_id")}},
		{document.Reports, []indexOf{index("event", "eventId", "at", "_id"), index("status", "status", "at", "_id")}},
		{document.Posts, []indexOf{index("event", "eventId", "_id")}},
		{document.Photos, []indexOf{index("event", "eventId", "n", "_id")}},
		{document.Places, []indexOf{
			unique("holding", holdingField),
			index("free", "eventId", "audience", "holder", "k"),
			index("until", "until"),
		}},
		{document.Codes, []indexOf{index("purpose", "purpose", "expiresAt")}},
		{document.Audit, []indexOf{index("at", "at", "_id")}},
	}
}
