package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type photos struct{ table[event.Photo] }

// Photos keeps the albums of events.
func (s *Store) Photos() storage.Photos { return photos{tableOf[event.Photo](s, document.Photos)} }

func (p photos) Get(ctx context.Context, id string) (*event.Photo, error) {
	return p.one(ctx, "get photo", byID(id), nil)
}

func (p photos) Save(ctx context.Context, given *event.Photo) error {
	next := *given
	next.Version++
	if err := p.save(ctx, "save photo", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
}

func (p photos) List(ctx context.Context, eventID string) ([]*event.Photo, error) {
	return p.list(ctx, "list photos", bson.D{{Key: "eventId", Value: eventID}}, bson.D{{Key: "n", Value: 1}, {Key: "_id", Value: 1}}, 0)
}

func (p photos) Delete(ctx context.Context, id string) error {
	return p.remove(ctx, "delete photo", id)
}
