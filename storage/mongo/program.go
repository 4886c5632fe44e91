package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// Rundowns keeps the order of each event's day.
func (s *Store) Rundowns() storage.Rundowns {
	return versionedOf(s, document.Rundowns, "rundown", func(d *event.Rundown) (string, *int64) { return d.ID, &d.Version })
}

// Ballots keeps the votes on each event's theme.
func (s *Store) Ballots() storage.Ballots {
	return versionedOf(s, document.Ballots, "ballot", func(d *event.Ballot) (string, *int64) { return d.ID, &d.Version })
}

type posts struct{ versioned[event.Post] }

// Posts keeps what was published about events.
func (s *Store) Posts() storage.Posts {
	return posts{versionedOf(s, document.Posts, "post", func(d *event.Post) (string, *int64) { return d.ID, &d.Version })}
}

func (k posts) List(ctx context.Context, eventID string) ([]*event.Post, error) {
	return k.list(ctx, "list posts", bson.D{{Key: "eventId", Value: eventID}}, bson.D{{Key: "_id", Value: 1}}, 0)
}
