package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// settingHolidays holds the office's table of holidays.
const settingHolidays = "holidays"

// TaskTouchpoint opens the touchpoints of what the team is told of its tasks.
const TaskTouchpoint = "task."

// Holidays is the table of days on which the office is closed.
func (a *App) Holidays(ctx context.Context) (event.Holidays, error) {
	var h event.Holidays
	err := a.store.Settings().Get(ctx, settingHolidays, &h)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("holidays: %w", err)
	}
	return h, nil
}

// SetHoliday names a day on which the office is closed; "" takes it off the
// table. before is what it was called.
func (a *App) SetHoliday(ctx context.Context, by Actor, day time.Time, name string) (before string, err error) {
	h, err := a.Holidays(ctx)
	if err != nil {
		return "", err
	}
	if h == nil {
		h = event.Holidays{}
	}
	before = h.Name(day)
	key := day.In(event.Jakarta).Format(time.DateOnly)
	delete(h, key)
	switch {
	case name != "":
		h[key] = name
	case h.Name(day) != "":
		h[key] = event.NotOff // one of the fixed ones
	}
	if err := a.store.Settings().Put(ctx, settingHolidays, h); err != nil {
		return "", fmt.Errorf("set holiday: %w", err)
	}
	return before, a.record(ctx, by, "holiday.set", key, before+" → "+name)
}

// Tasks is an event's checklist in its order: the SOP's steps, as far as the
// team got with them, and the office's own.
func (a *App) Tasks(ctx context.Context, eventID string) ([]*event.Task, error) {
	stored, err := a.store.Tasks().List(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("tasks of %s: %w", eventID, err)
	}
	all := event.StepTasks(eventID)
	for _, s := range stored {
		if i := slices.IndexFunc(all, func(t *event.Task) bool { return t.ID == s.ID }); i >= 0 {
			all[i] = s
		} else {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, event.CompareTasks)
	return all, nil
}

// Task is one of them; storage.ErrNotFound where the event has none of that
// key.
func (a *App) Task(ctx context.Context, eventID, key string) (*event.Task, error) {
	id := event.TaskID(eventID, key)
	t, err := a.store.Tasks().Get(ctx, id)
	if !errors.Is(err, storage.ErrNotFound) {
		return t, err
	}
	for _, t := range event.StepTasks(eventID) {
		if t.ID == id {
			return t, nil
		}
	}
	return nil, err
}

// Plan lays an event's checklist out in time, as of now.
func (a *App) Plan(ctx context.Context, e *event.Event) ([]event.Planned, error) {
	tasks, err := a.Tasks(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	off, err := a.Holidays(ctx)
	if err != nil {
		return nil, err
	}
	return e.Plan(tasks, off, a.Now()), nil
}

// ChangeTask changes a task with compare-and-set and records what was done.
// The same message changes it once: a replay gets the task as it is. Where
// change refuses (event.ErrTaskSettled, …), the task is returned with that
// error, so that the caller can say how it stands.
func (a *App) ChangeTask(ctx context.Context, by Actor, eventID, key, action, detail string, change func(t *event.Task) error) (*event.Task, error) {
	var t *event.Task
	err := retryConflict(ctx, func() error {
		var err error
		if t, err = a.Task(ctx, eventID, key); err != nil {
			return err
		}
		before := *t
		if !t.Handle(by.Inbound) {
			return nil
		}
		if err := change(t); err != nil {
			t = &before
			return err
		}
		t.UpdatedAt = a.Now()
		return a.store.Tasks().Save(ctx, t)
	})
	if err != nil {
		return t, fmt.Errorf("%s %s/%s: %w", action, eventID, key, err)
	}
	a.stir()
	return t, a.record(ctx, by, action, event.TaskID(eventID, key), detail)
}

// AddTask puts a task of the office's own on the checklist. The same message
// adds it once.
func (a *App) AddTask(ctx context.Context, by Actor, eventID, title string, w event.When) (*event.Task, error) {
	var t *event.Task
	err := retryConflict(ctx, func() error {
		all, err := a.Tasks(ctx, eventID)
		if err != nil {
			return err
		}
		n := event.FirstOwn
		for _, old := range all {
			if old.Step == 0 && old.Origin == by.Inbound {
				t = old
				return nil
			}
			if k, _ := old.Number(); k >= n {
				n = k + 1
			}
		}
		key := strconv.Itoa(n)
		t = &event.Task{
			ID: event.TaskID(eventID, key), EventID: eventID, Key: key, Title: title, Origin: by.Inbound,
			TaskProgress: event.TaskProgress{When: &w}, UpdatedAt: a.Now(),
		}
		return a.store.Tasks().Save(ctx, t)
	})
	if err != nil {
		return nil, fmt.Errorf("add task to %s: %w", eventID, err)
	}
	a.stir()
	return t, a.record(ctx, by, "task.add", t.ID, title)
}

// DropTask takes a task of the office's own off the checklist while nobody
// did anything about it: it undoes AddTask. event.ErrTaskUndone where somebody
// did.
func (a *App) DropTask(ctx context.Context, by Actor, eventID, key string) (*event.Task, error) {
	t, err := a.Task(ctx, eventID, key)
	if err != nil {
		return nil, err
	}
	if t.Step != 0 || t.Version != 1 {
		return t, fmt.Errorf("drop %s: %w", t.ID, event.ErrTaskUndone)
	}
	if err := a.store.Tasks().Delete(ctx, t.ID); err != nil {
		return nil, fmt.Errorf("drop %s: %w", t.ID, err)
	}
	return t, a.record(ctx, by, "task.drop", t.ID, t.Title)
}

// EarlierList finds the list of the same task in the latest earlier event that
// has one; nil where there is none.
func (a *App) EarlierList(ctx context.Context, e *event.Event, t *event.Task) (*event.Event, *event.Task, error) {
	all, err := a.store.Events().List(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("earlier list: %w", err)
	}
	// The one that this was copied from comes first.
	slices.SortStableFunc(all, func(x, y *event.Event) int {
		return boolRank(y.ID == e.CopiedFrom) - boolRank(x.ID == e.CopiedFrom)
	})
	for _, old := range all {
		if old.ID == e.ID || old.Start.After(e.Start) {
			continue
		}
		tasks, err := a.store.Tasks().List(ctx, old.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("earlier list: %w", err)
		}
		for _, o := range tasks {
			same := o.Key == t.Key && o.Step == t.Step && t.Step != 0 || t.Step == 0 && o.Step == 0 && event.Fold(o.Title) == event.Fold(t.Title)
			if same && len(o.List()) > 0 {
				return old, o, nil
			}
		}
	}
	return nil, nil, nil
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// forgetInTasks takes a person out of all checklists (UU PDP).
func (a *App) forgetInTasks(ctx context.Context, personID string) error {
	events, err := a.store.Events().List(ctx)
	if err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	for _, e := range events {
		tasks, err := a.store.Tasks().List(ctx, e.ID)
		if err != nil {
			return fmt.Errorf("tasks: %w", err)
		}
		for _, t := range tasks {
			err := retryConflict(ctx, func() error {
				fresh, err := a.store.Tasks().Get(ctx, t.ID)
				if errors.Is(err, storage.ErrNotFound) || err == nil && !fresh.Forget(personID) {
					return nil
				}
				if err != nil {
					return err
				}
				return a.store.Tasks().Save(ctx, fresh)
			})
			if err != nil {
				return fmt.Errorf("task %s: %w", t.ID, err)
			}
		}
	}
	return nil
}

// retireTasks takes people and proof out of a checklist that is long over; the
// lists themselves stay, since later events take them over.
func (a *App) retireTasks(ctx context.Context, eventID string) error {
	tasks, err := a.store.Tasks().List(ctx, eventID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(tasks, func(t *event.Task) bool { return !t.Retired }) {
		return nil
	}
	// The files first: a kill in between leaves names of files that are gone,
	// which the next run clears.
	if _, err := a.store.Media().Forget(ctx, event.TaskFiles+eventID+"/", a.Now()); err != nil {
		return fmt.Errorf("files of tasks: %w", err)
	}
	for _, t := range tasks {
		if t.Retired {
			continue
		}
		t.Retire()
		if err := a.store.Tasks().Save(ctx, t); err != nil && !errors.Is(err, storage.ErrConflict) {
			return fmt.Errorf("task %s: %w", t.ID, err)
		}
	}
	return nil
}
