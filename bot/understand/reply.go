package understand

import (
	"regexp"
	"strings"
	"sync"
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
	// MayBeName: what is written may be a name or an answer. Only what the rules
	// know is read, since what the examples teach makes a guess of any word.
	MayBeName bool
}

// Reading is a reply, understood.
type Reading struct {
	Meaning Meaning
	// Soft: a yes hedged with God's will ("insyaallah hadir").
	Soft bool
	// People is how many come, as said; 0 where nothing was.
	People int
	// Holds: a yes that only says that what was said before holds, as "ya, masih
	// bisa" does. Who is represented then still is.
	Holds bool
	// OnTime: says so, which takes back that they come late.
	OnTime bool
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
func Reply(text string, ctx ReplyContext) Reading { return readReply(text, ctx, learned) }

// readReply is Reply with what was learned; nil for the rules alone. Only who
// needs it waits for the learning.
func readReply(text string, ctx ReplyContext, taught func() *learner) Reading {
	p := plain(text)
	auto, thanks := automatic(p)
	if auto {
		return Reading{Meaning: MeansUnclear, Auto: true}
	}
	if m, ok := numberedReply(p, ctx); ok {
		return Reading{Meaning: m}
	}
	t := replyWords().parse(p)
	r := t.read()
	if taught != nil && ctx.Asked && !ctx.MayBeName {
		r.heed(taught().opinion(t, r.Meaning), t)
	}
	if thanks && !(t.hasClass(cAttend) && r.Meaning != MeansUnclear) {
		return Reading{Meaning: MeansUnclear, Auto: true}
	}
	if r.Meaning == MeansYes && t.assentOnly && !ctx.Asked {
		r.Meaning = MeansUnclear
	}
	r.OnTime = r.Meaning == MeansYes && !r.Late && (t.says("tepat waktu") || t.says("ontime") || t.says("on time"))
	r.Holds = r.Meaning == MeansYes && r.People == 0 && t.holds()
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

// automaticMarks are the phrases by which business accounts' automatic replies
// are known.
var automaticMarks = sync.OnceValue(func() map[string]map[string]bool { return wordSets("reply-auto.tsv") })

// Automatic tells whether a machine wrote a text that is no answer to anything
// (see Reading.Auto).
func Automatic(text string) bool {
	return readReply(text, ReplyContext{Asked: true}, nil).Auto
}

// automatic tells whether a machine wrote the reply: one strong mark or two
// weak ones. thanks tells that there is only the thanks for getting in touch,
// which people write as well.
func automatic(p string) (sure, thanks bool) {
	ws := words(strings.ToLower(p))
	if len(ws) < 2 {
		return false, false
	}
	text := " " + strings.Join(ws, " ") + " "
	marks := automaticMarks()
	for phrase := range marks["strong"] {
		if strings.Contains(text, " "+phrase+" ") {
			return true, false
		}
	}
	weak := 0
	for phrase := range marks["weak"] {
		if strings.Contains(text, " "+phrase+" ") {
			weak++
		}
	}
	for phrase := range marks["thanks"] {
		if strings.Contains(text, " "+phrase+" ") {
			return weak > 1, true
		}
	}
	return weak > 1, false
}
