package understand

import (
	"bytes"
	"fmt"
	"io/fs"
	"runtime/debug"
	"sync"
)

// The rules know what their words cover, and no more. What people write beyond
// that is learned from the labelled replies under data/examples: replylearn.go
// learns, replyfeatures.go says what it sees of a reply (what the rules make of it
// among the rest), and replydecide.go takes its opinion.

// LabelledReply is an example: a reply and what it means.
type LabelledReply struct {
	Label Meaning
	Text  string
}

// examples are the labelled replies of data/examples, in the order of the files.
// They are read anew each time: after learning nobody needs them.
func examples() []LabelledReply {
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
}

// learned is what all examples teach. Learning takes a second or two; see
// Prepare.
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
const thrifty = 10
