package report_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
)

func checklist(now time.Time, more int) report.TimelineView {
	e := &event.Event{Title: "E-MILE KU 2027: Muda Berkarya, UKM Berdaya", Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta)}
	v := report.TimelineView{Title: e.Title, AsOf: now, Day: e.Day(), Done: 6, Total: 18 + more, Late: 2}
	names := []string{"Pembentukan tim pelaksana", "Menentukan tema", "Menyusun rundown", "Branding di media sosial", "Menyiapkan logistik", "Surat perizinan dan undangan"}
	for i, p := range e.Plan(event.StepTasks("EMK-2027"), nil, now) {
		r := report.TimelineRow{Label: p.Key + ". " + names[i%len(names)], H: fmt.Sprintf("H-%d", p.Due.Day), Day: p.Due.At, State: report.StepState(i % 5)}
		if i%3 == 0 {
			r.Who = "Hj. Siti Aminah binti Abdurrahman"
		}
		v.Rows = append(v.Rows, r)
	}
	for i := range more {
		v.Rows = append(v.Rows, report.TimelineRow{Label: fmt.Sprintf("%d. Rapat", 17+i), H: "H-20", Day: e.Day().AddDate(0, 0, -20)})
	}
	return v
}

// TestTimelineChart: a row for each task, nothing in the margins, whatever
// day it is looked at.
func TestTimelineChart(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]string{"before": "2026-11-01", "start": "2026-11-15", "middle": "2026-12-14", "day": "2027-01-14", "after": "2027-03-01"} {
		at, err := time.ParseInLocation(time.DateOnly, now, event.Jakarta)
		if err != nil {
			t.Fatal(err)
		}
		short, long := checklist(at, 0), checklist(at, 3)
		raw, err := report.TimelineChart(short)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > maxTicket {
			t.Errorf("%s: %d bytes", name, len(raw))
		}
		img := picture(t, "timeline-"+name, raw)
		more, err := report.TimelineChart(long)
		if err != nil {
			t.Fatal(err)
		}
		if rows := picture(t, "timeline-more-"+name, more).Bounds().Dy() - img.Bounds().Dy(); img.Bounds().Dx() != 1080 || rows != 3*118 {
			t.Errorf("%s: %v, three rows more are %d", name, img.Bounds(), rows)
		}
		for y := 420; y < img.Bounds().Dy(); y++ {
			for x := range 50 {
				for _, at := range [2]int{x, 1079 - x} {
					if r, g, b, _ := img.At(at, y).RGBA(); r+g+b != 3*0xffff {
						t.Fatalf("%s: the margin at %d,%d is %v", name, at, y, img.At(at, y))
					}
				}
			}
		}
	}
	if _, err := report.TimelineChart(report.TimelineView{Title: "X", AsOf: time.Unix(0, 0)}); err == nil {
		t.Error("nothing to show is no error")
	}
}
