package event

import "time"

// Holidays are the days on which the office is closed besides Saturdays and
// Sundays, by date ("2027-03-10"), with their names. The lead edits them, since
// the government names most of them year by year.
type Holidays map[string]string

// fixed are the public holidays that fall on the same date every year.
var fixed = map[string]string{
	"01-01": "Tahun Baru Masehi",
	"05-01": "Hari Buruh Internasional",
	"06-01": "Hari Lahir Pancasila",
	"08-17": "Proklamasi Kemerdekaan RI",
	"12-25": "Hari Raya Natal",
}

// NotOff in place of a holiday's name takes one of the fixed ones away: the
// office works on that date all the same.
const NotOff = "-"

// Name is what the date of t is called as a holiday; "" where it is none.
func (h Holidays) Name(t time.Time) string {
	day := t.In(Jakarta)
	if name, ok := h[day.Format(time.DateOnly)]; ok {
		if name == NotOff {
			return ""
		}
		return name
	}
	return fixed[day.Format("01-02")]
}

// Off reports whether the office is closed on the date of t.
func (h Holidays) Off(t time.Time) bool {
	day := t.In(Jakarta).Weekday()
	return day == time.Saturday || day == time.Sunday || h.Name(t) != ""
}

// WorkDay is the working day at or before the date of t.
func (h Holidays) WorkDay(t time.Time) time.Time {
	day := Midnight(t)
	for range 60 { // a table that closes the office for months is a mistake
		if !h.Off(day) {
			return day
		}
		day = day.AddDate(0, 0, -1)
	}
	return Midnight(t)
}

// Holiday is one entry of the table.
type Holiday struct {
	Day  time.Time
	Name string
}

// Of lists the holidays of a year, by date.
func (h Holidays) Of(year int) []Holiday {
	var out []Holiday
	for d := time.Date(year, time.January, 1, 0, 0, 0, 0, Jakarta); d.Year() == year; d = d.AddDate(0, 0, 1) {
		if name := h.Name(d); name != "" {
			out = append(out, Holiday{d, name})
		}
	}
	return out
}
