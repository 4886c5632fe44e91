package dialog

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/ledongthuc/pdf"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
)

// invites puts guests on the list of a new event.
func (o *office) invites(csv string) *event.Event {
	o.t.Helper()
	o.lead()
	o.says("rina", "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Stadion Pakansari")
	e, err := o.app.Current(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	list, err := guestlist.Read([]byte("Nama,Jenis,Instansi,Jabatan,Email\n"+csv), guestlist.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	plan, err := o.app.CheckGuests(o.t.Context(), e.ID, list.Rows)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.app.ImportGuests(o.t.Context(), app.Actor{Person: &event.Person{ID: "x"}, Inbound: "import"}, plan); err != nil {
		o.t.Fatal(err)
	}
	return e
}

// sends lets a person send a file.
func (o *office) sends(who, name string, data []byte) string {
	o.t.Helper()
	ref := fmt.Sprint("file:", o.n)
	if o.net.files == nil {
		o.net.files = map[string][]byte{}
	}
	o.net.files[ref] = data
	return o.does(who, channel.Inbound{Kind: channel.Document, Media: &channel.Media{Ref: ref, Name: name}})
}

var blobLine = regexp.MustCompile(`(?m)^\(([^)]+)\)$`)

// blob is the file of an answer.
func (o *office) blob(answer string) []byte {
	o.t.Helper()
	m := blobLine.FindStringSubmatch(answer)
	if m == nil {
		o.t.Fatalf("no file in:\n%s", answer)
	}
	_, data, err := o.app.Store().Media().Get(o.t.Context(), m[1])
	if err != nil {
		o.t.Fatal(err)
	}
	return data
}

func pdfText(t *testing.T, data []byte) string {
	t.Helper()
	r, err := pdf.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.GetPlainText()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(b)), " ")
}

// signed is a PDF as it comes back from an electronic signature: with a part
// appended.
func signed(data []byte) []byte { return append(bytes.Clone(data), "\n% signed\n"...) }

// TestLettersPerGuest: one letter and one number each, out in a ZIP file and
// back in one, and everybody gets their own with the invitation.
func TestLettersPerGuest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	e := o.invites("H. Dedi,koperasi,KSU Maju,Ketua,dedi@contoh.id\nSiti Aminah,ukm,Keripik Bu Siti,,siti@contoh.id\nAsep,ukm,Kopi Bukit,,asep@contoh.id\n")
	o.has(o.says("rina", "/surat baru undangan | ukm, koperasi | perorangan"), "konsep, belum bernomor", "satu surat per tamu")
	o.has(o.says("rina", "/surat nomor | 12/2026"), "dari seri dinas")
	o.has(o.says("rina", "otomatis"), "3 surat diberi nomor", "Bertanda tangan: 0 dari 3")
	o.has(o.says("rina", "/surat cukup"), "Belum ada surat bertanda tangan")
	answer := o.says("rina", "/surat cetak")
	o.has(answer, "3 surat bernomor")
	z, err := zip.NewReader(bytes.NewReader(o.blob(answer)), int64(len(o.blob(answer))))
	if err != nil {
		t.Fatal(err)
	}
	var back bytes.Buffer
	w := zip.NewWriter(&back)
	for i, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		text := pdfText(t, data)
		who := []string{"H. Dedi", "Asep", "Siti Aminah"}[i]
		o.has(text, who, fmt.Sprintf("005/%d/Diskopukm/XI/2026", i+1), "Kamis, 14 Januari 2027", "Pindai untuk mengonfirmasi")
		if i == 2 { // Siti's is still with the signatory
			continue
		}
		part, err := w.Create("TTE/" + strings.TrimSuffix(f.Name, ".pdf") + "_signed.pdf")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(signed(data)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"TTE/catatan.txt", "TTE/undangan.pdf"} {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	o.says("rina", "/surat unggah")
	o.has(o.sends("rina", "hasil.zip", back.Bytes()), "2 surat bertanda tangan diterima", "Terkumpul 2 dari 3", "catatan.txt: Berkas itu bukan PDF")
	o.has(o.says("rina", "/sebar ukm, koperasi | sekarang | surat"), "tidak ada pada daftar") // not yet
	o.says("rina", "batal")
	o.has(o.says("rina", "/surat cukup"), "2 dari 3 tamu mendapat suratnya sendiri", "sudah ditandatangani")
	o.has(o.says("rina", "/sebar ukm, koperasi | sekarang | surat"), "Undangan untuk 3 tamu")

	all, err := o.app.Broadcasts(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	files := func(name string) []channel.File {
		t.Helper()
		page, _, err := o.app.Store().Participations().List(t.Context(), storage.ParticipationQuery{EventID: e.ID, Search: event.Fold(name)})
		if err != nil || len(page) != 1 {
			t.Fatalf("%s: %d, %v", name, len(page), err)
		}
		out, err := o.desk.Attachments(t.Context(), all[0], page[0], channel.Telegram)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, want := range map[string]string{"Dedi": "undangan-005-1-Diskopukm-XI-2026.pdf", "Asep": "undangan-005-2-Diskopukm-XI-2026.pdf", "Siti": ""} {
		got := ""
		for _, f := range files(name) {
			got += f.Name
		}
		if got != want {
			t.Errorf("%s gets %q, want %q", name, got, want)
		}
	}
	// A letter that is cancelled after all does not go out any more.
	o.has(o.says("rina", "/surat batal | acara pindah"), "dibatalkan")
	if got := files("Dedi"); len(got) > 0 {
		t.Errorf("a cancelled letter goes out: %+v", got)
	}
	o.has(o.says("rina", "/ekspor surat"), "3 surat")
}

// TestLetterRefusesWhatIsNotSigned: the very pages that we sent, and what is no
// PDF that guests could open.
func TestLetterRefusesWhatIsNotSigned(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.invites("Siti,ukm,Keripik,,siti@contoh.id\n")
	o.says("rina", "/surat baru undangan | ukm | bersama")
	o.says("rina", "/surat nomor | otomatis")
	print := o.blob(o.says("rina", "/surat cetak"))
	o.has(pdfText(t, print), "DAFTAR UNDANGAN", "Siti", "Keripik", "NIP. 197207072005012009")
	o.says("rina", "/surat unggah")
	o.has(o.sends("rina", "surat.pdf", print), "berkas yang sama")
	o.has(o.sends("rina", "surat.pdf", bytes.Replace(print, []byte("/Root"), []byte("/Encrypt 9 0 R /Root"), 1)), "terkunci kata sandi")
	o.has(o.sends("rina", "surat.docx", []byte("PK\x03\x04")), "bukan PDF")
	o.has(o.sends("rina", "surat.pdf", make([]byte, MaxLetter+1)), "lebih besar dari 10 MB")
	o.has(o.sends("rina", "surat.pdf", signed(print)), "boleh dikirim")
	// The settings and the guests of later change nothing of what was numbered.
	o.says("rina", "/surat penandatangan | Drs. Lain | | ")
	if again := o.blob(o.says("rina", "/surat cetak")); !bytes.Equal(again, print) {
		t.Error("the pages of a numbered letter changed")
	}
}

// TestDecree: the team as it is, with each one's part.
func TestDecree(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.invites("Siti,ukm,Keripik,,siti@contoh.id\n")
	o.has(o.says("rina", "/tim sk"), "SK Tim", "Pembentukan Tim Pelaksana E-MILE KU 2027")
	text := pdfText(t, o.blob(o.says("rina", "/surat lihat")))
	o.has(text, "KEPUTUSAN KEPALA DINAS", "MEMUTUSKAN:", "KESATU", "SUSUNAN TIM PELAKSANA", "Rina", "Ketua", "KONSEP")
	if strings.Contains(text, "Seksi") {
		t.Error("an empty column is printed")
	}
}

func TestReadAttach(t *testing.T) {
	t.Parallel()
	list := []choice{{"Surat 1", "surat:aaaaa"}, {"Surat 2", "surat:bbbbb"}, {"Poster", "poster"}, {"Kalender", "kalender"}}
	for text, want := range map[string]string{
		"surat, poster, ics": "surat:bbbbb poster kalender", "1 3": "surat:aaaaa poster", "poster dan kalender": "poster kalender", "aaaaa": "surat:aaaaa",
		"tanpa": "", "Tidak ada": "", "5": "surat:aaaaa surat:bbbbb poster kalender", "spanduk": "?", "": "?",
	} {
		got, ok := readAttach(text, list)
		if s := strings.Join(got, " "); ok != (want != "?") || ok && s != want {
			t.Errorf("%q: %q %v, want %q", text, s, ok, want)
		}
	}
}
