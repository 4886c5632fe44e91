package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/storage"
)

type leases struct{ table[lease] }

// lease is who is in charge of something.
type lease struct {
	ID     string    `json:"id"`
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"`
}

// Leases keep one process in charge.
func (s *Store) Leases() storage.Leases { return leases{tableOf[lease](s, leasesName)} }

func (l leases) Acquire(ctx context.Context, name, holder string, now, until time.Time) error {
	const doing = "acquire lease"
	res, err := l.UpdateOne(ctx, append(byID(name), bson.E{Key: "$or", Value: bson.A{
		bson.D{{Key: "holder", Value: holder}},
		bson.D{{Key: "until", Value: bson.D{{Key: "$lt", Value: now}}}},
	}}), bson.D{{Key: "$set", Value: bson.D{{Key: "holder", Value: holder}, {Key: "until", Value: until}}}})
	if err != nil {
		return fail(ctx, doing, err)
	}
	if res.MatchedCount > 0 {
		return nil
	}
	doc, err := l.codec.encode(&lease{ID: name, Holder: holder, Until: until})
	if err != nil {
		return fail(ctx, doing, err)
	}
	_, err = l.InsertOne(ctx, doc)
	if duplicate(err) { // somebody else's
		err = storage.ErrLeaseLost
	}
	return fail(ctx, doing, err)
}

func (l leases) Release(ctx context.Context, name, holder string) error {
	_, err := l.DeleteOne(ctx, append(byID(name), bson.E{Key: "holder", Value: holder}))
	return fail(ctx, "release lease", err)
}
