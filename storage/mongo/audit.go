package mongo

import (
	"context"
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type audit struct{ table[storage.AuditEntry] }

// Audit keeps the trail.
func (s *Store) Audit() storage.Audit { return audit{tableOf[storage.AuditEntry](s, document.Audit)} }

// foldedField holds what List searches, one field to a line.
const foldedField = "_folded"

func folded(e *storage.AuditEntry) bson.E {
	lines := []string{event.Fold(e.Action), event.Fold(e.Subject), event.Fold(e.Name)}
	return bson.E{Key: foldedField, Value: strings.Join(lines, "\n")}
}

func (a audit) Add(ctx context.Context, e storage.AuditEntry) error {
	_, err := a.add(ctx, "add to audit trail", &e, folded(&e))
	return err
}

func (a audit) List(ctx context.Context, before time.Time, search string, limit int) ([]storage.AuditEntry, error) {
	filter := bson.D{}
	if !before.IsZero() {
		filter = append(filter, bson.E{Key: "at", Value: bson.D{{Key: "$lt", Value: before}}})
	}
	if search = event.Fold(search); search != "" {
		filter = append(filter, bson.E{Key: foldedField, Value: bson.Regex{Pattern: regexp.QuoteMeta(search)}})
	}
	docs, err := a.list(ctx, "list audit trail", filter, descending("at"), limit)
	if err != nil {
		return nil, err
	}
	out := make([]storage.AuditEntry, len(docs))
	for i, d := range docs {
		out[i] = *d
	}
	return out, nil
}

func (a audit) Redact(ctx context.Context, personID string, subjects, names []string) (n int, err error) {
	const doing = "redact audit trail"
	about := append(append([]string{}, subjects...), names...) // never null, which is no list
	which := bson.A{bson.D{{Key: "subject", Value: bson.D{{Key: "$in", Value: about}}}}}
	if personID != "" {
		which = append(which, bson.D{{Key: "personId", Value: personID}})
	}
	docs, err := a.list(ctx, doing, bson.D{{Key: "$or", Value: which}}, bson.D{{Key: "_id", Value: 1}}, 0)
	if err != nil {
		return 0, err
	}
	for _, e := range docs {
		if !e.Redact(personID, names) {
			continue
		}
		if err := a.put(ctx, doing, e.ID, e, folded(e)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
