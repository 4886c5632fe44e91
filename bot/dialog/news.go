package dialog

import (
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// newsData fills the texts about a moved or cancelled event.
func (d *Desk) newsData(e *event.Event, g *event.Participation) templates.Data {
	return templates.Data{"Event": e, "News": e.News, "Kind": string(e.News.Kind), "P": g, "Salute": d.Salute(g)}
}

// newsText is the news for one person in a wording.
func (d *Desk) newsText(e *event.Event, g *event.Participation, w event.Wording) (string, error) {
	data := d.newsData(e, g)
	off := e.News.Kind == event.NewsCancelled
	switch {
	case off && w == event.ThroughOffice:
		return d.texts.Text("news.official.cancelled", data)
	case w == event.ThroughOffice:
		return d.texts.Text("news.official.moved", data)
	case off && w == event.ToRegistered:
		return d.texts.Text("news.cancelled.registered", data)
	case off && w == event.ToConfirmed:
		return d.texts.Text("news.cancelled.confirmed", data)
	case off:
		return d.texts.Text("news.cancelled.invited", data)
	case w == event.ToRegistered:
		return d.texts.Text("news.moved.registered", data)
	case w == event.ToConfirmed:
		return d.texts.Text("news.moved.confirmed", data)
	}
	return d.texts.Text("news.moved.invited", data)
}

// News writes the news of a moved or cancelled event to somebody. Who has to
// say whether they still come gets the answers as buttons.
func (d *Desk) News(e *event.Event, g *event.Participation, w event.Wording, via channel.Name, caps channel.Capabilities) (channel.Outbound, error) {
	text, err := d.newsText(e, g, w)
	if err != nil {
		return channel.Outbound{}, err
	}
	m := channel.Outbound{Text: text}
	if via == channel.Email {
		if m.Subject, err = d.texts.Text("news.subject."+string(e.News.Kind), d.newsData(e, g)); err != nil {
			return m, err
		}
		return m, d.Mail(&m, e, g, e.News.Kind != event.NewsCancelled && w == event.ToInvited)
	}
	switch {
	case !caps.Buttons || e.News.Kind == event.NewsCancelled:
	case w == event.ToRegistered:
		m.Buttons = [][]channel.Button{{{Label: d.texts.Label("menu", "tiket"), Value: "/tiket"}, {Label: d.texts.Label("menu", "batal"), Value: "/batal"}}}
	default:
		m.Buttons = d.RSVPButtons(g)
	}
	return m, nil
}

// NewsHandover writes to the team about an official who has to hear the news.
func (d *Desk) NewsHandover(e *event.Event, g *event.Participation, _ channel.Capabilities) (note, text channel.Outbound, err error) {
	if note.Text, err = d.texts.Text("news.handover", d.newsData(e, g)); err != nil {
		return note, text, err
	}
	text.Text, err = d.newsText(e, g, event.ThroughOffice)
	return note, text, err
}
