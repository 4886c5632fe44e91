package sqlite

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func rundownTable() *table[event.Rundown] {
	return &table[event.Rundown]{
		name:    "rundowns",
		noun:    "rundown of",
		columns: []string{"version"},
		id:      func(r *event.Rundown) string { return r.ID },
		version: func(r *event.Rundown) *int64 { return &r.Version },
		values:  func(r *event.Rundown) []any { return []any{r.Version} },
	}
}

func ballotTable() *table[event.Ballot] {
	return &table[event.Ballot]{
		name:    "ballots",
		noun:    "ballot of",
		columns: []string{"version"},
		id:      func(b *event.Ballot) string { return b.ID },
		version: func(b *event.Ballot) *int64 { return &b.Version },
		values:  func(b *event.Ballot) []any { return []any{b.Version} },
	}
}

func postTable() *table[event.Post] {
	return &table[event.Post]{
		name:    "posts",
		noun:    "post",
		columns: []string{"version", "event_id"},
		id:      func(p *event.Post) string { return p.ID },
		version: func(p *event.Post) *int64 { return &p.Version },
		values:  func(p *event.Post) []any { return []any{p.Version, p.EventID} },
	}
}

type posts struct{ versioned[event.Post] }

var _ storage.Posts = posts{}

func (k posts) List(ctx context.Context, eventID string) ([]*event.Post, error) {
	out, err := postTable().list(ctx, k.s.reader, "WHERE event_id = ? ORDER BY id", eventID)
	return out, wrap(ctx, "list posts of "+eventID, err)
}
