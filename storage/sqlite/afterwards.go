package sqlite

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func surveyTable() *table[event.SurveyReply] {
	return &table[event.SurveyReply]{
		name:    "surveys",
		columns: []string{"version", "event_id"},
		id:      func(r *event.SurveyReply) string { return r.ID },
		values:  func(r *event.SurveyReply) []any { return []any{r.Version, r.EventID} },
	}
}

func noteTable() *table[event.Note] {
	return &table[event.Note]{
		name:    "notes",
		columns: []string{"version", "event_id", "at"},
		id:      func(n *event.Note) string { return n.ID },
		values:  func(n *event.Note) []any { return []any{n.Version, n.EventID, millis(n.At)} },
	}
}

func reportTable() *table[storage.Report] {
	return &table[storage.Report]{
		name:    "reports",
		columns: []string{"version", "event_id", "status", "at"},
		id:      func(r *storage.Report) string { return r.ID },
		values:  func(r *storage.Report) []any { return []any{r.Version, r.EventID, string(r.Status), millis(r.At)} },
	}
}

type surveyReplies struct{ s *Store }

var _ storage.SurveyReplies = surveyReplies{}

func (k surveyReplies) Get(ctx context.Context, id string) (*event.SurveyReply, error) {
	out, err := surveyTable().byID(ctx, k.s.reader, id)
	return out, wrap(ctx, "get survey reply "+id, err)
}

func (k surveyReplies) Save(ctx context.Context, given *event.SurveyReply) error {
	next := *given
	next.Version++
	err := k.s.write(ctx, "surveys.save", func(t *tx) error { return surveyTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

func (k surveyReplies) List(ctx context.Context, eventID, after string, limit int) (page []*event.SurveyReply, next string, err error) {
	if limit <= 0 {
		limit = 100
	}
	page, err = surveyTable().list(ctx, k.s.reader, "WHERE event_id = ? AND id > ? ORDER BY id LIMIT ?", eventID, after, limit+1)
	if err != nil {
		return nil, "", wrap(ctx, "list survey replies of "+eventID, err)
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

func (k surveyReplies) Delete(ctx context.Context, id string) error {
	return k.s.write(ctx, "surveys.delete", func(t *tx) error { return surveyTable().delete(ctx, t, id) })
}

type notes struct{ s *Store }

var _ storage.Notes = notes{}

func (k notes) Get(ctx context.Context, id string) (*event.Note, error) {
	out, err := noteTable().byID(ctx, k.s.reader, id)
	return out, wrap(ctx, "get note "+id, err)
}

func (k notes) Save(ctx context.Context, given *event.Note) error {
	next := *given
	next.Version++
	err := k.s.write(ctx, "notes.save", func(t *tx) error { return noteTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

func (k notes) List(ctx context.Context, eventID string) ([]*event.Note, error) {
	out, err := noteTable().list(ctx, k.s.reader, "WHERE event_id = ? ORDER BY at, id", eventID)
	return out, wrap(ctx, "list notes of "+eventID, err)
}

type reports struct{ s *Store }

var _ storage.Reports = reports{}

func (k reports) Get(ctx context.Context, id string) (*storage.Report, error) {
	out, err := reportTable().byID(ctx, k.s.reader, id)
	return out, wrap(ctx, "get report "+id, err)
}

func (k reports) Save(ctx context.Context, given *storage.Report) error {
	next := *given
	next.Version++
	err := k.s.write(ctx, "reports.save", func(t *tx) error { return reportTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

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

func (k reports) Delete(ctx context.Context, id string) error {
	return k.s.write(ctx, "reports.delete", func(t *tx) error { return reportTable().delete(ctx, t, id) })
}
