package transcript

import (
	"fmt"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// line is one line of a script that does something. Lines of the bot are not
// parsed: they are compared as text.
type line struct {
	raw  string
	no   int
	kind lineKind
	who  string // says: the speaker
	room string // says: "" in private, else the group
	text string
}

type lineKind int

const (
	says lineKind = iota
	moves
	directive
	other // comments and empty lines
)

const defaultPerson = "warga"

// parse reads a script. The bot's lines are dropped.
func parse(script string) ([]line, error) {
	var out []line
	for i, raw := range strings.Split(strings.TrimRight(script, "\n"), "\n") {
		l := line{raw: raw, no: i + 1}
		switch {
		case strings.TrimSpace(raw) == "" || strings.HasPrefix(raw, "#"):
			l.kind = other
		case strings.HasPrefix(raw, "@ "):
			l.kind, l.text = moves, strings.TrimSpace(raw[2:])
		case strings.HasPrefix(raw, "! "):
			l.kind, l.text = directive, strings.TrimSpace(raw[2:])
		case strings.HasPrefix(raw, "<"), strings.HasPrefix(raw, "  "):
			continue
		default:
			head, text, ok := strings.Cut(raw, "> ")
			if !ok {
				return nil, fmt.Errorf("line %d: %q is no line of a transcript", i+1, raw)
			}
			l.who, l.room, _ = strings.Cut(head, "@")
			if l.who == "" {
				l.who = defaultPerson
			}
			l.text = text
		}
		out = append(out, l)
	}
	return out, nil
}

// when reads "2026-11-30 09:00" (WIB) or "+24h".
func when(text string, now time.Time) (time.Time, error) {
	if d, ok := strings.CutPrefix(text, "+"); ok {
		by, err := time.ParseDuration(d)
		return now.Add(by), err
	}
	return time.ParseInLocation("2006-01-02 15:04", text, event.Jakarta)
}
