package mongo

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type registrations struct{ table[event.Registration] }

// Registrations keeps registrations.
func (s *Store) Registrations() storage.Registrations {
	return registrations{tableOf[event.Registration](s, document.Registrations)}
}

// orderField holds what List goes by: numbers from 10000 on come after 9999.
const orderField = "_order"

func numberOrder(r *event.Registration) bson.E {
	return bson.E{Key: orderField, Value: event.NumberOrder(r.Number)}
}

func (r registrations) Insert(ctx context.Context, reg *event.Registration) (*event.Registration, error) {
	const doing = "insert registration"
	next := *reg
	next.Version = 1
	err := r.insert(ctx, doing, &next, numberOrder(&next))
	if err == nil {
		reg.Version = next.Version
		return nil, nil
	}
	if !errors.Is(err, storage.ErrConflict) {
		return nil, err
	}
	for _, filter := range []bson.D{
		byID(reg.ID),
		{{Key: "key", Value: reg.Key}},
		{{Key: "number", Value: reg.Number}},
	} {
		there, findErr := r.one(ctx, doing, filter, nil)
		if findErr == nil {
			return there, err
		}
		if !errors.Is(findErr, storage.ErrNotFound) {
			return nil, findErr
		}
	}
	return nil, err // it has gone in the meantime
}

func (r registrations) Get(ctx context.Context, id string) (*event.Registration, error) {
	return r.one(ctx, "get registration", byID(id), nil)
}

func (r registrations) ByNumber(ctx context.Context, number string) (*event.Registration, error) {
	return r.one(ctx, "find registration by number", bson.D{{Key: "number", Value: number}}, nil)
}

func (r registrations) ByKey(ctx context.Context, key string) (*event.Registration, error) {
	return r.one(ctx, "find registration by key", bson.D{{Key: "key", Value: key}}, nil)
}

func (r registrations) Update(ctx context.Context, reg *event.Registration) error {
	if reg.Version == 0 { // was never inserted
		return fail(ctx, "update registration", storage.ErrConflict)
	}
	next := *reg
	next.Version++
	if err := r.save(ctx, "update registration", reg.ID, reg.Version, &next, numberOrder(&next)); err != nil {
		return err
	}
	reg.Version = next.Version
	return nil
}

func (r registrations) List(ctx context.Context, q storage.RegistrationQuery) (page []*event.Registration, next string, err error) {
	return r.page(ctx, "list registrations", registrationFilter(q), bson.D{{Key: orderField, Value: 1}}, q.Limit, func(r *event.Registration) string { return r.Number })
}

func registrationFilter(q storage.RegistrationQuery) bson.D {
	f := bson.D{}
	equal := func(key, v string) {
		if v != "" {
			f = append(f, bson.E{Key: key, Value: v})
		}
	}
	equal("eventId", q.EventID)
	equal("personId", q.PersonID)
	equal("phone", q.Phone)
	equal("audience", string(q.Audience))
	equal("kecamatan", q.Kecamatan)
	if len(q.Statuses) > 0 {
		f = append(f, bson.E{Key: "status", Value: bson.D{{Key: "$in", Value: q.Statuses}}})
	}
	if q.Untold {
		f = append(f, bson.E{Key: "tell", Value: bson.D{{Key: "$gt", Value: ""}}})
	}
	if q.Since != nil {
		f = append(f, bson.E{Key: "createdAt", Value: bson.D{{Key: "$gte", Value: *q.Since}}})
	}
	if q.OfferPast != nil {
		f = append(f, bson.E{Key: "offerUntil", Value: bson.D{{Key: "$lt", Value: *q.OfferPast}}})
	}
	var all bson.A // conditions that may stand on one field more than once
	if q.OfferPast != nil {
		all = append(all, bson.D{{Key: "status", Value: event.Offered}})
	}
	for _, word := range strings.Fields(event.Fold(q.Search)) {
		all = append(all, bson.D{{Key: "search", Value: bson.Regex{Pattern: regexp.QuoteMeta(word)}}})
	}
	if len(all) > 0 {
		f = append(f, bson.E{Key: "$and", Value: all})
	}
	if q.After != "" {
		f = append(f, bson.E{Key: orderField, Value: bson.D{{Key: "$gt", Value: event.NumberOrder(q.After)}}})
	}
	return f
}

func waiting(eventID string, a event.Audience) bson.D {
	return bson.D{{Key: "eventId", Value: eventID}, {Key: "audience", Value: a}, {Key: "status", Value: event.Waiting}}
}

func (r registrations) FirstWaiting(ctx context.Context, eventID string, a event.Audience) (*event.Registration, error) {
	return r.one(ctx, "find first waiting", waiting(eventID, a), bson.D{{Key: "queuedAt", Value: 1}, {Key: orderField, Value: 1}})
}

func (r registrations) Ahead(ctx context.Context, eventID string, a event.Audience, queuedAt time.Time) (int, error) {
	n, err := r.CountDocuments(ctx, append(waiting(eventID, a),
		bson.E{Key: "queuedAt", Value: bson.D{{Key: "$lt", Value: queuedAt}}}))
	return int(n), fail(ctx, "count who waits ahead", err)
}

func (r registrations) Delete(ctx context.Context, id string) error {
	return r.remove(ctx, "delete registration", id)
}
