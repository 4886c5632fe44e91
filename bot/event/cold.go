package event

import (
	"hash/fnv"
	"strconv"
	"time"
)

// ColdState is how far the first contact is with a guest who has never written
// to us, over a network that lends us few of those (WhatsApp):
//
//	"" ─► Waiting ─► Sent ─► Warm   they wrote back, and got the files
//	         │        └────► Over   not on the network, refused, contacted before,
//	         └─────────────► Over   or more than fit in time: e-mail or the call list
//
// A cancelled sending takes Waiting, and Sent whose row never went out, back to "".
type ColdState string

// Cold states.
const (
	NotCold     ColdState = ""
	ColdWaiting ColdState = "waiting"
	ColdSent    ColdState = "sent"
	ColdWarm    ColdState = "warm"
	ColdOver    ColdState = "over"
)

// Listing is what a network's directory said of a guest's number.
type Listing struct {
	Phone string    `json:"phone"`          // the number that was asked about
	Chat  string    `json:"chat,omitempty"` // key of its chat; "": it has no account there
	At    time.Time `json:"at"`
}

// listingLife is how long the word of the directory is taken for good: people
// change their numbers rarely, and asking often looks like gathering them.
const listingLife = 30 * 24 * time.Hour

// Listed is what is known of the guest's number at now; nil where it has to be
// asked.
func (p *Participation) Listed(now time.Time) *Listing {
	if p.Listing == nil || p.Listing.Phone != p.Phone || now.Sub(p.Listing.At) > listingLife {
		return nil
	}
	return p.Listing
}

// Office hours (WIB), in which the office works and strangers are written to.
const (
	OfficeOpens  = 8
	OfficeCloses = 16
)

// WorkingDay reports whether the office works on t's date.
func WorkingDay(t time.Time) bool {
	switch t.In(Jakarta).Weekday() {
	case time.Saturday, time.Sunday:
		return false
	}
	return true
}

// InOfficeHours reports whether the office works at t.
func InOfficeHours(t time.Time) bool {
	h := t.In(Jakarta).Hour()
	return WorkingDay(t) && h >= OfficeOpens && h < OfficeCloses
}

const (
	// DefaultColdBudget is how many strangers are written to in a day, unless
	// the lead says otherwise. No network publishes a safe number; accounts
	// were restricted after a few dozen.
	DefaultColdBudget = 15
	// coldRamp is what a week more allows a new number in a day.
	coldRamp = 5
	// coldGap is the least time between two of them, of which as much again is
	// left to chance.
	coldGap = 4 * time.Minute
)

// ColdPace is how fast strangers may be written to from a number.
type ColdPace struct {
	PerDay int       // once the number is known to the network
	Since  time.Time // when it was first used here
}

// Budget is how many may be written to on t's date: 5 a day in a number's first
// week, 10 in the second, and so on up to PerDay; none on days off.
func (c ColdPace) Budget(t time.Time) int {
	if !WorkingDay(t) {
		return 0
	}
	weeks := int(Midnight(t).Sub(Midnight(c.Since)) / (7 * 24 * time.Hour))
	return min(c.PerDay, coldRamp*(max(0, weeks)+1))
}

// ColdAt is when the k-th (from 0) of a day's n first contacts may go: spread
// over the office hours, at a moment of its share that looks like chance and is
// the same at every restart.
func ColdAt(day time.Time, k, n int) time.Time {
	open := Midnight(day).Add(OfficeOpens * time.Hour)
	share := (OfficeCloses - OfficeOpens) * time.Hour / time.Duration(max(1, n))
	return open.Add(time.Duration(k)*share + time.Duration(chance(day, k)*0.9*float64(share))).Truncate(time.Second)
}

// ColdGap is how long after the one before it the k-th of a day waits at least,
// where a downtime has made several due at once.
func ColdGap(day time.Time, k int) time.Duration {
	return coldGap + time.Duration(chance(day, -1-k)*float64(coldGap)).Truncate(time.Second)
}

// chance is a number in [0, 1) that day and k alone decide.
func chance(day time.Time, k int) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(Midnight(day).Format(time.DateOnly) + "/" + strconv.Itoa(k)))
	x := h.Sum64()
	x ^= x >> 33 // FNV alone leaves the high bits of short keys alike
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// Capacity is how many strangers can be written to from now on before the
// deadline's date, where used went out today already and none may go before
// hold (the end of a restriction; zero: none).
func (c ColdPace) Capacity(now, deadline, hold time.Time, used int) (n int) {
	for day := Midnight(now); day.Before(Midnight(deadline)); day = day.AddDate(0, 0, 1) {
		n += c.left(day, now, hold, used)
	}
	return n
}

// left is how many can go on a day.
func (c ColdPace) left(day, now, hold time.Time, used int) int {
	budget := c.Budget(day)
	from, closes := day.Add(OfficeOpens*time.Hour), day.Add(OfficeCloses*time.Hour)
	if day.Equal(Midnight(now)) {
		budget -= used
		if now.After(from) {
			from = now
		}
	}
	if hold.After(from) {
		from = hold
	}
	if !from.Before(closes) {
		return 0
	}
	return max(0, min(budget, int(closes.Sub(from)/(2*coldGap))))
}

// maxColdDays bounds the arithmetic: nobody waits for ten years.
const maxColdDays = 3650

// DaysFor is on how many working days n strangers are written to from now on,
// rounded to the nearest: 500 at 15 a day are 33.
func (c ColdPace) DaysFor(now time.Time, n int) int {
	days, left := 0, n
	for day := Midnight(now); left > 0 && days < maxColdDays; day = day.AddDate(0, 0, 1) {
		budget := c.Budget(day)
		if budget == 0 {
			if c.PerDay <= 0 {
				return 0
			}
			continue
		}
		if left < budget && 2*left < budget && days > 0 {
			break
		}
		left -= budget
		days++
	}
	return days
}

// ColdDeadline is the date before which strangers must have got an invitation
// that begins at start: the first round of asking that is far enough away (H-40
// in the SOP's time), since whoever has not got it by then is asked in another
// way. ok is false where it is too late for that.
func (e *Event) ColdDeadline(start time.Time) (at time.Time, ok bool) {
	for _, s := range []Stage{StageH40, StageH14, StageH7} {
		if at = e.StageAt(s); at.Sub(start) > sinceInvitation {
			return at, true
		}
	}
	return time.Time{}, false
}
