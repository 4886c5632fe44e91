package storage

import (
	"context"
	"time"
)

// Blob describes stored bytes.
type Blob struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	MIME string    `json:"mime"`
	Size int64     `json:"size"`
	SHA  string    `json:"sha"` // SHA-256, hex
	At   time.Time `json:"at"`
}

// MaxBlob is the largest file kept, in bytes.
const MaxBlob = 20 << 20

// Media keeps files: photos, tickets, documents.
type Media interface {
	// Put stores data under b.ID, replacing what is there; Size and SHA are
	// filled in.
	Put(ctx context.Context, b Blob, data []byte) error
	Get(ctx context.Context, id string) (Blob, []byte, error)
	Delete(ctx context.Context, id string) error
	// Forget deletes blobs whose ID has the prefix and that are older.
	Forget(ctx context.Context, prefix string, before time.Time) (n int, err error)
}
