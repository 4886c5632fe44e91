package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Attendance counts who came (SOP step 10), for the board, the recap and the
// report. It counts participations; heads are the people that came along.
type Attendance struct {
	Event     *event.Event
	At        time.Time
	Audiences []AttendanceCount // those that somebody is expected of or came of, in the SOP's order
	Total     AttendanceCount
	Hours     []HourCount            // from the first to the last hour in which somebody came
	VIP       []*event.Participation // officials who are expected or came, as protocol reads them
	ByHow     map[event.ArrivalHow]int
}

// AttendanceCount counts one audience.
type AttendanceCount struct {
	Audience      event.Audience
	Expected      int // who said that they come, or somebody in their place
	ExpectedHeads int
	Arrived       int
	ArrivedHeads  int
	OfExpected    int // of Arrived, who had said so
	WalkIns       int
}

// HourCount is how many came within an hour.
type HourCount struct {
	Hour           time.Time
	Arrived, Heads int
}

func (n *AttendanceCount) add(p *event.Participation) {
	if p.Reply.Comes() {
		n.Expected++
		n.ExpectedHeads += p.ExpectedHeads()
	}
	if !p.Arrived() {
		return
	}
	n.Arrived++
	n.ArrivedHeads += p.HeadsArrived()
	if p.Reply.Comes() {
		n.OfExpected++
	}
	if p.WalkIn {
		n.WalkIns++
	}
}

// Attendance counts as it is now.
func (a *App) Attendance(ctx context.Context, e *event.Event) (*Attendance, error) {
	c := &Attendance{Event: e, At: a.Now(), ByHow: map[event.ArrivalHow]int{}}
	by := map[event.Audience]*AttendanceCount{}
	hours := map[time.Time]*HourCount{}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: e.ID}, func(p *event.Participation) error {
		if !p.Reply.Comes() && !p.Arrived() {
			return nil
		}
		n := by[p.Audience]
		if n == nil {
			n = &AttendanceCount{Audience: p.Audience}
			by[p.Audience] = n
		}
		n.add(p)
		c.Total.add(p)
		if p.Audience == event.Official {
			c.VIP = append(c.VIP, p)
		}
		if p.Arrived() {
			c.ByHow[p.Arrival.How]++
			addHours(hours, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("attendance of %s: %w", e.ID, err)
	}
	for _, aud := range Invitable() {
		if n := by[aud]; n != nil {
			c.Audiences = append(c.Audiences, *n)
		}
	}
	SortVIP(c.VIP)
	c.Hours = everyHour(hours)
	return c, nil
}

func addHours(hours map[time.Time]*HourCount, p *event.Participation) {
	for i, arr := range append([]event.Arrival{*p.Arrival}, p.MoreArrivals...) {
		h := arr.At.In(event.Jakarta).Truncate(time.Hour) // WIB is whole hours from UTC
		if hours[h] == nil {
			hours[h] = &HourCount{Hour: h}
		}
		hours[h].Heads += arr.Heads
		if i == 0 {
			hours[h].Arrived++
		}
	}
}

// everyHour has one entry for each hour from the first to the last. Hours that
// lie further apart than a day are not filled in between.
func everyHour(hours map[time.Time]*HourCount) []HourCount {
	var out []HourCount
	for _, h := range hours {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(x, y HourCount) int { return x.Hour.Compare(y.Hour) })
	for i := 1; i < len(out); i++ {
		if gap := out[i].Hour.Sub(out[i-1].Hour); gap > time.Hour && gap < 24*time.Hour {
			out = slices.Insert(out, i, HourCount{Hour: out[i-1].Hour.Add(time.Hour)})
		}
	}
	return out
}
