package understand_test

import (
	"slices"
	"testing"

	"github.com/diskopukm/emileku/bot/understand"
)

func fields() []understand.Option {
	return []understand.Option{
		{Value: "kuliner", Label: "Kuliner", Synonyms: []string{"makanan", "minuman", "kue", "katering"}},
		{Value: "fesyen", Label: "Fesyen", Synonyms: []string{"fashion", "baju", "pakaian", "konveksi"}},
		{Value: "kriya", Label: "Kriya", Synonyms: []string{"kerajinan", "craft", "handicraft"}},
		{Value: "simpan-pinjam", Label: "Simpan Pinjam", Synonyms: []string{"ksp"}},
		{Value: "jasa", Label: "Jasa"},
		{Value: "lainnya", Label: "Lainnya", Synonyms: []string{"lain-lain", "dll"}},
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1": "kuliner", "2": "fesyen", " 2. ": "fesyen", "2)": "fesyen", "(2)": "fesyen", "2️⃣": "fesyen", "no 2": "fesyen",
		"nomor 2": "fesyen", "no. 2 pak": "fesyen", "pilih 2": "fesyen", "yang kedua": "fesyen", "kedua": "fesyen", "dua": "fesyen",
		"yang no 3 aja": "kriya", "pertama": "kuliner", "yang pertama": "kuliner", "terakhir": "lainnya", "yg nomer lima": "jasa",
		"kuliner": "kuliner", "KULINER": "kuliner", "kulinr": "kuliner", "kulner": "kuliner", "kuliiner": "kuliner", "klnr": "kuliner",
		"makanan": "kuliner", "mknan": "kuliner", "makanna": "kuliner", "bidang kuliner pak": "kuliner", "fashion": "fesyen", "fesyn": "fesyen",
		"fashon": "fesyen", "kerajinan tangan": "kriya", "simpan pinjam": "simpan-pinjam", "simpanpinjam": "simpan-pinjam",
		"simpan": "simpan-pinjam", "KSP": "simpan-pinjam", "lain lain": "lainnya", "lainya": "lainnya", "jasa": "jasa",
		"2 fesyen": "fesyen", "saya usaha kue": "kuliner", "jual baju": "fesyen", "kuliner (makanan)": "kuliner",
		"": "", "7": "", "0": "", "99": "", "saya tidak tahu": "", "bukan kuliner": "", "kuliner dan fesyen": "", "🙏": "",
	} {
		value, sure, candidates := understand.Choose(text, fields())
		if value != want || sure != (want != "") || sure && len(candidates) > 0 {
			t.Errorf("Choose(%q) = %q, %t, %v; want %q", text, value, sure, candidates, want)
		}
	}
	if _, sure, got := understand.Choose("kuliner atau jasa", fields()); sure || !slices.Equal(got, []string{"kuliner", "jasa"}) {
		t.Errorf("two options: sure %t, candidates %v", sure, got)
	}
}

func TestYesNo(t *testing.T) {
	t.Parallel()
	for want, texts := range map[understand.Answer][]string{
		understand.AnswerYes: {
			"ya", "Ya", "iya", "y", "YA", "iyaaa", "ok", "oke", "okeee", "okay", "setuju", "stuju", "saya setuju", "betul", "benar",
			"bener pak", "boleh", "siap", "siap pak", "lanjut", "lanjutkan", "sip", "siip", "muhun", "inggih", "leres", "mangga", "nggih pak",
			"ya betul", "ya, betul semua datanya pak", "sudah benar", "👍", "✅", "👌🙏", "tidak apa-apa", "gak masalah", "gpp", "gapapa kok",
			"tidak keberatan", "setujuu", "oke lanjut", "ya setuju", "ya saya setuju", "iya dong", "heeh", "setju", "yes", "sumuhun",
			"ya lanjutkan", "jangan batal", "tentu", "bersedia", "saya bersedia", "ya simpan",
		},
		understand.AnswerNo: {
			"tidak", "tdk", "ga", "gak", "enggak", "nggak", "ngga", "tidaaak", "jangan", "batal", "belum", "henteu", "teu", "ora", "mboten",
			"tidak setuju", "gak setuju pak", "ga mau", "tidak mau", "belum benar", "bukan", "salah", "keliru", "masih salah pak", "ya tidak",
			"iya gak jadi", "tidak usah", "ga usah pak", "no", "👎", "❌", "jangan dulu", "tidak jadi", "cancel", "moal", "alim", "blm pak", "tidk",
			"nanti saja", "skip",
		},
		understand.AnswerUnclear: {
			"", "?", "maksudnya?", "boleh ga?", "ya?", "besok", "🙏", "Cibinong", "081234567890", "gimana ya maksudnya", "ya batal",
			"datanya dipakai buat apa saja dan disimpan di mana", "apa ini", "2",
		},
	} {
		for _, text := range texts {
			if got := understand.YesNo(text); got != want {
				t.Errorf("YesNo(%q) = %s, want %s", text, got, want)
			}
		}
	}
}

func FuzzChoose(f *testing.F) {
	for _, s := range []string{"2", "no 2", "kulinr", "yang kedua", "tidak apa-apa", "ya batal"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		value, sure, candidates := understand.Choose(s, fields())
		if sure != (value != "") || sure && candidates != nil {
			t.Fatalf("Choose(%q) = %q, %t, %v", s, value, sure, candidates)
		}
		switch understand.YesNo(s) {
		case understand.AnswerYes, understand.AnswerNo, understand.AnswerUnclear:
		default:
			t.Fatalf("YesNo(%q)", s)
		}
	})
}
