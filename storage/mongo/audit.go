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
