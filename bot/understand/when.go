package understand

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What can be wrong with a date or a time.
var (
	ErrDateMissing = errors.New("understand: no date in the text")
	ErrDateInvalid = errors.New("understand: no such date")
	ErrTimeInvalid = errors.New("understand: no such time")
)

// WeekdayError says that the weekday written beside a date is not its own.
type WeekdayError struct {
	Said   time.Weekday
	Actual time.Weekday
	Date   time.Time
}

// Error implements error.
func (e *WeekdayError) Error() string {
	return fmt.Sprintf("understand: %s is a %s, not a %s", e.Date.Format(time.DateOnly), e.Actual, e.Said)
}

// When is a date and perhaps a time of day, in WIB.
type When struct {
	Time    time.Time // midnight where HasTime is false
	HasTime bool
}

// WIB is Western Indonesian Time: UTC+7, no daylight saving.
func WIB() *time.Location { return wib() }

var wib = sync.OnceValue(func() *time.Location { return time.FixedZone("WIB", 7*60*60) })

// calendar is the lexicon of dates.
type calendar struct {
	month   map[string]time.Month
	weekday map[string]time.Weekday
	day     map[string]int // "besok" -> 1
	part    map[string]string
}

var calendarWords = sync.OnceValue(func() *calendar {
	c := &calendar{month: map[string]time.Month{}, weekday: map[string]time.Weekday{}, day: map[string]int{}, part: map[string]string{}}
	for _, e := range lexicon("calendar.tsv") {
		kind, value, _ := strings.Cut(e.meaning, " ")
		n, err := strconv.Atoi(value)
		if err != nil && kind != "part" {
			panic("understand: calendar.tsv: " + e.meaning)
		}
		for _, w := range e.words {
			switch kind {
			case "month":
				c.month[w] = time.Month(n)
			case "weekday":
				c.weekday[w] = time.Weekday(n)
			case "day":
				c.day[w] = n
			default:
				c.part[w] = value
			}
		}
	}
	return c
})

var (
	dateISO     = regexp.MustCompile(`\b([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:t|\b)`)
	dateSlashes = regexp.MustCompile(`\b([0-9]{1,2}) ?/ ?([0-9]{1,2}) ?/ ?([0-9]{4}|[0-9]{2})\b`)
	dateDashes  = regexp.MustCompile(`\b([0-9]{1,2}) ?- ?([0-9]{1,2}) ?- ?([0-9]{4}|[0-9]{2})\b`)
	dateDots    = regexp.MustCompile(`\b([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})\b`)
	dateWords   = regexp.MustCompile(`\b([0-9]{1,2})[\s\-/.]*([a-z]{3,12})\.?[\s\-/.,]*([0-9]{4}|'?[0-9]{2}\b)?`)
	timeMarked  = regexp.MustCompile(`\b(?:jam|pukul|pkl|pk|jm|tabuh|@)\s*\.?\s*([0-9]{1,2})(?:\s?[:.]\s?([0-9]{2}))?\b`)
	timeHalf    = regexp.MustCompile(`\b(?:jam|pukul|pkl)?\s*(?:setengah|satengah)\s+([0-9]{1,2}|[a-z]+)\b`)
	timePlain   = regexp.MustCompile(`\b([0-9]{1,2})\s?[:.]\s?([0-9]{2})(?:[:.][0-9]{2})?\b`)
	timeWord    = regexp.MustCompile(`\b(?:jam|pukul|pkl)\s+([a-z]+)\b`)
)

// DateTime reads a date, with or without a time of day, as staff type it:
// "2027-01-14 08:00", "14 Januari 2027 jam 8", "14/1/27 08.00", "besok pukul
// 9", "Kamis 14 Jan". A date without its year is the next such date from now on.
// Errors are the ErrDate… and ErrTime… values and *WeekdayError.
func DateTime(text string, now time.Time) (When, error) {
	s := fold(text)
	now = now.In(WIB())
	date, rest, err := findDate(s, now)
	if err != nil {
		return When{}, err
	}
	if err := checkWeekday(rest, date); err != nil {
		return When{}, err
	}
	hour, minute, ok, err := findTime(rest)
	if err != nil {
		return When{}, err
	}
	return When{Time: date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute), HasTime: ok}, nil
}

// findDate gives the date at midnight and the text without it.
func findDate(s string, now time.Time) (time.Time, string, error) {
	if m := dateISO.FindStringSubmatchIndex(s); m != nil {
		d, err := makeDate(s[m[2]:m[3]], s[m[4]:m[5]], s[m[6]:m[7]])
		return d, s[:m[0]] + " " + s[m[1]:], err
	}
	for _, pattern := range []*regexp.Regexp{dateSlashes, dateDashes, dateDots} {
		if m := pattern.FindStringSubmatchIndex(s); m != nil {
			d, err := makeDate(s[m[6]:m[7]], s[m[4]:m[5]], s[m[2]:m[3]])
			return d, s[:m[0]] + " " + s[m[1]:], err
		}
	}
	for _, m := range dateWords.FindAllStringSubmatchIndex(s, -1) {
		month, ok := monthNamed(s[m[4]:m[5]])
		if !ok {
			continue
		}
		year, end := "", m[5]
		if m[6] >= 0 && !strings.HasPrefix(strings.TrimLeft(s[m[7]:], " "), ":") && !clockFollows(s[m[7]:], m[7]-m[6]) {
			year, end = strings.Trim(s[m[6]:m[7]], "'"), m[7]
		}
		d, err := makeDateNear(year, month, s[m[2]:m[3]], now)
		return d, s[:m[0]] + " " + s[end:], err
	}
	return relativeDate(s, now)
}

// clockFollows tells whether two digits after a month are an hour: "14 jan 08.00".
func clockFollows(after string, size int) bool {
	return size == 2 && len(after) > 2 && (after[0] == '.' || after[0] == ':') && isDigits(after[1:3])
}

func monthNamed(w string) (time.Month, bool) {
	c := calendarWords()
	if m, ok := c.month[w]; ok {
		return m, true
	}
	var found time.Month
	for known, m := range c.month {
		if len(known) > 4 && known[0] == w[0] && distance(w, known, 1) <= 1 {
			if found != 0 && found != m {
				return 0, false
			}
			found = m
		}
	}
	return found, found != 0
}

func relativeDate(s string, now time.Time) (time.Time, string, error) {
	c := calendarWords()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, WIB())
	ws := words(s)
	for n := 2; n > 0; n-- {
		for i := range ws {
			phrase := join(ws, i, n)
			if days, ok := c.day[phrase]; ok && phrase != "" {
				return today.AddDate(0, 0, days), strings.Replace(s, phrase, " ", 1), nil
			}
		}
	}
	for i, w := range ws {
		day, ok := c.weekday[w]
		if !ok || w == "minggu" && i+1 < len(ws) && (ws[i+1] == "depan" || ws[i+1] == "ini") {
			continue // "minggu depan" is next week, not a day
		}
		ahead := (int(day-now.Weekday()) + 7) % 7
		if ahead == 0 {
			ahead = 7
		}
		return today.AddDate(0, 0, ahead), s, nil
	}
	return time.Time{}, "", ErrDateMissing
}

func makeDate(year, month, day string) (time.Time, error) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	if len(year) == 2 {
		y += 2000
	}
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, WIB())
	if date.Day() != d || date.Month() != time.Month(m) || y < 2000 || y > 2199 {
		return time.Time{}, ErrDateInvalid
	}
	return date, nil
}

// makeDateNear is makeDate where the year may be missing.
func makeDateNear(year string, month time.Month, day string, now time.Time) (time.Time, error) {
	if year != "" {
		return makeDate(year, strconv.Itoa(int(month)), day)
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, WIB())
	for y := now.Year(); y < now.Year()+9; y++ { // 29 February may be years away
		d, err := makeDate(strconv.Itoa(y), strconv.Itoa(int(month)), day)
		if err == nil && !d.Before(today) {
			return d, nil
		}
	}
	return time.Time{}, ErrDateInvalid
}

func checkWeekday(s string, date time.Time) error {
	c := calendarWords()
	for i, w := range words(s) {
		said, ok := c.weekday[w]
		if !ok || i > 3 || said == date.Weekday() {
			continue
		}
		return &WeekdayError{Said: said, Actual: date.Weekday(), Date: date}
	}
	return nil
}

// findTime reads a time of day; ok is false where the text has none.
func findTime(s string) (hour, minute int, ok bool, err error) {
	c := calendarWords()
	part, before := "", -1
	ws := words(s)
	for i, w := range ws {
		if p := c.part[w]; p != "" {
			part = p
			if n, err := strconv.Atoi(ws[max(0, i-1)]); err == nil {
				before = n // "8 pagi"
			}
		}
	}
	half := false
	if m := timeHalf.FindStringSubmatch(s); m != nil {
		hour, ok = hourNamed(m[1])
		half = ok
	}
	if !ok {
		for _, pattern := range []*regexp.Regexp{timeMarked, timePlain} {
			if m := pattern.FindStringSubmatch(s); m != nil {
				hour, _ = strconv.Atoi(m[1])
				minute, _ = strconv.Atoi(m[2])
				ok = true
				break
			}
		}
	}
	if !ok {
		if m := timeWord.FindStringSubmatch(s); m != nil {
			hour, ok = hourNamed(m[1])
		}
	}
	if !ok && before >= 0 {
		hour, ok = before, true
	}
	if !ok {
		if strings.Contains(s, ":") && strings.ContainsAny(s, "0123456789") {
			return 0, 0, false, ErrTimeInvalid
		}
		return 0, 0, false, nil
	}
	return timeOfDay(hour, minute, part, half)
}

// timeOfDay turns the hour of a part of the day into one of 24.
func timeOfDay(hour, minute int, part string, half bool) (int, int, bool, error) {
	if hour > 24 || minute > 59 || hour == 24 && minute > 0 {
		return 0, 0, false, ErrTimeInvalid
	}
	switch {
	case part == "pm" && hour < 12, part == "night" && hour > 4 && hour < 12, part == "noon" && hour < 6:
		hour += 12
	case part == "night" && hour == 12:
		hour = 0
	}
	if half { // "setengah sembilan" is half past eight
		hour, minute = hour-1, 30
		if hour < 0 {
			return 0, 0, false, ErrTimeInvalid
		}
	}
	return hour % 24, minute, true, nil
}

func hourNamed(w string) (int, bool) {
	if n, err := strconv.Atoi(w); err == nil {
		return n, true
	}
	n, ok := numberWords().value[w]
	return n, ok && n > 0 && n <= 12
}
