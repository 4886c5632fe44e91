package dialog

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// maxItemField is how many characters a field of an item may have.
const maxItemField = 80

var quantity = regexp.MustCompile(`^([0-9]{1,6})\s*(.*)$`)

// readItem reads "Tenda | 4 unit | Pak Asep | Kecamatan Cibinong": what, how
// many, who sees to it, from whom it is borrowed; then how to reach the lender,
// and a note.
func (d *Desk) readItem(ctx context.Context, text string, base event.Item) (event.Item, error) {
	it := base
	for i, f := range fields(text) {
		f = strings.Join(strings.Fields(f), " ")
		if f == "" {
			continue // as it was
		}
		clear := f == "-"
		if clear {
			f = ""
		}
		f = cutRunes(f, maxItemField)
		switch i {
		case 0:
			if f != "" {
				it.Name = f
			}
		case 1:
			it.Quantity, it.Unit = 0, ""
			if m := quantity.FindStringSubmatch(f); m != nil {
				it.Quantity, _ = strconv.Atoi(m[1])
				it.Unit = m[2]
			} else if !clear {
				it.Unit = f
			}
		case 2:
			it.Owner, it.PersonID = f, ""
			found, err := d.app.FindStaff(ctx, f)
			if err != nil {
				return it, err
			}
			if len(found) == 1 {
				it.Owner, it.PersonID = memberName(found[0]), found[0].ID
			}
		case 3:
			f = strings.TrimPrefix(strings.TrimPrefix(f, "pinjam "), "dari ")
			it.LentBy = f
		case 4:
			it.Contact = f
		case 5:
			it.Note = f
		}
	}
	return it, nil
}

func cutRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// addItems is /tugas 5 tambah [barang | jumlah | penanggung jawab | dipinjam
// dari], one item a line.
func (d *Desk) addItems(ctx context.Context, t *Turn, k onTask, text string) error {
	var fresh []event.Item
	for line := range strings.Lines(text) {
		it, err := d.readItem(ctx, strings.TrimLeft(strings.TrimSpace(line), "•-* "), event.Item{})
		if err != nil {
			return err
		}
		if it.Name != "" {
			fresh = append(fresh, it)
		}
	}
	if len(fresh) == 0 {
		return d.askTask(ctx, t, taskState{Phase: tkItems, EventID: k.e.ID, Key: k.Key})
	}
	t.Close()
	var names []string
	for _, it := range fresh {
		names = append(names, it.Name)
	}
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.item.add", cutRunes(strings.Join(names, ", "), 120), func(task *event.Task) error {
		for _, it := range fresh {
			if _, err := task.AddItem(it, d.app.Now()); err != nil {
				return err
			}
		}
		task.Offered = true
		return nil
	})
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	return d.saidItem(t, k, "task.item.added", task, task.Items[len(task.Items)-len(fresh):])
}

// saidItem says what was done to items, with how to take it back.
func (d *Desk) saidItem(t *Turn, k onTask, key string, task *event.Task, items []event.Item) error {
	it, before := items[len(items)-1], event.Item{}
	if it.Was != nil {
		before = *it.Was
	}
	r := task.Readiness()
	data := templates.Data{"Key": k.Key, "Name": t.texts.TaskName(task), "Item": itemLine{Item: it}, "Before": itemLine{Item: before}, "Ready": r.Ready, "All": r.Total, "N": len(items)}
	var marks []string
	for _, it := range items {
		marks = append(marks, fmt.Sprintf("%d.%d", it.N, it.Rev))
	}
	list := []choice{{t.Label("task", "undo"), k.order("urung b" + strings.Join(marks, "+"))}}
	if len(r.Missing) > 0 {
		list = append(list, choice{t.Label("task", "tick"), k.order("centang")})
	}
	list = append(list, choice{t.Label("task", "additem"), k.order("tambah")}, choice{t.Label("task", "show"), strings.TrimSpace(k.order(""))})
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say(key, data, menu)
}

// itemStateNamed reads a state by the words for it.
func itemStateNamed(text string) (event.ItemState, bool) {
	switch event.Squeeze(text) {
	case "", "siap", "ready", "ada", "beres", "selesai", "ok":
		return event.ItemReady, true
	case "diserahkan", "serah", "serahkan", "dipakai", "dibagikan":
		return event.ItemHanded, true
	case "dikembalikan", "kembali", "kembalikan", "pulang":
		return event.ItemReturned, true
	case "belum", "dibutuhkan", "perlu", "batal":
		return event.ItemNeeded, true
	}
	return "", false
}

// tickItems is /tugas 5 centang 2[, 3] [| siap|diserahkan|dikembalikan|belum].
func (d *Desk) tickItems(ctx context.Context, t *Turn, k onTask, args string) error {
	f := fields(args)
	state, ok := event.ItemReady, true
	if len(f) > 1 {
		state, ok = itemStateNamed(f[1])
	}
	numbers := itemNumbers(f[0], k)
	switch {
	case !ok:
		return noteAgain(t, "task.item.state", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
	case len(numbers) == 0:
		if f[0] != "" {
			if err := t.Note("task.noitem", templates.Data{"Key": k.Key}); err != nil {
				return err
			}
		}
		return d.askTask(ctx, t, taskState{Phase: tkItem, Act: "centang", EventID: k.e.ID, Key: k.Key})
	}
	t.Close()
	proofs, ok, err := d.takeProof(ctx, t, k)
	if err != nil || !ok {
		return err
	}
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.item.tick", fmt.Sprint(f[0], " ", state), func(task *event.Task) error {
		changed := false
		for _, n := range numbers {
			_, err := task.ChangeItem(n, d.app.Now(), func(it *event.Item) {
				it.Place(state, "", d.app.Now())
				it.In = t.In.ID
				it.Photos = append(it.Photos, proofs...)
			})
			if err != nil && (!errors.Is(err, event.ErrItemSame) || len(numbers) == 1) {
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
	var ticked []event.Item
	for _, n := range numbers {
		if it, ok := task.Item(n); ok && it.In == t.In.ID {
			ticked = append(ticked, it)
		}
	}
	if len(ticked) == 0 { // changed again since, and this message is replayed
		return d.card(ctx, t, k)
	}
	return d.saidItem(t, k, "task.item.ticked", task, ticked)
}

// itemNumbers reads "2", "2, 3" and "2 3", or the name of one item.
func itemNumbers(text string, k onTask) []int {
	var out []int
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t&", r) }) {
		n, err := strconv.Atoi(strings.TrimLeft(w, "#"))
		if _, ok := k.Item(n); err != nil || !ok {
			out = nil
			break
		}
		out = append(out, n)
	}
	if len(out) > 0 || event.Fold(text) == "" {
		return out
	}
	for _, it := range k.List() {
		if strings.Contains(event.Fold(it.Name), event.Fold(text)) {
			out = append(out, it.N)
		}
	}
	if len(out) != 1 {
		return nil
	}
	return out
}

// changeItem is /tugas 5 ubah 2 [nama | jumlah | …].
func (d *Desk) changeItem(ctx context.Context, t *Turn, k onTask, args string) error {
	word, text := cutWord(args)
	text = strings.TrimPrefix(text, "|") // "2 | | 5 unit": the name stays
	numbers := itemNumbers(word, k)
	if len(numbers) != 1 {
		if word != "" {
			if err := t.Note("task.noitem", templates.Data{"Key": k.Key}); err != nil {
				return err
			}
		}
		return d.askTask(ctx, t, taskState{Phase: tkItem, Act: "ubah", EventID: k.e.ID, Key: k.Key})
	}
	if strings.Trim(text, " |") == "" {
		return d.askTask(ctx, t, taskState{Phase: tkValue, Item: numbers[0], EventID: k.e.ID, Key: k.Key})
	}
	t.Close()
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.item.change", cutRunes(args, 120), func(task *event.Task) error {
		old, ok := task.Item(numbers[0])
		if !ok {
			return event.ErrNoItem
		}
		next, err := d.readItem(ctx, text, old)
		if err != nil {
			return err
		}
		_, err = task.ChangeItem(old.N, d.app.Now(), func(it *event.Item) {
			it.Name, it.Quantity, it.Unit, it.Owner, it.PersonID, it.LentBy, it.Contact, it.Note = next.Name, next.Quantity, next.Unit, next.Owner, next.PersonID, next.LentBy, next.Contact, next.Note
		})
		return err
	})
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	it, ok := task.Item(numbers[0])
	if !ok {
		return d.card(ctx, t, k)
	}
	return d.saidItem(t, k, "task.item.changed", task, []event.Item{it})
}

// dropItem is /tugas 5 hapus 2.
func (d *Desk) dropItem(ctx context.Context, t *Turn, k onTask, args string) error {
	if k.replayed(t) { // it is gone already, and is named all the same
		task := *k.Task
		task.Items = slices.Clone(task.Items)
		for i := range task.Items {
			task.Items[i].Gone = false
		}
		k.Task = &task
	}
	numbers := itemNumbers(args, k)
	if len(numbers) != 1 {
		if args != "" {
			if err := t.Note("task.noitem", templates.Data{"Key": k.Key}); err != nil {
				return err
			}
		}
		return d.askTask(ctx, t, taskState{Phase: tkItem, Act: "hapus", EventID: k.e.ID, Key: k.Key})
	}
	t.Close()
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.item.drop", args, func(task *event.Task) error {
		_, err := task.ChangeItem(numbers[0], d.app.Now(), func(it *event.Item) { it.Gone = true })
		return err
	})
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	i := slices.IndexFunc(task.Items, func(it event.Item) bool { return it.N == numbers[0] })
	if i < 0 {
		return d.card(ctx, t, k)
	}
	return d.saidItem(t, k, "task.item.dropped", task, task.Items[i:i+1])
}

// undoItem is /tugas 5 urung b2.4+3.1: what made revision 4 of item 2, and the
// first of item 3.
func (d *Desk) undoItem(ctx context.Context, t *Turn, k onTask, what string) error {
	var marks [][2]int
	for _, m := range strings.Split(what, "+") {
		a, b, _ := strings.Cut(m, ".")
		n, err1 := strconv.Atoi(a)
		rev, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil {
			return noteAgain(t, "task.order", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
		}
		marks = append(marks, [2]int{n, rev})
	}
	t.Close()
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.undo", "b"+what, func(task *event.Task) error {
		for _, m := range marks {
			if _, err := task.UndoItem(m[0], m[1], d.app.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	return noteAgain(t, "task.undone", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
}

// copyList is /tugas 5 salin: the list of the last event, everything needed
// again.
func (d *Desk) copyList(ctx context.Context, t *Turn, k onTask, _ string) error {
	from, earlier, err := d.app.EarlierList(ctx, k.e, k.Task)
	if err != nil {
		return err
	}
	if earlier == nil {
		return noteAgain(t, "task.nolist", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
	}
	t.Close()
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.item.copy", from.ID, func(task *event.Task) error {
		if len(task.List()) > 0 && slices.ContainsFunc(task.Items, func(it event.Item) bool { return it.Copied }) {
			return event.ErrTaskSame
		}
		task.CopyItems(earlier, d.app.Now())
		return nil
	})
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	menu, err := d.menu(t, choice{t.Label("task", "undo"), k.order("urung daftar")}, choice{t.Label("task", "show"), strings.TrimSpace(k.order(""))})
	if err != nil {
		return err
	}
	return t.Say("task.copied", templates.Data{"Key": k.Key, "From": from.ID, "Items": itemLines(task.List()), "N": len(earlier.List())}, menu)
}

func (d *Desk) undoCopy(ctx context.Context, t *Turn, k onTask) error {
	t.Close()
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.undo", "daftar", func(task *event.Task) error {
		if task.DropCopied(d.app.Now()) == 0 {
			return event.ErrTaskUndone
		}
		task.Offered = len(task.Items) > 0
		return nil
	})
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	return noteAgain(t, "task.undone", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
}

// emptyList is /tugas 5 kosong: the list of the last event is not wanted.
func (d *Desk) emptyList(ctx context.Context, t *Turn, k onTask, _ string) error {
	t.Close()
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.item.fresh", "", func(task *event.Task) error {
		task.Offered = true
		return nil
	})
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	return d.card(ctx, t, k)
}
