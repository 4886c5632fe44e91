package markup

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"*tebal* dan _miring_ dan `kode`", "<b>tebal</b> dan <i>miring</i> dan <code>kode</code>"},
		{"*tebal _dan miring_*", "<b>tebal </b><b><i>dan miring</i></b>"},
		{"nama_berkas_panjang.png", "nama_berkas_panjang.png"},
		{"2*3*4", "2*3*4"},
		{"* bukan daftar *", "* bukan daftar *"},
		{"*tidak ditutup", "*tidak ditutup"},
		{"*satu\n\ndua*", "*satu\n\ndua*"},
		{`\*apa adanya\*`, "*apa adanya*"},
		{"a < b & c > d \"e\"", "a &lt; b &amp; c &gt; d &#34;e&#34;"},
		{"`*bukan tebal*`", "<code>*bukan tebal*</code>"},
		{"(*tebal*), lalu", "(<b>tebal</b>), lalu"},
		{"**", "**"},
		{"\\", "\\"},
	} {
		if got := HTML(c.in); got != c.want {
			t.Errorf("HTML(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// TestEscape: what a person typed stands for itself, wherever it is filled in.
func TestEscape(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab *_`\\\n<&é🙏")), 0, 30, -1).Draw(t, "typed")
		if got := Plain("*Nama:* " + Escape(s) + " _selesai_"); got != "Nama: "+s+" selesai" {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

// TestSplit: nothing is lost but the white space at the cuts, and no part is
// too long.
func TestSplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("abc  \n\n🙏*")), 0, 400, -1).Draw(t, "text")
		limit := rapid.IntRange(8, 60).Draw(t, "limit")
		parts := Split(s, limit)
		for _, p := range parts {
			if units(Plain(p)) > limit {
				t.Fatalf("part of %d units at limit %d: %q", units(Plain(p)), limit, p)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := squeeze(strings.Join(parts, " ")); got != squeeze(s) {
			t.Fatalf("%q became %q", s, parts)
		}
	})
}

func TestSplitAtParagraphs(t *testing.T) {
	t.Parallel()
	got := Split("*Satu* dua.\n\nTiga empat.\n\nLima enam tujuh.", 24)
	want := []string{"*Satu* dua.\n\nTiga empat.", "Lima enam tujuh."}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzParse: every input has a reading, and its HTML is balanced.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "*a*", "_a *b_ c*", "`a", `\`, "*_*_", "a*b*c", "🙏*🙏*", "\xff*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h := HTML(s)
		for _, tag := range []string{"b", "i", "code"} {
			if strings.Count(h, "<"+tag+">") != strings.Count(h, "</"+tag+">") {
				t.Errorf("%q gives unbalanced %q", s, h)
			}
		}
		if utf8.ValidString(s) && !strings.ContainsAny(s, marks) && Plain(s) != s {
			t.Errorf("%q lost something: %q", s, Plain(s))
		}
		_ = Split(s, 10)
	})
}
