package dialog

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const mimePDF = "application/pdf"

// asked opens a question about a letter.
func (d *Desk) asked(t *Turn, l *storage.Letter, phase letterPhase, field string) (tag string, err error) {
	st := letterState{Phase: phase, Tag: tagHere(t, "sr"), EventID: l.EventID, Letter: l.ID, Field: field}
	return st.Tag, t.Open(dlgLetter, st)
}

// drawn is the value of the button that draws a number.
const drawn = "otomatis"

func (d *Desk) numberChoices(t *Turn, _ *storage.Letter) []choice {
	return []choice{{t.Label("surat", "auto"), drawn}, {t.Label("staff", "leave"), leave}}
}

// numberLetter is /surat nomor KODE [otomatis | nomor dari buku agenda].
func (d *Desk) numberLetter(ctx context.Context, t *Turn, l *storage.Letter, value string) error {
	if l.Status != storage.LetterDraft && value == "" {
		return t.Say("surat.state", templates.Data{"L": l})
	}
	o, err := d.app.Office(ctx)
	if err != nil {
		return err
	}
	series := o.Series
	if l.Kind == storage.LetterDecree {
		series = o.DecreeSeries
	}
	example := app.FormatNumber(series, max(o.First, 1), d.app.Now())
	ask := func() error {
		tag, err := d.asked(t, l, lpNumber, "")
		if err != nil {
			return err
		}
		return t.Say("surat.ask.number", templates.Data{"Series": series, "Example": example}, t.choices(tag, d.numberChoices(t, l)...), replyHint())
	}
	auto := event.Fold(value) == drawn || event.Fold(value) == "auto"
	switch {
	case value == "":
		return ask()
	case l.PerPerson && !auto:
		return noteAgain(t, "surat.bad.auto", nil, ask)
	case l.PerPerson:
		return d.numberGuests(ctx, t, l)
	}
	var now *storage.Letter
	if auto {
		now, err = d.app.DrawNumber(ctx, t.Actor(), l.ID)
	} else {
		now, err = d.app.EnterNumber(ctx, t.Actor(), l.ID, value)
	}
	switch {
	case errors.Is(err, app.ErrNumberTaken):
		return noteAgain(t, "surat.taken", templates.Data{"Number": value}, ask)
	case errors.Is(err, app.ErrNumberForm):
		return noteAgain(t, "surat.bad.number", templates.Data{"Example": example}, ask)
	case errors.Is(err, app.ErrLetterState):
		t.Close()
		return t.Say("surat.state", templates.Data{"L": l})
	case err != nil:
		return err
	}
	if now, err = d.keepPrint(ctx, now); err != nil {
		return err
	}
	return noteAgain(t, "surat.numbered", templates.Data{"L": now, "At": *now.DatedAt}, func() error { return d.sayLetter(ctx, t, now) })
}

// keepPrint stores the pages as they are to be signed, once.
func (d *Desk) keepPrint(ctx context.Context, l *storage.Letter) (*storage.Letter, error) {
	if l.Print != "" {
		return l, nil
	}
	data, names, err := d.letterPage(ctx, l, nil)
	if err != nil {
		return nil, err
	}
	return d.app.KeepPrint(ctx, l.ID, data, names)
}

// numberGuests gives each guest a letter and a number.
func (d *Desk) numberGuests(ctx context.Context, t *Turn, l *storage.Letter) error {
	letters, guests, now, err := d.app.NumberGuests(ctx, t.Actor(), l)
	switch {
	case errors.Is(err, app.ErrTooManyLetters):
		t.Close()
		return t.Say("surat.many", templates.Data{"N": len(guests), "Most": app.MaxGuestLetters})
	case errors.Is(err, app.ErrNobody):
		t.Close()
		return t.Say("surat.noguests", nil)
	case errors.Is(err, app.ErrLetterState):
		t.Close()
		return t.Say("surat.state", templates.Data{"L": l})
	case err != nil:
		return err
	}
	return noteAgain(t, "surat.numberedall", templates.Data{"N": len(letters), "At": *now.DatedAt}, func() error { return d.sayLetter(ctx, t, now) })
}

// letterFile sends a file about a letter in private.
func (d *Desk) letterFile(ctx context.Context, t *Turn, l *storage.Letter, name, mime string, data []byte, key string, more templates.Data) error {
	t.Close()
	if len(data) > storage.MaxBlob {
		return t.Say("surat.large", templates.Data{"MB": storage.MaxBlob >> 20})
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "export/surat/" + t.In.ID, Name: name, MIME: mime}, data)
	if err != nil {
		return err
	}
	values := templates.Data{"L": l}
	for k, v := range more {
		values[k] = v
	}
	return t.fileToPrivate(key, values, file)
}

func letterName(l *storage.Letter) string {
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>| `, r) {
			return '-'
		}
		return r
	}, l.Number)
	if number == "" {
		number = "konsep-" + l.ID
	}
	return string(l.Kind) + "-" + number + ".pdf"
}

// previewLetter is /surat lihat KODE: the pages as they are now.
func (d *Desk) previewLetter(ctx context.Context, t *Turn, l *storage.Letter, _ string) error {
	if l.Status != storage.LetterDraft {
		return d.printLetter(ctx, t, l, "")
	}
	data, _, err := d.letterPage(ctx, l, nil)
	if err != nil {
		return err
	}
	return d.letterFile(ctx, t, l, letterName(l), mimePDF, data, "surat.preview", nil)
}

// printLetter is /surat cetak KODE: the pages to be signed.
func (d *Desk) printLetter(ctx context.Context, t *Turn, l *storage.Letter, _ string) error {
	if l.Status != storage.LetterNumbered && l.Status != storage.LetterSigned {
		return t.Say("surat.state", templates.Data{"L": l})
	}
	if l.PerPerson {
		letters, guests, err := d.app.GuestLetters(ctx, t.Actor(), l)
		if err != nil {
			return err
		}
		data, err := d.guestLettersZip(ctx, letters, guests)
		if err != nil {
			return err
		}
		if _, err := d.app.LetterPrinted(ctx, t.Actor(), l.ID); err != nil {
			return err
		}
		return d.letterFile(ctx, t, l, "undangan-"+l.ID+".zip", "application/zip", data, "surat.printall", templates.Data{"N": len(letters)})
	}
	l, err := d.keepPrint(ctx, l)
	if err != nil {
		return err
	}
	_, data, err := d.app.Store().Media().Get(ctx, l.Print)
	if err != nil {
		return err
	}
	if _, err := d.app.LetterPrinted(ctx, t.Actor(), l.ID); err != nil {
		return err
	}
	return d.letterFile(ctx, t, l, letterName(l), mimePDF, data, "surat.print", nil)
}

// signedLetter is /surat unduh KODE: the copy that came back signed.
func (d *Desk) signedLetter(ctx context.Context, t *Turn, l *storage.Letter, _ string) error {
	if l.Signed == "" {
		return t.Say("surat.state", templates.Data{"L": l})
	}
	_, data, err := d.app.Store().Media().Get(ctx, l.Signed)
	if err != nil {
		return err
	}
	return d.letterFile(ctx, t, l, letterName(l), mimePDF, data, "surat.signedfile", nil)
}

// MaxLetter is the largest signed letter taken in, in bytes: guests get it on
// their phones.
const MaxLetter = 10 << 20

// uploadLetter is /surat unggah KODE: asks for the signed file, or takes the
// one that the command came with.
func (d *Desk) uploadLetter(ctx context.Context, t *Turn, l *storage.Letter, _ string) error {
	if l.Status != storage.LetterNumbered && l.Status != storage.LetterSigned {
		return t.Say("surat.state", templates.Data{"L": l})
	}
	if t.In.Group {
		return t.Say("surat.private", templates.Data{"ID": l.ID})
	}
	st := letterState{Phase: lpUpload, Tag: tagHere(t, "sr"), EventID: l.EventID, Letter: l.ID}
	if t.In.Kind == channel.Document {
		return d.takeSigned(ctx, t, st, l)
	}
	if err := t.Open(dlgLetter, st); err != nil {
		return err
	}
	var parts app.Signing
	if l.PerPerson {
		var err error
		if parts, err = d.app.SigningOf(ctx, l.ID); err != nil {
			return err
		}
	}
	limit := MaxLetter
	if l.PerPerson {
		limit = storage.MaxBlob
	}
	return t.Say("surat.ask.upload", templates.Data{"L": l, "MB": limit >> 20, "Parts": parts.All, "Signed": parts.Signed}, d.stopButton(t, st.Tag))
}

// takeSigned takes the signed file in, or says what is wrong with it.
func (d *Desk) takeSigned(ctx context.Context, t *Turn, st letterState, l *storage.Letter) error {
	again := func(key string, data templates.Data) error {
		in := t.In
		t.In.Kind = channel.Text // asks, and does not take the file again
		err := noteAgain(t, key, data, func() error { return d.uploadLetter(ctx, t, l, "") })
		t.In = in
		return err
	}
	limit := int64(MaxLetter)
	if l.PerPerson {
		limit = storage.MaxBlob
	}
	switch {
	case t.In.Kind == channel.Photo:
		return again("surat.bad.photo", nil)
	case t.In.Kind != channel.Document || t.In.Media == nil:
		return again("surat.bad.notpdf", nil)
	}
	data, err := d.net.Fetch(ctx, t.In.Chat.Channel, *t.In.Media, limit)
	if errors.Is(err, channel.ErrTooLarge) {
		return again("surat.bad.large", templates.Data{"MB": limit >> 20})
	}
	if err != nil {
		t.Log.Warn().Err(err).Msg("signed letter could not be fetched")
		return again("surat.bad.fetch", nil)
	}
	if l.PerPerson {
		return d.takeSignedParts(ctx, t, st, l, t.In.Media.Name, data)
	}
	if problem := signedFault(data); problem != "" {
		return again(problem, templates.Data{"MB": limit >> 20})
	}
	if same, err := d.sameAsPrint(ctx, l, data); err != nil {
		return err
	} else if same {
		return again("surat.bad.same", nil)
	}
	now, err := d.app.SignLetter(ctx, t.Actor(), l.ID, data)
	if errors.Is(err, app.ErrLetterState) {
		t.Close()
		return t.Say("surat.state", templates.Data{"L": l})
	}
	if err != nil {
		return err
	}
	return noteAgain(t, "surat.signed", templates.Data{"L": now}, func() error { return d.sayLetter(ctx, t, now) })
}

// signedFault names the text for a file that is of no use.
func signedFault(data []byte) string {
	err := report.CheckPDF(data)
	for _, f := range []struct {
		err error
		key string
	}{
		{report.ErrNotPDF, "surat.bad.notpdf"}, {report.ErrTruncated, "surat.bad.cut"},
		{report.ErrEncrypted, "surat.bad.locked"}, {report.ErrActive, "surat.bad.active"},
	} {
		if errors.Is(err, f.err) {
			return f.key
		}
	}
	return ""
}

// sameAsPrint reports whether the file is the unsigned one.
func (d *Desk) sameAsPrint(ctx context.Context, l *storage.Letter, data []byte) (bool, error) {
	if l.Print == "" {
		return false, nil
	}
	_, print, err := d.app.Store().Media().Get(ctx, l.Print)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return bytes.Equal(print, data), err
}

// enoughLetters is /surat cukup KODE: those that are signed may be sent.
func (d *Desk) enoughLetters(ctx context.Context, t *Turn, l *storage.Letter, _ string) error {
	if !l.PerPerson {
		return t.Say("surat.state", templates.Data{"L": l})
	}
	parts, err := d.app.SigningOf(ctx, l.ID)
	if err != nil {
		return err
	}
	if parts.Signed == 0 {
		return t.Say("surat.enough.none", nil)
	}
	now, err := d.app.ApproveGuestLetters(ctx, t.Actor(), l.ID)
	if errors.Is(err, app.ErrLetterState) {
		return t.Say("surat.state", templates.Data{"L": l})
	}
	if err != nil {
		return err
	}
	return noteAgain(t, "surat.enough", templates.Data{"Signed": parts.Signed, "Parts": parts.All}, func() error { return d.sayLetter(ctx, t, now) })
}

// cancelLetter is /surat batal KODE | alasan.
func (d *Desk) cancelLetter(ctx context.Context, t *Turn, l *storage.Letter, reason string) error {
	if l.Status == storage.LetterCancelled {
		t.Close()
		return t.Say("surat.state", templates.Data{"L": l})
	}
	ask := func() error {
		tag, err := d.asked(t, l, lpReason, "")
		if err != nil {
			return err
		}
		return t.Say("surat.ask.reason", nil, d.stopButton(t, tag), replyHint())
	}
	if reason == "" {
		return ask()
	}
	reason, bad := letterLine(reason)
	if bad {
		return noteAgain(t, "surat.bad.line", templates.Data{"Max": maxLetterLine, "Example": "salah tanggal"}, ask)
	}
	now, err := d.app.CancelLetter(ctx, t.Actor(), l.ID, reason)
	if errors.Is(err, app.ErrLetterState) {
		t.Close()
		return t.Say("surat.state", templates.Data{"L": l})
	}
	if err != nil {
		return err
	}
	t.Close()
	return t.Say("surat.cancelled", templates.Data{"L": now})
}
