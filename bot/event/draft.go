package event

import (
	"slices"
	"time"
)

// Draft is a registration under way. Where it stands follows from its answers
// alone, so it survives restarts and new versions of the questions.
type Draft struct {
	ID        string            `json:"id"` // becomes the registration's ID: submitting twice is submitting once
	EventID   string            `json:"eventId"`
	Audience  Audience          `json:"audience"`
	Form      int               `json:"form"` // version of the form it was begun with
	Answers   map[string]string `json:"answers"`
	Skipped   []string          `json:"skipped,omitempty"`  // optional questions passed over
	Trail     []string          `json:"trail,omitempty"`    // keys in the order answered, for going back
	Optional  string            `json:"optional,omitempty"` // "", "yes" or "no": the block of optional questions
	Fixing    string            `json:"fixing,omitempty"`   // a field being changed from the summary
	Distinct  bool              `json:"distinct,omitempty"` // the person said that it is another business of the same name
	Source    string            `json:"source,omitempty"`   // the link that they came by; "" none
	StartedAt time.Time         `json:"startedAt"`
	UpdatedAt time.Time         `json:"updatedAt"`
	NudgedAt  *time.Time        `json:"nudgedAt,omitempty"`
	MovedTo   string            `json:"movedTo,omitempty"` // chat in which it goes on: here it is over
}

// How long a draft lives (issue: one gentle nudge, then kept a while).
const (
	NudgeAfter = 24 * time.Hour
	DraftLife  = 14 * 24 * time.Hour
)

// Next is the field to ask now; ok is false when all that is wanted has been
// answered. Before the optional block is decided upon, only required fields
// are asked.
func (d *Draft) Next(f Form) (fd Field, ok bool) {
	if d.Fixing != "" {
		return f.Field(d.Fixing)
	}
	for _, fd := range f.Fields {
		if !fd.Optional && !d.has(fd.Key) {
			return fd, true
		}
	}
	if d.Optional != "yes" {
		return Field{}, false
	}
	for _, fd := range f.Fields {
		if fd.Optional && !d.has(fd.Key) && !slices.Contains(d.Skipped, fd.Key) {
			return fd, true
		}
	}
	return Field{}, false
}

func (d *Draft) has(key string) bool { _, ok := d.Answers[key]; return ok }

// Set records an answer.
func (d *Draft) Set(key, value string) {
	if d.Answers == nil {
		d.Answers = map[string]string{}
	}
	d.Answers[key] = value
	d.Skipped = slices.DeleteFunc(d.Skipped, func(k string) bool { return k == key })
	if d.Fixing == key {
		d.Fixing = ""
		return
	}
	d.Trail = append(slices.DeleteFunc(d.Trail, func(k string) bool { return k == key }), key)
}

// Skip passes over an optional question.
func (d *Draft) Skip(key string) {
	delete(d.Answers, key)
	if !slices.Contains(d.Skipped, key) {
		d.Skipped = append(d.Skipped, key)
	}
	if d.Fixing == key {
		d.Fixing = ""
		return
	}
	d.Trail = append(d.Trail, key)
}

// Back takes the latest answer away and returns its key and old value, so
// that it is asked again; ok is false at the first question.
func (d *Draft) Back() (key, old string, ok bool) {
	if d.Fixing != "" {
		key = d.Fixing
		d.Fixing = ""
		return key, d.Answers[key], true
	}
	if len(d.Trail) == 0 {
		return "", "", false
	}
	key = d.Trail[len(d.Trail)-1]
	d.Trail = d.Trail[:len(d.Trail)-1]
	old = d.Answers[key]
	delete(d.Answers, key)
	d.Skipped = slices.DeleteFunc(d.Skipped, func(k string) bool { return k == key })
	return key, old, true
}

// Adopt brings a draft of an older form up to f: answers to questions that
// are gone, or that valid refuses, are dropped and will be asked anew.
func (d *Draft) Adopt(f Form, valid func(Field, string) bool) {
	if d.Form == f.Version {
		return
	}
	keep := func(key string) bool {
		fd, ok := f.Field(key)
		return ok && (!d.has(key) || valid(fd, d.Answers[key]))
	}
	for key := range d.Answers {
		if !keep(key) {
			delete(d.Answers, key)
		}
	}
	gone := func(key string) bool { return !keep(key) }
	d.Trail = slices.DeleteFunc(d.Trail, func(k string) bool { return gone(k) || (!d.has(k) && !slices.Contains(d.Skipped, k)) })
	d.Skipped = slices.DeleteFunc(d.Skipped, gone)
	if d.Fixing != "" && gone(d.Fixing) {
		d.Fixing = ""
	}
	d.Form = f.Version
}
