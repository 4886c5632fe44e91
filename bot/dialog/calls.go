package dialog

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// callsAtOnce is how many guests of the call list are shown together.
const callsAtOnce = 5

// callLine is one guest of the call list.
type callLine struct {
	app.Call
	Salute string
	Number string // as people write it; "": none is known
	Link   string // shown where there are no buttons
}

// calls is /sebar telepon: guests whom a member writes to by hand, with the
// text filled in.
func (d *Desk) calls(ctx context.Context, t *Turn, args string) error {
	if t.In.Group {
		return t.Say("calls.private", nil)
	}
	e, _, err := d.eventFor(ctx, t, "sebar telepon", args)
	if e == nil || err != nil {
		return err
	}
	list, err := d.app.NextCalls(ctx, t.Actor(), e.ID, callsAtOnce)
	if err != nil {
		return err
	}
	switch {
	case list.Left == 0:
		return t.Say("calls.none", nil)
	case len(list.Guests) == 0 && list.Today < app.MaxCalls:
		return t.Say("calls.taken", templates.Data{"Left": list.Left})
	case len(list.Guests) == 0:
		return t.Say("calls.enough", templates.Data{"Today": list.Today, "Left": list.Left})
	}
	body, _, err := d.ownOrBuiltIn(ctx, "call.text")
	if err != nil {
		return err
	}
	var lines []callLine
	var keys [][]channel.Button
	var written, marked, asked bool // what there is to press, or to open
	for _, g := range list.Guests {
		link, err := d.callLink(ctx, body, e, g.Participation)
		if err != nil {
			return err
		}
		n := strconv.Itoa(g.N)
		l := callLine{Call: g, Salute: d.Salute(g.Participation), Number: understand.FormatPhone(g.Phone)}
		written = written || app.Mobile(g.Phone)
		if t.Caps.Buttons {
			var write []channel.Button
			if app.Mobile(g.Phone) { // a land line can only be rung
				write = []channel.Button{{Label: shorten(t.Label("sebar", "write")+" "+g.Name, 28), URL: link}}
			}
			if g.InvitedAt == nil && g.Reply.Answer == event.Silent || e.Status == event.EventCancelled {
				marked = true
				keys = append(keys, append(write, channel.Button{Label: t.Label("sebar", "called") + " " + n, Value: "/sebar sudah " + g.Code}))
			} else { // rung for an answer: what came of it, with one tap
				asked = true
				if len(write) > 0 {
					keys = append(keys, write)
				}
				keys = append(keys, callResults(t, n, g.Code)...)
			}
		} else if app.Mobile(g.Phone) {
			l.Link = link
		}
		lines = append(lines, l)
	}
	return t.Say("calls.list", templates.Data{
		"Event": e, "Left": list.Left, "Today": list.Today, "Most": app.MaxCalls, "Guests": lines, "Plain": !t.Caps.Buttons,
		"Written": written, "Marked": marked, "Asked": asked,
	}, func(_ *Turn, m *channel.Outbound) { m.Buttons = keys })
}

// callResults are what may come of a call: an answer, or none.
func callResults(t *Turn, n, code string) [][]channel.Button {
	var out []channel.Button
	for _, r := range []string{"hadir", "tidak", "mungkin", "sepi", "salah"} {
		out = append(out, channel.Button{Label: n + " " + t.Label("callresult", r), Value: "/konfirmasi hasil " + code + " " + r})
	}
	return [][]channel.Button{out[:3], out[3:]}
}

// callLink opens WhatsApp with what this guest has to hear: the news of a moved
// or cancelled event, where they do not know it yet; else whether it still
// holds that they come; else the invitation.
func (d *Desk) callLink(ctx context.Context, body string, e *event.Event, g *event.Participation) (string, error) {
	n := e.News
	told := g.InvitedAt == nil && g.Reply.At == nil || g.InvitedAt != nil && n != nil && !g.InvitedAt.Before(n.At)
	stands := n == nil || told || g.Reply.At != nil && g.Reply.At.After(n.At)
	if stands && !g.Reply.Comes() {
		return d.waLink(body, e, g)
	}
	var text string
	var err error
	if stands { // who said that they come is not invited once more
		text, err = d.texts.Text("call.still", d.rsvpData(g, e))
	} else {
		_, delegate, found := d.app.DelegateChat(ctx, g, d.net.On)
		if found != nil {
			return "", found
		}
		text, err = d.newsText(e, app.Hearer{Guest: g, Wording: g.NewsFor(), DelegateTold: delegate != ""})
	}
	if err != nil {
		return "", err
	}
	return waText(g.Phone, text), nil
}

func waText(phone, text string) string {
	return "https://wa.me/" + strings.TrimPrefix(phone, "+") + "?text=" + strings.ReplaceAll(url.QueryEscape(markup.Plain(text)), "+", "%20")
}

// waLink opens WhatsApp on the member's own phone, with the text filled in and
// the bot's own link in it.
func (d *Desk) waLink(body string, e *event.Event, g *event.Participation) (string, error) {
	text, err := d.texts.Custom(body, d.guestData(e, g, channel.WhatsApp))
	if err != nil {
		return "", err
	}
	return waText(g.Phone, text), nil
}

// called marks a guest of the call list as done: by the code of a button, or by
// the number in the list that the member was shown.
func (d *Desk) called(ctx context.Context, t *Turn, arg string) error {
	id, err := d.calledID(ctx, t, arg)
	if err != nil {
		return err
	}
	if id == "" && t.In.Kind == channel.Press {
		return t.Say("answer.oldbutton", nil)
	}
	if id == "" {
		return t.Say("calls.which", nil, t.commands(choice{t.Label("sebar", "calllist"), "/sebar telepon"}))
	}
	g, _, err := d.app.CallMade(ctx, t.Actor(), id)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("answer.oldbutton", nil)
	}
	if err != nil {
		return err
	}
	return t.Say("calls.done", templates.Data{"P": g}, t.commands(
		choice{t.Label("sebar", "more"), "/sebar telepon"},
		choice{t.Label("callresult", "salah"), "/konfirmasi hasil " + g.Code + " salah"}, // what the call has shown
	))
}

func (d *Desk) calledID(ctx context.Context, t *Turn, arg string) (string, error) {
	n, err := strconv.Atoi(arg)
	if err != nil {
		g, err := d.app.GuestByCode(ctx, arg)
		if errors.Is(err, storage.ErrNotFound) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return g.ID, nil
	}
	return d.app.CallNumbered(ctx, t.Actor(), n)
}
