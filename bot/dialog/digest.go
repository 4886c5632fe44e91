package dialog

import (
	"context"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// What the planner tells the team of the checklist. The buttons are commands,
// so that they act on the task wherever they are pressed.

// digestTasks is how many tasks a digest has buttons for.
const digestTasks = 4

// GroupDigest is the morning's message to the team's group.
func (d *Desk) GroupDigest(ctx context.Context, e *event.Event, plan []event.Planned, caps channel.Capabilities) (channel.Outbound, error) {
	lines, err := d.taskLines(ctx, e, plan, "")
	if err != nil {
		return channel.Outbound{}, err
	}
	late, today, soon := urgent(lines, event.Late), urgent(lines, event.Today), urgent(lines, event.Soon)
	data := templates.Data{
		"Event": e, "Days": e.DaysBefore(d.app.Now()), "Count": event.CountTasks(plan), "Late": late[:min(len(late), shownLate)],
		"LateMore": max(0, len(late)-shownLate), "Today": today[:min(len(today), shownLate)],
		"TodayMore": max(0, len(today)-shownLate), "Soon": soon[:min(len(soon), shownLate)], "SoonMore": max(0, len(soon)-shownLate),
	}
	data["Out"], data["OutMore"] = d.owed(e, plan)
	return d.digest("digest.group", data, d.digestKeys(e, append(append(late[:len(late):len(late)], today...), soon...), caps))
}

// owed is what was borrowed and is to be given back, once the event is over.
func (d *Desk) owed(e *event.Event, plan []event.Planned) (shown []itemLine, more int) {
	if e.DaysBefore(d.app.Now()) >= 0 {
		return nil, 0
	}
	for _, k := range plan {
		if k.Step == event.Logistics {
			out := k.Readiness().Out
			return itemLines(out[:min(len(out), shownMissing)]), max(0, len(out)-shownMissing)
		}
	}
	return nil, 0
}

// OwnDigest is the morning's message to who is in charge.
func (d *Desk) OwnDigest(ctx context.Context, e *event.Event, plan []event.Planned, p *event.Person, caps channel.Capabilities) (channel.Outbound, error) {
	lines, err := d.taskLines(ctx, e, plan, p.ID)
	if err != nil {
		return channel.Outbound{}, err
	}
	mine := those(lines, func(l taskLine) bool {
		return l.Mine && (l.Urgency == event.Late || l.Urgency == event.Today || l.Urgency == event.Soon)
	})
	var items []ownItem
	for _, k := range plan {
		if !k.Pressing() {
			continue
		}
		for _, it := range k.Readiness().Missing {
			if it.PersonID == p.ID && len(items) < shownMissing {
				items = append(items, ownItem{itemLine{Item: it}, k.Key})
			}
		}
	}
	data := templates.Data{"Event": e, "Days": e.DaysBefore(d.app.Now()), "Name": p.Name, "Tasks": mine[:min(len(mine), shownMissing)], "Items": items}
	return d.digest("digest.own", data, d.digestKeys(e, mine, caps))
}

// ownItem is something that one member is to bring, on the list of a task.
type ownItem struct {
	Item itemLine
	Key  string
}

// LeadDigest tells the lead, in private, what has been late for days.
func (d *Desk) LeadDigest(ctx context.Context, e *event.Event, plan []event.Planned, caps channel.Capabilities) (channel.Outbound, error) {
	lines, err := d.taskLines(ctx, e, plan, "")
	if err != nil {
		return channel.Outbound{}, err
	}
	late := those(lines, func(l taskLine) bool { return l.DaysLate >= event.LeadHears })
	shown := late[:min(len(late), shownLate)]
	var keys []channel.Button
	for _, l := range shown[:min(len(shown), digestTasks)] {
		keys = append(keys, channel.Button{Label: l.Key + ". " + shorten(l.Name, 28), Value: "/tugas " + e.ID + " " + l.Key})
	}
	if !caps.Buttons {
		keys = nil
	}
	return d.digest("digest.lead", templates.Data{"Event": e, "Days": e.DaysBefore(d.app.Now()), "Tasks": shown, "More": len(late) - len(shown)}, rows(keys))
}

// digestKeys finish the first tasks of a list, or take those that nobody has.
func (d *Desk) digestKeys(e *event.Event, lines []taskLine, caps channel.Capabilities) [][]channel.Button {
	if !caps.Buttons {
		return nil
	}
	var out [][]channel.Button
	for _, l := range lines[:min(len(lines), digestTasks)] {
		order := func(kind, what string) channel.Button {
			return channel.Button{Label: d.texts.Label("task", kind) + " " + l.Key, Value: "/tugas " + e.ID + " " + l.Key + " " + what}
		}
		row := []channel.Button{order("finishkey", "selesai")}
		if l.Who == "" {
			row = append(row, order("takekey", "ambil"))
		}
		out = append(out, row)
	}
	return append(out, []channel.Button{{Label: d.texts.Label("task", "all"), Value: "/tugas " + e.ID + " semua"}})
}

func (d *Desk) digest(key string, data templates.Data, keys [][]channel.Button) (channel.Outbound, error) {
	text, err := d.texts.Text(key, data)
	return channel.Outbound{Text: text, Buttons: keys}, err
}

// shownMissing is how many things that are not ready a notice names.
const shownMissing = 12

// readiness fills what the go / no-go texts show: the logistics list and the
// figures of guests and registrations.
func (d *Desk) readiness(ctx context.Context, e *event.Event, plan []event.Planned) (templates.Data, event.Readiness, error) {
	var list event.Readiness
	checked := false // somebody looked, whatever the list says
	for _, p := range plan {
		switch p.Step {
		case event.Logistics:
			list = p.Readiness()
		case event.LogisticsReady:
			checked = p.State == event.TaskDone
		}
	}
	if checked {
		list = event.Readiness{}
	}
	c, err := d.app.Confirmations(ctx, e)
	if err != nil {
		return nil, list, err
	}
	rc, err := d.app.Recap(ctx, e)
	if err != nil {
		return nil, list, err
	}
	return templates.Data{
		"Event": e, "Checked": checked, "List": list, "Missing": itemLines(list.Missing[:min(len(list.Missing), shownMissing)]), "MissingMore": max(0, len(list.Missing)-shownMissing),
		"Guests": c.Total.Guests, "Coming": c.Total.Yes + c.Total.Delegated, "Heads": c.Total.Heads, "Silent": c.Total.Silent,
		"Registered": rc.Total, "RegisteredHeads": rc.Heads,
	}, list, nil
}

// HourNotice is what the group hears hours before the start (SOP steps 9 and
// 10), to the minute: is everything ready?
func (d *Desk) HourNotice(ctx context.Context, e *event.Event, plan []event.Planned, due event.Planned, caps channel.Capabilities) (channel.Outbound, error) {
	data, list, err := d.readiness(ctx, e, plan)
	if err != nil {
		return channel.Outbound{}, err
	}
	lines, err := d.taskLines(ctx, e, plan, "")
	if err != nil {
		return channel.Outbound{}, err
	}
	var earlier []string
	for i, p := range plan {
		if p.ID == due.ID {
			data["Task"] = lines[i]
		} else if p.Due.Before > due.Due.Before && !p.State.Settled() {
			earlier = append(earlier, p.Key+" "+d.texts.TaskTitle(p.Task))
		}
	}
	data["Hours"] = int(due.Due.Before / time.Hour)
	data["Earlier"] = earlier
	own := due.Readiness()
	data["Own"], data["OwnMissing"] = own, itemLines(own.Missing[:min(len(own.Missing), shownMissing)])
	expected := data["Coming"] != 0 || data["Registered"] != 0
	logistics := data["Checked"] == true || list.Total > 0 && len(list.Missing) == 0
	data["Go"] = len(earlier) == 0 && len(own.Missing) == 0 && logistics && expected
	key := fmt.Sprintf("/tugas %s %s", e.ID, due.Key)
	var keys [][]channel.Button
	if caps.Buttons {
		keys = [][]channel.Button{{
			{Label: d.texts.Label("task", "finishkey") + " " + due.Key, Value: key + " selesai"},
			{Label: d.texts.Label("task", "show"), Value: key},
		}}
	}
	return d.digest("digest.hour", data, keys)
}

// EveNotice is told the day before where those hours fall before the office
// wakes.
func (d *Desk) EveNotice(ctx context.Context, e *event.Event, plan []event.Planned, caps channel.Capabilities) (channel.Outbound, error) {
	data, _, err := d.readiness(ctx, e, plan)
	if err != nil {
		return channel.Outbound{}, err
	}
	lines, err := d.taskLines(ctx, e, plan, "")
	if err != nil {
		return channel.Outbound{}, err
	}
	hours := those(lines, func(l taskLine) bool { return l.Hours && l.Urgency != event.Settled })
	data["Tasks"] = hours
	return d.digest("digest.eve", data, d.digestKeys(e, hours, caps))
}
