package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

const dlgRundown = "rundown"

type rundownPhase string

// Questions of /rundown.
const (
	rdLines rundownPhase = "lines" // what to add; stays open for more
	rdWhich rundownPhase = "which" // which item
	rdValue rundownPhase = "value" // what it should say
	rdTime  rundownPhase = "time"  // when it should begin
	rdAlong rundownPhase = "along" // move what follows, too?
	rdDelay rundownPhase = "delay" // by how many minutes
)

type rundownState struct {
	Phase   rundownPhase `json:"phase"`
	Tag     string       `json:"tag"`
	EventID string       `json:"eventId"`
	Act     string       `json:"act,omitempty"` // rdWhich: what to do with it; rdDelay: mundur, maju
	N       int          `json:"n,omitempty"`
	Along   string       `json:"along,omitempty"` // rdAlong: the arguments of shiftAlong
}

// askRundown asks the question of st.Phase.
func (d *Desk) askRundown(ctx context.Context, t *Turn, st rundownState) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "rd")
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	r, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	if err := t.Open(dlgRundown, st); err != nil {
		return err
	}
	data := templates.Data{"Event": e, "Act": st.Act, "Next": hour(event.RundownItem{Start: r.Ends()}.At(e))}
	switch st.Phase {
	case rdLines:
		return t.Say("rundown.ask.lines", data, d.stopButton(t, st.Tag), replyHint())
	case rdDelay:
		return t.Say("rundown.ask.delay", data, t.choices(st.Tag, minuteChoices(t)...), replyHint())
	case rdWhich:
		list := d.rundownChoices(t, e, r)
		if len(list) == 0 {
			t.Close()
			return d.showRundown(ctx, t, e)
		}
		return t.Say("rundown.ask.which."+st.Act, data, t.choices(st.Tag, list...), replyHint())
	}
	it, ok := r.Item(st.N)
	if !ok {
		t.Close()
		return d.rundownRefused(ctx, t, e, st.N, event.ErrNoRundownItem)
	}
	data["Item"] = rundownLineOf(e, it, d.app.Now())
	if st.Phase == rdTime {
		return t.Say("rundown.ask.time", data, d.stopButton(t, st.Tag), replyHint())
	}
	return t.Say("rundown.ask.value", data, d.stopButton(t, st.Tag), replyHint())
}

// minuteChoices are the usual delays.
func minuteChoices(t *Turn) []choice {
	var out []choice
	for _, n := range []int{5, 10, 15, 30} {
		out = append(out, choice{strconv.Itoa(n) + " " + t.Label("rundown", "minutes"), strconv.Itoa(n)})
	}
	return out
}

// rundownChoices are items to choose from, those that are not over first.
func (d *Desk) rundownChoices(t *Turn, e *event.Event, r *event.Rundown) []choice {
	items := slices.Clone(r.Items)
	now := d.app.Now()
	slices.SortStableFunc(items, func(a, b event.RundownItem) int {
		over := func(it event.RundownItem) int {
			if it.Until(e).After(now) {
				return 0
			}
			return 1
		}
		return over(a) - over(b)
	})
	var out []choice
	for _, it := range items[:min(len(items), 20)] {
		out = append(out, t.numberChoice(it.N, hour(it.At(e))+" "+shorten(it.Title, 28)))
	}
	return out
}

// rundownStep takes the answer to the question that stands.
func (d *Desk) rundownStep(ctx context.Context, t *Turn) error {
	if rank(t.Person.Role) < rank(event.Member) { // taken away while the question stood
		t.Close()
		return t.Say("team.norole", nil)
	}
	var st rundownState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askRundown(ctx, t, st) })
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		t.Close()
		return err
	}
	if st.Phase == rdLines && (leaving(t) || finished(t.Text())) { // whichever button of it
		t.Close()
		return d.showRundown(ctx, t, e)
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "rundown.left", kind: "event.bad.kind", again: again}); !ok {
		return err
	}
	return d.rundownAnswer(ctx, t, st, e)
}

func finished(text string) bool {
	switch event.Squeeze(text) {
	case "selesai", "sudah", "cukup", "udah", "habis":
		return true
	}
	return false
}

func (d *Desk) rundownAnswer(ctx context.Context, t *Turn, st rundownState, e *event.Event) error {
	text := t.Text()
	switch st.Phase {
	case rdLines:
		return d.addRundown(ctx, t, e, text)
	case rdDelay:
		sign := 1
		if st.Act == "maju" {
			sign = -1
		}
		if v, ok := d.chosen(t, st.Tag, minuteChoices(t)); ok {
			text = v
		}
		return d.delayRundown(ctx, t, e, text, sign)
	case rdAlong:
		yes, sure := d.yesNo(t, st.Tag)
		if !sure {
			t.Close()
			return d.showRundown(ctx, t, e)
		}
		word := "tidak"
		if yes {
			word = "ya"
		}
		return d.shiftAlong(ctx, t, e, st.Along+" "+word)
	case rdWhich:
		r, err := d.app.Rundown(ctx, e.ID)
		if err != nil {
			return err
		}
		if v, ok := d.rundownChosen(t, st, e, r); ok {
			text = v
		}
		do := d.rundownOrder(st.Act)
		return do(ctx, t, e, text)
	case rdTime:
		return d.moveRundown(ctx, t, e, strconv.Itoa(st.N)+" "+text)
	}
	return d.changeRundown(ctx, t, e, strconv.Itoa(st.N)+" | "+text)
}

// rundownChosen reads which item is meant: by its number where buttons show
// it, by its place in the list where numbers are all there is.
func (d *Desk) rundownChosen(t *Turn, st rundownState, e *event.Event, r *event.Rundown) (string, bool) {
	list := d.rundownChoices(t, e, r)
	if n, err := strconv.Atoi(strings.Trim(t.Text(), " .#")); err == nil && t.Caps.Buttons {
		return strconv.Itoa(n), true
	}
	return d.chosen(t, st.Tag, list)
}

// badSlot is a line that could not be read.
type badSlot struct{ Line, Why string }

// shownAdded is how many new items the answer names.
const shownAdded = 25

// addRundown is /rundown tambah: one item a line. What could be read is taken,
// the rest named; the question stays open for more.
func (d *Desk) addRundown(ctx context.Context, t *Turn, e *event.Event, text string) error {
	if strings.TrimSpace(text) == "" {
		return d.askRundown(ctx, t, rundownState{Phase: rdLines, EventID: e.ID})
	}
	before, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	fresh, bad, err := d.readSlots(ctx, t, e, text, before.Ends())
	if err != nil {
		return err
	}
	st := rundownState{Phase: rdLines, EventID: e.ID, Tag: tagHere(t, "rd")}
	if err := t.Open(dlgRundown, st); err != nil {
		return err
	}
	if len(fresh) == 0 {
		return t.Say("rundown.badlines", templates.Data{"Bad": bad}, d.stopButton(t, st.Tag), replyHint())
	}
	var added []event.RundownItem
	r, isNew, err := d.app.ChangeRundown(ctx, t.Actor(), e.ID, "rundown.add", cutRunes(titles(fresh), 120), func(r *event.Rundown) error {
		var err error
		added, err = r.Add(t.Person.ID, d.app.Now(), fresh)
		return err
	})
	if err != nil {
		return d.rundownRefused(ctx, t, e, 0, err)
	}
	if !isNew {
		return d.showRundown(ctx, t, e)
	}
	data := d.rundownData(e, r)
	data["Added"], data["AddedMore"], data["N"] = rundownLines(e, added[:min(len(added), shownAdded)], d.app.Now()), max(0, len(added)-shownAdded), len(added)
	data["Bad"], data["Next"] = bad, hour(event.RundownItem{Start: r.Ends()}.At(e))
	return t.Say("rundown.added", data, t.choices(st.Tag, choice{t.Label("rundown", "enough"), leave}), t.commands(choice{t.Label("rundown", "undo"), undoOf(e, r)}), replyHint())
}

func undoOf(e *event.Event, r *event.Rundown) string {
	return fmt.Sprintf("/rundown %s urung %d", e.ID, r.Rev)
}

func titles(items []event.RundownItem) string {
	var out []string
	for _, it := range items {
		out = append(out, it.Title)
	}
	return strings.Join(out, ", ")
}

// readSlots reads lines; each that names no time follows the one before.
func (d *Desk) readSlots(ctx context.Context, t *Turn, e *event.Event, text string, after int) (items []event.RundownItem, bad []badSlot, err error) {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		s, err := understand.ReadSlot(line)
		if err != nil {
			bad = append(bad, badSlot{cutRunes(strings.TrimSpace(line), 60), t.Label("slotfault", slotFault(err))})
			continue
		}
		it, err := d.slotItem(ctx, e, s, after)
		if err != nil {
			return nil, nil, err
		}
		items, after = append(items, it), it.End()
	}
	return items, bad, nil
}

func slotFault(err error) string {
	switch {
	case errors.Is(err, understand.ErrTimeInvalid):
		return "time"
	case errors.Is(err, understand.ErrSlotLong):
		return "length"
	}
	return "title"
}

// itemNumber cuts an item's number, or a word of its title, off the front.
func itemNumber(r *event.Rundown, args string) (n int, rest string, ok bool) {
	word, more := cutWord(args)
	if n, err := strconv.Atoi(strings.TrimLeft(word, "#")); err == nil {
		_, ok := r.Item(n)
		return n, strings.TrimSpace(strings.TrimPrefix(more, "|")), ok
	}
	name, more, _ := strings.Cut(args, "|")
	var found []int
	for _, it := range r.Items {
		if name = event.Fold(name); name != "" && strings.Contains(event.Fold(it.Title), name) {
			found = append(found, it.N)
		}
	}
	if len(found) != 1 {
		return 0, "", false
	}
	return found[0], strings.TrimSpace(more), true
}

// pickItem finds the item that args open with, or asks; ok is false where it
// has answered.
func (d *Desk) pickItem(ctx context.Context, t *Turn, e *event.Event, act, args string) (it event.RundownItem, rest string, ok bool, err error) {
	r, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return it, "", false, err
	}
	n, rest, ok := itemNumber(r, args)
	if ok {
		it, _ = r.Item(n)
		return it, rest, true, nil
	}
	if args != "" {
		name, _, _ := strings.Cut(args, "|")
		if err := t.Note("rundown.unknown", templates.Data{"N": cutRunes(strings.TrimSpace(name), 40)}); err != nil {
			return it, "", false, err
		}
	}
	return it, "", false, d.askRundown(ctx, t, rundownState{Phase: rdWhich, Act: act, EventID: e.ID})
}

// changeRundown is /rundown ubah 3 | 08.30 | 20 menit | Tari | Sanggar | Panggung.
// What is empty stays; "-" clears who and where.
func (d *Desk) changeRundown(ctx context.Context, t *Turn, e *event.Event, args string) error {
	it, rest, ok, err := d.pickItem(ctx, t, e, "ubah", args)
	if !ok {
		return err
	}
	ask := rundownState{Phase: rdValue, N: it.N, EventID: e.ID}
	if strings.Trim(rest, " |") == "" {
		return d.askRundown(ctx, t, ask)
	}
	next, fault, err := d.changedItem(ctx, e, it, rest)
	if err != nil {
		return err
	}
	if fault != "" {
		return noteAgain(t, fault, nil, func() error { return d.askRundown(ctx, t, ask) })
	}
	return d.putItem(ctx, t, e, it, next, "rundown.change", next.Title, "")
}

func (d *Desk) changedItem(ctx context.Context, e *event.Event, it event.RundownItem, text string) (next event.RundownItem, fault string, err error) {
	next = it
	for i, f := range fields(text) {
		f = cutRunes(strings.Join(strings.Fields(f), " "), maxItemField)
		if f == "" {
			continue
		}
		switch i {
		case 0:
			if s, err := understand.ReadSlot(f + " | x"); err == nil && s.Clock != understand.NoClock && s.Minutes > 0 {
				next.Start, next.Minutes = atClock(e, s.Clock), s.Minutes
				continue
			}
			clock, ok, err := understand.ClockTime(f)
			if err != nil || !ok {
				return it, "rundown.bad.time", nil
			}
			next.Start = atClock(e, clock)
		case 1:
			n, ok, err := understand.SlotLength(f)
			if err != nil || !ok {
				return it, "rundown.bad.length", nil
			}
			next.Minutes = n
		case 2:
			next.Title = f
		case 3:
			next.Cast = nil
			if f != "-" {
				if next.Cast, err = d.cast(ctx, e, f); err != nil {
					return it, "", err
				}
			}
		case 4:
			next.Place = strings.TrimPrefix(f, "-")
		}
	}
	return next, "", nil
}

// moveRundown is /rundown geser 3 09.30, or +10, or -5; "| ya" moves what
// follows along.
func (d *Desk) moveRundown(ctx context.Context, t *Turn, e *event.Event, args string) error {
	it, rest, ok, err := d.pickItem(ctx, t, e, "geser", args)
	if !ok {
		return err
	}
	to, along, _ := strings.Cut(rest, "|")
	if to = strings.TrimSpace(to); to == "" {
		return d.askRundown(ctx, t, rundownState{Phase: rdTime, N: it.N, EventID: e.ID})
	}
	next := it
	if n, ok := understand.MinuteShift(to); ok {
		next.Start += n
	} else if clock, ok, err := understand.ClockTime(to); ok && err == nil {
		next.Start = atClock(e, clock)
	} else {
		return noteAgain(t, "rundown.bad.time", nil, func() error {
			return d.askRundown(ctx, t, rundownState{Phase: rdTime, N: it.N, EventID: e.ID})
		})
	}
	return d.putItem(ctx, t, e, it, next, "rundown.move", to, strings.TrimSpace(along))
}

// putItem changes an item and asks whether what follows moves along, unless
// that was said.
func (d *Desk) putItem(ctx context.Context, t *Turn, e *event.Event, was, next event.RundownItem, action, detail, along string) error {
	t.Close()
	before, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	r, fresh, err := d.app.ChangeRundown(ctx, t.Actor(), e.ID, action, detail, func(r *event.Rundown) error { return r.Change(t.Person.ID, d.app.Now(), next) })
	if err != nil {
		return d.rundownRefused(ctx, t, e, next.N, err)
	}
	before = prior(before, r, fresh)
	if err := d.tellMoves(ctx, t, e, before, r); err != nil {
		return err
	}
	if old, ok := before.Item(next.N); ok {
		was = old
	}
	is, _ := r.Item(next.N)
	data := d.rundownData(e, r)
	data["Item"], data["Before"], data["Along"], data["Follow"], data["Shift"] = rundownLineOf(e, is, d.app.Now()), rundownLineOf(e, was, d.app.Now()), "", 0, 0
	list := []choice{{t.Label("rundown", "undo"), undoOf(e, r)}, {t.Label("rundown", "show"), "/rundown " + e.ID}}
	delta, follow := next.End()-was.End(), 0
	for _, o := range r.Items {
		if o.N != was.N && o.Start >= was.Start {
			follow++
		}
	}
	if delta == 0 || follow == 0 {
		menu, err := d.menu(t, list...)
		if err != nil {
			return err
		}
		return t.Say("rundown.changed.item", data, menu)
	}
	args := fmt.Sprintf("%d %d %d %d", r.Rev, was.Start, delta, was.N)
	if understand.YesNo(along) == understand.AnswerYes {
		return d.alongNow(ctx, t, e, args)
	}
	data["Along"], data["Follow"], data["Shift"] = "ask", follow, delta
	st := rundownState{Phase: rdAlong, EventID: e.ID, Along: args, Tag: tagHere(t, "rd")}
	if err := t.Open(dlgRundown, st); err != nil {
		return err
	}
	return t.Say("rundown.changed.item", data, t.choices(st.Tag, d.sure(t)...), t.commands(list[0]), replyHint())
}
