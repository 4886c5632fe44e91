package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

const settingFAQ = "faq"

// FAQ is one answer of the team's own list.
type FAQ struct {
	Words  string `json:"words"` // that must all occur in a question
	Answer string `json:"answer"`
}

// FAQ lists the team's own answers, in the order in which they were made.
func (a *App) FAQ(ctx context.Context) ([]FAQ, error) {
	var list []FAQ
	err := a.store.Settings().Get(ctx, settingFAQ, &list)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("faq: %w", err)
	}
	return list, nil
}

// SetFAQ adds or replaces an answer; an empty answer takes it away.
func (a *App) SetFAQ(ctx context.Context, by Actor, words, answer string) error {
	list, err := a.FAQ(ctx)
	if err != nil {
		return err
	}
	same := func(f FAQ) bool { return event.Fold(f.Words) == event.Fold(words) }
	list = slices.DeleteFunc(list, same)
	if answer != "" {
		list = append(list, FAQ{Words: words, Answer: answer})
	}
	if err := a.store.Settings().Put(ctx, settingFAQ, list); err != nil {
		return fmt.Errorf("faq: %w", err)
	}
	return a.record(ctx, by, "faq.set", words, answer)
}
