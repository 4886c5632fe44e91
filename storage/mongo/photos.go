package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type photos struct{ versioned[event.Photo] }

// Photos keeps the albums of events.
func (s *Store) Photos() storage.Photos {
	return photos{versionedOf(s, document.Photos, "photo", func(d *event.Photo) (string, *int64) { return d.ID, &d.Version })}
}

func (p photos) List(ctx context.Context, eventID string) ([]*event.Photo, error) {
	return p.list(ctx, "list photos", bson.D{{Key: "eventId", Value: eventID}}, bson.D{{Key: "n", Value: 1}, {Key: "_id", Value: 1}}, 0)
}
