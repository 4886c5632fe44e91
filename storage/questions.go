package storage

import (
	"context"
	"time"
)

// Question is a guest's question that waits for the team.
type Question struct {
	ID         string     `json:"id"` // inbound ID of the question
	PersonID   string     `json:"personId"`
	Name       string     `json:"name"`
	Chat       string     `json:"chat"` // where the answer goes
	Text       string     `json:"text"`
	Row        string     `json:"row"` // outbox row by which the team was told
	AskedAt    time.Time  `json:"askedAt"`
	AnsweredAt *time.Time `json:"answeredAt,omitempty"`
	AnsweredBy string     `json:"answeredBy,omitempty"`
}

// Questions keeps questions to the team.
type Questions interface {
	// Save stores a question, replacing one of that ID.
	Save(ctx context.Context, q Question) error
	Get(ctx context.Context, id string) (*Question, error)
	// Open lists those without an answer, oldest first.
	Open(ctx context.Context, limit int) ([]Question, error)
	Delete(ctx context.Context, id string) error
	// Erase deletes all that a person asked, for the right to erasure.
	Erase(ctx context.Context, personID string) (n int, err error)
	// Forget deletes what was asked before the time.
	Forget(ctx context.Context, before time.Time) (n int, err error)
}
