package event

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestColdPace(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 30, 9, 0, 0, 0, Jakarta)
	for week, want := range []int{5, 10, 15, 15} {
		if got := (ColdPace{PerDay: 15, Since: monday}).Budget(monday.AddDate(0, 0, 7*week)); got != want {
			t.Errorf("week %d: %d a day, want %d", week, got, want)
		}
	}
	known := ColdPace{PerDay: 15, Since: monday.AddDate(-1, 0, 0)}
	if got := known.Budget(monday.AddDate(0, 0, 5)); got != 0 {
		t.Errorf("%d on a Saturday", got)
	}
	for n, want := range map[int]int{0: 0, 1: 1, 15: 1, 22: 1, 23: 2, 500: 33} {
		if got := known.DaysFor(monday, n); got != want {
			t.Errorf("%d strangers take %d days, want %d", n, got, want)
		}
	}
	if got := (ColdPace{PerDay: 0}).DaysFor(monday, 500); got != 0 {
		t.Errorf("without a budget they take %d days", got)
	}
	h40 := time.Date(2026, 12, 5, 9, 0, 0, 0, Jakarta)
	for name, c := range map[string]struct {
		now, hold time.Time
		used      int
		want      int
	}{
		"five working days":        {monday, time.Time{}, 0, 75},
		"some of today's are used": {monday, time.Time{}, 4, 71},
		"the weekend before":       {monday.AddDate(0, 0, -2), time.Time{}, 0, 75},
		"none before Thursday":     {monday, monday.AddDate(0, 0, 3), 0, 30},
		"after closing time":       {monday.Add(8 * time.Hour), time.Time{}, 0, 60},
		"half an hour to closing":  {monday.Add(6*time.Hour + 30*time.Minute), time.Time{}, 0, 63},
		"held past the deadline":   {monday, h40, 0, 0},
		"past the deadline":        {h40, time.Time{}, 0, 0},
	} {
		if got := known.Capacity(c.now, h40, c.hold, c.used); got != c.want {
			t.Errorf("%s: %d fit, want %d", name, got, c.want)
		}
	}
}

// The moments of a day are in office hours, in order, and the same whenever
// they are asked for.
func TestColdMoments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2026, 11, 30, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, Jakarta).AddDate(0, 0, 7*rapid.IntRange(0, 50).Draw(t, "week"))
		n := rapid.IntRange(1, 50).Draw(t, "n")
		var last time.Time
		for k := range n {
			at := ColdAt(day, k, n)
			if !InOfficeHours(at) || !at.After(last) || !at.Equal(ColdAt(Midnight(day), k, n)) {
				t.Fatalf("%d of %d is at %s, after %s", k, n, at, last)
			}
			if gap := ColdGap(day, k); gap < coldGap || gap > 2*coldGap {
				t.Fatalf("a gap of %s", gap)
			}
			last = at
		}
	})
}

func TestColdDeadline(t *testing.T) {
	t.Parallel()
	e := &Event{Start: time.Date(2027, 1, 14, 8, 0, 0, 0, Jakarta)}
	for start, want := range map[time.Time]Stage{
		e.StageAt(StageInvite):                  StageH40,
		e.StageAt(StageH40).Add(-time.Hour):     StageH14,
		e.StageAt(StageH14).AddDate(0, 0, 1):    StageH7,
		e.StageAt(StageH7).Add(-24 * time.Hour): "",
	} {
		at, ok := e.ColdDeadline(start)
		if ok != (want != "") || ok && !at.Equal(e.StageAt(want)) {
			t.Errorf("from %s: %s, %t, want %q", start, at, ok, want)
		}
	}
}
