package understand

import (
	"slices"
	"strings"
	"sync"
)

// Turns of phrase that say more, or something else, than their words.

// idiom reads a clause that is one; it reports whether it was.
func (v *verdict) idiom(c clause) bool {
	last := len(c.words) - 1
	for last >= 0 && c.words[last].class.is(cNeutral|cHigh) {
		last--
	}
	rhetorical := slices.ContainsFunc(indices(c.words), c.rhetorical)
	i := c.index(cErase)
	switch {
	case c.scoffs(): // "masa diundang ga dateng"
		v.meaning, v.strong = MeansYes, true
	case c.unthinkable(): // "masa saya datang sementara anak dirawat"
		v.meaning, v.strong = MeansNo, true
	case rhetorical && !c.has(cNegation): // "buat apa hadir"
		v.meaning, v.strong = MeansNo, true
	case i >= 0 && c.strikes(i): // "coret nama saya dari daftar hadir"
		v.meaning, v.strong = MeansNo, true
	case last > 0 && c.words[last].class.is(cForbid) && c.words[last].plain == "tidak usah" && !c.has(cAttend|cAsk): // "jauh sekali, tidak usah saja"
		v.meaning, v.strong = MeansNo, true
	case c.wavers(): // "bisa ya bisa enggak"
		v.meaning, v.strong = MeansMaybe, true
	case c.contrast && c.untilThen(): // "tapi cuma sampai dzuhur"
		v.late = true
	case len(c.words) > 1 && slices.Contains([]string{"sampai", "setelah", "sesudah", "selepas", "habis"}, c.words[0].plain) && !c.has(cPending|cObstacle|cIllness|cDeath) && !c.has(cNegation|cNotYet|cAttend|cAble): // "hanya sampai pembukaan"
		v.late = true
	case c.callsOff():
		v.freed = true // "job lain sudah saya batalkan"
	case c.otherwise(), c.elsewhere():
		v.obstacle = true
	default:
		return false
	}
	return true
}

// untilThen tells whether the clause only says until when, or that it is for a
// while: "sampai jam 10", "sebentar".
func (c clause) untilThen() bool {
	for _, w := range c.words {
		if !(w.class.is(cNeutral|cSelf|cTime|cPartial|cLate|cHigh|cOther|cTopic|cModal) || isNumber(w.plain) || !w.known || w.class == 0) || w.class.is(cNegation|cAble|cDecline) {
			return false
		}
	}
	leaves := slices.ContainsFunc(c.words, func(w word) bool {
		return slices.Contains([]string{"pamit", "pulang", "cabut", "balik", "bali"}, w.said)
	}) && hasWord(c.words, "jam")
	return len(c.words) > 0 && (hasWord(c.words, "sampai") || hasWord(c.words, "sebentar") || leaves) && !c.has(cObstacle)
}

// scoffs tells whether a "masa" makes staying away absurd.
func (c clause) scoffs() bool {
	i := c.index(cScoff)
	if i < 0 || slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cNegation | cDecline) }) {
		return false
	}
	denied := false
	for _, w := range c.words[i+1:] {
		switch {
		case w.class.is(cNegation):
			denied = !denied
		case w.class.is(cAttend) && denied, w.plain == "absen" && !denied:
			return true
		}
	}
	return false
}

// unthinkable tells whether a "masa" makes coming absurd.
func (c clause) unthinkable() bool {
	i := c.index(cScoff)
	return i >= 0 && !c.has(cNegation|cDecline) && c.has(cObstacle|cIllness|cDeath) && slices.ContainsFunc(c.words[i+1:], func(w word) bool { return w.class.is(cAttend) })
}

func indices(ws []word) []int {
	out := make([]int, len(ws))
	for i := range ws {
		out[i] = i
	}
	return out
}

// rhetorical tells whether the question word at i asks for no answer: "buat apa
// hadir".
func (c clause) rhetorical(i int) bool {
	w := c.words[i]
	if w.plain == "kenapa" && w.said == "ngapain" && i+1 < len(c.words) && c.words[i+1].class.is(cAttend) {
		return true
	}
	return w.plain == "apa" && i > 0 && slices.Contains([]string{"buat", "untuk", "guna"}, c.words[i-1].plain) &&
		i+1 < len(c.words) && c.words[i+1].class.is(cAttend)
}

// strikes tells whether the word of erasing at i takes the speaker off the list
// of those who come, and not off all lists.
func (c clause) strikes(i int) bool {
	return slices.ContainsFunc(c.words[i+1:], func(w word) bool {
		return w.plain == "hadir" || w.plain == "kehadiran" || w.plain == "peserta" || w.plain == "tamu"
	})
}

// callsOff tells whether it is another engagement that falls through.
func (c clause) callsOff() bool {
	if c.has(cAttend) {
		return false
	}
	if c.contrast && len(c.content()) < 2 && slices.ContainsFunc(c.words, func(w word) bool { return w.plain == "diundur" || w.plain == "digeser" }) {
		return true // "tadinya ada audit, tapi diundur"
	}
	for i, w := range c.words { // "rapatnya ga jadi", "hajatan saya diundur"
		other := (w.plain == "rapat" || w.plain == "janji") && (strings.HasSuffix(w.said, "nya") || i+1 < len(c.words) && c.words[i+1].class.is(cSelf)) || w.plain == "lain" && i > 0 || strings.HasSuffix(w.plain, " lain") && w.class.is(cObstacle)
		if other && !hasWord(c.words[:i], "ada") && slices.ContainsFunc(c.words[i+1:], func(w word) bool {
			return w.plain == "batal" || w.plain == "diundur" || w.plain == "selesai" || w.plain == "beres" || w.plain == "jadi"
		}) && (!hasWord(c.words[i+1:], "jadi") || c.has(cNegation)) && !hasWord(c.words[i+1:], "belum") {
			return true
		}
	}
	d := c.index(cDecline)
	return d > 0 && c.words[d].plain == "batal" && !c.has(cNegation|cAttend) && slices.ContainsFunc(c.words[:d], func(w word) bool {
		return w.class.is(cRelative) && !c.has(cSelf) || w.plain == "lain" || w.plain == "job lain" || w.plain == "undangan lain" || w.plain == "acara lain"
	})
}

// otherwise tells whether something else is on: "sudah ada orderan lain", "lagi
// mengerjakan pesanan".
func (c clause) otherwise() bool {
	if c.has(cNegation | cNotYet | cForbid | cAttend | cAble | cAsk | cCondition | cPending | cDelegate | cDecline | cAssent | cHarmless) {
		return false
	}
	for i, w := range c.words {
		if w.plain == "ada" && i+2 < len(c.words) && c.words[i+2].plain == "lain" && !c.words[i+1].class.is(cPerson|cRelative) {
			return true
		}
		if w.plain == "ada" && i > 0 && c.words[i-1].class.is(cSelf) && i+1 < len(c.words) && !strings.HasPrefix(c.words[i+1].plain, "per") &&
			(!c.words[i+1].known || c.words[i+1].class == cOther && (hasWord(c.words, "maaf") || c.has(cTime))) {
			return true // "saya ada praktikum"
		}
		if i == 1 && (w.plain == "itu" || w.plain == "segitu") && c.words[0].class.is(cTime) && len(c.words) > 3 && c.words[2].plain == "acara" && !c.words[3].known {
			return true // "hari itu jadwal giliran air"
		}
		if i == 0 && w.plain == "ada" && c.contrast && i+1 < len(c.words) && !c.words[i+1].known {
			return true // "tadinya bisa, tapi ada kajian"
		}
		if w.plain == "lagi" && i > 0 && c.words[i-1].class.is(cSelf) && i+1 < len(c.words) && !c.words[i+1].known {
			return true // "saya sedang itikaf"
		}
		if w.plain == "lagi" && i+1 < len(c.words) && (busy(c.words[i+1]) || c.words[i+1].plain == "banyak" && i+2 < len(c.words) || !c.words[i+1].known && hasWord(c.words[:i], "maaf")) {
			return true
		}
		if w.class.is(cLack) && i+1 < len(c.words) && slices.Contains([]string{"habis", "abis", "tipis", "menipis", "kosong", "seret"}, c.words[i+1].plain) {
			return true // "modal abis"
		}
		if (w.plain == "ke" || w.plain == "di" || w.plain == "dari" && hasWord(c.words[:i], "perjalanan")) && i+1 < len(c.words) && outsidePlaces()[c.words[i+1].plain] { // "saya ke Garut"
			return true
		}
	}
	return false
}

// elsewhere tells whether it is another event that somebody attends: "pada waktu
// yang bersamaan beliau mengikuti kegiatan lain".
func (c clause) elsewhere() bool {
	if c.travels() || c.takesPart() {
		return true
	}
	o, a := c.index(cObstacle), c.index(cAttend)
	return o >= 0 && a > o && a+1 < len(c.words) && !c.has(cNegation|cNotYet|cContrast) && slices.Contains([]string{"acara", "rapat", "kegiatan"}, c.words[a+1].plain)
}

// takesPart tells whether it is something else that is attended: "mengikuti
// Lemhannas".
func (c clause) takesPart() bool {
	i := slices.IndexFunc(c.words, func(w word) bool { return w.said == "mengikuti" })
	if i < 0 || i+1 >= len(c.words) || c.has(cNegation|cNotYet|cForbid|cCondition|cAsk) {
		return false
	}
	what := c.words[i+1]
	return !what.known || what.class.is(cObstacle)
}

// travels tells whether somebody goes to another place: "saya berangkat ke
// Bandung", "Bapak dijadwalkan ke Kemendagri".
func (c clause) travels() bool {
	if c.has(cNegation | cNotYet | cForbid | cCondition | cAsk) {
		return false
	}
	for i, w := range c.words[:max(0, len(c.words)-1)] {
		if i == 0 || w.plain != "ke" {
			continue
		}
		to := c.words[i+1]
		switch before := c.words[i-1]; before.plain {
		case "berangkat", "datang", "meluncur", "ikut", "merapat":
			if outsidePlaces()[to.plain] && !slices.ContainsFunc(c.words[i+2:], func(w word) bool { return w.class.is(cAttend) }) {
				return true
			}
		case "dijadwalkan", "pergi", "dinas", "terbang", "perjalanan", "kunjungan", "pulang":
			if (!to.known || outsidePlaces()[to.plain]) && !c.has(cAttend) {
				return true
			}
		}
	}
	return false
}

// busy tells whether a word we do not know is an activity: "mengerjakan".
func busy(w word) bool {
	if w.class != 0 || len(w.plain) < 6 {
		return false
	}
	for _, start := range []string{"meng", "meny", "mem", "men", "mel", "ber", "nga", "nge", "ny"} {
		if len(w.plain) > len(start) && w.plain[:len(start)] == start {
			return true
		}
	}
	return false
}

// outsidePlaces are the names of places outside of Kabupaten Bogor, of one word.
var outsidePlaces = sync.OnceValue(func() map[string]bool { return wordSets("outside.tsv")["tempat"] })

// wavers tells whether the same is affirmed and denied: "bisa ya bisa enggak".
func (c clause) wavers() bool {
	first := c.index(cAble | cAttend)
	if first < 0 || c.has(cAsk|cContrast|cTopic) || c.asked {
		return false
	}
	for i := first + 1; i < len(c.words); i++ {
		if c.words[i].plain != c.words[first].plain {
			continue
		}
		before := c.words[first : i+1]
		after := c.words[i+1:]
		if slices.ContainsFunc(before, func(w word) bool { return w.plain == "ya" }) && len(after) > 0 && after[0].class.is(cNegation) ||
			c.words[i-1].class.is(cNegation) && i > 1 && (c.words[i-2].plain == "bisa" || hasWord(before, "mungkin")) && len(after) == 0 && first > 0 && c.words[first-1].plain == "mungkin" {
			return true
		}
	}
	return false
}

// blesses tells whether "semoga" wishes the reader something and no more:
// "semoga sehat".
func (c clause) blesses() bool {
	return slices.ContainsFunc(c.words, func(w word) bool { return w.plain == "semoga" }) && !c.has(cAttend|cAble|cModal|cCondition|cPending|cNegation|cNotYet|cHarmless|cObstacle) &&
		slices.ContainsFunc(c.content(), func(w word) bool { return !w.class.is(cSoft | cMaybe | cAssent) })
}

// prays tells whether the clause only asks for prayers: "mohon doanya".
func (c clause) prays() bool {
	return hasWord(c.words, "doakan") && !c.has(cAttend|cAble|cAssent|cModal|cPending|cDecline)
}

// fears tells whether somebody fears that it will not do: "takut ga keburu",
// "bisi bentrok".
func (c clause) fears() bool {
	i := slices.IndexFunc(c.words, func(w word) bool {
		return slices.Contains([]string{"takut", "bisi", "takutnya", "khawatir", "khawatirnya", "kuatir"}, w.plain)
	})
	if i < 0 || slices.ContainsFunc(c.words[:i], func(w word) bool { return !w.class.is(cNeutral | cHigh | cSelf) }) {
		return false
	}
	return slices.ContainsFunc(c.words[i+1:], func(w word) bool { return w.class.is(cNegation | cLate | cObstacle) })
}

// isGoal tells whether the clause says what something is for: "biar bisa ikut".
func (c clause) isGoal() bool {
	return len(c.words) > 0 && slices.Contains([]string{"biar", "supaya", "agar", "sangkan", "jadi", "ben", "supados"}, c.words[0].plain)
}

// announces tells whether the clause only says that something will be said:
// "izin menyampaikan".
func (c clause) announces() bool {
	i := slices.IndexFunc(c.words, func(w word) bool { return w.plain == "sampaikan" || w.said == "menginformasikan" })
	return i > 0 && (c.words[i-1].plain == "izin" || c.words[i-1].plain == "mohon" || c.words[i-1].plain == "ini" || c.words[i-1].class.is(cSelf)) &&
		!c.has(cAttend|cAble|cNegation|cNotYet|cObstacle) && len(c.words)-i < 3 && !hasWord(c.words, "nanti") && !hasWord(c.words, "dulu") && !hasWord(c.words, "akan")
}

// carries tells whether what is denied is only that something is brought along
// or done there: "ga bisa bawa dagangan".
func (c clause) carries() bool {
	no := c.index(cNegation | cNotYet)
	if no < 0 || c.has(cDecline) {
		return false
	}
	for i := no + 1; i < len(c.words) && i < no+4; i++ {
		switch w := c.words[i]; {
		case w.class.is(cFavour | cPartial):
			return true
		case w.class.is(cAttend) && w.plain != "ikut": // "ga ikut jualan"
			return false
		}
	}
	return false
}

// thanksFor tells whether the clause gives thanks for being told or thought of:
// "makasih udah diinfoin", "nuhun tos diemutan".
func (c clause) thanksFor() bool {
	i := slices.IndexFunc(c.words, func(w word) bool { return w.plain == "terimakasih" })
	return i >= 0 && !slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cPending) }) &&
		slices.ContainsFunc(c.words[i:], func(w word) bool { return w.plain == "kabari" || w.plain == "pikir" || w.plain == "sampaikan" }) &&
		!slices.ContainsFunc(c.words[i:], func(w word) bool {
			return w.plain == "nanti" || w.plain == "dulu" || w.class.is(cSelf|cAttend|cAble|cNegation|cNotYet)
		})
}

// settled tells whether what would be pending is over: "setelah dipikir-pikir".
func (c clause) settled() bool {
	p := c.index(cPending)
	return p >= 0 && slices.ContainsFunc(c.words[:p], func(w word) bool {
		return w.plain == "setelah" || w.plain == "sesudah" || w.plain == "habis" || w.plain == "udah" || w.plain == "sudah"
	}) && c.has(cAttend|cNegation|cForbid)
}

// undecided tells whether what is missing is a decision.
func (c clause) undecided() bool {
	return slices.ContainsFunc(c.words, func(w word) bool {
		switch w.plain {
		case "arahan", "keputusan", "kepastian", "konfirmasi", "jawaban", "kabar", "instruksi", "petunjuk", "perintah", "disposisi", "izin", "pasti", "jadwal":
			return true
		}
		return false
	})
}

// notes tells whether somebody takes note of it and says no more: "kami catat
// dalam agenda". As an order, "catat ya", it is a yes.
func (c clause) notes() bool {
	i := slices.IndexFunc(c.words, func(w word) bool { return w.plain == "catat" || w.plain == "dicatat" })
	return i > 0 && c.words[i-1].class.is(cSelf) && !c.has(cAttend|cAble)
}

// reports tells whether the word at i passes on what follows, "kami sampaikan
// bahwa beliau hadir", and does not put it off.
func reports(ws []word, i int) bool {
	for _, w := range ws[:i] {
		if w.plain == "nanti" || w.plain == "akan" || w.plain == "mau" || w.plain == "dulu" {
			return false
		}
	}
	return slices.ContainsFunc(ws[i+1:], func(w word) bool { return w.class.is(cAttend | cDecline | cDelegate) })
}

func selfFollows(ws []word, i int) bool {
	return i+2 < len(ws) && ws[i+1].class.is(cSelf) && ws[i+2].class.is(cAttend)
}

// addressed tells whether a title is that of the person spoken of.
func addressed(w word) bool {
	switch w.plain {
	case "bapak", "ibu", "pak", "bu":
		return true
	}
	return false
}

// limits tells whether what is forbidden is the hour or the number of messages,
// not all of them: "jangan kirim pesan malam-malam".
func (c clause) limits() bool {
	return slices.ContainsFunc(c.words, func(w word) bool {
		switch w.plain {
		case "malam", "subuh", "sering", "banyak", "dini", "jumatan", "magrib", "maghrib":
			return true
		}
		return false
	}) || c.has(cAsk) && c.has(cOffTopic)
}

// threatens tells whether somebody will be told of us: "saya lapor kominfo".
func (c clause) threatens() bool {
	i := slices.IndexFunc(c.words, func(w word) bool { return w.plain == "lapor" || w.plain == "izin lapor" })
	return i >= 0 && (c.has(cSend|cAnger) || c.has(cSelf) && len(c.content()) < 2 && !hasWord(c.words, "pimpinan") && !hasWord(c.words, "izin lapor") || slices.ContainsFunc(c.words, func(w word) bool {
		switch w.plain {
		case "kominfo", "komdigi", "polisi", "anda", "ombudsman", "cyber", "siber":
			return true
		}
		return false
	}))
}

// complains tells whether the negation at i complains that nothing was sent:
// "dari kemarin ga dikirim".
func complains(ws []word, i int) bool {
	if i+1 >= len(ws) || !ws[i+1].class.is(cSend) || len(ws[i+1].said) < 2 || ws[i+1].said[:2] != "di" {
		return false
	}
	return slices.ContainsFunc(ws[:i], func(w word) bool {
		return w.plain == "dari" || w.plain == "kemarin" || w.plain == "kok" || w.plain == "kenapa" || w.plain == "belum"
	})
}

// whatever tells whether the question word at i means any: "kapan saja bisa",
// "ayo kapan lagi".
func (c clause) whatever(i int) bool {
	if i+1 >= len(c.words) || !slices.Contains([]string{"kapan", "dimana", "jam berapa", "hari apa"}, c.words[i].plain) {
		return false
	}
	next := c.words[i+1]
	return next.plain == "pun" || (next.plain == "aja" || next.plain == "saja" || next.plain == "pun") && c.has(cSelf|cAble|cAssent) ||
		next.plain == "lagi" && slices.ContainsFunc(c.words[:i], func(w word) bool { return w.class.is(cAssent) })
}
