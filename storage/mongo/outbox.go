package mongo

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type outbox struct{ table[storage.Message] }

// Outbox keeps what is to be sent and what became of it.
func (s *Store) Outbox() storage.Outbox { return s.outbox() }

func (s *Store) outbox() outbox { return outbox{tableOf[storage.Message](s, document.Outbox)} }

// queued is m as a new row.
func queued(m storage.Message) storage.Message {
	m.State, m.LeaseToken, m.LeaseUntil = storage.Queued, "", nil
	return m
}

func (o outbox) Add(ctx context.Context, m storage.Message) (fresh bool, err error) {
	m = queued(m)
	return o.add(ctx, "queue message", &m)
}

func (o outbox) AddAll(ctx context.Context, ms []storage.Message) (fresh int, err error) {
	for part := range slices.Chunk(ms, addAtOnce) {
		n, err := o.addPart(ctx, part)
		if err != nil {
			return fresh, err
		}
		fresh += n
	}
	return fresh, nil
}

func (o outbox) addPart(ctx context.Context, part []storage.Message) (fresh int, err error) {
	docs := make([]bson.Raw, len(part))
	for i, m := range part {
		m = queued(m)
		if docs[i], err = o.codec.encode(&m); err != nil {
			return 0, fail(ctx, "queue messages", err)
		}
	}
	_, err = o.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	if err == nil {
		return len(part), nil
	}
	if there, ok := onlyDuplicates(err); ok {
		return len(part) - there, nil
	}
	return 0, fail(ctx, "queue messages", err)
}

func (o outbox) Get(ctx context.Context, id string) (*storage.Message, error) {
	return o.one(ctx, "get message", byID(id), nil)
}

func (o outbox) Due(ctx context.Context, ch channel.Name, lane storage.Lane, now time.Time, limit int) ([]*storage.Message, error) {
	return o.list(ctx, "list due messages", bson.D{
		{Key: "state", Value: storage.Queued},
		{Key: "chat.channel", Value: ch},
		{Key: "lane", Value: lane},
		{Key: "dueAt", Value: bson.D{{Key: "$lte", Value: now}}},
	}, bson.D{{Key: "dueAt", Value: 1}, {Key: "order", Value: 1}, {Key: "_id", Value: 1}}, limit)
}

// stillQueued is the filter of one row that nobody has taken.
func stillQueued(id string) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "state", Value: storage.Queued}}
}

func (o outbox) Claim(ctx context.Context, id, token string, until time.Time, messageID string) (*storage.Message, error) {
	const doing = "claim message"
	set := bson.D{
		{Key: "state", Value: storage.Claimed},
		{Key: "leaseToken", Value: token},
		{Key: "leaseUntil", Value: until},
	}
	take := func(filter, set bson.D) (*storage.Message, error) {
		return o.result(ctx, doing, o.FindOneAndUpdate(ctx, filter, bson.D{
			{Key: "$set", Value: set},
			{Key: "$inc", Value: bson.D{{Key: "attempts", Value: 1}}},
		}, options.FindOneAndUpdate().SetReturnDocument(options.After)))
	}
	var m *storage.Message
	err := storage.ErrNotFound
	if messageID != "" { // the first try of a row names its message …
		m, err = take(append(stillQueued(id), bson.E{Key: "messageId", Value: nil}),
			append(set[:len(set):len(set)], bson.E{Key: "messageId", Value: messageID}))
	}
	if errors.Is(err, storage.ErrNotFound) { // … and later ones keep that name
		filter := stillQueued(id)
		if messageID != "" {
			filter = append(filter, bson.E{Key: "messageId", Value: bson.D{{Key: "$gt", Value: ""}}})
		}
		m, err = take(filter, set)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return nil, o.whyNot(ctx, doing, id)
	}
	return m, err
}

// whyNot tells a row that has moved on from one that never was.
func (o outbox) whyNot(ctx context.Context, doing, id string) error {
	if _, err := o.one(ctx, doing, byID(id), nil); err != nil {
		return err
	}
	return fail(ctx, doing, storage.ErrConflict)
}

func (o outbox) Finish(ctx context.Context, m *storage.Message, token string) error {
	set := bson.D{{Key: "state", Value: m.State}, {Key: "dueAt", Value: m.DueAt}}
	unset := bson.D{{Key: "leaseToken", Value: ""}, {Key: "leaseUntil", Value: ""}}
	text := func(key, v string) {
		if v == "" {
			unset = append(unset, bson.E{Key: key, Value: ""})
		} else {
			set = append(set, bson.E{Key: key, Value: v})
		}
	}
	at := func(key string, v *time.Time) {
		if v == nil {
			unset = append(unset, bson.E{Key: key, Value: ""})
		} else {
			set = append(set, bson.E{Key: key, Value: *v})
		}
	}
	text("lastError", m.LastError)
	text("messageId", m.MessageID)
	at("sentAt", m.SentAt)
	at("deliveredAt", m.DeliveredAt)
	at("readAt", m.ReadAt)
	res, err := o.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: m.ID}, {Key: "state", Value: storage.Claimed}, {Key: "leaseToken", Value: token}},
		bson.D{{Key: "$set", Value: set}, {Key: "$unset", Value: unset}})
	if err == nil && res.MatchedCount == 0 {
		err = storage.ErrLeaseLost
	}
	if err != nil {
		return fail(ctx, "finish message", err)
	}
	m.LeaseToken, m.LeaseUntil = "", nil
	return nil
}

func (o outbox) Abandoned(ctx context.Context, now time.Time, limit int) ([]*storage.Message, error) {
	return o.list(ctx, "list abandoned messages", bson.D{
		{Key: "state", Value: storage.Claimed},
		{Key: "leaseUntil", Value: bson.D{{Key: "$lt", Value: now}}},
	}, ascending("leaseUntil"), limit)
}

func (o outbox) Drop(ctx context.Context, id string, to storage.State, reason string) error {
	res, err := o.UpdateOne(ctx, stillQueued(id),
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: to}, {Key: "lastError", Value: reason}}}})
	if err == nil && res.MatchedCount == 0 {
		return o.whyNot(ctx, "drop message", id)
	}
	return fail(ctx, "drop message", err)
}

func (o outbox) Receipt(ctx context.Context, r channel.Receipt) (fresh bool, err error) {
	if r.MessageID == "" {
		return false, nil
	}
	from, set := bson.A{storage.Sent}, bson.D{{Key: "state", Value: storage.Delivered}, {Key: "deliveredAt", Value: r.At}}
	if r.State == channel.Read {
		from, set = append(from, storage.Delivered), bson.D{{Key: "state", Value: storage.Read}, {Key: "readAt", Value: r.At}}
	}
	// An edit is a row of its own under the same message.
	res, err := o.UpdateMany(ctx, bson.D{
		{Key: "chat.id", Value: r.Chat.ID},
		{Key: "chat.channel", Value: r.Chat.Channel},
		{Key: "messageId", Value: r.MessageID},
		{Key: "state", Value: bson.D{{Key: "$in", Value: from}}},
	}, bson.D{{Key: "$set", Value: set}})
	if err != nil {
		return false, fail(ctx, "note receipt", err)
	}
	return res.ModifiedCount > 0, nil
}

func (o outbox) Redirect(ctx context.Context, from, to channel.Chat) (int, error) {
	res, err := o.UpdateMany(ctx, bson.D{
		{Key: "chat.id", Value: from.ID},
		{Key: "chat.channel", Value: from.Channel},
		{Key: "state", Value: storage.Queued},
	}, bson.D{{Key: "$set", Value: bson.D{{Key: "chat.channel", Value: to.Channel}, {Key: "chat.id", Value: to.ID}}}})
	if err != nil {
		return 0, fail(ctx, "redirect messages", err)
	}
	return int(res.ModifiedCount), nil
}

func (o outbox) Counts(ctx context.Context) ([]storage.OutboxCount, error) {
	return o.counts(ctx, "count messages", driver.Pipeline{
		// This order makes the index answer, without reading a document.
		{{Key: "$sort", Value: bson.D{{Key: "state", Value: 1}, {Key: "chat.channel", Value: 1}, {Key: "lane", Value: 1}}}},
		{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: bson.D{
				{Key: "channel", Value: "$chat.channel"}, {Key: "lane", Value: "$lane"}, {Key: "state", Value: "$state"},
			}},
			{Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}},
		}}},
		{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}},
	})
}

// counts reads groups of rows, whose _id is what they have in common.
func (o outbox) counts(ctx context.Context, doing string, groups driver.Pipeline) ([]storage.OutboxCount, error) {
	cur, err := o.Aggregate(ctx, groups)
	if err != nil {
		return nil, fail(ctx, doing, err)
	}
	var found []struct {
		ID struct {
			Channel channel.Name
			Lane    storage.Lane
			State   storage.State
		} `bson:"_id"`
		N int
	}
	if err := cur.All(ctx, &found); err != nil {
		return nil, fail(ctx, doing, err)
	}
	out := make([]storage.OutboxCount, len(found))
	for i, g := range found {
		out[i] = storage.OutboxCount{Channel: g.ID.Channel, Lane: g.ID.Lane, State: g.ID.State, N: g.N}
	}
	return out, nil
}

func (o outbox) Oldest(ctx context.Context, now time.Time) (*time.Time, error) {
	m, err := o.one(ctx, "find oldest message", bson.D{
		{Key: "state", Value: storage.Queued},
		{Key: "dueAt", Value: bson.D{{Key: "$lte", Value: now}}},
	}, bson.D{{Key: "dueAt", Value: 1}})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &m.DueAt, nil
}

func (o outbox) Failures(ctx context.Context, limit int) ([]*storage.Message, error) {
	return o.list(ctx, "list failures", bson.D{
		{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{storage.Failed, storage.Uncertain}}}},
	}, descending("queuedAt"), limit)
}

// inFinalState is the condition that a row is neither waiting nor being sent.
func inFinalState() bson.E {
	return bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{
		storage.Sent, storage.Delivered, storage.Read, storage.Failed, storage.Uncertain, storage.Suppressed, storage.Expired,
	}}}}
}

func (o outbox) Forget(ctx context.Context, before time.Time) (int, error) {
	return o.removeAll(ctx, "forget messages", bson.D{
		inFinalState(),
		{Key: "queuedAt", Value: bson.D{{Key: "$lt", Value: before}}},
	})
}
