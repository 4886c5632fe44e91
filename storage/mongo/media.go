package mongo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// A file is written in two steps: its chunks under a content ID that nobody
// knows yet, then the one document that points to it, which is when it comes
// to be, or takes the place of the one before. A crash leaves at most chunks
// that nothing points to; Migrate sweeps them up.
type media struct {
	table[storage.Blob]
	chunks *driver.Collection
}

const (
	contentField = "_content"
	chunkSize    = 1 << 20 // well below the 16 MiB of a document
	// orphanAge keeps the sweep away from a Put that is under way.
	orphanAge = time.Hour
)

// chunk is a piece of a file.
type chunk struct {
	ID   string `bson:"_id"` // content/n
	Data []byte `bson:"data"`
}

// pointer is what of a file's document says where its bytes are.
type pointer struct {
	ID      string `bson:"_id"`
	Content string `bson:"_content"`
}

// Media keeps files.
func (s *Store) Media() storage.Media { return s.media() }

func (s *Store) media() media {
	return media{tableOf[storage.Blob](s, document.Media), s.db.Collection(chunksName)}
}

func (m media) Put(ctx context.Context, b storage.Blob, data []byte) error {
	const doing = "put media"
	if len(data) > storage.MaxBlob {
		return fail(ctx, doing, fmt.Errorf("%s has %d bytes; at most %d are kept", b.ID, len(data), storage.MaxBlob))
	}
	sum := sha256.Sum256(data)
	b.Size, b.SHA = int64(len(data)), hex.EncodeToString(sum[:])
	content := bson.NewObjectID().Hex() // rises with time: see sweep
	for n := 0; n*chunkSize < len(data); n++ {
		piece := data[n*chunkSize : min((n+1)*chunkSize, len(data))]
		if _, err := m.chunks.InsertOne(ctx, chunk{ID: chunkID(content, n), Data: piece}); err != nil {
			return fail(ctx, doing, err)
		}
	}
	doc, err := m.codec.encode(&b, bson.E{Key: contentField, Value: content})
	if err != nil {
		return fail(ctx, doing, err)
	}
	replace := func() (old pointer, err error) {
		err = m.FindOneAndReplace(ctx, byID(b.ID), doc, options.FindOneAndReplace().SetUpsert(true)).Decode(&old)
		return old, err
	}
	old, err := replace()
	if duplicate(err) { // two put it at once: now it is there to replace
		old, err = replace()
	}
	if errors.Is(err, driver.ErrNoDocuments) { // there was none before
		return nil
	}
	if err != nil {
		return fail(ctx, doing, err)
	}
	return m.drop(ctx, doing, old.Content)
}

func chunkID(content string, n int) string { return fmt.Sprintf("%s/%06d", content, n) }

// chunksOf is the filter of a content's chunks.
func chunksOf(content string) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: content + "/"}, {Key: "$lt", Value: content + "0"}}}}
}

func (m media) drop(ctx context.Context, doing, content string) error {
	_, err := m.chunks.DeleteMany(ctx, chunksOf(content))
	return fail(ctx, doing, err)
}

// getTries is how often Get begins anew when the file is replaced under it.
const getTries = 3

func (m media) Get(ctx context.Context, id string) (storage.Blob, []byte, error) {
	const doing = "get media"
	for range getTries {
		doc, err := m.FindOne(ctx, byID(id)).Raw()
		if err != nil {
			return storage.Blob{}, nil, fail(ctx, doing, err)
		}
		var b storage.Blob
		var p pointer
		if err := errors.Join(m.codec.decode(doc, &b), bson.Unmarshal(doc, &p)); err != nil {
			return storage.Blob{}, nil, fail(ctx, doing, err)
		}
		data, err := m.read(ctx, p.Content, b.Size)
		if err != nil {
			return storage.Blob{}, nil, fail(ctx, doing, err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) == b.SHA {
			return b, data, nil
		}
	}
	return storage.Blob{}, nil, fail(ctx, doing, errors.New("its bytes do not bear out its checksum"))
}

func (m media) read(ctx context.Context, content string, size int64) ([]byte, error) {
	cur, err := m.chunks.Find(ctx, chunksOf(content), options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, err
	}
	defer func() { _ = cur.Close(ctx) }()
	data := make([]byte, 0, size)
	for cur.Next(ctx) {
		var c chunk
		if err := cur.Decode(&c); err != nil {
			return nil, err
		}
		data = append(data, c.Data...)
	}
	return data, cur.Err()
}

func (m media) Delete(ctx context.Context, id string) error {
	var old pointer
	err := m.FindOneAndDelete(ctx, byID(id)).Decode(&old)
	if errors.Is(err, driver.ErrNoDocuments) {
		return nil
	}
	if err != nil {
		return fail(ctx, "delete media", err)
	}
	return m.drop(ctx, "delete media", old.Content)
}

func (m media) Forget(ctx context.Context, prefix string, before time.Time) (int, error) {
	docs, err := m.list(ctx, "forget media", bson.D{
		{Key: "_id", Value: bson.Regex{Pattern: "^" + regexp.QuoteMeta(prefix)}},
		{Key: "at", Value: bson.D{{Key: "$lt", Value: before}}},
	}, bson.D{{Key: "_id", Value: 1}}, 0)
	if err != nil {
		return 0, err
	}
	for n, b := range docs {
		if err := m.Delete(ctx, b.ID); err != nil {
			return n, err
		}
	}
	return len(docs), nil
}

// sweep deletes chunks that nothing points to.
func (m media) sweep(ctx context.Context, now time.Time) error {
	const doing = "sweep media"
	live := map[string]bool{}
	cur, err := m.Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: contentField, Value: 1}}))
	if err != nil {
		return fail(ctx, doing, err)
	}
	for cur.Next(ctx) {
		var p pointer
		if err := cur.Decode(&p); err != nil {
			return fail(ctx, doing, errors.Join(err, cur.Close(ctx)))
		}
		live[p.Content] = true
	}
	if err := errors.Join(cur.Err(), cur.Close(ctx)); err != nil {
		return fail(ctx, doing, err)
	}
	// The first chunk of each content that is old enough.
	old := bson.NewObjectIDFromTimestamp(now.Add(-orphanAge)).Hex()
	var firsts []pointer
	cur, err = m.chunks.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: old}}}},
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err == nil {
		err = cur.All(ctx, &firsts)
	}
	if err != nil {
		return fail(ctx, doing, err)
	}
	for _, c := range firsts {
		content := c.ID[:min(len(c.ID), len(old))]
		if live[content] {
			continue
		}
		if err := m.drop(ctx, doing, content); err != nil {
			return err
		}
		live[content] = true // done with
	}
	return nil
}
