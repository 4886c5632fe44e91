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
	// closed on Saturday and Sunday.
	WorkDay time.Time
}

// Timeline lays the sixteen steps out for an event, by time.
func (e *Event) Timeline() []Due {
	var out []Due
	for _, s := range Steps() {
		if s.Before > 0 {
			at := e.Start.Add(-s.Before)
			out = append(out, Due{Step: s.No, Before: s.Before, At: at, WorkDay: Midnight(at)})
			continue
		}
		for _, d := range s.Days {
			day := e.Day().AddDate(0, 0, -d)
			out = append(out, Due{Step: s.No, Day: d, At: day.Add(DigestHour * time.Hour), WorkDay: workDay(day)})
		}
	}
	slices.SortStableFunc(out, func(a, b Due) int { return a.At.Compare(b.At) })
	return out
}

// NextDue is the first step after now.
func (e *Event) NextDue(now time.Time) (Due, bool) {
	for _, d := range e.Timeline() {
		if d.At.After(now) {
			return d, true
		}
	}
	return Due{}, false
}

// DueOn lists the steps that fall on the calendar date of now and whose hour
// has come.
func (e *Event) DueOn(now time.Time) []Due {
	var out []Due
	for _, d := range e.Timeline() {
		if !d.At.After(now) && Midnight(d.At).Equal(Midnight(now)) {
			out = append(out, d)
		}
	}
	return out
}

func workDay(day time.Time) time.Time {
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	return day
}
