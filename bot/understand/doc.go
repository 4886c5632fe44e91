// Package understand turns what people type into meaning: phone numbers,
// places, counts, choices, commands, questions, dates, and replies to an
// invitation. It is pure: text in, values out; no storage, no channel, no
// clock of its own, and no text that a person reads.
//
// What it promises of every function:
//
//   - any input is accepted, of any size and in any encoding; only the first
//     MaxRunes runes are looked at, and nothing panics;
//   - a reading that is not clear says so, so that the caller can ask; it never
//     guesses silently;
//   - a call takes well under a millisecond, and is safe for concurrent use.
//
// The words it knows stand in plain text files under data/, one meaning a line,
// which can be extended without programming (see data/README.md).
//
// A reply to an invitation is read in this order, one file a step:
//
//	replywords.go, replyspelling.go  words: spelling mended, classes given
//	replyclause.go                   clauses: where they begin, what negations deny
//	replyask.go                      is a clause a question, does it opt out
//	replyhand.go                     does somebody else come
//	replyidiom.go, replycondition.go turns of phrase; what it depends on
//	replyjudge.go                    the verdict of a clause: yes, no, maybe
//	replyread.go                     what the verdicts of all clauses add up to
//	replyexamples.go                 labelled replies, to learn from
//	replyfeatures.go                 what is looked at: words, and what the rules read
//	replylearn.go                    which meaning that speaks for, as the examples teach
//	replydecide.go                   the meaning taken, or doubt
//
// The 40 kecamatan and 435 desa and kelurahan of Kabupaten Bogor come from
// idn-area-data 3.1.2 (https://github.com/fityannugroho/idn-area-data), made
// available under the Open Database License 1.0 (ODbL).
package understand
