package bot_test

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	modulePath = "github.com/diskopukm/emileku/"
	treeRoot   = ".."
)

// may says, for each package, which of our packages its production code may
// import: the directions of doc.go. A package that is not here fails the test,
// so whoever adds one says where it belongs.
var may = map[string][]string{
	"bot/event":                   {},
	"bot/clock":                   {},
	"bot/scan":                    {},
	"bot/understand":              {}, // pure: text in, meaning out
	"bot/channel":                 {},
	"bot/channel/markup":          {},
	"bot/channel/telegram":        {"bot/channel", "bot/channel/markup"},
	"bot/channel/email":           {"bot/channel", "bot/channel/markup"},
	"bot/channel/webchat":         {"bot/channel", "bot/channel/markup"},
	"bot/channel/whatsapp":        {"bot/channel", "bot/channel/markup"},
	"bot/report":                  {"bot/channel/markup", "bot/event", "bot/report/pdf"},
	"bot/report/pdf":              {"bot/channel/markup"},
	"bot/metrics":                 {"bot/channel", "storage"},
	"bot/guestlist":               {"bot/event", "bot/report", "bot/understand"},
	"bot/app":                     {"bot/channel", "bot/clock", "bot/event", "bot/guestlist", "storage"},
	"templates":                   {"bot/channel/markup", "bot/event"},
	"storage":                     {"bot/channel", "bot/event"},
	"storage/archive":             {"storage", "storage/archive/document", "storage/devicestate"},
	"storage/archive/document":    {"bot/channel", "bot/event", "storage", "storage/devicestate"},
	"storage/devicestate":         {},
	"storage/mongo":               {"bot/channel", "bot/event", "storage", "storage/archive/document", "storage/devicestate"},
	"storage/mongo/devicestore":   {"storage", "storage/devicestate", "storage/mongo"},
	"storage/sqlite":              {"bot/channel", "bot/event", "storage", "storage/archive/document", "storage/devicestate"},
	"scheduler":                   {"bot/app", "bot/channel", "bot/channel/markup", "bot/event", "bot/metrics", "storage", "templates"},
	"scheduler/outbox":            {"bot/channel", "bot/clock", "bot/event", "bot/metrics", "storage"},
	"bot/dialog":                  {"bot/app", "bot/channel", "bot/channel/markup", "bot/event", "bot/guestlist", "bot/report", "bot/scan", "bot/understand", "storage", "templates"},
	"bot":                         {"bot/app", "bot/channel", "bot/dialog", "bot/event", "bot/metrics", "bot/replylink", "storage", "templates"},
	"bot/replylink":               {},
	"bot/replypage":               {"bot/app", "bot/channel/markup", "bot/dialog", "bot/event", "bot/replylink", "storage", "templates"},
	"cmd/emileku":                 {"*"},
	"cmd/emileku/bench":           {"*"},
	"bot/channel/channeltest":     {"bot/channel", "bot/channel/markup"},
	"bot/channel/telegram/botapi": {},
	"bot/channel/whatsapp/wafake": {},
	"bot/channel/email/smtptest":  {},
	"bot/transcript":              {"*"},
	"bot/browsertest":             {},
	"storage/storagetest":         {"bot/channel", "bot/event", "storage", "storage/archive/document", "storage/devicestate"},
	"storage/mongo/mongotest":     {"storage/mongo"},
	"storage/mongo/ferretdb":      {},

	"bot/channel/whatsapp/wafake/exercise": {"bot/channel/email/smtptest", "bot/channel/whatsapp/wafake"},
	"bot/channel/whatsapp/wafake/drill":    {"*"},
}

// forTests are the packages that support tests; they may not get into the
// program, except into its benches.
var forTests = []string{
	"bot/channel/channeltest", "bot/channel/telegram/botapi", "bot/channel/whatsapp/wafake",
	"bot/channel/whatsapp/wafake/drill", "bot/channel/whatsapp/wafake/exercise", "bot/channel/email/smtptest", "bot/browsertest", "bot/transcript", "storage/storagetest",
	"storage/mongo/mongotest", "storage/mongo/ferretdb",
}

// knows says which packages may import a library: an SDK stays behind its
// adapter.
var knows = map[string][]string{
	"github.com/go-telegram-bot-api/": {"bot/channel/telegram"},
	"github.com/wneessen/go-mail":     {"bot/channel/email"},
	"github.com/emersion/go-smtp":     {"bot/channel/email/smtptest"},
	"go.mongodb.org/":                 {"storage/mongo", "storage/mongo/mongotest"},
	"go.mau.fi/":                      {"bot/channel/whatsapp", "bot/channel/whatsapp/wafake", "bot/channel/whatsapp/wafake/drill", "storage/mongo/devicestore"},
	"github.com/chromedp/":            {"bot/browsertest"},
	"github.com/coder/websocket":      {"bot/channel/whatsapp/wafake"},
	"modernc.org/":                    {"storage/sqlite"},
	"github.com/FerretDB/":            {"storage/mongo/ferretdb"},
	"github.com/prometheus/":          {"bot/metrics", "cmd/emileku"},
	"github.com/robfig/cron":          {"scheduler"},
	"github.com/alecthomas/kong":      {"cmd/emileku"},
	"git.sr.ht/~sbinet/gg":            {"bot/report"},
	"github.com/go-analyze/charts":    {"bot/report"},
	"github.com/xuri/excelize":        {"bot/report", "bot/guestlist"},
	"codeberg.org/go-pdf/":            {"bot/report/pdf"},
	"codeberg.org/go-fonts/":          {"bot/report/pdf"},
	"github.com/arran4/golang-ical":   {"bot/report"},
	"github.com/boombuler/barcode":    {"bot/report"},
	"github.com/makiuchi-d/gozxing":   {"bot/scan"},
	"github.com/nyaruka/phonenumbers": {"bot/understand"},
	"testing":                         forTests[:len(forTests)-1],
	"pgregory.net/rapid":              {"storage/storagetest"},
}

// standardOnly are pure: they import the standard library and what may allows.
var standardOnly = []string{"bot/event", "bot/clock", "bot/channel", "bot/channel/markup", "bot/replylink", "storage", "storage/devicestate"}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	imports := productionImports(t)
	if len(imports) < 20 {
		t.Fatalf("found only %d packages: %v", len(imports), slices.Sorted(maps.Keys(imports)))
	}
	for pkg := range may {
		if _, ok := imports[pkg]; !ok {
			t.Errorf("the rules name %s, which does not exist", pkg)
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		for _, fault := range faults(pkg, imports[pkg]) {
			t.Error(fault)
		}
	}
}

// faults are the imports of a package that the rules do not allow.
func faults(pkg string, imports []string) []string {
	var out []string
	allowed, known := may[pkg]
	if !known {
		return []string{pkg + " is not in the rules: say in this test what it may import, and in doc.go what it is for"}
	}
	for _, imp := range imports {
		if own, ok := strings.CutPrefix(imp, modulePath); ok {
			if !slices.Contains(allowed, own) && !slices.Contains(allowed, "*") {
				out = append(out, fmt.Sprintf("%s may not import %s", pkg, own))
			}
			if slices.Contains(forTests, own) && !slices.Contains(forTests, pkg) && pkg != "cmd/emileku/bench" {
				out = append(out, fmt.Sprintf("%s is for tests, and %s is not a test", own, pkg))
			}
			continue
		}
		for library, who := range knows {
			if strings.HasPrefix(imp, library) && (library != "testing" || imp == "testing") && !slices.Contains(who, pkg) {
				out = append(out, fmt.Sprintf("%s may not import %s: that is for %s", pkg, imp, strings.Join(who, ", ")))
			}
		}
		if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") && slices.Contains(standardOnly, pkg) {
			out = append(out, fmt.Sprintf("%s keeps to the standard library, and imports %s", pkg, imp))
		}
	}
	return out
}

// TestRulesCatch: the rules above would notice.
func TestRulesCatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pkg, imp string }{
		{"bot/event", modulePath + "storage"},
		{"bot/event", "github.com/rs/zerolog"},
		{"scheduler", modulePath + "bot/dialog"},
		{"bot/app", modulePath + "bot/dialog"},
		{"bot/app", "go.mongodb.org/mongo-driver/v2/mongo"},
		{"bot", modulePath + "bot/channel/channeltest"},
		{"cmd/emileku", modulePath + "bot/channel/telegram/botapi"},
		{"bot/dialog", "testing"},
		{"storage/mongo", "go.mau.fi/whatsmeow/store"},
		{"bot/new", "fmt"},
	} {
		if len(faults(c.pkg, []string{c.imp})) == 0 {
			t.Errorf("%s importing %s is not noticed", c.pkg, c.imp)
		}
	}
}

// productionImports reads what each package imports outside its tests.
func productionImports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, top := range []string{"bot", "cmd", "scheduler", "storage", "templates"} {
		err := filepath.WalkDir(filepath.Join(treeRoot, top), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(treeRoot, filepath.Dir(file))
			if err != nil {
				return err
			}
			pkg := filepath.ToSlash(rel)
			if pkg == "cmd/emileku" && strings.HasPrefix(d.Name(), "bench") {
				pkg = "cmd/emileku/bench" // the subcommand's file of the benches
			}
			if _, ok := out[pkg]; !ok {
				out[pkg] = nil // known, even without imports
			}
			for _, spec := range parsed.Imports {
				imp := strings.Trim(spec.Path.Value, `"`)
				if imp+"/" == modulePath {
					t.Errorf("%s imports the module's root", file)
				}
				if !slices.Contains(out[pkg], imp) {
					out[pkg] = append(out[pkg], imp)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// documents are the texts for those who work on the tree or run the program.
var documents = []string{"README.md", "README.id.md", "bot/doc.go"}

var (
	// pathInText is what looks like a place in the tree.
	pathInText = regexp.MustCompile(`(?:^|[\s(\x60"\[])\.?/?((?:bot|cmd|scheduler|storage|templates|\.ci)/[A-Za-z0-9_./-]*[A-Za-z0-9_]|Dockerfile|compose\.yaml|go\.mod|LICENSE|README(?:\.id)?\.md|\.golangci\.yml)`)
	// linkInText is a link or a picture in Markdown.
	linkInText = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
	// rowOfSetting is a line of the README's table of settings.
	rowOfSetting = regexp.MustCompile("(?m)^\\| `([A-Z][A-Z0-9_]+)`")
	nameInText   = regexp.MustCompile("`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`")
	envTag       = regexp.MustCompile(`env:"([A-Z0-9_]+)"`)
	goName       = regexp.MustCompile(`\b(Test[A-Z]\w+)\b`)
)

// TestDocsNameWhatExists: a path, a setting or a test that prose names exists,
// and each setting of the program is in the README.
func TestDocsNameWhatExists(t *testing.T) {
	t.Parallel()
	paths := 0
	for _, doc := range documents {
		text := read(t, doc)
		for _, m := range pathInText.FindAllStringSubmatch(text, -1) {
			paths++
			if !exists(m[1]) {
				t.Errorf("%s names %s, which does not exist", doc, m[1])
			}
		}
		for _, m := range linkInText.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(m[1], "://") && !exists(path.Join(path.Dir(doc), m[1])) {
				t.Errorf("%s links to %s, which does not exist", doc, m[1])
			}
		}
		for _, m := range goName.FindAllStringSubmatch(text, -1) {
			if !testExists(t, m[1]) {
				t.Errorf("%s names the test %s, which does not exist", doc, m[1])
			}
		}
	}
	doc := read(t, "bot/doc.go")
	for pkg := range may {
		if !regexp.MustCompile(`(?m)^//\t` + regexp.QuoteMeta(pkg) + ` `).MatchString(doc) {
			t.Errorf("the map in bot/doc.go lacks %s", pkg)
		}
	}
	if paths < 30 {
		t.Errorf("only %d paths were found in %v: the pattern has lost its sight", paths, documents)
	}

	inCode := map[string]bool{}
	for _, file := range sources(t, "cmd/emileku/*.go") {
		for _, m := range envTag.FindAllStringSubmatch(read(t, file), -1) {
			inCode[m[1]] = true
		}
	}
	if len(inCode) < 9 {
		t.Errorf("only %d settings were found in the program: %v", len(inCode), slices.Sorted(maps.Keys(inCode)))
	}
	readme := read(t, "README.md")
	inTable := map[string]bool{}
	for _, m := range rowOfSetting.FindAllStringSubmatch(readme, -1) {
		inTable[m[1]] = true
		if !inCode[m[1]] {
			t.Errorf("README.md explains %s, which the program does not read", m[1])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inCode)) {
		if !inTable[name] {
			t.Errorf("the program reads %s, which README.md does not explain", name)
		}
	}
	for _, m := range nameInText.FindAllStringSubmatch(readme, -1) {
		name := strings.TrimSuffix(m[1], "_FILE")
		if !inCode[name] {
			t.Errorf("README.md names %s, which the program does not read", m[1])
		}
	}
}

func sources(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(treeRoot, filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	var out []string
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			rel, err := filepath.Rel(treeRoot, f)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, filepath.ToSlash(rel))
		}
	}
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(treeRoot, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func exists(name string) bool {
	_, err := os.Stat(filepath.Join(treeRoot, filepath.FromSlash(name)))
	return err == nil
}

// testExists looks for a test in the whole tree.
func testExists(t *testing.T, name string) bool {
	t.Helper()
	found := errors.New("found")
	err := filepath.WalkDir(treeRoot, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(raw), "func "+name+"(") {
			return found
		}
		return err
	})
	if err != nil && !errors.Is(err, found) {
		t.Fatal(err)
	}
	return err != nil
}
