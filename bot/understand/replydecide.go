package understand

import (
	"math"
	"slices"
)

// heed lets the second reader's opinion change what the rules read. Both are
// right more often than not and err differently: the meaning taken is the
// likeliest, given what the rules say and what the examples say. But a yes must
// never be taken for a no, nor a no for a yes: where the one stands against the
// other, the person is asked.
func (r *Reading) heed(o opinion, t *replyText) {
	likeliest, most := r.Meaning, 0.0
	for i, m := range Meanings() {
		likely := math.Pow(o[i], examplesWeight) * rulesTrust(r.Meaning, m)
		if likely > most {
			likeliest, most = m, likely
		}
	}
	switch {
	case r.Meaning == MeansQuestion && t.marked():
		return // with a question mark
	case t.count() < fewWords:
		return // a name, "protokol", or "masih": the rules know those few
	case r.Meaning == MeansYes || r.Meaning == MeansNo:
		if o.of(opposite(r.Meaning)) > t.doubtAt() {
			likeliest = MeansUnclear
		} else if likeliest == opposite(r.Meaning) {
			likeliest = r.Meaning
		}
		if likeliest == r.Meaning && o.of(r.Meaning) < t.support() {
			likeliest = MeansUnclear
		}
	case likeliest == MeansYes || likeliest == MeansNo:
		if t.doubtful || o.of(likeliest) < plainly || o.of(opposite(likeliest)) > hardly {
			likeliest = r.Meaning
		}
	}
	if likeliest != r.Meaning {
		r.become(likeliest, t)
	}
}

// opposite is the no of a yes and the yes of a no.
func opposite(m Meaning) Meaning {
	if m == MeansYes {
		return MeansNo
	}
	return MeansYes
}

// How sure the examples must be: to make a yes or a no of what the rules do not
// read so, and how little may speak for the opposite.
const plainly, hardly = 0.75, 0.15

// fewWords are too few to guess from.
const fewWords = 3

// marked tells whether there is a question mark.
func (t *replyText) marked() bool {
	return slices.ContainsFunc(t.clauses, func(c clause) bool { return c.asked })
}

// count is how many words there are.
func (t *replyText) count() int {
	n := 0
	for _, c := range t.clauses {
		n += len(c.words)
	}
	return n
}

// doubtAt is from which likelihood on the opposite makes a yes or a no of the
// rules doubtful. In a reply of several clauses the order counts, of which the
// rules know more: "tadinya mau ke Bandung. Hadir."
func (t *replyText) doubtAt() float64 {
	switch {
	case slices.ContainsFunc(t.clauses, func(c clause) bool { return c.corrects }):
		return 1 // "siap hadir pak, eh batal pak"
	case len(t.clauses) > 1:
		return 0.95
	}
	return 0.8
}

// support is how much the examples must say for a yes or a no of the rules; in
// several clauses, less, for the same reason.
func (t *replyText) support() float64 {
	if t.doubtAt() == 1 {
		return 0
	}
	if len(t.clauses) > 1 {
		return 0.1
	}
	return 0.3
}

// examplesWeight tempers the opinion, which is too sure of itself.
const examplesWeight = 0.7

// rulesTrust is how likely a meaning is where the rules say another, or the same.
func rulesTrust(said, meant Meaning) float64 {
	switch {
	case said == MeansUnclear && meant == MeansUnclear:
		return 0.4
	case said == MeansUnclear:
		return 0.1
	case said == meant:
		return 0.5
	}
	return 0.083
}

// become changes the meaning, and with it what hangs on it.
func (r *Reading) become(m Meaning, t *replyText) {
	r.Meaning = m
	if m != MeansYes {
		r.Soft, r.Late = false, false
	}
	if m != MeansDelegated {
		r.Who = ""
	}
	if r.People = 0; m == MeansYes || m == MeansDelegated || m == MeansMaybe {
		r.People = t.people()
	}
	if r.Reason = ""; m == MeansNo || m == MeansMaybe || m == MeansDelegated {
		r.Reason = t.reason()
	}
	r.Asks = r.Asks && m != MeansUnclear
}
