package understand

import "strings"

// awayFrom is where a text says that a place is not in Kabupaten Bogor.
type awayFrom struct {
	from, to int    // tokens; from is -1 where nothing says so
	named    int    // the first token that names a place outside, -1 for none
	name     string // as said, "" where no place is named
	vague    bool   // only "luar" and the like
}

// away finds the words that name a place outside. A road named after a town
// ("Jl. Raya Jakarta-Bogor"), something near it, and a part of a local name
// ("Gunung Malang") do not count.
func (g *gazetteer) away(tokens []placeToken, hits []placeHit) awayFrom {
	found := awayFrom{from: -1, named: -1, vague: true}
	var spoken []bool // tokens that say "luar"
	for i := 0; i < len(tokens); {
		n, named := g.outsideAt(tokens, i)
		if n == 0 {
			n, named = g.outsideTypo(tokens, i, hits), true
		}
		if n == 0 || named && (g.onRoad(tokens, i) || insideName(hits, i, i+n, 1)) {
			spoken = append(spoken, false)
			i++
			continue
		}
		if found.from < 0 {
			found.from = i
		}
		if found.named < 0 && named {
			found.named = i
		}
		found.to = i + n
		found.vague = found.vague && !named
		for range n {
			spoken = append(spoken, !named)
		}
		i += n
	}
	if found.from >= 0 {
		found.name = g.awayName(tokens, spoken, found)
	}
	return found
}

// outsideAt gives the number of tokens of the outside phrase at i, 0 for none.
func (g *gazetteer) outsideAt(tokens []placeToken, i int) (n int, named bool) {
	for n = min(g.longest, len(tokens)-i); n > 0; n-- {
		parts := make([]string, n)
		for k := range n {
			parts[k] = tokens[i+k].word
		}
		phrase := strings.Join(parts, " ")
		if named, ok := g.outside[phrase]; ok {
			return n, named
		}
	}
	return 0, false
}

// outsideTypo is outsideAt for one misspelt word that is no part of a local
// name.
func (g *gazetteer) outsideTypo(tokens []placeToken, i int, hits []placeHit) int {
	word := tokens[i].word
	if len(word) < 6 || tokens[i].noise || len(g.exact[word]) > 0 || len(g.part[word]) > 0 || insideName(hits, i, i+1, 3) {
		return 0
	}
	for phrase, named := range g.outside {
		if named && len(phrase) > 5 && phrase[0] == word[0] && distance(word, phrase, 1) <= 1 {
			return 1
		}
	}
	return 0
}

func (g *gazetteer) onRoad(tokens []placeToken, i int) bool {
	for k := max(0, i-3); k < i; k++ {
		if r := tokens[k].role; r == ":road" || r == ":near" {
			return true
		}
	}
	return false
}

// insideName tells whether the tokens are a part of a local name that has
// fewer than errors typing errors.
func insideName(hits []placeHit, from, to int, errors float64) bool {
	for _, h := range hits {
		if h.to-h.from > to-from && h.cost <= costGaps {
			errors = 2 // more words explained than the outside name would
		}
		if h.cost < errors && !h.partial && h.from <= from && h.to >= to {
			return true
		}
	}
	return false
}

// awayName is the place as said, without the words around it: "Depok" of "luar
// kabupaten, dari Depok pak".
func (g *gazetteer) awayName(tokens []placeToken, spoken []bool, a awayFrom) string {
	filler := func(i int) bool {
		t := tokens[i]
		return spoken[i] || t.noise && t.role != ":kabupaten" || t.role == ":near" || t.role == ":road"
	}
	from, to := 0, a.to
	if a.vague { // what follows "luar" may name a place that no list knows
		from, to = a.to, len(tokens)
	}
	for from < to && filler(from) && (a.vague || from < a.named) {
		from++
	}
	for to > from && (spoken[to-1] || filler(to-1) && a.vague) {
		to--
	}
	said := make([]string, 0, to-from)
	for _, t := range tokens[from:to] {
		said = append(said, t.said)
	}
	return strings.Join(said, " ")
}

// saysRegency tells whether the text names Kabupaten Bogor.
func (g *gazetteer) saysRegency(tokens []placeToken) bool {
	for i := 1; i < len(tokens); i++ {
		if tokens[i].word == "bogor" && tokens[i-1].role == ":kabupaten" && (i < 2 || !g.outside[tokens[i-2].word] && tokens[i-2].word != "luar" && tokens[i-2].word != "bukan") {
			return true
		}
	}
	return false
}

// saysBogor tells whether the text says Bogor and nothing that narrows it.
func (g *gazetteer) saysBogor(tokens []placeToken) bool {
	said := false
	for _, t := range tokens {
		if !t.noise && t.role == "" {
			return false
		}
		said = said || t.word == "bogor"
	}
	return said
}
