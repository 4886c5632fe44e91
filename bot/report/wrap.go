package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// legible makes what a person typed drawable: single spaces, composed accents,
// and for characters that the fonts lack their plain twin (𝓦 → W) where there
// is one. Pictographs and invisible marks go; a letter of another script
// leaves a box, so that one sees that something stands there.
func (ts *typeset) legible(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "")) {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector):
		case ts.has(r):
			b.WriteRune(r)
		default:
			b.WriteString(ts.plain(r))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// plain is the compatibility form of r if the fonts have it.
func (ts *typeset) plain(r rune) string {
	twin := norm.NFKC.String(string(r))
	for _, t := range twin {
		if !ts.has(t) {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return "□"
			}
			return ""
		}
	}
	return twin
}

// wrap breaks s into lines of at most max pixels, at spaces where it can and
// inside a word only where the word alone is too long.
func (ts *typeset) wrap(s string, st style, max float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if joined := strings.TrimPrefix(line+" "+word, " "); ts.width(joined, st) <= max {
			line = joined
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for ts.width(word, st) > max {
			head := ts.fitting(word, st, max)
			lines = append(lines, head)
			word = word[len(head):]
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// fitting is the longest beginning of s, at least one character, that is at
// most max pixels wide.
func (ts *typeset) fitting(s string, st style, max float64) string {
	end := 0
	for i, r := range s {
		next := i + len(string(r))
		if i > 0 && ts.width(s[:next], st) > max {
			break
		}
		end = next
	}
	return s[:end]
}

// block is a paragraph that has been fitted into its place.
type block struct {
	lines []string
	style style
	lead  float64 // pixels from baseline to baseline
}

func (b block) height() float64 { return float64(len(b.lines)) * b.lead }

// fit sets s, made legible, in at most maxLines lines of max pixels without
// breaking a word: on few lines where a modest shrinking from big allows it,
// on more before it gets smaller still. What is too long even at small is cut
// with an ellipsis.
func (ts *typeset) fit(s string, w weight, big, small, max float64, maxLines int) block {
	s = ts.legible(s)
	for n := 1; n <= maxLines; n++ {
		floor := big - (big-small)*float64(n)/float64(maxLines)
		for size := big; size >= floor; size -= 2 {
			st := style{w, size}
			if lines := ts.wrap(s, st, max); len(lines) <= n && ts.wordsFit(s, st, max) {
				return block{lines, st, size * leading}
			}
		}
	}
	st := style{w, small}
	lines := ts.wrap(s, st, max)
	if len(lines) > maxLines {
		lines = lines[:maxLines]
		last := ts.fitting(lines[maxLines-1], st, max-ts.width("…", st))
		lines[maxLines-1] = strings.TrimRight(wholeWords(last), " ,.-–") + "…"
	}
	return block{lines, st, small * leading}
}

// wholeWords drops the cut word at the end of s, unless it is the only one.
func wholeWords(s string) string {
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		return s[:i]
	}
	return s
}

// leading is the distance of baselines as a share of the font size.
const leading = 1.22

func (ts *typeset) wordsFit(s string, st style, max float64) bool {
	for word := range strings.FieldsSeq(s) {
		if ts.width(word, st) > max {
			return false
		}
	}
	return true
}
