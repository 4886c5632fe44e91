package dialog

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// How many commands are shown to the team, so that a message has at most eight
// lines: /start also says which event it is and who it is for.
const (
	startCommands = 4
	helpCommands  = 6
)

// guideDays is for how long after its day an event is still spoken of to
// guests.
const guideDays = 30

// paths is what the team does in each phase of an event, the most pressing
// first. Whom a command is not for, and where it is not there, it is left out.
var paths = map[event.Phase][]string{
	event.Unplanned:  {"acara baru", "tim", "grup", "whatsapp", "laporan", "ekspor", "rekap", "riwayat", "kesehatan"},
	event.Preparing:  {"tugas", "tema", "rundown", "tim", "logistik", "surat", "branding", "acara kuota", "undangan", "rekap", "cari", "konfirmasi"},
	event.Inviting:   {"tugas", "konfirmasi", "undangan", "sebar", "kurasi", "surat", "rekap", "cari", "branding", "rundown", "logistik"},
	event.LastWeek:   {"tugas", "konfirmasi", "logistik", "rundown", "rekap", "hadir", "cari", "sebar", "kurasi"},
	event.TheDay:     {"hadir", "rundown", "logistik", "konfirmasi", "dok", "tugas", "selesai", "cari", "rekap"},
	event.Afterwards: {"evaluasi", "laporan", "tugas", "logistik", "dok", "rekap", "ekspor", "cari", "konfirmasi", "acara baru"},
}

// standing is where a person stands: the event that is spoken of, and their
// part in it.
type standing struct {
	event      *event.Event // nil: none
	phase      event.Phase
	open       bool // registration is open
	guest      *event.Participation
	registered int
	draft      bool
}

func (d *Desk) standingOf(ctx context.Context, t *Turn) (standing, error) {
	now := d.app.Now()
	s := standing{draft: t.Chat.Draft != nil}
	e, err := d.app.Current(ctx)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return s, err
	}
	if err == nil && (t.Person.Role.Staff() || e.DaysBefore(now) >= -guideDays) && e.Status != event.EventCancelled {
		s.event = e
	}
	s.phase = s.event.PhaseAt(now)
	s.open = s.event != nil && s.event.TakesRegistrations(now)
	if s.guest, _, _, err = d.app.Invited(ctx, t.Person.ID); err != nil {
		return s, err
	}
	if s.guest != nil && s.guest.Closed != event.StillOpen {
		s.guest = nil
	}
	mine, err := d.app.Active(ctx, "", t.Person.ID)
	s.registered = len(mine)
	return s, err
}

// comes reports whether the person answered an invitation and is expected.
func (s standing) comes() bool { return s.guest != nil && s.guest.Reply.Comes() }

// data is what the texts say of it.
func (s standing) data(d *Desk, t *Turn) templates.Data {
	out := templates.Data{
		"Event": s.event, "Days": 0, "Phase": string(s.phase), "Open": s.open, "Name": t.Person.Name, "Registered": s.registered, "Draft": s.draft,
		"Invited": s.guest != nil, "Comes": s.comes(), "Answer": event.Silent, "Role": t.Person.Role,
	}
	_, survey := d.Lookup("survei")
	out["Survey"] = survey && s.registered > 0 && s.phase == event.Afterwards
	if s.event != nil {
		out["Days"] = s.event.DaysBefore(d.app.Now())
	}
	if s.guest != nil {
		out["Answer"] = s.guest.Reply.Answer
	}
	return out
}

// welcome greets, and shows what this person can do now.
func (d *Desk) welcome(ctx context.Context, t *Turn) error {
	s, err := d.standingOf(ctx, t)
	if err != nil {
		return err
	}
	if t.Person.Role.Staff() {
		return d.saySteps(ctx, t, s, "start.staff", startCommands)
	}
	return t.Say("start.welcome", s.data(d, t), d.guestThings(t, s, true))
}

// help is /bantuan: what this person can do here and now, or with "semua" all
// that they ever can.
func (d *Desk) help(ctx context.Context, t *Turn, args string) error {
	s, err := d.standingOf(ctx, t)
	if err != nil {
		return err
	}
	if c, ok := d.Lookup(strings.TrimPrefix(args, "/")); ok && c.Allows(t.Person.Role) && c.Menu {
		return t.Say("help.one", templates.Data{"Command": c.Name, "What": d.texts.Label("command", c.Name), "Examples": d.examples(c.Name)}, t.commands(choice{"/" + c.Name, "/" + c.Name}))
	}
	switch {
	case event.Fold(args) == "semua":
		var lines []helpLine
		for _, c := range d.MenuFor(t.Person.Role, t.In.Group) {
			lines = append(lines, helpLine{Command: "/" + c.Name, What: d.texts.Label("command", c.Name)})
		}
		return t.Say("help.all", templates.Data{"Lines": lines, "Role": t.Person.Role, "Staff": t.Person.Role.Staff()})
	case t.Person.Role.Staff():
		return d.saySteps(ctx, t, s, "help.menu", helpCommands)
	case t.In.Group:
		return t.Say("help.outsider", templates.Data{"Link": d.net.DeepLink(t.In.Chat.Channel, "")})
	}
	return t.Say("help.guest", s.data(d, t), d.guestThings(t, s, false))
}

// helpLine is one command with what it is for, and what waits there.
type helpLine struct {
	Command, What  string
	Late, Today, N int
}

// saySteps shows the team the first n commands of the phase, as lines and as
// buttons.
func (d *Desk) saySteps(ctx context.Context, t *Turn, s standing, key string, n int) error {
	var lines []helpLine
	var keys []choice
	for _, p := range d.pathsFor(t, s) {
		if len(lines) == n {
			break
		}
		name, args := cutWord(p)
		l, label := helpLine{Command: "/" + p, What: d.texts.Label("command", name)}, name
		if args != "" {
			l.What, label = d.texts.Label("path", p), p
		}
		if err := d.countFor(ctx, s, name, &l); err != nil {
			return err
		}
		lines = append(lines, l)
		keys = append(keys, choice{d.texts.Label("menu", label), "/" + p})
	}
	data := s.data(d, t)
	data["Lines"] = lines
	return t.Say(key, data, t.commands(append(keys, choice{t.Label("menu", "semua"), "/bantuan semua"})...))
}

// pathsFor are the phase's commands that this person may use here.
func (d *Desk) pathsFor(t *Turn, s standing) []string {
	var out []string
	list := paths[s.phase]
	if s.phase == event.Preparing && !s.open {
		list = append([]string{"acara buka"}, list...)
	}
	for _, p := range list {
		name, _ := cutWord(p)
		c, ok := d.Lookup(name)
		if ok && c.Allows(t.Person.Role) && (t.In.Group && c.Group || !t.In.Group && c.Private) {
			out = append(out, p)
		}
	}
	return out
}

// countFor says what waits behind a command.
func (d *Desk) countFor(ctx context.Context, s standing, name string, l *helpLine) error {
	switch {
	case s.event == nil:
	case name == "tugas":
		plan, err := d.app.Plan(ctx, s.event)
		if err != nil {
			return err
		}
		c := event.CountTasks(plan)
		l.Late, l.Today = c.Late, c.Today
	case name == "kurasi":
		return d.app.EachRegistration(ctx, storage.RegistrationQuery{EventID: s.event.ID, Statuses: []event.Status{event.Pending}}, func(*event.Registration) error {
			l.N++
			return nil
		})
	}
	return nil
}

// guestThings are the buttons of a guest: the answers to an invitation first,
// help last where it is wanted.
func (d *Desk) guestThings(t *Turn, s standing, help bool) Option {
	var list []choice
	if s.draft {
		list = append(list, choice{t.Label("menu", "lanjut"), "/daftar"})
	}
	if s.registered > 0 || s.comes() {
		list = append(list, choice{t.Label("menu", "status"), "/status"})
	}
	unanswered := s.guest != nil && s.guest.Reply.Answer == event.Silent
	if !s.draft && s.open && s.registered == 0 && !unanswered {
		list = append(list, choice{t.Label("menu", "daftar"), "/daftar"})
	}
	if help || len(list) == 0 && !unanswered {
		list = append(list, choice{t.Label("menu", "bantuan"), "/bantuan"})
	}
	return func(t *Turn, m *channel.Outbound) {
		if unanswered && t.Caps.Buttons {
			m.Buttons = append(m.Buttons, d.RSVPButtons(s.guest)...)
		}
		t.commands(list...)(t, m)
	}
}

// MenuFor lists the commands that a role sees in menus: the team's own first,
// since staff open the menu for them.
func (d *Desk) MenuFor(role event.Role, group bool) []Command {
	var staff, everyone []Command
	for _, c := range d.commands {
		if !c.Menu || !c.Allows(role) || group && !c.Group || !group && !c.Private {
			continue
		}
		if c.Role == event.Guest {
			everyone = append(everyone, c)
		} else {
			staff = append(staff, c)
		}
	}
	return append(staff, everyone...)
}

// nextThings are the buttons under an answer that leads nowhere.
func (d *Desk) nextThings(t *Turn) Option {
	if t.Person.Role.Staff() {
		return t.commands(choice{d.texts.Label("menu", "tugas"), "/tugas"}, choice{t.Label("menu", "rekap"), "/rekap"}, choice{t.Label("menu", "bantuan"), "/bantuan"})
	}
	first := choice{t.Label("menu", "daftar"), "/daftar"}
	if t.Chat.Draft != nil {
		first.label = t.Label("menu", "lanjut")
	}
	return t.commands(first, choice{t.Label("menu", "status"), "/status"}, choice{t.Label("menu", "bantuan"), "/bantuan"})
}

// sentence is the command line that a text may mean, "tugas 5": its first word
// is a command or close to one, and it is short.
func (d *Desk) sentence(t *Turn, text string) (line string, exact, ok bool) {
	words := strings.Fields(text)
	if len(words) == 0 || len(words) > maxCommandWords {
		return "", false, false
	}
	name, slips, ok := d.Nearest(t, words[0])
	if !ok {
		return "", false, false
	}
	words[0] = "/" + name
	return strings.Join(words, " "), slips == 0, true
}

// maxCommandWords is how long a text may be to look like a command that lacks
// its slash.
const maxCommandWords = 4
