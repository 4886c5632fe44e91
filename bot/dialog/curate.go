package dialog

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgCurate = "curate"

// Verdicts, as typed and on buttons; label.verdict names them.
const (
	verdictAccept  = "terima"
	verdictDecline = "tolak"
	verdictReserve = "cadangan"
	verdictSkip    = "lewati"
)

type curateState struct {
	Tag     string   `json:"tag"`
	EventID string   `json:"eventId"`
	ID      string   `json:"id,omitempty"` // the registration that is shown
	Skipped []string `json:"skipped,omitempty"`
	Reserve bool     `json:"reserve,omitempty"` // goes through the reserve, not the pending ones
	Reason  bool     `json:"reason,omitempty"`  // the reason of a refusal is asked
}

// curate is /kurasi [NOMOR [terima|tolak alasan|cadangan]]: the team decides
// about registrations of curated audiences, one after the other.
func (d *Desk) curate(ctx context.Context, t *Turn, args string) error {
	if number, rest := cutWord(args); looksLikeNumber(number) {
		return d.curateOne(ctx, t, number, rest)
	}
	e, rest, err := d.eventFor(ctx, t, "kurasi", args)
	if e == nil || err != nil {
		return err
	}
	word, _ := cutWord(rest)
	st := curateState{EventID: e.ID, Reserve: event.Fold(word) == verdictReserve}
	if rest != "" && !st.Reserve {
		if err := t.Note("curate.what", nil); err != nil {
			return err
		}
	}
	return d.nextCard(ctx, t, st)
}

// looksLikeNumber reports whether a word is a registration number, or the
// digits of one.
func looksLikeNumber(w string) bool {
	if w == "" {
		return false
	}
	if strings.Trim(w, "0123456789") == "" {
		return len(w) <= 6
	}
	return strings.HasPrefix(strings.ToUpper(w), "EMK") && strings.Count(w, "-") == 2
}

// curateOne shows one registration, or decides about it at once.
func (d *Desk) curateOne(ctx context.Context, t *Turn, number, rest string) error {
	e, err := d.app.Current(ctx)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("event.none", templates.Data{"Lead": t.Person.Role == event.Lead})
	}
	if err != nil {
		return err
	}
	r, err := d.app.ByNumber(ctx, e, number)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("curate.unknown", templates.Data{"Number": strings.ToUpper(number)})
	}
	if err != nil {
		return err
	}
	st := curateState{EventID: r.EventID, ID: r.ID}
	if t.Chat.Dialog == dlgCurate { // keep what was passed over
		var old curateState
		t.Load(&old)
		if old.EventID == st.EventID {
			st.Skipped, st.Reserve = old.Skipped, old.Reserve
		}
	}
	word, reason := cutWord(rest)
	verdict := verdictNamed(word)
	switch {
	case word != "" && verdict == "":
		return noteAgain(t, "curate.what", nil, func() error { return d.sayPending(ctx, t, st, r) })
	case verdict == "":
		return d.sayPending(ctx, t, st, r)
	}
	return d.decide(ctx, t, st, r, verdict, unbar(reason))
}

func verdictNamed(word string) string {
	switch event.Squeeze(word) {
	case "terima", "diterima", "setuju", "acc", "ok", "oke", "lolos":
		return verdictAccept
	case "tolak", "ditolak", "tidak", "gagal":
		return verdictDecline
	case "cadangan", "cadang", "simpan":
		return verdictReserve
	case "lewati", "lewat", "skip", "nanti", "lanjut", "berikutnya":
		return verdictSkip
	}
	return ""
}

// verdicts are those that a registration in that state can still get.
func verdicts(s event.Status) []string {
	switch s {
	case event.Pending:
		return []string{verdictAccept, verdictDecline, verdictReserve}
	case event.Reserve:
		return []string{verdictAccept, verdictDecline}
	case event.Declined:
		return []string{verdictAccept, verdictReserve}
	case event.Waiting, event.Lapsed:
		return []string{verdictAccept}
	}
	return nil
}

// queueOf lists what waits for a decision, in order of number.
func (d *Desk) queueOf(ctx context.Context, eventID string, reserve bool) (list []*event.Registration, err error) {
	status := event.Pending
	if reserve {
		status = event.Reserve
	}
	q := storage.RegistrationQuery{EventID: eventID, Statuses: []event.Status{status}}
	err = d.app.EachRegistration(ctx, q, func(r *event.Registration) error {
		list = append(list, r)
		return nil
	})
	return list, err
}

// nextCard shows the next one that was not passed over.
func (d *Desk) nextCard(ctx context.Context, t *Turn, st curateState) error {
	list, err := d.queueOf(ctx, st.EventID, st.Reserve)
	if err != nil {
		return err
	}
	for _, r := range list {
		if !slices.Contains(st.Skipped, r.ID) {
			st.ID, st.Reason, st.Tag = r.ID, false, ""
			return d.sayPending(ctx, t, st, r)
		}
	}
	t.Close()
	reserve := 0
	if !st.Reserve {
		others, err := d.queueOf(ctx, st.EventID, true)
		if err != nil {
			return err
		}
		reserve = len(others)
	}
	opts := []Option{}
	if len(list) > 0 {
		again := "/kurasi " + st.EventID
		if st.Reserve {
			again += " " + verdictReserve
		}
		opts = append(opts, t.commands(choice{t.Label("curate", "again"), again}))
	}
	if reserve > 0 {
		opts = append(opts, t.commands(choice{t.Label("curate", "reserve"), "/kurasi " + st.EventID + " " + verdictReserve}))
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		return err
	}
	curated := slices.ContainsFunc(event.Registrable(), func(a event.Audience) bool { return e.QuotaOf(a).Curated })
	return t.Say("curate.none", templates.Data{"Skipped": len(list), "Reserve": reserve, "InReserve": st.Reserve, "Curated": curated, "EventID": st.EventID}, opts...)
}

// sayPending shows a registration with the verdicts that it can get. The
// buttons are commands, so any member of the group may press them, also on an
// older card.
func (d *Desk) sayPending(ctx context.Context, t *Turn, st curateState, r *event.Registration) error {
	if st.Tag == "" {
		st.Tag = tagHere(t, "cu")
	}
	if err := t.Open(dlgCurate, st); err != nil {
		return err
	}
	lines, err := d.cardLines(ctx, t, r)
	if err != nil {
		return err
	}
	e, err := d.app.Event(ctx, r.EventID)
	if err != nil {
		return err
	}
	taken, err := d.app.Store().Places().Taken(ctx, e.ID, r.Audience)
	if err != nil {
		return err
	}
	queue, err := d.queueOf(ctx, st.EventID, st.Reserve)
	if err != nil {
		return err
	}
	list := d.verdictChoices(t, r)
	opts := []Option{d.photoOf(ctx, t, r)}
	if t.Caps.Buttons {
		keys := make([]choice, len(list))
		for i, c := range list {
			keys[i] = choice{c.label, "/kurasi " + r.Number + " " + c.value}
		}
		opts = append(opts, t.commands(keys...))
	} else {
		opts = append(opts, t.choices(st.Tag, list...))
	}
	return t.Say("curate.card", templates.Data{
		"R": r, "Lines": lines, "Queue": len(queue), "Quota": e.QuotaOf(r.Audience), "Taken": taken,
		"Reserve": st.Reserve, "Decidable": len(verdicts(r.Status)) > 0, "Words": strings.Join(append(verdicts(r.Status), verdictSkip), ", "),
	}, append(opts, replyHint())...)
}

func (d *Desk) verdictChoices(t *Turn, r *event.Registration) []choice {
	var out []choice
	for _, v := range verdicts(r.Status) {
		out = append(out, choice{t.Label("verdict", v), v})
	}
	return append(out, choice{t.Label("verdict", verdictSkip), verdictSkip})
}

func (d *Desk) curateStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "kurasi"); !ok {
		return err
	}
	var st curateState
	t.Load(&st)
	if leaving(t) && !t.Stale(st.Tag) {
		t.Close()
		return t.Say("curate.left", nil)
	}
	r, err := d.app.Store().Registrations().Get(ctx, st.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return d.nextCard(ctx, t, st)
	}
	if err != nil {
		return err
	}
	if st.Reason {
		return d.onReason(ctx, t, st, r)
	}
	if t.Stale(st.Tag) {
		return noteAgain(t, "answer.stale", nil, func() error { return d.sayPending(ctx, t, st, r) })
	}
	word, reason := cutWord(t.Text())
	verdict := verdictNamed(word) // "tolak alasannya"
	if verdict == "" || verdict != verdictDecline && reason != "" {
		reason = ""
		var ok bool
		if verdict, ok = d.chosen(t, st.Tag, d.verdictChoices(t, r)); !ok {
			if looksLikeNumber(word) && len(word) > 1 {
				return d.curate(ctx, t, t.Text())
			}
			return noteAgain(t, "answer.choose", nil, func() error { return d.sayPending(ctx, t, st, r) })
		}
	}
	return d.decide(ctx, t, st, r, verdict, reason)
}

// Reasons of a refusal that are offered.
func (d *Desk) declineReasons(t *Turn) []choice {
	var out []choice
	for _, k := range []string{"incomplete", "unfit", "twice"} {
		out = append(out, choice{t.Label("declinereason", k), k})
	}
	return out
}

func (d *Desk) askReason(t *Turn, st curateState, r *event.Registration) error {
	st.Reason, st.ID = true, r.ID
	st.Tag = tagHere(t, "cr")
	if err := t.Open(dlgCurate, st); err != nil {
		return err
	}
	return t.Say("curate.reason", templates.Data{"R": r}, t.choices(st.Tag, d.declineReasons(t)...), replyHint())
}

func (d *Desk) onReason(ctx context.Context, t *Turn, st curateState, r *event.Registration) error {
	if steers(t, understand.Back) {
		st.Reason, st.Tag = false, ""
		return d.sayPending(ctx, t, st, r)
	}
	reason, ok := d.reasonSaid(t, st.Tag, "declinereason", d.declineReasons(t))
	if !ok {
		return noteAgain(t, "curate.bad.reason", nil, func() error { return d.askReason(t, st, r) })
	}
	return d.decide(ctx, t, st, r, verdictDecline, reason)
}

// reasonMax is the longest reason, in characters.
const reasonMax = 300

// reasonSaid reads a reason: one that was offered, or in one's own words.
func (d *Desk) reasonSaid(t *Turn, tag, label string, offered []choice) (string, bool) {
	if t.In.Kind != channel.Text && t.In.Kind != channel.Press || t.Stale(tag) {
		return "", false
	}
	text := t.Text()
	if i := slices.IndexFunc(offered, func(c choice) bool { return c.value == text || c.label == text }); i >= 0 {
		return t.Label(label, offered[i].value), true
	}
	if len(text) == 1 {
		if k, ok := d.chosen(t, tag, offered); ok {
			return t.Label(label, k), true
		}
	}
	line, problem := readLine(text, reasonMax, "curate.bad.reason")
	return line, problem == ""
}

// decide carries a verdict out and shows the next card.
func (d *Desk) decide(ctx context.Context, t *Turn, st curateState, r *event.Registration, verdict, reason string) error {
	if verdict == verdictSkip {
		st.Skipped = append(st.Skipped, r.ID)
		return d.nextCard(ctx, t, st)
	}
	to := map[string]event.Status{verdictAccept: event.Confirmed, verdictDecline: event.Declined, verdictReserve: event.Reserve}[verdict]
	if r.Status == to {
		return noteAgain(t, "curate.already", templates.Data{"R": r}, func() error { return d.nextCard(ctx, t, st) })
	}
	if !slices.Contains(verdicts(r.Status), verdict) {
		return noteAgain(t, "curate.cannot", templates.Data{"R": r}, func() error { return d.nextCard(ctx, t, st) })
	}
	if verdict == verdictDecline && reason == "" {
		return d.askReason(t, st, r)
	}
	decided, err := d.app.Curate(ctx, t.Actor(), r.ID, app.Verdict{To: to, Reason: reason})
	if errors.Is(err, storage.ErrFull) {
		return noteAgain(t, "curate.full", templates.Data{"R": r}, func() error { return d.sayPending(ctx, t, st, r) })
	}
	if err != nil {
		// Somebody else may have decided in the meantime.
		if now, getErr := d.app.Store().Registrations().Get(ctx, r.ID); getErr == nil && now.Status != r.Status {
			return noteAgain(t, "curate.meanwhile", templates.Data{"R": now}, func() error { return d.nextCard(ctx, t, st) })
		}
		return err
	}
	return noteAgain(t, "curate.done", templates.Data{"R": decided, "Reason": reason, "Booth": booth(decided)}, func() error { return d.nextCard(ctx, t, st) })
}
