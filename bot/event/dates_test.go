package event_test

import (
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"pgregory.net/rapid"
)

func TestDates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		at                string
		day, short, clock string
	}{
		{"2027-01-14T08:00:00+07:00", "Kamis, 14 Januari 2027", "14 Jan 2027", "pukul 08.00 WIB"},
		{"2027-01-14T01:00:00Z", "Kamis, 14 Januari 2027", "14 Jan 2027", "pukul 08.00 WIB"},
		{"2026-12-31T17:00:00Z", "Jumat, 1 Januari 2027", "1 Jan 2027", "pukul 00.00 WIB"},
		{"2026-12-31T16:59:59Z", "Kamis, 31 Desember 2026", "31 Des 2026", "pukul 23.59 WIB"},
		{"2026-08-17T10:05:00+07:00", "Senin, 17 Agustus 2026", "17 Agu 2026", "pukul 10.05 WIB"},
		{"2028-02-29T12:00:00+07:00", "Selasa, 29 Februari 2028", "29 Feb 2028", "pukul 12.00 WIB"},
		{"2026-05-03T19:30:00+07:00", "Minggu, 3 Mei 2026", "3 Mei 2026", "pukul 19.30 WIB"},
		{"2026-10-07T07:00:00+07:00", "Rabu, 7 Oktober 2026", "7 Okt 2026", "pukul 07.00 WIB"},
		{"2026-07-04T07:00:00+07:00", "Sabtu, 4 Juli 2026", "4 Jul 2026", "pukul 07.00 WIB"},
	}
	for _, tt := range tests {
		t.Run(tt.at, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := event.Day(at); got != tt.day {
				t.Errorf("Day = %q, want %q", got, tt.day)
			}
			if got := event.ShortDay(at); got != tt.short {
				t.Errorf("ShortDay = %q, want %q", got, tt.short)
			}
			if got := event.Clock(at); got != tt.clock {
				t.Errorf("Clock = %q, want %q", got, tt.clock)
			}
		})
	}
}

// An instant reads the same whatever zone it is held in, since the office
// thinks in WIB only.
func TestDatesIgnoreTheZoneOfTheValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 4102444800).Draw(rt, "unix"), 0)
		zone := time.FixedZone("somewhere", rapid.IntRange(-12*3600, 14*3600).Draw(rt, "offset"))
		utc, there := at.UTC(), at.In(zone)
		if event.Day(utc) != event.Day(there) || event.ShortDay(utc) != event.ShortDay(there) || event.Clock(utc) != event.Clock(there) {
			rt.Fatalf("%s reads differently in %s", utc, there)
		}
		midnight := event.Midnight(there)
		if since := there.Sub(midnight); since < 0 || since >= 24*time.Hour {
			rt.Fatalf("Midnight(%s) = %s", there, midnight)
		}
		if event.Clock(midnight) != "pukul 00.00 WIB" || event.Day(midnight) != event.Day(there) {
			rt.Fatalf("Midnight(%s) = %s", there, midnight)
		}
	})
}
