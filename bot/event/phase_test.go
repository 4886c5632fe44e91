package event_test

import (
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

func TestPhase(t *testing.T) {
	t.Parallel()
	e := &event.Event{Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta), Status: event.EventOpen}
	for days, want := range map[int]event.Phase{
		60: event.Preparing, 46: event.Preparing, 45: event.Inviting, 8: event.Inviting, 7: event.LastWeek, 1: event.LastWeek,
		0: event.TheDay, -1: event.Afterwards, -200: event.Afterwards,
	} {
		for _, hour := range []int{0, 23} {
			if got := e.PhaseAt(e.Day().AddDate(0, 0, -days).Add(time.Duration(hour) * time.Hour)); got != want {
				t.Errorf("%d days before, at %d h: %s, want %s", days, hour, got, want)
			}
		}
	}
	e.Status = event.EventCancelled
	if got := e.PhaseAt(e.Start); got != event.Unplanned {
		t.Errorf("cancelled: %s", got)
	}
	if got := (*event.Event)(nil).PhaseAt(e.Start); got != event.Unplanned {
		t.Errorf("none: %s", got)
	}
}
