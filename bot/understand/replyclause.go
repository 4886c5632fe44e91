package understand

import (
	"slices"
	"strings"
)

// clause is a stretch of a reply with one verdict.
type clause struct {
	words    []word
	asked    bool // ends with a question mark
	contrast bool // begins with "tapi", "eh" and the like
	reason   bool // begins with "karena"
	concede  bool // begins with "walaupun"
}

// verdict is what one clause says.
type verdict struct {
	meaning    Meaning // "" where it says nothing
	strong     bool    // says it in so many words; an "ok" is not strong
	soft       bool
	condition  bool // maybe, because it depends on something
	want       bool // "mau", "tadinya": what follows decides
	obstacle   bool // names an obstacle and no more
	late       bool
	later      bool // another time
	offTopic   bool
	ack        bool // thanks, wishes: no answer
	who        string
	companion  bool // somebody comes along
	handsOver  bool // a question about sending somebody else
	selfAttend bool // "saya hadir"
	softOnly   bool // "insyaallah" and no more
	ofOther    bool // the event of somebody else falls through
	murky      bool // something is denied, and it is not clear what
	deferred   bool // will answer later
}

// replyText is a reply cut into clauses.
type replyText struct {
	clauses    []clause
	folded     string
	assentOnly bool // the yes rests on an "ok" alone
	lex        *replyLexicon
}

// maxReplyWords bounds the work on a long reply: its beginning and its end are
// read, since the last clause counts.
const maxReplyWords = 80

func (lex *replyLexicon) parse(p string) *replyText {
	t := &replyText{folded: strings.ToLower(p), lex: lex}
	left := maxReplyWords
	for _, s := range sentences(t.folded) {
		fields := replyFields(s.text)
		if len(fields) > left {
			fields = append(fields[:left/2:left/2], fields[len(fields)-left/2:]...)
		}
		left = max(left-len(fields), 12)
		if len(t.clauses) > 40 {
			break
		}
		t.split(lex.understandWords(fields), s.asked)
	}
	return t
}

type sentence struct {
	text  string
	asked bool
}

// sentences splits at punctuation. A dot or comma between digits, and a dot in
// an abbreviation ("yg.hadir"), do not end anything that matters here.
func sentences(s string) []sentence {
	var out []sentence
	start := 0
	rs := s
	for i, r := range rs {
		switch r {
		case ',', ';', '!', '\n', '…', '.', '?', ':', '(', ')', '"', '/':
		default:
			continue
		}
		if inNumber(rs, i) || r == '/' && i+1 < len(rs) && rs[i+1] != ' ' {
			continue
		}
		if text := strings.TrimSpace(rs[start:i]); text != "" || r == '?' {
			out = append(out, sentence{text: text, asked: r == '?'})
		}
		start = i + len(string(r))
	}
	if text := strings.TrimSpace(rs[start:]); text != "" {
		out = append(out, sentence{text: text})
	}
	return out
}

func inNumber(s string, i int) bool {
	return i > 0 && i+1 < len(s) && s[i-1] >= '0' && s[i-1] <= '9' && s[i+1] >= '0' && s[i+1] <= '9'
}

// split cuts the words of a sentence at the words that begin a new clause.
func (t *replyText) split(ws []word, asked bool) {
	c := clause{}
	flush := func() {
		if len(c.words) > 0 || c.contrast || c.reason {
			t.clauses = append(t.clauses, c)
		}
		c = clause{}
	}
	for i, w := range ws {
		switch {
		case w.class.is(cContrast) && !(w.plain == "sekarang" && i+1 == len(ws)):
			flush()
			c.contrast = true
		case w.class.is(cReason):
			flush()
			c.reason = true
		case w.class.is(cConcede):
			flush()
			c.concede = true
		case i > 0 && (w.plain == "jadi" || w.said == "makanya" || w.said == "sehingga") && consequence(ws, i):
			flush()
		default:
			c.words = append(c.words, w)
		}
	}
	c.asked = asked
	if len(c.words) == 0 && !c.contrast && asked {
		c.words = nil
		t.clauses = append(t.clauses, c)
		return
	}
	flush()
}

// consequence tells whether "jadi" at i means "so": something else stands
// before it, and what follows is a clause of its own.
func consequence(ws []word, i int) bool {
	before := ws[i-1]
	if before.class.is(cNegation|cNotYet|cModal|cAssent) || i+1 >= len(ws) {
		return false
	}
	if ws[i+1].class.is(cNegation|cNotYet) && !slices.ContainsFunc(ws[i+2:], func(w word) bool { return w.class.is(cAble | cAttend | cModal) }) {
		return false
	}
	if !slices.ContainsFunc(ws[:i], func(w word) bool { return w.class.is(cObstacle | cDeath | cIllness | cAnswered | cLater) }) &&
		!ws[i+1].class.is(cNegation|cNotYet) {
		return false
	}
	return true
}

// has tells whether some word of the clause has a class.
func (c clause) has(any class) bool {
	return slices.ContainsFunc(c.words, func(w word) bool { return w.class.is(any) })
}

func (c clause) index(any class) int {
	return slices.IndexFunc(c.words, func(w word) bool { return w.class.is(any) })
}

// content are the words that are not mere courtesy.
func (c clause) content() []word {
	var out []word
	for _, w := range c.words {
		if w.class&^(cNeutral|cOther|cSelf|cHigh|cTidy) != 0 || !w.known || w.class == 0 {
			out = append(out, w)
		}
	}
	return out
}

// findings are what a clause says, with negations resolved.
type findings struct {
	negations int
	notYet    bool
	unknown   int // words that mean nothing to us
	denied    int // negations of such words
	cleared   bool
	lacks     bool
	partial   bool
	forbids   int   // "jangan", "tidak usah"
	doubled   bool  // two negations that make a yes
	seen      class // classes that stand for themselves, not under a negation's idiom
}

// count resolves negations: which are idioms ("tidak ada halangan"), which
// turn the sense round.
func (c clause) count() findings {
	var n findings
	for i := 0; i < len(c.words); i++ {
		w := c.words[i]
		if !w.class.is(cNegation | cNotYet | cForbid) {
			if (!w.known || w.class == 0) && !isNumber(w.plain) {
				n.unknown++
			}
			if w.plain == "ya" && !c.opens(i) { // "nanti ya pak": a particle, no yes
				continue
			}
			n.seen |= w.class
			continue
		}
		if i > 0 && c.words[i-1].plain == w.plain && w.class.is(cNegation) { // "ga ga bisa"
			continue
		}
		j, kind := c.target(i)
		n.doubled = n.doubled || c.doubles(i)
		switch {
		case kind == 0 && w.class.is(cForbid):
			n.forbids++
			continue
		case kind == cHarmless && c.words[j].plain == "alasan" && slices.ContainsFunc(c.words[j:], func(x word) bool { return x.class.is(cNegation) }):
			n.doubled, n.negations = true, n.negations+1
			i = j
			continue
		}
		switch kind {
		case cHarmless:
			n.cleared = n.cleared || !w.class.is(cForbid) && c.words[j].plain != "apa apa" && c.words[j].plain != "apa"
			i = j
		case cLack:
			n.lacks = true
			i = j
		case cPartial:
			n.partial = true
			n.seen |= cLate
			i = j
		case cMaybe:
			n.negations++
			i = j
		case cOther:
			n.denied++
			i = j
		default:
			if w.class.is(cNotYet) {
				n.notYet = true
			} else {
				n.negations++
			}
		}
	}
	return n
}

// doubles tells whether the negation at i makes a yes with one that follows:
// "ga mungkin ga dateng", "tidak bisa tidak hadir". Two negations in a row of
// complaints ("ga bisa pak, ga ada waktu") do not.
func (c clause) doubles(i int) bool {
	impossible := false
	for j := i + 1; j < len(c.words); j++ {
		w := c.words[j]
		switch {
		case w.class.is(cNegation):
			return impossible || j == i+2 && c.words[i+1].class.is(cAble)
		case w.plain == "mungkin" && j < i+3:
			impossible = true
		}
	}
	return false
}

// opens tells whether only courtesies stand before word i.
func (c clause) opens(i int) bool {
	for _, w := range c.words[:i] {
		if !w.class.is(cHigh|cAssent) && !(w.class.is(cNeutral) && courtesy(w.plain)) {
			return false
		}
	}
	return true
}

// courtesy tells whether a neutral word greets or addresses and says nothing
// of when or how.
func courtesy(plain string) bool {
	switch plain {
	case "nanti", "besok", "sudah", "oh", "lagi", "dulu", "gitu", "begitu", "saya", "kami", "itu", "ini", "undangan", "acara", "terimakasih", "maaf":
		return false
	}
	return true
}

// target finds what the negation at i denies, as far as it is an idiom.
func (c clause) target(i int) (int, class) {
	limit := min(len(c.words), i+6)
	predicate, able := false, false // a word of coming stands between
	for j := i + 1; j < limit; j++ {
		w := c.words[j]
		last := j + 1
		predicate = predicate || w.class.is(cAttend|cAble|cModal)
		able = able || w.class.is(cAble|cAttend)
		switch {
		case w.class.is(cRelative) && c.words[j-1].plain == "ada": // "ga ada yang jaga toko"
			return len(c.words) - 1, cLack
		case predicate && (!w.known || w.class == 0):
			return j, 0
		case c.words[i].class.is(cNotYet):
			if !w.class.is(cTidy|cModal|cNeutral|cSelf|cHigh) || w.class.is(cAttend|cAble|cAssent) {
				return j, 0
			}
		case w.class.is(cHarmless) && (!able || w.class.is(cDecline)), w.class.is(cObstacle) && !w.class.is(cAttend) && !predicate:
			return j, cHarmless
		case w.class.is(cLack):
			return j, cLack
		case w.class.is(cLate) && j == i+1:
			return j, cHarmless
		case w.class.is(cPartial):
			return j, cPartial
		case w.plain == "mungkin" && j == i+1:
			return j, cMaybe
		case w.class.is(cAttend|cTidy|cModal|cAble) && last < limit && slices.ContainsFunc(c.words[last:limit], func(x word) bool { return x.class.is(cPartial) }):
			continue
		case w.class.is(cTidy):
			continue
		case w.class.is(cNeutral|cSelf|cHigh|cOther) && w.class&(cAttend|cAble|cAssent) == 0:
			continue
		case !w.known || w.class == 0:
			return j, cOther
		default:
			return j, 0
		}
	}
	return i, 0
}

// read gives the verdict of the clause.
func (c clause) read() verdict {
	v := verdict{
		want: c.has(cWant), later: c.has(cLater),
		offTopic: c.has(cOffTopic), ack: c.has(cAck),
	}
	n := c.count()
	v.late = n.seen.is(cLate) && !c.has(cAnswered) && !c.has(cEnrolled)
	v.selfAttend = c.selfAttends()
	v.deferred = c.has(cAnswered) && hasWord(c.words, "nanti")
	if v.handOver(c) {
		return v
	}
	if v.offTopic && !c.has(cAttend) {
		return v
	}
	v.judge(c, n)
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
	hedged := n.seen.is(cMaybe) && !v.wishes(c)
	if c.awaits() || c.looks() || c.putsOff(n) {
		n.seen |= cPending
	}
	switch {
	case c.has(cPerfect):
		v.meaning, v.strong = MeansYes, true
	case n.seen.is(cPending) && len(c.content()) == 1 && hasWord(c.words, "cek") && !c.has(cSelf): // "cek": is anybody there?
	case n.seen.is(cPending) && !(v.later && n.negations > 0):
		v.meaning, v.strong = MeansMaybe, true
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
	case n.negations > 1 && c.words[0].plain == "bukan" && !n.seen.is(cAttend):
		// "bukannya ga mau": what follows tells
	case n.negations > 0:
		v.deny(c, n, pledge, hedged)
	case n.notYet:
		if explicit || n.seen.is(cAssent) && !n.seen.is(cAck) && !c.has(cEnrolled) {
			v.meaning, v.strong = MeansNo, true
		}
	case n.seen.is(cDecline):
		v.meaning, v.strong = MeansNo, true
		v.ofOther = hasWord(c.words, "acara") && !c.has(cSelf|cAttend)
	case v.later:
		v.meaning = MeansNo
	case n.forbids > 0 && !c.has(cPerfect):
		if n.seen.is(cAttend) || len(c.content()) < 2 && n.unknown == 0 {
			v.meaning, v.strong = MeansNo, true
		}
	case n.denied > 0 && n.seen.is(cObstacle):
		v.obstacle = true
	case n.denied > 0 && explicit && !c.has(cCondition):
		v.murky = !slices.ContainsFunc(c.words, func(w word) bool { return w.plain == "pasti" || w.plain == "tetap" || w.plain == "siap" })
		v.meaning = MeansYes
	case n.denied > 0 && !explicit && !conditional:
	case conditional && v.late && !explicit: // "maaf kalau telat"
		v.meaning = MeansYes
	case conditional:
		v.meaning, v.condition = MeansMaybe, true
	case hedged && n.seen.is(cAttend) && hasWord(c.words, "pasti"):
		v.meaning, v.strong = MeansYes, true
	case hedged && (pledge || n.seen.is(cModal) || n.unknown < 2):
		v.meaning = MeansMaybe
	default:
		v.affirm(c, n, explicit)
	}
}

// deny judges a clause with an odd number of negations.
func (v *verdict) deny(c clause, n findings, pledge, hedged bool) {
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
		v.meaning, v.strong, v.murky = MeansYes, true, c.veiled()
	case v.late:
		v.meaning = MeansYes
	case n.seen.is(cAck):
		if n.seen.is(cAssent) && !slices.ContainsFunc(c.words, func(w word) bool {
			return w.plain == "info" || w.plain == "noted" || w.plain == "mantap"
		}) {
			v.meaning = MeansYes
		}
	case c.has(cEnrolled) && c.has(cAssent) && hasWord(c.words, "sudah"), hasWord(c.words, "sudah") && hasWord(c.words, "konfirmasi"):
		// "saya sudah daftar": told before, not now
	case n.seen.is(cAssent) && n.unknown < 3, n.cleared:
		v.meaning, v.strong = MeansYes, hasWord(c.words, "pasti")
	case n.unknown == 0 && c.has(cSelf) && (hasWord(c.words, "bawa") || hasWord(c.words, "ajak")):
		v.meaning = MeansYes // "saya bawa 3 anggota"
	case n.seen.is(cModal) && n.unknown == 0:
		v.meaning = MeansYes
		if v.want && len(c.content()) == 1 && c.words[len(c.words)-1].said == "sih" {
			v.meaning = MeansMaybe
		}
	case n.seen.is(cSoft):
		v.meaning, v.softOnly = MeansMaybe, true
	}
}

// awaits tells whether the clause waits for something ("menunggu arahan
// pimpinan"), and not only asks for patience ("tunggu ya").
func (c clause) awaits() bool {
	if hasWord(c.words, "tunggu") && (hasWord(c.words, "konfirmasi") || hasWord(c.words, "kabari")) {
		return true
	}
	for i, w := range c.words {
		if w.plain == "tunggu" && i+1 < len(c.words) && !c.words[i+1].class.is(cNeutral|cAssent|cSelf) && !c.has(cNegation|cForbid|cObstacle) {
			return true
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
			(strings.HasSuffix(c.words[i-1].plain, "kan") || strings.HasSuffix(c.words[i-1].plain, "in")) {
			return true
		}
	}
	if (hasWord(c.words, "tanya") || hasWord(c.words, "izin")) && hasWord(c.words, "dulu") && !c.has(cAsk) && n.negations == 0 {
		return true
	}
	return n.notYet && hasWord(c.words, "acara") && !c.has(cAttend|cAble|cEnrolled)
}

// looks tells whether the clause puts off until something is seen: "liat
// kalender dulu". Having seen a message does not count.
func (c clause) looks() bool {
	for i, w := range c.words {
		if w.plain == "lihat" && !hasWord(c.words[:i], "sudah") && !hasWord(c.words, "undangan") && !hasWord(c.words, "pesan") && !hasWord(c.words, "info") && !c.has(cNegation|cForbid) {
			return true
		}
	}
	return false
}

// veiled tells whether a word that we do not know, and that may be a negation
// in some spelling or dialect, stands right before the word of coming. A yes
// must never rest on that.
func (c clause) veiled() bool {
	for i, w := range c.words {
		if i == 0 || !w.class.is(cAttend|cAble) {
			continue
		}
		before := c.words[i-1]
		if before.known || isNumber(before.plain) {
			continue
		}
		if len(before.plain) < 4 {
			return true
		}
		for _, no := range []string{"tidak", "nggak", "enggak", "mboten", "henteu", "kagak", "belum"} {
			if distance(before.plain, no, 2) <= 2 {
				return true
			}
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

// conditional tells whether the clause depends on something. "Kalau saya sih"
// is only "as for me".
func (c clause) conditional() bool {
	for i, w := range c.words {
		if !w.class.is(cCondition) || i+1 < len(c.words) && (c.words[i+1].said == "gitu" || c.words[i+1].said == "begitu") {
			continue
		}
		if i+2 < len(c.words) && c.words[i+1].class.is(cSelf) {
			next := c.words[i+2]
			if next.plain == "sih" || next.plain == "mah" || next.plain == "pribadi" || next.class.is(cSoft|cAttend|cAssent) {
				continue
			}
		}
		return true
	}
	return false
}

// selfAttends tells whether the speaker says that they come.
func (c clause) selfAttends() bool {
	self := c.index(cSelf)
	return self >= 0 && c.has(cAttend|cAble)
}
