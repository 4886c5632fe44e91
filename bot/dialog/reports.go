package dialog

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgReport = "report"

type reportPhase string

// Questions of /laporan.
const (
	rpSure   reportPhase = "sure"   // is it to be final
	rpReason reportPhase = "reason" // why a final one is made anew
)

type reportState struct {
	Phase   reportPhase `json:"phase"`
	Tag     string      `json:"tag"`
	EventID string      `json:"eventId"`
	Reason  string      `json:"reason,omitempty"`
}

// reports is /laporan: the official report of an event, in private only.
//
//	/laporan [KODE]
//	/laporan draf
//	/laporan final, /laporan revisi ALASAN      (lead)
//	/laporan unduh [VERSI]
func (d *Desk) reports(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "laporan", args)
	if e == nil || err != nil {
		return err
	}
	t.Close()
	word, more := cutWord(rest)
	more = unbar(more)
	switch event.Fold(word) {
	case "":
		return d.showReports(ctx, t, e)
	case "draf", "draft", "konsep", "buat":
		return d.askForReport(ctx, t, e, false, "")
	case "final", "akhir", "resmi", "sahkan":
		return d.finalReport(ctx, t, e, "", false)
	case "revisi", "perbaiki", "perbaikan":
		return d.finalReport(ctx, t, e, more, true)
	case "unduh", "kirim", "lihat":
		return d.giveReport(ctx, t, e, more)
	}
	return d.usage(t, "laporan", rest, func() error { return d.showReports(ctx, t, e) })
}

// reportGap is a part of the report that has no data yet.
type reportGap string

// gaps are the parts that have none, in the report's order.
func gaps(x *app.Activity) []reportGap {
	var out []reportGap
	for _, g := range []struct {
		name  reportGap
		empty bool
	}{
		{"theme", x.Event.Theme == ""}, {"rundown", len(x.Rundown) == 0}, {"items", len(x.Items) == 0}, {"registrations", x.Recap.Total == 0},
		{"guests", x.Confirmation.Total.Guests == 0}, {"presence", !x.Presence.Known}, {"photos", len(x.Pictures) == 0},
		{"letters", len(x.Letters) == 0}, {"survey", x.Survey.Replies == 0}, {"notes", len(x.Notes) == 0},
	} {
		if g.empty {
			out = append(out, g.name)
		}
	}
	return out
}

// showReports is /laporan without anything behind it.
func (d *Desk) showReports(ctx context.Context, t *Turn, e *event.Event) error {
	x, err := d.app.Activity(ctx, e)
	if err != nil {
		return err
	}
	var last *storage.Report
	var list []choice
	if n := len(x.Finals); n > 0 {
		last = x.Finals[n-1]
		list = append(list, choice{t.Label("laporan", "get"), "/laporan " + e.ID + " unduh"})
	}
	list = append(list, choice{t.Label("laporan", "draft"), "/laporan " + e.ID + " draf"})
	if t.Person.Role == event.Lead && e.DaysBefore(d.app.Now()) < 0 {
		if last == nil {
			list = append(list, choice{t.Label("laporan", "final"), "/laporan " + e.ID + " final"})
		} else {
			list = append(list, choice{t.Label("laporan", "revise"), "/laporan " + e.ID + " revisi"})
		}
	}
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("laporan.show", templates.Data{"Event": e, "Last": last, "Versions": len(x.Finals), "Gaps": gaps(x), "Lead": t.Person.Role == event.Lead, "Over": e.DaysBefore(d.app.Now()) < 0}, menu)
}

// askForReport has a report made, and says that it is under way.
func (d *Desk) askForReport(ctx context.Context, t *Turn, e *event.Event, final bool, reason string) error {
	t.Close()
	row := fmt.Sprintf("in/%s/%d", t.In.ID, len(t.out))
	r, err := d.app.AskReport(ctx, t.Actor(), e, final, reason, row)
	if errors.Is(err, app.ErrReportFinal) {
		return d.giveReport(ctx, t, e, "")
	}
	if err != nil {
		return err
	}
	if r.Row != row { // somebody else has asked for it a moment ago
		return t.Say("laporan.underway", templates.Data{"Event": e})
	}
	return t.Say("laporan.making", templates.Data{"Event": e, "Final": final})
}

// finalReport asks the lead for the yes; with revise a reason comes first.
func (d *Desk) finalReport(ctx context.Context, t *Turn, e *event.Event, reason string, revise bool) error {
	if t.Person.Role != event.Lead {
		return t.Say("laporan.leadonly", nil)
	}
	if e.DaysBefore(d.app.Now()) >= 0 {
		return t.Say("laporan.early", templates.Data{"Event": e}, t.commands(choice{t.Label("laporan", "draft"), "/laporan " + e.ID + " draf"}))
	}
	last, err := d.app.FinalReport(ctx, e.ID)
	if err != nil {
		return err
	}
	switch {
	case last == nil:
		reason = ""
	case !revise:
		return d.giveReport(ctx, t, e, "")
	case reason == "":
		return d.askReport(ctx, t, e, reportState{Phase: rpReason, EventID: e.ID})
	}
	return d.askReport(ctx, t, e, reportState{Phase: rpSure, EventID: e.ID, Reason: shorten(reason, 300)})
}

// askReport asks the question of st.Phase.
func (d *Desk) askReport(ctx context.Context, t *Turn, e *event.Event, st reportState) error {
	st.Tag = tagHere(t, "rp")
	if err := t.Open(dlgReport, st); err != nil {
		return err
	}
	if st.Phase == rpReason {
		return t.Say("laporan.reason", nil)
	}
	x, err := d.app.Activity(ctx, e)
	if err != nil {
		return err
	}
	open := event.CountTasks(x.Plan)
	return t.Say("laporan.sure", templates.Data{"Event": e, "Gaps": gaps(x), "Reason": st.Reason, "OpenSteps": open.Total - open.Done - open.Skipped, "N": len(x.Finals) + 1},
		t.choices(st.Tag, choice{t.Label("laporan", "yes"), "ya"}, choice{t.Label("laporan", "no"), "tidak"}))
}

// reportsStep takes the answer to the question that stands.
func (d *Desk) reportsStep(ctx context.Context, t *Turn) error {
	var st reportState
	t.Load(&st)
	if t.Person.Role != event.Lead {
		t.Close()
		return t.Say("laporan.leadonly", nil)
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askReport(ctx, t, e, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "laporan.left", again: again}); !ok {
		return err
	}
	if st.Phase == rpReason {
		if t.In.Kind != channel.Text || t.Text() == "" {
			return again("laporan.reasontext")
		}
		return d.finalReport(ctx, t, e, t.Text(), true)
	}
	yes, sure := d.agreedTo(t, st.Tag)
	switch {
	case !sure:
		return again("answer.choose")
	case !yes:
		t.Close()
		return t.Say("laporan.left", nil)
	}
	return d.askForReport(ctx, t, e, true, st.Reason)
}

// agreedTo reads yes or no to what is offered with the labels of /laporan.
func (d *Desk) agreedTo(t *Turn, tag string) (yes, sure bool) {
	if yes, sure = d.yesNo(t, tag); sure {
		return yes, true
	}
	v, ok := d.chosen(t, tag, []choice{{t.Label("laporan", "yes"), "ya"}, {t.Label("laporan", "no"), "tidak"}})
	return v == "ya", ok
}

// giveReport hands a final report out again, byte for byte.
func (d *Desk) giveReport(ctx context.Context, t *Turn, e *event.Event, which string) error {
	all, err := d.app.FinalReports(ctx, e.ID)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return t.Say("laporan.nofinal", nil, t.commands(choice{t.Label("laporan", "draft"), "/laporan " + e.ID + " draf"}))
	}
	r := all[len(all)-1]
	if which != "" {
		n, ok := understand.Count(which)
		if !ok || n < 1 || n > len(all) {
			return t.Say("laporan.noversion", templates.Data{"N": len(all)})
		}
		r = all[n-1]
	}
	err = d.app.CheckReport(ctx, r)
	if errors.Is(err, app.ErrReportAltered) || errors.Is(err, storage.ErrNotFound) {
		t.Log.Error().Err(err).Msg("final report not handed out")
		return t.Say("laporan.altered", nil)
	}
	if err != nil {
		return err
	}
	out, err := d.ReportFiles(ctx, r)
	if err != nil {
		return err
	}
	for _, m := range out {
		t.add(t.In.Chat, m)
	}
	return nil
}

// ReportFiles are the messages that hand a report out: the pages, then the
// tables.
func (d *Desk) ReportFiles(ctx context.Context, r *storage.Report) ([]channel.Outbound, error) {
	e, err := d.app.Event(ctx, r.EventID)
	if err != nil {
		return nil, err
	}
	text, err := d.texts.Text("laporan.file", templates.Data{"Event": e, "R": r, "SHA": shortHash(r.PDF.SHA)})
	if err != nil {
		return nil, err
	}
	tables, err := d.texts.Text("laporan.tables", templates.Data{"Event": e})
	return []channel.Outbound{
		{Text: text, File: &channel.File{Blob: r.PDF.Blob, Name: r.PDF.Name, MIME: mimePDF}},
		{Text: tables, File: &channel.File{Blob: r.XLSX.Blob, Name: r.XLSX.Name, MIME: mimeXLSX}},
	}, err
}

// shortHash is enough of a hash to compare two files by eye.
func shortHash(sha string) string { return sha[:min(16, len(sha))] }

// ReportText writes how far a report is, or that it could not be made.
func (d *Desk) ReportText(ctx context.Context, r *storage.Report, done, of int) (string, error) {
	e, err := d.app.Event(ctx, r.EventID)
	if err != nil {
		return "", err
	}
	if r.Status == storage.ReportFailed {
		return d.texts.Text("laporan.failed", templates.Data{"Event": e})
	}
	return d.texts.Text("laporan.progress", templates.Data{"Event": e, "Done": done, "Of": of, "Percent": done * 100 / max(of, 1)})
}
