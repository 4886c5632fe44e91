package understand

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
)

// learner weighs the features of a reply for each meaning: a multinomial
// logistic regression.
type learner struct {
	number  map[feature]int32
	weights []weights // of each feature
	bias    [meaningsCount]float64
}

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
	features []int32
	label    int
}

// How the learner learns: the usual AdaGrad, with figures that did best on
// batches left out of the learning, and little else tried.
const (
	epochs       = 8
	learningRate = 0.5
	decay        = 1e-4
	biasRate     = 0.02
	fewest       = 2    // examples that must have a feature
	settledBelow = 1e-3 // an error not worth learning from
	learningSeed = 1    // the same examples teach the same
)

// learn makes a learner of examples. The same examples give the same learner.
func learn(from []LabelledReply) *learner {
	l := &learner{number: map[feature]int32{}}
	lessons := l.lessons(from)
	l.weights = make([]weights, len(l.number))
	squares := make([]weights, len(l.number))
	order := rand.New(rand.NewPCG(learningSeed, learningSeed))
	for range epochs {
		order.Shuffle(len(lessons), func(i, j int) { lessons[i], lessons[j] = lessons[j], lessons[i] })
		for _, x := range lessons {
			l.study(x, squares)
		}
	}
	return l
}

// lessons takes the features out of all examples, on all cores, and numbers those
// that a few examples have: what only one has teaches that one alone.
func (l *learner) lessons(from []LabelledReply) []lesson {
	features := make([][]feature, len(from))
	var wg sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := range cores {
		wg.Go(func() {
			for i := core; i < len(from); i += cores {
				t := replyWords().parse(plain(from[i].Text))
				features[i] = t.features(t.read().Meaning)
			}
		})
	}
	wg.Wait()
	have := map[feature]int{}
	for _, fs := range features {
		for _, f := range fs {
			have[f]++
		}
	}
	out := make([]lesson, len(from))
	for i, r := range from {
		out[i].label = indexOf(r.Label)
		for _, f := range features[i] {
			if have[f] < fewest {
				continue
			}
			n, ok := l.number[f]
			if !ok {
				n = int32(len(l.number))
				l.number[f] = n
			}
			out[i].features = append(out[i].features, n)
		}
	}
	return out
}

// study moves the weights a little towards the lesson's label. It touches the
// learner's memory alone, so it goes without the race detector, which would make
// it ten times as slow.
//
//go:norace
func (l *learner) study(x lesson, squares []weights) {
	p, scale := l.weigh(x.features), scaleOf(len(x.features))
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

// weigh gives what features say together.
//
//go:norace
func (l *learner) weigh(features []int32) opinion {
	var all weights
	for _, f := range features {
		for m, w := range l.weights[f] {
			all[m] += w
		}
	}
	o, scale := opinion(l.bias), scaleOf(len(features))
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
	return o
}

// opinion is what the examples say of a reply, of which the rules said something.
func (l *learner) opinion(t *replyText, said Meaning) opinion {
	var known []int32
	for _, f := range t.features(said) {
		if n, ok := l.number[f]; ok {
			known = append(known, n)
		}
	}
	return l.weigh(known)
}
