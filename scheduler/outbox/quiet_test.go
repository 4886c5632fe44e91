package outbox

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseQuietHours(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]QuietHours{
		"off":             {},
		" OFF ":           {},
		"20:00-07:00":     {Daily: DaySpan{1200, 420}, Friday: fridayPrayer},
		"20.00 - 7.00":    {Daily: DaySpan{1200, 420}, Friday: fridayPrayer},
		" 00:00-04:30\n":  {Daily: DaySpan{0, 270}, Friday: fridayPrayer},
		"23:59-0:00":      {Daily: DaySpan{1439, 0}, Friday: fridayPrayer},
		"12:00-12:00":     {},
		"":                {},
		"20:00":           {},
		"24:00-07:00":     {},
		"20:60-07:00":     {},
		"20:00-07:00-08":  {},
		"+8:00-07:00":     {},
		"8:5-07:00":       {},
		"twenty to seven": {},
	} {
		got, err := ParseQuietHours(in)
		if got != want {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
		if valid := want != (QuietHours{}) || in == "off" || in == " OFF "; valid != (err == nil) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzParseQuietHours(f *testing.F) {
	for _, s := range []string{"off", "20:00-07:00", "7.5-8", "-", ":-:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseQuietHours(s)
		if err != nil {
			if q != (QuietHours{}) {
				t.Errorf("%q: %v and %+v", s, err, q)
			}
			return
		}
		again, err := ParseQuietHours(q.String())
		if err != nil || again != q {
			t.Errorf("%q: %+v is written %q, which reads %+v, %v", s, q, q, again, err)
		}
	})
}

func TestQuietHoursAt(t *testing.T) {
	t.Parallel()
	q := quietHours(t)
	for _, c := range []struct {
		at    time.Time
		quiet bool
		until time.Time
	}{
		{wib(0, 19, 59), false, wib(0, 19, 59)},
		{wib(0, 20, 0), true, wib(1, 7, 0)},
		{wib(1, 3, 0), true, wib(1, 7, 0)},
		{wib(1, 7, 0), false, wib(1, 7, 0)},
		{wib(1, 11, 30), true, wib(1, 13, 0)}, // Friday
		{wib(0, 12, 0), false, wib(0, 12, 0)}, // Thursday
	} {
		if got := q.At(c.at.UTC()); got != c.quiet {
			t.Errorf("%s: quiet %v", c.at, got)
		}
		if got := q.Until(c.at.UTC()); !got.Equal(c.until) {
			t.Errorf("%s: until %s, want %s", c.at, got, c.until)
		}
	}
	if (QuietHours{}).At(wib(0, 23, 0)) {
		t.Error("off is quiet")
	}
}

// Until never ends within the quiet hours, nor later than need be.
func TestQuietHoursUntil(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minute := rapid.IntRange(0, 24*60-1)
		q := QuietHours{
			Daily:  DaySpan{minute.Draw(t, "from"), minute.Draw(t, "to")},
			Friday: DaySpan{minute.Draw(t, "friday from"), minute.Draw(t, "friday to")},
		}
		at := wib(0, 0, 0).Add(time.Duration(rapid.Int64Range(0, int64(7*24*time.Hour)).Draw(t, "at")))
		end := q.Until(at)
		if q.At(end) && end.Sub(at) < longestQuiet-time.Minute {
			t.Fatalf("%+v: %s to %s, which is quiet", q, at, end)
		}
		if end.After(at) && !q.At(end.Add(-time.Minute)) {
			t.Fatalf("%+v: %s to %s, a minute before is not quiet", q, at, end)
		}
	})
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ev/whatsapp:6281234567890/H-40/whatsapp": "ev/whatsapp:6281…90/H-40/whatsapp",
		"in/telegram:u:815/1":                     "in/telegram:u:815/1",
		"-1001234567890":                          "-1001…90",
		"6281234567890@s.whatsapp.net":            "6281…90@s.whatsapp.net",
		"send: <dedi.s@contoh.id>: unknown":       "send: <d…@contoh.id>: unknown",
	} {
		if got := mask(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
