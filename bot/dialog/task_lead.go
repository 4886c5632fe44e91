package dialog

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// What the lead alone may do with the checklist.

var hMark = regexp.MustCompile(`^h\s*(?:([-+])\s*([0-9]{1,3})\s*(jam)?)?$`)

// farthest is how many days from the event a task may lie.
const farthest = 365

// readWhen reads a distance from the event: "H-48", "H+2", "H-4 jam", "hari H",
// or a date.
func (d *Desk) readWhen(e *event.Event, text string) (w event.When, problem string) {
	s := strings.TrimPrefix(strings.ToLower(strings.Join(strings.Fields(text), " ")), "hari ")
	if m := hMark.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[2])
		switch {
		case m[3] != "" && (m[1] == "+" || n < 1 || n > 72):
			return w, "task.bad.when"
		case m[3] != "":
			return event.When{Before: time.Duration(n) * time.Hour}, ""
		case n > farthest:
			return w, "task.bad.far"
		case m[1] == "+":
			n = -n
		}
		return event.When{Days: n}, ""
	}
	at, err := understand.DateTime(text, d.app.Now())
	if errors.Is(err, understand.ErrDateMissing) {
		return w, "task.bad.when"
	}
	if err != nil {
		return w, "event.bad.date"
	}
	n := e.DaysBefore(at.Time)
	if n > farthest || n < -farthest {
		return w, "task.bad.far"
	}
	return event.When{Days: n}, ""
}

// moveTask is /tugas 5 geser [H-48|tanggal|sop].
func (d *Desk) moveTask(ctx context.Context, t *Turn, k onTask, text string) error {
	if text == "" {
		return d.askTask(ctx, t, taskState{Phase: tkWhen, EventID: k.e.ID, Key: k.Key})
	}
	var to *event.When
	if word := event.Squeeze(text); word != "sop" && word != "semula" {
		w, problem := d.readWhen(k.e, text)
		if problem != "" {
			return noteAgain(t, problem, nil, func() error { return d.moveTask(ctx, t, k, "") })
		}
		to = &w
	}
	return d.changeTask(ctx, t, k, "task.move", hName(k.Due, t.texts)+" → "+cutRunes(text, 80), "task.moved", func(task *event.Task) error {
		return task.Move(t.Person.ID, to, d.app.Now())
	})
}

// skipTask is /tugas 15 lewati [alasan]: it is not needed this time.
func (d *Desk) skipTask(ctx context.Context, t *Turn, k onTask, reason string) error {
	if reason == "" && !k.State.Settled() {
		return d.askTask(ctx, t, taskState{Phase: tkReason, EventID: k.e.ID, Key: k.Key})
	}
	reason = cutRunes(reason, maxNote)
	return d.changeTask(ctx, t, k, "task.skip", reason, "task.skipped", func(task *event.Task) error {
		return task.Skip(t.Person.ID, reason, d.app.Now())
	})
}

// taskFollows is /tugas 17 setelah 5, 6: what comes first.
func (d *Desk) taskFollows(ctx context.Context, t *Turn, k onTask, text string) error {
	var keys []string
	if word := event.Squeeze(text); word != "tidakada" && text != "-" {
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
			o, ok, err := d.task(ctx, k.e, w)
			if err != nil {
				return err
			}
			if !ok || o.Key == k.Key {
				return noteAgain(t, "task.bad.after", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
			}
			if !slices.Contains(keys, o.Key) {
				keys = append(keys, o.Key)
			}
		}
		if len(keys) == 0 {
			return noteAgain(t, "task.bad.after", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
		}
	}
	return d.changeTask(ctx, t, k, "task.after", strings.Join(keys, ", "), "task.follows", func(task *event.Task) error {
		return task.Follow(t.Person.ID, keys, d.app.Now())
	})
}

// newTask is /tugas baru [judul | H-20]: a step of the office's own.
func (d *Desk) newTask(ctx context.Context, t *Turn, e *event.Event, args string) error {
	if t.Person.Role != event.Lead {
		return t.Say("task.leadonly", nil)
	}
	f := fields(args)
	st := taskState{Phase: tkTitle, EventID: e.ID}
	problem := ""
	if f[0] != "" {
		if st.Title, problem = readLine(f[0], titleMax, "task.bad.title"); problem == "" {
			st.Phase = tkOwnWhen
		}
	}
	if problem == "" && len(f) > 1 && f[1] != "" {
		var w event.When
		if w, problem = d.readWhen(e, f[1]); problem == "" {
			return d.addTask(ctx, t, e, st.Title, w)
		}
	}
	if problem != "" {
		return noteAgain(t, problem, nil, func() error { return d.askTask(ctx, t, st) })
	}
	return d.askTask(ctx, t, st)
}

func (d *Desk) addTask(ctx context.Context, t *Turn, e *event.Event, title string, w event.When) error {
	t.Close()
	task, err := d.app.AddTask(ctx, t.Actor(), e.ID, title, w)
	if err != nil {
		return err
	}
	off, err := d.app.Holidays(ctx)
	if err != nil {
		return err
	}
	plan := e.Plan([]*event.Task{task}, off, d.app.Now())
	k := onTask{e, plan[0]}
	menu, err := d.menu(
		t, choice{t.Label("task", "undo"), k.order("urung baru")}, choice{t.Label("task", "assign"), k.order("serah")},
		choice{t.Label("task", "show"), strings.TrimSpace(k.order(""))},
	)
	if err != nil {
		return err
	}
	return t.Say("task.added", templates.Data{"Task": lineOf(e, k.Planned, nil, nil, d.app.Now(), "", t.texts), "Event": e}, menu)
}

func (d *Desk) dropTask(ctx context.Context, t *Turn, k onTask) error {
	if t.Person.Role != event.Lead {
		return t.Say("task.leadonly", nil)
	}
	t.Close()
	task, err := d.app.DropTask(ctx, t.Actor(), k.e.ID, k.Key)
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	return noteAgain(t, "task.dropped", templates.Data{"Key": task.Key, "Name": task.Title}, func() error { return d.overview(ctx, t, k.e) })
}

// holidays is /tugas libur [tanggal | nama], /tugas libur hapus tanggal: the
// days on which the office is closed.
func (d *Desk) holidays(ctx context.Context, t *Turn, e *event.Event, args string) error {
	table, err := d.app.Holidays(ctx)
	if err != nil {
		return err
	}
	show := func() error {
		from, to := e.Day().AddDate(0, 0, -60).Year(), e.Day().AddDate(0, 0, 1).Year()
		var list []event.Holiday
		for year := from; year <= to; year++ {
			list = append(list, table.Of(year)...)
		}
		return t.Say("task.holidays", templates.Data{"Days": list, "From": from, "To": to, "Lead": t.Person.Role == event.Lead})
	}
	if args == "" {
		return show()
	}
	if t.Person.Role != event.Lead {
		return t.Say("task.leadonly", nil)
	}
	word, rest := cutWord(args)
	drop := event.Fold(word) == "hapus"
	if drop {
		args = unbar(rest)
	}
	f := append(fields(args), "")
	at, err := understand.DateTime(f[0], d.app.Now())
	name := cutRunes(strings.Join(strings.Fields(f[1]), " "), maxItemField)
	if err != nil || !drop && (name == "" || name == event.NotOff) {
		return noteAgain(t, "task.bad.holiday", nil, show)
	}
	if drop {
		name = ""
	}
	before, err := d.app.SetHoliday(ctx, t.Actor(), at.Time, name)
	if err != nil {
		return err
	}
	day := at.Time.In(event.Jakarta)
	undo := "/tugas " + e.ID + " libur hapus " + day.Format(time.DateOnly)
	if before != "" {
		undo = "/tugas " + e.ID + " libur " + day.Format(time.DateOnly) + " | " + before
	}
	menu, err := d.menu(t, choice{t.Label("task", "undo"), undo}, choice{t.Label("task", "holidays"), "/tugas " + e.ID + " libur"})
	if err != nil {
		return err
	}
	return t.Say("task.holiday", templates.Data{"Day": day, "Name": name, "Before": before}, menu)
}
