package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/storage"
)

func mediaTable() *table[storage.Blob] {
	return &table[storage.Blob]{
		name:    "media",
		columns: []string{"at"},
		id:      func(b *storage.Blob) string { return b.ID },
		values:  func(b *storage.Blob) []any { return []any{millis(b.At)} },
	}
}

// chunk is the size of a piece of a file, in bytes. SQLite copies a value as
// a whole whenever it touches it.
const chunk = 256 << 10

type media struct{ s *Store }

func (m media) Put(ctx context.Context, b storage.Blob, data []byte) error {
	return m.s.write(ctx, "media.put", func(t *tx) error { return putFile(ctx, t, b, data) })
}

func putFile(ctx context.Context, t *tx, b storage.Blob, data []byte) error {
	if len(data) > storage.MaxBlob {
		return fmt.Errorf("file %s has %d bytes, at most %d are kept", b.ID, len(data), storage.MaxBlob)
	}
	sum := sha256.Sum256(data)
	b.Size, b.SHA = int64(len(data)), hex.EncodeToString(sum[:])
	if err := mediaTable().put(ctx, t, &b); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "DELETE FROM chunks WHERE media_id = ?", b.ID); err != nil {
		return err
	}
	for n := 0; len(data) > 0; n++ {
		part := data[:min(len(data), chunk)]
		if _, err := t.exec(ctx, "INSERT INTO chunks (media_id, n, data) VALUES (?, ?, ?)", b.ID, n, part); err != nil {
			return err
		}
		data = data[len(part):]
	}
	return nil
}

func (m media) Get(ctx context.Context, id string) (storage.Blob, []byte, error) {
	b, data, err := getFile(ctx, m.s.reader, id)
	return b, data, wrap(ctx, "get file "+id, err)
}

// getFile reads a file in one query, so that one which is being replaced is
// read as it was or as it will be.
func getFile(ctx context.Context, q querier, id string) (storage.Blob, []byte, error) {
	rows, err := q.query(ctx, "SELECT doc, data FROM media LEFT JOIN chunks ON media_id = id WHERE id = ? ORDER BY n", []any{id})
	if err != nil {
		return storage.Blob{}, nil, err
	}
	defer rows.Close()
	var b *storage.Blob
	var data []byte
	for rows.Next() {
		var doc, part []byte
		if err := rows.Scan(&doc, &part); err != nil {
			return storage.Blob{}, nil, err
		}
		if b == nil {
			if b, err = mediaTable().decode(doc); err != nil {
				return storage.Blob{}, nil, err
			}
			data = make([]byte, 0, b.Size)
		}
		data = append(data, part...)
	}
	if err := rows.Err(); err != nil {
		return storage.Blob{}, nil, err
	}
	if b == nil {
		return storage.Blob{}, nil, storage.ErrNotFound
	}
	if int64(len(data)) != b.Size {
		return storage.Blob{}, nil, fmt.Errorf("file %s is damaged: %d bytes of %d", id, len(data), b.Size)
	}
	return *b, data, nil
}

func (m media) Delete(ctx context.Context, id string) error {
	// The chunks go with it (ON DELETE CASCADE).
	return m.s.write(ctx, "media.delete", func(t *tx) error { return mediaTable().delete(ctx, t, id) })
}

func (m media) Forget(ctx context.Context, prefix string, before time.Time) (n int, err error) {
	err = m.s.write(ctx, "media.forget", func(t *tx) error {
		n, err = t.exec(ctx, "DELETE FROM media WHERE substr(id, 1, length(?1)) = ?1 AND at < ?2", prefix, millis(before))
		return err
	})
	return n, err
}
