package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/diskopukm/emileku/storage"
)

// files loads what messages carry. It keeps the last file, so that a broadcast
// of one PDF reads it once and not once per guest.
type files struct {
	media  storage.Media
	faults *faults

	mu       sync.Mutex // held while loading: whoever wants the same file waits for it
	id       string
	data     []byte
	loadedAt time.Time
	usedAt   time.Time
}

// load returns the bytes of a blob; ErrNotFound where there is none. A copy
// that was read before the time since is not good enough: the file may have
// been replaced (a ticket, say) and the message speaks of the new one.
func (f *files) load(ctx context.Context, id string, since time.Time) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if f.id == id && f.loadedAt.After(since) {
		f.usedAt = now
		return f.data, nil
	}
	var data []byte
	err := f.faults.retry(ctx, "load a file", func() (err error) {
		_, data, err = f.media.Get(ctx, id)
		return err
	})
	if err != nil {
		if errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("file %q: %w", id, err)
		}
		return nil, err
	}
	f.id, f.data, f.loadedAt, f.usedAt = id, data, now, now
	return data, nil
}

// release lets go of the kept file once nobody asks for it any more.
func (f *files) release(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.id != "" && now.Sub(f.usedAt) > time.Minute {
		f.id, f.data = "", nil
	}
}
