package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type codes struct{ table[storage.Code] }

// Codes keeps one-time codes.
func (s *Store) Codes() storage.Codes { return codes{tableOf[storage.Code](s, document.Codes)} }

func (c codes) Create(ctx context.Context, code storage.Code) error {
	return c.insert(ctx, "create code", &code)
}

func (c codes) Redeem(ctx context.Context, id, purpose, personID string, now time.Time) (*storage.Code, error) {
	const doing = "redeem code"
	got, err := c.result(ctx, doing, c.FindOneAndUpdate(ctx,
		append(byID(id), unused(purpose, now)...),
		bson.D{{Key: "$set", Value: bson.D{{Key: "usedBy", Value: personID}, {Key: "usedAt", Value: now}}}},
		options.FindOneAndUpdate().SetReturnDocument(options.After)))
	if !errors.Is(err, storage.ErrNotFound) {
		return got, err
	}
	got, err = c.one(ctx, doing, append(byID(id), bson.E{Key: "purpose", Value: purpose}), nil)
	switch {
	case err != nil:
		return nil, err
	case got.UsedBy == personID:
		return got, nil
	case got.UsedBy != "":
		return nil, fail(ctx, doing, storage.ErrConflict)
	}
	return nil, fail(ctx, doing, storage.ErrNotFound) // past
}

func unused(purpose string, now time.Time) bson.D {
	return bson.D{
		{Key: "purpose", Value: purpose},
		{Key: "expiresAt", Value: bson.D{{Key: "$gt", Value: now}}},
		{Key: "usedBy", Value: nil},
	}
}

func (c codes) Open(ctx context.Context, purpose string, now time.Time) ([]storage.Code, error) {
	docs, err := c.list(ctx, "list open codes", unused(purpose, now), ascending("expiresAt"), 0)
	if err != nil {
		return nil, err
	}
	out := make([]storage.Code, len(docs))
	for i, d := range docs {
		out[i] = *d
	}
	return out, nil
}
