package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// rawPage is how many documents are read or written at a time: an operation
// has to end within its time-out, however large the collection.
const rawPage = 200

type raw struct{ s *Store }

var _ document.Batch = raw{}

// Raw reads and writes whole collections as JSON documents. It implements
// document.Batch.
func (s *Store) Raw() storage.Raw { return raw{s} }

func (r raw) Collections() []string { return document.Collections() }

func (r raw) Each(ctx context.Context, collection string, fn func(id string, doc json.RawMessage) error) error {
	if _, ok := document.New(collection); !ok {
		return fmt.Errorf("mongo: read %s: there is no such collection", collection)
	}
	for last, more := "", true; more; {
		page, err := r.page(ctx, collection, last)
		if err != nil {
			return fail(ctx, "read "+collection, err)
		}
		for _, stored := range page {
			last = stored.Lookup("_id").StringValue()
			doc, err := r.show(ctx, collection, last, stored)
			if errors.Is(err, errHidden) {
				continue
			}
			if err != nil {
				return fail(ctx, "read "+collection, err)
			}
			if err := fn(last, doc); err != nil {
				return err
			}
		}
		more = len(page) == rawPage
	}
	return nil
}

// page reads the documents after an ID, in order.
func (r raw) page(ctx context.Context, collection, after string) (page []bson.Raw, err error) {
	cur, err := r.s.db.Collection(collection).Find(ctx,
		bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(rawPage))
	if err != nil {
		return nil, err
	}
	err = cur.All(ctx, &page)
	return page, err
}

// errHidden: a document of this adapter's own.
var errHidden = errors.New("hidden")

// show gives the JSON of a stored document.
func (r raw) show(ctx context.Context, collection, id string, stored bson.Raw) (json.RawMessage, error) {
	if collection == document.Media {
		blob, data, err := r.s.media().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) { // deleted since the page was read
			return nil, errHidden
		}
		if err != nil {
			return nil, err
		}
		return document.Encode(&document.File{Blob: blob, Data: data})
	}
	doc, _ := document.New(collection)
	if err := r.s.codec.decode(stored, doc); err != nil {
		return nil, err
	}
	if p, ok := doc.(*document.Place); ok && p.Holder == "" {
		return nil, errHidden
	}
	return document.Encode(doc)
}

func (r raw) Put(ctx context.Context, collection, id string, doc json.RawMessage) error {
	return r.PutAll(ctx, collection, []string{id}, []json.RawMessage{doc})
}

func (r raw) PutAll(ctx context.Context, collection string, ids []string, docs []json.RawMessage) error {
	doing := "restore " + collection
	var writes []driver.WriteModel
	for i, id := range ids {
		doc, err := document.Decode(collection, id, docs[i])
		if err != nil {
			return fail(ctx, doing, err)
		}
		if f, ok := doc.(*document.File); ok {
			if err := r.s.media().Put(ctx, f.Blob, f.Data); err != nil {
				return fail(ctx, doing, err)
			}
			continue
		}
		stored, err := r.s.codec.encode(doc, r.own(doc)...)
		if err != nil {
			return fail(ctx, doing, err)
		}
		writes = append(writes, driver.NewReplaceOneModel().SetFilter(byID(id)).SetReplacement(stored).SetUpsert(true))
	}
	for some := range slices.Chunk(writes, rawPage) {
		if _, err := r.s.db.Collection(collection).BulkWrite(ctx, some); err != nil {
			return fail(ctx, doing, err)
		}
	}
	return nil
}

// own gives the fields that this adapter adds to a document.
func (r raw) own(doc any) []bson.E {
	switch d := doc.(type) {
	case *document.InboxMessage:
		return []bson.E{r.s.arrivals.next()}
	case *document.Place:
		return []bson.E{holding(d)}
	case *event.Registration:
		return []bson.E{numberOrder(d)}
	case *event.Person:
		return lookups(d)
	case *storage.AuditEntry:
		return []bson.E{folded(d)}
	}
	return nil
}

// Clear deletes all documents but the leases, which belong to running
// processes.
func (r raw) Clear(ctx context.Context) error {
	for _, name := range append(r.Collections(), chunksName) {
		if _, err := r.s.db.Collection(name).DeleteMany(ctx, bson.D{}); err != nil {
			return fail(ctx, "clear "+name, err)
		}
	}
	return nil
}
