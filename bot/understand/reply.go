package understand

import (
	"regexp"
	"strings"
)

// Meaning is what a reply to an invitation says. Its values are the labels of
// labelled files.
type Meaning string

// Meanings.
const (
	MeansYes       Meaning = "yes"
	MeansNo        Meaning = "no"
	MeansMaybe     Meaning = "maybe"
	MeansDelegated Meaning = "delegated" // somebody else comes in their place
	MeansQuestion  Meaning = "question"
	MeansOptOut    Meaning = "opt-out" // no more messages, or a wrong number
	MeansUnclear   Meaning = "unclear"
)

// Meanings lists all meanings in the order of reports.
func Meanings() []Meaning {
	return []Meaning{MeansYes, MeansNo, MeansMaybe, MeansDelegated, MeansQuestion, MeansOptOut, MeansUnclear}
}

// Sensitivity is something in a reply that needs a person's tact: no menu, no
// further automatic messages, and the team is told.
type Sensitivity string

// Sensitivities; the first that applies is given.
const (
	Death   Sensitivity = "death"
	Illness Sensitivity = "illness"
	Anger   Sensitivity = "anger"
)

// ReplyContext is what the reply answers.
type ReplyContext struct {
	// Asked: an invitation question stands. Without it a bare "ok", "siap" or
	// a number is no answer, and MeansUnclear.
	Asked bool
	// Options are the meanings of the numbered answers of the question, if it
	// had any: "1" is Options[0].
	Options []Meaning
}

// Reading is a reply, understood.
type Reading struct {
	Meaning Meaning
	// Soft: a yes hedged with God's will ("insyaallah hadir").
	Soft bool
	// People is how many come, as said; 0 where nothing was.
	People int
	// Late: arrives late or leaves early.
	Late bool
	// Who comes instead, as written; "" where not said. Only with MeansDelegated.
	Who string
	// Reason is why they cannot come, as written; "" where not said.
	Reason string
	// Asks: there is a question beside the answer. Always set with MeansQuestion.
	Asks bool
	// Topic of the question, AskUnknown where it is none that is known.
	Topic Topic
	// Sensitive: see Sensitivity; "" for most replies.
	Sensitive Sensitivity
	// Auto: the automatic reply of a business account. It is no answer and must
	// not be answered, or two machines talk for ever. Meaning is MeansUnclear.
	Auto bool
}

// Reply reads a reply to an invitation. In doubt it gives MeansUnclear, so that
// the person is asked; a no with a yes in it is never a yes. The rules are told
// in data/README.md, their words stand in data/reply-words.tsv and
// data/reply-spelling.tsv.
func Reply(text string, ctx ReplyContext) Reading {
	p := plain(text)
	if automatic(p) {
		return Reading{Meaning: MeansUnclear, Auto: true}
	}
	if m, ok := numberedReply(p, ctx); ok {
		return Reading{Meaning: m}
	}
	t := replyWords().parse(p)
	r := t.read()
	if r.Meaning == MeansYes && t.assentOnly && !ctx.Asked {
		r.Meaning = MeansUnclear
	}
	if r.Meaning == MeansQuestion || r.Asks {
		r.Asks = true
		r.Topic = AskUnknown
		if a, _ := Question(p); a.Topic != "" {
			r.Topic = a.Topic
		}
	}
	return r
}

var onlyNumber = regexp.MustCompile(`^\D{0,4}([0-9])\D{0,4}$`)

// numberedReply reads a choice by number. A number that stands for nothing is
// not for the grammar either.
func numberedReply(p string, ctx ReplyContext) (Meaning, bool) {
	m := onlyNumber.FindStringSubmatch(strings.TrimSpace(p))
	if m == nil || len(letters(strings.ToLower(p))) > 0 {
		return "", false
	}
	n := int(m[1][0] - '0')
	if ctx.Asked && n >= 1 && n <= len(ctx.Options) {
		return ctx.Options[n-1], true
	}
	return MeansUnclear, true
}

// Marks of the automatic replies of business accounts. Two weak marks or one
// strong one make a reply automatic.
var (
	autoStrong = regexp.MustCompile(`(?i)pesan (?:ini )?(?:di(?:balas|kirim) )?(?:secara )?otomatis|auto[ -]?(?:reply|respon)|balasan otomatis|(?:terima ?kasih|makasih|thank(?:s| you)) (?:telah|sudah|udah|for) (?:menghubungi|mengontak|contacting|chat|kontak)|akan (?:segera )?(?:kami |kita |admin )?(?:membalas|merespon|menjawab|balas|respon|dibalas)|(?:segera|secepatnya) (?:kami |akan )?(?:membalas|merespon|balas|respon|dibalas)|jam (?:operasional|kerja|layanan|buka)|ketik angka|(?:silakan|silahkan) (?:pilih|ketik|tekan|order|tinggalkan)|yth\.? pelanggan|di luar jam|sedang (?:offline|tidak aktif|di luar jangkauan)|ada yang bisa (?:kami |saya )?bantu|untuk (?:order|pemesanan|pembelian)|katalog (?:kami|produk|lengkap)|selamat datang di|we(?:'ll| will) (?:get back|reply)|out of office|customer service kami|format (?:order|pemesanan)|pelanggan (?:yang )?(?:terhormat|setia)|slow ?respon|fast ?respon`)
	autoWeak   = regexp.MustCompile(`(?i)admin (?:akan|kami)|mohon (?:ditunggu|menunggu)|(?:senin|minggu) ?(?:-|s/?d|sampai) ?(?:jumat|jum'at|sabtu|minggu)|happy shopping|selamat berbelanja|0?[0-9][.:]00 ?(?:-|s/?d) ?[0-9]{1,2}[.:]00|open order|kak,? (?:mau|ada)|halo kak|hai kak|dear customer|pesanan anda|kami akan`)
)

func automatic(p string) bool {
	return autoStrong.MatchString(p) || len(autoWeak.FindAllString(p, 2)) > 1
}
