package dialog

import (
	"context"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// DayStep asks the group for a step of the event's day, with a photo as proof
// (SOP steps 11 to 14).
func (d *Desk) DayStep(ctx context.Context, e *event.Event, s app.DayStep, caps channel.Capabilities) (channel.Outbound, error) {
	photos, err := d.app.Album(ctx, e.ID)
	if err != nil {
		return channel.Outbound{}, err
	}
	key := "/tugas " + e.ID + " " + s.Key
	var keys [][]channel.Button
	if caps.Buttons {
		keys = [][]channel.Button{{
			{Label: d.texts.Label("task", "finishkey") + " " + s.Key, Value: key + " selesai"}, {Label: d.texts.Label("task", "show"), Value: key},
		}}
	}
	return d.digest("digest.daystep", templates.Data{"Event": e, "Key": s.Key, "Title": s.Title, "Photos": len(photos)}, keys)
}
