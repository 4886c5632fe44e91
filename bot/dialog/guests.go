package dialog

import (
	"bytes"
	"context"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgGuests = "guests"

type guestsPhase string

// Questions of /undangan.
const (
	gsMenu     guestsPhase = "menu"
	gsFile     guestsPhase = "file"     // the list, as a document
	gsAudience guestsPhase = "audience" // which audience a list without that column is of
	gsSure     guestsPhase = "sure"     // take it over?
	gsEarlier  guestsPhase = "earlier"  // earlier guests of which audience
	gsPick     guestsPhase = "pick"     // which of them
	gsInvite   guestsPhase = "invite"   // put them on the list?
	gsDouble   guestsPhase = "double"   // are these two one?
	gsAdd      guestsPhase = "add"      // one guest in one line

	gsAddMissing guestsPhase = "addmissing" // what is missing of that guest, or wrong
	gsAddSame    guestsPhase = "addsame"    // is that the guest whose contact leads nowhere?

	gsStop      guestsPhase = "stop"      // who is not written to any more?
	gsStopWhich guestsPhase = "stopwhich" // which of several of that name?

	gsRemove      guestsPhase = "remove"      // who comes off the list?
	gsRemoveWhich guestsPhase = "removewhich" // which of several of that name?
	gsRemoveSure  guestsPhase = "removesure"  // take them off?
)

type guestsState struct {
	Phase    guestsPhase                 `json:"phase"`
	Tag      string                      `json:"tag"`
	EventID  string                      `json:"eventId"`
	Blob     string                      `json:"blob,omitempty"` // gsAudience, gsSure: the list
	File     string                      `json:"file,omitempty"` // its name
	Audience event.Audience              `json:"audience,omitempty"`
	Keep     string                      `json:"keep,omitempty"` // gsDouble: the pair that is shown
	Other    string                      `json:"other,omitempty"`
	Skipped  []string                    `json:"skipped,omitempty"` // pairs passed over
	Cells    map[guestlist.Column]string `json:"cells,omitempty"`   // gsAddMissing, gsAddSame: what was typed
	Missing  guestlist.Column            `json:"missing,omitempty"` // and which cell is asked for
	From     int                         `json:"from,omitempty"`    // gsPick: how many were listed before
	Pick     earlierPick                 `json:"pick,omitzero"`     // gsInvite: which of them
	Resume   bool                        `json:"resume,omitempty"`  // gsStop: they may be written to again
	Guests   []string                    `json:"guests,omitempty"`  // gsStopWhich, gsRemoveWhich: participation IDs, as numbered; gsRemoveSure: who
}

// guestVerbs are what /undangan can do, in the order of its menu.
var guestVerbs = []string{"impor", "contoh", "tambah", "daftar", "lama", "ganda", "status", "berhenti", "hapus"}

// privateVerbs show or take phone numbers.
var privateVerbs = map[string]bool{"impor": true, "tambah": true, "ganda": true}

// guests is /undangan [KODE] [impor|contoh|tambah|daftar|lama|ganda|status|berhenti|hapus].
func (d *Desk) guests(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "undangan", args)
	if e == nil || err != nil {
		return err
	}
	verb, rest := cutWord(rest)
	known := guestVerb(verb)
	if known == "" && verb != "" && audienceIn(strings.TrimSpace(verb+" "+rest)) == "" {
		return d.usage(t, "undangan", verb, func() error { return d.guestVerb(ctx, t, e, "", "") })
	}
	return d.guestVerb(ctx, t, e, known, unbar(rest))
}

func guestVerb(word string) string {
	switch w := event.Squeeze(word); w {
	case "import", "impor", "unggah", "upload":
		return "impor"
	case "contoh", "sample", "format", "templat", "template":
		return "contoh"
	case "tambah", "baru":
		return "tambah"
	case "daftar", "list", "tamu":
		return "daftar"
	case "lama", "terdahulu", "sebelumnya":
		return "lama"
	case "ganda", "dobel", "duplikat", "gabung":
		return "ganda"
	case "status":
		return "status"
	case "berhenti", "stop":
		return "berhenti"
	case "kirimi":
		return "kirimi"
	case "hapus", "keluarkan", "buang":
		return "hapus"
	}
	return ""
}

func (d *Desk) guestVerb(ctx context.Context, t *Turn, e *event.Event, verb, rest string) error {
	if t.In.Group && privateVerbs[verb] {
		t.Close()
		return t.Say("guests.private", templates.Data{"Command": "/undangan " + verb})
	}
	st := guestsState{EventID: e.ID}
	switch verb {
	case "impor":
		st.Phase, st.Audience = gsFile, audienceIn(rest)
		if t.In.Kind == channel.Document {
			return d.takeGuestFile(ctx, t, st)
		}
	case "contoh":
		return d.sendGuestSample(ctx, t)
	case "tambah":
		if rest != "" {
			return d.addGuest(ctx, t, st, rest)
		}
		st.Phase = gsAdd
	case "daftar":
		return d.listGuests(ctx, t, e)
	case "lama":
		return d.earlier(ctx, t, st, rest)
	case "ganda":
		return d.nextDouble(ctx, t, st)
	case "berhenti", "kirimi":
		st.Resume = verb == "kirimi"
		return d.pickGuest(ctx, t, st, d.stopping(), rest)
	case "hapus":
		return d.pickGuest(ctx, t, st, d.removing(), rest)
	case "status":
		t.Close()
		return d.invitationStatus(ctx, t, e.ID)
	default:
		st.Phase = gsMenu
		if aud := audienceIn(strings.TrimSpace(verb + " " + rest)); aud == "" && rest != "" {
			return noteAgain(t, "guests.verb", nil, func() error { return d.askGuests(ctx, t, st) })
		}
	}
	return d.askGuests(ctx, t, st)
}

// audienceIn reads an audience, officials too.
func audienceIn(text string) event.Audience {
	aud, _ := guestlist.ReadAudience(text)
	return aud
}

// everyAudience lists all audiences: officials are invited, too.
func everyAudience() []event.Audience {
	return []event.Audience{event.Official, event.Koperasi, event.UKM, event.Performer, event.Public}
}

func guestAudiences(t *Turn) []choice {
	var out []choice
	for _, a := range everyAudience() {
		out = append(out, choice{t.Label("audience", string(a)), string(a)})
	}
	return out
}

func (d *Desk) guestMenu(t *Turn) []choice {
	var out []choice
	for _, v := range guestVerbs {
		out = append(out, choice{t.Label("guests", v), v})
	}
	return out
}

// audienceLine is how many guests an audience has.
type audienceLine struct {
	Audience event.Audience
	N        int
}

func audienceLines(by map[event.Audience]int) []audienceLine {
	var out []audienceLine
	for _, a := range everyAudience() {
		if by[a] > 0 {
			out = append(out, audienceLine{a, by[a]})
		}
	}
	return out
}

// askGuests asks the question of st.Phase.
func (d *Desk) askGuests(ctx context.Context, t *Turn, st guestsState) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "gs")
	}
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	data := templates.Data{"Event": e, "Audience": st.Audience, "MB": guestlist.MaxBytes >> 20, "Rows": guestlist.MaxRows}
	switch st.Phase {
	case gsDouble:
		return d.nextDouble(ctx, t, st)
	case gsFile:
		return t.Say("guests.ask.file", data, t.choices(st.Tag, choice{t.Label("guests", "contoh"), "contoh"}, choice{t.Label("staff", "leave"), leave}))
	case gsAudience:
		return t.Say("guests.ask.audience", data, t.choices(st.Tag, guestAudiences(t)...))
	case gsEarlier:
		return t.Say("guests.ask.earlier", data, t.choices(st.Tag, guestAudiences(t)...), replyHint())
	case gsAdd:
		return t.Say("guests.ask.add", data)
	case gsAddMissing:
		return d.askMissing(t, st, guestlist.One(st.Cells).Faults[0])
	case gsAddSame:
		return d.addGuestCells(ctx, t, st, st.Cells)
	case gsStop, gsStopWhich:
		return t.Say("guests.ask.stop", data)
	case gsPick:
		return d.offerEarlier(ctx, t, st)
	case gsRemove, gsRemoveWhich:
		return t.Say("guests.ask.remove", data, replyHint())
	case gsRemoveSure:
		g, err := d.app.Store().Participations().Get(ctx, st.Guests[0])
		if err != nil {
			return err
		}
		return t.Say("guests.remove", templates.Data{"P": g, "EventID": g.EventID}, t.choices(st.Tag, d.sure(t)...), replyHint())
	case gsSure, gsInvite:
		return t.Say("guests.ask.sure", data, t.choices(st.Tag, d.sure(t)...))
	}
	by, total, err := d.app.GuestCounts(ctx, e.ID)
	if err != nil {
		return err
	}
	data["Lines"], data["Total"] = audienceLines(by), total
	return t.Say("guests.menu", data, t.choices(st.Tag, d.guestMenu(t)...), replyHint())
}

func (d *Desk) guestsStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "undangan"); !ok {
		return err
	}
	var st guestsState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askGuests(ctx, t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "guests.left", again: again}); !ok {
		return err
	}
	switch {
	case t.In.Kind == channel.Document && !t.In.Group && (st.Phase == gsMenu || st.Phase == gsFile || st.Phase == gsAudience || st.Phase == gsSure):
		st.Blob, st.File, st.Tag = "", "", ""
		return d.takeGuestFile(ctx, t, st) // the list, or a mended one
	case st.Phase == gsFile && t.In.Kind == channel.Photo:
		return again("guests.notfile")
	case t.In.Kind != channel.Text && (st.Phase == gsAdd || st.Phase == gsAddMissing && st.Missing != guestlist.Audience):
		return again("event.bad.kind")
	case t.In.Kind != channel.Text && t.In.Kind != channel.Press:
		return again("answer.choose")
	}
	return d.guestsAnswer(ctx, t, st, again)
}

func (d *Desk) guestsAnswer(ctx context.Context, t *Turn, st guestsState, again func(string) error) error {
	switch st.Phase {
	case gsFile:
		if guestVerb(t.Text()) == "contoh" || t.Text() == "1" {
			return d.sendGuestSample(ctx, t)
		}
		if t.Text() == "2" || event.Fold(t.Text()) == "tidak" {
			t.Close()
			return t.Say("guests.left", nil)
		}
		return again("guests.notfile")
	case gsAudience, gsEarlier:
		v, ok := d.chosen(t, st.Tag, guestAudiences(t))
		if !ok {
			v = string(audienceIn(t.Text()))
		}
		if v == "" {
			return again("answer.choose")
		}
		if st.Audience, st.Tag = event.Audience(v), ""; st.Phase == gsEarlier {
			return d.offerEarlier(ctx, t, st)
		}
		return d.checkGuestFile(ctx, t, st)
	case gsSure, gsInvite:
		yes, sure := d.yesNo(t, st.Tag)
		switch {
		case !sure:
			return again("staff.yesno")
		case !yes:
			t.Close()
			return t.Say("guests.left", nil)
		case st.Phase == gsInvite:
			return d.inviteEarlier(ctx, t, st)
		}
		return d.importGuests(ctx, t, st)
	case gsPick:
		all, err := d.app.EarlierGuests(ctx, st.EventID, st.Audience)
		if err != nil {
			return err
		}
		return d.pickEarlier(ctx, t, st, all, t.Text())
	case gsStop:
		return d.pickGuest(ctx, t, st, d.stopping(), t.Text())
	case gsStopWhich:
		return d.onPickWhich(ctx, t, st, d.stopping())
	case gsRemove:
		return d.pickGuest(ctx, t, st, d.removing(), t.Text())
	case gsRemoveWhich:
		return d.onPickWhich(ctx, t, st, d.removing())
	case gsRemoveSure:
		return d.onRemoveSure(ctx, t, st, again)
	case gsDouble:
		return d.onDouble(ctx, t, st)
	case gsAdd:
		return d.addGuest(ctx, t, st, t.Text())
	case gsAddMissing:
		return d.addMissing(ctx, t, st)
	case gsAddSame:
		return d.onAddSame(ctx, t, st, again)
	}
	v, ok := d.chosen(t, st.Tag, d.guestMenu(t))
	if !ok {
		word, _ := cutWord(t.Text())
		if v = guestVerb(word); v == "" {
			return again("answer.choose")
		}
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	return d.guestVerb(ctx, t, e, v, "")
}

// sendGuestSample sends the empty list; a question that stands stays.
func (d *Desk) sendGuestSample(ctx context.Context, t *Turn) error {
	var out bytes.Buffer
	texts, err := sampleTexts(d.texts)
	if err != nil {
		return err
	}
	if err := guestlist.Sample(&out, texts); err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "export/guests/sample/" + t.In.ID, Name: "contoh-daftar-tamu.xlsx", MIME: mimeXLSX}, out.Bytes())
	if err != nil {
		return err
	}
	return t.Say("guests.sample", nil, withFile(file))
}

// sampleTexts are the words of the sample, from the templates.
func sampleTexts(texts *templates.Renderer) (guestlist.SampleTexts, error) {
	s := guestlist.SampleTexts{
		Sheet: texts.Label("guestsample", "sheet"), Guide: texts.Label("guestsample", "guide"),
		Heads:  [3]string{texts.Label("guestsample", "column"), texts.Label("guestsample", "hint"), texts.Label("guestsample", "example")},
		Choose: [2]string{texts.Label("guestsample", "choose"), texts.Label("guestsample", "choosetext")},
		Titles: map[guestlist.Column]string{}, Hints: map[guestlist.Column]string{}, Examples: map[guestlist.Column]string{},
	}
	for _, c := range guestlist.Columns() {
		s.Titles[c] = texts.Label("guestcolumn", string(c))
		s.Hints[c] = texts.Label("guesthint", string(c))
		s.Examples[c] = texts.Label("guestexample", string(c))
	}
	for _, a := range everyAudience() {
		s.Audiences = append(s.Audiences, string(a))
	}
	notes, err := texts.Text("guests.samplenotes", nil)
	s.Notes = strings.Split(markup.Plain(notes), "\n")
	return s, err
}

// listGuests is /undangan daftar: numbers in the group, the list in private.
func (d *Desk) listGuests(ctx context.Context, t *Turn, e *event.Event) error {
	t.Close()
	by, total, err := d.app.GuestCounts(ctx, e.ID)
	if err != nil {
		return err
	}
	data := templates.Data{"Event": e, "Lines": audienceLines(by), "Total": total, "Private": !t.In.Group, "At": d.app.Now()}
	if t.In.Group || total == 0 {
		return t.Say("guests.list", data)
	}
	var out bytes.Buffer
	if err := report.Workbook(&out, []report.Sheet{d.guestSheet(ctx, t, e.ID)}); err != nil {
		return err
	}
	if out.Len() > storage.MaxBlob {
		return t.Say("guests.large", data)
	}
	name := e.ID + "-tamu-" + d.app.Now().In(event.Jakarta).Format("20060102") + ".xlsx"
	file, err := d.keepFile(ctx, channel.File{Blob: "export/" + t.In.ID, Name: name, MIME: mimeXLSX}, out.Bytes())
	if err != nil {
		return err
	}
	// Personal data leave the program with it.
	if err := d.app.RecordExport(ctx, t.Actor(), app.ExportFilter{EventID: e.ID}, "undangan xlsx", total); err != nil {
		return err
	}
	return t.Say("guests.list", data, withFile(file))
}

// guestSheet has the columns of the sample, so that it can be mended and
// imported again, and the answer.
func (d *Desk) guestSheet(ctx context.Context, t *Turn, eventID string) report.Sheet {
	s := report.Sheet{Name: t.Label("guestsample", "sheet")}
	for _, c := range guestlist.Columns() {
		s.Columns = append(s.Columns, report.Column{Title: t.Label("guestcolumn", string(c))})
	}
	s.Columns = append(s.Columns,
		report.Column{Title: t.Label("guestcolumn", "answer")}, report.Column{Title: t.Label("guestcolumn", "heads"), Kind: report.Int},
		report.Column{Title: t.Label("guestcolumn", "invited"), Kind: report.Clock})
	s.Rows = func(yield func([]any, error) bool) {
		err := d.app.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID}, func(p *event.Participation) error {
			row := []any{
				p.Name, string(p.Audience), p.Organisation, p.Position, p.Salutation, understand.FormatPhone(p.Phone), p.Telegram, p.Email, p.Kecamatan,
				t.Label("guestanswer", string(p.Reply.Answer)), nil, nil,
			}
			if p.Reply.Comes() {
				row[10] = max(1, p.Reply.Heads)
			}
			if p.InvitedAt != nil {
				row[11] = *p.InvitedAt
			}
			if !yield(row, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && err != errEnough { //nolint:errorlint // our own, never wrapped
			yield(nil, err)
		}
	}
	return s
}
