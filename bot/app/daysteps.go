package app

import (
	"context"
	"strings"
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
// little after it has begun, when there is something to photograph, the closing
// when it is over: both as the rundown has them.
func (a *App) DaySteps(ctx context.Context, e *event.Event) ([]DayStep, error) {
	r, err := a.Rundown(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	opened, ends := e.Start.Add(openedAfter), e.Start.Add(closedAfter)
	if len(r.Items) > 0 {
		ends = e.Start.Add(time.Duration(r.Ends()) * time.Minute)
	}
	for _, it := range r.Items {
		switch title := event.Fold(it.Title); {
		case strings.Contains(title, "pembuka"):
			if opened = it.At(e).Add(openedAfter); opened.After(it.Until(e)) {
				opened = it.Until(e)
			}
		case strings.Contains(title, "penutup"):
			ends = it.Until(e)
		}
	}
	return []DayStep{
		{Key: "11", At: opened},
		{Key: "12", At: e.Start.Add(photosAfter)},
		{Key: "13", At: ends},
		{Key: "14", At: ends.Add(cleanAfter)},
	}, nil
}
