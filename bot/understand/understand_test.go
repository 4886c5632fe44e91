package understand_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/understand"
)

// Everything takes any input whatever: 100 KB of it, and what is not text.
func TestAnyInput(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 14, 8, 0, 0, 0, understand.WIB())
	for _, s := range []string{
		"", "\x00", "\xff\xfe\xfd", "\xed\xa0\x80", strings.Repeat("a", 100_000), strings.Repeat("hadir tidak ", 9_000), strings.Repeat("0812-", 20_000),
		strings.Repeat("🙏", 25_000), strings.Repeat("\u202e", 30_000), strings.Repeat("ﷺ", 30_000), strings.Repeat("é", 50_000), strings.Repeat("e\u0301", 30_000),
		strings.Repeat("\n", 100_000), strings.Repeat("@", 100_000), strings.Repeat("1 ", 50_000), strings.Repeat("dua ribu ", 10_000), "\u200d\ufe0f\u20e3", "\u0661\u0662",
	} {
		_, _ = understand.Phone(s)
		_ = understand.FormatPhone(s)
		_ = understand.MaskPhone(s)
		_ = understand.Location(s)
		_ = understand.Kecamatan(s)
		_ = understand.DesaIn("Cibinong", s)
		_, _ = understand.Count(s)
		_, _ = understand.Minutes(s)
		_, _, _ = understand.Choose(s, fields())
		_ = understand.YesNo(s)
		_, _ = understand.IntentOf(s)
		_, _ = understand.Question(s)
		_, _ = understand.NIB(s)
		_, _ = understand.Email(s)
		_, _ = understand.Instagram(s)
		_, _ = understand.PersonName(s)
		_, _ = understand.DateTime(s, now)
	}
}

// Every lexicon has a comment at its top that says what it holds, and every
// line is of one shape.

func TestLexiconsExplainThemselves(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("data")
	if err != nil || len(files) < 9 {
		t.Fatalf("data: %d files, %v", len(files), err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".tsv") {
			continue
		}
		raw, err := os.ReadFile("data/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(raw), "# ") {
			t.Errorf("%s: no comment at its top", f.Name())
		}
		for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
			if strings.HasPrefix(line, "#") || line == "" {
				continue
			}
			if meaning, list, ok := strings.Cut(line, "\t"); !ok || meaning == "" || list == "" || strings.Contains(list, "\t") {
				t.Errorf("%s:%d: want a meaning, one tab, words: %q", f.Name(), i+1, line)
			}
		}
	}
}
