package dialog

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report/pdf"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// keepIn is a folder for the report that TestReportOfAFullEvent makes, to look
// at its pages.
var keepIn = flag.String("keep", "", "folder in which the report of a full event is kept")

// full is an event with everything that a report tells of.
type full struct {
	desk  *Desk
	app   *app.App
	store storage.Store
	event *event.Event
	clock *clock.Fake
}

// newFull fills an event with so many people and pictures, two days after it.
func newFull(t testing.TB, people, photos int, photo func(int) []byte) *full {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "full.db"), Relaxed: true})
	must(err)
	t.Cleanup(func() { _ = store.Close() })
	must(store.Migrate(ctx))
	texts, err := templates.New()
	must(err)
	f := &full{store: store, clock: clock.NewFake(time.Date(2026, 11, 1, 9, 0, 0, 0, event.Jakarta))}
	f.app = app.New(store, f.clock)
	f.desk = New(f.app, texts, &wires{menus: map[string]event.Role{}})
	lead := &event.Person{ID: "telegram:rina", Name: "Rina Marlina", Role: event.Lead}
	must(store.People().Save(ctx, lead))
	must(store.People().Save(ctx, &event.Person{ID: "telegram:asep", Name: "Asep Hidayat", Role: event.Member}))
	by := app.Actor{Person: lead, Inbound: "x"}
	for i, start := range []time.Time{time.Date(2025, 12, 4, 8, 0, 0, 0, event.Jakarta), time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta)} {
		by.Inbound = fmt.Sprint("event", i)
		f.event, err = f.app.CreateEvent(ctx, by, app.NewEvent{Title: fmt.Sprintf("E-MILE KU %d", start.Year()), Start: start, Place: "Lapangan Tegar Beriman, Cibinong"})
		must(err)
	}
	f.event, err = f.app.UpdateEvent(ctx, by, f.event.ID, "event.update", "", func(e *event.Event) { e.Theme = "UKM Naik Kelas, Koperasi Makin Kuat" })
	must(err)
	f.people(ctx, must, people)
	f.tasks(ctx, must, photos, photo)
	f.after(ctx, must, by)
	f.clock.Set(time.Date(2027, 1, 16, 10, 30, 0, 0, event.Jakarta))
	return f
}

func (f *full) people(ctx context.Context, must func(error), n int) {
	auds := []event.Audience{event.UKM, event.UKM, event.UKM, event.Koperasi, event.Public, event.Performer, event.Public, event.UKM, event.Koperasi, event.Official}
	kec := []string{"Cibinong", "Ciawi", "Gunung Putri", "Cileungsi", "Jonggol", "Bojonggede", "Parung", "Leuwiliang", "Citeureup", "Babakan Madang", "Sukaraja", "Cisarua"}
	scales := []string{"mikro", "mikro", "mikro", "kecil", "kecil", "menengah", ""}
	fields := []string{"kuliner", "fesyen", "kriya", "kuliner", "agribisnis", "jasa"}
	answers := []event.Answer{event.Yes, event.Yes, event.Yes, event.Delegated, event.Maybe, event.No, event.Silent}
	invited := f.clock.Now().AddDate(0, 0, 20)
	for i := range n {
		id := fmt.Sprintf("telegram:%04d", i)
		a := auds[i%len(auds)]
		name := fmt.Sprintf("%s %s", []string{"Siti", "H. Dedi", "Ujang", "Eti", "Asep", "Neneng", "Yayan"}[i%7], []string{"Aminah", "Supriadi", "Sutisna", "Rohaeti", "Hidayat", "Kurniasih"}[i%6])
		p := &event.Participation{
			ID: event.ParticipationID(f.event.ID, id), EventID: f.event.ID, PersonID: id, Audience: a, Name: name, Code: fmt.Sprintf("k%025d", i),
			Organisation: []string{"Keripik Talas Bu Siti", "Koperasi Simpan Pinjam Makmur Jaya Sentosa", "Batik Bogor Asri", ""}[i%4], Kecamatan: kec[i%len(kec)], InvitedAt: &invited,
		}
		if a != event.Official && i%3 != 0 {
			r := &event.Registration{
				ID: fmt.Sprint("r", i), Number: event.Number(f.event.ID, int64(i+1)), EventID: f.event.ID, PersonID: id, Audience: a, Form: 1, Status: event.Confirmed, CreatedAt: invited,
				Answers: map[string]string{
					event.KeyName: fmt.Sprint("Usaha ", i), event.KeyOwner: name, event.KeyScale: scales[i%len(scales)], event.KeyField: fields[i%len(fields)], event.KeyHeads: "2",
					event.KeyLocation: event.Locality{Kecamatan: kec[(i/3+i*i)%len(kec)], Desa: "Pabuaran"}.String(), event.KeyBooth: []string{event.BoothPower, event.BoothPlain, event.BoothNone}[i%3],
				},
			}
			r.Derive()
			_, err := f.store.Registrations().Insert(ctx, r)
			must(err)
			p.RegistrationID = r.ID
		}
		at := invited.AddDate(0, 0, 3)
		p.Reply = event.Reply{Answer: answers[i%len(answers)], Heads: 1 + i%3, At: &at}
		if p.Reply.Answer == event.Silent {
			p.Reply = event.Reply{}
		}
		if p.Reply.Comes() && i%3 != 1 || p.Reply.Answer == event.Maybe && i%2 == 0 {
			must(p.CheckIn(event.Arrival{At: f.event.Start.Add(time.Duration(i-60) * time.Minute), Heads: 1 + i%3, How: event.ByScan, In: fmt.Sprint("in", i)}))
		}
		p.Derive()
		must(f.store.Participations().Save(ctx, p))
		if i%2 == 0 && p.Reply.Answer != event.No {
			r := &event.SurveyReply{ID: p.ID, EventID: f.event.ID, PersonID: id, Audience: a, At: at}
			for q := 1; q <= 3; q++ {
				r.Put(event.SurveyAnswer{Question: fmt.Sprint("q", q), Rating: 5 - (i/4*q+q)%4})
			}
			r.Put(event.SurveyAnswer{Question: "q4", Text: fmt.Sprintf("Pentas angklungnya bagus, stan %d ramai sekali dan panitianya ramah kepada semua pengunjung", i)})
			must(f.store.SurveyReplies().Save(ctx, r))
		}
	}
}

func (f *full) tasks(ctx context.Context, must func(error), photos int, photo func(int) []byte) {
	keys := []string{"11", "12", "13", "14"}
	per := map[string][]event.Proof{}
	for i := range photos {
		blob := fmt.Sprintf("%s%s/12/%d", event.TaskFiles, f.event.ID, i)
		must(f.store.Media().Put(ctx, storage.Blob{ID: blob, Name: "foto.jpg", MIME: "image/jpeg", At: f.event.Start}, photo(i)))
		at := f.event.Start.Add(time.Duration(i) * time.Minute)
		if i%4 > 0 { // most pictures are in the album, few are proof
			must(f.store.Photos().Save(ctx, &event.Photo{ID: event.PhotoID(f.event.ID, blob), EventID: f.event.ID, N: i + 1, SHA: blob, Blob: blob, Item: []string{"Pembukaan", "Tari kreasi Sunda", "Bazar UKM"}[i%3], At: at}))
			continue
		}
		key := keys[i/4%len(keys)]
		per[key] = append(per[key], event.Proof{Blob: blob, Photo: true, At: at})
	}
	for _, k := range event.StepTasks(f.event.ID) {
		if k.Key == "15" {
			must(k.Skip("telegram:rina", "semua dikembalikan di tempat", f.event.Start))
		} else if k.Key != "16" {
			must(k.Finish("telegram:asep", map[string]string{"11": "Dibuka Bupati Bogor", "6": "Izin keramaian dari Polsek Cibinong"}[k.Key], per[k.Key], f.event.Start.AddDate(0, 0, -3)))
		}
		if k.Step == event.Logistics {
			for i, name := range []string{"Tenda", "Kursi", "Pengeras suara", "Genset 10 kVA", "Meja", "=HYPERLINK(\"x\")"} {
				_, err := k.AddItem(event.Item{Name: name, Quantity: 4 * (i + 1), Unit: "unit", Owner: "Pak Asep", LentBy: []string{"", "Kecamatan Cibinong"}[i%2], State: event.ItemReturned}, f.event.Start)
				must(err)
			}
		}
		must(f.store.Tasks().Save(ctx, k))
	}
}

func (f *full) after(ctx context.Context, must func(error), by app.Actor) {
	by.Inbound = "rundown"
	_, _, err := f.app.ChangeRundown(ctx, by, f.event.ID, "rundown.add", "", func(r *event.Rundown) error {
		_, err := r.Add(by.Person.ID, f.clock.Now(), []event.RundownItem{
			{Start: 0, Minutes: 30, Title: "Pembukaan", Place: "Panggung utama", Cast: []event.Performing{{Name: "Bupati Bogor"}}},
			{Start: 30, Minutes: 45, Title: "Tari kreasi Sunda", Place: "Panggung utama", Cast: []event.Performing{{Name: "Sanggar Pajajaran"}}},
			{Start: 75, Minutes: 180, Title: "Bazar UKM", Place: "Lapangan"},
		})
		return err
	})
	must(err)
	_, err = f.app.AddPost(ctx, by, event.Post{EventID: f.event.ID, Where: "Instagram @diskopukm", Link: "https://instagram.com/p/emileku", On: event.Midnight(f.clock.Now())})
	must(err)
	for i, kind := range []storage.LetterKind{storage.LetterInvitation, storage.LetterPermit, storage.LetterDecree} {
		at := f.event.Start.AddDate(0, 0, -50)
		l := &storage.Letter{ID: fmt.Sprint("l", i), Key: fmt.Sprint("k", i), EventID: f.event.ID, Kind: kind, Status: storage.LetterSigned, Number: fmt.Sprintf("005/%d/Diskopukm/XI/2026", i+11), Subject: "Undangan E-MILE KU 2027", DatedAt: &at, CreatedAt: at}
		must(f.store.Letters().Save(ctx, l))
	}
	by.Inbound = "notes"
	_, err = f.app.AddNotes(ctx, by, f.event.ID, []app.Remark{
		{Kind: event.NoteGood, Text: "Parkir tertata karena ada dua petugas"}, {Kind: event.NoteGood, Text: "Pendaftaran lewat chat memangkas antrean"},
		{Kind: event.NoteBad, Text: "Pengeras suara sempat mati dua kali sebelum pukul 10.00"}, {Kind: event.NoteNext, Text: "Sewa genset cadangan dan cek ulang pada H-3 jam"},
	})
	must(err)
}

// testPhoto is a JPEG as phones send them: nothing in it is even.
func testPhoto(w, h, seed int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x * 255 / w), uint8((x*y/(97+seed) + y + 3*seed) % 256), uint8(y * 255 / h), 255})
		}
	}
	var out bytes.Buffer
	_ = jpeg.Encode(&out, img, &jpeg.Options{Quality: 80})
	return out.Bytes()
}

func (f *full) ask(t testing.TB, final bool, reason, in string) *storage.Report {
	t.Helper()
	lead, err := f.store.People().Get(t.Context(), "telegram:rina")
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.app.AskReport(t.Context(), app.Actor{Person: lead, Chat: "telegram:rina", Inbound: in}, f.event, final, reason, "row")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReportOfAFullEvent makes a report with everything in it and reads its
// tables. With -keep FOLDER its files stay there.
func TestReportOfAFullEvent(t *testing.T) {
	t.Parallel()
	people, photos := 40, 7
	if *keepIn != "" {
		people, photos = 300, 80
	}
	f := newFull(t, people, photos, func(i int) []byte { return testPhoto(320, 240, i) })
	if *keepIn != "" {
		f = newFull(t, people, photos, func(i int) []byte { return testPhoto(1280, 960, i) })
	}
	var seen []string
	r := f.ask(t, false, "", "t:1")
	data, xlsx, figures, err := f.desk.MakeReport(t.Context(), r, func(done, of int) { seen = append(seen, fmt.Sprintf("%d/%d", done, of)) })
	if err != nil {
		t.Fatal(err)
	}
	if *keepIn != "" {
		for name, b := range map[string][]byte{"laporan.pdf": data, "laporan.xlsx": xlsx} {
			if err := os.WriteFile(filepath.Join(*keepIn, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := pdf.Check(data); err != nil {
		t.Error(err)
	}
	if len(seen) != photos || seen[0] != fmt.Sprintf("0/%d", photos) {
		t.Errorf("progress: %v", seen)
	}
	if figures.Invited != people || figures.Replies == 0 || figures.Rating < 20 || !figures.Attended || figures.Came == 0 {
		t.Errorf("figures: %+v", figures)
	}
	book, err := excelize.OpenReader(bytes.NewReader(xlsx))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(book.GetSheetList(), " "); got != "Ringkasan Tim Fasilitas Tahapan Konfirmasi Publikasi Peserta Kecamatan Skala usaha Bidang usaha Rundown Kedatangan per jam Kehadiran Dokumentasi Survei Jawaban survei Evaluasi Pengembalian Perbandingan Daftar hadir Register surat" {
		t.Errorf("sheets: %s", got)
	}
	for _, cell := range []struct{ sheet, at, want string }{
		{"Fasilitas", "B7", `=HYPERLINK("x")`}, {"Tahapan", "B2", "Pembentukan tim pelaksanaan inovasi E-MILE KU"}, {"Tahapan", "E2", "Seluruh pihak Diskopukm"}, {"Register surat", "B2", "005/11/Diskopukm/XI/2026"},
	} {
		got, err := book.GetCellValue(cell.sheet, cell.at)
		if err != nil || got != cell.want {
			t.Errorf("%s!%s = %q, %v", cell.sheet, cell.at, got, err)
		}
	}
	if formula, err := book.GetCellFormula("Fasilitas", "B7"); err != nil || formula != "" {
		t.Errorf("what was typed is a formula: %q, %v", formula, err)
	}
}

// TestReportOfAnEmptyEvent: each part says in a line that it has no data.
func TestReportOfAnEmptyEvent(t *testing.T) {
	t.Parallel()
	f := newFull(t, 0, 0, nil)
	data, xlsx, _, err := f.desk.MakeReport(t.Context(), f.ask(t, false, "", "t:1"), func(int, int) {})
	if err != nil || pdf.Check(data) != nil || len(xlsx) == 0 {
		t.Fatal(err)
	}
}

// BenchmarkReport is the measure of the report of a filled event: 300 people,
// 80 photos.
func BenchmarkReport(b *testing.B) {
	f := newFull(b, 300, 80, func(i int) []byte { return testPhoto(1280, 960, i) })
	r := f.ask(b, false, "", "t:1")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	for b.Loop() {
		_, _, _, err := f.desk.MakeReport(b.Context(), r, func(int, int) {
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapInuse)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(peak-min(peak, before.HeapInuse))/(1<<20), "MB-peak")
}
