package dialog

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// What the team's dialogs share.

// leave is the value of the button that ends a dialog.
const leave = "batal"

// leaving reports whether the person wants to end the dialog that is open.
func leaving(t *Turn) bool {
	if _, v, ok := t.Pressed(); ok {
		return v == leave
	}
	return steers(t, understand.Cancel)
}

// steers reports whether the message is nothing but that word, "kembali" for
// understand.Back.
func steers(t *Turn, want understand.Intent) bool {
	if t.In.Kind != channel.Text {
		return false
	}
	in, ok := understand.IntentOf(t.Text())
	return ok && in == want
}

// openQuestion is the question that stands in a guided dialog.
type openQuestion struct {
	tag   string                 // of its buttons
	left  string                 // what is said to who leaves
	kind  string                 // what is said to an answer not in words; "" where some answer is none, such as a photo
	again func(key string) error // says what was wrong, and asks again
}

// beginStep is how each step of a guided dialog begins, once the role is
// checked: it deals with what is no answer to the question that stands, namely
// a button of an older question, the wish to leave, and no words where only
// words will do. ok is false where it has answered.
func beginStep(t *Turn, q openQuestion) (ok bool, err error) {
	switch {
	case t.Stale(q.tag):
		return false, q.again("answer.stale")
	case leaving(t):
		t.Close()
		return false, t.Say(q.left, nil)
	case q.kind != "" && !inWords(t):
		return false, q.again(q.kind)
	}
	return true, nil
}

// inWords reports whether there is something typed or tapped.
func inWords(t *Turn) bool {
	return t.Text() != "" && (t.In.Kind == channel.Text || t.In.Kind == channel.Press)
}

// tagHere marks the buttons that answer this message, so that a button of an
// older question is not taken for an answer to a new one.
func tagHere(t *Turn, dialog string) string {
	id := strings.Map(func(r rune) rune {
		if r == '|' {
			return '.'
		}
		return r
	}, t.In.ID)
	return dialog + "." + id[max(0, len(id)-10):]
}

// stillMay checks the role again, since it may have been taken away while the
// dialog was open; where it was, it says so and ends the dialog.
func (d *Desk) stillMay(t *Turn, command string) (bool, error) {
	c, ok := d.Lookup(command)
	if ok && c.Allows(t.Person.Role) {
		return true, nil
	}
	t.Close()
	return false, t.Say("team.norole", nil)
}

// Refuse tells somebody that a command is not theirs: a guest no more than
// that, the team which role it takes.
func (d *Desk) Refuse(t *Turn, command string, need event.Role) error {
	if !t.Person.Role.Staff() {
		return t.Say("auth.refused", nil)
	}
	return t.Say("auth.role", templates.Data{"Command": command, "Need": need, "Role": t.Person.Role})
}

// usage opens the next text with what a command does not know, and how it is
// used; then says that text.
func (d *Desk) usage(t *Turn, command, word string, then func() error) error {
	return noteAgain(t, "help.usage", templates.Data{"Command": command, "Word": shorten(word, 40), "Examples": d.examples(command)}, then)
}

// examples are lines that a command understands.
func (d *Desk) examples(command string) []string {
	list := d.texts.Label("example", command)
	if list == command {
		return []string{"/" + command}
	}
	return strings.Split(list, "; ")
}

// cutWord splits the first word off.
func cutWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	i := strings.IndexAny(s, " \t\n|")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// unbar drops the bars at the ends of what is left of a one-line command.
func unbar(s string) string { return strings.Trim(s, " \t\n|") }

var eventCode = regexp.MustCompile(`^(?i:emk)[- ]?([0-9]{4})([A-Za-z]?)(?:[\s|]|$)`)

// cutCode takes an event's code off the front: "emk 2027 ukm" is EMK-2027 and
// "ukm".
func cutCode(args string) (code, rest string) {
	args = strings.TrimSpace(args)
	m := eventCode.FindStringSubmatch(args)
	if m == nil {
		return "", args
	}
	return "EMK-" + m[1] + strings.ToUpper(m[2]), strings.TrimSpace(args[len(m[0]):])
}

// eventFor finds the event that a command is about: the one whose code opens
// args, the only upcoming one, or the latest. rest is args without the code.
// With several upcoming it asks which, and runs the command again with the
// answer; e is nil where it has answered.
func (d *Desk) eventFor(ctx context.Context, t *Turn, command, args string) (e *event.Event, rest string, err error) {
	code, rest := cutCode(args)
	if code != "" {
		e, err = d.app.Event(ctx, code)
		if errors.Is(err, storage.ErrNotFound) {
			return nil, rest, t.Say("event.unknown", templates.Data{"Code": code})
		}
		return e, rest, err
	}
	up, err := d.app.Upcoming(ctx)
	if err != nil {
		return nil, rest, err
	}
	if len(up) > 1 {
		return nil, rest, d.askWhich(t, command, rest, up)
	}
	e, err = d.app.Current(ctx)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, rest, t.Say("event.none", templates.Data{"Lead": t.Person.Role == event.Lead})
	}
	return e, rest, err
}

// noteAgain opens the next text with what was wrong; ask then asks again.
func noteAgain(t *Turn, key string, data templates.Data, ask func() error) error {
	if err := t.Note(key, data); err != nil {
		return err
	}
	return ask()
}

// replyHint tells, in a group, to reply to the question: a bot may not see
// other messages there. It is told once, and only where a question stands.
func replyHint() Option {
	return func(t *Turn, m *channel.Outbound) {
		if !t.In.Group || t.Chat.Dialog == "" {
			return
		}
		if s, err := t.texts.Text("team.reply", nil); err == nil && !strings.Contains(m.Text, s) {
			m.Text += "\n" + s
		}
	}
}

// tell writes to another person in private, about what was done to them; it
// is silent where they have no chat with us.
func (d *Desk) tell(t *Turn, p *event.Person, key string, data templates.Data) error {
	if p.ID == t.Person.ID || p.StoppedAt != nil {
		return nil
	}
	to, err := channel.ParseChat(p.PrivateChat())
	if err != nil {
		return nil //nolint:nilerr // they never opened a chat
	}
	text, err := t.texts.Text(key, data)
	if err != nil {
		return err
	}
	t.row(to, channel.Outbound{Text: text})
	t.out[len(t.out)-1].PersonID = p.ID
	return nil
}

// fileToPrivate says a text with a file in the person's own chat, and in a
// group where it went.
func (t *Turn) fileToPrivate(key string, data templates.Data, f *channel.File) error {
	ok, err := t.SayPrivately(key, data, withFile(f))
	switch {
	case err != nil:
		return err
	case !ok:
		return t.Say("surat.nochat", nil)
	case t.In.Group:
		return t.Say("surat.sentprivately", nil)
	}
	return nil
}

// refreshMenu brings the menu of commands of a person's private chat in line
// with their role. It is best effort: the commands work without it.
func (d *Desk) refreshMenu(ctx context.Context, t *Turn, p *event.Person) {
	chat, err := channel.ParseChat(p.PrivateChat())
	if err != nil {
		return
	}
	if err := d.net.Menu(ctx, chat, false, p.Role); err != nil {
		t.Log.Warn().Err(err).Stringer("chat", chat).Msg("menu not set")
	}
}

// keepFile stores bytes for the outbox and names them as a file to send.
func (d *Desk) keepFile(ctx context.Context, f channel.File, data []byte) (*channel.File, error) {
	b := storage.Blob{ID: f.Blob, Name: f.Name, MIME: f.MIME, At: d.app.Now()}
	if err := d.app.Store().Media().Put(ctx, b, data); err != nil {
		return nil, fmt.Errorf("keep %s: %w", f.Name, err)
	}
	return &f, nil
}
