package dialog

import (
	"context"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/templates"
)

// branding is /branding [ukm]: a poster with a QR code, and a text for social
// media, by which people open the chat themselves (SOP step 4).
func (d *Desk) branding(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "branding", args)
	if e == nil || err != nil {
		return err
	}
	if done, err := d.brandingOrder(ctx, t, e, rest); done || err != nil {
		return err
	}
	if d.deepLink("daftar") == "" {
		return t.Say("branding.nolink", nil)
	}
	if word, place := cutWord(rest); slices.Contains([]string{"warga", "desa", "kecamatan"}, event.Fold(word)) {
		return d.villageText(t, e, unbar(place))
	}
	if event.Fold(rest) == "semua" {
		for _, aud := range event.Registrable() {
			if err := d.sayPoster(ctx, t, e, aud); err != nil {
				return err
			}
		}
		return nil
	}
	if aud, _ := guestlist.ReadAudience(rest); aud.Valid() && aud != event.Official {
		return d.sayPoster(ctx, t, e, aud)
	}
	st := eventState{Phase: evPoster, Tag: tagHere(t, "br"), EventID: e.ID}
	if err := t.Open(dlgPoster, st); err != nil {
		return err
	}
	which := func() error {
		at := "/branding " + e.ID + " "
		return t.Say("branding.which", nil, t.choices(st.Tag, d.posterChoices(t)...), t.commands(
			choice{t.Label("branding", "note"), at + "catat"}, choice{t.Label("branding", "posts"), at + "unggahan"}, choice{t.Label("branding", "sources"), at + "asal"}, choice{t.Label("branding", "villages"), at + "warga"}), replyHint())
	}
	if rest != "" {
		return d.usage(t, "branding", rest, which)
	}
	return which()
}

const (
	dlgPoster            = "poster"
	evPoster  eventPhase = "poster"
)

func (d *Desk) posterChoices(t *Turn) []choice {
	return append(audienceChoices(t, event.Registrable()), choice{t.Label("sebar", "all"), "semua"})
}

func (d *Desk) posterStep(ctx context.Context, t *Turn) error {
	var st eventState
	t.Load(&st)
	if ok, err := d.stillMay(t, "branding"); !ok {
		return err
	}
	if leaving(t) {
		t.Close()
		return t.Say("answer.left", nil)
	}
	v, ok := d.chosen(t, st.Tag, d.posterChoices(t))
	if !ok {
		return noteAgain(t, "answer.choose", nil, func() error { return d.branding(ctx, t, st.EventID) })
	}
	t.Close()
	return d.branding(ctx, t, st.EventID+" "+v)
}

// sayPoster sends a poster as a file, so that the network does not make it
// smaller, and the text for social media by itself, ready to be copied.
func (d *Desk) sayPoster(ctx context.Context, t *Turn, e *event.Event, aud event.Audience) error {
	ways := d.waysIn("daftar_" + string(aud))
	png, err := d.poster(e, aud, ways)
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "poster/" + t.In.ID + "/" + string(aud), Name: posterName(e, aud), MIME: "image/png"}, png)
	if err != nil {
		return err
	}
	if err := t.Say("branding.poster", templates.Data{"Name": t.Label("audience", string(aud))}, withFile(file)); err != nil {
		return err
	}
	caption, err := t.Render("branding.caption."+string(aud), templates.Data{"Event": e, "Chats": ways})
	if err != nil {
		return err
	}
	t.add(t.In.Chat, channel.Outbound{Text: string(caption)})
	return nil
}

func posterName(e *event.Event, aud event.Audience) string {
	return "poster-" + string(aud) + "-" + e.ID + ".png"
}

// posterNetworks is how many networks a poster has a code for.
const posterNetworks = 2

// poster draws the poster of an audience, whose codes open these links.
func (d *Desk) poster(e *event.Event, aud event.Audience, ways []wayIn) ([]byte, error) {
	text := func(key string) string {
		if !d.texts.Has(key) {
			return ""
		}
		s, err := d.texts.Text(key, nil)
		if err != nil {
			return ""
		}
		return markup.Plain(s)
	}
	ways = ways[:min(len(ways), posterNetworks)]
	codes := make([]report.PosterCode, len(ways))
	for i, w := range ways {
		handle, _, _ := strings.Cut(strings.TrimPrefix(w.Link, "https://"), "?")
		codes[i] = report.PosterCode{Network: d.texts.Label("via", string(w.Network)), Link: w.Link, Handle: handle}
	}
	steps := []string{text("poster.step.1"), text("poster.step.2"), text("poster.step.3")}
	switch { // WhatsApp has no key to begin with
	case len(ways) == posterNetworks:
		steps[0], steps[1] = text("poster.step.1.both"), text("poster.step.2.both")
	case len(ways) == 1 && ways[0].Network == channel.WhatsApp:
		steps[1] = text("poster.step.2.whatsapp")
	}
	if own := text("poster.step.3." + string(aud)); own != "" {
		steps[2] = own
	}
	return report.Poster(report.PosterView{
		Title: e.Title, Theme: e.Theme, Audience: text("poster.for." + string(aud)), Pitch: text("poster.pitch." + string(aud)),
		Start: e.Start, Place: e.Place, Codes: codes, Steps: steps,
	})
}

// shownUnreachable is how many guests whom nothing reaches are named.
const shownUnreachable = 15

// invitationStatus is /undangan status: how far the invitations are, with a
// picture. It names guests, but no numbers.
func (d *Desk) invitationStatus(ctx context.Context, t *Turn, args string) error {
	e, _, err := d.eventFor(ctx, t, "undangan status", args)
	if e == nil || err != nil {
		return err
	}
	st, err := d.app.InvitationStatusOf(ctx, e.ID, d.net.On)
	if err != nil {
		return err
	}
	var names []string
	for _, p := range st.Unreachable[:min(len(st.Unreachable), shownUnreachable)] {
		name := p.Name
		if p.Organisation != "" {
			name += " (" + p.Organisation + ")"
		}
		names = append(names, name)
	}
	data := templates.Data{
		"Event": e, "Days": e.DaysBefore(d.app.Now()), "Lines": st.Lines, "Waiting": st.Waiting, "Liaison": st.Liaison, "Cold": st.Cold, "Reasons": faultCounts(st.Reasons),
		"Unreachable": names, "Bounced": slices.ContainsFunc(st.Unreachable, func(p *event.Participation) bool { return p.BadEmail != "" }), "UnreachableN": len(st.Unreachable), "UnreachableMore": len(st.Unreachable) - len(names),
		"Calls": st.Calls, "Called": st.Called, "Before": namedOfficials(st.Before), "BeforeN": len(st.Before), "Handed": namedOfficials(st.Handed), "HandedN": len(st.Handed),
	}
	opts := []Option{}
	if st.Calls > st.Called {
		opts = append(opts, t.commands(choice{t.Label("sebar", "calllist"), "/sebar telepon"}))
	}
	if len(st.Lines) > 0 {
		file, err := d.statusPicture(ctx, t, e, st)
		if err != nil {
			return err
		}
		opts = append(opts, withFile(file))
	}
	return t.Say("status.invitations", data, opts...)
}

// namedOfficials names officials with their positions, as many as fit.
func namedOfficials(list []*event.Participation) (names []string) {
	app.SortVIP(list)
	for _, p := range list[:min(len(list), shownUnreachable)] {
		name := p.Name
		if p.Position != "" {
			name += " (" + p.Position + ")"
		} else if p.Organisation != "" {
			name += " (" + p.Organisation + ")"
		}
		names = append(names, name)
	}
	return names
}

func (d *Desk) statusPicture(ctx context.Context, t *Turn, e *event.Event, st *app.InvitationStatus) (*channel.File, error) {
	v := report.StatusView{Title: e.Title, AsOf: st.At, Calls: st.Calls, Done: st.Called}
	for _, l := range st.Lines {
		v.Lines = append(v.Lines, report.StatusLine{
			Name: t.Label("audience", string(l.Audience)) + ", " + t.Label("via", l.Via), Guests: l.Guests, Answered: l.Answered,
			Sent: l.Sent, Failed: l.Failed + l.Uncertain,
		})
	}
	png, err := report.StatusChart(v)
	if err != nil {
		return nil, err
	}
	return d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "undangan-" + e.ID + ".png", MIME: "image/png", Photo: true}, png)
}

// faultCounts sums up the networks' reasons in words that staff understand.
func faultCounts(reasons []app.FailureReason) []app.FailureReason {
	var out []app.FailureReason
	for _, r := range reasons {
		kind := faultKind(r.Reason)
		found := false
		for i := range out {
			if out[i].Reason == kind {
				out[i].N += r.N
				found = true
			}
		}
		if !found {
			out = append(out, app.FailureReason{Reason: kind, N: r.N})
		}
	}
	return out
}

func faultKind(reason string) string {
	reason = strings.ToLower(reason)
	for _, k := range []struct{ part, kind string }{
		// First of mails: their servers' words are like the chat networks'.
		{"no such mailbox", "mailbox"}, {"smtp", "mail"},
		{"blocked", "blocked"}, {"chat not found", "gone"}, {"deactivated", "gone"}, {"given up", "day"},
		{"restricted", "restricted"}, {"no account", "absent"}, {"too late", "late"}, {"asked us to stop", "stopped"}, {"opted out", "stopped"}, {"stop", "stopped"},
	} {
		if strings.Contains(reason, k.part) {
			return k.kind
		}
	}
	return "other"
}
