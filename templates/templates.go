// Package templates holds every text that a person reads from the bot, in
// Bahasa Indonesia, embedded in the program. Texts are grouped into *.tmpl
// files by the dialog that says them; each is a {{define}} block named
// "dialog.text".
//
// The texts are written in the markup of package markup. Values that are
// filled in are escaped by themselves, so nothing that a person typed can
// become markup; {{label …}} and values of type Markup are taken as they are.
package templates

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
)

//go:embed *.tmpl
var files embed.FS

//go:embed page.html
var pageFile embed.FS

// Data fills a text. A key that a text uses and Data lacks is an error.
type Data map[string]any

// Markup is a value that is markup already and must not be escaped.
type Markup string

// Renderer renders texts. It is safe for concurrent use.
type Renderer struct {
	root *template.Template
	page *htmltemplate.Template
}

// New parses the embedded texts.
func New() (*Renderer, error) { return parseFS(files) }

func parseFS(fsys fs.FS) (*Renderer, error) {
	r := &Renderer{}
	root := template.New("").Option("missingkey=error").Funcs(r.funcs())
	root, err := root.ParseFS(fsys, "*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse texts: %w", err)
	}
	for _, t := range root.Templates() {
		if t.Tree != nil {
			escapeActions(t.Tree.Root)
		}
	}
	r.root = root
	if r.page, err = r.parsePage(); err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	return r, nil
}

// Text renders one text. An unknown key or a missing value is a fault of the
// program, found by this package's tests.
func (r *Renderer) Text(key string, data Data) (string, error) {
	t := r.root.Lookup(key)
	if t == nil {
		return "", fmt.Errorf("text %q does not exist", key)
	}
	var b strings.Builder
	if data == nil {
		data = Data{}
	}
	if err := t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("text %q: %w", key, err)
	}
	return tidy(b.String()), nil
}

// Has reports whether there is a text of that key.
func (r *Renderer) Has(key string) bool { return r.root.Lookup(key) != nil }

// Label is a short text without values, such as the name of an audience:
// Label("audience", "ukm") is the text "label.audience.ukm". Where there is
// none the value itself is returned.
func (r *Renderer) Label(kind, value string) string {
	key := "label." + kind + "." + value
	if s, err := r.Text(key, nil); err == nil && r.Has(key) {
		return s
	}
	return value
}

// Keys lists all texts.
func (r *Renderer) Keys() []string {
	var keys []string
	for _, t := range r.root.Templates() {
		if strings.Contains(t.Name(), ".") && !strings.HasSuffix(t.Name(), ".tmpl") {
			keys = append(keys, t.Name())
		}
	}
	return keys
}

func (r *Renderer) funcs() template.FuncMap {
	id := message.NewPrinter(language.Indonesian)
	return template.FuncMap{
		"esc":     escape,
		"label":   func(kind string, v any) Markup { return Markup(r.Label(kind, fmt.Sprint(v))) },
		"hari":    event.Day,      // Kamis, 14 Januari 2027
		"tanggal": event.ShortDay, // 14 Jan 2027
		"pukul":   event.Clock,    // pukul 08.00 WIB
		"jam":     func(t time.Time) string { return t.In(event.Jakarta).Format("15.04") },
		"angka":   func(n any) string { return id.Sprintf("%d", n) },
		"tambah":  func(a, b int) int { return a + b },
		"h":       hDay,
		"sisa":    remaining,
		"gabung":  strings.Join,
		"langkah": r.TaskName,
	}
}

// hDay names a day relative to the event: H-45, H, H+1.
func hDay(n int) string {
	switch {
	case n > 0:
		return fmt.Sprintf("H-%d", n)
	case n < 0:
		return fmt.Sprintf("H+%d", -n)
	}
	return "hari H"
}

// remaining says a length of time in words: "3 hari", "5 jam", "40 menit".
func remaining(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d hari", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d jam", int(d.Hours()))
	}
	return fmt.Sprintf("%d menit", max(1, int(d.Minutes())))
}

func escape(v any) string {
	switch v := v.(type) {
	case Markup:
		return string(v)
	case string:
		return markup.Escape(v)
	}
	return markup.Escape(fmt.Sprint(v))
}

// escapeActions appends "| esc" to every action that prints something.
func escapeActions(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, c := range n.Nodes {
			escapeActions(c)
		}
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 {
			n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{
				NodeType: parse.NodeCommand,
				Pos:      n.Pos,
				Args:     []parse.Node{parse.NewIdentifier("esc").SetPos(n.Pos)},
			})
		}
	case *parse.IfNode:
		escapeActions(n.List)
		escapeActions(n.ElseList)
	case *parse.RangeNode:
		escapeActions(n.List)
		escapeActions(n.ElseList)
	case *parse.WithNode:
		escapeActions(n.List)
		escapeActions(n.ElseList)
	}
}

// tidy trims the text and the ends of its lines, and folds runs of empty
// lines into one, so that blocks left out leave no holes.
func tidy(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	out := lines[:0]
	for _, l := range lines {
		l = strings.TrimRight(l, " \t\r")
		if l == "" && len(out) > 0 && out[len(out)-1] == "" {
			continue
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}

// TaskTitle is what a task of the checklist is called, in plain text: as the
// SOP has it, or as the office named its own.
func (r *Renderer) TaskTitle(t *event.Task) string {
	if t.Step == 0 {
		return t.Title
	}
	return r.Label("step", strconv.Itoa(t.Step))
}

// TaskName is TaskTitle with what tells the three of step 8 apart.
func (r *Renderer) TaskName(t *event.Task) string {
	if sop, ok := t.SOP(); ok && strings.Contains(t.Key, ".") {
		return r.TaskTitle(t) + " (" + hDay(sop.Days) + ")"
	}
	return r.TaskTitle(t)
}

// Number writes a number as Indonesians do: 1.250.
func (r *Renderer) Number(n int) string {
	return message.NewPrinter(language.Indonesian).Sprintf("%d", n)
}
