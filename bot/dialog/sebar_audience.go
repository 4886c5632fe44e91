package dialog

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// guestsOf counts the guests by audience.
func (d *Desk) guestsOf(ctx context.Context, e *event.Event) (map[event.Audience]int, error) {
	n := map[event.Audience]int{}
	err := d.app.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(p *event.Participation) error {
		n[p.Audience]++
		return nil
	})
	return n, err
}

// audiencesIn reads "ukm, koperasi", "ukm dan pemeriah acara", "semua"; nil
// where a part of it is no audience.
func (d *Desk) audiencesIn(ctx context.Context, e *event.Event, text string) ([]event.Audience, error) {
	if event.Fold(text) == "semua" {
		n, err := d.guestsOf(ctx, e)
		return slices.DeleteFunc(app.Invitable(), func(a event.Audience) bool { return n[a] == 0 }), err
	}
	var out []event.Audience
	add := func(a event.Audience) {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	parts := strings.FieldsFunc(strings.ReplaceAll(event.Fold(text), " dan ", ","), func(r rune) bool { return strings.ContainsRune(",+;&/", r) })
	for _, part := range parts {
		if aud, _ := guestlist.ReadAudience(strings.TrimSpace(part)); aud != "" {
			add(aud)
			continue
		}
		for _, word := range strings.Fields(part) {
			aud, _ := guestlist.ReadAudience(word)
			if aud == "" {
				return nil, nil
			}
			add(aud)
		}
	}
	return out, nil
}

type audienceN struct {
	Audience event.Audience
	N        int
}

// askAudiences asks to whom. Buttons choose and choose off again; what is
// typed is the whole answer.
func (d *Desk) askAudiences(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	n, err := d.guestsOf(ctx, e)
	if err != nil {
		return err
	}
	var lines []audienceN
	var list []choice
	var chosen []string
	for _, a := range app.Invitable() {
		if n[a] == 0 {
			continue
		}
		lines = append(lines, audienceN{a, n[a]})
		label := t.Label("audience", string(a))
		if slices.Contains(st.Audiences, a) {
			chosen = append(chosen, label)
			label = "✓ " + label
		}
		list = append(list, choice{label, string(a)})
	}
	if len(lines) == 0 {
		t.Close()
		return t.Say("sebar.noguests", templates.Data{"Event": e})
	}
	if len(lines) > 1 && len(chosen) < len(lines) {
		list = append(list, choice{t.Label("sebar", "all"), "semua"})
	}
	if len(chosen) > 0 {
		list = append(list, choice{t.Label("sebar", "next"), "lanjut"})
	}
	st.Phase, st.Tag = sdAudience, tagHere(t, "sd")
	if err := t.Open(dlgSend, st); err != nil {
		return err
	}
	return t.Say("sebar.ask.audience", templates.Data{"Event": e, "Lines": lines, "Chosen": chosen, "Plain": !t.Caps.Buttons}, t.choices(st.Tag, list...), replyHint())
}

func (d *Desk) onAddressees(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	if _, v, pressed := t.Pressed(); pressed && v != "semua" {
		if v == "lanjut" && len(st.Audiences) > 0 {
			return d.draftSending(ctx, t, e, st)
		}
		if a := event.Audience(v); a.Valid() {
			if i := slices.Index(st.Audiences, a); i >= 0 {
				st.Audiences = slices.Delete(st.Audiences, i, i+1)
			} else {
				st.Audiences = append(st.Audiences, a)
			}
		}
		return d.askAudiences(ctx, t, e, st)
	}
	n, err := d.guestsOf(ctx, e)
	if err != nil {
		return err
	}
	present := slices.DeleteFunc(app.Invitable(), func(a event.Audience) bool { return n[a] == 0 })
	auds, ok := numbered(t.Text(), present)
	if !ok {
		if auds, err = d.audiencesIn(ctx, e, t.Text()); err != nil {
			return err
		}
	}
	auds = slices.DeleteFunc(auds, func(a event.Audience) bool { return n[a] == 0 })
	if len(auds) == 0 {
		return noteAgain(t, "answer.choose", nil, func() error { return d.askAudiences(ctx, t, e, st) })
	}
	st.Audiences = auds
	return d.draftSending(ctx, t, e, st)
}

// numbered reads "1 3", "1,3" or "1 dan 3" as choices of a list, and the number
// after the last as all of them.
func numbered[T comparable](text string, list []T) (out []T, ok bool) {
	words := strings.FieldsFunc(strings.ReplaceAll(event.Fold(text), "dan", " "), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;&+.", r) })
	for _, w := range words {
		n, ok := understand.Count(w)
		if !ok || n < 1 || n > len(list)+1 {
			return nil, false
		}
		if n == len(list)+1 {
			return list, true
		}
		if !slices.Contains(out, list[n-1]) {
			out = append(out, list[n-1])
		}
	}
	return out, len(out) > 0
}
