package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// EarlierGuest is somebody who was invited to or registered for an earlier
// event, and has no part in this one yet.
type EarlierGuest struct {
	PersonID     string
	Audience     event.Audience
	Name         string
	Organisation string
	Position     string
	Salutation   string
	Kecamatan    string
	Phone        string
	Email        string
	Telegram     string
	EventID      string // the latest event that they took part in
	seen         time.Time
}

// EarlierGuests finds people of an audience ("" for all) from other events who
// may be invited to this one, by name. Whoever asked us to stop, was taken off
// a list, or is no longer known, is left out.
func (a *App) EarlierGuests(ctx context.Context, eventID string, aud event.Audience) ([]EarlierGuest, error) {
	found := map[string]EarlierGuest{}
	closed := map[string]bool{}
	add := func(g EarlierGuest) {
		if old, ok := found[g.PersonID]; !ok || g.seen.After(old.seen) {
			found[g.PersonID] = g
		}
	}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{Audience: aud}, func(p *event.Participation) error {
		if p.EventID == eventID || p.Closed != event.StillOpen {
			closed[p.PersonID] = true
			return nil
		}
		add(EarlierGuest{
			PersonID: p.PersonID, Audience: p.Audience, Name: p.Name, Organisation: p.Organisation, Position: p.Position, Salutation: p.Salutation,
			Kecamatan: p.Kecamatan, Phone: p.Phone, Email: p.Email, Telegram: p.Telegram, EventID: p.EventID, seen: p.CreatedAt,
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("earlier guests: %w", err)
	}
	err = a.EachRegistration(ctx, storage.RegistrationQuery{Audience: aud}, func(r *event.Registration) error {
		if r.EventID == eventID || !r.Status.Active() {
			return nil
		}
		if _, ok := found[r.PersonID]; ok {
			return nil // the participation says it better
		}
		p := a.participationOf(r)
		add(EarlierGuest{
			PersonID: r.PersonID, Audience: r.Audience, Name: p.Name, Organisation: p.Organisation, Kecamatan: p.Kecamatan,
			Phone: p.Phone, Email: p.Email, EventID: r.EventID, seen: r.CreatedAt,
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("earlier guests: %w", err)
	}
	return a.stillWelcome(ctx, eventID, found, closed)
}

func (a *App) stillWelcome(ctx context.Context, eventID string, found map[string]EarlierGuest, closed map[string]bool) ([]EarlierGuest, error) {
	var out []EarlierGuest
	for id, g := range found {
		if closed[id] {
			continue
		}
		p, err := a.store.People().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("earlier guests: %w", err)
		}
		if p.StoppedAt != nil {
			continue
		}
		// In this event under another audience: the query above did not see it.
		_, err = a.store.Participations().Get(ctx, event.ParticipationID(eventID, id))
		if err == nil {
			continue
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("earlier guests: %w", err)
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(x, y EarlierGuest) int {
		return cmp.Or(strings.Compare(event.Fold(x.Name), event.Fold(y.Name)), strings.Compare(x.PersonID, y.PersonID))
	})
	return out, nil
}

// settingEarlier + event + entry holds the codes, by person, of the earlier
// guests that one message put on the list: what can be undone.
const settingEarlier = "earlier/"

// InviteEarlier puts earlier guests on the list of an event; who is on it
// already stays as they are. It reports how many are new. UndoEarlier takes the
// entry back.
func (a *App) InviteEarlier(ctx context.Context, by Actor, eventID string, guests []EarlierGuest) (n int, entry string, err error) {
	entry = EntryOf(by)
	codes := make(map[string]string, len(guests))
	for _, g := range guests {
		codes[g.PersonID] = newGuestCode()
	}
	// First what can be undone, then the guests: after a crash between, the same
	// message finds the codes there and goes on with them.
	first, err := a.store.Settings().PutNew(ctx, settingEarlier+eventID+"/"+entry, &codes)
	if err != nil {
		return 0, "", fmt.Errorf("invite earlier guests: %w", err)
	}
	for part := range slices.Chunk(guests, importBatch) {
		var batch []*event.Participation
		for _, g := range part {
			code, ok := codes[g.PersonID]
			if !ok {
				continue // came up since: not of what was shown
			}
			p := &event.Participation{
				ID: event.ParticipationID(eventID, g.PersonID), EventID: eventID, PersonID: g.PersonID, Audience: g.Audience,
				Name: g.Name, Organisation: g.Organisation, Position: g.Position, Salutation: g.Salutation, Kecamatan: g.Kecamatan,
				Phone: g.Phone, Email: g.Email, Telegram: g.Telegram, Code: code, CreatedAt: a.Now(), UpdatedAt: a.Now(),
			}
			p.Derive()
			batch = append(batch, p)
		}
		fresh, err := a.store.Participations().AddAll(ctx, batch)
		if err != nil {
			return 0, "", fmt.Errorf("invite earlier guests: %w", err)
		}
		n += fresh
	}
	if !first { // before a crash
		n = len(codes)
	}
	return n, entry, a.record(ctx, by, "guests.earlier", eventID, fmt.Sprintf("%d", len(codes)))
}

// UndoEarlier takes those off the list again whom one message put on it; kept
// are those who have heard of the event meanwhile. storage.ErrNotFound where
// there is no such entry.
func (a *App) UndoEarlier(ctx context.Context, by Actor, eventID, entry string) (removed, kept int, err error) {
	var codes map[string]string
	if err := a.store.Settings().Get(ctx, settingEarlier+eventID+"/"+entry, &codes); err != nil {
		return 0, 0, fmt.Errorf("undo earlier guests: %w", err)
	}
	for _, person := range slices.Sorted(maps.Keys(codes)) {
		p, err := a.store.Participations().Get(ctx, event.ParticipationID(eventID, person))
		if err == nil && p.Code != codes[person] {
			continue // put on the list in another way
		}
		if err == nil {
			_, _, err = a.RemoveGuest(ctx, by, p.ID)
		}
		switch {
		case errors.Is(err, storage.ErrNotFound):
		case errors.Is(err, ErrKept):
			kept++
		case err != nil:
			return removed, kept, fmt.Errorf("undo earlier guests: %w", err)
		default:
			removed++
		}
	}
	return removed, kept, nil
}

// GuestCounts counts the guests of an event by audience.
func (a *App) GuestCounts(ctx context.Context, eventID string) (by map[event.Audience]int, total int, err error) {
	by = map[event.Audience]int{}
	err = a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID}, func(p *event.Participation) error {
		by[p.Audience]++
		total++
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("count guests: %w", err)
	}
	return by, total, nil
}
