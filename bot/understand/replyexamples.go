package understand

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math"
	mathbits "math/bits"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Rules alone misread what their words do not cover. So there is a second
// reader, which knows no grammar: from the labelled replies under data/examples
// it learns which words, pairs of words and classes speak for which meaning.
// replydecide.go says how the two agree.

// LabelledReply is an example: a reply and what it means.
type LabelledReply struct {
	Label Meaning
	Text  string
}

// examples are the labelled replies of data/examples, in the order of the files.
var examples = sync.OnceValue(func() []LabelledReply {
	files, err := fs.Glob(data, "data/examples/*.tsv")
	if err != nil {
		panic(fmt.Sprintf("understand: examples: %v", err))
	}
	var all []LabelledReply
	for _, file := range files {
		raw, err := data.ReadFile(file)
		if err != nil {
			panic(fmt.Sprintf("understand: %v", err))
		}
		replies, err := ReadLabelled(bytes.NewReader(raw))
		if err != nil {
			panic(fmt.Sprintf("understand: %s: %v", file, err)) // the files are part of the program, and a test reads all of them
		}
		all = append(all, replies...)
	}
	return all
})

// learned is what all examples teach. Learning takes some tenths of a second;
// see Prepare.
var learned = sync.OnceValue(func() *learner { return learn(examples()) })

// Prepare learns from the examples, so that the first reply does not wait for
// it, and gives back the memory that learning took. It is for the start of a
// program; called again it does nothing.
func Prepare() { prepare() }

var prepare = sync.OnceFunc(func() {
	percent := debug.SetGCPercent(thrifty)
	learned()
	debug.SetGCPercent(percent)
	debug.FreeOSMemory()
})

// thrifty is how much garbage, in percent, learning leaves about: what a small
// machine took for it once, it would keep.
const thrifty = 20

// learner weighs the features of a reply for each meaning: a multinomial
// logistic regression.
type learner struct {
	number  map[feature]int32
	weights []float32 // feature × meaning
	bias    [meaningsCount]float64
}

const meaningsCount = 7

// opinion is how likely each meaning is, in the order of Meanings.
type opinion [meaningsCount]float64

// of is the likelihood of one meaning.
func (o opinion) of(m Meaning) float64 { return o[indexOf(m)] }

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
	settledBelow = 1e-3 // an error not worth learning from
	learningSeed = 1    // the same examples teach the same
)

// learn makes a learner of examples. The same examples give the same learner.
func learn(from []LabelledReply) *learner {
	l := &learner{number: map[feature]int32{}}
	lessons := l.lessons(from)
	l.weights = make([]float32, len(l.number)*meaningsCount)
	squares := make([]float32, len(l.weights))
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
// that more than one example has: what only one has teaches that one alone.
func (l *learner) lessons(from []LabelledReply) []lesson {
	features := make([][]feature, len(from))
	var wg sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := range cores {
		wg.Go(func() {
			for i := core; i < len(from); i += cores {
				features[i] = replyWords().parse(plain(from[i].Text)).features()
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
			if have[f] < 2 {
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

// study moves the weights a little towards the lesson's label.
func (l *learner) study(x lesson, squares []float32) {
	p, scale := l.weigh(x.features), scaleOf(len(x.features))
	for m := range p {
		wrong := p[m]
		if m == x.label {
			wrong--
		}
		l.bias[m] -= biasRate * wrong
		if math.Abs(wrong) < settledBelow {
			continue
		}
		for _, f := range x.features {
			at := int(f)*meaningsCount + m
			slope := wrong*scale + decay*float64(l.weights[at])
			squares[at] += float32(slope * slope)
			l.weights[at] -= float32(learningRate * slope / (math.Sqrt(float64(squares[at])) + 1e-3))
		}
	}
}

// scaleOf keeps long replies from shouting.
func scaleOf(features int) float64 { return 1 / math.Sqrt(float64(features)+1) }

func (l *learner) weigh(features []int32) opinion {
	o, scale := opinion(l.bias), scaleOf(len(features))
	for _, f := range features {
		for m := range o {
			o[m] += float64(l.weights[int(f)*meaningsCount+m]) * scale
		}
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

// opinion is what the examples say of a reply.
func (l *learner) opinion(t *replyText) opinion {
	var known []int32
	for _, f := range t.features() {
		if n, ok := l.number[f]; ok {
			known = append(known, n)
		}
	}
	return l.weigh(known)
}

// feature is what may speak for a meaning, such as that a word is there: a hash
// of its kind and its words, so that thousands of replies can be learned from in
// little memory.
type feature uint64

// kind is what a feature is about.
type kind byte

const (
	kWord      kind = iota
	kNot            // a word that a negation stands before
	kPair           // a word and the one before it
	kFirst          // the first word
	kLast           // a word of the last clause
	kClass          // a class of words
	kLastClass      // a class of words in the last clause
	kClasses        // the classes of a word and of the one before it
	kAsked          // a question mark
	kContrast       // "tapi" and the like
	kPiece          // some letters of a word
)

func featureOf(k kind, parts ...string) feature {
	h := fnv.New64a()
	_, _ = h.Write([]byte{byte(k)})
	for _, p := range parts {
		_, _ = io.WriteString(h, p)
		_, _ = h.Write([]byte{0})
	}
	return feature(h.Sum64())
}

// features are what the learner sees of a reply: its plain words and their
// classes, alone and in pairs, which of them stand in the last clause (it
// counts), and pieces of words, for those that nobody knows. Each is there once.
func (t *replyText) features() []feature {
	var out []feature
	add := func(k kind, parts ...string) { out = append(out, featureOf(k, parts...)) }
	for i, c := range t.clauses {
		last := i == len(t.clauses)-1
		before, classBefore, denied := "^", class(0), 0
		for j, w := range c.words {
			word := w.plain
			if isDigits(word) {
				word = "0"
			}
			if denied > 0 {
				add(kNot, word)
				denied--
			} else {
				add(kWord, word)
			}
			if w.class.is(cNegation | cNotYet | cForbid) {
				denied = reachOfNo
			}
			add(kPair, before, word)
			if i == 0 && j == 0 {
				add(kFirst, word)
			}
			if last {
				add(kLast, word)
			}
			for bits := uint64(w.class); bits != 0; bits &= bits - 1 {
				one := strconv.Itoa(mathbits.TrailingZeros64(bits))
				add(kClass, one)
				if last {
					add(kLastClass, one)
				}
			}
			add(kClasses, strconv.FormatUint(uint64(classBefore), 36), strconv.FormatUint(uint64(w.class), 36))
			before, classBefore = word, w.class
		}
		if c.asked {
			add(kAsked)
		}
		if c.contrast {
			add(kContrast)
		}
	}
	letters := []rune(" " + strings.Join(words(t.folded), " ") + " ")
	if len(letters) > mostLetters { // the last clause counts
		letters = letters[len(letters)-mostLetters:]
	}
	for i := range max(0, len(letters)-pieceLetters+1) {
		add(kPiece, string(letters[i:i+pieceLetters]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// reachOfNo is how many words after a negation it may deny.
const reachOfNo = 4

// How many letters a piece has, and how many of a reply are cut into pieces.
const pieceLetters, mostLetters = 4, 400
