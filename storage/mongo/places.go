package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type places struct{ table[document.Place] }

// holdingField is unique: of a held place it names quota and holder, so that
// nobody ever holds two places of one quota; of a free one the place itself.
const holdingField = "_holding"

// Places are the places of a quota.
func (s *Store) Places() storage.Places { return places{tableOf[document.Place](s, document.Places)} }

// holding is that field of p; p is free while its holder is "".
func holding(p *document.Place) bson.E {
	v := "free/" + p.ID
	if p.Holder != "" {
		v = held(p.EventID, p.Audience, p.Holder)
	}
	return bson.E{Key: holdingField, Value: v}
}

func held(eventID string, a event.Audience, holder string) string {
	return fmt.Sprintf("held/%s/%s/%s", eventID, a, holder)
}

// claimTries bounds how often a claim begins anew: after it has laid out the
// places, or when the same holder claims twice at once.
const claimTries = 4

func (p places) Claim(ctx context.Context, eventID string, a event.Audience, limit int, holder string, until *time.Time) (int, error) {
	const doing = "claim place"
	set := bson.D{{Key: "holder", Value: holder}, {Key: holdingField, Value: held(eventID, a, holder)}}
	change := bson.D{{Key: "$unset", Value: bson.D{{Key: "until", Value: ""}}}}
	if until != nil {
		set, change = append(set, bson.E{Key: "until", Value: *until}), nil
	}
	change = append(change, bson.E{Key: "$set", Value: set})
	take := func(filter, sort bson.D) (*document.Place, error) {
		o := options.FindOneAndUpdate().SetReturnDocument(options.After)
		if sort != nil {
			o.SetSort(sort)
		}
		return p.result(ctx, doing, p.FindOneAndUpdate(ctx, filter, change, o))
	}
	laid := false // whether places 1 to limit were there before the latest try
	for range claimTries {
		got, err := take(bson.D{{Key: holdingField, Value: held(eventID, a, holder)}}, nil) // held already
		if errors.Is(err, storage.ErrNotFound) && limit > 0 {
			got, err = take(append(upTo(eventID, a, limit), bson.E{Key: "holder", Value: ""}), bson.D{{Key: "k", Value: 1}})
		}
		switch {
		case err == nil:
			return got.K, nil
		case errors.Is(err, storage.ErrConflict): // the same holder was quicker elsewhere
			continue
		case !errors.Is(err, storage.ErrNotFound):
			return 0, err
		}
		if laid || limit <= 0 {
			return 0, fail(ctx, doing, storage.ErrFull)
		}
		if err := p.layOut(ctx, eventID, a, limit); err != nil {
			return 0, err
		}
		laid = true
	}
	return 0, fail(ctx, doing, storage.ErrConflict)
}

// upTo is the filter of a quota's places 1 to limit.
func upTo(eventID string, a event.Audience, limit int) bson.D {
	return bson.D{
		{Key: "eventId", Value: eventID},
		{Key: "audience", Value: a},
		{Key: "k", Value: bson.D{{Key: "$lte", Value: limit}}},
	}
}

// layOut makes the place documents up to limit that are not there yet.
// Several may do so at once.
func (p places) layOut(ctx context.Context, eventID string, a event.Audience, limit int) error {
	const doing = "lay out places"
	n, err := p.CountDocuments(ctx, upTo(eventID, a, limit))
	if err != nil {
		return fail(ctx, doing, err)
	}
	if int(n) >= limit {
		return nil
	}
	docs := make([]bson.Raw, 0, limit)
	for k := 1; k <= limit; k++ {
		free := &document.Place{ID: document.PlaceID(eventID, a, k), EventID: eventID, Audience: a, K: k}
		doc, err := p.codec.encode(free, holding(free))
		if err != nil {
			return fail(ctx, doing, err)
		}
		docs = append(docs, doc)
	}
	_, err = p.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	if err != nil {
		if _, ok := onlyDuplicates(err); !ok {
			return fail(ctx, doing, err)
		}
	}
	return nil
}

func (p places) Release(ctx context.Context, eventID string, a event.Audience, holder string) error {
	const doing = "release place"
	mine := bson.D{{Key: holdingField, Value: held(eventID, a, holder)}}
	got, err := p.one(ctx, doing, mine, nil)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = p.UpdateOne(ctx, append(byID(got.ID), mine...), bson.D{
		{Key: "$set", Value: bson.D{{Key: "holder", Value: ""}, holding(&document.Place{ID: got.ID})}},
		{Key: "$unset", Value: bson.D{{Key: "until", Value: ""}}},
	})
	return fail(ctx, doing, err)
}

func (p places) Taken(ctx context.Context, eventID string, a event.Audience) (int, error) {
	n, err := p.CountDocuments(ctx, bson.D{
		{Key: "eventId", Value: eventID}, {Key: "audience", Value: a}, {Key: "holder", Value: bson.D{{Key: "$gt", Value: ""}}},
	})
	return int(n), fail(ctx, "count places", err)
}

func (p places) Overdue(ctx context.Context, now time.Time) ([]storage.PlaceHold, error) {
	docs, err := p.list(ctx, "list overdue places",
		bson.D{{Key: "until", Value: bson.D{{Key: "$lt", Value: now}}}}, ascending("until"), 0)
	if err != nil {
		return nil, err
	}
	out := make([]storage.PlaceHold, len(docs))
	for i, d := range docs {
		out[i] = storage.PlaceHold{EventID: d.EventID, Audience: d.Audience, K: d.K, Holder: d.Holder, Until: *d.Until}
	}
	return out, nil
}
