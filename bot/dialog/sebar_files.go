package dialog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// What may go along with invitations, as sendState.Attach names it. A letter
// is attachLetter and its code.
const (
	attachLetter   = "surat:"
	attachPoster   = "poster"
	attachCalendar = "kalender"
)

// attachable are the things that may go along: invitations that came back
// signed and are for all of the audiences, the poster, the calendar entry.
func (d *Desk) attachable(ctx context.Context, t *Turn, e *event.Event, st sendState) ([]choice, error) {
	all, err := d.app.Register(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	var list []choice
	for _, l := range all {
		covers := !slices.ContainsFunc(st.Audiences, func(a event.Audience) bool { return !slices.Contains(l.Audiences, a) })
		if l.Kind == storage.LetterInvitation && l.Status == storage.LetterSigned && covers {
			list = append(list, choice{d.letterTitle(t, l), attachLetter + l.ID})
		}
	}
	list = list[max(0, len(list)-4):]
	registers := slices.ContainsFunc(st.Audiences, func(a event.Audience) bool { return slices.Contains(event.Registrable(), a) })
	if registers && d.deepLink("daftar") != "" {
		list = append(list, choice{t.Label("attach", attachPoster), attachPoster})
	}
	return append(list, choice{t.Label("attach", attachCalendar), attachCalendar}), nil
}

func (d *Desk) letterTitle(t *Turn, l *storage.Letter) string {
	if l.PerPerson {
		return t.Label("attach", "own") + " " + l.ID
	}
	return shorten(t.Label("attach", "letter")+" "+l.Number, 40)
}

// readAttach reads "surat, poster, ics" or numbers of the list. "tanpa" is
// nothing.
func readAttach(text string, list []choice) (out []string, ok bool) {
	if slices.Contains([]string{"tanpa", "tidak ada", "tidak", "kosong", "tanpa lampiran"}, event.Fold(text)) {
		return nil, true
	}
	values := make([]string, len(list))
	for i, c := range list {
		values[i] = c.value
	}
	if auds, ok := numbered(text, values); ok {
		return auds, true
	}
	for _, w := range strings.FieldsFunc(event.Fold(text), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;&+", r) }) {
		want := ""
		switch w {
		case "dan", "beserta":
			continue
		case "surat", "undangan", "pdf":
			want = attachLetter
		case "poster", "gambar":
			want = attachPoster
		case "ics", "kalender", "jadwal":
			want = attachCalendar
		default:
			want = attachLetter + w // a letter's code
		}
		// Of several letters "surat" is the latest.
		i := -1
		for k, v := range values {
			if v == want || want == attachLetter && strings.HasPrefix(v, attachLetter) {
				i = k
			}
		}
		if i < 0 {
			return nil, false
		}
		if !slices.Contains(out, values[i]) {
			out = append(out, values[i])
		}
	}
	return out, len(out) > 0
}

// attachNames are the things chosen, in words.
func attachNames(chosen []string, list []choice) []string {
	var names []string
	for _, c := range list {
		if slices.Contains(chosen, c.value) {
			names = append(names, c.label)
		}
	}
	return names
}

// askFiles asks what goes along. Buttons choose and choose off again; what is
// typed is the whole answer.
func (d *Desk) askFiles(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	list, err := d.attachable(ctx, t, e, st)
	if err != nil {
		return err
	}
	st.Phase, st.Tag = sdFiles, tagHere(t, "sd")
	if err := t.Open(dlgSend, st); err != nil {
		return err
	}
	names := attachNames(st.Attach, list)
	letters := slices.ContainsFunc(list, func(c choice) bool { return strings.HasPrefix(c.value, attachLetter) })
	for i, c := range list {
		if slices.Contains(st.Attach, c.value) && t.Caps.Buttons {
			list[i].label = "✓ " + c.label
		}
	}
	if t.Caps.Buttons {
		list = append(list, choice{t.Label("sebar", "next"), "lanjut"})
	}
	return t.Say("sebar.ask.files", templates.Data{"Chosen": names, "Letters": letters, "Plain": !t.Caps.Buttons}, t.choices(st.Tag, list...), replyHint())
}

func (d *Desk) onFiles(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	list, err := d.attachable(ctx, t, e, st)
	if err != nil {
		return err
	}
	if _, v, pressed := t.Pressed(); pressed {
		if v == "lanjut" {
			return d.draftSending(ctx, t, e, st)
		}
		if !slices.ContainsFunc(list, func(c choice) bool { return c.value == v }) {
			return noteAgain(t, "answer.stale", nil, func() error { return d.askFiles(ctx, t, e, st) })
		}
		if i := slices.Index(st.Attach, v); i >= 0 {
			st.Attach = slices.Delete(st.Attach, i, i+1)
		} else {
			st.Attach = append(st.Attach, v)
		}
		return d.askFiles(ctx, t, e, st)
	}
	chosen, ok := readAttach(t.Text(), list)
	if !ok {
		return noteAgain(t, "sebar.bad.files", nil, func() error { return d.askFiles(ctx, t, e, st) })
	}
	st.Attach = chosen
	return d.draftSending(ctx, t, e, st)
}

// withoutLetter counts the guests of the letter that goes along who are not in
// its annex, or whose own one is not signed.
func (d *Desk) withoutLetter(ctx context.Context, st sendState) (int, error) {
	for _, what := range st.Attach {
		id, isLetter := strings.CutPrefix(what, attachLetter)
		if !isLetter {
			continue
		}
		l, err := d.app.Letter(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		guests, err := d.app.Annexed(ctx, l)
		if err != nil {
			return 0, err
		}
		with := l.Names
		if l.PerPerson {
			parts, err := d.app.SigningOf(ctx, l.ID)
			if err != nil {
				return 0, err
			}
			with = parts.Signed
		}
		return max(0, len(guests)-with), nil
	}
	return 0, nil
}

// attachments are the files that go along with a broadcast.
type attachments struct {
	files   []channel.File
	posters map[string]channel.File
	letter  string
}

// makeAttachments makes the files of what was chosen. They bear the
// broadcast's ID, so that a message that is handled again makes the same.
func (d *Desk) makeAttachments(ctx context.Context, e *event.Event, st sendState) (a attachments, err error) {
	for _, what := range st.Attach {
		id, isLetter := strings.CutPrefix(what, attachLetter)
		switch {
		case isLetter:
			l, err := d.app.Letter(ctx, id)
			if errors.Is(err, storage.ErrNotFound) || err == nil && l.Status != storage.LetterSigned {
				continue // cancelled since
			}
			if err != nil {
				return a, err
			}
			a.letter = l.ID
			if !l.PerPerson {
				a.files = append([]channel.File{l.SignedFile(letterName(l))}, a.files...)
			}
		case what == attachPoster:
			a.posters = map[string]channel.File{}
			for _, aud := range st.Audiences {
				ways := d.waysIn("daftar_" + string(aud))
				if len(ways) == 0 || !slices.Contains(event.Registrable(), aud) {
					continue
				}
				png, err := d.poster(e, aud, ways)
				if err != nil {
					return a, err
				}
				f, err := d.keepFile(ctx, channel.File{Blob: "broadcast/" + st.Broadcast + "/" + string(aud) + ".png", Name: posterName(e, aud), MIME: "image/png", Photo: true}, png)
				if err != nil {
					return a, err
				}
				a.posters[string(aud)] = *f
			}
		case what == attachCalendar:
			f, err := d.eventCalendar(ctx, e, "broadcast/"+st.Broadcast+"/acara.ics")
			if err != nil {
				return a, err
			}
			a.files = append(a.files, *f)
		}
	}
	return a, nil
}

// eventCalendar is the event as a calendar entry for guests without a
// registration of their own.
func (d *Desk) eventCalendar(ctx context.Context, e *event.Event, blob string) (*channel.File, error) {
	summary, err := d.texts.Text("calendar.summary", templates.Data{"Event": e})
	if err != nil {
		return nil, err
	}
	description, err := d.texts.Text("calendar.invited", templates.Data{"Event": e})
	if err != nil {
		return nil, err
	}
	ics, err := report.Calendar(report.EventView{
		UID: e.ID + "@emileku", Sequence: e.Schedule, Title: markup.Plain(summary), Description: markup.Plain(description), Start: e.Start,
		Place: e.Place, URL: e.MapURL, Stamp: e.UpdatedAt, Cancelled: e.Status == event.EventCancelled,
	})
	if err != nil {
		return nil, err
	}
	return d.keepFile(ctx, channel.File{Blob: blob, Name: e.ID + ".ics", MIME: "text/calendar"}, ics)
}

// Attachments are the files that go along with one guest's invitation, the
// letter first: their own where one was made per person. A letter that was
// cancelled since stays behind.
//
// Strangers on WhatsApp are not asked for here: a first contact there is text
// alone (DESIGN 6), and these follow the reply.
func (d *Desk) Attachments(ctx context.Context, b *storage.Broadcast, g *event.Participation, via channel.Name) ([]channel.File, error) {
	var out []channel.File
	valid := b.LetterID == ""
	if !valid {
		l, err := d.app.Letter(ctx, b.LetterID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		valid = err == nil && l.Status == storage.LetterSigned
		if valid && l.PerPerson {
			own, err := d.app.GuestLetter(ctx, l.ID, g.PersonID)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return nil, err
			}
			if err == nil && own.Status == storage.LetterSigned {
				out = append(out, own.SignedFile(letterName(own)))
			}
		}
	}
	for _, f := range b.Files {
		switch {
		case strings.HasPrefix(f.Blob, "letter/") && !valid:
		case f.MIME == "text/calendar" && via == channel.Email: // e-mails carry the entry by themselves
		default:
			out = append(out, f)
		}
	}
	if f, ok := b.Posters[string(g.Audience)]; ok {
		out = append(out, f)
	}
	return out, nil
}

// testFiles sends what goes along to whoever tries an invitation out.
func (d *Desk) testFiles(ctx context.Context, t *Turn, e *event.Event, st sendState, to channel.Chat, g *event.Participation) error {
	along, err := d.makeAttachments(ctx, e, st)
	if err != nil {
		return err
	}
	b := &storage.Broadcast{ID: st.Broadcast, EventID: e.ID, Files: along.files, Posters: along.posters, LetterID: along.letter}
	files, err := d.Attachments(ctx, b, g, to.Channel)
	for _, f := range files {
		t.add(to, channel.Outbound{File: &f})
	}
	return err
}

// fileNames are the files of a broadcast, for whoever approves it.
func (d *Desk) fileNames(b *storage.Broadcast) []string {
	var names []string
	isLetter := func(f channel.File) bool { return strings.HasPrefix(f.Blob, "letter/") }
	if b.LetterID != "" && !slices.ContainsFunc(b.Files, isLetter) {
		names = append(names, d.texts.Label("attach", "own"))
	}
	for _, f := range b.Files {
		names = append(names, f.Name)
	}
	for _, aud := range event.Registrable() {
		if f, ok := b.Posters[string(aud)]; ok {
			names = append(names, f.Name)
		}
	}
	return names
}
