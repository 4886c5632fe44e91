package understand

import (
	"strings"
	"sync"
)

// Intent is what a word asks for that steers the talk, whatever is being
// talked about. Its values are also the meanings in data/commands.tsv.
type Intent string

// Intents.
const (
	Register   Intent = "register"
	Menu       Intent = "menu"
	Help       Intent = "help"
	Status     Intent = "status"
	Back       Intent = "back"
	Cancel     Intent = "cancel"
	Skip       Intent = "skip"
	Again      Intent = "again"
	Continue   Intent = "continue"
	Change     Intent = "change"
	Done       Intent = "done"
	Stop       Intent = "stop"
	MyData     Intent = "my-data"
	DeleteData Intent = "delete-data"
)

// steering is the lexicon of commands.
type steering struct {
	intent   map[string]Intent // phrase -> intent
	particle map[string]bool
	not      map[string]bool // real words that look like a misspelt command
	with     map[Intent]map[string]bool
	longest  int // words in the longest phrase
}

var steeringWords = sync.OnceValue(func() *steering {
	s := &steering{intent: map[string]Intent{}, with: map[Intent]map[string]bool{}}
	for _, e := range lexicon("commands.tsv") {
		switch {
		case e.meaning == ":particle", e.meaning == ":not":
			set := map[string]bool{}
			for _, w := range e.words {
				set[w] = true
			}
			if e.meaning == ":not" {
				s.not = set
			} else {
				s.particle = set
			}
		case strings.HasPrefix(e.meaning, ":"):
			in := Intent(strings.Trim(e.meaning, ":+"))
			s.with[in] = map[string]bool{}
			for _, w := range e.words {
				s.with[in][w] = true
			}
		default:
			for _, phrase := range e.words {
				if _, ok := s.intent[phrase]; !ok {
					s.intent[phrase] = Intent(e.meaning)
				}
				s.longest = max(s.longest, strings.Count(phrase, " ")+1)
			}
		}
	}
	return s
})

// maxSteering is how many words a command may have, courtesies and all.
const maxSteering = 9

// IntentOf reads a text that is nothing but a command, with or without its
// slash: "batal", "/batal", "kembali dong pak", "saya mau daftar". A name that
// holds such a word ("Batal Jaya", "Lewati Batas") is none. A lone dash skips.
func IntentOf(text string) (Intent, bool) {
	s := strings.TrimSpace(fold(text))
	if s != "" && strings.Trim(s, "-. ") == "" && strings.Contains(s, "-") {
		return Skip, true
	}
	slash := strings.HasPrefix(s, "/")
	if slash {
		s = strings.TrimPrefix(s, "/")
		if at := strings.IndexByte(s, '@'); at > 0 { // "/batal@emileku_bot"
			s = s[:at]
		}
	}
	if strings.Contains(s, "?") {
		return "", false
	}
	ws := words(s)
	if len(ws) == 0 || len(ws) > maxSteering {
		return "", false
	}
	return steeringWords().find(ws)
}

// find looks for one phrase such that every other word is a courtesy. The
// longest phrase wins ("hapus data saya" over "data saya").
func (s *steering) find(ws []string) (Intent, bool) {
	for n := min(s.longest, len(ws)); n > 0; n-- {
		for i := 0; i+n <= len(ws); i++ {
			in, ok := s.phrase(ws[i : i+n])
			if ok && s.courtesies(in, ws[:i]) && s.courtesies(in, ws[i+n:]) {
				return in, true
			}
		}
	}
	return "", false
}

// phrase finds the intent of words that are a phrase, or nearly so.
func (s *steering) phrase(ws []string) (Intent, bool) {
	phrase := strings.Join(ws, " ")
	if in, ok := s.intent[phrase]; ok {
		return in, true
	}
	short := squeeze(phrase)
	if in, ok := s.intent[short]; ok {
		return in, true
	}
	if len(phrase) < 5 || s.not[phrase] {
		return "", false
	}
	var found Intent
	for known, in := range s.intent {
		limit := 0
		switch {
		case strings.Count(known, " ") != len(ws)-1:
			continue
		case len(known) > 6:
			limit = 1
		case len(known) > 4 && swapped(phrase, known):
			return in, true
		}
		if known[0] == short[0] && limit > 0 && distance(short, known, limit) <= limit {
			if found != "" && found != in {
				return "", false
			}
			found = in
		}
	}
	return found, found != ""
}

// swapped tells whether a is b with two neighbouring letters swapped.
func swapped(a, b string) bool {
	if len(a) != len(b) || a == b {
		return false
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func (s *steering) courtesies(in Intent, ws []string) bool {
	for _, w := range ws {
		if !s.particle[w] && !s.with[in][w] && !s.particle[squeeze(w)] {
			return false
		}
	}
	return true
}
