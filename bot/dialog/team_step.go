package dialog

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// askTeam asks the question of st.Phase.
func (d *Desk) askTeam(ctx context.Context, t *Turn, st teamState) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "tm")
	}
	if err := t.Open(dlgTeam, st); err != nil {
		return err
	}
	stop := choice{t.Label("staff", "leave"), leave}
	switch st.Phase {
	case tmContact:
		return t.Say("team.ask.contact", nil, t.commands(choice{t.Label("team", "link"), "/tim tautan"}, choice{stop.label, pressMark + st.Tag + "|" + leave}))
	case tmNewRole:
		return t.Say("team.ask.newrole", templates.Data{"Name": st.Name}, t.choices(st.Tag, d.roles(t)...), replyHint())
	case tmLink:
		return t.Say("team.ask.link", nil, t.choices(st.Tag, d.roles(t)...), replyHint())
	case tmWho:
		list, err := d.memberChoices(ctx, st)
		if err != nil {
			return err
		}
		return t.Say("team.ask.who", templates.Data{"Remove": st.Remove}, t.choices(st.Tag, list...), replyHint())
	}
	p, err := d.app.Store().People().Get(ctx, st.Person)
	if errors.Is(err, storage.ErrNotFound) {
		t.Close()
		return noteAgain(t, "team.gone", nil, func() error { return d.listTeam(ctx, t) })
	}
	if err != nil {
		return err
	}
	data := templates.Data{"Name": memberName(p), "Role": p.Role, "New": st.Role, "Off": st.Role == event.Guest, "Self": p.ID == t.Person.ID}
	if st.Phase == tmRole {
		return t.Say("team.ask.role", data, t.choices(st.Tag, d.roles(t)...), replyHint())
	}
	return t.Say("team.ask.sure", data, t.choices(st.Tag, d.sure(t)...), replyHint())
}

// sure are the answers to "really?".
func (d *Desk) sure(t *Turn) []choice {
	return []choice{{t.Label("staff", "yes"), "ya"}, {t.Label("staff", "no"), "tidak"}}
}

// teamStep takes the answer to the question that stands.
func (d *Desk) teamStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "tim"); !ok {
		return err
	}
	var st teamState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askTeam(ctx, t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "team.left", again: again}); !ok {
		return err
	}
	switch st.Phase {
	case tmContact:
		return d.onContact(ctx, t, st)
	case tmNewRole, tmRole, tmLink:
		role, ok := d.roleAnswer(t, st.Tag)
		if !ok {
			return again("team.norolename")
		}
		return d.onRole(ctx, t, st, role)
	case tmWho:
		return d.onWho(ctx, t, st)
	case tmSure:
		yes, sure := d.yesNo(t, st.Tag)
		if !sure {
			return again("staff.yesno")
		}
		if !yes {
			t.Close()
			return t.Say("team.left", nil)
		}
		p, err := d.app.Store().People().Get(ctx, st.Person)
		if errors.Is(err, storage.ErrNotFound) {
			return d.askTeam(ctx, t, st) // says that they are gone
		}
		if err != nil {
			return err
		}
		return d.giveRole(ctx, t, p, st.Role)
	}
	t.Close()
	return d.listTeam(ctx, t)
}

func (d *Desk) roleAnswer(t *Turn, tag string) (event.Role, bool) {
	if v, ok := d.chosen(t, tag, d.roles(t)); ok {
		return event.Role(v), true
	}
	if t.In.Kind != channel.Text {
		return event.Guest, false
	}
	return d.roleNamed(t, t.Text())
}

func (d *Desk) onRole(ctx context.Context, t *Turn, st teamState, role event.Role) error {
	st.Role = role
	switch st.Phase {
	case tmLink:
		return d.sayLink(ctx, t, role)
	case tmNewRole:
		return d.meet(ctx, t, st, st.Account, st.Name)
	}
	p, err := d.app.Store().People().Get(ctx, st.Person)
	if errors.Is(err, storage.ErrNotFound) {
		return d.askTeam(ctx, t, st) // says that they are gone
	}
	if err != nil {
		return err
	}
	return d.withMember(ctx, t, st, p)
}

func (d *Desk) onWho(ctx context.Context, t *Turn, st teamState) error {
	list, err := d.memberChoices(ctx, st)
	if err != nil {
		return err
	}
	if id, ok := d.chosen(t, st.Tag, list); ok {
		st.Query = id
		return d.pickMember(ctx, t, st)
	}
	if t.In.Kind != channel.Text || t.Text() == "" {
		return noteAgain(t, "answer.choose", nil, func() error { return d.askTeam(ctx, t, st) })
	}
	st.Query = t.Text()
	return d.pickMember(ctx, t, st)
}

// onContact takes whom to add: a shared contact, or an @username or phone
// number of someone who has written to the bot.
func (d *Desk) onContact(ctx context.Context, t *Turn, st teamState) error {
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askTeam(ctx, t, st) })
	}
	text := t.Text()
	name := ""
	if c := t.In.Contact; t.In.Kind == channel.Card && c != nil {
		if c.UserID != "" {
			return d.meet(ctx, t, st, event.AccountKey(string(t.In.Chat.Channel), c.UserID), c.Name)
		}
		text, name = c.Phone, c.Name
	} else if t.In.Kind != channel.Text || text == "" {
		return again("team.wantcontact")
	}
	return d.meetKnown(ctx, t, st, text, name)
}

// meetKnown goes on with who has that @username or number; name is that of a
// shared contact.
func (d *Desk) meetKnown(ctx context.Context, t *Turn, st teamState, text, name string) error {
	again := func(key string) error {
		if t.In.Group {
			t.Close()
			return t.Say(key, nil, t.commands(choice{t.Label("team", "link"), "/tim tautan"}))
		}
		return noteAgain(t, key, nil, func() error { return d.askTeam(ctx, t, st) })
	}
	found, err := d.known(ctx, text)
	if err != nil {
		return err
	}
	for _, p := range found {
		if len(found) == 1 && len(p.Accounts) > 0 {
			return d.meet(ctx, t, st, p.Accounts[0].Key, p.Name)
		}
	}
	if name != "" {
		return again("team.noaccount")
	}
	return again("team.notfound")
}

// known finds people by @username or phone number.
func (d *Desk) known(ctx context.Context, text string) ([]*event.Person, error) {
	if n, err := understand.Phone(text); err == nil {
		return d.app.Store().People().ByPhone(ctx, n.E164)
	}
	handle := strings.TrimPrefix(strings.TrimSpace(text), "@")
	if handle == "" || strings.ContainsAny(handle, " \n") {
		return nil, nil
	}
	return d.app.Store().People().ByUsername(ctx, handle)
}
