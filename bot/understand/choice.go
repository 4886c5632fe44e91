package understand

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Option is one answer that a question offers, in its order.
type Option struct {
	Value    string   // what it means to the program
	Label    string   // what the person sees
	Synonyms []string // what people call it otherwise
}

// Choose reads which option a text picks: by its number ("2", "no 2", "yang
// kedua", "2."), or by its label or a synonym, with typing errors. Where it is
// not sure, candidates holds the values that may be meant, in the order of the
// options.
func Choose(text string, options []Option) (value string, sure bool, candidates []string) {
	s := fold(text)
	ws := choiceWords(s)
	if len(ws) == 0 || len(options) == 0 {
		return "", false, nil
	}
	byName := named(ws, options)
	byNumber := numbered(ws, len(options))
	switch {
	case byNumber >= 0 && (len(byName) == 0 || len(byName) == 1 && byName[0] == byNumber):
		return options[byNumber].Value, true, nil
	case byNumber < 0 && len(byName) == 1 && !negated(ws) && len(ws) <= longChoice:
		return options[byName[0]].Value, true, nil
	}
	if byNumber >= 0 {
		byName = append(byName, byNumber)
	}
	for i, o := range options {
		for _, k := range byName {
			if i == k {
				candidates = append(candidates, o.Value)
				break
			}
		}
	}
	return "", false, candidates
}

// longChoice is how many words an answer may have and still be a choice
// rather than a story that names an option by the way.
const longChoice = 9

var numberedMark = regexp.MustCompile(`^\D{0,3}([0-9]{1,2})\D{0,3}$`)

// choiceWords splits folded text into words and drops those that only lead up
// to a choice.
func choiceWords(s string) []string {
	if m := numberedMark.FindStringSubmatch(strings.TrimSpace(s)); m != nil {
		return []string{m[1]}
	}
	var ws []string
	for _, w := range words(s) {
		if !leadIns()[w] {
			ws = append(ws, w)
		}
	}
	if len(ws) == 0 {
		return words(s)
	}
	return ws
}

var choiceLexicon = sync.OnceValue(func() map[string]map[string]bool { return wordSets("choice-words.tsv") })

func leadIns() map[string]bool { return choiceLexicon()[":lead"] }

// numbered reads a text that is only a number; it gives the option's index or -1.
func numbered(ws []string, n int) int {
	if len(ws) != 1 {
		return -1
	}
	w := ws[0]
	if choiceLexicon()[":last"][w] {
		return n - 1
	}
	k, err := strconv.Atoi(w)
	if err != nil {
		lex := numberWords()
		v, ok := lex.value[strings.TrimPrefix(w, "ke")]
		if choiceLexicon()[":first"][w] {
			v, ok = 1, true
		}
		if !ok {
			return -1
		}
		k = v
	}
	if k < 1 || k > n {
		return -1
	}
	return k - 1
}

// named finds the options whose label or synonym the text says, best matches
// only: an exact name hides a similar one, a longer name the shorter inside it.
func named(ws []string, options []Option) []int {
	best, keys := notSaid, make([]string, len(options))
	fits := make([]fit, len(options))
	for i, o := range options {
		for _, name := range append([]string{o.Label}, o.Synonyms...) {
			f, key := nameFit(ws, name)
			if f > fits[i] || f == fits[i] && len(key) > len(keys[i]) {
				fits[i], keys[i] = f, key
			}
		}
		best = max(best, fits[i])
	}
	var found []int
	for i := range options {
		if best == notSaid || fits[i] != best {
			continue
		}
		hidden := false
		for k := range options {
			hidden = hidden || fits[k] == best && len(keys[k]) > len(keys[i]) && strings.Contains(keys[k], keys[i])
		}
		if !hidden {
			found = append(found, i)
		}
	}
	return found
}

// fit is how well a text says a name.
type fit int

const (
	notSaid     fit = iota
	partSaid        // a part of the name
	nearInside      // the name, misspelt, among other words
	misspelt        // the name, misspelt
	insideText      // the name among other words
	exactlySaid     // the name and nothing else
)

func nameFit(ws []string, name string) (f fit, key string) {
	parts := words(fold(name))
	if len(parts) == 0 {
		return notSaid, ""
	}
	key = strings.Join(parts, "")
	said := strings.Join(ws, "")
	switch limit := tolerance(len(key)); {
	case said == key:
		return exactlySaid, key
	case holds(ws, parts):
		return insideText, key
	case distance(said, key, limit) <= limit, len(key) > 4 && len(said) > 2 && consonants(key) == said:
		return misspelt, key
	case similarInside(ws, parts):
		return nearInside, key
	}
	for _, w := range ws {
		if len(w) < 4 || choiceLexicon()[":common"][w] {
			continue
		}
		for _, p := range parts {
			if strings.HasPrefix(p, w) {
				return partSaid, key
			}
		}
	}
	return notSaid, key
}

// holds tells whether parts occur in ws in a row, or glued into one word.
func holds(ws, parts []string) bool {
	for i := range ws {
		if i+len(parts) <= len(ws) && slices.Equal(ws[i:i+len(parts)], parts) {
			return true
		}
	}
	return len(parts) > 1 && slices.Contains(ws, strings.Join(parts, ""))
}

// similarInside is holds with typing errors.
func similarInside(ws, parts []string) bool {
	key := strings.Join(parts, "")
	limit := tolerance(len(key))
	for i := 0; limit > 0 && i+len(parts) <= len(ws); i++ {
		if distance(strings.Join(ws[i:i+len(parts)], ""), key, limit) <= limit {
			return true
		}
	}
	return false
}

func negated(ws []string) bool {
	for _, w := range ws {
		if choiceLexicon()[":not"][w] {
			return true
		}
	}
	return false
}
