package report_test

import (
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
)

func TestAnswersChart(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 1, 7, 16, 0, 0, 0, event.Jakarta)
	v := report.AnswersView{
		Title: "E-MILE KU 2027: Muda Berkarya, UKM Berdaya", AsOf: at,
		Groups: []report.AnswersLine{
			{Name: "Pejabat", Yes: 3, Delegated: 4, Maybe: 1, No: 1, Silent: 3, Heads: 9},
			{Name: "Koperasi", Yes: 58, Delegated: 7, Maybe: 12, No: 9, Silent: 34, Heads: 131},
			{Name: "UKM", Yes: 1120, Delegated: 35, Maybe: 87, No: 140, Silent: 412, Heads: 2310},
			{Name: "Pemeriah acara", Yes: 6, Heads: 74},
			{Name: "Masyarakat dengan nama yang panjang sekali", Silent: 250},
		},
		Trend: []report.AnswersLine{
			{Name: "H-40, 5 Des", Yes: 210, Delegated: 3, Maybe: 40, No: 22, Silent: 1907, Heads: 400},
			{Name: "H-14, 31 Des", Yes: 804, Delegated: 21, Maybe: 120, No: 96, Silent: 1141, Heads: 1602},
			{Name: "sekarang", Yes: 1187, Delegated: 46, Maybe: 100, No: 150, Silent: 699, Heads: 2524},
		},
	}
	out, err := report.AnswersChart(v)
	if err != nil {
		t.Fatal(err)
	}
	img := picture(t, "answers", out)
	if b := img.Bounds(); b.Dx() != 1080 || b.Dy() < 1500 {
		t.Errorf("%v", b)
	}
	// Without stages the trend takes no room; without guests there are no bars.
	fewer := v
	fewer.Trend = nil
	short, err := report.AnswersChart(fewer)
	if err != nil || picture(t, "answers-first", short).Bounds().Dy() >= img.Bounds().Dy() {
		t.Errorf("%v", err)
	}
	if _, err := report.AnswersChart(report.AnswersView{Title: "E-MILE KU", AsOf: at}); err != nil {
		t.Error(err)
	}
	for _, bad := range []report.AnswersView{{AsOf: at}, {Title: "x"}, {Title: "x", AsOf: at, Groups: []report.AnswersLine{{No: -1}}}} {
		if _, err := report.AnswersChart(bad); err == nil {
			t.Errorf("no error for %+v", bad)
		}
	}
}
