package understand

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
)

// ScoredReply is one line of a labelled file and how it was read.
type ScoredReply struct {
	Label   Meaning
	Text    string
	Reading Reading
}

// Right tells whether the reading agrees with the label.
func (s ScoredReply) Right() bool { return s.Label == s.Reading.Meaning }

// Flipped tells whether a no was read as a yes or a yes as a no: the one
// mistake that must never happen.
func (s ScoredReply) Flipped() bool {
	return s.Label == MeansYes && s.Reading.Meaning == MeansNo || s.Label == MeansNo && s.Reading.Meaning == MeansYes
}

// Line writes one line of the report in TSV: label, reading, number of people
// (0 where none was said), text.
func (s ScoredReply) Line() string {
	return fmt.Sprintf("%s\t%s\t%d\t%s", s.Label, s.Reading.Meaning, s.Reading.People, s.Text)
}

// Score is how well a labelled file was read.
type Score struct {
	Replies []ScoredReply // in the order of the file
}

// Accuracy is the share of replies that were read right, from 0 to 1; 1 for an
// empty file.
func (s Score) Accuracy() float64 {
	if len(s.Replies) == 0 {
		return 1
	}
	right := 0
	for _, r := range s.Replies {
		if r.Right() {
			right++
		}
	}
	return float64(right) / float64(len(s.Replies))
}

// Confusion counts readings by label: Confusion()[label][reading].
func (s Score) Confusion() map[Meaning]map[Meaning]int {
	m := map[Meaning]map[Meaning]int{}
	for _, r := range s.Replies {
		if m[r.Label] == nil {
			m[r.Label] = map[Meaning]int{}
		}
		m[r.Label][r.Reading.Meaning]++
	}
	return m
}

// Misses are the replies that were read wrong.
func (s Score) Misses() []ScoredReply {
	var misses []ScoredReply
	for _, r := range s.Replies {
		if !r.Right() {
			misses = append(misses, r)
		}
	}
	return misses
}

// Flips counts the replies that were Flipped.
func (s Score) Flips() int {
	n := 0
	for _, r := range s.Replies {
		if r.Flipped() {
			n++
		}
	}
	return n
}

// CrossCheck parts replies into n folds by a hash of their text, so that a reply
// stays in its fold whatever else the file holds, and reads each fold with what
// is learned without it: from the examples and the other folds. The rules and
// their words are the same for every fold, so what a fold taught whoever wrote
// them is not left out.
func CrossCheck(replies []LabelledReply, n int) []Score {
	n = max(1, n)
	folds := make([][]LabelledReply, n)
	fold := map[string]int{}
	for _, r := range replies {
		h := fnv.New32a()
		_, _ = io.WriteString(h, sameText(r.Text))
		k := int(h.Sum32() % uint32(n))
		folds[k] = append(folds[k], r)
		fold[sameText(r.Text)] = k
	}
	all := slices.Concat(examples(), replies)
	lessons := lessonsOf(all)
	inFold := make([]int, len(all)) // -1 for none
	for i, r := range all {
		inFold[i] = -1
		if k, here := fold[sameText(r.Text)]; here {
			inFold[i] = k
		}
	}
	scores := make([]Score, n)
	for k := range folds {
		var others []lesson
		for i, x := range lessons {
			if inFold[i] != k {
				others = append(others, lesson{features: slices.Clone(x.features), label: x.label})
			}
		}
		taught := learnFrom(others)
		scores[k] = scoreBy(func() *learner { return taught }, folds[k])
	}
	return scores
}

// sameText is what two copies of a reply have in common.
func sameText(s string) string { return strings.Join(words(strings.ToLower(plain(s))), " ") }

// WriteFolds prints a line for each fold of a CrossCheck.
func WriteFolds(w io.Writer, folds []Score) error {
	for i, f := range folds {
		if _, err := fmt.Fprintf(w, "fold %d of %d, read without it: %d replies, %.1f%% right, %d the wrong way round\n", i+1, len(folds), len(f.Replies), 100*f.Accuracy(), f.Flips()); err != nil {
			return fmt.Errorf("write folds: %w", err)
		}
	}
	return nil
}

// WriteTo prints accuracy, the confusion matrix and each miss, for people.
func (s Score) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	misses := s.Misses()
	fmt.Fprintf(&b, "%d replies, %d right: %.1f%%; a no read as a yes or a yes as a no: %d\n\n",
		len(s.Replies), len(s.Replies)-len(misses), 100*s.Accuracy(), s.Flips())
	fmt.Fprintf(&b, "%-10s", "label")
	for _, m := range Meanings() {
		fmt.Fprintf(&b, " %9s", m)
	}
	b.WriteString("\n")
	confusion := s.Confusion()
	for _, label := range Meanings() {
		if confusion[label] == nil {
			continue
		}
		fmt.Fprintf(&b, "%-10s", label)
		for _, m := range Meanings() {
			fmt.Fprintf(&b, " %9d", confusion[label][m])
		}
		b.WriteString("\n")
	}
	if len(misses) > 0 {
		b.WriteString("\nmisses (label -> reading: text)\n")
	}
	for _, r := range misses {
		fmt.Fprintf(&b, "%s -> %s: %s\n", r.Label, r.Reading.Meaning, r.Text)
	}
	n, err := io.WriteString(w, b.String())
	if err != nil {
		return int64(n), fmt.Errorf("write score: %w", err)
	}
	return int64(n), nil
}

// WriteTSV prints Line for each reply and no header.
func (s Score) WriteTSV(w io.Writer) error {
	for _, r := range s.Replies {
		if _, err := fmt.Fprintln(w, r.Line()); err != nil {
			return fmt.Errorf("write score: %w", err)
		}
	}
	return nil
}

// ScoreReplies reads each text as the answer to a standing invitation question.
func ScoreReplies(replies []LabelledReply) Score { return scoreBy(learned, replies) }

// ScoreRules is ScoreReplies by the rules alone.
func ScoreRules(replies []LabelledReply) Score { return scoreBy(nil, replies) }

func scoreBy(taught func() *learner, replies []LabelledReply) Score {
	s := Score{Replies: make([]ScoredReply, len(replies))}
	for i, r := range replies {
		s.Replies[i] = ScoredReply{Label: r.Label, Text: r.Text, Reading: readReply(r.Text, ReplyContext{Asked: true}, taught)}
	}
	return s
}

// ReadLabelled reads a labelled file: a header line, which may be missing, then
// label<TAB>text; empty lines and notes that begin with # are passed over. A
// line without a tab or with an unknown label is an error that names it.
func ReadLabelled(r io.Reader) ([]LabelledReply, error) {
	var replies []LabelledReply
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	headed := false
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		label, text, ok := strings.Cut(line, "\t")
		m := Meaning(strings.ToLower(strings.TrimSpace(label)))
		if first := !headed; first {
			headed = true
			if !ok || !slices.Contains(Meanings(), m) { // the heading; a file without one begins at once
				continue
			}
		}
		if !ok || !slices.Contains(Meanings(), m) {
			return nil, fmt.Errorf("understand: line %d: want label<TAB>text with a label of %v, got %q", n, Meanings(), line)
		}
		replies = append(replies, LabelledReply{Label: m, Text: text})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("understand: read replies: %w", err)
	}
	return replies, nil
}
