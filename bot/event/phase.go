package event

import "time"

// Phase is where an event stands, as far as what there is to do for it goes.
type Phase string

// Phases, in their order.
const (
	Unplanned  Phase = "unplanned"  // there is no event
	Preparing  Phase = "preparing"  // until the invitations go out (SOP steps 1-6)
	Inviting   Phase = "inviting"   // from H-45 (steps 7 and 8)
	LastWeek   Phase = "lastweek"   // from H-7: who comes, and is everything there
	TheDay     Phase = "day"        // steps 9-14
	Afterwards Phase = "afterwards" // steps 15 and 16
)

// PhaseAt is the phase of an event at now; e may be nil.
func (e *Event) PhaseAt(now time.Time) Phase {
	if e == nil || e.Status == EventCancelled {
		return Unplanned
	}
	switch n := e.DaysBefore(now); {
	case n > stageDays[StageInvite]:
		return Preparing
	case n > stageDays[StageH7]:
		return Inviting
	case n > 0:
		return LastWeek
	case n == 0:
		return TheDay
	}
	return Afterwards
}
