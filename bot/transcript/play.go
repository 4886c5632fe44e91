package transcript

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Message is what a person sees of one message of the bot.
type Message struct {
	To      string     // "" for the chat that was spoken in last, else the person or "grup"
	Text    string     // plain, without markup
	Buttons [][]string // labels
	File    string     // "gambar NAME" or "berkas NAME"
	Contact string     // label of the button that shares one's number
}

// World is the bot and the people around it.
type World interface {
	// Say delivers what a person writes or presses, in private or in the room.
	Say(who, room, text string) error
	// Seen returns, in order, what the bot wrote since the last call, once it
	// has nothing more to say. chat is where the last message was said.
	Seen(who, room string) ([]Message, error)
	// Clock moves the event clock ("2026-11-30 09:00", "+24h").
	Clock(text string) error
	// Direct obeys a "!" line.
	Direct(text string) error
}

// Play plays every script of a folder, each in a world of its own.
func Play(t *testing.T, pattern string, open func(t *testing.T) World) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts at %s (%v)", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".chat"), func(t *testing.T) {
			t.Parallel()
			playFile(t, file, open(t))
		})
	}
}

func playFile(t *testing.T, file string, w World) {
	t.Helper()
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := parse(string(script))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var got strings.Builder
	for _, l := range lines {
		got.WriteString(l.raw + "\n")
		var err error
		switch l.kind {
		case says:
			err = w.Say(l.who, l.room, l.text)
		case moves:
			err = w.Clock(l.text)
		case directive:
			err = w.Direct(l.text)
		case other:
			continue
		}
		if err != nil {
			t.Fatalf("%s:%d: %s: %v", file, l.no, l.raw, err)
		}
		msgs, err := w.Seen(l.who, l.room)
		if err != nil {
			t.Fatalf("%s:%d: %s: %v", file, l.no, l.raw, err)
		}
		// Only within a chat is the order of messages a promise: the chat that
		// was spoken in comes first, then the others by name.
		slices.SortStableFunc(msgs, func(a, b Message) int { return strings.Compare(a.To, b.To) })
		for _, m := range msgs {
			write(&got, m)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := firstDifference(string(script), got.String()); diff != "" {
		t.Errorf("%s: the conversation went another way (run with -update and read the change):\n%s", file, diff)
	}
}

// oneTime are the codes that differ from run to run.
var oneTime = regexp.MustCompile(`\b(tim_|lanjut_)?[TL][A-Z2-7]{10}\b`)

// fingerprint is of a file's bytes, which change with each word on its pages.
var fingerprint = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

func write(b *strings.Builder, m Message) {
	text := fingerprint.ReplaceAllString(oneTime.ReplaceAllString(m.Text, "${1}KODE"), "SIDIK")
	for i, l := range strings.Split(text, "\n") {
		switch {
		case i == 0:
			b.WriteString(strings.TrimRight("<"+m.To+" "+l, " ") + "\n")
		case l == "":
			b.WriteString("  .\n")
		default:
			b.WriteString("  " + l + "\n")
		}
	}
	if m.File != "" {
		b.WriteString("  (" + m.File + ")\n")
	}
	if m.Contact != "" {
		b.WriteString("  {" + m.Contact + "}\n")
	}
	for _, row := range m.Buttons {
		b.WriteString("  [" + strings.Join(row, "] [") + "]\n")
	}
}

func firstDifference(want, got string) string {
	a, b := strings.Split(strings.TrimRight(want, "\n"), "\n"), strings.Split(strings.TrimRight(got, "\n"), "\n")
	for i := 0; i < len(a) || i < len(b); i++ {
		if i < len(a) && i < len(b) && a[i] == b[i] {
			continue
		}
		return "around line " + strconv.Itoa(i+1) + "\nwritten:\n" + around(a, i) + "\nhappened:\n" + around(b, i)
	}
	return ""
}

func around(lines []string, i int) string {
	var out []string
	for j := max(0, i-3); j < len(lines) && j < i+8; j++ {
		mark := "   "
		if j == i {
			mark = " → "
		}
		out = append(out, mark+lines[j])
	}
	return strings.Join(out, "\n")
}
