package dialog

import (
	"context"
	"errors"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgCancel = "cancel"

type cancelState struct {
	ID string `json:"id"`
}

// cancel is /batal. What a word could mean goes by what is open: the draft
// before what was sent already.
func (d *Desk) cancel(ctx context.Context, t *Turn, args string) error {
	if args == "" && t.Chat.Draft != nil {
		return d.askDrop(t, registerState{Phase: phAsk, EventID: t.Chat.Draft.EventID, Audience: t.Chat.Draft.Audience})
	}
	return d.withOne(ctx, t, forCancel, args, func(_ context.Context, t *Turn, r *event.Registration) error {
		return d.askCancel(t, r)
	})
}

func (d *Desk) askCancel(t *Turn, r *event.Registration) error {
	if err := t.Open(dlgCancel, cancelState{ID: r.ID}); err != nil {
		return err
	}
	return t.Say("cancel.sure", templates.Data{"R": r},
		t.choices(cancelTag(r), choice{t.Label("answer", "yescancel"), "ya"}, choice{t.Label("answer", "keepit"), "tidak"}))
}

func cancelTag(r *event.Registration) string { return dlgCancel + "." + r.Number }

func (d *Desk) cancelStep(ctx context.Context, t *Turn) error {
	var st cancelState
	t.Load(&st)
	r, err := d.app.Store().Registrations().Get(ctx, st.ID)
	if errors.Is(err, storage.ErrNotFound) {
		t.Close()
		return t.Say("status.none", nil)
	}
	if err != nil {
		return err
	}
	if !r.Status.Active() { // decided elsewhere meanwhile
		t.Close()
		return t.Say("status.other", templates.Data{"R": r}, d.nextThings(t))
	}
	yes, sure := d.agreed(t, cancelTag(r), "yescancel", "keepit")
	switch {
	case !sure:
		return d.leaveOr(ctx, t, func() error { return d.askCancel(t, r) })
	case !yes:
		t.Close()
		return t.Say("cancel.kept", templates.Data{"R": r}, t.commands(choice{t.Label("menu", "status"), "/status"}))
	}
	if r, err = d.app.Cancel(ctx, t.Actor(), r.ID, ""); err != nil {
		return err
	}
	t.Close()
	return t.Say("cancel.done", templates.Data{"R": r}, t.commands(choice{t.Label("menu", "daftar"), "/daftar"}))
}
