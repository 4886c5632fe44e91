package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type rundowns struct{ table[event.Rundown] }

// Rundowns keeps the order of each event's day.
func (s *Store) Rundowns() storage.Rundowns {
	return rundowns{tableOf[event.Rundown](s, document.Rundowns)}
}

func (k rundowns) Get(ctx context.Context, id string) (*event.Rundown, error) {
	return k.one(ctx, "get rundown", byID(id), nil)
}

func (k rundowns) Save(ctx context.Context, given *event.Rundown) error {
	next := *given
	next.Version++
	if err := k.save(ctx, "save rundown", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
}

type ballots struct{ table[event.Ballot] }

// Ballots keeps the votes on each event's theme.
func (s *Store) Ballots() storage.Ballots {
	return ballots{tableOf[event.Ballot](s, document.Ballots)}
}

func (k ballots) Get(ctx context.Context, id string) (*event.Ballot, error) {
	return k.one(ctx, "get ballot", byID(id), nil)
}

func (k ballots) Save(ctx context.Context, given *event.Ballot) error {
	next := *given
	next.Version++
	if err := k.save(ctx, "save ballot", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
}

type posts struct{ table[event.Post] }

// Posts keeps what was published about events.
func (s *Store) Posts() storage.Posts { return posts{tableOf[event.Post](s, document.Posts)} }

func (k posts) Get(ctx context.Context, id string) (*event.Post, error) {
	return k.one(ctx, "get post", byID(id), nil)
}

func (k posts) Save(ctx context.Context, given *event.Post) error {
	next := *given
	next.Version++
	if err := k.save(ctx, "save post", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
}

func (k posts) List(ctx context.Context, eventID string) ([]*event.Post, error) {
	return k.list(ctx, "list posts", bson.D{{Key: "eventId", Value: eventID}}, bson.D{{Key: "_id", Value: 1}}, 0)
}
