package dialog

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// onTask is what an order about a task works on.
type onTask struct {
	e *event.Event
	event.Planned
}

// tasks is /tugas: the checklist of the SOP's steps.
//
//	/tugas [saya|semua|terlambat|sebelum|pelaksanaan|sesudah]
//	/tugas 5 [ambil|lepas|serah NAMA|selesai …|buka|urung N|bukti]
//	/tugas 5 tambah …|centang 2|ubah 2 …|hapus 2|salin
//	/tugas 5 geser H-48|lewati ALASAN|setelah 3          (lead)
//	/tugas baru Judul | H-20, /tugas libur …             (lead)
//	/tugas bagan
func (d *Desk) tasks(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "tugas", args)
	if e == nil || err != nil {
		return err
	}
	word, more := cutWord(rest)
	more = unbar(more)
	if isTaskKey(word) {
		return d.taskNamed(ctx, t, e, word, more)
	}
	switch event.Fold(word) {
	case "":
		return d.overview(ctx, t, e)
	case "saya", "sendiri", "ku":
		return d.listTasks(ctx, t, e, "mine")
	case "semua", "daftar", "all":
		return d.listTasks(ctx, t, e, "all")
	case "terlambat", "telat", "lewat":
		return d.listTasks(ctx, t, e, "late")
	case "sebelum", "persiapan":
		return d.listTasks(ctx, t, e, "before")
	case "pelaksanaan", "hari", "harih":
		return d.listTasks(ctx, t, e, "day")
	case "sesudah", "setelah", "pasca":
		return d.listTasks(ctx, t, e, "afterwards")
	case "bagan", "grafik", "gambar", "linimasa":
		return d.taskChart(ctx, t, e)
	case "libur", "holiday":
		return d.holidays(ctx, t, e, more)
	case "baru", "tambah", "buat":
		return d.newTask(ctx, t, e, more)
	}
	return d.findTask(ctx, t, e, rest)
}

var taskKey = regexp.MustCompile(`^#?([0-9]{1,3})(?:[.,](?:[hH]-?)?([0-9]{1,3}))?$`)

func isTaskKey(word string) bool { return taskKey.MatchString(word) }

// taskNamed finds the task that a number means. "8" is the first of the three
// that is not settled.
func (d *Desk) taskNamed(ctx context.Context, t *Turn, e *event.Event, word, more string) error {
	k, ok, err := d.task(ctx, e, word)
	if err != nil {
		return err
	}
	if !ok {
		return t.Say("task.unknown", templates.Data{"Key": word})
	}
	return d.taskOrder(ctx, t, k, more)
}

func (d *Desk) task(ctx context.Context, e *event.Event, word string) (onTask, bool, error) {
	plan, err := d.app.Plan(ctx, e)
	if err != nil {
		return onTask{}, false, err
	}
	m := taskKey.FindStringSubmatch(word)
	if m == nil {
		return onTask{}, false, nil
	}
	key := strings.TrimLeft(m[1], "0")
	if m[2] != "" {
		key += "." + strings.TrimLeft(m[2], "0")
	}
	var last *event.Planned
	for i, p := range plan {
		if p.Key == key {
			return onTask{e, p}, true, nil
		}
		if strings.HasPrefix(p.Key, key+".") {
			last = &plan[i]
			if !p.State.Settled() {
				break
			}
		}
	}
	if last != nil {
		return onTask{e, *last}, true, nil
	}
	return onTask{}, false, nil
}

// findTask finds tasks by words of their names.
func (d *Desk) findTask(ctx context.Context, t *Turn, e *event.Event, text string) error {
	plan, err := d.app.Plan(ctx, e)
	if err != nil {
		return err
	}
	var found []event.Planned
	for _, p := range plan {
		if strings.Contains(event.Fold(t.texts.TaskName(p.Task)), event.Fold(text)) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return noteAgain(t, "task.what", nil, func() error { return d.overview(ctx, t, e) })
	case 1:
		return d.card(ctx, t, onTask{e, found[0]})
	}
	var list []choice
	for _, p := range found[:min(len(found), 8)] {
		list = append(list, choice{t.numbered(p.Key, t.texts.TaskName(p.Task)), "/tugas " + e.ID + " " + p.Key})
	}
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("task.which", nil, menu)
}

// taskOrder does what is said behind a task's number.
func (d *Desk) taskOrder(ctx context.Context, t *Turn, k onTask, order string) error {
	if order == "" {
		return d.card(ctx, t, k)
	}
	word, rest := cutWord(order)
	rest = unbar(rest)
	if strings.HasPrefix(word, "@") {
		word, rest = "serah", order
	}
	if event.Fold(word) == "tidak" {
		if next, more := cutWord(rest); strings.HasPrefix(event.Fold(next), "perlu") || strings.HasPrefix(event.Fold(next), "diperlukan") {
			word, rest = "lewati", unbar(more)
		}
	}
	do, role := d.orderNamed(event.Fold(word))
	switch {
	case do == nil:
		return noteAgain(t, "task.order", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
	case rank(t.Person.Role) >= rank(role):
		return do(ctx, t, k, rest)
	case t.Person.Role == event.Member:
		return t.Say("task.leadonly", nil)
	}
	return t.Say("task.memberonly", nil)
}

// orderNamed gives what a word orders, and the least role that may.
func (d *Desk) orderNamed(word string) (func(context.Context, *Turn, onTask, string) error, event.Role) {
	named := func(words ...string) bool { return slices.Contains(words, word) }
	switch {
	case named("lihat"):
		return func(ctx context.Context, t *Turn, k onTask, _ string) error { return d.card(ctx, t, k) }, event.ReadOnly
	case named("bukti", "foto"):
		return d.showProofs, event.ReadOnly
	case named("ambil", "saya"):
		return d.takeTask, event.Member
	case named("lepas", "lepaskan"):
		return d.leaveTask, event.Member
	case named("serah", "serahkan", "tugaskan", "beri", "untuk", "kepada"):
		return d.assignTask, event.Member
	case named("selesai", "beres", "sudah", "rampung"):
		return d.finishTask, event.Member
	case named("buka"):
		return d.reopenTask, event.Member
	case named("urung", "urungkan", "undo"):
		return d.undoTask, event.Member
	case named("tambah", "isi"):
		return d.addItems, event.Member
	case named("centang", "siap", "tandai"):
		return d.tickItems, event.Member
	case named("ubah", "ganti"):
		return d.changeItem, event.Member
	case named("hapus", "buang"):
		return d.dropItem, event.Member
	case named("salin", "pakai"):
		return d.copyList, event.Member
	case named("kosong", "kosongkan"):
		return d.emptyList, event.Member
	case named("geser", "pindah", "tanggal"):
		return d.moveTask, event.Lead
	case named("lewati", "abaikan"):
		return d.skipTask, event.Lead
	case named("setelah", "sesudah", "menunggu"):
		return d.taskFollows, event.Lead
	}
	return nil, event.Guest
}

// menu offers commands: as buttons, or by numbers where the channel has none.
func (d *Desk) menu(t *Turn, list ...choice) (Option, error) {
	list = slices.DeleteFunc(list, func(c choice) bool { return c.value == "" || len(c.value) > channel.MaxButtonValue })
	if t.Caps.Buttons || len(list) == 0 {
		return t.commands(list...), nil
	}
	st := taskState{Phase: tkMenu, Tag: tagHere(t, "tk")}
	for _, c := range list {
		st.Labels, st.Menu = append(st.Labels, c.label), append(st.Menu, c.value)
	}
	if err := t.Open(dlgTask, st); err != nil {
		return nil, err
	}
	return func(t *Turn, m *channel.Outbound) {
		t.choices(st.Tag, list...)(t, m)
		replyHint()(t, m)
	}, nil
}
