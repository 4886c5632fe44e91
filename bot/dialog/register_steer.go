package dialog

import (
	"context"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// wander obeys a single word that is a command, in the midst of the questions.
// At the summary and in lists such words are answers.
func (d *Desk) wander(ctx context.Context, t *Turn, st *registerState) (done bool, err error) {
	if t.Chat.Draft == nil || st.Phase != phAsk && st.Phase != phOptional || len(strings.Fields(t.Text())) != 1 {
		return false, nil
	}
	switch intent(t.Text()) {
	case understand.Change:
		return true, d.askField(ctx, t, *st)
	case understand.Status:
		return true, d.status(ctx, t, "")
	}
	return false, nil
}

// repeat asks the standing question again.
func (d *Desk) repeat(ctx context.Context, t *Turn, st registerState) error {
	switch st.Phase {
	case phAsk, phOptional, phSummary:
		if t.Chat.Draft != nil {
			asked := st.Asked
			if len(asked.Offered) > 0 || asked.Kecamatan != "" {
				return d.askPlace(t, t.Chat.Draft.Audience, asked, registerTag(t.Chat.Draft))
			}
			return d.proceed(ctx, t, st)
		}
	case phField:
		return d.askField(ctx, t, st)
	case phSame:
		return d.askSame(ctx, t, st)
	case phConsent, phEvent, phAudience, phAgain, phReuse:
		st.Earlier = ""
		return d.gate(ctx, t, st)
	}
	return d.resumeOrStart(ctx, t)
}

// goBack takes the latest answer away and asks for it again.
func (d *Desk) goBack(ctx context.Context, t *Turn, st registerState) error {
	dr := t.Chat.Draft
	if dr == nil {
		if st.Phase == phAudience || st.Phase == phConsent {
			if err := t.Note("register.first", nil); err != nil {
				return err
			}
			return d.repeat(ctx, t, st)
		}
		return d.gate(ctx, t, registerState{})
	}
	if st.Phase == phField || st.Phase == phSame {
		return d.proceed(ctx, t, st)
	}
	if dr.Fixing != "" { // what was being corrected stays as it is
		dr.Back()
		if err := t.Note("change.kept", nil); err != nil {
			return err
		}
		return d.proceed(ctx, t, st)
	}
	if st.Phase == phAsk && (st.Asked.Kecamatan != "" || len(st.Asked.Offered) > 0) {
		return d.proceed(ctx, t, st) // only the second half of a place was asked
	}
	if st.Phase == phSummary && dr.Optional != "" && !(dr.Optional == "yes" && d.answeredOptional(dr)) || st.Phase == phAsk && dr.Optional == "yes" && !d.answeredOptional(dr) {
		dr.Optional = ""
		return d.proceed(ctx, t, st)
	}
	key, old, ok := dr.Back()
	if !ok {
		if err := t.Note("register.first", nil); err != nil {
			return err
		}
		return d.proceed(ctx, t, st)
	}
	if old != "" {
		if err := t.Note("register.back", templates.Data{"Field": t.fieldName(dr.Audience, key), "Old": d.show(t, dr.Audience, key, old)}); err != nil {
			return err
		}
	}
	return d.proceed(ctx, t, st)
}

func (d *Desk) answeredOptional(dr *event.Draft) bool {
	if len(dr.Trail) == 0 {
		return false
	}
	form, _ := event.FormOf(dr.Audience)
	fd, ok := form.Field(dr.Trail[len(dr.Trail)-1])
	return ok && fd.Optional
}

func (d *Desk) askDrop(t *Turn, st registerState) error {
	if t.Chat.Draft == nil {
		t.Close()
		return t.Say("register.dropped", nil)
	}
	st.Before, st.Phase = st.Phase, phDrop
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.drop", nil,
		t.choices(string(phDrop), choice{t.Label("answer", "yesdrop"), "ya"}, choice{t.Label("answer", "goon"), "tidak"}))
}

func (d *Desk) onDrop(ctx context.Context, t *Turn, st registerState) error {
	yes, sure := d.agreed(t, string(phDrop), "yesdrop", "goon")
	switch {
	case !sure && intent(t.Text()) != understand.Cancel:
		st.Phase = st.Before
		return d.repeat(ctx, t, st)
	case sure && !yes:
		st.Phase = st.Before
		return d.repeat(ctx, t, st)
	}
	if err := d.app.DropDraft(ctx, t.Chat.Draft); err != nil {
		return err
	}
	t.Chat.Draft = nil
	t.touchDraft(d.app.Now())
	t.Close()
	return t.Say("register.dropped", nil, dropKeys())
}

func (d *Desk) askRestart(t *Turn, st registerState) error {
	st.Before, st.Phase = st.Phase, phRestart
	if err := t.Open(dlgRegister, st); err != nil {
		return err
	}
	return t.Say("register.restart", nil,
		t.choices(string(phRestart), choice{t.Label("answer", "yesrestart"), "ya"}, choice{t.Label("answer", "goon"), "tidak"}))
}

func (d *Desk) onRestart(ctx context.Context, t *Turn, st registerState) error {
	if yes, sure := d.agreed(t, string(phRestart), "yesrestart", "goon"); !sure || !yes {
		st.Phase = st.Before
		return d.repeat(ctx, t, st)
	}
	t.Chat.Draft = nil
	t.touchDraft(d.app.Now())
	return d.gate(ctx, t, registerState{EventID: st.EventID, Another: st.Another})
}

// back is /kembali.
func (d *Desk) back(ctx context.Context, t *Turn, _ string) error {
	if t.Chat.Draft == nil && t.Chat.Dialog != dlgRegister {
		return t.Say("register.nothing", nil, t.commands(choice{t.Label("menu", "daftar"), "/daftar"}))
	}
	var st registerState
	if t.Chat.Dialog == dlgRegister {
		t.Load(&st)
	}
	return d.goBack(ctx, t, st)
}
