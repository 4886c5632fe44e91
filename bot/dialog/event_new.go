package dialog

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// The longest title, theme and place, in characters: what tickets can show.
const (
	titleMax = 80
	placeMax = 160
)

// newEvent is /acara baru [judul | waktu | tempat].
func (d *Desk) newEvent(ctx context.Context, t *Turn, args string) error {
	st := eventState{}
	f := fields(args)
	problem := ""
	if f[0] != "" {
		st.Title, problem = readLine(f[0], titleMax, "event.bad.title")
	}
	if len(f) > 1 && f[1] != "" {
		problem = firstOf(problem, d.takeStart(&st, f[1]))
	}
	if len(f) > 2 && f[2] != "" {
		var bad string
		st.Place, bad = readLine(strings.Join(f[2:], ", "), placeMax, "event.bad.place")
		problem = firstOf(problem, bad)
	}
	return d.nextNew(ctx, t, st, problem)
}

// copyEvent is /acara salin KODE | waktu.
func (d *Desk) copyEvent(ctx context.Context, t *Turn, args string) error {
	code, rest := cutCode(args)
	if code == "" {
		all, err := d.app.Events(ctx)
		if err != nil {
			return err
		}
		switch len(all) {
		case 0:
			return t.Say("event.none", templates.Data{"Lead": true})
		case 1:
			code = all[0].ID
		default:
			list := []choice{}
			for _, e := range all[:min(len(all), shownEvents)] {
				list = append(list, choice{e.ID, "/acara salin " + e.ID})
			}
			return t.Say("event.copy.which", nil, t.commands(list...))
		}
	}
	from, err := d.app.Event(ctx, code)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("event.unknown", templates.Data{"Code": code})
	}
	if err != nil {
		return err
	}
	st := eventState{From: from.ID, Title: from.Title, Place: from.Place, Year: yearOf(from.Start)}
	problem := ""
	if rest = unbar(rest); rest != "" {
		problem = d.takeStart(&st, rest)
	}
	return d.nextNew(ctx, t, st, problem)
}

// nextNew asks for what a new event lacks; with everything said in one line
// it creates the event at once, unless the date wants a second look.
func (d *Desk) nextNew(ctx context.Context, t *Turn, st eventState, problem string) error {
	st.Tag = ""
	if year := yearOf(st.Start); st.Year != "" && !st.Start.IsZero() {
		// "E-MILE KU 2026", copied to 2027, is "E-MILE KU 2027".
		st.Title, st.Year = strings.ReplaceAll(st.Title, st.Year, year), year
	}
	switch {
	case st.Title == "":
		st.Phase = evTitle
	case st.Start.IsZero() && !st.Day.IsZero():
		st.Phase = evHour
	case st.Start.IsZero():
		st.Phase = evStart
	case st.Place == "":
		st.Phase = evPlace
	default:
		twin, err := d.sameDay(ctx, st.Start)
		if err != nil {
			return err
		}
		if !st.Guided && problem == "" && twin == nil {
			return d.create(ctx, t, st)
		}
		st.Phase = evConfirm
	}
	st.Guided = true
	if problem != "" {
		return noteAgain(t, problem, nil, func() error { return d.askPhase(ctx, t, st) })
	}
	return d.askPhase(ctx, t, st)
}

// sameDay finds an event that stands on the same date already.
func (d *Desk) sameDay(ctx context.Context, start time.Time) (*event.Event, error) {
	up, err := d.app.Upcoming(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range up {
		if e.Day().Equal(event.Midnight(start)) {
			return e, nil
		}
	}
	return nil, nil
}

// askNew asks a question about a new event; evHour is also asked when an
// event is moved.
func (d *Desk) askNew(ctx context.Context, t *Turn, st eventState) error {
	data := templates.Data{"Title": st.Title, "Place": st.Place, "Start": st.Start, "Day": st.Day, "From": st.From}
	switch st.Phase {
	case evHour:
		return t.Say("event.ask.hour", data, t.choices(st.Tag, choice{"08.00", "08.00"}, choice{"09.00", "09.00"}, choice{"13.00", "13.00"}), replyHint())
	case evConfirm:
		twin, err := d.sameDay(ctx, st.Start)
		if err != nil {
			return err
		}
		data["Twin"], data["Warn"] = twin, warningsOf(st.Start, d.app.Now(), lateSteps(st.Start, d.app.Now()))
		return t.Say("event.ask.confirm", data, t.choices(st.Tag, d.confirmations(t)...), replyHint())
	}
	return t.Say("event.ask."+string(st.Phase), data, d.stopButton(t, st.Tag), replyHint())
}

func (d *Desk) confirmations(t *Turn) []choice {
	return []choice{
		{t.Label("event", "create"), "ya"}, {t.Label("eventfield", "judul"), "judul"}, {t.Label("eventfield", "tanggal"), "tanggal"},
		{t.Label("eventfield", "tempat"), "tempat"}, {t.Label("staff", "leave"), leave},
	}
}

// newStep takes an answer about a new event.
func (d *Desk) newStep(ctx context.Context, t *Turn, st eventState) error {
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askPhase(ctx, t, st) })
	}
	if steers(t, understand.Back) {
		return d.backNew(ctx, t, st)
	}
	if st.Phase == evConfirm {
		return d.onConfirm(ctx, t, st)
	}
	if !inWords(t) {
		return again("event.bad.kind")
	}
	problem := ""
	switch st.Phase {
	case evTitle:
		var title string
		if title, problem = readLine(t.Text(), titleMax, "event.bad.title"); problem == "" {
			st.Title = title
		}
	case evPlace:
		var place string
		if place, problem = readLine(t.Text(), placeMax, "event.bad.place"); problem == "" {
			st.Place = place
		}
	case evHour:
		problem = d.takeHour(&st, t.Text())
	default:
		problem = d.takeStart(&st, t.Text())
	}
	if problem != "" {
		return again(problem)
	}
	return d.nextNew(ctx, t, st, "")
}

// backNew asks the question before.
func (d *Desk) backNew(ctx context.Context, t *Turn, st eventState) error {
	st.Tag = ""
	switch {
	case st.Phase == evTitle, st.From != "" && st.Phase == evStart:
		return noteAgain(t, "event.first", nil, func() error { return d.askPhase(ctx, t, st) })
	case st.Phase == evStart:
		st.Phase = evTitle
	case st.Phase == evHour, st.Phase == evPlace, st.From != "":
		st.Phase, st.Day = evStart, time.Time{}
	default:
		st.Phase = evPlace
	}
	return d.askPhase(ctx, t, st)
}

func (d *Desk) onConfirm(ctx context.Context, t *Turn, st eventState) error {
	v, ok := d.chosen(t, st.Tag, d.confirmations(t))
	if !ok {
		yes, sure := d.yesNo(t, st.Tag)
		switch {
		case sure && yes:
			v = "ya"
		case sure:
			v = leave
		default:
			return noteAgain(t, "answer.choose", nil, func() error { return d.askPhase(ctx, t, st) })
		}
	}
	st.Tag = ""
	switch v {
	case "ya":
		return d.create(ctx, t, st)
	case "judul":
		st.Phase = evTitle
	case "tanggal":
		st.Phase = evStart
	case "tempat":
		st.Phase = evPlace
	default:
		t.Close()
		return t.Say("event.left", nil)
	}
	return d.askPhase(ctx, t, st)
}

// create makes the event and answers with its code and timeline.
func (d *Desk) create(ctx context.Context, t *Turn, st eventState) error {
	if !st.Start.After(d.app.Now()) { // the date passed while the question stood
		st.Start, st.Day = time.Time{}, time.Time{}
		return d.nextNew(ctx, t, st, "event.bad.past")
	}
	t.Close()
	var (
		e   *event.Event
		err error
	)
	if st.From != "" {
		e, err = d.app.CopyEvent(ctx, t.Actor(), st.From, st.Start)
		if err == nil && (e.Title != st.Title || e.Place != st.Place) {
			e, err = d.app.UpdateEvent(ctx, t.Actor(), e.ID, "event.update", "", func(e *event.Event) { e.Title, e.Place = st.Title, st.Place })
		}
	} else {
		e, err = d.app.CreateEvent(ctx, t.Actor(), app.NewEvent{Title: st.Title, Start: st.Start, Place: st.Place})
	}
	if err != nil {
		return err
	}
	if err := d.sayEvent(ctx, t, "event.created", e, templates.Data{"From": st.From}); err != nil {
		return err
	}
	return d.lessons(ctx, t, e)
}

// takeStart reads a date and time into st; a date alone leaves the hour to be
// asked. It returns the key of what is wrong.
func (d *Desk) takeStart(st *eventState, text string) (problem string) {
	now := d.app.Now()
	w, err := understand.DateTime(text, now)
	var weekday *understand.WeekdayError
	switch {
	case errors.As(err, &weekday):
		return "event.bad.weekday"
	case errors.Is(err, understand.ErrTimeInvalid):
		return "event.bad.hour"
	case errors.Is(err, understand.ErrDateInvalid):
		return "event.bad.date"
	case err != nil:
		return "event.bad.start"
	case event.Midnight(w.Time).Before(event.Midnight(now)), w.HasTime && !w.Time.After(now):
		return "event.bad.past"
	case w.Time.After(now.AddDate(5, 0, 0)):
		return "event.bad.far"
	}
	if !w.HasTime {
		st.Start, st.Day = time.Time{}, w.Time
		return ""
	}
	st.Start, st.Day = w.Time, time.Time{}
	return ""
}

// takeHour reads the hour of st.Day; a whole new date and time is taken, too.
func (d *Desk) takeHour(st *eventState, text string) (problem string) {
	day := st.Day.In(event.Jakarta)
	clock := strings.TrimSpace(text)
	if len(clock) <= 2 && clock != "" && strings.Trim(clock, "0123456789") == "" {
		clock = "pukul " + clock
	}
	w, err := understand.DateTime(day.Format(time.DateOnly)+" "+clock, d.app.Now())
	if full, fullErr := understand.DateTime(text, d.app.Now()); fullErr == nil && full.HasTime {
		w, err = full, nil
	}
	if err != nil || !w.HasTime {
		return "event.bad.hour"
	}
	if !w.Time.After(d.app.Now()) {
		return "event.bad.past"
	}
	st.Start, st.Day = w.Time, time.Time{}
	return ""
}

// readLine tidies a line of text of at most limit characters; bad is what is
// said where it holds too little, or too much.
func readLine(text string, limit int, bad string) (line, problem string) {
	line = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	letters := len([]rune(event.Squeeze(line)))
	if letters < 3 || len([]rune(line)) > limit {
		return "", bad
	}
	return line, ""
}

func yearOf(t time.Time) string { return strconv.Itoa(t.In(event.Jakarta).Year()) }

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
