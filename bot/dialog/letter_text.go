package dialog

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// letterText is /surat teks [undangan [urungkan]]: the text of a kind, shown,
// edited with a preview of the pages, and taken back.
func (d *Desk) letterText(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "surat teks", args)
	if e == nil || err != nil {
		return err
	}
	if t.Person.Role != event.Lead {
		return t.Say("surat.lead", nil)
	}
	st := letterState{Phase: lpWhose, EventID: e.ID, Kind: letterKind(rest)}
	if st.Kind == "" {
		return d.askLetterText(ctx, t, st)
	}
	if _, verb := cutWord(rest); event.Fold(verb) == "urungkan" {
		return d.undoLetterText(ctx, t, st.Kind)
	}
	st.Phase = lpText
	return d.askLetterText(ctx, t, st)
}

func (d *Desk) undoLetterText(ctx context.Context, t *Turn, k storage.LetterKind) error {
	t.Close()
	own, ok, err := d.app.OwnText(ctx, letterKey(k))
	if err != nil {
		return err
	}
	if ok {
		if err := d.app.SetOwnText(ctx, t.Actor(), letterKey(k), own.Before); err != nil {
			return err
		}
	}
	return t.Say("surat.text.undone", templates.Data{"Name": t.Label("letterkind", string(k))})
}

func (d *Desk) saveLetterChoices(t *Turn) []choice {
	return []choice{{t.Label("surat", "save"), "simpan"}, {t.Label("surat", "rewrite"), "ulang"}, {t.Label("staff", "leave"), leave}}
}

// askLetterText asks which text, shows it, or shows what a new one looks like.
func (d *Desk) askLetterText(ctx context.Context, t *Turn, st letterState) error {
	st.Tag = tagHere(t, "sr")
	if err := t.Open(dlgLetter, st); err != nil {
		return err
	}
	switch st.Phase {
	case lpWhose:
		return t.Say("surat.text.which", nil, t.choices(st.Tag, d.kindChoices(t)...), replyHint())
	case lpSave:
		return d.previewLetterText(ctx, t, st)
	case lpKind, lpField, lpNumber, lpUpload, lpReason, lpChange, lpValue, lpOffice, lpText:
	}
	body, own, err := d.ownOrBuiltIn(ctx, letterKey(st.Kind))
	if err != nil {
		return err
	}
	return t.Say("surat.text.show", templates.Data{
		"Name": t.Label("letterkind", string(st.Kind)), "Own": own, "Body": templates.Markup(body),
		"Known": templates.Markup(placesOf(letterPlaces)), "Required": templates.Markup(placesOf(letterPlacesRequired[st.Kind])),
	}, d.stopButton(t, st.Tag), replyHint())
}

func (d *Desk) letterTextStep(ctx context.Context, t *Turn, st letterState) error {
	if t.Person.Role != event.Lead {
		t.Close()
		return t.Say("surat.lead", nil)
	}
	again := func(key string, data templates.Data) error {
		return noteAgain(t, key, data, func() error { return d.askLetterText(ctx, t, st) })
	}
	switch st.Phase {
	case lpWhose:
		v, ok := d.chosen(t, st.Tag, d.kindChoices(t))
		if !ok {
			v = string(letterKind(t.Text()))
		}
		if v == "" {
			return again("answer.choose", nil)
		}
		st.Kind, st.Phase = storage.LetterKind(v), lpText
		return d.askLetterText(ctx, t, st)
	case lpSave:
		v, ok := d.chosen(t, st.Tag, d.saveLetterChoices(t))
		switch {
		case !ok:
			return again("answer.choose", nil)
		case v == "ulang":
			st.Phase = lpText
			return d.askLetterText(ctx, t, st)
		}
		if err := d.app.SetOwnText(ctx, t.Actor(), letterKey(st.Kind), st.Body); err != nil {
			return err
		}
		t.Close()
		return t.Say("surat.text.saved", templates.Data{"Name": t.Label("letterkind", string(st.Kind))},
			t.commands(choice{t.Label("surat", "undo"), "/surat teks " + string(st.Kind) + " urungkan"}))
	case lpKind, lpField, lpNumber, lpUpload, lpReason, lpChange, lpValue, lpOffice, lpText:
	}
	return d.onLetterText(ctx, t, st)
}

// onLetterText takes a new text, or names what is wrong with it. What was typed
// is not lost: it stands in the chat to be copied.
func (d *Desk) onLetterText(ctx context.Context, t *Turn, st letterState) error {
	say := func(key string, data templates.Data) error {
		return t.Say(key, data, d.stopButton(t, st.Tag), replyHint())
	}
	body := strings.TrimSpace(t.In.Text)
	switch {
	case t.In.Kind != channel.Text:
		return say("answer.wrongkind", nil)
	case utf8.RuneCountInString(body) > maxLetterBody || body == "":
		return say("surat.bad.body", templates.Data{"Max": maxLetterBody})
	}
	var fault *templates.PlaceholderError
	if err := d.texts.Check(body, letterPlaces, letterPlacesRequired[st.Kind]); errors.As(err, &fault) {
		return say("surat.text.bad", templates.Data{"Missing": templates.Markup(placesOf(fault.Missing)), "Unknown": templates.Markup(placesOf(fault.Unknown))})
	} else if err != nil {
		return err
	}
	st.Body, st.Phase = body, lpSave
	return d.askLetterText(ctx, t, st)
}

// previewLetterText shows the pages that a text makes.
func (d *Desk) previewLetterText(ctx context.Context, t *Turn, st letterState) error {
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	l := &storage.Letter{
		ID: "contoh", EventID: e.ID, Kind: st.Kind, Status: storage.LetterDraft, Subject: t.Label("letterkind", string(st.Kind)), To: []string{"…"},
		Body: t.Label("purpose", "keramaian"), Audiences: []event.Audience{event.Koperasi}, PerPerson: true, CreatedAt: d.app.Now(),
	}
	v, _, err := d.letterView(ctx, l, nil)
	if err != nil {
		return err
	}
	if v.Body, err = d.fillLetter(st.Body, e, l, nil, v.Office.City); err != nil {
		return err
	}
	data, err := report.Letter(v)
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "export/surat/" + t.In.ID, Name: "contoh-" + string(st.Kind) + ".pdf", MIME: mimePDF}, data)
	if err != nil {
		return err
	}
	opts := []Option{t.choices(st.Tag, d.saveLetterChoices(t)...), replyHint()}
	if !t.In.Group { // documents go to private chats
		opts = append(opts, withFile(file))
	} else if _, err := t.SayPrivately("surat.text.preview", nil, withFile(file)); err != nil {
		return err
	}
	return t.Say("surat.text.preview", nil, opts...)
}
