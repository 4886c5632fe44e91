package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgAlbum = "album"

// albumState is the album that is open: photos without a word go into it.
type albumState struct {
	Tag     string `json:"tag"`
	EventID string `json:"eventId"`
	Item    string `json:"item,omitempty"`
	ItemID  string `json:"itemId,omitempty"`
	Album   string `json:"album,omitempty"` // photos that were sent together
	Named   bool   `json:"named,omitempty"` // Item was said
}

// document is /dok: the album of the event (SOP step 12), in the group or in
// private.
//
//	a photo with the caption /dok Pembukaan, or /dok Pembukaan in reply to one
//	/dok Pembukaan                 the photos that follow belong there
//	/dok [daftar]                  what there is
//	/dok lembar [Pembukaan]        small pictures with their numbers
//	/dok zip [Pembukaan]           all of them, in private
//	/dok hapus 12, /dok urung 12, /dok pindah 12 Penutupan
func (d *Desk) document(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.albumEvent(ctx, t, args)
	if e == nil || err != nil {
		return err
	}
	if m := d.pictureHere(t); m != nil {
		st := albumState{EventID: e.ID, Album: t.In.Album}
		st.Item, st.ItemID, err = d.albumItem(ctx, e, rest)
		if err != nil {
			return err
		}
		st.Named = rest != ""
		return d.addShot(ctx, t, e, st, m)
	}
	word, more := cutWord(rest)
	more = unbar(more)
	switch event.Fold(word) {
	case "", "daftar", "album":
		return d.albumList(ctx, t, e)
	case "lembar", "kontak", "gambar":
		return d.contactSheet(ctx, t, e, more)
	case "zip", "unduh", "semua":
		return d.albumZip(ctx, t, e, more)
	case "hapus", "buang":
		return d.dropShot(ctx, t, e, more, false)
	case "urung", "urungkan", "kembalikan":
		return d.dropShot(ctx, t, e, more, true)
	case "pindah", "ubah":
		return d.moveShot(ctx, t, e, more)
	case "selesai":
		t.Close()
		return d.albumList(ctx, t, e)
	}
	return d.openAlbum(ctx, t, e, rest)
}

// albumEvent is the event whose album is meant: that of the day, else the one
// that staff commands are about.
func (d *Desk) albumEvent(ctx context.Context, t *Turn, args string) (*event.Event, string, error) {
	code, rest := cutCode(args)
	if code == "" {
		if e, err := d.app.AtDesk(ctx); e != nil || err != nil {
			return e, rest, err
		}
	}
	return d.eventFor(ctx, t, "dok", args)
}

// pictureHere is the picture that a message is about: its own, or that of the
// message it replies to.
func (d *Desk) pictureHere(t *Turn) *channel.Media {
	if t.In.Media != nil && (t.In.Kind == channel.Photo || t.In.Kind == channel.Document) {
		return t.In.Media
	}
	if q := t.In.ReplyTo; q != nil && q.Media != nil {
		return q.Media
	}
	return nil
}

// maxItem is how many characters the name of a part of the album has.
const maxItem = 60

// albumItem reads what a photo shows: an item of the rundown, a part that the
// album has already, or free words. Where nothing is said it is the item that
// is on.
func (d *Desk) albumItem(ctx context.Context, e *event.Event, words string) (item, id string, err error) {
	r, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return "", "", err
	}
	words = shorten(strings.Join(strings.Fields(unbar(words)), " "), maxItem)
	if words == "" {
		if going, _ := r.Now(e.MinutesIn(d.app.Now())); len(going) > 0 {
			on := going[len(going)-1]
			return shorten(on.Title, maxItem), strconv.Itoa(on.N), nil
		}
		return "", "", nil
	}
	var like []event.RundownItem
	for _, it := range r.Items {
		if event.Squeeze(it.Title) == event.Squeeze(words) {
			return shorten(it.Title, maxItem), strconv.Itoa(it.N), nil
		}
		if strings.Contains(event.Fold(it.Title), event.Fold(words)) {
			like = append(like, it)
		}
	}
	photos, err := d.app.Album(ctx, e.ID)
	if err != nil {
		return "", "", err
	}
	for _, p := range photos {
		if p.Item != "" && event.Squeeze(p.Item) == event.Squeeze(words) {
			return p.Item, p.ItemID, nil
		}
	}
	if len(like) == 1 { // "pembukaan" of "Pembukaan oleh Kepala Dinas"
		return shorten(like[0].Title, maxItem), strconv.Itoa(like[0].N), nil
	}
	return words, "", nil
}

// maxShot is the largest photo that an album takes, in bytes.
const maxShot = 15 << 20

// addShot puts the photo into the album and says so, once for photos that were
// sent together.
func (d *Desk) addShot(ctx context.Context, t *Turn, e *event.Event, st albumState, m *channel.Media) error {
	data, err := d.net.Fetch(ctx, t.In.Chat.Channel, *m, maxShot)
	switch {
	case errors.Is(err, channel.ErrTooLarge):
		return t.Say("dok.large", templates.Data{"MB": maxShot >> 20})
	case err != nil:
		t.Log.Warn().Err(err).Msg("photo could not be fetched")
		return t.Say("dok.notfetched", nil)
	}
	small, err := report.Shrink(data, report.PreviewSide)
	if err != nil {
		return t.Say("dok.nopicture", nil)
	}
	p, fresh, err := d.app.AddPhoto(ctx, t.Actor(), e, app.Shot{
		Data: data, Preview: small.Data, Name: m.Name, MIME: small.MIME, Width: small.Width, Height: small.Height, Look: small.Look, Item: st.Item, ItemID: st.ItemID,
	})
	if errors.Is(err, app.ErrAlbumFull) {
		return t.Say("dok.full", templates.Data{"Max": app.MaxAlbum})
	}
	if err != nil {
		return err
	}
	again := t.Chat.Dialog == dlgAlbum && st.Album != "" && d.openState(t).Album == st.Album
	st.Tag = tagHere(t, "al")
	if err := t.Open(dlgAlbum, st); err != nil {
		return err
	}
	var alike *event.Photo
	if fresh {
		if alike, err = d.app.AlikePhoto(ctx, p); err != nil {
			return err
		}
	}
	if again && fresh && alike == nil {
		return nil // the first of them was answered
	}
	key := "dok.added"
	if !fresh {
		key = "dok.double"
	}
	by := ""
	if !fresh && p.By != t.Person.ID {
		if who, err := d.app.Store().People().Get(ctx, p.By); err == nil {
			by = memberName(who)
		}
	}
	opts := []Option{}
	if fresh {
		opts = append(opts, t.commands(choice{t.Label("dok", "delete"), "/dok " + e.ID + " hapus " + strconv.Itoa(p.N)}))
	}
	return t.Say(key, templates.Data{"P": p, "By": by, "Many": st.Album != "" && !again, "Alike": alike}, opts...)
}

func (d *Desk) openState(t *Turn) albumState {
	var st albumState
	t.Load(&st)
	return st
}

// openAlbum is /dok Pembukaan without a photo: those that follow go there.
func (d *Desk) openAlbum(ctx context.Context, t *Turn, e *event.Event, words string) error {
	st := albumState{EventID: e.ID, Tag: tagHere(t, "al"), Named: true}
	var err error
	if st.Item, st.ItemID, err = d.albumItem(ctx, e, words); err != nil {
		return err
	}
	if err := t.Open(dlgAlbum, st); err != nil {
		return err
	}
	return t.Say("dok.open", templates.Data{"Item": st.Item, "Group": t.In.Group})
}

// albumStep takes the photos that follow; words without one name what they
// show.
func (d *Desk) albumStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "dok"); !ok {
		return err
	}
	st := d.openState(t)
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	m := t.In.Media
	if m != nil && (t.In.Kind == channel.Photo || t.In.Kind == channel.Document) {
		next := albumState{EventID: e.ID, Item: st.Item, ItemID: st.ItemID, Named: st.Named, Album: t.In.Album}
		if caption := strings.TrimSpace(t.In.Text); caption != "" {
			if next.Item, next.ItemID, err = d.albumItem(ctx, e, caption); err != nil {
				return err
			}
		}
		return d.addShot(ctx, t, e, next, m)
	}
	if leaving(t) || event.Fold(t.Text()) == "selesai" || steers(t, understand.Menu) {
		t.Close()
		return d.albumList(ctx, t, e)
	}
	t.Close()
	return d.Small(ctx, t)
}

// InAlbum reports whether a photo without a word, in the group, belongs to
// those that were sent with /dok just before.
func (d *Desk) InAlbum(t *Turn) bool {
	return t.In.Album != "" && t.Chat.Dialog == dlgAlbum && t.Chat.With == t.Person.ID && d.openState(t).Album == t.In.Album
}

// dropShot is /dok hapus 12 and /dok urung 12.
func (d *Desk) dropShot(ctx context.Context, t *Turn, e *event.Event, args string, back bool) error {
	numbers := numbersIn(args)
	if len(numbers) == 0 {
		return t.Say("dok.which", templates.Data{"Back": back})
	}
	var done, missing []int
	for _, n := range numbers[:min(len(numbers), 30)] {
		p, err := d.app.PhotoNumbered(ctx, e.ID, n)
		if errors.Is(err, storage.ErrNotFound) || err == nil && p.Gone != back {
			missing = append(missing, n)
			continue
		}
		if err != nil {
			return err
		}
		if _, err := d.app.DropPhoto(ctx, t.Actor(), p.ID, back); err != nil {
			return err
		}
		done = append(done, n)
	}
	undo := "/dok " + e.ID + " urung " + joinNumbers(done)
	opts := []Option{}
	if len(done) > 0 && !back && len(undo) <= channel.MaxButtonValue {
		opts = append(opts, t.commands(choice{t.Label("hadir", "undo"), undo}))
	}
	return t.Say("dok.dropped", templates.Data{"Done": joinNumbers(done), "Missing": joinNumbers(missing), "Back": back, "Days": int(event.AlbumKeep.Hours() / 24)}, opts...)
}

func numbersIn(text string) []int {
	var out []int
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;#\n", r) }) {
		if n, err := strconv.Atoi(w); err == nil && n > 0 && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func joinNumbers(list []int) string {
	var words []string
	for _, n := range list {
		words = append(words, strconv.Itoa(n))
	}
	return strings.Join(words, " ")
}

// moveShot is /dok pindah 12 Penutupan.
func (d *Desk) moveShot(ctx context.Context, t *Turn, e *event.Event, args string) error {
	word, rest := cutWord(args)
	n, err := strconv.Atoi(word)
	if rest = unbar(rest); err != nil || rest == "" {
		return t.Say("dok.move.usage", nil)
	}
	p, err := d.app.PhotoNumbered(ctx, e.ID, n)
	if errors.Is(err, storage.ErrNotFound) || err == nil && p.Gone {
		return t.Say("dok.dropped", templates.Data{"Done": "", "Missing": word, "Back": false, "Days": 0})
	}
	if err != nil {
		return err
	}
	item, id, err := d.albumItem(ctx, e, rest)
	if err != nil {
		return err
	}
	if p, err = d.app.ChangePhoto(ctx, t.Actor(), "album.move", p.ID, func(p *event.Photo) { p.Item, p.ItemID = item, id }); err != nil {
		return err
	}
	return t.Say("dok.moved", templates.Data{"P": p})
}
