package dialog

import (
	"context"
	"errors"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// sendingNamed finds the broadcast that a verb is about: the one named, or the
// latest of the current event that is not over. nil where it has answered.
func (d *Desk) sendingNamed(ctx context.Context, t *Turn, id string, want ...storage.BroadcastStatus) (*storage.Broadcast, error) {
	id, _ = cutWord(id)
	if id != "" {
		b, err := d.app.Broadcast(ctx, strings.ToLower(id))
		if errors.Is(err, storage.ErrNotFound) {
			return nil, t.Say("sebar.unknown", nil)
		}
		return b, err
	}
	e, err := d.app.Current(ctx)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, t.Say("sebar.unknown", nil)
	}
	if err != nil {
		return nil, err
	}
	all, err := d.app.Broadcasts(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	for _, status := range want {
		for _, b := range all {
			if b.Status == status {
				return b, nil
			}
		}
	}
	return nil, t.Say("sebar.unknown", nil)
}

type steering func(ctx context.Context, by app.Actor, id string) (*storage.Broadcast, error)

// steerSending pauses, resumes or cancels.
func (d *Desk) steerSending(ctx context.Context, t *Turn, id, key string, do steering) error {
	b, err := d.sendingNamed(ctx, t, id, storage.BroadcastRunning, storage.BroadcastPaused, storage.BroadcastApproved, storage.BroadcastWaiting)
	if b == nil || err != nil {
		return err
	}
	now, err := do(ctx, t.Actor(), b.ID)
	if errors.Is(err, app.ErrBroadcastState) {
		return t.Say("sebar.cannot", templates.Data{"B": b})
	}
	if err != nil {
		return err
	}
	return t.Say(key, templates.Data{"B": now})
}

func (d *Desk) retrySending(ctx context.Context, t *Turn, args string) error {
	word, rest := cutWord(args)
	uncertain := event.Fold(word) == "ragu"
	if uncertain {
		args = rest
	}
	b, err := d.sendingToRetry(ctx, t, args, uncertain)
	if b == nil || err != nil {
		return err
	}
	_, did, err := d.app.RetryBroadcast(ctx, t.Actor(), b.ID, uncertain)
	if errors.Is(err, app.ErrBroadcastState) {
		return t.Say("sebar.cannot", templates.Data{"B": b})
	}
	if err != nil {
		return err
	}
	return t.Say("sebar.retried", templates.Data{"N": did.N, "Corrected": did.Elsewhere, "BadAddress": did.BadAddress})
}

// sendingToRetry finds the broadcast whose messages are tried again: the one
// named, or the latest in which there is one to try.
func (d *Desk) sendingToRetry(ctx context.Context, t *Turn, id string, uncertain bool) (*storage.Broadcast, error) {
	b, err := d.sendingNamed(ctx, t, id, storage.BroadcastFinished, storage.BroadcastRunning)
	if b == nil || err != nil || strings.TrimSpace(id) != "" {
		return b, err
	}
	all, err := d.app.Broadcasts(ctx, b.EventID)
	if err != nil {
		return nil, err
	}
	for _, other := range all {
		if other.Status != storage.BroadcastFinished && other.Status != storage.BroadcastRunning {
			continue
		}
		p, err := d.app.ProgressOf(ctx, other)
		if err != nil {
			return nil, err
		}
		if !uncertain && p.Failed > 0 || uncertain && p.Uncertain > 0 {
			return other, nil
		}
	}
	return b, nil
}

func (d *Desk) approveSending(ctx context.Context, t *Turn, id string) error {
	b, err := d.sendingNamed(ctx, t, id, storage.BroadcastWaiting)
	if b == nil || err != nil {
		return err
	}
	now, err := d.app.ApproveBroadcast(ctx, t.Actor(), b.ID)
	switch {
	case errors.Is(err, app.ErrOwnBroadcast):
		return t.Say("sebar.own", templates.Data{"Most": app.MaxAlone})
	case errors.Is(err, app.ErrBroadcastState):
		return t.Say("sebar.cannot", templates.Data{"B": b})
	case err != nil:
		return err
	}
	if err := d.tellMaker(ctx, t, now, "sebar.told.approved"); err != nil {
		return err
	}
	return t.Say("sebar.approved", templates.Data{"B": now, "Now": !now.StartAt.After(d.app.Now())})
}

func (d *Desk) refuseSending(ctx context.Context, t *Turn, id string) error {
	b, err := d.sendingNamed(ctx, t, id, storage.BroadcastWaiting)
	if b == nil || err != nil {
		return err
	}
	if b.Status != storage.BroadcastWaiting && b.Status != storage.BroadcastCancelled {
		return t.Say("sebar.cannot", templates.Data{"B": b})
	}
	if _, err := d.app.CancelBroadcast(ctx, t.Actor(), b.ID); err != nil {
		return err
	}
	if err := d.tellMaker(ctx, t, b, "sebar.told.refused"); err != nil {
		return err
	}
	return t.Say("sebar.refused", nil)
}

func (d *Desk) tellMaker(ctx context.Context, t *Turn, b *storage.Broadcast, key string) error {
	e, err := d.app.Event(ctx, b.EventID)
	if err != nil {
		return err
	}
	maker, err := d.app.Store().People().Get(ctx, b.MadeBy)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.tell(t, maker, key, templates.Data{"Event": e, "B": b, "By": t.Person.Name})
}

// sendingLine is one broadcast in /sebar status.
type sendingLine struct {
	*storage.Broadcast
	Names                     string
	Done, Sent, Total, Failed int
	Later                     bool
	Over                      bool
}

// sendings is /sebar status.
func (d *Desk) sendings(ctx context.Context, t *Turn, args string) error {
	e, _, err := d.eventFor(ctx, t, "sebar status", args)
	if e == nil || err != nil {
		return err
	}
	all, err := d.app.Broadcasts(ctx, e.ID)
	if err != nil {
		return err
	}
	var lines []sendingLine
	var buttons []choice
	for _, b := range all {
		if b.Status == storage.BroadcastDraft {
			continue
		}
		p, err := d.app.ProgressOf(ctx, b)
		if err != nil {
			return err
		}
		if b.Status == storage.BroadcastCancelled && p.Done() == 0 {
			continue // it never began
		}
		lines = append(lines, sendingLine{
			Broadcast: b, Names: d.audienceNames(b.Audiences), Done: p.Done(), Sent: p.Sent, Total: p.Total, Failed: p.Failed,
			Later: b.Status == storage.BroadcastApproved || b.Status == storage.BroadcastWaiting, Over: app.BroadcastOver(b.Status),
		})
		switch b.Status {
		case storage.BroadcastRunning:
			buttons = append(buttons, choice{t.Label("sebar", "pause"), "/sebar jeda " + b.ID}, choice{t.Label("sebar", "cancel"), "/sebar batalkan " + b.ID})
		case storage.BroadcastPaused:
			buttons = append(buttons, choice{t.Label("sebar", "resume"), "/sebar lanjut " + b.ID}, choice{t.Label("sebar", "cancel"), "/sebar batalkan " + b.ID})
		case storage.BroadcastWaiting, storage.BroadcastApproved:
			buttons = append(buttons, choice{t.Label("sebar", "cancel"), "/sebar batalkan " + b.ID})
		case storage.BroadcastFinished:
			if p.Failed > 0 {
				buttons = append(buttons, choice{t.Label("sebar", "retry"), "/sebar ulangi " + b.ID})
			}
		}
	}
	return t.Say("sebar.list", templates.Data{"Event": e, "List": lines}, t.commands(buttons...))
}

// handed is the button under an official's invitation: a member passed it on.
func (d *Desk) handed(ctx context.Context, t *Turn, code string) error {
	g, err := d.app.GuestByCode(ctx, code)
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("answer.oldbutton", nil)
	}
	if err != nil {
		return err
	}
	g, _, err = d.app.HandedOver(ctx, t.Actor(), g.ID)
	if err != nil {
		return err
	}
	return t.Say("sebar.handed", templates.Data{"P": g})
}
