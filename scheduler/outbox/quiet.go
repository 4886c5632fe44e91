package outbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// QuietHours are when guests are not written to unasked: a span of every day,
// and on Fridays the time of the congregational prayer as well. Times of day
// are minutes after midnight, WIB. The zero value is never quiet.
type QuietHours struct {
	Daily  DaySpan
	Friday DaySpan
}

// DaySpan is part of a day, From inclusive, To exclusive, in minutes after
// midnight; it runs over midnight where To is before From. Empty where they
// are equal.
type DaySpan struct{ From, To int }

func (s DaySpan) holds(minute int) bool {
	if s.From <= s.To {
		return s.From <= minute && minute < s.To
	}
	return minute >= s.From || minute < s.To
}

// fridayPrayer is 11.30 to 13.00.
var fridayPrayer = DaySpan{From: 11*60 + 30, To: 13 * 60}

// ParseQuietHours reads "20:00-07:00" (also "20.00-07.00"), which brings the
// Friday prayer along, or "off".
func ParseQuietHours(s string) (QuietHours, error) {
	s = strings.TrimSpace(s)
	if strings.EqualFold(s, "off") {
		return QuietHours{}, nil
	}
	from, to, ok := strings.Cut(s, "-")
	if ok {
		var q QuietHours
		var errFrom, errTo error
		q.Daily.From, errFrom = parseMinute(from)
		q.Daily.To, errTo = parseMinute(to)
		if errFrom == nil && errTo == nil && q.Daily.From != q.Daily.To {
			q.Friday = fridayPrayer
			return q, nil
		}
	}
	return QuietHours{}, fmt.Errorf("quiet hours %q: want a span such as 20:00-07:00, or off", s)
}

func parseMinute(s string) (int, error) {
	hour, minute, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(s), ".", ":"), ":")
	if !ok || len(hour) < 1 || len(hour) > 2 || len(minute) != 2 {
		return 0, fmt.Errorf("time of day %q: want 07:00", s)
	}
	h, err := strconv.ParseUint(hour, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("time of day %q: %w", s, err)
	}
	m, err := strconv.ParseUint(minute, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("time of day %q: %w", s, err)
	}
	if h > 23 || m > 59 {
		return 0, fmt.Errorf("time of day %q: want 00:00 to 23:59", s)
	}
	return int(h*60 + m), nil
}

// String is what ParseQuietHours reads, as far as it can say it.
func (q QuietHours) String() string {
	if q.Daily.From == q.Daily.To {
		return "off"
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d",
		q.Daily.From/60, q.Daily.From%60, q.Daily.To/60, q.Daily.To%60)
}

// At reports whether t is within the quiet hours.
func (q QuietHours) At(t time.Time) bool {
	t = t.In(event.Jakarta)
	minute := t.Hour()*60 + t.Minute()
	return q.Daily.holds(minute) || t.Weekday() == time.Friday && q.Friday.holds(minute)
}

// Until is when the quiet hours that t is in end; t itself if it is in none.
// It looks two days ahead at most.
func (q QuietHours) Until(t time.Time) time.Time {
	if !q.At(t) {
		return t
	}
	// Spans begin and end on whole minutes, and WIB has no daylight saving.
	at := t.Truncate(time.Minute)
	for range 2 * 24 * 60 {
		at = at.Add(time.Minute)
		if !q.At(at) {
			return at
		}
	}
	return at
}
