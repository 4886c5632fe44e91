package event_test

import (
	"slices"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"pgregory.net/rapid"
)

func wib(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, event.Jakarta)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestTimelineIsTheSOP: the table of the SOP, "Tahapan Inovasi E-MILE KU",
// for an event on Thursday, 14 January 2027 at 08.00.
func TestTimelineIsTheSOP(t *testing.T) {
	t.Parallel()
	e := event.Event{Start: wib(t, "2027-01-14 08:00")}
	want := []struct {
		step     int
		day      int
		before   time.Duration
		at, work string
	}{
		{1, 60, 0, "2026-11-15 08:00", "2026-11-13"}, // a Sunday: Friday before
		{2, 57, 0, "2026-11-18 08:00", "2026-11-18"},
		{3, 57, 0, "2026-11-18 08:00", "2026-11-18"},
		{4, 55, 0, "2026-11-20 08:00", "2026-11-20"},
		{5, 50, 0, "2026-11-25 08:00", "2026-11-25"},
		{6, 50, 0, "2026-11-25 08:00", "2026-11-25"},
		{7, 45, 0, "2026-11-30 08:00", "2026-11-30"},
		{8, 40, 0, "2026-12-05 08:00", "2026-12-04"}, // a Saturday
		{8, 14, 0, "2026-12-31 08:00", "2026-12-31"},
		{8, 7, 0, "2027-01-07 08:00", "2027-01-07"},
		{9, 0, 3 * time.Hour, "2027-01-14 05:00", "2027-01-14"},
		{10, 0, 2 * time.Hour, "2027-01-14 06:00", "2027-01-14"},
		{11, 0, 0, "2027-01-14 08:00", "2027-01-14"},
		{12, 0, 0, "2027-01-14 08:00", "2027-01-14"},
		{13, 0, 0, "2027-01-14 08:00", "2027-01-14"},
		{14, 0, 0, "2027-01-14 08:00", "2027-01-14"},
		{15, -1, 0, "2027-01-15 08:00", "2027-01-15"},
		{16, -1, 0, "2027-01-15 08:00", "2027-01-15"},
	}
	got := e.Timeline(nil)
	if len(got) != len(want) {
		t.Fatalf("%d dates, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		g := got[i]
		if g.Step != w.step || g.Day != w.day || g.Before != w.before || !g.At.Equal(wib(t, w.at)) || !g.WorkDay.Equal(wib(t, w.work+" 00:00")) {
			t.Errorf("date %d: %+v, want %+v", i, g, w)
		}
	}
}

// TestTimelineCountsCalendarDates: H is the event's date in WIB whatever its
// hour; a leap day counts as any other.
func TestTimelineCountsCalendarDates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, start           string
		h60, h40, h7, h0, h1  string // dates
		minus3, minus2        string
		workOfH60, workOfLast string
	}{
		{"half past midnight", "2027-01-14 00:30", "2026-11-15", "2026-12-05", "2027-01-07", "2027-01-14", "2027-01-15", "2027-01-13 21:30", "2027-01-13 22:30", "2026-11-13", "2027-01-15"},
		{"half past eleven at night", "2027-01-14 23:30", "2026-11-15", "2026-12-05", "2027-01-07", "2027-01-14", "2027-01-15", "2027-01-14 20:30", "2027-01-14 21:30", "2026-11-13", "2027-01-15"},
		{"over a leap day", "2028-03-31 09:00", "2028-01-31", "2028-02-20", "2028-03-24", "2028-03-31", "2028-04-01", "2028-03-31 06:00", "2028-03-31 07:00", "2028-01-31", "2028-03-31"},
		{"no leap year", "2027-03-31 09:00", "2027-01-30", "2027-02-19", "2027-03-24", "2027-03-31", "2027-04-01", "2027-03-31 06:00", "2027-03-31 07:00", "2027-01-29", "2027-04-01"},
		{"the leap day itself", "2028-02-29 09:00", "2027-12-31", "2028-01-20", "2028-02-22", "2028-02-29", "2028-03-01", "2028-02-29 06:00", "2028-02-29 07:00", "2027-12-31", "2028-03-01"},
		{"around New Year", "2027-01-01 02:00", "2026-11-02", "2026-11-22", "2026-12-25", "2027-01-01", "2027-01-02", "2026-12-31 23:00", "2027-01-01 00:00", "2026-11-02", "2026-12-31"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := event.Event{Start: wib(t, tt.start).UTC()} // as storage gives it
			find := func(step, day int) event.Due {
				for _, d := range e.Timeline(nil) {
					if d.Step == step && d.Day == day {
						return d
					}
				}
				t.Fatalf("no step %d at H-%d", step, day)
				return event.Due{}
			}
			for _, c := range []struct {
				got  event.Due
				want string
			}{
				{find(1, 60), tt.h60 + " 08:00"}, {find(8, 40), tt.h40 + " 08:00"}, {find(8, 7), tt.h7 + " 08:00"},
				{find(11, 0), tt.h0 + " 08:00"}, {find(16, -1), tt.h1 + " 08:00"},
				{find(9, 0), tt.minus3}, {find(10, 0), tt.minus2},
			} {
				if !c.got.At.Equal(wib(t, c.want)) {
					t.Errorf("step %d: %s, want %s", c.got.Step, c.got.At.In(event.Jakarta), c.want)
				}
			}
			if w := find(1, 60).WorkDay; !w.Equal(wib(t, tt.workOfH60+" 00:00")) {
				t.Errorf("working day of H-60: %s, want %s", w, tt.workOfH60)
			}
			if w := find(16, -1).WorkDay; !w.Equal(wib(t, tt.workOfLast+" 00:00")) {
				t.Errorf("working day of H+1: %s, want %s", w, tt.workOfLast)
			}
			if n := e.DaysBefore(wib(t, tt.h40+" 23:59")); n != 40 {
				t.Errorf("DaysBefore at the end of %s = %d, want 40", tt.h40, n)
			}
			if n := e.DaysBefore(wib(t, tt.h1+" 00:00")); n != -1 {
				t.Errorf("DaysBefore at the start of %s = %d, want -1", tt.h1, n)
			}
		})
	}
}

// TestTimelineOfAnyEvent holds for all starts: eighteen dates in order, each
// at its distance, shown on a working day shortly before.
func TestTimelineOfAnyEvent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		start := time.Unix(rapid.Int64Range(1_700_000_000, 4_000_000_000).Draw(rt, "start")/60*60, 0)
		e := event.Event{Start: start}
		all := e.Timeline(nil)
		if len(all) != 18 {
			rt.Fatalf("%d dates", len(all))
		}
		if !slices.IsSortedFunc(all, func(a, b event.Due) int { return a.At.Compare(b.At) }) {
			rt.Fatalf("not in order: %v", all)
		}
		for _, d := range all {
			if d.Before == 0 && e.DaysBefore(d.At) != d.Day {
				rt.Fatalf("step %d falls on H-%d, not H-%d", d.Step, e.DaysBefore(d.At), d.Day)
			}
			if d.Before > 0 {
				if !d.At.Add(d.Before).Equal(start) {
					rt.Fatalf("step %d is not %s ahead", d.Step, d.Before)
				}
				continue
			}
			if wd := d.WorkDay.Weekday(); wd == time.Saturday || wd == time.Sunday {
				rt.Fatalf("step %d is shown on a %s", d.Step, wd)
			}
			if gap := event.Midnight(d.At).Sub(d.WorkDay); gap < 0 || gap > 4*24*time.Hour {
				rt.Fatalf("step %d is shown %s early", d.Step, gap)
			}
		}
	})
}

func TestCodesAndNumbers(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for n := 1; n <= 26; n++ {
		c := event.Code(2027, n)
		if seen[c] {
			t.Errorf("code %s twice", c)
		}
		seen[c] = true
	}
	for n, want := range map[int]string{0: "EMK-2027", 1: "EMK-2027", 2: "EMK-2027B", 3: "EMK-2027C", 26: "EMK-2027Z"} {
		if got := event.Code(2027, n); got != want {
			t.Errorf("Code(2027, %d) = %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{1: "EMK-2027-0001", 42: "EMK-2027-0042", 9999: "EMK-2027-9999", 10000: "EMK-2027-10000"} {
		if got := event.Number("EMK-2027", n); got != want {
			t.Errorf("Number(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestTakesRegistrations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status            event.EventStatus
		now               string
		takes, isUpcoming bool
	}{
		{event.EventOpen, "2026-11-30 09:00", true, true},
		{event.EventOpen, "2027-01-14 23:59", true, true}, // the whole day
		{event.EventOpen, "2027-01-15 00:00", false, false},
		{event.EventClosed, "2026-11-30 09:00", false, true},
		{event.EventCancelled, "2026-11-30 09:00", false, false},
	} {
		e := event.Event{Start: wib(t, "2027-01-14 08:00"), Status: tt.status}
		if got := e.TakesRegistrations(wib(t, tt.now)); got != tt.takes {
			t.Errorf("%s at %s takes registrations: %t", tt.status, tt.now, got)
		}
		if got := e.Upcoming(wib(t, tt.now)); got != tt.isUpcoming {
			t.Errorf("%s at %s is upcoming: %t", tt.status, tt.now, got)
		}
	}
}
