package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type counters struct{ table[document.Counter] }

// Counters hand out numbers.
func (s *Store) Counters() storage.Counters {
	return counters{tableOf[document.Counter](s, document.Counters)}
}

func (c counters) Next(ctx context.Context, series string) (int64, error) {
	raise := func() *driver.SingleResult {
		return c.FindOneAndUpdate(ctx, byID(series),
			bson.D{{Key: "$inc", Value: bson.D{{Key: "value", Value: int64(1)}}}},
			options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After))
	}
	res := raise()
	if duplicate(res.Err()) { // two began the series at once: now it is there to raise
		res = raise()
	}
	got, err := c.result(ctx, "take number", res)
	if err != nil {
		return 0, err
	}
	return got.Value, nil
}
