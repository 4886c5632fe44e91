package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// settingQuestion + chat + "/" + message names the question that a message in
// the team's group put, once it was answered: more may be said to it.
const settingQuestion = "question/"

// AskTeam keeps a guest's question for the team. One that is there already
// stays as it is, answered or not.
func (a *App) AskTeam(ctx context.Context, q storage.Question) error {
	_, err := a.store.Questions().Get(ctx, q.ID)
	if errors.Is(err, storage.ErrNotFound) {
		err = a.store.Questions().Save(ctx, q)
	}
	if err != nil {
		return fmt.Errorf("ask team: %w", err)
	}
	return nil
}

// QuestionOf finds the question that a message of the bot in the team's group
// put, by the network's ID of that message; nil if it was none. Questions that
// were answered are found, too.
func (a *App) QuestionOf(ctx context.Context, in channel.Chat, messageID string) (*storage.Question, error) {
	open, err := a.store.Questions().Open(ctx, 500)
	if err != nil {
		return nil, fmt.Errorf("question: %w", err)
	}
	for _, q := range open {
		row, err := a.store.Outbox().Get(ctx, q.Row)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("question: %w", err)
		}
		if row.MessageID == messageID && row.Chat == in {
			return &q, nil
		}
	}
	var id string
	err = a.store.Settings().Get(ctx, settingQuestion+in.String()+"/"+messageID, &id)
	var q *storage.Question
	if err == nil {
		q, err = a.store.Questions().Get(ctx, id)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("question: %w", err)
	}
	return q, nil
}

// Answered notes that the team answered a question, which was put by a message
// in a chat.
func (a *App) Answered(ctx context.Context, by Actor, q storage.Question, in channel.Chat, messageID string) error {
	id := q.ID
	if _, err := a.store.Settings().PutNew(ctx, settingQuestion+in.String()+"/"+messageID, &id); err != nil {
		return fmt.Errorf("answer question: %w", err)
	}
	now := a.Now()
	q.AnsweredAt, q.AnsweredBy = &now, by.Person.ID
	if err := a.store.Questions().Save(ctx, q); err != nil {
		return fmt.Errorf("answer question: %w", err)
	}
	return a.record(ctx, by, "question.answer", q.Name, "")
}
