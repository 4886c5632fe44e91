package dialog

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// Details of an event that can be changed; label.eventfield names them.
const (
	fieldTitle = "judul"
	fieldTheme = "tema"
	fieldPlace = "tempat"
	fieldMap   = "peta"
	fieldStart = "tanggal"
)

func (d *Desk) eventFields(t *Turn) []choice {
	var out []choice
	for _, f := range []string{fieldTitle, fieldTheme, fieldStart, fieldPlace, fieldMap} {
		out = append(out, choice{t.Label("eventfield", f), f})
	}
	return out
}

// eventField reads the name of a detail.
func eventField(word string) string {
	switch event.Fold(word) {
	case "judul", "nama", "title":
		return fieldTitle
	case "tema":
		return fieldTheme
	case "tempat", "lokasi":
		return fieldPlace
	case "peta", "map", "maps", "tautan", "link":
		return fieldMap
	case "tanggal", "waktu", "jadwal", "jam", "tgl":
		return fieldStart
	}
	return ""
}

// changeEvent is /acara ubah [KODE] [hal] [nilai].
func (d *Desk) changeEvent(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "acara ubah", args)
	if e == nil || err != nil {
		return err
	}
	if e.Status == event.EventCancelled {
		return t.Say("event.isoff", templates.Data{"Event": e})
	}
	st := eventState{Phase: evField, EventID: e.ID}
	word, value := cutWord(unbar(rest))
	if word == "" {
		return d.askPhase(ctx, t, st)
	}
	if st.Field = eventField(word); st.Field == "" {
		return noteAgain(t, "event.bad.field", nil, func() error { return d.askPhase(ctx, t, st) })
	}
	st.Phase = evValue
	if value = unbar(value); value == "" {
		return d.askPhase(ctx, t, st)
	}
	return d.setField(ctx, t, st, value)
}

// askChange asks which detail, for its new value, or whether to move.
func (d *Desk) askChange(ctx context.Context, t *Turn, st eventState, e *event.Event) error {
	switch st.Phase {
	case evField:
		return t.Say("event.ask.field", templates.Data{"Event": e}, t.choices(st.Tag, d.eventFields(t)...), replyHint())
	case evValue:
		return t.Say("event.ask.value."+st.Field, templates.Data{"Event": e, "Now": fieldOf(e, st.Field)}, d.stopButton(t, st.Tag), replyHint())
	}
	reach, err := d.app.ReachOf(ctx, e, d.net.On)
	if err != nil {
		return err
	}
	if st.Phase == evPlaceSure {
		return t.Say("event.ask.placesure", templates.Data{"Event": e, "Place": st.Place, "Reach": reach}, t.choices(st.Tag, d.sure(t)...), replyHint())
	}
	list, err := d.app.Reschedule(ctx, e, st.Start)
	if err != nil {
		return err
	}
	var shifts []shiftLine
	late := 0
	for _, s := range list {
		shifts = append(shifts, shiftLine{Name: t.texts.TaskTitle(s.Task), H: hName(s.From, t.texts), From: s.From.At, To: s.To.At, Hours: s.From.Before > 0, Past: s.Past})
		if s.Past {
			late++
		}
	}
	return t.Say("event.ask.move", templates.Data{
		"Event": e, "Start": st.Start, "Shifts": shifts, "Reach": reach, "Warn": warningsOf(st.Start, d.app.Now(), late),
	}, t.choices(st.Tag, d.sure(t)...), replyHint())
}

// shiftLine is one task of the checklist before and after a move.
type shiftLine struct {
	Name     string
	H        string
	From, To time.Time
	Hours    bool
	Past     bool
}

func fieldOf(e *event.Event, field string) string {
	switch field {
	case fieldTitle:
		return e.Title
	case fieldTheme:
		return e.Theme
	case fieldPlace:
		return e.Place
	case fieldMap:
		return e.MapURL
	}
	return event.Day(e.Start) + ", " + event.Clock(e.Start)
}

// eventChangeStep takes an answer about a change.
func (d *Desk) eventChangeStep(ctx context.Context, t *Turn, st eventState) error {
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askPhase(ctx, t, st) })
	}
	if steers(t, understand.Back) {
		return d.askPhase(ctx, t, eventState{Phase: evField, EventID: st.EventID})
	}
	switch st.Phase {
	case evField:
		f, ok := d.chosen(t, st.Tag, d.eventFields(t))
		if !ok {
			if f = eventField(t.Text()); f == "" {
				return again("answer.choose")
			}
		}
		return d.askPhase(ctx, t, eventState{Phase: evValue, EventID: st.EventID, Field: f})
	case evMove, evPlaceSure:
		yes, sure := d.yesNo(t, st.Tag)
		if !sure {
			return again("staff.yesno")
		}
		if !yes {
			t.Close()
			return t.Say("event.left", nil)
		}
		if st.Phase == evPlaceSure {
			return d.storeField(ctx, t, st, st.Place)
		}
		return d.move(ctx, t, st)
	}
	if st.Field == fieldMap && t.In.Kind == channel.Place && t.In.Location != nil {
		l := t.In.Location
		return d.setField(ctx, t, st, fmt.Sprintf("https://maps.google.com/?q=%.6f,%.6f", l.Latitude, l.Longitude))
	}
	if !inWords(t) {
		return again("event.bad.kind")
	}
	return d.setField(ctx, t, st, t.Text())
}

// setField checks a new value and stores it; a date is first shown with what
// it moves.
func (d *Desk) setField(ctx context.Context, t *Turn, st eventState, text string) error {
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askPhase(ctx, t, st) })
	}
	if st.Field == fieldStart {
		var problem string
		if st.Phase == evHour {
			problem = d.takeHour(&st, text)
		} else {
			problem = d.takeStart(&st, text)
		}
		if problem != "" {
			return again(problem)
		}
		e, err := d.app.Event(ctx, st.EventID)
		if err != nil {
			return err
		}
		if e.Start.Equal(st.Start) {
			t.Close()
			return t.Say("event.sametime", templates.Data{"Event": e}, d.eventThings(t, e))
		}
		st.Phase, st.Tag = evMove, ""
		if st.Start.IsZero() {
			st.Phase = evHour
		}
		return d.askPhase(ctx, t, st)
	}
	value, problem := readDetail(st.Field, text)
	if problem != "" {
		return again(problem)
	}
	if st.Field == fieldPlace {
		e, err := d.app.Event(ctx, st.EventID)
		if err != nil {
			return err
		}
		reach, err := d.app.ReachOf(ctx, e, d.net.On)
		if err != nil {
			return err
		}
		if reach.Concerned() > 0 && e.Upcoming(d.app.Now()) && e.Place != value {
			st.Phase, st.Tag, st.Place = evPlaceSure, "", value
			return d.askPhase(ctx, t, st)
		}
	}
	return d.storeField(ctx, t, st, value)
}

// storeField stores a new value. People hear of another place from the
// planner.
func (d *Desk) storeField(ctx context.Context, t *Turn, st eventState, value string) error {
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	before := fieldOf(e, st.Field)
	t.Close()
	e, err = d.app.UpdateEvent(ctx, t.Actor(), st.EventID, "event.update", st.Field+": "+readable("", before)+" → "+readable("", value), func(e *event.Event) {
		switch st.Field {
		case fieldTitle:
			e.Title = value
		case fieldTheme:
			e.Theme = value
		case fieldPlace:
			e.Place = value
		case fieldMap:
			e.MapURL = value
		}
	})
	if err != nil {
		return err
	}
	return t.Say("event.changed", templates.Data{"Event": e, "Field": st.Field, "Before": before, "Value": value}, d.eventThings(t, e))
}

// readDetail reads a title, theme, place or map link; theme and map may be
// taken away.
func readDetail(field, text string) (value, problem string) {
	optional := field == fieldTheme || field == fieldMap
	if optional && slices.Contains([]string{"-", "hapus", "kosong", "kosongkan", "tidak ada"}, event.Fold(text)) {
		return "", ""
	}
	switch field {
	case fieldMap:
		return readLink(text)
	case fieldPlace:
		return readLine(text, placeMax, "event.bad.place")
	}
	return readLine(text, titleMax, "event.bad.title")
}

// readLink finds the web address in what was shared from a map.
func readLink(text string) (link, problem string) {
	for _, w := range strings.Fields(text) {
		if strings.HasPrefix(w, "maps.") || strings.HasPrefix(w, "goo.gl/") || strings.HasPrefix(w, "www.") {
			w = "https://" + w
		}
		u, err := url.Parse(w)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") && strings.Contains(u.Host, ".") && u.User == nil && len(w) <= 500 {
			return u.String(), ""
		}
	}
	return "", "event.bad.map"
}

// move changes the date after a yes; the planner tells those whom it concerns.
func (d *Desk) move(ctx context.Context, t *Turn, st eventState) error {
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	if !st.Start.After(d.app.Now()) {
		st.Phase, st.Tag, st.Field = evValue, "", fieldStart
		return noteAgain(t, "event.bad.past", nil, func() error { return d.askPhase(ctx, t, st) })
	}
	before := e.Start
	t.Close()
	if before.Equal(st.Start) {
		return d.sayEvent(ctx, t, "event.show", e, nil)
	}
	detail := fieldStart + ": " + before.In(event.Jakarta).Format("2006-01-02 15:04") + " → " + st.Start.In(event.Jakarta).Format("2006-01-02 15:04")
	e, err = d.app.UpdateEvent(ctx, t.Actor(), st.EventID, "event.move", detail, func(e *event.Event) { e.Start = st.Start.UTC() })
	if err != nil {
		return err
	}
	reach, err := d.app.ReachOf(ctx, e, d.net.On)
	if err != nil {
		return err
	}
	return d.sayEvent(ctx, t, "event.moved", e, templates.Data{"Before": before, "Reach": reach})
}
