package report

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

func TestLogistics(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 8, 70} {
		v := LogisticsView{
			Office: rundownSample(1).Office, Title: "E-MILE KU 2027", Place: "Lapangan Tegar Beriman", Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta),
			AsOf: time.Date(2027, 1, 14, 5, 0, 0, 0, event.Jakarta), Ready: n / 2, Out: n / 4,
		}
		for i := range n {
			r := LogisticsRow{N: i + 1, Name: "Tenda kerucut putih ukuran besar", Quantity: 1200, Unit: "unit", Owner: "Asep Hidayat", State: "dibutuhkan"}
			switch i % 4 {
			case 1:
				r.Ready, r.State, r.LentBy = true, "siap", "Kecamatan Cibinong"
			case 2:
				r.Ready, r.Handed, r.HandedTo, r.State = true, true, "Panggung utama, Pak Dedi", "diserahkan"
			case 3:
				r.Ready, r.Handed, r.Returned, r.State, r.LentBy = true, true, true, "dikembalikan", "Karang Taruna"
			}
			v.Rows = append(v.Rows, r)
		}
		img, err := LogisticsPicture(v)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := png.DecodeConfig(bytes.NewReader(img)); err != nil || c.Width != recapWidth {
			t.Errorf("%d things: %+v, %v", n, c, err)
		}
		sheet, err := LogisticsSheet(v)
		if err != nil || !bytes.HasPrefix(sheet, []byte("%PDF-")) {
			t.Errorf("%d things: %v", n, err)
		}
		if dir := os.Getenv("SHOW"); dir != "" { // to be looked at
			for name, data := range map[string][]byte{"png": img, "pdf": sheet} {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("logistik-%d.%s", n, name)), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := LogisticsSheet(LogisticsView{Title: "x"}); err == nil {
		t.Error("a sheet without things is set")
	}
}
