package scheduler

import (
	"context"
	"time"
)

// How long what is done with is kept, by the process clock.
const (
	inboxKept  = 7 * 24 * time.Hour
	outboxKept = 90 * 24 * time.Hour
	filesKept  = 30 * 24 * time.Hour // tickets, charts, exports: made anew when asked for
	cleanEvery = time.Hour
)

// made lists the prefixes of blobs that can be made anew.
var made = []string{"ticket/", "calendar/", "chart/", "export/", "door/", "hadir/", "stan/", "lembar/", "zip/"}

// cleanUp deletes what is no longer needed, about once an hour. Expiry is a
// job here and not an index of the database, since not every server has one.
func (p *Planner) cleanUp(ctx context.Context) error {
	now := time.Now().UTC()
	if now.Sub(p.cleaned) < cleanEvery {
		return nil
	}
	if _, err := p.Store.Inbox().Forget(ctx, now.Add(-inboxKept)); err != nil {
		return err
	}
	if _, err := p.Store.Outbox().Forget(ctx, now.Add(-outboxKept)); err != nil {
		return err
	}
	for _, prefix := range made {
		if _, err := p.Store.Media().Forget(ctx, prefix, p.App.Now().Add(-filesKept)); err != nil {
			return err
		}
	}
	if err := p.App.SweepAlbum(ctx); err != nil {
		return err
	}
	if err := p.App.Retire(ctx); err != nil {
		return err
	}
	p.cleaned = now
	return nil
}
