package clock

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestShiftedRunsOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC)
		c := NewShifted(start)
		time.Sleep(90 * time.Minute) // of the bubble's time
		if got, want := c.Now(), start.Add(90*time.Minute); !got.Equal(want) {
			t.Errorf("after 90 minutes it is %s, want %s", got, want)
		}
		c.Set(start.AddDate(0, 0, 45))
		if got := c.Now(); !got.Equal(start.AddDate(0, 0, 45)) {
			t.Errorf("after the jump it is %s", got)
		}
	})
}

func TestFakeStands(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 2, 0, 0, 123_456_789, time.FixedZone("WIB", 7*3600))
	c := NewFake(at)
	if got := c.Now(); got.Location() != time.UTC || got.Nanosecond() != 123_000_000 {
		t.Errorf("Now = %s, want UTC in whole milliseconds", got)
	}
	c.Advance(time.Hour)
	c.Set(c.Now().Add(time.Minute))
	if got, want := c.Now(), at.Add(61*time.Minute).Truncate(time.Millisecond); !got.Equal(want) {
		t.Errorf("Now = %s, want %s", got, want)
	}
}
