package understand_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/understand"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"2": 2, " 2 ": 2, "2.": 2, "２": 2, "dua": 2, "2 orang": 2, "2 org": 2, "2org": 2, "2orang": 2, "berdua": 2,
		"kami bertiga": 3, "sendiri": 1, "sendirian pak": 1, "5 org": 5, "sepuluh": 10, "dua belas": 12,
		"dua belas orang": 12, "dua puluh": 20, "dua puluh lima": 25, "25an": 25, "25an orang": 25, "sekitar 20 orang": 20,
		"20-30 orang": 30, "2 - 3": 3, "2 s/d 3 orang": 3, "2 atau 3 orang": 3, "1.000": 1000, "1.250 anggota": 1250,
		"seratus": 100, "seratus lima puluh": 150, "dua ratus": 200, "1 ribu": 1000, "2 ratus": 200, "seribu dua ratus": 1200,
		"saya dan istri": 2, "saya sama suami": 2, "sama istri": 2, "saya dan 2 teman": 3, "saya + 2 orang": 3,
		"saya sama istri dan anak": 3, "sama istri dan 2 anak": 4, "2 dewasa 3 anak": 5, "0": 0, "nol": 0, "tidak ada": 0, "tilu urang": 3,
		"duaan": 2, "opat": 4, "seorang": 1, "satu orang saja": 1, "ada 7 orang": 7, "jumlahnya 12": 12, "sebelas": 11,
		"tiga puluh satu": 31, "selusin": 12, "wong loro": 2, "kalih": 2, "2 (dua)": 2, "12 (dua belas) orang": 12,
		"yang hadir 3 orang pengurus": 3, "nyalira": 1,
	} {
		if n, ok := understand.Count(text); !ok || n != want {
			t.Errorf("Count(%q) = %d, %t; want %d", text, n, ok, want)
		}
	}
	for _, text := range []string{
		"", "banyak", "tidak tahu", "belum tahu", "-2", "1,5", "2/3", "081234567890", "99999999999999999999", "2 3", "🙏", "orang", "ratus", "belas",
	} {
		if n, ok := understand.Count(text); ok {
			t.Errorf("Count(%q) = %d, want none", text, n)
		}
	}
}

func TestMinutes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"15": 15, "15 menit": 15, "15 mnt": 15, "15menit": 15, "15'": 15, "setengah jam": 30, "1 jam": 60, "1jam": 60,
		"1,5 jam": 90, "1.5 jam": 90, "satu jam": 60, "sejam": 60, "1 jam 30 menit": 90, "1 jam setengah": 90,
		"satu setengah jam": 90, "1 setengah jam": 90, "2 jam": 120, "dua jam": 120, "seperempat jam": 15, "10-15 menit": 15,
		"sekitar 20 menit pak": 20, "lima belas menit": 15, "lima belas": 15, "90 detik": 2, "kira-kira 45 menit": 45, "1 jam 15 menit": 75,
	} {
		if n, ok := understand.Minutes(text); !ok || n != want {
			t.Errorf("Minutes(%q) = %d, %t; want %d", text, n, ok, want)
		}
	}
	for _, text := range []string{"", "lama", "0", "tidak tahu", "jam", "99999999 jam", "081234567890"} {
		if n, ok := understand.Minutes(text); ok {
			t.Errorf("Minutes(%q) = %d, want none", text, n)
		}
	}
}

// A number in words reads back as the number.
func TestCountInWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9999).Draw(t, "n")
		text := rapid.SampledFrom([]string{"", "kami ", "sekitar "}).Draw(t, "before") + inWords(n) +
			rapid.SampledFrom([]string{"", " orang", " anggota"}).Draw(t, "after")
		if got, ok := understand.Count(text); !ok || got != n {
			t.Fatalf("Count(%q) = %d, %t; want %d", text, got, ok, n)
		}
	})
}

func inWords(n int) string {
	ones := []string{"", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"}
	join := func(a string, rest int) string {
		if rest == 0 {
			return a
		}
		return a + " " + inWords(rest)
	}
	switch {
	case n < 10:
		return ones[n]
	case n == 10:
		return "sepuluh"
	case n == 11:
		return "sebelas"
	case n < 20:
		return ones[n-10] + " belas"
	case n < 100:
		return join(ones[n/10]+" puluh", n%10)
	case n < 200:
		return join("seratus", n-100)
	case n < 1000:
		return join(ones[n/100]+" ratus", n%100)
	case n < 2000:
		return join("seribu", n-1000)
	default:
		return join(inWords(n/1000)+" ribu", n%1000)
	}
}

func FuzzCount(f *testing.F) {
	for _, s := range []string{"2 orang", "dua puluh lima ribu ribu ribu", "saya + 3", "1.000.000", "setengah setengah jam", "20-30"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := understand.Count(s); ok && n < 0 {
			t.Fatalf("Count(%q) = %d", s, n)
		}
		if n, ok := understand.Minutes(s); ok && n <= 0 {
			t.Fatalf("Minutes(%q) = %d", s, n)
		}
	})
}
