package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

func settingTable() *table[document.Setting] {
	return &table[document.Setting]{
		name:   "settings",
		id:     func(v *document.Setting) string { return v.ID },
		values: func(*document.Setting) []any { return nil },
	}
}

type settings struct{ s *Store }

func (g settings) Get(ctx context.Context, key string, v any) error {
	found, err := settingTable().byID(ctx, g.s.reader, key)
	if err != nil {
		return wrap(ctx, "get setting "+key, err)
	}
	return decodeSetting(found, v)
}

func decodeSetting(found *document.Setting, v any) error {
	if err := json.Unmarshal(found.Value, v); err != nil {
		return fmt.Errorf("sqlite: setting %s: %w", found.ID, err)
	}
	return nil
}

func encodeSetting(key string, v any) (*document.Setting, error) {
	value, err := document.Encode(v)
	if err != nil {
		return nil, fmt.Errorf("sqlite: setting %s: %w", key, err)
	}
	return &document.Setting{ID: key, Value: value}, nil
}

func (g settings) Put(ctx context.Context, key string, v any) error {
	setting, err := encodeSetting(key, v)
	if err != nil {
		return err
	}
	return g.s.write(ctx, "settings.put", func(t *tx) error { return settingTable().put(ctx, t, setting) })
}

func (g settings) PutNew(ctx context.Context, key string, v any) (fresh bool, err error) {
	setting, err := encodeSetting(key, v)
	if err != nil {
		return false, err
	}
	err = g.s.write(ctx, "settings.putnew", func(t *tx) error {
		if fresh, err = settingTable().insertNew(ctx, t, setting); err != nil || fresh {
			return err
		}
		setting, err = settingTable().byID(ctx, t, key)
		return err
	})
	if err != nil {
		return false, err
	}
	return fresh, decodeSetting(setting, v)
}

func (g settings) Swap(ctx context.Context, key string, old, v any) error {
	was, err := encodeSetting(key, old)
	if err != nil {
		return err
	}
	next, err := encodeSetting(key, v)
	if err != nil {
		return err
	}
	return g.s.write(ctx, "settings.swap", func(t *tx) error {
		stored, err := settingTable().byID(ctx, t, key)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !bytes.Equal(stored.Value, was.Value) {
			return fmt.Errorf("%w: setting %s is another by now", storage.ErrConflict, key)
		}
		if err != nil {
			return err
		}
		return settingTable().put(ctx, t, next)
	})
}

func auditTable() *table[storage.AuditEntry] {
	return &table[storage.AuditEntry]{
		name:    "audit",
		columns: []string{"at", "search"},
		id:      func(e *storage.AuditEntry) string { return e.ID },
		values: func(e *storage.AuditEntry) []any {
			// Folding leaves no line break, so that nothing is found across two fields.
			return []any{millis(e.At), event.Fold(e.Action) + "\n" + event.Fold(e.Subject) + "\n" + event.Fold(e.Name)}
		},
	}
}

type audit struct{ s *Store }

func (a audit) Add(ctx context.Context, e storage.AuditEntry) error {
	return a.s.write(ctx, "audit.add", func(t *tx) error {
		_, err := auditTable().insertNew(ctx, t, &e)
		return err
	})
}

func (a audit) List(ctx context.Context, before time.Time, search string, limit int) ([]storage.AuditEntry, error) {
	until := int64(math.MaxInt64)
	if !before.IsZero() {
		until = millis(before)
	}
	found, err := auditTable().list(ctx, a.s.reader,
		"WHERE at < ? AND (?2 = '' OR instr(search, ?2) > 0) ORDER BY at DESC, id DESC LIMIT ?3", until, event.Fold(search), limitOf(limit))
	if err != nil {
		return nil, wrap(ctx, "list the audit trail", err)
	}
	out := make([]storage.AuditEntry, len(found))
	for i, f := range found {
		out[i] = *f
	}
	return out, nil
}

func (a audit) Redact(ctx context.Context, personID string, subjects, names []string) (n int, err error) {
	err = a.s.write(ctx, "audit.redact", func(t *tx) error {
		n = 0
		about, err := json.Marshal(slices.Concat(subjects, names))
		if err != nil {
			return err
		}
		found, err := auditTable().list(ctx, t, "WHERE doc ->> '$.personId' = ?1 AND ?1 <> '' OR doc ->> '$.subject' IN (SELECT value FROM json_each(?2))", personID, string(about))
		if err != nil {
			return err
		}
		for _, e := range found {
			if !e.Redact(personID, names) {
				continue
			}
			if err := auditTable().put(ctx, t, e); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

type leases struct{ s *Store }

func (l leases) Acquire(ctx context.Context, name, holder string, now, until time.Time) error {
	return l.s.write(ctx, "leases.acquire", func(t *tx) error {
		n, err := t.exec(ctx, `INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?4)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE leases.holder = ?2 OR leases.until < ?3`, name, holder, millis(now), millis(until))
		if err != nil || n > 0 {
			return err
		}
		var other string
		if err := row(ctx, t, "SELECT holder FROM leases WHERE name = ?", []any{name}, &other); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return fmt.Errorf("%w: %s is held by %s", storage.ErrLeaseLost, name, other)
	})
}

func (l leases) Release(ctx context.Context, name, holder string) error {
	return l.s.write(ctx, "leases.release", func(t *tx) error {
		_, err := t.exec(ctx, "DELETE FROM leases WHERE name = ? AND holder = ?", name, holder)
		return err
	})
}
