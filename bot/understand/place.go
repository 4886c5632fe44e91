package understand

import (
	"cmp"
	"slices"
	"strings"
)

// PlaceMatch is what a text says about where someone is.
type PlaceMatch struct {
	Kecamatan string    // "" where not known
	Desa      string    // desa or kelurahan, "" where not said or not sure
	Kind      PlaceKind // of Desa

	// Outside: the place is not in Kabupaten Bogor. OutsideName is its name as
	// said, "" where none was ("luar kabupaten").
	Outside     bool
	OutsideName string

	// Bogor: all that was said is "Bogor" or "Kabupaten Bogor", so that the
	// question is whether the town or the regency, and which kecamatan.
	Bogor bool

	// Sure: the reading needs no question. Else Candidates holds up to
	// MaxPlaceCandidates places that may be meant, the likeliest first; it may
	// be empty.
	Sure       bool
	Candidates []Place
}

// MaxPlaceCandidates is how many places are offered at most.
const MaxPlaceCandidates = 5

// Kecamatan reads a text as an answer to "which kecamatan". A village that
// lies in one kecamatan only gives that kecamatan (and the village too).
func Kecamatan(text string) PlaceMatch {
	m := Location(text)
	if m.Sure || m.Outside || len(m.Candidates) == 0 {
		return m
	}
	var all []Place
	for _, p := range m.Candidates {
		if !slices.ContainsFunc(all, func(q Place) bool { return q.Kecamatan == p.Kecamatan }) {
			all = append(all, places().kecamatan(p.Kecamatan))
		}
	}
	if len(all) == 1 && len(m.Candidates) > 1 { // "cilebut": Barat or Timur, both in Sukaraja
		return PlaceMatch{Kecamatan: all[0].Kecamatan, Sure: true}
	}
	m.Candidates = all
	return m
}

func (g *gazetteer) kecamatan(name string) Place {
	i := slices.IndexFunc(g.places, func(p Place) bool { return p.Desa == "" && p.Kecamatan == name })
	return g.places[i]
}

// Location reads the kecamatan, the village, or both from free text such as
// "Ds. Sukamaju kec cbungbulang". A kecamatan alone leaves Desa empty; a
// village name that several kecamatan have gives them all as candidates.
func Location(text string) PlaceMatch {
	g := places()
	tokens := g.tokens(text)
	hits := g.hits(tokens, "", 0)
	found := g.rank(tokens, hits, "")
	away := g.away(tokens, hits)
	inside := decide(found)
	switch {
	case away.from < 0 && len(found) == 0:
		inside.Bogor = g.saysBogor(tokens)
		return inside
	case away.from < 0:
		return inside
	case len(found) == 0, !found[0].official && !g.saysRegency(tokens):
		return PlaceMatch{Outside: true, OutsideName: away.name, Sure: true}
	case g.saysRegency(tokens), away.from < found[0].to && !away.vague:
		return inside
	}
	// "Cisarua Bandung": the name exists here, but another regency was said.
	return PlaceMatch{Outside: true, OutsideName: away.name, Candidates: []Place{found[0].place}}
}

// DesaIn reads a text as an answer to "which desa or kelurahan" of a kecamatan,
// named as AllKecamatan names it. Where nothing there fits, a village of that
// name elsewhere is offered.
func DesaIn(kecamatan, text string) PlaceMatch {
	g := places()
	tokens := g.tokens(text)
	if found := g.rank(tokens, g.hits(tokens, kecamatan, 1), kecamatan); len(found) > 0 {
		return decide(found)
	}
	m := Location(text)
	if m.Desa != "" {
		m.Candidates = []Place{{Kecamatan: m.Kecamatan, Desa: m.Desa, Kind: m.Kind, Code: g.code(m)}}
	}
	return PlaceMatch{Kecamatan: kecamatan, Candidates: m.Candidates, Outside: m.Outside, OutsideName: m.OutsideName}
}

func (g *gazetteer) code(m PlaceMatch) string {
	for _, p := range g.places {
		if p.Kecamatan == m.Kecamatan && p.Desa == m.Desa {
			return p.Code
		}
	}
	return ""
}

// reading is one way to understand a text, and how well it fits.
type reading struct {
	place    Place
	score    float64
	cost     float64 // typing errors
	length   int     // letters of the names
	official bool    // the kecamatan is named, without an error
	to       int     // token after it
	guess    bool    // too many other words for a misspelt name
	partial  bool    // only a part of a longer name was said
}

// unread is what each word costs that a reading leaves unexplained.
const unread = 1.5

// clearance is how much better than the next reading the best must fit.
const clearance = 2

// decide makes a match of ranked readings.
func decide(found []reading) PlaceMatch {
	if len(found) == 0 {
		return PlaceMatch{}
	}
	best := found[0]
	alone := len(found) == 1 || best.score-found[1].score >= clearance
	if alone && best.cost <= allowed(best.length) && !best.guess && (!best.partial || len(found) == 1) {
		return PlaceMatch{Kecamatan: best.place.Kecamatan, Desa: best.place.Desa, Kind: best.place.Kind, Sure: true}
	}
	var m PlaceMatch
	for i, r := range found {
		near := best.score-r.score < 2*clearance || best.cost >= 1 && i < 3
		if near && len(m.Candidates) < MaxPlaceCandidates {
			m.Candidates = append(m.Candidates, r.place)
		}
	}
	return m
}

// allowed is how many typing errors a sure match of n letters may have.
func allowed(n int) float64 {
	switch {
	case n < 5:
		return 0.5
	case n < 8:
		return 1
	case n < 12:
		return 2
	default:
		return 3
	}
}

// rank combines what was found into readings, the best first: a village with
// its kecamatan fits better than either alone. in limits them to one kecamatan.
func (g *gazetteer) rank(tokens []placeToken, hits []placeHit, in string) []reading {
	best := map[Place]reading{}
	keep := func(r reading) {
		if old, ok := best[r.place]; !ok || r.score > old.score {
			best[r.place] = r
		}
	}
	for _, h := range hits {
		name := g.names[h.name]
		for _, i := range name.places {
			p := g.places[i]
			if in != "" && p.Kecamatan != in {
				continue
			}
			r := g.alone(tokens, h, p)
			whole := r
			whole.score -= unread * float64(others(tokens, h))
			keep(whole)
			if name.kecamatan {
				continue
			}
			for _, k := range hits {
				if !g.names[k.name].kecamatan || g.places[g.names[k.name].places[0]].Kecamatan != p.Kecamatan ||
					k.from < h.to && h.from < k.to {
					continue
				}
				kr := g.alone(tokens, k, g.places[g.names[k.name].places[0]])
				both := others(tokens, h, k)
				keep(reading{
					place: p, score: r.score + kr.score + 6 - unread*float64(both), cost: max(r.cost, kr.cost), length: min(r.length, kr.length),
					official: kr.official, to: max(r.to, kr.to), guess: r.guess && kr.guess, partial: r.partial,
				})
			}
		}
	}
	ranked := make([]reading, 0, len(best))
	for _, r := range best {
		ranked = append(ranked, r)
	}
	slices.SortFunc(ranked, func(a, b reading) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.place.Code, b.place.Code))
	})
	return ranked
}

// alone scores one name that was found, taken for place p.
func (g *gazetteer) alone(tokens []placeToken, h placeHit, p Place) reading {
	name := g.names[h.name]
	r := reading{
		place: p, cost: h.cost, length: len(name.key), to: h.to, partial: h.partial,
		score:    float64(h.length) - 3*h.cost,
		official: name.kecamatan && h.cost <= costShort,
	}
	marked := ""
	if h.from > 0 {
		marked = tokens[h.from-1].role
	}
	switch { // a name alone means the kecamatan, not the village of that name
	case r.official:
		r.score += clearance
	case name.kecamatan:
		r.score++
	case marked == "" && g.isKecamatan(name.key):
		r.score -= clearance
	}
	switch marked {
	case ":kecamatan":
		r.score += either(name.kecamatan, 5, -6)
	case ":desa":
		r.score += either(name.kecamatan, -6, 5)
		r.score += either(p.Kind == Desa, 1, 0)
	case ":kelurahan":
		r.score += either(name.kecamatan, -6, 5)
		r.score += either(p.Kind == Kelurahan, clearance+0.5, 0)
	}
	if h.cost >= 1 && marked == "" {
		r.guess = others(tokens, h) > 2
	}
	if h.partial && marked == "" && len(tokens) > h.to-h.from {
		r.guess = true
	}
	return r
}

func (g *gazetteer) isKecamatan(key string) bool {
	return slices.ContainsFunc(g.exact[key], func(n int) bool { return g.names[n].kecamatan })
}

func either(yes bool, a, b float64) float64 {
	if yes {
		return a
	}
	return b
}

// others counts the words beside the hits that are neither address words nor
// numbers, up to 3.
func others(tokens []placeToken, hits ...placeHit) int {
	n := 0
	for i, t := range tokens {
		if n < 3 && !t.noise && t.role == "" && !slices.ContainsFunc(hits, func(h placeHit) bool { return i >= h.from && i < h.to }) {
			n++
		}
	}
	return n
}
