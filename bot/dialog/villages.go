package dialog

import (
	"context"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// The public is not invited one by one (SOP step 7): whoever knows the people
// of a kecamatan or desa passes a text on to them.

const dlgVillage = "warga"

type villageState struct {
	Tag     string `json:"tag"`
	EventID string `json:"eventId"`
}

// villageText is /branding warga [Karadenan, Cibinong]: a text to forward to
// the people of a kecamatan or a desa. Without a place it is asked.
func (d *Desk) villageText(t *Turn, e *event.Event, text string) error {
	if text == "" {
		return d.askVillage(t, e.ID)
	}
	again := func(key string, m understand.PlaceMatch) error {
		return noteAgain(t, key, templates.Data{"Places": placeNames(m.Candidates)}, func() error { return d.askVillage(t, e.ID) })
	}
	m := understand.Location(text)
	switch {
	case m.Outside:
		return again("branding.village.outside", understand.PlaceMatch{})
	case len(m.Candidates) > 0 && !m.Sure:
		return again("branding.village.which", m)
	case m.Kecamatan == "":
		return again("branding.village.unknown", m)
	}
	t.Close()
	ways := d.waysIn("daftar_" + string(event.Public))
	body, err := t.Render("branding.village", templates.Data{"Event": e, "Kecamatan": m.Kecamatan, "Desa": m.Desa, "Kind": string(m.Kind), "Chats": ways})
	if err != nil {
		return err
	}
	menu, err := d.menu(t, choice{t.Label("branding", "otherplace"), "/branding " + e.ID + " warga"}, choice{t.Label("branding", "poster"), "/branding " + e.ID + " " + string(event.Public)})
	if err != nil {
		return err
	}
	data := templates.Data{"Kecamatan": m.Kecamatan, "Desa": m.Desa, "Places": []string(nil)}
	if m.Desa == "" {
		data["Places"] = desaNames(m.Kecamatan)
	}
	if err := t.Say("branding.village.note", data, menu); err != nil {
		return err
	}
	t.add(t.In.Chat, channel.Outbound{Text: string(body)}) // by itself, ready to be forwarded
	return nil
}

func placeNames(places []understand.Place) (names []string) {
	for _, p := range places {
		names = append(names, p.String())
	}
	return names
}

func desaNames(kecamatan string) (names []string) {
	for _, p := range understand.DesaOf(kecamatan) {
		names = append(names, p.Desa)
	}
	return names
}

func (d *Desk) askVillage(t *Turn, eventID string) error {
	st := villageState{Tag: tagHere(t, "vl"), EventID: eventID}
	if err := t.Open(dlgVillage, st); err != nil {
		return err
	}
	return t.Say("branding.ask.village", nil, d.stopButton(t, st.Tag), replyHint())
}

// villageStep takes the place that was asked for.
func (d *Desk) villageStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "branding"); !ok {
		return err
	}
	var st villageState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askVillage(t, st.EventID) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "answer.left", kind: "event.bad.kind", again: again}); !ok {
		return err
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		t.Close()
		return err
	}
	return d.villageText(t, e, strings.TrimSpace(t.Text()))
}
