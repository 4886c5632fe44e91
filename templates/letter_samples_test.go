package templates_test

import (
	"maps"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// withLetters fills the texts about letters.
func withLetters(d templates.Data, key, mark string, at time.Time) {
	if room, _, _ := strings.Cut(key, "."); room != "surat" && room != "letter" {
		return
	}
	l := &storage.Letter{
		ID: "k7qx2", EventID: "EMK-2027", Kind: storage.LetterInvitation, Status: storage.LetterNumbered, Number: "005/12/Diskopukm/XI/2026" + mark,
		Subject: "Undangan E-MILE KU" + mark, To: []string{"Camat Cibinong" + mark, "di Cibinong"}, PerPerson: true, Names: 40, DatedAt: &at, Reason: "salah tanggal" + mark,
	}
	maps.Copy(d, templates.Data{
		"L": l, "ID": l.ID, "List": []*storage.Letter{l}, "First": l.ID, "Verb": "cetak", "Names": "Koperasi, UKM", "Parts": 40, "Signed": 38, "Plain": true, "Help": "cetak",
		"Steps": []storage.LetterStep{{At: at, Name: "Rina" + mark, What: "numbered", Detail: l.Number}}, "Chosen": []string{"Koperasi"}, "N": 1250, "Most": 200, "Max": 80, "Example": "Peminjaman tenda",
		"MB": 10, "Series": "005/{nomor}/Diskopukm", "At": at, "Number": l.Number, "Faults": []object{{"Name": "x.pdf" + mark, "Why": "bukan PDF"}}, "Rows": 12, "Field": "hal", "Old": "Undangan" + mark,
		"Lines": []object{{"Key": "kota", "Value": "Cibinong" + mark}}, "All": true, "More": 12, "Key": "kota", "Optional": true, "Hint": "contoh", "Name": "Undangan", "Own": true, "Body": templates.Markup("Dengan hormat,"),
		"Known": templates.Markup("`{acara}`"), "Required": templates.Markup("`{acara}`"), "Missing": templates.Markup("`{acara}`"), "Unknown": templates.Markup("`{x}`"), "Purpose": "izin keramaian" + mark,
		"Event": &event.Event{ID: "EMK-2027", Title: "E-MILE KU 2027" + mark, Start: at},
	})
}
