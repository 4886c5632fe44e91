package dialog

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// Parts of a draft that can be changed.
const (
	lcSubject = "hal"
	lcNature  = "sifat"
	lcTo      = "kepada"
	lcBody    = "isi"
)

// letterFields are the parts of a kind that can be changed.
func letterFields(l *storage.Letter) []string {
	switch l.Kind {
	case storage.LetterGeneral:
		return []string{lcSubject, lcNature, lcTo, lcBody}
	case storage.LetterPermit:
		return []string{lcSubject, lcNature, lcTo}
	case storage.LetterDecree:
		return []string{lcSubject}
	case storage.LetterInvitation:
	}
	return []string{lcSubject, lcNature}
}

func (d *Desk) letterFieldChoices(t *Turn, l *storage.Letter) []choice {
	var list []choice
	for _, f := range letterFields(l) {
		list = append(list, choice{t.Label("letterfield", f), f})
	}
	return list
}

// changeLetter is /surat ubah KODE [hal nilai].
func (d *Desk) changeLetter(ctx context.Context, t *Turn, l *storage.Letter, rest string) error {
	if l.Status != storage.LetterDraft {
		return t.Say("surat.state", templates.Data{"L": l})
	}
	field, value := cutWord(rest)
	field, value = event.Fold(field), unbar(value)
	st := letterState{Phase: lpChange, Tag: tagHere(t, "sr"), EventID: l.EventID, Letter: l.ID}
	if slices.Contains(letterFields(l), field) {
		st.Phase, st.Field = lpValue, field
		if value == "" {
			return d.askChangeValue(t, st, l)
		}
		return d.onLetterValue(ctx, t, st, l, value)
	}
	if err := t.Open(dlgLetter, st); err != nil {
		return err
	}
	return t.Say("surat.ask.field", nil, t.choices(st.Tag, d.letterFieldChoices(t, l)...), replyHint())
}

func (d *Desk) onLetterField(ctx context.Context, t *Turn, st letterState, l *storage.Letter) error {
	v, ok := d.chosen(t, st.Tag, d.letterFieldChoices(t, l))
	if !ok {
		return noteAgain(t, "answer.choose", nil, func() error { return d.changeLetter(ctx, t, l, "") })
	}
	st.Phase, st.Field = lpValue, v
	return d.askChangeValue(t, st, l)
}

func (d *Desk) askChangeValue(t *Turn, st letterState, l *storage.Letter) error {
	st.Tag = tagHere(t, "sr")
	if err := t.Open(dlgLetter, st); err != nil {
		return err
	}
	old := map[string]string{lcSubject: l.Subject, lcNature: l.Nature, lcTo: strings.Join(l.To, "\n"), lcBody: l.Body}[st.Field]
	return t.Say("surat.ask.value", templates.Data{"Field": st.Field, "Old": old}, d.stopButton(t, st.Tag), replyHint())
}

func (d *Desk) onLetterValue(ctx context.Context, t *Turn, st letterState, l *storage.Letter, text string) error {
	again := func(key string, data templates.Data) error {
		return noteAgain(t, key, data, func() error { return d.askChangeValue(t, st, l) })
	}
	line, badLine := letterLine(text)
	lines, badLines := letterLines(text)
	switch {
	case (st.Field == lcSubject || st.Field == lcNature) && badLine:
		return again("surat.bad.line", templates.Data{"Max": maxLetterLine, "Example": "Undangan"})
	case st.Field == lcTo && badLines:
		return again("surat.bad.to", nil)
	case st.Field == lcBody && utf8.RuneCountInString(text) > maxLetterBody:
		return again("surat.bad.body", templates.Data{"Max": maxLetterBody})
	}
	now, err := d.app.EditLetter(ctx, t.Actor(), l.ID, func(l *storage.Letter) {
		switch st.Field {
		case lcSubject:
			l.Subject = line
		case lcNature:
			l.Nature = line
		case lcTo:
			l.To = lines
		case lcBody:
			l.Body = strings.TrimSpace(text)
		}
	})
	if errors.Is(err, app.ErrLetterState) {
		t.Close()
		return t.Say("surat.state", templates.Data{"L": l})
	}
	if err != nil {
		return err
	}
	return d.sayLetter(ctx, t, now)
}

// registerShown is how many letters the register shows in chat, the latest.
const registerShown = 30

// letterRegister is /surat daftar [excel].
func (d *Desk) letterRegister(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "surat daftar", args)
	if e == nil || err != nil {
		return err
	}
	t.Close()
	if formatNamed(rest) != "" || event.Fold(rest) == "unduh" {
		return d.registerFile(ctx, t, e)
	}
	all, err := d.app.Register(ctx, e.ID)
	if err != nil {
		return err
	}
	shown := all[max(0, len(all)-registerShown):]
	return t.Say("surat.register", templates.Data{"Event": e, "List": shown, "More": len(all) - len(shown)}, t.commands(
		choice{t.Label("surat", "excel"), "/surat daftar " + e.ID + " excel"}, choice{t.Label("surat", "new"), "/surat baru"}))
}

// registerFile is the register as a spreadsheet, with the letters per person;
// it names guests, and goes to private chats.
func (d *Desk) registerFile(ctx context.Context, t *Turn, e *event.Event) error {
	n := 0
	var out bytes.Buffer
	sheet := report.Sheet{Name: t.Label("surat", "list"), Columns: []report.Column{
		{Title: t.Label("register", "number"), Width: 32}, {Title: t.Label("register", "date"), Kind: report.Date}, {Title: t.Label("register", "kind")},
		{Title: t.Label("register", "subject"), Width: 40}, {Title: t.Label("register", "to"), Width: 40}, {Title: t.Label("register", "status"), Width: 28},
		{Title: t.Label("register", "signed"), Kind: report.Date}, {Title: t.Label("register", "reason"), Width: 30}, {Title: t.Label("register", "by")}, {Title: t.Label("register", "code")},
	}}
	sheet.Rows = func(yield func([]any, error) bool) {
		err := d.app.EachLetter(ctx, storage.LetterQuery{EventID: e.ID}, func(l *storage.Letter) error {
			if l.PerPerson && l.Number == "" && l.Status != storage.LetterDraft {
				return nil // its parts stand for it
			}
			row := []any{l.Number, nil, t.Label("letterkind", string(l.Kind)), l.Subject, d.letterTo(l), t.Label("letterstatus", string(l.Status)), nil, l.Reason, "", l.ID}
			if l.DatedAt != nil {
				row[1] = *l.DatedAt
			}
			if l.SignedAt != nil {
				row[6] = *l.SignedAt
			}
			if len(l.Steps) > 0 {
				row[8] = l.Steps[0].Name
			}
			n++
			if !yield(row, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
	if err := report.Workbook(&out, []report.Sheet{sheet}); err != nil {
		return err
	}
	if err := d.app.RecordExport(ctx, t.Actor(), app.ExportFilter{EventID: e.ID}, "surat xlsx", n); err != nil {
		return err
	}
	name := e.ID + "-register-surat-" + d.app.Now().In(event.Jakarta).Format("20060102") + ".xlsx"
	file, err := d.keepFile(ctx, channel.File{Blob: "export/" + t.In.ID, Name: name, MIME: mimeXLSX}, out.Bytes())
	if err != nil {
		return err
	}
	return t.fileToPrivate("surat.registerfile", templates.Data{"Event": e, "Rows": n}, file)
}

// letterTo is whom a letter goes to, in one line.
func (d *Desk) letterTo(l *storage.Letter) string {
	if len(l.To) == 0 && len(l.Audiences) > 0 {
		return d.audienceNames(l.Audiences)
	}
	return strings.Join(l.To, ", ")
}
