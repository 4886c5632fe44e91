package dialog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

const dlgAccount = "whatsapp"

// accountState is the question of /whatsapp that stands.
type accountState struct {
	Tag   string `json:"tag"`
	Phone bool   `json:"phone,omitempty"` // which number is to be linked; else: unlink, really?
}

// whatsapp is /whatsapp: how the link of the office's number is, linking,
// unlinking. Codes are shown in private only: whoever uses one is linked.
func (d *Desk) whatsapp(ctx context.Context, t *Turn, args string) error {
	t.Close()
	line, ok := d.net.Line(channel.WhatsApp)
	if !ok {
		return t.Say("whatsapp.off", nil)
	}
	word, rest := cutWord(args)
	switch event.Fold(word) {
	case "":
		return d.accountStatus(t, line)
	case "qr", "tautkan":
		return d.link(ctx, t, line, "")
	case "kode", "nomor":
		if rest = unbar(rest); rest != "" {
			return d.linkByCode(ctx, t, line, rest)
		}
		if no, err := d.cannotLink(t, line); no || err != nil {
			return err
		}
		return d.askAccount(t, accountState{Phone: true})
	case "putus", "putuskan":
		if !linked(line) {
			return noteAgain(t, "whatsapp.notlinked", nil, func() error { return d.accountStatus(t, line) })
		}
		if understand.YesNo(unbar(rest)) == understand.AnswerYes {
			return d.unlink(ctx, t)
		}
		return d.askAccount(t, accountState{})
	}
	return noteAgain(t, "whatsapp.what", nil, func() error { return d.accountStatus(t, line) })
}

// linked reports whether a number is linked, whether its line works or not.
func linked(line channel.Connection) bool {
	switch line.State {
	case channel.Unlinked, channel.Pairing, channel.LoggedOut:
		return false
	}
	return true
}

func (d *Desk) accountStatus(t *Turn, line channel.Connection) error {
	var list []choice
	switch {
	case linked(line):
		list = []choice{{t.Label("whatsapp", "again"), "/whatsapp"}, {t.Label("whatsapp", "unlink"), "/whatsapp putus"}}
	case t.In.Group || line.State == channel.Pairing:
		list = []choice{{t.Label("whatsapp", "again"), "/whatsapp"}}
	default:
		list = []choice{{t.Label("whatsapp", "qr"), "/whatsapp qr"}, {t.Label("whatsapp", "code"), "/whatsapp kode"}}
	}
	return t.Say("whatsapp.status", templates.Data{
		"Line": line, "Linked": linked(line), "Pairing": line.State == channel.Pairing, "Group": t.In.Group, "Fault": lineFault(t, line),
	}, t.commands(list...))
}

// lineFault says what is wrong with a line; "" where nothing is.
func lineFault(t *Turn, line channel.Connection) string {
	if line.State == channel.Online {
		return ""
	}
	s := t.Label("line", string(line.State))
	if !line.Until.IsZero() {
		s += ", " + event.ShortDay(line.Until) + " " + event.Clock(line.Until)
	}
	return s
}

// cannotLink says why no number can be linked from here now.
func (d *Desk) cannotLink(t *Turn, line channel.Connection) (bool, error) {
	switch {
	case t.In.Group:
		return true, t.Say("whatsapp.private", templates.Data{"Link": d.net.DeepLink(t.In.Chat.Channel, "")})
	case linked(line):
		return true, noteAgain(t, "whatsapp.linked", nil, func() error { return d.accountStatus(t, line) })
	}
	return false, nil
}

func (d *Desk) linkByCode(ctx context.Context, t *Turn, line channel.Connection, number string) error {
	p, err := understand.Phone(number)
	if err != nil || p.Landline {
		if no, err := d.cannotLink(t, line); no || err != nil {
			return err
		}
		return noteAgain(t, "whatsapp.number", nil, func() error { return d.askAccount(t, accountState{Phone: true}) })
	}
	return d.link(ctx, t, line, p.E164)
}

func (d *Desk) link(ctx context.Context, t *Turn, line channel.Connection, phone string) error {
	t.Close()
	if no, err := d.cannotLink(t, line); no || err != nil {
		return err
	}
	err := d.net.Link(channel.WhatsApp, phone, t.In)
	switch {
	case errors.Is(err, channel.ErrLinking):
		return t.Say("whatsapp.busy", nil)
	case errors.Is(err, channel.ErrLinked):
		return t.Say("whatsapp.linked", nil)
	case err != nil:
		return err
	}
	if err := d.app.RecordAccount(ctx, t.Actor(), "whatsapp.link"); err != nil {
		return err
	}
	return t.Say("whatsapp.begin", templates.Data{"Phone": understand.FormatPhone(phone)})
}

func (d *Desk) unlink(ctx context.Context, t *Turn) error {
	t.Close()
	if err := d.net.Unlink(ctx, channel.WhatsApp); err != nil {
		return err
	}
	if err := d.app.RecordAccount(ctx, t.Actor(), "whatsapp.unlink"); err != nil {
		return err
	}
	return t.Say("whatsapp.unlinked", nil)
}

func (d *Desk) askAccount(t *Turn, st accountState) error {
	st.Tag = tagHere(t, "wa")
	if err := t.Open(dlgAccount, st); err != nil {
		return err
	}
	if st.Phone {
		return t.Say("whatsapp.ask.phone", nil, t.choices(st.Tag, choice{t.Label("staff", "leave"), leave}))
	}
	return t.Say("whatsapp.ask.sure", templates.Data{"Own": t.In.Chat.Channel == channel.WhatsApp}, t.choices(st.Tag, d.sure(t)...), replyHint())
}

// accountStep takes the answer to the question that stands.
func (d *Desk) accountStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "whatsapp"); !ok {
		return err
	}
	var st accountState
	t.Load(&st)
	line, ok := d.net.Line(channel.WhatsApp)
	if !ok {
		t.Close()
		return t.Say("whatsapp.off", nil)
	}
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askAccount(t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "team.left", again: again}); !ok {
		return err
	}
	switch {
	case st.Phone && t.Text() == "1":
		t.Close()
		return t.Say("team.left", nil)
	case st.Phone:
		number := t.Text()
		if t.In.Contact != nil {
			number = t.In.Contact.Phone
		}
		return d.linkByCode(ctx, t, line, number)
	}
	yes, sure := d.yesNo(t, st.Tag)
	switch {
	case !sure:
		return again("staff.yesno")
	case !yes:
		t.Close()
		return t.Say("team.left", nil)
	}
	return d.unlink(ctx, t)
}

// linkPicture is how large a QR code for a phone is, in pixels.
const linkPicture = 640

// LinkStep says one step of linking: a code, that it is done, or why not. ref
// names it for good.
func (d *Desk) LinkStep(ctx context.Context, s channel.LinkStep, ref string, caps channel.Capabilities) (channel.Outbound, error) {
	key := ""
	data := templates.Data{"Seconds": max(0, int(time.Until(s.Until).Round(time.Second).Seconds())), "Code": s.Code, "Phone": s.Account}
	var m channel.Outbound
	switch {
	case errors.Is(s.Err, context.DeadlineExceeded), errors.Is(s.Err, context.Canceled):
		key = "whatsapp.step.late"
	case s.Err != nil:
		key, data["Why"] = "whatsapp.step.failed", shorten(s.Err.Error(), 160)
	case s.Account != "":
		key = "whatsapp.step.done"
	case s.Code != "":
		key = "whatsapp.step.code"
	default:
		key = "whatsapp.step.qr"
		png, err := report.QR(s.QR, linkPicture)
		if err != nil {
			return m, fmt.Errorf("draw the code: %w", err)
		}
		if m.File, err = d.keepFile(ctx, channel.File{Blob: ref + ".png", Name: "tautan-whatsapp.png", MIME: "image/png", Photo: true}, png); err != nil {
			return m, err
		}
	}
	text, err := d.texts.Text(key, data)
	m.Text = text
	if s.Account != "" && caps.Buttons {
		m.Buttons = [][]channel.Button{{{Label: d.texts.Label("whatsapp", "health"), Value: "/kesehatan"}}}
	}
	return m, err
}
