package understand

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// placeToken is one word of a text that may name places.
type placeToken struct {
	said  string // as written
	word  string // folded
	role  string // ":kecamatan", ":desa", … or ""
	noise bool   // an address word or a number: never a misspelt name
}

// maxPlaceTokens bounds the work on a long text.
const maxPlaceTokens = 30

func (g *gazetteer) tokens(text string) []placeToken {
	fields := strings.FieldsFunc(strings.ReplaceAll(plain(text), "'", ""), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	tokens := make([]placeToken, 0, min(len(fields), maxPlaceTokens))
	for _, f := range fields {
		if len(tokens) == maxPlaceTokens {
			break
		}
		t := placeToken{said: f, word: strings.ToLower(f)}
		for _, role := range []string{":kecamatan", ":desa", ":kelurahan", ":kabupaten", ":kota", ":road", ":near"} {
			if g.role[role][t.word] {
				t.role = role
				break
			}
		}
		t.noise = g.role[":noise"][t.word] || digits(t.word) == t.word
		tokens = append(tokens, t)
	}
	return tokens
}

// placeHit is a name that some words of the text may be.
type placeHit struct {
	from, to int // tokens
	name     int // into gazetteer.names
	length   int // letters that were matched
	cost     float64
	partial  bool
}

const (
	costPart    = 1.5 // a word of a longer name
	costNumber  = 0.5 // a name without its number: "Tapos" for "Tapos I"
	costVowels  = 0.5 // vowels left out
	costInitial = 0.5 // a wrong first letter is a rarer error
	costShort   = 0.1 // an abbreviation that was written out
	costGaps    = 1.5 // letters left out here and there ("gnputri")
	costUnread  = 1   // a number follows that the name does not take in
)

// hits finds names in the text. in limits villages to one kecamatan and leaves
// the kecamatan out; slack is how many more errors than usual are looked at.
func (g *gazetteer) hits(tokens []placeToken, in string, slack int) []placeHit {
	best := map[int][]placeHit{} // per name: the best, and one elsewhere in the text
	add := func(h placeHit) {
		if in != "" && !g.lies(h.name, in) {
			return
		}
		if h.to < len(tokens) && isSerial(tokens[h.to].word) {
			h.cost += costUnread
		}
		for i, old := range best[h.name] {
			if h.from < old.to && old.from < h.to {
				if value(h) > value(old) {
					best[h.name][i] = h
				}
				return
			}
		}
		if len(best[h.name]) < 2 {
			best[h.name] = append(best[h.name], h)
		}
	}
	for from := range tokens {
		for to := from + 1; to <= min(from+4, len(tokens)); to++ {
			g.match(tokens, from, to, slack, add)
		}
	}
	hits := make([]placeHit, 0, len(best))
	for _, some := range best {
		hits = append(hits, some...)
	}
	slices.SortFunc(hits, func(a, b placeHit) int { return cmp.Or(a.name-b.name, a.from-b.from) })
	return hits
}

// isSerial tells whether a word is the number of villages such as "Tapos II".
func isSerial(word string) bool {
	return word == "1" || word == "2" || word == "i" || word == "ii"
}

func value(h placeHit) float64 { return float64(h.length) - 3*h.cost }

func (g *gazetteer) lies(name int, in string) bool {
	n := g.names[name]
	return !n.kecamatan && slices.ContainsFunc(n.places, func(i int) bool { return g.places[i].Kecamatan == in })
}

func (g *gazetteer) match(tokens []placeToken, from, to, slack int, add func(placeHit)) {
	window := tokens[from:to]
	if first := window[0]; first.role != "" && first.role != ":kota" || first.word == "bogor" {
		return
	}
	raw, long := g.keys(window)
	if len(raw) < 3 || len(long) > maxWord {
		return
	}
	hit := func(name, length int, cost float64, partial bool) {
		add(placeHit{from: from, to: to, name: name, length: length, cost: cost, partial: partial})
	}
	numbered := slices.ContainsFunc(window, func(t placeToken) bool { return digits(t.word) != "" })
	same := false
	for i, key := range []string{raw, long} {
		if i == 0 && numbered || i == 1 && key == raw {
			continue
		}
		for _, n := range g.exact[key] {
			same = true
			hit(n, len(key), float64(i)*costShort, false)
		}
		for _, n := range g.part[key] {
			cost := costPart
			if tail := strings.TrimPrefix(g.names[n].key, key); tail == "i" || tail == "ii" {
				cost = costNumber
			}
			if len(key) > 3 && !window[0].noise {
				hit(n, len(key), cost, cost == costPart)
			}
		}
	}
	last := window[len(window)-1]
	switch {
	case same, len(raw) < 4, numbered, len(window) == 1 && window[0].noise && raw == long, last.noise && !directions[last.word]:
		return
	case slices.ContainsFunc(window, func(t placeToken) bool { return t.role != "" || t.word == "bogor" }):
		return
	}
	g.similar(raw, slack, hit)
	if long != raw {
		g.similar(long, slack, hit)
	}
}

// keys joins the words of a window, as written and with abbreviations written
// out and the old spelling made new.
func (g *gazetteer) keys(window []placeToken) (raw, long string) {
	var a, b strings.Builder
	for _, t := range window {
		a.WriteString(letters(t.word))
		word := t.word
		if full := g.short[word]; len(full) > 0 {
			word = full[0]
		} else if strings.Contains(word, "oe") || strings.HasPrefix(word, "tj") || strings.Contains(word, "dj") {
			word = oldSpelling.Replace(word)
		}
		b.WriteString(letters(word))
	}
	return a.String(), b.String()
}

var oldSpelling = strings.NewReplacer("oe", "u", "tj", "c", "dj", "j")

// similar compares a key with every name.
func (g *gazetteer) similar(key string, slack int, hit func(name, length int, cost float64, partial bool)) {
	seen, skeleton := lettersSeen(key), consonants(key)
	for n := range g.names {
		name := &g.names[n]
		limit := reach(min(len(key), len(name.key))) + slack
		missing := len(name.key) - len(key)
		if missing > 0 && name.skeleton == skeleton && subsequence(key, name.key) {
			hit(n, len(key), costVowels, false)
			continue
		}
		if !name.alias && len(key) > 4 && missing > 0 && 2*len(key) > len(name.key) && key[0] == name.key[0] && subsequence(key, name.key) {
			hit(n, len(key), min(float64(missing), costGaps), false)
			continue
		}
		if missing > limit || -missing > limit || bits.OnesCount32(seen^name.seen) > 2*limit {
			continue
		}
		d := distance(key, name.key, limit)
		if d == 0 || d > limit {
			continue
		}
		cost := float64(d)
		if key[0] != name.key[0] {
			cost += costInitial
		}
		hit(n, len(key), cost, false)
	}
}

// reach is how many typing errors in n letters are looked at.
func reach(n int) int {
	switch {
	case n < 7:
		return 1
	case n < 10:
		return 2
	default:
		return 3
	}
}

// subsequence tells whether short is long with letters left out.
func subsequence(short, long string) bool {
	i := 0
	for j := 0; i < len(short) && j < len(long); j++ {
		if short[i] == long[j] {
			i++
		}
	}
	return i == len(short)
}
