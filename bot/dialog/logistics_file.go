package dialog

import (
	"bytes"
	"context"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/templates"
)

// logisticsView is the list as pictures and sheets show it.
func (d *Desk) logisticsView(k onTask) report.LogisticsView {
	r := k.Readiness()
	v := report.LogisticsView{Title: k.e.Title, Place: k.e.Place, Start: k.e.Start, AsOf: d.app.Now(), Ready: r.Ready, Out: len(r.Out)}
	for _, it := range k.List() {
		row := report.LogisticsRow{
			N: it.N, Name: it.Name, Quantity: it.Quantity, Unit: it.Unit, Owner: it.Owner, LentBy: it.LentBy, HandedTo: it.HandedTo, Note: it.Note,
			Ready: it.State.Ready(), Handed: it.State == event.ItemHanded || it.State == event.ItemReturned && it.HandedAt != nil, Returned: it.State == event.ItemReturned,
			State: d.texts.Label("itemstate", string(it.State)),
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// logisticsPicture is /logistik gambar.
func (d *Desk) logisticsPicture(ctx context.Context, t *Turn, k onTask) error {
	if len(k.List()) == 0 {
		return t.Say("logistics.empty", nil)
	}
	png, err := report.LogisticsPicture(d.logisticsView(k))
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "logistik-" + k.e.ID + ".png", MIME: "image/png", Photo: true}, png)
	if err != nil {
		return err
	}
	return t.Say("logistics.picture", templates.Data{"Event": k.e, "List": k.Readiness()}, withFile(file))
}

// logisticsSheet is /logistik lembar: to be ticked off by hand on the floor.
func (d *Desk) logisticsSheet(ctx context.Context, t *Turn, k onTask) error {
	if len(k.List()) == 0 {
		return t.Say("logistics.empty", nil)
	}
	v := d.logisticsView(k)
	var err error
	if v.Office, err = d.OfficeView(ctx); err != nil {
		return err
	}
	sheet, err := report.LogisticsSheet(v)
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "logistik-" + k.e.ID + ".pdf", MIME: "application/pdf"}, sheet)
	if err != nil {
		return err
	}
	return t.Say("logistics.sheet", templates.Data{"Event": k.e}, withFile(file))
}

// logisticsTable is /logistik xlsx. It holds the lenders' numbers, so it goes
// to members, in private.
func (d *Desk) logisticsTable(ctx context.Context, t *Turn, k onTask) error {
	if rank(t.Person.Role) < rank(event.Member) {
		return t.Say("logistics.viewonly", nil)
	}
	items := k.List()
	if len(items) == 0 {
		return t.Say("logistics.empty", nil)
	}
	head := func(value string) string { return t.Label("logisticscolumn", value) }
	sheet := report.Sheet{Name: t.Label("logistics", "sheetname"), Columns: []report.Column{
		{Title: head("n"), Kind: report.Int, Width: 6}, {Title: head("name"), Width: 28}, {Title: head("quantity"), Kind: report.Int, Width: 9}, {Title: head("unit"), Width: 10},
		{Title: head("owner"), Width: 22}, {Title: head("lentby"), Width: 26}, {Title: head("contact"), Kind: report.Phone, Width: 20}, {Title: head("state"), Width: 14},
		{Title: head("handedto"), Width: 22}, {Title: head("handedat"), Kind: report.Clock}, {Title: head("returnedat"), Kind: report.Clock}, {Title: head("photos"), Kind: report.Int, Width: 8}, {Title: head("note"), Width: 30},
	}}
	sheet.Rows = func(yield func([]any, error) bool) {
		for _, it := range items {
			row := []any{it.N, it.Name, nil, it.Unit, it.Owner, it.LentBy, it.Contact, t.Label("itemstate", string(it.State)), it.HandedTo, nil, nil, len(it.Photos), it.Note}
			if it.Quantity > 0 {
				row[2] = it.Quantity
			}
			if it.HandedAt != nil {
				row[9] = *it.HandedAt
			}
			if it.ReturnedAt != nil {
				row[10] = *it.ReturnedAt
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	var out bytes.Buffer
	if err := report.Workbook(&out, []report.Sheet{sheet}); err != nil {
		return err
	}
	if err := d.app.RecordExport(ctx, t.Actor(), app.ExportFilter{EventID: k.e.ID}, "logistik xlsx", len(items)); err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "export/" + t.In.ID, Name: "logistik-" + k.e.ID + ".xlsx", MIME: mimeXLSX}, out.Bytes())
	if err != nil {
		return err
	}
	return t.fileToPrivate("logistics.table", templates.Data{"Event": k.e, "Rows": len(items)}, file)
}
