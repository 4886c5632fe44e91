package report

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// shape writes blocks so that they can be compared: T text, H heading, F facts,
// L list.
func shape(blocks []letterBlock) string {
	var out []string
	list := func(l letterList) string {
		var items []string
		for i := range l.items {
			items = append(items, l.marks[i]+l.items[i])
		}
		return "L(" + strings.Join(items, ";") + ")"
	}
	for _, b := range blocks {
		switch b.kind {
		case blockText:
			out = append(out, "T("+b.text+")")
		case blockTitle:
			out = append(out, "H("+b.text+")")
		case blockList:
			out = append(out, list(b.list))
		case blockFacts:
			var facts []string
			for _, f := range b.facts {
				if len(f.list.items) > 0 {
					facts = append(facts, f.label+"="+list(f.list))
					continue
				}
				facts = append(facts, f.label+"="+f.text)
			}
			out = append(out, "F("+strings.Join(facts, ";")+")")
		}
	}
	return strings.Join(out, " ")
}

func TestLetterBlocks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		"Dengan hormat,":          "T(Dengan hormat,)",
		"satu\ndua\n\ntiga":       "T(satu dua) T(tiga)",
		"Hari : Kamis\nJam: 8":    "F(Hari=Kamis;Jam=8)",
		"1. satu\n2. dua":         "L(1.satu;2.dua)",
		"a. satu\nb. dua":         "L(a.satu;b.dua)",
		"- satu\n- dua":           "L(-satu;-dua)",
		"Menimbang :\na. x\nb. y": "F(Menimbang=L(a.x;b.y))",
		"MEMUTUSKAN:":             "H(MEMUTUSKAN:)",
		"KESATU : Membentuk tim":  "F(KESATU=Membentuk tim)",
		"pada:\nHari : Kamis\nTempat : Aula\nTerima kasih.": "T(pada:) F(Hari=Kamis;Tempat=Aula) T(Terima kasih.)",
		"Lihat https://contoh.id/x":                         "T(Lihat https://contoh.id/x)",
		"Acara pukul 08.00: mohon hadir":                    "T(Acara pukul 08.00: mohon hadir)",
		"H. Dedi hadir\nB. Budi tidak":                      "T(H. Dedi hadir B. Budi tidak)",
		"1. satu\nlanjutannya":                              "T(1. satu lanjutannya)",
		"Kami mengundang semua pelaku usaha: koperasi, UKM": "T(Kami mengundang semua pelaku usaha: koperasi, UKM)",
		"satu\r\ndua\r\n\r\ntiga":                           "T(satu dua) T(tiga)",
	} {
		if got := shape(letterBlocks(text)); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

// FuzzLetterBlocks: nothing that the lead types is lost on the way to the pages.
func FuzzLetterBlocks(f *testing.F) {
	for _, s := range []string{"Hari : Kamis\nJam : 8", "Menimbang :\na. x", "1. a\n2. b\n\nTEKS", ":\n:", "a. \n\n\u2028", "*x _y* z_"} {
		f.Add(s)
	}
	letters := func(s string) string {
		return strings.ReplaceAll(strings.Join(strings.Fields(s), ""), ":", "")
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got strings.Builder
		list := func(l letterList) {
			for i := range l.items {
				got.WriteString(l.marks[i] + l.items[i])
			}
		}
		for _, b := range letterBlocks(s) {
			got.WriteString(b.text)
			list(b.list)
			for _, fact := range b.facts {
				got.WriteString(fact.label + fact.text)
				list(fact.list)
			}
		}
		if letters(got.String()) != letters(s) {
			t.Errorf("%q became %q", s, got.String())
		}
	})
}

// TestLetterPrintsAnything: no text breaks the setting of pages.
func TestLetterPrintsAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`([A-Za-z]{1,20}[ :.*\n-]){1,40}`), rapid.StringMatching(`[x_*]{1,900}`)).Draw(rt, "text")
		v := LetterView{Office: OfficeView{Head: []string{"DINAS"}}, Made: time.Unix(1, 0), Body: s, Decree: rapid.Bool().Draw(rt, "decree")}
		if _, err := Letter(v); err != nil && strings.TrimSpace(s) != "" {
			rt.Fatalf("%q: %v", s, err)
		}
	})
}
