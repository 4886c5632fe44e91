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

func rundownSample(n int) RundownView {
	v := RundownView{
		Office: OfficeView{Head: []string{"PEMERINTAH KABUPATEN BOGOR", "DINAS KOPERASI DAN UKM"}, Address: []string{"Jalan KSR Dadi Kusmayadi, Cibinong"}, Paper: "F4"},
		Title:  "E-MILE KU 2027", Theme: "Muda, Mandiri, Berkoperasi", Place: "Lapangan Tegar Beriman, Cibinong",
		Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta), AsOf: time.Date(2027, 1, 14, 8, 40, 0, 0, event.Jakarta),
		Notes: []string{"Kosong 15 menit (09.00–09.15) antara Tari Jaipong dan Sambutan Bupati"},
	}
	for i := range n {
		at := v.Start.Add(time.Duration(i*30) * time.Minute)
		v.Rows = append(v.Rows, RundownRow{
			From: at.Format("15.04"), To: at.Add(30 * time.Minute).Format("15.04"), Minutes: 30, Title: fmt.Sprintf("Acara ke-%d: sambutan, tari daerah, dan pembukaan bazar UKM", i+1),
			Who: "Sanggar Jaipong Mekar Cibinong", Place: "Panggung utama", Over: i == 0, Going: i == 1,
		})
	}
	return v
}

func TestRundown(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 9, 60} {
		v := rundownSample(n)
		img, err := RundownPicture(v)
		if err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(bytes.NewReader(img))
		if err != nil || c.Width != recapWidth || c.Height < 400 {
			t.Errorf("%d items: %+v, %v", n, c, err)
		}
		sheet, err := RundownPDF(v)
		if err != nil || !bytes.HasPrefix(sheet, []byte("%PDF-")) {
			t.Errorf("%d items: %v", n, err)
		}
		if dir := os.Getenv("SHOW"); dir != "" { // to be looked at
			for name, data := range map[string][]byte{"png": img, "pdf": sheet} {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("rundown-%d.%s", n, name)), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := RundownPicture(RundownView{Title: "x"}); err == nil {
		t.Error("a rundown without items is drawn")
	}
}
