package dialog

import (
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// TestRundownInOneGo: many lines in one message, bad ones among them; a replay
// of the message adds nothing; the rundown of the event before is taken over.
func TestRundownInOneGo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.says("rina", "/acara baru Bazar UKM | 2026-12-10 09:00 | Cibinong")
	all := channel.Inbound{ID: "t:many", Text: "/rundown tambah 09.00 | 30 menit | Pembukaan | Ketua tim | Panggung\n\n• 15 menit | Doa\n26.00 | Tari\n2. 09.45-11.00 Lomba kopi"}
	o.has(o.does("rina", all), "3 acara ditambahkan", "09.00–09.30 *Pembukaan* – Ketua tim – Panggung", "09.30–09.45 *Doa*", "09.45–11.00 *Lomba kopi*", "26.00 | Tari – jamnya tidak ada")
	o.has(o.does("rina", all), "*Rundown Bazar UKM*")
	o.has(o.says("rina", "12.00 Makan siang (1 jam)\n13.00 Penutupan"), "2 acara ditambahkan", "13.00–13.30 *Penutupan*", "Kosong 60 menit (11.00–12.00)")
	r, err := o.app.Rundown(t.Context(), "EMK-2026")
	if err != nil || len(r.Items) != 5 {
		t.Fatalf("%d items, %v", len(r.Items), err)
	}
	o.has(o.says("rina", "cukup"), "*Rundown Bazar UKM*")

	o.clock.Set(time.Date(2026, 12, 12, 9, 0, 0, 0, event.Jakarta))
	o.says("rina", "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Cibinong")
	o.has(o.says("rina", "/rundown EMK-2027"), "Acara lalu (EMK-2026) punya rundown 5 isi", "[Pakai rundown acara lalu=/rundown EMK-2027 salin]")
	o.has(o.says("rina", "/rundown EMK-2027 salin"), "Rundown diambil dari EMK-2026", "08.00–08.30 *Pembukaan* – Ketua tim – Panggung", "12.00–12.30 *Penutupan*")
	o.has(o.says("rina", "/rundown EMK-2027 salin"), "sudah berisi")
	// The event moves, and its rundown with it.
	o.says("rina", "/acara ubah EMK-2027 tanggal 2027-01-21 09:00")
	o.says("rina", "ya")
	o.has(o.says("rina", "/rundown EMK-2027"), "Kamis, 21 Januari 2027", "09.00–09.30 *Pembukaan*")
}

// TestDelayReplayed: a delay whose message is handled again after a crash delays
// once, and tells the same people the same.
func TestDelayReplayed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.says("mekar", "/start")
	o.says("rina", "/acara baru Bazar UKM | 2026-12-10 09:00 | Cibinong")
	o.says("rina", "/rundown tambah 09.00 | 30 menit | Pembukaan\n30 menit | Tari | Sanggar Mekar")
	o.says("rina", "cukup")
	p, err := o.app.Store().People().ByAccount(t.Context(), event.AccountKey("telegram", "mekar"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = o.app.ChangeRundown(t.Context(), app.Actor{Person: p, Inbound: "cast"}, "EMK-2026", "rundown.change", "", func(r *event.Rundown) error {
		it, _ := r.Item(2)
		it.Cast = []event.Performing{{Name: "Sanggar Mekar", PersonID: p.ID}}
		return r.Change("rina", o.app.Now(), it)
	})
	if err != nil {
		t.Fatal(err)
	}
	o.clock.Set(time.Date(2026, 12, 10, 9, 20, 0, 0, event.Jakarta))
	for name, in := range map[string]channel.Inbound{
		"delay": {ID: "t:late", Text: "/rundown mundur 10"}, "change": {ID: "t:change", Text: "/rundown geser 2 +5"},
	} {
		first := o.does("rina", in)
		o.has(first, "mekar: Yth. *Sanggar Mekar*, ada perubahan waktu")
		if again := o.does("rina", in); again != first {
			t.Errorf("%s: replayed, it says\n%s\nafter\n%s", name, again, first)
		}
	}
	r, err := o.app.Rundown(t.Context(), "EMK-2026")
	if err != nil {
		t.Fatal(err)
	}
	if it, _ := r.Item(2); it.Start != 45 {
		t.Errorf("it begins %d minutes after the start", it.Start)
	}
}
