package event

import (
	"fmt"
	"time"
	_ "time/tzdata" // the container has no time zone database
)

// Jakarta is WIB (UTC+7, no daylight saving time): the zone of every date
// that the office names.
var Jakarta = jakarta()

func jakarta() *time.Location {
	loc, err := time.LoadLocation("Asia/Jakarta")
	if err != nil {
		return time.FixedZone("WIB", 7*60*60)
	}
	return loc
}

var (
	dayNames   = [...]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}
	monthNames = [...]string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"}
)

// Day is t's date in WIB in full: "Kamis, 14 Januari 2027".
func Day(t time.Time) string {
	t = t.In(Jakarta)
	return fmt.Sprintf("%s, %d %s %d", dayNames[t.Weekday()], t.Day(), monthNames[t.Month()-1], t.Year())
}

// ShortDay is t's date in WIB, short: "14 Jan 2027".
func ShortDay(t time.Time) string {
	t = t.In(Jakarta)
	return fmt.Sprintf("%d %.3s %d", t.Day(), monthNames[t.Month()-1], t.Year())
}

// Clock is t's time of day in WIB as officials write it: "pukul 08.00 WIB".
func Clock(t time.Time) string { return "pukul " + t.In(Jakarta).Format("15.04") + " WIB" }
