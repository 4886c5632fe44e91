package understand

import (
	"slices"
	"strings"
)

// officials are titles of invitees of whom others write: "Bapak Bupati hadir"
// is a yes, not a stand-in.
func official(w word) bool {
	switch w.plain {
	case "kadis", "bupati", "pimpinan", "beliau", "camat", "kades", "lurah", "kepala desa", "ketua":
		return true
	}
	return false
}

// handOver reads whether somebody else comes, and who. It gives false where
// the clause says nothing of that.
func (v *verdict) handOver(c clause) bool {
	if i := c.index(cDelegate); i >= 0 && !c.inCondition(i) {
		return v.delegates(c, i)
	}
	if c.has(cStandIn) {
		return v.standsIn(c)
	}
	if i := c.notMe(); i >= 0 {
		v.meaning, v.strong, v.who = MeansDelegated, true, nameAfter(c.words[i:])
		return true
	}
	if i := c.attendedBy(); i > 0 { // "akan dihadiri oleh Asisten II"
		v.meaning, v.strong, v.who = MeansDelegated, true, nameAfter(c.words[i:])
		return true
	}
	if i := c.sends(); i > 0 { // "saya kirim anak saya", "saya minta Pak Ujang"
		v.meaning, v.strong, v.who = MeansDelegated, true, nameAfter(c.words[i:])
		return true
	}
	if i := slices.IndexFunc(c.words, func(w word) bool { return w.plain == "orang" }); i > 1 && c.words[i-1].plain == "kirim" && c.words[i-2].class.is(cSelf) {
		v.meaning, v.strong = MeansDelegated, true
		return true
	}
	if v.whoComes(c) {
		return true
	}
	return v.personComes(c)
}

// delegates reads a clause with a word such as "diwakilkan".
func (v *verdict) delegates(c clause, i int) bool {
	w := c.words[i]
	self := slices.IndexFunc(c.words[:i], func(w word) bool { return w.class.is(cSelf) })
	attends := c.has(cAttend)
	first := c.first()
	switch {
	case w.class.is(cPerson) && i > 0 && c.words[i-1].class.is(cHigh) && addressed(c.words[i-1]) && !c.has(cRelative):
		return false // "Bapak Wakil Ketua hadir": the invitee, of whom others write
	case i > 0 && c.words[i-1].plain == "tunggu":
		return false // "tinggal menunggu disposisi"
	case w.said == "disuruh" && i+1 < len(c.words) && !c.has(cPerson|cRelative|cAttend) && !slices.ContainsFunc(c.words[i+1:], func(w word) bool { return w.class.is(cHigh) }):
		v.obstacle = true // "disuruh masuk"
		return true
	case i > 0 && slices.Contains([]string{"sesuai", "berdasarkan", "menindaklanjuti", "menurut"}, c.words[i-1].plain):
		return false // "sesuai disposisi, saya yang hadir"
	case w.plain == "utus" && strings.HasPrefix(w.said, "di") && !c.has(cPerson|cRelative|cAttend) && i+1 < len(c.words) && slices.Contains([]string{"ke", "buat", "untuk", "jaga", "jadi"}, c.words[i+1].plain) && !(i+2 < len(c.words) && c.words[i+2].class.is(cHigh)):
		v.obstacle = true // "mendadak disuruh ke Bandung"
		return true
	case i+1 >= len(c.words) && i > 1 && slices.ContainsFunc(c.words[max(0, i-3):i], func(w word) bool { return w.class.is(cNegation) }) && !c.has(cAttend) && strings.HasPrefix(w.said, "di"):
		return false // "tidak dapat diwakilkan"
	case w.plain == "wakil" && slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cNegation) }) && hasWord(c.words[:i], "kirim"):
		v.meaning, v.strong = MeansNo, true // "tidak dapat mengirimkan perwakilan"
		return true
	case i > 0 && c.words[i-1].class.is(cNegation) || i > 1 && c.words[i-2].class.is(cNegation) && c.words[i-1].class.is(cTidy):
		return false // "tidak diwakilkan"
	case slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cNegation) }) && hasWord(c.words[:i], "ada") && (c.has(cRelative) || w.plain == "wakil" && !attends):
		v.obstacle = !c.has(cRelative)
		return v.obstacle // "ga ada yang gantiin", "tidak ada guru pengganti"
	case self >= 0 && attends && slices.ContainsFunc(c.words[self:i], func(w word) bool { return w.plain == "selaku" || w.plain == "sebagai" }):
		return false // "saya selaku wakil ketua hadir"
	case self >= 0 && c.has(cObstacle) && w.plain == "utus":
		return false // "saya ditugaskan ke luar kota"
	case self >= 0 && attends && (w.plain == "wakil" && (c.index(cAttend) > i || hasWord(c.words[:i], "sebagai") || hasWord(c.words[:i], "selaku")) || w.plain == "utus" && strings.HasPrefix(w.said, "di")) && !c.has(cRelative):
		return false // "saya sebagai perwakilan hadir"
	case strings.Contains(joinSaid(c.words), "titip salam"):
		return false
	case strings.Contains(w.said, "titip") && i+1 < len(c.words) && !c.words[i+1].class.is(cPerson|cWith|cHigh) && c.words[i+1].plain != "ke" && c.words[i+1].plain != "ka":
		return false // "udah nitip warung ke adek"
	case w.plain == "utus" && !c.has(cPerson) && !c.has(cHigh) && !c.has(cRelative) && i+1 >= len(c.words):
		return false
	case first >= 0 && first < i && c.words[first].class.is(cPerhaps) && c.words[first].plain != "ada" && self < 0 && first == 0 && !attends && len(c.words) < 6 && !c.has(cPerson):
		v.meaning, v.handsOver = MeansQuestion, true
		return true
	}
	v.meaning, v.strong = MeansDelegated, true
	v.who = nameAfter(c.words[i+1:])
	if v.who == "" && c.has(cPerson) && !w.class.is(cPerson) {
		v.who = joinSaid(c.words[c.index(cPerson):min(len(c.words), c.index(cPerson)+2)])
	}
	if v.who == "" && w.class.is(cPerson) && w.said != "" && w.plain != "wakil" {
		v.who = w.said
	}
	return true
}

// notMe is where the clause names who comes instead of the speaker: "bukan saya
// melainkan kepala produksi"; -1 where it does not.
func (c clause) notMe() int {
	for i := 0; i+2 < len(c.words); i++ {
		if c.words[i].plain == "bukan" && c.words[i+1].class.is(cSelf) && slices.Contains([]string{"melainkan", "tapi", "tetapi"}, c.words[i+2].said) && i+3 < len(c.words) {
			return i + 3
		}
	}
	return -1
}

// attendedBy is the index of who attends in the invitee's place, where the clause
// says by whom it is attended; 0 for nobody else: "dihadiri oleh Bapak sendiri".
func (c clause) attendedBy() int {
	for i, w := range c.words[:max(0, len(c.words)-1)] {
		if !w.class.is(cAttend) || !strings.HasPrefix(w.said, "dihadir") && !strings.HasPrefix(w.said, "didatang") {
			continue
		}
		by := i + 1
		if c.words[by].plain == "oleh" || c.words[by].class.is(cWith) {
			by++
		}
		rest := c.words[min(by, len(c.words)):]
		if by > i+1 && subject(rest) && slices.ContainsFunc(rest, func(w word) bool { return w.class.is(cPerson) }) && !c.has(cNegation|cNotYet|cCondition) && !hasWord(rest, "sendiri") && !hasWord(rest, "langsung") {
			return by
		}
	}
	return 0
}

// first is the index of the first word that is not mere courtesy, -1 for none.
func (c clause) first() int {
	return slices.IndexFunc(c.words, func(w word) bool { return w.class&^(cNeutral|cSelf|cHigh|cOther|cName) != 0 })
}

// standsIn reads "mewakili": the speaker who comes for others says yes, others
// who come for the speaker are stand-ins.
func (v *verdict) standsIn(c clause) bool {
	i := c.index(cStandIn)
	person := c.index(cPerson)
	switch {
	case c.has(cNegation):
		return false
	case slices.ContainsFunc(c.words[:i], isSelf) && slices.ContainsFunc(c.words[:i], func(w word) bool { return w.plain == "selaku" || w.plain == "sebagai" }):
		v.meaning, v.strong = MeansYes, true // "saya selaku bendahara hadir mewakili beliau"
		return true
	case c.words[0].class.is(cRelative) && slices.ContainsFunc(c.words, func(w word) bool { return w.said == "adalah" || w.said == "yaitu" }):
		v.meaning, v.strong = MeansDelegated, true // "yang hadir mewakili Camat adalah Kasi"
		v.who = nameAfter(c.words[slices.IndexFunc(c.words, func(w word) bool { return w.said == "adalah" || w.said == "yaitu" })+1:])
		return true
	case person >= 0 && person < i, i > 0 && c.words[i-1].class.is(cRelative):
		v.meaning, v.strong = MeansDelegated, true
		v.who = nameAfter(c.words[i+1:])
		if person >= 0 && person < i {
			v.who = strings.TrimSpace(joinSaid(c.words[person:i]))
		}
		return true
	case hasWord(c.words[i:], "nanti") && !c.has(cSelf|cAttend) && c.words[len(c.words)-1].class&^cOther == 0:
		v.meaning, v.strong, v.who = MeansDelegated, true, nameAfter(c.words[slices.IndexFunc(c.words, func(w word) bool { return w.plain == "nanti" })+1:])
		return true // "mewakili Bapak Dandim nanti Pasiter"
	case c.words[0].class.is(cSelf) || c.has(cAttend) || c.has(cSelf):
		v.meaning, v.strong = MeansYes, true
		return true
	case i > 0:
		v.meaning, v.strong = MeansDelegated, true
		v.who = strings.TrimSpace(joinSaid(c.words[:i]))
		return true
	}
	return false
}

// whoComes reads "X yang hadir" and "yang hadir X".
func (v *verdict) whoComes(c clause) bool {
	r := c.index(cRelative)
	if r >= 0 && (c.inCondition(r) || c.words[0].class.is(cObstacle) && !slices.ContainsFunc(c.words[r:], func(w word) bool { return w.class.is(cAttend) })) {
		return false // "ada jadwal ceramah yang sudah lama dijanjikan"
	}
	if r > 0 && c.words[r-1].plain == "waktu" {
		return false // "pada waktu yang bersamaan"
	}
	if r < 0 {
		return false
	}
	a := -1
	for j := r + 1; j < len(c.words) && j < r+5; j++ {
		w := c.words[j]
		if w.class.is(cNegation | cNotYet) {
			return false
		}
		if w.class.is(cAttend) {
			a = j
			break
		}
	}
	if a < 0 {
		if who := c.actor(r); who != "" {
			v.meaning, v.strong, v.companion, v.who = MeansDelegated, true, true, who
			return true
		}
		if before := c.words[:r]; r+1 < len(c.words) && subject(before) && slices.ContainsFunc(before, func(w word) bool { return w.class.is(cPerson|cHigh|cName) || w.plain == "lain" }) && !c.has(cObstacle|cAsk|cAssent|cNegation|cNotYet) {
			v.standIn = nameOf(before)
		}
		if r > 0 && r+1 >= len(c.words) && c.words[r-1].class.is(cPerson) { // "anak saya yang"
			v.meaning, v.strong, v.who = MeansDelegated, true, joinSaid(c.words[:r])
			return true
		}
		if before := c.words[:r]; hasWord(before, "biar") && subject(before) {
			v.meaning, v.strong, v.who = MeansDelegated, true, nameOf(before) // "biar si Bowo yang bawa rombongan"
			return true
		}
		if before := c.words[:r]; slices.ContainsFunc(before, func(w word) bool { return w.said == "aja" || w.said == "saja" }) && subject(before) && before[0].class.is(cPerson|cHigh) && len(c.words)-r < 4 {
			v.meaning, v.strong, v.who = MeansDelegated, true, nameOf(before) // "teman saya aja yang main"
			return true
		}
		return false
	}
	before, after := c.words[:r], c.words[a+1:]
	person := len(before) - 1
	for person >= 0 && before[person].class.is(cSelf|cNeutral) && !before[person].class.is(cPerson) {
		person--
	}
	switch {
	case c.myself(r):
		return false
	case slices.ContainsFunc(before, func(w word) bool { return w.class.is(cNegation | cNotYet) }) && !hasWord(before, "bukan"):
		return false
	case person >= 0 && before[person].plain == "ada" && !hasWord(before, "masih") && !c.has(cCondition): // "nanti ada yang datang"
		v.meaning, v.strong = MeansDelegated, true
		return true
	case person >= 0 && before[person].class.is(cPerson) && (person == 0 || !before[person-1].class.is(cWith)):
		v.meaning, v.strong, v.who = MeansDelegated, true, nameOf(before[person:])
		return true
	case hasWord(before, "bukan") && slices.ContainsFunc(before, isSelf):
		v.meaning, v.strong, v.who = MeansDelegated, true, nameAfter(after)
		return true
	case len(before) > 1 && official(before[len(before)-2]) && before[len(before)-1].class.is(cSelf): // "kepala cabang kami yang hadir"
		v.meaning, v.strong, v.who = MeansDelegated, true, nameOf(before)
		return true
	case subject(before):
		if slices.ContainsFunc(before, official) && !slices.ContainsFunc(before, isSelf) && !slices.ContainsFunc(before, func(w word) bool { return w.class.is(cPerson) }) {
			return false
		}
		v.meaning, v.strong, v.who = MeansDelegated, true, nameOf(before)
		return true
	case slices.ContainsFunc(before, isSelf):
		return false
	case len(before) > 1 && slices.ContainsFunc(before[1:], func(w word) bool { return w.said == "aja" || w.said == "saja" }) && before[0].class == cOther:
		v.meaning, v.strong, v.who = MeansDelegated, true, nameOf(before) // "guru kelas B saja yang hadir"
		return true
	case slices.ContainsFunc(before, func(w word) bool { return w.class.is(cHigh) && w.plain != "pak" && w.plain != "bu" }):
		return false // "Bapak yang hadir langsung"
	case len(after) > 0 && (subject(after) || after[0].class.is(cHigh) && len(after) > 1 && slices.ContainsFunc(after, func(w word) bool { return w.said == "aja" || w.said == "saja" })) && !isNumber(after[0].plain):
		v.meaning, v.strong, v.who = MeansDelegated, true, nameAfter(after)
		return true
	}
	return false
}

func hasWord(ws []word, plain string) bool {
	return slices.ContainsFunc(ws, func(w word) bool { return w.plain == plain })
}

func isSelf(w word) bool { return w.class.is(cSelf) }

func isNumber(w string) bool {
	if isDigits(w) {
		return true
	}
	lex := numberWords()
	_, isValue := lex.value[w]
	_, isPeople := lex.people[w]
	return isValue || isPeople
}

// myself tells whether the speaker is who the relative clause at r tells of:
// "dari koperasi kami saya sendiri yang hadir".
func (c clause) myself(r int) bool {
	last := r - 1
	for last > 0 && c.words[last].class.is(cNeutral) && !c.words[last].class.is(cSelf) {
		last--
	}
	return last >= 0 && c.words[last].class.is(cSelf) && (last < r-1 && c.words[last+1].plain == "sendiri" || hasWord(c.words[:last], "dari")) &&
		!slices.ContainsFunc(c.words[:last], func(w word) bool { return w.class.is(cPerson) })
}

// actor is who does what the relative clause at r says in a verb we do not know,
// "yang mendampingi nanti Pak Yusuf"; "" for none.
func (c clause) actor(r int) string {
	if r > 0 && c.opens(r) || r == 0 {
		for i := r + 1; i+1 < len(c.words) && i < r+6; i++ {
			if (busy(c.words[i]) || c.words[i].plain == "nanti") && !c.has(cNegation|cAsk) && !slices.ContainsFunc(c.words[r+2:], func(w word) bool { return w.class.is(cObstacle) }) && subject(c.words[i+1:]) && slices.ContainsFunc(c.words[i+1:], func(w word) bool { return w.class.is(cPerson|cHigh|cSelf) || isTitle(w.said) }) {
				return nameAfter(c.words[i+1:])
			}
		}
	}
	return ""
}

// sends is the index of the person whom the speaker sends or asks to go, 0 for
// none.
func (c clause) sends() int {
	if c.has(cNegation | cForbid) {
		return 0
	}
	for i, w := range c.words[:max(0, len(c.words)-1)] {
		next := c.words[i+1]
		if isNumber(next.plain) && i+2 < len(c.words) {
			next = c.words[i+2] // "kirim dua karyawan"
		}
		if w.plain == "kirim" && (next.class.is(cPerson) || next.plain == "tim" || next.plain == "team") {
			return i + 1
		}
		if w.plain == "minta" && i > 0 && c.words[i-1].class.is(cSelf) && !c.has(cTopic|cSend) && subject(c.words[i+1:]) {
			return i + 1
		}
	}
	return 0
}

// subject tells whether words name somebody other than the speaker.
func subject(ws []word) bool {
	for i, w := range ws {
		switch {
		case w.class.is(cSelf):
			return i > 0 && slices.ContainsFunc(ws[:i], func(w word) bool { return w.class.is(cPerson) })
		case w.plain == "tim" || w.plain == "team":
			return true
		case w.class.is(cPerson):
			return i == 0 || !ws[i-1].class.is(cWith)
		case w.class.is(cHigh) && !official(w):
			if strings.Contains(w.said, " ") || i+1 < len(ws) && (ws[i+1].class == 0 || ws[i+1].class.is(cOther)) {
				return true // "pak Dedi"
			}
		case (w.class == 0 || w.class.is(cName)) && !isNumber(w.plain) && len(w.plain) > 2:
			return true
		}
	}
	return false
}

// nameOf is what of the words names somebody.
func nameOf(ws []word) string {
	for len(ws) > 0 && ws[0].class.is(cNeutral|cAssent|cModal|cContrast|cSoft) && !ws[0].class.is(cPerson|cHigh) {
		ws = ws[1:]
	}
	for len(ws) > 0 && ws[len(ws)-1].class.is(cNeutral|cModal) && !ws[len(ws)-1].class.is(cPerson|cSelf) {
		ws = ws[:len(ws)-1]
	}
	return joinSaid(ws)
}

// nameAfter is nameOf without the "ke", "oleh", "sama" that leads up to it.
func nameAfter(ws []word) string {
	for len(ws) > 0 && (ws[0].class.is(cWith|cNeutral|cRelative) || ws[0].plain == "ka" || ws[0].plain == "oleh" || ws[0].plain == "kepada") && !ws[0].class.is(cPerson|cHigh) {
		ws = ws[1:]
	}
	end := len(ws)
	for i, w := range ws {
		if w.class.is(cAttend|cAble|cModal|cNegation|cContrast) && !w.class.is(cPerson) {
			end = i
			break
		}
	}
	name := nameOf(ws[:end])
	for w := range strings.FieldsSeq(name) {
		if !isNumber(w) && !numberWords().role[":unit"][w] {
			return name
		}
	}
	return "" // "perwakilan 2 orang"
}

// personComes reads "istri saya yang datang" without its "yang": a person near
// the speaker is the subject of coming.
func (v *verdict) personComes(c clause) bool {
	if c.others() {
		return false
	}
	p := c.index(cPerson)
	if p < 0 || p > 0 && (c.words[p-1].class.is(cWith) || slices.ContainsFunc(c.words[:p], func(w word) bool {
		return w.class.is(cAttend|cWith|cNegation|cNotYet|cCondition) || w.class.is(cSelf) && !w.class.is(cPerson)
	})) {
		return false
	}
	if strings.HasPrefix(c.words[p].said, "anak2") {
		return false // the pupils are who was invited
	}
	if hasWord(c.words[p:], "juga") && slices.ContainsFunc(c.words[:p], func(w word) bool { return w.class.is(cAble | cAssent) }) {
		return false // "bisa kak asisten juga ikut"
	}
	sick := false
	for j := p + 1; j < len(c.words); j++ {
		w := c.words[j]
		switch {
		case w.class.is(cNegation | cNotYet | cDeath | cMaybe | cPending), w.class.is(cWith):
			return false
		case w.class.is(cObstacle | cIllness):
			sick = true
		case w.class.is(cAttend) && j+1 < len(c.words) && c.words[j+1].plain == "dari":
			v.obstacle = true // "mertua datang dari kampung"
			return true
		case w.class.is(cAttend) && !sick && p > 0 && addressed(c.words[p-1]) && c.words[p].plain == "staf" && !c.has(cRelative):
			return false // "Bapak Wakil Bupati akan hadir": the invitee, of whom others write
		case w.class.is(cSelf) && j > p+1 && !w.class.is(cPerson) && slices.ContainsFunc(c.words[j+1:], func(x word) bool { return x.class.is(cAttend) }):
			return false // "suami saya sudah mengizinkan jadi saya datang"
		case w.class.is(cAttend) && slices.ContainsFunc(c.words[j+1:], func(w word) bool { return w.class.is(cSelf) && !w.class.is(cPerson) }) &&
			slices.ContainsFunc(c.words[j+1:], func(w word) bool { return w.class.is(cAttend) }):
			return false // "anak saya datang saya juga datang"
		case w.class.is(cAttend) && !sick && c.words[p].plain == "pengurus" && !strings.HasPrefix(c.words[p].said, "salah") && !hasWord(c.words[:p], "salah satu") && !c.has(cRelative):
			return false // "pengurus koperasi hadir 3 orang": they are who was invited
		case w.class.is(cAttend) && !sick:
			v.meaning, v.strong, v.companion = MeansDelegated, w.plain != "ikut", w.plain == "ikut"
			v.who = nameOf(c.words[p:j])
			return true
		case w.plain == "bisa" && !sick && c.contrast:
			v.meaning, v.strong, v.who = MeansDelegated, true, nameOf(c.words[p:j])
			return true
		}
	}
	last := c.words[len(c.words)-1]
	if !sick && len(c.words) < 7 && p < 3 && slices.ContainsFunc(c.words[p:], func(w word) bool { return w.said == "aja" || w.said == "saja" || w.said == "wae" }) && last.class.is(cNeutral|cPerson|cSelf|cTidy|cHigh) {
		v.meaning, v.strong, v.who = MeansDelegated, true, nameOf(c.words[p:])
		return true
	}
	return false
}
