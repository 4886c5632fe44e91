package dialog

import (
	"context"
	"fmt"
	"strconv"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

func (d *Desk) askOptional(t *Turn, form event.Form) error {
	var names []string
	for _, fd := range form.Fields {
		if fd.Optional {
			names = append(names, t.fieldName(form.Audience, fd.Key))
		}
	}
	return t.Say("register.optional", templates.Data{"Fields": names}, dropKeys(),
		t.choices(string(phOptional), choice{t.Label("answer", "fillin"), "ya"}, choice{t.Label("answer", "skipall"), "lewati"}))
}

func (d *Desk) askSummary(ctx context.Context, t *Turn) error {
	dr := t.Chat.Draft
	lines, err := d.answerLines(ctx, t, dr.Audience, dr.Answers)
	if err != nil {
		return err
	}
	return t.Say("register.summary", templates.Data{"Audience": dr.Audience, "Lines": lines}, dropKeys(),
		t.choices(string(phSummary), choice{t.Label("answer", "send"), "ya"}, choice{t.Label("answer", "edit"), "ubah"}, choice{t.Label("answer", "drop"), "batal"}))
}

// fieldChoices lists the fields with their present values.
func (d *Desk) fieldChoices(t *Turn, aud event.Audience, answers map[string]string) []choice {
	form, _ := event.FormOf(aud)
	var out []choice
	for _, fd := range form.Fields {
		if fd.Key == event.KeyPhone && t.provenPhone() != "" {
			continue
		}
		label := t.fieldName(aud, fd.Key)
		if v, ok := answers[fd.Key]; ok {
			label += ": " + shorten(d.show(t, aud, fd.Key, v), 28)
		}
		out = append(out, choice{label, fd.Key})
	}
	return out
}

func (d *Desk) askField(_ context.Context, t *Turn, st registerState) error {
	st.Phase = phField
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.field", nil, t.choices(string(phField), d.fieldChoices(t, t.Chat.Draft.Audience, t.Chat.Draft.Answers)...))
}

// registerTag marks the buttons of a draft's questions.
func registerTag(dr *event.Draft) string { return dr.ID[:min(4, len(dr.ID))] + "." }

func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// ask asks one field, with where one is and an example.
func (d *Desk) ask(t *Turn, fd event.Field) error {
	dr := t.Chat.Draft
	form, _ := event.FormOf(dr.Audience)
	n, of, optional := d.position(t, form, fd.Key)
	question, err := t.Render("ask."+string(dr.Audience)+"."+fd.Key, nil)
	if err != nil {
		return err
	}
	opts := []Option{}
	tag := registerTag(dr) + fd.Key
	switch {
	case fd.Kind == event.Choice:
		opts = append(opts, t.choices(tag, d.options(t, fd)...))
	case fd.Kind == event.Phone && !t.In.Group:
		opts = append(opts, askContact(t.Label("answer", "sharephone")))
	case fd.Kind == event.PersonName && t.In.Sender.Name != "" && validName(t.In.Sender.Name):
		opts = append(opts, t.commands(choice{t.In.Sender.Name, pressMark + tag + "|" + clip(t.In.Sender.Name, channel.MaxButtonValue-len(pressMark)-len(tag)-1)}))
	}
	switch _, has := dr.Answers[fd.Key]; {
	case dr.Fixing != "":
		if fd.Optional && has && fd.Kind != event.Phone {
			opts = append(opts, t.commands(choice{t.Label("answer", "clear"), pressMark + tag + "|hapus"}))
		}
	case fd.Optional && fd.Kind != event.Phone:
		opts = append(opts, t.commands(choice{t.Label("answer", "skip"), pressMark + tag + "|lewati"}))
	}
	if fd.Kind != event.Phone {
		opts = append(opts, dropKeys())
	}
	return t.Say("register.question", templates.Data{
		"N": n, "Of": of, "Optional": optional, "Fixing": dr.Fixing != "", "Question": question,
		"First": n == 1 && !optional && dr.Fixing == "",
	}, opts...)
}

func clip(s string, n int) string {
	for len(s) > n {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return s
}

// position is "3 dari 7", leaving out the phone where the channel knows it.
func (d *Desk) position(t *Turn, form event.Form, key string) (n, of int, optional bool) {
	n, of, optional = form.Position(key)
	phoneAt, _, phoneOptional := form.Position(event.KeyPhone)
	if t.provenPhone() != "" && phoneAt > 0 && phoneOptional == optional {
		of--
		if phoneAt < n {
			n--
		}
	}
	return n, of, optional
}

// answerLine is one line of a summary.
type answerLine struct{ Field, Value string }

// answerLines shows what was answered, in the form's order.
func (d *Desk) answerLines(_ context.Context, t *Turn, aud event.Audience, answers map[string]string) ([]answerLine, error) {
	form, ok := event.FormOf(aud)
	if !ok {
		return nil, fmt.Errorf("no form for %q", aud)
	}
	var out []answerLine
	for _, fd := range form.Fields {
		if v, ok := answers[fd.Key]; ok {
			out = append(out, answerLine{t.fieldName(aud, fd.Key), d.show(t, aud, fd.Key, v)})
		}
	}
	return out, nil
}

func (t *Turn) fieldName(aud event.Audience, key string) string {
	if s := t.Label("field."+string(aud), key); s != key {
		return s
	}
	return t.Label("field", key)
}

// show writes a stored answer for reading.
func (d *Desk) show(t *Turn, aud event.Audience, key, value string) string {
	form, _ := event.FormOf(aud)
	fd, ok := form.Field(key)
	if !ok {
		return value
	}
	switch fd.Kind {
	case event.Choice:
		return t.Label("option."+key, value)
	case event.Phone:
		return understand.FormatPhone(value)
	case event.District: // its name says that it is a kecamatan
		if l := event.ParseLocality(value); !l.Outside {
			return l.Kecamatan
		}
		return t.locality(value)
	case event.Location:
		return t.locality(value)
	case event.Minutes:
		return value + " menit"
	case event.Instagram:
		return "@" + value
	case event.Count:
		if n, err := strconv.Atoi(value); err == nil {
			return t.texts.Number(n)
		}
	case event.Picture:
		return t.Label("answer", "photo")
	}
	return value
}

// locality writes a place for reading: "Kel. Karadenan, Kec. Cibinong".
func (t *Turn) locality(value string) string {
	l := event.ParseLocality(value)
	switch {
	case l.Outside && l.Name != "":
		return l.Name + " (" + t.Label("answer", "outside") + ")"
	case l.Outside:
		return t.Label("answer", "outside")
	case l.Desa != "":
		return villageWord(l) + " " + l.Desa + ", Kec. " + l.Kecamatan
	}
	return "Kec. " + l.Kecamatan
}

func villageWord(l event.Locality) string {
	for _, p := range understand.DesaOf(l.Kecamatan) {
		if p.Desa == l.Desa && p.Kind == understand.Kelurahan {
			return "Kel."
		}
	}
	return "Desa"
}
