package event

import (
	"slices"
	"time"
)

// Planned is a task at its place in time, as the checklist and the reminders
// see it at one moment.
type Planned struct {
	*Task
	Due     Due
	Urgency Urgency
	// LateSince is the first day on which it was late; zero where it is not.
	LateSince time.Time
	// Waits are the tasks that should come first and are not settled.
	Waits []string
}

// Urgency is how a task stands at a moment.
type Urgency string

// Urgencies.
const (
	Settled Urgency = "settled"
	Late    Urgency = "late"
	Today   Urgency = "today" // due now: on its date, or on the working day before
	Soon    Urgency = "soon"  // due within SoonDays
	Later   Urgency = "later"
)

// SoonDays is how many days ahead the morning digest looks.
const SoonDays = 2

// hourGrace is how long a step that counts in hours may take before it is late.
const hourGrace = time.Hour

// LeadHears is after how many days of being late the lead is told in private.
const LeadHears = 2

// Plan lays tasks out for the event at a moment, in the order in which they are
// due.
func (e *Event) Plan(tasks []*Task, off Holidays, now time.Time) []Planned {
	settled := map[string]bool{}
	for _, t := range tasks {
		settled[t.Key] = t.State.Settled()
	}
	out := make([]Planned, 0, len(tasks))
	for _, t := range tasks {
		p := Planned{Task: t, Due: e.At(t.Distance(), off)}
		p.Due.Step = t.Step
		p.Urgency = p.urgency(now)
		if p.Urgency == Late {
			p.LateSince = p.lateFrom()
		}
		for _, key := range t.Needs() {
			if done, known := settled[key]; known && !done {
				p.Waits = append(p.Waits, key)
			}
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b Planned) int {
		if c := a.Due.At.Compare(b.Due.At); c != 0 {
			return c
		}
		return CompareTasks(a.Task, b.Task)
	})
	return out
}

// lateFrom is the first moment at which it counts as late: the day after its
// date, or an hour after its hour.
func (p Planned) lateFrom() time.Time {
	if p.Due.Before > 0 {
		return p.Due.At.Add(hourGrace)
	}
	return Midnight(p.Due.At).AddDate(0, 0, 1)
}

func (p Planned) urgency(now time.Time) Urgency {
	today := Midnight(now)
	switch {
	case p.State.Settled():
		return Settled
	case !now.Before(p.lateFrom()):
		return Late
	case !p.Due.Office().After(today):
		return Today
	case !p.Due.Office().After(today.AddDate(0, 0, SoonDays)):
		return Soon
	}
	return Later
}

// Pressing reports whether the morning's digest speaks of it.
func (p Planned) Pressing() bool {
	return p.Urgency == Late || p.Urgency == Today || p.Urgency == Soon
}

// DaysLate is for how many days it has been late; an event that was created
// late is late since then.
func (p Planned) DaysLate(e *Event, now time.Time) int {
	if p.Urgency != Late {
		return 0
	}
	since := Midnight(p.LateSince)
	if made := Midnight(e.CreatedAt).AddDate(0, 0, 1); made.After(since) {
		since = made
	}
	return max(1, int(Midnight(now).Sub(since)/(24*time.Hour))+1)
}

// Progress counts a checklist: what is not needed counts as no part of it.
type Progress struct{ Total, Done, Late, Today, Soon, Skipped int }

// CountTasks counts a plan.
func CountTasks(list []Planned) Progress {
	var c Progress
	for _, p := range list {
		if p.State == TaskSkipped {
			c.Skipped++
			continue
		}
		c.Total++
		switch p.Urgency {
		case Settled:
			c.Done++
		case Late:
			c.Late++
		case Today:
			c.Today++
		case Soon:
			c.Soon++
		}
	}
	return c
}
