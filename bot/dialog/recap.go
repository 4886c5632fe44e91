package dialog

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/templates"
)

// shownDistricts is how many kecamatan the text of /rekap names.
const shownDistricts = 5

// recap is /rekap [KODE] [survei]: how registration stands, as a short text and a
// picture. It names nobody, so it may be read in the group.
func (d *Desk) recap(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "rekap", args)
	if e == nil || err != nil {
		return err
	}
	switch event.Fold(unbar(rest)) {
	case "survei", "survey", "penilaian":
		return d.surveyResults(ctx, t, e)
	}
	if rest != "" {
		return d.usage(t, "rekap", rest, func() error { return d.sayRecap(ctx, t, e) })
	}
	return d.sayRecap(ctx, t, e)
}

func (d *Desk) sayRecap(ctx context.Context, t *Turn, e *event.Event) error {
	rc, err := d.app.Recap(ctx, e)
	if err != nil {
		return err
	}
	data, pending := recapData(rc)
	opts := []Option{}
	var buttons []choice
	if rank(t.Person.Role) >= rank(event.Member) {
		if pending > 0 {
			buttons = append(buttons, choice{t.Label("recap", "curate"), "/kurasi " + e.ID})
		}
		if !t.In.Group {
			buttons = append(buttons, choice{t.Label("recap", "export"), "/ekspor " + e.ID})
		}
	}
	opts = append(opts, t.commands(buttons...))
	if len(rc.Days) > 0 {
		png, err := report.RecapChart(d.chartOf(t, rc))
		if err != nil {
			return err
		}
		file, err := d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "rekap-" + e.ID + ".png", MIME: "image/png", Photo: true}, png)
		if err != nil {
			return err
		}
		opts = append(opts, withFile(file))
	}
	return t.Say("recap.text", data, opts...)
}

// recapData is what the text of a recap shows.
func recapData(rc *app.Recap) (data templates.Data, pending int) {
	today, week, all := 0, 0, 0
	day := event.Midnight(rc.At)
	for _, x := range rc.Days {
		all += x.N
		if x.Day.Equal(day) {
			today += x.N
		}
		if x.Day.After(day.AddDate(0, 0, -7)) {
			week += x.N
		}
	}
	for _, a := range rc.Audiences {
		pending += a.Pending
	}
	return templates.Data{
		"Recap": rc, "Event": rc.Event, "Left": rc.Event.DaysBefore(rc.At), "State": stateOf(rc.Event, rc.At),
		"Today": today, "Week": week, "All": all, "Pending": pending,
		"Top": rc.Kecamatan[:min(len(rc.Kecamatan), shownDistricts)], "Others": max(0, len(rc.Kecamatan)-shownDistricts),
	}, pending
}

// chartOf is the picture's view of a recap.
func (d *Desk) chartOf(t *Turn, rc *app.Recap) report.RecapView {
	v := report.RecapView{Title: rc.Event.Title, AsOf: rc.At.In(event.Jakarta)}
	for _, a := range rc.Audiences {
		count := a.Confirmed
		if a.Audience == event.UKM && a.Quota.Limit > 0 {
			count = a.Booths // the quota of UKM counts booths
		}
		v.Audiences = append(v.Audiences, report.AudienceCount{
			Name: t.Label("audience", string(a.Audience)), Count: count, Quota: a.Quota.Limit, Waiting: a.Waiting + a.Pending,
		})
	}
	for _, k := range rc.Kecamatan {
		name := k.Name
		if name == app.OutsideName {
			name = t.Label("recap", "outside")
		}
		v.Districts = append(v.Districts, report.DistrictCount{Name: name, Count: k.N})
	}
	for _, x := range rc.Days {
		v.Days = append(v.Days, report.DayCount{Date: x.Day.Add(12 * time.Hour), Count: x.N})
	}
	return v
}
