package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type letters struct{ versioned[storage.Letter] }

// Letters keeps the register of letters.
func (s *Store) Letters() storage.Letters {
	return letters{versionedOf(s, document.Letters, "letter", func(d *storage.Letter) (string, *int64) { return d.ID, &d.Version })}
}

func (l letters) ByKey(ctx context.Context, key string) (*storage.Letter, error) {
	return l.one(ctx, "get letter by number", bson.D{{Key: "key", Value: key}}, nil)
}

func (l letters) List(ctx context.Context, q storage.LetterQuery) (page []*storage.Letter, next string, err error) {
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: q.After}}}}
	if q.EventID != "" {
		filter = append(filter, bson.E{Key: "eventId", Value: q.EventID})
	}
	switch {
	case q.Parent == nil:
	case *q.Parent == "": // the field is left out then
		filter = append(filter, bson.E{Key: "parent", Value: nil})
	default:
		filter = append(filter, bson.E{Key: "parent", Value: *q.Parent})
	}
	if q.Person != "" {
		filter = append(filter, bson.E{Key: "personId", Value: q.Person})
	}
	return l.page(ctx, "list letters", filter, bson.D{{Key: "_id", Value: 1}}, q.Limit, func(l *storage.Letter) string { return l.ID })
}
