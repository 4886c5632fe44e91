package understand

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// maxCount is the largest number that is taken for a count; longer ones are
// phone numbers and the like.
const maxCount = 9_999_999

// numerals is the lexicon of number words.
type numerals struct {
	value    map[string]int
	people   map[string]int // "berdua"
	multiply map[string]int
	add      map[string]int
	role     map[string]map[string]bool // ":unit" …
}

var numberWords = sync.OnceValue(func() *numerals {
	n := &numerals{
		value: map[string]int{}, people: map[string]int{}, multiply: map[string]int{}, add: map[string]int{},
		role: map[string]map[string]bool{},
	}
	for _, e := range lexicon("number-words.tsv") {
		kind, rest := n.value, e.meaning
		switch e.meaning[0] {
		case ':':
			n.role[e.meaning] = map[string]bool{}
			for _, w := range e.words {
				n.role[e.meaning][w] = true
			}
			continue
		case '=':
			kind, rest = n.people, rest[1:]
		case '*':
			kind, rest = n.multiply, rest[1:]
		case '+':
			kind, rest = n.add, rest[1:]
		}
		v, err := strconv.Atoi(rest)
		if err != nil {
			panic("understand: number-words.tsv: " + err.Error())
		}
		for _, w := range e.words {
			kind[w] = v
		}
	}
	return n
})

var (
	thousands   = regexp.MustCompile(`\b([0-9]{1,3})[.]([0-9]{3})(?:[.]([0-9]{3}))?\b`)
	numberRange = regexp.MustCompile(`\b[0-9]{1,5}\s*(?:-|sd|s/d|sampai|sampe|hingga|ato|atau)\s*([0-9]{1,5})\b`)
	decimal     = regexp.MustCompile(`[0-9][,.][0-9]`)
	wordEnd     = regexp.MustCompile(`\b([0-9]+)(an|org|orang|orng|urang|pax|x|anggota)\b`)
	plusWord    = regexp.MustCompile(`\s*\+\s*`)
)

// Count reads how many people or things a text says: "2", "dua belas", "2
// orang", "berdua", "kami bertiga", "saya dan istri", "sekitar 25an". Of a range
// it gives the upper end ("2-3 orang" is 3), for it is used to plan seats.
// Several groups of people are added ("2 dewasa 3 anak"). ok is false where
// there is no number or more than one. Whether the number makes sense is the
// caller's to judge.
func Count(text string) (n int, ok bool) {
	s := fold(text)
	s = thousands.ReplaceAllString(s, "$1$2$3")
	if strings.HasPrefix(strings.TrimSpace(s), "-") || strings.Contains(s, "/") && !strings.Contains(s, "s/d") || decimal.MatchString(s) {
		return 0, false
	}
	s = numberRange.ReplaceAllString(s, "$1")
	s = wordEnd.ReplaceAllString(s, "$1 orang")
	s = plusWord.ReplaceAllString(s, " plus ")
	s = strings.ReplaceAll(s, "&", " dan ")
	return numberWords().count(words(s))
}

// figure is one number in a text.
type figure struct {
	value    int
	from, to int // words
	unit     bool
	whole    bool // "berdua" says the whole number
}

func (n *numerals) count(ws []string) (int, bool) {
	figures := n.figures(ws)
	company, with := n.company(ws, figures)
	switch {
	case len(figures) == 0 && company > 0:
		return 1 + company, true
	case len(figures) == 0:
		return 0, len(ws) == 2 && (ws[0] == "tidak" || ws[0] == "belum" || ws[0] == "ga" || ws[0] == "gak" || ws[0] == "tdk") && ws[1] == "ada"
	}
	for _, f := range figures {
		if f.whole {
			return f.value, true
		}
	}
	sum, first := 0, figures[0].value
	all, same := true, true
	for _, f := range figures {
		sum += f.value
		all = all && f.unit
		same = same && f.value == first
	}
	switch {
	case with && len(figures) == 1 && n.follows(ws, figures[0]):
		return 1 + company + sum, true // oneself, those named before the figure, and those it counts
	case len(figures) == 1, same && !all:
		return first, first <= maxCount
	case all:
		return sum, sum <= maxCount
	default:
		return 0, false
	}
}

// figures finds the numbers, in digits or in words.
func (n *numerals) figures(ws []string) []figure {
	var all []figure
	for i := 0; i < len(ws); {
		if v, ok := n.people[ws[i]]; ok {
			all = append(all, figure{value: v, from: i, to: i + 1, whole: true})
			i++
			continue
		}
		v, next := n.number(ws, i)
		if next == i {
			i++
			continue
		}
		unit := next < len(ws) && n.role[":unit"][ws[next]] || next < len(ws) && n.role[":companion"][ws[next]]
		all = append(all, figure{value: v, from: i, to: next, unit: unit})
		i = next
	}
	return all
}

// number reads one number at i and gives the word after it.
func (n *numerals) number(ws []string, i int) (value, next int) {
	start := i
	total, part, digit := 0, 0, false
	for ; i < len(ws) && total <= maxCount; i++ {
		w := ws[i]
		v, isWord := n.value[w]
		if d, err := strconv.Atoi(w); err == nil && len(w) < 9 {
			if digit || part > 0 {
				break
			}
			part, digit = d, true
			continue
		}
		add, isAdd := n.add[w]
		times, isTimes := n.multiply[w]
		switch {
		case isWord && (digit || part%10 != 0 && v < 10):
			return total + part, i
		case isWord:
			part += v
		case isAdd && i > start:
			part += add
		case isTimes && i > start && times == 1000:
			total, part = (total+part)*times, 0
		case isTimes && i > start:
			if digit { // "12 ratus"
				part *= times
				break
			}
			last := part % 10 // "seratus dua puluh": only the two is meant
			part += last*times - last
		default:
			return total + part, i
		}
	}
	return total + part, i
}

// company counts who is said to come along ("saya dan istri", "sama anak"),
// and tells whether anyone is.
func (n *numerals) company(ws []string, figures []figure) (count int, with bool) {
	for i, w := range ws {
		switch {
		case n.role[":with"][w]:
			with = true
		case with && n.role[":companion"][w] && (len(figures) == 0 || i < figures[0].from):
			count++
		}
	}
	return count, with
}

// follows tells whether a figure counts companions ("saya dan 2 teman").
func (n *numerals) follows(ws []string, f figure) bool {
	if f.from == 0 || !n.role[":with"][ws[f.from-1]] {
		return false
	}
	return f.to < len(ws) && n.role[":companion"][ws[f.to]] || f.from > 1 && n.role[":self"][ws[f.from-2]]
}

var (
	clockHours   = regexp.MustCompile(`([0-9]+(?:[.,][0-9]+)?)\s*(?:jam|jm|hour|hours|h)\b`)
	clockMinutes = regexp.MustCompile(`([0-9]+)\s*(?:menit|mnt|mnit|men|min|minute|minutes|m|')(?:[^a-z]|$)`)
	clockSeconds = regexp.MustCompile(`([0-9]+)\s*(?:detik|dtk|sec|s)\b`)
	bareNumber   = regexp.MustCompile(`^\D*([0-9]{1,4})\D*$`)
)

// Minutes reads a length of time in minutes: "15 menit", "setengah jam", "1,5
// jam", "1 jam 30 menit", "15". Of a range it gives the upper end. Seconds are
// rounded up.
func Minutes(text string) (n int, ok bool) {
	s := fold(text)
	s = numberRange.ReplaceAllString(s, "$1")
	s = spellOutTimes(s)
	total := 0.0
	for _, unit := range []struct {
		pattern *regexp.Regexp
		minutes float64
	}{{clockHours, 60}, {clockMinutes, 1}, {clockSeconds, 1.0 / 60}} {
		for _, m := range unit.pattern.FindAllStringSubmatch(s, -1) {
			v, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", "."), 64)
			if err != nil || v > 9999 {
				return 0, false
			}
			total += v * unit.minutes
			ok = true
		}
	}
	if !ok {
		m := bareNumber.FindStringSubmatch(s)
		if m == nil || decimal.MatchString(s) {
			n, ok = numberWords().count(words(s))
			return n, ok && n > 0
		}
		n, _ = strconv.Atoi(m[1])
		return n, n > 0
	}
	n = int(total)
	if total-float64(n) > 1e-9 {
		n++
	}
	return n, n > 0
}

// spellOutTimes writes words of a length of time as digits: "satu setengah
// jam" becomes "1.5 jam".
func spellOutTimes(s string) string {
	ws := strings.Fields(s)
	lex := numberWords()
	var out []string
	for i := 0; i < len(ws); {
		switch w := strings.Trim(ws[i], ",.!?"); {
		case w == "setengah" || w == "satengah" || w == "stengah" || w == "setgh":
			if k := len(out); k > 0 && (isDigits(out[k-1]) || out[k-1] == "jam" && k > 1 && isDigits(out[k-2])) {
				if isDigits(out[k-1]) {
					out[k-1] += ".5"
				} else {
					out[k-2] += ".5"
				}
			} else {
				out = append(out, "0.5")
			}
			i++
		case w == "seperempat" || w == "saparapat":
			out = append(out, "0.25")
			i++
		case w == "sejam" || w == "sajam":
			out = append(out, "1", "jam")
			i++
		case w == "semenit":
			out = append(out, "1", "menit")
			i++
		default:
			if v, next := lex.number(ws, i); next > i && !isDigits(w) {
				out = append(out, strconv.Itoa(v))
				i = next
				continue
			}
			out = append(out, ws[i])
			i++
		}
	}
	return strings.Join(out, " ")
}

func isDigits(s string) bool { return s != "" && digits(s) == s }
