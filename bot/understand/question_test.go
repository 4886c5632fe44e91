package understand_test

import (
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/understand"
)

func TestQuestion(t *testing.T) {
	t.Parallel()
	for topic, list := range map[understand.Topic]string{
		understand.AskCost:         "ini gratis?|gratis ga|gratis gak ya|bayar ga ya|bayar?|ada biaya?|biayanya berapa|apakah dipungut biaya|mayar teu|sabaraha|mbayar ora|berapa biaya pendaftarannya pak|gratiss kan?",
		understand.AskWhen:         "kapan acaranya|kapan|jam berapa mulai|tanggal berapa ya|iraha acarana|hari apa pak|acaranya tgl berapa|kpn acaranya?",
		understand.AskWhere:        "dimana|di mana tempatnya|lokasinya dimana|dimana tempatna|acaranya dimana pak|tempatnya dmn|minta lokasi acaranya dong?|wonten pundi",
		understand.AskWhy:          "buat apa nomor hp nya|aman ga datanya|datanya buat apa|kenapa harus pakai nomor hp|kanggo naon data abdi|data saya aman?|untuk apa ya",
		understand.AskOfficial:     "ini resmi?|resmi ga nih|bukan penipuan kan?|ini beneran dari dinas?|hoax bukan?|ini asli ga",
		understand.AskNIB:          "NIB itu apa|apa itu NIB|nib wajib?|nib apa ya|harus punya nib?|gimana cara bikin nib|NIB itu apa ya pak",
		understand.AskLegalNumber:  "apa itu badan hukum|nomor badan hukum itu apa|nomor badan hukum itu yang mana?",
		understand.AskNIKKoperasi:  "nik koperasi itu apa|NIK koperasi apa ya?",
		understand.AskDeadline:     "sampai kapan pendaftaran|pendaftaran sampai kapan|terakhir daftar kapan|masih bisa daftar?|kapan tutup pendaftarannya|kuotanya masih ada ga|dugi ka iraha",
		understand.AskBringFriends: "boleh bawa teman|boleh bawa teman ga|bisa bawa anak?|boleh ngajak keluarga?|bisa diwakilkan?",
		understand.AskBooth:        "dapat booth ga?|booth nya ukuran berapa|ada meja?|stand nya sebelah mana",
		understand.AskElectricity:  "ada listrik?|ada colokan ga|listriknya ada ga|berapa watt",
		understand.AskCertificate:  "dapat sertifikat ga|ada sertifikat?|ada uang transport?|dapet makan siang ga",
		understand.AskWhat:         "ini acara apa|acara apa ini?|E-MILE KU itu apa?|apa itu emile ku|syaratnya apa aja|acara naon ieu",
		understand.AskWho:          "siapa ini|ini siapa ya|ieu saha?|ini bot?|penyelenggaranya siapa",
		understand.AskHuman:        "mau bicara dengan petugas|minta nomor panitia|bisa hubungi petugas?|ada nomor admin?",
		understand.AskParking:      "parkirnya dimana|parkir dimana|ada parkir?|parkir dimana ya pak",
		understand.AskSeveral:      "boleh lebih dari satu?|boleh daftar dua usaha?",
		understand.AskExample:      "maksudnya?|maksudnya apa ya|contohnya gimana|wajib?|kalau belum punya gimana?",
		understand.AskUnknown:      "apakah kadis hadir juga?|kok lama ya pak?|kenapa begitu?|mau tanya dong",
	} {
		for text := range strings.SplitSeq(list, "|") {
			got, ok := understand.Question(text)
			if !ok || got.Topic != topic {
				t.Errorf("Question(%q) = %+v, %t; want %s", text, got, ok, topic)
			}
		}
	}
}

// Answers to the questions of a registration, and names, are no questions.
func TestQuestionPrecision(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "2", "dua", "ya", "tidak", "ga", "gak", "belum", "belum punya", "belum ada NIB", "nib belum ada", "tidak ada", "ga ada pak", "booth ya listrik ga",
		"Kopi Maju", "Dimana Kopi", "Dimana Kopi?", "Kapan Kapan Kopi", "Warung Siapa Takut", "Dapur Apa Adanya", "Gratis Ongkir Store", "Toko Sabaraha",
		"KOPI KAPAN KAPAN", "Cibinong", "desa karadenan kec cibinong", "Siti Aminah", "H. Dedi", "081234567890", "kuliner", "jasa", "simpan pinjam",
		"Keripik pisang", "Mikro", "Booth Kopi", "stand dan listrik", "perlu listrik 2 colokan", "Jaipongan", "Tari Topeng Cisarua", "sound system, 2 mic",
		"Batik tulis dan jasa jahit", "10 orang", "berdua sama istri", "sendiri", "Koperasi Serba Usaha Resmi Sejahtera", "Parkir Kopi", "Lokasi Kreatif Studio",
		"butuh booth dan listrik", "tidak perlu", "boleh", "bisa", "ada", "listrik", "booth", "wajib", "🙏", "@dimanakopi", "tidak perlu listrik",
	} {
		limit := 0.6
		if got, _ := understand.Question(text); got.Confidence >= limit {
			t.Errorf("Question(%q) = %+v, want no question", text, got)
		}
	}
}

func FuzzQuestion(f *testing.F) {
	for _, s := range []string{"ini gratis?", "Dimana Kopi?", "boleh bawa teman ga", "?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, ok := understand.Question(s)
		if a.Topic == "" || a.Confidence < 0 || a.Confidence > 1 || ok != (a.Confidence > 0.599) {
			t.Fatalf("Question(%q) = %+v, %t", s, a, ok)
		}
	})
}

func BenchmarkQuestion(b *testing.B) {
	for b.Loop() {
		understand.Question("kalau saya belum punya NIB apakah masih boleh daftar ya pak?")
	}
}
