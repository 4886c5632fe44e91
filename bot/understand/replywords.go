package understand

import (
	"fmt"
	"math/bits"
	"regexp"
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
)

func (c class) is(any class) bool { return c&any != 0 }

// classNames are the classes by the names of the file, in the order of the
// constants.
const classNames = "attend able modal want assent negation notyet forbid harmless tidy lack decline obstacle death illness grave anger " +
	"maybe soft hedge pending later perfect late partial answered delegate stand-in person self high with relative contrast reason " +
	"concede condition send wish receive halt erase erased consent withdraw wrong enrolled ask inquire perhaps tag topic request " +
	"offtopic ack ping neutral other"

// replyLexicon is what the grammar of replies knows of words.
type replyLexicon struct {
	class    map[string]class  // plain word or phrase -> classes
	spelling map[string]string // as written -> plain word
	longest  int               // words in the longest phrase of class
	spelt    int               // words in the longest phrase of spelling
	byFirst  [128][]candidate  // single words that a misspelling may be mended to, by first letter
	skeleton map[string]string // consonants -> the word
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
	lex.spellPhrases()
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
	lex.indexSpellings()
	return lex
}

// spellPhrases lets phrases be found as well when their words are spelt
// otherwise: "gak enak badan" for "tidak enak badan".
func (lex *replyLexicon) spellPhrases() {
	for _, e := range lexicon("reply-spelling.tsv") {
		for _, w := range e.words {
			if !strings.Contains(w, " ") {
				continue
			}
			parts := strings.Fields(w)
			for i, p := range parts {
				parts[i] = lex.plain(p)
			}
			key := strings.Join(parts, " ")
			if _, ok := lex.spelling[key]; !ok {
				lex.spelling[key] = e.meaning
			}
		}
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
		if strings.Contains(w, " ") || len(w) < shortest || w[0] < 'a' || w[0] > 'z' || seen[w] {
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
	twice     = regexp.MustCompile(`^([a-z]{2,})2(an|nya|na)?$`)
	timeNoise = regexp.MustCompile(`(?:\b(?:jam|pukul|pkl|tgl|tanggal|rp)\.?\s*[0-9]{1,2}(?:[.:][0-9]{2})?)|[0-9]{1,2}[.:][0-9]{2}|[0-9]{5,}`)
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
		if n <= 1 {
			p, known := lex.mend(fields[i])
			add(fields[i], p, known)
			n = 1
		}
		i += n
	}
	return out
}

// mend finds the plain word that w stands for.
func (lex *replyLexicon) mend(w string) (plainWord string, known bool) {
	if w != "" && w[0] >= utf8.RuneSelf && lex.class[w] == 0 {
		return w, true // an emoji that says nothing
	}
	if m := twice.FindStringSubmatch(w); m != nil {
		if p, ok := lex.look(m[1] + m[2]); ok {
			return p, true
		}
		w = m[1]
	}
	if p, ok := lex.look(w); ok {
		return p, true
	}
	if len(w) > maxWord {
		return w, false
	}
	if p, ok := lex.lookSqueezed(w); ok {
		return p, true
	}
	if p, ok := lex.bare(w); ok {
		return p, true
	}
	if p, ok := lex.unprefixed(w); ok {
		return p, true
	}
	if p, ok := lex.glued(w); ok {
		return p, true
	}
	if p, ok := lex.similar(w); ok {
		return p, true
	}
	return w, false
}

func (lex *replyLexicon) look(w string) (string, bool) {
	if p, ok := lex.spelling[w]; ok {
		return p, true
	}
	_, ok := lex.class[w]
	return w, ok
}

func (lex *replyLexicon) lookSqueezed(w string) (string, bool) {
	s := squeeze(w)
	if s != w {
		if p, ok := lex.look(s); ok {
			return p, true
		}
	}
	if len(w) > 3 && len(s) > 1 { // "maaaf" is "maaf": one doubled letter may belong
		for i := 1; i < len(s); i++ {
			if p, ok := lex.look(s[:i] + s[i-1:]); ok && strings.Contains(w, s[i-1:i]+s[i-1:i]) {
				return p, true
			}
		}
	}
	return "", false
}

// bare takes endings away that do not change what a word means here.
func (lex *replyLexicon) bare(w string) (string, bool) {
	for _, end := range []string{"nya", "lah", "kah", "kan", "keun", "eun", "na", "in", "an", "ku", "ne", "pun", "mah", "deh", "x", "i", "e"} {
		if stem, ok := strings.CutSuffix(w, end); ok && len(stem) > 2 {
			if p, ok := lex.look(stem); ok && !lex.class[p].is(cNegation|cDecline) {
				return p, true
			}
		}
	}
	return "", false
}

// unprefixed takes the beginning of a verb away: "mendisposisikan".
func (lex *replyLexicon) unprefixed(w string) (string, bool) {
	for _, start := range []string{"meng", "meny", "mem", "men", "me", "nge", "di", "ng", "ber"} {
		stem, ok := strings.CutPrefix(w, start)
		if !ok || len(stem) < 4 {
			continue
		}
		p, ok := lex.look(stem)
		if !ok {
			p, ok = lex.bare(stem)
		}
		if ok && lex.class[p].is(cDelegate|cAttend|cPending|cSend|cErase|cHalt|cMaybe|cAssent|cPerson) {
			return p, true
		}
	}
	return "", false
}

// glued splits two words written as one: "gabisa", "siaphadir".
func (lex *replyLexicon) glued(w string) (string, bool) {
	for i := 1; i < len(w)-1; i++ {
		a, okA := lex.look(w[:i])
		b, okB := lex.look(w[i:])
		if !okA || !okB {
			continue
		}
		ca, cb := lex.class[a], lex.class[b]
		short := i < 3 || len(w)-i < 3
		switch {
		case ca.is(cNegation|cNotYet) && cb.is(cAble|cAttend|cAssent|cModal|cPerhaps) && len(w)-i > 1:
			return a + " " + b, true
		case short:
		case ca.is(cAssent|cSoft|cModal|cAble|cNeutral|cMaybe) && cb.is(cAttend|cAble|cAssent|cNeutral|cNegation):
			return a + " " + b, true
		}
	}
	return "", false
}

// similar finds the word that w is a misspelling or a shortening of.
func (lex *replyLexicon) similar(w string) (string, bool) {
	s := squeeze(w)
	if k := consonants(s); len(k) > 2 && len(s) <= len(k)+1 {
		if full, ok := lex.skeleton[k]; ok && subsequence(s, full) {
			return lex.plain(full), true
		}
	}
	if len(s) < 4 || s[0] >= 128 {
		return "", false
	}
	best, found, seen := 3, "", lettersSeen(s)
	for _, candidate := range lex.byFirst[s[0]] {
		known, limit := candidate.word, 0
		switch {
		case len(s) == 4 && len(known) == 4:
			if swapped(s, known) {
				limit = 1
			}
		case len(s) > 9 && len(known) > 9:
			limit = 2
		case len(s) > 4 && len(known) > 4, len(s) == 4 && len(known) == 5, len(s) == 5 && len(known) == 4:
			limit = 1
		}
		if bits.OnesCount32(seen^candidate.seen) > 2*limit {
			continue
		}
		if limit == 0 || len(s) == 4 && len(known) == 5 && !subsequence(s, known) || len(s) == 5 && len(known) == 4 && !subsequence(known, s) {
			continue
		}
		d := distance(s, known, limit)
		if d > limit || d > best {
			continue
		}
		if d < best || lex.rank(known) > lex.rank(found) || lex.rank(known) == lex.rank(found) && known < found {
			best, found = d, known
		}
	}
	if found == "" {
		return "", false
	}
	return lex.plain(found), true
}

// rank prefers, among equally similar words, ordinary words that mean nothing
// here, so that no meaning is read into them; then those that decide.
func (lex *replyLexicon) rank(w string) int {
	c := lex.class[lex.plain(w)]
	switch {
	case c.is(cOther):
		return 3
	case c.is(cNegation | cAttend | cAble):
		return 2
	case c != 0:
		return 1
	default:
		return 0
	}
}
