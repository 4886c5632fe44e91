package dialog

import (
	"context"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// pageAnswers are the answers on a reply page, in their order.
func pageAnswers() []event.Answer {
	return []event.Answer{event.Yes, event.Maybe, event.No, event.Delegated}
}

// Mail completes what is written to a guest by e-mail: the answers as links, to
// a page and into the chats, and how to end all mails. ask: an answer is asked
// for.
func (d *Desk) Mail(m *channel.Outbound, e *event.Event, g *event.Participation, ask bool) error {
	page, chats := d.net.ReplyLink(e.ID, g.Code), d.ChatLinks(g)
	if ask {
		text, err := d.texts.Text("mail.ask", templates.Data{"Page": page != "", "Chat": len(chats) > 0})
		if err != nil {
			return err
		}
		m.Text += "\n\n" + text
	}
	if page != "" && ask {
		for _, a := range pageAnswers() {
			m.Buttons = append(m.Buttons, []channel.Button{{Label: d.texts.Label("rsvp", rsvpLabel(g, understand.Meaning(a))), URL: page + "?j=" + string(a)}})
		}
	} else if page != "" {
		m.Buttons = append(m.Buttons, []channel.Button{{Label: d.texts.Label("mail", "page"), URL: page}})
	}
	for _, b := range chats {
		m.Buttons = append(m.Buttons, []channel.Button{b})
	}
	m.Stop = d.net.StopLink(e.ID, g.Code)
	footer, err := d.texts.Text("mail.footer", templates.Data{"Stop": m.Stop})
	m.Footer = footer
	return err
}

// ChatLinks open the chats that the program runs, as that guest.
func (d *Desk) ChatLinks(g *event.Participation) []channel.Button {
	var out []channel.Button
	for _, name := range []channel.Name{channel.WhatsApp, channel.Telegram, channel.Web} {
		if link := d.net.DeepLink(name, "u_"+g.Code); link != "" {
			out = append(out, channel.Button{Label: d.texts.Label("mailchat", string(name)), URL: link})
		}
	}
	return out
}

// EventCalendar is the event as a calendar file for guests' mails; they share
// it.
func (d *Desk) EventCalendar(ctx context.Context, e *event.Event) (channel.File, error) {
	// The day in the key makes it anew before the clean-up may take it away.
	day := event.Midnight(d.app.Now()).Format(time.DateOnly)
	f, err := d.eventCalendar(ctx, e, fmt.Sprintf("calendar/%s/%d/%s", e.ID, e.Version, day))
	if err != nil {
		return channel.File{}, fmt.Errorf("calendar file of %s: %w", e.ID, err)
	}
	return *f, nil
}
