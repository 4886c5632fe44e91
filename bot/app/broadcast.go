package app

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// MaxAlone is how many guests one team member may write to without a second
// one's approval.
const MaxAlone = 50

// Errors of broadcasts.
var (
	// ErrOwnBroadcast: whoever made a broadcast cannot approve it.
	ErrOwnBroadcast = errors.New("a broadcast is approved by somebody else than its maker")
	// ErrBroadcastState: it is too late, or too early, for this.
	ErrBroadcastState = errors.New("the broadcast is in another state")
	// ErrNobody: no guest of the audiences chosen can be written to.
	ErrNobody = errors.New("nobody would get the broadcast")
)

// broadcastMoves is the state machine of broadcasts, the only place where it
// stands:
//
//	Draft ─► Waiting ─► Approved ─► Running ⇄ Paused
//	  │         │ ▲        │ │         │ ▲       │
//	  │         │ └────────┘ │         ▼ │ retry │
//	  │         │  more      │      Finished     │
//	  │         │  guests    │                   │
//	  └─────────┴────────────┴──► Cancelled ◄────┘ (and from Running)
//
// Small ones go from Draft to Approved at once.
var broadcastMoves = map[storage.BroadcastStatus][]storage.BroadcastStatus{
	storage.BroadcastDraft:    {storage.BroadcastWaiting, storage.BroadcastApproved, storage.BroadcastCancelled},
	storage.BroadcastWaiting:  {storage.BroadcastApproved, storage.BroadcastCancelled},
	storage.BroadcastApproved: {storage.BroadcastRunning, storage.BroadcastWaiting, storage.BroadcastCancelled},
	storage.BroadcastRunning:  {storage.BroadcastPaused, storage.BroadcastFinished, storage.BroadcastCancelled},
	storage.BroadcastPaused:   {storage.BroadcastRunning, storage.BroadcastCancelled},
	storage.BroadcastFinished: {storage.BroadcastRunning},
}

// moveBroadcast changes the status, or fails with ErrBroadcastState. Where it
// has that status already it is left alone: a replayed message changes nothing.
func moveBroadcast(b *storage.Broadcast, to storage.BroadcastStatus) error {
	if b.Status == to {
		return errUnchanged
	}
	if !slices.Contains(broadcastMoves[b.Status], to) {
		return fmt.Errorf("%w: from %s to %s", ErrBroadcastState, b.Status, to)
	}
	b.Status = to
	return nil
}

// BroadcastOver reports whether nothing is sent any more.
func BroadcastOver(s storage.BroadcastStatus) bool {
	return s == storage.BroadcastFinished || s == storage.BroadcastCancelled
}

// InviteTouchpoint is the touchpoint of a broadcast's rows. IDs of broadcasts
// are of one length, so that none is the beginning of another.
func InviteTouchpoint(broadcastID string) string { return invitePrefix + broadcastID }

const invitePrefix = "invite/"

// FileTouchpoint is the touchpoint of the rows that carry what goes along with
// invitations where it does not fit into the same message. They are not
// counted, and are held and taken back with the invitations.
func FileTouchpoint(broadcastID string) string { return "files/" + broadcastID }

func broadcastID(inbound string) string {
	sum := sha256.Sum256([]byte(inbound))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:10])
}

// DraftBroadcast prepares the invitations of an event; nothing is sent. board
// is the chat in which its progress is shown. The same message makes one.
func (a *App) DraftBroadcast(ctx context.Context, by Actor, e *event.Event, auds []event.Audience) (*storage.Broadcast, error) {
	b := &storage.Broadcast{
		ID: broadcastID(by.Inbound), EventID: e.ID, Audiences: auds, Texts: map[string]string{}, Status: storage.BroadcastDraft,
		MadeBy: by.Person.ID, Board: by.Chat, StartAt: a.DefaultStart(e), CreatedAt: a.Now(), UpdatedAt: a.Now(),
	}
	err := a.store.Broadcasts().Save(ctx, b)
	if errors.Is(err, storage.ErrConflict) {
		return a.store.Broadcasts().Get(ctx, b.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("draft broadcast: %w", err)
	}
	return b, nil
}

// Broadcast gets one.
func (a *App) Broadcast(ctx context.Context, id string) (*storage.Broadcast, error) {
	return a.store.Broadcasts().Get(ctx, id)
}

// Broadcasts lists an event's, the latest first.
func (a *App) Broadcasts(ctx context.Context, eventID string) ([]*storage.Broadcast, error) {
	return a.store.Broadcasts().List(ctx, eventID)
}

// updateBroadcast changes one with compare-and-set; change may be called
// several times. errUnchanged leaves it as it is.
func (a *App) updateBroadcast(ctx context.Context, id string, change func(*storage.Broadcast) error) (b *storage.Broadcast, err error) {
	err = retryConflict(ctx, func() error {
		if b, err = a.store.Broadcasts().Get(ctx, id); err != nil {
			return err
		}
		if err := change(b); err != nil {
			return err
		}
		b.UpdatedAt = a.Now()
		return a.store.Broadcasts().Save(ctx, b)
	})
	if errors.Is(err, errUnchanged) {
		return b, nil
	}
	return b, err
}

// AttachToBroadcast sets what goes along with a draft: files for everybody,
// posters by audience, and the letter of which it is told that it was sent.
func (a *App) AttachToBroadcast(ctx context.Context, by Actor, id string, files []channel.File, posters map[string]channel.File, letter string) error {
	b, err := a.updateBroadcast(ctx, id, func(b *storage.Broadcast) error {
		if b.Status != storage.BroadcastDraft {
			return ErrBroadcastState
		}
		b.Files, b.Posters, b.LetterID = files, posters, letter
		return nil
	})
	if err != nil || letter == "" {
		return err
	}
	_, err = a.updateLetter(ctx, letter, func(l *storage.Letter) error {
		if !a.step(l, by, StepSent, b.ID) {
			return errUnchanged
		}
		return nil
	})
	return err
}

// SubmitBroadcast freezes the texts and the time of a draft. Where it goes to
// more than MaxAlone guests it waits for a second team member.
func (a *App) SubmitBroadcast(ctx context.Context, by Actor, id string, start time.Time, texts map[string]string) (*storage.Broadcast, error) {
	draft, err := a.store.Broadcasts().Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("submit broadcast: %w", err)
	}
	total, err := a.Addressees(ctx, draft)
	if err != nil {
		return nil, fmt.Errorf("submit broadcast: %w", err)
	}
	if total == 0 && draft.Status == storage.BroadcastDraft {
		return draft, ErrNobody
	}
	b, err := a.updateBroadcast(ctx, id, func(b *storage.Broadcast) error {
		if b.Status != storage.BroadcastDraft {
			if b.Status == storage.BroadcastWaiting || b.Status == storage.BroadcastApproved {
				return errUnchanged
			}
			return ErrBroadcastState
		}
		b.StartAt, b.Texts, b.Total = start.UTC(), texts, total
		if total > MaxAlone {
			return moveBroadcast(b, storage.BroadcastWaiting)
		}
		return moveBroadcast(b, storage.BroadcastApproved)
	})
	if err != nil {
		return b, fmt.Errorf("submit broadcast: %w", err)
	}
	a.stir()
	return b, a.record(ctx, by, "broadcast.submit", b.ID, fmt.Sprintf("%s, %d, %s", b.EventID, b.Total, b.Status))
}

// ApproveBroadcast is the second team member's yes.
func (a *App) ApproveBroadcast(ctx context.Context, by Actor, id string) (*storage.Broadcast, error) {
	b, err := a.updateBroadcast(ctx, id, func(b *storage.Broadcast) error {
		if b.MadeBy == by.Person.ID {
			return ErrOwnBroadcast
		}
		if err := moveBroadcast(b, storage.BroadcastApproved); err != nil {
			return err
		}
		b.OkBy = by.Person.ID
		return nil
	})
	if err != nil {
		return b, fmt.Errorf("approve broadcast: %w", err)
	}
	a.stir()
	return b, a.record(ctx, by, "broadcast.approve", b.ID, b.EventID)
}

// PauseBroadcast stops one that runs, also what is in the outbox already.
func (a *App) PauseBroadcast(ctx context.Context, by Actor, id string) (*storage.Broadcast, error) {
	return a.steer(ctx, by, id, storage.BroadcastPaused, "broadcast.pause")
}

// ResumeBroadcast lets a paused one go on.
func (a *App) ResumeBroadcast(ctx context.Context, by Actor, id string) (*storage.Broadcast, error) {
	return a.steer(ctx, by, id, storage.BroadcastRunning, "broadcast.resume")
}

// CancelBroadcast ends one: whoever has not got it, also since it failed, does
// not get it, and counts as not invited.
func (a *App) CancelBroadcast(ctx context.Context, by Actor, id string) (*storage.Broadcast, error) {
	return a.steer(ctx, by, id, storage.BroadcastCancelled, "broadcast.cancel")
}

func (a *App) steer(ctx context.Context, by Actor, id string, to storage.BroadcastStatus, action string) (*storage.Broadcast, error) {
	b, err := a.updateBroadcast(ctx, id, func(b *storage.Broadcast) error {
		if to == storage.BroadcastRunning && b.Status != storage.BroadcastPaused && b.Status != storage.BroadcastRunning {
			return fmt.Errorf("%w: it is %s", ErrBroadcastState, b.Status) // a retry is another verb
		}
		return moveBroadcast(b, to)
	})
	if err != nil {
		return b, fmt.Errorf("%s: %w", action, err)
	}
	if err := a.SettleBroadcast(ctx, b); err != nil {
		return b, fmt.Errorf("%s: %w", action, err)
	}
	a.stir()
	return b, a.record(ctx, by, action, b.ID, b.EventID)
}

// Retried says what came of trying failed messages again.
type Retried struct {
	N          int // tried again
	Elsewhere  int // of these, to an address that was corrected since
	BadAddress int // not tried: the address still is the one that no mailbox stands behind
}

// RetryBroadcast tries the messages of a finished broadcast again that failed,
// each at its guest's present address; with uncertain, those of which nobody
// knows whether they arrived, instead, which may double them.
func (a *App) RetryBroadcast(ctx context.Context, by Actor, id string, uncertain bool) (b *storage.Broadcast, did Retried, err error) {
	state := storage.Failed
	if uncertain {
		state = storage.Uncertain
	}
	b, err = a.updateBroadcast(ctx, id, func(b *storage.Broadcast) error {
		if b.Status != storage.BroadcastFinished && b.Status != storage.BroadcastRunning {
			return fmt.Errorf("%w: it is %s", ErrBroadcastState, b.Status)
		}
		return moveBroadcast(b, storage.BroadcastRunning)
	})
	if err != nil {
		return b, did, fmt.Errorf("retry broadcast: %w", err)
	}
	// Who was refused as a stranger is reached in another way, never so again.
	if uncertain {
		did.N, err = a.requeue(ctx, b, state, func(m *storage.Message) bool { return !m.Cold })
	} else {
		did, err = a.retryFailed(ctx, b)
	}
	if err != nil {
		return b, did, fmt.Errorf("retry broadcast: %w", err)
	}
	a.stir()
	return b, did, a.record(ctx, by, "broadcast.retry", b.ID, fmt.Sprintf("%s: %d", state, did.N))
}

// retryFailed gives the rows that failed back to the outbox, with the address
// at which their guest can be reached now.
func (a *App) retryFailed(ctx context.Context, b *storage.Broadcast) (did Retried, err error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	var reached map[string]bool
	err = a.eachOf(ctx, b, storage.Failed, func(m *storage.Message) error {
		if m.Cold {
			return nil
		}
		to, bad, ok, err := a.retryAt(ctx, m)
		if err != nil {
			return err
		}
		counts := m.Touchpoint == InviteTouchpoint(b.ID)
		switch {
		case !ok:
			if bad && counts {
				did.BadAddress++
			}
			return nil
		case to == m.Chat:
			err = a.store.Outbox().Retry(ctx, m.ID, now)
		default:
			if reached == nil {
				if reached, err = a.inviteAddresses(ctx, b.EventID); err != nil {
					return err
				}
			}
			if reached[strings.ToLower(to.ID)] {
				return nil // whoever reads that has one, under another name or from another broadcast
			}
			err = a.store.Outbox().Readdress(ctx, m.ID, to, now)
		}
		if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil || !counts {
			return err
		}
		did.N++
		if to != m.Chat {
			reached[strings.ToLower(to.ID)] = true
			did.Elsewhere++
		}
		return nil
	})
	return did, err
}

// requeue gives rows that ended in a state back to the outbox.
func (a *App) requeue(ctx context.Context, b *storage.Broadcast, state storage.State, want func(*storage.Message) bool) (n int, err error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	err = a.eachOf(ctx, b, state, func(m *storage.Message) error {
		if !want(m) {
			return nil
		}
		err := a.store.Outbox().Retry(ctx, m.ID, now)
		if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if m.Touchpoint == InviteTouchpoint(b.ID) {
			n++
		}
		return err
	})
	return n, err
}

// eachOf is eachRow for all rows of a broadcast, with those of its files.
func (a *App) eachOf(ctx context.Context, b *storage.Broadcast, state storage.State, fn func(*storage.Message) error) error {
	for _, touchpoint := range []string{InviteTouchpoint(b.ID), FileTouchpoint(b.ID)} {
		if err := a.eachRow(ctx, b.EventID, touchpoint, state, fn); err != nil {
			return err
		}
	}
	return nil
}

// eachRow calls fn for all rows of a touchpoint in a state; fn may change
// their state.
func (a *App) eachRow(ctx context.Context, eventID, touchpoint string, state storage.State, fn func(*storage.Message) error) error {
	for after := ""; ; {
		page, next, err := a.store.Outbox().List(ctx, eventID, touchpoint, state, after, 500)
		if err != nil {
			return err
		}
		for _, m := range page {
			if err := fn(m); err != nil {
				return fmt.Errorf("row %s: %w", m.ID, err)
			}
		}
		if next == "" {
			return nil
		}
		after = next
	}
}

// Why a broadcast's row is not sent. A row that is held is Failed in the
// outbox, from where it can come back.
const (
	heldReason      = "held: the broadcast is paused"
	cancelledReason = "the broadcast was cancelled"
)

// settledCursor is the Cursor of a cancelled broadcast once nothing is left of
// it to undo.
const settledCursor = "-"

// SettleBroadcast brings the outbox in line with the status: a paused
// broadcast's rows are held, a running one's let go, a cancelled one's expire.
// It can be run again at any time, and is after a crash.
func (a *App) SettleBroadcast(ctx context.Context, b *storage.Broadcast) error {
	switch b.Status {
	case storage.BroadcastPaused:
		return a.eachOf(ctx, b, storage.Queued, func(m *storage.Message) error {
			err := a.store.Outbox().Drop(ctx, m.ID, storage.Failed, heldReason)
			if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
				return nil // it is on its way
			}
			return err
		})
	case storage.BroadcastRunning:
		_, err := a.requeue(ctx, b, storage.Failed, held)
		return err
	case storage.BroadcastCancelled:
		return a.undoRest(ctx, b)
	}
	return nil
}

func held(m *storage.Message) bool { return m.LastError == heldReason }

// unsent reports whether a row never reached anybody, since it was taken back
// before it went out or was refused, so that another broadcast may reach its
// person. A stranger who was refused is reached in another way.
func unsent(m *storage.Message) bool {
	return m.State == storage.Expired || m.State == storage.Failed && !ColdFailed(m)
}

// undoRest takes back what a cancelled broadcast did not send.
func (a *App) undoRest(ctx context.Context, b *storage.Broadcast) error {
	if b.Cursor == settledCursor {
		return nil
	}
	for _, touchpoint := range []string{InviteTouchpoint(b.ID), FileTouchpoint(b.ID)} {
		if _, err := a.store.Outbox().Expire(ctx, b.EventID, touchpoint, cancelledReason); err != nil {
			return err
		}
	}
	// Whoever has it counts as invited, also where a crash kept that from being
	// noted: another broadcast must not reach them again.
	for _, state := range []storage.State{storage.Claimed, storage.Sent, storage.Delivered, storage.Read, storage.Uncertain} {
		err := a.eachRow(ctx, b.EventID, InviteTouchpoint(b.ID), state, func(m *storage.Message) error {
			if m.PersonID == "" {
				return nil
			}
			return a.MarkInvited(ctx, event.ParticipationID(b.EventID, m.PersonID), string(m.Chat.Channel))
		})
		if err != nil {
			return err
		}
	}
	for _, state := range []storage.State{storage.Expired, storage.Failed} {
		err := a.eachRow(ctx, b.EventID, InviteTouchpoint(b.ID), state, func(m *storage.Message) error {
			if !unsent(m) || m.PersonID == "" {
				return nil
			}
			_, err := a.updateParticipation(ctx, event.ParticipationID(b.EventID, m.PersonID), func(p *event.Participation) error {
				if p.InvitedAt == nil || p.Reply.At != nil {
					return errUnchanged
				}
				p.InvitedAt, p.Via = nil, ""
				if p.Cold == event.ColdSent {
					p.Cold, p.ColdRow = event.NotCold, ""
				}
				return nil
			})
			if err != nil && !errors.Is(err, errUnchanged) && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
			if m.Cold {
				return a.releaseCold(ctx, m)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := a.undoCold(ctx, b); err != nil {
		return err
	}
	done, err := a.updateBroadcast(ctx, b.ID, func(b *storage.Broadcast) error {
		b.Cursor = settledCursor
		return nil
	})
	if err == nil {
		*b = *done
	}
	return err
}

// BeginBroadcast lets an approved broadcast run. Where guests were added since
// and nobody but its maker has agreed to so many, it waits for a second one.
func (a *App) BeginBroadcast(ctx context.Context, id string) (*storage.Broadcast, error) {
	b, err := a.store.Broadcasts().Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("begin broadcast: %w", err)
	}
	total, err := a.Addressees(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("begin broadcast: %w", err)
	}
	b, err = a.updateBroadcast(ctx, id, func(b *storage.Broadcast) error {
		b.Total = total
		if b.OkBy == "" && total > MaxAlone {
			return moveBroadcast(b, storage.BroadcastWaiting)
		}
		return moveBroadcast(b, storage.BroadcastRunning)
	})
	if err != nil {
		return b, fmt.Errorf("begin broadcast: %w", err)
	}
	return b, nil
}

// AdvanceBroadcast stores how far queueing is, of the version that was read:
// storage.ErrConflict where somebody paused or cancelled it meanwhile.
func (a *App) AdvanceBroadcast(ctx context.Context, b *storage.Broadcast) error {
	b.UpdatedAt = a.Now()
	return a.store.Broadcasts().Save(ctx, b)
}

// FinishBroadcast marks one that has nothing left to send; AdvanceBroadcast
// stores it.
func (a *App) FinishBroadcast(b *storage.Broadcast) error {
	return moveBroadcast(b, storage.BroadcastFinished)
}

// DefaultStart is when invitations go out unless somebody says otherwise: H-45
// at 09.00, or the next working hour where that is past.
func (a *App) DefaultStart(e *event.Event) time.Time {
	now := a.Now()
	if at := e.StageAt(event.StageInvite); at.After(now) {
		return at
	}
	return nextWorkingHour(now)
}

func nextWorkingHour(now time.Time) time.Time {
	at := now.In(event.Jakarta)
	for {
		day := event.Midnight(at)
		switch {
		case !event.WorkingDay(day) || at.Hour() >= event.OfficeCloses:
			at = day.AddDate(0, 0, 1).Add(event.OfficeOpens * time.Hour)
		case at.Hour() < event.OfficeOpens:
			return day.Add(event.OfficeOpens * time.Hour)
		default:
			return at
		}
	}
}
