package dialog

import (
	"context"
	"errors"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// opened is /start with the link of one guest's invitation: it shows them the
// invitation, and from now on they can be written to. The link is good for one
// person: whoever else opens it is told so, and may come all the same.
func (d *Desk) opened(ctx context.Context, t *Turn, code string) error {
	g, own, err := d.app.OpenLink(ctx, t.Actor(), code)
	if errors.Is(err, storage.ErrNotFound) {
		return noteAgain(t, "opened.gone", nil, func() error { return d.welcome(ctx, t) })
	}
	if err != nil {
		return err
	}
	switch {
	case !own && t.Person.Role.Staff():
		return t.Say("opened.staff", templates.Data{"P": g})
	case !own:
		return noteAgain(t, "opened.other", nil, func() error { return d.welcome(ctx, t) })
	}
	e, err := d.app.Event(ctx, g.EventID)
	if err != nil {
		return err
	}
	if e.SurveyOpen(d.app.Now()) {
		return d.survey(ctx, t, "")
	}
	if !e.Upcoming(d.app.Now()) {
		return t.Say("rsvp.over", templates.Data{"Event": e})
	}
	if g.Reply.At != nil {
		return t.Say("rsvp.again", d.rsvpData(g, e), d.rsvpChoices(g))
	}
	body, _, err := d.ownOrBuiltIn(ctx, inviteKey(g.Audience))
	if err != nil {
		return err
	}
	m, err := d.inviteOutbound(body, e, g, t.In.Chat.Channel, t.Caps)
	if err != nil {
		return err
	}
	d.rsvpPoll(g)(t, &m)
	t.add(t.In.Chat, m)
	return d.app.MarkInvited(ctx, g.ID, string(t.In.Chat.Channel))
}
