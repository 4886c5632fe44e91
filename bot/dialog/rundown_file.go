package dialog

import (
	"context"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/templates"
)

// rundownView is a rundown as pictures and sheets show it.
func (d *Desk) rundownView(e *event.Event, r *event.Rundown) (report.RundownView, error) {
	now := d.app.Now()
	v := report.RundownView{Title: e.Title, Theme: e.Theme, Place: e.Place, Start: e.Start, AsOf: now}
	for _, l := range rundownLines(e, r.Items, now) {
		v.Rows = append(v.Rows, report.RundownRow{From: l.From, To: l.To, Minutes: l.Minutes, Title: l.Title, Who: l.Who, Place: l.Place, Going: l.Going, Over: l.Over})
	}
	faults, _ := rundownFaults(e, r)
	for _, f := range faults {
		s, err := d.texts.Text("rundown.fault", templates.Data{"Fault": f})
		if err != nil {
			return v, err
		}
		v.Notes = append(v.Notes, markup.Plain(s))
	}
	return v, nil
}

// rundownPicture is /rundown gambar.
func (d *Desk) rundownPicture(ctx context.Context, t *Turn, e *event.Event) error {
	r, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	if len(r.Items) == 0 {
		return t.Say("rundown.empty", nil)
	}
	v, err := d.rundownView(e, r)
	if err != nil {
		return err
	}
	png, err := report.RundownPicture(v)
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "rundown-" + e.ID + ".png", MIME: "image/png", Photo: true}, png)
	if err != nil {
		return err
	}
	return t.Say("rundown.picture", d.rundownData(e, r), withFile(file))
}

// rundownPDF is /rundown pdf.
func (d *Desk) rundownPDF(ctx context.Context, t *Turn, e *event.Event) error {
	r, err := d.app.Rundown(ctx, e.ID)
	if err != nil {
		return err
	}
	if len(r.Items) == 0 {
		return t.Say("rundown.empty", nil)
	}
	v, err := d.rundownView(e, r)
	if err != nil {
		return err
	}
	if v.Office, err = d.OfficeView(ctx); err != nil {
		return err
	}
	sheet, err := report.RundownPDF(v)
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "rundown-" + e.ID + ".pdf", MIME: "application/pdf"}, sheet)
	if err != nil {
		return err
	}
	return t.Say("rundown.pdf", templates.Data{"Event": e}, withFile(file))
}
