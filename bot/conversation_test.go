package bot_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/transcript"
)

// said is what people may write at any point, sensible or not.
var said = []string{
	"daftar", "daftar ukm", "mau daftar koperasi", "daftar pemeriah", "daftar masyarakat", "/start", "/start daftar_ukm", "/start tim_ABC", "/daftar",
	"setuju", "tidak setuju", "ya", "tidak", "1", "2", "3", "7", "99", "0", "-5", "lewati", "lewati semua", "kembali", "/kembali", "batal", "/batal", "ulang", "lanjut", "ubah", "/ubah", "status", "/status", "/tiket",
	"kirim", "Perbaiki", "selesai", "hapus", "STOP", "berhenti", "/hapusdata", "/datasaya", "hapus data saya", "bantuan", "/bantuan semua", "/xyz", "/", "//", "halo", "assalamualaikum", "terima kasih",
	"Keripik Talas Bu Siti", "Siti Aminah", "kuliner", "keripik dan dodol", "cibinong", "karadenan cibinong", "ciawi", "bendungan", "luar kabupaten bogor", "depok", "bogor", "0812 3456 7890", "(021) 87929919", "12", "081", "15 menit", "setengah jam", "simpan pinjm",
	"518/123/BH/2015", "belum punya", "8120012345678", "siti@gmail.com", "siti@gmial.com", "@keripik", "stan dengan listrik", "tanpa stan", "ini gratis?", "kapan acaranya?", "kenapa minta nomor?", "di mana", "boleh bawa teman?",
	"(stiker)", "(suara)", "(foto)", "(foto produk kami)", "(lokasi)", "(kontak)", "(kontak budi)", "(berkas x.pdf)", "(sunting halo)",
	"*tebal* _miring_ `kode` \\", "<b>x</b> & </b>", "\u202eterbalik", "😀😀😀", "   ", "a", "{{.Event}}", "'; DROP TABLE chats; --", "q|consent|ya", "/ubah EMK-2027-0001", "/batal 1", "/rekap", "/cari siti", "/kurasi", "/ekspor", "/tim", "/acara baru", "/klaim SALAH", "/riwayat",
	"Antre lagi", "Ya, saya ambil", "Usaha yang berbeda", "Perbarui yang lama", "Daftarkan yang lain", "Lihat pendaftaran saya", "sanes", "mangga", "teu acan",
}

// speak lets somebody write, and checks that the bot answers, and not that it
// has a fault.
func speak(t *testing.T, w *transcript.House, who, text string, script *[]string) []transcript.Message {
	t.Helper()
	*script = append(*script, who+"> "+text)
	if err := w.Say(who, "", text); err != nil {
		t.Fatalf("%v, after:\n%s", err, strings.Join(*script, "\n"))
	}
	msgs, err := w.Seen(who, "")
	if err != nil {
		t.Fatalf("%v, after:\n%s", err, strings.Join(*script, "\n"))
	}
	own := 0
	for _, m := range msgs {
		if m.To == "" {
			own++
		}
		if strings.Contains(m.Text, "ada gangguan di sistem kami") {
			t.Fatalf("a fault, after:\n%s", strings.Join(*script, "\n"))
		}
		if strings.TrimSpace(m.Text) == "" && m.File == "" {
			t.Fatalf("an empty message, after:\n%s", strings.Join(*script, "\n"))
		}
	}
	if own == 0 {
		t.Fatalf("no answer, after:\n%s", strings.Join(*script, "\n"))
	}
	return msgs
}

// buttonsOf are the labels that a person sees.
func buttonsOf(msgs []transcript.Message) (out []string) {
	for _, m := range msgs {
		for _, row := range m.Buttons {
			if m.To == "" {
				out = append(out, row...)
			}
		}
	}
	return out
}

// TestWildConversations: two people say whatever comes to mind, press whatever
// they see, come back after days and after restarts. Whatever they do, each
// message gets an answer, and none is an apology for a fault.
func TestWildConversations(t *testing.T) {
	t.Parallel()
	runs, steps := 12, 60
	if testing.Short() {
		runs = 4
	}
	for seed := range runs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(uint64(seed), 2027))
			caps := transcript.Telegram()
			if seed%4 == 3 {
				caps = transcript.Plain()
			}
			w := transcript.NewHouse(t, caps)
			script := []string{}
			direct := func(line string) {
				script = append(script, "! "+line)
				if err := w.Direct(line); err != nil {
					t.Fatal(err)
				}
			}
			direct("acara 2027-01-14 08:00 | E-MILE KU 2027 | Cibinong")
			direct(fmt.Sprintf("kuota ukm %d%s", rnd.IntN(3), []string{"", " kurasi"}[rnd.IntN(2)]))
			people := []string{"siti", "budi"}
			seen := map[string][]string{}
			if seed%5 == 4 {
				direct("peran budi ketua")
			}
			for range steps {
				who := people[rnd.IntN(len(people))]
				switch n := rnd.IntN(100); {
				case n < 3:
					direct("mulai ulang")
				case n < 6:
					d := []string{"+1h", "+25h", "+80h", "+340h"}[rnd.IntN(4)]
					script = append(script, "@ "+d)
					if err := w.Clock(d); err != nil {
						t.Fatal(err)
					}
					if _, err := w.Seen(who, ""); err != nil {
						t.Fatal(err)
					}
				case n < 50 && len(seen[who]) > 0:
					label := seen[who][rnd.IntN(len(seen[who]))]
					seen[who] = append(seen[who], buttonsOf(speak(t, w, who, "["+label+"]", &script))...)
				default:
					seen[who] = append(seen[who], buttonsOf(speak(t, w, who, said[rnd.IntN(len(said))], &script))...)
				}
				if n := len(seen[who]); n > 12 { // they rarely scroll far up
					seen[who] = seen[who][n-12:]
				}
			}
		})
	}
}

// FuzzConversation: lines of any text, each a message.
func FuzzConversation(f *testing.F) {
	for _, s := range []string{
		"daftar ukm\nsetuju\nKeripik\nSiti\nkuliner\nkeripik\nkaradenan cibinong\n081234567890\ntanpa stan\nlewati\nkirim\nubah\n1\nKeripik Baru\nselesai\nbatal\nya",
		"daftar koperasi\nsetuju\nJaya\n518/1/BH/2015\njasa\nciawi\nbendungan\nDedi\n0812\n081234567890\n3\nya\nlewati\nlewati\nlewati\nlewati\nperbaiki\n3\nkembali\nkirim",
		"daftar masyarakat\nya\nUjang\ndepok\n2\nlewati\nkirim\n/hapusdata\nya",
		"/start\n/bantuan\nstatus\nbatal\nSTOP\n/start daftar_pemeriah\nsetuju\nkembali\nulang",
	} {
		f.Add(s)
	}
	for i := 0; i < len(said); i += 16 {
		f.Add("daftar ukm\nsetuju\n" + strings.Join(said[i:min(i+16, len(said))], "\n"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := transcript.NewHouse(t, transcript.Telegram())
		if err := w.Direct("acara 2027-01-14 08:00 | E-MILE KU 2027 | Cibinong"); err != nil {
			t.Fatal(err)
		}
		script := []string{}
		for i, line := range strings.Split(text, "\n") {
			if i == 40 {
				return
			}
			if inner := strings.TrimSpace(line); strings.HasPrefix(inner, "[") || strings.HasPrefix(inner, "(") && !strings.Contains(strings.Join(said, "|"), inner) {
				continue // presses and kinds of messages in the language of scripts
			}
			if strings.HasPrefix(line, "(") || strings.ToValidUTF8(line, "") == line {
				speak(t, w, "siti", line, &script)
			}
		}
	})
}
