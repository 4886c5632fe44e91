package main

import (
	"context"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/webchat"
	"github.com/diskopukm/emileku/bot/event"
)

// The people of the practice page. The team has its roles already; the others
// are guests.
func demoPeople() []webchat.Persona {
	return []webchat.Persona{
		{ID: "siti", Name: "Siti Aminah", Role: "Pemilik UKM", Description: "Bu Siti menjual keripik talas di Cibinong. Coba daftarkan usahanya.", Phone: "+6281234567890", Start: []string{"daftar", "Ini gratis?"}},
		{ID: "dedi", Name: "Dedi Supriadi", Role: "Pengurus koperasi", Description: "Pak Dedi sekretaris Koperasi Makmur Jaya di Ciawi.", Phone: "+6281311112222", Start: []string{"daftar koperasi", "/bantuan"}},
		{ID: "ujang", Name: "Ujang Sutisna", Role: "Warga", Description: "Kang Ujang ingin berkunjung bersama keluarga.", Phone: "+6285700001111", Start: []string{"Halo", "daftar masyarakat"}},
		{ID: "rina", Name: "Rina Marlina", Role: "Ketua tim", Description: "Bu Rina memimpin tim pelaksana. Di sini perintahnya dapat dicoba.", Phone: "+6281122223333", Start: []string{"/start", "/tugas", "/rekap", "/rundown"}},
		{ID: "asep", Name: "Asep Hidayat", Role: "Anggota tim", Description: "Pak Asep anggota tim pelaksana.", Phone: "+6281144445555", Start: []string{"/start", "/cari kopi", "/logistik"}},
		{ID: "wati", Name: "Wati Kurnia", Role: "Petugas meja depan", Description: "Bu Wati menyambut tamu di meja depan pada hari acara.", Phone: "+6281155556666", Start: []string{"/start", "/hadir", "/cari kopi"}},
	}
}

const demoGroupID = "tim"

func demoGroup() *webchat.GroupSpec {
	return &webchat.GroupSpec{
		ID: demoGroupID, Title: "Tim E-MILE KU", Description: "Grup tim pelaksana: pengingat langkah SOP dan pendaftar baru muncul di sini.",
		Members: []string{"rina", "asep", "wati"}, Start: []string{"/rekap", "/bantuan"},
	}
}

// sampleData fills a fresh database by the same use cases that people use; the
// event lies so many days ahead.
func sampleData(ctx context.Context, p *program, now time.Time, days int) error {
	for who, role := range map[string]event.Role{"rina": event.Lead, "asep": event.Member, "wati": event.FrontDesk} {
		person, err := identify(ctx, p, who)
		if err != nil {
			return err
		}
		if _, err := p.app.UpdatePerson(ctx, person.ID, func(p *event.Person) { p.Role = role }); err != nil {
			return err
		}
	}
	lead, err := identify(ctx, p, "rina")
	if err != nil {
		return err
	}
	by := app.Actor{Person: lead, Chat: "web:rina", Inbound: "demo"}
	start := event.Midnight(now).AddDate(0, 0, days).Add(8 * time.Hour)
	e, err := p.app.CreateEvent(ctx, by, app.NewEvent{
		Title: fmt.Sprintf("E-MILE KU %d", start.In(event.Jakarta).Year()), Start: start, Place: "Lapangan Tegar Beriman, Cibinong",
	})
	if err != nil {
		return err
	}
	_, err = p.app.UpdateEvent(ctx, by, e.ID, "event.change", "", func(e *event.Event) {
		e.MapURL = "https://maps.google.com/?q=-6.4797,106.8251"
		e.Quotas = map[event.Audience]event.Quota{event.UKM: {Limit: 12}, event.Performer: {Limit: 6, Curated: true}}
	})
	if err != nil {
		return err
	}
	if err := p.app.BindGroup(ctx, by, app.TeamGroup{Chat: channel.Chat{Channel: channel.Web, ID: demoGroupID}, Title: "Tim E-MILE KU"}); err != nil {
		return err
	}
	for i, s := range samples() {
		if err := register(ctx, p, e, i, s); err != nil {
			return err
		}
	}
	if err := sampleProgram(ctx, p, by, e); err != nil {
		return err
	}
	// The group need not hear of what was there before the curtain rose.
	all, err := p.app.Recap(ctx, e)
	if err != nil {
		return err
	}
	total := 0
	for _, a := range all.Audiences {
		total += a.Confirmed + a.Pending + a.Waiting
	}
	return p.app.SetAnnounced(ctx, e.ID, app.Announced{Number: event.Number(e.ID, int64(total)), At: time.Time{}})
}

func identify(ctx context.Context, p *program, who string) (*event.Person, error) {
	name := who
	for _, persona := range demoPeople() {
		if persona.ID == who {
			name = persona.Name
		}
	}
	return p.app.Identify(ctx, channel.Inbound{
		Chat: channel.Chat{Channel: channel.Web, ID: who}, Sender: channel.Sender{ID: who, Name: name, Username: who},
	})
}

type sample struct {
	audience event.Audience
	answers  map[string]string
}

func register(ctx context.Context, p *program, e *event.Event, i int, s sample) error {
	id := fmt.Sprintf("sample-%02d", i)
	person, err := identify(ctx, p, id)
	if err != nil {
		return err
	}
	// The page has no phone of theirs: what they are told would fail.
	if person, err = p.app.UpdatePerson(ctx, person.ID, func(p *event.Person) {
		for i := range p.Accounts {
			p.Accounts[i].Chat = ""
		}
	}); err != nil {
		return err
	}
	d := &event.Draft{ID: id, EventID: e.ID, Audience: s.audience, Form: 1, Answers: s.answers, Optional: "no"}
	_, err = p.app.Submit(ctx, app.Actor{Person: person, Chat: "web:" + id, Inbound: id}, d)
	return err
}

func samples() []sample {
	ukm := func(name, owner, field, product, place, phone, booth string) sample {
		return sample{event.UKM, map[string]string{
			event.KeyName: name, event.KeyOwner: owner, event.KeyField: field, event.KeyProduct: product,
			event.KeyLocation: place, event.KeyPhone: phone, event.KeyBooth: booth,
		}}
	}
	kop := func(name, legal, kind, place, contact, phone, heads string) sample {
		return sample{event.Koperasi, map[string]string{
			event.KeyName: name, event.KeyLegal: legal, event.KeyKind: kind, event.KeyLocation: place,
			event.KeyContact: contact, event.KeyPhone: phone, event.KeyHeads: heads,
		}}
	}
	return []sample{
		ukm("Kopi Cisarua Asri", "Yanti Suryani", "kuliner", "kopi bubuk robusta", "Cisarua/Tugu Utara", "+6281200000001", event.BoothPower),
		ukm("Batik Tradisiku", "Neneng Hasanah", "fesyen", "batik tulis motif Bogor", "Ciomas/Ciapus", "+6281200000002", event.BoothPlain),
		ukm("Tas Ciampea", "Ahmad Fauzi", "kriya", "tas kulit", "Ciampea/Bojong Rangkas", "+6281200000003", event.BoothPlain),
		ukm("Talas Lestari", "Iis Komariah", "agribisnis", "talas segar", "Pamijahan/Gunung Sari", "+6281200000004", event.BoothPlain),
		ukm("Dodol Bu Euis", "Euis Rohayati", "kuliner", "dodol dan wajit", "Citeureup/Puspanegara", "+6281200000005", event.BoothPower),
		ukm("Sablon Kreatif", "Rizky Ramadhan", "jasa", "sablon kaus", "Gunung Putri/Ciangsana", "+6281200000006", event.BoothPower),
		ukm("Madu Jonggol", "Hendra Gunawan", "agribisnis", "madu hutan", "Jonggol/Sukamaju", "+6281200000007", event.BoothPlain),
		ukm("Toko Daring Muda", "Fitri Handayani", "digital", "jasa toko daring", "Cibinong/Pakansari", "+6281200000008", event.BoothNone),
		kop("Koperasi Tani Mukti", "518/101/BH/2011", "produsen", "Cariu/Cariu", "Ujang Rahmat, ketua", "+6281200000011", "3"),
		kop("KSP Sejahtera Bersama", "518/207/BH/2014", "simpan_pinjam", "Cibinong/Nanggewer", "Lilis Karlina, manajer", "+6281200000012", "4"),
		kop("Koperasi Wanita Melati", "518/311/BH/2016", "konsumen", "Parung/Parung", "Tuti Alawiyah, bendahara", "+6281200000013", "2"),
		{event.Performer, map[string]string{
			event.KeyName: "Sanggar Jaipong Mekar", event.KeyKind: "tari jaipong", event.KeyMinutes: "15", event.KeyHeads: "8",
			event.KeyContact: "Nining Kurniasih", event.KeyPhone: "+6281200000021",
		}},
		{event.Public, map[string]string{event.KeyName: "Agus Salim", event.KeyLocation: "Sukaraja", event.KeyHeads: "4"}},
		{event.Public, map[string]string{event.KeyName: "Maria Ulfah", event.KeyLocation: "luar:Depok", event.KeyHeads: "2"}},
	}
}
