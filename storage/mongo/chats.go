package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type chats struct {
	versioned[storage.Chat]
	outbox outbox
	inbox  inbox
}

// Chats keeps conversations.
func (s *Store) Chats() storage.Chats { return s.chats() }

func (s *Store) chats() chats {
	return chats{versioned: versionedOf(s, document.Chats, "chat", func(d *storage.Chat) (string, *int64) { return d.ID, &d.Version }), outbox: s.outbox(), inbox: s.inbox()}
}

// Flush is three writes, each of which may be done again: the rows under
// their unique IDs, the chat if it is still of this version, the inbound
// message. A crash in between leaves the chat among the unflushed or the
// message among the open ones.
func (c chats) Flush(ctx context.Context, chat *storage.Chat, inboundID string) error {
	// A chat read before somebody else's write may hold answers that were
	// never saved; they must not go out.
	err := c.FindOne(ctx, byVersion(chat.ID, chat.Version),
		options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
	if errors.Is(err, driver.ErrNoDocuments) {
		err = storage.ErrConflict
	}
	if err != nil {
		return fail(ctx, "flush chat", err)
	}
	if _, err := c.outbox.AddAll(ctx, chat.Pending); err != nil {
		return fail(ctx, "flush chat", err)
	}
	next := *chat
	next.Version++
	next.Pending = nil
	if err := c.save(ctx, "flush chat", chat.ID, chat.Version, &next); err != nil {
		return err
	}
	chat.Version, chat.Pending = next.Version, nil
	if inboundID == "" {
		return nil
	}
	return c.inbox.Done(ctx, inboundID)
}

func (c chats) Unflushed(ctx context.Context, limit int) ([]*storage.Chat, error) {
	return c.list(ctx, "list unflushed chats",
		bson.D{{Key: "pending.id", Value: bson.D{{Key: "$gt", Value: ""}}}}, ascending("updatedAt"), limit)
}

func (c chats) Drafts(ctx context.Context, touchedBefore time.Time, unnudged bool, limit int) ([]*storage.Chat, error) {
	filter := bson.D{
		{Key: "draftAt", Value: bson.D{{Key: "$lt", Value: touchedBefore}}},
		{Key: "draft.id", Value: bson.D{{Key: "$exists", Value: true}}},
	}
	if unnudged {
		filter = append(filter, bson.E{Key: "draftNudged", Value: bson.D{{Key: "$ne", Value: true}}})
	}
	return c.list(ctx, "list drafts", filter, ascending("draftAt"), limit)
}

func (c chats) OfPerson(ctx context.Context, personID string) ([]*storage.Chat, error) {
	return c.list(ctx, "list a person's chats", bson.D{
		{Key: "personId", Value: personID},
		{Key: "group", Value: bson.D{{Key: "$ne", Value: true}}},
	}, bson.D{{Key: "_id", Value: 1}}, 0)
}
