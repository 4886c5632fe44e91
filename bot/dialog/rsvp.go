package dialog

import (
	"context"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// rsvpTag marks the answer buttons of one guest's invitation and reminders;
// they may be pressed whatever else is open.
const rsvpTag = "rsvp."

// rsvpOptions are the answers in the order in which they are numbered.
var rsvpOptions = []understand.Meaning{understand.MeansYes, understand.MeansMaybe, understand.MeansNo, understand.MeansDelegated}

// RSVPButtons are the answers to an invitation or a reminder, for those who
// write to guests.
func (d *Desk) RSVPButtons(p *event.Participation) [][]channel.Button {
	var keys []channel.Button
	for _, m := range rsvpOptions {
		keys = append(keys, channel.Button{Label: d.texts.Label("rsvp", rsvpLabel(p, m)), Value: pressMark + rsvpTag + p.Code + "|" + string(m)})
	}
	return rows(keys)
}

// rsvpLabel names an answer for a guest. Who is represented sees what "Hadir"
// would change.
func rsvpLabel(p *event.Participation, m understand.Meaning) string {
	if p.Reply.Answer == event.Delegated {
		switch m {
		case understand.MeansYes:
			return "self"
		case understand.MeansDelegated:
			return "still"
		}
	}
	return string(m)
}

// rsvpPress takes a button of an invitation or a reminder.
func (d *Desk) rsvpPress(ctx context.Context, t *Turn, code, value string) error {
	p, err := d.app.GuestByCode(ctx, code)
	if err != nil || p.PersonID != t.Person.ID {
		return t.Say("answer.oldbutton", nil)
	}
	e, err := d.app.Event(ctx, p.EventID)
	if err != nil {
		return err
	}
	if !e.Upcoming(d.app.Now()) {
		return t.Say("rsvp.over", templates.Data{"Event": e})
	}
	return d.takeAnswer(ctx, t, p, e, understand.Reading{Meaning: understand.Meaning(value)})
}

// rsvp reads a free text of somebody who was invited. ok is false where it is
// no answer to the invitation and nothing else that belongs to it.
func (d *Desk) rsvp(ctx context.Context, t *Turn) (ok bool, err error) {
	p, e, asked, err := d.app.Invited(ctx, t.Person.ID)
	if err != nil {
		return false, err
	}
	if p == nil {
		return d.calledOff(ctx, t)
	}
	r := understand.Reply(t.Text(), understand.ReplyContext{Asked: asked, Options: rsvpOptions})
	if asked && r.Holds && p.Reply.Answer == event.Delegated {
		r.Meaning = understand.MeansDelegated // "ya, masih bisa": they do not come themselves
	}
	switch {
	case r.Auto:
		return true, nil // two machines must not talk to each other
	case r.Sensitive != "":
		return true, d.grieve(ctx, t, p, r)
	}
	switch r.Meaning {
	case understand.MeansYes, understand.MeansNo, understand.MeansMaybe, understand.MeansDelegated:
		return true, d.takeAnswer(ctx, t, p, e, r)
	case understand.MeansOptOut:
		if _, err := d.app.CloseGuest(ctx, t.Actor(), p.ID, event.Stopped); err != nil {
			return true, err
		}
		return true, d.stop(ctx, t, "")
	case understand.MeansQuestion:
		return true, d.answerQuestion(ctx, t, p, e, r)
	}
	if p.Closed == event.Grieving && r.Meaning == understand.MeansUnclear && !thanks(t.Text()) && !greeting(t.Text()) {
		// The team is in touch: what is said now goes to them, and no menu comes.
		if err := t.Say("rsvp.passedon", nil); err != nil {
			return true, err
		}
		return true, d.tellTeam(ctx, t, p)
	}
	if asked && !greeting(t.Text()) {
		return true, t.Say("rsvp.unclear", d.rsvpData(p, e), d.rsvpChoices(p))
	}
	return false, nil
}

// calledOff answers who still speaks of an event that was called off.
func (d *Desk) calledOff(ctx context.Context, t *Turn) (ok bool, err error) {
	p, e, err := d.app.CalledOff(ctx, t.Person.ID)
	if err != nil || p == nil {
		return false, err
	}
	r := understand.Reply(t.Text(), understand.ReplyContext{})
	switch {
	case r.Auto:
		return true, nil
	case r.Sensitive != "":
		return true, d.grieve(ctx, t, p, r)
	}
	switch r.Meaning {
	case understand.MeansYes, understand.MeansNo, understand.MeansMaybe, understand.MeansDelegated:
		return true, t.Say("rsvp.calledoff", d.rsvpData(p, e))
	case understand.MeansQuestion:
		if r.Topic != "" && r.Topic != understand.AskUnknown { // where and when it is to be
			return true, t.Say("rsvp.calledoff", d.rsvpData(p, e))
		}
		if err := t.Say("rsvp.forwarded", nil); err != nil { // "kenapa dibatalkan?"
			return true, err
		}
		return true, d.tellTeam(ctx, t, p)
	}
	return false, nil
}

func (d *Desk) rsvpChoices(p *event.Participation) Option {
	return func(t *Turn, m *channel.Outbound) {
		t.choices(rsvpTag+p.Code, rsvpList(t, p)...)(t, m)
		d.rsvpPoll(p)(t, m)
	}
}

// rsvpPoll adds the question as a poll, where there are polls.
func (d *Desk) rsvpPoll(p *event.Participation) Option {
	return func(t *Turn, m *channel.Outbound) {
		t.poll(t.Label("rsvp", "poll"), rsvpTag+p.Code, rsvpList(t, p)...)(t, m)
	}
}

func rsvpList(t *Turn, p *event.Participation) []choice {
	var list []choice
	for _, a := range rsvpOptions {
		list = append(list, choice{t.Label("rsvp", rsvpLabel(p, a)), string(a)})
	}
	return list
}

func (d *Desk) rsvpData(p *event.Participation, e *event.Event) templates.Data {
	return templates.Data{"P": p, "Event": e, "Salute": d.Salute(p)}
}

// Salute is how a guest is addressed: "Bapak H. Dedi", "Bapak/Ibu Siti".
func (d *Desk) Salute(p *event.Participation) string {
	s := p.Salutation
	if s == "" {
		s = "Bapak/Ibu"
	}
	return strings.TrimSpace(s + " " + p.Name)
}

// takeAnswer records an answer, says how it was understood and how to correct
// it, and offers what comes next.
func (d *Desk) takeAnswer(ctx context.Context, t *Turn, p *event.Participation, e *event.Event, r understand.Reading) error {
	reply := event.Reply{
		Answer: event.Answer(r.Meaning), Heads: r.People, Delegate: delegateName(r, t.In.Text), DelegatePhone: delegatePhone(r, t.In.Text), Late: r.Late, Reason: r.Reason,
		Text: shorten(t.In.Text, 300), Source: "chat",
	}
	if t.In.Kind == channel.Press {
		reply.Text = ""
	}
	if r.Meaning == understand.MeansYes && p.Reply.Answer == event.Yes && !r.OnTime {
		reply.Late = reply.Late || p.Reply.Late // "ya, jadi" does not take it back
	}
	p, err := d.app.Answer(ctx, t.Actor(), p.ID, reply)
	if err != nil {
		return err
	}
	data := d.rsvpData(p, e)
	data["Soft"] = r.Soft
	opts := []Option{}
	mourning := p.Closed == event.Grieving // the team is in touch: no menu, and they hear of it
	register := d.MayRegister(p, e) && !mourning
	data["Register"] = register
	if register {
		opts = append(opts, t.commands(choice{t.Label("menu", "daftar"), "/daftar " + string(p.Audience)}))
	}
	if err := t.Say("rsvp.echo."+string(p.Reply.Answer), data, opts...); err != nil {
		return err
	}
	if mourning {
		return d.tellTeam(ctx, t, p)
	}
	if p.Reply.Comes() && p.Audience == event.Public { // who needs no registration gets the ticket at once
		if _, err := d.guestTicket(ctx, t); err != nil {
			return err
		}
	}
	if r.Asks {
		return d.answerQuestion(ctx, t, p, e, r)
	}
	return nil
}

// changeAnswer is "ubah" of somebody who was invited and has no registration.
func (d *Desk) changeAnswer(ctx context.Context, t *Turn) (ok bool, err error) {
	p, e, _, err := d.app.Invited(ctx, t.Person.ID)
	if err != nil || p == nil {
		return false, err
	}
	return true, t.Say("rsvp.again", d.rsvpData(p, e), d.rsvpChoices(p))
}

// grieve answers a death, an illness or anger with a fitting word, stops the
// automatic messages, and hands over to the team.
func (d *Desk) grieve(ctx context.Context, t *Turn, p *event.Participation, r understand.Reading) error {
	word := "rsvp.sensitive." + string(r.Sensitive)
	if p.Closed == event.Grieving { // that was said before
		word = "rsvp.passedon"
	} else {
		closed, err := d.app.CloseGuest(ctx, t.Actor(), p.ID, event.Grieving)
		if err != nil {
			return err
		}
		p = closed
	}
	if err := t.Say(word, nil); err != nil {
		return err
	}
	return d.tellTeam(ctx, t, p)
}

// answerQuestion answers from the FAQ, or hands the question to the team.
func (d *Desk) answerQuestion(ctx context.Context, t *Turn, p *event.Participation, e *event.Event, r understand.Reading) error {
	if text, ok, err := d.ownFAQ(ctx, t.Text()); err != nil {
		return err
	} else if ok {
		return t.Say("tanya.own", templates.Data{"Text": text})
	}
	// Of certificates, food and gifts the built-in answers know nothing.
	if r.Topic != "" && r.Topic != understand.AskUnknown && r.Topic != understand.AskCertificate {
		key, data, err := d.faq(ctx, r.Topic, e.ID)
		if err != nil {
			return err
		}
		return t.Say(key, data)
	}
	if err := t.Say("rsvp.forwarded", nil); err != nil {
		return err
	}
	return d.tellTeam(ctx, t, p)
}

// tellTeam puts a guest's words before the team; a reply to that message in
// the group goes back to the guest.
func (d *Desk) tellTeam(ctx context.Context, t *Turn, p *event.Participation) error {
	group, bound, err := d.app.Group(ctx)
	if err != nil {
		return err
	}
	row := "question/" + t.In.ID
	q := storage.Question{ID: t.In.ID, PersonID: t.Person.ID, Name: t.Person.Name, Chat: t.Chat.ID, Text: shorten(t.In.Text, 1000), Row: row, AskedAt: d.app.Now()}
	data := templates.Data{"Name": t.Person.Name, "Organisation": "", "Text": q.Text, "Stopped": p != nil && p.Closed == event.Grieving}
	if p != nil {
		q.Name, data["Name"], data["Organisation"] = p.Name, p.Name, p.Organisation
	}
	if err := d.app.AskTeam(ctx, q); err != nil {
		return err
	}
	if !bound {
		return nil // it waits in /tanya
	}
	text, err := t.Render("tanya.forward", data)
	if err != nil {
		return err
	}
	t.row(group.Chat, channel.Outbound{Text: string(text)})
	last := &t.out[len(t.out)-1]
	last.ID, last.Touchpoint, last.PersonID = row, "question", ""
	return nil
}

// TeamAnswer takes a team member's reply to a question that the bot put into
// the group; ok is false where the message replied to was none.
func (d *Desk) TeamAnswer(ctx context.Context, t *Turn) (ok bool, err error) {
	if t.In.ReplyTo == nil || !t.In.ReplyTo.FromBot || t.In.Kind != channel.Text || t.In.Text == "" || !t.Person.Role.Staff() {
		return false, nil
	}
	q, err := d.app.QuestionOf(ctx, t.In.Chat, t.In.ReplyTo.MessageID)
	if err != nil || q == nil {
		return false, err
	}
	if rank(t.Person.Role) < rank(event.Member) {
		return true, t.Say("tanya.member", templates.Data{"Name": q.Name})
	}
	to, err := channel.ParseChat(q.Chat)
	if err != nil {
		return false, err
	}
	key := "tanya.answer"
	if understand.Reply(q.Text, understand.ReplyContext{}).Sensitive != "" {
		key = "tanya.word" // who wrote of a death asked nothing
	}
	text, err := t.Render(key, templates.Data{"Question": shorten(q.Text, 200), "Answer": t.In.Text})
	if err != nil {
		return false, err
	}
	if err := d.app.Answered(ctx, t.Actor(), *q, t.In.Chat, t.In.ReplyTo.MessageID); err != nil {
		return false, err
	}
	t.add(to, channel.Outbound{Text: string(text)})
	return true, t.Say("tanya.sent", templates.Data{"Name": q.Name})
}
