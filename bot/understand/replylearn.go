package understand

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// learner weighs the features of a reply for each meaning: a multinomial
// logistic regression.
type learner struct {
	known   []feature // in order
	weights []weights // of each known feature
	bias    [meaningsCount]float64
}

// number is where a feature stands among those known.
func (l *learner) number(f feature) (int, bool) { return slices.BinarySearch(l.known, f) }

const meaningsCount = 7

// weights are how much a feature speaks for each meaning, in the order of
// Meanings.
type weights [meaningsCount]float32

// opinion is how likely each meaning is, in the order of Meanings.
type opinion [meaningsCount]float64

// of is the likelihood of one meaning.
func (o opinion) of(m Meaning) float64 { return o[indexOf(m)] }

// likeliest is the meaning that the examples speak for most.
func (o opinion) likeliest() Meaning {
	best := MeansUnclear
	for _, m := range Meanings() {
		if o.of(m) > o.of(best) {
			best = m
		}
	}
	return best
}

func indexOf(m Meaning) int {
	for i, other := range Meanings() {
		if other == m {
			return i
		}
	}
	panic("understand: no such meaning: " + string(m))
}

// lesson is an example as the learner sees it.
type lesson struct {
	features []feature
	label    int
}

// How the learner learns: the usual AdaGrad, with figures that did best on
// batches left out of the learning, and little else tried.
const (
	epochs       = 8
	learningRate = 0.5
	decay        = 1e-4
	biasRate     = 0.02
	settledBelow = 1e-3 // an error not worth learning from
	learningSeed = 1    // the same examples teach the same
)

// learn makes a learner of examples. The same examples give the same learner.
func learn(from []LabelledReply) *learner { return learnFrom(lessonsOf(from)) }

// learnFrom makes a learner of lessons, which are used up.
func learnFrom(lessons []lesson) *learner {
	l := &learner{known: repeated(lessons)}
	l.weights = make([]weights, len(l.known))
	for _, x := range lessons {
		l.numberAll(x.features)
	}
	squares := make([]weights, len(l.known))
	order := rand.New(rand.NewPCG(learningSeed, learningSeed))
	for range epochs {
		order.Shuffle(len(lessons), func(i, j int) { lessons[i], lessons[j] = lessons[j], lessons[i] })
		for _, x := range lessons {
			l.study(x, squares)
		}
	}
	return l
}

// lessonsOf takes the features out of all examples, on all cores.
func lessonsOf(from []LabelledReply) []lesson {
	lessons := make([]lesson, len(from))
	var wg sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := range cores {
		wg.Go(func() {
			for i := core; i < len(from); i += cores {
				t := replyWords().parse(plain(from[i].Text))
				lessons[i] = lesson{features: t.features(t.read().Meaning), label: indexOf(from[i].Label)}
			}
		})
	}
	wg.Wait()
	return lessons
}

// repeated are the features that more than one lesson has, in order: what only
// one has teaches that one alone. Where two share a place, one may be taken for
// the other: a few of many thousands, for a small part of the memory.
func repeated(lessons []lesson) []feature {
	once, twice := newSeen(), newSeen()
	var out []feature
	for _, x := range lessons {
		for _, f := range x.features {
			if !once.add(f) && twice.add(f) {
				out = append(out, f)
			}
		}
	}
	slices.Sort(out)
	return out
}

// seen tells which features were there, by their first bits.
type seen []uint64

const seenBits = 24

func newSeen() seen { return make(seen, 1<<seenBits/64) }

// add takes in a feature, and tells whether it is new.
func (s seen) add(f feature) bool {
	at := f >> (32 - seenBits)
	bit := uint64(1) << (at % 64)
	isNew := s[at/64]&bit == 0
	s[at/64] |= bit
	return isNew
}

// numberAll puts in place of each feature its number, and unknown in place of
// one that is not known.
func (l *learner) numberAll(features []feature) {
	for i, f := range features {
		features[i] = unknown
		if n, ok := l.number(f); ok {
			features[i] = feature(n) //nolint:gosec // far fewer than there are features
		}
	}
}

// unknown is the number of a feature that is not known.
const unknown = math.MaxUint32

// study moves the weights a little towards the lesson's label. It touches the
// learner's memory alone, so it goes without the race detector, which would make
// it ten times as slow.
//
//go:norace
func (l *learner) study(x lesson, squares []weights) {
	p, scale := l.weigh(x.features)
	p[x.label]--
	for m, wrong := range p {
		l.bias[m] -= biasRate * wrong
		if math.Abs(wrong) < settledBelow {
			p[m] = 0
		}
	}
	if p == (opinion{}) {
		return
	}
	for _, f := range x.features {
		if f == unknown {
			continue
		}
		w, square := &l.weights[f], &squares[f]
		for m, wrong := range p {
			if wrong == 0 {
				continue
			}
			slope := float32(wrong*scale) + decay*w[m]
			square[m] += slope * slope
			w[m] -= learningRate * slope / (float32(math.Sqrt(float64(square[m]))) + 1e-3)
		}
	}
}

// scaleOf keeps long replies from shouting.
func scaleOf(features int) float64 { return 1 / math.Sqrt(float64(features)+1) }

// weigh gives what numbered features say together, and by how much each counts.
//
//go:norace
func (l *learner) weigh(features []feature) (o opinion, scale float64) {
	var all weights
	known := 0
	for _, f := range features {
		if f == unknown {
			continue
		}
		known++
		for m, w := range l.weights[f] {
			all[m] += w
		}
	}
	o, scale = opinion(l.bias), scaleOf(known)
	for m, w := range all {
		o[m] += float64(w) * scale
	}
	most, sum := o[0], 0.0
	for _, v := range o {
		most = max(most, v)
	}
	for m := range o {
		o[m] = math.Exp(o[m] - most)
		sum += o[m]
	}
	for m := range o {
		o[m] /= sum
	}
	return o, scale
}

// opinion is what the examples say of a reply, of which the rules said something.
func (l *learner) opinion(t *replyText, said Meaning) opinion {
	features := t.features(said)
	l.numberAll(features)
	o, _ := l.weigh(features)
	return o
}
