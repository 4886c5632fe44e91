package app

import (
	"errors"
	"fmt"
	"regexp"
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
	placeMonth  = "{bulan}"
	placeYear   = "{tahun}"
)

var romans = [...]string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}

// Errors of numbers.
var (
	// ErrSeries: a format must hold {nomor} once, and nothing else in braces
	// but {bulan-romawi}, {bulan} and {tahun}.
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
		case placeNumber, placeRoman, placeMonth, placeYear:
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
		placeNumber, strconv.FormatInt(n, 10), placeRoman, romans[at.Month()-1],
		placeMonth, fmt.Sprintf("%02d", at.Month()), placeYear, strconv.Itoa(at.Year()),
	).Replace(format)
}

// seriesOf names the series that a format's numbers run in on a day: a new one
// each year where the format names the year, and the same one in all months.
func seriesOf(format string, at time.Time) string {
	return tightly(strings.NewReplacer(
		placeNumber, "", placeRoman, "", placeMonth, "", placeYear, strconv.Itoa(at.In(event.Jakarta).Year()),
	).Replace(format))
}

// seriesKey is the key of the n-th number of a series.
func seriesKey(series string, n int64) string { return series + "#" + strconv.FormatInt(n, 10) }

// tightly makes spellings of one number equal.
func tightly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// numberKey is the key of a number as it was entered. One that has the form of
// a series (also with another month, or with zeros in front) is that number of
// the series; any other stands for itself.
func numberKey(number string, formats ...string) (string, error) {
	number = strings.TrimSpace(number)
	if len(number) > 80 || !strings.ContainsFunc(number, unicode.IsDigit) || strings.ContainsFunc(number, unicode.IsControl) || strings.ContainsAny(number, "{}|") {
		return "", ErrNumberForm
	}
	for _, format := range formats {
		m := seriesPattern(format).FindStringSubmatch(tightly(number))
		if m == nil {
			continue
		}
		n, err := strconv.ParseInt(m[1], 10, 63)
		if err != nil || n < 1 {
			return "", ErrNumberForm
		}
		series := tightly(format)
		for _, p := range []string{placeNumber, placeRoman, placeMonth} {
			series = strings.ReplaceAll(series, p, "")
		}
		if len(m) > 2 {
			series = strings.ReplaceAll(series, placeYear, m[2])
		}
		return seriesKey(series, n), nil
	}
	return "=" + tightly(number), nil
}

// seriesPattern matches the numbers of a format, tightly written: the number
// is the first group, the year the second, if there is one. A year that comes
// before the number, or twice, leaves no group for it: then the number stands
// for itself.
func seriesPattern(format string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(tightly(format))
	quoted := func(p string) string { return regexp.QuoteMeta(p) }
	number, year := strings.Index(pattern, quoted(placeNumber)), strings.Index(pattern, quoted(placeYear))
	if year >= 0 && (year < number || strings.Count(pattern, quoted(placeYear)) > 1) {
		return regexp.MustCompile(`^\b$`)
	}
	return regexp.MustCompile("^" + strings.NewReplacer(
		quoted(placeNumber), `(\d{1,12})`, quoted(placeRoman), `[ivx]{1,4}`, quoted(placeMonth), `\d{1,2}`, quoted(placeYear), `(\d{4})`,
	).Replace(pattern) + "$")
}
