package app

import (
	"context"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Presence is who came to an event. Known is false where nobody was checked
// in: then who said that they would come stands for who came.
type Presence struct {
	Known bool
	Came  int // participations
	Heads int // people
}

// arrivalOf is how one guest came; ok is false where they were not checked in.
func arrivalOf(g *event.Participation) (heads int, at time.Time, ok bool) {
	if !g.Arrived() {
		return 0, time.Time{}, false
	}
	return g.HeadsArrived(), g.Arrival.At, true
}

// PresenceOf counts who came to an event.
func (a *App) PresenceOf(ctx context.Context, eventID string) (Presence, error) {
	var p Presence
	arrived := true
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID, Arrived: &arrived}, func(g *event.Participation) error {
		if heads, _, ok := arrivalOf(g); ok {
			p.Known = true
			p.Came++
			p.Heads += heads
		}
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("presence at %s: %w", eventID, err)
	}
	return p, nil
}

// Counts reports whether a guest counts as having come.
func (p Presence) Counts(g *event.Participation) bool {
	if !p.Known {
		return g.Reply.Comes()
	}
	_, _, ok := arrivalOf(g)
	return ok
}
