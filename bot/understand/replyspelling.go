package understand

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// mend finds the plain word that w stands for.
func (lex *replyLexicon) mend(w string) (plainWord string, known bool) {
	if w != "" && w[0] >= utf8.RuneSelf && lex.class[w] == 0 {
		return w, true // an emoji that says nothing
	}
	if p, ok := lex.spelling[w]; ok {
		return p, true
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
	for _, v := range []string{w, squeeze(w)} { // "gabisa", "gabisaaa"
		if p, ok := lex.glued(v); ok {
			return p, true
		}
	}
	for _, no := range lex.nos { // "agk", "itdak"
		if len(no) > 2 && swapped(w, no) {
			return lex.plain(no), true
		}
	}
	if p, ok := lex.similar(w); ok {
		return p, true
	}
	return w, false
}

// guessed tells whether w is no word or spelling that is known as such, so that
// what it was mended to is a guess.
func (lex *replyLexicon) guessed(w string) bool {
	for _, known := range []func(string) (string, bool){lex.look, lex.lookSqueezed, lex.bare, lex.unprefixed, lex.glued} {
		if _, ok := known(w); ok {
			return false
		}
	}
	return true
}

// isTitle tells whether a name follows.
func isTitle(w string) bool {
	switch w {
	case "bapak", "ibu", "pak", "bu", "bpk", "sdr", "kang", "teh", "haji", "hj", "yth", "ustadz", "ust", "gus", "mas", "mbak", "neng", "kak", "bang":
		return true
	}
	return false
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
		takes := cDelegate | cAttend | cPending | cSend | cErase | cHalt | cMaybe | cPerson | cAnswered
		if start == "di" { // "dicatat"; who is "melaksanakan" something else is busy
			takes |= cAssent
		}
		if ok && lex.class[p].is(takes) {
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
		if n := len(known) - len(s); n > 2 || n < -2 {
			continue
		}
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
		if strings.HasSuffix(s, "kan") && !strings.HasSuffix(known, "kan") && strings.HasSuffix(known, "an") {
			continue // "liburkan", to close, is not "liburan", a holiday
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
