package dialog

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// The placeholders of letters' texts, and those that a text must have.
var (
	letterPlaces         = []string{"acara", "tema", "hari", "pukul", "tempat", "hal", "keperluan", "isi", "kota", "nama", "jabatan", "instansi"}
	letterPlacesRequired = map[storage.LetterKind][]string{
		storage.LetterInvitation: {"acara", "hari", "pukul", "tempat"},
		storage.LetterPermit:     {"acara", "hari", "tempat", "keperluan"},
		storage.LetterDecree:     {"acara", "hal"},
		storage.LetterGeneral:    {"isi"},
	}
)

// letterKey is the key of a kind's text, among the built-in ones and among
// those of the team.
func letterKey(k storage.LetterKind) string { return "letter.body." + string(k) }

func plainOf(m templates.Markup) string { return markup.Plain(string(m)) }

// OfficeView is what the office's printed matter bears.
func (d *Desk) OfficeView(ctx context.Context) (report.OfficeView, error) {
	o, err := d.app.Office(ctx)
	if err != nil {
		return report.OfficeView{}, err
	}
	v := report.OfficeView{City: o.City, Title: o.Title, Name: o.By, Rank: o.Rank, NIP: o.NIP, Paper: o.Paper}
	for _, l := range []string{o.Government, o.Name} {
		if l != "" {
			v.Head = append(v.Head, l)
		}
	}
	for _, l := range []string{o.Address, o.Contact} {
		if l != "" {
			v.Address = append(v.Address, l)
		}
	}
	if o.Logo != "" {
		_, v.Logo, err = d.app.Store().Media().Get(ctx, o.Logo)
		if errors.Is(err, storage.ErrNotFound) {
			err = nil // restored without its files: the letter goes without
		}
	}
	return v, err
}

// letterPage sets one letter. g is whom it is for, where it is one per person;
// names is how many are in its annex.
func (d *Desk) letterPage(ctx context.Context, l *storage.Letter, g *event.Participation) (data []byte, names int, err error) {
	v, names, err := d.letterView(ctx, l, g)
	if err != nil {
		return nil, 0, err
	}
	data, err = report.Letter(v)
	return data, names, err
}

func (d *Desk) letterView(ctx context.Context, l *storage.Letter, g *event.Participation) (v report.LetterView, names int, err error) {
	e, err := d.app.Event(ctx, l.EventID)
	if err != nil {
		return v, 0, err
	}
	v = report.LetterView{
		Made: l.CreatedAt, Draft: l.Status == storage.LetterDraft, Decree: l.Kind == storage.LetterDecree,
		Number: l.Number, Nature: l.Nature, Subject: l.Subject, To: l.To,
	}
	if v.Office, err = d.OfficeView(ctx); err != nil {
		return v, 0, err
	}
	if l.DatedAt != nil {
		v.Date, v.Made = *l.DatedAt, *l.DatedAt
	}
	if v.Body, err = d.letterBody(ctx, e, l, g, v.Office.City); err != nil {
		return v, 0, err
	}
	text := func(key string) string {
		s, e := d.texts.Text(key, nil)
		err = errors.Join(err, e)
		return markup.Plain(s)
	}
	switch l.Kind {
	case storage.LetterInvitation:
		v.Link, v.LinkNote = d.letterLink(l, g), text("letter.link")
		if g != nil {
			v.To = guestLines(d, g, text("letter.in"))
			break
		}
		v.To = []string{text("letter.tolist"), text("letter.in")}
		if l.PerPerson {
			break // a sample of those per person
		}
		v.Annexes = text("letter.annexed")
		if v.Annex, names, err = d.guestAnnex(ctx, l); err != nil {
			return v, 0, err
		}
		v.Annex.Title = text("letter.annex.guests")
	case storage.LetterDecree:
		if v.Annex, names, err = d.teamAnnex(ctx); err != nil {
			return v, 0, err
		}
		v.Annex.Title = text("letter.annex.team")
	case storage.LetterPermit, storage.LetterGeneral:
	}
	return v, names, err
}

// letterBody fills the text of a letter's kind.
func (d *Desk) letterBody(ctx context.Context, e *event.Event, l *storage.Letter, g *event.Participation, city string) (string, error) {
	body, _, err := d.ownOrBuiltIn(ctx, letterKey(l.Kind))
	if err != nil {
		return "", err
	}
	return d.fillLetter(body, e, l, g, city)
}

func (d *Desk) fillLetter(body string, e *event.Event, l *storage.Letter, g *event.Participation, city string) (string, error) {
	data := templates.Data{
		"acara": e.Title, "tema": e.Theme, "hari": event.Day(e.Start), "pukul": event.Clock(e.Start), "tempat": e.Place,
		"hal": l.Subject, "keperluan": l.Body, "isi": templates.Markup(l.Body), "kota": city, "nama": "", "jabatan": "", "instansi": "",
	}
	if g != nil {
		maps.Copy(data, templates.Data{"nama": g.Name, "jabatan": g.Position, "instansi": g.Organisation})
	}
	if e.Theme == "" { // the theme is decided later than a letter may be drafted
		body = strings.NewReplacer(" dengan tema “{tema}”", "", " dengan tema \"{tema}\"", "").Replace(body)
	}
	return d.texts.Custom(body, data)
}

// letterLink is what the QR code opens: the guest's own reply link, else the
// registration of the only audience, or of any.
func (d *Desk) letterLink(l *storage.Letter, g *event.Participation) string {
	switch {
	case g != nil:
		return d.printedLink("u_" + g.Code)
	case len(l.Audiences) == 1 && slices.Contains(event.Registrable(), l.Audiences[0]):
		return d.printedLink("daftar_" + string(l.Audiences[0]))
	}
	return d.printedLink("daftar")
}

// guestLines are a guest as the addressee of a letter.
func guestLines(d *Desk, g *event.Participation, in string) []string {
	lines := []string{"Yth. " + strings.TrimPrefix(d.Salute(g), "Yth. ")}
	for _, l := range []string{g.Position, g.Organisation} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return append(lines, in)
}

// guestAnnex is the list of those who are invited.
func (d *Desk) guestAnnex(ctx context.Context, l *storage.Letter) (*report.AnnexView, int, error) {
	guests, err := d.app.Annexed(ctx, l)
	if err != nil {
		return nil, 0, err
	}
	a := &report.AnnexView{Columns: []report.AnnexColumn{
		{Head: d.texts.Label("annex", "name"), Width: 6}, {Head: d.texts.Label("annex", "position"), Width: 4}, {Head: d.texts.Label("annex", "organisation"), Width: 6},
	}}
	for _, g := range guests {
		name := d.texts.Label("audience", string(g.Audience))
		if n := len(a.Groups); n == 0 || a.Groups[n-1].Name != name {
			a.Groups = append(a.Groups, report.AnnexGroup{Name: name})
		}
		last := &a.Groups[len(a.Groups)-1]
		last.Rows = append(last.Rows, []string{g.Name, g.Position, g.Organisation})
	}
	return a, len(guests), nil
}

// teamAnnex is the list of the team, with each one's part in it.
func (d *Desk) teamAnnex(ctx context.Context) (*report.AnnexView, int, error) {
	staff, err := d.app.Team(ctx)
	if err != nil {
		return nil, 0, err
	}
	a := &report.AnnexView{Groups: make([]report.AnnexGroup, 1)}
	parts, err := d.app.Sections(ctx)
	if err != nil {
		return nil, 0, err
	}
	sections := false
	for _, p := range staff {
		if p.Role == event.ReadOnly {
			continue // looks on, and has no task
		}
		section := d.sectionOf(parts, p)
		sections = sections || section != ""
		a.Groups[0].Rows = append(a.Groups[0].Rows, []string{memberName(p), d.texts.Label("decreerole", string(p.Role)), section})
	}
	a.Columns = []report.AnnexColumn{{Head: d.texts.Label("annex", "name"), Width: 6}, {Head: d.texts.Label("annex", "role"), Width: 4}}
	if sections {
		a.Columns = append(a.Columns, report.AnnexColumn{Head: d.texts.Label("annex", "section"), Width: 5})
	}
	for i, row := range a.Groups[0].Rows {
		a.Groups[0].Rows[i] = row[:len(a.Columns)]
	}
	return a, len(a.Groups[0].Rows), nil
}

// sectionOf is the section (seksi) of a member in the decree, and whether they
// head it; "" where none is assigned. Sections are kept by /tim seksi.
func (d *Desk) sectionOf(parts event.Sections, p *event.Person) string {
	heads, members := parts.Of(p.ID)
	var out []string
	for _, s := range heads {
		out = append(out, d.texts.Label("section", "headof")+" "+s.Name)
	}
	for _, s := range members {
		out = append(out, d.texts.Label("section", "of")+" "+s.Name)
	}
	return strings.Join(out, ", ")
}

// guestLettersZip sets a letter per guest, one file each, whose name begins
// with its running number: by it the signed ones are known again.
func (d *Desk) guestLettersZip(ctx context.Context, letters []*storage.Letter, guests []*event.Participation) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i, l := range letters {
		data, _, err := d.letterPage(ctx, l, guests[i])
		if err != nil {
			return nil, err
		}
		// PDFs are compressed inside.
		w, err := z.CreateHeader(&zip.FileHeader{Name: app.LetterFileName(l), Method: zip.Store, Modified: *l.DatedAt})
		if err != nil {
			return nil, fmt.Errorf("letters: %w", err)
		}
		if _, err := w.Write(data); err != nil {
			return nil, fmt.Errorf("letters: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("letters: %w", err)
	}
	return out.Bytes(), nil
}
