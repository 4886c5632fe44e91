package dialog

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// rundown is /rundown: the order of the event's day (SOP step 3).
//
//	/rundown [gambar|pdf]
//	/rundown tambah 08.00 | 30 menit | Pembukaan | Ketua tim | Panggung   (one item a line)
//	/rundown ubah 3 | 08.30 | 20 menit | Tari | Sanggar Mekar | Panggung
//	/rundown geser 3 09.30, /rundown hapus 3, /rundown urung
//	/rundown mundur 10, /rundown maju 5                                   (all that has not begun)
//	/rundown salin                                                        (that of the event before)
//
// Everybody of the team sees it; members change it.
func (d *Desk) rundown(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "rundown", args)
	if e == nil || err != nil {
		return err
	}
	word, more := cutWord(rest)
	if n, err := strconv.Atoi(strings.TrimLeft(word, "#")); err == nil && unbar(more) == "" {
		return d.rundownItem(ctx, t, e, n)
	}
	switch event.Fold(word) {
	case "", "lihat", "daftar":
		return d.showRundown(ctx, t, e)
	case "gambar", "foto", "bagan":
		return d.rundownPicture(ctx, t, e)
	case "pdf", "cetak", "berkas":
		return d.rundownPDF(ctx, t, e)
	}
	do := d.rundownOrder(event.Fold(word))
	switch {
	case do == nil && strings.ContainsAny(rest, "|\n") && rank(t.Person.Role) >= rank(event.Member):
		return d.addRundown(ctx, t, e, rest) // lines without the word
	case do == nil:
		return noteAgain(t, "rundown.what", nil, func() error { return d.showRundown(ctx, t, e) })
	case rank(t.Person.Role) < rank(event.Member):
		return t.Say("rundown.viewonly", nil)
	}
	return do(ctx, t, e, unbar(more))
}

type rundownOrder func(ctx context.Context, t *Turn, e *event.Event, args string) error

// rundownOrder gives what a word orders.
func (d *Desk) rundownOrder(word string) rundownOrder {
	switch word {
	case "tambah", "isi", "baru", "susun":
		return d.addRundown
	case "ubah", "ganti":
		return d.changeRundown
	case "geser", "pindah", "jam":
		return d.moveRundown
	case "hapus", "buang":
		return d.dropRundown
	case "urung", "urungkan", "undo":
		return d.undoRundown
	case "ikut":
		return d.shiftAlong
	case "mundur", "tunda":
		return func(ctx context.Context, t *Turn, e *event.Event, args string) error {
			return d.delayRundown(ctx, t, e, args, 1)
		}
	case "maju", "majukan":
		return func(ctx context.Context, t *Turn, e *event.Event, args string) error {
			return d.delayRundown(ctx, t, e, args, -1)
		}
	case "salin", "pakai":
		return d.copyRundown
	}
	return nil
}

// rundownLine is an item as texts show it.
type rundownLine struct {
	N          int
	From, To   string // 08.00, 08.30
	Minutes    int
	Title      string
	Who, Place string
	Going      bool // now
	Over       bool
}

// hour is a time of day as rundowns write it: 08.30.
func hour(at time.Time) string { return at.In(event.Jakarta).Format("15.04") }

func rundownLineOf(e *event.Event, it event.RundownItem, now time.Time) rundownLine {
	from, to := it.At(e), it.Until(e)
	return rundownLine{
		N: it.N, From: hour(from), To: hour(to), Minutes: it.Minutes, Title: it.Title, Who: it.Who(), Place: it.Place,
		Going: !now.Before(from) && now.Before(to), Over: !now.Before(to),
	}
}

func rundownLines(e *event.Event, items []event.RundownItem, now time.Time) []rundownLine {
	out := make([]rundownLine, len(items))
	for i, it := range items {
		out[i] = rundownLineOf(e, it, now)
	}
	return out
}

// rundownFault is an overlap or a gap in words.
type rundownFault struct {
	Kind     string
	A, B     string
	From, To string
	Minutes  int
	Who      string
}

// shownClashes is how many of them a text names.
const shownClashes = 6

func rundownFaults(e *event.Event, r *event.Rundown) (shown []rundownFault, more int) {
	all := r.Faults()
	for _, f := range all[:min(len(all), shownClashes)] {
		from := f.B.At(e)
		if f.Kind == event.FaultGap {
			from = f.A.Until(e)
		}
		shown = append(shown, rundownFault{
			string(f.Kind), f.A.Title, f.B.Title, hour(from), hour(from.Add(time.Duration(f.Minutes) * time.Minute)), f.Minutes, f.Who,
		})
	}
	return shown, len(all) - len(shown)
}

// rundownData fills what all texts with a rundown show.
func (d *Desk) rundownData(e *event.Event, r *event.Rundown) templates.Data {
	faults, more := rundownFaults(e, r)
	return templates.Data{
		"Event": e, "Days": e.DaysBefore(d.app.Now()), "Items": rundownLines(e, r.Items, d.app.Now()), "Faults": faults, "FaultsMore": more,
	}
}

func (d *Desk) showRundown(ctx context.Context, t *Turn, e *event.Event) error {
	r, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	member := rank(t.Person.Role) >= rank(event.Member)
	data := d.rundownData(e, r)
	data["Member"], data["Offer"], data["OfferN"] = member, "", 0
	var list []choice
	at := func(what string) string { return "/rundown " + e.ID + " " + what }
	if len(r.Items) == 0 && member {
		from, earlier, err := d.app.EarlierRundown(ctx, e)
		if err != nil {
			return err
		}
		if earlier != nil {
			data["Offer"], data["OfferN"] = from.ID, len(earlier.Items)
			list = append(list, choice{t.Label("rundown", "copy"), at("salin")})
		}
	}
	if member {
		list = append(list, choice{t.Label("rundown", "add"), at("tambah")})
	}
	if len(r.Items) > 0 {
		if member {
			list = append(list, choice{t.Label("rundown", "change"), at("ubah")}, choice{t.Label("rundown", "move"), at("geser")}, choice{t.Label("rundown", "drop"), at("hapus")})
			if e.DaysBefore(d.app.Now()) == 0 {
				list = append(list, delayChoices(t.texts, e, r)...)
			}
		}
		list = append(list, choice{t.Label("rundown", "picture"), at("gambar")}, choice{t.Label("rundown", "pdf"), at("pdf")})
		if done, err := d.stepOpen(ctx, e, event.RundownTask); err != nil {
			return err
		} else if member && done {
			list = append(list, choice{t.Label("rundown", "done"), "/selesai " + e.ID + " " + event.RundownTask})
		}
	}
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("rundown.view", data, menu, replyHint())
}

// stepOpen reports whether a task of the checklist is still to be finished.
func (d *Desk) stepOpen(ctx context.Context, e *event.Event, key string) (bool, error) {
	task, err := d.app.Task(ctx, e.ID, key)
	if err != nil {
		return false, err
	}
	return !task.State.Settled(), nil
}

// rundownItem is /rundown 3.
func (d *Desk) rundownItem(ctx context.Context, t *Turn, e *event.Event, n int) error {
	r, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	it, ok := r.Item(n)
	if !ok {
		return noteAgain(t, "rundown.unknown", templates.Data{"N": n}, func() error { return d.showRundown(ctx, t, e) })
	}
	var list []choice
	if rank(t.Person.Role) >= rank(event.Member) {
		list = d.itemKeys(t, e, n)
	}
	menu, err := d.menu(t, append(list, choice{t.Label("rundown", "show"), "/rundown " + e.ID})...)
	if err != nil {
		return err
	}
	return t.Say("rundown.item", templates.Data{"Event": e, "Item": rundownLineOf(e, it, d.app.Now())}, menu, replyHint())
}

func (d *Desk) itemKeys(t *Turn, e *event.Event, n int) []choice {
	at := func(what string) string { return "/rundown " + e.ID + " " + what + " " + strconv.Itoa(n) }
	return []choice{{t.Label("rundown", "change"), at("ubah")}, {t.Label("rundown", "move"), at("geser")}, {t.Label("rundown", "drop"), at("hapus")}}
}

// rundownRefused says why a change did not take place.
func (d *Desk) rundownRefused(ctx context.Context, t *Turn, e *event.Event, n int, err error) error {
	key := ""
	switch {
	case errors.Is(err, event.ErrNoRundownItem):
		key = "rundown.unknown"
	case errors.Is(err, event.ErrRundownFull):
		key = "rundown.full"
	case errors.Is(err, event.ErrRundownSame):
		key = "rundown.same"
	case errors.Is(err, event.ErrRundownChanged):
		key = "rundown.changed"
	default:
		return err
	}
	return noteAgain(t, key, templates.Data{"N": n, "Max": event.MaxRundown}, func() error { return d.showRundown(ctx, t, e) })
}

// atClock turns a time of day into minutes after the event's start: of the
// event's date, or of the night after it where the event goes on past midnight.
func atClock(e *event.Event, clock int) int {
	start := e.Start.In(event.Jakarta)
	minutes := clock - (start.Hour()*60 + start.Minute())
	if minutes < -12*60 {
		minutes += 24 * 60
	}
	return minutes
}

// cast reads who takes part: names with commas between them.
func (d *Desk) cast(ctx context.Context, e *event.Event, text string) ([]event.Performing, error) {
	var out []event.Performing
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '&' }) {
		name = cutRunes(strings.Join(strings.Fields(name), " "), maxItemField)
		if name == "" {
			continue
		}
		p, err := d.app.Cast(ctx, e.ID, name)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// slotItem makes an item of a line; after is where it begins if the line names
// no time.
func (d *Desk) slotItem(ctx context.Context, e *event.Event, s understand.Slot, after int) (event.RundownItem, error) {
	it := event.RundownItem{Start: after, Minutes: s.Minutes, Title: cutRunes(s.Title, maxItemField), Place: cutRunes(s.Place, maxItemField)}
	if s.Clock != understand.NoClock {
		it.Start = atClock(e, s.Clock)
	}
	if it.Minutes == 0 {
		it.Minutes = usualSlot
	}
	var err error
	it.Cast, err = d.cast(ctx, e, s.Who)
	return it, err
}

// usualSlot is how long an item is whose length nobody said, in minutes.
const usualSlot = 30
