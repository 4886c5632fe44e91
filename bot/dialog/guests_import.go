package dialog

import (
	"bytes"
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// errEnough ends a walk whose reader wants no more.
var errEnough = errors.New("enough")

// takeGuestFile fetches a list and keeps it until it is decided upon: reading
// it again is cheaper than keeping thousands of rows in the chat's memory.
func (d *Desk) takeGuestFile(ctx context.Context, t *Turn, st guestsState) error {
	again := func(key string) error {
		st.Phase = gsFile
		return noteAgain(t, key, templates.Data{"MB": guestlist.MaxBytes >> 20, "Rows": guestlist.MaxRows}, func() error { return d.askGuests(ctx, t, st) })
	}
	m := t.In.Media
	if m == nil {
		return again("guests.notfile")
	}
	data, err := d.net.Fetch(ctx, t.In.Chat.Channel, *m, guestlist.MaxBytes)
	if errors.Is(err, channel.ErrTooLarge) {
		return again(guestFileFault(guestlist.ErrTooLarge))
	}
	if err != nil {
		t.Log.Warn().Err(err).Msg("guest list could not be fetched")
		return again("guests.fetch")
	}
	st.Blob, st.File = "export/guests/"+t.In.ID, cutName(m.Name)
	b := storage.Blob{ID: st.Blob, Name: st.File, MIME: "application/octet-stream", At: d.app.Now()}
	if err := d.app.Store().Media().Put(ctx, b, data); err != nil {
		return err
	}
	return d.checkGuestFile(ctx, t, st)
}

func cutName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	if s == "." || s == "/" {
		s = ""
	}
	return shorten(s, 80)
}

// guestFileFault names the text for a file that is of no use.
func guestFileFault(err error) string {
	for _, f := range []struct {
		err error
		key string
	}{
		{guestlist.ErrTooLarge, "large"}, {guestlist.ErrTooMany, "many"}, {guestlist.ErrOldExcel, "old"}, {guestlist.ErrNoHeader, "header"},
		{guestlist.ErrNoRows, "norows"}, {guestlist.ErrDamaged, "damaged"}, {guestlist.ErrFormat, "format"},
	} {
		if errors.Is(err, f.err) {
			return "guests.file." + f.key
		}
	}
	return ""
}

// readGuestFile reads the list that is kept.
func (d *Desk) readGuestFile(ctx context.Context, st guestsState) (*guestlist.List, error) {
	_, data, err := d.app.Store().Media().Get(ctx, st.Blob)
	if err != nil {
		return nil, err
	}
	return guestlist.Read(data, guestlist.Options{Audience: st.Audience})
}

// checkGuestFile is the dry run: what would be taken over, and a spreadsheet
// in which each bad row says what is wrong. Nothing is written before the yes.
func (d *Desk) checkGuestFile(ctx context.Context, t *Turn, st guestsState) error {
	list, err := d.readGuestFile(ctx, st)
	if key := guestFileFault(err); key != "" {
		st.Phase, st.Blob, st.Tag = gsFile, "", ""
		data := templates.Data{"MB": guestlist.MaxBytes >> 20, "Rows": guestlist.MaxRows}
		return noteAgain(t, key, data, func() error { return d.askGuests(ctx, t, st) })
	}
	if err != nil {
		return err
	}
	if !list.HasAudience && st.Audience == "" {
		st.Phase, st.Tag = gsAudience, ""
		return d.askGuests(ctx, t, st)
	}
	plan, err := d.app.CheckGuests(ctx, st.EventID, list.Rows)
	if err != nil {
		return err
	}
	data, err := d.dryRunData(st, list, plan)
	if err != nil {
		return err
	}
	opts := []Option{}
	if Remarked(list, plan) {
		file, err := d.faultsFile(ctx, t, st, list, plan)
		if err != nil {
			return err
		}
		opts = append(opts, withFile(file))
	}
	if st.Phase, st.Tag = gsFile, tagHere(t, "gs"); plan.Changes() > 0 {
		st.Phase = gsSure
		opts = append(opts, t.choices(st.Tag, d.sure(t)...))
	}
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	return t.Say("guests.dryrun", data, opts...)
}

// faultsShown is how many bad rows the message itself names.
const faultsShown = 5

// faultLine is a bad row for reading.
type faultLine struct {
	Line int
	Text templates.Markup
}

func (d *Desk) dryRunData(st guestsState, list *guestlist.List, plan *app.Plan) (templates.Data, error) {
	var lines []faultLine
	for _, r := range list.Rows {
		if len(r.Faults) == 0 || len(lines) == faultsShown {
			continue
		}
		text, err := guestFault(d.texts, r.Faults[0])
		if err != nil {
			return nil, err
		}
		lines = append(lines, faultLine{r.Line, templates.Markup(text)})
	}
	clashes, err := d.clashLines(plan)
	if err != nil {
		return nil, err
	}
	corrections, err := d.correctionLines(plan)
	if err != nil {
		return nil, err
	}
	bad := list.Bad()
	return templates.Data{
		"EventID": st.EventID, "File": st.File, "Rows": len(list.Rows), "Bad": bad, "More": bad - len(lines), "Faults": lines,
		"New": plan.Counts[app.StandsNew], "Known": plan.Counts[app.StandsKnown], "Already": plan.Counts[app.StandsAlready] - plan.Taken, "Doubt": plan.Counts[app.StandsDoubt],
		"Writes": plan.Writes(), "Lines": audienceLines(plan.ByAudience), "Handles": plan.Handles, "Ignored": list.Ignored,
		"Officials": plan.ByAudience[event.Official], "Public": plan.ByAudience[event.Public], "Marked": Remarked(list, plan),
		"Completes": plan.Completes, "Taken": plan.Taken, "Clashes": clashes, "MoreClashes": plan.Taken - len(clashes),
		"Corrects": plan.Corrects, "Corrections": corrections, "MoreCorrections": plan.Corrects - len(corrections),
	}, nil
}

// clashLines are the first rows whose contact is another guest's.
func (d *Desk) clashLines(plan *app.Plan) ([]faultLine, error) {
	var lines []faultLine
	for i := range plan.Guests {
		g := &plan.Guests[i]
		if !g.Taken() || len(lines) == faultsShown {
			continue
		}
		text, err := d.texts.Text("guests.stand.taken", templates.Data{"Same": g.Twin})
		if err != nil {
			return nil, err
		}
		lines = append(lines, faultLine{g.Row.Line, templates.Markup(text)})
	}
	return lines, nil
}

// correctionsShown is how many corrections the message itself names: each is
// somebody whom only their name says to be the same, so that all are to be seen.
const correctionsShown = 10

// correctionLines are the first rows that put the contact of a guest right.
func (d *Desk) correctionLines(plan *app.Plan) ([]faultLine, error) {
	var lines []faultLine
	for i := range plan.Guests {
		g := &plan.Guests[i]
		if g.Corrects == nil || len(lines) == correctionsShown {
			continue
		}
		text, err := d.texts.Text("guests.correction", correctionData(g))
		if err != nil {
			return nil, err
		}
		lines = append(lines, faultLine{g.Row.Line, templates.Markup(text)})
	}
	return lines, nil
}

// Remarked reports whether there is a row of which there is something to say.
func Remarked(list *guestlist.List, plan *app.Plan) bool {
	return slices.ContainsFunc(list.Rows, func(r guestlist.Row) bool { return len(r.Faults) > 0 || len(r.Notes) > 0 }) ||
		slices.ContainsFunc(plan.Guests, func(g app.PlannedGuest) bool { return standingKey(&g) != "" || g.HandleOnly })
}

func (d *Desk) faultsFile(ctx context.Context, t *Turn, st guestsState, list *guestlist.List, plan *app.Plan) (*channel.File, error) {
	var out bytes.Buffer
	if err := WriteGuestFaults(&out, d.texts, list, plan); err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(st.File, path.Ext(st.File))
	if name == "" {
		name = "daftar-tamu"
	}
	return d.keepFile(ctx, channel.File{Blob: "export/guests/faults/" + t.In.ID, Name: name + "-periksa.xlsx", MIME: mimeXLSX}, out.Bytes())
}

// WriteGuestFaults writes a list back as XLSX, in which each row says what is
// wrong with it, how it was understood, and whom it doubles.
func WriteGuestFaults(out *bytes.Buffer, texts *templates.Renderer, list *guestlist.List, plan *app.Plan) error {
	planned := make(map[int]*app.PlannedGuest, len(plan.Guests))
	for i := range plan.Guests {
		planned[plan.Guests[i].Row.Line] = &plan.Guests[i]
	}
	return list.WithFaults(out, texts.Label("guestcolumn", "faults"), func(r guestlist.Row) (string, error) {
		said, err := ExplainGuest(texts, r)
		if err != nil {
			return "", err
		}
		stands, err := explainStanding(texts, planned[r.Line])
		return strings.TrimSpace(said + " " + stands), err
	})
}

// ExplainGuest says what is wrong with a row, and how it was understood where
// that is not as it was written; "" where there is nothing to say.
func ExplainGuest(texts *templates.Renderer, r guestlist.Row) (string, error) {
	var out []string
	for _, f := range append(append([]guestlist.Fault{}, r.Faults...), r.Notes...) {
		s, err := guestFault(texts, f)
		if err != nil {
			return "", err
		}
		out = append(out, markup.Plain(s))
	}
	return strings.Join(out, " "), nil
}

// standingKey names the text for a row that is somebody whom we know; "" where
// there is nothing to say of it.
func standingKey(g *app.PlannedGuest) string {
	switch {
	case g.Taken():
		return "taken"
	case g.Corrects != nil:
		return "corrects"
	case g.Standing == app.StandsAlready:
		return "listed"
	case g.Twin == nil:
		return ""
	case g.Standing == app.StandsDoubt:
		return "doubt"
	case g.Twin.Other:
		return "renamed"
	}
	return ""
}

// explainStanding says whom a row doubles, and what comes of it; nil is a row
// that is not taken over.
func explainStanding(texts *templates.Renderer, g *app.PlannedGuest) (string, error) {
	if g == nil {
		return "", nil
	}
	var out []string
	say := func(key string) error {
		data := templates.Data{}
		if g.Corrects != nil {
			data = correctionData(g)
		}
		data["Same"], data["Completes"] = g.Twin, g.Completes
		s, err := texts.Text("guests.stand."+key, data)
		out = append(out, markup.Plain(s))
		return err
	}
	if key := standingKey(g); key != "" {
		if err := say(key); err != nil {
			return "", err
		}
	}
	if g.HandleOnly {
		if err := say("handle"); err != nil {
			return "", err
		}
	}
	return strings.Join(out, " "), nil
}

func guestFault(texts *templates.Renderer, f guestlist.Fault) (string, error) {
	nearest := f.Nearest
	if f.Kind == guestlist.UnknownAudience && nearest != "" {
		nearest = texts.Label("audience", nearest)
	}
	return texts.Text("guests.fault."+string(f.Kind), templates.Data{
		"Column": texts.Label("guestcolumn", string(f.Column)), "Cell": shorten(f.Cell, 60), "Nearest": nearest, "Line": f.Line,
	})
}

// importGuests is the yes: the list is read and compared once more, since the
// world may have moved on since the dry run.
func (d *Desk) importGuests(ctx context.Context, t *Turn, st guestsState) error {
	list, err := d.readGuestFile(ctx, st)
	if errors.Is(err, storage.ErrNotFound) { // cleaned up: the question stood for weeks
		st = guestsState{Phase: gsFile, EventID: st.EventID}
		return noteAgain(t, "guests.again", nil, func() error { return d.askGuests(ctx, t, st) })
	}
	if err != nil {
		return err
	}
	plan, err := d.app.CheckGuests(ctx, st.EventID, list.Rows)
	if err != nil {
		return err
	}
	done, err := d.app.ImportGuests(ctx, t.Actor(), plan)
	if err != nil {
		return err
	}
	data, err := d.dryRunData(st, list, plan)
	if err != nil {
		return err
	}
	data["Guests"], data["People"], data["Completed"] = done.Guests, done.People, done.Completed
	data["Corrected"] = done.Corrected
	t.Close()
	next := []choice{{t.Label("guests", "daftar"), "/undangan " + st.EventID + " daftar"}}
	if done.Corrected > 0 {
		next = append(next, choice{t.Label("sebar", "retry"), "/sebar ulangi"})
	}
	if plan.Counts[app.StandsDoubt] > 0 {
		next = append(next, choice{t.Label("guests", "ganda"), "/undangan " + st.EventID + " ganda"})
	}
	return t.Say("guests.imported", data, t.commands(next...))
}
