package understand

import (
	"regexp"
	"slices"
	"strings"
)

// clause is a stretch of a reply with one verdict.
type clause struct {
	words    []word
	asked    bool // ends with a question mark
	contrast bool // begins with "tapi", "eh" and the like
	corrects bool // begins with "eh": what was said is taken back
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
	companion  bool   // somebody comes along
	handsOver  bool   // a question about sending somebody else
	selfAttend bool   // "saya hadir"
	softOnly   bool   // "insyaallah" and no more
	ofOther    bool   // the event of somebody else falls through
	unread     bool   // says something that we do not understand
	murky      bool   // something is denied, and it is not clear what
	deferred   bool   // will answer later
	standIn    string // who "yang akan membuka": comes instead, if somebody declines
	freed      bool   // another engagement falls through
	ofPerson   bool   // it is somebody else who does not come
	past       bool   // "tadinya": was so, and may be no more
}

// replyText is a reply cut into clauses.
type replyText struct {
	clauses    []clause
	folded     string
	assentOnly bool // the yes rests on an "ok" alone
	doubtful   bool // there is a word that may deny: not to be guessed at
	lex        *replyLexicon
	verdicts   []*verdict // of each clause, once it was asked for
}

// verdict is what clause i says.
func (t *replyText) verdict(i int) verdict {
	if t.verdicts == nil {
		t.verdicts = make([]*verdict, len(t.clauses))
	}
	if t.verdicts[i] == nil {
		v := t.clauses[i].read()
		t.verdicts[i] = &v
	}
	return *t.verdicts[i]
}

// maxReplyWords bounds the work on a long reply: its beginning and its end are
// read, since the last clause counts.
const maxReplyWords = 80

func (lex *replyLexicon) parse(p string) *replyText {
	t := &replyText{folded: godWilling.ReplaceAllString(strings.ToLower(p), "insyaallah"), lex: lex}
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

// godWilling finds how people write "insya Allah".
var godWilling = regexp.MustCompile(`\b(?:in[\s-]?|i)s+[iyh]*a+h?[\s-]*a?l+[aou]+h*u?\b(?:\s+(?:ta'?ala|swt)\b)?`)

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
		case w.class.is(cContrast) && !(w.plain == "sekarang" && i+1 == len(ws)) && !(i > 0 && ws[i-1].plain == "atau"): // "diminta sambutan atau hanya membuka?"
			flush()
			c.contrast, c.corrects = true, w.plain == "eh" || w.plain == "ralat"
		case i+1 < len(ws) && vocative(w) && c.bareNo():
			c.words = append(c.words, w)
			flush() // "ga bu lagi demam": what is denied is not the illness
		case w.plain == "sayang" && len(c.words) == 0 && i+1 < len(ws): // "ingin sekali, sayang tidak ada yang mengantar"
			c.contrast = true
			c.words = append(c.words, w)
		case c.contrast && len(c.words) == 0 && w.plain == "bisa jadi" && selfFollows(ws, i): // "tapi sekarang bisa jadi saya datang"
			c.words = append(c.words, word{said: "bisa", plain: "bisa", class: replyWords().class["bisa"], known: true})
			flush()
		case w.plain == "sampaikan" && reports(ws, i): // "kami sampaikan bahwa beliau hadir"
			flush()
		case c.concede && i > 0 && len(c.words) > 0 && (w.class.is(cSelf) && !ws[i-1].class.is(cPerson) || w.plain == "tetap"):
			flush() // "walau sakit saya hadir"
			c.words = append(c.words, w)
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

// bareNo tells whether the clause is a negation and courtesies before it.
func (c clause) bareNo() bool {
	last := len(c.words) - 1
	return last >= 0 && c.words[last].class.is(cNegation) && !slices.ContainsFunc(c.words[:last], func(w word) bool {
		return !w.class.is(cHigh|cAssent|cNeutral) || w.class.is(cSelf)
	})
}

// vocative tells whether a word calls somebody.
func vocative(w word) bool {
	return isTitle(w.said) || slices.Contains([]string{"om", "min", "nak", "say", "bund", "bun", "sis", "gan", "bro", "ndan", "bos"}, w.said)
}

// consequence tells whether "jadi" at i means "so": something else stands
// before it, and what follows is a clause of its own.
func consequence(ws []word, i int) bool {
	if ws[i].said == "sehingga" {
		return i+1 < len(ws)
	}
	before := ws[i-1]
	fallen := i > 1 && before.plain == "jadi" && ws[i-2].class.is(cNegation) // "rapatnya ga jadi jadi saya ikut"
	if before.class.is(cNegation|cNotYet|cModal|cAssent) && !fallen || i+1 >= len(ws) {
		return false
	}
	if ws[i+1].class.is(cDecline) && ws[i+1].plain == "batal" {
		return true // "suami ga ngasih ijin jadi batal"
	}
	if i+2 < len(ws) && ws[i+1].class.is(cAble|cSelf) && !before.class.is(cSelf) && ws[i+2].class.is(cAttend|cAble) {
		return true // "jadi bisa ikut"
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

// ofPerson tells whether what is denied is the coming of somebody else: "istri
// ga bisa".
func (c clause) ofPerson() bool {
	if c.others() && c.has(cNegation|cDecline) {
		return true
	}
	no := c.index(cNegation | cNotYet)
	if no < 1 {
		return false
	}
	subject := c.words[:no]
	p := slices.IndexFunc(subject, func(w word) bool { return w.class.is(cPerson) })
	comes := no+1 == len(c.words) || slices.ContainsFunc(c.words[no+1:], func(w word) bool {
		return w.class.is(cAttend) || w.plain == "bisa" || w.plain == "sempat" || w.plain == "jadi"
	})
	return p >= 0 && comes && !slices.ContainsFunc(subject[:p], func(w word) bool { return w.class.is(cSelf | cWith | cHigh) }) &&
		!slices.ContainsFunc(subject[p+1:], func(w word) bool { return w.class.is(cWith) })
}

// others tells whether the clause speaks of several others: "teman-teman pada
// nolak", "tetangga pada berangkat".
func (c clause) others() bool {
	p := c.index(cPerson)
	return p >= 0 && p+1 < len(c.words) && c.words[p+1].said == "pada" && !slices.ContainsFunc(c.words[:p], isSelf)
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
		if w.class&^(cNeutral|cOther|cSelf|cHigh|cTidy|cTime|cName) != 0 || !w.known || w.class == 0 {
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
		if i+1 < len(c.words) && allOfThem(c.words[i+1]) { // "tidak semua" come
			n.denied++
			i++
			continue
		}
		j, kind := c.target(i)
		if i > 0 && i+1 < len(c.words) && c.words[i+1].plain == "ada" && c.lackBefore(i) { // "modalnya lagi ga ada"
			n.lacks = true
			i++
			continue
		}
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

// allOfThem tells whether a word means everybody.
func allOfThem(w word) bool {
	return w.plain == "semua" || w.plain == "semuanya" || w.plain == "lengkap"
}

// lackBefore tells whether what is missing stands before the negation at i.
func (c clause) lackBefore(i int) bool {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		if c.words[j].class.is(cLack) && !c.words[j].class.is(cTime) {
			return true
		}
		if !c.words[j].class.is(cNeutral | cSelf) {
			return false
		}
	}
	return false
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
			return impossible || j == i+2 && (c.words[i+1].class.is(cAble) || c.words[i+1].plain == "sampai")
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
		case w.plain == "mungkin" && j == i+1 && last < len(c.words) && c.words[last].class.is(cHarmless) && !c.words[last].class.is(cObstacle):
			return last, cHarmless // "ga mungkin ingkar"
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
