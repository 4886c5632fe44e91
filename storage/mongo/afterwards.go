package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// SurveyReplies keeps what guests answered after an event.
func (s *Store) SurveyReplies() storage.SurveyReplies {
	return surveyReplies{tableOf[event.SurveyReply](s, document.SurveyReplies)}
}

// Notes keeps the team's own evaluation of events.
func (s *Store) Notes() storage.Notes { return notes{tableOf[event.Note](s, document.Notes)} }

// Reports keeps the reports of events.
func (s *Store) Reports() storage.Reports {
	return reports{tableOf[storage.Report](s, document.Reports)}
}

type surveyReplies struct{ table[event.SurveyReply] }

func (k surveyReplies) Get(ctx context.Context, id string) (*event.SurveyReply, error) {
	return k.one(ctx, "get survey reply", byID(id), nil)
}

func (k surveyReplies) Save(ctx context.Context, given *event.SurveyReply) error {
	next := *given
	next.Version++
	if err := k.save(ctx, "save survey reply", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
}

func (k surveyReplies) List(ctx context.Context, eventID, after string, limit int) (page []*event.SurveyReply, next string, err error) {
	if limit <= 0 {
		limit = 100
	}
	filter := bson.D{{Key: "eventId", Value: eventID}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}}
	page, err = k.list(ctx, "list survey replies", filter, bson.D{{Key: "_id", Value: 1}}, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

func (k surveyReplies) Delete(ctx context.Context, id string) error {
	return k.remove(ctx, "delete survey reply", id)
}

type notes struct{ table[event.Note] }

func (k notes) Get(ctx context.Context, id string) (*event.Note, error) {
	return k.one(ctx, "get note", byID(id), nil)
}

func (k notes) Save(ctx context.Context, given *event.Note) error {
	next := *given
	next.Version++
	if err := k.save(ctx, "save note", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
}

func (k notes) List(ctx context.Context, eventID string) ([]*event.Note, error) {
	return k.list(ctx, "list notes", bson.D{{Key: "eventId", Value: eventID}}, byTime, 0)
}

// byTime is the order of what happened.
var byTime = bson.D{{Key: "at", Value: 1}, {Key: "_id", Value: 1}}

type reports struct{ table[storage.Report] }

func (k reports) Get(ctx context.Context, id string) (*storage.Report, error) {
	return k.one(ctx, "get report", byID(id), nil)
}

func (k reports) Save(ctx context.Context, given *storage.Report) error {
	next := *given
	next.Version++
	if err := k.save(ctx, "save report", given.ID, given.Version, &next); err != nil {
		return err
	}
	given.Version = next.Version
	return nil
}

func (k reports) List(ctx context.Context, eventID string) ([]*storage.Report, error) {
	filter := bson.D{}
	if eventID != "" {
		filter = bson.D{{Key: "eventId", Value: eventID}}
	}
	return k.list(ctx, "list reports", filter, byTime, 0)
}

func (k reports) Open(ctx context.Context, limit int) ([]*storage.Report, error) {
	return k.list(ctx, "list open reports", bson.D{{Key: "status", Value: bson.D{{Key: "$in", Value: bson.A{storage.ReportAsked, storage.ReportMade}}}}}, byTime, limit)
}

func (k reports) Delete(ctx context.Context, id string) error {
	return k.remove(ctx, "delete report", id)
}
