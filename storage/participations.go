package storage

import (
	"context"

	"github.com/diskopukm/emileku/bot/event"
)

// ParticipationQuery chooses participations; empty fields choose all.
type ParticipationQuery struct {
	EventID  string
	PersonID string
	Audience event.Audience
	Answers  []event.Answer // with event.Silent for those who have not answered
	Call     event.CallState
	Cold     event.ColdState
	Invited  *bool
	Arrived  *bool
	Search   string // event.Fold-ed words that must all occur in Search
	After    string // continue after this cursor
	Limit    int    // 0: 100
}

// Participations keeps who takes part in what.
type Participations interface {
	Get(ctx context.Context, id string) (*event.Participation, error)
	// ByCode finds the one whose code it is.
	ByCode(ctx context.Context, code string) (*event.Participation, error)
	// ByCodePrefix lists those of an event whose code begins with prefix, which
	// holds letters and digits only, in order of their codes.
	ByCodePrefix(ctx context.Context, eventID, prefix string, limit int) ([]*event.Participation, error)
	// Save inserts (Version 0) or updates with compare-and-set; ErrConflict
	// also where the code is taken.
	Save(ctx context.Context, p *event.Participation) error
	// AddAll inserts many new ones in as few round trips as the engine allows;
	// those whose ID is there already stay as they are.
	AddAll(ctx context.Context, ps []*event.Participation) (fresh int, err error)
	// SaveAll updates many with compare-and-set, each for itself, in as few
	// round trips as the engine allows; saved is how many were. Those that
	// somebody else changed, or that are not there, stay as they are, and of
	// the given ones none knows its new version.
	SaveAll(ctx context.Context, ps []*event.Participation) (saved int, err error)
	// List pages through a query in order of ID; next is "" at the end.
	List(ctx context.Context, q ParticipationQuery) (page []*event.Participation, next string, err error)
	Delete(ctx context.Context, id string) error
}
