package app

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/diskopukm/emileku/bot/event"
)

// Numbers of letters are written by a format such as
// "005/{nomor}/Diskopukm/{bulan-romawi}/{tahun}".
const (
	placeNumber = "{nomor}"
	placeRoman  = "{bulan-romawi}"
	placeYear   = "{tahun}"
)

var romans = [...]string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}

// Errors of numbers.
var (
	// ErrSeries: a format must hold {nomor} once, and nothing else in braces
	// but {bulan-romawi} and {tahun}.
	ErrSeries = errors.New("a format of numbers needs {nomor} once")
	// ErrNumberForm: what was entered cannot be the number of a letter.
	ErrNumberForm = errors.New("this is no number of a letter")
	// ErrNumberTaken: another letter has that number.
	ErrNumberTaken = errors.New("the number is taken")
)

var inBraces = regexp.MustCompile(`\{[^}]*\}`)

// CheckSeries looks whether a format can be used.
func CheckSeries(format string) error {
	if strings.Count(format, placeNumber) != 1 || len(format) > 80 {
		return ErrSeries
	}
	for _, p := range inBraces.FindAllString(format, -1) {
		switch p {
		case placeNumber, placeRoman, placeYear:
		default:
			return fmt.Errorf("%w: %s is not known", ErrSeries, p)
		}
	}
	if strings.ContainsAny(inBraces.ReplaceAllString(format, ""), "{}") {
		return ErrSeries
	}
	return nil
}

// FormatNumber writes the n-th number of a series on a day.
func FormatNumber(format string, n int64, at time.Time) string {
	at = at.In(event.Jakarta)
	return strings.NewReplacer(
		placeNumber, strconv.FormatInt(n, 10), placeRoman, romans[at.Month()-1], placeYear, strconv.Itoa(at.Year()),
	).Replace(format)
}

// seriesOf names the series that a format's numbers run in on a day: a new one
// each year where the format names the year, and the same one in all months.
func seriesOf(format string, at time.Time) string {
	return strings.ToLower(strings.NewReplacer(
		" ", "", placeNumber, "", placeRoman, "", placeYear, strconv.Itoa(at.In(event.Jakarta).Year()),
	).Replace(format))
}

// numberKey is the key of a number, drawn or entered by hand, whatever the
// format is at the time: spelling, separators and zeros in front do not make it
// another number, nor does the month before the year, since numbers run through
// the months of a year.
func numberKey(number string) (string, error) {
	number = strings.TrimSpace(number)
	if len(number) > 80 || !strings.ContainsFunc(number, unicode.IsDigit) || strings.ContainsFunc(number, unicode.IsControl) || strings.ContainsAny(number, "{}|") {
		return "", ErrNumberForm
	}
	parts := strings.FieldsFunc(strings.ToLower(number), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var out []string
	for i, p := range parts {
		if i+1 < len(parts) && isYear(parts[i+1]) && slices.Contains(romans[:], strings.ToUpper(p)) {
			continue
		}
		if trimmed := strings.TrimLeft(p, "0"); trimmed != "" && !strings.ContainsFunc(p, unicode.IsLetter) {
			p = trimmed
		}
		out = append(out, p)
	}
	return "n:" + strings.Join(out, "/"), nil
}

func isYear(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && len(s) == 4 && n >= 1900 && n < 2200
}
