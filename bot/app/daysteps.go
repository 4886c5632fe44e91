package app

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// DayStep is a step of the event's day (SOP steps 11 to 14) and when the team
// is asked for it, with a photo as proof.
type DayStep struct {
	Key   string
	Title string // as the checklist has it
	At    time.Time
}

// How long after the start a step is asked for, where nothing says when it
// really is.
const (
	openedAfter = 15 * time.Minute
	photosAfter = time.Hour
	closedAfter = 6 * time.Hour
	cleanAfter  = 45 * time.Minute // after the closing
)

// DaySteps are the steps of the day in their order. The opening is asked for a
// little after the start, when there is something to photograph.
func (a *App) DaySteps(_ context.Context, e *event.Event) ([]DayStep, error) {
	ends := e.Start.Add(closedAfter)
	return []DayStep{
		{Key: "11", At: e.Start.Add(openedAfter)},
		{Key: "12", At: e.Start.Add(photosAfter)},
		{Key: "13", At: ends},
		{Key: "14", At: ends.Add(cleanAfter)},
	}, nil
}
