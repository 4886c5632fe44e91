package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgTask = "task"

type taskPhase string

// Questions of /tugas and /selesai.
const (
	tkMenu    taskPhase = "menu"    // none: numbers that stand for commands
	tkWhich   taskPhase = "which"   // which task is done
	tkWho     taskPhase = "who"     // who is to see to it
	tkItems   taskPhase = "items"   // what to put on its list
	tkItem    taskPhase = "item"    // which entry
	tkValue   taskPhase = "value"   // what an entry should say
	tkWhen    taskPhase = "when"    // its new date
	tkReason  taskPhase = "reason"  // why it is not needed
	tkTitle   taskPhase = "title"   // a step of the office's own
	tkOwnWhen taskPhase = "ownwhen" // and its date
)

type taskState struct {
	Phase   taskPhase     `json:"phase"`
	Tag     string        `json:"tag"`
	EventID string        `json:"eventId,omitempty"`
	Key     string        `json:"key,omitempty"`
	Labels  []string      `json:"labels,omitempty"` // tkMenu
	Menu    []string      `json:"menu,omitempty"`   // tkMenu: the commands
	Note    string        `json:"note,omitempty"`   // tkWhich: said along with /selesai
	Proofs  []event.Proof `json:"proofs,omitempty"` // tkWhich: sent along with it
	Act     string        `json:"act,omitempty"`    // tkItem: what to do with the entry
	Item    int           `json:"item,omitempty"`   // tkValue
	Title   string        `json:"title,omitempty"`  // tkOwnWhen
}

// maxTaskChoices is how many tasks or entries a question offers.
const maxTaskChoices = 12

// askTask asks the question of st.Phase.
func (d *Desk) askTask(ctx context.Context, t *Turn, st taskState) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "tk")
	}
	k, err := d.taskOf(ctx, st)
	if err != nil {
		return err
	}
	if k.e == nil || k.Task == nil && st.Key != "" {
		t.Close()
		return t.Say("task.unknown", templates.Data{"Key": st.Key})
	}
	if err := t.Open(dlgTask, st); err != nil {
		return err
	}
	data := templates.Data{"Key": st.Key}
	if k.Task != nil {
		data["Name"] = t.texts.TaskName(k.Task)
	}
	switch st.Phase {
	case tkWhich:
		list, err := d.openTasks(ctx, t, k.e)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			t.Close()
			return t.Say("task.alldone", nil)
		}
		return t.Say("task.ask.which", templates.Data{"Proof": len(st.Proofs) > 0}, t.choices(st.Tag, list...), replyHint())
	case tkWho:
		list, err := d.ableChoices(ctx)
		if err != nil {
			return err
		}
		return t.Say("task.ask.who", data, t.choices(st.Tag, list...), replyHint())
	case tkItem:
		list := entryChoices(t, k, st.Act)
		if len(list) == 0 {
			t.Close()
			return noteAgain(t, "task.nothing", data, func() error { return d.card(ctx, t, k) })
		}
		return t.Say("task.ask.item."+st.Act, data, t.choices(st.Tag, list...), replyHint())
	case tkValue:
		it, ok := k.Item(st.Item)
		if !ok {
			t.Close()
			return t.Say("task.noitem", data)
		}
		data["Item"] = itemLine{Item: it}
		return t.Say("task.ask.value", data, d.stopButton(t, st.Tag), replyHint())
	case tkItems:
		return t.Say("task.ask.items", data, d.stopButton(t, st.Tag), replyHint())
	case tkWhen:
		data["Now"], data["H"] = k.Due.At, hName(k.Due, t.texts)
		return t.Say("task.ask.when", data, d.stopButton(t, st.Tag), replyHint())
	case tkReason:
		return t.Say("task.ask.reason", data, d.stopButton(t, st.Tag), replyHint())
	case tkTitle:
		return t.Say("task.ask.title", nil, d.stopButton(t, st.Tag), replyHint())
	}
	return t.Say("task.ask.ownwhen", templates.Data{"Title": st.Title}, d.stopButton(t, st.Tag), replyHint())
}

// taskOf reads the event and the task that a question is about; either may be
// gone.
func (d *Desk) taskOf(ctx context.Context, st taskState) (onTask, error) {
	e, err := d.app.Event(ctx, st.EventID)
	if errors.Is(err, storage.ErrNotFound) {
		return onTask{}, nil
	}
	if err != nil || st.Key == "" {
		return onTask{e: e}, err
	}
	k, ok, err := d.task(ctx, e, st.Key)
	if !ok {
		k = onTask{e: e}
	}
	return k, err
}

// openTasks are those that may be finished next: one's own first, then as they
// are due.
func (d *Desk) openTasks(ctx context.Context, t *Turn, e *event.Event) ([]choice, error) {
	plan, err := d.app.Plan(ctx, e)
	if err != nil {
		return nil, err
	}
	plan = slices.DeleteFunc(plan, func(p event.Planned) bool { return p.State.Settled() })
	slices.SortStableFunc(plan, func(a, b event.Planned) int {
		mine := func(p event.Planned) int {
			if p.PersonID == t.Person.ID {
				return 0
			}
			return 1
		}
		return mine(a) - mine(b)
	})
	var out []choice
	for _, p := range plan[:min(len(plan), maxTaskChoices)] {
		out = append(out, choice{t.numbered(p.Key, shorten(t.texts.TaskName(p.Task), 34)), p.Key})
	}
	return out, nil
}

func (d *Desk) ableChoices(ctx context.Context) ([]choice, error) {
	able, err := d.able(ctx)
	if err != nil {
		return nil, err
	}
	var out []choice
	for _, p := range able[:min(len(able), 20)] {
		if len(p.ID) <= 40 {
			out = append(out, choice{shorten(memberName(p), 32), p.ID})
		}
	}
	return out, nil
}

// entryChoices are the entries of a list that an order may be about: those
// still needed where they are ticked off, else all.
func entryChoices(t *Turn, k onTask, act string) []choice {
	var out []choice
	for _, it := range k.List() {
		if act == "centang" && it.State != event.ItemNeeded || len(out) == maxTaskChoices {
			continue
		}
		out = append(out, t.numberChoice(it.N, shorten(it.Name, 30)))
	}
	return out
}

// taskStep takes the answer to the question that stands.
func (d *Desk) taskStep(ctx context.Context, t *Turn) error {
	var st taskState
	t.Load(&st)
	if st.Phase == tkMenu {
		return d.onMenu(ctx, t, st)
	}
	if ok, err := d.stillMay(t, "selesai"); !ok {
		return err
	}
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askTask(ctx, t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "task.left", again: again}); !ok {
		return err
	}
	k, err := d.taskOf(ctx, st)
	if err != nil {
		return err
	}
	if k.e == nil || k.Task == nil && st.Key != "" {
		t.Close()
		return t.Say("task.unknown", templates.Data{"Key": st.Key})
	}
	lead := st.Phase == tkWhen || st.Phase == tkReason || st.Phase == tkTitle || st.Phase == tkOwnWhen
	if lead && t.Person.Role != event.Lead {
		t.Close()
		return t.Say("task.leadonly", nil)
	}
	if t.Text() == "" || t.In.Kind != channel.Text && t.In.Kind != channel.Press && t.In.Kind != channel.Photo && t.In.Kind != channel.Document {
		return again("event.bad.kind")
	}
	return d.taskAnswer(ctx, t, st, k)
}

func (d *Desk) taskAnswer(ctx context.Context, t *Turn, st taskState, k onTask) error {
	text := t.Text()
	switch st.Phase {
	case tkWhich:
		return d.onWhichDone(ctx, t, st, k.e)
	case tkWho:
		list, err := d.ableChoices(ctx)
		if err != nil {
			return err
		}
		if id, ok := d.chosen(t, st.Tag, list); ok {
			text = id
		}
		return d.assignTask(ctx, t, k, text)
	case tkItems:
		return d.addItems(ctx, t, k, text)
	case tkItem:
		if n, ok := d.entryChosen(t, st, k); ok {
			text = n
		}
		do, _ := d.orderNamed(st.Act)
		return do(ctx, t, k, text)
	case tkValue:
		return d.changeItem(ctx, t, k, strconv.Itoa(st.Item)+" "+text)
	case tkWhen:
		return d.moveTask(ctx, t, k, text)
	case tkReason:
		return d.skipTask(ctx, t, k, text)
	case tkTitle:
		return d.newTask(ctx, t, k.e, text)
	case tkOwnWhen:
		return d.newTask(ctx, t, k.e, strings.ReplaceAll(st.Title, "|", "/")+" | "+text)
	}
	t.Close()
	return d.overview(ctx, t, k.e)
}

// entryChosen reads which entry is meant: by its own number, which stands in
// the list, or by its name.
func (d *Desk) entryChosen(t *Turn, st taskState, k onTask) (string, bool) {
	list := entryChoices(t, k, st.Act)
	if n, err := strconv.Atoi(strings.Trim(t.Text(), " .#")); err == nil && !t.Caps.Buttons {
		// Without buttons the list is numbered by itself: 1 is the first shown.
		if n >= 1 && n <= len(list) {
			return list[n-1].value, true
		}
		return "", false
	}
	return d.chosen(t, st.Tag, list)
}

func (d *Desk) onWhichDone(ctx context.Context, t *Turn, st taskState, e *event.Event) error {
	list, err := d.openTasks(ctx, t, e)
	if err != nil {
		return err
	}
	key := ""
	if v, ok := d.whichDone(t, st, list); ok {
		key = v
	}
	k, ok, err := d.task(ctx, e, key)
	if err != nil {
		return err
	}
	if !ok {
		return noteAgain(t, "answer.choose", nil, func() error { return d.askTask(ctx, t, st) })
	}
	return d.finish(ctx, t, k, st.Note, st.Proofs)
}

// whichDone reads a task's own number first where buttons show it, and the
// place in the list where numbers are all there is.
func (d *Desk) whichDone(t *Turn, st taskState, list []choice) (string, bool) {
	text := strings.Trim(t.Text(), " .#")
	if n, err := strconv.Atoi(text); err == nil && !t.Caps.Buttons {
		if n >= 1 && n <= len(list) {
			return list[n-1].value, true
		}
		return "", false
	}
	if isTaskKey(text) {
		return text, true
	}
	return d.chosen(t, st.Tag, list)
}

// onMenu runs the command that a number stands for; what is no number is
// taken as though nothing were open.
func (d *Desk) onMenu(ctx context.Context, t *Turn, st taskState) error {
	var list []choice
	for i, label := range st.Labels {
		list = append(list, choice{label, st.Menu[i]})
	}
	if leaving(t) {
		t.Close()
		return t.Say("task.left", nil)
	}
	text := strings.Trim(t.Text(), " .")
	value := ""
	if n, err := strconv.Atoi(text); err == nil {
		if n < 1 || n > len(list) {
			return t.Say("answer.choose", nil, t.choices(st.Tag, list...))
		}
		value = list[n-1].value
	} else {
		for _, c := range list {
			if event.Fold(c.label) == event.Fold(text) && text != "" {
				value = c.value
			}
		}
	}
	t.Close()
	if value == "" {
		if t.In.Group {
			return nil
		}
		return d.Small(ctx, t)
	}
	name, args := cutWord(strings.TrimPrefix(value, "/"))
	c, ok := d.Lookup(name)
	if !ok || !c.Allows(t.Person.Role) {
		return t.Say("team.norole", nil)
	}
	return d.Run(ctx, t, c, args)
}
