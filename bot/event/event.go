package event

import (
	"fmt"
	"strings"
	"time"
)

// Event is one holding of E-MILE KU.
type Event struct {
	ID         string             `json:"id"` // its code, such as "EMK-2027"
	Version    int64              `json:"version"`
	Title      string             `json:"title"`
	Theme      string             `json:"theme,omitempty"`
	Start      time.Time          `json:"start"`
	Place      string             `json:"place"`
	MapURL     string             `json:"mapUrl,omitempty"`
	Quotas     map[Audience]Quota `json:"quotas,omitempty"`
	Status     EventStatus        `json:"status"`
	Schedule   int                `json:"schedule"` // raised whenever Start moves or the event is cancelled: the SEQUENCE of calendar files
	News       *News              `json:"news,omitempty"`
	CopiedFrom string             `json:"copiedFrom,omitempty"`
	CreatedAt  time.Time          `json:"createdAt"`
	CreatedBy  string             `json:"createdBy"` // person ID
	UpdatedAt  time.Time          `json:"updatedAt"`
	Origin     string             `json:"origin,omitempty"` // inbound message that created it: a replay creates it once
}

// EventStatus says whether people may register.
type EventStatus string

// Event states: open → closed → open; either → cancelled, which is final.
const (
	EventOpen      EventStatus = "open"      // registration is open
	EventClosed    EventStatus = "closed"    // no more registrations; the event itself goes on
	EventCancelled EventStatus = "cancelled" // it will not take place
)

// Quota is how many registrations of an audience fit, and who decides.
type Quota struct {
	// Limit counts registrations (for UKM: booths), not heads. 0: no limit.
	Limit int `json:"limit,omitempty"`
	// Curated: the team accepts each one (/kurasi); else first come, first served.
	Curated bool `json:"curated,omitempty"`
}

// QuotaOf is the quota of an audience; the zero Quota where none was set.
func (e *Event) QuotaOf(a Audience) Quota { return e.Quotas[a] }

// Day is H: midnight WIB at the start of the event's calendar date.
func (e *Event) Day() time.Time { return Midnight(e.Start) }

// Midnight is the start of t's calendar date in WIB.
func Midnight(t time.Time) time.Time {
	y, m, d := t.In(Jakarta).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Jakarta)
}

// DaysBefore is the n of "H-n" at now: days from now's date to the event's,
// negative once it is over.
func (e *Event) DaysBefore(now time.Time) int {
	// WIB has no daylight saving time, so each day has 24 hours.
	return int(e.Day().Sub(Midnight(now)) / (24 * time.Hour))
}

// Upcoming reports whether the event's day is not over yet.
func (e *Event) Upcoming(now time.Time) bool {
	return e.Status != EventCancelled && e.DaysBefore(now) >= 0
}

// TakesRegistrations reports whether people may register at now.
func (e *Event) TakesRegistrations(now time.Time) bool {
	return e.Status == EventOpen && e.Upcoming(now)
}

// Code is the ID of the n-th event of a year (n from 1): EMK-2027, EMK-2027B, …
func Code(year, n int) string {
	if n <= 1 {
		return fmt.Sprintf("EMK-%d", year)
	}
	return fmt.Sprintf("EMK-%d%c", year, 'A'+rune(min(n, 26))-1)
}

// Number is the n-th registration number of an event: EMK-2027-0001.
func Number(eventID string, n int64) string { return fmt.Sprintf("%s-%04d", eventID, n) }

// NumberOrder is a registration number as text that sorts as its number counts:
// EMK-2027-10000 after EMK-2027-9999. "" stays "".
func NumberOrder(number string) string {
	i := strings.LastIndexByte(number, '-')
	if i < 0 || len(number)-i > numberDigits {
		return number
	}
	return number[:i+1] + strings.Repeat("0", numberDigits-(len(number)-i-1)) + number[i+1:]
}

const numberDigits = 9
