package event

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Survey is what those who came to an event are asked a day after it (SOP step
// 16). The lead may change the questions until it opens.
type Survey struct {
	EventID   string           `json:"eventId"`
	Questions []SurveyQuestion `json:"questions"`
	UpdatedAt time.Time        `json:"updatedAt"`
}

// SurveyQuestion is one question. Text is the lead's own; "" is the built-in
// one of that ID.
type SurveyQuestion struct {
	ID   string     `json:"id"`
	Kind SurveyKind `json:"kind"`
	Text string     `json:"text,omitempty"`
}

// SurveyKind says how a question is answered.
type SurveyKind string

// Kinds of questions.
const (
	SurveyRating SurveyKind = "nilai" // from 1 to MaxRating
	SurveyWords  SurveyKind = "kata"  // in one's own words
)

// Limits of a survey.
const (
	MaxSurvey     = 5
	MaxRating     = 5
	MaxSurveyText = 600
	// SurveyHour is when it opens on the day after the event (WIB), SurveyDays
	// for how many days answers are taken.
	SurveyHour = 9
	SurveyDays = 14
)

// Errors of changes to a survey.
var (
	ErrSurveyOpen  = errors.New("the survey has opened")
	ErrSurveyFull  = errors.New("a survey has no more questions")
	ErrSurveyEmpty = errors.New("a survey has at least one question")
	ErrNoQuestion  = errors.New("there is no such question")
)

// DefaultSurvey are the built-in questions.
func DefaultSurvey(eventID string) *Survey {
	return &Survey{EventID: eventID, Questions: []SurveyQuestion{
		{ID: "q1", Kind: SurveyRating}, {ID: "q2", Kind: SurveyRating}, {ID: "q3", Kind: SurveyRating},
		{ID: "q4", Kind: SurveyWords}, {ID: "q5", Kind: SurveyWords},
	}}
}

// SurveyAt is when the survey opens.
func (e *Event) SurveyAt() time.Time { return e.Day().AddDate(0, 0, 1).Add(SurveyHour * time.Hour) }

// SurveyEnds is when no more answers are taken.
func (e *Event) SurveyEnds() time.Time { return e.Day().AddDate(0, 0, 1+SurveyDays) }

// SurveyOpen reports whether answers are taken.
func (e *Event) SurveyOpen(now time.Time) bool {
	return e.Status != EventCancelled && !now.Before(e.SurveyAt()) && now.Before(e.SurveyEnds())
}

// Question finds a question by its ID.
func (s *Survey) Question(id string) (SurveyQuestion, bool) {
	i := slices.IndexFunc(s.Questions, func(q SurveyQuestion) bool { return q.ID == id })
	if i < 0 {
		return SurveyQuestion{}, false
	}
	return s.Questions[i], true
}

// Set gives question n (from 1) other words and another kind; one behind the
// last adds it. An ID is never used for another question: what it was asked
// under would be counted with it.
func (s *Survey) Set(n int, kind SurveyKind, text string) error {
	switch {
	case n < 1 || n > len(s.Questions)+1:
		return ErrNoQuestion
	case n > MaxSurvey:
		return ErrSurveyFull
	}
	q := SurveyQuestion{ID: s.freeID(), Kind: kind, Text: strings.TrimSpace(text)}
	next := slices.Clone(s.Questions)
	if n == len(next)+1 {
		next = append(next, q)
	} else {
		next[n-1] = q
	}
	s.Questions = next
	return nil
}

// Drop takes question n (from 1) out.
func (s *Survey) Drop(n int) error {
	if n < 1 || n > len(s.Questions) {
		return ErrNoQuestion
	}
	if len(s.Questions) == 1 {
		return ErrSurveyEmpty
	}
	s.Questions = slices.Delete(slices.Clone(s.Questions), n-1, n)
	return nil
}

// freeID names a question of the lead's own: p1, p2, …
func (s *Survey) freeID() string {
	for c := 'a'; ; c++ {
		id := "p" + string(c)
		if _, taken := s.Question(id); !taken {
			return id
		}
	}
}

// SurveyReply is what one person answered. It bears the person so that they
// answer once and can change it; nothing that is shown of it does.
type SurveyReply struct {
	ID       string         `json:"id"` // that of the participation
	Version  int64          `json:"version"`
	EventID  string         `json:"eventId"`
	PersonID string         `json:"personId"`
	Audience Audience       `json:"audience"`
	Answers  []SurveyAnswer `json:"answers,omitempty"`
	At       time.Time      `json:"at"` // when it was changed last
}

// SurveyAnswer is an answer to one question. Neither a rating nor a text: it
// was skipped.
type SurveyAnswer struct {
	Question string `json:"question"`
	Rating   int    `json:"rating,omitempty"`
	Text     string `json:"text,omitempty"`
}

// Said reports whether it says anything.
func (a SurveyAnswer) Said() bool { return a.Rating > 0 || a.Text != "" }

// Answer finds the answer to a question; ok is false where it was not asked
// yet.
func (r *SurveyReply) Answer(question string) (SurveyAnswer, bool) {
	i := slices.IndexFunc(r.Answers, func(a SurveyAnswer) bool { return a.Question == question })
	if i < 0 {
		return SurveyAnswer{}, false
	}
	return r.Answers[i], true
}

// Put sets an answer; false where it is so already.
func (r *SurveyReply) Put(a SurveyAnswer) bool {
	old, ok := r.Answer(a.Question)
	if ok && old == a {
		return false
	}
	r.Answers = slices.Clone(r.Answers)
	if !ok {
		r.Answers = append(r.Answers, a)
		return true
	}
	r.Answers[slices.Index(r.Answers, old)] = a
	return true
}

// Said reports whether any question was answered, not only skipped.
func (r *SurveyReply) Said() bool { return slices.ContainsFunc(r.Answers, SurveyAnswer.Said) }

// Next is the first question that was neither answered nor skipped.
func (r *SurveyReply) Next(s *Survey) (q SurveyQuestion, ok bool) {
	for _, q := range s.Questions {
		if _, done := r.Answer(q.ID); !done {
			return q, true
		}
	}
	return SurveyQuestion{}, false
}

// SurveyCount is how the answers to one question stand.
type SurveyCount struct {
	Question SurveyQuestion
	Ratings  [MaxRating]int // how many gave 1, 2, …
	Texts    []string       // oldest first
	Skipped  int
}

// Rated is how many gave a rating.
func (c SurveyCount) Rated() int {
	n := 0
	for _, k := range c.Ratings {
		n += k
	}
	return n
}

// Tenths is the mean rating in tenths: 43 is 4.3; 0 where nobody rated.
func (c SurveyCount) Tenths() int {
	n, sum := 0, 0
	for i, k := range c.Ratings {
		n += k
		sum += k * (i + 1)
	}
	if n == 0 {
		return 0
	}
	return (20*sum + n) / (2 * n)
}

// CountSurvey counts replies by question.
func CountSurvey(s *Survey, replies []*SurveyReply) []SurveyCount {
	out := make([]SurveyCount, len(s.Questions))
	for i, q := range s.Questions {
		c := SurveyCount{Question: q}
		for _, r := range replies {
			a, ok := r.Answer(q.ID)
			switch {
			case !ok:
			case a.Rating >= 1 && a.Rating <= MaxRating:
				c.Ratings[a.Rating-1]++
			case a.Text != "":
				c.Texts = append(c.Texts, a.Text)
			default:
				c.Skipped++
			}
		}
		out[i] = c
	}
	return out
}
