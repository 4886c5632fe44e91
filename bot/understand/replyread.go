package understand

import (
	"slices"
	"strings"
)

// read gives the meaning of the whole reply: opting out first, then what the
// clauses say in turn, of which the last counts.
func (t *replyText) read() Reading {
	r := Reading{Meaning: MeansUnclear, Sensitive: t.sensitive()}
	if t.optsOut() {
		r.Meaning = MeansOptOut
		return r
	}
	s := replyState{sensitive: r.Sensitive}
	for i, c := range t.clauses {
		if t.asks(i) {
			s.ask(c)
			continue
		}
		v := t.verdict(i)
		t.doubtful = t.doubtful || v.murky
		s.add(c, v)
	}
	s.finish(&r, t)
	if r.Meaning == MeansYes || r.Meaning == MeansDelegated || r.Meaning == MeansMaybe {
		r.People = t.people()
	}
	if (r.Meaning == MeansUnclear || r.Meaning == MeansMaybe && !s.strong) && t.onlyPeople() { // "berdua", "insya Allah kami berempat"
		r.Soft = r.Meaning == MeansMaybe
		r.Meaning, r.People = MeansYes, t.people()
		t.assentOnly = true
	}
	if r.Meaning == MeansNo || r.Meaning == MeansMaybe || r.Meaning == MeansDelegated {
		r.Reason = t.reason()
	}
	return r
}

// replyState is what the clauses so far add up to.
type replyState struct {
	meaning    Meaning
	strong     bool
	soft       bool
	condition  bool
	want       bool
	ofPerson   bool // the no is that of somebody else
	past       bool // the meaning is what was so before
	obstacle   bool
	late       bool
	later      bool
	asked      bool
	handsOver  bool
	offTopic   bool
	ack        bool
	conflict   bool
	hoped      bool // "semoga": what it is for is hoped, too
	deferred   bool
	busyBefore bool // something was in the way before
	turning    bool // a "tapi" whose clause said nothing: what follows is meant
	who        string
	sensitive  Sensitivity
}

// ask takes a clause that is a question.
func (s *replyState) ask(c clause) {
	s.asked = true
	s.offTopic = s.offTopic || c.has(cOffTopic) && !c.brings()
	s.handsOver = s.handsOver || c.has(cDelegate)
}

// add takes the verdict of the next clause.
func (s *replyState) add(c clause, v verdict) {
	s.late = s.late || v.late
	s.hoped = s.hoped || hasWord(c.words, "semoga")
	s.offTopic = s.offTopic || v.offTopic
	s.ack = s.ack || v.ack
	s.want = s.want || v.want && !(v.past && s.strong)
	s.later = s.later || v.later
	s.deferred = s.deferred || v.deferred
	c.contrast = c.contrast || s.turning
	s.turning = c.contrast && v.meaning == "" && !v.obstacle
	s.busyBefore = s.busyBefore || v.past && v.meaning == ""
	if v.freed || s.busyBefore && s.meaning == "" && c.contrast && hasWord(c.words, "batal") && (len(c.content()) == 1 || hasWord(c.words, "itu") && !c.has(cSelf|cAttend)) { // "tadinya ada garapan, tapi batal"
		s.obstacle = false
		return
	}
	if v.handsOver {
		s.asked, s.handsOver = true, true
		return
	}
	if c.concede && (v.meaning != MeansYes || !v.strong) {
		return
	}
	if c.reason && v.meaning != MeansDelegated {
		s.obstacle = s.obstacle || v.obstacle || v.meaning == MeansNo
		return
	}
	if v.standIn != "" && (s.meaning == MeansNo || s.meaning == "" && s.obstacle) {
		s.meaning, s.strong, s.who = MeansDelegated, true, v.standIn // "saya berhalangan, Pak Sekda yang membuka"
		return
	}
	if v.obstacle {
		s.hinder(c, v)
		return
	}
	if v.meaning == "" && c.contrast && s.want && s.meaning == MeansYes && (v.unread || v.offTopic) {
		s.meaning, s.strong, s.soft = MeansMaybe, true, false // "pengen ikut, tapi modalnya gimana"
		return
	}
	if v.meaning == "" && c.contrast && s.want && s.meaning == MeansYes && hasWord(c.words, "hari") && hasWord(c.words, "itu") && !v.late {
		s.meaning, s.strong, s.soft = MeansNo, true, false // "pengen sebenarnya, cuma hari itu jadwal kirim barang"
		return
	}
	if v.meaning == "" {
		s.conflict = s.conflict || c.contrast && v.unread && (s.meaning == MeansYes || s.meaning == MeansNo && !hasWord(c.words, "ada"))
		return
	}
	s.turn(c, v)
}

// hinder takes a clause that names an obstacle and no more.
func (s *replyState) hinder(c clause, v verdict) {
	if s.meaning == MeansYes && s.strong && (v.late || hasWord(c.words, "dulu")) {
		s.late = true // "hadir, tapi mau jemput anak dulu"
		return
	}
	s.obstacle = true
	switch {
	case (s.meaning == MeansYes || s.meaning == MeansMaybe && !s.condition) && (c.contrast && (s.want || v.want) || s.want && !s.strong):
		s.meaning, s.strong = MeansNo, true
	case s.meaning == MeansYes && c.contrast && !v.late && (!s.strong || c.corrects):
		s.meaning, s.strong = MeansNo, true // "siap pak, tapi saya di luar kota"
	case s.meaning == MeansYes && c.contrast && !v.late:
		s.conflict = true
	}
}

// turn lets a clause's verdict change the meaning so far.
func (s *replyState) turn(c clause, v verdict) {
	take := func() {
		s.meaning, s.strong, s.soft, s.condition = v.meaning, v.strong, v.soft, v.condition
		s.conflict, s.past, s.ofPerson = v.murky, v.past, v.ofPerson
		if v.who != "" {
			s.who = v.who
		}
	}
	if v.past && s.strong && s.meaning != "" {
		return // "saya jadi ikut, kemarin bilang ga bisa"
	}
	if s.hoped && v.meaning == MeansYes && (c.isGoal() || s.meaning == MeansMaybe && !c.contrast && c.words[0].class.is(cAble)) {
		v.meaning = MeansMaybe // "mudah-mudahan sehat, biar bisa ikut"
	}
	if c.prays() && (s.obstacle || s.meaning == MeansYes || s.meaning == MeansNo) {
		return // "masih umroh, mohon doanya", "siap, doakan sehat"
	}
	switch s.meaning {
	case "":
		if s.obstacle && v.meaning == MeansYes && !v.strong && !c.contrast && !s.late {
			return // "bentrok sama nikahan, saya jadi panitianya"
		}
		take()
	case MeansYes:
		switch {
		case v.meaning == MeansYes:
			s.conflict = s.conflict || v.murky
			s.strong, s.soft = s.strong || v.strong, s.soft && !v.strong || v.soft
		case v.meaning == MeansNo && s.strong && c.carries():
			// "datang, cuma ga bisa bawa dagangan"
		case v.meaning == MeansNo && v.ofPerson && s.strong && !s.want:
			// "saya datang, istri ga bisa"
		case v.later && !v.strong && s.strong && !c.contrast:
			s.conflict = true // "bisa, lain waktu juga siap"
		case v.companion && (v.meaning == MeansDelegated || v.condition):
		case v.meaning == MeansMaybe && (s.strong && !v.strong && !v.condition || v.softOnly) && !c.contrast:
			s.soft = true // "hadir pak, insyaallah"
		case v.ofOther && !c.contrast && s.strong:
			s.conflict = true // whose event?
		default:
			take()
		}
	case MeansNo:
		switch {
		case v.meaning == MeansDelegated, v.meaning == MeansNo:
			take()
		case s.later || v.later:
			// "semoga lain kali bisa"
		case (c.contrast || s.past) && v.meaning == MeansMaybe:
			take()
		case s.past && v.meaning == MeansYes && !v.past:
			take() // "tahun lalu kami tidak hadir, sekarang tidak boleh absen"
		case !v.strong:
			// "ga bisa, oke pak"
		case (c.contrast || s.past || s.ofPerson) && v.meaning == MeansYes:
			take()
		case v.meaning == MeansYes:
			s.conflict = true
		}
	case MeansMaybe:
		switch {
		case s.condition && !c.contrast && v.meaning != MeansDelegated:
			// "kalau hujan, saya tidak datang"
		case v.meaning == MeansNo && !c.contrast && c.has(cNotYet) && !c.has(cAttend|cAble):
			// "belum tahu bu, barangnya belum jadi"
		case v.meaning == MeansYes && !v.strong:
		case v.meaning == MeansNo && !c.contrast && !c.has(cAttend|cAble|cDecline|cModal|cAssent|cObstacle) && len(c.content()) > 1:
			// "tergantung ada yang mengantar, saya sudah tidak nyetir"
		default:
			take()
		}
	case MeansDelegated:
		if v.meaning == MeansYes && (v.selfAttend && (c.contrast || v.strong) || c.contrast && v.strong && (s.past || c.has(cHigh))) || v.meaning == MeansDelegated {
			take()
		}
	}
}

// finish makes the reading of the state.
func (s *replyState) finish(r *Reading, t *replyText) {
	r.Late = s.late && s.meaning == MeansYes
	if s.meaning == "" && s.obstacle && !s.asked && !s.deferred && !t.relative() {
		s.meaning, s.strong = MeansNo, true
		if s.sensitive == Death && !t.says("takziah") || t.hasClass(cGrave) || t.inviteeIll() {
			s.meaning = MeansUnclear
		}
	}
	switch {
	case s.asked && s.offTopic && !s.strong:
		s.meaning = MeansUnclear
	case s.asked && (s.meaning == "" || s.handsOver && s.meaning != MeansDelegated || !s.strong && (s.meaning == MeansYes || s.meaning == MeansNo)):
		s.meaning = MeansQuestion
	case s.meaning == MeansMaybe && !s.strong && !s.condition && t.hasClass(cGrave): // "kritis di ICU, mohon doanya"
		s.meaning = MeansUnclear
	case s.meaning == "", s.conflict, s.meaning == MeansYes && s.past && s.want: // "tadinya mau ikut": and now?
		s.meaning = MeansUnclear
	case s.offTopic && !s.strong:
		s.meaning = MeansUnclear
	case s.sensitive == Anger && s.meaning == MeansYes && t.insults():
		s.meaning = MeansUnclear
	}
	r.Meaning = s.meaning
	r.Asks = s.asked && s.meaning != MeansUnclear
	r.Soft = s.soft && r.Meaning == MeansYes
	if r.Meaning == MeansDelegated {
		r.Who = s.who
	}
	t.assentOnly = s.meaning == MeansYes && !s.strong
}

// holds tells whether a yes names neither the speaker nor coming, but for "masih
// bisa hadir" and the like.
func (t *replyText) holds() bool {
	stands := t.says("masih") || t.says("tetap") || t.says("jadi")
	return !t.hasClass(cSelf) && !t.says("sendiri") && !t.says("langsung") && !t.says("pribadi") && (stands || !t.hasClass(cAttend))
}

func (t *replyText) hasClass(any class) bool {
	return slices.ContainsFunc(t.clauses, func(c clause) bool { return c.has(any) })
}

func (t *replyText) says(plain string) bool {
	return slices.ContainsFunc(t.clauses, func(c clause) bool { return hasWord(c.words, plain) })
}

// relative tells whether a relative of the invitee writes about them: "saya
// anaknya, bapak lagi sakit".
func (t *replyText) relative() bool {
	for _, c := range t.clauses {
		for i, w := range c.words {
			if i > 0 && (c.words[i-1].class.is(cSelf) || c.words[i-1].plain == "ini") && (w.said == "anaknya" || w.said == "istrinya" || w.said == "suaminya" || w.said == "anakna" || w.said == "keluarganya" || w.said == "adiknya" || w.said == "kakaknya") {
				return true
			}
		}
	}
	return false
}

// inviteeIll tells whether others write that the invitee is ill: "bapak lagi
// dirawat". "Ibu saya dirawat" is the writer's reason.
func (t *replyText) inviteeIll() bool {
	for _, c := range t.clauses {
		ill := c.index(cIllness)
		for i, w := range c.words[:max(ill, 0)] {
			if slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cObstacle) }) {
				return false // "nganter ibu berobat"
			}
			if (w.said == "bapak" || w.said == "ibu" || w.said == "beliau" || w.said == "bapaknya" || w.said == "ibunya") && !c.words[i+1].class.is(cSelf) && c.words[i+1].known {
				return !c.has(cNegation|cSelf) && !slices.ContainsFunc(c.words, toTheYoung) // who calls us child speaks of themselves
			}
		}
	}
	return false
}

// toTheYoung tells whether a word calls somebody younger.
func toTheYoung(w word) bool {
	return slices.Contains([]string{"nak", "nduk", "neng", "nong", "jang", "cu", "le"}, w.plain)
}

// sensitive finds what needs tact.
func (t *replyText) sensitive() Sensitivity {
	found := Sensitivity("")
	for _, c := range t.clauses {
		for i, w := range c.words {
			denied := i > 0 && c.words[i-1].class.is(cNegation) || i > 0 && c.words[i-1].plain == "maaf"
			switch {
			case denied:
			case w.class.is(cDeath):
				return Death
			case w.class.is(cIllness):
				found = Illness
			case w.class.is(cAnger) && found == "":
				found = Anger
			}
		}
	}
	return found
}

// mildAnger are words of displeasure that leave room for a yes.
var mildAnger = []string{"ganggu", "emosi", "kapok", "kesal", "kesel", "kecewa", "marah", "jengkel", "sebel", "muak"}

// insults tells whether the anger is in hard words, so that no yes can be
// meant.
func (t *replyText) insults() bool {
	return slices.ContainsFunc(t.clauses, func(c clause) bool {
		return slices.ContainsFunc(c.words, func(w word) bool {
			return w.class.is(cAnger) && !slices.Contains(mildAnger, w.plain)
		})
	})
}

// people counts who comes, as said.
func (t *replyText) people() int {
	s := timeNoise.ReplaceAllString(phoneNoise.ReplaceAllString(t.folded, " "), " ")
	s = numberRange.ReplaceAllString(s, "$1")
	s = wordEnd.ReplaceAllString(s, "$1 orang")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "+", " plus "), "&", " dan ")
	ws := words(s)
	if len(ws) > maxReplyWords {
		ws = ws[:maxReplyWords]
	}
	lex := numberWords()
	var counted []figure
	for _, f := range lex.figures(ws) {
		after := f.from > 0 && t.lex.class[t.lex.plain(ws[f.from-1])].is(cAttend|cSelf|cDelegate)
		some := f.from > 0 && ws[f.from-1] == "salah"
		if f.value > 0 && f.value < 1000 && !some && (f.whole || f.unit || after) && !(f.to < len(ws) && (ws[f.to] == "jam" || ws[f.to] == "hari" || ws[f.to] == "menit")) {
			counted = append(counted, f)
		}
	}
	company, with := lex.company(ws, counted)
	switch {
	case len(counted) == 0 && with && company > 0 && company < 6:
		return 1 + company
	case len(counted) == 0:
		return 0
	}
	sum := 0
	for _, f := range counted {
		if f.whole {
			return f.value
		}
		sum += f.value
	}
	if with && len(counted) == 1 && lex.follows(ws, counted[0]) {
		return 1 + sum
	}
	return sum
}

// onlyPeople tells whether the reply is a number of people and nothing else:
// "2 orang pak", "berdua".
func (t *replyText) onlyPeople() bool {
	if len(t.clauses) == 0 || t.people() == 0 {
		return false
	}
	return !slices.ContainsFunc(t.clauses, func(c clause) bool { return c.asked || !c.onlyPeople() })
}

func (c clause) onlyPeople() bool {
	lex := numberWords()
	for i, w := range c.words {
		if i > 0 && c.words[i-1].class.is(cWith) && !w.known {
			continue // "saya sama pengendang"
		}
		if i > 0 && hasWord(c.words[:i], "dari") && (!w.known || w.class&^(cOther|cNeutral) == 0) {
			continue // "3 orang dari KWT Melati"
		}
		if !isNumber(w.plain) && !isNumber(w.said) && !lex.role[":unit"][w.plain] && !lex.role[":unit"][w.said] && !lex.role[":companion"][w.plain] && !w.class.is(cNeutral|cSelf|cHigh|cWith|cPerson|cSoft) {
			return false
		}
	}
	return true
}

// reason is the part of the reply that tells why, as written.
func (t *replyText) reason() string {
	best := ""
	for _, c := range t.clauses {
		if len(c.words) == 0 {
			continue
		}
		text := joinSaid(c.words)
		if c.reason {
			return text
		}
		if best == "" && c.has(cObstacle|cDeath|cIllness) {
			i := c.index(cObstacle | cDeath | cIllness)
			for i > 0 && (c.words[i-1].class.is(cTidy|cPerson|cSelf) && !c.words[i-1].class.is(cAble)) {
				i--
			}
			best = joinSaid(c.words[i:])
		}
	}
	return best
}
