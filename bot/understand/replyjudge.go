package understand

import (
	"slices"
	"strings"
)

// read gives the verdict of the clause.
func (c clause) read() verdict {
	v := verdict{
		want: c.has(cWant), later: c.has(cLater),
		offTopic: c.has(cOffTopic), ack: c.has(cAck),
	}
	n := c.count()
	v.late = n.seen.is(cLate) && !c.has(cAnswered) && !c.has(cEnrolled)
	v.selfAttend = c.selfAttends()
	v.past, v.ofPerson = c.has(cPast), c.ofPerson()
	v.deferred = c.has(cAnswered) && hasWord(c.words, "nanti")
	if v.handOver(c) {
		return v
	}
	if v.offTopic && !c.has(cAttend) && !c.contrast {
		// "ada rapat RAT di hari yang sama", "bertepatan dengan RAT"
		v.obstacle = hasWord(c.words, "rapat") && hasWord(c.words, "ada") && c.has(cTime) || hasWord(c.words, "bentrok")
		return v
	}
	if v.idiom(c) {
		return v
	}
	v.judge(c, n)
	if v.obstacle && c.has(cAnswered) && c.has(cPast) {
		v.obstacle = false // "baru menjawab, HP-nya rusak kemarin"
	}
	if (v.meaning == MeansYes || v.meaning == MeansNo) && c.veiled() {
		v.murky = true
	}
	limits := n.negations == 0 && (c.has(cForbid) || slices.ContainsFunc(c.words, allOfThem) || slices.ContainsFunc(c.words, func(w word) bool { return isNumber(w.plain) })) // "tapi 5 orang aja", "tapi jangan kesorean"
	v.unread = v.meaning == "" && !limits && !v.obstacle && !v.late && !v.ack && (n.unknown+n.denied+n.negations > 0 || n.notYet) && !hasWord(c.words, "dulu")
	if v.meaning == MeansYes && n.seen.is(cSoft) {
		v.soft = true
	}
	return v
}

// judge decides among yes, no and maybe.
func (v *verdict) judge(c clause, n findings) {
	explicit := n.seen.is(cAttend | cAble)
	pledge := explicit || n.seen.is(cAssent)
	conditional := c.conditional()
	hedged := n.seen.is(cMaybe) && !v.wishes(c) && !c.blesses()
	if c.awaits() || c.looks() || c.putsOff(n) {
		n.seen |= cPending
	}
	switch {
	case c.fears(): // "tapi takut ga keburu"
		v.meaning, v.softOnly = MeansMaybe, true
	case c.blesses(), c.thanksFor(), c.announces():
		v.ack = true
	case c.bound():
		v.obstacle = true
	case c.has(cPerfect):
		v.meaning, v.strong = MeansYes, true
	case (hasWord(c.words, "belum dapat") || hasWord(c.words, "belum berani")) && c.has(cAttend): // as "belum bisa hadir"
		v.meaning, v.strong = MeansNo, true
	case n.seen.is(cPending) && len(c.content()) == 1 && hasWord(c.words, "cek") && !c.has(cSelf): // "cek": is anybody there?
	case n.seen.is(cPending) && n.seen.is(cDecline) && c.index(cDecline) > c.index(cPending):
		v.meaning, v.strong = MeansNo, true // "setelah saya pikir-pikir mending tidak"
	case n.seen.is(cPending) && c.settled(): // "setelah dipikir saya ikut"
		v.settle(n, explicit)
	case n.seen.is(cPending) && !(v.later && n.negations > 0):
		v.meaning, v.strong = MeansMaybe, true
	case conditional && n.lacks && !n.seen.is(cAttend) && c.index(cCondition) > c.index(cNegation):
		v.obstacle = true // "ga ada yang jaga kalau ditinggal"
	case conditional:
		v.meaning, v.condition, v.companion = MeansMaybe, true, c.ofCompanions()
	case n.lacks && !n.seen.is(cAttend):
		v.obstacle = true
	case n.lacks:
		v.meaning, v.strong = MeansNo, true
	case n.partial:
		v.late = true
		if n.seen.is(cAttend) && n.negations == 0 && c.index(cAttend) < c.index(cNegation) {
			v.meaning, v.strong = MeansYes, true
		}
	case n.negations > 1 && n.doubled:
		if explicit {
			v.meaning, v.strong = MeansYes, true
		}
	case n.negations > 0 && c.notThat():
		// "bukan ga mau": what follows tells
	case n.negations > 0:
		v.deny(n, pledge, hedged)
	case n.notYet && c.undecided():
		v.meaning, v.strong = MeansMaybe, true
	case n.notYet:
		if explicit || n.seen.is(cAssent) && !n.seen.is(cAck) && !c.has(cEnrolled) {
			v.meaning, v.strong = MeansNo, true
		}
	case v.later && hasWord(c.words, "juga") && n.seen.is(cAssent|cAble|cAttend) && n.negations == 0: // "lain waktu juga siap"
	case n.seen.is(cDecline) && n.denied > 0: // "ga qada halangan"
	case n.seen.is(cDecline):
		v.meaning, v.strong = MeansNo, true
		v.ofOther = hasWord(c.words, "acara") && !c.has(cSelf|cAttend)
	case v.later:
		v.meaning = MeansNo
	case n.forbids > 0 && !c.has(cPerfect):
		if n.seen.is(cAttend) || len(c.content()) < 2 && n.unknown == 0 && !slices.ContainsFunc(c.words, func(w word) bool { return w.class&^cName == cOther }) {
			v.meaning, v.strong = MeansNo, true
		}
	case n.denied > 0 && n.seen.is(cObstacle):
		v.obstacle = true
	case n.denied > 0 && explicit && !c.has(cCondition):
		v.murky = !slices.ContainsFunc(c.words, func(w word) bool { return w.plain == "pasti" || w.plain == "tetap" || w.plain == "siap" })
		v.meaning = MeansYes
	case n.denied > 0 && !explicit:
	case hedged && n.seen.is(cAttend) && hasWord(c.words, "pasti"):
		v.meaning, v.strong = MeansYes, true
	case hedged && (pledge || n.seen.is(cModal) || n.unknown < 2):
		v.meaning = MeansMaybe
	default:
		v.affirm(c, n, explicit)
	}
}

// deny judges a clause with an odd number of negations.
func (v *verdict) deny(n findings, pledge, hedged bool) {
	switch {
	case hedged && !n.seen.is(cHedge) && !v.later:
		v.meaning, v.strong = MeansMaybe, true
	case pledge, n.seen.is(cModal | cDecline | cObstacle), v.later:
		v.meaning, v.strong = MeansNo, true
	case n.unknown == 0 && !n.seen.is(cTopic|cSend|cEnrolled|cOffTopic):
		v.meaning, v.strong = MeansNo, true
	}
}

// affirm judges a clause without a negation.
func (v *verdict) affirm(c clause, n findings, explicit bool) {
	switch {
	case n.seen.is(cObstacle) && !explicit, n.seen.is(cObstacle) && v.want:
		v.obstacle = true
	case explicit && !c.ofTheEvent():
		v.meaning, v.strong = MeansYes, true
	case v.late:
		v.meaning = MeansYes
	case c.engaged(): // "ya kak aku ada rias": something, we do not know what
	case c.notes(): // "kami catat": noted, and no more
	case n.seen.is(cAck):
		if n.seen.is(cAssent) && !slices.ContainsFunc(c.words, func(w word) bool {
			return w.plain == "info" || w.plain == "noted" || strings.HasSuffix(w.plain, "monitor") || w.plain == "mantap"
		}) {
			v.meaning = MeansYes
		}
	case c.has(cEnrolled) && c.has(cAssent) && hasWord(c.words, "sudah"), hasWord(c.words, "sudah") && hasWord(c.words, "konfirmasi"):
		// "saya sudah daftar": told before, not now
	case n.seen.is(cAssent) && n.unknown < 3, n.cleared:
		v.meaning, v.strong = MeansYes, hasWord(c.words, "pasti")
	case n.unknown == 0 && c.has(cSelf) && (hasWord(c.words, "bawa") || hasWord(c.words, "ajak")):
		v.meaning = MeansYes // "saya bawa 3 anggota"
	case c.stillSo():
		v.meaning = MeansYes
	case n.seen.is(cModal) && n.unknown == 0:
		v.meaning = MeansYes
		if v.want && len(c.content()) == 1 && c.words[len(c.words)-1].said == "sih" {
			v.meaning = MeansMaybe
		}
	case n.seen.is(cSoft):
		v.meaning, v.softOnly = MeansMaybe, true
	}
}

// stillSo tells whether "masih" is all that is said: to "masih bisa hadir?".
func (c clause) stillSo() bool {
	return hasWord(c.words, "masih") && !slices.ContainsFunc(c.words, func(w word) bool { return w.plain != "masih" && !w.class.is(cNeutral|cHigh|cAssent) })
}

// bound tells whether it is something else that cannot be left undone: "gak bisa
// gak jaga warung".
func (c clause) bound() bool {
	i := c.index(cPerfect)
	return i >= 0 && i+1 < len(c.words) && c.words[i+1].class.is(cObstacle) && !c.words[i+1].class.is(cAttend) && strings.HasSuffix(c.words[i].plain, "tidak")
}

// engaged tells whether the speaker has or does something that we do not know.
// A "ya" beside it is no yes.
func (c clause) engaged() bool {
	for i, w := range c.words[:max(0, len(c.words)-1)] {
		if w.class.is(cSelf) && (c.words[i+1].plain == "ada" || c.words[i+1].plain == "lagi") && !c.has(cAttend|cAble|cHarmless) {
			return true
		}
	}
	return false
}

// settle judges what comes after something was thought over.
func (v *verdict) settle(n findings, explicit bool) {
	switch {
	case n.negations > 0 || n.forbids > 0 || n.notYet:
		v.meaning, v.strong = MeansNo, true
	case explicit:
		v.meaning, v.strong = MeansYes, true
	default:
		v.meaning, v.strong = MeansMaybe, true
	}
}

// notThat tells whether the clause says what is not so, and what follows tells
// what is: "bukan ga mau", "bukannya saya ga mau".
func (c clause) notThat() bool {
	i := slices.IndexFunc(c.words, func(w word) bool { return w.plain == "bukan" })
	if i < 0 || !c.opens(i) {
		return false
	}
	for _, w := range c.words[i+1:] {
		switch {
		case w.class.is(cNegation):
			return true
		case !w.class.is(cSelf | cNeutral):
			return false
		}
	}
	return false
}

// awaits tells whether the clause waits for something ("menunggu arahan
// pimpinan"), and not only asks for patience ("tunggu ya").
func (c clause) awaits() bool {
	if hasWord(c.words, "tunggu") && (hasWord(c.words, "konfirmasi") || hasWord(c.words, "kabari")) {
		return true
	}
	for i, w := range c.words {
		if w.plain == "tunggu" && i+1 < len(c.words) && !c.words[i+1].class.is(cNeutral|cSelf) && c.words[i+1].plain != "oke" && !c.has(cNegation|cForbid) && (!c.has(cObstacle) || slices.Contains([]string{"rapat", "hasil", "keputusan", "arahan"}, c.words[i+1].plain)) {
			return true // "menunggu arahan", "nunggu panen"
		}
	}
	return false
}

// putsOff tells whether something comes first ("saya agendakan dulu", "nanti
// malam saya pastikan", "jadwal pimpinan belum ada").
func (c clause) putsOff(n findings) bool {
	for i, w := range c.words {
		switch w.said {
		case "pastikan", "pastiin", "mastiin", "memastikan", "dipastikan", "mastikeun":
			if !c.has(cAttend) && n.negations == 0 && !n.notYet {
				return true
			}
		}
		if w.plain == "dulu" && i > 0 && !c.words[i-1].known && !c.has(cNegation|cForbid|cDecline|cAttend|cObstacle) &&
			(strings.HasSuffix(c.words[i-1].plain, "kan") || strings.HasSuffix(c.words[i-1].plain, "in") || strings.HasSuffix(c.words[i-1].plain, "keun")) {
			return true
		}
	}
	if hasWord(c.words, "lapor") && (hasWord(c.words, "pimpinan") || hasWord(c.words, "dulu")) && n.negations == 0 && !c.has(cAttend) {
		return true // "akan kami laporkan kepada pimpinan"
	}
	if i := slices.IndexFunc(c.words, isSelf); i > 0 && c.words[i-1].plain == "nanti" && i+1 < len(c.words) && c.words[i+1].class.is(cSend) && hasWord(c.words[i:], "lagi") && !c.has(cNegation|cForbid) {
		return true // "nanti saya hubungi lagi"
	}
	if c.consults() {
		return true
	}
	return n.notYet && hasWord(c.words, "acara") && !c.has(cAttend|cAble|cEnrolled)
}

// looks tells whether the clause puts off until something is seen: "liat
// kalender dulu". Having seen a message does not count.
func (c clause) looks() bool {
	for i, w := range c.words {
		if w.plain == "lihat" && !hasWord(c.words[:i], "sudah") && !hasWord(c.words, "undangan") && !hasWord(c.words, "pesan") && !hasWord(c.words, "info") && (!c.has(cNegation|cForbid) || i == 0 && c.index(cNegation) > i+1) {
			return true
		}
	}
	return false
}

// veiled tells whether a word that we do not know, and that may be a negation
// in some spelling or dialect, stands before the word that decides. A yes must
// never rest on that, nor a no.
func (c clause) veiled() bool {
	last := -1
	for i, w := range c.words {
		if w.class.is(cAttend|cAble|cDecline|cModal|cObstacle) || w.plain == "jadi" || w.plain == "siap" {
			last = i
		}
	}
	lex := replyWords()
	for i := max(0, last-2); i < last; i++ {
		w := c.words[i]
		if !w.known && !isNumber(w.plain) && (i+1 == last && len(w.plain) < 4 || lex.maybeNo(w.plain)) {
			return true
		}
	}
	return false
}

// wishes tells whether "semoga" wishes the event well and says nothing of
// coming.
func (v *verdict) wishes(c clause) bool {
	return c.has(cAck) && slices.ContainsFunc(c.words, func(w word) bool { return strings.HasPrefix(w.plain, "semoga") || w.plain == "doakan" }) && !c.has(cAble)
}

// ofTheEvent tells whether the words of attending are about the event and not
// about the person: "ikut suara terbanyak".
func (c clause) ofTheEvent() bool {
	for i, w := range c.words[:max(0, len(c.words)-1)] {
		if w.plain == "ikut" && slices.Contains([]string{"suara", "senang", "berduka", "doakan", "prihatin", "bangga", "arahan", "keputusan", "aturan", "instruksi", "kata"}, c.words[i+1].plain) {
			return true
		}
	}
	return false
}

// selfAttends tells whether the speaker says that they come.
func (c clause) selfAttends() bool {
	self := c.index(cSelf)
	return self >= 0 && c.has(cAttend|cAble)
}
