package understand

import (
	"regexp"
	"strconv"
	"strings"
)

// ratings are words that people rate with, in the folded spelling.
var ratings = map[string]int{
	"sangat kurang": 1, "kurang sekali": 1, "sangat buruk": 1, "buruk sekali": 1, "jelek sekali": 1, "sangat jelek": 1, "kecewa": 1, "sangat kecewa": 1,
	"mengecewakan": 1, "parah": 1, "payah": 1, "sangat tidak puas": 1, "goreng pisan": 1, "awon pisan": 1,
	"kurang": 2, "kurang baik": 2, "kurang bagus": 2, "kurang puas": 2, "kurang memuaskan": 2, "buruk": 2, "jelek": 2, "tidak puas": 2, "tidak baik": 2,
	"tidak bagus": 2, "tidak memuaskan": 2, "goreng": 2, "awon": 2, "kirang": 2, "tidak bermanfaat": 2, "kurang bermanfaat": 2,
	"cukup": 3, "cukup baik": 3, "cukup bagus": 3, "cukup puas": 3, "biasa": 3, "biasa saja": 3, "biasa aja": 3, "lumayan": 3, "standar": 3, "sedang": 3, "cekap": 3,
	"baik": 4, "bagus": 4, "puas": 4, "memuaskan": 4, "mantap": 4, "sae": 4, "alus": 4, "oke": 4, "ok": 4, "senang": 4, "bermanfaat": 4, "lancar": 4,
	"sangat baik": 5, "baik sekali": 5, "baik banget": 5, "sangat bagus": 5, "bagus sekali": 5, "bagus banget": 5, "sangat puas": 5, "puas sekali": 5, "puas banget": 5,
	"sangat memuaskan": 5, "luar biasa": 5, "sempurna": 5, "mantap sekali": 5, "mantap banget": 5, "sae pisan": 5, "alus pisan": 5, "top": 5, "keren": 5, "keren banget": 5,
	"sangat bermanfaat": 5, "istimewa": 5, "hebat": 5, "sangat lancar": 5,
}

var (
	outOf      = regexp.MustCompile(`([0-9]{1,2})\s*(?:/|dari|per)\s*(5|10)\b`)
	ratingOnly = regexp.MustCompile(`^(?:nilai|bintang|skor|angka|rating|no|nomor|pilih|saya|kasih|beri|nya|\W)*([1-5])(?:bintang|nilai|saja|aja|ya|pak|bu|\W|[^0-9a-z])*$`)
)

// Rating reads a rating from 1 to 5: a number, stars, or words such as "sangat
// baik". ok is false where it is not sure.
func Rating(text string) (n int, ok bool) {
	if stars := strings.Count(text, "⭐") + strings.Count(text, "★") + strings.Count(text, "🌟"); stars > 0 {
		return stars, stars <= 5
	}
	s := fold(text)
	if m := outOf.FindStringSubmatch(s); m != nil {
		n, _ = strconv.Atoi(m[1])
		if m[2] == "10" {
			if n > 10 {
				return 0, false
			}
			n = (n + 1) / 2
		}
		return n, n >= 1 && n <= 5
	}
	if m := ratingOnly.FindStringSubmatch(s); m != nil {
		n, _ = strconv.Atoi(m[1])
		return n, true
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if len(words) == 0 || len(words) > 6 {
		return 0, false
	}
	for _, w := range words { // "bukan tidak baik" is beyond a table
		if w == "tapi" || w == "bukan" || w == "tetapi" {
			return 0, false
		}
	}
	for i, w := range words {
		switch w {
		case "gak", "nggak", "ga", "enggak", "tdk", "teu", "henteu", "ngga", "kagak":
			words[i] = "tidak"
		case "bgt", "bngt":
			words[i] = "banget"
		case "krg", "krng":
			words[i] = "kurang"
		}
	}
	// The longest phrase counts; two that disagree are no rating.
	for size := min(3, len(words)); size > 0; size-- {
		found := 0
		for i := 0; i+size <= len(words); i++ {
			if v := ratings[strings.Join(words[i:i+size], " ")]; v > 0 {
				if found > 0 && found != v {
					return 0, false
				}
				found = v
			}
		}
		if found > 0 {
			for _, w := range words {
				if w == "tidak" && size == 1 {
					return 0, false
				}
			}
			return found, true
		}
	}
	return 0, false
}
