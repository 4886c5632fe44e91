package dialog

import (
	"context"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

const dlgErase = "erase"

type eraseState struct{}

// myData is /datasaya: what is kept about the person (UU PDP, right of access).
func (d *Desk) myData(ctx context.Context, t *Turn, _ string) error {
	data, err := d.app.DataOf(ctx, t.Person)
	if err != nil {
		return err
	}
	type entry struct {
		Number string
		Lines  []answerLine
	}
	var regs []entry
	for _, r := range data.Registrations {
		lines, err := d.answerLines(ctx, t, r.Audience, r.Answers)
		if err != nil {
			return err
		}
		regs = append(regs, entry{r.Number, lines})
	}
	var draft []answerLine
	if data.Draft != nil {
		if draft, err = d.answerLines(ctx, t, data.Draft.Audience, data.Draft.Answers); err != nil {
			return err
		}
	}
	type surveyEntry struct {
		EventID string
		Lines   []surveyLine
	}
	var surveys []surveyEntry
	for _, r := range data.Surveys {
		s, err := d.app.Survey(ctx, r.EventID)
		if err != nil {
			return err
		}
		surveys = append(surveys, surveyEntry{r.EventID, d.surveyLines(t, s, r)})
	}
	return t.Say("privacy.mydata", templates.Data{
		"Surveys": surveys,
		"Person":  t.Person, "Phone": understand.FormatPhone(t.Person.Phone), "Registrations": regs, "Draft": draft, "Guest": guestsBeside(data),
	}, t.commands(choice{t.Label("menu", "hapusdata"), "/hapusdata"}))
}

// guestShown is what a participation adds to what the registration of its event
// has shown already.
type guestShown struct {
	*event.Participation
	Listed bool // there is more to show than the arrival
}

// guestsBeside leaves out of each participation what its registration says: the
// position above all, which a registration parts from the name ("Dedi,
// sekretaris").
func guestsBeside(data app.PersonalData) []guestShown {
	var out []guestShown
	for _, p := range data.Participations {
		g := guestShown{new(*p), p.RegistrationID == ""}
		var said []string
		for _, r := range data.Registrations {
			if r.EventID != p.EventID {
				continue
			}
			for _, v := range r.Answers {
				said = append(said, event.Fold(v))
			}
		}
		if p.RegistrationID != "" {
			for _, f := range []*string{&g.Organisation, &g.Position, &g.Email, &g.Telegram} {
				if slices.ContainsFunc(said, func(v string) bool { return strings.Contains(v, event.Fold(*f)) }) {
					*f = ""
				}
				g.Listed = g.Listed || *f != ""
			}
			if g.Reply.Source == app.SourceRegistration {
				g.Reply = event.Reply{}
			}
			g.Listed = g.Listed || g.Reply.Answer != event.Silent
		}
		out = append(out, g)
	}
	return out
}

// deleteData is /hapusdata: deletes everything after a yes.
func (d *Desk) deleteData(ctx context.Context, t *Turn, _ string) error {
	data, err := d.app.DataOf(ctx, t.Person)
	if err != nil {
		return err
	}
	return d.askErase(t, len(data.Registrations))
}

func (d *Desk) askErase(t *Turn, registrations int) error {
	if err := t.Open(dlgErase, eraseState{}); err != nil {
		return err
	}
	return t.Say("privacy.sure", templates.Data{"Registrations": registrations, "Staff": t.Person.Role.Staff()},
		t.choices(dlgErase, choice{t.Label("answer", "yeserase"), "ya"}, choice{t.Label("answer", "keepit"), "tidak"}))
}

func (d *Desk) eraseStep(ctx context.Context, t *Turn) error {
	yes, sure := d.agreed(t, dlgErase, "yeserase", "keepit")
	switch {
	case !sure:
		return d.leaveOr(ctx, t, func() error { return d.deleteData(ctx, t, "") })
	case !yes:
		t.Close()
		return t.Say("privacy.kept", nil)
	}
	if err := d.forgetChats(ctx, t); err != nil {
		return err
	}
	n, err := d.app.DeletePerson(ctx, t.Actor())
	if err != nil {
		return err
	}
	t.Chat.Draft = nil
	t.touchDraft(d.app.Now())
	t.Close()
	if !t.Person.Role.Staff() {
		t.Chat.PersonID = ""
	}
	return t.Say("privacy.erased", templates.Data{"Registrations": n}, dropKeys())
}

// forgetChats has the channels delete what they keep of a person by themselves,
// before it is forgotten which chats those are.
func (d *Desk) forgetChats(ctx context.Context, t *Turn) error {
	chats := []channel.Chat{t.In.Chat}
	for _, a := range t.Person.Accounts {
		if chat, err := channel.ParseChat(a.Chat); err == nil && chat != t.In.Chat {
			chats = append(chats, chat)
		}
	}
	for _, chat := range chats {
		if err := d.net.Forget(ctx, chat); err != nil {
			return err
		}
	}
	return nil
}

// stop is STOP: nothing is sent unasked any more, on any channel.
func (d *Desk) stop(ctx context.Context, t *Turn, _ string) error {
	p, err := d.app.Stop(ctx, t.Actor())
	if err != nil {
		return err
	}
	t.Person = p
	return t.Say("privacy.stopped", nil, dropKeys())
}
