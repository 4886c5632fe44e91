package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/storage"
)

// settingText + the key of a text holds what the team wrote in its place.
const settingText = "text/"

// OwnText is a text that the team wrote, with the one before it for an undo.
type OwnText struct {
	Body   string    `json:"body"`             // "": the built-in one
	Before string    `json:"before,omitempty"` // "": the built-in one
	By     string    `json:"by"`               // person ID
	At     time.Time `json:"at"`
}

// OwnText gives the team's own text of that key; ok is false where there never
// was one.
func (a *App) OwnText(ctx context.Context, key string) (t OwnText, ok bool, err error) {
	err = a.store.Settings().Get(ctx, settingText+key, &t)
	if errors.Is(err, storage.ErrNotFound) {
		return t, false, nil
	}
	if err != nil {
		return t, false, fmt.Errorf("text %s: %w", key, err)
	}
	return t, true, nil
}

// SetOwnText puts a text in place of the built-in one ("" takes it back) and
// keeps the one before. The same text again changes nothing, so that a
// replayed message does not lose what was there before.
func (a *App) SetOwnText(ctx context.Context, by Actor, key, body string) error {
	t, _, err := a.OwnText(ctx, key)
	if err != nil {
		return err
	}
	if t.Body != body {
		t = OwnText{Body: body, Before: t.Body, By: by.Person.ID, At: a.Now()}
		if err := a.store.Settings().Put(ctx, settingText+key, t); err != nil {
			return fmt.Errorf("text %s: %w", key, err)
		}
	}
	return a.record(ctx, by, "text.set", key, "")
}
