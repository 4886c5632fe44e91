package report_test

import (
	"bytes"
	"image/png"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/report"
)

// TestAcquaintanceChart: the picture grows by a line while WhatsApp restricts
// us, holds with nobody on the list, and refuses numbers that cannot be.
func TestAcquaintanceChart(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)
	height := func(v report.AcquaintanceView) int {
		data, err := report.AcquaintanceChart(v)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return img.Bounds().Dy()
	}
	full := report.AcquaintanceView{AsOf: at, Warm: 120, Cold: 300, Contacted: 40, Unreachable: 12, Used: 3, Budget: 10}
	plain := height(full)
	full.Until = &at
	if got := height(full); got <= plain {
		t.Errorf("%d px with a restriction, %d without", got, plain)
	}
	height(report.AcquaintanceView{AsOf: at})
	for _, v := range []report.AcquaintanceView{{}, {AsOf: at, Cold: -1}, {AsOf: at, Contacted: 2, Cold: 1}} {
		if _, err := report.AcquaintanceChart(v); err == nil {
			t.Errorf("%+v was drawn", v)
		}
	}
}
