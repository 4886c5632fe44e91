package dialog

import (
	"context"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

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
		if rest == "" {
			return t.Say("tanya.usage.remove", nil)
		}
		list, err := d.app.FAQ(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(f app.FAQ) bool { return event.Fold(f.Words) == event.Fold(rest) }) {
			return t.Say("tanya.unknown", templates.Data{"Words": rest})
		}
		if err := d.app.SetFAQ(ctx, t.Actor(), rest, ""); err != nil {
			return err
		}
		return t.Say("tanya.removed", templates.Data{"Words": rest})
	}
	return t.Say("tanya.usage", nil)
}
