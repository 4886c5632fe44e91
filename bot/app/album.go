package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Shot is a picture that somebody sent for the album (SOP step 12).
type Shot struct {
	Data    []byte
	Preview []byte // a smaller JPEG; nil where none could be made
	Name    string
	MIME    string
	Width   int
	Height  int
	Look    string // see event.Photo
	Item    string // of the rundown, or free words
	ItemID  string
	At      time.Time // when it was sent; zero: now
}

// ErrAlbumFull: an album holds no more than MaxAlbum pictures.
var ErrAlbumFull = errors.New("the album is full")

// MaxAlbum is how many pictures an event's album holds, deleted ones included.
const MaxAlbum = 3000

// AddPhoto puts a picture into an event's album. Where it is there already,
// whoever sent it, it stays as it is, and fresh is false; a deleted one comes
// back.
func (a *App) AddPhoto(ctx context.Context, by Actor, e *event.Event, s Shot) (p *event.Photo, fresh bool, err error) {
	sum := sha256.Sum256(s.Data)
	sha := hex.EncodeToString(sum[:])
	id := event.PhotoID(e.ID, sha)
	err = retryConflict(ctx, func() error {
		p, err = a.store.Photos().Get(ctx, id)
		switch {
		case err == nil && !p.Gone:
			fresh = p.In == by.Inbound // the same message again
			return nil
		case err == nil:
			fresh = true
		case errors.Is(err, storage.ErrNotFound):
			if p, err = a.newPhoto(ctx, by, e, s, sha); err != nil {
				return err
			}
			fresh = true
		default:
			return err
		}
		if err := a.keepShot(ctx, p, s); err != nil {
			return err
		}
		p.Gone, p.GoneAt, p.In, p.By, p.UpdatedAt = false, nil, by.Inbound, by.Person.ID, a.Now()
		p.Item, p.ItemID = s.Item, s.ItemID
		return a.store.Photos().Save(ctx, p)
	})
	if err != nil {
		return nil, false, fmt.Errorf("album of %s: %w", e.ID, err)
	}
	if !fresh {
		return p, false, nil
	}
	return p, true, a.record(ctx, by, "album.add", p.ID, fmt.Sprintf("%d %s", p.N, p.Item))
}

func (a *App) newPhoto(ctx context.Context, by Actor, e *event.Event, s Shot, sha string) (*event.Photo, error) {
	n, err := a.store.Counters().Next(ctx, "album/"+e.ID)
	if err != nil {
		return nil, err
	}
	if n > MaxAlbum {
		return nil, ErrAlbumFull
	}
	blob := event.AlbumFiles + e.ID + "/" + sha
	p := &event.Photo{
		ID: event.PhotoID(e.ID, sha), EventID: e.ID, N: int(n), SHA: sha, Blob: blob + "/asli", Name: s.Name, MIME: s.MIME, Size: int64(len(s.Data)),
		Width: s.Width, Height: s.Height, Look: s.Look, By: by.Person.ID, In: by.Inbound, At: s.At,
	}
	if s.Preview != nil {
		p.Preview = blob + "/kecil"
	}
	if p.At.IsZero() {
		p.At = a.Now()
	}
	return p, nil
}

// keepShot stores the bytes before the document that speaks of them.
func (a *App) keepShot(ctx context.Context, p *event.Photo, s Shot) error {
	if err := a.store.Media().Put(ctx, storage.Blob{ID: p.Blob, Name: p.Name, MIME: p.MIME, At: p.At}, s.Data); err != nil {
		return err
	}
	if p.Preview == "" || s.Preview == nil {
		return nil
	}
	return a.store.Media().Put(ctx, storage.Blob{ID: p.Preview, Name: p.Name, MIME: "image/jpeg", At: p.At}, s.Preview)
}

// Album lists an event's pictures without the deleted ones, by number.
func (a *App) Album(ctx context.Context, eventID string) ([]*event.Photo, error) {
	all, err := a.store.Photos().List(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("album of %s: %w", eventID, err)
	}
	return slices.DeleteFunc(all, func(p *event.Photo) bool { return p.Gone }), nil
}

// AlikePhoto finds an earlier picture of the album that looks the same; nil
// where there is none.
func (a *App) AlikePhoto(ctx context.Context, p *event.Photo) (*event.Photo, error) {
	all, err := a.Album(ctx, p.EventID)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if o.N < p.N && o.Alike(p) {
			return o, nil
		}
	}
	return nil, nil
}

// PhotoNumbered finds a picture by its number, deleted or not.
func (a *App) PhotoNumbered(ctx context.Context, eventID string, n int) (*event.Photo, error) {
	all, err := a.store.Photos().List(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("album of %s: %w", eventID, err)
	}
	i := slices.IndexFunc(all, func(p *event.Photo) bool { return p.N == n })
	if i < 0 {
		return nil, fmt.Errorf("photo %d: %w", n, storage.ErrNotFound)
	}
	return all[i], nil
}

// ChangePhoto changes what is known of a picture.
func (a *App) ChangePhoto(ctx context.Context, by Actor, action, id string, change func(p *event.Photo)) (*event.Photo, error) {
	var p *event.Photo
	err := retryConflict(ctx, func() error {
		var err error
		if p, err = a.store.Photos().Get(ctx, id); err != nil {
			return err
		}
		change(p)
		p.UpdatedAt = a.Now()
		return a.store.Photos().Save(ctx, p)
	})
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", action, id, err)
	}
	return p, a.record(ctx, by, action, id, fmt.Sprint(p.N))
}

// DropPhoto deletes a picture, or (back) has it back: its bytes are kept for a
// while.
func (a *App) DropPhoto(ctx context.Context, by Actor, id string, back bool) (*event.Photo, error) {
	action := "album.delete"
	if back {
		action = "album.restore"
	}
	return a.ChangePhoto(ctx, by, action, id, func(p *event.Photo) {
		p.Gone, p.GoneAt = !back, nil
		if p.Gone {
			now := a.Now()
			p.GoneAt = &now
		}
	})
}

// SweepAlbum deletes the bytes of pictures that were deleted a while ago.
func (a *App) SweepAlbum(ctx context.Context) error {
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("sweep albums: %w", err)
	}
	for _, e := range events {
		all, err := a.store.Photos().List(ctx, e.ID)
		if err != nil {
			return fmt.Errorf("sweep albums: %w", err)
		}
		for _, p := range all {
			if p.Gone && p.GoneAt != nil && a.Now().Sub(*p.GoneAt) > event.AlbumKeep {
				if err := a.erasePhoto(ctx, p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// erasePhoto deletes the bytes first: a kill in between leaves a document whose
// bytes are gone, which the next run clears.
func (a *App) erasePhoto(ctx context.Context, p *event.Photo) error {
	for _, blob := range []string{p.Blob, p.Preview} {
		if blob == "" {
			continue
		}
		if err := a.store.Media().Delete(ctx, blob); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("photo %s: %w", p.ID, err)
		}
	}
	if err := a.store.Photos().Delete(ctx, p.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("photo %s: %w", p.ID, err)
	}
	return nil
}

// retireAlbum deletes the pictures of an event that is long over: people are to
// be seen on them.
func (a *App) retireAlbum(ctx context.Context, eventID string) error {
	all, err := a.store.Photos().List(ctx, eventID)
	if err != nil {
		return fmt.Errorf("album: %w", err)
	}
	for _, p := range all {
		if err := a.erasePhoto(ctx, p); err != nil {
			return err
		}
	}
	return a.retireStations(ctx, eventID)
}

// forgetOnTheDay takes a person out of who worked on the event's day (UU PDP).
// The pictures that they took are the office's.
func (a *App) forgetOnTheDay(ctx context.Context, personID string) error {
	if err := a.forgetAtDesk(ctx, personID); err != nil {
		return err
	}
	if err := a.forgetStations(ctx, personID); err != nil {
		return err
	}
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("albums: %w", err)
	}
	for _, e := range events {
		all, err := a.store.Photos().List(ctx, e.ID)
		if err != nil {
			return fmt.Errorf("albums: %w", err)
		}
		for _, p := range all {
			if p.By != personID {
				continue
			}
			err := retryConflict(ctx, func() error {
				fresh, err := a.store.Photos().Get(ctx, p.ID)
				if errors.Is(err, storage.ErrNotFound) || err == nil && fresh.By != personID {
					return nil
				}
				if err != nil {
					return err
				}
				fresh.By = ""
				return a.store.Photos().Save(ctx, fresh)
			})
			if err != nil {
				return fmt.Errorf("photo %s: %w", p.ID, err)
			}
		}
	}
	return nil
}

// AlbumItems are what the album's pictures show, with how many there are, in
// the order in which they first appear.
func AlbumItems(photos []*event.Photo) []AlbumItem {
	var out []AlbumItem
	for _, p := range photos {
		i := slices.IndexFunc(out, func(it AlbumItem) bool { return strings.EqualFold(it.Name, p.Item) })
		if i < 0 {
			out = append(out, AlbumItem{Name: p.Item})
			i = len(out) - 1
		}
		out[i].N++
	}
	return out
}

// AlbumItem is a part of the album.
type AlbumItem struct {
	Name string
	N    int
}
