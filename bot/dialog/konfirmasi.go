package dialog

import (
	"context"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

const dlgConfirm = "confirm"

// confirmState: an answer that waits for the guest it is for.
type confirmState struct {
	Guests []string `json:"guests"` // participation IDs, as numbered
	Reply  string   `json:"reply"`  // "hadir 2"
	Source string   `json:"source"`
}

// confirm is /konfirmasi: how the answers stand; with a name, an answer that
// came by telephone, on paper, or to a member's own chat.
func (d *Desk) confirm(ctx context.Context, t *Turn, args string) error {
	e, err := d.app.Current(ctx)
	if err != nil {
		return t.Say("konfirmasi.noevent", nil)
	}
	if args == "" {
		return d.showConfirmations(ctx, t, e)
	}
	if rank(t.Person.Role) < rank(event.Member) {
		return t.Say("auth.refused", nil)
	}
	f := fields(args)
	source := "telepon"
	if len(f) > 1 && f[1] != "" {
		source = event.Fold(f[1])
	}
	name, reply := splitReply(f[0])
	if name == "" || reply == "" {
		return t.Say("konfirmasi.usage", nil)
	}
	found, more, err := d.app.Guests(ctx, e.ID, name, 8)
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		return t.Say("konfirmasi.unknown", templates.Data{"Name": name})
	case len(found) == 1:
		return d.enterAnswer(ctx, t, found[0].ID, reply, source)
	}
	st := confirmState{Reply: reply, Source: source}
	var list []choice
	for _, p := range found {
		st.Guests = append(st.Guests, p.ID)
		label := p.Name
		if p.Organisation != "" {
			label += " (" + p.Organisation + ")"
		}
		list = append(list, choice{shorten(label, 40), p.ID})
	}
	if err := t.Open(dlgConfirm, st); err != nil {
		return err
	}
	return t.Say("konfirmasi.which", templates.Data{"More": more}, t.choices(dlgConfirm, guestChoices(list)...))
}

// guestChoices puts numbers in place of IDs, which are too long for a button.
func guestChoices(list []choice) []choice {
	out := make([]choice, len(list))
	for i, c := range list {
		out[i] = choice{c.label, string(rune('1' + i))}
	}
	return out
}

func (d *Desk) confirmStep(ctx context.Context, t *Turn) error {
	var st confirmState
	t.Load(&st)
	text := t.Text()
	if len(text) == 1 && text[0] >= '1' && int(text[0]-'1') < len(st.Guests) && !t.Stale(dlgConfirm) {
		t.Close()
		return d.enterAnswer(ctx, t, st.Guests[text[0]-'1'], st.Reply, st.Source)
	}
	return d.leaveOr(ctx, t, func() error { return t.Say("answer.choose", nil) })
}

// splitReply parts "Dedi Supriadi hadir 2" into the name and the answer: the
// longest end that reads as an answer.
func splitReply(s string) (name, reply string) {
	words := strings.Fields(s)
	for i := 1; i < len(words); i++ {
		rest := strings.Join(words[i:], " ")
		switch understand.Reply(rest, understand.ReplyContext{Asked: true}).Meaning {
		case understand.MeansYes, understand.MeansNo, understand.MeansMaybe, understand.MeansDelegated:
			return strings.Join(words[:i], " "), rest
		}
	}
	return "", ""
}

func (d *Desk) enterAnswer(ctx context.Context, t *Turn, id, text, source string) error {
	r := understand.Reply(text, understand.ReplyContext{Asked: true})
	heads := r.People
	if n, ok := understand.Count(text); ok && heads == 0 {
		heads = n
	}
	p, err := d.app.Answer(ctx, t.Actor(), id, event.Reply{
		Answer: event.Answer(r.Meaning), Heads: heads, Delegate: r.Who, Late: r.Late, Reason: r.Reason,
		Text: text, Source: source, By: t.Person.ID,
	})
	if err != nil {
		return err
	}
	return t.Say("konfirmasi.entered", templates.Data{"P": p, "Source": source})
}

func (d *Desk) showConfirmations(ctx context.Context, t *Turn, e *event.Event) error {
	c, err := d.app.Confirmations(ctx, e)
	if err != nil {
		return err
	}
	return t.Say("konfirmasi.show", templates.Data{"C": c, "Event": e, "Days": e.DaysBefore(d.app.Now())})
}

// ownFAQ finds a question of the team's own list that fits.
func (d *Desk) ownFAQ(ctx context.Context, text string) (answer string, ok bool, err error) {
	list, err := d.app.FAQ(ctx)
	if err != nil {
		return "", false, err
	}
	best, most := "", 0
	words := event.Fold(text)
	for _, f := range list {
		hits := 0
		for _, w := range strings.Fields(event.Fold(f.Words)) {
			if strings.Contains(words, w) {
				hits++
			}
		}
		if need := len(strings.Fields(f.Words)); hits == need && hits > most {
			best, most = f.Answer, hits
		}
	}
	return best, most > 0, nil
}

// tanya is /tanya: the team's own answers, and the questions that wait.
func (d *Desk) tanya(ctx context.Context, t *Turn, args string) error {
	if args == "" {
		list, err := d.app.FAQ(ctx)
		if err != nil {
			return err
		}
		open, err := d.app.Store().Questions().Open(ctx, 10)
		if err != nil {
			return err
		}
		return t.Say("tanya.list", templates.Data{"List": list, "Open": open})
	}
	name, rest, _ := strings.Cut(args, " ")
	f := fields(rest)
	switch event.Fold(name) {
	case "tambah":
		if len(f) < 2 || f[0] == "" || f[1] == "" {
			return t.Say("tanya.usage", nil)
		}
		if err := d.app.SetFAQ(ctx, t.Actor(), f[0], f[1]); err != nil {
			return err
		}
		return t.Say("tanya.added", templates.Data{"Words": f[0], "Answer": f[1]})
	case "hapus":
		if err := d.app.SetFAQ(ctx, t.Actor(), rest, ""); err != nil {
			return err
		}
		return t.Say("tanya.removed", templates.Data{"Words": rest})
	}
	return t.Say("tanya.usage", nil)
}
