package event

import (
	"slices"
	"time"
)

// Step is one of the SOP's sixteen steps ("Tahapan Inovasi E-MILE KU").
type Step struct {
	No     int           // 1 to 16, as in the SOP's table
	Days   []int         // days before the event's date: 60 is H-60, 0 is H, -1 is H+1; step 8 has three
	Before time.Duration // for steps that count hours back from the start
}

// Steps is the SOP's table, in order.
func Steps() []Step {
	return []Step{
		{No: 1, Days: []int{60}},
		{No: 2, Days: []int{57}},
		{No: 3, Days: []int{57}},
		{No: 4, Days: []int{55}},
		{No: 5, Days: []int{50}},
		{No: 6, Days: []int{50}},
		{No: 7, Days: []int{45}},
		{No: 8, Days: []int{40, 14, 7}},
		{No: 9, Before: 3 * time.Hour},
		{No: 10, Before: 2 * time.Hour},
		{No: 11, Days: []int{0}},
		{No: 12, Days: []int{0}},
		{No: 13, Days: []int{0}},
		{No: 14, Days: []int{0}},
		{No: 15, Days: []int{-1}},
		{No: 16, Days: []int{-1}},
	}
}

// DigestHour is when the team is told what a day brings (WIB).
const DigestHour = 8

// Due is one step at one date.
type Due struct {
	Step   int           // the SOP's number
	Day    int           // n of H-n; 0 where the step counts in hours
	Before time.Duration // hours before the start; 0 where the step counts in days
	At     time.Time     // when the team is told: 08.00 WIB of the date, or Before ahead of the start
	// WorkDay is the working day at or before the date, since the office is
	// closed on Saturdays, Sundays and holidays.
	WorkDay time.Time
}

// Office is the day on which the office does it: the working day before where
// the date is none. From the event's day on it is the date itself, since what
// follows the event cannot be done before it.
func (d Due) Office() time.Time {
	if d.Before > 0 || d.Day <= 0 {
		return Midnight(d.At)
	}
	return d.WorkDay
}

// When is a distance from the event: so many days before its date (negative:
// after it), or so much time before its start.
type When struct {
	Days   int           `json:"days,omitempty"`
	Before time.Duration `json:"before,omitempty"`
}

// At lays out one distance. Step is the caller's to fill in.
func (e *Event) At(w When, off Holidays) Due {
	if w.Before > 0 {
		at := e.Start.Add(-w.Before)
		return Due{Before: w.Before, At: at, WorkDay: Midnight(at)}
	}
	day := e.Day().AddDate(0, 0, -w.Days)
	return Due{Day: w.Days, At: day.Add(DigestHour * time.Hour), WorkDay: off.WorkDay(day)}
}

// Timeline lays the sixteen steps out for an event, by time, as the SOP has
// them: Plan lays out what the team made of them.
func (e *Event) Timeline(off Holidays) []Due {
	var out []Due
	for _, s := range Steps() {
		for _, w := range s.whens() {
			due := e.At(w, off)
			due.Step = s.No
			out = append(out, due)
		}
	}
	slices.SortStableFunc(out, func(a, b Due) int { return a.At.Compare(b.At) })
	return out
}

// whens are the step's distances from the event.
func (s Step) whens() []When {
	if s.Before > 0 {
		return []When{{Before: s.Before}}
	}
	out := make([]When, len(s.Days))
	for i, d := range s.Days {
		out[i] = When{Days: d}
	}
	return out
}
