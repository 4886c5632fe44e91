package understand

import "slices"

// asks tells whether clause i is a question.
func (t *replyText) asks(i int) bool {
	c := t.clauses[i]
	content := c.content()
	if c.asked {
		if len(c.words) == 0 || !slices.ContainsFunc(c.words, func(w word) bool {
			return w.class&^(cNeutral|cOther|cHigh|cAck|cTime|cName) != 0 || w.class == 0 || w.plain == "ini" || w.plain == "itu"
		}) {
			return false // "?" or "Assalamualaikum?"
		}
		return true
	}
	if len(c.words) == 0 {
		return false
	}
	if c.has(cPing) && !slices.ContainsFunc(content, func(w word) bool { return !w.class.is(cPing) }) {
		return true
	}
	if c.misses() && (c.has(cAsk) || i+1 < len(t.clauses) && t.clauses[i+1].asksForIt()) {
		return true // "saya belum dapat tiketnya bagaimana ya", "suratnya belum sampai, bisa minta"
	}
	if c.has(cPending) {
		return hasWord(c.words, "kabari") && hasWord(c.words, "lokasi") && !c.has(cSelf)
	}
	if len(content) > 1 && content[0].plain == "lihat" && content[len(content)-1].class.is(cNegation) {
		return false // "lihat karyawan ada yang jaga ga"
	}
	if c.consults() {
		return false // "tanya bos dulu boleh ga"
	}
	if c.wavers() {
		return false
	}
	return c.wonders() || c.chooses() || c.inquires() || c.tagged() || c.mayI() || c.names() || i > 0 && t.clauses[i-1].misses() && c.asksForIt()
}

// chooses tells whether the clause asks which of two it is: "online atau
// offline", "bebas apa batik".
func (c clause) chooses() bool {
	i := slices.IndexFunc(c.words, func(w word) bool { return slices.Contains([]string{"atau", "ato", "atw", "opo"}, w.plain) })
	if i > 0 && i+1 < len(c.words) && !c.has(cSelf|cMaybe|cPending|cCondition|cNegation|cNotYet|cDecline) && slices.ContainsFunc(c.words[:i], func(w word) bool {
		return slices.Contains([]string{"mesti", "harus", "usah", "perlu", "wajib"}, w.plain)
	}) {
		return true // "mesti isi formulir dulu atau langsung datang"
	}
	return i > 0 && i+1 < len(c.words) && !isNumber(c.words[i-1].plain) && !c.words[i+1].class.is(cNegation) &&
		!c.has(cSelf|cAttend|cAble|cNegation|cNotYet|cMaybe|cPending|cCondition|cPerson|cDelegate|cObstacle|cDecline|cHalt|cErase|cWrong|cForbid)
}

// misses tells whether something was not received: "saya belum dapat suratnya".
func (c clause) misses() bool {
	return c.has(cTopic) && !c.has(cAttend&^cTopic|cObstacle|cDecline) && (c.has(cNotYet) || c.has(cNegation) && c.has(cReceive) ||
		hasWord(c.words, "belum dapat") || hasWord(c.words, "belum sampai"))
}

// asksForIt tells whether the clause asks for what was just spoken of: "bisa
// minta", "mohon dikirim".
func (c clause) asksForIt() bool {
	content := c.content()
	return c.has(cRequest) && !c.has(cNegation|cForbid|cObstacle|cDecline|cPending|cConsult) && len(content) > 0 && len(content) < 4 &&
		slices.ContainsFunc(content, func(w word) bool {
			return w.plain == "minta" || w.plain == "tahu" || w.plain == "kirim" || w.plain == "share" || w.plain == "bagi" || w.plain == "kasih"
		})
}

// brings tells whether the clause is about what to take along, to wear or to
// sell there.
func (c clause) brings() bool { return c.has(cFavour) && c.has(cPerhaps) }

// names tells whether the clause is only the name of something to be told:
// "lokasi pak".
func (c clause) names() bool {
	content := slices.DeleteFunc(c.content(), func(w word) bool { return w.plain == "ya" })
	return len(content) == 1 && len(c.words) < 4 && !hasWord(c.words, "sudah") && content[0].class.is(cTopic) && !content[0].class.is(cAttend|cAssent|cEnrolled|cNeutral) && !isDateWord(content[0].plain)
}

// wonders tells whether a question word asks. "apa" after a negation does not.
func (c clause) wonders() bool {
	for i, w := range c.words {
		if !w.class.is(cAsk) || c.rhetorical(i) || c.whatever(i) {
			continue
		}
		if i > 0 && c.words[i-1].class.is(cNegation|cNotYet) || w.plain == "apa" && i+1 < len(c.words) && c.words[i+1].plain == "adanya" {
			continue
		}
		if w.plain == "kenapa" && i+1 < len(c.words) && c.words[i+1].class.is(cNegation) && len(c.words) < 4 {
			continue
		}
		return true
	}
	return c.whyNot()
}

// whyNot tells whether a "kenapa tidak" asks, "kenapa tidak di Cibinong saja",
// and is no "why not!".
func (c clause) whyNot() bool {
	i := slices.IndexFunc(c.words, func(w word) bool { return w.plain == "kenapa tidak" || w.plain == "mengapa tidak" })
	return i >= 0 && i+2 < len(c.words) && slices.Contains(prepositions, c.words[i+1].plain)
}

// inquires reads "mau tanya", "minta lokasi".
func (c clause) inquires() bool {
	if c.has(cInquire) && !c.has(cNegation) || hasWord(c.words, "info") && c.words[len(c.words)-1].said == "dong" {
		return true
	}
	i := c.index(cRequest)
	if i > 0 && (c.words[i-1].class.is(cSelf) || c.words[i-1].plain == "akan") && c.words[i].plain == "kirim" {
		return false // "kami akan mengirimkan 3 peserta"
	}
	if i < 0 || c.has(cNegation|cAttend|cForbid) && !c.has(cTopic) {
		return false
	}
	for _, w := range c.words[i+1:] {
		if w.class.is(cTopic) && c.words[i].plain == "minta" && w.plain == "acara" {
			return !c.has(cNegation | cAttend)
		}
		if w.class.is(cTopic) && w.plain != "daftar" && w.plain != "hari" && w.plain != "waktu" && w.plain != "acara" || w.plain == "info" {
			return !c.has(cNegation | cAttend)
		}
		if w.plain == "maaf" {
			return false
		}
	}
	return false
}

// tagged reads a tag at the end: "dapat sertifikat ga", "kuotanya masih ada ga".
func (c clause) tagged() bool {
	end := c.tagEnd()
	if end < 2 || !c.words[end-1].class.is(cTag|cNegation|cNotYet) {
		return false
	}
	if (c.words[end-2].plain == "boleh" || c.words[end-2].plain == "ada") && c.words[end-1].class.is(cNegation) && !c.has(cDecline|cMaybe|cPending) {
		return true // "kalau bawa anak boleh tidak"
	}
	if c.words[end-1].class.is(cNotYet) && c.has(cEnrolled) && hasWord(c.words, "sudah") {
		return true // "saya sudah terdaftar belum"
	}
	if end == 2 && c.words[0].class.is(cObstacle) && !c.words[0].class.is(cAttend|cAble) && c.words[1].class.is(cNegation) {
		return true // "jauh ga"
	}
	if c.words[0].plain == "ada" && c.words[end-1].class.is(cNegation) && end < 10 && !slices.ContainsFunc(c.words[:end-1], func(w word) bool {
		return w.class.is(cSelf|cAble|cNegation|cDecline|cObstacle|cMaybe|cPending) || w.class.is(cAttend) && !w.class.is(cTopic)
	}) {
		return true // "ada lombanya ga", "ada tempat solat sama ruang menyusui ga bu"
	}
	if end < len(c.words) && c.words[end].said == "sih" && c.words[end-1].class.is(cNegation) && c.words[0].class.is(cHigh|cPerson) && !slices.ContainsFunc(c.words[:end-1], func(w word) bool {
		return w.class.is(cSelf | cNegation | cMaybe | cPending)
	}) {
		return true // "pak bupati bakal dateng ga sih"
	}
	if c.asksLeave(end-1) || c.polar(end-1) {
		return true
	}
	for _, w := range c.words[:end-1] {
		if w.class.is(cNegation|cSelf|cDecline|cMaybe|cSoft) || w.class.is(cObstacle) && !c.words[0].class.is(cTopic) {
			return false
		}
	}
	first := c.words[0]
	if first.plain == "bukan" && c.words[end-1].class.is(cNegation) {
		return false // "bukannya ga mau"
	}
	for _, w := range c.words[:end-1] {
		if !w.class.is(cNeutral | cHigh) {
			first = w
			break
		}
	}
	return first.class.is(cPerhaps|cTopic|cDelegate|cEnrolled|cOffTopic) || slices.ContainsFunc(c.words[:end-1], func(w word) bool { return w.class.is(cPerhaps|cTopic) && !w.class.is(cAble) })
}

// asksLeave tells whether the negation at i ends a request for leave: "boleh bawa
// gendongan ga".
func (c clause) asksLeave(i int) bool {
	for k, w := range c.words[:i-1] {
		if (w.plain == "boleh" || w.plain == "bisa") && c.words[k+1].class.is(cFavour) {
			return c.words[i].class.is(cNegation) && !slices.ContainsFunc(c.words[:k], func(w word) bool { return w.class.is(cNegation | cMaybe | cPending) })
		}
	}
	return false
}

// polar tells whether the negation at i only asks whether what stands before it
// is so: "saya ikut dapat uang bensin ga", "siswa boleh berjualan tidak".
func (c clause) polar(i int) bool {
	if !c.words[i].class.is(cNegation) || slices.ContainsFunc(c.words[:i], func(w word) bool {
		return w.class.is(cNegation | cNotYet | cForbid | cDecline | cMaybe | cSoft | cPending | cObstacle)
	}) {
		return false
	}
	last := i - 1
	for last > 0 && c.words[last].class.is(cNeutral) && !c.words[last].class.is(cSelf) {
		last--
	}
	before := c.words[last]
	gets := slices.IndexFunc(c.words[:i-1], func(w word) bool {
		return slices.Contains([]string{"boleh", "dapat", "ada", "perlu", "harus", "wajib", "dikasih", "disediakan"}, w.plain)
	})
	if gets < 0 && hasWord(c.words[:i], "sampai") && before.class.is(cTime) {
		return !c.has(cSelf | cAttend | cAble | cModal) // "sampai malam ga"
	}
	if gets < 0 && !slices.ContainsFunc(c.words[:i], func(w word) bool {
		return w.class&^(cNeutral|cOther|cHigh|cTopic|cPerhaps|cHarmless) != 0 || w.class.is(cSelf)
	}) {
		return len(c.words[:i]) > 1 && (!before.known || before.class == cOther) // "pengunjungnya ramai ga"
	}
	return gets >= 0 && (!before.known || before.class == 0 || before.class.is(cAttend|cTopic|cFavour|cOther|cPerson))
}

// prepositions lead up to what may follow a tag.
var prepositions = []string{"di", "dari", "ke", "untuk", "buat"}

// tagEnd is the end of the clause without what may follow a tag: courtesies, and
// a place ("ada pupuk tidak di sana").
func (c clause) tagEnd() int {
	end := len(c.words)
	for end > 0 && c.words[end-1].class.is(cNeutral|cHigh) && !c.words[end-1].class.is(cTag|cNegation) {
		end--
	}
	for i := max(1, end-6); i+1 < end; i++ {
		if !c.words[i].class.is(cNegation) {
			continue
		}
		j := i + 1
		for j < end && c.words[j].class.is(cHigh|cNeutral) && !slices.Contains(prepositions, c.words[j].plain) {
			j++
		}
		if j < end && slices.Contains(prepositions, c.words[j].plain) &&
			!slices.ContainsFunc(c.words[j:end], func(w word) bool { return w.class.is(cAttend | cAble | cModal | cAssent | cObstacle | cSelf) }) {
			return i + 1
		}
	}
	return end
}

// mayI reads a question without its mark: "boleh bawa anak", "ada snack".
func (c clause) mayI() bool {
	first := -1
	for i, w := range c.words {
		if !w.class.is(cNeutral|cHigh) || w.class.is(cPerhaps) && w.plain != "acara" && w.plain != "undangan" {
			first = i
			break
		}
	}
	if first < 0 || !c.words[first].class.is(cPerhaps) || c.has(cNegation|cNotYet|cDecline|cSelf) {
		return false
	}
	rest := c.words[first+1:]
	if c.has(cObstacle) && (len(rest) == 0 || !rest[0].class.is(cFavour)) {
		return false
	}
	switch c.words[first].plain {
	case "boleh", "bisa":
		return slices.ContainsFunc(rest, func(w word) bool {
			return w.class.is(cDelegate|cTopic) && !isDateWord(w.plain) || w.class.is(cFavour)
		})
	case "ada", "dapat", "masih", "disediakan", "dikasih", "perlu", "usah", "harus", "wajib":
		return slices.ContainsFunc(rest, func(w word) bool {
			return w.class.is(cTopic) && w.plain != "acara" && w.plain != "waktu" && w.plain != "hari"
		})
	}
	return false
}

// isDateWord tells whether a word belongs as well to "ada acara di tanggal itu".
func isDateWord(plain string) bool {
	return slices.Contains([]string{"acara", "waktu", "hari", "tanggal", "jam", "undangan", "dinas", "peserta"}, plain)
}

// optsOut tells whether the reply ends the contact: no more messages, delete
// the data, or a wrong number.
func (t *replyText) optsOut() bool {
	for _, c := range t.clauses {
		if c.halts() || c.threatens() || c.forbids() && !c.limits() || c.erases() || c.misdirected() {
			return true
		}
	}
	return false
}

func (c clause) halts() bool {
	i := c.index(cHalt)
	if i < 0 || c.has(cAttend) && c.words[i].plain == "ganggu" {
		return false
	}
	if i > 0 {
		before := c.words[i-1]
		if before.class.is(cNegation|cForbid) && c.words[i].plain != "ganggu" || before.class.is(cTag) && c.asked {
			return false
		}
		if before.plain == "maaf" || before.plain == "bukan" || before.class.is(cNegation) && c.words[i].plain == "ganggu" && !c.has(cForbid) {
			return false
		}
	}
	if i+1 < len(c.words) && c.words[i+1].plain == "hubungi" && c.has(cTopic) { // "stop kontak", the socket
		return false
	}
	return !c.asked || c.words[i].plain != "ganggu"
}

// forbids reads "jangan kirim lagi", "tidak mau terima pesan", "tidak pernah
// daftar".
func (c clause) forbids() bool {
	for i, w := range c.words {
		if w.plain == "alim" && c.has(cReceive) && c.has(cSend) { // "tidak bersedia menerima pesan"
			return true
		}
		if !w.class.is(cForbid | cNegation) {
			continue
		}
		wish := w.class.is(cForbid) || c.has(cRequest) && w.said != "" && !complains(c.words, i) && c.sendsNext(i)
		for _, x := range c.words[i+1 : min(len(c.words), i+6)] {
			switch {
			case x.class.is(cWish) && x.class.is(cAble) && w.class.is(cNegation) && c.has(cReceive|cSend) && !c.has(cAttend):
				wish = true
			case x.plain == "lupa", x.class.is(cAttend|cAble) && !wish:
				wish = false
			case wish && x.class.is(cSend|cReceive), x.class.is(cSend) && x.class.is(cHalt) && wish:
				return true
			case x.class.is(cWish) && w.class.is(cNegation):
				wish = true
				if (x.plain == "pernah" || x.plain == "merasa") && c.has(cEnrolled) {
					return true
				}
			}
			if x.plain == "lupa" {
				break
			}
		}
	}
	return false
}

// sendsNext tells whether sending is what the word at i denies: "mohon tidak
// lagi mengirim".
func (c clause) sendsNext(i int) bool {
	i++
	for i < len(c.words) && (c.words[i].plain == "lagi" || c.words[i].plain == "usah" || c.words[i].plain == "akan") {
		i++
	}
	return i < len(c.words) && c.words[i].class.is(cSend)
}

func (c clause) erases() bool {
	i := c.index(cErase)
	if i >= 0 && c.strikes(i) {
		return false
	}
	if i >= 0 && !slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cNegation | cForbid) }) {
		if slices.ContainsFunc(c.words, func(w word) bool { return w.class.is(cErased) }) || !slices.ContainsFunc(c.content(), func(w word) bool { return !w.class.is(cErase | cRequest) }) {
			return true
		}
	}
	return c.has(cConsent) && c.has(cWithdraw|cErase)
}

func (c clause) misdirected() bool {
	at := c.index(cWrong)
	if hasWord(c.words, "nomor") && slices.ContainsFunc(c.words, func(w word) bool {
		return slices.Contains([]string{"digunakan", "dipakai", "dipergunakan", "aktif"}, w.said)
	}) && c.has(cNegation) {
		return true // "nomor ini sudah tidak dipakai lagi"
	}
	if at < 0 && !c.asked && hasWord(c.words, "nomor") && hasWord(c.words, "salah") && !c.has(cNegation|cCondition|cAttend) {
		return true // "nomor yang anda tuju salah"
	}
	if at < 0 || c.asked || c.has(cPast) && c.words[at].plain == "salah kirim" { // "kemarin salah kirim, yang benar kami hadir"
		return false
	}
	if c.has(cAttend) || c.has(cTag) && c.words[len(c.words)-1].plain == "kan" {
		return false
	}
	if at+1 < len(c.words) {
		switch next := c.words[at+1]; {
		case next.class.is(cNegation|cTopic|cModal) && next.plain != "daftar", next.plain == "masalah":
			return false
		}
	} else if c.words[at].plain == "saya bukan" || c.words[at].plain == "ini bukan" {
		return false
	}
	return true
}
