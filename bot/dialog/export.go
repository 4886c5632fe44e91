package dialog

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgExport = "export"

type exportPhase string

// Questions of /ekspor.
const (
	exAudience exportPhase = "audience"
	exStatus   exportPhase = "status"
	exDistrict exportPhase = "district"
	exFormat   exportPhase = "format"
)

type exportState struct {
	Phase   exportPhase      `json:"phase"`
	Tag     string           `json:"tag"`
	Filter  app.ExportFilter `json:"filter"`
	Status  string           `json:"status,omitempty"`  // one of exportStatuses
	Format  string           `json:"format,omitempty"`  // formatXLSX or formatCSV
	Offered []string         `json:"offered,omitempty"` // exDistrict: kecamatan that may be meant
}

// districtsOffered is how many kecamatan are offered; others are typed.
const districtsOffered = 6

const (
	formatXLSX = "xlsx"
	formatCSV  = "csv"
	everything = "semua"
)

// exportStatuses are the groups of states that staff ask for.
var exportStatuses = []string{everything, "terdaftar", "keputusan", "tunggu", "batal"}

// statusesOf is the states of a group; none chooses all.
func statusesOf(group string) []event.Status {
	switch group {
	case "terdaftar":
		return []event.Status{event.Confirmed}
	case "keputusan":
		return []event.Status{event.Pending, event.Reserve}
	case "tunggu":
		return []event.Status{event.Waiting, event.Offered, event.Lapsed}
	case "batal":
		return []event.Status{event.Cancelled, event.Declined}
	}
	return nil
}

// statusGroup reads a group of states.
func statusGroup(text string) string {
	switch event.Squeeze(text) {
	case "terdaftar", "diterima", "terima", "confirmed", "peserta", "aktif":
		return "terdaftar"
	case "keputusan", "pending", "kurasi", "menunggukeputusan", "cadangan":
		return "keputusan"
	case "tunggu", "menunggu", "daftartunggu", "antre", "antrean", "antrian":
		return "tunggu"
	case "batal", "dibatalkan", "ditolak", "tolak":
		return "batal"
	}
	return ""
}

// export is /ekspor [KODE] [jenis] [status] [kecamatan] [csv], and with the word
// konfirmasi the guests' answers.
func (d *Desk) export(ctx context.Context, t *Turn, args string) error {
	if t.In.Group {
		return t.Say("export.private", nil)
	}
	e, rest, err := d.eventFor(ctx, t, "ekspor", args)
	if e == nil || err != nil {
		return err
	}
	if event.Fold(unbar(rest)) == "surat" {
		return d.registerFile(ctx, t, e)
	}
	if word, more := cutWord(rest); slices.Contains([]string{"konfirmasi", "jawaban", "kehadiran"}, event.Fold(word)) {
		t.Close()
		return d.exportAnswersOf(ctx, t, e, unbar(more))
	}
	st := exportState{Filter: app.ExportFilter{EventID: e.ID}, Format: formatXLSX}
	if unbar(rest) == "" {
		st.Phase = exAudience
		return d.askExport(ctx, t, st)
	}
	place := st.takeWords(rest)
	if place == "" {
		return d.sendExport(ctx, t, st)
	}
	return d.takeDistrict(ctx, t, st, place, true)
}

// takeWords reads the filters of a one-line command; what is left over is
// the kecamatan.
func (st *exportState) takeWords(args string) (place string) {
	words := strings.Fields(strings.ReplaceAll(args, "|", " "))
	var rest []string
	for i := 0; i < len(words); i++ {
		two := ""
		if i+1 < len(words) {
			two = words[i] + " " + words[i+1]
		}
		switch w := words[i]; {
		case two != "" && audienceNamed(two) != "":
			st.Filter.Audience = audienceNamed(two)
			i++
		case two != "" && statusGroup(two) != "" && statusGroup(w) == "":
			st.Status = statusGroup(two)
			i++
		case audienceNamed(w) != "":
			st.Filter.Audience = audienceNamed(w)
		case statusGroup(w) != "":
			st.Status = statusGroup(w)
		case formatNamed(w) != "":
			st.Format = formatNamed(w)
		case event.Fold(w) == everything:
		default:
			rest = append(rest, w)
		}
	}
	st.Filter.Statuses = statusesOf(st.Status)
	return strings.Join(rest, " ")
}

func formatNamed(w string) string {
	switch event.Squeeze(w) {
	case "csv":
		return formatCSV
	case "xlsx", "xls", "excel", "exel", "spreadsheet":
		return formatXLSX
	}
	return ""
}

// takeDistrict reads the kecamatan; where it is not sure it offers what may
// be meant. oneLine sends the file at once, else the format is asked.
func (d *Desk) takeDistrict(ctx context.Context, t *Turn, st exportState, text string, oneLine bool) error {
	ask := func(key string) error {
		st.Phase, st.Tag = exDistrict, ""
		return noteAgain(t, key, templates.Data{"Text": text}, func() error { return d.askExport(ctx, t, st) })
	}
	m := understand.Kecamatan(text)
	switch {
	case m.Outside && len(m.Candidates) == 0:
		st.Filter.Outside = true
	case m.Sure && m.Kecamatan != "":
		st.Filter.Kecamatan = m.Kecamatan
	case len(m.Candidates) > 0:
		st.Offered = nil
		for _, p := range m.Candidates {
			st.Offered = append(st.Offered, p.Kecamatan)
		}
		return ask("export.meant")
	default:
		return ask("export.noplace")
	}
	if oneLine {
		return d.sendExport(ctx, t, st)
	}
	st.Phase, st.Tag = exFormat, ""
	return d.askExport(ctx, t, st)
}

func (d *Desk) exportAudiences(t *Turn) []choice {
	return append([]choice{{t.Label("export", "all"), everything}}, d.audienceChoices(t)...)
}

func (d *Desk) exportStatuses(t *Turn) []choice {
	var out []choice
	for _, s := range exportStatuses {
		out = append(out, choice{t.Label("exportstatus", s), s})
	}
	return out
}

func (d *Desk) exportDistricts(t *Turn, st exportState) []choice {
	var out []choice
	for _, k := range st.Offered {
		out = append(out, choice{k, k})
	}
	return append(out, choice{t.Label("export", "everywhere"), everything}, choice{t.Label("export", "outside"), app.OutsideName})
}

func (d *Desk) exportFormats(t *Turn) []choice {
	return []choice{{t.Label("export", formatXLSX), formatXLSX}, {t.Label("export", formatCSV), formatCSV}}
}

// askExport asks the question of st.Phase.
func (d *Desk) askExport(_ context.Context, t *Turn, st exportState) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "ex")
	}
	if err := t.Open(dlgExport, st); err != nil {
		return err
	}
	data := templates.Data{"EventID": st.Filter.EventID}
	switch st.Phase {
	case exAudience:
		return t.Say("export.ask.audience", data, t.choices(st.Tag, d.exportAudiences(t)...),
			t.commands(choice{t.Label("export", "atonce"), "/ekspor " + st.Filter.EventID + " " + everything}, choice{t.Label("surat", "list"), "/ekspor " + st.Filter.EventID + " surat"}))
	case exStatus:
		return t.Say("export.ask.status", data, t.choices(st.Tag, d.exportStatuses(t)...))
	case exDistrict:
		return t.Say("export.ask.district", data, t.choices(st.Tag, d.exportDistricts(t, st)...))
	}
	return t.Say("export.ask.format", data, t.choices(st.Tag, d.exportFormats(t)...))
}

func (d *Desk) exportStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "ekspor"); !ok {
		return err
	}
	var st exportState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askExport(ctx, t, st) })
	}
	switch {
	case t.Stale(st.Tag):
		return again("answer.stale")
	// Of the states "batal" is one of the answers.
	case leaving(t) && !(st.Phase == exStatus && t.In.Kind == channel.Press):
		t.Close()
		return t.Say("export.left", nil)
	case steers(t, understand.Back):
		return d.backExport(ctx, t, st)
	case t.In.Kind != channel.Text && t.In.Kind != channel.Press:
		return again("answer.choose")
	}
	switch st.Phase {
	case exAudience:
		v, ok := d.chosen(t, st.Tag, d.exportAudiences(t))
		if !ok {
			if v = string(audienceNamed(t.Text())); v == "" {
				return again("answer.choose")
			}
		}
		if st.Filter.Audience = event.Audience(v); v == everything {
			st.Filter.Audience = ""
		}
		st.Phase, st.Tag = exStatus, ""
		return d.askExport(ctx, t, st)
	case exStatus:
		v, ok := d.chosen(t, st.Tag, d.exportStatuses(t))
		if !ok {
			if v = statusGroup(t.Text()); v == "" {
				return again("answer.choose")
			}
		}
		st.Status, st.Filter.Statuses = v, statusesOf(v)
		st.Phase, st.Tag = exDistrict, ""
		offered, err := d.app.DistrictsOf(ctx, st.Filter, districtsOffered)
		if err != nil {
			return err
		}
		st.Offered = offered
		return d.askExport(ctx, t, st)
	case exDistrict:
		return d.onDistrict(ctx, t, st)
	}
	v, ok := d.chosen(t, st.Tag, d.exportFormats(t))
	if !ok {
		if v = formatNamed(t.Text()); v == "" {
			return again("answer.choose")
		}
	}
	st.Format = v
	return d.sendExport(ctx, t, st)
}

func (d *Desk) backExport(ctx context.Context, t *Turn, st exportState) error {
	st.Tag = ""
	switch st.Phase {
	case exFormat:
		st.Phase, st.Filter.Kecamatan, st.Filter.Outside = exDistrict, "", false
	case exDistrict:
		st.Phase = exStatus
	default:
		st.Phase = exAudience
	}
	return d.askExport(ctx, t, st)
}

func (d *Desk) onDistrict(ctx context.Context, t *Turn, st exportState) error {
	v, ok := d.chosen(t, st.Tag, d.exportDistricts(t, st))
	if !ok {
		return d.takeDistrict(ctx, t, st, t.Text(), false)
	}
	st.Filter.Kecamatan, st.Filter.Outside = "", v == app.OutsideName
	if v != everything && v != app.OutsideName {
		st.Filter.Kecamatan = v
	}
	st.Phase, st.Tag = exFormat, ""
	return d.askExport(ctx, t, st)
}

// sendExport makes the file and sends it in private. Personal data leave the
// program with it, so it is recorded.
func (d *Desk) sendExport(ctx context.Context, t *Turn, st exportState) error {
	t.Close()
	e, err := d.app.Event(ctx, st.Filter.EventID)
	if err != nil {
		return err
	}
	byAudience, total, err := d.app.CountExport(ctx, st.Filter)
	if err != nil {
		return err
	}
	data := templates.Data{
		"Event": e, "Filter": st.Filter, "Status": st.Status, "Rows": total, "At": d.app.Now(),
		"Format": st.Format, "MB": storage.MaxBlob >> 20,
	}
	if total == 0 {
		return t.Say("export.empty", data, t.commands(choice{t.Label("export", "again"), "/ekspor " + e.ID}))
	}
	table, err := d.exportFile(ctx, t, st, byAudience)
	if err != nil {
		return err
	}
	if len(table) > storage.MaxBlob {
		return t.Say("export.large", data, t.commands(choice{t.Label("export", "again"), "/ekspor " + e.ID}))
	}
	f := channel.File{Blob: "export/" + t.In.ID, Name: exportName(e, st, d.app.Now()), MIME: mimeXLSX}
	if st.Format == formatCSV {
		f.MIME = "text/csv"
	}
	file, err := d.keepFile(ctx, f, table)
	if err != nil {
		return err
	}
	if err := d.app.RecordExport(ctx, t.Actor(), st.Filter, st.Format, total); err != nil {
		return err
	}
	_, err = t.SayPrivately("export.done", data, withFile(file))
	return err
}

func (d *Desk) exportFile(ctx context.Context, t *Turn, st exportState, byAudience map[event.Audience]int) ([]byte, error) {
	var out bytes.Buffer
	if st.Format == formatCSV {
		err := d.writeCSV(ctx, t, &out, st.Filter, byAudience)
		return out.Bytes(), err
	}
	err := d.writeWorkbook(ctx, t, &out, st.Filter, byAudience)
	return out.Bytes(), err
}
