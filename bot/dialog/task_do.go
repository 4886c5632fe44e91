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
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// changeTask changes the task and says so; said is the text, in which .Before and
// .Task are what stood and what stands.
func (d *Desk) changeTask(ctx context.Context, t *Turn, k onTask, action, detail, said string, change func(task *event.Task) error) error {
	t.Close()
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, action, detail, change)
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	before := k.TaskProgress
	if task.Was != nil {
		before = *task.Was
	}
	off, err := d.app.Holidays(ctx)
	if err != nil {
		return err
	}
	now := d.app.Now()
	plan := k.e.Plan([]*event.Task{{TaskProgress: before, ID: task.ID, EventID: task.EventID, Key: task.Key, Step: task.Step, Title: task.Title}, task}, off, now)
	names, err := d.roster(ctx, plan)
	if err != nil {
		return err
	}
	was, is := plan[0], plan[1]
	if was.Task == task {
		was, is = is, was
	}
	data := templates.Data{
		"Event": k.e, "Task": lineOf(k.e, is, plan, names, now, t.Person.ID, t.texts), "Before": lineOf(k.e, was, plan, names, now, t.Person.ID, t.texts),
		"State": string(task.State), "StateBefore": string(before.State), "Note": task.Note, "Reason": task.Reason, "Proofs": len(task.Proofs),
		"Needs": d.needNames(ctx, t, k.e, task.Needs()), "NeedsBefore": d.needNames(ctx, t, k.e, was.Needs()),
	}
	menu, err := d.menu(t, choice{t.Label("task", "undo"), k.order("urung " + strconv.Itoa(task.Rev))}, choice{t.Label("task", "show"), strings.TrimSpace(k.order(""))})
	if err != nil {
		return err
	}
	return t.Say(said, data, menu)
}

func (d *Desk) needNames(ctx context.Context, t *Turn, e *event.Event, keys []string) string {
	var out []string
	for _, key := range keys {
		if task, err := d.app.Task(ctx, e.ID, key); err == nil {
			out = append(out, key+" "+t.texts.TaskTitle(task))
		}
	}
	return strings.Join(out, ", ")
}

// replayed reports whether the message was handled before a crash: what it did
// is in the task already.
func (k onTask) replayed(t *Turn) bool { return slices.Contains(k.Handled, t.In.ID) }

// refused says why a change did not take place: who was first, for instance.
func (d *Desk) refused(ctx context.Context, t *Turn, k onTask, task *event.Task, err error) error {
	key := ""
	switch {
	case errors.Is(err, event.ErrTaskSettled):
		key = "task.settled"
	case errors.Is(err, event.ErrTaskSame), errors.Is(err, event.ErrItemSame):
		key = "task.same"
	case errors.Is(err, event.ErrTaskUndone):
		key = "task.noundo"
	case errors.Is(err, event.ErrNoItem):
		key = "task.noitem"
	case errors.Is(err, event.ErrTooMany):
		key = "task.full"
	case errors.Is(err, storage.ErrNotFound):
		return t.Say("task.unknown", templates.Data{"Key": k.Key})
	default:
		return err
	}
	p := event.Planned{Task: task}
	names, err := d.roster(ctx, []event.Planned{p})
	if err != nil {
		return err
	}
	menu, err := d.menu(t, choice{t.Label("task", "show"), strings.TrimSpace(k.order(""))})
	if err != nil {
		return err
	}
	return t.Say(key, templates.Data{
		"Key": task.Key, "Name": t.texts.TaskName(task), "State": string(task.State), "By": names.name(task.By), "Self": task.By == t.Person.ID,
		"At": task.TaskProgress.At, "Reason": task.Reason, "Max": event.MaxItems,
	}, menu)
}

func (d *Desk) takeTask(ctx context.Context, t *Turn, k onTask, _ string) error {
	return d.changeTask(ctx, t, k, "task.assign", memberName(t.Person), "task.assigned", func(task *event.Task) error {
		return task.Assign(t.Person.ID, t.Person.ID, d.app.Now())
	})
}

func (d *Desk) leaveTask(ctx context.Context, t *Turn, k onTask, _ string) error {
	return d.changeTask(ctx, t, k, "task.assign", "-", "task.assigned", func(task *event.Task) error {
		return task.Assign(t.Person.ID, "", d.app.Now())
	})
}

// assignTask is /tugas 5 serah [NAMA|@nama], or the same as a reply to a
// message of who is meant.
func (d *Desk) assignTask(ctx context.Context, t *Turn, k onTask, who string) error {
	if q := t.In.ReplyTo; who == "" && q != nil && q.Sender != nil && !q.FromBot && q.Sender.ID != "" {
		p, err := d.app.Store().People().ByAccount(ctx, event.AccountKey(string(t.In.Chat.Channel), q.Sender.ID))
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if err != nil || rank(p.Role) < rank(event.Member) {
			return t.Say("task.notteam", templates.Data{"Name": q.Sender.Name})
		}
		return d.giveTask(ctx, t, k, p)
	}
	if who == "" {
		return d.askTask(ctx, t, taskState{Phase: tkWho, EventID: k.e.ID, Key: k.Key})
	}
	able, err := d.able(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(able, func(p *event.Person) bool { return p.ID == who }); i >= 0 {
		return d.giveTask(ctx, t, k, able[i])
	}
	found, err := d.app.FindStaff(ctx, who)
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(p *event.Person) bool { return rank(p.Role) < rank(event.Member) })
	if len(found) == 1 {
		return d.giveTask(ctx, t, k, found[0])
	}
	key := "task.nobody"
	if len(found) > 1 {
		key = "task.several"
	}
	return noteAgain(t, key, templates.Data{"Text": who}, func() error {
		return d.askTask(ctx, t, taskState{Phase: tkWho, EventID: k.e.ID, Key: k.Key})
	})
}

// able are those who may see to a task.
func (d *Desk) able(ctx context.Context) ([]*event.Person, error) {
	staff, err := d.app.Team(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(staff, func(p *event.Person) bool { return rank(p.Role) < rank(event.Member) }), nil
}

func (d *Desk) giveTask(ctx context.Context, t *Turn, k onTask, p *event.Person) error {
	refused := false
	err := d.changeTask(ctx, t, k, "task.assign", memberName(p), "task.assigned", func(task *event.Task) error {
		err := task.Assign(t.Person.ID, p.ID, d.app.Now())
		refused = err != nil
		return err
	})
	if err != nil || refused {
		return err
	}
	return d.tell(t, p, "task.told", templates.Data{
		"Event": k.e, "Task": lineOf(k.e, k.Planned, nil, nil, d.app.Now(), "", t.texts), "By": memberName(t.Person),
	})
}

func (d *Desk) finishTask(ctx context.Context, t *Turn, k onTask, note string) error {
	proofs, ok, err := d.takeProof(ctx, t, k)
	if err != nil || !ok {
		return err
	}
	return d.finish(ctx, t, k, note, proofs)
}

// finish marks a task as done, or adds a note or proof to one that is.
func (d *Desk) finish(ctx context.Context, t *Turn, k onTask, note string, proofs []event.Proof) error {
	if r := []rune(note); len(r) > maxNote {
		note = string(r[:maxNote])
	}
	said, action := "task.finished", "task.finish"
	before := k.State
	if k.replayed(t) && k.Was != nil {
		before = k.Was.State
	}
	if before == event.TaskDone && (note != "" || len(proofs) > 0) {
		said, action = "task.remarked", "task.remark"
	}
	return d.changeTask(ctx, t, k, action, note, said, func(task *event.Task) error {
		if task.State == event.TaskDone && said == "task.remarked" {
			return task.Remark(t.Person.ID, note, proofs, d.app.Now())
		}
		return task.Finish(t.Person.ID, note, proofs, d.app.Now())
	})
}

// maxNote is how many characters a note or a reason may have.
const maxNote = 500

// maxProof is the largest photo or file taken as proof, in bytes.
const maxProof = 15 << 20

// takeProof keeps the photo or file that came along with a message; ok is
// false where it could not be taken, and that was said.
func (d *Desk) takeProof(ctx context.Context, t *Turn, k onTask) (proofs []event.Proof, ok bool, err error) {
	m := t.In.Media
	if m == nil || t.In.Kind != channel.Photo && t.In.Kind != channel.Document {
		return nil, true, nil
	}
	data, err := d.net.Fetch(ctx, t.In.Chat.Channel, *m, maxProof)
	if errors.Is(err, channel.ErrTooLarge) {
		return nil, false, t.Say("task.large", templates.Data{"MB": maxProof >> 20, "Key": k.Key})
	}
	if err != nil {
		t.Log.Warn().Err(err).Msg("proof could not be fetched")
		return nil, false, t.Say("task.notfetched", templates.Data{"Key": k.Key})
	}
	photo := t.In.Kind == channel.Photo
	p := event.Proof{
		Blob: event.TaskFiles + event.TaskID(k.e.ID, k.Key) + "/" + t.In.ID, Name: m.Name, MIME: m.MIME, Photo: photo, By: t.Person.ID, At: d.app.Now(),
	}
	if p.MIME == "" && photo {
		p.MIME = "image/jpeg"
	}
	if p.Name == "" {
		p.Name = fmt.Sprintf("bukti-%s", k.Key)
		if photo {
			p.Name += ".jpg"
		}
	}
	if err := d.app.Store().Media().Put(ctx, storage.Blob{ID: p.Blob, Name: p.Name, MIME: p.MIME, At: p.At}, data); err != nil {
		return nil, false, fmt.Errorf("keep proof: %w", err)
	}
	return []event.Proof{p}, true, nil
}

func (d *Desk) reopenTask(ctx context.Context, t *Turn, k onTask, _ string) error {
	return d.changeTask(ctx, t, k, "task.reopen", "", "task.reopened", func(task *event.Task) error {
		return task.Reopen(t.Person.ID, d.app.Now())
	})
}

// undoTask takes back the change that the button stood under: "urung 3", for
// an item "urung b2.4", for a list that was taken over "urung daftar", for a
// task that was added "urung baru".
func (d *Desk) undoTask(ctx context.Context, t *Turn, k onTask, what string) error {
	switch {
	case what == "baru":
		return d.dropTask(ctx, t, k)
	case what == "daftar":
		return d.undoCopy(ctx, t, k)
	case strings.HasPrefix(what, "b"):
		return d.undoItem(ctx, t, k, what[1:])
	}
	rev, err := strconv.Atoi(what)
	if err != nil {
		rev = k.Rev // typed by hand: the latest
	}
	t.Close()
	task, err := d.app.ChangeTask(ctx, t.Actor(), k.e.ID, k.Key, "task.undo", "", func(task *event.Task) error { return task.Undo(rev, d.app.Now()) })
	if err != nil {
		return d.refused(ctx, t, k, task, err)
	}
	return noteAgain(t, "task.undone", templates.Data{"Key": k.Key}, func() error { return d.card(ctx, t, k) })
}

// done is /selesai [5 [catatan]], also as the caption of a photo.
func (d *Desk) done(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "selesai", args)
	if e == nil || err != nil {
		return err
	}
	word, note := cutWord(rest)
	if isTaskKey(word) {
		k, ok, err := d.task(ctx, e, word)
		if err != nil {
			return err
		}
		if ok {
			return d.finishTask(ctx, t, k, unbar(note))
		}
		if err := t.Note("task.unknown", templates.Data{"Key": word}); err != nil {
			return err
		}
		rest = note
	}
	st := taskState{Phase: tkWhich, EventID: e.ID, Note: unbar(rest)}
	proofs, ok, err := d.takeProof(ctx, t, onTask{e: e, Planned: event.Planned{Task: &event.Task{Key: "0"}}})
	if err != nil || !ok {
		return err
	}
	st.Proofs = proofs
	return d.askTask(ctx, t, st)
}
