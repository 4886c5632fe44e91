package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// This file is the outbox as one looks at it by event and touchpoint, and by
// person.

// ofTouchpoints chooses the rows of an event whose touchpoint begins with a
// prefix. An event "" would be rows that belong to none, which are nobody's to
// choose by touchpoint: the callers see to it.
func ofTouchpoints(eventID, touchpoint string) bson.D {
	f := bson.D{{Key: "eventId", Value: eventID}}
	if touchpoint != "" {
		// All text that begins with the prefix lies below the prefix with the
		// last code point, which is no character.
		f = append(f, bson.E{Key: "touchpoint", Value: bson.D{{Key: "$gte", Value: touchpoint}, {Key: "$lt", Value: touchpoint + "\U0010ffff"}}})
	}
	return f
}

func (o outbox) Erase(ctx context.Context, personID string) (int, error) {
	if personID == "" {
		return 0, nil
	}
	return o.removeAll(ctx, "erase messages", bson.D{{Key: "personId", Value: personID}, inFinalState()})
}

func (o outbox) Expire(ctx context.Context, eventID, touchpoint, reason string) (int, error) {
	if eventID == "" {
		return 0, nil
	}
	set := bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: storage.Expired}}}}
	if reason != "" {
		set[0].Value = bson.D{{Key: "state", Value: storage.Expired}, {Key: "lastError", Value: reason}}
	} else {
		set = append(set, bson.E{Key: "$unset", Value: bson.D{{Key: "lastError", Value: ""}}})
	}
	res, err := o.UpdateMany(ctx, append(ofTouchpoints(eventID, touchpoint), bson.E{Key: "state", Value: storage.Queued}), set)
	if err != nil {
		return 0, fail(ctx, "expire messages", err)
	}
	return int(res.ModifiedCount), nil
}

func (o outbox) Tally(ctx context.Context, eventID, touchpoint string) ([]storage.OutboxCount, error) {
	if eventID == "" {
		return nil, nil
	}
	return o.counts(ctx, "tally messages", driver.Pipeline{
		{{Key: "$match", Value: ofTouchpoints(eventID, touchpoint)}},
		{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: bson.D{{Key: "channel", Value: "$chat.channel"}, {Key: "state", Value: "$state"}}},
			{Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}},
		}}},
		{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}},
	})
}

func (o outbox) List(ctx context.Context, eventID, touchpoint string, state storage.State, after string, limit int) (page []*storage.Message, next string, err error) {
	if eventID == "" {
		return nil, "", nil
	}
	filter := append(ofTouchpoints(eventID, touchpoint),
		bson.E{Key: "state", Value: state}, bson.E{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}})
	return o.page(ctx, "list messages", filter, bson.D{{Key: "_id", Value: 1}}, limit, func(m *storage.Message) string { return m.ID })
}

func (o outbox) Retry(ctx context.Context, id string, due time.Time) error {
	res, err := o.UpdateOne(ctx, bson.D{
		{Key: "_id", Value: id},
		{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{storage.Failed, storage.Uncertain}}}},
	}, bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: storage.Queued}, {Key: "dueAt", Value: due}}}})
	if err == nil && res.MatchedCount == 0 {
		return o.whyNot(ctx, "retry message", id)
	}
	return fail(ctx, "retry message", err)
}

func (o outbox) Readdress(ctx context.Context, id string, to channel.Chat, due time.Time) error {
	res, err := o.UpdateOne(ctx, bson.D{
		{Key: "_id", Value: id},
		{Key: "state", Value: storage.Failed},
		{Key: "chat.channel", Value: to.Channel},
	}, bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: storage.Queued}, {Key: "chat.id", Value: to.ID}, {Key: "dueAt", Value: due}}}})
	if err == nil && res.MatchedCount == 0 {
		return o.whyNot(ctx, "readdress message", id)
	}
	return fail(ctx, "readdress message", err)
}
