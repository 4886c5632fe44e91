package mongo

import (
	"context"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type inbox struct {
	table[document.InboxMessage]
	arrivals *arrivals
}

// Inbox keeps what came in until it is handled.
func (s *Store) Inbox() storage.Inbox { return s.inbox() }

func (s *Store) inbox() inbox {
	return inbox{table: tableOf[document.InboxMessage](s, document.Inbox), arrivals: &s.arrivals}
}

func (b inbox) Add(ctx context.Context, in channel.Inbound, at time.Time) (fresh bool, err error) {
	return b.add(ctx, "add to inbox", &document.InboxMessage{ID: in.ID, At: at, Message: in}, b.arrivals.next())
}

func (b inbox) Done(ctx context.Context, id string) error {
	_, err := b.UpdateOne(ctx, byID(id), bson.D{{Key: "$set", Value: bson.D{{Key: "done", Value: true}}}})
	return fail(ctx, "mark inbound as done", err)
}

func (b inbox) Open(ctx context.Context, limit int) ([]channel.Inbound, error) {
	docs, err := b.list(ctx, "list open inbound", bson.D{{Key: "done", Value: nil}},
		bson.D{{Key: "at", Value: 1}, {Key: arrivalField, Value: 1}, {Key: "_id", Value: 1}}, limit)
	if err != nil {
		return nil, err
	}
	out := make([]channel.Inbound, len(docs))
	for i, d := range docs {
		out[i] = d.Message
	}
	return out, nil
}

func (b inbox) Forget(ctx context.Context, before time.Time) (int, error) {
	return b.removeAll(ctx, "forget inbound", bson.D{
		{Key: "done", Value: true},
		{Key: "at", Value: bson.D{{Key: "$lt", Value: before}}},
	})
}

func (b inbox) Erase(ctx context.Context, chat channel.Chat) (int, error) {
	return b.removeAll(ctx, "erase inbound", bson.D{
		{Key: "message.chat.id", Value: chat.ID},
		{Key: "message.chat.channel", Value: chat.Channel},
		{Key: "done", Value: true},
	})
}

// arrivals number what comes within one millisecond, so that two messages
// sent at once are replayed in the order in which they came. Numbers rise
// over restarts, as long as the machine's clock does.
type arrivals struct {
	mu   sync.Mutex
	last int64
}

const arrivalField = "_arrival"

func (a *arrivals) next() bson.E {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = max(a.last+1, time.Now().UnixNano())
	return bson.E{Key: arrivalField, Value: a.last}
}
