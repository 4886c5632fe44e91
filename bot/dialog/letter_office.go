package dialog

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg" // logos may be JPEG
	_ "image/png"  // or PNG
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// officeField is one thing that the lead may set.
type officeField struct {
	key      string
	max      int
	optional bool
	of       func(o *app.Office) *string
}

// officeFields are all settings, in the order in which they are shown.
var officeFields = []officeField{
	{"pemerintah", 60, true, func(o *app.Office) *string { return &o.Government }},
	{"dinas", 70, false, func(o *app.Office) *string { return &o.Name }},
	{"alamat", 120, true, func(o *app.Office) *string { return &o.Address }},
	{"telepon", 120, true, func(o *app.Office) *string { return &o.Contact }},
	{"jabatan", 120, false, func(o *app.Office) *string { return &o.Title }},
	{"nama", 80, false, func(o *app.Office) *string { return &o.By }},
	{"pangkat", 60, true, func(o *app.Office) *string { return &o.Rank }},
	{"nip", 30, true, func(o *app.Office) *string { return &o.NIP }},
	{"kota", 40, false, func(o *app.Office) *string { return &o.City }},
	{"seri", 80, false, func(o *app.Office) *string { return &o.Series }},
	{"serisk", 80, false, func(o *app.Office) *string { return &o.DecreeSeries }},
	{fieldFirst, 9, false, nil},
	{"kertas", 4, false, func(o *app.Office) *string { return &o.Paper }},
	{fieldLogo, 0, true, func(o *app.Office) *string { return &o.Logo }},
}

const (
	fieldFirst = "mulai"
	fieldLogo  = "logo"
)

// officeGroups are the commands and what each asks, in the order of its
// one-line form.
var officeGroups = map[string][]string{
	"kop":           {"pemerintah", "dinas", "alamat", "telepon"},
	"penandatangan": {"jabatan", "nama", "pangkat", "nip"},
	"kota":          {"kota"},
	"format":        {"seri", "serisk", fieldFirst},
	"kertas":        {"kertas"},
	"logo":          {fieldLogo},
}

func officeFieldOf(key string) officeField {
	i := slices.IndexFunc(officeFields, func(f officeField) bool { return f.key == key })
	return officeFields[max(i, 0)]
}

func (f officeField) value(o *app.Office) string {
	switch f.key {
	case fieldFirst:
		return strconv.FormatInt(max(o.First, 1), 10)
	default:
		return *f.of(o)
	}
}

type officeLine struct{ Key, Value string }

// officeSetting is /surat kop, penandatangan, kota, format, kertas, logo: in
// one line "/surat penandatangan Jabatan | Nama | Pangkat | NIP" ("-" empties,
// nothing between two bars keeps), or one question after the other.
func (d *Desk) officeSetting(ctx context.Context, t *Turn, verb, args string) error {
	if t.Person.Role != event.Lead {
		return t.Say("surat.lead", nil)
	}
	asked := officeGroups[verb]
	if asked == nil && args != "" {
		return noteAgain(t, "surat.office.what", nil, func() error { return d.saySettings(ctx, t, nil) })
	}
	if asked == nil {
		return d.saySettings(ctx, t, nil)
	}
	if args == "" {
		return d.askOffice(ctx, t, letterState{Phase: lpOffice, Field: asked[0], Fields: asked[1:]})
	}
	for i, part := range fields(args) {
		if i >= len(asked) {
			break
		}
		if part == "" {
			continue
		}
		if problem, data, err := d.setOffice(ctx, t, asked[i], part); err != nil {
			return err
		} else if problem != "" {
			st := letterState{Phase: lpOffice, Field: asked[i]}
			return noteAgain(t, problem, data, func() error { return d.askOffice(ctx, t, st) })
		}
	}
	t.Close()
	return noteAgain(t, "surat.office.saved", nil, func() error { return d.saySettings(ctx, t, asked) })
}

// groupOf are the settings that are asked together with one.
func groupOf(key string) []string {
	for _, g := range officeGroups {
		if slices.Contains(g, key) {
			return g
		}
	}
	return nil
}

// saySettings shows the settings, or only those named.
func (d *Desk) saySettings(ctx context.Context, t *Turn, only []string) error {
	o, err := d.app.Office(ctx)
	if err != nil {
		return err
	}
	var lines []officeLine
	for _, f := range officeFields {
		if only != nil && !slices.Contains(only, f.key) {
			continue
		}
		v := f.value(&o)
		if f.key == fieldLogo && v != "" {
			if v, err = d.texts.Text("surat.haslogo", nil); err != nil {
				return err
			}
		}
		lines = append(lines, officeLine{f.key, v})
	}
	if only != nil {
		return t.Say("surat.settings", templates.Data{"Lines": lines, "All": false})
	}
	var list []choice
	for _, g := range []string{"kop", "penandatangan", "kota", "format", "kertas", "logo", "teks"} {
		list = append(list, choice{t.Label("officegroup", g), "/surat " + g})
	}
	return t.Say("surat.settings", templates.Data{"Lines": lines, "All": true}, t.commands(list...))
}

func (d *Desk) officeChoices(t *Turn, f officeField) []choice {
	if f.key == "kertas" {
		return []choice{{"A4", "A4"}, {"F4", "F4"}, {t.Label("staff", "leave"), leave}}
	}
	list := []choice{{t.Label("surat", "keep"), "tetap"}}
	if f.optional {
		list = append(list, choice{t.Label("surat", "empty"), "kosongkan"})
	}
	return append(list, choice{t.Label("staff", "leave"), leave})
}

// askOffice asks for one setting, showing what it is now.
func (d *Desk) askOffice(ctx context.Context, t *Turn, st letterState) error {
	st.Tag = tagHere(t, "sr")
	if err := t.Open(dlgLetter, st); err != nil {
		return err
	}
	o, err := d.app.Office(ctx)
	if err != nil {
		return err
	}
	f := officeFieldOf(st.Field)
	list := t.choices(st.Tag, d.officeChoices(t, f)...)
	if f.key == fieldLogo {
		return t.Say("surat.ask.logo", templates.Data{"Old": o.Logo, "MB": maxLogo >> 20}, list, replyHint())
	}
	hint := ""
	if key := "surat.hint." + f.key; d.texts.Has(key) {
		if hint, err = d.texts.Text(key, nil); err != nil {
			return err
		}
	}
	return t.Say("surat.ask.office", templates.Data{"Key": f.key, "Old": f.value(&o), "Optional": f.optional, "Hint": hint}, list, replyHint())
}

func (d *Desk) officeStep(ctx context.Context, t *Turn, st letterState) error {
	if t.Person.Role != event.Lead {
		t.Close()
		return t.Say("surat.lead", nil)
	}
	again := func(key string, data templates.Data) error {
		return noteAgain(t, key, data, func() error { return d.askOffice(ctx, t, st) })
	}
	f := officeFieldOf(st.Field)
	if f.key == fieldLogo && (t.In.Kind == channel.Photo || t.In.Kind == channel.Document) {
		return d.takeLogo(ctx, t, again)
	}
	if t.In.Kind != channel.Text && t.In.Kind != channel.Press {
		return again("answer.wrongkind", nil)
	}
	text := t.Text()
	if v, ok := d.chosen(t, st.Tag, d.officeChoices(t, f)); ok {
		text = v
	}
	switch event.Fold(text) {
	case "tetap", "":
	default:
		if event.Fold(text) == "kosongkan" {
			text = "-"
		}
		problem, data, err := d.setOffice(ctx, t, f.key, text)
		if err != nil {
			return err
		}
		if problem != "" {
			return again(problem, data)
		}
	}
	if len(st.Fields) > 0 {
		st.Field, st.Fields = st.Fields[0], st.Fields[1:]
		return d.askOffice(ctx, t, st)
	}
	t.Close()
	return noteAgain(t, "surat.office.saved", nil, func() error { return d.saySettings(ctx, t, groupOf(f.key)) })
}

// setOffice changes one setting; problem says what is wrong with the value.
func (d *Desk) setOffice(ctx context.Context, t *Turn, key, text string) (problem string, data templates.Data, err error) {
	f := officeFieldOf(key)
	value := strings.Join(strings.Fields(text), " ")
	if value == "-" {
		value = ""
	}
	var first int64
	switch {
	case value == "" && !f.optional, f.max > 0 && utf8.RuneCountInString(value) > f.max, f.key == fieldLogo && value != "":
		return "surat.bad.office", templates.Data{"Key": f.key, "Max": f.max}, nil
	case strings.HasPrefix(f.key, "seri") && app.CheckSeries(value) != nil:
		return "surat.bad.series", nil, nil
	case f.key == "kertas":
		if value = strings.ToUpper(value); value != "A4" && value != "F4" {
			return "surat.bad.paper", nil, nil
		}
	case f.key == "nip" && value != "":
		digits := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, value)
		if len(digits) != 18 {
			return "surat.bad.nip", nil, nil
		}
		value = digits
	case f.key == fieldFirst:
		if first, err = strconv.ParseInt(value, 10, 32); err != nil || first < 1 {
			return "surat.bad.first", nil, nil
		}
	}
	_, err = d.app.SetOffice(ctx, t.Actor(), f.key, func(o *app.Office) {
		if f.key == fieldFirst {
			o.First = first
			return
		}
		*f.of(o) = value
	})
	return "", nil, err
}

// Limits of the logo.
const (
	maxLogo       = 2 << 20
	maxLogoPixels = 4_000_000
)

// takeLogo keeps a picture as the logo of the letterhead.
func (d *Desk) takeLogo(ctx context.Context, t *Turn, again func(string, templates.Data) error) error {
	if t.In.Media == nil {
		return again("surat.bad.logo", nil)
	}
	data, err := d.net.Fetch(ctx, t.In.Chat.Channel, *t.In.Media, maxLogo)
	if errors.Is(err, channel.ErrTooLarge) {
		return again("surat.bad.large", templates.Data{"MB": maxLogo >> 20})
	}
	if err != nil {
		t.Log.Warn().Err(err).Msg("logo could not be fetched")
		return again("surat.bad.fetch", nil)
	}
	conf, kind, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || conf.Width*conf.Height > maxLogoPixels || conf.Width*conf.Height == 0 {
		return again("surat.bad.logo", nil)
	}
	if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
		return again("surat.bad.logo", nil)
	}
	blob := "office/logo-" + t.In.ID
	if err := d.app.Store().Media().Put(ctx, storage.Blob{ID: blob, Name: "logo." + kind, MIME: "image/" + kind, At: d.app.Now()}, data); err != nil {
		return err
	}
	if _, err := d.app.SetOffice(ctx, t.Actor(), fieldLogo, func(o *app.Office) { o.Logo = blob }); err != nil {
		return err
	}
	t.Close()
	return noteAgain(t, "surat.office.saved", nil, func() error { return d.saySettings(ctx, t, groupOf(fieldLogo)) })
}
