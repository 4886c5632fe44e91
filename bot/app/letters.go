package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// ErrLetterState: it is too late, or too early, for this.
var ErrLetterState = errors.New("the letter is in another state")

// letterMoves is the state machine of letters, the only place where it stands.
// A signed copy may be replaced; a number stays used for good.
var letterMoves = map[storage.LetterStatus][]storage.LetterStatus{
	storage.LetterDraft:    {storage.LetterNumbered, storage.LetterCancelled},
	storage.LetterNumbered: {storage.LetterSigned, storage.LetterCancelled},
	storage.LetterSigned:   {storage.LetterSigned, storage.LetterCancelled},
}

// What is done to letters, as their history names it.
const (
	StepDraft    = "draft"
	StepEdited   = "edited"
	StepNumbered = "numbered"
	StepPrinted  = "printed"
	StepSigned   = "signed"
	StepSent     = "sent"
	StepCancel   = "cancelled"
)

func moveLetter(l *storage.Letter, to storage.LetterStatus) error {
	if !slices.Contains(letterMoves[l.Status], to) {
		return fmt.Errorf("%w: from %s to %s", ErrLetterState, l.Status, to)
	}
	l.Status = to
	return nil
}

// step adds to a letter's history, once for each message.
func (a *App) step(l *storage.Letter, by Actor, what, detail string) (fresh bool) {
	for _, s := range l.Steps {
		if by.Inbound != "" && s.Origin == by.Inbound && s.What == what {
			return false
		}
	}
	s := storage.LetterStep{At: a.Now(), What: what, Detail: detail, Origin: by.Inbound}
	if by.Person != nil {
		s.By, s.Name = by.Person.ID, by.Person.Name
	}
	l.Steps = append(l.Steps, s)
	l.UpdatedAt = a.Now()
	return true
}

// Letter gets one. Its ID may be typed in any case.
func (a *App) Letter(ctx context.Context, id string) (*storage.Letter, error) {
	return a.store.Letters().Get(ctx, strings.ToLower(strings.TrimSpace(id)))
}

// DraftLetter puts a new letter into the register. The same message makes one.
func (a *App) DraftLetter(ctx context.Context, by Actor, l storage.Letter) (*storage.Letter, error) {
	full := broadcastID(by.Inbound)
	for n := 5; n <= len(full); n++ { // short, since people type it
		l.ID, l.Version, l.Status = full[:n], 0, storage.LetterDraft
		l.Key, l.Origin, l.MadeBy, l.CreatedAt = storage.NoLetterKey(l.ID), by.Inbound, by.Person.ID, a.Now()
		l.Steps = nil
		a.step(&l, by, StepDraft, "")
		err := a.store.Letters().Save(ctx, &l)
		if err == nil {
			return &l, a.record(ctx, by, "letter.draft", l.ID, string(l.Kind))
		}
		if !errors.Is(err, storage.ErrConflict) {
			return nil, fmt.Errorf("draft letter: %w", err)
		}
		there, err := a.store.Letters().Get(ctx, l.ID)
		if err != nil {
			return nil, fmt.Errorf("draft letter: %w", err)
		}
		if there.Origin == by.Inbound {
			return there, nil
		}
	}
	return nil, fmt.Errorf("draft letter: no ID is free for %s", full)
}

// updateLetter changes one with compare-and-set. errUnchanged leaves it as it
// is. ErrNumberTaken where another one has its key.
func (a *App) updateLetter(ctx context.Context, id string, change func(*storage.Letter) error) (l *storage.Letter, err error) {
	err = retryConflict(ctx, func() error {
		if l, err = a.store.Letters().Get(ctx, id); err != nil {
			return err
		}
		if err := change(l); err != nil {
			return err
		}
		l.UpdatedAt = a.Now()
		err := a.store.Letters().Save(ctx, l)
		if errors.Is(err, storage.ErrConflict) {
			if other, e := a.store.Letters().ByKey(ctx, l.Key); e == nil && other.ID != l.ID {
				return ErrNumberTaken
			}
		}
		return err
	})
	if errors.Is(err, errUnchanged) {
		return l, nil
	}
	return l, err
}

// EditLetter changes what a draft says.
func (a *App) EditLetter(ctx context.Context, by Actor, id string, change func(*storage.Letter)) (*storage.Letter, error) {
	l, err := a.updateLetter(ctx, id, func(l *storage.Letter) error {
		if l.Status != storage.LetterDraft {
			return ErrLetterState
		}
		change(l)
		a.step(l, by, StepEdited, "")
		return nil
	})
	if err != nil {
		return l, fmt.Errorf("edit letter: %w", err)
	}
	return l, a.record(ctx, by, "letter.edit", l.ID, "")
}

// formatOf is the format of the numbers of a kind.
func (o Office) formatOf(k storage.LetterKind) string {
	if k == storage.LetterDecree {
		return o.DecreeSeries
	}
	return o.Series
}

// EnterNumber gives a draft the number that staff took from the office's book.
func (a *App) EnterNumber(ctx context.Context, by Actor, id, number string) (*storage.Letter, error) {
	number = strings.Join(strings.Fields(number), " ")
	key, err := numberKey(number)
	if err != nil {
		return nil, err
	}
	l, err := a.giveNumber(ctx, by, id, key, number, 0)
	if err != nil {
		return l, fmt.Errorf("number letter: %w", err)
	}
	return l, a.record(ctx, by, "letter.number", l.ID, number)
}

// drawTries is how many numbers of the series may be taken by hand in a row.
const drawTries = 500

// DrawNumber gives a draft the next number of the office's series. A replayed
// message finds the number given, and draws no other.
func (a *App) DrawNumber(ctx context.Context, by Actor, id string) (*storage.Letter, error) {
	o, err := a.Office(ctx)
	if err != nil {
		return nil, err
	}
	l, err := a.Letter(ctx, id)
	if err != nil {
		return nil, err
	}
	if l.Status != storage.LetterDraft {
		return a.giveNumber(ctx, by, l.ID, "", "", 0) // numbered by this message, or too late
	}
	format := o.formatOf(l.Kind)
	now := a.Now()
	series := seriesOf(format, now)
	for range drawTries {
		n, err := a.store.Counters().Next(ctx, "letters:"+series)
		if err != nil {
			return nil, fmt.Errorf("number letter: %w", err)
		}
		n += max(o.First, 1) - 1
		number := FormatNumber(format, n, now)
		key, err := numberKey(number)
		if err != nil {
			return nil, fmt.Errorf("number letter: %s: %w", number, err)
		}
		l, err := a.giveNumber(ctx, by, l.ID, key, number, n)
		if errors.Is(err, ErrNumberTaken) {
			continue
		}
		if err != nil {
			return l, fmt.Errorf("number letter: %w", err)
		}
		return l, a.record(ctx, by, "letter.number", l.ID, number)
	}
	return nil, fmt.Errorf("number letter: %d numbers of %s in a row are taken", drawTries, series)
}

// giveNumber numbers a draft. Where this very message has numbered it already
// it is left alone.
func (a *App) giveNumber(ctx context.Context, by Actor, id, key, number string, running int64) (*storage.Letter, error) {
	return a.updateLetter(ctx, id, func(l *storage.Letter) error {
		if l.Status == storage.LetterNumbered && slices.ContainsFunc(l.Steps, func(s storage.LetterStep) bool {
			return s.What == StepNumbered && s.Origin == by.Inbound
		}) {
			return errUnchanged
		}
		if err := moveLetter(l, storage.LetterNumbered); err != nil {
			return err
		}
		now := a.Now()
		l.Key, l.Number, l.Running, l.DatedAt = key, number, running, &now
		a.step(l, by, StepNumbered, number)
		return nil
	})
}

// KeepPrint stores a numbered letter's pages as they are to be signed; names
// is how many stand in its annex. What is kept once stays as it is.
func (a *App) KeepPrint(ctx context.Context, id string, data []byte, names int) (*storage.Letter, error) {
	blob := "letter/" + id + "/print.pdf"
	if err := a.store.Media().Put(ctx, storage.Blob{ID: blob, Name: "surat.pdf", MIME: "application/pdf", At: a.Now()}, data); err != nil {
		return nil, fmt.Errorf("keep letter: %w", err)
	}
	return a.updateLetter(ctx, id, func(l *storage.Letter) error {
		if l.Print != "" {
			return errUnchanged
		}
		l.Print, l.Names = blob, names
		return nil
	})
}

// LetterPrinted notes that the pages were handed out for signing.
func (a *App) LetterPrinted(ctx context.Context, by Actor, id string) (*storage.Letter, error) {
	return a.updateLetter(ctx, id, func(l *storage.Letter) error {
		if !a.step(l, by, StepPrinted, "") {
			return errUnchanged
		}
		return nil
	})
}

// SignLetter takes the signed copy in.
func (a *App) SignLetter(ctx context.Context, by Actor, id string, data []byte) (*storage.Letter, error) {
	l, err := a.Letter(ctx, id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(letterMoves[l.Status], storage.LetterSigned) {
		return l, fmt.Errorf("sign letter: %w", ErrLetterState)
	}
	// A copy that was sent with a broadcast stays what it was: each has its own
	// key.
	blob := "letter/" + l.ID + "/signed-" + broadcastID(by.Inbound) + ".pdf"
	if err := a.store.Media().Put(ctx, storage.Blob{ID: blob, Name: "surat.pdf", MIME: "application/pdf", At: a.Now()}, data); err != nil {
		return nil, fmt.Errorf("sign letter: %w", err)
	}
	l, err = a.updateLetter(ctx, l.ID, func(l *storage.Letter) error {
		if l.Signed == blob {
			return errUnchanged
		}
		if err := moveLetter(l, storage.LetterSigned); err != nil {
			return err
		}
		now := a.Now()
		l.Signed, l.SignedAt = blob, &now
		a.step(l, by, StepSigned, fmt.Sprintf("%d KB", (len(data)+1023)/1024))
		return nil
	})
	if err != nil {
		return l, fmt.Errorf("sign letter: %w", err)
	}
	return l, a.record(ctx, by, "letter.sign", l.ID, l.Number)
}

// CancelLetter ends a letter, with those made per person. Its number stays
// used.
func (a *App) CancelLetter(ctx context.Context, by Actor, id, reason string) (*storage.Letter, error) {
	l, err := a.Letter(ctx, id)
	if err != nil {
		return nil, err
	}
	cancel := func(id string) (*storage.Letter, error) {
		return a.updateLetter(ctx, id, func(l *storage.Letter) error {
			if l.Status == storage.LetterCancelled && l.Reason == reason {
				return errUnchanged
			}
			if err := moveLetter(l, storage.LetterCancelled); err != nil {
				return err
			}
			l.Reason = reason
			a.step(l, by, StepCancel, reason)
			return nil
		})
	}
	if l.PerPerson {
		err := a.EachLetter(ctx, storage.LetterQuery{Parent: &l.ID}, func(c *storage.Letter) error {
			_, err := cancel(c.ID)
			if errors.Is(err, ErrLetterState) {
				return nil
			}
			return err
		})
		if err != nil {
			return l, fmt.Errorf("cancel letter: %w", err)
		}
	}
	if l, err = cancel(l.ID); err != nil {
		return l, fmt.Errorf("cancel letter: %w", err)
	}
	return l, a.record(ctx, by, "letter.cancel", l.ID, reason)
}

// EachLetter calls fn for all letters of a query, in order of ID.
func (a *App) EachLetter(ctx context.Context, q storage.LetterQuery, fn func(*storage.Letter) error) error {
	for {
		page, next, err := a.store.Letters().List(ctx, q)
		if err != nil {
			return fmt.Errorf("list letters: %w", err)
		}
		for _, l := range page {
			if err := fn(l); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.After = next
	}
}

// Register is an event's letters that are part of no other: by number's date,
// then drafts, the oldest first.
func (a *App) Register(ctx context.Context, eventID string) ([]*storage.Letter, error) {
	top := ""
	var out []*storage.Letter
	err := a.EachLetter(ctx, storage.LetterQuery{EventID: eventID, Parent: &top}, func(l *storage.Letter) error {
		out = append(out, l)
		return nil
	})
	slices.SortStableFunc(out, func(x, y *storage.Letter) int { return x.CreatedAt.Compare(y.CreatedAt) })
	return out, err
}

// Annexed lists the guests of an invitation's audiences, in the audiences'
// order, then by name.
func (a *App) Annexed(ctx context.Context, l *storage.Letter) ([]*event.Participation, error) {
	var out []*event.Participation
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: l.EventID}, func(p *event.Participation) error {
		if slices.Contains(l.Audiences, p.Audience) && p.Closed == event.StillOpen {
			out = append(out, p)
		}
		return nil
	})
	slices.SortStableFunc(out, func(x, y *event.Participation) int {
		if d := slices.Index(Invitable(), x.Audience) - slices.Index(Invitable(), y.Audience); d != 0 {
			return d
		}
		return strings.Compare(event.Fold(x.Name), event.Fold(y.Name))
	})
	return out, err
}
