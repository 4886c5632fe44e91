package understand

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed data
var data embed.FS

// entry is one line of a lexicon file: a meaning and the words that have it.
type entry struct {
	meaning string
	words   []string // folded, as written, in order
}

// lexicon reads a file of data/: lines of a meaning, a tab, and words divided
// by commas. Empty lines and lines that start with # are skipped. A line of
// another shape panics: the files are part of the program, and a test reads
// all of them.
func lexicon(file string) []entry {
	raw, err := data.ReadFile("data/" + file)
	if err != nil {
		panic(fmt.Sprintf("understand: lexicon %s: %v", file, err))
	}
	var entries []entry
	for i, line := range strings.Split(string(raw), "\n") {
		line = strings.TrimRight(line, " \r\t")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		meaning, list, ok := strings.Cut(line, "\t")
		if !ok || meaning == "" {
			panic(fmt.Sprintf("understand: %s:%d: want a meaning, a tab and words, got %q", file, i+1, line))
		}
		e := entry{meaning: strings.TrimSpace(meaning)}
		for w := range strings.SplitSeq(list, ",") {
			if w = strings.TrimSpace(fold(w)); w != "" {
				e.words = append(e.words, w)
			}
		}
		entries = append(entries, e)
	}
	return entries
}

// meanings turns a lexicon into word -> meaning. A word listed twice keeps its
// first meaning.
func meanings(file string) map[string]string {
	m := map[string]string{}
	for _, e := range lexicon(file) {
		for _, w := range e.words {
			if _, ok := m[w]; !ok {
				m[w] = e.meaning
			}
		}
	}
	return m
}

// wordSets turns a lexicon into meaning -> set of words.
func wordSets(file string) map[string]map[string]bool {
	m := map[string]map[string]bool{}
	for _, e := range lexicon(file) {
		if m[e.meaning] == nil {
			m[e.meaning] = map[string]bool{}
		}
		for _, w := range e.words {
			m[e.meaning][w] = true
		}
	}
	return m
}
