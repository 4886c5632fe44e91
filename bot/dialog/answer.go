package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// reading is what was made of an answer: a value, or a problem to say, or
// half a place whose other half is to be asked.
type reading struct {
	value   string
	note    string // key of a line that says how it was understood
	problem string // key of a line that says what is wrong, with an example
	data    templates.Data
	asked   *place
}

func trouble(key string, data templates.Data) reading { return reading{problem: key, data: data} }

// read understands the answer to one field.
func (d *Desk) read(ctx context.Context, t *Turn, fd event.Field, asked place) (reading, error) {
	if fd.Kind == event.Picture {
		return d.readPicture(ctx, t)
	}
	switch t.In.Kind {
	case channel.Text, channel.Press, channel.Edited:
	case channel.Card:
		if fd.Kind == event.Phone && t.In.Contact != nil {
			return readPhone(t.In.Contact.Phone), nil
		}
		return trouble("answer.wrongkind", nil), nil
	case channel.Place:
		return trouble("answer.pin", nil), nil
	case channel.Voice:
		return trouble("answer.voice", nil), nil
	case channel.Sticker:
		return trouble("answer.sticker", nil), nil
	default:
		return trouble("answer.wrongkind", nil), nil
	}
	text := t.Text()
	if text == "" {
		return trouble("answer.empty", nil), nil
	}
	switch fd.Kind {
	case event.Choice:
		if v, ok := d.choose(text, d.options(t, fd)); ok {
			return reading{value: v}, nil
		}
		if fd.Key == event.KeyBooth {
			return readBooth(text), nil
		}
		return trouble("answer.choose", nil), nil
	case event.Location, event.District:
		return readPlace(t, text, fd.Kind == event.District, asked), nil
	}
	return readTyped(fd, text), nil
}

// readBooth reads an answer to whether a booth is wanted that names none of
// the choices: "pakai listrik", "tidak usah", "ya".
func readBooth(text string) reading {
	answer := understand.YesNo(text)
	words := strings.Fields(event.Fold(text))
	without := slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"tanpa", "tidak", "tak", "nggak", "ngga", "gak", "ga", "enggak", "teu"}, w)
	})
	switch {
	case slices.Contains(words, "listrik") && without:
		return reading{value: event.BoothPlain}
	case slices.Contains(words, "listrik"):
		return reading{value: event.BoothPower}
	case answer == understand.AnswerNo:
		return reading{value: event.BoothNone}
	case answer == understand.AnswerYes:
		return trouble("answer.booth", nil)
	}
	return trouble("answer.choose", nil)
}

// readTyped reads the kinds that are plain text.
func readTyped(fd event.Field, text string) reading {
	switch fd.Kind {
	case event.Phone:
		return readPhone(text)
	case event.PersonName:
		name, err := understand.PersonName(text)
		if err != nil {
			return trouble("answer.name", nil)
		}
		return reading{value: name}
	case event.Line:
		line, err := understand.TidyName(text)
		switch {
		case errors.Is(err, understand.ErrNameTooLong) || err == nil && len([]rune(line)) > fd.Max:
			return trouble("answer.long", templates.Data{"Max": fd.Max})
		case err != nil:
			return trouble("answer.line", nil)
		}
		return reading{value: line}
	case event.Count:
		n, ok := understand.Count(text)
		r := inRange(fd, n, ok, "answer.count")
		if r.value != "" && r.value != text { // said in words: show what was understood
			r.note, r.data = "answer.count.ok", templates.Data{"N": n}
		}
		return r
	case event.Minutes:
		n, ok := understand.Minutes(text)
		return inRange(fd, n, ok, "answer.minutes")
	case event.EmailAddr:
		return readEmail(text)
	case event.Instagram:
		name, err := understand.Instagram(text)
		if err != nil {
			return trouble("answer.instagram", nil)
		}
		return reading{value: name}
	case event.NIB:
		nib, err := understand.NIB(text)
		if err != nil {
			return trouble("answer.nib", nil)
		}
		return reading{value: nib}
	case event.NIK:
		if digits := onlyDigits(text); len(digits) >= 8 && len(digits) <= 16 {
			return reading{value: digits}
		}
		return trouble("answer.nikkoperasi", nil)
	case event.LegalNumber:
		line := strings.Join(strings.Fields(text), " ")
		if len(onlyDigits(line)) < 2 || len([]rune(line)) > fd.Max {
			return trouble("answer.legal", nil)
		}
		return reading{value: strings.ToUpper(line)}
	}
	return reading{value: text}
}

func inRange(fd event.Field, n int, ok bool, key string) reading {
	if !ok || n < fd.Min || n > fd.Max {
		return trouble(key, templates.Data{"Min": fd.Min, "Max": fd.Max})
	}
	return reading{value: strconv.Itoa(n)}
}

func readPhone(text string) reading {
	p, err := understand.Phone(text)
	switch {
	case err == nil && p.Landline:
		return reading{value: p.E164, note: "answer.landline", data: templates.Data{"Phone": understand.FormatPhone(p.E164)}}
	case err == nil:
		return reading{value: p.E164, note: "answer.phone.ok", data: templates.Data{"Phone": understand.FormatPhone(p.E164)}}
	case errors.Is(err, understand.ErrTwoPhones):
		return trouble("answer.phone.two", nil)
	case errors.Is(err, understand.ErrPhoneTooShort):
		return trouble("answer.phone.short", nil)
	case errors.Is(err, understand.ErrPhoneTooLong):
		return trouble("answer.phone.long", nil)
	}
	return trouble("answer.phone", nil)
}

func readEmail(text string) reading {
	e, err := understand.Email(text)
	if err != nil {
		return trouble("answer.email", nil)
	}
	if e.Suggestion != "" && e.Suggestion != e.Address {
		return reading{value: e.Address, note: "answer.email.meant", data: templates.Data{"Address": e.Address, "Suggestion": e.Suggestion}}
	}
	return reading{value: e.Address}
}

// readPlace understands a kecamatan, a desa, or both; asked is what an
// earlier answer to the same question already said.
func readPlace(t *Turn, text string, districtOnly bool, asked place) reading {
	if v, ok := offered(text, asked); ok {
		return placed(t, event.ParseLocality(v), districtOnly)
	}
	var m understand.PlaceMatch
	switch {
	case asked.Kecamatan != "":
		m = understand.DesaIn(asked.Kecamatan, text)
	case districtOnly:
		m = understand.Kecamatan(text)
	default:
		m = understand.Location(text)
	}
	switch {
	case m.Outside && m.Sure:
		return placed(t, event.Locality{Outside: true, Name: titled(m.OutsideName)}, districtOnly)
	case m.Sure && m.Kecamatan != "":
		return placed(t, event.Locality{Kecamatan: m.Kecamatan, Desa: m.Desa}, districtOnly)
	case m.Bogor:
		return trouble("answer.place.bogor", nil)
	case len(m.Candidates) > 0:
		next := place{Kecamatan: asked.Kecamatan}
		for _, p := range m.Candidates {
			next.Offered = append(next.Offered, event.Locality{Kecamatan: p.Kecamatan, Desa: p.Desa}.String())
		}
		if m.Outside {
			next.Offered = append(next.Offered, event.Locality{Outside: true, Name: titled(m.OutsideName)}.String())
		}
		return reading{asked: &next}
	case asked.Kecamatan != "":
		return trouble("answer.desa", templates.Data{"Kecamatan": asked.Kecamatan})
	}
	return trouble("answer.place", nil)
}

// placed takes a place that is understood; a kecamatan alone is half an
// answer where the desa is wanted, too.
func placed(t *Turn, l event.Locality, districtOnly bool) reading {
	if districtOnly {
		l.Desa = ""
	}
	if !districtOnly && !l.Outside && l.Desa == "" {
		return reading{asked: &place{Kecamatan: l.Kecamatan}}
	}
	return reading{value: l.String(), note: "answer.place.ok", data: templates.Data{"Place": t.locality(l.String())}}
}

// offered reads the choice among the places that were offered.
func offered(text string, asked place) (string, bool) {
	if slices.Contains(asked.Offered, text) {
		return text, true
	}
	if n, err := strconv.Atoi(strings.Trim(text, " .")); err == nil && n >= 1 && n <= len(asked.Offered) {
		return asked.Offered[n-1], true
	}
	return "", false
}

// askPlace asks for the other half of a place: which of several, or which
// desa of the kecamatan.
func (d *Desk) askPlace(t *Turn, _ event.Audience, asked place, tag string) error {
	tag += event.KeyLocation
	if len(asked.Offered) == 0 {
		return t.Say("ask.desa", templates.Data{"Kecamatan": asked.Kecamatan, "Examples": examples(asked.Kecamatan)})
	}
	var list []choice
	for _, v := range asked.Offered {
		list = append(list, choice{t.locality(v), v})
	}
	return t.Say("ask.which", nil, t.choices(tag, list...))
}

// examples names three villages of a kecamatan.
func examples(kecamatan string) []string {
	var out []string
	for _, p := range understand.DesaOf(kecamatan) {
		if len(out) < 3 {
			out = append(out, p.Desa)
		}
	}
	return out
}

// maxPhoto is the largest product photo taken, in bytes.
const maxPhoto = 10 << 20

func (d *Desk) readPicture(ctx context.Context, t *Turn) (reading, error) {
	m := t.In.Media
	isImage := t.In.Kind == channel.Photo || t.In.Kind == channel.Document && m != nil && strings.HasPrefix(m.MIME, "image/")
	if !isImage || m == nil {
		return trouble("answer.photo", nil), nil
	}
	data, err := d.net.Fetch(ctx, t.In.Chat.Channel, *m, maxPhoto)
	if errors.Is(err, channel.ErrTooLarge) {
		return trouble("answer.photo.large", templates.Data{"MB": maxPhoto >> 20}), nil
	}
	if err != nil {
		t.Log.Warn().Err(err).Msg("photo could not be fetched")
		return trouble("answer.photo.again", nil), nil
	}
	id := "photo/" + t.In.ID
	mime := m.MIME
	if mime == "" {
		mime = "image/jpeg"
	}
	b := storage.Blob{ID: id, Name: "foto", MIME: mime, At: d.app.Now()}
	if err := d.app.Store().Media().Put(ctx, b, data); err != nil {
		return reading{}, err
	}
	return reading{value: id, note: "answer.photo.ok"}, nil
}

// options are the choices of a field.
func (d *Desk) options(t *Turn, fd event.Field) []choice {
	var out []choice
	for _, v := range fd.Options {
		out = append(out, choice{t.Label("option."+fd.Key, v), v})
	}
	return out
}

// choose reads one of several choices: by value, number, or words.
func (d *Desk) choose(text string, list []choice) (string, bool) {
	opts := make([]understand.Option, len(list))
	for i, c := range list {
		if text == c.value {
			return c.value, true
		}
		opts[i] = understand.Option{Value: c.value, Label: c.label, Synonyms: []string{c.value}}
	}
	v, sure, _ := understand.Choose(text, opts)
	return v, sure
}

// chosen is choose for a question with that tag; a press of another
// question's button is no choice.
func (d *Desk) chosen(t *Turn, tag string, list []choice) (string, bool) {
	if t.Stale(tag) || t.In.Kind != channel.Text && t.In.Kind != channel.Press {
		return "", false
	}
	return d.choose(t.Text(), list)
}

// numberChoice is the choice of an entry of a list that has numbers of its own,
// such as the sections or the proposals of a theme; its number is the value.
func (t *Turn) numberChoice(n int, label string) choice {
	if t.Caps.Buttons {
		label = strconv.Itoa(n) + ". " + label
	}
	return choice{label, strconv.Itoa(n)}
}

// numberChosen reads which of those entries was chosen: its number, or what was
// said as it is. With buttons the numbers are the entries' own, without they
// count the list.
func (d *Desk) numberChosen(t *Turn, tag string, list []choice) string {
	text := t.Text()
	if _, err := strconv.Atoi(strings.Trim(text, " .#")); err == nil && t.Caps.Buttons {
		return text
	}
	if v, ok := d.chosen(t, tag, list); ok {
		return v
	}
	return text
}

// chosenField is chosen for a list of fields with their values: by its name
// alone first, so that the words of another field's value do not count.
func (d *Desk) chosenField(t *Turn, tag string, aud event.Audience, list []choice) (string, bool) {
	if t.In.Kind == channel.Text {
		for _, c := range list {
			if event.Fold(t.Text()) == event.Fold(t.fieldName(aud, c.value)) {
				return c.value, true
			}
		}
		var names []choice
		for _, c := range list {
			names = append(names, choice{t.fieldName(aud, c.value), c.value})
		}
		if v, ok := d.chosen(t, tag, names); ok {
			return v, true
		}
	}
	return d.chosen(t, tag, list)
}

// yesNo reads yes or no to a question with that tag; 1 is yes and 2 is no, as
// they are listed.
func (d *Desk) yesNo(t *Turn, tag string) (yes, sure bool) {
	if t.Stale(tag) || t.In.Kind != channel.Text && t.In.Kind != channel.Press {
		return false, false
	}
	switch t.Text() {
	case "1":
		return true, true
	case "2":
		return false, true
	}
	a := understand.YesNo(t.Text())
	return a == understand.AnswerYes, a != understand.AnswerUnclear
}

// agreed is yesNo where the two answers have labels of their own: these, too,
// may be typed as they are shown.
func (d *Desk) agreed(t *Turn, tag, yes, no string) (agrees, sure bool) {
	if agrees, sure = d.yesNo(t, tag); sure {
		return agrees, true
	}
	v, ok := d.chosen(t, tag, []choice{{t.Label("answer", yes), "ya"}, {t.Label("answer", no), "tidak"}})
	return v == "ya", ok
}

// validAnswer reports whether a stored answer is still good for a field, for
// drafts of an older form and data of an earlier event.
func validAnswer(fd event.Field, value string) bool {
	switch fd.Kind {
	case event.Choice:
		return slices.Contains(fd.Options, value)
	case event.Location:
		l := event.ParseLocality(value)
		return l.Outside || l.Desa != ""
	case event.District:
		l := event.ParseLocality(value)
		return l.Outside || l.Kecamatan != ""
	case event.Picture:
		return value != ""
	}
	return readTyped(fd, value).problem == ""
}

func validName(s string) bool {
	_, err := understand.PersonName(s)
	return err == nil
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// sureQuestion is the confidence from which a text is a question even where
// any text would do as an answer.
const sureQuestion = 0.8

// intent is the steering word that a text is; "" for any other text.
func intent(text string) understand.Intent {
	in, _ := understand.IntentOf(text)
	return in
}

// titled writes a place's name with capitals: "Kota Bogor".
func titled(name string) string { return cases.Title(language.Indonesian).String(name) }
