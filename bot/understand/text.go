package understand

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxRunes is how much of a text is looked at. Longer texts are cut first.
const MaxRunes = 1000

// clip cuts s to MaxRunes runes and replaces what is not UTF-8 by spaces.
func clip(s string) string {
	n := 0
	for i := range s {
		if n == MaxRunes {
			s = s[:i]
			break
		}
		n++
	}
	return strings.ToValidUTF8(s, " ")
}

// plain clips s and brings it into one spelling of characters: full-width and
// other styled letters and digits become ordinary ones, accents and invisible
// characters go, every kind of dash, quote and space becomes the plain one.
// Capital letters stay.
func plain(s string) string {
	s = clip(s)
	if isPlainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	n := 0
	for _, r := range norm.NFKD.String(s) {
		if n == MaxRunes { // one ligature may have become many runes
			break
		}
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r), unicode.Is(unicode.Cf, r):
			continue
		case unicode.Is(unicode.Pd, r), r == '−':
			r = '-'
		case r == '‘', r == '’', r == '`', r == '´', r == 'ʼ':
			r = '\''
		case r == '“', r == '”':
			r = '"'
		case r == '\n':
		case unicode.IsSpace(r), unicode.IsControl(r):
			r = ' '
		case unicode.IsDigit(r) && r > unicode.MaxASCII:
			r = asciiDigit(r)
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

func isPlainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || (c < ' ' && c != '\n') || c == 0x7f || c == '`' {
			return false
		}
	}
	return true
}

// asciiDigit gives the ASCII digit of the same value: decimal digits come in
// runs of ten from zero to nine in every script.
func asciiDigit(r rune) rune {
	zero := r
	for zero > 0 && unicode.IsDigit(zero-1) && r-zero < 9 {
		zero--
	}
	return '0' + r - zero
}

// fold is plain in lower case: the form in which words are compared.
func fold(s string) string { return strings.ToLower(plain(s)) }

// words splits folded text at everything that is no letter and no digit. An
// apostrophe inside a word goes ("jum'at" is one word).
func words(folded string) []string {
	if strings.ContainsRune(folded, '\'') {
		folded = strings.ReplaceAll(folded, "'", "")
	}
	return strings.FieldsFunc(folded, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// letters keeps the letters of folded text, without spaces: the form in which
// names are compared ("Bojong Gede" and "bojonggede" are the same).
func letters(folded string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, folded)
}

// digits keeps the ASCII digits of s.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// squeeze shortens every run of one letter to a single one ("hadirrr" and
// "haddir" become "hadir"). Digits stay.
func squeeze(s string) string {
	var b strings.Builder
	var last rune
	for _, r := range s {
		if r == last && !unicode.IsDigit(r) {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// consonants is s without its vowels after the first letter: how people
// shorten words ("cbnng", "tdk").
func consonants(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && strings.ContainsRune("aiueo", r) {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// tidy trims s and makes every run of white space one space.
func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }
