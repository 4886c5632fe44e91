package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	ical "github.com/emersion/go-ical"
	"pgregory.net/rapid"
)

func entry() report.EventView {
	return report.EventView{
		UID: "EMK-2027-0001@emileku", Sequence: 2, Stamp: time.Date(2026, 12, 1, 9, 0, 0, 0, event.Jakarta),
		Title: "E-MILE KU 2027", Description: "Stan 12; 3 orang, atas nama Dapur Talas.\nNomor: EMK-2027-0001\\A",
		Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta), Place: "Lapangan Tegar Beriman, Cibinong",
		Geo: &report.Geo{Latitude: -6.4797, Longitude: 106.8275}, URL: "https://maps.app.goo.gl/abc?x=1,2;3",
	}
}

// decode reads a calendar file with a library other than the writer's.
func decode(t interface {
	Helper()
	Fatalf(string, ...any)
}, raw []byte) (*ical.Calendar, ical.Event) {
	t.Helper()
	cal, err := ical.NewDecoder(bytes.NewReader(raw)).Decode()
	if err != nil {
		t.Fatalf("decode: %v\n%s", err, raw)
	}
	if n := len(cal.Events()); n != 1 {
		t.Fatalf("%d entries in\n%s", n, raw)
	}
	return cal, cal.Events()[0]
}

func textOf(t *testing.T, props ical.Props, name string) string {
	t.Helper()
	s, err := props.Text(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	v := entry()
	raw, err := report.Calendar(v)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", raw)
	cal, e := decode(t, raw)
	for name, want := range map[string]string{"METHOD": "PUBLISH", "VERSION": "2.0", "CALSCALE": "GREGORIAN"} {
		if got := textOf(t, cal.Props, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"UID": "EMK-2027-0001@emileku", "SUMMARY": v.Title, "DESCRIPTION": v.Description, "LOCATION": v.Place, "STATUS": "CONFIRMED",
	} {
		if got := textOf(t, e.Props, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	// These are no texts: nothing in them may be escaped.
	for name, want := range map[string]string{
		"SEQUENCE": "2", "DTSTART": "20270114T010000Z", "DTSTAMP": "20261201T020000Z", "GEO": "-6.479700;106.827500", "URL": v.URL,
	} {
		if p := e.Props.Get(name); p == nil || p.Value != want {
			t.Errorf("%s is %+v, want %q", name, p, want)
		}
	}
	if start, err := e.DateTimeStart(time.UTC); err != nil || !start.Equal(v.Start) {
		t.Errorf("starts at %v, %v", start, err)
	}
	if len(e.Children) != 1 || e.Children[0].Name != "VALARM" {
		t.Fatalf("children: %+v", e.Children)
	}
	if got := e.Children[0].Props.Get("TRIGGER").Value; got != "-P1D" {
		t.Errorf("alarm at %q", got)
	}
	if got := textOf(t, e.Children[0].Props, "DESCRIPTION"); got != "Besok: E-MILE KU 2027" {
		t.Errorf("alarm says %q", got)
	}
}

func TestCalendarStatesAnEndOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	v := entry()
	raw, err := report.Calendar(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, e := decode(t, raw); e.Props.Get("DTEND") != nil {
		t.Error("an end was made up")
	}
	v.End = v.Start.Add(5 * time.Hour)
	if raw, err = report.Calendar(v); err != nil {
		t.Fatal(err)
	}
	_, e := decode(t, raw)
	if end, err := e.DateTimeEnd(time.UTC); err != nil || !end.Equal(v.End) {
		t.Errorf("ends at %v, %v", end, err)
	}
}

func TestCalendarCancels(t *testing.T) {
	t.Parallel()
	v := entry()
	v.Cancelled, v.Sequence = true, 3
	raw, err := report.Calendar(v)
	if err != nil {
		t.Fatal(err)
	}
	cal, e := decode(t, raw)
	if got := textOf(t, cal.Props, "METHOD"); got != "CANCEL" {
		t.Errorf("METHOD is %q", got)
	}
	if got := textOf(t, e.Props, "STATUS"); got != "CANCELLED" {
		t.Errorf("STATUS is %q", got)
	}
	if got := textOf(t, e.Props, "UID"); got != "EMK-2027-0001@emileku" {
		t.Errorf("UID is %q: the entry would not be found", got)
	}
	if len(e.Children) != 0 {
		t.Error("a cancelled entry still rings")
	}
}

// Whatever the texts hold, they come out as they went in and add no line.
func TestCalendarKeepsTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`[\x20-\x7e\n]{0,300}`),
			rapid.StringMatching(`([A-Za-z,;\\:"é–爱🍚\n ]){0,120}`),
			rapid.SampledFrom([]string{"x\r\nATTENDEE:mailto:a@b.c", "\x00\x07", "\\n", "\\,", "END:VEVENT"}),
		)
		v := entry()
		v.Title = "x" + text.Draw(rt, "title")
		v.Description = text.Draw(rt, "description")
		v.Place = text.Draw(rt, "place")
		raw, err := report.Calendar(v)
		if err != nil {
			rt.Fatal(err)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
				rt.Fatalf("line %q is not to be read everywhere", line)
			}
		}
		_, e := decode(rt, raw)
		for name, want := range map[string]string{"SUMMARY": v.Title, "DESCRIPTION": v.Description, "LOCATION": v.Place} {
			want = strings.Map(func(r rune) rune {
				if r < ' ' && r != '\n' {
					return -1
				}
				return r
			}, strings.ReplaceAll(want, "\r\n", "\n"))
			p := e.Props.Get(name)
			if want == "" && p == nil {
				continue
			}
			if got, err := p.Text(); err != nil || got != want {
				rt.Fatalf("%s came back as %q (%v), went in as %q", name, got, err, want)
			}
		}
		if e.Props.Get("ATTENDEE") != nil {
			rt.Fatal("a text added a property")
		}
	})
}

func TestCalendarRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*report.EventView){
		"no uid":        func(v *report.EventView) { v.UID = "" },
		"no title":      func(v *report.EventView) { v.Title = "" },
		"no start":      func(v *report.EventView) { v.Start = time.Time{} },
		"no stamp":      func(v *report.EventView) { v.Stamp = time.Time{} },
		"ends at start": func(v *report.EventView) { v.End = v.Start },
		"off the earth": func(v *report.EventView) { v.Geo = &report.Geo{Latitude: 91} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := entry()
			spoil(&v)
			if _, err := report.Calendar(v); err == nil {
				t.Error("no error")
			}
		})
	}
}
