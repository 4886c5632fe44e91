package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// settingBoard + an event's ID: the message that shows who came.
const settingBoard = "attendanceboard/"

// Board is the live board in the team's group.
type Board struct {
	Chat  string    `json:"chat"`
	Row   string    `json:"row"` // outbox row of the message that is changed
	N     int       `json:"n"`   // changes so far
	Text  string    `json:"text"`
	Shown time.Time `json:"shown"`
}

// BoardOf is an event's board; nil where there is none yet.
func (a *App) BoardOf(ctx context.Context, eventID string) (*Board, error) {
	var b Board
	err := a.store.Settings().Get(ctx, settingBoard+eventID, &b)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("board of %s: %w", eventID, err)
	}
	return &b, nil
}

// NewBoard makes a message the board: from now on it is the one that changes.
func (a *App) NewBoard(ctx context.Context, eventID string, chat channel.Chat, row, text string) error {
	b := Board{Chat: chat.String(), Row: row, Text: text, Shown: a.Now()}
	old, err := a.BoardOf(ctx, eventID)
	if err != nil {
		return err
	}
	if old != nil {
		b.N = old.N
	}
	return a.SetBoard(ctx, eventID, b)
}

// SetBoard keeps what the board shows.
func (a *App) SetBoard(ctx context.Context, eventID string, b Board) error {
	if err := a.store.Settings().Put(ctx, settingBoard+eventID, b); err != nil {
		return fmt.Errorf("board of %s: %w", eventID, err)
	}
	return nil
}
