package dialog

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgAttend = "attend"

type deskPhase string

// Questions of /hadir.
const (
	dkDesk   deskPhase = "desk"   // who is next
	dkPick   deskPhase = "pick"   // which of those found
	dkNobody deskPhase = "nobody" // nobody is called so: a new guest?
	dkHeads  deskPhase = "heads"  // how many came
	dkPost   deskPhase = "post"   // where one stands
	dkName   deskPhase = "name"   // a new guest: the name,
	dkOrg    deskPhase = "org"    // what they are and whence,
	dkPhone  deskPhase = "phone"  // and their number
)

type deskState struct {
	Phase   deskPhase `json:"phase"`
	Tag     string    `json:"tag"`
	EventID string    `json:"eventId"`
	Text    string    `json:"text,omitempty"`  // what was looked for
	Found   []string  `json:"found,omitempty"` // participations, as listed
	// Last is whom "jumlah 3" and "urung" are about.
	Last       string `json:"last,omitempty"`
	LastTicket string `json:"lastTicket,omitempty"`
	LastMark   string `json:"lastMark,omitempty"`
	Self       bool   `json:"self,omitempty"` // a guest at the door, about themselves

	Name         string         `json:"name,omitempty"`
	Audience     event.Audience `json:"audience,omitempty"`
	Organisation string         `json:"organisation,omitempty"`
}

// openDesk makes the desk what the next message goes to.
func (d *Desk) openDesk(t *Turn, o onDesk) error {
	o.st.EventID = o.e.ID
	if o.st.Tag == "" {
		o.st.Tag = tagHere(t, "dk")
	}
	return t.Open(dlgAttend, o.st)
}

// deskAgain asks the question that stands.
func (d *Desk) deskAgain(t *Turn, o onDesk) error {
	o.st.Phase, o.st.Tag = dkDesk, tagHere(t, "dk")
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	return t.Say("hadir.next", nil, t.commands(
		choice{t.Label("hadir", "new"), "/hadir baru"}, choice{t.Label("hadir", "done"), pressMark + o.st.Tag + "|" + leave}))
}

func (d *Desk) attendStep(ctx context.Context, t *Turn) error {
	var o onDesk
	t.Load(&o.st)
	if o.st.Self {
		return d.selfStep(ctx, t, o)
	}
	if ok, err := d.stillMay(t, "hadir"); !ok {
		return err
	}
	var err error
	if o.e, err = d.app.Event(ctx, o.st.EventID); errors.Is(err, storage.ErrNotFound) {
		t.Close()
		return t.Say("event.none", templates.Data{"Lead": t.Person.Role == event.Lead})
	} else if err != nil {
		return err
	}
	switch {
	case t.In.Kind == channel.Photo || t.In.Kind == channel.Document && t.In.Media != nil && strings.HasPrefix(t.In.Media.MIME, "image/"):
		return d.deskPhoto(ctx, t, o)
	case t.In.Kind == channel.Card && t.In.Contact != nil && o.st.Phase != dkPhone:
		return d.deskSearch(ctx, t, o, t.In.Contact.Phone)
	case t.In.Kind != channel.Text && t.In.Kind != channel.Press && t.In.Kind != channel.Card:
		return noteAgain(t, "hadir.kind", nil, func() error { return d.deskAgain(t, o) })
	case t.Stale(o.st.Tag):
		return noteAgain(t, "answer.stale", nil, func() error { return d.deskAgain(t, o) })
	case o.st.Phase == dkDesk && strings.HasPrefix(event.Fold(t.Text()), "urung"): // not the desk, the last check-in
		_, rest := cutWord(t.Text())
		return d.deskUndo(ctx, t, o, unbar(rest))
	case steers(t, understand.Back):
		return d.backAtDesk(t, o)
	case leaving(t) || o.st.Phase == dkDesk && event.Fold(t.Text()) == "selesai":
		return d.leaveDesk(ctx, t, o)
	}
	return d.deskAnswer(ctx, t, o)
}

// backAtDesk goes back a question.
func (d *Desk) backAtDesk(t *Turn, o onDesk) error {
	switch o.st.Phase {
	case dkOrg:
		return d.askWalkIn(t, o, dkName)
	case dkPhone:
		return d.askWalkIn(t, o, dkOrg)
	case dkDesk, dkPick, dkNobody, dkHeads, dkPost, dkName:
	}
	return d.deskAgain(t, o)
}

// leaveDesk closes the desk, or only the question that was asked there.
func (d *Desk) leaveDesk(ctx context.Context, t *Turn, o onDesk) error {
	if o.st.Phase != dkDesk {
		return noteAgain(t, "hadir.dropped", nil, func() error { return d.deskAgain(t, o) })
	}
	t.Close()
	c, err := d.app.Attendance(ctx, o.e)
	if err != nil {
		return err
	}
	return t.Say("hadir.left", templates.Data{"Total": c.Total})
}

func (d *Desk) deskAnswer(ctx context.Context, t *Turn, o onDesk) error {
	switch o.st.Phase {
	case dkPick:
		list, err := d.pickChoices(ctx, t, o)
		if err != nil {
			return err
		}
		v, ok := d.chosen(t, o.st.Tag, list)
		i, err := strconv.Atoi(strings.TrimPrefix(v, "g"))
		if !ok || err != nil || i < 0 || i >= len(o.st.Found) {
			break // another name or number
		}
		p, err := d.app.Store().Participations().Get(ctx, o.st.Found[i])
		if errors.Is(err, storage.ErrNotFound) {
			return t.Say("hadir.gone", nil)
		}
		if err != nil {
			return err
		}
		return d.checkIn(ctx, t, o, app.DeskGuest{Participation: p}, event.ByName, 0)
	case dkNobody:
		switch v, _ := d.chosen(t, o.st.Tag, d.nobodyChoices(t)); v {
		case "baru":
			return d.walkIn(ctx, t, o, o.st.Text)
		case "cari":
			return d.deskAgain(t, o)
		}
	case dkHeads:
		n, ok := understand.Count(t.Text())
		if !ok || n < 1 || n > event.MaxHeads {
			return noteAgain(t, "hadir.badheads", templates.Data{"Max": event.MaxHeads}, func() error { return d.askHeads(ctx, t, o) })
		}
		return d.setHeads(ctx, t, o, n)
	case dkPost:
		return d.deskPost(ctx, t, o, t.Text())
	case dkName, dkOrg, dkPhone:
		return d.walkInAnswer(ctx, t, o)
	case dkDesk:
	}
	word, rest := cutWord(t.Text())
	if do := d.deskOrder(event.Fold(word)); do != nil && t.In.Kind == channel.Text && (len(rest) == 0 || event.Fold(word) != "baru" || strings.Contains(rest, "|")) {
		return do(ctx, t, o, unbar(rest))
	}
	if ok, err := d.deskOpen(t, o.e); !ok {
		return err
	}
	if n, isHeads := headsSaid(t.Text()); isHeads && o.st.Last != "" {
		return d.setHeads(ctx, t, o, n)
	}
	return d.deskText(ctx, t, o, t.Text())
}

// headsSaid reads "3 orang" about who was checked in last.
func headsSaid(text string) (int, bool) {
	n, rest, ok := strings.Cut(event.Fold(text), " ")
	heads, err := strconv.Atoi(n)
	return heads, ok && err == nil && (rest == "orang" || rest == "org") && heads > 0 && heads <= event.MaxHeads
}

// walkIn is /hadir baru [Nama | Jenis dan organisasi | Nomor HP]: somebody who
// is on no list, in three answers.
func (d *Desk) walkIn(ctx context.Context, t *Turn, o onDesk, args string) error {
	if ok, err := d.deskOpen(t, o.e); !ok {
		return err
	}
	f := fields(args)
	o.st.Name, o.st.Audience, o.st.Organisation, o.st.Found = "", "", "", nil
	if f[0] == "" {
		return d.askWalkIn(t, o, dkName)
	}
	name, err := understand.PersonName(f[0])
	if err != nil {
		return noteAgain(t, "answer.name", nil, func() error { return d.askWalkIn(t, o, dkName) })
	}
	o.st.Name = name
	if len(f) < 2 {
		return d.askWalkIn(t, o, dkOrg)
	}
	o.st.Audience, o.st.Organisation = walkInKind(f[1])
	phone := ""
	if len(f) > 2 && f[2] != "" && f[2] != "-" {
		r := readPhone(f[2])
		if r.problem != "" {
			return noteAgain(t, r.problem, r.data, func() error { return d.askWalkIn(t, o, dkPhone) })
		}
		phone = r.value
	}
	return d.enterWalkIn(ctx, t, o, phone)
}

// walkInKind reads "UKM Keripik Bu Siti": an audience, an organisation, or both.
func walkInKind(text string) (event.Audience, string) {
	if a := audienceIn(text); a != "" {
		return a, ""
	}
	word, rest := cutWord(text)
	if a := audienceNamed(word); a != "" {
		rest = strings.TrimLeft(rest, ",:- ")
		if a == event.Koperasi {
			rest = text // part of its name
		}
		return a, shorten(rest, 80)
	}
	if text == "-" {
		text = ""
	}
	return event.Public, shorten(text, 80)
}

func (d *Desk) askWalkIn(t *Turn, o onDesk, phase deskPhase) error {
	o.st.Phase, o.st.Tag = phase, tagHere(t, "dk")
	if err := d.openDesk(t, o); err != nil {
		return err
	}
	switch phase {
	case dkName:
		return t.Say("hadir.ask.name", nil)
	case dkOrg:
		return t.Say("hadir.ask.org", templates.Data{"Name": o.st.Name}, t.choices(o.st.Tag, guestAudiences(t)...))
	}
	return t.Say("hadir.ask.phone", templates.Data{"Name": o.st.Name}, t.choices(o.st.Tag, choice{t.Label("answer", "skip"), "lewati"}))
}

func (d *Desk) walkInAnswer(ctx context.Context, t *Turn, o onDesk) error {
	text := t.Text()
	switch o.st.Phase {
	case dkName:
		return d.walkIn(ctx, t, o, text)
	case dkOrg:
		if v, ok := d.chosen(t, o.st.Tag, guestAudiences(t)); ok {
			o.st.Audience, o.st.Organisation = event.Audience(v), ""
			if t.In.Kind == channel.Text && len(text) > 1 {
				o.st.Audience, o.st.Organisation = walkInKind(text)
			}
		} else {
			o.st.Audience, o.st.Organisation = walkInKind(text)
		}
		return d.askWalkIn(t, o, dkPhone)
	}
	if t.In.Kind == channel.Card && t.In.Contact != nil {
		text = t.In.Contact.Phone
	}
	if text == "1" || text == "-" || text == "0" || steers(t, understand.Skip) || text == "lewati" {
		return d.enterWalkIn(ctx, t, o, "")
	}
	r := readPhone(text)
	if r.problem != "" {
		return noteAgain(t, r.problem, r.data, func() error { return d.askWalkIn(t, o, dkPhone) })
	}
	return d.enterWalkIn(ctx, t, o, r.value)
}

func (d *Desk) enterWalkIn(ctx context.Context, t *Turn, o onDesk, phone string) error {
	post, err := d.app.StationOf(ctx, o.e.ID, t.Person.ID)
	if err != nil {
		return err
	}
	c, err := d.app.WalkIn(ctx, t.Actor(), o.e, app.NewGuest{
		Name: o.st.Name, Audience: o.st.Audience, Organisation: o.st.Organisation, Phone: phone, Heads: 1,
	}, post)
	if err != nil {
		return err
	}
	o.st.Name, o.st.Audience, o.st.Organisation = "", "", ""
	if c.First && !c.Guest.WalkIn {
		if err := t.Note("hadir.known", templates.Data{"Name": c.Guest.Name}); err != nil {
			return err
		}
	}
	return d.sayIn(ctx, t, o, c)
}
