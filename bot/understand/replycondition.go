package understand

import "slices"

// conditional tells whether the clause depends on something: "kalau tidak
// hujan saya datang". What is denied in a condition is no answer.
func (c clause) conditional() bool {
	for i, w := range c.words {
		if w.class.is(cCondition) && !c.apology(i) && !c.topicOnly(i) {
			return true
		}
	}
	return false
}

// apology tells whether the "kalau" at i asks pardon for what follows, "maaf
// kalau telat", or warns of it, "awas kalau molor".
func (c clause) apology(i int) bool {
	return i > 0 && (c.words[i-1].plain == "maaf" || c.words[i-1].plain == "awas")
}

// topicOnly tells whether the "kalau" at i only says what is spoken of: "kalau
// gitu", "kalau soal acara", "kalau saya sih", "kalau hari itu saya ga bisa".
func (c clause) topicOnly(i int) bool {
	rest := c.words[i+1:]
	if len(rest) == 0 {
		return true
	}
	if rest[0].said == "gitu" || rest[0].said == "begitu" {
		return true
	}
	if (c.words[i].said == "selama" || c.words[i].said == "sepanjang") && (rest[0].class.is(cTime) || rest[0].plain == "acara") {
		return true // "off selama januari"
	}
	if slices.Contains([]string{"soal", "masalah", "urusan", "tentang", "perkara"}, rest[0].plain) {
		return true
	}
	if len(rest) > 1 && rest[0].class.is(cSelf) {
		next := rest[1]
		if next.plain == "sih" || next.plain == "mah" || next.plain == "pribadi" || next.class.is(cSoft|cAttend|cAssent) {
			return true
		}
	}
	return c.dayOnly(i)
}

// dayOnly tells whether the "kalau" at i is only followed by a time, of which
// the clause then denies something: "kalau sabtu ga bisa", "saya ga bisa kalau
// pagi".
func (c clause) dayOnly(i int) bool {
	j := i + 1
	for j < len(c.words) && (c.words[j].class.is(cTime) || j > i+1 && c.words[j].class.is(cNeutral) && !c.words[j].class.is(cSelf) || isNumber(c.words[j].plain)) {
		j++
	}
	if j == i+1 {
		return false
	}
	if j == len(c.words) {
		return slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cNegation) })
	}
	if c.words[j].class.is(cSelf) {
		j++
	}
	rest := c.words[min(j, len(c.words)):]
	denies := len(rest) > 1 && rest[0].class.is(cNegation|cNotYet) && rest[1].class.is(cAble|cAttend) || len(rest) > 0 && rest[0].class.is(cDecline)
	return denies && !slices.ContainsFunc(rest, func(w word) bool { return w.class.is(cSelf) })
}

// inCondition tells whether word i belongs to what the clause depends on, and
// the speaker follows: "kalau toko ada yang jaga saya datang".
func (c clause) inCondition(i int) bool {
	k := c.index(cCondition)
	return k >= 0 && k < i && c.conditional() && slices.ContainsFunc(c.words[i+1:], func(w word) bool { return w.class.is(cSelf | cAttend | cNegation) })
}

// ofCompanions tells whether it is only how many come that depends on
// something: "kalau istri ikut jadi berdua".
func (c clause) ofCompanions() bool {
	k := c.index(cCondition)
	if k < 0 || k+1 >= len(c.words) || !c.words[k+1].class.is(cPerson) {
		return false
	}
	return slices.ContainsFunc(c.words[k+1:], func(w word) bool { return isNumber(w.plain) })
}

// consults tells whether somebody is asked first: "saya tanya suami dulu", "saya
// konfirmasi ke Bu Kades dulu boleh atau tidak".
func (c clause) consults() bool {
	i := c.index(cConsult)
	if i < 0 || c.has(cAsk|cDecline) || slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cNegation | cAttend | cForbid) }) {
		return false
	}
	after := c.words[i+1:]
	attends := slices.ContainsFunc(after, func(w word) bool { return w.class.is(cAttend) })
	return hasWord(c.words, "dulu") && (!attends || c.words[len(c.words)-1].class.is(cNegation))
}
