package templates_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// program is what the Go sources say about texts.
type program struct {
	said     []string            // keys named in full where a text is said
	labels   [][2]string         // kind and value of labels that are named in full
	kinds    map[string]bool     // kinds of labels
	literals map[string]bool     // all strings
	consts   map[string][]string // values of string constants, by the name of their type
}

// sayers take a text's key as their first string.
var sayers = []string{"Say", "SayPrivately", "Note", "Render", "Text", "trouble", "noteAgain", "again", "sayTicket"}

func readProgram(t *testing.T) program {
	t.Helper()
	p := program{kinds: map[string]bool{}, literals: map[string]bool{}, consts: map[string][]string{}}
	files := 0
	for _, top := range []string{"../bot", "../scheduler", "../cmd"} {
		err := filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "/understand/reply") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			files++
			ast.Inspect(parsed, p.look)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 60 || len(p.said) < 100 {
		t.Fatalf("only %d files with %d texts were read", files, len(p.said))
	}
	return p
}

func (p *program) look(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BasicLit:
		if s, ok := literal(n); ok {
			p.literals[s] = true
		}
	case *ast.ValueSpec:
		if name, ok := n.Type.(*ast.Ident); ok {
			for _, v := range n.Values {
				if s, ok := literal(v); ok {
					p.consts[name.Name] = append(p.consts[name.Name], s)
				}
			}
		}
	case *ast.CallExpr:
		p.call(n)
	}
	return true
}

func (p *program) call(n *ast.CallExpr) {
	name := ""
	switch f := n.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	if name == "Label" && len(n.Args) == 2 {
		kind, ok := literal(n.Args[0])
		if !ok {
			return
		}
		p.kinds[kind] = true
		if value, ok := literal(n.Args[1]); ok {
			p.labels = append(p.labels, [2]string{kind, value})
		}
		return
	}
	if !slices.Contains(sayers, name) {
		return
	}
	for _, a := range n.Args { // the first string, which must look like a key
		if key, ok := literal(a); ok {
			if keyLike.MatchString(key) {
				p.said = append(p.said, key)
			}
			return
		}
	}
}

var keyLike = regexp.MustCompile(`^[a-z]+(\.[a-z-]+)+$`)

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// built are the keys that the program puts together.
func built(t *testing.T, p program) []string {
	t.Helper()
	var out []string
	add := func(prefix string, values ...string) {
		if len(values) == 0 {
			t.Errorf("nothing is known of %s…", prefix)
		}
		for _, v := range values {
			out = append(out, prefix+v)
		}
	}
	names := map[string]bool{}
	for _, a := range event.Registrable() {
		add("label.audience.", string(a))
		f, _ := event.FormOf(a)
		for _, fd := range f.Fields {
			add("ask."+string(a)+".", fd.Key)
			names[string(a)+"."+fd.Key] = true
			for _, o := range fd.Options {
				add("label.option."+fd.Key+".", o)
			}
		}
	}
	for _, s := range event.Steps() {
		add("label.step.", strconv.Itoa(s.No))
		add("label.sop.", strconv.Itoa(s.No))
		add("label.sop.place.", strconv.Itoa(s.No))
		add("label.sop.party.", strconv.Itoa(s.No))
	}
	for _, s := range event.ItemStates() {
		add("label.itemstate.", string(s))
	}
	for _, q := range event.DefaultSurvey("").Questions {
		add("label.surveyquestion.", q.ID)
	}
	add("label.audience.", string(event.Official))
	for _, st := range []storage.BroadcastStatus{storage.BroadcastDraft, storage.BroadcastWaiting, storage.BroadcastApproved, storage.BroadcastRunning, storage.BroadcastPaused, storage.BroadcastCancelled, storage.BroadcastFinished} {
		add("label.broadcast.", string(st))
	}
	for _, s := range []understand.Sensitivity{understand.Death, understand.Illness, understand.Anger} {
		add("rsvp.sensitive.", string(s))
	}
	add("label.status.", p.consts["Status"]...)
	add("label.eventstate.", append(p.consts["EventStatus"], "over")...)
	for _, topic := range p.consts["Topic"] {
		if topic != "" {
			add("faq.", topic)
		}
	}
	for _, r := range p.consts["Role"] {
		if r != "" {
			add("label.role.", r)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

func renderer(t *testing.T) *templates.Renderer {
	t.Helper()
	r, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEveryKeyExists: what the program says there is a text for.
func TestEveryKeyExists(t *testing.T) {
	t.Parallel()
	r, p := renderer(t), readProgram(t)
	for _, key := range p.said {
		if !r.Has(key) {
			t.Errorf("the program says %q, which does not exist", key)
		}
	}
	for _, l := range p.labels {
		if key := "label." + l[0] + "." + l[1]; !r.Has(key) {
			t.Errorf("the program names the label %q, which does not exist", key)
		}
	}
	unanswered := []string{"faq.none"}
	for _, key := range built(t, p) {
		if !r.Has(key) && !slices.Contains(unanswered, key) {
			t.Errorf("%q does not exist", key)
		}
	}
	for _, a := range event.Registrable() { // a field has its own name there, or the common one
		f, _ := event.FormOf(a)
		for _, fd := range f.Fields {
			if !r.Has("label.field."+string(a)+"."+fd.Key) && !r.Has("label.field."+fd.Key) {
				t.Errorf("the field %s of %s has no name", fd.Key, a)
			}
		}
	}
}

var (
	inTemplate = regexp.MustCompile(`\{\{-?\s*template\s+"([^"]+)"`)
	labelled   = regexp.MustCompile(`\blabel\s+"([^"]+)"`)
	onPage     = regexp.MustCompile(`\{\{teks\s+"([^"]+)"`)
)

// TestEveryTextIsUsed: no text outlives the program that said it.
func TestEveryTextIsUsed(t *testing.T) {
	t.Parallel()
	r, p := renderer(t), readProgram(t)
	used := map[string]bool{}
	for _, k := range built(t, p) {
		used[k] = true
	}
	files, err := filepath.Glob("*.tmpl")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range append(files, "page.html") {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inTemplate.FindAllStringSubmatch(string(raw), -1) {
			used[m[1]] = true
		}
		for _, m := range onPage.FindAllStringSubmatch(string(raw), -1) {
			used[m[1]] = true
		}
		for _, m := range labelled.FindAllStringSubmatch(string(raw), -1) {
			p.kinds[m[1]] = true
		}
	}
	for _, l := range p.labels {
		used["label."+l[0]+"."+l[1]] = true
	}
	prefixes := []string{
		"event.ask.", "event.ask.value.", "label.field.", "label.option.", "label.broadcast.", "label.via.", "guests.fault.", "guests.file.", "guests.stand.",
		"branding.caption.", "invite.", "letter.body.", "letter.subject.", "surat.help.", "surat.hint.", "surat.ask.", "remind.", "rsvp.echo.", "rsvp.sensitive.", "poster.for.", "poster.pitch.", "poster.step.",
		"news.subject.", "task.ask.item.", "rundown.ask.which.",
	} // built from what is in the program as a word
	for _, key := range r.Keys() {
		if used[key] || p.literals[key] {
			continue
		}
		ok := slices.ContainsFunc(prefixes, func(pre string) bool {
			rest, is := strings.CutPrefix(key, pre)
			return is && p.literals[rest[strings.LastIndex(rest, ".")+1:]]
		})
		if rest, is := strings.CutPrefix(key, "label."); is {
			kind, value, _ := strings.Cut(rest, ".")
			ok = ok || p.kinds[kind] && p.literals[value]
		}
		if !ok {
			t.Errorf("nobody says %q", key)
		}
	}
	if len(p.kinds) < 10 {
		t.Errorf("only these kinds of labels were found: %v", slices.Sorted(maps.Keys(p.kinds)))
	}
}
