package understand

import (
	mathbits "math/bits"
	"slices"
	"strconv"
	"strings"
)

// feature is what may speak for a meaning, such as that a word is there: a hash
// of its kind and its words, so that thousands of replies can be learned from in
// little memory.
type feature uint32

// kind is what a feature is about.
type kind byte

const (
	kWord          kind = iota
	kNot                // a word that a negation stands before
	kPair               // a word and the one before it
	kTriple             // a word and the two before it
	kFirst              // the first word
	kLast               // a word of the last clause
	kEnd                // the word that a clause ends with
	kEndPair            // the two words that a clause ends with
	kClass              // a class of words
	kLastClass          // a class of words in the last clause
	kClasses            // the classes of a word and of the one before it
	kClauseClasses      // the classes that decide, all that are in a clause
	kVerdict            // what the rules read in a clause
	kVerdictHow         // the same, and how
	kObstacle           // the rules find an obstacle in a clause
	kRules              // what the rules read in the whole reply
	kRulesClauses       // the same, and in how many clauses
	kAsked              // a question mark
	kContrast           // "tapi" and the like
	kPiece              // some letters of a word
	kTakenBack          // a word of what is taken back
	kOfOther            // a word of somebody else's no
)

// featureOf hashes a kind and its words (FNV-1a: some hundred a reply, without
// memory of their own).
func featureOf(k kind, parts ...string) feature {
	const offset, prime = 2166136261, 16777619
	h := feature(offset)
	h = (h ^ feature(k)) * prime
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ feature(p[i])) * prime
		}
		h *= prime // parts end
	}
	return h
}

// featureList gathers the features of a reply.
type featureList []feature

func (l *featureList) add(k kind, parts ...string) { *l = append(*l, featureOf(k, parts...)) }

// features are what the learner sees of a reply: its plain words and their
// classes, alone and in rows, those of the last clause apart (it counts); what
// the rules read in each clause and in all; and pieces of words, for those that
// nobody knows. Each is there once. said is what the rules read.
func (t *replyText) features(said Meaning) []feature {
	var l featureList
	corrected := t.corrected()
	for i, c := range t.clauses {
		v := t.verdict(i)
		switch {
		case i < corrected:
			l.aside(kTakenBack, c, v)
			continue
		case len(t.clauses) > 1 && v.ofPerson && v.meaning == MeansNo:
			l.aside(kOfOther, c, v)
			continue
		}
		l.words(c, i == 0, i == len(t.clauses)-1)
		l.verdict(c, v, strconv.Itoa(min(len(t.clauses)-1-i, 2)))
	}
	l.add(kRules, string(said))
	l.add(kRulesClauses, string(said), strconv.Itoa(min(len(t.clauses), 3)))
	l.pieces(t.folded)
	slices.Sort(l)
	return slices.Clip(slices.Clone(slices.Compact(l)))
}

// corrected is how many clauses are taken back by what follows: "hadir pak, eh ga
// jadi". A question takes nothing back: "hadir pak, eh jam berapa?"
func (t *replyText) corrected() int {
	for i, c := range slices.Backward(t.clauses) {
		if c.corrects && !t.asks(i) {
			return i
		}
	}
	return 0
}

// aside adds the words of a clause that is not about what the speaker does.
func (l *featureList) aside(k kind, c clause, v verdict) {
	for _, w := range c.words {
		l.add(k, w.plain)
	}
	l.add(k, "", string(v.meaning))
}

// words adds the words of a clause and their classes.
func (l *featureList) words(c clause, first, last bool) {
	earlier, before, classBefore, denied := "^", "^", "0", 0
	for j, w := range c.words {
		word, classes := w.plain, w.class.String()
		if isDigits(word) {
			word = "0"
		}
		if denied > 0 {
			l.add(kNot, word)
			denied--
		} else {
			l.add(kWord, word)
		}
		if w.class.is(cNegation | cNotYet | cForbid) {
			denied = reachOfNo
		}
		l.add(kPair, before, word)
		l.add(kTriple, earlier, before, word)
		l.add(kClasses, classBefore, classes)
		if first && j == 0 {
			l.add(kFirst, word)
		}
		if last {
			l.add(kLast, word)
		}
		for bits := uint64(w.class); bits != 0; bits &= bits - 1 {
			one := strconv.Itoa(mathbits.TrailingZeros64(bits))
			l.add(kClass, one)
			if last {
				l.add(kLastClass, one)
			}
		}
		earlier, before, classBefore = before, word, classes
	}
	l.add(kEnd, before)
	l.add(kEndPair, earlier, before)
}

// String names a set of classes by a number.
func (c class) String() string { return strconv.FormatUint(uint64(c), 36) }

// deciding are the classes of which all in a clause together tell most.
const deciding = cAttend | cAble | cNegation | cNotYet | cForbid | cDecline | cObstacle | cMaybe | cDelegate | cAsk | cCondition

// verdict adds what the rules read in a clause; fromEnd is how many clauses
// follow.
func (l *featureList) verdict(c clause, v verdict, fromEnd string) {
	var all class
	for _, w := range c.words {
		all |= w.class
	}
	l.add(kClauseClasses, fromEnd, (all & deciding).String())
	l.add(kVerdict, fromEnd, string(v.meaning))
	l.add(kVerdictHow, fromEnd, string(v.meaning), strconv.FormatBool(v.strong), strconv.FormatBool(v.ofPerson), strconv.FormatBool(v.past))
	if v.obstacle {
		l.add(kObstacle, fromEnd)
	}
	if c.asked {
		l.add(kAsked)
	}
	if c.contrast {
		l.add(kContrast)
	}
}

// pieces adds each few letters in a row.
func (l *featureList) pieces(text string) {
	text = " " + strings.Join(words(text), " ") + " "
	text = text[max(0, len(text)-mostBytes):] // the last clause counts
	for i := range max(0, len(text)-pieceBytes+1) {
		l.add(kPiece, text[i:i+pieceBytes])
	}
}

// reachOfNo is how many words after a negation it may deny.
const reachOfNo = 4

// How many bytes a piece has (an Indonesian letter is one), and how many of a reply
// are cut into pieces.
const pieceBytes, mostBytes = 4, 400
