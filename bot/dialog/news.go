package dialog

import (
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// newsData fills the texts about a moved or cancelled event.
func (d *Desk) newsData(e *event.Event, g *event.Participation) templates.Data {
	return templates.Data{"Event": e, "News": e.News, "Kind": string(e.News.Kind), "P": g, "Salute": d.Salute(g), "DelegateTold": false}
}

// newsText is the news for one person in their wording.
func (d *Desk) newsText(e *event.Event, h app.Hearer) (string, error) {
	data, w := d.newsData(e, h.Guest), h.Wording
	data["DelegateTold"] = h.DelegateTold
	off := e.News.Kind == event.NewsCancelled
	switch {
	case off && w == event.ThroughOffice:
		return d.texts.Text("news.official.cancelled", data)
	case w == event.ThroughOffice:
		return d.texts.Text("news.official.moved", data)
	case off && w == event.ToDelegate:
		return d.texts.Text("news.cancelled.delegate", data)
	case off && w == event.ToRegistered:
		return d.texts.Text("news.cancelled.registered", data)
	case off && w == event.ToConfirmed:
		return d.texts.Text("news.cancelled.confirmed", data)
	case off:
		return d.texts.Text("news.cancelled.invited", data)
	case w == event.ToDelegate:
		return d.texts.Text("news.moved.delegate", data)
	case w == event.ToRegistered:
		return d.texts.Text("news.moved.registered", data)
	case w == event.ToConfirmed:
		return d.texts.Text("news.moved.confirmed", data)
	}
	return d.texts.Text("news.moved.invited", data)
}

// News writes the news of a moved or cancelled event to somebody. Who has to
// say whether they still come gets the answers as buttons.
func (d *Desk) News(e *event.Event, h app.Hearer, caps channel.Capabilities) (channel.Outbound, error) {
	g, w := h.Guest, h.Wording
	text, err := d.newsText(e, h)
	if err != nil {
		return channel.Outbound{}, err
	}
	m := channel.Outbound{Text: text}
	if h.Chat.Channel == channel.Email {
		if m.Subject, err = d.texts.Text("news.subject."+string(e.News.Kind), d.newsData(e, g)); err != nil {
			return m, err
		}
		return m, d.Mail(&m, e, g, e.News.Kind != event.NewsCancelled && w == event.ToInvited)
	}
	switch {
	case !caps.Buttons || e.News.Kind == event.NewsCancelled, w == event.ToDelegate:
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
	text.Text, err = d.newsText(e, app.Hearer{Guest: g, Wording: event.ThroughOffice})
	return note, text, err
}
