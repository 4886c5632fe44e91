package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// The placeholders of invitations: those that a text must have, and all.
var (
	invitePlacesRequired = []string{"sapaan", "acara", "hari", "tempat"}
	invitePlaces         = []string{"sapaan", "nama", "jabatan", "instansi", "acara", "tema", "hari", "pukul", "tempat", "peta", "sisa", "tautan"}
)

// maxInvite is how long a text that the team writes may be, in characters: with
// names and the footer filled in it is still one message.
const maxInvite = 2500

// inviteKey is the key of an audience's invitation, among the built-in texts
// and among those of the team.
func inviteKey(aud event.Audience) string { return "invite." + string(aud) }

// ownOrBuiltIn is the text of a key that the team may change, as it is now.
func (d *Desk) ownOrBuiltIn(ctx context.Context, key string) (body string, own bool, err error) {
	t, _, err := d.app.OwnText(ctx, key)
	if err != nil || t.Body != "" {
		return t.Body, true, err
	}
	body, err = d.texts.Text(key, nil)
	return body, false, err
}

// guestData fills the placeholders for one guest.
func (d *Desk) guestData(e *event.Event, g *event.Participation, via channel.Name) templates.Data {
	return templates.Data{
		"sapaan": d.Salute(g), "nama": g.Name, "jabatan": g.Position, "instansi": g.Organisation,
		"acara": e.Title, "tema": e.Theme, "hari": event.Day(e.Start), "pukul": event.Clock(e.Start), "tempat": e.Place, "peta": e.MapURL,
		"sisa": strconv.Itoa(e.DaysBefore(d.app.Now())) + " hari", "tautan": d.guestLink(g, via),
	}
}

// guestLink opens the chat with the bot as that guest, on the network on which
// they read it where that has such links; "" where none has.
func (d *Desk) guestLink(g *event.Participation, via channel.Name) string {
	payload := "u_" + g.Code
	if link := d.net.DeepLink(via, payload); link != "" {
		return link
	}
	return d.printedLink(payload)
}

// deepLink is a link of the first channel that has any, for tickets and the
// codes at the door. Telegram's is the shortest, and the easiest to scan.
func (d *Desk) deepLink(payload string) string {
	for _, name := range []channel.Name{channel.Telegram, channel.WhatsApp, channel.Web} {
		if link := d.net.DeepLink(name, payload); link != "" {
			return link
		}
	}
	return ""
}

// wayIn is a link into the chat on one network.
type wayIn struct {
	Network channel.Name
	Link    string
}

// waysIn are the links into the chat on every network that has one, for what is
// printed or passed on to people of whom we do not know which they use. Most
// have WhatsApp.
func (d *Desk) waysIn(payload string) []wayIn {
	var out []wayIn
	for _, name := range []channel.Name{channel.WhatsApp, channel.Telegram, channel.Web} {
		if link := d.net.DeepLink(name, payload); link != "" {
			out = append(out, wayIn{name, link})
		}
	}
	return out
}

// printedLink is the one link of what is printed and carries a single code: the
// network that most people have.
func (d *Desk) printedLink(payload string) string {
	if ways := d.waysIn(payload); len(ways) > 0 {
		return ways[0].Link
	}
	return ""
}

// Invitation writes one guest's invitation, with the buttons or the numbers of
// the answers; by e-mail with the links to answer by. What goes along with it
// is in Attachments.
func (d *Desk) Invitation(b *storage.Broadcast, e *event.Event, g *event.Participation, via channel.Name, caps channel.Capabilities) (channel.Outbound, error) {
	return d.inviteOutbound(b.Texts[string(g.Audience)], e, g, via, caps)
}

func (d *Desk) inviteOutbound(body string, e *event.Event, g *event.Participation, via channel.Name, caps channel.Capabilities) (channel.Outbound, error) {
	var m channel.Outbound
	text, err := d.texts.Custom(body, d.guestData(e, g, via))
	if err != nil {
		return m, err
	}
	footer, err := d.texts.Text("invite.footer", nil)
	if err != nil {
		return m, err
	}
	switch {
	case via == channel.Email:
		if m.Subject, err = d.texts.Text("invite.subject", templates.Data{"Event": e}); err != nil {
			return m, err
		}
		m.Text = text
		return m, d.Mail(&m, e, g, true)
	case caps.Buttons:
		m.Buttons = d.RSVPButtons(g)
	default:
		for i, option := range rsvpOptions {
			if text += "\n"; i == 0 {
				text += "\n"
			}
			text += strconv.Itoa(i+1) + ". " + markup.Escape(d.texts.Label("rsvp", string(option)))
		}
	}
	m.Text = text + "\n\n" + footer
	return m, nil
}

// Handover writes to the team about an official's invitation.
func (d *Desk) Handover(b *storage.Broadcast, e *event.Event, g *event.Participation, caps channel.Capabilities) (note, text channel.Outbound, err error) {
	note.Text, err = d.texts.Text("sebar.handover", templates.Data{"P": g, "Salute": d.Salute(g), "Plain": !caps.Buttons})
	if err != nil {
		return note, text, err
	}
	if caps.Buttons {
		note.Buttons = [][]channel.Button{{{Label: d.texts.Label("sebar", "handed"), Value: "/sebar terus " + g.Code}}}
	}
	text.Text, err = d.texts.Custom(b.Texts[string(g.Audience)], d.guestData(e, g, channel.WhatsApp))
	return note, text, err
}

// approvalSample is the invitation of one audience, with a real guest's name.
type approvalSample struct {
	Name     string
	Audience event.Audience
	Text     templates.Markup
}

// samplesWithin is how many characters of invitations go into the message that
// asks for approval; longer ones go before it, each in its own.
const samplesWithin = 2800

// Approval asks a second team member to look at a broadcast: the text of every
// audience is shown, since what is approved is what goes out. The last message
// is the question.
func (d *Desk) Approval(ctx context.Context, b *storage.Broadcast, e *event.Event, caps channel.Capabilities) ([]channel.Outbound, error) {
	maker, err := d.nameOf(ctx, b.MadeBy)
	if err != nil {
		return nil, err
	}
	samples, length, err := d.approvalSamples(ctx, b, e)
	if err != nil {
		return nil, err
	}
	var out []channel.Outbound
	apart := length > samplesWithin
	if apart {
		for _, s := range samples {
			text, err := d.texts.Text("sebar.approval.sample", templates.Data{"Name": s.Name, "Audience": s.Audience, "Text": s.Text})
			if err != nil {
				return nil, err
			}
			out = append(out, channel.Outbound{Text: text})
		}
		samples = nil
	}
	cold, err := d.app.ColdOutlookOf(ctx, e, b.Audiences, b.StartAt, d.net.On)
	if err != nil {
		return nil, err
	}
	var m channel.Outbound
	m.Text, err = d.texts.Text("sebar.approval", templates.Data{
		"Maker": maker, "Event": e, "B": b, "Names": d.audienceNames(b.Audiences), "Now": !b.StartAt.After(d.app.Now()),
		"Samples": samples, "Apart": apart, "Plain": !caps.Buttons, "Files": d.fileNames(b),
		"Strangers": cold,
	})
	if err != nil {
		return nil, err
	}
	if caps.Buttons {
		m.Buttons = [][]channel.Button{{
			{Label: d.texts.Label("sebar", "approve"), Value: "/sebar setujui " + b.ID},
			{Label: d.texts.Label("sebar", "refuse"), Value: "/sebar tolak " + b.ID},
		}}
	}
	return append(out, m), nil
}

func (d *Desk) approvalSamples(ctx context.Context, b *storage.Broadcast, e *event.Event) (out []approvalSample, length int, err error) {
	for _, aud := range app.Invitable() {
		if !slices.Contains(b.Audiences, aud) {
			continue
		}
		name, text, err := d.sample(ctx, e, []event.Audience{aud}, b.Texts)
		if err != nil {
			return nil, 0, err
		}
		if name == "" {
			continue
		}
		out = append(out, approvalSample{name, aud, templates.Markup(text)})
		length += utf8.RuneCountInString(text)
	}
	return out, length, nil
}

func (d *Desk) nameOf(ctx context.Context, personID string) (string, error) {
	p, err := d.app.Store().People().Get(ctx, personID)
	if errors.Is(err, storage.ErrNotFound) {
		return "?", nil
	}
	if err != nil {
		return "", err
	}
	return p.Name, nil
}

// Board shows how far a broadcast is.
func (d *Desk) Board(b *storage.Broadcast, _ *event.Event, p app.Progress, caps channel.Capabilities) (channel.Outbound, error) {
	text, err := d.texts.Text("sebar.board", templates.Data{"Status": string(b.Status), "P": p, "Plain": !caps.Buttons})
	m := channel.Outbound{Text: text}
	if err != nil || !caps.Buttons {
		return m, err
	}
	key := func(label, verb string) channel.Button {
		return channel.Button{Label: d.texts.Label("sebar", label), Value: "/sebar " + verb + " " + b.ID}
	}
	switch b.Status {
	case storage.BroadcastRunning:
		m.Buttons = [][]channel.Button{{key("pause", "jeda"), key("cancel", "batalkan")}}
	case storage.BroadcastPaused:
		m.Buttons = [][]channel.Button{{key("resume", "lanjut"), key("cancel", "batalkan")}}
	case storage.BroadcastFinished:
		if p.Failed > 0 {
			m.Buttons = append(m.Buttons, []channel.Button{key("retry", "ulangi")})
		}
		if p.Uncertain > 0 {
			m.Buttons = append(m.Buttons, []channel.Button{key("retryunsure", "ulangi ragu")})
		}
		m.Buttons = append(m.Buttons, []channel.Button{{Label: d.texts.Label("sebar", "status"), Value: "/sebar rincian"}})
	}
	return m, nil
}

// sample renders the invitation of the first audience that has a guest, with
// that guest's name; "" where there is none.
func (d *Desk) sample(ctx context.Context, e *event.Event, auds []event.Audience, texts map[string]string) (name, text string, err error) {
	for _, aud := range auds {
		g, err := d.sampleGuest(ctx, e, aud)
		if err != nil {
			return "", "", err
		}
		if g == nil {
			continue
		}
		text, err := d.texts.Custom(texts[string(aud)], d.guestData(e, g, ""))
		return g.Name, text, err
	}
	return "", "", nil
}

// sampleGuest is a guest of an audience to try a text out on: one who has not
// been invited, if there is one; nil without guests.
func (d *Desk) sampleGuest(ctx context.Context, e *event.Event, aud event.Audience) (*event.Participation, error) {
	uninvited := false
	for _, q := range []storage.ParticipationQuery{
		{EventID: e.ID, Audience: aud, Invited: &uninvited, Limit: 1},
		{EventID: e.ID, Audience: aud, Limit: 1},
	} {
		page, _, err := d.app.Store().Participations().List(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(page) > 0 {
			return page[0], nil
		}
	}
	return nil, nil
}

func (d *Desk) audienceNames(auds []event.Audience) string {
	var names []string
	for _, aud := range app.Invitable() {
		if slices.Contains(auds, aud) {
			names = append(names, d.texts.Label("audience", string(aud)))
		}
	}
	return strings.Join(names, ", ")
}
