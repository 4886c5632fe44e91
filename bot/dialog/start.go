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
	case channel.Card:
		if ok, err := d.sharedContact(ctx, t); ok || err != nil {
			return err
		}
		return t.Say("small.wrongkind", nil)
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
	return d.unclear(ctx, t, text)
}

// looked are the commands that the team may type without a slash and with
// words behind: mostly they look something up, and all they change can be
// taken back.
var looked = []string{"tugas", "cari", "rekap", "konfirmasi", "rundown", "logistik", "hadir"}

// unclear answers what nothing else could: with the command that it looks
// like, if any.
func (d *Desk) unclear(ctx context.Context, t *Turn, text string) error {
	line, exact, ok := d.sentence(t, text)
	switch {
	case ok && exact && (!strings.Contains(line, " ") || t.Person.Role.Staff()):
		name, args := cutWord(line[1:])
		if c, _ := d.Lookup(name); args == "" || slices.Contains(looked, name) {
			return d.Run(ctx, t, c, args)
		}
		return t.Say("help.meant", templates.Data{"Line": line}, meantKey(line), d.nextThings(t))
	case ok:
		return t.Say("help.meant", templates.Data{"Line": line}, meantKey(line), d.nextThings(t))
	case t.Person.Role.Staff():
		return t.Say("small.unclear.staff", nil, d.nextThings(t))
	}
	return t.Say("small.unclear", nil, d.nextThings(t))
}

// Unknown answers a command that there is not with the nearest one.
func (d *Desk) Unknown(t *Turn, name, args string) error {
	nearest, _, ok := d.Nearest(t, name)
	if !ok {
		return t.Say("help.unknown", templates.Data{"Command": name, "Nearest": ""}, t.commands(choice{t.Label("menu", "bantuan"), "/bantuan"}))
	}
	line := strings.TrimSpace("/" + nearest + " " + args)
	return t.Say("help.unknown", templates.Data{"Command": name, "Nearest": line}, meantKey(line))
}

// Mention answers somebody who names the bot in the group without a command:
// "@bot rekap" is /rekap.
func (d *Desk) Mention(ctx context.Context, t *Turn) error {
	var words []string
	for _, w := range strings.Fields(t.In.Text) {
		if !strings.HasPrefix(w, "@") {
			words = append(words, w)
		}
	}
	line, exact, ok := d.sentence(t, strings.Join(words, " "))
	switch {
	case ok && exact:
		name, args := cutWord(line[1:])
		c, _ := d.Lookup(name)
		return d.Run(ctx, t, c, args)
	case ok:
		return t.Say("help.meant", templates.Data{"Line": line}, meantKey(line))
	}
	return t.Say("help.mention", nil)
}

// meantKey offers a command line as a button, where it fits into one.
func meantKey(line string) Option {
	return func(t *Turn, m *channel.Outbound) {
		if len(line) <= channel.MaxButtonValue {
			t.commands(choice{line, line})(t, m)
		}
	}
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
