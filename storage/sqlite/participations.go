package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func participationTable() *table[event.Participation] {
	return &table[event.Participation]{
		name:    "participations",
		columns: []string{"version", "code", "event_id", "person_id", "audience", "answer", "call_state", "invited", "search", "cold", "arrived"},
		steady:  []string{"code", "event_id", "person_id", "audience", "answer", "invited", "search", "cold", "arrived"},
		id:      func(p *event.Participation) string { return p.ID },
		values: func(p *event.Participation) []any {
			return []any{
				p.Version, p.Code, p.EventID, p.PersonID, string(p.Audience), string(p.Reply.Answer), string(p.Call),
				p.InvitedAt != nil, p.Search, string(p.Cold), p.Arrived(),
			}
		},
	}
}

// insertingParticipations must be around all that may insert participations:
// it puts the new ones into the index of pieces, all at once. (A trigger has
// SQLite write out the index after each row.)
func insertingParticipations(ctx context.Context, t *tx, insert func() error) error {
	var last int64
	if err := row(ctx, t, "SELECT coalesce(max(seq), 0) FROM participations", nil, &last); err != nil {
		return err
	}
	if err := insert(); err != nil {
		return err
	}
	_, err := t.exec(ctx, "INSERT INTO participations_pieces (rowid, search) SELECT seq, search FROM participations WHERE seq > ?", last)
	return err
}

type participations struct{ s *Store }

func (p participations) Get(ctx context.Context, id string) (*event.Participation, error) {
	out, err := participationTable().byID(ctx, p.s.reader, id)
	return out, wrap(ctx, "get participation "+id, err)
}

// ByCode does not repeat the code in its error: it opens somebody's chat.
func (p participations) ByCode(ctx context.Context, code string) (*event.Participation, error) {
	out, err := participationTable().get(ctx, p.s.reader, "WHERE code = ?", code)
	return out, wrap(ctx, "find the participation of a code", err)
}

// ByCodePrefix goes by a range, which the index of codes serves; LIKE it would
// not.
func (p participations) ByCodePrefix(ctx context.Context, eventID, prefix string, limit int) ([]*event.Participation, error) {
	const tail = "WHERE code >= ? AND code < ? AND +event_id = ? ORDER BY code LIMIT ?"
	out, err := participationTable().list(ctx, p.s.reader, tail, prefix, prefix+"\x7f", eventID, limitOf(limit))
	return out, wrap(ctx, "find the participations of a short code", err)
}

func (p participations) Save(ctx context.Context, given *event.Participation) error {
	next := *given
	next.Version++
	err := p.s.write(ctx, "participations.save", func(t *tx) error {
		return insertingParticipations(ctx, t, func() error { return participationTable().save(ctx, t, &next, given.Version) })
	})
	if err == nil {
		given.Version = next.Version
	}
	return err
}

// insertAtOnce is addAtOnce for rows that go into an index of pieces, too.
const insertAtOnce = addAtOnce / 2

// AddAll adds as outbox.AddAll does. After an error the parts before the one
// that failed are there, and none of that one.
func (p participations) AddAll(ctx context.Context, ps []*event.Participation) (fresh int, err error) {
	ps = slices.Clone(ps)
	slices.SortStableFunc(ps, func(a, b *event.Participation) int { return strings.Compare(a.ID, b.ID) })
	add := func(ctx context.Context, t *tx, part []*event.Participation) (added []*event.Participation, err error) {
		err = insertingParticipations(ctx, t, func() (err error) {
			added, err = addNewParticipations(ctx, t, part)
			return err
		})
		return added, err
	}
	return addParts(ctx, p.s, "participations.addall", slices.Chunk(ps, insertAtOnce), add, func(p *event.Participation) { p.Version = 1 })
}

func (p participations) SaveAll(ctx context.Context, ps []*event.Participation) (saved int, err error) {
	table := participationTable()
	ways := table.updates("version = ?")
	for part := range slices.Chunk(ps, addAtOnce) {
		next := make([]*event.Participation, len(part))
		for i, given := range part {
			n := *given
			n.Version++
			next[i] = &n
		}
		args, err := table.argsOf(next)
		if err != nil {
			return saved, err
		}
		n := 0
		err = p.s.write(ctx, "participations.saveall", func(t *tx) error {
			n, err = updateAll(ctx, t, ways, args, part)
			return err
		})
		if err != nil {
			return saved, err
		}
		saved += n
	}
	return saved, nil
}

func updateAll(ctx context.Context, t *tx, ways []updating, args [][]any, given []*event.Participation) (n int, err error) {
	for i, a := range args {
		for _, w := range ways {
			done, err := w.run(ctx, t, a, given[i].Version)
			if err != nil {
				return 0, fmt.Errorf("participation %s: %w", given[i].ID, err)
			}
			if done {
				n++
				break
			}
		}
	}
	return n, nil
}

func addNewParticipations(ctx context.Context, t *tx, ps []*event.Participation) (added []*event.Participation, err error) {
	for _, given := range ps {
		first := *given
		first.Version = 1
		fresh, err := participationTable().insertNew(ctx, t, &first)
		if err != nil {
			return nil, fmt.Errorf("participation %s: %w", given.ID, err)
		}
		if fresh {
			added = append(added, given)
		}
	}
	return added, nil
}

func (p participations) List(ctx context.Context, q storage.ParticipationQuery) (page []*event.Participation, next string, err error) {
	const op = "list participations"
	match, err := narrow(ctx, p.s.reader, "participations_pieces", q.Search)
	if err != nil {
		return nil, "", wrap(ctx, op, err)
	}
	where, args := participationConditions(q, match)
	page, next, err = participationTable().page(ctx, p.s.reader, where+" ORDER BY id", args, q.Limit, func(d *event.Participation) string { return d.ID })
	return page, next, wrap(ctx, op, err)
}

// participationConditions is a query as SQL. match, where not "", is asked of
// the index of pieces.
func participationConditions(q storage.ParticipationQuery, match string) (where string, args []any) {
	conds := []string{"id > ?"}
	args = []any{q.After}
	add := func(cond string, arg ...any) {
		conds = append(conds, cond)
		args = append(args, arg...)
	}
	if q.EventID != "" {
		if q.PersonID != "" || match != "" {
			// The plus keeps SQLite from going through the whole event, where
			// another condition leaves but a few rows.
			add("+event_id = ?", q.EventID)
		} else {
			add("event_id = ?", q.EventID)
		}
	}
	if q.PersonID != "" {
		add("person_id = ?", q.PersonID)
	}
	if q.Audience != "" {
		add("audience = ?", string(q.Audience))
	}
	if len(q.Answers) > 0 {
		values := make([]any, len(q.Answers))
		for i, a := range q.Answers {
			values[i] = string(a)
		}
		add("answer IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
	}
	if q.Call != event.NoCall {
		add("call_state = ? AND call_state <> ''", string(q.Call))
	}
	if q.Cold != event.NotCold {
		add("cold = ? AND cold <> ''", string(q.Cold))
	}
	if q.Invited != nil {
		add("invited = ?", *q.Invited)
	}
	if q.Arrived != nil {
		if *q.Arrived {
			add("arrived = 1") // not a variable: the index holds these alone
		} else {
			add("arrived = 0")
		}
	}
	if match != "" {
		add("seq IN (SELECT rowid FROM participations_pieces WHERE participations_pieces MATCH ?)", match)
	}
	for word := range strings.FieldsSeq(q.Search) {
		add("instr(search, ?) > 0", word) // unlike LIKE it knows no wildcards
	}
	return "WHERE " + strings.Join(conds, " AND "), args
}

func (p participations) Delete(ctx context.Context, id string) error {
	return p.s.write(ctx, "participations.delete", func(t *tx) error { return participationTable().delete(ctx, t, id) })
}
