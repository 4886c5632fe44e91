package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	reader "github.com/ledongthuc/pdf"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/diskopukm/emileku/bot/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func officeView(paper string) report.OfficeView {
	return report.OfficeView{
		Head:    []string{"PEMERINTAH KABUPATEN BOGOR", "DINAS KOPERASI DAN UKM KABUPATEN BOGOR"},
		Address: []string{"Jalan KSR Dadi Kusmayadi, Kelurahan Tengah, Cibinong, Bogor, Jawa Barat", "Telp. (021) 87929919 Fax. (021) 87929919"},
		City:    "Cibinong", Title: "PLH KEPALA DINAS KOPERASI, USAHA KECIL DAN MENENGAH KABUPATEN BOGOR", Name: "Dr. Riny Kusumawati, S.P., M.M.",
		Rank: "Pembina Tingkat I", NIP: "197207072005012009", Paper: paper,
	}
}

const invitationBody = `Dengan hormat,

Dalam rangka pemberdayaan koperasi dan usaha kecil menengah di Kabupaten Bogor, Dinas Koperasi dan UKM akan menyelenggarakan *E-MILE KU 2027* dengan tema “UKM Naik Kelas”. Sehubungan dengan hal tersebut, kami mengundang Bapak/Ibu untuk hadir pada:

Hari, tanggal : Kamis, 14 Januari 2027
Waktu : pukul 08.00 WIB
Tempat : Lapangan Tegar Beriman, Cibinong

Mengingat pentingnya acara tersebut, kami mohon kesediaan Bapak/Ibu mengonfirmasi kehadiran melalui kode QR pada surat ini.

Demikian undangan ini kami sampaikan. Atas perhatian dan kehadiran Bapak/Ibu, kami ucapkan terima kasih.`

const decreeBody = `Menimbang :
a. bahwa dalam rangka pemberdayaan koperasi dan UKM akan diselenggarakan E-MILE KU 2027;
b. bahwa untuk kelancaran pelaksanaannya perlu dibentuk tim pelaksana yang bekerja sejak persiapan sampai dengan evaluasi.

Mengingat :
1. Undang-Undang Nomor 25 Tahun 1992 tentang Perkoperasian;
2. Peraturan Bupati Bogor Nomor 40 Tahun 2021 tentang Inovasi Daerah.

MEMUTUSKAN:

Menetapkan : Keputusan tentang Pembentukan Tim Pelaksana E-MILE KU 2027.

KESATU : Membentuk Tim Pelaksana dengan susunan sebagaimana tercantum dalam Lampiran yang merupakan bagian tidak terpisahkan dari Keputusan ini.

KEDUA : Keputusan ini mulai berlaku pada tanggal ditetapkan.`

func letters(t testing.TB) map[string]report.LetterView {
	t.Helper()
	at := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	var guests, officials [][]string
	for i := range 60 {
		guests = append(guests, []string{fmt.Sprintf("H. Dedi Supriadi %d", i+1), "Ketua", "Koperasi Serba Usaha Makmur Jaya"})
	}
	officials = append(officials, []string{"Bupati Bogor", "Bupati", "Pemerintah Kabupaten Bogor"})
	annex := &report.AnnexView{Title: "DAFTAR UNDANGAN", Columns: []report.AnnexColumn{{Head: "Nama", Width: 6}, {Head: "Jabatan", Width: 4}, {Head: "Instansi", Width: 6}},
		Groups: []report.AnnexGroup{{Name: "Pejabat", Rows: officials}, {Name: "Koperasi", Rows: guests}}}
	invitation := report.LetterView{
		Office: officeView("F4"), Made: at, Number: "005/12/Diskopukm/XI/2026", Date: at, Nature: "Penting", Annexes: "1 (satu) berkas", Subject: "Undangan E-MILE KU 2027",
		To: []string{"Yth. (daftar terlampir)", "di Tempat"}, Body: invitationBody, Link: "https://t.me/emileku_bot?start=daftar", LinkNote: "Pindai untuk mengonfirmasi kehadiran.", Annex: annex,
	}
	draft := invitation
	draft.Office, draft.Draft, draft.Number, draft.Date, draft.Annex, draft.Link = officeView("A4"), true, "", time.Time{}, nil, ""
	decree := report.LetterView{
		Office: officeView("F4"), Made: at, Decree: true, Number: "050/3/Kpts/Diskopukm/2026", Date: at, Subject: "Pembentukan Tim Pelaksana E-MILE KU 2027", Body: decreeBody,
		Annex: &report.AnnexView{Title: "SUSUNAN TIM PELAKSANA", Columns: []report.AnnexColumn{{Head: "Nama", Width: 6}, {Head: "Kedudukan", Width: 4}, {Head: "Seksi", Width: 4}},
			Groups: []report.AnnexGroup{{Rows: [][]string{{"Rina Andriani", "Ketua tim", ""}, {"Budi Santoso", "Anggota tim", "Perlengkapan"}}}}},
	}
	return map[string]report.LetterView{"undangan": invitation, "konsep": draft, "sk": decree}
}

// TestLetterGolden: run with -update after a wanted change, and look at the
// pages as well (PDF_OUT=dir keeps them; pdftoppm -png).
func TestLetterGolden(t *testing.T) {
	t.Parallel()
	for name, v := range letters(t) {
		data, err := report.Letter(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := report.Letter(v)
		if err != nil || !bytes.Equal(data, again) {
			t.Errorf("%s: another run gave other bytes (%v)", name, err)
		}
		if err := report.CheckPDF(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if dir := os.Getenv("PDF_OUT"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".pdf"), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := reader.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for n := 1; n <= r.NumPage(); n++ {
			text, err := r.Page(n).GetPlainText(nil)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(text) {
				if line = strings.TrimSpace(line); line != "" {
					fmt.Fprintln(&got, line)
				}
			}
			fmt.Fprintf(&got, "--- %d\n", n)
		}
		file := filepath.Join("testdata", "letter-"+name+".golden")
		if *update {
			if err := os.MkdirAll("testdata", 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s changed:\n%s", file, got.String())
		}
	}
}

func TestLetterNeedsAText(t *testing.T) {
	t.Parallel()
	if _, err := report.Letter(report.LetterView{Office: officeView("A4"), Made: time.Now(), Body: " \n"}); err == nil {
		t.Error("a letter without a text was set")
	}
}

// TestLetterQR: the code on the printed page is read by another library.
func TestLetterQR(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		t.Skip("pdftoppm (poppler-utils) is not installed: .ci/run installs it")
	}
	v := letters(t)["undangan"]
	v.Annex = nil
	v.Link = "https://t.me/emileku_bot?start=u_k7qx2m4pabcdefgh"
	data, err := report.Letter(v)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "x.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), tool, "-png", "-r", "150", "-singlefile", file, filepath.Join(dir, "x")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "x.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	page, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(page)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatalf("the code is not found on the page: %v", err)
	}
	if got.GetText() != v.Link {
		t.Errorf("read %q, want %q", got.GetText(), v.Link)
	}
}
