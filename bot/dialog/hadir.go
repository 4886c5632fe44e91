package dialog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/scan"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// onDesk is what is done at the desk works on.
type onDesk struct {
	e  *event.Event
	st deskState
}

// attend is /hadir: who came, on the event's day (SOP step 10).
//
//	/hadir                              the desk: then numbers, names or photos, one after another
//	/hadir 0123, /hadir TAMU-K7QZ2M     by the number on the ticket
//	/hadir 0123 0456x3 | 08.15          many at once, from a printed list
//	/hadir Siti                         by name
//	/hadir baru Nama | Organisasi | HP  who came without being registered
//	/hadir jumlah 0123 3, /hadir urung 0123
//	/hadir pos Pintu Utara              where one stands
//	/hadir pintu [07.00-12.00]          the code at the door
//	/hadir papan, gambar, stan, cetak
func (d *Desk) attend(ctx context.Context, t *Turn, args string) error {
	o, rest, err := d.desk(ctx, t, args)
	if o.e == nil || err != nil {
		return err
	}
	word, more := cutWord(rest)
	if do := d.deskOrder(event.Fold(word)); do != nil {
		return do(ctx, t, o, unbar(more))
	}
	if ok, err := d.deskOpen(t, o.e); !ok {
		return err
	}
	if m := t.In.Media; m != nil && t.In.Kind != channel.Text {
		return d.deskPhoto(ctx, t, o)
	}
	if rest == "" {
		return d.deskBegin(ctx, t, o)
	}
	return d.deskText(ctx, t, o, rest)
}

// deskOrder gives what a word behind /hadir orders; nil for names and numbers.
func (d *Desk) deskOrder(word string) func(context.Context, *Turn, onDesk, string) error {
	switch word {
	case "baru", "tamubaru":
		return d.walkIn
	case "jumlah", "orang":
		return d.deskHeads
	case "urung", "urungkan", "undo":
		return d.deskUndo
	case "pos":
		return d.deskPost
	case "pintu":
		return d.door
	case "papan", "papantulis":
		return d.attendanceBoard
	case "gambar", "grafik":
		return d.attendanceChart
	case "stan", "listrik":
		return d.floorList
	case "cetak":
		return d.printList
	case "kehadiran", "rekap":
		return d.attendanceText
	}
	return nil
}

// desk finds the event that people are checked in to: today's, else the one
// that staff commands are about.
func (d *Desk) desk(ctx context.Context, t *Turn, args string) (onDesk, string, error) {
	var o onDesk
	if t.Chat.Dialog == dlgAttend {
		t.Load(&o.st)
	}
	code, rest := cutCode(args)
	if strings.HasPrefix(rest, "-") { // the whole of a number, EMK-2027-0001
		code, rest = "", strings.TrimSpace(args)
	}
	var err error
	if code == "" {
		if o.e, err = d.app.AtDesk(ctx); o.e != nil || err != nil {
			return o, rest, err
		}
	}
	o.e, rest, err = d.eventFor(ctx, t, "hadir", strings.TrimSpace(code+" "+rest))
	return o, rest, err
}

// deskOpen reports whether people can be checked in now; where not, it says so.
func (d *Desk) deskOpen(t *Turn, e *event.Event) (bool, error) {
	left := e.DaysBefore(d.app.Now())
	if e.Status != event.EventCancelled && left <= 0 && left >= -app.DeskDays {
		return true, nil
	}
	return false, t.Say("hadir.notyet", templates.Data{"Event": e, "Left": left}, t.commands(
		choice{t.Label("hadir", "print"), "/hadir " + e.ID + " cetak"}, choice{t.Label("hadir", "door"), "/hadir " + e.ID + " pintu"}))
}

// deskBegin opens the desk.
func (d *Desk) deskBegin(ctx context.Context, t *Turn, o onDesk) error {
	c, err := d.app.Attendance(ctx, o.e)
	if err != nil {
		return err
	}
	post, err := d.app.StationOf(ctx, o.e.ID, t.Person.ID)
	if err != nil {
		return err
	}
	st := deskState{Phase: dkDesk, Tag: tagHere(t, "dk"), EventID: o.e.ID}
	if err := t.Open(dlgAttend, st); err != nil {
		return err
	}
	return t.Say("hadir.desk", templates.Data{"Event": o.e, "Total": c.Total, "Post": post}, t.commands(
		choice{t.Label("hadir", "new"), "/hadir baru"}, choice{t.Label("hadir", "board"), "/hadir papan"},
		choice{t.Label("hadir", "done"), pressMark + st.Tag + "|" + leave}))
}

var (
	// ticketWord is a number as it stands on tickets and printed lists, with how
	// many came where that is said: "0123x3".
	ticketWord = regexp.MustCompile(`^(?i)((?:EMK-[0-9]{4}[A-Z]?-)?[0-9]{1,6}|T(?:AMU)?-?[A-Z2-7]{6})(?:[x=*:]([0-9]{1,3}))?$`)
	deskClock  = regexp.MustCompile(`^(?i)(?:pukul|jam)?\s*([0-2]?[0-9])[.:]([0-5][0-9])(?:\s*wib)?$`)
)

// deskText checks in by what was typed: one number, several, or a name.
func (d *Desk) deskText(ctx context.Context, t *Turn, o onDesk, text string) error {
	f := fields(text)
	words := strings.FieldsFunc(f[0], func(r rune) bool { return strings.ContainsRune(" ,;\n\t", r) })
	at, timed, ok := d.deskTime(o.e, f[1:])
	if !ok {
		return t.Say("hadir.badtime", nil)
	}
	tickets := len(words) > 0
	for _, w := range words {
		tickets = tickets && ticketWord.MatchString(w)
	}
	switch {
	case tickets && (len(words) > 1 || timed):
		return d.deskMany(ctx, t, o, words, at)
	case tickets:
		return d.deskTicket(ctx, t, o, words[0], event.ByNumber)
	}
	return d.deskSearch(ctx, t, o, text)
}

// deskTime reads the time behind a list: "08.15", of the event's day. After
// that day it has to be said.
func (d *Desk) deskTime(e *event.Event, rest []string) (at time.Time, said, ok bool) {
	now := d.app.Now()
	if len(rest) == 0 || rest[0] == "" {
		if e.DaysBefore(now) < 0 {
			return e.Start, false, true // somebody forgot to: they came for it
		}
		return time.Time{}, false, true
	}
	m := deskClock.FindStringSubmatch(rest[0])
	if m == nil {
		return time.Time{}, true, false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	at = e.Day().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	return at, true, hour < 24 && !at.After(now)
}

// deskTicket checks in by one number or by what a code says.
func (d *Desk) deskTicket(ctx context.Context, t *Turn, o onDesk, text string, how event.ArrivalHow) error {
	heads := 0
	if m := ticketWord.FindStringSubmatch(text); m != nil {
		text = m[1]
		heads, _ = strconv.Atoi(m[2])
	}
	g, err := d.app.ByTicket(ctx, o.e, text)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return noteAgain(t, "hadir.unknown", templates.Data{"Text": shorten(text, 40)}, func() error { return d.deskAgain(t, o) })
	case errors.Is(err, app.ErrForged):
		return noteAgain(t, "hadir.forged", nil, func() error { return d.deskAgain(t, o) })
	case err != nil:
		return err
	}
	return d.checkIn(ctx, t, o, g, how, heads)
}

// deskMany enters a printed list: what is on it already or is nobody's is named.
func (d *Desk) deskMany(ctx context.Context, t *Turn, o onDesk, words []string, at time.Time) error {
	var in, before []deskCard
	var unknown []string
	post, err := d.app.StationOf(ctx, o.e.ID, t.Person.ID)
	if err != nil {
		return err
	}
	heads := 0
	for i, w := range words[:min(len(words), maxDeskList)] {
		m := ticketWord.FindStringSubmatch(w)
		n, _ := strconv.Atoi(m[2])
		g, err := d.app.ByTicket(ctx, o.e, m[1])
		if errors.Is(err, storage.ErrNotFound) || errors.Is(err, app.ErrForged) || n > event.MaxHeads {
			unknown = append(unknown, w)
			continue
		}
		if err != nil {
			return err
		}
		by := t.Actor()
		by.Inbound += "/" + strconv.Itoa(i) // each line is a check-in of its own
		c, err := d.app.CheckIn(ctx, by, app.CheckIn{Guest: g, How: event.ByList, Heads: n, At: at, Where: post})
		if err != nil {
			return err
		}
		card, err := d.cardOf(ctx, t, c)
		if err != nil {
			return err
		}
		if c.First {
			in, heads = append(in, card), heads+c.Heads
			if err := d.tellProtocol(ctx, t, o.e, c); err != nil {
				return err
			}
		} else {
			before = append(before, card)
		}
	}
	o.st.Phase, o.st.Tag = dkDesk, tagHere(t, "dk")
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	return t.Say("hadir.many", templates.Data{
		"N": len(in), "Heads": heads, "In": in[:min(len(in), shownDesk)], "More": max(0, len(in)-shownDesk), "Before": before, "Unknown": unknown,
		"At": at, "Timed": !at.IsZero(), "Left": max(0, len(words)-maxDeskList), "Max": maxDeskList,
	})
}

// Limits of what is entered and shown at once.
const (
	maxDeskList = 100
	shownDesk   = 20
	foundAtDesk = 8
)

// deskSearch looks for a name or a phone number.
func (d *Desk) deskSearch(ctx context.Context, t *Turn, o onDesk, text string) error {
	phone := ""
	if p, err := understand.Phone(text); err == nil {
		phone = p.E164
	}
	found, more, err := d.app.FindGuests(ctx, o.e.ID, text, phone, foundAtDesk)
	if err != nil {
		return err
	}
	o.st.Text = shorten(text, 80)
	if len(found) == 0 {
		o.st.Phase, o.st.Tag, o.st.Found = dkNobody, tagHere(t, "dk"), nil
		if err := d.openDesk(t, o); err != nil {
			return err
		}
		return t.Say("hadir.nobody", templates.Data{"Text": o.st.Text}, t.choices(o.st.Tag, d.nobodyChoices(t)...))
	}
	if len(found) == 1 {
		return d.checkIn(ctx, t, o, found[0], event.ByName, 0)
	}
	o.st.Found = nil
	for _, g := range found {
		o.st.Found = append(o.st.Found, g.ID)
	}
	return d.askPick(ctx, t, o, more)
}

func (d *Desk) nobodyChoices(t *Turn) []choice {
	return []choice{{t.Label("hadir", "new"), "baru"}, {t.Label("hadir", "search"), "cari"}}
}

// askPick asks which of those found it is.
func (d *Desk) askPick(ctx context.Context, t *Turn, o onDesk, more bool) error {
	o.st.Phase, o.st.Tag = dkPick, tagHere(t, "dk")
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	list, err := d.pickChoices(ctx, t, o)
	if err != nil {
		return err
	}
	return t.Say("hadir.pick", templates.Data{"Text": o.st.Text, "More": more}, t.choices(o.st.Tag, list...))
}

func (d *Desk) pickChoices(ctx context.Context, t *Turn, o onDesk) ([]choice, error) {
	var list []choice
	for i, id := range o.st.Found {
		p, err := d.app.Store().Participations().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		label := p.Name
		if p.Organisation != "" {
			label += " – " + p.Organisation
		}
		label = shorten(label, 44)
		if p.Arrived() {
			label += " (" + t.Label("hadir", "in") + ")"
		}
		list = append(list, choice{label, "g" + strconv.Itoa(i)})
	}
	return list, nil
}

// deskPhoto checks in by a photo of a ticket's code.
func (d *Desk) deskPhoto(ctx context.Context, t *Turn, o onDesk) error {
	text, problem, err := d.scanned(ctx, t)
	if err != nil {
		return err
	}
	if problem != "" {
		return noteAgain(t, problem, templates.Data{"MB": maxScan >> 20}, func() error { return d.deskAgain(t, o) })
	}
	return d.deskTicket(ctx, t, o, text, event.ByPhoto)
}

// maxScan is the largest photo that a code is looked for in, in bytes.
const maxScan = 15 << 20

// scanned reads the code in the photo that came in; problem is the text of why
// there is none.
func (d *Desk) scanned(ctx context.Context, t *Turn) (text, problem string, err error) {
	data, err := d.net.Fetch(ctx, t.In.Chat.Channel, *t.In.Media, maxScan)
	switch {
	case errors.Is(err, channel.ErrTooLarge):
		return "", "hadir.photo.large", nil
	case err != nil:
		t.Log.Warn().Err(err).Msg("photo could not be fetched")
		return "", "hadir.photo.again", nil
	}
	text, err = scan.Read(data)
	if errors.Is(err, scan.ErrNoCode) || errors.Is(err, scan.ErrNoPicture) {
		return "", "hadir.photo.none", nil
	}
	if plain, bad := url.QueryUnescape(text); bad == nil && strings.Contains(text, "://") {
		text = plain // a link of WhatsApp holds the code within a text
	}
	return text, "", err
}

// deskMark names one check-in in a button, so that it does not undo a later
// one.
func deskMark(a event.Arrival) string {
	sum := sha256.Sum256([]byte(a.In))
	return hex.EncodeToString(sum[:4])
}
