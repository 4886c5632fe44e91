package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgSend = "sebar"

type sendPhase string

// Questions of /sebar.
const (
	sdAudience sendPhase = "audience" // to whom
	sdReady    sendPhase = "ready"    // all is shown: when?
	sdTime     sendPhase = "time"     // at which time
	sdFiles    sendPhase = "files"    // what goes along
	sdWhose    sendPhase = "whose"    // whose text is changed
	sdText     sendPhase = "text"     // the new text
	sdSave     sendPhase = "save"     // keep it?
)

type sendState struct {
	Phase     sendPhase        `json:"phase"`
	Tag       string           `json:"tag"`
	EventID   string           `json:"eventId"`
	Audiences []event.Audience `json:"audiences,omitempty"`
	Broadcast string           `json:"broadcast,omitempty"`
	Audience  event.Audience   `json:"audience,omitempty"` // sdText, sdSave
	Body      string           `json:"body,omitempty"`     // sdSave
	Attach    []string         `json:"attach,omitempty"`   // what goes along, see attachable
}

// send is /sebar: the invitations of SOP step 7. Without arguments it asks; in
// one line it is "/sebar ukm, koperasi | sekarang | surat, poster, kalender".
func (d *Desk) send(ctx context.Context, t *Turn, args string) error {
	word, rest := cutWord(args)
	rest = unbar(rest)
	switch event.Fold(word) {
	case "status", "lihat":
		return d.sendings(ctx, t, rest)
	case "rincian", "detail":
		return d.invitationStatus(ctx, t, rest)
	case "teks", "text":
		return d.inviteTextFor(ctx, t, rest)
	case "jeda", "pause":
		return d.steerSending(ctx, t, rest, "sebar.paused", d.app.PauseBroadcast)
	case "lanjut", "lanjutkan":
		return d.steerSending(ctx, t, rest, "sebar.resumed", d.app.ResumeBroadcast)
	case "batalkan", "batal":
		return d.steerSending(ctx, t, rest, "sebar.cancelled", d.app.CancelBroadcast)
	case "ulangi":
		return d.retrySending(ctx, t, rest)
	case "setujui", "setuju":
		return d.approveSending(ctx, t, rest)
	case "tolak":
		return d.refuseSending(ctx, t, rest)
	case "telepon", "hubungi":
		return d.calls(ctx, t, rest)
	case "sudah":
		return d.called(ctx, t, rest)
	case "jatah":
		return d.coldBudget(ctx, t, rest)
	case "terus", "diteruskan":
		return d.handed(ctx, t, rest)
	}
	e, rest, err := d.eventFor(ctx, t, "sebar", args)
	if e == nil || err != nil {
		return err
	}
	f := fields(rest)
	st := sendState{EventID: e.ID}
	if st.Audiences, err = d.audiencesIn(ctx, e, f[0]); err != nil {
		return err
	}
	if len(st.Audiences) == 0 {
		if f[0] != "" && event.Fold(f[0]) != "semua" { // all of none is answered below
			return d.usage(t, "sebar", f[0], func() error { return d.askAudiences(ctx, t, e, st) })
		}
		return d.askAudiences(ctx, t, e, st)
	}
	if len(f) < 2 || f[1] == "" {
		return d.draftSending(ctx, t, e, st)
	}
	at, problem := d.sendTime(e, f[1])
	if problem != "" {
		return t.Say(problem, templates.Data{"Event": e})
	}
	if len(f) > 2 && f[2] != "" {
		list, err := d.attachable(ctx, t, e, st)
		if err != nil {
			return err
		}
		var ok bool
		if st.Attach, ok = readAttach(f[2], list); !ok {
			return noteAgain(t, "sebar.bad.files", nil, func() error { return d.askFiles(ctx, t, e, st) })
		}
	}
	b, err := d.app.DraftBroadcast(ctx, t.Actor(), e, st.Audiences)
	if err != nil {
		return err
	}
	st.Broadcast = b.ID
	return d.submitSending(ctx, t, e, st, at)
}

// draftSending makes the draft and shows all there is to know of it.
func (d *Desk) draftSending(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	if st.Broadcast == "" {
		b, err := d.app.DraftBroadcast(ctx, t.Actor(), e, st.Audiences)
		if err != nil {
			return err
		}
		st.Broadcast = b.ID
	}
	return d.askReady(ctx, t, e, st)
}

// reachLine is a Reachability in words.
type reachLine struct {
	Audience event.Audience
	Guests   int
	Ways     []string // "Telegram 30", "e-mail 5"

	call, liaison, sending int
}

// reach tells who would get the invitation now, and how.
func (d *Desk) reach(ctx context.Context, t *Turn, e *event.Event, st sendState) (lines []reachLine, sum reachLine, err error) {
	all, err := d.app.ReachabilityOf(ctx, e.ID, st.Audiences, d.net.On)
	if err != nil {
		return nil, sum, err
	}
	lines, sum = d.reachLines(t, all)
	return lines, sum, nil
}

func (d *Desk) reachLines(t *Turn, all []*app.Reachability) (lines []reachLine, sum reachLine) {
	for _, r := range all {
		l := reachLine{Audience: r.Audience, Guests: r.Guests, call: r.By[app.ByCall], liaison: r.By[app.ByLiaison], sending: r.Sendable() + r.By[app.ByLiaison]}
		way := func(name string, n int) {
			if n > 0 {
				l.Ways = append(l.Ways, name+" "+t.texts.Number(n))
			}
		}
		for _, name := range []channel.Name{channel.Telegram, channel.WhatsApp, channel.Web} {
			way(t.Label("via", string(name)), r.Chats[name])
		}
		for _, w := range []struct {
			label string
			by    app.Route
		}{
			{"cold", app.ByCold}, {"email", app.ByEmail}, {"liaison", app.ByLiaison}, {"call", app.ByCall},
			{"unreachable", app.Unreachable}, {"stopped", app.NotWanted}, {"already", app.Already},
		} {
			way(t.Label("reach", w.label), r.By[w.by])
		}
		lines = append(lines, l)
		sum.sending += l.sending
		sum.call += l.call
		sum.liaison += l.liaison
	}
	return lines, sum
}

// askReady shows who gets what, and asks when.
func (d *Desk) askReady(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	lines, sum, err := d.reach(ctx, t, e, st)
	if err != nil {
		return err
	}
	st.Phase, st.Tag = sdReady, tagHere(t, "sd")
	if err := t.Open(dlgSend, st); err != nil {
		return err
	}
	if sum.sending == 0 {
		return t.Say("sebar.nobody", templates.Data{"Names": d.audienceNames(st.Audiences), "Lines": lines, "Calls": sum.call}, t.choices(st.Tag, d.noSendingChoices(t, sum)...), replyHint())
	}
	cold, err := d.app.ColdOutlookOf(ctx, e, st.Audiences, d.app.DefaultStart(e), d.net.On)
	if err != nil {
		return err
	}
	texts, err := d.inviteTexts(ctx, st.Audiences)
	if err != nil {
		return err
	}
	name, sample, err := d.sample(ctx, e, st.Audiences, texts)
	if err != nil {
		return err
	}
	list, err := d.attachable(ctx, t, e, st)
	if err != nil {
		return err
	}
	without, err := d.withoutLetter(ctx, st)
	if err != nil {
		return err
	}
	return t.Say("sebar.ready", templates.Data{
		"Files": attachNames(st.Attach, list), "Without": without,
		"Event": e, "Total": sum.sending, "Lines": lines, "Calls": sum.call, "Liaison": sum.liaison, "SampleName": name, "Sample": templates.Markup(sample),
		"Second": sum.sending > app.MaxAlone, "Most": app.MaxAlone, "Strangers": cold,
	}, t.choices(st.Tag, d.readyChoices(t, e)...), replyHint())
}

// askWhen asks when alone: what there is to know of it has just been shown.
func (d *Desk) askWhen(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	_, sum, err := d.reach(ctx, t, e, st)
	if err != nil {
		return err
	}
	st.Phase, st.Tag = sdReady, tagHere(t, "sd")
	if err := t.Open(dlgSend, st); err != nil {
		return err
	}
	return t.Say("sebar.when", templates.Data{"Total": sum.sending, "Calls": sum.call}, t.choices(st.Tag, d.whenChoices(t, e, sum)...), replyHint())
}

// whenChoices are the choices where it is asked when.
func (d *Desk) whenChoices(t *Turn, e *event.Event, sum reachLine) []choice {
	if sum.sending == 0 {
		return d.noSendingChoices(t, sum)
	}
	return d.readyChoices(t, e)
}

// noSendingChoices are what is left to do where nobody can be written to.
func (d *Desk) noSendingChoices(t *Turn, sum reachLine) []choice {
	list := []choice{{t.Label("sebar", "drop"), leave}}
	if sum.call > 0 {
		list = append([]choice{{t.Label("sebar", "calls"), "telepon"}}, list...)
	}
	return list
}

func (d *Desk) readyChoices(t *Turn, e *event.Event) []choice {
	list := []choice{{t.Label("sebar", "now"), "sekarang"}}
	if at := d.app.DefaultStart(e); at.Sub(d.app.Now()) > time.Minute {
		day, _ := strings.CutSuffix(event.ShortDay(at), at.In(event.Jakarta).Format(" 2006")) // short enough for half a row
		list = append(list, choice{"H-" + strconv.Itoa(e.DaysBefore(at)) + ", " + day + at.In(event.Jakarta).Format(" 15.04"), "usul"})
	}
	list = append(list, choice{t.Label("sebar", "later"), "nanti"}, choice{t.Label("sebar", "test"), "uji"}, choice{t.Label("sebar", "files"), "lampiran"})
	if t.Person.Role == event.Lead {
		list = append(list, choice{t.Label("sebar", "text"), "teks"})
	}
	return append(list, choice{t.Label("sebar", "drop"), leave})
}

// inviteTexts are the texts of audiences as they are now.
func (d *Desk) inviteTexts(ctx context.Context, auds []event.Audience) (map[string]string, error) {
	texts := map[string]string{}
	for _, aud := range auds {
		body, _, err := d.ownOrBuiltIn(ctx, inviteKey(aud))
		if err != nil {
			return nil, err
		}
		texts[string(aud)] = body
	}
	return texts, nil
}

func (d *Desk) onReady(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	_, sum, err := d.reach(ctx, t, e, st)
	if err != nil {
		return err
	}
	v, ok := d.chosen(t, st.Tag, d.whenChoices(t, e, sum))
	if !ok && sum.call > 0 { // shown before somebody could be written to
		v, ok = d.chosen(t, st.Tag, []choice{{t.Label("sebar", "calls"), "telepon"}})
	}
	if !ok {
		at, problem := d.sendTime(e, t.Text())
		switch {
		case t.In.Kind != channel.Text, sum.sending == 0:
			problem = "answer.choose"
		case problem == "":
			return d.submitSending(ctx, t, e, st, at)
		case problem == "sebar.bad.time": // neither a choice nor a time
			problem = "sebar.bad.when"
		}
		return noteAgain(t, problem, templates.Data{"Event": e}, func() error { return d.askWhen(ctx, t, e, st) })
	}
	switch v {
	case "sekarang":
		return d.submitSending(ctx, t, e, st, d.app.Now())
	case "usul":
		return d.submitSending(ctx, t, e, st, d.app.DefaultStart(e))
	case "nanti":
		st.Phase, st.Tag = sdTime, tagHere(t, "sd")
		if err := t.Open(dlgSend, st); err != nil {
			return err
		}
		return t.Say("sebar.ask.time", nil, d.stopButton(t, st.Tag), replyHint())
	case "uji":
		return d.testSending(ctx, t, e, st)
	case "lampiran":
		return d.askFiles(ctx, t, e, st)
	case "teks":
		if len(st.Audiences) == 1 {
			return d.askText(ctx, t, st, st.Audiences[0])
		}
		return d.askWhose(t, st)
	case "telepon":
		return d.callAll(ctx, t, e, st)
	}
	return d.leaveSending(ctx, t, st)
}

// testSending sends the invitation of each audience to whoever prepares it,
// with a real guest's name.
func (d *Desk) testSending(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	to, err := channel.ParseChat(t.Person.PrivateChat())
	if err != nil {
		return noteAgain(t, "sebar.nochat", nil, func() error { return d.askWhen(ctx, t, e, st) })
	}
	for _, aud := range st.Audiences {
		g, err := d.sampleGuest(ctx, e, aud)
		if err != nil {
			return err
		}
		if g == nil {
			continue
		}
		body, _, err := d.ownOrBuiltIn(ctx, inviteKey(aud))
		if err != nil {
			return err
		}
		as := *g
		as.Code = "ujicoba" // whoever presses is not that guest
		var m channel.Outbound
		if aud == event.Official { // passed on by hand: no buttons, no footer
			_, m, err = d.Handover(&storage.Broadcast{Texts: map[string]string{string(aud): body}}, e, &as, t.Caps)
		} else {
			m, err = d.inviteOutbound(body, e, &as, to.Channel, t.Caps)
		}
		if err != nil {
			return err
		}
		head, err := t.Render("sebar.testing", templates.Data{"Name": g.Name, "Text": templates.Markup(m.Text)})
		if err != nil {
			return err
		}
		m.Text = string(head)
		t.add(to, m)
		if err := d.testFiles(ctx, t, e, st, to, g); err != nil {
			return err
		}
	}
	return noteAgain(t, "sebar.tested", nil, func() error { return d.askWhen(ctx, t, e, st) })
}

// callAll puts those on the call list who can be reached in no other way.
func (d *Desk) callAll(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	n := 0
	err := d.app.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(g *event.Participation) error {
		if !slices.Contains(st.Audiences, g.Audience) {
			return nil
		}
		route, _, err := d.app.RouteTo(ctx, g, d.net.On)
		if err != nil || route != app.ByCall {
			return err
		}
		n++
		return d.app.CallFor(ctx, g.ID)
	})
	if err != nil {
		return err
	}
	t.Close()
	return t.Say("sebar.tocalls", templates.Data{"N": n}, t.commands(choice{t.Label("sebar", "calllist"), "/sebar telepon"}))
}

// sendTime reads when invitations go out: "sekarang", or a date and time
// before the event.
func (d *Desk) sendTime(e *event.Event, text string) (at time.Time, problem string) {
	if event.Fold(text) == "sekarang" {
		return d.app.Now(), ""
	}
	w, err := understand.DateTime(text, d.app.Now())
	if err != nil {
		return at, "sebar.bad.time"
	}
	at = w.Time
	if !w.HasTime {
		at = event.Midnight(at).Add(event.StageHour * time.Hour)
	}
	switch {
	case at.Before(d.app.Now()):
		return at, "sebar.bad.past"
	case !at.Before(e.Start):
		return at, "sebar.bad.late"
	}
	return at, ""
}

// submitSending freezes the texts and lets it go, or asks a second member.
func (d *Desk) submitSending(ctx context.Context, t *Turn, e *event.Event, st sendState, at time.Time) error {
	_, sum, err := d.reach(ctx, t, e, st)
	if err != nil {
		return err
	}
	if sum.sending == 0 {
		return d.askReady(ctx, t, e, st)
	}
	texts, err := d.inviteTexts(ctx, st.Audiences)
	if err != nil {
		return err
	}
	along, err := d.makeAttachments(ctx, e, st)
	if err != nil {
		return err
	}
	if err := d.app.AttachToBroadcast(ctx, t.Actor(), st.Broadcast, along.files, along.posters, along.letter); err != nil && !errors.Is(err, app.ErrBroadcastState) {
		return err
	}
	b, err := d.app.SubmitBroadcast(ctx, t.Actor(), st.Broadcast, at, texts)
	switch {
	case errors.Is(err, app.ErrNobody):
		return d.askReady(ctx, t, e, st)
	case errors.Is(err, app.ErrBroadcastState):
		t.Close()
		return t.Say("sebar.cannot", templates.Data{"B": b})
	case err != nil:
		return err
	}
	t.Close()
	_, bound, err := d.app.Group(ctx)
	if err != nil {
		return err
	}
	now := !b.StartAt.After(d.app.Now())
	data := templates.Data{"B": b, "Event": e, "Now": now, "Group": bound}
	stop := t.commands(choice{t.Label("sebar", "cancel"), "/sebar batalkan " + b.ID})
	switch {
	case b.Status == storage.BroadcastWaiting:
		return t.Say("sebar.waiting", data, stop)
	case now:
		return t.Say("sebar.going", data)
	}
	return t.Say("sebar.scheduled", data, stop)
}

// leaveSending ends the dialog; a draft that was not sent goes with it.
func (d *Desk) leaveSending(ctx context.Context, t *Turn, st sendState) error {
	t.Close()
	if st.Broadcast != "" {
		if _, err := d.app.CancelBroadcast(ctx, t.Actor(), st.Broadcast); err != nil && !errors.Is(err, app.ErrBroadcastState) {
			return err
		}
	}
	return t.Say("sebar.left", nil)
}

// sendStep takes the answer to the question that stands.
func (d *Desk) sendStep(ctx context.Context, t *Turn) error {
	var st sendState
	t.Load(&st)
	if ok, err := d.stillMay(t, "sebar"); !ok {
		return err
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	ask := func() error { return d.askSending(ctx, t, e, st) }
	switch {
	case t.Stale(st.Tag):
		return noteAgain(t, "answer.stale", nil, ask)
	case leaving(t) && (st.Phase == sdWhose || st.Phase == sdText || st.Phase == sdSave):
		return d.leaveText(ctx, t, e, st)
	case leaving(t):
		return d.leaveSending(ctx, t, st)
	}
	switch st.Phase {
	case sdAudience:
		return d.onAddressees(ctx, t, e, st)
	case sdReady:
		return d.onReady(ctx, t, e, st)
	case sdFiles:
		return d.onFiles(ctx, t, e, st)
	case sdTime:
		at, problem := d.sendTime(e, t.Text())
		if problem != "" {
			return noteAgain(t, problem, templates.Data{"Event": e}, ask)
		}
		return d.submitSending(ctx, t, e, st, at)
	case sdWhose, sdText, sdSave:
		return d.textStep(ctx, t, e, st)
	}
	t.Close()
	return d.send(ctx, t, "")
}

// askSending asks the question that stands again.
func (d *Desk) askSending(ctx context.Context, t *Turn, e *event.Event, st sendState) error {
	switch st.Phase {
	case sdAudience:
		return d.askAudiences(ctx, t, e, st)
	case sdReady:
		return d.askWhen(ctx, t, e, st)
	case sdFiles:
		return d.askFiles(ctx, t, e, st)
	case sdWhose:
		return d.askWhose(t, st)
	case sdText, sdSave:
		return d.askText(ctx, t, st, st.Audience)
	}
	return t.Say("sebar.ask.time", nil, d.stopButton(t, st.Tag), replyHint())
}
