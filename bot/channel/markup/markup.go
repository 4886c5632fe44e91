// Package markup is the small language that the bot's texts are written in:
// *tebal*, _miring_ and `kode`, the marks that WhatsApp shows as they are.
// A backslash takes a mark's meaning away. Each channel renders it its own way.
package markup

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a run of text in one style.
type Span struct {
	Text               string
	Bold, Italic, Code bool
}

// marks are the characters that Escape guards.
const marks = "*_`\\"

// Escape makes s stand for itself: what a person typed never becomes markup.
func Escape(s string) string {
	if !strings.ContainsAny(s, marks) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(marks, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Parse splits s into spans. A mark that is never closed, or that stands
// inside a word, is plain text, so every input has a reading.
func Parse(s string) []Span {
	var (
		out   []Span
		cur   strings.Builder
		style Span
	)
	flush := func() {
		if cur.Len() > 0 {
			out = append(out, Span{Text: cur.String(), Bold: style.Bold, Italic: style.Italic, Code: style.Code})
			cur.Reset()
		}
	}
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		if r == '\\' && i+1 < len(s) && strings.IndexByte(marks, s[i+1]) >= 0 {
			cur.WriteByte(s[i+1])
			i += 2
			continue
		}
		on := flag(&style, r)
		if on == nil || (style.Code && r != '`') {
			cur.WriteString(s[i : i+w])
			i += w
			continue
		}
		switch {
		case *on && closes(s, i, w):
			flush()
			*on = false
		case !*on && opens(s, i, w, r):
			flush()
			*on = true
		default:
			cur.WriteRune(r)
		}
		i += w
	}
	flush()
	return out
}

func flag(s *Span, r rune) *bool {
	switch r {
	case '*':
		return &s.Bold
	case '_':
		return &s.Italic
	case '`':
		return &s.Code
	}
	return nil
}

func opens(s string, i, w int, mark rune) bool {
	if before, _ := utf8.DecodeLastRuneInString(s[:i]); i > 0 && wordRune(before) {
		return false
	}
	after, _ := utf8.DecodeRuneInString(s[i+w:])
	if after == utf8.RuneError || unicode.IsSpace(after) || after == mark {
		return false
	}
	// It opens only if it is closed in the same paragraph.
	rest := s[i+w:]
	if end := strings.Index(rest, "\n\n"); end >= 0 {
		rest = rest[:end]
	}
	for j := 0; j < len(rest); j++ {
		switch rest[j] {
		case '\\':
			j++
		case byte(mark):
			if closes(rest, j, 1) {
				return true
			}
		}
	}
	return false
}

func closes(s string, i, w int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	if i == 0 || unicode.IsSpace(before) {
		return false
	}
	after, n := utf8.DecodeRuneInString(s[i+w:])
	return n == 0 || !wordRune(after)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// Plain drops all markup.
func Plain(s string) string {
	var b strings.Builder
	for _, sp := range Parse(s) {
		b.WriteString(sp.Text)
	}
	return b.String()
}

// HTML renders s with the tags that both Telegram and a browser know.
func HTML(s string) string {
	var b strings.Builder
	for _, sp := range Parse(s) {
		open, end := "", ""
		for _, t := range []struct {
			on  bool
			tag string
		}{{sp.Bold, "b"}, {sp.Italic, "i"}, {sp.Code, "code"}} {
			if t.on {
				open += "<" + t.tag + ">"
				end = "</" + t.tag + ">" + end
			}
		}
		b.WriteString(open + html.EscapeString(sp.Text) + end)
	}
	return b.String()
}

// Split cuts s into parts of at most limit visible UTF-16 units (as Telegram
// counts), at paragraph ends where it can, else at line ends, else at words.
// Markup never spans a cut made at a paragraph end.
func Split(s string, limit int) []string {
	if units(Plain(s)) <= limit {
		return []string{s}
	}
	for _, sep := range []string{"\n\n", "\n", " "} {
		if parts := pack(strings.Split(s, sep), sep, limit); parts != nil {
			return parts
		}
	}
	var parts []string
	for rest := []rune(s); len(rest) > 0; {
		n := min(len(rest), limit/2)
		parts = append(parts, string(rest[:n]))
		rest = rest[n:]
	}
	return parts
}

// pack joins pieces greedily; a piece that is too long by itself is split at
// the next finer mark.
func pack(pieces []string, sep string, limit int) []string {
	if len(pieces) == 1 {
		return nil
	}
	var out []string
	cur := ""
	for _, p := range pieces {
		joined := p
		if cur != "" {
			joined = cur + sep + p
		}
		if units(Plain(joined)) <= limit {
			cur = joined
			continue
		}
		if strings.TrimSpace(cur) != "" {
			out = append(out, cur)
		}
		if units(Plain(p)) <= limit {
			cur = p
			continue
		}
		sub := Split(p, limit)
		out = append(out, sub[:len(sub)-1]...)
		cur = sub[len(sub)-1]
	}
	if strings.TrimSpace(cur) != "" {
		out = append(out, cur)
	}
	return out
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
