package understand_test

import (
	"testing"

	"github.com/diskopukm/emileku/bot/understand"
)

func TestRating(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"5": 5, " 4.": 4, "nilai 3": 3, "bintang 2 ya": 2, "4/5": 4, "3 dari 5": 3, "8/10": 4, "9 dari 10": 5, "⭐⭐⭐⭐": 4, "★★": 2,
		"sangat baik": 5, "Baik sekali, Pak!": 5, "bagus bgt": 5, "bagus": 4, "lumayan": 3, "biasa saja": 3, "kurang": 2, "krg bagus": 2, "nggak puas": 2, "tidak memuaskan": 2,
		"sangat kurang": 1, "kecewa": 1, "sae pisan": 5, "luar biasa": 5, "cukup baik": 3, "sangat bermanfaat": 5, "mantap": 4,
	} {
		if got, ok := understand.Rating(text); !ok || got != want {
			t.Errorf("%q is %d, %v; not %d", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "halo", "6", "0", "10", "12/10", "apakah ada acara lagi?", "bagus tapi kurang tertib", "bukan jelek", "tidak jelek", "baik atau kurang", "saya datang 3 orang dari Cibinong",
		"nanti saya jawab", "⭐⭐⭐⭐⭐⭐", "-1000", "45",
	} {
		if got, ok := understand.Rating(text); ok {
			t.Errorf("%q was taken for %d", text, got)
		}
	}
}

func TestRemarks(t *testing.T) {
	t.Parallel()
	got := understand.Remarks("Baik: parkir tertata\n- panitia ramah\nYang kurang = pengeras suara\n\n3. Saran: genset cadangan\nLain kali: mulai pukul 07.30: lebih teduh")
	want := []understand.Remark{
		{Kind: understand.RemarkGood, Text: "parkir tertata"}, {Kind: understand.RemarkGood, Text: "panitia ramah"}, {Kind: understand.RemarkBad, Text: "pengeras suara"},
		{Kind: understand.RemarkNext, Text: "genset cadangan"}, {Kind: understand.RemarkNext, Text: "mulai pukul 07.30: lebih teduh"},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, not %+v", i, got[i], want[i])
		}
	}
	for _, text := range []string{"parkir penuh", "Catatan: parkir penuh", "Baik sekali acaranya"} {
		if r := understand.Remarks(text); len(r) != 1 || r[0].Kind != understand.RemarkUnknown {
			t.Errorf("%q: %+v", text, r)
		}
	}
	if r := understand.Remarks(" \n - \n"); len(r) != 0 {
		t.Errorf("nothing was said: %+v", r)
	}
}

func FuzzRating(f *testing.F) {
	f.Add("5/5 ⭐ sangat baik")
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := understand.Rating(text); ok && (n < 1 || n > 5) {
			t.Errorf("%q is %d", text, n)
		}
		_ = understand.Remarks(text)
	})
}
