package dialog

import (
	"context"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// start is /start, also with the payload of a deep link.
func (d *Desk) start(ctx context.Context, t *Turn, payload string) error {
	if t.Person.StoppedAt != nil { // who presses Start again wants to hear from us
		p, err := d.app.Resume(ctx, t.Actor())
		if err != nil {
			return err
		}
		t.Person = p
	}
	switch name, rest, _ := strings.Cut(payload, "_"); name {
	case "tim":
		return d.join(ctx, t, rest)
	case "daftar":
		audience, source, _ := strings.Cut(rest, "_")
		return d.registerBy(ctx, t, audience, event.SourceNamed(source))
	case "lanjut":
		return d.carry(ctx, t, rest)
	case "u":
		return d.opened(ctx, t, rest)
	case "h":
		return d.ticketOpened(ctx, t, rest)
	case "p":
		return d.doorOpened(ctx, t, rest)
	}
	return d.welcome(ctx, t)
}

// welcome greets and shows what this person can do now.
func (d *Desk) welcome(ctx context.Context, t *Turn) error {
	up, err := d.app.Upcoming(ctx)
	if err != nil {
		return err
	}
	mine, err := d.app.Active(ctx, "", t.Person.ID)
	if err != nil {
		return err
	}
	var e *event.Event
	if len(up) > 0 {
		e = up[0]
	}
	open := e != nil && e.TakesRegistrations(d.app.Now())
	list := []choice{}
	switch {
	case t.Chat.Draft != nil:
		list = append(list, choice{t.Label("menu", "lanjut"), "/daftar"})
	case open:
		list = append(list, choice{t.Label("menu", "daftar"), "/daftar"})
	}
	if len(mine) > 0 {
		list = append(list, choice{t.Label("menu", "status"), "/status"})
	}
	list = append(list, choice{t.Label("menu", "bantuan"), "/bantuan"})
	return t.Say("start.welcome", templates.Data{
		"Event": e, "Open": open, "Name": t.Person.Name, "Registered": len(mine), "Draft": t.Chat.Draft != nil, "Staff": t.Person.Role.Staff(),
	}, t.commands(list...))
}

// helpLines is how many commands /bantuan shows at most.
const helpLines = 8

// help is /bantuan: what this person can do here.
func (d *Desk) help(ctx context.Context, t *Turn, args string) error {
	var lines []helpLine
	shown := d.MenuFor(t.Person.Role, t.In.Group)
	all := event.Fold(args) == "semua"
	rest := 0
	for _, c := range shown {
		if !all && len(lines) == helpLines {
			rest++
			continue
		}
		lines = append(lines, helpLine{"/" + c.Name, d.texts.Label("command", c.Name)})
	}
	open, err := d.app.OpenEvents(ctx)
	if err != nil {
		return err
	}
	opts := []Option{}
	if !t.In.Group {
		if len(open) > 0 {
			opts = append(opts, t.commands(choice{t.Label("menu", "daftar"), "/daftar"}))
		}
		opts = append(opts, t.commands(choice{t.Label("menu", "status"), "/status"}))
	}
	if rest > 0 {
		opts = append(opts, t.commands(choice{t.Label("menu", "semua"), "/bantuan semua"}))
	}
	return t.Say("help.menu", templates.Data{"Lines": lines, "Rest": rest, "Role": t.Person.Role, "Staff": t.Person.Role.Staff(), "Group": t.In.Group}, opts...)
}

type helpLine struct{ Command, What string }

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

// Small answers what was said outside of any dialog.
func (d *Desk) Small(ctx context.Context, t *Turn) error {
	switch t.In.Kind {
	case channel.Text, channel.Edited:
	case channel.Press:
		return t.Say("answer.oldbutton", nil, t.commands(choice{t.Label("menu", "bantuan"), "/bantuan"}))
	case channel.Voice:
		return t.Say("small.voice", nil)
	case channel.Sticker:
		return t.Say("small.sticker", nil)
	case channel.Photo, channel.Document:
		return d.smallPhoto(ctx, t)
	default:
		return t.Say("small.wrongkind", nil)
	}
	text := t.Text()
	if a := audienceWanted(text); a != "" {
		return d.register(ctx, t, string(a))
	}
	if intent(text) == "" && !registers(event.Fold(text)) {
		if ok, err := d.rsvp(ctx, t); ok || err != nil {
			return err
		}
	}
	name, ok := plainCommand(text)
	if !ok && registers(event.Fold(text)) {
		name, ok = "daftar", true
	}
	if ok {
		if c, ok := d.Lookup(name); ok && c.Allows(t.Person.Role) {
			return d.Run(ctx, t, c, "")
		}
	}
	if q, ok := understand.Question(text); ok {
		key, data, err := d.faq(ctx, q.Topic, "")
		if err != nil {
			return err
		}
		return t.Say(key, data, d.nextThings(t))
	}
	if greeting(text) {
		return d.welcome(ctx, t)
	}
	if thanks(text) {
		return t.Say("small.thanks", nil)
	}
	return t.Say("small.unclear", nil, d.nextThings(t))
}

func (d *Desk) nextThings(t *Turn) Option {
	first := choice{t.Label("menu", "daftar"), "/daftar"}
	if t.Chat.Draft != nil {
		first.label = t.Label("menu", "lanjut")
	}
	return t.commands(first, choice{t.Label("menu", "status"), "/status"}, choice{t.Label("menu", "bantuan"), "/bantuan"})
}

// plainCommand reads a command said without its slash: "daftar", "batal ya".
func plainCommand(text string) (string, bool) {
	switch intent(text) {
	case understand.Register, understand.Continue, understand.Again:
		return "daftar", true
	case understand.Menu, understand.Help:
		return "bantuan", true
	case understand.Status:
		return "status", true
	case understand.Change:
		return "ubah", true
	case understand.Cancel:
		return "batal", true
	case understand.Back:
		return "kembali", true
	case understand.Stop:
		return "stop", true
	case understand.MyData:
		return "datasaya", true
	case understand.DeleteData:
		return "hapusdata", true
	}
	return "", false
}

// StopWord reports whether a message is nothing but STOP or BERHENTI, which
// is obeyed whatever question stands.
func StopWord(text string) bool { return intent(text) == understand.Stop }

// machineWords is how long an automatic reply is at least, in words: shorter
// answers to our questions are people's.
const machineWords = 5

// FromMachine reports whether a text is the automatic reply of a business
// account: the greeting or away message that WhatsApp sends by itself.
func FromMachine(text string) bool {
	return len(strings.Fields(text)) >= machineWords && understand.Automatic(text)
}

// courtesies are words that a greeting may hold besides the greeting itself.
var (
	greetings  = []string{"halo", "hallo", "hai", "hi", "hello", "selamat", "pagi", "siang", "sore", "malam", "assalamualaikum", "assalamu", "assalamu'alaikum", "ass", "permisi", "punten", "sampurasun", "p", "tes", "test", "ping"}
	courtesies = []string{"pak", "bu", "bapak", "ibu", "kak", "kang", "teh", "min", "admin", "bot", "semua", "alaikum", "wr", "wb", "warahmatullahi", "wabarakatuh", "ya", "sugeng", "enjing", "wilujeng", "enjing", "siang"}
)

// greeting reports whether a text is nothing but a greeting.
func greeting(text string) bool {
	words := strings.FieldsFunc(event.Fold(text), func(r rune) bool { return strings.ContainsRune(" ,.!🙏", r) })
	found := false
	for _, w := range words {
		switch {
		case slices.Contains(greetings, w):
			found = true
		case !slices.Contains(courtesies, w):
			return false
		}
	}
	return found
}

// thanks reports whether a text only thanks or assents: there is nothing to
// do, and a menu would be unkind.
func thanks(text string) bool {
	words := strings.FieldsFunc(event.Fold(text), func(r rune) bool { return strings.ContainsRune(" ,.!🙏👍", r) })
	found := strings.ContainsAny(text, "🙏👍")
	for _, w := range words {
		switch {
		case slices.Contains([]string{"terima", "kasih", "terimakasih", "makasih", "trims", "trimakasih", "thanks", "thx", "nuhun", "hatur", "hatur-nuhun", "ok", "oke", "okay", "okee", "siap", "baik", "sip", "noted", "suwun", "matur"}, w):
			found = true
		case !slices.Contains(courtesies, w) && !slices.Contains([]string{"banyak", "infonya", "informasinya", "banget", "atas", "sekali"}, w):
			return false
		}
	}
	return found
}

// registers reports whether a word means to register, also with a slip:
// "dftar", "daptar".
func registers(word string) bool {
	for _, w := range []string{"daftar", "mendaftar", "registrasi"} {
		if levenshtein.ComputeDistance(word, w) <= 1 {
			return true
		}
	}
	return false
}

// audienceWanted reads "daftar ukm", "saya mau daftar sebagai koperasi".
func audienceWanted(text string) event.Audience {
	words := strings.Fields(event.Fold(text))
	for i, w := range words {
		if registers(w) {
			rest := words[i+1:]
			for len(rest) > 0 && slices.Contains([]string{"sebagai", "untuk", "jadi", "yang", "acara"}, rest[0]) && len(rest) > 1 {
				rest = rest[1:]
			}
			return audienceNamed(strings.Join(rest, " "))
		}
	}
	return ""
}
