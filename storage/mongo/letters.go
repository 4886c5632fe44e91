package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type letters struct{ table[storage.Letter] }

// Letters keeps the register of letters.
func (s *Store) Letters() storage.Letters {
	return letters{tableOf[storage.Letter](s, document.Letters)}
}

func (l letters) Get(ctx context.Context, id string) (*storage.Letter, error) {
	return l.one(ctx, "get letter", byID(id), nil)
}

func (l letters) ByKey(ctx context.Context, key string) (*storage.Letter, error) {
	return l.one(ctx, "get letter by number", bson.D{{Key: "key", Value: key}}, nil)
}

func (l letters) Save(ctx context.Context, given *storage.Letter) error {
	next := *given
	next.Version++
	if err := l.save(ctx, "save letter", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
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
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	page, err = l.list(ctx, "list letters", filter, bson.D{{Key: "_id", Value: 1}}, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

func (l letters) Delete(ctx context.Context, id string) error {
	return l.remove(ctx, "delete letter", id)
}
