package understand

import "slices"

// heed takes the meaning that the examples speak for in place of what the rules
// read: they weigh the rules' reading along with the words. But a yes must never
// be taken for a no, nor a no for a yes: where much speaks for the one and
// something for the other, the person is asked; and so they are where a yes stands
// beside a word that may be a misspelt no.
func (r *Reading) heed(o opinion, t *replyText) {
	m := o.likeliest()
	switch {
	case r.Meaning == MeansQuestion && t.marked():
		m = MeansQuestion
	case r.Meaning == MeansUnclear && t.count() <= fewWords && o.of(m) < plainly:
		m = MeansUnclear
	case m == MeansYes && (t.doubtful || o.of(MeansNo) > opposed), m == MeansNo && o.of(MeansYes) > opposed:
		m = MeansUnclear
	}
	if m != r.Meaning {
		r.become(m, t)
	}
}

// opposed is how likely the no may be at most where a yes is read, and the yes
// where a no is: half of it would turn half as many round, and ask twice as many.
const opposed = 0.15

// fewWords of which the rules know nothing are too few to guess from, unless the
// examples speak plainly.
const fewWords, plainly = 2, 0.6

// count is how many words there are.
func (t *replyText) count() int {
	n := 0
	for _, c := range t.clauses {
		n += len(c.words)
	}
	return n
}

// marked tells whether there is a question mark.
func (t *replyText) marked() bool {
	return slices.ContainsFunc(t.clauses, func(c clause) bool { return c.asked })
}

// become changes the meaning, and with it what hangs on it.
func (r *Reading) become(m Meaning, t *replyText) {
	r.Meaning = m
	if m != MeansYes {
		r.Soft, r.Late = false, false
	}
	if r.Who = ""; m == MeansDelegated {
		r.Who = t.somebody()
	}
	if r.People = 0; m == MeansYes || m == MeansDelegated || m == MeansMaybe {
		r.People = t.people()
	}
	if r.Reason = ""; m == MeansNo || m == MeansMaybe || m == MeansDelegated {
		r.Reason = t.reason()
	}
	r.Asks = r.Asks && m != MeansUnclear
}

// somebody is the last other person that the reply names, "" for none.
func (t *replyText) somebody() string {
	for _, c := range slices.Backward(t.clauses) {
		if i := c.index(cPerson); i >= 0 {
			if name := nameAfter(c.words[i:]); name != "" {
				return name
			}
		}
	}
	return ""
}
