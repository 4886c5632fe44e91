package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// CodeContinue is the purpose of codes by which a registration begun in one
// chat is finished in another.
const CodeContinue = "continue"

// continueLasts is how long such a code is good.
const continueLasts = 24 * time.Hour

// ContinueElsewhere makes a one-time code for the person's draft in this chat:
// whoever has it takes the draft over, and is this person. The same message
// makes one code.
func (a *App) ContinueElsewhere(ctx context.Context, by Actor) (string, error) {
	code := "L" + newCode()
	if _, err := a.store.Settings().PutNew(ctx, settingInvited+by.Inbound, &code); err != nil {
		return "", fmt.Errorf("continue elsewhere: %w", err)
	}
	err := a.store.Codes().Create(ctx, storage.Code{
		ID: code, Purpose: CodeContinue, CreatedBy: by.Person.ID, ExpiresAt: a.Now().Add(continueLasts),
	})
	if err != nil && !errors.Is(err, storage.ErrConflict) { // made before a crash
		return "", fmt.Errorf("continue elsewhere: %w", err)
	}
	return code, nil
}

// Continue takes over the draft that a code is for, in the chat of by. The two
// accounts are one person from now on, unless one of them is of the team: a
// role is not to be had by a link. What stays in the other chat is marked, and
// dropped when that chat is used again; so a crash in between loses nothing.
// storage.ErrNotFound: the code is not good; storage.ErrConflict: used in
// another chat; ErrNoDraft: there is nothing left to continue.
func (a *App) Continue(ctx context.Context, by Actor, code string) (*event.Draft, *event.Person, error) {
	if a.tooManyTries(by.Person.ID) {
		return nil, nil, ErrTooManyTries
	}
	c, err := a.store.Codes().Redeem(ctx, strings.ToUpper(strings.TrimSpace(code)), CodeContinue, by.Chat, a.Now())
	if err != nil {
		a.countTry(by.Person.ID)
		return nil, nil, fmt.Errorf("continue: %w", err)
	}
	person, owner := by.Person, by.Person.ID
	if c.CreatedBy != by.Person.ID {
		p, err := a.Merge(ctx, by, by.Person.ID, c.CreatedBy)
		switch {
		case err == nil:
			person = p
		case errors.Is(err, ErrMergeStaff):
			owner = c.CreatedBy
		case errors.Is(err, storage.ErrNotFound): // joined another way meanwhile
		default:
			return nil, nil, fmt.Errorf("continue: %w", err)
		}
	}
	chats, err := a.store.Chats().OfPerson(ctx, owner)
	if err != nil {
		return nil, nil, fmt.Errorf("continue: %w", err)
	}
	for _, chat := range chats {
		if chat.ID == by.Chat || chat.Draft == nil || chat.Draft.MovedTo != "" && chat.Draft.MovedTo != by.Chat {
			continue
		}
		draft, err := a.leaveDraft(ctx, chat.ID, by.Chat)
		if err != nil || draft != nil {
			return draft, person, err
		}
	}
	return nil, person, ErrNoDraft
}

// ErrNoDraft: there is no registration under way to be continued.
var ErrNoDraft = errors.New("no registration is under way there")

// leaveDraft marks a chat's draft as gone to another, and gives it.
func (a *App) leaveDraft(ctx context.Context, chat, to string) (draft *event.Draft, err error) {
	err = retryConflict(ctx, func() error {
		c, err := a.store.Chats().Get(ctx, chat)
		if err != nil {
			return err
		}
		if c.Draft == nil {
			draft = nil
			return nil
		}
		kept := *c.Draft
		kept.MovedTo = ""
		draft = &kept
		if c.Draft.MovedTo == to {
			return nil // before a crash
		}
		c.Draft.MovedTo, c.DraftNudged = to, true
		c.Dialog, c.State, c.With = "", nil, "" // the question that stands there is asked elsewhere
		return a.store.Chats().Save(ctx, c)
	})
	if err != nil {
		return nil, fmt.Errorf("continue: %w", err)
	}
	return draft, nil
}
