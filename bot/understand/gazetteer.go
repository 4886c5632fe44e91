package understand

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// PlaceKind tells the two kinds of village apart.
type PlaceKind string

// Kinds of village, in the words of the official list.
const (
	Kelurahan PlaceKind = "kelurahan"
	Desa      PlaceKind = "desa"
)

// Place is a village of Kabupaten Bogor, or, where Desa is "", a kecamatan.
type Place struct {
	Kecamatan string
	Desa      string    // name of the desa or kelurahan
	Kind      PlaceKind // "" for a kecamatan
	Code      string    // of the Ministry of Home Affairs, such as "32.01.01.1002"
}

// String writes the place for reading: "Karadenan, Cibinong".
func (p Place) String() string {
	if p.Desa == "" {
		return p.Kecamatan
	}
	return p.Desa + ", " + p.Kecamatan
}

// placeName is one distinct spelling of a name and the places that bear it.
type placeName struct {
	key       string // letters only
	skeleton  string // its consonants
	seen      uint32 // bit per letter that occurs, to skip hopeless comparisons
	kecamatan bool
	alias     bool  // not in the official list
	places    []int // into gazetteer.places
}

// gazetteer is the index of all names.
type gazetteer struct {
	places  []Place // kecamatan first, then villages
	names   []placeName
	exact   map[string][]int // key or alias -> names
	part    map[string][]int // a word of a longer name, or its beginning -> names
	short   map[string][]string
	role    map[string]map[string]bool // ":kecamatan" -> words
	outside map[string]bool            // phrase -> names a place
	longest int                        // tokens in the longest outside phrase
}

var places = sync.OnceValue(newGazetteer)

func newGazetteer() *gazetteer {
	raw, err := data.ReadFile("data/kabupaten-bogor.csv")
	if err != nil {
		panic(fmt.Sprintf("understand: %v", err))
	}
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil || len(rows) < 2 {
		panic(fmt.Sprintf("understand: kabupaten-bogor.csv: %d rows, %v", len(rows), err))
	}
	g := &gazetteer{exact: map[string][]int{}, part: map[string][]int{}, outside: map[string]bool{}}
	code := map[string]string{}
	for _, row := range rows[1:] {
		code[row[1]] = row[0][:len("32.01.01")]
	}
	for _, name := range slices.Sorted(mapKeys(code)) {
		g.places = append(g.places, Place{Kecamatan: name, Code: code[name]})
	}
	for _, row := range rows[1:] {
		g.places = append(g.places, Place{Code: row[0], Kecamatan: row[1], Kind: PlaceKind(row[2]), Desa: row[3]})
	}
	for i, p := range g.places {
		g.addName(i, p)
	}
	g.addWords()
	g.addAliases()
	return g
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (g *gazetteer) addName(i int, p Place) {
	name := p.Desa
	if name == "" {
		name = p.Kecamatan
	}
	key := letters(fold(name))
	for _, n := range g.exact[key] {
		if g.names[n].kecamatan == (p.Desa == "") {
			g.names[n].places = append(g.names[n].places, i)
			return
		}
	}
	n := len(g.names)
	g.names = append(g.names, placeName{
		key: key, skeleton: consonants(key), seen: lettersSeen(key), kecamatan: p.Desa == "", places: []int{i},
	})
	g.exact[key] = append(g.exact[key], n)
	parts := words(fold(name))
	if len(parts) < 2 {
		return
	}
	g.part[strings.Join(parts[:len(parts)-1], "")] = append(g.part[strings.Join(parts[:len(parts)-1], "")], n)
	if last := parts[len(parts)-1]; len(last) > 3 && !directions[last] {
		g.part[last] = append(g.part[last], n)
	}
}

// directions are last words that tell villages of one name apart; alone they
// name nothing.
var directions = map[string]bool{
	"barat": true, "timur": true, "utara": true, "selatan": true, "tengah": true, "udik": true, "ilir": true,
	"hilir": true, "kidul": true, "kulon": true, "wetan": true, "girang": true, "mekar": true, "jaya": true, "indah": true, "baru": true,
}

func (g *gazetteer) addWords() {
	g.short = map[string][]string{}
	g.role = map[string]map[string]bool{}
	for _, e := range lexicon("place-words.tsv") {
		if !strings.HasPrefix(e.meaning, ":") {
			for _, w := range e.words {
				g.short[w] = append(g.short[w], e.meaning)
			}
			continue
		}
		g.role[e.meaning] = map[string]bool{}
		for _, w := range e.words {
			g.role[e.meaning][w] = true
		}
	}
	for _, e := range lexicon("outside.tsv") {
		for _, phrase := range e.words {
			g.outside[phrase] = e.meaning == "tempat"
			g.longest = max(g.longest, strings.Count(phrase, " ")+1)
		}
	}
}

func (g *gazetteer) addAliases() {
	for _, e := range lexicon("place-alias.tsv") {
		kecamatan, desa, _ := strings.Cut(e.meaning, "/")
		at := slices.IndexFunc(g.names, func(n placeName) bool {
			return n.kecamatan == (desa == "") && slices.ContainsFunc(n.places, func(i int) bool {
				return g.places[i].Kecamatan == kecamatan && g.places[i].Desa == desa
			})
		})
		if at < 0 {
			panic(fmt.Sprintf("understand: place-alias.tsv: no place %q", e.meaning))
		}
		for _, alias := range e.words {
			key := letters(alias)
			if len(g.exact[key]) > 0 {
				continue
			}
			n := g.names[at] // an alias is a name of its own, of this one place
			n.alias, n.key, n.skeleton, n.seen = true, key, consonants(key), lettersSeen(key)
			n.places = slices.DeleteFunc(slices.Clone(n.places), func(i int) bool {
				return g.places[i].Kecamatan != kecamatan
			})
			g.names = append(g.names, n)
			g.exact[key] = append(g.exact[key], len(g.names)-1)
		}
	}
}

func lettersSeen(key string) uint32 {
	var seen uint32
	for i := range len(key) {
		if c := key[i]; c >= 'a' && c <= 'z' {
			seen |= 1 << (c - 'a')
		}
	}
	return seen
}

// AllKecamatan lists the 40 kecamatan in alphabetical order.
func AllKecamatan() []string {
	var all []string
	for _, p := range places().places {
		if p.Desa == "" {
			all = append(all, p.Kecamatan)
		}
	}
	return all
}

// DesaOf lists the desa and kelurahan of a kecamatan, named as AllKecamatan
// names it, in alphabetical order. It is empty for any other name.
func DesaOf(kecamatan string) []Place {
	var all []Place
	for _, p := range places().places {
		if p.Desa != "" && p.Kecamatan == kecamatan {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Place) int { return strings.Compare(a.Desa, b.Desa) })
	return all
}
