package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Remark is something to be noted about an event.
type Remark struct {
	Kind event.NoteKind
	Text string
}

// ErrTooManyNotes: an event has as many remarks as are kept.
var ErrTooManyNotes = errors.New("no more remarks are kept")

// AllNotes are the team's remarks on an event, those taken back too, the
// oldest first.
func (a *App) AllNotes(ctx context.Context, eventID string) ([]*event.Note, error) {
	all, err := a.store.Notes().List(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("notes on %s: %w", eventID, err)
	}
	return all, nil
}

// Notes are the team's remarks on an event, the oldest first.
func (a *App) Notes(ctx context.Context, eventID string) ([]*event.Note, error) {
	all, err := a.AllNotes(ctx, eventID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(n *event.Note) bool { return n.Gone }), nil
}

// AddNotes keeps remarks on an event. The same message adds them once.
func (a *App) AddNotes(ctx context.Context, by Actor, eventID string, remarks []Remark) ([]*event.Note, error) {
	there, err := a.store.Notes().List(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("note: %w", err)
	}
	var out []*event.Note
	for i, r := range remarks {
		n := &event.Note{
			ID: fmt.Sprintf("%s/%s/%d", eventID, EntryOf(by), i+1), EventID: eventID, Kind: r.Kind, Text: r.Text, By: by.Person.ID, Name: by.Person.Name, At: a.Now(),
		}
		if i := slices.IndexFunc(there, func(o *event.Note) bool { return o.ID == n.ID }); i >= 0 {
			out = append(out, there[i])
			continue
		}
		if len(there)+len(out) >= event.MaxNotes {
			return out, fmt.Errorf("note: %w", ErrTooManyNotes)
		}
		err := a.store.Notes().Save(ctx, n)
		if errors.Is(err, storage.ErrConflict) {
			n, err = a.store.Notes().Get(ctx, n.ID)
		}
		if err != nil {
			return out, fmt.Errorf("note: %w", err)
		}
		out = append(out, n)
	}
	return out, a.record(ctx, by, "note.add", eventID, fmt.Sprint(len(out)))
}

// DropNote takes a remark back, or with back brings it again. Members take
// back their own, the lead anyone's: ErrNotYours.
func (a *App) DropNote(ctx context.Context, by Actor, id string, gone bool) (*event.Note, error) {
	var n *event.Note
	err := retryConflict(ctx, func() error {
		var err error
		if n, err = a.store.Notes().Get(ctx, id); err != nil {
			return err
		}
		if n.By != by.Person.ID && by.Person.Role != event.Lead {
			return ErrNotYours
		}
		if n.Gone == gone {
			return nil
		}
		n.Gone = gone
		return a.store.Notes().Save(ctx, n)
	})
	if err != nil {
		return n, fmt.Errorf("take note back: %w", err)
	}
	return n, a.record(ctx, by, "note.drop", n.EventID, "")
}

// ErrNotYours: somebody else made it.
var ErrNotYours = errors.New("it is somebody else's")

// LastNotes are the remarks on the latest event before e that has any: what
// the team wanted to remember. The event is nil where there is none.
func (a *App) LastNotes(ctx context.Context, e *event.Event) (*event.Event, []*event.Note, error) {
	all, err := a.store.Events().List(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("last notes: %w", err)
	}
	for _, old := range all {
		if old.ID == e.ID || !old.Start.Before(e.Start) {
			continue
		}
		notes, err := a.Notes(ctx, old.ID)
		if err != nil {
			return nil, nil, err
		}
		if len(notes) > 0 {
			return old, notes, nil
		}
	}
	return nil, nil, nil
}

// forgetNotes takes a person out of all remarks (UU PDP).
func (a *App) forgetNotes(ctx context.Context, personID string) error {
	return a.changeNotes(ctx, func(n *event.Note) bool { return n.Forget(personID) })
}

// retireNotes takes all people out of the remarks on an event that is long
// over; the remarks stay, for the events after it.
func (a *App) retireNotes(ctx context.Context, eventID string) error {
	return a.changeNotesOf(ctx, eventID, func(n *event.Note) bool {
		changed := n.By != "" || n.Name != ""
		n.By, n.Name = "", ""
		return changed
	})
}

func (a *App) changeNotes(ctx context.Context, change func(*event.Note) bool) error {
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("notes: %w", err)
	}
	for _, e := range events {
		if err := a.changeNotesOf(ctx, e.ID, change); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) changeNotesOf(ctx context.Context, eventID string, change func(*event.Note) bool) error {
	notes, err := a.store.Notes().List(ctx, eventID)
	if err != nil {
		return fmt.Errorf("notes: %w", err)
	}
	for _, n := range notes {
		err := retryConflict(ctx, func() error {
			fresh, err := a.store.Notes().Get(ctx, n.ID)
			if errors.Is(err, storage.ErrNotFound) || err == nil && !change(fresh) {
				return nil
			}
			if err != nil {
				return err
			}
			return a.store.Notes().Save(ctx, fresh)
		})
		if err != nil {
			return fmt.Errorf("note %s: %w", n.ID, err)
		}
	}
	return nil
}
