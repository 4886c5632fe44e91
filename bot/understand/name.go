package understand

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What can be wrong with a name.
var (
	ErrNameMissing = errors.New("understand: no name in the text")
	ErrNameTooLong = errors.New("understand: name is longer than 100 characters")
	ErrNameDigits  = errors.New("understand: name has no letters")
)

// MaxName is the length of the longest name, in runes.
const MaxName = 100

// TidyName tidies the name of a business, a group or a product: it trims,
// makes runs of white space one space and drops quotation marks around it.
// Letters stay as they were typed, for a brand may be written "KOPI MAJU" or
// "kopi.maju". A name of digits alone ("212", "1001") is refused as
// ErrNameDigits.
func TidyName(text string) (string, error) {
	if utf8.RuneCountInString(clip(text)) == MaxRunes {
		return "", ErrNameTooLong
	}
	s := norm.NFC.String(strings.Map(visible, clip(text)))
	s = strings.Trim(tidy(s), `"'“”‘’ `)
	letters, digits := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		}
	}
	switch {
	case letters == 0 && digits == 0:
		return "", ErrNameMissing
	case letters == 0:
		return "", ErrNameDigits
	case utf8.RuneCountInString(s) > MaxName:
		return "", ErrNameTooLong
	}
	return s, nil
}

// visible drops what cannot be seen but the joiner that some emoji need.
func visible(r rune) rune {
	switch {
	case r == '\u200d':
		return r
	case unicode.IsSpace(r), unicode.IsControl(r):
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	default:
		return r
	}
}

var nameLead = regexp.MustCompile(`(?i)^(?:(?:nama\s+(?:saya|lengkap|pemilik(?:nya)?|aku|sy|kontak)|nama(?:nya)?|saya|sy|atas nama|a\.?n\.?)\s*[:=,\-]?\s+(?:adalah\s+)?|nama\s*[:=]\s*)`)

// PersonName is TidyName for a person: words that lead up to the name ("nama
// saya …") go, and a name typed in small letters alone gets its capitals.
func PersonName(text string) (string, error) {
	s, err := TidyName(text)
	if err != nil {
		return "", err
	}
	if bare := nameLead.ReplaceAllString(s, ""); bare != s {
		if t, err := TidyName(bare); err == nil {
			s = t
		}
	}
	if s != strings.ToLower(s) {
		return s, nil
	}
	ws := strings.Split(s, " ")
	for i, w := range ws {
		if i > 0 && (w == "bin" || w == "binti" || w == "alias" || w == "dan") {
			continue
		}
		ws[i] = capital(w)
	}
	return strings.Join(ws, " "), nil
}

// capital makes the first letter of each part of a word a capital: "s.pd" stays
// a title of its own and becomes "S.Pd".
func capital(w string) string {
	out, start := []rune(w), true
	for i, r := range out {
		switch {
		case unicode.IsLetter(r) && start:
			out[i], start = unicode.ToUpper(r), false
		case r == '.' || r == '-' || r == '/' || r == '(':
			start = true
		}
	}
	return string(out)
}
