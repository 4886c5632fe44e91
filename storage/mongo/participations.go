package mongo

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type participations struct {
	versioned[event.Participation]
	saveAtOnce int // how many compare-and-sets are sent at a time
}

// Participations keeps who takes part in what.
func (s *Store) Participations() storage.Participations {
	p := participations{versionedOf(s, document.Participations, "participation", func(d *event.Participation) (string, *int64) { return d.ID, &d.Version }), addAtOnce}
	if s.lone != nil {
		p.saveAtOnce = 10 // such a server scans for each, and must answer in time
	}
	return p
}

func (p participations) ByCode(ctx context.Context, code string) (*event.Participation, error) {
	return p.one(ctx, "find participation by code", bson.D{{Key: "code", Value: code}}, nil)
}

// ByCodePrefix anchors its pattern, so that the index of codes serves it.
func (p participations) ByCodePrefix(ctx context.Context, eventID, prefix string, limit int) ([]*event.Participation, error) {
	f := bson.D{
		{Key: "code", Value: bson.Regex{Pattern: "^" + regexp.QuoteMeta(prefix)}},
		{Key: "eventId", Value: eventID},
	}
	return p.list(ctx, "find participations by short code", f, bson.D{{Key: "code", Value: 1}}, limit)
}

// SaveAll sends a batch of compare-and-sets at a time.
func (p participations) SaveAll(ctx context.Context, ps []*event.Participation) (saved int, err error) {
	const doing = "save participations"
	for part := range slices.Chunk(ps, p.saveAtOnce) {
		models := make([]driver.WriteModel, len(part))
		for i, given := range part {
			next := *given
			next.Version++
			doc, err := p.codec.encode(&next)
			if err != nil {
				return saved, fail(ctx, doing, err)
			}
			models[i] = driver.NewReplaceOneModel().SetFilter(byVersion(given.ID, given.Version)).SetReplacement(doc)
		}
		res, err := p.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
		if err != nil {
			return saved, fail(ctx, doing, err)
		}
		saved += int(res.MatchedCount)
	}
	return saved, nil
}

// addAtOnce is how many documents are encoded and sent at a time: memory stays
// flat, and each round trip ends well within its time-out.
const addAtOnce = 1000

// AddAll gives ErrConflict where a code is taken; all others are added all
// the same.
func (p participations) AddAll(ctx context.Context, ps []*event.Participation) (fresh int, err error) {
	for part := range slices.Chunk(ps, addAtOnce) {
		n, partErr := p.addPart(ctx, part)
		fresh += n
		if partErr != nil && !errors.Is(partErr, storage.ErrConflict) {
			return fresh, partErr
		}
		err = errors.Join(err, partErr)
	}
	return fresh, err
}

func (p participations) addPart(ctx context.Context, part []*event.Participation) (fresh int, err error) {
	const doing = "add participations"
	docs := make([]bson.Raw, len(part))
	for i, given := range part {
		first := *given
		first.Version = 1
		if docs[i], err = p.codec.encode(&first); err != nil {
			return 0, fail(ctx, doing, err)
		}
	}
	_, err = p.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	refused, err := refusedOf(err)
	if err != nil {
		return 0, fail(ctx, doing, err)
	}
	var ids bson.A
	for i, given := range part {
		if refused[i] {
			ids = append(ids, given.ID)
			continue
		}
		given.Version = 1
		fresh++
	}
	return fresh, p.allThere(ctx, doing, ids)
}

// allThere tells documents that were there before, which is as it should be,
// from those that are not there because their code is somebody else's.
func (p participations) allThere(ctx context.Context, doing string, ids bson.A) error {
	if len(ids) == 0 {
		return nil
	}
	cur, err := p.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}},
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return fail(ctx, doing, err)
	}
	var found []struct {
		ID string `bson:"_id"`
	}
	if err := cur.All(ctx, &found); err != nil {
		return fail(ctx, doing, err)
	}
	there := map[any]bool{}
	for _, f := range found {
		there[f.ID] = true
	}
	for _, id := range ids {
		if !there[id] {
			return fail(ctx, doing, fmt.Errorf("%w: the code of %s is taken", storage.ErrConflict, id))
		}
	}
	return nil
}

func (p participations) List(ctx context.Context, q storage.ParticipationQuery) (page []*event.Participation, next string, err error) {
	return p.page(ctx, "list participations", participationFilter(q), bson.D{{Key: "_id", Value: 1}}, q.Limit, func(p *event.Participation) string { return p.ID })
}

func participationFilter(q storage.ParticipationQuery) bson.D {
	f := bson.D{}
	equal := func(key, v string) {
		if v != "" {
			f = append(f, bson.E{Key: key, Value: v})
		}
	}
	equal("eventId", q.EventID)
	equal("personId", q.PersonID)
	equal("audience", string(q.Audience))
	equal("call", string(q.Call))
	equal("cold", string(q.Cold))
	if len(q.Answers) > 0 {
		answers := bson.A{}
		for _, a := range q.Answers {
			if a == event.Silent {
				answers = append(answers, nil) // the field is not there
			} else {
				answers = append(answers, a)
			}
		}
		f = append(f, bson.E{Key: "reply.answer", Value: bson.D{{Key: "$in", Value: answers}}})
	}
	if q.Invited != nil {
		operator := "$eq"
		if *q.Invited {
			operator = "$ne"
		}
		f = append(f, bson.E{Key: "invitedAt", Value: bson.D{{Key: operator, Value: nil}}})
	}
	if q.Arrived != nil {
		arrived := bson.D{{Key: "$eq", Value: nil}}
		if *q.Arrived {
			arrived = bson.D{{Key: "$gt", Value: time.Time{}}} // not $ne: this goes by the index
		}
		f = append(f, bson.E{Key: "arrival.at", Value: arrived})
	}
	var all bson.A // conditions on one field
	for word := range strings.FieldsSeq(q.Search) {
		all = append(all, bson.D{{Key: "search", Value: bson.Regex{Pattern: regexp.QuoteMeta(word)}}})
	}
	if len(all) > 0 {
		f = append(f, bson.E{Key: "$and", Value: all})
	}
	if q.After != "" {
		f = append(f, bson.E{Key: "_id", Value: bson.D{{Key: "$gt", Value: q.After}}})
	}
	return f
}
