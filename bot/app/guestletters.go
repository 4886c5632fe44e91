package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// MaxGuestLetters is how many guests get a letter of their own; more are
// invited by one letter with an annex. Each of these letters is signed by
// itself, and goes to the team in one ZIP file.
const MaxGuestLetters = 200

// ErrTooManyLetters: more than MaxGuestLetters guests.
var ErrTooManyLetters = errors.New("too many guests for letters of their own")

// NumberGuests gives each guest of an invitation a letter with a number, and
// marks the letter whose parts they are as numbered.
func (a *App) NumberGuests(ctx context.Context, by Actor, parent *storage.Letter) (letters []*storage.Letter, guests []*event.Participation, l *storage.Letter, err error) {
	if guests, err = a.Annexed(ctx, parent); err != nil {
		return nil, nil, parent, err
	}
	switch {
	case len(guests) == 0:
		return nil, nil, parent, ErrNobody
	case len(guests) > MaxGuestLetters:
		return nil, guests, parent, ErrTooManyLetters
	case parent.Status == storage.LetterCancelled || parent.Status == storage.LetterSigned:
		return nil, guests, parent, ErrLetterState
	}
	if letters, guests, err = a.GuestLetters(ctx, by, parent); err != nil {
		return nil, nil, parent, err
	}
	l, err = a.updateLetter(ctx, parent.ID, func(l *storage.Letter) error {
		if l.Status == storage.LetterNumbered {
			return errUnchanged
		}
		if err := moveLetter(l, storage.LetterNumbered); err != nil {
			return err
		}
		now := a.Now()
		l.DatedAt, l.Names = &now, len(letters)
		a.step(l, by, StepNumbered, fmt.Sprintf("%d", len(letters)))
		return nil
	})
	return letters, guests, l, err
}

// GuestLetters makes a letter with a number of its own for each guest of an
// invitation, and returns them in the order of Annexed. It can be run again:
// whoever has one keeps it, and guests who came later get theirs.
func (a *App) GuestLetters(ctx context.Context, by Actor, parent *storage.Letter) (letters []*storage.Letter, guests []*event.Participation, err error) {
	if guests, err = a.Annexed(ctx, parent); err != nil {
		return nil, nil, err
	}
	for _, g := range guests[:min(len(guests), MaxGuestLetters)] {
		l, err := a.guestLetter(ctx, by, parent, g)
		if err != nil {
			return nil, nil, fmt.Errorf("letter of %s: %w", g.ID, err)
		}
		letters = append(letters, l)
	}
	return letters, guests[:len(letters)], nil
}

func (a *App) guestLetter(ctx context.Context, by Actor, parent *storage.Letter, g *event.Participation) (*storage.Letter, error) {
	id := parent.ID + "/" + broadcastID(g.PersonID) // says nothing of the person once they are forgotten
	l, err := a.GuestLetter(ctx, parent.ID, g.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		l = &storage.Letter{
			ID: id, EventID: parent.EventID, Kind: parent.Kind, Status: storage.LetterDraft, Key: storage.NoLetterKey(id),
			Subject: parent.Subject, Nature: parent.Nature, To: []string{g.Name}, Body: parent.Body, Parent: parent.ID, PersonID: g.PersonID,
			MadeBy: parent.MadeBy, Origin: by.Inbound, CreatedAt: a.Now(),
		}
		a.step(l, by, StepDraft, "")
		err = a.store.Letters().Save(ctx, l)
		if errors.Is(err, storage.ErrConflict) {
			l, err = a.store.Letters().Get(ctx, id)
		}
	}
	if err != nil || l.Status != storage.LetterDraft {
		return l, err
	}
	return a.DrawNumber(ctx, by, l.ID)
}

// GuestLetter is the letter that was made for a guest as part of another, a
// signed one if there are two (people who were merged); ErrNotFound where there
// is none.
func (a *App) GuestLetter(ctx context.Context, parent, personID string) (*storage.Letter, error) {
	page, _, err := a.store.Letters().List(ctx, storage.LetterQuery{Parent: &parent, Person: personID})
	if err != nil {
		return nil, fmt.Errorf("letter of %s: %w", personID, err)
	}
	for _, l := range page {
		if l.Status == storage.LetterSigned {
			return l, nil
		}
	}
	if len(page) == 0 {
		return nil, fmt.Errorf("letter of %s: %w", personID, storage.ErrNotFound)
	}
	return page[0], nil
}

// LetterFileName names the file of a guest's letter: "12-h-dedi-supriadi.pdf".
func LetterFileName(l *storage.Letter) string {
	name := strings.Join(l.To, " ")
	name = strings.Join(strings.FieldsFunc(event.Fold(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "-")
	if len(name) > 40 {
		name = name[:40]
	}
	return strconv.FormatInt(l.Running, 10) + "-" + name + ".pdf"
}

// MatchSigned finds the letter of a file by the running number that its name
// begins with.
func MatchSigned(letters []*storage.Letter, file string) *storage.Letter {
	digits := file
	if i := strings.IndexFunc(file, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = file[:i]
	}
	n, err := strconv.ParseInt(digits, 10, 63)
	if err != nil || n == 0 {
		return nil
	}
	var found *storage.Letter
	for _, l := range letters {
		if l.Running == n && l.Status != storage.LetterCancelled {
			if found != nil {
				return nil // of two series: not to be told apart
			}
			found = l
		}
	}
	return found
}

// Signing counts the letters that are part of another.
type Signing struct{ All, Signed int }

// SigningOf is how far the signing of letters per person is.
func (a *App) SigningOf(ctx context.Context, parent string) (s Signing, err error) {
	err = a.EachLetter(ctx, storage.LetterQuery{Parent: &parent}, func(l *storage.Letter) error {
		switch l.Status {
		case storage.LetterSigned:
			s.Signed++
			s.All++
		case storage.LetterDraft, storage.LetterNumbered:
			s.All++
		case storage.LetterCancelled:
		}
		return nil
	})
	return s, err
}

// ApproveGuestLetters marks the letter whose parts came back signed, so that it
// may be sent. Where some are missing their guests get the invitation without.
func (a *App) ApproveGuestLetters(ctx context.Context, by Actor, parent string) (*storage.Letter, error) {
	return a.updateLetter(ctx, parent, func(l *storage.Letter) error {
		if l.Status == storage.LetterSigned {
			return errUnchanged
		}
		if err := moveLetter(l, storage.LetterSigned); err != nil {
			return err
		}
		now := a.Now()
		l.SignedAt = &now
		a.step(l, by, StepSigned, "")
		return nil
	})
}

// forgetLetters takes a person's name and their letters' pages out of the
// register. The entry and its number stay: the office's register has no holes.
func (a *App) forgetLetters(ctx context.Context, personID string) error {
	return a.EachLetter(ctx, storage.LetterQuery{Person: personID}, func(l *storage.Letter) error {
		return a.anonymiseLetter(ctx, l)
	})
}

func (a *App) anonymiseLetter(ctx context.Context, l *storage.Letter) error {
	if _, err := a.store.Media().Forget(ctx, "letter/"+l.ID+"/", a.Now().AddDate(0, 0, 1)); err != nil {
		return fmt.Errorf("letter %s: %w", l.ID, err)
	}
	_, err := a.updateLetter(ctx, l.ID, func(l *storage.Letter) error {
		l.To, l.Print, l.Signed, l.PersonID = nil, "", "", ""
		return nil
	})
	return err
}

// retireLetters does this for an event that is long over. The letters that
// name nobody but offices stay.
func (a *App) retireLetters(ctx context.Context, eventID string) error {
	return a.EachLetter(ctx, storage.LetterQuery{EventID: eventID}, func(l *storage.Letter) error {
		if l.Print == "" && l.Signed == "" || l.Kind != storage.LetterInvitation {
			return nil
		}
		return a.anonymiseLetter(ctx, l)
	})
}

// moveLetters gives one person's letters to the one whom they are merged into.
func (a *App) moveLetters(ctx context.Context, m *merging) error {
	return a.EachLetter(ctx, storage.LetterQuery{Person: m.Other.ID}, func(l *storage.Letter) error {
		_, err := a.updateLetter(ctx, l.ID, func(l *storage.Letter) error {
			l.PersonID = m.Keep
			return nil
		})
		return err
	})
}
