package understand

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Topic is what a question is about. Its values are also the meanings in
// data/questions.tsv.
type Topic string

// Topics.
const (
	AskCost         Topic = "cost"
	AskWhen         Topic = "when"
	AskWhere        Topic = "where"
	AskWhy          Topic = "why" // why it is asked and what becomes of the data
	AskOfficial     Topic = "official"
	AskNIB          Topic = "nib"
	AskLegalNumber  Topic = "legal-number"
	AskNIKKoperasi  Topic = "nik-koperasi"
	AskDeadline     Topic = "deadline"
	AskBringFriends Topic = "bring-friends"
	AskBooth        Topic = "booth"
	AskElectricity  Topic = "electricity"
	AskCertificate  Topic = "certificate" // certificates, gifts, food, travel money
	AskWhat         Topic = "what"        // what the event is, how to join
	AskWho          Topic = "who"         // who is writing
	AskHuman        Topic = "human"       // wants to talk with a person
	AskParking      Topic = "parking"
	AskSeveral      Topic = "several" // more than one business
	AskExample      Topic = "example" // how or whether to answer the question that stands
	AskUnknown      Topic = "unknown" // a question, about something else
)

// Asked is a question.
type Asked struct {
	Topic Topic
	// Confidence runs from 0 to 1. Question reports 0.6 and more as a question;
	// where the answer may be any text (a business name), ask for 0.8.
	Confidence float64
}

// askedAt is the confidence from which a text is a question.
const askedAt = 0.6

// questions is the lexicon of questions.
type questions struct {
	topic   map[string]Topic // phrase -> topic
	longest int
	role    map[string]map[string]bool // ":ask" …
	known   map[string]bool            // every word of any list
}

var questionWords = sync.OnceValue(func() *questions {
	q := &questions{topic: map[string]Topic{}, role: map[string]map[string]bool{}, known: map[string]bool{}}
	for _, e := range lexicon("questions.tsv") {
		for _, phrase := range e.words {
			for w := range strings.FieldsSeq(phrase) {
				q.known[w] = true
			}
			if strings.HasPrefix(e.meaning, ":") {
				if q.role[e.meaning] == nil {
					q.role[e.meaning] = map[string]bool{}
				}
				q.role[e.meaning][phrase] = true
				continue
			}
			if _, ok := q.topic[phrase]; !ok {
				q.topic[phrase] = Topic(e.meaning)
			}
			q.longest = max(q.longest, strings.Count(phrase, " ")+1)
		}
	}
	return q
})

// Question tells whether a text that should be an answer is a question, and
// about what. Confidence is set either way.
func Question(text string) (Asked, bool) {
	p := plain(text)
	q := questionWords()
	ws := q.words(p)
	if len(ws) == 0 {
		return Asked{Topic: AskUnknown}, false
	}
	topic, strength := q.about(ws)
	a := Asked{Topic: topic, Confidence: q.marks(p, ws, topic) + strength - q.strange(p, ws)}
	a.Confidence = min(max(a.Confidence, 0), 1)
	return a, a.Confidence >= askedAt-1e-9
}

// words are the folded words, each in the spelling that the lexicon knows.
func (q *questions) words(p string) []string {
	ws := words(strings.ToLower(p))
	var out []string
	for i, w := range ws {
		if i == 40 {
			break
		}
		out = append(out, q.spelling(w))
	}
	return out
}

func (q *questions) spelling(w string) string {
	if q.known[w] {
		return w
	}
	if s := squeeze(w); q.known[s] {
		return s
	}
	for _, end := range []string{"nya", "na", "kah", "ne", "e"} {
		if bare := strings.TrimSuffix(w, end); bare != w && len(bare) > 2 && q.known[bare] {
			return bare
		}
	}
	if len(w) < 6 {
		return w
	}
	near := ""
	for known := range q.known {
		if len(known) > 5 && known[0] == w[0] && (near == "" || known < near) && distance(w, known, 1) == 1 {
			near = known // the first in the alphabet, so that every run reads the same
		}
	}
	if near != "" {
		return near
	}
	return w
}

// about finds the topic: that of the longest phrase, the first where equal.
func (q *questions) about(ws []string) (Topic, float64) {
	topic, best := AskUnknown, 0
	for i := range ws {
		for n := min(q.longest, len(ws)-i); n > best; n-- {
			if t, ok := q.topic[join(ws, i, n)]; ok {
				topic, best = t, n
				break
			}
		}
	}
	switch best {
	case 0:
		return topic, 0
	case 1:
		return topic, 0.3
	default:
		return topic, 0.4
	}
}

// marks weighs what makes the text a question.
func (q *questions) marks(p string, ws []string, topic Topic) float64 {
	score := 0.0
	if strings.Contains(p, "?") {
		score += 0.4
	}
	first := 0
	for first < len(ws)-1 && q.role[":filler"][ws[first]] && !q.role[":ask"][ws[first]] && !q.role[":perhaps"][ws[first]] {
		first++
	}
	asks, perhaps := false, false
	for i, w := range ws {
		switch {
		case q.role[":tell"][w]:
			score += 0.6
		case q.role[":ask"][w] && i <= first && !asks:
			score += 0.45
			asks = true
		case q.role[":ask"][w] && !asks:
			score += 0.3
			asks = true
		case q.role[":perhaps"][w] && i <= first && !perhaps && !q.role[":deny"][ws[0]]:
			score += 0.2
			perhaps = true
		}
	}
	if q.tagged(ws) {
		score += 0.3
		if (topic == AskBooth || topic == AskElectricity || topic == AskNIB) && !perhaps && !slices.Contains(ws, "ada") {
			score -= 0.2 // "booth ya, listrik ga" is an answer
		}
	}
	if topic == AskHuman && !asks {
		score += 0.2 // "minta nomor panitia" asks without a question
	}
	return min(score, 0.8)
}

// tagged tells whether a tag closes the text ("gratis ga ya") or stands before
// its last word ("aman ga datanya").
func (q *questions) tagged(ws []string) bool {
	end := len(ws)
	for end > 1 && (q.role[":filler"][ws[end-1]] && !q.role[":tag"][ws[end-1]]) {
		end--
	}
	for _, i := range []int{end - 1, len(ws) - 2} {
		if i > 0 && i < len(ws) && q.role[":tag"][ws[i]] {
			return true
		}
	}
	return false
}

// strange is what speaks against a question: words that no question uses, most
// of all in a text written as a name ("Dimana Kopi").
func (q *questions) strange(p string, ws []string) float64 {
	unknown := 0
	for _, w := range ws {
		if !q.known[w] {
			unknown++
		}
	}
	if unknown == 0 {
		if len(ws) > 1 {
			return -0.1
		}
		return 0
	}
	doubt := min(0.1*float64(unknown), 0.3)
	if titled(p) {
		doubt += 0.45
	}
	return doubt
}

// titled tells whether every word of two or more begins with a capital.
func titled(p string) bool {
	fields := strings.Fields(p)
	for _, f := range fields {
		if first, _ := utf8.DecodeRuneInString(f); unicode.IsLower(first) {
			return false
		}
	}
	return len(fields) > 1
}
