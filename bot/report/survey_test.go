package report

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

var keepSurvey = flag.String("keep-survey", "", "folder in which the survey's picture is kept")

func TestSurveyChart(t *testing.T) {
	t.Parallel()
	v := SurveyView{Title: "E-MILE KU 2027", AsOf: time.Date(2027, 1, 16, 9, 0, 0, 0, event.Jakarta), Replies: 129, Tenths: 43, Questions: []RatedQuestion{
		{Text: "Secara keseluruhan, bagaimana acara ini?", Ratings: [5]int{1, 4, 20, 50, 54}, Tenths: 42},
		{Text: "Bagaimana pelayanan panitia, dari meja pendaftaran sampai acara ditutup pada sore hari?", Ratings: [5]int{0, 0, 0, 0, 129}, Tenths: 50},
		{Text: "Belum dijawab?"},
	}}
	data, err := SurveyChart(v)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || img.Width != recapWidth || img.Height < 900 {
		t.Errorf("%+v, %v", img, err)
	}
	if *keepSurvey != "" {
		if err := os.WriteFile(filepath.Join(*keepSurvey, "survei.png"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := SurveyChart(SurveyView{Title: "x"}); err == nil {
		t.Error("a picture without a time is drawn")
	}
	v.Questions[0].Ratings[0] = -1
	if _, err := SurveyChart(v); err == nil {
		t.Error("a negative number is drawn")
	}
}
