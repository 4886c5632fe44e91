package dialog

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/templates"
)

// inviteTextFor is /sebar teks [ukm [urungkan]].
func (d *Desk) inviteTextFor(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "sebar teks", args)
	if e == nil || err != nil {
		return err
	}
	if t.Person.Role != event.Lead {
		return t.Say("sebar.text.lead", nil)
	}
	st := sendState{EventID: e.ID}
	word, verb := cutWord(rest)
	aud, _ := guestlist.ReadAudience(word)
	switch {
	case aud == "":
		return d.askWhose(t, st)
	case event.Fold(verb) == "urungkan":
		return d.undoText(ctx, t, aud)
	}
	return d.askText(ctx, t, st, aud)
}

func (d *Desk) undoText(ctx context.Context, t *Turn, aud event.Audience) error {
	t.Close()
	own, ok, err := d.app.OwnText(ctx, inviteKey(aud))
	if err != nil {
		return err
	}
	if ok {
		if err := d.app.SetOwnText(ctx, t.Actor(), inviteKey(aud), own.Before); err != nil {
			return err
		}
	}
	return t.Say("sebar.text.undone", templates.Data{"Name": t.Label("audience", string(aud))})
}

func audienceChoices(t *Turn, auds []event.Audience) []choice {
	var list []choice
	for _, a := range auds {
		list = append(list, choice{t.Label("audience", string(a)), string(a)})
	}
	return list
}

func (d *Desk) textOwners(st sendState) []event.Audience {
	if len(st.Audiences) > 0 {
		return st.Audiences
	}
	return app.Invitable()
}

func (d *Desk) askWhose(t *Turn, st sendState) error {
	st.Phase, st.Tag = sdWhose, tagHere(t, "sd")
	if err := t.Open(dlgSend, st); err != nil {
		return err
	}
	return t.Say("sebar.text.which", nil, t.choices(st.Tag, audienceChoices(t, d.textOwners(st))...), replyHint())
}

// askText shows a text and takes a new one.
func (d *Desk) askText(ctx context.Context, t *Turn, st sendState, aud event.Audience) error {
	body, own, err := d.ownOrBuiltIn(ctx, inviteKey(aud))
	if err != nil {
		return err
	}
	st.Phase, st.Tag, st.Audience, st.Body = sdText, tagHere(t, "sd"), aud, ""
	if err := t.Open(dlgSend, st); err != nil {
		return err
	}
	return t.Say("sebar.text.show", templates.Data{
		"Name": t.Label("audience", string(aud)), "Own": own, "Body": templates.Markup(body),
		"Known": templates.Markup(placesOf(invitePlaces)), "Required": templates.Markup(placesOf(invitePlacesRequired)),
	}, d.stopButton(t, st.Tag), replyHint())
}

// placesOf writes placeholders as they are typed, so that they can be copied.
func placesOf(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, "`{"+n+"}`")
	}
	return strings.Join(out, " ")
}

func (d *Desk) textStep(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	if t.Person.Role != event.Lead {
		t.Close()
		return t.Say("sebar.text.lead", nil)
	}
	switch st.Phase {
	case sdWhose:
		v, ok := d.chosen(t, st.Tag, audienceChoices(t, d.textOwners(st)))
		if !ok {
			return noteAgain(t, "answer.choose", nil, func() error { return d.askWhose(t, st) })
		}
		return d.askText(ctx, t, st, event.Audience(v))
	case sdText:
		return d.onText(ctx, t, e, st)
	}
	switch v, ok := d.chosen(t, st.Tag, d.saveChoices(t)); {
	case !ok:
		return noteAgain(t, "answer.choose", nil, func() error { return d.previewText(ctx, t, e, st) })
	case v == "ulang":
		return d.askText(ctx, t, st, st.Audience)
	}
	if err := d.app.SetOwnText(ctx, t.Actor(), inviteKey(st.Audience), st.Body); err != nil {
		return err
	}
	done := templates.Data{"Name": t.Label("audience", string(st.Audience)), "Audience": st.Audience}
	if st.Broadcast != "" {
		return noteAgain(t, "sebar.text.saved", done, func() error { return d.askReady(ctx, t, e, st) })
	}
	t.Close()
	return t.Say("sebar.text.saved", done, t.commands(choice{t.Label("sebar", "undo"), "/sebar teks " + string(st.Audience) + " urungkan"}))
}

// leaveText keeps the text as it was, and goes back to the sending that it was
// changed for.
func (d *Desk) leaveText(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	if st.Broadcast != "" {
		return d.askReady(ctx, t, e, st)
	}
	t.Close()
	return t.Say("answer.left", nil)
}

func (d *Desk) saveChoices(t *Turn) []choice {
	return []choice{{t.Label("sebar", "save"), "simpan"}, {t.Label("sebar", "rewrite"), "ulang"}, {t.Label("sebar", "drop"), leave}}
}

// onText takes a new text, or names what is wrong with it. What was typed is
// not lost: it stands in the chat to be copied.
func (d *Desk) onText(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	body := strings.TrimSpace(t.In.Text)
	again := func(key string, data templates.Data) error {
		if err := t.Say(key, data, d.stopButton(t, st.Tag), replyHint()); err != nil {
			return err
		}
		return t.Open(dlgSend, st)
	}
	if t.In.Kind != channel.Text {
		return again("event.bad.kind", nil)
	}
	if utf8.RuneCountInString(body) > maxInvite {
		return again("sebar.text.long", templates.Data{"Most": maxInvite})
	}
	var fault *templates.PlaceholderError
	if err := d.texts.Check(body, invitePlaces, invitePlacesRequired); errors.As(err, &fault) {
		return again("sebar.text.bad", templates.Data{"Missing": templates.Markup(placesOf(fault.Missing)), "Unknown": templates.Markup(placesOf(fault.Unknown))})
	} else if err != nil {
		return err
	}
	st.Body = body
	return d.previewText(ctx, t, e, st)
}

func (d *Desk) previewText(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	g, err := d.sampleGuest(ctx, e, st.Audience)
	if err != nil {
		return err
	}
	if g == nil {
		g = &event.Participation{Name: "Siti Aminah", Salutation: "Ibu", Organisation: "Keripik Bu Siti", Audience: st.Audience, Code: "contoh"}
	}
	sample, err := d.texts.Custom(st.Body, d.guestData(e, g, ""))
	if err != nil {
		return err
	}
	st.Phase, st.Tag = sdSave, tagHere(t, "sd")
	if err := t.Open(dlgSend, st); err != nil {
		return err
	}
	return t.Say("sebar.text.preview", templates.Data{"SampleName": g.Name, "Sample": templates.Markup(sample)}, t.choices(st.Tag, d.saveChoices(t)...), replyHint())
}
