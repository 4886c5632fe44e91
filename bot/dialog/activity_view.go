package dialog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// blankRows are the rows at the end of the attendance list for those who are
// on no list.
const blankRows = 15

// maxReportPhotos is how many pictures a report shows, spread over the day.
const maxReportPhotos = 120

// MakeReport makes the files of a report, as of r.At. progress is told of each
// picture that is set.
func (d *Desk) MakeReport(ctx context.Context, r *storage.Report, progress func(done, of int)) (pdf, xlsx []byte, f event.Figures, err error) {
	e, err := d.app.Event(ctx, r.EventID)
	if err != nil {
		return nil, nil, f, err
	}
	x, err := d.app.Activity(ctx, e)
	if err != nil {
		return nil, nil, f, err
	}
	view, sheets, err := d.activityView(ctx, x, r, progress)
	if err != nil {
		return nil, nil, f, err
	}
	if pdf, err = report.Activity(view); err != nil {
		return nil, nil, f, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, f, err // its pictures are not all there
	}
	var out bytes.Buffer
	if err := report.Workbook(&out, sheets); err != nil {
		return nil, nil, f, err
	}
	return pdf, out.Bytes(), x.Figures, nil
}

// activityView writes the report.
func (d *Desk) activityView(ctx context.Context, x *app.Activity, r *storage.Report, progress func(done, of int)) (report.ActivityView, []report.Sheet, error) {
	office, err := d.OfficeView(ctx)
	if err != nil {
		return report.ActivityView{}, nil, err
	}
	p := &paper{d: d, x: x}
	v := report.ActivityView{
		Office: office, Made: r.At, Draft: !r.Final, Watermark: p.Label("laporan", "watermark"), Heading: p.Label("laporan", "heading"),
		Title: x.Event.Title, Theme: x.Event.Theme, Contents: p.Label("laporan", "contents"),
		Lines: []string{event.Day(x.Event.Start) + ", " + event.Clock(x.Event.Start), x.Event.Place},
	}
	version := p.Label("laporan", "draftversion")
	if r.Final {
		if version = ""; r.N > 1 {
			version = p.Label("laporan", "revision") + " " + strconv.Itoa(r.N-1) + ": " + r.Reason
		}
	}
	if version != "" {
		v.Lines = append(v.Lines, version)
	}
	if v.Foot = p.Label("laporan", "foot") + " " + x.Event.Title; !r.Final {
		v.Foot = p.Label("laporan", "watermark") + " – " + v.Foot
	}
	p.overview()
	v.Chapters = []report.Chapter{
		p.chapter("intro", p.intro()), p.chapter("event", p.eventPart()), p.chapter("steps", p.steps()), p.chapter("guests", p.guests()),
		p.chapter("people", p.people()), p.chapter("program", p.program()), p.chapter("presence", p.presence()), p.chapter("photos", p.photos(ctx, progress)),
		p.chapter("survey", p.survey()), p.chapter("evaluation", p.evaluation()), p.chapter("past", p.past()),
		p.chapter("closing", []report.Block{report.Passage(p.Text("laporan.closing", nil))}),
	}
	for i := range v.Chapters {
		v.Chapters[i].Title = roman(i+1) + ". " + v.Chapters[i].Title
	}
	v.Sign = report.Signing{Place: office.City + ", " + longDate(r.At)}
	v.Annexes = []report.Chapter{p.chapter("annexpresence", p.attendance()), p.chapter("annexletters", p.letters())}
	for i := range v.Annexes {
		v.Annexes[i].Title = p.Label("laporan", "annex") + " " + strconv.Itoa(i+1) + ". " + v.Annexes[i].Title
	}
	return v, p.sheets, p.err
}

func roman(n int) string {
	out := ""
	for _, d := range []struct {
		v int
		s string
	}{{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= d.v; n -= d.v {
			out += d.s
		}
	}
	return out
}

func (p *paper) chapter(name string, blocks []report.Block) report.Chapter {
	return report.Chapter{Title: p.Label("lapchapter", name), Blocks: blocks}
}

func (p *paper) part(name string) report.Block { return report.Part(p.Label("lappart", name)) }

// overview is the workbook's first sheet: the event in numbers.
func (p *paper) overview() {
	l := ledger{columns: []ledgerColumn{p.column("what", 5, report.Text), p.column("value", 5, report.Text)}}
	e := p.x.Event
	l.add(p.Label("lapfigure", "title"), e.Title)
	l.add(p.Label("lapfigure", "code"), e.ID)
	l.add(p.Label("lapfigure", "theme"), e.Theme)
	l.add(p.Label("lapfigure", "when"), event.Day(e.Start)+", "+event.Clock(e.Start))
	l.add(p.Label("lapfigure", "place"), e.Place)
	for _, f := range p.figures(p.x.Figures) {
		l.add(f.name, f.value)
	}
	p.sheet("overview", l)
}

type figure struct {
	name, value string
	n           int // -1: no number
}

// figures are an event's numbers, in the order in which they are told.
func (p *paper) figures(f event.Figures) []figure {
	num := func(name string, n int) figure { return figure{p.Label("lapfigure", name), p.d.texts.Number(n), n} }
	out := []figure{
		num("registered", f.Registered), num("ukm", f.UKM), num("koperasi", f.Koperasi), num("kecamatan", f.Kecamatan),
		num("invited", f.Invited), num("answered", f.Answered), num("coming", f.Coming), num("expected", f.Expected),
	}
	if f.Attended {
		out = append(out, num("came", f.Came), num("heads", f.Heads))
	} else {
		none := p.Label("lapfigure", "unknown")
		out = append(out, figure{p.Label("lapfigure", "came"), none, -1}, figure{p.Label("lapfigure", "heads"), none, -1})
	}
	out = append(out, num("replies", f.Replies), figure{p.Label("lapfigure", "rating"), tenths(f.Rating), -1})
	return append(out, figure{p.Label("lapfigure", "steps"), fmt.Sprintf("%d / %d", f.Done, f.Steps), -1})
}

// intro is what the SOP says: legal basis, purpose, who is concerned.
func (p *paper) intro() []report.Block {
	return []report.Block{
		p.part("basis"), report.Passage(p.Text("laporan.sop.policies", nil)), report.Points{Items: p.lines("laporan.sop.kebijakan")},
		report.Passage(p.Text("laporan.sop.references", nil)), report.Points{Items: p.lines("laporan.sop.referensi")},
		p.part("meaning"), report.Passage(p.Text("laporan.sop.pengertian", nil)),
		p.part("purpose"), report.Points{Items: p.lines("laporan.sop.tujuan")},
		p.part("units"), report.Points{Items: p.lines("laporan.sop.unit")},
		p.part("procedure"), report.Points{Items: p.lines("laporan.sop.prosedur")},
	}
}

// eventPart tells what took place, who saw to it and with what.
func (p *paper) eventPart() []report.Block {
	e := p.x.Event
	theme := cmp.Or(e.Theme, p.Label("laporan", "notheme"))
	out := []report.Block{
		p.part("identity"), report.Details{
			{Label: p.Label("lapfigure", "title"), Value: e.Title}, {Label: p.Label("lapfigure", "theme"), Value: theme},
			{Label: p.Label("lapfigure", "when"), Value: event.Day(e.Start) + ", " + event.Clock(e.Start)}, {Label: p.Label("lapfigure", "place"), Value: e.Place},
		},
		p.part("team"),
	}
	team := ledger{columns: []ledgerColumn{p.column("no", 1, report.Int), p.column("name", 6, report.Text), p.column("role", 4, report.Text), p.column("section", 5, report.Text)}}
	for i, m := range p.x.Team {
		team.add(i+1, memberName(m), p.Label("role", string(m.Role)), p.d.sectionOf(p.x.Sections, m))
	}
	out = append(out, p.table("team", team, "laporan.none.team")...)
	out = append(out, p.part("facilities"), report.Passage(p.Text("laporan.facilities", templates.Data{"Booths": p.booths(), "Power": p.x.Recap.Power})))
	items := ledger{columns: []ledgerColumn{
		p.column("no", 1, report.Int), p.column("item", 5, report.Text), p.column("quantity", 2, report.Text), p.column("owner", 4, report.Text),
		p.column("lentby", 4, report.Text), p.column("state", 3, report.Text),
	}}
	for i, it := range p.x.Items {
		quantity := ""
		if it.Quantity > 0 {
			quantity = strings.TrimSpace(p.d.texts.Number(it.Quantity) + " " + it.Unit)
		}
		items.add(i+1, it.Name, quantity, it.Owner, cmp.Or(it.LentBy, p.Label("laporan", "own")), p.Label("itemstate", string(it.State)))
	}
	return append(out, p.table("items", items, "laporan.none.items")...)
}

func (p *paper) booths() int {
	n := 0
	for _, a := range p.x.Recap.Audiences {
		n += a.Booths
	}
	return n
}

// steps is the SOP's table, with what was planned and when it was done.
func (p *paper) steps() []report.Block {
	l := ledger{columns: []ledgerColumn{
		p.column("no", 1.3, report.Text), p.column("step", 6.5, report.Text), p.column("time", 2.2, report.Text), p.column("where", 2.6, report.Text), p.column("parties", 3.2, report.Text),
		p.column("planned", 2.6, report.Clock), p.column("done", 2.6, report.Clock), p.column("remark", 3.6, report.Text),
	}}
	for _, s := range p.x.Plan {
		title, where, who, when := s.Title, "", "", hName(s.Due, p.d.texts)
		if s.Step > 0 {
			n := strconv.Itoa(s.Step)
			title, where, who = p.stepTitle(n), p.Label("sop.place", n), p.Label("sop.party", n)
		}
		planned := event.Midnight(s.Due.At)
		if s.Due.Before > 0 {
			planned = s.Due.At
		}
		var done any
		remark := s.Note
		switch {
		case s.State == event.TaskDone && s.At != nil:
			done = *s.At
		case s.State == event.TaskSkipped:
			remark = strings.TrimSuffix(p.Label("laporan", "skipped")+": "+s.Reason, ": ")
		case remark == "":
			remark = p.Label("laporan", "open")
		}
		l.add(s.Key, title, when, where, who, planned, done, remark)
	}
	g := p.grid(l)
	g.Size = 8
	p.sheet("steps", l)
	count := event.CountTasks(p.x.Plan)
	return []report.Block{report.Passage(p.Text("laporan.steps", templates.Data{"Count": count})), g}
}

// stepTitle is the SOP's wording; for the report that of the checklist without
// the places and parties, which have columns of their own.
func (p *paper) stepTitle(n string) string {
	title, _, _ := strings.Cut(p.Label("sop", n), ", oleh seluruh")
	return strings.TrimSuffix(title, " di media sosial")
}

// guests tells of invitations and answers.
func (p *paper) guests() []report.Block {
	c := p.x.Confirmation
	l := ledger{columns: []ledgerColumn{
		p.column("audience", 3.4, report.Text), p.column("guests", 1.8, report.Int), p.column("yes", 1.8, report.Int), p.column("delegated", 2.8, report.Int),
		p.column("maybe", 2, report.Int), p.column("no2", 2, report.Int), p.column("silent", 2, report.Int), p.column("heads", 2, report.Int),
	}}
	var bars []report.BarLine
	add := func(name string, s app.AnswerSum) {
		l.add(name, s.Guests, s.Yes, s.Delegated, s.Maybe, s.No, s.Silent, s.Heads)
	}
	for _, a := range c.Audiences {
		name := p.Label("audience", string(a.Audience))
		add(name, a.AnswerSum)
		bars = append(bars, report.BarLine{Label: name, Parts: []int{a.Yes, a.Delegated, a.Maybe, a.No, a.Silent}, Value: p.d.texts.Number(a.Guests)})
	}
	if len(c.Audiences) > 1 {
		add(p.Label("laporan", "total"), c.Total.AnswerSum)
	}
	out := p.table("guests", l, "laporan.none.guests")
	if len(bars) > 0 {
		out = append([]report.Block{report.Passage(p.Text("laporan.guests", templates.Data{"F": p.x.Figures, "Percent": percent(p.x.Figures.Answered, p.x.Figures.Invited)}))}, out...)
		out = append(out, report.BarChart{Title: p.Label("lapchart", "answers"), Rows: bars, Legend: []string{
			p.Label("lapcol", "yes"), p.Label("lapcol", "delegated"), p.Label("lapcol", "maybe"), p.Label("lapcol", "no2"), p.Label("lapcol", "silent"),
		}})
	}
	stages := ledger{columns: []ledgerColumn{
		p.column("stage", 4, report.Text), p.column("date", 3, report.Date), p.column("yes", 2, report.Int), p.column("maybe", 2, report.Int), p.column("no2", 2, report.Int), p.column("silent", 2, report.Int),
	}}
	for _, s := range c.Stages {
		stages.add(fmt.Sprintf("H-%d", p.x.Event.DaysBefore(s.At)), s.At, s.Yes+s.Delegated, s.Maybe, s.No, s.Silent)
	}
	if len(stages.rows) > 0 {
		out = append(out, p.part("stages"))
		out = append(out, p.table("stages", stages, "")...)
	}
	return join(out, p.messages(), p.posts())
}

// posts are what was published, with how many registered by its link.
func (p *paper) posts() []report.Block {
	l := ledger{columns: []ledgerColumn{
		p.column("no", 1, report.Int), p.column("date", 3, report.Date), p.column("channel", 4, report.Text), p.column("link", 6, report.Text), p.column("registrations", 2.6, report.Int),
	}}
	for _, s := range p.x.Posts {
		n := 0
		for _, k := range p.x.Sources[event.PostSource(s.N)] {
			n += k
		}
		l.add(s.N, s.On, s.Where, s.Link, n)
	}
	return append([]report.Block{p.part("posts")}, p.table("posts", l, "laporan.none.posts")...)
}

func percent(n, of int) int {
	if of == 0 {
		return 0
	}
	return (200*n + of) / (2 * of)
}

// messages counts what was sent by which network.
func (p *paper) messages() []report.Block {
	type sum struct{ sent, failed, waiting int }
	by := map[string]*sum{}
	var names []string
	for _, c := range p.x.Sent {
		s := by[string(c.Channel)]
		if s == nil {
			s = &sum{}
			by[string(c.Channel)] = s
			names = append(names, string(c.Channel))
		}
		switch c.State {
		case storage.Sent, storage.Delivered, storage.Read:
			s.sent += c.N
		case storage.Failed, storage.Uncertain, storage.Suppressed, storage.Expired:
			s.failed += c.N
		default:
			s.waiting += c.N
		}
	}
	l := ledger{columns: []ledgerColumn{p.column("channel", 4, report.Text), p.column("sent", 3, report.Int), p.column("failed", 3, report.Int), p.column("waiting", 3, report.Int)}}
	for _, n := range sorted(names) {
		s := by[n]
		l.add(p.Label("channel", n), s.sent, s.failed, s.waiting)
	}
	if len(l.rows) == 0 {
		return nil
	}
	return append([]report.Block{p.part("messages")}, p.table("messages", l, "")...)
}

// people tells who registered.
func (p *paper) people() []report.Block {
	rc := p.x.Recap
	l := ledger{columns: []ledgerColumn{
		p.column("audience", 4, report.Text), p.column("confirmed", 3, report.Int), p.column("heads", 3, report.Int), p.column("booths", 2, report.Int), p.column("cancelled", 3, report.Int),
	}}
	var bars []report.BarLine
	for _, a := range rc.Audiences {
		name := p.Label("audience", string(a.Audience))
		l.add(name, a.Confirmed, a.Heads, a.Booths, a.Cancelled+a.Declined)
		bars = append(bars, report.BarLine{Label: name, Parts: []int{a.Confirmed}, Value: p.d.texts.Number(a.Confirmed)})
	}
	if rc.Total == 0 {
		l.rows = nil
	}
	place := func(name string) string {
		if name == app.OutsideName {
			return p.Label("recap", "outside")
		}
		return name
	}
	option := func(kind string) func(string) string {
		return func(v string) string {
			if v == "" {
				return p.Label("laporan", "unsaid")
			}
			return p.Label("option."+kind, v)
		}
	}
	out := p.table("people", l, "laporan.none.registrations")
	if rc.Total > 0 {
		out = append([]report.Block{report.Passage(p.Text("laporan.people", templates.Data{"Recap": rc, "N": p.x.Figures.Kecamatan}))}, out...)
	}
	p.sheet("kecamatan", p.countLedger("kecamatan", rc.Kecamatan, place))
	p.sheet("scale", p.countLedger("scale", p.x.Scales, option(event.KeyScale)))
	p.sheet("field", p.countLedger("field", p.x.Fields, option(event.KeyField)))
	return join(out, p.bars(p.Label("lapchart", "audience"), bars), p.bars(p.Label("lapchart", "scale"), p.named(p.x.Scales, option(event.KeyScale), 5)),
		p.bars(p.Label("lapchart", "field"), p.named(p.x.Fields, option(event.KeyField), 8)), p.bars(p.Label("lapchart", "kecamatan"), p.named(rc.Kecamatan, place, 40)))
}

func (p *paper) countLedger(head string, list []app.NamedCount, name func(string) string) ledger {
	l := ledger{columns: []ledgerColumn{p.column(head, 5, report.Text), p.column("count", 2, report.Int)}}
	for _, c := range list {
		l.add(name(c.Name), c.N)
	}
	return l
}

// program is the order of the day.
func (p *paper) program() []report.Block {
	l := ledger{columns: []ledgerColumn{p.column("time", 3, report.Text), p.column("activity", 6, report.Text), p.column("who", 5, report.Text), p.column("where", 4, report.Text)}}
	for _, it := range p.x.Rundown {
		l.add(it.From.In(event.Jakarta).Format("15.04")+"–"+it.Until.In(event.Jakarta).Format("15.04"), it.Title, it.Who, it.Place)
	}
	return p.table("rundown", l, "laporan.none.rundown")
}

// presence tells who came.
func (p *paper) presence() []report.Block {
	if !p.x.Presence.Known {
		return []report.Block{report.Missing(p.Text("laporan.none.presence", templates.Data{"F": p.x.Figures}))}
	}
	type sum struct{ expected, of, came, heads int }
	by := map[event.Audience]*sum{}
	for _, g := range p.x.Guests {
		s := by[g.Guest.Audience]
		if s == nil {
			s = &sum{}
			by[g.Guest.Audience] = s
		}
		if g.Guest.Reply.Comes() {
			s.expected++
		}
		if !g.At.IsZero() {
			if g.Guest.Reply.Comes() {
				s.of++
			}
			s.came++
			s.heads += g.Heads
		}
	}
	l := ledger{columns: []ledgerColumn{p.column("audience", 4, report.Text), p.column("expected", 3, report.Int), p.column("ofexpected", 3, report.Int), p.column("unexpected", 3, report.Int), p.column("heads", 3, report.Int)}}
	var bars []report.BarLine
	all := 0
	for _, a := range app.Invitable() {
		if s := by[a]; s != nil {
			all += s.of
			name := p.Label("audience", string(a))
			l.add(name, s.expected, s.of, s.came-s.of, s.heads)
			bars = append(bars, report.BarLine{Label: name, Parts: []int{s.of, s.expected - s.of}, Value: fmt.Sprintf("%d / %d", s.of, s.expected)})
		}
	}
	var hours []report.BarLine
	byHour := ledger{columns: []ledgerColumn{p.column("hour", 3, report.Text), p.column("arrivals", 3, report.Int), p.column("heads", 3, report.Int)}}
	for _, h := range p.x.Attendance.Hours {
		from := h.Hour.In(event.Jakarta)
		span := from.Format("15.04") + "–" + from.Add(time.Hour).Format("15.04")
		hours = append(hours, report.BarLine{Label: span, Parts: []int{h.Heads}, Value: p.d.texts.Number(h.Heads)})
		byHour.add(span, h.Arrived, h.Heads)
	}
	p.sheet("hours", byHour)
	return join([]report.Block{report.Passage(p.Text("laporan.presence", templates.Data{"F": p.x.Figures, "N": all, "Percent": percent(all, p.x.Figures.Coming)}))},
		p.table("presence", l, ""), []report.Block{report.BarChart{Title: p.Label("lapchart", "presence"), Rows: bars, Legend: []string{p.Label("lapcol", "came"), p.Label("lapchart", "missed")}}}, p.bars(p.Label("lapchart", "hours"), hours))
}

// photos are the documentation pages. Their bytes are read one by one.
func (p *paper) photos(ctx context.Context, progress func(done, of int)) []report.Block {
	l := ledger{columns: []ledgerColumn{p.column("no", 1, report.Int), p.column("activity", 6, report.Text), p.column("date", 3, report.Clock)}}
	for i, f := range p.x.Pictures {
		l.add(i+1, p.caption(f), f.At)
	}
	p.sheet("photos", l)
	if len(l.rows) == 0 {
		return []report.Block{report.Missing(p.Text("laporan.none.photos", nil))}
	}
	shown := spread(p.x.Pictures, maxReportPhotos)
	return []report.Block{
		report.Passage(p.Text("laporan.photos", templates.Data{"N": len(p.x.Pictures), "Shown": len(shown)})),
		report.Photos(func(yield func(report.ReportPhoto) bool) {
			seen := map[string]bool{} // a proof may be in the album, too
			for i, f := range shown {
				if ctx.Err() != nil {
					return
				}
				progress(i, len(shown))
				b, data, err := p.d.app.Store().Media().Get(ctx, f.Blob)
				if sha := cmp.Or(f.SHA, b.SHA); err != nil || seen[sha] {
					continue // deleted meanwhile, or shown: the list of pictures names it
				} else {
					seen[sha] = true
				}
				if !yield(report.ReportPhoto{Data: data, Caption: p.caption(f)}) {
					return
				}
			}
		}),
	}
}

func (p *paper) caption(f app.Picture) string {
	name := f.Caption
	if f.Task != nil {
		name = p.d.texts.TaskName(f.Task)
		if f.Caption != "" {
			name += ": " + f.Caption
		}
	}
	return shorten(name, 110)
}

// spread picks at most that many, at even distances.
func spread[T any](list []T, most int) []T {
	if len(list) <= most {
		return list
	}
	out := make([]T, most)
	for i := range out {
		out[i] = list[i*len(list)/most]
	}
	return out
}
