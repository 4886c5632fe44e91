package wafake

import (
	"strings"
	"unicode"
)

// Shown is a text as a person reads it.
type Shown struct {
	Text               string   // without marks
	Bold, Italic, Code []string // the runs in that style
}

// Show reads a text as WhatsApp shows it: pairs of marks within a line, not
// inside a word, with no space on their inner side, are a style. Characters
// that look like a mark and are none read as the mark.
func Show(text string) Shown {
	var out Shown
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = out.line([]rune(l))
	}
	out.Text = strings.Join(lines, "\n")
	return out
}

func (s *Shown) line(runes []rune) string {
	var out strings.Builder
	for k := 0; k < len(runes); k++ {
		end := closing(runes, k)
		if end < 0 {
			out.WriteRune(runes[k])
			continue
		}
		inner := runes[k+1 : end]
		switch runes[k] {
		case '`':
			s.Code = append(s.Code, alike(string(inner)))
			out.WriteString(string(inner))
		case '*':
			text := s.line(inner)
			s.Bold = append(s.Bold, text)
			out.WriteString(text)
		case '_':
			text := s.line(inner)
			s.Italic = append(s.Italic, text)
			out.WriteString(text)
		}
		k = end
	}
	return alike(out.String())
}

// closing finds the mark that closes the one at k; -1: it is no opening mark.
func closing(l []rune, k int) int {
	word := func(i int) bool {
		return i >= 0 && i < len(l) && (unicode.IsLetter(l[i]) || unicode.IsDigit(l[i]))
	}
	space := func(i int) bool { return i < 0 || i >= len(l) || unicode.IsSpace(l[i]) }
	if !strings.ContainsRune("*_`", l[k]) || word(k-1) || space(k+1) {
		return -1
	}
	for j := k + 2; j < len(l); j++ {
		if l[j] == l[k] && !space(j-1) && !word(j+1) {
			return j
		}
	}
	return -1
}

// marks look like what they stand for.
var marks = strings.NewReplacer("∗", "*", "ˍ", "_", "∼", "~", "ˋ", "`")

func alike(s string) string { return marks.Replace(s) }
