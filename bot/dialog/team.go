package dialog

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgTeam = "team"

type teamPhase string

// Questions of /tim.
const (
	tmContact teamPhase = "contact" // whom to add
	tmNewRole teamPhase = "newrole" // the role of who is added
	tmWho     teamPhase = "who"     // whose role, or whom to take off
	tmRole    teamPhase = "role"    // the new role of a member
	tmSure    teamPhase = "sure"    // take them off, or give one's own lead away?
	tmLink    teamPhase = "link"    // the role that a link gives
)

type teamState struct {
	Phase   teamPhase  `json:"phase"`
	Tag     string     `json:"tag"`
	Account string     `json:"account,omitempty"` // tmNewRole: who is added
	Name    string     `json:"name,omitempty"`
	Role    event.Role `json:"role,omitempty"`   // tmContact, tmWho: named already; tmSure: to be given
	Person  string     `json:"person,omitempty"` // tmRole, tmSure
	Remove  bool       `json:"remove,omitempty"` // tmWho: to take off, not to give a role
	Query   string     `json:"query,omitempty"`  // tmWho: narrows the list
}

// team is /tim: the list of the team, and who belongs to it.
func (d *Desk) team(ctx context.Context, t *Turn, args string) error {
	word, rest := cutWord(args)
	rest = unbar(rest)
	switch event.Fold(word) {
	case "", "lihat", "daftar":
		return d.listTeam(ctx, t)
	case "tambah", "undang", "baru":
		return d.teamAdd(ctx, t, rest)
	case "peran", "role", "ubah", "ganti":
		return d.teamRole(ctx, t, rest)
	case "hapus", "keluarkan", "copot":
		return d.teamRemove(ctx, t, rest)
	case "seksi", "bidang", "divisi":
		return d.sections(ctx, t, rest)
	case "sk", "keputusan":
		return d.newLetter(ctx, t, strings.TrimSpace("sk "+rest))
	case "tautan", "link":
		return d.teamLink(ctx, t, rest)
	}
	return noteAgain(t, "team.what", nil, func() error { return d.listTeam(ctx, t) })
}

// member is one line of the list.
type member struct {
	Name, Username string
	Section        string // its part of the team; "" none
	Role           event.Role
	Started        bool // has a chat with the bot
	Self           bool
}

func (d *Desk) listTeam(ctx context.Context, t *Turn) error {
	staff, err := d.app.Team(ctx)
	if err != nil {
		return err
	}
	open, err := d.app.Store().Codes().Open(ctx, app.CodeTeam, d.app.Now())
	if err != nil {
		return err
	}
	parts, err := d.app.Sections(ctx)
	if err != nil {
		return err
	}
	var lines []member
	for _, p := range staff {
		lines = append(lines, member{memberName(p), username(p), d.sectionOf(parts, p), p.Role, p.PrivateChat() != "", p.ID == t.Person.ID})
	}
	return t.Say("team.list", templates.Data{"Members": lines, "Links": len(open)}, t.commands(
		choice{t.Label("team", "add"), "/tim tambah"}, choice{t.Label("team", "link"), "/tim tautan"},
		choice{t.Label("team", "role"), "/tim peran"}, choice{t.Label("team", "remove"), "/tim hapus"},
		choice{t.Label("section", "list"), "/tim seksi"}, choice{t.Label("letterkind", "sk"), "/tim sk"}))
}

// memberName is how a person is called where they gave no name.
func memberName(p *event.Person) string {
	switch u := username(p); {
	case p.Name != "":
		return p.Name
	case u != "":
		return "@" + u
	}
	return p.ID
}

func username(p *event.Person) string {
	for _, a := range p.Accounts {
		if a.Username != "" {
			return a.Username
		}
	}
	return ""
}

// teamAdd is /tim tambah [@nama | nomor] [peran]: who is meant is named, is the
// author of the message that it replies to, or is shared as a contact next.
func (d *Desk) teamAdd(ctx context.Context, t *Turn, args string) error {
	who, args := cutMember(args)
	role, ok := d.roleNamed(t, args)
	st := teamState{Phase: tmContact, Role: role}
	switch {
	case who != "":
		if args != "" && !ok {
			if err := t.Note("team.norolename", nil); err != nil { // and ask for it
				return err
			}
		}
		return d.meetKnown(ctx, t, st, who, "")
	case args != "" && !ok:
		return noteAgain(t, "team.norolename", nil, func() error { return d.teamAdd(ctx, t, "") })
	}
	if q := t.In.ReplyTo; q != nil && q.Sender != nil && !q.FromBot {
		switch {
		case q.Sender.Anonymous || q.Sender.ID == "":
			return t.Say("team.anonymous", nil)
		case q.Sender.ID == t.In.Sender.ID:
			return t.Say("team.self", nil)
		}
		return d.meet(ctx, t, st, event.AccountKey(string(t.In.Chat.Channel), q.Sender.ID), q.Sender.Name)
	}
	if t.In.Group {
		return t.Say("team.add.group", nil, t.commands(choice{t.Label("team", "link"), "/tim tautan"}))
	}
	st.Phase = tmContact
	return d.askTeam(ctx, t, st)
}

// cutMember takes a Telegram name or a number off "@asep | anggota", "@asep
// anggota" or "0812 3456 7890 | anggota"; who is "" where there is none.
func cutMember(args string) (who, role string) {
	first, rest, barred := strings.Cut(args, "|")
	first, rest = strings.TrimSpace(first), strings.TrimSpace(rest)
	if !barred {
		if first, rest = cutWord(args); !strings.HasPrefix(first, "@") {
			return "", args
		}
	}
	if _, err := understand.Phone(first); err != nil && !strings.HasPrefix(first, "@") {
		return "", args
	}
	return first, rest
}

// meet goes on with someone who is to be added: their role is asked unless
// it was named.
func (d *Desk) meet(ctx context.Context, t *Turn, st teamState, account, name string) error {
	st.Account, st.Name = account, strings.Join(strings.Fields(name), " ")
	if p, err := d.app.Store().People().ByAccount(ctx, account); err == nil {
		st.Name = memberName(p)
		if p.ID == t.Person.ID {
			t.Close()
			return t.Say("team.self", nil)
		}
	} else if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if st.Role == event.Guest {
		st.Phase = tmNewRole
		return d.askTeam(ctx, t, st)
	}
	p, err := d.app.AddByAccount(ctx, t.Actor(), account, st.Name, st.Role)
	if errors.Is(err, app.ErrLastLead) {
		t.Close()
		return t.Say("team.lastlead", nil)
	}
	if err != nil {
		return err
	}
	t.Close()
	d.refreshMenu(ctx, t, p)
	if err := d.tell(t, p, "team.told.role", templates.Data{"Role": p.Role}); err != nil {
		return err
	}
	return t.Say("team.added", templates.Data{"Name": memberName(p), "Role": p.Role, "Started": p.PrivateChat() != ""},
		d.aboutMember(t, p, event.Guest, false))
}

// aboutMember offers what may follow a change of a member's role; undo gives
// back the role that they had.
func (d *Desk) aboutMember(t *Turn, p *event.Person, before event.Role, undo bool) Option {
	list := []choice{{t.Label("team", "role"), "/tim peran " + p.ID}, {t.Label("team", "remove"), "/tim hapus " + p.ID}}
	if undo {
		list = []choice{{t.Label("team", "undo"), "/tim peran " + p.ID + " | " + string(before)}}
	}
	for _, c := range list {
		if len(c.value) > channel.MaxButtonValue {
			return func(*Turn, *channel.Outbound) {}
		}
	}
	return t.commands(append(list, choice{t.Label("team", "list"), "/tim"})...)
}

// teamRole is /tim peran NAMA | peran.
func (d *Desk) teamRole(ctx context.Context, t *Turn, args string) error {
	f := fields(args)
	st := teamState{Phase: tmWho, Query: f[0]}
	if len(f) > 1 {
		role, ok := d.roleNamed(t, f[1])
		if f[1] != "" && !ok {
			if err := t.Note("team.norolename", nil); err != nil {
				return err
			}
		}
		st.Role = role
	}
	return d.pickMember(ctx, t, st)
}

// teamRemove is /tim hapus NAMA.
func (d *Desk) teamRemove(ctx context.Context, t *Turn, args string) error {
	return d.pickMember(ctx, t, teamState{Phase: tmWho, Query: args, Remove: true})
}

// pickMember finds who st.Query means, or asks.
func (d *Desk) pickMember(ctx context.Context, t *Turn, st teamState) error {
	if st.Query == "" {
		return d.askTeam(ctx, t, st)
	}
	p, err := d.app.Store().People().Get(ctx, st.Query) // from a button
	if err == nil {
		return d.withMember(ctx, t, st, p)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	found, err := d.app.FindStaff(ctx, st.Query)
	if err != nil {
		return err
	}
	switch len(found) {
	case 1:
		return d.withMember(ctx, t, st, found[0])
	case 0:
		if err := t.Note("team.nobody", templates.Data{"Text": st.Query}); err != nil {
			return err
		}
		st.Query = ""
	}
	return d.askTeam(ctx, t, st)
}

// withMember goes on with the member who is meant.
func (d *Desk) withMember(ctx context.Context, t *Turn, st teamState, p *event.Person) error {
	st.Person, st.Tag = p.ID, ""
	switch {
	case st.Remove && !p.Role.Staff():
		t.Close()
		return t.Say("team.notmember", templates.Data{"Name": memberName(p)})
	case st.Remove:
		st.Phase, st.Role = tmSure, event.Guest
		return d.askTeam(ctx, t, st)
	case st.Role == event.Guest:
		st.Phase = tmRole
		return d.askTeam(ctx, t, st)
	case p.ID == t.Person.ID && p.Role == event.Lead && st.Role != event.Lead:
		st.Phase = tmSure // they could not undo it themselves
		return d.askTeam(ctx, t, st)
	}
	return d.giveRole(ctx, t, p, st.Role)
}

// giveRole changes a member's role, or takes them off the team.
func (d *Desk) giveRole(ctx context.Context, t *Turn, p *event.Person, role event.Role) error {
	before := p.Role
	t.Close()
	p, err := d.app.SetRole(ctx, t.Actor(), p.ID, role)
	if errors.Is(err, app.ErrLastLead) {
		return t.Say("team.lastlead", nil)
	}
	if err != nil {
		return err
	}
	if p.ID == t.Person.ID {
		t.Person = p
	}
	d.refreshMenu(ctx, t, p)
	told := "team.told.role"
	if !role.Staff() {
		told = "team.told.off"
	}
	if err := d.tell(t, p, told, templates.Data{"Role": role}); err != nil {
		return err
	}
	undo := before.Staff() && before != role && t.Person.Role == event.Lead
	return t.Say("team.changed", templates.Data{"Name": memberName(p), "Role": role, "Before": before, "Off": !role.Staff()},
		d.aboutMember(t, p, before, undo))
}

// teamLink is /tim tautan [peran].
func (d *Desk) teamLink(ctx context.Context, t *Turn, args string) error {
	role, ok := d.roleNamed(t, args)
	if !ok {
		if args != "" {
			if err := t.Note("team.norolename", nil); err != nil {
				return err
			}
		}
		return d.askTeam(ctx, t, teamState{Phase: tmLink})
	}
	return d.sayLink(ctx, t, role)
}

// sayLink makes a one-time link. It goes to the lead in private: in a group
// the first to press it would have it.
func (d *Desk) sayLink(ctx context.Context, t *Turn, role event.Role) error {
	t.Close()
	if t.In.Group && t.Person.PrivateChat() == "" {
		return t.Say("team.link.noprivate", nil)
	}
	code, err := d.app.InviteToTeam(ctx, t.Actor(), role)
	if err != nil {
		return err
	}
	data := templates.Data{"Role": role, "Link": d.net.DeepLink(t.In.Chat.Channel, "tim_"+code), "Code": code}
	if ok, err := t.SayPrivately("team.link", data); err != nil || !ok || !t.In.Group {
		return err
	}
	return t.Say("team.link.sent", nil)
}

// roles are the choices of a role.
func (d *Desk) roles(t *Turn) []choice {
	var out []choice
	for _, r := range []event.Role{event.Member, event.FrontDesk, event.ReadOnly, event.Lead} {
		out = append(out, choice{t.Label("role", string(r)), string(r)})
	}
	return out
}

// roleNamed reads a role by its name or what people call it.
func (d *Desk) roleNamed(t *Turn, text string) (event.Role, bool) {
	switch event.Squeeze(text) {
	case "":
		return event.Guest, false
	case "anggota", "anggotatim", "tim", "member", "panitia", "pelaksana":
		return event.Member, true
	case "mejadepan", "meja", "depan", "frontdesk", "resepsionis", "penerimatamu", "registrasi":
		return event.FrontDesk, true
	case "hanyalihat", "lihat", "lihatsaja", "readonly", "pemantau", "pimpinan", "baca":
		return event.ReadOnly, true
	case "ketua", "ketuatim", "lead", "koordinator", "admin":
		return event.Lead, true
	}
	if v, ok := d.choose(text, d.roles(t)); ok {
		return event.Role(v), true
	}
	return event.Guest, false
}

// memberChoices lists those whom the question "who" is about.
func (d *Desk) memberChoices(ctx context.Context, st teamState) ([]choice, error) {
	var (
		staff []*event.Person
		err   error
	)
	if st.Query != "" {
		staff, err = d.app.FindStaff(ctx, st.Query)
	}
	if err == nil && len(staff) == 0 {
		staff, err = d.app.Team(ctx)
	}
	if err != nil {
		return nil, err
	}
	var out []choice
	for _, p := range staff {
		label := shorten(memberName(p), 32)
		if u := username(p); u != "" && p.Name != "" {
			label += " (@" + u + ")"
		}
		out = append(out, choice{label, p.ID})
	}
	return out, nil
}
