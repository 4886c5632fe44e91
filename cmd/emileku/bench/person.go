// Package bench drives the bot with simulated people and checks, strictly,
// what became of them: for the bench subcommands.
package bench

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// Seen is a message of the bot as a person sees it.
type Seen struct {
	Text    string     // without markup
	Buttons [][]string // values ("" for links)
	Photo   bool
	File    bool // also where it is a photo
}

func (s Seen) button(prefix string) (value string, ok bool) {
	for _, row := range s.Buttons {
		for _, v := range row {
			if strings.HasPrefix(v, prefix) {
				return v, true
			}
		}
	}
	return "", false
}

// Reply is what a person does about a message; at most one field is set.
type Reply struct {
	Text    string
	Press   string // a button's value
	Contact bool   // shares their own number
	Photo   []byte
}

// Person is a simulated person who registers once. All that they answer
// follows from their number.
type Person struct {
	N        int
	ID       int64 // the user ID on Telegram
	Name     string
	Audience event.Audience
	FillIn   bool // answers the optional questions, too

	script *Script
	phone  string            // E.164, shared or typed
	want   map[string]string // the answers as they must be kept
	photo  []byte
	plan   []stage // the questions that must come, in this order
	next   int     // index in plan of the question that must come next

	noted bool // the note on the phone number came

	Number string // of the registration, as the bot told it
	Done   bool   // the last message was seen
}

var registrationNumber = regexp.MustCompile(`EMK-[0-9]{4}[A-Z]?-[0-9]{4,}`)

// stage is a point of the talk: a field's key, or one of those below.
type stage string

// Stages that are no field of a form.
const (
	stConsent  stage = "·consent"
	stOptional stage = "·optional"
	stSummary  stage = "·summary"
	stOutcome  stage = "·outcome" // registered, or on the waiting list
	stTicket   stage = "·ticket"
	stCalendar stage = "·calendar"
	stNote     stage = "·note" // how a phone number was understood
)

// Script knows the questions by their texts.
type Script struct {
	questions map[event.Audience]map[string]string // key → text
}

// NewScript reads the questions from the templates.
func NewScript() (*Script, error) {
	texts, err := templates.New()
	if err != nil {
		return nil, err
	}
	s := &Script{questions: map[event.Audience]map[string]string{}}
	for _, a := range event.Registrable() {
		form, _ := event.FormOf(a)
		s.questions[a] = map[string]string{}
		for _, fd := range form.Fields {
			text, err := texts.Text("ask."+string(a)+"."+fd.Key, nil)
			if err != nil {
				return nil, err
			}
			s.questions[a][fd.Key] = markup.Plain(text)
		}
	}
	return s, nil
}

// firstID is the user ID of person 0.
const firstID = 610_000_000

// Person makes the n-th person: most register a UKM, some the other kinds, and
// every third fills in the optional block.
func (s *Script) Person(n int) *Person {
	audiences := []event.Audience{event.UKM, event.UKM, event.Koperasi, event.UKM, event.Performer, event.Public}
	p := &Person{
		N: n, ID: firstID + int64(n), Name: "Warga " + letters(n), Audience: audiences[n%len(audiences)], FillIn: n%3 == 0,
		script: s, phone: fmt.Sprintf("+62812%08d", (firstID+n)%100_000_000), want: map[string]string{},
	}
	form, _ := event.FormOf(p.Audience)
	p.plan = []stage{stConsent}
	for _, fd := range form.Fields {
		if !fd.Optional {
			p.plan = append(p.plan, stage(fd.Key))
			p.want[fd.Key] = p.kept(fd)
		}
	}
	p.plan = append(p.plan, stOptional)
	for _, fd := range form.Fields {
		if fd.Optional && p.FillIn {
			p.plan = append(p.plan, stage(fd.Key))
			p.want[fd.Key] = p.kept(fd)
		}
	}
	p.plan = append(p.plan, stSummary, stOutcome)
	return p
}

// Opening is what the person writes first.
func (p *Person) Opening() Reply {
	word := map[event.Audience]string{event.UKM: "ukm", event.Koperasi: "koperasi", event.Performer: "pemeriah", event.Public: "masyarakat"}
	return Reply{Text: "daftar " + word[p.Audience]}
}

// letters writes n in letters: 0 is "Aba", and no two numbers are alike.
func letters(n int) string {
	const consonants, vowels = "bcdghjklmnprst", "aiueo"
	var b []byte
	for i := 0; i < 3 || n > 0; i++ {
		if i%2 == 0 {
			b = append(b, consonants[n%len(consonants)])
			n /= len(consonants)
		} else {
			b = append(b, vowels[n%len(vowels)])
			n /= len(vowels)
		}
	}
	return strings.ToUpper(string(b[:1])) + string(b[1:]) + "a"
}

// places are desa and kecamatan that are understood at once.
var places = []event.Locality{
	{Kecamatan: "Cibinong", Desa: "Karadenan"},
	{Kecamatan: "Ciawi", Desa: "Bendungan"},
	{Kecamatan: "Gunung Putri", Desa: "Wanaherang"},
	{Kecamatan: "Cisarua", Desa: "Tugu Selatan"},
}

// kept is the form in which the answer to a field must be kept; "" for a
// picture, which is compared by its bytes.
func (p *Person) kept(fd event.Field) string {
	switch fd.Kind {
	case event.Line:
		return "Bahan " + letters(p.N*7+len(fd.Key)) + " " + letters(p.N)
	case event.PersonName:
		return "Siti " + letters(p.N)
	case event.Choice:
		return fd.Options[p.N%len(fd.Options)]
	case event.Count, event.Minutes:
		return strconv.Itoa(fd.Min + 1 + p.N%9)
	case event.Phone:
		return p.phone
	case event.EmailAddr:
		return fmt.Sprintf("uji%d@gmail.com", p.N)
	case event.Instagram:
		return "uji_" + strings.ToLower(letters(p.N))
	case event.NIB:
		return fmt.Sprintf("81200%08d", p.N)
	case event.NIK:
		return fmt.Sprintf("32010%08d", p.N)
	case event.LegalNumber:
		return fmt.Sprintf("518/%d/BH/2015", 1000+p.N)
	case event.Location:
		return places[p.N%len(places)].String()
	case event.District:
		return places[p.N%len(places)].Kecamatan
	}
	return ""
}

// answer is how the person answers a field.
func (p *Person) answer(fd event.Field, m Seen) (Reply, error) {
	switch fd.Kind {
	case event.Choice:
		for _, row := range m.Buttons {
			for _, v := range row {
				if strings.HasSuffix(v, fd.Key+"|"+p.want[fd.Key]) {
					return Reply{Press: v}, nil
				}
			}
		}
		return Reply{}, fmt.Errorf("no button for %q", p.want[fd.Key])
	case event.Phone:
		if p.N%4 == 0 {
			return Reply{Contact: true}, nil
		}
		return Reply{Text: "0" + strings.TrimPrefix(p.phone, "+62")}, nil
	case event.Location:
		l := places[p.N%len(places)]
		return Reply{Text: l.Desa + ", " + l.Kecamatan}, nil
	case event.Instagram:
		return Reply{Text: "@" + p.want[fd.Key]}, nil
	case event.Picture:
		p.photo = picture(p.N)
		return Reply{Photo: p.photo}, nil
	}
	return Reply{Text: p.want[fd.Key]}, nil
}

// picture makes a small picture that no other person has.
func picture(n int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range 16 {
		if n>>i&1 == 1 {
			img.Set(i, i, color.RGBA{R: 200, A: 255})
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // into memory: cannot fail
	return b.Bytes()
}

// stageOf finds out what a message is; ok is false for one that has no place
// in a registration.
func (p *Person) stageOf(m Seen) (stage, bool) {
	switch {
	case m.Photo:
		return stTicket, true
	case m.File:
		return stCalendar, true
	}
	for prefix, st := range map[string]stage{"q|consent|ya": stConsent, "q|optional|lewati": stOptional, "q|summary|ya": stSummary} {
		if _, ok := m.button(prefix); ok {
			return st, true
		}
	}
	var found stage
	longest := 0
	for key, text := range p.script.questions[p.Audience] {
		if strings.Contains(m.Text, text) && len(text) > longest {
			found, longest = stage(key), len(text)
		}
	}
	if longest > 0 {
		return found, true
	}
	if registrationNumber.MatchString(m.Text) {
		return stOutcome, true
	}
	if strings.HasPrefix(m.Text, "Nomor: 0") && len(m.Buttons) == 0 {
		return stNote, true
	}
	return "", false
}

// Take is told a message that the person sees for the first time (copies are
// the caller's business) and gives the answer, if it calls for one. An error
// is a fault of the bot.
func (p *Person) Take(m Seen) (reply Reply, answers bool, err error) {
	st, ok := p.stageOf(m)
	switch {
	case !ok:
		return Reply{}, false, fmt.Errorf("nobody expected %q", m.Text)
	case st == stNote && p.afterPhone() && !p.noted:
		p.noted = true
		return Reply{}, false, nil
	case p.next >= len(p.plan):
		return Reply{}, false, fmt.Errorf("%q after the end", m.Text)
	case st != p.plan[p.next] && slices.Contains(p.plan[:p.next], st):
		return Reply{}, false, fmt.Errorf("%s was asked again after it had been answered: %q", st, m.Text)
	case st != p.plan[p.next]:
		return Reply{}, false, fmt.Errorf("%s came where %s was due: %q", st, p.plan[p.next], m.Text)
	}
	// How the number was understood goes before a question with buttons as a
	// message of its own, else it opens that question's text.
	if p.afterPhone() && p.noted != (len(m.Buttons) > 0) {
		return Reply{}, false, fmt.Errorf("the note on the phone number is missing or too many before %s: %q", st, m.Text)
	}
	p.next++
	reply, answers, err = p.react(st, m)
	p.Done = p.next == len(p.plan) && err == nil
	return reply, answers, err
}

// afterPhone reports whether the phone number was answered last.
func (p *Person) afterPhone() bool { return p.next > 0 && p.plan[p.next-1] == event.KeyPhone }

func (p *Person) react(st stage, m Seen) (Reply, bool, error) {
	press := func(prefix string) (Reply, bool, error) {
		v, ok := m.button(prefix)
		if !ok {
			return Reply{}, false, fmt.Errorf("no button %q in %q", prefix, m.Text)
		}
		return Reply{Press: v}, true, nil
	}
	switch st {
	case stConsent:
		if p.N%2 == 0 {
			return Reply{Text: "setuju"}, true, nil
		}
		return press("q|consent|ya")
	case stOptional:
		if p.FillIn {
			return press("q|optional|ya")
		}
		return press("q|optional|lewati")
	case stSummary:
		return press("q|summary|ya")
	case stOutcome:
		p.Number = registrationNumber.FindString(m.Text)
		if _, waits := m.button("/status"); !waits { // registered: two files follow
			p.plan = append(p.plan, stTicket, stCalendar)
		}
		return Reply{}, false, nil
	case stTicket, stCalendar:
		return Reply{}, false, nil
	}
	form, _ := event.FormOf(p.Audience)
	fd, _ := form.Field(string(st))
	reply, err := p.answer(fd, m)
	return reply, err == nil, err
}
