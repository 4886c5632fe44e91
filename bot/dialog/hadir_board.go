package dialog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// AttendanceBoard is the text of the live board (SOP step 10): arrived of
// expected, by audience and by hour, the officials by name.
func (d *Desk) AttendanceBoard(c *app.Attendance) (string, error) {
	return d.texts.Text("hadir.board", d.boardData(c))
}

func (d *Desk) boardData(c *app.Attendance) templates.Data {
	percent := 0
	if c.Total.Expected > 0 {
		percent = 100 * c.Total.OfExpected / c.Total.Expected
	}
	var vip []vipLine
	for _, p := range c.VIP {
		vip = append(vip, vipLine{p, d.Salute(p)})
	}
	return templates.Data{
		"Event": c.Event, "At": c.At, "Total": c.Total, "Percent": percent, "Audiences": c.Audiences, "Hours": c.Hours[max(0, len(c.Hours)-boardHours):],
		"VIP": vip[:min(len(vip), boardVIP)], "VIPMore": max(0, len(vip)-boardVIP),
	}
}

type vipLine struct {
	*event.Participation
	Salute string
}

// What the board shows at most: it has to be read at a glance.
const (
	boardHours = 12
	boardVIP   = 15
)

// attendanceText is /hadir kehadiran: the board's numbers, here.
func (d *Desk) attendanceText(ctx context.Context, t *Turn, o onDesk, _ string) error {
	c, err := d.app.Attendance(ctx, o.e)
	if err != nil {
		return err
	}
	return t.Say("hadir.board", d.boardData(c), t.commands(
		choice{t.Label("hadir", "chart"), "/hadir " + o.e.ID + " gambar"}, choice{t.Label("hadir", "floor"), "/hadir " + o.e.ID + " stan"}))
}

// attendanceBoard is /hadir papan: a fresh board in the team's group, which the
// planner keeps up to date.
func (d *Desk) attendanceBoard(ctx context.Context, t *Turn, o onDesk, _ string) error {
	group, bound, err := d.app.Group(ctx)
	if err != nil {
		return err
	}
	if !bound {
		return noteAgain(t, "hadir.nogroup", nil, func() error { return d.attendanceText(ctx, t, o, "") })
	}
	c, err := d.app.Attendance(ctx, o.e)
	if err != nil {
		return err
	}
	text, err := d.AttendanceBoard(c)
	if err != nil {
		return err
	}
	t.row(group.Chat, channel.Outbound{Text: text})
	row := t.out[len(t.out)-1].ID
	if err := d.app.NewBoard(ctx, o.e.ID, group.Chat, row, text); err != nil {
		return err
	}
	return t.Say("hadir.boarded", templates.Data{"Group": group.Title, "Live": o.e.DaysBefore(d.app.Now()) == 0})
}

// attendanceChart is /hadir gambar.
func (d *Desk) attendanceChart(ctx context.Context, t *Turn, o onDesk, _ string) error {
	c, err := d.app.Attendance(ctx, o.e)
	if err != nil {
		return err
	}
	v := report.AttendanceView{Title: o.e.Title, AsOf: c.At, Heads: c.Total.ArrivedHeads}
	for _, a := range c.Audiences {
		v.Groups = append(v.Groups, report.AttendanceLine{Name: t.Label("audience", string(a.Audience)), Arrived: a.Arrived, Expected: a.Expected, Heads: a.ArrivedHeads})
	}
	for _, h := range c.Hours {
		v.Hours = append(v.Hours, report.AttendanceHour{Hour: h.Hour, Heads: h.Heads})
	}
	for _, p := range c.VIP {
		l := report.OfficialLine{Name: cmp.Or(p.Position, p.Name)}
		if p.Position != "" && p.Name != "" {
			l.Name = p.Name + ", " + p.Position
		}
		if p.Arrived() {
			l.At = &p.Arrival.At
		}
		v.Officials = append(v.Officials, l)
	}
	png, err := report.AttendanceChart(v)
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "hadir/" + t.In.ID, Name: "kehadiran-" + o.e.ID + ".png", MIME: "image/png", Photo: true}, png)
	if err != nil {
		return err
	}
	return t.Say("hadir.chart", templates.Data{"Event": o.e, "Total": c.Total}, withFile(file))
}

// floorPages is how many pictures the list of booths has at most.
const floorPages = 8

// floorList is /hadir stan: booths and electricity for the floor crew, and what
// performers bring, as pictures.
func (d *Desk) floorList(ctx context.Context, t *Turn, o onDesk, _ string) error {
	rows, booths, power, err := d.floorRows(ctx, o.e)
	if err != nil {
		return err
	}
	pages := slices.Collect(slices.Chunk(rows, report.MaxFloorRows))
	if len(pages) == 0 {
		return t.Say("hadir.nofloor", templates.Data{"Event": o.e})
	}
	for i, page := range pages[:min(len(pages), floorPages)] {
		v := report.FloorView{Title: o.e.Title, AsOf: d.app.Now(), Power: power, Total: booths, Rows: page}
		if len(pages) > 1 {
			v.Page = fmt.Sprintf("(%d/%d)", i+1, len(pages))
		}
		png, err := report.FloorChart(v)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("stan-%s-%d.png", o.e.ID, i+1)
		file, err := d.keepFile(ctx, channel.File{Blob: fmt.Sprintf("stan/%s/%d", t.In.ID, i), Name: name, MIME: "image/png", Photo: true}, png)
		if err != nil {
			return err
		}
		data := templates.Data{"Event": o.e, "Booths": booths, "Power": power, "Page": i + 1, "Pages": len(pages), "More": i+1 == floorPages && len(pages) > floorPages}
		if err := t.Say("hadir.floor", data, withFile(file)); err != nil {
			return err
		}
	}
	return nil
}

// floorRows are the confirmed booths by number, then the performers with what
// they bring.
func (d *Desk) floorRows(ctx context.Context, e *event.Event) (rows []report.FloorRow, booths, power int, err error) {
	var stands, shows []*event.Registration
	err = d.app.EachRegistration(ctx, storage.RegistrationQuery{EventID: e.ID, Statuses: []event.Status{event.Confirmed}}, func(r *event.Registration) error {
		switch {
		case r.WantsBooth():
			stands = append(stands, r)
		case r.Audience == event.Performer:
			shows = append(shows, r)
		}
		return nil
	})
	if err != nil {
		return nil, 0, 0, err
	}
	slices.SortStableFunc(stands, func(a, b *event.Registration) int { return cmp.Compare(a.Place, b.Place) })
	for _, r := range stands {
		if r.WantsPower() {
			power++
		}
		rows = append(rows, report.FloorRow{No: cmp.Or(boothText(r), "–"), Name: r.Name, Power: r.WantsPower(), Note: r.Answers[event.KeyProduct]})
	}
	for _, r := range shows {
		rows = append(rows, report.FloorRow{No: d.texts.Label("hadir", "stage"), Name: r.Name, Note: r.Answers[event.KeyEquipment]})
	}
	return rows, len(stands), power, nil
}

// printList is /hadir cetak: the list on paper and as a spreadsheet, for when
// the connection is gone.
func (d *Desk) printList(ctx context.Context, t *Turn, o onDesk, _ string) error {
	groups, n, err := d.deskGroups(ctx, t, o.e)
	if err != nil {
		return err
	}
	office, err := d.OfficeView(ctx)
	if err != nil {
		return err
	}
	how, err := t.Render("hadir.print.how", nil)
	if err != nil {
		return err
	}
	page, err := report.DeskList(report.DeskListView{
		Office: office, Title: o.e.Title, Start: o.e.Start, Made: d.app.Now(), How: string(how), Groups: groups,
	})
	if err != nil {
		return err
	}
	var book bytes.Buffer
	if err := report.Workbook(&book, deskSheets(t, groups)); err != nil {
		return err
	}
	if len(page) > storage.MaxBlob || book.Len() > storage.MaxBlob {
		return t.Say("guests.large", templates.Data{"MB": storage.MaxBlob >> 20})
	}
	if err := d.app.RecordExport(ctx, t.Actor(), app.ExportFilter{EventID: o.e.ID}, "daftar hadir", n); err != nil {
		return err
	}
	for i, f := range []struct {
		name, mime string
		data       []byte
	}{{"daftar-hadir-" + o.e.ID + ".pdf", "application/pdf", page}, {"daftar-hadir-" + o.e.ID + ".xlsx", mimeXLSX, book.Bytes()}} {
		file, err := d.keepFile(ctx, channel.File{Blob: fmt.Sprintf("export/%s/%d", t.In.ID, i), Name: f.name, MIME: f.mime}, f.data)
		if err != nil {
			return err
		}
		if i == 0 {
			err = t.Say("hadir.printed", templates.Data{"Event": o.e, "N": n}, withFile(file))
		} else {
			err = t.Say("hadir.printed.sheet", nil, withFile(file))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deskGroups are all who may come, by audience and name: a row for each ticket.
func (d *Desk) deskGroups(ctx context.Context, t *Turn, e *event.Event) (groups []report.DeskGroup, n int, err error) {
	rows := map[event.Audience][]report.DeskRow{}
	registered := map[string]bool{}
	err = d.app.EachRegistration(ctx, storage.RegistrationQuery{EventID: e.ID}, func(r *event.Registration) error {
		if !r.Status.Active() || r.Status == event.Lapsed {
			return nil
		}
		registered[r.PersonID] = true
		row := report.DeskRow{Code: shortTicket(e, r.Number), Name: r.Contact, Organisation: r.Name, Heads: r.Heads, Booth: boothText(r)}
		if row.Name == row.Organisation {
			row.Organisation = ""
		}
		rows[r.Audience] = append(rows[r.Audience], row)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	err = d.app.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(p *event.Participation) error {
		if registered[p.PersonID] || p.Reply.Answer == event.No || p.Closed == event.Withdrawn {
			return nil
		}
		from := p.Organisation
		if p.Position != "" {
			from = strings.TrimSuffix(p.Position+", "+from, ", ")
		}
		heads := 0
		if p.Reply.Comes() {
			heads = p.ExpectedHeads()
		}
		rows[p.Audience] = append(rows[p.Audience], report.DeskRow{Code: app.GuestNumber(p), Name: p.Name, Organisation: from, Heads: heads})
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	for _, aud := range everyAudience() {
		list := rows[aud]
		if len(list) == 0 {
			continue
		}
		slices.SortStableFunc(list, func(a, b report.DeskRow) int {
			return cmp.Or(strings.Compare(event.Fold(a.Name), event.Fold(b.Name)), strings.Compare(a.Code, b.Code))
		})
		groups = append(groups, report.DeskGroup{Name: t.Label("audience", string(aud)), Rows: list})
		n += len(list)
	}
	return groups, n, nil
}

func deskSheets(t *Turn, groups []report.DeskGroup) []report.Sheet {
	column := func(key string, width float64, kind report.Kind) report.Column {
		return report.Column{Title: t.Label("desklist", key), Width: width, Kind: kind}
	}
	columns := []report.Column{
		column("code", 16, report.Text), column("name", 28, report.Text), column("organisation", 30, report.Text), column("heads", 10, report.Int),
		column("booth", 8, report.Text), column("came", 12, report.Text), column("actual", 12, report.Text),
	}
	var out []report.Sheet
	for _, g := range groups {
		out = append(out, report.Sheet{Name: g.Name, Columns: columns, Rows: func(yield func([]any, error) bool) {
			for _, r := range g.Rows {
				var heads any
				if r.Heads > 0 {
					heads = r.Heads
				}
				if !yield([]any{r.Code, r.Name, r.Organisation, heads, r.Booth, nil, nil}, nil) {
					return
				}
			}
		}})
	}
	if len(out) == 0 {
		out = []report.Sheet{{Name: t.Label("desklist", "name"), Columns: columns, Rows: func(func([]any, error) bool) {}}}
	}
	return out
}
