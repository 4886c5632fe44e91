package templates_test

import (
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// afterwardsSample fills the texts of the survey, the evaluation and the
// report.
func afterwardsSample(key, mark string, at time.Time) templates.Data {
	room, _, _ := strings.Cut(key, ".")
	if room != "survey" && room != "evaluasi" && room != "laporan" {
		return nil
	}
	note := object{"N": 3, "Text": "Parkir tertata" + mark}
	group := object{"Kind": event.NoteGood, "Notes": []object{note}}
	lent := object{"Name": "Tenda" + mark, "Quantity": 1200, "Unit": "unit" + mark, "LentBy": "Kecamatan Cibinong" + mark}
	results := object{"Replies": 1250, "Asked": 3000, "Tenths": 43}
	d := templates.Data{
		"Salute": "Ibu Siti" + mark, "Certain": true, "Busy": false, "Of": 5, "N": 2, "Until": at, "Chat": true, "Plain": true,
		"Text": "Bagaimana tempatnya?" + mark, "Max": 600, "Before": false, "At": at, "Replies": 1250, "Asked": 3000, "Mean": "4,3", "May": true, "As": event.SurveyWords,
		"Results": results, "Groups": []object{group}, "Out": []object{lent}, "Open": true, "Texts": []string{"Parkir" + mark}, "Kind": event.NoteBad, "All": 12,
		"Lines": []object{{"N": 1, "Text": "Bagaimana acaranya?" + mark, "Rating": 4, "Words": ""}, {"N": 2, "Text": "Saran?", "Rating": 0, "Words": "Lebih banyak kursi" + mark}},
		"Last":  object{"N": 2, "At": at, "Name": "Rina" + mark}, "Versions": 2, "Gaps": []string{"theme", "photos"}, "Lead": true, "Over": true, "Final": true, "Done": 25, "Percent": 31,
		"R": object{"Final": true, "N": 2, "Reason": "angka meja depan" + mark, "At": at, "Replies": 1250, "Asked": 3000, "Tenths": 43}, "SHA": "0123456789abcdef", "Reason": "angka meja depan" + mark, "OpenSteps": 3,
		"Booths": 40, "Power": 12, "Count": event.Progress{Total: 18, Done: 9, Late: 2, Skipped: 1}, "F": event.Figures{Invited: 1200, Answered: 900, Coming: 800, Expected: 1500, Came: 700, Heads: 1300},
		"Recap": object{"Total": 1250, "Heads": 3100}, "Shown": 80, "Known": true,
	}
	switch key {
	case "evaluasi.survey.show":
		d["Lines"] = []object{{"N": 1, "Kind": event.SurveyRating, "Text": "Bagaimana acaranya?" + mark}}
	case "survey.results":
		d["Lines"] = []object{
			{"Text": "Bagaimana acaranya?" + mark, "Rating": true, "Mean": "4,3", "Rated": 1200, "Quotes": []string(nil), "More": 0},
			{"Text": "Saran?", "Rating": false, "Quotes": []string{"Lebih banyak kursi" + mark}, "More": 12},
		}
	}
	return d
}
