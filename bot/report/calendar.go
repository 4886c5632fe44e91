package report

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

// EventView is what stands in a calendar file. UID, Title, Start and Stamp
// are required.
type EventView struct {
	// UID must be the same in every file about the same entry and unique in the
	// world, such as "EMK-2027-0001@emileku": calendars then move the entry and
	// do not double it.
	UID string
	// Sequence rises with each change of Start, End or Place, and best with a
	// cancellation too: calendars ignore a file with a lower one than they have,
	// and of two equal ones the later Stamp wins.
	Sequence int
	Stamp    time.Time // when this version of the entry came about

	Title       string
	Description string
	Start       time.Time
	End         time.Time // zero: no end is stated
	Place       string
	Geo         *Geo
	URL         string // a map link, for instance
	Cancelled   bool
}

// Geo is a point in WGS 84 degrees.
type Geo struct{ Latitude, Longitude float64 }

// alarmLead is how long before the start the calendar reminds its owner.
const alarmLead = "-P1D"

// Calendar writes an iCalendar file (RFC 5545) of one entry that Google
// Calendar, Apple Calendar and Outlook import: METHOD:PUBLISH, or CANCEL which
// takes the entry out again. Times are in UTC, so that no reader needs a zone
// table; each shows its owner's local time.
func Calendar(v EventView) ([]byte, error) {
	switch {
	case v.UID == "" || v.Title == "" || v.Start.IsZero() || v.Stamp.IsZero():
		return nil, errors.New("calendar entry needs UID, title, start and stamp")
	case !v.End.IsZero() && !v.End.After(v.Start):
		return nil, fmt.Errorf("calendar entry %s ends at %s, not after its start %s", v.UID, v.End, v.Start)
	case v.Geo != nil && (abs(v.Geo.Latitude) > 90 || abs(v.Geo.Longitude) > 180):
		return nil, fmt.Errorf("calendar entry %s: %v is no place on earth", v.UID, *v.Geo)
	}
	cal := ics.NewCalendarFor("-//Diskopukm Kabupaten Bogor//E-MILE KU//ID")
	cal.SetProductId("-//Diskopukm Kabupaten Bogor//E-MILE KU//ID")
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRTimezone("Asia/Jakarta")
	entry(cal.AddEvent(plainText(v.UID)), v)
	if v.Cancelled {
		cal.SetMethod(ics.MethodCancel)
	}
	var out bytes.Buffer
	if err := cal.SerializeTo(&out, ics.WithNewLine("\r\n"), ics.WithLineLength(75)); err != nil {
		return nil, fmt.Errorf("calendar entry %s: %w", v.UID, err)
	}
	return out.Bytes(), nil
}

func entry(e *ics.VEvent, v EventView) {
	title := plainText(v.Title)
	e.SetDtStampTime(v.Stamp)
	e.SetModifiedAt(v.Stamp)
	e.SetSequence(v.Sequence)
	e.SetStartAt(v.Start)
	if !v.End.IsZero() {
		e.SetEndAt(v.End)
	}
	e.SetSummary(title)
	if v.Description != "" {
		e.SetDescription(plainText(v.Description))
	}
	if v.Place != "" {
		e.SetLocation(plainText(v.Place))
	}
	if v.Geo != nil {
		e.SetProperty(ics.ComponentPropertyGeo, fmt.Sprintf("%.6f;%.6f", v.Geo.Latitude, v.Geo.Longitude))
	}
	if v.URL != "" {
		e.SetURL(plainText(v.URL))
	}
	if v.Cancelled {
		e.SetStatus(ics.ObjectStatusCancelled)
		return
	}
	e.SetStatus(ics.ObjectStatusConfirmed)
	alarm := e.AddAlarm()
	alarm.SetAction(ics.ActionDisplay)
	alarm.SetTrigger(alarmLead)
	alarm.SetDescription(calendarAlarm + title)
}

// plainText drops what a calendar line may not hold: every control character
// but the line break, which becomes "\n" whatever it was.
func plainText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\u2028':
			return '\n'
		case r == '\t':
			return ' '
		case unicode.IsControl(r) && r != '\n':
			return -1
		}
		return r
	}, s)
}

func abs(x float64) float64 { return max(x, -x) }
