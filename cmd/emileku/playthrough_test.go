package main

import (
	"errors"
	"testing"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// TestPlaythrough plays a whole event on the practice page in a real browser,
// from H-60 to H+1: what each person does, and what they see.
func TestPlaythrough(t *testing.T) {
	t.Parallel()
	c := demoCmd{logging: logging{LogLevel: "warn", LogFormat: "json"}, HTTPAddr: "127.0.0.1:0", QuietHours: "20:00-07:00", ClockStart: "2026-11-15T09:00:00+07:00", Days: 60}
	d, err := c.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- d.web.serve(t.Context()) }()
	t.Cleanup(func() {
		if err := errors.Join(d.close(), <-served); err != nil {
			t.Error(err)
		}
	})
	p := openScreen(t, d.url(), "siti", "dedi", "ujang", "rina", "asep", "wati", "tim")
	h60(p)
	h45(t, d, p)
	reminders(p)
	theDay(p)
	after(p)
}

// h60: the lead sees what begins; the team takes its tasks; people register.
func h60(p *screen) {
	p.says("rina", "/start")
	p.sees("rina", "Ketua tim", "H-60", "/tugas")
	p.says("rina", "/tugas")
	p.sees("rina", "Pembentukan tim pelaksana", "Hari ini")
	p.pictureFrom("rina", "ketua-tugas")
	p.says("asep@tim", "/tugas 5 ambil")
	p.sees("tim", "penanggung jawab kini Asep Hidayat")
	p.says("rina@tim", "/selesai 1 tim lengkap")
	p.sees("tim", "Pembentukan tim pelaksana")
	p.picture("tim", "tim-grup")
	p.says("asep", "/start")
	p.sees("asep", "Anggota tim", "/tugas")
	p.picture("asep", "anggota-mulai")
	p.says("rina", "/tema")
	p.sees("rina", "Muda, Mandiri, Berkoperasi")
	p.says("asep", "/rundown")
	p.sees("asep", "Rundown E-MILE KU 2027", "(no. 1)")
	p.pictureFrom("asep", "anggota-rundown")
	p.says("asep", "/logistik")
	p.sees("asep", "Logistik E-MILE KU 2027")
	p.pictureFrom("asep", "anggota-logistik")

	p.says("ujang", "Ini gratis?")
	p.sees("ujang", "Gratis")
	p.says("ujang", "/bantuan")
	p.sees("ujang", "Yang dapat Bapak/Ibu lakukan sekarang", "/daftar")
	p.picture("ujang", "warga-bantuan")

	p.says("siti", "daftar ukm")
	p.presses("siti", "Setuju")
	for _, step := range [][2]string{
		{"Apa nama usahanya", "Keripik Talas Bu Siti"}, {"Siapa nama pemiliknya", "Siti Aminah"}, {"di bidang apa", "kuliner"}, {"Apa produk utamanya", "keripik talas"},
		{"Di desa/kelurahan dan kecamatan mana", "karadenan cbinong"}, {"Nomor telepon", "0812 3456 7890"},
	} {
		p.sees("siti", step[0])
		p.says("siti", step[1])
	}
	p.sees("siti", "Apakah memerlukan stan")
	p.picture("siti", "ukm-daftar")
	p.presses("siti", "Stan dengan listrik")
	p.presses("siti", "Lewati semua")
	p.presses("siti", "Kirim")
	p.sees("siti", "Pendaftaran berhasil", "Tiket EMK-2027-")
	p.seesPicture("siti")
	p.picture("siti", "ukm-tiket")
}

// h45: a guest is put on the list, opens the link of the invitation and answers
// in his own words; the team sees the answer.
func h45(t *testing.T, d *demo, p *screen) {
	t.Helper()
	p.clock("2026-11-30T09:30")
	p.sees("tim", "H-45", "Menyebarkan undangan")
	p.says("asep", "/undangan tambah H. Dedi Supriadi | koperasi | Koperasi Makmur Jaya | 0813 1111 2222")
	p.sees("asep", "masuk ke daftar", "Koperasi Makmur Jaya")
	p.says("asep", "/sebar koperasi")
	p.sees("asep", "Koperasi")
	p.picture("asep", "anggota-sebar")
	p.says("asep", "batal")
	code := ""
	err := d.current().program.app.EachParticipation(t.Context(), storage.ParticipationQuery{EventID: "EMK-2027", Audience: event.Koperasi}, func(g *event.Participation) error {
		if g.Organisation == "Koperasi Makmur Jaya" {
			code = g.Code
		}
		return nil
	})
	if err != nil || code == "" {
		t.Fatalf("no invitation: %v", err)
	}
	p.says("dedi", "/start u_"+code) // what the link of the letter does
	p.sees("dedi", "Yth.", "E-MILE KU 2027")
	p.pictureFrom("dedi", "tamu-undangan")
	p.says("dedi", "insya allah hadir berdua")
	p.sees("dedi", "hadir, 2 orang")
	p.picture("dedi", "tamu-jawaban")
	p.says("rina", "/konfirmasi")
	p.sees("rina", "Konfirmasi kehadiran", "hadir 1")
	p.seesPicture("rina")
	p.pictureFrom("rina", "ketua-konfirmasi")
	p.says("asep", "/kurasi")
	p.sees("asep", "Sanggar Jaipong Mekar", "Keputusannya?")
	p.picture("asep", "anggota-kurasi")
	p.presses("asep", "Terima")
	p.sees("asep", "Diterima")
}

// reminders: H-40, H-14, H-7 and the eve come by themselves.
func reminders(p *screen) {
	p.clock("2026-12-05T10:00")
	p.sees("tim", "H-40")
	p.clock("2026-12-31T10:00")
	p.sees("tim", "H-14")
	p.sees("dedi", "E-MILE KU 2027")
	p.clock("2027-01-07T10:00")
	p.sees("tim", "H-7")
	p.sees("dedi", "7 hari lagi")
	p.picture("dedi", "tamu-pengingat")
	p.says("rina", "/start")
	p.sees("rina", "H-7", "/konfirmasi")
	p.clock("2027-01-13T10:00")
	p.sees("dedi", "Sampai jumpa besok")
}

// theDay: the checks before the event, the front desk, the ticket.
func theDay(p *screen) {
	p.clock("2027-01-14T05:05")
	p.sees("tim", "H-3 jam", "Logistik")
	p.clock("2027-01-14T06:05")
	p.sees("tim", "H-2 jam", "Siap mulai")
	p.picture("tim", "tim-hari-h")
	p.says("siti", "/start")
	p.sees("siti", "Hari ini acaranya")
	p.says("siti", "tiket")
	p.seesPicture("siti")
	p.says("wati", "/start")
	p.sees("wati", "Meja depan", "hari H", "/hadir")
	p.picture("wati", "meja-mulai")
	p.says("wati", "/cari keripik talas")
	p.sees("wati", "Keripik Talas Bu Siti", "EMK-2027-")
	p.picture("wati", "meja-cari")
	p.says("wati", "/hadir")
	p.sees("wati", "Meja kehadiran E-MILE KU 2027")
	p.says("wati", "15")
	p.sees("wati", "Tercatat hadir", "Keripik Talas Bu Siti")
	p.says("wati", "dedi supriadi")
	p.sees("wati", "Tercatat hadir", "Koperasi Makmur Jaya")
	p.picture("wati", "meja-hadir")
	p.says("wati", "15")
	p.sees("wati", "Sudah tercatat sebelumnya", "Tidak dihitung dua kali")
	p.says("wati", "selesai")
	p.clock("2027-01-14T08:05")
	p.sees("tim", "08.00 sekarang", "Berikutnya 08.10")
	p.shows("tim", "Kehadiran E-MILE KU 2027", "Koperasi: 1 tamu")
	p.picture("tim", "tim-papan")
	p.says("siti", "status")
	p.sees("siti", "EMK-2027-0015")
	p.says("asep@tim", "/dok")
	p.sees("tim", "Album E-MILE KU 2027")
	p.says("asep@tim", "/selesai 11 dibuka pukul 08.10")
	p.sees("tim", "Pembukaan")
}

// after: what is left to do, and the figures.
func after(p *screen) {
	p.clock("2027-01-15T09:05")
	p.sees("tim", "H+1", "Evaluasi kegiatan")
	p.sees("siti", "terima kasih sudah hadir", "1 dari ")
	p.presses("siti", "5 – Sangat baik")
	p.sees("siti", "2 dari ")
	p.picture("siti", "ukm-survei")
	p.presses("siti", "Lewati")
	p.sees("siti", "3 dari ")
	p.says("siti", "/start")
	p.sees("siti", "Acara ini sudah selesai")
	p.says("rina", "/tugas 15 lewati tidak ada pinjaman")
	p.sees("rina", "Mengembalikan logistik pinjaman")
	p.says("rina", "/rekap")
	p.sees("rina", "Rekap EMK-2027", "sudah selesai")
	p.seesPicture("rina")
	p.pictureFrom("rina", "ketua-rekap")
	p.says("rina", "/start")
	p.sees("rina", "H+1")
	p.picture("rina", "ketua-sesudah")
	p.says("rina", "/laporan draf")
	p.sees("rina", "laporan-EMK-2027-draf.pdf", "laporan-EMK-2027-draf.xlsx")
	p.picture("rina", "ketua-laporan")
	p.says("rina", "/kesehatan")
	p.sees("rina", "Basis data")
	p.pictureFrom("rina", "petugas-ti-kesehatan")
	p.wide(1960, 820)
	p.shoot("practice")
}
