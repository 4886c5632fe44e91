package templates_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

var update = flag.Bool("update", false, "rewrite golden files")

type object = map[string]any

// sample is what texts are filled with; mark is put behind all that people
// or the team typed.
func sample(key, mark string) templates.Data {
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta)
	until := at.Add(24 * time.Hour)
	e := &event.Event{
		ID: "EMK-2027", Title: "E-MILE KU 2027" + mark, Theme: "UKM Naik Kelas" + mark, Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta),
		Place: "Lapangan Tegar Beriman, Cibinong" + mark, MapURL: "https://maps.app.goo.gl/abc123", Status: event.EventOpen,
	}
	r := &event.Registration{
		ID: "r1", Number: "EMK-2027-0001", Name: "Keripik Talas Bu Siti" + mark, Contact: "Siti Aminah" + mark, Audience: event.UKM,
		Kecamatan: "Cibinong", Status: event.Confirmed, Reason: "Data belum lengkap" + mark, Place: 7, OfferUntil: &until, CreatedAt: at,
	}
	lines := []object{{"Field": "Nama usaha", "Value": "Keripik Talas Bu Siti" + mark}, {"Field": "Alamat", "Value": "Kel. Karadenan, Kec. Cibinong"}}
	quota := event.Quota{Limit: 1250, Curated: true}
	step := object{"H": "H-45", "Name": "Menyebarkan undangan", "Done": false, "Skipped": false, "Hours": 0, "Past": true, "At": at, "From": at, "To": until, "Office": at.AddDate(0, 0, -2)}
	count := object{"Audience": event.UKM, "Quota": quota, "Limit": 1250, "Curated": true, "Confirmed": 40, "Booths": 38, "Heads": 95, "Pending": 3, "Waiting": 2}
	d := templates.Data{
		"Event": e, "R": r, "Lines": lines, "Registrations": []*event.Registration{r}, "Events": []object{{"ID": e.ID, "Title": e.Title, "Start": e.Start, "Left": 45, "State": "open"}},
		"Name": "Siti Aminah" + mark, "Field": "Nama usaha", "Fields": []string{"NIB", "E-mail"}, "Old": "Keripik" + mark, "New": "Keripik Talas" + mark, "Value": "judul baru" + mark,
		"Audience": event.UKM, "Quota": quota, "Quotas": []object{count}, "Limit": 1250, "Taken": 40, "Pending": 3, "Max": 80, "Min": 1, "N": 3, "Of": 7, "MB": 10,
		"Question": templates.Markup("Apa nama usahanya? Contoh: _Keripik Talas_"), "Optional": true, "Fixing": false, "Has": true, "HadOld": true, "HasNew": true, "First": true,
		"Phone": "0812-3456-7890", "Address": "siti@gmial.com" + mark, "Suggestion": "siti@gmail.com" + mark, "Place": "Kel. Karadenan, Kec. Cibinong" + mark, "Kecamatan": "Cibinong",
		"Examples": []string{"Karadenan", "Pabuaran"}, "EventID": "EMK-2026", "Draft": true, "Open": true, "Registered": true, "Staff": false, "Role": event.Member, "Rest": 4, "Ahead": 2,
		"Command": "rekp" + mark, "Nearest": "rekap", "Link": "https://t.me/emileku_bot", "Mine": true, "For": "ubah", "Text": "talas" + mark,
		"Title": "E-MILE KU 2027" + mark, "Start": e.Start, "From": "EMK-2026", "Left": 45, "State": "open", "Hours": 0, "Day": e.Start, "Days": 45, "Step": 9,
		"Timeline": []object{step}, "Shifts": []object{step}, "Due": e.Timeline(nil)[6], "Reach": reachSample(),
		"Twin": object{"Title": "Bazar" + mark, "ID": "EMK-2027B"}, "Warn": object{"Past": false, "Late": 3, "Weekend": true}, "Code": "TABCDEFGHIJ", "Lead": true, "More": 4, "Already": false,
		"Now": "E-MILE KU" + mark, "Before": at, "Booth": 7, "Reason": "Data belum lengkap" + mark, "Reserve": 2, "Skipped": 1, "InReserve": false, "Curated": true, "Queue": 3, "Decidable": true,
		"Words": "terima, tolak, cadangan, lewati", "Number": "EMK-2027-0001", "Rows": 1250, "At": at, "Status": "terdaftar", "Filter": object{"Audience": event.UKM, "Kecamatan": "Cibinong", "Outside": false},
		"Found": []object{{"Name": r.Name, "Number": r.Number, "Audience": r.Audience, "Status": r.Status, "Where": "Cibinong", "Masked": "0812••••890"}}, "Act": true,
		"Well": false, "Parts": []object{{"Name": "Telegram", "Fault": "connection refused" + mark, "Detail": "@emileku_bot", "Hint": templates.Markup("Jalankan `emileku doctor`.")}},
		"Queues": []object{{"Channel": "telegram", "Waiting": 3, "Sent": 1250, "Failed": 1, "Doubtful": 1}}, "Slow": true, "Waited": 5 * time.Minute, "Recent": 2,
		"Faults": []object{{"At": at, "Channel": "telegram", "State": storage.Failed, "Why": "bot was blocked" + mark}}, "Zone": "WIB", "Practice": true, "Real": at, "Version": "1.0",
		"Hint": templates.Markup("Jalankan `emileku doctor`."), "Deeds": []object{{"At": at, "Who": "Rina" + mark, "Action": "mengubah kuota", "Subject": "EMK-2027", "Detail": "ukm 50", "Group": true}},
		"Search": "kuota" + mark, "Older": "/riwayat kuota 2", "All": 45, "Today": 3, "Week": 21, "Others": 12, "Top": []object{{"Name": "Cibinong", "N": 12}, {"Name": "luar", "N": 3}},
		"Recap":   object{"At": at, "Audiences": []object{count}, "Total": 1250, "Heads": 3100, "Power": 12},
		"Members": []object{{"Name": "Rina" + mark, "Self": true, "Role": event.Lead, "Section": "Ketua Seksi Acara" + mark, "Username": "rina_a", "Started": false}}, "Links": 1, "Self": false, "Off": false, "Remove": true, "Started": false,
		"Bound": true, "Person": &event.Person{Name: "Siti Aminah" + mark, Consent: &event.Consent{At: at}, StoppedAt: &until}, "Group": true,
	}
	d["Guest"] = []struct {
		*event.Participation
		Listed bool
	}{{&event.Participation{EventID: e.ID, Name: "Siti" + mark, Organisation: "Keripik" + mark, Phone: "+6281234567890", Arrival: &event.Arrival{At: at, Heads: 2}}, true}}
	withGuests(d, key, mark, at)
	withLine(d, mark, at)
	withLetters(d, key, mark, at)
	for k, v := range taskSample(key, mark, at) {
		d[k] = v
	}
	for k, v := range afterwardsSample(key, mark, at) {
		d[k] = v
	}
	for k, v := range programSample(key, mark, at) {
		d[k] = v
	}
	for k, v := range daySample(key, mark) {
		d[k] = v
	}
	for k, v := range pathSample(key, mark) {
		d[k] = v
	}
	for k, v := range overrides(key, mark, at, lines) {
		d[k] = v
	}
	return d
}

// withLine adds what the texts about a linked account use.
func withLine(d templates.Data, mark string, at time.Time) {
	d["Line"] = channel.Connection{State: channel.Banned, Since: at, Until: at.Add(24 * time.Hour), Detail: "+6281110000" + mark}
	d["Channel"], d["Account"] = channel.WhatsApp, "+6281110000"
	d["Elsewhere"] = []object{{"Channel": channel.WhatsApp, "Link": "https://wa.me/6281110000?text=Halo"}, {"Channel": channel.Web, "Link": ""}}
	d["Own"], d["Seconds"], d["Why"] = true, 20, "tidak ada jawaban"+mark
}

// overrides are for texts that mean something else by a name.
func overrides(key, mark string, at time.Time, lines []object) templates.Data {
	switch key {
	case "privacy.sure", "privacy.erased":
		return templates.Data{"Registrations": 2, "Staff": true}
	case "privacy.mydata":
		return templates.Data{"Registrations": []object{{"Number": "EMK-2027-0001", "Lines": lines}}, "Draft": lines, "Surveys": []object{{"EventID": "EMK-2026", "Lines": []object{{"Text": "Bagaimana acaranya?", "Rating": 4, "Words": ""}, {"Text": "Saran?", "Rating": 0, "Words": "Kursi" + mark}}}}}
	case "event.quota":
		return templates.Data{"Before": event.Quota{Limit: 50}}
	case "event.changed":
		return templates.Data{"Before": "Judul lama" + mark, "Field": "judul"}
	case "team.changed":
		return templates.Data{"Before": event.FrontDesk}
	case "team.ask.sure":
		return templates.Data{"New": event.Member}
	case "event.h":
		return templates.Data{"Hours": 3, "Day": 0}
	case "demo.due":
		return templates.Data{"Hours": 0, "Name": "Menyebarkan undangan"}
	case "sebar.waiting", "sebar.approval", "sebar.approved":
		return templates.Data{"Now": false}
	case "branding.village", "branding.village.note", "branding.village.which":
		return templates.Data{"Desa": "Karadenan" + mark, "Kecamatan": "Cibinong", "Kind": "desa", "Places": []string{"Karadenan" + mark, "Pabuaran"}, "Link": "https://t.me/emileku_bot?start=daftar_masyarakat"}
	case "health.report":
		return templates.Data{"Now": at, "Known": strangersKnown}
	case "continue.offer", "continue.none":
		return templates.Data{"Code": "LK7QX2M4PAB"}
	case "whatsapp.status":
		return templates.Data{"Fault": "terputus", "Linked": true, "Pairing": false, "Group": false}
	case "whatsapp.begin":
		return templates.Data{"Phone": "0812-3456-7890"}
	case "whatsapp.step.done":
		return templates.Data{"Phone": "+6281234567890"}
	case "whatsapp.step.code":
		return templates.Data{"Code": "ABCD-EFGH"}
	}
	return nil
}

func keys(r *templates.Renderer) []string {
	out := r.Keys()
	slices.Sort(out)
	return out
}

// TestGolden renders every text into one file that staff can read.
func TestGolden(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	var got strings.Builder
	for _, key := range keys(r) {
		text, err := r.Text(key, sample(key, ""))
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		fmt.Fprintf(&got, "--- %s\n%s\n\n", key, text)
	}
	file := filepath.Join("testdata", "texts.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Fatalf("the texts changed from line %d on (run with -update and read the difference): %q, %q", i+1, a[min(i, len(a)-1)], b[min(i, len(b)-1)])
		}
	}
}

// captions go with a file.
var captions = []string{"task.chart", "task.proof", "register.ticket", "register.calendar", "recap.text", "export.done", "laporan.file", "laporan.tables"}

// TestTextsReadWell: nothing empty, nothing unfilled, no marks left over, and
// nothing too long for a phone or for the networks.
func TestTextsReadWell(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	unescaped := strings.NewReplacer(`\*`, "", `\_`, "", "\\`", "", `\\`, "")
	for _, key := range keys(r) {
		text, err := r.Text(key, sample(key, ""))
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if strings.TrimSpace(text) == "" {
			t.Errorf("%s is empty", key)
		}
		if strings.Contains(text, "<no value>") || strings.Contains(text, "%!") || strings.Contains(text, "map[") || strings.Contains(text, "{{") {
			t.Errorf("%s is not filled in: %q", key, text)
		}
		if strings.Contains(text, "  ") || strings.Contains(text, " ,") || strings.Contains(text, " .") && !strings.Contains(text, " . ") || strings.Contains(text, "..") {
			t.Errorf("%s is spaced badly: %q", key, text)
		}
		for _, line := range strings.Split(text, "\n") {
			if n := len(strings.Fields(line)); n > 60 {
				t.Errorf("%s has a line of %d words", key, n)
			}
		}
		plain := 0
		for _, s := range markup.Parse(unescaped.Replace(text)) {
			plain += utf8.RuneCountInString(s.Text)
			if !s.Code && strings.ContainsAny(s.Text, "*_`") && !strings.Contains(s.Text, "http") && !strings.Contains(s.Text, "@") {
				t.Errorf("%s has a mark that does not close: %q", key, s.Text)
			}
		}
		limit := 4096
		if slices.Contains(captions, key) {
			limit = 1024
		}
		if plain > limit {
			t.Errorf("%s has %d characters, more than %d", key, plain, limit)
		}
		if strings.HasPrefix(key, "label.") && utf8.RuneCountInString(text) > 40 && !strings.HasPrefix(key, "label.hint.") && !strings.HasPrefix(key, "label.sop.") && !strings.HasPrefix(key, "label.guesthint.") && !strings.HasPrefix(key, "label.example.") {
			t.Errorf("%s is too long for a button: %q", key, text)
		}
	}
}

// TestNothingTypedBecomesMarkup: what a person typed is shown as it is.
func TestNothingTypedBecomesMarkup(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	const mark = " *tebal* _miring_ `kode` \\"
	filled := 0
	for _, key := range keys(r) {
		before, err := r.Text(key, sample(key, ""))
		if err != nil {
			continue // TestGolden tells
		}
		text, err := r.Text(key, sample(key, mark))
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if before == text {
			continue
		}
		filled++
		var shown strings.Builder
		for _, s := range markup.Parse(text) {
			shown.WriteString(s.Text)
		}
		for _, part := range []string{"*tebal*", "_miring_", "`kode`"} {
			if strings.Count(shown.String(), part) != strings.Count(text, "tebal") {
				t.Errorf("%s makes markup of what was typed: %q", key, text)
				break
			}
		}
	}
	if filled < 60 {
		t.Errorf("only %d texts show what was typed", filled)
	}
}

// TestMissingData: a text whose values are not given is an error, never a text
// with a hole.
func TestMissingData(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	failing := 0
	for _, key := range keys(r) {
		full, err := r.Text(key, sample(key, ""))
		if err != nil {
			continue
		}
		bare, err := r.Text(key, nil)
		if err != nil {
			failing++
		} else if bare != full {
			t.Errorf("%s says %q when nothing is given", key, bare)
		}
	}
	if failing < 100 {
		t.Errorf("only %d texts need values", failing)
	}
	if _, err := r.Text("no.such.text", nil); err == nil {
		t.Error("a text that does not exist is no error")
	}
	if got := r.Label("audience", "nobody"); got != "nobody" {
		t.Errorf("a label that does not exist reads %q", got)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	if got := r.Number(1234567); got != "1.234.567" {
		t.Errorf("Number = %q", got)
	}
	start := time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta)
	text, err := r.Text("faq.when", templates.Data{"Event": &event.Event{Start: start.UTC()}})
	if err != nil || text != "Acaranya Kamis, 14 Januari 2027, pukul 08.00 WIB." {
		t.Errorf("%q, %v", text, err)
	}
	for n, want := range map[int]string{45: "H-45", 0: "hari H", -1: "H+1"} {
		data := taskSample("digest.group", "", start)
		data["Event"], data["Days"] = &event.Event{Title: "X"}, n
		text, err := r.Text("digest.group", data)
		if err != nil || !strings.HasPrefix(text, "*"+want+"*") {
			t.Errorf("H%d: %q, %v", n, text, err)
		}
	}
}
