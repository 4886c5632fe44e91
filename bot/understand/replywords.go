package understand

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// class is a set of word classes of data/reply-words.tsv.
type class uint64

const (
	cAttend class = 1 << iota
	cAble
	cModal
	cWant
	cAssent
	cNegation
	cNotYet
	cForbid
	cHarmless
	cTidy
	cLack
	cDecline
	cObstacle
	cDeath
	cIllness
	cGrave
	cAnger
	cMaybe
	cSoft
	cHedge
	cPending
	cLater
	cPerfect
	cLate
	cPartial
	cAnswered
	cDelegate
	cStandIn
	cPerson
	cSelf
	cHigh
	cWith
	cRelative
	cContrast
	cReason
	cConcede
	cCondition
	cSend
	cWish
	cReceive
	cHalt
	cErase
	cErased
	cConsent
	cWithdraw
	cWrong
	cEnrolled
	cAsk
	cInquire
	cPerhaps
	cTag
	cTopic
	cRequest
	cOffTopic
	cAck
	cPing
	cNeutral
	cOther
	cPast
	cTime
	cScoff
	cConsult
	cFavour
	cName
)

func (c class) is(any class) bool { return c&any != 0 }

// classNames are the classes by the names of the file, in the order of the
// constants.
const classNames = "attend able modal want assent negation notyet forbid harmless tidy lack decline obstacle death illness grave anger " +
	"maybe soft hedge pending later perfect late partial answered delegate stand-in person self high with relative contrast reason " +
	"concede condition send wish receive halt erase erased consent withdraw wrong enrolled ask inquire perhaps tag topic request " +
	"offtopic ack ping neutral other past time scoff consult favour name"

// replyLexicon is what the grammar of replies knows of words.
type replyLexicon struct {
	class    map[string]class  // plain word or phrase -> classes
	spelling map[string]string // as written -> plain word
	longest  int               // words in the longest phrase of class
	spelt    int               // words in the longest phrase of spelling
	byFirst  [128][]candidate  // single words that a misspelling may be mended to, by first letter
	skeleton map[string]string // consonants -> the word
	nos      []string          // every spelling of a negation
}

// maybeNo tells whether a word that is not known may be a misspelt negation.
func (lex *replyLexicon) maybeNo(w string) bool {
	if len(w) < 3 {
		return false // "rw" is near to anything
	}
	for _, no := range lex.nos {
		if distance(w, no, 1) <= 1 || len(no) > 5 && distance(w, no, 2) <= 2 {
			return true
		}
	}
	return false
}

// candidate is a word that a misspelling may stand for.
type candidate struct {
	word string
	seen uint32 // as lettersSeen gives it
}

var replyWords = sync.OnceValue(newReplyLexicon)

func newReplyLexicon() *replyLexicon {
	lex := &replyLexicon{class: map[string]class{}, spelling: map[string]string{}, skeleton: map[string]string{}}
	number := map[string]class{}
	for i, name := range strings.Fields(classNames) {
		number[name] = 1 << i
	}
	for _, e := range lexicon("reply-spelling.tsv") {
		plainWord := strings.ToLower(e.meaning)
		for _, w := range e.words {
			w = strings.Join(replyFields(w), " ")
			if _, ok := lex.spelling[w]; !ok && w != "" {
				lex.spelling[w] = plainWord
				lex.spelt = max(lex.spelt, strings.Count(w, " ")+1)
			}
		}
		lex.spelling[plainWord] = plainWord
		lex.spelt = max(lex.spelt, strings.Count(plainWord, " ")+1)
	}
	for _, e := range lexicon("reply-words.tsv") {
		c, ok := number[e.meaning]
		if !ok {
			panic(fmt.Sprintf("understand: reply-words.tsv: no class %q", e.meaning))
		}
		for _, w := range e.words {
			lex.class[w] |= c
			lex.longest = max(lex.longest, strings.Count(w, " ")+1)
		}
	}
	lex.spellPhrases()
	lex.indexSpellings()
	lex.addPlaces()
	for w, p := range lex.spelling {
		if lex.class[p].is(cNegation|cNotYet) && len(w) > 1 && !strings.Contains(w, " ") {
			lex.nos = append(lex.nos, w)
		}
	}
	return lex
}

// spellPhrases lets phrases be found as well when their words are spelt
// otherwise: "mau tw" as "mau tau".
func (lex *replyLexicon) spellPhrases() {
	for _, e := range lexicon("reply-spelling.tsv") {
		if e.meaning == "pak" || e.meaning == "bu" {
			continue // "bu haji" is a title, "bu" and a pilgrimage is not
		}
		for _, w := range e.words {
			parts := strings.Fields(w)
			if len(parts) < 2 || slices.Contains(parts, "can") { // "can" is English here, "belum" in Sundanese
				continue
			}
			for i, p := range parts {
				parts[i] = lex.plain(p)
			}
			key := strings.Join(parts, " ")
			if _, ok := lex.spelling[key]; !ok && lex.keeps(parts, strings.ToLower(e.meaning)) {
				lex.spelling[key] = e.meaning
			}
		}
	}
}

// decisive are the classes of words that no phrase may swallow: "sp ya" is
// "siapa", but "siap ya" is not.
const decisive = cNegation | cNotYet | cForbid | cAttend | cAble | cAssent | cDecline | cDelegate | cObstacle | cPerson | cIllness | cCondition | cSelf

// keeps tells whether what decides in the parts of a phrase is in its meaning.
func (lex *replyLexicon) keeps(parts []string, meaning string) bool {
	meant := lex.class[meaning]
	for w := range strings.FieldsSeq(meaning) {
		meant |= lex.class[w]
	}
	if meant.is(cNegation | cNotYet) {
		meant |= cNegation | cNotYet
	}
	return !slices.ContainsFunc(parts, func(p string) bool { return (lex.class[p]&decisive)&^meant != 0 })
}

// addPlaces makes the names of places known, so that none is taken for a
// misspelt word: "Batam" is no "batas".
func (lex *replyLexicon) addPlaces() {
	add := func(name string) {
		for w := range strings.FieldsSeq(name) {
			if _, ok := lex.spelling[w]; !ok && len(w) > 3 && lex.class[w] == 0 {
				lex.class[w] = cOther
			}
		}
	}
	for name := range outsidePlaces() {
		add(name)
	}
	for _, p := range places().places {
		add(strings.ToLower(p.Kecamatan + " " + p.Desa))
	}
}

// respell replaces phrases of plain words that the spelling file knows.
func (lex *replyLexicon) respell(ws []word) []word {
	var out []word
	for i := 0; i < len(ws); {
		n := min(lex.spelt, len(ws)-i)
		for ; n > 1; n-- {
			p, ok := lex.spelling[joinPlain(ws[i:i+n])]
			if !ok || p == joinPlain(ws[i:i+n]) {
				continue
			}
			for k, part := range strings.Fields(p) {
				w := word{plain: part, known: true}
				if k == 0 {
					w.said = joinSaid(ws[i : i+n])
				}
				out = append(out, w)
			}
			break
		}
		if n <= 1 {
			out = append(out, ws[i])
			n = 1
		}
		i += n
	}
	return out
}

// indexSpellings prepares the mending of misspelt words: those of the classes
// and those of the spellings.
func (lex *replyLexicon) indexSpellings() {
	seen := map[string]bool{}
	add := func(w string, shortest int) {
		if strings.Contains(w, " ") || len(w) < shortest || w[0] < 'a' || w[0] > 'z' || seen[w] || lex.class[w].is(cName) {
			return
		}
		seen[w] = true
		lex.byFirst[w[0]] = append(lex.byFirst[w[0]], candidate{word: w, seen: lettersSeen(w)})
	}
	for _, e := range lexicon("reply-words.tsv") {
		for _, phrase := range e.words {
			for w := range strings.FieldsSeq(phrase) {
				add(w, 3)
			}
		}
	}
	for _, e := range lexicon("reply-spelling.tsv") {
		add(e.meaning, 3)
		if lex.class[strings.ToLower(e.meaning)].is(cDeath) {
			continue // a death is never read out of a slip: "berdua" is not "berduka"
		}
		for _, w := range e.words {
			add(w, 7) // short dialect words are too near to others
		}
	}
	for _, list := range lex.byFirst {
		for _, known := range list {
			w := known.word
			k := consonants(w)
			if len(k) < 3 || k == w {
				continue
			}
			if old, ok := lex.skeleton[k]; ok && lex.plain(old) != lex.plain(w) {
				if !lex.class[lex.plain(w)].is(cAttend | cAble | cNegation | cMaybe) {
					continue
				}
			}
			lex.skeleton[k] = w
		}
	}
}

func (lex *replyLexicon) plain(w string) string {
	if p, ok := lex.spelling[w]; ok {
		return p
	}
	return w
}

var (
	twice = regexp.MustCompile(`^([a-z]{2,})2(an|nya|na)?$`)
	// a mobile number, in groups or not: "0812 3456 7899" is not 812 people
	phoneNoise = regexp.MustCompile(`(?:\+?\b62|\b0)[\s.()-]*8(?:[\s.()-]*[0-9]){7,12}`)
	timeNoise  = regexp.MustCompile(`(?:\b(?:jam|pukul|pkl|tgl|tanggal|rp)\.?\s*[0-9]{1,2}(?:[.:][0-9]{2})?)|[0-9]{1,2}[.:][0-9]{2}|[0-9]{5,}`)
)

// replyFields splits text into words and signs: letters and digits, and each
// emoji that means something.
func replyFields(s string) []string {
	s = strings.ReplaceAll(strings.ToLower(s), "'", "")
	var out []string
	start := -1
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if start < 0 {
				start = i
			}
			continue
		case start >= 0:
			out = append(out, s[start:i])
			start = -1
		}
		if r > 0x2000 {
			out = append(out, string(r))
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}

// word is one word or phrase of a reply.
type word struct {
	said  string // as written, in small letters
	plain string
	class class
	known bool
}

// understandWords turns the words of a clause into plain words with classes.
func (lex *replyLexicon) understandWords(fields []string) []word {
	flat := lex.respell(lex.spell(fields))
	var out []word
	for i := 0; i < len(flat); {
		n := min(lex.longest, len(flat)-i)
		for ; n > 1; n-- {
			if c, ok := lex.class[joinPlain(flat[i:i+n])]; ok {
				out = append(out, word{said: joinSaid(flat[i : i+n]), plain: joinPlain(flat[i : i+n]), class: c, known: true})
				break
			}
		}
		if n <= 1 {
			w := flat[i]
			w.class = lex.class[w.plain]
			w.known = w.known || w.class != 0
			out = append(out, w)
			n = 1
		}
		i += n
	}
	return out
}

func joinPlain(ws []word) string {
	parts := make([]string, len(ws))
	for i, w := range ws {
		parts[i] = w.plain
	}
	return strings.Join(parts, " ")
}

func joinSaid(ws []word) string {
	var parts []string
	for _, w := range ws {
		if w.said != "" { // the later words of a phrase have none of their own
			parts = append(parts, w.said)
		}
	}
	return strings.Join(parts, " ")
}

// mute tells whether a field is an emoji that says nothing.
func (lex *replyLexicon) mute(field string) bool {
	r, _ := utf8.DecodeRuneInString(field)
	return r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && lex.class[field] == 0 && lex.spelling[field] == ""
}

// spell brings each word into its plain spelling; phrases of the spelling file
// become one or more plain words.
func (lex *replyLexicon) spell(fields []string) []word {
	var out []word
	add := func(said, plainWords string, known bool) {
		for i, p := range strings.Fields(plainWords) {
			w := word{plain: p, known: known}
			if i == 0 {
				w.said = said
			}
			out = append(out, w)
		}
	}
	for i := 0; i < len(fields); {
		n := min(lex.spelt, len(fields)-i)
		for ; n > 1; n-- {
			phrase := strings.Join(fields[i:i+n], " ")
			if p, ok := lex.spelling[phrase]; ok {
				add(phrase, p, true)
				break
			}
			if _, ok := lex.class[phrase]; ok {
				add(phrase, phrase, true)
				break
			}
		}
		if n <= 1 && lex.mute(fields[i]) {
			i++
			continue
		}
		if n <= 1 {
			p, known := lex.mend(fields[i])
			if i > 0 && isTitle(fields[i-1]) && lex.class[fields[i]].is(cName) {
				p = fields[i] // "Bu Ana", though "ana" is "I"
			}
			if i > 0 && isTitle(fields[i-1]) && p != fields[i] && !lex.class[p].is(cNegation|cNotYet|cAttend|cAble) && lex.guessed(fields[i]) {
				p, known = fields[i], false // a name: "Bapak Kajari", "Pak Ujang"
			}
			add(fields[i], p, known)
			n = 1
		}
		i += n
	}
	return out
}
