package dialog

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// historyPage is how many entries /riwayat shows at a time.
const historyPage = 15

// sameInstant is how many more are read, so that a page does not end amid
// entries of one instant: the next one continues before it.
const sameInstant = 35

// deed is one line of the trail.
type deed struct {
	At                   time.Time
	Who, Action, Subject string
	Detail               string
	Group                bool // done in the team's group
}

// history is /riwayat [kata]: who did what. A last word "@…" is where an
// earlier page ended.
func (d *Desk) history(ctx context.Context, t *Turn, args string) error {
	words := strings.Fields(args)
	var before time.Time
	if n := len(words); n > 0 && strings.HasPrefix(words[n-1], "@") {
		if ms, err := strconv.ParseInt(words[n-1][1:], 36, 64); err == nil && ms > 0 {
			before, words = time.UnixMilli(ms).UTC(), words[:n-1]
		}
	}
	search := strings.Join(words, " ")
	actual, err := d.searched(ctx, search)
	if err != nil {
		return err
	}
	list, err := d.app.History(ctx, actual, before, historyPage+sameInstant)
	if err != nil {
		return err
	}
	shown := list[:min(len(list), historyPage)]
	for len(shown) < len(list) && list[len(shown)].At.Equal(shown[len(shown)-1].At) {
		shown = list[:len(shown)+1]
	}
	group, _, err := d.app.Group(ctx)
	if err != nil {
		return err
	}
	var deeds []deed
	for _, e := range shown {
		line := d.deed(t, e)
		line.Group = e.Chat == group.Chat.String()
		deeds = append(deeds, line)
	}
	opts := []Option{}
	older := ""
	if len(list) > len(shown) {
		older = strings.Join(append(append([]string{"/riwayat"}, words...), "@"+strconv.FormatInt(shown[len(shown)-1].At.UnixMilli(), 36)), " ")
		if len(older) <= channel.MaxButtonValue {
			opts = append(opts, t.commands(choice{t.Label("history", "older"), older}))
		}
		if t.Caps.Buttons && len(older) <= channel.MaxButtonValue {
			older = ""
		}
	}
	return t.Say("history.list", templates.Data{"Deeds": deeds, "Search": search, "Older": older, "First": before.IsZero()}, opts...)
}

// searched is what to search the trail for: the word itself where it occurs
// in a name, a subject or an action, else the actions whose label says it.
func (d *Desk) searched(ctx context.Context, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	hit, err := d.app.History(ctx, text, time.Time{}, 1)
	if err != nil || len(hit) > 0 {
		return text, err
	}
	const prefix = "label.action."
	var subjects, verbs []string
	for _, key := range d.texts.Keys() {
		action, ok := strings.CutPrefix(key, prefix)
		if !ok || !strings.Contains(d.texts.Label("action", action), event.Fold(text)) {
			continue
		}
		subject, verb, _ := strings.Cut(action, ".")
		subjects, verbs = append(subjects, subject+"."), append(verbs, "."+verb)
	}
	slices.Sort(subjects)
	slices.Sort(verbs)
	switch {
	case len(verbs) == 0:
		return text, nil
	case len(verbs) == 1:
		return subjects[0] + verbs[0][1:], nil
	case verbs[0] == verbs[len(verbs)-1]:
		return verbs[0], nil // "membatalkan": whatever was cancelled
	case subjects[0] == subjects[len(subjects)-1]:
		return subjects[0], nil // "acara": whatever was done to an event
	}
	return text, nil
}

// deed writes an entry for reading. In a group it holds no personal data.
func (d *Desk) deed(t *Turn, e storage.AuditEntry) deed {
	out := deed{At: e.At, Who: e.Name, Action: t.Label("action", e.Action), Subject: e.Subject, Detail: e.Detail}
	first, rest, _ := strings.Cut(e.Detail, " ")
	switch e.Action {
	case "team.role":
		out.Detail = roleLabel(t, e.Detail)
	case "team.invite":
		out.Subject = roleLabel(t, e.Subject)
	case "registration.curate":
		out.Detail = strings.TrimSpace(t.Label("status", first) + " " + bracket(rest))
	case "registration.submit":
		if t.In.Group {
			out.Detail = ""
		}
	case "registration.change":
		key, change, _ := strings.Cut(e.Detail, ": ")
		out.Detail = t.Label("field", key)
		if !t.In.Group {
			before, after, _ := strings.Cut(change, " → ")
			out.Detail += ": " + readable(key, before) + " → " + readable(key, after)
		}
	case "rsvp.answer", "rsvp.undo":
		out.Detail = strings.TrimSpace(t.Label("rsvp", first) + " " + bracket(t.Label("source", rest)))
		if e.Action == "rsvp.answer" && e.Name == e.Subject { // the guest's own answer
			out.Action, out.Subject = t.Label("history", "answered"), ""
		}
	case "rsvp.close":
		out.Detail = t.Label("closed", e.Detail)
	case "registration.export":
		out.Detail = first + " " + t.Label("history", "rows") + " " + strings.ToUpper(rest)
	case "event.announce":
		_, n, _ := strings.Cut(e.Detail, ": ")
		out.Detail = n + " " + t.Label("history", "people")
	case "consent.give", "person.delete":
		out.Detail = ""
	case "event.quota":
		if before, after, ok := strings.Cut(e.Detail, " → "); ok {
			out.Detail = quotaSaid(t, before) + " → " + quotaSaid(t, after)
		}
	case "group.bind":
		out.Subject, out.Detail = e.Detail, ""
	}
	return out
}

// quotaSaid reads what quotaWords wrote: "ukm 50 kurasi" is "UKM 50, Kurasi".
func quotaSaid(t *Turn, words string) string {
	f := strings.Fields(words)
	if len(f) != 3 {
		return words
	}
	limit := f[1]
	if limit == "0" {
		limit = strings.ToLower(t.Label("event", "nolimit"))
	}
	return t.Label("audience", f[0]) + " " + limit + ", " + f[2]
}

func roleLabel(t *Turn, role string) string {
	if role == "" {
		return t.Label("role", "guest")
	}
	return t.Label("role", role)
}

func bracket(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	return "(" + s + ")"
}

// readable writes a stored answer of any form for reading.
func readable(key, v string) string {
	switch {
	case v == "":
		return "–"
	case key == event.KeyPhone:
		return understand.FormatPhone(v)
	case key == event.KeyLocation:
		l := event.ParseLocality(v)
		if l.Outside {
			return l.Name
		}
		return strings.Trim(l.Desa+", "+l.Kecamatan, ", ")
	}
	return v
}
