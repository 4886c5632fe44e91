package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type broadcasts struct{ versioned[storage.Broadcast] }

// Broadcasts keeps broadcasts.
func (s *Store) Broadcasts() storage.Broadcasts {
	return broadcasts{versionedOf(s, document.Broadcasts, "broadcast", func(d *storage.Broadcast) (string, *int64) { return d.ID, &d.Version })}
}

func (b broadcasts) List(ctx context.Context, eventID string) ([]*storage.Broadcast, error) {
	filter := bson.D{}
	if eventID != "" {
		filter = append(filter, bson.E{Key: "eventId", Value: eventID})
	}
	return b.list(ctx, "list broadcasts", filter, descending("createdAt"), 0)
}

type questions struct{ table[storage.Question] }

// Questions keeps questions to the team.
func (s *Store) Questions() storage.Questions {
	return questions{tableOf[storage.Question](s, document.Questions)}
}

func (q questions) Save(ctx context.Context, question storage.Question) error {
	return q.put(ctx, "save question", question.ID, &question)
}

func (q questions) Get(ctx context.Context, id string) (*storage.Question, error) {
	return q.one(ctx, "get question", byID(id), nil)
}

func (q questions) Open(ctx context.Context, limit int) ([]storage.Question, error) {
	docs, err := q.list(ctx, "list open questions", bson.D{{Key: "answeredAt", Value: nil}}, ascending("askedAt"), limit)
	if err != nil {
		return nil, err
	}
	out := make([]storage.Question, len(docs))
	for i, d := range docs {
		out[i] = *d
	}
	return out, nil
}

func (q questions) Delete(ctx context.Context, id string) error {
	return q.remove(ctx, "delete question", id)
}

func (q questions) Erase(ctx context.Context, personID string) (int, error) {
	return q.removeAll(ctx, "erase questions", bson.D{{Key: "personId", Value: personID}})
}

func (q questions) Forget(ctx context.Context, before time.Time) (int, error) {
	return q.removeAll(ctx, "forget questions", bson.D{{Key: "askedAt", Value: bson.D{{Key: "$lt", Value: before}}}})
}
