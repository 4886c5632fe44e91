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
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// shiftAlong is the answer to "geser yang berikutnya juga?": /rundown ikut REV
// FROM MINUTES BUT ya|tidak, as its button says.
func (d *Desk) shiftAlong(ctx context.Context, t *Turn, e *event.Event, args string) error {
	t.Close()
	f := strings.Fields(args)
	if len(f) != 5 || f[4] != "ya" {
		return noteAgain(t, "rundown.alone", nil, func() error { return d.showRundown(ctx, t, e) })
	}
	return d.alongNow(ctx, t, e, strings.Join(f[:4], " "))
}

func (d *Desk) alongNow(ctx context.Context, t *Turn, e *event.Event, args string) error {
	var rev, from, minutes, but int
	if _, err := fmt.Sscanf(args, "%d %d %d %d", &rev, &from, &minutes, &but); err != nil {
		return noteAgain(t, "rundown.what", nil, func() error { return d.showRundown(ctx, t, e) })
	}
	before, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	// A second change by the same message, where the answer came along with it.
	by := t.Actor()
	by.Inbound += "/ikut"
	r, fresh, err := d.app.ChangeRundown(ctx, by, e.ID, "rundown.shift", strconv.Itoa(minutes), func(r *event.Rundown) error {
		_, err := r.ShiftAlong(t.Person.ID, d.app.Now(), rev, from, minutes, but)
		return err
	})
	if err != nil {
		return d.rundownRefused(ctx, t, e, but, err)
	}
	return d.sayShifted(ctx, t, e, before, r, fresh, minutes)
}

// sayShifted tells what moved, here and to whom it concerns.
func (d *Desk) sayShifted(ctx context.Context, t *Turn, e *event.Event, before, r *event.Rundown, fresh bool, minutes int) error {
	if err := d.tellMoves(ctx, t, e, prior(before, r, fresh), r); err != nil {
		return err
	}
	data := d.rundownData(e, r)
	data["Shift"], data["Told"] = minutes, e.DaysBefore(d.app.Now()) == 0
	menu, err := d.menu(t, choice{t.Label("rundown", "undo"), undoOf(e, r)}, choice{t.Label("rundown", "show"), "/rundown " + e.ID})
	if err != nil {
		return err
	}
	return t.Say("rundown.shifted", data, menu)
}

// delayChoices are the floor's buttons. They name the revision that they stand
// under, so that two who press the same one delay once.
func delayChoices(texts *templates.Renderer, e *event.Event, r *event.Rundown) []choice {
	var out []choice
	for _, n := range []int{5, 10} {
		out = append(out, choice{
			fmt.Sprintf("%s %d %s", texts.Label("rundown", "delay"), n, texts.Label("rundown", "minutes")), fmt.Sprintf("/rundown %s mundur %d r%d", e.ID, n, r.Rev),
		})
	}
	return out
}

// delayRundown is /rundown mundur 10: everything that has not begun begins
// that much later, what goes on takes longer. Before the day it is all of it.
func (d *Desk) delayRundown(ctx context.Context, t *Turn, e *event.Event, args string, sign int) error {
	word, more := cutWord(args)
	n, ok, _ := understand.SlotLength(word)
	if !ok || n > maxDelay {
		if word != "" {
			if err := t.Note("rundown.bad.delay", nil); err != nil {
				return err
			}
		}
		act := "mundur"
		if sign < 0 {
			act = "maju"
		}
		return d.askRundown(ctx, t, rundownState{Phase: rdDelay, Act: act, EventID: e.ID})
	}
	t.Close()
	rev := 0
	if _, s, ok := strings.Cut(more, "r"); ok {
		rev, _ = strconv.Atoi(strings.TrimSpace(s))
	}
	before, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	now, by := e.MinutesIn(d.app.Now()), sign*n
	r, fresh, err := d.app.ChangeRundown(ctx, t.Actor(), e.ID, "rundown.delay", strconv.Itoa(sign*n), func(r *event.Rundown) error {
		if rev != 0 && rev != r.Rev {
			return event.ErrRundownChanged
		}
		by, err = r.Delay(t.Person.ID, d.app.Now(), now, sign*n)
		return err
	})
	if err != nil {
		return d.rundownRefused(ctx, t, e, 0, err)
	}
	return d.sayShifted(ctx, t, e, before, r, fresh, by)
}

// maxDelay is the longest delay at a time, in minutes.
const maxDelay = 240

func (d *Desk) dropRundown(ctx context.Context, t *Turn, e *event.Event, args string) error {
	it, _, ok, err := d.pickItem(ctx, t, e, "hapus", args)
	if !ok {
		return err
	}
	t.Close()
	r, _, err := d.app.ChangeRundown(ctx, t.Actor(), e.ID, "rundown.drop", it.Title, func(r *event.Rundown) error { return r.Drop(t.Person.ID, d.app.Now(), it.N) })
	if err != nil {
		return d.rundownRefused(ctx, t, e, it.N, err)
	}
	if err := d.app.ForgetRundownRows(ctx, e.ID, []event.RundownItem{it}); err != nil {
		return err
	}
	data := d.rundownData(e, r)
	data["Item"], data["Follow"], data["Shift"] = rundownLineOf(e, it, d.app.Now()), 0, 0
	undo := choice{t.Label("rundown", "undo"), undoOf(e, r)}
	follow := closable(r, it)
	if follow == 0 {
		menu, err := d.menu(t, undo, choice{t.Label("rundown", "show"), "/rundown " + e.ID})
		if err != nil {
			return err
		}
		return t.Say("rundown.dropped", data, menu)
	}
	data["Follow"], data["Shift"] = follow, -it.Minutes
	st := rundownState{Phase: rdAlong, EventID: e.ID, Along: fmt.Sprintf("%d %d %d %d", r.Rev, it.End(), -it.Minutes, 0), Tag: tagHere(t, "rd")}
	if err := t.Open(dlgRundown, st); err != nil {
		return err
	}
	return t.Say("rundown.dropped", data, t.choices(st.Tag, d.sure(t)...), t.commands(undo), replyHint())
}

// closable is how many items could move up into the time of one that is gone;
// 0 where nothing follows, or something else goes on then.
func closable(r *event.Rundown, gone event.RundownItem) int {
	n := 0
	for _, it := range r.Items {
		switch {
		case it.Start >= gone.End():
			n++
		case it.End() > gone.Start:
			return 0
		}
	}
	return n
}

func (d *Desk) undoRundown(ctx context.Context, t *Turn, e *event.Event, args string) error {
	t.Close()
	before, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	rev, err := strconv.Atoi(args)
	if err != nil {
		rev = before.Rev // typed by hand: the latest
	}
	r, fresh, err := d.app.ChangeRundown(ctx, t.Actor(), e.ID, "rundown.undo", "", func(r *event.Rundown) error { return r.Undo(t.Person.ID, d.app.Now(), rev) })
	if errors.Is(err, event.ErrRundownChanged) {
		return noteAgain(t, "rundown.noundo", nil, func() error { return d.showRundown(ctx, t, e) })
	}
	if err != nil {
		return d.rundownRefused(ctx, t, e, 0, err)
	}
	if err := d.tellMoves(ctx, t, e, prior(before, r, fresh), r); err != nil {
		return err
	}
	return noteAgain(t, "rundown.undone", nil, func() error { return d.showRundown(ctx, t, e) })
}

// copyRundown is /rundown salin: that of the event before, with its times.
func (d *Desk) copyRundown(ctx context.Context, t *Turn, e *event.Event, _ string) error {
	from, earlier, err := d.app.EarlierRundown(ctx, e)
	if err != nil {
		return err
	}
	if earlier == nil {
		return noteAgain(t, "rundown.noearlier", nil, func() error { return d.showRundown(ctx, t, e) })
	}
	t.Close()
	r, _, err := d.app.ChangeRundown(ctx, t.Actor(), e.ID, "rundown.copy", from.ID, func(r *event.Rundown) error {
		if len(r.Items) > 0 {
			return event.ErrRundownChanged
		}
		return r.CopyFrom(t.Person.ID, d.app.Now(), earlier)
	})
	if errors.Is(err, event.ErrRundownChanged) {
		return noteAgain(t, "rundown.notempty", nil, func() error { return d.showRundown(ctx, t, e) })
	}
	if err != nil {
		return d.rundownRefused(ctx, t, e, 0, err)
	}
	data := d.rundownData(e, r)
	data["From"] = from.ID
	menu, err := d.menu(t, choice{t.Label("rundown", "undo"), undoOf(e, r)}, choice{t.Label("rundown", "change"), "/rundown " + e.ID + " ubah"}, choice{t.Label("rundown", "add"), "/rundown " + e.ID + " tambah"})
	if err != nil {
		return err
	}
	return t.Say("rundown.copied", data, menu)
}

// prior is the rundown as it stood before a change; where the message that made
// it is replayed, that is what could be brought back.
func prior(before, after *event.Rundown, fresh bool) *event.Rundown {
	if fresh || !after.Undoable {
		return before
	}
	return &event.Rundown{Items: after.Was}
}

// tellMoves tells, on the day itself, whom a change of times concerns: the
// group where it was made elsewhere, and performers of what moved. What was
// queued for the old times is not sent any more.
func (d *Desk) tellMoves(ctx context.Context, t *Turn, e *event.Event, before, after *event.Rundown) error {
	now := d.app.Now()
	var old []event.RundownItem
	told := map[string]bool{}
	moved := false
	for _, it := range after.Items {
		was, ok := before.Item(it.N)
		if !ok || was.Start == it.Start {
			continue
		}
		old = append(old, was)
		if e.DaysBefore(now) != 0 || !it.At(e).After(now) {
			continue
		}
		moved = true
		for _, p := range it.Cast {
			if p.PersonID == "" || told[p.PersonID] {
				continue
			}
			told[p.PersonID] = true
			person, err := d.app.Store().People().Get(ctx, p.PersonID)
			if errors.Is(err, storage.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			data := templates.Data{"Event": e, "Name": p.Name, "Item": rundownLineOf(e, it, now), "At": it.At(e), "Before": was.At(e)}
			if err := d.tell(t, person, "rundown.told", data); err != nil {
				return err
			}
		}
	}
	if err := d.app.ForgetRundownRows(ctx, e.ID, old); err != nil || !moved {
		return err
	}
	return d.tellGroup(ctx, t, e, after)
}

// tellGroup tells the team's group of new times that were set in private.
func (d *Desk) tellGroup(ctx context.Context, t *Turn, e *event.Event, r *event.Rundown) error {
	g, bound, err := d.app.Group(ctx)
	if err != nil || !bound || g.Chat == t.In.Chat {
		return err
	}
	data := d.rundownData(e, r)
	lines := rundownLines(e, r.Items, d.app.Now())
	lines = slices.DeleteFunc(lines, func(l rundownLine) bool { return l.Over || l.Going })
	data["Items"], data["More"], data["By"] = lines[:min(len(lines), shownAhead)], max(0, len(lines)-shownAhead), memberName(t.Person)
	text, err := t.texts.Text("rundown.group", data)
	if err != nil {
		return err
	}
	t.row(g.Chat, channel.Outbound{Text: text})
	return nil
}

// shownAhead is how many of the next items the group is told.
const shownAhead = 6

// RundownNow is what the group is told when items begin.
func (d *Desk) RundownNow(e *event.Event, r *event.Rundown, items []event.RundownItem, caps channel.Capabilities) (channel.Outbound, error) {
	now := items[0].At(e)
	data := templates.Data{"Event": e, "Items": rundownLines(e, items, now), "Next": []rundownLine{}}
	if _, next := r.Now(items[0].Start); next != nil {
		var after []event.RundownItem
		for _, it := range r.Items {
			if it.Start == next.Start {
				after = append(after, it)
			}
		}
		data["Next"] = rundownLines(e, after, now)
	}
	text, err := d.texts.Text("rundown.now", data)
	m := channel.Outbound{Text: text}
	if caps.Buttons && err == nil {
		var keys []channel.Button
		for _, c := range append(delayChoices(d.texts, e, r), choice{d.texts.Label("rundown", "show"), "/rundown " + e.ID}) {
			keys = append(keys, channel.Button{Label: c.label, Value: c.value})
		}
		m.Buttons = rows(keys)
	}
	return m, err
}

// RundownCall calls a performer, in private.
func (d *Desk) RundownCall(e *event.Event, it event.RundownItem, p event.Performing) (channel.Outbound, error) {
	text, err := d.texts.Text("rundown.call", templates.Data{
		"Event": e, "Name": p.Name, "Item": rundownLineOf(e, it, d.app.Now()), "At": it.At(e), "Minutes": max(1, -e.MinutesIn(d.app.Now())+it.Start),
	})
	return channel.Outbound{Text: text}, err
}

// RundownAbsent tells the group whom the bot cannot call.
func (d *Desk) RundownAbsent(e *event.Event, it event.RundownItem, who []event.Performing) (channel.Outbound, error) {
	var names []string
	for _, p := range who {
		names = append(names, p.Name)
	}
	text, err := d.texts.Text("rundown.absent", templates.Data{"Event": e, "Item": rundownLineOf(e, it, d.app.Now()), "Names": names})
	return channel.Outbound{Text: text}, err
}
