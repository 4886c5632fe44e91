package guestlist

import (
	"errors"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
)

// maxCell is the longest text of a cell that is kept, in characters.
const maxCell = 150

// row reads and checks one guest.
func (t *table) row(line int, cells []string) Row {
	r := Row{Line: line, Cells: make([]string, len(t.head.titles))}
	for i := range r.Cells {
		if i < len(cells) {
			r.Cells[i] = strings.ToValidUTF8(strings.TrimSpace(cells[i]), "\uFFFD")
		}
	}
	cell := func(c Column) string {
		for _, i := range t.head.at[c] {
			if v := meant(r.Cells[i]); v != "" {
				return v
			}
		}
		return ""
	}
	r.readName(cell(Name))
	r.readAudience(cell(Audience), t.options.Audience)
	r.Organisation = r.readText(Organisation, cell(Organisation))
	r.Position = r.readText(Position, cell(Position))
	if s := salutation(r.readText(Salutation, cell(Salutation))); s != "" {
		r.Salutation = s
	}
	r.readPhone(cell(WhatsApp))
	r.readTelegram(cell(Telegram))
	r.readEmail(cell(Email))
	r.readKecamatan(cell(Kecamatan), t.place)
	r.reachable()
	t.seen.check(&r)
	return r
}

var formulaText = regexp.MustCompile(`^="(.*)"$`)

// meant is a cell without what stands for nothing, and without the tricks by
// which people keep Excel from changing it ('0812, ="0812").
func meant(s string) string {
	s = strings.TrimSpace(s)
	if m := formulaText.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	s = strings.TrimSpace(strings.TrimPrefix(s, "'"))
	switch event.Squeeze(s) {
	case "", "na", "tidakada", "tdkada", "kosong", "belumada", "null", "nihil", "none":
		return ""
	}
	return s
}

func (r *Row) fault(k Kind, c Column, cell string) {
	r.Faults = append(r.Faults, Fault{Kind: k, Column: c, Cell: cell})
}

func (r *Row) note(k Kind, c Column, cell string) {
	r.Notes = append(r.Notes, Fault{Kind: k, Column: c, Cell: cell})
}

func (r *Row) readName(cell string) {
	first, rest, _ := strings.Cut(cell, " ")
	if s := salutation(first); (s == "Bapak" || s == "Ibu") && strings.TrimSpace(rest) != "" {
		r.Salutation, cell = s, strings.TrimSpace(rest)
	}
	name, err := understand.PersonName(cell)
	switch {
	case cell == "":
		r.fault(NoName, Name, cell)
	case errors.Is(err, understand.ErrNameTooLong):
		r.fault(TooLong, Name, cell)
	case err != nil:
		r.fault(BadName, Name, cell)
	}
	r.Name = name
	if r.Salutation == "" {
		r.Salutation = salutationOf(first)
	}
}

// salutationOf reads how somebody is addressed from a title before the name
// that men or women alone bear; "" where it says nothing.
func salutationOf(title string) string {
	switch strings.ToLower(strings.TrimSuffix(title, ".")) {
	case "h", "haji", "kh", "drs":
		return "Bapak"
	case "hj", "hajah", "dra":
		return "Ibu"
	}
	return ""
}

// salutation writes the common ones in full; others stay as they are.
func salutation(s string) string {
	switch event.Squeeze(s) {
	case "bapak", "bpk", "pak", "bp", "mr":
		return "Bapak"
	case "ibu", "bu", "mrs", "ms":
		return "Ibu"
	case "bapakibu", "bpkibu", "pakbu":
		return ""
	}
	return s
}

func (r *Row) readAudience(cell string, usual event.Audience) {
	if cell == "" {
		if r.Audience = usual; usual == "" {
			r.fault(NoAudience, Audience, cell)
		}
		return
	}
	aud, nearest := ReadAudience(cell)
	if aud == "" {
		r.Faults = append(r.Faults, Fault{Kind: UnknownAudience, Column: Audience, Cell: cell, Nearest: string(nearest)})
	}
	r.Audience = aud
	if aud == event.Public {
		r.note(Posters, Audience, cell)
	}
}

func (r *Row) readText(c Column, cell string) string {
	s := strings.Join(strings.Fields(cell), " ")
	if utf8.RuneCountInString(s) > maxCell {
		r.fault(TooLong, c, cell)
		return ""
	}
	return s
}

var (
	scientific = regexp.MustCompile(`^\+?([0-9]+)(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})$`)
	decimals   = regexp.MustCompile(`^([0-9]{8,15})[.,]0+$`)
	bare       = regexp.MustCompile(`^[0-9]+$`)
	rounded    = regexp.MustCompile(`^(?:62)?8[0-9]*0{6,}$`) // a number cell, not a text
)

// unscientific writes out a number in scientific form, where it still has all
// its digits: "8.12345678901E+11" has, "8.12E+11" has not.
func unscientific(cell string) (digits string, ok bool) {
	m := scientific.FindStringSubmatch(strings.ReplaceAll(cell, " ", ""))
	if m == nil {
		return "", false
	}
	exp := 0
	for _, d := range m[3] {
		exp = exp*10 + int(d-'0')
	}
	if exp > 20 || len(m[2]) > exp || len(m[1])+len(m[2]) < 9 || exp-len(m[2]) > 2 {
		return "", false
	}
	n, ok := new(big.Int).SetString(m[1]+m[2]+strings.Repeat("0", exp-len(m[2])), 10)
	if !ok {
		return "", false
	}
	return n.String(), true
}

func (r *Row) readPhone(cell string) {
	if cell == "" {
		return
	}
	text := cell
	if m := decimals.FindStringSubmatch(text); m != nil {
		text = m[1] // "81234567890.0"
	}
	if d, ok := unscientific(text); ok {
		r.note(Unrounded, WhatsApp, cell)
		text = d
	}
	if rounded.MatchString(text) {
		r.fault(Rounded, WhatsApp, cell)
		return
	}
	p, err := understand.Phone(text)
	if kind := phoneFault(p, err); kind != "" {
		r.fault(kind, WhatsApp, cell)
		return
	}
	if bare.MatchString(text) && strings.HasPrefix(text, "8") {
		r.note(ZeroRestored, WhatsApp, text)
	}
	if p.Country != "ID" {
		r.note(Abroad, WhatsApp, cell)
	}
	r.WhatsApp = p.E164
}

func phoneFault(p understand.PhoneNumber, err error) Kind {
	switch {
	case errors.Is(err, understand.ErrScientific):
		return Scientific
	case errors.Is(err, understand.ErrTwoPhones):
		return TwoNumbers
	case errors.Is(err, understand.ErrPhoneTooShort):
		return ShortNumber
	case errors.Is(err, understand.ErrPhoneTooLong):
		return LongNumber
	case err != nil:
		return BadNumber
	case p.Landline:
		return Landline
	}
	return ""
}

var (
	handleLink = regexp.MustCompile(`(?i)^(?:https?://)?(?:www\.)?(?:t|telegram)\.me/`)
	handle     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{3,31}$`)
)

func (r *Row) readTelegram(cell string) {
	if cell == "" {
		return
	}
	h := strings.TrimSuffix(strings.TrimPrefix(handleLink.ReplaceAllString(cell, ""), "@"), "/")
	if !handle.MatchString(h) {
		r.fault(BadTelegram, Telegram, cell)
		return
	}
	r.Telegram = h
}

func (r *Row) readEmail(cell string) {
	if cell == "" {
		return
	}
	e, err := understand.Email(cell)
	switch {
	case errors.Is(err, understand.ErrTwoEmails):
		r.fault(TwoEmails, Email, cell)
		return
	case err != nil:
		r.fault(BadEmail, Email, cell)
		return
	}
	r.Email = e.Address
	switch host := e.Address[strings.LastIndex(e.Address, "@")+1:]; {
	case e.Suggestion != "":
		r.Notes = append(r.Notes, Fault{Kind: EmailMeant, Column: Email, Cell: cell, Nearest: e.Suggestion})
	case !strings.Contains(strings.ToLower(cell), host):
		r.Notes = append(r.Notes, Fault{Kind: EmailRead, Column: Email, Cell: cell, Nearest: e.Address})
	}
}

// place reads a kecamatan.
func (t *table) place(cell string) understand.PlaceMatch {
	m, ok := t.places[cell]
	if !ok {
		m = understand.Kecamatan(cell)
		t.places[cell] = m
	}
	return m
}

func (r *Row) readKecamatan(cell string, place func(string) understand.PlaceMatch) {
	if cell == "" {
		return
	}
	m := place(cell)
	switch {
	case m.Sure && m.Kecamatan != "":
		r.Kecamatan = m.Kecamatan
	case m.Outside && len(m.Candidates) == 0:
		r.note(OtherPlace, Kecamatan, cell)
	default:
		f := Fault{Kind: UnknownKecamatan, Column: Kecamatan, Cell: cell}
		if len(m.Candidates) > 0 {
			f.Nearest = m.Candidates[0].Kecamatan
		}
		r.Faults = append(r.Faults, f)
	}
}

// reachable asks for one way to reach the guest. Officials are invited through
// their liaison, so they may have none.
func (r *Row) reachable() {
	if r.WhatsApp != "" || r.Telegram != "" || r.Email != "" {
		return
	}
	for _, f := range r.Faults {
		switch f.Column {
		case WhatsApp, Telegram, Email:
			return // there is one, and what is wrong with it is said already
		}
	}
	if r.Audience == event.Official {
		r.note(NoContact, WhatsApp, "")
		return
	}
	r.fault(Unreachable, WhatsApp, "")
}

// doubles remembers which row had what first.
type doubles map[string]first

type first struct {
	line int
	name string
}

func (d doubles) check(r *Row) {
	if len(r.Faults) > 0 {
		return // it is not taken over, so nothing doubles it
	}
	for _, k := range []struct {
		kind   Kind
		column Column
		value  string
	}{
		{SamePhone, WhatsApp, r.WhatsApp},
		{SameTelegram, Telegram, strings.ToLower(r.Telegram)},
		{SameEmail, Email, r.Email},
		{SameName, Name, nameKey(r)},
	} {
		if k.value == "" {
			continue
		}
		if by, seen := d[string(k.kind)+"/"+k.value]; seen {
			f := Fault{Kind: k.kind, Column: k.column, Cell: k.value, Line: by.line, Nearest: by.name}
			switch k.kind {
			case SameName:
				f.Cell = r.Name
			case SamePhone:
				f.Cell = understand.FormatPhone(k.value)
			}
			r.Faults = append(r.Faults, f)
			return
		}
	}
	for key, v := range map[Kind]string{SamePhone: r.WhatsApp, SameTelegram: strings.ToLower(r.Telegram), SameEmail: r.Email, SameName: nameKey(r)} {
		if v != "" {
			d[string(key)+"/"+v] = first{r.Line, r.Name}
		}
	}
}

// nameKey is a guest by name and organisation. A name alone is not enough: two
// of the same name are common.
func nameKey(r *Row) string {
	if r.Organisation == "" {
		return ""
	}
	return BareName(r.Name) + "/" + event.Squeeze(r.Organisation)
}

// One checks a single guest who was typed in, by the same rules as a row.
func One(cells map[Column]string) Row {
	t := newTable(Options{})
	t.head = &header{at: map[Column][]int{}}
	var values []string
	for i, c := range Columns() {
		t.head.titles = append(t.head.titles, string(c))
		t.head.at[c] = []int{i}
		values = append(values, cells[c])
	}
	return t.row(1, values)
}
