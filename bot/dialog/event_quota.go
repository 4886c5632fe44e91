package dialog

import (
	"context"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// quotaMax is the highest quota that is taken for meant.
const quotaMax = 10_000

// Ways in which a quota is given away.
const (
	modeFirst   = "langsung" // first come, first served
	modeCurated = "kurasi"   // the team chooses
)

// quota is /acara kuota [KODE] [jenis] [jumlah] [kurasi|langsung].
func (d *Desk) quota(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "acara kuota", args)
	if e == nil || err != nil {
		return err
	}
	if e.Status == event.EventCancelled {
		return t.Say("event.isoff", templates.Data{"Event": e})
	}
	st := eventState{Phase: evAudience, EventID: e.ID}
	words := strings.Fields(strings.ReplaceAll(rest, "|", " "))
	if len(words) == 0 {
		return d.askPhase(ctx, t, st)
	}
	n := 1
	st.Audience = audienceNamed(words[0])
	if st.Audience == "" && len(words) > 1 { // "pengisi acara 10"
		st.Audience, n = audienceNamed(words[0]+" "+words[1]), 2
	}
	if st.Audience == "" {
		return noteAgain(t, "event.bad.audience", nil, func() error { return d.askPhase(ctx, t, st) })
	}
	words = words[n:]
	q := e.QuotaOf(st.Audience)
	if len(words) > 0 {
		if mode := modeNamed(words[len(words)-1]); mode != "" {
			q.Curated = mode == modeCurated
			if words = words[:len(words)-1]; len(words) == 0 {
				return d.setQuota(ctx, t, e, st.Audience, q)
			}
		}
	}
	st.Phase = evLimit
	if len(words) == 0 {
		return d.askPhase(ctx, t, st)
	}
	limit, ok := readLimit(strings.Join(words, " "))
	if !ok {
		return noteAgain(t, "event.bad.limit", nil, func() error { return d.askPhase(ctx, t, st) })
	}
	q.Limit = limit
	return d.setQuota(ctx, t, e, st.Audience, q)
}

func modeNamed(text string) string {
	switch event.Squeeze(text) {
	case "kurasi", "dipilih", "diseleksi", "seleksi", "dipilihtim", "pilihan":
		return modeCurated
	case "langsung", "otomatis", "siapacepat", "siapacepatdiadapat", "cepat", "tanpakurasi":
		return modeFirst
	}
	return ""
}

// readLimit reads a quota; 0 is no limit.
func readLimit(text string) (int, bool) {
	switch event.Squeeze(text) {
	case "0", "tanpa", "tanpabatas", "tidakterbatas", "bebas", "tidakada", "tanpakuota":
		return 0, true
	}
	n, ok := understand.Count(text)
	return n, ok && n > 0 && n <= quotaMax
}

// askQuota asks whose quota, how many, and who decides.
func (d *Desk) askQuota(t *Turn, st eventState, e *event.Event) error {
	q := e.QuotaOf(st.Audience)
	data := templates.Data{"Event": e, "Audience": st.Audience, "Quota": q, "Quotas": quotaLines(e), "Limit": st.Limit}
	switch st.Phase {
	case evAudience:
		return t.Say("event.ask.audience", data, t.choices(st.Tag, d.audienceChoices(t)...), replyHint())
	case evLimit:
		// Typed numbers are the quota itself, so the proposals are not numbered.
		var keys []choice
		for _, n := range []string{"25", "50", "100", "200"} {
			keys = append(keys, choice{n, pressMark + st.Tag + "|" + n})
		}
		keys = append(keys, choice{t.Label("event", "nolimit"), pressMark + st.Tag + "|0"})
		return t.Say("event.ask.limit", data, t.commands(keys...), replyHint())
	}
	return t.Say("event.ask.mode", data, t.choices(st.Tag, d.modes(t)...), replyHint())
}

func (d *Desk) modes(t *Turn) []choice {
	return []choice{{t.Label("event", modeFirst), modeFirst}, {t.Label("event", modeCurated), modeCurated}}
}

// quotaStep takes an answer about a quota.
func (d *Desk) quotaStep(ctx context.Context, t *Turn, st eventState) error {
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askPhase(ctx, t, st) })
	}
	if steers(t, understand.Back) {
		st.Tag = ""
		if st.Phase == evMode {
			st.Phase = evLimit
		} else {
			st.Phase = evAudience
		}
		return d.askPhase(ctx, t, st)
	}
	if t.In.Kind != channel.Text && t.In.Kind != channel.Press {
		return again("event.bad.kind")
	}
	switch st.Phase {
	case evAudience:
		v, ok := d.chosen(t, st.Tag, d.audienceChoices(t))
		if !ok {
			if v = string(audienceNamed(t.Text())); v == "" {
				return again("answer.choose")
			}
		}
		st.Audience, st.Phase, st.Tag = event.Audience(v), evLimit, ""
		return d.askPhase(ctx, t, st)
	case evLimit:
		n, ok := readLimit(t.Text())
		if !ok {
			return again("event.bad.limit")
		}
		st.Limit, st.Phase, st.Tag = n, evMode, ""
		return d.askPhase(ctx, t, st)
	}
	mode, ok := d.chosen(t, st.Tag, d.modes(t))
	if !ok {
		if mode = modeNamed(t.Text()); mode == "" {
			return again("answer.choose")
		}
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	return d.setQuota(ctx, t, e, st.Audience, event.Quota{Limit: st.Limit, Curated: mode == modeCurated})
}

// setQuota stores a quota, offers places that it frees, and says what that
// means for those who are registered.
func (d *Desk) setQuota(ctx context.Context, t *Turn, e *event.Event, aud event.Audience, q event.Quota) error {
	before := e.QuotaOf(aud)
	t.Close()
	e, err := d.app.UpdateEvent(ctx, t.Actor(), e.ID, "event.quota", quotaWords(aud, before)+" → "+quotaWords(aud, q), func(e *event.Event) {
		quotas := map[event.Audience]event.Quota{}
		for k, v := range e.Quotas {
			quotas[k] = v
		}
		quotas[aud] = q
		e.Quotas = quotas
	})
	if err != nil {
		return err
	}
	if err := d.app.MoveQueue(ctx); err != nil {
		// The planner does it again within a minute.
		t.Log.Warn().Err(err).Msg("waiting list not moved")
	}
	taken, err := d.app.Store().Places().Taken(ctx, e.ID, aud)
	if err != nil {
		return err
	}
	pending, err := d.pending(ctx, e.ID, aud)
	if err != nil {
		return err
	}
	undo := "/acara kuota " + e.ID + " " + quotaWords(aud, before)
	return t.Say("event.quota", templates.Data{
		"Event": e, "Audience": aud, "Quota": q, "Before": before, "Taken": taken, "Pending": pending,
	}, t.commands(choice{t.Label("staff", "undo"), undo}, choice{t.Label("event", "quota"), "/acara kuota " + e.ID}))
}

// quotaWords writes a quota the way the command reads it: "ukm 50 kurasi".
func quotaWords(aud event.Audience, q event.Quota) string {
	mode := modeFirst
	if q.Curated {
		mode = modeCurated
	}
	return string(aud) + " " + strconv.Itoa(q.Limit) + " " + mode
}

// pending counts those who wait for the team's decision.
func (d *Desk) pending(ctx context.Context, eventID string, aud event.Audience) (int, error) {
	n := 0
	err := d.app.EachRegistration(ctx, storage.RegistrationQuery{EventID: eventID, Audience: aud, Statuses: []event.Status{event.Pending}},
		func(*event.Registration) error { n++; return nil })
	return n, err
}
