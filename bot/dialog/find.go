package dialog

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgFind = "find"

type findPhase string

// Questions of /cari.
const (
	fdText   findPhase = "text"   // what to look for
	fdList   findPhase = "list"   // which of those found
	fdCard   findPhase = "card"   // what to do with it
	fdReason findPhase = "reason" // why it is cancelled
	fdSure   findPhase = "sure"   // really?
)

type findState struct {
	Phase   findPhase `json:"phase"`
	Tag     string    `json:"tag"`
	EventID string    `json:"eventId,omitempty"`
	Found   []string  `json:"found,omitempty"` // registration IDs, as listed
	ID      string    `json:"id,omitempty"`    // the one that is open
	Reason  string    `json:"reason,omitempty"`
}

// foundMax is how many registrations /cari lists.
const foundMax = 8

// find is /cari: registrations by number, name or phone. Private only.
func (d *Desk) find(ctx context.Context, t *Turn, args string) error {
	code, rest := cutCode(args)
	st := findState{Phase: fdText}
	e, err := d.app.Current(ctx)
	if code != "" {
		e, err = d.app.Event(ctx, code)
	}
	switch {
	case errors.Is(err, storage.ErrNotFound) && code != "":
		return t.Say("event.unknown", templates.Data{"Code": code})
	case errors.Is(err, storage.ErrNotFound):
		return t.Say("event.none", templates.Data{"Lead": t.Person.Role == event.Lead})
	case err != nil:
		return err
	}
	st.EventID = e.ID
	if rest = strings.TrimSpace(rest); rest == "" {
		return d.askFind(ctx, t, st)
	}
	return d.search(ctx, t, st, rest)
}

// search looks in the event first, and everywhere where it finds nothing.
func (d *Desk) search(ctx context.Context, t *Turn, st findState, text string) error {
	found, more, elsewhere, err := d.lookUp(ctx, st.EventID, text)
	if err != nil {
		return err
	}
	st.Tag, st.ID, st.Reason = "", "", ""
	switch len(found) {
	case 0:
		st.Phase = fdText
		return noteAgain(t, "find.nothing", templates.Data{"Text": shorten(text, 60)}, func() error { return d.askFind(ctx, t, st) })
	case 1:
		st.Found, st.ID, st.Phase = nil, found[0].ID, fdCard
		return d.askFind(ctx, t, st)
	}
	st.Phase, st.Found = fdList, nil
	for _, r := range found {
		st.Found = append(st.Found, r.ID)
	}
	if elsewhere {
		if err := t.Note("find.elsewhere", nil); err != nil {
			return err
		}
	}
	if more {
		if err := t.Note("find.more", templates.Data{"Max": foundMax}); err != nil {
			return err
		}
	}
	return d.askFind(ctx, t, st)
}

func (d *Desk) lookUp(ctx context.Context, eventID, text string) (found []*event.Registration, more, elsewhere bool, err error) {
	if e, err := d.app.Event(ctx, eventID); err == nil {
		r, err := d.app.ByNumber(ctx, e, text)
		if err == nil {
			return []*event.Registration{r}, false, false, nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return nil, false, false, err
		}
	}
	phone := ""
	if p, err := understand.Phone(text); err == nil {
		phone = p.E164
	}
	found, more, err = d.app.Find(ctx, eventID, text, phone, foundMax)
	if err == nil && len(found) == 0 {
		found, more, err = d.app.Find(ctx, "", text, phone, foundMax)
		elsewhere = true
	}
	return found, more, elsewhere, err
}

// foundLine is a found registration as a short card.
type foundLine struct {
	*event.Registration
	Where, Masked string
}

// listed gets those found that still exist.
func (d *Desk) listed(ctx context.Context, t *Turn, st findState) (lines []foundLine, list []choice, err error) {
	for _, id := range st.Found {
		r, err := d.app.Store().Registrations().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		l := foundLine{Registration: r}
		if v := r.Answers[event.KeyLocation]; v != "" {
			l.Where = t.locality(v)
		}
		if r.Phone != "" {
			l.Masked = understand.MaskPhone(r.Phone)
		}
		lines = append(lines, l)
		list = append(list, choice{shorten(r.Name, 24) + " (" + r.Number + ")", r.Number})
	}
	return lines, list, nil
}

// Reasons that staff often give; they are told to the person as written in
// the labels.
func (d *Desk) cancelReasons(t *Turn) []choice {
	var out []choice
	for _, k := range []string{"asked", "twice", "unfit"} {
		label := t.Label("cancelreason", k)
		out = append(out, choice{label, k})
	}
	return out
}

// askFind asks the question of st.Phase.
func (d *Desk) askFind(ctx context.Context, t *Turn, st findState) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "fd")
	}
	if err := t.Open(dlgFind, st); err != nil {
		return err
	}
	switch st.Phase {
	case fdText:
		return t.Say("find.ask", nil, t.commands(choice{t.Label("staff", "leave"), pressMark + st.Tag + "|" + leave}))
	case fdList:
		lines, list, err := d.listed(ctx, t, st)
		if err != nil {
			return err
		}
		// The cards are numbered in the text itself.
		keys := make([]choice, len(list))
		for i, c := range list {
			keys[i] = choice{c.label, pressMark + st.Tag + "|" + c.value}
		}
		return t.Say("find.list", templates.Data{"Found": lines}, t.commands(keys...))
	}
	r, err := d.app.Store().Registrations().Get(ctx, st.ID)
	if errors.Is(err, storage.ErrNotFound) {
		t.Close()
		return t.Say("find.gone", nil)
	}
	if err != nil {
		return err
	}
	switch st.Phase {
	case fdReason:
		return t.Say("find.reason", templates.Data{"R": r}, t.choices(st.Tag, d.cancelReasons(t)...))
	case fdSure:
		return t.Say("find.sure", templates.Data{"R": r, "Reason": st.Reason}, t.choices(st.Tag, d.sure(t)...))
	}
	return d.sayCard(ctx, t, st, r)
}

// sayCard shows all about a registration, with what a member may do.
func (d *Desk) sayCard(ctx context.Context, t *Turn, st findState, r *event.Registration) error {
	lines, err := d.cardLines(ctx, t, r)
	if err != nil {
		return err
	}
	ahead, err := d.app.Ahead(ctx, r)
	if err != nil {
		return err
	}
	opts := []Option{d.photoOf(ctx, t, r)}
	acts := d.cardActions(t, r)
	if len(acts) > 0 {
		opts = append(opts, t.choices(st.Tag, acts...))
	}
	return t.Say("find.card", templates.Data{"R": r, "Lines": lines, "Booth": booth(r), "Ahead": ahead, "Act": len(acts) > 0}, opts...)
}

// cardActions are what a member may do with a registration: decide upon it,
// or cancel it.
func (d *Desk) cardActions(t *Turn, r *event.Registration) []choice {
	if rank(t.Person.Role) < rank(event.Member) {
		return nil
	}
	var out []choice
	if r.Status == event.Pending || r.Status == event.Reserve || r.Status == event.Declined {
		for _, v := range verdicts(r.Status) {
			out = append(out, choice{t.Label("verdict", v), v})
		}
	}
	if r.Status.Active() {
		out = append(out, choice{t.Label("find", "cancel"), "batalkan"})
	}
	return out
}

// cardLines are all answers of a registration for the team to read; in a
// group without phone numbers and addresses.
func (d *Desk) cardLines(ctx context.Context, t *Turn, r *event.Registration) ([]answerLine, error) {
	if !t.In.Group {
		return d.answerLines(ctx, t, r.Audience, r.Answers)
	}
	form, _ := event.FormOf(r.Audience)
	shown := map[string]string{}
	hidden := map[string]bool{}
	for _, fd := range form.Fields {
		switch fd.Kind {
		case event.Phone:
			hidden[fd.Key] = true
		case event.EmailAddr, event.NIB, event.NIK:
			continue
		}
		if v, ok := r.Answers[fd.Key]; ok {
			shown[fd.Key] = v
		}
	}
	lines, err := d.answerLines(ctx, t, r.Audience, shown)
	for i := range lines {
		for key := range hidden {
			if lines[i].Field == t.fieldName(r.Audience, key) {
				lines[i].Value = understand.MaskPhone(shown[key])
			}
		}
	}
	return lines, err
}

// photoOf adds the product photo, where one was sent.
func (d *Desk) photoOf(ctx context.Context, t *Turn, r *event.Registration) Option {
	id := r.Answers[event.KeyPhoto]
	if id == "" {
		return func(*Turn, *channel.Outbound) {}
	}
	b, _, err := d.app.Store().Media().Get(ctx, id)
	if err != nil {
		t.Log.Warn().Err(err).Str("number", r.Number).Msg("photo not found")
		return func(*Turn, *channel.Outbound) {}
	}
	return withFile(&channel.File{Blob: id, Name: "foto-" + r.Number, MIME: b.MIME, Photo: true})
}

func (d *Desk) findStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "cari"); !ok {
		return err
	}
	var st findState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askFind(ctx, t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "find.left", again: again}); !ok {
		return err
	}
	if steers(t, understand.Back) {
		return d.backFind(ctx, t, st)
	}
	if t.In.Kind == channel.Card && t.In.Contact != nil && (st.Phase == fdText || st.Phase == fdList || st.Phase == fdCard) {
		return d.search(ctx, t, st, t.In.Contact.Phone)
	}
	if !inWords(t) {
		return again("find.kind")
	}
	switch st.Phase {
	case fdList:
		_, list, err := d.listed(ctx, t, st)
		if err != nil {
			return err
		}
		number, ok := d.chosen(t, st.Tag, list)
		if !ok {
			return d.search(ctx, t, st, t.Text()) // another search
		}
		r, err := d.app.Store().Registrations().ByNumber(ctx, number)
		if errors.Is(err, storage.ErrNotFound) {
			t.Close()
			return t.Say("find.gone", nil)
		}
		if err != nil {
			return err
		}
		st.Phase, st.ID, st.Tag = fdCard, r.ID, ""
		return d.askFind(ctx, t, st)
	case fdCard:
		return d.onCard(ctx, t, st)
	case fdReason:
		return d.onCancelReason(ctx, t, st)
	case fdSure:
		return d.onCancelSure(ctx, t, st)
	}
	return d.search(ctx, t, st, t.Text())
}

func (d *Desk) backFind(ctx context.Context, t *Turn, st findState) error {
	st.Tag = ""
	switch {
	case st.Phase == fdReason, st.Phase == fdSure:
		st.Phase = fdCard
	case st.Phase == fdCard && len(st.Found) > 0:
		st.Phase = fdList
	default:
		st.Phase = fdText
	}
	return d.askFind(ctx, t, st)
}

func (d *Desk) onCard(ctx context.Context, t *Turn, st findState) error {
	r, err := d.app.Store().Registrations().Get(ctx, st.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return d.askFind(ctx, t, st) // says that it is gone
	}
	if err != nil {
		return err
	}
	act, ok := d.chosen(t, st.Tag, d.cardActions(t, r))
	switch {
	case !ok:
		return d.search(ctx, t, st, t.Text()) // another search
	case act == "batalkan":
		st.Phase, st.Tag = fdReason, ""
		return d.askFind(ctx, t, st)
	}
	t.Close()
	return d.curate(ctx, t, r.Number+" "+act)
}

func (d *Desk) onCancelReason(ctx context.Context, t *Turn, st findState) error {
	reason, ok := d.reasonSaid(t, st.Tag, "cancelreason", d.cancelReasons(t))
	if !ok {
		return noteAgain(t, "curate.bad.reason", nil, func() error { return d.askFind(ctx, t, st) })
	}
	st.Reason, st.Phase, st.Tag = reason, fdSure, ""
	return d.askFind(ctx, t, st)
}

func (d *Desk) onCancelSure(ctx context.Context, t *Turn, st findState) error {
	if ok, err := d.stillMay(t, "kurasi"); !ok { // the front desk looks only
		return err
	}
	yes, sure := d.yesNo(t, st.Tag)
	if !sure {
		return noteAgain(t, "staff.yesno", nil, func() error { return d.askFind(ctx, t, st) })
	}
	if !yes {
		st.Phase, st.Tag, st.Reason = fdCard, "", ""
		return d.askFind(ctx, t, st)
	}
	t.Close()
	r, err := d.app.Withdraw(ctx, t.Actor(), st.ID, st.Reason)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("find.gone", nil)
	}
	if err != nil {
		return err
	}
	if err := d.app.MoveQueue(ctx); err != nil {
		// The planner does it again within a minute.
		t.Log.Warn().Err(err).Msg("waiting list not moved")
	}
	return t.Say("find.cancelled", templates.Data{"R": r, "Reason": st.Reason}, t.commands(choice{t.Label("find", "again"), "/cari"}))
}
