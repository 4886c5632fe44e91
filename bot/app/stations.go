package app

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// settingStations + an event's ID: where each member of the team checks people in.
const settingStations = "stations/"

// StationOf is where a team member checks people in, as they said; "" where they
// did not.
func (a *App) StationOf(ctx context.Context, eventID, personID string) (string, error) {
	stations, err := a.stations(ctx, eventID)
	return stations[personID], err
}

func (a *App) stations(ctx context.Context, eventID string) (map[string]string, error) {
	var stations map[string]string
	err := a.store.Settings().Get(ctx, settingStations+eventID, &stations)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("stations: %w", err)
	}
	return stations, nil
}

// SetStation says where a team member checks people in; "" takes it back.
func (a *App) SetStation(ctx context.Context, eventID, personID, post string) error {
	empty := map[string]string{}
	if _, err := a.store.Settings().PutNew(ctx, settingStations+eventID, &empty); err != nil {
		return fmt.Errorf("stations: %w", err)
	}
	return retryConflict(ctx, func() error {
		old, err := a.stations(ctx, eventID)
		if err != nil {
			return err
		}
		next := maps.Clone(old)
		if next == nil {
			next = map[string]string{}
		}
		if next[personID] = post; post == "" {
			delete(next, personID)
		}
		return a.store.Settings().Swap(ctx, settingStations+eventID, old, next)
	})
}

// retireStations forgets who stood where at an event that is long over.
func (a *App) retireStations(ctx context.Context, eventID string) error {
	stations, err := a.stations(ctx, eventID)
	if err != nil || len(stations) == 0 {
		return err
	}
	if err := a.store.Settings().Put(ctx, settingStations+eventID, map[string]string{}); err != nil {
		return fmt.Errorf("stations: %w", err)
	}
	return nil
}

// forgetStations takes a person out of the stations of all events.
func (a *App) forgetStations(ctx context.Context, personID string) error {
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("stations: %w", err)
	}
	for _, e := range events {
		post, err := a.StationOf(ctx, e.ID, personID)
		if err == nil && post != "" {
			err = a.SetStation(ctx, e.ID, personID, "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// AtDesk is the event that people are checked in to: today's, else that of the
// days before, whose paper lists may still be entered; nil where there is none.
func (a *App) AtDesk(ctx context.Context) (*event.Event, error) {
	all, err := a.store.Events().List(ctx)
	if err != nil {
		return nil, fmt.Errorf("event of the day: %w", err)
	}
	var best *event.Event
	for _, e := range all {
		left := e.DaysBefore(a.Now())
		if e.Status == event.EventCancelled || left > 0 || left < -DeskDays {
			continue
		}
		if best == nil || left > best.DaysBefore(a.Now()) {
			best = e
		}
	}
	return best, nil
}

// DeskDays is for how many days after the event what was written on paper may
// be entered.
const DeskDays = 7
