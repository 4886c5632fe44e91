package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// taskLine is a task as lists and digests show it.
type taskLine struct {
	Key, Name  string
	Who        string // who sees to it; "" nobody
	Mine       bool
	H          string // H-50, H-3 jam
	Day        time.Time
	Hours      bool      // the hour of Day matters
	Office     time.Time // the working day before, where the date is none
	Urgency    event.Urgency
	Skipped    bool
	Since      time.Time // late since
	DaysLate   int
	Waits      []string // "3 Menyusun rundown"
	Ready, All int      // of its list
}

// roster knows what people are called.
type roster map[string]string

func (r roster) name(id string) string {
	if id == "" {
		return ""
	}
	return r[id]
}

// roster names the people of a plan: the team, and who has left it.
func (d *Desk) roster(ctx context.Context, plan []event.Planned) (roster, error) {
	r := roster{}
	staff, err := d.app.Team(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range staff {
		r[p.ID] = memberName(p)
	}
	for _, k := range plan {
		for _, id := range []string{k.PersonID, k.By} {
			if _, known := r[id]; known || id == "" {
				continue
			}
			p, err := d.app.Store().People().Get(ctx, id)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return nil, err
			}
			if err == nil {
				r[id] = memberName(p)
			}
		}
	}
	return r, nil
}

func lineOf(e *event.Event, p event.Planned, plan []event.Planned, names roster, now time.Time, self string, texts *templates.Renderer) taskLine {
	l := taskLine{
		Key: p.Key, Name: texts.TaskName(p.Task), Who: names.name(p.PersonID), Mine: self != "" && p.PersonID == self, H: hName(p.Due, texts),
		Day: p.Due.At, Hours: p.Due.Before > 0, Urgency: p.Urgency, Skipped: p.State == event.TaskSkipped, Since: p.LateSince, DaysLate: p.DaysLate(e, now),
	}
	if office := p.Due.Office(); !office.Equal(event.Midnight(p.Due.At)) {
		l.Office = office
	}
	r := p.Readiness()
	l.Ready, l.All = r.Ready, r.Total
	for _, key := range p.Waits {
		for _, o := range plan {
			if o.Key == key {
				l.Waits = append(l.Waits, key+" "+texts.TaskTitle(o.Task))
			}
		}
	}
	return l
}

func (d *Desk) taskLines(ctx context.Context, e *event.Event, plan []event.Planned, self string) ([]taskLine, error) {
	names, err := d.roster(ctx, plan)
	if err != nil {
		return nil, err
	}
	out := make([]taskLine, len(plan))
	for i, p := range plan {
		out[i] = lineOf(e, p, plan, names, d.app.Now(), self, d.texts)
	}
	return out, nil
}

func those(lines []taskLine, keep func(taskLine) bool) []taskLine {
	var out []taskLine
	for _, l := range lines {
		if keep(l) {
			out = append(out, l)
		}
	}
	return out
}

func urgent(lines []taskLine, u event.Urgency) []taskLine {
	return those(lines, func(l taskLine) bool { return l.Urgency == u })
}

// How much a list shows in a chat.
const (
	shownLate = 8
	shownNext = 4
	taskKeys  = 5 // buttons to tasks under a list
)

// overview is /tugas alone: how far the checklist is, what is late, due and next.
func (d *Desk) overview(ctx context.Context, t *Turn, e *event.Event) error {
	plan, err := d.app.Plan(ctx, e)
	if err != nil {
		return err
	}
	lines, err := d.taskLines(ctx, e, plan, t.Person.ID)
	if err != nil {
		return err
	}
	late, today := urgent(lines, event.Late), urgent(lines, event.Today)
	next := those(lines, func(l taskLine) bool { return l.Urgency == event.Soon || l.Urgency == event.Later })
	data := templates.Data{
		"Event": e, "Left": e.DaysBefore(d.app.Now()), "Count": event.CountTasks(plan),
		"Late": late[:min(len(late), shownLate)], "LateMore": max(0, len(late)-shownLate), "Today": today,
		"Next": next[:min(len(next), shownNext)], "NextMore": max(0, len(next)-shownNext),
	}
	list := d.toTasks(t, e, slices.Concat(late, today, next)[:min(taskKeys, len(late)+len(today)+len(next))])
	list = append(
		list,
		choice{t.Label("task", "mine"), "/tugas " + e.ID + " saya"},
		choice{t.Label("task", "all"), "/tugas " + e.ID + " semua"},
		choice{t.Label("task", "chart"), "/tugas " + e.ID + " bagan"},
	)
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("task.overview", data, menu)
}

// toTasks are buttons that open tasks.
func (d *Desk) toTasks(t *Turn, e *event.Event, lines []taskLine) []choice {
	var out []choice
	for _, l := range lines {
		out = append(out, choice{t.numbered(l.Key, shorten(l.Name, 28)), "/tugas " + e.ID + " " + l.Key})
	}
	return out
}

// numbered is the label of a task's button; in a list that has numbers of its
// own the task's stands behind its name.
func (t *Turn) numbered(key, name string) string {
	if t.Caps.Buttons {
		return key + ". " + name
	}
	return name + " (" + t.Label("task", "word") + " " + key + ")"
}

// listTasks shows a part of the checklist.
func (d *Desk) listTasks(ctx context.Context, t *Turn, e *event.Event, part string) error {
	plan, err := d.app.Plan(ctx, e)
	if err != nil {
		return err
	}
	lines, err := d.taskLines(ctx, e, plan, t.Person.ID)
	if err != nil {
		return err
	}
	shown := those(lines, func(l taskLine) bool {
		days := e.DaysBefore(l.Day)
		switch part {
		case "mine":
			return l.Mine
		case "late":
			return l.Urgency == event.Late
		case "before":
			return days > 0 && !l.Hours
		case "day":
			return days == 0 || l.Hours
		case "afterwards":
			return days < 0
		}
		return true
	})
	open := those(shown, func(l taskLine) bool { return l.Urgency != event.Settled })
	list := d.toTasks(t, e, open[:min(len(open), taskKeys)])
	for _, other := range [][2]string{{"mine", "saya"}, {"before", "sebelum"}, {"day", "pelaksanaan"}, {"afterwards", "sesudah"}, {"all", "semua"}} {
		if other[0] != part {
			list = append(list, choice{t.Label("task", other[0]), "/tugas " + e.ID + " " + other[1]})
		}
	}
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("task.list", templates.Data{
		"Event": e, "Left": e.DaysBefore(d.app.Now()), "Part": part, "Count": event.CountTasks(plan), "Tasks": shown,
	}, menu)
}

// card shows one task with its list and what can be done with it.
func (d *Desk) card(ctx context.Context, t *Turn, k onTask) error {
	plan, err := d.app.Plan(ctx, k.e)
	if err != nil {
		return err
	}
	for _, p := range plan {
		if p.ID == k.ID {
			k.Planned = p // as it is now
		}
	}
	names, err := d.roster(ctx, plan)
	if err != nil {
		return err
	}
	member := rank(t.Person.Role) >= rank(event.Member)
	data := templates.Data{
		"Event": k.e, "Task": lineOf(k.e, k.Planned, plan, names, d.app.Now(), t.Person.ID, t.texts), "State": string(k.State),
		"Full": t.texts.Label("sop", strconv.Itoa(k.Step)), "Own": k.Step == 0, "By": names.name(k.By), "At": k.TaskProgress.At, "Note": k.Note, "Reason": k.Reason,
		"Proofs": len(k.Proofs), "Items": itemLines(k.List()), "Member": member, "Moved": "",
		"Offer": "", "OfferN": 0,
	}
	if sop, ok := k.SOP(); ok && k.When != nil {
		data["Moved"] = hName(k.e.At(sop, nil), t.texts)
	}
	var list []choice
	if member {
		if list, err = d.cardKeys(ctx, t, k, data); err != nil {
			return err
		}
	}
	if len(k.Proofs) > 0 {
		list = append(list, choice{t.Label("task", "proofs"), k.order("bukti")})
	}
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("task.card", data, menu)
}

// order is the command that does something with the task.
func (k onTask) order(what string) string { return "/tugas " + k.e.ID + " " + k.Key + " " + what }

// taskRoom is the command with which a step is worked on; "" none. A hyphen is
// where the event stands.
func taskRoom(step int) string {
	switch step {
	case 2:
		return "tema-"
	case 3, 11, 13:
		return "rundown-"
	case 4:
		return "branding-unggahan"
	case event.Logistics:
		return "logistik-"
	case 6:
		return "surat"
	case event.LogisticsReady:
		return "logistik-cek"
	case 15:
		return "logistik-pinjaman"
	}
	return ""
}

// cardKeys are what a member may do with a task as it stands.
func (d *Desk) cardKeys(ctx context.Context, t *Turn, k onTask, data templates.Data) ([]choice, error) {
	if k.State.Settled() {
		return []choice{{t.Label("task", "reopen"), k.order("buka")}}, nil
	}
	var list []choice
	if len(k.Items) == 0 && !k.Offered {
		from, earlier, err := d.app.EarlierList(ctx, k.e, k.Task)
		if err != nil {
			return nil, err
		}
		if earlier != nil {
			data["Offer"], data["OfferN"] = from.ID, len(earlier.List())
			list = append(list, choice{t.Label("task", "copy"), k.order("salin")}, choice{t.Label("task", "empty"), k.order("kosong")})
		}
	}
	list = append(list, choice{t.Label("task", "finish"), k.order("selesai")})
	if room := taskRoom(k.Step); room != "" { // where the work itself is done
		list = append(list, choice{t.Label("taskroom", room), "/" + strings.Replace(room, "-", " "+k.e.ID+" ", 1)})
	}
	if k.PersonID != t.Person.ID {
		list = append(list, choice{t.Label("task", "take"), k.order("ambil")})
	} else {
		list = append(list, choice{t.Label("task", "leave"), k.order("lepas")})
	}
	list = append(list, choice{t.Label("task", "assign"), k.order("serah")}, choice{t.Label("task", "additem"), k.order("tambah")})
	if len(k.Readiness().Missing) > 0 {
		list = append(list, choice{t.Label("task", "tick"), k.order("centang")})
	}
	if t.Person.Role == event.Lead {
		list = append(list, choice{t.Label("task", "move"), k.order("geser")}, choice{t.Label("task", "skip"), k.order("lewati")})
	}
	return list, nil
}

// itemLine is one entry of a task's list.
type itemLine struct {
	event.Item
	Photos int
}

func itemLines(items []event.Item) []itemLine {
	out := make([]itemLine, len(items))
	for i, it := range items {
		out[i] = itemLine{it, len(it.Photos)}
	}
	return out
}

// showProofs is /tugas 5 bukti: the photos and files that were sent as proof.
func (d *Desk) showProofs(ctx context.Context, t *Turn, k onTask, _ string) error {
	if len(k.Proofs) == 0 {
		return t.Say("task.noproof", templates.Data{"Key": k.Key})
	}
	names, err := d.roster(ctx, []event.Planned{k.Planned})
	if err != nil {
		return err
	}
	for i, p := range k.Proofs {
		file := &channel.File{Blob: p.Blob, Name: p.Name, MIME: p.MIME, Photo: p.Photo}
		data := templates.Data{"Key": k.Key, "Name": t.texts.TaskName(k.Task), "N": i + 1, "Of": len(k.Proofs), "By": names.name(p.By), "At": p.At}
		if err := t.Say("task.proof", data, withFile(file)); err != nil {
			return err
		}
	}
	return nil
}

// taskChart is /tugas bagan: the checklist as a picture.
func (d *Desk) taskChart(ctx context.Context, t *Turn, e *event.Event) error {
	plan, err := d.app.Plan(ctx, e)
	if err != nil {
		return err
	}
	names, err := d.roster(ctx, plan)
	if err != nil {
		return err
	}
	count := event.CountTasks(plan)
	v := report.TimelineView{Title: e.Title, AsOf: d.app.Now(), Day: e.Day(), Done: count.Done, Total: count.Total, Late: count.Late}
	for _, p := range plan {
		row := report.TimelineRow{
			Label: p.Key + ". " + t.texts.TaskTitle(p.Task), H: hName(p.Due, t.texts), Day: p.Due.At, Who: names.name(p.PersonID), State: report.StepOpen,
		}
		switch {
		case p.State == event.TaskDone:
			row.State = report.StepDone
		case p.State == event.TaskSkipped:
			row.State = report.StepSkipped
		case p.Urgency == event.Late:
			row.State = report.StepLate
		case p.Urgency == event.Today || p.Urgency == event.Soon:
			row.State = report.StepDue
		}
		v.Rows = append(v.Rows, row)
	}
	png, err := report.TimelineChart(v)
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "tugas-" + e.ID + ".png", MIME: "image/png", Photo: true}, png)
	if err != nil {
		return err
	}
	return t.Say("task.chart", templates.Data{"Event": e, "Left": e.DaysBefore(d.app.Now()), "Count": count}, withFile(file))
}
