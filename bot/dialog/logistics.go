package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

const dlgThings = "logistics"

type logisticsPhase string

// Questions of /logistik.
const (
	lgWhich logisticsPhase = "which" // which things
	lgTo    logisticsPhase = "to"    // who takes them over
	lgPhoto logisticsPhase = "photo" // a picture of it
)

type logisticsState struct {
	Phase   logisticsPhase `json:"phase"`
	Tag     string         `json:"tag"`
	EventID string         `json:"eventId"`
	Act     string         `json:"act"` // serah, kembali
	Items   string         `json:"items,omitempty"`
	To      string         `json:"to,omitempty"`
}

// logistics is /logistik: what the event needs, where it is, and to whom it
// goes back (SOP steps 5, 9 and 15). The list is that of the checklist's fifth
// task.
//
//	/logistik [cek|pinjaman|gambar|lembar|xlsx]
//	/logistik tambah Tenda | 4 unit | Pak Asep | Kecamatan | 0812…   (one a line)
//	/logistik siap 2, 3
//	/logistik serah 2 | Panggung     also as the caption of a photo
//	/logistik kembali 2              also as the caption of a photo
//	/logistik ubah 2 | …, hapus 2, foto 2, salin
func (d *Desk) logistics(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "logistik", args)
	if e == nil || err != nil {
		return err
	}
	k, ok, err := d.task(ctx, e, strconv.Itoa(event.Logistics))
	if err != nil {
		return err
	}
	if !ok {
		return t.Say("task.unknown", templates.Data{"Key": event.Logistics})
	}
	word, more := cutWord(rest)
	more = unbar(more)
	switch event.Fold(word) {
	case "", "lihat", "daftar":
		return d.showLogistics(ctx, t, k)
	case "cek", "periksa", "siapkah":
		return d.checkLogistics(ctx, t, k)
	case "pinjaman", "pinjam", "pengembalian", "utang":
		return d.showLent(ctx, t, k)
	case "xlsx", "excel", "tabel":
		return d.logisticsTable(ctx, t, k)
	case "lembar", "pdf", "cetak":
		return d.logisticsSheet(ctx, t, k)
	case "gambar":
		return d.logisticsPicture(ctx, t, k)
	case "foto", "bukti":
		return d.itemPhotos(ctx, t, k, more)
	}
	if rank(t.Person.Role) < rank(event.Member) {
		return t.Say("logistics.viewonly", nil)
	}
	switch event.Fold(word) {
	case "serah", "serahkan", "diserahkan", "pakai":
		return d.moveThings(ctx, t, k, logisticsState{Act: "serah"}, more)
	case "kembali", "kembalikan", "dikembalikan", "pulangkan":
		return d.moveThings(ctx, t, k, logisticsState{Act: "kembali"}, more)
	case "siap", "centang", "ada":
		return d.tickItems(ctx, t, k, more)
	case "tambah", "isi", "ubah", "ganti", "hapus", "buang", "salin", "kosong":
		do, _ := d.orderNamed(event.Fold(word))
		return do(ctx, t, k, more)
	}
	if strings.ContainsAny(rest, "|\n") {
		return d.addItems(ctx, t, k, rest) // lines without the word
	}
	return noteAgain(t, "logistics.what", nil, func() error { return d.showLogistics(ctx, t, k) })
}

// thing is an entry of the list, with how to reach its lender where that may
// be shown: numbers go to private chats only.
type thing struct {
	itemLine
	Contact string
}

func (d *Desk) things(t *Turn, items []event.Item) []thing {
	out := make([]thing, len(items))
	for i, it := range items {
		out[i] = thing{itemLine: itemLine{it, len(it.Photos)}}
		if !t.In.Group && rank(t.Person.Role) >= rank(event.Member) {
			out[i].Contact = it.Contact
		}
	}
	return out
}

// shownThings is how many entries a text shows; the rest is in the files.
const shownThings = 40

func (d *Desk) showLogistics(ctx context.Context, t *Turn, k onTask) error {
	list := k.List()
	r := k.Readiness()
	member := rank(t.Person.Role) >= rank(event.Member)
	at := func(what string) string { return "/logistik " + k.e.ID + " " + what }
	data := templates.Data{
		"Event": k.e, "Items": itemLines(list[:min(len(list), shownThings)]), "More": max(0, len(list)-shownThings), "List": r, "Lent": len(r.Out) + len(r.Back), "Out": len(r.Out),
		"Member": member, "Offer": "", "OfferN": 0,
	}
	var keys []choice
	if member {
		if len(k.Items) == 0 {
			from, earlier, err := d.app.EarlierList(ctx, k.e, k.Task)
			if err != nil {
				return err
			}
			if earlier != nil {
				data["Offer"], data["OfferN"] = from.ID, len(earlier.List())
				keys = append(keys, choice{t.Label("task", "copy"), at("salin")})
			}
		}
		keys = append(keys, choice{t.Label("logistics", "add"), at("tambah")})
	}
	if len(list) > 0 {
		if member {
			if len(r.Missing) > 0 {
				keys = append(keys, choice{t.Label("logistics", "ready"), at("siap")})
			}
			keys = append(keys, choice{t.Label("logistics", "hand"), at("serah")}, choice{t.Label("logistics", "back"), at("kembali")})
		}
		keys = append(keys, choice{t.Label("logistics", "check"), at("cek")}, choice{t.Label("logistics", "lent"), at("pinjaman")}, choice{t.Label("logistics", "sheet"), at("lembar")},
			choice{t.Label("logistics", "picture"), at("gambar")}, choice{t.Label("logistics", "table"), at("xlsx")})
	}
	menu, err := d.menu(t, keys...)
	if err != nil {
		return err
	}
	return t.Say("logistics.view", data, menu, replyHint())
}

// checkLogistics is /logistik cek: go or no-go, and what is missing (step 9).
func (d *Desk) checkLogistics(ctx context.Context, t *Turn, k onTask) error {
	r := k.Readiness()
	missing := map[string][]itemLine{}
	var who []string
	for _, it := range itemLines(r.Missing) {
		if _, known := missing[it.Owner]; !known {
			who = append(who, it.Owner)
		}
		missing[it.Owner] = append(missing[it.Owner], it)
	}
	var groups []templates.Data
	for _, w := range who {
		groups = append(groups, templates.Data{"Who": w, "Items": missing[w]})
	}
	open, err := d.stepOpen(ctx, k.e, strconv.Itoa(event.LogisticsReady))
	if err != nil {
		return err
	}
	var keys []choice
	if rank(t.Person.Role) >= rank(event.Member) {
		if len(r.Missing) > 0 {
			keys = append(keys, choice{t.Label("logistics", "ready"), "/logistik " + k.e.ID + " siap"})
		} else if open && r.Total > 0 {
			keys = append(keys, choice{t.Label("logistics", "done9"), fmt.Sprintf("/selesai %s %d", k.e.ID, event.LogisticsReady)})
		}
	}
	menu, err := d.menu(t, append(keys, choice{t.Label("logistics", "sheet"), "/logistik " + k.e.ID + " lembar"})...)
	if err != nil {
		return err
	}
	return t.Say("logistics.check", templates.Data{"Event": k.e, "List": r, "Groups": groups, "Go": r.Total > 0 && len(r.Missing) == 0, "Checked": !open}, menu)
}

// lender is who lent something, with what of it is still here.
type lender struct {
	Name, Contact string
	Out, Back     []thing
}

// lenders groups what was borrowed by whom it belongs to.
func (d *Desk) lenders(t *Turn, r event.Readiness) []*lender {
	var out []*lender
	of := func(th thing) *lender {
		i := slices.IndexFunc(out, func(l *lender) bool { return event.Squeeze(l.Name) == event.Squeeze(th.LentBy) })
		if i < 0 {
			out = append(out, &lender{Name: th.LentBy})
			i = len(out) - 1
		}
		if out[i].Contact == "" {
			out[i].Contact = th.Contact
		}
		return out[i]
	}
	for _, th := range d.things(t, r.Out) {
		l := of(th)
		l.Out = append(l.Out, th)
	}
	for _, th := range d.things(t, r.Back) {
		l := of(th)
		l.Back = append(l.Back, th)
	}
	return out
}

// showLent is /logistik pinjaman: what goes back to whom (step 15).
func (d *Desk) showLent(ctx context.Context, t *Turn, k onTask) error {
	r := k.Readiness()
	open, err := d.stepOpen(ctx, k.e, event.ReturnTask)
	if err != nil {
		return err
	}
	var keys []choice
	if rank(t.Person.Role) >= rank(event.Member) {
		if len(r.Out) > 0 {
			keys = append(keys, choice{t.Label("logistics", "back"), "/logistik " + k.e.ID + " kembali"})
		} else if open && len(r.Back) > 0 {
			keys = append(keys, choice{t.Label("logistics", "done15"), "/selesai " + k.e.ID + " " + event.ReturnTask})
		}
	}
	menu, err := d.menu(t, append(keys, choice{t.Label("logistics", "show"), "/logistik " + k.e.ID})...)
	if err != nil {
		return err
	}
	return t.Say("logistics.lent", templates.Data{"Event": k.e, "Lenders": d.lenders(t, r), "Out": len(r.Out), "Back": len(r.Back), "Group": t.In.Group}, menu)
}

// moveThings is /logistik serah 2, 3 | Panggung and /logistik kembali 2.
func (d *Desk) moveThings(ctx context.Context, t *Turn, k onTask, st logisticsState, args string) error {
	f := fields(args)
	st.EventID = k.e.ID
	numbers := itemNumbers(f[0], k)
	if len(numbers) == 0 {
		if f[0] != "" {
			if err := t.Note("logistics.noitem", nil); err != nil {
				return err
			}
		}
		st.Phase = lgWhich
		return d.askLogistics(ctx, t, st, k)
	}
	if len(f) > 1 {
		st.To = cutRunes(f[1], maxItemField)
	}
	return d.placeThings(ctx, t, k, st, numbers)
}

// placeThings hands things over or takes them back, with the photo that came
// along.
func (d *Desk) placeThings(ctx context.Context, t *Turn, k onTask, st logisticsState, numbers []int) error {
	proofs, ok, err := d.takeProof(ctx, t, k)
	if err != nil || !ok {
		return err
	}
	t.Close()
	state, action, said := event.ItemHanded, "task.item.hand", "logistics.handed"
	if st.Act == "kembali" {
		state, action, said = event.ItemReturned, "task.item.return", "logistics.returned"
	}
	to := strings.TrimPrefix(st.To, "-")
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, action, cutRunes(fmt.Sprint(numbers, " ", to), 120), func(task *event.Task) error {
		changed := false
		for _, n := range numbers {
			_, err := task.ChangeItem(n, d.app.Now(), func(it *event.Item) {
				it.Place(state, to, d.app.Now())
				it.In = t.In.ID
				it.Photos = append(it.Photos, proofs...)
			})
			if err != nil && !errors.Is(err, event.ErrItemSame) {
				return err
			}
			changed = changed || err == nil
		}
		if !changed {
			return event.ErrItemSame
		}
		return nil
	})
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	return d.sayPlaced(ctx, t, k, task, said, numbers, len(proofs) > 0)
}

func (d *Desk) sayPlaced(ctx context.Context, t *Turn, k onTask, task *event.Task, said string, numbers []int, photo bool) error {
	var items []event.Item
	var marks []string
	for _, n := range numbers {
		if it, ok := task.Item(n); ok {
			items = append(items, it)
			if it.In == t.In.ID {
				marks = append(marks, fmt.Sprintf("%d.%d", it.N, it.Rev))
			}
		}
	}
	r := task.Readiness()
	at := "/logistik " + k.e.ID
	var keys []choice
	if len(marks) > 0 {
		keys = append(keys, choice{t.Label("task", "undo"), k.order("urung b" + strings.Join(marks, "+"))})
	}
	if open, err := d.stepOpen(ctx, k.e, event.ReturnTask); err != nil {
		return err
	} else if said == "logistics.returned" && len(r.Out) == 0 && len(r.Back) > 0 && open {
		keys = append(keys, choice{t.Label("logistics", "done15"), "/selesai " + k.e.ID + " " + event.ReturnTask})
	}
	menu, err := d.menu(t, append(keys, choice{t.Label("logistics", "show"), at})...)
	if err != nil {
		return err
	}
	var words []string
	for _, n := range numbers {
		words = append(words, strconv.Itoa(n))
	}
	return t.Say(said, templates.Data{"Items": itemLines(items), "Photo": photo, "Numbers": strings.Join(words, ", "), "Out": len(r.Out), "Lent": len(r.Out) + len(r.Back)}, menu)
}

// askLogistics asks the question of st.Phase.
func (d *Desk) askLogistics(ctx context.Context, t *Turn, st logisticsState, k onTask) error {
	st.Tag = tagHere(t, "lg")
	if err := t.Open(dlgThings, st); err != nil {
		return err
	}
	data := templates.Data{"Act": st.Act, "Items": st.Items}
	switch st.Phase {
	case lgTo:
		return t.Say("logistics.ask.to", data, t.choices(st.Tag, choice{t.Label("logistics", "skip"), "-"}), replyHint())
	case lgPhoto:
		return t.Say("logistics.ask.photo", data, t.choices(st.Tag, choice{t.Label("logistics", "nophoto"), "lewati"}), replyHint())
	}
	list := placeChoices(t, k, st.Act)
	if len(list) == 0 {
		t.Close()
		return noteAgain(t, "logistics.nothing", data, func() error { return d.showLogistics(ctx, t, k) })
	}
	return t.Say("logistics.ask.which", data, t.choices(st.Tag, list...), replyHint())
}

// placeChoices are the things that may be handed over, or given back: those
// that are borrowed first.
func placeChoices(t *Turn, k onTask, act string) []choice {
	var out []choice
	items := k.List()
	slices.SortStableFunc(items, func(a, b event.Item) int {
		own := func(it event.Item) int {
			if it.LentBy != "" {
				return 0
			}
			return 1
		}
		return own(a) - own(b)
	})
	for _, it := range items {
		fits := it.State != event.ItemHanded && it.State != event.ItemReturned
		if act == "kembali" {
			fits = it.State != event.ItemReturned && it.State != event.ItemNeeded
		}
		if !fits || len(out) == maxTaskChoices {
			continue
		}
		out = append(out, t.numberChoice(it.N, shorten(it.Name, 30)))
	}
	return out
}

// logisticsStep takes the answer to the question that stands.
func (d *Desk) logisticsStep(ctx context.Context, t *Turn) error {
	if rank(t.Person.Role) < rank(event.Member) {
		t.Close()
		return t.Say("team.norole", nil)
	}
	var st logisticsState
	t.Load(&st)
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		t.Close()
		return err
	}
	k, _, err := d.task(ctx, e, strconv.Itoa(event.Logistics))
	if err != nil {
		return err
	}
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askLogistics(ctx, t, st, k) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "task.left", again: again}); !ok {
		return err
	}
	switch {
	case st.Phase == lgPhoto && (t.In.Kind == channel.Photo || t.In.Kind == channel.Document):
		return d.placeThings(ctx, t, k, st, itemNumbers(st.Items, k))
	case !inWords(t):
		return again("event.bad.kind")
	}
	text := t.Text()
	switch st.Phase {
	case lgWhich:
		text = d.numberChosen(t, st.Tag, placeChoices(t, k, st.Act))
		if len(itemNumbers(text, k)) == 0 {
			return again("logistics.noitem")
		}
		st.Items, st.Phase = text, lgTo
		if st.Act == "kembali" {
			st.Phase = lgPhoto
		}
		return d.askLogistics(ctx, t, st, k)
	case lgTo:
		if v, ok := d.chosen(t, st.Tag, []choice{{t.Label("logistics", "skip"), "-"}}); ok {
			text = v
		}
		st.To, st.Phase = cutRunes(text, maxItemField), lgPhoto
		return d.askLogistics(ctx, t, st, k)
	}
	return d.placeThings(ctx, t, k, st, itemNumbers(st.Items, k)) // whatever the words, there is no photo
}

// itemPhotos is /logistik foto 2.
func (d *Desk) itemPhotos(ctx context.Context, t *Turn, k onTask, args string) error {
	numbers := itemNumbers(args, k)
	if len(numbers) != 1 {
		return noteAgain(t, "logistics.noitem", nil, func() error { return d.showLogistics(ctx, t, k) })
	}
	it, _ := k.Item(numbers[0])
	if len(it.Photos) == 0 {
		return t.Say("logistics.nophotos", templates.Data{"Name": it.Name, "N": it.N})
	}
	names, err := d.roster(ctx, []event.Planned{k.Planned})
	if err != nil {
		return err
	}
	for i, p := range it.Photos {
		file := &channel.File{Blob: p.Blob, Name: p.Name, MIME: p.MIME, Photo: p.Photo}
		if err := t.Say("logistics.photo", templates.Data{"Name": it.Name, "I": i + 1, "Of": len(it.Photos), "By": names.name(p.By), "At": p.At}, withFile(file)); err != nil {
			return err
		}
	}
	return nil
}
