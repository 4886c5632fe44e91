package mongo

import (
	"context"
	"encoding/json"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type settings struct{ table[document.Setting] }

// Settings keeps named values of the office.
func (s *Store) Settings() storage.Settings {
	return settings{tableOf[document.Setting](s, document.Settings)}
}

func (t settings) Get(ctx context.Context, key string, v any) error {
	got, err := t.one(ctx, "get setting "+key, byID(key), nil)
	if err != nil {
		return err
	}
	return fail(ctx, "get setting "+key, json.Unmarshal(got.Value, v))
}

func (t settings) Put(ctx context.Context, key string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fail(ctx, "put setting "+key, err)
	}
	return t.put(ctx, "put setting "+key, key, &document.Setting{ID: key, Value: value})
}

func (t settings) PutNew(ctx context.Context, key string, v any) (fresh bool, err error) {
	value, err := json.Marshal(v)
	if err != nil {
		return false, fail(ctx, "put setting "+key, err)
	}
	fresh, err = t.add(ctx, "put setting "+key, &document.Setting{ID: key, Value: value})
	if err != nil || fresh {
		return fresh, err
	}
	return false, t.Get(ctx, key, v)
}

func (t settings) Swap(ctx context.Context, key string, old, v any) error {
	doing := "swap setting " + key
	was, err := json.Marshal(old)
	if err != nil {
		return fail(ctx, doing, err)
	}
	next, err := json.Marshal(v)
	if err != nil {
		return fail(ctx, doing, err)
	}
	doc, err := t.codec.encode(&document.Setting{ID: key, Value: next})
	if err != nil {
		return fail(ctx, doing, err)
	}
	res, err := t.ReplaceOne(ctx, bson.D{{Key: "_id", Value: key}, {Key: "value", Value: string(was)}}, doc)
	if err == nil && res.MatchedCount == 0 {
		err = storage.ErrConflict
	}
	return fail(ctx, doing, err)
}
