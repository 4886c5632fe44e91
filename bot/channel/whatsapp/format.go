package whatsapp

import (
	"strings"
	"unicode"

	"github.com/diskopukm/emileku/bot/channel/markup"
)

// WhatsApp styles *bold*, _italic_, ~struck~ and `code` in whatever is sent,
// and knows no way to say that a mark is meant literally. Marks that would
// style what should stand as it is are therefore replaced by characters that
// look the same and mean nothing to it.
var lookalikes = map[rune]rune{'*': '∗', '_': 'ˍ', '~': '∼', '`': 'ˋ'}

// render writes a text in our markup as WhatsApp shows it.
func render(text string) string {
	spans := markup.Parse(text)
	var b strings.Builder
	for i, s := range spans {
		mark := ""
		switch {
		case s.Code:
			mark = "`"
		case s.Bold && s.Italic:
			mark = "*_"
		case s.Bold:
			mark = "*"
		case s.Italic:
			mark = "_"
		default:
			before, after := ' ', ' '
			if i > 0 {
				before = last(spans[i-1].Text)
			}
			if i+1 < len(spans) {
				after = first(spans[i+1].Text)
			}
			b.WriteString(literal(s.Text, before, after))
			continue
		}
		b.WriteString(styled(s, mark))
	}
	return b.String()
}

func first(s string) rune {
	for _, r := range s {
		return r
	}
	return ' '
}

func last(s string) rune {
	out := ' '
	for _, r := range s {
		out = r
	}
	return out
}

// styled puts marks around each line of a span: a style ends with its line,
// and a mark beside a space is none.
func styled(s markup.Span, mark string) string {
	lines := strings.Split(s.Text, "\n")
	for i, l := range lines {
		core := strings.TrimSpace(l)
		if core == "" {
			continue
		}
		at := strings.Index(l, core)
		inner := literal(core, 'a', 'a')
		if s.Code { // other marks mean nothing within code
			inner = strings.ReplaceAll(core, "`", string(lookalikes['`']))
		}
		lines[i] = l[:at] + mark + inner + reversed(mark) + l[at+len(core):]
	}
	return strings.Join(lines, "\n")
}

func reversed(mark string) string {
	if mark == "*_" {
		return "_*"
	}
	return mark
}

// literal replaces the marks that would be read as such: those that neither
// stand within a word or a link, nor alone between spaces.
func literal(s string, before, after rune) string {
	if !strings.ContainsAny(s, "*_~`") {
		return s
	}
	runes := []rune(s)
	links := within(runes)
	at := func(i int) rune {
		switch {
		case i < 0:
			return before
		case i >= len(runes):
			return after
		}
		return runes[i]
	}
	out := make([]rune, len(runes))
	for i, r := range runes {
		out[i] = r
		other, isMark := lookalikes[r]
		if !isMark || links[i] {
			continue
		}
		prev, next := at(i-1), at(i+1)
		inWord := wordRune(prev) && wordRune(next)
		alone := unicode.IsSpace(prev) && unicode.IsSpace(next)
		if !inWord && !alone {
			out[i] = other
		}
	}
	return string(out)
}

// within marks the runes that belong to a link, which must stay as it is.
func within(runes []rune) []bool {
	in := make([]bool, len(runes))
	for i := 0; i < len(runes); {
		if unicode.IsSpace(runes[i]) {
			i++
			continue
		}
		j := i
		for j < len(runes) && !unicode.IsSpace(runes[j]) {
			j++
		}
		if strings.Contains(string(runes[i:j]), "://") {
			for k := i; k < j; k++ {
				in[k] = true
			}
		}
		i = j
	}
	return in
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
