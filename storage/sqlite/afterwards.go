package sqlite

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func surveyTable() *table[event.SurveyReply] {
	return &table[event.SurveyReply]{
		name:    "surveys",
		noun:    "survey reply",
		columns: []string{"version", "event_id"},
		id:      func(r *event.SurveyReply) string { return r.ID },
		version: func(r *event.SurveyReply) *int64 { return &r.Version },
		values:  func(r *event.SurveyReply) []any { return []any{r.Version, r.EventID} },
	}
}

func noteTable() *table[event.Note] {
	return &table[event.Note]{
		name:    "notes",
		noun:    "note",
		columns: []string{"version", "event_id", "at"},
		id:      func(n *event.Note) string { return n.ID },
		version: func(n *event.Note) *int64 { return &n.Version },
		values:  func(n *event.Note) []any { return []any{n.Version, n.EventID, millis(n.At)} },
	}
}

func reportTable() *table[storage.Report] {
	return &table[storage.Report]{
		name:    "reports",
		noun:    "report",
		columns: []string{"version", "event_id", "status", "at"},
		id:      func(r *storage.Report) string { return r.ID },
		version: func(r *storage.Report) *int64 { return &r.Version },
		values:  func(r *storage.Report) []any { return []any{r.Version, r.EventID, string(r.Status), millis(r.At)} },
	}
}

type surveyReplies struct{ versioned[event.SurveyReply] }

var _ storage.SurveyReplies = surveyReplies{}

func (k surveyReplies) List(ctx context.Context, eventID, after string, limit int) (page []*event.SurveyReply, next string, err error) {
	page, next, err = surveyTable().page(ctx, k.s.reader, "WHERE event_id = ? AND id > ? ORDER BY id", []any{eventID, after}, limit, func(d *event.SurveyReply) string { return d.ID })
	return page, next, wrap(ctx, "list survey replies of "+eventID, err)
}

type notes struct{ versioned[event.Note] }

var _ storage.Notes = notes{}

func (k notes) List(ctx context.Context, eventID string) ([]*event.Note, error) {
	out, err := noteTable().list(ctx, k.s.reader, "WHERE event_id = ? ORDER BY at, id", eventID)
	return out, wrap(ctx, "list notes of "+eventID, err)
}

type reports struct{ versioned[storage.Report] }

var _ storage.Reports = reports{}

func (k reports) List(ctx context.Context, eventID string) ([]*storage.Report, error) {
	if eventID == "" {
		out, err := reportTable().list(ctx, k.s.reader, "ORDER BY at, id")
		return out, wrap(ctx, "list reports", err)
	}
	out, err := reportTable().list(ctx, k.s.reader, "WHERE event_id = ? ORDER BY at, id", eventID)
	return out, wrap(ctx, "list reports of "+eventID, err)
}

func (k reports) Open(ctx context.Context, limit int) ([]*storage.Report, error) {
	out, err := reportTable().list(ctx, k.s.reader, "WHERE status IN ('asked', 'made') ORDER BY at, id LIMIT ?", limitOf(limit))
	return out, wrap(ctx, "list open reports", err)
}
