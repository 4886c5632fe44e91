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
	return surveyReplies{versionedOf(s, document.SurveyReplies, "survey reply", func(d *event.SurveyReply) (string, *int64) { return d.ID, &d.Version })}
}

// Notes keeps the team's own evaluation of events.
func (s *Store) Notes() storage.Notes {
	return notes{versionedOf(s, document.Notes, "note", func(d *event.Note) (string, *int64) { return d.ID, &d.Version })}
}

// Reports keeps the reports of events.
func (s *Store) Reports() storage.Reports {
	return reports{versionedOf(s, document.Reports, "report", func(d *storage.Report) (string, *int64) { return d.ID, &d.Version })}
}

type surveyReplies struct{ versioned[event.SurveyReply] }

func (k surveyReplies) List(ctx context.Context, eventID, after string, limit int) (page []*event.SurveyReply, next string, err error) {
	filter := bson.D{{Key: "eventId", Value: eventID}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}}
	return k.page(ctx, "list survey replies", filter, bson.D{{Key: "_id", Value: 1}}, limit, func(r *event.SurveyReply) string { return r.ID })
}

type notes struct{ versioned[event.Note] }

func (k notes) List(ctx context.Context, eventID string) ([]*event.Note, error) {
	return k.list(ctx, "list notes", bson.D{{Key: "eventId", Value: eventID}}, byTime, 0)
}

// byTime is the order of what happened.
var byTime = bson.D{{Key: "at", Value: 1}, {Key: "_id", Value: 1}}

type reports struct{ versioned[storage.Report] }

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
