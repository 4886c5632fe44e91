package dialog

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// albumList is /dok: how many pictures there are of what.
func (d *Desk) albumList(ctx context.Context, t *Turn, e *event.Event) error {
	photos, err := d.app.Album(ctx, e.ID)
	if err != nil {
		return err
	}
	var size int64
	for _, p := range photos {
		size += p.Size
	}
	opts := []Option{}
	if len(photos) > 0 {
		opts = append(opts, t.commands(choice{t.Label("dok", "sheet"), "/dok " + e.ID + " lembar"}, choice{t.Label("dok", "zip"), "/dok " + e.ID + " zip"}))
	}
	return t.Say("dok.list", templates.Data{"Event": e, "N": len(photos), "MB": (size + 1<<20 - 1) >> 20, "Items": app.AlbumItems(photos), "Group": t.In.Group}, opts...)
}

// albumPart are the pictures of a part of the album; "" for all.
func (d *Desk) albumPart(ctx context.Context, e *event.Event, words string) ([]*event.Photo, error) {
	photos, err := d.app.Album(ctx, e.ID)
	if err != nil || words == "" {
		return photos, err
	}
	return slices.DeleteFunc(photos, func(p *event.Photo) bool { return !strings.Contains(event.Fold(p.Item), event.Fold(words)) }), nil
}

// sheetsAtOnce is how many contact sheets are sent at most.
const sheetsAtOnce = 5

// contactSheet is /dok lembar: small pictures with their numbers.
func (d *Desk) contactSheet(ctx context.Context, t *Turn, e *event.Event, words string) error {
	photos, err := d.albumPart(ctx, e, words)
	if err != nil {
		return err
	}
	if len(photos) == 0 {
		return t.Say("dok.none", templates.Data{"Event": e, "Text": words})
	}
	pages := slices.Collect(slices.Chunk(photos, report.MaxContacts))
	// The latest ones, where there are more than are sent.
	first := max(0, len(pages)-sheetsAtOnce)
	for i, page := range pages[first:] {
		v := report.ContactsView{Title: e.Title, Page: fmt.Sprintf("%d/%d", first+i+1, len(pages))}
		for _, p := range page {
			v.Pictures = append(v.Pictures, report.Contact{
				No: p.N, Caption: p.Item, Open: func() ([]byte, error) {
					_, data, err := d.app.Store().Media().Get(ctx, cmp.Or(p.Preview, p.Blob))
					return data, err
				},
			})
		}
		jpeg, err := report.ContactSheet(v)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("album-%s-%d.jpg", e.ID, first+i+1)
		file, err := d.keepFile(ctx, channel.File{Blob: fmt.Sprintf("lembar/%s/%d", t.In.ID, i), Name: name, MIME: "image/jpeg", Photo: true}, jpeg)
		if err != nil {
			return err
		}
		if err := t.Say("dok.sheet", templates.Data{"Page": first + i + 1, "Pages": len(pages), "From": page[0].N, "To": page[len(page)-1].N}, withFile(file)); err != nil {
			return err
		}
	}
	return nil
}

// zipPart is how large one ZIP may be: what channels carry, and what fits into
// memory several times.
const zipPart = 18 << 20

// albumZip is /dok zip: the pictures as they were sent, in folders by what they
// show, in as many files as the channel needs. In private.
func (d *Desk) albumZip(ctx context.Context, t *Turn, e *event.Event, words string) error {
	photos, err := d.albumPart(ctx, e, words)
	if err != nil {
		return err
	}
	if len(photos) == 0 {
		return t.Say("dok.none", templates.Data{"Event": e, "Text": words})
	}
	if t.In.Group {
		if _, err := channel.ParseChat(t.Person.PrivateChat()); err != nil {
			return t.Say("auth.private", templates.Data{"Command": "dok zip", "Link": d.net.DeepLink(t.In.Chat.Channel, "")})
		}
	}
	parts := zipParts(photos)
	for i, part := range parts {
		data, missing, err := d.zipOf(ctx, part)
		if err != nil {
			return err
		}
		if missing > 0 {
			t.Log.Warn().Int("photos", missing).Str("event", e.ID).Msg("pictures of the album are missing in the database")
		}
		name := "album-" + e.ID + ".zip"
		if len(parts) > 1 {
			name = fmt.Sprintf("album-%s-%d-dari-%d.zip", e.ID, i+1, len(parts))
		}
		file, err := d.keepFile(ctx, channel.File{Blob: fmt.Sprintf("zip/%s/%d", t.In.ID, i), Name: name, MIME: "application/zip"}, data)
		if err != nil {
			return err
		}
		said := templates.Data{"Event": e, "N": len(part) - missing, "Part": i + 1, "Parts": len(parts)}
		if _, err := t.SayPrivately("dok.zip", said, withFile(file)); err != nil {
			return err
		}
	}
	if err := d.app.RecordExport(ctx, t.Actor(), app.ExportFilter{EventID: e.ID}, "album zip", len(photos)); err != nil {
		return err
	}
	if t.In.Group {
		return t.Say("dok.zip.sent", templates.Data{"N": len(photos)})
	}
	return nil
}

// zipParts divides pictures so that each part fits into one ZIP.
func zipParts(photos []*event.Photo) [][]*event.Photo {
	var parts [][]*event.Photo
	size := int64(zipPart)
	for _, p := range photos {
		if size += p.Size + 512; size > zipPart {
			parts, size = append(parts, nil), p.Size+512
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], p)
	}
	return parts
}

func (d *Desk) zipOf(ctx context.Context, photos []*event.Photo) (data []byte, missing int, err error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range photos {
		_, raw, err := d.app.Store().Media().Get(ctx, p.Blob)
		if errors.Is(err, storage.ErrNotFound) {
			missing++
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		// Photos are compressed already.
		w, err := z.CreateHeader(&zip.FileHeader{Name: shotName(p), Method: zip.Store, Modified: p.At.In(event.Jakarta)})
		if err == nil {
			_, err = w.Write(raw)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("zip %s: %w", p.ID, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, 0, fmt.Errorf("zip: %w", err)
	}
	return out.Bytes(), missing, nil
}

// shotName is a picture's name in the ZIP: "Pembukaan/0012 08.15.jpg".
func shotName(p *event.Photo) string {
	folder := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, strings.Trim(p.Item, " ."))
	ext := map[string]string{"image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}[p.MIME]
	return path.Join(cmp.Or(folder, "Lainnya"), fmt.Sprintf("%04d %s%s", p.N, p.At.In(event.Jakarta).Format("15.04"), cmp.Or(ext, ".jpg")))
}
