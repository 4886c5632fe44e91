package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

const dlgSection = "section"

type sectionPhase string

// Questions of /tim seksi.
const (
	scNames sectionPhase = "names" // what they are called
	scWhich sectionPhase = "which" // which one
	scWho   sectionPhase = "who"   // whom to put in, or to take out
	scName  sectionPhase = "name"  // its new name
)

type sectionState struct {
	Phase sectionPhase `json:"phase"`
	Tag   string       `json:"tag"`
	Act   string       `json:"act,omitempty"` // scWhich, scWho: what to do
	N     int          `json:"n,omitempty"`
}

// sections is /tim seksi: the parts of the team, with heads and members (SOP
// step 1). The decree (SK) lists them.
//
//	/tim seksi
//	/tim seksi tambah Acara, Logistik, Humas      umum: the usual ones
//	/tim seksi nama 2 | Humas dan Publikasi
//	/tim seksi ketua 2 | Budi
//	/tim seksi isi 2 | Asep, Siti
//	/tim seksi keluar 2 | Asep
//	/tim seksi hapus 2, /tim seksi urung
func (d *Desk) sections(ctx context.Context, t *Turn, args string) error {
	word, more := cutWord(args)
	more = unbar(more)
	switch event.Fold(word) {
	case "", "lihat", "daftar":
		return d.listSections(ctx, t)
	case "tambah", "baru", "buat":
		return d.addSections(ctx, t, more)
	case "urung", "urungkan", "undo":
		return d.undoSections(ctx, t, more)
	}
	if do := d.sectionOrder(event.Fold(word)); do != nil {
		return d.withSection(ctx, t, event.Fold(word), more)
	}
	return noteAgain(t, "section.what", nil, func() error { return d.listSections(ctx, t) })
}

type sectionOrder func(ctx context.Context, t *Turn, s event.Section, rest string) error

func (d *Desk) sectionOrder(word string) sectionOrder {
	switch word {
	case "nama", "ubah":
		return d.renameSection
	case "ketua", "kepala":
		return d.headSection
	case "isi", "anggota":
		return d.fillSection
	case "keluar", "keluarkan":
		return d.leaveSection
	case "hapus":
		return d.dropSection
	}
	return nil
}

// sectionLine is a section as texts show it.
type sectionLine struct {
	N       int
	Name    string
	Head    string
	Members []string
}

func (d *Desk) sectionLines(ctx context.Context, parts event.Sections) (lines []sectionLine, loose []string, err error) {
	staff, err := d.app.Team(ctx)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]string{}
	for _, p := range staff {
		names[p.ID] = memberName(p)
		if heads, members := parts.Of(p.ID); len(heads)+len(members) == 0 && rank(p.Role) >= rank(event.FrontDesk) {
			loose = append(loose, memberName(p))
		}
	}
	for _, s := range parts.List {
		l := sectionLine{N: s.N, Name: s.Name, Head: names[s.Head]} // who left the team is named no more
		for _, id := range s.Members {
			if names[id] != "" {
				l.Members = append(l.Members, names[id])
			}
		}
		lines = append(lines, l)
	}
	return lines, loose, nil
}

func (d *Desk) listSections(ctx context.Context, t *Turn) error {
	parts, err := d.app.Sections(ctx)
	if err != nil {
		return err
	}
	return d.saySections(ctx, t, parts)
}

func (d *Desk) saySections(ctx context.Context, t *Turn, parts event.Sections, first ...choice) error {
	lines, loose, err := d.sectionLines(ctx, parts)
	if err != nil {
		return err
	}
	list := append(first, choice{t.Label("section", "add"), "/tim seksi tambah"})
	if len(lines) == 0 {
		list = append(list, choice{t.Label("section", "usual"), "/tim seksi tambah umum"})
	} else {
		list = append(
			list, choice{t.Label("section", "head"), "/tim seksi ketua"}, choice{t.Label("section", "fill"), "/tim seksi isi"}, choice{t.Label("section", "leave"), "/tim seksi keluar"},
			choice{t.Label("section", "rename"), "/tim seksi nama"}, choice{t.Label("section", "drop"), "/tim seksi hapus"}, choice{t.Label("letterkind", "sk"), "/tim sk"},
		)
	}
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("section.list", templates.Data{"Sections": lines, "Loose": loose}, menu, replyHint())
}

// changeSections changes them and shows what stands, with how to take it back.
func (d *Desk) changeSections(ctx context.Context, t *Turn, detail string, change func(list []event.Section) ([]event.Section, error)) error {
	return d.putSections(ctx, t, detail, func(s *event.Sections) error { return s.Change(t.In.ID, change) })
}

func (d *Desk) putSections(ctx context.Context, t *Turn, detail string, change func(s *event.Sections) error) error {
	t.Close()
	parts, err := d.app.ChangeSections(ctx, t.Actor(), "section.change", cutRunes(detail, 120), change)
	key := ""
	switch {
	case err == nil && parts.Undoable:
		return d.saySections(ctx, t, parts, choice{t.Label("team", "undo"), "/tim seksi urung " + strconv.Itoa(parts.Rev)})
	case err == nil:
		return noteAgain(t, "section.undone", nil, func() error { return d.saySections(ctx, t, parts) })
	case errors.Is(err, event.ErrNoSection):
		key = "section.unknown"
	case errors.Is(err, event.ErrSectionKnown):
		key = "section.known"
	case errors.Is(err, event.ErrSectionsFull):
		key = "section.full"
	case errors.Is(err, event.ErrSectionSame):
		key = "section.same"
	case errors.Is(err, event.ErrSectionChanged):
		key = "section.noundo"
	default:
		return err
	}
	return noteAgain(t, key, templates.Data{"Max": event.MaxSections}, func() error { return d.listSections(ctx, t) })
}

func (d *Desk) undoSections(ctx context.Context, t *Turn, text string) error {
	rev, err := strconv.Atoi(text)
	return d.putSections(ctx, t, "", func(s *event.Sections) error {
		if err != nil {
			rev = s.Rev // typed by hand: the latest
		}
		return s.Undo(t.In.ID, rev)
	})
}

// addSections is /tim seksi tambah: names with commas between them, or one a
// line.
func (d *Desk) addSections(ctx context.Context, t *Turn, text string) error {
	if event.Fold(text) == "umum" {
		usual, err := t.Render("section.usual", nil)
		if err != nil {
			return err
		}
		text = plainOf(usual)
	}
	var names []string
	for _, n := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == ';' }) {
		n = strings.Trim(strings.Join(strings.Fields(n), " "), "•*-. ")
		if len(event.Fold(n)) > 6 && strings.HasPrefix(event.Fold(n), "seksi ") {
			n = strings.TrimSpace(n[6:])
		}
		if n != "" {
			names = append(names, cutRunes(n, 40))
		}
	}
	if len(names) == 0 {
		return d.askSection(ctx, t, sectionState{Phase: scNames})
	}
	return d.putSections(ctx, t, strings.Join(names, ", "), func(s *event.Sections) error {
		last := s.Last
		err := s.Change(t.In.ID, func(list []event.Section) ([]event.Section, error) {
			for _, n := range names {
				if sectionNamed(list, n) >= 0 {
					continue
				}
				last++
				list = append(list, event.Section{N: last, Name: n})
			}
			switch {
			case last == s.Last:
				return nil, event.ErrSectionKnown
			case len(list) > event.MaxSections:
				return nil, event.ErrSectionsFull
			}
			return list, nil
		})
		if err == nil {
			s.Last = last
		}
		return err
	})
}

func sectionNamed(list []event.Section, name string) int {
	return slices.IndexFunc(list, func(s event.Section) bool { return event.Squeeze(s.Name) == event.Squeeze(name) })
}

// withSection finds the section that an order is about, or asks.
func (d *Desk) withSection(ctx context.Context, t *Turn, act, args string) error {
	parts, err := d.app.Sections(ctx)
	if err != nil {
		return err
	}
	name, rest, barred := strings.Cut(args, "|")
	word, more := cutWord(name)
	if n, err := strconv.Atoi(strings.Trim(word, ".#")); err == nil {
		if s, ok := parts.Section(n); ok {
			if !barred {
				rest = more
			}
			return d.sectionOrder(act)(ctx, t, s, strings.TrimSpace(rest))
		}
	}
	if i := sectionNamed(parts.List, name); i >= 0 {
		return d.sectionOrder(act)(ctx, t, parts.List[i], strings.TrimSpace(rest))
	}
	if strings.TrimSpace(args) != "" {
		if err := t.Note("section.unknown", nil); err != nil {
			return err
		}
	}
	return d.askSection(ctx, t, sectionState{Phase: scWhich, Act: act})
}

func (d *Desk) renameSection(ctx context.Context, t *Turn, s event.Section, name string) error {
	name = cutRunes(strings.Join(strings.Fields(name), " "), 40)
	if name == "" {
		return d.askSection(ctx, t, sectionState{Phase: scName, Act: "nama", N: s.N})
	}
	return d.changeSections(ctx, t, s.Name+" → "+name, func(list []event.Section) ([]event.Section, error) {
		i := slices.IndexFunc(list, func(x event.Section) bool { return x.N == s.N })
		if i < 0 {
			return nil, event.ErrNoSection
		}
		if j := sectionNamed(list, name); j >= 0 && j != i {
			return nil, event.ErrSectionKnown
		}
		if list[i].Name == name {
			return nil, event.ErrSectionSame
		}
		list[i].Name = name
		return list, nil
	})
}

func (d *Desk) dropSection(ctx context.Context, t *Turn, s event.Section, _ string) error {
	return d.changeSections(ctx, t, s.Name, func(list []event.Section) ([]event.Section, error) {
		n := len(list)
		list = slices.DeleteFunc(list, func(x event.Section) bool { return x.N == s.N })
		if len(list) == n {
			return nil, event.ErrNoSection
		}
		return list, nil
	})
}

// people reads members by their names, with commas between them; ok is false
// where it has answered.
func (d *Desk) sectionPeople(ctx context.Context, t *Turn, st sectionState, text string) (found []*event.Person, ok bool, err error) {
	staff, err := d.app.Team(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == ';' }) {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if i := slices.IndexFunc(staff, func(p *event.Person) bool { return p.ID == name }); i >= 0 {
			found = append(found, staff[i])
			continue
		}
		some, err := d.app.FindStaff(ctx, name)
		if err != nil {
			return nil, false, err
		}
		key := "task.nobody"
		switch len(some) {
		case 1:
			found = append(found, some[0])
			continue
		case 0:
		default:
			key = "task.several"
		}
		return nil, false, noteAgain(t, key, templates.Data{"Text": name}, func() error { return d.askSection(ctx, t, st) })
	}
	if len(found) == 0 {
		return nil, false, d.askSection(ctx, t, st)
	}
	return found, true, nil
}

func (d *Desk) headSection(ctx context.Context, t *Turn, s event.Section, text string) error {
	found, ok, err := d.sectionPeople(ctx, t, sectionState{Phase: scWho, Act: "ketua", N: s.N}, text)
	if !ok {
		return err
	}
	head := found[0]
	return d.seat(ctx, t, s, memberName(head), func(x *event.Section) bool {
		if x.Head == head.ID {
			return false
		}
		x.Remove(head.ID)
		if x.Head != "" { // who headed it stays in it
			x.Members = append(x.Members, x.Head)
		}
		x.Head = head.ID
		return true
	})
}

func (d *Desk) fillSection(ctx context.Context, t *Turn, s event.Section, text string) error {
	found, ok, err := d.sectionPeople(ctx, t, sectionState{Phase: scWho, Act: "isi", N: s.N}, text)
	if !ok {
		return err
	}
	return d.seat(ctx, t, s, namesOf(found), func(x *event.Section) bool {
		changed := false
		for _, p := range found {
			if x.Head != p.ID && !slices.Contains(x.Members, p.ID) {
				x.Members, changed = append(x.Members, p.ID), true
			}
		}
		return changed
	})
}

func (d *Desk) leaveSection(ctx context.Context, t *Turn, s event.Section, text string) error {
	found, ok, err := d.sectionPeople(ctx, t, sectionState{Phase: scWho, Act: "keluar", N: s.N}, text)
	if !ok {
		return err
	}
	return d.seat(ctx, t, s, namesOf(found), func(x *event.Section) bool {
		changed := false
		for _, p := range found {
			changed = x.Remove(p.ID) || changed
		}
		return changed
	})
}

func namesOf(people []*event.Person) string {
	var out []string
	for _, p := range people {
		out = append(out, memberName(p))
	}
	return strings.Join(out, ", ")
}

func (d *Desk) seat(ctx context.Context, t *Turn, s event.Section, detail string, change func(x *event.Section) bool) error {
	return d.changeSections(ctx, t, s.Name+": "+detail, func(list []event.Section) ([]event.Section, error) {
		i := slices.IndexFunc(list, func(x event.Section) bool { return x.N == s.N })
		switch {
		case i < 0:
			return nil, event.ErrNoSection
		case !change(&list[i]):
			return nil, event.ErrSectionSame
		}
		return list, nil
	})
}

// askSection asks the question of st.Phase.
func (d *Desk) askSection(ctx context.Context, t *Turn, st sectionState) error {
	st.Tag = tagHere(t, "sc")
	if err := t.Open(dlgSection, st); err != nil {
		return err
	}
	parts, err := d.app.Sections(ctx)
	if err != nil {
		return err
	}
	s, _ := parts.Section(st.N)
	data := templates.Data{"Name": s.Name, "Act": st.Act}
	switch st.Phase {
	case scNames:
		return t.Say("section.ask.names", data, d.stopButton(t, st.Tag), replyHint())
	case scName:
		return t.Say("section.ask.name", data, d.stopButton(t, st.Tag), replyHint())
	case scWhich:
		if len(parts.List) == 0 {
			t.Close()
			return d.listSections(ctx, t)
		}
		return t.Say("section.ask.which", data, t.choices(st.Tag, sectionChoices(t, parts)...), replyHint())
	}
	list, err := d.seatChoices(ctx, st, s)
	if err != nil {
		return err
	}
	return t.Say("section.ask.who", data, t.choices(st.Tag, list...), replyHint())
}

func sectionChoices(t *Turn, parts event.Sections) []choice {
	var out []choice
	for _, s := range parts.List {
		out = append(out, t.numberChoice(s.N, s.Name))
	}
	return out
}

// seatChoices are those who may be put in, or are in and may be taken out.
func (d *Desk) seatChoices(ctx context.Context, st sectionState, s event.Section) ([]choice, error) {
	staff, err := d.app.Team(ctx)
	if err != nil {
		return nil, err
	}
	var out []choice
	for _, p := range staff {
		in := s.Head == p.ID || slices.Contains(s.Members, p.ID)
		fits := !in
		switch st.Act {
		case "keluar":
			fits = in
		case "ketua":
			fits = s.Head != p.ID
		}
		if fits && len(out) < 20 && len(p.ID) <= 40 {
			out = append(out, choice{shorten(memberName(p), 32), p.ID})
		}
	}
	return out, nil
}

// sectionStep takes the answer to the question that stands.
func (d *Desk) sectionStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "tim"); !ok {
		return err
	}
	var st sectionState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askSection(ctx, t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "team.left", kind: "event.bad.kind", again: again}); !ok {
		return err
	}
	parts, err := d.app.Sections(ctx)
	if err != nil {
		return err
	}
	text := t.Text()
	switch st.Phase {
	case scNames:
		return d.addSections(ctx, t, text)
	case scWhich:
		return d.withSection(ctx, t, st.Act, d.numberChosen(t, st.Tag, sectionChoices(t, parts)))
	case scWho:
		s, _ := parts.Section(st.N)
		list, err := d.seatChoices(ctx, st, s)
		if err != nil {
			return err
		}
		if v, ok := d.chosen(t, st.Tag, list); ok {
			text = v
		}
	}
	return d.withSection(ctx, t, st.Act, strconv.Itoa(st.N)+" | "+text)
}
