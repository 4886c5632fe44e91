package understand

import (
	"regexp"
	"strings"
)

// RemarkKind is what a remark of an evaluation is about.
type RemarkKind string

// Kinds of remarks.
const (
	RemarkUnknown RemarkKind = ""
	RemarkGood    RemarkKind = "baik"
	RemarkBad     RemarkKind = "kurang"
	RemarkNext    RemarkKind = "saran"
)

// Remark is one of them.
type Remark struct {
	Kind RemarkKind
	Text string
}

var remarkLabel = regexp.MustCompile(`(?i)^[\s•*_\-–0-9.)]*((?:hal\s+)?(?:yang\s+|yg\s+)?[a-z ]{2,24}?)\s*[:=]\s*`)

// RemarkKindOf reads what a word or two at the front of a remark name.
func RemarkKindOf(label string) RemarkKind {
	s := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(fold(label), "hal "), "yang "), "yg ")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "sudah "), "berjalan ")
	switch strings.TrimSpace(s) {
	case "baik", "bagus", "lancar", "positif", "berhasil", "kelebihan", "plus", "sae", "alus", "good", "1":
		return RemarkGood
	case "kurang", "kurang baik", "kurang lancar", "buruk", "jelek", "kendala", "masalah", "negatif", "kekurangan", "minus", "hambatan", "kirang", "belum", "bad", "2":
		return RemarkBad
	case "saran", "usul", "usulan", "lain kali", "perbaikan", "berikutnya", "acara berikutnya", "ke depan", "kedepan", "kedepannya", "ke depannya", "next", "masukan", "rekomendasi", "3":
		return RemarkNext
	}
	return RemarkUnknown
}

// Remarks reads a message with remarks, line by line: "Baik: parkir lancar". A
// line without a label of its own goes on with the one before it.
func Remarks(text string) []Remark {
	var out []Remark
	kind := RemarkUnknown
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if m := remarkLabel.FindStringSubmatch(line); m != nil {
			if k := RemarkKindOf(m[1]); k != RemarkUnknown {
				kind, line = k, strings.TrimSpace(line[len(m[0]):])
			}
		}
		line = strings.TrimSpace(strings.TrimLeft(line, "•-–* \t"))
		if line != "" {
			out = append(out, Remark{kind, line})
		}
	}
	return out
}
