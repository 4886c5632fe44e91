package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

const (
	// keptFiles is how many files are kept at most: a letter, a poster and a
	// calendar file of two broadcasts.
	keptFiles = 6
	// keptBytes is how much they may take together; the latest is kept in any
	// case.
	keptBytes = 24 << 20
)

// files loads what messages carry. It keeps the last few files, so that a
// broadcast of one PDF reads it once and not once per guest.
type files struct {
	media  storage.Media
	faults *faults

	mu   sync.Mutex  // held while loading: whoever wants the same file waits for it
	kept []*keptFile // the one used last at the end
}

type keptFile struct {
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
	at := slices.IndexFunc(f.kept, func(k *keptFile) bool { return k.id == id })
	if at >= 0 {
		k := f.kept[at]
		f.kept = slices.Delete(f.kept, at, at+1)
		if k.loadedAt.After(since) {
			k.usedAt = now
			f.kept = append(f.kept, k)
			return k.data, nil
		}
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
	f.kept = append(f.kept, &keptFile{id: id, data: data, loadedAt: now, usedAt: now})
	f.shrink()
	return data, nil
}

// shrink lets go of the files used longest ago until the rest is small enough.
func (f *files) shrink() {
	total := 0
	for _, k := range f.kept {
		total += len(k.data)
	}
	for len(f.kept) > 1 && (len(f.kept) > keptFiles || total > keptBytes) {
		total -= len(f.kept[0].data)
		f.kept = slices.Delete(f.kept, 0, 1)
	}
}

// release lets go of the kept files that nobody asks for any more.
func (f *files) release(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = slices.DeleteFunc(f.kept, func(k *keptFile) bool { return now.Sub(k.usedAt) > time.Minute })
}

// loadFiles fills in the bytes of all files of a message, in copies: the row
// itself stays small.
func (s *Sender) loadFiles(ctx context.Context, m *channel.Outbound, since time.Time) error {
	load := func(f *channel.File) (err error) {
		if f.Blob != "" {
			f.Data, err = s.files.load(ctx, f.Blob, since)
		}
		return err
	}
	if m.File != nil {
		file := *m.File
		if err := load(&file); err != nil {
			return err
		}
		m.File = &file
	}
	m.Attach = slices.Clone(m.Attach)
	for i := range m.Attach {
		if err := load(&m.Attach[i]); err != nil {
			return err
		}
	}
	return nil
}
