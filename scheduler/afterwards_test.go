package scheduler_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/scheduler"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// attends makes somebody with a chat who takes part.
func (w *world) attends(id string, change func(g *event.Participation, p *event.Person)) {
	w.t.Helper()
	p, err := w.app.Identify(w.t.Context(), channel.Inbound{Chat: channel.Chat{Channel: w.fake.Name(), ID: id}, Sender: channel.Sender{ID: id, Name: id}})
	w.must(err)
	g := &event.Participation{ID: event.ParticipationID(w.event, p.ID), EventID: w.event, PersonID: p.ID, Audience: event.UKM, Name: id, Code: "code" + id}
	g.Reply = event.Reply{Answer: event.Yes, Heads: 1}
	change(g, p)
	g.Derive()
	w.must(w.store.Participations().Save(w.t.Context(), g))
	_, err = w.app.UpdatePerson(w.t.Context(), p.ID, func(to *event.Person) { to.StoppedAt = p.StoppedAt })
	w.must(err)
}

func arrived(g *event.Participation) {
	g.Arrival = &event.Arrival{At: at(0, 8, 30), Heads: 2, How: event.ByScan, In: "in"}
}

// afterwardRows are the first lines of what guests were sent, by person.
func (w *world) afterwardRows() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(w.rows())) {
		m, err := w.store.Outbox().Get(w.t.Context(), id)
		w.must(err)
		if m.Touchpoint == app.SurveyTouchpoint {
			line, _, _ := strings.Cut(m.Body.Text, "\n")
			out[m.Chat.ID] += line
		}
	}
	return out
}

// TestSurveyGoesToThoseWhoCame: thanks and questions to who was checked in, a
// kind word to who said yes and could not come, nothing to the others; once,
// also after restarts, and not days late.
func TestSurveyGoesToThoseWhoCame(t *testing.T) {
	t.Parallel()
	fill := func(w *world) {
		now := w.clock.Now()
		w.attends("siti", func(g *event.Participation, _ *event.Person) { arrived(g) })
		w.attends("ujang", func(g *event.Participation, _ *event.Person) { g.Reply = event.Reply{Answer: event.Maybe}; arrived(g) })
		w.attends("eti", func(*event.Participation, *event.Person) {})
		w.attends("dedi", func(g *event.Participation, _ *event.Person) { g.Reply.Answer = event.No })
		w.attends("bupati", func(g *event.Participation, _ *event.Person) { g.Audience = event.Official; arrived(g) })
		w.attends("asep", func(g *event.Participation, p *event.Person) { p.StoppedAt = &now; arrived(g) })
		w.attends("neneng", func(g *event.Participation, _ *event.Person) { g.Closed = event.Grieving; arrived(g) })
	}
	w := newWorld(t, at(0, 8, 0))
	fill(w)
	busy, err := w.store.Chats().Get(t.Context(), w.id("ujang"))
	if errors.Is(err, storage.ErrNotFound) {
		busy, err = &storage.Chat{ID: w.id("ujang"), PersonID: w.id("ujang")}, nil
	}
	w.must(err)
	busy.Dialog, busy.State = "register", []byte(`{}`)
	w.must(w.store.Chats().Save(t.Context(), busy))

	w.tickAt(at(-1, 8, 59))
	if got := w.afterwardRows(); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	want := map[string]string{
		"siti":  "Bapak/Ibu siti, terima kasih sudah hadir di *E-MILE KU 2027*.",
		"ujang": "Bapak/Ibu ujang, terima kasih sudah hadir di *E-MILE KU 2027*.",
		"eti":   "Bapak/Ibu eti, sayang sekali kita belum sempat bertemu di *E-MILE KU 2027*. Terima kasih atas perhatian Bapak/Ibu. Semoga kita berjumpa di acara berikutnya.",
	}
	for _, tick := range []time.Time{at(-1, 9, 0), at(-1, 9, 1), at(-2, 9, 0)} {
		w.tickAt(tick)
		w.restart()
		if got := w.afterwardRows(); !maps.Equal(got, want) {
			t.Errorf("at %s: %v", tick, got)
		}
	}
	for who, dialog := range map[string]string{"siti": "survey", "ujang": "register"} {
		c, err := w.store.Chats().Get(t.Context(), w.id(who))
		w.must(err)
		if c.Dialog != dialog {
			t.Errorf("%s stands at %q", who, c.Dialog)
		}
	}
	e, err := w.app.Event(t.Context(), w.event)
	w.must(err)
	results, err := w.app.SurveyResults(t.Context(), e)
	w.must(err)
	if results.Asked != 2 {
		t.Errorf("asked %d", results.Asked)
	}

	late := newWorld(t, at(0, 8, 0))
	fill(late)
	late.tickAt(at(-6, 9, 0))
	if got := late.afterwardRows(); len(got) != 0 {
		t.Errorf("days late: %v", got)
	}
}

// halting is a desk that fails once in the midst of a survey.
type halting struct {
	scheduler.Voice
	at string
}

func (h *halting) Survey(ctx context.Context, c *storage.Chat, caps channel.Capabilities, e *event.Event, g *event.Participation, came, certain bool) ([]storage.Message, error) {
	if g.Name == h.at {
		h.at = ""
		return nil, errors.New("the power is gone")
	}
	return h.Voice.Survey(ctx, c, caps, e, g, came, certain)
}

// TestSurveyAfterACrash: rows that were queued before are not queued again,
// the rest is.
func TestSurveyAfterACrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, at(0, 8, 0))
	for _, who := range []string{"asep", "budi", "cucu"} {
		w.attends(who, func(g *event.Participation, _ *event.Person) { arrived(g) })
	}
	w.plan = w.planner(&halting{Voice: w.desk(), at: "budi"})
	w.clock.Set(at(-1, 9, 0))
	if err := w.plan.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), "the power is gone") {
		t.Fatalf("tick: %v", err)
	}
	if got := slices.Sorted(maps.Keys(w.afterwardRows())); !slices.Equal(got, []string{"asep"}) {
		t.Errorf("before: %v", got)
	}
	w.restart()
	w.look()
	got := w.afterwardRows()
	if !slices.Equal(slices.Sorted(maps.Keys(got)), []string{"asep", "budi", "cucu"}) || strings.Count(got["asep"], "terima kasih") != 1 {
		t.Errorf("after: %v", got)
	}
}

func (w *world) desk() scheduler.Voice {
	w.t.Helper()
	texts, err := templates.New()
	w.must(err)
	return bot.New(bot.Options{Store: w.store, App: w.app, Texts: texts, Channels: []channel.Channel{w.fake}, Log: zerolog.Nop()}).Desk()
}

func (w *world) planner(v scheduler.Voice) *scheduler.Planner {
	w.t.Helper()
	texts, err := templates.New()
	w.must(err)
	return scheduler.New(scheduler.Options{Store: w.store, App: w.app, Voice: v, Texts: texts, Channels: []channel.Channel{w.fake}, Log: zerolog.Nop()})
}

// reportRows are the IDs of what was handed out of a report.
func (w *world) reportRows(r *storage.Report) []string {
	w.t.Helper()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.rows())), func(id string) bool { return !strings.HasPrefix(id, "report/"+r.ID) })
}

func (w *world) askReport(final bool, reason string) (*storage.Report, error) {
	w.t.Helper()
	e, err := w.app.Event(w.t.Context(), w.event)
	w.must(err)
	by := w.by("rina")
	by.Chat = w.id("rina")
	return w.app.AskReport(w.t.Context(), by, e, final, reason, "in/x/0")
}

func (w *world) report(id string) *storage.Report {
	w.t.Helper()
	r, err := w.store.Reports().Get(w.t.Context(), id)
	w.must(err)
	return r
}

// TestFinalReportIsFrozen: what was handed out is what is kept, and a second
// one needs a reason.
func TestFinalReportIsFrozen(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	w.clock.Set(at(-2, 10, 0))
	first, err := w.askReport(true, "")
	w.must(err)
	w.look()
	w.look()
	got := w.report(first.ID)
	if got.Status != storage.ReportGiven || got.N != 1 || len(w.reportRows(first)) != 2 {
		t.Fatalf("%+v, %v", got, w.reportRows(first))
	}
	w.must(w.app.CheckReport(t.Context(), got))
	if _, err := w.askReport(true, ""); !errors.Is(err, app.ErrReportFinal) {
		t.Errorf("a second final one: %v", err)
	}
	w.finish("1", "2")
	second, err := w.askReport(true, "langkah 1 dan 2 ditandai")
	w.must(err)
	w.look()
	again := w.report(second.ID)
	if again.N != 2 || again.PDF.SHA == got.PDF.SHA || again.Reason == "" {
		t.Errorf("revision: %+v", again)
	}
	if kept := w.report(first.ID); kept.PDF != got.PDF || kept.XLSX != got.XLSX || w.app.CheckReport(t.Context(), kept) != nil {
		t.Errorf("the first one changed: %+v", kept)
	}
	w.must(w.store.Media().Put(t.Context(), storage.Blob{ID: got.PDF.Blob}, []byte("%PDF-1.4 other")))
	if err := w.app.CheckReport(t.Context(), got); !errors.Is(err, app.ErrReportAltered) {
		t.Errorf("altered: %v", err)
	}
}

// lame is a desk that fails at reports.
type lame struct {
	scheduler.Voice
	tries int
}

func (l *lame) MakeReport(context.Context, *storage.Report, func(done, of int)) (pdf, xlsx []byte, f event.Figures, err error) {
	l.tries++
	return nil, nil, f, errors.New("no ink")
}

// TestReportThroughCrashes: one that was begun is begun again, one that was
// made is handed out as it is, one that fails three times is given up and who
// asked is told.
func TestReportThroughCrashes(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	w.clock.Set(at(-2, 10, 0))
	r, err := w.askReport(true, "")
	w.must(err)
	_, err = w.app.BeginReport(t.Context(), r) // and the program ended
	w.must(err)
	w.restart()
	made := w.report(r.ID)
	w.must(w.app.KeepReport(t.Context(), made, []byte("%PDF-1.4 kept"), []byte("PK kept"), event.Figures{Registered: 7})) // and ended again
	w.restart()
	w.look()
	got := w.report(r.ID)
	if _, data, err := w.store.Media().Get(t.Context(), got.PDF.Blob); err != nil || string(data) != "%PDF-1.4 kept" || got.Status != storage.ReportGiven || got.Figures.Registered != 7 {
		t.Errorf("%q, %v, %+v", data, err, got)
	}
	if rows := w.reportRows(r); len(rows) != 2 {
		t.Errorf("rows: %v", rows)
	}

	voice := &lame{Voice: w.desk()}
	w.plan = w.planner(voice)
	draft, err := w.askReport(false, "")
	w.must(err)
	for range 6 {
		_ = w.plan.Tick(t.Context()) // says that it failed
	}
	failed := w.report(draft.ID)
	if voice.tries != 3 || failed.Status != storage.ReportFailed || failed.Fault != "no ink" || !slices.Equal(w.reportRows(draft), []string{"report/" + draft.ID + "/failed"}) {
		t.Errorf("%d tries, %+v, %v", voice.tries, failed, w.reportRows(draft))
	}
}
