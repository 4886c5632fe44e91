package sqlite

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func rundownTable() *table[event.Rundown] {
	return &table[event.Rundown]{
		name:    "rundowns",
		columns: []string{"version"},
		id:      func(r *event.Rundown) string { return r.ID },
		values:  func(r *event.Rundown) []any { return []any{r.Version} },
	}
}

type rundowns struct{ s *Store }

var _ storage.Rundowns = rundowns{}

func (k rundowns) Get(ctx context.Context, id string) (*event.Rundown, error) {
	out, err := rundownTable().byID(ctx, k.s.reader, id)
	return out, wrap(ctx, "get rundown of "+id, err)
}

func (k rundowns) Save(ctx context.Context, given *event.Rundown) error {
	next := *given
	next.Version++
	err := k.s.write(ctx, "rundowns.save", func(t *tx) error { return rundownTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

func ballotTable() *table[event.Ballot] {
	return &table[event.Ballot]{
		name:    "ballots",
		columns: []string{"version"},
		id:      func(b *event.Ballot) string { return b.ID },
		values:  func(b *event.Ballot) []any { return []any{b.Version} },
	}
}

type ballots struct{ s *Store }

var _ storage.Ballots = ballots{}

func (k ballots) Get(ctx context.Context, id string) (*event.Ballot, error) {
	out, err := ballotTable().byID(ctx, k.s.reader, id)
	return out, wrap(ctx, "get ballot of "+id, err)
}

func (k ballots) Save(ctx context.Context, given *event.Ballot) error {
	next := *given
	next.Version++
	err := k.s.write(ctx, "ballots.save", func(t *tx) error { return ballotTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

func postTable() *table[event.Post] {
	return &table[event.Post]{
		name:    "posts",
		columns: []string{"version", "event_id"},
		id:      func(p *event.Post) string { return p.ID },
		values:  func(p *event.Post) []any { return []any{p.Version, p.EventID} },
	}
}

type posts struct{ s *Store }

var _ storage.Posts = posts{}

func (k posts) Get(ctx context.Context, id string) (*event.Post, error) {
	out, err := postTable().byID(ctx, k.s.reader, id)
	return out, wrap(ctx, "get post "+id, err)
}

func (k posts) Save(ctx context.Context, given *event.Post) error {
	next := *given
	next.Version++
	err := k.s.write(ctx, "posts.save", func(t *tx) error { return postTable().save(ctx, t, &next, given.Version) })
	if err == nil {
		given.Version = next.Version
	}
	return err
}

func (k posts) List(ctx context.Context, eventID string) ([]*event.Post, error) {
	out, err := postTable().list(ctx, k.s.reader, "WHERE event_id = ? ORDER BY id", eventID)
	return out, wrap(ctx, "list posts of "+eventID, err)
}
