package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/storage"
)

// table is a collection whose documents are T.
type table[T any] struct {
	*driver.Collection
	codec codec
}

func tableOf[T any](s *Store, name string) table[T] {
	return table[T]{Collection: s.db.Collection(name), codec: s.codec}
}

// byID is the filter of one document.
func byID(id string) bson.D { return bson.D{{Key: "_id", Value: id}} }

// byVersion is the filter of one document as it was read.
func byVersion(id string, version int64) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "version", Value: version}}
}

// one reads the first match.
func (t table[T]) one(ctx context.Context, doing string, filter bson.D, sort bson.D) (*T, error) {
	o := options.FindOne()
	if sort != nil {
		o.SetSort(sort)
	}
	return t.result(ctx, doing, t.FindOne(ctx, filter, o))
}

// result decodes what a command on one document returned.
func (t table[T]) result(ctx context.Context, doing string, r *driver.SingleResult) (*T, error) {
	doc, err := r.Raw()
	if err != nil {
		return nil, fail(ctx, doing, err)
	}
	v := new(T)
	if err := t.codec.decode(doc, v); err != nil {
		return nil, fail(ctx, doing, err)
	}
	return v, nil
}

// list reads all matches, at most limit where that is above 0.
func (t table[T]) list(ctx context.Context, doing string, filter, sort bson.D, limit int) ([]*T, error) {
	o := options.Find().SetSort(sort)
	if limit > 0 {
		o.SetLimit(int64(limit))
	}
	cur, err := t.Find(ctx, filter, o)
	if err != nil {
		return nil, fail(ctx, doing, err)
	}
	defer func() { _ = cur.Close(ctx) }()
	var out []*T
	for cur.Next(ctx) {
		v := new(T)
		if err := t.codec.decode(cur.Current, v); err != nil {
			return nil, fail(ctx, doing, err)
		}
		out = append(out, v)
	}
	return out, fail(ctx, doing, cur.Err())
}

// page is list in parts, see storage.Page.
func (t table[T]) page(ctx context.Context, doing string, filter, sort bson.D, limit int, key func(d *T) string) (page []*T, next string, err error) {
	return storage.Page(limit, key, func(most int) ([]*T, error) { return t.list(ctx, doing, filter, sort, most) })
}

// insert stores a new document; ErrConflict if a unique key of it is taken.
func (t table[T]) insert(ctx context.Context, doing string, v *T, own ...bson.E) error {
	doc, err := t.codec.encode(v, own...)
	if err != nil {
		return fail(ctx, doing, err)
	}
	_, err = t.InsertOne(ctx, doc)
	return fail(ctx, doing, err)
}

// add is insert for documents that say the same under the same ID: one that
// is there already is no error, and fresh is false.
func (t table[T]) add(ctx context.Context, doing string, v *T, own ...bson.E) (fresh bool, err error) {
	err = t.insert(ctx, doing, v, own...)
	if errors.Is(err, storage.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// save is the compare-and-set of all versioned documents: next, whose version
// is one above was, replaces what stands under that version; was 0 inserts.
func (t table[T]) save(ctx context.Context, doing string, id string, was int64, next *T, own ...bson.E) error {
	if was == 0 {
		return t.insert(ctx, doing, next, own...)
	}
	doc, err := t.codec.encode(next, own...)
	if err != nil {
		return fail(ctx, doing, err)
	}
	res, err := t.ReplaceOne(ctx, byVersion(id, was), doc)
	if err == nil && res.MatchedCount == 0 {
		err = storage.ErrConflict
	}
	return fail(ctx, doing, err)
}

// versioned is a table whose documents are saved by compare-and-set.
type versioned[T any] struct {
	table[T]
	noun string // what a document is, in errors
	of   func(d *T) (id string, version *int64)
}

func versionedOf[T any](s *Store, name, noun string, of func(d *T) (id string, version *int64)) versioned[T] {
	return versioned[T]{tableOf[T](s, name), noun, of}
}

func (v versioned[T]) Get(ctx context.Context, id string) (*T, error) {
	return v.one(ctx, "get "+v.noun, byID(id), nil)
}

func (v versioned[T]) Save(ctx context.Context, given *T) error {
	next := *given
	id, version := v.of(&next)
	was := *version
	*version = was + 1
	if err := v.save(ctx, "save "+v.noun, id, was, &next); err != nil {
		return err
	}
	_, version = v.of(given)
	*version = was + 1
	return nil
}

func (v versioned[T]) Delete(ctx context.Context, id string) error {
	return v.remove(ctx, "delete "+v.noun, id)
}

// put replaces a document or inserts it.
func (t table[T]) put(ctx context.Context, doing string, id string, v *T, own ...bson.E) error {
	doc, err := t.codec.encode(v, own...)
	if err != nil {
		return fail(ctx, doing, err)
	}
	_, err = t.ReplaceOne(ctx, byID(id), doc, options.Replace().SetUpsert(true))
	if duplicate(err) { // two put it at once: now it is there to replace
		_, err = t.ReplaceOne(ctx, byID(id), doc)
	}
	return fail(ctx, doing, err)
}

// remove deletes one document, if it is there.
func (t table[T]) remove(ctx context.Context, doing, id string) error {
	_, err := t.DeleteOne(ctx, byID(id))
	return fail(ctx, doing, err)
}

// removeAll deletes all matches.
func (t table[T]) removeAll(ctx context.Context, doing string, filter bson.D) (int, error) {
	res, err := t.DeleteMany(ctx, filter)
	if err != nil {
		return 0, fail(ctx, doing, err)
	}
	return int(res.DeletedCount), nil
}

// ascending and descending sort by one field, then by _id, so that the order
// is the same each time.
func ascending(field string) bson.D  { return bson.D{{Key: field, Value: 1}, {Key: "_id", Value: 1}} }
func descending(field string) bson.D { return bson.D{{Key: field, Value: -1}, {Key: "_id", Value: -1}} }
