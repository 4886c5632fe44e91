package understand_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/understand"
)

// Each line: what a person types = what must be read. "A/B" is kecamatan and
// village, surely; "?A/B" is among the candidates; "-X" is outside and called
// X; "~" is nothing at all.
const placeCases = `
Cibinong = Cibinong
cibinong = Cibinong
CIBINONG = Cibinong
cbinong = Cibinong
cibinog = Cibinong
cibnong = Cibinong
cibinng = Cibinong
cbnng = ?Cibinong ?Pamijahan/Cibening
cbinng = Cibinong
cibinongg = Cibinong
ci binong = Cibinong
kec cibinong = Cibinong
kec. cibinong = Cibinong
kecamatan cibinong kab bogor = Cibinong
saya dari cibinong pak = Cibinong
di cibinong = Cibinong
Cibinong, Bogor = Cibinong
Cibinong Kabupaten Bogor Jawa Barat = Cibinong
tjibinong = Cibinong
gn putri = Gunung Putri
gn. putri = Gunung Putri
gng putri = Gunung Putri
gunungputri = Gunung Putri
gunung putry = Gunung Putri
gunung putti = Gunung Putri
gunug putri = Gunung Putri
gnputri = Gunung Putri
g. putri = Gunung Putri
gn sindur = Gunung Sindur
gunungsindur = Gunung Sindur
gn.sindur = Gunung Sindur
gunung sindr = Gunung Sindur
bojonggede = Bojong Gede
bojong gede = Bojong Gede
bj gede = Bojong Gede
bjg gede = Bojong Gede
bojong gde = Bojong Gede
bojonggde = Bojong Gede
bojong gedhe = Bojong Gede
bjonggede = Bojong Gede
kec bojonggede = Bojong Gede
citeureup = Citeureup
citereup = Citeureup
citerup = Citeureup
citeurep = Citeureup
citeurup = Citeureup
Jl Raya Pajajaran no 5 Citeureup = Citeureup
Jl. Mayor Oking No. 12 RT 02/05 Citeureup = Citeureup
cileungsi = Cileungsi
cilengsi = Cileungsi
cileunsi = Cileungsi
cilungsi = Cileungsi
ciluengsi = Cileungsi
jonggol = Jonggol
jongol = Jonggol
joggol = Jonggol
jnggol = Jonggol
klapanunggal = Klapanunggal
kelapa nunggal = Klapanunggal
klapa nunggal = Klapanunggal
klpanunggal = Klapanunggal
leuwiliang = Leuwiliang
lewiliang = Leuwiliang
leuwi liang = Leuwiliang
leuwilyang = Leuwiliang
leuwisadeng = Leuwisadeng
leuwi sadeng = Leuwisadeng
dramaga = Dramaga
darmaga = Dramaga
dermaga = Dramaga
ciomas = Ciomas
comas = Ciomas
ciampea = Ciampea
campea = Ciampea
ciampe = Ciampea
cibungbulang = Cibungbulang
cibungblang = Cibungbulang
cibung bulang = Cibungbulang
cbungbulang = Cibungbulang
pamijahan = Pamijahan
pamijhan = Pamijahan
pamijaan = Pamijahan
tenjolaya = Tenjolaya
tenjo laya = Tenjolaya
tenjo = Tenjo
rumpin = Rumpin
rumpn = Rumpin
rumpi = Rumpin
parung = Parung
prung = Parung
parung panjang = Parung Panjang
parungpanjang = Parung Panjang
prg panjang = Parung Panjang
parung panjng = Parung Panjang
babakan madang = Babakan Madang
babakanmadang = Babakan Madang
bbk madang = Babakan Madang
babakn madang = Babakan Madang
sukaraja = Sukaraja
sukarja = Sukaraja
sukaraj = Sukaraja
suka raja = Sukaraja
megamendung = Megamendung
mega mendung = Megamendung
megamndung = Megamendung
cisarua = Cisarua
cisaroea = Cisarua
cisarwa = Cisarua
ciawi = Ciawi
caringin = Caringin
carigin = Caringin
cijeruk = Cijeruk
cijruk = Cijeruk
cigombong = Cigombong
cigobong = Cigombong
tamansari = Tamansari
taman sari = Tamansari
kemang = Kemang
kmang = Kemang
rancabungur = Ranca Bungur
ranca bungur = Ranca Bungur
rc bungur = Ranca Bungur
rancabunggur = Ranca Bungur
tajurhalang = Tajurhalang
tajur halang = Tajurhalang
tajurhlang = Tajurhalang
ciseeng = Ciseeng
ciseng = Ciseeng
nanggung = Nanggung
naggung = Nanggung
cigudeg = Cigudeg
cigudek = Cigudeg
jasinga = Jasinga
jasiga = Jasinga
sukajaya = Sukajaya
sukamakmur = Sukamakmur
suka makmur = Sukamakmur
sukamakmr = Sukamakmur
cariu = Cariu
tanjungsari = Tanjungsari
tanjung sari = Tanjungsari
tj sari = Tanjungsari
karadenan = Cibinong/Karadenan
kradenan = Cibinong/Karadenan
karadenan, cibinong = Cibinong/Karadenan
desa karadenan kec. cibinong kab bogor = Cibinong/Karadenan
cibinong karadenan = Cibinong/Karadenan
karadnan cbinong = Cibinong/Karadenan
kel. pakansari = Cibinong/Pakansari
pakansri = Cibinong/Pakansari
nanggewer mekar = Cibinong/Nanggewer Mekar
nanggewer = Cibinong/Nanggewer
Kelurahan Tengah, Cibinong = Cibinong/Tengah
kelurahan cibinong = Cibinong/Cibinong
cibinong, cibinong = Cibinong/Cibinong
desa cibinong gn sindur = Gunung Sindur/Cibinong
desa cibinong = ?Cibinong/Cibinong ?Gunung Sindur/Cibinong
Ds. Sukamaju kec cibungbulang = Cibungbulang/Sukamaju
Ds. Sukamaju = ?Jonggol/Sukamaju ?Cibungbulang/Sukamaju ?Cigudeg/Sukamaju ?Megamendung/Sukamaju
sukamaju jonggol = Jonggol/Sukamaju
bojong = ?Kemang/Bojong ?Tenjo/Bojong ?Klapanunggal/Bojong
bojong kemang = Kemang/Bojong
bojong koneng = Babakan Madang/Bojong Koneng
bjg koneng = Babakan Madang/Bojong Koneng
pabuaran = ?Cibinong/Pabuaran ?Kemang/Pabuaran ?Bojong Gede/Pabuaran ?Sukamakmur/Pabuaran
pabuaran bojonggede = Bojong Gede/Pabuaran
sukamakmur ciomas = Ciomas/Sukamakmur
Cileungsi kec Ciawi = Ciawi/Cileungsi
cileungsi kidul = Cileungsi/Cileungsi Kidul
citayam = Tajurhalang/Citayam
citayem = Tajurhalang/Citayam
cilebut = ?Sukaraja/Cilebut Barat ?Sukaraja/Cilebut Timur
cilebut timur = Sukaraja/Cilebut Timur
tlajung udik = Gunung Putri/Tlajung Udik
telajung udik gn putri = Gunung Putri/Tlajung Udik
wanaherang = Gunung Putri/Wanaherang
wanaherng = Gunung Putri/Wanaherang
sentul = Babakan Madang/Sentul
sentul city = Babakan Madang
gunung malang = Tenjolaya/Gunung Malang
gn malang = Tenjolaya/Gunung Malang
gn bunder 2 = Pamijahan/Gunungbunder II
gunung bunder II = Pamijahan/Gunungbunder II
tapos 1 = Tenjolaya/Tapos I
cibeber 2 leuwiliang = Leuwiliang/Cibeber II
kampung sawah rumpin = Rumpin/Kampungsawah
kp sawah = Rumpin/Kampungsawah
watesjaya = Cigombong/Watesjaya
wates jaya = Cigombong/Watesjaya
tugu selatan = Cisarua/Tugu Selatan
batulayang cisarua = Cisarua/Batulayang
cikarawang dramaga = Dramaga/Cikarawang
kota batu ciomas = Ciomas/Kota Batu
kota batu = Ciomas/Kota Batu
banjar waru = Ciawi/Banjar Waru
Perum Griya Asri blok C2 no 7 RT 01 RW 10 desa Ragajaya kec. Bojonggede = Bojong Gede/Ragajaya
Kp. Cikaret RT 02/03 Kel. Harapanjaya Kec. Cibinong Kab. Bogor = Cibinong/Harapanjaya
Jl Raya Jakarta-Bogor km 43 Cibinong = Cibinong
Jl. Raya Bekasi Cileungsi = Cileungsi
parung dekat depok = Parung
luar = -
Luar Kabupaten Bogor = -
luar kab bogor = -
luar kota = -
di luar bogor pak = -
kota bogor = -kota bogor
Kota Bogor = -Kota Bogor
bogor kota = -bogor kota
Bogor Barat, Kota Bogor = -Bogor Barat Kota Bogor
bogor tengah = -bogor tengah
Depok = -Depok
saya dari depok pak = -depok
cimanggis depok = -cimanggis depok
luar kabupaten, dari Depok = -Depok
jakarta = -jakarta
jakarta selatan = -jakarta selatan
jaksel = -jaksel
Bekasi = -Bekasi
tangerang = -tangerang
tanggerang = -tanggerang
Tangerang Selatan = -Tangerang Selatan
bandung = -bandung
cianjur = -cianjur
sukabumi = -sukabumi
Kab. Sukabumi = -Kab Sukabumi
orang jogja = -jogja
asdfgh = ~
12345 = ~
tidak tahu = ~
= ~
`

func TestLocation(t *testing.T) {
	t.Parallel()
	n := 0
	for line := range strings.Lines(strings.TrimSpace(placeCases)) {
		text, want, ok := strings.Cut(strings.TrimRight(line, "\n"), "= ")
		if !ok {
			t.Fatalf("bad case %q", line)
		}
		n++
		text = strings.TrimSpace(text)
		if got := describePlace(understand.Location(text), want); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if n < 200 {
		t.Errorf("only %d cases", n)
	}
}

// describePlace writes a match as in placeCases; of the candidates it names
// only those that want names, so that more may be offered.
func describePlace(m understand.PlaceMatch, want string) string {
	name := func(p understand.Place) string {
		if p.Desa == "" {
			return p.Kecamatan
		}
		return p.Kecamatan + "/" + p.Desa
	}
	switch {
	case m.Outside && m.Sure:
		return "-" + m.OutsideName
	case m.Outside:
		return "?-" + m.OutsideName
	case m.Sure:
		return name(understand.Place{Kecamatan: m.Kecamatan, Desa: m.Desa})
	case len(m.Candidates) == 0:
		return "~"
	}
	var some []string
	for _, w := range strings.Split(want, " ?") {
		if slices.ContainsFunc(m.Candidates, func(p understand.Place) bool { return name(p) == strings.TrimPrefix(w, "?") }) {
			some = append(some, "?"+strings.TrimPrefix(w, "?"))
		}
	}
	if len(some) == 0 {
		for _, p := range m.Candidates {
			some = append(some, "?"+name(p))
		}
	}
	return strings.Join(some, " ")
}

func TestKecamatan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"cilebut":         "Sukaraja",
		"karadenan":       "Cibinong",
		"gunung bunder":   "Pamijahan",
		"parung":          "Parung",
		"kec. ciomas":     "Ciomas",
		"cibatok":         "Cibungbulang",
		"cisaruaa":        "Cisarua",
		"babakan sadeng":  "Leuwisadeng",
		"tenjolaya pak":   "Tenjolaya",
		"Pondok Rajeg":    "Cibinong",
		"rawapanjang":     "Bojong Gede",
		"kota wisata":     "Gunung Putri",
		"klapanunggal ya": "Klapanunggal",
	} {
		if m := understand.Kecamatan(text); !m.Sure || m.Kecamatan != want {
			t.Errorf("Kecamatan(%q) = %+v, want %s", text, m, want)
		}
	}
	m := understand.Kecamatan("sukamaju")
	if m.Sure || len(m.Candidates) != 4 || m.Candidates[0].Desa != "" {
		t.Errorf("Kecamatan(sukamaju) = %+v, want four kecamatan", m)
	}
	for _, text := range []string{"Bogor", "kabupaten bogor", "saya dari bogor pak"} {
		if m := understand.Kecamatan(text); !m.Bogor || m.Sure || m.Outside {
			t.Errorf("Kecamatan(%q) = %+v, want only Bogor", text, m)
		}
	}
	if m := understand.Location("cisarua bandung"); !m.Outside || m.Sure || len(m.Candidates) != 1 {
		t.Errorf("Location(cisarua bandung) = %+v, want outside, not sure", m)
	}
}

func TestDesaIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kecamatan, text, want string }{
		{"Cibinong", "karadenan", "Karadenan"},
		{"Cibinong", "krdenan", "Karadenan"},
		{"Cibinong", "kel. cibinong", "Cibinong"},
		{"Cibinong", "cibinong", "Cibinong"},
		{"Cibinong", "pabuaran", "Pabuaran"},
		{"Cibinong", "pabuaran mekar", "Pabuaran Mekar"},
		{"Cibinong", "tengah", "Tengah"},
		{"Bojong Gede", "pabuaran", "Pabuaran"},
		{"Bojong Gede", "bojong baru", "Bojongbaru"},
		{"Bojong Gede", "bjg baru", "Bojongbaru"},
		{"Bojong Gede", "bojonggede", "Bojonggede"},
		{"Jonggol", "sukamaju", "Sukamaju"},
		{"Leuwiliang", "cibeber 1", "Cibeber I"},
		{"Sukaraja", "cilebut timur", "Cilebut Timur"},
		{"Nanggung", "curug bitung", "Curugbitung"},
	} {
		if m := understand.DesaIn(c.kecamatan, c.text); !m.Sure || m.Desa != c.want || m.Kecamatan != c.kecamatan {
			t.Errorf("DesaIn(%s, %q) = %+v, want %s", c.kecamatan, c.text, m, c.want)
		}
	}
	if m := understand.DesaIn("Sukaraja", "cilebut"); m.Sure || len(m.Candidates) != 2 {
		t.Errorf("DesaIn(Sukaraja, cilebut) = %+v, want both", m)
	}
	if m := understand.DesaIn("Ciawi", "karadenan"); m.Sure || len(m.Candidates) != 1 || m.Candidates[0].Kecamatan != "Cibinong" {
		t.Errorf("DesaIn(Ciawi, karadenan) = %+v, want the one in Cibinong offered", m)
	}
}

func TestGazetteer(t *testing.T) {
	t.Parallel()
	all := understand.AllKecamatan()
	if len(all) != 40 || !slices.IsSorted(all) {
		t.Errorf("%d kecamatan, sorted %t", len(all), slices.IsSorted(all))
	}
	n := 0
	for _, k := range all {
		desa := understand.DesaOf(k)
		n += len(desa)
		if m := understand.Location(k); !m.Sure || m.Kecamatan != k || m.Desa != "" {
			t.Errorf("Location(%q) = %+v", k, m)
		}
		for _, d := range desa {
			if m := understand.Location(d.Desa + ", " + k); !m.Sure || m.Kecamatan != k || m.Desa != d.Desa || m.Kind != d.Kind {
				t.Errorf("Location(%q) = %+v", d, m)
			}
			if m := understand.DesaIn(k, d.Desa); !m.Sure || m.Desa != d.Desa {
				t.Errorf("DesaIn(%s, %s) = %+v", k, d.Desa, m)
			}
		}
	}
	if n != 435 {
		t.Errorf("%d desa and kelurahan", n)
	}
}

// One typing error in a long enough name still resolves to it, or offers it.
func TestPlaceTypos(t *testing.T) {
	t.Parallel()
	var all []understand.Place
	known := map[string]bool{}
	for _, k := range understand.AllKecamatan() {
		known[squash(k)] = true
		for _, d := range understand.DesaOf(k) {
			known[squash(d.Desa)] = true
			if len(squash(d.Desa)) >= 7 {
				all = append(all, d)
			}
		}
		if len(squash(k)) >= 6 {
			all = append(all, understand.Place{Kecamatan: k})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(all).Draw(t, "place")
		name := p.Desa
		if name == "" {
			name = p.Kecamatan
		}
		typo := oneEdit(t, strings.ToLower(name))
		if known[squash(typo)] {
			t.Skip("the error makes another place's name")
		}
		m := understand.Location(typo)
		got := slices.Clone(m.Candidates)
		if m.Sure {
			got = append(got, understand.Place{Kecamatan: m.Kecamatan, Desa: m.Desa})
		}
		if !slices.ContainsFunc(got, func(q understand.Place) bool {
			return squash(q.Desa) == squash(name) || squash(q.Kecamatan) == squash(name)
		}) {
			t.Fatalf("%q (for %s): %+v", typo, p, m)
		}
		if p.Desa == "" {
			return
		}
		m = understand.DesaIn(p.Kecamatan, typo)
		if m.Desa != p.Desa && !slices.ContainsFunc(m.Candidates, func(q understand.Place) bool { return q.Desa == p.Desa }) {
			t.Fatalf("DesaIn(%s, %q): %+v", p.Kecamatan, typo, m)
		}
	})
}

func squash(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }

func oneEdit(t *rapid.T, s string) string {
	i := rapid.IntRange(1, len(s)-2).Draw(t, "at")
	c := rapid.StringMatching(`[a-z]`).Draw(t, "letter")
	switch rapid.SampledFrom([]string{"drop", "swap", "insert", "change"}).Draw(t, "edit") {
	case "drop":
		return s[:i] + s[i+1:]
	case "swap":
		return s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]
	case "insert":
		return s[:i] + c + s[i:]
	default:
		return s[:i] + c + s[i+1:]
	}
}

func FuzzLocation(f *testing.F) {
	for line := range strings.Lines(placeCases) {
		text, _, _ := strings.Cut(line, "=")
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, m := range []understand.PlaceMatch{understand.Location(s), understand.Kecamatan(s), understand.DesaIn("Cibinong", s)} {
			if m.Sure && !m.Outside && m.Kecamatan == "" || m.Outside && m.Kecamatan != "" && m.Sure || len(m.Candidates) > understand.MaxPlaceCandidates {
				t.Fatalf("%q: %+v", s, m)
			}
		}
	})
}

func BenchmarkLocation(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"exact", "Cibinong"},
		{"typo", "desa karadnan kec cbinong"},
		{"address", "Perum Griya Asri blok C2 no 7 RT 01 RW 10 desa Ragajaya kec. Bojonggede kabupaten Bogor"},
		{"huge", strings.Repeat("Sukamju Cibnong ", 6000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				understand.Location(c.text)
			}
		})
	}
}
