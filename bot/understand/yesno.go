package understand

import (
	"strings"
	"sync"
)

// Answer is what a reply to a yes-or-no question says.
type Answer string

// Answers.
const (
	AnswerYes     Answer = "yes"
	AnswerNo      Answer = "no"
	AnswerUnclear Answer = "unclear"
)

// yesNo is the lexicon of plain answers.
type yesNo struct {
	yes, not, decline, harmless, particle map[string]bool
	yesPhrase, noPhrase                   map[string]bool
}

var yesNoWords = sync.OnceValue(func() *yesNo {
	sets := wordSets("yesno.tsv")
	return &yesNo{
		yes: sets["ya"], not: sets["tidak"], decline: sets["batal"], harmless: sets["tidak+"],
		particle: sets[":particle"], yesPhrase: sets["ya!"], noPhrase: sets["tidak!"],
	}
})

// YesNo reads an answer to a yes-or-no question, in Indonesian, Sundanese or
// Javanese. A no anywhere outweighs a yes ("ya tidak bisa pak"); a question, a
// contradiction and words it does not know are unclear.
func YesNo(text string) Answer {
	s := fold(text)
	switch mood := thumbs(s); {
	case mood != AnswerUnclear && len(words(s)) == 0:
		return mood
	case strings.Contains(s, "?"):
		return AnswerUnclear
	}
	lex := yesNoWords()
	ws := yesNoTokens(s)
	yes, no, unknown := 0, 0, 0
	for i := 0; i < len(ws); i++ {
		two, three := join(ws, i, 2), join(ws, i, 3)
		switch w := ws[i]; {
		case lex.yesPhrase[three], lex.noPhrase[three]:
			yes, no = tally(yes, no, lex.yesPhrase[three])
			i += 2
		case lex.yesPhrase[two], lex.noPhrase[two]:
			yes, no = tally(yes, no, lex.yesPhrase[two])
			i++
		case lex.not[w] && i+1 < len(ws) && (lex.harmless[ws[i+1]] || lex.decline[ws[i+1]]):
			yes++ // "tidak apa-apa", "jangan batal"
			i++
			for i+1 < len(ws) && lex.harmless[ws[i+1]] {
				i++
			}
		case lex.not[w] && i+1 < len(ws) && lex.not[ws[i+1]]:
			unknown += len(ws) // two negations: too clever for a plain answer
		case lex.not[w]:
			no++
			for i+1 < len(ws) && (lex.yes[ws[i+1]] || lex.particle[ws[i+1]]) {
				i++ // "tidak setuju", "gak jadi"
			}
		case lex.yesPhrase[w]:
			yes++
		case lex.decline[w]:
			no++
		case lex.yes[w]:
			yes++
		case lex.particle[w]:
		default:
			unknown++
		}
	}
	switch {
	case unknown > 2*(yes+no), unknown > 6, unknown > yes+no && !lex.leads(ws):
		return AnswerUnclear
	case no > 0 && yes > 0 && !lex.yes[ws[0]]:
		return AnswerUnclear
	case no > 0 && yes > 0 && lex.decline[ws[len(ws)-1]]:
		return AnswerUnclear // "ya batal": yes to what?
	case no > 0:
		return AnswerNo
	case yes > 0:
		return AnswerYes
	default:
		return AnswerUnclear
	}
}

// yesNoTokens are the words in their shortest spelling: "iyaaa" is "iya", "okeee" is "oke".
func yesNoTokens(s string) []string {
	lex := yesNoWords()
	ws := words(s)
	for i, w := range ws {
		if lex.knows(w) {
			continue
		}
		if short := squeeze(w); lex.knows(short) {
			ws[i] = short
			continue
		}
		if bare := strings.TrimSuffix(strings.TrimSuffix(w, "lah"), "kan"); bare != w && lex.knows(bare) && !lex.decline[bare] {
			ws[i] = bare
			continue
		}
		if near := lex.nearest(squeeze(w)); near != "" {
			ws[i] = near
		}
	}
	return ws
}

func (lex *yesNo) knows(w string) bool {
	return lex.yes[w] || lex.not[w] || lex.decline[w] || lex.particle[w] || lex.yesPhrase[w] || lex.harmless[w]
}

// nearest finds the one word that w is a misspelling of; a yes and a no at the
// same distance cancel out.
func (lex *yesNo) nearest(w string) string {
	if len(w) < 5 {
		return ""
	}
	found, side := "", 0
	for k, set := range []map[string]bool{lex.yes, lex.not, lex.decline} {
		for known := range set {
			if len(known) < 5 || known[0] != w[0] || distance(w, known, 1) > 1 {
				continue
			}
			if found != "" && side != k {
				return ""
			}
			if found == "" || known < found {
				found, side = known, k
			}
		}
	}
	return found
}

func tally(yes, no int, isYes bool) (int, int) {
	if isYes {
		return yes + 1, no
	}
	return yes, no + 1
}

// leads tells whether the answer comes first.
func (lex *yesNo) leads(ws []string) bool {
	return lex.yes[ws[0]] || lex.not[ws[0]] || lex.decline[ws[0]]
}

// join gives n words from i as a phrase, "" where there are fewer.
func join(ws []string, i, n int) string {
	if i+n > len(ws) {
		return ""
	}
	return strings.Join(ws[i:i+n], " ")
}

// thumbs reads emoji that stand for an answer.
func thumbs(s string) Answer {
	yes := strings.ContainsAny(s, "👍👌✅✔☑🆗💯")
	no := strings.ContainsAny(s, "👎❌✖🚫🙅❎")
	switch {
	case yes && !no:
		return AnswerYes
	case no && !yes:
		return AnswerNo
	default:
		return AnswerUnclear
	}
}
