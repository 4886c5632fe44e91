package app

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
)

// Standing is how a row of a guest list stands to what is known.
type Standing string

// Standings. The values name texts.
const (
	StandsNew     Standing = "new"     // nobody of that number, address or handle
	StandsKnown   Standing = "known"   // a person we know, not in this event yet
	StandsAlready Standing = "already" // in this event: nothing is written
	StandsDoubt   Standing = "doubt"   // may be somebody who is here already: see Doubles
)

// PlannedGuest is one row and what would be done with it.
type PlannedGuest struct {
	Row      guestlist.Row
	Standing Standing
	PersonID string   // whom it is put down to
	Others   []string // StandsDoubt: people who may be the same
}

// Plan is what an import would do; CheckGuests makes it and nothing is written
// before ImportGuests.
type Plan struct {
	EventID string
	Guests  []PlannedGuest // rows without faults
	Counts  map[Standing]int
	// ByAudience counts those that would be written.
	ByAudience map[event.Audience]int
	Handles    int // reachable by a Telegram name only, so not before they press Start
}

// Writes is how many guests would be added to the event.
func (p *Plan) Writes() int { return len(p.Guests) - p.Counts[StandsAlready] }

// guestPrefix begins the ID of a person whom we know from a list only.
const guestPrefix = "guest:"

// guestID is the natural ID of a person on a list, so that the same list again
// makes nobody twice. It is hashed, since IDs stand in logs.
func guestID(r *guestlist.Row) string {
	var key string
	switch {
	case r.WhatsApp != "":
		key = "phone/" + r.WhatsApp
	case r.Email != "":
		key = "email/" + r.Email
	case r.Telegram != "":
		key = "telegram/" + strings.ToLower(r.Telegram)
	default:
		key = "name/" + guestlist.BareName(r.Name) + "/" + event.Squeeze(r.Organisation) + "/" + event.Squeeze(r.Position)
	}
	sum := sha256.Sum256([]byte(key))
	return guestPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}

// handleAccount is the account of a Telegram name that has not written yet.
func handleAccount(handle string) event.Account {
	return event.Account{Key: event.AccountKey(string(channel.Telegram), "@"+strings.ToLower(handle)), Username: handle}
}

// CheckGuests compares the rows without faults with what is known, and writes
// nothing.
func (a *App) CheckGuests(ctx context.Context, eventID string, rows []guestlist.Row) (*Plan, error) {
	here, err := a.guestIndex(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("check guests: %w", err)
	}
	p := &Plan{EventID: eventID, Counts: map[Standing]int{}, ByAudience: map[event.Audience]int{}}
	for i := range rows {
		if len(rows[i].Faults) > 0 {
			continue
		}
		g := PlannedGuest{Row: rows[i]}
		if err := a.place(ctx, here, &g); err != nil {
			return nil, fmt.Errorf("check guests: row %d: %w", g.Row.Line, err)
		}
		p.Guests = append(p.Guests, g)
		p.Counts[g.Standing]++
		if g.Standing == StandsAlready {
			continue
		}
		p.ByAudience[g.Row.Audience]++
		if g.Row.Telegram != "" && g.Row.WhatsApp == "" && g.Row.Email == "" {
			p.Handles++
		}
	}
	return p, nil
}

// place finds out who a row is.
func (a *App) place(ctx context.Context, here *guestIndex, g *PlannedGuest) error {
	people, err := a.peopleOf(ctx, g.Row.WhatsApp, g.Row.Email, g.Row.Telegram)
	if err != nil {
		return err
	}
	own := guestID(&g.Row)
	if p, err := a.store.People().Get(ctx, own); err == nil && !slices.Contains(people, p.ID) {
		people = append(people, p.ID)
	} else if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	for _, id := range here.byContact(&g.Row) {
		if !slices.Contains(people, id) {
			people = append(people, id)
		}
	}
	switch {
	case len(people) > 0:
		g.PersonID, g.Standing = people[0], StandsKnown
		for _, id := range people {
			if here.has[id] {
				g.PersonID, g.Standing = id, StandsAlready
				break
			}
		}
		// Two people of one number or address: the row goes to one of them,
		// and they are offered for merging.
		if len(people) > 1 {
			g.Others = slices.DeleteFunc(slices.Clone(people), func(id string) bool { return id == g.PersonID })
			if g.Standing == StandsKnown {
				g.Standing = StandsDoubt
			}
		}
	default:
		g.PersonID, g.Standing = own, StandsNew
		if g.Others = here.similar(g.Row.Name, g.Row.Organisation, own); len(g.Others) > 0 {
			g.Standing = StandsDoubt
		}
	}
	return nil
}

// peopleOf lists those who have that number, address or handle, in that order.
func (a *App) peopleOf(ctx context.Context, phone, email, handle string) ([]string, error) {
	var ids []string
	for _, look := range []struct {
		value string
		find  func(context.Context, string) ([]*event.Person, error)
	}{{phone, a.store.People().ByPhone}, {email, a.store.People().ByEmail}, {handle, a.store.People().ByUsername}} {
		if look.value == "" {
			continue
		}
		found, err := look.find(ctx, look.value)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			if !slices.Contains(ids, p.ID) {
				ids = append(ids, p.ID)
			}
		}
	}
	return ids, nil
}

// importBatch is how many participations are written at a time.
const importBatch = 500

// Imported says what an import did.
type Imported struct {
	People int // newly known
	Guests int // newly in the event
}

// ImportGuests writes what a plan says: people first, then their part in the
// event. Running it again, also after a crash within, changes nothing more.
func (a *App) ImportGuests(ctx context.Context, by Actor, plan *Plan) (Imported, error) {
	var (
		done  Imported
		batch []*event.Participation
	)
	flush := func() error {
		n, err := a.store.Participations().AddAll(ctx, batch)
		done.Guests += n
		batch = batch[:0]
		return err
	}
	for i := range plan.Guests {
		g := &plan.Guests[i]
		if g.Standing == StandsAlready {
			continue
		}
		fresh, err := a.rememberGuest(ctx, g)
		if err != nil {
			return done, fmt.Errorf("import guests: row %d: %w", g.Row.Line, err)
		}
		if fresh {
			done.People++
		}
		batch = append(batch, a.invited(plan.EventID, g.PersonID, &g.Row))
		if len(batch) == importBatch {
			if err := flush(); err != nil {
				return done, fmt.Errorf("import guests: %w", err)
			}
		}
	}
	if err := flush(); err != nil {
		return done, fmt.Errorf("import guests: %w", err)
	}
	return done, a.record(ctx, by, "guests.import", plan.EventID, fmt.Sprintf("%d", plan.Writes()))
}

// invited is the part of a guest on a list.
func (a *App) invited(eventID, personID string, r *guestlist.Row) *event.Participation {
	p := &event.Participation{
		ID: event.ParticipationID(eventID, personID), EventID: eventID, PersonID: personID, Audience: r.Audience,
		Name: r.Name, Organisation: r.Organisation, Position: r.Position, Salutation: r.Salutation, Kecamatan: r.Kecamatan,
		Phone: r.WhatsApp, Email: r.Email, Telegram: r.Telegram, Code: newGuestCode(), CreatedAt: a.Now(), UpdatedAt: a.Now(),
	}
	p.Derive()
	return p
}

// rememberGuest makes the person of a row, or fills in what is not known of
// one yet. What they or an earlier list said stays.
func (a *App) rememberGuest(ctx context.Context, g *PlannedGuest) (fresh bool, err error) {
	r := &g.Row
	err = retryConflict(ctx, func() error {
		fresh = false
		p, err := a.store.People().Get(ctx, g.PersonID)
		if errors.Is(err, storage.ErrNotFound) {
			fresh = true
			p = &event.Person{ID: g.PersonID, CreatedAt: a.Now(), SeenAt: a.Now()}
		} else if err != nil {
			return err
		}
		changed := fresh
		fill(&p.Name, r.Name, &changed)
		fill(&p.Phone, r.WhatsApp, &changed)
		fill(&p.Email, r.Email, &changed)
		if acc := handleAccount(r.Telegram); r.Telegram != "" && !hasHandle(p, r.Telegram) {
			// Somebody else of that handle stays who they are: see Doubles.
			owners, err := a.store.People().ByUsername(ctx, r.Telegram)
			if err != nil {
				return err
			}
			if len(owners) == 0 {
				p.Accounts = append([]event.Account{acc}, p.Accounts...) // behind those that have a chat
				changed = true
			}
		}
		if !changed {
			return nil
		}
		return a.store.People().Save(ctx, p)
	})
	return fresh, err
}

func hasHandle(p *event.Person, handle string) bool {
	return slices.ContainsFunc(p.Accounts, func(acc event.Account) bool { return strings.EqualFold(acc.Username, handle) })
}

// adopt gives the person on a list an account that now writes for the first
// time: under the Telegram name on the list, or from the number on it where
// the network proves the number. ok is false where nobody on a list fits.
// From now on they can be reached.
func (a *App) adopt(ctx context.Context, in channel.Inbound, key string) (p *event.Person, ok bool, err error) {
	if in.Chat.Channel == channel.Telegram && in.Sender.Username != "" {
		waiting := handleAccount(in.Sender.Username).Key
		p, err = a.store.People().ByAccount(ctx, waiting)
		if err == nil {
			p.Account(waiting).Key = key
			return p, true, nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return nil, false, err
		}
	}
	if in.Sender.Phone == "" {
		return nil, false, nil
	}
	found, err := a.store.People().ByPhone(ctx, in.Sender.Phone)
	if err != nil {
		return nil, false, err
	}
	// A number that somebody typed proves nothing: only those who are on a
	// list and have never written are taken.
	found = slices.DeleteFunc(found, func(p *event.Person) bool { return !listedOnly(p) })
	if len(found) != 1 {
		return nil, false, nil
	}
	p = found[0]
	p.Accounts = append(p.Accounts, event.Account{Key: key})
	return p, true, nil
}

// listedOnly reports whether a person is known from a list alone and has never
// written.
func listedOnly(p *event.Person) bool {
	return strings.HasPrefix(p.ID, guestPrefix) && !slices.ContainsFunc(p.Accounts, func(acc event.Account) bool { return acc.Chat != "" })
}

// OpenLink follows the link of an invitation (/start CODE): whoever opens the
// link of a guest who has never written is that guest, and their other account
// joins them. Where the guest is somebody else already, the link was passed
// on: own is false. storage.ErrNotFound for a code that opens nothing.
func (a *App) OpenLink(ctx context.Context, by Actor, code string) (p *event.Participation, own bool, err error) {
	if p, err = a.GuestByCode(ctx, code); err != nil {
		return nil, false, err
	}
	if p.PersonID == by.Person.ID {
		return p, true, nil
	}
	guest, err := a.store.People().Get(ctx, p.PersonID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, false, fmt.Errorf("open link: %w", err)
	}
	if err == nil && !listedOnly(guest) || by.Person.Role.Staff() {
		return p, false, nil // team members try links out
	}
	if _, err := a.Merge(ctx, by, by.Person.ID, p.PersonID); err != nil {
		return nil, false, fmt.Errorf("open link: %w", err)
	}
	if p, err = a.store.Participations().Get(ctx, event.ParticipationID(p.EventID, by.Person.ID)); err != nil {
		return nil, false, fmt.Errorf("open link: %w", err)
	}
	return p, true, nil
}

// GuestOf is a person's part in an event; nil if they have none.
func (a *App) GuestOf(ctx context.Context, eventID, personID string) (*event.Participation, error) {
	p, err := a.store.Participations().Get(ctx, event.ParticipationID(eventID, personID))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("guest: %w", err)
	}
	return p, nil
}
