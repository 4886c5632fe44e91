package dialog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgEvent = "event"

type eventPhase string

// Questions of /acara, and of commands that must know which event.
const (
	evWhich     eventPhase = "which"     // which event is meant
	evTitle     eventPhase = "title"     // a new event
	evStart     eventPhase = "start"     //
	evHour      eventPhase = "hour"      // the date is known, the hour is not
	evPlace     eventPhase = "place"     //
	evConfirm   eventPhase = "confirm"   //
	evField     eventPhase = "field"     // which detail to change
	evValue     eventPhase = "value"     // its new value
	evMove      eventPhase = "move"      // move to another date?
	evPlaceSure eventPhase = "placesure" // to another place, of which people are told?
	evAudience  eventPhase = "audience"  // whose quota
	evLimit     eventPhase = "limit"     //
	evMode      eventPhase = "mode"      // first come or chosen by the team
	evCancel    eventPhase = "cancel"    // really call it off?
)

type eventState struct {
	Phase eventPhase `json:"phase"`
	Tag   string     `json:"tag"`
	Then  string     `json:"then,omitempty"` // evWhich: command to run with the answer
	Args  string     `json:"args,omitempty"` // evWhich: what follows the code

	EventID string    `json:"eventId,omitempty"`
	Title   string    `json:"title,omitempty"`
	Start   time.Time `json:"start,omitzero"`
	Place   string    `json:"place,omitempty"`
	From    string    `json:"from,omitempty"`   // copied from this event
	Year    string    `json:"year,omitempty"`   // year of that event
	Day     time.Time `json:"day,omitzero"`     // evHour: the date that was said
	Field   string    `json:"field,omitempty"`  // evValue, evHour: detail being changed
	Guided  bool      `json:"guided,omitempty"` // something was asked: confirm before creating

	Audience event.Audience `json:"audience,omitempty"`
	Limit    int            `json:"limit,omitempty"`
}

// event is /acara.
func (d *Desk) event(ctx context.Context, t *Turn, args string) error {
	if code, rest := cutCode(args); code != "" {
		if next, _ := cutCode(rest); rest == "" || next != "" {
			return d.showEvent(ctx, t, code)
		}
		word, more := cutWord(rest) // "EMK-2027 tutup"
		return d.event(ctx, t, word+" "+code+" "+more)
	}
	word, rest := cutWord(args)
	rest = unbar(rest)
	switch event.Fold(word) {
	case "", "daftar", "semua":
		return d.listEvents(ctx, t)
	case "lihat", "tampil", "detail", "jadwal":
		return d.showEvent(ctx, t, rest)
	case "baru", "buat", "tambah":
		return d.newEvent(ctx, t, rest)
	case "salin", "copy":
		return d.copyEvent(ctx, t, rest)
	case "ubah", "ganti":
		return d.changeEvent(ctx, t, rest)
	case "kuota":
		return d.quota(ctx, t, rest)
	case "tutup":
		return d.setStatus(ctx, t, rest, event.EventClosed)
	case "buka":
		return d.setStatus(ctx, t, rest, event.EventOpen)
	case "batalkan", "batal":
		return d.callOff(ctx, t, rest)
	}
	return noteAgain(t, "event.what", nil, func() error { return d.listEvents(ctx, t) })
}

// shownEvents is how many events the list shows; an office holds one or two a year.
const shownEvents = 8

func (d *Desk) listEvents(ctx context.Context, t *Turn) error {
	all, err := d.app.Events(ctx)
	if err != nil {
		return err
	}
	more := max(0, len(all)-shownEvents)
	all = all[:len(all)-more]
	buttons := []choice{}
	for _, e := range all {
		buttons = append(buttons, choice{e.ID, "/acara " + e.ID})
	}
	buttons = append(buttons, choice{t.Label("event", "new"), "/acara baru"})
	now := d.app.Now()
	var lines []eventLine
	for _, e := range all {
		lines = append(lines, eventLine{e, e.DaysBefore(now), stateOf(e, now)})
	}
	return t.Say("event.list", templates.Data{"Events": lines, "More": more}, t.commands(buttons...))
}

// eventLine is an event with what it is at this moment.
type eventLine struct {
	*event.Event
	Left  int
	State string // key of label.eventstate
}

// stateOf is how an event stands: open, closed, cancelled or over.
func stateOf(e *event.Event, now time.Time) string {
	if e.Status != event.EventCancelled && e.DaysBefore(now) < 0 {
		return "over"
	}
	return string(e.Status)
}

// askWhich asks which of several events a command is about, and then runs it.
func (d *Desk) askWhich(t *Turn, command, args string, list []*event.Event) error {
	st := eventState{Phase: evWhich, Tag: tagHere(t, "ev"), Then: command, Args: args}
	if err := t.Open(dlgEvent, st); err != nil {
		return err
	}
	return t.Say("event.which", nil, t.choices(st.Tag, eventChoices(list)...), replyHint())
}

func (d *Desk) onWhich(ctx context.Context, t *Turn, st eventState) error {
	name, _ := cutWord(st.Then)
	c, ok := d.Lookup(name)
	if !ok || !c.Allows(t.Person.Role) {
		t.Close()
		return t.Say("team.norole", nil)
	}
	up, err := d.app.Upcoming(ctx)
	if err != nil {
		return err
	}
	id, ok := d.chosen(t, st.Tag, eventChoices(up))
	if !ok {
		if id, _ = cutCode(t.Text()); id == "" {
			return noteAgain(t, "answer.choose", nil, func() error { return d.askWhich(t, st.Then, st.Args, up) })
		}
	}
	t.Close()
	_, sub := cutWord(st.Then)
	return d.Run(ctx, t, c, sub+" "+id+" "+st.Args)
}

// timelineLine is one task of the checklist at its date.
type timelineLine struct {
	Name          string
	H             string // H-60, H-3 jam, H+1
	At            time.Time
	Hours         bool      // the hour matters
	Done, Skipped bool      // it is settled
	Past          bool      // it should have been done by now
	Office        time.Time // the working day before, where the date is none
}

func timeline(plan []event.Planned, now time.Time, texts *templates.Renderer) []timelineLine {
	var out []timelineLine
	for _, p := range plan {
		l := timelineLine{
			Name: texts.TaskTitle(p.Task), H: hName(p.Due, texts), At: p.Due.At, Hours: p.Due.Before > 0,
			Done: p.State == event.TaskDone, Skipped: p.State == event.TaskSkipped, Past: !p.State.Settled() && p.Due.At.Before(now),
		}
		if office := p.Due.Office(); !office.Equal(event.Midnight(p.Due.At)) {
			l.Office = office
		}
		out = append(out, l)
	}
	return out
}

// hName is how the SOP names a date: "H-60", "H-3 jam", "H+1".
func hName(s event.Due, texts *templates.Renderer) string {
	text, err := texts.Text("event.h", templates.Data{"Day": s.Day, "Hours": int(s.Before.Hours())})
	if err != nil {
		return ""
	}
	return text
}

// showEvent is /acara lihat [KODE].
func (d *Desk) showEvent(ctx context.Context, t *Turn, args string) error {
	e, _, err := d.eventFor(ctx, t, "acara lihat", args)
	if e == nil || err != nil {
		return err
	}
	return d.sayEvent(ctx, t, "event.show", e, nil)
}

// sayEvent shows an event with its timeline, and what can be done with it.
func (d *Desk) sayEvent(ctx context.Context, t *Turn, key string, e *event.Event, more templates.Data) error {
	now := d.app.Now()
	plan, err := d.app.Plan(ctx, e)
	if err != nil {
		return err
	}
	lines := timeline(plan, now, t.texts)
	late := 0
	for _, l := range lines {
		if l.Past {
			late++
		}
	}
	data := templates.Data{
		"Event": e, "Left": e.DaysBefore(now), "State": stateOf(e, now), "Quotas": quotaLines(e),
		"Timeline": lines, "Warn": warningsOf(e.Start, now, late),
	}
	for k, v := range more {
		data[k] = v
	}
	return t.Say(key, data, d.eventThings(t, e))
}

func (d *Desk) eventThings(t *Turn, e *event.Event) Option {
	list := []choice{}
	if e.Status != event.EventCancelled {
		list = append(list, choice{t.Label("event", "change"), "/acara ubah " + e.ID}, choice{t.Label("event", "quota"), "/acara kuota " + e.ID})
		if e.Status == event.EventOpen {
			list = append(list, choice{t.Label("event", "close"), "/acara tutup " + e.ID})
		} else {
			list = append(list, choice{t.Label("event", "open"), "/acara buka " + e.ID})
		}
	}
	list = append(list, choice{t.Label("event", "recap"), "/rekap " + e.ID}, choice{t.Label("event", "copy"), "/acara salin " + e.ID})
	return t.commands(list...)
}

// quotaLine is the quota of one audience.
type quotaLine struct {
	Audience event.Audience
	event.Quota
}

func quotaLines(e *event.Event) []quotaLine {
	var out []quotaLine
	for _, a := range event.Registrable() {
		out = append(out, quotaLine{a, e.QuotaOf(a)})
	}
	return out
}

// warnings are what the lead should know about a date.
type warnings struct {
	Weekend bool
	Past    bool
	Late    int // dates of the timeline that are over already
}

func warningsOf(start, now time.Time, late int) warnings {
	day := start.In(event.Jakarta).Weekday()
	return warnings{Weekend: day == time.Saturday || day == time.Sunday, Past: !start.After(now), Late: late}
}

// lateSteps counts the SOP's steps that an event at that time would be late
// with from the beginning.
func lateSteps(start, now time.Time) int {
	n := 0
	for _, d := range (&event.Event{Start: start}).Timeline(nil) {
		if d.At.Before(now) {
			n++
		}
	}
	return n
}

// setStatus closes or opens registration. Either can be undone at once.
func (d *Desk) setStatus(ctx context.Context, t *Turn, args string, to event.EventStatus) error {
	command, action, key := "acara tutup", "event.close", "event.closed"
	if to == event.EventOpen {
		command, action, key = "acara buka", "event.open", "event.opened"
	}
	e, _, err := d.eventFor(ctx, t, command, args)
	if e == nil || err != nil {
		return err
	}
	t.Close()
	switch e.Status {
	case event.EventCancelled:
		return t.Say("event.isoff", templates.Data{"Event": e})
	case to:
		return t.Say(key, templates.Data{"Event": e, "Already": true}, d.eventThings(t, e))
	}
	e, err = d.app.UpdateEvent(ctx, t.Actor(), e.ID, action, "", func(e *event.Event) {
		if e.Status != event.EventCancelled {
			e.Status = to
		}
	})
	if err != nil {
		return err
	}
	return t.Say(key, templates.Data{"Event": e, "Already": false}, d.eventThings(t, e))
}

// callOff is /acara batalkan. It cannot be undone, so it takes a typed yes.
func (d *Desk) callOff(ctx context.Context, t *Turn, args string) error {
	e, _, err := d.eventFor(ctx, t, "acara batalkan", args)
	if e == nil || err != nil {
		return err
	}
	if e.Status == event.EventCancelled {
		return t.Say("event.isoff", templates.Data{"Event": e})
	}
	return d.askPhase(ctx, t, eventState{Phase: evCancel, EventID: e.ID})
}

// saysCallOff reports whether the words were typed that call an event off; to
// any other question they would mean to stop.
func saysCallOff(t *Turn) bool {
	return t.In.Kind == channel.Text && event.Squeeze(t.Text()) == "yabatalkan"
}

func (d *Desk) onCallOff(ctx context.Context, t *Turn, st eventState) error {
	if !saysCallOff(t) {
		return noteAgain(t, "event.calloff.again", nil, func() error { return d.askPhase(ctx, t, st) })
	}
	t.Close()
	e, err := d.app.UpdateEvent(ctx, t.Actor(), st.EventID, "event.cancel", "", func(e *event.Event) { e.Status = event.EventCancelled })
	if err != nil {
		return err
	}
	reach, err := d.app.ReachOf(ctx, e, d.net.On)
	if err != nil {
		return err
	}
	return t.Say("event.calledoff", templates.Data{"Event": e, "Reach": reach})
}

// askPhase asks the question of st.Phase.
func (d *Desk) askPhase(ctx context.Context, t *Turn, st eventState) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "ev")
	}
	if err := t.Open(dlgEvent, st); err != nil {
		return err
	}
	var e *event.Event
	if st.EventID != "" {
		var err error
		e, err = d.app.Event(ctx, st.EventID)
		if errors.Is(err, storage.ErrNotFound) {
			t.Close()
			return t.Say("event.unknown", templates.Data{"Code": st.EventID})
		}
		if err != nil {
			return err
		}
	}
	switch st.Phase {
	case evTitle, evStart, evHour, evPlace, evConfirm:
		return d.askNew(ctx, t, st)
	case evField, evValue, evMove, evPlaceSure:
		return d.askChange(ctx, t, st, e)
	case evAudience, evLimit, evMode:
		return d.askQuota(t, st, e)
	case evCancel:
		reach, err := d.app.ReachOf(ctx, e, d.net.On)
		if err != nil {
			return err
		}
		return t.Say("event.ask.cancel", templates.Data{"Event": e, "Reach": reach}, d.stopButton(t, st.Tag), replyHint())
	}
	t.Close()
	return d.listEvents(ctx, t)
}

// stopButton ends the dialog; where there are no buttons the text says "batal".
func (d *Desk) stopButton(t *Turn, tag string) Option {
	return t.commands(choice{t.Label("staff", "leave"), pressMark + tag + "|" + leave})
}

// eventStep takes the answer to the question that stands.
func (d *Desk) eventStep(ctx context.Context, t *Turn) error {
	var st eventState
	t.Load(&st)
	switch {
	case leaving(t) && !t.Stale(st.Tag) && !(st.Phase == evCancel && saysCallOff(t)):
		t.Close()
		return t.Say("event.left", nil)
	case st.Phase == evWhich:
		return d.onWhich(ctx, t, st)
	}
	if ok, err := d.stillMay(t, "acara"); !ok {
		return err
	}
	if t.Stale(st.Tag) {
		return noteAgain(t, "answer.stale", nil, func() error { return d.askPhase(ctx, t, st) })
	}
	switch {
	case st.Phase == evCancel:
		return d.onCallOff(ctx, t, st)
	case slices.Contains([]eventPhase{evField, evValue, evMove, evPlaceSure}, st.Phase), st.Phase == evHour && st.Field != "":
		return d.eventChangeStep(ctx, t, st)
	case slices.Contains([]eventPhase{evAudience, evLimit, evMode}, st.Phase):
		return d.quotaStep(ctx, t, st)
	case slices.Contains([]eventPhase{evTitle, evStart, evHour, evPlace, evConfirm}, st.Phase):
		return d.newStep(ctx, t, st)
	}
	t.Close()
	return d.listEvents(ctx, t)
}
